//! Port of src/http/modules/ngx_http_rewrite_module.c
//! Ours: ngx_http_rewrite_absolute().

use crate::core::{
    ngx_array::*, ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_log::*, ngx_module::*, ngx_palloc::*, ngx_regex::*,
    ngx_string::*,
};
use crate::http::{
    ngx_http::*, ngx_http_config::*, ngx_http_core_module::*, ngx_http_request::*, ngx_http_script::*,
    ngx_http_variables::*,
};

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_rewrite_loc_conf_t {
    codes: *mut ngx_array_t<u8>,

    stack_size: ngx_uint_t,

    log: ngx_flag_t,
    uninitialized_variable_warn: ngx_flag_t,
}

static ngx_http_rewrite_commands: &[ngx_command_t] = &[
    ngx_command_t {
        name: ngx_string!("rewrite"),
        type_: NGX_HTTP_SRV_CONF | NGX_HTTP_SIF_CONF | NGX_HTTP_LOC_CONF | NGX_HTTP_LIF_CONF | NGX_CONF_TAKE23,
        set: Some(ngx_http_rewrite),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("return"),
        type_: NGX_HTTP_SRV_CONF | NGX_HTTP_SIF_CONF | NGX_HTTP_LOC_CONF | NGX_HTTP_LIF_CONF | NGX_CONF_TAKE12,
        set: Some(ngx_http_rewrite_return),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("break"),
        type_: NGX_HTTP_SRV_CONF | NGX_HTTP_SIF_CONF | NGX_HTTP_LOC_CONF | NGX_HTTP_LIF_CONF | NGX_CONF_NOARGS,
        set: Some(ngx_http_rewrite_break),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("if"),
        type_: NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_BLOCK | NGX_CONF_1MORE,
        set: Some(ngx_http_rewrite_if),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("set"),
        type_: NGX_HTTP_SRV_CONF | NGX_HTTP_SIF_CONF | NGX_HTTP_LOC_CONF | NGX_HTTP_LIF_CONF | NGX_CONF_TAKE2,
        set: Some(ngx_http_rewrite_set),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("rewrite_log"),
        type_: NGX_HTTP_MAIN_CONF
            | NGX_HTTP_SRV_CONF
            | NGX_HTTP_SIF_CONF
            | NGX_HTTP_LOC_CONF
            | NGX_HTTP_LIF_CONF
            | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_rewrite_loc_conf_t, log: ngx_flag_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("uninitialized_variable_warn"),
        type_: NGX_HTTP_MAIN_CONF
            | NGX_HTTP_SRV_CONF
            | NGX_HTTP_SIF_CONF
            | NGX_HTTP_LOC_CONF
            | NGX_HTTP_LIF_CONF
            | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_rewrite_loc_conf_t, uninitialized_variable_warn: ngx_flag_t),
        post: null(),
    },
];

static ngx_http_rewrite_module_ctx: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: None,
    postconfiguration: Some(ngx_http_rewrite_init),

    create_main_conf: None,
    init_main_conf: None,

    create_srv_conf: None,
    merge_srv_conf: None,

    create_loc_conf: Some(ngx_http_rewrite_create_loc_conf),
    merge_loc_conf: Some(ngx_http_rewrite_merge_loc_conf),
};

pub static ngx_http_rewrite_module: ngx_module_t = ngx_module_t {
    name: c"ngx_http_rewrite_module",
    ctx: (&raw const ngx_http_rewrite_module_ctx).cast(),
    commands: ngx_http_rewrite_commands,
    type_: NGX_HTTP_MODULE,
    ..NGX_MODULE_V1()
};

