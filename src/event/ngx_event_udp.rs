//! Port of src/event/ngx_event_udp.c and .h

use crate::core::{
    ngx_buf::*, ngx_config::*, ngx_connection::*, ngx_core::*, ngx_crc32::*, ngx_cycle::*, ngx_inet::*, ngx_log::*,
    ngx_palloc::*, ngx_rbtree::*, ngx_string::*, ngx_times::*,
};
use crate::event::{ngx_event::*, ngx_event_accept::*};
use crate::os::unix::{ngx_atomic::*, ngx_errno::*, ngx_udp_sendmsg_chain::*};

use core::mem::MaybeUninit;

/// A client of a listening socket; in the rbtree of that, by the crc of the addresses.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_udp_connection_t {
    pub node: ngx_rbtree_node_t,
    pub connection: *mut ngx_connection_t,
    pub buffer: *mut ngx_buf_t,
    pub key: ngx_str_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub union ngx_addrinfo_t {
    pub pkt: libc::in_pktinfo,
    pub pkt6: libc::in6_pktinfo,
}

/// Room for one control message, aligned as its header wants it.
#[repr(C)]
#[derive(Clone, Copy)]
union msg_control_t {
    hdr: libc::cmsghdr,
    // SAFETY: a computation on a size
    buf: [u8; unsafe { libc::CMSG_SPACE(size_of::<ngx_addrinfo_t>() as c_uint) } as usize],
}

