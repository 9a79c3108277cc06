//! Port of src/os/unix/ngx_shmem.c and .h

use crate::core::{ngx_config::*, ngx_core::*, ngx_log::*, ngx_string::*};
use crate::os::unix::ngx_errno::*;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_shm_t {
    pub addr: *mut u8,
    pub size: usize,
    pub name: ngx_str_t,
    pub log: *mut ngx_log_t,
    /// 0 or 1
    pub exists: ngx_uint_t,
}

/// Memory that the processes forked from now on share.
pub unsafe fn ngx_shm_alloc(shm: *mut ngx_shm_t) -> ngx_int_t {
    (*shm).addr = libc::mmap(
        null_mut(),
        (*shm).size,
        libc::PROT_READ | libc::PROT_WRITE,
        libc::MAP_ANON | libc::MAP_SHARED,
        -1,
        0,
    )
    .cast();

    if (*shm).addr.cast() == libc::MAP_FAILED {
        ngx_log_error!(NGX_LOG_ALERT, (*shm).log, ngx_errno(); "mmap(MAP_ANON|MAP_SHARED, %uz) failed", (*shm).size);
        return NGX_ERROR;
    }

    NGX_OK
}

pub unsafe fn ngx_shm_free(shm: *mut ngx_shm_t) {
    if libc::munmap((*shm).addr.cast(), (*shm).size) == -1 {
        ngx_log_error!(NGX_LOG_ALERT, (*shm).log, ngx_errno(); "munmap(%p, %uz) failed", (*shm).addr, (*shm).size);
    }
}
