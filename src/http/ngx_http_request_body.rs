//! Port of src/http/ngx_http_request_body.c

use crate::core::{
    ngx_buf::*, ngx_config::*, ngx_core::*, ngx_file::*, ngx_log::*, ngx_palloc::*, ngx_string::*, ngx_times::*,
};
use crate::event::ngx_event::*;
use crate::http::{ngx_http::*, ngx_http_config::*, ngx_http_core_module::*, ngx_http_parse::*, ngx_http_request::*};
use crate::os::unix::{ngx_files::*, ngx_time::*};

/// Marks the bufs of this filter: C uses the address of ngx_http_read_client_request_body().
static ngx_http_request_body_tag: u8 = 0;

/// Reads the body and calls `post_handler` when it is there (or, unbuffered, at once). NGX_OK, NGX_AGAIN, or a
/// status >= NGX_HTTP_SPECIAL_RESPONSE that the caller finalizes with; the request's count is taken in the first two.
pub unsafe fn ngx_http_read_client_request_body(
    r: *mut ngx_http_request_t,
    post_handler: ngx_http_client_body_handler_pt,
) -> ngx_int_t {
    let mut out: ngx_chain_t = core::mem::zeroed();
    let mut rc;

    (*(*r).main).count += 1;

    if r != (*r).main || !(*r).request_body.is_null() || (*r).discard_body {
        (*r).request_body_no_buffering = false;
        post_handler.unwrap()(r);
        return NGX_OK;
    }

    'done: {
        if ngx_http_test_expect(r) != NGX_OK {
            rc = NGX_HTTP_INTERNAL_SERVER_ERROR;
            break 'done;
        }

        // zeroed: temp_file, bufs, buf, free, busy, chunked, received and the flags
        let rb: *mut ngx_http_request_body_t = ngx_pcalloc((*r).pool);
        if rb.is_null() {
            rc = NGX_HTTP_INTERNAL_SERVER_ERROR;
            break 'done;
        }

        (*rb).rest = -1;
        (*rb).post_handler = post_handler;

        (*r).request_body = rb;

        if (*r).headers_in.content_length_n < 0 && !(*r).headers_in.chunked {
            (*r).request_body_no_buffering = false;
            post_handler.unwrap()(r);
            return NGX_OK;
        }

        let preread = (*(*r).header_in).last.offset_from_unsigned((*(*r).header_in).pos);

        if preread != 0 {
            // a part of the body came with the header

            ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                           "http client request body preread %uz", preread);

            out.buf = (*r).header_in;
            out.next = null_mut();

            rc = ngx_http_request_body_filter(r, &raw mut out);

            if rc != NGX_OK {
                break 'done;
            }

            (*r).request_length +=
                preread as off_t - (*(*r).header_in).last.offset_from((*(*r).header_in).pos) as off_t;

            if !(*r).headers_in.chunked
                && (*rb).rest > 0
                && (*rb).rest <= (*(*r).header_in).end.offset_from((*(*r).header_in).last) as off_t
            {
                // the rest of it fits behind the header

                let b = ngx_calloc_buf((*r).pool);
                if b.is_null() {
                    rc = NGX_HTTP_INTERNAL_SERVER_ERROR;
                    break 'done;
                }

                (*b).temporary = true;
                (*b).start = (*(*r).header_in).pos;
                (*b).pos = (*(*r).header_in).pos;
                (*b).last = (*(*r).header_in).last;
                (*b).end = (*(*r).header_in).end;

                (*rb).buf = b;

                (*r).read_event_handler = Some(ngx_http_read_client_request_body_handler);
                (*r).write_event_handler = Some(ngx_http_request_empty_handler);

                rc = ngx_http_do_read_client_request_body(r);
                break 'done;
            }
        } else {
            // this sets rb.rest

            rc = ngx_http_request_body_filter(r, null_mut());

            if rc != NGX_OK {
                break 'done;
            }
        }

        if (*rb).rest == 0 && (*rb).last_saved {
            // all of it came with the header
            (*r).request_body_no_buffering = false;
            post_handler.unwrap()(r);
            return NGX_OK;
        }

        if (*rb).rest < 0 {
            ngx_log_error!(NGX_LOG_ALERT, (*(*r).connection).log, 0; "negative request body rest");
            rc = NGX_HTTP_INTERNAL_SERVER_ERROR;
            break 'done;
        }

        let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

        let mut size = (*clcf).client_body_buffer_size;
        size += size >> 2;

        if !(*r).headers_in.chunked && (*rb).rest < size as off_t {
            size = (*rb).rest as usize;

            if (*r).request_body_in_single_buf {
                size += preread;
            }

            if size == 0 {
                size += 1;
            }
        } else {
            size = (*clcf).client_body_buffer_size;
        }

        (*rb).buf = ngx_create_temp_buf((*r).pool, size);
        if (*rb).buf.is_null() {
            rc = NGX_HTTP_INTERNAL_SERVER_ERROR;
            break 'done;
        }

        (*r).read_event_handler = Some(ngx_http_read_client_request_body_handler);
        (*r).write_event_handler = Some(ngx_http_request_empty_handler);

        rc = ngx_http_do_read_client_request_body(r);
    }

    if (*r).request_body_no_buffering && (rc == NGX_OK || rc == NGX_AGAIN) {
        if rc == NGX_OK {
            (*r).request_body_no_buffering = false;
        } else {
            // NGX_AGAIN
            (*r).reading_body = true;
        }

        (*r).read_event_handler = Some(ngx_http_block_reading);
        post_handler.unwrap()(r);
    }

    if rc >= NGX_HTTP_SPECIAL_RESPONSE {
        (*(*r).main).count -= 1;
    }

    rc
}

