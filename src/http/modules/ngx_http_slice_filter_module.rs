//! Port of src/http/modules/ngx_http_slice_filter_module.c

use crate::core::ngx_buf::*;
use crate::core::{
    ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_log::*, ngx_module::*, ngx_palloc::*, ngx_string::*,
};
use crate::http::{
    ngx_http::*, ngx_http_config::*, ngx_http_core_module::*, ngx_http_request::*, ngx_http_variables::*,
};

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_slice_loc_conf_t {
    size: usize,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_slice_ctx_t {
    start: off_t,
    end: off_t,
    range: ngx_str_t,
    etag: ngx_str_t,
    last: bool,
    active: bool,
    sr: *mut ngx_http_request_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_slice_content_range_t {
    start: off_t,
    end: off_t,
    complete_length: off_t,
}

static ngx_http_slice_filter_commands: &[ngx_command_t] = &[ngx_command_t {
    name: ngx_string!("slice"),
    type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
    set: Some(ngx_conf_set_size_slot),
    conf: NGX_HTTP_LOC_CONF_OFFSET,
    offset: ngx_offsetof!(ngx_http_slice_loc_conf_t, size: usize),
    post: null(),
}];

static ngx_http_slice_filter_module_ctx: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: Some(ngx_http_slice_add_variables),
    postconfiguration: Some(ngx_http_slice_init),

    create_main_conf: None,
    init_main_conf: None,

    create_srv_conf: None,
    merge_srv_conf: None,

    create_loc_conf: Some(ngx_http_slice_create_loc_conf),
    merge_loc_conf: Some(ngx_http_slice_merge_loc_conf),
};

pub static ngx_http_slice_filter_module: ngx_module_t = ngx_module_t {
    name: c"ngx_http_slice_filter_module",
    ctx: (&raw const ngx_http_slice_filter_module_ctx).cast(),
    commands: ngx_http_slice_filter_commands,
    type_: NGX_HTTP_MODULE,
    ..NGX_MODULE_V1()
};

const ngx_http_slice_range_name: ngx_str_t = ngx_string!("slice_range");

static ngx_http_next_header_filter: ngx_global_t<ngx_http_output_header_filter_pt> = ngx_global_t::new(None);
static ngx_http_next_body_filter: ngx_global_t<ngx_http_output_body_filter_pt> = ngx_global_t::new(None);

unsafe fn ngx_http_slice_header_filter(r: *mut ngx_http_request_t) -> ngx_int_t {
    let ctx: *mut ngx_http_slice_ctx_t = ngx_http_get_module_ctx(r, &ngx_http_slice_filter_module);
    if ctx.is_null() {
        return ngx_http_next_header_filter.get().unwrap()(r);
    }

    if (*r).headers_out.status != NGX_HTTP_PARTIAL_CONTENT as ngx_uint_t {
        if r == (*r).main {
            ngx_http_set_ctx(r, null_mut::<c_void>(), &ngx_http_slice_filter_module);
            return ngx_http_next_header_filter.get().unwrap()(r);
        }

        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                       "unexpected status code %ui in slice response", (*r).headers_out.status);
        return NGX_ERROR;
    }

    let h = (*r).headers_out.etag;

    if (*ctx).etag.len != 0 && (h.is_null() || (*h).value.bytes() != (*ctx).etag.bytes()) {
        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0; "etag mismatch in slice response");
        return NGX_ERROR;
    }

    if !h.is_null() {
        (*ctx).etag = (*h).value;
    }

    let mut cr = ngx_http_slice_content_range_t { start: 0, end: 0, complete_length: 0 };

    if ngx_http_slice_parse_content_range(r, &raw mut cr) != NGX_OK {
        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0; "invalid range in slice response");
        return NGX_ERROR;
    }

    if cr.complete_length == -1 {
        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0; "no complete length in slice response");
        return NGX_ERROR;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                   "http slice response range: %O-%O/%O", cr.start, cr.end, cr.complete_length);

    let slcf: *mut ngx_http_slice_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_slice_filter_module);

    // the numbers are the upstream server's: the sums may wrap

    let end = ngx_min(cr.start.wrapping_add((*slcf).size as off_t), cr.complete_length);

    if cr.start != (*ctx).start || cr.end != end {
        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                       "unexpected range in slice response: %O-%O, expected: %O-%O",
                       cr.start, cr.end, (*ctx).start, end);
        return NGX_ERROR;
    }

    (*ctx).start = end;
    (*ctx).active = true;

    (*r).headers_out.status = NGX_HTTP_OK as ngx_uint_t;
    (*r).headers_out.status_line.len = 0;
    (*r).headers_out.content_length_n = cr.complete_length;
    (*r).headers_out.content_offset = cr.start;
    (*(*r).headers_out.content_range).hash = 0;
    (*r).headers_out.content_range = null_mut();

    if !(*r).headers_out.accept_ranges.is_null() {
        (*(*r).headers_out.accept_ranges).hash = 0;
        (*r).headers_out.accept_ranges = null_mut();
    }

    (*r).allow_ranges = true;
    (*r).subrequest_ranges = true;
    (*r).single_range = true;

    let rc = ngx_http_next_header_filter.get().unwrap()(r);

    if r != (*r).main {
        return rc;
    }

    (*r).preserve_body = true;

    if (*r).headers_out.status == NGX_HTTP_PARTIAL_CONTENT as ngx_uint_t {
        let size = (*slcf).size as off_t;

        if (*ctx).start.wrapping_add(size) <= (*r).headers_out.content_offset {
            (*ctx).start = size * ((*r).headers_out.content_offset / size);
        }

        (*ctx).end = (*r).headers_out.content_offset + (*r).headers_out.content_length_n;
    } else {
        (*ctx).end = cr.complete_length;
    }

    rc
}

