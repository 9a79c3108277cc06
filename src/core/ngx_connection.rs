//! Port of src/core/ngx_connection.c and .h
//! Ours: ngx_bind_again(), ngx_nobody_listens().

use crate::core::{
    nginx::*, ngx_array::*, ngx_buf::*, ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_cycle::*, ngx_inet::*,
    ngx_log::*, ngx_palloc::*, ngx_proxy_protocol::*, ngx_queue::*, ngx_rbtree::*, ngx_string::*, ngx_thread_pool::*,
    ngx_times::*,
};
use crate::event::{ngx_event::*, ngx_event_posted::*, ngx_event_udp::*};
use crate::os::unix::{
    ngx_atomic::*, ngx_errno::*, ngx_files::*, ngx_os::*, ngx_process_cycle::*, ngx_socket::*, ngx_systemd::*,
    ngx_time::*,
};

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_listening_t {
    pub fd: ngx_socket_t,

    pub sockaddr: *mut sockaddr,
    pub socklen: socklen_t,
    pub addr_text_max_len: usize,
    pub addr_text: ngx_str_t,

    pub type_: c_int,
    pub protocol: c_int,

    pub backlog: c_int,
    pub rcvbuf: c_int,
    pub sndbuf: c_int,
    pub keepidle: c_int,
    pub keepintvl: c_int,
    pub keepcnt: c_int,

    /// Gets each accepted connection.
    pub handler: ngx_connection_handler_pt,

    /// What the handler looks the server up in: an ngx_http_port_t.
    pub servers: *mut c_void,

    pub log: ngx_log_t,
    pub logp: *mut ngx_log_t,

    pub pool_size: usize,
    pub post_accept_buffer_size: usize,

    pub previous: *mut ngx_listening_t,
    pub connection: *mut ngx_connection_t,

    pub rbtree: ngx_rbtree_t,
    pub sentinel: ngx_rbtree_node_t,

    /// With reuseport, the worker whose socket this is.
    pub worker: ngx_uint_t,

    pub open: bool,
    pub remain: bool,
    pub ignore: bool,

    pub bound: bool,
    /// Came with the environment, from the binary before this one.
    pub inherited: bool,
    pub nonblocking_accept: bool,
    pub listen: bool,
    pub nonblocking: bool,
    pub shared: bool,
    pub addr_ntop: bool,
    pub wildcard: bool,

    pub ipv6only: bool,
    pub reuseport: bool,
    pub add_reuseport: bool,
    /// 0 as the system has it, 1 on, 2 off.
    pub keepalive: u8,
    pub quic: bool,

    pub change_protocol: bool,

    pub deferred_accept: bool,
    pub delete_deferred: bool,
    pub add_deferred: bool,

    pub fastopen: c_int,
}

pub type ngx_connection_log_error_e = c_uint;

pub const NGX_ERROR_ALERT: c_uint = 0;
pub const NGX_ERROR_ERR: c_uint = 1;
pub const NGX_ERROR_INFO: c_uint = 2;
pub const NGX_ERROR_IGNORE_ECONNRESET: c_uint = 3;
pub const NGX_ERROR_IGNORE_EINVAL: c_uint = 4;
pub const NGX_ERROR_IGNORE_EMSGSIZE: c_uint = 5;

pub type ngx_connection_tcp_nodelay_e = c_uint;

pub const NGX_TCP_NODELAY_UNSET: c_uint = 0;
pub const NGX_TCP_NODELAY_SET: c_uint = 1;
pub const NGX_TCP_NODELAY_DISABLED: c_uint = 2;

pub type ngx_connection_tcp_nopush_e = c_uint;

pub const NGX_TCP_NOPUSH_UNSET: c_uint = 0;
pub const NGX_TCP_NOPUSH_SET: c_uint = 1;
pub const NGX_TCP_NOPUSH_DISABLED: c_uint = 2;

pub const NGX_LOWLEVEL_BUFFERED: u8 = 0x0f;
pub const NGX_SSL_BUFFERED: u8 = 0x01;
pub const NGX_HTTP_V2_BUFFERED: u8 = 0x02;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_connection_t {
    /// The next one as long as it is free, then its owner's: an ngx_http_request_t.
    pub data: *mut c_void,
    pub read: *mut ngx_event_t,
    pub write: *mut ngx_event_t,

    pub fd: ngx_socket_t,

    /// Ours, where C has padding: what is sent next is not pushed, more follows at once.
    pub more: bool,

    pub recv: ngx_recv_pt,
    pub send: ngx_send_pt,
    pub recv_chain: ngx_recv_chain_pt,
    pub send_chain: ngx_send_chain_pt,

    pub listening: *mut ngx_listening_t,

    pub sent: off_t,

    pub log: *mut ngx_log_t,

    pub pool: *mut ngx_pool_t,

    pub type_: c_int,

    pub sockaddr: *mut sockaddr,
    pub socklen: socklen_t,
    pub addr_text: ngx_str_t,

    pub proxy_protocol: *mut ngx_proxy_protocol_t,

    pub udp: *mut ngx_udp_connection_t,

    pub local_sockaddr: *mut sockaddr,
    pub local_socklen: socklen_t,

    pub buffer: *mut ngx_buf_t,

    /// The link among the cycle's reusable connections.
    pub queue: ngx_queue_t,

    pub number: ngx_atomic_uint_t,

    pub start_time: ngx_msec_t,
    pub requests: ngx_uint_t,

    pub buffered: u8,

    /// An ngx_connection_log_error_e.
    pub log_error: u8,

    pub timedout: bool,
    pub error: bool,
    pub destroyed: bool,
    pub pipeline: bool,

    pub idle: bool,
    pub reusable: bool,
    pub close: bool,
    pub shared: bool,

    pub sendfile: bool,
    pub sndlowat: bool,
    /// An ngx_connection_tcp_nodelay_e.
    pub tcp_nodelay: u8,
    /// An ngx_connection_tcp_nopush_e.
    pub tcp_nopush: u8,

    pub need_last_buf: bool,
    pub need_flush_buf: bool,

    pub sendfile_task: *mut ngx_thread_task_t,
}

