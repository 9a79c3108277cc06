//! Port of src/http/modules/ngx_http_userid_filter_module.c

use crate::core::{
    ngx_conf_file::*, ngx_config::*, ngx_connection::*, ngx_core::*, ngx_cycle::*, ngx_list::*, ngx_log::*,
    ngx_module::*, ngx_palloc::*, ngx_parse::*, ngx_string::*, ngx_times::*,
};
use crate::http::{
    ngx_http::*, ngx_http_config::*, ngx_http_core_module::*, ngx_http_parse::*, ngx_http_request::*,
    ngx_http_variables::*,
};
use crate::os::unix::{ngx_process_cycle::*, ngx_time::*};

const NGX_HTTP_USERID_OFF: ngx_uint_t = 0;
const NGX_HTTP_USERID_LOG: ngx_uint_t = 1;
const NGX_HTTP_USERID_V1: ngx_uint_t = 2;
const NGX_HTTP_USERID_ON: ngx_uint_t = 3;

const NGX_HTTP_USERID_COOKIE_OFF: ngx_uint_t = 0x0002;
const NGX_HTTP_USERID_COOKIE_SECURE: ngx_uint_t = 0x0004;
const NGX_HTTP_USERID_COOKIE_HTTPONLY: ngx_uint_t = 0x0008;
const NGX_HTTP_USERID_COOKIE_SAMESITE: ngx_uint_t = 0x0010;
const NGX_HTTP_USERID_COOKIE_SAMESITE_STRICT: ngx_uint_t = 0x0020;
const NGX_HTTP_USERID_COOKIE_SAMESITE_LAX: ngx_uint_t = 0x0040;
const NGX_HTTP_USERID_COOKIE_SAMESITE_NONE: ngx_uint_t = 0x0080;

