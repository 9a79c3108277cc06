//! The event method `use io_uring;`. All of it is ours, nginx has none: it is laid out as ngx_epoll_module.rs is.
//!
//! DEVIATION: never chosen by itself. What a client sends is received by the kernel into a buffer of the ring before a
//! handler is called, and c->recv() copies it out: one io_uring_enter() in a turn of the loop stands for epoll_wait() and all
//! recv() and epoll_ctl() calls. All other descriptors are polled. Sends stay calls, see ngx_io_uring_init(). Linux 6.0 or
//! newer.
//!
//! A connection has a slot as long as the kernel has an operation of it, which may be longer than the connection itself.
//! Handlers change only what is wanted, `active` of the two events; ngx_io_uring_update() makes the kernel's state follow
//! before each wait. So a slot has at most one operation in each direction, and what comes for a slot that has no connection
//! any more is dropped, and its buffer given back.

use crate::core::{
    ngx_buf::*, ngx_config::*, ngx_connection::*, ngx_core::*, ngx_cycle::*, ngx_log::*, ngx_module::*, ngx_string::*,
    ngx_times::*,
};
use crate::event::modules::ngx_epoll_module::*;
use crate::event::{ngx_event::*, ngx_event_posted::*, ngx_event_timer::*};
use crate::os::unix::{
    ngx_alloc::*, ngx_errno::*, ngx_files::*, ngx_posix_init::*, ngx_readv_chain::*, ngx_recv::*, ngx_time::*,
};

use core::sync::atomic::{AtomicU16, AtomicU32, Ordering};

// The kernel's <linux/io_uring.h>, as far as it is used here.

const IORING_OP_NOP: u8 = 0;
const IORING_OP_POLL_ADD: u8 = 6;
const IORING_OP_ASYNC_CANCEL: u8 = 14;
const IORING_OP_RECV: u8 = 27;

const IOSQE_BUFFER_SELECT: u8 = 1 << 5;
const IOSQE_CQE_SKIP_SUCCESS: u8 = 1 << 6;

const IORING_POLL_ADD_MULTI: u32 = 1 << 0;

const IORING_ASYNC_CANCEL_ALL: u32 = 1 << 0;
const IORING_ASYNC_CANCEL_ANY: u32 = 1 << 2;

const IORING_CQE_F_BUFFER: u32 = 1 << 0;
const IORING_CQE_F_MORE: u32 = 1 << 1;
const IORING_CQE_F_SOCK_NONEMPTY: u32 = 1 << 2;
const IORING_CQE_BUFFER_SHIFT: u32 = 16;

const IORING_SETUP_CQSIZE: u32 = 1 << 3;
const IORING_SETUP_SUBMIT_ALL: u32 = 1 << 7;
const IORING_SETUP_COOP_TASKRUN: u32 = 1 << 8;
const IORING_SETUP_SINGLE_ISSUER: u32 = 1 << 12;
const IORING_SETUP_DEFER_TASKRUN: u32 = 1 << 13;

const IORING_ENTER_GETEVENTS: u32 = 1 << 0;
const IORING_ENTER_EXT_ARG: u32 = 1 << 3;

const IORING_REGISTER_PBUF_RING: u32 = 22;

const IORING_OFF_SQ_RING: off_t = 0;
const IORING_OFF_SQES: off_t = 0x10000000;

#[repr(C)]
#[derive(Clone, Copy)]
struct io_uring_sqe {
    opcode: u8,
    flags: u8,
    ioprio: u16,
    fd: c_int,
    off: u64,
    addr: u64,
    len: u32,
    /// Of the operation: what is polled.
    op_flags: u32,
    user_data: u64,
    buf_group: u16,
    personality: u16,
    splice_fd_in: c_int,
    addr3: u64,
    resv: u64,
}

const _: () = assert!(size_of::<io_uring_sqe>() == 64);

#[repr(C)]
#[derive(Clone, Copy)]
struct io_uring_cqe {
    user_data: u64,
    res: i32,
    flags: u32,
}

#[repr(C)]
struct io_sqring_offsets {
    head: u32,
    tail: u32,
    ring_mask: u32,
    ring_entries: u32,
    flags: u32,
    dropped: u32,
    array: u32,
    resv1: u32,
    user_addr: u64,
}

#[repr(C)]
struct io_cqring_offsets {
    head: u32,
    tail: u32,
    ring_mask: u32,
    ring_entries: u32,
    overflow: u32,
    cqes: u32,
    flags: u32,
    resv1: u32,
    user_addr: u64,
}

#[repr(C)]
struct io_uring_params {
    sq_entries: u32,
    cq_entries: u32,
    flags: u32,
    sq_thread_cpu: u32,
    sq_thread_idle: u32,
    features: u32,
    wq_fd: u32,
    resv: [u32; 3],
    sq_off: io_sqring_offsets,
    cq_off: io_cqring_offsets,
}

const _: () = assert!(size_of::<io_uring_params>() == 120);

/// The first one's `resv` is the ring's tail.
#[repr(C)]
struct io_uring_buf {
    addr: u64,
    len: u32,
    bid: u16,
    resv: u16,
}

#[repr(C)]
struct io_uring_buf_reg {
    ring_addr: u64,
    ring_entries: u32,
    bgid: u16,
    flags: u16,
    resv: [u64; 3],
}

#[repr(C)]
struct io_uring_getevents_arg {
    sigmask: u64,
    sigmask_sz: u32,
    min_wait_usec: u32,
    ts: u64,
}

/// 64 bit on all architectures.
#[repr(C)]
struct __kernel_timespec {
    tv_sec: i64,
    tv_nsec: i64,
}

/// Submissions that fit in between two waits; when there are more, they go to the kernel in parts. 512 as epoll_events.
const NGX_IO_URING_ENTRIES: u32 = 512;
/// Completions that fit in; the kernel keeps by itself what does not.
const NGX_IO_URING_CQ_ENTRIES: u32 = 4096;

