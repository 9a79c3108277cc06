//! Port of src/event/ngx_event.c and .h
//! Ours: the methods of other systems (kqueue, event ports, IOCP) have no branches here; their flags stay.

use crate::core::{
    nginx::*, ngx_conf_file::*, ngx_config::*, ngx_connection::*, ngx_core::*, ngx_cycle::*, ngx_file::*, ngx_log::*,
    ngx_module::*, ngx_palloc::*, ngx_queue::*, ngx_rbtree::*, ngx_shmtx::*, ngx_string::*, ngx_times::*,
};
#[cfg(feature = "debug")]
use crate::core::{ngx_array::*, ngx_inet::*};
use crate::event::modules::{ngx_epoll_module::*, ngx_select_module::*};
use crate::event::{ngx_event_accept::*, ngx_event_posted::*, ngx_event_timer::*, ngx_event_udp::*};
use crate::os::unix::{
    ngx_alloc::*, ngx_atomic::*, ngx_errno::*, ngx_files::*, ngx_process_cycle::*, ngx_shmem::*, ngx_socket::*,
    ngx_time::*,
};

pub const NGX_INVALID_INDEX: ngx_uint_t = 0xd0d0d0d0;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_event_t {
    /// The connection, for all but a few handlers of their own.
    pub data: *mut c_void,

    pub write: bool,

    pub accept: bool,

    /// Flips each time the connection is taken: an event of the descriptor's former life carries the other value.
    pub instance: bool,

    /// The kernel has, or will be given, this event.
    pub active: bool,

    pub disabled: bool,

    pub ready: bool,

    pub oneshot: bool,

    pub complete: bool,

    pub eof: bool,
    pub error: bool,

    pub timedout: bool,
    pub timer_set: bool,

    pub delayed: bool,

    pub deferred_accept: bool,

    /// The peer has closed, as epoll said together with the last data.
    pub pending_eof: bool,

    pub posted: bool,

    pub closed: bool,

    // what a worker that exits asks about
    pub channel: bool,
    pub resolver: bool,

    pub cancelable: bool,

    /// On a listening socket, whether to accept more than one; else the bytes to read, -1 if not known.
    pub available: c_int,

    pub handler: ngx_event_handler_pt,

    pub index: ngx_uint_t,

    pub log: *mut ngx_log_t,

    pub timer: ngx_rbtree_node_t,

    /// The link in a queue of posted events.
    pub queue: ngx_queue_t,
}

#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<ngx_event_t>() == 112); // C: 96

/// The kernel's struct iocb.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_aiocb_t {
    pub aio_data: u64,

    #[cfg(target_endian = "little")]
    pub aio_key: u32,
    pub aio_rw_flags: c_int,
    #[cfg(target_endian = "big")]
    pub aio_key: u32,

    pub aio_lio_opcode: u16,
    pub aio_reqprio: i16,
    pub aio_fildes: u32,

    pub aio_buf: u64,
    pub aio_nbytes: u64,
    pub aio_offset: i64,

    pub aio_reserved2: u64,
    pub aio_flags: u32,
    pub aio_resfd: u32,
}

