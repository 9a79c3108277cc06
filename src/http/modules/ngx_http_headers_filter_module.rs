//! Port of src/http/modules/ngx_http_headers_filter_module.c

use crate::core::{
    ngx_array::*, ngx_buf::*, ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_hash::*, ngx_list::*, ngx_log::*,
    ngx_module::*, ngx_palloc::*, ngx_parse::*, ngx_parse_time::*, ngx_string::*, ngx_times::*,
};
use crate::http::{
    ngx_http::*, ngx_http_config::*, ngx_http_core_module::*, ngx_http_request::*, ngx_http_script::*,
    ngx_http_traps::*,
};

const NGX_HTTP_HEADERS_INHERIT_OFF: ngx_uint_t = 0;
const NGX_HTTP_HEADERS_INHERIT_ON: ngx_uint_t = 1;
const NGX_HTTP_HEADERS_INHERIT_MERGE: ngx_uint_t = 2;

type ngx_http_set_header_pt =
    Option<unsafe fn(r: *mut ngx_http_request_t, hv: *mut ngx_http_header_val_t, value: *mut ngx_str_t) -> ngx_int_t>;

struct ngx_http_set_header_t {
    name: ngx_str_t,
    offset: ngx_uint_t,
    handler: ngx_http_set_header_pt,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_header_val_t {
    value: ngx_http_complex_value_t,
    pub key: ngx_str_t,
    handler: ngx_http_set_header_pt,
    offset: ngx_uint_t,
    always: bool,
}

type ngx_http_expires_t = c_uint;
const NGX_HTTP_EXPIRES_OFF: ngx_http_expires_t = 0;
const NGX_HTTP_EXPIRES_EPOCH: ngx_http_expires_t = 1;
const NGX_HTTP_EXPIRES_MAX: ngx_http_expires_t = 2;
const NGX_HTTP_EXPIRES_ACCESS: ngx_http_expires_t = 3;
const NGX_HTTP_EXPIRES_MODIFIED: ngx_http_expires_t = 4;
const NGX_HTTP_EXPIRES_DAILY: ngx_http_expires_t = 5;
const NGX_HTTP_EXPIRES_UNSET: ngx_http_expires_t = 6;

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_headers_conf_t {
    expires: ngx_http_expires_t,
    expires_time: time_t,
    expires_value: *mut ngx_http_complex_value_t,
    headers: *mut ngx_array_t<ngx_http_header_val_t>,
    trailers: *mut ngx_array_t<ngx_http_header_val_t>,
    headers_inherit: ngx_uint_t,
    trailers_inherit: ngx_uint_t,
}

static ngx_http_set_headers: &[ngx_http_set_header_t] = &[
    ngx_http_set_header_t {
        name: ngx_string!("Cache-Control"),
        offset: ngx_offsetof!(ngx_http_headers_out_t, cache_control: *mut ngx_table_elt_t),
        handler: Some(ngx_http_add_multi_header_lines),
    },
    ngx_http_set_header_t {
        name: ngx_string!("Link"),
        offset: ngx_offsetof!(ngx_http_headers_out_t, link: *mut ngx_table_elt_t),
        handler: Some(ngx_http_add_multi_header_lines),
    },
    ngx_http_set_header_t {
        name: ngx_string!("Last-Modified"),
        offset: ngx_offsetof!(ngx_http_headers_out_t, last_modified: *mut ngx_table_elt_t),
        handler: Some(ngx_http_set_last_modified),
    },
    ngx_http_set_header_t {
        name: ngx_string!("ETag"),
        offset: ngx_offsetof!(ngx_http_headers_out_t, etag: *mut ngx_table_elt_t),
        handler: Some(ngx_http_set_response_header),
    },
];

static ngx_http_headers_inherit: [ngx_conf_enum_t; 4] = [
    ngx_conf_enum_t { name: ngx_string!("off"), value: NGX_HTTP_HEADERS_INHERIT_OFF },
    ngx_conf_enum_t { name: ngx_string!("on"), value: NGX_HTTP_HEADERS_INHERIT_ON },
    ngx_conf_enum_t { name: ngx_string!("merge"), value: NGX_HTTP_HEADERS_INHERIT_MERGE },
    ngx_conf_enum_t { name: ngx_null_string, value: 0 },
];

static ngx_http_headers_filter_commands: &[ngx_command_t] = &[
    ngx_command_t {
        name: ngx_string!("expires"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_HTTP_LIF_CONF | NGX_CONF_TAKE12,
        set: Some(ngx_http_headers_expires),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("add_header"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_HTTP_LIF_CONF | NGX_CONF_TAKE23,
        set: Some(ngx_http_headers_add),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_headers_conf_t, headers: *mut ngx_array_t<ngx_http_header_val_t>),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("add_trailer"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_HTTP_LIF_CONF | NGX_CONF_TAKE23,
        set: Some(ngx_http_headers_add),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_headers_conf_t, trailers: *mut ngx_array_t<ngx_http_header_val_t>),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("add_header_inherit"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_HTTP_LIF_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_enum_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_headers_conf_t, headers_inherit: ngx_uint_t),
        post: (&raw const ngx_http_headers_inherit).cast(),
    },
    ngx_command_t {
        name: ngx_string!("add_trailer_inherit"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_HTTP_LIF_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_enum_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_headers_conf_t, trailers_inherit: ngx_uint_t),
        post: (&raw const ngx_http_headers_inherit).cast(),
    },
];

static ngx_http_headers_filter_module_ctx: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: None,
    postconfiguration: Some(ngx_http_headers_filter_init),

    create_main_conf: None,
    init_main_conf: None,

    create_srv_conf: None,
    merge_srv_conf: None,

    create_loc_conf: Some(ngx_http_headers_create_conf),
    merge_loc_conf: Some(ngx_http_headers_merge_conf),
};

pub static ngx_http_headers_filter_module: ngx_module_t = ngx_module_t {
    name: c"ngx_http_headers_filter_module",
    ctx: (&raw const ngx_http_headers_filter_module_ctx).cast(),
    commands: ngx_http_headers_filter_commands,
    type_: NGX_HTTP_MODULE,
    ..NGX_MODULE_V1()
};

static ngx_http_next_header_filter: ngx_global_t<ngx_http_output_header_filter_pt> = ngx_global_t::new(None);
static ngx_http_next_body_filter: ngx_global_t<ngx_http_output_body_filter_pt> = ngx_global_t::new(None);

/// The statuses for which headers are added without "always".
fn ngx_http_headers_safe_status(status: ngx_uint_t) -> bool {
    matches!(
        status as ngx_int_t,
        NGX_HTTP_OK
            | NGX_HTTP_CREATED
            | NGX_HTTP_NO_CONTENT
            | NGX_HTTP_PARTIAL_CONTENT
            | NGX_HTTP_MOVED_PERMANENTLY
            | NGX_HTTP_MOVED_TEMPORARILY
            | NGX_HTTP_SEE_OTHER
            | NGX_HTTP_NOT_MODIFIED
            | NGX_HTTP_TEMPORARY_REDIRECT
            | NGX_HTTP_PERMANENT_REDIRECT
    )
}

unsafe fn ngx_http_headers_filter(r: *mut ngx_http_request_t) -> ngx_int_t {
    if r != (*r).main {
        return ngx_http_next_header_filter.get().unwrap()(r);
    }

    let conf: *mut ngx_http_headers_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_headers_filter_module);

