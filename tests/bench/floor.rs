//! The floor of the bench: one epoll loop that answers every request with the same bytes.
//!
//! usage: floor HOST:PORT FILE
//!
//! FILE holds a whole answer, head and body. A request ends at an empty line; nothing else in it is
//! looked at. No server on this machine can do less work for an answer, so what this one reaches is
//! where the load generator and the kernel set the limit. It ends when stdin is closed.

use std::os::raw::c_int;
use std::process::exit;

const MAX_FD: usize = 65536;

fn die(what: &str) -> ! {
    eprintln!("floor: {what}: {}", std::io::Error::last_os_error());
    exit(1)
}

/// Counts the empty lines in `b`, going on from how much of "\r\n\r\n" was seen before (0..=3).
fn ends(b: &[u8], seen: &mut u8) -> usize {
    let mut n = 0;
    for &x in b {
        *seen = match (*seen, x) {
            (0 | 2, b'\r') => *seen + 1,
            (1, b'\n') => 2,
            (3, b'\n') => {
                n += 1;
                0
            }
            (_, b'\r') => 1,
            _ => 0,
        };
    }
    n
}

fn watch(ep: c_int, op: c_int, fd: c_int, events: c_int) {
    let mut ev = libc::epoll_event { events: events as u32, u64: fd as u64 };
    // SAFETY: both descriptors are open and `ev` lives through the call.
    if unsafe { libc::epoll_ctl(ep, op, fd, &mut ev) } != 0 {
        die("epoll_ctl")
    }
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let [_, addr, file] = &args[..] else {
        eprintln!("usage: floor HOST:PORT FILE");
        exit(2)
    };
    let Ok(answer) = std::fs::read(file) else { die(file) };
    let Ok(addr) = addr.parse::<std::net::SocketAddrV4>() else { die("address") };
    // Sixteen answers in a row, for pipelined requests.
    let many = answer.repeat(16);
    let mut seen = vec![0u8; MAX_FD];
    let mut owed: Vec<Vec<u8>> = vec![vec![]; MAX_FD];
    // SAFETY: plain socket calls; the address structure is zeroed, filled and passed with its size.
    let (ls, ep) = unsafe {
        let ls = libc::socket(libc::AF_INET, libc::SOCK_STREAM | libc::SOCK_NONBLOCK, 0);
        let one: c_int = 1;
        libc::setsockopt(ls, libc::SOL_SOCKET, libc::SO_REUSEADDR, (&raw const one).cast(), size_of::<c_int>() as u32);
        let mut sa: libc::sockaddr_in = std::mem::zeroed();
        sa.sin_family = libc::AF_INET as u16;
        sa.sin_port = addr.port().to_be();
        sa.sin_addr.s_addr = u32::from_ne_bytes(addr.ip().octets());
        if libc::bind(ls, (&raw const sa).cast(), size_of_val(&sa) as u32) != 0 {
            die("bind")
        }
        if libc::listen(ls, 1024) != 0 {
            die("listen")
        }
        (ls, libc::epoll_create1(0))
    };
    watch(ep, libc::EPOLL_CTL_ADD, ls, libc::EPOLLIN);
    watch(ep, libc::EPOLL_CTL_ADD, 0, libc::EPOLLIN);
    let mut events = vec![libc::epoll_event { events: 0, u64: 0 }; 512];
    let mut buf = [0u8; 65536];
    loop {
        // SAFETY: `events` has room for the number passed.
        let n = unsafe { libc::epoll_wait(ep, events.as_mut_ptr(), events.len() as c_int, -1) };
        for ev in events.iter().take(n.max(0) as usize) {
            let fd = ev.u64 as c_int;
            let at = fd as usize;
            // SAFETY: `fd` is open, it was in the epoll set; buffers are passed with their lengths.
            unsafe {
                if fd == 0 {
                    if libc::read(0, buf.as_mut_ptr().cast(), buf.len()) <= 0 {
                        exit(0)
                    }
                    continue;
                }
                if fd == ls {
                    let c = libc::accept4(ls, std::ptr::null_mut(), std::ptr::null_mut(), libc::SOCK_NONBLOCK);
                    if c < 0 {
                        continue;
                    }
                    if c as usize >= MAX_FD {
                        libc::close(c);
                        continue;
                    }
                    let one: c_int = 1;
                    libc::setsockopt(
                        c,
                        libc::IPPROTO_TCP,
                        libc::TCP_NODELAY,
                        (&raw const one).cast(),
                        size_of::<c_int>() as u32,
                    );
                    seen[c as usize] = 0;
                    owed[c as usize].clear();
                    watch(ep, libc::EPOLL_CTL_ADD, c, libc::EPOLLIN);
                    continue;
                }
                let kept = if ev.events & libc::EPOLLOUT as u32 != 0 {
                    watch(ep, libc::EPOLL_CTL_MOD, fd, libc::EPOLLIN);
                    std::mem::take(&mut owed[at])
                } else {
                    vec![]
                };
                let mut todo: &[u8] = &kept;
                let mut count = 0;
                if todo.is_empty() {
                    let got = libc::recv(fd, buf.as_mut_ptr().cast(), buf.len(), 0);
                    if got <= 0 {
                        if got == 0 || std::io::Error::last_os_error().kind() != std::io::ErrorKind::WouldBlock {
                            libc::close(fd);
                        }
                        continue;
                    }
                    count = ends(&buf[..got as usize], &mut seen[at]);
                }
                while count > 0 || !todo.is_empty() {
                    if todo.is_empty() {
                        let k = count.min(16);
                        todo = &many[..k * answer.len()];
                        count -= k;
                    }
                    let sent = libc::send(fd, todo.as_ptr().cast(), todo.len(), libc::MSG_NOSIGNAL);
                    if sent >= 0 {
                        todo = &todo[sent as usize..];
                        continue;
                    }
                    if std::io::Error::last_os_error().kind() == std::io::ErrorKind::WouldBlock {
                        owed[at] = todo.to_vec();
                        for _ in 0..count {
                            owed[at].extend_from_slice(&answer)
                        }
                        watch(ep, libc::EPOLL_CTL_MOD, fd, libc::EPOLLOUT);
                    } else {
                        libc::close(fd);
                    }
                    break;
                }
            }
        }
    }
}