/// The time in `expires`.
const NGX_HTTP_USERID_MAX_EXPIRES: time_t = 2145916555;

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_userid_conf_t {
    enable: ngx_uint_t,
    flags: ngx_uint_t,

    service: ngx_int_t,

    name: ngx_str_t,
    domain: ngx_str_t,
    path: ngx_str_t,
    p3p: ngx_str_t,

    expires: time_t,

    mark: u8,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_userid_ctx_t {
    uid_got: [u32; 4],
    uid_set: [u32; 4],
    cookie: ngx_str_t,
    reset: ngx_uint_t,
}

static start_value: ngx_global_t<u32> = ngx_global_t::new(0);
static sequencer_v1: ngx_global_t<u32> = ngx_global_t::new(1);
static sequencer_v2: ngx_global_t<u32> = ngx_global_t::new(0x03030302);

static expires: &[u8] = b"; expires=Thu, 31-Dec-37 23:55:55 GMT";

static ngx_http_next_header_filter: ngx_global_t<ngx_http_output_header_filter_pt> = ngx_global_t::new(None);

static ngx_http_userid_state: [ngx_conf_enum_t; 5] = [
    ngx_conf_enum_t { name: ngx_string!("off"), value: NGX_HTTP_USERID_OFF },
    ngx_conf_enum_t { name: ngx_string!("log"), value: NGX_HTTP_USERID_LOG },
    ngx_conf_enum_t { name: ngx_string!("v1"), value: NGX_HTTP_USERID_V1 },
    ngx_conf_enum_t { name: ngx_string!("on"), value: NGX_HTTP_USERID_ON },
    ngx_conf_enum_t { name: ngx_null_string, value: 0 },
];

static ngx_http_userid_flags: [ngx_conf_bitmask_t; 7] = [
    ngx_conf_bitmask_t { name: ngx_string!("off"), mask: NGX_HTTP_USERID_COOKIE_OFF },
    ngx_conf_bitmask_t { name: ngx_string!("secure"), mask: NGX_HTTP_USERID_COOKIE_SECURE },
    ngx_conf_bitmask_t { name: ngx_string!("httponly"), mask: NGX_HTTP_USERID_COOKIE_HTTPONLY },
    ngx_conf_bitmask_t {
        name: ngx_string!("samesite=strict"),
        mask: NGX_HTTP_USERID_COOKIE_SAMESITE | NGX_HTTP_USERID_COOKIE_SAMESITE_STRICT,
    },
    ngx_conf_bitmask_t {
        name: ngx_string!("samesite=lax"),
        mask: NGX_HTTP_USERID_COOKIE_SAMESITE | NGX_HTTP_USERID_COOKIE_SAMESITE_LAX,
    },
    ngx_conf_bitmask_t {
        name: ngx_string!("samesite=none"),
        mask: NGX_HTTP_USERID_COOKIE_SAMESITE | NGX_HTTP_USERID_COOKIE_SAMESITE_NONE,
    },
    ngx_conf_bitmask_t { name: ngx_null_string, mask: 0 },
];

static ngx_http_userid_domain_p: ngx_conf_post_t = ngx_conf_post_t { post_handler: Some(ngx_http_userid_domain) };
static ngx_http_userid_path_p: ngx_conf_post_t = ngx_conf_post_t { post_handler: Some(ngx_http_userid_path) };
static ngx_http_userid_p3p_p: ngx_conf_post_t = ngx_conf_post_t { post_handler: Some(ngx_http_userid_p3p) };

static ngx_http_userid_commands: &[ngx_command_t] = &[
    ngx_command_t {
        name: ngx_string!("userid"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_enum_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_userid_conf_t, enable: ngx_uint_t),
        post: (&raw const ngx_http_userid_state).cast(),
    },
    ngx_command_t {
        name: ngx_string!("userid_service"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_num_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_userid_conf_t, service: ngx_int_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("userid_name"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_str_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_userid_conf_t, name: ngx_str_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("userid_domain"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_str_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_userid_conf_t, domain: ngx_str_t),
        post: (&raw const ngx_http_userid_domain_p).cast(),
    },
    ngx_command_t {
        name: ngx_string!("userid_path"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_str_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_userid_conf_t, path: ngx_str_t),
        post: (&raw const ngx_http_userid_path_p).cast(),
    },
    ngx_command_t {
        name: ngx_string!("userid_expires"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_http_userid_expires),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("userid_flags"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE123,
        set: Some(ngx_conf_set_bitmask_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_userid_conf_t, flags: ngx_uint_t),
        post: (&raw const ngx_http_userid_flags).cast(),
    },
    ngx_command_t {
        name: ngx_string!("userid_p3p"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_str_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_userid_conf_t, p3p: ngx_str_t),
        post: (&raw const ngx_http_userid_p3p_p).cast(),
    },
    ngx_command_t {
        name: ngx_string!("userid_mark"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_http_userid_mark),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: 0,
        post: null(),
    },
];

static ngx_http_userid_filter_module_ctx: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: Some(ngx_http_userid_add_variables),
    postconfiguration: Some(ngx_http_userid_init),

    create_main_conf: None,
    init_main_conf: None,

    create_srv_conf: None,
    merge_srv_conf: None,

    create_loc_conf: Some(ngx_http_userid_create_conf),
    merge_loc_conf: Some(ngx_http_userid_merge_conf),
};

pub static ngx_http_userid_filter_module: ngx_module_t = ngx_module_t {
    name: c"ngx_http_userid_filter_module",
    ctx: (&raw const ngx_http_userid_filter_module_ctx).cast(),
    commands: ngx_http_userid_commands,
    type_: NGX_HTTP_MODULE,
    init_process: Some(ngx_http_userid_init_worker),
    ..NGX_MODULE_V1()
};

static ngx_http_userid_got: ngx_str_t = ngx_string!("uid_got");
static ngx_http_userid_set: ngx_str_t = ngx_string!("uid_set");
static ngx_http_userid_reset: ngx_str_t = ngx_string!("uid_reset");
static ngx_http_userid_reset_index: ngx_global_t<ngx_uint_t> = ngx_global_t::new(0);

unsafe fn ngx_http_userid_filter(r: *mut ngx_http_request_t) -> ngx_int_t {
    if r != (*r).main {
        return ngx_http_next_header_filter.get().unwrap()(r);
    }

    let conf: *mut ngx_http_userid_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_userid_filter_module);

    if (*conf).enable < NGX_HTTP_USERID_V1 {
        return ngx_http_next_header_filter.get().unwrap()(r);
    }

    let ctx = ngx_http_userid_get_uid(r, conf);

    if ctx.is_null() {
        return NGX_ERROR;
    }

    if ngx_http_userid_set_uid(r, ctx, conf) == NGX_OK {
        return ngx_http_next_header_filter.get().unwrap()(r);
    }

    NGX_ERROR
}

unsafe fn ngx_http_userid_got_variable(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    let conf: *mut ngx_http_userid_conf_t = ngx_http_get_module_loc_conf((*r).main, &ngx_http_userid_filter_module);

    if (*conf).enable == NGX_HTTP_USERID_OFF {
        (*v).not_found = true;
        return NGX_OK;
    }

    let ctx = ngx_http_userid_get_uid((*r).main, conf);

    if ctx.is_null() {
        return NGX_ERROR;
    }

    if (*ctx).uid_got[3] != 0 {
        return ngx_http_userid_variable((*r).main, v, &raw mut (*conf).name, (&raw mut (*ctx).uid_got).cast());
    }

    (*v).not_found = true;

    NGX_OK
}

unsafe fn ngx_http_userid_set_variable(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    let conf: *mut ngx_http_userid_conf_t = ngx_http_get_module_loc_conf((*r).main, &ngx_http_userid_filter_module);

    if (*conf).enable < NGX_HTTP_USERID_V1 {
        (*v).not_found = true;
        return NGX_OK;
    }

    let ctx = ngx_http_userid_get_uid((*r).main, conf);

    if ctx.is_null() {
        return NGX_ERROR;
    }

    if ngx_http_userid_create_uid((*r).main, ctx, conf) != NGX_OK {
        return NGX_ERROR;
    }

    if (*ctx).uid_set[3] == 0 {
        (*v).not_found = true;
        return NGX_OK;
    }

    ngx_http_userid_variable((*r).main, v, &raw mut (*conf).name, (&raw mut (*ctx).uid_set).cast())
}

unsafe fn ngx_http_userid_get_uid(
    r: *mut ngx_http_request_t,
    conf: *mut ngx_http_userid_conf_t,
) -> *mut ngx_http_userid_ctx_t {
    let mut ctx: *mut ngx_http_userid_ctx_t = ngx_http_get_module_ctx(r, &ngx_http_userid_filter_module);

    if !ctx.is_null() {
        return ctx;
    }

    ctx = ngx_pcalloc((*r).pool);
    if ctx.is_null() {
        return null_mut();
    }

    ngx_http_set_ctx(r, ctx, &ngx_http_userid_filter_module);

    let cookie = ngx_http_parse_cookie_lines(r, (*r).headers_in.cookie, &raw mut (*conf).name, &raw mut (*ctx).cookie);
    if cookie.is_null() {
        return ctx;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "uid cookie: \"%V\"", (*ctx).cookie);

    if (*ctx).cookie.len < 22 {
        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                       "client sent too short userid cookie \"%V\"", (*cookie).value);
        return ctx;
    }

    let mut src = (*ctx).cookie;
    let mut dst = ngx_null_string;

    // only what holds the 16 bytes: there may be a mark behind it, or anything instead of the "=="

    src.len = 22;

    dst.data = (&raw mut (*ctx).uid_got).cast();

    if ngx_decode_base64(&raw mut dst, &raw const src) == NGX_ERROR {
        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                       "client sent invalid userid cookie \"%V\"", (*cookie).value);
        return ctx;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                   "uid: %08XD%08XD%08XD%08XD",
                   (*ctx).uid_got[0], (*ctx).uid_got[1], (*ctx).uid_got[2], (*ctx).uid_got[3]);

    ctx
}

