//! Port of src/event/modules/ngx_poll_module.c

use crate::core::{
    ngx_conf_file::*, ngx_config::*, ngx_connection::*, ngx_core::*, ngx_cycle::*, ngx_log::*, ngx_module::*,
    ngx_string::*, ngx_times::*,
};
use crate::event::{ngx_event::*, ngx_event_posted::*, ngx_event_timer::*};
use crate::os::unix::{ngx_alloc::*, ngx_errno::*, ngx_posix_init::*, ngx_process_cycle::*, ngx_time::*};

use libc::{POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT, pollfd};

static event_list: ngx_global_t<*mut pollfd> = ngx_global_t::new(null_mut());
static nevents: ngx_global_t<ngx_uint_t> = ngx_global_t::new(0);

static poll_name: ngx_str_t = ngx_string!("poll");

static ngx_poll_module_ctx: ngx_event_module_t = ngx_event_module_t {
    name: &raw const poll_name,
    create_conf: None,
    init_conf: Some(ngx_poll_init_conf),

    actions: ngx_event_actions_t {
        add: Some(ngx_poll_add_event),
        del: Some(ngx_poll_del_event),
        enable: Some(ngx_poll_add_event),
        disable: Some(ngx_poll_del_event),
        add_conn: None,
        del_conn: None,
        notify: None,
        process_events: Some(ngx_poll_process_events),
        init: Some(ngx_poll_init),
        done: Some(ngx_poll_done),
    },
};

pub static ngx_poll_module: ngx_module_t = ngx_module_t {
    name: c"ngx_poll_module",
    ctx: (&raw const ngx_poll_module_ctx).cast(),
    type_: NGX_EVENT_MODULE,
    ..NGX_MODULE_V1()
};

unsafe fn ngx_poll_init(cycle: *mut ngx_cycle_t, _timer: ngx_msec_t) -> ngx_int_t {
    if event_list.get().is_null() {
        nevents.set(0);
    }

    if ngx_process.get() >= NGX_PROCESS_WORKER
        || (*cycle).old_cycle.is_null()
        || (*(*cycle).old_cycle).connection_n < (*cycle).connection_n
    {
        let list: *mut pollfd = ngx_alloc(size_of::<pollfd>() * (*cycle).connection_n, (*cycle).log).cast();
        if list.is_null() {
            return NGX_ERROR;
        }

        if !event_list.get().is_null() {
            list.copy_from_nonoverlapping(event_list.get(), nevents.get());
            ngx_free(event_list.get().cast());
        }

        event_list.set(list);
    }

    ngx_io.set(ngx_os_io.get());

    ngx_event_actions.set(ngx_poll_module_ctx.actions);

    ngx_event_flags.set(NGX_USE_LEVEL_EVENT | NGX_USE_FD_EVENT);

    NGX_OK
}

unsafe fn ngx_poll_done(_cycle: *mut ngx_cycle_t) {
    ngx_free(event_list.get().cast());

    event_list.set(null_mut());
}

unsafe fn ngx_poll_add_event(ev: *mut ngx_event_t, mut event: ngx_int_t, _flags: ngx_uint_t) -> ngx_int_t {
    let c: *mut ngx_connection_t = (*ev).data.cast();

    (*ev).active = true;

    if (*ev).index != NGX_INVALID_INDEX {
        ngx_log_error!(NGX_LOG_ALERT, (*ev).log, 0; "poll event fd:%d ev:%i is already set", (*c).fd, event);
        return NGX_OK;
    }

    let e;

    if event == NGX_READ_EVENT {
        e = (*c).write;
        event = POLLIN as ngx_int_t;
    } else {
        e = (*c).read;
        event = POLLOUT as ngx_int_t;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*ev).log, 0; "poll add event: fd:%d ev:%i", (*c).fd, event);

    if e.is_null() || (*e).index == NGX_INVALID_INDEX {
        *event_list.get().add(nevents.get()) = pollfd { fd: (*c).fd, events: event as i16, revents: 0 };

        (*ev).index = nevents.get();
        nevents.set(nevents.get() + 1);
    } else {
        ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*ev).log, 0; "poll add index: %i", (*e).index);

        (*event_list.get().add((*e).index)).events |= event as i16;
        (*ev).index = (*e).index;
    }

    NGX_OK
}

