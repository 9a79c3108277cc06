//! Port of src/http/modules/ngx_http_realip_module.c

use crate::core::{
    ngx_array::*, ngx_conf_file::*, ngx_config::*, ngx_connection::*, ngx_core::*, ngx_hash::*, ngx_inet::*,
    ngx_log::*, ngx_module::*, ngx_palloc::*, ngx_string::*,
};
use crate::http::{
    ngx_http::*, ngx_http_config::*, ngx_http_core_module::*, ngx_http_request::*, ngx_http_variables::*,
};

const NGX_HTTP_REALIP_XREALIP: ngx_uint_t = 0;
const NGX_HTTP_REALIP_XFWD: ngx_uint_t = 1;
const NGX_HTTP_REALIP_HEADER: ngx_uint_t = 2;
const NGX_HTTP_REALIP_PROXY: ngx_uint_t = 3;

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_realip_loc_conf_t {
    from: *mut ngx_array_t<ngx_cidr_t>,
    type_: ngx_uint_t,
    hash: ngx_uint_t,
    header: ngx_str_t,
    recursive: ngx_flag_t,
}

/// What the connection had before; lies in the cleanup that puts it back.
#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_realip_ctx_t {
    connection: *mut ngx_connection_t,
    sockaddr: *mut sockaddr,
    socklen: socklen_t,
    addr_text: ngx_str_t,
}

static ngx_http_realip_commands: &[ngx_command_t] = &[
    ngx_command_t {
        name: ngx_string!("set_real_ip_from"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_http_realip_from),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("real_ip_header"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_http_realip),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("real_ip_recursive"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_realip_loc_conf_t, recursive: ngx_flag_t),
        post: null(),
    },
];

static ngx_http_realip_module_ctx: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: Some(ngx_http_realip_add_variables),
    postconfiguration: Some(ngx_http_realip_init),

    create_main_conf: None,
    init_main_conf: None,

    create_srv_conf: None,
    merge_srv_conf: None,

    create_loc_conf: Some(ngx_http_realip_create_loc_conf),
    merge_loc_conf: Some(ngx_http_realip_merge_loc_conf),
};

pub static ngx_http_realip_module: ngx_module_t = ngx_module_t {
    name: c"ngx_http_realip_module",
    ctx: (&raw const ngx_http_realip_module_ctx).cast(),
    commands: ngx_http_realip_commands,
    type_: NGX_HTTP_MODULE,
    ..NGX_MODULE_V1()
};

static ngx_http_realip_vars: &[ngx_http_variable_t] = &[
    ngx_http_variable_t {
        name: ngx_string!("realip_remote_addr"),
        set_handler: None,
        get_handler: Some(ngx_http_realip_remote_addr_variable),
        data: 0,
        flags: 0,
        index: 0,
    },
    ngx_http_variable_t {
        name: ngx_string!("realip_remote_port"),
        set_handler: None,
        get_handler: Some(ngx_http_realip_remote_port_variable),
        data: 0,
        flags: 0,
        index: 0,
    },
];

