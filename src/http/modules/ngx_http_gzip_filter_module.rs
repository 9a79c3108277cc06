//! Port of src/http/modules/ngx_http_gzip_filter_module.c
//! DEVIATION: the memory that is allocated ahead has the size that zlib-rs asks for, in one piece; C computes zlib's
//! or, once that was too little, zlib-ng's.
//! DEVIATION: a level is what takes less time than zlib's and makes no more of the content: ngx_http_gzip_levels.
//! Ours: ngx_http_gzip_memory, ngx_http_gzip_spare with ngx_http_gzip_filter_take, ngx_http_gzip_filter_release,
//! ngx_http_gzip_filter_tune.

use libz_rs_sys as zlib;

use crate::core::{
    ngx_array::*, ngx_buf::*, ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_hash::*, ngx_list::*, ngx_log::*,
    ngx_module::*, ngx_palloc::*, ngx_string::*,
};
use crate::http::modules::ngx_http_degradation_module::*;
use crate::http::{
    ngx_http::*, ngx_http_config::*, ngx_http_core_module::*, ngx_http_request::*, ngx_http_variables::*,
};
use crate::os::unix::ngx_alloc::*;

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_gzip_conf_t {
    enable: ngx_flag_t,
    no_buffer: ngx_flag_t,

    types: ngx_hash_t,

    bufs: ngx_bufs_t,

    postpone_gzipping: usize,
    level: ngx_int_t,
    wbits: usize,
    memlevel: usize,
    min_length: isize,

    types_keys: *mut ngx_array_t<ngx_hash_key_t>,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_gzip_ctx_t {
    in_: *mut ngx_chain_t,
    free: *mut ngx_chain_t,
    busy: *mut ngx_chain_t,
    out: *mut ngx_chain_t,
    last_out: *mut *mut ngx_chain_t,

    copied: *mut ngx_chain_t,
    copy_buf: *mut ngx_chain_t,

    in_buf: *mut ngx_buf_t,
    out_buf: *mut ngx_buf_t,
    bufs: ngx_int_t,

    preallocated: *mut u8,
    free_mem: *mut u8,
    allocated: ngx_uint_t,

    wbits: c_int,
    memlevel: c_int,
    /// zlib-rs's, of the stream; 0 until there is one
    level: c_int,

    flush: u8,
    redo: bool,
    done: bool,
    nomem: bool,
    buffering: bool,

    zin: usize,
    zout: usize,

    zstream: zlib::z_stream,
    request: *mut ngx_http_request_t,
}

static ngx_http_gzip_comp_level_bounds: ngx_conf_num_bounds_t =
    ngx_conf_num_bounds_t { post_handler: Some(ngx_conf_check_num_bounds), low: 1, high: 9 };

static ngx_http_gzip_window_p: ngx_conf_post_t = ngx_conf_post_t { post_handler: Some(ngx_http_gzip_window) };
static ngx_http_gzip_hash_p: ngx_conf_post_t = ngx_conf_post_t { post_handler: Some(ngx_http_gzip_hash) };

static ngx_http_gzip_filter_commands: &[ngx_command_t] = &[
    ngx_command_t {
        name: ngx_string!("gzip"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_HTTP_LIF_CONF | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_gzip_conf_t, enable: ngx_flag_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("gzip_buffers"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE2,
        set: Some(ngx_conf_set_bufs_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_gzip_conf_t, bufs: ngx_bufs_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("gzip_types"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_1MORE,
        set: Some(ngx_http_types_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_gzip_conf_t, types_keys: *mut ngx_array_t<ngx_hash_key_t>),
        post: (&raw const ngx_http_html_default_types).cast(),
    },
    ngx_command_t {
        name: ngx_string!("gzip_comp_level"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_num_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_gzip_conf_t, level: ngx_int_t),
        post: (&raw const ngx_http_gzip_comp_level_bounds).cast(),
    },
    ngx_command_t {
        name: ngx_string!("gzip_window"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_size_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_gzip_conf_t, wbits: usize),
        post: (&raw const ngx_http_gzip_window_p).cast(),
    },
    ngx_command_t {
        name: ngx_string!("gzip_hash"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_size_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_gzip_conf_t, memlevel: usize),
        post: (&raw const ngx_http_gzip_hash_p).cast(),
    },
    ngx_command_t {
        name: ngx_string!("postpone_gzipping"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_size_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_gzip_conf_t, postpone_gzipping: usize),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("gzip_no_buffer"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_gzip_conf_t, no_buffer: ngx_flag_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("gzip_min_length"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_size_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_gzip_conf_t, min_length: isize),
        post: null(),
    },
];

static ngx_http_gzip_filter_module_ctx: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: Some(ngx_http_gzip_add_variables),
    postconfiguration: Some(ngx_http_gzip_filter_init),

    create_main_conf: None,
    init_main_conf: None,

    create_srv_conf: None,
    merge_srv_conf: None,

    create_loc_conf: Some(ngx_http_gzip_create_conf),
    merge_loc_conf: Some(ngx_http_gzip_merge_conf),
};

pub static ngx_http_gzip_filter_module: ngx_module_t = ngx_module_t {
    name: c"ngx_http_gzip_filter_module",
    ctx: (&raw const ngx_http_gzip_filter_module_ctx).cast(),
    commands: ngx_http_gzip_filter_commands,
    type_: NGX_HTTP_MODULE,
    ..NGX_MODULE_V1()
};

static ngx_http_gzip_ratio: ngx_str_t = ngx_string!("gzip_ratio");

static ngx_http_next_header_filter: ngx_global_t<ngx_http_output_header_filter_pt> = ngx_global_t::new(None);
static ngx_http_next_body_filter: ngx_global_t<ngx_http_output_body_filter_pt> = ngx_global_t::new(None);

unsafe fn ngx_http_gzip_header_filter(r: *mut ngx_http_request_t) -> ngx_int_t {
    let conf: *mut ngx_http_gzip_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_gzip_filter_module);

    if (*conf).enable == 0
        || ((*r).headers_out.status != NGX_HTTP_OK as ngx_uint_t
            && (*r).headers_out.status != NGX_HTTP_FORBIDDEN as ngx_uint_t
            && (*r).headers_out.status != NGX_HTTP_NOT_FOUND as ngx_uint_t)
        || (!(*r).headers_out.content_encoding.is_null() && (*(*r).headers_out.content_encoding).value.len != 0)
        || ((*r).headers_out.content_length_n != -1 && (*r).headers_out.content_length_n < (*conf).min_length as off_t)
        || ngx_http_test_content_type(r, &raw mut (*conf).types).is_null()
        || (*r).header_only
    {
        return ngx_http_next_header_filter.get().unwrap()(r);
    }

    (*r).gzip_vary = true;

    let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

    if (*clcf).gzip_disable_degradation != 0 && ngx_http_degraded(r) {
        return ngx_http_next_header_filter.get().unwrap()(r);
    }

    if !(*r).gzip_tested {
        if ngx_http_gzip_ok(r) != NGX_OK {
            return ngx_http_next_header_filter.get().unwrap()(r);
        }
    } else if !(*r).gzip_ok {
        return ngx_http_next_header_filter.get().unwrap()(r);
    }

    let ctx: *mut ngx_http_gzip_ctx_t = ngx_pcalloc((*r).pool);
    if ctx.is_null() {
        return NGX_ERROR;
    }

    ngx_http_set_ctx(r, ctx, &ngx_http_gzip_filter_module);

    (*ctx).request = r;
    (*ctx).buffering = (*conf).postpone_gzipping != 0;

    ngx_http_gzip_filter_memory(r, ctx);

    let h = ngx_list_push(&raw mut (*r).headers_out.headers);
    if h.is_null() {
        return NGX_ERROR;
    }

    (*h).hash = 1;
    (*h).next = null_mut();
    ngx_str_set!(&raw mut (*h).key, "Content-Encoding");
    ngx_str_set!(&raw mut (*h).value, "gzip");
    (*r).headers_out.content_encoding = h;

    (*r).main_filter_need_in_memory = true;

    ngx_http_clear_content_length(r);
    ngx_http_clear_accept_ranges(r);
    ngx_http_weak_etag(r);

    ngx_http_next_header_filter.get().unwrap()(r)
}

unsafe fn ngx_http_gzip_body_filter(r: *mut ngx_http_request_t, mut in_: *mut ngx_chain_t) -> ngx_int_t {
    let ctx: *mut ngx_http_gzip_ctx_t = ngx_http_get_module_ctx(r, &ngx_http_gzip_filter_module);

    if ctx.is_null() || (*ctx).done || (*r).header_only {
        return ngx_http_next_body_filter.get().unwrap()(r, in_);
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "http gzip filter");

    'failed: {
        if (*ctx).buffering {
            // a response that is small is copied until it is there as a whole: then it is compressed in one go, and
            // the memory for that is not held while the rest is on its way

            if !in_.is_null() {
                match ngx_http_gzip_filter_buffer(ctx, in_) {
                    NGX_OK => return NGX_OK,
                    NGX_DONE => in_ = null_mut(),
                    _ => break 'failed,
                }
            } else {
                (*ctx).buffering = false;
            }
        }

        if (*ctx).preallocated.is_null() && ngx_http_gzip_filter_deflate_start(r, ctx) != NGX_OK {
            break 'failed;
        }

        if !in_.is_null() {
            if ngx_chain_add_copy((*r).pool, &raw mut (*ctx).in_, in_) != NGX_OK {
                break 'failed;
            }

            (*(*r).connection).buffered |= NGX_HTTP_GZIP_BUFFERED;
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
                (&raw const ngx_http_gzip_filter_module).cast(),
            );
            (*ctx).nomem = false;
            flush = false;
        } else {
            flush = !(*ctx).busy.is_null();
        }

        loop {
            // as long as the client takes it

            loop {
                // as long as there is something to compress, and room for the result

                let mut rc = ngx_http_gzip_filter_add_data(r, ctx);

                if rc == NGX_DECLINED {
                    break;
                }

                if rc == NGX_AGAIN {
                    continue;
                }

                rc = ngx_http_gzip_filter_get_buf(r, ctx);

                if rc == NGX_DECLINED {
                    break;
                }

                if rc == NGX_ERROR {
                    break 'failed;
                }

                rc = ngx_http_gzip_filter_deflate(r, ctx);

                if rc == NGX_OK {
                    break;
                }

                if rc == NGX_ERROR {
                    break 'failed;
                }
            }

            if (*ctx).out.is_null() && !flush {
                ngx_http_gzip_filter_free_copy_buf(r, ctx);

                return if !(*ctx).busy.is_null() { NGX_AGAIN } else { NGX_OK };
            }

            let rc = ngx_http_next_body_filter.get().unwrap()(r, (*ctx).out);

            if rc == NGX_ERROR {
                break 'failed;
            }

            ngx_http_gzip_filter_free_copy_buf(r, ctx);

            ngx_chain_update_chains(
                (*r).pool,
                &raw mut (*ctx).free,
                &raw mut (*ctx).busy,
                &raw mut (*ctx).out,
                (&raw const ngx_http_gzip_filter_module).cast(),
            );
            (*ctx).last_out = &raw mut (*ctx).out;

            (*ctx).nomem = false;
            flush = false;

            if (*ctx).done {
                return rc;
            }
        }
    }

    (*ctx).done = true;

    ngx_http_gzip_filter_release(ctx.cast());

    ngx_http_gzip_filter_free_copy_buf(r, ctx);

    NGX_ERROR
}

unsafe fn ngx_http_gzip_filter_memory(r: *mut ngx_http_request_t, ctx: *mut ngx_http_gzip_ctx_t) {
    let conf: *mut ngx_http_gzip_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_gzip_filter_module);

    let mut wbits = (*conf).wbits as c_int;
    let mut memlevel = (*conf).memlevel as c_int;

    if (*r).headers_out.content_length_n > 0 {
        // 262 bytes of a window are not used

        while (*r).headers_out.content_length_n < (1 << (wbits - 1)) - 262 {
            wbits -= 1;
            memlevel -= 1;
        }

        if memlevel < 1 {
            memlevel = 1;
        }
    }

    (*ctx).wbits = wbits;
    (*ctx).memlevel = memlevel;

    (*ctx).allocated = ngx_http_gzip_memory(wbits, memlevel);
}

/// What deflateInit2() takes: the state with some alignment, twice the window and as much for its chains, the hash
/// of 64K shorts, and the pending output with the symbols, 4 and 3 bytes for each.
const fn ngx_http_gzip_memory(wbits: c_int, memlevel: c_int) -> usize {
    4096 + (1 << (wbits + 2)) + 131072 + (7 << (memlevel + 6))
}

unsafe fn ngx_http_gzip_filter_buffer(ctx: *mut ngx_http_gzip_ctx_t, mut in_: *mut ngx_chain_t) -> ngx_int_t {
    let r = (*ctx).request;

    (*(*r).connection).buffered |= NGX_HTTP_GZIP_BUFFERED;

    let mut buffered = 0;
    let mut ll = &raw mut (*ctx).in_;

    let mut cl = (*ctx).in_;
    while !cl.is_null() {
        buffered += (*(*cl).buf).last.addr() - (*(*cl).buf).pos.addr();
        ll = &raw mut (*cl).next;
        cl = (*cl).next;
    }

    let conf: *mut ngx_http_gzip_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_gzip_filter_module);

    while !in_.is_null() {
        cl = ngx_alloc_chain_link((*r).pool);
        if cl.is_null() {
            return NGX_ERROR;
        }

        let b = (*in_).buf;

        let size = (*b).last.addr() - (*b).pos.addr();
        buffered += size;

        if (*b).flush || (*b).last_buf || buffered > (*conf).postpone_gzipping {
            (*ctx).buffering = false;
        }

        if (*ctx).buffering && size != 0 {
            let buf = ngx_create_temp_buf((*r).pool, size);
            if buf.is_null() {
                return NGX_ERROR;
            }

            (*buf).last = ngx_cpymem((*buf).pos, (*b).pos, size);
            (*b).pos = (*b).last;

            (*buf).last_buf = (*b).last_buf;
            (*buf).tag = (&raw const ngx_http_gzip_filter_module).cast();

            (*cl).buf = buf;
        } else {
            (*cl).buf = b;
        }

        *ll = cl;
        ll = &raw mut (*cl).next;
        in_ = (*in_).next;
    }

    *ll = null_mut();

    if (*ctx).buffering { NGX_OK } else { NGX_DONE }
}

