//! Port of src/http/modules/ngx_http_charset_filter_module.c

use crate::core::{
    ngx_array::*, ngx_buf::*, ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_hash::*, ngx_log::*, ngx_module::*,
    ngx_palloc::*, ngx_string::*,
};
use crate::http::{
    ngx_http::*, ngx_http_config::*, ngx_http_core_module::*, ngx_http_request::*, ngx_http_variables::*,
};

const NGX_HTTP_CHARSET_OFF: ngx_int_t = -2;
const NGX_HTTP_NO_CHARSET: ngx_int_t = -3;
const NGX_HTTP_CHARSET_VAR: ngx_int_t = 0x10000;

/// The length, then up to 3 bytes: UCS-2 in UTF-8.
const NGX_UTF_LEN: usize = 4;

const NGX_HTML_ENTITY_LEN: usize = "&#1114111;".len();

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_charset_t {
    tables: *mut *mut u8,
    name: ngx_str_t,

    length: u16,
    utf8: bool,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_charset_recode_t {
    src: ngx_int_t,
    dst: ngx_int_t,
}

/// A table has 256 bytes. To UTF-8 it has 256 times NGX_UTF_LEN; from UTF-8 it has 256 pointers, by the high byte, to
/// tables by the low byte, or NULL.
#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_charset_tables_t {
    src: ngx_int_t,
    dst: ngx_int_t,
    src2dst: *mut u8,
    dst2src: *mut u8,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_charset_main_conf_t {
    charsets: ngx_array_t<ngx_http_charset_t>,
    tables: ngx_array_t<ngx_http_charset_tables_t>,
    recodes: ngx_array_t<ngx_http_charset_recode_t>,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_charset_loc_conf_t {
    charset: ngx_int_t,
    source_charset: ngx_int_t,
    override_charset: ngx_flag_t,

    types: ngx_hash_t,
    types_keys: *mut ngx_array_t<ngx_hash_key_t>,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_charset_ctx_t {
    table: *mut u8,
    charset: ngx_int_t,
    charset_name: ngx_str_t,

    busy: *mut ngx_chain_t,
    free_bufs: *mut ngx_chain_t,
    free_buffers: *mut ngx_chain_t,

    saved_len: usize,
    saved: [u8; NGX_UTF_LEN],

    length: u16,
    from_utf8: bool,
    to_utf8: bool,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_charset_conf_ctx_t {
    table: *mut ngx_http_charset_tables_t,
    charset: *mut ngx_http_charset_t,
    characters: ngx_uint_t,
}

static ngx_http_charset_default_types: [ngx_str_t; 7] = [
    ngx_string!("text/html"),
    ngx_string!("text/xml"),
    ngx_string!("text/plain"),
    ngx_string!("text/vnd.wap.wml"),
    ngx_string!("application/javascript"),
    ngx_string!("application/rss+xml"),
    ngx_null_string,
];

static ngx_http_charset_filter_commands: &[ngx_command_t] = &[
    ngx_command_t {
        name: ngx_string!("charset"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_HTTP_LIF_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_http_set_charset_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_charset_loc_conf_t, charset: ngx_int_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("source_charset"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_HTTP_LIF_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_http_set_charset_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_charset_loc_conf_t, source_charset: ngx_int_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("override_charset"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_HTTP_LIF_CONF | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_charset_loc_conf_t, override_charset: ngx_flag_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("charset_types"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_1MORE,
        set: Some(ngx_http_types_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_charset_loc_conf_t, types_keys: *mut ngx_array_t<ngx_hash_key_t>),
        post: (&raw const ngx_http_charset_default_types).cast(),
    },
    ngx_command_t {
        name: ngx_string!("charset_map"),
        type_: NGX_HTTP_MAIN_CONF | NGX_CONF_BLOCK | NGX_CONF_TAKE2,
        set: Some(ngx_http_charset_map_block),
        conf: NGX_HTTP_MAIN_CONF_OFFSET,
        offset: 0,
        post: null(),
    },
];

static ngx_http_charset_filter_module_ctx: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: None,
    postconfiguration: Some(ngx_http_charset_postconfiguration),

    create_main_conf: Some(ngx_http_charset_create_main_conf),
    init_main_conf: None,

    create_srv_conf: None,
    merge_srv_conf: None,

    create_loc_conf: Some(ngx_http_charset_create_loc_conf),
    merge_loc_conf: Some(ngx_http_charset_merge_loc_conf),
};

pub static ngx_http_charset_filter_module: ngx_module_t = ngx_module_t {
    name: c"ngx_http_charset_filter_module",
    ctx: (&raw const ngx_http_charset_filter_module_ctx).cast(),
    commands: ngx_http_charset_filter_commands,
    type_: NGX_HTTP_MODULE,
    ..NGX_MODULE_V1()
};

static ngx_http_next_header_filter: ngx_global_t<ngx_http_output_header_filter_pt> = ngx_global_t::new(None);
static ngx_http_next_body_filter: ngx_global_t<ngx_http_output_body_filter_pt> = ngx_global_t::new(None);

unsafe fn ngx_http_charset_header_filter(r: *mut ngx_http_request_t) -> ngx_int_t {
    let mut dst = ngx_null_string;
    let mut src = ngx_null_string;

    let charset = if r == (*r).main {
        ngx_http_destination_charset(r, &raw mut dst)
    } else {
        ngx_http_main_request_charset(r, &raw mut dst)
    };

    if charset == NGX_ERROR {
        return NGX_ERROR;
    }

    if charset == NGX_DECLINED {
        return ngx_http_next_header_filter.get().unwrap()(r);
    }

    // now it is an index or NGX_HTTP_NO_CHARSET; the source's may also be NGX_HTTP_CHARSET_OFF

    let source_charset = ngx_http_source_charset(r, &raw mut src);

    if source_charset == NGX_ERROR {
        return NGX_ERROR;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "charset: \"%V\" > \"%V\"", src, dst);

    if source_charset == NGX_HTTP_CHARSET_OFF {
        ngx_http_set_charset(r, &raw mut dst);

        return ngx_http_next_header_filter.get().unwrap()(r);
    }

    'no_charset_map: {
        if charset == NGX_HTTP_NO_CHARSET || source_charset == NGX_HTTP_NO_CHARSET {
            if source_charset != charset || ngx_strncasecmp(dst.data, src.data, dst.len) != 0 {
                break 'no_charset_map;
            }

            ngx_http_set_charset(r, &raw mut dst);

            return ngx_http_next_header_filter.get().unwrap()(r);
        }

        if source_charset == charset {
            (*r).headers_out.content_type.len = (*r).headers_out.content_type_len;

            ngx_http_set_charset(r, &raw mut dst);

            return ngx_http_next_header_filter.get().unwrap()(r);
        }

        if !(*r).headers_out.content_encoding.is_null() && (*(*r).headers_out.content_encoding).value.len != 0 {
            return ngx_http_next_header_filter.get().unwrap()(r);
        }

        let mcf: *mut ngx_http_charset_main_conf_t = ngx_http_get_module_main_conf(r, &ngx_http_charset_filter_module);
        let charsets = (*mcf).charsets.elts;

        let tables = (*charsets.offset(source_charset)).tables;

        if tables.is_null() || (*tables.offset(charset)).is_null() {
            break 'no_charset_map;
        }

        (*r).headers_out.content_type.len = (*r).headers_out.content_type_len;

        ngx_http_set_charset(r, &raw mut dst);

        return ngx_http_charset_ctx(r, charsets, charset, source_charset);
    }

    ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                   "no \"charset_map\" between the charsets \"%V\" and \"%V\"", src, dst);

    ngx_http_next_header_filter.get().unwrap()(r)
}

unsafe fn ngx_http_destination_charset(r: *mut ngx_http_request_t, name: *mut ngx_str_t) -> ngx_int_t {
    if (*r).headers_out.content_type.len == 0 {
        return NGX_DECLINED;
    }

    if !(*r).headers_out.override_charset.is_null() && (*(*r).headers_out.override_charset).len != 0 {
        *name = *(*r).headers_out.override_charset;

        let charset = ngx_http_get_charset(r, name);

        if charset != NGX_HTTP_NO_CHARSET {
            return charset;
        }

        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0; "unknown charset \"%V\" to override", name);

        return NGX_DECLINED;
    }

    let mlcf: *mut ngx_http_charset_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_charset_filter_module);
    let charset = (*mlcf).charset;

    if charset == NGX_HTTP_CHARSET_OFF {
        return NGX_DECLINED;
    }

    if (*r).headers_out.charset.len != 0 {
        if (*mlcf).override_charset == 0 {
            return NGX_DECLINED;
        }
    } else if ngx_http_test_content_type(r, &raw mut (*mlcf).types).is_null() {
        return NGX_DECLINED;
    }

    if charset < NGX_HTTP_CHARSET_VAR {
        let mcf: *mut ngx_http_charset_main_conf_t = ngx_http_get_module_main_conf(r, &ngx_http_charset_filter_module);
        let charsets = (*mcf).charsets.elts;
        *name = (*charsets.offset(charset)).name;
        return charset;
    }

    let vv = ngx_http_get_indexed_variable(r, (charset - NGX_HTTP_CHARSET_VAR) as ngx_uint_t);

    if vv.is_null() || (*vv).not_found {
        return NGX_ERROR;
    }

    (*name).len = (*vv).len as usize;
    (*name).data = (*vv).data;

    ngx_http_get_charset(r, name)
}

unsafe fn ngx_http_main_request_charset(r: *mut ngx_http_request_t, src: *mut ngx_str_t) -> ngx_int_t {
    let mut ctx: *mut ngx_http_charset_ctx_t = ngx_http_get_module_ctx((*r).main, &ngx_http_charset_filter_module);

    if !ctx.is_null() {
        *src = (*ctx).charset_name;
        return (*ctx).charset;
    }

    let main_charset = &raw mut (*(*r).main).headers_out.charset;

    if (*main_charset).len == 0 {
        return NGX_DECLINED;
    }

    ctx = ngx_pcalloc((*r).pool);
    if ctx.is_null() {
        return NGX_ERROR;
    }

    ngx_http_set_ctx((*r).main, ctx, &ngx_http_charset_filter_module);

    let charset = ngx_http_get_charset(r, main_charset);

    (*ctx).charset = charset;
    (*ctx).charset_name = *main_charset;
    *src = *main_charset;

    charset
}

unsafe fn ngx_http_source_charset(r: *mut ngx_http_request_t, name: *mut ngx_str_t) -> ngx_int_t {
    if (*r).headers_out.charset.len != 0 {
        *name = (*r).headers_out.charset;
        return ngx_http_get_charset(r, name);
    }

    let lcf: *mut ngx_http_charset_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_charset_filter_module);

    let charset = (*lcf).source_charset;

    if charset == NGX_HTTP_CHARSET_OFF {
        (*name).len = 0;
        return charset;
    }

    if charset < NGX_HTTP_CHARSET_VAR {
        let mcf: *mut ngx_http_charset_main_conf_t = ngx_http_get_module_main_conf(r, &ngx_http_charset_filter_module);
        let charsets = (*mcf).charsets.elts;
        *name = (*charsets.offset(charset)).name;
        return charset;
    }

    let vv = ngx_http_get_indexed_variable(r, (charset - NGX_HTTP_CHARSET_VAR) as ngx_uint_t);

    if vv.is_null() || (*vv).not_found {
        return NGX_ERROR;
    }

    (*name).len = (*vv).len as usize;
    (*name).data = (*vv).data;

    ngx_http_get_charset(r, name)
}

unsafe fn ngx_http_get_charset(r: *mut ngx_http_request_t, name: *mut ngx_str_t) -> ngx_int_t {
    let mcf: *mut ngx_http_charset_main_conf_t = ngx_http_get_module_main_conf(r, &ngx_http_charset_filter_module);

    let charset = (*mcf).charsets.elts;
    let n = (*mcf).charsets.nelts;

    for i in 0..n {
        if (*charset.add(i)).name.len != (*name).len {
            continue;
        }

        if ngx_strncasecmp((*charset.add(i)).name.data, (*name).data, (*name).len) == 0 {
            return i as ngx_int_t;
        }
    }

    NGX_HTTP_NO_CHARSET
}

#[inline]
unsafe fn ngx_http_set_charset(r: *mut ngx_http_request_t, charset: *mut ngx_str_t) {
    if r != (*r).main {
        return;
    }

    if (*r).headers_out.status == NGX_HTTP_MOVED_PERMANENTLY as ngx_uint_t
        || (*r).headers_out.status == NGX_HTTP_MOVED_TEMPORARILY as ngx_uint_t
    {
        // Netscape 4 would take it for the charset of the page behind the redirect

        (*r).headers_out.charset.len = 0;
        return;
    }

    (*r).headers_out.charset = *charset;
}

unsafe fn ngx_http_charset_ctx(
    r: *mut ngx_http_request_t,
    charsets: *mut ngx_http_charset_t,
    charset: ngx_int_t,
    source_charset: ngx_int_t,
) -> ngx_int_t {
    let ctx: *mut ngx_http_charset_ctx_t = ngx_pcalloc((*r).pool);
    if ctx.is_null() {
        return NGX_ERROR;
    }

    ngx_http_set_ctx(r, ctx, &ngx_http_charset_filter_module);

    (*ctx).table = *(*charsets.offset(source_charset)).tables.offset(charset);
    (*ctx).charset = charset;
    (*ctx).charset_name = (*charsets.offset(charset)).name;
    (*ctx).length = (*charsets.offset(charset)).length;
    (*ctx).from_utf8 = (*charsets.offset(source_charset)).utf8;
    (*ctx).to_utf8 = (*charsets.offset(charset)).utf8;

    (*r).filter_need_in_memory = true;

    if ((*ctx).to_utf8 || (*ctx).from_utf8) && r == (*r).main {
        ngx_http_clear_content_length(r);
    } else {
        (*r).filter_need_temporary = true;
    }

    ngx_http_next_header_filter.get().unwrap()(r)
}

unsafe fn ngx_http_charset_body_filter(r: *mut ngx_http_request_t, in_: *mut ngx_chain_t) -> ngx_int_t {
    let ctx: *mut ngx_http_charset_ctx_t = ngx_http_get_module_ctx(r, &ngx_http_charset_filter_module);

    if ctx.is_null() || (*ctx).table.is_null() {
        return ngx_http_next_body_filter.get().unwrap()(r, in_);
    }

    let mut cl;

    if ((*ctx).to_utf8 || (*ctx).from_utf8) || !(*ctx).busy.is_null() {
        let mut out: *mut ngx_chain_t = null_mut();
        let mut ll = &raw mut out;
        let mut b;

        cl = in_;
        while !cl.is_null() {
            b = (*cl).buf;
            cl = (*cl).next;

            if ngx_buf_size(b) == 0 {
                *ll = ngx_alloc_chain_link((*r).pool);
                if (*ll).is_null() {
                    return NGX_ERROR;
                }

                (**ll).buf = b;
                (**ll).next = null_mut();

                ll = &raw mut (**ll).next;

                continue;
            }

            *ll = if (*ctx).to_utf8 {
                ngx_http_charset_recode_to_utf8((*r).pool, b, ctx)
            } else {
                ngx_http_charset_recode_from_utf8((*r).pool, b, ctx)
            };

            if (*ll).is_null() {
                return NGX_ERROR;
            }

            while !(*ll).is_null() {
                ll = &raw mut (**ll).next;
            }
        }

        let rc = ngx_http_next_body_filter.get().unwrap()(r, out);

        if !out.is_null() {
            if (*ctx).busy.is_null() {
                (*ctx).busy = out;
            } else {
                cl = (*ctx).busy;
                while !(*cl).next.is_null() {
                    cl = (*cl).next;
                }
                (*cl).next = out;
            }
        }

        while !(*ctx).busy.is_null() {
            cl = (*ctx).busy;
            b = (*cl).buf;

            if ngx_buf_size(b) != 0 {
                break;
            }

            (*ctx).busy = (*cl).next;

            if (*b).tag != (&raw const ngx_http_charset_filter_module).cast() {
                continue;
            }

            if !(*b).shadow.is_null() {
                (*(*b).shadow).pos = (*(*b).shadow).last;
            }

            if !(*b).pos.is_null() {
                (*cl).next = (*ctx).free_buffers;
                (*ctx).free_buffers = cl;
                continue;
            }

            (*cl).next = (*ctx).free_bufs;
            (*ctx).free_bufs = cl;
        }

        return rc;
    }

    cl = in_;
    while !cl.is_null() {
        ngx_http_charset_recode((*cl).buf, (*ctx).table);
        cl = (*cl).next;
    }

    ngx_http_next_body_filter.get().unwrap()(r, in_)
}

/// Byte for byte, in place. Whether there was anything to do.
unsafe fn ngx_http_charset_recode(b: *mut ngx_buf_t, table: *mut u8) -> bool {
    let last = (*b).last;
    let mut p = (*b).pos;

    loop {
        if p >= last {
            return false;
        }

        if *p != *table.add(*p as usize) {
            break;
        }

        p = p.add(1);
    }

    loop {
        if *p != *table.add(*p as usize) {
            *p = *table.add(*p as usize);
        }

        p = p.add(1);

        if p >= last {
            break;
        }
    }

    (*b).in_file = false;

    true
}

unsafe fn ngx_http_charset_recode_from_utf8(
    pool: *mut ngx_pool_t,
    buf: *mut ngx_buf_t,
    ctx: *mut ngx_http_charset_ctx_t,
) -> *mut ngx_chain_t {
    let mut len;
    let mut size;
    let mut c;
    let mut p;
    let mut src;
    let mut dst;
    let mut saved;
    let mut n;
    let mut b;
    let mut out;
    let mut cl;

    let table: *mut *mut u8 = (*ctx).table.cast();

    src = (*buf).pos;

    'recode: {
        if (*ctx).saved_len == 0 {
            while src < (*buf).last {
                if *src < 0x80 {
                    src = src.add(1);
                    continue;
                }

                len = src.offset_from_unsigned((*buf).pos);

                if len > 512 {
                    out = ngx_http_charset_get_buf(pool, ctx);
                    if out.is_null() {
                        return null_mut();
                    }

                    b = (*out).buf;

                    (*b).temporary = (*buf).temporary;
                    (*b).memory = (*buf).memory;
                    (*b).mmap = (*buf).mmap;
                    (*b).flush = (*buf).flush;

                    (*b).pos = (*buf).pos;
                    (*b).last = src;

                    (*out).buf = b;
                    (*out).next = null_mut();

                    size = (*buf).last.offset_from_unsigned(src);

                    saved = src;
                    n = ngx_utf8_decode(&raw mut saved, size);

                    if n == 0xfffffffe {
                        // a sequence that is not complete

                        ngx_memcpy(&raw mut (*ctx).saved, src, size);
                        (*ctx).saved_len = size;

                        (*b).shadow = buf;

                        return out;
                    }
                } else {
                    out = null_mut();
                    size = len + (*buf).last.offset_from_unsigned(src);
                    src = (*buf).pos;
                }

                if size < NGX_HTML_ENTITY_LEN {
                    size += NGX_HTML_ENTITY_LEN;
                }

                cl = ngx_http_charset_get_buffer(pool, ctx, size);
                if cl.is_null() {
                    return null_mut();
                }

                if !out.is_null() {
                    (*out).next = cl;
                } else {
                    out = cl;
                }

                b = (*cl).buf;
                dst = (*b).pos;

                break 'recode;
            }

            out = ngx_alloc_chain_link(pool);
            if out.is_null() {
                return null_mut();
            }

            (*out).buf = buf;
            (*out).next = null_mut();

            return out;
        }

        // the rest of the sequence that the previous buffer began

        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*pool).log, 0; "http charset utf saved: %z", (*ctx).saved_len);

        let ctx_saved: *mut u8 = (&raw mut (*ctx).saved).cast();

        len = ngx_min(NGX_UTF_LEN - (*ctx).saved_len, (*buf).last.offset_from_unsigned(src));
        ngx_memcpy(ctx_saved.add((*ctx).saved_len), src, len);
        len += (*ctx).saved_len;

        saved = ctx_saved;
        n = ngx_utf8_decode(&raw mut saved, len);

        c = b'\0';

        if n < 0x10000 {
            p = *table.add((n >> 8) as usize);

            if !p.is_null() {
                c = *p.add((n & 0xff) as usize);
            }
        } else if n == 0xfffffffe {
            // it is still not complete

            if len < NGX_UTF_LEN {
                out = ngx_http_charset_get_buf(pool, ctx);
                if out.is_null() {
                    return null_mut();
                }

                b = (*out).buf;

                (*b).pos = (*buf).pos;
                (*b).last = (*buf).last;
                (*b).sync = true;
                (*b).shadow = buf;

                (*ctx).saved_len = len;

                return out;
            }
        }

        size = (*buf).last.offset_from_unsigned((*buf).pos);

        if size < NGX_HTML_ENTITY_LEN {
            size += NGX_HTML_ENTITY_LEN;
        }

        cl = ngx_http_charset_get_buffer(pool, ctx, size);
        if cl.is_null() {
            return null_mut();
        }

        out = cl;

        b = (*cl).buf;
        dst = (*b).pos;

        if c != 0 {
            *dst = c;
            dst = dst.add(1);
        } else if n == 0xfffffffe {
            *dst = b'?';
            dst = dst.add(1);

            ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*pool).log, 0; "http charset invalid utf 0");

            saved = ctx_saved.add(NGX_UTF_LEN);
        } else if n > 0x10ffff {
            *dst = b'?';
            dst = dst.add(1);

            ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*pool).log, 0; "http charset invalid utf 1");

            if saved < ctx_saved.add((*ctx).saved_len) {
                saved = ctx_saved.add((*ctx).saved_len);
            }
        } else {
            dst = ngx_sprintf!(dst, "&#%uD;", n);
        }

        src = src.add(saved.offset_from_unsigned(ctx_saved) - (*ctx).saved_len);
        (*ctx).saved_len = 0;
    }

    let mut ll = &raw mut (*cl).next;

    while src < (*buf).last {
        if (*b).end.offset_from_unsigned(dst) < NGX_HTML_ENTITY_LEN {
            (*b).last = dst;

            size = (*buf).last.offset_from_unsigned(src) + NGX_HTML_ENTITY_LEN;

            cl = ngx_http_charset_get_buffer(pool, ctx, size);
            if cl.is_null() {
                return null_mut();
            }

            *ll = cl;
            ll = &raw mut (*cl).next;

            b = (*cl).buf;
            dst = (*b).pos;
        }

        if *src < 0x80 {
            *dst = *src;
            dst = dst.add(1);
            src = src.add(1);
            continue;
        }

        len = (*buf).last.offset_from_unsigned(src);

        n = ngx_utf8_decode(&raw mut src, len);

        if n < 0x10000 {
            p = *table.add((n >> 8) as usize);

            if !p.is_null() {
                c = *p.add((n & 0xff) as usize);

                if c != 0 {
                    *dst = c;
                    dst = dst.add(1);
                    continue;
                }
            }

            dst = ngx_sprintf!(dst, "&#%uD;", n);

            continue;
        }

        if n == 0xfffffffe {
            // a sequence that is not complete

            ngx_memcpy(&raw mut (*ctx).saved, src, len);
            (*ctx).saved_len = len;

            if (*b).pos == dst {
                (*b).sync = true;
                (*b).temporary = false;
            }

            break;
        }

        if n > 0x10ffff {
            *dst = b'?';
            dst = dst.add(1);

            ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*pool).log, 0; "http charset invalid utf 2");

            continue;
        }

        // beyond UCS-2

        dst = ngx_sprintf!(dst, "&#%uD;", n);
    }

    (*b).last = dst;

    (*b).last_buf = (*buf).last_buf;
    (*b).last_in_chain = (*buf).last_in_chain;
    (*b).flush = (*buf).flush;

    (*b).shadow = buf;

    out
}

