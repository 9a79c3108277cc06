//! Port of src/http/ngx_http_script.c and .h

#[cfg(feature = "pcre")]
use crate::core::ngx_list::*;
use crate::core::{
    ngx_array::*, ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_cycle::*, ngx_file::*, ngx_log::*,
    ngx_open_file_cache::*, ngx_palloc::*, ngx_parse::*, ngx_string::*,
};
use crate::http::{ngx_http_config::*, ngx_http_core_module::*, ngx_http_request::*, ngx_http_variables::*};
use crate::os::unix::ngx_errno::*;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_script_engine_t {
    pub ip: *mut u8,
    pub pos: *mut u8,
    pub end: *mut u8,
    pub sp: *mut ngx_http_variable_value_t,
    pub buf: ngx_str_t,
    pub line: ngx_str_t,
    pub args: *mut u8,
    pub flushed: bool,
    pub skip: bool,
    pub quote: bool,
    pub is_args: bool,
    pub log: bool,
    pub status: ngx_int_t,
    pub request: *mut ngx_http_request_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_script_compile_t {
    pub cf: *mut ngx_conf_t,
    pub source: *mut ngx_str_t,
    pub flushes: *mut *mut ngx_array_t<ngx_uint_t>,
    pub lengths: *mut *mut ngx_array_t<u8>,
    pub values: *mut *mut ngx_array_t<u8>,
    pub variables: ngx_uint_t,
    pub ncaptures: ngx_uint_t,
    pub captures_mask: ngx_uint_t,
    pub size: ngx_uint_t,
    pub main: *mut c_void,
    pub compile_args: bool,
    pub complete_lengths: bool,
    pub complete_values: bool,
    pub zero: bool,
    pub conf_prefix: bool,
    pub root_prefix: bool,
    pub dup_capture: bool,
    pub args: bool,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub union ngx_http_complex_value_u {
    pub size: usize,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_complex_value_t {
    pub value: ngx_str_t,
    pub flushes: *mut ngx_uint_t,
    pub lengths: *mut c_void,
    pub values: *mut c_void,
    pub u: ngx_http_complex_value_u,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_compile_complex_value_t {
    pub cf: *mut ngx_conf_t,
    pub value: *mut ngx_str_t,
    pub complex_value: *mut ngx_http_complex_value_t,
    pub zero: bool,
    pub conf_prefix: bool,
    pub root_prefix: bool,
}

pub type ngx_http_script_code_pt = Option<unsafe fn(*mut ngx_http_script_engine_t)>;
pub type ngx_http_script_len_code_pt = Option<unsafe fn(*mut ngx_http_script_engine_t) -> ngx_uint_t>;
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_script_copy_code_t {
    pub code: ngx_http_script_code_pt,
    pub len: usize,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_script_var_code_t {
    pub code: ngx_http_script_code_pt,
    pub index: usize,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_script_var_handler_code_t {
    pub code: ngx_http_script_code_pt,
    pub handler: ngx_http_set_variable_pt,
    pub data: usize,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_script_copy_capture_code_t {
    pub code: ngx_http_script_code_pt,
    pub n: usize,
}

#[cfg(feature = "pcre")]
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_script_regex_code_t {
    pub code: ngx_http_script_code_pt,
    pub regex: *mut ngx_http_regex_t,
    pub lengths: *mut ngx_array_t<u8>,
    pub size: usize,
    pub status: usize,
    pub next: usize,
    pub test: bool,
    pub negative_test: bool,
    pub uri: bool,
    pub args: bool,
    pub add_args: bool,
    pub redirect: bool,
    pub break_cycle: bool,
    pub name: ngx_str_t,
}

#[cfg(feature = "pcre")]
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_script_regex_end_code_t {
    pub code: ngx_http_script_code_pt,
    pub uri: bool,
    pub args: bool,
    pub add_args: bool,
    pub redirect: bool,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_script_full_name_code_t {
    pub code: ngx_http_script_code_pt,
    pub conf_prefix: usize,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_script_return_code_t {
    pub code: ngx_http_script_code_pt,
    pub status: usize,
    pub text: ngx_http_complex_value_t,
}

pub const ngx_http_script_file_plain: c_uint = 0;
pub const ngx_http_script_file_not_plain: c_uint = 1;
pub const ngx_http_script_file_dir: c_uint = 2;
pub const ngx_http_script_file_not_dir: c_uint = 3;
pub const ngx_http_script_file_exists: c_uint = 4;
pub const ngx_http_script_file_not_exists: c_uint = 5;
pub const ngx_http_script_file_exec: c_uint = 6;
pub const ngx_http_script_file_not_exec: c_uint = 7;
pub type ngx_http_script_file_op_e = c_uint;
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_script_file_code_t {
    pub code: ngx_http_script_code_pt,
    pub op: usize,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_script_if_code_t {
    pub code: ngx_http_script_code_pt,
    pub next: usize,
    pub loc_conf: *mut *mut c_void,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_script_complex_value_code_t {
    pub code: ngx_http_script_code_pt,
    pub lengths: *mut ngx_array_t<u8>,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_script_complex_value_end_code_t {
    pub code: ngx_http_script_code_pt,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_script_value_code_t {
    pub code: ngx_http_script_code_pt,
    pub value: usize,
    pub text_len: usize,
    pub text_data: usize,
}

static ngx_http_script_exit_code: usize = 0;

/// Where `e.ip` points to end a script.
#[inline(always)]
pub fn ngx_http_script_exit() -> *mut u8 {
    (&raw const ngx_http_script_exit_code).cast_mut().cast()
}

/// Stores a length code in the `code` field, which has the other type.
#[inline(always)]
unsafe fn ngx_http_script_set_len_code(code: *mut ngx_http_script_code_pt, len_code: ngx_http_script_len_code_pt) {
    code.cast::<ngx_http_script_len_code_pt>().write(len_code)
}

/// Sums the length codes up to the zero that ends them.
#[inline(always)]
pub unsafe fn ngx_http_script_run_lengths(e: *mut ngx_http_script_engine_t) -> usize {
    let mut len = 0;

    while *(*e).ip.cast::<usize>() != 0 {
        let lcode: ngx_http_script_len_code_pt = *(*e).ip.cast();
        len += lcode.unwrap_unchecked()(e);
    }

    len
}

#[inline(always)]
pub unsafe fn ngx_http_script_run_codes(e: *mut ngx_http_script_engine_t) {
    while *(*e).ip.cast::<usize>() != 0 {
        let code: ngx_http_script_code_pt = *(*e).ip.cast();
        code.unwrap_unchecked()(e);
    }
}

pub unsafe fn ngx_http_script_flush_complex_value(r: *mut ngx_http_request_t, val: *mut ngx_http_complex_value_t) {
    let mut index = (*val).flushes;

    if !index.is_null() {
        while *index != usize::MAX {
            let v = (*r).variables.add(*index);

            if (*v).no_cacheable {
                (*v).valid = false;
                (*v).not_found = false;
            }

            index = index.add(1);
        }
    }
}

pub unsafe fn ngx_http_complex_value(
    r: *mut ngx_http_request_t,
    val: *mut ngx_http_complex_value_t,
    value: *mut ngx_str_t,
) -> ngx_int_t {
    if (*val).lengths.is_null() {
        *value = (*val).value;
        return NGX_OK;
    }

    ngx_http_script_flush_complex_value(r, val);

    let mut e: ngx_http_script_engine_t = core::mem::zeroed();

    e.ip = (*val).lengths.cast();
    e.request = r;
    e.flushed = true;

    let len = ngx_http_script_run_lengths(&raw mut e);

    (*value).len = len;
    (*value).data = ngx_pnalloc((*r).pool, len);
    if (*value).data.is_null() {
        return NGX_ERROR;
    }

    e.ip = (*val).values.cast();
    e.pos = (*value).data;
    e.buf = *value;
    e.end = (*value).data.add(len);

    ngx_http_script_run_codes(&raw mut e);

    if e.status != 0 {
        return NGX_ERROR;
    }

    (*value).data = e.buf.data;
    (*value).len = e.pos.offset_from_unsigned(e.buf.data);

    NGX_OK
}

pub unsafe fn ngx_http_complex_value_size(
    r: *mut ngx_http_request_t,
    val: *mut ngx_http_complex_value_t,
    default_value: usize,
) -> usize {
    if val.is_null() {
        return default_value;
    }

    if (*val).lengths.is_null() {
        return (*val).u.size;
    }

    let mut value = ngx_null_string;

    if ngx_http_complex_value(r, val, &raw mut value) != NGX_OK {
        return default_value;
    }

    let size = ngx_parse_size(&raw mut value);

    if size == NGX_ERROR {
        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0; "invalid size \"%V\"", value);
        return default_value;
    }

    size as usize
}

pub unsafe fn ngx_http_compile_complex_value(ccv: *mut ngx_http_compile_complex_value_t) -> ngx_int_t {
    let v = (*ccv).value;

    let mut nv = 0;
    let mut nc = 0;

    for i in 0..(*v).len {
        if *(*v).data.add(i) == b'$' {
            if i + 1 < (*v).len && matches!(*(*v).data.add(i + 1), b'1'..=b'9') {
                nc += 1;
            } else {
                nv += 1;
            }
        }
    }

    if ((*v).len == 0 || *(*v).data != b'$') && ((*ccv).conf_prefix || (*ccv).root_prefix) {
        if ngx_conf_full_name((*(*ccv).cf).cycle, v, (*ccv).conf_prefix as ngx_uint_t) != NGX_OK {
            return NGX_ERROR;
        }

        (*ccv).conf_prefix = false;
        (*ccv).root_prefix = false;
    }

    (*(*ccv).complex_value).value = *v;
    (*(*ccv).complex_value).flushes = null_mut();
    (*(*ccv).complex_value).lengths = null_mut();
    (*(*ccv).complex_value).values = null_mut();

    if nv == 0 && nc == 0 {
        return NGX_OK;
    }

    let mut flushes: ngx_array_t<ngx_uint_t> = core::mem::zeroed();
    let mut lengths: ngx_array_t<u8> = core::mem::zeroed();
    let mut values: ngx_array_t<u8> = core::mem::zeroed();

    let mut n = nv + 1;

    if ngx_array_init(&raw mut flushes, (*(*ccv).cf).pool, n) != NGX_OK {
        return NGX_ERROR;
    }

    n = nv * (2 * size_of::<ngx_http_script_copy_code_t>() + size_of::<ngx_http_script_var_code_t>())
        + size_of::<usize>();

    if ngx_array_init(&raw mut lengths, (*(*ccv).cf).pool, n) != NGX_OK {
        return NGX_ERROR;
    }

    n = ngx_align(n + (*v).len, size_of::<usize>());

    if ngx_array_init(&raw mut values, (*(*ccv).cf).pool, n) != NGX_OK {
        return NGX_ERROR;
    }

    let mut pf = &raw mut flushes;
    let mut pl = &raw mut lengths;
    let mut pv = &raw mut values;

    let mut sc: ngx_http_script_compile_t = core::mem::zeroed();

    sc.cf = (*ccv).cf;
    sc.source = v;
    sc.flushes = &raw mut pf;
    sc.lengths = &raw mut pl;
    sc.values = &raw mut pv;
    sc.complete_lengths = true;
    sc.complete_values = true;
    sc.zero = (*ccv).zero;
    sc.conf_prefix = (*ccv).conf_prefix;
    sc.root_prefix = (*ccv).root_prefix;

    if ngx_http_script_compile(&raw mut sc) != NGX_OK {
        return NGX_ERROR;
    }

    if flushes.nelts != 0 {
        // there is room: the array was made for one more than the variables
        (*(*ccv).complex_value).flushes = flushes.elts;
        *flushes.elts.add(flushes.nelts) = usize::MAX;
    }

    (*(*ccv).complex_value).lengths = lengths.elts.cast();
    (*(*ccv).complex_value).values = values.elts.cast();

    NGX_OK
}

pub unsafe fn ngx_http_set_complex_value_slot(
    cf: *mut ngx_conf_t,
    cmd: *const ngx_command_t,
    conf: *mut c_void,
) -> ngx_conf_ret_t {
    let cv: *mut *mut ngx_http_complex_value_t = conf.byte_add((*cmd).offset).cast();

    if *cv != NGX_CONF_UNSET_PTR() && !(*cv).is_null() {
        return NGX_CONF_MSG("is duplicate");
    }

    *cv = ngx_palloc((*cf).pool);
    if (*cv).is_null() {
        return NGX_CONF_ERROR;
    }

    let value = (*(*cf).args).elts;

    let mut ccv: ngx_http_compile_complex_value_t = core::mem::zeroed();

    ccv.cf = cf;
    ccv.value = value.add(1);
    ccv.complex_value = *cv;

    if ngx_http_compile_complex_value(&raw mut ccv) != NGX_OK {
        return NGX_CONF_ERROR;
    }

    NGX_CONF_OK
}

pub unsafe fn ngx_http_set_complex_value_zero_slot(
    cf: *mut ngx_conf_t,
    cmd: *const ngx_command_t,
    conf: *mut c_void,
) -> ngx_conf_ret_t {
    let cv: *mut *mut ngx_http_complex_value_t = conf.byte_add((*cmd).offset).cast();

    if *cv != NGX_CONF_UNSET_PTR() {
        return NGX_CONF_MSG("is duplicate");
    }

    *cv = ngx_palloc((*cf).pool);
    if (*cv).is_null() {
        return NGX_CONF_ERROR;
    }

    let value = (*(*cf).args).elts;

    let mut ccv: ngx_http_compile_complex_value_t = core::mem::zeroed();

    ccv.cf = cf;
    ccv.value = value.add(1);
    ccv.complex_value = *cv;
    ccv.zero = true;

    if ngx_http_compile_complex_value(&raw mut ccv) != NGX_OK {
        return NGX_CONF_ERROR;
    }

    NGX_CONF_OK
}

pub unsafe fn ngx_http_set_complex_value_size_slot(
    cf: *mut ngx_conf_t,
    cmd: *const ngx_command_t,
    conf: *mut c_void,
) -> ngx_conf_ret_t {
    let rv = ngx_http_set_complex_value_slot(cf, cmd, conf);

    if rv != NGX_CONF_OK {
        return rv;
    }

    let cv: *mut ngx_http_complex_value_t = *conf.byte_add((*cmd).offset).cast();

    if !(*cv).lengths.is_null() {
        return NGX_CONF_OK;
    }

    (*cv).u.size = ngx_parse_size(&raw mut (*cv).value) as usize;
    if (*cv).u.size == NGX_ERROR as usize {
        return NGX_CONF_MSG("invalid value");
    }

    NGX_CONF_OK
}

/// NGX_DECLINED as soon as one is neither empty nor "0".
pub unsafe fn ngx_http_test_predicates(
    r: *mut ngx_http_request_t,
    predicates: *mut ngx_array_t<ngx_http_complex_value_t>,
) -> ngx_int_t {
    if predicates.is_null() {
        return NGX_OK;
    }

    for i in 0..(*predicates).nelts {
        let mut val = ngx_null_string;

        if ngx_http_complex_value(r, (*predicates).elts.add(i), &raw mut val) != NGX_OK {
            return NGX_ERROR;
        }

        if val.len != 0 && (val.len != 1 || *val.data != b'0') {
            return NGX_DECLINED;
        }
    }

    NGX_OK
}

/// NGX_DECLINED as soon as one is empty or "0".
pub unsafe fn ngx_http_test_required_predicates(
    r: *mut ngx_http_request_t,
    predicates: *mut ngx_array_t<ngx_http_complex_value_t>,
) -> ngx_int_t {
    if predicates.is_null() {
        return NGX_OK;
    }

    for i in 0..(*predicates).nelts {
        let mut val = ngx_null_string;

        if ngx_http_complex_value(r, (*predicates).elts.add(i), &raw mut val) != NGX_OK {
            return NGX_ERROR;
        }

        if val.len == 0 || (val.len == 1 && *val.data == b'0') {
            return NGX_DECLINED;
        }
    }

    NGX_OK
}

pub unsafe fn ngx_http_set_predicate_slot(
    cf: *mut ngx_conf_t,
    cmd: *const ngx_command_t,
    conf: *mut c_void,
) -> ngx_conf_ret_t {
    let a: *mut *mut ngx_array_t<ngx_http_complex_value_t> = conf.byte_add((*cmd).offset).cast();

    if *a == NGX_CONF_UNSET_PTR() {
        *a = ngx_array_create((*cf).pool, 1);
        if (*a).is_null() {
            return NGX_CONF_ERROR;
        }
    }

    let value = (*(*cf).args).elts;

    for i in 1..(*(*cf).args).nelts {
        let cv = ngx_array_push(*a);
        if cv.is_null() {
            return NGX_CONF_ERROR;
        }

        let mut ccv: ngx_http_compile_complex_value_t = core::mem::zeroed();

        ccv.cf = cf;
        ccv.value = value.add(i);
        ccv.complex_value = cv;

        if ngx_http_compile_complex_value(&raw mut ccv) != NGX_OK {
            return NGX_CONF_ERROR;
        }
    }

    NGX_CONF_OK
}

pub unsafe fn ngx_http_script_variables_count(value: *mut ngx_str_t) -> ngx_uint_t {
    memchr::memchr_iter(b'$', (*value).bytes()).count()
}

/// Compiles `source` to two programs: one that sums the length, one that writes.
pub unsafe fn ngx_http_script_compile(sc: *mut ngx_http_script_compile_t) -> ngx_int_t {
    if ngx_http_script_init_arrays(sc) != NGX_OK {
        return NGX_ERROR;
    }

    let source = *(*sc).source;
    let mut i = 0;

    'invalid_variable: {
        while i < source.len {
            let mut name = ngx_null_string;

            if *source.data.add(i) == b'$' {
                i += 1;

                if i == source.len {
                    break 'invalid_variable;
                }

                if matches!(*source.data.add(i), b'1'..=b'9') {
                    #[cfg(feature = "pcre")]
                    {
                        let n = (*source.data.add(i) - b'0') as ngx_uint_t;

                        if (*sc).captures_mask & (1 << n) != 0 {
                            (*sc).dup_capture = true;
                        }

                        (*sc).captures_mask |= 1 << n;

                        if ngx_http_script_add_capture_code(sc, n) != NGX_OK {
                            return NGX_ERROR;
                        }

                        i += 1;

                        continue;
                    }

                    #[cfg(not(feature = "pcre"))]
                    {
                        ngx_conf_log_error!(NGX_LOG_EMERG, (*sc).cf, 0;
                                            "using variable \"$%c\" requires PCRE library", *source.data.add(i));
                        return NGX_ERROR;
                    }
                }

                let mut bracket = false;

                if *source.data.add(i) == b'{' {
                    bracket = true;

                    i += 1;

                    if i == source.len {
                        break 'invalid_variable;
                    }
                }

                name.data = source.data.add(i);

                while i < source.len {
                    let ch = *source.data.add(i);

                    if ch == b'}' && bracket {
                        i += 1;
                        bracket = false;
                        break;
                    }

                    if !ch.is_ascii_alphanumeric() && ch != b'_' {
                        break;
                    }

                    i += 1;
                    name.len += 1;
                }

                if bracket {
                    ngx_conf_log_error!(NGX_LOG_EMERG, (*sc).cf, 0;
                                        "the closing bracket in \"%V\" variable is missing", name);
                    return NGX_ERROR;
                }

                if name.len == 0 {
                    break 'invalid_variable;
                }

                (*sc).variables += 1;

                if ngx_http_script_add_var_code(sc, &raw mut name) != NGX_OK {
                    return NGX_ERROR;
                }

                continue;
            }

            if *source.data.add(i) == b'?' && (*sc).compile_args {
                (*sc).args = true;
                (*sc).compile_args = false;

                if ngx_http_script_add_args_code(sc) != NGX_OK {
                    return NGX_ERROR;
                }

                i += 1;

                continue;
            }

            name.data = source.data.add(i);

            while i < source.len {
                if *source.data.add(i) == b'$' {
                    break;
                }

                if *source.data.add(i) == b'?' {
                    (*sc).args = true;

                    if (*sc).compile_args {
                        break;
                    }
                }

                i += 1;
                name.len += 1;
            }

            (*sc).size += name.len;

            if ngx_http_script_add_copy_code(sc, &raw mut name, i == source.len) != NGX_OK {
                return NGX_ERROR;
            }
        }

        return ngx_http_script_done(sc);
    }

    ngx_conf_log_error!(NGX_LOG_EMERG, (*sc).cf, 0; "invalid variable name");

    NGX_ERROR
}

/// Runs both programs; `len` bytes are left free behind the value. Returns where the text ends, or NULL.
pub unsafe fn ngx_http_script_run(
    r: *mut ngx_http_request_t,
    value: *mut ngx_str_t,
    code_lengths: *mut c_void,
    len: usize,
    code_values: *mut c_void,
) -> *mut u8 {
    let cmcf: *mut ngx_http_core_main_conf_t = ngx_http_get_module_main_conf(r, &ngx_http_core_module);

    for i in 0..(*cmcf).variables.nelts {
        let v = (*r).variables.add(i);

        if (*v).no_cacheable {
            (*v).valid = false;
            (*v).not_found = false;
        }
    }

    let mut e: ngx_http_script_engine_t = core::mem::zeroed();

    e.ip = code_lengths.cast();
    e.request = r;
    e.flushed = true;

    let n = len + ngx_http_script_run_lengths(&raw mut e);

    (*value).len = n;
    (*value).data = ngx_pnalloc((*r).pool, n);
    if (*value).data.is_null() {
        return null_mut();
    }

    e.ip = code_values.cast();
    e.pos = (*value).data;

    // DEVIATION: C lets a value that has grown between the passes use the caller's `len` bytes too, behind which the
    // caller then writes as many.
    e.end = (*value).data.add(n - len);

    ngx_http_script_run_codes(&raw mut e);

    if e.status != 0 {
        return null_mut();
    }

    (*value).len = e.pos.offset_from_unsigned((*value).data) + len;

    e.pos
}

pub unsafe fn ngx_http_script_flush_no_cacheable_variables(
    r: *mut ngx_http_request_t,
    indices: *mut ngx_array_t<ngx_uint_t>,
) {
    if !indices.is_null() {
        for n in 0..(*indices).nelts {
            let v = (*r).variables.add(*(*indices).elts.add(n));

            if (*v).no_cacheable {
                (*v).valid = false;
                (*v).not_found = false;
            }
        }
    }
}

unsafe fn ngx_http_script_init_arrays(sc: *mut ngx_http_script_compile_t) -> ngx_int_t {
    let pool = (*(*sc).cf).pool;

    if !(*sc).flushes.is_null() && (*(*sc).flushes).is_null() {
        let n = if (*sc).variables != 0 { (*sc).variables } else { 1 };
        *(*sc).flushes = ngx_array_create(pool, n);
        if (*(*sc).flushes).is_null() {
            return NGX_ERROR;
        }
    }

    let n = (*sc).variables * (2 * size_of::<ngx_http_script_copy_code_t>() + size_of::<ngx_http_script_var_code_t>())
        + size_of::<usize>();

    if (*(*sc).lengths).is_null() {
        *(*sc).lengths = ngx_array_create(pool, n);
        if (*(*sc).lengths).is_null() {
            return NGX_ERROR;
        }
    }

    if (*(*sc).values).is_null() {
        *(*sc).values = ngx_array_create(pool, ngx_align(n + (*(*sc).source).len, size_of::<usize>()));
        if (*(*sc).values).is_null() {
            return NGX_ERROR;
        }
    }

    (*sc).variables = 0;

    NGX_OK
}

unsafe fn ngx_http_script_done(sc: *mut ngx_http_script_compile_t) -> ngx_int_t {
    if (*sc).zero {
        let mut zero = ngx_string!("\0");

        if ngx_http_script_add_copy_code(sc, &raw mut zero, false) != NGX_OK {
            return NGX_ERROR;
        }
    }

    if ((*sc).conf_prefix || (*sc).root_prefix) && ngx_http_script_add_full_name_code(sc) != NGX_OK {
        return NGX_ERROR;
    }

    if (*sc).complete_lengths {
        let code: *mut usize = ngx_http_script_add_code(*(*sc).lengths, size_of::<usize>(), null_mut());
        if code.is_null() {
            return NGX_ERROR;
        }

        *code = 0;
    }

    if (*sc).complete_values {
        let code: *mut usize =
            ngx_http_script_add_code(*(*sc).values, size_of::<usize>(), (&raw mut (*sc).main).cast());
        if code.is_null() {
            return NGX_ERROR;
        }

        *code = 0;
    }

    NGX_OK
}

/// Room for a code of `size` bytes, not initialised; makes the array when `*codes` is NULL.
pub unsafe fn ngx_http_script_start_code<T>(
    pool: *mut ngx_pool_t,
    codes: *mut *mut ngx_array_t<u8>,
    size: usize,
) -> *mut T {
    if (*codes).is_null() {
        *codes = ngx_array_create(pool, 256);
        if (*codes).is_null() {
            return null_mut();
        }
    }

    ngx_array_push_n(*codes, size).cast()
}

/// Room for a code of `size` bytes, not initialised. `code`, when not NULL, points to a pointer into the array,
/// which is moved when the array moves.
pub unsafe fn ngx_http_script_add_code<T>(codes: *mut ngx_array_t<u8>, size: usize, code: *mut c_void) -> *mut T {
    let elts = (*codes).elts;

    let new = ngx_array_push_n(codes, size);
    if new.is_null() {
        return null_mut();
    }

    if !code.is_null() && elts != (*codes).elts {
        let p: *mut *mut u8 = code.cast();
        *p = (*codes).elts.wrapping_add((*p).addr().wrapping_sub(elts.addr()));
    }

    new.cast()
}

/// The second pass writes no more than the first has counted: whatever changed in between, the script ends.
#[inline(always)]
pub unsafe fn ngx_http_script_check_length(e: *mut ngx_http_script_engine_t, len: usize) -> ngx_int_t {
    if (*e).end.is_null() {
        return NGX_OK;
    }

    if (*e).end.offset_from((*e).pos) < len as isize {
        ngx_log_error!(NGX_LOG_ALERT, (*(*(*e).request).connection).log, 0; "no buffer space in script copy");
        (*e).ip = ngx_http_script_exit();
        (*e).status = NGX_HTTP_INTERNAL_SERVER_ERROR;
        return NGX_ERROR;
    }

    NGX_OK
}

unsafe fn ngx_http_script_add_copy_code(
    sc: *mut ngx_http_script_compile_t,
    value: *mut ngx_str_t,
    last: bool,
) -> ngx_int_t {
    let zero = (*sc).zero && last;
    let len = (*value).len + zero as usize;

    let mut code: *mut ngx_http_script_copy_code_t =
        ngx_http_script_add_code(*(*sc).lengths, size_of::<ngx_http_script_copy_code_t>(), null_mut());
    if code.is_null() {
        return NGX_ERROR;
    }

    ngx_http_script_set_len_code(&raw mut (*code).code, Some(ngx_http_script_copy_len_code));
    (*code).len = len;

    let size = ngx_align(size_of::<ngx_http_script_copy_code_t>() + len, size_of::<usize>());

    code = ngx_http_script_add_code(*(*sc).values, size, (&raw mut (*sc).main).cast());
    if code.is_null() {
        return NGX_ERROR;
    }

    (*code).code = Some(ngx_http_script_copy_code);
    (*code).len = len;

    let p = ngx_cpymem(code.add(1).cast(), (*value).data, (*value).len);

    if zero {
        *p = 0;
        (*sc).zero = false;
    }

    NGX_OK
}

pub unsafe fn ngx_http_script_copy_len_code(e: *mut ngx_http_script_engine_t) -> usize {
    let code: *mut ngx_http_script_copy_code_t = (*e).ip.cast();

    (*e).ip = code.add(1).cast();

    (*code).len
}

pub unsafe fn ngx_http_script_copy_code(e: *mut ngx_http_script_engine_t) {
    let code: *mut ngx_http_script_copy_code_t = (*e).ip.cast();

    let p = (*e).pos;

    if !(*e).skip {
        if ngx_http_script_check_length(e, (*code).len) != NGX_OK {
            return;
        }

        (*e).pos = ngx_copy(p, code.add(1).cast(), (*code).len);
    }

    (*e).ip = code.add(1).byte_add(ngx_align((*code).len, size_of::<usize>())).cast();

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*(*e).request).connection).log, 0;
                   "http script copy: \"%*s\"", (*e).pos.offset_from(p), p);
}

unsafe fn ngx_http_script_add_var_code(sc: *mut ngx_http_script_compile_t, name: *mut ngx_str_t) -> ngx_int_t {
    let index = ngx_http_get_variable_index((*sc).cf, name);

    if index == NGX_ERROR {
        return NGX_ERROR;
    }

    if !(*sc).flushes.is_null() {
        let p = ngx_array_push(*(*sc).flushes);
        if p.is_null() {
            return NGX_ERROR;
        }

        *p = index as ngx_uint_t;
    }

    let mut code: *mut ngx_http_script_var_code_t =
        ngx_http_script_add_code(*(*sc).lengths, size_of::<ngx_http_script_var_code_t>(), null_mut());
    if code.is_null() {
        return NGX_ERROR;
    }

    ngx_http_script_set_len_code(&raw mut (*code).code, Some(ngx_http_script_copy_var_len_code));
    (*code).index = index as usize;

    code =
        ngx_http_script_add_code(*(*sc).values, size_of::<ngx_http_script_var_code_t>(), (&raw mut (*sc).main).cast());
    if code.is_null() {
        return NGX_ERROR;
    }

    (*code).code = Some(ngx_http_script_copy_var_code);
    (*code).index = index as usize;

    NGX_OK
}

pub unsafe fn ngx_http_script_copy_var_len_code(e: *mut ngx_http_script_engine_t) -> usize {
    let code: *mut ngx_http_script_var_code_t = (*e).ip.cast();

    (*e).ip = code.add(1).cast();

    let value = if (*e).flushed {
        ngx_http_get_indexed_variable((*e).request, (*code).index)
    } else {
        ngx_http_get_flushed_variable((*e).request, (*code).index)
    };

    if !value.is_null() && !(*value).not_found {
        return (*value).len as usize;
    }

    0
}

pub unsafe fn ngx_http_script_copy_var_code(e: *mut ngx_http_script_engine_t) {
    let code: *mut ngx_http_script_var_code_t = (*e).ip.cast();

    (*e).ip = code.add(1).cast();

    if !(*e).skip {
        let value = if (*e).flushed {
            ngx_http_get_indexed_variable((*e).request, (*code).index)
        } else {
            ngx_http_get_flushed_variable((*e).request, (*code).index)
        };

        if !value.is_null() && !(*value).not_found {
            if ngx_http_script_check_length(e, (*value).len as usize) != NGX_OK {
                return;
            }

            let p = (*e).pos;
            (*e).pos = ngx_copy(p, (*value).data, (*value).len as usize);

            ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*(*e).request).connection).log, 0;
                           "http script var: \"%*s\"", (*e).pos.offset_from(p), p);
        }
    }
}

unsafe fn ngx_http_script_add_args_code(sc: *mut ngx_http_script_compile_t) -> ngx_int_t {
    let code: *mut ngx_http_script_code_pt = ngx_http_script_add_code(*(*sc).lengths, size_of::<usize>(), null_mut());
    if code.is_null() {
        return NGX_ERROR;
    }

    ngx_http_script_set_len_code(code, Some(ngx_http_script_mark_args_code));

    let code: *mut ngx_http_script_code_pt =
        ngx_http_script_add_code(*(*sc).values, size_of::<usize>(), (&raw mut (*sc).main).cast());
    if code.is_null() {
        return NGX_ERROR;
    }

    *code = Some(ngx_http_script_start_args_code);

    NGX_OK
}

pub unsafe fn ngx_http_script_mark_args_code(e: *mut ngx_http_script_engine_t) -> usize {
    (*e).is_args = true;
    (*e).ip = (*e).ip.add(size_of::<usize>());

    1
}

pub unsafe fn ngx_http_script_start_args_code(e: *mut ngx_http_script_engine_t) {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*(*e).request).connection).log, 0; "http script args");

    (*e).is_args = true;
    (*e).args = (*e).pos;
    (*e).ip = (*e).ip.add(size_of::<usize>());
}

#[cfg(feature = "pcre")]
pub unsafe fn ngx_http_script_regex_start_code(e: *mut ngx_http_script_engine_t) {
    let code: *mut ngx_http_script_regex_code_t = (*e).ip.cast();

    let r = (*e).request;

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "http script regex: \"%V\"", (*code).name);

    if (*code).uri {
        (*e).line = (*r).uri;
    } else {
        (*e).sp = (*e).sp.sub(1);
        (*e).line.len = (*(*e).sp).len as usize;
        (*e).line.data = (*(*e).sp).data;
    }

    let rc = ngx_http_regex_exec(r, (*code).regex, &raw mut (*e).line);

    if rc == NGX_DECLINED {
        if (*e).log || (*(*(*r).connection).log).log_level & NGX_LOG_DEBUG_HTTP != 0 {
            ngx_log_error!(NGX_LOG_NOTICE, (*(*r).connection).log, 0;
                           "\"%V\" does not match \"%V\"", (*code).name, (*e).line);
        }

        (*r).ncaptures = 0;

        if (*code).test {
            ngx_http_script_set_test((*e).sp, (*code).negative_test);

            (*e).sp = (*e).sp.add(1);

            (*e).ip = code.add(1).cast();
            return;
        }

        (*e).ip = (*e).ip.add((*code).next);
        return;
    }

    if rc == NGX_ERROR {
        (*e).ip = ngx_http_script_exit();
        (*e).status = NGX_HTTP_INTERNAL_SERVER_ERROR;
        return;
    }

    if (*e).log || (*(*(*r).connection).log).log_level & NGX_LOG_DEBUG_HTTP != 0 {
        ngx_log_error!(NGX_LOG_NOTICE, (*(*r).connection).log, 0;
                       "\"%V\" matches \"%V\"", (*code).name, (*e).line);
    }

    if (*code).test {
        ngx_http_script_set_test((*e).sp, !(*code).negative_test);

        (*e).sp = (*e).sp.add(1);

        (*e).ip = code.add(1).cast();
        return;
    }

    if (*code).status != 0 {
        (*e).status = (*code).status as ngx_int_t;

        if !(*code).redirect {
            (*e).ip = ngx_http_script_exit();
            return;
        }
    }

    if (*code).uri {
        (*r).internal = true;
        (*r).valid_unparsed_uri = false;

        if (*code).break_cycle {
            (*r).valid_location = false;
            (*r).uri_changed = false;
        } else {
            (*r).uri_changed = true;
        }
    }

    if (*code).lengths.is_null() {
        (*e).buf.len = (*code).size;

        let cap = (*r).captures;
        let p = (*r).captures_data;

        let mut n = 2;
        while n < (*r).ncaptures {
            let len = (*cap.add(n + 1) - *cap.add(n)) as usize;

            (*e).buf.len += len;

            if (*code).uri && ((*r).quoted_uri || (*r).plus_in_uri) {
                (*e).buf.len +=
                    2 * ngx_escape_uri(null_mut(), p.wrapping_offset(*cap.add(n) as isize), len, NGX_ESCAPE_ARGS);
            }

            n += 2;
        }
    } else {
        let mut le: ngx_http_script_engine_t = core::mem::zeroed();

        le.ip = (*(*code).lengths).elts;
        le.line = (*e).line;
        le.request = r;
        le.quote = (*code).redirect;

        (*e).buf.len = ngx_http_script_run_lengths(&raw mut le);
    }

    if (*code).add_args && (*r).args.len != 0 {
        (*e).buf.len += (*r).args.len + 1;
    }

    (*e).buf.data = ngx_pnalloc((*r).pool, (*e).buf.len);
    if (*e).buf.data.is_null() {
        (*e).ip = ngx_http_script_exit();
        (*e).status = NGX_HTTP_INTERNAL_SERVER_ERROR;
        return;
    }

    (*e).is_args = false;
    (*e).quote = (*code).redirect;

    (*e).pos = (*e).buf.data;
    (*e).end = (*e).buf.data.add((*e).buf.len);

    (*e).ip = code.add(1).cast();
}

/// "1" or "": what a test leaves on the stack.
#[cfg(feature = "pcre")]
unsafe fn ngx_http_script_set_test(sp: *mut ngx_http_variable_value_t, result: bool) {
    (*sp).len = result as u32;
    (*sp).data = if result { b"1".as_ptr() } else { b"".as_ptr() }.cast_mut();
}

#[cfg(feature = "pcre")]
pub unsafe fn ngx_http_script_regex_end_code(e: *mut ngx_http_script_engine_t) {
    let code: *mut ngx_http_script_regex_end_code_t = (*e).ip.cast();

    let r = (*e).request;

    (*e).is_args = false;
    (*e).quote = false;

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "http script regex end");

    if (*code).redirect {
        let mut dst = (*e).buf.data;
        let mut src = (*e).buf.data;

        ngx_unescape_uri(
            &raw mut dst,
            &raw mut src,
            (*e).pos.offset_from_unsigned((*e).buf.data),
            NGX_UNESCAPE_REDIRECT,
        );

        if src < (*e).pos {
            dst = ngx_movemem(dst, src, (*e).pos.offset_from_unsigned(src));
        }

        (*e).pos = dst;

        if (*code).add_args && (*r).args.len != 0 {
            if ngx_http_script_check_length(e, (*r).args.len + 1) != NGX_OK {
                return;
            }

            *(*e).pos = if (*code).args { b'&' } else { b'?' };
            (*e).pos = ngx_copy((*e).pos.add(1), (*r).args.data, (*r).args.len);
        }

        (*e).buf.len = (*e).pos.offset_from_unsigned((*e).buf.data);

        if (*e).log || (*(*(*r).connection).log).log_level & NGX_LOG_DEBUG_HTTP != 0 {
            ngx_log_error!(NGX_LOG_NOTICE, (*(*r).connection).log, 0; "rewritten redirect: \"%V\"", (*e).buf);
        }

        ngx_http_clear_location(r);

        (*r).headers_out.location = ngx_list_push(&raw mut (*r).headers_out.headers);
        if (*r).headers_out.location.is_null() {
            (*e).ip = ngx_http_script_exit();
            (*e).status = NGX_HTTP_INTERNAL_SERVER_ERROR;
            return;
        }

        (*(*r).headers_out.location).hash = 1;
        (*(*r).headers_out.location).next = null_mut();
        ngx_str_set!(&raw mut (*(*r).headers_out.location).key, "Location");
        (*(*r).headers_out.location).value = (*e).buf;

        (*e).ip = code.add(1).cast();
        return;
    }

    if !(*e).args.is_null() {
        (*e).buf.len = (*e).args.offset_from_unsigned((*e).buf.data);

        if (*code).add_args && (*r).args.len != 0 {
            if ngx_http_script_check_length(e, (*r).args.len + 1) != NGX_OK {
                return;
            }

            *(*e).pos = b'&';
            (*e).pos = ngx_copy((*e).pos.add(1), (*r).args.data, (*r).args.len);
        }

        (*r).args.len = (*e).pos.offset_from_unsigned((*e).args);
        (*r).args.data = (*e).args;

        (*e).args = null_mut();
    } else {
        (*e).buf.len = (*e).pos.offset_from_unsigned((*e).buf.data);

        if !(*code).add_args {
            (*r).args.len = 0;
        }
    }

    if (*e).log || (*(*(*r).connection).log).log_level & NGX_LOG_DEBUG_HTTP != 0 {
        ngx_log_error!(NGX_LOG_NOTICE, (*(*r).connection).log, 0;
                       "rewritten data: \"%V\", args: \"%V\"", (*e).buf, (*r).args);
    }

    if (*code).uri {
        (*r).uri = (*e).buf;

        if (*r).uri.len == 0 {
            ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0; "the rewritten URI has a zero length");
            (*e).ip = ngx_http_script_exit();
            (*e).status = NGX_HTTP_INTERNAL_SERVER_ERROR;
            return;
        }

        ngx_http_set_exten(r);
    }

    (*e).ip = code.add(1).cast();
}

