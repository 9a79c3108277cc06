//! Port of src/http/modules/ngx_http_gzip_static_module.c
//! Ours: its values and its configuration are public, for the precompressed module.

use crate::core::{
    ngx_array::*, ngx_buf::*, ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_list::*, ngx_log::*, ngx_module::*,
    ngx_open_file_cache::*, ngx_palloc::*, ngx_string::*,
};
use crate::http::{ngx_http_config::*, ngx_http_core_module::*, ngx_http_request::*, ngx_http_request_body::*};
use crate::os::unix::ngx_errno::*;

pub const NGX_HTTP_GZIP_STATIC_OFF: ngx_uint_t = 0;
pub const NGX_HTTP_GZIP_STATIC_ON: ngx_uint_t = 1;
pub const NGX_HTTP_GZIP_STATIC_ALWAYS: ngx_uint_t = 2;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_gzip_static_conf_t {
    pub enable: ngx_uint_t,
}

pub static ngx_http_gzip_static: [ngx_conf_enum_t; 4] = [
    ngx_conf_enum_t { name: ngx_string!("off"), value: NGX_HTTP_GZIP_STATIC_OFF },
    ngx_conf_enum_t { name: ngx_string!("on"), value: NGX_HTTP_GZIP_STATIC_ON },
    ngx_conf_enum_t { name: ngx_string!("always"), value: NGX_HTTP_GZIP_STATIC_ALWAYS },
    ngx_conf_enum_t { name: ngx_null_string, value: 0 },
];

static ngx_http_gzip_static_commands: &[ngx_command_t] = &[ngx_command_t {
    name: ngx_string!("gzip_static"),
    type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
    set: Some(ngx_conf_set_enum_slot),
    conf: NGX_HTTP_LOC_CONF_OFFSET,
    offset: ngx_offsetof!(ngx_http_gzip_static_conf_t, enable: ngx_uint_t),
    post: (&raw const ngx_http_gzip_static).cast(),
}];

static ngx_http_gzip_static_module_ctx: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: None,
    postconfiguration: Some(ngx_http_gzip_static_init),

    create_main_conf: None,
    init_main_conf: None,

    create_srv_conf: None,
    merge_srv_conf: None,

    create_loc_conf: Some(ngx_http_gzip_static_create_conf),
    merge_loc_conf: Some(ngx_http_gzip_static_merge_conf),
};

pub static ngx_http_gzip_static_module: ngx_module_t = ngx_module_t {
    name: c"ngx_http_gzip_static_module",
    ctx: (&raw const ngx_http_gzip_static_module_ctx).cast(),
    commands: ngx_http_gzip_static_commands,
    type_: NGX_HTTP_MODULE,
    ..NGX_MODULE_V1()
};