#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<ngx_connection_t>() == 240); // C: 232

/// Takes over where a log writes to; a level that debug_connection has raised stays.
#[inline(always)]
pub unsafe fn ngx_set_connection_log(c: *mut ngx_connection_t, l: *mut ngx_log_t) {
    (*(*c).log).file = (*l).file;
    (*(*c).log).next = (*l).next;
    (*(*c).log).writer = (*l).writer;
    (*(*c).log).wdata = (*l).wdata;
    (*(*c).log).json = (*l).json;
    if (*(*c).log).log_level & NGX_LOG_DEBUG_CONNECTION == 0 {
        (*(*c).log).log_level = (*l).log_level;
    }
}

pub static ngx_io: ngx_global_t<ngx_os_io_t> = ngx_global_t::zeroed();

/// What nginx sets and asks of sockets is an int each time.
#[inline(always)]
unsafe fn ngx_setsockopt(s: ngx_socket_t, level: c_int, name: c_int, value: c_int) -> c_int {
    libc::setsockopt(s, level, name, (&raw const value).cast(), size_of::<c_int>() as socklen_t)
}

#[inline(always)]
unsafe fn ngx_getsockopt(s: ngx_socket_t, level: c_int, name: c_int, value: *mut c_int, olen: *mut socklen_t) -> c_int {
    *olen = size_of::<c_int>() as socklen_t;
    libc::getsockopt(s, level, name, value.cast(), olen)
}

pub unsafe fn ngx_create_listening(
    cf: *mut ngx_conf_t,
    sockaddr: *mut sockaddr,
    socklen: socklen_t,
) -> *mut ngx_listening_t {
    let ls = ngx_array_push(&raw mut (*(*cf).cycle).listening);
    if ls.is_null() {
        return null_mut();
    }

    ls.write_bytes(0, 1);

    let sa: *mut sockaddr = ngx_palloc_n::<u8>((*cf).pool, socklen as usize).cast();
    if sa.is_null() {
        return null_mut();
    }

    ngx_memcpy(sa, sockaddr, socklen as usize);

    (*ls).sockaddr = sa;
    (*ls).socklen = socklen;

    let mut text = [0u8; NGX_SOCKADDR_STRLEN];

    let mut len = ngx_sock_ntop(sa, socklen, text.as_mut_ptr(), NGX_SOCKADDR_STRLEN, 1);
    (*ls).addr_text.len = len;

    match (*(*ls).sockaddr).sa_family as c_int {
        libc::AF_INET6 => {
            (*ls).addr_text_max_len = NGX_INET6_ADDRSTRLEN;
        }

        libc::AF_UNIX => {
            (*ls).addr_text_max_len = NGX_UNIX_ADDRSTRLEN;
            len += 1;
        }

        libc::AF_INET => {
            (*ls).addr_text_max_len = NGX_INET_ADDRSTRLEN;
        }

        _ => {
            (*ls).addr_text_max_len = NGX_SOCKADDR_STRLEN;
        }
    }

    (*ls).addr_text.data = ngx_pnalloc((*cf).pool, len);
    if (*ls).addr_text.data.is_null() {
        return null_mut();
    }

    ngx_memcpy((*ls).addr_text.data, text.as_ptr(), len);

    ngx_rbtree_init(&raw mut (*ls).rbtree, &raw mut (*ls).sentinel, Some(ngx_udp_rbtree_insert_value));

    (*ls).fd = -1;
    (*ls).type_ = libc::SOCK_STREAM;

    (*ls).backlog = NGX_LISTEN_BACKLOG;
    (*ls).rcvbuf = -1;
    (*ls).sndbuf = -1;

    (*ls).fastopen = -1;

    ls
}

pub unsafe fn ngx_clone_listening(cycle: *mut ngx_cycle_t, mut ls: *mut ngx_listening_t) -> ngx_int_t {
    if !(*ls).reuseport || (*ls).worker != 0 {
        return NGX_OK;
    }

    // pushing may move the array
    let ols = *ls;

    let ccf: *mut ngx_core_conf_t = ngx_get_conf((*cycle).conf_ctx, &ngx_core_module);

    for n in 1..(*ccf).worker_processes {
        ls = ngx_array_push(&raw mut (*cycle).listening);
        if ls.is_null() {
            return NGX_ERROR;
        }

        *ls = ols;
        (*ls).worker = n as ngx_uint_t;
    }

    NGX_OK
}