unsafe fn ngx_http_gzip_filter_deflate_start(r: *mut ngx_http_request_t, ctx: *mut ngx_http_gzip_ctx_t) -> ngx_int_t {
    let conf: *mut ngx_http_gzip_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_gzip_filter_module);

    // the memory may outlive the request, so it isn't the pool's

    let cln = ngx_pool_cleanup_add((*r).pool, 0);
    if cln.is_null() {
        return NGX_ERROR;
    }

    (*cln).handler = Some(ngx_http_gzip_filter_release);
    (*cln).data = ctx.cast();

    let level = &ngx_http_gzip_levels[(*conf).level as usize];

    if !ngx_http_gzip_filter_take(ctx, level.level) {
        // zlib-rs wants its state on a cache line
        (*ctx).preallocated = ngx_memalign(64, (*ctx).allocated, (*(*r).connection).log).cast();
        if (*ctx).preallocated.is_null() {
            return NGX_ERROR;
        }

        (*ctx).free_mem = (*ctx).preallocated;

        (*ctx).zstream.zalloc = Some(ngx_http_gzip_filter_alloc);
        (*ctx).zstream.zfree = Some(ngx_http_gzip_filter_free);
        (*ctx).zstream.opaque = ctx.cast();

        let rc = zlib::deflateInit2_(
            &raw mut (*ctx).zstream,
            level.level,
            zlib::Z_DEFLATED,
            (*ctx).wbits + 16,
            (*ctx).memlevel,
            zlib::Z_DEFAULT_STRATEGY,
            zlib::zlibVersion(),
            size_of::<zlib::z_stream>() as c_int,
        );

        if rc != zlib::Z_OK {
            ngx_log_error!(NGX_LOG_ALERT, (*(*r).connection).log, 0; "deflateInit2() failed: %d", rc);
            return NGX_ERROR;
        }

        (*ctx).level = level.level;
    }

    ngx_http_gzip_filter_tune(ctx, level);

    (*ctx).last_out = &raw mut (*ctx).out;
    (*ctx).flush = zlib::Z_NO_FLUSH as u8;

    NGX_OK
}

