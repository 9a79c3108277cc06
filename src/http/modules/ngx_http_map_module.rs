//! Port of src/http/modules/ngx_http_map_module.c

#[cfg(feature = "pcre")]
use crate::core::{ngx_array::*, ngx_regex::*};
use crate::core::{
    ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_hash::*, ngx_log::*, ngx_module::*, ngx_palloc::*, ngx_string::*,
};
use crate::http::{ngx_http_config::*, ngx_http_request::*, ngx_http_script::*, ngx_http_variables::*};
use crate::os::unix::ngx_alloc::*;

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_map_conf_t {
    hash_max_size: ngx_uint_t,
    hash_bucket_size: ngx_uint_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_map_conf_ctx_t {
    keys: ngx_hash_keys_arrays_t,

    /// The values so far, so that equal ones are kept once.
    values_hash: ngx_hash_seen_t,
    #[cfg(feature = "pcre")]
    regexes: ngx_array_t<ngx_http_map_regex_t>,

    default_value: *mut ngx_http_variable_value_t,
    cf: *mut ngx_conf_t,
    hostnames: bool,
    no_cacheable: bool,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_map_ctx_t {
    map: ngx_http_map_t,
    value: ngx_http_complex_value_t,
    default_value: *mut ngx_http_variable_value_t,
    hostnames: bool,
}

static ngx_http_map_commands: &[ngx_command_t] = &[
    ngx_command_t {
        name: ngx_string!("map"),
        type_: NGX_HTTP_MAIN_CONF | NGX_CONF_BLOCK | NGX_CONF_TAKE2,
        set: Some(ngx_http_map_block),
        conf: NGX_HTTP_MAIN_CONF_OFFSET,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("map_hash_max_size"),
        type_: NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_num_slot),
        conf: NGX_HTTP_MAIN_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_map_conf_t, hash_max_size: ngx_uint_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("map_hash_bucket_size"),
        type_: NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_num_slot),
        conf: NGX_HTTP_MAIN_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_map_conf_t, hash_bucket_size: ngx_uint_t),
        post: null(),
    },
];

static ngx_http_map_module_ctx: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: None,
    postconfiguration: None,

    create_main_conf: Some(ngx_http_map_create_conf),
    init_main_conf: None,

    create_srv_conf: None,
    merge_srv_conf: None,

    create_loc_conf: None,
    merge_loc_conf: None,
};

pub static ngx_http_map_module: ngx_module_t = ngx_module_t {
    name: c"ngx_http_map_module",
    ctx: (&raw const ngx_http_map_module_ctx).cast(),
    commands: ngx_http_map_commands,
    type_: NGX_HTTP_MODULE,
    ..NGX_MODULE_V1()
};

unsafe fn ngx_http_map_variable(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    data: usize,
) -> ngx_int_t {
    let map: *mut ngx_http_map_ctx_t = core::ptr::with_exposed_provenance_mut(data);

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "http map started");

    let mut val = ngx_null_string;

    if ngx_http_complex_value(r, &raw mut (*map).value, &raw mut val) != NGX_OK {
        return NGX_ERROR;
    }

    if (*map).hostnames && val.len > 0 && *val.data.add(val.len - 1) == b'.' {
        val.len -= 1;
    }

    let mut value: *mut ngx_http_variable_value_t = ngx_http_map_find(r, &raw mut (*map).map, &raw mut val).cast();

    if value.is_null() {
        value = (*map).default_value;
    }

    if !(*value).valid {
        let cv: *mut ngx_http_complex_value_t = (*value).data.cast();

        let mut str = ngx_null_string;

        if ngx_http_complex_value(r, cv, &raw mut str) != NGX_OK {
            return NGX_ERROR;
        }

        (*v).valid = true;
        (*v).no_cacheable = false;
        (*v).not_found = false;
        (*v).len = str.len as u32;
        (*v).data = str.data;
    } else {
        *v = *value;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "http map: \"%V\" \"%v\"", val, v);

    NGX_OK
}

