//! Ours, without a counterpart in C: "nginx -s reload -w" waits until the new workers serve, or hears why they do not.
//!
//! DEVIATION: the whole file; nginx's -s knows only that the signal was sent.
//!
//! The one who waits listens on an abstract socket, "nginx-reload.MASTER.OWN" with the two pids, before it sends SIGHUP.
//! The master looks which such sockets there are before it reads the configuration, connects to them, and answers when
//! it is done: '0' or '1', and what it has logged of level "warn" and above. So one reload answers all who wait for it,
//! and a signal that meets another of its kind costs nobody an answer. Both sides ask the kernel who the other is.

use crate::core::{ngx_config::*, ngx_core::*, ngx_cycle::*, ngx_log::*, ngx_string::*};
use crate::os::unix::{ngx_errno::*, ngx_files::*, ngx_process::*, ngx_process_cycle::*, ngx_time::*};

use core::mem::{offset_of, zeroed};
use core::sync::atomic::{AtomicU64, Ordering};

/// "-w"
pub static ngx_reload_wait: ngx_global_t<ngx_uint_t> = ngx_global_t::zeroed();
/// How many wait for the reload that goes on.
pub static ngx_reload_waits: ngx_global_t<ngx_uint_t> = ngx_global_t::zeroed();

const NGX_RELOAD_MAX_WAITS: usize = 16;

static fds: ngx_global_t<[c_int; NGX_RELOAD_MAX_WAITS]> = ngx_global_t::zeroed();

static answer: ngx_global_t<[u8; 4096]> = ngx_global_t::zeroed();
static answer_len: ngx_global_t<usize> = ngx_global_t::zeroed();

// what a worker tells its master, beside its pid

pub const NGX_RELOAD_SERVES: u64 = 1;
pub const NGX_RELOAD_CLOSED: u64 = 2;

/// By ngx_process_slot, shared by all processes; NULL if there was no memory.
static states: ngx_global_t<*const AtomicU64> = ngx_global_t::zeroed();

// the longest that one side waits for the other, in milliseconds

const NGX_RELOAD_CONNECT_TIMEOUT: usize = 15000;
const NGX_RELOAD_ANSWER_TIMEOUT: usize = 120000;
const NGX_RELOAD_WORKERS_TIMEOUT: usize = 5000;

pub unsafe fn ngx_reload_init(log: *mut ngx_log_t) {
    let p = libc::mmap(
        null_mut(),
        NGX_MAX_PROCESSES * size_of::<AtomicU64>(),
        libc::PROT_READ | libc::PROT_WRITE,
        libc::MAP_ANON | libc::MAP_SHARED,
        -1,
        0,
    );

    if p == libc::MAP_FAILED {
        ngx_log_error!(NGX_LOG_ALERT, log, ngx_errno(); "mmap(MAP_ANON|MAP_SHARED) failed");
        return;
    }

    states.set(p.cast());
}

/// In a worker.
pub unsafe fn ngx_reload_set_state(state: u64) {
    ngx_reload_close();

    if !states.get().is_null() {
        let p = states.get().add(ngx_process_slot.get() as usize);
        (*p).store((ngx_pid.get() as u64) << 2 | state, Ordering::Relaxed);
    }
}

/// A line for those who wait.
pub unsafe fn ngx_reload_reason(level: ngx_str_t, msg: *const u8, len: usize) {
    let buf = answer.ptr().cast::<u8>();
    let last = buf.add(4096);
    let p = buf.add(answer_len.get());

    if last.offset_from_unsigned(p) > len + 32 {
        let end = ngx_slprintf!(p, last, "nginx: [%V] %*s", level, len, msg);
        answer_len.set(end.offset_from_unsigned(buf));
    }
}

unsafe fn ngx_reload_close() {
    for i in 0..ngx_reload_waits.get() {
        libc::close((*fds.ptr())[i]);
    }

    ngx_reload_waits.set(0);
}

