//! Port of src/http/modules/ngx_http_random_index_module.c

use crate::core::{
    ngx_array::*, ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_log::*, ngx_module::*, ngx_palloc::*, ngx_string::*,
};
use crate::http::{ngx_http_config::*, ngx_http_core_module::*, ngx_http_request::*};
use crate::os::unix::{ngx_errno::*, ngx_files::*};

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_random_index_loc_conf_t {
    enable: ngx_flag_t,
}

const NGX_HTTP_RANDOM_INDEX_PREALLOCATE: usize = 50;

static ngx_http_random_index_commands: &[ngx_command_t] = &[ngx_command_t {
    name: ngx_string!("random_index"),
    type_: NGX_HTTP_LOC_CONF | NGX_CONF_FLAG,
    set: Some(ngx_conf_set_flag_slot),
    conf: NGX_HTTP_LOC_CONF_OFFSET,
    offset: ngx_offsetof!(ngx_http_random_index_loc_conf_t, enable: ngx_flag_t),
    post: null(),
}];

static ngx_http_random_index_module_ctx: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: None,
    postconfiguration: Some(ngx_http_random_index_init),

    create_main_conf: None,
    init_main_conf: None,

    create_srv_conf: None,
    merge_srv_conf: None,

    create_loc_conf: Some(ngx_http_random_index_create_loc_conf),
    merge_loc_conf: Some(ngx_http_random_index_merge_loc_conf),
};

pub static ngx_http_random_index_module: ngx_module_t = ngx_module_t {
    name: c"ngx_http_random_index_module",
    ctx: (&raw const ngx_http_random_index_module_ctx).cast(),
    commands: ngx_http_random_index_commands,
    type_: NGX_HTTP_MODULE,
    ..NGX_MODULE_V1()
};

unsafe fn ngx_http_random_index_handler(r: *mut ngx_http_request_t) -> ngx_int_t {
    if (*r).uri.bytes().last() != Some(&b'/') {
        return NGX_DECLINED;
    }

    if (*r).method & (NGX_HTTP_GET | NGX_HTTP_HEAD | NGX_HTTP_POST) == 0 {
        return NGX_DECLINED;
    }

    let rlcf: *mut ngx_http_random_index_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_random_index_module);

    if (*rlcf).enable == 0 {
        return NGX_DECLINED;
    }

    let mut path = ngx_null_string;
    let mut root = 0;

    // nothing in reserve: directory entries have a type, most of them are not looked at

    let mut last = ngx_http_map_uri_to_path(r, &raw mut path, &raw mut root, 0);
    if last.is_null() {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    let mut allocated = path.len;

    path.len = last.offset_from_unsigned(path.data) - 1;
    *path.data.add(path.len) = 0;

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "http random index: \"%s\"", path.data);

    let mut dir: ngx_dir_t = core::mem::zeroed();

    if ngx_open_dir(&raw mut path, &raw mut dir) == NGX_ERROR {
        let err = ngx_errno();
        let level;
        let rc;

        if err == NGX_ENOENT || err == NGX_ENOTDIR || err == NGX_ENAMETOOLONG {
            level = NGX_LOG_ERR;
            rc = NGX_HTTP_NOT_FOUND;
        } else if err == NGX_EACCES {
            level = NGX_LOG_ERR;
            rc = NGX_HTTP_FORBIDDEN;
        } else {
            level = NGX_LOG_CRIT;
            rc = NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        ngx_log_error!(level, (*(*r).connection).log, err; "opendir() \"%s\" failed", path.data);

        return rc;
    }

    let mut names: ngx_array_t<ngx_str_t> = core::mem::zeroed();

    if ngx_array_init(&raw mut names, (*r).pool, 32) != NGX_OK {
        return ngx_http_random_index_error(r, &raw mut dir, &raw mut path);
    }

    let mut filename = path.data;
    *filename.add(path.len) = b'/';

    loop {
        ngx_set_errno(0);

        if ngx_read_dir(&raw mut dir) == NGX_ERROR {
            let err = ngx_errno();

            if err != NGX_ENOMOREFILES {
                ngx_log_error!(NGX_LOG_CRIT, (*(*r).connection).log, err; "readdir() \"%V\" failed", path);
                return ngx_http_random_index_error(r, &raw mut dir, &raw mut path);
            }

            break;
        }

        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                       "http random index file: \"%s\"", ngx_de_name(&raw mut dir));

        if *ngx_de_name(&raw mut dir) == b'.' {
            continue;
        }

        let len = ngx_de_namelen(&raw mut dir);

        if dir.type_ == 0 || ngx_de_is_link(&raw mut dir) {
            // with a '/' before and a NUL behind the name

            if path.len + 1 + len + 1 > allocated {
                allocated = path.len + 1 + len + 1 + NGX_HTTP_RANDOM_INDEX_PREALLOCATE;

                filename = ngx_pnalloc((*r).pool, allocated);
                if filename.is_null() {
                    return ngx_http_random_index_error(r, &raw mut dir, &raw mut path);
                }

                last = ngx_cpystrn(filename, path.data, path.len + 1);
                *last = b'/';
                last = last.add(1);
            }

            let _ = ngx_cpystrn(last, ngx_de_name(&raw mut dir), len + 1);

            if ngx_de_info(filename, &raw mut dir) == NGX_FILE_ERROR {
                let err = ngx_errno();

                if err != NGX_ENOENT {
                    ngx_log_error!(NGX_LOG_CRIT, (*(*r).connection).log, err; "stat() \"%s\" failed", filename);
                    return ngx_http_random_index_error(r, &raw mut dir, &raw mut path);
                }

                if ngx_de_link_info(filename, &raw mut dir) == NGX_FILE_ERROR {
                    ngx_log_error!(NGX_LOG_CRIT, (*(*r).connection).log, ngx_errno();
                                   "lstat() \"%s\" failed", filename);
                    return ngx_http_random_index_error(r, &raw mut dir, &raw mut path);
                }
            }
        }

        if !ngx_de_is_file(&raw mut dir) {
            continue;
        }

        let name = ngx_array_push(&raw mut names);
        if name.is_null() {
            return ngx_http_random_index_error(r, &raw mut dir, &raw mut path);
        }

        (*name).len = len;

        (*name).data = ngx_pnalloc((*r).pool, len);
        if (*name).data.is_null() {
            return ngx_http_random_index_error(r, &raw mut dir, &raw mut path);
        }

        ngx_memcpy((*name).data, ngx_de_name(&raw mut dir), len);
    }

    if ngx_close_dir(&raw mut dir) == NGX_ERROR as c_int {
        ngx_log_error!(NGX_LOG_ALERT, (*(*r).connection).log, ngx_errno(); "closedir() \"%V\" failed", path);
    }

    let mut n = names.nelts;

    if n == 0 {
        return NGX_DECLINED;
    }

    n = ((ngx_random() as u64 * n as u64) / 0x80000000) as ngx_uint_t;

    let name = *names.elts.add(n);

    let len = (*r).uri.len + name.len;

    let mut uri = ngx_str_t { len, data: ngx_pnalloc((*r).pool, len) };
    if uri.data.is_null() {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    last = ngx_copy(uri.data, (*r).uri.data, (*r).uri.len);
    ngx_memcpy(last, name.data, name.len);

    ngx_http_internal_redirect(r, &raw mut uri, &raw mut (*r).args)
}