unsafe fn ngx_http_map_create_conf(cf: *mut ngx_conf_t) -> *mut c_void {
    let mcf: *mut ngx_http_map_conf_t = ngx_palloc((*cf).pool);
    if mcf.is_null() {
        return null_mut();
    }

    (*mcf).hash_max_size = NGX_CONF_UNSET_UINT;
    (*mcf).hash_bucket_size = NGX_CONF_UNSET_UINT;

    mcf.cast()
}

unsafe fn ngx_http_map_block(cf: *mut ngx_conf_t, _cmd: *const ngx_command_t, conf: *mut c_void) -> ngx_conf_ret_t {
    let mcf: *mut ngx_http_map_conf_t = conf.cast();

    if (*mcf).hash_max_size == NGX_CONF_UNSET_UINT {
        (*mcf).hash_max_size = 2048;
    }

    if (*mcf).hash_bucket_size == NGX_CONF_UNSET_UINT {
        (*mcf).hash_bucket_size = ngx_cacheline_size.get();
    } else {
        (*mcf).hash_bucket_size = ngx_align((*mcf).hash_bucket_size, ngx_cacheline_size.get());
    }

    let map: *mut ngx_http_map_ctx_t = ngx_pcalloc((*cf).pool);
    if map.is_null() {
        return NGX_CONF_ERROR;
    }

    let value = (*(*cf).args).elts;

    let mut ccv: ngx_http_compile_complex_value_t = core::mem::zeroed();

    ccv.cf = cf;
    ccv.value = value.add(1);
    ccv.complex_value = &raw mut (*map).value;

    if ngx_http_compile_complex_value(&raw mut ccv) != NGX_OK {
        return NGX_CONF_ERROR;
    }

    let mut name = *value.add(2);

    if *name.data != b'$' {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid variable name \"%V\"", name);
        return NGX_CONF_ERROR;
    }

    name.len -= 1;
    name.data = name.data.add(1);

    let var = ngx_http_add_variable(cf, &raw mut name, NGX_HTTP_VAR_CHANGEABLE);
    if var.is_null() {
        return NGX_CONF_ERROR;
    }

    (*var).get_handler = Some(ngx_http_map_variable);
    (*var).data = map.expose_provenance();

    let pool = ngx_create_pool(NGX_DEFAULT_POOL_SIZE, (*cf).log);
    if pool.is_null() {
        return NGX_CONF_ERROR;
    }

    let mut ctx: ngx_http_map_conf_ctx_t = core::mem::zeroed();

    ctx.keys.pool = (*cf).pool;
    ctx.keys.temp_pool = pool;

    if ngx_hash_keys_array_init(&raw mut ctx.keys, NGX_HASH_LARGE) != NGX_OK {
        ngx_destroy_pool(pool);
        return NGX_CONF_ERROR;
    }

    ctx.values_hash.pool = pool;

    #[cfg(feature = "pcre")]
    if ngx_array_init(&raw mut ctx.regexes, (*cf).pool, 2) != NGX_OK {
        ngx_destroy_pool(pool);
        return NGX_CONF_ERROR;
    }

    let mut save = *cf;

    ctx.default_value = null_mut();
    ctx.cf = &raw mut save;
    ctx.hostnames = false;
    ctx.no_cacheable = false;

    (*cf).pool = pool;
    (*cf).ctx = (&raw mut ctx).cast();
    (*cf).handler = Some(ngx_http_map);
    (*cf).handler_conf = conf;

    let rv = ngx_conf_parse(cf, null_mut());

    *cf = save;

    if rv != NGX_CONF_OK {
        ngx_destroy_pool(pool);
        return rv;
    }

    if ctx.no_cacheable {
        (*var).flags |= NGX_HTTP_VAR_NOCACHEABLE;
    }

    (*map).default_value = if !ctx.default_value.is_null() {
        ctx.default_value
    } else {
        (&raw const ngx_http_variable_null_value).cast_mut()
    };

    (*map).hostnames = ctx.hostnames;

    // they have seen all, and are as large as what comes now
    ngx_pool_huge_free(pool, ctx.values_hash.elts, ctx.values_hash.nalloc);
    ngx_pool_huge_free(pool, ctx.keys.keys_hash.elts, ctx.keys.keys_hash.nalloc);

    let mut hash: ngx_hash_init_t = core::mem::zeroed();

    hash.key = Some(ngx_hash_key_lc);
    hash.max_size = (*mcf).hash_max_size;
    hash.bucket_size = (*mcf).hash_bucket_size;
    hash.name = c"map_hash".as_ptr();
    hash.pool = (*cf).pool;

    if ctx.keys.keys.nelts != 0 {
        hash.hash = &raw mut (*map).map.hash.hash;
        hash.temp_pool = null_mut();

        if ngx_hash_init(&raw mut hash, ctx.keys.keys.elts, ctx.keys.keys.nelts) != NGX_OK {
            ngx_destroy_pool(pool);
            return NGX_CONF_ERROR;
        }
    }

    if ctx.keys.dns_wc_head.nelts != 0 {
        ngx_qsort(
            ctx.keys.dns_wc_head.elts,
            ctx.keys.dns_wc_head.nelts,
            size_of::<ngx_hash_key_t>(),
            Some(ngx_http_map_cmp_dns_wildcards),
        );

        hash.hash = null_mut();
        hash.temp_pool = pool;

        if ngx_hash_wildcard_init(&raw mut hash, ctx.keys.dns_wc_head.elts, ctx.keys.dns_wc_head.nelts) != NGX_OK {
            ngx_destroy_pool(pool);
            return NGX_CONF_ERROR;
        }

        (*map).map.hash.wc_head = hash.hash.cast();
    }

    if ctx.keys.dns_wc_tail.nelts != 0 {
        ngx_qsort(
            ctx.keys.dns_wc_tail.elts,
            ctx.keys.dns_wc_tail.nelts,
            size_of::<ngx_hash_key_t>(),
            Some(ngx_http_map_cmp_dns_wildcards),
        );

        hash.hash = null_mut();
        hash.temp_pool = pool;

        if ngx_hash_wildcard_init(&raw mut hash, ctx.keys.dns_wc_tail.elts, ctx.keys.dns_wc_tail.nelts) != NGX_OK {
            ngx_destroy_pool(pool);
            return NGX_CONF_ERROR;
        }

        (*map).map.hash.wc_tail = hash.hash.cast();
    }

    #[cfg(feature = "pcre")]
    if ctx.regexes.nelts != 0 {
        (*map).map.regex = ctx.regexes.elts;
        (*map).map.nregex = ctx.regexes.nelts;
    }

    ngx_destroy_pool(pool);

    rv
}