const _: () = assert!(size_of::<ngx_aiocb_t>() == 64);

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_event_aio_t {
    pub data: *mut c_void,
    pub handler: ngx_event_handler_pt,
    pub file: *mut ngx_file_t,

    pub fd: ngx_fd_t,

    pub res: i64,

    pub aiocb: ngx_aiocb_t,
    pub event: ngx_event_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_event_actions_t {
    pub add: Option<unsafe fn(ev: *mut ngx_event_t, event: ngx_int_t, flags: ngx_uint_t) -> ngx_int_t>,
    pub del: Option<unsafe fn(ev: *mut ngx_event_t, event: ngx_int_t, flags: ngx_uint_t) -> ngx_int_t>,

    pub enable: Option<unsafe fn(ev: *mut ngx_event_t, event: ngx_int_t, flags: ngx_uint_t) -> ngx_int_t>,
    pub disable: Option<unsafe fn(ev: *mut ngx_event_t, event: ngx_int_t, flags: ngx_uint_t) -> ngx_int_t>,

    pub add_conn: Option<unsafe fn(c: *mut ngx_connection_t) -> ngx_int_t>,
    pub del_conn: Option<unsafe fn(c: *mut ngx_connection_t, flags: ngx_uint_t) -> ngx_int_t>,

    pub notify: Option<unsafe fn(handler: ngx_event_handler_pt) -> ngx_int_t>,

    pub process_events: Option<unsafe fn(cycle: *mut ngx_cycle_t, timer: ngx_msec_t, flags: ngx_uint_t) -> ngx_int_t>,

    pub init: Option<unsafe fn(cycle: *mut ngx_cycle_t, timer: ngx_msec_t) -> ngx_int_t>,
    pub done: Option<unsafe fn(cycle: *mut ngx_cycle_t)>,
}

// What an event method can do.

/// All there is has to be read or written: select, poll.
pub const NGX_USE_LEVEL_EVENT: ngx_uint_t = 0x00000001;
/// An event is gone once it has been reported.
pub const NGX_USE_ONESHOT_EVENT: ngx_uint_t = 0x00000002;
/// Edges only: epoll.
pub const NGX_USE_CLEAR_EVENT: ngx_uint_t = 0x00000004;
pub const NGX_USE_KQUEUE_EVENT: ngx_uint_t = 0x00000008;
pub const NGX_USE_LOWAT_EVENT: ngx_uint_t = 0x00000010;
/// Input and output go on until EAGAIN: epoll.
pub const NGX_USE_GREEDY_EVENT: ngx_uint_t = 0x00000020;
pub const NGX_USE_EPOLL_EVENT: ngx_uint_t = 0x00000040;
pub const NGX_USE_RTSIG_EVENT: ngx_uint_t = 0x00000080;
pub const NGX_USE_AIO_EVENT: ngx_uint_t = 0x00000100;
pub const NGX_USE_IOCP_EVENT: ngx_uint_t = 0x00000200;
/// Events come back as descriptors, so cycle.files is needed: poll.
pub const NGX_USE_FD_EVENT: ngx_uint_t = 0x00000400;
pub const NGX_USE_TIMER_EVENT: ngx_uint_t = 0x00000800;
pub const NGX_USE_EVENTPORT_EVENT: ngx_uint_t = 0x00001000;
pub const NGX_USE_VNODE_EVENT: ngx_uint_t = 0x00002000;
/// Ours: what comes is received before it is asked for.
pub const NGX_USE_IO_URING_EVENT: ngx_uint_t = 0x00004000;

// The flags of ngx_add_event() and ngx_del_event().

/// The descriptor is about to be closed, the kernel drops its events by itself.
pub const NGX_CLOSE_EVENT: ngx_uint_t = 1;
pub const NGX_DISABLE_EVENT: ngx_uint_t = 2;
pub const NGX_FLUSH_EVENT: ngx_uint_t = 4;

pub const NGX_LOWAT_EVENT: ngx_uint_t = 0;
pub const NGX_VNODE_EVENT: ngx_int_t = 0;

pub const NGX_READ_EVENT: ngx_int_t = (libc::EPOLLIN | libc::EPOLLRDHUP) as ngx_int_t;
pub const NGX_WRITE_EVENT: ngx_int_t = libc::EPOLLOUT as ngx_int_t;

pub const NGX_LEVEL_EVENT: ngx_uint_t = 0;
pub const NGX_CLEAR_EVENT: ngx_uint_t = libc::EPOLLET as u32 as ngx_uint_t;
pub const NGX_ONESHOT_EVENT: ngx_uint_t = 0x70000000;

pub const NGX_EXCLUSIVE_EVENT: ngx_uint_t = libc::EPOLLEXCLUSIVE as ngx_uint_t;

#[inline(always)]
pub unsafe fn ngx_process_events(cycle: *mut ngx_cycle_t, timer: ngx_msec_t, flags: ngx_uint_t) -> ngx_int_t {
    (*ngx_event_actions.ptr()).process_events.unwrap()(cycle, timer, flags)
}

#[inline(always)]
pub unsafe fn ngx_done_events(cycle: *mut ngx_cycle_t) {
    (*ngx_event_actions.ptr()).done.unwrap()(cycle)
}

#[inline(always)]
pub unsafe fn ngx_add_event(ev: *mut ngx_event_t, event: ngx_int_t, flags: ngx_uint_t) -> ngx_int_t {
    (*ngx_event_actions.ptr()).add.unwrap()(ev, event, flags)
}

#[inline(always)]
pub unsafe fn ngx_del_event(ev: *mut ngx_event_t, event: ngx_int_t, flags: ngx_uint_t) -> ngx_int_t {
    (*ngx_event_actions.ptr()).del.unwrap()(ev, event, flags)
}

/// None where the method has only single events; then ngx_add_event() is called for each.
#[inline(always)]
pub unsafe fn ngx_add_conn() -> Option<unsafe fn(*mut ngx_connection_t) -> ngx_int_t> {
    (*ngx_event_actions.ptr()).add_conn
}

/// As ngx_add_conn().
#[inline(always)]
pub unsafe fn ngx_del_conn() -> Option<unsafe fn(*mut ngx_connection_t, ngx_uint_t) -> ngx_int_t> {
    (*ngx_event_actions.ptr()).del_conn
}

#[inline(always)]
pub unsafe fn ngx_notify(handler: ngx_event_handler_pt) -> ngx_int_t {
    (*ngx_event_actions.ptr()).notify.unwrap()(handler)
}

#[inline(always)]
pub unsafe fn ngx_add_timer(ev: *mut ngx_event_t, timer: ngx_msec_t) {
    ngx_event_add_timer(ev, timer)
}

#[inline(always)]
pub unsafe fn ngx_del_timer(ev: *mut ngx_event_t) {
    ngx_event_del_timer(ev)
}

pub const NGX_EVENT_MODULE: ngx_uint_t = 0x544E5645; // "EVNT"
pub const NGX_EVENT_CONF: ngx_uint_t = 0x02000000;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_event_conf_t {
    pub connections: ngx_uint_t,
    /// The ctx_index of the chosen method.
    pub use_: ngx_uint_t,

    pub multi_accept: ngx_flag_t,
    pub accept_mutex: ngx_flag_t,

    pub accept_mutex_delay: ngx_msec_t,

    pub name: *mut u8,

    #[cfg(feature = "debug")]
    pub debug_connection: ngx_array_t<ngx_cidr_t>,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_event_module_t {
    pub name: *const ngx_str_t,

    pub create_conf: Option<unsafe fn(cycle: *mut ngx_cycle_t) -> *mut c_void>,
    pub init_conf: Option<unsafe fn(cycle: *mut ngx_cycle_t, conf: *mut c_void) -> ngx_conf_ret_t>,

    pub actions: ngx_event_actions_t,
}

// SAFETY: a module's context is static and never written; epoll's, which is, lies in an ngx_global_t.
unsafe impl Sync for ngx_event_module_t {}

pub const NGX_UPDATE_TIME: ngx_uint_t = 1;
pub const NGX_POST_EVENTS: ngx_uint_t = 2;

#[inline(always)]
pub unsafe fn ngx_event_get_conf<T>(conf_ctx: *mut *mut c_void, module: &ngx_module_t) -> *mut T {
    let ctx: *mut *mut *mut c_void = ngx_get_conf(conf_ctx, &ngx_events_module);
    (*(*ctx).add(module.ctx_index.get())).cast()
}

#[inline(always)]
pub unsafe fn ngx_event_ident(p: *mut c_void) -> ngx_socket_t {
    (*p.cast::<ngx_connection_t>()).fd
}

const DEFAULT_CONNECTIONS: ngx_uint_t = 512;

const ITIMER_REAL: c_int = 0; // not in libc

static ngx_timer_resolution: ngx_global_t<ngx_msec_t> = ngx_global_t::new(0);
pub static ngx_event_timer_alarm: ngx_sig_atomic_t = ngx_sig_atomic_t::new(0);

static ngx_event_max_module: ngx_global_t<ngx_uint_t> = ngx_global_t::new(0);

pub static ngx_event_flags: ngx_global_t<ngx_uint_t> = ngx_global_t::new(0);
pub static ngx_event_actions: ngx_global_t<ngx_event_actions_t> = ngx_global_t::zeroed();

// The counters stand here in a single process; a master puts them into shared memory.

static connection_counter: ngx_global_t<ngx_atomic_t> = ngx_global_t::new(1);
pub static ngx_connection_counter: ngx_global_t<*mut ngx_atomic_t> = ngx_global_t::new(connection_counter.ptr());

pub static ngx_accept_mutex_ptr: ngx_global_t<*mut ngx_atomic_t> = ngx_global_t::new(null_mut());
pub static ngx_accept_mutex: ngx_global_t<ngx_shmtx_t> = ngx_global_t::zeroed();
pub static ngx_use_accept_mutex: ngx_global_t<ngx_uint_t> = ngx_global_t::new(0);
pub static ngx_accept_events: ngx_global_t<ngx_uint_t> = ngx_global_t::new(0);
pub static ngx_accept_mutex_held: ngx_global_t<ngx_uint_t> = ngx_global_t::new(0);
pub static ngx_accept_mutex_delay: ngx_global_t<ngx_msec_t> = ngx_global_t::new(0);
pub static ngx_accept_disabled: ngx_global_t<ngx_int_t> = ngx_global_t::new(0);
pub static ngx_use_exclusive_accept: ngx_global_t<ngx_uint_t> = ngx_global_t::new(0);

static ngx_stat_accepted0: ngx_global_t<ngx_atomic_t> = ngx_global_t::new(0);
pub static ngx_stat_accepted: ngx_global_t<*mut ngx_atomic_t> = ngx_global_t::new(ngx_stat_accepted0.ptr());
static ngx_stat_handled0: ngx_global_t<ngx_atomic_t> = ngx_global_t::new(0);
pub static ngx_stat_handled: ngx_global_t<*mut ngx_atomic_t> = ngx_global_t::new(ngx_stat_handled0.ptr());
static ngx_stat_requests0: ngx_global_t<ngx_atomic_t> = ngx_global_t::new(0);
pub static ngx_stat_requests: ngx_global_t<*mut ngx_atomic_t> = ngx_global_t::new(ngx_stat_requests0.ptr());
static ngx_stat_active0: ngx_global_t<ngx_atomic_t> = ngx_global_t::new(0);
pub static ngx_stat_active: ngx_global_t<*mut ngx_atomic_t> = ngx_global_t::new(ngx_stat_active0.ptr());
static ngx_stat_reading0: ngx_global_t<ngx_atomic_t> = ngx_global_t::new(0);
pub static ngx_stat_reading: ngx_global_t<*mut ngx_atomic_t> = ngx_global_t::new(ngx_stat_reading0.ptr());
static ngx_stat_writing0: ngx_global_t<ngx_atomic_t> = ngx_global_t::new(0);
pub static ngx_stat_writing: ngx_global_t<*mut ngx_atomic_t> = ngx_global_t::new(ngx_stat_writing0.ptr());
static ngx_stat_waiting0: ngx_global_t<ngx_atomic_t> = ngx_global_t::new(0);
pub static ngx_stat_waiting: ngx_global_t<*mut ngx_atomic_t> = ngx_global_t::new(ngx_stat_waiting0.ptr());

// DEVIATION: with more than one event in a round, a keep-alive connection's request is read first and answered when all
// others are read. The order of what happened is counted, so that a look at a file may serve each request that had
// arrived before it: what the answer holds was true after the request came and before the answer left.

/// The round has more than one event.
pub static ngx_event_batch: ngx_global_t<bool> = ngx_global_t::new(false);
/// The tick at which the round began.
pub static ngx_event_round: ngx_global_t<u64> = ngx_global_t::new(0);
static ngx_event_ticks: ngx_global_t<u64> = ngx_global_t::new(0);

#[inline(always)]
pub unsafe fn ngx_event_tick() -> u64 {
    let tick = ngx_event_ticks.get() + 1;
    ngx_event_ticks.set(tick);
    tick
}

static ngx_events_commands: &[ngx_command_t] = &[ngx_command_t {
    name: ngx_string!("events"),
    type_: NGX_MAIN_CONF | NGX_CONF_BLOCK | NGX_CONF_NOARGS,
    set: Some(ngx_events_block),
    conf: 0,
    offset: 0,
    post: null(),
}];

static ngx_events_module_ctx: ngx_core_module_t =
    ngx_core_module_t { name: ngx_string!("events"), create_conf: None, init_conf: Some(ngx_event_init_conf) };

pub static ngx_events_module: ngx_module_t = ngx_module_t {
    name: c"ngx_events_module",
    ctx: (&raw const ngx_events_module_ctx).cast(),
    commands: ngx_events_commands,
    type_: NGX_CORE_MODULE,
    ..NGX_MODULE_V1()
};

static event_core_name: ngx_str_t = ngx_string!("event_core");

static ngx_event_core_commands: &[ngx_command_t] = &[
    ngx_command_t {
        name: ngx_string!("worker_connections"),
        type_: NGX_EVENT_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_event_connections),
        conf: 0,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("use"),
        type_: NGX_EVENT_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_event_use),
        conf: 0,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("multi_accept"),
        type_: NGX_EVENT_CONF | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: 0,
        offset: ngx_offsetof!(ngx_event_conf_t, multi_accept: ngx_flag_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("accept_mutex"),
        type_: NGX_EVENT_CONF | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: 0,
        offset: ngx_offsetof!(ngx_event_conf_t, accept_mutex: ngx_flag_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("accept_mutex_delay"),
        type_: NGX_EVENT_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_msec_slot),
        conf: 0,
        offset: ngx_offsetof!(ngx_event_conf_t, accept_mutex_delay: ngx_msec_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("debug_connection"),
        type_: NGX_EVENT_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_event_debug_connection),
        conf: 0,
        offset: 0,
        post: null(),
    },
];

static ngx_event_core_module_ctx: ngx_event_module_t = ngx_event_module_t {
    name: &raw const event_core_name,
    create_conf: Some(ngx_event_core_create_conf),
    init_conf: Some(ngx_event_core_init_conf),

    actions: ngx_event_actions_t {
        add: None,
        del: None,
        enable: None,
        disable: None,
        add_conn: None,
        del_conn: None,
        notify: None,
        process_events: None,
        init: None,
        done: None,
    },
};

pub static ngx_event_core_module: ngx_module_t = ngx_module_t {
    name: c"ngx_event_core_module",
    ctx: (&raw const ngx_event_core_module_ctx).cast(),
    commands: ngx_event_core_commands,
    type_: NGX_EVENT_MODULE,
    init_module: Some(ngx_event_module_init),
    init_process: Some(ngx_event_process_init),
    ..NGX_MODULE_V1()
};

/// One turn of the event loop.
pub unsafe fn ngx_process_events_and_timers(cycle: *mut ngx_cycle_t) {
    let mut timer;
    let mut flags;

    if ngx_timer_resolution.get() != 0 {
        timer = NGX_TIMER_INFINITE;
        flags = 0;
    } else {
        timer = ngx_event_find_timer();
        flags = NGX_UPDATE_TIME;
    }

    if ngx_use_accept_mutex.get() != 0 {
        if ngx_accept_disabled.get() > 0 {
            ngx_accept_disabled.set(ngx_accept_disabled.get() - 1);
        } else {
            if ngx_trylock_accept_mutex(cycle) == NGX_ERROR {
                return;
            }

            if ngx_accept_mutex_held.get() != 0 {
                flags |= NGX_POST_EVENTS;
            } else if timer == NGX_TIMER_INFINITE || timer > ngx_accept_mutex_delay.get() {
                timer = ngx_accept_mutex_delay.get();
            }
        }
    }

    if !ngx_queue_empty(ngx_posted_next_events.ptr()) {
        ngx_event_move_posted_next(cycle);
        timer = 0;
    }

    let delta = ngx_current_msec.get();

    ngx_event_round.set(ngx_event_tick());
    ngx_event_batch.set(false);

    let _ = ngx_process_events(cycle, timer, flags);

    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*cycle).log, 0;
                   "timer delta: %M", ngx_current_msec.get().wrapping_sub(delta));

    ngx_event_process_posted(cycle, ngx_posted_accept_events.ptr());

    if ngx_accept_mutex_held.get() != 0 {
        ngx_shmtx_unlock(ngx_accept_mutex.ptr());
    }

    ngx_event_expire_timers();

    ngx_event_process_posted(cycle, ngx_posted_events.ptr());
}

