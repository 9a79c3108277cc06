//! Port of src/http/modules/ngx_http_limit_req_module.c

use crate::core::{
    ngx_array::*, ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_crc32::*, ngx_cycle::*, ngx_log::*, ngx_module::*,
    ngx_palloc::*, ngx_parse::*, ngx_queue::*, ngx_rbtree::*, ngx_shmtx::*, ngx_slab::*, ngx_string::*, ngx_times::*,
};
use crate::event::{ngx_event::*, ngx_event_posted::*};
use crate::http::{
    ngx_http_config::*, ngx_http_core_module::*, ngx_http_request::*, ngx_http_script::*, ngx_http_variables::*,
};
use crate::os::unix::{ngx_alloc::*, ngx_time::*};

const NGX_HTTP_LIMIT_REQ_PASSED: u8 = 1;
const NGX_HTTP_LIMIT_REQ_DELAYED: u8 = 2;
const NGX_HTTP_LIMIT_REQ_REJECTED: u8 = 3;
const NGX_HTTP_LIMIT_REQ_DELAYED_DRY_RUN: u8 = 4;
const NGX_HTTP_LIMIT_REQ_REJECTED_DRY_RUN: u8 = 5;

/// Lies in a tree's node, from its `color` on; `len` bytes of the key stand from `data` on.
#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_limit_req_node_t {
    color: u8,
    dummy: u8,
    len: u16,
    queue: ngx_queue_t,
    last: ngx_msec_t,
    /// In thousandths of a request.
    excess: ngx_uint_t,
    count: ngx_uint_t,
    data: [u8; 1],
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_limit_req_shctx_t {
    rbtree: ngx_rbtree_t,
    sentinel: ngx_rbtree_node_t,
    queue: ngx_queue_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_limit_req_ctx_t {
    sh: *mut ngx_http_limit_req_shctx_t,
    shpool: *mut ngx_slab_pool_t,
    /// In thousandths of a request per second.
    rate: ngx_uint_t,
    key: ngx_http_complex_value_t,
    node: *mut ngx_http_limit_req_node_t,
}

/// `burst` and `delay` are in thousandths of a request.
#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_limit_req_limit_t {
    shm_zone: *mut ngx_shm_zone_t,
    burst: ngx_uint_t,
    delay: ngx_uint_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_limit_req_conf_t {
    limits: ngx_array_t<ngx_http_limit_req_limit_t>,
    limit_log_level: ngx_uint_t,
    delay_log_level: ngx_uint_t,
    status_code: ngx_uint_t,
    dry_run: ngx_flag_t,
}

static ngx_http_limit_req_log_levels: [ngx_conf_enum_t; 5] = [
    ngx_conf_enum_t { name: ngx_string!("info"), value: NGX_LOG_INFO },
    ngx_conf_enum_t { name: ngx_string!("notice"), value: NGX_LOG_NOTICE },
    ngx_conf_enum_t { name: ngx_string!("warn"), value: NGX_LOG_WARN },
    ngx_conf_enum_t { name: ngx_string!("error"), value: NGX_LOG_ERR },
    ngx_conf_enum_t { name: ngx_null_string, value: 0 },
];

static ngx_http_limit_req_status_bounds: ngx_conf_num_bounds_t =
    ngx_conf_num_bounds_t { post_handler: Some(ngx_conf_check_num_bounds), low: 400, high: 599 };

static ngx_http_limit_req_commands: &[ngx_command_t] = &[
    ngx_command_t {
        name: ngx_string!("limit_req_zone"),
        type_: NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE3,
        set: Some(ngx_http_limit_req_zone),
        conf: 0,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("limit_req"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE123,
        set: Some(ngx_http_limit_req),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("limit_req_log_level"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_enum_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_limit_req_conf_t, limit_log_level: ngx_uint_t),
        post: (&raw const ngx_http_limit_req_log_levels).cast(),
    },
    ngx_command_t {
        name: ngx_string!("limit_req_status"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_num_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_limit_req_conf_t, status_code: ngx_uint_t),
        post: (&raw const ngx_http_limit_req_status_bounds).cast(),
    },
    ngx_command_t {
        name: ngx_string!("limit_req_dry_run"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_limit_req_conf_t, dry_run: ngx_flag_t),
        post: null(),
    },
];

static ngx_http_limit_req_module_ctx: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: Some(ngx_http_limit_req_add_variables),
    postconfiguration: Some(ngx_http_limit_req_init),

    create_main_conf: None,
    init_main_conf: None,

    create_srv_conf: None,
    merge_srv_conf: None,

    create_loc_conf: Some(ngx_http_limit_req_create_conf),
    merge_loc_conf: Some(ngx_http_limit_req_merge_conf),
};

pub static ngx_http_limit_req_module: ngx_module_t = ngx_module_t {
    name: c"ngx_http_limit_req_module",
    ctx: (&raw const ngx_http_limit_req_module_ctx).cast(),
    commands: ngx_http_limit_req_commands,
    type_: NGX_HTTP_MODULE,
    ..NGX_MODULE_V1()
};

static ngx_http_limit_req_vars: &[ngx_http_variable_t] = &[ngx_http_variable_t {
    name: ngx_string!("limit_req_status"),
    set_handler: None,
    get_handler: Some(ngx_http_limit_req_status_variable),
    data: 0,
    flags: NGX_HTTP_VAR_NOCACHEABLE,
    index: 0,
}];

static ngx_http_limit_req_status: [ngx_str_t; 5] = [
    ngx_string!("PASSED"),
    ngx_string!("DELAYED"),
    ngx_string!("REJECTED"),
    ngx_string!("DELAYED_DRY_RUN"),
    ngx_string!("REJECTED_DRY_RUN"),
];

/// What a tree's node carries.
#[inline(always)]
unsafe fn ngx_http_limit_req_node(node: *mut ngx_rbtree_node_t) -> *mut ngx_http_limit_req_node_t {
    (&raw mut (*node).color).cast()
}

/// The excess after `ms` milliseconds, without the request that is being looked at.
#[inline(always)]
unsafe fn ngx_http_limit_req_excess(
    lr: *mut ngx_http_limit_req_node_t,
    ctx: *mut ngx_http_limit_req_ctx_t,
    ms: ngx_msec_int_t,
) -> ngx_uint_t {
    (*lr).excess.wrapping_sub((*ctx).rate.wrapping_mul(ms as ngx_uint_t) / 1000)
}

unsafe fn ngx_http_limit_req_handler(r: *mut ngx_http_request_t) -> ngx_int_t {
    if (*(*r).main).limit_req_status != 0 {
        return NGX_DECLINED;
    }

    let lrcf: *mut ngx_http_limit_req_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_limit_req_module);
    let limits = (*lrcf).limits.elts;

    let mut excess: ngx_uint_t = 0;

    let mut rc = NGX_DECLINED;

    let mut limit: *mut ngx_http_limit_req_limit_t = null_mut();

    let mut n = 0;
    while n < (*lrcf).limits.nelts {
        limit = limits.add(n);

        let ctx: *mut ngx_http_limit_req_ctx_t = (*(*limit).shm_zone).data.cast();

        let mut key = ngx_null_string;

        if ngx_http_complex_value(r, &raw mut (*ctx).key, &raw mut key) != NGX_OK {
            ngx_http_limit_req_unlock(limits, n);
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        if key.len == 0 {
            n += 1;
            continue;
        }

        if key.len > 65535 {
            ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                           "the value of the \"%V\" key is more than 65535 bytes: \"%V\"", (*ctx).key.value, key);
            n += 1;
            continue;
        }

        let hash = ngx_crc32_short(key.data, key.len);

        ngx_shmtx_lock(&raw mut (*(*ctx).shpool).mutex);

        rc = ngx_http_limit_req_lookup(
            limit,
            hash as ngx_uint_t,
            &raw mut key,
            &raw mut excess,
            (n == (*lrcf).limits.nelts - 1) as ngx_uint_t,
        );

        ngx_shmtx_unlock(&raw mut (*(*ctx).shpool).mutex);

        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                       "limit_req[%ui]: %i %ui.%03ui", n, rc, excess / 1000, excess % 1000);

        if rc != NGX_AGAIN {
            break;
        }

        n += 1;
    }

    if rc == NGX_DECLINED {
        return NGX_DECLINED;
    }

    if rc == NGX_BUSY || rc == NGX_ERROR {
        if rc == NGX_BUSY {
            ngx_log_error!((*lrcf).limit_log_level, (*(*r).connection).log, 0;
                           "limiting requests%s, excess: %ui.%03ui by zone \"%V\"",
                           if (*lrcf).dry_run != 0 { c", dry run" } else { c"" },
                           excess / 1000, excess % 1000, (*(*limit).shm_zone).shm.name);
        }

        ngx_http_limit_req_unlock(limits, n);

        if (*lrcf).dry_run != 0 {
            (*(*r).main).limit_req_status = NGX_HTTP_LIMIT_REQ_REJECTED_DRY_RUN;
            return NGX_DECLINED;
        }

        (*(*r).main).limit_req_status = NGX_HTTP_LIMIT_REQ_REJECTED;

        return (*lrcf).status_code as ngx_int_t;
    }

    // NGX_AGAIN or NGX_OK

    if rc == NGX_AGAIN {
        excess = 0;
    }

    let delay = ngx_http_limit_req_account(limits, n, &raw mut excess, &raw mut limit);

    if delay == 0 {
        (*(*r).main).limit_req_status = NGX_HTTP_LIMIT_REQ_PASSED;
        return NGX_DECLINED;
    }

    ngx_log_error!((*lrcf).delay_log_level, (*(*r).connection).log, 0;
                   "delaying request%s, excess: %ui.%03ui, by zone \"%V\"",
                   if (*lrcf).dry_run != 0 { c", dry run" } else { c"" },
                   excess / 1000, excess % 1000, (*(*limit).shm_zone).shm.name);

    if (*lrcf).dry_run != 0 {
        (*(*r).main).limit_req_status = NGX_HTTP_LIMIT_REQ_DELAYED_DRY_RUN;
        return NGX_DECLINED;
    }

    (*(*r).main).limit_req_status = NGX_HTTP_LIMIT_REQ_DELAYED;

    if (*(*(*r).connection).read).ready {
        ngx_post_event((*(*r).connection).read, ngx_posted_events.ptr());
    } else if ngx_handle_read_event((*(*r).connection).read, 0) != NGX_OK {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    (*r).read_event_handler = Some(ngx_http_test_reading);
    (*r).write_event_handler = Some(ngx_http_limit_req_delay);

    (*(*(*r).connection).write).delayed = true;
    ngx_add_timer((*(*r).connection).write, delay);

    NGX_AGAIN
}