unsafe fn ngx_http_gzip_filter_add_data(r: *mut ngx_http_request_t, ctx: *mut ngx_http_gzip_ctx_t) -> ngx_int_t {
    if (*ctx).zstream.avail_in != 0 || (*ctx).flush != zlib::Z_NO_FLUSH as u8 || (*ctx).redo {
        return NGX_OK;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "gzip in: %p", (*ctx).in_);

    if (*ctx).in_.is_null() {
        return NGX_DECLINED;
    }

    if !(*ctx).copy_buf.is_null() {
        // the copy that has been compressed is freed later, with the output: the cache is busy now

        (*(*ctx).copy_buf).next = (*ctx).copied;
        (*ctx).copied = (*ctx).copy_buf;
        (*ctx).copy_buf = null_mut();
    }

    let cl = (*ctx).in_;
    (*ctx).in_buf = (*cl).buf;
    (*ctx).in_ = (*cl).next;

    if (*(*ctx).in_buf).tag == (&raw const ngx_http_gzip_filter_module).cast() {
        (*ctx).copy_buf = cl;
    } else {
        ngx_free_chain((*r).pool, cl);
    }

    (*ctx).zstream.next_in = (*(*ctx).in_buf).pos;
    (*ctx).zstream.avail_in = ((*(*ctx).in_buf).last.addr() - (*(*ctx).in_buf).pos.addr()) as c_uint;

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                   "gzip in_buf:%p ni:%p ai:%ud", (*ctx).in_buf, (*ctx).zstream.next_in, (*ctx).zstream.avail_in);

    if (*(*ctx).in_buf).last_buf {
        (*ctx).flush = zlib::Z_FINISH as u8;
    } else if (*(*ctx).in_buf).flush {
        (*ctx).flush = zlib::Z_SYNC_FLUSH as u8;
    } else if (*ctx).zstream.avail_in == 0 {
        return NGX_AGAIN;
    }

    NGX_OK
}

