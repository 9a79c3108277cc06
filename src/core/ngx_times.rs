//! Port of src/core/ngx_times.c and .h

use crate::core::{ngx_config::*, ngx_core::*, ngx_string::*};
use crate::os::unix::{ngx_atomic::*, ngx_time::*};

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_time_t {
    pub sec: time_t,
    pub msec: ngx_uint_t,
    /// In minutes.
    pub gmtoff: ngx_int_t,
}

#[inline(always)]
pub unsafe fn ngx_time() -> time_t {
    (*ngx_cached_time.get()).sec
}

#[inline(always)]
pub unsafe fn ngx_timeofday() -> *mut ngx_time_t {
    ngx_cached_time.get()
}

/// A ring: whoever reads a cached string without the lock has that many seconds until it is overwritten.
const NGX_TIME_SLOTS: usize = 64;

static slot: ngx_global_t<ngx_uint_t> = ngx_global_t::zeroed();
static ngx_time_lock: ngx_global_t<ngx_atomic_t> = ngx_global_t::zeroed();

/// Monotonic, for the timers: says nothing about the time of day.
pub static ngx_current_msec: ngx_global_t<ngx_msec_t> = ngx_global_t::zeroed();
pub static ngx_cached_time: ngx_global_t<*mut ngx_time_t> = ngx_global_t::zeroed();
pub static ngx_cached_err_log_time: ngx_global_t<ngx_str_t> = ngx_global_t::zeroed();
pub static ngx_cached_http_time: ngx_global_t<ngx_str_t> = ngx_global_t::zeroed();
pub static ngx_cached_http_log_time: ngx_global_t<ngx_str_t> = ngx_global_t::zeroed();
pub static ngx_cached_http_log_iso8601: ngx_global_t<ngx_str_t> = ngx_global_t::zeroed();
pub static ngx_cached_syslog_time: ngx_global_t<ngx_str_t> = ngx_global_t::zeroed();

/// For ngx_time_sigsafe_update(): a signal handler may not ask libc for the local time.
static cached_gmtoff: ngx_global_t<ngx_int_t> = ngx_global_t::zeroed();

type ngx_time_strings_t<const N: usize> = ngx_global_t<[[u8; N]; NGX_TIME_SLOTS]>;

static cached_time: ngx_global_t<[ngx_time_t; NGX_TIME_SLOTS]> = ngx_global_t::zeroed();
static cached_err_log_time: ngx_time_strings_t<{ "1970/09/28 12:00:00".len() }> = ngx_global_t::zeroed();
static cached_http_time: ngx_time_strings_t<{ "Mon, 28 Sep 1970 06:00:00 GMT".len() }> = ngx_global_t::zeroed();
static cached_http_log_time: ngx_time_strings_t<{ "28/Sep/1970:12:00:00 +0600".len() }> = ngx_global_t::zeroed();
static cached_http_log_iso8601: ngx_time_strings_t<{ "1970-09-28T12:00:00+06:00".len() }> = ngx_global_t::zeroed();
static cached_syslog_time: ngx_time_strings_t<{ "Sep 28 12:00:00".len() }> = ngx_global_t::zeroed();

static week: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
static months: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

pub unsafe fn ngx_time_init() {
    (*ngx_cached_err_log_time.ptr()).len = "1970/09/28 12:00:00".len();
    (*ngx_cached_http_time.ptr()).len = "Mon, 28 Sep 1970 06:00:00 GMT".len();
    (*ngx_cached_http_log_time.ptr()).len = "28/Sep/1970:12:00:00 +0600".len();
    (*ngx_cached_http_log_iso8601.ptr()).len = "1970-09-28T12:00:00+06:00".len();
    (*ngx_cached_syslog_time.ptr()).len = "Sep 28 12:00:00".len();

    ngx_cached_time.set((&raw mut (*cached_time.ptr())[0]).cast());

    ngx_time_update();
}