/// Asks the inherited sockets what they are.
pub unsafe fn ngx_set_inherited_sockets(cycle: *mut ngx_cycle_t) -> ngx_int_t {
    let mut olen: socklen_t = 0;

    for i in 0..(*cycle).listening.nelts {
        let ls = (*cycle).listening.elts.add(i);

        // zeroed: the family of one that does not answer is looked at when it is closed
        (*ls).sockaddr = ngx_pcalloc::<ngx_sockaddr_t>((*cycle).pool).cast();
        if (*ls).sockaddr.is_null() {
            return NGX_ERROR;
        }

        (*ls).socklen = size_of::<ngx_sockaddr_t>() as socklen_t;
        if libc::getsockname((*ls).fd, (*ls).sockaddr, &raw mut (*ls).socklen) == -1 {
            ngx_log_error!(NGX_LOG_CRIT, (*cycle).log, ngx_socket_errno();
                           "getsockname() of the inherited socket #%d failed", (*ls).fd);
            (*ls).ignore = true;
            continue;
        }

        if (*ls).socklen > size_of::<ngx_sockaddr_t>() as socklen_t {
            (*ls).socklen = size_of::<ngx_sockaddr_t>() as socklen_t;
        }

        let mut len;

        match (*(*ls).sockaddr).sa_family as c_int {
            libc::AF_INET6 => {
                (*ls).addr_text_max_len = NGX_INET6_ADDRSTRLEN;
                len = NGX_INET6_ADDRSTRLEN + "[]:65535".len();
            }

            libc::AF_UNIX => {
                (*ls).addr_text_max_len = NGX_UNIX_ADDRSTRLEN;
                len = NGX_UNIX_ADDRSTRLEN;
            }

            libc::AF_INET => {
                (*ls).addr_text_max_len = NGX_INET_ADDRSTRLEN;
                len = NGX_INET_ADDRSTRLEN + ":65535".len();
            }

            _ => {
                // DEVIATION: nginx gives errno, which is that of something else
                ngx_log_error!(NGX_LOG_CRIT, (*cycle).log, 0;
                               "the inherited socket #%d has an unsupported protocol family", (*ls).fd);
                (*ls).ignore = true;
                continue;
            }
        }

        (*ls).addr_text.data = ngx_pnalloc((*cycle).pool, len);
        if (*ls).addr_text.data.is_null() {
            return NGX_ERROR;
        }

        len = ngx_sock_ntop((*ls).sockaddr, (*ls).socklen, (*ls).addr_text.data, len, 1);
        if len == 0 {
            return NGX_ERROR;
        }

        (*ls).addr_text.len = len;

        (*ls).backlog = NGX_LISTEN_BACKLOG;

        if ngx_getsockopt((*ls).fd, libc::SOL_SOCKET, libc::SO_TYPE, &raw mut (*ls).type_, &raw mut olen) == -1 {
            ngx_log_error!(NGX_LOG_CRIT, (*cycle).log, ngx_socket_errno();
                           "getsockopt(SO_TYPE) %V failed", (*ls).addr_text);
            (*ls).ignore = true;
            continue;
        }

        if ngx_getsockopt((*ls).fd, libc::SOL_SOCKET, libc::SO_RCVBUF, &raw mut (*ls).rcvbuf, &raw mut olen) == -1 {
            ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_socket_errno();
                           "getsockopt(SO_RCVBUF) %V failed, ignored", (*ls).addr_text);

            (*ls).rcvbuf = -1;
        }

        if ngx_getsockopt((*ls).fd, libc::SOL_SOCKET, libc::SO_SNDBUF, &raw mut (*ls).sndbuf, &raw mut olen) == -1 {
            ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_socket_errno();
                           "getsockopt(SO_SNDBUF) %V failed, ignored", (*ls).addr_text);

            (*ls).sndbuf = -1;
        }

        let mut reuseport: c_int = 0;

        if ngx_getsockopt((*ls).fd, libc::SOL_SOCKET, libc::SO_REUSEPORT, &raw mut reuseport, &raw mut olen) == -1 {
            ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_socket_errno();
                           "getsockopt(SO_REUSEPORT) %V failed, ignored", (*ls).addr_text);
        } else {
            (*ls).reuseport = reuseport != 0;
        }

        if (*ls).type_ != libc::SOCK_STREAM {
            continue;
        }

        // DEVIATION: it cannot be asked for, so that it is always set; nginx takes it for the default, and leaves the old
        // one on the socket when "backlog=" goes away
        if !ngx_systemd_owns((*ls).fd) {
            (*ls).backlog = 0;
        }

        if ngx_getsockopt((*ls).fd, libc::SOL_SOCKET, libc::SO_PROTOCOL, &raw mut (*ls).protocol, &raw mut olen) == -1 {
            ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_socket_errno();
                           "getsockopt(SO_PROTOCOL) %V failed, ignored", (*ls).addr_text);
            (*ls).protocol = 0;
        } else if (*ls).protocol == libc::IPPROTO_TCP {
            (*ls).protocol = 0;
        }

        if ngx_getsockopt((*ls).fd, libc::IPPROTO_TCP, libc::TCP_FASTOPEN, &raw mut (*ls).fastopen, &raw mut olen) == -1
        {
            let err = ngx_socket_errno();

            if err != NGX_EOPNOTSUPP && err != NGX_ENOPROTOOPT && err != NGX_EINVAL {
                ngx_log_error!(NGX_LOG_NOTICE, (*cycle).log, err;
                               "getsockopt(TCP_FASTOPEN) %V failed, ignored", (*ls).addr_text);
            }

            (*ls).fastopen = -1;
        }

        let mut timeout: c_int = 0;

        if ngx_getsockopt((*ls).fd, libc::IPPROTO_TCP, libc::TCP_DEFER_ACCEPT, &raw mut timeout, &raw mut olen) == -1 {
            let err = ngx_socket_errno();

            if err == NGX_EOPNOTSUPP {
                continue;
            }

            ngx_log_error!(NGX_LOG_NOTICE, (*cycle).log, err;
                           "getsockopt(TCP_DEFER_ACCEPT) for %V failed, ignored", (*ls).addr_text);
            continue;
        }

        if olen < size_of::<c_int>() as socklen_t || timeout == 0 {
            continue;
        }

        (*ls).deferred_accept = true;
    }

    NGX_OK
}

