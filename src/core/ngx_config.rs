//! Port of src/core/ngx_config.h and src/os/unix/ngx_linux_config.h
//! Ours: `ngx_global_t` and `ngx_sig_atomic_t`, which stand where C has a plain global.

use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicUsize, Ordering};

pub use core::ffi::{CStr, c_char, c_int, c_long, c_uint, c_ulong, c_void};
pub use core::mem::{offset_of, size_of};
pub use core::ptr::{null, null_mut};
pub use libc::{
    gid_t, in_addr_t, in_port_t, in6_addr, ino_t, off_t, pid_t, sockaddr, sockaddr_in, sockaddr_in6, sockaddr_un,
    socklen_t, time_t, uid_t,
};

pub type ngx_int_t = isize;
pub type ngx_uint_t = usize;
pub type ngx_flag_t = isize;

pub const NGX_SHUTDOWN_SIGNAL: c_int = libc::SIGQUIT;
pub const NGX_TERMINATE_SIGNAL: c_int = libc::SIGTERM;
pub const NGX_NOACCEPT_SIGNAL: c_int = libc::SIGWINCH;
pub const NGX_RECONFIGURE_SIGNAL: c_int = libc::SIGHUP;

pub const NGX_REOPEN_SIGNAL: c_int = libc::SIGUSR1;
pub const NGX_CHANGEBIN_SIGNAL: c_int = libc::SIGUSR2;

pub const NGX_INT32_LEN: usize = "-2147483648".len();
pub const NGX_INT64_LEN: usize = "-9223372036854775808".len();
pub const NGX_INT_T_LEN: usize = if size_of::<usize>() == 4 { NGX_INT32_LEN } else { NGX_INT64_LEN };
pub const NGX_MAX_INT_T_VALUE: ngx_int_t = isize::MAX;
pub const NGX_MAX_INT32_VALUE: u32 = 0x7fffffff;
pub const NGX_MAX_UINT32_VALUE: u32 = 0xffffffff;
pub const NGX_MAX_OFF_T_VALUE: off_t = off_t::MAX;
pub const NGX_MAX_SIZE_T_VALUE: usize = isize::MAX as usize;
pub const NGX_OFF_T_LEN: usize = NGX_INT64_LEN;
pub const NGX_TIME_T_LEN: usize = if size_of::<time_t>() == 4 { NGX_INT32_LEN } else { NGX_INT64_LEN };
pub const NGX_MAXHOSTNAMELEN: usize = 64;
pub const NGX_INVALID_ARRAY_INDEX: ngx_uint_t = 0x80000000;
pub const NGX_LISTEN_BACKLOG: c_int = 511;
pub const NGX_CPU_CACHE_LINE: usize = 64;
pub const NGX_PTR_SIZE: usize = size_of::<*const u8>();

/// Alignment of every typed pool allocation, in bytes.
pub const NGX_ALIGNMENT: usize = size_of::<usize>();

#[inline(always)]
pub const fn ngx_align(d: usize, a: usize) -> usize {
    (d + (a - 1)) & !(a - 1)
}

#[inline(always)]
pub fn ngx_align_ptr<T>(p: *mut T, a: usize) -> *mut T {
    p.map_addr(|p| ngx_align(p, a))
}

pub unsafe fn ngx_random() -> c_long {
    random()
}

unsafe extern "C" {
    fn random() -> c_long;
    pub static mut environ: *mut *mut c_char;
}

/// A global variable of a process with one event loop thread.
#[repr(transparent)]
pub struct ngx_global_t<T>(UnsafeCell<T>);

// SAFETY: nginx's globals belong to the only thread that runs the event loop. The thread pool's threads touch
// none of them but what a spinlock or a mutex guards, and the cached times, which C reads from threads too.
// What a signal handler writes is an ngx_sig_atomic_t.
unsafe impl<T> Sync for ngx_global_t<T> {}

impl<T> ngx_global_t<T> {
    pub const fn new(v: T) -> Self {
        Self(UnsafeCell::new(v))
    }

    /// All bits zero: what C gives a global without an initialiser.
    pub const fn zeroed() -> Self {
        const { Self(UnsafeCell::new(unsafe { core::mem::zeroed() })) }
    }

    #[inline(always)]
    pub const fn ptr(&self) -> *mut T {
        self.0.get()
    }

    #[inline(always)]
    pub unsafe fn set(&self, v: T) {
        *self.0.get() = v
    }
}

impl<T: Copy> ngx_global_t<T> {
    #[inline(always)]
    pub unsafe fn get(&self) -> T {
        *self.0.get()
    }
}

/// What a signal handler writes and the main loop reads; relaxed, as `sig_atomic_t` is.
pub struct ngx_sig_atomic_t(AtomicUsize);

impl ngx_sig_atomic_t {
    pub const fn new(v: usize) -> Self {
        Self(AtomicUsize::new(v))
    }

    #[inline(always)]
    pub fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    #[inline(always)]
    pub fn set(&self, v: usize) {
        self.0.store(v, Ordering::Relaxed)
    }
}

/// `offsetof(type, field)` that also checks the type of the field: a slot handler writes through it.
macro_rules! ngx_offsetof {
    ($t:ty, $($f:ident).+ : $ft:ty) => {{
        const _: fn(*const $t) -> *const $ft = |p| unsafe { &raw const (*p).$($f).+ };
        core::mem::offset_of!($t, $($f).+)
    }};
}
pub(crate) use ngx_offsetof;