pub unsafe fn ngx_http_read_unbuffered_request_body(r: *mut ngx_http_request_t) -> ngx_int_t {
    if (*(*(*r).connection).read).timedout {
        (*(*r).connection).timedout = true;
        return NGX_HTTP_REQUEST_TIME_OUT;
    }

    let rc = ngx_http_do_read_client_request_body(r);

    if rc == NGX_OK {
        (*r).reading_body = false;
    }

    rc
}

unsafe fn ngx_http_read_client_request_body_handler(r: *mut ngx_http_request_t) {
    if (*(*(*r).connection).read).timedout {
        (*(*r).connection).timedout = true;
        ngx_http_finalize_request(r, NGX_HTTP_REQUEST_TIME_OUT);
        return;
    }

    let rc = ngx_http_do_read_client_request_body(r);

    if rc >= NGX_HTTP_SPECIAL_RESPONSE {
        ngx_http_finalize_request(r, rc);
    }
}

unsafe fn ngx_http_do_read_client_request_body(r: *mut ngx_http_request_t) -> ngx_int_t {
    let c = (*r).connection;
    let rb = (*r).request_body;
    let mut out: ngx_chain_t = core::mem::zeroed();
    let mut flush = true;

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*c).log, 0; "http read client request body");

    loop {
        loop {
            if (*rb).rest == 0 {
                break;
            }

            if (*(*rb).buf).last == (*(*rb).buf).end {
                // the buffer is full: what of it is free again

                let rc = ngx_http_request_body_filter(r, null_mut());

                if rc != NGX_OK {
                    return rc;
                }

                if !(*rb).busy.is_null() {
                    if (*r).request_body_no_buffering {
                        if (*(*c).read).timer_set {
                            ngx_del_timer((*c).read);
                        }

                        if ngx_handle_read_event((*c).read, 0) != NGX_OK {
                            return NGX_HTTP_INTERNAL_SERVER_ERROR;
                        }

                        return NGX_AGAIN;
                    }

                    if (*rb).filter_need_buffering {
                        let clcf: *mut ngx_http_core_loc_conf_t =
                            ngx_http_get_module_loc_conf(r, &ngx_http_core_module);
                        ngx_add_timer((*c).read, (*clcf).client_body_timeout);

                        if ngx_handle_read_event((*c).read, 0) != NGX_OK {
                            return NGX_HTTP_INTERNAL_SERVER_ERROR;
                        }

                        return NGX_AGAIN;
                    }

                    ngx_log_error!(NGX_LOG_ALERT, (*c).log, 0; "busy buffers after request body flush");

                    return NGX_HTTP_INTERNAL_SERVER_ERROR;
                }

                flush = false;
                (*(*rb).buf).pos = (*(*rb).buf).start;
                (*(*rb).buf).last = (*(*rb).buf).start;
            }

            let mut size = (*(*rb).buf).end.offset_from_unsigned((*(*rb).buf).last);
            let rest = (*rb).rest - (*(*rb).buf).last.offset_from((*(*rb).buf).pos) as off_t;

            if size as off_t > rest {
                size = rest as usize;
            }

            if size == 0 {
                break;
            }

            let n = (*c).recv.unwrap()(c, (*(*rb).buf).last, size);

            ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*c).log, 0; "http client request body recv %z", n);

            if n == NGX_AGAIN {
                break;
            }

            if n == 0 {
                ngx_log_error!(NGX_LOG_INFO, (*c).log, 0; "client prematurely closed connection");
            }

            if n == 0 || n == NGX_ERROR {
                (*c).error = true;
                return NGX_HTTP_BAD_REQUEST;
            }

            (*(*rb).buf).last = (*(*rb).buf).last.add(n as usize);
            (*r).request_length += n as off_t;

            // through the body filters

            flush = false;
            out.buf = (*rb).buf;
            out.next = null_mut();

            let rc = ngx_http_request_body_filter(r, &raw mut out);

            if rc != NGX_OK {
                return rc;
            }

            if (*rb).rest == 0 {
                break;
            }

            if (*(*rb).buf).last < (*(*rb).buf).end {
                break;
            }
        }

        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*c).log, 0; "http client request body rest %O", (*rb).rest);

        if flush {
            let rc = ngx_http_request_body_filter(r, null_mut());

            if rc != NGX_OK {
                return rc;
            }
        }

        if (*rb).rest == 0 && (*rb).last_saved {
            break;
        }

        if !(*(*c).read).ready || (*rb).rest == 0 {
            let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);
            ngx_add_timer((*c).read, (*clcf).client_body_timeout);

            if ngx_handle_read_event((*c).read, 0) != NGX_OK {
                return NGX_HTTP_INTERNAL_SERVER_ERROR;
            }

            return NGX_AGAIN;
        }
    }

    if ngx_http_copy_pipelined_header(r, (*rb).buf) != NGX_OK {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (*(*c).read).timer_set {
        ngx_del_timer((*c).read);
    }

    if !(*r).request_body_no_buffering {
        (*r).read_event_handler = Some(ngx_http_block_reading);
        (*rb).post_handler.unwrap()(r);
    }

    NGX_OK
}

