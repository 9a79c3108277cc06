//! Port of src/core/ngx_output_chain.c

use crate::core::{ngx_buf::*, ngx_config::*, ngx_core::*, ngx_log::*, ngx_palloc::*, ngx_string::*};
use crate::event::ngx_event_posted::*;
use crate::os::unix::{ngx_errno::*, ngx_files::*, ngx_linux_aio_read::*, ngx_process::*};

const NGX_NONE: ngx_int_t = 1;

/// Sends `in_` and what earlier calls have kept to `ctx.output_filter`; bufs that the filter cannot take as they
/// are go there as copies in at most `ctx.bufs.num` buffers.
pub unsafe fn ngx_output_chain(ctx: *mut ngx_output_chain_ctx_t, in_: *mut ngx_chain_t) -> ngx_int_t {
    if (*ctx).in_.is_null() && (*ctx).busy.is_null() && !(*ctx).aio {
        // nothing is kept: no buf, or one that needs no copy, goes straight on

        if in_.is_null() {
            return (*ctx).output_filter.unwrap()((*ctx).filter_ctx, in_);
        }

        if (*in_).next.is_null() && ngx_output_chain_as_is(ctx, (*in_).buf) {
            return (*ctx).output_filter.unwrap()((*ctx).filter_ctx, in_);
        }
    }

    // the links belong to the caller, so ctx.in gets its own

    if !in_.is_null() && ngx_output_chain_add_copy((*ctx).pool, &raw mut (*ctx).in_, in_) == NGX_ERROR {
        return NGX_ERROR;
    }

    let mut out: *mut ngx_chain_t = null_mut();
    let mut last_out = &raw mut out;
    let mut last = NGX_NONE;

    loop {
        if (*ctx).aio {
            return NGX_AGAIN;
        }

        while !(*ctx).in_.is_null() {
            // as long as there is input, and a buffer to copy it to

            let b = (*(*ctx).in_).buf;
            let bsize = ngx_buf_size(b);

            if bsize == 0 && !ngx_buf_special(b) {
                ngx_log_error!(NGX_LOG_ALERT, (*(*ctx).pool).log, 0;
                               "zero size buf in output t:%d r:%d f:%d %p %p-%p %p %O-%O",
                               (*b).temporary, (*b).recycled, (*b).in_file, (*b).start, (*b).pos, (*b).last,
                               (*b).file, (*b).file_pos, (*b).file_last);

                ngx_debug_point();

                let cl = (*ctx).in_;
                (*ctx).in_ = (*cl).next;

                ngx_free_chain((*ctx).pool, cl);

                continue;
            }

            if bsize < 0 {
                ngx_log_error!(NGX_LOG_ALERT, (*(*ctx).pool).log, 0;
                               "negative size buf in output t:%d r:%d f:%d %p %p-%p %p %O-%O",
                               (*b).temporary, (*b).recycled, (*b).in_file, (*b).start, (*b).pos, (*b).last,
                               (*b).file, (*b).file_pos, (*b).file_last);

                ngx_debug_point();

                return NGX_ERROR;
            }

            if ngx_output_chain_as_is(ctx, b) {
                // the link itself goes out

                let cl = (*ctx).in_;
                (*ctx).in_ = (*cl).next;

                *last_out = cl;
                last_out = &raw mut (*cl).next;
                (*cl).next = null_mut();

                continue;
            }

            if (*ctx).buf.is_null() {
                let rc = ngx_output_chain_align_file_buf(ctx, bsize);

                if rc == NGX_ERROR {
                    return NGX_ERROR;
                }

                if rc != NGX_OK {
                    if !(*ctx).free.is_null() {
                        let cl = (*ctx).free;
                        (*ctx).buf = (*cl).buf;
                        (*ctx).free = (*cl).next;

                        ngx_free_chain((*ctx).pool, cl);
                    } else if !out.is_null() || (*ctx).allocated == (*ctx).bufs.num {
                        break;
                    } else if ngx_output_chain_get_buf(ctx, bsize) != NGX_OK {
                        return NGX_ERROR;
                    }
                }
            }

            let rc = ngx_output_chain_copy_buf(ctx);

            if rc == NGX_ERROR {
                return rc;
            }

            if rc == NGX_AGAIN {
                if !out.is_null() {
                    break;
                }

                return rc;
            }

            if ngx_buf_size((*(*ctx).in_).buf) == 0 {
                // copied to its end

                let cl = (*ctx).in_;
                (*ctx).in_ = (*cl).next;

                ngx_free_chain((*ctx).pool, cl);
            }

            let cl = ngx_alloc_chain_link((*ctx).pool);
            if cl.is_null() {
                return NGX_ERROR;
            }

            (*cl).buf = (*ctx).buf;
            (*cl).next = null_mut();
            *last_out = cl;
            last_out = &raw mut (*cl).next;
            (*ctx).buf = null_mut();
        }

        if out.is_null() && last != NGX_NONE {
            if !(*ctx).in_.is_null() {
                return NGX_AGAIN;
            }

            return last;
        }

        last = (*ctx).output_filter.unwrap()((*ctx).filter_ctx, out);

        if last == NGX_ERROR || last == NGX_DONE {
            return last;
        }

        ngx_chain_update_chains((*ctx).pool, &raw mut (*ctx).free, &raw mut (*ctx).busy, &raw mut out, (*ctx).tag);
        last_out = &raw mut out;
    }
}

