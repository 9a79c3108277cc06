//! Port of src/core/ngx_regex.c and .h, with PCRE2
//! Ours: without the feature `pcre` this module is empty; the limits of a match.

use crate::core::{
    ngx_array::*, ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_cycle::*, ngx_list::*, ngx_log::*, ngx_module::*,
    ngx_palloc::*, ngx_string::*,
};
use crate::os::unix::ngx_alloc::*;

use pcre2_sys::*;

pub const NGX_REGEX_NO_MATCHED: ngx_int_t = PCRE2_ERROR_NOMATCH as ngx_int_t; // -1

/// A pcre2_code.
pub type ngx_regex_t = pcre2_code_8;

pub const NGX_REGEX_CASELESS: ngx_uint_t = 0x00000001;
pub const NGX_REGEX_MULTILINE: ngx_uint_t = 0x00000002;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_regex_compile_t {
    pub pattern: ngx_str_t,
    pub pool: *mut ngx_pool_t,
    pub options: ngx_uint_t,

    pub regex: *mut ngx_regex_t,
    pub captures: c_int,
    pub named_captures: c_int,
    pub name_size: c_int,
    /// PCRE2's table: `named_captures` entries of `name_size` bytes, the capture's number in the first two.
    pub names: *mut u8,
    /// Room for a message; its length is the message's then.
    pub err: ngx_str_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_regex_elt_t {
    pub regex: *mut ngx_regex_t,
    pub name: *mut u8,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_regex_conf_t {
    pcre_jit: ngx_flag_t,
    /// All that the configuration has compiled.
    studies: *mut ngx_list_t<ngx_regex_elt_t>,
}

static ngx_regex_pcre_jit_post: ngx_conf_post_t = ngx_conf_post_t { post_handler: Some(ngx_regex_pcre_jit) };

static ngx_regex_commands: &[ngx_command_t] = &[ngx_command_t {
    name: ngx_string!("pcre_jit"),
    type_: NGX_MAIN_CONF | NGX_DIRECT_CONF | NGX_CONF_FLAG,
    set: Some(ngx_conf_set_flag_slot),
    conf: 0,
    offset: ngx_offsetof!(ngx_regex_conf_t, pcre_jit: ngx_flag_t),
    post: (&raw const ngx_regex_pcre_jit_post).cast(),
}];

static ngx_regex_module_ctx: ngx_core_module_t = ngx_core_module_t {
    name: ngx_string!("regex"),
    create_conf: Some(ngx_regex_create_conf),
    init_conf: Some(ngx_regex_init_conf),
};

pub static ngx_regex_module: ngx_module_t = ngx_module_t {
    name: c"ngx_regex_module",
    ctx: (&raw const ngx_regex_module_ctx).cast(),
    commands: ngx_regex_commands,
    type_: NGX_CORE_MODULE,
    init_module: Some(ngx_regex_module_init),
    ..NGX_MODULE_V1()
};

static ngx_regex_pool: ngx_global_t<*mut ngx_pool_t> = ngx_global_t::new(null_mut());
static ngx_regex_studies: ngx_global_t<*mut ngx_list_t<ngx_regex_elt_t>> = ngx_global_t::new(null_mut());
static ngx_regex_direct_alloc: ngx_global_t<ngx_uint_t> = ngx_global_t::new(0);

static ngx_regex_compile_context: ngx_global_t<*mut pcre2_compile_context_8> = ngx_global_t::new(null_mut());
/// DEVIATION: what one match may cost before it is an error (-47, -53, -63), the client's 500. PCRE2's own limits, which
/// nginx runs with, are 10,000,000 steps and 20 GB: half a second and more of a worker for "(a+)+$" and a short URI. The
/// worst that 100,000 steps were seen to cost is 12 ms, with the JIT 1 ms (x86-64, PCRE2 10.42, -O3); an expression
/// whose work grows with the square of the URI may see 1,400 bytes. 20,000 levels are a group for each byte of an URI of
/// 8 KB; an expression that calls itself may need 0.4 s for them.
const NGX_REGEX_MATCH_LIMIT: u32 = 1_000_000;
const NGX_REGEX_DEPTH_LIMIT: u32 = 20_000;
const NGX_REGEX_HEAP_LIMIT: u32 = 32 * 1024; // KB

/// Made once, by ngx_regex_init(). Without it PCRE2's limits are in force.
static ngx_regex_match_context: ngx_global_t<*mut pcre2_match_context_8> = ngx_global_t::new(null_mut());
static ngx_regex_match_data: ngx_global_t<*mut pcre2_match_data_8> = ngx_global_t::new(null_mut());
static ngx_regex_match_data_size: ngx_global_t<ngx_uint_t> = ngx_global_t::new(0);

pub unsafe fn ngx_regex_init() {
    // PCRE2 takes its allocator with a context: this one's is malloc()

    let mctx = pcre2_match_context_create_8(null_mut());

    if !mctx.is_null() {
        pcre2_set_match_limit_8(mctx, NGX_REGEX_MATCH_LIMIT);
        pcre2_set_depth_limit_8(mctx, NGX_REGEX_DEPTH_LIMIT);
        pcre2_set_heap_limit_8(mctx, NGX_REGEX_HEAP_LIMIT);
    }

    ngx_regex_match_context.set(mctx);
}

/// PCRE2 is to allocate from `pool`, or, when that is NULL, from the heap.
#[inline]
unsafe fn ngx_regex_malloc_init(pool: *mut ngx_pool_t) {
    ngx_regex_pool.set(pool);
    ngx_regex_direct_alloc.set(if pool.is_null() { 1 } else { 0 });
}

#[inline]
unsafe fn ngx_regex_malloc_done() {
    ngx_regex_pool.set(null_mut());
    ngx_regex_direct_alloc.set(0);
}

pub unsafe fn ngx_regex_compile(rc: *mut ngx_regex_compile_t) -> ngx_int_t {
    macro_rules! err {
        ($fmt:literal $(, $arg:expr)*) => {
            (*rc).err.len = ngx_snprintf!((*rc).err.data, (*rc).err.len, $fmt $(, $arg)*)
                .offset_from_unsigned((*rc).err.data)
        };
    }

    'nomem: {
        if ngx_regex_compile_context.get().is_null() {
            // from the heap: so it can be made at run time too, and kept

            ngx_regex_malloc_init(null_mut());

            let gctx = pcre2_general_context_create_8(Some(ngx_regex_malloc), Some(ngx_regex_free), null_mut());
            if gctx.is_null() {
                ngx_regex_malloc_done();
                break 'nomem;
            }

            let cctx = pcre2_compile_context_create_8(gctx);
            if cctx.is_null() {
                pcre2_general_context_free_8(gctx);
                ngx_regex_malloc_done();
                break 'nomem;
            }

            ngx_regex_compile_context.set(cctx);

            pcre2_general_context_free_8(gctx);
            ngx_regex_malloc_done();
        }

        let mut options: u32 = 0;

        if (*rc).options & NGX_REGEX_CASELESS != 0 {
            options |= PCRE2_CASELESS;
        }

        if (*rc).options & NGX_REGEX_MULTILINE != 0 {
            options |= PCRE2_MULTILINE;
        }

        if (*rc).options & !(NGX_REGEX_CASELESS | NGX_REGEX_MULTILINE) != 0 {
            err!("regex \"%V\" compilation failed: invalid options", (*rc).pattern);
            return NGX_ERROR;
        }

        ngx_regex_malloc_init((*rc).pool);

        let mut errcode: c_int = 0;
        let mut erroff: usize = 0;

        let re = pcre2_compile_8(
            (*rc).pattern.data,
            (*rc).pattern.len,
            options,
            &raw mut errcode,
            &raw mut erroff,
            ngx_regex_compile_context.get(),
        );

        ngx_regex_malloc_done();

        if re.is_null() {
            let mut errstr = [0u8; 128];
            let errstr = errstr.as_mut_ptr();

            pcre2_get_error_message_8(errcode, errstr, 128);

            if erroff == (*rc).pattern.len {
                err!("pcre2_compile() failed: %s in \"%V\"", errstr, (*rc).pattern);
            } else {
                err!(
                    "pcre2_compile() failed: %s in \"%V\" at \"%s\"",
                    errstr,
                    (*rc).pattern,
                    (*rc).pattern.data.add(erroff)
                );
            }

            return NGX_ERROR;
        }

        (*rc).regex = re;

        // there is a list only while the configuration is read

        if !ngx_regex_studies.get().is_null() {
            let elt = ngx_list_push(ngx_regex_studies.get());
            if elt.is_null() {
                break 'nomem;
            }

            (*elt).regex = (*rc).regex;
            (*elt).name = (*rc).pattern.data;
        }

        let mut n = pcre2_pattern_info_8(re, PCRE2_INFO_CAPTURECOUNT, (&raw mut (*rc).captures).cast());
        if n < 0 {
            err!("pcre2_pattern_info(\"%V\", PCRE2_INFO_CAPTURECOUNT) failed: %d", (*rc).pattern, n);
            return NGX_ERROR;
        }

        if (*rc).captures == 0 {
            return NGX_OK;
        }

        n = pcre2_pattern_info_8(re, PCRE2_INFO_NAMECOUNT, (&raw mut (*rc).named_captures).cast());
        if n < 0 {
            err!("pcre2_pattern_info(\"%V\", PCRE2_INFO_NAMECOUNT) failed: %d", (*rc).pattern, n);
            return NGX_ERROR;
        }

        if (*rc).named_captures == 0 {
            return NGX_OK;
        }

        n = pcre2_pattern_info_8(re, PCRE2_INFO_NAMEENTRYSIZE, (&raw mut (*rc).name_size).cast());
        if n < 0 {
            err!("pcre2_pattern_info(\"%V\", PCRE2_INFO_NAMEENTRYSIZE) failed: %d", (*rc).pattern, n);
            return NGX_ERROR;
        }

        n = pcre2_pattern_info_8(re, PCRE2_INFO_NAMETABLE, (&raw mut (*rc).names).cast());
        if n < 0 {
            err!("pcre2_pattern_info(\"%V\", PCRE2_INFO_NAMETABLE) failed: %d", (*rc).pattern, n);
            return NGX_ERROR;
        }

        return NGX_OK;
    }

    // nomem:

    err!("regex \"%V\" compilation failed: no memory", (*rc).pattern);
    NGX_ERROR
}

/// The number of captures that were set, all of the match being the first; NGX_REGEX_NO_MATCHED; or an error, one of
/// which is that PCRE2's limits on the work of a match were reached.
pub unsafe fn ngx_regex_exec(
    re: *mut ngx_regex_t,
    s: *mut ngx_str_t,
    captures: *mut c_int,
    size: ngx_uint_t,
) -> ngx_int_t {
    let rc;

    // pcre2_match() may want 40k and more to backtrack: not from a pool

    ngx_regex_malloc_init(null_mut());

    'failed: {
        if ngx_regex_match_data.get().is_null() || size > ngx_regex_match_data_size.get() {
            // none yet, or too small a one

            if !ngx_regex_match_data.get().is_null() {
                pcre2_match_data_free_8(ngx_regex_match_data.get());
            }

            ngx_regex_match_data_size.set(size);
            ngx_regex_match_data.set(pcre2_match_data_create_8((size / 3) as u32, null_mut()));

            if ngx_regex_match_data.get().is_null() {
                rc = PCRE2_ERROR_NOMEMORY;
                break 'failed;
            }
        }

        rc = pcre2_match_8(re, (*s).data, (*s).len, 0, 0, ngx_regex_match_data.get(), ngx_regex_match_context.get());

        if rc < 0 {
            break 'failed;
        }

        let mut n = pcre2_get_ovector_count_8(ngx_regex_match_data.get()) as ngx_uint_t;
        let ov = pcre2_get_ovector_pointer_8(ngx_regex_match_data.get());

        if n > size / 3 {
            n = size / 3;
        }

        // PCRE2_UNSET becomes -1

        for i in 0..n {
            *captures.add(i * 2) = *ov.add(i * 2) as c_int;
            *captures.add(i * 2 + 1) = *ov.add(i * 2 + 1) as c_int;
        }
    }

    // failed:

    ngx_regex_malloc_done();

    rc as ngx_int_t
}

