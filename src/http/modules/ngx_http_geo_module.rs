//! Port of src/http/modules/ngx_http_geo_module.c
//! Ours: ngx_http_geo_file_value_t, since a variable's value lies otherwise in our memory than in the binary base,
//! whose format is C's; ngx_http_geo_inaddr(), which C repeats in both handlers.

use crate::core::{
    ngx_array::*, ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_crc32::*, ngx_file::*, ngx_inet::*, ngx_log::*,
    ngx_module::*, ngx_palloc::*, ngx_radix_tree::*, ngx_rbtree::*, ngx_string::*,
};
use crate::http::{ngx_http_config::*, ngx_http_core_module::*, ngx_http_request::*, ngx_http_variables::*};
use crate::os::unix::{ngx_errno::*, ngx_files::*};

use libc::{AF_INET, AF_INET6, AF_UNIX, INADDR_NONE};

/// `start` and `end` are the lower halves of addresses.
#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_geo_range_t {
    value: *mut ngx_http_variable_value_t,
    start: u16,
    end: u16,
}

const _: () = assert!(size_of::<usize>() != 8 || size_of::<ngx_http_geo_range_t>() == 16); // C: 16

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_geo_trees_t {
    tree: *mut ngx_radix_tree_t,
    tree6: *mut ngx_radix_tree_t,
}

/// `low` has an entry for each upper half: NULL, or the ranges, sorted, with a NULL value behind the last one. While
/// the configuration is read, the entries point to arrays (`ngx_array_t`) of ranges.
#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_geo_high_ranges_t {
    low: *mut *mut ngx_http_geo_range_t,
    default_value: *mut ngx_http_variable_value_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_geo_variable_value_node_t {
    sn: ngx_str_node_t,
    value: *mut ngx_http_variable_value_t,
    offset: usize,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_geo_conf_ctx_t {
    value: *mut ngx_http_variable_value_t,
    net: *mut ngx_str_t,
    high: ngx_http_geo_high_ranges_t,
    tree: *mut ngx_radix_tree_t,
    tree6: *mut ngx_radix_tree_t,
    rbtree: ngx_rbtree_t,
    sentinel: ngx_rbtree_node_t,
    proxies: *mut ngx_array_t<ngx_cidr_t>,
    pool: *mut ngx_pool_t,
    temp_pool: *mut ngx_pool_t,

    data_size: usize,

    include_name: ngx_str_t,
    includes: ngx_uint_t,
    entries: ngx_uint_t,

    ranges: bool,
    outside_entries: bool,
    allow_binary_include: bool,
    binary_include: bool,
    proxy_recursive: bool,
    no_cacheable: bool,
}

#[repr(C)]
#[derive(Clone, Copy)]
union ngx_http_geo_u {
    trees: ngx_http_geo_trees_t,
    high: ngx_http_geo_high_ranges_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_geo_ctx_t {
    u: ngx_http_geo_u,

    proxies: *mut ngx_array_t<ngx_cidr_t>,
    proxy_recursive: bool,

    index: ngx_int_t,
}

static ngx_http_geo_commands: &[ngx_command_t] = &[ngx_command_t {
    name: ngx_string!("geo"),
    type_: NGX_HTTP_MAIN_CONF | NGX_CONF_BLOCK | NGX_CONF_TAKE12,
    set: Some(ngx_http_geo_block),
    conf: NGX_HTTP_MAIN_CONF_OFFSET,
    offset: 0,
    post: null(),
}];

static ngx_http_geo_module_ctx: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: None,
    postconfiguration: None,

    create_main_conf: None,
    init_main_conf: None,

    create_srv_conf: None,
    merge_srv_conf: None,

    create_loc_conf: None,
    merge_loc_conf: None,
};

pub static ngx_http_geo_module: ngx_module_t = ngx_module_t {
    name: c"ngx_http_geo_module",
    ctx: (&raw const ngx_http_geo_module_ctx).cast(),
    commands: ngx_http_geo_commands,
    type_: NGX_HTTP_MODULE,
    ..NGX_MODULE_V1()
};

#[allow(non_snake_case)]
#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_geo_header_t {
    GEORNG: [u8; 6],
    version: u8,
    ptr_size: u8,
    endianness: u32,
    crc32: u32,
}

const _: () = assert!(size_of::<ngx_http_geo_header_t>() == 16); // C: 16

static ngx_http_geo_header: ngx_http_geo_header_t = ngx_http_geo_header_t {
    GEORNG: *b"GEORNG",
    version: 0,
    ptr_size: size_of::<usize>() as u8,
    endianness: 0x12345678,
    crc32: 0,
};

/// A value in the binary base. `data` is an offset in the file; in `len` the flags stand above the length.
#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_geo_file_value_t {
    len: u32,
    data: usize,
}

const _: () = assert!(size_of::<ngx_http_geo_file_value_t>() == size_of::<ngx_http_variable_value_t>());

const NGX_HTTP_GEO_FILE_LEN: u32 = 0x0fffffff;
const NGX_HTTP_GEO_FILE_VALID: u32 = 0x10000000;
const NGX_HTTP_GEO_FILE_NO_CACHEABLE: u32 = 0x20000000;
const NGX_HTTP_GEO_FILE_NOT_FOUND: u32 = 0x40000000;
const NGX_HTTP_GEO_FILE_ESCAPE: u32 = 0x80000000;

/// The IPv4 address that is mapped in the 16 bytes at `p`.
#[inline(always)]
unsafe fn ngx_http_geo_inaddr(p: *const u8) -> Option<in_addr_t> {
    if ngx_bytes(p, 12) != b"\0\0\0\0\0\0\0\0\0\0\xff\xff" {
        return None;
    }

    Some(u32::from_be_bytes([*p.add(12), *p.add(13), *p.add(14), *p.add(15)]))
}

