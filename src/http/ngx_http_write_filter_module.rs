//! Port of src/http/ngx_http_write_filter_module.c
//! Ours: ngx_http_write_filter_check, _alert, _more, _fin, _post, _push, _push_cleanup.

use crate::core::{
    ngx_buf::*, ngx_conf_file::*, ngx_config::*, ngx_connection::*, ngx_core::*, ngx_log::*, ngx_module::*,
    ngx_palloc::*, ngx_times::*,
};
use crate::event::{ngx_event::*, ngx_event_posted::*};
use crate::http::{ngx_http::*, ngx_http_config::*, ngx_http_core_module::*, ngx_http_request::*, ngx_http_script::*};
use crate::os::unix::{ngx_errno::*, ngx_process::*, ngx_socket::*, ngx_time::*};

static ngx_http_write_filter_module_ctx: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: None,
    postconfiguration: Some(ngx_http_write_filter_init),

    create_main_conf: None,
    init_main_conf: None,

    create_srv_conf: None,
    merge_srv_conf: None,

    create_loc_conf: None,
    merge_loc_conf: None,
};

pub static ngx_http_write_filter_module: ngx_module_t = ngx_module_t {
    name: c"ngx_http_write_filter_module",
    ctx: (&raw const ngx_http_write_filter_module_ctx).cast(),
    type_: NGX_HTTP_MODULE,
    ..NGX_MODULE_V1()
};

/// A longer answer is on its way before its end is written.
const NGX_HTTP_WRITE_FILTER_FIN: usize = 16 * 1024;

