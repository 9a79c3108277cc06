//! Port of src/event/ngx_event_accept.c

use crate::core::{
    ngx_config::*, ngx_connection::*, ngx_core::*, ngx_cycle::*, ngx_inet::*, ngx_log::*, ngx_log_json::*,
    ngx_palloc::*, ngx_shmtx::*, ngx_string::*, ngx_times::*,
};
use crate::event::ngx_event::*;
use crate::os::unix::{ngx_atomic::*, ngx_errno::*, ngx_posix_init::*, ngx_socket::*};

use core::mem::MaybeUninit;

pub unsafe fn ngx_event_accept(ev: *mut ngx_event_t) {
    static use_accept4: ngx_global_t<ngx_uint_t> = ngx_global_t::new(1);

    if (*ev).timedout {
        if ngx_enable_accept_events(ngx_cycle.get()) != NGX_OK {
            return;
        }

        (*ev).timedout = false;
    }

    let ecf: *mut ngx_event_conf_t = ngx_event_get_conf((*ngx_cycle.get()).conf_ctx, &ngx_event_core_module);

    (*ev).available = (*ecf).multi_accept as c_int;

    let lc: *mut ngx_connection_t = (*ev).data.cast();
    let ls = (*lc).listening;
    (*ev).ready = false;

    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*ev).log, 0;
                   "accept on %V, ready: %d", (*ls).addr_text, (*ev).available);

    let mut sa = MaybeUninit::<ngx_sockaddr_t>::uninit();
    let sa = sa.as_mut_ptr();

    loop {
        'next: {
            let mut socklen = size_of::<ngx_sockaddr_t>() as socklen_t;

            let s = if use_accept4.get() != 0 {
                libc::accept4((*lc).fd, sa.cast(), &raw mut socklen, libc::SOCK_NONBLOCK)
            } else {
                libc::accept((*lc).fd, sa.cast(), &raw mut socklen)
            };

            if s == -1 {
                let err = ngx_socket_errno();

                if err == NGX_EAGAIN {
                    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*ev).log, err; "accept() not ready");
                    return;
                }

                let mut level = NGX_LOG_ALERT;

                if err == NGX_ECONNABORTED {
                    level = NGX_LOG_ERR;
                } else if err == NGX_EMFILE || err == NGX_ENFILE {
                    level = NGX_LOG_CRIT;
                }

                if use_accept4.get() != 0 {
                    ngx_log_error!(level, (*ev).log, err; "accept4() failed");
                } else {
                    ngx_log_error!(level, (*ev).log, err; "accept() failed");
                }

                if use_accept4.get() != 0 && err == NGX_ENOSYS {
                    use_accept4.set(0);
                    ngx_inherited_nonblocking.set(0);
                    break 'next;
                }

                if err == NGX_ECONNABORTED && (*ev).available != 0 {
                    break 'next;
                }

                if err == NGX_EMFILE || err == NGX_ENFILE {
                    if ngx_disable_accept_events(ngx_cycle.get(), 1) != NGX_OK {
                        return;
                    }

                    if ngx_use_accept_mutex.get() != 0 {
                        if ngx_accept_mutex_held.get() != 0 {
                            ngx_shmtx_unlock(ngx_accept_mutex.ptr());
                            ngx_accept_mutex_held.set(0);
                        }

                        ngx_accept_disabled.set(1);
                    } else {
                        ngx_add_timer(ev, (*ecf).accept_mutex_delay);
                    }
                }

                return;
            }

            let _ = ngx_atomic_fetch_add(ngx_stat_accepted.get(), 1);

            // negative as long as more than an eighth is free
            ngx_accept_disabled
                .set(((*ngx_cycle.get()).connection_n / 8).wrapping_sub((*ngx_cycle.get()).free_connection_n)
                    as ngx_int_t);

            let c = ngx_get_connection(s, (*ev).log);

            if c.is_null() {
                if ngx_close_socket(s) == -1 {
                    ngx_log_error!(NGX_LOG_ALERT, (*ev).log, ngx_socket_errno(); "close() socket failed");
                }

                return;
            }

            (*c).type_ = libc::SOCK_STREAM;

            let _ = ngx_atomic_fetch_add(ngx_stat_active.get(), 1);

            (*c).pool = ngx_create_pool((*ls).pool_size, (*ev).log);
            if (*c).pool.is_null() {
                ngx_close_accepted_connection(c);
                return;
            }

            if socklen > size_of::<ngx_sockaddr_t>() as socklen_t {
                socklen = size_of::<ngx_sockaddr_t>() as socklen_t;
            }

            (*c).sockaddr = ngx_palloc_n::<u8>((*c).pool, socklen as usize).cast();
            if (*c).sockaddr.is_null() {
                ngx_close_accepted_connection(c);
                return;
            }

            ngx_memcpy((*c).sockaddr, sa, socklen as usize);

            let log: *mut ngx_log_t = ngx_palloc((*c).pool);
            if log.is_null() {
                ngx_close_accepted_connection(c);
                return;
            }

            if ngx_inherited_nonblocking.get() == 0 && ngx_nonblocking(s) == -1 {
                ngx_log_error!(NGX_LOG_ALERT, (*ev).log, ngx_socket_errno(); "ioctl(FIONBIO) failed");
                ngx_close_accepted_connection(c);
                return;
            }

            *log = (*ls).log;

            (*c).recv = (*ngx_io.ptr()).recv;
            (*c).send = (*ngx_io.ptr()).send;
            (*c).recv_chain = (*ngx_io.ptr()).recv_chain;
            (*c).send_chain = (*ngx_io.ptr()).send_chain;

            (*c).log = log;
            (*(*c).pool).log = log;

            (*c).socklen = socklen;
            (*c).listening = ls;
            (*c).local_sockaddr = (*ls).sockaddr;
            (*c).local_socklen = (*ls).socklen;

            if (*(*c).sockaddr).sa_family as c_int == libc::AF_UNIX {
                (*c).tcp_nopush = NGX_TCP_NOPUSH_DISABLED as u8;
                (*c).tcp_nodelay = NGX_TCP_NODELAY_DISABLED as u8;
            }

            let rev = (*c).read;
            let wev = (*c).write;

            (*wev).ready = true;

            if (*ev).deferred_accept {
                (*rev).ready = true;
                (*rev).available = 1;
            }

            (*rev).log = log;
            (*wev).log = log;

            (*c).number = ngx_atomic_fetch_add(ngx_connection_counter.get(), 1) as ngx_atomic_uint_t;

            (*c).start_time = ngx_current_msec.get();

            let _ = ngx_atomic_fetch_add(ngx_stat_handled.get(), 1);

            if (*ls).addr_ntop {
                (*c).addr_text.data = ngx_pnalloc((*c).pool, (*ls).addr_text_max_len);
                if (*c).addr_text.data.is_null() {
                    ngx_close_accepted_connection(c);
                    return;
                }

                (*c).addr_text.len =
                    ngx_sock_ntop((*c).sockaddr, (*c).socklen, (*c).addr_text.data, (*ls).addr_text_max_len, 0);
                if (*c).addr_text.len == 0 {
                    ngx_close_accepted_connection(c);
                    return;
                }
            }

            #[cfg(feature = "debug")]
            {
                ngx_debug_accepted_connection(ecf, c);

                if (*log).log_level & NGX_LOG_DEBUG_EVENT != 0 {
                    let mut text = [0u8; NGX_SOCKADDR_STRLEN];
                    let text = text.as_mut_ptr();

                    let addr = ngx_str_t {
                        len: ngx_sock_ntop((*c).sockaddr, (*c).socklen, text, NGX_SOCKADDR_STRLEN, 1),
                        data: text,
                    };

                    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, log, 0; "*%uA accept: %V fd:%d", (*c).number, addr, s);
                }
            }

            if ngx_event_flags.get() & NGX_USE_EPOLL_EVENT == 0
                && let Some(ngx_add_conn) = ngx_add_conn()
                && ngx_add_conn(c) == NGX_ERROR
            {
                ngx_close_accepted_connection(c);
                return;
            }

            (*log).data = null_mut();
            (*log).handler = None;

            (*ls).handler.unwrap()(c);
        }

        if (*ev).available == 0 {
            break;
        }
    }

    ngx_reorder_accept_events(ls);
}

