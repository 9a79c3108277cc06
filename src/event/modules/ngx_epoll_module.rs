//! Port of src/event/modules/ngx_epoll_module.c
//! Ours: ngx_epoll_aio_requests, ngx_epoll_aio_done, for the event method that shares the file aio.

use crate::core::{
    ngx_conf_file::*, ngx_config::*, ngx_connection::*, ngx_core::*, ngx_cycle::*, ngx_log::*, ngx_module::*,
    ngx_palloc::*, ngx_string::*, ngx_times::*,
};
use crate::event::{ngx_event::*, ngx_event_posted::*, ngx_event_timer::*};
use crate::os::unix::{ngx_alloc::*, ngx_errno::*, ngx_files::*, ngx_posix_init::*, ngx_time::*};

use libc::{EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD, epoll_ctl, epoll_event, epoll_wait};

// libc has them signed
const EPOLLIN: u32 = libc::EPOLLIN as u32;
const EPOLLOUT: u32 = libc::EPOLLOUT as u32;
const EPOLLERR: u32 = libc::EPOLLERR as u32;
const EPOLLHUP: u32 = libc::EPOLLHUP as u32;
const EPOLLRDHUP: u32 = libc::EPOLLRDHUP as u32;
const EPOLLET: u32 = libc::EPOLLET as u32;

pub type aio_context_t = c_ulong;

/// The kernel's, as io_getevents() fills it in.
#[repr(C)]
#[derive(Clone, Copy)]
struct io_event {
    /// What the request carried: its ngx_event_t.
    data: u64,
    obj: u64,
    res: i64,
    res2: i64,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_epoll_conf_t {
    events: ngx_uint_t,
    aio_requests: ngx_uint_t,
}

static ep: ngx_global_t<c_int> = ngx_global_t::new(-1);
static event_list: ngx_global_t<*mut epoll_event> = ngx_global_t::new(null_mut());
static nevents: ngx_global_t<ngx_uint_t> = ngx_global_t::new(0);

static notify_fd: ngx_global_t<c_int> = ngx_global_t::new(-1);
static notify_event: ngx_global_t<ngx_event_t> = ngx_global_t::zeroed();
static notify_conn: ngx_global_t<ngx_connection_t> = ngx_global_t::zeroed();

pub static ngx_eventfd: ngx_global_t<c_int> = ngx_global_t::new(-1);
pub static ngx_aio_ctx: ngx_global_t<aio_context_t> = ngx_global_t::new(0);

static ngx_eventfd_event: ngx_global_t<ngx_event_t> = ngx_global_t::zeroed();
static ngx_eventfd_conn: ngx_global_t<ngx_connection_t> = ngx_global_t::zeroed();

pub static ngx_use_epoll_rdhup: ngx_global_t<ngx_uint_t> = ngx_global_t::new(0);

static epoll_name: ngx_str_t = ngx_string!("epoll");

static ngx_epoll_commands: &[ngx_command_t] = &[
    ngx_command_t {
        name: ngx_string!("epoll_events"),
        type_: NGX_EVENT_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_num_slot),
        conf: 0,
        offset: ngx_offsetof!(ngx_epoll_conf_t, events: ngx_uint_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("worker_aio_requests"),
        type_: NGX_EVENT_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_num_slot),
        conf: 0,
        offset: ngx_offsetof!(ngx_epoll_conf_t, aio_requests: ngx_uint_t),
        post: null(),
    },
];

/// `notify` is cleared when there is no eventfd.
static ngx_epoll_module_ctx: ngx_global_t<ngx_event_module_t> = ngx_global_t::new(ngx_event_module_t {
    name: &raw const epoll_name,
    create_conf: Some(ngx_epoll_create_conf),
    init_conf: Some(ngx_epoll_init_conf),

    actions: ngx_event_actions_t {
        add: Some(ngx_epoll_add_event),
        del: Some(ngx_epoll_del_event),
        enable: Some(ngx_epoll_add_event),
        disable: Some(ngx_epoll_del_event),
        add_conn: Some(ngx_epoll_add_connection),
        del_conn: Some(ngx_epoll_del_connection),
        notify: Some(ngx_epoll_notify),
        process_events: Some(ngx_epoll_process_events),
        init: Some(ngx_epoll_init),
        done: Some(ngx_epoll_done),
    },
});

pub static ngx_epoll_module: ngx_module_t = ngx_module_t {
    name: c"ngx_epoll_module",
    ctx: ngx_epoll_module_ctx.ptr().cast_const().cast(),
    commands: ngx_epoll_commands,
    type_: NGX_EVENT_MODULE,
    ..NGX_MODULE_V1()
};