/// Receive buffers are held from a wait to the end of the turn, so one per connection that is ready at a time is enough; who
/// gets none is told so, and reads the socket itself. 256 of 2 KB are half a megabyte in a worker.
const NGX_IO_URING_BUFFERS: u16 = 256;
/// A request with a browser's headers fits in. More than that is read by c->recv() from the socket, to where it belongs.
const NGX_IO_URING_BUFFER_SIZE: usize = 2048;
/// The buffers lie behind their ring.
const NGX_IO_URING_BUF_RING_SIZE: usize = size_of::<io_uring_buf>() * NGX_IO_URING_BUFFERS as usize;
const NGX_IO_URING_MEMORY: usize =
    NGX_IO_URING_BUF_RING_SIZE + NGX_IO_URING_BUFFER_SIZE * NGX_IO_URING_BUFFERS as usize;

/// Slots that are allocated together.
const NGX_IO_URING_SLOTS: usize = 512;

// What user_data says besides the slot.

const NGX_IO_URING_OP_READ: u64 = 0;
const NGX_IO_URING_OP_WRITE: u64 = 1;
const NGX_IO_URING_OP_CANCEL: u64 = 2;
const NGX_IO_URING_OP_MASK: u64 = 7;

// The operation that the kernel has in a slot's reading direction.

const NGX_IO_URING_NONE: u8 = 0;
/// Receives into a buffer of the ring.
const NGX_IO_URING_RECV: u8 = 1;
/// Polls for input.
const NGX_IO_URING_POLL: u8 = 2;
/// Polls for the end only, while data that has come is not read.
const NGX_IO_URING_RDHUP: u8 = 3;

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_io_uring_slot_t {
    /// NULL when it was closed.
    c: *mut ngx_connection_t,

    /// What was received and not read: `len` bytes, in buffer `bid` of the ring or, if `start` is set, in memory there.
    pos: *mut u8,
    start: *mut u8,
    len: u32,
    bid: u16,

    /// NGX_IO_URING_RECV etc.
    read: u8,
    /// The kernel polls for output.
    write: bool,
    read_cancelled: bool,
    write_cancelled: bool,

    /// It is in the list of those that ngx_io_uring_update() has to look at.
    changed: bool,

    /// A stream connection, whose data is received; others are polled.
    stream: bool,
    /// An edge is wanted, and one operation for all times.
    multi: bool,
    /// The socket had more than was received.
    more: bool,
    /// The end, or `err`, was received.
    eof: bool,
    err: ngx_err_t,

    /// The link among the changed or the free ones.
    next: *mut ngx_io_uring_slot_t,
}

const _: () = assert!(size_of::<ngx_io_uring_slot_t>() == 56 && align_of::<ngx_io_uring_slot_t>() == 8);

