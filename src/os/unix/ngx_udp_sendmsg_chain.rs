//! Port of src/os/unix/ngx_udp_sendmsg_chain.c

use crate::core::{ngx_buf::*, ngx_config::*, ngx_connection::*, ngx_core::*, ngx_log::*, ngx_string::*};
use crate::event::ngx_event_udp::*;
use crate::os::unix::{ngx_alloc::*, ngx_errno::*, ngx_os::*, ngx_process::*};

use core::mem::{MaybeUninit, zeroed};

pub unsafe fn ngx_udp_unix_sendmsg_chain(
    c: *mut ngx_connection_t,
    mut in_: *mut ngx_chain_t,
    mut limit: off_t,
) -> *mut ngx_chain_t {
    let mut iovs = MaybeUninit::<[libc::iovec; NGX_IOVS_PREALLOCATE]>::uninit();

    let wev = (*c).write;

    if !(*wev).ready {
        return in_;
    }

    // as in ngx_writev_chain()

    if limit == 0 || limit > NGX_MAX_SIZE_T_VALUE as off_t - ngx_pagesize.get() as off_t {
        limit = NGX_MAX_SIZE_T_VALUE as off_t - ngx_pagesize.get() as off_t;
    }

    let mut send: off_t = 0;

    let mut vec = ngx_iovec_t { iovs: iovs.as_mut_ptr().cast(), count: 0, size: 0, nalloc: NGX_IOVS_PREALLOCATE };

    loop {
        let cl = ngx_udp_output_chain_to_iovec(&raw mut vec, in_, (*c).log);

        if cl == NGX_CHAIN_ERROR {
            return NGX_CHAIN_ERROR;
        }

        if !cl.is_null() && (*(*cl).buf).in_file {
            let b = (*cl).buf;
            ngx_log_error!(NGX_LOG_ALERT, (*c).log, 0;
                           "file buf in sendmsg t:%d r:%d f:%d %p %p-%p %p %O-%O",
                           (*b).temporary, (*b).recycled, (*b).in_file, (*b).start, (*b).pos, (*b).last,
                           (*b).file, (*b).file_pos, (*b).file_last);

            ngx_debug_point();

            return NGX_CHAIN_ERROR;
        }

        if cl == in_ {
            return in_;
        }

        send += vec.size as off_t;

        let n = ngx_sendmsg_vec(c, &raw mut vec);

        if n == NGX_ERROR {
            return NGX_CHAIN_ERROR;
        }

        if n == NGX_AGAIN {
            (*wev).ready = false;
            return in_;
        }

        (*c).sent += n as off_t;

        in_ = ngx_chain_update_sent(in_, n as off_t);

        if send >= limit || in_.is_null() {
            return in_;
        }
    }
}

/// The bufs of one datagram, up to the one that flushes or ends it; `in` itself when there is none yet.
unsafe fn ngx_udp_output_chain_to_iovec(
    vec: *mut ngx_iovec_t,
    mut in_: *mut ngx_chain_t,
    log: *mut ngx_log_t,
) -> *mut ngx_chain_t {
    let cl = in_;
    let mut iov: *mut libc::iovec = null_mut();
    let mut prev: *mut u8 = null_mut();
    let mut total: usize = 0;
    let mut n: ngx_uint_t = 0;
    let mut flush = false;

    while !in_.is_null() && !flush {
        let b = (*in_).buf;

        if (*b).flush || (*b).last_buf {
            flush = true;
        }

        if ngx_buf_special(b) {
            in_ = (*in_).next;
            continue;
        }

        if (*b).in_file {
            break;
        }

        if !ngx_buf_in_memory(b) {
            ngx_log_error!(NGX_LOG_ALERT, log, 0;
                           "bad buf in output chain t:%d r:%d f:%d %p %p-%p %p %O-%O",
                           (*b).temporary, (*b).recycled, (*b).in_file, (*b).start, (*b).pos, (*b).last,
                           (*b).file, (*b).file_pos, (*b).file_last);

            ngx_debug_point();

            return NGX_CHAIN_ERROR;
        }

        let size = (*b).last.offset_from((*b).pos) as usize;

        if prev == (*b).pos {
            (*iov).iov_len += size;
        } else {
            if n == (*vec).nalloc {
                ngx_log_error!(NGX_LOG_ALERT, log, 0; "too many parts in a datagram");
                return NGX_CHAIN_ERROR;
            }

            iov = (*vec).iovs.add(n);
            n += 1;

            (*iov).iov_base = (*b).pos.cast();
            (*iov).iov_len = size;
        }

        prev = (*b).pos.add(size);
        total += size;

        in_ = (*in_).next;
    }

    if !flush {
        (*vec).size = 0;
        (*vec).count = 0;
        return cl;
    }

    // an empty datagram is one too

    if n == 0 {
        iov = (*vec).iovs.add(n);
        n += 1;
        (*iov).iov_base = null_mut();
        (*iov).iov_len = 0;
    }

    (*vec).count = n;
    (*vec).size = total;

    in_
}

/// Room for an address as ancillary data, aligned as its header.
#[repr(C)]
union ngx_addrinfo_cmsg_t {
    cm: libc::cmsghdr,
    space: [u8; unsafe { libc::CMSG_SPACE(size_of::<ngx_addrinfo_t>() as c_uint) } as usize],
}

