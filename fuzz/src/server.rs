//! One nginx in this process: a cycle from a configuration with every module at work, and connections whose two ends
//! are memory. No socket carries a request; the one that listens is a unix socket in a directory that goes away.

use crate::sandbox;

use nginx::core::{
    ngx_buf::*, ngx_config::*, ngx_connection::*, ngx_core::*, ngx_cycle::*, ngx_inet::*, ngx_log::*, ngx_palloc::*,
    ngx_string::*, ngx_times::*,
};
use nginx::event::{ngx_event::*, ngx_event_posted::*, ngx_event_timer::*};
use nginx::os::unix::{ngx_atomic::*, ngx_posix_init::*, ngx_process::*, ngx_process_cycle::*};

use std::ffi::CString;
use std::ptr::null_mut;
use std::sync::OnceLock;

/// How the bytes come and go.
#[derive(Clone, Copy)]
pub struct How {
    /// The client's bytes arrive in pieces of this size.
    pub piece: usize,
    /// The socket takes as many bytes at a time.
    pub window: usize,
    /// Which of the listening sockets it came by.
    pub listening: usize,
}

pub const WHOLE: How = How { piece: usize::MAX, window: usize::MAX, listening: 0 };

const PIECES: [usize; 8] = [usize::MAX, 1, 2, 3, 7, 16, 64, 256];
const WINDOWS: [usize; 8] = [usize::MAX, usize::MAX, 1, 7, 100, 1000, 4096, 65536];

impl How {
    /// Chosen by one byte of the input.
    pub fn from(knob: u8) -> How {
        How { piece: PIECES[knob as usize & 7], window: WINDOWS[knob as usize >> 3 & 7], listening: 0 }
    }
}

/// The other end of the connection: there is one at a time.
struct Peer {
    input: *const u8,
    /// Read so far, arrived so far, all of it.
    pos: usize,
    arrived: usize,
    len: usize,
    eof: bool,
    window: usize,
    output: Vec<u8>,
}

unsafe extern "C" {
    static mut environ: *mut *mut i8;
}

static KEPT: ngx_global_t<[*mut *mut i8; 2]> = ngx_global_t::new([null_mut(); 2]);

static PEER: ngx_global_t<*mut Peer> = ngx_global_t::new(null_mut());

/// More of a response than this is counted, but not kept.
const KEEP: usize = 4 << 20;

unsafe fn recv(c: *mut ngx_connection_t, buf: *mut u8, size: usize) -> isize {
    let peer = PEER.get();
    let n = size.min((*peer).arrived - (*peer).pos);

    if n == 0 && size != 0 {
        (*(*c).read).ready = false;

        if (*peer).eof && (*peer).pos == (*peer).len {
            (*(*c).read).eof = true;
            return 0;
        }

        return NGX_AGAIN;
    }

    ngx_memcpy(buf, (*peer).input.add((*peer).pos), n);
    (*peer).pos += n;
    n as isize
}

unsafe fn send(c: *mut ngx_connection_t, buf: *mut u8, size: usize) -> isize {
    let peer = PEER.get();
    let n = size.min((*peer).window);

    if n == 0 {
        (*(*c).write).ready = false;
        return NGX_AGAIN;
    }

    take(std::slice::from_raw_parts(buf, n));
    (*c).sent += n as off_t;
    n as isize
}

unsafe fn take(bytes: &[u8]) {
    let peer = &mut *PEER.get();

    peer.window = peer.window.saturating_sub(bytes.len());

    if peer.output.len() < KEEP {
        peer.output.extend_from_slice(bytes);
    } else {
        // each byte is looked at all the same
        std::hint::black_box(bytes.iter().fold(0u8, |a, b| a ^ b));
    }
}

