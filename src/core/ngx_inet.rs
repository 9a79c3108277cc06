//! Port of src/core/ngx_inet.c and .h

use crate::core::{ngx_array::*, ngx_config::*, ngx_core::*, ngx_palloc::*, ngx_string::*};
use crate::os::unix::ngx_alloc::*;

use libc::{AF_INET, AF_INET6, AF_UNIX, INADDR_ANY, INADDR_NONE};

pub const NGX_INET_ADDRSTRLEN: usize = "255.255.255.255".len();
pub const NGX_INET6_ADDRSTRLEN: usize = "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255".len();
pub const NGX_UNIX_ADDRSTRLEN: usize = "unix:".len() + size_of::<sockaddr_un>() - offset_of!(sockaddr_un, sun_path);

pub const NGX_SOCKADDR_STRLEN: usize = NGX_UNIX_ADDRSTRLEN;

pub const NGX_SOCKADDRLEN: usize = size_of::<ngx_sockaddr_t>();

#[repr(C)]
#[derive(Clone, Copy)]
pub union ngx_sockaddr_t {
    pub sockaddr: sockaddr,
    pub sockaddr_in: sockaddr_in,
    pub sockaddr_in6: sockaddr_in6,
    pub sockaddr_un: sockaddr_un,
}

/// In network order.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_in_cidr_t {
    pub addr: in_addr_t,
    pub mask: in_addr_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_in6_cidr_t {
    pub addr: in6_addr,
    pub mask: in6_addr,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub union ngx_cidr_u {
    pub in_: ngx_in_cidr_t,
    pub in6: ngx_in6_cidr_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_cidr_t {
    pub family: ngx_uint_t,
    pub u: ngx_cidr_u,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_addr_t {
    pub sockaddr: *mut sockaddr,
    pub socklen: socklen_t,
    pub name: ngx_str_t,
}

/// What ngx_parse_url() takes (`url`, `default_port` and the flags up to `no_resolve`) and gives.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_url_t {
    pub url: ngx_str_t,
    pub host: ngx_str_t,
    pub port_text: ngx_str_t,
    pub uri: ngx_str_t,

    pub port: in_port_t,
    pub default_port: in_port_t,
    pub last_port: in_port_t,
    pub family: c_int,

    pub listen: bool,
    pub uri_part: bool,
    pub no_resolve: bool,

    pub no_port: bool,
    pub wildcard: bool,

    pub socklen: socklen_t,
    pub sockaddr: ngx_sockaddr_t,

    pub addrs: *mut ngx_addr_t,
    pub naddrs: ngx_uint_t,

    /// A literal that says what is wrong, or NULL.
    pub err: *const c_char,
}

#[forbid(unsafe_code)]
fn ngx_inet_addr_bytes(text: &[u8]) -> in_addr_t {
    let mut addr: in_addr_t = 0;
    let mut octet: in_addr_t = 0;
    let mut n = 0;

    for &c in text {
        if c.is_ascii_digit() {
            octet = octet * 10 + (c - b'0') as in_addr_t;

            if octet > 255 {
                return INADDR_NONE;
            }

            continue;
        }

        if c == b'.' {
            addr = (addr << 8) + octet;
            octet = 0;
            n += 1;
            continue;
        }

        return INADDR_NONE;
    }

    if n == 3 {
        addr = (addr << 8) + octet;
        return addr.to_be();
    }

    INADDR_NONE
}

/// In network order; INADDR_NONE for what is no address, and for 255.255.255.255.
pub unsafe fn ngx_inet_addr(text: *const u8, len: usize) -> in_addr_t {
    ngx_inet_addr_bytes(ngx_bytes(text, len))
}

#[forbid(unsafe_code)]
fn ngx_inet6_addr_bytes(text: &[u8], addr: &mut [u8; 16]) -> ngx_int_t {
    if text.is_empty() {
        return NGX_ERROR;
    }

    let mut a = 0; // bytes written
    let mut zero = None; // where "::" stands in them
    let mut digit = None; // where the last group begins
    let mut nibbles = 0;
    let mut word: u32 = 0;
    let mut n = 8;

    let mut p = if text[0] == b':' { 1 } else { 0 };

    while p < text.len() {
        let mut c = text[p];
        p += 1;

        if c == b':' {
            if nibbles != 0 {
                digit = Some(p);
                addr[a] = (word >> 8) as u8;
                addr[a + 1] = word as u8;
                a += 2;

                n -= 1;
                if n != 0 {
                    nibbles = 0;
                    word = 0;
                    continue;
                }
            } else if zero.is_none() {
                digit = Some(p);
                zero = Some(a);
                continue;
            }

            return NGX_ERROR;
        }

        if c == b'.' && nibbles != 0 {
            let Some(digit) = digit else { return NGX_ERROR };

            if n < 2 {
                return NGX_ERROR;
            }

            word = ngx_inet_addr_bytes(&text[digit..]);
            if word == INADDR_NONE {
                return NGX_ERROR;
            }

            word = u32::from_be(word);
            addr[a] = (word >> 24) as u8;
            addr[a + 1] = (word >> 16) as u8;
            a += 2;
            n -= 1;
            break;
        }

        nibbles += 1;
        if nibbles > 4 {
            return NGX_ERROR;
        }

        if c.is_ascii_digit() {
            word = word * 16 + (c - b'0') as u32;
            continue;
        }

        c |= 0x20;

        if (b'a'..=b'f').contains(&c) {
            word = word * 16 + (c - b'a') as u32 + 10;
            continue;
        }

        return NGX_ERROR;
    }

    if nibbles == 0 && zero.is_none() {
        return NGX_ERROR;
    }

    addr[a] = (word >> 8) as u8;
    addr[a + 1] = word as u8;
    a += 2;

    n -= 1;
    if n != 0 {
        if let Some(zero) = zero {
            n *= 2;
            addr.copy_within(zero..a, zero + n);
            addr[zero..zero + n].fill(0);
            return NGX_OK;
        }
    } else if zero.is_none() {
        return NGX_OK;
    }

    NGX_ERROR
}

/// Writes 16 bytes to `addr`; what stands there after NGX_ERROR is of no use.
pub unsafe fn ngx_inet6_addr(p: *const u8, len: usize, addr: *mut u8) -> ngx_int_t {
    let mut bytes = [0; 16];

    let rc = ngx_inet6_addr_bytes(ngx_bytes(p, len), &mut bytes);

    if rc == NGX_OK {
        ngx_memcpy(addr, bytes.as_ptr(), 16);
    }

    rc
}

pub unsafe fn ngx_sock_ntop(
    sa: *mut sockaddr,
    socklen: socklen_t,
    text: *mut u8,
    len: usize,
    port: ngx_uint_t,
) -> usize {
    let mut p: *mut u8;
    let mut n;

    match (*sa).sa_family as c_int {
        AF_INET => {
            let sin = sa.cast::<sockaddr_in>();
            p = (&raw mut (*sin).sin_addr).cast();

            if port != 0 {
                p = ngx_snprintf!(
                    text,
                    len,
                    "%ud.%ud.%ud.%ud:%d",
                    *p,
                    *p.add(1),
                    *p.add(2),
                    *p.add(3),
                    u16::from_be((*sin).sin_port)
                );
            } else {
                p = ngx_snprintf!(text, len, "%ud.%ud.%ud.%ud", *p, *p.add(1), *p.add(2), *p.add(3));
            }

            p.offset_from_unsigned(text)
        }

        AF_INET6 => {
            let sin6 = sa.cast::<sockaddr_in6>();

            n = 0;

            if port != 0 {
                *text = b'[';
                n += 1;
            }

            n = ngx_inet6_ntop((&raw mut (*sin6).sin6_addr).cast(), text.add(n), len);

            if port != 0 {
                p = ngx_sprintf!(text.add(1 + n), "]:%d", u16::from_be((*sin6).sin6_port));
                n = p.offset_from_unsigned(text);
            }

            n
        }

        AF_UNIX => {
            let saun = sa.cast::<sockaddr_un>();

            // an unnamed socket has no sun_path at all

            if socklen as usize <= offset_of!(sockaddr_un, sun_path) {
                p = ngx_snprintf!(text, len, "unix:%Z");
            } else {
                let path = (&raw mut (*saun).sun_path).cast::<u8>();
                n = ngx_strnlen(path, socklen as usize - offset_of!(sockaddr_un, sun_path));
                p = ngx_snprintf!(text, len, "unix:%*s%Z", n, path);
            }

            // the NUL does not count

            p.offset_from_unsigned(text) - 1
        }

        _ => 0,
    }
}

pub unsafe fn ngx_inet_ntop(family: c_int, addr: *mut c_void, text: *mut u8, len: usize) -> usize {
    match family {
        AF_INET => {
            let p = addr.cast::<u8>();

            ngx_snprintf!(text, len, "%ud.%ud.%ud.%ud", *p, *p.add(1), *p.add(2), *p.add(3)).offset_from_unsigned(text)
        }

        AF_INET6 => ngx_inet6_ntop(addr.cast(), text, len),

        _ => 0,
    }
}

/// 0 when `len` is below NGX_INET6_ADDRSTRLEN.
pub unsafe fn ngx_inet6_ntop(p: *const u8, text: *mut u8, len: usize) -> usize {
    if len < NGX_INET6_ADDRSTRLEN {
        return 0;
    }

    // the first of the longest runs of zero words becomes "::"

    let mut zero = usize::MAX;
    let mut last = usize::MAX;
    let mut max = 1;
    let mut n = 0;

    for i in (0..16).step_by(2) {
        if *p.add(i) != 0 || *p.add(i + 1) != 0 {
            if max < n {
                zero = last;
                max = n;
            }

            n = 0;
            continue;
        }

        if n == 0 {
            last = i;
        }
        n += 1;
    }

    if max < n {
        zero = last;
        max = n;
    }

    let mut dst = text;
    n = 16;

    if zero == 0 {
        // an IPv4 address in IPv6 is written with dots

        if (max == 5 && *p.add(10) == 0xff && *p.add(11) == 0xff)
            || max == 6
            || (max == 7 && *p.add(14) != 0 && *p.add(15) != 1)
        {
            n = 12;
        }

        *dst = b':';
        dst = dst.add(1);
    }

    let mut i = 0;

    while i < n {
        if i == zero {
            *dst = b':';
            dst = dst.add(1);
            i += max * 2;
            continue;
        }

        dst = ngx_sprintf!(dst, "%xd", *p.add(i) as u32 * 256 + *p.add(i + 1) as u32);

        if i < 14 {
            *dst = b':';
            dst = dst.add(1);
        }

        i += 2;
    }

    if n == 12 {
        dst = ngx_sprintf!(dst, "%ud.%ud.%ud.%ud", *p.add(12), *p.add(13), *p.add(14), *p.add(15));
    }

    dst.offset_from_unsigned(text)
}

/// NGX_DONE when bits of the address that the mask does not cover were set, and are cleared now.
pub unsafe fn ngx_ptocidr(text: *mut ngx_str_t, cidr: *mut ngx_cidr_t) -> ngx_int_t {
    let mut addr = (*text).data;
    let last = addr.add((*text).len);

    let mut mask = ngx_strlchr(addr, last, b'/');
    let len = if !mask.is_null() { mask } else { last }.offset_from_unsigned(addr);

    (*cidr).u.in_.addr = ngx_inet_addr(addr, len);

    if (*cidr).u.in_.addr != INADDR_NONE {
        (*cidr).family = AF_INET as ngx_uint_t;

        if mask.is_null() {
            (*cidr).u.in_.mask = 0xffffffff;
            return NGX_OK;
        }
    } else if ngx_inet6_addr(addr, len, (&raw mut (*cidr).u.in6.addr).cast()) == NGX_OK {
        (*cidr).family = AF_INET6 as ngx_uint_t;

        if mask.is_null() {
            ngx_memset(&raw mut (*cidr).u.in6.mask, 0xff, 16);
            return NGX_OK;
        }
    } else {
        return NGX_ERROR;
    }

    mask = mask.add(1);

    let mut shift = ngx_atoi(mask, last.offset_from_unsigned(mask));
    if shift == NGX_ERROR {
        return NGX_ERROR;
    }

    match (*cidr).family as c_int {
        AF_INET6 => {
            if shift > 128 {
                return NGX_ERROR;
            }

            addr = (&raw mut (*cidr).u.in6.addr).cast();
            mask = (&raw mut (*cidr).u.in6.mask).cast();
            let mut rc = NGX_OK;

            for i in 0..16 {
                let s = if shift > 8 { 8 } else { shift };
                shift -= s;

                *mask.add(i) = (0xffu32 << (8 - s)) as u8;

                if *addr.add(i) != *addr.add(i) & *mask.add(i) {
                    rc = NGX_DONE;
                    *addr.add(i) &= *mask.add(i);
                }
            }

            rc
        }

        _ => {
            // AF_INET

            if shift > 32 {
                return NGX_ERROR;
            }

            if shift != 0 {
                (*cidr).u.in_.mask = (0xffffffffu32 << (32 - shift)).to_be();
            } else {
                (*cidr).u.in_.mask = 0;
            }

            if (*cidr).u.in_.addr == (*cidr).u.in_.addr & (*cidr).u.in_.mask {
                return NGX_OK;
            }

            (*cidr).u.in_.addr &= (*cidr).u.in_.mask;

            NGX_DONE
        }
    }
}

#[inline(always)]
pub unsafe fn ngx_in6_is_addr_v4mapped(p: *const u8) -> bool {
    ngx_bytes(p, 12) == b"\0\0\0\0\0\0\0\0\0\0\xff\xff"
}

#[inline(always)]
unsafe fn ngx_in6_is_addr_unspecified(p: *const u8) -> bool {
    ngx_bytes(p, 16) == [0; 16]
}

pub unsafe fn ngx_cidr_match(sa: *mut sockaddr, cidrs: *mut ngx_array_t<ngx_cidr_t>) -> ngx_int_t {
    let mut inaddr: in_addr_t = 0;
    let mut inaddr6: *mut u8 = null_mut();

    let mut family = (*sa).sa_family as c_int;

    if family == AF_INET {
        inaddr = (*sa.cast::<sockaddr_in>()).sin_addr.s_addr;
    } else if family == AF_INET6 {
        inaddr6 = (&raw mut (*sa.cast::<sockaddr_in6>()).sin6_addr).cast();

        if ngx_in6_is_addr_v4mapped(inaddr6) {
            family = AF_INET;

            inaddr = inaddr6.add(12).cast::<in_addr_t>().read_unaligned();
        }
    }

    for i in 0..(*cidrs).nelts {
        let cidr = (*cidrs).elts.add(i);

        'next: {
            if (*cidr).family != family as ngx_uint_t {
                break 'next;
            }

            match family {
                AF_INET6 => {
                    for n in 0..16 {
                        if *inaddr6.add(n) & (*cidr).u.in6.mask.s6_addr[n] != (*cidr).u.in6.addr.s6_addr[n] {
                            break 'next;
                        }
                    }
                }

                AF_UNIX => {}

                _ => {
                    // AF_INET

                    if inaddr & (*cidr).u.in_.mask != (*cidr).u.in_.addr {
                        break 'next;
                    }
                }
            }

            return NGX_OK;
        }
    }

    NGX_DECLINED
}

/// NGX_DECLINED when `text` is no address.
pub unsafe fn ngx_parse_addr(pool: *mut ngx_pool_t, addr: *mut ngx_addr_t, text: *mut u8, mut len: usize) -> ngx_int_t {
    let family;
    let mut inaddr6 = [0u8; 16];

    let inaddr = ngx_inet_addr(text, len);

    if inaddr != INADDR_NONE {
        family = AF_INET;
        len = size_of::<sockaddr_in>();
    } else if ngx_inet6_addr(text, len, inaddr6.as_mut_ptr()) == NGX_OK {
        family = AF_INET6;
        len = size_of::<sockaddr_in6>();
    } else {
        return NGX_DECLINED;
    }

    (*addr).sockaddr = ngx_pcalloc_n::<u8>(pool, len).cast();
    if (*addr).sockaddr.is_null() {
        return NGX_ERROR;
    }

    (*(*addr).sockaddr).sa_family = family as libc::sa_family_t;
    (*addr).socklen = len as socklen_t;

    match family {
        AF_INET6 => {
            let sin6 = (*addr).sockaddr.cast::<sockaddr_in6>();
            (*sin6).sin6_addr.s6_addr = inaddr6;
        }

        _ => {
            // AF_INET

            let sin = (*addr).sockaddr.cast::<sockaddr_in>();
            (*sin).sin_addr.s_addr = inaddr;
        }
    }

    NGX_OK
}

pub unsafe fn ngx_parse_addr_port(
    pool: *mut ngx_pool_t,
    addr: *mut ngx_addr_t,
    mut text: *mut u8,
    mut len: usize,
) -> ngx_int_t {
    let mut p;

    let mut rc = ngx_parse_addr(pool, addr, text, len);

    if rc != NGX_DECLINED {
        return rc;
    }

    let last = text.add(len);

    if len != 0 && *text == b'[' {
        p = ngx_strlchr(text, last, b']');

        if p == last.sub(1) {
            return ngx_parse_addr(pool, addr, text.add(1), len - 2);
        }

        if p.is_null() {
            return NGX_DECLINED;
        }

        p = p.add(1);

        if *p != b':' {
            return NGX_DECLINED;
        }

        text = text.add(1);
        len -= 2;
    } else {
        p = ngx_strlchr(text, last, b':');

        if p.is_null() {
            return NGX_DECLINED;
        }
    }

    p = p.add(1);
    let plen = last.offset_from_unsigned(p);

    let port = ngx_atoi(p, plen);

    if !(1..=65535).contains(&port) {
        return NGX_DECLINED;
    }

    len -= plen + 1;

    rc = ngx_parse_addr(pool, addr, text, len);

    if rc != NGX_OK {
        return rc;
    }

    ngx_inet_set_port((*addr).sockaddr, port as in_port_t);

    NGX_OK
}

/// Parses an address, and resolves a host name unless `u.no_resolve`. After NGX_ERROR `u.err` tells why; NULL means
/// no memory.
pub unsafe fn ngx_parse_url(pool: *mut ngx_pool_t, u: *mut ngx_url_t) -> ngx_int_t {
    let p = (*u).url.data;
    let len = (*u).url.len;

    if len >= 5 && ngx_strncasecmp(p, b"unix:".as_ptr(), 5) == 0 {
        return ngx_parse_unix_domain_url(pool, u);
    }

    if len != 0 && *p == b'[' {
        return ngx_parse_inet6_url(pool, u);
    }

    ngx_parse_inet_url(pool, u)
}

unsafe fn ngx_parse_unix_domain_url(pool: *mut ngx_pool_t, u: *mut ngx_url_t) -> ngx_int_t {
    let mut len = (*u).url.len;
    let mut path = (*u).url.data;

    path = path.add(5);
    len -= 5;

    if (*u).uri_part {
        let last = path.add(len);
        let mut uri = ngx_strlchr(path, last, b':');

        if !uri.is_null() {
            len = uri.offset_from_unsigned(path);
            uri = uri.add(1);
            (*u).uri.len = last.offset_from_unsigned(uri);
            (*u).uri.data = uri;
        }
    }

    if len == 0 {
        (*u).err = c"no path in the unix domain socket".as_ptr();
        return NGX_ERROR;
    }

    (*u).host.len = len;
    (*u).host.data = path;
    len += 1;

    if len > size_of::<sockaddr_un>() - offset_of!(sockaddr_un, sun_path) {
        (*u).err = c"too long path in the unix domain socket".as_ptr();
        return NGX_ERROR;
    }

    (*u).socklen = size_of::<sockaddr_un>() as socklen_t;
    let mut saun = (&raw mut (*u).sockaddr).cast::<sockaddr_un>();
    (*saun).sun_family = AF_UNIX as libc::sa_family_t;
    ngx_cpystrn((&raw mut (*saun).sun_path).cast(), path, len);

    (*u).addrs = ngx_pcalloc(pool);
    if (*u).addrs.is_null() {
        return NGX_ERROR;
    }

    saun = ngx_pcalloc(pool);
    if saun.is_null() {
        return NGX_ERROR;
    }

    (*u).family = AF_UNIX;
    (*u).naddrs = 1;

    (*saun).sun_family = AF_UNIX as libc::sa_family_t;
    ngx_cpystrn((&raw mut (*saun).sun_path).cast(), path, len);

    (*(*u).addrs).sockaddr = saun.cast();
    (*(*u).addrs).socklen = size_of::<sockaddr_un>() as socklen_t;
    (*(*u).addrs).name.len = len + 4;
    (*(*u).addrs).name.data = (*u).url.data;

    NGX_OK
}

unsafe fn ngx_parse_inet_url(pool: *mut ngx_pool_t, u: *mut ngx_url_t) -> ngx_int_t {
    (*u).socklen = size_of::<sockaddr_in>() as socklen_t;
    let sin = (&raw mut (*u).sockaddr).cast::<sockaddr_in>();
    (*sin).sin_family = AF_INET as libc::sa_family_t;

    (*u).family = AF_INET;

    let host = (*u).url.data;

    let mut last = host.add((*u).url.len);

    let mut port = ngx_strlchr(host, last, b':');

    let mut uri = ngx_strlchr(host, last, b'/');

    let args = ngx_strlchr(host, last, b'?');

    if !args.is_null() && (uri.is_null() || args < uri) {
        uri = args;
    }

    if !uri.is_null() {
        if (*u).listen || !(*u).uri_part {
            (*u).err = c"invalid host".as_ptr();
            return NGX_ERROR;
        }

        (*u).uri.len = last.offset_from_unsigned(uri);
        (*u).uri.data = uri;

        last = uri;

        if uri < port {
            port = null_mut();
        }
    }

    let mut len;

    if !port.is_null() {
        port = port.add(1);

        len = last.offset_from_unsigned(port);

        if (*u).listen {
            let mut dash = ngx_strlchr(port, last, b'-');

            if !dash.is_null() {
                dash = dash.add(1);

                let n = ngx_atoi(dash, last.offset_from_unsigned(dash));

                if !(1..=65535).contains(&n) {
                    (*u).err = c"invalid port".as_ptr();
                    return NGX_ERROR;
                }

                (*u).last_port = n as in_port_t;

                len = dash.offset_from_unsigned(port) - 1;
            }
        }

        let n = ngx_atoi(port, len);

        if !(1..=65535).contains(&n) {
            (*u).err = c"invalid port".as_ptr();
            return NGX_ERROR;
        }

        if (*u).last_port != 0 && n > (*u).last_port as ngx_int_t {
            (*u).err = c"invalid port range".as_ptr();
            return NGX_ERROR;
        }

        (*u).port = n as in_port_t;
        (*sin).sin_port = (n as in_port_t).to_be();

        (*u).port_text.len = last.offset_from_unsigned(port);
        (*u).port_text.data = port;

        last = port.sub(1);
    } else {
        'no_port: {
            if uri.is_null() && (*u).listen {
                // it may be a port without an address

                len = last.offset_from_unsigned(host);

                let mut dash = ngx_strlchr(host, last, b'-');

                if !dash.is_null() {
                    dash = dash.add(1);

                    let n = ngx_atoi(dash, last.offset_from_unsigned(dash));

                    if n == NGX_ERROR {
                        break 'no_port;
                    }

                    if !(1..=65535).contains(&n) {
                        (*u).err = c"invalid port".as_ptr();
                    } else {
                        (*u).last_port = n as in_port_t;
                    }

                    len = dash.offset_from_unsigned(host) - 1;
                }

                let n = ngx_atoi(host, len);

                if n != NGX_ERROR {
                    if !(*u).err.is_null() {
                        return NGX_ERROR;
                    }

                    if !(1..=65535).contains(&n) {
                        (*u).err = c"invalid port".as_ptr();
                        return NGX_ERROR;
                    }

                    if (*u).last_port != 0 && n > (*u).last_port as ngx_int_t {
                        (*u).err = c"invalid port range".as_ptr();
                        return NGX_ERROR;
                    }

                    (*u).port = n as in_port_t;
                    (*sin).sin_port = (n as in_port_t).to_be();
                    (*sin).sin_addr.s_addr = INADDR_ANY;

                    (*u).port_text.len = last.offset_from_unsigned(host);
                    (*u).port_text.data = host;

                    (*u).wildcard = true;

                    return ngx_inet_add_addr(pool, u, (&raw mut (*u).sockaddr).cast(), (*u).socklen, 1);
                }
            }
        }

        (*u).err = null();
        (*u).no_port = true;
        (*u).port = (*u).default_port;
        (*sin).sin_port = (*u).default_port.to_be();
        (*u).last_port = 0;
    }

    len = last.offset_from_unsigned(host);

    if len == 0 {
        (*u).err = c"no host".as_ptr();
        return NGX_ERROR;
    }

    (*u).host.len = len;
    (*u).host.data = host;

    if (*u).listen && len == 1 && *host == b'*' {
        (*sin).sin_addr.s_addr = INADDR_ANY;
        (*u).wildcard = true;
        return ngx_inet_add_addr(pool, u, (&raw mut (*u).sockaddr).cast(), (*u).socklen, 1);
    }

    (*sin).sin_addr.s_addr = ngx_inet_addr(host, len);

    if (*sin).sin_addr.s_addr != INADDR_NONE {
        if (*sin).sin_addr.s_addr == INADDR_ANY {
            (*u).wildcard = true;
        }

        return ngx_inet_add_addr(pool, u, (&raw mut (*u).sockaddr).cast(), (*u).socklen, 1);
    }

    if (*u).no_resolve {
        return NGX_OK;
    }

    if ngx_inet_resolve_host(pool, u) != NGX_OK {
        return NGX_ERROR;
    }

    (*u).family = (*(*(*u).addrs).sockaddr).sa_family as c_int;
    (*u).socklen = (*(*u).addrs).socklen;
    ngx_memcpy(&raw mut (*u).sockaddr, (*(*u).addrs).sockaddr, (*(*u).addrs).socklen as usize);
    (*u).wildcard = ngx_inet_wildcard((&raw mut (*u).sockaddr).cast()) != 0;

    NGX_OK
}