/// What was read behind the body is the next request: it goes to the header buffer, or to a large one.
unsafe fn ngx_http_copy_pipelined_header(r: *mut ngx_http_request_t, buf: *mut ngx_buf_t) -> ngx_int_t {
    let mut b = (*r).header_in;
    let n = (*buf).last.offset_from_unsigned((*buf).pos);

    if buf == b || n == 0 {
        return NGX_OK;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "http body pipelined header: %uz", n);

    if n > (*b).end.offset_from_unsigned((*b).last) {
        let hc = (*r).http_connection;
        let cl;

        if !(*hc).free.is_null() {
            cl = (*hc).free;
            (*hc).free = (*cl).next;

            b = (*cl).buf;

            ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                           "http large header free: %p %uz", (*b).pos, (*b).end.offset_from((*b).last));
        } else {
            let cscf: *mut ngx_http_core_srv_conf_t = ngx_http_get_module_srv_conf(r, &ngx_http_core_module);

            b = ngx_create_temp_buf((*(*r).connection).pool, (*cscf).large_client_header_buffers.size);
            if b.is_null() {
                return NGX_ERROR;
            }

            cl = ngx_alloc_chain_link((*(*r).connection).pool);
            if cl.is_null() {
                return NGX_ERROR;
            }

            (*cl).buf = b;

            ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                           "http large header alloc: %p %uz", (*b).pos, (*b).end.offset_from((*b).last));
        }

        (*cl).next = (*hc).busy;
        (*hc).busy = cl;
        (*hc).nbusy += 1;

        (*r).header_in = b;

        if n > (*b).end.offset_from_unsigned((*b).last) {
            ngx_log_error!(NGX_LOG_ALERT, (*(*r).connection).log, 0;
                           "too large pipelined header after reading body");
            return NGX_ERROR;
        }
    }

    ngx_memcpy((*b).last, (*buf).pos, n);

    (*b).last = (*b).last.add(n);
    (*r).request_length -= n as off_t;

    NGX_OK
}

