//! Port of src/http/ngx_http_header_filter_module.c

use crate::core::{
    nginx::*, ngx_buf::*, ngx_conf_file::*, ngx_config::*, ngx_connection::*, ngx_core::*, ngx_hash::*, ngx_inet::*,
    ngx_list::*, ngx_log::*, ngx_module::*, ngx_string::*, ngx_times::*,
};
use crate::http::{
    ngx_http::*, ngx_http_config::*, ngx_http_core_module::*, ngx_http_request::*, ngx_http_write_filter_module::*,
};
use crate::os::unix::ngx_process_cycle::*;

static ngx_http_header_filter_module_ctx: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: None,
    postconfiguration: Some(ngx_http_header_filter_init),

    create_main_conf: None,
    init_main_conf: None,

    create_srv_conf: None,
    merge_srv_conf: None,

    create_loc_conf: None,
    merge_loc_conf: None,
};

pub static ngx_http_header_filter_module: ngx_module_t = ngx_module_t {
    name: c"ngx_http_header_filter_module",
    ctx: (&raw const ngx_http_header_filter_module_ctx).cast(),
    type_: NGX_HTTP_MODULE,
    ..NGX_MODULE_V1()
};

static ngx_http_server_string: &[u8] = b"Server: nginx\r\n";
static ngx_http_server_full_string: &[u8] = concat!("Server: ", NGINX_VER!(), "\r\n").as_bytes();
static ngx_http_server_build_string: &[u8] = concat!("Server: ", NGINX_VER_BUILD!(), "\r\n").as_bytes();

static ngx_http_early_hints_status_line: ngx_str_t = ngx_string!("HTTP/1.1 103 Early Hints\r\n");

const NGX_HTTP_LAST_2XX: ngx_uint_t = 207;
const NGX_HTTP_OFF_3XX: ngx_uint_t = NGX_HTTP_LAST_2XX - 200;
const NGX_HTTP_LAST_3XX: ngx_uint_t = 309;
const NGX_HTTP_OFF_4XX: ngx_uint_t = NGX_HTTP_LAST_3XX - 301 + NGX_HTTP_OFF_3XX;
const NGX_HTTP_LAST_4XX: ngx_uint_t = 430;
const NGX_HTTP_OFF_5XX: ngx_uint_t = NGX_HTTP_LAST_4XX - 400 + NGX_HTTP_OFF_4XX;
const NGX_HTTP_LAST_5XX: ngx_uint_t = 508;

static ngx_http_status_lines: [ngx_str_t; NGX_HTTP_LAST_5XX - 500 + NGX_HTTP_OFF_5XX] = [
    ngx_string!("200 OK"),
    ngx_string!("201 Created"),
    ngx_string!("202 Accepted"),
    ngx_null_string, // 203
    ngx_string!("204 No Content"),
    ngx_null_string, // 205
    ngx_string!("206 Partial Content"),
    //
    ngx_string!("301 Moved Permanently"),
    ngx_string!("302 Moved Temporarily"),
    ngx_string!("303 See Other"),
    ngx_string!("304 Not Modified"),
    ngx_null_string, // 305
    ngx_null_string, // 306
    ngx_string!("307 Temporary Redirect"),
    ngx_string!("308 Permanent Redirect"),
    //
    ngx_string!("400 Bad Request"),
    ngx_string!("401 Unauthorized"),
    ngx_string!("402 Payment Required"),
    ngx_string!("403 Forbidden"),
    ngx_string!("404 Not Found"),
    ngx_string!("405 Not Allowed"),
    ngx_string!("406 Not Acceptable"),
    ngx_string!("407 Proxy Authentication Required"),
    ngx_string!("408 Request Time-out"),
    ngx_string!("409 Conflict"),
    ngx_string!("410 Gone"),
    ngx_string!("411 Length Required"),
    ngx_string!("412 Precondition Failed"),
    ngx_string!("413 Request Entity Too Large"),
    ngx_string!("414 Request-URI Too Large"),
    ngx_string!("415 Unsupported Media Type"),
    ngx_string!("416 Requested Range Not Satisfiable"),
    ngx_null_string, // 417
    ngx_null_string, // 418
    ngx_null_string, // 419
    ngx_null_string, // 420
    ngx_string!("421 Misdirected Request"),
    ngx_null_string, // 422
    ngx_null_string, // 423
    ngx_null_string, // 424
    ngx_null_string, // 425
    ngx_null_string, // 426
    ngx_null_string, // 427
    ngx_null_string, // 428
    ngx_string!("429 Too Many Requests"),
    //
    ngx_string!("500 Internal Server Error"),
    ngx_string!("501 Not Implemented"),
    ngx_string!("502 Bad Gateway"),
    ngx_string!("503 Service Temporarily Unavailable"),
    ngx_string!("504 Gateway Time-out"),
    ngx_string!("505 HTTP Version Not Supported"),
    ngx_null_string, // 506
    ngx_string!("507 Insufficient Storage"),
];