unsafe fn ngx_http_geo_cidr_variable(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    data: usize,
) -> ngx_int_t {
    let ctx: *mut ngx_http_geo_ctx_t = core::ptr::with_exposed_provenance_mut(data);

    let mut addr: ngx_addr_t = core::mem::zeroed();

    let vv = 'done: {
        if ngx_http_geo_addr(r, ctx, &raw mut addr) != NGX_OK {
            break 'done ngx_radix32tree_find((*ctx).u.trees.tree, INADDR_NONE);
        }

        match (*addr.sockaddr).sa_family as c_int {
            AF_INET6 => {
                let p: *mut u8 = (&raw mut (*addr.sockaddr.cast::<sockaddr_in6>()).sin6_addr).cast();

                match ngx_http_geo_inaddr(p) {
                    Some(inaddr) => ngx_radix32tree_find((*ctx).u.trees.tree, inaddr),
                    None => ngx_radix128tree_find((*ctx).u.trees.tree6, p),
                }
            }

            AF_UNIX => ngx_radix32tree_find((*ctx).u.trees.tree, INADDR_NONE),

            // AF_INET
            _ => {
                let sin: *mut sockaddr_in = addr.sockaddr.cast();
                let inaddr = u32::from_be((*sin).sin_addr.s_addr);

                ngx_radix32tree_find((*ctx).u.trees.tree, inaddr)
            }
        }
    };

    *v = *core::ptr::with_exposed_provenance::<ngx_http_variable_value_t>(vv);

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "http geo: %v", v);

    NGX_OK
}

unsafe fn ngx_http_geo_range_variable(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    data: usize,
) -> ngx_int_t {
    let ctx: *mut ngx_http_geo_ctx_t = core::ptr::with_exposed_provenance_mut(data);

    let mut addr: ngx_addr_t = core::mem::zeroed();

    let inaddr;

    *v = *(*ctx).u.high.default_value;

    if ngx_http_geo_addr(r, ctx, &raw mut addr) == NGX_OK {
        match (*addr.sockaddr).sa_family as c_int {
            AF_INET6 => {
                let p: *mut u8 = (&raw mut (*addr.sockaddr.cast::<sockaddr_in6>()).sin6_addr).cast();

                inaddr = ngx_http_geo_inaddr(p).unwrap_or(INADDR_NONE);
            }

            AF_UNIX => inaddr = INADDR_NONE,

            // AF_INET
            _ => {
                let sin: *mut sockaddr_in = addr.sockaddr.cast();
                inaddr = u32::from_be((*sin).sin_addr.s_addr);
            }
        }
    } else {
        inaddr = INADDR_NONE;
    }

    if !(*ctx).u.high.low.is_null() {
        let mut range = *(*ctx).u.high.low.add((inaddr >> 16) as usize);

        if !range.is_null() {
            let n = (inaddr & 0xffff) as u16;

            loop {
                if n >= (*range).start && n <= (*range).end {
                    *v = *(*range).value;
                    break;
                }

                range = range.add(1);

                if (*range).value.is_null() {
                    break;
                }
            }
        }
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "http geo: %v", v);

    NGX_OK
}

unsafe fn ngx_http_geo_addr(
    r: *mut ngx_http_request_t,
    ctx: *mut ngx_http_geo_ctx_t,
    addr: *mut ngx_addr_t,
) -> ngx_int_t {
    if ngx_http_geo_real_addr(r, ctx, addr) != NGX_OK {
        return NGX_ERROR;
    }

    let xfwd = (*r).headers_in.x_forwarded_for;

    if !xfwd.is_null() && !(*ctx).proxies.is_null() {
        let _ = ngx_http_get_forwarded_addr(r, addr, xfwd, null_mut(), (*ctx).proxies, (*ctx).proxy_recursive as c_int);
    }

    NGX_OK
}

unsafe fn ngx_http_geo_real_addr(
    r: *mut ngx_http_request_t,
    ctx: *mut ngx_http_geo_ctx_t,
    addr: *mut ngx_addr_t,
) -> ngx_int_t {
    if (*ctx).index == -1 {
        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                       "http geo started: %V", (*(*r).connection).addr_text);

        (*addr).sockaddr = (*(*r).connection).sockaddr;
        (*addr).socklen = (*(*r).connection).socklen;

        return NGX_OK;
    }

    let v = ngx_http_get_flushed_variable(r, (*ctx).index as ngx_uint_t);

    if v.is_null() || (*v).not_found {
        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "http geo not found");

        return NGX_ERROR;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "http geo started: %v", v);

    if ngx_parse_addr((*r).pool, addr, (*v).data, (*v).len as usize) == NGX_OK {
        return NGX_OK;
    }

    NGX_ERROR
}