pub unsafe fn ngx_handle_read_event(rev: *mut ngx_event_t, flags: ngx_uint_t) -> ngx_int_t {
    if ngx_event_flags.get() & NGX_USE_CLEAR_EVENT != 0 {
        // epoll

        if !(*rev).active && !(*rev).ready && ngx_add_event(rev, NGX_READ_EVENT, NGX_CLEAR_EVENT) == NGX_ERROR {
            return NGX_ERROR;
        }

        return NGX_OK;
    } else if ngx_event_flags.get() & NGX_USE_LEVEL_EVENT != 0 {
        // select, poll

        if !(*rev).active && !(*rev).ready {
            if ngx_add_event(rev, NGX_READ_EVENT, NGX_LEVEL_EVENT) == NGX_ERROR {
                return NGX_ERROR;
            }

            return NGX_OK;
        }

        if (*rev).active && ((*rev).ready || flags & NGX_CLOSE_EVENT != 0) {
            if ngx_del_event(rev, NGX_READ_EVENT, NGX_LEVEL_EVENT | flags) == NGX_ERROR {
                return NGX_ERROR;
            }

            return NGX_OK;
        }
    }

    NGX_OK
}

pub unsafe fn ngx_handle_write_event(wev: *mut ngx_event_t, lowat: usize) -> ngx_int_t {
    let c: *mut ngx_connection_t = (*wev).data.cast();

    if lowat != 0 && ngx_send_lowat(c, lowat) == NGX_ERROR {
        return NGX_ERROR;
    }

    if ngx_event_flags.get() & NGX_USE_CLEAR_EVENT != 0 {
        // epoll

        if !(*wev).active
            && !(*wev).ready
            && ngx_add_event(wev, NGX_WRITE_EVENT, NGX_CLEAR_EVENT | if lowat != 0 { NGX_LOWAT_EVENT } else { 0 })
                == NGX_ERROR
        {
            return NGX_ERROR;
        }

        return NGX_OK;
    } else if ngx_event_flags.get() & NGX_USE_LEVEL_EVENT != 0 {
        // select, poll

        if !(*wev).active && !(*wev).ready {
            if ngx_add_event(wev, NGX_WRITE_EVENT, NGX_LEVEL_EVENT) == NGX_ERROR {
                return NGX_ERROR;
            }

            return NGX_OK;
        }

        if (*wev).active && (*wev).ready {
            if ngx_del_event(wev, NGX_WRITE_EVENT, NGX_LEVEL_EVENT) == NGX_ERROR {
                return NGX_ERROR;
            }

            return NGX_OK;
        }
    }

    NGX_OK
}