unsafe fn ngx_http_rewrite_handler(r: *mut ngx_http_request_t) -> ngx_int_t {
    let cmcf: *mut ngx_http_core_main_conf_t = ngx_http_get_module_main_conf(r, &ngx_http_core_module);
    let cscf: *mut ngx_http_core_srv_conf_t = ngx_http_get_module_srv_conf(r, &ngx_http_core_module);
    let index = (*cmcf).phase_engine.location_rewrite_index as ngx_int_t;

    if (*r).phase_handler == index && (*r).loc_conf == (*(*cscf).ctx).loc_conf {
        // no location was found: the server's codes have run in the server's phase
        return NGX_DECLINED;
    }

    let rlcf: *mut ngx_http_rewrite_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_rewrite_module);

    if (*rlcf).codes.is_null() {
        return NGX_DECLINED;
    }

    let e: *mut ngx_http_script_engine_t = ngx_pcalloc((*r).pool);
    if e.is_null() {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    (*e).sp = ngx_pcalloc_n((*r).pool, (*rlcf).stack_size);
    if (*e).sp.is_null() {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    (*e).ip = (*(*rlcf).codes).elts;
    (*e).request = r;
    (*e).quote = true;
    (*e).log = (*rlcf).log != 0;
    (*e).status = NGX_DECLINED;

    ngx_http_script_run_codes(e);

    (*e).status
}

/// Called only while the variable has no value: "set" writes to r->variables itself.
unsafe fn ngx_http_rewrite_var(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    data: usize,
) -> ngx_int_t {
    let rlcf: *mut ngx_http_rewrite_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_rewrite_module);

    if (*rlcf).uninitialized_variable_warn == 0 {
        *v = ngx_http_variable_null_value;
        return NGX_OK;
    }

    let cmcf: *mut ngx_http_core_main_conf_t = ngx_http_get_module_main_conf(r, &ngx_http_core_module);

    let var = (*cmcf).variables.elts;

    ngx_log_error!(NGX_LOG_WARN, (*(*r).connection).log, 0;
                   "using uninitialized \"%V\" variable", (*var.add(data)).name);

    *v = ngx_http_variable_null_value;

    NGX_OK
}

unsafe fn ngx_http_rewrite_create_loc_conf(cf: *mut ngx_conf_t) -> *mut c_void {
    let conf: *mut ngx_http_rewrite_loc_conf_t = ngx_pcalloc((*cf).pool);
    if conf.is_null() {
        return null_mut();
    }

    (*conf).stack_size = NGX_CONF_UNSET_UINT;
    (*conf).log = NGX_CONF_UNSET;
    (*conf).uninitialized_variable_warn = NGX_CONF_UNSET;

    conf.cast()
}

unsafe fn ngx_http_rewrite_merge_loc_conf(
    _cf: *mut ngx_conf_t,
    parent: *mut c_void,
    child: *mut c_void,
) -> ngx_conf_ret_t {
    let prev: *mut ngx_http_rewrite_loc_conf_t = parent.cast();
    let conf: *mut ngx_http_rewrite_loc_conf_t = child.cast();

    ngx_conf_merge_value!((*conf).log, (*prev).log, 0);
    ngx_conf_merge_value!((*conf).uninitialized_variable_warn, (*prev).uninitialized_variable_warn, 1);
    ngx_conf_merge_uint_value!((*conf).stack_size, (*prev).stack_size, 10);

    if (*conf).codes.is_null() {
        return NGX_CONF_OK;
    }

    if (*conf).codes == (*prev).codes {
        return NGX_CONF_OK;
    }

    let code: *mut usize = ngx_array_push_n((*conf).codes, size_of::<usize>()).cast();
    if code.is_null() {
        return NGX_CONF_ERROR;
    }

    *code = 0;

    NGX_CONF_OK
}