/// A block of slots. It is kept for the next connections.
#[repr(C)]
struct ngx_io_uring_block_t {
    next: *mut ngx_io_uring_block_t,
    slots: [ngx_io_uring_slot_t; NGX_IO_URING_SLOTS],
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_io_uring_t {
    sq_head: *mut AtomicU32,
    sq_tail: *mut AtomicU32,
    sqes: *mut io_uring_sqe,
    sq_mask: u32,
    sq_entries: u32,
    /// Our end of the queue; the kernel sees it when it is told to submit.
    tail: u32,

    cq_mask: u32,
    cq_head: *mut AtomicU32,
    cq_tail: *mut AtomicU32,
    cqes: *mut io_uring_cqe,

    bufs: *mut io_uring_buf,
    buffers: *mut u8,
    buf_tail: u16,

    rings: *mut u8,
    rings_size: usize,
    sqes_size: usize,

    changed: *mut ngx_io_uring_slot_t,
    free: *mut ngx_io_uring_slot_t,
    blocks: *mut ngx_io_uring_block_t,
}

static ring_fd: ngx_global_t<c_int> = ngx_global_t::new(-1);
static ring: ngx_global_t<ngx_io_uring_t> = ngx_global_t::zeroed();

static notify_fd: ngx_global_t<c_int> = ngx_global_t::new(-1);
static notify_event: ngx_global_t<ngx_event_t> = ngx_global_t::zeroed();
static notify_wevent: ngx_global_t<ngx_event_t> = ngx_global_t::zeroed();
static notify_conn: ngx_global_t<ngx_connection_t> = ngx_global_t::zeroed();

static aio_event: ngx_global_t<ngx_event_t> = ngx_global_t::zeroed();
static aio_wevent: ngx_global_t<ngx_event_t> = ngx_global_t::zeroed();
static aio_conn: ngx_global_t<ngx_connection_t> = ngx_global_t::zeroed();

static io_uring_name: ngx_str_t = ngx_string!("io_uring");

/// `notify` is cleared when there is no eventfd.
static ngx_io_uring_module_ctx: ngx_global_t<ngx_event_module_t> = ngx_global_t::new(ngx_event_module_t {
    name: &raw const io_uring_name,
    create_conf: None,
    init_conf: None,

    actions: ngx_event_actions_t {
        add: Some(ngx_io_uring_add_event),
        del: Some(ngx_io_uring_del_event),
        enable: Some(ngx_io_uring_add_event),
        disable: Some(ngx_io_uring_del_event),
        add_conn: Some(ngx_io_uring_add_connection),
        del_conn: Some(ngx_io_uring_del_connection),
        notify: Some(ngx_io_uring_notify),
        process_events: Some(ngx_io_uring_process_events),
        init: Some(ngx_io_uring_init),
        done: Some(ngx_io_uring_done),
    },
});

pub static ngx_io_uring_module: ngx_module_t = ngx_module_t {
    name: c"ngx_io_uring_module",
    ctx: ngx_io_uring_module_ctx.ptr().cast_const().cast(),
    commands: &[],
    type_: NGX_EVENT_MODULE,
    exit_process: Some(ngx_io_uring_exit_process),
    ..NGX_MODULE_V1()
};

unsafe fn io_uring_setup(entries: u32, p: *mut io_uring_params) -> c_int {
    libc::syscall(libc::SYS_io_uring_setup, entries, p) as c_int
}

unsafe fn io_uring_enter(
    fd: c_int,
    to_submit: u32,
    min_complete: u32,
    flags: u32,
    arg: *const io_uring_getevents_arg,
    size: usize,
) -> c_int {
    libc::syscall(libc::SYS_io_uring_enter, fd, to_submit, min_complete, flags, arg, size) as c_int
}

unsafe fn io_uring_register(fd: c_int, opcode: u32, arg: *const c_void, nr_args: u32) -> c_int {
    libc::syscall(libc::SYS_io_uring_register, fd, opcode, arg, nr_args) as c_int
}

// SAFETY: as epoll, the ring hands back the bits it was given; slots are aligned to 8, the low bits are free. `index` of a
// connection's read event, which poll and select use for a number, holds the slot's address; its provenance is exposed
// when the slot is taken.
#[inline(always)]
fn ngx_io_uring_ptr(data: u64) -> *mut ngx_io_uring_slot_t {
    core::ptr::with_exposed_provenance_mut((data & !NGX_IO_URING_OP_MASK) as usize)
}

/// NULL if nothing was ever wanted of the connection.
#[inline(always)]
unsafe fn ngx_io_uring_slot(c: *mut ngx_connection_t) -> *mut ngx_io_uring_slot_t {
    let index = (*(*c).read).index;

    if index == NGX_INVALID_INDEX {
        return null_mut();
    }

    core::ptr::with_exposed_provenance_mut(index)
}

unsafe fn ngx_io_uring_init(cycle: *mut ngx_cycle_t, _timer: ngx_msec_t) -> ngx_int_t {
    if ring_fd.get() == -1 {
        if ngx_io_uring_create((*cycle).log) != NGX_OK {
            ngx_io_uring_unmap();
            return NGX_ERROR;
        }

        if ngx_io_uring_notify_init((*cycle).log) != NGX_OK {
            (*ngx_io_uring_module_ctx.ptr()).actions.notify = None;
        }

        ngx_io_uring_aio_init(cycle);
    }

    // Sends stay calls: the kernel does the same work for a send from the ring, but only after the turn's last handler, and
    // the data had to be copied to where it outlives the request.

    ngx_io.set(ngx_os_io.get());

    (*ngx_io.ptr()).recv = Some(ngx_io_uring_recv);
    (*ngx_io.ptr()).recv_chain = Some(ngx_io_uring_recv_chain);

    ngx_event_actions.set((*ngx_io_uring_module_ctx.ptr()).actions);

    ngx_event_flags.set(NGX_USE_CLEAR_EVENT | NGX_USE_GREEDY_EVENT | NGX_USE_IO_URING_EVENT);

    NGX_OK
}

unsafe fn ngx_io_uring_create(log: *mut ngx_log_t) -> ngx_int_t {
    let u = ring.ptr();

    let mut p: io_uring_params = core::mem::zeroed();

    // completions are made only while we wait (6.1), or else at our next system call (6.0)

    for run in [IORING_SETUP_DEFER_TASKRUN, IORING_SETUP_COOP_TASKRUN] {
        p = core::mem::zeroed();
        p.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE | run;
        p.cq_entries = NGX_IO_URING_CQ_ENTRIES;

        ring_fd.set(io_uring_setup(NGX_IO_URING_ENTRIES, &raw mut p));

        if ring_fd.get() != -1 || ngx_errno() != NGX_EINVAL {
            break;
        }
    }

    if ring_fd.get() == -1 {
        ngx_log_error!(NGX_LOG_EMERG, log, ngx_errno(); "io_uring_setup() failed");
        return NGX_ERROR;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, log, 0;
                   "io_uring: fd:%d flags:%08XD features:%08XD", ring_fd.get(), p.flags, p.features);

    // the two rings share one mapping since 5.4

    (*u).rings_size = Ord::max(
        p.sq_off.array as usize + p.sq_entries as usize * size_of::<u32>(),
        p.cq_off.cqes as usize + p.cq_entries as usize * size_of::<io_uring_cqe>(),
    );
    (*u).sqes_size = p.sq_entries as usize * size_of::<io_uring_sqe>();

    (*u).rings = ngx_io_uring_map((*u).rings_size, IORING_OFF_SQ_RING, log);
    (*u).sqes = ngx_io_uring_map((*u).sqes_size, IORING_OFF_SQES, log).cast();

    const { assert!(NGX_IO_URING_BUFFERS.is_power_of_two()) };

    (*u).bufs = ngx_io_uring_map(NGX_IO_URING_MEMORY, -1, log).cast();

    if (*u).rings.is_null() || (*u).sqes.is_null() || (*u).bufs.is_null() {
        return NGX_ERROR;
    }

    (*u).sq_head = (*u).rings.add(p.sq_off.head as usize).cast();
    (*u).sq_tail = (*u).rings.add(p.sq_off.tail as usize).cast();
    (*u).sq_mask = p.sq_entries - 1;
    (*u).sq_entries = p.sq_entries;
    (*u).tail = 0;

    (*u).cq_head = (*u).rings.add(p.cq_off.head as usize).cast();
    (*u).cq_tail = (*u).rings.add(p.cq_off.tail as usize).cast();
    (*u).cq_mask = p.cq_entries - 1;
    (*u).cqes = (*u).rings.add(p.cq_off.cqes as usize).cast();

    // submissions go in their order

    let array: *mut u32 = (*u).rings.add(p.sq_off.array as usize).cast();
    for i in 0..p.sq_entries {
        *array.add(i as usize) = i;
    }

    (*u).buffers = (*u).bufs.cast::<u8>().add(NGX_IO_URING_BUF_RING_SIZE);

    let reg = io_uring_buf_reg {
        ring_addr: (*u).bufs.expose_provenance() as u64,
        ring_entries: NGX_IO_URING_BUFFERS as u32,
        bgid: 0,
        flags: 0,
        resv: [0; 3],
    };

    if io_uring_register(ring_fd.get(), IORING_REGISTER_PBUF_RING, (&raw const reg).cast(), 1) == -1 {
        ngx_log_error!(NGX_LOG_EMERG, log, ngx_errno(); "io_uring_register(IORING_REGISTER_PBUF_RING) failed");
        return NGX_ERROR;
    }

    // SAFETY: what the kernel receives appears behind the compiler's back, in memory whose provenance is exposed

    let _ = (*u).buffers.expose_provenance();

    (*u).buf_tail = 0;

    for bid in 0..NGX_IO_URING_BUFFERS {
        ngx_io_uring_give_buffer(bid);
    }

    NGX_OK
}

/// A part of the ring, or with offset -1 memory of ours.
unsafe fn ngx_io_uring_map(size: usize, offset: off_t, log: *mut ngx_log_t) -> *mut u8 {
    let prot = libc::PROT_READ | libc::PROT_WRITE;

    let p = if offset == -1 {
        libc::mmap(null_mut(), size, prot, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1, 0)
    } else {
        libc::mmap(null_mut(), size, prot, libc::MAP_SHARED | libc::MAP_POPULATE, ring_fd.get(), offset)
    };

    if p == libc::MAP_FAILED {
        ngx_log_error!(NGX_LOG_EMERG, log, ngx_errno(); "mmap(%uz) failed", size);
        return null_mut();
    }

    p.cast()
}

unsafe fn ngx_io_uring_unmap() {
    let u = ring.ptr();

    if ring_fd.get() != -1 {
        let _ = libc::close(ring_fd.get());
        ring_fd.set(-1);
    }

    if !(*u).rings.is_null() {
        let _ = libc::munmap((*u).rings.cast(), (*u).rings_size);
    }

    if !(*u).sqes.is_null() {
        let _ = libc::munmap((*u).sqes.cast(), (*u).sqes_size);
    }

    if !(*u).bufs.is_null() {
        let _ = libc::munmap((*u).bufs.cast(), NGX_IO_URING_MEMORY);
    }

    ngx_memzero(u, size_of::<ngx_io_uring_t>());
}

/// A connection that stands for a descriptor of our own.
unsafe fn ngx_io_uring_fake_connection(
    c: *mut ngx_connection_t,
    fd: c_int,
    rev: *mut ngx_event_t,
    wev: *mut ngx_event_t,
    handler: unsafe fn(*mut ngx_event_t),
    log: *mut ngx_log_t,
) {
    (*rev).data = c.cast();
    (*rev).handler = Some(handler);
    (*rev).log = log;
    (*rev).index = NGX_INVALID_INDEX;

    (*c).fd = fd;
    (*c).read = rev;
    (*c).write = wev;
    (*c).log = log;
}

unsafe fn ngx_io_uring_notify_init(log: *mut ngx_log_t) -> ngx_int_t {
    notify_fd.set(libc::eventfd(0, libc::EFD_NONBLOCK));

    if notify_fd.get() == -1 {
        ngx_log_error!(NGX_LOG_EMERG, log, ngx_errno(); "eventfd() failed");
        return NGX_ERROR;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, log, 0; "notify eventfd: %d", notify_fd.get());

    ngx_io_uring_fake_connection(
        notify_conn.ptr(),
        notify_fd.get(),
        notify_event.ptr(),
        notify_wevent.ptr(),
        ngx_io_uring_notify_handler,
        log,
    );

    // as in epoll, edges: the counter is not read back each time

    if ngx_io_uring_add_event(notify_event.ptr(), NGX_READ_EVENT, NGX_CLEAR_EVENT) == NGX_ERROR {
        return NGX_ERROR;
    }

    (*ngx_io_uring_slot(notify_conn.ptr())).multi = true;

    NGX_OK
}

unsafe fn ngx_io_uring_notify_handler(ev: *mut ngx_event_t) {
    let mut count: u64 = 0;

    (*notify_wevent.ptr()).index += 1;

    if (*notify_wevent.ptr()).index == NGX_MAX_UINT32_VALUE as ngx_uint_t {
        (*notify_wevent.ptr()).index = 0;

        if libc::read(notify_fd.get(), (&raw mut count).cast(), size_of::<u64>()) as usize != size_of::<u64>() {
            ngx_log_error!(NGX_LOG_ALERT, (*ev).log, ngx_errno(); "read() eventfd %d failed", notify_fd.get());
        }
    }

    // SAFETY: ngx_io_uring_notify() has put a handler there, or NULL, which is None
    let handler = core::mem::transmute::<*mut c_void, ngx_event_handler_pt>((*notify_wevent.ptr()).data);
    handler.unwrap()(ev);
}

/// File aio works as beside epoll: its eventfd is polled. `worker_aio_requests` is epoll's directive.
unsafe fn ngx_io_uring_aio_init(cycle: *mut ngx_cycle_t) {
    ngx_eventfd.set(libc::eventfd(0, libc::EFD_NONBLOCK));

    if ngx_eventfd.get() == -1 {
        ngx_log_error!(NGX_LOG_EMERG, (*cycle).log, ngx_errno(); "eventfd() failed");
        ngx_file_aio.set(0);
        return;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*cycle).log, 0; "eventfd: %d", ngx_eventfd.get());

