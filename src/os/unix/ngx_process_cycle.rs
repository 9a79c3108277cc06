//! Port of src/os/unix/ngx_process_cycle.c and .h
//! Ours: ngx_set_exit_cycle() stands twice in C, in both of the ..._process_exit().

use crate::core::{
    nginx::*, ngx_conf_file::*, ngx_config::*, ngx_connection::*, ngx_core::*, ngx_cycle::*, ngx_log::*, ngx_palloc::*,
    ngx_string::*, ngx_times::*,
};
use crate::event::{ngx_event::*, ngx_event_posted::*, ngx_event_timer::*};
use crate::os::unix::{
    ngx_channel::*, ngx_errno::*, ngx_files::*, ngx_posix_init::*, ngx_process::*, ngx_reload::*, ngx_setaffinity::*,
    ngx_setproctitle::*, ngx_systemd::*, ngx_time::*, ngx_upgrade::*, ngx_user::*,
};

use core::mem::zeroed;
use core::ptr::without_provenance_mut;

pub const NGX_CMD_OPEN_CHANNEL: ngx_uint_t = 1;
pub const NGX_CMD_CLOSE_CHANNEL: ngx_uint_t = 2;
pub const NGX_CMD_QUIT: ngx_uint_t = 3;
pub const NGX_CMD_TERMINATE: ngx_uint_t = 4;
pub const NGX_CMD_REOPEN: ngx_uint_t = 5;

pub const NGX_PROCESS_SINGLE: ngx_uint_t = 0;
pub const NGX_PROCESS_MASTER: ngx_uint_t = 1;
pub const NGX_PROCESS_SIGNALLER: ngx_uint_t = 2;
pub const NGX_PROCESS_WORKER: ngx_uint_t = 3;
pub const NGX_PROCESS_HELPER: ngx_uint_t = 4;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_cache_manager_ctx_t {
    pub handler: ngx_event_handler_pt,
    pub name: *const c_char,
    pub delay: ngx_msec_t,
}

pub static ngx_process: ngx_global_t<ngx_uint_t> = ngx_global_t::zeroed();
pub static ngx_worker: ngx_global_t<ngx_uint_t> = ngx_global_t::zeroed();
pub static ngx_pid: ngx_global_t<ngx_pid_t> = ngx_global_t::zeroed();
pub static ngx_parent: ngx_global_t<ngx_pid_t> = ngx_global_t::zeroed();

pub static ngx_reap: ngx_sig_atomic_t = ngx_sig_atomic_t::new(0);
pub static ngx_sigio: ngx_sig_atomic_t = ngx_sig_atomic_t::new(0);
pub static ngx_sigalrm: ngx_sig_atomic_t = ngx_sig_atomic_t::new(0);
pub static ngx_terminate: ngx_sig_atomic_t = ngx_sig_atomic_t::new(0);
pub static ngx_quit: ngx_sig_atomic_t = ngx_sig_atomic_t::new(0);
pub static ngx_debug_quit: ngx_sig_atomic_t = ngx_sig_atomic_t::new(0);
pub static ngx_exiting: ngx_global_t<ngx_uint_t> = ngx_global_t::zeroed();
pub static ngx_reconfigure: ngx_sig_atomic_t = ngx_sig_atomic_t::new(0);
pub static ngx_reopen: ngx_sig_atomic_t = ngx_sig_atomic_t::new(0);

pub static ngx_change_binary: ngx_sig_atomic_t = ngx_sig_atomic_t::new(0);
pub static ngx_new_binary: ngx_global_t<ngx_pid_t> = ngx_global_t::zeroed();
pub static ngx_inherited: ngx_global_t<ngx_uint_t> = ngx_global_t::zeroed();
pub static ngx_daemonized: ngx_global_t<ngx_uint_t> = ngx_global_t::zeroed();

pub static ngx_noaccept: ngx_sig_atomic_t = ngx_sig_atomic_t::new(0);
pub static ngx_noaccepting: ngx_global_t<ngx_uint_t> = ngx_global_t::zeroed();
pub static ngx_restart: ngx_global_t<ngx_uint_t> = ngx_global_t::zeroed();

static master_process: &[u8] = b"master process";

static ngx_cache_manager_ctx: ngx_global_t<ngx_cache_manager_ctx_t> = ngx_global_t::new(ngx_cache_manager_ctx_t {
    handler: Some(ngx_cache_manager_process_handler),
    name: c"cache manager process".as_ptr(),
    delay: 0,
});

static ngx_cache_loader_ctx: ngx_global_t<ngx_cache_manager_ctx_t> = ngx_global_t::new(ngx_cache_manager_ctx_t {
    handler: Some(ngx_cache_loader_process_handler),
    name: c"cache loader process".as_ptr(),
    delay: 60000,
});

