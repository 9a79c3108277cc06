//! Port of src/core/ngx_thread_pool.c and .h
//! Ours: a thread ends by returning from ngx_thread_pool_cycle(), where C calls pthread_exit() in the exit handler:
//! that unwinds the stack, which Rust frames do not allow.

use crate::core::{
    ngx_array::*, ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_cycle::*, ngx_log::*, ngx_module::*, ngx_palloc::*,
    ngx_spinlock::*, ngx_string::*,
};
use crate::event::ngx_event::*;
use crate::os::unix::{
    ngx_atomic::*, ngx_process::*, ngx_process_cycle::*, ngx_thread::*, ngx_thread_cond::*, ngx_thread_mutex::*,
};

use core::mem::zeroed;
use core::sync::atomic::{AtomicUsize, Ordering};

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_thread_task_t {
    pub next: *mut ngx_thread_task_t,
    pub id: ngx_uint_t,
    pub ctx: *mut c_void,
    pub handler: Option<unsafe fn(data: *mut c_void, log: *mut ngx_log_t)>,
    pub event: ngx_event_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_thread_pool_conf_t {
    pools: ngx_array_t<*mut ngx_thread_pool_t>,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_thread_pool_queue_t {
    first: *mut ngx_thread_task_t,
    last: *mut *mut ngx_thread_task_t,
}

#[inline(always)]
unsafe fn ngx_thread_pool_queue_init(q: *mut ngx_thread_pool_queue_t) {
    (*q).first = null_mut();
    (*q).last = &raw mut (*q).first;
}

#[repr(C)]
pub struct ngx_thread_pool_t {
    mtx: ngx_thread_mutex_t,
    queue: ngx_thread_pool_queue_t,
    waiting: ngx_int_t,
    cond: ngx_thread_cond_t,

    log: *mut ngx_log_t,

    name: ngx_str_t,
    threads: ngx_uint_t,
    max_queue: ngx_int_t,

    file: *mut u8,
    line: ngx_uint_t,
}

static ngx_thread_pool_commands: &[ngx_command_t] = &[ngx_command_t {
    name: ngx_string!("thread_pool"),
    type_: NGX_MAIN_CONF | NGX_DIRECT_CONF | NGX_CONF_TAKE23,
    set: Some(ngx_thread_pool),
    conf: 0,
    offset: 0,
    post: null(),
}];

static ngx_thread_pool_module_ctx: ngx_core_module_t = ngx_core_module_t {
    name: ngx_string!("thread_pool"),
    create_conf: Some(ngx_thread_pool_create_conf),
    init_conf: Some(ngx_thread_pool_init_conf),
};

pub static ngx_thread_pool_module: ngx_module_t = ngx_module_t {
    name: c"ngx_thread_pool_module",
    ctx: (&raw const ngx_thread_pool_module_ctx).cast(),
    commands: ngx_thread_pool_commands,
    type_: NGX_CORE_MODULE,
    init_process: Some(ngx_thread_pool_init_worker),
    exit_process: Some(ngx_thread_pool_exit_worker),
    ..NGX_MODULE_V1()
};

static ngx_thread_pool_default: ngx_global_t<ngx_str_t> = ngx_global_t::new(ngx_string!("default"));

static ngx_thread_pool_task_id: ngx_global_t<ngx_uint_t> = ngx_global_t::zeroed();
static ngx_thread_pool_done_lock: ngx_global_t<ngx_atomic_t> = ngx_global_t::zeroed();
/// Guarded by ngx_thread_pool_done_lock.
static ngx_thread_pool_done: ngx_global_t<ngx_thread_pool_queue_t> = ngx_global_t::zeroed();

unsafe fn ngx_thread_pool_init(tp: *mut ngx_thread_pool_t, log: *mut ngx_log_t, _pool: *mut ngx_pool_t) -> ngx_int_t {
    if (*ngx_event_actions.ptr()).notify.is_none() {
        ngx_log_error!(NGX_LOG_ALERT, log, 0;
                       "the configured event method cannot be used with thread pools");
        return NGX_ERROR;
    }

    ngx_thread_pool_queue_init(&raw mut (*tp).queue);

    if ngx_thread_mutex_create(&raw mut (*tp).mtx, log) != NGX_OK {
        return NGX_ERROR;
    }

    if ngx_thread_cond_create(&raw mut (*tp).cond, log) != NGX_OK {
        let _ = ngx_thread_mutex_destroy(&raw mut (*tp).mtx, log);
        return NGX_ERROR;
    }

    (*tp).log = log;

    let mut attr: libc::pthread_attr_t = zeroed();

    let mut err = libc::pthread_attr_init(&raw mut attr);
    if err != 0 {
        ngx_log_error!(NGX_LOG_ALERT, log, err; "pthread_attr_init() failed");
        return NGX_ERROR;
    }

    err = libc::pthread_attr_setdetachstate(&raw mut attr, libc::PTHREAD_CREATE_DETACHED);
    if err != 0 {
        ngx_log_error!(NGX_LOG_ALERT, log, err; "pthread_attr_setdetachstate() failed");
        return NGX_ERROR;
    }

    for _ in 0..(*tp).threads {
        let mut tid: libc::pthread_t = zeroed();

        // SAFETY: `tp` outlives the thread: ngx_thread_pool_destroy() waits for it before the cycle's pool goes.
        err = libc::pthread_create(&raw mut tid, &raw const attr, ngx_thread_pool_cycle, tp.cast());
        if err != 0 {
            ngx_log_error!(NGX_LOG_ALERT, log, err; "pthread_create() failed");
            return NGX_ERROR;
        }
    }

    let _ = libc::pthread_attr_destroy(&raw mut attr);

    NGX_OK
}

unsafe fn ngx_thread_pool_destroy(tp: *mut ngx_thread_pool_t) {
    let lock = AtomicUsize::new(0);

    let mut task: ngx_thread_task_t = zeroed();
    let task = &raw mut task;

    (*task).handler = Some(ngx_thread_pool_exit_handler);
    (*task).ctx = (&raw const lock).cast_mut().cast();

    for _ in 0..(*tp).threads {
        lock.store(1, Ordering::Relaxed);

        if ngx_thread_task_post(tp, task) != NGX_OK {
            return;
        }

        while lock.load(Ordering::Acquire) != 0 {
            ngx_sched_yield();
        }

        (*task).event.active = false;
    }

    let _ = ngx_thread_cond_destroy(&raw mut (*tp).cond, (*tp).log);

    let _ = ngx_thread_mutex_destroy(&raw mut (*tp).mtx, (*tp).log);
}

// SAFETY: the task and `lock` stand on the stack of ngx_thread_pool_destroy(), which goes on as soon as `lock` is 0:
// from then on the thread touches neither them nor its pool.
unsafe fn ngx_thread_pool_exit_handler(data: *mut c_void, _log: *mut ngx_log_t) {
    let lock = data.cast::<AtomicUsize>();

    (*lock).store(0, Ordering::Release);
}

/// A task with `size` zeroed bytes for its context.
pub unsafe fn ngx_thread_task_alloc(pool: *mut ngx_pool_t, size: usize) -> *mut ngx_thread_task_t {
    let task = ngx_pcalloc_n::<u8>(pool, size_of::<ngx_thread_task_t>() + size).cast::<ngx_thread_task_t>();
    if task.is_null() {
        return null_mut();
    }

    (*task).ctx = task.add(1).cast();

    task
}

pub unsafe fn ngx_thread_task_post(tp: *mut ngx_thread_pool_t, task: *mut ngx_thread_task_t) -> ngx_int_t {
    if (*task).event.active {
        ngx_log_error!(NGX_LOG_ALERT, (*tp).log, 0; "task #%ui already active", (*task).id);
        return NGX_ERROR;
    }

    if ngx_thread_mutex_lock(&raw mut (*tp).mtx, (*tp).log) != NGX_OK {
        return NGX_ERROR;
    }

    if (*tp).waiting >= (*tp).max_queue {
        let _ = ngx_thread_mutex_unlock(&raw mut (*tp).mtx, (*tp).log);

        ngx_log_error!(NGX_LOG_ERR, (*tp).log, 0;
                       "thread pool \"%V\" queue overflow: %i tasks waiting", (*tp).name, (*tp).waiting);
        return NGX_ERROR;
    }

    (*task).event.active = true;

    (*task).id = ngx_thread_pool_task_id.get();
    ngx_thread_pool_task_id.set((*task).id.wrapping_add(1));
    (*task).next = null_mut();

    if ngx_thread_cond_signal(&raw mut (*tp).cond, (*tp).log) != NGX_OK {
        let _ = ngx_thread_mutex_unlock(&raw mut (*tp).mtx, (*tp).log);
        return NGX_ERROR;
    }

    *(*tp).queue.last = task;
    (*tp).queue.last = &raw mut (*task).next;

    (*tp).waiting += 1;

    let _ = ngx_thread_mutex_unlock(&raw mut (*tp).mtx, (*tp).log);

    ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*tp).log, 0;
                   "task #%ui added to thread pool \"%V\"", (*task).id, (*tp).name);

    NGX_OK
}