// SAFETY: epoll hands back the bits it was given. Connections are aligned, so bit 0 is free: it carries the event's
// `instance`. The kernel knows no provenance; that of the connections' array is exposed here and taken up again
// in ngx_epoll_ptr().
#[inline(always)]
fn ngx_epoll_data(c: *mut ngx_connection_t, instance: bool) -> u64 {
    c.map_addr(|c| c | instance as usize).expose_provenance() as u64
}

#[inline(always)]
fn ngx_epoll_ptr(data: u64) -> *mut ngx_connection_t {
    core::ptr::with_exposed_provenance_mut(data as usize)
}

pub unsafe fn io_setup(nr_reqs: c_uint, ctx: *mut aio_context_t) -> c_int {
    libc::syscall(libc::SYS_io_setup, nr_reqs, ctx) as c_int
}

pub unsafe fn io_destroy(ctx: aio_context_t) -> c_int {
    libc::syscall(libc::SYS_io_destroy, ctx) as c_int
}

unsafe fn io_getevents(
    ctx: aio_context_t,
    min_nr: c_long,
    nr: c_long,
    events: *mut io_event,
    tmo: *mut libc::timespec,
) -> c_int {
    libc::syscall(libc::SYS_io_getevents, ctx, min_nr, nr, events, tmo) as c_int
}

unsafe fn ngx_epoll_aio_init(cycle: *mut ngx_cycle_t, epcf: *mut ngx_epoll_conf_t) {
    ngx_eventfd.set(libc::eventfd(0, 0));

    if ngx_eventfd.get() == -1 {
        ngx_log_error!(NGX_LOG_EMERG, (*cycle).log, ngx_errno(); "eventfd() failed");
        ngx_file_aio.set(0);
        return;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*cycle).log, 0; "eventfd: %d", ngx_eventfd.get());

    'failed: {
        let mut n: c_int = 1;

        if libc::ioctl(ngx_eventfd.get(), libc::FIONBIO, &raw mut n) == -1 {
            ngx_log_error!(NGX_LOG_EMERG, (*cycle).log, ngx_errno(); "ioctl(eventfd, FIONBIO) failed");
            break 'failed;
        }

        if io_setup((*epcf).aio_requests as c_uint, ngx_aio_ctx.ptr()) == -1 {
            ngx_log_error!(NGX_LOG_EMERG, (*cycle).log, ngx_errno(); "io_setup() failed");
            break 'failed;
        }

        let ev = ngx_eventfd_event.ptr();
        (*ev).data = ngx_eventfd_conn.ptr().cast();
        (*ev).handler = Some(ngx_epoll_eventfd_handler);
        (*ev).log = (*cycle).log;
        (*ev).active = true;

        let c = ngx_eventfd_conn.ptr();
        (*c).fd = ngx_eventfd.get();
        (*c).read = ngx_eventfd_event.ptr();
        (*c).log = (*cycle).log;

        let mut ee = epoll_event { events: EPOLLIN | EPOLLET, u64: ngx_epoll_data(c, false) };

        if epoll_ctl(ep.get(), EPOLL_CTL_ADD, ngx_eventfd.get(), &raw mut ee) != -1 {
            return;
        }

        ngx_log_error!(NGX_LOG_EMERG, (*cycle).log, ngx_errno(); "epoll_ctl(EPOLL_CTL_ADD, eventfd) failed");
    }

    ngx_epoll_aio_done(cycle);
    ngx_file_aio.set(0);
}

unsafe fn ngx_epoll_init(cycle: *mut ngx_cycle_t, _timer: ngx_msec_t) -> ngx_int_t {
    let epcf: *mut ngx_epoll_conf_t = ngx_event_get_conf((*cycle).conf_ctx, &ngx_epoll_module);

    if ep.get() == -1 {
        ep.set(libc::epoll_create(((*cycle).connection_n / 2) as c_int));

        if ep.get() == -1 {
            ngx_log_error!(NGX_LOG_EMERG, (*cycle).log, ngx_errno(); "epoll_create() failed");
            return NGX_ERROR;
        }

        if ngx_epoll_notify_init((*cycle).log) != NGX_OK {
            (*ngx_epoll_module_ctx.ptr()).actions.notify = None;
        }

        ngx_epoll_aio_init(cycle, epcf);

        ngx_epoll_test_rdhup(cycle);
    }

    if nevents.get() < (*epcf).events {
        if !event_list.get().is_null() {
            ngx_free(event_list.get().cast());
        }

        event_list.set(ngx_alloc(size_of::<epoll_event>() * (*epcf).events, (*cycle).log).cast());
        if event_list.get().is_null() {
            return NGX_ERROR;
        }
    }

    nevents.set((*epcf).events);

    ngx_io.set(ngx_os_io.get());

    ngx_event_actions.set((*ngx_epoll_module_ctx.ptr()).actions);

    ngx_event_flags.set(NGX_USE_CLEAR_EVENT | NGX_USE_GREEDY_EVENT | NGX_USE_EPOLL_EVENT);

    NGX_OK
}

