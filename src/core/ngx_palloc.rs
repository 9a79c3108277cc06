//! Port of src/core/ngx_palloc.c and .h
//! Ours: the allocations are typed (`ngx_palloc::<T>(pool)` is `ngx_palloc(pool, sizeof(T))` in C), and a type
//! that a pool cannot hold does not build. `_n` allocates an array, `ngx_pnalloc` unaligned bytes. ngx_pool_full.

use crate::core::{ngx_buf::*, ngx_config::*, ngx_core::*, ngx_log::*};
use crate::os::unix::{ngx_alloc::*, ngx_errno::*, ngx_files::*};

use core::mem::{ManuallyDrop, MaybeUninit, align_of, needs_drop};

pub const NGX_DEFAULT_POOL_SIZE: usize = 16 * 1024;

pub const NGX_POOL_ALIGNMENT: usize = 16;
pub const NGX_MIN_POOL_SIZE: usize =
    ngx_align(size_of::<ngx_pool_t>() + 2 * size_of::<ngx_pool_large_t>(), NGX_POOL_ALIGNMENT);

/// The largest allocation that comes out of a pool's block; a larger one is a malloc() of its own.
#[allow(non_snake_case)]
#[inline(always)]
unsafe fn NGX_MAX_ALLOC_FROM_POOL() -> usize {
    ngx_pagesize.get().wrapping_sub(1)
}

