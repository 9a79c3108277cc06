//! Ours, without a counterpart in C: the old binary learns from the new one that it serves.
//!
//! DEVIATION: the whole file. In nginx a SIGQUIT that comes together with SIGUSR2 is handled first, and nobody is left;
//! one that comes while the new binary still starts leaves nobody if that fails. Here the quit is held back until the
//! new binary serves, and dropped if it exits before.
//!
//! The new binary gets the writing end of a pipe, and its number in the environment as NGINX_UPGRADE. It writes "1" at
//! once, "2" from its first worker that is ready to accept. One that does not know the variable, as nginx, says nothing:
//! then the quit waits for the pid file with the new pid, or until NGX_UPGRADE_TIMEOUT after the start. The number is 0 where it can be, for a
//! binary that does not close it has one descriptor in the place of /dev/null then, instead of one more per upgrade.

use crate::core::{
    nginx::*, ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_cycle::*, ngx_log::*, ngx_string::*, ngx_times::*,
};
use crate::os::unix::{ngx_errno::*, ngx_files::*, ngx_process::*, ngx_process_cycle::*, ngx_time::*};

use core::mem::zeroed;

/// Milliseconds; only for a binary that does not know the variable.
const NGX_UPGRADE_TIMEOUT: ngx_msec_t = 10000;
/// As long after the new binary has failed a quit belongs to it: one that fails at once is faster than a second kill(1).
const NGX_UPGRADE_FAILED: ngx_msec_t = 1000;

// of the old binary

/// The reading end, or -1.
static ngx_upgrade_fd: ngx_global_t<c_int> = ngx_global_t::new(-1);
/// The writing end between pipe() and fork(), and what number it gets in the child.
static ngx_upgrade_child_fd: ngx_global_t<c_int> = ngx_global_t::new(-1);
static ngx_upgrade_child_number: ngx_global_t<c_int> = ngx_global_t::new(-1);

/// A new binary was started, and has not said yet that it serves.
static ngx_upgrade_starting: ngx_global_t<bool> = ngx_global_t::new(false);
/// It knows the variable.
static ngx_upgrade_known: ngx_global_t<bool> = ngx_global_t::new(false);
static ngx_upgrade_since: ngx_global_t<ngx_msec_t> = ngx_global_t::new(0);
/// It failed, then, and no quit has been dropped for that.
static ngx_upgrade_failed: ngx_global_t<bool> = ngx_global_t::new(false);
static ngx_upgrade_failed_at: ngx_global_t<ngx_msec_t> = ngx_global_t::new(0);
/// A quit is held back, and that has been logged.
static ngx_upgrade_quit: ngx_global_t<bool> = ngx_global_t::new(false);
static ngx_upgrade_logged: ngx_global_t<bool> = ngx_global_t::new(false);
/// The quit was let through: sockets are closed, and no signal changes that.
static ngx_upgrade_quitting: ngx_global_t<bool> = ngx_global_t::new(false);

/// Of the new binary: where it answers, or -1.
static ngx_upgrade_answer_fd: ngx_global_t<c_int> = ngx_global_t::new(-1);

/// Makes the pipe; returns the variable, which is the caller's as long as `buf`, or NULL: then the upgrade is nginx's.
pub unsafe fn ngx_upgrade_prepare(cycle: *mut ngx_cycle_t, buf: &mut [u8; 32]) -> *mut c_char {
    let mut fd: [c_int; 2] = [-1, -1];

    ngx_upgrade_close();

    if libc::pipe2(fd.as_mut_ptr(), libc::O_CLOEXEC | libc::O_NONBLOCK) == -1 {
        ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_errno(); "pipe() failed before executing new binary process");
        return null_mut();
    }

    // a master that was started without a standard input may listen on 0

    let taken = (0..(*cycle).listening.nelts).any(|i| (*(*cycle).listening.elts.add(i)).fd == 0);
    let number = if taken { fd[1] } else { 0 };

    ngx_upgrade_fd.set(fd[0]);
    ngx_upgrade_child_fd.set(fd[1]);
    ngx_upgrade_child_number.set(number);

    let p = buf.as_mut_ptr();
    let _ = ngx_snprintf!(p, buf.len(), "NGINX_UPGRADE=%d%Z", number);

    p.cast()
}

