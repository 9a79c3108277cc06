//! Port of src/http/modules/ngx_http_split_clients_module.c

use crate::core::{
    ngx_array::*, ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_log::*, ngx_module::*, ngx_murmurhash::*,
    ngx_palloc::*, ngx_string::*,
};
use crate::http::{ngx_http_config::*, ngx_http_request::*, ngx_http_script::*, ngx_http_variables::*};

/// `percent`, in hundredths at first, becomes the hash at which the part ends; 0 is all that remains.
#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_split_clients_part_t {
    percent: u32,
    value: ngx_http_variable_value_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_split_clients_ctx_t {
    value: ngx_http_complex_value_t,
    parts: ngx_array_t<ngx_http_split_clients_part_t>,
}

static ngx_http_split_clients_commands: &[ngx_command_t] = &[ngx_command_t {
    name: ngx_string!("split_clients"),
    type_: NGX_HTTP_MAIN_CONF | NGX_CONF_BLOCK | NGX_CONF_TAKE2,
    set: Some(ngx_conf_split_clients_block),
    conf: NGX_HTTP_MAIN_CONF_OFFSET,
    offset: 0,
    post: null(),
}];

static ngx_http_split_clients_module_ctx: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: None,
    postconfiguration: None,

    create_main_conf: None,
    init_main_conf: None,

    create_srv_conf: None,
    merge_srv_conf: None,

    create_loc_conf: None,
    merge_loc_conf: None,
};

pub static ngx_http_split_clients_module: ngx_module_t = ngx_module_t {
    name: c"ngx_http_split_clients_module",
    ctx: (&raw const ngx_http_split_clients_module_ctx).cast(),
    commands: ngx_http_split_clients_commands,
    type_: NGX_HTTP_MODULE,
    ..NGX_MODULE_V1()
};

unsafe fn ngx_http_split_clients_variable(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    data: usize,
) -> ngx_int_t {
    let ctx: *mut ngx_http_split_clients_ctx_t = core::ptr::with_exposed_provenance_mut(data);

    *v = ngx_http_variable_null_value;

    let mut val = ngx_null_string;

    if ngx_http_complex_value(r, &raw mut (*ctx).value, &raw mut val) != NGX_OK {
        return NGX_OK;
    }

    let hash = ngx_murmur_hash2(val.data, val.len);

    for i in 0..(*ctx).parts.nelts {
        let part = (*ctx).parts.elts.add(i);

        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "http split: %uD %uD", hash, (*part).percent);

        if hash < (*part).percent || (*part).percent == 0 {
            *v = (*part).value;
            return NGX_OK;
        }
    }

    NGX_OK
}

unsafe fn ngx_conf_split_clients_block(
    cf: *mut ngx_conf_t,
    _cmd: *const ngx_command_t,
    conf: *mut c_void,
) -> ngx_conf_ret_t {
    let ctx: *mut ngx_http_split_clients_ctx_t = ngx_pcalloc((*cf).pool);
    if ctx.is_null() {
        return NGX_CONF_ERROR;
    }

    let value = (*(*cf).args).elts;

    let mut ccv: ngx_http_compile_complex_value_t = core::mem::zeroed();

    ccv.cf = cf;
    ccv.value = value.add(1);
    ccv.complex_value = &raw mut (*ctx).value;

    if ngx_http_compile_complex_value(&raw mut ccv) != NGX_OK {
        return NGX_CONF_ERROR;
    }

    let mut name = *value.add(2);

    if *name.data != b'$' {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid variable name \"%V\"", name);
        return NGX_CONF_ERROR;
    }

    name.len -= 1;
    name.data = name.data.add(1);

    let var = ngx_http_add_variable(cf, &raw mut name, NGX_HTTP_VAR_CHANGEABLE);
    if var.is_null() {
        return NGX_CONF_ERROR;
    }

    (*var).get_handler = Some(ngx_http_split_clients_variable);
    (*var).data = ctx.expose_provenance();

    if ngx_array_init(&raw mut (*ctx).parts, (*cf).pool, 2) != NGX_OK {
        return NGX_CONF_ERROR;
    }

    let save = *cf;
    (*cf).ctx = ctx.cast();
    (*cf).handler = Some(ngx_http_split_clients);
    (*cf).handler_conf = conf;

    let rv = ngx_conf_parse(cf, null_mut());

    *cf = save;

    if rv != NGX_CONF_OK {
        return rv;
    }

    let mut sum: u32 = 0;
    let mut last: u32 = 0;

    for i in 0..(*ctx).parts.nelts {
        let part = (*ctx).parts.elts.add(i);

        sum = if (*part).percent != 0 { sum.wrapping_add((*part).percent) } else { 10000 };

        if sum == 10000 {
            (*part).percent = 0;
        }

        if sum > 10000 {
            ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "percent total is greater than 100%%");
            return NGX_CONF_ERROR;
        }

        if (*part).percent != 0 {
            last = last.wrapping_add(((*part).percent as u64 * 0xffffffff / 10000) as u32);
            (*part).percent = last;
        }
    }

    rv
}

unsafe fn ngx_http_split_clients(
    cf: *mut ngx_conf_t,
    _dummy: *const ngx_command_t,
    _conf: *mut c_void,
) -> ngx_conf_ret_t {
    let ctx: *mut ngx_http_split_clients_ctx_t = (*cf).ctx.cast();
    let value = (*(*cf).args).elts;

    let part = ngx_array_push(&raw mut (*ctx).parts);
    if part.is_null() {
        return NGX_CONF_ERROR;
    }

    'invalid: {
        if (*value).len == 1 && *(*value).data == b'*' {
            (*part).percent = 0;
        } else {
            if (*value).len == 0 || *(*value).data.add((*value).len - 1) != b'%' {
                break 'invalid;
            }

            let n = ngx_atofp((*value).data, (*value).len - 1, 2);
            if n == NGX_ERROR || n == 0 {
                break 'invalid;
            }

            (*part).percent = n as u32;
        }

        (*part).value.len = (*value.add(1)).len as u32;
        (*part).value.valid = true;
        (*part).value.no_cacheable = false;
        (*part).value.not_found = false;
        (*part).value.escape = false;
        (*part).value.data = (*value.add(1)).data;

        return NGX_CONF_OK;
    }

    ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid percent value \"%V\"", value);
    NGX_CONF_ERROR
}