unsafe fn ngx_http_gzip_filter_get_buf(r: *mut ngx_http_request_t, ctx: *mut ngx_http_gzip_ctx_t) -> ngx_int_t {
    if (*ctx).zstream.avail_out != 0 {
        return NGX_OK;
    }

    let conf: *mut ngx_http_gzip_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_gzip_filter_module);

    if !(*ctx).free.is_null() {
        let cl = (*ctx).free;
        (*ctx).out_buf = (*cl).buf;
        (*ctx).free = (*cl).next;

        ngx_free_chain((*r).pool, cl);
    } else if (*ctx).bufs < (*conf).bufs.num {
        (*ctx).out_buf = ngx_create_temp_buf((*r).pool, (*conf).bufs.size);
        if (*ctx).out_buf.is_null() {
            return NGX_ERROR;
        }

        (*(*ctx).out_buf).tag = (&raw const ngx_http_gzip_filter_module).cast();
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

unsafe fn ngx_http_gzip_filter_deflate(r: *mut ngx_http_request_t, ctx: *mut ngx_http_gzip_ctx_t) -> ngx_int_t {
    let cl;

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                   "deflate in: ni:%p no:%p ai:%ud ao:%ud fl:%d redo:%d",
                   (*ctx).zstream.next_in, (*ctx).zstream.next_out, (*ctx).zstream.avail_in,
                   (*ctx).zstream.avail_out, (*ctx).flush, (*ctx).redo);

    let rc = zlib::deflate(&raw mut (*ctx).zstream, (*ctx).flush as c_int);

    if rc != zlib::Z_OK && rc != zlib::Z_STREAM_END && rc != zlib::Z_BUF_ERROR {
        ngx_log_error!(NGX_LOG_ALERT, (*(*r).connection).log, 0; "deflate() failed: %d, %d", (*ctx).flush, rc);
        return NGX_ERROR;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                   "deflate out: ni:%p no:%p ai:%ud ao:%ud rc:%d",
                   (*ctx).zstream.next_in, (*ctx).zstream.next_out, (*ctx).zstream.avail_in,
                   (*ctx).zstream.avail_out, rc);

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                   "gzip in_buf:%p pos:%p", (*ctx).in_buf, (*(*ctx).in_buf).pos);

    if !(*ctx).zstream.next_in.is_null() {
        (*(*ctx).in_buf).pos = (*ctx).zstream.next_in.cast_mut();

        if (*ctx).zstream.avail_in == 0 {
            (*ctx).zstream.next_in = null_mut();
        }
    }

    (*(*ctx).out_buf).last = (*ctx).zstream.next_out;

    if (*ctx).zstream.avail_out == 0 && rc != zlib::Z_STREAM_END {
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

        let mut b = (*ctx).out_buf;

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

        (*(*r).connection).buffered &= !NGX_HTTP_GZIP_BUFFERED;

        return NGX_OK;
    }

    if rc == zlib::Z_STREAM_END {
        if ngx_http_gzip_filter_deflate_end(r, ctx) != NGX_OK {
            return NGX_ERROR;
        }

        return NGX_OK;
    }

    let conf: *mut ngx_http_gzip_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_gzip_filter_module);

    if (*conf).no_buffer != 0 && (*ctx).in_.is_null() {
        cl = ngx_alloc_chain_link((*r).pool);
        if cl.is_null() {
            return NGX_ERROR;
        }

        (*cl).buf = (*ctx).out_buf;
        (*cl).next = null_mut();
        *(*ctx).last_out = cl;
        (*ctx).last_out = &raw mut (*cl).next;

        return NGX_OK;
    }

    NGX_AGAIN
}