macro_rules! ngx_http_header_out {
    ($name:literal, $field:ident) => {
        ngx_http_header_out_t {
            name: ngx_string!($name),
            offset: ngx_offsetof!(ngx_http_headers_out_t, $field: *mut ngx_table_elt_t),
        }
    };
}

/// The response headers that have a field of their own in `headers_out`.
pub static ngx_http_headers_out: &[ngx_http_header_out_t] = &[
    ngx_http_header_out!("Server", server),
    ngx_http_header_out!("Date", date),
    ngx_http_header_out!("Content-Length", content_length),
    ngx_http_header_out!("Content-Encoding", content_encoding),
    ngx_http_header_out!("Location", location),
    ngx_http_header_out!("Last-Modified", last_modified),
    ngx_http_header_out!("Accept-Ranges", accept_ranges),
    ngx_http_header_out!("Expires", expires),
    ngx_http_header_out!("Cache-Control", cache_control),
    ngx_http_header_out!("ETag", etag),
];

unsafe fn ngx_http_header_filter(r: *mut ngx_http_request_t) -> ngx_int_t {
    if (*r).header_sent {
        return NGX_OK;
    }

    (*r).header_sent = true;

    if r != (*r).main {
        return NGX_OK;
    }

    if (*r).http_version < NGX_HTTP_VERSION_10 {
        return NGX_OK;
    }

    if (*r).method == NGX_HTTP_HEAD {
        (*r).header_only = true;
    }

    if (*r).headers_out.last_modified_time != -1
        && (*r).headers_out.status != NGX_HTTP_OK as ngx_uint_t
        && (*r).headers_out.status != NGX_HTTP_PARTIAL_CONTENT as ngx_uint_t
        && (*r).headers_out.status != NGX_HTTP_NOT_MODIFIED as ngx_uint_t
    {
        (*r).headers_out.last_modified_time = -1;
        (*r).headers_out.last_modified = null_mut();
    }

    if (*r).keepalive && (ngx_terminate.get() != 0 || ngx_exiting.get() != 0) {
        (*r).keepalive = false;
    }

    let mut len = "HTTP/1.x ".len() + "\r\n".len()
        // the header's end
        + "\r\n".len();

    // status line

    let mut status = 0;
    let mut status_line: *const ngx_str_t;

    if (*r).headers_out.status_line.len != 0 {
        len += (*r).headers_out.status_line.len;
        status_line = &raw const (*r).headers_out.status_line;
    } else {
        status = (*r).headers_out.status;

        if (200..NGX_HTTP_LAST_2XX).contains(&status) {
            if status == NGX_HTTP_NO_CONTENT as ngx_uint_t {
                (*r).header_only = true;
                ngx_str_null(&raw mut (*r).headers_out.content_type);
                (*r).headers_out.last_modified_time = -1;
                (*r).headers_out.last_modified = null_mut();
                (*r).headers_out.content_length = null_mut();
                (*r).headers_out.content_length_n = -1;
            }

            status_line = &ngx_http_status_lines[status - 200];
        } else if (301..NGX_HTTP_LAST_3XX).contains(&status) {
            if status == NGX_HTTP_NOT_MODIFIED as ngx_uint_t {
                (*r).header_only = true;
            }

            status_line = &ngx_http_status_lines[status - 301 + NGX_HTTP_OFF_3XX];
        } else if (400..NGX_HTTP_LAST_4XX).contains(&status) {
            status_line = &ngx_http_status_lines[status - 400 + NGX_HTTP_OFF_4XX];
        } else if (500..NGX_HTTP_LAST_5XX).contains(&status) {
            status_line = &ngx_http_status_lines[status - 500 + NGX_HTTP_OFF_5XX];
        } else {
            status_line = null();
        }

        if !status_line.is_null() && (*status_line).len == 0 {
            status_line = null();
        }

        if !status_line.is_null() {
            len += (*status_line).len;
        } else {
            len += NGX_INT_T_LEN + " ".len();
        }
    }

    let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

    let server = match (*clcf).server_tokens {
        NGX_HTTP_SERVER_TOKENS_ON => ngx_http_server_full_string,
        NGX_HTTP_SERVER_TOKENS_BUILD => ngx_http_server_build_string,
        _ => ngx_http_server_string,
    };

    if (*r).headers_out.server.is_null() {
        len += server.len();
    }

    if (*r).headers_out.date.is_null() {
        len += "Date: Mon, 28 Sep 1970 06:00:00 GMT\r\n".len();
    }

    if (*r).headers_out.content_type.len != 0 {
        len += "Content-Type: ".len() + (*r).headers_out.content_type.len + 2;

        if (*r).headers_out.content_type_len == (*r).headers_out.content_type.len && (*r).headers_out.charset.len != 0 {
            len += "; charset=".len() + (*r).headers_out.charset.len;
        }
    }

    if (*r).headers_out.content_length.is_null() && (*r).headers_out.content_length_n >= 0 {
        len += "Content-Length: ".len() + NGX_OFF_T_LEN + 2;
    }

    if (*r).headers_out.last_modified.is_null() && (*r).headers_out.last_modified_time != -1 {
        len += "Last-Modified: Mon, 28 Sep 1970 06:00:00 GMT\r\n".len();
    }

    let c = (*r).connection;

    let mut addr = [0u8; NGX_SOCKADDR_STRLEN];
    let mut host = ngx_null_string;
    let mut port = 0;

    if !(*r).headers_out.location.is_null()
        && (*(*r).headers_out.location).value.len != 0
        && *(*(*r).headers_out.location).value.data == b'/'
        && (*clcf).absolute_redirect != 0
    {
        (*(*r).headers_out.location).hash = 0;

        if (*clcf).server_name_in_redirect != 0 {
            let cscf: *mut ngx_http_core_srv_conf_t = ngx_http_get_module_srv_conf(r, &ngx_http_core_module);
            host = (*cscf).server_name;
        } else if (*r).headers_in.server.len != 0 {
            host = (*r).headers_in.server;
        } else {
            host.len = NGX_SOCKADDR_STRLEN;
            host.data = addr.as_mut_ptr();

            if ngx_connection_local_sockaddr(c, &raw mut host, 0) != NGX_OK {
                return NGX_ERROR;
            }
        }

        port = ngx_inet_get_port((*c).local_sockaddr) as ngx_uint_t;

        len += "Location: https://".len() + host.len + (*(*r).headers_out.location).value.len + 2;

        if (*clcf).port_in_redirect == 0 || port == 80 {
            port = 0;
        }

        if port != 0 {
            len += ":65535".len();
        }
    }

    if (*r).chunked {
        len += "Transfer-Encoding: chunked\r\n".len();
    }

    if (*r).headers_out.status == NGX_HTTP_SWITCHING_PROTOCOLS as ngx_uint_t {
        len += "Connection: upgrade\r\n".len();
    } else if (*r).keepalive {
        len += "Connection: keep-alive\r\n".len();

        if (*clcf).keepalive_header != 0 {
            len += "Keep-Alive: timeout=".len() + NGX_TIME_T_LEN + 2;
        }
    } else {
        len += "Connection: close\r\n".len();
    }

    if (*r).gzip_vary {
        if (*clcf).gzip_vary != 0 {
            len += "Vary: Accept-Encoding\r\n".len();
        } else {
            (*r).gzip_vary = false;
        }
    }

    len += ngx_http_header_list_len(&raw mut (*r).headers_out.headers.part);

    let b = ngx_create_temp_buf((*r).pool, len);
    if b.is_null() {
        return NGX_ERROR;
    }

    let mut p = (*b).last;

    p = ngx_cpylit(p, b"HTTP/1.1 ");

    if !status_line.is_null() {
        p = ngx_copy(p, (*status_line).data, (*status_line).len);
    } else {
        p = ngx_sprintf!(p, "%03ui ", status);
    }
    p = ngx_cpylit(p, b"\r\n");

    if (*r).headers_out.server.is_null() {
        p = ngx_cpylit(p, server);
    }

    if (*r).headers_out.date.is_null() {
        p = ngx_cpylit(p, b"Date: ");
        p = ngx_cpymem(p, ngx_cached_http_time.get().data, ngx_cached_http_time.get().len);

        p = ngx_cpylit(p, b"\r\n");
    }

    if (*r).headers_out.content_type.len != 0 {
        p = ngx_cpylit(p, b"Content-Type: ");
        let type_ = p;
        p = ngx_copy(p, (*r).headers_out.content_type.data, (*r).headers_out.content_type.len);

        if (*r).headers_out.content_type_len == (*r).headers_out.content_type.len && (*r).headers_out.charset.len != 0 {
            p = ngx_cpylit(p, b"; charset=");
            p = ngx_copy(p, (*r).headers_out.charset.data, (*r).headers_out.charset.len);

            // for those who log it

            (*r).headers_out.content_type.len = p.offset_from_unsigned(type_);
            (*r).headers_out.content_type.data = type_;
        }

        p = ngx_cpylit(p, b"\r\n");
    }

    if (*r).headers_out.content_length.is_null() && (*r).headers_out.content_length_n >= 0 {
        // DEVIATION: without ngx_sprintf(), nearly every answer has it
        p = ngx_cpylit(p, b"Content-Length: ");
        p = ngx_cpynum(p, (*r).headers_out.content_length_n as u64);
        p = ngx_cpylit(p, b"\r\n");
    }

    if (*r).headers_out.last_modified.is_null() && (*r).headers_out.last_modified_time != -1 {
        p = ngx_cpylit(p, b"Last-Modified: ");
        p = ngx_http_time(p, (*r).headers_out.last_modified_time);

        p = ngx_cpylit(p, b"\r\n");
    }

    if !host.data.is_null() {
        let location = (*r).headers_out.location;

        p = ngx_cpylit(p, b"Location: ");
        let value = p;

        p = ngx_cpylit(p, b"http://");
        p = ngx_copy(p, host.data, host.len);

        if port != 0 {
            p = ngx_sprintf!(p, ":%ui", port);
        }

        p = ngx_copy(p, (*location).value.data, (*location).value.len);

        // for those who log it

        (*location).value.len = p.offset_from_unsigned(value);
        (*location).value.data = value;
        ngx_str_set!(&raw mut (*location).key, "Location");

        p = ngx_cpylit(p, b"\r\n");
    }

    if (*r).chunked {
        p = ngx_cpylit(p, b"Transfer-Encoding: chunked\r\n");
    }

    if (*r).headers_out.status == NGX_HTTP_SWITCHING_PROTOCOLS as ngx_uint_t {
        p = ngx_cpylit(p, b"Connection: upgrade\r\n");
    } else if (*r).keepalive {
        p = ngx_cpylit(p, b"Connection: keep-alive\r\n");

        if (*clcf).keepalive_header != 0 {
            p = ngx_sprintf!(p, "Keep-Alive: timeout=%T\r\n", (*clcf).keepalive_header);
        }
    } else {
        p = ngx_cpylit(p, b"Connection: close\r\n");
    }

    if (*r).gzip_vary {
        p = ngx_cpylit(p, b"Vary: Accept-Encoding\r\n");
    }

    p = ngx_http_header_list_copy(&raw mut (*r).headers_out.headers.part, p);

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*c).log, 0; "%*s", p.offset_from((*b).pos), (*b).pos);

    // the header's end
    p = ngx_cpylit(p, b"\r\n");

    (*b).last = p;

    (*r).header_size = p.offset_from_unsigned((*b).pos);

    if (*r).header_only {
        (*b).last_buf = true;
    }

    let mut out = ngx_chain_t { buf: b, next: null_mut() };

    ngx_http_write_filter(r, &raw mut out)
}