/// In the child, before execve().
pub unsafe fn ngx_upgrade_child() {
    let fd = ngx_upgrade_child_fd.get();
    let number = ngx_upgrade_child_number.get();

    if fd == -1 {
        return;
    }

    if fd == number {
        libc::fcntl(fd, libc::F_SETFD, 0);
    } else {
        // without FD_CLOEXEC
        libc::dup2(fd, number);
    }
}

/// In the old binary, after fork().
pub unsafe fn ngx_upgrade_started(pid: ngx_pid_t) {
    if ngx_upgrade_child_fd.get() != -1 {
        libc::close(ngx_upgrade_child_fd.get());
        ngx_upgrade_child_fd.set(-1);
    }

    if pid == NGX_INVALID_PID as ngx_pid_t {
        ngx_upgrade_close();
        ngx_upgrade_failed.set(true);
        ngx_upgrade_failed_at.set(ngx_current_msec.get());
        return;
    }

    ngx_upgrade_failed.set(false);
    ngx_upgrade_starting.set(true);
    ngx_upgrade_known.set(false);
    ngx_upgrade_since.set(ngx_current_msec.get());
}

unsafe fn ngx_upgrade_close() {
    if ngx_upgrade_fd.get() != -1 {
        libc::close(ngx_upgrade_fd.get());
        ngx_upgrade_fd.set(-1);
    }

    ngx_upgrade_starting.set(false);
}

/// In the old binary: the new one has been buried.
pub unsafe fn ngx_upgrade_exited(status: c_int) {
    if ngx_upgrade_starting.get() && status != 0 && !ngx_upgrade_read() {
        ngx_upgrade_failed.set(true);
        ngx_upgrade_failed_at.set(ngx_current_msec.get());
    }

    ngx_upgrade_close();
}

/// The master's sigsuspend(). As long as a quit is held back, also the answer and 50 ms end it.
pub unsafe fn ngx_upgrade_suspend(set: *const libc::sigset_t) {
    if !ngx_upgrade_quit.get() {
        libc::sigsuspend(set);
        return;
    }

    let mut pfd = libc::pollfd { fd: ngx_upgrade_fd.get(), events: libc::POLLIN, revents: 0 };
    let ts = libc::timespec { tv_sec: 0, tv_nsec: 50_000_000 };

    // a negative descriptor is passed over; signals are let in as by sigsuspend()

    libc::ppoll(&raw mut pfd, 1, &raw const ts, set);
}

/// Called by the master each time it wakes up: takes the quit flag away, and gives it back when the new binary serves.
pub unsafe fn ngx_upgrade_hold_quit(cycle: *mut ngx_cycle_t) {
    if ngx_upgrade_answer_fd.get() != -1 && ngx_getppid() != ngx_parent.get() {
        // the old binary is gone, and nobody reads
        libc::close(ngx_upgrade_answer_fd.get());
        ngx_upgrade_answer_fd.set(-1);
    }

    if ngx_upgrade_quitting.get() {
        return;
    }

    if ngx_quit.get() != 0 && !ngx_upgrade_quit.get() {
        let failed = ngx_upgrade_failed.get()
            && ngx_current_msec.get().wrapping_sub(ngx_upgrade_failed_at.get()) <= NGX_UPGRADE_FAILED;

        if ngx_change_binary.get() == 0 && !failed && (!ngx_upgrade_starting.get() || ngx_upgrade_serves(cycle)) {
            ngx_upgrade_quitting.set(true);
            return;
        }

        ngx_upgrade_quit.set(true);
        ngx_upgrade_logged.set(false);
    }

    if !ngx_upgrade_quit.get() {
        return;
    }

    // a second one changes nothing; SIGTERM does

    ngx_quit.set(0);

    if ngx_change_binary.get() != 0 || ngx_reap.get() != 0 {
        // this comes first
        return;
    }

    if ngx_new_binary.get() <= 0 {
        ngx_upgrade_quit.set(false);
        ngx_upgrade_failed.set(false);
        ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, 0;
                       "the new binary process does not serve, the shutdown signal is dropped: \
                        this master process goes on");
        return;
    }

    if ngx_upgrade_serves(cycle) {
        ngx_upgrade_quit.set(false);
        ngx_upgrade_quitting.set(true);
        ngx_quit.set(1);
        return;
    }

    if !ngx_upgrade_logged.get() {
        ngx_upgrade_logged.set(true);
        ngx_log_error!(NGX_LOG_NOTICE, (*cycle).log, 0;
                       "the shutdown waits until the new binary process %P serves", ngx_new_binary.get());
    }
}