unsafe fn ngx_http_gzip_filter_deflate_end(r: *mut ngx_http_request_t, ctx: *mut ngx_http_gzip_ctx_t) -> ngx_int_t {
    (*ctx).zin = (*ctx).zstream.total_in as usize;
    (*ctx).zout = (*ctx).zstream.total_out as usize;

    ngx_http_gzip_filter_release(ctx.cast());

    let cl = ngx_alloc_chain_link((*r).pool);
    if cl.is_null() {
        return NGX_ERROR;
    }

    let b = (*ctx).out_buf;

    if ngx_buf_size(b) == 0 {
        (*b).temporary = false;
    }

    (*b).last_buf = true;

    (*cl).buf = b;
    (*cl).next = null_mut();
    *(*ctx).last_out = cl;
    (*ctx).last_out = &raw mut (*cl).next;

    (*ctx).zstream.avail_in = 0;
    (*ctx).zstream.avail_out = 0;

    (*ctx).done = true;

    (*(*r).connection).buffered &= !NGX_HTTP_GZIP_BUFFERED;

    NGX_OK
}

unsafe extern "C" fn ngx_http_gzip_filter_alloc(opaque: *mut c_void, items: c_uint, size: c_uint) -> *mut c_void {
    let ctx: *mut ngx_http_gzip_ctx_t = opaque.cast();

    let alloc = ngx_align(items as usize * size as usize, 64);

    if alloc <= (*ctx).allocated {
        let p = (*ctx).free_mem;
        (*ctx).free_mem = (*ctx).free_mem.add(alloc);
        (*ctx).allocated -= alloc;

        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*(*ctx).request).connection).log, 0;
                       "gzip alloc: n:%ud s:%ud a:%ui p:%p", items, size, alloc, p);

        return p.cast();
    }

    ngx_log_error!(NGX_LOG_ALERT, (*(*(*ctx).request).connection).log, 0;
                   "gzip filter failed to use preallocated memory: %ud of %ui",
                   items as usize * size as usize, (*ctx).allocated);

    ngx_pmemalign((*(*ctx).request).pool, alloc, 64).cast()
}

unsafe extern "C" fn ngx_http_gzip_filter_free(_opaque: *mut c_void, _address: *mut c_void) {
    // it goes with the preallocated memory
}

unsafe fn ngx_http_gzip_filter_free_copy_buf(r: *mut ngx_http_request_t, ctx: *mut ngx_http_gzip_ctx_t) {
    let mut cl = (*ctx).copied;
    while !cl.is_null() {
        let ln = cl;
        cl = (*cl).next;

        ngx_pfree((*r).pool, (*(*ln).buf).start);
        ngx_free_chain((*r).pool, ln);
    }

    (*ctx).copied = null_mut();
}