unsafe fn ngx_http_gzip_static_handler(r: *mut ngx_http_request_t) -> ngx_int_t {
    if (*r).method & (NGX_HTTP_GET | NGX_HTTP_HEAD) == 0 {
        return NGX_DECLINED;
    }

    if (*r).uri.bytes().last() == Some(&b'/') {
        return NGX_DECLINED;
    }

    let gzcf: *mut ngx_http_gzip_static_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_gzip_static_module);

    if (*gzcf).enable == NGX_HTTP_GZIP_STATIC_OFF {
        return NGX_DECLINED;
    }

    let mut rc = if (*gzcf).enable == NGX_HTTP_GZIP_STATIC_ON {
        ngx_http_gzip_ok(r)
    } else {
        // always
        NGX_OK
    };

    let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

    if (*clcf).gzip_vary == 0 && rc != NGX_OK {
        return NGX_DECLINED;
    }

    let log = (*(*r).connection).log;

    let mut path = ngx_null_string;
    let mut root = 0;

    let mut p = ngx_http_map_uri_to_path(r, &raw mut path, &raw mut root, ".gz".len());
    if p.is_null() {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    p = ngx_cpylit(p, b".gz");
    *p = 0;

    path.len = p.offset_from_unsigned(path.data);

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, log, 0; "http filename: \"%s\"", path.data);

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
        let level = match of.err {
            0 => return NGX_HTTP_INTERNAL_SERVER_ERROR,
            NGX_ENOENT | NGX_ENOTDIR | NGX_ENAMETOOLONG => return NGX_DECLINED,
            NGX_EACCES | NGX_EMLINK | NGX_ELOOP => NGX_LOG_ERR,
            _ => NGX_LOG_CRIT,
        };

        ngx_log_error!(level, log, of.err; "%s \"%s\" failed", of.failed, path.data);

        return NGX_DECLINED;
    }

    if (*gzcf).enable == NGX_HTTP_GZIP_STATIC_ON {
        (*r).gzip_vary = true;

        if rc != NGX_OK {
            return NGX_DECLINED;
        }
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, log, 0; "http static fd: %d", of.fd);

    if of.is_dir {
        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, log, 0; "http dir");
        return NGX_DECLINED;
    }

    if !of.is_file {
        ngx_log_error!(NGX_LOG_CRIT, log, 0; "\"%s\" is not a regular file", path.data);

        return NGX_HTTP_NOT_FOUND;
    }

    (*r).root_tested = !(*r).error_page;

    rc = ngx_http_discard_request_body(r);

    if rc != NGX_OK {
        return rc;
    }

    (*log).action = c"sending response to client".as_ptr();

    (*r).headers_out.status = NGX_HTTP_OK as ngx_uint_t;
    (*r).headers_out.content_length_n = of.size;
    (*r).headers_out.last_modified_time = of.mtime;

    if ngx_http_set_etag(r) != NGX_OK {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if ngx_http_set_content_type(r) != NGX_OK {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    let h = ngx_list_push(&raw mut (*r).headers_out.headers);
    if h.is_null() {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    (*h).hash = 1;
    (*h).next = null_mut();
    ngx_str_set!(&raw mut (*h).key, "Content-Encoding");
    ngx_str_set!(&raw mut (*h).value, "gzip");
    (*r).headers_out.content_encoding = h;

    (*r).allow_ranges = true;

    // whatever can fail is allocated before the header is on its way

    let b = ngx_calloc_buf((*r).pool);
    if b.is_null() {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    (*b).file = ngx_pcalloc((*r).pool);
    if (*b).file.is_null() {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_send_header(r);

    if rc == NGX_ERROR || rc > NGX_OK || (*r).header_only {
        return rc;
    }

    (*b).file_pos = 0;
    (*b).file_last = of.size;

    (*b).in_file = (*b).file_last != 0;
    (*b).last_buf = r == (*r).main;
    (*b).last_in_chain = true;
    (*b).sync = !((*b).last_buf || (*b).in_file);

    (*(*b).file).fd = of.fd;
    (*(*b).file).name = path;
    (*(*b).file).log = log;
    (*(*b).file).directio = of.is_directio;

    let mut out = ngx_chain_t { buf: b, next: null_mut() };

    ngx_http_output_filter(r, &raw mut out)
}

unsafe fn ngx_http_gzip_static_create_conf(cf: *mut ngx_conf_t) -> *mut c_void {
    let conf: *mut ngx_http_gzip_static_conf_t = ngx_palloc((*cf).pool);
    if conf.is_null() {
        return null_mut();
    }

    (*conf).enable = NGX_CONF_UNSET_UINT;

    conf.cast()
}

unsafe fn ngx_http_gzip_static_merge_conf(
    _cf: *mut ngx_conf_t,
    parent: *mut c_void,
    child: *mut c_void,
) -> ngx_conf_ret_t {
    let prev: *mut ngx_http_gzip_static_conf_t = parent.cast();
    let conf: *mut ngx_http_gzip_static_conf_t = child.cast();

    ngx_conf_merge_uint_value!((*conf).enable, (*prev).enable, NGX_HTTP_GZIP_STATIC_OFF);

    NGX_CONF_OK
}

unsafe fn ngx_http_gzip_static_init(cf: *mut ngx_conf_t) -> ngx_int_t {
    let cmcf: *mut ngx_http_core_main_conf_t = ngx_http_conf_get_module_main_conf(cf, &ngx_http_core_module);

    let h = ngx_array_push(&raw mut (*cmcf).phases[NGX_HTTP_CONTENT_PHASE as usize].handlers);
    if h.is_null() {
        return NGX_ERROR;
    }

    *h = Some(ngx_http_gzip_static_handler);

    NGX_OK
}