unsafe fn ngx_http_slice_body_filter(r: *mut ngx_http_request_t, in_: *mut ngx_chain_t) -> ngx_int_t {
    let ctx: *mut ngx_http_slice_ctx_t = ngx_http_get_module_ctx(r, &ngx_http_slice_filter_module);

    if ctx.is_null() || r != (*r).main {
        return ngx_http_next_body_filter.get().unwrap()(r, in_);
    }

    let mut cl = in_;
    while !cl.is_null() {
        if (*(*cl).buf).last_buf {
            (*(*cl).buf).last_buf = false;
            (*(*cl).buf).last_in_chain = true;
            (*(*cl).buf).sync = true;
            (*ctx).last = true;
        }

        cl = (*cl).next;
    }

    let rc = ngx_http_next_body_filter.get().unwrap()(r, in_);

    if rc == NGX_ERROR || !(*ctx).last {
        return rc;
    }

    if !(*ctx).sr.is_null() && !(*(*ctx).sr).done {
        return rc;
    }

    if !(*ctx).active {
        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0; "missing slice response");
        return NGX_ERROR;
    }

    if (*ctx).start >= (*ctx).end {
        ngx_http_set_ctx(r, null_mut::<c_void>(), &ngx_http_slice_filter_module);
        let _ = ngx_http_send_special(r, NGX_HTTP_LAST);
        return rc;
    }

    if (*r).buffered != 0 {
        return rc;
    }

    if ngx_http_subrequest(
        r,
        &raw mut (*r).uri,
        &raw mut (*r).args,
        &raw mut (*ctx).sr,
        null_mut(),
        NGX_HTTP_SUBREQUEST_CLONE,
    ) != NGX_OK
    {
        return NGX_ERROR;
    }

    ngx_http_set_ctx((*ctx).sr, ctx, &ngx_http_slice_filter_module);

    let slcf: *mut ngx_http_slice_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_slice_filter_module);

    (*ctx).range.len = ngx_sprintf!(
        (*ctx).range.data,
        "bytes=%O-%O",
        (*ctx).start,
        (*ctx).start.wrapping_add((*slcf).size as off_t).wrapping_sub(1)
    )
    .offset_from_unsigned((*ctx).range.data);

    (*ctx).active = false;

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "http slice subrequest: \"%V\"", (*ctx).range);

    rc
}

unsafe fn ngx_http_slice_parse_content_range(
    r: *mut ngx_http_request_t,
    cr: *mut ngx_http_slice_content_range_t,
) -> ngx_int_t {
    let h = (*r).headers_out.content_range;

    if h.is_null() || (*h).value.len < 7 || !(*h).value.bytes().starts_with(b"bytes ") {
        return NGX_ERROR;
    }

    // header values end with a NUL

    let mut p = (*h).value.data.add(6);

    let cutoff = NGX_MAX_OFF_T_VALUE / 10;
    let cutlim = NGX_MAX_OFF_T_VALUE % 10;

    let mut start: off_t = 0;
    let mut end: off_t = 0;
    let mut complete_length: off_t = 0;

    while *p == b' ' {
        p = p.add(1);
    }

    if !(*p).is_ascii_digit() {
        return NGX_ERROR;
    }

    while (*p).is_ascii_digit() {
        let digit = (*p - b'0') as off_t;

        if start >= cutoff && (start > cutoff || digit > cutlim) {
            return NGX_ERROR;
        }

        start = start * 10 + digit;
        p = p.add(1);
    }

    while *p == b' ' {
        p = p.add(1);
    }

    if *p != b'-' {
        return NGX_ERROR;
    }
    p = p.add(1);

    while *p == b' ' {
        p = p.add(1);
    }

    if !(*p).is_ascii_digit() {
        return NGX_ERROR;
    }

    while (*p).is_ascii_digit() {
        let digit = (*p - b'0') as off_t;

        if end >= cutoff && (end > cutoff || digit > cutlim) {
            return NGX_ERROR;
        }

        end = end * 10 + digit;
        p = p.add(1);
    }

    end = end.wrapping_add(1);

    while *p == b' ' {
        p = p.add(1);
    }

    if *p != b'/' {
        return NGX_ERROR;
    }
    p = p.add(1);

    while *p == b' ' {
        p = p.add(1);
    }

    if *p != b'*' {
        if !(*p).is_ascii_digit() {
            return NGX_ERROR;
        }

        while (*p).is_ascii_digit() {
            let digit = (*p - b'0') as off_t;

            if complete_length >= cutoff && (complete_length > cutoff || digit > cutlim) {
                return NGX_ERROR;
            }

            complete_length = complete_length * 10 + digit;
            p = p.add(1);
        }
    } else {
        complete_length = -1;
        p = p.add(1);
    }

    while *p == b' ' {
        p = p.add(1);
    }

    if *p != 0 {
        return NGX_ERROR;
    }

    (*cr).start = start;
    (*cr).end = end;
    (*cr).complete_length = complete_length;

    NGX_OK
}