unsafe fn ngx_epoll_notify_init(log: *mut ngx_log_t) -> ngx_int_t {
    notify_fd.set(libc::eventfd(0, 0));

    if notify_fd.get() == -1 {
        ngx_log_error!(NGX_LOG_EMERG, log, ngx_errno(); "eventfd() failed");
        return NGX_ERROR;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, log, 0; "notify eventfd: %d", notify_fd.get());

    let ev = notify_event.ptr();
    (*ev).handler = Some(ngx_epoll_notify_handler);
    (*ev).log = log;
    (*ev).active = true;

    let c = notify_conn.ptr();
    (*c).fd = notify_fd.get();
    (*c).read = notify_event.ptr();
    (*c).log = log;

    let mut ee = epoll_event { events: EPOLLIN | EPOLLET, u64: ngx_epoll_data(c, false) };

    if epoll_ctl(ep.get(), EPOLL_CTL_ADD, notify_fd.get(), &raw mut ee) == -1 {
        ngx_log_error!(NGX_LOG_EMERG, log, ngx_errno(); "epoll_ctl(EPOLL_CTL_ADD, eventfd) failed");

        if libc::close(notify_fd.get()) == -1 {
            ngx_log_error!(NGX_LOG_ALERT, log, ngx_errno(); "eventfd close() failed");
        }

        return NGX_ERROR;
    }

    NGX_OK
}

unsafe fn ngx_epoll_notify_handler(ev: *mut ngx_event_t) {
    (*ev).index += 1;

    if (*ev).index == NGX_MAX_UINT32_VALUE as ngx_uint_t {
        (*ev).index = 0;

        let mut count: u64 = 0;

        let n = libc::read(notify_fd.get(), (&raw mut count).cast(), size_of::<u64>());

        let err = ngx_errno();

        ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*ev).log, 0;
                       "read() eventfd %d: %z count:%uL", notify_fd.get(), n, count);

        if n as usize != size_of::<u64>() {
            ngx_log_error!(NGX_LOG_ALERT, (*ev).log, err; "read() eventfd %d failed", notify_fd.get());
        }
    }

    // SAFETY: ngx_epoll_notify() has put a handler there, or NULL, which is None
    let handler = core::mem::transmute::<*mut c_void, ngx_event_handler_pt>((*ev).data);
    handler.unwrap()(ev);
}

unsafe fn ngx_epoll_test_rdhup(cycle: *mut ngx_cycle_t) {
    let mut s: [c_int; 2] = [-1, -1];

    if libc::socketpair(libc::AF_UNIX, libc::SOCK_STREAM, 0, s.as_mut_ptr()) == -1 {
        ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_errno(); "socketpair() failed");
        return;
    }

    'failed: {
        let mut ee = epoll_event { events: EPOLLET | EPOLLIN | EPOLLRDHUP, u64: 0 };

        if epoll_ctl(ep.get(), EPOLL_CTL_ADD, s[0], &raw mut ee) == -1 {
            ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_errno(); "epoll_ctl() failed");
            break 'failed;
        }

        if libc::close(s[1]) == -1 {
            ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_errno(); "close() failed");
            s[1] = -1;
            break 'failed;
        }

        s[1] = -1;

        let events = epoll_wait(ep.get(), &raw mut ee, 1, 5000);

        if events == -1 {
            ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_errno(); "epoll_wait() failed");
            break 'failed;
        }

        if events != 0 {
            ngx_use_epoll_rdhup.set((ee.events & EPOLLRDHUP) as ngx_uint_t);
        } else {
            ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, NGX_ETIMEDOUT; "epoll_wait() timed out");
        }

        ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*cycle).log, 0;
                       "testing the EPOLLRDHUP flag: %s",
                       if ngx_use_epoll_rdhup.get() != 0 { "success" } else { "fail" });
    }

    if s[1] != -1 && libc::close(s[1]) == -1 {
        ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_errno(); "close() failed");
    }

    if libc::close(s[0]) == -1 {
        ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_errno(); "close() failed");
    }
}