unsafe extern "C" fn ngx_http_map_cmp_dns_wildcards(one: *const c_void, two: *const c_void) -> c_int {
    let first: *const ngx_hash_key_t = one.cast();
    let second: *const ngx_hash_key_t = two.cast();

    ngx_dns_strcmp((*first).key.data, (*second).key.data) as c_int
}

unsafe fn ngx_http_map(cf: *mut ngx_conf_t, dummy: *const ngx_command_t, conf: *mut c_void) -> ngx_conf_ret_t {
    let ctx: *mut ngx_http_map_conf_ctx_t = (*cf).ctx.cast();

    let value = (*(*cf).args).elts;

    if (*(*cf).args).nelts == 1 && ngx_strcmp((*value).data, c"hostnames".as_ptr().cast()) == 0 {
        (*ctx).hostnames = true;
        return NGX_CONF_OK;
    }

    if (*(*cf).args).nelts == 1 && ngx_strcmp((*value).data, c"volatile".as_ptr().cast()) == 0 {
        (*ctx).no_cacheable = true;
        return NGX_CONF_OK;
    }

    if (*(*cf).args).nelts != 2 {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid number of the map parameters");
        return NGX_CONF_ERROR;
    }

    if ngx_strcmp((*value).data, c"include".as_ptr().cast()) == 0 {
        return ngx_conf_include(cf, dummy, conf);
    }

    let mut key: ngx_uint_t = 0;

    for i in 0..(*value.add(1)).len {
        key = ngx_hash(key, *(*value.add(1)).data.add(i));
    }

    let found = ngx_hash_seen(&raw mut (*ctx).values_hash, key, (*value.add(1)).len, |data| {
        let var: *mut ngx_http_variable_value_t = data.cast();

        let data = if (*var).valid {
            (*var).data
        } else {
            let cvp: *mut ngx_http_complex_value_t = (*var).data.cast();
            (*cvp).value.data
        };

        ngx_strncmp((*value.add(1)).data, data, (*value.add(1)).len) == 0
    });
    if found.is_null() {
        return NGX_CONF_ERROR;
    }

    let mut var: *mut ngx_http_variable_value_t = (*found).data.cast();

    if var.is_null() {
        var = ngx_palloc((*ctx).keys.pool);
        if var.is_null() {
            return NGX_CONF_ERROR;
        }

        let mut v = ngx_null_string;

        v.len = (*value.add(1)).len;
        v.data = ngx_pstrdup((*ctx).keys.pool, value.add(1));
        if v.data.is_null() {
            return NGX_CONF_ERROR;
        }

        let mut cv: ngx_http_complex_value_t = core::mem::zeroed();
        let mut ccv: ngx_http_compile_complex_value_t = core::mem::zeroed();

        ccv.cf = (*ctx).cf;
        ccv.value = &raw mut v;
        ccv.complex_value = &raw mut cv;

        if ngx_http_compile_complex_value(&raw mut ccv) != NGX_OK {
            return NGX_CONF_ERROR;
        }

        if !cv.lengths.is_null() {
            let cvp: *mut ngx_http_complex_value_t = ngx_palloc((*ctx).keys.pool);
            if cvp.is_null() {
                return NGX_CONF_ERROR;
            }

            *cvp = cv;

            (*var).len = 0;
            (*var).data = cvp.cast();
            (*var).valid = false;
        } else {
            (*var).len = v.len as u32;
            (*var).data = v.data;
            (*var).valid = true;
        }

        (*var).no_cacheable = false;
        (*var).not_found = false;

        (*found).data = var.cast();
    }

    if ngx_strcmp((*value).data, c"default".as_ptr().cast()) == 0 {
        if !(*ctx).default_value.is_null() {
            ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "duplicate default map parameter");
            return NGX_CONF_ERROR;
        }

        (*ctx).default_value = var;

        return NGX_CONF_OK;
    }

    #[cfg(feature = "pcre")]
    if (*value).len != 0 && *(*value).data == b'~' {
        let regex = ngx_array_push(&raw mut (*ctx).regexes);
        if regex.is_null() {
            return NGX_CONF_ERROR;
        }

        (*value).len -= 1;
        (*value).data = (*value).data.add(1);

        let mut rc: ngx_regex_compile_t = core::mem::zeroed();

        if *(*value).data == b'*' {
            (*value).len -= 1;
            (*value).data = (*value).data.add(1);
            rc.options = NGX_REGEX_CASELESS;
        }

        let mut errstr = [0u8; NGX_MAX_CONF_ERRSTR];

        // DEVIATION: a copy, with its NUL. nginx keeps the word itself, which goes with the temporary pool, and prints what is
        // there then when a match fails

        (*value).len += 1;
        rc.pattern = ngx_str_t { len: (*value).len - 1, data: ngx_pstrdup((*ctx).keys.pool, value) };
        if rc.pattern.data.is_null() {
            return NGX_CONF_ERROR;
        }

        rc.err.len = NGX_MAX_CONF_ERRSTR;
        rc.err.data = (&raw mut errstr).cast();

        (*regex).regex = ngx_http_regex_compile((*ctx).cf, &raw mut rc);
        if (*regex).regex.is_null() {
            return NGX_CONF_ERROR;
        }

        (*regex).value = var.cast();

        return NGX_CONF_OK;
    }

    if (*value).len != 0 && *(*value).data == b'\\' {
        (*value).len -= 1;
        (*value).data = (*value).data.add(1);
    }

    let rv = ngx_hash_add_key(
        &raw mut (*ctx).keys,
        value,
        var.cast(),
        if (*ctx).hostnames { NGX_HASH_WILDCARD_KEY } else { 0 },
    );

    if rv == NGX_OK {
        return NGX_CONF_OK;
    }

    if rv == NGX_DECLINED {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid hostname or wildcard \"%V\"", value);
    }

    if rv == NGX_BUSY {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "conflicting parameter \"%V\"", value);
    }

    NGX_CONF_ERROR
}
