//! Port of src/os/unix/ngx_daemon.c

use crate::core::{ngx_config::*, ngx_core::*, ngx_log::*};
use crate::os::unix::{ngx_errno::*, ngx_process::*, ngx_process_cycle::*};

pub unsafe fn ngx_daemon(log: *mut ngx_log_t) -> ngx_int_t {
    // SAFETY: the process has no other thread yet, so the child inherits no lock that nobody will release.
    match libc::fork() {
        -1 => {
            ngx_log_error!(NGX_LOG_EMERG, log, ngx_errno(); "fork() failed");
            return NGX_ERROR;
        }

        0 => {}

        _ => libc::exit(0),
    }

    ngx_parent.set(ngx_pid.get());
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
