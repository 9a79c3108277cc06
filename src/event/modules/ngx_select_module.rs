//! Port of src/event/modules/ngx_select_module.c

use crate::core::{
    ngx_conf_file::*, ngx_config::*, ngx_connection::*, ngx_core::*, ngx_cycle::*, ngx_log::*, ngx_module::*,
    ngx_string::*, ngx_times::*,
};
use crate::event::{ngx_event::*, ngx_event_posted::*, ngx_event_timer::*};
use crate::os::unix::{
    ngx_alloc::*, ngx_errno::*, ngx_posix_init::*, ngx_process_cycle::*, ngx_socket::*, ngx_time::*,
};

use libc::{FD_CLR, FD_ISSET, FD_SET, FD_SETSIZE, FD_ZERO, fd_set};

static master_read_fd_set: ngx_global_t<fd_set> = ngx_global_t::zeroed();
static master_write_fd_set: ngx_global_t<fd_set> = ngx_global_t::zeroed();
static work_read_fd_set: ngx_global_t<fd_set> = ngx_global_t::zeroed();
static work_write_fd_set: ngx_global_t<fd_set> = ngx_global_t::zeroed();

static max_fd: ngx_global_t<ngx_socket_t> = ngx_global_t::new(0);
static nevents: ngx_global_t<ngx_uint_t> = ngx_global_t::new(0);

static event_index: ngx_global_t<*mut *mut ngx_event_t> = ngx_global_t::new(null_mut());

static select_name: ngx_str_t = ngx_string!("select");

static ngx_select_module_ctx: ngx_event_module_t = ngx_event_module_t {
    name: &raw const select_name,
    create_conf: None,
    init_conf: Some(ngx_select_init_conf),

    actions: ngx_event_actions_t {
        add: Some(ngx_select_add_event),
        del: Some(ngx_select_del_event),
        enable: Some(ngx_select_add_event),
        disable: Some(ngx_select_del_event),
        add_conn: None,
        del_conn: None,
        notify: None,
        process_events: Some(ngx_select_process_events),
        init: Some(ngx_select_init),
        done: Some(ngx_select_done),
    },
};

pub static ngx_select_module: ngx_module_t = ngx_module_t {
    name: c"ngx_select_module",
    ctx: (&raw const ngx_select_module_ctx).cast(),
    type_: NGX_EVENT_MODULE,
    ..NGX_MODULE_V1()
};

unsafe fn ngx_select_init(cycle: *mut ngx_cycle_t, _timer: ngx_msec_t) -> ngx_int_t {
    if event_index.get().is_null() {
        FD_ZERO(master_read_fd_set.ptr());
        FD_ZERO(master_write_fd_set.ptr());
        nevents.set(0);
    }

    if ngx_process.get() >= NGX_PROCESS_WORKER
        || (*cycle).old_cycle.is_null()
        || (*(*cycle).old_cycle).connection_n < (*cycle).connection_n
    {
        let index: *mut *mut ngx_event_t =
            ngx_alloc(size_of::<*mut ngx_event_t>() * 2 * (*cycle).connection_n, (*cycle).log).cast();
        if index.is_null() {
            return NGX_ERROR;
        }

        if !event_index.get().is_null() {
            index.copy_from_nonoverlapping(event_index.get(), nevents.get());
            ngx_free(event_index.get().cast());
        }

        event_index.set(index);
    }

    ngx_io.set(ngx_os_io.get());

    ngx_event_actions.set(ngx_select_module_ctx.actions);

    ngx_event_flags.set(NGX_USE_LEVEL_EVENT);

    max_fd.set(-1);

    NGX_OK
}

unsafe fn ngx_select_done(_cycle: *mut ngx_cycle_t) {
    ngx_free(event_index.get().cast());

    event_index.set(null_mut());
}