unsafe fn ngx_parse_inet6_url(pool: *mut ngx_pool_t, u: *mut ngx_url_t) -> ngx_int_t {
    (*u).socklen = size_of::<sockaddr_in6>() as socklen_t;
    let sin6 = (&raw mut (*u).sockaddr).cast::<sockaddr_in6>();
    (*sin6).sin6_family = AF_INET6 as libc::sa_family_t;

    let host = (*u).url.data.add(1);

    let mut last = (*u).url.data.add((*u).url.len);

    let p = ngx_strlchr(host, last, b']');

    if p.is_null() {
        (*u).err = c"invalid host".as_ptr();
        return NGX_ERROR;
    }

    let mut port = p.add(1);

    let uri = ngx_strlchr(port, last, b'/');

    if !uri.is_null() {
        if (*u).listen || !(*u).uri_part {
            (*u).err = c"invalid host".as_ptr();
            return NGX_ERROR;
        }

        (*u).uri.len = last.offset_from_unsigned(uri);
        (*u).uri.data = uri;

        last = uri;
    }

    let mut len;

    if port < last {
        if *port != b':' {
            (*u).err = c"invalid host".as_ptr();
            return NGX_ERROR;
        }

        port = port.add(1);

        len = last.offset_from_unsigned(port);

        if (*u).listen {
            let mut dash = ngx_strlchr(port, last, b'-');

            if !dash.is_null() {
                dash = dash.add(1);

                let n = ngx_atoi(dash, last.offset_from_unsigned(dash));

                if !(1..=65535).contains(&n) {
                    (*u).err = c"invalid port".as_ptr();
                    return NGX_ERROR;
                }

                (*u).last_port = n as in_port_t;

                len = dash.offset_from_unsigned(port) - 1;
            }
        }

        let n = ngx_atoi(port, len);

        if !(1..=65535).contains(&n) {
            (*u).err = c"invalid port".as_ptr();
            return NGX_ERROR;
        }

        if (*u).last_port != 0 && n > (*u).last_port as ngx_int_t {
            (*u).err = c"invalid port range".as_ptr();
            return NGX_ERROR;
        }

        (*u).port = n as in_port_t;
        (*sin6).sin6_port = (n as in_port_t).to_be();

        (*u).port_text.len = last.offset_from_unsigned(port);
        (*u).port_text.data = port;
    } else {
        (*u).no_port = true;
        (*u).port = (*u).default_port;
        (*sin6).sin6_port = (*u).default_port.to_be();
    }

    len = p.offset_from_unsigned(host);

    if len == 0 {
        (*u).err = c"no host".as_ptr();
        return NGX_ERROR;
    }

    (*u).host.len = len + 2;
    (*u).host.data = host.sub(1);

    if ngx_inet6_addr(host, len, (&raw mut (*sin6).sin6_addr).cast()) != NGX_OK {
        (*u).err = c"invalid IPv6 address".as_ptr();
        return NGX_ERROR;
    }

    if ngx_in6_is_addr_unspecified((&raw mut (*sin6).sin6_addr).cast()) {
        (*u).wildcard = true;
    }

    (*u).family = AF_INET6;

    ngx_inet_add_addr(pool, u, (&raw mut (*u).sockaddr).cast(), (*u).socklen, 1)
}