unsafe fn ngx_http_write_request_body(r: *mut ngx_http_request_t) -> ngx_int_t {
    let rb = (*r).request_body;

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                   "http write client request body, bufs %p", (*rb).bufs);

    if (*rb).temp_file.is_null() {
        let tf: *mut ngx_temp_file_t = ngx_pcalloc((*r).pool);
        if tf.is_null() {
            return NGX_ERROR;
        }

        let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

        (*tf).file.fd = NGX_INVALID_FILE;
        (*tf).file.log = (*(*r).connection).log;
        (*tf).path = (*clcf).client_body_temp_path;
        (*tf).pool = (*r).pool;
        (*tf).warn = c"a client request body is buffered to a temporary file".as_ptr();
        (*tf).log_level = (*r).request_body_file_log_level;
        (*tf).persistent = (*r).request_body_in_persistent_file;
        (*tf).clean = (*r).request_body_in_clean_file;

        if (*r).request_body_file_group_access {
            (*tf).access = 0o660;
        }

        (*rb).temp_file = tf;

        if (*rb).bufs.is_null() || (!ngx_buf_in_memory((*(*rb).bufs).buf) && (*(*(*rb).bufs).buf).last_buf) {
            // an empty body that was asked for as a file

            if ngx_create_temp_file(
                &raw mut (*tf).file,
                (*tf).path,
                (*tf).pool,
                (*tf).persistent as ngx_uint_t,
                (*tf).clean as ngx_uint_t,
                (*tf).access,
            ) != NGX_OK
            {
                return NGX_ERROR;
            }

            return NGX_OK;
        }
    }

    if (*rb).bufs.is_null() {
        return NGX_OK;
    }

    let n = ngx_write_chain_to_temp_file((*rb).temp_file, (*rb).bufs);

    if n == NGX_ERROR {
        return NGX_ERROR;
    }

    (*(*rb).temp_file).offset += n as off_t;

    // all of them are written

    let mut cl = (*rb).bufs;
    while !cl.is_null() {
        (*(*cl).buf).pos = (*(*cl).buf).last;

        let ln = cl;
        cl = (*cl).next;
        ngx_free_chain((*r).pool, ln);
    }

    (*rb).bufs = null_mut();

    NGX_OK
}

/// For a handler that does not want the body: reads it away, now or later. NGX_OK, or a status.
pub unsafe fn ngx_http_discard_request_body(r: *mut ngx_http_request_t) -> ngx_int_t {
    if r != (*r).main || (*r).discard_body || !(*r).request_body.is_null() {
        return NGX_OK;
    }

    if ngx_http_test_expect(r) != NGX_OK {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    let rev = (*(*r).connection).read;

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*rev).log, 0; "http set discard body");

    if (*rev).timer_set {
        ngx_del_timer(rev);
    }

    if (*r).headers_in.content_length_n <= 0 && !(*r).headers_in.chunked {
        return NGX_OK;
    }

    let size = (*(*r).header_in).last.offset_from_unsigned((*(*r).header_in).pos);

    if size != 0 || (*r).headers_in.chunked {
        let rc = ngx_http_discard_request_body_filter(r, (*r).header_in);

        if rc != NGX_OK {
            return rc;
        }

        if (*r).headers_in.content_length_n == 0 {
            return NGX_OK;
        }
    }

    let rc = ngx_http_read_discarded_request_body(r);

    if rc == NGX_OK {
        (*r).lingering_close = false;
        return NGX_OK;
    }

    if rc >= NGX_HTTP_SPECIAL_RESPONSE {
        return rc;
    }

    // NGX_AGAIN

    (*r).read_event_handler = Some(ngx_http_discarded_request_body_handler);

    if ngx_handle_read_event(rev, 0) != NGX_OK {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    (*r).count += 1;
    (*r).discard_body = true;

    NGX_OK
}

