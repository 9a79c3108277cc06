//! Port of src/http/ngx_http_parse.c
//! Ours: the states a request spends its bytes in go round by themselves, see ngx_http_parse_next!; "HTTP/1.1" at once;
//! a line that starts with "HTTP/" between headers is not skipped, as that is for upstreams only.

use crate::core::{ngx_buf::*, ngx_config::*, ngx_core::*, ngx_hash::*, ngx_log::*, ngx_palloc::*, ngx_string::*};
use crate::http::{ngx_http::*, ngx_http_request::*};
use crate::os::unix::ngx_files::*;

/// The characters that a URI is made of and that mean nothing to us. C has a bit for each; a byte is one
/// instruction instead of four.
static usual: [bool; 256] = ngx_http_parse_usual();

const fn ngx_http_parse_usual() -> [bool; 256] {
    let mut t = [true; 256];
    let mut ch = 0;
    while ch < 256 {
        t[ch] = !matches!(ch as u8, 0..=b' ' | b'#' | b'%' | b'+' | b'.' | b'/' | b'?' | 0x7f);
        ch += 1;
    }
    t
}

/// What a header's name is compared and hashed as, 0 for what is not an ordinary character of a name.
static lowcase: [u8; 256] = ngx_http_parse_lowcase();

const fn ngx_http_parse_lowcase() -> [u8; 256] {
    let mut t = [0; 256];
    let mut ch = 0;
    while ch < 256 {
        if matches!(ch as u8, b'-' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z') {
            t[ch] = ngx_tolower(ch as u8);
        }
        ch += 1;
    }
    t
}

/// Whether `s` stands at `m`, which has that many bytes: C's ngx_str3_cmp() to ngx_str9cmp().
#[inline(always)]
unsafe fn ngx_http_parse_word<const N: usize>(m: *const u8, s: &[u8; N]) -> bool {
    m.cast::<[u8; N]>().read() == *s
}

/// One byte further in the same state, without going through `match`; out of the loop when there is none.
macro_rules! ngx_http_parse_next {
    ($again:lifetime, $p:ident, $last:ident, $ch:ident) => {
        $p = $p.add(1);
        if $p == $last {
            break $again;
        }
        $ch = *$p;
    };
}

