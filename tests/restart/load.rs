//! A load client that tells how a request failed, not only that it failed.
//!
//! One thread, one epoll loop, std and libc. It ends by itself: after `--requests`, when stdin
//! closes (`--until-eof`), and in any case after `--duration` plus one `--timeout`. The last line
//! on stdout is one JSON object.
//!
//! What counts as a failure, and what doesn't: a server may close a keep-alive connection between
//! two requests, and it may announce the end with `Connection: close`; a client that had written
//! nothing more, or whose pipelined rest is repeated elsewhere, has lost nothing. A request written
//! on a connection that then ends without a byte of an answer is a failure, and has its own
//! class, told apart by whether that connection had already answered before.

use std::collections::VecDeque;
use std::ffi::CString;
use std::io::{Error, Write};
use std::os::raw::{c_int, c_void};
use std::process::exit;
use std::time::{Duration, Instant};

const USAGE: &str = "usage: load --addr HOST:PORT|unix:PATH [options]
  --mode new|keepalive|pipeline:N|slow|idle   (keepalive)
  --connections N      open at the same time (8)
  --requests N         stop after N requests
  --until-eof          go on until stdin is closed (with --requests: until both)
  --duration SEC       hard limit (10)
  --timeout SEC        for one request (10)
  --rps N              at most N requests a second in all
  --naive              write without looking whether the server has closed, as simple clients do
  --think MS           pause between the requests of a connection, 0..MS at random (0)
  --rate BYTES         slow: bytes a second for each connection (4194304)
  --path PATH          (/)
  --header 'N: V'      another request header, may be repeated
  --status N           expected status (200)
  --expect FILE        the body must be this file's; repeated: one of these files'
  --expect-size N      ... or: its size must be N
  --expect-fnv HEX     ... and its FNV-1a (64 bits) this
  --sources N          TCP over 127/8: spread over N source addresses (16)
  --progress           a line {\"progress\":N} on stdout ten times a second";

const CLASSES: [&str; 12] = [
    "refused",
    "reset_fresh",
    "reset_reused",
    "eof_fresh",
    "eof_reused",
    "short_body",
    "wrong_body",
    "wrong_status",
    "bad_head",
    "extra_bytes",
    "timeout",
    "client_error",
];
const REFUSED: usize = 0;
const RESET_FRESH: usize = 1;
const RESET_REUSED: usize = 2;
const EOF_FRESH: usize = 3;
const EOF_REUSED: usize = 4;
const SHORT_BODY: usize = 5;
const WRONG_BODY: usize = 6;
const WRONG_STATUS: usize = 7;
const BAD_HEAD: usize = 8;
const EXTRA_BYTES: usize = 9;
const TIMEOUT: usize = 10;
const CLIENT_ERROR: usize = 11;

const MAX_SAMPLES: usize = 12;
const FNV_INIT: u64 = 0xcbf2_9ce4_8422_2325;

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    New,
    KeepAlive,
    Pipeline(usize),
    Slow,
    Idle,
}

#[derive(Clone)]
enum Addr {
    Tcp([u8; 4], u16),
    Tcp6(u16),
    Unix(String),
}

struct Opts {
    addr: Addr,
    mode: Mode,
    connections: usize,
    requests: u64,
    until_eof: bool,
    duration: Duration,
    timeout: Duration,
    rps: f64,
    think: u64,
    rate: u64,
    status: u16,
    expect: Vec<Vec<u8>>,
    expect_size: Option<u64>,
    expect_fnv: Option<u64>,
    sources: u32,
    progress: bool,
    naive: bool,
    request: Vec<u8>,
}

fn die(msg: &str) -> ! {
    eprintln!("load: {msg}\n{USAGE}");
    exit(2)
}