static ngx_exit_cycle: ngx_global_t<ngx_cycle_t> = ngx_global_t::zeroed();
static ngx_exit_log: ngx_global_t<ngx_log_t> = ngx_global_t::zeroed();
static ngx_exit_log_file: ngx_global_t<ngx_open_file_t> = ngx_global_t::zeroed();

pub unsafe fn ngx_master_process_cycle(mut cycle: *mut ngx_cycle_t) {
    // SAFETY: signals are blocked from here on but inside sigsuspend(), so the handler never interrupts this code.

    let mut set: libc::sigset_t = zeroed();

    libc::sigemptyset(&raw mut set);
    libc::sigaddset(&raw mut set, libc::SIGCHLD);
    libc::sigaddset(&raw mut set, libc::SIGALRM);
    libc::sigaddset(&raw mut set, libc::SIGIO);
    libc::sigaddset(&raw mut set, libc::SIGINT);
    libc::sigaddset(&raw mut set, NGX_RECONFIGURE_SIGNAL);
    libc::sigaddset(&raw mut set, NGX_REOPEN_SIGNAL);
    libc::sigaddset(&raw mut set, NGX_NOACCEPT_SIGNAL);
    libc::sigaddset(&raw mut set, NGX_TERMINATE_SIGNAL);
    libc::sigaddset(&raw mut set, NGX_SHUTDOWN_SIGNAL);
    libc::sigaddset(&raw mut set, NGX_CHANGEBIN_SIGNAL);

    if libc::sigprocmask(libc::SIG_BLOCK, &raw const set, null_mut()) == -1 {
        ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_errno(); "sigprocmask() failed");
    }

    libc::sigemptyset(&raw mut set);

    let mut size = master_process.len() + 1;

    for i in 0..ngx_argc.get() as usize {
        size += libc::strlen(*ngx_argv.get().add(i)) + 1;
    }

    let title = ngx_pnalloc((*cycle).pool, size);
    if title.is_null() {
        // fatal
        libc::exit(2);
    }

    let mut p = ngx_cpylit(title, master_process);
    for i in 0..ngx_argc.get() as usize {
        *p = b' ';
        p = p.add(1);
        p = ngx_cpystrn(p, (*ngx_argv.get().add(i)).cast(), size);
    }

    ngx_setproctitle(title.cast());

    let mut ccf: *mut ngx_core_conf_t = ngx_get_conf((*cycle).conf_ctx, &ngx_core_module);

    ngx_reload_init((*cycle).log);

    ngx_start_worker_processes(cycle, (*ccf).worker_processes, NGX_PROCESS_RESPAWN);
    ngx_start_cache_manager_processes(cycle, 0);

    ngx_systemd_ready();

    ngx_new_binary.set(0);
    let mut delay: ngx_msec_t = 0;
    let mut sigio: ngx_uint_t = 0;
    let mut live: ngx_uint_t = 1;

    loop {
        if delay != 0 {
            if ngx_sigalrm.get() != 0 {
                sigio = 0;
                delay *= 2;
                ngx_sigalrm.set(0);
            }

            ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*cycle).log, 0; "termination cycle: %M", delay);

            let itv = libc::itimerval {
                it_interval: libc::timeval { tv_sec: 0, tv_usec: 0 },
                it_value: libc::timeval {
                    tv_sec: (delay / 1000) as time_t,
                    tv_usec: ((delay % 1000) * 1000) as libc::suseconds_t,
                },
            };

            if libc::setitimer(libc::ITIMER_REAL, &raw const itv, null_mut()) == -1 {
                ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_errno(); "setitimer() failed");
            }
        }

        ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*cycle).log, 0; "sigsuspend");

        // DEVIATION: as sigsuspend(), but see ngx_upgrade.rs, also for the two calls that follow
        ngx_upgrade_suspend(&raw const set);

        ngx_time_update();

        ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*cycle).log, 0; "wake up, sigio %i", sigio);

        ngx_upgrade_hold_quit(cycle);

        if ngx_reap.get() != 0 {
            ngx_reap.set(0);
            ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*cycle).log, 0; "reap children");

            live = ngx_reap_children(cycle);

            ngx_upgrade_hold_quit(cycle);
        }

        if ngx_terminate.get() != 0 || ngx_quit.get() != 0 {
            ngx_systemd_stopping();
        }

        if live == 0 && (ngx_terminate.get() != 0 || ngx_quit.get() != 0) {
            ngx_master_process_exit(cycle);
        }

        if ngx_terminate.get() != 0 {
            if delay == 0 {
                delay = 50;
            }

            if sigio != 0 {
                sigio -= 1;
                continue;
            }

            // and the two cache processes
            sigio = (*ccf).worker_processes as ngx_uint_t + 2;

            if delay > 1000 {
                ngx_signal_worker_processes(cycle, libc::SIGKILL);
            } else {
                ngx_signal_worker_processes(cycle, NGX_TERMINATE_SIGNAL);
            }

            continue;
        }

        if ngx_quit.get() != 0 {
            ngx_signal_worker_processes(cycle, NGX_SHUTDOWN_SIGNAL);
            ngx_close_listening_sockets(cycle);

            continue;
        }

        if ngx_reconfigure.get() != 0 {
            ngx_reconfigure.set(0);
            ngx_reload_begin();
            ngx_systemd_reloading();

            if ngx_new_binary.get() != 0 {
                ngx_start_worker_processes(cycle, (*ccf).worker_processes, NGX_PROCESS_RESPAWN);
                ngx_start_cache_manager_processes(cycle, 0);
                ngx_noaccepting.set(0);
                ngx_reload_end(NGX_OK);
                ngx_systemd_ready();

                continue;
            }

            ngx_log_error!(NGX_LOG_NOTICE, (*cycle).log, 0; "reconfiguring");

            cycle = ngx_init_cycle(cycle);
            if cycle.is_null() {
                cycle = ngx_cycle.get();
                ngx_reload_end(NGX_ERROR);
                ngx_systemd_ready();
                continue;
            }

            ngx_cycle.set(cycle);
            ccf = ngx_get_conf((*cycle).conf_ctx, &ngx_core_module);
            ngx_start_worker_processes(cycle, (*ccf).worker_processes, NGX_PROCESS_JUST_RESPAWN);
            ngx_start_cache_manager_processes(cycle, 1);

            // the new ones start before the old ones stop
            ngx_msleep(100);

            live = 1;
            ngx_signal_worker_processes(cycle, NGX_SHUTDOWN_SIGNAL);
            ngx_reload_end(NGX_OK);
            ngx_systemd_ready();
        }

        if ngx_restart.get() != 0 {
            ngx_restart.set(0);
            ngx_start_worker_processes(cycle, (*ccf).worker_processes, NGX_PROCESS_RESPAWN);
            ngx_start_cache_manager_processes(cycle, 0);
            live = 1;
        }

        if ngx_reopen.get() != 0 {
            ngx_reopen.set(0);
            ngx_log_error!(NGX_LOG_NOTICE, (*cycle).log, 0; "reopening logs");
            ngx_reopen_files(cycle, (*ccf).user);
            ngx_signal_worker_processes(cycle, NGX_REOPEN_SIGNAL);
        }

        if ngx_change_binary.get() != 0 {
            ngx_change_binary.set(0);
            ngx_log_error!(NGX_LOG_NOTICE, (*cycle).log, 0; "changing binary");
            ngx_new_binary.set(ngx_exec_new_binary(cycle, ngx_argv.get()));

            if ngx_new_binary.get() as ngx_int_t == NGX_INVALID_PID {
                // DEVIATION: nginx keeps -1, takes that for a new binary, and starts more workers when told to reload
                ngx_new_binary.set(0);
            }
        }

        if ngx_noaccept.get() != 0 {
            ngx_noaccept.set(0);
            ngx_noaccepting.set(1);
            ngx_signal_worker_processes(cycle, NGX_SHUTDOWN_SIGNAL);
        }
    }
}