pub unsafe fn ngx_http_discarded_request_body_handler(r: *mut ngx_http_request_t) {
    let c = (*r).connection;
    let rev = (*c).read;

    if (*rev).timedout {
        (*c).timedout = true;
        (*c).error = true;
        ngx_http_finalize_request(r, NGX_ERROR);
        return;
    }

    let mut timer: ngx_msec_t = 0;

    if (*r).lingering_time != 0 {
        let left = (*r).lingering_time - ngx_time();

        if left <= 0 {
            (*r).discard_body = false;
            (*r).lingering_close = false;
            ngx_http_finalize_request(r, NGX_ERROR);
            return;
        }

        timer = left as ngx_msec_t;
    }

    let rc = ngx_http_read_discarded_request_body(r);

    if rc == NGX_OK {
        (*r).discard_body = false;
        (*r).lingering_close = false;
        (*r).lingering_time = 0;
        ngx_http_finalize_request(r, NGX_DONE);
        return;
    }

    if rc >= NGX_HTTP_SPECIAL_RESPONSE {
        (*c).error = true;
        ngx_http_finalize_request(r, NGX_ERROR);
        return;
    }

    // NGX_AGAIN

    if ngx_handle_read_event(rev, 0) != NGX_OK {
        (*c).error = true;
        ngx_http_finalize_request(r, NGX_ERROR);
        return;
    }

    if timer != 0 {
        let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

        timer = timer.saturating_mul(1000);

        if timer > (*clcf).lingering_timeout {
            timer = (*clcf).lingering_timeout;
        }

        ngx_add_timer(rev, timer);
    }
}

unsafe fn ngx_http_read_discarded_request_body(r: *mut ngx_http_request_t) -> ngx_int_t {
    let mut buffer = core::mem::MaybeUninit::<[u8; NGX_HTTP_DISCARD_BUFFER_SIZE]>::uninit();
    let buffer: *mut u8 = buffer.as_mut_ptr().cast();

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "http read discarded body");

    let mut b: ngx_buf_t = core::mem::zeroed();

    b.temporary = true;

    loop {
        if (*r).headers_in.content_length_n == 0 {
            break;
        }

        if !(*(*(*r).connection).read).ready {
            return NGX_AGAIN;
        }

        let size = ngx_min((*r).headers_in.content_length_n, NGX_HTTP_DISCARD_BUFFER_SIZE as off_t) as usize;

        let n = (*(*r).connection).recv.unwrap()((*r).connection, buffer, size);

        if n == NGX_ERROR {
            (*(*r).connection).error = true;
            return NGX_OK;
        }

        if n == NGX_AGAIN {
            return NGX_AGAIN;
        }

        if n == 0 {
            return NGX_OK;
        }

        b.pos = buffer;
        b.last = buffer.add(n as usize);

        let rc = ngx_http_discard_request_body_filter(r, &raw mut b);

        if rc != NGX_OK {
            return rc;
        }
    }

    if ngx_http_copy_pipelined_header(r, &raw mut b) != NGX_OK {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    (*r).read_event_handler = Some(ngx_http_block_reading);

    NGX_OK
}

