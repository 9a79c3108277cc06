//! Port of src/os/unix/ngx_setproctitle.c and .h
//!
//! Linux shows as a process's title what lies in the memory of its argv, and lets it reach into the environment
//! behind it. So argv[1] is set to NULL, the environment moves to the heap, and both places are free for the title.

use crate::core::{ngx_config::*, ngx_core::*, ngx_cycle::*, ngx_log::*, ngx_string::*};
use crate::os::unix::{ngx_alloc::*, ngx_process::*};

pub const NGX_SETPROCTITLE_USES_ENV: ngx_uint_t = 1;
pub const NGX_SETPROCTITLE_PAD: u8 = b'\0';

/// The last byte of the memory that argv and the environment take together.
static ngx_os_argv_last: ngx_global_t<*mut c_char> = ngx_global_t::zeroed();

pub unsafe fn ngx_init_setproctitle(log: *mut ngx_log_t) -> ngx_int_t {
    // SAFETY: no other thread runs yet that could call getenv()

    let mut size = 0;

    let mut i = 0;
    while !(*environ.add(i)).is_null() {
        size += libc::strlen(*environ.add(i)) + 1;
        i += 1;
    }

    let mut p = ngx_alloc(size, log).cast::<u8>();
    if p.is_null() {
        return NGX_ERROR;
    }

    let argv = ngx_os_argv.get();
    let mut last = *argv;

    i = 0;
    while !(*argv.add(i)).is_null() {
        if last == *argv.add(i) {
            last = (*argv.add(i)).add(libc::strlen(*argv.add(i)) + 1);
        }
        i += 1;
    }

    i = 0;
    while !(*environ.add(i)).is_null() {
        if last == *environ.add(i) {
            size = libc::strlen(*environ.add(i)) + 1;
            last = (*environ.add(i)).add(size);

            ngx_cpystrn(p, (*environ.add(i)).cast(), size);
            *environ.add(i) = p.cast();
            p = p.add(size);
        }
        i += 1;
    }

    ngx_os_argv_last.set(last.sub(1));

    NGX_OK
}

pub unsafe fn ngx_setproctitle(title: *const c_char) {
    let argv = ngx_os_argv.get();
    let last = ngx_os_argv_last.get().cast::<u8>();

    *argv.add(1) = null_mut();

    let mut p = (*argv).cast::<u8>();

    p = ngx_cpystrn(p, c"nginx: ".as_ptr().cast_mut().cast(), last.offset_from_unsigned(p));

    p = ngx_cpystrn(p, title.cast_mut().cast(), last.offset_from_unsigned(p));

    if last != p {
        ngx_memset(p, NGX_SETPROCTITLE_PAD, last.offset_from_unsigned(p));
    }

    ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*ngx_cycle.get()).log, 0; "setproctitle: \"%s\"", *argv);
}