pub unsafe fn ngx_time_update() {
    if !ngx_trylock(ngx_time_lock.ptr()) {
        return;
    }

    let mut tv: libc::timeval = core::mem::zeroed();
    ngx_gettimeofday(&raw mut tv);

    let sec = tv.tv_sec;
    let msec = (tv.tv_usec / 1000) as ngx_uint_t;

    ngx_current_msec.set(ngx_monotonic_time(sec, msec));

    let mut tp = &raw mut (*cached_time.ptr())[slot.get()];

    if (*tp).sec == sec {
        (*tp).msec = msec;
        ngx_unlock(ngx_time_lock.ptr());
        return;
    }

    if slot.get() == NGX_TIME_SLOTS - 1 {
        slot.set(0);
    } else {
        slot.set(slot.get() + 1);
    }

    tp = &raw mut (*cached_time.ptr())[slot.get()];

    (*tp).sec = sec;
    (*tp).msec = msec;

    let mut gmt: ngx_tm_t = core::mem::zeroed();
    let mut tm: ngx_tm_t = core::mem::zeroed();

    ngx_gmtime(sec, &raw mut gmt);

    let p0: *mut u8 = (&raw mut (*cached_http_time.ptr())[slot.get()]).cast();

    let _ = ngx_sprintf!(
        p0,
        "%s, %02d %s %4d %02d:%02d:%02d GMT",
        week[gmt.tm_wday as usize],
        gmt.tm_mday,
        months[gmt.tm_mon as usize - 1],
        gmt.tm_year,
        gmt.tm_hour,
        gmt.tm_min,
        gmt.tm_sec,
    );

    ngx_localtime(sec, &raw mut tm);
    cached_gmtoff.set((tm.tm_gmtoff / 60) as ngx_int_t);
    (*tp).gmtoff = cached_gmtoff.get();

    let p1: *mut u8 = (&raw mut (*cached_err_log_time.ptr())[slot.get()]).cast();

    let _ = ngx_sprintf!(
        p1,
        "%4d/%02d/%02d %02d:%02d:%02d",
        tm.tm_year,
        tm.tm_mon,
        tm.tm_mday,
        tm.tm_hour,
        tm.tm_min,
        tm.tm_sec,
    );

    let p2: *mut u8 = (&raw mut (*cached_http_log_time.ptr())[slot.get()]).cast();

    let _ = ngx_sprintf!(
        p2,
        "%02d/%s/%d:%02d:%02d:%02d %c%02i%02i",
        tm.tm_mday,
        months[tm.tm_mon as usize - 1],
        tm.tm_year,
        tm.tm_hour,
        tm.tm_min,
        tm.tm_sec,
        if (*tp).gmtoff < 0 { b'-' } else { b'+' },
        ngx_abs((*tp).gmtoff / 60),
        ngx_abs((*tp).gmtoff % 60),
    );

    let p3: *mut u8 = (&raw mut (*cached_http_log_iso8601.ptr())[slot.get()]).cast();

    let _ = ngx_sprintf!(
        p3,
        "%4d-%02d-%02dT%02d:%02d:%02d%c%02i:%02i",
        tm.tm_year,
        tm.tm_mon,
        tm.tm_mday,
        tm.tm_hour,
        tm.tm_min,
        tm.tm_sec,
        if (*tp).gmtoff < 0 { b'-' } else { b'+' },
        ngx_abs((*tp).gmtoff / 60),
        ngx_abs((*tp).gmtoff % 60),
    );

    let p4: *mut u8 = (&raw mut (*cached_syslog_time.ptr())[slot.get()]).cast();

    let _ = ngx_sprintf!(
        p4,
        "%s %2d %02d:%02d:%02d",
        months[tm.tm_mon as usize - 1],
        tm.tm_mday,
        tm.tm_hour,
        tm.tm_min,
        tm.tm_sec,
    );

    ngx_memory_barrier();

    ngx_cached_time.set(tp);
    (*ngx_cached_http_time.ptr()).data = p0;
    (*ngx_cached_err_log_time.ptr()).data = p1;
    (*ngx_cached_http_log_time.ptr()).data = p2;
    (*ngx_cached_http_log_iso8601.ptr()).data = p3;
    (*ngx_cached_syslog_time.ptr()).data = p4;

    ngx_unlock(ngx_time_lock.ptr());
}

/// What it is given is for systems without the clock; Linux has it.
unsafe fn ngx_monotonic_time(_sec: time_t, _msec: ngx_uint_t) -> ngx_msec_t {
    let mut ts: libc::timespec = core::mem::zeroed();

    libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut ts);

    let sec = ts.tv_sec;
    let msec = (ts.tv_nsec / 1_000_000) as ngx_uint_t;

    sec as ngx_msec_t * 1000 + msec
}