unsafe fn ngx_http_limit_req_delay(r: *mut ngx_http_request_t) {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "limit_req delay");

    let wev = (*(*r).connection).write;

    if (*wev).delayed {
        if ngx_handle_write_event(wev, 0) != NGX_OK {
            ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        }

        return;
    }

    if ngx_handle_read_event((*(*r).connection).read, 0) != NGX_OK {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    (*r).read_event_handler = Some(ngx_http_block_reading);
    (*r).write_event_handler = Some(ngx_http_core_run_phases);

    ngx_http_core_run_phases(r);
}

unsafe fn ngx_http_limit_req_rbtree_insert_value(
    mut temp: *mut ngx_rbtree_node_t,
    node: *mut ngx_rbtree_node_t,
    sentinel: *mut ngx_rbtree_node_t,
) {
    let mut p;

    loop {
        if (*node).key < (*temp).key {
            p = &raw mut (*temp).left;
        } else if (*node).key > (*temp).key {
            p = &raw mut (*temp).right;
        } else {
            // equal keys

            let lrn = ngx_http_limit_req_node(node);
            let lrnt = ngx_http_limit_req_node(temp);

            p = if ngx_memn2cmp(
                (&raw const (*lrn).data).cast(),
                (&raw const (*lrnt).data).cast(),
                (*lrn).len as usize,
                (*lrnt).len as usize,
            ) < 0
            {
                &raw mut (*temp).left
            } else {
                &raw mut (*temp).right
            };
        }

        if *p == sentinel {
            break;
        }

        temp = *p;
    }

    *p = node;
    (*node).parent = temp;
    (*node).left = sentinel;
    (*node).right = sentinel;
    ngx_rbt_red(node);
}

