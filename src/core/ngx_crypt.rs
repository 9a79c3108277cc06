//! Port of src/core/ngx_crypt.c and .h

use crate::core::{ngx_config::*, ngx_core::*, ngx_md5::*, ngx_palloc::*, ngx_sha1::*, ngx_string::*};
use crate::os::unix::ngx_user::*;

/// Hashes the password `key` as `salt` says, which is a whole encrypted password; all are NUL-terminated.
pub unsafe fn ngx_crypt(pool: *mut ngx_pool_t, key: *mut u8, salt: *mut u8, encrypted: *mut *mut u8) -> ngx_int_t {
    if ngx_strncmp(salt, b"$apr1$".as_ptr(), "$apr1$".len()) == 0 {
        return ngx_crypt_apr1(pool, key, salt, encrypted);
    } else if ngx_strncmp(salt, b"{PLAIN}".as_ptr(), "{PLAIN}".len()) == 0 {
        return ngx_crypt_plain(pool, key, salt, encrypted);
    } else if ngx_strncmp(salt, b"{SSHA}".as_ptr(), "{SSHA}".len()) == 0 {
        return ngx_crypt_ssha(pool, key, salt, encrypted);
    } else if ngx_strncmp(salt, b"{SHA}".as_ptr(), "{SHA}".len()) == 0 {
        return ngx_crypt_sha(pool, key, salt, encrypted);
    }

    // all others are libc's

    ngx_libc_crypt(pool, key, salt, encrypted)
}

/// The MD5 crypt of FreeBSD under Apache's name.
unsafe fn ngx_crypt_apr1(pool: *mut ngx_pool_t, key: *mut u8, mut salt: *mut u8, encrypted: *mut *mut u8) -> ngx_int_t {
    let mut final_ = [0u8; 16];
    let final_ = final_.as_mut_ptr();
    let mut md5 = core::mem::zeroed::<ngx_md5_t>();
    let md5 = &raw mut md5;
    let mut ctx1 = core::mem::zeroed::<ngx_md5_t>();
    let ctx1 = &raw mut ctx1;

    let keylen = ngx_strlen(key);

    // the salt ends at a '$', or after 8 characters

    salt = salt.add("$apr1$".len());
    let mut p = salt;
    while *p != 0 && *p != b'$' && p < salt.wrapping_add(8) {
        p = p.add(1);
    }
    let saltlen = p.offset_from_unsigned(salt);

    ngx_md5_init(md5);
    ngx_md5_update(md5, key.cast(), keylen);
    ngx_md5_update(md5, b"$apr1$".as_ptr().cast(), "$apr1$".len());
    ngx_md5_update(md5, salt.cast(), saltlen);

    ngx_md5_init(ctx1);
    ngx_md5_update(ctx1, key.cast(), keylen);
    ngx_md5_update(ctx1, salt.cast(), saltlen);
    ngx_md5_update(ctx1, key.cast(), keylen);
    ngx_md5_final(final_, ctx1);

    let mut n = keylen as ngx_int_t;
    while n > 0 {
        ngx_md5_update(md5, final_.cast(), if n > 16 { 16 } else { n as usize });
        n -= 16;
    }

    ngx_memzero(final_, 16);

    let mut i = keylen;
    while i != 0 {
        if i & 1 != 0 {
            ngx_md5_update(md5, final_.cast(), 1);
        } else {
            ngx_md5_update(md5, key.cast(), 1);
        }
        i >>= 1;
    }

    ngx_md5_final(final_, md5);

    for i in 0..1000 {
        ngx_md5_init(ctx1);

        if i & 1 != 0 {
            ngx_md5_update(ctx1, key.cast(), keylen);
        } else {
            ngx_md5_update(ctx1, final_.cast(), 16);
        }

        if i % 3 != 0 {
            ngx_md5_update(ctx1, salt.cast(), saltlen);
        }

        if i % 7 != 0 {
            ngx_md5_update(ctx1, key.cast(), keylen);
        }

        if i & 1 != 0 {
            ngx_md5_update(ctx1, final_.cast(), 16);
        } else {
            ngx_md5_update(ctx1, key.cast(), keylen);
        }

        ngx_md5_final(final_, ctx1);
    }

    // "$apr1$", the salt, "$", 22 characters, NUL

    *encrypted = ngx_pnalloc(pool, "$apr1$".len() + saltlen + 1 + 22 + 1);
    if (*encrypted).is_null() {
        return NGX_ERROR;
    }

    p = ngx_cpylit(*encrypted, b"$apr1$");
    p = ngx_copy(p, salt, saltlen);
    *p = b'$';
    p = p.add(1);

    let final_ = |i| *final_.add(i) as u32;

    p = ngx_crypt_to64(p, final_(0) << 16 | final_(6) << 8 | final_(12), 4);
    p = ngx_crypt_to64(p, final_(1) << 16 | final_(7) << 8 | final_(13), 4);
    p = ngx_crypt_to64(p, final_(2) << 16 | final_(8) << 8 | final_(14), 4);
    p = ngx_crypt_to64(p, final_(3) << 16 | final_(9) << 8 | final_(15), 4);
    p = ngx_crypt_to64(p, final_(4) << 16 | final_(10) << 8 | final_(5), 4);
    p = ngx_crypt_to64(p, final_(11), 2);
    *p = 0;

    NGX_OK
}

