//! Port of src/http/ngx_http_variables.c and .h
//! Ours: ngx_http_status_of() and ngx_http_msec_of(), which C repeats in the log module; ngx_http_regex_prefix().

#[cfg(feature = "pcre")]
use crate::core::ngx_regex::*;
use crate::core::ngx_siphash::*;
use crate::core::{
    nginx::*, ngx_array::*, ngx_conf_file::*, ngx_config::*, ngx_connection::*, ngx_core::*, ngx_cycle::*, ngx_file::*,
    ngx_hash::*, ngx_inet::*, ngx_list::*, ngx_log::*, ngx_palloc::*, ngx_parse::*, ngx_proxy_protocol::*,
    ngx_string::*, ngx_times::*,
};
use crate::http::{
    ngx_http_config::*, ngx_http_core_module::*, ngx_http_parse::*, ngx_http_request::*, ngx_http_script::*,
};
use crate::os::unix::{ngx_atomic::*, ngx_errno::*, ngx_files::*, ngx_process_cycle::*, ngx_time::*};

pub const NGX_HTTP_VAR_CHANGEABLE: ngx_uint_t = 1;
pub const NGX_HTTP_VAR_NOCACHEABLE: ngx_uint_t = 2;
pub const NGX_HTTP_VAR_INDEXED: ngx_uint_t = 4;
pub const NGX_HTTP_VAR_NOHASH: ngx_uint_t = 8;
pub const NGX_HTTP_VAR_WEAK: ngx_uint_t = 16;
pub const NGX_HTTP_VAR_PREFIX: ngx_uint_t = 32;
pub type ngx_http_variable_value_t = ngx_variable_value_t;
pub type ngx_http_set_variable_pt = Option<unsafe fn(*mut ngx_http_request_t, *mut ngx_variable_value_t, ngx_uint_t)>;
pub type ngx_http_get_variable_pt =
    Option<unsafe fn(*mut ngx_http_request_t, *mut ngx_variable_value_t, ngx_uint_t) -> ngx_int_t>;
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_variable_t {
    pub name: ngx_str_t,
    pub set_handler: ngx_http_set_variable_pt,
    pub get_handler: ngx_http_get_variable_pt,
    pub data: usize,
    pub flags: ngx_uint_t,
    pub index: ngx_uint_t,
}

#[cfg(feature = "pcre")]
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_regex_variable_t {
    pub capture: ngx_uint_t,
    pub index: ngx_int_t,
}

/// Without PCRE nothing makes one; the fields that point to one stay NULL.
#[cfg(not(feature = "pcre"))]
pub type ngx_http_regex_t = c_void;
#[cfg(not(feature = "pcre"))]
pub type ngx_regex_elt_t = c_void;

#[cfg(feature = "pcre")]
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_regex_t {
    pub regex: *mut ngx_regex_t,
    pub ncaptures: ngx_uint_t,
    pub variables: *mut ngx_http_regex_variable_t,
    pub nvariables: ngx_uint_t,
    pub name: ngx_str_t,

    /// Ours: what each match begins with, see ngx_http_regex_prefix().
    pub prefix: ngx_str_t,
}

