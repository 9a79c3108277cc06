//! Port of src/os/unix/ngx_time.c and .h

use crate::core::{ngx_config::*, ngx_rbtree::*};

pub type ngx_msec_t = ngx_rbtree_key_t;
pub type ngx_msec_int_t = ngx_rbtree_key_int_t;

pub type ngx_tm_t = libc::tm;

unsafe extern "C" {
    static mut timezone: c_long;
}

/// Minutes east of Greenwich, as tzset() has set them.
#[inline(always)]
pub unsafe fn ngx_timezone(isdst: c_int) -> c_int {
    (-(if isdst != 0 { timezone + 3600 } else { timezone }) / 60) as c_int
}

#[inline(always)]
pub unsafe fn ngx_gettimeofday(tp: *mut libc::timeval) {
    let _ = libc::gettimeofday(tp, null_mut());
}

#[inline(always)]
pub unsafe fn ngx_msleep(ms: ngx_msec_t) {
    let _ = libc::usleep((ms * 1000) as libc::useconds_t);
}

#[inline(always)]
pub unsafe fn ngx_sleep(s: c_uint) {
    let _ = libc::sleep(s);
}

/// Makes libc look at /etc/localtime again: strftime() does, localtime() does not.
pub unsafe fn ngx_timezone_update() {
    let mut buf = [0 as c_char; 4];

    let s = libc::time(null_mut());

    let t = libc::localtime(&raw const s);

    libc::strftime(buf.as_mut_ptr(), 4, c"%H".as_ptr(), t);
}

pub unsafe fn ngx_localtime(s: time_t, tm: *mut ngx_tm_t) {
    let _ = libc::localtime_r(&raw const s, tm);

    (*tm).tm_mon += 1;
    (*tm).tm_year += 1900;
}

pub unsafe fn ngx_libc_localtime(s: time_t, tm: *mut libc::tm) {
    let _ = libc::localtime_r(&raw const s, tm);
}

pub unsafe fn ngx_libc_gmtime(s: time_t, tm: *mut libc::tm) {
    let _ = libc::gmtime_r(&raw const s, tm);
}
