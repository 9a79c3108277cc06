//! Port of src/core/ngx_array.c and .h

use crate::core::{ngx_config::*, ngx_core::*, ngx_palloc::*};

/// A growing array in a pool; `size` is the element's, in bytes.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_array_t<T> {
    pub elts: *mut T,
    pub nelts: ngx_uint_t,
    pub size: usize,
    pub nalloc: ngx_uint_t,
    pub pool: *mut ngx_pool_t,
}

const _: () = assert!(size_of::<ngx_array_t<u8>>() == 5 * size_of::<usize>()); // C: 40

pub unsafe fn ngx_array_init<T>(array: *mut ngx_array_t<T>, pool: *mut ngx_pool_t, n: ngx_uint_t) -> ngx_int_t {
    (*array).nelts = 0;
    (*array).size = size_of::<T>();
    (*array).nalloc = n;
    (*array).pool = pool;

    (*array).elts = ngx_palloc_n(pool, n);
    if (*array).elts.is_null() {
        return NGX_ERROR;
    }

    NGX_OK
}

#[must_use]
pub unsafe fn ngx_array_create<T>(p: *mut ngx_pool_t, n: ngx_uint_t) -> *mut ngx_array_t<T> {
    let a: *mut ngx_array_t<T> = ngx_palloc(p);
    if a.is_null() {
        return null_mut();
    }

    if ngx_array_init(a, p, n) != NGX_OK {
        return null_mut();
    }

    a
}

pub unsafe fn ngx_array_destroy<T>(a: *mut ngx_array_t<T>) {
    let p = (*a).pool;

    if (*a).elts.add((*a).nalloc).cast::<u8>() == (*p).d.last {
        (*p).d.last = (*p).d.last.sub((*a).size * (*a).nalloc);
    }

    if a.add(1).cast::<u8>() == (*p).d.last {
        (*p).d.last = a.cast();
    }
}

/// A slot for one more element, not initialised; NULL when the pool has no memory.
#[must_use]
pub unsafe fn ngx_array_push<T>(a: *mut ngx_array_t<T>) -> *mut T {
    if (*a).nelts == (*a).nalloc {
        // the array is full

        let p = (*a).pool;

        if (*a).elts.add((*a).nalloc).cast::<u8>() == (*p).d.last && (*p).d.last.add((*a).size) <= (*p).d.end {
            // it lies at the pool's end, and there is room behind it
            (*p).d.last = (*p).d.last.add((*a).size);
            (*a).nalloc += 1;
        } else {
            let new: *mut T = ngx_palloc_n(p, 2 * (*a).nalloc);
            if new.is_null() {
                return null_mut();
            }

            new.copy_from_nonoverlapping((*a).elts, (*a).nelts);
            (*a).elts = new;
            (*a).nalloc *= 2;
        }
    }

    let elt = (*a).elts.add((*a).nelts);
    (*a).nelts += 1;

    elt
}

/// Slots for `n` more elements in a row, not initialised; NULL when the pool has no memory.
#[must_use]
pub unsafe fn ngx_array_push_n<T>(a: *mut ngx_array_t<T>, n: ngx_uint_t) -> *mut T {
    let size = n * (*a).size;

    if (*a).nelts + n > (*a).nalloc {
        // the array is full

        let p = (*a).pool;

        if (*a).elts.add((*a).nalloc).cast::<u8>() == (*p).d.last && (*p).d.last.add(size) <= (*p).d.end {
            // it lies at the pool's end, and there is room behind it
            (*p).d.last = (*p).d.last.add(size);
            (*a).nalloc += n;
        } else {
            let nalloc = 2 * ngx_max(n, (*a).nalloc);

            let new: *mut T = ngx_palloc_n(p, nalloc);
            if new.is_null() {
                return null_mut();
            }

            new.copy_from_nonoverlapping((*a).elts, (*a).nelts);
            (*a).elts = new;
            (*a).nalloc = nalloc;
        }
    }

    let elt = (*a).elts.add((*a).nelts);
    (*a).nelts += n;

    elt
}
