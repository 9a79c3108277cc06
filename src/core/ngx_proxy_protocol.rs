//! Port of src/core/ngx_proxy_protocol.c and .h

use crate::core::{
    ngx_array::*, ngx_config::*, ngx_connection::*, ngx_core::*, ngx_crc32::*, ngx_inet::*, ngx_log::*, ngx_palloc::*,
    ngx_string::*,
};

pub const NGX_PROXY_PROTOCOL_V1_MAX_HEADER: ngx_uint_t = 107;
pub const NGX_PROXY_PROTOCOL_MAX_HEADER: ngx_uint_t = 4096;

/// What the peer's proxy has told of its client.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_proxy_protocol_t {
    pub src_addr: ngx_str_t,
    pub dst_addr: ngx_str_t,
    pub src_port: in_port_t,
    pub dst_port: in_port_t,
    pub tlvs: ngx_str_t,
}

const NGX_PROXY_PROTOCOL_V2_MAX_HEADER: usize = 52;

const NGX_PROXY_PROTOCOL_CMD_LOCAL: u8 = 0;
const NGX_PROXY_PROTOCOL_CMD_PROXY: u8 = 1;

const NGX_PROXY_PROTOCOL_AF_UNSPEC: u8 = 0;
const NGX_PROXY_PROTOCOL_AF_INET: u8 = 1;
const NGX_PROXY_PROTOCOL_AF_INET6: u8 = 2;

const NGX_PROXY_PROTOCOL_TYPE_UNSPEC: u8 = 0;
const NGX_PROXY_PROTOCOL_TYPE_STREAM: u8 = 1;
const NGX_PROXY_PROTOCOL_TYPE_DGRAM: u8 = 2;

const NGX_PROXY_PROTOCOL_TLV_ALPN: ngx_uint_t = 0x01;
const NGX_PROXY_PROTOCOL_TLV_AUTHORITY: ngx_uint_t = 0x02;
const NGX_PROXY_PROTOCOL_TLV_CRC32C: ngx_uint_t = 0x03;
const NGX_PROXY_PROTOCOL_TLV_UNIQUE_ID: ngx_uint_t = 0x05;
const NGX_PROXY_PROTOCOL_TLV_SSL: ngx_uint_t = 0x20;
const NGX_PROXY_PROTOCOL_TLV_SSL_VERSION: ngx_uint_t = 0x21;
const NGX_PROXY_PROTOCOL_TLV_SSL_CN: ngx_uint_t = 0x22;
const NGX_PROXY_PROTOCOL_TLV_SSL_CIPHER: ngx_uint_t = 0x23;
const NGX_PROXY_PROTOCOL_TLV_SSL_SIG_ALG: ngx_uint_t = 0x24;
const NGX_PROXY_PROTOCOL_TLV_SSL_KEY_ALG: ngx_uint_t = 0x25;
const NGX_PROXY_PROTOCOL_TLV_NETNS: ngx_uint_t = 0x30;

#[inline(always)]
fn ngx_proxy_protocol_parse_uint16(p: [u8; 2]) -> u16 {
    u16::from_be_bytes(p)
}

#[inline(always)]
fn ngx_proxy_protocol_parse_uint32(p: [u8; 4]) -> u32 {
    u32::from_be_bytes(p)
}

// bytes only: these lie at any address

#[repr(C)]
struct ngx_proxy_protocol_header_t {
    signature: [u8; 12],
    version_command: u8,
    family_transport: u8,
    len: [u8; 2],
}

#[repr(C)]
struct ngx_proxy_protocol_inet_addrs_t {
    src_addr: [u8; 4],
    dst_addr: [u8; 4],
    src_port: [u8; 2],
    dst_port: [u8; 2],
}

#[repr(C)]
struct ngx_proxy_protocol_inet6_addrs_t {
    src_addr: [u8; 16],
    dst_addr: [u8; 16],
    src_port: [u8; 2],
    dst_port: [u8; 2],
}

#[repr(C)]
struct ngx_proxy_protocol_tlv_t {
    type_: u8,
    len: [u8; 2],
}

#[repr(C)]
struct ngx_proxy_protocol_tlv_ssl_t {
    client: u8,
    verify: [u8; 4],
}