unsafe fn ngx_http_userid_set_uid(
    r: *mut ngx_http_request_t,
    ctx: *mut ngx_http_userid_ctx_t,
    conf: *mut ngx_http_userid_conf_t,
) -> ngx_int_t {
    if ngx_http_userid_create_uid(r, ctx, conf) != NGX_OK {
        return NGX_ERROR;
    }

    if (*ctx).uid_set[3] == 0 {
        return NGX_OK;
    }

    let mut len = (*conf).name.len + 1 + ngx_base64_encoded_length(16) + (*conf).path.len;

    if (*conf).expires != 0 {
        len += expires.len() + 2;
    }

    if (*conf).domain.len != 0 {
        len += (*conf).domain.len;
    }

    if (*conf).flags & NGX_HTTP_USERID_COOKIE_SECURE != 0 {
        len += "; secure".len();
    }

    if (*conf).flags & NGX_HTTP_USERID_COOKIE_HTTPONLY != 0 {
        len += "; httponly".len();
    }

    if (*conf).flags & NGX_HTTP_USERID_COOKIE_SAMESITE_STRICT != 0 {
        len += "; samesite=strict".len();
    }

    if (*conf).flags & NGX_HTTP_USERID_COOKIE_SAMESITE_LAX != 0 {
        len += "; samesite=lax".len();
    }

    if (*conf).flags & NGX_HTTP_USERID_COOKIE_SAMESITE_NONE != 0 {
        len += "; samesite=none".len();
    }

    let cookie = ngx_pnalloc((*r).pool, len);
    if cookie.is_null() {
        return NGX_ERROR;
    }

    let mut p = ngx_copy(cookie, (*conf).name.data, (*conf).name.len);
    *p = b'=';
    p = p.add(1);

    if (*ctx).uid_got[3] == 0 || (*ctx).reset != 0 {
        let src = ngx_str_t { len: 16, data: (&raw mut (*ctx).uid_set).cast() };
        let mut dst = ngx_str_t { len: 0, data: p };

        ngx_encode_base64(&raw mut dst, &raw const src);

        p = p.add(dst.len);

        if (*conf).mark != 0 {
            *p.sub(2) = (*conf).mark;
        }
    } else {
        p = ngx_cpymem(p, (*ctx).cookie.data, 22);
        *p = (*conf).mark;
        p = p.add(1);
        *p = b'=';
        p = p.add(1);
    }

    if (*conf).expires == NGX_HTTP_USERID_MAX_EXPIRES {
        p = ngx_cpylit(p, expires);
    } else if (*conf).expires != 0 {
        p = ngx_cpymem(p, expires.as_ptr(), "; expires=".len());
        p = ngx_http_cookie_time(p, ngx_time().wrapping_add((*conf).expires));
    }

    p = ngx_copy(p, (*conf).domain.data, (*conf).domain.len);

    p = ngx_copy(p, (*conf).path.data, (*conf).path.len);

    if (*conf).flags & NGX_HTTP_USERID_COOKIE_SECURE != 0 {
        p = ngx_cpylit(p, b"; secure");
    }

    if (*conf).flags & NGX_HTTP_USERID_COOKIE_HTTPONLY != 0 {
        p = ngx_cpylit(p, b"; httponly");
    }

    if (*conf).flags & NGX_HTTP_USERID_COOKIE_SAMESITE_STRICT != 0 {
        p = ngx_cpylit(p, b"; samesite=strict");
    }

    if (*conf).flags & NGX_HTTP_USERID_COOKIE_SAMESITE_LAX != 0 {
        p = ngx_cpylit(p, b"; samesite=lax");
    }

    if (*conf).flags & NGX_HTTP_USERID_COOKIE_SAMESITE_NONE != 0 {
        p = ngx_cpylit(p, b"; samesite=none");
    }

    let set_cookie = ngx_list_push(&raw mut (*r).headers_out.headers);
    if set_cookie.is_null() {
        return NGX_ERROR;
    }

    (*set_cookie).hash = 1;
    ngx_str_set!(&raw mut (*set_cookie).key, "Set-Cookie");
    (*set_cookie).value.len = p.offset_from_unsigned(cookie);
    (*set_cookie).value.data = cookie;

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "uid cookie: \"%V\"", (*set_cookie).value);

    if (*conf).p3p.len == 0 {
        return NGX_OK;
    }

    let p3p = ngx_list_push(&raw mut (*r).headers_out.headers);
    if p3p.is_null() {
        return NGX_ERROR;
    }

    (*p3p).hash = 1;
    ngx_str_set!(&raw mut (*p3p).key, "P3P");
    (*p3p).value = (*conf).p3p;

    NGX_OK
}