#[cfg(feature = "pcre")]
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_map_regex_t {
    pub regex: *mut ngx_http_regex_t,
    pub value: *mut c_void,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_map_t {
    pub hash: ngx_hash_combined_t,
    #[cfg(feature = "pcre")]
    pub regex: *mut ngx_http_map_regex_t,
    #[cfg(feature = "pcre")]
    pub nregex: ngx_uint_t,
}

// SAFETY: the static tables point to literals.
unsafe impl Sync for ngx_http_variable_t {}

/// The value of a literal.
macro_rules! ngx_http_variable {
    ($v:literal) => {
        crate::core::ngx_string::ngx_variable_value_t {
            len: $v.len() as u32,
            valid: true,
            no_cacheable: false,
            not_found: false,
            escape: false,
            data: $v.as_ptr().cast_mut(),
        }
    };
}

/// name, handlers, data, flags
macro_rules! ngx_http_core_variable {
    ($name:literal, set $set:ident, $get:ident, $data:expr, $flags:expr) => {
        ngx_http_variable_t {
            name: ngx_string!($name),
            set_handler: Some($set),
            get_handler: Some($get),
            data: $data,
            flags: $flags,
            index: 0,
        }
    };
    ($name:literal, $get:ident, $data:expr, $flags:expr) => {
        ngx_http_variable_t {
            name: ngx_string!($name),
            set_handler: None,
            get_handler: Some($get),
            data: $data,
            flags: $flags,
            index: 0,
        }
    };
}

/// A few of the $http_ ones stand here although the prefix would find them: they are looked up often.
static ngx_http_core_variables: &[ngx_http_variable_t] = &[
    ngx_http_core_variable!(
        "http_host",
        ngx_http_variable_header,
        ngx_offsetof!(ngx_http_request_t, headers_in.host: *mut ngx_table_elt_t),
        0
    ),
    ngx_http_core_variable!(
        "http_user_agent",
        ngx_http_variable_header,
        ngx_offsetof!(ngx_http_request_t, headers_in.user_agent: *mut ngx_table_elt_t),
        0
    ),
    ngx_http_core_variable!(
        "http_referer",
        ngx_http_variable_header,
        ngx_offsetof!(ngx_http_request_t, headers_in.referer: *mut ngx_table_elt_t),
        0
    ),
    ngx_http_core_variable!(
        "http_via",
        ngx_http_variable_header,
        ngx_offsetof!(ngx_http_request_t, headers_in.via: *mut ngx_table_elt_t),
        0
    ),
    ngx_http_core_variable!(
        "http_x_forwarded_for",
        ngx_http_variable_header,
        ngx_offsetof!(ngx_http_request_t, headers_in.x_forwarded_for: *mut ngx_table_elt_t),
        0
    ),
    ngx_http_core_variable!(
        "http_cookie",
        ngx_http_variable_cookies,
        ngx_offsetof!(ngx_http_request_t, headers_in.cookie: *mut ngx_table_elt_t),
        0
    ),
    ngx_http_core_variable!("content_length", ngx_http_variable_content_length, 0, 0),
    ngx_http_core_variable!(
        "content_type",
        ngx_http_variable_header,
        ngx_offsetof!(ngx_http_request_t, headers_in.content_type: *mut ngx_table_elt_t),
        0
    ),
    ngx_http_core_variable!("host", ngx_http_variable_host, 0, 0),
    ngx_http_core_variable!("binary_remote_addr", ngx_http_variable_binary_remote_addr, 0, 0),
    ngx_http_core_variable!("remote_addr", ngx_http_variable_remote_addr, 0, 0),
    ngx_http_core_variable!("remote_port", ngx_http_variable_remote_port, 0, 0),
    ngx_http_core_variable!(
        "proxy_protocol_addr",
        ngx_http_variable_proxy_protocol_addr,
        ngx_offsetof!(ngx_proxy_protocol_t, src_addr: ngx_str_t),
        0
    ),
    ngx_http_core_variable!(
        "proxy_protocol_port",
        ngx_http_variable_proxy_protocol_port,
        ngx_offsetof!(ngx_proxy_protocol_t, src_port: in_port_t),
        0
    ),
    ngx_http_core_variable!(
        "proxy_protocol_server_addr",
        ngx_http_variable_proxy_protocol_addr,
        ngx_offsetof!(ngx_proxy_protocol_t, dst_addr: ngx_str_t),
        0
    ),
    ngx_http_core_variable!(
        "proxy_protocol_server_port",
        ngx_http_variable_proxy_protocol_port,
        ngx_offsetof!(ngx_proxy_protocol_t, dst_port: in_port_t),
        0
    ),
    ngx_http_core_variable!("proxy_protocol_tlv_", ngx_http_variable_proxy_protocol_tlv, 0, NGX_HTTP_VAR_PREFIX),
    ngx_http_core_variable!("server_addr", ngx_http_variable_server_addr, 0, 0),
    ngx_http_core_variable!("server_port", ngx_http_variable_server_port, 0, 0),
    ngx_http_core_variable!(
        "server_protocol",
        ngx_http_variable_request,
        ngx_offsetof!(ngx_http_request_t, http_protocol: ngx_str_t),
        0
    ),
    ngx_http_core_variable!("scheme", ngx_http_variable_scheme, 0, 0),
    ngx_http_core_variable!("https", ngx_http_variable_https, 0, 0),
    ngx_http_core_variable!("request_port", ngx_http_variable_request_port, 0, 0),
    ngx_http_core_variable!("is_request_port", ngx_http_variable_is_request_port, 0, 0),
    ngx_http_core_variable!(
        "request_uri",
        ngx_http_variable_request,
        ngx_offsetof!(ngx_http_request_t, unparsed_uri: ngx_str_t),
        0
    ),
    ngx_http_core_variable!(
        "uri",
        ngx_http_variable_request,
        ngx_offsetof!(ngx_http_request_t, uri: ngx_str_t),
        NGX_HTTP_VAR_NOCACHEABLE
    ),
    ngx_http_core_variable!(
        "document_uri",
        ngx_http_variable_request,
        ngx_offsetof!(ngx_http_request_t, uri: ngx_str_t),
        NGX_HTTP_VAR_NOCACHEABLE
    ),
    ngx_http_core_variable!("request", ngx_http_variable_request_line, 0, 0),
    ngx_http_core_variable!("document_root", ngx_http_variable_document_root, 0, NGX_HTTP_VAR_NOCACHEABLE),
    ngx_http_core_variable!("realpath_root", ngx_http_variable_realpath_root, 0, NGX_HTTP_VAR_NOCACHEABLE),
    ngx_http_core_variable!(
        "query_string",
        ngx_http_variable_request,
        ngx_offsetof!(ngx_http_request_t, args: ngx_str_t),
        NGX_HTTP_VAR_NOCACHEABLE
    ),
    ngx_http_core_variable!("args", set ngx_http_variable_set_args, ngx_http_variable_request, ngx_offsetof!(ngx_http_request_t, args: ngx_str_t), NGX_HTTP_VAR_CHANGEABLE | NGX_HTTP_VAR_NOCACHEABLE),
    ngx_http_core_variable!("is_args", ngx_http_variable_is_args, 0, NGX_HTTP_VAR_NOCACHEABLE),
    ngx_http_core_variable!("request_filename", ngx_http_variable_request_filename, 0, NGX_HTTP_VAR_NOCACHEABLE),
    ngx_http_core_variable!("server_name", ngx_http_variable_server_name, 0, 0),
    ngx_http_core_variable!("request_method", ngx_http_variable_request_method, 0, NGX_HTTP_VAR_NOCACHEABLE),
    ngx_http_core_variable!("remote_user", ngx_http_variable_remote_user, 0, 0),
    ngx_http_core_variable!("bytes_sent", ngx_http_variable_bytes_sent, 0, 0),
    ngx_http_core_variable!("body_bytes_sent", ngx_http_variable_body_bytes_sent, 0, 0),
    ngx_http_core_variable!("pipe", ngx_http_variable_pipe, 0, 0),
    ngx_http_core_variable!("request_completion", ngx_http_variable_request_completion, 0, 0),
    ngx_http_core_variable!("request_body", ngx_http_variable_request_body, 0, 0),
    ngx_http_core_variable!("request_body_file", ngx_http_variable_request_body_file, 0, 0),
    ngx_http_core_variable!("request_length", ngx_http_variable_request_length, 0, NGX_HTTP_VAR_NOCACHEABLE),
    ngx_http_core_variable!("request_time", ngx_http_variable_request_time, 0, NGX_HTTP_VAR_NOCACHEABLE),
    ngx_http_core_variable!("request_id", ngx_http_variable_request_id, 0, 0),
    ngx_http_core_variable!("status", ngx_http_variable_status, 0, NGX_HTTP_VAR_NOCACHEABLE),
    ngx_http_core_variable!("sent_http_content_type", ngx_http_variable_sent_content_type, 0, 0),
    ngx_http_core_variable!("sent_http_content_length", ngx_http_variable_sent_content_length, 0, 0),
    ngx_http_core_variable!("sent_http_location", ngx_http_variable_sent_location, 0, 0),
    ngx_http_core_variable!("sent_http_last_modified", ngx_http_variable_sent_last_modified, 0, 0),
    ngx_http_core_variable!("sent_http_connection", ngx_http_variable_sent_connection, 0, 0),
    ngx_http_core_variable!("sent_http_keep_alive", ngx_http_variable_sent_keep_alive, 0, 0),
    ngx_http_core_variable!("sent_http_transfer_encoding", ngx_http_variable_sent_transfer_encoding, 0, 0),
    ngx_http_core_variable!(
        "sent_http_cache_control",
        ngx_http_variable_header,
        ngx_offsetof!(ngx_http_request_t, headers_out.cache_control: *mut ngx_table_elt_t),
        0
    ),
    ngx_http_core_variable!(
        "sent_http_link",
        ngx_http_variable_header,
        ngx_offsetof!(ngx_http_request_t, headers_out.link: *mut ngx_table_elt_t),
        0
    ),
    ngx_http_core_variable!("limit_rate", set ngx_http_variable_set_limit_rate, ngx_http_variable_request_get_size, ngx_offsetof!(ngx_http_request_t, limit_rate: usize), NGX_HTTP_VAR_CHANGEABLE | NGX_HTTP_VAR_NOCACHEABLE),
    ngx_http_core_variable!("connection", ngx_http_variable_connection, 0, 0),
    ngx_http_core_variable!("connection_requests", ngx_http_variable_connection_requests, 0, 0),
    ngx_http_core_variable!("connection_time", ngx_http_variable_connection_time, 0, NGX_HTTP_VAR_NOCACHEABLE),
    ngx_http_core_variable!("nginx_version", ngx_http_variable_nginx_version, 0, 0),
    ngx_http_core_variable!("hostname", ngx_http_variable_hostname, 0, 0),
    ngx_http_core_variable!("pid", ngx_http_variable_pid, 0, 0),
    ngx_http_core_variable!("msec", ngx_http_variable_msec, 0, NGX_HTTP_VAR_NOCACHEABLE),
    ngx_http_core_variable!("time_iso8601", ngx_http_variable_time_iso8601, 0, NGX_HTTP_VAR_NOCACHEABLE),
    ngx_http_core_variable!("time_local", ngx_http_variable_time_local, 0, NGX_HTTP_VAR_NOCACHEABLE),
    ngx_http_core_variable!("tcpinfo_rtt", ngx_http_variable_tcpinfo, 0, NGX_HTTP_VAR_NOCACHEABLE),
    ngx_http_core_variable!("tcpinfo_rttvar", ngx_http_variable_tcpinfo, 1, NGX_HTTP_VAR_NOCACHEABLE),
    ngx_http_core_variable!("tcpinfo_snd_cwnd", ngx_http_variable_tcpinfo, 2, NGX_HTTP_VAR_NOCACHEABLE),
    ngx_http_core_variable!("tcpinfo_rcv_space", ngx_http_variable_tcpinfo, 3, NGX_HTTP_VAR_NOCACHEABLE),
    ngx_http_core_variable!("http_", ngx_http_variable_unknown_header_in, 0, NGX_HTTP_VAR_PREFIX),
    ngx_http_core_variable!("sent_http_", ngx_http_variable_unknown_header_out, 0, NGX_HTTP_VAR_PREFIX),
    ngx_http_core_variable!("sent_trailer_", ngx_http_variable_unknown_trailer_out, 0, NGX_HTTP_VAR_PREFIX),
    ngx_http_core_variable!("cookie_", ngx_http_variable_cookie, 0, NGX_HTTP_VAR_PREFIX),
    ngx_http_core_variable!("arg_", ngx_http_variable_argument, 0, NGX_HTTP_VAR_NOCACHEABLE | NGX_HTTP_VAR_PREFIX),
];

pub static ngx_http_variable_null_value: ngx_http_variable_value_t = ngx_http_variable!("");
pub static ngx_http_variable_true_value: ngx_http_variable_value_t = ngx_http_variable!("1");

static ngx_http_variable_depth: ngx_global_t<ngx_uint_t> = ngx_global_t::new(100);

/// Makes `v` a found, cacheable value: what every handler ends with.
#[inline(always)]
unsafe fn ngx_http_variable_set(v: *mut ngx_http_variable_value_t, data: *const u8, len: usize) {
    (*v).len = len as u32;
    (*v).valid = true;
    (*v).no_cacheable = false;
    (*v).not_found = false;
    (*v).data = data.cast_mut();
}

/// Adds a variable to the http block; with NGX_HTTP_VAR_CHANGEABLE one that is there already is returned.
pub unsafe fn ngx_http_add_variable(
    cf: *mut ngx_conf_t,
    name: *mut ngx_str_t,
    flags: ngx_uint_t,
) -> *mut ngx_http_variable_t {
    if (*name).len == 0 {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid variable name \"$\"");
        return null_mut();
    }

    if flags & NGX_HTTP_VAR_PREFIX != 0 {
        return ngx_http_add_prefix_variable(cf, name, flags);
    }

    let cmcf: *mut ngx_http_core_main_conf_t = ngx_http_conf_get_module_main_conf(cf, &ngx_http_core_module);

    let key = (*(*cmcf).variables_keys).keys.elts;
    for i in 0..(*(*cmcf).variables_keys).keys.nelts {
        let key = key.add(i);

        if (*name).len != (*key).key.len || ngx_strncasecmp((*name).data, (*key).key.data, (*name).len) != 0 {
            continue;
        }

        let v: *mut ngx_http_variable_t = (*key).value.cast();

        if (*v).flags & NGX_HTTP_VAR_CHANGEABLE == 0 {
            ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "the duplicate \"%V\" variable", name);
            return null_mut();
        }

        if flags & NGX_HTTP_VAR_WEAK == 0 {
            (*v).flags &= !NGX_HTTP_VAR_WEAK;
        }

        return v;
    }

    let v: *mut ngx_http_variable_t = ngx_palloc((*cf).pool);
    if v.is_null() {
        return null_mut();
    }

    if ngx_http_variable_init(cf, v, name, flags, 0) != NGX_OK {
        return null_mut();
    }

    let rc = ngx_hash_add_key((*cmcf).variables_keys, &raw mut (*v).name, v.cast(), 0);

    if rc == NGX_ERROR {
        return null_mut();
    }

    if rc == NGX_BUSY {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "conflicting variable name \"%V\"", name);
        return null_mut();
    }

    v
}