#[cfg(feature = "pcre")]
unsafe fn ngx_http_script_add_capture_code(sc: *mut ngx_http_script_compile_t, n: ngx_uint_t) -> ngx_int_t {
    let mut code: *mut ngx_http_script_copy_capture_code_t =
        ngx_http_script_add_code(*(*sc).lengths, size_of::<ngx_http_script_copy_capture_code_t>(), null_mut());
    if code.is_null() {
        return NGX_ERROR;
    }

    ngx_http_script_set_len_code(&raw mut (*code).code, Some(ngx_http_script_copy_capture_len_code));
    (*code).n = 2 * n;

    code = ngx_http_script_add_code(
        *(*sc).values,
        size_of::<ngx_http_script_copy_capture_code_t>(),
        (&raw mut (*sc).main).cast(),
    );
    if code.is_null() {
        return NGX_ERROR;
    }

    (*code).code = Some(ngx_http_script_copy_capture_code);
    (*code).n = 2 * n;

    if (*sc).ncaptures < n {
        (*sc).ncaptures = n;
    }

    NGX_OK
}

#[cfg(feature = "pcre")]
pub unsafe fn ngx_http_script_copy_capture_len_code(e: *mut ngx_http_script_engine_t) -> usize {
    let r = (*e).request;

    let code: *mut ngx_http_script_copy_capture_code_t = (*e).ip.cast();

    (*e).ip = code.add(1).cast();

    let n = (*code).n;

    if n < (*r).ncaptures {
        let cap = (*r).captures;
        let len = (*cap.add(n + 1) - *cap.add(n)) as usize;

        if ((*e).is_args || (*e).quote) && ((*r).quoted_uri || (*r).plus_in_uri) {
            let p = (*r).captures_data.wrapping_offset(*cap.add(n) as isize);

            return len + 2 * ngx_escape_uri(null_mut(), p, len, NGX_ESCAPE_ARGS);
        } else {
            return len;
        }
    }

    0
}