unsafe fn ngx_http_charset_recode_to_utf8(
    pool: *mut ngx_pool_t,
    buf: *mut ngx_buf_t,
    ctx: *mut ngx_http_charset_ctx_t,
) -> *mut ngx_chain_t {
    let mut len;
    let mut size;
    let mut b;
    let mut out;
    let mut cl;

    let table = (*ctx).table;

    let mut src = (*buf).pos;

    'recode: {
        while src < (*buf).last {
            if *table.add(*src as usize * NGX_UTF_LEN) == 1 {
                src = src.add(1);
                continue;
            }

            break 'recode;
        }

        out = ngx_alloc_chain_link(pool);
        if out.is_null() {
            return null_mut();
        }

        (*out).buf = buf;
        (*out).next = null_mut();

        return out;
    }

    // half of the characters grow, it is assumed

    len = src.offset_from_unsigned((*buf).pos);

    if len > 512 {
        out = ngx_http_charset_get_buf(pool, ctx);
        if out.is_null() {
            return null_mut();
        }

        b = (*out).buf;

        (*b).temporary = (*buf).temporary;
        (*b).memory = (*buf).memory;
        (*b).mmap = (*buf).mmap;
        (*b).flush = (*buf).flush;

        (*b).pos = (*buf).pos;
        (*b).last = src;

        (*out).buf = b;
        (*out).next = null_mut();

        // DEVIATION: rounded up, here and below: in C one byte makes an empty buffer, and that ends the response
        size = (*buf).last.offset_from_unsigned(src).div_ceil(2);
        size += size * (*ctx).length as usize;
    } else {
        out = null_mut();

        size = (*buf).last.offset_from_unsigned(src).div_ceil(2);
        size += len + size * (*ctx).length as usize;

        src = (*buf).pos;
    }

    cl = ngx_http_charset_get_buffer(pool, ctx, size);
    if cl.is_null() {
        return null_mut();
    }

    if !out.is_null() {
        (*out).next = cl;
    } else {
        out = cl;
    }

    let mut ll = &raw mut (*cl).next;

    b = (*cl).buf;
    let mut dst = (*b).pos;

    while src < (*buf).last {
        let mut p = table.add(*src as usize * NGX_UTF_LEN);
        src = src.add(1);

        len = *p as usize;
        p = p.add(1);

        if (*b).end.offset_from_unsigned(dst) < len {
            (*b).last = dst;

            size = (*buf).last.offset_from_unsigned(src);
            size = len + size / 2 + size / 2 * (*ctx).length as usize;

            cl = ngx_http_charset_get_buffer(pool, ctx, size);
            if cl.is_null() {
                return null_mut();
            }

            *ll = cl;
            ll = &raw mut (*cl).next;

            b = (*cl).buf;
            dst = (*b).pos;
        }

        while len != 0 {
            *dst = *p;
            dst = dst.add(1);
            p = p.add(1);
            len -= 1;
        }
    }

    (*b).last = dst;

    (*b).last_buf = (*buf).last_buf;
    (*b).last_in_chain = (*buf).last_in_chain;
    (*b).flush = (*buf).flush;

    (*b).shadow = buf;

    out
}

