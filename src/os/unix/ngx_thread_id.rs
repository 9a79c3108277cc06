//! Port of src/os/unix/ngx_thread_id.c

use crate::os::unix::ngx_thread::*;

pub unsafe fn ngx_thread_tid() -> ngx_tid_t {
    libc::syscall(libc::SYS_gettid) as ngx_tid_t
}