unsafe fn ngx_http_realip_handler(r: *mut ngx_http_request_t) -> ngx_int_t {
    let rlcf: *mut ngx_http_realip_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_realip_module);

    if (*rlcf).from.is_null() {
        return NGX_DECLINED;
    }

    let ctx = ngx_http_realip_get_module_ctx(r);

    if !ctx.is_null() {
        return NGX_DECLINED;
    }

    let value: *mut ngx_str_t;
    let xfwd: *mut ngx_table_elt_t;

    'found: {
        match (*rlcf).type_ {
            NGX_HTTP_REALIP_XREALIP => {
                if (*r).headers_in.x_real_ip.is_null() {
                    return NGX_DECLINED;
                }

                value = &raw mut (*(*r).headers_in.x_real_ip).value;
                xfwd = null_mut();
            }

            NGX_HTTP_REALIP_XFWD => {
                xfwd = (*r).headers_in.x_forwarded_for;

                if xfwd.is_null() {
                    return NGX_DECLINED;
                }

                value = null_mut();
            }

            NGX_HTTP_REALIP_PROXY => {
                if (*(*r).connection).proxy_protocol.is_null() {
                    return NGX_DECLINED;
                }

                value = &raw mut (*(*(*r).connection).proxy_protocol).src_addr;
                xfwd = null_mut();
            }

            // NGX_HTTP_REALIP_HEADER
            _ => {
                let mut part = &raw mut (*r).headers_in.headers.part;
                let mut header = (*part).elts;

                let hash = (*rlcf).hash;
                let len = (*rlcf).header.len;
                let p = (*rlcf).header.data;

                let mut i = 0;
                loop {
                    if i >= (*part).nelts {
                        if (*part).next.is_null() {
                            break;
                        }

                        part = (*part).next;
                        header = (*part).elts;
                        i = 0;
                    }

                    let h = header.add(i);

                    if hash == (*h).hash && len == (*h).key.len && ngx_strncmp(p, (*h).lowcase_key, len) == 0 {
                        value = &raw mut (*h).value;
                        xfwd = null_mut();

                        break 'found;
                    }

                    i += 1;
                }

                return NGX_DECLINED;
            }
        }
    }

    let c = (*r).connection;

    let mut addr: ngx_addr_t = core::mem::zeroed();

    addr.sockaddr = (*c).sockaddr;
    addr.socklen = (*c).socklen;

    if ngx_http_get_forwarded_addr(r, &raw mut addr, xfwd, value, (*rlcf).from, (*rlcf).recursive as c_int)
        != NGX_DECLINED
    {
        if (*rlcf).type_ == NGX_HTTP_REALIP_PROXY {
            ngx_inet_set_port(addr.sockaddr, (*(*c).proxy_protocol).src_port);
        }

        return ngx_http_realip_set_addr(r, &raw mut addr);
    }

    NGX_DECLINED
}

