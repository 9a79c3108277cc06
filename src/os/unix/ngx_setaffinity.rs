//! Port of src/os/unix/ngx_setaffinity.c and .h

use crate::core::{ngx_config::*, ngx_log::*};
use crate::os::unix::ngx_errno::*;

pub type ngx_cpuset_t = libc::cpu_set_t;

pub unsafe fn ngx_setaffinity(cpu_affinity: *mut ngx_cpuset_t, log: *mut ngx_log_t) {
    for i in 0..libc::CPU_SETSIZE as ngx_uint_t {
        if libc::CPU_ISSET(i, &*cpu_affinity) {
            ngx_log_error!(NGX_LOG_NOTICE, log, 0; "sched_setaffinity(): using cpu #%ui", i);
        }
    }

    if libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), cpu_affinity) == -1 {
        ngx_log_error!(NGX_LOG_ALERT, log, ngx_errno(); "sched_setaffinity() failed");
    }
}