fn parse_opts() -> Opts {
    let mut o = Opts {
        addr: Addr::Tcp([127, 0, 0, 1], 0),
        mode: Mode::KeepAlive,
        connections: 8,
        requests: 0,
        until_eof: false,
        duration: Duration::from_secs(10),
        timeout: Duration::from_secs(10),
        rps: 0.0,
        think: 0,
        rate: 4 << 20,
        status: 200,
        expect: vec![],
        expect_size: None,
        expect_fnv: None,
        sources: 16,
        progress: false,
        naive: false,
        request: vec![],
    };
    let (mut path, mut headers, mut addr_text) = (String::from("/"), String::new(), String::new());
    let mut args = std::env::args().skip(1);
    while let Some(a) = args.next() {
        match a.as_str() {
            "--until-eof" => {
                o.until_eof = true;
                continue;
            }
            "--progress" => {
                o.progress = true;
                continue;
            }
            "--naive" => {
                o.naive = true;
                continue;
            }
            "--help" | "-h" => {
                println!("{USAGE}");
                exit(0)
            }
            _ => {}
        }
        let Some(v) = args.next() else { die(&format!("{a} needs a value")) };
        let num = || v.parse::<f64>().unwrap_or_else(|_| die(&format!("{a}: not a number: {v}")));
        match a.as_str() {
            "--addr" => {
                addr_text = v.clone();
                o.addr = if let Some(p) = v.strip_prefix("unix:") {
                    Addr::Unix(p.to_string())
                } else {
                    let Some((h, p)) = v.rsplit_once(':') else { die("--addr HOST:PORT") };
                    let Ok(p) = p.parse() else { die("--addr: bad port") };
                    if h == "[::1]" {
                        Addr::Tcp6(p)
                    } else {
                        let h: std::net::Ipv4Addr = h.parse().unwrap_or_else(|_| die("--addr: bad host"));
                        if !h.is_loopback() {
                            die("--addr: loopback only")
                        }
                        Addr::Tcp(h.octets(), p)
                    }
                }
            }
            "--mode" => {
                o.mode = match v.as_str() {
                    "new" => Mode::New,
                    "keepalive" => Mode::KeepAlive,
                    "slow" => Mode::Slow,
                    "idle" => Mode::Idle,
                    _ => match v.strip_prefix("pipeline:").and_then(|n| n.parse().ok()) {
                        Some(n) if (1..=1024).contains(&n) => Mode::Pipeline(n),
                        _ => die("--mode: unknown"),
                    },
                }
            }
            "--connections" => o.connections = num() as usize,
            "--requests" => o.requests = num() as u64,
            "--duration" => o.duration = Duration::from_secs_f64(num()),
            "--timeout" => o.timeout = Duration::from_secs_f64(num()),
            "--rps" => o.rps = num(),
            "--think" => o.think = num() as u64,
            "--rate" => o.rate = num() as u64,
            "--path" => path = v,
            "--header" => {
                headers.push_str(&v);
                headers.push_str("\r\n")
            }
            "--status" => o.status = num() as u16,
            "--expect" => o.expect.push(std::fs::read(&v).unwrap_or_else(|e| die(&format!("{v}: {e}")))),
            "--expect-size" => o.expect_size = Some(num() as u64),
            "--expect-fnv" => o.expect_fnv = Some(u64::from_str_radix(&v, 16).unwrap_or_else(|_| die("bad hex"))),
            "--sources" => o.sources = num() as u32,
            _ => die(&format!("unknown option {a}")),
        }
    }
    if addr_text.is_empty() {
        die("--addr is missing")
    }
    if o.expect.len() > 32 {
        die("at most 32 --expect")
    }
    if o.connections == 0 {
        die("--connections is 0")
    }
    let close = if o.mode == Mode::New { "Connection: close\r\n" } else { "" };
    o.request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{close}{headers}\r\n").into_bytes();
    o
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum State {
    /// No socket; opens one at `next_at`.
    Down,
    Connecting,
    /// Requests are written or being written, answers are awaited.
    Busy,
    /// Open, nothing outstanding; writes again at `next_at`.
    Pause,
    /// Does not come back.
    Done,
}

/// Where a chunked body stands.
#[derive(Clone, Copy, PartialEq)]
enum Chunk {
    /// In the line with the size; whether its digits are over.
    Size(u64, bool),
    Data(u64),
    /// The line end behind a chunk's data.
    DataEnd,
    /// Lines after the last chunk; how long the present one is.
    Trailer(u64),
}

struct Conn {
    fd: c_int,
    state: State,
    next_at: Instant,
    started: Instant,
    /// The last attempt met a full backlog: `started` stands.
    again: bool,
    /// When each outstanding request was handed to the socket (or its connect began).
    sent: VecDeque<Instant>,
    out: Vec<u8>,
    out_at: usize,
    write_failed: bool,
    /// Complete answers so far on this socket.
    answered: u64,
    // The answer being read.
    head: Vec<u8>,
    in_body: bool,
    chunks: Option<Chunk>,
    got: u64,
    body_left: Option<u64>,
    body_at: u64,
    matching: u32,
    fnv: u64,
    status: u16,
    close: bool,
    credit: f64,
}

/// Latencies in microseconds: 64 buckets for each power of two.
struct Histogram {
    count: Vec<u64>,
    n: u64,
    max: u64,
}

impl Histogram {
    fn new() -> Self {
        Histogram { count: vec![0; 64 * 64], n: 0, max: 0 }
    }

    fn add(&mut self, us: u64) {
        let i = if us < 64 {
            us as usize
        } else {
            let e = 63 - us.leading_zeros() as usize;
            (e - 5) * 64 + ((us >> (e - 6)) & 63) as usize
        };
        self.count[i] += 1;
        self.n += 1;
        self.max = self.max.max(us);
    }

    fn at(&self, q: f64) -> u64 {
        let want = ((self.n as f64 * q).ceil() as u64).max(1);
        let mut sum = 0;
        for (i, c) in self.count.iter().enumerate() {
            sum += c;
            if sum >= want {
                let v = if i < 64 { i as u64 } else { (64 + (i as u64 & 63)) << (i / 64 - 1) };
                return v.min(self.max);
            }
        }
        self.max
    }
}

struct Load {
    o: Opts,
    ep: c_int,
    conns: Vec<Conn>,
    t0: Instant,
    now: Instant,
    /// Requests that a connection has taken on, minus those it gave back.
    taken: u64,
    ok: u64,
    failed: [u64; CLASSES.len()],
    opened: u64,
    closed_idle: u64,
    reset_idle: u64,
    closed_announced: u64,
    repeated: u64,
    backlog_full: u64,
    bytes: u64,
    latency: Histogram,
    last_ok: Instant,
    max_gap: Duration,
    servers: Vec<(String, u64)>,
    samples: Vec<String>,
    stdin_open: bool,
    stopping: bool,
    allowance: f64,
    connecting: usize,
    seed: u64,
    said_ready: bool,
}

fn errno() -> c_int {
    Error::last_os_error().raw_os_error().unwrap_or(0)
}

impl Load {
    fn random(&mut self) -> u64 {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        self.seed
    }

    fn lost(&self) -> u64 {
        self.failed.iter().sum()
    }

    /// Takes one request on, if there is one to be made now.
    fn take(&mut self) -> bool {
        if self.stopping {
            return false;
        }
        if self.o.requests > 0 && self.taken >= self.o.requests && !self.stdin_open {
            return false;
        }
        if self.o.rps > 0.0 {
            if self.allowance < 1.0 {
                return false;
            }
            self.allowance -= 1.0;
        }
        self.taken += 1;
        true
    }

    fn give_back(&mut self, n: u64) {
        self.taken -= n;
        self.repeated += n;
    }

    fn fail(&mut self, i: usize, class: usize, what: &str, err: c_int) {
        self.failed[class] += 1;
        if self.samples.len() < MAX_SAMPLES {
            let c = &self.conns[i];
            let err = if err == 0 {
                String::new()
            } else {
                format!(", \"errno\": \"{}\"", Error::from_raw_os_error(err)).replace('\\', "")
            };
            self.samples.push(format!(
                "{{\"class\": \"{}\", \"at_ms\": {}, \"during\": \"{what}\", \"port\": {}, \"answered\": {}, \"got\": {}{err}}}",
                CLASSES[class], (self.now - self.t0).as_millis(), local_port(c.fd), c.answered, c.got));
        }
    }

    fn watch(&self, i: usize, op: c_int, events: u32) {
        let mut ev = libc::epoll_event { events, u64: i as u64 };
        // SAFETY: the epoll descriptor and the connection's socket are open, `ev` lives through the call.
        unsafe {
            libc::epoll_ctl(self.ep, op, self.conns[i].fd, &mut ev);
        }
    }

    /// Closes the socket and lets the connection come back after a pause.
    fn drop_conn(&mut self, i: usize) {
        let pause = self.pause();
        let c = &mut self.conns[i];
        if c.state == State::Connecting {
            self.connecting -= 1
        }
        if c.fd >= 0 {
            // SAFETY: closed here and forgotten below.
            unsafe {
                libc::close(c.fd);
            }
            c.fd = -1;
        }
        c.sent.clear();
        c.next_at = self.now + pause;
        c.state = if self.o.mode == Mode::Idle { State::Done } else { State::Down };
    }

    fn pause(&mut self) -> Duration {
        if self.o.think == 0 {
            return Duration::ZERO;
        }
        let max = self.o.think * 1000 + 1;
        Duration::from_micros(self.random() % max)
    }

    /// The connection ended or broke; `err` is 0 for an orderly end.
    fn ended(&mut self, i: usize, err: c_int) {
        let c = &self.conns[i];
        let outstanding = c.sent.len();
        if outstanding == 0 {
            if err == 0 {
                self.closed_idle += 1
            } else {
                self.reset_idle += 1
            }
            return self.drop_conn(i);
        }
        // An answer without a length ends with its connection.
        if c.in_body && c.body_left.is_none() && err == 0 {
            self.answer_complete(i);
            if self.conns[i].state != State::Busy {
                return;
            }
            return self.drop_conn(i);
        }
        let (reused, begun) = (c.answered > 0, c.got > 0);
        let class = match (err != 0, reused) {
            (true, false) => RESET_FRESH,
            (true, true) => RESET_REUSED,
            (false, false) => EOF_FRESH,
            (false, true) => EOF_REUSED,
        };
        for n in 0..outstanding {
            let class = if n == 0 && begun { SHORT_BODY } else { class };
            self.fail(i, class, if begun { "answer" } else { "wait" }, err);
        }
        self.drop_conn(i);
    }

    /// A request's answer is wrong; nothing further on this connection can be trusted.
    fn broken(&mut self, i: usize, class: usize, what: &str) {
        self.fail(i, class, what, 0);
        let rest = self.conns[i].sent.len().saturating_sub(1) as u64;
        self.give_back(rest);
        self.drop_conn(i);
    }

    fn open(&mut self, i: usize) {
        if !self.take() {
            return;
        }
        if !std::mem::take(&mut self.conns[i].again) {
            self.conns[i].started = self.now
        }
        self.connect(i);
    }

    fn connect(&mut self, i: usize) {
        let family = match self.o.addr {
            Addr::Tcp(..) => libc::AF_INET,
            Addr::Tcp6(_) => libc::AF_INET6,
            Addr::Unix(_) => libc::AF_UNIX,
        };
        // SAFETY: plain socket calls; every address structure is zeroed, filled and passed with its size.
        let (fd, rc) = unsafe {
            let fd = libc::socket(family, libc::SOCK_STREAM | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC, 0);
            if fd < 0 {
                let e = errno();
                self.fail(i, CLIENT_ERROR, "socket", e);
                self.conns[i].next_at = self.now + Duration::from_millis(50);
                return;
            }
            let one: c_int = 1;
            let optlen = size_of::<c_int>() as u32;
            let set = |level, name, v: &c_int| {
                libc::setsockopt(fd, level, name, (v as *const c_int).cast::<c_void>(), optlen)
            };
            if self.o.mode == Mode::Slow {
                // Without this, loopback takes in most of the file at once.
                let small: c_int = 32768;
                set(libc::SOL_SOCKET, libc::SO_RCVBUF, &small);
            }
            let rc = match &self.o.addr {
                Addr::Tcp(ip, port) => {
                    set(libc::IPPROTO_TCP, libc::TCP_NODELAY, &one);
                    let mut sa: libc::sockaddr_in = std::mem::zeroed();
                    sa.sin_family = libc::AF_INET as u16;
                    if self.o.sources > 1 {
                        set(libc::IPPROTO_IP, libc::IP_BIND_ADDRESS_NO_PORT, &one);
                        let host = 1 + (self.opened % u64::from(self.o.sources.min(250))) as u8;
                        sa.sin_addr.s_addr = u32::from_ne_bytes([127, 0, 0, host]);
                        libc::bind(fd, (&raw const sa).cast(), size_of_val(&sa) as u32);
                    }
                    sa.sin_addr.s_addr = u32::from_ne_bytes(*ip);
                    sa.sin_port = port.to_be();
                    libc::connect(fd, (&raw const sa).cast(), size_of_val(&sa) as u32)
                }
                Addr::Tcp6(port) => {
                    set(libc::IPPROTO_TCP, libc::TCP_NODELAY, &one);
                    let mut sa: libc::sockaddr_in6 = std::mem::zeroed();
                    sa.sin6_family = libc::AF_INET6 as u16;
                    sa.sin6_addr.s6_addr[15] = 1;
                    sa.sin6_port = port.to_be();
                    libc::connect(fd, (&raw const sa).cast(), size_of_val(&sa) as u32)
                }
                Addr::Unix(path) => {
                    let mut sa: libc::sockaddr_un = std::mem::zeroed();
                    sa.sun_family = libc::AF_UNIX as u16;
                    let p = CString::new(path.as_str()).unwrap_or_default();
                    let b = p.as_bytes_with_nul();
                    if b.len() > sa.sun_path.len() {
                        die("--addr: path too long")
                    }
                    for (d, s) in sa.sun_path.iter_mut().zip(b) {
                        *d = *s as _
                    }
                    libc::connect(fd, (&raw const sa).cast(), size_of_val(&sa) as u32)
                }
            };
            (fd, rc)
        };
        let err = if rc == 0 { 0 } else { errno() };
        let request = self.o.request.clone();
        let now = self.now;
        let c = &mut self.conns[i];
        c.fd = fd;
        c.sent.clear();
        c.sent.push_back(c.started);
        c.out = request;
        c.out_at = 0;
        c.write_failed = false;
        c.answered = 0;
        c.credit = 0.0;
        reset_answer(c);
        match err {
            0 => {
                self.opened += 1;
                self.conns[i].state = State::Busy;
                self.watch(i, libc::EPOLL_CTL_ADD, self.read_mask());
                self.connected(i);
            }
            libc::EINPROGRESS => {
                self.opened += 1;
                self.connecting += 1;
                self.conns[i].state = State::Connecting;
                self.watch(i, libc::EPOLL_CTL_ADD, libc::EPOLLOUT as u32);
            }
            libc::EAGAIN if matches!(self.o.addr, Addr::Unix(_)) => {
                // A full backlog. A blocking connect() would wait; so does this one.
                // SAFETY: our own socket, forgotten on the next line.
                unsafe {
                    libc::close(fd);
                }
                let c = &mut self.conns[i];
                c.fd = -1;
                self.backlog_full += 1;
                c.state = State::Down;
                c.again = true;
                c.next_at = now + Duration::from_millis(2);
                if now - c.started > self.o.timeout {
                    self.fail(i, TIMEOUT, "connect", err);
                    self.conns[i].again = false;
                    self.drop_conn(i);
                } else {
                    self.taken -= 1;
                    if self.o.rps > 0.0 {
                        self.allowance += 1.0
                    }
                }
            }
            _ => self.connect_failed(i, err),
        }
    }

    fn connect_failed(&mut self, i: usize, err: c_int) {
        let class = match err {
            libc::ECONNREFUSED | libc::ENOENT => REFUSED,
            libc::ECONNRESET | libc::EPIPE => RESET_FRESH,
            libc::ETIMEDOUT => TIMEOUT,
            _ => CLIENT_ERROR,
        };
        self.fail(i, class, "connect", err);
        self.drop_conn(i);
        // A server that is away is asked a hundred times a second, not a million times.
        self.conns[i].next_at = self.now + Duration::from_millis(10);
    }

    fn read_mask(&self) -> u32 {
        // slow: read by the clock, not by readiness
        (if self.o.mode == Mode::Slow { libc::EPOLLET } else { libc::EPOLLIN | libc::EPOLLRDHUP }) as u32
    }

    /// The socket is up: add what a pipeline may add to the first request, and write.
    fn connected(&mut self, i: usize) {
        self.conns[i].state = State::Busy;
        self.more_pipelined(i);
        self.write(i);
    }

    fn more_pipelined(&mut self, i: usize) {
        if let Mode::Pipeline(depth) = self.o.mode {
            while self.conns[i].sent.len() < depth && self.take() {
                let c = &mut self.conns[i];
                c.sent.push_back(self.now);
                c.out.extend_from_slice(&self.o.request);
            }
        }
    }

    fn write(&mut self, i: usize) {
        let mask = self.read_mask();
        let c = &mut self.conns[i];
        while c.out_at < c.out.len() && !c.write_failed {
            let b = &c.out[c.out_at..];
            // SAFETY: `b` is valid for its length.
            let n = unsafe { libc::send(c.fd, b.as_ptr().cast(), b.len(), libc::MSG_NOSIGNAL) };
            if n > 0 {
                c.out_at += n as usize;
                continue;
            }
            match errno() {
                libc::EINTR => {}
                libc::EAGAIN => return self.watch(i, libc::EPOLL_CTL_MOD, mask | libc::EPOLLOUT as u32),
                // What the server said before it closed can still be read; reading finds the end.
                _ => c.write_failed = true,
            }
        }
        if self.conns[i].write_failed {
            self.read(i)
        }
    }

    /// Writes the next requests on an open connection, unless the server has just closed it.
    fn next_on(&mut self, i: usize) {
        if self.o.naive {
            return self.write_next(i);
        }
        let mut b = 0u8;
        // SAFETY: one byte of room, one byte asked for.
        let n = unsafe { libc::recv(self.conns[i].fd, (&raw mut b).cast(), 1, libc::MSG_PEEK | libc::MSG_DONTWAIT) };
        if n == 0 {
            return self.ended(i, 0);
        }
        if n < 0 {
            let e = errno();
            if e != libc::EAGAIN && e != libc::EINTR {
                return self.ended(i, e);
            }
        } else {
            self.fail(i, EXTRA_BYTES, "pause", 0);
            return self.drop_conn(i);
        }
        self.write_next(i);
    }

    fn write_next(&mut self, i: usize) {
        if !self.take() {
            return;
        }
        let now = self.now;
        let c = &mut self.conns[i];
        c.state = State::Busy;
        c.started = now;
        c.sent.push_back(now);
        c.out.clear();
        c.out_at = 0;
        c.out.extend_from_slice(&self.o.request);
        self.more_pipelined(i);
        if self.o.naive {
            self.watch(i, libc::EPOLL_CTL_MOD, self.read_mask())
        }
        self.write(i);
    }

    fn read(&mut self, i: usize) {
        let mut buf = [0u8; 65536];
        for _ in 0..16 {
            if !matches!(self.conns[i].state, State::Busy | State::Pause) {
                return;
            }
            let mut room = buf.len();
            if self.o.mode == Mode::Slow {
                room = room.min(self.conns[i].credit as usize);
                if room == 0 {
                    return;
                }
            }
            let fd = self.conns[i].fd;
            // SAFETY: `buf` has at least `room` bytes.
            let n = unsafe { libc::recv(fd, buf.as_mut_ptr().cast(), room, 0) };
            if n == 0 {
                return self.ended(i, 0);
            }
            if n < 0 {
                match errno() {
                    libc::EINTR => continue,
                    // After EPIPE nothing more can come but what was already there.
                    libc::EAGAIN if self.conns[i].write_failed => return self.ended(i, libc::EPIPE),
                    libc::EAGAIN => return,
                    e => return self.ended(i, e),
                }
            }
            self.bytes += n as u64;
            self.conns[i].credit -= n as f64;
            if !self.eat(i, &buf[..n as usize]) {
                return;
            }
            if (n as usize) < room && !self.conns[i].write_failed {
                return;
            }
        }
    }

    /// Takes in bytes of answers; false once the connection has left this state.
    fn eat(&mut self, i: usize, mut b: &[u8]) -> bool {
        let fd = self.conns[i].fd;
        while !b.is_empty() {
            if self.conns[i].sent.is_empty() {
                self.fail(i, EXTRA_BYTES, "after the answer", 0);
                self.drop_conn(i);
                return false;
            }
            if !self.conns[i].in_body {
                let c = &mut self.conns[i];
                let from = c.head.len().saturating_sub(3);
                let had = c.head.len();
                c.head.extend_from_slice(b);
                let Some(p) = c.head[from..].windows(4).position(|w| w == b"\r\n\r\n") else {
                    c.got += b.len() as u64;
                    if c.head.len() > 65536 {
                        self.broken(i, BAD_HEAD, "head too long");
                        return false;
                    }
                    return true;
                };
                let end = from + p + 4;
                c.head.truncate(end);
                let used = end - had;
                c.got += used as u64;
                b = &b[used..];
                if !self.parse_head(i) {
                    return false;
                }
                let c = &mut self.conns[i];
                c.in_body = true;
                c.matching = u32::MAX >> (32 - self.o.expect.len().max(1) as u32);
            }
            if self.conns[i].chunks.is_some() {
                b = self.eat_chunked(i, b);
                let c = &self.conns[i];
                if c.fd != fd || !matches!(c.state, State::Busy | State::Pause) {
                    return false;
                }
                continue;
            }
            let c = &mut self.conns[i];
            let n = match c.body_left {
                Some(left) => left.min(b.len() as u64) as usize,
                None => b.len(),
            };
            let (part, rest) = b.split_at(n);
            self.compare(i, part);
            b = rest;
            let c = &mut self.conns[i];
            if let Some(left) = &mut c.body_left {
                *left -= n as u64
            }
            if c.body_left == Some(0) {
                self.answer_complete(i);
                let c = &self.conns[i];
                if c.fd != fd || !matches!(c.state, State::Busy | State::Pause) {
                    return false;
                }
            }
        }
        true
    }

    /// The next part of a body.
    fn compare(&mut self, i: usize, part: &[u8]) {
        let c = &mut self.conns[i];
        let (at, n) = (c.body_at as usize, part.len());
        for (k, e) in self.o.expect.iter().enumerate() {
            if c.matching & (1 << k) != 0 && e.get(at..at + n) != Some(part) {
                c.matching &= !(1 << k)
            }
        }
        if self.o.expect_fnv.is_some() {
            for x in part {
                c.fnv = (c.fnv ^ u64::from(*x)).wrapping_mul(0x100_0000_01b3)
            }
        }
        c.body_at += n as u64;
        c.got += n as u64;
    }

    /// Takes in what it can of a chunked body, up to its end; gives back the rest.
    fn eat_chunked<'a>(&mut self, i: usize, mut b: &'a [u8]) -> &'a [u8] {
        while let (Some(state), Some(&x)) = (self.conns[i].chunks, b.first()) {
            if let Chunk::Data(left) = state {
                let (part, rest) = b.split_at(left.min(b.len() as u64) as usize);
                self.compare(i, part);
                b = rest;
                let left = left - part.len() as u64;
                self.conns[i].chunks = Some(if left > 0 { Chunk::Data(left) } else { Chunk::DataEnd });
                continue;
            }
            b = &b[1..];
            self.conns[i].got += 1;
            let next = match (state, x) {
                (Chunk::Size(n, _), b'\n') => {
                    if n > 0 {
                        Chunk::Data(n)
                    } else {
                        Chunk::Trailer(0)
                    }
                }
                (Chunk::Size(n, false), _) if x.is_ascii_hexdigit() && n < 1 << 40 => {
                    Chunk::Size(n * 16 + u64::from((x as char).to_digit(16).unwrap_or(0)), false)
                }
                (Chunk::Size(n, _), b'\r' | b';') => Chunk::Size(n, true),
                (Chunk::Size(n, true), _) => Chunk::Size(n, true),
                (Chunk::DataEnd, b'\r') => Chunk::DataEnd,
                (Chunk::DataEnd, b'\n') => Chunk::Size(0, false),
                (Chunk::Trailer(_), b'\r') => state,
                (Chunk::Trailer(0), b'\n') => {
                    self.answer_complete(i);
                    return b;
                }
                (Chunk::Trailer(_), b'\n') => Chunk::Trailer(0),
                (Chunk::Trailer(n), _) => Chunk::Trailer(n + 1),
                _ => {
                    self.broken(i, BAD_HEAD, "chunk");
                    return b;
                }
            };
            self.conns[i].chunks = Some(next);
        }
        b
    }

    fn parse_head(&mut self, i: usize) -> bool {
        let c = &mut self.conns[i];
        let text = String::from_utf8_lossy(&c.head).into_owned();
        let mut lines = text.split("\r\n");
        let first = lines.next().unwrap_or("");
        let status = first.strip_prefix("HTTP/1.").and_then(|s| s.get(2..5)).and_then(|s| s.parse::<u16>().ok());
        let Some(status) = status else {
            self.broken(i, BAD_HEAD, "status line");
            return false;
        };
        c.status = status;
        c.close = first.starts_with("HTTP/1.0");
        c.body_left = None;
        let mut chunked = false;
        let mut server = None;
        for l in lines {
            let Some((name, value)) = l.split_once(':') else { continue };
            let value = value.trim();
            if name.eq_ignore_ascii_case("content-length") {
                c.body_left = value.parse().ok()
            } else if name.eq_ignore_ascii_case("connection") {
                c.close |= value.eq_ignore_ascii_case("close")
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                chunked = true
            } else if name.eq_ignore_ascii_case("server") {
                server = Some(value.to_string())
            }
        }
        if status == 304 || status == 204 {
            c.body_left = Some(0)
        }
        if chunked && c.body_left.is_none() {
            c.chunks = Some(Chunk::Size(0, false));
            c.body_left = Some(u64::MAX);
        }
        if c.body_left.is_none() && !c.close {
            self.broken(i, BAD_HEAD, "no length");
            return false;
        }
        if let Some(s) = server {
            match self.servers.iter().position(|x| x.0 == s) {
                Some(k) => self.servers[k].1 += 1,
                None if self.servers.len() < 16 => self.servers.push((s, 1)),
                None => {}
            }
        }
        true
    }

    fn answer_complete(&mut self, i: usize) {
        let now = self.now;
        let c = &mut self.conns[i];
        let at = c.body_at;
        let bad = self.o.expect.iter().enumerate().all(|(k, e)| c.matching & (1 << k) == 0 || e.len() as u64 != at);
        let bad = (bad && !self.o.expect.is_empty())
            || self.o.expect_size.is_some_and(|n| n != at)
            || self.o.expect_fnv.is_some_and(|f| f != c.fnv);
        let started = c.sent.pop_front().unwrap_or(now);
        c.answered += 1;
        let wrong = if c.status != self.o.status {
            Some(WRONG_STATUS)
        } else if bad {
            Some(WRONG_BODY)
        } else {
            None
        };
        if let Some(class) = wrong {
            let what = format!("status {} size {}", c.status, at);
            self.fail(i, class, &what, 0);
        } else {
            self.ok += 1;
            self.latency.add((now - started).as_micros() as u64);
            self.max_gap = self.max_gap.max(now - self.last_ok);
            self.last_ok = now;
        }
        let announced = self.conns[i].close;
        reset_answer(&mut self.conns[i]);
        if announced {
            // Whatever was written behind this request was not looked at: it is asked again elsewhere.
            let rest = self.conns[i].sent.len() as u64;
            self.give_back(rest);
            self.closed_announced += 1;
            return self.drop_conn(i);
        }
        if self.conns[i].sent.is_empty() {
            if matches!(self.o.mode, Mode::New) {
                return self.drop_conn(i);
            }
            let pause = self.pause();
            let c = &mut self.conns[i];
            c.state = State::Pause;
            c.next_at = if self.o.mode == Mode::Idle { now + Duration::from_secs(86400) } else { now + pause };
        }
    }

    fn event(&mut self, i: usize, events: u32) {
        match self.conns[i].state {
            State::Connecting => {
                let mut e: c_int = 0;
                let mut len = size_of::<c_int>() as u32;
                // SAFETY: `e` and `len` are what SO_ERROR wants.
                unsafe {
                    libc::getsockopt(self.conns[i].fd, libc::SOL_SOCKET, libc::SO_ERROR, (&raw mut e).cast(), &mut len);
                }
                if e != 0 {
                    return self.connect_failed(i, e);
                }
                self.connecting -= 1;
                self.watch(i, libc::EPOLL_CTL_MOD, self.read_mask());
                self.connected(i);
            }
            State::Busy => {
                if events & libc::EPOLLOUT as u32 != 0 {
                    self.watch(i, libc::EPOLL_CTL_MOD, self.read_mask());
                    self.write(i);
                }
                if self.conns[i].state == State::Busy && (self.o.mode != Mode::Slow) {
                    self.read(i)
                }
            }
            State::Pause if self.o.naive => self.watch(i, libc::EPOLL_CTL_MOD, libc::EPOLLET as u32),
            State::Pause if self.o.mode != Mode::Slow => self.read(i),
            State::Pause | State::Down | State::Done => {}
        }
    }

    /// The clock's part: pauses that end, requests that took too long, slow readers' next bytes.
    fn tick(&mut self, elapsed: Duration) {
        if self.o.rps > 0.0 {
            let most = (self.o.rps * 0.02).max(self.o.connections.min(64) as f64).max(1.0);
            self.allowance = (self.allowance + elapsed.as_secs_f64() * self.o.rps).min(most);
        }
        let first = if self.conns.is_empty() { 0 } else { (self.random() % self.conns.len() as u64) as usize };
        for k in 0..self.conns.len() {
            let i = (first + k) % self.conns.len();
            match self.conns[i].state {
                State::Down if self.now >= self.conns[i].next_at && self.connecting < 256 => self.open(i),
                State::Pause if self.now >= self.conns[i].next_at => {
                    if self.stopping {
                        self.drop_conn(i)
                    } else {
                        self.next_on(i)
                    }
                }
                State::Connecting | State::Busy => {
                    if self.o.mode == Mode::Slow && self.conns[i].state == State::Busy {
                        let c = &mut self.conns[i];
                        c.credit =
                            (c.credit + self.o.rate as f64 * elapsed.as_secs_f64()).min(self.o.rate as f64 / 4.0);
                        self.read(i);
                    }
                    let c = &self.conns[i];
                    let limit = if self.o.mode == Mode::Slow { self.o.timeout * 4 } else { self.o.timeout };
                    if matches!(c.state, State::Connecting | State::Busy) && self.now - c.started > limit {
                        for _ in 0..self.conns[i].sent.len() {
                            self.fail(i, TIMEOUT, "wait", 0)
                        }
                        self.drop_conn(i);
                    }
                }
                _ => {}
            }
        }
    }

    fn run(&mut self) {
        let mut events: Vec<libc::epoll_event> = vec![libc::epoll_event { events: 0, u64: 0 }; 512];
        let idle = self.o.mode == Mode::Idle;
        let period = Duration::from_millis(if idle { 50 } else { 2 });
        let mut last_tick = Instant::now() - period;
        let mut last_said = self.t0;
        let hard_end = self.t0 + self.o.duration;
        let stdin_mark = u64::MAX;
        if self.o.until_eof {
            let mut ev = libc::epoll_event { events: libc::EPOLLIN as u32, u64: stdin_mark };
            // SAFETY: as in watch(). A file or /dev/null can't be watched: that is an end at once.
            self.stdin_open = unsafe { libc::epoll_ctl(self.ep, libc::EPOLL_CTL_ADD, 0, &mut ev) } == 0;
        }
        loop {
            self.now = Instant::now();
            if self.now - last_tick >= period {
                let elapsed = self.now - last_tick;
                last_tick = self.now;
                self.tick(elapsed);
                if self.o.progress && self.now - last_said >= Duration::from_millis(100) {
                    last_said = self.now;
                    say(&format!("{{\"progress\": {}, \"failed\": {}}}\n", self.ok + self.lost(), self.lost()));
                }
                let up = self.conns.iter().filter(|c| c.state == State::Pause).count();
                if idle && !self.said_ready && up == self.conns.len() {
                    self.said_ready = true;
                    say(&format!("{{\"ready\": {up}}}\n"));
                }
                let enough = self.o.requests == 0 || self.taken >= self.o.requests;
                let asked = self.o.requests > 0 || self.o.until_eof;
                if (asked && enough && !self.stdin_open) || self.now >= hard_end {
                    self.stopping = true
                }
                if self.stopping || (!self.stdin_open && enough && asked) {
                    let busy = self.conns.iter().any(|c| matches!(c.state, State::Busy | State::Connecting));
                    if !busy || self.now >= hard_end + self.o.timeout {
                        break;
                    }
                }
            }
            let wait = if idle { 20 } else { 2 };
            // SAFETY: `events` has room for the number passed.
            let n = unsafe { libc::epoll_wait(self.ep, events.as_mut_ptr(), events.len() as c_int, wait) };
            self.now = Instant::now();
            for ev in events.iter().take(n.max(0) as usize) {
                let (key, what) = (ev.u64, ev.events);
                if key == stdin_mark {
                    let mut b = [0u8; 256];
                    // SAFETY: room for 256 bytes. Whatever stdin says is of no interest, only its end.
                    if unsafe { libc::read(0, b.as_mut_ptr().cast(), b.len()) } <= 0 {
                        self.stdin_open = false;
                        // SAFETY: takes stdin out of our own epoll set.
                        unsafe {
                            libc::epoll_ctl(self.ep, libc::EPOLL_CTL_DEL, 0, std::ptr::null_mut());
                        }
                    }
                    continue;
                }
                self.event(key as usize, what);
                // With no pause asked for, the next request leaves at once rather than by the clock.
                let i = key as usize;
                if self.o.think == 0 && !idle && !self.stopping {
                    if self.conns[i].state == State::Pause {
                        self.next_on(i)
                    }
                    if self.conns[i].state == State::Down && self.now >= self.conns[i].next_at {
                        self.open(i)
                    }
                }
            }
        }
        for i in 0..self.conns.len() {
            if matches!(self.conns[i].state, State::Busy | State::Connecting) {
                for _ in 0..self.conns[i].sent.len() {
                    self.fail(i, TIMEOUT, "end of the run", 0)
                }
            }
        }
    }

    fn report(&self) -> String {
        let list = |v: Vec<String>| v.join(", ");
        let classes =
            list(CLASSES.iter().zip(&self.failed).filter(|x| *x.1 > 0).map(|(n, c)| format!("\"{n}\": {c}")).collect());
        let servers =
            list(self.servers.iter().map(|(n, c)| format!("\"{}\": {c}", n.replace(['"', '\\'], "?"))).collect());
        let h = &self.latency;
        let open = self.conns.iter().filter(|c| c.state == State::Pause).count();
        format!(
            "{{\"requests\": {}, \"ok\": {}, \"failed\": {}, \"classes\": {{{classes}}}, \"connections\": {}, \
             \"closed_idle\": {}, \"reset_idle\": {}, \"closed_announced\": {}, \"repeated\": {}, \"backlog_full\": {}, \
             \"still_open\": {open}, \"bytes\": {}, \"elapsed_ms\": {}, \"max_gap_ms\": {}, \
             \"latency_us\": {{\"p50\": {}, \"p90\": {}, \"p99\": {}, \"p999\": {}, \"max\": {}}}, \
             \"servers\": {{{servers}}}, \"samples\": [{}]}}\n",
            self.ok + self.lost(),
            self.ok,
            self.lost(),
            self.opened,
            self.closed_idle,
            self.reset_idle,
            self.closed_announced,
            self.repeated,
            self.backlog_full,
            self.bytes,
            (self.now - self.t0).as_millis(),
            self.max_gap.as_millis(),
            h.at(0.5),
            h.at(0.9),
            h.at(0.99),
            h.at(0.999),
            h.max,
            list(self.samples.clone())
        )
    }
}

