//! Port of src/core/ngx_syslog.c and .h

use crate::core::{
    ngx_conf_file::*, ngx_config::*, ngx_connection::*, ngx_core::*, ngx_inet::*, ngx_log::*, ngx_log_json::*,
    ngx_palloc::*, ngx_string::*, ngx_times::*,
};
use crate::event::ngx_event::*;
use crate::os::unix::{ngx_errno::*, ngx_files::*, ngx_posix_init::*, ngx_socket::*};

use core::mem::MaybeUninit;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_syslog_peer_t {
    pub facility: ngx_uint_t,
    pub severity: ngx_uint_t,
    pub tag: ngx_str_t,

    pub hostname: *mut ngx_str_t,

    pub server: ngx_addr_t,
    pub conn: ngx_connection_t,

    pub log: ngx_log_t,
    pub logp: *mut ngx_log_t,

    pub busy: bool,
    pub nohostname: bool,
}

/// A line with its header: the host's name and a space, the tag and ": ".
const NGX_SYSLOG_MAX_STR: usize =
    NGX_MAX_ERROR_STR + "<255>Jan 01 00:00:00 ".len() + (NGX_MAXHOSTNAMELEN - 1) + 1 + 32 + 2;

static facilities: [&CStr; 24] = [
    c"kern",
    c"user",
    c"mail",
    c"daemon",
    c"auth",
    c"intern",
    c"lpr",
    c"news",
    c"uucp",
    c"clock",
    c"authpriv",
    c"ftp",
    c"ntp",
    c"audit",
    c"alert",
    c"cron",
    c"local0",
    c"local1",
    c"local2",
    c"local3",
    c"local4",
    c"local5",
    c"local6",
    c"local7",
];

/// The names of error_log, where syslog itself has "err" and "warning".
static severities: [&CStr; 8] = [c"emerg", c"alert", c"crit", c"error", c"warn", c"notice", c"info", c"debug"];

static ngx_syslog_dummy_log: ngx_global_t<ngx_log_t> = ngx_global_t::zeroed();
static ngx_syslog_dummy_event: ngx_global_t<ngx_event_t> = ngx_global_t::zeroed();

pub unsafe fn ngx_syslog_process_conf(cf: *mut ngx_conf_t, peer: *mut ngx_syslog_peer_t) -> ngx_conf_ret_t {
    (*peer).facility = NGX_CONF_UNSET_UINT;
    (*peer).severity = NGX_CONF_UNSET_UINT;

    if ngx_syslog_parse_args(cf, peer) != NGX_CONF_OK {
        return NGX_CONF_ERROR;
    }

    if (*peer).server.sockaddr.is_null() {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "no syslog server specified");
        return NGX_CONF_ERROR;
    }

    if (*peer).facility == NGX_CONF_UNSET_UINT {
        (*peer).facility = 23; // local7
    }

    if (*peer).severity == NGX_CONF_UNSET_UINT {
        (*peer).severity = 6; // info
    }

    if (*peer).tag.data.is_null() {
        (*peer).tag = ngx_string!("nginx");
    }

    (*peer).hostname = &raw mut (*(*cf).cycle).hostname;
    (*peer).logp = &raw mut (*(*cf).cycle).new_log;

    (*peer).conn.fd = -1;

    (*peer).conn.read = ngx_syslog_dummy_event.ptr();
    (*peer).conn.write = ngx_syslog_dummy_event.ptr();

    (*ngx_syslog_dummy_event.ptr()).log = ngx_syslog_dummy_log.ptr();

    let cln = ngx_pool_cleanup_add((*cf).pool, 0);
    if cln.is_null() {
        return NGX_CONF_ERROR;
    }

    (*cln).data = peer.cast();
    (*cln).handler = Some(ngx_syslog_cleanup);

    NGX_CONF_OK
}

