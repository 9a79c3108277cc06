//! Port of src/os/unix/ngx_user.c and .h

use crate::core::{ngx_config::*, ngx_core::*, ngx_log::*, ngx_palloc::*, ngx_string::*};
use crate::os::unix::ngx_errno::*;

pub type ngx_uid_t = uid_t;
pub type ngx_gid_t = gid_t;

/// As large as any libc's: 32 KB in libxcrypt, 128 KB in the libcrypt that glibc had. Zeroed, `initialized` is 0
/// wherever it stands.
#[repr(C, align(16))]
struct crypt_data {
    opaque: [u64; 16416],
}

#[link(name = "crypt")]
unsafe extern "C" {
    fn crypt_r(key: *const c_char, salt: *const c_char, data: *mut crypt_data) -> *mut c_char;
}

pub unsafe fn ngx_libc_crypt(pool: *mut ngx_pool_t, key: *mut u8, salt: *mut u8, encrypted: *mut *mut u8) -> ngx_int_t {
    let mut cd = crypt_data { opaque: [0; 16416] };

    let value = crypt_r(key.cast(), salt.cast(), &raw mut cd);

    if !value.is_null() {
        let len = libc::strlen(value) + 1;

        *encrypted = ngx_pnalloc(pool, len);
        if (*encrypted).is_null() {
            return NGX_ERROR;
        }

        ngx_memcpy(*encrypted, value, len);
        return NGX_OK;
    }

    ngx_log_error!(NGX_LOG_CRIT, (*pool).log, ngx_errno(); "crypt_r() failed");

    NGX_ERROR
}