/// Only what a signal handler's log lines need; the next ngx_time_update() sees `sec` 0 and does the rest.
pub unsafe fn ngx_time_sigsafe_update() {
    if !ngx_trylock(ngx_time_lock.ptr()) {
        return;
    }

    let mut tv: libc::timeval = core::mem::zeroed();
    ngx_gettimeofday(&raw mut tv);

    let sec = tv.tv_sec;

    let mut tp = &raw mut (*cached_time.ptr())[slot.get()];

    if (*tp).sec == sec {
        ngx_unlock(ngx_time_lock.ptr());
        return;
    }

    if slot.get() == NGX_TIME_SLOTS - 1 {
        slot.set(0);
    } else {
        slot.set(slot.get() + 1);
    }

    tp = &raw mut (*cached_time.ptr())[slot.get()];

    (*tp).sec = 0;

    let mut tm: ngx_tm_t = core::mem::zeroed();
    ngx_gmtime(sec + cached_gmtoff.get() as time_t * 60, &raw mut tm);

    let p: *mut u8 = (&raw mut (*cached_err_log_time.ptr())[slot.get()]).cast();

    let _ = ngx_sprintf!(
        p,
        "%4d/%02d/%02d %02d:%02d:%02d",
        tm.tm_year,
        tm.tm_mon,
        tm.tm_mday,
        tm.tm_hour,
        tm.tm_min,
        tm.tm_sec,
    );

    let p2: *mut u8 = (&raw mut (*cached_syslog_time.ptr())[slot.get()]).cast();

    let _ = ngx_sprintf!(
        p2,
        "%s %2d %02d:%02d:%02d",
        months[tm.tm_mon as usize - 1],
        tm.tm_mday,
        tm.tm_hour,
        tm.tm_min,
        tm.tm_sec,
    );

    ngx_memory_barrier();

    (*ngx_cached_err_log_time.ptr()).data = p;
    (*ngx_cached_syslog_time.ptr()).data = p2;

    ngx_unlock(ngx_time_lock.ptr());
}

pub unsafe fn ngx_http_time(buf: *mut u8, t: time_t) -> *mut u8 {
    let mut tm: ngx_tm_t = core::mem::zeroed();

    ngx_gmtime(t, &raw mut tm);

    if (1000..=9999).contains(&tm.tm_year) {
        return ngx_http_time_digits(buf, &raw const tm);
    }

    ngx_sprintf!(
        buf,
        "%s, %02d %s %4d %02d:%02d:%02d GMT",
        week[tm.tm_wday as usize],
        tm.tm_mday,
        months[tm.tm_mon as usize - 1],
        tm.tm_year,
        tm.tm_hour,
        tm.tm_min,
        tm.tm_sec,
    )
}

/// DEVIATION: C formats with ngx_sprintf(); the Last-Modified of each answer comes this way, at a tenth of it.
unsafe fn ngx_http_time_digits(buf: *mut u8, tm: *const ngx_tm_t) -> *mut u8 {
    ngx_memcpy(buf, b"Ddd, 00 Mmm 0000 00:00:00 GMT".as_ptr(), 29);
    ngx_memcpy(buf, week[(*tm).tm_wday as usize].as_ptr(), 3);
    ngx_two_digits(buf.add(5), (*tm).tm_mday);
    ngx_memcpy(buf.add(8), months[(*tm).tm_mon as usize - 1].as_ptr(), 3);
    ngx_two_digits(buf.add(12), (*tm).tm_year / 100);
    ngx_two_digits(buf.add(14), (*tm).tm_year % 100);
    ngx_two_digits(buf.add(17), (*tm).tm_hour);
    ngx_two_digits(buf.add(20), (*tm).tm_min);
    ngx_two_digits(buf.add(23), (*tm).tm_sec);

    buf.add(29)
}

/// "%02d" of 0 to 99.
#[inline]
pub unsafe fn ngx_two_digits(p: *mut u8, n: c_int) {
    *p = b'0' + (n / 10) as u8;
    *p.add(1) = b'0' + (n % 10) as u8;
}

/// Two digits for the year up to 2037, for the oldest browsers.
pub unsafe fn ngx_http_cookie_time(buf: *mut u8, t: time_t) -> *mut u8 {
    let mut tm: ngx_tm_t = core::mem::zeroed();

    ngx_gmtime(t, &raw mut tm);

    if tm.tm_year > 2037 {
        return ngx_sprintf!(
            buf,
            "%s, %02d-%s-%d %02d:%02d:%02d GMT",
            week[tm.tm_wday as usize],
            tm.tm_mday,
            months[tm.tm_mon as usize - 1],
            tm.tm_year,
            tm.tm_hour,
            tm.tm_min,
            tm.tm_sec,
        );
    }

    ngx_sprintf!(
        buf,
        "%s, %02d-%s-%02d %02d:%02d:%02d GMT",
        week[tm.tm_wday as usize],
        tm.tm_mday,
        months[tm.tm_mon as usize - 1],
        tm.tm_year % 100,
        tm.tm_hour,
        tm.tm_min,
        tm.tm_sec,
    )
}

