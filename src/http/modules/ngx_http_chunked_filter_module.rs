//! Port of src/http/modules/ngx_http_chunked_filter_module.c

use crate::core::{
    ngx_buf::*, ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_log::*, ngx_module::*, ngx_palloc::*, ngx_string::*,
};
use crate::http::{ngx_http::*, ngx_http_config::*, ngx_http_core_module::*, ngx_http_request::*};

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_chunked_filter_ctx_t {
    free: *mut ngx_chain_t,
    busy: *mut ngx_chain_t,
}

static ngx_http_chunked_filter_module_ctx: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: None,
    postconfiguration: Some(ngx_http_chunked_filter_init),

    create_main_conf: None,
    init_main_conf: None,

    create_srv_conf: None,
    merge_srv_conf: None,

    create_loc_conf: None,
    merge_loc_conf: None,
};

pub static ngx_http_chunked_filter_module: ngx_module_t = ngx_module_t {
    name: c"ngx_http_chunked_filter_module",
    ctx: (&raw const ngx_http_chunked_filter_module_ctx).cast(),
    type_: NGX_HTTP_MODULE,
    ..NGX_MODULE_V1()
};

static ngx_http_next_header_filter: ngx_global_t<ngx_http_output_header_filter_pt> = ngx_global_t::new(None);
static ngx_http_next_body_filter: ngx_global_t<ngx_http_output_body_filter_pt> = ngx_global_t::new(None);

unsafe fn ngx_http_chunked_header_filter(r: *mut ngx_http_request_t) -> ngx_int_t {
    let status = (*r).headers_out.status as ngx_int_t;

    if status == NGX_HTTP_NOT_MODIFIED
        || status == NGX_HTTP_NO_CONTENT
        || status < NGX_HTTP_OK
        || r != (*r).main
        || (*r).method == NGX_HTTP_HEAD
        || ((*r).method == NGX_HTTP_CONNECT && status < NGX_HTTP_SPECIAL_RESPONSE)
    {
        return ngx_http_next_header_filter.get().unwrap()(r);
    }

    if (*r).headers_out.content_length_n == -1 || (*r).expect_trailers {
        let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

        if (*r).http_version >= NGX_HTTP_VERSION_11 && (*clcf).chunked_transfer_encoding != 0 {
            if (*r).expect_trailers {
                ngx_http_clear_content_length(r);
            }

            (*r).chunked = true;

            let ctx: *mut ngx_http_chunked_filter_ctx_t = ngx_pcalloc((*r).pool);
            if ctx.is_null() {
                return NGX_ERROR;
            }

            ngx_http_set_ctx(r, ctx, &ngx_http_chunked_filter_module);
        } else if (*r).headers_out.content_length_n == -1 {
            (*r).keepalive = false;
        }
    }

    ngx_http_next_header_filter.get().unwrap()(r)
}