unsafe fn ngx_http_rewrite_init(cf: *mut ngx_conf_t) -> ngx_int_t {
    let cmcf: *mut ngx_http_core_main_conf_t = ngx_http_conf_get_module_main_conf(cf, &ngx_http_core_module);

    let h = ngx_array_push(&raw mut (*cmcf).phases[NGX_HTTP_SERVER_REWRITE_PHASE as usize].handlers);
    if h.is_null() {
        return NGX_ERROR;
    }

    *h = Some(ngx_http_rewrite_handler);

    let h = ngx_array_push(&raw mut (*cmcf).phases[NGX_HTTP_REWRITE_PHASE as usize].handlers);
    if h.is_null() {
        return NGX_ERROR;
    }

    *h = Some(ngx_http_rewrite_handler);

    NGX_OK
}

/// Whether a replacement or a "return" without a code names another site.
pub unsafe fn ngx_http_rewrite_absolute(p: *const u8) -> bool {
    ngx_strncmp(p, b"http://".as_ptr(), "http://".len()) == 0
        || ngx_strncmp(p, b"https://".as_ptr(), "https://".len()) == 0
        || ngx_strncmp(p, b"$scheme".as_ptr(), "$scheme".len()) == 0
}

unsafe fn ngx_http_rewrite(cf: *mut ngx_conf_t, _cmd: *const ngx_command_t, conf: *mut c_void) -> ngx_conf_ret_t {
    let lcf: *mut ngx_http_rewrite_loc_conf_t = conf.cast();

    let mut errstr = [0; NGX_MAX_CONF_ERRSTR];

    let mut regex: *mut ngx_http_script_regex_code_t =
        ngx_http_script_start_code((*cf).pool, &raw mut (*lcf).codes, size_of::<ngx_http_script_regex_code_t>());
    if regex.is_null() {
        return NGX_CONF_ERROR;
    }

    regex.write_bytes(0, 1);

    let value = (*(*cf).args).elts;

    if (*value.add(2)).len == 0 {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "empty replacement");
        return NGX_CONF_ERROR;
    }

    let mut rc: ngx_regex_compile_t = core::mem::zeroed();

    rc.pattern = *value.add(1);
    rc.err.len = NGX_MAX_CONF_ERRSTR;
    rc.err.data = errstr.as_mut_ptr();

    (*regex).regex = ngx_http_regex_compile(cf, &raw mut rc);
    if (*regex).regex.is_null() {
        return NGX_CONF_ERROR;
    }

    (*regex).code = Some(ngx_http_script_regex_start_code);
    (*regex).uri = true;
    (*regex).name = *value.add(1);

    let replacement = value.add(2);

    if *(*replacement).data.add((*replacement).len - 1) == b'?' {
        // the request's own arguments are not wanted
        (*replacement).len -= 1;
    } else {
        (*regex).add_args = true;
    }

    let mut last = false;

    if ngx_http_rewrite_absolute((*replacement).data) {
        (*regex).status = NGX_HTTP_MOVED_TEMPORARILY as usize;
        (*regex).redirect = true;
        last = true;
    }

    if (*(*cf).args).nelts == 4 {
        match (*value.add(3)).bytes() {
            b"last" => last = true,

            b"break" => {
                (*regex).break_cycle = true;
                last = true;
            }

            b"redirect" => {
                (*regex).status = NGX_HTTP_MOVED_TEMPORARILY as usize;
                (*regex).redirect = true;
                last = true;
            }

            b"permanent" => {
                (*regex).status = NGX_HTTP_MOVED_PERMANENTLY as usize;
                (*regex).redirect = true;
                last = true;
            }

            _ => {
                ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid parameter \"%V\"", *value.add(3));
                return NGX_CONF_ERROR;
            }
        }
    }

    let mut sc: ngx_http_script_compile_t = core::mem::zeroed();

    sc.cf = cf;
    sc.source = replacement;
    sc.lengths = &raw mut (*regex).lengths;
    sc.values = &raw mut (*lcf).codes;
    sc.variables = ngx_http_script_variables_count(replacement);
    sc.main = regex.cast();
    sc.complete_lengths = true;
    sc.compile_args = !(*regex).redirect;

    if ngx_http_script_compile(&raw mut sc) != NGX_OK {
        return NGX_CONF_ERROR;
    }

    // the codes may have moved

    regex = sc.main.cast();

    (*regex).size = sc.size;
    (*regex).args = sc.args;

    if sc.variables == 0 && !sc.dup_capture {
        (*regex).lengths = null_mut();
    }

    let regex_end: *mut ngx_http_script_regex_end_code_t =
        ngx_http_script_add_code((*lcf).codes, size_of::<ngx_http_script_regex_end_code_t>(), (&raw mut regex).cast());
    if regex_end.is_null() {
        return NGX_CONF_ERROR;
    }

    (*regex_end).code = Some(ngx_http_script_regex_end_code);
    (*regex_end).uri = (*regex).uri;
    (*regex_end).args = (*regex).args;
    (*regex_end).add_args = (*regex).add_args;
    (*regex_end).redirect = (*regex).redirect;

    if last {
        let code: *mut ngx_http_script_code_pt =
            ngx_http_script_add_code((*lcf).codes, size_of::<usize>(), (&raw mut regex).cast());
        if code.is_null() {
            return NGX_CONF_ERROR;
        }

        *code = None;
    }

    (*regex).next = (*(*lcf).codes).elts.add((*(*lcf).codes).nelts).offset_from_unsigned(regex.cast());

    NGX_CONF_OK
}

