//! Port of src/os/unix/ngx_linux_sendfile_chain.c
//! Ours: ngx_linux_more, ngx_linux_small, ngx_linux_send_small.

use crate::core::{
    ngx_buf::*, ngx_config::*, ngx_connection::*, ngx_core::*, ngx_log::*, ngx_string::*, ngx_thread_pool::*,
};
use crate::os::unix::{ngx_alloc::*, ngx_errno::*, ngx_os::*, ngx_process::*, ngx_socket::*, ngx_writev_chain::*};

use core::mem::MaybeUninit;

/// What sendfile() takes at once. Kernels before 2.6.16 refuse more, later ones cut it to 2G less a page.
const NGX_SENDFILE_MAXSIZE: off_t = 2147483647;

pub unsafe fn ngx_linux_sendfile_chain(
    c: *mut ngx_connection_t,
    mut in_: *mut ngx_chain_t,
    mut limit: off_t,
) -> *mut ngx_chain_t {
    let mut headers = MaybeUninit::<[libc::iovec; NGX_IOVS_PREALLOCATE]>::uninit();

    let wev = (*c).write;

    if !(*wev).ready {
        return in_;
    }

    if limit == 0 || limit > NGX_SENDFILE_MAXSIZE - ngx_pagesize.get() as off_t {
        limit = NGX_SENDFILE_MAXSIZE - ngx_pagesize.get() as off_t;
    }

    let small = ngx_linux_small(in_, limit);

    if small != 0 {
        in_ = ngx_linux_send_small(c, in_, small);

        if in_.is_null() || in_ == NGX_CHAIN_ERROR || !(*wev).ready {
            return in_;
        }
    }

    let mut send: off_t = 0;

    let mut header = ngx_iovec_t { iovs: headers.as_mut_ptr().cast(), count: 0, size: 0, nalloc: NGX_IOVS_PREALLOCATE };

    loop {
        let prev_send = send;

        let mut cl = ngx_output_chain_to_iovec(&raw mut header, in_, (limit - send) as usize, (*c).log);

        if cl == NGX_CHAIN_ERROR {
            return NGX_CHAIN_ERROR;
        }

        send += header.size as off_t;

        // a header before a file: TCP_CORK

        if (*c).tcp_nopush == NGX_TCP_NOPUSH_UNSET as u8 && header.count != 0 && !cl.is_null() && (*(*cl).buf).in_file {
            // which excludes TCP_NODELAY

            if (*c).tcp_nodelay == NGX_TCP_NODELAY_SET as u8 {
                let tcp_nodelay: c_int = 0;

                if libc::setsockopt(
                    (*c).fd,
                    libc::IPPROTO_TCP,
                    libc::TCP_NODELAY,
                    (&raw const tcp_nodelay).cast(),
                    size_of::<c_int>() as socklen_t,
                ) == -1
                {
                    let err = ngx_socket_errno();

                    // interrupted, it goes on with TCP_NODELAY and without TCP_CORK

                    if err != NGX_EINTR {
                        (*wev).error = true;
                        ngx_connection_error(c, err, c"setsockopt(TCP_NODELAY) failed".as_ptr());
                        return NGX_CHAIN_ERROR;
                    }
                } else {
                    (*c).tcp_nodelay = NGX_TCP_NODELAY_UNSET as u8;

                    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*c).log, 0; "no tcp_nodelay");
                }
            }

            if (*c).tcp_nodelay == NGX_TCP_NODELAY_UNSET as u8 {
                if ngx_tcp_nopush((*c).fd) == -1 {
                    let err = ngx_socket_errno();

                    // interrupted, it goes on without TCP_CORK

                    if err != NGX_EINTR {
                        (*wev).error = true;
                        ngx_connection_error(c, err, c"setsockopt(TCP_CORK) failed".as_ptr());
                        return NGX_CHAIN_ERROR;
                    }
                } else {
                    (*c).tcp_nopush = NGX_TCP_NOPUSH_SET as u8;

                    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*c).log, 0; "tcp_nopush");
                }
            }
        }

        let n;
        let sent: usize;

        if header.count == 0 && !cl.is_null() && (*(*cl).buf).in_file && send < limit {
            let file = (*cl).buf;

            // parts of one file that follow each other are sent at once

            let file_size = ngx_chain_coalesce_file(&raw mut cl, limit - send) as usize;

            send += file_size as off_t;

            if file_size == 0 {
                ngx_debug_point();
                return NGX_CHAIN_ERROR;
            }

            n = ngx_linux_sendfile(c, file, file_size);

            if n == NGX_ERROR {
                return NGX_CHAIN_ERROR;
            }

            if n == NGX_DONE {
                // a thread does it
                return in_;
            }

            sent = if n == NGX_AGAIN { 0 } else { n as usize };
        } else {
            let flags = if ngx_linux_more(c, cl) && send < limit { libc::MSG_MORE } else { 0 };

            n = ngx_writev(c, &raw mut header, flags);

            if n == NGX_ERROR {
                return NGX_CHAIN_ERROR;
            }

            sent = if n == NGX_AGAIN { 0 } else { n as usize };
        }

        (*c).sent += sent as off_t;

        in_ = ngx_chain_update_sent(in_, sent as off_t);

        if n == NGX_AGAIN {
            (*wev).ready = false;
            return in_;
        }

        if (send - prev_send) as usize != sent {
            // since Linux 4.3 a short sendfile() may mean an interrupt, and one in a thread was started when
            // there was less to send: only EAGAIN says that the socket is full

            send = prev_send + sent as off_t;
        }

        if send >= limit || in_.is_null() {
            return in_;
        }
    }
}