pub unsafe fn ngx_single_process_cycle(mut cycle: *mut ngx_cycle_t) {
    if ngx_set_environment(cycle, null_mut()).is_null() {
        // fatal
        libc::exit(2);
    }

    for i in 0..(*cycle).modules_n {
        if let Some(init_process) = (**(*cycle).modules.add(i)).init_process
            && init_process(cycle) == NGX_ERROR
        {
            // fatal
            libc::exit(2);
        }
    }

    ngx_upgrade_answer();
    ngx_systemd_ready();

    loop {
        ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*cycle).log, 0; "worker cycle");

        // DEVIATION: as in ngx_worker_process_cycle()

        if ngx_terminate.get() == 0 && ngx_quit.get() == 0 {
            ngx_process_events_and_timers(cycle);
        }

        if ngx_terminate.get() != 0 || ngx_quit.get() != 0 {
            ngx_systemd_stopping();

            for i in 0..(*cycle).modules_n {
                if let Some(exit_process) = (**(*cycle).modules.add(i)).exit_process {
                    exit_process(cycle);
                }
            }

            ngx_master_process_exit(cycle);
        }

        if ngx_reconfigure.get() != 0 {
            ngx_reconfigure.set(0);
            ngx_reload_begin();
            ngx_systemd_reloading();
            ngx_log_error!(NGX_LOG_NOTICE, (*cycle).log, 0; "reconfiguring");

            cycle = ngx_init_cycle(cycle);
            if cycle.is_null() {
                cycle = ngx_cycle.get();
                ngx_reload_end(NGX_ERROR);
                ngx_systemd_ready();
                continue;
            }

            ngx_cycle.set(cycle);
            ngx_reload_end(NGX_OK);
            ngx_systemd_ready();
        }

        if ngx_reopen.get() != 0 {
            ngx_reopen.set(0);
            ngx_log_error!(NGX_LOG_NOTICE, (*cycle).log, 0; "reopening logs");
            ngx_reopen_files(cycle, ngx_uid_t::MAX);
        }
    }
}