    'failed: {
        if io_setup(ngx_epoll_aio_requests(cycle), ngx_aio_ctx.ptr()) == -1 {
            ngx_log_error!(NGX_LOG_EMERG, (*cycle).log, ngx_errno(); "io_setup() failed");
            break 'failed;
        }

        ngx_io_uring_fake_connection(
            aio_conn.ptr(),
            ngx_eventfd.get(),
            aio_event.ptr(),
            aio_wevent.ptr(),
            ngx_epoll_eventfd_handler,
            (*cycle).log,
        );

        if ngx_io_uring_add_event(aio_event.ptr(), NGX_READ_EVENT, 0) != NGX_ERROR {
            return;
        }
    }

    ngx_epoll_aio_done(cycle);
    ngx_file_aio.set(0);
}

unsafe fn ngx_io_uring_done(cycle: *mut ngx_cycle_t) {
    let mut block = (*ring.ptr()).blocks;

    // the kernel ends what is under way when the ring is closed, so that before the buffers go

    ngx_io_uring_unmap();

    while !block.is_null() {
        let next = (*block).next;
        ngx_free(block.cast());
        block = next;
    }

    if notify_fd.get() != -1 && libc::close(notify_fd.get()) == -1 {
        ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_errno(); "eventfd close() failed");
    }

    notify_fd.set(-1);

    ngx_epoll_aio_done(cycle);
}

