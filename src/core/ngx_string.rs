//! Port of src/core/ngx_string.c and .h
//! Ours: `ngx_arg_t` and the format macros, which stand where C has `...`; ngx_cpylit(), ngx_cpynum(), ngx_cpyhex().

use crate::core::{ngx_config::*, ngx_core::*, ngx_cycle::*, ngx_palloc::*, ngx_rbtree::*};
use crate::os::unix::ngx_alloc::*;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_str_t {
    pub len: usize,
    pub data: *mut u8,
}

// SAFETY: static tables of strings point to literals.
unsafe impl Sync for ngx_str_t {}

impl ngx_str_t {
    /// A view for one expression. `{0, NULL}` is legal in C, not in from_raw_parts().
    #[inline(always)]
    pub const unsafe fn bytes<'a>(self) -> &'a [u8] {
        if self.len == 0 {
            return &[];
        }
        core::slice::from_raw_parts(self.data, self.len)
    }
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_keyval_t {
    pub key: ngx_str_t,
    pub value: ngx_str_t,
}

/// C packs length and flags into one 32-bit word; so does `ngx_http_variable()` in spirit.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_variable_value_t {
    pub len: u32,
    pub valid: bool,
    pub no_cacheable: bool,
    pub not_found: bool,
    pub escape: bool,
    pub data: *mut u8,
}

const _: () = assert!(size_of::<ngx_variable_value_t>() == 8 + size_of::<usize>()); // C: 16

// SAFETY: static values point to literals.
unsafe impl Sync for ngx_variable_value_t {}

impl ngx_variable_value_t {
    /// As ngx_str_t::bytes().
    #[inline(always)]
    pub const unsafe fn bytes<'a>(self) -> &'a [u8] {
        if self.len == 0 {
            return &[];
        }
        core::slice::from_raw_parts(self.data, self.len as usize)
    }
}

/// A literal, with the NUL behind it that C literals have.
macro_rules! ngx_string {
    ($s:literal) => {
        crate::core::ngx_string::ngx_str_t { len: $s.len(), data: concat!($s, "\0").as_ptr().cast_mut() }
    };
}
pub(crate) use ngx_string;

pub const ngx_null_string: ngx_str_t = ngx_str_t { len: 0, data: null_mut() };

/// `ngx_str_set(&str, "text")`
macro_rules! ngx_str_set {
    ($str:expr, $text:literal) => {
        *$str = crate::core::ngx_string::ngx_string!($text)
    };
}
pub(crate) use ngx_str_set;

#[inline(always)]
pub unsafe fn ngx_str_null(str: *mut ngx_str_t) {
    *str = ngx_null_string
}

#[inline(always)]
pub const fn ngx_tolower(c: u8) -> u8 {
    if c >= b'A' && c <= b'Z' { c | 0x20 } else { c }
}

#[inline(always)]
pub const fn ngx_toupper(c: u8) -> u8 {
    if c >= b'a' && c <= b'z' { c & !0x20 } else { c }
}

#[inline(always)]
pub unsafe fn ngx_strncmp(s1: *const u8, s2: *const u8, n: usize) -> c_int {
    libc::strncmp(s1.cast(), s2.cast(), n)
}

#[inline(always)]
pub unsafe fn ngx_strcmp(s1: *const u8, s2: *const u8) -> c_int {
    libc::strcmp(s1.cast(), s2.cast())
}

#[inline(always)]
pub unsafe fn ngx_strstr(s1: *const u8, s2: *const u8) -> *mut u8 {
    libc::strstr(s1.cast(), s2.cast()).cast()
}

#[inline(always)]
pub unsafe fn ngx_strlen(s: *const u8) -> usize {
    libc::strlen(s.cast())
}

#[inline(always)]
pub unsafe fn ngx_strchr(s: *const u8, c: u8) -> *mut u8 {
    libc::strchr(s.cast(), c as c_int).cast()
}

/// The first `c` in `p..last`, NULL without one.
#[inline(always)]
pub unsafe fn ngx_strlchr(p: *mut u8, last: *mut u8, c: u8) -> *mut u8 {
    if p >= last {
        return null_mut();
    }
    match memchr::memchr(c, core::slice::from_raw_parts(p, last.offset_from_unsigned(p))) {
        Some(n) => p.add(n),
        None => null_mut(),
    }
}

#[inline(always)]
pub unsafe fn ngx_memzero<T>(buf: *mut T, n: usize) {
    buf.cast::<u8>().write_bytes(0, n)
}

#[inline(always)]
pub unsafe fn ngx_memset<T>(buf: *mut T, c: u8, n: usize) {
    buf.cast::<u8>().write_bytes(c, n)
}

/// `n` is in bytes. As in C, NULL is fine for 0.
#[inline(always)]
pub unsafe fn ngx_memcpy<T, U>(dst: *mut T, src: *const U, n: usize) {
    dst.cast::<u8>().copy_from_nonoverlapping(src.cast(), n)
}

/// Returns the end of what was written.
#[inline(always)]
pub unsafe fn ngx_cpymem(dst: *mut u8, src: *const u8, n: usize) -> *mut u8 {
    dst.copy_from_nonoverlapping(src, n);
    dst.add(n)
}

#[inline(always)]
pub unsafe fn ngx_copy(dst: *mut u8, src: *const u8, n: usize) -> *mut u8 {
    ngx_cpymem(dst, src, n)
}

/// `ngx_cpymem(dst, "literal", sizeof("literal") - 1)`
#[inline(always)]
pub unsafe fn ngx_cpylit(dst: *mut u8, lit: &[u8]) -> *mut u8 {
    ngx_cpymem(dst, lit.as_ptr(), lit.len())
}

#[inline(always)]
pub unsafe fn ngx_memmove<T, U>(dst: *mut T, src: *const U, n: usize) {
    dst.cast::<u8>().copy_from(src.cast(), n)
}

#[inline(always)]
pub unsafe fn ngx_movemem(dst: *mut u8, src: *const u8, n: usize) -> *mut u8 {
    dst.copy_from(src, n);
    dst.add(n)
}

#[inline(always)]
pub unsafe fn ngx_memcmp<T, U>(s1: *const T, s2: *const U, n: usize) -> c_int {
    libc::memcmp(s1.cast(), s2.cast(), n)
}

#[inline(always)]
pub const fn ngx_base64_encoded_length(len: usize) -> usize {
    len.div_ceil(3) * 4
}

#[inline(always)]
pub const fn ngx_base64_decoded_length(len: usize) -> usize {
    len.div_ceil(4) * 3
}

/// The `n` bytes at `p`, a view for one expression as ngx_str_t::bytes(); `p` may be NULL for 0.
#[inline(always)]
pub unsafe fn ngx_bytes<'a>(p: *const u8, n: usize) -> &'a [u8] {
    ngx_str_t { len: n, data: p.cast_mut() }.bytes()
}

pub const NGX_ESCAPE_URI: ngx_uint_t = 0;
pub const NGX_ESCAPE_ARGS: ngx_uint_t = 1;
pub const NGX_ESCAPE_URI_COMPONENT: ngx_uint_t = 2;
pub const NGX_ESCAPE_HTML: ngx_uint_t = 3;
pub const NGX_ESCAPE_REFRESH: ngx_uint_t = 4;
pub const NGX_ESCAPE_MEMCACHED: ngx_uint_t = 5;
pub const NGX_ESCAPE_MAIL_AUTH: ngx_uint_t = 6;
pub const NGX_ESCAPE_MAIL_XTEXT: ngx_uint_t = 7;

pub const NGX_UNESCAPE_URI: ngx_uint_t = 1;
pub const NGX_UNESCAPE_REDIRECT: ngx_uint_t = 2;

/// A node of a tree of strings; its key is a hash of `str`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_str_node_t {
    pub node: ngx_rbtree_node_t,
    pub str: ngx_str_t,
}

/// libc's sort, so that equal elements come out as they do in C.
#[inline(always)]
pub unsafe fn ngx_qsort<T>(
    base: *mut T,
    n: usize,
    size: usize,
    cmp: Option<unsafe extern "C" fn(*const c_void, *const c_void) -> c_int>,
) {
    libc::qsort(base.cast(), n, size, cmp)
}