unsafe fn ngx_start_worker_processes(cycle: *mut ngx_cycle_t, n: ngx_int_t, type_: ngx_int_t) {
    ngx_log_error!(NGX_LOG_NOTICE, (*cycle).log, 0; "start worker processes");

    for i in 0..n {
        ngx_spawn_process(
            cycle,
            Some(ngx_worker_process_cycle),
            without_provenance_mut(i as usize),
            c"worker process".as_ptr(),
            type_,
        );

        ngx_pass_open_channel(cycle);
    }
}

unsafe fn ngx_start_cache_manager_processes(cycle: *mut ngx_cycle_t, respawn: ngx_uint_t) {
    let mut manager = false;
    let mut loader = false;

    let path = (*ngx_cycle.get()).paths.elts;
    for i in 0..(*ngx_cycle.get()).paths.nelts {
        if (**path.add(i)).manager.is_some() {
            manager = true;
        }

        if (**path.add(i)).loader.is_some() {
            loader = true;
        }
    }

    if !manager {
        return;
    }

    ngx_spawn_process(
        cycle,
        Some(ngx_cache_manager_process_cycle),
        ngx_cache_manager_ctx.ptr().cast(),
        c"cache manager process".as_ptr(),
        if respawn != 0 { NGX_PROCESS_JUST_RESPAWN } else { NGX_PROCESS_RESPAWN },
    );

    ngx_pass_open_channel(cycle);

    if !loader {
        return;
    }

    ngx_spawn_process(
        cycle,
        Some(ngx_cache_manager_process_cycle),
        ngx_cache_loader_ctx.ptr().cast(),
        c"cache loader process".as_ptr(),
        if respawn != 0 { NGX_PROCESS_JUST_SPAWN } else { NGX_PROCESS_NORESPAWN },
    );

    ngx_pass_open_channel(cycle);
}

/// Tells all processes about the channel of the one that has just been spawned.
unsafe fn ngx_pass_open_channel(cycle: *mut ngx_cycle_t) {
    let mut ch: ngx_channel_t = zeroed();

    let process = ngx_process_at(ngx_process_slot.get());

    ch.command = NGX_CMD_OPEN_CHANNEL;
    ch.pid = (*process).pid;
    ch.slot = ngx_process_slot.get();
    ch.fd = (*process).channel[0];

    for i in 0..ngx_last_process.get() {
        let p = ngx_process_at(i);

        if i == ngx_process_slot.get() || (*p).pid == -1 || (*p).channel[0] == -1 {
            continue;
        }

        ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*cycle).log, 0;
                       "pass channel s:%i pid:%P fd:%d to s:%i pid:%P fd:%d",
                       ch.slot, ch.pid, ch.fd, i, (*p).pid, (*p).channel[0]);

        // as in C, NGX_AGAIN loses the message

        ngx_write_channel((*p).channel[0], &raw mut ch, size_of::<ngx_channel_t>(), (*cycle).log);
    }
}

unsafe fn ngx_signal_worker_processes(cycle: *mut ngx_cycle_t, signo: c_int) {
    let mut ch: ngx_channel_t = zeroed();

    ch.command = match signo {
        NGX_SHUTDOWN_SIGNAL => NGX_CMD_QUIT,

        NGX_TERMINATE_SIGNAL => NGX_CMD_TERMINATE,

        NGX_REOPEN_SIGNAL => NGX_CMD_REOPEN,

        _ => 0,
    };

    ch.fd = -1;

    for i in 0..ngx_last_process.get() {
        let p = ngx_process_at(i);

        ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*cycle).log, 0;
                       "child: %i %P e:%d t:%d d:%d r:%d j:%d",
                       i, (*p).pid, (*p).exiting, (*p).exited, (*p).detached, (*p).respawn, (*p).just_spawn);

        if (*p).detached || (*p).pid == -1 {
            continue;
        }

        if (*p).just_spawn {
            (*p).just_spawn = false;
            continue;
        }

        if (*p).exiting && signo == NGX_SHUTDOWN_SIGNAL {
            continue;
        }

        if ch.command != 0
            && ngx_write_channel((*p).channel[0], &raw mut ch, size_of::<ngx_channel_t>(), (*cycle).log) == NGX_OK
        {
            if signo != NGX_REOPEN_SIGNAL {
                (*p).exiting = true;
            }

            continue;
        }

        ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*cycle).log, 0; "kill (%P, %d)", (*p).pid, signo);

        if libc::kill((*p).pid, signo) == -1 {
            let err = ngx_errno();
            ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, err; "kill(%P, %d) failed", (*p).pid, signo);

            if err == NGX_ESRCH {
                (*p).exited = true;
                (*p).exiting = false;
                ngx_reap.set(1);
            }

            continue;
        }

        if signo != NGX_REOPEN_SIGNAL {
            (*p).exiting = true;
        }
    }
}