unsafe fn ngx_epoll_done(cycle: *mut ngx_cycle_t) {
    if libc::close(ep.get()) == -1 {
        ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_errno(); "epoll close() failed");
    }

    ep.set(-1);

    if libc::close(notify_fd.get()) == -1 {
        ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_errno(); "eventfd close() failed");
    }

    notify_fd.set(-1);

    ngx_epoll_aio_done(cycle);

    ngx_free(event_list.get().cast());

    event_list.set(null_mut());
    nevents.set(0);
}

unsafe fn ngx_epoll_add_event(ev: *mut ngx_event_t, event: ngx_int_t, flags: ngx_uint_t) -> ngx_int_t {
    let c: *mut ngx_connection_t = (*ev).data.cast();

    let mut events = event as u32;

    let e;
    let prev;

    if event == NGX_READ_EVENT {
        e = (*c).write;
        prev = EPOLLOUT;
    } else {
        e = (*c).read;
        prev = EPOLLIN | EPOLLRDHUP;
    }

    let op;

    if (*e).active {
        op = EPOLL_CTL_MOD;
        events |= prev;
    } else {
        op = EPOLL_CTL_ADD;
    }

    if flags & NGX_EXCLUSIVE_EVENT != 0 {
        events &= !EPOLLRDHUP;
    }

    let mut ee = epoll_event { events: events | flags as u32, u64: ngx_epoll_data(c, (*ev).instance) };

    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*ev).log, 0;
                   "epoll add event: fd:%d op:%d ev:%08XD", (*c).fd, op, ee.events);

    if epoll_ctl(ep.get(), op, (*c).fd, &raw mut ee) == -1 {
        ngx_log_error!(NGX_LOG_ALERT, (*ev).log, ngx_errno(); "epoll_ctl(%d, %d) failed", op, (*c).fd);
        return NGX_ERROR;
    }

    (*ev).active = true;

    NGX_OK
}

unsafe fn ngx_epoll_del_event(ev: *mut ngx_event_t, event: ngx_int_t, flags: ngx_uint_t) -> ngx_int_t {
    // a close() takes the descriptor out of epoll

    if flags & NGX_CLOSE_EVENT != 0 {
        (*ev).active = false;
        return NGX_OK;
    }

    let c: *mut ngx_connection_t = (*ev).data.cast();

    let e;
    let prev;

    if event == NGX_READ_EVENT {
        e = (*c).write;
        prev = EPOLLOUT;
    } else {
        e = (*c).read;
        prev = EPOLLIN | EPOLLRDHUP;
    }

    let op;
    let mut ee;

    if (*e).active {
        op = EPOLL_CTL_MOD;
        ee = epoll_event { events: prev | flags as u32, u64: ngx_epoll_data(c, (*ev).instance) };
    } else {
        op = EPOLL_CTL_DEL;
        ee = epoll_event { events: 0, u64: 0 };
    }

    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*ev).log, 0;
                   "epoll del event: fd:%d op:%d ev:%08XD", (*c).fd, op, ee.events);

    if epoll_ctl(ep.get(), op, (*c).fd, &raw mut ee) == -1 {
        ngx_log_error!(NGX_LOG_ALERT, (*ev).log, ngx_errno(); "epoll_ctl(%d, %d) failed", op, (*c).fd);
        return NGX_ERROR;
    }

    (*ev).active = false;

    NGX_OK
}

unsafe fn ngx_epoll_add_connection(c: *mut ngx_connection_t) -> ngx_int_t {
    let mut ee = epoll_event {
        events: EPOLLIN | EPOLLOUT | EPOLLET | EPOLLRDHUP,
        u64: ngx_epoll_data(c, (*(*c).read).instance),
    };

    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*c).log, 0;
                   "epoll add connection: fd:%d ev:%08XD", (*c).fd, ee.events);

    if epoll_ctl(ep.get(), EPOLL_CTL_ADD, (*c).fd, &raw mut ee) == -1 {
        ngx_log_error!(NGX_LOG_ALERT, (*c).log, ngx_errno(); "epoll_ctl(EPOLL_CTL_ADD, %d) failed", (*c).fd);
        return NGX_ERROR;
    }

    (*(*c).read).active = true;
    (*(*c).write).active = true;

    NGX_OK
}