unsafe fn ngx_http_chunked_body_filter(r: *mut ngx_http_request_t, in_: *mut ngx_chain_t) -> ngx_int_t {
    if in_.is_null() || !(*r).chunked || (*r).header_only {
        return ngx_http_next_body_filter.get().unwrap()(r, in_);
    }

    let ctx: *mut ngx_http_chunked_filter_ctx_t = ngx_http_get_module_ctx(r, &ngx_http_chunked_filter_module);

    let mut out = null_mut();
    let mut ll = &raw mut out;
    let mut tl: *mut ngx_chain_t;

    let mut size: off_t = 0;
    let mut cl = in_;

    loop {
        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "http chunk: %O", ngx_buf_size((*cl).buf));

        size += ngx_buf_size((*cl).buf);

        if (*(*cl).buf).flush || (*(*cl).buf).sync || ngx_buf_in_memory((*cl).buf) || (*(*cl).buf).in_file {
            tl = ngx_alloc_chain_link((*r).pool);
            if tl.is_null() {
                return NGX_ERROR;
            }

            (*tl).buf = (*cl).buf;
            *ll = tl;
            ll = &raw mut (*tl).next;
        }

        if (*cl).next.is_null() {
            break;
        }

        cl = (*cl).next;
    }

    if size != 0 {
        tl = ngx_chain_get_free_buf((*r).pool, &raw mut (*ctx).free);
        if tl.is_null() {
            return NGX_ERROR;
        }

        let b = (*tl).buf;
        let mut chunk = (*b).start;

        if chunk.is_null() {
            // room for any 64-bit size in hexadecimal

            const LEN: usize = "0000000000000000\r\n".len();

            chunk = ngx_palloc_n((*r).pool, LEN);
            if chunk.is_null() {
                return NGX_ERROR;
            }

            (*b).start = chunk;
            (*b).end = chunk.add(LEN);
        }

        (*b).tag = (&raw const ngx_http_chunked_filter_module).cast();
        (*b).memory = false;
        (*b).temporary = true;
        (*b).pos = chunk;
        (*b).last = ngx_cpylit(ngx_cpyhex(chunk, size as u64), b"\r\n");

        (*tl).next = out;
        out = tl;
    }

    if (*(*cl).buf).last_buf {
        tl = ngx_http_chunked_create_trailers(r, ctx);
        if tl.is_null() {
            return NGX_ERROR;
        }

        (*(*cl).buf).last_buf = false;

        *ll = tl;

        if size == 0 {
            (*(*tl).buf).pos = (*(*tl).buf).pos.add(2);
        }
    } else if size > 0 {
        tl = ngx_chain_get_free_buf((*r).pool, &raw mut (*ctx).free);
        if tl.is_null() {
            return NGX_ERROR;
        }

        let b = (*tl).buf;

        (*b).tag = (&raw const ngx_http_chunked_filter_module).cast();
        (*b).temporary = false;
        (*b).memory = true;
        (*b).pos = b"\r\n".as_ptr().cast_mut();
        (*b).last = (*b).pos.add(2);

        *ll = tl;
    } else {
        *ll = null_mut();
    }

    let rc = ngx_http_next_body_filter.get().unwrap()(r, out);

    ngx_chain_update_chains(
        (*r).pool,
        &raw mut (*ctx).free,
        &raw mut (*ctx).busy,
        &raw mut out,
        (&raw const ngx_http_chunked_filter_module).cast(),
    );

    rc
}

unsafe fn ngx_http_chunked_create_trailers(
    r: *mut ngx_http_request_t,
    ctx: *mut ngx_http_chunked_filter_ctx_t,
) -> *mut ngx_chain_t {
    let mut len = 0;

    let mut part = &raw mut (*r).headers_out.trailers.part;
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

        if (*header.add(i)).hash == 0 {
            i += 1;
            continue;
        }

        len += (*header.add(i)).key.len + ": ".len() + (*header.add(i)).value.len + "\r\n".len();
        i += 1;
    }

    let cl = ngx_chain_get_free_buf((*r).pool, &raw mut (*ctx).free);
    if cl.is_null() {
        return null_mut();
    }

    let b = (*cl).buf;

    (*b).tag = (&raw const ngx_http_chunked_filter_module).cast();
    (*b).temporary = false;
    (*b).memory = true;
    (*b).last_buf = true;

    if len == 0 {
        (*b).pos = b"\r\n0\r\n\r\n".as_ptr().cast_mut();
        (*b).last = (*b).pos.add("\r\n0\r\n\r\n".len());
        return cl;
    }

    len += "\r\n0\r\n\r\n".len();

    (*b).pos = ngx_palloc_n((*r).pool, len);
    if (*b).pos.is_null() {
        return null_mut();
    }

    (*b).last = ngx_cpylit((*b).pos, b"\r\n0\r\n");

    part = &raw mut (*r).headers_out.trailers.part;
    header = (*part).elts;
    i = 0;

    loop {
        if i >= (*part).nelts {
            if (*part).next.is_null() {
                break;
            }

            part = (*part).next;
            header = (*part).elts;
            i = 0;
        }

        if (*header.add(i)).hash == 0 {
            i += 1;
            continue;
        }

        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                       "http trailer: \"%V: %V\"", (*header.add(i)).key, (*header.add(i)).value);

        (*b).last = ngx_copy((*b).last, (*header.add(i)).key.data, (*header.add(i)).key.len);
        (*b).last = ngx_cpylit((*b).last, b": ");

        (*b).last = ngx_copy((*b).last, (*header.add(i)).value.data, (*header.add(i)).value.len);
        (*b).last = ngx_cpylit((*b).last, b"\r\n");
        i += 1;
    }

    (*b).last = ngx_cpylit((*b).last, b"\r\n");

    cl
}

unsafe fn ngx_http_chunked_filter_init(_cf: *mut ngx_conf_t) -> ngx_int_t {
    ngx_http_next_header_filter.set(ngx_http_top_header_filter.get());
    ngx_http_top_header_filter.set(Some(ngx_http_chunked_header_filter));

    ngx_http_next_body_filter.set(ngx_http_top_body_filter.get());
    ngx_http_top_body_filter.set(Some(ngx_http_chunked_body_filter));

    NGX_OK
}
