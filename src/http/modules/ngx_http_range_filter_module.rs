//! Port of src/http/modules/ngx_http_range_filter_module.c
//!
//! One file, two modules: the header filter turns 200 into 206 and writes Content-Range, or for several ranges
//! "multipart/byteranges"; the body filter cuts the parts out of the chain and puts before each a boundary with the
//! part's own Content-Type and Content-Range, and a last boundary behind them.

use crate::core::{
    ngx_array::*, ngx_buf::*, ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_file::*, ngx_list::*, ngx_log::*,
    ngx_module::*, ngx_palloc::*, ngx_parse_time::*, ngx_string::*,
};
use crate::http::{ngx_http::*, ngx_http_config::*, ngx_http_core_module::*, ngx_http_request::*};
use crate::os::unix::ngx_atomic::*;

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_range_t {
    start: off_t,
    end: off_t,
    content_range: ngx_str_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_range_filter_ctx_t {
    offset: off_t,
    boundary_header: ngx_str_t,
    ranges: ngx_array_t<ngx_http_range_t>,
}

static ngx_http_range_header_filter_module_ctx: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: None,
    postconfiguration: Some(ngx_http_range_header_filter_init),

    create_main_conf: None,
    init_main_conf: None,

    create_srv_conf: None,
    merge_srv_conf: None,

    create_loc_conf: None,
    merge_loc_conf: None,
};

pub static ngx_http_range_header_filter_module: ngx_module_t = ngx_module_t {
    name: c"ngx_http_range_header_filter_module",
    ctx: (&raw const ngx_http_range_header_filter_module_ctx).cast(),
    type_: NGX_HTTP_MODULE,
    ..NGX_MODULE_V1()
};

static ngx_http_range_body_filter_module_ctx: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: None,
    postconfiguration: Some(ngx_http_range_body_filter_init),

    create_main_conf: None,
    init_main_conf: None,

    create_srv_conf: None,
    merge_srv_conf: None,

    create_loc_conf: None,
    merge_loc_conf: None,
};

pub static ngx_http_range_body_filter_module: ngx_module_t = ngx_module_t {
    name: c"ngx_http_range_body_filter_module",
    ctx: (&raw const ngx_http_range_body_filter_module_ctx).cast(),
    type_: NGX_HTTP_MODULE,
    ..NGX_MODULE_V1()
};

static ngx_http_next_header_filter: ngx_global_t<ngx_http_output_header_filter_pt> = ngx_global_t::new(None);
static ngx_http_next_body_filter: ngx_global_t<ngx_http_output_body_filter_pt> = ngx_global_t::new(None);