/// With `account` the request is counted here (NGX_OK), without it ngx_http_limit_req_account() has to do it, once
/// no other limit is exceeded (NGX_AGAIN).
unsafe fn ngx_http_limit_req_lookup(
    limit: *mut ngx_http_limit_req_limit_t,
    hash: ngx_uint_t,
    key: *mut ngx_str_t,
    ep: *mut ngx_uint_t,
    account: ngx_uint_t,
) -> ngx_int_t {
    let now = ngx_current_msec.get();

    let ctx: *mut ngx_http_limit_req_ctx_t = (*(*limit).shm_zone).data.cast();

    let mut node = (*(*ctx).sh).rbtree.root;
    let sentinel = (*(*ctx).sh).rbtree.sentinel;

    while node != sentinel {
        if hash < (*node).key {
            node = (*node).left;
            continue;
        }

        if hash > (*node).key {
            node = (*node).right;
            continue;
        }

        // equal keys

        let lr = ngx_http_limit_req_node(node);

        let rc = ngx_memn2cmp((*key).data, (&raw const (*lr).data).cast(), (*key).len, (*lr).len as usize);

        if rc == 0 {
            ngx_queue_remove(&raw mut (*lr).queue);
            ngx_queue_insert_head(&raw mut (*(*ctx).sh).queue, &raw mut (*lr).queue);

            let mut ms = now.wrapping_sub((*lr).last) as ngx_msec_int_t;

            if ms < -60000 {
                ms = 1;
            } else if ms < 0 {
                ms = 0;
            }

            let mut excess = ngx_http_limit_req_excess(lr, ctx, ms).wrapping_add(1000) as ngx_int_t;

            if excess < 0 {
                excess = 0;
            }

            *ep = excess as ngx_uint_t;

            if excess as ngx_uint_t > (*limit).burst {
                return NGX_BUSY;
            }

            if account != 0 {
                (*lr).excess = excess as ngx_uint_t;

                if ms != 0 {
                    (*lr).last = now;
                }

                return NGX_OK;
            }

            (*lr).count += 1;

            (*ctx).node = lr;

            return NGX_AGAIN;
        }

        node = if rc < 0 { (*node).left } else { (*node).right };
    }

    *ep = 0;

    let size = offset_of!(ngx_rbtree_node_t, color) + offset_of!(ngx_http_limit_req_node_t, data) + (*key).len;

    ngx_http_limit_req_expire(ctx, 1);

    let mut node: *mut ngx_rbtree_node_t = ngx_slab_alloc_locked((*ctx).shpool, size).cast();

    if node.is_null() {
        ngx_http_limit_req_expire(ctx, 0);

        node = ngx_slab_alloc_locked((*ctx).shpool, size).cast();
        if node.is_null() {
            ngx_log_error!(NGX_LOG_ALERT, (*ngx_cycle.get()).log, 0;
                           "could not allocate node%s", (*(*ctx).shpool).log_ctx);
            return NGX_ERROR;
        }
    }

    (*node).key = hash;

    let lr = ngx_http_limit_req_node(node);

    (*lr).len = (*key).len as u16;
    (*lr).excess = 0;

    ngx_memcpy(&raw mut (*lr).data, (*key).data, (*key).len);

    ngx_rbtree_insert(&raw mut (*(*ctx).sh).rbtree, node);

    ngx_queue_insert_head(&raw mut (*(*ctx).sh).queue, &raw mut (*lr).queue);

    if account != 0 {
        (*lr).last = now;
        (*lr).count = 0;
        return NGX_OK;
    }

    (*lr).last = 0;
    (*lr).count = 1;

    (*ctx).node = lr;

    NGX_AGAIN
}

