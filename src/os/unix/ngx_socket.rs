//! Port of src/os/unix/ngx_socket.c and .h

use crate::core::ngx_config::*;

pub const NGX_WRITE_SHUTDOWN: c_int = libc::SHUT_WR;
pub const NGX_READ_SHUTDOWN: c_int = libc::SHUT_RD;
pub const NGX_RDWR_SHUTDOWN: c_int = libc::SHUT_RDWR;

pub type ngx_socket_t = c_int;

// ngx_socket_n is "socket()"
// ngx_nonblocking_n is "ioctl(FIONBIO)"
// ngx_blocking_n is "ioctl(!FIONBIO)"
// ngx_socket_nread_n is "ioctl(FIONREAD)"
// ngx_tcp_nopush_n is "setsockopt(TCP_CORK)"
// ngx_tcp_push_n is "setsockopt(!TCP_CORK)"
// ngx_shutdown_socket_n is "shutdown()"
// ngx_close_socket_n is "close() socket"

#[inline(always)]
pub unsafe fn ngx_socket(domain: c_int, type_: c_int, protocol: c_int) -> ngx_socket_t {
    libc::socket(domain, type_, protocol)
}

#[inline(always)]
pub unsafe fn ngx_socket_nread(s: ngx_socket_t, n: *mut c_int) -> c_int {
    libc::ioctl(s, libc::FIONREAD, n)
}

#[inline(always)]
pub unsafe fn ngx_shutdown_socket(s: ngx_socket_t, how: c_int) -> c_int {
    libc::shutdown(s, how)
}

#[inline(always)]
pub unsafe fn ngx_close_socket(s: ngx_socket_t) -> c_int {
    libc::close(s)
}

pub unsafe fn ngx_nonblocking(s: ngx_socket_t) -> c_int {
    let mut nb: c_int = 1;

    libc::ioctl(s, libc::FIONBIO, &raw mut nb)
}

pub unsafe fn ngx_blocking(s: ngx_socket_t) -> c_int {
    let mut nb: c_int = 0;

    libc::ioctl(s, libc::FIONBIO, &raw mut nb)
}

pub unsafe fn ngx_tcp_nopush(s: ngx_socket_t) -> c_int {
    let cork: c_int = 1;

    libc::setsockopt(s, libc::IPPROTO_TCP, libc::TCP_CORK, (&raw const cork).cast(), size_of::<c_int>() as socklen_t)
}

pub unsafe fn ngx_tcp_push(s: ngx_socket_t) -> c_int {
    let cork: c_int = 0;

    libc::setsockopt(s, libc::IPPROTO_TCP, libc::TCP_CORK, (&raw const cork).cast(), size_of::<c_int>() as socklen_t)
}