unsafe fn ngx_crypt_to64(mut p: *mut u8, mut v: u32, n: usize) -> *mut u8 {
    let itoa64 = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    for _ in 0..n {
        *p = itoa64[(v & 0x3f) as usize];
        p = p.add(1);
        v >>= 6;
    }

    p
}

unsafe fn ngx_crypt_plain(pool: *mut ngx_pool_t, key: *mut u8, _salt: *mut u8, encrypted: *mut *mut u8) -> ngx_int_t {
    let len = ngx_strlen(key);

    *encrypted = ngx_pnalloc(pool, "{PLAIN}".len() + len + 1);
    if (*encrypted).is_null() {
        return NGX_ERROR;
    }

    let p = ngx_cpylit(*encrypted, b"{PLAIN}");
    ngx_memcpy(p, key, len + 1);

    NGX_OK
}

/// "{SSHA}", then in base64 the SHA-1 of password and salt, and the salt.
unsafe fn ngx_crypt_ssha(pool: *mut ngx_pool_t, key: *mut u8, salt: *mut u8, encrypted: *mut *mut u8) -> ngx_int_t {
    let mut encoded = ngx_null_string;
    let mut decoded = ngx_null_string;
    let mut sha1 = core::mem::zeroed::<ngx_sha1_t>();
    let sha1 = &raw mut sha1;

    encoded.data = salt.add("{SSHA}".len());
    encoded.len = ngx_strlen(encoded.data);

    let mut len = ngx_max(ngx_base64_decoded_length(encoded.len), 20);

    decoded.data = ngx_pnalloc(pool, len);
    if decoded.data.is_null() {
        return NGX_ERROR;
    }

    let rc = ngx_decode_base64(&raw mut decoded, &raw mut encoded);

    if rc != NGX_OK || decoded.len < 20 {
        decoded.len = 20;
    }

    // the salt stands behind the old hash, and the new hash in its place

    ngx_sha1_init(sha1);
    ngx_sha1_update(sha1, key.cast(), ngx_strlen(key));
    ngx_sha1_update(sha1, decoded.data.add(20).cast(), decoded.len - 20);
    ngx_sha1_final(decoded.data, sha1);

    len = "{SSHA}".len() + ngx_base64_encoded_length(decoded.len) + 1;

    *encrypted = ngx_pnalloc(pool, len);
    if (*encrypted).is_null() {
        return NGX_ERROR;
    }

    encoded.data = ngx_cpylit(*encrypted, b"{SSHA}");
    ngx_encode_base64(&raw mut encoded, &raw mut decoded);
    *encoded.data.add(encoded.len) = 0;

    NGX_OK
}

/// "{SHA}" and the SHA-1 of the password in base64.
unsafe fn ngx_crypt_sha(pool: *mut ngx_pool_t, key: *mut u8, _salt: *mut u8, encrypted: *mut *mut u8) -> ngx_int_t {
    let mut encoded = ngx_null_string;
    let mut decoded = ngx_null_string;
    let mut sha1 = core::mem::zeroed::<ngx_sha1_t>();
    let sha1 = &raw mut sha1;
    let mut digest = [0u8; 20];

    decoded.len = digest.len();
    decoded.data = digest.as_mut_ptr();

    ngx_sha1_init(sha1);
    ngx_sha1_update(sha1, key.cast(), ngx_strlen(key));
    ngx_sha1_final(decoded.data, sha1);

    let len = "{SHA}".len() + ngx_base64_encoded_length(decoded.len) + 1;

    *encrypted = ngx_pnalloc(pool, len);
    if (*encrypted).is_null() {
        return NGX_ERROR;
    }

    encoded.data = ngx_cpylit(*encrypted, b"{SHA}");
    ngx_encode_base64(&raw mut encoded, &raw mut decoded);
    *encoded.data.add(encoded.len) = 0;

    NGX_OK
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::ngx_log::ngx_log_t;

    unsafe fn crypt(key: &CStr, salt: &CStr) -> [u8; 64] {
        let mut log = core::mem::zeroed::<ngx_log_t>();
        let pool = ngx_create_pool(1024, &raw mut log);

        let mut encrypted = null_mut();
        let (key, salt) = (key.as_ptr().cast::<u8>().cast_mut(), salt.as_ptr().cast::<u8>().cast_mut());
        assert_eq!(ngx_crypt(pool, key, salt, &mut encrypted), NGX_OK);

        let mut text = [0; 64];
        ngx_memcpy(text.as_mut_ptr(), encrypted, ngx_strlen(encrypted));
        ngx_destroy_pool(pool);
        text
    }

    #[test]
    fn known_passwords() {
        for (key, salt) in [
            (c"password", c"$apr1$123456$JXsoFXdq4NsknLpbrUzk2."),
            (c"a-password-of-more-than-16-bytes", c"$apr1$abcdefgh$ZS1iDXCxml8uFR1rm9xoO/"),
            (c"", c"{SHA}2jmj7l5rSw0yVb/vlWAYkK/YBwk="),
            (c"password", c"{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g="),
            (c"password", c"{SSHA}yI6cZwQadOA1e+/f+T+H3eCQQhRzYWx0"),
            (c"password", c"{PLAIN}password"),
        ] {
            unsafe {
                let text = crypt(key, salt);
                assert_eq!(CStr::from_bytes_until_nul(&text).unwrap(), salt);
            }
        }
    }
}
