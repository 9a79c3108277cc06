//! Port of src/http/modules/ngx_http_referer_module.c

#[cfg(feature = "pcre")]
use crate::core::{ngx_array::*, ngx_regex::*};
use crate::core::{
    ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_hash::*, ngx_log::*, ngx_module::*, ngx_palloc::*, ngx_string::*,
};
use crate::http::{ngx_http_config::*, ngx_http_core_module::*, ngx_http_request::*, ngx_http_variables::*};
use crate::os::unix::ngx_alloc::*;

use core::mem::MaybeUninit;

/// Stands in the hash for a referer without an URI part: any URI will do.
const NGX_HTTP_REFERER_NO_URI_PART: *mut ngx_str_t = core::ptr::without_provenance_mut(4);

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_referer_conf_t {
    hash: ngx_hash_combined_t,

    #[cfg(feature = "pcre")]
    regex: *mut ngx_array_t<ngx_regex_elt_t>,
    #[cfg(feature = "pcre")]
    server_name_regex: *mut ngx_array_t<ngx_regex_elt_t>,

    no_referer: ngx_flag_t,
    blocked_referer: ngx_flag_t,
    server_names: ngx_flag_t,

    keys: *mut ngx_hash_keys_arrays_t,

    referer_hash_max_size: ngx_uint_t,
    referer_hash_bucket_size: ngx_uint_t,
}

static ngx_http_referer_commands: &[ngx_command_t] = &[
    ngx_command_t {
        name: ngx_string!("valid_referers"),
        type_: NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_1MORE,
        set: Some(ngx_http_valid_referers),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("referer_hash_max_size"),
        type_: NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_num_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_referer_conf_t, referer_hash_max_size: ngx_uint_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("referer_hash_bucket_size"),
        type_: NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_num_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_referer_conf_t, referer_hash_bucket_size: ngx_uint_t),
        post: null(),
    },
];

static ngx_http_referer_module_ctx: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: Some(ngx_http_referer_add_variables),
    postconfiguration: None,

    create_main_conf: None,
    init_main_conf: None,

    create_srv_conf: None,
    merge_srv_conf: None,

    create_loc_conf: Some(ngx_http_referer_create_conf),
    merge_loc_conf: Some(ngx_http_referer_merge_conf),
};

pub static ngx_http_referer_module: ngx_module_t = ngx_module_t {
    name: c"ngx_http_referer_module",
    ctx: (&raw const ngx_http_referer_module_ctx).cast(),
    commands: ngx_http_referer_commands,
    type_: NGX_HTTP_MODULE,
    ..NGX_MODULE_V1()
};

static ngx_http_invalid_referer_name: ngx_str_t = ngx_string!("invalid_referer");

