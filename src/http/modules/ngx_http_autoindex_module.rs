//! Port of src/http/modules/ngx_http_autoindex_module.c
//! Ours: the format "page" (ngx_http_autoindex_page.rs) and autoindex_hidden; ngx_http_autoindex_time, ngx_http_autoindex_size.

use crate::core::{
    ngx_array::*, ngx_buf::*, ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_log::*, ngx_module::*, ngx_palloc::*,
    ngx_string::*, ngx_times::*,
};
use crate::http::{
    modules::ngx_http_autoindex_page::*, ngx_http_config::*, ngx_http_core_module::*, ngx_http_parse::*,
    ngx_http_request::*, ngx_http_request_body::*,
};
use crate::os::unix::{ngx_errno::*, ngx_files::*, ngx_time::*};

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_autoindex_entry_t {
    pub name: ngx_str_t,
    utf_len: usize,
    pub escape: usize,
    pub escape_html: usize,

    pub dir: bool,
    pub file: bool,

    pub mtime: time_t,
    pub size: off_t,

    /// the name as the page shows it
    pub text: ngx_str_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_autoindex_loc_conf_t {
    enable: ngx_flag_t,
    format: ngx_uint_t,
    localtime: ngx_flag_t,
    exact_size: ngx_flag_t,
    hidden: ngx_flag_t,
}

const NGX_HTTP_AUTOINDEX_HTML: ngx_uint_t = 0;
const NGX_HTTP_AUTOINDEX_JSON: ngx_uint_t = 1;
const NGX_HTTP_AUTOINDEX_JSONP: ngx_uint_t = 2;
const NGX_HTTP_AUTOINDEX_XML: ngx_uint_t = 3;
const NGX_HTTP_AUTOINDEX_PAGE: ngx_uint_t = 4;

const NGX_HTTP_AUTOINDEX_PREALLOCATE: usize = 50;

const NGX_HTTP_AUTOINDEX_NAME_LEN: usize = 50;

static ngx_http_autoindex_format: [ngx_conf_enum_t; 6] = [
    ngx_conf_enum_t { name: ngx_string!("html"), value: NGX_HTTP_AUTOINDEX_HTML },
    ngx_conf_enum_t { name: ngx_string!("json"), value: NGX_HTTP_AUTOINDEX_JSON },
    ngx_conf_enum_t { name: ngx_string!("jsonp"), value: NGX_HTTP_AUTOINDEX_JSONP },
    ngx_conf_enum_t { name: ngx_string!("xml"), value: NGX_HTTP_AUTOINDEX_XML },
    ngx_conf_enum_t { name: ngx_string!("page"), value: NGX_HTTP_AUTOINDEX_PAGE },
    ngx_conf_enum_t { name: ngx_null_string, value: 0 },
];

static ngx_http_autoindex_commands: &[ngx_command_t] = &[
    ngx_command_t {
        name: ngx_string!("autoindex"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_autoindex_loc_conf_t, enable: ngx_flag_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("autoindex_format"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_enum_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_autoindex_loc_conf_t, format: ngx_uint_t),
        post: (&raw const ngx_http_autoindex_format).cast(),
    },
    ngx_command_t {
        name: ngx_string!("autoindex_localtime"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_autoindex_loc_conf_t, localtime: ngx_flag_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("autoindex_exact_size"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_autoindex_loc_conf_t, exact_size: ngx_flag_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("autoindex_hidden"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_autoindex_loc_conf_t, hidden: ngx_flag_t),
        post: null(),
    },
];

static ngx_http_autoindex_module_ctx: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: None,
    postconfiguration: Some(ngx_http_autoindex_init),

    create_main_conf: None,
    init_main_conf: None,

    create_srv_conf: None,
    merge_srv_conf: None,

    create_loc_conf: Some(ngx_http_autoindex_create_loc_conf),
    merge_loc_conf: Some(ngx_http_autoindex_merge_loc_conf),
};

pub static ngx_http_autoindex_module: ngx_module_t = ngx_module_t {
    name: c"ngx_http_autoindex_module",
    ctx: (&raw const ngx_http_autoindex_module_ctx).cast(),
    commands: ngx_http_autoindex_commands,
    type_: NGX_HTTP_MODULE,
    ..NGX_MODULE_V1()
};

unsafe fn ngx_http_autoindex_handler(r: *mut ngx_http_request_t) -> ngx_int_t {
    if (*r).uri.bytes().last() != Some(&b'/') {
        return NGX_DECLINED;
    }

    if (*r).method & (NGX_HTTP_GET | NGX_HTTP_HEAD) == 0 {
        return NGX_DECLINED;
    }

    let alcf: *mut ngx_http_autoindex_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_autoindex_module);

    if (*alcf).enable == 0 {
        return NGX_DECLINED;
    }

    let mut rc = ngx_http_discard_request_body(r);

    if rc != NGX_OK {
        return rc;
    }

    let log = (*(*r).connection).log;

    let mut path = ngx_null_string;
    let mut root = 0;

    let mut last = ngx_http_map_uri_to_path(r, &raw mut path, &raw mut root, NGX_HTTP_AUTOINDEX_PREALLOCATE);
    if last.is_null() {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    let mut allocated = path.len;
    path.len = last.offset_from_unsigned(path.data);
    if path.len > 1 {
        path.len -= 1;
    }
    *path.data.add(path.len) = 0;

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, log, 0; "http autoindex: \"%s\"", path.data);

    let mut format = (*alcf).format;
    let mut callback = ngx_null_string;

    if format == NGX_HTTP_AUTOINDEX_JSONP {
        if ngx_http_autoindex_jsonp_callback(r, &raw mut callback) != NGX_OK {
            return NGX_HTTP_BAD_REQUEST;
        }

        if callback.len == 0 {
            format = NGX_HTTP_AUTOINDEX_JSON;
        }
    }

    let mut dir: ngx_dir_t = core::mem::zeroed();

    if ngx_open_dir(&raw mut path, &raw mut dir) == NGX_ERROR {
        let err = ngx_errno();
        let level;

        (level, rc) = match err {
            NGX_ENOENT | NGX_ENOTDIR | NGX_ENAMETOOLONG => (NGX_LOG_ERR, NGX_HTTP_NOT_FOUND),
            NGX_EACCES => (NGX_LOG_ERR, NGX_HTTP_FORBIDDEN),
            _ => (NGX_LOG_CRIT, NGX_HTTP_INTERNAL_SERVER_ERROR),
        };

        ngx_log_error!(level, log, err; "opendir() \"%s\" failed", path.data);

        return rc;
    }

    (*r).headers_out.status = NGX_HTTP_OK as ngx_uint_t;

    match format {
        NGX_HTTP_AUTOINDEX_JSON => ngx_str_set!(&raw mut (*r).headers_out.content_type, "application/json"),
        NGX_HTTP_AUTOINDEX_JSONP => ngx_str_set!(&raw mut (*r).headers_out.content_type, "application/javascript"),

        NGX_HTTP_AUTOINDEX_XML => {
            ngx_str_set!(&raw mut (*r).headers_out.content_type, "text/xml");
            ngx_str_set!(&raw mut (*r).headers_out.charset, "utf-8");
        }

        NGX_HTTP_AUTOINDEX_PAGE => {
            ngx_str_set!(&raw mut (*r).headers_out.content_type, "text/html");
            ngx_str_set!(&raw mut (*r).headers_out.charset, "utf-8");
        }

        // NGX_HTTP_AUTOINDEX_HTML
        _ => ngx_str_set!(&raw mut (*r).headers_out.content_type, "text/html"),
    }

    (*r).headers_out.content_type_len = (*r).headers_out.content_type.len;
    (*r).headers_out.content_type_lowcase = null_mut();

    rc = ngx_http_send_header(r);

    if rc == NGX_ERROR || rc > NGX_OK || (*r).header_only {
        if ngx_close_dir(&raw mut dir) == NGX_FILE_ERROR {
            ngx_log_error!(NGX_LOG_ALERT, log, ngx_errno(); "closedir() \"%V\" failed", path);
        }

        return rc;
    }

    let pool = ngx_create_pool(4096, log);

    'failed: {
        if pool.is_null() {
            break 'failed;
        }

        let mut entries: ngx_array_t<ngx_http_autoindex_entry_t> = core::mem::zeroed();

        if ngx_array_init(&raw mut entries, pool, 40) != NGX_OK {
            break 'failed;
        }

        let mut filename = path.data;
        *filename.add(path.len) = b'/';

        loop {
            ngx_set_errno(0);

            if ngx_read_dir(&raw mut dir) == NGX_ERROR {
                let err = ngx_errno();

                if err != NGX_ENOMOREFILES {
                    ngx_log_error!(NGX_LOG_CRIT, log, err; "readdir() \"%V\" failed", path);
                    break 'failed;
                }

                break;
            }

            ngx_log_debug!(NGX_LOG_DEBUG_HTTP, log, 0; "http autoindex file: \"%s\"", ngx_de_name(&raw mut dir));

            let len = ngx_de_namelen(&raw mut dir);

            if *ngx_de_name(&raw mut dir) == b'.'
                && ((*alcf).hidden == 0
                    || matches!(ngx_str_t { len, data: ngx_de_name(&raw mut dir) }.bytes(), b"." | b".."))
            {
                continue;
            }

            if !dir.valid_info {
                // one byte for the '/', one for the NUL

                if path.len + 1 + len + 1 > allocated {
                    allocated = path.len + 1 + len + 1 + NGX_HTTP_AUTOINDEX_PREALLOCATE;

                    filename = ngx_pnalloc(pool, allocated);
                    if filename.is_null() {
                        break 'failed;
                    }

                    last = ngx_cpystrn(filename, path.data, path.len + 1);
                    *last = b'/';
                    last = last.add(1);
                }

                ngx_cpystrn(last, ngx_de_name(&raw mut dir), len + 1);

                if ngx_de_info(filename, &raw mut dir) == NGX_FILE_ERROR {
                    let err = ngx_errno();

                    if err != NGX_ENOENT && err != NGX_ELOOP {
                        ngx_log_error!(NGX_LOG_CRIT, log, err; "stat() \"%s\" failed", filename);

                        if err == NGX_EACCES {
                            continue;
                        }

                        break 'failed;
                    }

                    if ngx_de_link_info(filename, &raw mut dir) == NGX_FILE_ERROR {
                        ngx_log_error!(NGX_LOG_CRIT, log, ngx_errno(); "lstat() \"%s\" failed", filename);
                        break 'failed;
                    }
                }
            }

            let entry = ngx_array_push(&raw mut entries);
            if entry.is_null() {
                break 'failed;
            }

            (*entry).name.len = len;

            (*entry).name.data = ngx_pnalloc(pool, len + 1);
            if (*entry).name.data.is_null() {
                break 'failed;
            }

            ngx_cpystrn((*entry).name.data, ngx_de_name(&raw mut dir), len + 1);

            (*entry).dir = ngx_de_is_dir(&raw mut dir);
            (*entry).file = ngx_de_is_file(&raw mut dir);
            (*entry).mtime = ngx_de_mtime(&raw mut dir);
            (*entry).size = ngx_de_size(&raw mut dir);
        }

        if ngx_close_dir(&raw mut dir) == NGX_FILE_ERROR {
            ngx_log_error!(NGX_LOG_ALERT, log, ngx_errno(); "closedir() \"%V\" failed", path);
        }

        let mut order = None;
        let mut cmp: unsafe extern "C" fn(*const c_void, *const c_void) -> c_int = ngx_http_autoindex_cmp_entries;

        if format == NGX_HTTP_AUTOINDEX_PAGE {
            order = ngx_http_autoindex_page_order(r);
            cmp = ngx_http_autoindex_page_cmp(order);
        }

        if entries.nelts > 1 {
            ngx_qsort(entries.elts, entries.nelts, size_of::<ngx_http_autoindex_entry_t>(), Some(cmp));
        }

        let b = match format {
            NGX_HTTP_AUTOINDEX_JSON => ngx_http_autoindex_json(r, &raw mut entries, null_mut()),
            NGX_HTTP_AUTOINDEX_JSONP => ngx_http_autoindex_json(r, &raw mut entries, &raw mut callback),
            NGX_HTTP_AUTOINDEX_XML => ngx_http_autoindex_xml(r, &raw mut entries),
            NGX_HTTP_AUTOINDEX_PAGE => {
                ngx_http_autoindex_page(r, pool, &raw mut entries, order, (*alcf).localtime != 0)
            }

            // NGX_HTTP_AUTOINDEX_HTML
            _ => ngx_http_autoindex_html(r, &raw mut entries),
        };

        ngx_destroy_pool(pool);

        if b.is_null() {
            return NGX_ERROR;
        }

        if r == (*r).main {
            (*b).last_buf = true;
        }

        (*b).last_in_chain = true;

        let mut out = ngx_chain_t { buf: b, next: null_mut() };

        return ngx_http_output_filter(r, &raw mut out);
    }

    if !pool.is_null() {
        ngx_destroy_pool(pool);
    }

    if ngx_close_dir(&raw mut dir) == NGX_FILE_ERROR {
        ngx_log_error!(NGX_LOG_ALERT, log, ngx_errno(); "closedir() \"%V\" failed", path);
    }

    NGX_ERROR
}

unsafe fn ngx_http_autoindex_html(
    r: *mut ngx_http_request_t,
    entries: *mut ngx_array_t<ngx_http_autoindex_entry_t>,
) -> *mut ngx_buf_t {
    const title: &[u8] = b"<html>\r\n<head><title>Index of ";

    const header: &[u8] = b"</title></head>\r\n<body>\r\n<h1>Index of ";

    const tail: &[u8] = b"</body>\r\n</html>\r\n";

    const months: [&CStr; 12] =
        [c"Jan", c"Feb", c"Mar", c"Apr", c"May", c"Jun", c"Jul", c"Aug", c"Sep", c"Oct", c"Nov", c"Dec"];

    let utf8 = (*r).headers_out.charset.bytes().eq_ignore_ascii_case(b"utf-8");

    let escape_html = ngx_escape_html(null_mut(), (*r).uri.data, (*r).uri.len);

    let mut len = title.len()
        + (*r).uri.len
        + escape_html
        + header.len()
        + (*r).uri.len
        + escape_html
        + "</h1>".len()
        + "<hr><pre><a href=\"../\">../</a>\r\n".len()
        + "</pre><hr>".len()
        + tail.len();

    for i in 0..(*entries).nelts {
        let entry = (*entries).elts.add(i);

        (*entry).escape =
            2 * ngx_escape_uri(null_mut(), (*entry).name.data, (*entry).name.len, NGX_ESCAPE_URI_COMPONENT);

        (*entry).escape_html = ngx_escape_html(null_mut(), (*entry).name.data, (*entry).name.len);

        if utf8 {
            (*entry).utf_len = ngx_utf8_length((*entry).name.data, (*entry).name.len);
        } else {
            (*entry).utf_len = (*entry).name.len;
        }

        let entry_len = "<a href=\"".len()
            + (*entry).name.len
            + (*entry).escape
            + "/".len()
            + "\">".len()
            + (*entry).name.len
            - (*entry).utf_len
            + (*entry).escape_html
            + NGX_HTTP_AUTOINDEX_NAME_LEN
            + ("&gt;".len() - 1)
            + "</a>".len()
            + " 28-Sep-1970 12:00 ".len()
            + 20 // the size
            + "\r\n".len();

        if len > NGX_MAX_SIZE_T_VALUE - entry_len {
            return null_mut();
        }

        len += entry_len;
    }

    let b = ngx_create_temp_buf((*r).pool, len);
    if b.is_null() {
        return null_mut();
    }

    (*b).last = ngx_cpylit((*b).last, title);

    if escape_html != 0 {
        (*b).last = ngx_escape_html((*b).last, (*r).uri.data, (*r).uri.len) as *mut u8;
        (*b).last = ngx_cpylit((*b).last, header);
        (*b).last = ngx_escape_html((*b).last, (*r).uri.data, (*r).uri.len) as *mut u8;
    } else {
        (*b).last = ngx_cpymem((*b).last, (*r).uri.data, (*r).uri.len);
        (*b).last = ngx_cpylit((*b).last, header);
        (*b).last = ngx_cpymem((*b).last, (*r).uri.data, (*r).uri.len);
    }

    (*b).last = ngx_cpylit((*b).last, b"</h1>");

    (*b).last = ngx_cpylit((*b).last, b"<hr><pre><a href=\"../\">../</a>\r\n");

    let alcf: *mut ngx_http_autoindex_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_autoindex_module);
    let tp = ngx_timeofday();

    for i in 0..(*entries).nelts {
        let entry = (*entries).elts.add(i);

        (*b).last = ngx_cpylit((*b).last, b"<a href=\"");

        if (*entry).escape != 0 {
            ngx_escape_uri((*b).last, (*entry).name.data, (*entry).name.len, NGX_ESCAPE_URI_COMPONENT);

            (*b).last = (*b).last.add((*entry).name.len + (*entry).escape);
        } else {
            (*b).last = ngx_cpymem((*b).last, (*entry).name.data, (*entry).name.len);
        }

        if (*entry).dir {
            (*b).last = ngx_cpylit((*b).last, b"/");
        }

        (*b).last = ngx_cpylit((*b).last, b"\">");

        // the name: at most 50 characters of it

        let mut last;
        len = (*entry).utf_len;

        if (*entry).name.len != len {
            let char_len = if len > NGX_HTTP_AUTOINDEX_NAME_LEN {
                NGX_HTTP_AUTOINDEX_NAME_LEN - 3 + 1
            } else {
                NGX_HTTP_AUTOINDEX_NAME_LEN + 1
            };

            last = (*b).last;
            (*b).last = ngx_utf8_cpystrn((*b).last, (*entry).name.data, char_len, (*entry).name.len + 1);

            if (*entry).escape_html != 0 {
                (*b).last = ngx_escape_html(last, (*entry).name.data, (*b).last.offset_from_unsigned(last)) as *mut u8;
            }

            last = (*b).last;
        } else if (*entry).escape_html != 0 {
            let char_len = if len > NGX_HTTP_AUTOINDEX_NAME_LEN { NGX_HTTP_AUTOINDEX_NAME_LEN - 3 } else { len };

            (*b).last = ngx_escape_html((*b).last, (*entry).name.data, char_len) as *mut u8;
            last = (*b).last;
        } else {
            (*b).last = ngx_cpystrn((*b).last, (*entry).name.data, NGX_HTTP_AUTOINDEX_NAME_LEN + 1);
            last = (*b).last.sub(3);
        }

        if len > NGX_HTTP_AUTOINDEX_NAME_LEN {
            (*b).last = ngx_cpylit(last, b"..&gt;</a>");
        } else {
            if (*entry).dir && NGX_HTTP_AUTOINDEX_NAME_LEN - len > 0 {
                (*b).last = ngx_cpylit((*b).last, b"/");
                len += 1;
            }

            (*b).last = ngx_cpylit((*b).last, b"</a>");

            if NGX_HTTP_AUTOINDEX_NAME_LEN - len > 0 {
                ngx_memset((*b).last, b' ', NGX_HTTP_AUTOINDEX_NAME_LEN - len);
                (*b).last = (*b).last.add(NGX_HTTP_AUTOINDEX_NAME_LEN - len);
            }
        }

        (*b).last = ngx_cpylit((*b).last, b" ");

        let mut tm: ngx_tm_t = core::mem::zeroed();

        ngx_gmtime((*entry).mtime.wrapping_add(((*tp).gmtoff * 60 * (*alcf).localtime) as time_t), &raw mut tm);

        let month = months[tm.tm_mon as usize - 1];

        if matches!(tm.tm_year, 1000..=9999) {
            (*b).last = ngx_http_autoindex_time((*b).last, &tm, month.to_bytes());
        } else {
            (*b).last =
                ngx_sprintf!((*b).last, "%02d-%s-%d %02d:%02d ", tm.tm_mday, month, tm.tm_year, tm.tm_hour, tm.tm_min);
        }

        if (*alcf).exact_size != 0 {
            if (*entry).dir {
                (*b).last = ngx_cpylit((*b).last, b"                  -");
            } else {
                (*b).last = ngx_http_autoindex_size((*b).last, (*entry).size);
            }
        } else if (*entry).dir {
            (*b).last = ngx_cpylit((*b).last, b"      -");
        } else {
            let length = (*entry).size;
            let mut size;
            let scale;

            if length > 1024 * 1024 * 1024 - 1 {
                size = length / (1024 * 1024 * 1024);
                if length % (1024 * 1024 * 1024) > 1024 * 1024 * 1024 / 2 - 1 {
                    size += 1;
                }
                scale = b'G';
            } else if length > 1024 * 1024 - 1 {
                size = length / (1024 * 1024);
                if length % (1024 * 1024) > 1024 * 1024 / 2 - 1 {
                    size += 1;
                }
                scale = b'M';
            } else if length > 9999 {
                size = length / 1024;
                if length % 1024 > 511 {
                    size += 1;
                }
                scale = b'K';
            } else {
                size = length;
                scale = 0;
            }

            if scale != 0 {
                (*b).last = ngx_sprintf!((*b).last, "%6i%c", size as ngx_int_t, scale);
            } else {
                (*b).last = ngx_sprintf!((*b).last, " %6i", size as ngx_int_t);
            }
        }

        (*b).last = ngx_cpylit((*b).last, b"\r\n");
    }

    (*b).last = ngx_cpylit((*b).last, b"</pre><hr>");

    (*b).last = ngx_cpylit((*b).last, tail);

    b
}