#[cfg(feature = "pcre")]
pub unsafe fn ngx_http_script_copy_capture_code(e: *mut ngx_http_script_engine_t) {
    let r = (*e).request;

    let code: *mut ngx_http_script_copy_capture_code_t = (*e).ip.cast();

    (*e).ip = code.add(1).cast();

    let n = (*code).n;

    let pos = (*e).pos;

    if n < (*r).ncaptures {
        let cap = (*r).captures;
        let len = (*cap.add(n + 1) - *cap.add(n)) as usize;
        let p = (*r).captures_data.wrapping_offset(*cap.add(n) as isize);

        if ((*e).is_args || (*e).quote) && ((*r).quoted_uri || (*r).plus_in_uri) {
            let escape = 2 * ngx_escape_uri(null_mut(), p, len, NGX_ESCAPE_ARGS);

            if ngx_http_script_check_length(e, len + escape) != NGX_OK {
                return;
            }

            (*e).pos = ngx_escape_uri(pos, p, len, NGX_ESCAPE_ARGS) as *mut u8;
        } else {
            if ngx_http_script_check_length(e, len) != NGX_OK {
                return;
            }

            (*e).pos = ngx_copy(pos, p, len);
        }
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                   "http script capture: \"%*s\"", (*e).pos.offset_from(pos), pos);
}