/// Finds those who wait. What cannot be done leaves them without an answer, and they give up.
pub unsafe fn ngx_reload_begin() {
    answer_len.set(1);

    let mut buf = [0u8; 8192];
    let mut len = 0;

    let fd = ngx_open_file(c"/proc/net/unix".as_ptr().cast(), NGX_FILE_RDONLY, libc::O_CLOEXEC, 0);

    if fd == NGX_INVALID_FILE {
        return;
    }

    loop {
        let n = ngx_read_fd(fd, buf.as_mut_ptr().add(len).cast(), buf.len() - len);

        if n <= 0 {
            break;
        }

        len += n as usize;

        // whole lines

        let mut pos = 0;

        while let Some(n) = memchr::memchr(LF, &buf[pos..len]) {
            ngx_reload_connect(&buf[pos..pos + n]);
            pos += n + 1;
        }

        // a name may hold everything: a line that fills the buffer is none of ours

        if pos == 0 && len == buf.len() {
            pos = len;
        }

        buf.copy_within(pos..len, 0);
        len -= pos;
    }

    ngx_close_file(fd);
}

/// A line of /proc/net/unix: "Num RefCount Protocol Flags Type St Inode Path".
unsafe fn ngx_reload_connect(line: &[u8]) {
    const LISTENS: &[u8] = b"00010000";

    let n = ngx_reload_waits.get();

    if n == NGX_RELOAD_MAX_WAITS || !line.split(|&ch| ch == b' ').any(|word| word == LISTENS) {
        return;
    }

    let mut buf = [0u8; 64];
    let name = ngx_reload_name(&mut buf, ngx_pid.get(), 0);

    // without the "0" at its end
    let Some(at) = memchr::memmem::find(line, &name[..name.len() - 1]) else {
        return;
    };

    let (sa, socklen) = ngx_reload_sockaddr(&line[at + 1..]);

    let fd = libc::socket(libc::AF_UNIX, libc::SOCK_STREAM | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC, 0);

    if fd == -1 {
        return;
    }

    if libc::connect(fd, (&raw const sa).cast(), socklen) != -1 {
        let uid = ngx_reload_peer(fd).uid;

        if uid == 0 || uid == libc::geteuid() {
            (*fds.ptr())[n] = fd;
            ngx_reload_waits.set(n + 1);
            return;
        }
    }

    libc::close(fd);
}

/// In the master: the answer.
pub unsafe fn ngx_reload_end(rc: ngx_int_t) {
    if ngx_reload_waits.get() == 0 {
        return;
    }

    let serves = rc == NGX_OK && (ngx_process.get() == NGX_PROCESS_SINGLE || ngx_reload_workers() == NGX_OK);

    let buf = answer.ptr().cast::<u8>();

    *buf = if serves { b'0' } else { b'1' };

    for i in 0..ngx_reload_waits.get() {
        let _ = libc::send((*fds.ptr())[i], buf.cast(), answer_len.get(), libc::MSG_NOSIGNAL);
    }

    ngx_reload_close();
}

/// Waits until the new workers have their sockets, and the old ones have closed them, so that who connects next gets the
/// new configuration.
unsafe fn ngx_reload_workers() -> ngx_int_t {
    if states.get().is_null() {
        return NGX_OK;
    }

    let log = (*ngx_cycle.get()).log;
    let mut ms = 0;

    loop {
        let mut starting = 0;
        let mut closing = 0;

        for i in 0..ngx_last_process.get() {
            let p = ngx_process_at(i);

            if (*p).pid == -1 || (*p).detached {
                continue;
            }

            let want = if (*p).exiting { NGX_RELOAD_CLOSED } else { NGX_RELOAD_SERVES };
            let state = (*states.get().add(i as usize)).load(Ordering::Relaxed);

            if state == (((*p).pid as u64) << 2 | want) {
                continue;
            }

            // left for the signal handler to be buried

            let mut si: libc::siginfo_t = zeroed();
            let flags = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;

            let dead = (*p).exited
                || (libc::waitid(libc::P_PID, (*p).pid as libc::id_t, &raw mut si, flags) == 0 && si.si_pid() != 0);

            if (*p).exiting {
                closing += !dead as usize;
            } else if dead {
                ngx_log_error!(NGX_LOG_ALERT, log, 0; "new %s %P has exited", (*p).name, (*p).pid);
                return NGX_ERROR;
            } else {
                starting += 1;
            }
        }

        if starting + closing == 0 {
            return NGX_OK;
        }

        if ms >= NGX_RELOAD_WORKERS_TIMEOUT {
            if starting == 0 {
                return NGX_OK;
            }

            ngx_log_error!(NGX_LOG_ALERT, log, 0; "%ui new processes do not serve after %ui ms", starting, ms);
            return NGX_ERROR;
        }

        ngx_msleep(1);
        ms += 1;
    }
}

