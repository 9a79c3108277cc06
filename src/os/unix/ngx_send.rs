//! Port of src/os/unix/ngx_send.c

use crate::core::{ngx_config::*, ngx_connection::*, ngx_core::*, ngx_log::*};
use crate::os::unix::ngx_errno::*;

pub unsafe fn ngx_unix_send(c: *mut ngx_connection_t, buf: *mut u8, size: usize) -> isize {
    let wev = (*c).write;

    loop {
        let n = libc::send((*c).fd, buf.cast(), size, 0);

        ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*c).log, 0; "send: fd:%d %z of %uz", (*c).fd, n, size);

        if n > 0 {
            if n < size as isize {
                (*wev).ready = false;
            }

            (*c).sent += n as off_t;

            return n;
        }

        let err = ngx_socket_errno();

        if n == 0 {
            ngx_log_error!(NGX_LOG_ALERT, (*c).log, err; "send() returned zero");
            (*wev).ready = false;
            return n;
        }

        if err == NGX_EAGAIN || err == NGX_EINTR {
            (*wev).ready = false;

            ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*c).log, err; "send() not ready");

            if err == NGX_EAGAIN {
                return NGX_AGAIN;
            }
        } else {
            (*wev).error = true;
            let _ = ngx_connection_error(c, err, c"send() failed".as_ptr());
            return NGX_ERROR;
        }
    }
}
