//! Port of src/http/modules/ngx_http_index_module.c

use crate::core::{
    ngx_array::*, ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_log::*, ngx_module::*, ngx_open_file_cache::*,
    ngx_palloc::*, ngx_string::*,
};
use crate::http::{ngx_http_config::*, ngx_http_core_module::*, ngx_http_request::*, ngx_http_script::*};
use crate::os::unix::ngx_errno::*;

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_index_t {
    name: ngx_str_t,
    lengths: *mut ngx_array_t<u8>,
    values: *mut ngx_array_t<u8>,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_index_loc_conf_t {
    indices: *mut ngx_array_t<ngx_http_index_t>,
    max_index_len: usize,
}

const NGX_HTTP_DEFAULT_INDEX: ngx_str_t = ngx_string!("index.html");

static ngx_http_index_commands: &[ngx_command_t] = &[ngx_command_t {
    name: ngx_string!("index"),
    type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_1MORE,
    set: Some(ngx_http_index_set_index),
    conf: NGX_HTTP_LOC_CONF_OFFSET,
    offset: 0,
    post: null(),
}];

static ngx_http_index_module_ctx: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: None,
    postconfiguration: Some(ngx_http_index_init),

    create_main_conf: None,
    init_main_conf: None,

    create_srv_conf: None,
    merge_srv_conf: None,

    create_loc_conf: Some(ngx_http_index_create_loc_conf),
    merge_loc_conf: Some(ngx_http_index_merge_loc_conf),
};

pub static ngx_http_index_module: ngx_module_t = ngx_module_t {
    name: c"ngx_http_index_module",
    ctx: (&raw const ngx_http_index_module_ctx).cast(),
    commands: ngx_http_index_commands,
    type_: NGX_HTTP_MODULE,
    ..NGX_MODULE_V1()
};

/// The index file is tried before its directory: most requests are good ones, and after a failed stat() of
/// the file one of the directory costs little.
unsafe fn ngx_http_index_handler(r: *mut ngx_http_request_t) -> ngx_int_t {
    if (*r).uri.bytes().last() != Some(&b'/') {
        return NGX_DECLINED;
    }

    if (*r).method & (NGX_HTTP_GET | NGX_HTTP_HEAD | NGX_HTTP_POST) == 0 {
        return NGX_DECLINED;
    }

    let ilcf: *mut ngx_http_index_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_index_module);
    let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

    let mut allocated = 0;
    let mut root = 0;
    let mut dir_tested = false;
    let mut name: *mut u8 = null_mut();
    let mut path = ngx_null_string;
    let mut uri = ngx_null_string;
    let mut e: ngx_http_script_engine_t = core::mem::zeroed();

    for i in 0..(*(*ilcf).indices).nelts {
        let index = (*(*ilcf).indices).elts.add(i);
        let reserve;
        let mut len;

        if (*index).lengths.is_null() {
            if *(*index).name.data == b'/' {
                return ngx_http_internal_redirect(r, &raw mut (*index).name, &raw mut (*r).args);
            }

            reserve = (*ilcf).max_index_len;
            len = (*index).name.len;
        } else {
            e = core::mem::zeroed();

            e.ip = (*(*index).lengths).elts;
            e.request = r;
            e.flushed = true;

            // as in the static names, one for the NUL
            len = 1;

            while *e.ip.cast::<usize>() != 0 {
                let lcode: ngx_http_script_len_code_pt = *e.ip.cast();
                len += lcode.unwrap()(&raw mut e);
            }

            // a little more, so that the next name may fit too

            reserve = len + 16;
        }

        if reserve > allocated {
            name = ngx_http_map_uri_to_path(r, &raw mut path, &raw mut root, reserve);
            if name.is_null() {
                return NGX_HTTP_INTERNAL_SERVER_ERROR;
            }

            allocated = path.data.add(path.len).offset_from_unsigned(name);
        }

        if (*index).values.is_null() {
            // its length counts the NUL

            ngx_memcpy(name, (*index).name.data, (*index).name.len);

            path.len = name.add((*index).name.len).offset_from_unsigned(path.data) - 1;
        } else {
            e.ip = (*(*index).values).elts;
            e.pos = name;
            e.end = name.add(allocated);

            while *e.ip.cast::<usize>() != 0 {
                let code: ngx_http_script_code_pt = *e.ip.cast();
                code.unwrap()(&raw mut e);
            }

            if e.status != 0 {
                return NGX_HTTP_INTERNAL_SERVER_ERROR;
            }

            if ngx_http_script_check_length(&raw mut e, 1) != NGX_OK {
                return NGX_ERROR;
            }

            if *name == b'/' {
                uri.len = e.pos.offset_from_unsigned(name);
                uri.data = name;
                return ngx_http_internal_redirect(r, &raw mut uri, &raw mut (*r).args);
            }

            len = e.pos.offset_from_unsigned(name) + 1;
            path.len = e.pos.offset_from_unsigned(path.data);

            *e.pos = 0;
        }

        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "open index \"%V\"", path);

        let mut of: ngx_open_file_info_t = core::mem::zeroed();

        of.read_ahead = (*clcf).read_ahead;
        of.directio = (*clcf).directio;
        of.valid = (*clcf).open_file_cache_valid;
        of.min_uses = (*clcf).open_file_cache_min_uses;
        of.test_only = true;
        of.errors = (*clcf).open_file_cache_errors != 0;
        of.events = (*clcf).open_file_cache_events != 0;

        if ngx_http_set_disable_symlinks(r, clcf, &raw mut path, &raw mut of) != NGX_OK {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        if ngx_open_cached_file((*clcf).open_file_cache, &raw mut path, &raw mut of, (*r).pool) != NGX_OK {
            if of.err == 0 {
                return NGX_HTTP_INTERNAL_SERVER_ERROR;
            }

            ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, of.err;
                           "%s \"%s\" failed", of.failed, path.data);

            if of.err == NGX_EMLINK || of.err == NGX_ELOOP {
                return NGX_HTTP_FORBIDDEN;
            }

            if of.err == NGX_ENOTDIR || of.err == NGX_ENAMETOOLONG || of.err == NGX_EACCES {
                return ngx_http_index_error(r, clcf, path.data, of.err);
            }

            if !dir_tested {
                let rc = ngx_http_index_test_dir(r, clcf, path.data, name.sub(1));

                if rc != NGX_OK {
                    return rc;
                }

                dir_tested = true;
            }

            if of.err == NGX_ENOENT {
                continue;
            }

            ngx_log_error!(NGX_LOG_CRIT, (*(*r).connection).log, of.err; "%s \"%s\" failed", of.failed, path.data);

            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        uri.len = (*r).uri.len + len - 1;

        if (*clcf).alias == 0 {
            uri.data = path.data.add(root);
        } else {
            uri.data = ngx_pnalloc((*r).pool, uri.len);
            if uri.data.is_null() {
                return NGX_HTTP_INTERNAL_SERVER_ERROR;
            }

            let p = ngx_copy(uri.data, (*r).uri.data, (*r).uri.len);
            ngx_memcpy(p, name, len - 1);
        }

        return ngx_http_internal_redirect(r, &raw mut uri, &raw mut (*r).args);
    }

    NGX_DECLINED
}

