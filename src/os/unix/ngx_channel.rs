//! Port of src/os/unix/ngx_channel.c and .h

use crate::core::{ngx_config::*, ngx_connection::*, ngx_core::*, ngx_cycle::*, ngx_log::*, ngx_string::*};
use crate::event::ngx_event::*;
use crate::os::unix::{ngx_errno::*, ngx_files::*, ngx_process::*, ngx_process_cycle::*, ngx_socket::*};

use core::mem::zeroed;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_channel_t {
    pub command: ngx_uint_t,
    pub pid: ngx_pid_t,
    pub slot: ngx_int_t,
    pub fd: ngx_fd_t,
}

/// Room for one descriptor as ancillary data, aligned as its header.
#[repr(C)]
#[derive(Clone, Copy)]
union ngx_channel_cmsg_t {
    cm: libc::cmsghdr,
    space: [u8; unsafe { libc::CMSG_SPACE(size_of::<c_int>() as c_uint) } as usize],
}

pub unsafe fn ngx_write_channel(
    s: ngx_socket_t,
    ch: *mut ngx_channel_t,
    size: usize,
    log: *mut ngx_log_t,
) -> ngx_int_t {
    let mut msg: libc::msghdr = zeroed();
    let mut cmsg: ngx_channel_cmsg_t = zeroed();

    if (*ch).fd == -1 {
        msg.msg_control = null_mut();
        msg.msg_controllen = 0;
    } else {
        msg.msg_control = (&raw mut cmsg).cast();
        msg.msg_controllen = size_of::<ngx_channel_cmsg_t>() as _;

        cmsg.cm.cmsg_len = libc::CMSG_LEN(size_of::<c_int>() as c_uint) as _;
        cmsg.cm.cmsg_level = libc::SOL_SOCKET;
        cmsg.cm.cmsg_type = libc::SCM_RIGHTS;

        ngx_memcpy(libc::CMSG_DATA(&raw const cmsg.cm), &raw const (*ch).fd, size_of::<c_int>());
    }

    msg.msg_flags = 0;

    let mut iov = [libc::iovec { iov_base: ch.cast(), iov_len: size }];

    msg.msg_name = null_mut();
    msg.msg_namelen = 0;
    msg.msg_iov = iov.as_mut_ptr();
    msg.msg_iovlen = 1;

    let n = libc::sendmsg(s, &raw const msg, 0);

    if n == -1 {
        let err = ngx_errno();
        if err == NGX_EAGAIN {
            return NGX_AGAIN;
        }

        ngx_log_error!(NGX_LOG_ALERT, log, err; "sendmsg() failed");
        return NGX_ERROR;
    }

    NGX_OK
}

/// The number of bytes read, NGX_AGAIN, or NGX_ERROR, at the end of the channel too.
pub unsafe fn ngx_read_channel(s: ngx_socket_t, ch: *mut ngx_channel_t, size: usize, log: *mut ngx_log_t) -> ngx_int_t {
    let mut msg: libc::msghdr = zeroed();
    let mut cmsg: ngx_channel_cmsg_t = zeroed();

    let mut iov = [libc::iovec { iov_base: ch.cast(), iov_len: size }];

    msg.msg_name = null_mut();
    msg.msg_namelen = 0;
    msg.msg_iov = iov.as_mut_ptr();
    msg.msg_iovlen = 1;

    msg.msg_control = (&raw mut cmsg).cast();
    msg.msg_controllen = size_of::<ngx_channel_cmsg_t>() as _;

    let n = libc::recvmsg(s, &raw mut msg, 0);

    if n == -1 {
        let err = ngx_errno();
        if err == NGX_EAGAIN {
            return NGX_AGAIN;
        }

        ngx_log_error!(NGX_LOG_ALERT, log, err; "recvmsg() failed");
        return NGX_ERROR;
    }

    if n == 0 {
        ngx_log_debug!(NGX_LOG_DEBUG_CORE, log, 0; "recvmsg() returned zero");
        return NGX_ERROR;
    }

    if (n as usize) < size_of::<ngx_channel_t>() {
        ngx_log_error!(NGX_LOG_ALERT, log, 0; "recvmsg() returned not enough data: %z", n);
        return NGX_ERROR;
    }

    if (*ch).command == NGX_CMD_OPEN_CHANNEL {
        if (cmsg.cm.cmsg_len as usize) < libc::CMSG_LEN(size_of::<c_int>() as c_uint) as usize {
            ngx_log_error!(NGX_LOG_ALERT, log, 0; "recvmsg() returned too small ancillary data");
            return NGX_ERROR;
        }

        if cmsg.cm.cmsg_level != libc::SOL_SOCKET || cmsg.cm.cmsg_type != libc::SCM_RIGHTS {
            ngx_log_error!(NGX_LOG_ALERT, log, 0;
                           "recvmsg() returned invalid ancillary data level %d or type %d",
                           cmsg.cm.cmsg_level, cmsg.cm.cmsg_type);
            return NGX_ERROR;
        }

        ngx_memcpy(&raw mut (*ch).fd, libc::CMSG_DATA(&raw const cmsg.cm), size_of::<c_int>());
    }

    if msg.msg_flags & (libc::MSG_TRUNC | libc::MSG_CTRUNC) != 0 {
        ngx_log_error!(NGX_LOG_ALERT, log, 0; "recvmsg() truncated data");
    }

    n
}

pub unsafe fn ngx_add_channel_event(
    cycle: *mut ngx_cycle_t,
    fd: ngx_fd_t,
    event: ngx_int_t,
    handler: ngx_event_handler_pt,
) -> ngx_int_t {
    let c = ngx_get_connection(fd, (*cycle).log);

    if c.is_null() {
        return NGX_ERROR;
    }

    (*c).pool = (*cycle).pool;

    let rev = (*c).read;
    let wev = (*c).write;

    (*rev).log = (*cycle).log;
    (*wev).log = (*cycle).log;

    (*rev).channel = true;
    (*wev).channel = true;

    let ev = if event == NGX_READ_EVENT { rev } else { wev };

    (*ev).handler = handler;

    if let Some(ngx_add_conn) = ngx_add_conn()
        && ngx_event_flags.get() & (NGX_USE_EPOLL_EVENT | NGX_USE_IO_URING_EVENT) == 0
    {
        if ngx_add_conn(c) == NGX_ERROR {
            ngx_free_connection(c);
            return NGX_ERROR;
        }
    } else if ngx_add_event(ev, event, 0) == NGX_ERROR {
        ngx_free_connection(c);
        return NGX_ERROR;
    }

    NGX_OK
}

pub unsafe fn ngx_close_channel(fd: *mut ngx_fd_t, log: *mut ngx_log_t) {
    if libc::close(*fd) == -1 {
        ngx_log_error!(NGX_LOG_ALERT, log, ngx_errno(); "close() channel failed");
    }

    if libc::close(*fd.add(1)) == -1 {
        ngx_log_error!(NGX_LOG_ALERT, log, ngx_errno(); "close() channel failed");
    }
}