unsafe fn ngx_http_range_header_filter(r: *mut ngx_http_request_t) -> ngx_int_t {
    if (*r).http_version < NGX_HTTP_VERSION_10
        || (*r).headers_out.status != NGX_HTTP_OK as ngx_uint_t
        || (r != (*r).main && !(*r).subrequest_ranges)
        || (*r).headers_out.content_length_n == -1
        || !(*r).allow_ranges
    {
        return ngx_http_next_header_filter.get().unwrap()(r);
    }

    let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

    if (*clcf).max_ranges == 0 {
        return ngx_http_next_header_filter.get().unwrap()(r);
    }

    'next_filter: {
        if (*r).headers_in.range.is_null()
            || (*(*r).headers_in.range).value.len < 7
            || ngx_strncasecmp((*(*r).headers_in.range).value.data, c"bytes=".as_ptr().cast_mut().cast(), 6) != 0
        {
            break 'next_filter;
        }

        'parse: {
            if !(*r).headers_in.if_range.is_null() {
                let if_range = &raw const (*(*r).headers_in.if_range).value;

                if (*if_range).len >= 2 && *(*if_range).data.add((*if_range).len - 1) == b'"' {
                    if (*r).headers_out.etag.is_null() {
                        break 'next_filter;
                    }

                    let etag = &raw const (*(*r).headers_out.etag).value;

                    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                                   "http ir:%V etag:%V", if_range, etag);

                    if (*if_range).len != (*etag).len || ngx_strncmp((*if_range).data, (*etag).data, (*etag).len) != 0 {
                        break 'next_filter;
                    }

                    break 'parse;
                }

                if (*r).headers_out.last_modified_time == -1 {
                    break 'next_filter;
                }

                let if_range_time = ngx_parse_http_time((*if_range).data, (*if_range).len);

                ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                               "http ir:%T lm:%T", if_range_time, (*r).headers_out.last_modified_time);

                if if_range_time != (*r).headers_out.last_modified_time {
                    break 'next_filter;
                }
            }
        }

        let ctx: *mut ngx_http_range_filter_ctx_t = ngx_pcalloc((*r).pool);
        if ctx.is_null() {
            return NGX_ERROR;
        }

        (*ctx).offset = (*r).headers_out.content_offset;

        let ranges = if (*r).single_range { 1 } else { (*clcf).max_ranges };

        match ngx_http_range_parse(r, ctx, ranges) {
            NGX_OK => {
                ngx_http_set_ctx(r, ctx, &ngx_http_range_body_filter_module);

                (*r).headers_out.status = NGX_HTTP_PARTIAL_CONTENT as ngx_uint_t;
                (*r).headers_out.status_line.len = 0;

                if (*ctx).ranges.nelts == 1 {
                    return ngx_http_range_singlepart_header(r, ctx);
                }

                return ngx_http_range_multipart_header(r, ctx);
            }

            NGX_HTTP_RANGE_NOT_SATISFIABLE => return ngx_http_range_not_satisfiable(r),

            NGX_ERROR => return NGX_ERROR,

            // NGX_DECLINED
            _ => {}
        }
    }

    (*r).headers_out.accept_ranges = ngx_list_push(&raw mut (*r).headers_out.headers);
    if (*r).headers_out.accept_ranges.is_null() {
        return NGX_ERROR;
    }

    (*(*r).headers_out.accept_ranges).hash = 1;
    (*(*r).headers_out.accept_ranges).next = null_mut();
    ngx_str_set!(&raw mut (*(*r).headers_out.accept_ranges).key, "Accept-Ranges");
    ngx_str_set!(&raw mut (*(*r).headers_out.accept_ranges).value, "bytes");

    ngx_http_next_header_filter.get().unwrap()(r)
}

/// NGX_DECLINED: serve the whole. The header's value ends with a NUL, so no end is checked.
unsafe fn ngx_http_range_parse(
    r: *mut ngx_http_request_t,
    ctx: *mut ngx_http_range_filter_ctx_t,
    mut ranges: ngx_uint_t,
) -> ngx_int_t {
    if r != (*r).main {
        let mctx: *mut ngx_http_range_filter_ctx_t =
            ngx_http_get_module_ctx((*r).main, &ngx_http_range_body_filter_module);
        if !mctx.is_null() {
            (*ctx).ranges = (*mctx).ranges;
            return NGX_OK;
        }
    }

    if ngx_array_init(&raw mut (*ctx).ranges, (*r).pool, 1) != NGX_OK {
        return NGX_ERROR;
    }

    let mut p = (*(*r).headers_in.range).value.data.add(6);
    let mut size: off_t = 0;
    let max_ranges = ranges;

    let mut content_length = (*r).headers_out.content_length_n;

    const cutoff: off_t = NGX_MAX_OFF_T_VALUE / 10;
    const cutlim: off_t = NGX_MAX_OFF_T_VALUE % 10;

    loop {
        let mut start: off_t = 0;
        let mut end: off_t = 0;
        let mut suffix = false;

        while *p == b' ' {
            p = p.add(1);
        }

        'found: {
            if *p != b'-' {
                if !(*p).is_ascii_digit() {
                    return NGX_HTTP_RANGE_NOT_SATISFIABLE;
                }

                while (*p).is_ascii_digit() {
                    let digit = (*p - b'0') as off_t;

                    if start >= cutoff && (start > cutoff || digit > cutlim) {
                        return NGX_HTTP_RANGE_NOT_SATISFIABLE;
                    }

                    start = start * 10 + digit;
                    p = p.add(1);
                }

                while *p == b' ' {
                    p = p.add(1);
                }

                if *p != b'-' {
                    return NGX_HTTP_RANGE_NOT_SATISFIABLE;
                }
                p = p.add(1);

                while *p == b' ' {
                    p = p.add(1);
                }

                if *p == b',' || *p == 0 {
                    end = content_length;
                    break 'found;
                }
            } else {
                suffix = true;
                p = p.add(1);
            }

            if !(*p).is_ascii_digit() {
                return NGX_HTTP_RANGE_NOT_SATISFIABLE;
            }

            while (*p).is_ascii_digit() {
                let digit = (*p - b'0') as off_t;

                if end >= cutoff && (end > cutoff || digit > cutlim) {
                    return NGX_HTTP_RANGE_NOT_SATISFIABLE;
                }

                end = end * 10 + digit;
                p = p.add(1);
            }

            while *p == b' ' {
                p = p.add(1);
            }

            if *p != b',' && *p != 0 {
                return NGX_HTTP_RANGE_NOT_SATISFIABLE;
            }

            if suffix {
                start = if end < content_length { content_length - end } else { 0 };
                end = content_length - 1;
            }

            if end >= content_length {
                end = content_length;
            } else {
                end += 1;
            }
        }

        if start < end {
            let range = ngx_array_push(&raw mut (*ctx).ranges);
            if range.is_null() {
                return NGX_ERROR;
            }

            (*range).start = start;
            (*range).end = end;

            if size > NGX_MAX_OFF_T_VALUE - (end - start) {
                return NGX_HTTP_RANGE_NOT_SATISFIABLE;
            }

            size += end - start;

            if ranges == 0 {
                return NGX_DECLINED;
            }
            ranges -= 1;
        } else if start == 0 {
            return NGX_DECLINED;
        }

        if *p != b',' {
            break;
        }
        p = p.add(1);
    }

    if (*ctx).ranges.nelts == 0 {
        return NGX_HTTP_RANGE_NOT_SATISFIABLE;
    }

    if (*ctx).ranges.nelts == 1 {
        return NGX_OK;
    }

    if size > content_length {
        return NGX_DECLINED;
    }

    if max_ranges == NGX_MAX_INT32_VALUE as ngx_uint_t {
        size = size.saturating_add((*ctx).ranges.nelts as off_t * 256);
        content_length = content_length.saturating_add(4096);

        if size > content_length {
            return NGX_DECLINED;
        }
    }

    NGX_OK
}