/// One argument of a format. Integers keep their value and are cut to the conversion's width when printed;
/// `%s` takes a NUL-terminated pointer or a slice, `%V` an ngx_str_t or a pointer to one, `%v` a pointer to an
/// ngx_variable_value_t.
#[derive(Clone, Copy)]
pub enum ngx_arg_t {
    I(i64),
    U(u64),
    F(f64),
    P(*const c_void),
    S(*const u8, usize),
}

macro_rules! ngx_arg_from {
    ($v:ident as $w:ty: $($t:ty),*) => { $(
        impl From<$t> for ngx_arg_t {
            #[inline(always)]
            fn from(v: $t) -> Self { ngx_arg_t::$v(v as $w) }
        }
    )* };
}
ngx_arg_from!(I as i64: i8, i16, i32, i64, isize);
ngx_arg_from!(U as u64: bool, u8, u16, u32, u64, usize);
ngx_arg_from!(F as f64: f64);

impl<T> From<*const T> for ngx_arg_t {
    #[inline(always)]
    fn from(p: *const T) -> Self {
        ngx_arg_t::P(p.cast())
    }
}

impl<T> From<*mut T> for ngx_arg_t {
    #[inline(always)]
    fn from(p: *mut T) -> Self {
        ngx_arg_t::P(p.cast_const().cast())
    }
}

impl From<ngx_str_t> for ngx_arg_t {
    #[inline(always)]
    fn from(s: ngx_str_t) -> Self {
        ngx_arg_t::S(s.data, s.len)
    }
}

impl From<&[u8]> for ngx_arg_t {
    #[inline(always)]
    fn from(s: &[u8]) -> Self {
        ngx_arg_t::S(s.as_ptr(), s.len())
    }
}

impl<const N: usize> From<&[u8; N]> for ngx_arg_t {
    #[inline(always)]
    fn from(s: &[u8; N]) -> Self {
        ngx_arg_t::S(s.as_ptr(), N)
    }
}

impl From<&str> for ngx_arg_t {
    #[inline(always)]
    fn from(s: &str) -> Self {
        ngx_arg_t::S(s.as_ptr(), s.len())
    }
}

impl From<&CStr> for ngx_arg_t {
    #[inline(always)]
    fn from(s: &CStr) -> Self {
        ngx_arg_t::S(s.as_ptr().cast(), s.count_bytes())
    }
}

/// How many arguments a format takes.
pub const fn ngx_fmt_count(fmt: &str) -> usize {
    let fmt = fmt.as_bytes();
    let mut n = 0;
    let mut i = 0;
    while i < fmt.len() {
        if fmt[i] == b'%' {
            i += 1;
            while matches!(fmt[i], b'0'..=b'9' | b'u' | b'm' | b'x' | b'X' | b'.' | b'*') {
                if fmt[i] == b'*' {
                    n += 1;
                }
                i += 1;
            }
            n += !matches!(fmt[i], b'Z' | b'N' | b'%') as usize;
        }
        i += 1;
    }
    n
}

/// A format's bytes; that it takes as many arguments as stand behind it is checked when it is compiled.
macro_rules! ngx_fmt {
    ($fmt:literal $(, $arg:expr)* $(,)?) => {{
        const _: () = assert!(
            crate::core::ngx_string::ngx_fmt_count($fmt) == 0 $(+ { let _ = stringify!($arg); 1 })*,
            "the format's conversions and its arguments differ in number"
        );
        $fmt.as_bytes()
    }};
}
pub(crate) use ngx_fmt;

macro_rules! ngx_args {
    ($($arg:expr),* $(,)?) => {
        &[$(crate::core::ngx_string::ngx_arg_t::from($arg)),*] as &[crate::core::ngx_string::ngx_arg_t]
    };
}
pub(crate) use ngx_args;

/// `ngx_sprintf(buf, fmt, …)`: no bound, the caller has counted. Returns the end of what was written.
macro_rules! ngx_sprintf {
    ($buf:expr, $fmt:literal $(, $arg:expr)* $(,)?) => {
        crate::core::ngx_string::ngx_vslprintf($buf, core::ptr::without_provenance_mut(usize::MAX), crate::core::ngx_string::ngx_fmt!($fmt $(, $arg)*),
            crate::core::ngx_string::ngx_args!($($arg),*))
    };
}
pub(crate) use ngx_sprintf;

macro_rules! ngx_snprintf {
    ($buf:expr, $max:expr, $fmt:literal $(, $arg:expr)* $(,)?) => {{
        let buf: *mut u8 = $buf;
        crate::core::ngx_string::ngx_vslprintf(buf, buf.add($max), crate::core::ngx_string::ngx_fmt!($fmt $(, $arg)*),
            crate::core::ngx_string::ngx_args!($($arg),*))
    }};
}
pub(crate) use ngx_snprintf;

macro_rules! ngx_slprintf {
    ($buf:expr, $last:expr, $fmt:literal $(, $arg:expr)* $(,)?) => {
        crate::core::ngx_string::ngx_vslprintf($buf, $last, crate::core::ngx_string::ngx_fmt!($fmt $(, $arg)*),
            crate::core::ngx_string::ngx_args!($($arg),*))
    };
}
pub(crate) use ngx_slprintf;

pub unsafe fn ngx_strlow(dst: *mut u8, src: *const u8, n: usize) {
    for i in 0..n {
        *dst.add(i) = ngx_tolower(*src.add(i));
    }
}

pub unsafe fn ngx_strnlen(p: *const u8, n: usize) -> usize {
    libc::strnlen(p.cast(), n)
}

/// Copies a NUL-terminated string, at most `n` bytes with the NUL; returns where the NUL is.
pub unsafe fn ngx_cpystrn(mut dst: *mut u8, src: *const u8, n: usize) -> *mut u8 {
    if n == 0 {
        return dst;
    }

    let len = ngx_strnlen(src, n - 1);

    dst = ngx_movemem(dst, src, len);

    *dst = 0;

    dst
}

#[must_use]
pub unsafe fn ngx_pstrdup(pool: *mut ngx_pool_t, src: *const ngx_str_t) -> *mut u8 {
    let dst = ngx_pnalloc(pool, (*src).len);
    if dst.is_null() {
        return null_mut();
    }

    ngx_memcpy(dst, (*src).data, (*src).len);

    dst
}