unsafe fn ngx_http_geo_block(cf: *mut ngx_conf_t, _cmd: *const ngx_command_t, conf: *mut c_void) -> ngx_conf_ret_t {
    let value = (*(*cf).args).elts;

    let geo: *mut ngx_http_geo_ctx_t = ngx_palloc((*cf).pool);
    if geo.is_null() {
        return NGX_CONF_ERROR;
    }

    let mut name = *value.add(1);

    if *name.data != b'$' {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid variable name \"%V\"", name);
        return NGX_CONF_ERROR;
    }

    name.len -= 1;
    name.data = name.data.add(1);

    if (*(*cf).args).nelts == 3 {
        (*geo).index = ngx_http_get_variable_index(cf, &raw mut name);
        if (*geo).index == NGX_ERROR {
            return NGX_CONF_ERROR;
        }

        name = *value.add(2);

        if *name.data != b'$' {
            ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid variable name \"%V\"", name);
            return NGX_CONF_ERROR;
        }

        name.len -= 1;
        name.data = name.data.add(1);
    } else {
        (*geo).index = -1;
    }

    let var = ngx_http_add_variable(cf, &raw mut name, NGX_HTTP_VAR_CHANGEABLE);
    if var.is_null() {
        return NGX_CONF_ERROR;
    }

    let pool = ngx_create_pool(NGX_DEFAULT_POOL_SIZE, (*cf).log);
    if pool.is_null() {
        return NGX_CONF_ERROR;
    }

    let mut ctx: ngx_http_geo_conf_ctx_t = core::mem::zeroed();
    let ctx = &raw mut ctx;

    (*ctx).temp_pool = ngx_create_pool(NGX_DEFAULT_POOL_SIZE, (*cf).log);
    if (*ctx).temp_pool.is_null() {
        ngx_destroy_pool(pool);
        return NGX_CONF_ERROR;
    }

    ngx_rbtree_init(&raw mut (*ctx).rbtree, &raw mut (*ctx).sentinel, Some(ngx_str_rbtree_insert_value));

    (*ctx).pool = (*cf).pool;
    (*ctx).data_size = size_of::<ngx_http_geo_header_t>()
        + size_of::<ngx_http_geo_file_value_t>()
        + 0x10000 * size_of::<*mut ngx_http_geo_range_t>();
    (*ctx).allow_binary_include = true;
    (*ctx).no_cacheable = false;

    let save = *cf;
    (*cf).pool = pool;
    (*cf).ctx = ctx.cast();
    (*cf).handler = Some(ngx_http_geo);
    (*cf).handler_conf = conf;

    let rv = ngx_conf_parse(cf, null_mut());

    *cf = save;

    'failed: {
        if rv != NGX_CONF_OK {
            break 'failed;
        }

        if (*ctx).no_cacheable {
            (*var).flags |= NGX_HTTP_VAR_NOCACHEABLE;
        }

        (*geo).proxies = (*ctx).proxies;
        (*geo).proxy_recursive = (*ctx).proxy_recursive;

        if (*ctx).ranges {
            if !(*ctx).high.low.is_null() && !(*ctx).binary_include {
                for i in 0..0x10000 {
                    let low = (*ctx).high.low.add(i);

                    let a: *mut ngx_array_t<ngx_http_geo_range_t> = (*low).cast();

                    if a.is_null() {
                        continue;
                    }

                    if (*a).nelts == 0 {
                        *low = null_mut();
                        continue;
                    }

                    let len = (*a).nelts * size_of::<ngx_http_geo_range_t>();

                    // of the entry behind the last one there is only the value

                    *low = ngx_palloc_n::<u8>((*cf).pool, len + size_of::<*mut c_void>()).cast();
                    if (*low).is_null() {
                        break 'failed;
                    }

                    ngx_memcpy(*low, (*a).elts, len);
                    (*(*low).add((*a).nelts)).value = null_mut();
                    (*ctx).data_size += len + size_of::<*mut c_void>();
                }

                if (*ctx).allow_binary_include
                    && !(*ctx).outside_entries
                    && (*ctx).entries > 100000
                    && (*ctx).includes == 1
                {
                    ngx_http_geo_create_binary_base(ctx);
                }
            }

            if (*ctx).high.default_value.is_null() {
                (*ctx).high.default_value = (&raw const ngx_http_variable_null_value).cast_mut();
            }

            (*geo).u.high = (*ctx).high;

            (*var).get_handler = Some(ngx_http_geo_range_variable);
            (*var).data = geo.expose_provenance();
        } else {
            if (*ctx).tree.is_null() {
                (*ctx).tree = ngx_radix_tree_create((*cf).pool, -1);
                if (*ctx).tree.is_null() {
                    break 'failed;
                }
            }

            (*geo).u.trees.tree = (*ctx).tree;

            if (*ctx).tree6.is_null() {
                (*ctx).tree6 = ngx_radix_tree_create((*cf).pool, -1);
                if (*ctx).tree6.is_null() {
                    break 'failed;
                }
            }

            (*geo).u.trees.tree6 = (*ctx).tree6;

            (*var).get_handler = Some(ngx_http_geo_cidr_variable);
            (*var).data = geo.expose_provenance();

            let null_value = (&raw const ngx_http_variable_null_value).expose_provenance();

            // NGX_BUSY is fine: the configuration has a default

            if ngx_radix32tree_insert((*ctx).tree, 0, 0, null_value) == NGX_ERROR {
                break 'failed;
            }

            let mut zero = [0u8; 16];
            let zero: *mut u8 = (&raw mut zero).cast();

            if ngx_radix128tree_insert((*ctx).tree6, zero, zero, null_value) == NGX_ERROR {
                break 'failed;
            }
        }

        ngx_destroy_pool((*ctx).temp_pool);
        ngx_destroy_pool(pool);

        return NGX_CONF_OK;
    }

    ngx_destroy_pool((*ctx).temp_pool);
    ngx_destroy_pool(pool);

    NGX_CONF_ERROR
}

unsafe fn ngx_http_geo(cf: *mut ngx_conf_t, dummy: *const ngx_command_t, conf: *mut c_void) -> ngx_conf_ret_t {
    let ctx: *mut ngx_http_geo_conf_ctx_t = (*cf).ctx.cast();

    let value = (*(*cf).args).elts;

    let rv;

    'failed: {
        'done: {
            if (*(*cf).args).nelts == 1 {
                if ngx_strcmp((*value).data, c"ranges".as_ptr().cast()) == 0 {
                    if !(*ctx).tree.is_null() || !(*ctx).tree6.is_null() {
                        ngx_conf_log_error!(
                            NGX_LOG_EMERG, cf, 0;
                            "the \"ranges\" directive must be the first directive inside \"geo\" block"
                        );
                        break 'failed;
                    }

                    (*ctx).ranges = true;

                    rv = NGX_CONF_OK;

                    break 'done;
                } else if ngx_strcmp((*value).data, c"proxy_recursive".as_ptr().cast()) == 0 {
                    (*ctx).proxy_recursive = true;
                    rv = NGX_CONF_OK;
                    break 'done;
                } else if ngx_strcmp((*value).data, c"volatile".as_ptr().cast()) == 0 {
                    (*ctx).no_cacheable = true;
                    rv = NGX_CONF_OK;
                    break 'done;
                }
            }

            if (*(*cf).args).nelts != 2 {
                ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid number of the geo parameters");
                break 'failed;
            }

            if ngx_strcmp((*value).data, c"include".as_ptr().cast()) == 0 {
                if libc::strpbrk((*value.add(1)).data.cast(), c"*?[".as_ptr()).is_null() {
                    rv = ngx_http_geo_include(cf, ctx, value.add(1));
                } else {
                    rv = ngx_conf_include(cf, dummy, conf);
                }

                break 'done;
            } else if ngx_strcmp((*value).data, c"proxy".as_ptr().cast()) == 0 {
                let mut cidr: ngx_cidr_t = core::mem::zeroed();

                if ngx_http_geo_cidr_value(cf, value.add(1), &raw mut cidr) != NGX_OK {
                    break 'failed;
                }

                rv = ngx_http_geo_add_proxy(cf, ctx, &raw mut cidr);

                break 'done;
            }

            if (*ctx).ranges {
                rv = ngx_http_geo_range(cf, ctx, value);
            } else {
                rv = ngx_http_geo_cidr(cf, ctx, value);
            }
        }

        ngx_reset_pool((*cf).pool);

        return rv;
    }

    ngx_reset_pool((*cf).pool);

    NGX_CONF_ERROR
}