unsafe fn ngx_http_range_singlepart_header(
    r: *mut ngx_http_request_t,
    ctx: *mut ngx_http_range_filter_ctx_t,
) -> ngx_int_t {
    if r != (*r).main {
        return ngx_http_next_header_filter.get().unwrap()(r);
    }

    let content_range = ngx_list_push(&raw mut (*r).headers_out.headers);
    if content_range.is_null() {
        return NGX_ERROR;
    }

    if !(*r).headers_out.content_range.is_null() {
        (*(*r).headers_out.content_range).hash = 0;
    }

    (*r).headers_out.content_range = content_range;

    (*content_range).hash = 1;
    (*content_range).next = null_mut();
    ngx_str_set!(&raw mut (*content_range).key, "Content-Range");

    (*content_range).value.data = ngx_pnalloc((*r).pool, "bytes -/".len() + 3 * NGX_OFF_T_LEN);
    if (*content_range).value.data.is_null() {
        (*content_range).hash = 0;
        (*r).headers_out.content_range = null_mut();
        return NGX_ERROR;
    }

    let range = (*ctx).ranges.elts;

    (*content_range).value.len = ngx_sprintf!(
        (*content_range).value.data,
        "bytes %O-%O/%O",
        (*range).start,
        (*range).end - 1,
        (*r).headers_out.content_length_n
    )
    .offset_from_unsigned((*content_range).value.data);

    (*r).headers_out.content_length_n = (*range).end - (*range).start;
    (*r).headers_out.content_offset = (*range).start;

    if !(*r).headers_out.content_length.is_null() {
        (*(*r).headers_out.content_length).hash = 0;
        (*r).headers_out.content_length = null_mut();
    }

    ngx_http_next_header_filter.get().unwrap()(r)
}