unsafe fn ngx_http_script_add_full_name_code(sc: *mut ngx_http_script_compile_t) -> ngx_int_t {
    let mut code: *mut ngx_http_script_full_name_code_t =
        ngx_http_script_add_code(*(*sc).lengths, size_of::<ngx_http_script_full_name_code_t>(), null_mut());
    if code.is_null() {
        return NGX_ERROR;
    }

    ngx_http_script_set_len_code(&raw mut (*code).code, Some(ngx_http_script_full_name_len_code));
    (*code).conf_prefix = (*sc).conf_prefix as usize;

    code = ngx_http_script_add_code(
        *(*sc).values,
        size_of::<ngx_http_script_full_name_code_t>(),
        (&raw mut (*sc).main).cast(),
    );
    if code.is_null() {
        return NGX_ERROR;
    }

    (*code).code = Some(ngx_http_script_full_name_code);
    (*code).conf_prefix = (*sc).conf_prefix as usize;

    NGX_OK
}

unsafe fn ngx_http_script_full_name_len_code(e: *mut ngx_http_script_engine_t) -> usize {
    let code: *mut ngx_http_script_full_name_code_t = (*e).ip.cast();

    (*e).ip = code.add(1).cast();

    if (*code).conf_prefix != 0 { (*ngx_cycle.get()).conf_prefix.len } else { (*ngx_cycle.get()).prefix.len }
}