unsafe fn ngx_http_limit_req_account(
    limits: *mut ngx_http_limit_req_limit_t,
    mut n: ngx_uint_t,
    ep: *mut ngx_uint_t,
    limit: *mut *mut ngx_http_limit_req_limit_t,
) -> ngx_msec_t {
    let mut excess = *ep as ngx_int_t;

    let mut max_delay;

    if excess as ngx_uint_t <= (**limit).delay {
        max_delay = 0;
    } else {
        let ctx: *mut ngx_http_limit_req_ctx_t = (*(**limit).shm_zone).data.cast();
        max_delay = (excess as ngx_uint_t - (**limit).delay).wrapping_mul(1000) / (*ctx).rate;
    }

    while n != 0 {
        n -= 1;

        let ctx: *mut ngx_http_limit_req_ctx_t = (*(*limits.add(n)).shm_zone).data.cast();
        let lr = (*ctx).node;

        if lr.is_null() {
            continue;
        }

        ngx_shmtx_lock(&raw mut (*(*ctx).shpool).mutex);

        let now = ngx_current_msec.get();
        let mut ms = now.wrapping_sub((*lr).last) as ngx_msec_int_t;

        if ms < -60000 {
            ms = 1;
        } else if ms < 0 {
            ms = 0;
        }

        excess = ngx_http_limit_req_excess(lr, ctx, ms).wrapping_add(1000) as ngx_int_t;

        if excess < 0 {
            excess = 0;
        }

        if ms != 0 {
            (*lr).last = now;
        }

        (*lr).excess = excess as ngx_uint_t;
        (*lr).count -= 1;

        ngx_shmtx_unlock(&raw mut (*(*ctx).shpool).mutex);

        (*ctx).node = null_mut();

        if excess as ngx_uint_t <= (*limits.add(n)).delay {
            continue;
        }

        let delay = (excess as ngx_uint_t - (*limits.add(n)).delay).wrapping_mul(1000) / (*ctx).rate;

        if delay > max_delay {
            max_delay = delay;
            *ep = excess as ngx_uint_t;
            *limit = limits.add(n);
        }
    }

    max_delay
}