unsafe fn ngx_http_index_test_dir(
    r: *mut ngx_http_request_t,
    clcf: *mut ngx_http_core_loc_conf_t,
    path: *mut u8,
    mut last: *mut u8,
) -> ngx_int_t {
    let mut c = *last;
    if c != b'/' || path == last {
        // an alias without a slash at its end
        last = last.add(1);
        c = *last;
    }
    *last = 0;

    let mut dir = ngx_str_t { len: last.offset_from_unsigned(path), data: path };

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "http index check dir: \"%V\"", dir);

    let mut of: ngx_open_file_info_t = core::mem::zeroed();

    of.test_dir = true;
    of.test_only = true;
    of.valid = (*clcf).open_file_cache_valid;
    of.errors = (*clcf).open_file_cache_errors != 0;

    if ngx_http_set_disable_symlinks(r, clcf, &raw mut dir, &raw mut of) != NGX_OK {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if ngx_open_cached_file((*clcf).open_file_cache, &raw mut dir, &raw mut of, (*r).pool) != NGX_OK {
        if of.err != 0 {
            if of.err == NGX_EMLINK || of.err == NGX_ELOOP {
                return NGX_HTTP_FORBIDDEN;
            }

            if of.err == NGX_ENOENT {
                *last = c;
                return ngx_http_index_error(r, clcf, dir.data, NGX_ENOENT);
            }

            if of.err == NGX_EACCES {
                *last = c;

                // the first index file failed with another error: so the directory can be searched

                return NGX_OK;
            }

            ngx_log_error!(NGX_LOG_CRIT, (*(*r).connection).log, of.err; "%s \"%s\" failed", of.failed, dir.data);
        }

        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    *last = c;

    if of.is_dir {
        return NGX_OK;
    }

    ngx_log_error!(NGX_LOG_ALERT, (*(*r).connection).log, 0; "\"%s\" is not a directory", dir.data);

    NGX_HTTP_INTERNAL_SERVER_ERROR
}

unsafe fn ngx_http_index_error(
    r: *mut ngx_http_request_t,
    clcf: *mut ngx_http_core_loc_conf_t,
    file: *mut u8,
    err: ngx_err_t,
) -> ngx_int_t {
    if err == NGX_EACCES {
        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, err; "\"%s\" is forbidden", file);

        return NGX_HTTP_FORBIDDEN;
    }

    if (*clcf).log_not_found != 0 {
        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, err; "\"%s\" is not found", file);
    }

    NGX_HTTP_NOT_FOUND
}