unsafe fn ngx_http_geo_range(
    cf: *mut ngx_conf_t,
    ctx: *mut ngx_http_geo_conf_ctx_t,
    value: *mut ngx_str_t,
) -> ngx_conf_ret_t {
    if ngx_strcmp((*value).data, c"default".as_ptr().cast()) == 0 {
        if !(*ctx).high.default_value.is_null() {
            ngx_conf_log_error!(
                NGX_LOG_WARN, cf, 0;
                "duplicate default geo range value: \"%V\", old value: \"%v\"",
                value.add(1), (*ctx).high.default_value
            );
        }

        (*ctx).high.default_value = ngx_http_geo_value(cf, ctx, value.add(1));
        if (*ctx).high.default_value.is_null() {
            return NGX_CONF_ERROR;
        }

        return NGX_CONF_OK;
    }

    if (*ctx).binary_include {
        ngx_conf_log_error!(
            NGX_LOG_EMERG, cf, 0;
            "binary geo range base \"%s\" cannot be mixed with usual entries", (*ctx).include_name.data
        );
        return NGX_CONF_ERROR;
    }

    if (*ctx).high.low.is_null() {
        (*ctx).high.low = ngx_pcalloc_n((*ctx).pool, 0x10000);
        if (*ctx).high.low.is_null() {
            return NGX_CONF_ERROR;
        }
    }

    (*ctx).entries += 1;
    (*ctx).outside_entries = true;

    let net;
    let del;

    if ngx_strcmp((*value).data, c"delete".as_ptr().cast()) == 0 {
        net = value.add(1);
        del = true;
    } else {
        net = value;
        del = false;
    }

    'invalid: {
        let last = (*net).data.add((*net).len);

        let mut p = ngx_strlchr((*net).data, last, b'-');

        if p.is_null() {
            break 'invalid;
        }

        let mut start = ngx_inet_addr((*net).data, p.offset_from_unsigned((*net).data));

        if start == INADDR_NONE {
            break 'invalid;
        }

        start = u32::from_be(start);

        p = p.add(1);

        let mut end = ngx_inet_addr(p, last.offset_from_unsigned(p));

        if end == INADDR_NONE {
            break 'invalid;
        }

        end = u32::from_be(end);

        if start > end {
            break 'invalid;
        }

        if del {
            if ngx_http_geo_delete_range(cf, ctx, start, end) != 0 {
                ngx_conf_log_error!(NGX_LOG_WARN, cf, 0; "no address range \"%V\" to delete", net);
            }

            return NGX_CONF_OK;
        }

        (*ctx).value = ngx_http_geo_value(cf, ctx, value.add(1));

        if (*ctx).value.is_null() {
            return NGX_CONF_ERROR;
        }

        (*ctx).net = net;

        return ngx_http_geo_add_range(cf, ctx, start, end);
    }

    ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid range \"%V\"", net);

    NGX_CONF_ERROR
}

/// Fastest when the ranges come in ascending order: the search begins at the last one.
unsafe fn ngx_http_geo_add_range(
    cf: *mut ngx_conf_t,
    ctx: *mut ngx_http_geo_conf_ctx_t,
    start: in_addr_t,
    end: in_addr_t,
) -> ngx_conf_ret_t {
    let mut n = start;
    while n <= end {
        let h = (n >> 16) as ngx_uint_t;

        let mut s = if n == start { n as u16 } else { 0 };

        let mut e = if (n | 0xffff) > end { end as u16 } else { 0xffff };

        let low = (*ctx).high.low.add(h);

        let mut a: *mut ngx_array_t<ngx_http_geo_range_t> = (*low).cast();

        if a.is_null() {
            a = ngx_array_create((*ctx).temp_pool, 64);
            if a.is_null() {
                return NGX_CONF_ERROR;
            }

            *low = a.cast();
        }

        'next: {
            let mut i = (*a).nelts;
            let mut range = (*a).elts;

            while i != 0 {
                i -= 1;

                let ri = range.add(i);

                if e < (*ri).start {
                    continue;
                }

                if s > (*ri).end {
                    // behind this one

                    if ngx_array_push(a).is_null() {
                        return NGX_CONF_ERROR;
                    }

                    range = (*a).elts;

                    range.add(i + 2).copy_from(range.add(i + 1), (*a).nelts - 2 - i);

                    (*range.add(i + 1)).start = s;
                    (*range.add(i + 1)).end = e;
                    (*range.add(i + 1)).value = (*ctx).value;

                    break 'next;
                }

                if s == (*ri).start && e == (*ri).end {
                    ngx_conf_log_error!(
                        NGX_LOG_WARN, cf, 0;
                        "duplicate range \"%V\", value: \"%v\", old value: \"%v\"",
                        (*ctx).net, (*ctx).value, (*ri).value
                    );

                    (*ri).value = (*ctx).value;

                    break 'next;
                }

                if s > (*ri).start && e < (*ri).end {
                    // inside: this one is left in two parts

                    if ngx_array_push(a).is_null() {
                        return NGX_CONF_ERROR;
                    }

                    if ngx_array_push(a).is_null() {
                        return NGX_CONF_ERROR;
                    }

                    range = (*a).elts;

                    range.add(i + 3).copy_from(range.add(i + 1), (*a).nelts - 3 - i);

                    (*range.add(i + 2)).start = e + 1;
                    (*range.add(i + 2)).end = (*range.add(i)).end;
                    (*range.add(i + 2)).value = (*range.add(i)).value;

                    (*range.add(i + 1)).start = s;
                    (*range.add(i + 1)).end = e;
                    (*range.add(i + 1)).value = (*ctx).value;

                    (*range.add(i)).end = s - 1;

                    break 'next;
                }

                if s == (*ri).start && e < (*ri).end {
                    // its first part

                    if ngx_array_push(a).is_null() {
                        return NGX_CONF_ERROR;
                    }

                    range = (*a).elts;

                    range.add(i + 1).copy_from(range.add(i), (*a).nelts - 1 - i);

                    (*range.add(i + 1)).start = e + 1;

                    (*range.add(i)).start = s;
                    (*range.add(i)).end = e;
                    (*range.add(i)).value = (*ctx).value;

                    break 'next;
                }

                if s > (*ri).start && e == (*ri).end {
                    // its last part

                    if ngx_array_push(a).is_null() {
                        return NGX_CONF_ERROR;
                    }

                    range = (*a).elts;

                    range.add(i + 2).copy_from(range.add(i + 1), (*a).nelts - 2 - i);

                    (*range.add(i + 1)).start = s;
                    (*range.add(i + 1)).end = e;
                    (*range.add(i + 1)).value = (*ctx).value;

                    (*range.add(i)).end = s - 1;

                    break 'next;
                }

                s = (*ri).start;
                e = (*ri).end;

                ngx_conf_log_error!(
                    NGX_LOG_EMERG, cf, 0;
                    "range \"%V\" overlaps \"%i.%i.%i.%i-%i.%i.%i.%i\"",
                    (*ctx).net, h >> 8, h & 0xff, s >> 8, s & 0xff, h >> 8, h & 0xff, e >> 8, e & 0xff
                );

                return NGX_CONF_ERROR;
            }

            // before all others

            if ngx_array_push(a).is_null() {
                return NGX_CONF_ERROR;
            }

            range = (*a).elts;

            range.add(1).copy_from(range, (*a).nelts - 1);

            (*range).start = s;
            (*range).end = e;
            (*range).value = (*ctx).value;
        }

        if h == 0xffff {
            break;
        }

        n = (n + 0x10000) & 0xffff0000;
    }

    NGX_CONF_OK
}

