//! Port of src/core/ngx_list.c and .h

use crate::core::{ngx_config::*, ngx_core::*, ngx_palloc::*};

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_list_part_t<T> {
    pub elts: *mut T,
    pub nelts: ngx_uint_t,
    pub next: *mut ngx_list_part_t<T>,
}

/// A list of parts of `nalloc` elements each: elements never move. `last` may point into this very struct,
/// so a list is not copied.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_list_t<T> {
    pub last: *mut ngx_list_part_t<T>,
    pub part: ngx_list_part_t<T>,
    pub size: usize,
    pub nalloc: ngx_uint_t,
    pub pool: *mut ngx_pool_t,
}

const _: () = assert!(size_of::<ngx_list_t<u8>>() == 7 * size_of::<usize>()); // C: 56

pub unsafe fn ngx_list_init<T>(list: *mut ngx_list_t<T>, pool: *mut ngx_pool_t, n: ngx_uint_t) -> ngx_int_t {
    (*list).part.elts = ngx_palloc_n(pool, n);
    if (*list).part.elts.is_null() {
        return NGX_ERROR;
    }

    (*list).part.nelts = 0;
    (*list).part.next = null_mut();
    (*list).last = &raw mut (*list).part;
    (*list).size = size_of::<T>();
    (*list).nalloc = n;
    (*list).pool = pool;

    NGX_OK
}

#[must_use]
pub unsafe fn ngx_list_create<T>(pool: *mut ngx_pool_t, n: ngx_uint_t) -> *mut ngx_list_t<T> {
    let list: *mut ngx_list_t<T> = ngx_palloc(pool);
    if list.is_null() {
        return null_mut();
    }

    if ngx_list_init(list, pool, n) != NGX_OK {
        return null_mut();
    }

    list
}

/// A slot for one more element, not initialised; NULL when the pool has no memory.
#[must_use]
pub unsafe fn ngx_list_push<T>(l: *mut ngx_list_t<T>) -> *mut T {
    let mut last = (*l).last;

    if (*last).nelts == (*l).nalloc {
        // the last part is full

        last = ngx_palloc((*l).pool);
        if last.is_null() {
            return null_mut();
        }

        (*last).elts = ngx_palloc_n((*l).pool, (*l).nalloc);
        if (*last).elts.is_null() {
            return null_mut();
        }

        (*last).nelts = 0;
        (*last).next = null_mut();

        (*(*l).last).next = last;
        (*l).last = last;
    }

    let elt = (*last).elts.add((*last).nelts);
    (*last).nelts += 1;

    elt
}