unsafe fn ngx_http_charset_get_buf(pool: *mut ngx_pool_t, ctx: *mut ngx_http_charset_ctx_t) -> *mut ngx_chain_t {
    let mut cl = (*ctx).free_bufs;

    if !cl.is_null() {
        (*ctx).free_bufs = (*cl).next;

        (*(*cl).buf).shadow = null_mut();
        (*cl).next = null_mut();

        return cl;
    }

    cl = ngx_alloc_chain_link(pool);
    if cl.is_null() {
        return null_mut();
    }

    (*cl).buf = ngx_calloc_buf(pool);
    if (*cl).buf.is_null() {
        return null_mut();
    }

    (*cl).next = null_mut();

    (*(*cl).buf).tag = (&raw const ngx_http_charset_filter_module).cast();

    cl
}

unsafe fn ngx_http_charset_get_buffer(
    pool: *mut ngx_pool_t,
    ctx: *mut ngx_http_charset_ctx_t,
    size: usize,
) -> *mut ngx_chain_t {
    let mut ll = &raw mut (*ctx).free_buffers;
    let mut cl = (*ctx).free_buffers;

    while !cl.is_null() {
        let b = (*cl).buf;

        if (*b).end.addr() - (*b).start.addr() >= size {
            *ll = (*cl).next;
            (*cl).next = null_mut();

            (*b).pos = (*b).start;
            (*b).temporary = true;
            (*b).shadow = null_mut();

            return cl;
        }

        ll = &raw mut (*cl).next;
        cl = (*cl).next;
    }

    cl = ngx_alloc_chain_link(pool);
    if cl.is_null() {
        return null_mut();
    }

    (*cl).buf = ngx_create_temp_buf(pool, size);
    if (*cl).buf.is_null() {
        return null_mut();
    }

    (*cl).next = null_mut();

    (*(*cl).buf).temporary = true;
    (*(*cl).buf).tag = (&raw const ngx_http_charset_filter_module).cast();

    cl
}