fn say(s: &str) {
    let mut out = std::io::stdout();
    if out.write_all(s.as_bytes()).and_then(|()| out.flush()).is_err() {
        exit(3)
    }
}

fn reset_answer(c: &mut Conn) {
    c.head.clear();
    c.in_body = false;
    c.chunks = None;
    c.got = 0;
    c.body_left = None;
    c.body_at = 0;
    c.fnv = FNV_INIT;
    c.status = 0;
    c.close = false;
}

fn local_port(fd: c_int) -> u16 {
    // SAFETY: a zeroed sockaddr_storage of its own size; it is read back as the family says.
    unsafe {
        let mut sa: libc::sockaddr_storage = std::mem::zeroed();
        let mut len = size_of_val(&sa) as u32;
        if fd < 0 || libc::getsockname(fd, (&raw mut sa).cast(), &mut len) != 0 || sa.ss_family != libc::AF_INET as u16
        {
            return 0;
        }
        u16::from_be((*(&raw const sa).cast::<libc::sockaddr_in>()).sin_port)
    }
}

fn main() {
    let o = parse_opts();
    // SAFETY: raises our own descriptor limit as far as allowed; opens an epoll descriptor.
    let ep = unsafe {
        let mut r: libc::rlimit = std::mem::zeroed();
        if libc::getrlimit(libc::RLIMIT_NOFILE, &mut r) == 0 && r.rlim_cur < r.rlim_max {
            r.rlim_cur = r.rlim_max;
            libc::setrlimit(libc::RLIMIT_NOFILE, &r);
        }
        libc::epoll_create1(libc::EPOLL_CLOEXEC)
    };
    if ep < 0 {
        die("epoll_create1() failed")
    }
    let now = Instant::now();
    let seed = 0x9e37_79b9_7f4a_7c15 ^ u64::from(std::process::id());
    let conns = (0..o.connections)
        .map(|_| Conn {
            fd: -1,
            state: State::Down,
            again: false,
            next_at: now,
            started: now,
            sent: VecDeque::new(),
            out: vec![],
            out_at: 0,
            write_failed: false,
            answered: 0,
            head: vec![],
            in_body: false,
            chunks: None,
            got: 0,
            body_left: None,
            body_at: 0,
            matching: 0,
            fnv: FNV_INIT,
            status: 0,
            close: false,
            credit: 0.0,
        })
        .collect();
    let mut l = Load {
        o,
        ep,
        conns,
        t0: now,
        now,
        taken: 0,
        ok: 0,
        failed: [0; CLASSES.len()],
        opened: 0,
        closed_idle: 0,
        reset_idle: 0,
        closed_announced: 0,
        repeated: 0,
        backlog_full: 0,
        bytes: 0,
        latency: Histogram::new(),
        last_ok: now,
        max_gap: Duration::ZERO,
        servers: vec![],
        samples: vec![],
        stdin_open: false,
        stopping: false,
        allowance: 1.0,
        connecting: 0,
        seed,
        said_ready: false,
    };
    l.run();
    let report = l.report();
    say(&report);
    exit(i32::from(l.lost() > 0));
}