/// The kernel takes a ring apart some time after its process is gone. A process that leaves in order lets go of its sockets
/// before: who starts next finds the addresses free.
unsafe fn ngx_io_uring_exit_process(cycle: *mut ngx_cycle_t) {
    if ring_fd.get() == -1 {
        return;
    }

    let sqe = ngx_io_uring_sqe(IORING_OP_ASYNC_CANCEL, -1, NGX_IO_URING_OP_CANCEL);

    if !sqe.is_null() {
        (*sqe).op_flags = IORING_ASYNC_CANCEL_ALL | IORING_ASYNC_CANCEL_ANY;

        ngx_io_uring_submit(0, IORING_ENTER_GETEVENTS, null(), (*cycle).log);
    }
}

unsafe fn ngx_io_uring_get_slot(c: *mut ngx_connection_t) -> *mut ngx_io_uring_slot_t {
    let u = ring.ptr();

    let mut s = ngx_io_uring_slot(c);

    if !s.is_null() {
        return s;
    }

    if (*u).free.is_null() {
        let block: *mut ngx_io_uring_block_t = ngx_alloc(size_of::<ngx_io_uring_block_t>(), (*c).log).cast();
        if block.is_null() {
            return null_mut();
        }

        (*block).next = (*u).blocks;
        (*u).blocks = block;

        for i in (0..NGX_IO_URING_SLOTS).rev() {
            s = (&raw mut (*block).slots).cast::<ngx_io_uring_slot_t>().add(i);
            (*s).next = (*u).free;
            (*u).free = s;
        }
    }

    s = (*u).free;
    (*u).free = (*s).next;

    s.write_bytes(0, 1);

    (*s).c = c;
    (*s).stream = (*c).type_ == libc::SOCK_STREAM && !(*(*c).read).accept;

    (*(*c).read).index = s.expose_provenance();

    s
}

#[inline(always)]
unsafe fn ngx_io_uring_changed(s: *mut ngx_io_uring_slot_t) {
    if !(*s).changed {
        (*s).changed = true;
        (*s).next = (*ring.ptr()).changed;
        (*ring.ptr()).changed = s;
    }
}

unsafe fn ngx_io_uring_add_event(ev: *mut ngx_event_t, event: ngx_int_t, _flags: ngx_uint_t) -> ngx_int_t {
    let c: *mut ngx_connection_t = (*ev).data.cast();

    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*ev).log, 0; "io_uring add event: fd:%d ev:%08XD", (*c).fd, event as u32);

    let s = ngx_io_uring_get_slot(c);
    if s.is_null() {
        return NGX_ERROR;
    }

    (*ev).active = true;

    ngx_io_uring_changed(s);

    NGX_OK
}

unsafe fn ngx_io_uring_del_event(ev: *mut ngx_event_t, event: ngx_int_t, flags: ngx_uint_t) -> ngx_int_t {
    let c: *mut ngx_connection_t = (*ev).data.cast();

    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*ev).log, 0; "io_uring del event: fd:%d ev:%08XD", (*c).fd, event as u32);

    (*ev).active = false;

    let s = ngx_io_uring_slot(c);
    if s.is_null() {
        return NGX_OK;
    }

    if flags & NGX_CLOSE_EVENT != 0 && (*ev).accept {
        // The operation holds the listening socket, which has to be closed when close() was called, and not a turn later: as
        // long as it is open it takes connections. None is lost here, for the kernel only polls; those in its queue are the
        // other processes'. The same for reuseport, where they are reset as ever.

        ngx_io_uring_detach(s);
        ngx_io_uring_update();
        ngx_io_uring_submit(0, IORING_ENTER_GETEVENTS, null(), (*ev).log);

        return NGX_OK;
    }

    ngx_io_uring_changed(s);

    NGX_OK
}

/// Called for an accepted connection.
unsafe fn ngx_io_uring_add_connection(c: *mut ngx_connection_t) -> ngx_int_t {
    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*c).log, 0; "io_uring add connection: fd:%d", (*c).fd);

    let s = ngx_io_uring_get_slot(c);
    if s.is_null() {
        return NGX_ERROR;
    }

    // even if accept was deferred, the data has to be received first

    (*(*c).read).ready = false;
    (*(*c).read).active = true;

    ngx_io_uring_changed(s);

    NGX_OK
}

unsafe fn ngx_io_uring_del_connection(c: *mut ngx_connection_t, flags: ngx_uint_t) -> ngx_int_t {
    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*c).log, 0; "io_uring del connection: fd:%d", (*c).fd);

    (*(*c).read).active = false;
    (*(*c).write).active = false;

    let s = ngx_io_uring_slot(c);

    if !s.is_null() {
        if flags & NGX_CLOSE_EVENT != 0 {
            ngx_io_uring_detach(s);
        } else {
            ngx_io_uring_changed(s);
        }
    }

    NGX_OK
}

/// The connection goes, its descriptor is about to be closed. The socket itself is closed when the kernel has no operation of
/// it any more: at the end of this turn.
unsafe fn ngx_io_uring_detach(s: *mut ngx_io_uring_slot_t) {
    let u = ring.ptr();

    (*(*(*s).c).read).index = NGX_INVALID_INDEX;
    (*s).c = null_mut();

    if (*s).len != 0 {
        ngx_io_uring_release(s);
    }

    // what the kernel did not take at the last wait, for want of memory, must not find another file under the number

    let mut i = (*(*u).sq_head).load(Ordering::Acquire);

    while i != (*u).tail {
        let sqe = (*u).sqes.add((i & (*u).sq_mask) as usize);

        if ngx_io_uring_ptr((*sqe).user_data) == s && (*sqe).opcode != IORING_OP_ASYNC_CANCEL {
            (*sqe).opcode = IORING_OP_NOP;
            (*sqe).flags = 0;
            (*sqe).op_flags = 0;
            (*sqe).len = 0;
        }

        i = i.wrapping_add(1);
    }

    ngx_io_uring_changed(s);
}

#[inline(always)]
unsafe fn ngx_io_uring_give_buffer(bid: u16) {
    let u = ring.ptr();

    let buf = (*u).bufs.add(((*u).buf_tail & (NGX_IO_URING_BUFFERS - 1)) as usize);

    (*buf).addr = (*u).buffers.addr() as u64 + bid as u64 * NGX_IO_URING_BUFFER_SIZE as u64;
    (*buf).len = NGX_IO_URING_BUFFER_SIZE as u32;
    (*buf).bid = bid;

    (*u).buf_tail = (*u).buf_tail.wrapping_add(1);

    (*(&raw mut (*(*u).bufs).resv).cast::<AtomicU16>()).store((*u).buf_tail, Ordering::Release);
}