    if (*conf).expires == NGX_HTTP_EXPIRES_OFF && (*conf).headers.is_null() && (*conf).trailers.is_null() {
        return ngx_http_next_header_filter.get().unwrap()(r);
    }

    let safe_status = ngx_http_headers_safe_status((*r).headers_out.status);

    if (*conf).expires != NGX_HTTP_EXPIRES_OFF && safe_status && ngx_http_set_expires(r, conf) != NGX_OK {
        return NGX_ERROR;
    }

    if !(*conf).headers.is_null() {
        for i in 0..(*(*conf).headers).nelts {
            let h = (*(*conf).headers).elts.add(i);

            if !safe_status && !(*h).always {
                continue;
            }

            let mut value = ngx_null_string;

            if ngx_http_complex_value(r, &raw mut (*h).value, &raw mut value) != NGX_OK {
                return NGX_ERROR;
            }

            if (*h).handler.unwrap()(r, h, &raw mut value) != NGX_OK {
                return NGX_ERROR;
            }
        }
    }

    if !(*conf).trailers.is_null() {
        for i in 0..(*(*conf).trailers).nelts {
            let h = (*(*conf).trailers).elts.add(i);

            if !safe_status && !(*h).always {
                continue;
            }

            (*r).expect_trailers = true;
            break;
        }
    }

    ngx_http_next_header_filter.get().unwrap()(r)
}