unsafe fn ngx_http_referer_variable(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    _data: usize,
) -> ngx_int_t {
    let rlcf: *mut ngx_http_referer_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_referer_module);

    'valid: {
        'invalid: {
            #[cfg(feature = "pcre")]
            let no_regex = (*rlcf).regex.is_null() && (*rlcf).server_name_regex.is_null();
            #[cfg(not(feature = "pcre"))]
            let no_regex = true;

            if (*rlcf).hash.hash.buckets.is_null()
                && (*rlcf).hash.wc_head.is_null()
                && (*rlcf).hash.wc_tail.is_null()
                && no_regex
            {
                break 'valid;
            }

            if (*r).headers_in.referer.is_null() {
                if (*rlcf).no_referer != 0 {
                    break 'valid;
                }

                break 'invalid;
            }

            let len = (*(*r).headers_in.referer).value.len;
            let mut ref_ = (*(*r).headers_in.referer).value.data;
            let last = ref_.add(len);

            'valid_scheme: {
                if len >= "http://i.ru".len() {
                    if ngx_strncasecmp(ref_, b"http://".as_ptr(), 7) == 0 {
                        ref_ = ref_.add(7);
                        break 'valid_scheme;
                    } else if ngx_strncasecmp(ref_, b"https://".as_ptr(), 8) == 0 {
                        ref_ = ref_.add(8);
                        break 'valid_scheme;
                    }
                }

                if (*rlcf).blocked_referer != 0 {
                    break 'valid;
                }

                break 'invalid;
            }

            let mut buf = MaybeUninit::<[u8; 256]>::uninit();
            let buf: *mut u8 = buf.as_mut_ptr().cast();

            let mut i = 0;
            let mut key = 0;
            let mut p = ref_;

            while p < last {
                if *p == b'/' || *p == b':' {
                    break;
                }

                if i == 256 {
                    break 'invalid;
                }

                *buf.add(i) = ngx_tolower(*p);
                key = ngx_hash(key, *buf.add(i));
                i += 1;
                p = p.add(1);
            }

            let host_len = p.offset_from_unsigned(ref_);

            let uri: *mut ngx_str_t = ngx_hash_find_combined(&raw mut (*rlcf).hash, key, buf, host_len).cast();

            if !uri.is_null() {
                while p < last {
                    if *p == b'/' {
                        break;
                    }
                    p = p.add(1);
                }

                let len = last.offset_from_unsigned(p);

                if uri == NGX_HTTP_REFERER_NO_URI_PART {
                    break 'valid;
                }

                if len < (*uri).len || ngx_strncmp((*uri).data, p, (*uri).len) != 0 {
                    break 'invalid;
                }

                break 'valid;
            }

            #[cfg(feature = "pcre")]
            {
                if !(*rlcf).server_name_regex.is_null() {
                    let mut referer = ngx_str_t { len: host_len, data: buf };

                    let rc = ngx_regex_exec_array((*rlcf).server_name_regex, &raw mut referer, (*(*r).connection).log);

                    if rc == NGX_OK {
                        break 'valid;
                    }

                    if rc == NGX_ERROR {
                        return rc;
                    }
                }

                if !(*rlcf).regex.is_null() {
                    let mut referer = ngx_str_t { len: last.offset_from_unsigned(ref_), data: ref_ };

                    let rc = ngx_regex_exec_array((*rlcf).regex, &raw mut referer, (*(*r).connection).log);

                    if rc == NGX_OK {
                        break 'valid;
                    }

                    if rc == NGX_ERROR {
                        return rc;
                    }
                }
            }
        }

        *v = ngx_http_variable_true_value;

        return NGX_OK;
    }

    *v = ngx_http_variable_null_value;

    NGX_OK
}

unsafe fn ngx_http_referer_add_variables(cf: *mut ngx_conf_t) -> ngx_int_t {
    let var = ngx_http_add_variable(cf, (&raw const ngx_http_invalid_referer_name).cast_mut(), NGX_HTTP_VAR_CHANGEABLE);
    if var.is_null() {
        return NGX_ERROR;
    }

    (*var).get_handler = Some(ngx_http_referer_variable);

    NGX_OK
}

unsafe fn ngx_http_referer_create_conf(cf: *mut ngx_conf_t) -> *mut c_void {
    let conf: *mut ngx_http_referer_conf_t = ngx_pcalloc((*cf).pool);
    if conf.is_null() {
        return null_mut();
    }

    #[cfg(feature = "pcre")]
    {
        (*conf).regex = NGX_CONF_UNSET_PTR();
        (*conf).server_name_regex = NGX_CONF_UNSET_PTR();
    }

    (*conf).no_referer = NGX_CONF_UNSET;
    (*conf).blocked_referer = NGX_CONF_UNSET;
    (*conf).referer_hash_max_size = NGX_CONF_UNSET_UINT;
    (*conf).referer_hash_bucket_size = NGX_CONF_UNSET_UINT;

    conf.cast()
}