unsafe fn ngx_event_init_conf(cycle: *mut ngx_cycle_t, _conf: *mut c_void) -> ngx_conf_ret_t {
    if ngx_get_conf::<c_void>((*cycle).conf_ctx, &ngx_events_module).is_null() {
        ngx_log_error!(NGX_LOG_EMERG, (*cycle).log, 0; "no \"events\" section in configuration");
        return NGX_CONF_ERROR;
    }

    if (*cycle).connection_n < (*cycle).listening.nelts + 1 {
        // each listening socket takes a connection, and the channel takes one

        ngx_log_error!(NGX_LOG_EMERG, (*cycle).log, 0;
                       "%ui worker_connections are not enough for %ui listening sockets",
                       (*cycle).connection_n, (*cycle).listening.nelts);

        return NGX_CONF_ERROR;
    }

    let ccf: *mut ngx_core_conf_t = ngx_get_conf((*cycle).conf_ctx, &ngx_core_module);

    if ngx_test_config.get() == 0 && (*ccf).master != 0 {
        let mut i = 0;

        while i < (*cycle).listening.nelts {
            // cloning may move the array

            let ls = (*cycle).listening.elts.add(i);
            i += 1;

            if !(*ls).reuseport || (*ls).worker != 0 {
                continue;
            }

            if ngx_clone_listening(cycle, ls) != NGX_OK {
                return NGX_CONF_ERROR;
            }
        }
    }

    NGX_CONF_OK
}

