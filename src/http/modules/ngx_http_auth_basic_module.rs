//! Port of src/http/modules/ngx_http_auth_basic_module.c

use crate::core::{
    ngx_array::*, ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_crypt::*, ngx_file::*, ngx_list::*, ngx_log::*,
    ngx_module::*, ngx_palloc::*, ngx_string::*,
};
use crate::http::{ngx_http_config::*, ngx_http_core_module::*, ngx_http_request::*, ngx_http_script::*};
use crate::os::unix::{ngx_errno::*, ngx_files::*};

use core::mem::MaybeUninit;

const NGX_HTTP_AUTH_BUF_SIZE: usize = 2048;

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_auth_basic_loc_conf_t {
    realm: *mut ngx_http_complex_value_t,
    user_file: *mut ngx_http_complex_value_t,
}

static ngx_http_auth_basic_commands: &[ngx_command_t] = &[
    ngx_command_t {
        name: ngx_string!("auth_basic"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_HTTP_LMT_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_http_set_complex_value_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_auth_basic_loc_conf_t, realm: *mut ngx_http_complex_value_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("auth_basic_user_file"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_HTTP_LMT_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_http_auth_basic_user_file),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_auth_basic_loc_conf_t, user_file: *mut ngx_http_complex_value_t),
        post: null(),
    },
];

static ngx_http_auth_basic_module_ctx: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: None,
    postconfiguration: Some(ngx_http_auth_basic_init),

    create_main_conf: None,
    init_main_conf: None,

    create_srv_conf: None,
    merge_srv_conf: None,

    create_loc_conf: Some(ngx_http_auth_basic_create_loc_conf),
    merge_loc_conf: Some(ngx_http_auth_basic_merge_loc_conf),
};

pub static ngx_http_auth_basic_module: ngx_module_t = ngx_module_t {
    name: c"ngx_http_auth_basic_module",
    ctx: (&raw const ngx_http_auth_basic_module_ctx).cast(),
    commands: ngx_http_auth_basic_commands,
    type_: NGX_HTTP_MODULE,
    ..NGX_MODULE_V1()
};