unsafe fn ngx_http_rewrite_return(
    cf: *mut ngx_conf_t,
    _cmd: *const ngx_command_t,
    conf: *mut c_void,
) -> ngx_conf_ret_t {
    let lcf: *mut ngx_http_rewrite_loc_conf_t = conf.cast();

    let ret: *mut ngx_http_script_return_code_t =
        ngx_http_script_start_code((*cf).pool, &raw mut (*lcf).codes, size_of::<ngx_http_script_return_code_t>());
    if ret.is_null() {
        return NGX_CONF_ERROR;
    }

    let value = (*(*cf).args).elts;

    ret.write_bytes(0, 1);

    (*ret).code = Some(ngx_http_script_return_code);

    let p = (*value.add(1)).data;

    (*ret).status = ngx_atoi(p, (*value.add(1)).len) as usize;

    let v;

    if (*ret).status == NGX_ERROR as usize {
        if (*(*cf).args).nelts == 2 && ngx_http_rewrite_absolute(p) {
            (*ret).status = NGX_HTTP_MOVED_TEMPORARILY as usize;
            v = value.add(1);
        } else {
            ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid return code \"%V\"", *value.add(1));
            return NGX_CONF_ERROR;
        }
    } else {
        if (*ret).status > 999 {
            ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid return code \"%V\"", *value.add(1));
            return NGX_CONF_ERROR;
        }

        if (*(*cf).args).nelts == 2 {
            ngx_str_set!(&raw mut (*ret).text.value, "");
            return NGX_CONF_OK;
        }

        v = value.add(2);
    }

    let mut ccv: ngx_http_compile_complex_value_t = core::mem::zeroed();

    ccv.cf = cf;
    ccv.value = v;
    ccv.complex_value = &raw mut (*ret).text;

    if ngx_http_compile_complex_value(&raw mut ccv) != NGX_OK {
        return NGX_CONF_ERROR;
    }

    NGX_CONF_OK
}

unsafe fn ngx_http_rewrite_break(cf: *mut ngx_conf_t, _cmd: *const ngx_command_t, conf: *mut c_void) -> ngx_conf_ret_t {
    let lcf: *mut ngx_http_rewrite_loc_conf_t = conf.cast();

    let code: *mut ngx_http_script_code_pt =
        ngx_http_script_start_code((*cf).pool, &raw mut (*lcf).codes, size_of::<usize>());
    if code.is_null() {
        return NGX_CONF_ERROR;
    }

    *code = Some(ngx_http_script_break_code);

    NGX_CONF_OK
}

