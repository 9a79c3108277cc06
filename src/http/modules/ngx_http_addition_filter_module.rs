//! Port of src/http/modules/ngx_http_addition_filter_module.c

use crate::core::{
    ngx_array::*, ngx_buf::*, ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_hash::*, ngx_module::*, ngx_palloc::*,
    ngx_string::*,
};
use crate::http::{ngx_http::*, ngx_http_config::*, ngx_http_core_module::*, ngx_http_request::*};

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_addition_conf_t {
    before_body: ngx_str_t,
    after_body: ngx_str_t,

    types: ngx_hash_t,
    types_keys: *mut ngx_array_t<ngx_hash_key_t>,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_addition_ctx_t {
    before_body_sent: bool,
}

static ngx_http_addition_commands: &[ngx_command_t] = &[
    ngx_command_t {
        name: ngx_string!("add_before_body"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_str_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_addition_conf_t, before_body: ngx_str_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("add_after_body"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_str_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_addition_conf_t, after_body: ngx_str_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("addition_types"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_1MORE,
        set: Some(ngx_http_types_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_addition_conf_t, types_keys: *mut ngx_array_t<ngx_hash_key_t>),
        post: (&raw const ngx_http_html_default_types).cast(),
    },
];

static ngx_http_addition_filter_module_ctx: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: None,
    postconfiguration: Some(ngx_http_addition_filter_init),

    create_main_conf: None,
    init_main_conf: None,

    create_srv_conf: None,
    merge_srv_conf: None,

    create_loc_conf: Some(ngx_http_addition_create_conf),
    merge_loc_conf: Some(ngx_http_addition_merge_conf),
};

pub static ngx_http_addition_filter_module: ngx_module_t = ngx_module_t {
    name: c"ngx_http_addition_filter_module",
    ctx: (&raw const ngx_http_addition_filter_module_ctx).cast(),
    commands: ngx_http_addition_commands,
    type_: NGX_HTTP_MODULE,
    ..NGX_MODULE_V1()
};

static ngx_http_next_header_filter: ngx_global_t<ngx_http_output_header_filter_pt> = ngx_global_t::new(None);
static ngx_http_next_body_filter: ngx_global_t<ngx_http_output_body_filter_pt> = ngx_global_t::new(None);

unsafe fn ngx_http_addition_header_filter(r: *mut ngx_http_request_t) -> ngx_int_t {
    if (*r).headers_out.status != NGX_HTTP_OK as ngx_uint_t || r != (*r).main {
        return ngx_http_next_header_filter.get().unwrap()(r);
    }

    let conf: *mut ngx_http_addition_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_addition_filter_module);

    if (*conf).before_body.len == 0 && (*conf).after_body.len == 0 {
        return ngx_http_next_header_filter.get().unwrap()(r);
    }

    if ngx_http_test_content_type(r, &raw mut (*conf).types).is_null() {
        return ngx_http_next_header_filter.get().unwrap()(r);
    }

    let ctx: *mut ngx_http_addition_ctx_t = ngx_pcalloc((*r).pool);
    if ctx.is_null() {
        return NGX_ERROR;
    }

    ngx_http_set_ctx(r, ctx, &ngx_http_addition_filter_module);

    ngx_http_clear_content_length(r);
    ngx_http_clear_accept_ranges(r);
    ngx_http_weak_etag(r);

    (*r).preserve_body = true;

    ngx_http_next_header_filter.get().unwrap()(r)
}

unsafe fn ngx_http_addition_body_filter(r: *mut ngx_http_request_t, in_: *mut ngx_chain_t) -> ngx_int_t {
    let mut sr: *mut ngx_http_request_t = null_mut();

    if in_.is_null() || (*r).header_only {
        return ngx_http_next_body_filter.get().unwrap()(r, in_);
    }

    let ctx: *mut ngx_http_addition_ctx_t = ngx_http_get_module_ctx(r, &ngx_http_addition_filter_module);

    if ctx.is_null() {
        return ngx_http_next_body_filter.get().unwrap()(r, in_);
    }

    let conf: *mut ngx_http_addition_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_addition_filter_module);

    if !(*ctx).before_body_sent {
        (*ctx).before_body_sent = true;

        if (*conf).before_body.len != 0
            && ngx_http_subrequest(r, &raw mut (*conf).before_body, null_mut(), &raw mut sr, null_mut(), 0) != NGX_OK
        {
            return NGX_ERROR;
        }
    }

    if (*conf).after_body.len == 0 {
        ngx_http_set_ctx::<ngx_http_addition_ctx_t>(r, null_mut(), &ngx_http_addition_filter_module);
        return ngx_http_next_body_filter.get().unwrap()(r, in_);
    }

    let mut last = false;

    let mut cl = in_;
    while !cl.is_null() {
        if (*(*cl).buf).last_buf {
            (*(*cl).buf).last_buf = false;
            (*(*cl).buf).last_in_chain = true;
            (*(*cl).buf).sync = true;
            last = true;
        }

        cl = (*cl).next;
    }

    let rc = ngx_http_next_body_filter.get().unwrap()(r, in_);

    if rc == NGX_ERROR || !last || (*conf).after_body.len == 0 {
        return rc;
    }

    if ngx_http_subrequest(r, &raw mut (*conf).after_body, null_mut(), &raw mut sr, null_mut(), 0) != NGX_OK {
        return NGX_ERROR;
    }

    ngx_http_set_ctx::<ngx_http_addition_ctx_t>(r, null_mut(), &ngx_http_addition_filter_module);

    ngx_http_send_special(r, NGX_HTTP_LAST)
}

unsafe fn ngx_http_addition_filter_init(_cf: *mut ngx_conf_t) -> ngx_int_t {
    ngx_http_next_header_filter.set(ngx_http_top_header_filter.get());
    ngx_http_top_header_filter.set(Some(ngx_http_addition_header_filter));

    ngx_http_next_body_filter.set(ngx_http_top_body_filter.get());
    ngx_http_top_body_filter.set(Some(ngx_http_addition_body_filter));

    NGX_OK
}

unsafe fn ngx_http_addition_create_conf(cf: *mut ngx_conf_t) -> *mut c_void {
    let conf: *mut ngx_http_addition_conf_t = ngx_pcalloc((*cf).pool);

    conf.cast()
}

unsafe fn ngx_http_addition_merge_conf(cf: *mut ngx_conf_t, parent: *mut c_void, child: *mut c_void) -> ngx_conf_ret_t {
    let prev: *mut ngx_http_addition_conf_t = parent.cast();
    let conf: *mut ngx_http_addition_conf_t = child.cast();

    ngx_conf_merge_str_value!((*conf).before_body, (*prev).before_body, "");
    ngx_conf_merge_str_value!((*conf).after_body, (*prev).after_body, "");

    if ngx_http_merge_types(
        cf,
        &raw mut (*conf).types_keys,
        &raw mut (*conf).types,
        &raw mut (*prev).types_keys,
        &raw mut (*prev).types,
        (&raw const ngx_http_html_default_types).cast_mut().cast(),
    ) != NGX_CONF_OK
    {
        return NGX_CONF_ERROR;
    }

    NGX_CONF_OK
}
