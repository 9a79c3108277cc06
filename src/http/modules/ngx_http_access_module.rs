//! Port of src/http/modules/ngx_http_access_module.c

use crate::core::{
    ngx_array::*, ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_inet::*, ngx_log::*, ngx_module::*, ngx_palloc::*,
    ngx_string::*,
};
use crate::http::{ngx_http_config::*, ngx_http_core_module::*, ngx_http_request::*};

use libc::{AF_INET, AF_INET6, AF_UNIX, in_addr_t, in6_addr, sockaddr_in, sockaddr_in6};

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_access_rule_t {
    mask: in_addr_t,
    addr: in_addr_t,
    deny: bool,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_access_rule6_t {
    addr: in6_addr,
    mask: in6_addr,
    deny: bool,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_access_rule_un_t {
    deny: bool,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_access_loc_conf_t {
    rules: *mut ngx_array_t<ngx_http_access_rule_t>,
    rules6: *mut ngx_array_t<ngx_http_access_rule6_t>,
    rules_un: *mut ngx_array_t<ngx_http_access_rule_un_t>,
}

static ngx_http_access_commands: &[ngx_command_t] = &[
    ngx_command_t {
        name: ngx_string!("allow"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_HTTP_LMT_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_http_access_rule),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("deny"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_HTTP_LMT_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_http_access_rule),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: 0,
        post: null(),
    },
];

static ngx_http_access_module_ctx: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: None,
    postconfiguration: Some(ngx_http_access_init),

    create_main_conf: None,
    init_main_conf: None,

    create_srv_conf: None,
    merge_srv_conf: None,

    create_loc_conf: Some(ngx_http_access_create_loc_conf),
    merge_loc_conf: Some(ngx_http_access_merge_loc_conf),
};

pub static ngx_http_access_module: ngx_module_t = ngx_module_t {
    name: c"ngx_http_access_module",
    ctx: (&raw const ngx_http_access_module_ctx).cast(),
    commands: ngx_http_access_commands,
    type_: NGX_HTTP_MODULE,
    ..NGX_MODULE_V1()
};

unsafe fn ngx_http_access_handler(r: *mut ngx_http_request_t) -> ngx_int_t {
    let alcf: *mut ngx_http_access_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_access_module);

    let sockaddr = (*(*r).connection).sockaddr;

    match (*sockaddr).sa_family as c_int {
        AF_INET => {
            if !(*alcf).rules.is_null() {
                let sin: *mut sockaddr_in = sockaddr.cast();
                return ngx_http_access_inet(r, alcf, (*sin).sin_addr.s_addr);
            }
        }

        AF_INET6 => {
            let sin6: *mut sockaddr_in6 = sockaddr.cast();
            let p: *mut u8 = (&raw mut (*sin6).sin6_addr.s6_addr).cast();

            if !(*alcf).rules.is_null() && ngx_in6_is_addr_v4mapped(p) {
                let addr = p.add(12).cast::<in_addr_t>().read_unaligned();
                return ngx_http_access_inet(r, alcf, addr);
            }

            if !(*alcf).rules6.is_null() {
                return ngx_http_access_inet6(r, alcf, p);
            }
        }

        AF_UNIX => {
            if !(*alcf).rules_un.is_null() {
                return ngx_http_access_unix(r, alcf);
            }
        }

        _ => {}
    }

    NGX_DECLINED
}

unsafe fn ngx_http_access_inet(
    r: *mut ngx_http_request_t,
    alcf: *mut ngx_http_access_loc_conf_t,
    addr: in_addr_t,
) -> ngx_int_t {
    for i in 0..(*(*alcf).rules).nelts {
        let rule = (*(*alcf).rules).elts.add(i);

        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                       "access: %08XD %08XD %08XD", addr, (*rule).mask, (*rule).addr);

        if addr & (*rule).mask == (*rule).addr {
            return ngx_http_access_found(r, (*rule).deny);
        }
    }

    NGX_DECLINED
}

unsafe fn ngx_http_access_inet6(
    r: *mut ngx_http_request_t,
    alcf: *mut ngx_http_access_loc_conf_t,
    p: *mut u8,
) -> ngx_int_t {
    'next: for i in 0..(*(*alcf).rules6).nelts {
        let rule6 = (*(*alcf).rules6).elts.add(i);

        #[cfg(feature = "debug")]
        {
            let mut ct = [0; NGX_INET6_ADDRSTRLEN];
            let mut mt = [0; NGX_INET6_ADDRSTRLEN];
            let mut at = [0; NGX_INET6_ADDRSTRLEN];

            let cl = ngx_inet6_ntop(p, ct.as_mut_ptr(), NGX_INET6_ADDRSTRLEN);
            let ml = ngx_inet6_ntop((&raw const (*rule6).mask.s6_addr).cast(), mt.as_mut_ptr(), NGX_INET6_ADDRSTRLEN);
            let al = ngx_inet6_ntop((&raw const (*rule6).addr.s6_addr).cast(), at.as_mut_ptr(), NGX_INET6_ADDRSTRLEN);

            ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                           "access: %*s %*s %*s", cl, ct.as_ptr(), ml, mt.as_ptr(), al, at.as_ptr());
        }

        for n in 0..16 {
            if *p.add(n) & (*rule6).mask.s6_addr[n] != (*rule6).addr.s6_addr[n] {
                continue 'next;
            }
        }

        return ngx_http_access_found(r, (*rule6).deny);
    }

    NGX_DECLINED
}