pub unsafe fn ngx_inet_resolve_host(pool: *mut ngx_pool_t, u: *mut ngx_url_t) -> ngx_int_t {
    let host = ngx_alloc((*u).host.len + 1, (*pool).log).cast::<u8>();
    if host.is_null() {
        return NGX_ERROR;
    }

    ngx_cpystrn(host, (*u).host.data, (*u).host.len + 1);

    let mut hints = core::mem::zeroed::<libc::addrinfo>();
    hints.ai_family = libc::AF_UNSPEC;
    hints.ai_socktype = libc::SOCK_STREAM;
    hints.ai_flags = libc::AI_ADDRCONFIG;

    let mut res: *mut libc::addrinfo = null_mut();

    if libc::getaddrinfo(host.cast(), null(), &raw const hints, &raw mut res) != 0 {
        (*u).err = c"host not found".as_ptr();
        ngx_free(host.cast());
        return NGX_ERROR;
    }

    ngx_free(host.cast());

    'failed: {
        let mut n = 0;

        let mut rp = res;
        while !rp.is_null() {
            if let AF_INET | AF_INET6 = (*rp).ai_family {
                n += 1;
            }

            rp = (*rp).ai_next;
        }

        if n == 0 {
            (*u).err = c"host not found".as_ptr();
            break 'failed;
        }

        rp = res;
        while !rp.is_null() {
            if let AF_INET | AF_INET6 = (*rp).ai_family
                && ngx_inet_add_addr(pool, u, (*rp).ai_addr, (*rp).ai_addrlen, n) != NGX_OK
            {
                break 'failed;
            }

            rp = (*rp).ai_next;
        }

        libc::freeaddrinfo(res);
        return NGX_OK;
    }

    libc::freeaddrinfo(res);
    NGX_ERROR
}