pub unsafe fn ngx_open_listening_sockets(cycle: *mut ngx_cycle_t) -> ngx_int_t {
    let reuseaddr = 1;

    let log = (*cycle).log;

    let mut failed = false;
    let mut tries = 5;

    while tries != 0 {
        tries -= 1;
        failed = false;

        for i in 0..(*cycle).listening.nelts {
            let ls = (*cycle).listening.elts.add(i);

            if (*ls).ignore {
                continue;
            }

            if (*ls).add_reuseport || (*ls).change_protocol {
                // new sockets can only join the port when the old one has SO_REUSEPORT too: so it is when a listen
                // directive gets "reuseport", or another protocol

                let reuseport = 1;

                if ngx_setsockopt((*ls).fd, libc::SOL_SOCKET, libc::SO_REUSEPORT, reuseport) == -1 {
                    ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_socket_errno();
                                   "setsockopt(SO_REUSEPORT) %V failed, ignored", (*ls).addr_text);
                }

                (*ls).add_reuseport = false;
            }

            if (*ls).fd != -1 && !(*ls).change_protocol {
                continue;
            }

            if (*ls).inherited {
                continue;
            }

            let s = ngx_socket((*(*ls).sockaddr).sa_family as c_int, (*ls).type_, (*ls).protocol);

            if s == -1 {
                ngx_log_error!(NGX_LOG_EMERG, log, ngx_socket_errno(); "socket() %V failed", (*ls).addr_text);
                return NGX_ERROR;
            }

            if ((*ls).type_ != libc::SOCK_DGRAM || ngx_test_config.get() == 0)
                && ngx_setsockopt(s, libc::SOL_SOCKET, libc::SO_REUSEADDR, reuseaddr) == -1
            {
                ngx_log_error!(NGX_LOG_EMERG, log, ngx_socket_errno();
                               "setsockopt(SO_REUSEADDR) %V failed", (*ls).addr_text);

                if ngx_close_socket(s) == -1 {
                    ngx_log_error!(NGX_LOG_EMERG, log, ngx_socket_errno();
                                   "close() socket %V failed", (*ls).addr_text);
                }

                return NGX_ERROR;
            }

            if ((*ls).reuseport || (*ls).change_protocol) && ngx_test_config.get() == 0 {
                let reuseport = 1;

                if ngx_setsockopt(s, libc::SOL_SOCKET, libc::SO_REUSEPORT, reuseport) == -1 {
                    ngx_log_error!(NGX_LOG_EMERG, log, ngx_socket_errno();
                                   "setsockopt(SO_REUSEPORT) %V failed", (*ls).addr_text);

                    if ngx_close_socket(s) == -1 {
                        ngx_log_error!(NGX_LOG_EMERG, log, ngx_socket_errno();
                                       "close() socket %V failed", (*ls).addr_text);
                    }

                    return NGX_ERROR;
                }
            }

            if (*(*ls).sockaddr).sa_family as c_int == libc::AF_INET6 {
                let ipv6only = (*ls).ipv6only as c_int;

                if ngx_setsockopt(s, libc::IPPROTO_IPV6, libc::IPV6_V6ONLY, ipv6only) == -1 {
                    ngx_log_error!(NGX_LOG_EMERG, log, ngx_socket_errno();
                                   "setsockopt(IPV6_V6ONLY) %V failed, ignored", (*ls).addr_text);
                }
            }

            if ngx_nonblocking(s) == -1 {
                ngx_log_error!(NGX_LOG_EMERG, log, ngx_socket_errno(); "ioctl(FIONBIO) %V failed", (*ls).addr_text);

                if ngx_close_socket(s) == -1 {
                    ngx_log_error!(NGX_LOG_EMERG, log, ngx_socket_errno();
                                   "close() socket %V failed", (*ls).addr_text);
                }

                return NGX_ERROR;
            }

            ngx_log_debug!(NGX_LOG_DEBUG_CORE, log, 0; "bind() %V #%d ", (*ls).addr_text, s);

            if libc::bind(s, (*ls).sockaddr, (*ls).socklen) == -1 && ngx_bind_again(ls, s, log) == -1 {
                let err = ngx_socket_errno();

                if err != NGX_EADDRINUSE || ngx_test_config.get() == 0 {
                    ngx_log_error!(NGX_LOG_EMERG, log, err; "bind() to %V failed", (*ls).addr_text);
                }

                if ngx_close_socket(s) == -1 {
                    ngx_log_error!(NGX_LOG_EMERG, log, ngx_socket_errno();
                                   "close() socket %V failed", (*ls).addr_text);
                }

                if err != NGX_EADDRINUSE {
                    return NGX_ERROR;
                }

                if ngx_test_config.get() == 0 {
                    failed = true;
                }

                continue;
            }

            if (*(*ls).sockaddr).sa_family as c_int == libc::AF_UNIX {
                let name = (*ls).addr_text.data.add("unix:".len());
                let mode =
                    libc::S_IRUSR | libc::S_IWUSR | libc::S_IRGRP | libc::S_IWGRP | libc::S_IROTH | libc::S_IWOTH;

                if libc::chmod(name.cast(), mode) == -1 {
                    ngx_log_error!(NGX_LOG_EMERG, (*cycle).log, ngx_errno(); "chmod() \"%s\" failed", name);
                }

                if ngx_test_config.get() != 0 && ngx_delete_file(name) == NGX_FILE_ERROR {
                    ngx_log_error!(NGX_LOG_EMERG, (*cycle).log, ngx_errno(); "unlink() %s failed", name);
                }
            }

            if (*ls).type_ != libc::SOCK_STREAM {
                (*ls).fd = s;
                (*ls).open = true;
                continue;
            }

            if libc::listen(s, (*ls).backlog) == -1 {
                let err = ngx_socket_errno();

                // OpenVZ may find out here what bind() should have said

                if err != NGX_EADDRINUSE || ngx_test_config.get() == 0 {
                    ngx_log_error!(NGX_LOG_EMERG, log, err;
                                   "listen() to %V, backlog %d failed", (*ls).addr_text, (*ls).backlog);
                }

                if ngx_close_socket(s) == -1 {
                    ngx_log_error!(NGX_LOG_EMERG, log, ngx_socket_errno();
                                   "close() socket %V failed", (*ls).addr_text);
                }

                if err != NGX_EADDRINUSE {
                    return NGX_ERROR;
                }

                if ngx_test_config.get() == 0 {
                    failed = true;
                }

                continue;
            }

            (*ls).listen = true;

            (*ls).fd = s;
            (*ls).open = true;
        }

        if !failed {
            break;
        }

        ngx_log_error!(NGX_LOG_NOTICE, log, 0; "try again to bind() after 500ms");

        ngx_msleep(500);
    }

    if failed {
        ngx_log_error!(NGX_LOG_EMERG, log, 0; "still could not bind()");
        return NGX_ERROR;
    }

    NGX_OK
}

