//! Port of src/http/modules/ngx_http_try_files_module.c

use crate::core::{
    ngx_array::*, ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_log::*, ngx_module::*, ngx_open_file_cache::*,
    ngx_palloc::*, ngx_string::*,
};
use crate::http::{
    ngx_http_config::*, ngx_http_core_module::*, ngx_http_parse::*, ngx_http_request::*, ngx_http_script::*,
};
use crate::os::unix::ngx_errno::*;

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_try_file_t {
    lengths: *mut ngx_array_t<u8>,
    values: *mut ngx_array_t<u8>,
    name: ngx_str_t,

    code: u16,
    test_dir: bool,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_try_files_loc_conf_t {
    try_files: *mut ngx_http_try_file_t,
}

static ngx_http_try_files_commands: &[ngx_command_t] = &[ngx_command_t {
    name: ngx_string!("try_files"),
    type_: NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_2MORE,
    set: Some(ngx_http_try_files),
    conf: NGX_HTTP_LOC_CONF_OFFSET,
    offset: 0,
    post: null(),
}];

static ngx_http_try_files_module_ctx: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: None,
    postconfiguration: Some(ngx_http_try_files_init),

    create_main_conf: None,
    init_main_conf: None,

    create_srv_conf: None,
    merge_srv_conf: None,

    create_loc_conf: Some(ngx_http_try_files_create_loc_conf),
    merge_loc_conf: None,
};

pub static ngx_http_try_files_module: ngx_module_t = ngx_module_t {
    name: c"ngx_http_try_files_module",
    ctx: (&raw const ngx_http_try_files_module_ctx).cast(),
    commands: ngx_http_try_files_commands,
    type_: NGX_HTTP_MODULE,
    ..NGX_MODULE_V1()
};

unsafe fn ngx_http_try_files_handler(r: *mut ngx_http_request_t) -> ngx_int_t {
    let tlcf: *mut ngx_http_try_files_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_try_files_module);

    if (*tlcf).try_files.is_null() {
        return NGX_DECLINED;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "try files handler");

    let mut allocated = 0;
    let mut root = 0;
    let mut name: *mut u8 = null_mut();
    let mut path = ngx_null_string;
    let mut e: ngx_http_script_engine_t = core::mem::zeroed();

    let mut tf = (*tlcf).try_files;

    let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

    let alias = (*clcf).alias;

    loop {
        let mut len;

        if !(*tf).lengths.is_null() {
            e = core::mem::zeroed();

            e.ip = (*(*tf).lengths).elts;
            e.request = r;

            // as in the static names, one for the NUL
            len = 1;

            while *e.ip.cast::<usize>() != 0 {
                let lcode: ngx_http_script_len_code_pt = *e.ip.cast();
                len += lcode.unwrap()(&raw mut e);
            }
        } else {
            len = (*tf).name.len;
        }

        let reserve = if alias == 0 {
            len.saturating_sub((*r).uri.len)
        } else if alias == NGX_MAX_SIZE_T_VALUE {
            len
        } else {
            // a shorter URI wraps here, and is refused below
            len.saturating_sub((*r).uri.len.wrapping_sub(alias))
        };

        if reserve > allocated || allocated == 0 {
            // a little more, so that the next name may fit too
            allocated = reserve + 16;

            if ngx_http_map_uri_to_path(r, &raw mut path, &raw mut root, allocated).is_null() {
                return NGX_HTTP_INTERNAL_SERVER_ERROR;
            }

            name = path.data.add(root);
        }

        if (*tf).values.is_null() {
            // its length counts the NUL

            ngx_memcpy(name, (*tf).name.data, (*tf).name.len);

            path.len = name.add((*tf).name.len).offset_from_unsigned(path.data) - 1;
        } else {
            let mut n = allocated;

            if alias != NGX_MAX_SIZE_T_VALUE {
                n += (*r).uri.len - alias;
            }

            e.ip = (*(*tf).values).elts;
            e.pos = name;
            e.end = name.add(n);
            e.flushed = true;

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

            path.len = e.pos.offset_from_unsigned(path.data);

            *e.pos = 0;

            if alias != 0 && alias != NGX_MAX_SIZE_T_VALUE && ngx_strncmp(name, (*r).uri.data, alias) == 0 {
                ngx_memmove(name, name.add(alias), len - alias);
                path.len -= alias;
            }
        }

        let test_dir = (*tf).test_dir;

        tf = tf.add(1);

        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                       "trying to use %s: \"%s\" \"%s\"", if test_dir { "dir" } else { "file" }, name, path.data);

        if (*tf).lengths.is_null() && (*tf).name.len == 0 {
            if (*tf).code != 0 {
                return (*tf).code as ngx_int_t;
            }

            path.len -= root;
            path.data = path.data.add(root);

            if *path.data == b'@' {
                let _ = ngx_http_named_location(r, &raw mut path);
            } else {
                let mut args = ngx_null_string;

                ngx_http_split_args(r, &raw mut path, &raw mut args);

                let _ = ngx_http_internal_redirect(r, &raw mut path, &raw mut args);
            }

            ngx_http_finalize_request(r, NGX_DONE);
            return NGX_DONE;
        }

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

            if of.err != NGX_ENOENT && of.err != NGX_ENOTDIR && of.err != NGX_ENAMETOOLONG {
                ngx_log_error!(NGX_LOG_CRIT, (*(*r).connection).log, of.err;
                               "%s \"%s\" failed", of.failed, path.data);
            }

            continue;
        }

        if of.is_dir != test_dir {
            continue;
        }

        path.len -= root;
        path.data = path.data.add(root);

        if alias == 0 {
            (*r).uri = path;
        } else if alias == NGX_MAX_SIZE_T_VALUE {
            if !test_dir {
                (*r).uri = path;
                (*r).add_uri_to_alias = true;
            }
        } else {
            name = (*r).uri.data;

            (*r).uri.len = alias + path.len;
            (*r).uri.data = ngx_pnalloc((*r).pool, (*r).uri.len);
            if (*r).uri.data.is_null() {
                (*r).uri.len = 0;
                return NGX_HTTP_INTERNAL_SERVER_ERROR;
            }

            let p = ngx_copy((*r).uri.data, name, alias);
            ngx_memcpy(p, path.data, path.len);
        }

        ngx_http_set_exten(r);

        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "try file uri: \"%V\"", (*r).uri);

        return NGX_DECLINED;
    }
}