unsafe fn ngx_http_range_multipart_header(
    r: *mut ngx_http_request_t,
    ctx: *mut ngx_http_range_filter_ctx_t,
) -> ngx_int_t {
    let mut size = "\r\n--".len()
        + NGX_ATOMIC_T_LEN
        + "\r\nContent-Type: ".len()
        + (*r).headers_out.content_type.len
        + "\r\nContent-Range: bytes ".len();

    if (*r).headers_out.content_type_len == (*r).headers_out.content_type.len && (*r).headers_out.charset.len != 0 {
        size += "; charset=".len() + (*r).headers_out.charset.len;
    }

    (*ctx).boundary_header.data = ngx_pnalloc((*r).pool, size);
    if (*ctx).boundary_header.data.is_null() {
        return NGX_ERROR;
    }

    let boundary = ngx_next_temp_number(0);

    let last;

    if (*r).headers_out.content_type_len == (*r).headers_out.content_type.len && (*r).headers_out.charset.len != 0 {
        last = ngx_sprintf!(
            (*ctx).boundary_header.data,
            "\r\n--%0muA\r\nContent-Type: %V; charset=%V\r\nContent-Range: bytes ",
            boundary,
            (*r).headers_out.content_type,
            (*r).headers_out.charset
        );
    } else if (*r).headers_out.content_type.len != 0 {
        last = ngx_sprintf!(
            (*ctx).boundary_header.data,
            "\r\n--%0muA\r\nContent-Type: %V\r\nContent-Range: bytes ",
            boundary,
            (*r).headers_out.content_type
        );
    } else {
        last = ngx_sprintf!((*ctx).boundary_header.data, "\r\n--%0muA\r\nContent-Range: bytes ", boundary);
    }

    (*ctx).boundary_header.len = last.offset_from_unsigned((*ctx).boundary_header.data);

    (*r).headers_out.content_type.data =
        ngx_pnalloc((*r).pool, "Content-Type: multipart/byteranges; boundary=".len() + NGX_ATOMIC_T_LEN);

    if (*r).headers_out.content_type.data.is_null() {
        return NGX_ERROR;
    }

    (*r).headers_out.content_type_lowcase = null_mut();

    (*r).headers_out.content_type.len =
        ngx_sprintf!((*r).headers_out.content_type.data, "multipart/byteranges; boundary=%0muA", boundary)
            .offset_from_unsigned((*r).headers_out.content_type.data);

    (*r).headers_out.content_type_len = (*r).headers_out.content_type.len;

    (*r).headers_out.charset.len = 0;

    // the last boundary

    let mut len = ("\r\n--".len() + NGX_ATOMIC_T_LEN + "--\r\n".len()) as off_t;

    for i in 0..(*ctx).ranges.nelts {
        let range = (*ctx).ranges.elts.add(i);

        // what stands between the boundary header and the data

        (*range).content_range.data = ngx_pnalloc((*r).pool, 3 * NGX_OFF_T_LEN + 2 + 4);

        if (*range).content_range.data.is_null() {
            return NGX_ERROR;
        }

        (*range).content_range.len = ngx_sprintf!(
            (*range).content_range.data,
            "%O-%O/%O\r\n\r\n",
            (*range).start,
            (*range).end - 1,
            (*r).headers_out.content_length_n
        )
        .offset_from_unsigned((*range).content_range.data);

        len += ((*ctx).boundary_header.len + (*range).content_range.len) as off_t + ((*range).end - (*range).start);
    }

    (*r).headers_out.content_length_n = len;

    if !(*r).headers_out.content_length.is_null() {
        (*(*r).headers_out.content_length).hash = 0;
        (*r).headers_out.content_length = null_mut();
    }

    if !(*r).headers_out.content_range.is_null() {
        (*(*r).headers_out.content_range).hash = 0;
        (*r).headers_out.content_range = null_mut();
    }

    ngx_http_next_header_filter.get().unwrap()(r)
}

unsafe fn ngx_http_range_not_satisfiable(r: *mut ngx_http_request_t) -> ngx_int_t {
    (*r).headers_out.status = NGX_HTTP_RANGE_NOT_SATISFIABLE as ngx_uint_t;

    let content_range = ngx_list_push(&raw mut (*r).headers_out.headers);
    if content_range.is_null() {
        return NGX_ERROR;
    }

    if !(*r).headers_out.content_range.is_null() {
        (*(*r).headers_out.content_range).hash = 0;
    }

    (*r).headers_out.content_range = content_range;

    (*content_range).hash = 1;
    (*content_range).next = null_mut();
    ngx_str_set!(&raw mut (*content_range).key, "Content-Range");

    (*content_range).value.data = ngx_pnalloc((*r).pool, "bytes */".len() + NGX_OFF_T_LEN);
    if (*content_range).value.data.is_null() {
        (*content_range).hash = 0;
        (*r).headers_out.content_range = null_mut();
        return NGX_ERROR;
    }

    (*content_range).value.len =
        ngx_sprintf!((*content_range).value.data, "bytes */%O", (*r).headers_out.content_length_n)
            .offset_from_unsigned((*content_range).value.data);

    ngx_http_clear_content_length(r);

    NGX_HTTP_RANGE_NOT_SATISFIABLE
}