/// The bytes that ngx_http_header_list_copy() will write: both walk the list by the same rule.
#[inline(always)]
unsafe fn ngx_http_header_list_len(mut part: *mut ngx_list_part_t<ngx_table_elt_t>) -> usize {
    let mut len = 0;
    let mut header = (*part).elts;
    let mut i = 0;

    loop {
        if i >= (*part).nelts {
            if (*part).next.is_null() {
                break;
            }

            part = (*part).next;
            header = (*part).elts;
            i = 0;
        }

        let h = header.add(i);
        i += 1;

        if (*h).hash == 0 {
            continue;
        }

        len += (*h).key.len + ": ".len() + (*h).value.len + "\r\n".len();
    }

    len
}

#[inline(always)]
unsafe fn ngx_http_header_list_copy(mut part: *mut ngx_list_part_t<ngx_table_elt_t>, mut p: *mut u8) -> *mut u8 {
    let mut header = (*part).elts;
    let mut i = 0;

    loop {
        if i >= (*part).nelts {
            if (*part).next.is_null() {
                break;
            }

            part = (*part).next;
            header = (*part).elts;
            i = 0;
        }

        let h = header.add(i);
        i += 1;

        if (*h).hash == 0 {
            continue;
        }

        p = ngx_copy(p, (*h).key.data, (*h).key.len);
        p = ngx_cpylit(p, b": ");

        p = ngx_copy(p, (*h).value.data, (*h).value.len);
        p = ngx_cpylit(p, b"\r\n");
    }

    p
}