/// As ngx_localtime(): the month counts from 1 and the year from 0. Before 1970 it is 1970, after 9999 the last
/// second of 9999.
pub unsafe fn ngx_gmtime(t: time_t, tp: *mut ngx_tm_t) {
    let t = if t < 0 { 0 } else { t };

    let mut days = (t / 86400) as ngx_int_t;
    let mut sec = (t % 86400) as ngx_uint_t;

    if days > 2932896 {
        days = 2932896;
        sec = 86399;
    }

    // the first day was a Thursday

    let wday = (4 + days) % 7;

    let hour = sec / 3600;
    sec %= 3600;
    let min = sec / 60;
    sec %= 60;

    // ngx_parse_http_time() the other way round: years begin in March, so that the leap day ends one

    days = days - (31 + 28) + 719527;

    // two days ahead, which may give the year that follows; `yday` is negative then

    let mut year = (days + 2) * 400 / (365 * 400 + 100 - 4 + 1);

    let mut yday = days - (365 * year + year / 4 - year / 100 + year / 400);

    if yday < 0 {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        yday += 365 + leap as ngx_int_t;
        year -= 1;
    }

    let mut mon = (yday + 31) * 10 / 306;

    let mday = yday - (367 * mon / 12 - 30) + 1;

    if yday >= 306 {
        year += 1;
        mon -= 10;
    } else {
        mon += 2;
    }

    (*tp).tm_sec = sec as c_int;
    (*tp).tm_min = min as c_int;
    (*tp).tm_hour = hour as c_int;
    (*tp).tm_mday = mday as c_int;
    (*tp).tm_mon = mon as c_int;
    (*tp).tm_year = year as c_int;
    (*tp).tm_wday = wday as c_int;
}

/// When the local clock next shows `when`, in seconds after midnight; -1 if mktime() fails.
pub unsafe fn ngx_next_time(mut when: time_t) -> time_t {
    let now = ngx_time();

    let mut tm: libc::tm = core::mem::zeroed();
    ngx_libc_localtime(now, &raw mut tm);

    tm.tm_hour = (when / 3600) as c_int;
    when %= 3600;
    tm.tm_min = (when / 60) as c_int;
    tm.tm_sec = (when % 60) as c_int;

    let mut next = libc::mktime(&raw mut tm);

    if next == -1 {
        return -1;
    }

    if next - now > 0 {
        return next;
    }

    // tomorrow; mktime() makes a date of a 32nd

    tm.tm_mday += 1;

    next = libc::mktime(&raw mut tm);

    if next != -1 {
        return next;
    }

    -1
}

#[cfg(test)]
mod tests {
    use super::*;

    unsafe fn http_time(t: time_t, cookie: bool) -> [u8; 40] {
        let mut buf = [0; 40];
        if cookie {
            ngx_http_cookie_time(buf.as_mut_ptr(), t);
        } else {
            ngx_http_time(buf.as_mut_ptr(), t);
        }
        buf
    }

    #[test]
    fn gmtime_is_libc_gmtime() {
        unsafe {
            let mut tm: ngx_tm_t = core::mem::zeroed();
            let mut libc_tm: libc::tm = core::mem::zeroed();

            // each day up to 9999, at a different second
            for days in 0..=2932896 {
                let t = days * 86400 + days * 7919 % 86400;
                ngx_gmtime(t, &raw mut tm);
                libc::gmtime_r(&t, &raw mut libc_tm);

                assert_eq!(
                    (tm.tm_year, tm.tm_mon, tm.tm_mday, tm.tm_wday, tm.tm_hour, tm.tm_min, tm.tm_sec),
                    (
                        libc_tm.tm_year + 1900,
                        libc_tm.tm_mon + 1,
                        libc_tm.tm_mday,
                        libc_tm.tm_wday,
                        libc_tm.tm_hour,
                        libc_tm.tm_min,
                        libc_tm.tm_sec
                    )
                );
            }
        }
    }

    #[test]
    fn http_times() {
        unsafe {
            assert!(http_time(-1, false).starts_with(b"Thu, 01 Jan 1970 00:00:00 GMT\0"));
            assert!(http_time(784111777, false).starts_with(b"Sun, 06 Nov 1994 08:49:37 GMT\0"));
            assert!(http_time(time_t::MAX, false).starts_with(b"Fri, 31 Dec 9999 23:59:59 GMT\0"));
            assert!(http_time(784111777, true).starts_with(b"Sun, 06-Nov-94 08:49:37 GMT\0"));
            assert!(http_time(2145916799, true).starts_with(b"Thu, 31-Dec-37 23:59:59 GMT\0"));
            assert!(http_time(2145916800, true).starts_with(b"Fri, 01-Jan-2038 00:00:00 GMT\0"));
        }
    }
}