unsafe fn ngx_epoll_del_connection(c: *mut ngx_connection_t, flags: ngx_uint_t) -> ngx_int_t {
    // as in ngx_epoll_del_event()

    if flags & NGX_CLOSE_EVENT != 0 {
        (*(*c).read).active = false;
        (*(*c).write).active = false;
        return NGX_OK;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*c).log, 0; "epoll del connection: fd:%d", (*c).fd);

    let op = EPOLL_CTL_DEL;
    let mut ee = epoll_event { events: 0, u64: 0 };

    if epoll_ctl(ep.get(), op, (*c).fd, &raw mut ee) == -1 {
        ngx_log_error!(NGX_LOG_ALERT, (*c).log, ngx_errno(); "epoll_ctl(%d, %d) failed", op, (*c).fd);
        return NGX_ERROR;
    }

    (*(*c).read).active = false;
    (*(*c).write).active = false;

    NGX_OK
}

unsafe fn ngx_epoll_notify(handler: ngx_event_handler_pt) -> ngx_int_t {
    let inc: u64 = 1;

    (*notify_event.ptr()).data = match handler {
        Some(handler) => handler as *mut c_void,
        None => null_mut(),
    };

    if libc::write(notify_fd.get(), (&raw const inc).cast(), size_of::<u64>()) as usize != size_of::<u64>() {
        ngx_log_error!(NGX_LOG_ALERT, (*notify_event.ptr()).log, ngx_errno();
                       "write() to eventfd %d failed", notify_fd.get());
        return NGX_ERROR;
    }

    NGX_OK
}

unsafe fn ngx_epoll_process_events(cycle: *mut ngx_cycle_t, timer: ngx_msec_t, flags: ngx_uint_t) -> ngx_int_t {
    // NGX_TIMER_INFINITE becomes -1

    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*cycle).log, 0; "epoll timer: %M", timer);

    let events = epoll_wait(ep.get(), event_list.get(), nevents.get() as c_int, timer as c_int);

    let err = if events == -1 { ngx_errno() } else { 0 };

    if flags & NGX_UPDATE_TIME != 0 || ngx_event_timer_alarm.get() != 0 {
        ngx_time_update();
    }

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

        ngx_log_error!(level, (*cycle).log, err; "epoll_wait() failed");
        return NGX_ERROR;
    }

    if events == 0 {
        if timer != NGX_TIMER_INFINITE {
            return NGX_OK;
        }

        ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, 0; "epoll_wait() returned no events without timeout");
        return NGX_ERROR;
    }

    ngx_event_batch.set(events > 1);

    for i in 0..events as usize {
        let ee = *event_list.get().add(i);

        let mut c = ngx_epoll_ptr(ee.u64);

        let instance = c.addr() & 1 != 0;
        c = c.map_addr(|c| c & !1);

        let rev = (*c).read;

        if (*c).fd == -1 || (*rev).instance != instance {
            // an earlier event of this round has closed the descriptor

            ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*cycle).log, 0; "epoll: stale event %p", c);
            continue;
        }

        let mut revents = ee.events;

        ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*cycle).log, 0;
                       "epoll: fd:%d ev:%04XD d:%p", (*c).fd, revents, ngx_epoll_ptr(ee.u64));

        if revents & (EPOLLERR | EPOLLHUP) != 0 {
            ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*cycle).log, 0;
                           "epoll_wait() error on fd:%d ev:%04XD", (*c).fd, revents);

            // one handler at least is to find out about the error

            revents |= EPOLLIN | EPOLLOUT;
        }

        if revents & EPOLLIN != 0 && (*rev).active {
            if revents & EPOLLRDHUP != 0 {
                (*rev).pending_eof = true;
            }

            (*rev).ready = true;
            (*rev).available = -1;

            if flags & NGX_POST_EVENTS != 0 {
                let queue = if (*rev).accept { ngx_posted_accept_events.ptr() } else { ngx_posted_events.ptr() };

                ngx_post_event(rev, queue);
            } else {
                (*rev).handler.unwrap()(rev);
            }
        }

        let wev = (*c).write;

        if revents & EPOLLOUT != 0 && (*wev).active {
            if (*c).fd == -1 || (*wev).instance != instance {
                // the read handler has closed it

                ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*cycle).log, 0; "epoll: stale event %p", c);
                continue;
            }

            (*wev).ready = true;
            (*wev).complete = true;

            if flags & NGX_POST_EVENTS != 0 {
                ngx_post_event(wev, ngx_posted_events.ptr());
            } else {
                (*wev).handler.unwrap()(wev);
            }
        }
    }

    NGX_OK
}

