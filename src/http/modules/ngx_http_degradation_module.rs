//! Port of src/http/modules/ngx_http_degradation_module.c

use crate::core::{
    ngx_array::*, ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_log::*, ngx_module::*, ngx_palloc::*, ngx_parse::*,
    ngx_string::*, ngx_times::*,
};
use crate::http::{ngx_http_config::*, ngx_http_core_module::*, ngx_http_request::*};

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_degradation_main_conf_t {
    sbrk_size: usize,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_degradation_loc_conf_t {
    degrade: ngx_uint_t,
}

static ngx_http_degrade: [ngx_conf_enum_t; 3] = [
    ngx_conf_enum_t { name: ngx_string!("204"), value: 204 },
    ngx_conf_enum_t { name: ngx_string!("444"), value: 444 },
    ngx_conf_enum_t { name: ngx_null_string, value: 0 },
];

static ngx_http_degradation_commands: &[ngx_command_t] = &[
    ngx_command_t {
        name: ngx_string!("degradation"),
        type_: NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_http_degradation),
        conf: NGX_HTTP_MAIN_CONF_OFFSET,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("degrade"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_enum_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_degradation_loc_conf_t, degrade: ngx_uint_t),
        post: (&raw const ngx_http_degrade).cast(),
    },
];

static ngx_http_degradation_module_ctx: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: None,
    postconfiguration: Some(ngx_http_degradation_init),

    create_main_conf: Some(ngx_http_degradation_create_main_conf),
    init_main_conf: None,

    create_srv_conf: None,
    merge_srv_conf: None,

    create_loc_conf: Some(ngx_http_degradation_create_loc_conf),
    merge_loc_conf: Some(ngx_http_degradation_merge_loc_conf),
};

pub static ngx_http_degradation_module: ngx_module_t = ngx_module_t {
    name: c"ngx_http_degradation_module",
    ctx: (&raw const ngx_http_degradation_module_ctx).cast(),
    commands: ngx_http_degradation_commands,
    type_: NGX_HTTP_MODULE,
    ..NGX_MODULE_V1()
};

unsafe fn ngx_http_degradation_handler(r: *mut ngx_http_request_t) -> ngx_int_t {
    let dlcf: *mut ngx_http_degradation_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_degradation_module);

    if (*dlcf).degrade != 0 && ngx_http_degraded(r) {
        return (*dlcf).degrade as ngx_int_t;
    }

    NGX_DECLINED
}

/// Whether the process has more on its heap than the configuration allows; asked from the system once a second.
pub unsafe fn ngx_http_degraded(r: *mut ngx_http_request_t) -> bool {
    static sbrk_size: ngx_global_t<usize> = ngx_global_t::new(0);
    static sbrk_time: ngx_global_t<time_t> = ngx_global_t::new(0);

    let dmcf: *mut ngx_http_degradation_main_conf_t = ngx_http_get_module_main_conf(r, &ngx_http_degradation_module);

    if (*dmcf).sbrk_size != 0 {
        let mut log = false;
        let now = ngx_time();

        if now != sbrk_time.get() {
            // the program is loaded where the functions are: at a multiple of 4M, if it is not moved about

            let start = ngx_http_degraded as *const () as usize & !0x3FFFFF;

            sbrk_size.set((libc::sbrk(0) as usize).wrapping_sub(start));
            sbrk_time.set(now);
            log = true;
        }

        if sbrk_size.get() >= (*dmcf).sbrk_size {
            if log {
                ngx_log_error!(NGX_LOG_NOTICE, (*(*r).connection).log, 0;
                               "degradation sbrk:%uzM", sbrk_size.get() / (1024 * 1024));
            }

            return true;
        }
    }

    false
}

unsafe fn ngx_http_degradation_create_main_conf(cf: *mut ngx_conf_t) -> *mut c_void {
    let dmcf: *mut ngx_http_degradation_main_conf_t = ngx_pcalloc((*cf).pool);

    dmcf.cast()
}

unsafe fn ngx_http_degradation_create_loc_conf(cf: *mut ngx_conf_t) -> *mut c_void {
    let conf: *mut ngx_http_degradation_loc_conf_t = ngx_palloc((*cf).pool);
    if conf.is_null() {
        return null_mut();
    }

    (*conf).degrade = NGX_CONF_UNSET_UINT;

    conf.cast()
}

unsafe fn ngx_http_degradation_merge_loc_conf(
    _cf: *mut ngx_conf_t,
    parent: *mut c_void,
    child: *mut c_void,
) -> ngx_conf_ret_t {
    let prev: *mut ngx_http_degradation_loc_conf_t = parent.cast();
    let conf: *mut ngx_http_degradation_loc_conf_t = child.cast();

    ngx_conf_merge_uint_value!((*conf).degrade, (*prev).degrade, 0);

    NGX_CONF_OK
}

unsafe fn ngx_http_degradation(cf: *mut ngx_conf_t, _cmd: *const ngx_command_t, conf: *mut c_void) -> ngx_conf_ret_t {
    let dmcf: *mut ngx_http_degradation_main_conf_t = conf.cast();

    let value = (*(*cf).args).elts.add(1);

    if ngx_strncmp((*value).data, b"sbrk=".as_ptr(), 5) == 0 {
        let mut s = ngx_str_t { len: (*value).len - 5, data: (*value).data.add(5) };

        (*dmcf).sbrk_size = ngx_parse_size(&raw mut s) as usize;
        if (*dmcf).sbrk_size == NGX_ERROR as usize {
            ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid sbrk size \"%V\"", *value);
            return NGX_CONF_ERROR;
        }

        return NGX_CONF_OK;
    }

    ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid parameter \"%V\"", *value);

    NGX_CONF_ERROR
}

unsafe fn ngx_http_degradation_init(cf: *mut ngx_conf_t) -> ngx_int_t {
    let cmcf: *mut ngx_http_core_main_conf_t = ngx_http_conf_get_module_main_conf(cf, &ngx_http_core_module);

    let h = ngx_array_push(&raw mut (*cmcf).phases[NGX_HTTP_PREACCESS_PHASE as usize].handlers);
    if h.is_null() {
        return NGX_ERROR;
    }

    *h = Some(ngx_http_degradation_handler);

    NGX_OK
}
