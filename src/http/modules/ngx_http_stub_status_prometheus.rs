//! Ours, without a counterpart in nginx: stub_status prometheus
//!
//! nginx's own counters and, for each server, its responses by status and a histogram of $request_time, in
//! Prometheus' text format 0.0.4. Servers of one name are one: what they listen on does not matter.
//!
//! A slot in shared memory belongs to a server's name. All workers count in it, by relaxed additions, without a lock;
//! only the master gives slots away, when it reads a configuration. A reload finds the names' slots again, as long as
//! the zone keeps its size, which grows by steps. A slot is taken over from a name that is gone only when none is
//! free; then workers of the old configuration may add a last few to its new owner. Without a location that asks for
//! it there is neither a zone nor a handler.

use crate::core::{
    ngx_array::*, ngx_buf::*, ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_cycle::*, ngx_murmurhash::*,
    ngx_palloc::*, ngx_slab::*, ngx_string::*,
};
use crate::event::ngx_event::*;
use crate::http::{
    modules::ngx_http_stub_status_module::*, ngx_http_config::*, ngx_http_core_module::*, ngx_http_request::*,
    ngx_http_request_body::*, ngx_http_variables::*,
};
use crate::os::unix::{ngx_alloc::*, ngx_atomic::*, ngx_time::*};

/// `return 999` is possible.
const NGX_HTTP_STATUS_CODES: usize = 1000;

/// Upper ends of the histogram's buckets, in milliseconds; one more is for all that took longer.
const NGX_HTTP_STATUS_LIMITS: [(ngx_msec_int_t, &[u8]); 12] = [
    (1, b"0.001"),
    (5, b"0.005"),
    (10, b"0.01"),
    (25, b"0.025"),
    (50, b"0.05"),
    (100, b"0.1"),
    (250, b"0.25"),
    (500, b"0.5"),
    (1000, b"1"),
    (2500, b"2.5"),
    (5000, b"5"),
    (10000, b"10"),
];

const NGX_HTTP_STATUS_BUCKETS: usize = NGX_HTTP_STATUS_LIMITS.len() + 1;

const NGX_HTTP_STATUS_NAME_LEN: usize = 255;