/// A new entry of any of the three tables: the name in lower case, no handlers.
unsafe fn ngx_http_variable_init(
    cf: *mut ngx_conf_t,
    v: *mut ngx_http_variable_t,
    name: *mut ngx_str_t,
    flags: ngx_uint_t,
    index: ngx_uint_t,
) -> ngx_int_t {
    (*v).name.len = (*name).len;
    (*v).name.data = ngx_pnalloc((*cf).pool, (*name).len);
    if (*v).name.data.is_null() {
        return NGX_ERROR;
    }

    ngx_strlow((*v).name.data, (*name).data, (*name).len);

    (*v).set_handler = None;
    (*v).get_handler = None;
    (*v).data = 0;
    (*v).flags = flags;
    (*v).index = index;

    NGX_OK
}

unsafe fn ngx_http_add_prefix_variable(
    cf: *mut ngx_conf_t,
    name: *mut ngx_str_t,
    flags: ngx_uint_t,
) -> *mut ngx_http_variable_t {
    let cmcf: *mut ngx_http_core_main_conf_t = ngx_http_conf_get_module_main_conf(cf, &ngx_http_core_module);

    for i in 0..(*cmcf).prefix_variables.nelts {
        let v = (*cmcf).prefix_variables.elts.add(i);

        if (*name).len != (*v).name.len || ngx_strncasecmp((*name).data, (*v).name.data, (*name).len) != 0 {
            continue;
        }

        if (*v).flags & NGX_HTTP_VAR_CHANGEABLE == 0 {
            ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "the duplicate \"%V\" variable", name);
            return null_mut();
        }

        if flags & NGX_HTTP_VAR_WEAK == 0 {
            (*v).flags &= !NGX_HTTP_VAR_WEAK;
        }

        return v;
    }

    let v = ngx_array_push(&raw mut (*cmcf).prefix_variables);
    if v.is_null() {
        return null_mut();
    }

    if ngx_http_variable_init(cf, v, name, flags, 0) != NGX_OK {
        return null_mut();
    }

    v
}

/// The index at which each request keeps the value; NGX_ERROR.
pub unsafe fn ngx_http_get_variable_index(cf: *mut ngx_conf_t, name: *mut ngx_str_t) -> ngx_int_t {
    if (*name).len == 0 {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid variable name \"$\"");
        return NGX_ERROR;
    }

    let cmcf: *mut ngx_http_core_main_conf_t = ngx_http_conf_get_module_main_conf(cf, &ngx_http_core_module);

    let mut v = (*cmcf).variables.elts;

    if v.is_null() {
        if ngx_array_init(&raw mut (*cmcf).variables, (*cf).pool, 4) != NGX_OK {
            return NGX_ERROR;
        }
    } else {
        for i in 0..(*cmcf).variables.nelts {
            let v = v.add(i);

            if (*name).len != (*v).name.len || ngx_strncasecmp((*name).data, (*v).name.data, (*name).len) != 0 {
                continue;
            }

            return i as ngx_int_t;
        }
    }

    v = ngx_array_push(&raw mut (*cmcf).variables);
    if v.is_null() {
        return NGX_ERROR;
    }

    if ngx_http_variable_init(cf, v, name, 0, (*cmcf).variables.nelts - 1) != NGX_OK {
        return NGX_ERROR;
    }

    (*v).index as ngx_int_t
}

/// The value, computed unless the request has it already; NULL on an error.
pub unsafe fn ngx_http_get_indexed_variable(
    r: *mut ngx_http_request_t,
    index: ngx_uint_t,
) -> *mut ngx_http_variable_value_t {
    let cmcf: *mut ngx_http_core_main_conf_t = ngx_http_get_module_main_conf(r, &ngx_http_core_module);

    if (*cmcf).variables.nelts <= index {
        ngx_log_error!(NGX_LOG_ALERT, (*(*r).connection).log, 0; "unknown variable index: %ui", index);
        return null_mut();
    }

    let vv = (*r).variables.add(index);

    if (*vv).not_found || (*vv).valid {
        return vv;
    }

    let v = (*cmcf).variables.elts.add(index);

    if ngx_http_variable_depth.get() == 0 {
        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                       "cycle while evaluating variable \"%V\"", (*v).name);
        return null_mut();
    }

    ngx_http_variable_depth.set(ngx_http_variable_depth.get() - 1);

    if (*v).get_handler.unwrap()(r, vv, (*v).data) == NGX_OK {
        ngx_http_variable_depth.set(ngx_http_variable_depth.get() + 1);

        if (*v).flags & NGX_HTTP_VAR_NOCACHEABLE != 0 {
            (*vv).no_cacheable = true;
        }

        return vv;
    }

    ngx_http_variable_depth.set(ngx_http_variable_depth.get() + 1);

    (*vv).valid = false;
    (*vv).not_found = true;

    null_mut()
}

/// As ngx_http_get_indexed_variable(), but what may not be cached is computed anew.
pub unsafe fn ngx_http_get_flushed_variable(
    r: *mut ngx_http_request_t,
    index: ngx_uint_t,
) -> *mut ngx_http_variable_value_t {
    let v = (*r).variables.add(index);

    if (*v).valid || (*v).not_found {
        if !(*v).no_cacheable {
            return v;
        }

        (*v).valid = false;
        (*v).not_found = false;
    }

    ngx_http_get_indexed_variable(r, index)
}

/// By name, in lower case; `key` is its ngx_hash_key(). For names that are known only at run time (SSI).
pub unsafe fn ngx_http_get_variable(
    r: *mut ngx_http_request_t,
    name: *mut ngx_str_t,
    key: ngx_uint_t,
) -> *mut ngx_http_variable_value_t {
    let cmcf: *mut ngx_http_core_main_conf_t = ngx_http_get_module_main_conf(r, &ngx_http_core_module);

    let v: *mut ngx_http_variable_t =
        ngx_hash_find(&raw mut (*cmcf).variables_hash, key, (*name).data, (*name).len).cast();

    if !v.is_null() {
        if (*v).flags & NGX_HTTP_VAR_INDEXED != 0 {
            return ngx_http_get_flushed_variable(r, (*v).index);
        }

        if ngx_http_variable_depth.get() == 0 {
            ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0; "cycle while evaluating variable \"%V\"", name);
            return null_mut();
        }

        ngx_http_variable_depth.set(ngx_http_variable_depth.get() - 1);

        let vv: *mut ngx_http_variable_value_t = ngx_palloc((*r).pool);

        if !vv.is_null() && (*v).get_handler.unwrap()(r, vv, (*v).data) == NGX_OK {
            ngx_http_variable_depth.set(ngx_http_variable_depth.get() + 1);
            return vv;
        }

        ngx_http_variable_depth.set(ngx_http_variable_depth.get() + 1);
        return null_mut();
    }

    let vv: *mut ngx_http_variable_value_t = ngx_palloc((*r).pool);
    if vv.is_null() {
        return null_mut();
    }

    let v = ngx_http_find_prefix_variable(cmcf, name);

    if !v.is_null() {
        if (*v).get_handler.unwrap()(r, vv, name as usize) == NGX_OK {
            return vv;
        }

        return null_mut();
    }

    (*vv).not_found = true;

    vv
}

/// The longest prefix that fits; NULL. C has this loop twice.
unsafe fn ngx_http_find_prefix_variable(
    cmcf: *mut ngx_http_core_main_conf_t,
    name: *mut ngx_str_t,
) -> *mut ngx_http_variable_t {
    let mut len = 0;
    let mut found = null_mut();

    for i in 0..(*cmcf).prefix_variables.nelts {
        let v = (*cmcf).prefix_variables.elts.add(i);

        if (*name).len >= (*v).name.len
            && (*name).len > len
            && ngx_strncmp((*name).data, (*v).name.data, (*v).name.len) == 0
        {
            len = (*v).name.len;
            found = v;
        }
    }

    found
}