struct ngx_proxy_protocol_tlv_entry_t {
    name: ngx_str_t,
    type_: ngx_uint_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_proxy_protocol_tlv_value_t {
    type_: ngx_uint_t,
    value: ngx_str_t,
}

static ngx_proxy_protocol_tlv_entries: &[ngx_proxy_protocol_tlv_entry_t] = &[
    ngx_proxy_protocol_tlv_entry_t { name: ngx_string!("alpn"), type_: NGX_PROXY_PROTOCOL_TLV_ALPN },
    ngx_proxy_protocol_tlv_entry_t { name: ngx_string!("authority"), type_: NGX_PROXY_PROTOCOL_TLV_AUTHORITY },
    ngx_proxy_protocol_tlv_entry_t { name: ngx_string!("unique_id"), type_: NGX_PROXY_PROTOCOL_TLV_UNIQUE_ID },
    ngx_proxy_protocol_tlv_entry_t { name: ngx_string!("ssl"), type_: NGX_PROXY_PROTOCOL_TLV_SSL },
    ngx_proxy_protocol_tlv_entry_t { name: ngx_string!("netns"), type_: NGX_PROXY_PROTOCOL_TLV_NETNS },
];

static ngx_proxy_protocol_tlv_ssl_entries: &[ngx_proxy_protocol_tlv_entry_t] = &[
    ngx_proxy_protocol_tlv_entry_t { name: ngx_string!("version"), type_: NGX_PROXY_PROTOCOL_TLV_SSL_VERSION },
    ngx_proxy_protocol_tlv_entry_t { name: ngx_string!("cn"), type_: NGX_PROXY_PROTOCOL_TLV_SSL_CN },
    ngx_proxy_protocol_tlv_entry_t { name: ngx_string!("cipher"), type_: NGX_PROXY_PROTOCOL_TLV_SSL_CIPHER },
    ngx_proxy_protocol_tlv_entry_t { name: ngx_string!("sig_alg"), type_: NGX_PROXY_PROTOCOL_TLV_SSL_SIG_ALG },
    ngx_proxy_protocol_tlv_entry_t { name: ngx_string!("key_alg"), type_: NGX_PROXY_PROTOCOL_TLV_SSL_KEY_ALG },
];

static ngx_proxy_protocol_signature: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";

/// Reads a header of either version at `buf`; returns its end, or NULL. Sets `c.proxy_protocol` if it names a client.
pub unsafe fn ngx_proxy_protocol_read(c: *mut ngx_connection_t, buf: *mut u8, last: *mut u8) -> *mut u8 {
    let mut p = buf;
    let mut len = last.offset_from_unsigned(buf);

    if len >= size_of::<ngx_proxy_protocol_header_t>()
        && ngx_memcmp(p, ngx_proxy_protocol_signature.as_ptr(), ngx_proxy_protocol_signature.len()) == 0
    {
        return ngx_proxy_protocol_v2_read(c, buf, last);
    }

    'invalid: {
        'skip: {
            if len < 8 || ngx_strncmp(p, b"PROXY ".as_ptr(), 6) != 0 {
                break 'invalid;
            }

            p = p.add(6);
            len -= 6;

            if len >= 7 && ngx_strncmp(p, b"UNKNOWN".as_ptr(), 7) == 0 {
                ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*c).log, 0; "PROXY protocol unknown protocol");
                p = p.add(7);
                break 'skip;
            }

            if len < 5
                || ngx_strncmp(p, b"TCP".as_ptr(), 3) != 0
                || (*p.add(3) != b'4' && *p.add(3) != b'6')
                || *p.add(4) != b' '
            {
                break 'invalid;
            }

            p = p.add(5);

            let pp: *mut ngx_proxy_protocol_t = ngx_pcalloc((*c).pool);
            if pp.is_null() {
                return null_mut();
            }

            p = ngx_proxy_protocol_read_addr(c, p, last, &raw mut (*pp).src_addr);
            if p.is_null() {
                break 'invalid;
            }

            p = ngx_proxy_protocol_read_addr(c, p, last, &raw mut (*pp).dst_addr);
            if p.is_null() {
                break 'invalid;
            }

            p = ngx_proxy_protocol_read_port(p, last, &raw mut (*pp).src_port, b' ');
            if p.is_null() {
                break 'invalid;
            }

            p = ngx_proxy_protocol_read_port(p, last, &raw mut (*pp).dst_port, CR);
            if p.is_null() {
                break 'invalid;
            }

            if p == last {
                break 'invalid;
            }

            if *p != LF {
                break 'invalid;
            }
            p = p.add(1);

            ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*c).log, 0; "PROXY protocol src: %V %d, dst: %V %d",
                           &raw mut (*pp).src_addr, (*pp).src_port, &raw mut (*pp).dst_addr, (*pp).dst_port);

            (*c).proxy_protocol = pp;

            return p;
        }

        // skip:

        while p < last.sub(1) {
            if *p == CR && *p.add(1) == LF {
                return p.add(2);
            }

            p = p.add(1);
        }
    }

    // invalid:

    p = buf;
    while p < last {
        if *p == CR || *p == LF {
            break;
        }

        p = p.add(1);
    }

    ngx_log_error!(NGX_LOG_ERR, (*c).log, 0; "broken header: \"%*s\"", p.offset_from_unsigned(buf), buf);

    null_mut()
}

