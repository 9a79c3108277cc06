//! Port of src/core/ngx_spinlock.c

use crate::core::ngx_config::*;
use crate::os::unix::{ngx_atomic::*, ngx_posix_init::*, ngx_process::*};

pub unsafe fn ngx_spinlock(lock: *mut ngx_atomic_t, value: ngx_atomic_int_t, spin: ngx_uint_t) {
    loop {
        if ngx_atomic_load(lock) == 0 && ngx_atomic_cmp_set(lock, 0, value as ngx_atomic_uint_t) {
            return;
        }

        if ngx_ncpu.get() > 1 {
            let mut n = 1;
            while n < spin {
                for _ in 0..n {
                    ngx_cpu_pause();
                }

                if ngx_atomic_load(lock) == 0 && ngx_atomic_cmp_set(lock, 0, value as ngx_atomic_uint_t) {
                    return;
                }

                n <<= 1;
            }
        }

        ngx_sched_yield();
    }
}