unsafe fn ngx_event_module_init(cycle: *mut ngx_cycle_t) -> ngx_int_t {
    let ecf: *mut ngx_event_conf_t = ngx_event_get_conf((*cycle).conf_ctx, &ngx_event_core_module);

    if ngx_test_config.get() == 0 && ngx_process.get() <= NGX_PROCESS_MASTER {
        ngx_log_error!(NGX_LOG_NOTICE, (*cycle).log, 0; "using the \"%s\" event method", (*ecf).name);
    }

    let ccf: *mut ngx_core_conf_t = ngx_get_conf((*cycle).conf_ctx, &ngx_core_module);

    ngx_timer_resolution.set((*ccf).timer_resolution);

    let mut rlmt = libc::rlimit { rlim_cur: 0, rlim_max: 0 };

    if libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut rlmt) == -1 {
        ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_errno(); "getrlimit(RLIMIT_NOFILE) failed, ignored");
    } else if (*ecf).connections > rlmt.rlim_cur as ngx_uint_t
        && ((*ccf).rlimit_nofile == NGX_CONF_UNSET || (*ecf).connections > (*ccf).rlimit_nofile as ngx_uint_t)
    {
        let limit =
            if (*ccf).rlimit_nofile == NGX_CONF_UNSET { rlmt.rlim_cur as ngx_int_t } else { (*ccf).rlimit_nofile };

        ngx_log_error!(NGX_LOG_WARN, (*cycle).log, 0;
                       "%ui worker_connections exceed open file resource limit: %i",
                       (*ecf).connections, limit);
    }

    if (*ccf).master == 0 {
        return NGX_OK;
    }

    if !ngx_accept_mutex_ptr.get().is_null() {
        return NGX_OK;
    }

    // a cache line each, or more

    let cl: usize = 128;

    let size = cl // ngx_accept_mutex
        + cl // ngx_connection_counter
        + cl // ngx_temp_number
        + cl // ngx_stat_accepted
        + cl // ngx_stat_handled
        + cl // ngx_stat_requests
        + cl // ngx_stat_active
        + cl // ngx_stat_reading
        + cl // ngx_stat_writing
        + cl; // ngx_stat_waiting

    let mut shm = ngx_shm_t { addr: null_mut(), size, name: ngx_null_string, log: (*cycle).log, exists: 0 };
    ngx_str_set!(&raw mut shm.name, "nginx_shared_zone");

    if ngx_shm_alloc(&raw mut shm) != NGX_OK {
        return NGX_ERROR;
    }

    let shared = shm.addr;

    ngx_accept_mutex_ptr.set(shared.cast());
    (*ngx_accept_mutex.ptr()).spin = ngx_uint_t::MAX;

    if ngx_shmtx_create(ngx_accept_mutex.ptr(), shared.cast(), (*cycle).lock_file.data) != NGX_OK {
        return NGX_ERROR;
    }

    ngx_connection_counter.set(shared.add(cl).cast());

    let _ = ngx_atomic_cmp_set(ngx_connection_counter.get(), 0, 1);

    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*cycle).log, 0;
                   "counter: %p, %uA", ngx_connection_counter.get(), *ngx_connection_counter.get());

    ngx_temp_number.set(shared.add(2 * cl).cast());

    let tp = ngx_timeofday();

    ngx_random_number.set(((*tp).msec << 16) as ngx_atomic_int_t + ngx_pid.get() as ngx_atomic_int_t);

    ngx_stat_accepted.set(shared.add(3 * cl).cast());
    ngx_stat_handled.set(shared.add(4 * cl).cast());
    ngx_stat_requests.set(shared.add(5 * cl).cast());
    ngx_stat_active.set(shared.add(6 * cl).cast());
    ngx_stat_reading.set(shared.add(7 * cl).cast());
    ngx_stat_writing.set(shared.add(8 * cl).cast());
    ngx_stat_waiting.set(shared.add(9 * cl).cast());

    NGX_OK
}

// SAFETY: runs in a signal handler. It stores to an atomic; the debug line is as safe there as it is in C, that is,
// it may cut into another line.
unsafe extern "C" fn ngx_timer_signal_handler(_signo: c_int) {
    ngx_event_timer_alarm.set(1);

    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*ngx_cycle.get()).log, 0; "timer signal");
}

