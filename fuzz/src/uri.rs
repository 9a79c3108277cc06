//! The normalisation of a URI, and its escapes, against plain Rust.

use crate::server;

use nginx::core::ngx_core::NGX_OK;
use nginx::core::ngx_palloc::*;
use nginx::core::ngx_string::*;
use nginx::http::ngx_http_parse::*;
use nginx::http::ngx_http_request::ngx_http_request_t;

use std::ptr::null_mut;

pub const WORDS: &[&str] = &[
    "/", "..", "/../", "/./", "//", "%2e", "%2f", "%2F", "%00", "%25", "?", "#", "+", "%", "%%", "\\", ".html", "%zz",
    "/%2e%2e/", "/.%2e", "%3f", "%23",
];

pub fn run(data: &[u8]) {
    let Some((&knob, text)) = data.split_first() else { return };
    if text.is_empty() || text.len() > 2000 {
        return;
    }
    server::cycle();
    complex(text, knob & 1 != 0);
    unsafe_uri(text);
    escapes(text, knob as usize % 8);
    unescapes(text);
}

/// What ngx_http_parse_request_line() hands over: from a slash on, with something behind the end.
fn complex(text: &[u8], merge: bool) {
    // what does not begin with a slash, or has bytes that end a URI, the request line's parser keeps back
    let mut line = b"/".to_vec();
    line.extend(text.iter().copied().filter(|&b| b > 0x20 && b != 0x7f));
    let len = line.len();
    line.push(b' ');
    line.shrink_to_fit();

    unsafe {
        let pool = ngx_create_pool(4096, (*server::cycle()).log);
        let r: *mut ngx_http_request_t = ngx_pcalloc(pool);
        (*r).pool = pool;
        (*r).connection = null_mut();
        (*r).uri_start = line.as_mut_ptr();
        (*r).uri_end = (*r).uri_start.add(len);
        (*r).uri.len = len;
        // as ngx_http_process_request_uri() allocates it
        (*r).uri.data = ngx_pnalloc(pool, len);

        let rc = ngx_http_parse_complex_uri(r, merge as usize);
        let want = model(&line[..len], merge);

        if rc == NGX_OK {
            let got = (*r).uri.bytes();
            assert!(got.len() <= len);
            assert_eq!(Some(got), want.as_deref(), "{:?}", String::from_utf8_lossy(&line));
            if !(*r).uri_ext.is_null() && (*r).exten.len != 0 {
                assert!(got.ends_with((*r).exten.bytes()));
            }
        } else {
            assert_eq!(want, None, "{:?}", String::from_utf8_lossy(&line));
        }

        ngx_destroy_pool(pool);
    }
}

/// Segment by segment, where nginx goes byte by byte.
fn model(uri: &[u8], merge: bool) -> Option<Vec<u8>> {
    // decode first, remembering what was escaped: an escaped '?' or '#' ends nothing
    let mut plain: Vec<(u8, bool)> = Vec::new();
    let mut i = 0;
    let mut end = false;

    while i < uri.len() && !end {
        match uri[i] {
            b'?' | b'#' => end = true,
            b'%' => {
                let hex = |b: Option<&u8>| (*b? as char).to_digit(16);
                let (h, l) = (hex(uri.get(i + 1))?, hex(uri.get(i + 2))?);
                let ch = (h * 16 + l) as u8;
                if ch == 0 {
                    return None;
                }
                plain.push((ch, true));
                i += 3;
            }
            ch => {
                plain.push((ch, false));
                i += 1;
            }
        }
    }

    let mut out: Vec<u8> = vec![b'/'];
    let segments: Vec<Vec<u8>> = plain[1..].split(|c| c.0 == b'/').map(|s| s.iter().map(|c| c.0).collect()).collect();
    let last = segments.len() - 1;

    for (n, segment) in segments.iter().enumerate() {
        match segment.as_slice() {
            b"." => {}
            b".." => {
                // without merging an empty segment is one to go up from
                out.pop();
                let at = out.iter().rposition(|&b| b == b'/')?;
                out.truncate(at + 1);
            }
            b"" if merge && n != last => {}
            segment => {
                out.extend_from_slice(segment);
                if n != last {
                    out.push(b'/');
                }
            }
        }
    }

    Some(out)
}

fn unsafe_uri(text: &[u8]) {
    unsafe {
        let log = (*server::cycle()).log;
        let pool = ngx_create_pool(4096, log);
        let mut c: nginx::core::ngx_connection::ngx_connection_t = std::mem::zeroed();
        c.log = log;
        let r: *mut ngx_http_request_t = ngx_pcalloc(pool);
        (*r).pool = pool;
        (*r).connection = &raw mut c;

        // a string of nginx's has a byte behind it that can be read
        let mut copy = text.to_vec();
        copy.push(0);
        copy.shrink_to_fit();
        let mut uri = ngx_str_t { len: text.len(), data: copy.as_mut_ptr() };
        let mut args = ngx_str_t { len: 0, data: null_mut() };
        let mut flags = 0;

        if ngx_http_parse_unsafe_uri(r, &raw mut uri, &raw mut args, &raw mut flags) == NGX_OK {
            let got = uri.bytes();
            assert!(!got.contains(&0));
            assert!(!got.split(|&b| b == b'/').any(|s| s == b".."), "{:?}", String::from_utf8_lossy(text));
            assert!(uri.len + args.len <= text.len());
        }

        ngx_destroy_pool(pool);
    }
}

fn escapes(text: &[u8], type_: usize) {
    unsafe {
        let n = ngx_escape_uri(null_mut(), text.as_ptr(), text.len(), type_);
        let mut escaped = vec![0u8; text.len() + 2 * n];
        let end = ngx_escape_uri(escaped.as_mut_ptr(), text.as_ptr(), text.len(), type_);
        assert_eq!(end - escaped.as_ptr() as usize, escaped.len());

        // the first four escape '%', and with it everything can be had back
        if type_ < 4 && type_ != NGX_ESCAPE_HTML {
            let mut back = vec![0u8; escaped.len()];
            let (mut d, mut s) = (back.as_mut_ptr(), escaped.as_mut_ptr());
            ngx_unescape_uri(&raw mut d, &raw mut s, escaped.len(), 0);
            back.truncate(d.offset_from_unsigned(back.as_ptr()));
            assert_eq!(back, text);
        }
    }
}

fn unescapes(text: &[u8]) {
    for type_ in [0, NGX_UNESCAPE_URI, NGX_UNESCAPE_REDIRECT] {
        let mut from = text.to_vec();
        let mut to = vec![0u8; text.len()];
        unsafe {
            let (mut d, mut s) = (to.as_mut_ptr(), from.as_mut_ptr());
            ngx_unescape_uri(&raw mut d, &raw mut s, from.len(), type_);
            to.truncate(d.offset_from_unsigned(to.as_ptr()));

            // in place it is the same
            let (mut d, mut s) = (from.as_mut_ptr(), from.as_mut_ptr());
            let len = from.len();
            ngx_unescape_uri(&raw mut d, &raw mut s, len, type_);
            from.truncate(d.offset_from_unsigned(from.as_ptr()));
        }
        assert_eq!(from, to);
    }
}