unsafe fn ngx_proxy_protocol_read_addr(
    c: *mut ngx_connection_t,
    mut p: *mut u8,
    last: *mut u8,
    addr: *mut ngx_str_t,
) -> *mut u8 {
    let pos = p;

    loop {
        if p == last {
            return null_mut();
        }

        let ch = *p;
        p = p.add(1);

        match ch {
            b' ' => break,
            b':' | b'.' | b'a'..=b'f' | b'A'..=b'F' | b'0'..=b'9' => {}
            _ => return null_mut(),
        }
    }

    let len = p.offset_from_unsigned(pos) - 1;

    (*addr).data = ngx_pnalloc((*c).pool, len);
    if (*addr).data.is_null() {
        return null_mut();
    }

    ngx_memcpy((*addr).data, pos, len);
    (*addr).len = len;

    p
}

unsafe fn ngx_proxy_protocol_read_port(mut p: *mut u8, last: *mut u8, port: *mut in_port_t, sep: u8) -> *mut u8 {
    let pos = p;

    loop {
        if p == last {
            return null_mut();
        }

        let ch = *p;
        p = p.add(1);

        if ch == sep {
            break;
        }
    }

    let len = p.offset_from_unsigned(pos) - 1;

    let n = ngx_atoi(pos, len);
    if !(0..=65535).contains(&n) {
        return null_mut();
    }

    *port = n as in_port_t;

    p
}

/// Writes a header of version 1.
pub unsafe fn ngx_proxy_protocol_write(c: *mut ngx_connection_t, mut buf: *mut u8, last: *mut u8) -> *mut u8 {
    if last.offset_from(buf) < NGX_PROXY_PROTOCOL_V1_MAX_HEADER as isize {
        ngx_log_error!(NGX_LOG_ALERT, (*c).log, 0; "too small buffer for PROXY protocol");
        return null_mut();
    }

    if ngx_connection_local_sockaddr(c, null_mut(), 0) != NGX_OK {
        return null_mut();
    }

    match (*(*c).sockaddr).sa_family as c_int {
        libc::AF_INET => buf = ngx_cpylit(buf, b"PROXY TCP4 "),
        libc::AF_INET6 => buf = ngx_cpylit(buf, b"PROXY TCP6 "),
        _ => return ngx_cpylit(buf, b"PROXY UNKNOWN\r\n"),
    }

    buf = buf.add(ngx_sock_ntop((*c).sockaddr, (*c).socklen, buf, last.offset_from_unsigned(buf), 0));

    *buf = b' ';
    buf = buf.add(1);

    buf = buf.add(ngx_sock_ntop((*c).local_sockaddr, (*c).local_socklen, buf, last.offset_from_unsigned(buf), 0));

    let port = ngx_inet_get_port((*c).sockaddr);
    let lport = ngx_inet_get_port((*c).local_sockaddr);

    ngx_slprintf!(buf, last, " %ui %ui\r\n", port, lport)
}

