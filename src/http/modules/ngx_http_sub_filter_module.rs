//! Port of src/http/modules/ngx_http_sub_filter_module.c

use crate::core::{
    ngx_array::*, ngx_buf::*, ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_hash::*, ngx_log::*, ngx_module::*,
    ngx_palloc::*, ngx_string::*,
};
use crate::http::{ngx_http::*, ngx_http_config::*, ngx_http_core_module::*, ngx_http_request::*, ngx_http_script::*};
use crate::os::unix::ngx_process::*;

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_sub_pair_t {
    match_: ngx_http_complex_value_t,
    value: ngx_http_complex_value_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_sub_match_t {
    match_: ngx_str_t,
    value: *mut ngx_http_complex_value_t,
}

/// The matches are sorted by the character at `min_match_len - 1`: `index` says where those with a character begin,
/// `shift` how far to go from it when it cannot be the last of the first `min_match_len` ones.
#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_sub_tables_t {
    min_match_len: ngx_uint_t,
    max_match_len: ngx_uint_t,

    index: [u8; 257],
    shift: [u8; 256],
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_sub_loc_conf_t {
    dynamic: bool,

    pairs: *mut ngx_array_t<ngx_http_sub_pair_t>,

    tables: *mut ngx_http_sub_tables_t,

    types: ngx_hash_t,

    once: ngx_flag_t,
    last_modified: ngx_flag_t,

    types_keys: *mut ngx_array_t<ngx_hash_key_t>,
    matches: *mut ngx_array_t<ngx_http_sub_match_t>,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_sub_ctx_t {
    saved: ngx_str_t,
    looked: ngx_str_t,

    once: bool,

    buf: *mut ngx_buf_t,

    pos: *mut u8,
    copy_start: *mut u8,
    copy_end: *mut u8,

    in_: *mut ngx_chain_t,
    out: *mut ngx_chain_t,
    last_out: *mut *mut ngx_chain_t,
    busy: *mut ngx_chain_t,
    free: *mut ngx_chain_t,

    sub: *mut ngx_str_t,
    applied: ngx_uint_t,

    offset: ngx_int_t,
    index: ngx_uint_t,

    tables: *mut ngx_http_sub_tables_t,
    matches: *mut ngx_array_t<ngx_http_sub_match_t>,
}

static ngx_http_sub_cmp_index: ngx_global_t<ngx_uint_t> = ngx_global_t::zeroed();

static ngx_http_sub_filter_commands: &[ngx_command_t] = &[
    ngx_command_t {
        name: ngx_string!("sub_filter"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE2,
        set: Some(ngx_http_sub_filter),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("sub_filter_types"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_1MORE,
        set: Some(ngx_http_types_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_sub_loc_conf_t, types_keys: *mut ngx_array_t<ngx_hash_key_t>),
        post: (&raw const ngx_http_html_default_types).cast(),
    },
    ngx_command_t {
        name: ngx_string!("sub_filter_once"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_sub_loc_conf_t, once: ngx_flag_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("sub_filter_last_modified"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_sub_loc_conf_t, last_modified: ngx_flag_t),
        post: null(),
    },
];

static ngx_http_sub_filter_module_ctx: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: None,
    postconfiguration: Some(ngx_http_sub_filter_init),

    create_main_conf: None,
    init_main_conf: None,

    create_srv_conf: None,
    merge_srv_conf: None,

    create_loc_conf: Some(ngx_http_sub_create_conf),
    merge_loc_conf: Some(ngx_http_sub_merge_conf),
};

pub static ngx_http_sub_filter_module: ngx_module_t = ngx_module_t {
    name: c"ngx_http_sub_filter_module",
    ctx: (&raw const ngx_http_sub_filter_module_ctx).cast(),
    commands: ngx_http_sub_filter_commands,
    type_: NGX_HTTP_MODULE,
    ..NGX_MODULE_V1()
};

static ngx_http_next_header_filter: ngx_global_t<ngx_http_output_header_filter_pt> = ngx_global_t::new(None);
static ngx_http_next_body_filter: ngx_global_t<ngx_http_output_body_filter_pt> = ngx_global_t::new(None);

unsafe fn ngx_http_sub_header_filter(r: *mut ngx_http_request_t) -> ngx_int_t {
    let slcf: *mut ngx_http_sub_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_sub_filter_module);

    if (*slcf).pairs.is_null()
        || (*r).headers_out.content_length_n == 0
        || ngx_http_test_content_type(r, &raw mut (*slcf).types).is_null()
    {
        return ngx_http_next_header_filter.get().unwrap()(r);
    }

    let ctx: *mut ngx_http_sub_ctx_t = ngx_pcalloc((*r).pool);
    if ctx.is_null() {
        return NGX_ERROR;
    }

    if !(*slcf).dynamic {
        (*ctx).tables = (*slcf).tables;
        (*ctx).matches = (*slcf).matches;
    } else {
        let pairs = (*(*slcf).pairs).elts;
        let n = (*(*slcf).pairs).nelts;

        let matches: *mut ngx_http_sub_match_t = ngx_pcalloc_n((*r).pool, n);
        if matches.is_null() {
            return NGX_ERROR;
        }

        let mut j = 0;
        for i in 0..n {
            (*matches.add(j)).value = &raw mut (*pairs.add(i)).value;

            if (*pairs.add(i)).match_.lengths.is_null() {
                (*matches.add(j)).match_ = (*pairs.add(i)).match_.value;
                j += 1;
                continue;
            }

            let m = &raw mut (*matches.add(j)).match_;
            if ngx_http_complex_value(r, &raw mut (*pairs.add(i)).match_, m) != NGX_OK {
                return NGX_ERROR;
            }

            if (*m).len == 0 {
                continue;
            }

            ngx_strlow((*m).data, (*m).data, (*m).len);
            j += 1;
        }

        if j == 0 {
            return ngx_http_next_header_filter.get().unwrap()(r);
        }

        (*ctx).matches = ngx_palloc((*r).pool);
        if (*ctx).matches.is_null() {
            return NGX_ERROR;
        }

        (*(*ctx).matches).elts = matches;
        (*(*ctx).matches).nelts = j;

        (*ctx).tables = ngx_palloc((*r).pool);
        if (*ctx).tables.is_null() {
            return NGX_ERROR;
        }

        ngx_http_sub_init_tables((*ctx).tables, (*(*ctx).matches).elts, (*(*ctx).matches).nelts);
    }

    (*ctx).saved.data = ngx_pnalloc((*r).pool, (*(*ctx).tables).max_match_len - 1);
    if (*ctx).saved.data.is_null() {
        return NGX_ERROR;
    }

    (*ctx).looked.data = ngx_pnalloc((*r).pool, (*(*ctx).tables).max_match_len - 1);
    if (*ctx).looked.data.is_null() {
        return NGX_ERROR;
    }

    ngx_http_set_ctx(r, ctx, &ngx_http_sub_filter_module);

    (*ctx).offset = (*(*ctx).tables).min_match_len as ngx_int_t - 1;
    (*ctx).last_out = &raw mut (*ctx).out;

    (*r).filter_need_in_memory = true;

    if r == (*r).main {
        ngx_http_clear_content_length(r);

        if (*slcf).last_modified == 0 {
            ngx_http_clear_last_modified(r);
            ngx_http_clear_etag(r);
        } else {
            ngx_http_weak_etag(r);
        }
    }

    ngx_http_next_header_filter.get().unwrap()(r)
}

unsafe fn ngx_http_sub_body_filter(r: *mut ngx_http_request_t, in_: *mut ngx_chain_t) -> ngx_int_t {
    let ctx: *mut ngx_http_sub_ctx_t = ngx_http_get_module_ctx(r, &ngx_http_sub_filter_module);

    if ctx.is_null() {
        return ngx_http_next_body_filter.get().unwrap()(r, in_);
    }

    if in_.is_null() && (*ctx).buf.is_null() && (*ctx).in_.is_null() && (*ctx).busy.is_null() {
        return ngx_http_next_body_filter.get().unwrap()(r, in_);
    }

    if (*ctx).once && ((*ctx).buf.is_null() || (*ctx).in_.is_null()) {
        if !(*ctx).busy.is_null() && ngx_http_sub_output(r, ctx) == NGX_ERROR {
            return NGX_ERROR;
        }

        return ngx_http_next_body_filter.get().unwrap()(r, in_);
    }

    if !in_.is_null() && ngx_chain_add_copy((*r).pool, &raw mut (*ctx).in_, in_) != NGX_OK {
        return NGX_ERROR;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "http sub filter \"%V\"", (*r).uri);

    let mut flush = false;
    let mut last = false;
    let mut cl;

    while !(*ctx).in_.is_null() || !(*ctx).buf.is_null() {
        if (*ctx).buf.is_null() {
            cl = (*ctx).in_;
            (*ctx).buf = (*cl).buf;
            (*ctx).in_ = (*cl).next;
            (*ctx).pos = (*(*ctx).buf).pos;

            ngx_free_chain((*r).pool, cl);
        }

        if (*(*ctx).buf).flush || (*(*ctx).buf).recycled {
            flush = true;
        }

        if (*ctx).in_.is_null() {
            last = flush;
        }

        let mut b: *mut ngx_buf_t = null_mut();

        while (*ctx).pos < (*(*ctx).buf).last {
            let rc = ngx_http_sub_parse(r, ctx, last);

            ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                           "parse: %i, looked: \"%V\" %p-%p", rc, (*ctx).looked, (*ctx).copy_start, (*ctx).copy_end);

            if rc == NGX_ERROR {
                return rc;
            }

            if (*ctx).saved.len != 0 {
                ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "saved: \"%V\"", (*ctx).saved);

                cl = ngx_chain_get_free_buf((*r).pool, &raw mut (*ctx).free);
                if cl.is_null() {
                    return NGX_ERROR;
                }

                b = (*cl).buf;

                ngx_memzero(b, size_of::<ngx_buf_t>());

                (*b).pos = ngx_pnalloc((*r).pool, (*ctx).saved.len);
                if (*b).pos.is_null() {
                    return NGX_ERROR;
                }

                ngx_memcpy((*b).pos, (*ctx).saved.data, (*ctx).saved.len);
                (*b).last = (*b).pos.add((*ctx).saved.len);
                (*b).memory = true;

                *(*ctx).last_out = cl;
                (*ctx).last_out = &raw mut (*cl).next;

                (*ctx).saved.len = 0;
            }

            if (*ctx).copy_start != (*ctx).copy_end {
                cl = ngx_chain_get_free_buf((*r).pool, &raw mut (*ctx).free);
                if cl.is_null() {
                    return NGX_ERROR;
                }

                b = (*cl).buf;

                *b = *(*ctx).buf;

                (*b).pos = (*ctx).copy_start;
                (*b).last = (*ctx).copy_end;
                (*b).shadow = null_mut();
                (*b).last_buf = false;
                (*b).last_in_chain = false;
                (*b).recycled = false;

                if (*b).in_file {
                    (*b).file_last = (*b).file_pos + (*b).last.offset_from((*(*ctx).buf).pos) as off_t;
                    (*b).file_pos += (*b).pos.offset_from((*(*ctx).buf).pos) as off_t;
                }

                *(*ctx).last_out = cl;
                (*ctx).last_out = &raw mut (*cl).next;
            }

            if rc == NGX_AGAIN {
                continue;
            }

            // a match

            cl = ngx_chain_get_free_buf((*r).pool, &raw mut (*ctx).free);
            if cl.is_null() {
                return NGX_ERROR;
            }

            b = (*cl).buf;

            ngx_memzero(b, size_of::<ngx_buf_t>());

            let slcf: *mut ngx_http_sub_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_sub_filter_module);

            if (*ctx).sub.is_null() {
                (*ctx).sub = ngx_pcalloc_n((*r).pool, (*(*ctx).matches).nelts);
                if (*ctx).sub.is_null() {
                    return NGX_ERROR;
                }
            }

            let sub = (*ctx).sub.add((*ctx).index);

            if (*sub).data.is_null() {
                let match_ = (*(*ctx).matches).elts;

                if ngx_http_complex_value(r, (*match_.add((*ctx).index)).value, sub) != NGX_OK {
                    return NGX_ERROR;
                }
            }

            if (*sub).len != 0 {
                (*b).memory = true;
                (*b).pos = (*sub).data;
                (*b).last = (*sub).data.add((*sub).len);
            } else {
                (*b).sync = true;
            }

            *(*ctx).last_out = cl;
            (*ctx).last_out = &raw mut (*cl).next;

            (*ctx).index = 0;
            (*ctx).once = (*slcf).once != 0 && {
                (*ctx).applied += 1;
                (*ctx).applied == (*(*ctx).matches).nelts
            };
        }

        if (*ctx).looked.len != 0 && ((*(*ctx).buf).last_buf || (*(*ctx).buf).last_in_chain) {
            cl = ngx_chain_get_free_buf((*r).pool, &raw mut (*ctx).free);
            if cl.is_null() {
                return NGX_ERROR;
            }

            b = (*cl).buf;

            ngx_memzero(b, size_of::<ngx_buf_t>());

            (*b).pos = (*ctx).looked.data;
            (*b).last = (*b).pos.add((*ctx).looked.len);
            (*b).memory = true;

            *(*ctx).last_out = cl;
            (*ctx).last_out = &raw mut (*cl).next;

            (*ctx).looked.len = 0;
        }

        if (*(*ctx).buf).last_buf || (*(*ctx).buf).flush || (*(*ctx).buf).sync || ngx_buf_in_memory((*ctx).buf) {
            if b.is_null() {
                cl = ngx_chain_get_free_buf((*r).pool, &raw mut (*ctx).free);
                if cl.is_null() {
                    return NGX_ERROR;
                }

                b = (*cl).buf;

                ngx_memzero(b, size_of::<ngx_buf_t>());

                (*b).sync = true;

                *(*ctx).last_out = cl;
                (*ctx).last_out = &raw mut (*cl).next;
            }

            (*b).last_buf = (*(*ctx).buf).last_buf;
            (*b).last_in_chain = (*(*ctx).buf).last_in_chain;
            (*b).flush = (*(*ctx).buf).flush;
            (*b).shadow = (*ctx).buf;

            (*b).recycled = (*(*ctx).buf).recycled;
        }

        (*ctx).buf = null_mut();
    }

    if (*ctx).out.is_null() && (*ctx).busy.is_null() {
        return NGX_OK;
    }

    ngx_http_sub_output(r, ctx)
}