/// Writes at most to `last` and never a NUL of its own; returns the end of what was written.
///
/// ```text
/// i A d D l L z O T M P r   numbers: with a width (m: the largest), zeros (0), unsigned (u), in hexadecimal (x, X)
/// f p c                     double ("%18.15f" fits), pointer, character
/// V v s                     ngx_str_t, ngx_variable_value_t *, a NUL-terminated string or a slice; in hexadecimal (x, X)
/// *s                        length and string
/// N Z %                     LF, NUL, percent
/// ```
pub unsafe fn ngx_vslprintf(mut buf: *mut u8, last: *mut u8, fmt: &[u8], args: &[ngx_arg_t]) -> *mut u8 {
    let mut f = 0;
    let mut args = args.iter().copied();

    macro_rules! next_arg {
        () => {
            match args.next() {
                Some(arg) => arg,
                None => ngx_arg_t::I(0),
            }
        };
    }

    // there is room for one character at least: a plain one, "%%", "%c", the minus

    while buf < last && f < fmt.len() {
        let ch = fmt[f];
        f += 1;

        if ch != b'%' {
            *buf = ch;
            buf = buf.add(1);
            continue;
        }

        let mut i64_: i64 = 0;
        let mut ui64: u64 = 0;

        let mut zero = if fmt.get(f) == Some(&b'0') { b'0' } else { b' ' };
        let mut width: ngx_uint_t = 0;
        let mut sign = true;
        let mut hex: ngx_uint_t = 0;
        let mut max_width = false;
        let mut frac_width: ngx_uint_t = 0;
        let mut slen = usize::MAX;

        while let Some(ch @ b'0'..=b'9') = fmt.get(f).copied() {
            width = width * 10 + (ch - b'0') as usize;
            f += 1;
        }

        loop {
            match fmt.get(f) {
                Some(b'u') => sign = false,
                Some(b'm') => max_width = true,
                Some(b'X') => {
                    hex = 2;
                    sign = false;
                }
                Some(b'x') => {
                    hex = 1;
                    sign = false;
                }
                Some(b'.') => {
                    f += 1;
                    while let Some(ch @ b'0'..=b'9') = fmt.get(f).copied() {
                        frac_width = frac_width * 10 + (ch - b'0') as usize;
                        f += 1;
                    }
                    break;
                }
                Some(b'*') => slen = ngx_arg_int(next_arg!()) as usize,
                _ => break,
            }
            f += 1;
        }

        let Some(&ch) = fmt.get(f) else { break };
        f += 1;

        match ch {
            b'V' => {
                let v = match next_arg!() {
                    ngx_arg_t::P(p) => *p.cast::<ngx_str_t>(),
                    ngx_arg_t::S(data, len) => ngx_str_t { len, data: data.cast_mut() },
                    _ => ngx_null_string,
                };

                buf = ngx_sprintf_str(buf, last, v.data, v.len, hex);
                continue;
            }

            b'v' => {
                if let ngx_arg_t::P(p) = next_arg!() {
                    let vv = p.cast::<ngx_variable_value_t>();
                    buf = ngx_sprintf_str(buf, last, (*vv).data, (*vv).len as usize, hex);
                }
                continue;
            }

            b's' => {
                match next_arg!() {
                    ngx_arg_t::P(p) => buf = ngx_sprintf_str(buf, last, p.cast(), slen, hex),
                    ngx_arg_t::S(p, len) => buf = ngx_sprintf_str(buf, last, p, ngx_min(slen, len), hex),
                    _ => {}
                }
                continue;
            }

            b'O' | b'P' | b'T' | b'r' => {
                i64_ = ngx_arg_int(next_arg!());
                sign = true;
            }

            b'M' => {
                let ms = ngx_arg_int(next_arg!());
                if ms == -1 {
                    sign = true;
                    i64_ = -1;
                } else {
                    sign = false;
                    ui64 = ms as u64;
                }
            }

            b'z' | b'l' | b'L' => {
                i64_ = ngx_arg_int(next_arg!());
                ui64 = i64_ as u64;
            }

            b'i' | b'A' => {
                i64_ = ngx_arg_int(next_arg!());
                ui64 = i64_ as u64;

                if max_width {
                    width = NGX_INT_T_LEN;
                }
            }

            b'd' | b'D' => {
                let n = ngx_arg_int(next_arg!());
                i64_ = n as i32 as i64;
                ui64 = n as u32 as u64;
            }

            b'f' => {
                let mut d = match next_arg!() {
                    ngx_arg_t::F(d) => d,
                    arg => ngx_arg_int(arg) as f64,
                };

                if d < 0.0 {
                    *buf = b'-';
                    buf = buf.add(1);
                    d = -d;
                }

                ui64 = d as i64 as u64;
                let mut frac = 0;

                if frac_width != 0 {
                    let mut scale: u64 = 1;
                    for _ in 0..frac_width {
                        scale *= 10;
                    }

                    frac = ((d - ui64 as f64) * scale as f64 + 0.5) as u64;

                    if frac == scale {
                        ui64 += 1;
                        frac = 0;
                    }
                }

                buf = ngx_sprintf_num(buf, last, ui64, zero, 0, width);

                if frac_width != 0 {
                    if buf < last {
                        *buf = b'.';
                        buf = buf.add(1);
                    }

                    buf = ngx_sprintf_num(buf, last, frac, b'0', 0, frac_width);
                }

                continue;
            }

            b'p' => {
                ui64 = ngx_arg_int(next_arg!()) as u64;
                hex = 2;
                sign = false;
                zero = b'0';
                width = 2 * size_of::<*const u8>();
            }

            b'c' => {
                *buf = ngx_arg_int(next_arg!()) as u8;
                buf = buf.add(1);
                continue;
            }

            b'Z' => {
                *buf = 0;
                buf = buf.add(1);
                continue;
            }

            b'N' => {
                *buf = LF;
                buf = buf.add(1);
                continue;
            }

            ch => {
                *buf = ch;
                buf = buf.add(1);
                continue;
            }
        }

        if sign {
            if i64_ < 0 {
                *buf = b'-';
                buf = buf.add(1);
            }
            ui64 = i64_.unsigned_abs();
        }

        buf = ngx_sprintf_num(buf, last, ui64, zero, hex, width);
    }

    buf
}

#[inline(always)]
pub unsafe fn ngx_vsnprintf(buf: *mut u8, max: usize, fmt: &[u8], args: &[ngx_arg_t]) -> *mut u8 {
    ngx_vslprintf(buf, buf.add(max), fmt, args)
}

fn ngx_arg_int(arg: ngx_arg_t) -> i64 {
    match arg {
        ngx_arg_t::I(n) => n,
        ngx_arg_t::U(n) => n as i64,
        ngx_arg_t::F(f) => f as i64,
        ngx_arg_t::P(p) => p.addr() as i64,
        ngx_arg_t::S(p, _) => p.addr() as i64,
    }
}

unsafe fn ngx_sprintf_num(
    mut buf: *mut u8,
    last: *mut u8,
    mut ui64: u64,
    zero: u8,
    hexadecimal: ngx_uint_t,
    width: ngx_uint_t,
) -> *mut u8 {
    let mut temp = [0u8; NGX_INT64_LEN];
    let mut p = NGX_INT64_LEN;

    if hexadecimal == 0 {
        p -= ngx_cpynum_before(temp.as_mut_ptr().add(p), ui64);
    } else {
        let hex = if hexadecimal == 1 { b"0123456789abcdef" } else { b"0123456789ABCDEF" };
        loop {
            p -= 1;
            temp[p] = hex[(ui64 & 0xf) as usize];
            ui64 >>= 4;
            if ui64 == 0 {
                break;
            }
        }
    }

    // the padding

    let mut len = NGX_INT64_LEN - p;

    while len < width && buf < last {
        *buf = zero;
        buf = buf.add(1);
        len += 1;
    }

    // as much of the number as fits

    len = ngx_min(NGX_INT64_LEN - p, last.addr() - buf.addr());

    ngx_cpymem(buf, temp.as_ptr().add(p), len)
}

/// `len` is all ones for a NUL-terminated string.
unsafe fn ngx_sprintf_str(
    mut buf: *mut u8,
    last: *mut u8,
    mut src: *const u8,
    mut len: usize,
    hexadecimal: ngx_uint_t,
) -> *mut u8 {
    if hexadecimal == 0 {
        if len == usize::MAX {
            while *src != 0 && buf < last {
                *buf = *src;
                buf = buf.add(1);
                src = src.add(1);
            }
        } else {
            len = ngx_min(last.addr() - buf.addr(), len);
            buf = ngx_cpymem(buf, src, len);
        }
    } else {
        let hex = if hexadecimal == 1 { b"0123456789abcdef" } else { b"0123456789ABCDEF" };

        while len != 0 && last.addr() - buf.addr() > 1 {
            if len == usize::MAX {
                if *src == 0 {
                    break;
                }
            } else {
                len -= 1;
            }
            *buf = hex[(*src >> 4) as usize];
            *buf.add(1) = hex[(*src & 0xf) as usize];
            buf = buf.add(2);
            src = src.add(1);
        }
    }

    buf
}

// ASCII only, so no locale is asked.

pub unsafe fn ngx_strcasecmp(mut s1: *const u8, mut s2: *const u8) -> ngx_int_t {
    loop {
        let c1 = ngx_tolower(*s1) as ngx_int_t;
        let c2 = ngx_tolower(*s2) as ngx_int_t;
        s1 = s1.add(1);
        s2 = s2.add(1);

        if c1 == c2 {
            if c1 != 0 {
                continue;
            }

            return 0;
        }

        return c1 - c2;
    }
}

pub unsafe fn ngx_strncasecmp(mut s1: *const u8, mut s2: *const u8, mut n: usize) -> ngx_int_t {
    while n != 0 {
        let c1 = ngx_tolower(*s1) as ngx_int_t;
        let c2 = ngx_tolower(*s2) as ngx_int_t;
        s1 = s1.add(1);
        s2 = s2.add(1);

        if c1 == c2 {
            if c1 != 0 {
                n -= 1;
                continue;
            }

            return 0;
        }

        return c1 - c2;
    }

    0
}

