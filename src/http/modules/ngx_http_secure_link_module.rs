//! Port of src/http/modules/ngx_http_secure_link_module.c

use crate::core::{
    ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_log::*, ngx_md5::*, ngx_module::*, ngx_palloc::*, ngx_string::*,
    ngx_times::*,
};
use crate::http::{ngx_http::*, ngx_http_config::*, ngx_http_request::*, ngx_http_script::*, ngx_http_variables::*};

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_secure_link_conf_t {
    variable: *mut ngx_http_complex_value_t,
    md5: *mut ngx_http_complex_value_t,
    secret: ngx_str_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_secure_link_ctx_t {
    expires: ngx_str_t,
}

static ngx_http_secure_link_commands: &[ngx_command_t] = &[
    ngx_command_t {
        name: ngx_string!("secure_link"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_http_set_complex_value_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_secure_link_conf_t, variable: *mut ngx_http_complex_value_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("secure_link_md5"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_http_set_complex_value_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_secure_link_conf_t, md5: *mut ngx_http_complex_value_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("secure_link_secret"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_str_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_secure_link_conf_t, secret: ngx_str_t),
        post: null(),
    },
];

static ngx_http_secure_link_module_ctx: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: Some(ngx_http_secure_link_add_variables),
    postconfiguration: None,

    create_main_conf: None,
    init_main_conf: None,

    create_srv_conf: None,
    merge_srv_conf: None,

    create_loc_conf: Some(ngx_http_secure_link_create_conf),
    merge_loc_conf: Some(ngx_http_secure_link_merge_conf),
};

pub static ngx_http_secure_link_module: ngx_module_t = ngx_module_t {
    name: c"ngx_http_secure_link_module",
    ctx: (&raw const ngx_http_secure_link_module_ctx).cast(),
    commands: ngx_http_secure_link_commands,
    type_: NGX_HTTP_MODULE,
    ..NGX_MODULE_V1()
};

static ngx_http_secure_link_name: ngx_str_t = ngx_string!("secure_link");
static ngx_http_secure_link_expires_name: ngx_str_t = ngx_string!("secure_link_expires");

unsafe fn ngx_http_secure_link_variable(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    data: usize,
) -> ngx_int_t {
    let conf: *mut ngx_http_secure_link_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_secure_link_module);

    if !(*conf).secret.data.is_null() {
        return ngx_http_secure_link_old_variable(r, conf, v, data);
    }

    'not_found: {
        if (*conf).variable.is_null() || (*conf).md5.is_null() {
            break 'not_found;
        }

        let mut val = ngx_null_string;

        if ngx_http_complex_value(r, (*conf).variable, &raw mut val) != NGX_OK {
            return NGX_ERROR;
        }

        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "secure link: \"%V\"", val);

        let last = val.data.add(val.len);

        let mut p = ngx_strlchr(val.data, last, b',');
        let mut expires = 0;

        if !p.is_null() {
            val.len = p.offset_from_unsigned(val.data);
            p = p.add(1);

            expires = ngx_atotm(p, last.offset_from_unsigned(p));
            if expires <= 0 {
                break 'not_found;
            }

            let ctx: *mut ngx_http_secure_link_ctx_t = ngx_pcalloc((*r).pool);
            if ctx.is_null() {
                return NGX_ERROR;
            }

            ngx_http_set_ctx(r, ctx, &ngx_http_secure_link_module);

            (*ctx).expires.len = last.offset_from_unsigned(p);
            (*ctx).expires.data = p;
        }

        if val.len > 24 {
            break 'not_found;
        }

        // 24 characters are 18 bytes

        let mut hash_buf = [0u8; 18];
        let mut hash = ngx_str_t { len: 0, data: hash_buf.as_mut_ptr() };

        if ngx_decode_base64url(&raw mut hash, &raw const val) != NGX_OK {
            break 'not_found;
        }

        if hash.len != 16 {
            break 'not_found;
        }

        if ngx_http_complex_value(r, (*conf).md5, &raw mut val) != NGX_OK {
            return NGX_ERROR;
        }

        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "secure link md5: \"%V\"", val);

        let mut md5: ngx_md5_t = core::mem::zeroed();
        let mut md5_buf = [0u8; 16];

        ngx_md5_init(&raw mut md5);
        ngx_md5_update(&raw mut md5, val.data.cast(), val.len);
        ngx_md5_final(md5_buf.as_mut_ptr(), &raw mut md5);

        // all 16, so that the time tells nothing

        let mut ch = 0;

        for i in 0..16 {
            ch |= hash_buf[i] ^ md5_buf[i];
        }

        if core::hint::black_box(ch) != 0 {
            break 'not_found;
        }

        let text = if expires != 0 && expires < ngx_time() { b"0" } else { b"1" };

        (*v).data = text.as_ptr().cast_mut();
        (*v).len = 1;
        (*v).valid = true;
        (*v).no_cacheable = false;
        (*v).not_found = false;

        return NGX_OK;
    }

    (*v).not_found = true;

    NGX_OK
}