unsafe fn ngx_http_geo_delete_range(
    _cf: *mut ngx_conf_t,
    ctx: *mut ngx_http_geo_conf_ctx_t,
    start: in_addr_t,
    end: in_addr_t,
) -> ngx_uint_t {
    let mut warn = 0;

    let mut n = start;
    while n <= end {
        let h = (n >> 16) as ngx_uint_t;

        let s = if n == start { n as u16 } else { 0 };

        let e = if (n | 0xffff) > end { end as u16 } else { 0xffff };

        let a: *mut ngx_array_t<ngx_http_geo_range_t> = (*(*ctx).high.low.add(h)).cast();

        'next: {
            if a.is_null() || (*a).nelts == 0 {
                warn = 1;
                break 'next;
            }

            let range = (*a).elts;
            let mut i = 0;
            while i < (*a).nelts {
                let ri = range.add(i);

                if s == (*ri).start && e == (*ri).end {
                    ri.copy_from(ri.add(1), (*a).nelts - 1 - i);

                    (*a).nelts -= 1;

                    break;
                }

                if i == (*a).nelts - 1 {
                    warn = 1;
                }

                i += 1;
            }
        }

        if h == 0xffff {
            break;
        }

        n = (n + 0x10000) & 0xffff0000;
    }

    warn
}

unsafe fn ngx_http_geo_cidr(
    cf: *mut ngx_conf_t,
    ctx: *mut ngx_http_geo_conf_ctx_t,
    value: *mut ngx_str_t,
) -> ngx_conf_ret_t {
    if (*ctx).tree.is_null() {
        (*ctx).tree = ngx_radix_tree_create((*ctx).pool, -1);
        if (*ctx).tree.is_null() {
            return NGX_CONF_ERROR;
        }
    }

    if (*ctx).tree6.is_null() {
        (*ctx).tree6 = ngx_radix_tree_create((*ctx).pool, -1);
        if (*ctx).tree6.is_null() {
            return NGX_CONF_ERROR;
        }
    }

    let mut cidr: ngx_cidr_t = core::mem::zeroed();
    let cidr = &raw mut cidr;

    if ngx_strcmp((*value).data, c"default".as_ptr().cast()) == 0 {
        (*cidr).family = AF_INET as ngx_uint_t;
        (*cidr).u.in_.addr = 0;
        (*cidr).u.in_.mask = 0;

        let mut rv = ngx_http_geo_cidr_add(cf, ctx, cidr, value.add(1), value);

        if rv != NGX_CONF_OK {
            return rv;
        }

        (*cidr).family = AF_INET6 as ngx_uint_t;
        ngx_memzero(&raw mut (*cidr).u.in6, size_of::<ngx_in6_cidr_t>());

        rv = ngx_http_geo_cidr_add(cf, ctx, cidr, value.add(1), value);

        if rv != NGX_CONF_OK {
            return rv;
        }

        return NGX_CONF_OK;
    }

    let net;
    let del;

    if ngx_strcmp((*value).data, c"delete".as_ptr().cast()) == 0 {
        net = value.add(1);
        del = true;
    } else {
        net = value;
        del = false;
    }

    if ngx_http_geo_cidr_value(cf, net, cidr) != NGX_OK {
        return NGX_CONF_ERROR;
    }

    if (*cidr).family == AF_INET as ngx_uint_t {
        (*cidr).u.in_.addr = u32::from_be((*cidr).u.in_.addr);
        (*cidr).u.in_.mask = u32::from_be((*cidr).u.in_.mask);
    }

    if del {
        let rc = match (*cidr).family as c_int {
            AF_INET6 => ngx_radix128tree_delete(
                (*ctx).tree6,
                (&raw mut (*cidr).u.in6.addr).cast(),
                (&raw mut (*cidr).u.in6.mask).cast(),
            ),

            // AF_INET
            _ => ngx_radix32tree_delete((*ctx).tree, (*cidr).u.in_.addr, (*cidr).u.in_.mask),
        };

        if rc != NGX_OK {
            ngx_conf_log_error!(NGX_LOG_WARN, cf, 0; "no network \"%V\" to delete", net);
        }

        return NGX_CONF_OK;
    }

    ngx_http_geo_cidr_add(cf, ctx, cidr, value.add(1), net)
}

