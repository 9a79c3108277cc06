//! Port of src/http/modules/ngx_http_auth_request_module.c

use crate::core::{
    ngx_array::*, ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_hash::*, ngx_list::*, ngx_log::*, ngx_module::*,
    ngx_palloc::*, ngx_string::*,
};
use crate::http::{
    ngx_http::*, ngx_http_config::*, ngx_http_core_module::*, ngx_http_request::*, ngx_http_script::*,
    ngx_http_variables::*,
};

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_auth_request_conf_t {
    uri: ngx_str_t,
    vars: *mut ngx_array_t<ngx_http_auth_request_variable_t>,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_auth_request_ctx_t {
    done: bool,
    status: ngx_uint_t,
    subrequest: *mut ngx_http_request_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_auth_request_variable_t {
    index: ngx_int_t,
    value: ngx_http_complex_value_t,
    set_handler: ngx_http_set_variable_pt,
}

static ngx_http_auth_request_commands: &[ngx_command_t] = &[
    ngx_command_t {
        name: ngx_string!("auth_request"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_http_auth_request),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("auth_request_set"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE2,
        set: Some(ngx_http_auth_request_set),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: 0,
        post: null(),
    },
];

static ngx_http_auth_request_module_ctx: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: None,
    postconfiguration: Some(ngx_http_auth_request_init),

    create_main_conf: None,
    init_main_conf: None,

    create_srv_conf: None,
    merge_srv_conf: None,

    create_loc_conf: Some(ngx_http_auth_request_create_conf),
    merge_loc_conf: Some(ngx_http_auth_request_merge_conf),
};

pub static ngx_http_auth_request_module: ngx_module_t = ngx_module_t {
    name: c"ngx_http_auth_request_module",
    ctx: (&raw const ngx_http_auth_request_module_ctx).cast(),
    commands: ngx_http_auth_request_commands,
    type_: NGX_HTTP_MODULE,
    ..NGX_MODULE_V1()
};

unsafe fn ngx_http_auth_request_handler(r: *mut ngx_http_request_t) -> ngx_int_t {
    let arcf: *mut ngx_http_auth_request_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_auth_request_module);

    if (*arcf).uri.len == 0 {
        return NGX_DECLINED;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "auth request handler");

    let mut ctx: *mut ngx_http_auth_request_ctx_t = ngx_http_get_module_ctx(r, &ngx_http_auth_request_module);

    if !ctx.is_null() {
        if !(*ctx).done {
            return NGX_AGAIN;
        }

        // now, so that the variables are still there after an internal redirect

        if ngx_http_auth_request_set_variables(r, arcf, ctx) != NGX_OK {
            return NGX_ERROR;
        }

        let status = (*ctx).status as ngx_int_t;

        if status == NGX_HTTP_FORBIDDEN {
            return status;
        }

        if status == NGX_HTTP_UNAUTHORIZED {
            let sr = (*ctx).subrequest;

            let mut h = (*sr).headers_out.www_authenticate;

            let mut ph = &raw mut (*r).headers_out.www_authenticate;

            while !h.is_null() {
                let ho: *mut ngx_table_elt_t = ngx_list_push(&raw mut (*r).headers_out.headers);
                if ho.is_null() {
                    return NGX_ERROR;
                }

                *ho = *h;
                (*ho).next = null_mut();

                *ph = ho;
                ph = &raw mut (*ho).next;

                h = (*h).next;
            }

            return status;
        }

        if status >= NGX_HTTP_OK && status < NGX_HTTP_SPECIAL_RESPONSE {
            return NGX_OK;
        }

        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                       "auth request unexpected status: %ui", (*ctx).status);

        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx = ngx_pcalloc((*r).pool);
    if ctx.is_null() {
        return NGX_ERROR;
    }

    let ps: *mut ngx_http_post_subrequest_t = ngx_palloc((*r).pool);
    if ps.is_null() {
        return NGX_ERROR;
    }

    (*ps).handler = Some(ngx_http_auth_request_done);
    (*ps).data = ctx.cast();

    let mut sr: *mut ngx_http_request_t = null_mut();

    if ngx_http_subrequest(r, &raw mut (*arcf).uri, null_mut(), &raw mut sr, ps, NGX_HTTP_SUBREQUEST_WAITED) != NGX_OK {
        return NGX_ERROR;
    }

    // a body that is there already: nobody reads the real one, or closes its file

    (*sr).request_body = ngx_pcalloc((*r).pool);
    if (*sr).request_body.is_null() {
        return NGX_ERROR;
    }

    (*sr).header_only = true;

    (*ctx).subrequest = sr;

    ngx_http_set_ctx(r, ctx, &ngx_http_auth_request_module);

    NGX_AGAIN
}

unsafe fn ngx_http_auth_request_done(r: *mut ngx_http_request_t, data: *mut c_void, rc: ngx_int_t) -> ngx_int_t {
    let ctx: *mut ngx_http_auth_request_ctx_t = data.cast();

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                   "auth request done s:%ui", (*r).headers_out.status);

    (*ctx).done = true;
    (*ctx).status = (*r).headers_out.status;

    rc
}