/// What the new binary has written: whether it serves.
unsafe fn ngx_upgrade_read() -> bool {
    let mut buf = [0u8; 16];

    while ngx_upgrade_fd.get() != -1 {
        let n = libc::read(ngx_upgrade_fd.get(), buf.as_mut_ptr().cast(), buf.len());

        if n == -1 {
            if ngx_errno() == NGX_EINTR {
                continue;
            }

            break;
        }

        if n == 0 {
            // closed: it is about to exit, or a script that is between us has another standard input for it
            libc::close(ngx_upgrade_fd.get());
            ngx_upgrade_fd.set(-1);
            break;
        }

        if buf[..n as usize].contains(&b'2') {
            return true;
        }

        ngx_upgrade_known.set(true);
    }

    false
}

/// Whether the new binary has said so; as for one that says nothing, whether it is time to believe it.
unsafe fn ngx_upgrade_serves(cycle: *mut ngx_cycle_t) -> bool {
    if ngx_upgrade_read() {
        ngx_upgrade_close();
        return true;
    }

    if ngx_upgrade_known.get() {
        return false;
    }

    if ngx_upgrade_pidfile(cycle) != ngx_new_binary.get()
        && ngx_current_msec.get().wrapping_sub(ngx_upgrade_since.get()) <= NGX_UPGRADE_TIMEOUT
    {
        return false;
    }

    ngx_upgrade_close();

    true
}

unsafe fn ngx_upgrade_pidfile(cycle: *mut ngx_cycle_t) -> ngx_pid_t {
    let ccf: *mut ngx_core_conf_t = ngx_get_conf((*cycle).conf_ctx, &ngx_core_module);

    let fd = ngx_open_file((*ccf).pid.data, NGX_FILE_RDONLY, libc::O_CLOEXEC | libc::O_NONBLOCK, 0);

    if fd == NGX_INVALID_FILE {
        return -1;
    }

    let mut buf = [0u8; NGX_INT64_LEN + 2];

    let n = ngx_read_fd(fd, buf.as_mut_ptr().cast(), buf.len());

    ngx_close_file(fd);

    if n <= 0 {
        return -1;
    }

    let n = buf[..n as usize].iter().position(|&ch| ch == LF).unwrap_or(0);

    ngx_atoi(buf.as_mut_ptr(), n) as ngx_pid_t
}

/// In the new binary, at its start: "1" if there is somebody to be told.
pub unsafe fn ngx_upgrade_init() {
    let v: *mut u8 = libc::getenv(c"NGINX_UPGRADE".as_ptr()).cast();

    if v.is_null() {
        return;
    }

    let n = ngx_atoi(v, ngx_strlen(v));

    let mut fi: ngx_file_info_t = zeroed();

    if !(0..c_int::MAX as ngx_int_t).contains(&n)
        || libc::fstat(n as c_int, &raw mut fi) == -1
        || fi.st_mode & libc::S_IFMT != libc::S_IFIFO
    {
        return;
    }

    let number = n as c_int;

    let fd = libc::fcntl(number, libc::F_DUPFD_CLOEXEC, 3);

    if fd == -1 {
        return;
    }

    if libc::write(fd, c"1".as_ptr().cast(), 1) != 1 {
        libc::close(fd);
    } else {
        ngx_upgrade_answer_fd.set(fd);
    }

    libc::close(number);

    if number == libc::STDIN_FILENO {
        // the lowest free number: 0
        let _ = libc::open(c"/dev/null".as_ptr(), libc::O_RDWR);
    }
}

/// In a worker, when it is ready to accept.
pub unsafe fn ngx_upgrade_answer() {
    let fd = ngx_upgrade_answer_fd.get();

    if fd != -1 {
        let _ = libc::write(fd, c"2".as_ptr().cast(), 1);
        libc::close(fd);
        ngx_upgrade_answer_fd.set(-1);
    }
}
