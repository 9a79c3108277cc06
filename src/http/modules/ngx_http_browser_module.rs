//! Port of src/http/modules/ngx_http_browser_module.c
//!
//! A version has up to four numbers, X, X.X, X.X.X or X.X.X.X, of which the first goes up to 4000 and the others to 99.

use crate::core::{
    ngx_array::*, ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_log::*, ngx_module::*, ngx_palloc::*, ngx_string::*,
};
use crate::http::{ngx_http_config::*, ngx_http_request::*, ngx_http_variables::*};

const NGX_HTTP_MODERN_BROWSER: usize = 0;
const NGX_HTTP_ANCIENT_BROWSER: usize = 1;

/// Where a version stands: behind `name`, which is searched after the first `skip` bytes and is, with what follows
/// it, `add` bytes long.
struct ngx_http_modern_browser_mask_t {
    browser: [u8; 12],
    skip: usize,
    add: usize,
    name: [u8; 12],
}

/// Before the merge, `skip` is the index in ngx_http_modern_browser_masks; `add` and `name` are empty.
#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_modern_browser_t {
    version: ngx_uint_t,
    skip: usize,
    add: usize,
    name: [u8; 12],
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_browser_conf_t {
    modern_browsers: *mut ngx_array_t<ngx_http_modern_browser_t>,
    ancient_browsers: *mut ngx_array_t<ngx_str_t>,
    modern_browser_value: *mut ngx_http_variable_value_t,
    ancient_browser_value: *mut ngx_http_variable_value_t,

    modern_unlisted_browsers: bool,
    netscape4: bool,
}

static ngx_http_browser_commands: &[ngx_command_t] = &[
    ngx_command_t {
        name: ngx_string!("modern_browser"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE12,
        set: Some(ngx_http_modern_browser),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("ancient_browser"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_1MORE,
        set: Some(ngx_http_ancient_browser),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("modern_browser_value"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_http_modern_browser_value),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("ancient_browser_value"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_http_ancient_browser_value),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: 0,
        post: null(),
    },
];

static ngx_http_browser_module_ctx: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: Some(ngx_http_browser_add_variables),
    postconfiguration: None,

    create_main_conf: None,
    init_main_conf: None,

    create_srv_conf: None,
    merge_srv_conf: None,

    create_loc_conf: Some(ngx_http_browser_create_conf),
    merge_loc_conf: Some(ngx_http_browser_merge_conf),
};

pub static ngx_http_browser_module: ngx_module_t = ngx_module_t {
    name: c"ngx_http_browser_module",
    ctx: (&raw const ngx_http_browser_module_ctx).cast(),
    commands: ngx_http_browser_commands,
    type_: NGX_HTTP_MODULE,
    ..NGX_MODULE_V1()
};

/// Opera is first, as it may call itself MSIE too.
static ngx_http_modern_browser_masks: &[ngx_http_modern_browser_mask_t] = &[
    ngx_http_modern_browser_mask_t {
        browser: *b"opera\0\0\0\0\0\0\0",
        skip: 0,
        add: "Opera ".len(),
        name: *b"Opera\0\0\0\0\0\0\0",
    },
    ngx_http_modern_browser_mask_t {
        browser: *b"msie\0\0\0\0\0\0\0\0",
        skip: "Mozilla/4.0 (compatible; ".len(),
        add: "MSIE ".len(),
        name: *b"MSIE \0\0\0\0\0\0\0",
    },
    ngx_http_modern_browser_mask_t {
        browser: *b"gecko\0\0\0\0\0\0\0",
        skip: "Mozilla/5.0 (".len(),
        add: "rv:".len(),
        name: *b"rv:\0\0\0\0\0\0\0\0\0",
    },
    ngx_http_modern_browser_mask_t {
        browser: *b"safari\0\0\0\0\0\0",
        skip: "Mozilla/5.0 (".len(),
        add: "Safari/".len(),
        name: *b"Safari/\0\0\0\0\0",
    },
    ngx_http_modern_browser_mask_t {
        browser: *b"konqueror\0\0\0",
        skip: "Mozilla/5.0 (compatible; ".len(),
        add: "Konqueror/".len(),
        name: *b"Konqueror/\0\0",
    },
];

static ngx_http_browser_vars: &[ngx_http_variable_t] = &[
    ngx_http_variable_t {
        name: ngx_string!("msie"),
        set_handler: None,
        get_handler: Some(ngx_http_msie_variable),
        data: 0,
        flags: NGX_HTTP_VAR_CHANGEABLE,
        index: 0,
    },
    ngx_http_variable_t {
        name: ngx_string!("modern_browser"),
        set_handler: None,
        get_handler: Some(ngx_http_browser_variable),
        data: NGX_HTTP_MODERN_BROWSER,
        flags: NGX_HTTP_VAR_CHANGEABLE,
        index: 0,
    },
    ngx_http_variable_t {
        name: ngx_string!("ancient_browser"),
        set_handler: None,
        get_handler: Some(ngx_http_browser_variable),
        data: NGX_HTTP_ANCIENT_BROWSER,
        flags: NGX_HTTP_VAR_CHANGEABLE,
        index: 0,
    },
];

unsafe fn ngx_http_browser_variable(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    data: usize,
) -> ngx_int_t {
    let cf: *mut ngx_http_browser_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_browser_module);

    let rc = ngx_http_browser(r, cf);

    if data == NGX_HTTP_MODERN_BROWSER && rc == NGX_HTTP_MODERN_BROWSER {
        *v = *(*cf).modern_browser_value;
        return NGX_OK;
    }

    if data == NGX_HTTP_ANCIENT_BROWSER && rc == NGX_HTTP_ANCIENT_BROWSER {
        *v = *(*cf).ancient_browser_value;
        return NGX_OK;
    }

    *v = ngx_http_variable_null_value;
    NGX_OK
}

