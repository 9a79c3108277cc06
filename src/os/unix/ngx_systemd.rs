//! Ours, without a counterpart in C: what systemd hands over, and what it wants to hear.
//!
//! DEVIATION: the whole file; nginx looks at none of these variables. Without them nothing here does anything.
//!
//! LISTEN_PID and LISTEN_FDS: sockets from descriptor 3 on, adopted as those of an old binary are. They remain systemd's:
//! a unix socket among them is never unlinked. LISTEN_FDS goes on to a new binary, so that it knows this too.
//!
//! NOTIFY_SOCKET: READY, RELOADING, STOPPING, and MAINPID when a new binary takes over. It goes on to a new binary. Only
//! the process that systemd takes for the main one talks: an old binary as long as it lives.

use crate::core::{
    ngx_array::*, ngx_config::*, ngx_connection::*, ngx_core::*, ngx_cycle::*, ngx_log::*, ngx_string::*,
};
use crate::os::unix::{ngx_errno::*, ngx_process::*, ngx_process_cycle::*, ngx_socket::*};

use core::mem::{offset_of, zeroed};

const NGX_SYSTEMD_FIRST_FD: c_int = 3;

/// LISTEN_FDS, when it is meant for us.
static ngx_systemd_fds: ngx_global_t<c_int> = ngx_global_t::zeroed();
/// The two as they stand in the environment, for a new binary; or NULL.
static ngx_systemd_listen: ngx_global_t<*mut c_char> = ngx_global_t::zeroed();
static ngx_systemd_socket: ngx_global_t<*mut c_char> = ngx_global_t::zeroed();

static ngx_systemd_stopped: ngx_global_t<bool> = ngx_global_t::new(false);

/// The string "NAME=value" of the environment, where it is not empty.
unsafe fn ngx_systemd_variable(name: &CStr) -> *mut c_char {
    let p = libc::getenv(name.as_ptr());

    if p.is_null() || *p == 0 {
        return null_mut();
    }

    p.sub(name.count_bytes() + 1)
}

unsafe fn ngx_systemd_number(name: &CStr) -> ngx_int_t {
    let p: *mut u8 = libc::getenv(name.as_ptr()).cast();

    if p.is_null() {
        return NGX_ERROR;
    }

    ngx_atoi(p, ngx_strlen(p))
}

/// At the start; `inherited` is NGINX, or NULL: then the sockets are added here.
pub unsafe fn ngx_systemd_init(cycle: *mut ngx_cycle_t, inherited: *const u8) -> ngx_int_t {
    ngx_systemd_socket.set(ngx_systemd_variable(c"NOTIFY_SOCKET"));

    let n = ngx_systemd_number(c"LISTEN_FDS");

    if n <= 0 || n > 1024 * 1024 {
        return NGX_OK;
    }

    // an old binary passes the first without the second

    if inherited.is_null() {
        if ngx_systemd_number(c"LISTEN_PID") != ngx_pid.get() as ngx_int_t {
            return NGX_OK;
        }
    } else if !libc::getenv(c"LISTEN_PID".as_ptr()).is_null() {
        return NGX_OK;
    }

    ngx_systemd_fds.set(n as c_int);
    ngx_systemd_listen.set(ngx_systemd_variable(c"LISTEN_FDS"));

    if !inherited.is_null() {
        return NGX_OK;
    }

    ngx_log_error!(NGX_LOG_NOTICE, (*cycle).log, 0; "using %i inherited sockets from LISTEN_FDS", n);

    if ngx_array_init(&raw mut (*cycle).listening, (*cycle).pool, 10) != NGX_OK {
        return NGX_ERROR;
    }

    for fd in NGX_SYSTEMD_FIRST_FD..NGX_SYSTEMD_FIRST_FD + n as c_int {
        // they come blocking, where the unit does not say otherwise

        if ngx_nonblocking(fd) == -1 {
            ngx_log_error!(NGX_LOG_EMERG, (*cycle).log, ngx_socket_errno();
                           "ioctl(FIONBIO) of the inherited socket #%d failed", fd);
            continue;
        }

        let ls = ngx_array_push(&raw mut (*cycle).listening);
        if ls.is_null() {
            return NGX_ERROR;
        }

        ngx_memzero(ls, size_of::<ngx_listening_t>());

        (*ls).fd = fd;
        (*ls).inherited = true;
    }

    ngx_set_inherited_sockets(cycle)
}