/// /prefix/md5/link: the value is the link.
unsafe fn ngx_http_secure_link_old_variable(
    r: *mut ngx_http_request_t,
    conf: *mut ngx_http_secure_link_conf_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    'not_found: {
        let mut p = (*r).unparsed_uri.data.wrapping_add(1);
        let last = (*r).unparsed_uri.data.wrapping_add((*r).unparsed_uri.len);

        let start = 'md5_start: {
            while p < last {
                let ch = *p;
                p = p.add(1);

                if ch == b'/' {
                    break 'md5_start p;
                }
            }

            break 'not_found;
        };

        let end = 'url_start: {
            while p < last {
                let ch = *p;
                p = p.add(1);

                if ch == b'/' {
                    break 'url_start p.sub(1);
                }
            }

            break 'not_found;
        };

        let len = last.offset_from_unsigned(p);

        if end.offset_from(start) != 32 || len == 0 {
            break 'not_found;
        }

        let mut md5: ngx_md5_t = core::mem::zeroed();
        let mut hash = [0u8; 16];

        ngx_md5_init(&raw mut md5);
        ngx_md5_update(&raw mut md5, p.cast(), len);
        ngx_md5_update(&raw mut md5, (*conf).secret.data.cast(), (*conf).secret.len);
        ngx_md5_final(hash.as_mut_ptr(), &raw mut md5);

        let mut ch = 0;

        for (i, byte) in hash.iter().enumerate() {
            let n = ngx_hextoi(start.add(2 * i), 2);
            if n == NGX_ERROR {
                break 'not_found;
            }

            ch |= n as u8 ^ byte;
        }

        if core::hint::black_box(ch) != 0 {
            break 'not_found;
        }

        (*v).len = len as u32;
        (*v).valid = true;
        (*v).no_cacheable = false;
        (*v).not_found = false;
        (*v).data = p;

        return NGX_OK;
    }

    (*v).not_found = true;

    NGX_OK
}

unsafe fn ngx_http_secure_link_expires_variable(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    let ctx: *mut ngx_http_secure_link_ctx_t = ngx_http_get_module_ctx(r, &ngx_http_secure_link_module);

    if !ctx.is_null() {
        (*v).len = (*ctx).expires.len as u32;
        (*v).valid = true;
        (*v).no_cacheable = false;
        (*v).not_found = false;
        (*v).data = (*ctx).expires.data;
    } else {
        (*v).not_found = true;
    }

    NGX_OK
}

unsafe fn ngx_http_secure_link_create_conf(cf: *mut ngx_conf_t) -> *mut c_void {
    let conf: *mut ngx_http_secure_link_conf_t = ngx_pcalloc((*cf).pool);
    if conf.is_null() {
        return null_mut();
    }

    (*conf).variable = NGX_CONF_UNSET_PTR();
    (*conf).md5 = NGX_CONF_UNSET_PTR();

    conf.cast()
}

unsafe fn ngx_http_secure_link_merge_conf(
    cf: *mut ngx_conf_t,
    parent: *mut c_void,
    child: *mut c_void,
) -> ngx_conf_ret_t {
    let prev: *mut ngx_http_secure_link_conf_t = parent.cast();
    let conf: *mut ngx_http_secure_link_conf_t = child.cast();

    if !(*conf).secret.data.is_null() {
        ngx_conf_init_ptr_value!((*conf).variable, null_mut());
        ngx_conf_init_ptr_value!((*conf).md5, null_mut());

        if !(*conf).variable.is_null() || !(*conf).md5.is_null() {
            ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0;
                                "\"secure_link_secret\" cannot be mixed with \"secure_link\" and \"secure_link_md5\"");
            return NGX_CONF_ERROR;
        }

        return NGX_CONF_OK;
    }

    ngx_conf_merge_ptr_value!((*conf).variable, (*prev).variable, null_mut());
    ngx_conf_merge_ptr_value!((*conf).md5, (*prev).md5, null_mut());

    if (*conf).variable.is_null() && (*conf).md5.is_null() {
        (*conf).secret = (*prev).secret;
    }

    NGX_CONF_OK
}

unsafe fn ngx_http_secure_link_add_variables(cf: *mut ngx_conf_t) -> ngx_int_t {
    let mut var = ngx_http_add_variable(cf, (&raw const ngx_http_secure_link_name).cast_mut(), 0);
    if var.is_null() {
        return NGX_ERROR;
    }

    (*var).get_handler = Some(ngx_http_secure_link_variable);

    var = ngx_http_add_variable(cf, (&raw const ngx_http_secure_link_expires_name).cast_mut(), 0);
    if var.is_null() {
        return NGX_ERROR;
    }

    (*var).get_handler = Some(ngx_http_secure_link_expires_variable);

    NGX_OK
}