unsafe fn ngx_http_charset_map_block(
    cf: *mut ngx_conf_t,
    _cmd: *const ngx_command_t,
    conf: *mut c_void,
) -> ngx_conf_ret_t {
    let mcf: *mut ngx_http_charset_main_conf_t = conf.cast();

    let value = (*(*cf).args).elts;

    let src = ngx_http_add_charset(&raw mut (*mcf).charsets, value.add(1));
    if src == NGX_ERROR {
        return NGX_CONF_ERROR;
    }

    let dst = ngx_http_add_charset(&raw mut (*mcf).charsets, value.add(2));
    if dst == NGX_ERROR {
        return NGX_CONF_ERROR;
    }

    if src == dst {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0;
                            "\"charset_map\" between the same charsets \"%V\" and \"%V\"", value.add(1), value.add(2));
        return NGX_CONF_ERROR;
    }

    if ngx_strcasecmp((*value.add(1)).data, c"utf-8".as_ptr().cast()) == 0 {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0;
                            "\"charset_map\" with \"utf-8\" charset should be given in the second column");
        return NGX_CONF_ERROR;
    }

    let mut table = (*mcf).tables.elts;
    for _ in 0..(*mcf).tables.nelts {
        // as in C, it is always the first table that is looked at

        if (src == (*table).src && dst == (*table).dst) || (src == (*table).dst && dst == (*table).src) {
            ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0;
                                "duplicate \"charset_map\" between \"%V\" and \"%V\"", value.add(1), value.add(2));
            return NGX_CONF_ERROR;
        }
    }

    table = ngx_array_push(&raw mut (*mcf).tables);
    if table.is_null() {
        return NGX_CONF_ERROR;
    }

    (*table).src = src;
    (*table).dst = dst;

    if ngx_strcasecmp((*value.add(2)).data, c"utf-8".as_ptr().cast()) == 0 {
        (*table).src2dst = ngx_pcalloc_n((*cf).pool, 256 * NGX_UTF_LEN);
        if (*table).src2dst.is_null() {
            return NGX_CONF_ERROR;
        }

        let pp: *mut *mut u8 = ngx_pcalloc_n((*cf).pool, 256);
        if pp.is_null() {
            return NGX_CONF_ERROR;
        }

        (*table).dst2src = pp.cast();

        let dst2src: *mut u8 = ngx_pcalloc_n((*cf).pool, 256);
        if dst2src.is_null() {
            return NGX_CONF_ERROR;
        }

        *pp = dst2src;

        for i in 0..128 {
            let p = (*table).src2dst.add(i * NGX_UTF_LEN);
            *p = 1;
            *p.add(1) = i as u8;
            *dst2src.add(i) = i as u8;
        }

        for i in 128..256 {
            let p = (*table).src2dst.add(i * NGX_UTF_LEN);
            *p = 1;
            *p.add(1) = b'?';
        }
    } else {
        (*table).src2dst = ngx_palloc_n((*cf).pool, 256);
        if (*table).src2dst.is_null() {
            return NGX_CONF_ERROR;
        }

        (*table).dst2src = ngx_palloc_n((*cf).pool, 256);
        if (*table).dst2src.is_null() {
            return NGX_CONF_ERROR;
        }

        for i in 0..128 {
            *(*table).src2dst.add(i) = i as u8;
            *(*table).dst2src.add(i) = i as u8;
        }

        for i in 128..256 {
            *(*table).src2dst.add(i) = b'?';
            *(*table).dst2src.add(i) = b'?';
        }
    }

    let charset = (*mcf).charsets.elts;

    let mut ctx = ngx_http_charset_conf_ctx_t { table, charset: charset.offset(dst), characters: 0 };

    let pvcf = *cf;
    (*cf).ctx = (&raw mut ctx).cast();
    (*cf).handler = Some(ngx_http_charset_map);
    (*cf).handler_conf = conf;

    let rv = ngx_conf_parse(cf, null_mut());

    *cf = pvcf;

    if ctx.characters != 0 {
        let n = (*ctx.charset).length as ngx_uint_t;
        (*ctx.charset).length = (n / ctx.characters) as u16;

        if n * 10 / ctx.characters % 10 > 4 {
            (*ctx.charset).length += 1;
        }
    }

    rv
}