unsafe fn ngx_event_process_init(cycle: *mut ngx_cycle_t) -> ngx_int_t {
    let ccf: *mut ngx_core_conf_t = ngx_get_conf((*cycle).conf_ctx, &ngx_core_module);
    let ecf: *mut ngx_event_conf_t = ngx_event_get_conf((*cycle).conf_ctx, &ngx_event_core_module);

    if (*ccf).master != 0 && (*ccf).worker_processes > 1 && (*ecf).accept_mutex != 0 {
        ngx_use_accept_mutex.set(1);
        ngx_accept_mutex_held.set(0);
        ngx_accept_mutex_delay.set((*ecf).accept_mutex_delay);
    } else {
        ngx_use_accept_mutex.set(0);
    }

    ngx_use_exclusive_accept.set(0);

    ngx_queue_init(ngx_posted_accept_events.ptr());
    ngx_queue_init(ngx_posted_next_events.ptr());
    ngx_queue_init(ngx_posted_events.ptr());

    if ngx_event_timer_init((*cycle).log) == NGX_ERROR {
        return NGX_ERROR;
    }

    for m in 0..(*cycle).modules_n {
        let m = *(*cycle).modules.add(m);

        if (*m).type_ != NGX_EVENT_MODULE {
            continue;
        }

        if (*m).ctx_index.get() != (*ecf).use_ {
            continue;
        }

        let module: *const ngx_event_module_t = (*m).ctx.cast();

        if (*module).actions.init.unwrap()(cycle, ngx_timer_resolution.get()) != NGX_OK {
            // the master does not start such a worker again
            libc::exit(2);
        }

        break;
    }

    if ngx_timer_resolution.get() != 0 && ngx_event_flags.get() & NGX_USE_TIMER_EVENT == 0 {
        let mut sa: libc::sigaction = core::mem::zeroed();
        sa.sa_sigaction = ngx_timer_signal_handler as *const () as libc::sighandler_t;
        libc::sigemptyset(&raw mut sa.sa_mask);

        if libc::sigaction(libc::SIGALRM, &raw const sa, null_mut()) == -1 {
            ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_errno(); "sigaction(SIGALRM) failed");
            return NGX_ERROR;
        }

        let tv = libc::timeval {
            tv_sec: (ngx_timer_resolution.get() / 1000) as libc::time_t,
            tv_usec: ((ngx_timer_resolution.get() % 1000) * 1000) as libc::suseconds_t,
        };
        let itv = libc::itimerval { it_interval: tv, it_value: tv };

        if libc::setitimer(ITIMER_REAL, &raw const itv, null_mut()) == -1 {
            ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_errno(); "setitimer() failed");
        }
    }

    if ngx_event_flags.get() & NGX_USE_FD_EVENT != 0 {
        let mut rlmt = libc::rlimit { rlim_cur: 0, rlim_max: 0 };

        if libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut rlmt) == -1 {
            ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_errno(); "getrlimit(RLIMIT_NOFILE) failed");
            return NGX_ERROR;
        }

        (*cycle).files_n = rlmt.rlim_cur as ngx_uint_t;

        (*cycle).files =
            ngx_calloc(size_of::<*mut ngx_connection_t>().wrapping_mul((*cycle).files_n), (*cycle).log).cast();
        if (*cycle).files.is_null() {
            return NGX_ERROR;
        }
    }

    (*cycle).connections = ngx_alloc(size_of::<ngx_connection_t>() * (*cycle).connection_n, (*cycle).log).cast();
    if (*cycle).connections.is_null() {
        return NGX_ERROR;
    }

    let mut c = (*cycle).connections;

    (*cycle).read_events = ngx_alloc(size_of::<ngx_event_t>() * (*cycle).connection_n, (*cycle).log).cast();
    if (*cycle).read_events.is_null() {
        return NGX_ERROR;
    }

    let mut rev = (*cycle).read_events;
    for i in 0..(*cycle).connection_n {
        (*rev.add(i)).closed = true;
        (*rev.add(i)).instance = true;
    }

    (*cycle).write_events = ngx_alloc(size_of::<ngx_event_t>() * (*cycle).connection_n, (*cycle).log).cast();
    if (*cycle).write_events.is_null() {
        return NGX_ERROR;
    }

    let wev = (*cycle).write_events;
    for i in 0..(*cycle).connection_n {
        (*wev.add(i)).closed = true;
    }

    let mut i = (*cycle).connection_n;
    let mut next: *mut ngx_connection_t = null_mut();

    loop {
        i -= 1;

        let ci = c.add(i);
        (*ci).data = next.cast();
        (*ci).read = (*cycle).read_events.add(i);
        (*ci).write = (*cycle).write_events.add(i);
        (*ci).fd = -1;

        next = ci;

        if i == 0 {
            break;
        }
    }

    (*cycle).free_connections = next;
    (*cycle).free_connection_n = (*cycle).connection_n;

    // a connection for each listening socket

    for i in 0..(*cycle).listening.nelts {
        let ls = (*cycle).listening.elts.add(i);

        if (*ls).reuseport && (*ls).worker != ngx_worker.get() {
            continue;
        }

        c = ngx_get_connection((*ls).fd, (*cycle).log);

        if c.is_null() {
            return NGX_ERROR;
        }

        (*c).type_ = (*ls).type_;
        (*c).log = &raw mut (*ls).log;

        (*c).listening = ls;
        (*ls).connection = c;

        rev = (*c).read;

        (*rev).log = (*c).log;
        (*rev).accept = true;

        (*rev).deferred_accept = (*ls).deferred_accept;

        if !(*cycle).old_cycle.is_null() && !(*ls).previous.is_null() {
            // the old cycle's accept event is still in the kernel

            let old = (*(*ls).previous).connection;

            if ngx_del_event((*old).read, NGX_READ_EVENT, NGX_CLOSE_EVENT) == NGX_ERROR {
                return NGX_ERROR;
            }

            (*old).fd = -1;
        }

        if (*c).type_ == libc::SOCK_STREAM {
            (*rev).handler = Some(ngx_event_accept);
        } else {
            (*rev).handler = Some(ngx_event_recvmsg);
        }

        if (*ls).reuseport {
            if ngx_add_event(rev, NGX_READ_EVENT, 0) == NGX_ERROR {
                return NGX_ERROR;
            }

            continue;
        }

        if ngx_use_accept_mutex.get() != 0 {
            continue;
        }

        if ngx_event_flags.get() & NGX_USE_EPOLL_EVENT != 0 && (*ccf).worker_processes > 1 {
            ngx_use_exclusive_accept.set(1);

            if ngx_add_event(rev, NGX_READ_EVENT, NGX_EXCLUSIVE_EVENT) == NGX_ERROR {
                return NGX_ERROR;
            }

            continue;
        }

        if ngx_add_event(rev, NGX_READ_EVENT, 0) == NGX_ERROR {
            return NGX_ERROR;
        }
    }

    NGX_OK
}