unsafe fn ngx_http_browser(r: *mut ngx_http_request_t, cf: *mut ngx_http_browser_conf_t) -> ngx_uint_t {
    if (*r).headers_in.user_agent.is_null() {
        if (*cf).modern_unlisted_browsers {
            return NGX_HTTP_MODERN_BROWSER;
        }

        return NGX_HTTP_ANCIENT_BROWSER;
    }

    let ua = (*(*r).headers_in.user_agent).value.data;
    let len = (*(*r).headers_in.user_agent).value.len;
    let last = ua.add(len);

    if !(*cf).modern_browsers.is_null() {
        for i in 0..(*(*cf).modern_browsers).nelts {
            let modern = (*(*cf).modern_browsers).elts.add(i);

            let mut name = ua.wrapping_add((*modern).skip);

            if name >= last {
                continue;
            }

            name = ngx_strstr(name, (&raw const (*modern).name).cast());

            if name.is_null() {
                continue;
            }

            ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "browser: \"%s\"", name);

            name = name.wrapping_add((*modern).add);

            if name >= last {
                continue;
            }

            ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                           "version: \"%ui\" \"%s\"", (*modern).version, name);

            let mut version: ngx_uint_t = 0;
            let mut ver: ngx_uint_t = 0;
            let mut scale = 1000000;

            while name < last {
                let c = *name;
                name = name.add(1);

                if c >= b'0' && c <= b'9' {
                    ver = ver.wrapping_mul(10).wrapping_add((c - b'0') as ngx_uint_t);
                    continue;
                }

                if c == b'.' {
                    version = version.wrapping_add(ver.wrapping_mul(scale));

                    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                                   "version: \"%ui\" \"%ui\"", (*modern).version, version);

                    if version > (*modern).version {
                        return NGX_HTTP_MODERN_BROWSER;
                    }

                    ver = 0;
                    scale /= 100;
                    continue;
                }

                break;
            }

            version = version.wrapping_add(ver.wrapping_mul(scale));

            ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                           "version: \"%ui\" \"%ui\"", (*modern).version, version);

            if version >= (*modern).version {
                return NGX_HTTP_MODERN_BROWSER;
            }

            return NGX_HTTP_ANCIENT_BROWSER;
        }

        if !(*cf).modern_unlisted_browsers {
            return NGX_HTTP_ANCIENT_BROWSER;
        }
    }

    if (*cf).netscape4
        && len > "Mozilla/4.72 ".len()
        && ngx_bytes(ua, 8) == b"Mozilla/"
        && *ua.add(8) > b'0'
        && *ua.add(8) < b'5'
    {
        return NGX_HTTP_ANCIENT_BROWSER;
    }

    if !(*cf).ancient_browsers.is_null() {
        for i in 0..(*(*cf).ancient_browsers).nelts {
            let ancient = (*(*cf).ancient_browsers).elts.add(i);

            if len >= (*ancient).len && !ngx_strstr(ua, (*ancient).data).is_null() {
                return NGX_HTTP_ANCIENT_BROWSER;
            }
        }
    }

    if (*cf).modern_unlisted_browsers {
        return NGX_HTTP_MODERN_BROWSER;
    }

    NGX_HTTP_ANCIENT_BROWSER
}