/// DEVIATION: a unix socket that was left behind by a crash, so that nobody answers there, is replaced; nginx cannot bind
/// to it. Returns what bind() does, with its errno.
unsafe fn ngx_bind_again(ls: *mut ngx_listening_t, s: ngx_socket_t, log: *mut ngx_log_t) -> c_int {
    let err = ngx_socket_errno();

    if err != NGX_EADDRINUSE || (*(*ls).sockaddr).sa_family as c_int != libc::AF_UNIX || ngx_test_config.get() != 0 {
        return -1;
    }

    let name = (*ls).addr_text.data.add("unix:".len());

    let mut fi: ngx_file_info_t = core::mem::zeroed();
    let mut now: ngx_file_info_t = core::mem::zeroed();

    let stale = ngx_link_info(name, &raw mut fi) != NGX_FILE_ERROR
        && fi.st_mode & libc::S_IFMT == libc::S_IFSOCK
        && ngx_nobody_listens(ls)
        && ngx_link_info(name, &raw mut now) != NGX_FILE_ERROR
        && (fi.st_dev, fi.st_ino) == (now.st_dev, now.st_ino);

    if stale {
        ngx_log_error!(NGX_LOG_NOTICE, log, 0; "nobody listens on %V, replacing it", (*ls).addr_text);

        if ngx_delete_file(name) == NGX_FILE_ERROR {
            ngx_log_error!(NGX_LOG_EMERG, log, ngx_errno(); "unlink() %s failed", name);
        } else {
            return libc::bind(s, (*ls).sockaddr, (*ls).socklen);
        }
    }

    ngx_set_errno(err);

    -1
}

/// A listener whose queue is full says EAGAIN, one of another type EPROTOTYPE: only a refusal means that there is none.
unsafe fn ngx_nobody_listens(ls: *mut ngx_listening_t) -> bool {
    let s = libc::socket(libc::AF_UNIX, (*ls).type_ | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC, 0);

    if s == -1 {
        return false;
    }

    let refused = libc::connect(s, (*ls).sockaddr, (*ls).socklen) == -1 && ngx_socket_errno() == NGX_ECONNREFUSED;

    libc::close(s);

    refused
}