/// Finds the NUL-terminated `s2` in the first `len` bytes of `s1`, or before a NUL there.
pub unsafe fn ngx_strnstr(mut s1: *mut u8, s2: *const c_char, mut len: usize) -> *mut u8 {
    let c2 = *s2.cast::<u8>();
    let s2 = s2.cast::<u8>().add(1);

    let n = ngx_strlen(s2);

    loop {
        loop {
            if len == 0 {
                return null_mut();
            }
            len -= 1;

            let c1 = *s1;
            s1 = s1.add(1);

            if c1 == 0 {
                return null_mut();
            }

            if c1 == c2 {
                break;
            }
        }

        if n > len {
            return null_mut();
        }

        if ngx_strncmp(s1, s2, n) == 0 {
            break;
        }
    }

    s1.sub(1)
}

/// Finds `s2`, which is `n + 1` bytes long, in the NUL-terminated `s1`.
pub unsafe fn ngx_strstrn(mut s1: *mut u8, s2: *const c_char, n: usize) -> *mut u8 {
    let c2 = *s2.cast::<u8>();
    let s2 = s2.cast::<u8>().add(1);

    loop {
        loop {
            let c1 = *s1;
            s1 = s1.add(1);

            if c1 == 0 {
                return null_mut();
            }

            if c1 == c2 {
                break;
            }
        }

        if ngx_strncmp(s1, s2, n) == 0 {
            break;
        }
    }

    s1.sub(1)
}

/// As ngx_strstrn(), whatever the case.
pub unsafe fn ngx_strcasestrn(mut s1: *mut u8, s2: *const c_char, n: usize) -> *mut u8 {
    let c2 = ngx_tolower(*s2.cast::<u8>());
    let s2 = s2.cast::<u8>().add(1);

    loop {
        loop {
            let c1 = *s1;
            s1 = s1.add(1);

            if c1 == 0 {
                return null_mut();
            }

            if ngx_tolower(c1) == c2 {
                break;
            }
        }

        if ngx_strncasecmp(s1, s2, n) == 0 {
            break;
        }
    }

    s1.sub(1)
}

/// Finds `s2`, which is `n + 1` bytes long, in `s1..last`, whatever the case.
pub unsafe fn ngx_strlcasestrn(mut s1: *mut u8, last: *mut u8, s2: *const u8, n: usize) -> *mut u8 {
    let c2 = ngx_tolower(*s2);
    let s2 = s2.add(1);
    let last = last.wrapping_sub(n);

    loop {
        loop {
            if s1 >= last {
                return null_mut();
            }

            let c1 = ngx_tolower(*s1);
            s1 = s1.add(1);

            if c1 == c2 {
                break;
            }
        }

        if ngx_strncasecmp(s1, s2, n) == 0 {
            break;
        }
    }

    s1.sub(1)
}

/// Compares from the end.
pub unsafe fn ngx_rstrncmp(s1: *const u8, s2: *const u8, mut n: usize) -> ngx_int_t {
    if n == 0 {
        return 0;
    }

    n -= 1;

    loop {
        if *s1.add(n) != *s2.add(n) {
            return *s1.add(n) as ngx_int_t - *s2.add(n) as ngx_int_t;
        }

        if n == 0 {
            return 0;
        }

        n -= 1;
    }
}

/// Compares from the end, whatever the case: in upper case, as C does.
pub unsafe fn ngx_rstrncasecmp(s1: *const u8, s2: *const u8, mut n: usize) -> ngx_int_t {
    if n == 0 {
        return 0;
    }

    n -= 1;

    loop {
        let c1 = ngx_toupper(*s1.add(n));
        let c2 = ngx_toupper(*s2.add(n));

        if c1 != c2 {
            return c1 as ngx_int_t - c2 as ngx_int_t;
        }

        if n == 0 {
            return 0;
        }

        n -= 1;
    }
}

/// memcmp() of strings of two lengths: of equal beginnings the shorter is the smaller.
pub unsafe fn ngx_memn2cmp(s1: *const u8, s2: *const u8, n1: usize, n2: usize) -> ngx_int_t {
    let (n, z) = if n1 <= n2 { (n1, -1) } else { (n2, 1) };

    let m = ngx_memcmp(s1, s2, n) as ngx_int_t;

    if m != 0 || n1 == n2 {
        return m;
    }

    z
}

/// Sorts domain names so that "example.com" stands before "example-1.com".
pub unsafe fn ngx_dns_strcmp(mut s1: *const u8, mut s2: *const u8) -> ngx_int_t {
    loop {
        let mut c1 = ngx_tolower(*s1) as ngx_int_t;
        let mut c2 = ngx_tolower(*s2) as ngx_int_t;
        s1 = s1.add(1);
        s2 = s2.add(1);

        if c1 == c2 {
            if c1 != 0 {
                continue;
            }

            return 0;
        }

        // '.' sorts below all that a name may contain

        c1 = if c1 == b'.' as ngx_int_t { b' ' as ngx_int_t } else { c1 };
        c2 = if c2 == b'.' as ngx_int_t { b' ' as ngx_int_t } else { c2 };

        return c1 - c2;
    }
}

/// Sorts paths so that what lies in a directory stands next to it.
pub unsafe fn ngx_filename_cmp(mut s1: *const u8, mut s2: *const u8, mut n: usize) -> ngx_int_t {
    while n != 0 {
        let mut c1 = *s1 as ngx_int_t;
        let mut c2 = *s2 as ngx_int_t;
        s1 = s1.add(1);
        s2 = s2.add(1);

        if c1 == c2 {
            if c1 != 0 {
                n -= 1;
                continue;
            }

            return 0;
        }

        if c1 == 0 || c2 == 0 {
            return c1 - c2;
        }

        // '/' sorts below all other bytes of a name

        c1 = if c1 == b'/' as ngx_int_t { 0 } else { c1 };
        c2 = if c2 == b'/' as ngx_int_t { 0 } else { c2 };

        return c1 - c2;
    }

    0
}

/// What the ngx_ato*() share: digits only, at least one, and at most `max`.
#[forbid(unsafe_code)]
#[inline]
const fn ngx_ato(line: &[u8], max: i64) -> i64 {
    if line.is_empty() {
        return NGX_ERROR as i64;
    }

    let cutoff = max / 10;
    let cutlim = max % 10;

    let mut value = 0;
    let mut i = 0;

    while i < line.len() {
        if line[i] < b'0' || line[i] > b'9' {
            return NGX_ERROR as i64;
        }

        let digit = (line[i] - b'0') as i64;

        if value >= cutoff && (value > cutoff || digit > cutlim) {
            return NGX_ERROR as i64;
        }

        value = value * 10 + digit;
        i += 1;
    }

    value
}

pub unsafe fn ngx_atoi(line: *const u8, n: usize) -> ngx_int_t {
    ngx_ato(ngx_bytes(line, n), NGX_MAX_INT_T_VALUE as i64) as ngx_int_t
}

#[forbid(unsafe_code)]
fn ngx_ato_fixed(line: &[u8], mut point: usize) -> ngx_int_t {
    if line.is_empty() {
        return NGX_ERROR;
    }

    let cutoff = NGX_MAX_INT_T_VALUE / 10;
    let cutlim = NGX_MAX_INT_T_VALUE % 10;

    let mut dot = 0;
    let mut value = 0;

    for &ch in line {
        if point == 0 {
            return NGX_ERROR;
        }

        if ch == b'.' {
            if dot != 0 {
                return NGX_ERROR;
            }

            dot = 1;
            continue;
        }

        if !ch.is_ascii_digit() {
            return NGX_ERROR;
        }

        let digit = (ch - b'0') as ngx_int_t;

        if value >= cutoff && (value > cutoff || digit > cutlim) {
            return NGX_ERROR;
        }

        value = value * 10 + digit;
        point -= dot;
    }

    while point != 0 {
        if value > cutoff {
            return NGX_ERROR;
        }

        value *= 10;
        point -= 1;
    }

    value
}