unsafe fn ngx_http_variable_request(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    data: usize,
) -> ngx_int_t {
    let s: *mut ngx_str_t = r.byte_add(data).cast();

    if !(*s).data.is_null() {
        ngx_http_variable_set(v, (*s).data, (*s).len);
    } else {
        (*v).not_found = true;
    }

    NGX_OK
}

unsafe fn ngx_http_variable_request_get_size(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    data: usize,
) -> ngx_int_t {
    let sp: *mut usize = r.byte_add(data).cast();

    let p = ngx_pnalloc((*r).pool, NGX_INT_T_LEN);
    if p.is_null() {
        return NGX_ERROR;
    }

    ngx_http_variable_set(v, p, ngx_sprintf!(p, "%uz", *sp).offset_from_unsigned(p));

    NGX_OK
}

unsafe fn ngx_http_variable_header(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    data: usize,
) -> ngx_int_t {
    ngx_http_variable_headers_internal(r, v, data, b',')
}

unsafe fn ngx_http_variable_cookies(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    data: usize,
) -> ngx_int_t {
    ngx_http_variable_headers_internal(r, v, data, b';')
}

unsafe fn ngx_http_variable_headers_internal(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    data: usize,
    sep: u8,
) -> ngx_int_t {
    let h: *mut ngx_table_elt_t = *r.byte_add(data).cast();

    let mut len = 0;

    let mut th = h;
    while !th.is_null() {
        if (*th).hash != 0 {
            len += (*th).value.len + 2;
        }
        th = (*th).next;
    }

    if len == 0 {
        (*v).not_found = true;
        return NGX_OK;
    }

    len -= 2;

    if (*h).next.is_null() {
        ngx_http_variable_set(v, (*h).value.data, (*h).value.len);

        return NGX_OK;
    }

    let mut p = ngx_pnalloc((*r).pool, len);
    if p.is_null() {
        return NGX_ERROR;
    }

    ngx_http_variable_set(v, p, len);

    let end = p.add(len);

    th = h;
    while !th.is_null() {
        if (*th).hash != 0 {
            p = ngx_copy(p, (*th).value.data, (*th).value.len);

            if p == end {
                break;
            }

            *p = sep;
            *p.add(1) = b' ';
            p = p.add(2);
        }
        th = (*th).next;
    }

    NGX_OK
}

unsafe fn ngx_http_variable_unknown_header_in(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    data: usize,
) -> ngx_int_t {
    ngx_http_variable_unknown_header(r, v, data as *mut ngx_str_t, &raw mut (*r).headers_in.headers.part, "http_".len())
}

unsafe fn ngx_http_variable_unknown_header_out(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    data: usize,
) -> ngx_int_t {
    ngx_http_variable_unknown_header(
        r,
        v,
        data as *mut ngx_str_t,
        &raw mut (*r).headers_out.headers.part,
        "sent_http_".len(),
    )
}

unsafe fn ngx_http_variable_unknown_trailer_out(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    data: usize,
) -> ngx_int_t {
    ngx_http_variable_unknown_header(
        r,
        v,
        data as *mut ngx_str_t,
        &raw mut (*r).headers_out.trailers.part,
        "sent_trailer_".len(),
    )
}

/// All headers of the name in `var` behind `prefix`, joined by ", "; '_' stands for '-'.
pub unsafe fn ngx_http_variable_unknown_header(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    var: *mut ngx_str_t,
    mut part: *mut ngx_list_part_t<ngx_table_elt_t>,
    prefix: usize,
) -> ngx_int_t {
    let mut h: *mut ngx_table_elt_t = null_mut();
    let mut ph = &raw mut h;
    let mut len = 0;

    let name = &(*var).bytes()[prefix..];

    let mut header = (*part).elts;
    let mut i = 0;

    loop {
        if i >= (*part).nelts {
            if (*part).next.is_null() {
                break;
            }

            part = (*part).next;
            header = (*part).elts;
            i = 0;
        }

        let th = header.add(i);
        i += 1;

        if (*th).hash == 0 {
            continue;
        }

        if (*th).key.len != name.len() {
            continue;
        }

        let same = |(&ch, &var): (&u8, &u8)| (if ch == b'-' { b'_' } else { ngx_tolower(ch) }) == var;

        if !(*th).key.bytes().iter().zip(name).all(same) {
            continue;
        }

        len += (*th).value.len + 2;

        *ph = th;
        ph = &raw mut (*th).next;
    }

    *ph = null_mut();

    if h.is_null() {
        (*v).not_found = true;
        return NGX_OK;
    }

    len -= 2;

    if (*h).next.is_null() {
        ngx_http_variable_set(v, (*h).value.data, (*h).value.len);

        return NGX_OK;
    }

    let mut p = ngx_pnalloc((*r).pool, len);
    if p.is_null() {
        return NGX_ERROR;
    }

    ngx_http_variable_set(v, p, len);

    loop {
        p = ngx_copy(p, (*h).value.data, (*h).value.len);

        if (*h).next.is_null() {
            break;
        }

        p = ngx_cpylit(p, b", ");

        h = (*h).next;
    }

    NGX_OK
}

unsafe fn ngx_http_variable_request_line(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    let mut s = (*r).request_line.data;

    if s.is_null() {
        s = (*r).request_start;

        if s.is_null() {
            (*v).not_found = true;
            return NGX_OK;
        }

        let mut p = s;
        while p < (*(*r).header_in).last && *p != CR && *p != LF {
            p = p.add(1);
        }

        (*r).request_line.len = p.offset_from_unsigned(s);
        (*r).request_line.data = s;
    }

    ngx_http_variable_set(v, s, (*r).request_line.len);

    NGX_OK
}

unsafe fn ngx_http_variable_cookie(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    data: usize,
) -> ngx_int_t {
    let name = data as *mut ngx_str_t;

    let mut cookie = ngx_null_string;
    let mut s = ngx_str_t { len: (*name).len - "cookie_".len(), data: (*name).data.add("cookie_".len()) };

    if ngx_http_parse_cookie_lines(r, (*r).headers_in.cookie, &raw mut s, &raw mut cookie).is_null() {
        (*v).not_found = true;
        return NGX_OK;
    }

    ngx_http_variable_set(v, cookie.data, cookie.len);

    NGX_OK
}

unsafe fn ngx_http_variable_argument(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    data: usize,
) -> ngx_int_t {
    let name = data as *mut ngx_str_t;

    let len = (*name).len - "arg_".len();
    let arg = (*name).data.add("arg_".len());
    let mut value = ngx_null_string;

    if len == 0 || ngx_http_arg(r, arg, len, &raw mut value) != NGX_OK {
        (*v).not_found = true;
        return NGX_OK;
    }

    ngx_http_variable_set(v, value.data, value.len);

    NGX_OK
}

/// The part of the kernel's struct tcp_info that is read here.
#[repr(C)]
#[derive(Clone, Copy)]
struct tcp_info {
    tcpi_state: [u8; 8],
    tcpi_rto: u32,
    tcpi_ato: u32,
    tcpi_snd_mss: u32,
    tcpi_rcv_mss: u32,
    tcpi_unacked: u32,
    tcpi_sacked: u32,
    tcpi_lost: u32,
    tcpi_retrans: u32,
    tcpi_fackets: u32,
    tcpi_last_data_sent: u32,
    tcpi_last_ack_sent: u32,
    tcpi_last_data_recv: u32,
    tcpi_last_ack_recv: u32,
    tcpi_pmtu: u32,
    tcpi_rcv_ssthresh: u32,
    tcpi_rtt: u32,
    tcpi_rttvar: u32,
    tcpi_snd_ssthresh: u32,
    tcpi_snd_cwnd: u32,
    tcpi_advmss: u32,
    tcpi_reordering: u32,
    tcpi_rcv_rtt: u32,
    tcpi_rcv_space: u32,
    tcpi_total_retrans: u32,
}

unsafe fn ngx_http_variable_tcpinfo(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    data: usize,
) -> ngx_int_t {
    let mut ti: tcp_info = core::mem::zeroed();
    let mut len = size_of::<tcp_info>() as socklen_t;

    if libc::getsockopt((*(*r).connection).fd, libc::IPPROTO_TCP, libc::TCP_INFO, (&raw mut ti).cast(), &raw mut len)
        == -1
    {
        (*v).not_found = true;
        return NGX_OK;
    }

    let p = ngx_pnalloc((*r).pool, NGX_INT32_LEN);
    if p.is_null() {
        return NGX_ERROR;
    }

    let value = match data {
        0 => ti.tcpi_rtt,
        1 => ti.tcpi_rttvar,
        2 => ti.tcpi_snd_cwnd,
        _ => ti.tcpi_rcv_space,
    };

    ngx_http_variable_set(v, p, ngx_sprintf!(p, "%uD", value).offset_from_unsigned(p));

    NGX_OK
}