pub unsafe fn ngx_send_lowat(c: *mut ngx_connection_t, lowat: usize) -> ngx_int_t {
    if lowat == 0 || (*c).sndlowat {
        return NGX_OK;
    }

    let sndlowat = lowat as c_int;

    if libc::setsockopt(
        (*c).fd,
        libc::SOL_SOCKET,
        libc::SO_SNDLOWAT,
        (&raw const sndlowat).cast(),
        size_of::<c_int>() as socklen_t,
    ) == -1
    {
        ngx_connection_error(c, ngx_socket_errno(), c"setsockopt(SO_SNDLOWAT) failed".as_ptr());
        return NGX_ERROR;
    }

    (*c).sndlowat = true;

    NGX_OK
}

unsafe fn ngx_events_block(cf: *mut ngx_conf_t, _cmd: *const ngx_command_t, conf: *mut c_void) -> ngx_conf_ret_t {
    let conf: *mut *mut c_void = conf.cast();

    if !(*conf).is_null() {
        return NGX_CONF_MSG("is duplicate");
    }

    // number the event modules: their configurations stand in an array of that length

    ngx_event_max_module.set(ngx_count_modules((*cf).cycle, NGX_EVENT_MODULE) as ngx_uint_t);

    let ctx: *mut *mut *mut c_void = ngx_pcalloc((*cf).pool);
    if ctx.is_null() {
        return NGX_CONF_ERROR;
    }

    *ctx = ngx_pcalloc_n((*cf).pool, ngx_event_max_module.get());
    if (*ctx).is_null() {
        return NGX_CONF_ERROR;
    }

    *conf = ctx.cast();

    for i in 0..(*(*cf).cycle).modules_n {
        let module = *(*(*cf).cycle).modules.add(i);

        if (*module).type_ != NGX_EVENT_MODULE {
            continue;
        }

        let m: *const ngx_event_module_t = (*module).ctx.cast();

        if let Some(create_conf) = (*m).create_conf {
            let mconf = (*ctx).add((*module).ctx_index.get());

            *mconf = create_conf((*cf).cycle);
            if (*mconf).is_null() {
                return NGX_CONF_ERROR;
            }
        }
    }

    let pcf = *cf;
    (*cf).ctx = ctx.cast();
    (*cf).module_type = NGX_EVENT_MODULE;
    (*cf).cmd_type = NGX_EVENT_CONF;

    let mut rv = ngx_conf_parse(cf, null_mut());

    *cf = pcf;

    if rv != NGX_CONF_OK {
        return rv;
    }

    for i in 0..(*(*cf).cycle).modules_n {
        let module = *(*(*cf).cycle).modules.add(i);

        if (*module).type_ != NGX_EVENT_MODULE {
            continue;
        }

        let m: *const ngx_event_module_t = (*module).ctx.cast();

        if let Some(init_conf) = (*m).init_conf {
            rv = init_conf((*cf).cycle, *(*ctx).add((*module).ctx_index.get()));
            if rv != NGX_CONF_OK {
                return rv;
            }
        }
    }

    NGX_CONF_OK
}

unsafe fn ngx_event_connections(cf: *mut ngx_conf_t, _cmd: *const ngx_command_t, conf: *mut c_void) -> ngx_conf_ret_t {
    let ecf: *mut ngx_event_conf_t = conf.cast();

    if (*ecf).connections != NGX_CONF_UNSET_UINT {
        return NGX_CONF_MSG("is duplicate");
    }

    let value = (*(*cf).args).elts.add(1);
    (*ecf).connections = ngx_atoi((*value).data, (*value).len) as ngx_uint_t;
    if (*ecf).connections == NGX_ERROR as ngx_uint_t {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid number \"%V\"", value);

        return NGX_CONF_ERROR;
    }

    (*(*cf).cycle).connection_n = (*ecf).connections;

    NGX_CONF_OK
}

unsafe fn ngx_event_use(cf: *mut ngx_conf_t, _cmd: *const ngx_command_t, conf: *mut c_void) -> ngx_conf_ret_t {
    let ecf: *mut ngx_event_conf_t = conf.cast();

    if (*ecf).use_ != NGX_CONF_UNSET_UINT {
        return NGX_CONF_MSG("is duplicate");
    }

    let value = (*(*cf).args).elts.add(1);

    let old_ecf: *mut ngx_event_conf_t = if !(*(*(*cf).cycle).old_cycle).conf_ctx.is_null() {
        ngx_event_get_conf((*(*(*cf).cycle).old_cycle).conf_ctx, &ngx_event_core_module)
    } else {
        null_mut()
    };

    for m in 0..(*(*cf).cycle).modules_n {
        let m = *(*(*cf).cycle).modules.add(m);

        if (*m).type_ != NGX_EVENT_MODULE {
            continue;
        }

        let module: *const ngx_event_module_t = (*m).ctx.cast();
        if (*(*module).name).len == (*value).len && ngx_strcmp((*(*module).name).data, (*value).data) == 0 {
            (*ecf).use_ = (*m).ctx_index.get();
            (*ecf).name = (*(*module).name).data;

            if ngx_process.get() == NGX_PROCESS_SINGLE && !old_ecf.is_null() && (*old_ecf).use_ != (*ecf).use_ {
                ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0;
                    "when the server runs without a master process \
                     the \"%V\" event type must be the same as \
                     in previous configuration - \"%s\" \
                     and it cannot be changed on the fly, \
                     to change it you need to stop server \
                     and start it again",
                    value, (*old_ecf).name);

                return NGX_CONF_ERROR;
            }

            return NGX_CONF_OK;
        }
    }

    ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid event type \"%V\"", value);

    NGX_CONF_ERROR
}