unsafe fn ngx_http_early_hints_filter(r: *mut ngx_http_request_t) -> ngx_int_t {
    if r != (*r).main {
        return NGX_OK;
    }

    if (*r).http_version < NGX_HTTP_VERSION_11 {
        return NGX_OK;
    }

    let mut len = ngx_http_header_list_len(&raw mut (*r).headers_out.headers.part);

    if len == 0 {
        return NGX_OK;
    }

    len += ngx_http_early_hints_status_line.len
        // the end of the early hints
        + "\r\n".len();

    let b = ngx_create_temp_buf((*r).pool, len);
    if b.is_null() {
        return NGX_ERROR;
    }

    (*b).last = ngx_copy((*b).last, ngx_http_early_hints_status_line.data, ngx_http_early_hints_status_line.len);

    (*b).last = ngx_http_header_list_copy(&raw mut (*r).headers_out.headers.part, (*b).last);

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                   "%*s", (*b).last.offset_from((*b).pos), (*b).pos);

    // the end of the early hints
    (*b).last = ngx_cpylit((*b).last, b"\r\n");

    (*r).header_size = (*b).last.offset_from_unsigned((*b).pos);

    (*b).flush = true;

    let mut out = ngx_chain_t { buf: b, next: null_mut() };

    ngx_http_write_filter(r, &raw mut out)
}

unsafe fn ngx_http_header_filter_init(_cf: *mut ngx_conf_t) -> ngx_int_t {
    ngx_http_top_header_filter.set(Some(ngx_http_header_filter));
    ngx_http_top_early_hints_filter.set(Some(ngx_http_early_hints_filter));

    NGX_OK
}