pub unsafe fn ngx_http_parse_request_line(r: *mut ngx_http_request_t, b: *mut ngx_buf_t) -> ngx_int_t {
    const sw_start: ngx_uint_t = 0;
    const sw_method: ngx_uint_t = 1;
    const sw_spaces_before_uri: ngx_uint_t = 2;
    const sw_schema: ngx_uint_t = 3;
    const sw_schema_slash: ngx_uint_t = 4;
    const sw_schema_slash_slash: ngx_uint_t = 5;
    const sw_spaces_before_host: ngx_uint_t = 6;
    const sw_host_start: ngx_uint_t = 7;
    const sw_host: ngx_uint_t = 8;
    const sw_host_end: ngx_uint_t = 9;
    const sw_host_ip_literal: ngx_uint_t = 10;
    const sw_port_start: ngx_uint_t = 11;
    const sw_port: ngx_uint_t = 12;
    const sw_after_slash_in_uri: ngx_uint_t = 13;
    const sw_check_uri: ngx_uint_t = 14;
    const sw_uri: ngx_uint_t = 15;
    const sw_http_09: ngx_uint_t = 16;
    const sw_http_H: ngx_uint_t = 17;
    const sw_http_HT: ngx_uint_t = 18;
    const sw_http_HTT: ngx_uint_t = 19;
    const sw_http_HTTP: ngx_uint_t = 20;
    const sw_first_major_digit: ngx_uint_t = 21;
    const sw_major_digit: ngx_uint_t = 22;
    const sw_first_minor_digit: ngx_uint_t = 23;
    const sw_minor_digit: ngx_uint_t = 24;
    const sw_spaces_after_digit: ngx_uint_t = 25;
    const sw_almost_done: ngx_uint_t = 26;

    let mut state = (*r).state;
    let mut p = (*b).pos;
    let last = (*b).last;

    'done: {
        'again: while p < last {
            let mut ch = *p;

            match state {
                sw_start => {
                    (*r).request_start = p;

                    if ch != CR && ch != LF {
                        if !matches!(ch, b'A'..=b'Z' | b'_' | b'-') {
                            return NGX_HTTP_PARSE_INVALID_METHOD;
                        }

                        state = sw_method;
                    }
                }

                sw_method => loop {
                    if ch == b' ' {
                        (*r).method_end = p.sub(1);
                        let m = (*r).request_start;
                        state = sw_spaces_before_uri;

                        match p.offset_from_unsigned(m) {
                            3 => {
                                if ngx_http_parse_word(m, b"GET ") {
                                    (*r).method = NGX_HTTP_GET;
                                } else if ngx_http_parse_word(m, b"PUT ") {
                                    (*r).method = NGX_HTTP_PUT;
                                }
                            }

                            4 => {
                                if ngx_http_parse_word(m, b"POST") {
                                    (*r).method = NGX_HTTP_POST;
                                } else if ngx_http_parse_word(m, b"COPY") {
                                    (*r).method = NGX_HTTP_COPY;
                                } else if ngx_http_parse_word(m, b"MOVE") {
                                    (*r).method = NGX_HTTP_MOVE;
                                } else if ngx_http_parse_word(m, b"LOCK") {
                                    (*r).method = NGX_HTTP_LOCK;
                                } else if ngx_http_parse_word(m, b"HEAD") {
                                    (*r).method = NGX_HTTP_HEAD;
                                }
                            }

                            5 => {
                                if ngx_http_parse_word(m, b"MKCOL") {
                                    (*r).method = NGX_HTTP_MKCOL;
                                } else if ngx_http_parse_word(m, b"PATCH") {
                                    (*r).method = NGX_HTTP_PATCH;
                                } else if ngx_http_parse_word(m, b"TRACE") {
                                    (*r).method = NGX_HTTP_TRACE;
                                }
                            }

                            6 => {
                                if ngx_http_parse_word(m, b"DELETE") {
                                    (*r).method = NGX_HTTP_DELETE;
                                } else if ngx_http_parse_word(m, b"UNLOCK") {
                                    (*r).method = NGX_HTTP_UNLOCK;
                                }
                            }

                            7 => {
                                if ngx_http_parse_word(m, b"OPTIONS ") {
                                    (*r).method = NGX_HTTP_OPTIONS;
                                } else if ngx_http_parse_word(m, b"CONNECT ") {
                                    (*r).method = NGX_HTTP_CONNECT;
                                    state = sw_spaces_before_host;
                                }
                            }

                            8 if ngx_http_parse_word(m, b"PROPFIND") => (*r).method = NGX_HTTP_PROPFIND,

                            9 if ngx_http_parse_word(m, b"PROPPATCH") => (*r).method = NGX_HTTP_PROPPATCH,

                            _ => {}
                        }

                        break;
                    }

                    if !matches!(ch, b'A'..=b'Z' | b'_' | b'-') {
                        return NGX_HTTP_PARSE_INVALID_METHOD;
                    }

                    ngx_http_parse_next!('again, p, last, ch);
                },

                sw_spaces_before_uri => {
                    if ch == b'/' {
                        (*r).uri_start = p;
                        state = sw_after_slash_in_uri;
                    } else if (ch | 0x20).is_ascii_lowercase() {
                        (*r).schema_start = p;
                        state = sw_schema;
                    } else if ch != b' ' {
                        return NGX_HTTP_PARSE_INVALID_REQUEST;
                    }
                }

                sw_schema => match ch {
                    b'a'..=b'z' | b'A'..=b'Z' => {}
                    b'0'..=b'9' | b'+' | b'-' | b'.' => {}
                    b':' => {
                        (*r).schema_end = p;
                        state = sw_schema_slash;
                    }
                    _ => return NGX_HTTP_PARSE_INVALID_REQUEST,
                },

                sw_schema_slash => match ch {
                    b'/' => state = sw_schema_slash_slash,
                    _ => return NGX_HTTP_PARSE_INVALID_REQUEST,
                },

                sw_schema_slash_slash => match ch {
                    b'/' => state = sw_host_start,
                    _ => return NGX_HTTP_PARSE_INVALID_REQUEST,
                },

                // each falls through to the next
                sw_spaces_before_host | sw_host_start | sw_host | sw_host_end => 'next: {
                    if state == sw_spaces_before_host && ch == b' ' {
                        break 'next;
                    }

                    if state == sw_spaces_before_host || state == sw_host_start {
                        (*r).host_start = p;

                        if ch == b'[' {
                            state = sw_host_ip_literal;
                            break 'next;
                        }

                        state = sw_host;
                    }

                    if state == sw_host && matches!(ch, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-') {
                        break 'next;
                    }

                    if ch == b':' {
                        state = sw_port_start;
                        break 'next;
                    }

                    (*r).host_end = p;

                    if (*r).method == NGX_HTTP_CONNECT {
                        return NGX_HTTP_PARSE_INVALID_REQUEST;
                    }

                    match ch {
                        b'/' => {
                            (*r).uri_start = p;
                            state = sw_after_slash_in_uri;
                        }
                        b'?' => {
                            (*r).uri_start = p;
                            (*r).args_start = p.add(1);
                            (*r).empty_path_in_uri = true;
                            state = sw_uri;
                        }
                        b' ' => {
                            // a "/" of the request line itself, which moves with it into a large buffer
                            (*r).uri_start = (*r).schema_end.add(1);
                            (*r).uri_end = (*r).schema_end.add(2);
                            state = sw_http_09;
                        }
                        _ => return NGX_HTTP_PARSE_INVALID_REQUEST,
                    }
                }

                sw_host_ip_literal => match ch {
                    b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b':' => {}
                    b']' => state = sw_host_end,
                    // unreserved
                    b'-' | b'.' | b'_' | b'~' => {}
                    // sub-delims
                    b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=' => {}
                    _ => return NGX_HTTP_PARSE_INVALID_REQUEST,
                },

                // the first falls through to the second
                sw_port_start | sw_port => 'next: {
                    let first = state == sw_port_start;
                    state = sw_port;

                    if ch.is_ascii_digit() {
                        break 'next;
                    }

                    if first && (*r).method == NGX_HTTP_CONNECT {
                        return NGX_HTTP_PARSE_INVALID_REQUEST;
                    }

                    (*r).host_end = p;

                    if (*r).method == NGX_HTTP_CONNECT {
                        if ch == b' ' {
                            state = sw_http_09;
                            break 'next;
                        }

                        return NGX_HTTP_PARSE_INVALID_REQUEST;
                    }

                    match ch {
                        b'/' => {
                            (*r).uri_start = p;
                            state = sw_after_slash_in_uri;
                        }
                        b'?' => {
                            (*r).uri_start = p;
                            (*r).args_start = p.add(1);
                            (*r).empty_path_in_uri = true;
                            state = sw_uri;
                        }
                        b' ' => {
                            // as above
                            (*r).uri_start = (*r).schema_end.add(1);
                            (*r).uri_end = (*r).schema_end.add(2);
                            state = sw_http_09;
                        }
                        _ => return NGX_HTTP_PARSE_INVALID_REQUEST,
                    }
                }

                // looks for "/.", "//" and "%"
                sw_after_slash_in_uri => {
                    if usual[ch as usize] {
                        state = sw_check_uri;
                    } else {
                        match ch {
                            b' ' => {
                                (*r).uri_end = p;
                                state = sw_http_09;
                            }
                            CR => {
                                (*r).uri_end = p;
                                (*r).http_minor = 9;
                                state = sw_almost_done;
                            }
                            LF => {
                                (*r).uri_end = p;
                                (*r).http_minor = 9;
                                break 'done;
                            }
                            b'.' => {
                                (*r).complex_uri = true;
                                state = sw_uri;
                            }
                            b'%' => {
                                (*r).quoted_uri = true;
                                state = sw_uri;
                            }
                            b'/' => {
                                (*r).complex_uri = true;
                                state = sw_uri;
                            }
                            b'?' => {
                                (*r).args_start = p.add(1);
                                state = sw_uri;
                            }
                            b'#' => {
                                (*r).complex_uri = true;
                                state = sw_uri;
                            }
                            b'+' => (*r).plus_in_uri = true,
                            _ => {
                                if ch < 0x20 || ch == 0x7f {
                                    return NGX_HTTP_PARSE_INVALID_REQUEST;
                                }
                                state = sw_check_uri;
                            }
                        }
                    }
                }

                // looks for "/" and "%"
                sw_check_uri => loop {
                    if !usual[ch as usize] {
                        match ch {
                            b'/' => {
                                (*r).uri_ext = null_mut();
                                state = sw_after_slash_in_uri;
                                break;
                            }
                            b'.' => (*r).uri_ext = p.add(1),
                            b' ' => {
                                (*r).uri_end = p;
                                state = sw_http_09;
                                break;
                            }
                            CR => {
                                (*r).uri_end = p;
                                (*r).http_minor = 9;
                                state = sw_almost_done;
                                break;
                            }
                            LF => {
                                (*r).uri_end = p;
                                (*r).http_minor = 9;
                                break 'done;
                            }
                            b'%' => {
                                (*r).quoted_uri = true;
                                state = sw_uri;
                                break;
                            }
                            b'?' => {
                                (*r).args_start = p.add(1);
                                state = sw_uri;
                                break;
                            }
                            b'#' => {
                                (*r).complex_uri = true;
                                state = sw_uri;
                                break;
                            }
                            b'+' => (*r).plus_in_uri = true,
                            _ => {
                                if ch < 0x20 || ch == 0x7f {
                                    return NGX_HTTP_PARSE_INVALID_REQUEST;
                                }
                            }
                        }
                    }

                    ngx_http_parse_next!('again, p, last, ch);
                },

                sw_uri => loop {
                    if !usual[ch as usize] {
                        match ch {
                            b' ' => {
                                (*r).uri_end = p;
                                state = sw_http_09;
                                break;
                            }
                            CR => {
                                (*r).uri_end = p;
                                (*r).http_minor = 9;
                                state = sw_almost_done;
                                break;
                            }
                            LF => {
                                (*r).uri_end = p;
                                (*r).http_minor = 9;
                                break 'done;
                            }
                            b'#' => (*r).complex_uri = true,
                            _ => {
                                if ch < 0x20 || ch == 0x7f {
                                    return NGX_HTTP_PARSE_INVALID_REQUEST;
                                }
                            }
                        }
                    }

                    ngx_http_parse_next!('again, p, last, ch);
                },

                sw_http_09 => match ch {
                    b' ' => {}
                    CR => {
                        (*r).http_minor = 9;
                        state = sw_almost_done;
                    }
                    LF => {
                        (*r).http_minor = 9;
                        break 'done;
                    }
                    b'H' => {
                        (*r).http_protocol.data = p;
                        state = sw_http_H;

                        // what nearly every line ends with, at once
                        if last.offset_from_unsigned(p) >= 10
                            && ngx_http_parse_word(p, b"HTTP/1.1\r\n")
                            && (*r).method != NGX_HTTP_CONNECT
                        {
                            (*r).http_major = 1;
                            (*r).http_minor = 1;
                            (*r).request_end = p.add(8);
                            p = p.add(9);
                            break 'done;
                        }
                    }
                    _ => return NGX_HTTP_PARSE_INVALID_REQUEST,
                },

                sw_http_H => match ch {
                    b'T' => state = sw_http_HT,
                    _ => return NGX_HTTP_PARSE_INVALID_REQUEST,
                },

                sw_http_HT => match ch {
                    b'T' => state = sw_http_HTT,
                    _ => return NGX_HTTP_PARSE_INVALID_REQUEST,
                },

                sw_http_HTT => match ch {
                    b'P' => state = sw_http_HTTP,
                    _ => return NGX_HTTP_PARSE_INVALID_REQUEST,
                },

                sw_http_HTTP => match ch {
                    b'/' => {
                        // CONNECT has no URI of its own: this "/" is it
                        if (*r).method == NGX_HTTP_CONNECT {
                            (*r).uri_start = p;
                            (*r).uri_end = p.add(1);
                        }

                        state = sw_first_major_digit;
                    }
                    _ => return NGX_HTTP_PARSE_INVALID_REQUEST,
                },

                sw_first_major_digit => {
                    if !matches!(ch, b'1'..=b'9') {
                        return NGX_HTTP_PARSE_INVALID_REQUEST;
                    }

                    (*r).http_major = (ch - b'0') as u16;

                    if (*r).http_major > 1 {
                        return NGX_HTTP_PARSE_INVALID_VERSION;
                    }

                    state = sw_major_digit;
                }

                sw_major_digit => {
                    if ch == b'.' {
                        state = sw_first_minor_digit;
                    } else {
                        if !ch.is_ascii_digit() {
                            return NGX_HTTP_PARSE_INVALID_REQUEST;
                        }

                        (*r).http_major = (*r).http_major * 10 + (ch - b'0') as u16;

                        if (*r).http_major > 1 {
                            return NGX_HTTP_PARSE_INVALID_VERSION;
                        }
                    }
                }

                sw_first_minor_digit => {
                    if !ch.is_ascii_digit() {
                        return NGX_HTTP_PARSE_INVALID_REQUEST;
                    }

                    (*r).http_minor = (ch - b'0') as u16;
                    state = sw_minor_digit;
                }

                sw_minor_digit => match ch {
                    CR => state = sw_almost_done,
                    LF => break 'done,
                    b' ' => state = sw_spaces_after_digit,
                    b'0'..=b'9' => {
                        if (*r).http_minor > 99 {
                            return NGX_HTTP_PARSE_INVALID_REQUEST;
                        }

                        (*r).http_minor = (*r).http_minor * 10 + (ch - b'0') as u16;
                    }
                    _ => return NGX_HTTP_PARSE_INVALID_REQUEST,
                },

                sw_spaces_after_digit => match ch {
                    b' ' => {}
                    CR => state = sw_almost_done,
                    LF => break 'done,
                    _ => return NGX_HTTP_PARSE_INVALID_REQUEST,
                },

                sw_almost_done => {
                    (*r).request_end = p.sub(1);
                    match ch {
                        LF => break 'done,
                        _ => return NGX_HTTP_PARSE_INVALID_REQUEST,
                    }
                }

                _ => {}
            }

            p = p.add(1);
        }

        (*b).pos = p;
        (*r).state = state;

        return NGX_AGAIN;
    }

    (*b).pos = p.add(1);

    if (*r).request_end.is_null() {
        (*r).request_end = p;
    }

    (*r).http_version = (*r).http_major as ngx_uint_t * 1000 + (*r).http_minor as ngx_uint_t;
    (*r).state = sw_start;

    if (*r).http_version == 9 && (*r).method != NGX_HTTP_GET {
        return NGX_HTTP_PARSE_INVALID_09_METHOD;
    }

    NGX_OK
}