unsafe fn ngx_syslog_parse_args(cf: *mut ngx_conf_t, peer: *mut ngx_syslog_peer_t) -> ngx_conf_ret_t {
    let value = (*(*cf).args).elts.add(1);

    let mut p = (*value).data.add("syslog:".len());

    'args: loop {
        let len;
        let comma = ngx_strchr(p, b',');

        if !comma.is_null() {
            len = comma.offset_from_unsigned(p);
            *comma = 0;
        } else {
            len = (*value).data.add((*value).len).offset_from_unsigned(p);
        }

        'next: {
            if ngx_strncmp(p, b"server=".as_ptr(), 7) == 0 {
                if !(*peer).server.sockaddr.is_null() {
                    ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "duplicate syslog \"server\"");
                    return NGX_CONF_ERROR;
                }

                let mut u: ngx_url_t = core::mem::zeroed();

                u.url.data = p.add(7);
                u.url.len = len - 7;
                u.default_port = 514;

                if ngx_parse_url((*cf).pool, &raw mut u) != NGX_OK {
                    if !u.err.is_null() {
                        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "%s in syslog server \"%V\"", u.err, u.url);
                    }

                    return NGX_CONF_ERROR;
                }

                (*peer).server = *u.addrs;
            } else if ngx_strncmp(p, b"facility=".as_ptr(), 9) == 0 {
                if (*peer).facility != NGX_CONF_UNSET_UINT {
                    ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "duplicate syslog \"facility\"");
                    return NGX_CONF_ERROR;
                }

                for (i, facility) in facilities.iter().enumerate() {
                    if ngx_strcmp(p.add(9), facility.as_ptr().cast()) == 0 {
                        (*peer).facility = i;
                        break 'next;
                    }
                }

                ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "unknown syslog facility \"%s\"", p.add(9));
                return NGX_CONF_ERROR;
            } else if ngx_strncmp(p, b"severity=".as_ptr(), 9) == 0 {
                if (*peer).severity != NGX_CONF_UNSET_UINT {
                    ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "duplicate syslog \"severity\"");
                    return NGX_CONF_ERROR;
                }

                for (i, severity) in severities.iter().enumerate() {
                    if ngx_strcmp(p.add(9), severity.as_ptr().cast()) == 0 {
                        (*peer).severity = i;
                        break 'next;
                    }
                }

                ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "unknown syslog severity \"%s\"", p.add(9));
                return NGX_CONF_ERROR;
            } else if ngx_strncmp(p, b"tag=".as_ptr(), 4) == 0 {
                if !(*peer).tag.data.is_null() {
                    ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "duplicate syslog \"tag\"");
                    return NGX_CONF_ERROR;
                }

                // RFC 3164: up to 32 letters and digits
                if len - 4 > 32 {
                    ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "syslog tag length exceeds 32");
                    return NGX_CONF_ERROR;
                }

                for i in 4..len {
                    let c = ngx_tolower(*p.add(i));

                    if c < b'0' || (c > b'9' && c < b'a' && c != b'_') || c > b'z' {
                        ngx_conf_log_error!(
                            NGX_LOG_EMERG, cf, 0;
                            "syslog \"tag\" only allows alphanumeric characters and underscore"
                        );
                        return NGX_CONF_ERROR;
                    }
                }

                (*peer).tag.data = p.add(4);
                (*peer).tag.len = len - 4;
            } else if len == 10 && ngx_strncmp(p, b"nohostname".as_ptr(), 10) == 0 {
                (*peer).nohostname = true;
            } else {
                ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "unknown syslog parameter \"%s\"", p);
                return NGX_CONF_ERROR;
            }
        }

        if comma.is_null() {
            break 'args;
        }

        p = comma.add(1);
    }

    NGX_CONF_OK
}

pub unsafe fn ngx_syslog_add_header(peer: *mut ngx_syslog_peer_t, buf: *mut u8) -> *mut u8 {
    let pri = (*peer).facility * 8 + (*peer).severity;

    if (*peer).nohostname {
        return ngx_sprintf!(buf, "<%ui>%V %V: ", pri, ngx_cached_syslog_time.get(), (*peer).tag);
    }

    ngx_sprintf!(buf, "<%ui>%V %V %V: ", pri, ngx_cached_syslog_time.get(), (*peer).hostname, (*peer).tag)
}

pub unsafe fn ngx_syslog_writer(log: *mut ngx_log_t, level: ngx_uint_t, buf: *mut u8, mut len: usize) {
    let peer: *mut ngx_syslog_peer_t = (*log).wdata.cast();

    if (*peer).busy {
        return;
    }

    (*peer).busy = true;
    (*peer).severity = level - 1;

    let mut text = MaybeUninit::<[u8; NGX_SYSLOG_MAX_STR]>::uninit();
    let msg: *mut u8 = text.as_mut_ptr().cast();

    let mut p = ngx_syslog_add_header(peer, msg);
    let head_len = p.offset_from_unsigned(msg);

    len -= NGX_LINEFEED_SIZE;

    if len > NGX_SYSLOG_MAX_STR - head_len {
        len = NGX_SYSLOG_MAX_STR - head_len;
    }

    p = ngx_snprintf!(p, len, "%s", buf);

    let _ = ngx_syslog_send(peer, msg, p.offset_from_unsigned(msg));

    (*peer).busy = false;
}