unsafe fn ngx_http_random_index_error(
    r: *mut ngx_http_request_t,
    dir: *mut ngx_dir_t,
    name: *mut ngx_str_t,
) -> ngx_int_t {
    if ngx_close_dir(dir) == NGX_ERROR as c_int {
        ngx_log_error!(NGX_LOG_ALERT, (*(*r).connection).log, ngx_errno(); "closedir() \"%V\" failed", name);
    }

    NGX_HTTP_INTERNAL_SERVER_ERROR
}

unsafe fn ngx_http_random_index_create_loc_conf(cf: *mut ngx_conf_t) -> *mut c_void {
    let conf: *mut ngx_http_random_index_loc_conf_t = ngx_palloc((*cf).pool);
    if conf.is_null() {
        return null_mut();
    }

    (*conf).enable = NGX_CONF_UNSET;

    conf.cast()
}

unsafe fn ngx_http_random_index_merge_loc_conf(
    _cf: *mut ngx_conf_t,
    parent: *mut c_void,
    child: *mut c_void,
) -> ngx_conf_ret_t {
    let prev: *mut ngx_http_random_index_loc_conf_t = parent.cast();
    let conf: *mut ngx_http_random_index_loc_conf_t = child.cast();

    ngx_conf_merge_value!((*conf).enable, (*prev).enable, 0);

    NGX_CONF_OK
}

unsafe fn ngx_http_random_index_init(cf: *mut ngx_conf_t) -> ngx_int_t {
    let cmcf: *mut ngx_http_core_main_conf_t = ngx_http_conf_get_module_main_conf(cf, &ngx_http_core_module);

    let h = ngx_array_push(&raw mut (*cmcf).phases[NGX_HTTP_CONTENT_PHASE as usize].handlers);
    if h.is_null() {
        return NGX_ERROR;
    }

    *h = Some(ngx_http_random_index_handler);

    NGX_OK
}
