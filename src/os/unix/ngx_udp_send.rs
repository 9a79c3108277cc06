//! Port of src/os/unix/ngx_udp_send.c

use crate::core::{ngx_config::*, ngx_connection::*, ngx_core::*, ngx_log::*};
use crate::os::unix::ngx_errno::*;

pub unsafe fn ngx_udp_unix_send(c: *mut ngx_connection_t, buf: *mut u8, size: usize) -> isize {
    let wev = (*c).write;

    loop {
        let n = libc::sendto((*c).fd, buf.cast(), size, 0, (*c).sockaddr, (*c).socklen);

        ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*c).log, 0;
                       "sendto: fd:%d %z of %uz to \"%V\"", (*c).fd, n, size, (*c).addr_text);

        if n >= 0 {
            if n as usize != size {
                (*wev).error = true;
                let _ = ngx_connection_error(c, 0, c"sendto() incomplete".as_ptr());
                return NGX_ERROR;
            }

            (*c).sent += n as off_t;

            return n;
        }

        let err = ngx_socket_errno();

        if err == NGX_EAGAIN {
            (*wev).ready = false;
            ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*c).log, NGX_EAGAIN; "sendto() not ready");
            return NGX_AGAIN;
        }

        if err != NGX_EINTR {
            (*wev).error = true;
            let _ = ngx_connection_error(c, err, c"sendto() failed".as_ptr());
            return NGX_ERROR;
        }
    }
}