unsafe fn ngx_linux_sendfile(c: *mut ngx_connection_t, file: *mut ngx_buf_t, size: usize) -> isize {
    if (*(*file).file).thread_handler.is_some() {
        return ngx_linux_sendfile_thread(c, file, size);
    }

    let mut offset = (*file).file_pos;

    'eintr: loop {
        ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*c).log, 0; "sendfile: @%O %uz", (*file).file_pos, size);

        let n = libc::sendfile((*c).fd, (*(*file).file).fd, &raw mut offset, size);

        if n == -1 {
            let err = ngx_errno();

            match err {
                NGX_EAGAIN => {
                    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*c).log, err; "sendfile() is not ready");
                    return NGX_AGAIN;
                }

                NGX_EINTR => {
                    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*c).log, err; "sendfile() was interrupted");
                    continue 'eintr;
                }

                _ => {
                    (*(*c).write).error = true;
                    ngx_connection_error(c, err, c"sendfile() failed".as_ptr());
                    return NGX_ERROR;
                }
            }
        }

        if n == 0 {
            // the file is shorter than it was

            ngx_log_error!(NGX_LOG_ALERT, (*c).log, 0;
                           "sendfile() reported that \"%s\" was truncated at %O",
                           (*(*file).file).name.data, (*file).file_pos);

            return NGX_ERROR;
        }

        ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*c).log, 0; "sendfile: %z of %uz @%O", n, size, (*file).file_pos);

        return n;
    }
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_linux_sendfile_ctx_t {
    file: *mut ngx_buf_t,
    socket: ngx_socket_t,
    size: usize,

    sent: usize,
    err: ngx_err_t,
}

unsafe fn ngx_linux_sendfile_thread(c: *mut ngx_connection_t, file: *mut ngx_buf_t, size: usize) -> isize {
    ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*c).log, 0;
                   "linux sendfile thread: %d, %uz, %O", (*(*file).file).fd, size, (*file).file_pos);

    let mut task = (*c).sendfile_task;

    if task.is_null() {
        task = ngx_thread_task_alloc((*c).pool, size_of::<ngx_linux_sendfile_ctx_t>());
        if task.is_null() {
            return NGX_ERROR;
        }

        (*task).event.log = (*c).log;
        (*task).handler = Some(ngx_linux_sendfile_thread_handler);

        (*c).sendfile_task = task;
    }

    let ctx = (*task).ctx.cast::<ngx_linux_sendfile_ctx_t>();
    let wev = (*c).write;

    if (*task).event.complete {
        (*task).event.complete = false;

        if (*ctx).err == NGX_EAGAIN {
            // a write event that came meanwhile has set wev->complete: then the socket may have room again

            if (*wev).complete {
                return 0;
            }

            return NGX_AGAIN;
        }

        if (*ctx).err != 0 {
            (*wev).error = true;
            ngx_connection_error(c, (*ctx).err, c"sendfile() failed".as_ptr());
            return NGX_ERROR;
        }

        if (*ctx).sent == 0 {
            // as in ngx_linux_sendfile()

            ngx_log_error!(NGX_LOG_ALERT, (*c).log, 0;
                           "sendfile() reported that \"%s\" was truncated at %O",
                           (*(*file).file).name.data, (*file).file_pos);

            return NGX_ERROR;
        }

        return (*ctx).sent as isize;
    }

    (*ctx).file = file;
    (*ctx).socket = (*c).fd;
    (*ctx).size = size;

    (*wev).complete = false;

    if (*(*file).file).thread_handler.unwrap()(task, (*file).file) != NGX_OK {
        return NGX_ERROR;
    }

    NGX_DONE
}