unsafe fn ngx_http_trailers_filter(r: *mut ngx_http_request_t, in_: *mut ngx_chain_t) -> ngx_int_t {
    let conf: *mut ngx_http_headers_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_headers_filter_module);

    if in_.is_null() || (*conf).trailers.is_null() || !(*r).expect_trailers || (*r).header_only {
        return ngx_http_next_body_filter.get().unwrap()(r, in_);
    }

    let mut cl = in_;
    while !cl.is_null() && !(*(*cl).buf).last_buf {
        cl = (*cl).next;
    }

    if cl.is_null() {
        return ngx_http_next_body_filter.get().unwrap()(r, in_);
    }

    let safe_status = ngx_http_headers_safe_status((*r).headers_out.status);

    for i in 0..(*(*conf).trailers).nelts {
        let h = (*(*conf).trailers).elts.add(i);

        if !safe_status && !(*h).always {
            continue;
        }

        let mut value = ngx_null_string;

        if ngx_http_complex_value(r, &raw mut (*h).value, &raw mut value) != NGX_OK {
            return NGX_ERROR;
        }

        if value.len != 0 {
            let t = ngx_list_push(&raw mut (*r).headers_out.trailers);
            if t.is_null() {
                return NGX_ERROR;
            }

            (*t).key = (*h).key;
            (*t).value = value;
            (*t).hash = 1;
        }
    }

    ngx_http_next_body_filter.get().unwrap()(r, in_)
}

unsafe fn ngx_http_set_expires(r: *mut ngx_http_request_t, conf: *mut ngx_http_headers_conf_t) -> ngx_int_t {
    let mut expires = (*conf).expires;
    let mut expires_time = (*conf).expires_time;

    if !(*conf).expires_value.is_null() {
        let mut value = ngx_null_string;
        let mut err = "";

        if ngx_http_complex_value(r, (*conf).expires_value, &raw mut value) != NGX_OK {
            return NGX_ERROR;
        }

        let rc = ngx_http_parse_expires(&raw mut value, &raw mut expires, &raw mut expires_time, &raw mut err);

        if rc != NGX_OK {
            return NGX_OK;
        }

        if expires == NGX_HTTP_EXPIRES_OFF {
            return NGX_OK;
        }
    }

    let mut e = (*r).headers_out.expires;

    if e.is_null() {
        e = ngx_list_push(&raw mut (*r).headers_out.headers);
        if e.is_null() {
            return NGX_ERROR;
        }

        (*r).headers_out.expires = e;
        (*e).next = null_mut();

        (*e).hash = 1;
        ngx_str_set!(&raw mut (*e).key, "Expires");
    }

    let len = "Mon, 28 Sep 1970 06:00:00 GMT".len();
    (*e).value.len = len;

    let mut cc = (*r).headers_out.cache_control;

    if cc.is_null() {
        cc = ngx_list_push(&raw mut (*r).headers_out.headers);
        if cc.is_null() {
            (*e).hash = 0;
            return NGX_ERROR;
        }

        (*r).headers_out.cache_control = cc;
        (*cc).next = null_mut();

        (*cc).hash = 1;
        ngx_str_set!(&raw mut (*cc).key, "Cache-Control");
    } else {
        cc = (*cc).next;
        while !cc.is_null() {
            (*cc).hash = 0;
            cc = (*cc).next;
        }

        cc = (*r).headers_out.cache_control;
        (*cc).next = null_mut();
    }

    if expires == NGX_HTTP_EXPIRES_EPOCH {
        (*e).value = ngx_string!("Thu, 01 Jan 1970 00:00:01 GMT");
        ngx_str_set!(&raw mut (*cc).value, "no-cache");
        return NGX_OK;
    }

    if expires == NGX_HTTP_EXPIRES_MAX {
        (*e).value = ngx_string!("Thu, 31 Dec 2037 23:55:55 GMT");
        // 10 years
        ngx_str_set!(&raw mut (*cc).value, "max-age=315360000");
        return NGX_OK;
    }

    (*e).value.data = ngx_pnalloc((*r).pool, len + 1);
    if (*e).value.data.is_null() {
        (*e).hash = 0;
        (*cc).hash = 0;
        return NGX_ERROR;
    }

    if expires_time == 0 && expires != NGX_HTTP_EXPIRES_DAILY {
        let time = ngx_cached_http_time.get();
        ngx_memcpy((*e).value.data, time.data, time.len + 1);
        ngx_str_set!(&raw mut (*cc).value, "max-age=0");
        return NGX_OK;
    }

    let now = ngx_time();
    let max_age;

    if expires == NGX_HTTP_EXPIRES_DAILY {
        expires_time = ngx_next_time(expires_time);
        max_age = expires_time - now;
    } else if expires == NGX_HTTP_EXPIRES_ACCESS || (*r).headers_out.last_modified_time == -1 {
        max_age = expires_time;
        expires_time = expires_time.wrapping_add(now);
    } else {
        expires_time = expires_time.wrapping_add((*r).headers_out.last_modified_time);
        max_age = expires_time.wrapping_sub(now);
    }

    ngx_http_time((*e).value.data, expires_time);

    if (*conf).expires_time < 0 || max_age < 0 {
        ngx_str_set!(&raw mut (*cc).value, "no-cache");
        return NGX_OK;
    }

    (*cc).value.data = ngx_pnalloc((*r).pool, "max-age=".len() + 1 + NGX_TIME_T_LEN + 1);
    if (*cc).value.data.is_null() {
        (*cc).hash = 0;
        return NGX_ERROR;
    }

    (*cc).value.len = ngx_sprintf!((*cc).value.data, "max-age=%T", max_age).offset_from_unsigned((*cc).value.data);

    NGX_OK
}