unsafe fn ngx_http_script_full_name_code(e: *mut ngx_http_script_engine_t) {
    let code: *mut ngx_http_script_full_name_code_t = (*e).ip.cast();

    let mut value = ngx_str_t { len: (*e).pos.offset_from_unsigned((*e).buf.data), data: (*e).buf.data };

    let prefix = if (*code).conf_prefix != 0 {
        &raw mut (*ngx_cycle.get()).conf_prefix
    } else {
        &raw mut (*ngx_cycle.get()).prefix
    };

    if ngx_get_full_name((*(*e).request).pool, prefix, &raw mut value) != NGX_OK {
        (*e).ip = ngx_http_script_exit();
        (*e).status = NGX_HTTP_INTERNAL_SERVER_ERROR;
        return;
    }

    (*e).buf = value;
    (*e).pos = value.data.add(value.len);
    (*e).end = (*e).pos;

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*(*e).request).connection).log, 0; "http script fullname: \"%V\"", value);

    (*e).ip = code.add(1).cast();
}

pub unsafe fn ngx_http_script_return_code(e: *mut ngx_http_script_engine_t) {
    let code: *mut ngx_http_script_return_code_t = (*e).ip.cast();

    if ((*code).status as ngx_int_t) < NGX_HTTP_BAD_REQUEST
        || (*code).text.value.len != 0
        || !(*code).text.lengths.is_null()
    {
        (*e).status = ngx_http_send_response((*e).request, (*code).status, null_mut(), &raw mut (*code).text);
    } else {
        (*e).status = (*code).status as ngx_int_t;
    }

    (*e).ip = ngx_http_script_exit();
}