unsafe fn ngx_http_rewrite_if(cf: *mut ngx_conf_t, _cmd: *const ngx_command_t, conf: *mut c_void) -> ngx_conf_ret_t {
    let lcf: *mut ngx_http_rewrite_loc_conf_t = conf.cast();

    let ctx: *mut ngx_http_conf_ctx_t = ngx_pcalloc((*cf).pool);
    if ctx.is_null() {
        return NGX_CONF_ERROR;
    }

    let pctx: *mut ngx_http_conf_ctx_t = (*cf).ctx.cast();
    (*ctx).main_conf = (*pctx).main_conf;
    (*ctx).srv_conf = (*pctx).srv_conf;

    (*ctx).loc_conf = ngx_pcalloc_n((*cf).pool, ngx_http_max_module.get());
    if (*ctx).loc_conf.is_null() {
        return NGX_CONF_ERROR;
    }

    let cycle = (*cf).cycle;

    for i in 0..(*cycle).modules_n {
        let mod_ = *(*cycle).modules.add(i);

        if (*mod_).type_ != NGX_HTTP_MODULE {
            continue;
        }

        let module: *const ngx_http_module_t = (*mod_).ctx.cast();

        if let Some(create_loc_conf) = (*module).create_loc_conf {
            let mconf = create_loc_conf(cf);
            if mconf.is_null() {
                return NGX_CONF_ERROR;
            }

            *(*ctx).loc_conf.add((*mod_).ctx_index.get()) = mconf;
        }
    }

    let pclcf: *mut ngx_http_core_loc_conf_t = (*(*pctx).loc_conf.add(ngx_http_core_module.ctx_index.get())).cast();

    let clcf: *mut ngx_http_core_loc_conf_t = (*(*ctx).loc_conf.add(ngx_http_core_module.ctx_index.get())).cast();
    (*clcf).loc_conf = (*ctx).loc_conf;
    (*clcf).name = (*pclcf).name;
    (*clcf).noname = true;

    if ngx_http_add_location(cf, &raw mut (*pclcf).locations, clcf) != NGX_OK {
        return NGX_CONF_ERROR;
    }

    if ngx_http_rewrite_if_condition(cf, lcf) != NGX_CONF_OK {
        return NGX_CONF_ERROR;
    }

    let mut if_code: *mut ngx_http_script_if_code_t =
        ngx_array_push_n((*lcf).codes, size_of::<ngx_http_script_if_code_t>()).cast();
    if if_code.is_null() {
        return NGX_CONF_ERROR;
    }

    (*if_code).code = Some(ngx_http_script_if_code);

    let elts = (*(*lcf).codes).elts;

    // what stands inside the block goes to the same codes

    let nlcf: *mut ngx_http_rewrite_loc_conf_t = (*(*ctx).loc_conf.add(ngx_http_rewrite_module.ctx_index.get())).cast();
    (*nlcf).codes = (*lcf).codes;

    let save = *cf;
    (*cf).ctx = ctx.cast();

    if (*cf).cmd_type == NGX_HTTP_SRV_CONF {
        (*if_code).loc_conf = null_mut();
        (*cf).cmd_type = NGX_HTTP_SIF_CONF;
    } else {
        (*if_code).loc_conf = (*ctx).loc_conf;
        (*cf).cmd_type = NGX_HTTP_LIF_CONF;
    }

    let rv = ngx_conf_parse(cf, null_mut());

    *cf = save;

    if rv != NGX_CONF_OK {
        return rv;
    }

    if elts != (*(*lcf).codes).elts {
        if_code = (*(*lcf).codes).elts.add(if_code.addr() - elts.addr()).cast();
    }

    (*if_code).next = (*(*lcf).codes).elts.add((*(*lcf).codes).nelts).offset_from_unsigned(if_code.cast());

    // and they stay the parent's

    (*nlcf).codes = null_mut();

    NGX_CONF_OK
}

