//! Port of src/http/ngx_http_copy_filter_module.c

use crate::core::{
    ngx_buf::*, ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_cycle::*, ngx_file::*, ngx_log::*, ngx_module::*,
    ngx_output_chain::*, ngx_palloc::*, ngx_string::*, ngx_thread_pool::*,
};
use crate::event::ngx_event::*;
use crate::http::{ngx_http::*, ngx_http_config::*, ngx_http_core_module::*, ngx_http_request::*, ngx_http_script::*};
use crate::os::unix::ngx_files::*;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_copy_filter_conf_t {
    pub bufs: ngx_bufs_t,
}

static ngx_http_copy_filter_commands: &[ngx_command_t] = &[ngx_command_t {
    name: ngx_string!("output_buffers"),
    type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE2,
    set: Some(ngx_conf_set_bufs_slot),
    conf: NGX_HTTP_LOC_CONF_OFFSET,
    offset: ngx_offsetof!(ngx_http_copy_filter_conf_t, bufs: ngx_bufs_t),
    post: null(),
}];

static ngx_http_copy_filter_module_ctx: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: None,
    postconfiguration: Some(ngx_http_copy_filter_init),

    create_main_conf: None,
    init_main_conf: None,

    create_srv_conf: None,
    merge_srv_conf: None,

    create_loc_conf: Some(ngx_http_copy_filter_create_conf),
    merge_loc_conf: Some(ngx_http_copy_filter_merge_conf),
};

pub static ngx_http_copy_filter_module: ngx_module_t = ngx_module_t {
    name: c"ngx_http_copy_filter_module",
    ctx: (&raw const ngx_http_copy_filter_module_ctx).cast(),
    commands: ngx_http_copy_filter_commands,
    type_: NGX_HTTP_MODULE,
    ..NGX_MODULE_V1()
};

static ngx_http_next_body_filter: ngx_global_t<ngx_http_output_body_filter_pt> = ngx_global_t::new(None);

unsafe fn ngx_http_copy_filter(r: *mut ngx_http_request_t, in_: *mut ngx_chain_t) -> ngx_int_t {
    let c = (*r).connection;

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*c).log, 0; "http copy filter: \"%V?%V\"", (*r).uri, (*r).args);

    let mut ctx: *mut ngx_output_chain_ctx_t = ngx_http_get_module_ctx(r, &ngx_http_copy_filter_module);

    if ctx.is_null() {
        ctx = ngx_pcalloc((*r).pool);
        if ctx.is_null() {
            return NGX_ERROR;
        }

        ngx_http_set_ctx(r, ctx, &ngx_http_copy_filter_module);

        let conf: *mut ngx_http_copy_filter_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_copy_filter_module);
        let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

        (*ctx).sendfile = (*c).sendfile;
        (*ctx).need_in_memory = (*r).main_filter_need_in_memory || (*r).filter_need_in_memory;
        (*ctx).need_in_temp = (*r).filter_need_temporary;

        (*ctx).alignment = (*clcf).directio_alignment;

        (*ctx).pool = (*r).pool;
        (*ctx).bufs = (*conf).bufs;
        (*ctx).tag = (&raw const ngx_http_copy_filter_module).cast();

        (*ctx).output_filter = Some(ngx_http_copy_output_filter);
        (*ctx).filter_ctx = r.cast();

        if ngx_file_aio.get() != 0 && (*clcf).aio == NGX_HTTP_AIO_ON as ngx_flag_t {
            (*ctx).aio_handler = Some(ngx_http_copy_aio_handler);
        }

        if (*clcf).aio == NGX_HTTP_AIO_THREADS as ngx_flag_t {
            (*ctx).thread_handler = Some(ngx_http_copy_thread_handler);
        }

        if !in_.is_null() && !(*in_).buf.is_null() && ngx_buf_size((*in_).buf) != 0 {
            (*r).request_output = true;
        }
    }

    (*ctx).aio = (*r).aio;

    let rc = ngx_output_chain(ctx, in_);

    if (*ctx).in_.is_null() {
        (*r).buffered &= !NGX_HTTP_COPY_BUFFERED;
    } else {
        (*r).buffered |= NGX_HTTP_COPY_BUFFERED;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*c).log, 0; "http copy filter: %i \"%V?%V\"", rc, (*r).uri, (*r).args);

    rc
}

/// C casts the next filter to the output chain's type.
unsafe fn ngx_http_copy_output_filter(ctx: *mut c_void, in_: *mut ngx_chain_t) -> ngx_int_t {
    ngx_http_next_body_filter.get().unwrap()(ctx.cast(), in_)
}

unsafe fn ngx_http_copy_aio_handler(ctx: *mut ngx_output_chain_ctx_t, file: *mut ngx_file_t) {
    let r: *mut ngx_http_request_t = (*ctx).filter_ctx.cast();

    (*(*file).aio).data = r.cast();
    (*(*file).aio).handler = Some(ngx_http_copy_aio_event_handler);

    ngx_add_timer(&raw mut (*(*file).aio).event, 60000);

    (*(*r).main).blocked += 1;
    (*r).aio = true;
    (*ctx).aio = true;
}