#[inline(always)]
unsafe fn ngx_output_chain_as_is(ctx: *mut ngx_output_chain_ctx_t, buf: *mut ngx_buf_t) -> bool {
    if ngx_buf_special(buf) {
        return true;
    }

    if (*buf).in_file {
        (*(*buf).file).thread_handler = (*ctx).thread_handler;
        (*(*buf).file).thread_ctx = (*ctx).filter_ctx;
    }

    let mut sendfile = (*ctx).sendfile;

    // sendfile() reads through the page cache

    if (*buf).in_file && (*(*buf).file).directio {
        sendfile = false;
    }

    if !sendfile {
        if !ngx_buf_in_memory(buf) {
            return false;
        }

        (*buf).in_file = false;
    }

    if (*ctx).need_in_memory && !ngx_buf_in_memory(buf) {
        return false;
    }

    if (*ctx).need_in_temp && ((*buf).memory || (*buf).mmap) {
        return false;
    }

    true
}

unsafe fn ngx_output_chain_add_copy(
    pool: *mut ngx_pool_t,
    chain: *mut *mut ngx_chain_t,
    mut in_: *mut ngx_chain_t,
) -> ngx_int_t {
    let mut ll = chain;

    let mut cl = *chain;
    while !cl.is_null() {
        ll = &raw mut (*cl).next;
        cl = (*cl).next;
    }

    while !in_.is_null() {
        cl = ngx_alloc_chain_link(pool);
        if cl.is_null() {
            return NGX_ERROR;
        }

        (*cl).buf = (*in_).buf;
        in_ = (*in_).next;

        (*cl).next = null_mut();
        *ll = cl;
        ll = &raw mut (*cl).next;
    }

    NGX_OK
}

/// A buffer for the part before the first aligned offset, or for a short end; NGX_DECLINED when none is needed.
unsafe fn ngx_output_chain_align_file_buf(ctx: *mut ngx_output_chain_ctx_t, bsize: off_t) -> ngx_int_t {
    let in_ = (*(*ctx).in_).buf;

    if (*in_).file.is_null() || !(*(*in_).file).directio {
        return NGX_DECLINED;
    }

    (*ctx).directio = true;

    let mut size = ((*in_).file_pos - ((*in_).file_pos & !((*ctx).alignment - 1))) as usize;

    if size == 0 {
        if bsize >= (*ctx).bufs.size as off_t {
            return NGX_DECLINED;
        }

        size = bsize as usize;
    } else {
        size = (*ctx).alignment as usize - size;

        if size as off_t > bsize {
            size = bsize as usize;
        }
    }

    (*ctx).buf = ngx_create_temp_buf((*ctx).pool, size);
    if (*ctx).buf.is_null() {
        return NGX_ERROR;
    }

    // without a tag: this buf must not come back through ctx.free

    (*ctx).unaligned = true;

    NGX_OK
}

unsafe fn ngx_output_chain_get_buf(ctx: *mut ngx_output_chain_ctx_t, bsize: off_t) -> ngx_int_t {
    let in_ = (*(*ctx).in_).buf;
    let mut size = (*ctx).bufs.size;
    let mut recycled = true;

    if (*in_).last_in_chain {
        if bsize < size as off_t {
            // the response, or its end, is smaller than a whole buffer

            size = bsize as usize;
            recycled = false;
        } else if !(*ctx).directio && (*ctx).bufs.num == 1 && bsize < (size + size / 4) as off_t {
            // a little larger than the only buffer: one larger buffer saves a second round

            size = bsize as usize;
            recycled = false;
        }
    }

    let b = ngx_calloc_buf((*ctx).pool);
    if b.is_null() {
        return NGX_ERROR;
    }

    if (*ctx).directio {
        // the kernel reads into it directly, so it has to begin at a sector's boundary

        (*b).start = ngx_pmemalign((*ctx).pool, size, (*ctx).alignment as usize);
        if (*b).start.is_null() {
            return NGX_ERROR;
        }
    } else {
        (*b).start = ngx_palloc_n((*ctx).pool, size);
        if (*b).start.is_null() {
            return NGX_ERROR;
        }
    }

    (*b).pos = (*b).start;
    (*b).last = (*b).start;
    (*b).end = (*b).last.add(size);
    (*b).temporary = true;
    (*b).tag = (*ctx).tag;
    (*b).recycled = recycled;

    (*ctx).buf = b;
    (*ctx).allocated += 1;

    NGX_OK
}