unsafe fn ngx_http_sub_output(r: *mut ngx_http_request_t, ctx: *mut ngx_http_sub_ctx_t) -> ngx_int_t {
    let mut b: *mut ngx_buf_t = null_mut();

    let mut cl = (*ctx).out;
    while !cl.is_null() {
        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "sub out: %p %p", (*cl).buf, (*(*cl).buf).pos);
        if (*cl).buf == b {
            ngx_log_error!(NGX_LOG_ALERT, (*(*r).connection).log, 0; "the same buf was used in sub");
            ngx_debug_point();
            return NGX_ERROR;
        }
        b = (*cl).buf;
        cl = (*cl).next;
    }

    let rc = ngx_http_next_body_filter.get().unwrap()(r, (*ctx).out);

    if (*ctx).busy.is_null() {
        (*ctx).busy = (*ctx).out;
    } else {
        cl = (*ctx).busy;
        while !(*cl).next.is_null() {
            cl = (*cl).next;
        }
        (*cl).next = (*ctx).out;
    }

    (*ctx).out = null_mut();
    (*ctx).last_out = &raw mut (*ctx).out;

    while !(*ctx).busy.is_null() {
        cl = (*ctx).busy;
        b = (*cl).buf;

        if ngx_buf_size(b) != 0 {
            break;
        }

        if !(*b).shadow.is_null() {
            (*(*b).shadow).pos = (*(*b).shadow).last;
        }

        (*ctx).busy = (*cl).next;

        if ngx_buf_in_memory(b) || (*b).in_file {
            // only bufs with data are used again

            (*cl).next = (*ctx).free;
            (*ctx).free = cl;
        }
    }

    if !(*ctx).in_.is_null() || !(*ctx).buf.is_null() {
        (*r).buffered |= NGX_HTTP_SUB_BUFFERED;
    } else {
        (*r).buffered &= !NGX_HTTP_SUB_BUFFERED;
    }

    rc
}