/// Forgets what was received.
#[inline(always)]
unsafe fn ngx_io_uring_release(s: *mut ngx_io_uring_slot_t) {
    if (*s).start.is_null() {
        ngx_io_uring_give_buffer((*s).bid);
    } else {
        ngx_free((*s).start.cast());
        (*s).start = null_mut();
    }

    (*s).len = 0;
}

/// The next submission, zeroed but for these.
unsafe fn ngx_io_uring_sqe(opcode: u8, fd: c_int, user_data: u64) -> *mut io_uring_sqe {
    let u = ring.ptr();

    if (*u).tail.wrapping_sub((*(*u).sq_head).load(Ordering::Acquire)) == (*u).sq_entries
        && !ngx_io_uring_submit(0, 0, null(), (*ngx_cycle.get()).log)
    {
        return null_mut();
    }

    let sqe = (*u).sqes.add(((*u).tail & (*u).sq_mask) as usize);
    (*u).tail = (*u).tail.wrapping_add(1);

    sqe.write_bytes(0, 1);

    (*sqe).opcode = opcode;
    (*sqe).fd = fd;
    (*sqe).user_data = user_data;

    sqe
}

/// Whether the kernel took all that was queued, and waited if it was to. What it did not take stays queued.
unsafe fn ngx_io_uring_submit(
    min_complete: u32,
    flags: u32,
    arg: *const io_uring_getevents_arg,
    log: *mut ngx_log_t,
) -> bool {
    let u = ring.ptr();

    (*(*u).sq_tail).store((*u).tail, Ordering::Release);

    let n = (*u).tail.wrapping_sub((*(*u).sq_head).load(Ordering::Acquire));

    let size = if arg.is_null() { 0 } else { size_of::<io_uring_getevents_arg>() };

    let rc = io_uring_enter(ring_fd.get(), n, min_complete, flags, arg, size);

    if rc != -1 {
        if rc as u32 == n {
            return true;
        }

        ngx_set_errno(NGX_EAGAIN);
    }

    let err = ngx_errno();

    // while waiting, this is the caller's

    if arg.is_null() && err != NGX_EINTR {
        ngx_log_error!(NGX_LOG_ALERT, log, err; "io_uring_enter() failed");
    }

    ngx_set_errno(err);

    false
}

unsafe fn ngx_io_uring_cancel(s: *mut ngx_io_uring_slot_t, op: u64) -> bool {
    let sqe = ngx_io_uring_sqe(IORING_OP_ASYNC_CANCEL, -1, s.addr() as u64 | NGX_IO_URING_OP_CANCEL);

    if sqe.is_null() {
        return false;
    }

    (*sqe).addr = s.addr() as u64 | op;
    (*sqe).flags = IOSQE_CQE_SKIP_SUCCESS;

    true
}

unsafe fn ngx_io_uring_poll(s: *mut ngx_io_uring_slot_t, op: u64, events: u32) -> bool {
    let sqe = ngx_io_uring_sqe(IORING_OP_POLL_ADD, (*(*s).c).fd, s.addr() as u64 | op);

    if sqe.is_null() {
        return false;
    }

    // a 32 bit word, its halves are swapped on big endian machines

    (*sqe).op_flags = if cfg!(target_endian = "big") { events.rotate_left(16) } else { events };
    (*sqe).len = if (*s).multi { IORING_POLL_ADD_MULTI } else { 0 };

    true
}

/// Makes the kernel's operations what the events want. What cannot be queued now is tried again at the next turn.
unsafe fn ngx_io_uring_update() {
    let u = ring.ptr();

    let mut s = (*u).changed;
    (*u).changed = null_mut();

    while !s.is_null() {
        let next = (*s).next;
        let c = (*s).c;

        (*s).changed = false;

        let mut read = NGX_IO_URING_NONE;
        let mut write = false;

        if !c.is_null() {
            let rev = (*c).read;

            if (*s).len != 0 && (*s).start.is_null() {
                ngx_io_uring_keep(s);
            }

            if (*rev).active {
                if !(*s).stream {
                    read = NGX_IO_URING_POLL;
                } else if (*rev).pending_eof {
                    read = NGX_IO_URING_NONE;
                } else if (*rev).ready {
                    read = NGX_IO_URING_RDHUP;
                } else {
                    read = NGX_IO_URING_RECV;
                }
            }

            write = (*(*c).write).active;
        }

        let mut queued = true;

        if (*s).read != read {
            if (*s).read != NGX_IO_URING_NONE {
                // its end brings the slot here again

                if !(*s).read_cancelled {
                    queued = ngx_io_uring_cancel(s, NGX_IO_URING_OP_READ);
                    (*s).read_cancelled = queued;
                }
            } else {
                match read {
                    NGX_IO_URING_RECV => {
                        let sqe = ngx_io_uring_sqe(IORING_OP_RECV, (*c).fd, s.addr() as u64 | NGX_IO_URING_OP_READ);

                        if sqe.is_null() {
                            queued = false;
                        } else {
                            (*sqe).flags = IOSQE_BUFFER_SELECT;
                        }
                    }

                    NGX_IO_URING_RDHUP => {
                        queued = ngx_io_uring_poll(s, NGX_IO_URING_OP_READ, libc::POLLRDHUP as u32);
                    }

                    _ => {
                        queued = ngx_io_uring_poll(s, NGX_IO_URING_OP_READ, libc::POLLIN as u32);
                    }
                }

                if queued {
                    (*s).read = read;
                }
            }
        }

        if (*s).write != write {
            if (*s).write {
                if !(*s).write_cancelled {
                    let rc = ngx_io_uring_cancel(s, NGX_IO_URING_OP_WRITE);
                    (*s).write_cancelled = rc;
                    queued &= rc;
                }
            } else if ngx_io_uring_poll(s, NGX_IO_URING_OP_WRITE, libc::POLLOUT as u32) {
                (*s).write = true;
            } else {
                queued = false;
            }
        }

        if !queued {
            ngx_io_uring_changed(s);
        } else if c.is_null() && (*s).read == NGX_IO_URING_NONE && !(*s).write {
            (*s).next = (*u).free;
            (*u).free = s;
        }

        s = next;
    }
}