/// Adds the address with each port from `u.port` to `u.last_port`; `total` addresses will be added in all.
unsafe fn ngx_inet_add_addr(
    pool: *mut ngx_pool_t,
    u: *mut ngx_url_t,
    sockaddr: *mut sockaddr,
    socklen: socklen_t,
    total: ngx_uint_t,
) -> ngx_int_t {
    let nports = if (*u).last_port != 0 { (*u).last_port as ngx_uint_t - (*u).port as ngx_uint_t + 1 } else { 1 };

    if (*u).addrs.is_null() {
        (*u).addrs = ngx_palloc_n(pool, total * nports);
        if (*u).addrs.is_null() {
            return NGX_ERROR;
        }
    }

    for i in 0..nports {
        let sa = ngx_pcalloc_n::<u8>(pool, socklen as usize).cast::<libc::sockaddr>();
        if sa.is_null() {
            return NGX_ERROR;
        }

        ngx_memcpy(sa, sockaddr, socklen as usize);

        ngx_inet_set_port(sa, ((*u).port as ngx_uint_t + i) as in_port_t);

        let mut len = match (*sa).sa_family as c_int {
            AF_INET6 => NGX_INET6_ADDRSTRLEN + "[]:65536".len(),
            _ => NGX_INET_ADDRSTRLEN + ":65535".len(),
        };

        let p = ngx_pnalloc(pool, len);
        if p.is_null() {
            return NGX_ERROR;
        }

        len = ngx_sock_ntop(sa, socklen, p, len, 1);

        let addr = (*u).addrs.add((*u).naddrs);
        (*u).naddrs += 1;

        (*addr).sockaddr = sa;
        (*addr).socklen = socklen;

        (*addr).name.len = len;
        (*addr).name.data = p;
    }

    NGX_OK
}