unsafe fn ngx_poll_del_event(ev: *mut ngx_event_t, mut event: ngx_int_t, _flags: ngx_uint_t) -> ngx_int_t {
    let mut c: *mut ngx_connection_t = (*ev).data.cast();

    (*ev).active = false;

    if (*ev).index == NGX_INVALID_INDEX {
        ngx_log_error!(NGX_LOG_ALERT, (*ev).log, 0; "poll event fd:%d ev:%i is already deleted", (*c).fd, event);
        return NGX_OK;
    }

    let e;

    if event == NGX_READ_EVENT {
        e = (*c).write;
        event = POLLIN as ngx_int_t;
    } else {
        e = (*c).read;
        event = POLLOUT as ngx_int_t;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*ev).log, 0; "poll del event: fd:%d ev:%i", (*c).fd, event);

    if e.is_null() || (*e).index == NGX_INVALID_INDEX {
        nevents.set(nevents.get() - 1);

        if (*ev).index < nevents.get() {
            // the last one fills the gap

            ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*ev).log, 0;
                           "index: copy event %ui to %i", nevents.get(), (*ev).index);

            let last = *event_list.get().add(nevents.get());

            *event_list.get().add((*ev).index) = last;

            c = *(*ngx_cycle.get()).files.add(last.fd as usize);

            if (*c).fd == -1 {
                ngx_log_error!(NGX_LOG_ALERT, (*ev).log, 0; "unexpected last event");
            } else {
                if (*(*c).read).index == nevents.get() {
                    (*(*c).read).index = (*ev).index;
                }

                if (*(*c).write).index == nevents.get() {
                    (*(*c).write).index = (*ev).index;
                }
            }
        }
    } else {
        ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*ev).log, 0; "poll del index: %i", (*e).index);

        (*event_list.get().add((*e).index)).events &= !event as i16;
    }

    (*ev).index = NGX_INVALID_INDEX;

    NGX_OK
}

unsafe fn ngx_poll_process_events(cycle: *mut ngx_cycle_t, timer: ngx_msec_t, flags: ngx_uint_t) -> ngx_int_t {
    // NGX_TIMER_INFINITE becomes -1

    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*cycle).log, 0; "poll timer: %M", timer);

    let mut ready = libc::poll(event_list.get(), nevents.get() as libc::nfds_t, timer as c_int);

    let err = if ready == -1 { ngx_errno() } else { 0 };

    if flags & NGX_UPDATE_TIME != 0 || ngx_event_timer_alarm.get() != 0 {
        ngx_time_update();
    }

    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*cycle).log, 0; "poll ready %d of %ui", ready, nevents.get());

    if err != 0 {
        let level = if err == NGX_EINTR {
            if ngx_event_timer_alarm.get() != 0 {
                ngx_event_timer_alarm.set(0);
                return NGX_OK;
            }

            NGX_LOG_INFO
        } else {
            NGX_LOG_ALERT
        };

        ngx_log_error!(level, (*cycle).log, err; "poll() failed");
        return NGX_ERROR;
    }

    if ready == 0 {
        if timer != NGX_TIMER_INFINITE {
            return NGX_OK;
        }

        ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, 0; "poll() returned no events without timeout");
        return NGX_ERROR;
    }

    let mut i = 0;

    while i < nevents.get() && ready != 0 {
        let pfd = event_list.get().add(i);
        let n = i;
        i += 1;

        let mut revents = (*pfd).revents;

        ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*cycle).log, 0;
                       "poll: %ui: fd:%d ev:%04Xd rev:%04Xd", n, (*pfd).fd, (*pfd).events, revents);

        if revents & POLLNVAL != 0 {
            ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, 0;
                           "poll() error fd:%d ev:%04Xd rev:%04Xd", (*pfd).fd, (*pfd).events, revents);
        }

        if revents & !(POLLIN | POLLOUT | POLLERR | POLLHUP | POLLNVAL) != 0 {
            ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, 0;
                           "strange poll() events fd:%d ev:%04Xd rev:%04Xd", (*pfd).fd, (*pfd).events, revents);
        }

        if (*pfd).fd == -1 {
            // switched off below
            continue;
        }

        let c = *(*ngx_cycle.get()).files.add((*pfd).fd as usize);

        if (*c).fd == -1 {
            ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, 0; "unexpected event");

            // a fault of ours: switch the event off, lest it comes back without end

            if n == nevents.get() - 1 {
                nevents.set(nevents.get() - 1);
            } else {
                (*pfd).fd = -1;
            }

            continue;
        }

        if revents & (POLLERR | POLLHUP | POLLNVAL) != 0 {
            // one handler at least is to find out about the error

            revents |= POLLIN | POLLOUT;
        }

        let mut found = false;

        if revents & POLLIN != 0 && (*(*c).read).active {
            found = true;

            let ev = (*c).read;
            (*ev).ready = true;
            (*ev).available = -1;

            let queue = if (*ev).accept { ngx_posted_accept_events.ptr() } else { ngx_posted_events.ptr() };

            ngx_post_event(ev, queue);
        }

        if revents & POLLOUT != 0 && (*(*c).write).active {
            found = true;

            let ev = (*c).write;
            (*ev).ready = true;

            ngx_post_event(ev, ngx_posted_events.ptr());
        }

        if found {
            ready -= 1;
            continue;
        }
    }

    if ready != 0 {
        ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, 0; "poll ready != events");
    }

    NGX_OK
}

unsafe fn ngx_poll_init_conf(cycle: *mut ngx_cycle_t, _conf: *mut c_void) -> ngx_conf_ret_t {
    let ecf: *mut ngx_event_conf_t = ngx_event_get_conf((*cycle).conf_ctx, &ngx_event_core_module);

    if (*ecf).use_ != ngx_poll_module.ctx_index.get() {
        return NGX_CONF_OK;
    }

    NGX_CONF_OK
}