pub unsafe fn ngx_trylock_accept_mutex(cycle: *mut ngx_cycle_t) -> ngx_int_t {
    if ngx_shmtx_trylock(ngx_accept_mutex.ptr()) != 0 {
        ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*cycle).log, 0; "accept mutex locked");

        if ngx_accept_mutex_held.get() != 0 && ngx_accept_events.get() == 0 {
            return NGX_OK;
        }

        if ngx_enable_accept_events(cycle) == NGX_ERROR {
            ngx_shmtx_unlock(ngx_accept_mutex.ptr());
            return NGX_ERROR;
        }

        ngx_accept_events.set(0);
        ngx_accept_mutex_held.set(1);

        return NGX_OK;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*cycle).log, 0;
                   "accept mutex lock failed: %ui", ngx_accept_mutex_held.get());

    if ngx_accept_mutex_held.get() != 0 {
        if ngx_disable_accept_events(cycle, 0) == NGX_ERROR {
            return NGX_ERROR;
        }

        ngx_accept_mutex_held.set(0);
    }

    NGX_OK
}

pub unsafe fn ngx_enable_accept_events(cycle: *mut ngx_cycle_t) -> ngx_int_t {
    let ls = (*cycle).listening.elts;
    for i in 0..(*cycle).listening.nelts {
        let c = (*ls.add(i)).connection;

        if c.is_null() || (*(*c).read).active {
            continue;
        }

        if ngx_add_event((*c).read, NGX_READ_EVENT, 0) == NGX_ERROR {
            return NGX_ERROR;
        }
    }

    NGX_OK
}