unsafe fn ngx_http_limit_req_unlock(limits: *mut ngx_http_limit_req_limit_t, mut n: ngx_uint_t) {
    while n != 0 {
        n -= 1;

        let ctx: *mut ngx_http_limit_req_ctx_t = (*(*limits.add(n)).shm_zone).data.cast();

        if (*ctx).node.is_null() {
            continue;
        }

        ngx_shmtx_lock(&raw mut (*(*ctx).shpool).mutex);

        (*(*ctx).node).count -= 1;

        ngx_shmtx_unlock(&raw mut (*(*ctx).shpool).mutex);

        (*ctx).node = null_mut();
    }
}

/// Frees up to two nodes that have no excess left; with `n` 0 the oldest one before, whatever its excess.
unsafe fn ngx_http_limit_req_expire(ctx: *mut ngx_http_limit_req_ctx_t, mut n: ngx_uint_t) {
    let now = ngx_current_msec.get();

    while n < 3 {
        if ngx_queue_empty(&raw const (*(*ctx).sh).queue) {
            return;
        }

        let q = ngx_queue_last(&raw const (*(*ctx).sh).queue);

        let lr = ngx_queue_data!(q, ngx_http_limit_req_node_t, queue);

        if (*lr).count != 0 {
            // a lookup has just moved it to the head: those before it are in use too
            return;
        }

        n += 1;

        if n != 1 {
            let mut ms = now.wrapping_sub((*lr).last) as ngx_msec_int_t;
            ms = ms.wrapping_abs();

            if ms < 60000 {
                return;
            }

            let excess = ngx_http_limit_req_excess(lr, ctx, ms) as ngx_int_t;

            if excess > 0 {
                return;
            }
        }

        ngx_queue_remove(q);

        let node: *mut ngx_rbtree_node_t = lr.byte_sub(offset_of!(ngx_rbtree_node_t, color)).cast();

        ngx_rbtree_delete(&raw mut (*(*ctx).sh).rbtree, node);

        ngx_slab_free_locked((*ctx).shpool, node.cast());
    }
}