/// Up to the next match: NGX_OK, `ctx.index` is which; or NGX_AGAIN, `ctx.looked` keeps what may become one.
/// Positions are relative to `ctx.pos`; those below 0 lie in `ctx.looked`.
unsafe fn ngx_http_sub_parse(r: *mut ngx_http_request_t, ctx: *mut ngx_http_sub_ctx_t, flush: bool) -> ngx_int_t {
    let slcf: *mut ngx_http_sub_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_sub_filter_module);
    let tables = (*ctx).tables;
    let match_ = (*(*ctx).matches).elts;
    let min_match_len = (*tables).min_match_len as ngx_int_t;

    let mut offset = (*ctx).offset;
    let mut end = (*(*ctx).buf).last.offset_from((*ctx).pos);
    let mut start;
    let next;
    let rc;

    'done: {
        'again: {
            if (*ctx).once {
                // start and next will be the end
                offset = end + min_match_len - 1;
                break 'again;
            }

            while offset < end {
                let mut c = if offset < 0 {
                    *(*ctx).looked.data.offset((*ctx).looked.len as isize + offset)
                } else {
                    *(*ctx).pos.offset(offset)
                };

                c = ngx_tolower(c);

                let shift = (*tables).shift[c as usize];
                if shift > 0 {
                    offset += shift as ngx_int_t;
                    continue;
                }

                // perhaps a match

                start = offset - min_match_len + 1;

                let mut i = ngx_max((*tables).index[c as usize] as ngx_uint_t, (*ctx).index);
                let j = (*tables).index[c as usize + 1] as ngx_uint_t;

                while i != j {
                    'next: {
                        if (*slcf).once != 0 && !(*ctx).sub.is_null() && !(*(*ctx).sub.add(i)).data.is_null() {
                            break 'next;
                        }

                        let m = &raw mut (*match_.add(i)).match_;

                        let n = ngx_http_sub_match(ctx, start, m);

                        if n == NGX_DECLINED {
                            break 'next;
                        }

                        (*ctx).index = i;

                        if n == NGX_AGAIN {
                            break 'again;
                        }

                        (*ctx).offset = offset + (*m).len as ngx_int_t;
                        next = start + (*m).len as ngx_int_t;
                        end = ngx_max(next, 0);
                        rc = NGX_OK;

                        break 'done;
                    }

                    i += 1;
                }

                offset += 1;
                (*ctx).index = 0;
            }

            if flush {
                loop {
                    start = offset - min_match_len + 1;

                    if start >= end {
                        break;
                    }

                    for i in 0..(*(*ctx).matches).nelts {
                        let m = &raw mut (*match_.add(i)).match_;

                        if ngx_http_sub_match(ctx, start, m) == NGX_AGAIN {
                            break 'again;
                        }
                    }

                    offset += 1;
                }
            }
        }

        (*ctx).offset = offset;
        start = offset - min_match_len + 1;
        next = start;
        rc = NGX_AGAIN;
    }

    // what lies before start goes to the client

    (*ctx).saved.len = ((*ctx).looked.len as ngx_int_t + ngx_min(start, 0)) as usize;
    ngx_memcpy((*ctx).saved.data, (*ctx).looked.data, (*ctx).saved.len);

    (*ctx).copy_start = (*ctx).pos;
    (*ctx).copy_end = (*ctx).pos.offset(ngx_max(start, 0));

    // what lies between next and end is kept

    let mut len = ngx_min(next, 0);
    let mut p = (*ctx).looked.data;
    p = ngx_movemem(p, p.offset((*ctx).looked.len as ngx_int_t + len), -len as usize);

    len = ngx_max(next, 0);
    p = ngx_cpymem(p, (*ctx).pos.offset(len), (end - len) as usize);
    (*ctx).looked.len = p.offset_from_unsigned((*ctx).looked.data);

    (*ctx).pos = (*ctx).pos.offset(end);
    (*ctx).offset -= end;

    rc
}

