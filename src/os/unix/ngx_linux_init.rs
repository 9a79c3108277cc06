//! Port of src/os/unix/ngx_linux_init.c

use crate::core::{ngx_config::*, ngx_core::*, ngx_log::*, ngx_string::*};
use crate::os::unix::{
    ngx_errno::*, ngx_linux_sendfile_chain::*, ngx_os::*, ngx_posix_init::*, ngx_readv_chain::*, ngx_recv::*,
    ngx_send::*, ngx_udp_recv::*, ngx_udp_send::*, ngx_udp_sendmsg_chain::*,
};

pub static ngx_linux_kern_ostype: ngx_global_t<[u8; 50]> = ngx_global_t::zeroed();
pub static ngx_linux_kern_osrelease: ngx_global_t<[u8; 50]> = ngx_global_t::zeroed();

static ngx_linux_io: ngx_os_io_t = ngx_os_io_t {
    recv: Some(ngx_unix_recv),
    recv_chain: Some(ngx_readv_chain),
    udp_recv: Some(ngx_udp_unix_recv),
    send: Some(ngx_unix_send),
    udp_send: Some(ngx_udp_unix_send),
    udp_send_chain: Some(ngx_udp_unix_sendmsg_chain),
    send_chain: Some(ngx_linux_sendfile_chain),
    flags: NGX_IO_SENDFILE,
};

pub unsafe fn ngx_os_specific_init(log: *mut ngx_log_t) -> ngx_int_t {
    let mut u: libc::utsname = core::mem::zeroed();

    if libc::uname(&raw mut u) == -1 {
        ngx_log_error!(NGX_LOG_ALERT, log, ngx_errno(); "uname() failed");
        return NGX_ERROR;
    }

    let _ = ngx_cpystrn(ngx_linux_kern_ostype.ptr().cast(), (&raw mut u.sysname).cast(), size_of::<[u8; 50]>());

    let _ = ngx_cpystrn(ngx_linux_kern_osrelease.ptr().cast(), (&raw mut u.release).cast(), size_of::<[u8; 50]>());

    ngx_os_io.set(ngx_linux_io);

    NGX_OK
}

pub unsafe fn ngx_os_specific_status(log: *mut ngx_log_t) {
    ngx_log_error!(NGX_LOG_NOTICE, log, 0;
                   "OS: %s %s", ngx_linux_kern_ostype.ptr(), ngx_linux_kern_osrelease.ptr());
}