unsafe fn ngx_http_variable_content_length(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    if !(*r).headers_in.content_length.is_null() {
        let value = (*(*r).headers_in.content_length).value;
        ngx_http_variable_set(v, value.data, value.len);
    } else if (*r).reading_body {
        (*v).not_found = true;
        (*v).no_cacheable = true;
    } else if (*r).headers_in.content_length_n >= 0 {
        let p = ngx_pnalloc((*r).pool, NGX_OFF_T_LEN);
        if p.is_null() {
            return NGX_ERROR;
        }

        let last = ngx_sprintf!(p, "%O", (*r).headers_in.content_length_n);
        ngx_http_variable_set(v, p, last.offset_from_unsigned(p));
    } else if (*r).headers_in.chunked {
        (*v).not_found = true;
        (*v).no_cacheable = true;
    } else {
        (*v).not_found = true;
    }

    NGX_OK
}

unsafe fn ngx_http_variable_host(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    if (*r).headers_in.server.len != 0 {
        ngx_http_variable_set(v, (*r).headers_in.server.data, (*r).headers_in.server.len);
    } else {
        let cscf: *mut ngx_http_core_srv_conf_t = ngx_http_get_module_srv_conf(r, &ngx_http_core_module);

        ngx_http_variable_set(v, (*cscf).server_name.data, (*cscf).server_name.len);
    }

    NGX_OK
}

unsafe fn ngx_http_variable_binary_remote_addr(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    let c = (*r).connection;

    match (*(*c).sockaddr).sa_family as c_int {
        libc::AF_INET6 => {
            let sin6: *mut sockaddr_in6 = (*c).sockaddr.cast();

            ngx_http_variable_set(v, (&raw const (*sin6).sin6_addr).cast(), size_of::<in6_addr>());
        }

        libc::AF_UNIX => ngx_http_variable_set(v, (*c).addr_text.data, (*c).addr_text.len),

        // AF_INET
        _ => {
            let sin: *mut sockaddr_in = (*c).sockaddr.cast();

            ngx_http_variable_set(v, (&raw const (*sin).sin_addr).cast(), size_of::<in_addr_t>());
        }
    }

    NGX_OK
}

unsafe fn ngx_http_variable_remote_addr(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    ngx_http_variable_set(v, (*(*r).connection).addr_text.data, (*(*r).connection).addr_text.len);

    NGX_OK
}

/// A port as text; empty for 0, which a unix socket has.
unsafe fn ngx_http_variable_port(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    port: in_port_t,
) -> ngx_int_t {
    let p = ngx_pnalloc((*r).pool, "65535".len());
    if p.is_null() {
        return NGX_ERROR;
    }

    let last = if port > 0 { ngx_sprintf!(p, "%ui", port) } else { p };

    ngx_http_variable_set(v, p, last.offset_from_unsigned(p));

    NGX_OK
}

unsafe fn ngx_http_variable_remote_port(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    ngx_http_variable_port(r, v, ngx_inet_get_port((*(*r).connection).sockaddr))
}

unsafe fn ngx_http_variable_proxy_protocol_addr(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    data: usize,
) -> ngx_int_t {
    let pp = (*(*r).connection).proxy_protocol;
    if pp.is_null() {
        (*v).not_found = true;
        return NGX_OK;
    }

    let addr: *mut ngx_str_t = pp.byte_add(data).cast();

    ngx_http_variable_set(v, (*addr).data, (*addr).len);

    NGX_OK
}

unsafe fn ngx_http_variable_proxy_protocol_port(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    data: usize,
) -> ngx_int_t {
    let pp = (*(*r).connection).proxy_protocol;
    if pp.is_null() {
        (*v).not_found = true;
        return NGX_OK;
    }

    ngx_http_variable_port(r, v, *pp.byte_add(data).cast())
}

unsafe fn ngx_http_variable_proxy_protocol_tlv(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    data: usize,
) -> ngx_int_t {
    let name = data as *mut ngx_str_t;

    let mut value = ngx_null_string;
    let mut tlv = ngx_str_t {
        len: (*name).len - "proxy_protocol_tlv_".len(),
        data: (*name).data.add("proxy_protocol_tlv_".len()),
    };

    let rc = ngx_proxy_protocol_get_tlv((*r).connection, &raw mut tlv, &raw mut value);

    if rc == NGX_ERROR {
        return NGX_ERROR;
    }

    if rc == NGX_DECLINED {
        (*v).not_found = true;
        return NGX_OK;
    }

    ngx_http_variable_set(v, value.data, value.len);

    NGX_OK
}

unsafe fn ngx_http_variable_server_addr(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    let mut addr = [0u8; NGX_SOCKADDR_STRLEN];
    let mut s = ngx_str_t { len: NGX_SOCKADDR_STRLEN, data: addr.as_mut_ptr() };

    if ngx_connection_local_sockaddr((*r).connection, &raw mut s, 0) != NGX_OK {
        return NGX_ERROR;
    }

    s.data = ngx_pnalloc((*r).pool, s.len);
    if s.data.is_null() {
        return NGX_ERROR;
    }

    ngx_memcpy(s.data, addr.as_ptr(), s.len);

    ngx_http_variable_set(v, s.data, s.len);

    NGX_OK
}

unsafe fn ngx_http_variable_server_port(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    if ngx_connection_local_sockaddr((*r).connection, null_mut(), 0) != NGX_OK {
        return NGX_ERROR;
    }

    ngx_http_variable_port(r, v, ngx_inet_get_port((*(*r).connection).local_sockaddr))
}

unsafe fn ngx_http_variable_scheme(
    _r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    *v = ngx_http_variable!("http");

    NGX_OK
}

unsafe fn ngx_http_variable_https(
    _r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    *v = ngx_http_variable_null_value;

    NGX_OK
}

unsafe fn ngx_http_variable_request_port(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    ngx_http_variable_port(r, v, (*r).port)
}

unsafe fn ngx_http_variable_is_request_port(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    *v = if (*r).port == 0 { ngx_http_variable_null_value } else { ngx_http_variable!(":") };

    NGX_OK
}

unsafe fn ngx_http_variable_set_args(r: *mut ngx_http_request_t, v: *mut ngx_http_variable_value_t, _data: usize) {
    (*r).args.len = (*v).len as usize;
    (*r).args.data = (*v).data;
    (*r).valid_unparsed_uri = false;
}

unsafe fn ngx_http_variable_is_args(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    *v = if (*r).args.len == 0 { ngx_http_variable_null_value } else { ngx_http_variable!("?") };

    NGX_OK
}

unsafe fn ngx_http_variable_document_root(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

    if (*clcf).root_lengths.is_null() {
        ngx_http_variable_set(v, (*clcf).root.data, (*clcf).root.len);
    } else {
        let mut path = ngx_null_string;

        if ngx_http_script_run(
            r,
            &raw mut path,
            (*(*clcf).root_lengths).elts.cast(),
            0,
            (*(*clcf).root_values).elts.cast(),
        )
        .is_null()
        {
            return NGX_ERROR;
        }

        if ngx_get_full_name((*r).pool, &raw mut (*ngx_cycle.get()).prefix, &raw mut path) != NGX_OK {
            return NGX_ERROR;
        }

        ngx_http_variable_set(v, path.data, path.len);
    }

    NGX_OK
}

unsafe fn ngx_http_variable_realpath_root(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

    let mut path = ngx_null_string;

    if (*clcf).root_lengths.is_null() {
        path = (*clcf).root;
    } else {
        if ngx_http_script_run(
            r,
            &raw mut path,
            (*(*clcf).root_lengths).elts.cast(),
            1,
            (*(*clcf).root_values).elts.cast(),
        )
        .is_null()
        {
            return NGX_ERROR;
        }

        *path.data.add(path.len - 1) = 0;

        if ngx_get_full_name((*r).pool, &raw mut (*ngx_cycle.get()).prefix, &raw mut path) != NGX_OK {
            return NGX_ERROR;
        }
    }

    let mut buffer = [0u8; NGX_MAX_PATH];

    let real = ngx_realpath(path.data, buffer.as_mut_ptr());

    if real.is_null() {
        ngx_log_error!(NGX_LOG_CRIT, (*(*r).connection).log, ngx_errno(); "realpath() \"%s\" failed", path.data);
        return NGX_ERROR;
    }

    let len = ngx_strlen(real);

    let p = ngx_pnalloc((*r).pool, len);
    if p.is_null() {
        return NGX_ERROR;
    }

    ngx_memcpy(p, real, len);

    ngx_http_variable_set(v, p, len);

    NGX_OK
}

unsafe fn ngx_http_variable_request_filename(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    let mut root = 0;
    let mut path = ngx_null_string;

    if ngx_http_map_uri_to_path(r, &raw mut path, &raw mut root, 0).is_null() {
        return NGX_ERROR;
    }

    // the length counts the NUL

    ngx_http_variable_set(v, path.data, path.len - 1);

    NGX_OK
}