/// The last body filter: keeps what cannot be sent yet in `r->out`, and sends.
pub unsafe fn ngx_http_write_filter(r: *mut ngx_http_request_t, in_: *mut ngx_chain_t) -> ngx_int_t {
    let c = (*r).connection;

    if (*c).error {
        return NGX_ERROR;
    }

    let mut size: off_t = 0;
    let mut flush = false;
    let mut sync = false;
    let mut last = false;
    let mut ll = &raw mut (*r).out;

    // what the saved chain holds, and where it ends

    let mut cl = (*r).out;
    while !cl.is_null() {
        ll = &raw mut (*cl).next;

        ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*c).log, 0;
                       "write old buf t:%d f:%d %p, pos %p, size: %z file: %O, size: %O",
                       (*(*cl).buf).temporary, (*(*cl).buf).in_file,
                       (*(*cl).buf).start, (*(*cl).buf).pos,
                       (*(*cl).buf).last.addr().wrapping_sub((*(*cl).buf).pos.addr()),
                       (*(*cl).buf).file_pos,
                       (*(*cl).buf).file_last - (*(*cl).buf).file_pos);

        let n = ngx_http_write_filter_check(c, (*cl).buf);
        if n < 0 {
            return NGX_ERROR;
        }

        size += n;

        if (*(*cl).buf).flush || (*(*cl).buf).recycled {
            flush = true;
        }

        if (*(*cl).buf).sync {
            sync = true;
        }

        if (*(*cl).buf).last_buf {
            last = true;
        }

        cl = (*cl).next;
    }

    // the new chain goes behind it

    let mut ln = in_;
    while !ln.is_null() {
        cl = ngx_alloc_chain_link((*r).pool);
        if cl.is_null() {
            return NGX_ERROR;
        }

        (*cl).buf = (*ln).buf;
        *ll = cl;
        ll = &raw mut (*cl).next;

        ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*c).log, 0;
                       "write new buf t:%d f:%d %p, pos %p, size: %z file: %O, size: %O",
                       (*(*cl).buf).temporary, (*(*cl).buf).in_file,
                       (*(*cl).buf).start, (*(*cl).buf).pos,
                       (*(*cl).buf).last.addr().wrapping_sub((*(*cl).buf).pos.addr()),
                       (*(*cl).buf).file_pos,
                       (*(*cl).buf).file_last - (*(*cl).buf).file_pos);

        let n = ngx_http_write_filter_check(c, (*cl).buf);
        if n < 0 {
            return NGX_ERROR;
        }

        size += n;

        if (*(*cl).buf).flush || (*(*cl).buf).recycled {
            flush = true;
        }

        if (*(*cl).buf).sync {
            sync = true;
        }

        if (*(*cl).buf).last_buf {
            last = true;
        }

        ln = (*ln).next;
    }

    *ll = null_mut();

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*c).log, 0; "http write filter: l:%ui f:%ui s:%O", last, flush, size);

    let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

    // nothing is sent yet as long as no buf asks for it and there is less than "postpone_output"

    if !last && !flush && !in_.is_null() && size < (*clcf).postpone_output as off_t {
        return NGX_OK;
    }

    if (*(*c).write).delayed {
        (*c).buffered |= NGX_HTTP_WRITE_BUFFERED;
        return NGX_AGAIN;
    }

    if size == 0
        && (*c).buffered & NGX_LOWLEVEL_BUFFERED == 0
        && !(last && (*c).need_last_buf)
        && !(flush && (*c).need_flush_buf)
    {
        if last || flush || sync {
            cl = (*r).out;
            while !cl.is_null() {
                ln = cl;
                cl = (*cl).next;
                ngx_free_chain((*r).pool, ln);
            }

            (*r).out = null_mut();
            (*c).buffered &= !NGX_HTTP_WRITE_BUFFERED;

            if last {
                (*r).response_sent = true;
            }

            return NGX_OK;
        }

        ngx_log_error!(NGX_LOG_ALERT, (*c).log, 0; "the http output chain is empty");

        ngx_debug_point();

        return NGX_ERROR;
    }

    if !(*r).limit_rate_set {
        (*r).limit_rate = ngx_http_complex_value_size(r, (*clcf).limit_rate, 0);
        (*r).limit_rate_set = true;
    }

    let mut limit;

    if (*r).limit_rate != 0 {
        if !(*r).limit_rate_after_set {
            (*r).limit_rate_after = ngx_http_complex_value_size(r, (*clcf).limit_rate_after, 0);
            (*r).limit_rate_after_set = true;
        }

        limit = ((*r).limit_rate as off_t)
            .wrapping_mul(ngx_time() - (*r).start_sec + 1)
            .wrapping_sub((*c).sent.wrapping_sub((*r).limit_rate_after as off_t));

        if limit <= 0 {
            (*(*c).write).delayed = true;
            let delay = (limit.wrapping_neg().wrapping_mul(1000) as usize / (*r).limit_rate + 1) as ngx_msec_t;
            ngx_add_timer((*c).write, delay);

            (*c).buffered |= NGX_HTTP_WRITE_BUFFERED;

            return NGX_AGAIN;
        }

        if (*clcf).sendfile_max_chunk != 0 && ((*clcf).sendfile_max_chunk as off_t) < limit {
            limit = (*clcf).sendfile_max_chunk as off_t;
        }
    } else {
        limit = (*clcf).sendfile_max_chunk as off_t;
    }

    let mut sent = (*c).sent;

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*c).log, 0; "http write filter limit %O", limit);

    (*c).more = last && (ngx_http_write_filter_more(r) || ngx_http_write_filter_fin(r, size));

    let chain = (*c).send_chain.unwrap()(c, (*r).out, limit);

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*c).log, 0; "http write filter %p", chain);

    if chain == NGX_CHAIN_ERROR {
        (*c).error = true;
        return NGX_ERROR;
    }

    if (*r).limit_rate != 0 {
        let mut nsent = (*c).sent;

        if (*r).limit_rate_after != 0 {
            sent = sent.wrapping_sub((*r).limit_rate_after as off_t);
            if sent < 0 {
                sent = 0;
            }

            nsent = nsent.wrapping_sub((*r).limit_rate_after as off_t);
            if nsent < 0 {
                nsent = 0;
            }
        }

        let delay = ((nsent - sent).wrapping_mul(1000) as usize / (*r).limit_rate) as ngx_msec_t;

        if delay > 0 {
            (*(*c).write).delayed = true;
            ngx_add_timer((*c).write, delay);
        }
    }

    if !chain.is_null() && (*(*c).write).ready && !(*(*c).write).delayed {
        ngx_post_event((*c).write, ngx_posted_next_events.ptr());
    }

    cl = (*r).out;
    while !cl.is_null() && cl != chain {
        ln = cl;
        cl = (*cl).next;
        ngx_free_chain((*r).pool, ln);
    }

    (*r).out = chain;

    if !chain.is_null() {
        (*c).buffered |= NGX_HTTP_WRITE_BUFFERED;
        return NGX_AGAIN;
    }

    (*c).buffered &= !NGX_HTTP_WRITE_BUFFERED;

    if last {
        (*r).response_sent = true;
    }

    if (*c).buffered & NGX_LOWLEVEL_BUFFERED != 0 && (*r).postponed.is_null() {
        return NGX_AGAIN;
    }

    NGX_OK
}

/// What C writes out for the old chain and again for the new one: the size of a buf, less than 0 if it can't be sent.
#[inline(always)]
unsafe fn ngx_http_write_filter_check(c: *mut ngx_connection_t, b: *mut ngx_buf_t) -> off_t {
    let size = ngx_buf_size(b);

    if size > 0 || (size == 0 && ngx_buf_special(b)) {
        return size;
    }

    ngx_http_write_filter_alert(c, b, size)
}

