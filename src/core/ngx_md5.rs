//! Port of src/core/ngx_md5.c and .h

use crate::core::{ngx_config::*, ngx_string::*};

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_md5_t {
    pub bytes: u64,
    pub a: u32,
    pub b: u32,
    pub c: u32,
    pub d: u32,
    pub buffer: [u8; 64],
}

pub unsafe fn ngx_md5_init(ctx: *mut ngx_md5_t) {
    (*ctx).a = 0x67452301;
    (*ctx).b = 0xefcdab89;
    (*ctx).c = 0x98badcfe;
    (*ctx).d = 0x10325476;

    (*ctx).bytes = 0;
}

pub unsafe fn ngx_md5_update(ctx: *mut ngx_md5_t, data: *const c_void, mut size: usize) {
    let mut data = data.cast::<u8>();
    let buffer = (&raw mut (*ctx).buffer).cast::<u8>();

    let used = ((*ctx).bytes & 0x3f) as usize;
    (*ctx).bytes = (*ctx).bytes.wrapping_add(size as u64);

    if used != 0 {
        let free = 64 - used;

        if size < free {
            ngx_memcpy(buffer.add(used), data, size);
            return;
        }

        ngx_memcpy(buffer.add(used), data, free);
        data = data.add(free);
        size -= free;
        ngx_md5_body(ctx, buffer, 64);
    }

    if size >= 64 {
        data = ngx_md5_body(ctx, data, size & !0x3f);
        size &= 0x3f;
    }

    ngx_memcpy(buffer, data, size);
}

/// Writes 16 bytes to `result`.
pub unsafe fn ngx_md5_final(result: *mut u8, ctx: *mut ngx_md5_t) {
    let buffer = (&raw mut (*ctx).buffer).cast::<u8>();

    let mut used = ((*ctx).bytes & 0x3f) as usize;

    *buffer.add(used) = 0x80;
    used += 1;

    let mut free = 64 - used;

    if free < 8 {
        ngx_memzero(buffer.add(used), free);
        ngx_md5_body(ctx, buffer, 64);
        used = 0;
        free = 64;
    }

    ngx_memzero(buffer.add(used), free - 8);

    (*ctx).bytes <<= 3;
    ngx_memcpy(buffer.add(56), (*ctx).bytes.to_le_bytes().as_ptr(), 8);

    ngx_md5_body(ctx, buffer, 64);

    for (i, word) in [(*ctx).a, (*ctx).b, (*ctx).c, (*ctx).d].into_iter().enumerate() {
        ngx_memcpy(result.add(i * 4), word.to_le_bytes().as_ptr(), 4);
    }

    ngx_memzero(ctx, size_of::<ngx_md5_t>());
}

/// `size` bytes, whole blocks of 64; returns the end of them.
unsafe fn ngx_md5_body(ctx: *mut ngx_md5_t, data: *const u8, size: usize) -> *const u8 {
    let (blocks, _) = ngx_bytes(data, size).as_chunks::<64>();

    [(*ctx).a, (*ctx).b, (*ctx).c, (*ctx).d] = ngx_md5_blocks([(*ctx).a, (*ctx).b, (*ctx).c, (*ctx).d], blocks);

    data.add(size)
}

