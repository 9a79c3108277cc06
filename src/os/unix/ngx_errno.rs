//! Port of src/os/unix/ngx_errno.c and .h

use crate::core::{ngx_config::*, ngx_core::*, ngx_string::*};

pub type ngx_err_t = c_int;

pub const NGX_EPERM: ngx_err_t = libc::EPERM;
pub const NGX_ENOENT: ngx_err_t = libc::ENOENT;
pub const NGX_ENOPATH: ngx_err_t = libc::ENOENT;
pub const NGX_ESRCH: ngx_err_t = libc::ESRCH;
pub const NGX_EINTR: ngx_err_t = libc::EINTR;
pub const NGX_ECHILD: ngx_err_t = libc::ECHILD;
pub const NGX_ENOMEM: ngx_err_t = libc::ENOMEM;
pub const NGX_EACCES: ngx_err_t = libc::EACCES;
pub const NGX_EBUSY: ngx_err_t = libc::EBUSY;
pub const NGX_EEXIST: ngx_err_t = libc::EEXIST;
pub const NGX_EEXIST_FILE: ngx_err_t = libc::EEXIST;
pub const NGX_EXDEV: ngx_err_t = libc::EXDEV;
pub const NGX_ENOTDIR: ngx_err_t = libc::ENOTDIR;
pub const NGX_EISDIR: ngx_err_t = libc::EISDIR;
pub const NGX_EINVAL: ngx_err_t = libc::EINVAL;
pub const NGX_ENFILE: ngx_err_t = libc::ENFILE;
pub const NGX_EMFILE: ngx_err_t = libc::EMFILE;
pub const NGX_ENOSPC: ngx_err_t = libc::ENOSPC;
pub const NGX_EPIPE: ngx_err_t = libc::EPIPE;
pub const NGX_EINPROGRESS: ngx_err_t = libc::EINPROGRESS;
pub const NGX_ENOPROTOOPT: ngx_err_t = libc::ENOPROTOOPT;
pub const NGX_EOPNOTSUPP: ngx_err_t = libc::EOPNOTSUPP;
pub const NGX_EADDRINUSE: ngx_err_t = libc::EADDRINUSE;
pub const NGX_ECONNABORTED: ngx_err_t = libc::ECONNABORTED;
pub const NGX_ECONNRESET: ngx_err_t = libc::ECONNRESET;
pub const NGX_ENOTCONN: ngx_err_t = libc::ENOTCONN;
pub const NGX_ETIMEDOUT: ngx_err_t = libc::ETIMEDOUT;
pub const NGX_ECONNREFUSED: ngx_err_t = libc::ECONNREFUSED;
pub const NGX_ENAMETOOLONG: ngx_err_t = libc::ENAMETOOLONG;
pub const NGX_ENETDOWN: ngx_err_t = libc::ENETDOWN;
pub const NGX_ENETUNREACH: ngx_err_t = libc::ENETUNREACH;
pub const NGX_EHOSTDOWN: ngx_err_t = libc::EHOSTDOWN;
pub const NGX_EHOSTUNREACH: ngx_err_t = libc::EHOSTUNREACH;
pub const NGX_ENOSYS: ngx_err_t = libc::ENOSYS;
pub const NGX_ECANCELED: ngx_err_t = libc::ECANCELED;
pub const NGX_EILSEQ: ngx_err_t = libc::EILSEQ;
pub const NGX_ENOMOREFILES: ngx_err_t = 0;
pub const NGX_ELOOP: ngx_err_t = libc::ELOOP;
pub const NGX_EBADF: ngx_err_t = libc::EBADF;
pub const NGX_EMSGSIZE: ngx_err_t = libc::EMSGSIZE;
pub const NGX_EMLINK: ngx_err_t = libc::EMLINK;
pub const NGX_EAGAIN: ngx_err_t = libc::EAGAIN;

#[inline(always)]
pub unsafe fn ngx_errno() -> ngx_err_t {
    *libc::__errno_location()
}

#[inline(always)]
pub unsafe fn ngx_socket_errno() -> ngx_err_t {
    ngx_errno()
}

#[inline(always)]
pub unsafe fn ngx_set_errno(err: ngx_err_t) {
    *libc::__errno_location() = err
}

#[inline(always)]
pub unsafe fn ngx_set_socket_errno(err: ngx_err_t) {
    ngx_set_errno(err)
}

static ngx_unknown_error: ngx_str_t = ngx_string!("Unknown error");

unsafe extern "C" {
    // glibc 2.32; a signal handler may call it, which strerror() does not allow
    fn strerrordesc_np(err: c_int) -> *const c_char;
}

/// The text of `err`, cut to `size`; returns the end of what was written.
pub unsafe fn ngx_strerror(err: ngx_err_t, errstr: *mut u8, size: usize) -> *mut u8 {
    let mut msg = strerrordesc_np(err).cast::<u8>();
    let len;

    if msg.is_null() {
        msg = ngx_unknown_error.data;
        len = ngx_unknown_error.len;
    } else {
        len = ngx_strlen(msg);
    }

    let size = ngx_min(size, len);

    ngx_cpymem(errstr, msg, size)
}

pub unsafe fn ngx_strerror_init() -> ngx_int_t {
    NGX_OK
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strerror() {
        let text = |err, size| unsafe {
            let mut buf = [0u8; 64];
            let n = ngx_strerror(err, buf.as_mut_ptr(), size).offset_from_unsigned(buf.as_ptr());
            (buf, n)
        };
        let is = |err, size, want: &[u8]| {
            let (buf, n) = text(err, size);
            assert_eq!(&buf[..n], want);
        };
        is(NGX_ENOENT, 64, b"No such file or directory");
        is(NGX_ENOENT, 7, b"No such");
        is(99999, 64, b"Unknown error");
        is(-1, 64, b"Unknown error");
    }
}