unsafe fn ngx_proxy_protocol_v2_read(c: *mut ngx_connection_t, mut buf: *mut u8, last: *mut u8) -> *mut u8 {
    let socklen;
    let mut src_sockaddr = core::mem::zeroed::<ngx_sockaddr_t>();
    let mut dst_sockaddr = core::mem::zeroed::<ngx_sockaddr_t>();

    let header = buf.cast::<ngx_proxy_protocol_header_t>();

    buf = buf.add(size_of::<ngx_proxy_protocol_header_t>());

    let version = (*header).version_command >> 4;

    if version != 2 {
        ngx_log_error!(NGX_LOG_ERR, (*c).log, 0; "unknown PROXY protocol version: %ui", version);
        return null_mut();
    }

    let len = ngx_proxy_protocol_parse_uint16((*header).len) as usize;

    if last.offset_from_unsigned(buf) < len {
        ngx_log_error!(NGX_LOG_ERR, (*c).log, 0; "header is too large");
        return null_mut();
    }

    let end = buf.add(len);

    let command = (*header).version_command & 0x0f;

    if command != NGX_PROXY_PROTOCOL_CMD_PROXY {
        ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*c).log, 0; "PROXY protocol v2 unsupported command %ui", command);
        return end;
    }

    let transport = (*header).family_transport & 0x0f;

    if transport != NGX_PROXY_PROTOCOL_TYPE_STREAM {
        ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*c).log, 0; "PROXY protocol v2 unsupported transport %ui", transport);
        return end;
    }

    let pp: *mut ngx_proxy_protocol_t = ngx_pcalloc((*c).pool);
    if pp.is_null() {
        return null_mut();
    }

    let family = (*header).family_transport >> 4;

    match family {
        NGX_PROXY_PROTOCOL_AF_INET => {
            if end.offset_from_unsigned(buf) < size_of::<ngx_proxy_protocol_inet_addrs_t>() {
                return null_mut();
            }

            let in_ = buf.cast::<ngx_proxy_protocol_inet_addrs_t>();

            src_sockaddr.sockaddr_in.sin_family = libc::AF_INET as libc::sa_family_t;
            src_sockaddr.sockaddr_in.sin_port = 0;
            src_sockaddr.sockaddr_in.sin_addr.s_addr = in_addr_t::from_ne_bytes((*in_).src_addr);

            dst_sockaddr.sockaddr_in.sin_family = libc::AF_INET as libc::sa_family_t;
            dst_sockaddr.sockaddr_in.sin_port = 0;
            dst_sockaddr.sockaddr_in.sin_addr.s_addr = in_addr_t::from_ne_bytes((*in_).dst_addr);

            (*pp).src_port = ngx_proxy_protocol_parse_uint16((*in_).src_port);
            (*pp).dst_port = ngx_proxy_protocol_parse_uint16((*in_).dst_port);

            socklen = size_of::<sockaddr_in>() as socklen_t;

            buf = buf.add(size_of::<ngx_proxy_protocol_inet_addrs_t>());
        }

        NGX_PROXY_PROTOCOL_AF_INET6 => {
            if end.offset_from_unsigned(buf) < size_of::<ngx_proxy_protocol_inet6_addrs_t>() {
                return null_mut();
            }

            let in6 = buf.cast::<ngx_proxy_protocol_inet6_addrs_t>();

            src_sockaddr.sockaddr_in6.sin6_family = libc::AF_INET6 as libc::sa_family_t;
            src_sockaddr.sockaddr_in6.sin6_port = 0;
            src_sockaddr.sockaddr_in6.sin6_addr.s6_addr = (*in6).src_addr;

            dst_sockaddr.sockaddr_in6.sin6_family = libc::AF_INET6 as libc::sa_family_t;
            dst_sockaddr.sockaddr_in6.sin6_port = 0;
            dst_sockaddr.sockaddr_in6.sin6_addr.s6_addr = (*in6).dst_addr;

            (*pp).src_port = ngx_proxy_protocol_parse_uint16((*in6).src_port);
            (*pp).dst_port = ngx_proxy_protocol_parse_uint16((*in6).dst_port);

            socklen = size_of::<sockaddr_in6>() as socklen_t;

            buf = buf.add(size_of::<ngx_proxy_protocol_inet6_addrs_t>());
        }

        _ => {
            ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*c).log, 0;
                           "PROXY protocol v2 unsupported address family %ui", family);
            return end;
        }
    }

    (*pp).src_addr.data = ngx_pnalloc((*c).pool, NGX_SOCKADDR_STRLEN);
    if (*pp).src_addr.data.is_null() {
        return null_mut();
    }

    (*pp).src_addr.len =
        ngx_sock_ntop((&raw mut src_sockaddr).cast(), socklen, (*pp).src_addr.data, NGX_SOCKADDR_STRLEN, 0);

    (*pp).dst_addr.data = ngx_pnalloc((*c).pool, NGX_SOCKADDR_STRLEN);
    if (*pp).dst_addr.data.is_null() {
        return null_mut();
    }

    (*pp).dst_addr.len =
        ngx_sock_ntop((&raw mut dst_sockaddr).cast(), socklen, (*pp).dst_addr.data, NGX_SOCKADDR_STRLEN, 0);

    ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*c).log, 0; "PROXY protocol v2 src: %V %d, dst: %V %d",
                   &raw mut (*pp).src_addr, (*pp).src_port, &raw mut (*pp).dst_addr, (*pp).dst_port);

    if buf < end {
        (*pp).tlvs.data = ngx_pnalloc((*c).pool, end.offset_from_unsigned(buf));
        if (*pp).tlvs.data.is_null() {
            return null_mut();
        }

        ngx_memcpy((*pp).tlvs.data, buf, end.offset_from_unsigned(buf));
        (*pp).tlvs.len = end.offset_from_unsigned(buf);
    }

    (*c).proxy_protocol = pp;

    end
}