/// NGX_OK when one of the expressions matches, NGX_DECLINED when none does.
pub unsafe fn ngx_regex_exec_array(
    a: *mut ngx_array_t<ngx_regex_elt_t>,
    s: *mut ngx_str_t,
    log: *mut ngx_log_t,
) -> ngx_int_t {
    for i in 0..(*a).nelts {
        let re = (*a).elts.add(i);

        let n = ngx_regex_exec((*re).regex, s, null_mut(), 0);

        if n == NGX_REGEX_NO_MATCHED {
            continue;
        }

        if n < 0 {
            ngx_log_error!(NGX_LOG_ALERT, log, 0;
                           "pcre2_match() failed: %i on \"%V\" using \"%s\"", n, s, (*re).name);
            return NGX_ERROR;
        }

        return NGX_OK;
    }

    NGX_DECLINED
}

// SAFETY: PCRE2 calls these two back on the thread, and within the call, that has set the globals.
unsafe extern "C" fn ngx_regex_malloc(size: usize, _data: *mut c_void) -> *mut c_void {
    if !ngx_regex_pool.get().is_null() {
        return ngx_palloc_n::<u8>(ngx_regex_pool.get(), size).cast();
    }

    if ngx_regex_direct_alloc.get() != 0 {
        return ngx_alloc(size, (*ngx_cycle.get()).log);
    }

    null_mut()
}

