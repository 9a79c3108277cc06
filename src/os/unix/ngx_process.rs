//! Port of src/os/unix/ngx_process.c and .h
//! Ours: ngx_process_at(s) is `&ngx_processes[s]`.

use crate::core::{
    nginx::*, ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_cycle::*, ngx_log::*, ngx_serve::*, ngx_shmtx::*,
    ngx_slab::*, ngx_times::*,
};
use crate::event::ngx_event::*;
use crate::os::unix::{ngx_channel::*, ngx_errno::*, ngx_process_cycle::*, ngx_socket::*, ngx_upgrade::*};

use core::mem::zeroed;

pub type ngx_pid_t = pid_t;

pub const NGX_INVALID_PID: ngx_int_t = -1;

pub type ngx_spawn_proc_pt = Option<unsafe fn(cycle: *mut ngx_cycle_t, data: *mut c_void)>;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_process_t {
    pub pid: ngx_pid_t,
    pub status: c_int,
    pub channel: [ngx_socket_t; 2],

    pub proc: ngx_spawn_proc_pt,
    pub data: *mut c_void,
    pub name: *const c_char,

    pub respawn: bool,
    pub just_spawn: bool,
    pub detached: bool,
    pub exiting: bool,
    pub exited: bool,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_exec_ctx_t {
    pub path: *const c_char,
    pub name: *const c_char,
    pub argv: *const *mut c_char,
    pub envp: *const *mut c_char,
}

pub const NGX_MAX_PROCESSES: ngx_uint_t = 1024;

pub const NGX_PROCESS_NORESPAWN: ngx_int_t = -1;
pub const NGX_PROCESS_JUST_SPAWN: ngx_int_t = -2;
pub const NGX_PROCESS_RESPAWN: ngx_int_t = -3;
pub const NGX_PROCESS_JUST_RESPAWN: ngx_int_t = -4;
pub const NGX_PROCESS_DETACHED: ngx_int_t = -5;

#[inline(always)]
pub unsafe fn ngx_getpid() -> ngx_pid_t {
    libc::getpid()
}

#[inline(always)]
pub unsafe fn ngx_getppid() -> ngx_pid_t {
    libc::getppid()
}

#[inline(always)]
pub unsafe fn ngx_log_pid() -> ngx_pid_t {
    ngx_pid.get()
}

#[inline(always)]
pub unsafe fn ngx_sched_yield() {
    libc::sched_yield();
}

pub static ngx_argc: ngx_global_t<c_int> = ngx_global_t::zeroed();
pub static ngx_argv: ngx_global_t<*mut *mut c_char> = ngx_global_t::zeroed();
pub static ngx_os_argv: ngx_global_t<*mut *mut c_char> = ngx_global_t::zeroed();

pub static ngx_process_slot: ngx_global_t<ngx_int_t> = ngx_global_t::zeroed();
pub static ngx_channel: ngx_global_t<ngx_socket_t> = ngx_global_t::zeroed();
pub static ngx_last_process: ngx_global_t<ngx_int_t> = ngx_global_t::zeroed();
pub static ngx_processes: ngx_global_t<[ngx_process_t; NGX_MAX_PROCESSES]> = ngx_global_t::zeroed();

#[inline(always)]
pub unsafe fn ngx_process_at(s: ngx_int_t) -> *mut ngx_process_t {
    &raw mut (*ngx_processes.ptr())[s as usize]
}

type ngx_signal_handler_pt =
    Option<unsafe extern "C" fn(signo: c_int, siginfo: *mut libc::siginfo_t, ucontext: *mut c_void)>;

struct ngx_signal_t {
    signo: c_int,
    signame: &'static CStr,
    name: &'static CStr,
    /// None: ignored
    handler: ngx_signal_handler_pt,
}

static signals: &[ngx_signal_t] = &[
    ngx_signal_t {
        signo: NGX_RECONFIGURE_SIGNAL,
        signame: c"SIGHUP",
        name: c"reload",
        handler: Some(ngx_signal_handler),
    },
    ngx_signal_t { signo: NGX_REOPEN_SIGNAL, signame: c"SIGUSR1", name: c"reopen", handler: Some(ngx_signal_handler) },
    ngx_signal_t { signo: NGX_NOACCEPT_SIGNAL, signame: c"SIGWINCH", name: c"", handler: Some(ngx_signal_handler) },
    ngx_signal_t { signo: NGX_TERMINATE_SIGNAL, signame: c"SIGTERM", name: c"stop", handler: Some(ngx_signal_handler) },
    ngx_signal_t { signo: NGX_SHUTDOWN_SIGNAL, signame: c"SIGQUIT", name: c"quit", handler: Some(ngx_signal_handler) },
    ngx_signal_t { signo: NGX_CHANGEBIN_SIGNAL, signame: c"SIGUSR2", name: c"", handler: Some(ngx_signal_handler) },
    ngx_signal_t { signo: libc::SIGALRM, signame: c"SIGALRM", name: c"", handler: Some(ngx_signal_handler) },
    ngx_signal_t { signo: libc::SIGINT, signame: c"SIGINT", name: c"", handler: Some(ngx_signal_handler) },
    ngx_signal_t { signo: libc::SIGIO, signame: c"SIGIO", name: c"", handler: Some(ngx_signal_handler) },
    ngx_signal_t { signo: libc::SIGCHLD, signame: c"SIGCHLD", name: c"", handler: Some(ngx_signal_handler) },
    ngx_signal_t { signo: libc::SIGSYS, signame: c"SIGSYS, SIG_IGN", name: c"", handler: None },
    ngx_signal_t { signo: libc::SIGPIPE, signame: c"SIGPIPE, SIG_IGN", name: c"", handler: None },
];

/// `respawn` is the slot of a process that has died, or one of NGX_PROCESS_*. In the child `proc` is called and does
/// not return.
pub unsafe fn ngx_spawn_process(
    cycle: *mut ngx_cycle_t,
    proc: ngx_spawn_proc_pt,
    data: *mut c_void,
    name: *const c_char,
    respawn: ngx_int_t,
) -> ngx_pid_t {
    let mut s;

    if respawn >= 0 {
        s = respawn;
    } else {
        s = 0;
        while s < ngx_last_process.get() {
            if (*ngx_process_at(s)).pid == -1 {
                break;
            }
            s += 1;
        }

        if s == NGX_MAX_PROCESSES as ngx_int_t {
            ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, 0;
                           "no more than %d processes can be spawned", NGX_MAX_PROCESSES);
            return NGX_INVALID_PID as ngx_pid_t;
        }
    }

    let process = ngx_process_at(s);
    let channel = (&raw mut (*process).channel).cast::<ngx_socket_t>();

    if respawn != NGX_PROCESS_DETACHED {
        if libc::socketpair(libc::AF_UNIX, libc::SOCK_STREAM, 0, channel) == -1 {
            ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_errno();
                           "socketpair() failed while spawning \"%s\"", name);
            return NGX_INVALID_PID as ngx_pid_t;
        }

        ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*cycle).log, 0;
                       "channel %d:%d", (*process).channel[0], (*process).channel[1]);

        if ngx_nonblocking((*process).channel[0]) == -1 {
            ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_errno();
                           "ioctl(FIONBIO) failed while spawning \"%s\"", name);
            ngx_close_channel(channel, (*cycle).log);
            return NGX_INVALID_PID as ngx_pid_t;
        }

        if ngx_nonblocking((*process).channel[1]) == -1 {
            ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_errno();
                           "ioctl(FIONBIO) failed while spawning \"%s\"", name);
            ngx_close_channel(channel, (*cycle).log);
            return NGX_INVALID_PID as ngx_pid_t;
        }

        let mut on: c_ulong = 1;
        if libc::ioctl((*process).channel[0], libc::FIOASYNC, &raw mut on) == -1 {
            ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_errno();
                           "ioctl(FIOASYNC) failed while spawning \"%s\"", name);
            ngx_close_channel(channel, (*cycle).log);
            return NGX_INVALID_PID as ngx_pid_t;
        }

        if libc::fcntl((*process).channel[0], libc::F_SETOWN, ngx_pid.get()) == -1 {
            ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_errno();
                           "fcntl(F_SETOWN) failed while spawning \"%s\"", name);
            ngx_close_channel(channel, (*cycle).log);
            return NGX_INVALID_PID as ngx_pid_t;
        }

        if libc::fcntl((*process).channel[0], libc::F_SETFD, libc::FD_CLOEXEC) == -1 {
            ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_errno();
                           "fcntl(FD_CLOEXEC) failed while spawning \"%s\"", name);
            ngx_close_channel(channel, (*cycle).log);
            return NGX_INVALID_PID as ngx_pid_t;
        }

        if libc::fcntl((*process).channel[1], libc::F_SETFD, libc::FD_CLOEXEC) == -1 {
            ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_errno();
                           "fcntl(FD_CLOEXEC) failed while spawning \"%s\"", name);
            ngx_close_channel(channel, (*cycle).log);
            return NGX_INVALID_PID as ngx_pid_t;
        }

        ngx_channel.set((*process).channel[1]);
    } else {
        (*process).channel[0] = -1;
        (*process).channel[1] = -1;
    }

    ngx_process_slot.set(s);

    // SAFETY: only the master comes here, and it has no second thread (pools start in the workers), so the child
    // inherits no lock that nobody will release.
    let pid = libc::fork();

    match pid {
        -1 => {
            ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_errno(); "fork() failed while spawning \"%s\"", name);
            ngx_close_channel(channel, (*cycle).log);
            return NGX_INVALID_PID as ngx_pid_t;
        }

        0 => {
            ngx_parent.set(ngx_pid.get());
            ngx_pid.set(ngx_getpid());
            proc.unwrap()(cycle, data);
        }

        _ => {}
    }

    ngx_log_error!(NGX_LOG_NOTICE, (*cycle).log, 0; "start %s %P", name, pid);

    (*process).pid = pid;
    (*process).exited = false;

    if respawn >= 0 {
        return pid;
    }

    (*process).proc = proc;
    (*process).data = data;
    (*process).name = name;
    (*process).exiting = false;

    match respawn {
        NGX_PROCESS_NORESPAWN => {
            (*process).respawn = false;
            (*process).just_spawn = false;
            (*process).detached = false;
        }

        NGX_PROCESS_JUST_SPAWN => {
            (*process).respawn = false;
            (*process).just_spawn = true;
            (*process).detached = false;
        }

        NGX_PROCESS_RESPAWN => {
            (*process).respawn = true;
            (*process).just_spawn = false;
            (*process).detached = false;
        }

        NGX_PROCESS_JUST_RESPAWN => {
            (*process).respawn = true;
            (*process).just_spawn = true;
            (*process).detached = false;
        }

        NGX_PROCESS_DETACHED => {
            (*process).respawn = false;
            (*process).just_spawn = false;
            (*process).detached = true;
        }

        _ => {}
    }

    if s == ngx_last_process.get() {
        ngx_last_process.set(s + 1);
    }

    pid
}

