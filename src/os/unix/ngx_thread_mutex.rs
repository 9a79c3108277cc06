//! Port of src/os/unix/ngx_thread_mutex.c

use crate::core::{ngx_config::*, ngx_core::*, ngx_log::*};
use crate::os::unix::ngx_thread::*;

/// An error-checking mutex: on Linux as fast as a normal one, and a deadlock is an error.
pub unsafe fn ngx_thread_mutex_create(mtx: *mut ngx_thread_mutex_t, log: *mut ngx_log_t) -> ngx_int_t {
    let mut attr: libc::pthread_mutexattr_t = core::mem::zeroed();

    let mut err = libc::pthread_mutexattr_init(&raw mut attr);
    if err != 0 {
        ngx_log_error!(NGX_LOG_EMERG, log, err; "pthread_mutexattr_init() failed");
        return NGX_ERROR;
    }

    err = libc::pthread_mutexattr_settype(&raw mut attr, libc::PTHREAD_MUTEX_ERRORCHECK);
    if err != 0 {
        ngx_log_error!(NGX_LOG_EMERG, log, err; "pthread_mutexattr_settype(PTHREAD_MUTEX_ERRORCHECK) failed");
        return NGX_ERROR;
    }

    err = libc::pthread_mutex_init(mtx, &raw const attr);
    if err != 0 {
        ngx_log_error!(NGX_LOG_EMERG, log, err; "pthread_mutex_init() failed");
        return NGX_ERROR;
    }

    err = libc::pthread_mutexattr_destroy(&raw mut attr);
    if err != 0 {
        ngx_log_error!(NGX_LOG_ALERT, log, err; "pthread_mutexattr_destroy() failed");
    }

    NGX_OK
}

pub unsafe fn ngx_thread_mutex_destroy(mtx: *mut ngx_thread_mutex_t, log: *mut ngx_log_t) -> ngx_int_t {
    let err = libc::pthread_mutex_destroy(mtx);
    if err != 0 {
        ngx_log_error!(NGX_LOG_ALERT, log, err; "pthread_mutex_destroy() failed");
        return NGX_ERROR;
    }

    NGX_OK
}

pub unsafe fn ngx_thread_mutex_lock(mtx: *mut ngx_thread_mutex_t, log: *mut ngx_log_t) -> ngx_int_t {
    let err = libc::pthread_mutex_lock(mtx);
    if err == 0 {
        return NGX_OK;
    }

    ngx_log_error!(NGX_LOG_ALERT, log, err; "pthread_mutex_lock() failed");

    NGX_ERROR
}

pub unsafe fn ngx_thread_mutex_unlock(mtx: *mut ngx_thread_mutex_t, log: *mut ngx_log_t) -> ngx_int_t {
    let err = libc::pthread_mutex_unlock(mtx);

    if err == 0 {
        return NGX_OK;
    }

    ngx_log_error!(NGX_LOG_ALERT, log, err; "pthread_mutex_unlock() failed");

    NGX_ERROR
}
