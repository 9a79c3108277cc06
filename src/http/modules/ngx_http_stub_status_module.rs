//! Port of src/http/modules/ngx_http_stub_status_module.c
//! Ours: "stub_status prometheus", in ngx_http_stub_status_prometheus.rs.

use crate::core::{
    ngx_buf::*, ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_module::*, ngx_palloc::*, ngx_string::*,
};
use crate::event::ngx_event::*;
use crate::http::{
    modules::ngx_http_stub_status_prometheus::*, ngx_http_config::*, ngx_http_core_module::*, ngx_http_request::*,
    ngx_http_request_body::*, ngx_http_variables::*,
};
use crate::os::unix::ngx_atomic::*;

static ngx_http_status_commands: &[ngx_command_t] = &[ngx_command_t {
    name: ngx_string!("stub_status"),
    type_: NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_NOARGS | NGX_CONF_TAKE1,
    set: Some(ngx_http_set_stub_status),
    conf: 0,
    offset: 0,
    post: null(),
}];

static ngx_http_stub_status_module_ctx: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: Some(ngx_http_stub_status_add_variables),
    postconfiguration: Some(ngx_http_status_prometheus_init),

    create_main_conf: Some(ngx_http_status_create_main_conf),
    init_main_conf: None,

    create_srv_conf: Some(ngx_http_status_create_srv_conf),
    merge_srv_conf: None,

    create_loc_conf: None,
    merge_loc_conf: None,
};

pub static ngx_http_stub_status_module: ngx_module_t = ngx_module_t {
    name: c"ngx_http_stub_status_module",
    ctx: (&raw const ngx_http_stub_status_module_ctx).cast(),
    commands: ngx_http_status_commands,
    type_: NGX_HTTP_MODULE,
    ..NGX_MODULE_V1()
};

static ngx_http_stub_status_vars: &[ngx_http_variable_t] = &[
    ngx_http_variable_t {
        name: ngx_string!("connections_active"),
        set_handler: None,
        get_handler: Some(ngx_http_stub_status_variable),
        data: 0,
        flags: NGX_HTTP_VAR_NOCACHEABLE,
        index: 0,
    },
    ngx_http_variable_t {
        name: ngx_string!("connections_reading"),
        set_handler: None,
        get_handler: Some(ngx_http_stub_status_variable),
        data: 1,
        flags: NGX_HTTP_VAR_NOCACHEABLE,
        index: 0,
    },
    ngx_http_variable_t {
        name: ngx_string!("connections_writing"),
        set_handler: None,
        get_handler: Some(ngx_http_stub_status_variable),
        data: 2,
        flags: NGX_HTTP_VAR_NOCACHEABLE,
        index: 0,
    },
    ngx_http_variable_t {
        name: ngx_string!("connections_waiting"),
        set_handler: None,
        get_handler: Some(ngx_http_stub_status_variable),
        data: 3,
        flags: NGX_HTTP_VAR_NOCACHEABLE,
        index: 0,
    },
];

unsafe fn ngx_http_stub_status_handler(r: *mut ngx_http_request_t) -> ngx_int_t {
    if (*r).method & (NGX_HTTP_GET | NGX_HTTP_HEAD) == 0 {
        return NGX_HTTP_NOT_ALLOWED;
    }

    let mut rc = ngx_http_discard_request_body(r);

    if rc != NGX_OK {
        return rc;
    }

    (*r).headers_out.content_type_len = "text/plain".len();
    ngx_str_set!(&raw mut (*r).headers_out.content_type, "text/plain");
    (*r).headers_out.content_type_lowcase = null_mut();

    let size = "Active connections:  \n\0".len()
        + NGX_ATOMIC_T_LEN
        + "server accepts handled requests\n".len()
        + 6
        + 3 * NGX_ATOMIC_T_LEN
        + "Reading:  Writing:  Waiting:  \n\0".len()
        + 3 * NGX_ATOMIC_T_LEN;

    let b = ngx_create_temp_buf((*r).pool, size);
    if b.is_null() {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    let mut out = ngx_chain_t { buf: b, next: null_mut() };

    let ap = ngx_atomic_load(ngx_stat_accepted.get());
    let hn = ngx_atomic_load(ngx_stat_handled.get());
    let ac = ngx_atomic_load(ngx_stat_active.get());
    let rq = ngx_atomic_load(ngx_stat_requests.get());
    let rd = ngx_atomic_load(ngx_stat_reading.get());
    let wr = ngx_atomic_load(ngx_stat_writing.get());
    let wa = ngx_atomic_load(ngx_stat_waiting.get());

    (*b).last = ngx_sprintf!((*b).last, "Active connections: %uA \n", ac);

    (*b).last = ngx_cpylit((*b).last, b"server accepts handled requests\n");

    (*b).last = ngx_sprintf!((*b).last, " %uA %uA %uA \n", ap, hn, rq);

    (*b).last = ngx_sprintf!((*b).last, "Reading: %uA Writing: %uA Waiting: %uA \n", rd, wr, wa);

    (*r).headers_out.status = NGX_HTTP_OK as ngx_uint_t;
    (*r).headers_out.content_length_n = (*b).last.offset_from((*b).pos) as off_t;

    (*b).last_buf = r == (*r).main;
    (*b).last_in_chain = true;

    rc = ngx_http_send_header(r);

    if rc == NGX_ERROR || rc > NGX_OK || (*r).header_only {
        return rc;
    }

    ngx_http_output_filter(r, &raw mut out)
}

unsafe fn ngx_http_stub_status_variable(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    data: usize,
) -> ngx_int_t {
    let p = ngx_pnalloc((*r).pool, NGX_ATOMIC_T_LEN);
    if p.is_null() {
        return NGX_ERROR;
    }

    let value = match data {
        0 => ngx_atomic_load(ngx_stat_active.get()),
        1 => ngx_atomic_load(ngx_stat_reading.get()),
        2 => ngx_atomic_load(ngx_stat_writing.get()),
        3 => ngx_atomic_load(ngx_stat_waiting.get()),
        _ => 0,
    };

    (*v).len = ngx_sprintf!(p, "%uA", value).offset_from_unsigned(p) as u32;
    (*v).valid = true;
    (*v).no_cacheable = false;
    (*v).not_found = false;
    (*v).data = p;

    NGX_OK
}

unsafe fn ngx_http_stub_status_add_variables(cf: *mut ngx_conf_t) -> ngx_int_t {
    for v in ngx_http_stub_status_vars {
        let var = ngx_http_add_variable(cf, (&raw const v.name).cast_mut(), v.flags);
        if var.is_null() {
            return NGX_ERROR;
        }

        (*var).get_handler = v.get_handler;
        (*var).data = v.data;
    }

    NGX_OK
}

unsafe fn ngx_http_set_stub_status(
    cf: *mut ngx_conf_t,
    _cmd: *const ngx_command_t,
    _conf: *mut c_void,
) -> ngx_conf_ret_t {
    let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_conf_get_module_loc_conf(cf, &ngx_http_core_module);
    (*clcf).handler = Some(ngx_http_stub_status_handler);

    // DEVIATION: nginx takes any argument and makes nothing of it; this one asks for another form

    if (*(*cf).args).nelts > 1 && (*(*(*cf).args).elts.add(1)).bytes() == b"prometheus" {
        (*clcf).handler = Some(ngx_http_status_prometheus_handler);
        ngx_http_status_prometheus_enable(cf);
    }

    NGX_CONF_OK
}