/// Skips what `b` holds of the body; content_length_n becomes what is still to come, or for chunks a lower bound.
unsafe fn ngx_http_discard_request_body_filter(r: *mut ngx_http_request_t, b: *mut ngx_buf_t) -> ngx_int_t {
    if (*r).headers_in.chunked {
        let mut rb = (*r).request_body;

        if rb.is_null() {
            rb = ngx_pcalloc((*r).pool);
            if rb.is_null() {
                return NGX_HTTP_INTERNAL_SERVER_ERROR;
            }

            (*rb).chunked = ngx_pcalloc((*r).pool);
            if (*rb).chunked.is_null() {
                return NGX_HTTP_INTERNAL_SERVER_ERROR;
            }

            (*r).request_body = rb;
        }

        loop {
            let rc = ngx_http_parse_chunked(r, b, (*rb).chunked, 0);

            if rc == NGX_OK {
                // a chunk begins

                let size = (*b).last.offset_from((*b).pos) as off_t;

                if size > (*(*rb).chunked).size {
                    (*b).pos = (*b).pos.add((*(*rb).chunked).size as usize);
                    (*(*rb).chunked).size = 0;
                } else {
                    (*(*rb).chunked).size -= size;
                    (*b).pos = (*b).last;
                }

                continue;
            }

            if rc == NGX_DONE {
                // the body is over

                (*r).headers_in.content_length_n = 0;
                break;
            }

            if rc == NGX_AGAIN {
                // how much to ask for next time

                let cscf: *mut ngx_http_core_srv_conf_t = ngx_http_get_module_srv_conf(r, &ngx_http_core_module);

                (*r).headers_in.content_length_n =
                    ngx_max((*(*rb).chunked).length, (*cscf).large_client_header_buffers.size as off_t);
                break;
            }

            // invalid

            ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0; "client sent invalid chunked body");

            return NGX_HTTP_BAD_REQUEST;
        }
    } else {
        let size = (*b).last.offset_from((*b).pos) as off_t;

        if size > (*r).headers_in.content_length_n {
            (*b).pos = (*b).pos.add((*r).headers_in.content_length_n as usize);
            (*r).headers_in.content_length_n = 0;
        } else {
            (*b).pos = (*b).last;
            (*r).headers_in.content_length_n -= size;
        }
    }

    NGX_OK
}

unsafe fn ngx_http_test_expect(r: *mut ngx_http_request_t) -> ngx_int_t {
    if (*r).expect_tested || (*r).headers_in.expect.is_null() || (*r).http_version < NGX_HTTP_VERSION_11 {
        return NGX_OK;
    }

    (*r).expect_tested = true;

    if !(*(*r).headers_in.expect).value.bytes().eq_ignore_ascii_case(b"100-continue") {
        return NGX_OK;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "send 100 Continue");

    static response: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

    let n = (*(*r).connection).send.unwrap()((*r).connection, response.as_ptr().cast_mut(), response.len());

    if n == response.len() as isize {
        return NGX_OK;
    }

    // so little always fits, unless the connection is broken

    (*(*r).connection).error = true;

    NGX_ERROR
}

unsafe fn ngx_http_request_body_filter(r: *mut ngx_http_request_t, in_: *mut ngx_chain_t) -> ngx_int_t {
    if (*r).headers_in.chunked {
        ngx_http_request_body_chunked_filter(r, in_)
    } else {
        ngx_http_request_body_length_filter(r, in_)
    }
}

unsafe fn ngx_http_request_body_length_filter(r: *mut ngx_http_request_t, in_: *mut ngx_chain_t) -> ngx_int_t {
    let rb = (*r).request_body;

    let mut out: *mut ngx_chain_t = null_mut();
    let mut ll = &raw mut out;

    if (*rb).rest == -1 {
        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "http request body content length filter");

        (*rb).rest = (*r).headers_in.content_length_n;

        if (*rb).rest == 0 {
            let tl = ngx_chain_get_free_buf((*r).pool, &raw mut (*rb).free);
            if tl.is_null() {
                return NGX_HTTP_INTERNAL_SERVER_ERROR;
            }

            let b = (*tl).buf;

            b.write_bytes(0, 1);

            (*b).last_buf = true;

            *ll = tl;
            ll = &raw mut (*tl).next;
        }
    }

    let mut cl = in_;
    while !cl.is_null() {
        if (*rb).rest == 0 {
            break;
        }

        let tl = ngx_chain_get_free_buf((*r).pool, &raw mut (*rb).free);
        if tl.is_null() {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        let b = (*tl).buf;

        b.write_bytes(0, 1);

        (*b).temporary = true;
        (*b).tag = (&raw const ngx_http_request_body_tag).cast();
        (*b).start = (*(*cl).buf).pos;
        (*b).pos = (*(*cl).buf).pos;
        (*b).last = (*(*cl).buf).last;
        (*b).end = (*(*cl).buf).end;
        (*b).flush = (*r).request_body_no_buffering;

        let size = (*(*cl).buf).last.offset_from((*(*cl).buf).pos) as off_t;

        if size < (*rb).rest {
            (*(*cl).buf).pos = (*(*cl).buf).last;
            (*rb).rest -= size;
        } else {
            (*(*cl).buf).pos = (*(*cl).buf).pos.add((*rb).rest as usize);
            (*rb).rest = 0;
            (*b).last = (*(*cl).buf).pos;
            (*b).last_buf = true;
        }

        *ll = tl;
        ll = &raw mut (*tl).next;

        cl = (*cl).next;
    }

    let rc = ngx_http_top_request_body_filter.get().unwrap()(r, out);

    ngx_chain_update_chains(
        (*r).pool,
        &raw mut (*rb).free,
        &raw mut (*rb).busy,
        &raw mut out,
        (&raw const ngx_http_request_body_tag).cast(),
    );

    rc
}