/// The number of slots is a multiple of it.
const NGX_HTTP_STATUS_STEP: usize = 32;

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_status_slot_t {
    codes: [ngx_atomic_t; NGX_HTTP_STATUS_CODES],
    buckets: [ngx_atomic_t; NGX_HTTP_STATUS_BUCKETS],
    msec: ngx_atomic_t,

    // the master's
    generation: ngx_uint_t,
    len: usize,
    name: [u8; NGX_HTTP_STATUS_NAME_LEN + 1],
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_status_shctx_t {
    generation: ngx_uint_t,
    /// of the slots' names, 0 where there is none
    hash: *mut u32,
    slots: *mut ngx_http_status_slot_t,
    nslots: ngx_uint_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_status_server_t {
    /// the value of the label, escaped
    name: ngx_str_t,
    hash: u32,
    conf: *mut ngx_http_status_srv_conf_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_status_srv_conf_t {
    slot: *mut ngx_http_status_slot_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_status_main_conf_t {
    prometheus: bool,
    sh: *mut ngx_http_status_shctx_t,
    servers: ngx_array_t<ngx_http_status_server_t>,
    nslots: ngx_uint_t,
}

const COUNTERS: [(&[u8], &[u8]); 7] = [
    (b"# HELP nginx_connections_accepted_total Accepted client connections.\n# TYPE nginx_connections_accepted_total counter\n", b"nginx_connections_accepted_total "),
    (b"# HELP nginx_connections_handled_total Handled client connections.\n# TYPE nginx_connections_handled_total counter\n", b"nginx_connections_handled_total "),
    (b"# HELP nginx_connections_active Active client connections, waiting ones included.\n# TYPE nginx_connections_active gauge\n", b"nginx_connections_active "),
    (b"# HELP nginx_connections_reading Connections on which a request header is being read.\n# TYPE nginx_connections_reading gauge\n", b"nginx_connections_reading "),
    (b"# HELP nginx_connections_writing Connections on which a request is being answered.\n# TYPE nginx_connections_writing gauge\n", b"nginx_connections_writing "),
    (b"# HELP nginx_connections_waiting Idle connections that wait for a request.\n# TYPE nginx_connections_waiting gauge\n", b"nginx_connections_waiting "),
    (b"# HELP nginx_http_requests_total Client requests.\n# TYPE nginx_http_requests_total counter\n", b"nginx_http_requests_total "),
];

const RESPONSES: &[u8] = b"# HELP nginx_http_server_responses_total Responses by server and status code, as in the access log.\n# TYPE nginx_http_server_responses_total counter\n";

const SECONDS: &[u8] = b"# HELP nginx_http_server_request_duration_seconds Time from a request's first byte to its end.\n# TYPE nginx_http_server_request_duration_seconds histogram\n";

const CODE: [&[u8]; 2] = [b"nginx_http_server_responses_total{server=\"", b"\",code=\""];

const BUCKET: [&[u8]; 2] = [b"nginx_http_server_request_duration_seconds_bucket{server=\"", b"\",le=\""];

const SUM: &[u8] = b"nginx_http_server_request_duration_seconds_sum{server=\"";

const COUNT: &[u8] = b"nginx_http_server_request_duration_seconds_count{server=\"";

pub unsafe fn ngx_http_status_prometheus_handler(r: *mut ngx_http_request_t) -> ngx_int_t {
    if (*r).method & (NGX_HTTP_GET | NGX_HTTP_HEAD) == 0 {
        return NGX_HTTP_NOT_ALLOWED;
    }

    let mut rc = ngx_http_discard_request_body(r);

    if rc != NGX_OK {
        return rc;
    }

    // a type with a charset, as from an upstream

    (*r).headers_out.content_type_len = "text/plain".len();
    ngx_str_set!(&raw mut (*r).headers_out.content_type, "text/plain; version=0.0.4; charset=utf-8");
    ngx_str_set!(&raw mut (*r).headers_out.charset, "utf-8");
    (*r).headers_out.content_type_lowcase = null_mut();

    let b = ngx_http_status_prometheus(r);
    if b.is_null() {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    let mut out = ngx_chain_t { buf: b, next: null_mut() };

    (*r).headers_out.status = NGX_HTTP_OK as ngx_uint_t;
    (*r).headers_out.content_length_n = (*b).last.offset_from((*b).pos) as off_t;

    (*b).last_buf = r == (*r).main;
    (*b).last_in_chain = true;

    rc = ngx_http_send_header(r);

    if rc == NGX_ERROR || rc > NGX_OK || (*r).header_only {
        return rc;
    }

    ngx_http_output_filter(r, &raw mut out)
}

unsafe fn ngx_http_status_prometheus(r: *mut ngx_http_request_t) -> *mut ngx_buf_t {
    let smcf: *mut ngx_http_status_main_conf_t = ngx_http_get_module_main_conf(r, &ngx_http_stub_status_module);

    let servers = (*smcf).servers.elts;

    // what goes on meanwhile must not change the length: (server, code, count)

    let mut codes: ngx_array_t<(ngx_uint_t, ngx_uint_t, ngx_atomic_uint_t)> = core::mem::zeroed();

    if ngx_array_init(&raw mut codes, (*r).pool, 16) != NGX_OK {
        return null_mut();
    }

    let mut len = RESPONSES.len() + SECONDS.len();

    for (help, name) in COUNTERS {
        len += help.len() + name.len() + NGX_ATOMIC_T_LEN + 1;
    }

    for i in 0..(*smcf).servers.nelts {
        let server = servers.add(i);
        let slot = (*(*server).conf).slot;

        for code in 0..NGX_HTTP_STATUS_CODES {
            let n = ngx_atomic_load(&raw mut (*slot).codes[code]);

            if n != 0 {
                let pair = ngx_array_push(&raw mut codes);
                if pair.is_null() {
                    return null_mut();
                }

                *pair = (i, code, n);

                len += CODE[0].len() + (*server).name.len + CODE[1].len() + "999\"} \n".len() + NGX_ATOMIC_T_LEN;
            }
        }

        len += NGX_HTTP_STATUS_BUCKETS
            * (BUCKET[0].len() + (*server).name.len + BUCKET[1].len() + "0.001\"} \n".len() + NGX_ATOMIC_T_LEN)
            + SUM.len()
            + COUNT.len()
            + 2 * ((*server).name.len + "\"} .000\n".len() + NGX_ATOMIC_T_LEN);
    }

    let b = ngx_create_temp_buf((*r).pool, len);
    if b.is_null() {
        return null_mut();
    }

    let mut p = (*b).last;

    let values = [
        &ngx_stat_accepted,
        &ngx_stat_handled,
        &ngx_stat_active,
        &ngx_stat_reading,
        &ngx_stat_writing,
        &ngx_stat_waiting,
        &ngx_stat_requests,
    ];

    for ((help, name), value) in COUNTERS.into_iter().zip(values) {
        p = ngx_cpylit(p, help);
        p = ngx_cpylit(p, name);
        p = ngx_sprintf!(p, "%uA\n", ngx_atomic_load(value.get()));
    }

    p = ngx_cpylit(p, RESPONSES);

    for i in 0..codes.nelts {
        let (server, code, n) = *codes.elts.add(i);

        p = ngx_cpylit(p, CODE[0]);
        p = ngx_cpymem(p, (*servers.add(server)).name.data, (*servers.add(server)).name.len);
        p = ngx_cpylit(p, CODE[1]);
        p = ngx_sprintf!(p, "%03ui\"} %uA\n", code, n);
    }

    p = ngx_cpylit(p, SECONDS);

    for i in 0..(*smcf).servers.nelts {
        let name = (*servers.add(i)).name;
        let slot = (*(*servers.add(i)).conf).slot;

        let mut n: ngx_atomic_uint_t = 0;

        for i in 0..NGX_HTTP_STATUS_BUCKETS {
            n = n.wrapping_add(ngx_atomic_load(&raw mut (*slot).buckets[i]));

            p = ngx_cpylit(p, BUCKET[0]);
            p = ngx_cpymem(p, name.data, name.len);
            p = ngx_cpylit(p, BUCKET[1]);
            p = ngx_cpylit(p, NGX_HTTP_STATUS_LIMITS.get(i).map_or(b"+Inf", |limit| limit.1));
            p = ngx_sprintf!(p, "\"} %uA\n", n);
        }

        let msec = ngx_atomic_load(&raw mut (*slot).msec);

        p = ngx_cpylit(p, SUM);
        p = ngx_cpymem(p, name.data, name.len);
        p = ngx_sprintf!(p, "\"} %uA.%03uA\n", msec / 1000, msec % 1000);

        p = ngx_cpylit(p, COUNT);
        p = ngx_cpymem(p, name.data, name.len);
        p = ngx_sprintf!(p, "\"} %uA\n", n);
    }

    (*b).last = p;

    b
}

/// Status and time are those of $status and $request_time.
unsafe fn ngx_http_status_log_handler(r: *mut ngx_http_request_t) -> ngx_int_t {
    if r != (*r).main {
        return NGX_OK;
    }

    let sscf: *mut ngx_http_status_srv_conf_t = ngx_http_get_module_srv_conf(r, &ngx_http_stub_status_module);
    let slot = (*sscf).slot;

    let status = ngx_http_status_of(r);
    let ms = ngx_http_msec_of(r);

    let bucket =
        NGX_HTTP_STATUS_LIMITS.iter().position(|&(limit, _)| ms <= limit).unwrap_or(NGX_HTTP_STATUS_LIMITS.len());

    ngx_atomic_count(&raw mut (*slot).codes[ngx_min(status, NGX_HTTP_STATUS_CODES - 1)], 1);
    ngx_atomic_count(&raw mut (*slot).buckets[bucket], 1);

    if ms != 0 {
        ngx_atomic_count(&raw mut (*slot).msec, ms as ngx_atomic_uint_t);
    }

    NGX_OK
}

pub unsafe fn ngx_http_status_prometheus_enable(cf: *mut ngx_conf_t) {
    let smcf: *mut ngx_http_status_main_conf_t = ngx_http_conf_get_module_main_conf(cf, &ngx_http_stub_status_module);

    (*smcf).prometheus = true;
}

pub unsafe fn ngx_http_status_create_main_conf(cf: *mut ngx_conf_t) -> *mut c_void {
    let smcf: *mut ngx_http_status_main_conf_t = ngx_pcalloc((*cf).pool);

    smcf.cast()
}

pub unsafe fn ngx_http_status_create_srv_conf(cf: *mut ngx_conf_t) -> *mut c_void {
    let sscf: *mut ngx_http_status_srv_conf_t = ngx_pcalloc((*cf).pool);

    sscf.cast()
}

pub unsafe fn ngx_http_status_prometheus_init(cf: *mut ngx_conf_t) -> ngx_int_t {
    let smcf: *mut ngx_http_status_main_conf_t = ngx_http_conf_get_module_main_conf(cf, &ngx_http_stub_status_module);

    if !(*smcf).prometheus {
        return NGX_OK;
    }

    let cmcf: *mut ngx_http_core_main_conf_t = ngx_http_conf_get_module_main_conf(cf, &ngx_http_core_module);

    let h = ngx_array_push(&raw mut (*cmcf).phases[NGX_HTTP_LOG_PHASE as usize].handlers);
    if h.is_null() {
        return NGX_ERROR;
    }

    *h = Some(ngx_http_status_log_handler);

    if ngx_array_init(&raw mut (*smcf).servers, (*cf).pool, (*cmcf).servers.nelts) != NGX_OK {
        return NGX_ERROR;
    }

    for i in 0..(*cmcf).servers.nelts {
        let cscf = *(*cmcf).servers.elts.add(i);

        let server = ngx_array_push(&raw mut (*smcf).servers);
        if server.is_null() {
            return NGX_ERROR;
        }

        (*server).name = ngx_http_status_label((*cf).pool, (*cscf).server_name);
        if (*server).name.data.is_null() {
            return NGX_ERROR;
        }

        (*server).hash = ngx_murmur_hash2((*server).name.data, (*server).name.len) | 1;
        (*server).conf = (*(*(*cscf).ctx).srv_conf.add(ngx_http_stub_status_module.ctx_index.get())).cast();
    }

    (*smcf).nslots = (*cmcf).servers.nelts.next_multiple_of(NGX_HTTP_STATUS_STEP);

    let size = (*smcf).nslots * (size_of::<ngx_http_status_slot_t>() + size_of::<u32>());

    // the slab's own part: a page's entry is less than 1/64 of the page

    let size = ngx_align(size + size / 64, ngx_pagesize.get()) + 8 * ngx_pagesize.get();

    let mut name = ngx_string!("stub_status_prometheus");

    let shm_zone = ngx_shared_memory_add(cf, &raw mut name, size, (&raw const ngx_http_stub_status_module).cast());
    if shm_zone.is_null() {
        return NGX_ERROR;
    }

    (*shm_zone).init = Some(ngx_http_status_init_zone);
    (*shm_zone).data = smcf.cast();

    NGX_OK
}

unsafe fn ngx_http_status_init_zone(shm_zone: *mut ngx_shm_zone_t, data: *mut c_void) -> ngx_int_t {
    let osmcf: *mut ngx_http_status_main_conf_t = data.cast();
    let smcf: *mut ngx_http_status_main_conf_t = (*shm_zone).data.cast();

    if !osmcf.is_null() {
        (*smcf).sh = (*osmcf).sh;
    } else {
        let shpool: *mut ngx_slab_pool_t = (*shm_zone).shm.addr.cast();

        let sh: *mut ngx_http_status_shctx_t = ngx_slab_calloc(shpool, size_of::<ngx_http_status_shctx_t>()).cast();
        if sh.is_null() {
            return NGX_ERROR;
        }

        (*sh).nslots = (*smcf).nslots;

        (*sh).hash = ngx_slab_calloc(shpool, (*sh).nslots * size_of::<u32>()).cast();
        if (*sh).hash.is_null() {
            return NGX_ERROR;
        }

        // new pages are zeros: those that nobody needs are not touched

        (*sh).slots = ngx_slab_alloc(shpool, (*sh).nslots * size_of::<ngx_http_status_slot_t>()).cast();
        if (*sh).slots.is_null() {
            return NGX_ERROR;
        }

        (*smcf).sh = sh;
    }

    let sh = (*smcf).sh;

    (*sh).generation += 1;

    let servers = &raw mut (*smcf).servers;

    // those that had a slot keep it

    for i in 0..(*servers).nelts {
        let server = (*servers).elts.add(i);

        (*(*server).conf).slot = ngx_http_status_find_slot(sh, server);
    }

    let mut free = 0;

    for i in 0..(*servers).nelts {
        let server = (*servers).elts.add(i);

        if !(*(*server).conf).slot.is_null() {
            continue;
        }

        (*(*server).conf).slot = ngx_http_status_find_slot(sh, server);

        if !(*(*server).conf).slot.is_null() {
            continue;
        }

        (*(*server).conf).slot = ngx_http_status_take_slot(sh, server, &mut free);

        if (*(*server).conf).slot.is_null() {
            return NGX_ERROR;
        }
    }

    // a name is shown once

    let mut n = 0;

    for i in 0..(*servers).nelts {
        let server = *(*servers).elts.add(i);
        let slot = (*server.conf).slot;

        if (*slot).generation == (*sh).generation {
            (*slot).generation = (*sh).generation + 1;
            *(*servers).elts.add(n) = server;
            n += 1;
        }
    }

    (*servers).nelts = n;
    (*sh).generation += 1;

    NGX_OK
}

unsafe fn ngx_http_status_find_slot(
    sh: *mut ngx_http_status_shctx_t,
    server: *mut ngx_http_status_server_t,
) -> *mut ngx_http_status_slot_t {
    // SAFETY: only the master writes there, and it is the master that reads; so many were allocated.
    let hash = core::slice::from_raw_parts((*sh).hash, (*sh).nslots);

    for (n, &h) in hash.iter().enumerate() {
        if h != (*server).hash {
            continue;
        }

        let slot = (*sh).slots.add(n);
        let name = ngx_str_t { len: (*slot).len, data: (&raw mut (*slot).name).cast() };

        if name.bytes() == (*server).name.bytes() {
            (*slot).generation = (*sh).generation;
            return slot;
        }
    }

    null_mut()
}

/// One that nobody has, else one whose name is gone; there are no fewer slots than servers. `next` counts what was looked at.
unsafe fn ngx_http_status_take_slot(
    sh: *mut ngx_http_status_shctx_t,
    server: *mut ngx_http_status_server_t,
    next: &mut ngx_uint_t,
) -> *mut ngx_http_status_slot_t {
    while *next < 2 * (*sh).nslots {
        let n = *next % (*sh).nslots;
        let slot = (*sh).slots.add(n);
        let none = *(*sh).hash.add(n) == 0;

        if !none && (*next < (*sh).nslots || (*slot).generation == (*sh).generation) {
            *next += 1;
            continue;
        }

        if !none {
            for i in 0..NGX_HTTP_STATUS_CODES {
                ngx_atomic_store(&raw mut (*slot).codes[i], 0);
            }

            for i in 0..NGX_HTTP_STATUS_BUCKETS {
                ngx_atomic_store(&raw mut (*slot).buckets[i], 0);
            }

            ngx_atomic_store(&raw mut (*slot).msec, 0);
        }

        *(*sh).hash.add(n) = (*server).hash;
        (*slot).generation = (*sh).generation;
        (*slot).len = (*server).name.len;
        ngx_memcpy((&raw mut (*slot).name).cast::<u8>(), (*server).name.data, (*server).name.len);

        return slot;
    }

    null_mut()
}

/// A name as the value of a label: UTF-8, escaped, cut to what a slot holds.
unsafe fn ngx_http_status_label(pool: *mut ngx_pool_t, name: ngx_str_t) -> ngx_str_t {
    // whatever escapes to more than two bytes is a byte that is no UTF-8

    let data = ngx_pnalloc(pool, ngx_min(3 * name.len, NGX_HTTP_STATUS_NAME_LEN) + 1);
    if data.is_null() {
        return ngx_null_string;
    }

    let mut label = ngx_str_t { len: 0, data };
    let mut utf8 = [0; 4];

    for chunk in name.bytes().utf8_chunks() {
        let invalid = if chunk.invalid().is_empty() { None } else { Some(char::REPLACEMENT_CHARACTER) };

        for ch in chunk.valid().chars().chain(invalid) {
            let text = match ch {
                '\\' => b"\\\\",
                '"' => b"\\\"",
                '\n' => b"\\n",
                ch => ch.encode_utf8(&mut utf8).as_bytes(),
            };

            if label.len + text.len() > NGX_HTTP_STATUS_NAME_LEN {
                return label;
            }

            ngx_cpylit(label.data.add(label.len), text);
            label.len += text.len();
        }
    }

    label
}