/// Data that nobody has read in its turn, because a request waits for something else, must not take a buffer from those that
/// are served. One buffer's content is all that is ever kept for a connection.
unsafe fn ngx_io_uring_keep(s: *mut ngx_io_uring_slot_t) {
    let p: *mut u8 = ngx_alloc((*s).len as usize, (*(*s).c).log).cast();
    if p.is_null() {
        // it stays where it is
        return;
    }

    ngx_memcpy(p, (*s).pos, (*s).len as usize);

    ngx_io_uring_give_buffer((*s).bid);

    (*s).start = p;
    (*s).pos = p;
}

unsafe fn ngx_io_uring_notify(handler: ngx_event_handler_pt) -> ngx_int_t {
    let inc: u64 = 1;

    (*notify_wevent.ptr()).data = match handler {
        Some(handler) => handler as *mut c_void,
        None => null_mut(),
    };

    if libc::write(notify_fd.get(), (&raw const inc).cast(), size_of::<u64>()) as usize != size_of::<u64>() {
        ngx_log_error!(NGX_LOG_ALERT, (*notify_event.ptr()).log, ngx_errno();
                       "write() to eventfd %d failed", notify_fd.get());
        return NGX_ERROR;
    }

    NGX_OK
}

unsafe fn ngx_io_uring_process_events(cycle: *mut ngx_cycle_t, timer: ngx_msec_t, flags: ngx_uint_t) -> ngx_int_t {
    let u = ring.ptr();

    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*cycle).log, 0; "io_uring timer: %M", timer);

    ngx_io_uring_update();

    let ts = __kernel_timespec { tv_sec: (timer / 1000) as i64, tv_nsec: (timer % 1000) as i64 * 1000000 };

    let arg = io_uring_getevents_arg {
        sigmask: 0,
        sigmask_sz: 0,
        min_wait_usec: 0,
        ts: if timer == NGX_TIMER_INFINITE { 0 } else { (&raw const ts).expose_provenance() as u64 },
    };

    let mut head = (*(*u).cq_head).load(Ordering::Relaxed);

    let wait = timer != 0 && (*(*u).cq_tail).load(Ordering::Acquire) == head;

    let taken =
        ngx_io_uring_submit(wait as u32, IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG, &raw const arg, (*cycle).log);

    let err = if taken { 0 } else { ngx_errno() };

    if flags & NGX_UPDATE_TIME != 0 || ngx_event_timer_alarm.get() != 0 {
        ngx_time_update();
    }

    let mut rc = NGX_OK;

    if err != 0 && err != libc::ETIME {
        if err == NGX_EINTR && ngx_event_timer_alarm.get() != 0 {
            ngx_event_timer_alarm.set(0);
        } else {
            let level = if err == NGX_EINTR { NGX_LOG_INFO } else { NGX_LOG_ALERT };

            ngx_log_error!(level, (*cycle).log, err; "io_uring_enter() failed");
            rc = NGX_ERROR;
        }
    }

    let tail = (*(*u).cq_tail).load(Ordering::Acquire);

    ngx_event_batch.set(tail.wrapping_sub(head) > 1);

    while head != tail {
        let cqe = *(*u).cqes.add((head & (*u).cq_mask) as usize);

        head = head.wrapping_add(1);
        (*(*u).cq_head).store(head, Ordering::Release);

        let s = ngx_io_uring_ptr(cqe.user_data);

        match cqe.user_data & NGX_IO_URING_OP_MASK {
            NGX_IO_URING_OP_READ => ngx_io_uring_read_event(s, &cqe, flags),
            NGX_IO_URING_OP_WRITE => ngx_io_uring_write_event(s, &cqe, flags),

            // a cancellation that came too late
            _ => {}
        }
    }

    rc
}

unsafe fn ngx_io_uring_read_event(s: *mut ngx_io_uring_slot_t, cqe: &io_uring_cqe, flags: ngx_uint_t) {
    let c = (*s).c;

    let op = (*s).read;

    if cqe.flags & IORING_CQE_F_MORE == 0 {
        (*s).read = NGX_IO_URING_NONE;
        (*s).read_cancelled = false;

        ngx_io_uring_changed(s);
    }

    let bid = (cqe.flags >> IORING_CQE_BUFFER_SHIFT) as u16;
    let filled = cqe.flags & IORING_CQE_F_BUFFER != 0;

    if c.is_null() {
        // closed meanwhile

        ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*ngx_cycle.get()).log, 0; "io_uring: stale event %p", s);

        if filled {
            ngx_io_uring_give_buffer(bid);
        }

        return;
    }

    let rev = (*c).read;

    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*ngx_cycle.get()).log, 0;
                   "io_uring: fd:%d op:%d res:%D flags:%08XD d:%p", (*c).fd, op as c_int, cqe.res, cqe.flags, s);

    if op == NGX_IO_URING_RECV {
        if filled && cqe.res <= 0 {
            ngx_io_uring_give_buffer(bid);
        }

        if cqe.res > 0 {
            (*s).bid = bid;
            (*s).pos = (*ring.ptr()).buffers.add(bid as usize * NGX_IO_URING_BUFFER_SIZE);
            (*s).len = cqe.res as u32;
            (*s).more = cqe.flags & IORING_CQE_F_SOCK_NONEMPTY != 0;
        } else if cqe.res == 0 {
            (*s).eof = true;
            (*rev).pending_eof = true;
        } else {
            match -cqe.res {
                // it is to be received again, if at all
                libc::ECANCELED | NGX_EINTR | NGX_EAGAIN => return,

                // all buffers are in use: there is data, c->recv() gets it
                libc::ENOBUFS => (*s).more = true,

                err => {
                    (*s).err = err;
                    (*s).eof = true;
                    (*rev).pending_eof = true;
                }
            }
        }
    } else if cqe.res < 0 {
        if cqe.res != -libc::ECANCELED {
            ngx_log_error!(NGX_LOG_ALERT, (*c).log, -cqe.res; "io_uring poll failed, fd:%d", (*c).fd);
        }

        return;
    } else if op == NGX_IO_URING_RDHUP {
        (*rev).pending_eof = true;
    }

    if (*rev).active || (*s).stream {
        (*rev).ready = true;
        (*rev).available = -1;
    }

    if !(*rev).active {
        // it is kept
        return;
    }

    if flags & NGX_POST_EVENTS != 0 {
        let queue = if (*rev).accept { ngx_posted_accept_events.ptr() } else { ngx_posted_events.ptr() };

        ngx_post_event(rev, queue);
    } else {
        (*rev).handler.unwrap()(rev);
    }
}