/// NGX_OK for equal addresses, else NGX_DECLINED.
pub unsafe fn ngx_cmp_sockaddr(
    sa1: *mut sockaddr,
    slen1: socklen_t,
    sa2: *mut sockaddr,
    slen2: socklen_t,
    cmp_port: ngx_uint_t,
) -> ngx_int_t {
    if (*sa1).sa_family != (*sa2).sa_family {
        return NGX_DECLINED;
    }

    match (*sa1).sa_family as c_int {
        AF_INET6 => {
            let sin61 = sa1.cast::<sockaddr_in6>();
            let sin62 = sa2.cast::<sockaddr_in6>();

            if cmp_port != 0 && (*sin61).sin6_port != (*sin62).sin6_port {
                return NGX_DECLINED;
            }

            if ngx_memcmp(&raw const (*sin61).sin6_addr, &raw const (*sin62).sin6_addr, 16) != 0 {
                return NGX_DECLINED;
            }
        }

        AF_UNIX => {
            let saun1 = sa1.cast::<sockaddr_un>();
            let saun2 = sa2.cast::<sockaddr_un>();

            let mut len = (ngx_min(slen1, slen2) as usize).wrapping_sub(offset_of!(sockaddr_un, sun_path));

            len = ngx_min(len, size_of::<sockaddr_un>() - offset_of!(sockaddr_un, sun_path));

            if ngx_memcmp(&raw const (*saun1).sun_path, &raw const (*saun2).sun_path, len) != 0 {
                return NGX_DECLINED;
            }
        }

        _ => {
            // AF_INET

            let sin1 = sa1.cast::<sockaddr_in>();
            let sin2 = sa2.cast::<sockaddr_in>();

            if cmp_port != 0 && (*sin1).sin_port != (*sin2).sin_port {
                return NGX_DECLINED;
            }

            if (*sin1).sin_addr.s_addr != (*sin2).sin_addr.s_addr {
                return NGX_DECLINED;
            }
        }
    }

    NGX_OK
}