unsafe fn ngx_disable_accept_events(cycle: *mut ngx_cycle_t, all: ngx_uint_t) -> ngx_int_t {
    let ls = (*cycle).listening.elts;
    for i in 0..(*cycle).listening.nelts {
        let c = (*ls.add(i)).connection;

        if c.is_null() || !(*(*c).read).active {
            continue;
        }

        // a socket with reuseport is this worker's alone: the accept mutex has no say

        if (*ls.add(i)).reuseport && all == 0 {
            continue;
        }

        if ngx_del_event((*c).read, NGX_READ_EVENT, NGX_DISABLE_EVENT) == NGX_ERROR {
            return NGX_ERROR;
        }
    }

    NGX_OK
}

/// With EPOLLEXCLUSIVE Linux mostly wakes the worker that was the first to add the socket. To spread the load, a
/// worker now and then goes to the end of that line.
unsafe fn ngx_reorder_accept_events(ls: *mut ngx_listening_t) {
    if ngx_use_exclusive_accept.get() == 0 {
        return;
    }

    if (*ls).reuseport {
        return;
    }

    let c = (*ls).connection;

    let requests = (*c).requests;
    (*c).requests = requests.wrapping_add(1);

    if !requests.is_multiple_of(16) && ngx_accept_disabled.get() <= 0 {
        return;
    }

    if ngx_del_event((*c).read, NGX_READ_EVENT, NGX_DISABLE_EVENT) == NGX_ERROR {
        return;
    }

    let _ = ngx_add_event((*c).read, NGX_READ_EVENT, NGX_EXCLUSIVE_EVENT);
}

unsafe fn ngx_close_accepted_connection(c: *mut ngx_connection_t) {
    ngx_free_connection(c);

    let fd = (*c).fd;
    (*c).fd = -1;

    if ngx_close_socket(fd) == -1 {
        ngx_log_error!(NGX_LOG_ALERT, (*c).log, ngx_socket_errno(); "close() socket failed");
    }

    if !(*c).pool.is_null() {
        ngx_destroy_pool((*c).pool);
    }

    let _ = ngx_atomic_fetch_add(ngx_stat_active.get(), -1);
}

pub unsafe fn ngx_accept_log_error(
    log: *mut ngx_log_t,
    buf: *mut u8,
    len: usize,
    fields: *mut ngx_log_fields_t,
) -> *mut u8 {
    ngx_log_field(fields, "listen", *(*log).data.cast());

    ngx_snprintf!(buf, len, " while accepting new connection on %V", (*log).data)
}

#[cfg(feature = "debug")]
pub unsafe fn ngx_debug_accepted_connection(ecf: *mut ngx_event_conf_t, c: *mut ngx_connection_t) {
    'next: for i in 0..(*ecf).debug_connection.nelts {
        let cidr = (*ecf).debug_connection.elts.add(i);

        if (*cidr).family != (*(*c).sockaddr).sa_family as ngx_uint_t {
            continue 'next;
        }

        match (*cidr).family as c_int {
            libc::AF_INET6 => {
                let sin6: *mut sockaddr_in6 = (*c).sockaddr.cast();
                for n in 0..16 {
                    if (*sin6).sin6_addr.s6_addr[n] & (*cidr).u.in6.mask.s6_addr[n] != (*cidr).u.in6.addr.s6_addr[n] {
                        continue 'next;
                    }
                }
            }

            libc::AF_UNIX => {}

            // AF_INET
            _ => {
                let sin: *mut sockaddr_in = (*c).sockaddr.cast();
                if (*sin).sin_addr.s_addr & (*cidr).u.in_.mask != (*cidr).u.in_.addr {
                    continue 'next;
                }
            }
        }

        (*(*c).log).log_level = NGX_LOG_DEBUG_CONNECTION | NGX_LOG_DEBUG_ALL;
        break;
    }
}