// DEVIATION: nginx formats "%02d-%s-%d %02d:%02d " and "%19O" for each file; half of the work was that

unsafe fn ngx_http_autoindex_time(p: *mut u8, tm: &ngx_tm_t, month: &[u8]) -> *mut u8 {
    ngx_memcpy(p, b"00-Mmm-0000 00:00 ".as_ptr(), 18);
    ngx_two_digits(p, tm.tm_mday);
    ngx_memcpy(p.add(3), month.as_ptr(), 3);
    ngx_two_digits(p.add(7), tm.tm_year / 100);
    ngx_two_digits(p.add(9), tm.tm_year % 100);
    ngx_two_digits(p.add(12), tm.tm_hour);
    ngx_two_digits(p.add(15), tm.tm_min);

    p.add(18)
}

unsafe fn ngx_http_autoindex_size(p: *mut u8, size: off_t) -> *mut u8 {
    let last = p.add(19);

    ngx_memset(p, b' ', 19);
    ngx_cpynum_before(last, size as u64);

    last
}

unsafe fn ngx_http_autoindex_json(
    r: *mut ngx_http_request_t,
    entries: *mut ngx_array_t<ngx_http_autoindex_entry_t>,
    callback: *mut ngx_str_t,
) -> *mut ngx_buf_t {
    let mut len = "[\r\n\r\n]".len();

    if !callback.is_null() {
        len += "/* callback */\r\n();".len() + (*callback).len;
    }

    for i in 0..(*entries).nelts {
        let entry = (*entries).elts.add(i);

        (*entry).escape = ngx_escape_json(null_mut(), (*entry).name.data, (*entry).name.len);

        let mut entry_len = "{  },\r\n".len()
            + "\"name\":\"\"".len()
            + (*entry).name.len
            + (*entry).escape
            + ", \"type\":\"directory\"".len()
            + ", \"mtime\":\"Wed, 31 Dec 1986 10:00:00 GMT\"".len();

        if (*entry).file {
            entry_len += ", \"size\":".len() + NGX_OFF_T_LEN;
        }

        if len > NGX_MAX_SIZE_T_VALUE - entry_len {
            return null_mut();
        }

        len += entry_len;
    }

    let b = ngx_create_temp_buf((*r).pool, len);
    if b.is_null() {
        return null_mut();
    }

    if !callback.is_null() {
        (*b).last = ngx_cpylit((*b).last, b"/* callback */\r\n");

        (*b).last = ngx_cpymem((*b).last, (*callback).data, (*callback).len);

        (*b).last = ngx_cpylit((*b).last, b"(");
    }

    (*b).last = ngx_cpylit((*b).last, b"[");

    for i in 0..(*entries).nelts {
        let entry = (*entries).elts.add(i);

        (*b).last = ngx_cpylit((*b).last, b"\r\n{ \"name\":\"");

        if (*entry).escape != 0 {
            (*b).last = ngx_escape_json((*b).last, (*entry).name.data, (*entry).name.len) as *mut u8;
        } else {
            (*b).last = ngx_cpymem((*b).last, (*entry).name.data, (*entry).name.len);
        }

        (*b).last = ngx_cpylit((*b).last, b"\", \"type\":\"");

        if (*entry).dir {
            (*b).last = ngx_cpylit((*b).last, b"directory");
        } else if (*entry).file {
            (*b).last = ngx_cpylit((*b).last, b"file");
        } else {
            (*b).last = ngx_cpylit((*b).last, b"other");
        }

        (*b).last = ngx_cpylit((*b).last, b"\", \"mtime\":\"");

        (*b).last = ngx_http_time((*b).last, (*entry).mtime);

        if (*entry).file {
            (*b).last = ngx_cpylit((*b).last, b"\", \"size\":");
            (*b).last = ngx_sprintf!((*b).last, "%O", (*entry).size);
        } else {
            (*b).last = ngx_cpylit((*b).last, b"\"");
        }

        (*b).last = ngx_cpylit((*b).last, b" },");
    }

    if (*entries).nelts > 0 {
        // no comma after the last one
        (*b).last = (*b).last.sub(1);
    }

    (*b).last = ngx_cpylit((*b).last, b"\r\n]");

    if !callback.is_null() {
        (*b).last = ngx_cpylit((*b).last, b");");
    }

    b
}