pub unsafe fn ngx_http_script_break_code(e: *mut ngx_http_script_engine_t) {
    let r = (*e).request;

    if (*r).uri_changed {
        (*r).valid_location = false;
        (*r).uri_changed = false;
    }

    (*e).ip = ngx_http_script_exit();
}

pub unsafe fn ngx_http_script_if_code(e: *mut ngx_http_script_engine_t) {
    let code: *mut ngx_http_script_if_code_t = (*e).ip.cast();

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*(*e).request).connection).log, 0; "http script if");

    (*e).sp = (*e).sp.sub(1);

    if (*(*e).sp).len != 0 && ((*(*e).sp).len != 1 || *(*(*e).sp).data != b'0') {
        if !(*code).loc_conf.is_null() {
            (*(*e).request).loc_conf = (*code).loc_conf;
            ngx_http_update_location_config((*e).request);
        }

        (*e).ip = code.add(1).cast();
        return;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*(*e).request).connection).log, 0; "http script if: false");

    (*e).ip = (*e).ip.add((*code).next);
}

pub unsafe fn ngx_http_script_equal_code(e: *mut ngx_http_script_engine_t) {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*(*e).request).connection).log, 0; "http script equal");

    (*e).sp = (*e).sp.sub(1);
    let val = (*e).sp;
    let res = (*e).sp.sub(1);

    (*e).ip = (*e).ip.add(size_of::<usize>());

    if (*val).len == (*res).len && ngx_strncmp((*val).data, (*res).data, (*res).len as usize) == 0 {
        *res = ngx_http_variable_true_value;
        return;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*(*e).request).connection).log, 0; "http script equal: no");

    *res = ngx_http_variable_null_value;
}

