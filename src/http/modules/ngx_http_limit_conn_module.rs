//! Port of src/http/modules/ngx_http_limit_conn_module.c

use crate::core::{
    ngx_array::*, ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_crc32::*, ngx_cycle::*, ngx_log::*, ngx_module::*,
    ngx_palloc::*, ngx_parse::*, ngx_rbtree::*, ngx_shmtx::*, ngx_slab::*, ngx_string::*,
};
use crate::http::{
    ngx_http_config::*, ngx_http_core_module::*, ngx_http_request::*, ngx_http_script::*, ngx_http_variables::*,
};
use crate::os::unix::ngx_alloc::*;

const NGX_HTTP_LIMIT_CONN_PASSED: u8 = 1;
const NGX_HTTP_LIMIT_CONN_REJECTED: u8 = 2;
const NGX_HTTP_LIMIT_CONN_REJECTED_DRY_RUN: u8 = 3;

/// Lies in a tree's node, from its `color` on; `len` bytes of the key stand from `data` on.
#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_limit_conn_node_t {
    color: u8,
    len: u8,
    conn: u16,
    data: [u8; 1],
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_limit_conn_cleanup_t {
    shm_zone: *mut ngx_shm_zone_t,
    node: *mut ngx_rbtree_node_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_limit_conn_shctx_t {
    rbtree: ngx_rbtree_t,
    sentinel: ngx_rbtree_node_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_limit_conn_ctx_t {
    sh: *mut ngx_http_limit_conn_shctx_t,
    shpool: *mut ngx_slab_pool_t,
    key: ngx_http_complex_value_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_limit_conn_limit_t {
    shm_zone: *mut ngx_shm_zone_t,
    conn: ngx_uint_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_limit_conn_conf_t {
    limits: ngx_array_t<ngx_http_limit_conn_limit_t>,
    log_level: ngx_uint_t,
    status_code: ngx_uint_t,
    dry_run: ngx_flag_t,
}

static ngx_http_limit_conn_log_levels: [ngx_conf_enum_t; 5] = [
    ngx_conf_enum_t { name: ngx_string!("info"), value: NGX_LOG_INFO },
    ngx_conf_enum_t { name: ngx_string!("notice"), value: NGX_LOG_NOTICE },
    ngx_conf_enum_t { name: ngx_string!("warn"), value: NGX_LOG_WARN },
    ngx_conf_enum_t { name: ngx_string!("error"), value: NGX_LOG_ERR },
    ngx_conf_enum_t { name: ngx_null_string, value: 0 },
];

static ngx_http_limit_conn_status_bounds: ngx_conf_num_bounds_t =
    ngx_conf_num_bounds_t { post_handler: Some(ngx_conf_check_num_bounds), low: 400, high: 599 };

static ngx_http_limit_conn_commands: &[ngx_command_t] = &[
    ngx_command_t {
        name: ngx_string!("limit_conn_zone"),
        type_: NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE2,
        set: Some(ngx_http_limit_conn_zone),
        conf: 0,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("limit_conn"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE2,
        set: Some(ngx_http_limit_conn),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("limit_conn_log_level"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_enum_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_limit_conn_conf_t, log_level: ngx_uint_t),
        post: (&raw const ngx_http_limit_conn_log_levels).cast(),
    },
    ngx_command_t {
        name: ngx_string!("limit_conn_status"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_num_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_limit_conn_conf_t, status_code: ngx_uint_t),
        post: (&raw const ngx_http_limit_conn_status_bounds).cast(),
    },
    ngx_command_t {
        name: ngx_string!("limit_conn_dry_run"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_limit_conn_conf_t, dry_run: ngx_flag_t),
        post: null(),
    },
];

static ngx_http_limit_conn_module_ctx: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: Some(ngx_http_limit_conn_add_variables),
    postconfiguration: Some(ngx_http_limit_conn_init),

    create_main_conf: None,
    init_main_conf: None,

    create_srv_conf: None,
    merge_srv_conf: None,

    create_loc_conf: Some(ngx_http_limit_conn_create_conf),
    merge_loc_conf: Some(ngx_http_limit_conn_merge_conf),
};

pub static ngx_http_limit_conn_module: ngx_module_t = ngx_module_t {
    name: c"ngx_http_limit_conn_module",
    ctx: (&raw const ngx_http_limit_conn_module_ctx).cast(),
    commands: ngx_http_limit_conn_commands,
    type_: NGX_HTTP_MODULE,
    ..NGX_MODULE_V1()
};

static ngx_http_limit_conn_vars: &[ngx_http_variable_t] = &[ngx_http_variable_t {
    name: ngx_string!("limit_conn_status"),
    set_handler: None,
    get_handler: Some(ngx_http_limit_conn_status_variable),
    data: 0,
    flags: NGX_HTTP_VAR_NOCACHEABLE,
    index: 0,
}];

static ngx_http_limit_conn_status: [ngx_str_t; 3] =
    [ngx_string!("PASSED"), ngx_string!("REJECTED"), ngx_string!("REJECTED_DRY_RUN")];

/// What a tree's node carries.
#[inline(always)]
unsafe fn ngx_http_limit_conn_node(node: *mut ngx_rbtree_node_t) -> *mut ngx_http_limit_conn_node_t {
    (&raw mut (*node).color).cast()
}

unsafe fn ngx_http_limit_conn_handler(r: *mut ngx_http_request_t) -> ngx_int_t {
    if (*(*r).main).limit_conn_status != 0 {
        return NGX_DECLINED;
    }

    let lccf: *mut ngx_http_limit_conn_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_limit_conn_module);
    let limits = (*lccf).limits.elts;

    for i in 0..(*lccf).limits.nelts {
        let ctx: *mut ngx_http_limit_conn_ctx_t = (*(*limits.add(i)).shm_zone).data.cast();

        let mut key = ngx_null_string;

        if ngx_http_complex_value(r, &raw mut (*ctx).key, &raw mut key) != NGX_OK {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        if key.len == 0 {
            continue;
        }

        if key.len > 255 {
            ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                           "the value of the \"%V\" key is more than 255 bytes: \"%V\"", (*ctx).key.value, key);
            continue;
        }

        (*(*r).main).limit_conn_status = NGX_HTTP_LIMIT_CONN_PASSED;

        let hash = ngx_crc32_short(key.data, key.len);

        ngx_shmtx_lock(&raw mut (*(*ctx).shpool).mutex);

        let mut node = ngx_http_limit_conn_lookup(&raw mut (*(*ctx).sh).rbtree, &raw mut key, hash);

        let lc;

        if node.is_null() {
            let n = offset_of!(ngx_rbtree_node_t, color) + offset_of!(ngx_http_limit_conn_node_t, data) + key.len;

            node = ngx_slab_alloc_locked((*ctx).shpool, n).cast();

            if node.is_null() {
                ngx_shmtx_unlock(&raw mut (*(*ctx).shpool).mutex);
                ngx_http_limit_conn_cleanup_all((*r).pool);

                if (*lccf).dry_run != 0 {
                    (*(*r).main).limit_conn_status = NGX_HTTP_LIMIT_CONN_REJECTED_DRY_RUN;
                    return NGX_DECLINED;
                }

                (*(*r).main).limit_conn_status = NGX_HTTP_LIMIT_CONN_REJECTED;

                return (*lccf).status_code as ngx_int_t;
            }

            lc = ngx_http_limit_conn_node(node);

            (*node).key = hash as ngx_rbtree_key_t;
            (*lc).len = key.len as u8;
            (*lc).conn = 1;
            ngx_memcpy(&raw mut (*lc).data, key.data, key.len);

            ngx_rbtree_insert(&raw mut (*(*ctx).sh).rbtree, node);
        } else {
            lc = ngx_http_limit_conn_node(node);

            if (*lc).conn as ngx_uint_t >= (*limits.add(i)).conn {
                ngx_shmtx_unlock(&raw mut (*(*ctx).shpool).mutex);

                ngx_log_error!((*lccf).log_level, (*(*r).connection).log, 0;
                               "limiting connections%s by zone \"%V\"",
                               if (*lccf).dry_run != 0 { c", dry run," } else { c"" },
                               (*(*limits.add(i)).shm_zone).shm.name);

                ngx_http_limit_conn_cleanup_all((*r).pool);

                if (*lccf).dry_run != 0 {
                    (*(*r).main).limit_conn_status = NGX_HTTP_LIMIT_CONN_REJECTED_DRY_RUN;
                    return NGX_DECLINED;
                }

                (*(*r).main).limit_conn_status = NGX_HTTP_LIMIT_CONN_REJECTED;

                return (*lccf).status_code as ngx_int_t;
            }

            (*lc).conn += 1;
        }

        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                       "limit conn: %08Xi %d", (*node).key, (*lc).conn);

        ngx_shmtx_unlock(&raw mut (*(*ctx).shpool).mutex);

        let cln = ngx_pool_cleanup_add((*r).pool, size_of::<ngx_http_limit_conn_cleanup_t>());
        if cln.is_null() {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        (*cln).handler = Some(ngx_http_limit_conn_cleanup);
        let lccln: *mut ngx_http_limit_conn_cleanup_t = (*cln).data.cast();

        (*lccln).shm_zone = (*limits.add(i)).shm_zone;
        (*lccln).node = node;
    }

    NGX_DECLINED
}

unsafe fn ngx_http_limit_conn_rbtree_insert_value(
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

            let lcn = ngx_http_limit_conn_node(node);
            let lcnt = ngx_http_limit_conn_node(temp);

            p = if ngx_memn2cmp(
                (&raw const (*lcn).data).cast(),
                (&raw const (*lcnt).data).cast(),
                (*lcn).len as usize,
                (*lcnt).len as usize,
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

unsafe fn ngx_http_limit_conn_lookup(
    rbtree: *mut ngx_rbtree_t,
    key: *mut ngx_str_t,
    hash: u32,
) -> *mut ngx_rbtree_node_t {
    let hash = hash as ngx_rbtree_key_t;

    let mut node = (*rbtree).root;
    let sentinel = (*rbtree).sentinel;

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

        let lcn = ngx_http_limit_conn_node(node);

        let rc = ngx_memn2cmp((*key).data, (&raw const (*lcn).data).cast(), (*key).len, (*lcn).len as usize);

        if rc == 0 {
            return node;
        }

        node = if rc < 0 { (*node).left } else { (*node).right };
    }

    null_mut()
}

unsafe fn ngx_http_limit_conn_cleanup(data: *mut c_void) {
    let lccln: *mut ngx_http_limit_conn_cleanup_t = data.cast();

    let ctx: *mut ngx_http_limit_conn_ctx_t = (*(*lccln).shm_zone).data.cast();
    let node = (*lccln).node;
    let lc = ngx_http_limit_conn_node(node);

    ngx_shmtx_lock(&raw mut (*(*ctx).shpool).mutex);

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*lccln).shm_zone).shm.log, 0;
                   "limit conn cleanup: %08Xi %d", (*node).key, (*lc).conn);

    (*lc).conn -= 1;

    if (*lc).conn == 0 {
        ngx_rbtree_delete(&raw mut (*(*ctx).sh).rbtree, node);
        ngx_slab_free_locked((*ctx).shpool, node.cast());
    }

    ngx_shmtx_unlock(&raw mut (*(*ctx).shpool).mutex);
}

/// Undoes what the limits before the one that is exceeded have counted: theirs are the latest cleanups.
#[inline]
unsafe fn ngx_http_limit_conn_cleanup_all(pool: *mut ngx_pool_t) {
    let mut cln = (*pool).cleanup;

    while !cln.is_null()
        && (*cln).handler.is_some_and(|handler| {
            core::ptr::fn_addr_eq(handler, ngx_http_limit_conn_cleanup as unsafe fn(*mut c_void))
        })
    {
        ngx_http_limit_conn_cleanup((*cln).data);
        cln = (*cln).next;
    }

    (*pool).cleanup = cln;
}

unsafe fn ngx_http_limit_conn_init_zone(shm_zone: *mut ngx_shm_zone_t, data: *mut c_void) -> ngx_int_t {
    let octx: *mut ngx_http_limit_conn_ctx_t = data.cast();

    let ctx: *mut ngx_http_limit_conn_ctx_t = (*shm_zone).data.cast();

    if !octx.is_null() {
        if (*ctx).key.value.len != (*octx).key.value.len
            || ngx_strncmp((*ctx).key.value.data, (*octx).key.value.data, (*ctx).key.value.len) != 0
        {
            ngx_log_error!(NGX_LOG_EMERG, (*shm_zone).shm.log, 0;
                           "limit_conn_zone \"%V\" uses the \"%V\" key while previously it used the \"%V\" key",
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

    (*ctx).sh = ngx_slab_alloc((*ctx).shpool, size_of::<ngx_http_limit_conn_shctx_t>()).cast();
    if (*ctx).sh.is_null() {
        return NGX_ERROR;
    }

    (*(*ctx).shpool).data = (*ctx).sh.cast();

    ngx_rbtree_init(
        &raw mut (*(*ctx).sh).rbtree,
        &raw mut (*(*ctx).sh).sentinel,
        Some(ngx_http_limit_conn_rbtree_insert_value),
    );

    let len = " in limit_conn_zone \"\"\0".len() + (*shm_zone).shm.name.len;

    (*(*ctx).shpool).log_ctx = ngx_slab_alloc((*ctx).shpool, len).cast();
    if (*(*ctx).shpool).log_ctx.is_null() {
        return NGX_ERROR;
    }

    ngx_sprintf!((*(*ctx).shpool).log_ctx, " in limit_conn_zone \"%V\"%Z", (*shm_zone).shm.name);

    NGX_OK
}

unsafe fn ngx_http_limit_conn_status_variable(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    if (*(*r).main).limit_conn_status == 0 {
        (*v).not_found = true;
        return NGX_OK;
    }

    let status = ngx_http_limit_conn_status[(*(*r).main).limit_conn_status as usize - 1];

    (*v).valid = true;
    (*v).no_cacheable = false;
    (*v).not_found = false;
    (*v).len = status.len as u32;
    (*v).data = status.data;

    NGX_OK
}

unsafe fn ngx_http_limit_conn_create_conf(cf: *mut ngx_conf_t) -> *mut c_void {
    // zeroed: limits
    let conf: *mut ngx_http_limit_conn_conf_t = ngx_pcalloc((*cf).pool);
    if conf.is_null() {
        return null_mut();
    }

    (*conf).log_level = NGX_CONF_UNSET_UINT;
    (*conf).status_code = NGX_CONF_UNSET_UINT;
    (*conf).dry_run = NGX_CONF_UNSET;

    conf.cast()
}

unsafe fn ngx_http_limit_conn_merge_conf(
    _cf: *mut ngx_conf_t,
    parent: *mut c_void,
    child: *mut c_void,
) -> ngx_conf_ret_t {
    let prev: *mut ngx_http_limit_conn_conf_t = parent.cast();
    let conf: *mut ngx_http_limit_conn_conf_t = child.cast();

    if (*conf).limits.elts.is_null() {
        (*conf).limits = (*prev).limits;
    }

    ngx_conf_merge_uint_value!((*conf).log_level, (*prev).log_level, NGX_LOG_ERR);
    ngx_conf_merge_uint_value!((*conf).status_code, (*prev).status_code, NGX_HTTP_SERVICE_UNAVAILABLE as ngx_uint_t);

    ngx_conf_merge_value!((*conf).dry_run, (*prev).dry_run, 0);

    NGX_CONF_OK
}

unsafe fn ngx_http_limit_conn_zone(
    cf: *mut ngx_conf_t,
    cmd: *const ngx_command_t,
    _conf: *mut c_void,
) -> ngx_conf_ret_t {
    let value = (*(*cf).args).elts;

    let mut ctx: *mut ngx_http_limit_conn_ctx_t = ngx_pcalloc((*cf).pool);
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

        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid parameter \"%V\"", value);
        return NGX_CONF_ERROR;
    }

    if name.len == 0 {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "\"%V\" must have \"zone\" parameter", (*cmd).name);
        return NGX_CONF_ERROR;
    }

    let shm_zone =
        ngx_shared_memory_add(cf, &raw mut name, size as usize, (&raw const ngx_http_limit_conn_module).cast());
    if shm_zone.is_null() {
        return NGX_CONF_ERROR;
    }

    if !(*shm_zone).data.is_null() {
        ctx = (*shm_zone).data.cast();

        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0;
                            "%V \"%V\" is already bound to key \"%V\"", (*cmd).name, name, (*ctx).key.value);
        return NGX_CONF_ERROR;
    }

    (*shm_zone).init = Some(ngx_http_limit_conn_init_zone);
    (*shm_zone).data = ctx.cast();

    NGX_CONF_OK
}