/// A number with at most `point` digits behind its dot, times ten to the power of `point`.
pub unsafe fn ngx_atofp(line: *const u8, n: usize, point: usize) -> ngx_int_t {
    ngx_ato_fixed(ngx_bytes(line, n), point)
}

pub unsafe fn ngx_atosz(line: *const u8, n: usize) -> isize {
    ngx_ato(ngx_bytes(line, n), isize::MAX as i64) as isize
}

pub unsafe fn ngx_atoof(line: *const u8, n: usize) -> off_t {
    ngx_ato(ngx_bytes(line, n), NGX_MAX_OFF_T_VALUE) as off_t
}

pub unsafe fn ngx_atotm(line: *const u8, n: usize) -> time_t {
    ngx_ato(ngx_bytes(line, n), time_t::MAX) as time_t
}

#[forbid(unsafe_code)]
fn ngx_ato_hex(line: &[u8]) -> ngx_int_t {
    if line.is_empty() {
        return NGX_ERROR;
    }

    let cutoff = NGX_MAX_INT_T_VALUE / 16;

    let mut value = 0;

    for &ch in line {
        if value > cutoff {
            return NGX_ERROR;
        }

        match ch {
            b'0'..=b'9' => value = value * 16 + (ch - b'0') as ngx_int_t,
            b'a'..=b'f' | b'A'..=b'F' => value = value * 16 + ((ch | 0x20) - b'a' + 10) as ngx_int_t,
            _ => return NGX_ERROR,
        }
    }

    value
}

pub unsafe fn ngx_hextoi(line: *const u8, n: usize) -> ngx_int_t {
    ngx_ato_hex(ngx_bytes(line, n))
}

pub unsafe fn ngx_hex_dump(mut dst: *mut u8, mut src: *const u8, mut len: usize) -> *mut u8 {
    let hex = b"0123456789abcdef";

    while len != 0 {
        *dst = hex[(*src >> 4) as usize];
        *dst.add(1) = hex[(*src & 0xf) as usize];
        dst = dst.add(2);
        src = src.add(1);
        len -= 1;
    }

    dst
}

const ngx_basis64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const ngx_basis64url: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// `dst.data` has room for ngx_base64_encoded_length() bytes.
pub unsafe fn ngx_encode_base64(dst: *mut ngx_str_t, src: *const ngx_str_t) {
    ngx_encode_base64_internal(dst, src, ngx_basis64, true)
}

pub unsafe fn ngx_encode_base64url(dst: *mut ngx_str_t, src: *const ngx_str_t) {
    ngx_encode_base64_internal(dst, src, ngx_basis64url, false)
}

unsafe fn ngx_encode_base64_internal(dst: *mut ngx_str_t, src: *const ngx_str_t, basis: &[u8; 64], padding: bool) {
    let mut len = (*src).len;
    let mut s = (*src).data;
    let mut d = (*dst).data;

    macro_rules! put {
        ($six:expr) => {
            *d = basis[($six & 0x3f) as usize];
            d = d.add(1);
        };
    }

    while len > 2 {
        put!(*s >> 2);
        put!(*s << 4 | *s.add(1) >> 4);
        put!(*s.add(1) << 2 | *s.add(2) >> 6);
        put!(*s.add(2));

        s = s.add(3);
        len -= 3;
    }

    if len != 0 {
        put!(*s >> 2);

        if len == 1 {
            put!(*s << 4);
            if padding {
                *d = b'=';
                d = d.add(1);
            }
        } else {
            put!(*s << 4 | *s.add(1) >> 4);
            put!(*s.add(1) << 2);
        }

        if padding {
            *d = b'=';
            d = d.add(1);
        }
    }

    (*dst).len = d.offset_from_unsigned((*dst).data);
}

/// No character of base64.
const NGX_BASE64_INVALID: u8 = 77;

const fn ngx_base64_values(basis: &[u8; 64]) -> [u8; 256] {
    let mut values = [NGX_BASE64_INVALID; 256];
    let mut i = 0;
    while i < 64 {
        values[basis[i] as usize] = i as u8;
        i += 1;
    }
    values
}

/// `dst.data` has room for ngx_base64_decoded_length() bytes. Padding may be missing.
pub unsafe fn ngx_decode_base64(dst: *mut ngx_str_t, src: *const ngx_str_t) -> ngx_int_t {
    static basis64: [u8; 256] = ngx_base64_values(ngx_basis64);

    ngx_decode_base64_internal(dst, src, &basis64)
}

pub unsafe fn ngx_decode_base64url(dst: *mut ngx_str_t, src: *const ngx_str_t) -> ngx_int_t {
    static basis64: [u8; 256] = ngx_base64_values(ngx_basis64url);

    ngx_decode_base64_internal(dst, src, &basis64)
}

unsafe fn ngx_decode_base64_internal(dst: *mut ngx_str_t, src: *const ngx_str_t, basis: &[u8; 256]) -> ngx_int_t {
    let mut len = 0;

    while len < (*src).len {
        let ch = *(*src).data.add(len);

        if ch == b'=' {
            break;
        }

        if basis[ch as usize] == NGX_BASE64_INVALID {
            return NGX_ERROR;
        }

        len += 1;
    }

    if len % 4 == 1 {
        return NGX_ERROR;
    }

    let mut s = (*src).data;
    let mut d = (*dst).data;

    macro_rules! six {
        ($n:literal) => {
            basis[*s.add($n) as usize]
        };
    }

    macro_rules! put {
        ($ch:expr) => {
            *d = $ch;
            d = d.add(1);
        };
    }

    while len > 3 {
        put!(six!(0) << 2 | six!(1) >> 4);
        put!(six!(1) << 4 | six!(2) >> 2);
        put!(six!(2) << 6 | six!(3));

        s = s.add(4);
        len -= 4;
    }

    if len > 1 {
        put!(six!(0) << 2 | six!(1) >> 4);
    }

    if len > 2 {
        put!(six!(1) << 4 | six!(2) >> 2);
    }

    (*dst).len = d.offset_from_unsigned((*dst).data);

    NGX_OK
}

/// Decodes one sequence of two bytes or more, and moves `*p` behind what it has read of it.
/// 0x80 to 0x10ffff is a character, 0xfffffffe a sequence that `n` cuts short, all else is invalid.
pub unsafe fn ngx_utf8_decode(p: *mut *mut u8, n: usize) -> u32 {
    let mut u = **p as u32;
    let mut len;
    let valid;

    if u >= 0xf8 {
        *p = (*p).add(1);
        return 0xffffffff;
    } else if u >= 0xf0 {
        u &= 0x07;
        valid = 0xffff;
        len = 3;
    } else if u >= 0xe0 {
        u &= 0x0f;
        valid = 0x7ff;
        len = 2;
    } else if u >= 0xc2 {
        u &= 0x1f;
        valid = 0x7f;
        len = 1;
    } else {
        *p = (*p).add(1);
        return 0xffffffff;
    }

    if n.wrapping_sub(1) < len {
        return 0xfffffffe;
    }

    *p = (*p).add(1);

    while len != 0 {
        let i = **p as u32;
        *p = (*p).add(1);

        if i < 0x80 {
            return 0xffffffff;
        }

        u = u << 6 | i & 0x3f;

        len -= 1;
    }

    if u > valid {
        return u;
    }

    0xffffffff
}

/// In characters; `n` when it is no UTF-8.
pub unsafe fn ngx_utf8_length(p: *const u8, n: usize) -> usize {
    let mut p = p.cast_mut();
    let last = p.add(n);

    let mut len = 0;

    while p < last {
        if *p < 0x80 {
            p = p.add(1);
        } else if ngx_utf8_decode(&raw mut p, last.offset_from_unsigned(p)) > 0x10ffff {
            return n;
        }

        len += 1;
    }

    len
}