unsafe fn ngx_http_parse_expires(
    value: *mut ngx_str_t,
    expires: *mut ngx_http_expires_t,
    expires_time: *mut time_t,
    err: *mut &'static str,
) -> ngx_int_t {
    if *expires != NGX_HTTP_EXPIRES_MODIFIED {
        match (*value).bytes() {
            b"epoch" => {
                *expires = NGX_HTTP_EXPIRES_EPOCH;
                return NGX_OK;
            }

            b"max" => {
                *expires = NGX_HTTP_EXPIRES_MAX;
                return NGX_OK;
            }

            b"off" => {
                *expires = NGX_HTTP_EXPIRES_OFF;
                return NGX_OK;
            }

            _ => {}
        }
    }

    let mut minus = false;

    if (*value).len != 0 && *(*value).data == b'@' {
        (*value).data = (*value).data.add(1);
        (*value).len -= 1;

        if *expires == NGX_HTTP_EXPIRES_MODIFIED {
            *err = "daily time cannot be used with \"modified\" parameter";
            return NGX_ERROR;
        }

        *expires = NGX_HTTP_EXPIRES_DAILY;
    } else if (*value).len != 0 && *(*value).data == b'+' {
        (*value).data = (*value).data.add(1);
        (*value).len -= 1;
    } else if (*value).len != 0 && *(*value).data == b'-' {
        (*value).data = (*value).data.add(1);
        (*value).len -= 1;
        minus = true;
    }

    *expires_time = ngx_parse_time(value, 1) as time_t;

    if *expires_time == NGX_ERROR as time_t {
        *err = "invalid value";
        return NGX_ERROR;
    }

    if *expires == NGX_HTTP_EXPIRES_DAILY && *expires_time > 24 * 60 * 60 {
        *err = "daily time value must be less than 24 hours";
        return NGX_ERROR;
    }

    if minus {
        *expires_time = -*expires_time;
    }

    NGX_OK
}

unsafe fn ngx_http_add_header(
    r: *mut ngx_http_request_t,
    hv: *mut ngx_http_header_val_t,
    value: *mut ngx_str_t,
) -> ngx_int_t {
    if (*value).len != 0 {
        let h = ngx_list_push(&raw mut (*r).headers_out.headers);
        if h.is_null() {
            return NGX_ERROR;
        }

        (*h).hash = 1;
        (*h).key = (*hv).key;
        (*h).value = *value;
    }

    NGX_OK
}

unsafe fn ngx_http_add_multi_header_lines(
    r: *mut ngx_http_request_t,
    hv: *mut ngx_http_header_val_t,
    value: *mut ngx_str_t,
) -> ngx_int_t {
    if (*value).len == 0 {
        return NGX_OK;
    }

    let h = ngx_list_push(&raw mut (*r).headers_out.headers);
    if h.is_null() {
        return NGX_ERROR;
    }

    (*h).hash = 1;
    (*h).key = (*hv).key;
    (*h).value = *value;

    let mut ph: *mut *mut ngx_table_elt_t = (&raw mut (*r).headers_out).byte_add((*hv).offset).cast();

    while !(*ph).is_null() {
        ph = &raw mut (**ph).next;
    }

    *ph = h;
    (*h).next = null_mut();

    NGX_OK
}