unsafe fn ngx_http_userid_create_uid(
    r: *mut ngx_http_request_t,
    ctx: *mut ngx_http_userid_ctx_t,
    conf: *mut ngx_http_userid_conf_t,
) -> ngx_int_t {
    if (*ctx).uid_set[3] != 0 {
        return NGX_OK;
    }

    if (*ctx).uid_got[3] != 0 {
        let vv = ngx_http_get_indexed_variable(r, ngx_http_userid_reset_index.get());

        if vv.is_null() || (*vv).not_found {
            return NGX_ERROR;
        }

        if (*vv).len == 0 || ((*vv).len == 1 && *(*vv).data == b'0') {
            if (*conf).mark == 0
                || ((*ctx).cookie.len > 23
                    && *(*ctx).cookie.data.add(22) == (*conf).mark
                    && *(*ctx).cookie.data.add(23) == b'=')
            {
                return NGX_OK;
            }

            (*ctx).uid_set = (*ctx).uid_got;

            return NGX_OK;
        } else {
            (*ctx).reset = 1;

            if (*vv).len == 3 && ngx_bytes((*vv).data, 3) == b"log" {
                ngx_log_error!(NGX_LOG_NOTICE, (*(*r).connection).log, 0;
                               "userid cookie \"%V=%08XD%08XD%08XD%08XD\" was reset",
                               (*conf).name, (*ctx).uid_got[0], (*ctx).uid_got[1],
                               (*ctx).uid_got[2], (*ctx).uid_got[3]);
            }
        }
    }

    if (*conf).enable == NGX_HTTP_USERID_V1 {
        if (*conf).service == NGX_CONF_UNSET {
            (*ctx).uid_set[0] = 0;
        } else {
            (*ctx).uid_set[0] = (*conf).service as u32;
        }
        (*ctx).uid_set[1] = ngx_time() as u32;
        (*ctx).uid_set[2] = start_value.get();
        (*ctx).uid_set[3] = sequencer_v1.get();
        sequencer_v1.set(sequencer_v1.get().wrapping_add(0x100));
    } else {
        if (*conf).service == NGX_CONF_UNSET {
            let c = (*r).connection;

            if ngx_connection_local_sockaddr(c, null_mut(), 0) != NGX_OK {
                return NGX_ERROR;
            }

            match (*(*c).local_sockaddr).sa_family as c_int {
                libc::AF_INET6 => {
                    let sin6: *mut sockaddr_in6 = (*c).local_sockaddr.cast();
                    let p = (&raw const (*sin6).sin6_addr).cast::<u8>();

                    (*ctx).uid_set[0] = u32::from_ne_bytes([*p.add(12), *p.add(13), *p.add(14), *p.add(15)]);
                }

                libc::AF_UNIX => (*ctx).uid_set[0] = 0,

                // AF_INET
                _ => {
                    let sin: *mut sockaddr_in = (*c).local_sockaddr.cast();
                    (*ctx).uid_set[0] = (*sin).sin_addr.s_addr;
                }
            }
        } else {
            (*ctx).uid_set[0] = ((*conf).service as u32).to_be();
        }

        (*ctx).uid_set[1] = (ngx_time() as u32).to_be();
        (*ctx).uid_set[2] = start_value.get().to_be();
        (*ctx).uid_set[3] = sequencer_v2.get().to_be();
        sequencer_v2.set(sequencer_v2.get().wrapping_add(0x100));
        if sequencer_v2.get() < 0x03030302 {
            sequencer_v2.set(0x03030302);
        }
    }

    NGX_OK
}