unsafe fn ngx_http_variable_server_name(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    let cscf: *mut ngx_http_core_srv_conf_t = ngx_http_get_module_srv_conf(r, &ngx_http_core_module);

    ngx_http_variable_set(v, (*cscf).server_name.data, (*cscf).server_name.len);

    NGX_OK
}

unsafe fn ngx_http_variable_request_method(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    if !(*(*r).main).method_name.data.is_null() {
        ngx_http_variable_set(v, (*(*r).main).method_name.data, (*(*r).main).method_name.len);
    } else {
        (*v).not_found = true;
    }

    NGX_OK
}

unsafe fn ngx_http_variable_remote_user(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    let rc = ngx_http_auth_basic_user(r);

    if rc == NGX_DECLINED {
        (*v).not_found = true;
        return NGX_OK;
    }

    if rc == NGX_ERROR {
        return NGX_ERROR;
    }

    ngx_http_variable_set(v, (*r).headers_in.user.data, (*r).headers_in.user.len);

    NGX_OK
}

/// An off_t as text.
unsafe fn ngx_http_variable_off(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    value: off_t,
) -> ngx_int_t {
    let p = ngx_pnalloc((*r).pool, NGX_OFF_T_LEN);
    if p.is_null() {
        return NGX_ERROR;
    }

    ngx_http_variable_set(v, p, ngx_sprintf!(p, "%O", value).offset_from_unsigned(p));

    NGX_OK
}

unsafe fn ngx_http_variable_bytes_sent(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    ngx_http_variable_off(r, v, (*(*r).connection).sent)
}

unsafe fn ngx_http_variable_body_bytes_sent(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    let mut sent = (*(*r).connection).sent - (*r).header_size as off_t;

    if sent < 0 {
        sent = 0;
    }

    ngx_http_variable_off(r, v, sent)
}

unsafe fn ngx_http_variable_pipe(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    *v = if (*r).pipeline { ngx_http_variable!("p") } else { ngx_http_variable!(".") };

    NGX_OK
}

/// What a log calls the status.
pub unsafe fn ngx_http_status_of(r: *mut ngx_http_request_t) -> ngx_uint_t {
    if (*r).err_status != 0 {
        (*r).err_status
    } else if (*r).headers_out.status != 0 {
        (*r).headers_out.status
    } else if (*r).http_version == NGX_HTTP_VERSION_9 {
        9
    } else {
        0
    }
}

unsafe fn ngx_http_variable_status(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    let p = ngx_pnalloc((*r).pool, NGX_INT_T_LEN);
    if p.is_null() {
        return NGX_ERROR;
    }

    ngx_http_variable_set(v, p, ngx_sprintf!(p, "%03ui", ngx_http_status_of(r)).offset_from_unsigned(p));

    NGX_OK
}

unsafe fn ngx_http_variable_sent_content_type(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    if (*r).headers_out.content_type.len != 0 {
        ngx_http_variable_set(v, (*r).headers_out.content_type.data, (*r).headers_out.content_type.len);
    } else {
        (*v).not_found = true;
    }

    NGX_OK
}

unsafe fn ngx_http_variable_sent_content_length(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    if !(*r).headers_out.content_length.is_null() {
        let value = (*(*r).headers_out.content_length).value;
        ngx_http_variable_set(v, value.data, value.len);

        return NGX_OK;
    }

    if (*r).headers_out.content_length_n >= 0 {
        return ngx_http_variable_off(r, v, (*r).headers_out.content_length_n);
    }

    (*v).not_found = true;

    NGX_OK
}

unsafe fn ngx_http_variable_sent_location(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    if !(*r).headers_out.location.is_null() {
        let value = (*(*r).headers_out.location).value;
        ngx_http_variable_set(v, value.data, value.len);

        return NGX_OK;
    }

    let mut name = ngx_string!("sent_http_location");

    ngx_http_variable_unknown_header(r, v, &raw mut name, &raw mut (*r).headers_out.headers.part, "sent_http_".len())
}

unsafe fn ngx_http_variable_sent_last_modified(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    if !(*r).headers_out.last_modified.is_null() {
        let value = (*(*r).headers_out.last_modified).value;
        ngx_http_variable_set(v, value.data, value.len);

        return NGX_OK;
    }

    if (*r).headers_out.last_modified_time >= 0 {
        let p = ngx_pnalloc((*r).pool, "Mon, 28 Sep 1970 06:00:00 GMT".len());
        if p.is_null() {
            return NGX_ERROR;
        }

        let last = ngx_http_time(p, (*r).headers_out.last_modified_time);
        ngx_http_variable_set(v, p, last.offset_from_unsigned(p));

        return NGX_OK;
    }

    (*v).not_found = true;

    NGX_OK
}

unsafe fn ngx_http_variable_sent_connection(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    *v = if (*r).headers_out.status == NGX_HTTP_SWITCHING_PROTOCOLS as ngx_uint_t {
        ngx_http_variable!("upgrade")
    } else if (*r).keepalive {
        ngx_http_variable!("keep-alive")
    } else {
        ngx_http_variable!("close")
    };

    NGX_OK
}

unsafe fn ngx_http_variable_sent_keep_alive(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    if (*r).keepalive {
        let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

        if (*clcf).keepalive_header != 0 {
            let p = ngx_pnalloc((*r).pool, "timeout=".len() + NGX_TIME_T_LEN);
            if p.is_null() {
                return NGX_ERROR;
            }

            let last = ngx_sprintf!(p, "timeout=%T", (*clcf).keepalive_header);
            ngx_http_variable_set(v, p, last.offset_from_unsigned(p));

            return NGX_OK;
        }
    }

    (*v).not_found = true;

    NGX_OK
}

unsafe fn ngx_http_variable_sent_transfer_encoding(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    if (*r).chunked {
        *v = ngx_http_variable!("chunked");
    } else {
        (*v).not_found = true;
    }

    NGX_OK
}

unsafe fn ngx_http_variable_set_limit_rate(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) {
    let mut val = ngx_str_t { len: (*v).len as usize, data: (*v).data };

    let s = ngx_parse_size(&raw mut val);

    if s == NGX_ERROR {
        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0; "invalid $limit_rate \"%V\"", val);
        return;
    }

    (*r).limit_rate = s as usize;
    (*r).limit_rate_set = true;
}

unsafe fn ngx_http_variable_request_completion(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    *v = if (*r).request_complete { ngx_http_variable!("OK") } else { ngx_http_variable_null_value };

    NGX_OK
}

unsafe fn ngx_http_variable_request_body(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    if (*r).request_body.is_null() || (*(*r).request_body).bufs.is_null() || !(*(*r).request_body).temp_file.is_null() {
        (*v).not_found = true;

        return NGX_OK;
    }

    let mut cl = (*(*r).request_body).bufs;
    let mut buf = (*cl).buf;

    if (*cl).next.is_null() {
        ngx_http_variable_set(v, (*buf).pos, (*buf).last.offset_from_unsigned((*buf).pos));

        return NGX_OK;
    }

    let mut len = 0;

    while !cl.is_null() {
        buf = (*cl).buf;
        len += (*buf).last.offset_from_unsigned((*buf).pos);
        cl = (*cl).next;
    }

    let mut p = ngx_pnalloc((*r).pool, len);
    if p.is_null() {
        return NGX_ERROR;
    }

    ngx_http_variable_set(v, p, len);

    cl = (*(*r).request_body).bufs;

    while !cl.is_null() {
        buf = (*cl).buf;
        p = ngx_cpymem(p, (*buf).pos, (*buf).last.offset_from_unsigned((*buf).pos));
        cl = (*cl).next;
    }

    NGX_OK
}

unsafe fn ngx_http_variable_request_body_file(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    if (*r).request_body.is_null() || (*(*r).request_body).temp_file.is_null() {
        (*v).not_found = true;

        return NGX_OK;
    }

    let name = (*(*(*r).request_body).temp_file).file.name;

    ngx_http_variable_set(v, name.data, name.len);

    NGX_OK
}

unsafe fn ngx_http_variable_request_length(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    ngx_http_variable_off(r, v, (*r).request_length)
}

/// Seconds with three decimals.
unsafe fn ngx_http_variable_sec_msec(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    sec: time_t,
    msec: ngx_msec_int_t,
) -> ngx_int_t {
    let p = ngx_pnalloc((*r).pool, NGX_TIME_T_LEN + 4);
    if p.is_null() {
        return NGX_ERROR;
    }

    ngx_http_variable_set(v, p, ngx_sprintf!(p, "%T.%03M", sec, msec).offset_from_unsigned(p));

    NGX_OK
}

/// Since the request's first byte.
pub unsafe fn ngx_http_msec_of(r: *mut ngx_http_request_t) -> ngx_msec_int_t {
    let tp = ngx_timeofday();

    let ms =
        (((*tp).sec - (*r).start_sec) * 1000 + ((*tp).msec as time_t - (*r).start_msec as time_t)) as ngx_msec_int_t;

    ngx_max(ms, 0)
}