/// The value of a TLV by its name: "alpn", "ssl_cn", "0x02", "ssl_0x21". NGX_DECLINED without one.
pub unsafe fn ngx_proxy_protocol_get_tlv(
    c: *mut ngx_connection_t,
    name: *mut ngx_str_t,
    value: *mut ngx_str_t,
) -> ngx_int_t {
    let mut ssl = ngx_null_string;

    if (*c).proxy_protocol.is_null() {
        return NGX_DECLINED;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*c).log, 0; "PROXY protocol v2 get tlv \"%V\"", name);

    let mut te = ngx_proxy_protocol_tlv_entries;
    let mut tlvs = &raw mut (*(*c).proxy_protocol).tlvs;

    let mut p = (*name).data;
    let mut n = (*name).len;

    if n >= 4 && ngx_bytes(p, 4) == b"ssl_" {
        let rc = ngx_proxy_protocol_lookup_tlv(c, tlvs, NGX_PROXY_PROTOCOL_TLV_SSL, &raw mut ssl);
        if rc != NGX_OK {
            return rc;
        }

        if ssl.len < size_of::<ngx_proxy_protocol_tlv_ssl_t>() {
            return NGX_ERROR;
        }

        p = p.add(4);
        n -= 4;

        if n == 6 && ngx_strncmp(p, b"verify".as_ptr(), 6) == 0 {
            let tlv_ssl = ssl.data.cast::<ngx_proxy_protocol_tlv_ssl_t>();
            let verify = ngx_proxy_protocol_parse_uint32((*tlv_ssl).verify);

            (*value).data = ngx_pnalloc((*c).pool, NGX_INT32_LEN);
            if (*value).data.is_null() {
                return NGX_ERROR;
            }

            (*value).len = ngx_sprintf!((*value).data, "%uD", verify).offset_from_unsigned((*value).data);
            return NGX_OK;
        }

        ssl.data = ssl.data.add(size_of::<ngx_proxy_protocol_tlv_ssl_t>());
        ssl.len -= size_of::<ngx_proxy_protocol_tlv_ssl_t>();

        te = ngx_proxy_protocol_tlv_ssl_entries;
        tlvs = &raw mut ssl;
    }

    if n >= 2 && *p == b'0' && *p.add(1) == b'x' {
        let type_ = ngx_hextoi(p.add(2), n - 2);
        if type_ == NGX_ERROR {
            ngx_log_error!(NGX_LOG_ERR, (*c).log, 0; "invalid PROXY protocol TLV \"%V\"", name);
            return NGX_ERROR;
        }

        return ngx_proxy_protocol_lookup_tlv(c, tlvs, type_ as ngx_uint_t, value);
    }

    for te in te {
        if te.name.len == n && ngx_strncmp(te.name.data, p, n) == 0 {
            return ngx_proxy_protocol_lookup_tlv(c, tlvs, te.type_, value);
        }
    }

    ngx_log_error!(NGX_LOG_ERR, (*c).log, 0; "unknown PROXY protocol TLV \"%V\"", name);

    NGX_DECLINED
}

unsafe fn ngx_proxy_protocol_lookup_tlv(
    c: *mut ngx_connection_t,
    tlvs: *mut ngx_str_t,
    type_: ngx_uint_t,
    value: *mut ngx_str_t,
) -> ngx_int_t {
    ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*c).log, 0; "PROXY protocol v2 lookup tlv:%02xi", type_);

    let mut p = (*tlvs).data;
    let mut n = (*tlvs).len;

    while n != 0 {
        if n < size_of::<ngx_proxy_protocol_tlv_t>() {
            ngx_log_error!(NGX_LOG_ERR, (*c).log, 0; "broken PROXY protocol TLV");
            return NGX_ERROR;
        }

        let tlv = p.cast::<ngx_proxy_protocol_tlv_t>();
        let len = ngx_proxy_protocol_parse_uint16((*tlv).len) as usize;

        p = p.add(size_of::<ngx_proxy_protocol_tlv_t>());
        n -= size_of::<ngx_proxy_protocol_tlv_t>();

        if n < len {
            ngx_log_error!(NGX_LOG_ERR, (*c).log, 0; "broken PROXY protocol TLV");
            return NGX_ERROR;
        }

        if (*tlv).type_ as ngx_uint_t == type_ {
            (*value).data = p;
            (*value).len = len;
            return NGX_OK;
        }

        p = p.add(len);
        n -= len;
    }

    NGX_DECLINED
}

/// Writes a header of version 2, with its checksum.
pub unsafe fn ngx_proxy_protocol_v2_write(
    c: *mut ngx_connection_t,
    buf: *mut u8,
    last: *mut u8,
    _tlvs: *mut ngx_array_t<ngx_str_t>,
) -> *mut u8 {
    // what a TLS connection has to tell: none without SSL

    let client: ngx_uint_t = 0;
    let verify: u32 = 0;

    let mut base_tlvs = core::mem::zeroed::<ngx_array_t<ngx_proxy_protocol_tlv_value_t>>();
    let mut ssl_tlvs = core::mem::zeroed::<ngx_array_t<ngx_proxy_protocol_tlv_value_t>>();
    let base_tlvs = &raw mut base_tlvs;
    let ssl_tlvs = &raw mut ssl_tlvs;

    let mut p = ngx_proxy_protocol_v2_write_header(c, buf, last);
    if p.is_null() {
        return null_mut();
    }

    for i in 0..(*base_tlvs).nelts {
        let tlv = (*base_tlvs).elts.add(i);

        p = ngx_proxy_protocol_v2_write_tlv(c, p, last, (*tlv).type_, &raw mut (*tlv).value);
        if p.is_null() {
            return null_mut();
        }
    }

    if client != 0 {
        p = ngx_proxy_protocol_v2_write_ssl(c, p, last, ssl_tlvs, client, verify);
        if p.is_null() {
            return null_mut();
        }
    }

    ngx_proxy_protocol_v2_set_len(buf, p.wrapping_add(size_of::<ngx_proxy_protocol_tlv_t>() + 4));

    ngx_proxy_protocol_v2_write_crc32c(c, buf, p, last)
}