/// NGX_AGAIN: as far as there is data it is one.
unsafe fn ngx_http_sub_match(ctx: *mut ngx_http_sub_ctx_t, start: ngx_int_t, m: *mut ngx_str_t) -> ngx_int_t {
    let mut p;
    let mut pat = (*m).data;
    let pat_end = (*m).data.add((*m).len);

    if start >= 0 {
        p = (*ctx).pos.offset(start);
    } else {
        let last = (*ctx).looked.data.add((*ctx).looked.len);
        p = last.offset(start);

        while p < last && pat < pat_end {
            if ngx_tolower(*p) != *pat {
                return NGX_DECLINED;
            }

            p = p.add(1);
            pat = pat.add(1);
        }

        p = (*ctx).pos;
    }

    while p < (*(*ctx).buf).last && pat < pat_end {
        if ngx_tolower(*p) != *pat {
            return NGX_DECLINED;
        }

        p = p.add(1);
        pat = pat.add(1);
    }

    if pat != pat_end {
        return NGX_AGAIN;
    }

    NGX_OK
}

unsafe fn ngx_http_sub_filter(cf: *mut ngx_conf_t, _cmd: *const ngx_command_t, conf: *mut c_void) -> ngx_conf_ret_t {
    let slcf: *mut ngx_http_sub_loc_conf_t = conf.cast();

    let value = (*(*cf).args).elts;

    if (*value.add(1)).len == 0 {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "empty search pattern");
        return NGX_CONF_ERROR;
    }

    if (*slcf).pairs.is_null() {
        (*slcf).pairs = ngx_array_create((*cf).pool, 1);
        if (*slcf).pairs.is_null() {
            return NGX_CONF_ERROR;
        }
    }

    if (*(*slcf).pairs).nelts == 255 {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "number of search patterns exceeds 255");
        return NGX_CONF_ERROR;
    }

    ngx_strlow((*value.add(1)).data, (*value.add(1)).data, (*value.add(1)).len);

    let pair = ngx_array_push((*slcf).pairs);
    if pair.is_null() {
        return NGX_CONF_ERROR;
    }

    let mut ccv: ngx_http_compile_complex_value_t = core::mem::zeroed();

    ccv.cf = cf;
    ccv.value = value.add(1);
    ccv.complex_value = &raw mut (*pair).match_;

    if ngx_http_compile_complex_value(&raw mut ccv) != NGX_OK {
        return NGX_CONF_ERROR;
    }

    if !(*ccv.complex_value).lengths.is_null() {
        (*slcf).dynamic = true;
    } else {
        ngx_strlow((*pair).match_.value.data, (*pair).match_.value.data, (*pair).match_.value.len);
    }

    ccv = core::mem::zeroed();

    ccv.cf = cf;
    ccv.value = value.add(2);
    ccv.complex_value = &raw mut (*pair).value;

    if ngx_http_compile_complex_value(&raw mut ccv) != NGX_OK {
        return NGX_CONF_ERROR;
    }

    NGX_CONF_OK
}

