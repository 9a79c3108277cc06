//! Port of src/core/ngx_rwlock.c and .h

use crate::core::ngx_config::*;
use crate::os::unix::{ngx_atomic::*, ngx_posix_init::*, ngx_process::*};

const NGX_RWLOCK_SPIN: ngx_uint_t = 2048;
const NGX_RWLOCK_WLOCK: ngx_atomic_uint_t = ngx_atomic_uint_t::MAX;

pub unsafe fn ngx_rwlock_wlock(lock: *mut ngx_atomic_t) {
    loop {
        if ngx_atomic_load(lock) == 0 && ngx_atomic_cmp_set(lock, 0, NGX_RWLOCK_WLOCK) {
            return;
        }

        if ngx_ncpu.get() > 1 {
            let mut n = 1;
            while n < NGX_RWLOCK_SPIN {
                for _ in 0..n {
                    ngx_cpu_pause();
                }

                if ngx_atomic_load(lock) == 0 && ngx_atomic_cmp_set(lock, 0, NGX_RWLOCK_WLOCK) {
                    return;
                }

                n <<= 1;
            }
        }

        ngx_sched_yield();
    }
}

pub unsafe fn ngx_rwlock_rlock(lock: *mut ngx_atomic_t) {
    loop {
        let mut readers = ngx_atomic_load(lock);

        if readers != NGX_RWLOCK_WLOCK && ngx_atomic_cmp_set(lock, readers, readers + 1) {
            return;
        }

        if ngx_ncpu.get() > 1 {
            let mut n = 1;
            while n < NGX_RWLOCK_SPIN {
                for _ in 0..n {
                    ngx_cpu_pause();
                }

                readers = ngx_atomic_load(lock);

                if readers != NGX_RWLOCK_WLOCK && ngx_atomic_cmp_set(lock, readers, readers + 1) {
                    return;
                }

                n <<= 1;
            }
        }

        ngx_sched_yield();
    }
}

pub unsafe fn ngx_rwlock_unlock(lock: *mut ngx_atomic_t) {
    if ngx_atomic_load(lock) == NGX_RWLOCK_WLOCK {
        let _ = ngx_atomic_cmp_set(lock, NGX_RWLOCK_WLOCK, 0);
    } else {
        let _ = ngx_atomic_fetch_add(lock, -1);
    }
}

/// A writer stays as a reader.
pub unsafe fn ngx_rwlock_downgrade(lock: *mut ngx_atomic_t) {
    if ngx_atomic_load(lock) == NGX_RWLOCK_WLOCK {
        ngx_atomic_store(lock, 1);
    }
}
