//! Port of src/os/unix/ngx_thread_cond.c

use crate::core::{ngx_config::*, ngx_core::*, ngx_log::*};
use crate::os::unix::ngx_thread::*;

pub unsafe fn ngx_thread_cond_create(cond: *mut ngx_thread_cond_t, log: *mut ngx_log_t) -> ngx_int_t {
    let err = libc::pthread_cond_init(cond, null());
    if err == 0 {
        return NGX_OK;
    }

    ngx_log_error!(NGX_LOG_EMERG, log, err; "pthread_cond_init() failed");
    NGX_ERROR
}

pub unsafe fn ngx_thread_cond_destroy(cond: *mut ngx_thread_cond_t, log: *mut ngx_log_t) -> ngx_int_t {
    let err = libc::pthread_cond_destroy(cond);
    if err == 0 {
        return NGX_OK;
    }

    ngx_log_error!(NGX_LOG_EMERG, log, err; "pthread_cond_destroy() failed");
    NGX_ERROR
}

pub unsafe fn ngx_thread_cond_signal(cond: *mut ngx_thread_cond_t, log: *mut ngx_log_t) -> ngx_int_t {
    let err = libc::pthread_cond_signal(cond);
    if err == 0 {
        return NGX_OK;
    }

    ngx_log_error!(NGX_LOG_EMERG, log, err; "pthread_cond_signal() failed");
    NGX_ERROR
}

pub unsafe fn ngx_thread_cond_wait(
    cond: *mut ngx_thread_cond_t,
    mtx: *mut ngx_thread_mutex_t,
    log: *mut ngx_log_t,
) -> ngx_int_t {
    let err = libc::pthread_cond_wait(cond, mtx);

    if err == 0 {
        return NGX_OK;
    }

    ngx_log_error!(NGX_LOG_ALERT, log, err; "pthread_cond_wait() failed");

    NGX_ERROR
}