unsafe fn ngx_output_chain_copy_buf(ctx: *mut ngx_output_chain_ctx_t) -> ngx_int_t {
    let src = (*(*ctx).in_).buf;
    let dst = (*ctx).buf;

    let mut size = ngx_buf_size(src);
    size = ngx_min(size, (*dst).end.offset_from((*dst).pos) as off_t);

    let sendfile = (*ctx).sendfile && !(*ctx).directio;

    if ngx_buf_in_memory(src) {
        ngx_memcpy((*dst).pos, (*src).pos, size as usize);
        (*src).pos = (*src).pos.add(size as usize);
        (*dst).last = (*dst).last.add(size as usize);

        if (*src).in_file {
            if sendfile {
                (*dst).in_file = true;
                (*dst).file = (*src).file;
                (*dst).file_pos = (*src).file_pos;
                (*dst).file_last = (*src).file_pos + size;
            } else {
                (*dst).in_file = false;
            }

            (*src).file_pos += size;
        } else {
            (*dst).in_file = false;
        }

        if (*src).pos == (*src).last {
            (*dst).flush = (*src).flush;
            (*dst).last_buf = (*src).last_buf;
            (*dst).last_in_chain = (*src).last_in_chain;
        } else {
            (*dst).flush = false;
            (*dst).last_buf = false;
            (*dst).last_in_chain = false;
        }
    } else {
        let n;

        if (*ctx).unaligned && ngx_directio_off((*(*src).file).fd) == NGX_FILE_ERROR as ngx_int_t {
            ngx_log_error!(NGX_LOG_ALERT, (*(*ctx).pool).log, ngx_errno();
                           "fcntl(!O_DIRECT) \"%s\" failed", (*(*src).file).name.data);
        }

        if let Some(aio_handler) = (*ctx).aio_handler {
            n = ngx_file_aio_read((*src).file, (*dst).pos, size as usize, (*src).file_pos, (*ctx).pool);
            if n == NGX_AGAIN {
                aio_handler(ctx, (*src).file);
                return NGX_AGAIN;
            }
        } else if (*ctx).thread_handler.is_some() {
            (*(*src).file).thread_task = (*ctx).thread_task;
            (*(*src).file).thread_handler = (*ctx).thread_handler;
            (*(*src).file).thread_ctx = (*ctx).filter_ctx;

            n = ngx_thread_read((*src).file, (*dst).pos, size as usize, (*src).file_pos, (*ctx).pool);
            if n == NGX_AGAIN {
                (*ctx).thread_task = (*(*src).file).thread_task;
                return NGX_AGAIN;
            }
        } else {
            n = ngx_read_file((*src).file, (*dst).pos, size as usize, (*src).file_pos);
        }

        if (*ctx).unaligned {
            let err = ngx_errno();

            if ngx_directio_on((*(*src).file).fd) == NGX_FILE_ERROR as ngx_int_t {
                ngx_log_error!(NGX_LOG_ALERT, (*(*ctx).pool).log, ngx_errno();
                               "fcntl(O_DIRECT) \"%s\" failed", (*(*src).file).name.data);
            }

            ngx_set_errno(err);

            (*ctx).unaligned = false;
        }

        if n == NGX_ERROR {
            return n;
        }

        if n as off_t != size {
            ngx_log_error!(NGX_LOG_ALERT, (*(*ctx).pool).log, 0;
                           "pread() read only %z of %O from \"%s\"", n, size, (*(*src).file).name.data);
            return NGX_ERROR;
        }

        (*dst).last = (*dst).last.add(n as usize);

        if sendfile {
            (*dst).in_file = true;
            (*dst).file = (*src).file;
            (*dst).file_pos = (*src).file_pos;
            (*dst).file_last = (*src).file_pos + n as off_t;
        } else {
            (*dst).in_file = false;
        }

        (*src).file_pos += n as off_t;

        if (*src).file_pos == (*src).file_last {
            (*dst).flush = (*src).flush;
            (*dst).last_buf = (*src).last_buf;
            (*dst).last_in_chain = (*src).last_in_chain;
        } else {
            (*dst).flush = false;
            (*dst).last_buf = false;
            (*dst).last_in_chain = false;
        }
    }

    NGX_OK
}