/// Copies at most `n - 1` characters, stops before an invalid one, and sets a NUL; `len` is the bytes of `src`.
pub unsafe fn ngx_utf8_cpystrn(mut dst: *mut u8, mut src: *const u8, mut n: usize, mut len: usize) -> *mut u8 {
    if n == 0 {
        return dst;
    }

    loop {
        n -= 1;
        if n == 0 {
            break;
        }

        let c = *src;
        *dst = c;

        if c < 0x80 {
            if c != 0 {
                dst = dst.add(1);
                src = src.add(1);
                len = len.wrapping_sub(1);

                continue;
            }

            return dst;
        }

        let mut next = src.cast_mut();

        if ngx_utf8_decode(&raw mut next, len) > 0x10ffff {
            break;
        }

        while src < next {
            *dst = *src;
            dst = dst.add(1);
            src = src.add(1);
            len = len.wrapping_sub(1);
        }
    }

    *dst = 0;

    dst
}

/// A bit for each byte that has to be escaped: the controls, `chars`, and unless `low` is set DEL and above.
const fn ngx_escape_map(chars: &[u8], low: bool) -> [u32; 8] {
    let high = if low { 0 } else { 0xffffffff };
    let mut map = [0xffffffff, 0, 0, high & 0x80000000, high, high, high, high];
    let mut i = 0;
    while i < chars.len() {
        map[(chars[i] >> 5) as usize] |= 1 << (chars[i] & 0x1f);
        i += 1;
    }
    map
}

/// In the order of the NGX_ESCAPE_*.
static ngx_escape_maps: [[u32; 8]; 8] = [
    ngx_escape_map(b" \"#%<>?\\^`{|}", false),
    ngx_escape_map(b" \"#%&+;<>?\\^`{|}", false),
    ngx_escape_map(b" !\"#$%&'()*+,/:;<=>?@[\\]^`{|}", false),
    ngx_escape_map(b" \"#%'<>\\^`{|}", false),
    // the tilde, but not the closing brace: so it is in nginx
    ngx_escape_map(b" \"'<>\\^`{|~", false),
    ngx_escape_map(b" %", true),
    ngx_escape_map(b" %", true),
    ngx_escape_map(b" +=", false),
];

/// Without `dst` the number of bytes to escape, each of which takes two more; else the end of what was written,
/// as an address.
pub unsafe fn ngx_escape_uri(mut dst: *mut u8, mut src: *const u8, mut size: usize, type_: ngx_uint_t) -> usize {
    let hex = b"0123456789ABCDEF";

    let escape = &ngx_escape_maps[type_];
    let prefix = if type_ == NGX_ESCAPE_MAIL_XTEXT { b'+' } else { b'%' };

    if dst.is_null() {
        let mut n = 0;

        while size != 0 {
            n += (escape[(*src >> 5) as usize] >> (*src & 0x1f) & 1) as usize;
            src = src.add(1);
            size -= 1;
        }

        return n;
    }

    while size != 0 {
        if escape[(*src >> 5) as usize] & 1 << (*src & 0x1f) != 0 {
            *dst = prefix;
            *dst.add(1) = hex[(*src >> 4) as usize];
            *dst.add(2) = hex[(*src & 0xf) as usize];
            dst = dst.add(3);
        } else {
            *dst = *src;
            dst = dst.add(1);
        }

        src = src.add(1);
        size -= 1;
    }

    dst as usize
}

/// Decodes %XX, in place if `*dst` is `*src`, and moves both behind what is done. With NGX_UNESCAPE_URI it stops
/// behind a '?'; with NGX_UNESCAPE_REDIRECT what is not printable, and the '%', stay escaped too.
pub unsafe fn ngx_unescape_uri(dst: *mut *mut u8, src: *mut *mut u8, mut size: usize, type_: ngx_uint_t) {
    const sw_usual: u8 = 0;
    const sw_quoted: u8 = 1;
    const sw_quoted_second: u8 = 2;

    let mut d = *dst;
    let mut s = *src;

    let mut state = sw_usual;
    let mut decoded = 0;

    macro_rules! put {
        ($ch:expr) => {
            *d = $ch;
            d = d.add(1);
        };
    }

    while size != 0 {
        size -= 1;

        let mut ch = *s;
        s = s.add(1);

        match state {
            sw_usual => {
                if ch == b'?' && type_ & (NGX_UNESCAPE_URI | NGX_UNESCAPE_REDIRECT) != 0 {
                    put!(ch);
                    break;
                }

                if ch == b'%' {
                    state = sw_quoted;
                    continue;
                }

                put!(ch);
            }

            sw_quoted => {
                if ch.is_ascii_digit() {
                    decoded = ch - b'0';
                    state = sw_quoted_second;
                    continue;
                }

                let c = ch | 0x20;
                if (b'a'..=b'f').contains(&c) {
                    decoded = c - b'a' + 10;
                    state = sw_quoted_second;
                    continue;
                }

                // no hex digit: the '%' is lost

                state = sw_usual;

                put!(ch);
            }

            _ => {
                // sw_quoted_second

                state = sw_usual;

                if ch.is_ascii_digit() {
                    ch = (decoded << 4) + (ch - b'0');

                    if type_ & NGX_UNESCAPE_REDIRECT != 0 {
                        if ch > b'%' && ch < 0x7f {
                            put!(ch);
                            continue;
                        }

                        put!(b'%');
                        put!(*s.sub(2));
                        put!(*s.sub(1));

                        continue;
                    }

                    put!(ch);

                    continue;
                }

                let c = ch | 0x20;
                if (b'a'..=b'f').contains(&c) {
                    ch = (decoded << 4) + (c - b'a') + 10;

                    if type_ & NGX_UNESCAPE_URI != 0 {
                        put!(ch);

                        if ch == b'?' {
                            break;
                        }

                        continue;
                    }

                    if type_ & NGX_UNESCAPE_REDIRECT != 0 {
                        if ch == b'?' {
                            put!(ch);
                            break;
                        }

                        if ch > b'%' && ch < 0x7f {
                            put!(ch);
                            continue;
                        }

                        put!(b'%');
                        put!(*s.sub(2));
                        put!(*s.sub(1));
                        continue;
                    }

                    put!(ch);
                }

                // no hex digit: all three characters are lost
            }
        }
    }

    *dst = d;
    *src = s;
}

/// Without `dst` the number of bytes that are added; else the end of what was written, as an address.
pub unsafe fn ngx_escape_html(mut dst: *mut u8, mut src: *const u8, mut size: usize) -> usize {
    if dst.is_null() {
        let mut len = 0;

        while size != 0 {
            match *src {
                b'<' => len += "&lt;".len() - 1,
                b'>' => len += "&gt;".len() - 1,
                b'&' => len += "&amp;".len() - 1,
                b'"' => len += "&quot;".len() - 1,
                _ => {}
            }

            src = src.add(1);
            size -= 1;
        }

        return len;
    }

    while size != 0 {
        match *src {
            b'<' => dst = ngx_cpylit(dst, b"&lt;"),
            b'>' => dst = ngx_cpylit(dst, b"&gt;"),
            b'&' => dst = ngx_cpylit(dst, b"&amp;"),
            b'"' => dst = ngx_cpylit(dst, b"&quot;"),
            ch => {
                *dst = ch;
                dst = dst.add(1);
            }
        }

        src = src.add(1);
        size -= 1;
    }

    dst as usize
}

/// As ngx_escape_html().
pub unsafe fn ngx_escape_json(mut dst: *mut u8, mut src: *const u8, mut size: usize) -> usize {
    if dst.is_null() {
        let mut len = 0;

        while size != 0 {
            match *src {
                b'\\' | b'"' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => len += 1,
                0x00..=0x1f => len += "\\u001F".len() - 1,
                _ => {}
            }

            src = src.add(1);
            size -= 1;
        }

        return len;
    }

    while size != 0 {
        let ch = *src;
        src = src.add(1);
        size -= 1;

        if ch > 0x1f {
            if ch == b'\\' || ch == b'"' {
                *dst = b'\\';
                dst = dst.add(1);
            }

            *dst = ch;
            dst = dst.add(1);
            continue;
        }

        match ch {
            b'\n' => dst = ngx_cpylit(dst, b"\\n"),
            b'\r' => dst = ngx_cpylit(dst, b"\\r"),
            b'\t' => dst = ngx_cpylit(dst, b"\\t"),
            0x08 => dst = ngx_cpylit(dst, b"\\b"),
            0x0c => dst = ngx_cpylit(dst, b"\\f"),
            _ => {
                dst = ngx_cpylit(dst, b"\\u00");
                *dst = b'0' + (ch >> 4);
                *dst.add(1) = b"0123456789ABCDEF"[(ch & 0xf) as usize];
                dst = dst.add(2);
            }
        }
    }

    dst as usize
}