unsafe fn send_chain(c: *mut ngx_connection_t, in_: *mut ngx_chain_t, limit: off_t) -> *mut ngx_chain_t {
    let mut limit = if limit == 0 { usize::MAX } else { limit as usize };
    let mut sent: off_t = 0;
    let mut scratch = [0u8; 4096];
    let mut cl = in_;

    'full: while !cl.is_null() {
        let b = (*cl).buf;

        if ngx_buf_special(b) {
            cl = (*cl).next;
            continue;
        }

        let size = ngx_buf_size(b);
        assert!(size > 0, "a buffer of size {size}");
        let mut done = 0;

        while done < size {
            let room = limit.min((*PEER.get()).window);
            if room == 0 {
                if limit != 0 {
                    (*(*c).write).ready = false;
                }
                break 'full;
            }

            let mut n = room.min((size - done) as usize);

            if ngx_buf_in_memory(b) {
                take(std::slice::from_raw_parts((*b).pos.add(done as usize), n));
            } else {
                n = n.min(scratch.len());
                let at = (*b).file_pos + done;
                let n1 = libc::pread((*(*b).file).fd, scratch.as_mut_ptr().cast(), n, at);
                assert!(n1 > 0, "pread() of {n} at {at}: {n1}");
                n = n1 as usize;
                take(&scratch[..n]);
            }

            done += n as off_t;
            sent += n as off_t;
            limit -= n;
        }

        cl = (*cl).next;
    }

    (*c).sent += sent;
    ngx_chain_update_sent(in_, sent)
}

unsafe fn recv_chain(_c: *mut ngx_connection_t, _in: *mut ngx_chain_t, _limit: off_t) -> isize {
    unreachable!()
}

unsafe fn add_event(ev: *mut ngx_event_t, _event: ngx_int_t, _flags: ngx_uint_t) -> ngx_int_t {
    (*ev).active = true;
    NGX_OK
}

unsafe fn del_event(ev: *mut ngx_event_t, _event: ngx_int_t, _flags: ngx_uint_t) -> ngx_int_t {
    (*ev).active = false;
    NGX_OK
}

/// What must not be said, whatever the client sends, is an alert; these are what nginx says of such a configuration.
/// The last is of the socket pairs here, which have no TCP_CORK.
const KNOWN: [&[u8]; 5] = [
    b"\"alias\" cannot be used in location",
    b"no buffer space in script copy",
    b"could not allocate new session",
    b"could not allocate node in limit_req zone",
    b"setsockopt(!TCP_CORK) failed",
];

unsafe fn writer(_log: *mut ngx_log_t, level: ngx_uint_t, buf: *mut u8, len: usize) {
    let text = std::slice::from_raw_parts(buf, len);

    if level <= NGX_LOG_ALERT && !KNOWN.iter().any(|k| text.windows(k.len()).any(|w| w == *k)) {
        panic!("{}", String::from_utf8_lossy(text));
    }
}

struct Cycle(*mut ngx_cycle_t);
// SAFETY: one thread uses it; OnceLock only wants to be sure.
unsafe impl Send for Cycle {}
unsafe impl Sync for Cycle {}

static CYCLE: OnceLock<Cycle> = OnceLock::new();

/// A string of nginx's that is never freed.
pub fn str(s: &[u8]) -> ngx_str_t {
    let data = CString::new(s).unwrap().into_raw();
    ngx_str_t { len: s.len(), data: data.cast() }
}

/// What main() does before it reads a configuration; the cycle that the first one starts from.
pub unsafe fn init(prefix: &str) -> *mut ngx_cycle_t {
    assert_eq!(nginx::os::unix::ngx_errno::ngx_strerror_init(), NGX_OK);
    ngx_max_sockets.set(-1);
    ngx_time_init();
    nginx::core::ngx_regex::ngx_regex_init();
    ngx_pid.set(libc::getpid());

    let log = ngx_log_init(null_mut(), c"/dev/null".as_ptr().cast_mut().cast());
    assert!(!log.is_null());

    static FIRST: ngx_global_t<ngx_cycle_t> = ngx_global_t::zeroed();
    let cycle = FIRST.ptr();
    (*cycle).log = log;
    ngx_cycle.set(cycle);
    (*cycle).pool = ngx_create_pool(1024, log);
    (*cycle).prefix = str(prefix.as_bytes());
    (*cycle).conf_prefix = (*cycle).prefix;
    (*cycle).conf_file = str(format!("{prefix}nginx.conf").as_bytes());
    (*cycle).error_log = str(b"/dev/null");

    // ngx_setproctitle() wants the environment behind argv, and keeps a copy: ours
    let text: *mut i8 = str(b"x.A=b").data.cast();
    *text.add(1) = 0;
    let argv = Box::leak(Box::new([text, null_mut()]));
    let env = Box::leak(Box::new([text.add(2), null_mut()]));
    let real = environ;
    ngx_os_argv.set(argv.as_mut_ptr());
    environ = env.as_mut_ptr();
    KEPT.set([argv.as_mut_ptr(), env.as_mut_ptr()]);
    std::hint::black_box(KEPT.ptr());
    assert_eq!(ngx_os_init(log), NGX_OK);
    environ = real;
    assert_eq!(nginx::core::ngx_crc32::ngx_crc32_table_init(), NGX_OK);
    nginx::core::ngx_slab::ngx_slab_sizes_init();
    assert_eq!(nginx::core::ngx_module::ngx_preinit_modules(), NGX_OK);
    ngx_process.set(NGX_PROCESS_SINGLE);

    cycle
}

