//! Port of src/event/ngx_event_timer.c and .h

use crate::core::{ngx_config::*, ngx_core::*, ngx_log::*, ngx_rbtree::*, ngx_times::*};
use crate::event::ngx_event::*;
use crate::os::unix::ngx_time::*;

pub const NGX_TIMER_INFINITE: ngx_msec_t = ngx_msec_t::MAX;

/// A timer that would move by less stays where it is.
pub const NGX_TIMER_LAZY_DELAY: ngx_msec_t = 300;

#[inline]
pub unsafe fn ngx_event_del_timer(ev: *mut ngx_event_t) {
    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*ev).log, 0;
                   "event timer del: %d: %M", ngx_event_ident((*ev).data), (*ev).timer.key);

    ngx_rbtree_delete(ngx_event_timer_rbtree.ptr(), &raw mut (*ev).timer);

    #[cfg(feature = "debug")]
    {
        (*ev).timer.left = null_mut();
        (*ev).timer.right = null_mut();
        (*ev).timer.parent = null_mut();
    }

    (*ev).timer_set = false;
}

#[inline]
pub unsafe fn ngx_event_add_timer(ev: *mut ngx_event_t, timer: ngx_msec_t) {
    let key = ngx_current_msec.get().wrapping_add(timer);

    if (*ev).timer_set {
        // A busy connection sets its timer again and again: that is not worth the tree's work as long as the
        // difference is small.

        let diff = key.wrapping_sub((*ev).timer.key) as ngx_msec_int_t;

        if diff.unsigned_abs() < NGX_TIMER_LAZY_DELAY {
            ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*ev).log, 0;
                           "event timer: %d, old: %M, new: %M",
                           ngx_event_ident((*ev).data), (*ev).timer.key, key);
            return;
        }

        ngx_del_timer(ev);
    }

    (*ev).timer.key = key;

    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*ev).log, 0;
                   "event timer add: %d: %M:%M", ngx_event_ident((*ev).data), timer, (*ev).timer.key);

    ngx_rbtree_insert(ngx_event_timer_rbtree.ptr(), &raw mut (*ev).timer);

    (*ev).timer_set = true;
}

/// Keys may repeat: the tree is only asked for its smallest.
pub static ngx_event_timer_rbtree: ngx_global_t<ngx_rbtree_t> = ngx_global_t::zeroed();
static ngx_event_timer_sentinel: ngx_global_t<ngx_rbtree_node_t> = ngx_global_t::zeroed();

pub unsafe fn ngx_event_timer_init(_log: *mut ngx_log_t) -> ngx_int_t {
    ngx_rbtree_init(ngx_event_timer_rbtree.ptr(), ngx_event_timer_sentinel.ptr(), Some(ngx_rbtree_insert_timer_value));

    NGX_OK
}

/// The milliseconds until the next timer.
pub unsafe fn ngx_event_find_timer() -> ngx_msec_t {
    let root = (*ngx_event_timer_rbtree.ptr()).root;

    if root == ngx_event_timer_sentinel.ptr() {
        return NGX_TIMER_INFINITE;
    }

    let sentinel = (*ngx_event_timer_rbtree.ptr()).sentinel;

    let node = ngx_rbtree_min(root, sentinel);

    let timer = (*node).key.wrapping_sub(ngx_current_msec.get()) as ngx_msec_int_t;

    (if timer > 0 { timer } else { 0 }) as ngx_msec_t
}

pub unsafe fn ngx_event_expire_timers() {
    let sentinel = (*ngx_event_timer_rbtree.ptr()).sentinel;

    loop {
        let root = (*ngx_event_timer_rbtree.ptr()).root;

        if root == sentinel {
            return;
        }

        let node = ngx_rbtree_min(root, sentinel);

        // the msec counter wraps, so only the difference can be compared

        if (*node).key.wrapping_sub(ngx_current_msec.get()) as ngx_msec_int_t > 0 {
            return;
        }

        let ev = ngx_rbtree_data!(node, ngx_event_t, timer);

        ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*ev).log, 0;
                       "event timer del: %d: %M", ngx_event_ident((*ev).data), (*ev).timer.key);

        ngx_rbtree_delete(ngx_event_timer_rbtree.ptr(), &raw mut (*ev).timer);

        #[cfg(feature = "debug")]
        {
            (*ev).timer.left = null_mut();
            (*ev).timer.right = null_mut();
            (*ev).timer.parent = null_mut();
        }

        (*ev).timer_set = false;

        (*ev).timedout = true;

        (*ev).handler.unwrap()(ev);
    }
}

/// NGX_OK when nothing but cancelable timers is left, else NGX_AGAIN.
pub unsafe fn ngx_event_no_timers_left() -> ngx_int_t {
    let sentinel = (*ngx_event_timer_rbtree.ptr()).sentinel;
    let root = (*ngx_event_timer_rbtree.ptr()).root;

    if root == sentinel {
        return NGX_OK;
    }

    let mut node = ngx_rbtree_min(root, sentinel);
    while !node.is_null() {
        let ev = ngx_rbtree_data!(node, ngx_event_t, timer);

        if !(*ev).cancelable {
            return NGX_AGAIN;
        }

        node = ngx_rbtree_next(ngx_event_timer_rbtree.ptr(), node);
    }

    NGX_OK
}