pub unsafe fn ngx_execute(cycle: *mut ngx_cycle_t, ctx: *mut ngx_exec_ctx_t) -> ngx_pid_t {
    ngx_spawn_process(cycle, Some(ngx_execute_proc), ctx.cast(), (*ctx).name, NGX_PROCESS_DETACHED)
}

unsafe fn ngx_execute_proc(cycle: *mut ngx_cycle_t, data: *mut c_void) {
    let ctx = data.cast::<ngx_exec_ctx_t>();

    ngx_upgrade_child();

    if libc::execve((*ctx).path, (*ctx).argv.cast(), (*ctx).envp.cast()) == -1 {
        ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_errno();
                       "execve() failed while executing %s \"%s\"", (*ctx).name, (*ctx).path);
    }

    libc::exit(1);
}

pub unsafe fn ngx_init_signals(log: *mut ngx_log_t) -> ngx_int_t {
    for sig in signals {
        let mut sa: libc::sigaction = zeroed();

        if let Some(handler) = sig.handler {
            sa.sa_sigaction = handler as *const () as libc::sighandler_t;
            sa.sa_flags = libc::SA_SIGINFO;
        } else {
            sa.sa_sigaction = libc::SIG_IGN;
        }

        libc::sigemptyset(&raw mut sa.sa_mask);
        if libc::sigaction(sig.signo, &raw const sa, null_mut()) == -1 {
            ngx_log_error!(NGX_LOG_EMERG, log, ngx_errno(); "sigaction(%s) failed", sig.signame);
            return NGX_ERROR;
        }
    }

    NGX_OK
}