unsafe fn ngx_http_copy_aio_event_handler(ev: *mut ngx_event_t) {
    let aio: *mut ngx_event_aio_t = (*ev).data.cast();
    let r: *mut ngx_http_request_t = (*aio).data.cast();
    let c = (*r).connection;

    ngx_http_set_log_request((*c).log, r);

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*c).log, 0; "http aio: \"%V?%V\"", (*r).uri, (*r).args);

    if (*ev).timedout {
        ngx_log_error!(NGX_LOG_ALERT, (*c).log, 0; "aio operation took too long");
        (*ev).timedout = false;
        return;
    }

    if (*ev).timer_set {
        ngx_del_timer(ev);
    }

    (*(*r).main).blocked -= 1;
    (*r).aio = false;

    if (*(*r).main).terminated {
        // the connection's handler finishes what was terminated

        (*(*c).write).handler.unwrap()((*c).write);
    } else {
        (*r).write_event_handler.unwrap()(r);
        ngx_http_run_posted_requests(c);
    }
}

unsafe fn ngx_http_copy_thread_handler(task: *mut ngx_thread_task_t, file: *mut ngx_file_t) -> ngx_int_t {
    let r: *mut ngx_http_request_t = (*file).thread_ctx.cast();

    if (*r).aio {
        // sendfile() may come again while another operation runs: subrequests, a filter that calls twice

        let c = (*r).connection;

        if task == (*c).sendfile_task {
            return NGX_OK;
        }
    }

    let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);
    let mut tp = (*clcf).thread_pool;

    if tp.is_null() {
        let mut name = ngx_null_string;

        if ngx_http_complex_value(r, (*clcf).thread_pool_value, &raw mut name) != NGX_OK {
            return NGX_ERROR;
        }

        tp = ngx_thread_pool_get(ngx_cycle.get(), &raw mut name);

        if tp.is_null() {
            ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0; "thread pool \"%V\" not found", name);
            return NGX_ERROR;
        }
    }

    (*task).event.data = r.cast();
    (*task).event.handler = Some(ngx_http_copy_thread_event_handler);

    if ngx_thread_task_post(tp, task) != NGX_OK {
        return NGX_ERROR;
    }

    ngx_add_timer(&raw mut (*task).event, 60000);

    (*(*r).main).blocked += 1;
    (*r).aio = true;

    let ctx: *mut ngx_output_chain_ctx_t = ngx_http_get_module_ctx(r, &ngx_http_copy_filter_module);
    (*ctx).aio = true;

    NGX_OK
}

unsafe fn ngx_http_copy_thread_event_handler(ev: *mut ngx_event_t) {
    let r: *mut ngx_http_request_t = (*ev).data.cast();
    let c = (*r).connection;

    ngx_http_set_log_request((*c).log, r);

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*c).log, 0; "http thread: \"%V?%V\"", (*r).uri, (*r).args);

    if (*ev).timedout {
        ngx_log_error!(NGX_LOG_ALERT, (*c).log, 0; "thread operation took too long");
        (*ev).timedout = false;
        return;
    }

    if (*ev).timer_set {
        ngx_del_timer(ev);
    }

    (*(*r).main).blocked -= 1;
    (*r).aio = false;

    if (*r).done || (*(*r).main).terminated {
        // sendfile() in a thread may outlive its subrequest: then the connection's handler goes on

        (*(*c).write).handler.unwrap()((*c).write);
    } else {
        (*r).write_event_handler.unwrap()(r);
        ngx_http_run_posted_requests(c);
    }
}

unsafe fn ngx_http_copy_filter_create_conf(cf: *mut ngx_conf_t) -> *mut c_void {
    let conf: *mut ngx_http_copy_filter_conf_t = ngx_palloc((*cf).pool);
    if conf.is_null() {
        return null_mut();
    }

    (*conf).bufs.num = 0;

    conf.cast()
}

unsafe fn ngx_http_copy_filter_merge_conf(
    _cf: *mut ngx_conf_t,
    parent: *mut c_void,
    child: *mut c_void,
) -> ngx_conf_ret_t {
    let prev: *mut ngx_http_copy_filter_conf_t = parent.cast();
    let conf: *mut ngx_http_copy_filter_conf_t = child.cast();

    ngx_conf_merge_bufs_value!((*conf).bufs, (*prev).bufs, 2, 32768);

    NGX_CONF_OK
}

unsafe fn ngx_http_copy_filter_init(_cf: *mut ngx_conf_t) -> ngx_int_t {
    ngx_http_next_body_filter.set(ngx_http_top_body_filter.get());
    ngx_http_top_body_filter.set(Some(ngx_http_copy_filter));

    NGX_OK
}