unsafe fn ngx_io_uring_write_event(s: *mut ngx_io_uring_slot_t, cqe: &io_uring_cqe, flags: ngx_uint_t) {
    let c = (*s).c;

    (*s).write = false;
    (*s).write_cancelled = false;

    ngx_io_uring_changed(s);

    if c.is_null() {
        ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*ngx_cycle.get()).log, 0; "io_uring: stale event %p", s);
        return;
    }

    let wev = (*c).write;

    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*ngx_cycle.get()).log, 0;
                   "io_uring: fd:%d write res:%D d:%p", (*c).fd, cqe.res, s);

    if cqe.res == -libc::ECANCELED || !(*wev).active {
        return;
    }

    // polled once; who gets EAGAIN again asks again

    (*wev).active = false;
    (*wev).ready = true;
    (*wev).complete = true;

    if flags & NGX_POST_EVENTS != 0 {
        ngx_post_event(wev, ngx_posted_events.ptr());
    } else {
        (*wev).handler.unwrap()(wev);
    }
}

unsafe fn ngx_io_uring_recv(c: *mut ngx_connection_t, buf: *mut u8, size: usize) -> isize {
    let rev = (*c).read;
    let s = ngx_io_uring_slot(c);

    if s.is_null() {
        return ngx_unix_recv(c, buf, size);
    }

    if (*s).len != 0 {
        let mut n = Ord::min((*s).len as usize, size);

        ngx_memcpy(buf, (*s).pos, n);

        ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*c).log, 0;
                       "io_uring recv: fd:%d %uz of %uz, had:%uD", (*c).fd, n, size, (*s).len);

        if n == (*s).len as usize {
            ngx_io_uring_release(s);
            ngx_io_uring_changed(s);

            if (*s).more && n < size {
                n += ngx_io_uring_recv_more(c, s, buf.add(n), size - n);
            }

            (*rev).ready = (*s).more || (*rev).pending_eof;
        } else {
            (*s).pos = (*s).pos.add(n);
            (*s).len -= n as u32;
        }

        return n as isize;
    }

    if (*s).eof {
        ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*c).log, (*s).err; "io_uring recv: fd:%d eof", (*c).fd);

        (*rev).ready = false;

        if (*s).err != 0 {
            ngx_set_errno((*s).err);

            let n = ngx_connection_error(c, (*s).err, c"recv() failed".as_ptr());
            (*rev).error = n == NGX_ERROR;
            return n;
        }

        (*rev).eof = true;
        return 0;
    }

    if !(*rev).ready || (*s).read == NGX_IO_URING_RECV {
        // the kernel receives: what comes from now on is behind what it may already have

        ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*c).log, 0; "io_uring recv: fd:%d not ready", (*c).fd);

        (*rev).ready = false;
        return NGX_AGAIN;
    }

    // more than a buffer holds

    let n = ngx_unix_recv(c, buf, size);

    ngx_io_uring_received(c, s, n, size);

    n
}

/// Fills up what a buffer of the ring has begun, so that a read ends where it does with a call alone. What else is found
/// out is told by the next one.
unsafe fn ngx_io_uring_recv_more(
    c: *mut ngx_connection_t,
    s: *mut ngx_io_uring_slot_t,
    buf: *mut u8,
    size: usize,
) -> usize {
    let n = libc::recv((*c).fd, buf.cast(), size, 0);

    let err = ngx_socket_errno();

    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*c).log, 0; "recv: fd:%d %z of %uz", (*c).fd, n, size);

    if n > 0 {
        (*s).more = n as usize == size;
        return n as usize;
    }

    (*s).more = false;

    if n == 0 || err != NGX_EAGAIN && err != NGX_EINTR {
        (*s).eof = true;
        (*s).err = if n == 0 { 0 } else { err };
        (*(*c).read).pending_eof = true;
    }

    0
}

/// After `n` of `size` bytes were read from the socket itself.
unsafe fn ngx_io_uring_received(c: *mut ngx_connection_t, s: *mut ngx_io_uring_slot_t, n: isize, size: usize) {
    let rev = (*c).read;

    if n == NGX_AGAIN || (n > 0 && (n as usize) < size) {
        (*s).more = false;
        (*rev).ready = n > 0 && (*rev).pending_eof;
    } else if n > 0 {
        (*rev).ready = true;
    } else {
        (*s).eof = n == 0;
        (*rev).pending_eof = true;
    }

    ngx_io_uring_changed(s);
}

unsafe fn ngx_io_uring_recv_chain(c: *mut ngx_connection_t, mut chain: *mut ngx_chain_t, limit: off_t) -> isize {
    let s = ngx_io_uring_slot(c);

    if s.is_null() {
        return ngx_readv_chain(c, chain, limit);
    }

    // into one buf after the other: each has room

    let mut total = 0;

    while !chain.is_null() && (*(*c).read).ready {
        let b = (*chain).buf;
        let mut size = (*b).end.offset_from_unsigned((*b).last);

        if limit != 0 {
            if total as off_t >= limit {
                break;
            }

            size = Ord::min(size, (limit - total as off_t) as usize);
        }

        let n = ngx_io_uring_recv(c, (*b).last, size);

        if n <= 0 {
            // the end or the error is told when the data is gone
            return if total == 0 { n } else { total };
        }

        total += n;

        if (n as usize) < size {
            break;
        }

        chain = (*chain).next;
    }

    if total == 0 { NGX_AGAIN } else { total }
}

/// The error that the end of the connection came with: the kernel tells it once, and has told it to us.
pub unsafe fn ngx_io_uring_error(c: *mut ngx_connection_t) -> ngx_err_t {
    let s = ngx_io_uring_slot(c);

    if s.is_null() { 0 } else { (*s).err }
}