/// A line of charset_map{}.
unsafe fn ngx_http_charset_map(
    cf: *mut ngx_conf_t,
    _dummy: *const ngx_command_t,
    _conf: *mut c_void,
) -> ngx_conf_ret_t {
    if (*(*cf).args).nelts != 2 {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid parameters number");
        return NGX_CONF_ERROR;
    }

    let value = (*(*cf).args).elts;

    let src = ngx_hextoi((*value).data, (*value).len);
    if src == NGX_ERROR || src > 255 {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid value \"%V\"", value);
        return NGX_CONF_ERROR;
    }

    let ctx: *mut ngx_http_charset_conf_ctx_t = (*cf).ctx.cast();
    let table = (*ctx).table;

    if (*(*ctx).charset).utf8 {
        if (*value.add(1)).len / 2 > NGX_UTF_LEN - 1 {
            ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid value \"%V\"", value.add(1));
            return NGX_CONF_ERROR;
        }

        let mut p = (*table).src2dst.add(src as usize * NGX_UTF_LEN);

        *p = ((*value.add(1)).len / 2) as u8;
        p = p.add(1);

        let mut i = 0;
        while i < (*value.add(1)).len {
            let dst = ngx_hextoi((*value.add(1)).data.add(i), 2);
            if dst == NGX_ERROR || dst > 255 {
                ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid value \"%V\"", value.add(1));
                return NGX_CONF_ERROR;
            }

            *p = dst as u8;
            p = p.add(1);

            i += 2;
        }

        i /= 2;

        (*(*ctx).charset).length = (*(*ctx).charset).length.wrapping_add(i as u16);
        (*ctx).characters += 1;

        p = (*table).src2dst.add(src as usize * NGX_UTF_LEN + 1);

        let n = ngx_utf8_decode(&raw mut p, i);

        if n > 0xffff {
            ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid value \"%V\"", value.add(1));
            return NGX_CONF_ERROR;
        }

        let pp: *mut *mut u8 = (*table).dst2src.cast();

        let mut dst2src = *pp.add((n >> 8) as usize);

        if dst2src.is_null() {
            dst2src = ngx_pcalloc_n((*cf).pool, 256);
            if dst2src.is_null() {
                return NGX_CONF_ERROR;
            }

            *pp.add((n >> 8) as usize) = dst2src;
        }

        *dst2src.add((n & 0xff) as usize) = src as u8;
    } else {
        let dst = ngx_hextoi((*value.add(1)).data, (*value.add(1)).len);
        if dst == NGX_ERROR || dst > 255 {
            ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid value \"%V\"", value.add(1));
            return NGX_CONF_ERROR;
        }

        *(*table).src2dst.offset(src) = dst as u8;
        *(*table).dst2src.offset(dst) = src as u8;
    }

    NGX_CONF_OK
}