unsafe fn ngx_http_msie_variable(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    if (*r).headers_in.msie {
        *v = ngx_http_variable_true_value;
        return NGX_OK;
    }

    *v = ngx_http_variable_null_value;
    NGX_OK
}

unsafe fn ngx_http_browser_add_variables(cf: *mut ngx_conf_t) -> ngx_int_t {
    for v in ngx_http_browser_vars {
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

unsafe fn ngx_http_browser_create_conf(cf: *mut ngx_conf_t) -> *mut c_void {
    // zeroed: all
    let conf: *mut ngx_http_browser_conf_t = ngx_pcalloc((*cf).pool);

    conf.cast()
}

unsafe fn ngx_http_browser_merge_conf(_cf: *mut ngx_conf_t, parent: *mut c_void, child: *mut c_void) -> ngx_conf_ret_t {
    let prev: *mut ngx_http_browser_conf_t = parent.cast();
    let conf: *mut ngx_http_browser_conf_t = child.cast();

    if (*conf).modern_browsers.is_null() && !(*conf).modern_unlisted_browsers {
        (*conf).modern_browsers = (*prev).modern_browsers;
        (*conf).modern_unlisted_browsers = (*prev).modern_unlisted_browsers;
    } else if !(*conf).modern_browsers.is_null() {
        let mut browsers = (*(*conf).modern_browsers).elts;

        'found: {
            for i in 0..(*(*conf).modern_browsers).nelts {
                if (*browsers.add(i)).skip == 0 {
                    break 'found;
                }
            }

            // without Opera in the list we would take one for MSIE: add it, with a version that none has

            let opera = ngx_array_push((*conf).modern_browsers);
            if opera.is_null() {
                return NGX_CONF_ERROR;
            }

            (*opera).skip = 0;
            (*opera).version = 4001000000;

            browsers = (*(*conf).modern_browsers).elts;
        }

        ngx_qsort(
            browsers,
            (*(*conf).modern_browsers).nelts,
            size_of::<ngx_http_modern_browser_t>(),
            Some(ngx_http_modern_browser_sort),
        );

        for i in 0..(*(*conf).modern_browsers).nelts {
            let browser = browsers.add(i);
            let n = (*browser).skip;

            (*browser).skip = ngx_http_modern_browser_masks[n].skip;
            (*browser).add = ngx_http_modern_browser_masks[n].add;
            (*browser).name = ngx_http_modern_browser_masks[n].name;
        }
    }

    if (*conf).ancient_browsers.is_null() && !(*conf).netscape4 {
        (*conf).ancient_browsers = (*prev).ancient_browsers;
        (*conf).netscape4 = (*prev).netscape4;
    }

    if (*conf).modern_browser_value.is_null() {
        (*conf).modern_browser_value = (*prev).modern_browser_value;
    }

    if (*conf).modern_browser_value.is_null() {
        (*conf).modern_browser_value = (&raw const ngx_http_variable_true_value).cast_mut();
    }

    if (*conf).ancient_browser_value.is_null() {
        (*conf).ancient_browser_value = (*prev).ancient_browser_value;
    }

    if (*conf).ancient_browser_value.is_null() {
        (*conf).ancient_browser_value = (&raw const ngx_http_variable_true_value).cast_mut();
    }

    NGX_CONF_OK
}

unsafe extern "C" fn ngx_http_modern_browser_sort(one: *const c_void, two: *const c_void) -> c_int {
    let first: *const ngx_http_modern_browser_t = one.cast();
    let second: *const ngx_http_modern_browser_t = two.cast();

    (*first).skip.wrapping_sub((*second).skip) as c_int
}

unsafe fn ngx_http_modern_browser(
    cf: *mut ngx_conf_t,
    _cmd: *const ngx_command_t,
    conf: *mut c_void,
) -> ngx_conf_ret_t {
    let bcf: *mut ngx_http_browser_conf_t = conf.cast();

    let value = (*(*cf).args).elts;

    if (*(*cf).args).nelts == 2 {
        if ngx_strcmp((*value.add(1)).data, c"unlisted".as_ptr().cast()) == 0 {
            (*bcf).modern_unlisted_browsers = true;
            return NGX_CONF_OK;
        }

        return NGX_CONF_ERROR;
    }

    if (*bcf).modern_browsers.is_null() {
        (*bcf).modern_browsers = ngx_array_create((*cf).pool, 5);
        if (*bcf).modern_browsers.is_null() {
            return NGX_CONF_ERROR;
        }
    }

    let browser = ngx_array_push((*bcf).modern_browsers);
    if browser.is_null() {
        return NGX_CONF_ERROR;
    }

    // C leaves them as they are; what stands in http{} is never merged, and is read like this

    (*browser).add = 0;
    (*browser).name = [0; 12];

    let mut n = 0;

    'found: {
        while n < ngx_http_modern_browser_masks.len() {
            if ngx_strcasecmp((&raw const ngx_http_modern_browser_masks[n].browser).cast(), (*value.add(1)).data) == 0 {
                break 'found;
            }

            n += 1;
        }

        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "unknown browser name \"%V\"", value.add(1));

        return NGX_CONF_ERROR;
    }

    (*browser).skip = n;

    let mut version: ngx_uint_t = 0;
    let mut ver: ngx_uint_t = 0;
    let mut scale = 1000000;

    for i in 0..(*value.add(2)).len {
        let c = *(*value.add(2)).data.add(i);

        if c >= b'0' && c <= b'9' {
            ver = ver.wrapping_mul(10).wrapping_add((c - b'0') as ngx_uint_t);
            continue;
        }

        if c == b'.' {
            version = version.wrapping_add(ver.wrapping_mul(scale));
            ver = 0;
            scale /= 100;
            continue;
        }

        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid browser version \"%V\"", value.add(2));

        return NGX_CONF_ERROR;
    }

    version = version.wrapping_add(ver.wrapping_mul(scale));

    (*browser).version = version;

    NGX_CONF_OK
}

