//! Port of src/os/unix/ngx_recv.c

use crate::core::{ngx_config::*, ngx_connection::*, ngx_core::*, ngx_log::*};
use crate::event::modules::ngx_epoll_module::*;
use crate::event::ngx_event::*;
use crate::os::unix::{ngx_errno::*, ngx_socket::*};

pub unsafe fn ngx_unix_recv(c: *mut ngx_connection_t, buf: *mut u8, size: usize) -> isize {
    let rev = (*c).read;

    if ngx_event_flags.get() & NGX_USE_EPOLL_EVENT != 0 && ngx_use_epoll_rdhup.get() != 0 {
        ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*c).log, 0;
                       "recv: eof:%d, avail:%d", (*rev).pending_eof, (*rev).available);

        if (*rev).available == 0 && !(*rev).pending_eof {
            (*rev).ready = false;
            return NGX_AGAIN;
        }
    }

    let mut n;

    loop {
        n = libc::recv((*c).fd, buf.cast(), size, 0);

        ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*c).log, 0; "recv: fd:%d %z of %uz", (*c).fd, n, size);

        if n == 0 {
            (*rev).ready = false;
            (*rev).eof = true;

            return 0;
        }

        if n > 0 {
            if (*rev).available >= 0 {
                (*rev).available -= n as c_int;

                // below 0, more has come than the kernel had announced, and an event for it will follow:
                // nothing is missed by not being ready

                if (*rev).available < 0 {
                    (*rev).available = 0;
                    (*rev).ready = false;
                }

                ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*c).log, 0; "recv: avail:%d", (*rev).available);
            } else if n as usize == size {
                if ngx_socket_nread((*c).fd, &raw mut (*rev).available) == -1 {
                    n = ngx_connection_error(c, ngx_socket_errno(), c"ioctl(FIONREAD) failed".as_ptr());
                    break;
                }

                ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*c).log, 0; "recv: avail:%d", (*rev).available);
            }

            if ngx_event_flags.get() & NGX_USE_EPOLL_EVENT != 0 && ngx_use_epoll_rdhup.get() != 0 {
                if (n as usize) < size {
                    if !(*rev).pending_eof {
                        (*rev).ready = false;
                    }

                    (*rev).available = 0;
                }

                return n;
            }

            if (n as usize) < size && ngx_event_flags.get() & NGX_USE_GREEDY_EVENT == 0 {
                (*rev).ready = false;
            }

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
