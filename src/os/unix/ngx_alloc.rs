//! Port of src/os/unix/ngx_alloc.c and .h

use crate::core::{ngx_config::*, ngx_log::*, ngx_string::*};
use crate::os::unix::ngx_errno::*;

pub static ngx_pagesize: ngx_global_t<ngx_uint_t> = ngx_global_t::zeroed();
pub static ngx_pagesize_shift: ngx_global_t<ngx_uint_t> = ngx_global_t::zeroed();
pub static ngx_cacheline_size: ngx_global_t<ngx_uint_t> = ngx_global_t::zeroed();

#[inline(always)]
pub unsafe fn ngx_free(p: *mut c_void) {
    libc::free(p)
}

pub unsafe fn ngx_alloc(size: usize, log: *mut ngx_log_t) -> *mut c_void {
    let p = libc::malloc(size);
    if p.is_null() {
        ngx_log_error!(NGX_LOG_EMERG, log, ngx_errno(); "malloc(%uz) failed", size);
    }

    ngx_log_debug!(NGX_LOG_DEBUG_ALLOC, log, 0; "malloc: %p:%uz", p, size);

    p
}

pub unsafe fn ngx_calloc(size: usize, log: *mut ngx_log_t) -> *mut c_void {
    let p = ngx_alloc(size, log);

    if !p.is_null() {
        ngx_memzero(p, size);
    }

    p
}

pub unsafe fn ngx_memalign(alignment: usize, size: usize, log: *mut ngx_log_t) -> *mut c_void {
    let mut p = null_mut();

    let err = libc::posix_memalign(&raw mut p, alignment, size);

    if err != 0 {
        ngx_log_error!(NGX_LOG_EMERG, log, err; "posix_memalign(%uz, %uz) failed", alignment, size);
        p = null_mut();
    }

    ngx_log_debug!(NGX_LOG_DEBUG_ALLOC, log, 0; "posix_memalign: %p:%uz @%uz", p, size, alignment);

    p
}