/// An output_filter: sends to the connection of a ngx_chain_writer_ctx_t.
pub unsafe fn ngx_chain_writer(data: *mut c_void, mut in_: *mut ngx_chain_t) -> ngx_int_t {
    let ctx = data.cast::<ngx_chain_writer_ctx_t>();

    let c = (*ctx).connection;

    let mut size: off_t = 0;

    while !in_.is_null() {
        let b = (*in_).buf;

        if ngx_buf_size(b) == 0 && !ngx_buf_special(b) {
            ngx_log_error!(NGX_LOG_ALERT, (*(*ctx).pool).log, 0;
                           "zero size buf in chain writer t:%d r:%d f:%d %p %p-%p %p %O-%O",
                           (*b).temporary, (*b).recycled, (*b).in_file, (*b).start, (*b).pos, (*b).last,
                           (*b).file, (*b).file_pos, (*b).file_last);

            ngx_debug_point();

            in_ = (*in_).next;
            continue;
        }

        if ngx_buf_size(b) < 0 {
            ngx_log_error!(NGX_LOG_ALERT, (*(*ctx).pool).log, 0;
                           "negative size buf in chain writer t:%d r:%d f:%d %p %p-%p %p %O-%O",
                           (*b).temporary, (*b).recycled, (*b).in_file, (*b).start, (*b).pos, (*b).last,
                           (*b).file, (*b).file_pos, (*b).file_last);

            ngx_debug_point();

            return NGX_ERROR;
        }

        size += ngx_buf_size(b);

        ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*c).log, 0;
                       "chain writer buf fl:%d s:%uO", (*b).flush, ngx_buf_size(b));

        let cl = ngx_alloc_chain_link((*ctx).pool);
        if cl.is_null() {
            return NGX_ERROR;
        }

        (*cl).buf = b;
        (*cl).next = null_mut();
        *(*ctx).last = cl;
        (*ctx).last = &raw mut (*cl).next;

        in_ = (*in_).next;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*c).log, 0; "chain writer in: %p", (*ctx).out);

    let mut cl = (*ctx).out;
    while !cl.is_null() {
        let b = (*cl).buf;

        if ngx_buf_size(b) == 0 && !ngx_buf_special(b) {
            ngx_log_error!(NGX_LOG_ALERT, (*(*ctx).pool).log, 0;
                           "zero size buf in chain writer t:%d r:%d f:%d %p %p-%p %p %O-%O",
                           (*b).temporary, (*b).recycled, (*b).in_file, (*b).start, (*b).pos, (*b).last,
                           (*b).file, (*b).file_pos, (*b).file_last);

            ngx_debug_point();

            cl = (*cl).next;
            continue;
        }

        if ngx_buf_size(b) < 0 {
            ngx_log_error!(NGX_LOG_ALERT, (*(*ctx).pool).log, 0;
                           "negative size buf in chain writer t:%d r:%d f:%d %p %p-%p %p %O-%O",
                           (*b).temporary, (*b).recycled, (*b).in_file, (*b).start, (*b).pos, (*b).last,
                           (*b).file, (*b).file_pos, (*b).file_last);

            ngx_debug_point();

            return NGX_ERROR;
        }

        size += ngx_buf_size(b);

        cl = (*cl).next;
    }

    if size == 0 && (*c).buffered == 0 {
        return NGX_OK;
    }

    let chain = (*c).send_chain.unwrap()(c, (*ctx).out, (*ctx).limit);

    ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*c).log, 0; "chain writer out: %p", chain);

    if chain == NGX_CHAIN_ERROR {
        return NGX_ERROR;
    }

    if !chain.is_null() && (*(*c).write).ready {
        ngx_post_event((*c).write, ngx_posted_next_events.ptr());
    }

    cl = (*ctx).out;
    while !cl.is_null() && cl != chain {
        let ln = cl;
        cl = (*cl).next;
        ngx_free_chain((*ctx).pool, ln);
    }

    (*ctx).out = chain;

    if (*ctx).out.is_null() {
        (*ctx).last = &raw mut (*ctx).out;

        if (*c).buffered == 0 {
            return NGX_OK;
        }
    }

    NGX_AGAIN
}