/// Returns whether a process is alive that the master has to wait for.
unsafe fn ngx_reap_children(cycle: *mut ngx_cycle_t) -> ngx_uint_t {
    let mut ch: ngx_channel_t = zeroed();

    ch.command = NGX_CMD_CLOSE_CHANNEL;
    ch.fd = -1;

    let mut live = 0;
    let mut i = 0;
    while i < ngx_last_process.get() {
        // the body's `continue`
        'next: {
            let p = ngx_process_at(i);

            ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*cycle).log, 0;
                           "child: %i %P e:%d t:%d d:%d r:%d j:%d",
                           i, (*p).pid, (*p).exiting, (*p).exited, (*p).detached, (*p).respawn, (*p).just_spawn);

            if (*p).pid == -1 {
                break 'next;
            }

            if (*p).exited {
                if !(*p).detached {
                    ngx_close_channel((&raw mut (*p).channel).cast(), (*cycle).log);

                    (*p).channel[0] = -1;
                    (*p).channel[1] = -1;

                    ch.pid = (*p).pid;
                    ch.slot = i;

                    for n in 0..ngx_last_process.get() {
                        let to = ngx_process_at(n);

                        if (*to).exited || (*to).pid == -1 || (*to).channel[0] == -1 {
                            continue;
                        }

                        ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*cycle).log, 0;
                                       "pass close channel s:%i pid:%P to:%P", ch.slot, ch.pid, (*to).pid);

                        // NGX_AGAIN loses the message here too

                        ngx_write_channel((*to).channel[0], &raw mut ch, size_of::<ngx_channel_t>(), (*cycle).log);
                    }
                }

                if (*p).respawn && !(*p).exiting && ngx_terminate.get() == 0 && ngx_quit.get() == 0 {
                    if ngx_spawn_process(cycle, (*p).proc, (*p).data, (*p).name, i) as ngx_int_t == NGX_INVALID_PID {
                        ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, 0; "could not respawn %s", (*p).name);
                        break 'next;
                    }

                    ngx_pass_open_channel(cycle);

                    live = 1;

                    break 'next;
                }

                if (*p).pid == ngx_new_binary.get() {
                    let ccf: *mut ngx_core_conf_t = ngx_get_conf((*cycle).conf_ctx, &ngx_core_module);

                    if ngx_rename_file((*ccf).oldpid.data, (*ccf).pid.data) == NGX_FILE_ERROR {
                        ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_errno();
                                       "rename() %s back to %s failed \
                                        after the new binary process \"%s\" exited",
                                       (*ccf).oldpid.data, (*ccf).pid.data, *ngx_argv.get());
                    }

                    ngx_new_binary.set(0);
                    ngx_upgrade_exited((*p).status);
                    if ngx_noaccepting.get() != 0 {
                        ngx_restart.set(1);
                        ngx_noaccepting.set(0);
                    }
                }

                if i == ngx_last_process.get() - 1 {
                    ngx_last_process.set(ngx_last_process.get() - 1);
                } else {
                    (*p).pid = -1;
                }
            } else if (*p).exiting || !(*p).detached {
                live = 1;
            }
        }

        i += 1;
    }

    live
}

/// A signal may still come when the cycle's pool is gone, and its handler logs to `ngx_cycle->log`: from here on it
/// finds a cycle, log and file that are static and know the descriptor only.
unsafe fn ngx_set_exit_cycle() {
    let log = ngx_exit_log.ptr();
    let file = ngx_exit_log_file.ptr();

    *log = *ngx_log_get_file_log((*ngx_cycle.get()).log);

    (*file).fd = (*(*log).file).fd;
    (*log).file = file;
    (*log).next = null_mut();
    (*log).writer = None;

    let cycle = ngx_exit_cycle.ptr();

    (*cycle).log = log;
    (*cycle).files = (*ngx_cycle.get()).files;
    (*cycle).files_n = (*ngx_cycle.get()).files_n;
    ngx_cycle.set(cycle);
}

unsafe fn ngx_master_process_exit(cycle: *mut ngx_cycle_t) -> ! {
    ngx_delete_pidfile(cycle);

    ngx_log_error!(NGX_LOG_NOTICE, (*cycle).log, 0; "exit");

    for i in 0..(*cycle).modules_n {
        if let Some(exit_master) = (**(*cycle).modules.add(i)).exit_master {
            exit_master(cycle);
        }
    }

    ngx_close_listening_sockets(cycle);

    ngx_set_exit_cycle();

    ngx_destroy_pool((*cycle).pool);

    libc::exit(0)
}

