//! Port of src/core/ngx_crc32.c and .h

use crate::core::{ngx_config::*, ngx_core::*, ngx_cycle::*, ngx_string::*};
use crate::os::unix::ngx_alloc::*;

/// For short data: the 16 words of the small table fit one cache line.
#[inline]
pub unsafe fn ngx_crc32_short(p: *const u8, len: usize) -> u32 {
    let table = ngx_crc32_table_short.get();

    let mut crc: u32 = 0xffffffff;

    for &c in ngx_bytes(p, len) {
        crc = *table.add(((crc ^ (c & 0xf) as u32) & 0xf) as usize) ^ (crc >> 4);
        crc = *table.add(((crc ^ (c >> 4) as u32) & 0xf) as usize) ^ (crc >> 4);
    }

    crc ^ 0xffffffff
}

#[inline]
pub unsafe fn ngx_crc32_long(p: *const u8, len: usize) -> u32 {
    ngx_crc32_run(&ngx_crc32_table256, 0xffffffff, ngx_bytes(p, len)) ^ 0xffffffff
}

#[inline(always)]
pub unsafe fn ngx_crc32_init(crc: *mut u32) {
    *crc = 0xffffffff
}

#[inline]
pub unsafe fn ngx_crc32_update(crc: *mut u32, p: *const u8, len: usize) {
    *crc = ngx_crc32_run(&ngx_crc32_table256, *crc, ngx_bytes(p, len));
}

#[inline(always)]
pub unsafe fn ngx_crc32_final(crc: *mut u32) {
    *crc ^= 0xffffffff
}

#[inline]
pub unsafe fn ngx_crc32c_long(p: *const u8, len: usize) -> u32 {
    ngx_crc32_run(&ngx_crc32c_table256, 0xffffffff, ngx_bytes(p, len)) ^ 0xffffffff
}

#[inline(always)]
pub unsafe fn ngx_crc32c_init(crc: *mut u32) {
    *crc = 0xffffffff
}

#[inline]
pub unsafe fn ngx_crc32c_update(crc: *mut u32, p: *const u8, len: usize) {
    *crc = ngx_crc32_run(&ngx_crc32c_table256, *crc, ngx_bytes(p, len));
}

#[inline(always)]
pub unsafe fn ngx_crc32c_final(crc: *mut u32) {
    *crc ^= 0xffffffff
}

#[forbid(unsafe_code)]
#[inline(always)]
fn ngx_crc32_run(table: &[u32; 256], mut crc: u32, data: &[u8]) -> u32 {
    for &c in data {
        crc = table[((crc ^ c as u32) & 0xff) as usize] ^ (crc >> 8);
    }

    crc
}

/// The remainders of all values of log2(N) bits, for a polynomial with its bits in reverse.
const fn ngx_crc32_table<const N: usize>(poly: u32) -> [u32; N] {
    let mut table = [0; N];
    let mut i = 0;
    while i < N {
        let mut crc = i as u32;
        let mut bit = 1;
        while bit < N {
            crc = if crc & 1 != 0 { crc >> 1 ^ poly } else { crc >> 1 };
            bit <<= 1;
        }
        table[i] = crc;
        i += 1;
    }
    table
}

static ngx_crc32_table16: [u32; 16] = ngx_crc32_table(0xedb88320);

pub static ngx_crc32_table256: [u32; 256] = ngx_crc32_table(0xedb88320);

pub static ngx_crc32_table_short: ngx_global_t<*const u32> = ngx_global_t::new((&raw const ngx_crc32_table16).cast());

/// Castagnoli's polynomial.
pub static ngx_crc32c_table256: [u32; 256] = ngx_crc32_table(0x82f63b78);

/// Moves the small table to a cache line's beginning, unless it stands there.
pub unsafe fn ngx_crc32_table_init() -> ngx_int_t {
    if ngx_crc32_table_short.get().addr() & !(ngx_cacheline_size.get() - 1) == ngx_crc32_table_short.get().addr() {
        return NGX_OK;
    }

    let mut p = ngx_alloc(16 * size_of::<u32>() + ngx_cacheline_size.get(), (*ngx_cycle.get()).log);
    if p.is_null() {
        return NGX_ERROR;
    }

    p = ngx_align_ptr(p, ngx_cacheline_size.get());

    ngx_memcpy(p, &raw const ngx_crc32_table16, 16 * size_of::<u32>());

    ngx_crc32_table_short.set(p.cast());

    NGX_OK
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crc32() {
        unsafe {
            let s = b"123456789";
            assert_eq!(ngx_crc32_short(s.as_ptr(), 9), 0xcbf43926);
            assert_eq!(ngx_crc32_long(s.as_ptr(), 9), 0xcbf43926);
            assert_eq!(ngx_crc32c_long(s.as_ptr(), 9), 0xe3069283);

            for n in 0..=9 {
                let (mut crc, mut crcc) = (0, 0);
                ngx_crc32_init(&mut crc);
                ngx_crc32c_init(&mut crcc);
                for (p, len) in [(s.as_ptr(), n), (s.as_ptr().add(n), 9 - n)] {
                    ngx_crc32_update(&mut crc, p, len);
                    ngx_crc32c_update(&mut crcc, p, len);
                }
                ngx_crc32_final(&mut crc);
                ngx_crc32c_final(&mut crcc);
                assert_eq!((crc, crcc), (0xcbf43926, 0xe3069283));
            }

            let all: [u8; 256] = core::array::from_fn(|i| i as u8);
            assert_eq!(ngx_crc32_short(all.as_ptr(), 256), ngx_crc32_long(all.as_ptr(), 256));
        }
    }
}