unsafe fn ngx_http_referer_merge_conf(cf: *mut ngx_conf_t, parent: *mut c_void, child: *mut c_void) -> ngx_conf_ret_t {
    let prev: *mut ngx_http_referer_conf_t = parent.cast();
    let conf: *mut ngx_http_referer_conf_t = child.cast();

    if (*conf).keys.is_null() {
        (*conf).hash = (*prev).hash;

        #[cfg(feature = "pcre")]
        {
            ngx_conf_merge_ptr_value!((*conf).regex, (*prev).regex, null_mut());
            ngx_conf_merge_ptr_value!((*conf).server_name_regex, (*prev).server_name_regex, null_mut());
        }

        ngx_conf_merge_value!((*conf).no_referer, (*prev).no_referer, 0);
        ngx_conf_merge_value!((*conf).blocked_referer, (*prev).blocked_referer, 0);
        ngx_conf_merge_uint_value!((*conf).referer_hash_max_size, (*prev).referer_hash_max_size, 2048);
        ngx_conf_merge_uint_value!((*conf).referer_hash_bucket_size, (*prev).referer_hash_bucket_size, 64);

        return NGX_CONF_OK;
    }

    if (*conf).server_names == 1 {
        let cscf: *mut ngx_http_core_srv_conf_t = ngx_http_conf_get_module_srv_conf(cf, &ngx_http_core_module);

        for n in 0..(*cscf).server_names.nelts {
            let sn = (*cscf).server_names.elts.add(n);

            #[cfg(feature = "pcre")]
            if !(*sn).regex.is_null() {
                if ngx_http_add_regex_server_name(cf, conf, (*sn).regex) != NGX_OK {
                    return NGX_CONF_ERROR;
                }

                continue;
            }

            if ngx_http_add_referer(cf, (*conf).keys, &raw mut (*sn).name, null_mut()) != NGX_OK {
                return NGX_CONF_ERROR;
            }
        }
    }

    if ((*conf).no_referer == 1 || (*conf).blocked_referer == 1)
        && (*(*conf).keys).keys.nelts == 0
        && (*(*conf).keys).dns_wc_head.nelts == 0
        && (*(*conf).keys).dns_wc_tail.nelts == 0
    {
        ngx_log_error!(NGX_LOG_EMERG, (*cf).log, 0;
                       "the \"none\" or \"blocked\" referers are specified in the \"valid_referers\" directive \
                        without any valid referer");
        return NGX_CONF_ERROR;
    }

    ngx_conf_merge_uint_value!((*conf).referer_hash_max_size, (*prev).referer_hash_max_size, 2048);
    ngx_conf_merge_uint_value!((*conf).referer_hash_bucket_size, (*prev).referer_hash_bucket_size, 64);
    (*conf).referer_hash_bucket_size = ngx_align((*conf).referer_hash_bucket_size, ngx_cacheline_size.get());

    let mut hash: ngx_hash_init_t = core::mem::zeroed();

    hash.key = Some(ngx_hash_key_lc);
    hash.max_size = (*conf).referer_hash_max_size;
    hash.bucket_size = (*conf).referer_hash_bucket_size;
    hash.name = c"referer_hash".as_ptr();
    hash.pool = (*cf).pool;

    if (*(*conf).keys).keys.nelts != 0 {
        hash.hash = &raw mut (*conf).hash.hash;
        hash.temp_pool = null_mut();

        if ngx_hash_init(&raw mut hash, (*(*conf).keys).keys.elts, (*(*conf).keys).keys.nelts) != NGX_OK {
            return NGX_CONF_ERROR;
        }
    }

    if (*(*conf).keys).dns_wc_head.nelts != 0 {
        ngx_qsort(
            (*(*conf).keys).dns_wc_head.elts,
            (*(*conf).keys).dns_wc_head.nelts,
            size_of::<ngx_hash_key_t>(),
            Some(ngx_http_cmp_referer_wildcards),
        );

        hash.hash = null_mut();
        hash.temp_pool = (*cf).temp_pool;

        if ngx_hash_wildcard_init(&raw mut hash, (*(*conf).keys).dns_wc_head.elts, (*(*conf).keys).dns_wc_head.nelts)
            != NGX_OK
        {
            return NGX_CONF_ERROR;
        }

        (*conf).hash.wc_head = hash.hash.cast();
    }

    if (*(*conf).keys).dns_wc_tail.nelts != 0 {
        ngx_qsort(
            (*(*conf).keys).dns_wc_tail.elts,
            (*(*conf).keys).dns_wc_tail.nelts,
            size_of::<ngx_hash_key_t>(),
            Some(ngx_http_cmp_referer_wildcards),
        );

        hash.hash = null_mut();
        hash.temp_pool = (*cf).temp_pool;

        if ngx_hash_wildcard_init(&raw mut hash, (*(*conf).keys).dns_wc_tail.elts, (*(*conf).keys).dns_wc_tail.nelts)
            != NGX_OK
        {
            return NGX_CONF_ERROR;
        }

        (*conf).hash.wc_tail = hash.hash.cast();
    }

    #[cfg(feature = "pcre")]
    {
        ngx_conf_merge_ptr_value!((*conf).regex, (*prev).regex, null_mut());
        ngx_conf_merge_ptr_value!((*conf).server_name_regex, (*prev).server_name_regex, null_mut());
    }

    if (*conf).no_referer == NGX_CONF_UNSET {
        (*conf).no_referer = 0;
    }

    if (*conf).blocked_referer == NGX_CONF_UNSET {
        (*conf).blocked_referer = 0;
    }

    (*conf).keys = null_mut();

    NGX_CONF_OK
}