unsafe fn ngx_http_limit_conn(cf: *mut ngx_conf_t, _cmd: *const ngx_command_t, conf: *mut c_void) -> ngx_conf_ret_t {
    let lccf: *mut ngx_http_limit_conn_conf_t = conf.cast();

    let value = (*(*cf).args).elts;

    let shm_zone = ngx_shared_memory_add(cf, value.add(1), 0, (&raw const ngx_http_limit_conn_module).cast());
    if shm_zone.is_null() {
        return NGX_CONF_ERROR;
    }

    let limits = (*lccf).limits.elts;

    if limits.is_null() && ngx_array_init(&raw mut (*lccf).limits, (*cf).pool, 1) != NGX_OK {
        return NGX_CONF_ERROR;
    }

    for i in 0..(*lccf).limits.nelts {
        if shm_zone == (*limits.add(i)).shm_zone {
            return NGX_CONF_MSG("is duplicate");
        }
    }

    let n = ngx_atoi((*value.add(2)).data, (*value.add(2)).len);
    if n <= 0 {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid number of connections \"%V\"", value.add(2));
        return NGX_CONF_ERROR;
    }

    if n > 65535 {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "connection limit must be less 65536");
        return NGX_CONF_ERROR;
    }

    let limit = ngx_array_push(&raw mut (*lccf).limits);
    if limit.is_null() {
        return NGX_CONF_ERROR;
    }

    (*limit).conn = n as ngx_uint_t;
    (*limit).shm_zone = shm_zone;

    NGX_CONF_OK
}

unsafe fn ngx_http_limit_conn_add_variables(cf: *mut ngx_conf_t) -> ngx_int_t {
    for v in ngx_http_limit_conn_vars {
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

unsafe fn ngx_http_limit_conn_init(cf: *mut ngx_conf_t) -> ngx_int_t {
    let cmcf: *mut ngx_http_core_main_conf_t = ngx_http_conf_get_module_main_conf(cf, &ngx_http_core_module);

    let h = ngx_array_push(&raw mut (*cmcf).phases[NGX_HTTP_PREACCESS_PHASE as usize].handlers);
    if h.is_null() {
        return NGX_ERROR;
    }

    *h = Some(ngx_http_limit_conn_handler);

    NGX_OK
}