#[cold]
unsafe fn ngx_http_write_filter_alert(c: *mut ngx_connection_t, b: *mut ngx_buf_t, size: off_t) -> off_t {
    if size == 0 {
        ngx_log_error!(NGX_LOG_ALERT, (*c).log, 0;
                       "zero size buf in writer t:%d r:%d f:%d %p %p-%p %p %O-%O",
                       (*b).temporary, (*b).recycled, (*b).in_file, (*b).start, (*b).pos, (*b).last,
                       (*b).file, (*b).file_pos, (*b).file_last);
    } else {
        ngx_log_error!(NGX_LOG_ALERT, (*c).log, 0;
                       "negative size buf in writer t:%d r:%d f:%d %p %p-%p %p %O-%O",
                       (*b).temporary, (*b).recycled, (*b).in_file, (*b).start, (*b).pos, (*b).last,
                       (*b).file, (*b).file_pos, (*b).file_last);
    }

    ngx_debug_point();

    -1
}

// DEVIATION: nginx sends each answer to pipelined requests in a segment of its own. Here an answer waits in the socket's
// buffer when the whole head of the next request lies behind it, whose answer takes it along; or a posted event pushes
// it, as soon as that request has to wait for something.
unsafe fn ngx_http_write_filter_more(r: *mut ngx_http_request_t) -> bool {
    let b = (*r).header_in;

    if (*b).pos == (*b).last || !(*r).keepalive || (*r).headers_in.content_length_n > 0 || (*r).headers_in.chunked {
        return false;
    }

    // SAFETY: what recv() has put there
    let rest = core::slice::from_raw_parts((*b).pos, (*b).last.offset_from_unsigned((*b).pos));

    if memchr::memmem::find(rest, b"\r\n\r\n").is_none() {
        return false;
    }

    ngx_http_write_filter_post(r)
}

// DEVIATION: the end of a connection's last answer, if it is a small one, leaves in one segment with the FIN, which
// ngx_http_close_connection() or ngx_http_set_lingering_close() sends with shutdown().
unsafe fn ngx_http_write_filter_fin(r: *mut ngx_http_request_t, size: off_t) -> bool {
    if (*r).keepalive || size > NGX_HTTP_WRITE_FILTER_FIN as off_t {
        return false;
    }

    let mut cl = (*r).out;
    while !cl.is_null() {
        if (*(*cl).buf).in_file {
            return false;
        }

        cl = (*cl).next;
    }

    ngx_http_write_filter_post(r)
}

/// Whether the answer may wait; what pushes it, if nothing takes it along, is posted.
unsafe fn ngx_http_write_filter_post(r: *mut ngx_http_request_t) -> bool {
    let c = (*r).connection;
    let hc = (*r).http_connection;

    if (*c).tcp_nopush == NGX_TCP_NOPUSH_SET as u8
        || !matches!((*(*(*c).listening).sockaddr).sa_family as c_int, libc::AF_INET | libc::AF_INET6)
    {
        return false;
    }

    if (*hc).push.is_null() {
        let ev: *mut ngx_event_t = ngx_pcalloc((*c).pool);
        if ev.is_null() {
            return false;
        }

        let cln = ngx_pool_cleanup_add((*c).pool, 0);
        if cln.is_null() {
            return false;
        }

        (*ev).data = c.cast();
        (*ev).handler = Some(ngx_http_write_filter_push);
        (*ev).log = (*c).log;

        (*cln).handler = Some(ngx_http_write_filter_push_cleanup);
        (*cln).data = ev.cast();

        (*hc).push = ev;
    }

    ngx_post_event((*hc).push, ngx_posted_events.ptr());

    true
}

unsafe fn ngx_http_write_filter_push(ev: *mut ngx_event_t) {
    let c: *mut ngx_connection_t = (*ev).data.cast();

    if !(*c).more {
        return;
    }

    if (*(*c).read).posted {
        // the next request has its turn first
        ngx_post_event(ev, ngx_posted_events.ptr());
        return;
    }

    (*c).more = false;

    if ngx_tcp_push((*c).fd) == -1 {
        ngx_connection_error(c, ngx_socket_errno(), c"setsockopt(!TCP_CORK) failed".as_ptr());
    }
}

unsafe fn ngx_http_write_filter_push_cleanup(data: *mut c_void) {
    let ev: *mut ngx_event_t = data.cast();

    if (*ev).posted {
        ngx_delete_posted_event(ev);
    }
}

unsafe fn ngx_http_write_filter_init(_cf: *mut ngx_conf_t) -> ngx_int_t {
    ngx_http_top_body_filter.set(Some(ngx_http_write_filter));

    NGX_OK
}