unsafe fn ngx_http_variable_request_time(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    let ms = ngx_http_msec_of(r);

    ngx_http_variable_sec_msec(r, v, ms as time_t / 1000, ms % 1000)
}

unsafe fn ngx_http_variable_request_id(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    static counter: ngx_global_t<u64> = ngx_global_t::new(0);
    static key: ngx_global_t<[u64; 2]> = ngx_global_t::new([0; 2]);

    let id = ngx_pnalloc((*r).pool, 32);
    if id.is_null() {
        return NGX_ERROR;
    }

    ngx_http_variable_set(v, id, 32);

    if counter.get() == 0 {
        let k0 = ((ngx_random() as u64) << 32) | ngx_random() as u32 as u64;
        let k1 = ((ngx_random() as u64) << 32) | ngx_random() as u32 as u64;

        key.set([k0 ^ ((ngx_pid.get() as u64) << 16), k1 ^ ngx_time() as u64]);
    }

    let [k0, k1] = key.get();
    let mut random_bytes = [0u64; 2];

    for bytes in &mut random_bytes {
        counter.set(counter.get().wrapping_add(1));
        *bytes = ngx_siphash(k0, k1, &counter.get().to_ne_bytes());
    }

    ngx_hex_dump(id, random_bytes.as_mut_ptr().cast(), 16);

    NGX_OK
}

unsafe fn ngx_http_variable_connection(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    let p = ngx_pnalloc((*r).pool, NGX_ATOMIC_T_LEN);
    if p.is_null() {
        return NGX_ERROR;
    }

    ngx_http_variable_set(v, p, ngx_sprintf!(p, "%uA", (*(*r).connection).number).offset_from_unsigned(p));

    NGX_OK
}

unsafe fn ngx_http_variable_connection_requests(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    let p = ngx_pnalloc((*r).pool, NGX_INT_T_LEN);
    if p.is_null() {
        return NGX_ERROR;
    }

    ngx_http_variable_set(v, p, ngx_sprintf!(p, "%ui", (*(*r).connection).requests).offset_from_unsigned(p));

    NGX_OK
}

unsafe fn ngx_http_variable_connection_time(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    let mut ms = ngx_current_msec.get().wrapping_sub((*(*r).connection).start_time) as ngx_msec_int_t;
    ms = ngx_max(ms, 0);

    ngx_http_variable_sec_msec(r, v, ms as time_t / 1000, ms % 1000)
}

unsafe fn ngx_http_variable_nginx_version(
    _r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    ngx_http_variable_set(v, NGINX_VERSION.as_ptr(), NGINX_VERSION.len());

    NGX_OK
}

unsafe fn ngx_http_variable_hostname(
    _r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    ngx_http_variable_set(v, (*ngx_cycle.get()).hostname.data, (*ngx_cycle.get()).hostname.len);

    NGX_OK
}

unsafe fn ngx_http_variable_pid(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    let p = ngx_pnalloc((*r).pool, NGX_INT64_LEN);
    if p.is_null() {
        return NGX_ERROR;
    }

    ngx_http_variable_set(v, p, ngx_sprintf!(p, "%P", ngx_pid.get()).offset_from_unsigned(p));

    NGX_OK
}

unsafe fn ngx_http_variable_msec(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    let tp = ngx_timeofday();

    ngx_http_variable_sec_msec(r, v, (*tp).sec, (*tp).msec as ngx_msec_int_t)
}

/// A copy of a cached time, which changes under the request.
unsafe fn ngx_http_variable_time(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    time: ngx_str_t,
) -> ngx_int_t {
    let p = ngx_pnalloc((*r).pool, time.len);
    if p.is_null() {
        return NGX_ERROR;
    }

    ngx_memcpy(p, time.data, time.len);

    ngx_http_variable_set(v, p, time.len);

    NGX_OK
}

unsafe fn ngx_http_variable_time_iso8601(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    ngx_http_variable_time(r, v, ngx_cached_http_log_iso8601.get())
}

unsafe fn ngx_http_variable_time_local(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    ngx_http_variable_time(r, v, ngx_cached_http_log_time.get())
}

/// The value for `match_`, by the hash and then by the regular expressions in order; NULL.
pub unsafe fn ngx_http_map_find(
    r: *mut ngx_http_request_t,
    map: *mut ngx_http_map_t,
    match_: *mut ngx_str_t,
) -> *mut c_void {
    let len = (*match_).len;
    let mut low = null_mut();

    if len != 0 {
        low = ngx_pnalloc((*r).pool, len);
        if low.is_null() {
            return null_mut();
        }
    }

    let key = ngx_hash_strlow(low, (*match_).data, len);

    let value = ngx_hash_find_combined(&raw mut (*map).hash, key, low, len);
    if !value.is_null() {
        return value;
    }

    #[cfg(feature = "pcre")]
    if len != 0 && (*map).nregex != 0 {
        for i in 0..(*map).nregex {
            let reg = (*map).regex.add(i);

            let n = ngx_http_regex_exec(r, (*reg).regex, match_);

            if n == NGX_OK {
                return (*reg).value;
            }

            if n == NGX_DECLINED {
                continue;
            }

            // NGX_ERROR

            return null_mut();
        }
    }

    null_mut()
}

#[cfg(feature = "pcre")]
unsafe fn ngx_http_variable_not_found(
    _r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    (*v).not_found = true;
    NGX_OK
}

/// Compiles, and makes variables of the named captures; NULL on an error, which is logged.
#[cfg(feature = "pcre")]
pub unsafe fn ngx_http_regex_compile(cf: *mut ngx_conf_t, rc: *mut ngx_regex_compile_t) -> *mut ngx_http_regex_t {
    (*rc).pool = (*cf).pool;

    if ngx_regex_compile(rc) != NGX_OK {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "%V", (*rc).err);
        return null_mut();
    }

    let re: *mut ngx_http_regex_t = ngx_pcalloc((*cf).pool);
    if re.is_null() {
        return null_mut();
    }

    (*re).regex = (*rc).regex;
    (*re).ncaptures = (*rc).captures as ngx_uint_t;
    (*re).name = (*rc).pattern;

    if (*rc).options == 0 {
        (*re).prefix.len = ngx_http_regex_prefix((*re).name.bytes());
        (*re).prefix.data = (*re).name.data.wrapping_add(1);
    }

    let cmcf: *mut ngx_http_core_main_conf_t = ngx_http_conf_get_module_main_conf(cf, &ngx_http_core_module);
    (*cmcf).ncaptures = ngx_max((*cmcf).ncaptures, (*re).ncaptures);

    let n = (*rc).named_captures as ngx_uint_t;

    if n == 0 {
        return re;
    }

    let rv: *mut ngx_http_regex_variable_t = ngx_palloc_n((*rc).pool, n);
    if rv.is_null() {
        return null_mut();
    }

    (*re).variables = rv;
    (*re).nvariables = n;

    let size = (*rc).name_size as usize;
    let mut p = (*rc).names;

    for i in 0..n {
        let rv = rv.add(i);

        // each entry: the capture's number, high byte first, and its name
        (*rv).capture = 2 * (((*p as ngx_uint_t) << 8) + *p.add(1) as ngx_uint_t);

        let mut name = ngx_str_t { len: ngx_strlen(p.add(2)), data: p.add(2) };

        let v = ngx_http_add_variable(cf, &raw mut name, NGX_HTTP_VAR_CHANGEABLE);
        if v.is_null() {
            return null_mut();
        }

        (*rv).index = ngx_http_get_variable_index(cf, &raw mut name);
        if (*rv).index == NGX_ERROR {
            return null_mut();
        }

        (*v).get_handler = Some(ngx_http_variable_not_found);

        p = p.add(size);
    }

    re
}

/// DEVIATION: how many plain bytes after the "^" of a pattern stand at the start of all that it matches. What begins
/// otherwise isn't given to PCRE2, for which starting costs more than failing.
#[cfg(feature = "pcre")]
fn ngx_http_regex_prefix(pattern: &[u8]) -> usize {
    if pattern.first() != Some(&b'^') || pattern.contains(&b'|') {
        return 0;
    }

    let rest = &pattern[1..];
    let plain = rest.iter().take_while(|ch| matches!(ch, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'_' | b'-'));
    let n = plain.count();

    // the last one may be there any number of times, and what says so may stand behind a comment or an empty quotation

    match rest.get(n) {
        Some(b'?' | b'*' | b'{' | b'(' | b'\\') => n.saturating_sub(1),
        _ => n,
    }
}

