//! Port of src/core/ngx_siphash.c and .h

#![forbid(unsafe_code)]

/// SipHash-2-4 of `data` under the key `k0`, `k1`.
pub fn ngx_siphash(k0: u64, k1: u64, data: &[u8]) -> u64 {
    let mut v0 = k0 ^ 0x736f6d6570736575;
    let mut v1 = k1 ^ 0x646f72616e646f6d;
    let mut v2 = k0 ^ 0x6c7967656e657261;
    let mut v3 = k1 ^ 0x7465646279746573;

    macro_rules! sip_round {
        () => {
            v0 = v0.wrapping_add(v1);
            v1 = v1.rotate_left(13);
            v1 ^= v0;
            v0 = v0.rotate_left(32);
            v2 = v2.wrapping_add(v3);
            v3 = v3.rotate_left(16);
            v3 ^= v2;
            v0 = v0.wrapping_add(v3);
            v3 = v3.rotate_left(21);
            v3 ^= v0;
            v2 = v2.wrapping_add(v1);
            v1 = v1.rotate_left(17);
            v1 ^= v2;
            v2 = v2.rotate_left(32);
        };
    }

    let (words, rest) = data.as_chunks::<8>();

    for word in words {
        let m = u64::from_le_bytes(*word);

        v3 ^= m;
        sip_round!();
        sip_round!();
        v0 ^= m;
    }

    // the last word: what is left, and the length in the top byte

    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    last[7] = data.len() as u8;
    let m = u64::from_le_bytes(last);

    v3 ^= m;
    sip_round!();
    sip_round!();
    v0 ^= m;

    v2 ^= 0xff;
    sip_round!();
    sip_round!();
    sip_round!();
    sip_round!();

    v0 ^ v1 ^ v2 ^ v3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reference_vectors() {
        // of the SipHash paper: key 00 01 .. 0f, data 00 01 ..
        let data: [u8; 64] = core::array::from_fn(|i| i as u8);
        let (k0, k1) = (0x0706050403020100, 0x0f0e0d0c0b0a0908);
        assert_eq!(ngx_siphash(k0, k1, &data[..0]), 0x726fdb47dd0e0e31);
        assert_eq!(ngx_siphash(k0, k1, &data[..8]), 0x93f5f5799a932462);
        assert_eq!(ngx_siphash(k0, k1, &data[..15]), 0xa129ca6149be45e5);
    }
}
