//! Port of src/http/modules/ngx_http_gunzip_filter_module.c

use libz_rs_sys as zlib;

use crate::core::{
    ngx_buf::*, ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_log::*, ngx_module::*, ngx_palloc::*, ngx_string::*,
};
use crate::http::{ngx_http::*, ngx_http_config::*, ngx_http_core_module::*, ngx_http_request::*};
use crate::os::unix::ngx_alloc::*;

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_gunzip_conf_t {
    enable: ngx_flag_t,
    bufs: ngx_bufs_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_gunzip_ctx_t {
    in_: *mut ngx_chain_t,
    free: *mut ngx_chain_t,
    busy: *mut ngx_chain_t,
    out: *mut ngx_chain_t,
    last_out: *mut *mut ngx_chain_t,

    in_buf: *mut ngx_buf_t,
    out_buf: *mut ngx_buf_t,
    bufs: ngx_int_t,

    started: bool,
    flush: u8,
    redo: bool,
    done: bool,
    nomem: bool,

    zstream: zlib::z_stream,
    request: *mut ngx_http_request_t,
}

static ngx_http_gunzip_filter_commands: &[ngx_command_t] = &[
    ngx_command_t {
        name: ngx_string!("gunzip"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_gunzip_conf_t, enable: ngx_flag_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("gunzip_buffers"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE2,
        set: Some(ngx_conf_set_bufs_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_gunzip_conf_t, bufs: ngx_bufs_t),
        post: null(),
    },
];

static ngx_http_gunzip_filter_module_ctx: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: None,
    postconfiguration: Some(ngx_http_gunzip_filter_init),

    create_main_conf: None,
    init_main_conf: None,

    create_srv_conf: None,
    merge_srv_conf: None,

    create_loc_conf: Some(ngx_http_gunzip_create_conf),
    merge_loc_conf: Some(ngx_http_gunzip_merge_conf),
};

pub static ngx_http_gunzip_filter_module: ngx_module_t = ngx_module_t {
    name: c"ngx_http_gunzip_filter_module",
    ctx: (&raw const ngx_http_gunzip_filter_module_ctx).cast(),
    commands: ngx_http_gunzip_filter_commands,
    type_: NGX_HTTP_MODULE,
    ..NGX_MODULE_V1()
};

static ngx_http_next_header_filter: ngx_global_t<ngx_http_output_header_filter_pt> = ngx_global_t::new(None);
static ngx_http_next_body_filter: ngx_global_t<ngx_http_output_body_filter_pt> = ngx_global_t::new(None);

unsafe fn ngx_http_gunzip_header_filter(r: *mut ngx_http_request_t) -> ngx_int_t {
    let conf: *mut ngx_http_gunzip_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_gunzip_filter_module);

    if (*conf).enable == 0
        || (*r).headers_out.content_encoding.is_null()
        || (*(*r).headers_out.content_encoding).value.len != 4
        || ngx_strncasecmp((*(*r).headers_out.content_encoding).value.data, b"gzip".as_ptr(), 4) != 0
    {
        return ngx_http_next_header_filter.get().unwrap()(r);
    }

    (*r).gzip_vary = true;

    if !(*r).gzip_tested {
        if ngx_http_gzip_ok(r) == NGX_OK {
            return ngx_http_next_header_filter.get().unwrap()(r);
        }
    } else if (*r).gzip_ok {
        return ngx_http_next_header_filter.get().unwrap()(r);
    }

    let ctx: *mut ngx_http_gunzip_ctx_t = ngx_pcalloc((*r).pool);
    if ctx.is_null() {
        return NGX_ERROR;
    }

    ngx_http_set_ctx(r, ctx, &ngx_http_gunzip_filter_module);

    (*ctx).request = r;

    (*r).filter_need_in_memory = true;

    (*(*r).headers_out.content_encoding).hash = 0;
    (*r).headers_out.content_encoding = null_mut();

    ngx_http_clear_content_length(r);
    ngx_http_clear_accept_ranges(r);
    ngx_http_weak_etag(r);

    ngx_http_next_header_filter.get().unwrap()(r)
}

unsafe fn ngx_http_gunzip_body_filter(r: *mut ngx_http_request_t, in_: *mut ngx_chain_t) -> ngx_int_t {
    let ctx: *mut ngx_http_gunzip_ctx_t = ngx_http_get_module_ctx(r, &ngx_http_gunzip_filter_module);

    if ctx.is_null() || (*ctx).done {
        return ngx_http_next_body_filter.get().unwrap()(r, in_);
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "http gunzip filter");

    'failed: {
        if !(*ctx).started && ngx_http_gunzip_filter_inflate_start(r, ctx) != NGX_OK {
            break 'failed;
        }

        if !in_.is_null() && ngx_chain_add_copy((*r).pool, &raw mut (*ctx).in_, in_) != NGX_OK {
            break 'failed;
        }

        let mut flush;

        if (*ctx).nomem {
            // all buffers are on their way to the client

            if ngx_http_next_body_filter.get().unwrap()(r, null_mut()) == NGX_ERROR {
                break 'failed;
            }

            let mut cl = null_mut();

            ngx_chain_update_chains(
                (*r).pool,
                &raw mut (*ctx).free,
                &raw mut (*ctx).busy,
                &raw mut cl,
                (&raw const ngx_http_gunzip_filter_module).cast(),
            );
            (*ctx).nomem = false;
            flush = false;
        } else {
            flush = !(*ctx).busy.is_null();
        }

        loop {
            // as long as the client takes it

            loop {
                // as long as there is something to decompress, and room for the result

                let mut rc = ngx_http_gunzip_filter_add_data(r, ctx);

                if rc == NGX_DECLINED {
                    break;
                }

                if rc == NGX_AGAIN {
                    continue;
                }

                rc = ngx_http_gunzip_filter_get_buf(r, ctx);

                if rc == NGX_DECLINED {
                    break;
                }

                if rc == NGX_ERROR {
                    break 'failed;
                }

                rc = ngx_http_gunzip_filter_inflate(r, ctx);

                if rc == NGX_OK {
                    break;
                }

                if rc == NGX_ERROR {
                    break 'failed;
                }
            }

            if (*ctx).out.is_null() && !flush {
                return if !(*ctx).busy.is_null() { NGX_AGAIN } else { NGX_OK };
            }

            let rc = ngx_http_next_body_filter.get().unwrap()(r, (*ctx).out);

            if rc == NGX_ERROR {
                break 'failed;
            }

            ngx_chain_update_chains(
                (*r).pool,
                &raw mut (*ctx).free,
                &raw mut (*ctx).busy,
                &raw mut (*ctx).out,
                (&raw const ngx_http_gunzip_filter_module).cast(),
            );
            (*ctx).last_out = &raw mut (*ctx).out;

            ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "gunzip out: %p", (*ctx).out);

            (*ctx).nomem = false;
            flush = false;

            if (*ctx).done {
                return rc;
            }
        }
    }

    (*ctx).done = true;

    NGX_ERROR
}