unsafe fn ngx_select_add_event(ev: *mut ngx_event_t, event: ngx_int_t, _flags: ngx_uint_t) -> ngx_int_t {
    let c: *mut ngx_connection_t = (*ev).data.cast();

    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*ev).log, 0; "select add event fd:%d ev:%i", (*c).fd, event);

    if (*ev).index != NGX_INVALID_INDEX {
        ngx_log_error!(NGX_LOG_ALERT, (*ev).log, 0; "select event fd:%d ev:%i is already set", (*c).fd, event);
        return NGX_OK;
    }

    if (event == NGX_READ_EVENT && (*ev).write) || (event == NGX_WRITE_EVENT && !(*ev).write) {
        ngx_log_error!(NGX_LOG_ALERT, (*ev).log, 0;
                       "invalid select %s event fd:%d ev:%i",
                       if (*ev).write { "write" } else { "read" }, (*c).fd, event);
        return NGX_ERROR;
    }

    if (event == NGX_READ_EVENT || event == NGX_WRITE_EVENT) && (*c).fd as c_uint >= FD_SETSIZE as c_uint {
        ngx_log_error!(NGX_LOG_ERR, (*ev).log, 0;
                       "maximum number of descriptors supported by select() is %ud", FD_SETSIZE);
        return NGX_ERROR;
    }

    if event == NGX_READ_EVENT {
        FD_SET((*c).fd, master_read_fd_set.ptr());
    } else if event == NGX_WRITE_EVENT {
        FD_SET((*c).fd, master_write_fd_set.ptr());
    }

    if max_fd.get() != -1 && max_fd.get() < (*c).fd {
        max_fd.set((*c).fd);
    }

    (*ev).active = true;

    *event_index.get().add(nevents.get()) = ev;
    (*ev).index = nevents.get();
    nevents.set(nevents.get() + 1);

    NGX_OK
}

unsafe fn ngx_select_del_event(ev: *mut ngx_event_t, event: ngx_int_t, _flags: ngx_uint_t) -> ngx_int_t {
    let c: *mut ngx_connection_t = (*ev).data.cast();

    (*ev).active = false;

    if (*ev).index == NGX_INVALID_INDEX {
        return NGX_OK;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*ev).log, 0; "select del event fd:%d ev:%i", (*c).fd, event);

    if event == NGX_READ_EVENT {
        FD_CLR((*c).fd, master_read_fd_set.ptr());
    } else if event == NGX_WRITE_EVENT {
        FD_CLR((*c).fd, master_write_fd_set.ptr());
    }

    if max_fd.get() == (*c).fd {
        max_fd.set(-1);
    }

    nevents.set(nevents.get() - 1);

    if (*ev).index < nevents.get() {
        // the last one fills the gap

        let e = *event_index.get().add(nevents.get());
        *event_index.get().add((*ev).index) = e;
        (*e).index = (*ev).index;
    }

    (*ev).index = NGX_INVALID_INDEX;

    NGX_OK
}