unsafe fn ngx_http_set_last_modified(
    r: *mut ngx_http_request_t,
    hv: *mut ngx_http_header_val_t,
    value: *mut ngx_str_t,
) -> ngx_int_t {
    if ngx_http_set_response_header(r, hv, value) != NGX_OK {
        return NGX_ERROR;
    }

    (*r).headers_out.last_modified_time =
        if (*value).len != 0 { ngx_parse_http_time((*value).data, (*value).len) } else { -1 };

    NGX_OK
}

unsafe fn ngx_http_set_response_header(
    r: *mut ngx_http_request_t,
    hv: *mut ngx_http_header_val_t,
    value: *mut ngx_str_t,
) -> ngx_int_t {
    let old: *mut *mut ngx_table_elt_t = (&raw mut (*r).headers_out).byte_add((*hv).offset).cast();

    if (*value).len == 0 {
        if !(*old).is_null() {
            (**old).hash = 0;
            *old = null_mut();
        }

        return NGX_OK;
    }

    let h;

    if !(*old).is_null() {
        h = *old;
    } else {
        h = ngx_list_push(&raw mut (*r).headers_out.headers);
        if h.is_null() {
            return NGX_ERROR;
        }

        *old = h;
        (*h).next = null_mut();
    }

    (*h).hash = 1;
    (*h).key = (*hv).key;
    (*h).value = *value;

    NGX_OK
}

unsafe fn ngx_http_headers_create_conf(cf: *mut ngx_conf_t) -> *mut c_void {
    // zeroed: headers, trailers, expires_time, expires_value
    let conf: *mut ngx_http_headers_conf_t = ngx_pcalloc((*cf).pool);
    if conf.is_null() {
        return null_mut();
    }

    (*conf).expires = NGX_HTTP_EXPIRES_UNSET;
    (*conf).headers_inherit = NGX_CONF_UNSET_UINT;
    (*conf).trailers_inherit = NGX_CONF_UNSET_UINT;

    conf.cast()
}

unsafe fn ngx_http_headers_merge_conf(cf: *mut ngx_conf_t, parent: *mut c_void, child: *mut c_void) -> ngx_conf_ret_t {
    let prev: *mut ngx_http_headers_conf_t = parent.cast();
    let conf: *mut ngx_http_headers_conf_t = child.cast();

    if (*conf).expires == NGX_HTTP_EXPIRES_UNSET {
        (*conf).expires = (*prev).expires;
        (*conf).expires_time = (*prev).expires_time;
        (*conf).expires_value = (*prev).expires_value;

        if (*conf).expires == NGX_HTTP_EXPIRES_UNSET {
            (*conf).expires = NGX_HTTP_EXPIRES_OFF;
        }
    }

    ngx_conf_merge_uint_value!((*conf).headers_inherit, (*prev).headers_inherit, NGX_HTTP_HEADERS_INHERIT_ON);
    ngx_conf_merge_uint_value!((*conf).trailers_inherit, (*prev).trailers_inherit, NGX_HTTP_HEADERS_INHERIT_ON);

    if (*conf).headers_inherit != NGX_HTTP_HEADERS_INHERIT_OFF && !(*prev).headers.is_null() {
        if (*conf).headers.is_null() {
            (*conf).headers = (*prev).headers;
        } else if (*conf).headers_inherit == NGX_HTTP_HEADERS_INHERIT_MERGE {
            let hv = ngx_array_push_n((*conf).headers, (*(*prev).headers).nelts);
            if hv.is_null() {
                return NGX_CONF_ERROR;
            }

            hv.copy_from_nonoverlapping((*(*prev).headers).elts, (*(*prev).headers).nelts);
        } else {
            // DEVIATION: -t warns
            ngx_http_trap_lost(cf, conf.cast(), (*conf).headers, (*prev).headers);
        }
    }

    if (*conf).trailers_inherit != NGX_HTTP_HEADERS_INHERIT_OFF && !(*prev).trailers.is_null() {
        if (*conf).trailers.is_null() {
            (*conf).trailers = (*prev).trailers;
        } else if (*conf).trailers_inherit == NGX_HTTP_HEADERS_INHERIT_MERGE {
            let hv = ngx_array_push_n((*conf).trailers, (*(*prev).trailers).nelts);
            if hv.is_null() {
                return NGX_CONF_ERROR;
            }

            hv.copy_from_nonoverlapping((*(*prev).trailers).elts, (*(*prev).trailers).nelts);
        }
    }

    NGX_CONF_OK
}