unsafe extern "C" fn ngx_regex_free(p: *mut c_void, _data: *mut c_void) {
    if ngx_regex_direct_alloc.get() != 0 {
        ngx_free(p);
    }
}

unsafe fn ngx_regex_cleanup(data: *mut c_void) {
    let rcf: *mut ngx_regex_conf_t = data.cast();

    let mut part = &raw mut (*(*rcf).studies).part;
    let mut elts = (*part).elts;
    let mut i = 0;

    loop {
        if i >= (*part).nelts {
            if (*part).next.is_null() {
                break;
            }

            part = (*part).next;
            elts = (*part).elts;
            i = 0;
        }

        // the pool has the expression, but not its machine code

        pcre2_code_free_8((*elts.add(i)).regex);

        i += 1;
    }

    // an error in the configuration may have kept ngx_regex_module_init() from doing it

    ngx_regex_studies.set(null_mut());

    // if the new cycle wants these at run time, it makes its own

    ngx_regex_malloc_init(null_mut());

    if !ngx_regex_compile_context.get().is_null() {
        pcre2_compile_context_free_8(ngx_regex_compile_context.get());
        ngx_regex_compile_context.set(null_mut());
    }

    if !ngx_regex_match_data.get().is_null() {
        pcre2_match_data_free_8(ngx_regex_match_data.get());
        ngx_regex_match_data.set(null_mut());
        ngx_regex_match_data_size.set(0);
    }

    ngx_regex_malloc_done();
}