unsafe fn ngx_http_sub_create_conf(cf: *mut ngx_conf_t) -> *mut c_void {
    let slcf: *mut ngx_http_sub_loc_conf_t = ngx_pcalloc((*cf).pool);
    if slcf.is_null() {
        return null_mut();
    }

    (*slcf).once = NGX_CONF_UNSET;
    (*slcf).last_modified = NGX_CONF_UNSET;

    slcf.cast()
}

unsafe fn ngx_http_sub_merge_conf(cf: *mut ngx_conf_t, parent: *mut c_void, child: *mut c_void) -> ngx_conf_ret_t {
    let prev: *mut ngx_http_sub_loc_conf_t = parent.cast();
    let conf: *mut ngx_http_sub_loc_conf_t = child.cast();

    ngx_conf_merge_value!((*conf).once, (*prev).once, 1);
    ngx_conf_merge_value!((*conf).last_modified, (*prev).last_modified, 0);

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

    if (*conf).pairs.is_null() {
        (*conf).dynamic = (*prev).dynamic;
        (*conf).pairs = (*prev).pairs;
        (*conf).matches = (*prev).matches;
        (*conf).tables = (*prev).tables;
    }

    if !(*conf).pairs.is_null() && !(*conf).dynamic && (*conf).tables.is_null() {
        let pairs = (*(*conf).pairs).elts;
        let n = (*(*conf).pairs).nelts;

        let matches: *mut ngx_http_sub_match_t = ngx_palloc_n((*cf).pool, n);
        if matches.is_null() {
            return NGX_CONF_ERROR;
        }

        for i in 0..n {
            (*matches.add(i)).match_ = (*pairs.add(i)).match_.value;
            (*matches.add(i)).value = &raw mut (*pairs.add(i)).value;
        }

        (*conf).matches = ngx_palloc((*cf).pool);
        if (*conf).matches.is_null() {
            return NGX_CONF_ERROR;
        }

        (*(*conf).matches).elts = matches;
        (*(*conf).matches).nelts = n;

        (*conf).tables = ngx_palloc((*cf).pool);
        if (*conf).tables.is_null() {
            return NGX_CONF_ERROR;
        }

        ngx_http_sub_init_tables((*conf).tables, (*(*conf).matches).elts, (*(*conf).matches).nelts);
    }

    NGX_CONF_OK
}