// SAFETY: what this handler and all it calls do is async-signal-safe: flags are atomics, a log line is formatted on the
// stack and written with write(), nothing is allocated, and errno is restored. The master runs it inside sigsuspend()
// only, so ngx_process_get_status() never meets the main loop halfway through ngx_processes.
unsafe extern "C" fn ngx_signal_handler(signo: c_int, siginfo: *mut libc::siginfo_t, _ucontext: *mut c_void) {
    let mut ignore = false;

    let err = ngx_errno();

    let signame = match signals.iter().find(|sig| sig.signo == signo) {
        Some(sig) => sig.signame,
        None => c"",
    };

    ngx_time_sigsafe_update();

    let mut action = c"";

    match ngx_process.get() {
        NGX_PROCESS_MASTER | NGX_PROCESS_SINGLE => match signo {
            NGX_SHUTDOWN_SIGNAL => {
                ngx_quit.set(1);
                action = c", shutting down";
            }

            NGX_TERMINATE_SIGNAL | libc::SIGINT => {
                ngx_terminate.set(1);
                action = c", exiting";
            }

            NGX_NOACCEPT_SIGNAL if ngx_daemonized.get() != 0 => {
                ngx_noaccept.set(1);
                action = c", stop accepting connections";
            }

            // DEVIATION: with -S the terminal is gone
            NGX_RECONFIGURE_SIGNAL if !ngx_serve_dir.get().is_null() => {
                ngx_terminate.set(1);
                action = c", exiting";
            }

            NGX_RECONFIGURE_SIGNAL => {
                ngx_reconfigure.set(1);
                action = c", reconfiguring";
            }

            NGX_REOPEN_SIGNAL => {
                ngx_reopen.set(1);
                action = c", reopening logs";
            }

            NGX_CHANGEBIN_SIGNAL => {
                if ngx_getppid() == ngx_parent.get() || ngx_new_binary.get() > 0 {
                    // two binaries run already: our parent is the old one, or our child the new one

                    action = c", ignoring";
                    ignore = true;
                } else {
                    ngx_change_binary.set(1);
                    action = c", changing binary";
                }
            }

            libc::SIGALRM => ngx_sigalrm.set(1),

            libc::SIGIO => ngx_sigio.set(1),

            libc::SIGCHLD => ngx_reap.set(1),

            _ => {}
        },

        NGX_PROCESS_WORKER | NGX_PROCESS_HELPER => match signo {
            NGX_NOACCEPT_SIGNAL if ngx_daemonized.get() != 0 => {
                ngx_debug_quit.set(1);
                ngx_quit.set(1);
                action = c", shutting down";
            }

            NGX_SHUTDOWN_SIGNAL => {
                ngx_quit.set(1);
                action = c", shutting down";
            }

            NGX_TERMINATE_SIGNAL | libc::SIGINT => {
                ngx_terminate.set(1);
                action = c", exiting";
            }

            NGX_REOPEN_SIGNAL => {
                ngx_reopen.set(1);
                action = c", reopening logs";
            }

            NGX_RECONFIGURE_SIGNAL | NGX_CHANGEBIN_SIGNAL | libc::SIGIO => action = c", ignoring",

            _ => {}
        },

        _ => {}
    }

    let log = (*ngx_cycle.get()).log;

    if !siginfo.is_null() && (*siginfo).si_pid() != 0 {
        ngx_log_error!(NGX_LOG_NOTICE, log, 0;
                       "signal %d (%s) received from %P%s", signo, signame, (*siginfo).si_pid(), action);
    } else {
        ngx_log_error!(NGX_LOG_NOTICE, log, 0; "signal %d (%s) received%s", signo, signame, action);
    }

    if ignore {
        ngx_log_error!(NGX_LOG_CRIT, log, 0;
                       "the changing binary signal is ignored: \
                        you should shutdown or terminate \
                        before either old or new binary's process");
    }

    if signo == libc::SIGCHLD {
        ngx_process_get_status();
    }

    ngx_set_errno(err);
}