unsafe fn ngx_http_limit_req_init_zone(shm_zone: *mut ngx_shm_zone_t, data: *mut c_void) -> ngx_int_t {
    let octx: *mut ngx_http_limit_req_ctx_t = data.cast();

    let ctx: *mut ngx_http_limit_req_ctx_t = (*shm_zone).data.cast();

    if !octx.is_null() {
        if (*ctx).key.value.len != (*octx).key.value.len
            || ngx_strncmp((*ctx).key.value.data, (*octx).key.value.data, (*ctx).key.value.len) != 0
        {
            ngx_log_error!(NGX_LOG_EMERG, (*shm_zone).shm.log, 0;
                           "limit_req \"%V\" uses the \"%V\" key while previously it used the \"%V\" key",
                           (*shm_zone).shm.name, (*ctx).key.value, (*octx).key.value);
            return NGX_ERROR;
        }

        (*ctx).sh = (*octx).sh;
        (*ctx).shpool = (*octx).shpool;

        return NGX_OK;
    }

    (*ctx).shpool = (*shm_zone).shm.addr.cast();

    if (*shm_zone).shm.exists != 0 {
        (*ctx).sh = (*(*ctx).shpool).data.cast();

        return NGX_OK;
    }

    (*ctx).sh = ngx_slab_alloc((*ctx).shpool, size_of::<ngx_http_limit_req_shctx_t>()).cast();
    if (*ctx).sh.is_null() {
        return NGX_ERROR;
    }

    (*(*ctx).shpool).data = (*ctx).sh.cast();

    ngx_rbtree_init(
        &raw mut (*(*ctx).sh).rbtree,
        &raw mut (*(*ctx).sh).sentinel,
        Some(ngx_http_limit_req_rbtree_insert_value),
    );

    ngx_queue_init(&raw mut (*(*ctx).sh).queue);

    let len = " in limit_req zone \"\"\0".len() + (*shm_zone).shm.name.len;

    (*(*ctx).shpool).log_ctx = ngx_slab_alloc((*ctx).shpool, len).cast();
    if (*(*ctx).shpool).log_ctx.is_null() {
        return NGX_ERROR;
    }

    ngx_sprintf!((*(*ctx).shpool).log_ctx, " in limit_req zone \"%V\"%Z", (*shm_zone).shm.name);

    (*(*ctx).shpool).log_nomem = false;

    NGX_OK
}

unsafe fn ngx_http_limit_req_status_variable(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    if (*(*r).main).limit_req_status == 0 {
        (*v).not_found = true;
        return NGX_OK;
    }

    let status = ngx_http_limit_req_status[(*(*r).main).limit_req_status as usize - 1];

    (*v).valid = true;
    (*v).no_cacheable = false;
    (*v).not_found = false;
    (*v).len = status.len as u32;
    (*v).data = status.data;

    NGX_OK
}

unsafe fn ngx_http_limit_req_create_conf(cf: *mut ngx_conf_t) -> *mut c_void {
    // zeroed: limits
    let conf: *mut ngx_http_limit_req_conf_t = ngx_pcalloc((*cf).pool);
    if conf.is_null() {
        return null_mut();
    }

    (*conf).limit_log_level = NGX_CONF_UNSET_UINT;
    (*conf).status_code = NGX_CONF_UNSET_UINT;
    (*conf).dry_run = NGX_CONF_UNSET;

    conf.cast()
}