unsafe fn ngx_http_valid_referers(
    cf: *mut ngx_conf_t,
    _cmd: *const ngx_command_t,
    conf: *mut c_void,
) -> ngx_conf_ret_t {
    let rlcf: *mut ngx_http_referer_conf_t = conf.cast();

    if (*rlcf).keys.is_null() {
        (*rlcf).keys = ngx_pcalloc((*cf).temp_pool);
        if (*rlcf).keys.is_null() {
            return NGX_CONF_ERROR;
        }

        (*(*rlcf).keys).pool = (*cf).pool;
        (*(*rlcf).keys).temp_pool = (*cf).pool;

        if ngx_hash_keys_array_init((*rlcf).keys, NGX_HASH_SMALL) != NGX_OK {
            return NGX_CONF_ERROR;
        }
    }

    for i in 1..(*(*cf).args).nelts {
        let value = (*(*cf).args).elts.add(i);

        if (*value).len == 0 {
            ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid referer \"%V\"", *value);
            return NGX_CONF_ERROR;
        }

        if ngx_strcmp((*value).data, c"none".as_ptr().cast()) == 0 {
            (*rlcf).no_referer = 1;
            continue;
        }

        if ngx_strcmp((*value).data, c"blocked".as_ptr().cast()) == 0 {
            (*rlcf).blocked_referer = 1;
            continue;
        }

        if ngx_strcmp((*value).data, c"server_names".as_ptr().cast()) == 0 {
            (*rlcf).server_names = 1;
            continue;
        }

        if *(*value).data == b'~' {
            if ngx_http_add_regex_referer(cf, rlcf, value) != NGX_OK {
                return NGX_CONF_ERROR;
            }

            continue;
        }

        let mut uri = ngx_null_string;

        let p = ngx_strchr((*value).data, b'/');

        if !p.is_null() {
            uri.len = (*value).data.add((*value).len).offset_from_unsigned(p);
            uri.data = p;
            (*value).len = p.offset_from_unsigned((*value).data);
        }

        if ngx_http_add_referer(cf, (*rlcf).keys, value, &raw mut uri) != NGX_OK {
            return NGX_CONF_ERROR;
        }
    }

    NGX_CONF_OK
}