unsafe fn ngx_http_index_create_loc_conf(cf: *mut ngx_conf_t) -> *mut c_void {
    let conf: *mut ngx_http_index_loc_conf_t = ngx_palloc((*cf).pool);
    if conf.is_null() {
        return null_mut();
    }

    (*conf).indices = null_mut();
    (*conf).max_index_len = 0;

    conf.cast()
}

unsafe fn ngx_http_index_merge_loc_conf(
    cf: *mut ngx_conf_t,
    parent: *mut c_void,
    child: *mut c_void,
) -> ngx_conf_ret_t {
    let prev: *mut ngx_http_index_loc_conf_t = parent.cast();
    let conf: *mut ngx_http_index_loc_conf_t = child.cast();

    if (*conf).indices.is_null() {
        (*conf).indices = (*prev).indices;
        (*conf).max_index_len = (*prev).max_index_len;
    }

    if (*conf).indices.is_null() {
        (*conf).indices = ngx_array_create((*cf).pool, 1);
        if (*conf).indices.is_null() {
            return NGX_CONF_ERROR;
        }

        let index = ngx_array_push((*conf).indices);
        if index.is_null() {
            return NGX_CONF_ERROR;
        }

        (*index).name.len = NGX_HTTP_DEFAULT_INDEX.len + 1;
        (*index).name.data = NGX_HTTP_DEFAULT_INDEX.data;
        (*index).lengths = null_mut();
        (*index).values = null_mut();

        (*conf).max_index_len = NGX_HTTP_DEFAULT_INDEX.len + 1;

        return NGX_CONF_OK;
    }

    NGX_CONF_OK
}

unsafe fn ngx_http_index_init(cf: *mut ngx_conf_t) -> ngx_int_t {
    let cmcf: *mut ngx_http_core_main_conf_t = ngx_http_conf_get_module_main_conf(cf, &ngx_http_core_module);

    let h = ngx_array_push(&raw mut (*cmcf).phases[NGX_HTTP_CONTENT_PHASE as usize].handlers);
    if h.is_null() {
        return NGX_ERROR;
    }

    *h = Some(ngx_http_index_handler);

    NGX_OK
}

unsafe fn ngx_http_index_set_index(
    cf: *mut ngx_conf_t,
    _cmd: *const ngx_command_t,
    conf: *mut c_void,
) -> ngx_conf_ret_t {
    let ilcf: *mut ngx_http_index_loc_conf_t = conf.cast();

    if (*ilcf).indices.is_null() {
        (*ilcf).indices = ngx_array_create((*cf).pool, 2);
        if (*ilcf).indices.is_null() {
            return NGX_CONF_ERROR;
        }
    }

    let value = (*(*cf).args).elts;

    for i in 1..(*(*cf).args).nelts {
        let v = value.add(i);

        if *(*v).data == b'/' && i != (*(*cf).args).nelts - 1 {
            ngx_conf_log_error!(NGX_LOG_WARN, cf, 0;
                                "only the last index in \"index\" directive should be absolute");
        }

        if (*v).len == 0 {
            ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "index \"%V\" in \"index\" directive is invalid", v);
            return NGX_CONF_ERROR;
        }

        let index = ngx_array_push((*ilcf).indices);
        if index.is_null() {
            return NGX_CONF_ERROR;
        }

        (*index).name.len = (*v).len;
        (*index).name.data = (*v).data;
        (*index).lengths = null_mut();
        (*index).values = null_mut();

        let n = ngx_http_script_variables_count(v);

        if n == 0 {
            if (*ilcf).max_index_len < (*index).name.len {
                (*ilcf).max_index_len = (*index).name.len;
            }

            if *(*index).name.data == b'/' {
                continue;
            }

            // the NUL is copied with the name
            (*index).name.len += 1;

            continue;
        }

        let mut sc: ngx_http_script_compile_t = core::mem::zeroed();

        sc.cf = cf;
        sc.source = v;
        sc.lengths = &raw mut (*index).lengths;
        sc.values = &raw mut (*index).values;
        sc.variables = n;
        sc.complete_lengths = true;
        sc.complete_values = true;

        if ngx_http_script_compile(&raw mut sc) != NGX_OK {
            return NGX_CONF_ERROR;
        }
    }

    NGX_CONF_OK
}