unsafe fn ngx_http_set_charset_slot(
    cf: *mut ngx_conf_t,
    cmd: *const ngx_command_t,
    conf: *mut c_void,
) -> ngx_conf_ret_t {
    let cp: *mut ngx_int_t = conf.byte_add((*cmd).offset).cast();

    if *cp != NGX_CONF_UNSET {
        return NGX_CONF_MSG("is duplicate");
    }

    let value = (*(*cf).args).elts;

    if (*cmd).offset == offset_of!(ngx_http_charset_loc_conf_t, charset)
        && ngx_strcmp((*value.add(1)).data, c"off".as_ptr().cast()) == 0
    {
        *cp = NGX_HTTP_CHARSET_OFF;
        return NGX_CONF_OK;
    }

    if *(*value.add(1)).data == b'$' {
        let mut var = ngx_str_t { len: (*value.add(1)).len - 1, data: (*value.add(1)).data.add(1) };

        *cp = ngx_http_get_variable_index(cf, &raw mut var);

        if *cp == NGX_ERROR {
            return NGX_CONF_ERROR;
        }

        *cp += NGX_HTTP_CHARSET_VAR;

        return NGX_CONF_OK;
    }

    let mcf: *mut ngx_http_charset_main_conf_t =
        ngx_http_conf_get_module_main_conf(cf, &ngx_http_charset_filter_module);

    *cp = ngx_http_add_charset(&raw mut (*mcf).charsets, value.add(1));
    if *cp == NGX_ERROR {
        return NGX_CONF_ERROR;
    }

    NGX_CONF_OK
}