unsafe fn ngx_http_range_body_filter(r: *mut ngx_http_request_t, in_: *mut ngx_chain_t) -> ngx_int_t {
    if in_.is_null() {
        return ngx_http_next_body_filter.get().unwrap()(r, in_);
    }

    let ctx: *mut ngx_http_range_filter_ctx_t = ngx_http_get_module_ctx(r, &ngx_http_range_body_filter_module);

    if ctx.is_null() {
        return ngx_http_next_body_filter.get().unwrap()(r, in_);
    }

    if (*ctx).ranges.nelts == 1 {
        return ngx_http_range_singlepart_body(r, ctx, in_);
    }

    // several ranges can be cut only out of a body that is one buffer

    if ngx_buf_special((*in_).buf) {
        return ngx_http_next_body_filter.get().unwrap()(r, in_);
    }

    if ngx_http_range_test_overlapped(r, ctx, in_) != NGX_OK {
        return NGX_ERROR;
    }

    ngx_http_range_multipart_body(r, ctx, in_)
}

unsafe fn ngx_http_range_test_overlapped(
    r: *mut ngx_http_request_t,
    ctx: *mut ngx_http_range_filter_ctx_t,
    in_: *mut ngx_chain_t,
) -> ngx_int_t {
    'overlapped: {
        if (*ctx).offset != 0 {
            break 'overlapped;
        }

        let buf = (*in_).buf;

        if !(*buf).last_buf {
            let start = (*ctx).offset;
            let last = (*ctx).offset + ngx_buf_size(buf);

            for i in 0..(*ctx).ranges.nelts {
                let range = (*ctx).ranges.elts.add(i);

                if start > (*range).start || last < (*range).end {
                    break 'overlapped;
                }
            }
        }

        (*ctx).offset = ngx_buf_size(buf);

        return NGX_OK;
    }

    ngx_log_error!(NGX_LOG_ALERT, (*(*r).connection).log, 0; "range in overlapped buffers");

    NGX_ERROR
}

unsafe fn ngx_http_range_singlepart_body(
    r: *mut ngx_http_request_t,
    ctx: *mut ngx_http_range_filter_ctx_t,
    in_: *mut ngx_chain_t,
) -> ngx_int_t {
    let mut out: *mut ngx_chain_t = null_mut();
    let mut ll = &raw mut out;
    let range = (*ctx).ranges.elts;
    let mut tl: *mut ngx_chain_t;

    let mut cl = in_;
    while !cl.is_null() {
        let buf = (*cl).buf;
        cl = (*cl).next;

        let start = (*ctx).offset;
        let last = (*ctx).offset + ngx_buf_size(buf);

        (*ctx).offset = last;

        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "http range body buf: %O-%O", start, last);

        if ngx_buf_special(buf) {
            if (*range).end <= start {
                continue;
            }

            tl = ngx_alloc_chain_link((*r).pool);
            if tl.is_null() {
                return NGX_ERROR;
            }

            (*tl).buf = buf;
            (*tl).next = null_mut();

            *ll = tl;
            ll = &raw mut (*tl).next;

            continue;
        }

        if (*range).end <= start || (*range).start >= last {
            ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "http range body skip");

            if (*buf).in_file {
                (*buf).file_pos = (*buf).file_last;
            }

            (*buf).pos = (*buf).last;
            (*buf).sync = true;

            continue;
        }

        if (*range).start > start {
            if (*buf).in_file {
                (*buf).file_pos += (*range).start - start;
            }

            if ngx_buf_in_memory(buf) {
                (*buf).pos = (*buf).pos.add(((*range).start - start) as usize);
            }
        }

        if (*range).end <= last {
            if (*buf).in_file {
                (*buf).file_last -= last - (*range).end;
            }

            if ngx_buf_in_memory(buf) {
                (*buf).last = (*buf).last.sub((last - (*range).end) as usize);
            }

            (*buf).last_buf = r == (*r).main;
            (*buf).last_in_chain = true;
        }

        tl = ngx_alloc_chain_link((*r).pool);
        if tl.is_null() {
            return NGX_ERROR;
        }

        (*tl).buf = buf;
        (*tl).next = null_mut();

        *ll = tl;
        ll = &raw mut (*tl).next;
    }

    let rc = ngx_http_next_body_filter.get().unwrap()(r, out);

    while !out.is_null() {
        cl = out;
        out = (*out).next;
        ngx_free_chain((*r).pool, cl);
    }

    rc
}

