//! Port of src/core/ngx_sha1.c and .h

use crate::core::{ngx_config::*, ngx_string::*};

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_sha1_t {
    pub bytes: u64,
    pub a: u32,
    pub b: u32,
    pub c: u32,
    pub d: u32,
    pub e: u32,
    pub f: u32,
    pub buffer: [u8; 64],
}

pub unsafe fn ngx_sha1_init(ctx: *mut ngx_sha1_t) {
    (*ctx).a = 0x67452301;
    (*ctx).b = 0xefcdab89;
    (*ctx).c = 0x98badcfe;
    (*ctx).d = 0x10325476;
    (*ctx).e = 0xc3d2e1f0;

    (*ctx).bytes = 0;
}

pub unsafe fn ngx_sha1_update(ctx: *mut ngx_sha1_t, data: *const c_void, mut size: usize) {
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
        ngx_sha1_body(ctx, buffer, 64);
    }

    if size >= 64 {
        data = ngx_sha1_body(ctx, data, size & !0x3f);
        size &= 0x3f;
    }

    ngx_memcpy(buffer, data, size);
}

/// Writes 20 bytes to `result`.
pub unsafe fn ngx_sha1_final(result: *mut u8, ctx: *mut ngx_sha1_t) {
    let buffer = (&raw mut (*ctx).buffer).cast::<u8>();

    let mut used = ((*ctx).bytes & 0x3f) as usize;

    *buffer.add(used) = 0x80;
    used += 1;

    let mut free = 64 - used;

    if free < 8 {
        ngx_memzero(buffer.add(used), free);
        ngx_sha1_body(ctx, buffer, 64);
        used = 0;
        free = 64;
    }

    ngx_memzero(buffer.add(used), free - 8);

    (*ctx).bytes <<= 3;
    ngx_memcpy(buffer.add(56), (*ctx).bytes.to_be_bytes().as_ptr(), 8);

    ngx_sha1_body(ctx, buffer, 64);

    for (i, word) in [(*ctx).a, (*ctx).b, (*ctx).c, (*ctx).d, (*ctx).e].into_iter().enumerate() {
        ngx_memcpy(result.add(i * 4), word.to_be_bytes().as_ptr(), 4);
    }

    ngx_memzero(ctx, size_of::<ngx_sha1_t>());
}

/// `size` bytes, whole blocks of 64; returns the end of them.
unsafe fn ngx_sha1_body(ctx: *mut ngx_sha1_t, data: *const u8, size: usize) -> *const u8 {
    let (blocks, _) = ngx_bytes(data, size).as_chunks::<64>();

    [(*ctx).a, (*ctx).b, (*ctx).c, (*ctx).d, (*ctx).e] =
        ngx_sha1_blocks([(*ctx).a, (*ctx).b, (*ctx).c, (*ctx).d, (*ctx).e], blocks);

    data.add(size)
}

#[forbid(unsafe_code)]
fn ngx_sha1_blocks([mut a, mut b, mut c, mut d, mut e]: [u32; 5], blocks: &[[u8; 64]]) -> [u32; 5] {
    for block in blocks {
        let saved_a = a;
        let saved_b = b;
        let saved_c = c;
        let saved_d = d;
        let saved_e = e;

        let mut words = [0u32; 80];

        for (word, bytes) in words.iter_mut().zip(block.as_chunks::<4>().0) {
            *word = u32::from_be_bytes(*bytes);
        }

        for i in 16..80 {
            words[i] = (words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16]).rotate_left(1);
        }

        macro_rules! steps {
            ($words:expr, $f:expr, $t:literal) => {
                for &w in &words[$words] {
                    let temp = a.rotate_left(5).wrapping_add($f).wrapping_add(e).wrapping_add(w).wrapping_add($t);
                    e = d;
                    d = c;
                    c = b.rotate_left(30);
                    b = a;
                    a = temp;
                }
            };
        }

        steps!(0..20, b & c | !b & d, 0x5a827999);
        steps!(20..40, b ^ c ^ d, 0x6ed9eba1);
        steps!(40..60, b & c | b & d | c & d, 0x8f1bbcdc);
        steps!(60..80, b ^ c ^ d, 0xca62c1d6);

        a = a.wrapping_add(saved_a);
        b = b.wrapping_add(saved_b);
        c = c.wrapping_add(saved_c);
        d = d.wrapping_add(saved_d);
        e = e.wrapping_add(saved_e);
    }

    [a, b, c, d, e]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sha1(parts: &[&[u8]]) -> [u8; 40] {
        unsafe {
            let mut ctx = core::mem::zeroed();
            let mut result = [0; 20];
            let mut text = [0; 40];
            ngx_sha1_init(&mut ctx);
            for part in parts {
                ngx_sha1_update(&mut ctx, part.as_ptr().cast(), part.len());
            }
            ngx_sha1_final(result.as_mut_ptr(), &mut ctx);
            ngx_hex_dump(text.as_mut_ptr(), result.as_ptr(), 20);
            text
        }
    }

    #[test]
    fn rfc3174() {
        for (text, want) in [
            (&b""[..], b"da39a3ee5e6b4b0d3255bfef95601890afd80709"),
            (b"abc", b"a9993e364706816aba3e25717850c26c9cd0d89d"),
            (b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", b"84983e441c3bd26ebaae4aa1f95129e5e54670f1"),
            (
                &b"0123456701234567012345670123456701234567012345670123456701234567".repeat(10),
                b"dea356a2cddd90c7a7ecedc5ebb563934f460452",
            ),
        ] {
            assert_eq!(&sha1(&[text]), want);
            for n in 0..=text.len() {
                assert_eq!(&sha1(&[&text[..n], &text[n..]]), want);
            }
        }
    }
}
