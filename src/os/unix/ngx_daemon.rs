//! Port of src/os/unix/ngx_daemon.c
//! Ours: ngx_daemon_wait(), ngx_daemon_ready().

use crate::core::{ngx_config::*, ngx_core::*, ngx_log::*};
use crate::os::unix::{ngx_errno::*, ngx_process::*, ngx_process_cycle::*};

/// Where the child tells its parent that it has started; 0 when there is nobody to be told.
static ngx_daemon_fd: ngx_global_t<c_int> = ngx_global_t::zeroed();

pub unsafe fn ngx_daemon(log: *mut ngx_log_t) -> ngx_int_t {
    let mut fd: [c_int; 2] = [-1, -1];

    if libc::pipe2(fd.as_mut_ptr(), libc::O_CLOEXEC) == -1 {
        ngx_log_error!(NGX_LOG_EMERG, log, ngx_errno(); "pipe() failed");
        return NGX_ERROR;
    }

    // not one of the three that are replaced below
    ngx_daemon_fd.set(libc::fcntl(fd[1], libc::F_DUPFD_CLOEXEC, 3));
    if ngx_daemon_fd.get() == -1 {
        ngx_log_error!(NGX_LOG_EMERG, log, ngx_errno(); "fcntl(F_DUPFD) failed");
        return NGX_ERROR;
    }

    // the parent waits for the child itself: the signal handler would bury it, and log that

    let mut set: libc::sigset_t = core::mem::zeroed();

    libc::sigemptyset(&raw mut set);
    libc::sigaddset(&raw mut set, libc::SIGCHLD);
    libc::sigprocmask(libc::SIG_BLOCK, &raw const set, null_mut());

    // SAFETY: the process has no other thread yet, so the child inherits no lock that nobody will release.
    match libc::fork() {
        -1 => {
            ngx_log_error!(NGX_LOG_EMERG, log, ngx_errno(); "fork() failed");
            return NGX_ERROR;
        }

        0 => {}

        pid => {
            libc::close(fd[1]);
            libc::close(ngx_daemon_fd.get());
            libc::exit(ngx_daemon_wait(fd[0], pid))
        }
    }

    libc::close(fd[0]);
    libc::close(fd[1]);

    libc::sigprocmask(libc::SIG_UNBLOCK, &raw const set, null_mut());

    // DEVIATION: nginx remembers the process that started it, and ignores SIGUSR2 until that is gone, for it may be an
    // old binary. Here it is still there when the pid file is written
    ngx_parent.set(-1);
    ngx_pid.set(ngx_getpid());

    if libc::setsid() == -1 {
        ngx_log_error!(NGX_LOG_EMERG, log, ngx_errno(); "setsid() failed");
        return NGX_ERROR;
    }

    libc::umask(0);

    let fd = libc::open(c"/dev/null".as_ptr(), libc::O_RDWR);
    if fd == -1 {
        ngx_log_error!(NGX_LOG_EMERG, log, ngx_errno(); "open(\"/dev/null\") failed");
        return NGX_ERROR;
    }

    if libc::dup2(fd, libc::STDIN_FILENO) == -1 {
        ngx_log_error!(NGX_LOG_EMERG, log, ngx_errno(); "dup2(STDIN) failed");
        return NGX_ERROR;
    }

    if libc::dup2(fd, libc::STDOUT_FILENO) == -1 {
        ngx_log_error!(NGX_LOG_EMERG, log, ngx_errno(); "dup2(STDOUT) failed");
        return NGX_ERROR;
    }

    // stderr stays

    if fd > libc::STDERR_FILENO && libc::close(fd) == -1 {
        ngx_log_error!(NGX_LOG_EMERG, log, ngx_errno(); "close() failed");
        return NGX_ERROR;
    }

    NGX_OK
}

/// DEVIATION: returns the exit code of the process that the user started once the child is the master and has written the pid file.
/// nginx's says 0 at once, and whoever reads the pid file then may find none, whoever asks for the port nobody.
unsafe fn ngx_daemon_wait(fd: c_int, pid: ngx_pid_t) -> c_int {
    let mut ch = 0u8;

    loop {
        match libc::read(fd, (&raw mut ch).cast(), 1) {
            1 => return 0,

            -1 if ngx_errno() == NGX_EINTR && ngx_terminate.get() == 0 && ngx_quit.get() == 0 => {}

            -1 => return 1,

            _ => break,
        }
    }

    // the child is gone, and has said why

    let mut status: c_int = 0;

    while libc::waitpid(pid, &raw mut status, 0) == -1 {
        if ngx_errno() != NGX_EINTR {
            return 1;
        }
    }

    if libc::WIFEXITED(status) && libc::WEXITSTATUS(status) != 0 { libc::WEXITSTATUS(status) } else { 1 }
}

pub unsafe fn ngx_daemon_ready() {
    let fd = ngx_daemon_fd.get();

    if fd > 0 {
        let _ = libc::write(fd, c"1".as_ptr().cast(), 1);
        libc::close(fd);
        ngx_daemon_fd.set(0);
    }
}