unsafe fn ngx_http_sub_init_tables(
    tables: *mut ngx_http_sub_tables_t,
    match_: *mut ngx_http_sub_match_t,
    n: ngx_uint_t,
) {
    let mut min = (*match_).match_.len;
    let mut max = (*match_).match_.len;

    for i in 1..n {
        min = ngx_min(min, (*match_.add(i)).match_.len);
        max = ngx_max(max, (*match_.add(i)).match_.len);
    }

    (*tables).min_match_len = min;
    (*tables).max_match_len = max;

    ngx_http_sub_cmp_index.set((*tables).min_match_len - 1);
    ngx_sort(match_.cast(), n, size_of::<ngx_http_sub_match_t>(), Some(ngx_http_sub_cmp_matches));

    min = ngx_min(min, 255);
    (*tables).shift = [min as u8; 256];

    let mut ch = 0;

    for i in 0..n {
        let mut c;

        for j in 0..min {
            c = *(*match_.add(i)).match_.data.add((*tables).min_match_len - 1 - j) as usize;
            (*tables).shift[c] = ngx_min((*tables).shift[c], j as u8);
        }

        c = *(*match_.add(i)).match_.data.add((*tables).min_match_len - 1) as usize;
        while ch <= c {
            (*tables).index[ch] = i as u8;
            ch += 1;
        }
    }

    while ch < 257 {
        (*tables).index[ch] = n as u8;
        ch += 1;
    }
}

unsafe fn ngx_http_sub_cmp_matches(one: *const c_void, two: *const c_void) -> ngx_int_t {
    let first: *const ngx_http_sub_match_t = one.cast();
    let second: *const ngx_http_sub_match_t = two.cast();

    let c1 = *(*first).match_.data.add(ngx_http_sub_cmp_index.get());
    let c2 = *(*second).match_.data.add(ngx_http_sub_cmp_index.get());

    c1 as ngx_int_t - c2 as ngx_int_t
}

unsafe fn ngx_http_sub_filter_init(_cf: *mut ngx_conf_t) -> ngx_int_t {
    ngx_http_next_header_filter.set(ngx_http_top_header_filter.get());
    ngx_http_top_header_filter.set(Some(ngx_http_sub_header_filter));

    ngx_http_next_body_filter.set(ngx_http_top_body_filter.get());
    ngx_http_top_body_filter.set(Some(ngx_http_sub_body_filter));

    NGX_OK
}