unsafe fn ngx_http_limit_req_merge_conf(
    _cf: *mut ngx_conf_t,
    parent: *mut c_void,
    child: *mut c_void,
) -> ngx_conf_ret_t {
    let prev: *mut ngx_http_limit_req_conf_t = parent.cast();
    let conf: *mut ngx_http_limit_req_conf_t = child.cast();

    if (*conf).limits.elts.is_null() {
        (*conf).limits = (*prev).limits;
    }

    ngx_conf_merge_uint_value!((*conf).limit_log_level, (*prev).limit_log_level, NGX_LOG_ERR);

    (*conf).delay_log_level =
        if (*conf).limit_log_level == NGX_LOG_INFO { NGX_LOG_INFO } else { (*conf).limit_log_level + 1 };

    ngx_conf_merge_uint_value!((*conf).status_code, (*prev).status_code, NGX_HTTP_SERVICE_UNAVAILABLE as ngx_uint_t);

    ngx_conf_merge_value!((*conf).dry_run, (*prev).dry_run, 0);

    NGX_CONF_OK
}

unsafe fn ngx_http_limit_req_zone(
    cf: *mut ngx_conf_t,
    cmd: *const ngx_command_t,
    _conf: *mut c_void,
) -> ngx_conf_ret_t {
    let value = (*(*cf).args).elts;

    let mut ctx: *mut ngx_http_limit_req_ctx_t = ngx_pcalloc((*cf).pool);
    if ctx.is_null() {
        return NGX_CONF_ERROR;
    }

    let mut ccv: ngx_http_compile_complex_value_t = core::mem::zeroed();

    ccv.cf = cf;
    ccv.value = value.add(1);
    ccv.complex_value = &raw mut (*ctx).key;

    if ngx_http_compile_complex_value(&raw mut ccv) != NGX_OK {
        return NGX_CONF_ERROR;
    }

    let mut size = 0;
    let mut rate: ngx_int_t = 1;
    let mut scale = 1;
    let mut name = ngx_null_string;

    for i in 2..(*(*cf).args).nelts {
        let value = value.add(i);

        if ngx_strncmp((*value).data, c"zone=".as_ptr().cast(), 5) == 0 {
            name.data = (*value).data.add(5);

            let p = ngx_strchr(name.data, b':');

            if p.is_null() {
                ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid zone size \"%V\"", value);
                return NGX_CONF_ERROR;
            }

            name.len = p.offset_from_unsigned(name.data);

            let mut s = ngx_null_string;

            s.data = p.add(1);
            s.len = (*value).data.add((*value).len).offset_from_unsigned(s.data);

            size = ngx_parse_size(&raw mut s);

            if size == NGX_ERROR {
                ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid zone size \"%V\"", value);
                return NGX_CONF_ERROR;
            }

            if size < (8 * ngx_pagesize.get()) as isize {
                ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "zone \"%V\" is too small", value);
                return NGX_CONF_ERROR;
            }

            continue;
        }

        if ngx_strncmp((*value).data, c"rate=".as_ptr().cast(), 5) == 0 {
            let mut len = (*value).len;
            let p = (*value).data.add(len).sub(3);

            if ngx_strncmp(p, c"r/s".as_ptr().cast(), 3) == 0 {
                scale = 1;
                len -= 3;
            } else if ngx_strncmp(p, c"r/m".as_ptr().cast(), 3) == 0 {
                scale = 60;
                len -= 3;
            }

            rate = ngx_atoi((*value).data.add(5), len - 5);
            if rate <= 0 {
                ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid rate \"%V\"", value);
                return NGX_CONF_ERROR;
            }

            continue;
        }

        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid parameter \"%V\"", value);
        return NGX_CONF_ERROR;
    }

    if name.len == 0 {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "\"%V\" must have \"zone\" parameter", (*cmd).name);
        return NGX_CONF_ERROR;
    }

    (*ctx).rate = (rate.wrapping_mul(1000) / scale) as ngx_uint_t;

    let shm_zone =
        ngx_shared_memory_add(cf, &raw mut name, size as usize, (&raw const ngx_http_limit_req_module).cast());
    if shm_zone.is_null() {
        return NGX_CONF_ERROR;
    }

    if !(*shm_zone).data.is_null() {
        ctx = (*shm_zone).data.cast();

        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0;
                            "%V \"%V\" is already bound to key \"%V\"", (*cmd).name, name, (*ctx).key.value);
        return NGX_CONF_ERROR;
    }

    (*shm_zone).init = Some(ngx_http_limit_req_init_zone);
    (*shm_zone).data = ctx.cast();

    NGX_CONF_OK
}