/// NGX_OK with the captures in the request, NGX_DECLINED without a match, NGX_ERROR.
#[cfg(feature = "pcre")]
pub unsafe fn ngx_http_regex_exec(
    r: *mut ngx_http_request_t,
    re: *mut ngx_http_regex_t,
    s: *mut ngx_str_t,
) -> ngx_int_t {
    let cmcf: *mut ngx_http_core_main_conf_t = ngx_http_get_module_main_conf(r, &ngx_http_core_module);

    let len;

    if (*re).ncaptures != 0 {
        len = (*cmcf).ncaptures;

        if (*r).captures.is_null() || (*r).realloc_captures {
            (*r).realloc_captures = false;
            (*r).ncaptures = 0;

            (*r).captures = ngx_palloc_n((*r).pool, len);
            if (*r).captures.is_null() {
                return NGX_ERROR;
            }
        }
    } else {
        len = 0;
    }

    if !(*s).bytes().starts_with((*re).prefix.bytes()) {
        return NGX_DECLINED;
    }

    let rc = ngx_regex_exec((*re).regex, s, (*r).captures, len);

    if rc == NGX_REGEX_NO_MATCHED {
        return NGX_DECLINED;
    }

    if rc < 0 {
        ngx_log_error!(NGX_LOG_ALERT, (*(*r).connection).log, 0;
                       "pcre2_match() failed: %i on \"%V\" using \"%V\"", rc, s, (*re).name);
        return NGX_ERROR;
    }

    for i in 0..(*re).nvariables {
        let rv = (*re).variables.add(i);

        let n = (*rv).capture;
        let vv = (*r).variables.add((*rv).index as usize);

        let start = *(*r).captures.add(n);

        ngx_http_variable_set(
            vv,
            (*s).data.wrapping_offset(start as isize),
            (*(*r).captures.add(n + 1) - start) as usize,
        );

        #[cfg(feature = "debug")]
        {
            let v = (*cmcf).variables.elts.add((*rv).index as usize);

            ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                           "http regex set $%V to \"%v\"", (*v).name, vv);
        }
    }

    (*r).ncaptures = rc as ngx_uint_t * 2;
    (*r).captures_data = (*s).data;

    NGX_OK
}

pub unsafe fn ngx_http_variables_add_core_vars(cf: *mut ngx_conf_t) -> ngx_int_t {
    let cmcf: *mut ngx_http_core_main_conf_t = ngx_http_conf_get_module_main_conf(cf, &ngx_http_core_module);

    (*cmcf).variables_keys = ngx_pcalloc((*cf).temp_pool);
    if (*cmcf).variables_keys.is_null() {
        return NGX_ERROR;
    }

    (*(*cmcf).variables_keys).pool = (*cf).pool;
    (*(*cmcf).variables_keys).temp_pool = (*cf).pool;

    if ngx_hash_keys_array_init((*cmcf).variables_keys, NGX_HASH_SMALL) != NGX_OK {
        return NGX_ERROR;
    }

    if ngx_array_init(&raw mut (*cmcf).prefix_variables, (*cf).pool, 8) != NGX_OK {
        return NGX_ERROR;
    }

    for cv in ngx_http_core_variables {
        let mut name = cv.name;

        let v = ngx_http_add_variable(cf, &raw mut name, cv.flags);
        if v.is_null() {
            return NGX_ERROR;
        }

        *v = *cv;
    }

    NGX_OK
}

pub unsafe fn ngx_http_variables_init_vars(cf: *mut ngx_conf_t) -> ngx_int_t {
    // who computes the indexed variables

    let cmcf: *mut ngx_http_core_main_conf_t = ngx_http_conf_get_module_main_conf(cf, &ngx_http_core_module);

    let keys = (*(*cmcf).variables_keys).keys.elts;
    let nkeys = (*(*cmcf).variables_keys).keys.nelts;

    'next: for i in 0..(*cmcf).variables.nelts {
        let v = (*cmcf).variables.elts.add(i);

        for n in 0..nkeys {
            let key = keys.add(n);
            let av: *mut ngx_http_variable_t = (*key).value.cast();

            if (*v).name.len == (*key).key.len && ngx_strncmp((*v).name.data, (*key).key.data, (*v).name.len) == 0 {
                (*v).get_handler = (*av).get_handler;
                (*v).data = (*av).data;

                (*av).flags |= NGX_HTTP_VAR_INDEXED;
                (*v).flags = (*av).flags;

                (*av).index = i;

                if (*av).get_handler.is_none() || (*av).flags & NGX_HTTP_VAR_WEAK != 0 {
                    break;
                }

                continue 'next;
            }
        }

        let av = ngx_http_find_prefix_variable(cmcf, &raw mut (*v).name);

        if !av.is_null() {
            (*v).get_handler = (*av).get_handler;
            (*v).data = &raw mut (*v).name as usize;
            (*v).flags = (*av).flags;

            continue 'next;
        }

        if (*v).get_handler.is_none() {
            ngx_log_error!(NGX_LOG_EMERG, (*cf).log, 0; "unknown \"%V\" variable", (*v).name);

            return NGX_ERROR;
        }
    }

    for n in 0..nkeys {
        let av: *mut ngx_http_variable_t = (*keys.add(n)).value.cast();

        if (*av).flags & NGX_HTTP_VAR_NOHASH != 0 {
            (*keys.add(n)).key.data = null_mut();
        }
    }

    let mut hash = ngx_hash_init_t {
        hash: &raw mut (*cmcf).variables_hash,
        key: Some(ngx_hash_key),
        max_size: (*cmcf).variables_hash_max_size,
        bucket_size: (*cmcf).variables_hash_bucket_size,
        name: c"variables_hash".as_ptr(),
        pool: (*cf).pool,
        temp_pool: null_mut(),
    };

    if ngx_hash_init(&raw mut hash, keys, nkeys) != NGX_OK {
        return NGX_ERROR;
    }

    (*cmcf).variables_keys = null_mut();

    NGX_OK
}

#[cfg(all(test, feature = "pcre"))]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_of_a_pattern() {
        for (pattern, prefix) in [
            ("", ""),
            ("^", ""),
            ("/a", ""),
            ("^/a", "/a"),
            ("^/a$", "/a"),
            ("^/a.b", "/a"),
            ("^/ab+", "/ab"),
            ("^/ab?c", "/a"),
            ("^/ab*", "/a"),
            ("^/ab{0}c", "/a"),
            ("^/ab(?#x)?", "/a"),
            ("^/ab\\E?", "/a"),
            ("^/ab\\.c", "/a"),
            ("^/ab(c)", "/a"),
            ("^/ab[|]", ""),
            ("^/ab|/c", ""),
            ("^^/a", ""),
            ("^?/a", ""),
            ("^a?", ""),
            ("(?i)^/a", ""),
        ] {
            let n = ngx_http_regex_prefix(pattern.as_bytes());
            assert_eq!(&pattern.as_bytes()[1.min(pattern.len())..][..n], prefix.as_bytes(), "{pattern}");
        }
    }

    /// CVE-2026-60005: in the clone that slice makes the captures are still the other request's. They get memory of
    /// their own with the next expression, and if that does not match, $1 must not be found there.
    #[test]
    fn no_captures_in_new_memory() {
        unsafe {
            // other tests may see it: it stays
            static log: ngx_global_t<ngx_log_t> = ngx_global_t::zeroed();
            static cycle: ngx_global_t<ngx_cycle_t> = ngx_global_t::zeroed();
            (*cycle.ptr()).log = log.ptr();
            ngx_cycle.set(cycle.ptr());

            let pool = ngx_create_pool(4096, log.ptr());

            ngx_http_core_module.ctx_index.set(0);
            ngx_regex_init();

            let mut err = [0u8; NGX_MAX_CONF_ERRSTR];
            let mut rc: ngx_regex_compile_t = core::mem::zeroed();
            rc.pattern = ngx_string!("mismatch(.*)");
            rc.pool = pool;
            rc.err = ngx_str_t { len: err.len(), data: err.as_mut_ptr() };
            assert_eq!(ngx_regex_compile(&raw mut rc), NGX_OK);

            let mut re: ngx_http_regex_t = core::mem::zeroed();
            re.regex = rc.regex;
            re.ncaptures = 1;

            let cmcf: *mut ngx_http_core_main_conf_t = ngx_pcalloc(pool);
            (*cmcf).ncaptures = 6;
            let mut main_conf: [*mut c_void; 1] = [cmcf.cast()];

            let mut others = [0, 4, 1, 3, 0, 0];

            let r: *mut ngx_http_request_t = ngx_pcalloc(pool);
            (*r).pool = pool;
            (*r).main_conf = main_conf.as_mut_ptr().cast();
            (*r).captures = others.as_mut_ptr();
            (*r).ncaptures = 4;
            (*r).realloc_captures = true;

            let mut s = ngx_string!("test");
            assert_eq!(ngx_http_regex_exec(r, &raw mut re, &raw mut s), NGX_DECLINED);

            assert_ne!((*r).captures, others.as_mut_ptr());
            assert_eq!((*r).ncaptures, 0);

            ngx_destroy_pool(pool);
        }
    }
}