unsafe fn ngx_proxy_protocol_v2_write_header(c: *mut ngx_connection_t, buf: *mut u8, last: *mut u8) -> *mut u8 {
    if last.offset_from(buf) < NGX_PROXY_PROTOCOL_V2_MAX_HEADER as isize {
        ngx_log_error!(NGX_LOG_ALERT, (*c).log, 0; "too small buffer for PROXY protocol v2");
        return null_mut();
    }

    if ngx_connection_local_sockaddr(c, null_mut(), 0) != NGX_OK {
        return null_mut();
    }

    // the length is set when all TLVs are there

    let header = buf.cast::<ngx_proxy_protocol_header_t>();

    (*header).signature = ngx_proxy_protocol_signature;

    let mut p = buf.add(size_of::<ngx_proxy_protocol_header_t>());

    let src_fam = (*(*c).sockaddr).sa_family as c_int;
    let dst_fam = (*(*c).local_sockaddr).sa_family as c_int;

    let src_af = ngx_proxy_protocol_v2_family(src_fam);
    let dst_af = ngx_proxy_protocol_v2_family(dst_fam);

    // of two families the larger, IPv6, can tell both addresses

    let command;
    let family;
    let transport;

    if src_af == NGX_PROXY_PROTOCOL_AF_UNSPEC || dst_af == NGX_PROXY_PROTOCOL_AF_UNSPEC {
        command = NGX_PROXY_PROTOCOL_CMD_LOCAL;
        family = NGX_PROXY_PROTOCOL_AF_UNSPEC;
        transport = NGX_PROXY_PROTOCOL_TYPE_UNSPEC;
    } else {
        command = NGX_PROXY_PROTOCOL_CMD_PROXY;
        family = ngx_max(src_af, dst_af);

        transport = match (*c).type_ {
            libc::SOCK_STREAM => NGX_PROXY_PROTOCOL_TYPE_STREAM,
            libc::SOCK_DGRAM => NGX_PROXY_PROTOCOL_TYPE_DGRAM,
            _ => NGX_PROXY_PROTOCOL_TYPE_UNSPEC,
        };
    }

    (*header).version_command = 0x20 | command;
    (*header).family_transport = family << 4 | transport;

    match family {
        NGX_PROXY_PROTOCOL_AF_INET => {
            let in_ = p.cast::<ngx_proxy_protocol_inet_addrs_t>();

            ngx_proxy_protocol_v2_write_ipv4((*c).sockaddr, &raw mut (*in_).src_addr, &raw mut (*in_).src_port);
            ngx_proxy_protocol_v2_write_ipv4((*c).local_sockaddr, &raw mut (*in_).dst_addr, &raw mut (*in_).dst_port);

            p = p.add(size_of::<ngx_proxy_protocol_inet_addrs_t>());
        }

        NGX_PROXY_PROTOCOL_AF_INET6 => {
            if src_fam == libc::AF_INET6 && dst_fam == libc::AF_INET6 {
                let src6 = (*(*c).sockaddr.cast::<sockaddr_in6>()).sin6_addr.s6_addr;
                let dst6 = (*(*c).local_sockaddr.cast::<sockaddr_in6>()).sin6_addr.s6_addr;

                if src6.starts_with(&mapped) && dst6.starts_with(&mapped) {
                    // IPv4 on both sides

                    (*header).family_transport = NGX_PROXY_PROTOCOL_AF_INET << 4 | transport;

                    let in_ = p.cast::<ngx_proxy_protocol_inet_addrs_t>();

                    ngx_memcpy(&raw mut (*in_).src_addr, src6.as_ptr().add(12), 4);
                    ngx_memcpy(&raw mut (*in_).dst_addr, dst6.as_ptr().add(12), 4);

                    let port = ngx_inet_get_port((*c).sockaddr);
                    let lport = ngx_inet_get_port((*c).local_sockaddr);

                    (*in_).src_port = port.to_be_bytes();
                    (*in_).dst_port = lport.to_be_bytes();

                    return p.add(size_of::<ngx_proxy_protocol_inet_addrs_t>());
                }
            }

            let in6 = p.cast::<ngx_proxy_protocol_inet6_addrs_t>();

            ngx_proxy_protocol_v2_write_ipv6((*c).sockaddr, &raw mut (*in6).src_addr, &raw mut (*in6).src_port);
            ngx_proxy_protocol_v2_write_ipv6((*c).local_sockaddr, &raw mut (*in6).dst_addr, &raw mut (*in6).dst_port);

            p = p.add(size_of::<ngx_proxy_protocol_inet6_addrs_t>());
        }

        _ => {} // NGX_PROXY_PROTOCOL_AF_UNSPEC
    }

    p
}

fn ngx_proxy_protocol_v2_family(family: c_int) -> u8 {
    match family {
        libc::AF_INET => NGX_PROXY_PROTOCOL_AF_INET,
        libc::AF_INET6 => NGX_PROXY_PROTOCOL_AF_INET6,
        _ => NGX_PROXY_PROTOCOL_AF_UNSPEC,
    }
}

