//! Port of src/http/modules/ngx_http_not_modified_filter_module.c

use crate::core::{
    ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_hash::*, ngx_log::*, ngx_module::*, ngx_parse_time::*,
    ngx_string::*,
};
use crate::http::{
    ngx_http::*, ngx_http_config::*, ngx_http_core_module::*, ngx_http_request::*, ngx_http_special_response::*,
};

static ngx_http_not_modified_filter_module_ctx: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: None,
    postconfiguration: Some(ngx_http_not_modified_filter_init),

    create_main_conf: None,
    init_main_conf: None,

    create_srv_conf: None,
    merge_srv_conf: None,

    create_loc_conf: None,
    merge_loc_conf: None,
};

pub static ngx_http_not_modified_filter_module: ngx_module_t = ngx_module_t {
    name: c"ngx_http_not_modified_filter_module",
    ctx: (&raw const ngx_http_not_modified_filter_module_ctx).cast(),
    type_: NGX_HTTP_MODULE,
    ..NGX_MODULE_V1()
};

static ngx_http_next_header_filter: ngx_global_t<ngx_http_output_header_filter_pt> = ngx_global_t::new(None);

unsafe fn ngx_http_not_modified_header_filter(r: *mut ngx_http_request_t) -> ngx_int_t {
    if (*r).headers_out.status != NGX_HTTP_OK as ngx_uint_t || r != (*r).main || (*r).disable_not_modified {
        return ngx_http_next_header_filter.get().unwrap()(r);
    }

    if !(*r).headers_in.if_unmodified_since.is_null() && !ngx_http_test_if_unmodified(r) {
        return ngx_http_filter_finalize_request(r, null_mut(), NGX_HTTP_PRECONDITION_FAILED);
    }

    if !(*r).headers_in.if_match.is_null() && !ngx_http_test_if_match(r, (*r).headers_in.if_match, false) {
        return ngx_http_filter_finalize_request(r, null_mut(), NGX_HTTP_PRECONDITION_FAILED);
    }

    if !(*r).headers_in.if_modified_since.is_null() || !(*r).headers_in.if_none_match.is_null() {
        if !(*r).headers_in.if_modified_since.is_null() && ngx_http_test_if_modified(r) {
            return ngx_http_next_header_filter.get().unwrap()(r);
        }

        if !(*r).headers_in.if_none_match.is_null() && !ngx_http_test_if_match(r, (*r).headers_in.if_none_match, true) {
            return ngx_http_next_header_filter.get().unwrap()(r);
        }

        // not modified

        (*r).headers_out.status = NGX_HTTP_NOT_MODIFIED as ngx_uint_t;
        (*r).headers_out.status_line.len = 0;
        (*r).headers_out.content_type.len = 0;
        ngx_http_clear_content_length(r);
        ngx_http_clear_accept_ranges(r);

        if !(*r).headers_out.content_encoding.is_null() {
            (*(*r).headers_out.content_encoding).hash = 0;
            (*r).headers_out.content_encoding = null_mut();
        }

        return ngx_http_next_header_filter.get().unwrap()(r);
    }

    ngx_http_next_header_filter.get().unwrap()(r)
}

unsafe fn ngx_http_test_if_unmodified(r: *mut ngx_http_request_t) -> bool {
    if (*r).headers_out.last_modified_time == -1 {
        return false;
    }

    let value = (*(*r).headers_in.if_unmodified_since).value;
    let iums = ngx_parse_http_time(value.data, value.len);

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                   "http iums:%T lm:%T", iums, (*r).headers_out.last_modified_time);

    iums >= (*r).headers_out.last_modified_time
}

unsafe fn ngx_http_test_if_modified(r: *mut ngx_http_request_t) -> bool {
    if (*r).headers_out.last_modified_time == -1 {
        return true;
    }

    let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

    if (*clcf).if_modified_since == NGX_HTTP_IMS_OFF {
        return true;
    }

    let value = (*(*r).headers_in.if_modified_since).value;
    let ims = ngx_parse_http_time(value.data, value.len);

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                   "http ims:%T lm:%T", ims, (*r).headers_out.last_modified_time);

    if ims == (*r).headers_out.last_modified_time {
        return false;
    }

    (*clcf).if_modified_since == NGX_HTTP_IMS_EXACT || ims < (*r).headers_out.last_modified_time
}

unsafe fn ngx_http_test_if_match(r: *mut ngx_http_request_t, header: *mut ngx_table_elt_t, weak: bool) -> bool {
    let list = &raw const (*header).value;

    if (*list).len == 1 && *(*list).data == b'*' {
        return true;
    }

    if (*r).headers_out.etag.is_null() {
        return false;
    }

    let mut etag = (*(*r).headers_out.etag).value;

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "http im:\"%V\" etag:%V", list, etag);

    if weak && etag.len > 2 && *etag.data == b'W' && *etag.data.add(1) == b'/' {
        etag.len -= 2;
        etag.data = etag.data.add(2);
    }

    let mut start = (*list).data;
    let end = (*list).data.add((*list).len);

    while start < end {
        if weak && end.offset_from(start) > 2 && *start == b'W' && *start.add(1) == b'/' {
            start = start.add(2);
        }

        if etag.len > end.offset_from_unsigned(start) {
            return false;
        }

        'skip: {
            if ngx_strncmp(start, etag.data, etag.len) != 0 {
                break 'skip;
            }

            start = start.add(etag.len);

            while start < end && (*start == b' ' || *start == b'\t') {
                start = start.add(1);
            }

            if start == end || *start == b',' {
                return true;
            }
        }

        while start < end && *start != b',' {
            start = start.add(1);
        }

        while start < end && (*start == b' ' || *start == b'\t' || *start == b',') {
            start = start.add(1);
        }
    }

    false
}

unsafe fn ngx_http_not_modified_filter_init(_cf: *mut ngx_conf_t) -> ngx_int_t {
    ngx_http_next_header_filter.set(ngx_http_top_header_filter.get());
    ngx_http_top_header_filter.set(Some(ngx_http_not_modified_header_filter));

    NGX_OK
}
