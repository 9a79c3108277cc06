//! Port of src/os/unix/ngx_posix_init.c

use crate::core::{nginx::*, ngx_config::*, ngx_core::*, ngx_cpuinfo::*, ngx_log::*, ngx_times::*};
use crate::os::unix::{
    ngx_alloc::*, ngx_errno::*, ngx_linux_init::*, ngx_os::*, ngx_process_cycle::*, ngx_readv_chain::*, ngx_recv::*,
    ngx_send::*, ngx_setproctitle::*, ngx_udp_recv::*, ngx_udp_send::*, ngx_udp_sendmsg_chain::*, ngx_writev_chain::*,
};

pub static ngx_ncpu: ngx_global_t<ngx_int_t> = ngx_global_t::zeroed();
pub static ngx_max_sockets: ngx_global_t<ngx_int_t> = ngx_global_t::zeroed();
pub static ngx_inherited_nonblocking: ngx_global_t<ngx_uint_t> = ngx_global_t::zeroed();
pub static ngx_tcp_nodelay_and_tcp_nopush: ngx_global_t<ngx_uint_t> = ngx_global_t::zeroed();

static rlmt: ngx_global_t<libc::rlimit> = ngx_global_t::zeroed();

pub static ngx_os_io: ngx_global_t<ngx_os_io_t> = ngx_global_t::new(ngx_os_io_t {
    recv: Some(ngx_unix_recv),
    recv_chain: Some(ngx_readv_chain),
    udp_recv: Some(ngx_udp_unix_recv),
    send: Some(ngx_unix_send),
    udp_send: Some(ngx_udp_unix_send),
    udp_send_chain: Some(ngx_udp_unix_sendmsg_chain),
    send_chain: Some(ngx_writev_chain),
    flags: 0,
});

unsafe extern "C" {
    pub fn srandom(seed: c_uint);
}

pub unsafe fn ngx_os_init(log: *mut ngx_log_t) -> ngx_int_t {
    if ngx_os_specific_init(log) != NGX_OK {
        return NGX_ERROR;
    }

    if ngx_init_setproctitle(log) != NGX_OK {
        return NGX_ERROR;
    }

    ngx_pagesize.set(libc::sysconf(libc::_SC_PAGESIZE) as ngx_uint_t);

    if ngx_cacheline_size.get() == 0 {
        ngx_cacheline_size.set(NGX_CPU_CACHE_LINE);
    }

    let mut n = ngx_pagesize.get() >> 1;
    while n != 0 {
        ngx_pagesize_shift.set(ngx_pagesize_shift.get() + 1);
        n >>= 1;
    }

    if ngx_ncpu.get() == 0 {
        ngx_ncpu.set(libc::sysconf(libc::_SC_NPROCESSORS_ONLN) as ngx_int_t);
    }

    if ngx_ncpu.get() < 1 {
        ngx_ncpu.set(1);
    }

    #[cfg(target_env = "gnu")]
    {
        let size = libc::sysconf(libc::_SC_LEVEL1_DCACHE_LINESIZE);
        if size > 0 {
            ngx_cacheline_size.set(size as ngx_uint_t);
        }
    }

    ngx_cpuinfo();

    if libc::getrlimit(libc::RLIMIT_NOFILE, rlmt.ptr()) == -1 {
        ngx_log_error!(NGX_LOG_ALERT, log, ngx_errno(); "getrlimit(RLIMIT_NOFILE) failed");
        return NGX_ERROR;
    }

    ngx_max_sockets.set((*rlmt.ptr()).rlim_cur as ngx_int_t);

    ngx_inherited_nonblocking.set(1);

    let tp = ngx_timeofday();
    srandom(((ngx_pid.get() as c_uint) << 16) ^ (*tp).sec as c_uint ^ (*tp).msec as c_uint);

    NGX_OK
}

pub unsafe fn ngx_os_status(log: *mut ngx_log_t) {
    ngx_log_error!(NGX_LOG_NOTICE, log, 0; "%s", NGINX_VER_BUILD);

    if let Some(compiler) = option_env!("NGX_COMPILER") {
        ngx_log_error!(NGX_LOG_NOTICE, log, 0; "built by %s", compiler);
    }

    ngx_os_specific_status(log);

    ngx_log_error!(NGX_LOG_NOTICE, log, 0;
                   "getrlimit(RLIMIT_NOFILE): %r:%r", (*rlmt.ptr()).rlim_cur, (*rlmt.ptr()).rlim_max);
}