pub unsafe fn ngx_http_script_not_equal_code(e: *mut ngx_http_script_engine_t) {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*(*e).request).connection).log, 0; "http script not equal");

    (*e).sp = (*e).sp.sub(1);
    let val = (*e).sp;
    let res = (*e).sp.sub(1);

    (*e).ip = (*e).ip.add(size_of::<usize>());

    if (*val).len == (*res).len && ngx_strncmp((*val).data, (*res).data, (*res).len as usize) == 0 {
        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*(*e).request).connection).log, 0; "http script not equal: no");

        *res = ngx_http_variable_null_value;
        return;
    }

    *res = ngx_http_variable_true_value;
}

pub unsafe fn ngx_http_script_file_code(e: *mut ngx_http_script_engine_t) {
    let value = (*e).sp.sub(1);

    let code: *mut ngx_http_script_file_code_t = (*e).ip.cast();
    (*e).ip = code.add(1).cast();

    let mut path = ngx_str_t { len: (*value).len as usize - 1, data: (*value).data };

    let r = (*e).request;

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "http script file op %p \"%V\"", (*code).op, path);

    let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

    let mut of: ngx_open_file_info_t = core::mem::zeroed();

    of.read_ahead = (*clcf).read_ahead;
    of.directio = (*clcf).directio;
    of.valid = (*clcf).open_file_cache_valid;
    of.min_uses = (*clcf).open_file_cache_min_uses;
    of.test_only = true;
    of.errors = (*clcf).open_file_cache_errors != 0;
    of.events = (*clcf).open_file_cache_events != 0;

    if ngx_http_set_disable_symlinks(r, clcf, &raw mut path, &raw mut of) != NGX_OK {
        (*e).ip = ngx_http_script_exit();
        (*e).status = NGX_HTTP_INTERNAL_SERVER_ERROR;
        return;
    }

    let op = (*code).op as ngx_http_script_file_op_e;
    let found;

    if ngx_open_cached_file((*clcf).open_file_cache, &raw mut path, &raw mut of, (*r).pool) != NGX_OK {
        if of.err == 0 {
            (*e).ip = ngx_http_script_exit();
            (*e).status = NGX_HTTP_INTERNAL_SERVER_ERROR;
            return;
        }

        if of.err != NGX_ENOENT && of.err != NGX_ENOTDIR && of.err != NGX_ENAMETOOLONG {
            ngx_log_error!(NGX_LOG_CRIT, (*(*r).connection).log, of.err;
                           "%s \"%s\" failed", of.failed, (*value).data);
        }

        // there is none of what was asked for

        found = false;
    } else {
        found = match op {
            ngx_http_script_file_plain | ngx_http_script_file_not_plain => of.is_file,
            ngx_http_script_file_dir | ngx_http_script_file_not_dir => of.is_dir,
            ngx_http_script_file_exists | ngx_http_script_file_not_exists => of.is_file || of.is_dir || of.is_link,
            _ => of.is_exec,
        };
    }

    let not = matches!(
        op,
        ngx_http_script_file_not_plain
            | ngx_http_script_file_not_dir
            | ngx_http_script_file_not_exists
            | ngx_http_script_file_not_exec
    );

    if found == not {
        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "http script file op false");

        *value = ngx_http_variable_null_value;
        return;
    }

    *value = ngx_http_variable_true_value;
}