unsafe fn ngx_http_gunzip_filter_inflate_start(
    r: *mut ngx_http_request_t,
    ctx: *mut ngx_http_gunzip_ctx_t,
) -> ngx_int_t {
    (*ctx).zstream.next_in = null_mut();
    (*ctx).zstream.avail_in = 0;

    (*ctx).zstream.zalloc = Some(ngx_http_gunzip_filter_alloc);
    (*ctx).zstream.zfree = Some(ngx_http_gunzip_filter_free);
    (*ctx).zstream.opaque = ctx.cast();

    // MAX_WBITS, and 16 for gzip's header
    let rc = zlib::inflateInit2_(
        &raw mut (*ctx).zstream,
        15 + 16,
        zlib::zlibVersion(),
        size_of::<zlib::z_stream>() as c_int,
    );

    if rc != zlib::Z_OK {
        ngx_log_error!(NGX_LOG_ALERT, (*(*r).connection).log, 0; "inflateInit2() failed: %d", rc);
        return NGX_ERROR;
    }

    (*ctx).started = true;

    (*ctx).last_out = &raw mut (*ctx).out;
    (*ctx).flush = zlib::Z_NO_FLUSH as u8;

    NGX_OK
}

unsafe fn ngx_http_gunzip_filter_add_data(r: *mut ngx_http_request_t, ctx: *mut ngx_http_gunzip_ctx_t) -> ngx_int_t {
    if (*ctx).zstream.avail_in != 0 || (*ctx).flush != zlib::Z_NO_FLUSH as u8 || (*ctx).redo {
        return NGX_OK;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "gunzip in: %p", (*ctx).in_);

    if (*ctx).in_.is_null() {
        return NGX_DECLINED;
    }

    let cl = (*ctx).in_;
    (*ctx).in_buf = (*cl).buf;
    (*ctx).in_ = (*cl).next;

    ngx_free_chain((*r).pool, cl);

    (*ctx).zstream.next_in = (*(*ctx).in_buf).pos;
    (*ctx).zstream.avail_in = ((*(*ctx).in_buf).last.addr() - (*(*ctx).in_buf).pos.addr()) as c_uint;

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                   "gunzip in_buf:%p ni:%p ai:%ud", (*ctx).in_buf, (*ctx).zstream.next_in, (*ctx).zstream.avail_in);

    if (*(*ctx).in_buf).last_buf || (*(*ctx).in_buf).last_in_chain {
        (*ctx).flush = zlib::Z_FINISH as u8;
    } else if (*(*ctx).in_buf).flush {
        (*ctx).flush = zlib::Z_SYNC_FLUSH as u8;
    } else if (*ctx).zstream.avail_in == 0 {
        return NGX_AGAIN;
    }

    NGX_OK
}