unsafe fn ngx_select_process_events(cycle: *mut ngx_cycle_t, timer: ngx_msec_t, flags: ngx_uint_t) -> ngx_int_t {
    if max_fd.get() == -1 {
        for i in 0..nevents.get() {
            let c: *mut ngx_connection_t = (**event_index.get().add(i)).data.cast();
            if max_fd.get() < (*c).fd {
                max_fd.set((*c).fd);
            }
        }

        ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*cycle).log, 0; "change max_fd: %i", max_fd.get());
    }

    #[cfg(feature = "debug")]
    if (*(*cycle).log).log_level & NGX_LOG_DEBUG_ALL != 0 {
        for i in 0..nevents.get() {
            let ev = *event_index.get().add(i);
            let c: *mut ngx_connection_t = (*ev).data.cast();
            ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*cycle).log, 0; "select event: fd:%d wr:%d", (*c).fd, (*ev).write);
        }

        ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*cycle).log, 0; "max_fd: %i", max_fd.get());
    }

    let mut tv = libc::timeval { tv_sec: 0, tv_usec: 0 };
    let tp;

    if timer == NGX_TIMER_INFINITE {
        tp = null_mut();
    } else {
        tv.tv_sec = (timer / 1000) as libc::time_t;
        tv.tv_usec = ((timer % 1000) * 1000) as libc::suseconds_t;
        tp = &raw mut tv;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*cycle).log, 0; "select timer: %M", timer);

    work_read_fd_set.set(master_read_fd_set.get());
    work_write_fd_set.set(master_write_fd_set.get());

    let ready = libc::select(max_fd.get() + 1, work_read_fd_set.ptr(), work_write_fd_set.ptr(), null_mut(), tp);

    let err = if ready == -1 { ngx_errno() } else { 0 };

    if flags & NGX_UPDATE_TIME != 0 || ngx_event_timer_alarm.get() != 0 {
        ngx_time_update();
    }

    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*cycle).log, 0; "select ready %d", ready);

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

        ngx_log_error!(level, (*cycle).log, err; "select() failed");

        if err == NGX_EBADF {
            ngx_select_repair_fd_sets(cycle);
        }

        return NGX_ERROR;
    }

    if ready == 0 {
        if timer != NGX_TIMER_INFINITE {
            return NGX_OK;
        }

        ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, 0; "select() returned no events without timeout");
        return NGX_ERROR;
    }

    let mut nready = 0;

    for i in 0..nevents.get() {
        let ev = *event_index.get().add(i);
        let c: *mut ngx_connection_t = (*ev).data.cast();
        let mut found = false;

        if (*ev).write {
            if FD_ISSET((*c).fd, work_write_fd_set.ptr()) {
                found = true;
                ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*cycle).log, 0; "select write %d", (*c).fd);
            }
        } else if FD_ISSET((*c).fd, work_read_fd_set.ptr()) {
            found = true;
            ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*cycle).log, 0; "select read %d", (*c).fd);
        }

        if found {
            (*ev).ready = true;
            (*ev).available = -1;

            let queue = if (*ev).accept { ngx_posted_accept_events.ptr() } else { ngx_posted_events.ptr() };

            ngx_post_event(ev, queue);

            nready += 1;
        }
    }

    if ready != nready {
        ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, 0; "select ready != events: %d:%d", ready, nready);

        ngx_select_repair_fd_sets(cycle);
    }

    NGX_OK
}

unsafe fn ngx_select_repair_fd_sets(cycle: *mut ngx_cycle_t) {
    let mut n: c_int = 0;

    for s in 0..=max_fd.get() {
        if !FD_ISSET(s, master_read_fd_set.ptr()) {
            continue;
        }

        let mut len = size_of::<c_int>() as socklen_t;

        if libc::getsockopt(s, libc::SOL_SOCKET, libc::SO_TYPE, (&raw mut n).cast(), &raw mut len) == -1 {
            let err = ngx_socket_errno();

            ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, err; "invalid descriptor #%d in read fd_set", s);

            FD_CLR(s, master_read_fd_set.ptr());
        }
    }

    for s in 0..=max_fd.get() {
        if !FD_ISSET(s, master_write_fd_set.ptr()) {
            continue;
        }

        let mut len = size_of::<c_int>() as socklen_t;

        if libc::getsockopt(s, libc::SOL_SOCKET, libc::SO_TYPE, (&raw mut n).cast(), &raw mut len) == -1 {
            let err = ngx_socket_errno();

            ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, err; "invalid descriptor #%d in write fd_set", s);

            FD_CLR(s, master_write_fd_set.ptr());
        }
    }

    max_fd.set(-1);
}

unsafe fn ngx_select_init_conf(cycle: *mut ngx_cycle_t, _conf: *mut c_void) -> ngx_conf_ret_t {
    let ecf: *mut ngx_event_conf_t = ngx_event_get_conf((*cycle).conf_ctx, &ngx_event_core_module);

    if (*ecf).use_ != ngx_select_module.ctx_index.get() {
        return NGX_CONF_OK;
    }

    if (*cycle).connection_n > FD_SETSIZE {
        ngx_log_error!(NGX_LOG_EMERG, (*cycle).log, 0;
                       "the maximum number of files supported by select() is %ud", FD_SETSIZE);
        return NGX_CONF_ERROR;
    }

    NGX_CONF_OK
}
