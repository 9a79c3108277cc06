//! Port of src/http/ngx_http_postpone_filter_module.c

use crate::core::{
    ngx_buf::*, ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_log::*, ngx_module::*, ngx_palloc::*, ngx_string::*,
};
use crate::http::{ngx_http::*, ngx_http_config::*, ngx_http_core_module::*, ngx_http_request::*};

static ngx_http_postpone_filter_module_ctx: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: None,
    postconfiguration: Some(ngx_http_postpone_filter_init),

    create_main_conf: None,
    init_main_conf: None,

    create_srv_conf: None,
    merge_srv_conf: None,

    create_loc_conf: None,
    merge_loc_conf: None,
};

pub static ngx_http_postpone_filter_module: ngx_module_t = ngx_module_t {
    name: c"ngx_http_postpone_filter_module",
    ctx: (&raw const ngx_http_postpone_filter_module_ctx).cast(),
    type_: NGX_HTTP_MODULE,
    ..NGX_MODULE_V1()
};

static ngx_http_next_body_filter: ngx_global_t<ngx_http_output_body_filter_pt> = ngx_global_t::new(None);

/// Puts the output of subrequests in order: only the request that is `c->data` writes, the others' output waits.
unsafe fn ngx_http_postpone_filter(r: *mut ngx_http_request_t, in_: *mut ngx_chain_t) -> ngx_int_t {
    let c = (*r).connection;

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*c).log, 0;
                   "http postpone filter \"%V?%V\" %p", (*r).uri, (*r).args, in_);

    if (*r).subrequest_in_memory {
        return ngx_http_postpone_filter_in_memory(r, in_);
    }

    if r != (*c).data.cast() {
        if !in_.is_null() {
            if ngx_http_postpone_filter_add(r, in_) != NGX_OK {
                return NGX_ERROR;
            }

            return NGX_OK;
        }

        return NGX_OK;
    }

    if (*r).postponed.is_null() {
        if !in_.is_null() || (*c).buffered != 0 {
            return ngx_http_next_body_filter.get().unwrap()((*r).main, in_);
        }

        return NGX_OK;
    }

    if !in_.is_null() && ngx_http_postpone_filter_add(r, in_) != NGX_OK {
        return NGX_ERROR;
    }

    loop {
        let pr = (*r).postponed;

        if !(*pr).request.is_null() {
            ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*c).log, 0;
                           "http postpone filter wake \"%V?%V\"", (*(*pr).request).uri, (*(*pr).request).args);

            (*r).postponed = (*pr).next;

            (*c).data = (*pr).request.cast();

            return ngx_http_post_request((*pr).request, null_mut());
        }

        if (*pr).out.is_null() {
            ngx_log_error!(NGX_LOG_ALERT, (*c).log, 0; "http postpone filter NULL output");
        } else {
            ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*c).log, 0;
                           "http postpone filter output \"%V?%V\"", (*r).uri, (*r).args);

            if ngx_http_next_body_filter.get().unwrap()((*r).main, (*pr).out) == NGX_ERROR {
                return NGX_ERROR;
            }
        }

        (*r).postponed = (*pr).next;

        if (*r).postponed.is_null() {
            break;
        }
    }

    NGX_OK
}

unsafe fn ngx_http_postpone_filter_add(r: *mut ngx_http_request_t, in_: *mut ngx_chain_t) -> ngx_int_t {
    let mut pr;

    'found: {
        let ppr;

        if !(*r).postponed.is_null() {
            pr = (*r).postponed;
            while !(*pr).next.is_null() {
                pr = (*pr).next;
            }

            if (*pr).request.is_null() {
                break 'found;
            }

            ppr = &raw mut (*pr).next;
        } else {
            ppr = &raw mut (*r).postponed;
        }

        pr = ngx_palloc((*r).pool);
        if pr.is_null() {
            return NGX_ERROR;
        }

        *ppr = pr;

        (*pr).request = null_mut();
        (*pr).out = null_mut();
        (*pr).next = null_mut();
    }

    if ngx_chain_add_copy((*r).pool, &raw mut (*pr).out, in_) == NGX_OK {
        return NGX_OK;
    }

    NGX_ERROR
}

unsafe fn ngx_http_postpone_filter_in_memory(r: *mut ngx_http_request_t, mut in_: *mut ngx_chain_t) -> ngx_int_t {
    let c = (*r).connection;

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*c).log, 0; "http postpone filter in memory");

    if (*r).out.is_null() {
        let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

        let len;

        if (*r).headers_out.content_length_n != -1 {
            len = (*r).headers_out.content_length_n as usize;

            if len > (*clcf).subrequest_output_buffer_size {
                ngx_log_error!(NGX_LOG_ERR, (*c).log, 0; "too big subrequest response: %uz", len);
                return NGX_ERROR;
            }
        } else {
            len = (*clcf).subrequest_output_buffer_size;
        }

        let b = ngx_create_temp_buf((*r).pool, len);
        if b.is_null() {
            return NGX_ERROR;
        }

        (*b).last_buf = true;

        (*r).out = ngx_alloc_chain_link((*r).pool);
        if (*r).out.is_null() {
            return NGX_ERROR;
        }

        (*(*r).out).buf = b;
        (*(*r).out).next = null_mut();
    }

    let b = (*(*r).out).buf;

    while !in_.is_null() {
        if ngx_buf_special((*in_).buf) {
            in_ = (*in_).next;
            continue;
        }

        let len = (*(*in_).buf).last.offset_from_unsigned((*(*in_).buf).pos);

        if len > (*b).end.offset_from_unsigned((*b).last) {
            ngx_log_error!(NGX_LOG_ERR, (*c).log, 0; "too big subrequest response");
            return NGX_ERROR;
        }

        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*c).log, 0; "http postpone filter in memory %uz bytes", len);

        (*b).last = ngx_cpymem((*b).last, (*(*in_).buf).pos, len);
        (*(*in_).buf).pos = (*(*in_).buf).last;

        in_ = (*in_).next;
    }

    NGX_OK
}

unsafe fn ngx_http_postpone_filter_init(_cf: *mut ngx_conf_t) -> ngx_int_t {
    ngx_http_next_body_filter.set(ngx_http_top_body_filter.get());
    ngx_http_top_body_filter.set(Some(ngx_http_postpone_filter));

    NGX_OK
}
