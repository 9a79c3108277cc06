//! Port of src/os/unix/ngx_linux_aio_read.c

use crate::core::{ngx_config::*, ngx_core::*, ngx_file::*, ngx_log::*, ngx_palloc::*, ngx_string::*};
use crate::event::modules::ngx_epoll_module::*;
use crate::event::ngx_event::*;
use crate::os::unix::{ngx_errno::*, ngx_files::*};

// linux/aio_abi.h
const IOCB_CMD_PREAD: u16 = 0;
const IOCB_FLAG_RESFD: u32 = 1 << 0;

unsafe fn io_submit(ctx: aio_context_t, n: c_long, paiocb: *mut *mut ngx_aiocb_t) -> c_int {
    libc::syscall(libc::SYS_io_submit, ctx, n, paiocb) as c_int
}

pub unsafe fn ngx_file_aio_init(file: *mut ngx_file_t, pool: *mut ngx_pool_t) -> ngx_int_t {
    let aio: *mut ngx_event_aio_t = ngx_pcalloc(pool);
    if aio.is_null() {
        return NGX_ERROR;
    }

    (*aio).file = file;
    (*aio).fd = (*file).fd;
    (*aio).event.data = aio.cast();
    (*aio).event.ready = true;
    (*aio).event.log = (*file).log;

    (*file).aio = aio;

    NGX_OK
}

pub unsafe fn ngx_file_aio_read(
    file: *mut ngx_file_t,
    buf: *mut u8,
    size: usize,
    offset: off_t,
    pool: *mut ngx_pool_t,
) -> isize {
    if ngx_file_aio.get() == 0 {
        return ngx_read_file(file, buf, size, offset);
    }

    if (*file).aio.is_null() && ngx_file_aio_init(file, pool) != NGX_OK {
        return NGX_ERROR;
    }

    let aio = (*file).aio;
    let ev = &raw mut (*aio).event;

    if !(*ev).ready {
        ngx_log_error!(NGX_LOG_ALERT, (*file).log, 0; "second aio post for \"%V\"", (*file).name);
        return NGX_AGAIN;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*file).log, 0;
                   "aio complete:%d @%O:%uz %V", (*ev).complete, offset, size, (*file).name);

    if (*ev).complete {
        (*ev).active = false;
        (*ev).complete = false;

        if (*aio).res >= 0 {
            ngx_set_errno(0);
            return (*aio).res as isize;
        }

        ngx_set_errno(-(*aio).res as ngx_err_t);

        ngx_log_error!(NGX_LOG_CRIT, (*file).log, ngx_errno(); "aio read \"%s\" failed", (*file).name.data);

        return NGX_ERROR;
    }

    // SAFETY: the kernel writes to `buf` and gives `ev` back through the eventfd; both live in the request's pool,
    // and the request waits for it.

    ngx_memzero(&raw mut (*aio).aiocb, size_of::<ngx_aiocb_t>());

    (*aio).aiocb.aio_data = ev.expose_provenance() as u64;
    (*aio).aiocb.aio_lio_opcode = IOCB_CMD_PREAD;
    (*aio).aiocb.aio_fildes = (*file).fd as u32;
    (*aio).aiocb.aio_buf = buf.expose_provenance() as u64;
    (*aio).aiocb.aio_nbytes = size as u64;
    (*aio).aiocb.aio_offset = offset;
    (*aio).aiocb.aio_flags = IOCB_FLAG_RESFD;
    (*aio).aiocb.aio_resfd = ngx_eventfd.get() as u32;

    (*ev).handler = Some(ngx_file_aio_event_handler);

    let mut piocb = [&raw mut (*aio).aiocb];

    if io_submit(ngx_aio_ctx.get(), 1, piocb.as_mut_ptr()) == 1 {
        (*ev).active = true;
        (*ev).ready = false;
        (*ev).complete = false;

        return NGX_AGAIN;
    }

    let err = ngx_errno();

    if err == NGX_EAGAIN {
        return ngx_read_file(file, buf, size, offset);
    }

    ngx_log_error!(NGX_LOG_CRIT, (*file).log, err; "io_submit(\"%V\") failed", (*file).name);

    if err == NGX_ENOSYS {
        ngx_file_aio.set(0);
        return ngx_read_file(file, buf, size, offset);
    }

    NGX_ERROR
}

unsafe fn ngx_file_aio_event_handler(ev: *mut ngx_event_t) {
    let aio = (*ev).data.cast::<ngx_event_aio_t>();

    ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*ev).log, 0;
                   "aio event handler fd:%d %V", (*aio).fd, (*(*aio).file).name);

    (*aio).handler.unwrap()(ev);
}