pub unsafe fn ngx_configure_listening_sockets(cycle: *mut ngx_cycle_t) {
    for i in 0..(*cycle).listening.nelts {
        let ls = (*cycle).listening.elts.add(i);

        (*ls).log = *(*ls).logp;

        if (*ls).rcvbuf != -1 && ngx_setsockopt((*ls).fd, libc::SOL_SOCKET, libc::SO_RCVBUF, (*ls).rcvbuf) == -1 {
            ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_socket_errno();
                           "setsockopt(SO_RCVBUF, %d) %V failed, ignored", (*ls).rcvbuf, (*ls).addr_text);
        }

        if (*ls).sndbuf != -1 && ngx_setsockopt((*ls).fd, libc::SOL_SOCKET, libc::SO_SNDBUF, (*ls).sndbuf) == -1 {
            ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_socket_errno();
                           "setsockopt(SO_SNDBUF, %d) %V failed, ignored", (*ls).sndbuf, (*ls).addr_text);
        }

        if (*ls).keepalive != 0 {
            let value = if (*ls).keepalive == 1 { 1 } else { 0 };

            if ngx_setsockopt((*ls).fd, libc::SOL_SOCKET, libc::SO_KEEPALIVE, value) == -1 {
                ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_socket_errno();
                               "setsockopt(SO_KEEPALIVE, %d) %V failed, ignored", value, (*ls).addr_text);
            }
        }

        if (*ls).keepidle != 0 {
            let value = (*ls).keepidle;

            if ngx_setsockopt((*ls).fd, libc::IPPROTO_TCP, libc::TCP_KEEPIDLE, value) == -1 {
                ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_socket_errno();
                               "setsockopt(TCP_KEEPIDLE, %d) %V failed, ignored", value, (*ls).addr_text);
            }
        }

        if (*ls).keepintvl != 0 {
            let value = (*ls).keepintvl;

            if ngx_setsockopt((*ls).fd, libc::IPPROTO_TCP, libc::TCP_KEEPINTVL, value) == -1 {
                ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_socket_errno();
                               "setsockopt(TCP_KEEPINTVL, %d) %V failed, ignored", value, (*ls).addr_text);
            }
        }

        if (*ls).keepcnt != 0 && ngx_setsockopt((*ls).fd, libc::IPPROTO_TCP, libc::TCP_KEEPCNT, (*ls).keepcnt) == -1 {
            ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_socket_errno();
                           "setsockopt(TCP_KEEPCNT, %d) %V failed, ignored", (*ls).keepcnt, (*ls).addr_text);
        }

        if (*ls).fastopen != -1 && ngx_setsockopt((*ls).fd, libc::IPPROTO_TCP, libc::TCP_FASTOPEN, (*ls).fastopen) == -1
        {
            ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_socket_errno();
                           "setsockopt(TCP_FASTOPEN, %d) %V failed, ignored", (*ls).fastopen, (*ls).addr_text);
        }

        if (*ls).listen {
            // a second listen() only changes the backlog

            if libc::listen((*ls).fd, (*ls).backlog) == -1 {
                ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_socket_errno();
                               "listen() to %V, backlog %d failed, ignored", (*ls).addr_text, (*ls).backlog);
            }
        }

        // a failure here skips what follows

        if (*ls).add_deferred || (*ls).delete_deferred {
            // One second, since nothing tells how long a connection had waited already, or if it did at all.

            let value = if (*ls).add_deferred { 1 } else { 0 };

            if ngx_setsockopt((*ls).fd, libc::IPPROTO_TCP, libc::TCP_DEFER_ACCEPT, value) == -1 {
                ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_socket_errno();
                               "setsockopt(TCP_DEFER_ACCEPT, %d) for %V failed, ignored", value, (*ls).addr_text);

                continue;
            }
        }

        if (*ls).add_deferred {
            (*ls).deferred_accept = true;
        }

        if (*ls).wildcard && (*ls).type_ == libc::SOCK_DGRAM && (*(*ls).sockaddr).sa_family as c_int == libc::AF_INET {
            let value = 1;

            if ngx_setsockopt((*ls).fd, libc::IPPROTO_IP, libc::IP_PKTINFO, value) == -1 {
                ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_socket_errno();
                               "setsockopt(IP_PKTINFO) for %V failed, ignored", (*ls).addr_text);
            }
        }

        if (*ls).wildcard && (*ls).type_ == libc::SOCK_DGRAM && (*(*ls).sockaddr).sa_family as c_int == libc::AF_INET6 {
            let value = 1;

            if ngx_setsockopt((*ls).fd, libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO, value) == -1 {
                ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_socket_errno();
                               "setsockopt(IPV6_RECVPKTINFO) for %V failed, ignored", (*ls).addr_text);
            }
        }
    }
}

pub unsafe fn ngx_close_listening_sockets(cycle: *mut ngx_cycle_t) {
    ngx_accept_mutex_held.set(0);
    ngx_use_accept_mutex.set(0);

    for i in 0..(*cycle).listening.nelts {
        let ls = (*cycle).listening.elts.add(i);

        let c = (*ls).connection;

        if !c.is_null() {
            if (*(*c).read).active {
                if ngx_event_flags.get() & NGX_USE_EPOLL_EVENT != 0 {
                    // other processes hold the socket too, so that closing it here does not always (OpenVZ) end its
                    // events

                    ngx_del_event((*c).read, NGX_READ_EVENT, 0);
                } else {
                    ngx_del_event((*c).read, NGX_READ_EVENT, NGX_CLOSE_EVENT);
                }
            }

            ngx_free_connection(c);

            (*c).fd = -1;
        }

        ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*cycle).log, 0;
                       "close listening %V #%d ", (*ls).addr_text, (*ls).fd);

        // DEVIATION: systemd's socket stays systemd's
        let owned = ngx_systemd_owns((*ls).fd);

        if ngx_close_socket((*ls).fd) == -1 {
            ngx_log_error!(NGX_LOG_EMERG, (*cycle).log, ngx_socket_errno();
                           "close() socket %V failed", (*ls).addr_text);
        }

        if (*(*ls).sockaddr).sa_family as c_int == libc::AF_UNIX
            && ngx_process.get() <= NGX_PROCESS_MASTER
            && ngx_new_binary.get() == 0
            && (!(*ls).inherited || libc::getppid() != ngx_parent.get())
            && !owned
        {
            let name = (*ls).addr_text.data.add("unix:".len());

            if ngx_delete_file(name) == NGX_FILE_ERROR {
                ngx_log_error!(NGX_LOG_EMERG, (*cycle).log, ngx_socket_errno(); "unlink() %s failed", name);
            }
        }

        (*ls).fd = -1;
    }

    (*cycle).listening.nelts = 0;
}