// SAFETY: the body of a thread. It shares the pool's queue (guarded by mtx), the queue of what is done (guarded by a
// spinlock), a task from when it takes it until it is in that queue, and the log, which it only reads. Signals are for
// the main thread. No reference is made, so none is held across what others write.
extern "C" fn ngx_thread_pool_cycle(data: *mut c_void) -> *mut c_void {
    unsafe {
        let tp = data.cast::<ngx_thread_pool_t>();

        ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*tp).log, 0; "thread in pool \"%V\" started", (*tp).name);

        let mut set: libc::sigset_t = zeroed();

        libc::sigfillset(&raw mut set);

        libc::sigdelset(&raw mut set, libc::SIGILL);
        libc::sigdelset(&raw mut set, libc::SIGFPE);
        libc::sigdelset(&raw mut set, libc::SIGSEGV);
        libc::sigdelset(&raw mut set, libc::SIGBUS);

        let err = libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, null_mut());
        if err != 0 {
            ngx_log_error!(NGX_LOG_ALERT, (*tp).log, err; "pthread_sigmask() failed");
            return null_mut();
        }

        loop {
            if ngx_thread_mutex_lock(&raw mut (*tp).mtx, (*tp).log) != NGX_OK {
                return null_mut();
            }

            // below 0: so many threads are idle
            (*tp).waiting -= 1;

            while (*tp).queue.first.is_null() {
                if ngx_thread_cond_wait(&raw mut (*tp).cond, &raw mut (*tp).mtx, (*tp).log) != NGX_OK {
                    let _ = ngx_thread_mutex_unlock(&raw mut (*tp).mtx, (*tp).log);
                    return null_mut();
                }
            }

            let task = (*tp).queue.first;
            (*tp).queue.first = (*task).next;

            if (*tp).queue.first.is_null() {
                (*tp).queue.last = &raw mut (*tp).queue.first;
            }

            if ngx_thread_mutex_unlock(&raw mut (*tp).mtx, (*tp).log) != NGX_OK {
                return null_mut();
            }

            ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*tp).log, 0;
                           "run task #%ui in thread pool \"%V\"", (*task).id, (*tp).name);

            let handler = (*task).handler.unwrap();

            handler((*task).ctx, (*tp).log);

            if core::ptr::fn_addr_eq(handler, ngx_thread_pool_exit_handler as unsafe fn(*mut c_void, *mut ngx_log_t)) {
                return null_mut();
            }

            ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*tp).log, 0;
                           "complete task #%ui in thread pool \"%V\"", (*task).id, (*tp).name);

            (*task).next = null_mut();

            ngx_spinlock(ngx_thread_pool_done_lock.ptr(), 1, 2048);

            *(*ngx_thread_pool_done.ptr()).last = task;
            (*ngx_thread_pool_done.ptr()).last = &raw mut (*task).next;

            ngx_memory_barrier();

            ngx_unlock(ngx_thread_pool_done_lock.ptr());

            let _ = ngx_notify(Some(ngx_thread_pool_handler));
        }
    }
}