unsafe fn ngx_http_gzip_add_variables(cf: *mut ngx_conf_t) -> ngx_int_t {
    let var = ngx_http_add_variable(cf, (&raw const ngx_http_gzip_ratio).cast_mut(), NGX_HTTP_VAR_NOHASH);
    if var.is_null() {
        return NGX_ERROR;
    }

    (*var).get_handler = Some(ngx_http_gzip_ratio_variable);

    NGX_OK
}

unsafe fn ngx_http_gzip_ratio_variable(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    let ctx: *mut ngx_http_gzip_ctx_t = ngx_http_get_module_ctx(r, &ngx_http_gzip_filter_module);

    if ctx.is_null() || (*ctx).zout == 0 {
        (*v).not_found = true;
        return NGX_OK;
    }

    (*v).valid = true;
    (*v).no_cacheable = false;
    (*v).not_found = false;

    (*v).data = ngx_pnalloc((*r).pool, NGX_INT32_LEN + 3);
    if (*v).data.is_null() {
        return NGX_ERROR;
    }

    let mut zint = (*ctx).zin / (*ctx).zout;
    let mut zfrac = ((*ctx).zin.wrapping_mul(100) / (*ctx).zout) % 100;

    if ((*ctx).zin.wrapping_mul(1000) / (*ctx).zout) % 10 > 4 {
        // 2.125 is 2.13

        zfrac += 1;

        if zfrac > 99 {
            zint += 1;
            zfrac = 0;
        }
    }

    (*v).len = ngx_sprintf!((*v).data, "%ui.%02ui", zint, zfrac).offset_from_unsigned((*v).data) as u32;

    NGX_OK
}

unsafe fn ngx_http_gzip_create_conf(cf: *mut ngx_conf_t) -> *mut c_void {
    let conf: *mut ngx_http_gzip_conf_t = ngx_pcalloc((*cf).pool);
    if conf.is_null() {
        return null_mut();
    }

    (*conf).enable = NGX_CONF_UNSET;
    (*conf).no_buffer = NGX_CONF_UNSET;

    (*conf).postpone_gzipping = NGX_CONF_UNSET_SIZE;
    (*conf).level = NGX_CONF_UNSET;
    (*conf).wbits = NGX_CONF_UNSET_SIZE;
    (*conf).memlevel = NGX_CONF_UNSET_SIZE;
    (*conf).min_length = NGX_CONF_UNSET;

    conf.cast()
}

unsafe fn ngx_http_gzip_merge_conf(cf: *mut ngx_conf_t, parent: *mut c_void, child: *mut c_void) -> ngx_conf_ret_t {
    let prev: *mut ngx_http_gzip_conf_t = parent.cast();
    let conf: *mut ngx_http_gzip_conf_t = child.cast();

    ngx_conf_merge_value!((*conf).enable, (*prev).enable, 0);
    ngx_conf_merge_value!((*conf).no_buffer, (*prev).no_buffer, 0);

    ngx_conf_merge_bufs_value!(
        (*conf).bufs,
        (*prev).bufs,
        (128 * 1024 / ngx_pagesize.get()) as ngx_int_t,
        ngx_pagesize.get()
    );

    ngx_conf_merge_size_value!((*conf).postpone_gzipping, (*prev).postpone_gzipping, 0);
    ngx_conf_merge_value!((*conf).level, (*prev).level, 1);
    ngx_conf_merge_size_value!((*conf).wbits, (*prev).wbits, 15);
    ngx_conf_merge_size_value!((*conf).memlevel, (*prev).memlevel, 8);
    ngx_conf_merge_value!((*conf).min_length, (*prev).min_length, 20);

    if ngx_http_merge_types(
        cf,
        &raw mut (*conf).types_keys,
        &raw mut (*conf).types,
        &raw mut (*prev).types_keys,
        &raw mut (*prev).types,
        (&raw const ngx_http_html_default_types).cast_mut().cast(),
    ) != NGX_CONF_OK
    {
        return NGX_CONF_ERROR;
    }

    NGX_CONF_OK
}

unsafe fn ngx_http_gzip_filter_init(_cf: *mut ngx_conf_t) -> ngx_int_t {
    ngx_http_next_header_filter.set(ngx_http_top_header_filter.get());
    ngx_http_top_header_filter.set(Some(ngx_http_gzip_header_filter));

    ngx_http_next_body_filter.set(ngx_http_top_body_filter.get());
    ngx_http_top_body_filter.set(Some(ngx_http_gzip_body_filter));

    NGX_OK
}

/// From the size to the bits.
unsafe fn ngx_http_gzip_window(_cf: *mut ngx_conf_t, _post: *mut c_void, data: *mut c_void) -> ngx_conf_ret_t {
    let np: *mut usize = data.cast();

    let mut wbits = 15;
    let mut wsize = 32 * 1024;

    while wsize > 256 {
        if wsize == *np {
            *np = wbits;

            return NGX_CONF_OK;
        }

        wbits -= 1;
        wsize >>= 1;
    }

    NGX_CONF_MSG("must be 512, 1k, 2k, 4k, 8k, 16k, or 32k")
}