unsafe fn ngx_http_userid_variable(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    name: *mut ngx_str_t,
    uid: *mut u32,
) -> ngx_int_t {
    (*v).len = ((*name).len + "=00001111222233334444555566667777".len()) as u32;
    (*v).data = ngx_pnalloc((*r).pool, (*v).len as usize);
    if (*v).data.is_null() {
        return NGX_ERROR;
    }

    (*v).valid = true;
    (*v).no_cacheable = false;
    (*v).not_found = false;

    ngx_sprintf!((*v).data, "%V=%08XD%08XD%08XD%08XD", name, *uid, *uid.add(1), *uid.add(2), *uid.add(3));

    NGX_OK
}

unsafe fn ngx_http_userid_reset_variable(
    _r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    *v = ngx_http_variable_null_value;

    NGX_OK
}

unsafe fn ngx_http_userid_add_variables(cf: *mut ngx_conf_t) -> ngx_int_t {
    let mut name = ngx_http_userid_got;

    let mut var = ngx_http_add_variable(cf, &raw mut name, 0);
    if var.is_null() {
        return NGX_ERROR;
    }

    (*var).get_handler = Some(ngx_http_userid_got_variable);

    name = ngx_http_userid_set;

    var = ngx_http_add_variable(cf, &raw mut name, 0);
    if var.is_null() {
        return NGX_ERROR;
    }

    (*var).get_handler = Some(ngx_http_userid_set_variable);

    name = ngx_http_userid_reset;

    var = ngx_http_add_variable(cf, &raw mut name, NGX_HTTP_VAR_CHANGEABLE);
    if var.is_null() {
        return NGX_ERROR;
    }

    (*var).get_handler = Some(ngx_http_userid_reset_variable);

    let n = ngx_http_get_variable_index(cf, &raw mut name);
    if n == NGX_ERROR {
        return NGX_ERROR;
    }

    ngx_http_userid_reset_index.set(n as ngx_uint_t);

    NGX_OK
}