unsafe fn ngx_http_slice_range_variable(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    let mut ctx: *mut ngx_http_slice_ctx_t = ngx_http_get_module_ctx(r, &ngx_http_slice_filter_module);

    if ctx.is_null() {
        if r != (*r).main || (*r).headers_out.status != 0 {
            (*v).not_found = true;
            return NGX_OK;
        }

        let slcf: *mut ngx_http_slice_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_slice_filter_module);

        if (*slcf).size == 0 {
            (*v).not_found = true;
            return NGX_OK;
        }

        ctx = ngx_pcalloc((*r).pool);
        if ctx.is_null() {
            return NGX_ERROR;
        }

        let p = ngx_pnalloc((*r).pool, "bytes=-".len() + 2 * NGX_OFF_T_LEN);
        if p.is_null() {
            return NGX_ERROR;
        }

        ngx_http_set_ctx(r, ctx, &ngx_http_slice_filter_module);

        let size = (*slcf).size as off_t;

        (*ctx).start = size * (ngx_http_slice_get_start(r) / size);

        (*ctx).range.data = p;
        (*ctx).range.len =
            ngx_sprintf!(p, "bytes=%O-%O", (*ctx).start, (*ctx).start.wrapping_add(size).wrapping_sub(1))
                .offset_from_unsigned(p);
    }

    (*v).data = (*ctx).range.data;
    (*v).valid = true;
    (*v).not_found = false;
    (*v).no_cacheable = true;
    (*v).len = (*ctx).range.len as u32;

    NGX_OK
}

unsafe fn ngx_http_slice_get_start(r: *mut ngx_http_request_t) -> off_t {
    if !(*r).headers_in.if_range.is_null() {
        return 0;
    }

    let h = (*r).headers_in.range;

    if h.is_null() || (*h).value.len < 7 || ngx_strncasecmp((*h).value.data, b"bytes=".as_ptr(), 6) != 0 {
        return 0;
    }

    let mut p = (*h).value.data.add(6);

    if !ngx_strchr(p, b',').is_null() {
        return 0;
    }

    while *p == b' ' {
        p = p.add(1);
    }

    if *p == b'-' {
        return 0;
    }

    let cutoff = NGX_MAX_OFF_T_VALUE / 10;
    let cutlim = NGX_MAX_OFF_T_VALUE % 10;

    let mut start: off_t = 0;

    while (*p).is_ascii_digit() {
        let digit = (*p - b'0') as off_t;

        if start >= cutoff && (start > cutoff || digit > cutlim) {
            return 0;
        }

        start = start * 10 + digit;
        p = p.add(1);
    }

    start
}

unsafe fn ngx_http_slice_create_loc_conf(cf: *mut ngx_conf_t) -> *mut c_void {
    let slcf: *mut ngx_http_slice_loc_conf_t = ngx_palloc((*cf).pool);
    if slcf.is_null() {
        return null_mut();
    }

    (*slcf).size = NGX_CONF_UNSET_SIZE;

    slcf.cast()
}

unsafe fn ngx_http_slice_merge_loc_conf(
    _cf: *mut ngx_conf_t,
    parent: *mut c_void,
    child: *mut c_void,
) -> ngx_conf_ret_t {
    let prev: *mut ngx_http_slice_loc_conf_t = parent.cast();
    let conf: *mut ngx_http_slice_loc_conf_t = child.cast();

    ngx_conf_merge_size_value!((*conf).size, (*prev).size, 0);

    NGX_CONF_OK
}

unsafe fn ngx_http_slice_add_variables(cf: *mut ngx_conf_t) -> ngx_int_t {
    let mut name = ngx_http_slice_range_name;

    let var = ngx_http_add_variable(cf, &raw mut name, 0);
    if var.is_null() {
        return NGX_ERROR;
    }

    (*var).get_handler = Some(ngx_http_slice_range_variable);

    NGX_OK
}

unsafe fn ngx_http_slice_init(_cf: *mut ngx_conf_t) -> ngx_int_t {
    ngx_http_next_header_filter.set(ngx_http_top_header_filter.get());
    ngx_http_top_header_filter.set(Some(ngx_http_slice_header_filter));

    ngx_http_next_body_filter.set(ngx_http_top_body_filter.get());
    ngx_http_top_body_filter.set(Some(ngx_http_slice_body_filter));

    NGX_OK
}