pub type ngx_pool_cleanup_pt = Option<unsafe fn(data: *mut c_void)>;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_pool_cleanup_t {
    pub handler: ngx_pool_cleanup_pt,
    pub data: *mut c_void,
    pub next: *mut ngx_pool_cleanup_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_pool_large_t {
    pub next: *mut ngx_pool_large_t,
    pub alloc: *mut c_void,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_pool_data_t {
    pub last: *mut u8,
    pub end: *mut u8,
    pub next: *mut ngx_pool_t,
    pub failed: ngx_uint_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_pool_t {
    pub d: ngx_pool_data_t,
    pub max: usize,
    pub current: *mut ngx_pool_t,
    pub chain: *mut ngx_chain_t,
    pub large: *mut ngx_pool_large_t,
    pub cleanup: *mut ngx_pool_cleanup_t,
    pub log: *mut ngx_log_t,
}

const _: () = assert!(size_of::<ngx_pool_t>() == 10 * size_of::<usize>()); // C: 80

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_pool_cleanup_file_t {
    pub fd: ngx_fd_t,
    pub name: *mut u8,
    pub log: *mut ngx_log_t,
}

const fn ngx_pool_ok<T>() {
    const { assert!(align_of::<T>() <= NGX_ALIGNMENT && !needs_drop::<T>()) }
}

const fn ngx_zero_ok<T>() {
    // a bare fn or a reference cannot be zero, and does not build
    let _ = const { unsafe { ManuallyDrop::new(MaybeUninit::<T>::zeroed().assume_init()) } };
}

/// A pool whose blocks are `size` bytes; NULL without memory. Freed, with all that was allocated from it, by
/// ngx_destroy_pool().
pub unsafe fn ngx_create_pool(size: usize, log: *mut ngx_log_t) -> *mut ngx_pool_t {
    let p = ngx_pool_block(size, log).cast::<ngx_pool_t>();
    if p.is_null() {
        return null_mut();
    }

    (*p).d.last = p.add(1).cast();
    (*p).d.end = p.byte_add(size).cast();
    (*p).d.next = null_mut();
    (*p).d.failed = 0;

    let size = size - size_of::<ngx_pool_t>();
    (*p).max = if size < NGX_MAX_ALLOC_FROM_POOL() { size } else { NGX_MAX_ALLOC_FROM_POOL() };

    (*p).current = p;
    (*p).chain = null_mut();
    (*p).large = null_mut();
    (*p).cleanup = null_mut();
    (*p).log = log;

    p
}

pub unsafe fn ngx_destroy_pool(pool: *mut ngx_pool_t) {
    let mut c = (*pool).cleanup;
    while !c.is_null() {
        if let Some(handler) = (*c).handler {
            ngx_log_debug!(NGX_LOG_DEBUG_ALLOC, (*pool).log, 0; "run cleanup: %p", c);
            handler((*c).data);
        }
        c = (*c).next;
    }

    #[cfg(feature = "debug")]
    {
        // the log may live in this pool: it is not used once the freeing has begun

        let mut l = (*pool).large;
        while !l.is_null() {
            ngx_log_debug!(NGX_LOG_DEBUG_ALLOC, (*pool).log, 0; "free: %p", (*l).alloc);
            l = (*l).next;
        }

        let mut p = pool;
        while !p.is_null() {
            ngx_log_debug!(NGX_LOG_DEBUG_ALLOC, (*pool).log, 0;
                           "free: %p, unused: %uz", p, (*p).d.end.offset_from((*p).d.last));
            p = (*p).d.next;
        }
    }

    let mut l = (*pool).large;
    while !l.is_null() {
        if !(*l).alloc.is_null() {
            ngx_free((*l).alloc);
        }
        l = (*l).next;
    }

    let psize = (*pool).d.end.offset_from_unsigned(pool.cast());

    let mut p = pool;
    while !p.is_null() {
        let n = (*p).d.next;
        ngx_pool_block_free(p, psize);
        p = n;
    }
}

/// Frees what was allocated, keeps the blocks. Cleanup handlers do not run and stay.
pub unsafe fn ngx_reset_pool(pool: *mut ngx_pool_t) {
    let mut l = (*pool).large;
    while !l.is_null() {
        if !(*l).alloc.is_null() {
            ngx_free((*l).alloc);
        }
        l = (*l).next;
    }

    let mut p = pool;
    while !p.is_null() {
        (*p).d.last = p.add(1).cast();
        (*p).d.failed = 0;
        p = (*p).d.next;
    }

    (*pool).current = pool;
    (*pool).chain = null_mut();
    (*pool).large = null_mut();
}

#[inline(always)]
unsafe fn ngx_palloc_size(pool: *mut ngx_pool_t, size: usize) -> *mut u8 {
    #[cfg(not(feature = "debug_palloc"))]
    if size <= (*pool).max {
        return ngx_palloc_small(pool, size, true);
    }

    ngx_palloc_large(pool, size)
}

/// Room for one `T`, not initialised; NULL without memory.
#[must_use]
#[inline]
pub unsafe fn ngx_palloc<T>(pool: *mut ngx_pool_t) -> *mut T {
    ngx_pool_ok::<T>();
    ngx_palloc_size(pool, size_of::<T>()).cast()
}

/// Room for `n` of `T`, not initialised; NULL without memory, or when `n * sizeof(T)` is no size.
#[must_use]
#[inline]
pub unsafe fn ngx_palloc_n<T>(pool: *mut ngx_pool_t, n: usize) -> *mut T {
    ngx_pool_ok::<T>();
    match n.checked_mul(size_of::<T>()) {
        Some(size) => ngx_palloc_size(pool, size).cast(),
        None => null_mut(),
    }
}

/// `size` bytes, not aligned; NULL without memory.
#[must_use]
#[inline]
pub unsafe fn ngx_pnalloc(pool: *mut ngx_pool_t, size: usize) -> *mut u8 {
    #[cfg(not(feature = "debug_palloc"))]
    if size <= (*pool).max {
        return ngx_palloc_small(pool, size, false);
    }

    ngx_palloc_large(pool, size)
}

#[inline(always)]
unsafe fn ngx_palloc_small(pool: *mut ngx_pool_t, size: usize, align: bool) -> *mut u8 {
    let mut p = (*pool).current;

    loop {
        let mut m = (*p).d.last;

        if align {
            m = ngx_align_ptr(m, NGX_ALIGNMENT);
        }

        // aligning may have stepped over the end
        if (*p).d.end.addr() as isize - m.addr() as isize >= size as isize {
            (*p).d.last = m.add(size);

            return m;
        }

        p = (*p).d.next;

        if p.is_null() {
            break;
        }
    }

    ngx_palloc_block(pool, size)
}

#[cold]
unsafe fn ngx_palloc_block(pool: *mut ngx_pool_t, size: usize) -> *mut u8 {
    let mut psize = (*pool).d.end.offset_from_unsigned(pool.cast());

    let huge = ngx_pool_huge.get() && ngx_pool_huge_size(pool, size, &mut psize);

    let mut m = if huge { ngx_pool_map(psize, (*pool).log) } else { ngx_pool_block(psize, (*pool).log) }.cast::<u8>();
    if m.is_null() {
        return null_mut();
    }

    let new = m.cast::<ngx_pool_t>();

    (*new).d.end = m.add(psize);
    (*new).d.next = null_mut();
    (*new).d.failed = 0;

    m = m.add(size_of::<ngx_pool_data_t>());
    m = ngx_align_ptr(m, NGX_ALIGNMENT);
    (*new).d.last = m.add(size);

    let mut p = (*pool).current;
    while !(*p).d.next.is_null() {
        if (*p).d.failed > 4 || ngx_pool_full(pool, p) {
            (*pool).current = (*p).d.next;
        }
        (*p).d.failed += 1;
        p = (*p).d.next;
    }

    (*p).d.next = new;

    if ngx_pool_full(pool, p) || (huge && size <= (*pool).max) {
        (*pool).current = new;
    }

    m
}

/// DEVIATION: nginx looks into a block for what it has no room for until five more have been needed. The current one is left
/// as soon as less than a sixteenth of it is free.
unsafe fn ngx_pool_full(pool: *mut ngx_pool_t, p: *mut ngx_pool_t) -> bool {
    p == (*pool).current
        && (*p).d.end.offset_from_unsigned((*p).d.last) < (*p).d.end.offset_from_unsigned(p.cast()) / 16
}

unsafe fn ngx_palloc_large(pool: *mut ngx_pool_t, size: usize) -> *mut u8 {
    if size >= NGX_POOL_HUGE / 2 && ngx_pool_huge.get() {
        return ngx_palloc_small(pool, size, true);
    }

    let p = ngx_alloc(size, (*pool).log);
    if p.is_null() {
        return null_mut();
    }

    let mut n = 0;

    let mut large = (*pool).large;
    while !large.is_null() {
        if (*large).alloc.is_null() {
            (*large).alloc = p;
            return p.cast();
        }

        if n > 3 {
            break;
        }
        n += 1;

        large = (*large).next;
    }

    large = ngx_palloc_small(pool, size_of::<ngx_pool_large_t>(), true).cast();
    if large.is_null() {
        ngx_free(p);
        return null_mut();
    }

    (*large).alloc = p;
    (*large).next = (*pool).large;
    (*pool).large = large;

    p.cast()
}

/// `size` bytes at a multiple of `alignment`; always a block of its own.
#[must_use]
pub unsafe fn ngx_pmemalign(pool: *mut ngx_pool_t, size: usize, alignment: usize) -> *mut u8 {
    let p = ngx_memalign(alignment, size, (*pool).log);
    if p.is_null() {
        return null_mut();
    }

    let large: *mut ngx_pool_large_t = ngx_palloc_small(pool, size_of::<ngx_pool_large_t>(), true).cast();
    if large.is_null() {
        ngx_free(p);
        return null_mut();
    }

    (*large).alloc = p;
    (*large).next = (*pool).large;
    (*pool).large = large;

    p.cast()
}

/// Frees a large allocation early; NGX_DECLINED when `p` is not one.
pub unsafe fn ngx_pfree<T>(pool: *mut ngx_pool_t, p: *mut T) -> ngx_int_t {
    let mut l = (*pool).large;
    while !l.is_null() {
        if p.cast() == (*l).alloc {
            ngx_log_debug!(NGX_LOG_DEBUG_ALLOC, (*pool).log, 0; "free: %p", (*l).alloc);
            ngx_free((*l).alloc);
            (*l).alloc = null_mut();

            return NGX_OK;
        }
        l = (*l).next;
    }

    NGX_DECLINED
}

/// Room for one `T`, zeroed; NULL without memory.
#[must_use]
#[inline]
pub unsafe fn ngx_pcalloc<T>(pool: *mut ngx_pool_t) -> *mut T {
    ngx_zero_ok::<T>();
    let p = ngx_palloc::<T>(pool);
    if !p.is_null() {
        p.write_bytes(0, 1);
    }

    p
}

/// Room for `n` of `T`, zeroed; NULL without memory.
#[must_use]
#[inline]
pub unsafe fn ngx_pcalloc_n<T>(pool: *mut ngx_pool_t, n: usize) -> *mut T {
    ngx_zero_ok::<T>();
    let p = ngx_palloc_n::<T>(pool, n);
    if !p.is_null() {
        p.write_bytes(0, n);
    }

    p
}

/// A cleanup that runs when the pool is destroyed, with `size` bytes at `data` (NULL for 0). The caller sets
/// `handler`; as long as it is None nothing runs.
#[must_use]
pub unsafe fn ngx_pool_cleanup_add(p: *mut ngx_pool_t, size: usize) -> *mut ngx_pool_cleanup_t {
    let c: *mut ngx_pool_cleanup_t = ngx_palloc(p);
    if c.is_null() {
        return null_mut();
    }

    if size != 0 {
        (*c).data = ngx_palloc_size(p, size).cast();
        if (*c).data.is_null() {
            return null_mut();
        }
    } else {
        (*c).data = null_mut();
    }

    (*c).handler = None;
    (*c).next = (*p).cleanup;

    (*p).cleanup = c;

    ngx_log_debug!(NGX_LOG_DEBUG_ALLOC, (*p).log, 0; "add cleanup: %p", c);

    c
}

pub unsafe fn ngx_pool_run_cleanup_file(p: *mut ngx_pool_t, fd: ngx_fd_t) {
    let mut c = (*p).cleanup;
    while !c.is_null() {
        if (*c).handler.is_some_and(|h| core::ptr::fn_addr_eq(h, ngx_pool_cleanup_file as unsafe fn(*mut c_void))) {
            let cf = (*c).data.cast::<ngx_pool_cleanup_file_t>();

            if (*cf).fd == fd {
                ngx_pool_cleanup_file(cf.cast());
                (*c).handler = None;
                return;
            }
        }
        c = (*c).next;
    }
}

pub unsafe fn ngx_pool_cleanup_file(data: *mut c_void) {
    let c = data.cast::<ngx_pool_cleanup_file_t>();

    ngx_log_debug!(NGX_LOG_DEBUG_ALLOC, (*c).log, 0; "file cleanup: fd:%d", (*c).fd);

    if ngx_close_file((*c).fd) == NGX_FILE_ERROR {
        ngx_log_error!(NGX_LOG_ALERT, (*c).log, ngx_errno(); "close() \"%s\" failed", (*c).name);
    }
}

pub unsafe fn ngx_pool_delete_file(data: *mut c_void) {
    let c = data.cast::<ngx_pool_cleanup_file_t>();

    ngx_log_debug!(NGX_LOG_DEBUG_ALLOC, (*c).log, 0; "file cleanup: fd:%d %s", (*c).fd, (*c).name);

    if ngx_delete_file((*c).name) == NGX_FILE_ERROR {
        let err = ngx_errno();

        if err != NGX_ENOENT {
            ngx_log_error!(NGX_LOG_CRIT, (*c).log, err; "unlink() \"%s\" failed", (*c).name);
        }
    }

    if ngx_close_file((*c).fd) == NGX_FILE_ERROR {
        ngx_log_error!(NGX_LOG_ALERT, (*c).log, ngx_errno(); "close() \"%s\" failed", (*c).name);
    }
}

// DEVIATION: blocks of the size that a request's pool has by default wait here for the next request; malloc() and
// free() take 250 instructions for one. Not where blocks are to be watched: the debug log has a line for each, a
// sanitizer sees each use after free.

const NGX_POOL_SPARE_SIZE: usize = 4096;
const NGX_POOL_SPARE_MAX: usize = 64;
const NGX_POOL_SPARE: bool = !cfg!(any(test, feature = "debug", feature = "debug_palloc"));

struct ngx_pool_spare_t {
    first: *mut ngx_pool_t,
    n: usize,
}

// SAFETY: pools belong to the main thread.
static ngx_pool_spare: ngx_global_t<ngx_pool_spare_t> = ngx_global_t::new(ngx_pool_spare_t { first: null_mut(), n: 0 });

#[inline(always)]
unsafe fn ngx_pool_block(size: usize, log: *mut ngx_log_t) -> *mut c_void {
    let spare = ngx_pool_spare.ptr();

    if NGX_POOL_SPARE && size == NGX_POOL_SPARE_SIZE && !(*spare).first.is_null() {
        let p = (*spare).first;

        (*spare).first = (*p).d.next;
        (*spare).n -= 1;

        return p.cast();
    }

    ngx_memalign(NGX_POOL_ALIGNMENT, size, log)
}

#[inline(always)]
unsafe fn ngx_pool_block_free(p: *mut ngx_pool_t, psize: usize) {
    let spare = ngx_pool_spare.ptr();
    let size = (*p).d.end.offset_from_unsigned(p.cast());

    if NGX_POOL_SPARE && size == NGX_POOL_SPARE_SIZE && (*spare).n < NGX_POOL_SPARE_MAX {
        (*p).d.next = (*spare).first;
        (*spare).first = p;
        (*spare).n += 1;

        return;
    }

    if size >= NGX_POOL_HUGE && size != psize {
        libc::munmap(p.cast(), size);
        return;
    }

    ngx_free(p.cast());
}

// DEVIATION: a configuration that has filled 2 MB of a pool gets its further blocks in huge pages, and so do arrays of 1 MB and
// more. Page by page the kernel takes longer for 100,000 entries, with faults, forks and the end, than we for reading them.

const NGX_POOL_HUGE: usize = 2 * 1024 * 1024;

/// Set while a configuration is read: a request's memory is malloc()'s.
pub static ngx_pool_huge: ngx_global_t<bool> = ngx_global_t::new(false);

/// Whether the block for `size` bytes is a huge one, of `psize`. It is known by that size, which is not the first block's.
unsafe fn ngx_pool_huge_size(pool: *mut ngx_pool_t, size: usize, psize: &mut usize) -> bool {
    let mut total = 0;

    let mut p = pool;
    while !p.is_null() {
        total += (*p).d.end.offset_from_unsigned(p.cast());
        p = (*p).d.next;
    }

    if *psize >= NGX_POOL_HUGE || (size <= (*pool).max && total < NGX_POOL_HUGE) {
        return false;
    }

    *psize = ngx_align(size_of::<ngx_pool_data_t>() + NGX_ALIGNMENT + size, NGX_POOL_HUGE);

    true
}

/// Frees an array. Of one in a huge block the pages go, the addresses stay.
pub unsafe fn ngx_pool_huge_free<T>(pool: *mut ngx_pool_t, p: *mut T, n: usize) {
    let size = n * size_of::<T>();

    if ngx_pfree(pool, p) == NGX_DECLINED && size >= NGX_POOL_HUGE / 2 {
        let first = ngx_align_ptr(p, ngx_pagesize.get());

        libc::madvise(first.cast(), size - ngx_pagesize.get(), libc::MADV_DONTNEED);
    }
}

#[cold]
unsafe fn ngx_pool_map(size: usize, log: *mut ngx_log_t) -> *mut c_void {
    let (prot, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);

    let p = libc::mmap(null_mut(), size, prot, flags, -1, 0);

    if p == libc::MAP_FAILED {
        ngx_log_error!(NGX_LOG_EMERG, log, ngx_errno(); "mmap(%uz) failed", size);
        return null_mut();
    }

    // where there are none, there are small ones
    libc::madvise(p, size, libc::MADV_HUGEPAGE);

    ngx_log_debug!(NGX_LOG_DEBUG_ALLOC, log, 0; "mmap: %p:%uz", p, size);

    p
}