#[forbid(unsafe_code)]
fn ngx_md5_blocks([mut a, mut b, mut c, mut d]: [u32; 4], blocks: &[[u8; 64]]) -> [u32; 4] {
    // F and G with one operation less than in RFC 1321

    macro_rules! F {
        ($x:ident, $y:ident, $z:ident) => {
            $z ^ ($x & ($y ^ $z))
        };
    }

    macro_rules! G {
        ($x:ident, $y:ident, $z:ident) => {
            $y ^ ($z & ($x ^ $y))
        };
    }

    macro_rules! H {
        ($x:ident, $y:ident, $z:ident) => {
            $x ^ $y ^ $z
        };
    }

    macro_rules! I {
        ($x:ident, $y:ident, $z:ident) => {
            $y ^ ($x | !$z)
        };
    }

    for block in blocks {
        let words = block.as_chunks::<4>().0;

        let saved_a = a;
        let saved_b = b;
        let saved_c = c;
        let saved_d = d;

        macro_rules! step {
            ($f:ident, $a:ident, $b:ident, $c:ident, $d:ident, $x:literal, $t:literal, $s:literal) => {
                $a = $a.wrapping_add($f!($b, $c, $d)).wrapping_add(u32::from_le_bytes(words[$x])).wrapping_add($t);
                $a = $a.rotate_left($s).wrapping_add($b);
            };
        }

        // round 1

        step!(F, a, b, c, d, 0, 0xd76aa478, 7);
        step!(F, d, a, b, c, 1, 0xe8c7b756, 12);
        step!(F, c, d, a, b, 2, 0x242070db, 17);
        step!(F, b, c, d, a, 3, 0xc1bdceee, 22);
        step!(F, a, b, c, d, 4, 0xf57c0faf, 7);
        step!(F, d, a, b, c, 5, 0x4787c62a, 12);
        step!(F, c, d, a, b, 6, 0xa8304613, 17);
        step!(F, b, c, d, a, 7, 0xfd469501, 22);
        step!(F, a, b, c, d, 8, 0x698098d8, 7);
        step!(F, d, a, b, c, 9, 0x8b44f7af, 12);
        step!(F, c, d, a, b, 10, 0xffff5bb1, 17);
        step!(F, b, c, d, a, 11, 0x895cd7be, 22);
        step!(F, a, b, c, d, 12, 0x6b901122, 7);
        step!(F, d, a, b, c, 13, 0xfd987193, 12);
        step!(F, c, d, a, b, 14, 0xa679438e, 17);
        step!(F, b, c, d, a, 15, 0x49b40821, 22);

        // round 2

        step!(G, a, b, c, d, 1, 0xf61e2562, 5);
        step!(G, d, a, b, c, 6, 0xc040b340, 9);
        step!(G, c, d, a, b, 11, 0x265e5a51, 14);
        step!(G, b, c, d, a, 0, 0xe9b6c7aa, 20);
        step!(G, a, b, c, d, 5, 0xd62f105d, 5);
        step!(G, d, a, b, c, 10, 0x02441453, 9);
        step!(G, c, d, a, b, 15, 0xd8a1e681, 14);
        step!(G, b, c, d, a, 4, 0xe7d3fbc8, 20);
        step!(G, a, b, c, d, 9, 0x21e1cde6, 5);
        step!(G, d, a, b, c, 14, 0xc33707d6, 9);
        step!(G, c, d, a, b, 3, 0xf4d50d87, 14);
        step!(G, b, c, d, a, 8, 0x455a14ed, 20);
        step!(G, a, b, c, d, 13, 0xa9e3e905, 5);
        step!(G, d, a, b, c, 2, 0xfcefa3f8, 9);
        step!(G, c, d, a, b, 7, 0x676f02d9, 14);
        step!(G, b, c, d, a, 12, 0x8d2a4c8a, 20);

        // round 3

        step!(H, a, b, c, d, 5, 0xfffa3942, 4);
        step!(H, d, a, b, c, 8, 0x8771f681, 11);
        step!(H, c, d, a, b, 11, 0x6d9d6122, 16);
        step!(H, b, c, d, a, 14, 0xfde5380c, 23);
        step!(H, a, b, c, d, 1, 0xa4beea44, 4);
        step!(H, d, a, b, c, 4, 0x4bdecfa9, 11);
        step!(H, c, d, a, b, 7, 0xf6bb4b60, 16);
        step!(H, b, c, d, a, 10, 0xbebfbc70, 23);
        step!(H, a, b, c, d, 13, 0x289b7ec6, 4);
        step!(H, d, a, b, c, 0, 0xeaa127fa, 11);
        step!(H, c, d, a, b, 3, 0xd4ef3085, 16);
        step!(H, b, c, d, a, 6, 0x04881d05, 23);
        step!(H, a, b, c, d, 9, 0xd9d4d039, 4);
        step!(H, d, a, b, c, 12, 0xe6db99e5, 11);
        step!(H, c, d, a, b, 15, 0x1fa27cf8, 16);
        step!(H, b, c, d, a, 2, 0xc4ac5665, 23);

        // round 4

        step!(I, a, b, c, d, 0, 0xf4292244, 6);
        step!(I, d, a, b, c, 7, 0x432aff97, 10);
        step!(I, c, d, a, b, 14, 0xab9423a7, 15);
        step!(I, b, c, d, a, 5, 0xfc93a039, 21);
        step!(I, a, b, c, d, 12, 0x655b59c3, 6);
        step!(I, d, a, b, c, 3, 0x8f0ccc92, 10);
        step!(I, c, d, a, b, 10, 0xffeff47d, 15);
        step!(I, b, c, d, a, 1, 0x85845dd1, 21);
        step!(I, a, b, c, d, 8, 0x6fa87e4f, 6);
        step!(I, d, a, b, c, 15, 0xfe2ce6e0, 10);
        step!(I, c, d, a, b, 6, 0xa3014314, 15);
        step!(I, b, c, d, a, 13, 0x4e0811a1, 21);
        step!(I, a, b, c, d, 4, 0xf7537e82, 6);
        step!(I, d, a, b, c, 11, 0xbd3af235, 10);
        step!(I, c, d, a, b, 2, 0x2ad7d2bb, 15);
        step!(I, b, c, d, a, 9, 0xeb86d391, 21);

        a = a.wrapping_add(saved_a);
        b = b.wrapping_add(saved_b);
        c = c.wrapping_add(saved_c);
        d = d.wrapping_add(saved_d);
    }

    [a, b, c, d]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn md5(parts: &[&[u8]]) -> [u8; 32] {
        unsafe {
            let mut ctx = core::mem::zeroed();
            let mut result = [0; 16];
            let mut text = [0; 32];
            ngx_md5_init(&mut ctx);
            for part in parts {
                ngx_md5_update(&mut ctx, part.as_ptr().cast(), part.len());
            }
            ngx_md5_final(result.as_mut_ptr(), &mut ctx);
            ngx_hex_dump(text.as_mut_ptr(), result.as_ptr(), 16);
            text
        }
    }

    #[test]
    fn rfc1321() {
        for (text, want) in [
            (&b""[..], b"d41d8cd98f00b204e9800998ecf8427e"),
            (b"abc", b"900150983cd24fb0d6963f7d28e17f72"),
            (&b"1234567890".repeat(8), b"57edf4a22be3c955ac49da2e2107b67a"),
        ] {
            assert_eq!(&md5(&[text]), want);
            for n in 0..=text.len() {
                assert_eq!(&md5(&[&text[..n], &text[n..]]), want);
            }
        }
    }

    #[test]
    fn lengths() {
        let data: [u8; 300] = core::array::from_fn(|i| (i * 5) as u8);
        for len in 0..data.len() {
            let whole = md5(&[&data[..len]]);
            assert_eq!(md5(&[&data[..len / 3], &data[len / 3..len / 2], &data[len / 2..len]]), whole);
        }
    }
}