unsafe fn ngx_proxy_protocol_v2_write_ipv4(sa: *mut sockaddr, addr: *mut [u8; 4], port: *mut [u8; 2]) {
    let sin = sa.cast::<sockaddr_in>();
    ngx_memcpy(addr, &raw const (*sin).sin_addr, 4);
    ngx_memcpy(port, &raw const (*sin).sin_port, 2);
}

/// What IPv4 addresses begin with in IPv6.
static mapped: [u8; 12] = *b"\0\0\0\0\0\0\0\0\0\0\xff\xff";

unsafe fn ngx_proxy_protocol_v2_write_ipv6(sa: *mut sockaddr, addr: *mut [u8; 16], port: *mut [u8; 2]) {
    if (*sa).sa_family as c_int == libc::AF_INET6 {
        let sin6 = sa.cast::<sockaddr_in6>();
        ngx_memcpy(addr, &raw const (*sin6).sin6_addr, 16);
        ngx_memcpy(port, &raw const (*sin6).sin6_port, 2);
    } else {
        let sin = sa.cast::<sockaddr_in>();
        ngx_memcpy(addr, mapped.as_ptr(), mapped.len());
        ngx_memcpy(addr.cast::<u8>().add(mapped.len()), &raw const (*sin).sin_addr, 4);
        ngx_memcpy(port, &raw const (*sin).sin_port, 2);
    }
}

unsafe fn ngx_proxy_protocol_v2_write_tlv(
    c: *mut ngx_connection_t,
    mut p: *mut u8,
    last: *mut u8,
    type_: ngx_uint_t,
    value: *mut ngx_str_t,
) -> *mut u8 {
    if last.offset_from_unsigned(p) < size_of::<ngx_proxy_protocol_tlv_t>() + (*value).len {
        ngx_log_error!(NGX_LOG_ALERT, (*c).log, 0; "too small buffer for PROXY protocol v2 TLV");
        return null_mut();
    }

    let tlv = p.cast::<ngx_proxy_protocol_tlv_t>();
    (*tlv).type_ = type_ as u8;
    (*tlv).len = ((*value).len as u16).to_be_bytes();

    p = p.add(size_of::<ngx_proxy_protocol_tlv_t>());

    ngx_cpymem(p, (*value).data, (*value).len)
}

unsafe fn ngx_proxy_protocol_v2_write_ssl(
    c: *mut ngx_connection_t,
    mut p: *mut u8,
    last: *mut u8,
    ssl_tlvs: *mut ngx_array_t<ngx_proxy_protocol_tlv_value_t>,
    client: ngx_uint_t,
    verify: u32,
) -> *mut u8 {
    if last.offset_from_unsigned(p) < size_of::<ngx_proxy_protocol_tlv_t>() + size_of::<ngx_proxy_protocol_tlv_ssl_t>()
    {
        ngx_log_error!(NGX_LOG_ALERT, (*c).log, 0; "too small buffer for PROXY protocol v2 SSL TLV");
        return null_mut();
    }

    let start = p;
    p = p.add(size_of::<ngx_proxy_protocol_tlv_t>());

    let tlv_ssl = p.cast::<ngx_proxy_protocol_tlv_ssl_t>();
    (*tlv_ssl).client = client as u8;
    (*tlv_ssl).verify = verify.to_be_bytes();

    p = p.add(size_of::<ngx_proxy_protocol_tlv_ssl_t>());

    for i in 0..(*ssl_tlvs).nelts {
        let sub = (*ssl_tlvs).elts.add(i);

        p = ngx_proxy_protocol_v2_write_tlv(c, p, last, (*sub).type_, &raw mut (*sub).value);
        if p.is_null() {
            return null_mut();
        }
    }

    let len = (p.offset_from_unsigned(start) - size_of::<ngx_proxy_protocol_tlv_t>()) as u16;

    let tlv = start.cast::<ngx_proxy_protocol_tlv_t>();
    (*tlv).type_ = NGX_PROXY_PROTOCOL_TLV_SSL as u8;
    (*tlv).len = len.to_be_bytes();

    p
}

unsafe fn ngx_proxy_protocol_v2_set_len(buf: *mut u8, p: *mut u8) {
    let len = (p.addr() - buf.addr() - size_of::<ngx_proxy_protocol_header_t>()) as u16;

    let header = buf.cast::<ngx_proxy_protocol_header_t>();
    (*header).len = len.to_be_bytes();
}