pub unsafe fn ngx_http_parse_header_line(
    r: *mut ngx_http_request_t,
    b: *mut ngx_buf_t,
    allow_underscores: ngx_uint_t,
) -> ngx_int_t {
    const sw_start: ngx_uint_t = 0;
    const sw_name: ngx_uint_t = 1;
    const sw_space_before_value: ngx_uint_t = 2;
    const sw_value: ngx_uint_t = 3;
    const sw_space_after_value: ngx_uint_t = 4;
    const sw_almost_done: ngx_uint_t = 5;
    const sw_header_almost_done: ngx_uint_t = 6;

    let mut state = (*r).state;
    let mut hash = (*r).header_hash;
    let mut i = (*r).lowcase_index;

    let lowcase_header: *mut u8 = (&raw mut (*r).lowcase_header).cast();

    let mut p = (*b).pos;
    let last = (*b).last;

    'header_done: {
        'done: {
            'again: while p < last {
                let mut ch = *p;

                match state {
                    sw_start => {
                        (*r).header_name_start = p;
                        (*r).invalid_header = false;

                        match ch {
                            CR => {
                                (*r).header_end = p;
                                state = sw_header_almost_done;
                            }
                            LF => {
                                (*r).header_end = p;
                                break 'header_done;
                            }
                            _ => {
                                state = sw_name;

                                let c = lowcase[ch as usize];

                                if c != 0 {
                                    hash = ngx_hash(0, c);
                                    *lowcase_header = c;
                                    i = 1;
                                } else if ch == b'_' {
                                    if allow_underscores != 0 {
                                        hash = ngx_hash(0, ch);
                                        *lowcase_header = ch;
                                        i = 1;
                                    } else {
                                        hash = 0;
                                        i = 0;
                                        (*r).invalid_header = true;
                                    }
                                } else {
                                    if ch <= 0x20 || ch == 0x7f || ch == b':' {
                                        (*r).header_end = p;
                                        return NGX_HTTP_PARSE_INVALID_HEADER;
                                    }

                                    hash = 0;
                                    i = 0;
                                    (*r).invalid_header = true;
                                }
                            }
                        }
                    }

                    sw_name => loop {
                        let mut c = lowcase[ch as usize];

                        while c != 0 {
                            hash = ngx_hash(hash, c);
                            *lowcase_header.add(i) = c;
                            i = (i + 1) % NGX_HTTP_LC_HEADER_LEN;

                            ngx_http_parse_next!('again, p, last, ch);
                            c = lowcase[ch as usize];
                        }

                        if ch == b'_' {
                            if allow_underscores != 0 {
                                hash = ngx_hash(hash, ch);
                                *lowcase_header.add(i) = ch;
                                i = i.wrapping_add(1) & (NGX_HTTP_LC_HEADER_LEN - 1);
                            } else {
                                (*r).invalid_header = true;
                            }
                        } else if ch == b':' {
                            (*r).header_name_end = p;
                            state = sw_space_before_value;
                            break;
                        } else if ch == CR {
                            (*r).header_name_end = p;
                            (*r).header_start = p;
                            (*r).header_end = p;
                            state = sw_almost_done;
                            break;
                        } else if ch == LF {
                            (*r).header_name_end = p;
                            (*r).header_start = p;
                            (*r).header_end = p;
                            break 'done;
                        } else {
                            if ch <= 0x20 || ch == 0x7f {
                                (*r).header_end = p;
                                return NGX_HTTP_PARSE_INVALID_HEADER;
                            }

                            (*r).invalid_header = true;
                        }

                        ngx_http_parse_next!('again, p, last, ch);
                    },

                    sw_space_before_value => match ch {
                        b' ' => {}
                        CR => {
                            (*r).header_start = p;
                            (*r).header_end = p;
                            state = sw_almost_done;
                        }
                        LF => {
                            (*r).header_start = p;
                            (*r).header_end = p;
                            break 'done;
                        }
                        b'\0' => {
                            (*r).header_end = p;
                            return NGX_HTTP_PARSE_INVALID_HEADER;
                        }
                        _ => {
                            (*r).header_start = p;
                            state = sw_value;
                        }
                    },

                    sw_value => {
                        let Some(end) = ngx_http_parse_value_end(p, last) else {
                            // it goes on in what comes next

                            p = last;

                            while *p.sub(1) == b' ' {
                                p = p.sub(1);
                            }

                            if p != last {
                                (*r).header_end = p;
                                state = sw_space_after_value;
                            }

                            p = last;
                            break 'again;
                        };

                        ch = *end;

                        if ch == b'\0' {
                            (*r).header_end = end;
                            return NGX_HTTP_PARSE_INVALID_HEADER;
                        }

                        p = end;

                        while *p.sub(1) == b' ' {
                            p = p.sub(1);
                        }

                        (*r).header_end = p;
                        p = end;

                        if ch == LF {
                            break 'done;
                        }

                        state = sw_almost_done;
                    }

                    sw_space_after_value => match ch {
                        b' ' => {}
                        CR => state = sw_almost_done,
                        LF => break 'done,
                        b'\0' => {
                            (*r).header_end = p;
                            return NGX_HTTP_PARSE_INVALID_HEADER;
                        }
                        _ => state = sw_value,
                    },

                    sw_almost_done => match ch {
                        LF => break 'done,
                        CR => {}
                        _ => return NGX_HTTP_PARSE_INVALID_HEADER,
                    },

                    sw_header_almost_done => match ch {
                        LF => break 'header_done,
                        _ => return NGX_HTTP_PARSE_INVALID_HEADER,
                    },

                    _ => {}
                }

                p = p.add(1);
            }

            (*b).pos = p;
            (*r).state = state;
            (*r).header_hash = hash;
            (*r).lowcase_index = i;

            return NGX_AGAIN;
        }

        (*b).pos = p.add(1);
        (*r).state = sw_start;
        (*r).header_hash = hash;
        (*r).lowcase_index = i;

        return NGX_OK;
    }

    (*b).pos = p.add(1);
    (*r).state = sw_start;

    NGX_HTTP_PARSE_HEADER_DONE
}

/// DEVIATION: where the line ends whose value goes on at `p`, or is broken by a NUL: C looks at each byte. The byte before
/// `p` is of the value too, and no space.
#[inline(always)]
unsafe fn ngx_http_parse_value_end(p: *mut u8, last: *mut u8) -> Option<*mut u8> {
    let rest = core::slice::from_raw_parts(p, last.offset_from_unsigned(p));

    Some(p.add(memchr::memchr3(CR, LF, b'\0', rest)?))
}

pub unsafe fn ngx_http_parse_uri(r: *mut ngx_http_request_t) -> ngx_int_t {
    const sw_start: ngx_uint_t = 0;
    const sw_after_slash_in_uri: ngx_uint_t = 1;
    const sw_check_uri: ngx_uint_t = 2;
    const sw_uri: ngx_uint_t = 3;

    let mut state = sw_start;
    let mut p = (*r).uri_start;

    while p != (*r).uri_end {
        let ch = *p;

        match state {
            sw_start => {
                if ch != b'/' {
                    return NGX_ERROR;
                }

                state = sw_after_slash_in_uri;
            }

            // looks for "/.", "//" and "%"
            sw_after_slash_in_uri => {
                if usual[ch as usize] {
                    state = sw_check_uri;
                } else {
                    match ch {
                        b'.' => {
                            (*r).complex_uri = true;
                            state = sw_uri;
                        }
                        b'%' => {
                            (*r).quoted_uri = true;
                            state = sw_uri;
                        }
                        b'/' => {
                            (*r).complex_uri = true;
                            state = sw_uri;
                        }
                        b'?' => {
                            (*r).args_start = p.add(1);
                            state = sw_uri;
                        }
                        b'#' => {
                            (*r).complex_uri = true;
                            state = sw_uri;
                        }
                        b'+' => (*r).plus_in_uri = true,
                        _ => {
                            if ch <= 0x20 || ch == 0x7f {
                                return NGX_ERROR;
                            }
                            state = sw_check_uri;
                        }
                    }
                }
            }

            // looks for "/" and "%"
            sw_check_uri => {
                if !usual[ch as usize] {
                    match ch {
                        b'/' => {
                            (*r).uri_ext = null_mut();
                            state = sw_after_slash_in_uri;
                        }
                        b'.' => (*r).uri_ext = p.add(1),
                        b'%' => {
                            (*r).quoted_uri = true;
                            state = sw_uri;
                        }
                        b'?' => {
                            (*r).args_start = p.add(1);
                            state = sw_uri;
                        }
                        b'#' => {
                            (*r).complex_uri = true;
                            state = sw_uri;
                        }
                        b'+' => (*r).plus_in_uri = true,
                        _ if ch <= 0x20 || ch == 0x7f => return NGX_ERROR,
                        _ => {}
                    }
                }
            }

            sw_uri => {
                if !usual[ch as usize] {
                    match ch {
                        b'#' => (*r).complex_uri = true,
                        _ if ch <= 0x20 || ch == 0x7f => return NGX_ERROR,
                        _ => {}
                    }
                }
            }

            _ => {}
        }

        p = p.add(1);
    }

    NGX_OK
}

