//! Port of src/http/modules/ngx_http_mirror_module.c

use crate::core::{
    ngx_array::*, ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_log::*, ngx_module::*, ngx_palloc::*, ngx_string::*,
};
use crate::http::{
    ngx_http::*, ngx_http_config::*, ngx_http_core_module::*, ngx_http_request::*, ngx_http_request_body::*,
};

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_mirror_loc_conf_t {
    mirror: *mut ngx_array_t<ngx_str_t>,
    request_body: ngx_flag_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_mirror_ctx_t {
    status: ngx_int_t,
}

static ngx_http_mirror_commands: &[ngx_command_t] = &[
    ngx_command_t {
        name: ngx_string!("mirror"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_http_mirror),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("mirror_request_body"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_mirror_loc_conf_t, request_body: ngx_flag_t),
        post: null(),
    },
];

static ngx_http_mirror_module_ctx: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: None,
    postconfiguration: Some(ngx_http_mirror_init),

    create_main_conf: None,
    init_main_conf: None,

    create_srv_conf: None,
    merge_srv_conf: None,

    create_loc_conf: Some(ngx_http_mirror_create_loc_conf),
    merge_loc_conf: Some(ngx_http_mirror_merge_loc_conf),
};

pub static ngx_http_mirror_module: ngx_module_t = ngx_module_t {
    name: c"ngx_http_mirror_module",
    ctx: (&raw const ngx_http_mirror_module_ctx).cast(),
    commands: ngx_http_mirror_commands,
    type_: NGX_HTTP_MODULE,
    ..NGX_MODULE_V1()
};

unsafe fn ngx_http_mirror_handler(r: *mut ngx_http_request_t) -> ngx_int_t {
    if r != (*r).main {
        return NGX_DECLINED;
    }

    let mlcf: *mut ngx_http_mirror_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_mirror_module);

    if (*mlcf).mirror.is_null() {
        return NGX_DECLINED;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "mirror handler");

    if (*mlcf).request_body != 0 {
        let mut ctx: *mut ngx_http_mirror_ctx_t = ngx_http_get_module_ctx(r, &ngx_http_mirror_module);

        if !ctx.is_null() {
            return (*ctx).status;
        }

        ctx = ngx_pcalloc((*r).pool);
        if ctx.is_null() {
            return NGX_ERROR;
        }

        (*ctx).status = NGX_DONE;

        ngx_http_set_ctx(r, ctx, &ngx_http_mirror_module);

        let rc = ngx_http_read_client_request_body(r, Some(ngx_http_mirror_body_handler));
        if rc >= NGX_HTTP_SPECIAL_RESPONSE {
            return rc;
        }

        ngx_http_finalize_request(r, NGX_DONE);
        return NGX_DONE;
    }

    ngx_http_mirror_handler_internal(r)
}

unsafe fn ngx_http_mirror_body_handler(r: *mut ngx_http_request_t) {
    let ctx: *mut ngx_http_mirror_ctx_t = ngx_http_get_module_ctx(r, &ngx_http_mirror_module);

    (*ctx).status = ngx_http_mirror_handler_internal(r);

    (*r).preserve_body = true;

    (*r).write_event_handler = Some(ngx_http_core_run_phases);
    ngx_http_core_run_phases(r);
}

unsafe fn ngx_http_mirror_handler_internal(r: *mut ngx_http_request_t) -> ngx_int_t {
    let mlcf: *mut ngx_http_mirror_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_mirror_module);

    for i in 0..(*(*mlcf).mirror).nelts {
        let name = (*(*mlcf).mirror).elts.add(i);
        let mut sr: *mut ngx_http_request_t = null_mut();

        if ngx_http_subrequest(r, name, &raw mut (*r).args, &raw mut sr, null_mut(), NGX_HTTP_SUBREQUEST_BACKGROUND)
            != NGX_OK
        {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        (*sr).header_only = true;
        (*sr).method = (*r).method;
        (*sr).method_name = (*r).method_name;
    }

    NGX_DECLINED
}

unsafe fn ngx_http_mirror_create_loc_conf(cf: *mut ngx_conf_t) -> *mut c_void {
    let mlcf: *mut ngx_http_mirror_loc_conf_t = ngx_pcalloc((*cf).pool);
    if mlcf.is_null() {
        return null_mut();
    }

    (*mlcf).mirror = NGX_CONF_UNSET_PTR();
    (*mlcf).request_body = NGX_CONF_UNSET;

    mlcf.cast()
}

unsafe fn ngx_http_mirror_merge_loc_conf(
    _cf: *mut ngx_conf_t,
    parent: *mut c_void,
    child: *mut c_void,
) -> ngx_conf_ret_t {
    let prev: *mut ngx_http_mirror_loc_conf_t = parent.cast();
    let conf: *mut ngx_http_mirror_loc_conf_t = child.cast();

    ngx_conf_merge_ptr_value!((*conf).mirror, (*prev).mirror, null_mut());
    ngx_conf_merge_value!((*conf).request_body, (*prev).request_body, 1);

    NGX_CONF_OK
}

unsafe fn ngx_http_mirror(cf: *mut ngx_conf_t, _cmd: *const ngx_command_t, conf: *mut c_void) -> ngx_conf_ret_t {
    let mlcf: *mut ngx_http_mirror_loc_conf_t = conf.cast();

    let value = (*(*cf).args).elts;

    if ngx_strcmp((*value.add(1)).data, c"off".as_ptr().cast()) == 0 {
        if (*mlcf).mirror != NGX_CONF_UNSET_PTR() {
            return NGX_CONF_MSG("is duplicate");
        }

        (*mlcf).mirror = null_mut();
        return NGX_CONF_OK;
    }

    if (*mlcf).mirror.is_null() {
        return NGX_CONF_MSG("is duplicate");
    }

    if (*mlcf).mirror == NGX_CONF_UNSET_PTR() {
        (*mlcf).mirror = ngx_array_create((*cf).pool, 4);
        if (*mlcf).mirror.is_null() {
            return NGX_CONF_ERROR;
        }
    }

    let s = ngx_array_push((*mlcf).mirror);
    if s.is_null() {
        return NGX_CONF_ERROR;
    }

    *s = *value.add(1);

    NGX_CONF_OK
}

unsafe fn ngx_http_mirror_init(cf: *mut ngx_conf_t) -> ngx_int_t {
    let cmcf: *mut ngx_http_core_main_conf_t = ngx_http_conf_get_module_main_conf(cf, &ngx_http_core_module);

    let h = ngx_array_push(&raw mut (*cmcf).phases[NGX_HTTP_PRECONTENT_PHASE as usize].handlers);
    if h.is_null() {
        return NGX_ERROR;
    }

    *h = Some(ngx_http_mirror_handler);

    NGX_OK
}