/// Any path will do: the first rule decides.
unsafe fn ngx_http_access_unix(r: *mut ngx_http_request_t, alcf: *mut ngx_http_access_loc_conf_t) -> ngx_int_t {
    if (*(*alcf).rules_un).nelts != 0 {
        return ngx_http_access_found(r, (*(*(*alcf).rules_un).elts).deny);
    }

    NGX_DECLINED
}

unsafe fn ngx_http_access_found(r: *mut ngx_http_request_t, deny: bool) -> ngx_int_t {
    if deny {
        let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

        if (*clcf).satisfy == NGX_HTTP_SATISFY_ALL {
            ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0; "access forbidden by rule");
        }

        return NGX_HTTP_FORBIDDEN;
    }

    NGX_OK
}

unsafe fn ngx_http_access_rule(cf: *mut ngx_conf_t, _cmd: *const ngx_command_t, conf: *mut c_void) -> ngx_conf_ret_t {
    let alcf: *mut ngx_http_access_loc_conf_t = conf.cast();

    let mut all = false;
    let mut cidr: ngx_cidr_t = core::mem::zeroed();

    let value = (*(*cf).args).elts;

    match (*value.add(1)).bytes() {
        b"all" => all = true,

        b"unix:" => cidr.family = AF_UNIX as ngx_uint_t,

        _ => {
            let rc = ngx_ptocidr(value.add(1), &raw mut cidr);

            if rc == NGX_ERROR {
                ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid parameter \"%V\"", *value.add(1));
                return NGX_CONF_ERROR;
            }

            if rc == NGX_DONE {
                ngx_conf_log_error!(NGX_LOG_WARN, cf, 0; "low address bits of %V are meaningless", *value.add(1));
            }
        }
    }

    let deny = *(*value).data == b'd';

    if cidr.family == AF_INET as ngx_uint_t || all {
        if (*alcf).rules.is_null() {
            (*alcf).rules = ngx_array_create((*cf).pool, 4);
            if (*alcf).rules.is_null() {
                return NGX_CONF_ERROR;
            }
        }

        let rule = ngx_array_push((*alcf).rules);
        if rule.is_null() {
            return NGX_CONF_ERROR;
        }

        (*rule).mask = cidr.u.in_.mask;
        (*rule).addr = cidr.u.in_.addr;
        (*rule).deny = deny;
    }

    if cidr.family == AF_INET6 as ngx_uint_t || all {
        if (*alcf).rules6.is_null() {
            (*alcf).rules6 = ngx_array_create((*cf).pool, 4);
            if (*alcf).rules6.is_null() {
                return NGX_CONF_ERROR;
            }
        }

        let rule6 = ngx_array_push((*alcf).rules6);
        if rule6.is_null() {
            return NGX_CONF_ERROR;
        }

        (*rule6).mask = cidr.u.in6.mask;
        (*rule6).addr = cidr.u.in6.addr;
        (*rule6).deny = deny;
    }

    if cidr.family == AF_UNIX as ngx_uint_t || all {
        if (*alcf).rules_un.is_null() {
            (*alcf).rules_un = ngx_array_create((*cf).pool, 1);
            if (*alcf).rules_un.is_null() {
                return NGX_CONF_ERROR;
            }
        }

        let rule_un = ngx_array_push((*alcf).rules_un);
        if rule_un.is_null() {
            return NGX_CONF_ERROR;
        }

        (*rule_un).deny = deny;
    }

    NGX_CONF_OK
}

unsafe fn ngx_http_access_create_loc_conf(cf: *mut ngx_conf_t) -> *mut c_void {
    let conf: *mut ngx_http_access_loc_conf_t = ngx_pcalloc((*cf).pool);

    conf.cast()
}

unsafe fn ngx_http_access_merge_loc_conf(
    _cf: *mut ngx_conf_t,
    parent: *mut c_void,
    child: *mut c_void,
) -> ngx_conf_ret_t {
    let prev: *mut ngx_http_access_loc_conf_t = parent.cast();
    let conf: *mut ngx_http_access_loc_conf_t = child.cast();

    if (*conf).rules.is_null() && (*conf).rules6.is_null() && (*conf).rules_un.is_null() {
        (*conf).rules = (*prev).rules;
        (*conf).rules6 = (*prev).rules6;
        (*conf).rules_un = (*prev).rules_un;
    }

    NGX_CONF_OK
}

unsafe fn ngx_http_access_init(cf: *mut ngx_conf_t) -> ngx_int_t {
    let cmcf: *mut ngx_http_core_main_conf_t = ngx_http_conf_get_module_main_conf(cf, &ngx_http_core_module);

    let h = ngx_array_push(&raw mut (*cmcf).phases[NGX_HTTP_ACCESS_PHASE as usize].handlers);
    if h.is_null() {
        return NGX_ERROR;
    }

    *h = Some(ngx_http_access_handler);

    NGX_OK
}