/// The running server, made at the first call.
pub fn cycle() -> *mut ngx_cycle_t {
    CYCLE.get_or_init(|| unsafe { Cycle(start()) }).0
}

unsafe fn start() -> *mut ngx_cycle_t {
    let prefix = sandbox::prefix();
    crate::site::make(prefix);

    let init_cycle = init(prefix);
    let cycle = ngx_init_cycle(init_cycle);
    assert!(!cycle.is_null(), "the configuration is wrong, see stderr");
    ngx_cycle.set(cycle);

    for i in 0..(*cycle).modules_n {
        if let Some(init_process) = (**(*cycle).modules.add(i)).init_process {
            assert_eq!(init_process(cycle), NGX_OK);
        }
    }

    ngx_use_stderr.set(0);
    (*cycle).new_log.writer = Some(writer);

    let actions = ngx_event_actions.ptr();
    (*actions).add = Some(add_event);
    (*actions).del = Some(del_event);
    (*actions).enable = Some(add_event);
    (*actions).disable = Some(del_event);
    (*actions).add_conn = None;
    (*actions).del_conn = None;

    cycle
}

/// As ngx_event_accept() makes it.
unsafe fn accept(cycle: *mut ngx_cycle_t, listening: usize) -> (*mut ngx_connection_t, i32) {
    let ls = (*cycle).listening.elts.add(listening);
    let mut fds = [0; 2];
    assert_eq!(libc::socketpair(libc::AF_UNIX, libc::SOCK_STREAM | libc::SOCK_NONBLOCK, 0, fds.as_mut_ptr()), 0);

    let c = ngx_get_connection(fds[0], (*cycle).log);
    assert!(!c.is_null());

    (*c).type_ = libc::SOCK_STREAM;
    ngx_atomic_fetch_add(ngx_stat_active.get(), 1);

    (*c).pool = ngx_create_pool((*ls).pool_size, (*cycle).log);

    // the client has an address of the network, whatever it came by
    let sa: *mut libc::sockaddr_in = ngx_palloc((*c).pool);
    *sa = std::mem::zeroed();
    (*sa).sin_family = libc::AF_INET as u16;
    (*sa).sin_port = 1234u16.to_be();
    (*sa).sin_addr.s_addr = u32::from_ne_bytes([127, 0, 0, 1]);
    (*c).sockaddr = sa.cast();
    (*c).socklen = size_of::<libc::sockaddr_in>() as u32;

    let log: *mut ngx_log_t = ngx_palloc((*c).pool);
    *log = (*ls).log;
    (*log).data = null_mut();
    (*log).handler = None;

    (*c).recv = Some(recv);
    (*c).send = Some(send);
    (*c).recv_chain = Some(recv_chain);
    (*c).send_chain = Some(send_chain);
    (*c).log = log;
    (*(*c).pool).log = log;
    (*c).listening = ls;
    (*c).local_sockaddr = (*ls).sockaddr;
    (*c).local_socklen = (*ls).socklen;
    (*c).tcp_nopush = 2;
    (*c).tcp_nodelay = 2;
    (*(*c).read).log = log;
    (*(*c).write).log = log;
    (*(*c).write).ready = true;
    (*c).number = ngx_atomic_fetch_add(ngx_connection_counter.get(), 1) as ngx_atomic_uint_t;
    (*c).start_time = ngx_current_msec.get();

    (*c).addr_text.data = ngx_pnalloc((*c).pool, NGX_SOCKADDR_STRLEN);
    (*c).addr_text.len = ngx_sock_ntop((*c).sockaddr, (*c).socklen, (*c).addr_text.data, NGX_SOCKADDR_STRLEN, 0);

    (c, fds[1])
}