unsafe fn ngx_http_add_charset(charsets: *mut ngx_array_t<ngx_http_charset_t>, name: *mut ngx_str_t) -> ngx_int_t {
    let mut c = (*charsets).elts;
    let mut i = 0;

    while i < (*charsets).nelts {
        if (*name).len != (*c.add(i)).name.len {
            i += 1;
            continue;
        }

        if ngx_strcasecmp((*name).data, (*c.add(i)).name.data) == 0 {
            break;
        }

        i += 1;
    }

    if i < (*charsets).nelts {
        return i as ngx_int_t;
    }

    c = ngx_array_push(charsets);
    if c.is_null() {
        return NGX_ERROR;
    }

    (*c).tables = null_mut();
    (*c).name = *name;
    (*c).length = 0;

    (*c).utf8 = ngx_strcasecmp((*name).data, c"utf-8".as_ptr().cast()) == 0;

    i as ngx_int_t
}

unsafe fn ngx_http_charset_create_main_conf(cf: *mut ngx_conf_t) -> *mut c_void {
    let mcf: *mut ngx_http_charset_main_conf_t = ngx_pcalloc((*cf).pool);
    if mcf.is_null() {
        return null_mut();
    }

    if ngx_array_init(&raw mut (*mcf).charsets, (*cf).pool, 2) != NGX_OK {
        return null_mut();
    }

    if ngx_array_init(&raw mut (*mcf).tables, (*cf).pool, 1) != NGX_OK {
        return null_mut();
    }

    if ngx_array_init(&raw mut (*mcf).recodes, (*cf).pool, 2) != NGX_OK {
        return null_mut();
    }

    mcf.cast()
}