unsafe fn ngx_http_rewrite_if_condition(cf: *mut ngx_conf_t, lcf: *mut ngx_http_rewrite_loc_conf_t) -> ngx_conf_ret_t {
    let mut errstr = [0; NGX_MAX_CONF_ERRSTR];

    let value = (*(*cf).args).elts;
    let mut last = (*(*cf).args).nelts - 1;

    let first = value.add(1);

    if (*first).len < 1 || *(*first).data != b'(' {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid condition \"%V\"", *first);
        return NGX_CONF_ERROR;
    }

    let mut cur;

    if (*first).len == 1 {
        cur = 2;
    } else {
        cur = 1;
        (*first).len -= 1;
        (*first).data = (*first).data.add(1);
    }

    let end = value.add(last);

    if (*end).len < 1 || *(*end).data.add((*end).len - 1) != b')' {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid condition \"%V\"", *end);
        return NGX_CONF_ERROR;
    }

    if (*end).len == 1 {
        last -= 1;
    } else {
        (*end).len -= 1;
        *(*end).data.add((*end).len) = 0;
    }

    let operand = value.add(last);

    let mut len = (*value.add(cur)).len;
    let mut p = (*value.add(cur)).data;

    if len > 1 && *p == b'$' {
        if cur != last && cur + 2 != last {
            ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid condition \"%V\"", *value.add(cur));
            return NGX_CONF_ERROR;
        }

        if ngx_http_rewrite_variable(cf, lcf, value.add(cur)) != NGX_CONF_OK {
            return NGX_CONF_ERROR;
        }

        if cur == last {
            return NGX_CONF_OK;
        }

        cur += 1;

        len = (*value.add(cur)).len;
        p = (*value.add(cur)).data;

        if len == 1 && *p == b'=' {
            if ngx_http_rewrite_value(cf, lcf, operand) != NGX_CONF_OK {
                return NGX_CONF_ERROR;
            }

            let code: *mut ngx_http_script_code_pt =
                ngx_http_script_start_code((*cf).pool, &raw mut (*lcf).codes, size_of::<usize>());
            if code.is_null() {
                return NGX_CONF_ERROR;
            }

            *code = Some(ngx_http_script_equal_code);

            return NGX_CONF_OK;
        }

        if len == 2 && *p == b'!' && *p.add(1) == b'=' {
            if ngx_http_rewrite_value(cf, lcf, operand) != NGX_CONF_OK {
                return NGX_CONF_ERROR;
            }

            let code: *mut ngx_http_script_code_pt =
                ngx_http_script_start_code((*cf).pool, &raw mut (*lcf).codes, size_of::<usize>());
            if code.is_null() {
                return NGX_CONF_ERROR;
            }

            *code = Some(ngx_http_script_not_equal_code);
            return NGX_CONF_OK;
        }

        if matches!((*value.add(cur)).bytes(), b"~" | b"~*" | b"!~" | b"!~*") {
            let regex: *mut ngx_http_script_regex_code_t = ngx_http_script_start_code(
                (*cf).pool,
                &raw mut (*lcf).codes,
                size_of::<ngx_http_script_regex_code_t>(),
            );
            if regex.is_null() {
                return NGX_CONF_ERROR;
            }

            regex.write_bytes(0, 1);

            let mut rc: ngx_regex_compile_t = core::mem::zeroed();

            rc.pattern = *operand;
            rc.options = if *p.add(len - 1) == b'*' { NGX_REGEX_CASELESS } else { 0 };
            rc.err.len = NGX_MAX_CONF_ERRSTR;
            rc.err.data = errstr.as_mut_ptr();

            (*regex).regex = ngx_http_regex_compile(cf, &raw mut rc);
            if (*regex).regex.is_null() {
                return NGX_CONF_ERROR;
            }

            (*regex).code = Some(ngx_http_script_regex_start_code);
            (*regex).next = size_of::<ngx_http_script_regex_code_t>();
            (*regex).test = true;
            if *p == b'!' {
                (*regex).negative_test = true;
            }
            (*regex).name = *operand;

            return NGX_CONF_OK;
        }

        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "unexpected \"%V\" in condition", *value.add(cur));
        return NGX_CONF_ERROR;
    } else if (len == 2 && *p == b'-') || (len == 3 && *p == b'!' && *p.add(1) == b'-') {
        if cur + 1 != last {
            ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid condition \"%V\"", *value.add(cur));
            return NGX_CONF_ERROR;
        }

        *(*operand).data.add((*operand).len) = 0;
        (*operand).len += 1;

        if ngx_http_rewrite_value(cf, lcf, operand) != NGX_CONF_OK {
            return NGX_CONF_ERROR;
        }

        let fop: *mut ngx_http_script_file_code_t =
            ngx_http_script_start_code((*cf).pool, &raw mut (*lcf).codes, size_of::<ngx_http_script_file_code_t>());
        if fop.is_null() {
            return NGX_CONF_ERROR;
        }

        (*fop).code = Some(ngx_http_script_file_code);

        if *p.add(1) == b'f' {
            (*fop).op = ngx_http_script_file_plain as usize;
            return NGX_CONF_OK;
        }

        if *p.add(1) == b'd' {
            (*fop).op = ngx_http_script_file_dir as usize;
            return NGX_CONF_OK;
        }

        if *p.add(1) == b'e' {
            (*fop).op = ngx_http_script_file_exists as usize;
            return NGX_CONF_OK;
        }

        if *p.add(1) == b'x' {
            (*fop).op = ngx_http_script_file_exec as usize;
            return NGX_CONF_OK;
        }

        if *p == b'!' {
            if *p.add(2) == b'f' {
                (*fop).op = ngx_http_script_file_not_plain as usize;
                return NGX_CONF_OK;
            }

            if *p.add(2) == b'd' {
                (*fop).op = ngx_http_script_file_not_dir as usize;
                return NGX_CONF_OK;
            }

            if *p.add(2) == b'e' {
                (*fop).op = ngx_http_script_file_not_exists as usize;
                return NGX_CONF_OK;
            }

            if *p.add(2) == b'x' {
                (*fop).op = ngx_http_script_file_not_exec as usize;
                return NGX_CONF_OK;
            }
        }

        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid condition \"%V\"", *value.add(cur));
        return NGX_CONF_ERROR;
    }

    ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid condition \"%V\"", *value.add(cur));

    NGX_CONF_ERROR
}