pub unsafe fn ngx_inet_get_port(sa: *mut sockaddr) -> in_port_t {
    match (*sa).sa_family as c_int {
        AF_INET6 => u16::from_be((*sa.cast::<sockaddr_in6>()).sin6_port),
        AF_UNIX => 0,
        _ => u16::from_be((*sa.cast::<sockaddr_in>()).sin_port),
    }
}

pub unsafe fn ngx_inet_set_port(sa: *mut sockaddr, port: in_port_t) {
    match (*sa).sa_family as c_int {
        AF_INET6 => (*sa.cast::<sockaddr_in6>()).sin6_port = port.to_be(),
        AF_UNIX => {}
        _ => (*sa.cast::<sockaddr_in>()).sin_port = port.to_be(),
    }
}

pub unsafe fn ngx_inet_wildcard(sa: *mut sockaddr) -> ngx_uint_t {
    match (*sa).sa_family as c_int {
        AF_INET => {
            let sin = sa.cast::<sockaddr_in>();

            if (*sin).sin_addr.s_addr == INADDR_ANY {
                return 1;
            }
        }

        AF_INET6 => {
            let sin6 = sa.cast::<sockaddr_in6>();

            if ngx_in6_is_addr_unspecified((&raw const (*sin6).sin6_addr).cast()) {
                return 1;
            }
        }

        _ => {}
    }

    0
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::net::{Ipv4Addr, Ipv6Addr};
    use std::string::ToString;

    fn inet6(text: &str) -> Option<[u8; 16]> {
        let mut addr = [0xaa; 16];
        (ngx_inet6_addr_bytes(text.as_bytes(), &mut addr) == NGX_OK).then_some(addr)
    }

    #[test]
    fn inet() {
        for text in ["0.0.0.0", "127.0.0.1", "255.255.255.254", "010.1.1.1", "1..2.3"] {
            let want = match text {
                "010.1.1.1" => [10, 1, 1, 1],
                "1..2.3" => [1, 0, 2, 3],
                text => text.parse::<Ipv4Addr>().unwrap().octets(),
            };
            assert_eq!(ngx_inet_addr_bytes(text.as_bytes()).to_ne_bytes(), want);
        }
        for bad in ["", "1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.a", "255.255.255.255"] {
            assert_eq!(ngx_inet_addr_bytes(bad.as_bytes()), INADDR_NONE);
        }
    }

    #[test]
    fn inet6_both_ways() {
        for text in [
            "::",
            "::1",
            "1::",
            "1:2:3:4:5:6:7:8",
            "fe80::1:2",
            "::ffff:1.2.3.4",
            "1:2:3:4:5:6:1.2.3.4",
            "2001:db8::8:800:200c:417a",
            "1:0:0:2:0:0:0:3",
            "0:0:1::",
        ] {
            let want = text.parse::<Ipv6Addr>().unwrap();
            assert_eq!(inet6(text), Some(want.octets()), "{text}");

            let mut buf = [0; NGX_INET6_ADDRSTRLEN];
            let n = unsafe { ngx_inet6_ntop(want.octets().as_ptr(), buf.as_mut_ptr(), buf.len()) };
            assert_eq!(inet6(core::str::from_utf8(&buf[..n]).unwrap()), Some(want.octets()));
            if !text.ends_with("1.2.3.4") && text != "0:0:1::" {
                assert_eq!(&buf[..n], want.to_string().as_bytes());
            }
        }
        for bad in [
            "",
            ":",
            ":::",
            "1",
            "1:2:3:4:5:6:7",
            "1:2:3:4:5:6:7:8:9",
            "1::2::3",
            "12345::",
            "g::",
            "1:2:3:4:5:6:7:1.2.3.4",
            "1.2.3.4",
            "::1.2.3",
            "1:2:3:4::5:6:7:8",
        ] {
            assert_eq!(inet6(bad), None, "{bad}");
        }
    }

    #[test]
    fn sock_ntop() {
        unsafe {
            let mut buf = [0; NGX_SOCKADDR_STRLEN];
            let mut sa = core::mem::zeroed::<ngx_sockaddr_t>();
            let p = (&raw mut sa).cast::<sockaddr>();

            let mut text = |sa: *mut sockaddr, socklen, port| {
                let n = ngx_sock_ntop(sa, socklen, buf.as_mut_ptr(), buf.len(), port);
                core::str::from_utf8(&buf[..n]).unwrap().to_string()
            };

            (*p).sa_family = AF_INET as _;
            (*p.cast::<sockaddr_in>()).sin_addr.s_addr = u32::from_ne_bytes([10, 0, 200, 1]);
            ngx_inet_set_port(p, 8080);
            assert_eq!((ngx_inet_get_port(p), ngx_inet_wildcard(p)), (8080, 0));
            assert_eq!((text(p, 16, 0), text(p, 16, 1)), ("10.0.200.1".to_string(), "10.0.200.1:8080".to_string()));

            sa = core::mem::zeroed();
            (*p).sa_family = AF_INET6 as _;
            ngx_inet_set_port(p, 1);
            assert_eq!(ngx_inet_wildcard(p), 1);
            assert_eq!((text(p, 28, 0), text(p, 28, 1)), ("::".to_string(), "[::]:1".to_string()));

            (*p).sa_family = AF_UNIX as _;
            assert_eq!(text(p, 2, 0), "unix:");
            ngx_cpystrn((&raw mut sa.sockaddr_un.sun_path).cast(), c"/tmp/s".as_ptr().cast(), 108);
            assert_eq!(text(p, 110, 0), "unix:/tmp/s");
        }
    }

    #[test]
    fn cidr() {
        unsafe {
            let ptocidr = |text: &str| {
                let mut cidr = core::mem::zeroed::<ngx_cidr_t>();
                let mut text = ngx_str_t { len: text.len(), data: text.as_ptr().cast_mut() };
                (ngx_ptocidr(&mut text, &mut cidr), cidr)
            };

            let (rc, cidr) = ptocidr("192.168.1.1/16");
            assert_eq!((rc, cidr.u.in_.mask.to_ne_bytes()), (NGX_DONE, [255, 255, 0, 0]));
            assert_eq!(cidr.u.in_.addr.to_ne_bytes(), [192, 168, 0, 0]);
            let (rc, cidr) = ptocidr("2001:db8::/33");
            assert_eq!((rc, &cidr.u.in6.mask.s6_addr[..6]), (NGX_OK, &[255, 255, 255, 255, 0x80, 0][..]));
            for (text, want) in [("0.0.0.0/0", NGX_OK), ("::/0", NGX_OK), ("::1", NGX_OK), ("1.2.3.4/32", NGX_OK)] {
                assert_eq!(ptocidr(text).0, want);
            }
            for bad in ["1.2.3.4/33", "::/129", "1.2.3.4/", "1.2.3/8", "/8", ""] {
                assert_eq!(ptocidr(bad).0, NGX_ERROR);
            }
        }
    }
}