unsafe fn ngx_http_geo_cidr_add(
    cf: *mut ngx_conf_t,
    ctx: *mut ngx_http_geo_conf_ctx_t,
    cidr: *mut ngx_cidr_t,
    value: *mut ngx_str_t,
    net: *mut ngx_str_t,
) -> ngx_conf_ret_t {
    let val = ngx_http_geo_value(cf, ctx, value);

    if val.is_null() {
        return NGX_CONF_ERROR;
    }

    let mut rc;

    match (*cidr).family as c_int {
        AF_INET6 => {
            let addr: *mut u8 = (&raw mut (*cidr).u.in6.addr).cast();
            let mask: *mut u8 = (&raw mut (*cidr).u.in6.mask).cast();

            rc = ngx_radix128tree_insert((*ctx).tree6, addr, mask, val.expose_provenance());

            if rc == NGX_OK {
                return NGX_CONF_OK;
            }

            if rc == NGX_ERROR {
                return NGX_CONF_ERROR;
            }

            // NGX_BUSY

            let old: *mut ngx_http_variable_value_t =
                core::ptr::with_exposed_provenance_mut(ngx_radix128tree_find((*ctx).tree6, addr));

            ngx_conf_log_error!(
                NGX_LOG_WARN, cf, 0;
                "duplicate network \"%V\", value: \"%v\", old value: \"%v\"", net, val, old
            );

            rc = ngx_radix128tree_delete((*ctx).tree6, addr, mask);

            if rc == NGX_ERROR {
                ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid radix tree");
                return NGX_CONF_ERROR;
            }

            rc = ngx_radix128tree_insert((*ctx).tree6, addr, mask, val.expose_provenance());
        }

        // AF_INET
        _ => {
            let addr = (*cidr).u.in_.addr;
            let mask = (*cidr).u.in_.mask;

            rc = ngx_radix32tree_insert((*ctx).tree, addr, mask, val.expose_provenance());

            if rc == NGX_OK {
                return NGX_CONF_OK;
            }

            if rc == NGX_ERROR {
                return NGX_CONF_ERROR;
            }

            // NGX_BUSY

            let old: *mut ngx_http_variable_value_t =
                core::ptr::with_exposed_provenance_mut(ngx_radix32tree_find((*ctx).tree, addr));

            ngx_conf_log_error!(
                NGX_LOG_WARN, cf, 0;
                "duplicate network \"%V\", value: \"%v\", old value: \"%v\"", net, val, old
            );

            rc = ngx_radix32tree_delete((*ctx).tree, addr, mask);

            if rc == NGX_ERROR {
                ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid radix tree");
                return NGX_CONF_ERROR;
            }

            rc = ngx_radix32tree_insert((*ctx).tree, addr, mask, val.expose_provenance());
        }
    }

    if rc == NGX_OK {
        return NGX_CONF_OK;
    }

    NGX_CONF_ERROR
}

unsafe fn ngx_http_geo_value(
    _cf: *mut ngx_conf_t,
    ctx: *mut ngx_http_geo_conf_ctx_t,
    value: *mut ngx_str_t,
) -> *mut ngx_http_variable_value_t {
    let hash = ngx_crc32_long((*value).data, (*value).len);

    let mut gvvn: *mut ngx_http_geo_variable_value_node_t =
        ngx_str_rbtree_lookup(&raw mut (*ctx).rbtree, value, hash).cast();

    if !gvvn.is_null() {
        return (*gvvn).value;
    }

    let val: *mut ngx_http_variable_value_t = ngx_pcalloc((*ctx).pool);
    if val.is_null() {
        return null_mut();
    }

    (*val).len = (*value).len as u32;
    (*val).data = ngx_pstrdup((*ctx).pool, value);
    if (*val).data.is_null() {
        return null_mut();
    }

    (*val).valid = true;

    gvvn = ngx_palloc((*ctx).temp_pool);
    if gvvn.is_null() {
        return null_mut();
    }

    (*gvvn).sn.node.key = hash as ngx_rbtree_key_t;
    (*gvvn).sn.str.len = (*val).len as usize;
    (*gvvn).sn.str.data = (*val).data;
    (*gvvn).value = val;
    (*gvvn).offset = 0;

    ngx_rbtree_insert(&raw mut (*ctx).rbtree, &raw mut (*gvvn).sn.node);

    (*ctx).data_size += ngx_align(size_of::<ngx_http_geo_file_value_t>() + (*value).len, size_of::<*mut c_void>());

    val
}

unsafe fn ngx_http_geo_add_proxy(
    _cf: *mut ngx_conf_t,
    ctx: *mut ngx_http_geo_conf_ctx_t,
    cidr: *mut ngx_cidr_t,
) -> ngx_conf_ret_t {
    if (*ctx).proxies.is_null() {
        (*ctx).proxies = ngx_array_create((*ctx).pool, 4);
        if (*ctx).proxies.is_null() {
            return NGX_CONF_ERROR;
        }
    }

    let c = ngx_array_push((*ctx).proxies);
    if c.is_null() {
        return NGX_CONF_ERROR;
    }

    *c = *cidr;

    NGX_CONF_OK
}

unsafe fn ngx_http_geo_cidr_value(cf: *mut ngx_conf_t, net: *mut ngx_str_t, cidr: *mut ngx_cidr_t) -> ngx_int_t {
    if ngx_strcmp((*net).data, c"255.255.255.255".as_ptr().cast()) == 0 {
        (*cidr).family = AF_INET as ngx_uint_t;
        (*cidr).u.in_.addr = 0xffffffff;
        (*cidr).u.in_.mask = 0xffffffff;

        return NGX_OK;
    }

    let rc = ngx_ptocidr(net, cidr);

    if rc == NGX_ERROR {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid network \"%V\"", net);
        return NGX_ERROR;
    }

    if rc == NGX_DONE {
        ngx_conf_log_error!(NGX_LOG_WARN, cf, 0; "low address bits of %V are meaningless", net);
    }

    NGX_OK
}