/// What the server answers to a client that sends `input` and then closes its sending half.
pub fn ask(input: &[u8], how: How) -> Vec<u8> {
    let cycle = cycle();
    let _guard = sandbox::enter();

    unsafe {
        let free = (*cycle).free_connection_n;

        let mut peer = Peer {
            input: input.as_ptr(),
            pos: 0,
            arrived: input.len().min(how.piece),
            len: input.len(),
            eof: false,
            window: how.window,
            output: Vec::new(),
        };
        PEER.set(&raw mut peer);

        let (c, other) = accept(cycle, how.listening);
        (*(*c).read).ready = true;
        ((*(*c).listening).handler.unwrap())(c);

        let mut turns = 0;

        while (*c).fd != -1 {
            if !ngx_queue_is_empty(ngx_posted_events.ptr()) || !ngx_queue_is_empty(ngx_posted_next_events.ptr()) {
                ngx_event_move_posted_next(cycle);
                ngx_event_process_posted(cycle, ngx_posted_events.ptr());
                continue;
            }

            turns += 1;
            assert!(turns < 5_000_000, "no end");

            let p = PEER.get();

            if !(*(*c).write).ready {
                (*p).window = how.window;
                (*(*c).write).ready = true;
                ((*(*c).write).handler.unwrap())((*c).write);
            } else if (*p).arrived < (*p).len {
                (*p).arrived += how.piece.min((*p).len - (*p).arrived);
                (*(*c).read).ready = true;
                ((*(*c).read).handler.unwrap())((*c).read);
            } else if !(*p).eof {
                (*p).eof = true;
                (*(*c).read).ready = true;
                ((*(*c).read).handler.unwrap())((*c).read);
            } else {
                let wait = ngx_event_find_timer();
                assert_ne!(wait, NGX_TIMER_INFINITE, "nothing is waited for, but the connection is open");
                ngx_current_msec.set(ngx_current_msec.get() + wait);
                ngx_event_expire_timers();
            }
        }

        libc::close(other);
        PEER.set(null_mut());

        assert_eq!((*cycle).free_connection_n, free, "a connection is lost");
        assert_eq!(ngx_event_find_timer(), NGX_TIMER_INFINITE, "a timer is left");
        assert!(ngx_queue_is_empty(ngx_posted_events.ptr()), "an event is left");

        peer.output
    }
}

unsafe fn ngx_queue_is_empty(q: *mut nginx::core::ngx_queue::ngx_queue_t) -> bool {
    nginx::core::ngx_queue::ngx_queue_empty(q)
}

/// A response, as far as the tests look into it.
pub struct Response<'a> {
    pub status: u16,
    pub headers: Vec<(&'a [u8], &'a [u8])>,
    pub body: &'a [u8],
}

impl<'a> Response<'a> {
    /// The first one of what the server said.
    pub fn first(output: &'a [u8]) -> Option<Response<'a>> {
        let end = output.windows(4).position(|w| w == b"\r\n\r\n")?;
        let mut lines = output[..end].split(|&b| b == b'\n').map(|l| l.strip_suffix(b"\r").unwrap_or(l));
        let status = std::str::from_utf8(lines.next()?.get(9..12)?).ok()?.parse().ok()?;
        let headers = lines
            .map(|l| {
                let at = l.iter().position(|&b| b == b':').unwrap_or_else(|| panic!("a header without a colon"));
                (&l[..at], l[at + 1..].trim_ascii())
            })
            .collect();
        Some(Response { status, headers, body: &output[end + 4..] })
    }

    pub fn header(&self, name: &str) -> Option<&'a [u8]> {
        self.headers.iter().find(|h| h.0.eq_ignore_ascii_case(name.as_bytes())).map(|h| h.1)
    }
}

/// A string that lives as long as `pool`.
pub unsafe fn str_in(pool: *mut ngx_pool_t, s: &[u8]) -> ngx_str_t {
    let data = ngx_pnalloc(pool, s.len() + 1);
    ngx_memcpy(data, s.as_ptr(), s.len());
    *data.add(s.len()) = 0;
    ngx_str_t { len: s.len(), data }
}