unsafe fn ngx_http_try_files(cf: *mut ngx_conf_t, _cmd: *const ngx_command_t, conf: *mut c_void) -> ngx_conf_ret_t {
    let tlcf: *mut ngx_http_try_files_loc_conf_t = conf.cast();

    if !(*tlcf).try_files.is_null() {
        return NGX_CONF_MSG("is duplicate");
    }

    let nelts = (*(*cf).args).nelts;

    let tf: *mut ngx_http_try_file_t = ngx_pcalloc_n((*cf).pool, nelts);
    if tf.is_null() {
        return NGX_CONF_ERROR;
    }

    (*tlcf).try_files = tf;

    let value = (*(*cf).args).elts;

    for i in 0..nelts - 1 {
        let t = tf.add(i);

        (*t).name = *value.add(i + 1);

        if (*t).name.len > 0 && *(*t).name.data.add((*t).name.len - 1) == b'/' && i + 2 < nelts {
            (*t).test_dir = true;
            (*t).name.len -= 1;
            *(*t).name.data.add((*t).name.len) = 0;
        }

        let n = ngx_http_script_variables_count(&raw mut (*t).name);

        if n != 0 {
            let mut sc: ngx_http_script_compile_t = core::mem::zeroed();

            sc.cf = cf;
            sc.source = &raw mut (*t).name;
            sc.lengths = &raw mut (*t).lengths;
            sc.values = &raw mut (*t).values;
            sc.variables = n;
            sc.complete_lengths = true;
            sc.complete_values = true;

            if ngx_http_script_compile(&raw mut sc) != NGX_OK {
                return NGX_CONF_ERROR;
            }
        } else {
            // the NUL is copied with the name
            (*t).name.len += 1;
        }
    }

    let last = tf.add(nelts - 2);

    if *(*last).name.data == b'=' {
        let code = ngx_atoi((*last).name.data.add(1), (*last).name.len - 2);

        if code == NGX_ERROR || code > 999 {
            ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0;
                                "invalid code \"%*s\"", (*last).name.len - 1, (*last).name.data);
            return NGX_CONF_ERROR;
        }

        (*tf.add(nelts - 1)).code = code as u16;
    }

    NGX_CONF_OK
}

unsafe fn ngx_http_try_files_create_loc_conf(cf: *mut ngx_conf_t) -> *mut c_void {
    let tlcf: *mut ngx_http_try_files_loc_conf_t = ngx_pcalloc((*cf).pool);

    tlcf.cast()
}

unsafe fn ngx_http_try_files_init(cf: *mut ngx_conf_t) -> ngx_int_t {
    let cmcf: *mut ngx_http_core_main_conf_t = ngx_http_conf_get_module_main_conf(cf, &ngx_http_core_module);

    let h = ngx_array_push(&raw mut (*cmcf).phases[NGX_HTTP_PRECONTENT_PHASE as usize].handlers);
    if h.is_null() {
        return NGX_ERROR;
    }

    *h = Some(ngx_http_try_files_handler);

    NGX_OK
}