pub unsafe fn ngx_epoll_eventfd_handler(ev: *mut ngx_event_t) {
    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*ev).log, 0; "eventfd handler");

    let mut ready: u64 = 0;

    let n = libc::read(ngx_eventfd.get(), (&raw mut ready).cast(), 8) as c_int;

    let err = ngx_errno();

    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*ev).log, 0; "eventfd: %d", n);

    if n != 8 {
        if n == -1 {
            if err == NGX_EAGAIN {
                return;
            }

            ngx_log_error!(NGX_LOG_ALERT, (*ev).log, err; "read(eventfd) failed");
            return;
        }

        ngx_log_error!(NGX_LOG_ALERT, (*ev).log, 0; "read(eventfd) returned only %d bytes", n);
        return;
    }

    let mut ts = libc::timespec { tv_sec: 0, tv_nsec: 0 };

    let mut event = [io_event { data: 0, obj: 0, res: 0, res2: 0 }; 64];

    while ready != 0 {
        let events = io_getevents(ngx_aio_ctx.get(), 1, 64, event.as_mut_ptr(), &raw mut ts);

        ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*ev).log, 0; "io_getevents: %d", events);

        if events > 0 {
            // more may have completed since the read()
            ready = ready.wrapping_sub(events as u64);

            for event in &event[..events as usize] {
                ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*ev).log, 0;
                               "io_event: %XL %XL %L %L", event.data, event.obj, event.res, event.res2);

                // SAFETY: as ngx_epoll_ptr(): ngx_file_aio_read() has exposed the event
                let e: *mut ngx_event_t = core::ptr::with_exposed_provenance_mut(event.data as usize);

                (*e).complete = true;
                (*e).active = false;
                (*e).ready = true;

                let aio: *mut ngx_event_aio_t = (*e).data.cast();
                (*aio).res = event.res;

                ngx_post_event(e, ngx_posted_events.ptr());
            }

            continue;
        }

        if events == 0 {
            return;
        }

        ngx_log_error!(NGX_LOG_ALERT, (*ev).log, ngx_errno(); "io_getevents() failed");
        return;
    }
}

/// Also after a failed start, when there may be no context yet.
pub unsafe fn ngx_epoll_aio_done(cycle: *mut ngx_cycle_t) {
    if ngx_eventfd.get() != -1 {
        if ngx_aio_ctx.get() != 0 && io_destroy(ngx_aio_ctx.get()) == -1 {
            ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_errno(); "io_destroy() failed");
        }

        if libc::close(ngx_eventfd.get()) == -1 {
            ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_errno(); "eventfd close() failed");
        }

        ngx_eventfd.set(-1);
    }

    ngx_aio_ctx.set(0);
}

/// For the other method that has file aio.
pub unsafe fn ngx_epoll_aio_requests(cycle: *mut ngx_cycle_t) -> c_uint {
    let epcf: *mut ngx_epoll_conf_t = ngx_event_get_conf((*cycle).conf_ctx, &ngx_epoll_module);

    (*epcf).aio_requests as c_uint
}

unsafe fn ngx_epoll_create_conf(cycle: *mut ngx_cycle_t) -> *mut c_void {
    let epcf: *mut ngx_epoll_conf_t = ngx_palloc((*cycle).pool);
    if epcf.is_null() {
        return null_mut();
    }

    (*epcf).events = NGX_CONF_UNSET_UINT;
    (*epcf).aio_requests = NGX_CONF_UNSET_UINT;

    epcf.cast()
}

unsafe fn ngx_epoll_init_conf(_cycle: *mut ngx_cycle_t, conf: *mut c_void) -> ngx_conf_ret_t {
    let epcf: *mut ngx_epoll_conf_t = conf.cast();

    ngx_conf_init_uint_value!((*epcf).events, 512);
    ngx_conf_init_uint_value!((*epcf).aio_requests, 32);

    NGX_CONF_OK
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instance_in_the_pointer() {
        let mut c = core::mem::MaybeUninit::<ngx_connection_t>::uninit();
        let c = c.as_mut_ptr();

        for instance in [false, true] {
            let ee = epoll_event { events: 0, u64: ngx_epoll_data(c, instance) };
            let p = ngx_epoll_ptr(ee.u64);

            assert_eq!(p.addr() & 1 != 0, instance);
            assert_eq!(p.map_addr(|p| p & !1), c);
        }
    }
}