pub unsafe fn ngx_get_connection(s: ngx_socket_t, log: *mut ngx_log_t) -> *mut ngx_connection_t {
    let cycle = ngx_cycle.get();

    if !(*cycle).files.is_null() && s as ngx_uint_t >= (*cycle).files_n {
        ngx_log_error!(NGX_LOG_ALERT, log, 0;
                       "the new socket has number %d, but only %ui files are available", s, (*cycle).files_n);
        return null_mut();
    }

    ngx_drain_connections(cycle);

    let c = (*cycle).free_connections;

    if c.is_null() {
        ngx_log_error!(NGX_LOG_ALERT, log, 0; "%ui worker_connections are not enough", (*cycle).connection_n);

        return null_mut();
    }

    (*cycle).free_connections = (*c).data.cast();
    (*cycle).free_connection_n -= 1;

    if !(*cycle).files.is_null() && (*(*cycle).files.add(s as usize)).is_null() {
        *(*cycle).files.add(s as usize) = c;
    }

    let rev = (*c).read;
    let wev = (*c).write;

    c.write_bytes(0, 1);

    (*c).read = rev;
    (*c).write = wev;
    (*c).fd = s;
    (*c).log = log;

    let instance = (*rev).instance;

    rev.write_bytes(0, 1);
    wev.write_bytes(0, 1);

    (*rev).instance = !instance;
    (*wev).instance = !instance;

    (*rev).index = NGX_INVALID_INDEX;
    (*wev).index = NGX_INVALID_INDEX;

    (*rev).data = c.cast();
    (*wev).data = c.cast();

    (*wev).write = true;

    c
}

pub unsafe fn ngx_free_connection(c: *mut ngx_connection_t) {
    let cycle = ngx_cycle.get();

    (*c).data = (*cycle).free_connections.cast();
    (*cycle).free_connections = c;
    (*cycle).free_connection_n += 1;

    if !(*cycle).files.is_null() && *(*cycle).files.add((*c).fd as usize) == c {
        *(*cycle).files.add((*c).fd as usize) = null_mut();
    }
}

pub unsafe fn ngx_close_connection(c: *mut ngx_connection_t) {
    if (*c).fd == -1 {
        ngx_log_error!(NGX_LOG_ALERT, (*c).log, 0; "connection already closed");
        return;
    }

    if (*(*c).read).timer_set {
        ngx_del_timer((*c).read);
    }

    if (*(*c).write).timer_set {
        ngx_del_timer((*c).write);
    }

    if !(*c).shared {
        if let Some(ngx_del_conn) = ngx_del_conn() {
            ngx_del_conn(c, NGX_CLOSE_EVENT);
        } else {
            if (*(*c).read).active || (*(*c).read).disabled {
                ngx_del_event((*c).read, NGX_READ_EVENT, NGX_CLOSE_EVENT);
            }

            if (*(*c).write).active || (*(*c).write).disabled {
                ngx_del_event((*c).write, NGX_WRITE_EVENT, NGX_CLOSE_EVENT);
            }
        }
    }

    if (*(*c).read).posted {
        ngx_delete_posted_event((*c).read);
    }

    if (*(*c).write).posted {
        ngx_delete_posted_event((*c).write);
    }

    (*(*c).read).closed = true;
    (*(*c).write).closed = true;

    ngx_reusable_connection(c, 0);

    let log_error = (*c).log_error;

    ngx_free_connection(c);

    let fd = (*c).fd;
    (*c).fd = -1;

    if (*c).shared {
        return;
    }

    if ngx_close_socket(fd) == -1 {
        let err = ngx_socket_errno();

        let level = if err == NGX_ECONNRESET || err == NGX_ENOTCONN {
            match log_error as c_uint {
                NGX_ERROR_INFO => NGX_LOG_INFO,

                NGX_ERROR_ERR => NGX_LOG_ERR,

                _ => NGX_LOG_CRIT,
            }
        } else {
            NGX_LOG_CRIT
        };

        ngx_log_error!(level, (*c).log, err; "close() socket %d failed", fd);
    }
}

pub unsafe fn ngx_reusable_connection(c: *mut ngx_connection_t, reusable: ngx_uint_t) {
    ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*c).log, 0; "reusable connection: %ui", reusable);

    let cycle = ngx_cycle.get();

    if (*c).reusable {
        ngx_queue_remove(&raw mut (*c).queue);
        (*cycle).reusable_connections_n -= 1;

        let _ = ngx_atomic_fetch_add(ngx_stat_waiting.get(), -1);
    }

    (*c).reusable = reusable != 0;

    if reusable != 0 {
        ngx_queue_insert_head(&raw mut (*cycle).reusable_connections_queue, &raw mut (*c).queue);
        (*cycle).reusable_connections_n += 1;

        let _ = ngx_atomic_fetch_add(ngx_stat_waiting.get(), 1);
    }
}