// SAFETY: runs in a thread of the pool. The context, the buf and its file are left alone until the completion, the
// request waits for it; the log is only read.
unsafe fn ngx_linux_sendfile_thread_handler(data: *mut c_void, log: *mut ngx_log_t) {
    let ctx = data.cast::<ngx_linux_sendfile_ctx_t>();

    ngx_log_debug!(NGX_LOG_DEBUG_CORE, log, 0; "linux sendfile thread handler");

    let file = (*ctx).file;
    let mut offset = (*file).file_pos;

    'again: loop {
        let n = libc::sendfile((*ctx).socket, (*(*file).file).fd, &raw mut offset, (*ctx).size);

        if n == -1 {
            (*ctx).err = ngx_errno();
        } else {
            (*ctx).sent = n as usize;
            (*ctx).err = 0;
        }

        ngx_log_debug!(NGX_LOG_DEBUG_EVENT, log, 0;
                       "sendfile: %z (err: %d) of %uz @%O", n, (*ctx).err, (*ctx).size, (*file).file_pos);

        if (*ctx).err == NGX_EINTR {
            continue 'again;
        }

        break;
    }
}

/// Whether a file follows at once, or the answer to the next request. DEVIATION: then it goes with MSG_MORE: the header does
/// not leave in a segment of its own before the file, as it does in nginx without tcp_nopush, and no setsockopt() is needed
/// for it. Nor does the answer to a pipelined request before the next one.
unsafe fn ngx_linux_more(c: *mut ngx_connection_t, cl: *mut ngx_chain_t) -> bool {
    if cl.is_null() {
        return (*c).more;
    }

    (*(*cl).buf).in_file
        && (*(*(*cl).buf).file).thread_handler.is_none()
        && (*c).tcp_nopush != NGX_TCP_NOPUSH_SET as u8
        && (*c).type_ == libc::SOCK_STREAM
}

/// Up to here copying costs less than an array of buffers does in the kernel.
const NGX_LINUX_SMALL: usize = 4096;

/// The size of a chain that is all memory and little, else 0.
unsafe fn ngx_linux_small(mut cl: *mut ngx_chain_t, limit: off_t) -> usize {
    let max = Ord::min(limit, NGX_LINUX_SMALL as off_t) as usize;
    let mut size = 0;

    while !cl.is_null() {
        let b = (*cl).buf;

        if (*b).in_file {
            return 0;
        }

        if ngx_buf_in_memory(b) {
            size += (*b).last.offset_from((*b).pos) as usize;

            if size > max {
                return 0;
            }
        } else if !ngx_buf_special(b) {
            return 0;
        }

        cl = (*cl).next;
    }

    size
}

/// DEVIATION: a small answer is copied together on the stack, and leaves by send().
unsafe fn ngx_linux_send_small(c: *mut ngx_connection_t, in_: *mut ngx_chain_t, size: usize) -> *mut ngx_chain_t {
    let mut buf = MaybeUninit::<[u8; NGX_LINUX_SMALL]>::uninit();
    let mut p: *mut u8 = buf.as_mut_ptr().cast();

    let mut iov = libc::iovec { iov_base: p.cast(), iov_len: size };
    let mut vec = ngx_iovec_t { iovs: &raw mut iov, count: 1, size, nalloc: 1 };

    let mut cl = in_;
    while !cl.is_null() {
        let b = (*cl).buf;

        if ngx_buf_in_memory(b) {
            p = ngx_cpymem(p, (*b).pos, (*b).last.offset_from_unsigned((*b).pos));
        }

        cl = (*cl).next;
    }

    let n = ngx_writev(c, &raw mut vec, if (*c).more { libc::MSG_MORE } else { 0 });

    if n == NGX_ERROR {
        return NGX_CHAIN_ERROR;
    }

    let sent = if n == NGX_AGAIN { 0 } else { n as usize };

    (*c).sent += sent as off_t;

    if sent != size {
        if n == NGX_AGAIN {
            (*(*c).write).ready = false;
        }

        return ngx_chain_update_sent(in_, sent as off_t);
    }

    cl = in_;
    while !cl.is_null() {
        if ngx_buf_in_memory((*cl).buf) {
            (*(*cl).buf).pos = (*(*cl).buf).last;
        }

        cl = (*cl).next;
    }

    null_mut()
}