unsafe fn ngx_http_geo_include(
    cf: *mut ngx_conf_t,
    ctx: *mut ngx_http_geo_conf_ctx_t,
    name: *mut ngx_str_t,
) -> ngx_conf_ret_t {
    let mut file = ngx_null_string;

    file.len = (*name).len + 4;
    file.data = ngx_pnalloc((*ctx).temp_pool, (*name).len + 5);
    if file.data.is_null() {
        return NGX_CONF_ERROR;
    }

    ngx_sprintf!(file.data, "%V.bin%Z", name);

    if ngx_conf_full_name((*cf).cycle, &raw mut file, 1) != NGX_OK {
        return NGX_CONF_ERROR;
    }

    if (*ctx).ranges {
        ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*cf).log, 0; "include %s", file.data);

        match ngx_http_geo_include_binary_base(cf, ctx, &raw mut file) {
            NGX_OK => return NGX_CONF_OK,
            NGX_ERROR => return NGX_CONF_ERROR,
            _ => {}
        }
    }

    file.len -= 4;
    *file.data.add(file.len) = 0;

    (*ctx).include_name = file;

    if (*ctx).outside_entries {
        (*ctx).allow_binary_include = false;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*cf).log, 0; "include %s", file.data);

    let rv = ngx_conf_parse(cf, &raw mut file);

    (*ctx).includes += 1;
    (*ctx).outside_entries = false;

    rv
}

unsafe fn ngx_http_geo_include_binary_base(
    cf: *mut ngx_conf_t,
    ctx: *mut ngx_http_geo_conf_ctx_t,
    name: *mut ngx_str_t,
) -> ngx_int_t {
    let mut file: ngx_file_t = core::mem::zeroed();
    file.name = *name;
    file.log = (*cf).log;

    file.fd = ngx_open_file((*name).data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if file.fd == NGX_INVALID_FILE {
        let err = ngx_errno();
        if err != NGX_ENOENT {
            ngx_conf_log_error!(NGX_LOG_CRIT, cf, err; "open() \"%s\" failed", (*name).data);
        }
        return NGX_DECLINED;
    }

    let rc;

    'done: {
        'failed: {
            if (*ctx).outside_entries {
                ngx_conf_log_error!(
                    NGX_LOG_EMERG, cf, 0;
                    "binary geo range base \"%s\" cannot be mixed with usual entries", (*name).data
                );
                rc = NGX_ERROR;
                break 'done;
            }

            if (*ctx).binary_include {
                ngx_conf_log_error!(
                    NGX_LOG_EMERG, cf, 0;
                    "second binary geo range base \"%s\" cannot be mixed with \"%s\"",
                    (*name).data, (*ctx).include_name.data
                );
                rc = NGX_ERROR;
                break 'done;
            }

            let mut fi: ngx_file_info_t = core::mem::zeroed();

            if ngx_fd_info(file.fd, &raw mut fi) == NGX_FILE_ERROR {
                ngx_conf_log_error!(NGX_LOG_CRIT, cf, ngx_errno(); "fstat() \"%s\" failed", (*name).data);
                break 'failed;
            }

            let size = ngx_file_size(&raw const fi) as usize;
            let mtime = ngx_file_mtime(&raw const fi);

            let ch = *(*name).data.add((*name).len - 4);
            *(*name).data.add((*name).len - 4) = 0;

            if ngx_file_info((*name).data, &raw mut fi) == NGX_FILE_ERROR {
                ngx_conf_log_error!(NGX_LOG_CRIT, cf, ngx_errno(); "stat() \"%s\" failed", (*name).data);
                break 'failed;
            }

            *(*name).data.add((*name).len - 4) = ch;

            if mtime < ngx_file_mtime(&raw const fi) {
                ngx_conf_log_error!(NGX_LOG_WARN, cf, 0; "stale binary geo range base \"%s\"", (*name).data);
                break 'failed;
            }

            let base: *mut u8 = ngx_palloc_n((*ctx).pool, size);
            if base.is_null() {
                break 'failed;
            }

            let n = ngx_read_file(&raw mut file, base, size, 0);

            if n == NGX_ERROR {
                ngx_conf_log_error!(NGX_LOG_CRIT, cf, ngx_errno(); "pread() \"%s\" failed", (*name).data);
                break 'failed;
            }

            if n as usize != size {
                ngx_conf_log_error!(
                    NGX_LOG_CRIT, cf, 0;
                    "pread() \"%s\" returned only %z bytes instead of %z", (*name).data, n, size
                );
                break 'failed;
            }

            let header: *mut ngx_http_geo_header_t = base.cast();

            if size < 16 || ngx_memcmp(&raw const ngx_http_geo_header, header, 12) != 0 {
                ngx_conf_log_error!(
                    NGX_LOG_WARN, cf, 0;
                    "incompatible binary geo range base \"%s\"", (*name).data
                );
                break 'failed;
            }

            // DEVIATION: C adds up the checksum on the way through the structures, and a damaged file may lead it
            // out of the buffer. They lie without gaps, so we can look at the file as a whole before.

            let mut vv: *mut ngx_http_geo_file_value_t = base.add(size_of::<ngx_http_geo_header_t>()).cast();

            let crc32 = ngx_crc32_long(vv.cast(), size - size_of::<ngx_http_geo_header_t>());

            if crc32 != (*header).crc32
                || size
                    < size_of::<ngx_http_geo_header_t>()
                        + size_of::<ngx_http_geo_file_value_t>()
                        + 0x10000 * size_of::<*mut ngx_http_geo_range_t>()
            {
                ngx_conf_log_error!(
                    NGX_LOG_WARN, cf, 0;
                    "CRC32 mismatch in binary geo range base \"%s\"", (*name).data
                );
                break 'failed;
            }

            while (*vv).data != 0 {
                let v = *vv;
                let len = (v.len & NGX_HTTP_GEO_FILE_LEN) as usize;

                *vv.cast() = ngx_http_variable_value_t {
                    len: len as u32,
                    valid: v.len & NGX_HTTP_GEO_FILE_VALID != 0,
                    no_cacheable: v.len & NGX_HTTP_GEO_FILE_NO_CACHEABLE != 0,
                    not_found: v.len & NGX_HTTP_GEO_FILE_NOT_FOUND != 0,
                    escape: v.len & NGX_HTTP_GEO_FILE_ESCAPE != 0,
                    data: base.add(v.data),
                };

                vv = vv.byte_add(ngx_align(size_of::<ngx_http_geo_file_value_t>() + len, size_of::<*mut c_void>()));
            }
            vv = vv.add(1);

            let ranges: *mut *mut ngx_http_geo_range_t = vv.cast();

            for i in 0..0x10000 {
                let range = ranges.add(i);

                if !(*range).is_null() {
                    *range = base.add((*range).addr()).cast();
                }
            }

            let mut range: *mut ngx_http_geo_range_t = ranges.add(0x10000).cast();

            while range.cast() < base.add(size) {
                while !(*range).value.is_null() {
                    (*range).value = base.add((*range).value.addr()).cast();
                    range = range.add(1);
                }
                range = range.byte_add(size_of::<*mut c_void>());
            }

            ngx_conf_log_error!(NGX_LOG_NOTICE, cf, 0; "using binary geo range base \"%s\"", (*name).data);

            (*ctx).include_name = *name;
            (*ctx).binary_include = true;
            (*ctx).high.low = ranges;
            rc = NGX_OK;

            break 'done;
        }

        rc = NGX_DECLINED;
    }

    if ngx_close_file(file.fd) == NGX_FILE_ERROR {
        ngx_log_error!(NGX_LOG_ALERT, (*cf).log, ngx_errno(); "close() \"%s\" failed", (*name).data);
    }

    rc
}