unsafe fn ngx_http_userid_create_conf(cf: *mut ngx_conf_t) -> *mut c_void {
    // zeroed: flags, name, domain, path, p3p
    let conf: *mut ngx_http_userid_conf_t = ngx_pcalloc((*cf).pool);
    if conf.is_null() {
        return null_mut();
    }

    (*conf).enable = NGX_CONF_UNSET_UINT;
    (*conf).service = NGX_CONF_UNSET;
    (*conf).expires = NGX_CONF_UNSET as time_t;
    (*conf).mark = 0xff;

    conf.cast()
}

unsafe fn ngx_http_userid_merge_conf(_cf: *mut ngx_conf_t, parent: *mut c_void, child: *mut c_void) -> ngx_conf_ret_t {
    let prev: *mut ngx_http_userid_conf_t = parent.cast();
    let conf: *mut ngx_http_userid_conf_t = child.cast();

    ngx_conf_merge_uint_value!((*conf).enable, (*prev).enable, NGX_HTTP_USERID_OFF);

    ngx_conf_merge_bitmask_value!((*conf).flags, (*prev).flags, NGX_CONF_BITMASK_SET | NGX_HTTP_USERID_COOKIE_OFF);

    ngx_conf_merge_str_value!((*conf).name, (*prev).name, "uid");
    ngx_conf_merge_str_value!((*conf).domain, (*prev).domain, "");
    ngx_conf_merge_str_value!((*conf).path, (*prev).path, "; path=/");
    ngx_conf_merge_str_value!((*conf).p3p, (*prev).p3p, "");

    ngx_conf_merge_value!((*conf).service, (*prev).service, NGX_CONF_UNSET);
    ngx_conf_merge_sec_value!((*conf).expires, (*prev).expires, 0);

    if (*conf).mark == 0xff {
        if (*prev).mark == 0xff {
            (*conf).mark = 0;
        } else {
            (*conf).mark = (*prev).mark;
        }
    }

    NGX_CONF_OK
}

unsafe fn ngx_http_userid_init(_cf: *mut ngx_conf_t) -> ngx_int_t {
    ngx_http_next_header_filter.set(ngx_http_top_header_filter.get());
    ngx_http_top_header_filter.set(Some(ngx_http_userid_filter));

    NGX_OK
}