/// "-s reload -w": returns main()'s exit code.
pub unsafe fn ngx_reload_wait_process(cycle: *mut ngx_cycle_t, sig: *const c_char, pid: ngx_pid_t) -> ngx_int_t {
    let mut buf = [0u8; 64];

    let (sa, socklen) = ngx_reload_sockaddr(&ngx_reload_name(&mut buf, pid, ngx_pid.get())[1..]);

    let s = libc::socket(libc::AF_UNIX, libc::SOCK_STREAM | libc::SOCK_CLOEXEC, 0);

    if s == -1 || libc::bind(s, (&raw const sa).cast(), socklen) == -1 || libc::listen(s, 8) == -1 {
        ngx_log_stderr!(ngx_errno(); "could not listen for the result of the reload");
        return 1;
    }

    if ngx_os_signal_process(cycle, sig, pid) != 0 {
        return 1;
    }

    // the master

    let mut ms = 0;

    let c = loop {
        if ngx_reload_poll(s) != 0 {
            let c = libc::accept(s, null_mut(), null_mut());

            if c != -1 && ngx_reload_peer(c).pid == pid {
                break c;
            }

            libc::close(c);
        }

        if libc::kill(pid, 0) == -1 && ngx_errno() == NGX_ESRCH {
            ngx_log_stderr!(0; "reload failed: the master process %P has exited", pid);
            return 1;
        }

        ms += 100;

        if ms > NGX_RELOAD_CONNECT_TIMEOUT {
            ngx_log_stderr!(0; "the master process %P does not tell the result of the reload", pid);
            return 1;
        }
    };

    libc::close(s);

    // its answer, to the end

    let mut text = [0u8; 4096];
    let mut len = 0;

    ms = 0;

    while len < text.len() {
        if ngx_reload_poll(c) != 0 {
            let n = libc::recv(c, text.as_mut_ptr().add(len).cast(), text.len() - len, 0);

            if n <= 0 {
                break;
            }

            len += n as usize;
            continue;
        }

        ms += 100;

        if ms > NGX_RELOAD_ANSWER_TIMEOUT {
            ngx_log_stderr!(0; "the master process %P takes too long for the reload", pid);
            return 1;
        }
    }

    if len == 0 {
        ngx_log_stderr!(0; "reload failed: the master process %P has exited", pid);
        return 1;
    }

    ngx_write_stderr(&text[1..len]);

    if text[0] == b'0' {
        return 0;
    }

    ngx_log_stderr!(0; "reload failed");

    1
}

/// Whether there is something to read within 100 ms.
unsafe fn ngx_reload_poll(fd: c_int) -> c_int {
    let mut pfd = libc::pollfd { fd, events: libc::POLLIN, revents: 0 };

    ngx_max(libc::poll(&raw mut pfd, 1, 100), 0)
}

/// As /proc/net/unix shows it.
unsafe fn ngx_reload_name(buf: &mut [u8; 64], master: ngx_pid_t, own: ngx_pid_t) -> &[u8] {
    let p = buf.as_mut_ptr();
    let len = ngx_snprintf!(p, buf.len(), "@nginx-reload.%P.%P", master, own).offset_from_unsigned(p);

    &buf[..len]
}

fn ngx_reload_sockaddr(name: &[u8]) -> (libc::sockaddr_un, libc::socklen_t) {
    // SAFETY: numbers only.
    let mut sa: libc::sockaddr_un = unsafe { zeroed() };

    sa.sun_family = libc::AF_UNIX as libc::sa_family_t;

    // sun_path[0] is NUL: abstract
    for (to, &ch) in sa.sun_path[1..].iter_mut().zip(name) {
        *to = ch as c_char;
    }

    let len = offset_of!(libc::sockaddr_un, sun_path) + 1 + ngx_min(name.len(), sa.sun_path.len() - 1);

    (sa, len as libc::socklen_t)
}

/// Who made the socket at the other end.
unsafe fn ngx_reload_peer(fd: c_int) -> libc::ucred {
    let mut cred = libc::ucred { pid: -1, uid: libc::uid_t::MAX, gid: libc::gid_t::MAX };
    let mut len = size_of::<libc::ucred>() as libc::socklen_t;

    let _ = libc::getsockopt(fd, libc::SOL_SOCKET, libc::SO_PEERCRED, (&raw mut cred).cast(), &raw mut len);

    cred
}