unsafe fn ngx_http_rewrite_variable(
    cf: *mut ngx_conf_t,
    lcf: *mut ngx_http_rewrite_loc_conf_t,
    value: *mut ngx_str_t,
) -> ngx_conf_ret_t {
    (*value).len -= 1;
    (*value).data = (*value).data.add(1);

    let index = ngx_http_get_variable_index(cf, value);

    if index == NGX_ERROR {
        return NGX_CONF_ERROR;
    }

    let var_code: *mut ngx_http_script_var_code_t =
        ngx_http_script_start_code((*cf).pool, &raw mut (*lcf).codes, size_of::<ngx_http_script_var_code_t>());
    if var_code.is_null() {
        return NGX_CONF_ERROR;
    }

    (*var_code).code = Some(ngx_http_script_var_code);
    (*var_code).index = index as usize;

    NGX_CONF_OK
}

unsafe fn ngx_http_rewrite_set(cf: *mut ngx_conf_t, _cmd: *const ngx_command_t, conf: *mut c_void) -> ngx_conf_ret_t {
    let lcf: *mut ngx_http_rewrite_loc_conf_t = conf.cast();

    let value = (*(*cf).args).elts;
    let name = value.add(1);

    if *(*name).data != b'$' {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid variable name \"%V\"", *name);
        return NGX_CONF_ERROR;
    }

    (*name).len -= 1;
    (*name).data = (*name).data.add(1);

    let v = ngx_http_add_variable(cf, name, NGX_HTTP_VAR_CHANGEABLE | NGX_HTTP_VAR_WEAK);
    if v.is_null() {
        return NGX_CONF_ERROR;
    }

    let index = ngx_http_get_variable_index(cf, name);
    if index == NGX_ERROR {
        return NGX_CONF_ERROR;
    }

    if (*v).get_handler.is_none() {
        (*v).get_handler = Some(ngx_http_rewrite_var);
        (*v).data = index as usize;
    }

    if ngx_http_rewrite_value(cf, lcf, value.add(2)) != NGX_CONF_OK {
        return NGX_CONF_ERROR;
    }

    if (*v).set_handler.is_some() {
        let vhcode: *mut ngx_http_script_var_handler_code_t = ngx_http_script_start_code(
            (*cf).pool,
            &raw mut (*lcf).codes,
            size_of::<ngx_http_script_var_handler_code_t>(),
        );
        if vhcode.is_null() {
            return NGX_CONF_ERROR;
        }

        (*vhcode).code = Some(ngx_http_script_var_set_handler_code);
        (*vhcode).handler = (*v).set_handler;
        (*vhcode).data = (*v).data;

        return NGX_CONF_OK;
    }

    let vcode: *mut ngx_http_script_var_code_t =
        ngx_http_script_start_code((*cf).pool, &raw mut (*lcf).codes, size_of::<ngx_http_script_var_code_t>());
    if vcode.is_null() {
        return NGX_CONF_ERROR;
    }

    (*vcode).code = Some(ngx_http_script_set_var_code);
    (*vcode).index = index as usize;

    NGX_CONF_OK
}