unsafe fn ngx_regex_module_init(cycle: *mut ngx_cycle_t) -> ngx_int_t {
    let mut opt = false;

    let rcf: *mut ngx_regex_conf_t = ngx_get_conf((*cycle).conf_ctx, &ngx_regex_module);

    if (*rcf).pcre_jit != 0 {
        opt = true;
    }

    ngx_regex_malloc_init((*cycle).pool);

    let mut part = &raw mut (*(*rcf).studies).part;
    let mut elts = (*part).elts;
    let mut i = 0;

    loop {
        if i >= (*part).nelts {
            if (*part).next.is_null() {
                break;
            }

            part = (*part).next;
            elts = (*part).elts;
            i = 0;
        }

        let elt = elts.add(i);
        i += 1;

        if opt {
            let n = pcre2_jit_compile_8((*elt).regex, PCRE2_JIT_COMPLETE);

            if n != 0 {
                ngx_log_error!(NGX_LOG_INFO, (*cycle).log, 0;
                               "pcre2_jit_compile() failed: %d in \"%s\", ignored", n, (*elt).name);
            }
        }
    }

    ngx_regex_malloc_done();

    ngx_regex_studies.set(null_mut());

    NGX_OK
}

unsafe fn ngx_regex_create_conf(cycle: *mut ngx_cycle_t) -> *mut c_void {
    let rcf: *mut ngx_regex_conf_t = ngx_pcalloc((*cycle).pool);
    if rcf.is_null() {
        return null_mut();
    }

    (*rcf).pcre_jit = NGX_CONF_UNSET;

    let cln = ngx_pool_cleanup_add((*cycle).pool, 0);
    if cln.is_null() {
        return null_mut();
    }

    (*rcf).studies = ngx_list_create((*cycle).pool, 8);
    if (*rcf).studies.is_null() {
        return null_mut();
    }

    (*cln).handler = Some(ngx_regex_cleanup);
    (*cln).data = rcf.cast();

    ngx_regex_studies.set((*rcf).studies);

    rcf.cast()
}

unsafe fn ngx_regex_init_conf(_cycle: *mut ngx_cycle_t, conf: *mut c_void) -> ngx_conf_ret_t {
    let rcf: *mut ngx_regex_conf_t = conf.cast();

    ngx_conf_init_value!((*rcf).pcre_jit, 0);

    NGX_CONF_OK
}

unsafe fn ngx_regex_pcre_jit(cf: *mut ngx_conf_t, _post: *mut c_void, data: *mut c_void) -> ngx_conf_ret_t {
    let fp: *mut ngx_flag_t = data.cast();

    if *fp == 0 {
        return NGX_CONF_OK;
    }

    let mut jit: u32 = 0;
    let r = pcre2_config_8(PCRE2_CONFIG_JIT, (&raw mut jit).cast());

    if r != 0 || jit != 1 {
        ngx_conf_log_error!(NGX_LOG_WARN, cf, 0; "PCRE2 library does not support JIT");
        *fp = 0;
    }

    NGX_CONF_OK
}