unsafe fn ngx_http_range_multipart_body(
    r: *mut ngx_http_request_t,
    ctx: *mut ngx_http_range_filter_ctx_t,
    in_: *mut ngx_chain_t,
) -> ngx_int_t {
    let mut out: *mut ngx_chain_t = null_mut();
    let mut ll = &raw mut out;
    let mut b;
    let mut hcl;
    let buf = (*in_).buf;

    for i in 0..(*ctx).ranges.nelts {
        let range = (*ctx).ranges.elts.add(i);

        // the boundary header

        b = ngx_calloc_buf((*r).pool);
        if b.is_null() {
            return NGX_ERROR;
        }

        (*b).memory = true;
        (*b).pos = (*ctx).boundary_header.data;
        (*b).last = (*ctx).boundary_header.data.add((*ctx).boundary_header.len);

        hcl = ngx_alloc_chain_link((*r).pool);
        if hcl.is_null() {
            return NGX_ERROR;
        }

        (*hcl).buf = b;

        // "SSSS-EEEE/TTTT" CRLF CRLF

        b = ngx_calloc_buf((*r).pool);
        if b.is_null() {
            return NGX_ERROR;
        }

        (*b).temporary = true;
        (*b).pos = (*range).content_range.data;
        (*b).last = (*range).content_range.data.add((*range).content_range.len);

        let rcl = ngx_alloc_chain_link((*r).pool);
        if rcl.is_null() {
            return NGX_ERROR;
        }

        (*rcl).buf = b;

        // the data

        b = ngx_calloc_buf((*r).pool);
        if b.is_null() {
            return NGX_ERROR;
        }

        (*b).in_file = (*buf).in_file;
        (*b).temporary = (*buf).temporary;
        (*b).memory = (*buf).memory;
        (*b).mmap = (*buf).mmap;
        (*b).file = (*buf).file;

        if (*buf).in_file {
            (*b).file_pos = (*buf).file_pos + (*range).start;
            (*b).file_last = (*buf).file_pos + (*range).end;
        }

        if ngx_buf_in_memory(buf) {
            (*b).pos = (*buf).pos.add((*range).start as usize);
            (*b).last = (*buf).pos.add((*range).end as usize);
        }

        let dcl = ngx_alloc_chain_link((*r).pool);
        if dcl.is_null() {
            return NGX_ERROR;
        }

        (*dcl).buf = b;

        *ll = hcl;
        (*hcl).next = rcl;
        (*rcl).next = dcl;
        ll = &raw mut (*dcl).next;
    }

    // the last boundary

    b = ngx_calloc_buf((*r).pool);
    if b.is_null() {
        return NGX_ERROR;
    }

    (*b).temporary = true;
    (*b).last_buf = true;

    (*b).pos = ngx_pnalloc((*r).pool, "\r\n--".len() + NGX_ATOMIC_T_LEN + "--\r\n".len());
    if (*b).pos.is_null() {
        return NGX_ERROR;
    }

    (*b).last = ngx_cpymem((*b).pos, (*ctx).boundary_header.data, "\r\n--".len() + NGX_ATOMIC_T_LEN);
    (*b).last = ngx_cpylit((*b).last, b"--\r\n");

    hcl = ngx_alloc_chain_link((*r).pool);
    if hcl.is_null() {
        return NGX_ERROR;
    }

    (*hcl).buf = b;
    (*hcl).next = null_mut();

    *ll = hcl;

    ngx_http_next_body_filter.get().unwrap()(r, out)
}

unsafe fn ngx_http_range_header_filter_init(_cf: *mut ngx_conf_t) -> ngx_int_t {
    ngx_http_next_header_filter.set(ngx_http_top_header_filter.get());
    ngx_http_top_header_filter.set(Some(ngx_http_range_header_filter));

    NGX_OK
}

unsafe fn ngx_http_range_body_filter_init(_cf: *mut ngx_conf_t) -> ngx_int_t {
    ngx_http_next_body_filter.set(ngx_http_top_body_filter.get());
    ngx_http_top_body_filter.set(Some(ngx_http_range_body_filter));

    NGX_OK
}