pub unsafe fn ngx_syslog_send(peer: *mut ngx_syslog_peer_t, buf: *mut u8, len: usize) -> isize {
    if (*peer).log.handler.is_none() {
        (*peer).log = *(*peer).logp;
        (*peer).log.handler = Some(ngx_syslog_log_error);
        (*peer).log.data = peer.cast();
        (*peer).log.action = c"logging to syslog".as_ptr();
    }

    if (*peer).conn.fd == -1 && ngx_syslog_init_peer(peer) != NGX_OK {
        return NGX_ERROR;
    }

    let n;

    if let Some(ngx_send) = (*ngx_io.ptr()).send {
        n = ngx_send(&raw mut (*peer).conn, buf, len);
    } else {
        // the event module sets ngx_io in a worker
        n = (*ngx_os_io.ptr()).send.unwrap()(&raw mut (*peer).conn, buf, len);
    }

    if n == NGX_ERROR {
        if ngx_close_socket((*peer).conn.fd) == -1 {
            ngx_log_error!(NGX_LOG_ALERT, &raw mut (*peer).log, ngx_socket_errno(); "close() socket failed");
        }

        (*peer).conn.fd = -1;
    }

    n
}

unsafe fn ngx_syslog_init_peer(peer: *mut ngx_syslog_peer_t) -> ngx_int_t {
    let fd = ngx_socket((*(*peer).server.sockaddr).sa_family as c_int, libc::SOCK_DGRAM, 0);
    if fd == -1 {
        ngx_log_error!(NGX_LOG_ALERT, &raw mut (*peer).log, ngx_socket_errno(); "socket() failed");
        return NGX_ERROR;
    }

    'failed: {
        if ngx_nonblocking(fd) == -1 {
            ngx_log_error!(NGX_LOG_ALERT, &raw mut (*peer).log, ngx_socket_errno(); "ioctl(FIONBIO) failed");
            break 'failed;
        }

        if libc::connect(fd, (*peer).server.sockaddr, (*peer).server.socklen) == -1 {
            ngx_log_error!(NGX_LOG_ALERT, &raw mut (*peer).log, ngx_socket_errno(); "connect() failed");
            break 'failed;
        }

        (*peer).conn.fd = fd;
        (*peer).conn.log = &raw mut (*peer).log;

        // nothing tells when a datagram socket is writable, and it always is
        (*(*peer).conn.write).ready = true;

        return NGX_OK;
    }

    if ngx_close_socket(fd) == -1 {
        ngx_log_error!(NGX_LOG_ALERT, &raw mut (*peer).log, ngx_socket_errno(); "close() socket failed");
    }

    NGX_ERROR
}

unsafe fn ngx_syslog_cleanup(data: *mut c_void) {
    let peer: *mut ngx_syslog_peer_t = data.cast();

    // no more lines through this peer
    (*peer).busy = true;

    if (*peer).conn.fd == -1 {
        return;
    }

    if ngx_close_socket((*peer).conn.fd) == -1 {
        ngx_log_error!(NGX_LOG_ALERT, &raw mut (*peer).log, ngx_socket_errno(); "close() socket failed");
    }
}

unsafe fn ngx_syslog_log_error(
    log: *mut ngx_log_t,
    buf: *mut u8,
    mut len: usize,
    fields: *mut ngx_log_fields_t,
) -> *mut u8 {
    let mut p = buf;

    if !(*log).action.is_null() {
        p = ngx_snprintf!(buf, len, " while %s", (*log).action);
        ngx_log_field(fields, "action", ngx_log_action(log));
        len -= p.offset_from_unsigned(buf);
    }

    let peer: *mut ngx_syslog_peer_t = (*log).data.cast();

    if !peer.is_null() {
        p = ngx_snprintf!(p, len, ", server: %V", (*peer).server.name);
        ngx_log_field(fields, "server", (*peer).server.name);
    }

    p
}
