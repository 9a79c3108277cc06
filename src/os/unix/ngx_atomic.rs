//! Port of src/os/unix/ngx_atomic.h
//! Ours: ngx_atomic_load() and ngx_atomic_store(), which stand where C reads and writes through its volatile type,
//! and ngx_atomic_count().

use crate::core::ngx_config::*;

use core::sync::atomic::{AtomicUsize, Ordering, fence};

pub type ngx_atomic_int_t = isize;
pub type ngx_atomic_uint_t = usize;
/// Lies in shared memory, or is touched by the threads of a pool: only the functions of this file may access it
/// while another process or thread does.
pub type ngx_atomic_t = ngx_atomic_uint_t;

pub const NGX_ATOMIC_T_LEN: usize = NGX_INT_T_LEN;

/// `*value`
#[inline(always)]
pub unsafe fn ngx_atomic_load(value: *mut ngx_atomic_t) -> ngx_atomic_uint_t {
    // SAFETY: all that others do to the word is atomic too, so this is no data race.
    AtomicUsize::from_ptr(value).load(Ordering::Relaxed)
}

/// `*value = set`; what was written before is visible to whoever reads the new value with an atomic operation.
#[inline(always)]
pub unsafe fn ngx_atomic_store(value: *mut ngx_atomic_t, set: ngx_atomic_uint_t) {
    AtomicUsize::from_ptr(value).store(set, Ordering::Release)
}

#[inline(always)]
pub unsafe fn ngx_atomic_cmp_set(lock: *mut ngx_atomic_t, old: ngx_atomic_uint_t, set: ngx_atomic_uint_t) -> bool {
    AtomicUsize::from_ptr(lock).compare_exchange(old, set, Ordering::SeqCst, Ordering::SeqCst).is_ok()
}

/// Returns the value before the addition.
#[inline(always)]
pub unsafe fn ngx_atomic_fetch_add(value: *mut ngx_atomic_t, add: ngx_atomic_int_t) -> ngx_atomic_int_t {
    AtomicUsize::from_ptr(value).fetch_add(add as ngx_atomic_uint_t, Ordering::SeqCst) as ngx_atomic_int_t
}

/// Adds, wrapping; orders nothing.
#[inline(always)]
pub unsafe fn ngx_atomic_count(value: *mut ngx_atomic_t, add: ngx_atomic_uint_t) {
    AtomicUsize::from_ptr(value).fetch_add(add, Ordering::Relaxed);
}

#[inline(always)]
pub fn ngx_memory_barrier() {
    fence(Ordering::SeqCst)
}

#[inline(always)]
pub fn ngx_cpu_pause() {
    core::hint::spin_loop()
}

#[inline(always)]
pub unsafe fn ngx_trylock(lock: *mut ngx_atomic_t) -> bool {
    ngx_atomic_load(lock) == 0 && ngx_atomic_cmp_set(lock, 0, 1)
}

#[inline(always)]
pub unsafe fn ngx_unlock(lock: *mut ngx_atomic_t) {
    ngx_atomic_store(lock, 0)
}