unsafe fn ngx_http_realip_set_addr(r: *mut ngx_http_request_t, addr: *mut ngx_addr_t) -> ngx_int_t {
    let cln = ngx_pool_cleanup_add((*r).pool, size_of::<ngx_http_realip_ctx_t>());
    if cln.is_null() {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    let ctx: *mut ngx_http_realip_ctx_t = (*cln).data.cast();

    let c = (*r).connection;

    let mut text = [0u8; NGX_SOCKADDR_STRLEN];

    let len = ngx_sock_ntop((*addr).sockaddr, (*addr).socklen, (&raw mut text).cast(), NGX_SOCKADDR_STRLEN, 0);
    if len == 0 {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    let p = ngx_pnalloc((*c).pool, len);
    if p.is_null() {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memcpy(p, &raw const text, len);

    (*cln).handler = Some(ngx_http_realip_cleanup);
    ngx_http_set_ctx(r, ctx, &ngx_http_realip_module);

    (*ctx).connection = c;
    (*ctx).sockaddr = (*c).sockaddr;
    (*ctx).socklen = (*c).socklen;
    (*ctx).addr_text = (*c).addr_text;

    (*c).sockaddr = (*addr).sockaddr;
    (*c).socklen = (*addr).socklen;
    (*c).addr_text.len = len;
    (*c).addr_text.data = p;

    NGX_DECLINED
}

unsafe fn ngx_http_realip_cleanup(data: *mut c_void) {
    let ctx: *mut ngx_http_realip_ctx_t = data.cast();

    let c = (*ctx).connection;

    (*c).sockaddr = (*ctx).sockaddr;
    (*c).socklen = (*ctx).socklen;
    (*c).addr_text = (*ctx).addr_text;
}

unsafe fn ngx_http_realip_from(cf: *mut ngx_conf_t, _cmd: *const ngx_command_t, conf: *mut c_void) -> ngx_conf_ret_t {
    let rlcf: *mut ngx_http_realip_loc_conf_t = conf.cast();

    let value = (*(*cf).args).elts;

    if (*rlcf).from.is_null() {
        (*rlcf).from = ngx_array_create((*cf).pool, 2);
        if (*rlcf).from.is_null() {
            return NGX_CONF_ERROR;
        }
    }

    if ngx_strcmp((*value.add(1)).data, c"unix:".as_ptr().cast()) == 0 {
        let cidr = ngx_array_push((*rlcf).from);
        if cidr.is_null() {
            return NGX_CONF_ERROR;
        }

        (*cidr).family = libc::AF_UNIX as ngx_uint_t;
        return NGX_CONF_OK;
    }

    let mut c: ngx_cidr_t = core::mem::zeroed();

    let rc = ngx_ptocidr(value.add(1), &raw mut c);

    if rc != NGX_ERROR {
        if rc == NGX_DONE {
            ngx_conf_log_error!(NGX_LOG_WARN, cf, 0; "low address bits of %V are meaningless", value.add(1));
        }

        let cidr = ngx_array_push((*rlcf).from);
        if cidr.is_null() {
            return NGX_CONF_ERROR;
        }

        *cidr = c;

        return NGX_CONF_OK;
    }

    let mut u: ngx_url_t = core::mem::zeroed();
    u.host = *value.add(1);

    if ngx_inet_resolve_host((*cf).pool, &raw mut u) != NGX_OK {
        if !u.err.is_null() {
            ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "%s in set_real_ip_from \"%V\"", u.err, u.host);
        }

        return NGX_CONF_ERROR;
    }

    let cidr = ngx_array_push_n((*rlcf).from, u.naddrs);
    if cidr.is_null() {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(cidr, u.naddrs * size_of::<ngx_cidr_t>());

    for i in 0..u.naddrs {
        let cidr = cidr.add(i);
        let addr = u.addrs.add(i);

        (*cidr).family = (*(*addr).sockaddr).sa_family as ngx_uint_t;

        match (*cidr).family as c_int {
            libc::AF_INET6 => {
                let sin6: *mut sockaddr_in6 = (*addr).sockaddr.cast();
                (*cidr).u.in6.addr = (*sin6).sin6_addr;
                ngx_memset(&raw mut (*cidr).u.in6.mask.s6_addr, 0xff, 16);
            }

            // AF_INET
            _ => {
                let sin: *mut sockaddr_in = (*addr).sockaddr.cast();
                (*cidr).u.in_.addr = (*sin).sin_addr.s_addr;
                (*cidr).u.in_.mask = 0xffffffff;
            }
        }
    }

    NGX_CONF_OK
}

unsafe fn ngx_http_realip(cf: *mut ngx_conf_t, _cmd: *const ngx_command_t, conf: *mut c_void) -> ngx_conf_ret_t {
    let rlcf: *mut ngx_http_realip_loc_conf_t = conf.cast();

    if (*rlcf).type_ != NGX_CONF_UNSET_UINT {
        return NGX_CONF_MSG("is duplicate");
    }

    let value = (*(*cf).args).elts.add(1);

    if ngx_strcmp((*value).data, c"X-Real-IP".as_ptr().cast()) == 0 {
        (*rlcf).type_ = NGX_HTTP_REALIP_XREALIP;
        return NGX_CONF_OK;
    }

    if ngx_strcmp((*value).data, c"X-Forwarded-For".as_ptr().cast()) == 0 {
        (*rlcf).type_ = NGX_HTTP_REALIP_XFWD;
        return NGX_CONF_OK;
    }

    if ngx_strcmp((*value).data, c"proxy_protocol".as_ptr().cast()) == 0 {
        (*rlcf).type_ = NGX_HTTP_REALIP_PROXY;
        return NGX_CONF_OK;
    }

    (*rlcf).type_ = NGX_HTTP_REALIP_HEADER;
    (*rlcf).hash = ngx_hash_strlow((*value).data, (*value).data, (*value).len);
    (*rlcf).header = *value;

    NGX_CONF_OK
}

unsafe fn ngx_http_realip_create_loc_conf(cf: *mut ngx_conf_t) -> *mut c_void {
    // zeroed: from, hash, header
    let conf: *mut ngx_http_realip_loc_conf_t = ngx_pcalloc((*cf).pool);
    if conf.is_null() {
        return null_mut();
    }

    (*conf).type_ = NGX_CONF_UNSET_UINT;
    (*conf).recursive = NGX_CONF_UNSET;

    conf.cast()
}

unsafe fn ngx_http_realip_merge_loc_conf(
    _cf: *mut ngx_conf_t,
    parent: *mut c_void,
    child: *mut c_void,
) -> ngx_conf_ret_t {
    let prev: *mut ngx_http_realip_loc_conf_t = parent.cast();
    let conf: *mut ngx_http_realip_loc_conf_t = child.cast();

    if (*conf).from.is_null() {
        (*conf).from = (*prev).from;
    }

    ngx_conf_merge_uint_value!((*conf).type_, (*prev).type_, NGX_HTTP_REALIP_XREALIP);
    ngx_conf_merge_value!((*conf).recursive, (*prev).recursive, 0);

    if (*conf).header.len == 0 {
        (*conf).hash = (*prev).hash;
        (*conf).header = (*prev).header;
    }

    NGX_CONF_OK
}

unsafe fn ngx_http_realip_add_variables(cf: *mut ngx_conf_t) -> ngx_int_t {
    for v in ngx_http_realip_vars {
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

unsafe fn ngx_http_realip_init(cf: *mut ngx_conf_t) -> ngx_int_t {
    let cmcf: *mut ngx_http_core_main_conf_t = ngx_http_conf_get_module_main_conf(cf, &ngx_http_core_module);

    let mut h = ngx_array_push(&raw mut (*cmcf).phases[NGX_HTTP_POST_READ_PHASE as usize].handlers);
    if h.is_null() {
        return NGX_ERROR;
    }

    *h = Some(ngx_http_realip_handler);

    h = ngx_array_push(&raw mut (*cmcf).phases[NGX_HTTP_PREACCESS_PHASE as usize].handlers);
    if h.is_null() {
        return NGX_ERROR;
    }

    *h = Some(ngx_http_realip_handler);

    NGX_OK
}

unsafe fn ngx_http_realip_get_module_ctx(r: *mut ngx_http_request_t) -> *mut ngx_http_realip_ctx_t {
    let mut ctx: *mut ngx_http_realip_ctx_t = ngx_http_get_module_ctx(r, &ngx_http_realip_module);

    if ctx.is_null() && ((*r).internal || (*r).filter_finalize) {
        // a redirect has cleared the contexts, but the cleanup keeps the original address

        let mut cln = (*(*r).pool).cleanup;
        while !cln.is_null() {
            if (*cln).handler.is_some_and(|handler| {
                core::ptr::fn_addr_eq(handler, ngx_http_realip_cleanup as unsafe fn(*mut c_void))
            }) {
                ctx = (*cln).data.cast();
                break;
            }

            cln = (*cln).next;
        }
    }

    ctx
}

unsafe fn ngx_http_realip_remote_addr_variable(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    let ctx = ngx_http_realip_get_module_ctx(r);

    let addr_text = if !ctx.is_null() { (*ctx).addr_text } else { (*(*r).connection).addr_text };

    (*v).len = addr_text.len as u32;
    (*v).valid = true;
    (*v).no_cacheable = false;
    (*v).not_found = false;
    (*v).data = addr_text.data;

    NGX_OK
}

unsafe fn ngx_http_realip_remote_port_variable(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    let ctx = ngx_http_realip_get_module_ctx(r);

    let sa = if !ctx.is_null() { (*ctx).sockaddr } else { (*(*r).connection).sockaddr };

    (*v).len = 0;
    (*v).valid = true;
    (*v).no_cacheable = false;
    (*v).not_found = false;

    (*v).data = ngx_pnalloc((*r).pool, "65535".len());
    if (*v).data.is_null() {
        return NGX_ERROR;
    }

    let port = ngx_inet_get_port(sa) as ngx_uint_t;

    if port > 0 && port < 65536 {
        (*v).len = ngx_sprintf!((*v).data, "%ui", port).offset_from_unsigned((*v).data) as u32;
    }

    NGX_OK
}
