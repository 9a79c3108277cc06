//! Port of src/core/ngx_queue.c and .h

use crate::core::ngx_config::*;

/// An intrusive link; a queue's head is one too, and an empty one points to itself.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_queue_t {
    pub prev: *mut ngx_queue_t,
    pub next: *mut ngx_queue_t,
}

#[inline(always)]
pub unsafe fn ngx_queue_init(q: *mut ngx_queue_t) {
    (*q).prev = q;
    (*q).next = q;
}

#[inline(always)]
pub unsafe fn ngx_queue_empty(h: *const ngx_queue_t) -> bool {
    h == (*h).prev
}

#[inline(always)]
pub unsafe fn ngx_queue_insert_head(h: *mut ngx_queue_t, x: *mut ngx_queue_t) {
    (*x).next = (*h).next;
    (*(*x).next).prev = x;
    (*x).prev = h;
    (*h).next = x;
}

#[inline(always)]
pub unsafe fn ngx_queue_insert_after(h: *mut ngx_queue_t, x: *mut ngx_queue_t) {
    ngx_queue_insert_head(h, x)
}

#[inline(always)]
pub unsafe fn ngx_queue_insert_tail(h: *mut ngx_queue_t, x: *mut ngx_queue_t) {
    (*x).prev = (*h).prev;
    (*(*x).prev).next = x;
    (*x).next = h;
    (*h).prev = x;
}

#[inline(always)]
pub unsafe fn ngx_queue_insert_before(h: *mut ngx_queue_t, x: *mut ngx_queue_t) {
    ngx_queue_insert_tail(h, x)
}

#[inline(always)]
pub unsafe fn ngx_queue_head(h: *const ngx_queue_t) -> *mut ngx_queue_t {
    (*h).next
}

#[inline(always)]
pub unsafe fn ngx_queue_last(h: *const ngx_queue_t) -> *mut ngx_queue_t {
    (*h).prev
}

#[inline(always)]
pub fn ngx_queue_sentinel(h: *mut ngx_queue_t) -> *mut ngx_queue_t {
    h
}

#[inline(always)]
pub unsafe fn ngx_queue_next(q: *const ngx_queue_t) -> *mut ngx_queue_t {
    (*q).next
}

#[inline(always)]
pub unsafe fn ngx_queue_prev(q: *const ngx_queue_t) -> *mut ngx_queue_t {
    (*q).prev
}

#[inline(always)]
pub unsafe fn ngx_queue_remove(x: *mut ngx_queue_t) {
    (*(*x).next).prev = (*x).prev;
    (*(*x).prev).next = (*x).next;

    #[cfg(feature = "debug")]
    {
        (*x).prev = null_mut();
        (*x).next = null_mut();
    }
}

/// Moves `q` and all behind it from the queue `h` to the queue `n`.
#[inline(always)]
pub unsafe fn ngx_queue_split(h: *mut ngx_queue_t, q: *mut ngx_queue_t, n: *mut ngx_queue_t) {
    (*n).prev = (*h).prev;
    (*(*n).prev).next = n;
    (*n).next = q;
    (*h).prev = (*q).prev;
    (*(*h).prev).next = h;
    (*q).prev = n;
}

/// Appends all of `n` to `h`; `n` itself is left as it was and has to be initialised before it is used again.
#[inline(always)]
pub unsafe fn ngx_queue_add(h: *mut ngx_queue_t, n: *mut ngx_queue_t) {
    (*(*h).prev).next = (*n).next;
    (*(*n).next).prev = (*h).prev;
    (*h).prev = (*n).prev;
    (*(*h).prev).next = h;
}

/// `ngx_queue_data!(q, type, link)`: the object whose field `link` (an `ngx_queue_t`) `q` points to.
macro_rules! ngx_queue_data {
    ($q:expr, $t:ty, $($link:ident).+) => {{
        const _: fn(*const $t) -> *const crate::core::ngx_queue::ngx_queue_t = |p| unsafe { &raw const (*p).$($link).+ };
        let q: *mut crate::core::ngx_queue::ngx_queue_t = $q;
        q.byte_sub(core::mem::offset_of!($t, $($link).+)).cast::<$t>()
    }};
}
pub(crate) use ngx_queue_data;

/// The middle element: of an even number, the first of the second half.
pub unsafe fn ngx_queue_middle(queue: *mut ngx_queue_t) -> *mut ngx_queue_t {
    let mut middle = ngx_queue_head(queue);

    if middle == ngx_queue_last(queue) {
        return middle;
    }

    let mut next = ngx_queue_head(queue);

    loop {
        middle = ngx_queue_next(middle);

        next = ngx_queue_next(next);

        if next == ngx_queue_last(queue) {
            return middle;
        }

        next = ngx_queue_next(next);

        if next == ngx_queue_last(queue) {
            return middle;
        }
    }
}

pub type ngx_queue_cmp_pt = unsafe fn(*const ngx_queue_t, *const ngx_queue_t) -> isize;

/// A stable merge sort.
pub unsafe fn ngx_queue_sort(queue: *mut ngx_queue_t, cmp: ngx_queue_cmp_pt) {
    let q = ngx_queue_head(queue);

    if q == ngx_queue_last(queue) {
        return;
    }

    let q = ngx_queue_middle(queue);

    let mut tail = ngx_queue_t { prev: null_mut(), next: null_mut() };
    let tail = &raw mut tail;

    ngx_queue_split(queue, q, tail);

    ngx_queue_sort(queue, cmp);
    ngx_queue_sort(tail, cmp);

    ngx_queue_merge(queue, tail, cmp);
}

unsafe fn ngx_queue_merge(queue: *mut ngx_queue_t, tail: *mut ngx_queue_t, cmp: ngx_queue_cmp_pt) {
    let mut q1 = ngx_queue_head(queue);
    let mut q2 = ngx_queue_head(tail);

    loop {
        if q1 == ngx_queue_sentinel(queue) {
            ngx_queue_add(queue, tail);
            break;
        }

        if q2 == ngx_queue_sentinel(tail) {
            break;
        }

        if cmp(q1, q2) <= 0 {
            q1 = ngx_queue_next(q1);
            continue;
        }

        ngx_queue_remove(q2);
        ngx_queue_insert_before(q1, q2);

        q2 = ngx_queue_head(tail);
    }
}