unsafe fn ngx_worker_process_cycle(cycle: *mut ngx_cycle_t, data: *mut c_void) {
    let worker = data.addr() as ngx_int_t;

    ngx_process.set(NGX_PROCESS_WORKER);
    ngx_worker.set(worker as ngx_uint_t);

    ngx_worker_process_init(cycle, worker);

    ngx_setproctitle(c"worker process".as_ptr());

    loop {
        if ngx_exiting.get() != 0 && ngx_event_no_timers_left() == NGX_OK {
            ngx_log_error!(NGX_LOG_NOTICE, (*cycle).log, 0; "exiting");
            ngx_worker_process_exit(cycle);
        }

        ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*cycle).log, 0; "worker cycle");

        // DEVIATION: a signal that is there already, as one from the time of the start, is not left until the next event

        if ngx_terminate.get() == 0 && ngx_quit.get() == 0 {
            ngx_process_events_and_timers(cycle);
        }

        if ngx_terminate.get() != 0 {
            ngx_log_error!(NGX_LOG_NOTICE, (*cycle).log, 0; "exiting");
            ngx_worker_process_exit(cycle);
        }

        if ngx_quit.get() != 0 {
            ngx_quit.set(0);
            ngx_log_error!(NGX_LOG_NOTICE, (*cycle).log, 0; "gracefully shutting down");
            ngx_setproctitle(c"worker process is shutting down".as_ptr());

            if ngx_exiting.get() == 0 {
                ngx_exiting.set(1);
                ngx_set_shutdown_timer(cycle);
                ngx_close_listening_sockets(cycle);
                ngx_reload_set_state(NGX_RELOAD_CLOSED);
                ngx_close_idle_connections(cycle);
                ngx_event_process_posted(cycle, ngx_posted_events.ptr());
            }
        }

        if ngx_reopen.get() != 0 {
            ngx_reopen.set(0);
            ngx_log_error!(NGX_LOG_NOTICE, (*cycle).log, 0; "reopening logs");
            ngx_reopen_files(cycle, ngx_uid_t::MAX);
        }
    }
}

#[repr(C)]
struct __user_cap_header_struct {
    version: u32,
    pid: c_int,
}

#[repr(C)]
struct __user_cap_data_struct {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

const _LINUX_CAPABILITY_VERSION_1: u32 = 0x19980330;
const CAP_NET_RAW: u32 = 13;

/// `worker` is -1 for a helper.
unsafe fn ngx_worker_process_init(cycle: *mut ngx_cycle_t, worker: ngx_int_t) {
    if ngx_set_environment(cycle, null_mut()).is_null() {
        // fatal
        libc::exit(2);
    }

    let ccf: *mut ngx_core_conf_t = ngx_get_conf((*cycle).conf_ctx, &ngx_core_module);

    if worker >= 0 && (*ccf).priority != 0 && libc::setpriority(libc::PRIO_PROCESS as _, 0, (*ccf).priority) == -1 {
        ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_errno(); "setpriority(%d) failed", (*ccf).priority);
    }