unsafe fn ngx_http_request_body_chunked_filter(r: *mut ngx_http_request_t, in_: *mut ngx_chain_t) -> ngx_int_t {
    let rb = (*r).request_body;

    let mut out: *mut ngx_chain_t = null_mut();
    let mut ll = &raw mut out;

    if (*rb).rest == -1 {
        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "http request body chunked filter");

        (*rb).chunked = ngx_pcalloc((*r).pool);
        if (*rb).chunked.is_null() {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        let cscf: *mut ngx_http_core_srv_conf_t = ngx_http_get_module_srv_conf(r, &ngx_http_core_module);

        (*r).headers_in.content_length_n = 0;
        (*rb).rest = (*cscf).large_client_header_buffers.size as off_t;
    }

    let mut cl = in_;
    while !cl.is_null() {
        let mut b: *mut ngx_buf_t = null_mut();
        let buf = (*cl).buf;
        let chunked = (*rb).chunked;

        loop {
            ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*(*r).connection).log, 0;
                           "http body chunked buf t:%d f:%d %p, pos %p, size: %z file: %O, size: %O",
                           (*buf).temporary, (*buf).in_file, (*buf).start, (*buf).pos,
                           (*buf).last.offset_from((*buf).pos), (*buf).file_pos,
                           (*buf).file_last - (*buf).file_pos);

            let rc = ngx_http_parse_chunked(r, buf, chunked, 0);

            if rc == NGX_OK {
                // a chunk begins

                let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

                if (*clcf).client_max_body_size != 0
                    && (*clcf).client_max_body_size - (*r).headers_in.content_length_n < (*chunked).size
                {
                    ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                                   "client intended to send too large chunked body: %O+%O bytes",
                                   (*r).headers_in.content_length_n, (*chunked).size);

                    (*r).lingering_close = true;

                    return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
                }

                if !b.is_null()
                    && (*chunked).size <= 128
                    && (*buf).last.offset_from((*buf).pos) as off_t >= (*chunked).size
                {
                    // a small one is moved up to the chunk before it

                    let size = (*chunked).size as usize;

                    (*r).headers_in.content_length_n += (*chunked).size;

                    ngx_memmove((*b).last, (*buf).pos, size);
                    (*b).last = (*b).last.add(size);
                    (*buf).pos = (*buf).pos.add(size);
                    (*chunked).size = 0;

                    continue;
                }

                let tl = ngx_chain_get_free_buf((*r).pool, &raw mut (*rb).free);
                if tl.is_null() {
                    return NGX_HTTP_INTERNAL_SERVER_ERROR;
                }

                b = (*tl).buf;

                b.write_bytes(0, 1);

                (*b).temporary = true;
                (*b).tag = (&raw const ngx_http_request_body_tag).cast();
                (*b).start = (*buf).pos;
                (*b).pos = (*buf).pos;
                (*b).last = (*buf).last;
                (*b).end = (*buf).end;
                (*b).flush = (*r).request_body_no_buffering;

                *ll = tl;
                ll = &raw mut (*tl).next;

                let size = (*buf).last.offset_from((*buf).pos) as off_t;

                if size > (*chunked).size {
                    (*buf).pos = (*buf).pos.add((*chunked).size as usize);
                    (*r).headers_in.content_length_n += (*chunked).size;
                    (*chunked).size = 0;
                } else {
                    (*chunked).size -= size;
                    (*r).headers_in.content_length_n += size;
                    (*buf).pos = (*buf).last;
                }

                (*b).last = (*buf).pos;

                continue;
            }

            if rc == NGX_DONE {
                // the body is over

                (*rb).rest = 0;

                let tl = ngx_chain_get_free_buf((*r).pool, &raw mut (*rb).free);
                if tl.is_null() {
                    return NGX_HTTP_INTERNAL_SERVER_ERROR;
                }

                b = (*tl).buf;

                b.write_bytes(0, 1);

                (*b).last_buf = true;

                *ll = tl;
                ll = &raw mut (*tl).next;

                break;
            }

            if rc == NGX_AGAIN {
                // how much to ask for next time

                let cscf: *mut ngx_http_core_srv_conf_t = ngx_http_get_module_srv_conf(r, &ngx_http_core_module);

                (*rb).rest = ngx_max((*chunked).length, (*cscf).large_client_header_buffers.size as off_t);

                break;
            }

            // invalid

            ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0; "client sent invalid chunked body");

            return NGX_HTTP_BAD_REQUEST;
        }

        cl = (*cl).next;
    }

    let rc = ngx_http_top_request_body_filter.get().unwrap()(r, out);

    ngx_chain_update_chains(
        (*r).pool,
        &raw mut (*rb).free,
        &raw mut (*rb).busy,
        &raw mut out,
        (&raw const ngx_http_request_body_tag).cast(),
    );

    rc
}