unsafe fn ngx_http_userid_domain(cf: *mut ngx_conf_t, _post: *mut c_void, data: *mut c_void) -> ngx_conf_ret_t {
    let domain: *mut ngx_str_t = data.cast();

    if ngx_strcmp((*domain).data, c"none".as_ptr().cast()) == 0 {
        ngx_str_set!(domain, "");
        return NGX_CONF_OK;
    }

    let new = ngx_pnalloc((*cf).pool, "; domain=".len() + (*domain).len);
    if new.is_null() {
        return NGX_CONF_ERROR;
    }

    let p = ngx_cpylit(new, b"; domain=");
    ngx_memcpy(p, (*domain).data, (*domain).len);

    (*domain).len += "; domain=".len();
    (*domain).data = new;

    NGX_CONF_OK
}

unsafe fn ngx_http_userid_path(cf: *mut ngx_conf_t, _post: *mut c_void, data: *mut c_void) -> ngx_conf_ret_t {
    let path: *mut ngx_str_t = data.cast();

    let new = ngx_pnalloc((*cf).pool, "; path=".len() + (*path).len);
    if new.is_null() {
        return NGX_CONF_ERROR;
    }

    let p = ngx_cpylit(new, b"; path=");
    ngx_memcpy(p, (*path).data, (*path).len);

    (*path).len += "; path=".len();
    (*path).data = new;

    NGX_CONF_OK
}

unsafe fn ngx_http_userid_expires(
    cf: *mut ngx_conf_t,
    _cmd: *const ngx_command_t,
    conf: *mut c_void,
) -> ngx_conf_ret_t {
    let ucf: *mut ngx_http_userid_conf_t = conf.cast();

    if (*ucf).expires != NGX_CONF_UNSET as time_t {
        return NGX_CONF_MSG("is duplicate");
    }

    let value = (*(*cf).args).elts;

    if ngx_strcmp((*value.add(1)).data, c"max".as_ptr().cast()) == 0 {
        (*ucf).expires = NGX_HTTP_USERID_MAX_EXPIRES;
        return NGX_CONF_OK;
    }

    if ngx_strcmp((*value.add(1)).data, c"off".as_ptr().cast()) == 0 {
        (*ucf).expires = 0;
        return NGX_CONF_OK;
    }

    (*ucf).expires = ngx_parse_time(value.add(1), 1) as time_t;
    if (*ucf).expires == NGX_ERROR as time_t {
        return NGX_CONF_MSG("invalid value");
    }

    NGX_CONF_OK
}

unsafe fn ngx_http_userid_p3p(_cf: *mut ngx_conf_t, _post: *mut c_void, data: *mut c_void) -> ngx_conf_ret_t {
    let p3p: *mut ngx_str_t = data.cast();

    if ngx_strcmp((*p3p).data, c"none".as_ptr().cast()) == 0 {
        ngx_str_set!(p3p, "");
    }

    NGX_CONF_OK
}

unsafe fn ngx_http_userid_mark(cf: *mut ngx_conf_t, _cmd: *const ngx_command_t, conf: *mut c_void) -> ngx_conf_ret_t {
    let ucf: *mut ngx_http_userid_conf_t = conf.cast();

    if (*ucf).mark != 0xff {
        return NGX_CONF_MSG("is duplicate");
    }

    let value = (*(*cf).args).elts;

    if ngx_strcmp((*value.add(1)).data, c"off".as_ptr().cast()) == 0 {
        (*ucf).mark = 0;
        return NGX_CONF_OK;
    }

    if (*value.add(1)).len != 1 || !matches!(*(*value.add(1)).data, b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'=') {
        return NGX_CONF_MSG("value must be \"off\" or a single letter, digit or \"=\"");
    }

    (*ucf).mark = *(*value.add(1)).data;

    NGX_CONF_OK
}

unsafe fn ngx_http_userid_init_worker(_cycle: *mut ngx_cycle_t) -> ngx_int_t {
    let mut tp: libc::timeval = core::mem::zeroed();

    ngx_gettimeofday(&raw mut tp);

    // a twentieth of the microseconds fits in 16 bits
    start_value.set(((tp.tv_usec as u32 / 20) << 16) | ngx_pid.get() as u32);

    NGX_OK
}