    if (*ccf).rlimit_nofile != NGX_CONF_UNSET {
        let rlmt = libc::rlimit {
            rlim_cur: (*ccf).rlimit_nofile as libc::rlim_t,
            rlim_max: (*ccf).rlimit_nofile as libc::rlim_t,
        };

        if libc::setrlimit(libc::RLIMIT_NOFILE, &raw const rlmt) == -1 {
            ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_errno();
                           "setrlimit(RLIMIT_NOFILE, %i) failed", (*ccf).rlimit_nofile);
        }
    }

    if (*ccf).rlimit_core != NGX_CONF_UNSET as off_t {
        let rlmt =
            libc::rlimit { rlim_cur: (*ccf).rlimit_core as libc::rlim_t, rlim_max: (*ccf).rlimit_core as libc::rlim_t };

        if libc::setrlimit(libc::RLIMIT_CORE, &raw const rlmt) == -1 {
            ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_errno();
                           "setrlimit(RLIMIT_CORE, %O) failed", (*ccf).rlimit_core);
        }
    }

    if libc::geteuid() == 0 {
        if libc::setgid((*ccf).group) == -1 {
            ngx_log_error!(NGX_LOG_EMERG, (*cycle).log, ngx_errno(); "setgid(%d) failed", (*ccf).group);
            // fatal
            libc::exit(2);
        }

        if libc::initgroups((*ccf).username, (*ccf).group) == -1 {
            ngx_log_error!(NGX_LOG_EMERG, (*cycle).log, ngx_errno();
                           "initgroups(%s, %d) failed", (*ccf).username, (*ccf).group);
        }

        if (*ccf).transparent != 0 && (*ccf).user != 0 && libc::prctl(libc::PR_SET_KEEPCAPS, 1, 0, 0, 0) == -1 {
            ngx_log_error!(NGX_LOG_EMERG, (*cycle).log, ngx_errno(); "prctl(PR_SET_KEEPCAPS, 1) failed");
            // fatal
            libc::exit(2);
        }

        if libc::setuid((*ccf).user) == -1 {
            ngx_log_error!(NGX_LOG_EMERG, (*cycle).log, ngx_errno(); "setuid(%d) failed", (*ccf).user);
            // fatal
            libc::exit(2);
        }

        if (*ccf).transparent != 0 && (*ccf).user != 0 {
            let header = __user_cap_header_struct { version: _LINUX_CAPABILITY_VERSION_1, pid: 0 };
            let data =
                __user_cap_data_struct { effective: 1 << CAP_NET_RAW, permitted: 1 << CAP_NET_RAW, inheritable: 0 };

            if libc::syscall(libc::SYS_capset, &raw const header, &raw const data) == -1 {
                ngx_log_error!(NGX_LOG_EMERG, (*cycle).log, ngx_errno(); "capset() failed");
                // fatal
                libc::exit(2);
            }
        }
    }

    if worker >= 0 {
        let cpu_affinity = ngx_get_cpu_affinity(worker as ngx_uint_t);

        if !cpu_affinity.is_null() {
            ngx_setaffinity(cpu_affinity, (*cycle).log);
        }
    }

    // setuid() has forbidden core dumps

    if libc::prctl(libc::PR_SET_DUMPABLE, 1, 0, 0, 0) == -1 {
        ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_errno(); "prctl(PR_SET_DUMPABLE) failed");
    }

    // DEVIATION: a worker whose master was killed finishes its requests and goes. nginx's stay for ever, unmanaged, and
    // hold the ports against the next start.

    if libc::prctl(libc::PR_SET_PDEATHSIG, NGX_SHUTDOWN_SIGNAL, 0, 0, 0) == -1 {
        ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_errno(); "prctl(PR_SET_PDEATHSIG) failed");
    }

    if ngx_getppid() != ngx_parent.get() {
        // it was killed already
        libc::exit(0);
    }

    if (*ccf).working_directory.len != 0 && libc::chdir((*ccf).working_directory.data.cast()) == -1 {
        ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_errno();
                       "chdir(\"%s\") failed", (*ccf).working_directory.data);
        // fatal
        libc::exit(2);
    }

    let mut set: libc::sigset_t = zeroed();

    libc::sigemptyset(&raw mut set);

    if libc::sigprocmask(libc::SIG_SETMASK, &raw const set, null_mut()) == -1 {
        ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_errno(); "sigprocmask() failed");
    }

    let tp = ngx_timeofday();
    srandom(((ngx_pid.get() as c_uint) << 16) ^ (*tp).sec as c_uint ^ (*tp).msec as c_uint);

    for i in 0..(*cycle).modules_n {
        if let Some(init_process) = (**(*cycle).modules.add(i)).init_process
            && init_process(cycle) == NGX_ERROR
        {
            // fatal
            libc::exit(2);
        }
    }

    for n in 0..ngx_last_process.get() {
        let p = ngx_process_at(n);

        if (*p).pid == -1 {
            continue;
        }

        if n == ngx_process_slot.get() {
            continue;
        }

        if (*p).channel[1] == -1 {
            continue;
        }

        if libc::close((*p).channel[1]) == -1 {
            ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_errno(); "close() channel failed");
        }
    }

    if libc::close((*ngx_process_at(ngx_process_slot.get())).channel[0]) == -1 {
        ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_errno(); "close() channel failed");
    }

    if ngx_add_channel_event(cycle, ngx_channel.get(), NGX_READ_EVENT, Some(ngx_channel_handler)) == NGX_ERROR {
        // fatal
        libc::exit(2);
    }

    ngx_reload_set_state(NGX_RELOAD_SERVES);
    if worker >= 0 {
        ngx_upgrade_answer();
    }
}

unsafe fn ngx_worker_process_exit(cycle: *mut ngx_cycle_t) -> ! {
    for i in 0..(*cycle).modules_n {
        if let Some(exit_process) = (**(*cycle).modules.add(i)).exit_process {
            exit_process(cycle);
        }
    }

    if ngx_exiting.get() != 0 && ngx_terminate.get() == 0 {
        for i in 0..(*cycle).connection_n {
            let c = (*cycle).connections.add(i);

            if (*c).fd != -1
                && !(*c).read.is_null()
                && !(*(*c).read).accept
                && !(*(*c).read).channel
                && !(*(*c).read).resolver
            {
                ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, 0;
                               "*%uA open socket #%d left in connection %ui", (*c).number, (*c).fd, i);
                ngx_debug_quit.set(1);
            }
        }
    }

    if ngx_debug_quit.get() != 0 {
        ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, 0; "aborting");
        ngx_debug_point();
    }

    ngx_set_exit_cycle();

    ngx_destroy_pool((*cycle).pool);

    ngx_log_error!(NGX_LOG_NOTICE, (*ngx_cycle.get()).log, 0; "exit");

    libc::exit(0)
}