pub unsafe fn ngx_http_parse_complex_uri(r: *mut ngx_http_request_t, merge_slashes: ngx_uint_t) -> ngx_int_t {
    const sw_usual: ngx_uint_t = 0;
    const sw_slash: ngx_uint_t = 1;
    const sw_dot: ngx_uint_t = 2;
    const sw_dot_dot: ngx_uint_t = 3;
    const sw_quoted: ngx_uint_t = 4;
    const sw_quoted_second: ngx_uint_t = 5;

    let mut decoded = b'\0';
    let mut quoted_state = sw_usual;

    let mut state = sw_usual;
    let mut p = (*r).uri_start;
    let mut u = (*r).uri.data;
    (*r).uri_ext = null_mut();
    (*r).args_start = null_mut();

    if (*r).empty_path_in_uri {
        *u = b'/';
        u = u.add(1);
    }

    let mut ch = *p;
    p = p.add(1);

    // reads one byte behind the URI, where the request line has at least its LF
    macro_rules! next {
        () => {
            ch = *p;
            p = p.add(1);
        };
    }

    macro_rules! put {
        ($ch:expr) => {
            *u = $ch;
            u = u.add(1);
        };
    }

    // from behind "/../" to behind the slash before it
    macro_rules! up {
        () => {
            u = u.wrapping_sub(4);

            loop {
                if u < (*r).uri.data {
                    return NGX_HTTP_PARSE_INVALID_REQUEST;
                }
                if *u == b'/' {
                    u = u.add(1);
                    break;
                }
                u = u.wrapping_sub(1);
            }
        };
    }

    'args: {
        'done: {
            while p <= (*r).uri_end {
                ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "s:%d in:'%Xd:%c'", state, ch, ch);

                match state {
                    sw_usual => {
                        if usual[ch as usize] {
                            put!(ch);
                        } else {
                            match ch {
                                b'/' => {
                                    (*r).uri_ext = null_mut();
                                    state = sw_slash;
                                    put!(ch);
                                }
                                b'%' => {
                                    quoted_state = state;
                                    state = sw_quoted;
                                }
                                b'?' => {
                                    (*r).args_start = p;
                                    break 'args;
                                }
                                b'#' => break 'done,
                                b'.' => {
                                    (*r).uri_ext = u.add(1);
                                    put!(ch);
                                }
                                _ => {
                                    if ch == b'+' {
                                        (*r).plus_in_uri = true;
                                    }
                                    put!(ch);
                                }
                            }
                        }

                        next!();
                    }

                    sw_slash => {
                        if usual[ch as usize] {
                            state = sw_usual;
                            put!(ch);
                        } else {
                            match ch {
                                b'/' => {
                                    if merge_slashes == 0 {
                                        put!(ch);
                                    }
                                }
                                b'.' => {
                                    state = sw_dot;
                                    put!(ch);
                                }
                                b'%' => {
                                    quoted_state = state;
                                    state = sw_quoted;
                                }
                                b'?' => {
                                    (*r).args_start = p;
                                    break 'args;
                                }
                                b'#' => break 'done,
                                _ => {
                                    if ch == b'+' {
                                        (*r).plus_in_uri = true;
                                    }
                                    state = sw_usual;
                                    put!(ch);
                                }
                            }
                        }

                        next!();
                    }

                    sw_dot => {
                        if usual[ch as usize] {
                            state = sw_usual;
                            put!(ch);
                        } else {
                            match ch {
                                b'/' => {
                                    state = sw_slash;
                                    u = u.sub(1);
                                }
                                b'.' => {
                                    state = sw_dot_dot;
                                    put!(ch);
                                }
                                b'%' => {
                                    quoted_state = state;
                                    state = sw_quoted;
                                }
                                b'?' => {
                                    u = u.sub(1);
                                    (*r).args_start = p;
                                    break 'args;
                                }
                                b'#' => {
                                    u = u.sub(1);
                                    break 'done;
                                }
                                _ => {
                                    if ch == b'+' {
                                        (*r).plus_in_uri = true;
                                    }
                                    state = sw_usual;
                                    put!(ch);
                                }
                            }
                        }

                        next!();
                    }

                    sw_dot_dot => {
                        if usual[ch as usize] {
                            state = sw_usual;
                            put!(ch);
                        } else {
                            match ch {
                                b'/' | b'?' | b'#' => {
                                    up!();
                                    if ch == b'?' {
                                        (*r).args_start = p;
                                        break 'args;
                                    }
                                    if ch == b'#' {
                                        break 'done;
                                    }
                                    state = sw_slash;
                                }
                                b'%' => {
                                    quoted_state = state;
                                    state = sw_quoted;
                                }
                                _ => {
                                    if ch == b'+' {
                                        (*r).plus_in_uri = true;
                                    }
                                    state = sw_usual;
                                    put!(ch);
                                }
                            }
                        }

                        next!();
                    }

                    sw_quoted => {
                        (*r).quoted_uri = true;

                        let c = ch | 0x20;

                        if ch.is_ascii_digit() {
                            decoded = ch - b'0';
                        } else if matches!(c, b'a'..=b'f') {
                            decoded = c - b'a' + 10;
                        } else {
                            return NGX_HTTP_PARSE_INVALID_REQUEST;
                        }

                        state = sw_quoted_second;
                        next!();
                    }

                    sw_quoted_second => {
                        let c = ch | 0x20;

                        if ch.is_ascii_digit() {
                            ch = (decoded << 4) + (ch - b'0');

                            if ch == b'%' || ch == b'#' {
                                state = sw_usual;
                                put!(ch);
                                next!();
                            } else if ch == b'\0' {
                                return NGX_HTTP_PARSE_INVALID_REQUEST;
                            } else {
                                // the decoded character goes through the state it was found in
                                state = quoted_state;
                            }
                        } else if matches!(c, b'a'..=b'f') {
                            ch = (decoded << 4) + (c - b'a') + 10;

                            if ch == b'?' {
                                state = sw_usual;
                                put!(ch);
                                next!();
                            } else {
                                if ch == b'+' {
                                    (*r).plus_in_uri = true;
                                }

                                state = quoted_state;
                            }
                        } else {
                            return NGX_HTTP_PARSE_INVALID_REQUEST;
                        }
                    }

                    _ => {}
                }
            }

            if state == sw_quoted || state == sw_quoted_second {
                return NGX_HTTP_PARSE_INVALID_REQUEST;
            }

            if state == sw_dot {
                u = u.sub(1);
            } else if state == sw_dot_dot {
                up!();
            }
        }

        (*r).uri.len = u.offset_from_unsigned((*r).uri.data);

        if !(*r).uri_ext.is_null() {
            (*r).exten.len = u.offset_from_unsigned((*r).uri_ext);
            (*r).exten.data = (*r).uri_ext;
        }

        (*r).uri_ext = null_mut();

        return NGX_OK;
    }

    while p < (*r).uri_end {
        let c = *p;
        p = p.add(1);

        if c != b'#' {
            continue;
        }

        (*r).args.len = p.sub(1).offset_from_unsigned((*r).args_start);
        (*r).args.data = (*r).args_start;
        (*r).args_start = null_mut();

        break;
    }

    (*r).uri.len = u.offset_from_unsigned((*r).uri.data);

    if !(*r).uri_ext.is_null() {
        (*r).exten.len = u.offset_from_unsigned((*r).uri_ext);
        (*r).exten.data = (*r).uri_ext;
    }

    (*r).uri_ext = null_mut();

    NGX_OK
}

pub unsafe fn ngx_http_parse_status_line(
    r: *mut ngx_http_request_t,
    b: *mut ngx_buf_t,
    status: *mut ngx_http_status_t,
) -> ngx_int_t {
    const sw_start: ngx_uint_t = 0;
    const sw_H: ngx_uint_t = 1;
    const sw_HT: ngx_uint_t = 2;
    const sw_HTT: ngx_uint_t = 3;
    const sw_HTTP: ngx_uint_t = 4;
    const sw_first_major_digit: ngx_uint_t = 5;
    const sw_major_digit: ngx_uint_t = 6;
    const sw_first_minor_digit: ngx_uint_t = 7;
    const sw_minor_digit: ngx_uint_t = 8;
    const sw_status: ngx_uint_t = 9;
    const sw_space_after_status: ngx_uint_t = 10;
    const sw_status_text: ngx_uint_t = 11;
    const sw_almost_done: ngx_uint_t = 12;

    let mut state = (*r).state;
    let mut p = (*b).pos;
    let last = (*b).last;

    'done: {
        while p < last {
            let ch = *p;

            match state {
                sw_start => {
                    (*status).line_start = p;

                    match ch {
                        b'H' => state = sw_H,
                        _ => return NGX_ERROR,
                    }
                }

                sw_H => match ch {
                    b'T' => state = sw_HT,
                    _ => return NGX_ERROR,
                },

                sw_HT => match ch {
                    b'T' => state = sw_HTT,
                    _ => return NGX_ERROR,
                },

                sw_HTT => match ch {
                    b'P' => state = sw_HTTP,
                    _ => return NGX_ERROR,
                },

                sw_HTTP => match ch {
                    b'/' => state = sw_first_major_digit,
                    _ => return NGX_ERROR,
                },

                sw_first_major_digit => {
                    if !matches!(ch, b'1'..=b'9') {
                        return NGX_ERROR;
                    }

                    (*r).http_major = (ch - b'0') as u16;
                    state = sw_major_digit;
                }

                sw_major_digit => match ch {
                    b'.' => state = sw_first_minor_digit,
                    b'0'..=b'9' => {
                        if (*r).http_major > 99 {
                            return NGX_ERROR;
                        }

                        (*r).http_major = (*r).http_major * 10 + (ch - b'0') as u16;
                    }
                    _ => return NGX_ERROR,
                },

                sw_first_minor_digit => {
                    if !ch.is_ascii_digit() {
                        return NGX_ERROR;
                    }

                    (*r).http_minor = (ch - b'0') as u16;
                    state = sw_minor_digit;
                }

                sw_minor_digit => match ch {
                    b' ' => state = sw_status,
                    b'0'..=b'9' => {
                        if (*r).http_minor > 99 {
                            return NGX_ERROR;
                        }

                        (*r).http_minor = (*r).http_minor * 10 + (ch - b'0') as u16;
                    }
                    _ => return NGX_ERROR,
                },

                sw_status => match ch {
                    b' ' => {}
                    b'0'..=b'9' => {
                        (*status).code = (*status).code * 10 + (ch - b'0') as ngx_uint_t;
                        (*status).count += 1;

                        if (*status).count == 3 {
                            state = sw_space_after_status;
                            (*status).start = p.sub(2);
                        }
                    }
                    _ => return NGX_ERROR,
                },

                sw_space_after_status => match ch {
                    b' ' => state = sw_status_text,
                    // IIS has substatuses: 403.1
                    b'.' => state = sw_status_text,
                    CR => state = sw_almost_done,
                    LF => break 'done,
                    _ => return NGX_ERROR,
                },

                sw_status_text => match ch {
                    CR => state = sw_almost_done,
                    LF => break 'done,
                    _ => {}
                },

                sw_almost_done => {
                    (*status).end = p.sub(1);
                    match ch {
                        LF => break 'done,
                        _ => return NGX_ERROR,
                    }
                }

                _ => {}
            }

            p = p.add(1);
        }

        (*b).pos = p;
        (*r).state = state;

        return NGX_AGAIN;
    }

    (*b).pos = p.add(1);

    if (*status).end.is_null() {
        (*status).end = p;
    }

    (*status).http_version = (*r).http_major as ngx_uint_t * 1000 + (*r).http_minor as ngx_uint_t;
    (*r).state = sw_start;

    NGX_OK
}

