//! Port of src/core/ngx_crc.h

use crate::core::ngx_string::*;

/// A sum of rotated bytes in 32 bits.
#[inline]
pub unsafe fn ngx_crc(data: *const u8, len: usize) -> u32 {
    let mut sum: u32 = 0;

    for &ch in ngx_bytes(data, len) {
        sum = sum.rotate_right(1);

        sum = sum.wrapping_add(ch as u32);
    }

    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crc() {
        let crc = |s: &[u8]| unsafe { ngx_crc(s.as_ptr(), s.len()) };
        assert_eq!((crc(b""), crc(b"a"), crc(b"ab"), crc(b"bc")), (0, 0x61, 0x80000092, 0x94));
    }
}