/// By key, then length, then bytes.
pub unsafe fn ngx_str_rbtree_insert_value(
    mut temp: *mut ngx_rbtree_node_t,
    node: *mut ngx_rbtree_node_t,
    sentinel: *mut ngx_rbtree_node_t,
) {
    let mut p;

    loop {
        let n = ngx_rbtree_data!(node, ngx_str_node_t, node);
        let t = ngx_rbtree_data!(temp, ngx_str_node_t, node);

        let left = if (*node).key != (*temp).key {
            (*node).key < (*temp).key
        } else if (*n).str.len != (*t).str.len {
            (*n).str.len < (*t).str.len
        } else {
            ngx_memcmp((*n).str.data, (*t).str.data, (*n).str.len) < 0
        };

        p = if left { &raw mut (*temp).left } else { &raw mut (*temp).right };

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

pub unsafe fn ngx_str_rbtree_lookup(
    rbtree: *mut ngx_rbtree_t,
    val: *const ngx_str_t,
    hash: u32,
) -> *mut ngx_str_node_t {
    let mut node = (*rbtree).root;
    let sentinel = (*rbtree).sentinel;

    while node != sentinel {
        let n = ngx_rbtree_data!(node, ngx_str_node_t, node);

        if hash as ngx_rbtree_key_t != (*node).key {
            node = if (hash as ngx_rbtree_key_t) < (*node).key { (*node).left } else { (*node).right };
            continue;
        }

        if (*val).len != (*n).str.len {
            node = if (*val).len < (*n).str.len { (*node).left } else { (*node).right };
            continue;
        }

        let rc = ngx_memcmp((*val).data, (*n).str.data, (*val).len);

        if rc < 0 {
            node = (*node).left;
            continue;
        }

        if rc > 0 {
            node = (*node).right;
            continue;
        }

        return n;
    }

    null_mut()
}

/// An insertion sort, which leaves equal elements in their order; `n` elements of `size` bytes.
pub unsafe fn ngx_sort(
    base: *mut c_void,
    n: usize,
    size: usize,
    cmp: Option<unsafe fn(*const c_void, *const c_void) -> ngx_int_t>,
) {
    let cmp = cmp.unwrap();

    let p = ngx_alloc(size, (*ngx_cycle.get()).log);
    if p.is_null() {
        return;
    }

    let mut p1 = base.byte_add(size);

    while p1 < base.byte_add(n * size) {
        ngx_memcpy(p, p1, size);

        let mut p2 = p1;

        while p2 > base && cmp(p2.byte_sub(size), p) > 0 {
            ngx_memcpy(p2, p2.byte_sub(size), size);
            p2 = p2.byte_sub(size);
        }

        ngx_memcpy(p2, p, size);

        p1 = p1.byte_add(size);
    }

    ngx_free(p);
}

/// Zeroes a secret, even one that nobody reads again.
pub unsafe fn ngx_explicit_memzero(buf: *mut c_void, n: usize) {
    ngx_memzero(buf, n);
    core::hint::black_box(buf);
    core::sync::atomic::fence(core::sync::atomic::Ordering::SeqCst);
}

/// `n` in decimal digits, as "%uL" writes them; room for NGX_INT64_LEN. Returns its end.
#[inline]
pub unsafe fn ngx_cpynum(p: *mut u8, n: u64) -> *mut u8 {
    let mut digits = [0u8; NGX_INT64_LEN];
    let end = digits.as_mut_ptr().add(NGX_INT64_LEN);

    let len = ngx_cpynum_before(end, n);

    ngx_copy(p, end.sub(len), len)
}

/// The digits end in front of `p`; returns how many there are.
#[inline]
pub unsafe fn ngx_cpynum_before(p: *mut u8, mut n: u64) -> usize {
    let mut len = 0;

    // a short division where the number allows it

    while n > u32::MAX as u64 {
        len += 1;
        *p.sub(len) = b'0' + (n % 10) as u8;
        n /= 10;
    }

    let mut n = n as u32;

    loop {
        len += 1;
        *p.sub(len) = b'0' + (n % 10) as u8;
        n /= 10;

        if n == 0 {
            return len;
        }
    }
}

/// `n` in hexadecimal digits, as "%xL" writes them; room for 16. Returns its end.
#[inline]
pub unsafe fn ngx_cpyhex(p: *mut u8, mut n: u64) -> *mut u8 {
    let end = p.add(((67 - (n | 1).leading_zeros()) / 4) as usize);
    let mut digit = end;

    while digit > p {
        digit = digit.sub(1);
        *digit = b"0123456789abcdef"[(n & 0xf) as usize];
        n >>= 4;
    }

    end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn str(s: &[u8]) -> ngx_str_t {
        ngx_str_t { len: s.len(), data: s.as_ptr().cast_mut() }
    }

    #[test]
    fn hexadecimal() {
        unsafe {
            for n in (0..64).flat_map(|i| [(1u64 << i) - 1, 1 << i, 0x1234_5678_9abc_def0 >> i, u64::MAX >> i]) {
                let mut buf = [b'-'; 17];
                let end = ngx_cpyhex(buf.as_mut_ptr(), n);
                let len = end.offset_from_unsigned(buf.as_ptr());

                assert_eq!(&buf[..len], format!("{n:x}").as_bytes());
                assert!(buf[len..].iter().all(|&c| c == b'-'));
            }
        }
    }

    #[test]
    fn numbers() {
        unsafe {
            let atoi = |s: &[u8]| ngx_atoi(s.as_ptr(), s.len());
            assert_eq!(atoi(b"0"), 0);
            assert_eq!(atoi(b"9223372036854775807"), isize::MAX);
            assert_eq!(atoi(b"0009223372036854775807"), isize::MAX);
            for bad in [&b""[..], b"9223372036854775808", b"9223372036854775810", b"-1", b"+1", b" 1", b"1 ", b"1a"] {
                assert_eq!(atoi(bad), NGX_ERROR);
            }
            assert_eq!(ngx_atoi(core::ptr::null(), 0), NGX_ERROR);

            let atofp = |s: &[u8], point| ngx_atofp(s.as_ptr(), s.len(), point);
            assert_eq!(atofp(b"10.5", 2), 1050);
            assert_eq!(atofp(b"10.55", 2), 1055);
            assert_eq!(atofp(b"10", 3), 10000);
            for bad in [&b""[..], b"10.555", b"1.5.", b"1..5", b"-1", b"9223372036854775807"] {
                assert_eq!(atofp(bad, 2), NGX_ERROR);
            }

            let hextoi = |s: &[u8]| ngx_hextoi(s.as_ptr(), s.len());
            assert_eq!(hextoi(b"fF0"), 0xff0);
            assert_eq!(hextoi(b"7fffffffffffffff"), isize::MAX);
            for bad in [&b""[..], b"8000000000000000", b"g", b"0x1", b"@", b"`"] {
                assert_eq!(hextoi(bad), NGX_ERROR);
            }
        }
    }

    #[test]
    fn base64() {
        unsafe {
            let src: [u8; 256] = core::array::from_fn(|i| (i * 7 + 3) as u8);

            for len in 0..=src.len() {
                for url in [false, true] {
                    let mut text = [0; 400];
                    let mut enc = ngx_str_t { len: 0, data: text.as_mut_ptr() };
                    let mut back = [0; 400];
                    let mut dec = ngx_str_t { len: 0, data: back.as_mut_ptr() };

                    let rc = if url {
                        ngx_encode_base64url(&mut enc, &str(&src[..len]));
                        ngx_decode_base64url(&mut dec, &enc)
                    } else {
                        ngx_encode_base64(&mut enc, &str(&src[..len]));
                        assert_eq!(enc.len, ngx_base64_encoded_length(len));
                        ngx_decode_base64(&mut dec, &enc)
                    };

                    assert_eq!(rc, NGX_OK);
                    assert_eq!(dec.bytes(), &src[..len]);
                }
            }

            let mut out = [0; 16];
            let mut dec = ngx_str_t { len: 0, data: out.as_mut_ptr() };
            assert_eq!(ngx_decode_base64(&mut dec, &str(b"QWxhZGRpbg==")), NGX_OK);
            assert_eq!(dec.bytes(), b"Aladdin");
            for bad in [&b"A"[..], b"A===", b"ABCDE", b"A-CD", b"A CD", b"\xc1BCD"] {
                assert_eq!(ngx_decode_base64(&mut dec, &str(bad)), NGX_ERROR);
            }
        }
    }

    #[test]
    fn escape_maps() {
        let words = ngx_escape_maps.map(|map| (map[1], map[2], map[3]));
        assert_eq!(words[NGX_ESCAPE_URI], (0xd000002d, 0x50000000, 0xb8000001));
        assert_eq!(words[NGX_ESCAPE_ARGS], (0xd800086d, 0x50000000, 0xb8000001));
        assert_eq!(words[NGX_ESCAPE_URI_COMPONENT], (0xfc009fff, 0x78000001, 0xb8000001));
        assert_eq!(words[NGX_ESCAPE_HTML], (0x500000ad, 0x50000000, 0xb8000001));
        assert_eq!(words[NGX_ESCAPE_REFRESH], (0x50000085, 0x50000000, 0xd8000001));
        assert_eq!(words[NGX_ESCAPE_MEMCACHED], (0x00000021, 0, 0));
        assert_eq!(words[NGX_ESCAPE_MAIL_XTEXT], (0x20000801, 0, 0x80000000));
        assert_eq!(ngx_escape_maps[NGX_ESCAPE_URI][4..], [0xffffffff; 4]);
        assert_eq!(ngx_escape_maps[NGX_ESCAPE_MEMCACHED][4..], [0; 4]);
    }

    /// The decoded bytes, and how many of `src` were read.
    fn unescape(src: &[u8], type_: ngx_uint_t, buf: &mut [u8; 2000]) -> (usize, usize) {
        unsafe {
            let (mut d, mut s) = (buf.as_mut_ptr(), src.as_ptr().cast_mut());
            ngx_unescape_uri(&mut d, &mut s, src.len(), type_);
            (d.offset_from_unsigned(buf.as_ptr()), s.offset_from_unsigned(src.as_ptr()))
        }
    }

    #[test]
    fn unescape_uri() {
        let all: [u8; 256] = core::array::from_fn(|i| i as u8);
        let (mut text, mut buf) = ([0; 1000], [0; 2000]);

        for type_ in [NGX_ESCAPE_URI, NGX_ESCAPE_ARGS, NGX_ESCAPE_URI_COMPONENT] {
            let end = unsafe { ngx_escape_uri(text.as_mut_ptr(), all.as_ptr(), 256, type_) };
            let len = end - text.as_ptr().addr();
            assert_eq!(len, 256 + 2 * unsafe { ngx_escape_uri(null_mut(), all.as_ptr(), 256, type_) });
            assert_eq!(unescape(&text[..len], 0, &mut buf), (256, len));
            assert_eq!(buf[..256], all);
        }

        for (type_, src, want, read) in [
            (0, &b"a%3Fb?c"[..], &b"a?b?c"[..], 7),
            (NGX_UNESCAPE_URI, b"a%3Fb?c", b"a?", 4),
            (NGX_UNESCAPE_URI, b"ab?c", b"ab?", 3),
            (NGX_UNESCAPE_REDIRECT, b"%41%20%25%7f%7e%3fx", b"A%20%25%7f~?", 18),
            (0, b"%g%", b"g", 3),
            (0, b"%4gx%4", b"x", 6),
            (0, b"%%41", b"%41", 4),
        ] {
            assert_eq!(unescape(src, type_, &mut buf), (want.len(), read));
            assert_eq!(&buf[..want.len()], want);
        }
    }

    #[test]
    fn html_and_json() {
        unsafe {
            let all: [u8; 256] = core::array::from_fn(|i| i as u8);
            let mut buf = [0u8; 1000];

            let n = ngx_escape_html(buf.as_mut_ptr(), all.as_ptr(), 256) - buf.as_ptr().addr();
            assert_eq!(n, 256 + ngx_escape_html(null_mut(), all.as_ptr(), 256));
            assert_eq!(n, 256 + 3 + 3 + 4 + 5);

            let n = ngx_escape_json(buf.as_mut_ptr(), all.as_ptr(), 256) - buf.as_ptr().addr();
            assert_eq!(n, 256 + ngx_escape_json(null_mut(), all.as_ptr(), 256));
            assert!(buf[..n].windows(6).any(|w| w == b"\\u001F"));
            assert!(buf.starts_with(b"\\u0000\\u0001") && buf[..n].windows(6).any(|w| w == b"\\t\\n\\u"));
        }
    }

    #[test]
    fn utf8() {
        unsafe {
            let length = |s: &[u8]| ngx_utf8_length(s.as_ptr(), s.len());
            assert_eq!(length("aé€😀".as_bytes()), 4);
            for end in [2, 4, 5, 7, 8, 9] {
                assert_eq!(length(&"aé€😀".as_bytes()[..end]), end); // cut in a character
            }
            for bad in
                [&b"\xc0\x80"[..], b"\xc1\xbf", b"\xe0\x9f\xbf", b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80", b"\x80"]
            {
                assert_eq!(length(bad), bad.len());
            }

            let mut buf = [0xff; 16];
            let src = "é€b\0".as_bytes();
            let end = ngx_utf8_cpystrn(buf.as_mut_ptr(), src.as_ptr(), 3, src.len() - 1);
            assert_eq!(end.offset_from_unsigned(buf.as_ptr()), 5);
            assert_eq!(&buf[..6], "é€\0".as_bytes());
        }
    }

    #[test]
    fn compare() {
        unsafe {
            let p = |s: &'static CStr| s.as_ptr().cast::<u8>();
            assert_eq!(ngx_strcasecmp(p(c"Host"), p(c"hOST")), 0);
            assert!(ngx_strcasecmp(p(c"a"), p(c"b")) < 0);
            assert_eq!(ngx_strncasecmp(p(c"HostX"), p(c"hosty"), 4), 0);
            assert!(ngx_strncasecmp(p(c"Hos"), p(c"hosty"), 4) < 0);
            assert!(ngx_dns_strcmp(p(c"example.com"), p(c"example-1.com")) < 0);
            assert!(ngx_filename_cmp(p(c"a/b"), p(c"a.b"), 3) < 0);
            assert!(ngx_memn2cmp(p(c"abc"), p(c"abcd"), 3, 4) < 0);

            let s = c"GET Keep-Alive".as_ptr().cast::<u8>().cast_mut();
            assert_eq!(ngx_strcasestrn(s, c"keep-alive".as_ptr(), 10 - 1), s.add(4));
            assert_eq!(ngx_strlcasestrn(s, s.add(14), p(c"alive"), 5 - 1), s.add(9));
            assert!(ngx_strlcasestrn(s, s.add(13), p(c"alive"), 5 - 1).is_null());
            assert_eq!(ngx_strnstr(s, c"Keep".as_ptr(), 8), s.add(4));
            assert!(ngx_strnstr(s, c"Keep".as_ptr(), 7).is_null());

            let mut buf = [0xff; 8];
            let end = ngx_cpystrn(buf.as_mut_ptr(), p(c"abcdef"), 4);
            assert_eq!((&buf[..5], end.offset_from_unsigned(buf.as_ptr())), (&b"abc\0\xff"[..], 3));
        }
    }

    #[test]
    fn printf() {
        unsafe {
            let mut buf = [0; 64];
            let end = ngx_sprintf!(buf.as_mut_ptr(), "%02xi %V %*s", 5usize, ngx_string!("v"), 2usize, c"abc".as_ptr());
            assert_eq!(ngx_bytes(buf.as_ptr(), end.offset_from_unsigned(buf.as_ptr())), b"05 v ab");
        }
    }
}