/// Takes `args` off `uri`, unescapes it, and refuses what could leave the document root.
pub unsafe fn ngx_http_parse_unsafe_uri(
    r: *mut ngx_http_request_t,
    uri: *mut ngx_str_t,
    args: *mut ngx_str_t,
    flags: *mut ngx_uint_t,
) -> ngx_int_t {
    let mut len = (*uri).len;
    let mut p = (*uri).data;
    let mut quoted = false;

    'unsafe_: {
        if len == 0 || *p == b'?' {
            break 'unsafe_;
        }

        // DEVIATION: "..?" and "/..?" pass in C, though the path is ".." then

        if *p == b'.'
            && len > 1
            && *p.add(1) == b'.'
            && (len == 2 || ngx_path_separator(*p.add(2)) || *p.add(2) == b'?')
        {
            break 'unsafe_;
        }

        while len != 0 {
            let ch = *p;
            p = p.add(1);

            if ch == b'%' {
                quoted = true;
                len -= 1;
                continue;
            }

            if usual[ch as usize] {
                len -= 1;
                continue;
            }

            if ch == b'?' {
                (*args).len = len - 1;
                (*args).data = p;
                (*uri).len -= len;

                break;
            }

            if ch == b'\0' {
                break 'unsafe_;
            }

            if ngx_path_separator(ch) && len > 2 {
                // "/../" or "/.."

                if *p == b'.' && *p.add(1) == b'.' && (len == 3 || ngx_path_separator(*p.add(2)) || *p.add(2) == b'?') {
                    break 'unsafe_;
                }
            }

            len -= 1;
        }

        if quoted {
            ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "escaped URI: \"%V\"", uri);

            let mut src = (*uri).data;

            let mut dst = ngx_pnalloc((*r).pool, (*uri).len);
            if dst.is_null() {
                return NGX_ERROR;
            }

            (*uri).data = dst;

            ngx_unescape_uri(&raw mut dst, &raw mut src, (*uri).len, 0);

            (*uri).len = dst.offset_from_unsigned((*uri).data);

            ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "unescaped URI: \"%V\"", uri);

            len = (*uri).len;
            p = (*uri).data;

            if len > 1 && *p == b'.' && *p.add(1) == b'.' && (len == 2 || ngx_path_separator(*p.add(2))) {
                break 'unsafe_;
            }

            while len != 0 {
                let ch = *p;
                p = p.add(1);

                if ch == b'\0' {
                    break 'unsafe_;
                }

                if ngx_path_separator(ch) && len > 2 {
                    // "/../" or "/.."

                    if *p == b'.' && *p.add(1) == b'.' && (len == 3 || ngx_path_separator(*p.add(2))) {
                        break 'unsafe_;
                    }
                }

                len -= 1;
            }
        }

        return NGX_OK;
    }

    if *flags & NGX_HTTP_LOG_UNSAFE != 0 {
        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0; "unsafe URI \"%V\" was detected", uri);
    }

    NGX_ERROR
}

/// Finds `name` or, with a `value`, `name=value` in lists that commas divide.
pub unsafe fn ngx_http_parse_multi_header_lines(
    r: *mut ngx_http_request_t,
    headers: *mut ngx_table_elt_t,
    name: *mut ngx_str_t,
    value: *mut ngx_str_t,
) -> *mut ngx_table_elt_t {
    ngx_http_parse_multi_header_lines_internal(r, headers, name, value, b',')
}

pub unsafe fn ngx_http_parse_cookie_lines(
    r: *mut ngx_http_request_t,
    headers: *mut ngx_table_elt_t,
    name: *mut ngx_str_t,
    value: *mut ngx_str_t,
) -> *mut ngx_table_elt_t {
    ngx_http_parse_multi_header_lines_internal(r, headers, name, value, b';')
}

unsafe fn ngx_http_parse_multi_header_lines_internal(
    r: *mut ngx_http_request_t,
    headers: *mut ngx_table_elt_t,
    name: *mut ngx_str_t,
    value: *mut ngx_str_t,
    sep: u8,
) -> *mut ngx_table_elt_t {
    let mut h = headers;

    while !h.is_null() {
        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "parse header: \"%V: %V\"", (*h).key, (*h).value);

        if (*name).len > (*h).value.len {
            h = (*h).next;
            continue;
        }

        let mut start = (*h).value.data;
        let end = (*h).value.data.add((*h).value.len);

        while start < end {
            'skip: {
                // ends at the NUL behind the value at the latest
                if ngx_strncasecmp(start, (*name).data, (*name).len) != 0 {
                    break 'skip;
                }

                start = start.add((*name).len);

                while start < end && *start == b' ' {
                    start = start.add(1);
                }

                if value.is_null() {
                    if start == end || *start == sep {
                        return h;
                    }

                    break 'skip;
                }

                if start == end {
                    break 'skip;
                }

                let ch = *start;
                start = start.add(1);

                if ch != b'=' {
                    break 'skip;
                }

                while start < end && *start == b' ' {
                    start = start.add(1);
                }

                let mut last = start;

                while last < end && *last != sep {
                    last = last.add(1);
                }

                (*value).len = last.offset_from_unsigned(start);
                (*value).data = start;

                return h;
            }

            while start < end {
                let ch = *start;
                start = start.add(1);
                if ch == sep {
                    break;
                }
            }

            while start < end && *start == b' ' {
                start = start.add(1);
            }
        }

        h = (*h).next;
    }

    null_mut()
}

pub unsafe fn ngx_http_parse_set_cookie_lines(
    r: *mut ngx_http_request_t,
    headers: *mut ngx_table_elt_t,
    name: *mut ngx_str_t,
    value: *mut ngx_str_t,
) -> *mut ngx_table_elt_t {
    let mut h = headers;

    while !h.is_null() {
        'next: {
            ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                "parse header: \"%V: %V\"", (*h).key, (*h).value);

            if (*name).len >= (*h).value.len {
                break 'next;
            }

            let mut start = (*h).value.data;
            let end = (*h).value.data.add((*h).value.len);

            if ngx_strncasecmp(start, (*name).data, (*name).len) != 0 {
                break 'next;
            }

            start = start.add((*name).len);

            while start < end && *start == b' ' {
                start = start.add(1);
            }

            if start == end || *start != b'=' {
                break 'next;
            }

            start = start.add(1);

            while start < end && *start == b' ' {
                start = start.add(1);
            }

            let mut last = start;

            while last < end && *last != b';' {
                last = last.add(1);
            }

            (*value).len = last.offset_from_unsigned(start);
            (*value).data = start;

            return h;
        }

        h = (*h).next;
    }

    null_mut()
}

pub unsafe fn ngx_http_arg(r: *mut ngx_http_request_t, name: *mut u8, len: usize, value: *mut ngx_str_t) -> ngx_int_t {
    if (*r).args.len == 0 {
        return NGX_DECLINED;
    }

    let mut p = (*r).args.data;
    let last = p.add((*r).args.len);

    while p < last {
        // one byte less, so that there is one for "="

        p = ngx_strlcasestrn(p, last.sub(1), name, len.wrapping_sub(1));

        if p.is_null() {
            return NGX_DECLINED;
        }

        if (p == (*r).args.data || *p.sub(1) == b'&') && *p.add(len) == b'=' {
            (*value).data = p.add(len).add(1);

            // DEVIATION: C searches from the name on; one with "&" in it (ssi's $arg_a&b) gives a length below zero
            p = ngx_strlchr((*value).data, last, b'&');

            if p.is_null() {
                p = (*r).args.data.add((*r).args.len);
            }

            (*value).len = p.offset_from_unsigned((*value).data);

            return NGX_OK;
        }

        p = p.add(1);
    }

    NGX_DECLINED
}

pub unsafe fn ngx_http_split_args(_r: *mut ngx_http_request_t, uri: *mut ngx_str_t, args: *mut ngx_str_t) {
    let last = (*uri).data.add((*uri).len);

    let mut p = ngx_strlchr((*uri).data, last, b'?');

    if !p.is_null() {
        (*uri).len = p.offset_from_unsigned((*uri).data);
        p = p.add(1);
        (*args).len = last.offset_from_unsigned(p);
        (*args).data = p;
    } else {
        (*args).len = 0;
    }
}