unsafe fn ngx_process_get_status() {
    let log = (*ngx_cycle.get()).log;

    let mut one = false;

    loop {
        let mut status: c_int = 0;
        let pid = libc::waitpid(-1, &raw mut status, libc::WNOHANG);

        if pid == 0 {
            return;
        }

        if pid == -1 {
            let err = ngx_errno();

            if err == NGX_EINTR {
                continue;
            }

            if err == NGX_ECHILD && one {
                return;
            }

            if err == NGX_ECHILD {
                // on some systems a signal may come for a process that has already been waited for
                ngx_log_error!(NGX_LOG_INFO, log, err; "waitpid() failed");
                return;
            }

            ngx_log_error!(NGX_LOG_ALERT, log, err; "waitpid() failed");
            return;
        }

        one = true;
        let mut process = c"unknown process".as_ptr();

        let mut i = 0;
        while i < ngx_last_process.get() {
            let p = ngx_process_at(i);

            if (*p).pid == pid {
                (*p).status = status;
                (*p).exited = true;
                process = (*p).name;
                break;
            }

            i += 1;
        }

        if libc::WTERMSIG(status) != 0 {
            ngx_log_error!(NGX_LOG_ALERT, log, 0;
                           "%s %P exited on signal %d%s", process, pid, libc::WTERMSIG(status),
                           if libc::WCOREDUMP(status) { c" (core dumped)" } else { c"" });
        } else {
            ngx_log_error!(NGX_LOG_NOTICE, log, 0;
                           "%s %P exited with code %d", process, pid, libc::WEXITSTATUS(status));
        }

        // without a match C looks into the slot behind the last one, which may be behind the table
        if libc::WEXITSTATUS(status) == 2 && i < NGX_MAX_PROCESSES as ngx_int_t && (*ngx_process_at(i)).respawn {
            ngx_log_error!(NGX_LOG_ALERT, log, 0;
                           "%s %P exited with fatal code %d and cannot be respawned",
                           process, pid, libc::WEXITSTATUS(status));
            (*ngx_process_at(i)).respawn = false;
        }

        ngx_unlock_mutexes(pid);
    }
}