/// Closes some keepalive connections when few free ones are left.
unsafe fn ngx_drain_connections(cycle: *mut ngx_cycle_t) {
    if (*cycle).free_connection_n > (*cycle).connection_n / 16 || (*cycle).reusable_connections_n == 0 {
        return;
    }

    if (*cycle).connections_reuse_time != ngx_time() {
        (*cycle).connections_reuse_time = ngx_time();

        ngx_log_error!(NGX_LOG_WARN, (*cycle).log, 0;
                       "%ui worker_connections are not enough, reusing connections", (*cycle).connection_n);
    }

    let mut c: *mut ngx_connection_t = null_mut();
    let n = ngx_max(ngx_min(32, (*cycle).reusable_connections_n / 8), 1);

    for _ in 0..n {
        if ngx_queue_empty(&raw const (*cycle).reusable_connections_queue) {
            break;
        }

        let q = ngx_queue_last(&raw const (*cycle).reusable_connections_queue);
        c = ngx_queue_data!(q, ngx_connection_t, queue);

        ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*c).log, 0; "reusing connection");

        (*c).close = true;
        (*(*c).read).handler.unwrap()((*c).read);
    }

    if (*cycle).free_connection_n == 0 && !c.is_null() && (*c).reusable {
        // Nothing came free, so this one went to lingering close; a second push closes it for good.

        ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*c).log, 0; "reusing connection again");

        (*c).close = true;
        (*(*c).read).handler.unwrap()((*c).read);
    }
}

pub unsafe fn ngx_close_idle_connections(cycle: *mut ngx_cycle_t) {
    for i in 0..(*cycle).connection_n {
        let c = (*cycle).connections.add(i);

        if (*c).fd != -1 && (*c).idle {
            (*c).close = true;
            (*(*c).read).handler.unwrap()((*c).read);
        }
    }
}

/// Finds out the local address of a connection to a wildcard socket; writes it to `s`, unless that is NULL.
pub unsafe fn ngx_connection_local_sockaddr(
    c: *mut ngx_connection_t,
    s: *mut ngx_str_t,
    port: ngx_uint_t,
) -> ngx_int_t {
    let mut addr: ngx_uint_t = 0;

    if (*c).local_socklen != 0 {
        match (*(*c).local_sockaddr).sa_family as c_int {
            libc::AF_INET6 => {
                let sin6: *mut sockaddr_in6 = (*c).local_sockaddr.cast();

                let mut i = 0;
                while addr == 0 && i < 16 {
                    addr |= (*sin6).sin6_addr.s6_addr[i] as ngx_uint_t;
                    i += 1;
                }
            }

            libc::AF_UNIX => {
                addr = 1;
            }

            // AF_INET
            _ => {
                let sin: *mut sockaddr_in = (*c).local_sockaddr.cast();
                addr = (*sin).sin_addr.s_addr as ngx_uint_t;
            }
        }
    }

    if addr == 0 {
        let mut sa = core::mem::MaybeUninit::<ngx_sockaddr_t>::uninit();
        let mut len = size_of::<ngx_sockaddr_t>() as socklen_t;

        if libc::getsockname((*c).fd, sa.as_mut_ptr().cast(), &raw mut len) == -1 {
            ngx_connection_error(c, ngx_socket_errno(), c"getsockname() failed".as_ptr());
            return NGX_ERROR;
        }

        (*c).local_sockaddr = ngx_palloc_n::<u8>((*c).pool, len as usize).cast();
        if (*c).local_sockaddr.is_null() {
            return NGX_ERROR;
        }

        ngx_memcpy((*c).local_sockaddr, sa.as_ptr(), len as usize);

        (*c).local_socklen = len;
    }

    if s.is_null() {
        return NGX_OK;
    }

    (*s).len = ngx_sock_ntop((*c).local_sockaddr, (*c).local_socklen, (*s).data, (*s).len, port);

    NGX_OK
}

pub unsafe fn ngx_tcp_nodelay(c: *mut ngx_connection_t) -> ngx_int_t {
    if (*c).tcp_nodelay as c_uint != NGX_TCP_NODELAY_UNSET {
        return NGX_OK;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*c).log, 0; "tcp_nodelay");

    let tcp_nodelay = 1;

    if ngx_setsockopt((*c).fd, libc::IPPROTO_TCP, libc::TCP_NODELAY, tcp_nodelay) == -1 {
        ngx_connection_error(c, ngx_socket_errno(), c"setsockopt(TCP_NODELAY) failed".as_ptr());
        return NGX_ERROR;
    }

    (*c).tcp_nodelay = NGX_TCP_NODELAY_SET as u8;

    NGX_OK
}

/// Logs `text` at the level that the error, and what the connection's owner thinks of such errors, call for.
pub unsafe fn ngx_connection_error(c: *mut ngx_connection_t, err: ngx_err_t, text: *const c_char) -> ngx_int_t {
    if err == NGX_ECONNRESET && (*c).log_error as c_uint == NGX_ERROR_IGNORE_ECONNRESET {
        return 0;
    }

    if err == NGX_EMSGSIZE && (*c).log_error as c_uint == NGX_ERROR_IGNORE_EMSGSIZE {
        return 0;
    }

    let level = if err == 0
        || err == NGX_ECONNRESET
        || err == NGX_EPIPE
        || err == NGX_ENOTCONN
        || err == NGX_ETIMEDOUT
        || err == NGX_ECONNREFUSED
        || err == NGX_ENETDOWN
        || err == NGX_ENETUNREACH
        || err == NGX_EHOSTDOWN
        || err == NGX_EHOSTUNREACH
    {
        match (*c).log_error as c_uint {
            NGX_ERROR_IGNORE_EMSGSIZE | NGX_ERROR_IGNORE_EINVAL | NGX_ERROR_IGNORE_ECONNRESET | NGX_ERROR_INFO => {
                NGX_LOG_INFO
            }

            _ => NGX_LOG_ERR,
        }
    } else {
        NGX_LOG_ALERT
    };

    ngx_log_error!(level, (*c).log, err; "%s", text);

    NGX_ERROR
}