unsafe fn ngx_http_autoindex_jsonp_callback(r: *mut ngx_http_request_t, callback: *mut ngx_str_t) -> ngx_int_t {
    if ngx_http_arg(r, b"callback".as_ptr().cast_mut(), 8, callback) != NGX_OK {
        (*callback).len = 0;
        return NGX_OK;
    }

    if (*callback).len > 128 {
        ngx_log_error!(NGX_LOG_INFO, (*(*r).connection).log, 0;
                       "client sent too long callback name: \"%V\"", callback);
        return NGX_DECLINED;
    }

    for &ch in (*callback).bytes() {
        if ch.is_ascii_alphanumeric() || ch == b'_' || ch == b'.' {
            continue;
        }

        ngx_log_error!(NGX_LOG_INFO, (*(*r).connection).log, 0;
                       "client sent invalid callback name: \"%V\"", callback);

        return NGX_DECLINED;
    }

    NGX_OK
}

unsafe fn ngx_http_autoindex_xml(
    r: *mut ngx_http_request_t,
    entries: *mut ngx_array_t<ngx_http_autoindex_entry_t>,
) -> *mut ngx_buf_t {
    const head: &[u8] = b"<?xml version=\"1.0\"?>\r\n<list>\r\n";
    const tail: &[u8] = b"</list>\r\n";

    let mut len = head.len() + tail.len();

    for i in 0..(*entries).nelts {
        let entry = (*entries).elts.add(i);

        (*entry).escape = ngx_escape_html(null_mut(), (*entry).name.data, (*entry).name.len);

        let mut entry_len = "<directory></directory>\r\n".len()
            + (*entry).name.len
            + (*entry).escape
            + " mtime=\"1986-12-31T10:00:00Z\"".len();

        if (*entry).file {
            entry_len += " size=\"\"".len() + NGX_OFF_T_LEN;
        }

        if len > NGX_MAX_SIZE_T_VALUE - entry_len {
            return null_mut();
        }

        len += entry_len;
    }

    let b = ngx_create_temp_buf((*r).pool, len);
    if b.is_null() {
        return null_mut();
    }

    (*b).last = ngx_cpylit((*b).last, head);

    for i in 0..(*entries).nelts {
        let entry = (*entries).elts.add(i);

        (*b).last = ngx_cpylit((*b).last, b"<");

        let type_: &[u8] = if (*entry).dir {
            b"directory"
        } else if (*entry).file {
            b"file"
        } else {
            b"other"
        };

        (*b).last = ngx_cpylit((*b).last, type_);

        (*b).last = ngx_cpylit((*b).last, b" mtime=\"");

        let mut tm: ngx_tm_t = core::mem::zeroed();

        ngx_gmtime((*entry).mtime, &raw mut tm);

        (*b).last = ngx_sprintf!(
            (*b).last,
            "%4d-%02d-%02dT%02d:%02d:%02dZ",
            tm.tm_year,
            tm.tm_mon,
            tm.tm_mday,
            tm.tm_hour,
            tm.tm_min,
            tm.tm_sec
        );

        if (*entry).file {
            (*b).last = ngx_cpylit((*b).last, b"\" size=\"");
            (*b).last = ngx_sprintf!((*b).last, "%O", (*entry).size);
        }

        (*b).last = ngx_cpylit((*b).last, b"\">");

        if (*entry).escape != 0 {
            (*b).last = ngx_escape_html((*b).last, (*entry).name.data, (*entry).name.len) as *mut u8;
        } else {
            (*b).last = ngx_cpymem((*b).last, (*entry).name.data, (*entry).name.len);
        }

        (*b).last = ngx_cpylit((*b).last, b"</");

        (*b).last = ngx_cpylit((*b).last, type_);

        (*b).last = ngx_cpylit((*b).last, b">\r\n");
    }

    (*b).last = ngx_cpylit((*b).last, tail);

    b
}

