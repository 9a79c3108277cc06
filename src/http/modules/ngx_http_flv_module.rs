//! Port of src/http/modules/ngx_http_flv_module.c

use crate::core::{
    ngx_buf::*, ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_log::*, ngx_module::*, ngx_open_file_cache::*,
    ngx_palloc::*, ngx_string::*,
};
use crate::http::{
    ngx_http_config::*, ngx_http_core_module::*, ngx_http_parse::*, ngx_http_request::*, ngx_http_request_body::*,
};
use crate::os::unix::ngx_errno::*;

static ngx_http_flv_commands: &[ngx_command_t] = &[ngx_command_t {
    name: ngx_string!("flv"),
    type_: NGX_HTTP_LOC_CONF | NGX_CONF_NOARGS,
    set: Some(ngx_http_flv),
    conf: 0,
    offset: 0,
    post: null(),
}];

static ngx_flv_header: [u8; 13] = *b"FLV\x01\x05\0\0\0\x09\0\0\0\0";

static ngx_http_flv_module_ctx: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: None,
    postconfiguration: None,

    create_main_conf: None,
    init_main_conf: None,

    create_srv_conf: None,
    merge_srv_conf: None,

    create_loc_conf: None,
    merge_loc_conf: None,
};

pub static ngx_http_flv_module: ngx_module_t = ngx_module_t {
    name: c"ngx_http_flv_module",
    ctx: (&raw const ngx_http_flv_module_ctx).cast(),
    commands: ngx_http_flv_commands,
    type_: NGX_HTTP_MODULE,
    ..NGX_MODULE_V1()
};

unsafe fn ngx_http_flv_handler(r: *mut ngx_http_request_t) -> ngx_int_t {
    if (*r).method & (NGX_HTTP_GET | NGX_HTTP_HEAD) == 0 {
        return NGX_HTTP_NOT_ALLOWED;
    }

    if (*r).uri.bytes().last() == Some(&b'/') {
        return NGX_DECLINED;
    }

    let mut rc = ngx_http_discard_request_body(r);

    if rc != NGX_OK {
        return rc;
    }

    let mut path = ngx_null_string;
    let mut root = 0;

    let last = ngx_http_map_uri_to_path(r, &raw mut path, &raw mut root, 0);
    if last.is_null() {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    let log = (*(*r).connection).log;

    path.len = last.offset_from_unsigned(path.data);

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, log, 0; "http flv filename: \"%V\"", path);

    let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

    let mut of: ngx_open_file_info_t = core::mem::zeroed();

    of.read_ahead = (*clcf).read_ahead;
    of.directio = (*clcf).directio;
    of.valid = (*clcf).open_file_cache_valid;
    of.min_uses = (*clcf).open_file_cache_min_uses;
    of.errors = (*clcf).open_file_cache_errors != 0;
    of.events = (*clcf).open_file_cache_events != 0;

    if ngx_http_set_disable_symlinks(r, clcf, &raw mut path, &raw mut of) != NGX_OK {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if ngx_open_cached_file((*clcf).open_file_cache, &raw mut path, &raw mut of, (*r).pool) != NGX_OK {
        let level;

        (level, rc) = match of.err {
            0 => return NGX_HTTP_INTERNAL_SERVER_ERROR,
            NGX_ENOENT | NGX_ENOTDIR | NGX_ENAMETOOLONG => (NGX_LOG_ERR, NGX_HTTP_NOT_FOUND),
            NGX_EACCES | NGX_EMLINK | NGX_ELOOP => (NGX_LOG_ERR, NGX_HTTP_FORBIDDEN),
            _ => (NGX_LOG_CRIT, NGX_HTTP_INTERNAL_SERVER_ERROR),
        };

        if rc != NGX_HTTP_NOT_FOUND || (*clcf).log_not_found != 0 {
            ngx_log_error!(level, log, of.err; "%s \"%s\" failed", of.failed, path.data);
        }

        return rc;
    }

    if !of.is_file {
        return NGX_DECLINED;
    }

    (*r).root_tested = !(*r).error_page;

    let mut start = 0;
    let mut len = of.size;
    let mut i = 1;

    if (*r).args.len != 0 {
        let mut value = ngx_null_string;

        if ngx_http_arg(r, b"start".as_ptr().cast_mut(), 5, &raw mut value) == NGX_OK {
            start = ngx_atoof(value.data, value.len);

            if start == NGX_ERROR as off_t || start >= len {
                start = 0;
            }

            if start != 0 {
                len = ngx_flv_header.len() as off_t + len - start;
                i = 0;
            }
        }
    }

    (*log).action = c"sending flv to client".as_ptr();

    (*r).headers_out.status = NGX_HTTP_OK as ngx_uint_t;
    (*r).headers_out.content_length_n = len;
    (*r).headers_out.last_modified_time = of.mtime;

    if ngx_http_set_etag(r) != NGX_OK {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if ngx_http_set_content_type(r) != NGX_OK {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    let mut out = [ngx_chain_t { buf: null_mut(), next: null_mut() }; 2];
    let out: *mut ngx_chain_t = (&raw mut out).cast();

    if i == 0 {
        let b = ngx_calloc_buf((*r).pool);
        if b.is_null() {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        (*b).pos = ngx_flv_header.as_ptr().cast_mut();
        (*b).last = (*b).pos.add(ngx_flv_header.len());
        (*b).memory = true;

        (*out).buf = b;
        (*out).next = out.add(1);
    }

    let b = ngx_calloc_buf((*r).pool);
    if b.is_null() {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    (*b).file = ngx_pcalloc((*r).pool);
    if (*b).file.is_null() {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    (*r).allow_ranges = true;

    rc = ngx_http_send_header(r);

    if rc == NGX_ERROR || rc > NGX_OK || (*r).header_only {
        return rc;
    }

    (*b).file_pos = start;
    (*b).file_last = of.size;

    (*b).in_file = (*b).file_last != 0;
    (*b).last_buf = r == (*r).main;
    (*b).last_in_chain = true;
    (*b).sync = !((*b).last_buf || (*b).in_file);

    (*(*b).file).fd = of.fd;
    (*(*b).file).name = path;
    (*(*b).file).log = log;
    (*(*b).file).directio = of.is_directio;

    (*out.add(1)).buf = b;
    (*out.add(1)).next = null_mut();

    ngx_http_output_filter(r, out.add(i))
}

unsafe fn ngx_http_flv(cf: *mut ngx_conf_t, _cmd: *const ngx_command_t, _conf: *mut c_void) -> ngx_conf_ret_t {
    let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_conf_get_module_loc_conf(cf, &ngx_http_core_module);
    (*clcf).handler = Some(ngx_http_flv_handler);

    NGX_CONF_OK
}