unsafe fn ngx_channel_handler(ev: *mut ngx_event_t) {
    if (*ev).timedout {
        (*ev).timedout = false;
        return;
    }

    let c = (*ev).data.cast::<ngx_connection_t>();

    ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*ev).log, 0; "channel handler");

    let mut ch: ngx_channel_t = zeroed();

    loop {
        let n = ngx_read_channel((*c).fd, &raw mut ch, size_of::<ngx_channel_t>(), (*ev).log);

        ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*ev).log, 0; "channel: %i", n);

        if n == NGX_ERROR {
            if ngx_event_flags.get() & NGX_USE_EPOLL_EVENT != 0 {
                ngx_del_conn().unwrap()(c, 0);
            }

            ngx_close_connection(c);
            return;
        }

        if ngx_event_flags.get() & NGX_USE_EVENTPORT_EVENT != 0 && ngx_add_event(ev, NGX_READ_EVENT, 0) == NGX_ERROR {
            return;
        }

        if n == NGX_AGAIN {
            return;
        }

        ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*ev).log, 0; "channel command: %ui", ch.command);

        match ch.command {
            NGX_CMD_QUIT => ngx_quit.set(1),

            NGX_CMD_TERMINATE => ngx_terminate.set(1),

            NGX_CMD_REOPEN => ngx_reopen.set(1),

            NGX_CMD_OPEN_CHANNEL => {
                ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*ev).log, 0;
                               "get channel s:%i pid:%P fd:%d", ch.slot, ch.pid, ch.fd);

                let p = ngx_process_at(ch.slot);

                (*p).pid = ch.pid;
                (*p).channel[0] = ch.fd;
            }

            NGX_CMD_CLOSE_CHANNEL => {
                let p = ngx_process_at(ch.slot);

                ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*ev).log, 0;
                               "close channel s:%i pid:%P our:%P fd:%d", ch.slot, ch.pid, (*p).pid, (*p).channel[0]);

                if libc::close((*p).channel[0]) == -1 {
                    ngx_log_error!(NGX_LOG_ALERT, (*ev).log, ngx_errno(); "close() channel failed");
                }

                (*p).channel[0] = -1;
            }

            _ => {}
        }
    }
}

unsafe fn ngx_cache_manager_process_cycle(cycle: *mut ngx_cycle_t, data: *mut c_void) {
    let ctx = data.cast::<ngx_cache_manager_ctx_t>();

    // set before the sockets are closed: the master would also remove those in the file system
    ngx_process.set(NGX_PROCESS_HELPER);

    ngx_close_listening_sockets(cycle);

    // enough for a helper
    (*cycle).connection_n = 512;

    ngx_worker_process_init(cycle, -1);

    // stands for a connection whose fd (at [3]) is -1
    let mut ident: [*mut c_void; 4] = [null_mut(), null_mut(), null_mut(), without_provenance_mut(usize::MAX)];

    let mut ev: ngx_event_t = zeroed();
    ev.handler = (*ctx).handler;
    ev.data = (&raw mut ident).cast();
    ev.log = (*cycle).log;

    ngx_use_accept_mutex.set(0);

    ngx_setproctitle((*ctx).name);

    ngx_add_timer(&raw mut ev, (*ctx).delay);

    loop {
        if ngx_terminate.get() != 0 || ngx_quit.get() != 0 {
            ngx_log_error!(NGX_LOG_NOTICE, (*cycle).log, 0; "exiting");
            libc::exit(0);
        }

        if ngx_reopen.get() != 0 {
            ngx_reopen.set(0);
            ngx_log_error!(NGX_LOG_NOTICE, (*cycle).log, 0; "reopening logs");
            ngx_reopen_files(cycle, ngx_uid_t::MAX);
        }

        ngx_process_events_and_timers(cycle);
    }
}

unsafe fn ngx_cache_manager_process_handler(ev: *mut ngx_event_t) {
    let mut next: ngx_msec_t = 60 * 60 * 1000;

    let path = (*ngx_cycle.get()).paths.elts;
    for i in 0..(*ngx_cycle.get()).paths.nelts {
        if let Some(manager) = (**path.add(i)).manager {
            let n = manager((**path.add(i)).data);

            next = if n <= next { n } else { next };

            ngx_time_update();
        }
    }

    if next == 0 {
        next = 1;
    }

    ngx_add_timer(ev, next);
}

unsafe fn ngx_cache_loader_process_handler(_ev: *mut ngx_event_t) {
    let cycle = ngx_cycle.get();

    let path = (*cycle).paths.elts;
    for i in 0..(*cycle).paths.nelts {
        if ngx_terminate.get() != 0 || ngx_quit.get() != 0 {
            break;
        }

        if let Some(loader) = (**path.add(i)).loader {
            loader((**path.add(i)).data);
            ngx_time_update();
        }
    }

    libc::exit(0);
}
