//! Port of src/event/ngx_event_posted.c and .h

use crate::core::{ngx_config::*, ngx_cycle::*, ngx_log::*, ngx_queue::*};
use crate::event::ngx_event::*;

#[inline(always)]
pub unsafe fn ngx_post_event(ev: *mut ngx_event_t, q: *mut ngx_queue_t) {
    if !(*ev).posted {
        (*ev).posted = true;
        ngx_queue_insert_tail(q, &raw mut (*ev).queue);

        ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*ev).log, 0; "post event %p", ev);
    } else {
        ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*ev).log, 0; "update posted event %p", ev);
    }
}

#[inline(always)]
pub unsafe fn ngx_delete_posted_event(ev: *mut ngx_event_t) {
    (*ev).posted = false;
    ngx_queue_remove(&raw mut (*ev).queue);

    ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*ev).log, 0; "delete posted event %p", ev);
}

pub static ngx_posted_accept_events: ngx_global_t<ngx_queue_t> = ngx_global_t::zeroed();
pub static ngx_posted_next_events: ngx_global_t<ngx_queue_t> = ngx_global_t::zeroed();
pub static ngx_posted_events: ngx_global_t<ngx_queue_t> = ngx_global_t::zeroed();

pub unsafe fn ngx_event_process_posted(cycle: *mut ngx_cycle_t, posted: *mut ngx_queue_t) {
    while !ngx_queue_empty(posted) {
        let q = ngx_queue_head(posted);
        let ev = ngx_queue_data!(q, ngx_event_t, queue);

        ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*cycle).log, 0; "posted event %p", ev);

        ngx_delete_posted_event(ev);

        (*ev).handler.unwrap()(ev);
    }
}

pub unsafe fn ngx_event_move_posted_next(cycle: *mut ngx_cycle_t) {
    let mut q = ngx_queue_head(ngx_posted_next_events.ptr());

    while q != ngx_queue_sentinel(ngx_posted_next_events.ptr()) {
        let ev = ngx_queue_data!(q, ngx_event_t, queue);

        ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*cycle).log, 0; "posted next event %p", ev);

        (*ev).ready = true;
        (*ev).available = -1;

        q = ngx_queue_next(q);
    }

    ngx_queue_add(ngx_posted_events.ptr(), ngx_posted_next_events.ptr());
    ngx_queue_init(ngx_posted_next_events.ptr());
}