pub unsafe fn ngx_event_recvmsg(ev: *mut ngx_event_t) {
    static buffer: ngx_global_t<[u8; 65535]> = ngx_global_t::zeroed();

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
                   "recvmsg on %V, ready: %d", (*ls).addr_text, (*ev).available);

    let data: *mut u8 = buffer.ptr().cast();

    let mut sa = MaybeUninit::<ngx_sockaddr_t>::uninit();
    let sa = sa.as_mut_ptr();
    let mut lsa = MaybeUninit::<ngx_sockaddr_t>::uninit();
    let lsa = lsa.as_mut_ptr();
    let mut msg_control = MaybeUninit::<msg_control_t>::uninit();
    let msg_control = msg_control.as_mut_ptr();

    loop {
        'next: {
            let mut msg: libc::msghdr = core::mem::zeroed();

            let mut iov = [libc::iovec { iov_base: data.cast(), iov_len: 65535 }];

            msg.msg_name = sa.cast();
            msg.msg_namelen = size_of::<ngx_sockaddr_t>() as socklen_t;
            msg.msg_iov = iov.as_mut_ptr();
            msg.msg_iovlen = 1;

            if (*ls).wildcard {
                msg.msg_control = msg_control.cast();
                msg.msg_controllen = size_of::<msg_control_t>() as _;

                msg_control.write_bytes(0, 1);
            }

            let n = libc::recvmsg((*lc).fd, &raw mut msg, 0);

            if n == -1 {
                let err = ngx_socket_errno();

                if err == NGX_EAGAIN {
                    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*ev).log, err; "recvmsg() not ready");
                    return;
                }

                ngx_log_error!(NGX_LOG_ALERT, (*ev).log, err; "recvmsg() failed");

                return;
            }

            if msg.msg_flags & (libc::MSG_TRUNC | libc::MSG_CTRUNC) != 0 {
                ngx_log_error!(NGX_LOG_ALERT, (*ev).log, 0; "recvmsg() truncated data");
                break 'next;
            }

            let sockaddr: *mut sockaddr = msg.msg_name.cast();
            let mut socklen = msg.msg_namelen;

            if socklen > size_of::<ngx_sockaddr_t>() as socklen_t {
                socklen = size_of::<ngx_sockaddr_t>() as socklen_t;
            }

            if socklen == 0 {
                // a sender on an unbound unix socket has no address

                socklen = size_of::<sockaddr>() as socklen_t;
                ngx_memzero(sa, size_of::<sockaddr>());
                (*sa).sockaddr.sa_family = (*(*ls).sockaddr).sa_family;
            }

            let mut local_sockaddr = (*ls).sockaddr;
            let local_socklen = (*ls).socklen;

            if (*ls).wildcard {
                ngx_memcpy(lsa, local_sockaddr, local_socklen as usize);
                local_sockaddr = lsa.cast();

                let mut cmsg = libc::CMSG_FIRSTHDR(&raw const msg);
                while !cmsg.is_null() {
                    if ngx_get_srcaddr_cmsg(cmsg, local_sockaddr) == NGX_OK {
                        break;
                    }

                    cmsg = libc::CMSG_NXTHDR(&raw const msg, cmsg);
                }
            }

            let mut c = ngx_lookup_udp_connection(ls, sockaddr, socklen, local_sockaddr, local_socklen);

            if !c.is_null() {
                #[cfg(feature = "debug")]
                if (*(*c).log).log_level & NGX_LOG_DEBUG_EVENT != 0 {
                    let handler = (*(*c).log).handler;
                    (*(*c).log).handler = None;

                    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*c).log, 0; "recvmsg: fd:%d n:%z", (*c).fd, n);

                    (*(*c).log).handler = handler;
                }

                let mut buf: ngx_buf_t = core::mem::zeroed();

                buf.pos = data;
                buf.last = data.add(n as usize);

                let rev = (*c).read;

                (*(*c).udp).buffer = &raw mut buf;

                (*rev).ready = true;
                (*rev).active = false;

                (*rev).handler.unwrap()(rev);

                if !(*c).udp.is_null() {
                    (*(*c).udp).buffer = null_mut();
                }

                (*rev).ready = false;
                (*rev).active = true;

                break 'next;
            }

            let _ = ngx_atomic_fetch_add(ngx_stat_accepted.get(), 1);

            ngx_accept_disabled
                .set(((*ngx_cycle.get()).connection_n / 8).wrapping_sub((*ngx_cycle.get()).free_connection_n)
                    as ngx_int_t);

            c = ngx_get_connection((*lc).fd, (*ev).log);
            if c.is_null() {
                return;
            }

            (*c).shared = true;
            (*c).type_ = libc::SOCK_DGRAM;
            (*c).socklen = socklen;

            let _ = ngx_atomic_fetch_add(ngx_stat_active.get(), 1);

            (*c).pool = ngx_create_pool((*ls).pool_size, (*ev).log);
            if (*c).pool.is_null() {
                ngx_close_accepted_udp_connection(c);
                return;
            }

            (*c).sockaddr = ngx_palloc_n::<u8>((*c).pool, socklen as usize).cast();
            if (*c).sockaddr.is_null() {
                ngx_close_accepted_udp_connection(c);
                return;
            }

            ngx_memcpy((*c).sockaddr, sockaddr, socklen as usize);

            let log: *mut ngx_log_t = ngx_palloc((*c).pool);
            if log.is_null() {
                ngx_close_accepted_udp_connection(c);
                return;
            }

            *log = (*ls).log;

            (*c).recv = Some(ngx_udp_shared_recv);
            (*c).send = (*ngx_io.ptr()).udp_send;
            (*c).send_chain = (*ngx_io.ptr()).udp_send_chain;

            (*c).need_flush_buf = true;

            (*c).log = log;
            (*(*c).pool).log = log;
            (*c).listening = ls;

            if local_sockaddr == lsa.cast() {
                local_sockaddr = ngx_palloc_n::<u8>((*c).pool, local_socklen as usize).cast();
                if local_sockaddr.is_null() {
                    ngx_close_accepted_udp_connection(c);
                    return;
                }

                ngx_memcpy(local_sockaddr, lsa, local_socklen as usize);
            }

            (*c).local_sockaddr = local_sockaddr;
            (*c).local_socklen = local_socklen;

            (*c).buffer = ngx_create_temp_buf((*c).pool, n as usize);
            if (*c).buffer.is_null() {
                ngx_close_accepted_udp_connection(c);
                return;
            }

            (*(*c).buffer).last = ngx_cpymem((*(*c).buffer).last, data, n as usize);

            let rev = (*c).read;
            let wev = (*c).write;

            (*rev).active = true;
            (*wev).ready = true;

            (*rev).log = log;
            (*wev).log = log;

            (*c).number = ngx_atomic_fetch_add(ngx_connection_counter.get(), 1) as ngx_atomic_uint_t;

            (*c).start_time = ngx_current_msec.get();

            let _ = ngx_atomic_fetch_add(ngx_stat_handled.get(), 1);

            if (*ls).addr_ntop {
                (*c).addr_text.data = ngx_pnalloc((*c).pool, (*ls).addr_text_max_len);
                if (*c).addr_text.data.is_null() {
                    ngx_close_accepted_udp_connection(c);
                    return;
                }

                (*c).addr_text.len =
                    ngx_sock_ntop((*c).sockaddr, (*c).socklen, (*c).addr_text.data, (*ls).addr_text_max_len, 0);
                if (*c).addr_text.len == 0 {
                    ngx_close_accepted_udp_connection(c);
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

                    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, log, 0;
                                   "*%uA recvmsg: %V fd:%d n:%z", (*c).number, addr, (*c).fd, n);
                }
            }

            if ngx_insert_udp_connection(c) != NGX_OK {
                ngx_close_accepted_udp_connection(c);
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
}

unsafe fn ngx_close_accepted_udp_connection(c: *mut ngx_connection_t) {
    ngx_free_connection(c);

    (*c).fd = -1;

    if !(*c).pool.is_null() {
        ngx_destroy_pool((*c).pool);
    }

    let _ = ngx_atomic_fetch_add(ngx_stat_active.get(), -1);
}

unsafe fn ngx_udp_shared_recv(c: *mut ngx_connection_t, buf: *mut u8, size: usize) -> isize {
    if (*c).udp.is_null() || (*(*c).udp).buffer.is_null() {
        return NGX_AGAIN;
    }

    let b = (*(*c).udp).buffer;

    let n = ngx_min((*b).last.offset_from((*b).pos), size as isize);

    ngx_memcpy(buf, (*b).pos, n as usize);

    (*(*c).udp).buffer = null_mut();

    (*(*c).read).ready = false;
    (*(*c).read).active = true;

    n
}