unsafe fn ngx_http_rewrite_value(
    cf: *mut ngx_conf_t,
    lcf: *mut ngx_http_rewrite_loc_conf_t,
    value: *mut ngx_str_t,
) -> ngx_conf_ret_t {
    let n = ngx_http_script_variables_count(value);

    if n == 0 {
        let val: *mut ngx_http_script_value_code_t =
            ngx_http_script_start_code((*cf).pool, &raw mut (*lcf).codes, size_of::<ngx_http_script_value_code_t>());
        if val.is_null() {
            return NGX_CONF_ERROR;
        }

        let mut n = ngx_atoi((*value).data, (*value).len);

        if n == NGX_ERROR {
            n = 0;
        }

        (*val).code = Some(ngx_http_script_value_code);
        (*val).value = n as usize;
        (*val).text_len = (*value).len;
        (*val).text_data = (*value).data as usize;

        return NGX_CONF_OK;
    }

    let mut complex: *mut ngx_http_script_complex_value_code_t = ngx_http_script_start_code(
        (*cf).pool,
        &raw mut (*lcf).codes,
        size_of::<ngx_http_script_complex_value_code_t>(),
    );
    if complex.is_null() {
        return NGX_CONF_ERROR;
    }

    (*complex).code = Some(ngx_http_script_complex_value_code);
    (*complex).lengths = null_mut();

    let mut sc: ngx_http_script_compile_t = core::mem::zeroed();

    sc.cf = cf;
    sc.source = value;
    sc.lengths = &raw mut (*complex).lengths;
    sc.values = &raw mut (*lcf).codes;
    sc.variables = n;
    sc.complete_lengths = true;

    if ngx_http_script_compile(&raw mut sc) != NGX_OK {
        return NGX_CONF_ERROR;
    }

    let complex_end: *mut ngx_http_script_complex_value_end_code_t = ngx_http_script_add_code(
        (*lcf).codes,
        size_of::<ngx_http_script_complex_value_end_code_t>(),
        (&raw mut complex).cast(),
    );
    if complex_end.is_null() {
        return NGX_CONF_ERROR;
    }

    (*complex_end).code = Some(ngx_http_script_complex_value_end_code);

    NGX_CONF_OK
}