unsafe fn ngx_http_geo_create_binary_base(ctx: *mut ngx_http_geo_conf_ctx_t) {
    let mut fm: ngx_file_mapping_t = core::mem::zeroed();

    fm.name = ngx_pnalloc((*ctx).temp_pool, (*ctx).include_name.len + 5);
    if fm.name.is_null() {
        return;
    }

    ngx_sprintf!(fm.name, "%V.bin%Z", (*ctx).include_name);

    fm.size = (*ctx).data_size;
    fm.log = (*(*ctx).pool).log;

    ngx_log_error!(NGX_LOG_NOTICE, fm.log, 0; "creating binary geo range base \"%s\"", fm.name);

    if ngx_create_file_mapping(&raw mut fm) != NGX_OK {
        return;
    }

    let mut p = ngx_cpymem(fm.addr.cast(), (&raw const ngx_http_geo_header).cast(), size_of::<ngx_http_geo_header_t>());

    p = ngx_http_geo_copy_values(fm.addr.cast(), p, (*ctx).rbtree.root, (*ctx).rbtree.sentinel);

    p = p.add(size_of::<ngx_http_geo_file_value_t>());

    let ranges: *mut *mut ngx_http_geo_range_t = p.cast();

    p = p.add(0x10000 * size_of::<*mut ngx_http_geo_range_t>());

    for i in 0..0x10000 {
        let mut r = *(*ctx).high.low.add(i);
        if r.is_null() {
            continue;
        }

        let mut range: *mut ngx_http_geo_range_t = p.cast();
        *ranges.add(i) = core::ptr::without_provenance_mut(p.offset_from_unsigned(fm.addr.cast()));

        loop {
            let mut s = ngx_null_string;

            s.len = (*(*r).value).len as usize;
            s.data = (*(*r).value).data;
            let hash = ngx_crc32_long(s.data, s.len);
            let gvvn: *mut ngx_http_geo_variable_value_node_t =
                ngx_str_rbtree_lookup(&raw mut (*ctx).rbtree, &raw const s, hash).cast();

            (*range).value = core::ptr::without_provenance_mut((*gvvn).offset);
            (*range).start = (*r).start;
            (*range).end = (*r).end;
            range = range.add(1);

            r = r.add(1);

            if (*r).value.is_null() {
                break;
            }
        }

        (*range).value = null_mut();

        p = range.byte_add(size_of::<*mut c_void>()).cast();
    }

    let header: *mut ngx_http_geo_header_t = fm.addr.cast();
    (*header).crc32 = ngx_crc32_long(
        fm.addr.cast::<u8>().add(size_of::<ngx_http_geo_header_t>()),
        fm.size - size_of::<ngx_http_geo_header_t>(),
    );

    ngx_close_file_mapping(&raw mut fm);
}

unsafe fn ngx_http_geo_copy_values(
    base: *mut u8,
    mut p: *mut u8,
    node: *mut ngx_rbtree_node_t,
    sentinel: *mut ngx_rbtree_node_t,
) -> *mut u8 {
    if node == sentinel {
        return p;
    }

    let gvvn = ngx_rbtree_data!(node, ngx_http_geo_variable_value_node_t, sn.node);
    (*gvvn).offset = p.offset_from_unsigned(base);

    let v = *(*gvvn).value;
    let vv: *mut ngx_http_geo_file_value_t = p.cast();
    (*vv).len = v.len & NGX_HTTP_GEO_FILE_LEN;
    if v.valid {
        (*vv).len |= NGX_HTTP_GEO_FILE_VALID;
    }
    if v.no_cacheable {
        (*vv).len |= NGX_HTTP_GEO_FILE_NO_CACHEABLE;
    }
    if v.not_found {
        (*vv).len |= NGX_HTTP_GEO_FILE_NOT_FOUND;
    }
    if v.escape {
        (*vv).len |= NGX_HTTP_GEO_FILE_ESCAPE;
    }
    p = p.add(size_of::<ngx_http_geo_file_value_t>());
    (*vv).data = p.offset_from_unsigned(base);

    p = ngx_cpymem(p, (*gvvn).sn.str.data, (*gvvn).sn.str.len);

    p = ngx_align_ptr(p, size_of::<*mut c_void>());

    p = ngx_http_geo_copy_values(base, p, (*node).left, sentinel);

    ngx_http_geo_copy_values(base, p, (*node).right, sentinel)
}