unsafe fn ngx_http_auth_request_set_variables(
    r: *mut ngx_http_request_t,
    arcf: *mut ngx_http_auth_request_conf_t,
    ctx: *mut ngx_http_auth_request_ctx_t,
) -> ngx_int_t {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "auth request set variables");

    if (*arcf).vars.is_null() {
        return NGX_OK;
    }

    let cmcf: *mut ngx_http_core_main_conf_t = ngx_http_get_module_main_conf(r, &ngx_http_core_module);
    let v = (*cmcf).variables.elts;

    for i in 0..(*(*arcf).vars).nelts {
        let av = (*(*arcf).vars).elts.add(i);
        let index = (*av).index as usize;

        // the value is set for good, it has to outlive internal redirects

        let vv = (*r).variables.add(index);
        let mut val = ngx_null_string;

        if ngx_http_complex_value((*ctx).subrequest, &raw mut (*av).value, &raw mut val) != NGX_OK {
            return NGX_ERROR;
        }

        (*vv).valid = true;
        (*vv).not_found = false;
        (*vv).data = val.data;
        (*vv).len = val.len as u32;

        if let Some(set_handler) = (*av).set_handler {
            // kept by us: only the variables_keys have it, and they are gone

            set_handler(r, vv, (*v.add(index)).data);
        }
    }

    NGX_OK
}

unsafe fn ngx_http_auth_request_variable(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "auth request variable");

    (*v).not_found = true;

    NGX_OK
}

unsafe fn ngx_http_auth_request_create_conf(cf: *mut ngx_conf_t) -> *mut c_void {
    let conf: *mut ngx_http_auth_request_conf_t = ngx_pcalloc((*cf).pool);
    if conf.is_null() {
        return null_mut();
    }

    (*conf).vars = NGX_CONF_UNSET_PTR();

    conf.cast()
}

unsafe fn ngx_http_auth_request_merge_conf(
    _cf: *mut ngx_conf_t,
    parent: *mut c_void,
    child: *mut c_void,
) -> ngx_conf_ret_t {
    let prev: *mut ngx_http_auth_request_conf_t = parent.cast();
    let conf: *mut ngx_http_auth_request_conf_t = child.cast();

    ngx_conf_merge_str_value!((*conf).uri, (*prev).uri, "");
    ngx_conf_merge_ptr_value!((*conf).vars, (*prev).vars, null_mut());

    NGX_CONF_OK
}

unsafe fn ngx_http_auth_request_init(cf: *mut ngx_conf_t) -> ngx_int_t {
    let cmcf: *mut ngx_http_core_main_conf_t = ngx_http_conf_get_module_main_conf(cf, &ngx_http_core_module);

    let h = ngx_array_push(&raw mut (*cmcf).phases[NGX_HTTP_ACCESS_PHASE as usize].handlers);
    if h.is_null() {
        return NGX_ERROR;
    }

    *h = Some(ngx_http_auth_request_handler);

    NGX_OK
}

unsafe fn ngx_http_auth_request(cf: *mut ngx_conf_t, _cmd: *const ngx_command_t, conf: *mut c_void) -> ngx_conf_ret_t {
    let arcf: *mut ngx_http_auth_request_conf_t = conf.cast();

    if !(*arcf).uri.data.is_null() {
        return NGX_CONF_MSG("is duplicate");
    }

    let value = (*(*cf).args).elts;

    if ngx_strcmp((*value.add(1)).data, c"off".as_ptr().cast()) == 0 {
        ngx_str_set!(&raw mut (*arcf).uri, "");

        return NGX_CONF_OK;
    }

    (*arcf).uri = *value.add(1);

    NGX_CONF_OK
}

unsafe fn ngx_http_auth_request_set(
    cf: *mut ngx_conf_t,
    _cmd: *const ngx_command_t,
    conf: *mut c_void,
) -> ngx_conf_ret_t {
    let arcf: *mut ngx_http_auth_request_conf_t = conf.cast();

    let value = (*(*cf).args).elts;
    let name = value.add(1);

    if *(*name).data != b'$' {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid variable name \"%V\"", *name);
        return NGX_CONF_ERROR;
    }

    (*name).len -= 1;
    (*name).data = (*name).data.add(1);

    if (*arcf).vars == NGX_CONF_UNSET_PTR() {
        (*arcf).vars = ngx_array_create((*cf).pool, 1);
        if (*arcf).vars.is_null() {
            return NGX_CONF_ERROR;
        }
    }

    let av = ngx_array_push((*arcf).vars);
    if av.is_null() {
        return NGX_CONF_ERROR;
    }

    let v = ngx_http_add_variable(cf, name, NGX_HTTP_VAR_CHANGEABLE);
    if v.is_null() {
        return NGX_CONF_ERROR;
    }

    (*av).index = ngx_http_get_variable_index(cf, name);
    if (*av).index == NGX_ERROR {
        return NGX_CONF_ERROR;
    }

    if (*v).get_handler.is_none() {
        (*v).get_handler = Some(ngx_http_auth_request_variable);
        (*v).data = av as usize;
    }

    (*av).set_handler = (*v).set_handler;

    let mut ccv: ngx_http_compile_complex_value_t = core::mem::zeroed();

    ccv.cf = cf;
    ccv.value = value.add(2);
    ccv.complex_value = &raw mut (*av).value;

    if ngx_http_compile_complex_value(&raw mut ccv) != NGX_OK {
        return NGX_CONF_ERROR;
    }

    NGX_CONF_OK
}