unsafe fn ngx_http_gunzip_filter_get_buf(r: *mut ngx_http_request_t, ctx: *mut ngx_http_gunzip_ctx_t) -> ngx_int_t {
    if (*ctx).zstream.avail_out != 0 {
        return NGX_OK;
    }

    let conf: *mut ngx_http_gunzip_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_gunzip_filter_module);

    if !(*ctx).free.is_null() {
        let cl = (*ctx).free;
        (*ctx).out_buf = (*cl).buf;
        (*ctx).free = (*cl).next;

        ngx_free_chain((*r).pool, cl);

        (*(*ctx).out_buf).flush = false;
    } else if (*ctx).bufs < (*conf).bufs.num {
        (*ctx).out_buf = ngx_create_temp_buf((*r).pool, (*conf).bufs.size);
        if (*ctx).out_buf.is_null() {
            return NGX_ERROR;
        }

        (*(*ctx).out_buf).tag = (&raw const ngx_http_gunzip_filter_module).cast();
        (*(*ctx).out_buf).recycled = true;
        (*ctx).bufs += 1;
    } else {
        (*ctx).nomem = true;
        return NGX_DECLINED;
    }

    (*ctx).zstream.next_out = (*(*ctx).out_buf).pos;
    (*ctx).zstream.avail_out = (*conf).bufs.size as c_uint;

    NGX_OK
}

unsafe fn ngx_http_gunzip_filter_inflate(r: *mut ngx_http_request_t, ctx: *mut ngx_http_gunzip_ctx_t) -> ngx_int_t {
    let mut b;
    let cl;

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                   "inflate in: ni:%p no:%p ai:%ud ao:%ud fl:%d redo:%d",
                   (*ctx).zstream.next_in, (*ctx).zstream.next_out, (*ctx).zstream.avail_in,
                   (*ctx).zstream.avail_out, (*ctx).flush, (*ctx).redo);

    let mut rc = zlib::inflate(&raw mut (*ctx).zstream, (*ctx).flush as c_int);

    if rc != zlib::Z_OK && rc != zlib::Z_STREAM_END && rc != zlib::Z_BUF_ERROR {
        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0; "inflate() failed: %d, %d", (*ctx).flush, rc);
        return NGX_ERROR;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                   "inflate out: ni:%p no:%p ai:%ud ao:%ud rc:%d",
                   (*ctx).zstream.next_in, (*ctx).zstream.next_out, (*ctx).zstream.avail_in,
                   (*ctx).zstream.avail_out, rc);

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                   "gunzip in_buf:%p pos:%p", (*ctx).in_buf, (*(*ctx).in_buf).pos);

    if !(*ctx).zstream.next_in.is_null() {
        (*(*ctx).in_buf).pos = (*ctx).zstream.next_in.cast_mut();

        if (*ctx).zstream.avail_in == 0 {
            (*ctx).zstream.next_in = null_mut();
        }
    }

    (*(*ctx).out_buf).last = (*ctx).zstream.next_out;

    if (*ctx).zstream.avail_out == 0 {
        // there is more to come out

        cl = ngx_alloc_chain_link((*r).pool);
        if cl.is_null() {
            return NGX_ERROR;
        }

        (*cl).buf = (*ctx).out_buf;
        (*cl).next = null_mut();
        *(*ctx).last_out = cl;
        (*ctx).last_out = &raw mut (*cl).next;

        (*ctx).redo = true;

        return NGX_AGAIN;
    }

    (*ctx).redo = false;

    if (*ctx).flush == zlib::Z_SYNC_FLUSH as u8 {
        (*ctx).flush = zlib::Z_NO_FLUSH as u8;

        cl = ngx_alloc_chain_link((*r).pool);
        if cl.is_null() {
            return NGX_ERROR;
        }

        b = (*ctx).out_buf;

        if ngx_buf_size(b) == 0 {
            b = ngx_calloc_buf((*(*ctx).request).pool);
            if b.is_null() {
                return NGX_ERROR;
            }
        } else {
            (*ctx).zstream.avail_out = 0;
        }

        (*b).flush = true;

        (*cl).buf = b;
        (*cl).next = null_mut();
        *(*ctx).last_out = cl;
        (*ctx).last_out = &raw mut (*cl).next;

        return NGX_OK;
    }

    if (*ctx).flush == zlib::Z_FINISH as u8 && (*ctx).zstream.avail_in == 0 {
        if rc != zlib::Z_STREAM_END {
            ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0; "inflate() returned %d on response end", rc);
            return NGX_ERROR;
        }

        if ngx_http_gunzip_filter_inflate_end(r, ctx) != NGX_OK {
            return NGX_ERROR;
        }

        return NGX_OK;
    }

    if rc == zlib::Z_STREAM_END && (*ctx).zstream.avail_in > 0 {
        rc = zlib::inflateReset(&raw mut (*ctx).zstream);

        if rc != zlib::Z_OK {
            ngx_log_error!(NGX_LOG_ALERT, (*(*r).connection).log, 0; "inflateReset() failed: %d", rc);
            return NGX_ERROR;
        }

        (*ctx).redo = true;

        return NGX_AGAIN;
    }

    if (*ctx).in_.is_null() {
        b = (*ctx).out_buf;

        if ngx_buf_size(b) == 0 {
            return NGX_OK;
        }

        cl = ngx_alloc_chain_link((*r).pool);
        if cl.is_null() {
            return NGX_ERROR;
        }

        (*ctx).zstream.avail_out = 0;

        (*cl).buf = b;
        (*cl).next = null_mut();
        *(*ctx).last_out = cl;
        (*ctx).last_out = &raw mut (*cl).next;

        return NGX_OK;
    }

    NGX_AGAIN
}