unsafe fn ngx_thread_pool_handler(ev: *mut ngx_event_t) {
    ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*ev).log, 0; "thread pool handler");

    ngx_spinlock(ngx_thread_pool_done_lock.ptr(), 1, 2048);

    let mut task = (*ngx_thread_pool_done.ptr()).first;
    ngx_thread_pool_queue_init(ngx_thread_pool_done.ptr());

    ngx_memory_barrier();

    ngx_unlock(ngx_thread_pool_done_lock.ptr());

    while !task.is_null() {
        ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*ev).log, 0; "run completion handler for task #%ui", (*task).id);

        let event = &raw mut (*task).event;
        task = (*task).next;

        (*event).complete = true;
        (*event).active = false;

        (*event).handler.unwrap()(event);
    }
}

unsafe fn ngx_thread_pool_create_conf(cycle: *mut ngx_cycle_t) -> *mut c_void {
    let tcf: *mut ngx_thread_pool_conf_t = ngx_pcalloc((*cycle).pool);
    if tcf.is_null() {
        return null_mut();
    }

    if ngx_array_init(&raw mut (*tcf).pools, (*cycle).pool, 4) != NGX_OK {
        return null_mut();
    }

    tcf.cast()
}

unsafe fn ngx_thread_pool_init_conf(cycle: *mut ngx_cycle_t, conf: *mut c_void) -> ngx_conf_ret_t {
    let tcf = conf.cast::<ngx_thread_pool_conf_t>();

    let tpp = (*tcf).pools.elts;

    for i in 0..(*tcf).pools.nelts {
        let tp = *tpp.add(i);

        if (*tp).threads != 0 {
            continue;
        }

        if (*tp).name.len == ngx_thread_pool_default.get().len
            && ngx_strncmp((*tp).name.data, ngx_thread_pool_default.get().data, ngx_thread_pool_default.get().len) == 0
        {
            (*tp).threads = 32;
            (*tp).max_queue = 65536;
            continue;
        }

        ngx_log_error!(NGX_LOG_EMERG, (*cycle).log, 0;
                       "unknown thread pool \"%V\" in %s:%ui", (*tp).name, (*tp).file, (*tp).line);

        return NGX_CONF_ERROR;
    }

    NGX_CONF_OK
}