/// A process that died with a lock of shared memory in its hands must not stop the others.
unsafe fn ngx_unlock_mutexes(pid: ngx_pid_t) {
    if !ngx_accept_mutex_ptr.get().is_null() {
        let _ = ngx_shmtx_force_unlock(ngx_accept_mutex.ptr(), pid);
    }

    let mut part = &raw mut (*ngx_cycle.get()).shared_memory.part;
    let mut shm_zone = (*part).elts;

    let mut i = 0;
    loop {
        if i >= (*part).nelts {
            if (*part).next.is_null() {
                break;
            }
            part = (*part).next;
            shm_zone = (*part).elts;
            i = 0;
        }

        let sp = (*shm_zone.add(i)).shm.addr.cast::<ngx_slab_pool_t>();

        if ngx_shmtx_force_unlock(&raw mut (*sp).mutex, pid) != 0 {
            ngx_log_error!(NGX_LOG_ALERT, (*ngx_cycle.get()).log, 0;
                           "shared memory zone \"%V\" was locked by %P", (*shm_zone.add(i)).shm.name, pid);
        }

        i += 1;
    }
}

pub unsafe fn ngx_debug_point() {
    let ccf: *mut ngx_core_conf_t = ngx_get_conf((*ngx_cycle.get()).conf_ctx, &ngx_core_module);

    match (*ccf).debug_points as ngx_uint_t {
        NGX_DEBUG_POINTS_STOP => {
            libc::raise(libc::SIGSTOP);
        }

        NGX_DEBUG_POINTS_ABORT => libc::abort(),

        _ => {}
    }
}

pub unsafe fn ngx_os_signal_process(cycle: *mut ngx_cycle_t, name: *const c_char, pid: ngx_pid_t) -> ngx_int_t {
    for sig in signals {
        if libc::strcmp(name, sig.name.as_ptr()) == 0 {
            if libc::kill(pid, sig.signo) != -1 {
                return 0;
            }

            ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_errno(); "kill(%P, %d) failed", pid, sig.signo);
        }
    }

    1
}
