//! Port of src/os/unix/ngx_thread.h

use crate::core::ngx_config::*;
use crate::os::unix::ngx_thread_id::*;

pub type ngx_thread_mutex_t = libc::pthread_mutex_t;

pub type ngx_thread_cond_t = libc::pthread_cond_t;

pub type ngx_tid_t = pid_t;
pub const NGX_TID_T_FMT: &str = "%P";

#[inline(always)]
pub unsafe fn ngx_log_tid() -> ngx_tid_t {
    ngx_thread_tid()
}