unsafe fn ngx_thread_pool(cf: *mut ngx_conf_t, cmd: *const ngx_command_t, _conf: *mut c_void) -> ngx_conf_ret_t {
    let value = (*(*cf).args).elts;

    let tp = ngx_thread_pool_add(cf, value.add(1));

    if tp.is_null() {
        return NGX_CONF_ERROR;
    }

    if (*tp).threads != 0 {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "duplicate thread pool \"%V\"", (*tp).name);
        return NGX_CONF_ERROR;
    }

    (*tp).max_queue = 65536;

    for i in 2..(*(*cf).args).nelts {
        let v = value.add(i);

        if ngx_strncmp((*v).data, c"threads=".as_ptr().cast(), 8) == 0 {
            (*tp).threads = ngx_atoi((*v).data.add(8), (*v).len - 8) as ngx_uint_t;

            if (*tp).threads == NGX_ERROR as ngx_uint_t || (*tp).threads == 0 {
                ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid threads value \"%V\"", v);
                return NGX_CONF_ERROR;
            }

            continue;
        }

        if ngx_strncmp((*v).data, c"max_queue=".as_ptr().cast(), 10) == 0 {
            (*tp).max_queue = ngx_atoi((*v).data.add(10), (*v).len - 10);

            if (*tp).max_queue == NGX_ERROR {
                ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid max_queue value \"%V\"", v);
                return NGX_CONF_ERROR;
            }

            continue;
        }
    }

    if (*tp).threads == 0 {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "\"%V\" must have \"threads\" parameter", (*cmd).name);
        return NGX_CONF_ERROR;
    }

    NGX_CONF_OK
}