unsafe fn ngx_http_gunzip_filter_inflate_end(r: *mut ngx_http_request_t, ctx: *mut ngx_http_gunzip_ctx_t) -> ngx_int_t {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "gunzip inflate end");

    let rc = zlib::inflateEnd(&raw mut (*ctx).zstream);

    if rc != zlib::Z_OK {
        ngx_log_error!(NGX_LOG_ALERT, (*(*r).connection).log, 0; "inflateEnd() failed: %d", rc);
        return NGX_ERROR;
    }

    let mut b = (*ctx).out_buf;

    if ngx_buf_size(b) == 0 {
        b = ngx_calloc_buf((*(*ctx).request).pool);
        if b.is_null() {
            return NGX_ERROR;
        }
    }

    let cl = ngx_alloc_chain_link((*r).pool);
    if cl.is_null() {
        return NGX_ERROR;
    }

    (*cl).buf = b;
    (*cl).next = null_mut();
    *(*ctx).last_out = cl;
    (*ctx).last_out = &raw mut (*cl).next;

    (*b).last_buf = r == (*r).main;
    (*b).last_in_chain = true;
    (*b).sync = true;

    (*ctx).done = true;

    NGX_OK
}

unsafe extern "C" fn ngx_http_gunzip_filter_alloc(opaque: *mut c_void, items: c_uint, size: c_uint) -> *mut c_void {
    let ctx: *mut ngx_http_gunzip_ctx_t = opaque.cast();

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*(*ctx).request).connection).log, 0;
                   "gunzip alloc: n:%ud s:%ud", items, size);

    // zlib-rs wants its state on a cache line
    ngx_pmemalign((*(*ctx).request).pool, items as usize * size as usize, 64).cast()
}

unsafe extern "C" fn ngx_http_gunzip_filter_free(_opaque: *mut c_void, _address: *mut c_void) {
    // it goes with the pool
}

unsafe fn ngx_http_gunzip_create_conf(cf: *mut ngx_conf_t) -> *mut c_void {
    let conf: *mut ngx_http_gunzip_conf_t = ngx_pcalloc((*cf).pool);
    if conf.is_null() {
        return null_mut();
    }

    (*conf).enable = NGX_CONF_UNSET;

    conf.cast()
}

unsafe fn ngx_http_gunzip_merge_conf(_cf: *mut ngx_conf_t, parent: *mut c_void, child: *mut c_void) -> ngx_conf_ret_t {
    let prev: *mut ngx_http_gunzip_conf_t = parent.cast();
    let conf: *mut ngx_http_gunzip_conf_t = child.cast();

    ngx_conf_merge_value!((*conf).enable, (*prev).enable, 0);

    ngx_conf_merge_bufs_value!(
        (*conf).bufs,
        (*prev).bufs,
        (128 * 1024 / ngx_pagesize.get()) as ngx_int_t,
        ngx_pagesize.get()
    );

    NGX_CONF_OK
}

unsafe fn ngx_http_gunzip_filter_init(_cf: *mut ngx_conf_t) -> ngx_int_t {
    ngx_http_next_header_filter.set(ngx_http_top_header_filter.get());
    ngx_http_top_header_filter.set(Some(ngx_http_gunzip_header_filter));

    ngx_http_next_body_filter.set(ngx_http_top_body_filter.get());
    ngx_http_top_body_filter.set(Some(ngx_http_gunzip_body_filter));

    NGX_OK
}