#[cfg(feature = "debug")]
unsafe fn ngx_event_debug_connection(
    cf: *mut ngx_conf_t,
    _cmd: *const ngx_command_t,
    conf: *mut c_void,
) -> ngx_conf_ret_t {
    let ecf: *mut ngx_event_conf_t = conf.cast();

    let value = (*(*cf).args).elts.add(1);

    if ngx_strcmp((*value).data, c"unix:".as_ptr().cast()) == 0 {
        let cidr = ngx_array_push(&raw mut (*ecf).debug_connection);
        if cidr.is_null() {
            return NGX_CONF_ERROR;
        }

        (*cidr).family = libc::AF_UNIX as ngx_uint_t;
        return NGX_CONF_OK;
    }

    let mut c: ngx_cidr_t = core::mem::zeroed();

    let rc = ngx_ptocidr(value, &raw mut c);

    if rc != NGX_ERROR {
        if rc == NGX_DONE {
            ngx_conf_log_error!(NGX_LOG_WARN, cf, 0; "low address bits of %V are meaningless", value);
        }

        let cidr = ngx_array_push(&raw mut (*ecf).debug_connection);
        if cidr.is_null() {
            return NGX_CONF_ERROR;
        }

        *cidr = c;

        return NGX_CONF_OK;
    }

    let mut u: ngx_url_t = core::mem::zeroed();
    u.host = *value;

    if ngx_inet_resolve_host((*cf).pool, &raw mut u) != NGX_OK {
        if !u.err.is_null() {
            ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "%s in debug_connection \"%V\"", u.err, u.host);
        }

        return NGX_CONF_ERROR;
    }

    let cidr = ngx_array_push_n(&raw mut (*ecf).debug_connection, u.naddrs);
    if cidr.is_null() {
        return NGX_CONF_ERROR;
    }

    cidr.write_bytes(0, u.naddrs);

    for i in 0..u.naddrs {
        let cidr = cidr.add(i);
        let addr = u.addrs.add(i);

        (*cidr).family = (*(*addr).sockaddr).sa_family as ngx_uint_t;

        match (*cidr).family as c_int {
            libc::AF_INET6 => {
                let sin6: *mut sockaddr_in6 = (*addr).sockaddr.cast();
                (*cidr).u.in6.addr = (*sin6).sin6_addr;
                (*cidr).u.in6.mask.s6_addr = [0xff; 16];
            }

            // AF_INET
            _ => {
                let sin: *mut sockaddr_in = (*addr).sockaddr.cast();
                (*cidr).u.in_.addr = (*sin).sin_addr.s_addr;
                (*cidr).u.in_.mask = 0xffffffff;
            }
        }
    }

    NGX_CONF_OK
}

#[cfg(not(feature = "debug"))]
unsafe fn ngx_event_debug_connection(
    cf: *mut ngx_conf_t,
    _cmd: *const ngx_command_t,
    _conf: *mut c_void,
) -> ngx_conf_ret_t {
    ngx_conf_log_error!(NGX_LOG_WARN, cf, 0;
                        "\"debug_connection\" is ignored, you need to rebuild \
                         nginx using --with-debug option to enable it");

    NGX_CONF_OK
}

unsafe fn ngx_event_core_create_conf(cycle: *mut ngx_cycle_t) -> *mut c_void {
    let ecf: *mut ngx_event_conf_t = ngx_palloc((*cycle).pool);
    if ecf.is_null() {
        return null_mut();
    }

    (*ecf).connections = NGX_CONF_UNSET_UINT;
    (*ecf).use_ = NGX_CONF_UNSET_UINT;
    (*ecf).multi_accept = NGX_CONF_UNSET;
    (*ecf).accept_mutex = NGX_CONF_UNSET;
    (*ecf).accept_mutex_delay = NGX_CONF_UNSET_MSEC;
    (*ecf).name = NGX_CONF_UNSET_PTR();

    #[cfg(feature = "debug")]
    if ngx_array_init(&raw mut (*ecf).debug_connection, (*cycle).pool, 4) == NGX_ERROR {
        return null_mut();
    }

    ecf.cast()
}

unsafe fn ngx_event_core_init_conf(cycle: *mut ngx_cycle_t, conf: *mut c_void) -> ngx_conf_ret_t {
    let ecf: *mut ngx_event_conf_t = conf.cast();

    let mut module: *const ngx_module_t = null();

    let fd = libc::epoll_create(100);

    if fd != -1 {
        let _ = libc::close(fd);
        module = &raw const ngx_epoll_module;
    } else if ngx_errno() != NGX_ENOSYS {
        module = &raw const ngx_epoll_module;
    }

    if module.is_null() {
        module = &raw const ngx_select_module;
    }

    if module.is_null() {
        for i in 0..(*cycle).modules_n {
            let m = *(*cycle).modules.add(i);

            if (*m).type_ != NGX_EVENT_MODULE {
                continue;
            }

            let event_module: *const ngx_event_module_t = (*m).ctx.cast();

            if ngx_strcmp((*(*event_module).name).data, event_core_name.data) == 0 {
                continue;
            }

            module = m;
            break;
        }
    }

    if module.is_null() {
        ngx_log_error!(NGX_LOG_EMERG, (*cycle).log, 0; "no events module found");
        return NGX_CONF_ERROR;
    }

    ngx_conf_init_uint_value!((*ecf).connections, DEFAULT_CONNECTIONS);
    (*cycle).connection_n = (*ecf).connections;

    ngx_conf_init_uint_value!((*ecf).use_, (*module).ctx_index.get());

    let event_module: *const ngx_event_module_t = (*module).ctx.cast();
    ngx_conf_init_ptr_value!((*ecf).name, (*(*event_module).name).data);

    ngx_conf_init_value!((*ecf).multi_accept, 0);
    ngx_conf_init_value!((*ecf).accept_mutex, 0);
    ngx_conf_init_msec_value!((*ecf).accept_mutex_delay, 500);

    NGX_CONF_OK
}