unsafe fn ngx_http_add_referer(
    cf: *mut ngx_conf_t,
    keys: *mut ngx_hash_keys_arrays_t,
    value: *mut ngx_str_t,
    uri: *mut ngx_str_t,
) -> ngx_int_t {
    let u;

    if uri.is_null() || (*uri).len == 0 {
        u = NGX_HTTP_REFERER_NO_URI_PART;
    } else {
        u = ngx_palloc((*cf).pool);
        if u.is_null() {
            return NGX_ERROR;
        }

        *u = *uri;
    }

    let rc = ngx_hash_add_key(keys, value, u.cast(), NGX_HASH_WILDCARD_KEY);

    if rc == NGX_OK {
        return NGX_OK;
    }

    if rc == NGX_DECLINED {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid hostname or wildcard \"%V\"", value);
    }

    if rc == NGX_BUSY {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "conflicting parameter \"%V\"", value);
    }

    NGX_ERROR
}

#[cfg(feature = "pcre")]
unsafe fn ngx_http_add_regex_referer(
    cf: *mut ngx_conf_t,
    rlcf: *mut ngx_http_referer_conf_t,
    name: *mut ngx_str_t,
) -> ngx_int_t {
    let mut errstr = [0; NGX_MAX_CONF_ERRSTR];

    if (*name).len == 1 {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "empty regex in \"%V\"", name);
        return NGX_ERROR;
    }

    if (*rlcf).regex == NGX_CONF_UNSET_PTR() {
        (*rlcf).regex = ngx_array_create((*cf).pool, 2);
        if (*rlcf).regex.is_null() {
            return NGX_ERROR;
        }
    }

    let re = ngx_array_push((*rlcf).regex);
    if re.is_null() {
        return NGX_ERROR;
    }

    (*name).len -= 1;
    (*name).data = (*name).data.add(1);

    let mut rc: ngx_regex_compile_t = core::mem::zeroed();

    rc.pattern = *name;
    rc.pool = (*cf).pool;
    rc.options = NGX_REGEX_CASELESS;
    rc.err.len = NGX_MAX_CONF_ERRSTR;
    rc.err.data = errstr.as_mut_ptr();

    if ngx_regex_compile(&raw mut rc) != NGX_OK {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "%V", rc.err);
        return NGX_ERROR;
    }

    (*re).regex = rc.regex;
    (*re).name = (*name).data;

    NGX_OK
}

#[cfg(not(feature = "pcre"))]
unsafe fn ngx_http_add_regex_referer(
    cf: *mut ngx_conf_t,
    _rlcf: *mut ngx_http_referer_conf_t,
    name: *mut ngx_str_t,
) -> ngx_int_t {
    ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "using regex \"%V\" requires PCRE library", name);

    NGX_ERROR
}

#[cfg(feature = "pcre")]
unsafe fn ngx_http_add_regex_server_name(
    cf: *mut ngx_conf_t,
    rlcf: *mut ngx_http_referer_conf_t,
    regex: *mut ngx_http_regex_t,
) -> ngx_int_t {
    if (*rlcf).server_name_regex == NGX_CONF_UNSET_PTR() {
        (*rlcf).server_name_regex = ngx_array_create((*cf).pool, 2);
        if (*rlcf).server_name_regex.is_null() {
            return NGX_ERROR;
        }
    }

    let re = ngx_array_push((*rlcf).server_name_regex);
    if re.is_null() {
        return NGX_ERROR;
    }

    (*re).regex = (*regex).regex;
    (*re).name = (*regex).name.data;

    NGX_OK
}

unsafe extern "C" fn ngx_http_cmp_referer_wildcards(one: *const c_void, two: *const c_void) -> c_int {
    let first: *const ngx_hash_key_t = one.cast();
    let second: *const ngx_hash_key_t = two.cast();

    ngx_dns_strcmp((*first).key.data, (*second).key.data) as c_int
}