pub unsafe fn ngx_http_script_complex_value_code(e: *mut ngx_http_script_engine_t) {
    let code: *mut ngx_http_script_complex_value_code_t = (*e).ip.cast();

    (*e).ip = code.add(1).cast();

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*(*e).request).connection).log, 0; "http script complex value");

    let mut le: ngx_http_script_engine_t = core::mem::zeroed();

    le.ip = (*(*code).lengths).elts;
    le.line = (*e).line;
    le.request = (*e).request;
    le.is_args = (*e).is_args;
    le.quote = (*e).quote;

    let len = ngx_http_script_run_lengths(&raw mut le);

    (*e).buf.len = len;
    (*e).buf.data = ngx_pnalloc((*(*e).request).pool, len);
    if (*e).buf.data.is_null() {
        (*e).ip = ngx_http_script_exit();
        (*e).status = NGX_HTTP_INTERNAL_SERVER_ERROR;
        return;
    }

    (*e).pos = (*e).buf.data;
    (*e).end = (*e).buf.data.add(len);

    (*(*e).sp).len = (*e).buf.len as u32;
    (*(*e).sp).data = (*e).buf.data;
    (*e).sp = (*e).sp.add(1);
}

pub unsafe fn ngx_http_script_complex_value_end_code(e: *mut ngx_http_script_engine_t) {
    let val = (*e).sp.sub(1);

    (*e).ip = (*e).ip.add(size_of::<ngx_http_script_complex_value_end_code_t>());

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*(*e).request).connection).log, 0; "http script complex value end");

    if (*val).data == (*e).buf.data {
        (*val).len = (*e).pos.offset_from_unsigned((*e).buf.data) as u32;
    }
}

pub unsafe fn ngx_http_script_value_code(e: *mut ngx_http_script_engine_t) {
    let code: *mut ngx_http_script_value_code_t = (*e).ip.cast();

    (*e).ip = code.add(1).cast();

    (*(*e).sp).len = (*code).text_len as u32;
    (*(*e).sp).data = (*code).text_data as *mut u8;

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*(*e).request).connection).log, 0; "http script value: \"%v\"", (*e).sp);

    (*e).sp = (*e).sp.add(1);
}

pub unsafe fn ngx_http_script_set_var_code(e: *mut ngx_http_script_engine_t) {
    let code: *mut ngx_http_script_var_code_t = (*e).ip.cast();

    (*e).ip = code.add(1).cast();

    let r = (*e).request;

    (*e).sp = (*e).sp.sub(1);

    let v = (*r).variables.add((*code).index);

    (*v).len = (*(*e).sp).len;
    (*v).valid = true;
    (*v).no_cacheable = false;
    (*v).not_found = false;
    (*v).data = (*(*e).sp).data;

    #[cfg(feature = "debug")]
    {
        let cmcf: *mut ngx_http_core_main_conf_t = ngx_http_get_module_main_conf(r, &ngx_http_core_module);

        let v = (*cmcf).variables.elts.add((*code).index);

        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "http script set $%V", (*v).name);
    }
}

pub unsafe fn ngx_http_script_var_set_handler_code(e: *mut ngx_http_script_engine_t) {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*(*e).request).connection).log, 0; "http script set var handler");

    let code: *mut ngx_http_script_var_handler_code_t = (*e).ip.cast();

    (*e).ip = code.add(1).cast();

    (*e).sp = (*e).sp.sub(1);

    (*code).handler.unwrap()((*e).request, (*e).sp, (*code).data);
}

pub unsafe fn ngx_http_script_var_code(e: *mut ngx_http_script_engine_t) {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*(*e).request).connection).log, 0; "http script var");

    let code: *mut ngx_http_script_var_code_t = (*e).ip.cast();

    (*e).ip = code.add(1).cast();

    let value = ngx_http_get_flushed_variable((*e).request, (*code).index);

    if !value.is_null() && !(*value).not_found {
        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*(*e).request).connection).log, 0;
                       "http script var: \"%v\"", value);

        *(*e).sp = *value;
        (*e).sp = (*e).sp.add(1);

        return;
    }

    *(*e).sp = ngx_http_variable_null_value;
    (*e).sp = (*e).sp.add(1);
}

pub unsafe fn ngx_http_script_nop_code(e: *mut ngx_http_script_engine_t) {
    (*e).ip = (*e).ip.add(size_of::<usize>());
}