unsafe fn ngx_http_charset_create_loc_conf(cf: *mut ngx_conf_t) -> *mut c_void {
    let lcf: *mut ngx_http_charset_loc_conf_t = ngx_pcalloc((*cf).pool);
    if lcf.is_null() {
        return null_mut();
    }

    (*lcf).charset = NGX_CONF_UNSET;
    (*lcf).source_charset = NGX_CONF_UNSET;
    (*lcf).override_charset = NGX_CONF_UNSET;

    lcf.cast()
}

unsafe fn ngx_http_charset_merge_loc_conf(
    cf: *mut ngx_conf_t,
    parent: *mut c_void,
    child: *mut c_void,
) -> ngx_conf_ret_t {
    let prev: *mut ngx_http_charset_loc_conf_t = parent.cast();
    let conf: *mut ngx_http_charset_loc_conf_t = child.cast();

    if ngx_http_merge_types(
        cf,
        &raw mut (*conf).types_keys,
        &raw mut (*conf).types,
        &raw mut (*prev).types_keys,
        &raw mut (*prev).types,
        (&raw const ngx_http_charset_default_types).cast_mut().cast(),
    ) != NGX_CONF_OK
    {
        return NGX_CONF_ERROR;
    }

    ngx_conf_merge_value!((*conf).override_charset, (*prev).override_charset, 0);
    ngx_conf_merge_value!((*conf).charset, (*prev).charset, NGX_HTTP_CHARSET_OFF);
    ngx_conf_merge_value!((*conf).source_charset, (*prev).source_charset, NGX_HTTP_CHARSET_OFF);

    if (*conf).charset == NGX_HTTP_CHARSET_OFF
        || (*conf).source_charset == NGX_HTTP_CHARSET_OFF
        || (*conf).charset == (*conf).source_charset
    {
        return NGX_CONF_OK;
    }

    if (*conf).source_charset >= NGX_HTTP_CHARSET_VAR || (*conf).charset >= NGX_HTTP_CHARSET_VAR {
        return NGX_CONF_OK;
    }

    let mcf: *mut ngx_http_charset_main_conf_t =
        ngx_http_conf_get_module_main_conf(cf, &ngx_http_charset_filter_module);
    let mut recode = (*mcf).recodes.elts;
    for i in 0..(*mcf).recodes.nelts {
        if (*conf).source_charset == (*recode.add(i)).src && (*conf).charset == (*recode.add(i)).dst {
            return NGX_CONF_OK;
        }
    }

    recode = ngx_array_push(&raw mut (*mcf).recodes);
    if recode.is_null() {
        return NGX_CONF_ERROR;
    }

    (*recode).src = (*conf).source_charset;
    (*recode).dst = (*conf).charset;

    NGX_CONF_OK
}

unsafe fn ngx_http_charset_postconfiguration(cf: *mut ngx_conf_t) -> ngx_int_t {
    let mcf: *mut ngx_http_charset_main_conf_t =
        ngx_http_conf_get_module_main_conf(cf, &ngx_http_charset_filter_module);

    let recode = (*mcf).recodes.elts;
    let tables = (*mcf).tables.elts;
    let charset = (*mcf).charsets.elts;

    'next: for i in 0..(*mcf).recodes.nelts {
        let recode = recode.add(i);
        let c = (*recode).src;

        for t in 0..(*mcf).tables.nelts {
            let tables = tables.add(t);

            if c == (*tables).src && (*recode).dst == (*tables).dst {
                continue 'next;
            }

            if c == (*tables).dst && (*recode).dst == (*tables).src {
                continue 'next;
            }
        }

        ngx_log_error!(NGX_LOG_EMERG, (*cf).log, 0;
                       "no \"charset_map\" between the charsets \"%V\" and \"%V\"",
                       (*charset.offset(c)).name, (*charset.offset((*recode).dst)).name);
        return NGX_ERROR;
    }

    for t in 0..(*mcf).tables.nelts {
        let tables = tables.add(t);

        let mut src = (*charset.offset((*tables).src)).tables;

        if src.is_null() {
            src = ngx_pcalloc_n((*cf).pool, (*mcf).charsets.nelts);
            if src.is_null() {
                return NGX_ERROR;
            }

            (*charset.offset((*tables).src)).tables = src;
        }

        let mut dst = (*charset.offset((*tables).dst)).tables;

        if dst.is_null() {
            dst = ngx_pcalloc_n((*cf).pool, (*mcf).charsets.nelts);
            if dst.is_null() {
                return NGX_ERROR;
            }

            (*charset.offset((*tables).dst)).tables = dst;
        }

        *src.offset((*tables).dst) = (*tables).src2dst;
        *dst.offset((*tables).src) = (*tables).dst2src;
    }

    ngx_http_next_header_filter.set(ngx_http_top_header_filter.get());
    ngx_http_top_header_filter.set(Some(ngx_http_charset_header_filter));

    ngx_http_next_body_filter.set(ngx_http_top_body_filter.get());
    ngx_http_top_body_filter.set(Some(ngx_http_charset_body_filter));

    NGX_OK
}