/// Whether this socket is systemd's, which has it open and expects its file to stay.
pub unsafe fn ngx_systemd_owns(fd: ngx_socket_t) -> bool {
    fd >= NGX_SYSTEMD_FIRST_FD && fd - NGX_SYSTEMD_FIRST_FD < ngx_systemd_fds.get()
}

/// Under systemd nobody has to detach to be upgraded.
pub unsafe fn ngx_systemd_supervised() -> bool {
    !ngx_systemd_socket.get().is_null()
}

/// Adds the variables to a new binary's environment.
pub unsafe fn ngx_systemd_environment(env: *mut *mut c_char, n: *mut ngx_uint_t) {
    for var in [ngx_systemd_listen.get(), ngx_systemd_socket.get()] {
        if !var.is_null() {
            *env.add(*n) = var;
            *n += 1;
        }
    }
}

/// The workers are started.
pub unsafe fn ngx_systemd_ready() {
    let mut buf = [0u8; 64];
    let p = buf.as_mut_ptr();
    let n = ngx_snprintf!(p, buf.len(), "READY=1\nMAINPID=%P", ngx_pid.get()).offset_from_unsigned(p);

    ngx_systemd_notify(&buf[..n]);
}

pub unsafe fn ngx_systemd_reloading() {
    let mut ts: libc::timespec = zeroed();

    libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut ts);

    let usec = ts.tv_sec as u64 * 1_000_000 + ts.tv_nsec as u64 / 1000;

    let mut buf = [0u8; 64];
    let p = buf.as_mut_ptr();
    let n = ngx_snprintf!(p, buf.len(), "RELOADING=1\nMONOTONIC_USEC=%uL", usec).offset_from_unsigned(p);

    ngx_systemd_notify(&buf[..n]);
}

/// A quit or a termination begins: the service ends, or goes on in the new binary.
pub unsafe fn ngx_systemd_stopping() {
    if ngx_systemd_stopped.get() {
        return;
    }

    ngx_systemd_stopped.set(true);

    if ngx_new_binary.get() <= 0 {
        ngx_systemd_notify(b"STOPPING=1");
        return;
    }

    let mut buf = [0u8; 64];
    let p = buf.as_mut_ptr();
    let n = ngx_snprintf!(p, buf.len(), "MAINPID=%P", ngx_new_binary.get()).offset_from_unsigned(p);

    ngx_systemd_notify(&buf[..n]);
}

unsafe fn ngx_systemd_notify(text: &[u8]) {
    if ngx_systemd_socket.get().is_null() {
        return;
    }

    if ngx_inherited.get() != 0 && ngx_getppid() == ngx_parent.get() {
        // the old binary is the main process
        return;
    }

    let log = (*ngx_cycle.get()).log;

    let name = CStr::from_ptr(ngx_systemd_socket.get().add("NOTIFY_SOCKET=".len())).to_bytes();

    let mut sa: libc::sockaddr_un = zeroed();

    if name.len() >= sa.sun_path.len() || (name[0] != b'/' && name[0] != b'@') {
        return;
    }

    sa.sun_family = libc::AF_UNIX as libc::sa_family_t;
    ngx_memcpy(sa.sun_path.as_mut_ptr(), name.as_ptr(), name.len());

    if name[0] == b'@' {
        sa.sun_path[0] = 0;
    }

    let len = offset_of!(libc::sockaddr_un, sun_path) + name.len();

    let s = libc::socket(libc::AF_UNIX, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0);

    if s == -1 {
        ngx_log_error!(NGX_LOG_ALERT, log, ngx_socket_errno(); "socket() for NOTIFY_SOCKET failed");
        return;
    }

    // whoever listens there may be slow, but does not stop the master

    let tv = libc::timeval { tv_sec: 1, tv_usec: 0 };

    libc::setsockopt(
        s,
        libc::SOL_SOCKET,
        libc::SO_SNDTIMEO,
        (&raw const tv).cast(),
        size_of::<libc::timeval>() as libc::socklen_t,
    );

    if libc::sendto(
        s,
        text.as_ptr().cast(),
        text.len(),
        libc::MSG_NOSIGNAL,
        (&raw const sa).cast(),
        len as libc::socklen_t,
    ) == -1
    {
        ngx_log_error!(NGX_LOG_ALERT, log, ngx_socket_errno(); "sendto() \"%*s\" failed", name.len(), name.as_ptr());
    }

    libc::close(s);
}
