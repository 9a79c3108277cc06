//! Port of src/core/ngx_shmtx.c and .h

use crate::core::{ngx_config::*, ngx_core::*, ngx_cycle::*, ngx_log::*};
use crate::os::unix::{ngx_atomic::*, ngx_errno::*, ngx_posix_init::*, ngx_process::*, ngx_process_cycle::*};

/// What lies in shared memory.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_shmtx_sh_t {
    /// The pid of the owner, or 0.
    pub lock: ngx_atomic_t,
    pub wait: ngx_atomic_t,
}

/// `spin` of -1: no spinning and no semaphore, such a mutex is only tried.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_shmtx_t {
    pub lock: *mut ngx_atomic_t,
    pub wait: *mut ngx_atomic_t,
    pub semaphore: ngx_uint_t,
    pub sem: libc::sem_t,
    pub spin: ngx_uint_t,
}

pub unsafe fn ngx_shmtx_create(mtx: *mut ngx_shmtx_t, addr: *mut ngx_shmtx_sh_t, _name: *mut u8) -> ngx_int_t {
    (*mtx).lock = &raw mut (*addr).lock;

    if (*mtx).spin == ngx_uint_t::MAX {
        return NGX_OK;
    }

    (*mtx).spin = 2048;

    (*mtx).wait = &raw mut (*addr).wait;

    if libc::sem_init(&raw mut (*mtx).sem, 1, 0) == -1 {
        ngx_log_error!(NGX_LOG_ALERT, (*ngx_cycle.get()).log, ngx_errno(); "sem_init() failed");
    } else {
        (*mtx).semaphore = 1;
    }

    NGX_OK
}

pub unsafe fn ngx_shmtx_destroy(mtx: *mut ngx_shmtx_t) {
    if (*mtx).semaphore != 0 && libc::sem_destroy(&raw mut (*mtx).sem) == -1 {
        ngx_log_error!(NGX_LOG_ALERT, (*ngx_cycle.get()).log, ngx_errno(); "sem_destroy() failed");
    }
}

pub unsafe fn ngx_shmtx_trylock(mtx: *mut ngx_shmtx_t) -> ngx_uint_t {
    (ngx_atomic_load((*mtx).lock) == 0 && ngx_atomic_cmp_set((*mtx).lock, 0, ngx_pid.get() as ngx_atomic_uint_t))
        as ngx_uint_t
}

pub unsafe fn ngx_shmtx_lock(mtx: *mut ngx_shmtx_t) {
    ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*ngx_cycle.get()).log, 0; "shmtx lock");

    loop {
        if ngx_atomic_load((*mtx).lock) == 0 && ngx_atomic_cmp_set((*mtx).lock, 0, ngx_pid.get() as ngx_atomic_uint_t) {
            return;
        }

        if ngx_ncpu.get() > 1 {
            let mut n = 1;
            while n < (*mtx).spin {
                for _ in 0..n {
                    ngx_cpu_pause();
                }

                if ngx_atomic_load((*mtx).lock) == 0
                    && ngx_atomic_cmp_set((*mtx).lock, 0, ngx_pid.get() as ngx_atomic_uint_t)
                {
                    return;
                }

                n <<= 1;
            }
        }

        if (*mtx).semaphore != 0 {
            let _ = ngx_atomic_fetch_add((*mtx).wait, 1);

            if ngx_atomic_load((*mtx).lock) == 0
                && ngx_atomic_cmp_set((*mtx).lock, 0, ngx_pid.get() as ngx_atomic_uint_t)
            {
                let _ = ngx_atomic_fetch_add((*mtx).wait, -1);
                return;
            }

            ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*ngx_cycle.get()).log, 0;
                           "shmtx wait %uA", ngx_atomic_load((*mtx).wait));

            while libc::sem_wait(&raw mut (*mtx).sem) == -1 {
                let err = ngx_errno();

                if err != NGX_EINTR {
                    ngx_log_error!(NGX_LOG_ALERT, (*ngx_cycle.get()).log, err;
                                   "sem_wait() failed while waiting on shmtx");
                    break;
                }
            }

            ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*ngx_cycle.get()).log, 0; "shmtx awoke");

            continue;
        }

        ngx_sched_yield();
    }
}

pub unsafe fn ngx_shmtx_unlock(mtx: *mut ngx_shmtx_t) {
    if (*mtx).spin != ngx_uint_t::MAX {
        ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*ngx_cycle.get()).log, 0; "shmtx unlock");
    }

    if ngx_atomic_cmp_set((*mtx).lock, ngx_pid.get() as ngx_atomic_uint_t, 0) {
        ngx_shmtx_wakeup(mtx);
    }
}

/// Unlocks for the process `pid`, which has died; 1 if it held the lock.
pub unsafe fn ngx_shmtx_force_unlock(mtx: *mut ngx_shmtx_t, pid: ngx_pid_t) -> ngx_uint_t {
    ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*ngx_cycle.get()).log, 0; "shmtx forced unlock");

    if ngx_atomic_cmp_set((*mtx).lock, pid as ngx_atomic_uint_t, 0) {
        ngx_shmtx_wakeup(mtx);
        return 1;
    }

    0
}

unsafe fn ngx_shmtx_wakeup(mtx: *mut ngx_shmtx_t) {
    if (*mtx).semaphore == 0 {
        return;
    }

    let mut wait;

    loop {
        wait = ngx_atomic_load((*mtx).wait);

        if wait as ngx_atomic_int_t <= 0 {
            return;
        }

        if ngx_atomic_cmp_set((*mtx).wait, wait, wait - 1) {
            break;
        }
    }

    ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*ngx_cycle.get()).log, 0; "shmtx wake %uA", wait);

    if libc::sem_post(&raw mut (*mtx).sem) == -1 {
        ngx_log_error!(NGX_LOG_ALERT, (*ngx_cycle.get()).log, ngx_errno(); "sem_post() failed while wake shmtx");
    }
}