unsafe fn ngx_proxy_protocol_v2_write_crc32c(
    c: *mut ngx_connection_t,
    buf: *mut u8,
    mut p: *mut u8,
    last: *mut u8,
) -> *mut u8 {
    if last.offset_from_unsigned(p) < size_of::<ngx_proxy_protocol_tlv_t>() + 4 {
        ngx_log_error!(NGX_LOG_ALERT, (*c).log, 0; "too small buffer for PROXY protocol v2 CRC32c TLV");
        return null_mut();
    }

    // the sum is made over the whole header, with zeros where it will stand

    let tlv = p.cast::<ngx_proxy_protocol_tlv_t>();
    (*tlv).type_ = NGX_PROXY_PROTOCOL_TLV_CRC32C as u8;
    (*tlv).len = [0, 4];

    let value = p.add(size_of::<ngx_proxy_protocol_tlv_t>());

    ngx_memzero(value, 4);

    p = value.add(4);

    let crc = ngx_crc32c_long(buf, p.offset_from_unsigned(buf));

    ngx_memcpy(value, crc.to_be_bytes().as_ptr(), 4);

    p
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many bytes of `text` are read as a header, None for a broken one; and what `f` says of the connection.
    fn read<T>(text: &[u8], f: impl Fn(*mut ngx_connection_t) -> T) -> (Option<usize>, T) {
        unsafe {
            let mut log = core::mem::zeroed::<ngx_log_t>();
            let mut c = core::mem::zeroed::<ngx_connection_t>();
            c.pool = ngx_create_pool(1024, &raw mut log);
            c.log = &raw mut log;
            let c = &raw mut c;

            let mut buf = [0xff; 200];
            let buf = (&raw mut buf).cast::<u8>();
            ngx_memcpy(buf, text.as_ptr(), text.len());

            let p = ngx_proxy_protocol_read(c, buf, buf.add(text.len()));
            let got = (if p.is_null() { None } else { Some(p.offset_from_unsigned(buf)) }, f(c));
            ngx_destroy_pool((*c).pool);
            got
        }
    }

    fn addrs(c: *mut ngx_connection_t) -> Option<([u8; 16], [u8; 16], u16, u16)> {
        unsafe {
            let pp = (*c).proxy_protocol;
            if pp.is_null() {
                return None;
            }
            let text = |s: ngx_str_t| core::array::from_fn(|i| s.bytes().get(i).copied().unwrap_or(0));
            Some((text((*pp).src_addr), text((*pp).dst_addr), (*pp).src_port, (*pp).dst_port))
        }
    }

    const WANT: Option<([u8; 16], [u8; 16], u16, u16)> =
        Some((*b"10.1.2.3\0\0\0\0\0\0\0\0", *b"10.200.0.255\0\0\0\0", 56324, 443));

    #[test]
    fn v1() {
        let text = b"PROXY TCP4 10.1.2.3 10.200.0.255 56324 443\r\nGET /";
        let len = text.len() - 5;

        for n in 0..text.len() {
            let want = if n < len { (None, None) } else { (Some(len), WANT) };
            assert_eq!(read(&text[..n], addrs), want);
        }

        assert_eq!(read(b"PROXY UNKNOWN a b\r\nG", addrs), (Some(19), None));
        for bad in [
            &b"PROXY TCP5 1.1.1.1 1.1.1.1 1 1\r\n"[..],
            b"PROXY TCP4 1.1.1.g 1.1.1.1 1 1\r\n",
            b"PROXY TCP4 1.1.1.1 1.1.1.1 1 65536\r\n",
            b"PROXY TCP4 1.1.1.1 1.1.1.1 1 1\rx",
            b"PROXY UNKNOWN\r",
        ] {
            assert_eq!(read(bad, addrs), (None, None));
        }
    }

    #[test]
    fn v2() {
        let mut text = *b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x1d\x0a\x01\x02\x03\x0a\xc8\0\xff\xdc\x04\x01\xbb\
                          \x01\0\x02h2\x20\0\x09\x01\0\0\0\x07\x21\0\x01v";
        text[15] = (text.len() - 16) as u8;

        for n in 0..text.len() {
            assert_eq!(read(&text[..n], addrs), (None, None));
        }
        assert_eq!(read(&text, addrs), (Some(text.len()), WANT));

        let tlv = |name: &'static str| {
            read(&text, |c| unsafe {
                let mut name = ngx_str_t { len: name.len(), data: name.as_ptr().cast_mut() };
                let mut value = ngx_null_string;
                let rc = ngx_proxy_protocol_get_tlv(c, &mut name, &mut value);
                (rc, value.bytes().first().copied())
            })
            .1
        };
        assert_eq!(tlv("alpn"), (NGX_OK, Some(b'h')));
        assert_eq!(tlv("0x01"), (NGX_OK, Some(b'h')));
        assert_eq!(tlv("ssl_verify"), (NGX_OK, Some(b'7')));
        assert_eq!(tlv("ssl_version"), (NGX_OK, Some(b'v')));
        assert_eq!(tlv("ssl_0x22"), (NGX_DECLINED, None));
        assert_eq!(tlv("netns"), (NGX_DECLINED, None));
        assert_eq!(tlv("none"), (NGX_DECLINED, None));
        assert_eq!(tlv("0xg"), (NGX_ERROR, None));
    }
}