unsafe fn ngx_http_gzip_hash(_cf: *mut ngx_conf_t, _post: *mut c_void, data: *mut c_void) -> ngx_conf_ret_t {
    let np: *mut usize = data.cast();

    let mut memlevel = 9;
    let mut hsize = 128 * 1024;

    while hsize > 256 {
        if hsize == *np {
            *np = memlevel;

            return NGX_CONF_OK;
        }

        memlevel -= 1;
        hsize >>= 1;
    }

    NGX_CONF_MSG("must be 512, 1k, 2k, 4k, 8k, 16k, 32k, 64k, or 128k")
}

// DEVIATION: zlib-rs's own levels 4 to 6 follow long chains without deferring a match, which costs more and compresses less
// than to defer it on short ones; its 9 makes more than its 8. The numbers are the cheapest that were found to make no more
// than zlib's level of HTML, scripts, styles, JSON, XML and logs (level 1 is left as it is: fast).

struct ngx_http_gzip_level_t {
    /// which of zlib-rs's algorithms: 1 quick, 2 greedy, 7 and 8 lazy
    level: c_int,
    good_length: c_int,
    max_lazy: c_int,
    nice_length: c_int,
    /// 0: all as it is; more than 1024 would be another hash
    max_chain: c_int,
}

const fn ngx_http_gzip_level(
    level: c_int,
    good_length: c_int,
    max_lazy: c_int,
    nice_length: c_int,
    max_chain: c_int,
) -> ngx_http_gzip_level_t {
    ngx_http_gzip_level_t { level, good_length, max_lazy, nice_length, max_chain }
}

static ngx_http_gzip_levels: [ngx_http_gzip_level_t; 10] = [
    ngx_http_gzip_level(0, 0, 0, 0, 0),
    ngx_http_gzip_level(1, 0, 0, 0, 0),
    ngx_http_gzip_level(2, 4, 4, 32, 4),
    ngx_http_gzip_level(2, 4, 32, 128, 8),
    ngx_http_gzip_level(7, 6, 8, 128, 12),
    ngx_http_gzip_level(7, 6, 32, 128, 24),
    ngx_http_gzip_level(7, 6, 128, 258, 40),
    ngx_http_gzip_level(7, 8, 128, 258, 96),
    ngx_http_gzip_level(8, 32, 258, 258, 512),
    ngx_http_gzip_level(8, 32, 258, 258, 1024),
];

/// After each deflateReset(), which takes the level's own numbers.
unsafe fn ngx_http_gzip_filter_tune(ctx: *mut ngx_http_gzip_ctx_t, level: &ngx_http_gzip_level_t) {
    if level.max_chain != 0 {
        _ = zlib::deflateTune(
            &raw mut (*ctx).zstream,
            level.good_length,
            level.max_lazy,
            level.nice_length,
            level.max_chain,
        );
    }
}

// DEVIATION: deflateInit2() clears 400 kB and the allocator gets as much from the kernel anew, each time. So the stream of
// a finished response waits for the next one: one in each worker, the largest of the level that was last asked for.

#[derive(Clone, Copy)]
struct ngx_http_gzip_spare_t {
    zstream: zlib::z_stream,
    /// NULL: none
    memory: *mut u8,
    wbits: c_int,
    memlevel: c_int,
    level: c_int,
}

// SAFETY: null pointers and numbers, and zlib's functions are Options
static ngx_http_gzip_spare: ngx_global_t<ngx_http_gzip_spare_t> = ngx_global_t::new(unsafe { core::mem::zeroed() });

/// The spare stream for `ctx`, if it is of that level and not too small.
unsafe fn ngx_http_gzip_filter_take(ctx: *mut ngx_http_gzip_ctx_t, level: c_int) -> bool {
    let spare = ngx_http_gzip_spare.ptr();

    if (*spare).memory.is_null()
        || (*spare).level != level
        || (*spare).wbits < (*ctx).wbits
        || (*spare).memlevel < (*ctx).memlevel
    {
        return false;
    }

    // the state of zlib-rs does not know where its stream lies

    (*ctx).zstream = (*spare).zstream;

    (*ctx).zstream.opaque = ctx.cast();
    (*ctx).zstream.next_in = null_mut();
    (*ctx).zstream.avail_in = 0;
    (*ctx).zstream.next_out = null_mut();
    (*ctx).zstream.avail_out = 0;

    if zlib::deflateReset(&raw mut (*ctx).zstream) != zlib::Z_OK {
        return false;
    }

    (*ctx).preallocated = (*spare).memory;
    (*ctx).wbits = (*spare).wbits;
    (*ctx).memlevel = (*spare).memlevel;
    (*ctx).level = level;

    (*spare).memory = null_mut();

    true
}