unsafe fn ngx_http_auth_basic_handler(r: *mut ngx_http_request_t) -> ngx_int_t {
    const sw_login: u8 = 0;
    const sw_passwd: u8 = 1;
    const sw_skip: u8 = 2;

    let alcf: *mut ngx_http_auth_basic_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_auth_basic_module);

    if (*alcf).realm.is_null() || (*alcf).user_file.is_null() {
        return NGX_DECLINED;
    }

    let mut realm = ngx_null_string;

    if ngx_http_complex_value(r, (*alcf).realm, &raw mut realm) != NGX_OK {
        return NGX_ERROR;
    }

    if realm.bytes() == b"off" {
        return NGX_DECLINED;
    }

    let mut rc = ngx_http_auth_basic_user(r);

    if rc == NGX_DECLINED {
        ngx_log_error!(NGX_LOG_INFO, (*(*r).connection).log, 0;
                       "no user/password was provided for basic authentication");

        return ngx_http_auth_basic_set_realm(r, &raw mut realm);
    }

    if rc == NGX_ERROR {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    let mut user_file = ngx_null_string;

    if ngx_http_complex_value(r, (*alcf).user_file, &raw mut user_file) != NGX_OK {
        return NGX_ERROR;
    }

    let fd = ngx_open_file(user_file.data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if fd == NGX_INVALID_FILE {
        let err = ngx_errno();
        let level;

        if err == NGX_ENOENT {
            level = NGX_LOG_ERR;
            rc = NGX_HTTP_FORBIDDEN;
        } else {
            level = NGX_LOG_CRIT;
            rc = NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        ngx_log_error!(level, (*(*r).connection).log, err; "open() \"%s\" failed", user_file.data);

        return rc;
    }

    let mut file: ngx_file_t = core::mem::zeroed();

    file.fd = fd;
    file.name = user_file;
    file.log = (*(*r).connection).log;

    let mut buf = MaybeUninit::<[u8; NGX_HTTP_AUTH_BUF_SIZE]>::uninit();
    let buf: *mut u8 = buf.as_mut_ptr().cast();

    let user = (*r).headers_in.user;

    let mut state = sw_login;
    let mut passwd = 0;
    let mut login = 0;
    let mut left = 0;
    let mut offset: off_t = 0;
    let mut i;

    'cleanup: {
        loop {
            i = left;

            let n = ngx_read_file(&raw mut file, buf.add(left), NGX_HTTP_AUTH_BUF_SIZE - left, offset);

            if n == NGX_ERROR {
                rc = NGX_HTTP_INTERNAL_SERVER_ERROR;
                break 'cleanup;
            }

            if n == 0 {
                break;
            }

            let last = left + n as usize;

            while i < last {
                let ch = *buf.add(i);

                match state {
                    sw_login => 'state: {
                        if login == 0 {
                            if ch == b'#' || ch == CR {
                                state = sw_skip;
                                break 'state;
                            }

                            if ch == LF {
                                break 'state;
                            }
                        }

                        // the user's name is followed by its ':'

                        if ch != *user.data.add(login) {
                            state = sw_skip;
                            break 'state;
                        }

                        if login == user.len {
                            state = sw_passwd;
                            passwd = i + 1;
                        }

                        login += 1;
                    }

                    sw_passwd => {
                        if ch == LF || ch == CR || ch == b':' {
                            *buf.add(i) = 0;

                            let mut pwd = ngx_str_t { len: i - passwd, data: buf.add(passwd) };

                            rc = ngx_http_auth_basic_crypt_handler(r, &raw mut pwd, &raw mut realm);
                            break 'cleanup;
                        }
                    }

                    _ => {
                        // sw_skip

                        if ch == LF {
                            state = sw_login;
                            login = 0;
                        }
                    }
                }

                i += 1;
            }

            if state == sw_passwd {
                left = last - passwd;
                ngx_memmove(buf, buf.add(passwd), left);
                passwd = 0;
            } else {
                left = 0;
            }

            offset += n as off_t;
        }

        if state == sw_passwd {
            let len = i - passwd;

            let mut pwd = ngx_str_t { len, data: ngx_pnalloc((*r).pool, len + 1) };
            if pwd.data.is_null() {
                rc = NGX_HTTP_INTERNAL_SERVER_ERROR;
                break 'cleanup;
            }

            let _ = ngx_cpystrn(pwd.data, buf.add(passwd), pwd.len + 1);

            rc = ngx_http_auth_basic_crypt_handler(r, &raw mut pwd, &raw mut realm);
            break 'cleanup;
        }

        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                       "user \"%V\" was not found in \"%s\"", user, user_file.data);

        rc = ngx_http_auth_basic_set_realm(r, &raw mut realm);
    }

    if ngx_close_file(file.fd) == NGX_FILE_ERROR {
        ngx_log_error!(NGX_LOG_ALERT, (*(*r).connection).log, ngx_errno(); "close() \"%s\" failed", user_file.data);
    }

    ngx_explicit_memzero(buf.cast(), NGX_HTTP_AUTH_BUF_SIZE);

    rc
}

unsafe fn ngx_http_auth_basic_crypt_handler(
    r: *mut ngx_http_request_t,
    passwd: *mut ngx_str_t,
    realm: *mut ngx_str_t,
) -> ngx_int_t {
    let mut encrypted: *mut u8 = null_mut();

    let rc = ngx_crypt((*r).pool, (*r).headers_in.passwd.data, (*passwd).data, &raw mut encrypted);

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                   "rc: %i user: \"%V\" salt: \"%s\"", rc, (*r).headers_in.user, (*passwd).data);

    if rc != NGX_OK {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if ngx_strcmp(encrypted, (*passwd).data) == 0 {
        return NGX_OK;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "encrypted: \"%s\"", encrypted);

    ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0; "user \"%V\": password mismatch", (*r).headers_in.user);

    ngx_http_auth_basic_set_realm(r, realm)
}

