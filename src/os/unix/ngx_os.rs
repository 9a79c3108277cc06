//! Port of src/os/unix/ngx_os.h

use crate::core::{ngx_buf::*, ngx_config::*, ngx_connection::*};

pub const NGX_IO_SENDFILE: ngx_uint_t = 1;

pub type ngx_recv_pt = Option<unsafe fn(c: *mut ngx_connection_t, buf: *mut u8, size: usize) -> isize>;
pub type ngx_recv_chain_pt = Option<unsafe fn(c: *mut ngx_connection_t, in_: *mut ngx_chain_t, limit: off_t) -> isize>;
pub type ngx_send_pt = Option<unsafe fn(c: *mut ngx_connection_t, buf: *mut u8, size: usize) -> isize>;
pub type ngx_send_chain_pt =
    Option<unsafe fn(c: *mut ngx_connection_t, in_: *mut ngx_chain_t, limit: off_t) -> *mut ngx_chain_t>;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_os_io_t {
    pub recv: ngx_recv_pt,
    pub recv_chain: ngx_recv_chain_pt,
    pub udp_recv: ngx_recv_pt,
    pub send: ngx_send_pt,
    pub udp_send: ngx_send_pt,
    pub udp_send_chain: ngx_send_chain_pt,
    pub send_chain: ngx_send_chain_pt,
    pub flags: ngx_uint_t,
}

pub const NGX_IOVS_PREALLOCATE: ngx_uint_t = 64;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_iovec_t {
    pub iovs: *mut libc::iovec,
    pub count: ngx_uint_t,
    pub size: usize,
    pub nalloc: ngx_uint_t,
}