/// The end of a stream, whichever comes first: it is done, it failed, or its request ends.
unsafe fn ngx_http_gzip_filter_release(data: *mut c_void) {
    let ctx: *mut ngx_http_gzip_ctx_t = data.cast();
    let spare = ngx_http_gzip_spare.ptr();

    let mut memory = (*ctx).preallocated;

    if memory.is_null() {
        return;
    }

    if (*ctx).level != 0
        && ((*spare).memory.is_null()
            || (*spare).level != (*ctx).level
            || (*spare).wbits < (*ctx).wbits
            || (*spare).memlevel < (*ctx).memlevel)
    {
        let kept = (*spare).memory;

        *spare = ngx_http_gzip_spare_t {
            zstream: (*ctx).zstream,
            memory,
            wbits: (*ctx).wbits,
            memlevel: (*ctx).memlevel,
            level: (*ctx).level,
        };

        memory = kept;
    }

    // the state has nothing besides

    ngx_free(memory.cast());

    (*ctx).preallocated = null_mut();
    (*ctx).level = 0;
}

#[cfg(test)]
mod tests {
    use super::*;

    unsafe extern "C" fn count(opaque: *mut c_void, items: c_uint, size: c_uint) -> *mut c_void {
        *opaque.cast::<usize>() += ngx_align(items as usize * size as usize, 64);
        null_mut()
    }

    /// Enough for every setting, and not a page too much.
    #[test]
    fn the_memory_is_what_deflate_takes() {
        unsafe {
            for level in 1..=9 {
                for wbits in 9..=15 {
                    for memlevel in 1..=9 {
                        let mut asked = 0usize;
                        let mut zstream: zlib::z_stream = core::mem::zeroed();

                        zstream.zalloc = Some(count);
                        zstream.zfree = Some(ngx_http_gzip_filter_free);
                        zstream.opaque = (&raw mut asked).cast();

                        let rc = zlib::deflateInit2_(
                            &raw mut zstream,
                            level,
                            zlib::Z_DEFLATED,
                            wbits + 16,
                            memlevel,
                            zlib::Z_DEFAULT_STRATEGY,
                            zlib::zlibVersion(),
                            size_of::<zlib::z_stream>() as c_int,
                        );

                        assert_eq!(rc, zlib::Z_MEM_ERROR);

                        let memory = ngx_http_gzip_memory(wbits, memlevel);
                        assert!(
                            asked <= memory && memory < asked + 4096,
                            "{asked} of {memory} for window {wbits}, memory {memlevel}"
                        );
                    }
                }
            }
        }
    }

    /// What tests/bench makes of its words.
    fn text(n: usize) -> Vec<u8> {
        let words = "server request response header content length cache worker process connection event buffer chain module \
                     directive location upstream variable access static";
        let words: Vec<_> = words.split(' ').collect();
        let mut x = n as u64;
        let mut out = Vec::new();

        while out.len() < n {
            x = (x * 1103515245 + 12345) & 0x7fff_ffff;
            out.extend(words[(x >> 8) as usize % words.len()].bytes());
            let end = match (x & 0x10000, x & 0x60000) {
                (0, 0x60000) => "</p>\n<p>".into(),
                (0, _) => " ".into(),
                _ => format!(" {} ", x & 0xfff),
            };
            out.extend(end.bytes());
        }

        out.truncate(n);
        out
    }

    /// zlib 1.2.13 makes so much of it, and a stream that is used again makes no more than 1 % above.
    #[test]
    fn a_level_compresses_like_zlib() {
        const ZLIB: [zlib::uLong; 8] = [9480, 9103, 8705, 8161, 7906, 7860, 7858, 7858];

        let text = text(32768);
        let mut out = vec![0u8; 16384];
        let mut back = vec![0u8; 32769];

        for (level, size) in core::iter::zip(&ngx_http_gzip_levels[2..], ZLIB) {
            unsafe {
                let mut ctx: ngx_http_gzip_ctx_t = core::mem::zeroed();
                let version = zlib::zlibVersion();
                let len = size_of::<zlib::z_stream>() as c_int;
                let s = &raw mut ctx.zstream;

                assert_eq!(zlib::deflateInit2_(s, level.level, zlib::Z_DEFLATED, 31, 8, 0, version, len), zlib::Z_OK);

                for _ in 0..2 {
                    assert_eq!(zlib::deflateReset(s), zlib::Z_OK);
                    ngx_http_gzip_filter_tune(&raw mut ctx, level);

                    (*s).next_in = text.as_ptr();
                    (*s).avail_in = text.len() as c_uint;
                    (*s).next_out = out.as_mut_ptr();
                    (*s).avail_out = out.len() as c_uint;

                    assert_eq!(zlib::deflate(s, zlib::Z_FINISH), zlib::Z_STREAM_END);
                    assert!((*s).total_out <= size + size / 100, "{} of {size}", (*s).total_out);
                }

                let mut z: zlib::z_stream = core::mem::zeroed();
                assert_eq!(zlib::inflateInit2_(&raw mut z, 31, version, len), zlib::Z_OK);

                z.next_in = out.as_ptr();
                z.avail_in = (*s).total_out as c_uint;
                z.next_out = back.as_mut_ptr();
                z.avail_out = back.len() as c_uint;

                assert_eq!(zlib::inflate(&raw mut z, zlib::Z_FINISH), zlib::Z_STREAM_END);
                assert!(back[..z.total_out as usize] == text);

                zlib::inflateEnd(&raw mut z);
                zlib::deflateEnd(s);
            }
        }
    }
}