unsafe fn ngx_http_auth_basic_set_realm(r: *mut ngx_http_request_t, realm: *mut ngx_str_t) -> ngx_int_t {
    let h = ngx_list_push(&raw mut (*r).headers_out.headers);
    if h.is_null() {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    let len = "Basic realm=\"\"".len() + (*realm).len;

    let basic = ngx_pnalloc((*r).pool, len);
    if basic.is_null() {
        (*h).hash = 0;
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    let mut p = ngx_cpylit(basic, b"Basic realm=\"");
    p = ngx_cpymem(p, (*realm).data, (*realm).len);
    *p = b'"';

    (*h).hash = 1;
    (*h).next = null_mut();
    (*h).value.data = basic;
    (*h).value.len = len;

    if ngx_http_proxy_auth(r) {
        (*r).headers_out.proxy_authenticate = h;
        ngx_str_set!(&raw mut (*h).key, "Proxy-Authenticate");
        NGX_HTTP_PROXY_AUTH_REQUIRED
    } else {
        (*r).headers_out.www_authenticate = h;
        ngx_str_set!(&raw mut (*h).key, "WWW-Authenticate");
        NGX_HTTP_UNAUTHORIZED
    }
}

unsafe fn ngx_http_auth_basic_create_loc_conf(cf: *mut ngx_conf_t) -> *mut c_void {
    let conf: *mut ngx_http_auth_basic_loc_conf_t = ngx_pcalloc((*cf).pool);
    if conf.is_null() {
        return null_mut();
    }

    (*conf).realm = NGX_CONF_UNSET_PTR();
    (*conf).user_file = NGX_CONF_UNSET_PTR();

    conf.cast()
}

unsafe fn ngx_http_auth_basic_merge_loc_conf(
    _cf: *mut ngx_conf_t,
    parent: *mut c_void,
    child: *mut c_void,
) -> ngx_conf_ret_t {
    let prev: *mut ngx_http_auth_basic_loc_conf_t = parent.cast();
    let conf: *mut ngx_http_auth_basic_loc_conf_t = child.cast();

    ngx_conf_merge_ptr_value!((*conf).realm, (*prev).realm, null_mut());
    ngx_conf_merge_ptr_value!((*conf).user_file, (*prev).user_file, null_mut());

    NGX_CONF_OK
}

unsafe fn ngx_http_auth_basic_init(cf: *mut ngx_conf_t) -> ngx_int_t {
    let cmcf: *mut ngx_http_core_main_conf_t = ngx_http_conf_get_module_main_conf(cf, &ngx_http_core_module);

    let h = ngx_array_push(&raw mut (*cmcf).phases[NGX_HTTP_ACCESS_PHASE as usize].handlers);
    if h.is_null() {
        return NGX_ERROR;
    }

    *h = Some(ngx_http_auth_basic_handler);

    NGX_OK
}

unsafe fn ngx_http_auth_basic_user_file(
    cf: *mut ngx_conf_t,
    _cmd: *const ngx_command_t,
    conf: *mut c_void,
) -> ngx_conf_ret_t {
    let alcf: *mut ngx_http_auth_basic_loc_conf_t = conf.cast();

    if (*alcf).user_file != NGX_CONF_UNSET_PTR() {
        return NGX_CONF_MSG("is duplicate");
    }

    (*alcf).user_file = ngx_palloc((*cf).pool);
    if (*alcf).user_file.is_null() {
        return NGX_CONF_ERROR;
    }

    let value = (*(*cf).args).elts;

    let mut ccv: ngx_http_compile_complex_value_t = core::mem::zeroed();

    ccv.cf = cf;
    ccv.value = value.add(1);
    ccv.complex_value = (*alcf).user_file;
    ccv.zero = true;
    ccv.conf_prefix = true;

    if ngx_http_compile_complex_value(&raw mut ccv) != NGX_OK {
        return NGX_CONF_ERROR;
    }

    NGX_CONF_OK
}