/// The pool `name`, which may be configured later; NULL stands for "default".
pub unsafe fn ngx_thread_pool_add(cf: *mut ngx_conf_t, mut name: *mut ngx_str_t) -> *mut ngx_thread_pool_t {
    if name.is_null() {
        name = ngx_thread_pool_default.ptr();
    }

    let mut tp = ngx_thread_pool_get((*cf).cycle, name);

    if !tp.is_null() {
        return tp;
    }

    tp = ngx_pcalloc((*cf).pool);
    if tp.is_null() {
        return null_mut();
    }

    (*tp).name = *name;
    (*tp).file = (*(*cf).conf_file).file.name.data;
    (*tp).line = (*(*cf).conf_file).line;

    let tcf: *mut ngx_thread_pool_conf_t = ngx_get_conf((*(*cf).cycle).conf_ctx, &ngx_thread_pool_module);

    let tpp = ngx_array_push(&raw mut (*tcf).pools);
    if tpp.is_null() {
        return null_mut();
    }

    *tpp = tp;

    tp
}

pub unsafe fn ngx_thread_pool_get(cycle: *mut ngx_cycle_t, name: *mut ngx_str_t) -> *mut ngx_thread_pool_t {
    let tcf: *mut ngx_thread_pool_conf_t = ngx_get_conf((*cycle).conf_ctx, &ngx_thread_pool_module);

    let tpp = (*tcf).pools.elts;

    for i in 0..(*tcf).pools.nelts {
        let tp = *tpp.add(i);

        if (*tp).name.len == (*name).len && ngx_strncmp((*tp).name.data, (*name).data, (*name).len) == 0 {
            return tp;
        }
    }

    null_mut()
}

unsafe fn ngx_thread_pool_init_worker(cycle: *mut ngx_cycle_t) -> ngx_int_t {
    if ngx_process.get() != NGX_PROCESS_WORKER && ngx_process.get() != NGX_PROCESS_SINGLE {
        return NGX_OK;
    }

    let tcf: *mut ngx_thread_pool_conf_t = ngx_get_conf((*cycle).conf_ctx, &ngx_thread_pool_module);

    if tcf.is_null() {
        return NGX_OK;
    }

    ngx_thread_pool_queue_init(ngx_thread_pool_done.ptr());

    let tpp = (*tcf).pools.elts;

    for i in 0..(*tcf).pools.nelts {
        if ngx_thread_pool_init(*tpp.add(i), (*cycle).log, (*cycle).pool) != NGX_OK {
            return NGX_ERROR;
        }
    }

    NGX_OK
}

unsafe fn ngx_thread_pool_exit_worker(cycle: *mut ngx_cycle_t) {
    if ngx_process.get() != NGX_PROCESS_WORKER && ngx_process.get() != NGX_PROCESS_SINGLE {
        return;
    }

    let tcf: *mut ngx_thread_pool_conf_t = ngx_get_conf((*cycle).conf_ctx, &ngx_thread_pool_module);

    if tcf.is_null() {
        return;
    }

    let tpp = (*tcf).pools.elts;

    for i in 0..(*tcf).pools.nelts {
        ngx_thread_pool_destroy(*tpp.add(i));
    }
}
