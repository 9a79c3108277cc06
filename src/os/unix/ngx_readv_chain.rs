//! Port of src/os/unix/ngx_readv_chain.c

use crate::core::{ngx_array::*, ngx_buf::*, ngx_config::*, ngx_connection::*, ngx_core::*, ngx_log::*};
use crate::event::modules::ngx_epoll_module::*;
use crate::event::ngx_event::*;
use crate::os::unix::{ngx_errno::*, ngx_os::*, ngx_socket::*};

use core::mem::MaybeUninit;

pub unsafe fn ngx_readv_chain(c: *mut ngx_connection_t, mut chain: *mut ngx_chain_t, limit: off_t) -> isize {
    let mut iovs = MaybeUninit::<[libc::iovec; NGX_IOVS_PREALLOCATE]>::uninit();

    let rev = (*c).read;

    if ngx_event_flags.get() & NGX_USE_EPOLL_EVENT != 0 && ngx_use_epoll_rdhup.get() != 0 {
        ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*c).log, 0;
                       "readv: eof:%d, avail:%d", (*rev).pending_eof, (*rev).available);

        if (*rev).available == 0 && !(*rev).pending_eof {
            (*rev).ready = false;
            return NGX_AGAIN;
        }
    }

    let mut prev: *mut u8 = null_mut();
    let mut iov: *mut libc::iovec = null_mut();
    let mut size: isize = 0;

    // never full when it is pushed to, so it never asks the pool
    let mut vec: ngx_array_t<libc::iovec> = ngx_array_t {
        elts: iovs.as_mut_ptr().cast(),
        nelts: 0,
        size: size_of::<libc::iovec>(),
        nalloc: NGX_IOVS_PREALLOCATE,
        pool: (*c).pool,
    };

    // bufs that are neighbours in memory become one iovec

    let mut n;

    while !chain.is_null() {
        let b = (*chain).buf;

        n = (*b).end.offset_from((*b).last);

        if limit != 0 {
            if size as off_t >= limit {
                break;
            }

            if (size + n) as off_t > limit {
                n = (limit - size as off_t) as isize;
            }
        }

        if prev == (*b).last {
            (*iov).iov_len += n as usize;
        } else {
            if vec.nelts == vec.nalloc {
                break;
            }

            iov = ngx_array_push(&raw mut vec);
            if iov.is_null() {
                return NGX_ERROR;
            }

            (*iov).iov_base = (*b).last.cast();
            (*iov).iov_len = n as usize;
        }

        size += n;
        prev = (*b).end;
        chain = (*chain).next;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*c).log, 0; "readv: %ui, last:%uz", vec.nelts, (*iov).iov_len);

    loop {
        n = libc::readv((*c).fd, vec.elts, vec.nelts as c_int);

        if n == 0 {
            (*rev).ready = false;
            (*rev).eof = true;

            return 0;
        }

        if n > 0 {
            if (*rev).available >= 0 {
                (*rev).available -= n as c_int;

                // as in ngx_unix_recv()

                if (*rev).available < 0 {
                    (*rev).available = 0;
                    (*rev).ready = false;
                }

                ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*c).log, 0; "readv: avail:%d", (*rev).available);
            } else if n == size {
                if ngx_socket_nread((*c).fd, &raw mut (*rev).available) == -1 {
                    n = ngx_connection_error(c, ngx_socket_errno(), c"ioctl(FIONREAD) failed".as_ptr());
                    break;
                }

                ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*c).log, 0; "readv: avail:%d", (*rev).available);
            }

            if ngx_event_flags.get() & NGX_USE_EPOLL_EVENT != 0 && ngx_use_epoll_rdhup.get() != 0 {
                if n < size {
                    if !(*rev).pending_eof {
                        (*rev).ready = false;
                    }

                    (*rev).available = 0;
                }

                return n;
            }

            if n < size && ngx_event_flags.get() & NGX_USE_GREEDY_EVENT == 0 {
                (*rev).ready = false;
            }

            return n;
        }

        let err = ngx_socket_errno();

        if err == NGX_EAGAIN || err == NGX_EINTR {
            ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*c).log, err; "readv() not ready");
            n = NGX_AGAIN;
        } else {
            n = ngx_connection_error(c, err, c"readv() failed".as_ptr());
            break;
        }

        if err != NGX_EINTR {
            break;
        }
    }

    (*rev).ready = false;

    if n == NGX_ERROR {
        (*(*c).read).error = true;
    }

    n
}