/// The last body filter: keeps the bufs in memory, or writes them to a file.
pub unsafe fn ngx_http_request_body_save_filter(r: *mut ngx_http_request_t, in_: *mut ngx_chain_t) -> ngx_int_t {
    let rb = (*r).request_body;

    let mut ll = &raw mut (*rb).bufs;

    let mut cl = (*rb).bufs;
    while !cl.is_null() {
        ll = &raw mut (*cl).next;
        cl = (*cl).next;
    }

    cl = in_;
    while !cl.is_null() {
        ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*(*r).connection).log, 0;
                       "http body new buf t:%d f:%d %p, pos %p, size: %z file: %O, size: %O",
                       (*(*cl).buf).temporary, (*(*cl).buf).in_file, (*(*cl).buf).start, (*(*cl).buf).pos,
                       (*(*cl).buf).last.addr().wrapping_sub((*(*cl).buf).pos.addr()), (*(*cl).buf).file_pos,
                       (*(*cl).buf).file_last - (*(*cl).buf).file_pos);

        if (*(*cl).buf).last_buf {
            if (*rb).last_saved {
                ngx_log_error!(NGX_LOG_ALERT, (*(*r).connection).log, 0; "duplicate last buf in save filter");
                *ll = null_mut();
                return NGX_HTTP_INTERNAL_SERVER_ERROR;
            }

            (*rb).last_saved = true;
        }

        let tl = ngx_alloc_chain_link((*r).pool);
        if tl.is_null() {
            *ll = null_mut();
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        (*tl).buf = (*cl).buf;
        *ll = tl;
        ll = &raw mut (*tl).next;

        cl = (*cl).next;
    }

    *ll = null_mut();

    if (*r).request_body_no_buffering {
        return NGX_OK;
    }

    if (*rb).rest > 0 {
        if !(*rb).bufs.is_null()
            && !(*rb).buf.is_null()
            && (*(*rb).buf).last == (*(*rb).buf).end
            && ngx_http_write_request_body(r) != NGX_OK
        {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        return NGX_OK;
    }

    if !(*rb).last_saved {
        return NGX_OK;
    }

    if !(*rb).temp_file.is_null() || (*r).request_body_in_file_only {
        if !(*rb).bufs.is_null() && (*(*(*rb).bufs).buf).in_file {
            ngx_log_error!(NGX_LOG_ALERT, (*(*r).connection).log, 0; "body already in file");
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        if ngx_http_write_request_body(r) != NGX_OK {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        if (*(*rb).temp_file).file.offset != 0 {
            cl = ngx_chain_get_free_buf((*r).pool, &raw mut (*rb).free);
            if cl.is_null() {
                return NGX_HTTP_INTERNAL_SERVER_ERROR;
            }

            let b = (*cl).buf;

            b.write_bytes(0, 1);

            (*b).in_file = true;
            (*b).file_last = (*(*rb).temp_file).file.offset;
            (*b).file = &raw mut (*(*rb).temp_file).file;

            (*rb).bufs = cl;
        }
    }

    NGX_OK
}