/// NGX_OK with `size` bytes of a chunk at `pos`, NGX_DONE behind the last one. `length` is what has to come at
/// least.
pub unsafe fn ngx_http_parse_chunked(
    r: *mut ngx_http_request_t,
    b: *mut ngx_buf_t,
    ctx: *mut ngx_http_chunked_t,
    keep_trailers: ngx_uint_t,
) -> ngx_int_t {
    const sw_chunk_start: ngx_uint_t = 0;
    const sw_chunk_size: ngx_uint_t = 1;
    const sw_chunk_extension: ngx_uint_t = 2;
    const sw_chunk_extension_almost_done: ngx_uint_t = 3;
    const sw_chunk_data: ngx_uint_t = 4;
    const sw_after_data: ngx_uint_t = 5;
    const sw_after_data_almost_done: ngx_uint_t = 6;
    const sw_last_chunk_extension: ngx_uint_t = 7;
    const sw_last_chunk_extension_almost_done: ngx_uint_t = 8;
    const sw_trailer: ngx_uint_t = 9;
    const sw_trailer_almost_done: ngx_uint_t = 10;
    const sw_trailer_header: ngx_uint_t = 11;
    const sw_trailer_header_almost_done: ngx_uint_t = 12;

    let mut state = (*ctx).state;

    if state == sw_chunk_data && (*ctx).size == 0 {
        state = sw_after_data;
    }

    let mut rc = NGX_AGAIN;

    let mut pos = (*b).pos;
    let last = (*b).last;

    'invalid: {
        'done: {
            'data: while pos < last {
                let ch = *pos;

                ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                    "http chunked byte: %02Xd s:%d", ch, state);

                match state {
                    sw_chunk_start => {
                        let c = ch | 0x20;

                        if ch.is_ascii_digit() {
                            state = sw_chunk_size;
                            (*ctx).size = (ch - b'0') as off_t;
                        } else if matches!(c, b'a'..=b'f') {
                            state = sw_chunk_size;
                            (*ctx).size = (c - b'a') as off_t + 10;
                        } else {
                            break 'invalid;
                        }
                    }

                    sw_chunk_size => {
                        if (*ctx).size > NGX_MAX_OFF_T_VALUE / 16 {
                            break 'invalid;
                        }

                        let c = ch | 0x20;

                        if ch.is_ascii_digit() {
                            (*ctx).size = (*ctx).size * 16 + (ch - b'0') as off_t;
                        } else if matches!(c, b'a'..=b'f') {
                            (*ctx).size = (*ctx).size * 16 + ((c - b'a') as off_t + 10);
                        } else if (*ctx).size == 0 {
                            match ch {
                                CR => state = sw_last_chunk_extension_almost_done,
                                b';' | b' ' | b'\t' => state = sw_last_chunk_extension,
                                _ => break 'invalid,
                            }
                        } else {
                            match ch {
                                CR => state = sw_chunk_extension_almost_done,
                                b';' | b' ' | b'\t' => state = sw_chunk_extension,
                                _ => break 'invalid,
                            }
                        }
                    }

                    sw_chunk_extension => match ch {
                        CR => state = sw_chunk_extension_almost_done,
                        LF => break 'invalid,
                        _ => {}
                    },

                    sw_chunk_extension_almost_done => match ch {
                        LF => state = sw_chunk_data,
                        _ => break 'invalid,
                    },

                    sw_chunk_data => {
                        rc = NGX_OK;
                        break 'data;
                    }

                    sw_after_data => match ch {
                        CR => state = sw_after_data_almost_done,
                        _ => break 'invalid,
                    },

                    sw_after_data_almost_done => match ch {
                        LF => state = sw_chunk_start,
                        _ => break 'invalid,
                    },

                    sw_last_chunk_extension => match ch {
                        CR => state = sw_last_chunk_extension_almost_done,
                        LF => break 'invalid,
                        _ => {}
                    },

                    sw_last_chunk_extension_almost_done => match ch {
                        LF => {
                            if keep_trailers != 0 {
                                break 'done;
                            }
                            state = sw_trailer;
                        }
                        _ => break 'invalid,
                    },

                    sw_trailer => match ch {
                        CR => state = sw_trailer_almost_done,
                        LF => break 'invalid,
                        _ => state = sw_trailer_header,
                    },

                    sw_trailer_almost_done => match ch {
                        LF => break 'done,
                        _ => break 'invalid,
                    },

                    sw_trailer_header => match ch {
                        CR => state = sw_trailer_header_almost_done,
                        LF => break 'invalid,
                        _ => {}
                    },

                    sw_trailer_header_almost_done => match ch {
                        LF => state = sw_trailer,
                        _ => break 'invalid,
                    },

                    _ => {}
                }

                pos = pos.add(1);
            }

            (*ctx).state = state;
            (*b).pos = pos;

            if (*ctx).size > NGX_MAX_OFF_T_VALUE - 9 {
                break 'invalid;
            }

            // what follows a chunk's data: CRLF "0" CRLF CRLF

            (*ctx).length = match state {
                sw_chunk_start => 5,
                sw_chunk_size => 2 + if (*ctx).size != 0 { (*ctx).size + 7 } else { 2 },
                sw_chunk_extension => 2 + (*ctx).size + 7,
                sw_chunk_extension_almost_done => 1 + (*ctx).size + 7,
                sw_chunk_data => (*ctx).size + 7,
                sw_after_data => 7,
                sw_after_data_almost_done => 6,
                sw_last_chunk_extension => 4,
                sw_last_chunk_extension_almost_done => 3,
                sw_trailer => 2,
                sw_trailer_almost_done => 1,
                sw_trailer_header => 4,
                sw_trailer_header_almost_done => 3,
                _ => (*ctx).length,
            };

            return rc;
        }

        (*ctx).state = 0;
        (*b).pos = pos.add(1);

        return NGX_DONE;
    }

    NGX_ERROR
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::ngx_connection::*;
    use core::mem::zeroed;

    /// Runs `f` on a request whose log takes nothing.
    fn request<T>(f: impl FnOnce(*mut ngx_http_request_t) -> T) -> T {
        unsafe {
            let mut log: ngx_log_t = zeroed();
            let mut c: ngx_connection_t = zeroed();
            let mut r: ngx_http_request_t = zeroed();
            c.log = &raw mut log;
            r.connection = &raw mut c;
            f(&raw mut r)
        }
    }

    /// Gives `text` to a parser in pieces, until it says something else than NGX_AGAIN.
    fn feed(
        text: &[u8],
        ends: impl IntoIterator<Item = usize>,
        mut parse: impl FnMut(*mut ngx_buf_t) -> ngx_int_t,
    ) -> (ngx_int_t, usize) {
        unsafe {
            let start = text.as_ptr().cast_mut();
            let mut b: ngx_buf_t = zeroed();
            b.pos = start;
            let mut rc = NGX_AGAIN;

            for end in ends {
                b.last = start.add(end);
                rc = parse(&raw mut b);
                if rc != NGX_AGAIN {
                    break;
                }
                assert_eq!(b.pos, b.last);
            }

            (rc, b.pos.offset_from_unsigned(start))
        }
    }

    /// At once, in two pieces at each place, and byte by byte.
    fn splits(len: usize, mut f: impl FnMut(&mut dyn Iterator<Item = usize>)) {
        f(&mut [len].into_iter());
        for n in 0..=len {
            f(&mut [n, len].into_iter());
        }
        f(&mut (1..=len));
    }

    /// All that the parser leaves behind; pointers as offsets.
    fn request_line(text: &[u8], ends: impl IntoIterator<Item = usize>) -> [isize; 24] {
        request(|r| unsafe {
            let (rc, pos) = feed(text, ends, |b| ngx_http_parse_request_line(r, b));
            let at = |p: *mut u8| if p.is_null() { -1 } else { p.offset_from(text.as_ptr()) };
            let known = rc == NGX_OK || rc == NGX_AGAIN;
            [
                rc,
                if known { pos as isize } else { -1 },
                if known { (*r).state as isize } else { -1 },
                (*r).method as isize,
                (*r).http_version as isize,
                (*r).http_major as isize,
                (*r).http_minor as isize,
                (*r).complex_uri as isize,
                (*r).quoted_uri as isize,
                (*r).plus_in_uri as isize,
                (*r).empty_path_in_uri as isize,
                at((*r).uri_start),
                at((*r).uri_end),
                at((*r).uri_ext),
                at((*r).args_start),
                at((*r).request_start),
                at((*r).request_end),
                at((*r).method_end),
                at((*r).schema_start),
                at((*r).schema_end),
                at((*r).host_start),
                at((*r).host_end),
                at((*r).http_protocol.data),
                0,
            ]
        })
    }

    #[test]
    fn request_line_at_every_split() {
        let lines: &[(&[u8], ngx_int_t, ngx_uint_t, &[u8])] = &[
            (b"GET / HTTP/1.1\r\n", NGX_OK, NGX_HTTP_GET, b"/"),
            (b"\r\n\nGET /a/b.html?x=1+2&y=%20#z HTTP/1.0\n", NGX_OK, NGX_HTTP_GET, b"/a/b.html?x=1+2&y=%20#z"),
            (b"HEAD /+/a+b/./../c//d.e/%2e HTTP/1.1 \r\n", NGX_OK, NGX_HTTP_HEAD, b"/+/a+b/./../c//d.e/%2e"),
            (b"POST  /\xff\x80.x/y.z  HTTP/1.15\r\n", NGX_OK, NGX_HTTP_POST, b"/\xff\x80.x/y.z"),
            (b"PUT http://example.com:8080/p HTTP/1.1\r\n", NGX_OK, NGX_HTTP_PUT, b"/p"),
            (b"COPY http://[::1]:80?q HTTP/1.1\r\n", NGX_OK, NGX_HTTP_COPY, b"?q"),
            (b"MOVE a+b.c-1://h HTTP/1.1\r\n", NGX_OK, NGX_HTTP_MOVE, b"/"),
            (b"LOCK http://h: HTTP/1.1\r\n", NGX_OK, NGX_HTTP_LOCK, b"/"),
            (b"CONNECT  h.com:443 HTTP/1.1\r\n", NGX_OK, NGX_HTTP_CONNECT, b"/"),
            (b"MKCOL / HTTP/1.1\r\n", NGX_OK, NGX_HTTP_MKCOL, b"/"),
            (b"PATCH / HTTP/1.1\r\n", NGX_OK, NGX_HTTP_PATCH, b"/"),
            (b"TRACE / HTTP/1.1\r\n", NGX_OK, NGX_HTTP_TRACE, b"/"),
            (b"DELETE / HTTP/1.1\r\n", NGX_OK, NGX_HTTP_DELETE, b"/"),
            (b"UNLOCK / HTTP/1.1\r\n", NGX_OK, NGX_HTTP_UNLOCK, b"/"),
            (b"OPTIONS / HTTP/1.1\r\n", NGX_OK, NGX_HTTP_OPTIONS, b"/"),
            (b"PROPFIND / HTTP/1.1\r\n", NGX_OK, NGX_HTTP_PROPFIND, b"/"),
            (b"PROPPATCH / HTTP/1.1\r\n", NGX_OK, NGX_HTTP_PROPPATCH, b"/"),
            (b"GETS / HTTP/1.1\r\n", NGX_OK, 0, b"/"),
            (b"M-SEARCH_ / HTTP/1.1\r\n", NGX_OK, 0, b"/"),
            (b"GET /a\r\n", NGX_OK, NGX_HTTP_GET, b"/a"),
            (b"GET /?\n", NGX_OK, NGX_HTTP_GET, b"/?"),
            (b"POST /\r\n", NGX_HTTP_PARSE_INVALID_09_METHOD, NGX_HTTP_POST, b"/"),
            (b"GET /a HTTP/1.", NGX_AGAIN, NGX_HTTP_GET, b"/a"),
            (b"get / HTTP/1.1\r\n", NGX_HTTP_PARSE_INVALID_METHOD, 0, b""),
            (b"GeT / HTTP/1.1\r\n", NGX_HTTP_PARSE_INVALID_METHOD, 0, b""),
            (b"GET * HTTP/1.1\r\n", NGX_HTTP_PARSE_INVALID_REQUEST, NGX_HTTP_GET, b""),
            (b"GET /\x01 HTTP/1.1\r\n", NGX_HTTP_PARSE_INVALID_REQUEST, NGX_HTTP_GET, b""),
            (b"GET /a\x7f HTTP/1.1\r\n", NGX_HTTP_PARSE_INVALID_REQUEST, NGX_HTTP_GET, b""),
            (b"GET /?\t HTTP/1.1\r\n", NGX_HTTP_PARSE_INVALID_REQUEST, NGX_HTTP_GET, b""),
            (b"GET /a b HTTP/1.1\r\n", NGX_HTTP_PARSE_INVALID_REQUEST, NGX_HTTP_GET, b"/a"),
            (b"GET http:/h/ HTTP/1.1\r\n", NGX_HTTP_PARSE_INVALID_REQUEST, NGX_HTTP_GET, b""),
            (b"GET http://h_/ HTTP/1.1\r\n", NGX_HTTP_PARSE_INVALID_REQUEST, NGX_HTTP_GET, b""),
            (b"CONNECT h HTTP/1.1\r\n", NGX_HTTP_PARSE_INVALID_REQUEST, NGX_HTTP_CONNECT, b""),
            (b"CONNECT h: HTTP/1.1\r\n", NGX_HTTP_PARSE_INVALID_REQUEST, NGX_HTTP_CONNECT, b""),
            (b"GET / HTTP/1.1\rx", NGX_HTTP_PARSE_INVALID_REQUEST, NGX_HTTP_GET, b"/"),
            (b"GET / HTTP/1.1000\r\n", NGX_HTTP_PARSE_INVALID_REQUEST, NGX_HTTP_GET, b"/"),
            (b"GET / HTTP/2.0\r\n", NGX_HTTP_PARSE_INVALID_VERSION, NGX_HTTP_GET, b"/"),
            (b"GET / HTTP/11.0\r\n", NGX_HTTP_PARSE_INVALID_VERSION, NGX_HTTP_GET, b"/"),
            (b"GET / HTTP/0.9\r\n", NGX_HTTP_PARSE_INVALID_REQUEST, NGX_HTTP_GET, b"/"),
        ];

        for &(text, rc, method, uri) in lines {
            let whole = request_line(text, [text.len()]);
            let name = text.escape_ascii();

            assert_eq!((whole[0], whole[3]), (rc, method as isize), "{name}");
            if !uri.is_empty() {
                assert_eq!(&text[whole[11] as usize..whole[12] as usize], uri, "{name}");
            }
            if rc == NGX_OK {
                assert_eq!(whole[1] as usize, text.len(), "{name}");
            }

            splits(text.len(), |ends| assert_eq!(request_line(text, ends), whole, "{name}"));
        }
    }

    #[test]
    fn request_line_parts() {
        let text = b"GET http://h.org:81/a/b.htm?x HTTP/1.1\r\nHost";
        let whole = request_line(text, [text.len()]);
        let part = |from: usize, to: usize| &text[whole[from] as usize..whole[to] as usize];

        assert_eq!(whole[1], 40);
        assert_eq!(whole[4], NGX_HTTP_VERSION_11 as isize);
        assert_eq!(part(18, 19), b"http");
        assert_eq!(part(20, 21), b"h.org:81");
        assert_eq!(part(11, 12), b"/a/b.htm?x");
        assert_eq!(part(13, 14), b"htm?");
        assert_eq!(part(15, 17), b"GE");
        assert_eq!(part(15, 16), &text[..38]);
        assert_eq!(part(22, 16), b"HTTP/1.1");
    }

    #[test]
    fn header_lines_at_every_split() {
        type line = (&'static [u8], &'static [u8], bool);

        let headers: &[(&[u8], ngx_uint_t, ngx_int_t, &[line])] = &[
            (
                b"Host: a.b\r\nX-1:  two  words \r\nEmpty:\nA:  \r\n\r\n",
                0,
                NGX_HTTP_PARSE_HEADER_DONE,
                &[(b"Host", b"a.b", false), (b"X-1", b"two  words", false), (b"Empty", b"", false), (b"A", b"", false)],
            ),
            (
                b"A-Very-Long-Name-That-Wraps-Around-The-Copy: \xff\t\r\r\n\n",
                0,
                NGX_HTTP_PARSE_HEADER_DONE,
                &[(b"A-Very-Long-Name-That-Wraps-Around-The-Copy", b"\xff\t", false)],
            ),
            (b"a_b: c\n_d: e\r\n\r\n", 1, NGX_HTTP_PARSE_HEADER_DONE, &[(b"a_b", b"c", false), (b"_d", b"e", false)]),
            (b"a_b: c\n_d: e\r\n\r\n", 0, NGX_HTTP_PARSE_HEADER_DONE, &[(b"a_b", b"c", true), (b"_d", b"e", true)]),
            (
                b"a(b: c\n)d: e\nf\n\n",
                0,
                NGX_HTTP_PARSE_HEADER_DONE,
                &[(b"a(b", b"c", true), (b")d", b"e", true), (b"f", b"", false)],
            ),
            (b"A: b\r\nC: d", 0, NGX_AGAIN, &[(b"A", b"b", false)]),
            (b" A: b\r\n", 0, NGX_HTTP_PARSE_INVALID_HEADER, &[]),
            (b": b\r\n", 0, NGX_HTTP_PARSE_INVALID_HEADER, &[]),
            (b"A : b\r\n", 0, NGX_HTTP_PARSE_INVALID_HEADER, &[]),
            (b"A: \0\r\n", 0, NGX_HTTP_PARSE_INVALID_HEADER, &[]),
            (b"A: b\0\r\n", 0, NGX_HTTP_PARSE_INVALID_HEADER, &[]),
            (b"A: b \0\r\n", 0, NGX_HTTP_PARSE_INVALID_HEADER, &[]),
            (b"A: b\rc\n", 0, NGX_HTTP_PARSE_INVALID_HEADER, &[]),
            (b"\rA: b\n", 0, NGX_HTTP_PARSE_INVALID_HEADER, &[]),
        ];

        for &(text, underscores, rc, lines) in headers {
            splits(text.len(), |ends| {
                request(|r| unsafe {
                    let part =
                        |from: *mut u8, to: *mut u8| ngx_str_t { len: to.offset_from_unsigned(from), data: from };
                    let mut n = 0;

                    let (got, _) = feed(text, ends, |b| {
                        loop {
                            let rc = ngx_http_parse_header_line(r, b, underscores);
                            if rc != NGX_OK {
                                return rc;
                            }

                            let (name, value, invalid) = lines[n];
                            n += 1;

                            assert_eq!(part((*r).header_name_start, (*r).header_name_end).bytes(), name);
                            assert_eq!(part((*r).header_start, (*r).header_end).bytes(), value);
                            assert_eq!((*r).invalid_header, invalid);

                            if !invalid {
                                let mut low = [0; 64];
                                ngx_strlow(low.as_mut_ptr(), name.as_ptr(), name.len());
                                assert_eq!((*r).header_hash, ngx_hash_key(low.as_mut_ptr(), name.len()));

                                let n = (*r).lowcase_index;
                                assert_eq!(n, name.len() % NGX_HTTP_LC_HEADER_LEN);
                                if n == name.len() {
                                    assert_eq!((&(*r).lowcase_header)[..n], low[..n]);
                                }
                            }
                        }
                    });

                    assert_eq!((got, n), (rc, lines.len()), "{}", text.escape_ascii());
                })
            });
        }
    }

    #[test]
    fn status_line_at_every_split() {
        let lines: &[(&[u8], ngx_int_t, ngx_uint_t, &[u8])] = &[
            (b"HTTP/1.1 200 OK\r\n", NGX_OK, 200, b"200 OK"),
            (b"HTTP/10.12  404\n", NGX_OK, 404, b"404"),
            (b"HTTP/1.0 403.1 No\n", NGX_OK, 403, b"403.1 No"),
            (b"HTTP/1.1 20x OK\r\n", NGX_ERROR, 20, b""),
            (b"HTTP/1.1 2000\r\n", NGX_ERROR, 200, b""),
            (b"HTTP/1.1 200 OK\rx", NGX_ERROR, 200, b""),
            (b"ICY 200 OK\r\n", NGX_ERROR, 0, b""),
            (b"HTTP/1.1 200 O", NGX_AGAIN, 200, b""),
        ];

        for &(text, rc, code, line) in lines {
            splits(text.len(), |ends| {
                request(|r| unsafe {
                    let mut status: ngx_http_status_t = zeroed();
                    let (got, _) = feed(text, ends, |b| ngx_http_parse_status_line(r, b, &raw mut status));

                    assert_eq!((got, status.code), (rc, code), "{}", text.escape_ascii());
                    if rc == NGX_OK {
                        let len = status.end.offset_from_unsigned(status.start);
                        assert_eq!(ngx_str_t { len, data: status.start }.bytes(), line);
                    }
                })
            });
        }
    }

    #[test]
    fn chunked_at_every_split() {
        type Body = (&'static [u8], ngx_uint_t, ngx_int_t, &'static [u8], usize);
        let bodies: &[Body] = &[
            (b"0\r\n\r\n", 0, NGX_DONE, b"", 0),
            (b"5\r\nhello\r\n6;a=b\r\n world\r\n0\r\n\r\nGET", 0, NGX_DONE, b"hello world", 3),
            (b"00A \r\n0123456789\r\n000;x\r\nA: b\r\nC: d\r\n\r\n", 0, NGX_DONE, b"0123456789", 0),
            (b"1\tq\r\nx\r\n0\r\nA: b\r\n\r\n", 1, NGX_DONE, b"x", 8),
            (b"1\r\nx\r\n0\r\nA: b\n", 0, NGX_ERROR, b"x", 0),
            (b"1\r\nx\n", 0, NGX_ERROR, b"x", 0),
            (b"1\nx", 0, NGX_ERROR, b"", 0),
            (b"1;\n", 0, NGX_ERROR, b"", 0),
            (b"0;\n", 0, NGX_ERROR, b"", 0),
            (b"1\rx", 0, NGX_ERROR, b"", 0),
            (b"0\rx", 0, NGX_ERROR, b"", 0),
            (b"0\r\n\n", 0, NGX_ERROR, b"", 0),
            (b"0\r\n\rx", 0, NGX_ERROR, b"", 0),
            (b"0\r\na\rx", 0, NGX_ERROR, b"", 0),
            (b"g\r\n", 0, NGX_ERROR, b"", 0),
            (b"1g\r\n", 0, NGX_ERROR, b"", 0),
            (b"0g\r\n", 0, NGX_ERROR, b"", 0),
            (b";\r\n", 0, NGX_ERROR, b"", 0),
            (b"10000000000000000\r\n", 0, NGX_ERROR, b"", 0),
            (b"7fffffffffffffff\r\n", 0, NGX_ERROR, b"", 0),
            (b"3\r\nab", 0, NGX_AGAIN, b"ab", 0),
        ];

        for &(text, keep_trailers, rc, body, rest) in bodies {
            splits(text.len(), |ends| {
                request(|r| unsafe {
                    let mut ctx: ngx_http_chunked_t = zeroed();
                    let mut got = [0; 64];
                    let mut n = 0;

                    let (end, pos) = feed(text, ends, |b| {
                        loop {
                            let rc = ngx_http_parse_chunked(r, b, &raw mut ctx, keep_trailers);
                            if rc == NGX_AGAIN && end_is_done(text, keep_trailers) {
                                // never more than there is
                                let left = text.as_ptr().add(text.len()).offset_from((*b).pos);
                                assert!(ctx.length > 0 && ctx.length as isize <= left);
                            }
                            if rc != NGX_OK {
                                return rc;
                            }

                            let len = ngx_min((*b).last.offset_from_unsigned((*b).pos), ctx.size as usize);
                            assert!(len > 0);
                            got[n..n + len].copy_from_slice(ngx_str_t { len, data: (*b).pos }.bytes());
                            n += len;
                            (*b).pos = (*b).pos.add(len);
                            ctx.size -= len as off_t;
                        }
                    });

                    let name = text.escape_ascii();
                    assert_eq!((end, &got[..n]), (rc, body), "{name}");
                    if rc == NGX_DONE {
                        assert_eq!(pos, text.len() - rest, "{name}");
                    }
                })
            });
        }

        fn end_is_done(text: &[u8], keep_trailers: ngx_uint_t) -> bool {
            keep_trailers == 0 && text.ends_with(b"\r\n\r\n")
        }
    }

    #[test]
    fn chunked_length() {
        let lengths: &[(&[u8], off_t)] = &[
            (b"", 5),
            (b"0", 4),
            (b"3", 12),
            (b"3;", 12),
            (b"3\r", 11),
            (b"3\r\n", 10),
            (b"0\r", 3),
            (b"0;", 4),
            (b"0\r\n", 2),
            (b"0\r\n\r", 1),
            (b"0\r\na", 4),
            (b"0\r\na\r", 3),
        ];

        for &(text, length) in lengths {
            request(|r| unsafe {
                let mut ctx: ngx_http_chunked_t = zeroed();
                feed(text, [text.len()], |b| ngx_http_parse_chunked(r, b, &raw mut ctx, 0));
                assert_eq!(ctx.length, length, "{}", text.escape_ascii());
            });
        }
    }

    #[test]
    fn complex_uri() {
        type Uri = (&'static str, ngx_uint_t, Option<(&'static str, &'static str, &'static str)>);
        let uris: &[Uri] = &[
            ("/a/./b", 1, Some(("/a/b", "", ""))),
            ("/a/../b.c", 1, Some(("/b.c", "c", ""))),
            ("/a/b/..", 1, Some(("/a/", "", ""))),
            ("/a/.", 1, Some(("/a/", "", ""))),
            ("/a.b/c", 1, Some(("/a.b/c", "", ""))),
            ("//a///b", 1, Some(("/a/b", "", ""))),
            ("//a///b", 0, Some(("//a///b", "", ""))),
            ("/%61%2fb%3f%23%25", 1, Some(("/a/b?#%", "", ""))),
            ("/a%2f..%2Fb", 1, Some(("/b", "", ""))),
            ("/%2e%2e", 1, None),
            ("/..", 1, None),
            ("/a/../..?x", 1, None),
            ("/a/..#x", 1, Some(("/", "", ""))),
            ("/a/.?b", 1, Some(("/a/", "", "b"))),
            ("/a%2b.b+?c#d", 1, Some(("/a+.b+", "b+", "c"))),
            ("/...a", 1, Some(("/...a", "", ""))),
            ("/%0", 1, None),
            ("/%", 1, None),
            ("/%00", 1, None),
            ("/%g0", 1, None),
            ("/%0g", 1, None),
        ];

        for &(uri, merge_slashes, want) in uris {
            request(|r| unsafe {
                let mut text = [b'\n'; 64];
                text[..uri.len()].copy_from_slice(uri.as_bytes());
                let mut data = [0; 64];

                (*r).uri_start = text.as_mut_ptr();
                (*r).uri_end = (*r).uri_start.add(uri.len());
                (*r).uri.data = data.as_mut_ptr();

                let rc = ngx_http_parse_complex_uri(r, merge_slashes);

                let Some((path, exten, args)) = want else {
                    assert_eq!(rc, NGX_HTTP_PARSE_INVALID_REQUEST, "{uri}");
                    return;
                };

                assert_eq!(rc, NGX_OK, "{uri}");
                assert_eq!((*r).uri.bytes(), path.as_bytes(), "{uri}");
                assert_eq!((*r).exten.bytes(), exten.as_bytes(), "{uri}");

                // without "#" the caller takes them from args_start
                if !(*r).args_start.is_null() {
                    (*r).args.data = (*r).args_start;
                    (*r).args.len = (*r).uri_end.offset_from_unsigned((*r).args_start);
                }
                assert_eq!((*r).args.bytes(), args.as_bytes(), "{uri}");
            });
        }
    }

    #[test]
    fn plain_uri() {
        let uris: &[(&[u8], ngx_int_t, bool, bool)] = &[
            (b"/a/b.c?d", NGX_OK, false, false),
            (b"/a/../b", NGX_OK, true, false),
            (b"/a//b", NGX_OK, true, false),
            (b"/a%20", NGX_OK, false, true),
            (b"/?a#b", NGX_OK, true, false),
            (b"a", NGX_ERROR, false, false),
            (b"/ ", NGX_ERROR, false, false),
            (b"/a\x7f", NGX_ERROR, false, false),
            (b"/?\n", NGX_ERROR, false, false),
        ];

        for &(uri, rc, complex, quoted) in uris {
            request(|r| unsafe {
                (*r).uri_start = uri.as_ptr().cast_mut();
                (*r).uri_end = (*r).uri_start.add(uri.len());
                let got = ngx_http_parse_uri(r);
                assert_eq!((got, (*r).complex_uri, (*r).quoted_uri), (rc, complex, quoted), "{}", uri.escape_ascii());
            });
        }
    }

    #[test]
    fn unsafe_uri() {
        let uris: &[(&str, Option<(&str, &str)>)] = &[
            ("/a/b?c?d", Some(("/a/b", "c?d"))),
            ("a..b/..c", Some(("a..b/..c", ""))),
            ("/%61?%61", Some(("/a", "%61"))),
            ("", None),
            ("?a", None),
            ("..", None),
            ("../a", None),
            ("/a/../b", None),
            ("/a/..", None),
            ("/a/%2e%2E", None),
            ("%2e./a", None),
            ("/a%00", None),
            ("/a\0", None),
        ];

        for &(uri, want) in uris {
            request(|r| unsafe {
                (*r).pool = ngx_create_pool(1024, (*(*r).connection).log);
                let mut text = [0; 64];
                text[..uri.len()].copy_from_slice(uri.as_bytes());

                let mut u = ngx_str_t { len: uri.len(), data: text.as_mut_ptr() };
                let mut args = ngx_null_string;
                let mut flags = NGX_HTTP_LOG_UNSAFE;

                let rc = ngx_http_parse_unsafe_uri(r, &raw mut u, &raw mut args, &raw mut flags);

                match want {
                    Some((path, a)) => {
                        assert_eq!((rc, u.bytes(), args.bytes()), (NGX_OK, path.as_bytes(), a.as_bytes()), "{uri}")
                    }
                    None => assert_eq!(rc, NGX_ERROR, "{uri}"),
                }

                ngx_destroy_pool((*r).pool);
            });
        }
    }

    #[test]
    fn multi_header_lines() {
        request(|r| unsafe {
            let find = |name: ngx_str_t, sep, with_value| {
                let mut second: ngx_table_elt_t = zeroed();
                second.value = ngx_string!("D = 4 , E=5;f");
                let mut first: ngx_table_elt_t = zeroed();
                first.value = ngx_string!("aa=1; a = 2;  b=3;c");
                first.next = &raw mut second;

                let (mut name, mut value) = (name, ngx_null_string);
                let v = if with_value { &raw mut value } else { null_mut() };
                let h = ngx_http_parse_multi_header_lines_internal(r, &raw mut first, &raw mut name, v, sep);
                (!h.is_null()).then(|| value.bytes())
            };

            assert_eq!(find(ngx_string!("a"), b';', true), Some(&b"2"[..]));
            assert_eq!(find(ngx_string!("B"), b';', true), Some(&b"3"[..]));
            assert_eq!(find(ngx_string!("c"), b';', true), None);
            assert_eq!(find(ngx_string!("c"), b';', false), Some(&b""[..]));
            assert_eq!(find(ngx_string!("d"), b',', true), Some(&b"4 "[..]));
            assert_eq!(find(ngx_string!("e"), b',', true), Some(&b"5;f"[..]));
            assert_eq!(find(ngx_string!("f"), b';', false), Some(&b""[..]));
            assert_eq!(find(ngx_string!("g"), b';', false), None);
        });
    }

    #[test]
    fn arg() {
        request(|r| unsafe {
            let find = |args, name: &[u8]| {
                (*r).args = args;
                let mut value = ngx_null_string;
                let rc = ngx_http_arg(r, name.as_ptr().cast_mut(), name.len(), &raw mut value);
                (rc == NGX_OK).then(|| value.bytes())
            };

            assert_eq!(find(ngx_string!("a=1&bb=2&b=3"), b"b"), Some(&b"3"[..]));
            assert_eq!(find(ngx_string!("a=1&BB=&b=3"), b"bb"), Some(&b""[..]));
            assert_eq!(find(ngx_string!("a=1&b"), b"b"), None);
            assert_eq!(find(ngx_string!("xa=1"), b"a"), None);
            assert_eq!(find(ngx_string!(""), b"a"), None);
        });
    }
}
