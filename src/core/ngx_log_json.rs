//! Ours: a line of the error log as a JSON object (`error_log … json`), and what a plain line may not contain.

use crate::core::{ngx_config::*, ngx_log::*, ngx_string::*, ngx_times::*};
use crate::os::unix::{ngx_atomic::*, ngx_process_cycle::*, ngx_thread_id::*};

use arrayvec::ArrayVec;

/// What a log's owner knows, by name: noted by its ngx_log_handler_pt beside the text.
pub type ngx_log_fields_t = ArrayVec<(&'static str, ngx_str_t), 8>;

/// A value longer than this stands behind the message, so that it does not push the message out.
const NGX_LOG_JSON_SHORT: usize = 128;

#[inline(always)]
pub unsafe fn ngx_log_field(fields: *mut ngx_log_fields_t, name: &'static str, value: ngx_str_t) {
    let _ = (*fields).try_push((name, value));
}

/// Where there is an action.
pub unsafe fn ngx_log_action(log: *mut ngx_log_t) -> ngx_str_t {
    ngx_str_t { len: ngx_strlen((*log).action.cast()), data: (*log).action.cast_mut().cast() }
}

/// DEVIATION (CVE-2009-4487): bytes that a terminal obeys, which come from clients and files, are written as \xHH. nginx
/// writes them as they are. Bytes from 0x80 on are names in UTF-8.
#[inline]
pub fn ngx_log_unsafe(text: &[u8]) -> bool {
    // no early exit: it becomes vector code
    text.iter().fold(false, |found, &ch| found | (ch < 0x20) | (ch == 0x7f))
}

/// Copies, with those bytes escaped, as much as there is room for.
#[cold]
pub unsafe fn ngx_log_escape(mut dst: *mut u8, last: *mut u8, text: &[u8]) -> *mut u8 {
    for &ch in text {
        let n = if ngx_log_unsafe(&[ch]) { 4 } else { 1 };

        if last.offset_from_unsigned(dst) < n {
            break;
        }

        if n == 1 {
            *dst = ch;
        } else {
            let _ = ngx_sprintf!(dst, "\\x%02Xd", ch as c_int);
        }

        dst = dst.add(n);
    }

    dst
}

/// Writes the object and LF to `buf`, at most `len` bytes, whatever the values are: what does not fit is cut or left out.
pub unsafe fn ngx_log_json(
    buf: *mut u8,
    len: usize,
    level: *const ngx_str_t,
    connection: ngx_atomic_uint_t,
    message: &[u8],
    fields: *const ngx_log_fields_t,
) -> *mut u8 {
    // the end of the object
    let last = buf.add(len - "}\n".len());

    let mut p = ngx_slprintf!(
        buf,
        last,
        "{\"time\":\"%V\",\"level\":\"%V\",\"pid\":%P,\"tid\":%P",
        ngx_cached_http_log_iso8601.ptr(),
        level,
        ngx_pid.get(),
        ngx_thread_tid()
    );

    if connection != 0 {
        p = ngx_slprintf!(p, last, ",\"connection\":%uA", connection);
    }

    for (name, value) in &*fields {
        if value.len <= NGX_LOG_JSON_SHORT {
            p = ngx_log_json_value(p, last, name, value.bytes());
        }
    }

    p = ngx_log_json_value(p, last, "message", message);

    for (name, value) in &*fields {
        if value.len > NGX_LOG_JSON_SHORT {
            p = ngx_log_json_value(p, last, name, value.bytes());
        }
    }

    ngx_cpylit(p, b"}\n")
}

/// `,"name":"value"`, or nothing where the name has no room.
unsafe fn ngx_log_json_value(mut p: *mut u8, last: *mut u8, name: &str, value: &[u8]) -> *mut u8 {
    if last.offset_from_unsigned(p) < name.len() + ",\"\":\"\"".len() {
        return p;
    }

    p = ngx_sprintf!(p, ",\"%s\":\"", name);
    p = ngx_log_json_string(p, last.sub(1), value);
    *p = b'"';
    p.add(1)
}

/// Stops in front of the first character that has no room. Not UTF-8: \\xHH, which reads as \xHH.
unsafe fn ngx_log_json_string(mut p: *mut u8, last: *mut u8, value: &[u8]) -> *mut u8 {
    let mut text = [0u8; 8];

    for chunk in value.utf8_chunks() {
        for ch in chunk.valid().chars() {
            let end = match ch {
                '"' | '\\' => ngx_sprintf!(text.as_mut_ptr(), "\\%c", ch as c_int),
                // with DEL and the second set of control characters
                _ if ch.is_control() => ngx_sprintf!(text.as_mut_ptr(), "\\u%04xd", ch as c_int),
                _ => text.as_mut_ptr().add(ch.encode_utf8(&mut text).len()),
            };

            let n = end.offset_from_unsigned(text.as_ptr());

            if last.offset_from_unsigned(p) < n {
                return p;
            }

            p = ngx_cpymem(p, text.as_ptr(), n);
        }

        for &ch in chunk.invalid() {
            if last.offset_from_unsigned(p) < "\\\\xHH".len() {
                return p;
            }

            p = ngx_sprintf!(p, "\\\\x%02Xd", ch as c_int);
        }
    }

    p
}