unsafe fn ngx_sendmsg_vec(c: *mut ngx_connection_t, vec: *mut ngx_iovec_t) -> isize {
    let mut msg_control = MaybeUninit::<ngx_addrinfo_cmsg_t>::uninit();

    let mut msg: libc::msghdr = zeroed();

    if (*c).socklen != 0 {
        msg.msg_name = (*c).sockaddr.cast();
        msg.msg_namelen = (*c).socklen;
    }

    msg.msg_iov = (*vec).iovs;
    msg.msg_iovlen = (*vec).count as _;

    if !(*c).listening.is_null() && (*(*c).listening).wildcard && !(*c).local_sockaddr.is_null() {
        msg.msg_control = msg_control.as_mut_ptr().cast();
        msg.msg_controllen = size_of::<ngx_addrinfo_cmsg_t>() as _;
        ngx_memzero(msg_control.as_mut_ptr(), size_of::<ngx_addrinfo_cmsg_t>());

        let cmsg = libc::CMSG_FIRSTHDR(&raw const msg);

        msg.msg_controllen = ngx_set_srcaddr_cmsg(cmsg, (*c).local_sockaddr) as _;
    }

    ngx_sendmsg(c, &raw mut msg, 0)
}

/// Makes `local_sockaddr` the address a datagram is sent from; returns the length of the ancillary data.
pub unsafe fn ngx_set_srcaddr_cmsg(cmsg: *mut libc::cmsghdr, local_sockaddr: *mut sockaddr) -> usize {
    if (*local_sockaddr).sa_family as c_int == libc::AF_INET {
        (*cmsg).cmsg_level = libc::IPPROTO_IP;

        (*cmsg).cmsg_type = libc::IP_PKTINFO;
        (*cmsg).cmsg_len = libc::CMSG_LEN(size_of::<libc::in_pktinfo>() as c_uint) as _;
        let len = libc::CMSG_SPACE(size_of::<libc::in_pktinfo>() as c_uint) as usize;

        let sin = local_sockaddr.cast::<sockaddr_in>();

        let pkt = libc::CMSG_DATA(cmsg).cast::<libc::in_pktinfo>();
        ngx_memzero(pkt, size_of::<libc::in_pktinfo>());
        (*pkt).ipi_spec_dst = (*sin).sin_addr;

        return len;
    }

    if (*local_sockaddr).sa_family as c_int == libc::AF_INET6 {
        (*cmsg).cmsg_level = libc::IPPROTO_IPV6;
        (*cmsg).cmsg_type = libc::IPV6_PKTINFO;
        (*cmsg).cmsg_len = libc::CMSG_LEN(size_of::<libc::in6_pktinfo>() as c_uint) as _;
        let len = libc::CMSG_SPACE(size_of::<libc::in6_pktinfo>() as c_uint) as usize;

        let sin6 = local_sockaddr.cast::<sockaddr_in6>();

        let pkt6 = libc::CMSG_DATA(cmsg).cast::<libc::in6_pktinfo>();
        ngx_memzero(pkt6, size_of::<libc::in6_pktinfo>());
        (*pkt6).ipi6_addr = (*sin6).sin6_addr;

        return len;
    }

    0
}

/// Copies to `local_sockaddr` the address that a datagram was sent to.
pub unsafe fn ngx_get_srcaddr_cmsg(cmsg: *mut libc::cmsghdr, local_sockaddr: *mut sockaddr) -> ngx_int_t {
    if (*cmsg).cmsg_level == libc::IPPROTO_IP
        && (*cmsg).cmsg_type == libc::IP_PKTINFO
        && (*local_sockaddr).sa_family as c_int == libc::AF_INET
    {
        let pkt = libc::CMSG_DATA(cmsg).cast::<libc::in_pktinfo>();
        let sin = local_sockaddr.cast::<sockaddr_in>();
        (*sin).sin_addr = (*pkt).ipi_addr;

        return NGX_OK;
    }

    if (*cmsg).cmsg_level == libc::IPPROTO_IPV6
        && (*cmsg).cmsg_type == libc::IPV6_PKTINFO
        && (*local_sockaddr).sa_family as c_int == libc::AF_INET6
    {
        let pkt6 = libc::CMSG_DATA(cmsg).cast::<libc::in6_pktinfo>();
        let sin6 = local_sockaddr.cast::<sockaddr_in6>();
        (*sin6).sin6_addr = (*pkt6).ipi6_addr;

        return NGX_OK;
    }

    NGX_DECLINED
}

pub unsafe fn ngx_sendmsg(c: *mut ngx_connection_t, msg: *mut libc::msghdr, flags: c_int) -> isize {
    'eintr: loop {
        let n = libc::sendmsg((*c).fd, msg, flags);

        if n == -1 {
            let err = ngx_errno();

            match err {
                NGX_EAGAIN => {
                    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*c).log, err; "sendmsg() not ready");
                    return NGX_AGAIN;
                }

                NGX_EINTR => {
                    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*c).log, err; "sendmsg() was interrupted");
                    continue 'eintr;
                }

                _ => {
                    (*(*c).write).error = true;
                    ngx_connection_error(c, err, c"sendmsg() failed".as_ptr());
                    return NGX_ERROR;
                }
            }
        }

        #[cfg(feature = "debug")]
        {
            let mut size = 0;
            for i in 0..(*msg).msg_iovlen as usize {
                size += (*(*msg).msg_iov.add(i)).iov_len;
            }

            ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*c).log, 0; "sendmsg: %z of %uz", n, size);
        }

        return n;
    }
}
