//! Port of src/core/ngx_murmurhash.c and .h

use crate::core::ngx_string::*;

const M: u32 = 0x5bd1e995;

#[forbid(unsafe_code)]
fn ngx_murmur_hash2_bytes(data: &[u8]) -> u32 {
    let mut h = data.len() as u32;

    let (words, rest) = data.as_chunks::<4>();

    for word in words {
        let mut k = u32::from_le_bytes(*word);

        k = k.wrapping_mul(M);
        k ^= k >> 24;
        k = k.wrapping_mul(M);

        h = h.wrapping_mul(M);
        h ^= k;
    }

    if !rest.is_empty() {
        for (i, &ch) in rest.iter().enumerate() {
            h ^= (ch as u32) << (8 * i);
        }

        h = h.wrapping_mul(M);
    }

    h ^= h >> 13;
    h = h.wrapping_mul(M);
    h ^= h >> 15;

    h
}

pub unsafe fn ngx_murmur_hash2(data: *const u8, len: usize) -> u32 {
    ngx_murmur_hash2_bytes(ngx_bytes(data, len))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn murmur_hash2() {
        let names = [&b""[..], b"a", b"ab", b"abc", b"abcd", b"\x80\xff\x80\xff\x80"];
        assert_eq!(names.map(ngx_murmur_hash2_bytes), [0, 0x92685f5e, 0x1aa14063, 0x13577c9b, 0x26873021, 0x712f348d]);
    }
}