unsafe fn ngx_http_ancient_browser(
    cf: *mut ngx_conf_t,
    _cmd: *const ngx_command_t,
    conf: *mut c_void,
) -> ngx_conf_ret_t {
    let bcf: *mut ngx_http_browser_conf_t = conf.cast();

    let value = (*(*cf).args).elts;

    for i in 1..(*(*cf).args).nelts {
        let value = value.add(i);

        if ngx_strcmp((*value).data, c"netscape4".as_ptr().cast()) == 0 {
            (*bcf).netscape4 = true;
            continue;
        }

        if (*bcf).ancient_browsers.is_null() {
            (*bcf).ancient_browsers = ngx_array_create((*cf).pool, 4);
            if (*bcf).ancient_browsers.is_null() {
                return NGX_CONF_ERROR;
            }
        }

        let browser = ngx_array_push((*bcf).ancient_browsers);
        if browser.is_null() {
            return NGX_CONF_ERROR;
        }

        *browser = *value;
    }

    NGX_CONF_OK
}

unsafe fn ngx_http_modern_browser_value(
    cf: *mut ngx_conf_t,
    _cmd: *const ngx_command_t,
    conf: *mut c_void,
) -> ngx_conf_ret_t {
    let bcf: *mut ngx_http_browser_conf_t = conf.cast();

    let v: *mut ngx_http_variable_value_t = ngx_palloc((*cf).pool);
    (*bcf).modern_browser_value = v;
    if v.is_null() {
        return NGX_CONF_ERROR;
    }

    let value = (*(*cf).args).elts;

    (*v).len = (*value.add(1)).len as u32;
    (*v).valid = true;
    (*v).no_cacheable = false;
    (*v).not_found = false;
    (*v).escape = false;
    (*v).data = (*value.add(1)).data;

    NGX_CONF_OK
}

unsafe fn ngx_http_ancient_browser_value(
    cf: *mut ngx_conf_t,
    _cmd: *const ngx_command_t,
    conf: *mut c_void,
) -> ngx_conf_ret_t {
    let bcf: *mut ngx_http_browser_conf_t = conf.cast();

    let v: *mut ngx_http_variable_value_t = ngx_palloc((*cf).pool);
    (*bcf).ancient_browser_value = v;
    if v.is_null() {
        return NGX_CONF_ERROR;
    }

    let value = (*(*cf).args).elts;

    (*v).len = (*value.add(1)).len as u32;
    (*v).valid = true;
    (*v).no_cacheable = false;
    (*v).not_found = false;
    (*v).escape = false;
    (*v).data = (*value.add(1)).data;

    NGX_CONF_OK
}
