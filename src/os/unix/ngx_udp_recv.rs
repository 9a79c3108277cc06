//! Port of src/os/unix/ngx_udp_recv.c

use crate::core::{ngx_connection::*, ngx_core::*, ngx_log::*};
use crate::os::unix::ngx_errno::*;

pub unsafe fn ngx_udp_unix_recv(c: *mut ngx_connection_t, buf: *mut u8, size: usize) -> isize {
    let rev = (*c).read;

    let mut n;

    loop {
        n = libc::recv((*c).fd, buf.cast(), size, 0);

        ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*c).log, 0; "recv: fd:%d %z of %uz", (*c).fd, n, size);

        if n >= 0 {
            return n;
        }

        let err = ngx_socket_errno();

        if err == NGX_EAGAIN || err == NGX_EINTR {
            ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*c).log, err; "recv() not ready");
            n = NGX_AGAIN;
        } else {
            n = ngx_connection_error(c, err, c"recv() failed".as_ptr());
            break;
        }

        if err != NGX_EINTR {
            break;
        }
    }

    (*rev).ready = false;

    if n == NGX_ERROR {
        (*rev).error = true;
    }

    n
}