unsafe fn ngx_http_limit_req(cf: *mut ngx_conf_t, cmd: *const ngx_command_t, conf: *mut c_void) -> ngx_conf_ret_t {
    let lrcf: *mut ngx_http_limit_req_conf_t = conf.cast();

    let value = (*(*cf).args).elts;

    let mut shm_zone: *mut ngx_shm_zone_t = null_mut();
    let mut burst: ngx_int_t = 0;
    let mut delay: ngx_int_t = 0;

    for i in 1..(*(*cf).args).nelts {
        let value = value.add(i);

        if ngx_strncmp((*value).data, c"zone=".as_ptr().cast(), 5) == 0 {
            let mut s = ngx_null_string;

            s.len = (*value).len - 5;
            s.data = (*value).data.add(5);

            shm_zone = ngx_shared_memory_add(cf, &raw mut s, 0, (&raw const ngx_http_limit_req_module).cast());
            if shm_zone.is_null() {
                return NGX_CONF_ERROR;
            }

            continue;
        }

        if ngx_strncmp((*value).data, c"burst=".as_ptr().cast(), 6) == 0 {
            burst = ngx_atoi((*value).data.add(6), (*value).len - 6);
            if burst <= 0 {
                ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid burst value \"%V\"", value);
                return NGX_CONF_ERROR;
            }

            continue;
        }

        if ngx_strncmp((*value).data, c"delay=".as_ptr().cast(), 6) == 0 {
            delay = ngx_atoi((*value).data.add(6), (*value).len - 6);
            if delay <= 0 {
                ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid delay value \"%V\"", value);
                return NGX_CONF_ERROR;
            }

            continue;
        }

        if ngx_strcmp((*value).data, c"nodelay".as_ptr().cast()) == 0 {
            delay = NGX_MAX_INT_T_VALUE / 1000;
            continue;
        }

        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid parameter \"%V\"", value);
        return NGX_CONF_ERROR;
    }

    if shm_zone.is_null() {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "\"%V\" must have \"zone\" parameter", (*cmd).name);
        return NGX_CONF_ERROR;
    }

    let limits = (*lrcf).limits.elts;

    if limits.is_null() && ngx_array_init(&raw mut (*lrcf).limits, (*cf).pool, 1) != NGX_OK {
        return NGX_CONF_ERROR;
    }

    for i in 0..(*lrcf).limits.nelts {
        if shm_zone == (*limits.add(i)).shm_zone {
            return NGX_CONF_MSG("is duplicate");
        }
    }

    let limit = ngx_array_push(&raw mut (*lrcf).limits);
    if limit.is_null() {
        return NGX_CONF_ERROR;
    }

    (*limit).shm_zone = shm_zone;
    (*limit).burst = burst.wrapping_mul(1000) as ngx_uint_t;
    (*limit).delay = delay.wrapping_mul(1000) as ngx_uint_t;

    NGX_CONF_OK
}

unsafe fn ngx_http_limit_req_add_variables(cf: *mut ngx_conf_t) -> ngx_int_t {
    for v in ngx_http_limit_req_vars {
        let mut name = v.name;

        let var = ngx_http_add_variable(cf, &raw mut name, v.flags);
        if var.is_null() {
            return NGX_ERROR;
        }

        (*var).get_handler = v.get_handler;
        (*var).data = v.data;
    }

    NGX_OK
}

unsafe fn ngx_http_limit_req_init(cf: *mut ngx_conf_t) -> ngx_int_t {
    let cmcf: *mut ngx_http_core_main_conf_t = ngx_http_conf_get_module_main_conf(cf, &ngx_http_core_module);

    let h = ngx_array_push(&raw mut (*cmcf).phases[NGX_HTTP_PREACCESS_PHASE as usize].handlers);
    if h.is_null() {
        return NGX_ERROR;
    }

    *h = Some(ngx_http_limit_req_handler);

    NGX_OK
}