pub unsafe extern "C" fn ngx_http_autoindex_cmp_entries(one: *const c_void, two: *const c_void) -> c_int {
    let first: *const ngx_http_autoindex_entry_t = one.cast();
    let second: *const ngx_http_autoindex_entry_t = two.cast();

    // directories stand first

    if (*first).dir && !(*second).dir {
        return -1;
    }

    if !(*first).dir && (*second).dir {
        return 1;
    }

    ngx_strcmp((*first).name.data, (*second).name.data)
}

unsafe fn ngx_http_autoindex_create_loc_conf(cf: *mut ngx_conf_t) -> *mut c_void {
    let conf: *mut ngx_http_autoindex_loc_conf_t = ngx_palloc((*cf).pool);
    if conf.is_null() {
        return null_mut();
    }

    (*conf).enable = NGX_CONF_UNSET;
    (*conf).format = NGX_CONF_UNSET_UINT;
    (*conf).localtime = NGX_CONF_UNSET;
    (*conf).exact_size = NGX_CONF_UNSET;
    (*conf).hidden = NGX_CONF_UNSET;

    conf.cast()
}

unsafe fn ngx_http_autoindex_merge_loc_conf(
    _cf: *mut ngx_conf_t,
    parent: *mut c_void,
    child: *mut c_void,
) -> ngx_conf_ret_t {
    let prev: *mut ngx_http_autoindex_loc_conf_t = parent.cast();
    let conf: *mut ngx_http_autoindex_loc_conf_t = child.cast();

    ngx_conf_merge_value!((*conf).enable, (*prev).enable, 0);
    ngx_conf_merge_uint_value!((*conf).format, (*prev).format, NGX_HTTP_AUTOINDEX_HTML);
    ngx_conf_merge_value!((*conf).localtime, (*prev).localtime, 0);
    ngx_conf_merge_value!((*conf).exact_size, (*prev).exact_size, 1);
    ngx_conf_merge_value!((*conf).hidden, (*prev).hidden, 0);

    NGX_CONF_OK
}

unsafe fn ngx_http_autoindex_init(cf: *mut ngx_conf_t) -> ngx_int_t {
    let cmcf: *mut ngx_http_core_main_conf_t = ngx_http_conf_get_module_main_conf(cf, &ngx_http_core_module);

    let h = ngx_array_push(&raw mut (*cmcf).phases[NGX_HTTP_CONTENT_PHASE as usize].handlers);
    if h.is_null() {
        return NGX_ERROR;
    }

    *h = Some(ngx_http_autoindex_handler);

    NGX_OK
}