pub unsafe fn ngx_udp_rbtree_insert_value(
    mut temp: *mut ngx_rbtree_node_t,
    node: *mut ngx_rbtree_node_t,
    sentinel: *mut ngx_rbtree_node_t,
) {
    let mut p;

    loop {
        if (*node).key < (*temp).key {
            p = &raw mut (*temp).left;
        } else if (*node).key > (*temp).key {
            p = &raw mut (*temp).right;
        } else {
            let udp: *mut ngx_udp_connection_t = node.cast();
            let c = (*udp).connection;

            let udpt: *mut ngx_udp_connection_t = temp.cast();
            let ct = (*udpt).connection;

            let mut rc = ngx_memn2cmp((*udp).key.data, (*udpt).key.data, (*udp).key.len, (*udpt).key.len);

            if rc == 0 && (*(*c).listening).wildcard {
                rc = ngx_cmp_sockaddr(
                    (*c).local_sockaddr,
                    (*c).local_socklen,
                    (*ct).local_sockaddr,
                    (*ct).local_socklen,
                    1,
                );
            }

            p = if rc < 0 { &raw mut (*temp).left } else { &raw mut (*temp).right };
        }

        if *p == sentinel {
            break;
        }

        temp = *p;
    }

    *p = node;
    (*node).parent = temp;
    (*node).left = sentinel;
    (*node).right = sentinel;
    ngx_rbt_red(node);
}

unsafe fn ngx_insert_udp_connection(c: *mut ngx_connection_t) -> ngx_int_t {
    if !(*c).udp.is_null() {
        return NGX_OK;
    }

    let udp: *mut ngx_udp_connection_t = ngx_pcalloc((*c).pool);
    if udp.is_null() {
        return NGX_ERROR;
    }

    (*udp).connection = c;

    let mut hash: u32 = 0;
    ngx_crc32_init(&raw mut hash);
    ngx_crc32_update(&raw mut hash, (*c).sockaddr.cast(), (*c).socklen as usize);

    if (*(*c).listening).wildcard {
        ngx_crc32_update(&raw mut hash, (*c).local_sockaddr.cast(), (*c).local_socklen as usize);
    }

    ngx_crc32_final(&raw mut hash);

    (*udp).node.key = hash as ngx_rbtree_key_t;
    (*udp).key.data = (*c).sockaddr.cast();
    (*udp).key.len = (*c).socklen as usize;

    let cln = ngx_pool_cleanup_add((*c).pool, 0);
    if cln.is_null() {
        return NGX_ERROR;
    }

    (*cln).data = c.cast();
    (*cln).handler = Some(ngx_delete_udp_connection);

    ngx_rbtree_insert(&raw mut (*(*c).listening).rbtree, &raw mut (*udp).node);

    (*c).udp = udp;

    NGX_OK
}

pub unsafe fn ngx_delete_udp_connection(data: *mut c_void) {
    let c: *mut ngx_connection_t = data.cast();

    if (*c).udp.is_null() {
        return;
    }

    ngx_rbtree_delete(&raw mut (*(*c).listening).rbtree, &raw mut (*(*c).udp).node);

    (*c).udp = null_mut();
}

unsafe fn ngx_lookup_udp_connection(
    ls: *mut ngx_listening_t,
    sockaddr: *mut sockaddr,
    socklen: socklen_t,
    local_sockaddr: *mut sockaddr,
    local_socklen: socklen_t,
) -> *mut ngx_connection_t {
    if (*sockaddr).sa_family as c_int == libc::AF_UNIX {
        let saun: *mut sockaddr_un = sockaddr.cast();

        if socklen <= offset_of!(sockaddr_un, sun_path) as socklen_t || (*saun).sun_path[0] == 0 {
            ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*ngx_cycle.get()).log, 0; "unbound unix socket");
            return null_mut();
        }
    }

    let mut node = (*ls).rbtree.root;
    let sentinel = (*ls).rbtree.sentinel;

    let mut hash: u32 = 0;
    ngx_crc32_init(&raw mut hash);
    ngx_crc32_update(&raw mut hash, sockaddr.cast(), socklen as usize);

    if (*ls).wildcard {
        ngx_crc32_update(&raw mut hash, local_sockaddr.cast(), local_socklen as usize);
    }

    ngx_crc32_final(&raw mut hash);

    let hash = hash as ngx_rbtree_key_t;

    while node != sentinel {
        if hash < (*node).key {
            node = (*node).left;
            continue;
        }

        if hash > (*node).key {
            node = (*node).right;
            continue;
        }

        let udp: *mut ngx_udp_connection_t = node.cast();

        let c = (*udp).connection;

        let mut rc = ngx_cmp_sockaddr(sockaddr, socklen, (*c).sockaddr, (*c).socklen, 1);

        if rc == 0 && (*ls).wildcard {
            rc = ngx_cmp_sockaddr(local_sockaddr, local_socklen, (*c).local_sockaddr, (*c).local_socklen, 1);
        }

        if rc == 0 {
            return c;
        }

        node = if rc < 0 { (*node).left } else { (*node).right };
    }

    null_mut()
}