unsafe fn ngx_http_headers_filter_init(_cf: *mut ngx_conf_t) -> ngx_int_t {
    ngx_http_next_header_filter.set(ngx_http_top_header_filter.get());
    ngx_http_top_header_filter.set(Some(ngx_http_headers_filter));

    ngx_http_next_body_filter.set(ngx_http_top_body_filter.get());
    ngx_http_top_body_filter.set(Some(ngx_http_trailers_filter));

    NGX_OK
}

unsafe fn ngx_http_headers_expires(
    cf: *mut ngx_conf_t,
    _cmd: *const ngx_command_t,
    conf: *mut c_void,
) -> ngx_conf_ret_t {
    let hcf: *mut ngx_http_headers_conf_t = conf.cast();

    if (*hcf).expires != NGX_HTTP_EXPIRES_UNSET {
        return NGX_CONF_MSG("is duplicate");
    }

    let value = (*(*cf).args).elts;
    let n;

    if (*(*cf).args).nelts == 2 {
        (*hcf).expires = NGX_HTTP_EXPIRES_ACCESS;

        n = 1;
    } else {
        // 3

        if (*value.add(1)).bytes() != b"modified" {
            return NGX_CONF_MSG("invalid value");
        }

        (*hcf).expires = NGX_HTTP_EXPIRES_MODIFIED;

        n = 2;
    }

    let mut cv: ngx_http_complex_value_t = core::mem::zeroed();
    let mut ccv: ngx_http_compile_complex_value_t = core::mem::zeroed();

    ccv.cf = cf;
    ccv.value = value.add(n);
    ccv.complex_value = &raw mut cv;

    if ngx_http_compile_complex_value(&raw mut ccv) != NGX_OK {
        return NGX_CONF_ERROR;
    }

    if !cv.lengths.is_null() {
        (*hcf).expires_value = ngx_palloc((*cf).pool);
        if (*hcf).expires_value.is_null() {
            return NGX_CONF_ERROR;
        }

        *(*hcf).expires_value = cv;

        return NGX_CONF_OK;
    }

    let mut err = "";
    let rc = ngx_http_parse_expires(value.add(n), &raw mut (*hcf).expires, &raw mut (*hcf).expires_time, &raw mut err);
    if rc != NGX_OK {
        return NGX_CONF_MSG(err);
    }

    NGX_CONF_OK
}

unsafe fn ngx_http_headers_add(cf: *mut ngx_conf_t, cmd: *const ngx_command_t, conf: *mut c_void) -> ngx_conf_ret_t {
    let hcf: *mut ngx_http_headers_conf_t = conf.cast();

    let value = (*(*cf).args).elts;

    let headers: *mut *mut ngx_array_t<ngx_http_header_val_t> = hcf.byte_add((*cmd).offset).cast();

    if (*headers).is_null() {
        *headers = ngx_array_create((*cf).pool, 1);
        if (*headers).is_null() {
            return NGX_CONF_ERROR;
        }
    }

    let hv = ngx_array_push(*headers);
    if hv.is_null() {
        return NGX_CONF_ERROR;
    }

    (*hv).key = *value.add(1);
    (*hv).handler = None;
    (*hv).offset = 0;
    (*hv).always = false;

    if headers == &raw mut (*hcf).headers {
        (*hv).handler = Some(ngx_http_add_header);

        for set in ngx_http_set_headers {
            if ngx_strcasecmp((*value.add(1)).data, set.name.data) != 0 {
                continue;
            }

            (*hv).offset = set.offset;
            (*hv).handler = set.handler;

            break;
        }
    }

    if (*value.add(2)).len == 0 {
        ngx_memzero(&raw mut (*hv).value, size_of::<ngx_http_complex_value_t>());
    } else {
        let mut ccv: ngx_http_compile_complex_value_t = core::mem::zeroed();

        ccv.cf = cf;
        ccv.value = value.add(2);
        ccv.complex_value = &raw mut (*hv).value;

        if ngx_http_compile_complex_value(&raw mut ccv) != NGX_OK {
            return NGX_CONF_ERROR;
        }
    }

    if (*(*cf).args).nelts == 3 {
        return NGX_CONF_OK;
    }

    if (*value.add(3)).bytes() != b"always" {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid parameter \"%V\"", value.add(3));
        return NGX_CONF_ERROR;
    }

    (*hv).always = true;

    NGX_CONF_OK
}
