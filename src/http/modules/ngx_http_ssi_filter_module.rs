//! Port of src/http/modules/ngx_http_ssi_filter_module.c and .h

#[cfg(feature = "pcre")]
use crate::core::ngx_regex::*;
use crate::core::{
    ngx_array::*, ngx_buf::*, ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_hash::*, ngx_list::*, ngx_log::*,
    ngx_module::*, ngx_palloc::*, ngx_string::*, ngx_times::*,
};
use crate::http::{
    ngx_http::*, ngx_http_config::*, ngx_http_core_module::*, ngx_http_parse::*, ngx_http_request::*,
    ngx_http_script::*, ngx_http_variables::*,
};
use crate::os::unix::{ngx_alloc::*, ngx_process::*, ngx_time::*};

pub const NGX_HTTP_SSI_MAX_PARAMS: usize = 16;

pub const NGX_HTTP_SSI_COMMAND_LEN: usize = 32;
pub const NGX_HTTP_SSI_PARAM_LEN: usize = 32;
pub const NGX_HTTP_SSI_PARAMS_N: usize = 4;

pub const NGX_HTTP_SSI_COND_IF: u8 = 1;
pub const NGX_HTTP_SSI_COND_ELSE: u8 = 2;

pub const NGX_HTTP_SSI_NO_ENCODING: u8 = 0;
pub const NGX_HTTP_SSI_URL_ENCODING: u8 = 1;
pub const NGX_HTTP_SSI_ENTITY_ENCODING: u8 = 2;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_ssi_main_conf_t {
    pub hash: ngx_hash_t,
    pub commands: ngx_hash_keys_arrays_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_ssi_ctx_t {
    pub buf: *mut ngx_buf_t,

    pub pos: *mut u8,
    pub copy_start: *mut u8,
    pub copy_end: *mut u8,

    pub key: ngx_uint_t,
    pub command: ngx_str_t,
    pub params: ngx_array_t<ngx_table_elt_t>,
    pub param: *mut ngx_table_elt_t,
    pub params_array: [ngx_table_elt_t; NGX_HTTP_SSI_PARAMS_N],

    pub in_: *mut ngx_chain_t,
    pub out: *mut ngx_chain_t,
    pub last_out: *mut *mut ngx_chain_t,
    pub busy: *mut ngx_chain_t,
    pub free: *mut ngx_chain_t,

    pub state: ngx_uint_t,
    pub saved_state: ngx_uint_t,
    /// How much of "<!--" stood at the end of the previous buffer.
    pub saved: usize,
    pub looked: usize,

    pub value_len: usize,

    pub variables: *mut ngx_list_t<ngx_http_ssi_var_t>,
    pub blocks: *mut ngx_array_t<ngx_http_ssi_block_t>,

    #[cfg(feature = "pcre")]
    pub ncaptures: ngx_uint_t,
    #[cfg(feature = "pcre")]
    pub captures: *mut c_int,
    #[cfg(feature = "pcre")]
    pub captures_data: *mut u8,

    pub shared: bool,
    pub conditional: u8,
    pub encoding: u8,
    pub block: bool,
    pub output: bool,
    pub output_chosen: bool,

    pub wait: *mut ngx_http_request_t,
    pub value_buf: *mut u8,
    pub timefmt: ngx_str_t,
    pub errmsg: ngx_str_t,
}

pub type ngx_http_ssi_command_pt = Option<
    unsafe fn(r: *mut ngx_http_request_t, ctx: *mut ngx_http_ssi_ctx_t, params: *mut *mut ngx_str_t) -> ngx_int_t,
>;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_ssi_param_t {
    pub name: ngx_str_t,
    pub index: ngx_uint_t,

    pub mandatory: bool,
    pub multiple: bool,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_ssi_command_t {
    pub name: ngx_str_t,
    pub handler: ngx_http_ssi_command_pt,
    pub params: &'static [ngx_http_ssi_param_t],

    pub conditional: u8,
    pub block: bool,
    pub flush: bool,
}

const NGX_HTTP_SSI_ERROR: ngx_int_t = 1;

const NGX_HTTP_SSI_DATE_LEN: usize = 2048;

const NGX_HTTP_SSI_ADD_PREFIX: ngx_uint_t = 1;
const NGX_HTTP_SSI_ADD_ZERO: ngx_uint_t = 2;

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_ssi_loc_conf_t {
    enable: ngx_flag_t,
    silent_errors: ngx_flag_t,
    ignore_recycled_buffers: ngx_flag_t,
    last_modified: ngx_flag_t,

    types: ngx_hash_t,

    min_file_chunk: usize,
    value_len: usize,

    types_keys: *mut ngx_array_t<ngx_hash_key_t>,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_ssi_var_t {
    name: ngx_str_t,
    key: ngx_uint_t,
    value: ngx_str_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_ssi_block_t {
    name: ngx_str_t,
    bufs: *mut ngx_chain_t,
    count: ngx_uint_t,
}

const ssi_start_state: ngx_uint_t = 0;
const ssi_tag_state: ngx_uint_t = 1;
const ssi_comment0_state: ngx_uint_t = 2;
const ssi_comment1_state: ngx_uint_t = 3;
const ssi_sharp_state: ngx_uint_t = 4;
const ssi_precommand_state: ngx_uint_t = 5;
const ssi_command_state: ngx_uint_t = 6;
const ssi_preparam_state: ngx_uint_t = 7;
const ssi_param_state: ngx_uint_t = 8;
const ssi_preequal_state: ngx_uint_t = 9;
const ssi_prevalue_state: ngx_uint_t = 10;
const ssi_double_quoted_value_state: ngx_uint_t = 11;
const ssi_quoted_value_state: ngx_uint_t = 12;
const ssi_quoted_symbol_state: ngx_uint_t = 13;
const ssi_postparam_state: ngx_uint_t = 14;
const ssi_comment_end0_state: ngx_uint_t = 15;
const ssi_comment_end1_state: ngx_uint_t = 16;
const ssi_error_state: ngx_uint_t = 17;
const ssi_error_end0_state: ngx_uint_t = 18;
const ssi_error_end1_state: ngx_uint_t = 19;

static ngx_http_ssi_filter_commands: &[ngx_command_t] = &[
    ngx_command_t {
        name: ngx_string!("ssi"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_HTTP_LIF_CONF | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_ssi_loc_conf_t, enable: ngx_flag_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("ssi_silent_errors"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_ssi_loc_conf_t, silent_errors: ngx_flag_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("ssi_ignore_recycled_buffers"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_ssi_loc_conf_t, ignore_recycled_buffers: ngx_flag_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("ssi_min_file_chunk"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_size_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_ssi_loc_conf_t, min_file_chunk: usize),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("ssi_value_length"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_size_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_ssi_loc_conf_t, value_len: usize),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("ssi_types"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_1MORE,
        set: Some(ngx_http_types_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_ssi_loc_conf_t, types_keys: *mut ngx_array_t<ngx_hash_key_t>),
        post: (&raw const ngx_http_html_default_types).cast(),
    },
    ngx_command_t {
        name: ngx_string!("ssi_last_modified"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_ssi_loc_conf_t, last_modified: ngx_flag_t),
        post: null(),
    },
];

static ngx_http_ssi_filter_module_ctx: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: Some(ngx_http_ssi_preconfiguration),
    postconfiguration: Some(ngx_http_ssi_filter_init),

    create_main_conf: Some(ngx_http_ssi_create_main_conf),
    init_main_conf: Some(ngx_http_ssi_init_main_conf),

    create_srv_conf: None,
    merge_srv_conf: None,

    create_loc_conf: Some(ngx_http_ssi_create_loc_conf),
    merge_loc_conf: Some(ngx_http_ssi_merge_loc_conf),
};

pub static ngx_http_ssi_filter_module: ngx_module_t = ngx_module_t {
    name: c"ngx_http_ssi_filter_module",
    ctx: (&raw const ngx_http_ssi_filter_module_ctx).cast(),
    commands: ngx_http_ssi_filter_commands,
    type_: NGX_HTTP_MODULE,
    ..NGX_MODULE_V1()
};

static ngx_http_next_header_filter: ngx_global_t<ngx_http_output_header_filter_pt> = ngx_global_t::new(None);
static ngx_http_next_body_filter: ngx_global_t<ngx_http_output_body_filter_pt> = ngx_global_t::new(None);

static ngx_http_ssi_string: [u8; 4] = *b"<!--";

static ngx_http_ssi_none: ngx_str_t = ngx_string!("(none)");
static ngx_http_ssi_timefmt: ngx_str_t = ngx_string!("%A, %d-%b-%Y %H:%M:%S %Z");

const NGX_HTTP_SSI_INCLUDE_VIRTUAL: usize = 0;
const NGX_HTTP_SSI_INCLUDE_FILE: usize = 1;
const NGX_HTTP_SSI_INCLUDE_WAIT: usize = 2;
const NGX_HTTP_SSI_INCLUDE_SET: usize = 3;
const NGX_HTTP_SSI_INCLUDE_STUB: usize = 4;

const NGX_HTTP_SSI_ECHO_VAR: usize = 0;
const NGX_HTTP_SSI_ECHO_DEFAULT: usize = 1;
const NGX_HTTP_SSI_ECHO_ENCODING: usize = 2;

const NGX_HTTP_SSI_CONFIG_ERRMSG: usize = 0;
const NGX_HTTP_SSI_CONFIG_TIMEFMT: usize = 1;

const NGX_HTTP_SSI_SET_VAR: usize = 0;
const NGX_HTTP_SSI_SET_VALUE: usize = 1;

const NGX_HTTP_SSI_IF_EXPR: usize = 0;

const NGX_HTTP_SSI_BLOCK_NAME: usize = 0;

// SAFETY: the tables point to literals.
unsafe impl Sync for ngx_http_ssi_param_t {}
unsafe impl Sync for ngx_http_ssi_command_t {}

const fn ngx_http_ssi_param(name: ngx_str_t, index: ngx_uint_t, mandatory: bool) -> ngx_http_ssi_param_t {
    ngx_http_ssi_param_t { name, index, mandatory, multiple: false }
}

static ngx_http_ssi_include_params: &[ngx_http_ssi_param_t] = &[
    ngx_http_ssi_param(ngx_string!("virtual"), NGX_HTTP_SSI_INCLUDE_VIRTUAL, false),
    ngx_http_ssi_param(ngx_string!("file"), NGX_HTTP_SSI_INCLUDE_FILE, false),
    ngx_http_ssi_param(ngx_string!("wait"), NGX_HTTP_SSI_INCLUDE_WAIT, false),
    ngx_http_ssi_param(ngx_string!("set"), NGX_HTTP_SSI_INCLUDE_SET, false),
    ngx_http_ssi_param(ngx_string!("stub"), NGX_HTTP_SSI_INCLUDE_STUB, false),
];

static ngx_http_ssi_echo_params: &[ngx_http_ssi_param_t] = &[
    ngx_http_ssi_param(ngx_string!("var"), NGX_HTTP_SSI_ECHO_VAR, true),
    ngx_http_ssi_param(ngx_string!("default"), NGX_HTTP_SSI_ECHO_DEFAULT, false),
    ngx_http_ssi_param(ngx_string!("encoding"), NGX_HTTP_SSI_ECHO_ENCODING, false),
];

static ngx_http_ssi_config_params: &[ngx_http_ssi_param_t] = &[
    ngx_http_ssi_param(ngx_string!("errmsg"), NGX_HTTP_SSI_CONFIG_ERRMSG, false),
    ngx_http_ssi_param(ngx_string!("timefmt"), NGX_HTTP_SSI_CONFIG_TIMEFMT, false),
];

static ngx_http_ssi_set_params: &[ngx_http_ssi_param_t] = &[
    ngx_http_ssi_param(ngx_string!("var"), NGX_HTTP_SSI_SET_VAR, true),
    ngx_http_ssi_param(ngx_string!("value"), NGX_HTTP_SSI_SET_VALUE, true),
];

static ngx_http_ssi_if_params: &[ngx_http_ssi_param_t] =
    &[ngx_http_ssi_param(ngx_string!("expr"), NGX_HTTP_SSI_IF_EXPR, true)];

static ngx_http_ssi_block_params: &[ngx_http_ssi_param_t] =
    &[ngx_http_ssi_param(ngx_string!("name"), NGX_HTTP_SSI_BLOCK_NAME, true)];

static ngx_http_ssi_no_params: &[ngx_http_ssi_param_t] = &[];

static ngx_http_ssi_commands: &[ngx_http_ssi_command_t] = &[
    ngx_http_ssi_command_t {
        name: ngx_string!("include"),
        handler: Some(ngx_http_ssi_include),
        params: ngx_http_ssi_include_params,
        conditional: 0,
        block: false,
        flush: true,
    },
    ngx_http_ssi_command_t {
        name: ngx_string!("echo"),
        handler: Some(ngx_http_ssi_echo),
        params: ngx_http_ssi_echo_params,
        conditional: 0,
        block: false,
        flush: false,
    },
    ngx_http_ssi_command_t {
        name: ngx_string!("config"),
        handler: Some(ngx_http_ssi_config),
        params: ngx_http_ssi_config_params,
        conditional: 0,
        block: false,
        flush: false,
    },
    ngx_http_ssi_command_t {
        name: ngx_string!("set"),
        handler: Some(ngx_http_ssi_set),
        params: ngx_http_ssi_set_params,
        conditional: 0,
        block: false,
        flush: false,
    },
    ngx_http_ssi_command_t {
        name: ngx_string!("if"),
        handler: Some(ngx_http_ssi_if),
        params: ngx_http_ssi_if_params,
        conditional: 0,
        block: false,
        flush: false,
    },
    ngx_http_ssi_command_t {
        name: ngx_string!("elif"),
        handler: Some(ngx_http_ssi_if),
        params: ngx_http_ssi_if_params,
        conditional: NGX_HTTP_SSI_COND_IF,
        block: false,
        flush: false,
    },
    ngx_http_ssi_command_t {
        name: ngx_string!("else"),
        handler: Some(ngx_http_ssi_else),
        params: ngx_http_ssi_no_params,
        conditional: NGX_HTTP_SSI_COND_IF,
        block: false,
        flush: false,
    },
    ngx_http_ssi_command_t {
        name: ngx_string!("endif"),
        handler: Some(ngx_http_ssi_endif),
        params: ngx_http_ssi_no_params,
        conditional: NGX_HTTP_SSI_COND_ELSE,
        block: false,
        flush: false,
    },
    ngx_http_ssi_command_t {
        name: ngx_string!("block"),
        handler: Some(ngx_http_ssi_block),
        params: ngx_http_ssi_block_params,
        conditional: 0,
        block: false,
        flush: false,
    },
    ngx_http_ssi_command_t {
        name: ngx_string!("endblock"),
        handler: Some(ngx_http_ssi_endblock),
        params: ngx_http_ssi_no_params,
        conditional: 0,
        block: true,
        flush: false,
    },
];

static ngx_http_ssi_vars: &[ngx_http_variable_t] = &[
    ngx_http_variable_t {
        name: ngx_string!("date_local"),
        set_handler: None,
        get_handler: Some(ngx_http_ssi_date_gmt_local_variable),
        data: 0,
        flags: NGX_HTTP_VAR_NOCACHEABLE,
        index: 0,
    },
    ngx_http_variable_t {
        name: ngx_string!("date_gmt"),
        set_handler: None,
        get_handler: Some(ngx_http_ssi_date_gmt_local_variable),
        data: 1,
        flags: NGX_HTTP_VAR_NOCACHEABLE,
        index: 0,
    },
];

unsafe fn ngx_http_ssi_header_filter(r: *mut ngx_http_request_t) -> ngx_int_t {
    let slcf: *mut ngx_http_ssi_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_ssi_filter_module);

    if (*slcf).enable == 0
        || (*r).headers_out.content_length_n == 0
        || ngx_http_test_content_type(r, &raw mut (*slcf).types).is_null()
    {
        return ngx_http_next_header_filter.get().unwrap()(r);
    }

    let mctx: *mut ngx_http_ssi_ctx_t = ngx_http_get_module_ctx((*r).main, &ngx_http_ssi_filter_module);

    let ctx: *mut ngx_http_ssi_ctx_t = ngx_pcalloc((*r).pool);
    if ctx.is_null() {
        return NGX_ERROR;
    }

    ngx_http_set_ctx(r, ctx, &ngx_http_ssi_filter_module);

    (*ctx).value_len = (*slcf).value_len;
    (*ctx).last_out = &raw mut (*ctx).out;

    (*ctx).encoding = NGX_HTTP_SSI_ENTITY_ENCODING;
    (*ctx).output = true;

    (*ctx).params.elts = (&raw mut (*ctx).params_array).cast();
    (*ctx).params.size = size_of::<ngx_table_elt_t>();
    (*ctx).params.nalloc = NGX_HTTP_SSI_PARAMS_N;
    (*ctx).params.pool = (*r).pool;

    (*ctx).timefmt = ngx_http_ssi_timefmt;
    ngx_str_set!(&raw mut (*ctx).errmsg, "[an error occurred while processing the directive]");

    (*r).filter_need_in_memory = true;

    if r == (*r).main {
        if !mctx.is_null() {
            // a subrequest's context has stood in for this one: variables and blocks are taken over

            (*ctx).variables = (*mctx).variables;
            (*ctx).blocks = (*mctx).blocks;

            #[cfg(feature = "pcre")]
            {
                (*ctx).ncaptures = (*mctx).ncaptures;
                (*ctx).captures = (*mctx).captures;
                (*ctx).captures_data = (*mctx).captures_data;
            }

            (*mctx).shared = false;
        }

        ngx_http_clear_content_length(r);
        ngx_http_clear_accept_ranges(r);

        (*r).preserve_body = true;

        if (*slcf).last_modified == 0 {
            ngx_http_clear_last_modified(r);
            ngx_http_clear_etag(r);
        } else {
            ngx_http_weak_etag(r);
        }
    } else if mctx.is_null() {
        ngx_http_set_ctx((*r).main, ctx, &ngx_http_ssi_filter_module);
        (*ctx).shared = true;
    }

    ngx_http_next_header_filter.get().unwrap()(r)
}

unsafe fn ngx_http_ssi_body_filter(r: *mut ngx_http_request_t, in_: *mut ngx_chain_t) -> ngx_int_t {
    let mut params: [*mut ngx_str_t; NGX_HTTP_SSI_MAX_PARAMS + 1];

    let ctx: *mut ngx_http_ssi_ctx_t = ngx_http_get_module_ctx(r, &ngx_http_ssi_filter_module);

    if ctx.is_null()
        || ((*ctx).shared && r == (*r).main)
        || (in_.is_null() && (*ctx).buf.is_null() && (*ctx).in_.is_null() && (*ctx).busy.is_null())
    {
        return ngx_http_next_body_filter.get().unwrap()(r, in_);
    }

    if !in_.is_null() && ngx_chain_add_copy((*r).pool, &raw mut (*ctx).in_, in_) != NGX_OK {
        return NGX_ERROR;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                   "http ssi filter \"%V?%V\"", (*r).uri, (*r).args);

    if !(*ctx).wait.is_null() {
        if r != (*(*r).connection).data.cast() {
            ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                           "http ssi filter wait \"%V?%V\" non-active", (*(*ctx).wait).uri, (*(*ctx).wait).args);

            return NGX_AGAIN;
        }

        if (*(*ctx).wait).done {
            ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                           "http ssi filter wait \"%V?%V\" done", (*(*ctx).wait).uri, (*(*ctx).wait).args);

            (*ctx).wait = null_mut();
        } else {
            ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                           "http ssi filter wait \"%V?%V\"", (*(*ctx).wait).uri, (*(*ctx).wait).args);

            return ngx_http_next_body_filter.get().unwrap()(r, null_mut());
        }
    }

    let slcf: *mut ngx_http_ssi_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_ssi_filter_module);

    let mut cl;

    while !(*ctx).in_.is_null() || !(*ctx).buf.is_null() {
        if (*ctx).buf.is_null() {
            cl = (*ctx).in_;
            (*ctx).buf = (*cl).buf;
            (*ctx).in_ = (*cl).next;
            (*ctx).pos = (*(*ctx).buf).pos;

            ngx_free_chain((*r).pool, cl);
        }

        if (*ctx).state == ssi_start_state {
            (*ctx).copy_start = (*ctx).pos;
            (*ctx).copy_end = (*ctx).pos;
        }

        let mut b: *mut ngx_buf_t = null_mut();

        'next: while (*ctx).pos < (*(*ctx).buf).last {
            ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                           "saved: %uz state: %ui", (*ctx).saved, (*ctx).state);

            let mut rc = ngx_http_ssi_parse(r, ctx);

            ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                           "parse: %i, looked: %uz %p-%p", rc, (*ctx).looked, (*ctx).copy_start, (*ctx).copy_end);

            if rc == NGX_ERROR {
                return rc;
            }

            if (*ctx).copy_start != (*ctx).copy_end {
                if (*ctx).output {
                    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "saved: %uz", (*ctx).saved);

                    if (*ctx).saved != 0 {
                        cl = ngx_chain_get_free_buf((*r).pool, &raw mut (*ctx).free);
                        if cl.is_null() {
                            return NGX_ERROR;
                        }

                        b = (*cl).buf;
                        ngx_memzero(b, size_of::<ngx_buf_t>());

                        (*b).memory = true;
                        (*b).pos = ngx_http_ssi_string.as_ptr().cast_mut();
                        (*b).last = (*b).pos.add((*ctx).saved);

                        *(*ctx).last_out = cl;
                        (*ctx).last_out = &raw mut (*cl).next;

                        (*ctx).saved = 0;
                    }

                    cl = ngx_chain_get_free_buf((*r).pool, &raw mut (*ctx).free);
                    if cl.is_null() {
                        return NGX_ERROR;
                    }

                    b = (*cl).buf;

                    *b = *(*ctx).buf;

                    (*b).pos = (*ctx).copy_start;
                    (*b).last = (*ctx).copy_end;
                    (*b).shadow = null_mut();
                    (*b).last_buf = false;
                    (*b).recycled = false;

                    if (*b).in_file {
                        if (*slcf).min_file_chunk < (*b).last.offset_from_unsigned((*b).pos) {
                            (*b).file_last = (*b).file_pos + (*b).last.offset_from((*(*ctx).buf).pos) as off_t;
                            (*b).file_pos += (*b).pos.offset_from((*(*ctx).buf).pos) as off_t;
                        } else {
                            (*b).in_file = false;
                        }
                    }

                    (*cl).next = null_mut();
                    *(*ctx).last_out = cl;
                    (*ctx).last_out = &raw mut (*cl).next;
                } else {
                    let len = (*ctx).copy_end.offset_from_unsigned((*ctx).copy_start);

                    if (*ctx).block && (*ctx).saved + len != 0 {
                        b = ngx_create_temp_buf((*r).pool, (*ctx).saved + len);
                        if b.is_null() {
                            return NGX_ERROR;
                        }

                        if (*ctx).saved != 0 {
                            (*b).last = ngx_cpymem((*b).pos, ngx_http_ssi_string.as_ptr(), (*ctx).saved);
                        }

                        (*b).last = ngx_cpymem((*b).last, (*ctx).copy_start, len);

                        cl = ngx_alloc_chain_link((*r).pool);
                        if cl.is_null() {
                            return NGX_ERROR;
                        }

                        (*cl).buf = b;
                        (*cl).next = null_mut();

                        b = null_mut();

                        ngx_http_ssi_block_add(r, cl);
                    }

                    (*ctx).saved = 0;
                }
            }

            if (*ctx).state == ssi_start_state {
                (*ctx).copy_start = (*ctx).pos;
                (*ctx).copy_end = (*ctx).pos;
            } else {
                (*ctx).copy_start = null_mut();
                (*ctx).copy_end = null_mut();
            }

            if rc == NGX_AGAIN {
                continue;
            }

            b = null_mut();

            'ssi_error: {
                if rc == NGX_OK {
                    let smcf: *mut ngx_http_ssi_main_conf_t =
                        ngx_http_get_module_main_conf(r, &ngx_http_ssi_filter_module);

                    let cmd: *const ngx_http_ssi_command_t =
                        ngx_hash_find(&raw mut (*smcf).hash, (*ctx).key, (*ctx).command.data, (*ctx).command.len)
                            .cast();

                    if cmd.is_null() {
                        if (*ctx).output {
                            ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                                           "invalid SSI command: \"%V\"", (*ctx).command);
                            break 'ssi_error;
                        }

                        continue 'next;
                    }

                    let param = (*ctx).params.elts;

                    if !(*ctx).output && !(*cmd).block {
                        if (*ctx).block {
                            // inside of a block: the text of the command belongs to it

                            let mut len = 5 + (*ctx).command.len + 4;

                            for i in 0..(*ctx).params.nelts {
                                len += 1 + (*param.add(i)).key.len + 2 + (*param.add(i)).value.len + 1;
                            }

                            b = ngx_create_temp_buf((*r).pool, len);
                            if b.is_null() {
                                return NGX_ERROR;
                            }

                            cl = ngx_alloc_chain_link((*r).pool);
                            if cl.is_null() {
                                return NGX_ERROR;
                            }

                            (*cl).buf = b;
                            (*cl).next = null_mut();

                            (*b).last = ngx_cpylit((*b).last, b"<!--#");

                            (*b).last = ngx_cpymem((*b).last, (*ctx).command.data, (*ctx).command.len);

                            for i in 0..(*ctx).params.nelts {
                                (*b).last = ngx_cpylit((*b).last, b" ");
                                (*b).last = ngx_cpymem((*b).last, (*param.add(i)).key.data, (*param.add(i)).key.len);
                                (*b).last = ngx_cpylit((*b).last, b"=\"");
                                (*b).last =
                                    ngx_cpymem((*b).last, (*param.add(i)).value.data, (*param.add(i)).value.len);
                                (*b).last = ngx_cpylit((*b).last, b"\"");
                            }

                            (*b).last = ngx_cpylit((*b).last, b" -->");

                            ngx_http_ssi_block_add(r, cl);

                            b = null_mut();

                            continue 'next;
                        }

                        if (*cmd).conditional == 0 {
                            continue 'next;
                        }
                    }

                    if (*cmd).conditional != 0 && ((*ctx).conditional == 0 || (*ctx).conditional > (*cmd).conditional) {
                        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                                       "invalid context of SSI command: \"%V\"", (*ctx).command);
                        break 'ssi_error;
                    }

                    if (*ctx).params.nelts > NGX_HTTP_SSI_MAX_PARAMS {
                        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                                       "too many SSI command parameters: \"%V\"", (*ctx).command);
                        break 'ssi_error;
                    }

                    params = [null_mut(); NGX_HTTP_SSI_MAX_PARAMS + 1];

                    for i in 0..(*ctx).params.nelts {
                        let Some(prm) =
                            (*cmd).params.iter().find(|prm| (*param.add(i)).key.bytes() == prm.name.bytes())
                        else {
                            ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                                           "invalid parameter name: \"%V\" in \"%V\" SSI command",
                                           (*param.add(i)).key, (*ctx).command);

                            break 'ssi_error;
                        };

                        let mut index = prm.index;

                        if !prm.multiple {
                            if !params[index].is_null() {
                                ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                                               "duplicate \"%V\" parameter in \"%V\" SSI command",
                                               (*param.add(i)).key, (*ctx).command);

                                break 'ssi_error;
                            }
                        } else {
                            while !params[index].is_null() {
                                index += 1;
                            }
                        }

                        params[index] = &raw mut (*param.add(i)).value;
                    }

                    for prm in (*cmd).params {
                        if prm.mandatory && params[prm.index].is_null() {
                            ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                                           "mandatory \"%V\" parameter is absent in \"%V\" SSI command",
                                           prm.name, (*ctx).command);

                            break 'ssi_error;
                        }
                    }

                    if (*cmd).flush && !(*ctx).out.is_null() {
                        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "ssi flush");

                        if ngx_http_ssi_output(r, ctx) == NGX_ERROR {
                            return NGX_ERROR;
                        }
                    }

                    rc = (*cmd).handler.unwrap()(r, ctx, params.as_mut_ptr());

                    if rc == NGX_OK {
                        continue 'next;
                    }

                    if rc == NGX_DONE || rc == NGX_AGAIN || rc == NGX_ERROR {
                        ngx_http_ssi_buffered(r, ctx);
                        return rc;
                    }
                }

                // NGX_HTTP_SSI_ERROR
            }

            if (*slcf).silent_errors != 0 {
                continue;
            }

            cl = ngx_chain_get_free_buf((*r).pool, &raw mut (*ctx).free);
            if cl.is_null() {
                return NGX_ERROR;
            }

            b = (*cl).buf;
            ngx_memzero(b, size_of::<ngx_buf_t>());

            (*b).memory = true;
            (*b).pos = (*ctx).errmsg.data;
            (*b).last = (*ctx).errmsg.data.add((*ctx).errmsg.len);

            (*cl).next = null_mut();
            *(*ctx).last_out = cl;
            (*ctx).last_out = &raw mut (*cl).next;
        }

        if (*(*ctx).buf).last_buf || ngx_buf_in_memory((*ctx).buf) {
            if b.is_null() {
                cl = ngx_chain_get_free_buf((*r).pool, &raw mut (*ctx).free);
                if cl.is_null() {
                    return NGX_ERROR;
                }

                b = (*cl).buf;
                ngx_memzero(b, size_of::<ngx_buf_t>());

                (*b).sync = true;

                (*cl).next = null_mut();
                *(*ctx).last_out = cl;
                (*ctx).last_out = &raw mut (*cl).next;
            }

            (*b).last_buf = (*(*ctx).buf).last_buf;
            (*b).shadow = (*ctx).buf;

            if (*slcf).ignore_recycled_buffers == 0 {
                (*b).recycled = (*(*ctx).buf).recycled;
            }
        }

        (*ctx).buf = null_mut();

        (*ctx).saved = (*ctx).looked;
    }

    if (*ctx).out.is_null() && (*ctx).busy.is_null() {
        return NGX_OK;
    }

    ngx_http_ssi_output(r, ctx)
}

/// The link goes to the end of the block that is open.
unsafe fn ngx_http_ssi_block_add(r: *mut ngx_http_request_t, cl: *mut ngx_chain_t) {
    let mctx: *mut ngx_http_ssi_ctx_t = ngx_http_get_module_ctx((*r).main, &ngx_http_ssi_filter_module);

    let bl = (*(*mctx).blocks).elts;
    let mut ll = &raw mut (*bl.add((*(*mctx).blocks).nelts - 1)).bufs;

    while !(*ll).is_null() {
        ll = &raw mut (**ll).next;
    }

    *ll = cl;
}

unsafe fn ngx_http_ssi_output(r: *mut ngx_http_request_t, ctx: *mut ngx_http_ssi_ctx_t) -> ngx_int_t {
    let mut b: *mut ngx_buf_t = null_mut();

    let mut cl = (*ctx).out;
    while !cl.is_null() {
        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "ssi out: %p %p", (*cl).buf, (*(*cl).buf).pos);
        if (*cl).buf == b {
            ngx_log_error!(NGX_LOG_ALERT, (*(*r).connection).log, 0; "the same buf was used in ssi");
            ngx_debug_point();
            return NGX_ERROR;
        }
        b = (*cl).buf;
        cl = (*cl).next;
    }

    let rc = ngx_http_next_body_filter.get().unwrap()(r, (*ctx).out);

    if (*ctx).busy.is_null() {
        (*ctx).busy = (*ctx).out;
    } else {
        cl = (*ctx).busy;
        while !(*cl).next.is_null() {
            cl = (*cl).next;
        }
        (*cl).next = (*ctx).out;
    }

    (*ctx).out = null_mut();
    (*ctx).last_out = &raw mut (*ctx).out;

    while !(*ctx).busy.is_null() {
        cl = (*ctx).busy;
        b = (*cl).buf;

        if ngx_buf_size(b) != 0 {
            break;
        }

        if !(*b).shadow.is_null() {
            (*(*b).shadow).pos = (*(*b).shadow).last;
        }

        (*ctx).busy = (*cl).next;

        if ngx_buf_in_memory(b) || (*b).in_file {
            // only bufs with data are used again

            (*cl).next = (*ctx).free;
            (*ctx).free = cl;
        }
    }

    ngx_http_ssi_buffered(r, ctx);

    rc
}

unsafe fn ngx_http_ssi_buffered(r: *mut ngx_http_request_t, ctx: *mut ngx_http_ssi_ctx_t) {
    if !(*ctx).in_.is_null() || !(*ctx).buf.is_null() {
        (*r).buffered |= NGX_HTTP_SSI_BUFFERED;
    } else {
        (*r).buffered &= !NGX_HTTP_SSI_BUFFERED;
    }
}

/// Up to the end of a command: NGX_OK, or NGX_HTTP_SSI_ERROR if it cannot be read. NGX_AGAIN at the end of the buffer.
/// What lies between copy_start and copy_end is text.
unsafe fn ngx_http_ssi_parse(r: *mut ngx_http_request_t, ctx: *mut ngx_http_ssi_ctx_t) -> ngx_int_t {
    let mut state = (*ctx).state;
    let mut looked = (*ctx).looked;
    let last = (*(*ctx).buf).last;
    let mut copy_end = (*ctx).copy_end;

    let mut p = (*ctx).pos;

    while p < last {
        if state == ssi_start_state {
            let tag = ngx_strlchr(p, last, b'<');

            if !tag.is_null() {
                p = tag;
                copy_end = p;
                looked = 1;
                state = ssi_tag_state;

                p = p.add(1);
                continue;
            }

            p = last;

            (*ctx).state = state;
            (*ctx).pos = p;
            (*ctx).looked = looked;
            (*ctx).copy_end = p;

            if (*ctx).copy_start.is_null() {
                (*ctx).copy_start = (*(*ctx).buf).pos;
            }

            return NGX_AGAIN;
        }

        let ch = *p;

        match state {
            ssi_tag_state => match ch {
                b'!' => {
                    looked = 2;
                    state = ssi_comment0_state;
                }

                b'<' => copy_end = p,

                _ => {
                    copy_end = p;
                    looked = 0;
                    state = ssi_start_state;
                }
            },

            ssi_comment0_state => match ch {
                b'-' => {
                    looked = 3;
                    state = ssi_comment1_state;
                }

                b'<' => {
                    copy_end = p;
                    looked = 1;
                    state = ssi_tag_state;
                }

                _ => {
                    copy_end = p;
                    looked = 0;
                    state = ssi_start_state;
                }
            },

            ssi_comment1_state => match ch {
                b'-' => {
                    looked = 4;
                    state = ssi_sharp_state;
                }

                b'<' => {
                    copy_end = p;
                    looked = 1;
                    state = ssi_tag_state;
                }

                _ => {
                    copy_end = p;
                    looked = 0;
                    state = ssi_start_state;
                }
            },

            ssi_sharp_state => match ch {
                b'#' => {
                    if p.offset_from((*ctx).pos) < 4 {
                        (*ctx).saved = 0;
                    }
                    looked = 0;
                    state = ssi_precommand_state;
                }

                b'<' => {
                    copy_end = p;
                    looked = 1;
                    state = ssi_tag_state;
                }

                _ => {
                    copy_end = p;
                    looked = 0;
                    state = ssi_start_state;
                }
            },

            ssi_precommand_state => match ch {
                b' ' | CR | LF | b'\t' => {}

                _ => {
                    (*ctx).command.len = 1;
                    (*ctx).command.data = ngx_pnalloc((*r).pool, NGX_HTTP_SSI_COMMAND_LEN);
                    if (*ctx).command.data.is_null() {
                        return NGX_ERROR;
                    }

                    *(*ctx).command.data = ch;

                    (*ctx).key = 0;
                    (*ctx).key = ngx_hash((*ctx).key, ch);

                    (*ctx).params.nelts = 0;

                    state = ssi_command_state;
                }
            },

            ssi_command_state => match ch {
                b' ' | CR | LF | b'\t' => state = ssi_preparam_state,

                b'-' => state = ssi_comment_end0_state,

                _ => {
                    if (*ctx).command.len == NGX_HTTP_SSI_COMMAND_LEN {
                        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                                       "the \"%V%c...\" SSI command is too long", (*ctx).command, ch);

                        state = ssi_error_state;
                    } else {
                        *(*ctx).command.data.add((*ctx).command.len) = ch;
                        (*ctx).command.len += 1;
                        (*ctx).key = ngx_hash((*ctx).key, ch);
                    }
                }
            },

            ssi_preparam_state => match ch {
                b' ' | CR | LF | b'\t' => {}

                b'-' => state = ssi_comment_end0_state,

                _ => {
                    (*ctx).param = ngx_array_push(&raw mut (*ctx).params);
                    if (*ctx).param.is_null() {
                        return NGX_ERROR;
                    }

                    (*(*ctx).param).key.len = 1;
                    (*(*ctx).param).key.data = ngx_pnalloc((*r).pool, NGX_HTTP_SSI_PARAM_LEN);
                    if (*(*ctx).param).key.data.is_null() {
                        return NGX_ERROR;
                    }

                    *(*(*ctx).param).key.data = ch;

                    (*(*ctx).param).value.len = 0;

                    if (*ctx).value_buf.is_null() {
                        (*(*ctx).param).value.data = ngx_pnalloc((*r).pool, (*ctx).value_len + 1);
                        if (*(*ctx).param).value.data.is_null() {
                            return NGX_ERROR;
                        }
                    } else {
                        (*(*ctx).param).value.data = (*ctx).value_buf;
                    }

                    state = ssi_param_state;
                }
            },

            ssi_param_state => match ch {
                b' ' | CR | LF | b'\t' => state = ssi_preequal_state,

                b'=' => state = ssi_prevalue_state,

                b'-' => {
                    state = ssi_error_end0_state;

                    ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                                   "unexpected \"-\" symbol after \"%V\" parameter in \"%V\" SSI command",
                                   (*(*ctx).param).key, (*ctx).command);
                }

                _ => {
                    if (*(*ctx).param).key.len == NGX_HTTP_SSI_PARAM_LEN {
                        state = ssi_error_state;
                        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                                       "too long \"%V%c...\" parameter in \"%V\" SSI command",
                                       (*(*ctx).param).key, ch, (*ctx).command);
                    } else {
                        *(*(*ctx).param).key.data.add((*(*ctx).param).key.len) = ch;
                        (*(*ctx).param).key.len += 1;
                    }
                }
            },

            ssi_preequal_state => match ch {
                b' ' | CR | LF | b'\t' => {}

                b'=' => state = ssi_prevalue_state,

                _ => {
                    state = if ch == b'-' { ssi_error_end0_state } else { ssi_error_state };

                    ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                                   "unexpected \"%c\" symbol after \"%V\" parameter in \"%V\" SSI command",
                                   ch, (*(*ctx).param).key, (*ctx).command);
                }
            },

            ssi_prevalue_state => match ch {
                b' ' | CR | LF | b'\t' => {}

                b'"' => state = ssi_double_quoted_value_state,

                b'\'' => state = ssi_quoted_value_state,

                _ => {
                    state = if ch == b'-' { ssi_error_end0_state } else { ssi_error_state };

                    ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                                   "unexpected \"%c\" symbol before value of \"%V\" parameter in \"%V\" SSI command",
                                   ch, (*(*ctx).param).key, (*ctx).command);
                }
            },

            ssi_double_quoted_value_state | ssi_quoted_value_state => {
                let quote = if state == ssi_quoted_value_state { b'\'' } else { b'"' };

                if ch == quote {
                    state = ssi_postparam_state;
                } else {
                    if ch == b'\\' {
                        (*ctx).saved_state = state;
                        state = ssi_quoted_symbol_state;
                    }

                    ngx_http_ssi_parse_value(r, ctx, ch, &mut state);
                }
            }

            ssi_quoted_symbol_state => {
                state = (*ctx).saved_state;

                ngx_http_ssi_parse_value(r, ctx, ch, &mut state);
            }

            ssi_postparam_state => {
                // a short value moves, and its buffer serves the next one

                if (*(*ctx).param).value.len + 1 < (*ctx).value_len / 2 {
                    let value = ngx_pnalloc((*r).pool, (*(*ctx).param).value.len + 1);
                    if value.is_null() {
                        return NGX_ERROR;
                    }

                    ngx_memcpy(value, (*(*ctx).param).value.data, (*(*ctx).param).value.len);

                    (*ctx).value_buf = (*(*ctx).param).value.data;
                    (*(*ctx).param).value.data = value;
                } else {
                    (*ctx).value_buf = null_mut();
                }

                match ch {
                    b' ' | CR | LF | b'\t' => state = ssi_preparam_state,

                    b'-' => state = ssi_comment_end0_state,

                    _ => {
                        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                                       "unexpected \"%c\" symbol after \"%V\" value of \"%V\" parameter in \"%V\" SSI command",
                                       ch, (*(*ctx).param).value, (*(*ctx).param).key, (*ctx).command);
                        state = ssi_error_state;
                    }
                }
            }

            ssi_comment_end0_state => match ch {
                b'-' => state = ssi_comment_end1_state,

                _ => {
                    ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                                   "unexpected \"%c\" symbol in \"%V\" SSI command", ch, (*ctx).command);
                    state = ssi_error_state;
                }
            },

            ssi_comment_end1_state => match ch {
                b'>' => {
                    (*ctx).state = ssi_start_state;
                    (*ctx).pos = p.add(1);
                    (*ctx).looked = looked;
                    (*ctx).copy_end = copy_end;

                    if (*ctx).copy_start.is_null() && !copy_end.is_null() {
                        (*ctx).copy_start = (*(*ctx).buf).pos;
                    }

                    return NGX_OK;
                }

                _ => {
                    ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                                   "unexpected \"%c\" symbol in \"%V\" SSI command", ch, (*ctx).command);
                    state = ssi_error_state;
                }
            },

            ssi_error_state => {
                if ch == b'-' {
                    state = ssi_error_end0_state;
                }
            }

            ssi_error_end0_state => match ch {
                b'-' => state = ssi_error_end1_state,
                _ => state = ssi_error_state,
            },

            ssi_error_end1_state => match ch {
                b'>' => {
                    (*ctx).state = ssi_start_state;
                    (*ctx).pos = p.add(1);
                    (*ctx).looked = looked;
                    (*ctx).copy_end = copy_end;

                    if (*ctx).copy_start.is_null() && !copy_end.is_null() {
                        (*ctx).copy_start = (*(*ctx).buf).pos;
                    }

                    return NGX_HTTP_SSI_ERROR;
                }

                _ => state = ssi_error_state,
            },

            _ => {}
        }

        p = p.add(1);
    }

    (*ctx).state = state;
    (*ctx).pos = p;
    (*ctx).looked = looked;

    (*ctx).copy_end = if state == ssi_start_state { p } else { copy_end };

    if (*ctx).copy_start.is_null() && !(*ctx).copy_end.is_null() {
        (*ctx).copy_start = (*(*ctx).buf).pos;
    }

    NGX_AGAIN
}

/// One more character of a value.
unsafe fn ngx_http_ssi_parse_value(
    _r: *mut ngx_http_request_t,
    ctx: *mut ngx_http_ssi_ctx_t,
    ch: u8,
    state: &mut ngx_uint_t,
) {
    if (*(*ctx).param).value.len == (*ctx).value_len {
        ngx_log_error!(NGX_LOG_ERR, (*(*_r).connection).log, 0;
                       "too long \"%V%c...\" value of \"%V\" parameter in \"%V\" SSI command",
                       (*(*ctx).param).value, ch, (*(*ctx).param).key, (*ctx).command);
        *state = ssi_error_state;
        return;
    }

    *(*(*ctx).param).value.data.add((*(*ctx).param).value.len) = ch;
    (*(*ctx).param).value.len += 1;
}

unsafe fn ngx_http_ssi_get_variable(
    r: *mut ngx_http_request_t,
    name: *mut ngx_str_t,
    key: ngx_uint_t,
) -> *mut ngx_str_t {
    let ctx: *mut ngx_http_ssi_ctx_t = ngx_http_get_module_ctx((*r).main, &ngx_http_ssi_filter_module);

    #[cfg(feature = "pcre")]
    if (b'0' as ngx_uint_t..=b'9' as ngx_uint_t).contains(&key) {
        let mut i = key - b'0' as ngx_uint_t;

        if i < (*ctx).ncaptures {
            let value: *mut ngx_str_t = ngx_palloc((*r).pool);
            if value.is_null() {
                return null_mut();
            }

            i *= 2;

            // a group that has not matched: -1, -1
            (*value).data = (*ctx).captures_data.wrapping_offset(*(*ctx).captures.add(i) as isize);
            (*value).len = (*(*ctx).captures.add(i + 1) - *(*ctx).captures.add(i)) as usize;

            return value;
        }
    }

    if (*ctx).variables.is_null() {
        return null_mut();
    }

    let mut part = &raw mut (*(*ctx).variables).part;
    let mut var = (*part).elts;

    let mut i = 0;
    loop {
        if i >= (*part).nelts {
            if (*part).next.is_null() {
                break;
            }

            part = (*part).next;
            var = (*part).elts;
            i = 0;
        }

        let v = var.add(i);
        i += 1;

        if (*name).len != (*v).name.len {
            continue;
        }

        if key != (*v).key {
            continue;
        }

        if ngx_strncmp((*name).data, (*v).name.data, (*name).len) == 0 {
            return &raw mut (*v).value;
        }
    }

    null_mut()
}

/// Replaces variables and takes the backslashes away, in place if there is no variable.
unsafe fn ngx_http_ssi_evaluate_string(
    r: *mut ngx_http_request_t,
    _ctx: *mut ngx_http_ssi_ctx_t,
    text: *mut ngx_str_t,
    flags: ngx_uint_t,
) -> ngx_int_t {
    let mut p;
    let mut len;
    let mut prefix;

    let n = ngx_http_script_variables_count(text);

    if n == 0 {
        let mut data = (*text).data;
        p = data;

        // DEVIATION: C reads a byte of an empty text, too, which nobody has written

        if flags & NGX_HTTP_SSI_ADD_PREFIX != 0 && ((*text).len == 0 || *(*text).data != b'/') {
            prefix = (*r).uri.len;
            while prefix != 0 {
                if *(*r).uri.data.add(prefix - 1) == b'/' {
                    break;
                }
                prefix -= 1;
            }

            if prefix != 0 {
                len = prefix + (*text).len;

                data = ngx_pnalloc((*r).pool, len);
                if data.is_null() {
                    return NGX_ERROR;
                }

                p = ngx_copy(data, (*r).uri.data, prefix);
            }
        }

        let mut quoted = false;

        for i in 0..(*text).len {
            let ch = *(*text).data.add(i);

            if !quoted {
                if ch == b'\\' {
                    quoted = true;
                    continue;
                }
            } else {
                quoted = false;

                if ch != b'\\' && ch != b'\'' && ch != b'"' && ch != b'$' {
                    *p = b'\\';
                    p = p.add(1);
                }
            }

            *p = ch;
            p = p.add(1);
        }

        (*text).len = p.offset_from_unsigned(data);
        (*text).data = data;

        return NGX_OK;
    }

    let mut lengths: ngx_array_t<usize> = core::mem::zeroed();
    let mut values: ngx_array_t<*mut u8> = core::mem::zeroed();

    if ngx_array_init(&raw mut lengths, (*r).pool, 8) != NGX_OK {
        return NGX_ERROR;
    }

    if ngx_array_init(&raw mut values, (*r).pool, 8) != NGX_OK {
        return NGX_ERROR;
    }

    len = 0;
    let mut i = 0;

    'invalid_variable: {
        while i < (*text).len {
            let part_data;
            let part_len;

            if *(*text).data.add(i) == b'$' {
                let mut var = ngx_null_string;
                let mut bracket;

                i += 1;
                if i == (*text).len {
                    break 'invalid_variable;
                }

                if *(*text).data.add(i) == b'{' {
                    bracket = true;

                    i += 1;
                    if i == (*text).len {
                        break 'invalid_variable;
                    }

                    var.data = (*text).data.add(i);
                } else {
                    bracket = false;
                    var.data = (*text).data.add(i);
                }

                while i < (*text).len {
                    let ch = *(*text).data.add(i);

                    if ch == b'}' && bracket {
                        i += 1;
                        bracket = false;
                        break;
                    }

                    if ch.is_ascii_alphanumeric() || ch == b'_' {
                        i += 1;
                        var.len += 1;
                        continue;
                    }

                    break;
                }

                if bracket {
                    ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                                   "the closing bracket in \"%V\" variable is missing", var);
                    return NGX_HTTP_SSI_ERROR;
                }

                if var.len == 0 {
                    break 'invalid_variable;
                }

                let key = ngx_hash_strlow(var.data, var.data, var.len);

                let val = ngx_http_ssi_get_variable(r, &raw mut var, key);

                if val.is_null() {
                    let vv = ngx_http_get_variable(r, &raw mut var, key);
                    if vv.is_null() {
                        return NGX_ERROR;
                    }

                    if (*vv).not_found {
                        continue;
                    }

                    part_data = (*vv).data;
                    part_len = (*vv).len as usize;
                } else {
                    part_data = (*val).data;
                    part_len = (*val).len;
                }
            } else {
                part_data = (*text).data.add(i);
                let mut quoted = false;

                p = part_data;

                while i < (*text).len {
                    let ch = *(*text).data.add(i);

                    if !quoted {
                        if ch == b'\\' {
                            quoted = true;
                            i += 1;
                            continue;
                        }

                        if ch == b'$' {
                            break;
                        }
                    } else {
                        quoted = false;

                        if ch != b'\\' && ch != b'\'' && ch != b'"' && ch != b'$' {
                            *p = b'\\';
                            p = p.add(1);
                        }
                    }

                    *p = ch;
                    p = p.add(1);
                    i += 1;
                }

                part_len = p.offset_from_unsigned(part_data);
            }

            len += part_len;

            let size = ngx_array_push(&raw mut lengths);
            if size.is_null() {
                return NGX_ERROR;
            }

            *size = part_len;

            let value = ngx_array_push(&raw mut values);
            if value.is_null() {
                return NGX_ERROR;
            }

            *value = part_data;
        }

        prefix = 0;

        let size = lengths.elts;
        let value = values.elts;

        if flags & NGX_HTTP_SSI_ADD_PREFIX != 0 {
            for i in 0..values.nelts {
                if *size.add(i) != 0 {
                    if **value.add(i) != b'/' {
                        prefix = (*r).uri.len;
                        while prefix != 0 {
                            if *(*r).uri.data.add(prefix - 1) == b'/' {
                                len += prefix;
                                break;
                            }
                            prefix -= 1;
                        }
                    }

                    break;
                }
            }
        }

        p = ngx_pnalloc((*r).pool, len + if flags & NGX_HTTP_SSI_ADD_ZERO != 0 { 1 } else { 0 });
        if p.is_null() {
            return NGX_ERROR;
        }

        (*text).len = len;
        (*text).data = p;

        p = ngx_copy(p, (*r).uri.data, prefix);

        for i in 0..values.nelts {
            p = ngx_copy(p, *value.add(i), *size.add(i));
        }

        return NGX_OK;
    }

    ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0; "invalid variable name in \"%V\"", text);

    NGX_HTTP_SSI_ERROR
}

#[cfg(feature = "pcre")]
unsafe fn ngx_http_ssi_regex_match(
    r: *mut ngx_http_request_t,
    pattern: *mut ngx_str_t,
    str: *mut ngx_str_t,
) -> ngx_int_t {
    let mut errstr = [0u8; NGX_MAX_CONF_ERRSTR];
    let mut rgc: ngx_regex_compile_t = core::mem::zeroed();

    rgc.pattern = *pattern;
    rgc.pool = (*r).pool;
    rgc.err.len = NGX_MAX_CONF_ERRSTR;
    rgc.err.data = errstr.as_mut_ptr();

    if ngx_regex_compile(&raw mut rgc) != NGX_OK {
        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0; "%V", rgc.err);
        return NGX_HTTP_SSI_ERROR;
    }

    let mut n = (rgc.captures as ngx_uint_t + 1) * 3;

    let captures: *mut c_int = ngx_palloc_n((*r).pool, n);
    if captures.is_null() {
        return NGX_ERROR;
    }

    let rc = ngx_regex_exec(rgc.regex, str, captures, n);

    if rc < NGX_REGEX_NO_MATCHED {
        ngx_log_error!(NGX_LOG_ALERT, (*(*r).connection).log, 0;
                       "pcre2_match() failed: %d on \"%V\" using \"%V\"", rc, str, pattern);
        return NGX_HTTP_SSI_ERROR;
    }

    if rc == NGX_REGEX_NO_MATCHED {
        return NGX_DECLINED;
    }

    let ctx: *mut ngx_http_ssi_ctx_t = ngx_http_get_module_ctx((*r).main, &ngx_http_ssi_filter_module);

    (*ctx).ncaptures = rc as ngx_uint_t;
    (*ctx).captures = captures;
    (*ctx).captures_data = (*str).data;

    if rgc.named_captures > 0 {
        if (*ctx).variables.is_null() {
            (*ctx).variables = ngx_list_create((*r).pool, 4);
            if (*ctx).variables.is_null() {
                return NGX_ERROR;
            }
        }

        let size = rgc.name_size as usize;
        let mut p = rgc.names;

        for _ in 0..rgc.named_captures {
            let mut name = ngx_str_t { len: ngx_strlen(p.add(2)), data: p.add(2) };

            n = 2 * (((*p as ngx_uint_t) << 8) + *p.add(1) as ngx_uint_t);

            let value = ngx_str_t {
                len: (*captures.add(n + 1) - *captures.add(n)) as usize,
                data: (*str).data.wrapping_offset(*captures.add(n) as isize),
            };

            let key = ngx_hash_strlow(name.data, name.data, name.len);

            let vv = ngx_http_ssi_get_variable(r, &raw mut name, key);

            p = p.add(size);

            if !vv.is_null() {
                *vv = value;
                continue;
            }

            let var = ngx_list_push((*ctx).variables);
            if var.is_null() {
                return NGX_ERROR;
            }

            (*var).name = name;
            (*var).key = key;
            (*var).value = value;
        }
    }

    NGX_OK
}

#[cfg(not(feature = "pcre"))]
unsafe fn ngx_http_ssi_regex_match(
    r: *mut ngx_http_request_t,
    pattern: *mut ngx_str_t,
    _str: *mut ngx_str_t,
) -> ngx_int_t {
    ngx_log_error!(NGX_LOG_ALERT, (*(*r).connection).log, 0;
                   "using regex \"%V\" in SSI requires PCRE library", pattern);
    NGX_HTTP_SSI_ERROR
}

unsafe fn ngx_http_ssi_include(
    r: *mut ngx_http_request_t,
    ctx: *mut ngx_http_ssi_ctx_t,
    params: *mut *mut ngx_str_t,
) -> ngx_int_t {
    let mut uri = *params.add(NGX_HTTP_SSI_INCLUDE_VIRTUAL);
    let file = *params.add(NGX_HTTP_SSI_INCLUDE_FILE);
    let mut wait = *params.add(NGX_HTTP_SSI_INCLUDE_WAIT);
    let set = *params.add(NGX_HTTP_SSI_INCLUDE_SET);
    let stub = *params.add(NGX_HTTP_SSI_INCLUDE_STUB);

    if !uri.is_null() && !file.is_null() {
        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                       "inclusion may be either virtual=\"%V\" or file=\"%V\"", uri, file);
        return NGX_HTTP_SSI_ERROR;
    }

    if uri.is_null() && file.is_null() {
        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0; "no parameter in \"include\" SSI command");
        return NGX_HTTP_SSI_ERROR;
    }

    if !set.is_null() && !stub.is_null() {
        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                       "\"set\" and \"stub\" cannot be used together in \"include\" SSI command");
        return NGX_HTTP_SSI_ERROR;
    }

    if !wait.is_null() {
        if uri.is_null() {
            ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                           "\"wait\" cannot be used with file=\"%V\"", file);
            return NGX_HTTP_SSI_ERROR;
        }

        if (*wait).len == 2 && ngx_strncasecmp((*wait).data, b"no".as_ptr(), 2) == 0 {
            wait = null_mut();
        } else if (*wait).len != 3 || ngx_strncasecmp((*wait).data, b"yes".as_ptr(), 3) != 0 {
            ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                           "invalid value \"%V\" in the \"wait\" parameter", wait);
            return NGX_HTTP_SSI_ERROR;
        }
    }

    if uri.is_null() {
        uri = file;
        wait = core::ptr::without_provenance_mut(usize::MAX);
    }

    let rc = ngx_http_ssi_evaluate_string(r, ctx, uri, NGX_HTTP_SSI_ADD_PREFIX);

    if rc != NGX_OK {
        return rc;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "ssi include: \"%V\"", uri);

    let mut args = ngx_null_string;
    let mut flags = NGX_HTTP_LOG_UNSAFE;

    if ngx_http_parse_unsafe_uri(r, uri, &raw mut args, &raw mut flags) != NGX_OK {
        return NGX_HTTP_SSI_ERROR;
    }

    let mut psr: *mut ngx_http_post_subrequest_t = null_mut();

    let mctx: *mut ngx_http_ssi_ctx_t = ngx_http_get_module_ctx((*r).main, &ngx_http_ssi_filter_module);

    if !stub.is_null() {
        let bl;

        'found: {
            if !(*mctx).blocks.is_null() {
                for i in 0..(*(*mctx).blocks).nelts {
                    let block = (*(*mctx).blocks).elts.add(i);

                    if (*stub).len == (*block).name.len
                        && ngx_strncmp((*stub).data, (*block).name.data, (*stub).len) == 0
                    {
                        bl = block;
                        break 'found;
                    }
                }
            }

            ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                           "\"stub\"=\"%V\" for \"include\" not found", stub);
            return NGX_HTTP_SSI_ERROR;
        }

        psr = ngx_palloc((*r).pool);
        if psr.is_null() {
            return NGX_ERROR;
        }

        (*psr).handler = Some(ngx_http_ssi_stub_output);

        (*bl).count += 1;

        if (*bl).count != 1 {
            let mut out: *mut ngx_chain_t = null_mut();
            let mut ll = &raw mut out;

            let mut tl = (*bl).bufs;
            while !tl.is_null() {
                let cl = ngx_chain_get_free_buf((*r).pool, &raw mut (*ctx).free);
                if cl.is_null() {
                    return NGX_ERROR;
                }

                let b = (*cl).buf;

                *b = *(*tl).buf;

                (*b).pos = (*b).start;

                *ll = cl;
                (*cl).next = null_mut();
                ll = &raw mut (*cl).next;

                tl = (*tl).next;
            }

            (*psr).data = out.cast();
        } else {
            (*psr).data = (*bl).bufs.cast();
        }
    }

    if !wait.is_null() {
        flags |= NGX_HTTP_SUBREQUEST_WAITED;
    }

    if !set.is_null() {
        let key = ngx_hash_strlow((*set).data, (*set).data, (*set).len);

        psr = ngx_palloc((*r).pool);
        if psr.is_null() {
            return NGX_ERROR;
        }

        (*psr).handler = Some(ngx_http_ssi_set_variable);
        (*psr).data = ngx_http_ssi_get_variable(r, set, key).cast();

        if (*psr).data.is_null() {
            if (*mctx).variables.is_null() {
                (*mctx).variables = ngx_list_create((*r).pool, 4);
                if (*mctx).variables.is_null() {
                    return NGX_ERROR;
                }
            }

            let var = ngx_list_push((*mctx).variables);
            if var.is_null() {
                return NGX_ERROR;
            }

            (*var).name = *set;
            (*var).key = key;
            (*var).value = ngx_null_string;
            (*psr).data = (&raw mut (*var).value).cast();
        }

        flags |= NGX_HTTP_SUBREQUEST_IN_MEMORY | NGX_HTTP_SUBREQUEST_WAITED;
    }

    let mut sr: *mut ngx_http_request_t = null_mut();

    if ngx_http_subrequest(r, uri, &raw mut args, &raw mut sr, psr, flags) != NGX_OK {
        return NGX_HTTP_SSI_ERROR;
    }

    if wait.is_null() && set.is_null() {
        return NGX_OK;
    }

    if (*ctx).wait.is_null() {
        (*ctx).wait = sr;

        return NGX_AGAIN;
    } else {
        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0; "can only wait for one subrequest at a time");
    }

    NGX_OK
}

unsafe fn ngx_http_ssi_stub_output(r: *mut ngx_http_request_t, data: *mut c_void, rc: ngx_int_t) -> ngx_int_t {
    if rc == NGX_ERROR || (*(*r).connection).error || (*r).request_output {
        return rc;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                   "ssi stub output: \"%V?%V\"", (*r).uri, (*r).args);

    let out: *mut ngx_chain_t = data.cast();

    if !(*r).header_sent {
        (*r).headers_out.content_type_len = (*(*r).parent).headers_out.content_type_len;
        (*r).headers_out.content_type = (*(*r).parent).headers_out.content_type;

        if ngx_http_send_header(r) == NGX_ERROR {
            return NGX_ERROR;
        }
    }

    ngx_http_output_filter(r, out)
}

unsafe fn ngx_http_ssi_set_variable(r: *mut ngx_http_request_t, data: *mut c_void, rc: ngx_int_t) -> ngx_int_t {
    let value: *mut ngx_str_t = data.cast();

    if (*r).headers_out.status < NGX_HTTP_SPECIAL_RESPONSE as ngx_uint_t
        && !(*r).out.is_null()
        && !(*(*r).out).buf.is_null()
    {
        (*value).len = (*(*(*r).out).buf).last.offset_from_unsigned((*(*(*r).out).buf).pos);
        (*value).data = (*(*(*r).out).buf).pos;
    }

    rc
}

unsafe fn ngx_http_ssi_echo(
    r: *mut ngx_http_request_t,
    ctx: *mut ngx_http_ssi_ctx_t,
    params: *mut *mut ngx_str_t,
) -> ngx_int_t {
    let mut text = ngx_null_string;

    let var = *params.add(NGX_HTTP_SSI_ECHO_VAR);

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "ssi echo \"%V\"", var);

    let key = ngx_hash_strlow((*var).data, (*var).data, (*var).len);

    let mut value: *const ngx_str_t = ngx_http_ssi_get_variable(r, var, key);

    if value.is_null() {
        let vv = ngx_http_get_variable(r, var, key);

        if vv.is_null() {
            return NGX_HTTP_SSI_ERROR;
        }

        if !(*vv).not_found {
            text.data = (*vv).data;
            text.len = (*vv).len as usize;
            value = &raw const text;
        }
    }

    if value.is_null() {
        value = *params.add(NGX_HTTP_SSI_ECHO_DEFAULT);

        if value.is_null() {
            value = &raw const ngx_http_ssi_none;
        } else if (*value).len == 0 {
            return NGX_OK;
        }
    } else if (*value).len == 0 {
        return NGX_OK;
    }

    let enc = *params.add(NGX_HTTP_SSI_ECHO_ENCODING);

    if !enc.is_null() {
        match (*enc).bytes() {
            b"none" => (*ctx).encoding = NGX_HTTP_SSI_NO_ENCODING,
            b"url" => (*ctx).encoding = NGX_HTTP_SSI_URL_ENCODING,
            b"entity" => (*ctx).encoding = NGX_HTTP_SSI_ENTITY_ENCODING,
            _ => {
                ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                               "unknown encoding \"%V\" in the \"echo\" command", enc);
            }
        }
    }

    let mut p = (*value).data;
    let mut len;

    match (*ctx).encoding {
        NGX_HTTP_SSI_URL_ENCODING => {
            len = 2 * ngx_escape_uri(null_mut(), (*value).data, (*value).len, NGX_ESCAPE_HTML);

            if len != 0 {
                p = ngx_pnalloc((*r).pool, (*value).len + len);
                if p.is_null() {
                    return NGX_HTTP_SSI_ERROR;
                }

                ngx_escape_uri(p, (*value).data, (*value).len, NGX_ESCAPE_HTML);
            }

            len += (*value).len;
        }

        NGX_HTTP_SSI_ENTITY_ENCODING => {
            len = ngx_escape_html(null_mut(), (*value).data, (*value).len);

            if len != 0 {
                p = ngx_pnalloc((*r).pool, (*value).len + len);
                if p.is_null() {
                    return NGX_HTTP_SSI_ERROR;
                }

                ngx_escape_html(p, (*value).data, (*value).len);
            }

            len += (*value).len;
        }

        // NGX_HTTP_SSI_NO_ENCODING
        _ => len = (*value).len,
    }

    let b = ngx_calloc_buf((*r).pool);
    if b.is_null() {
        return NGX_HTTP_SSI_ERROR;
    }

    let cl = ngx_alloc_chain_link((*r).pool);
    if cl.is_null() {
        return NGX_HTTP_SSI_ERROR;
    }

    (*b).memory = true;
    (*b).pos = p;
    (*b).last = p.add(len);

    (*cl).buf = b;
    (*cl).next = null_mut();
    *(*ctx).last_out = cl;
    (*ctx).last_out = &raw mut (*cl).next;

    NGX_OK
}

unsafe fn ngx_http_ssi_config(
    r: *mut ngx_http_request_t,
    ctx: *mut ngx_http_ssi_ctx_t,
    params: *mut *mut ngx_str_t,
) -> ngx_int_t {
    let mut value = *params.add(NGX_HTTP_SSI_CONFIG_TIMEFMT);

    if !value.is_null() {
        (*ctx).timefmt.len = (*value).len;
        (*ctx).timefmt.data = ngx_pnalloc((*r).pool, (*value).len + 1);
        if (*ctx).timefmt.data.is_null() {
            return NGX_ERROR;
        }

        ngx_cpystrn((*ctx).timefmt.data, (*value).data, (*value).len + 1);
    }

    value = *params.add(NGX_HTTP_SSI_CONFIG_ERRMSG);

    if !value.is_null() {
        (*ctx).errmsg = *value;
    }

    NGX_OK
}

unsafe fn ngx_http_ssi_set(
    r: *mut ngx_http_request_t,
    ctx: *mut ngx_http_ssi_ctx_t,
    params: *mut *mut ngx_str_t,
) -> ngx_int_t {
    let mctx: *mut ngx_http_ssi_ctx_t = ngx_http_get_module_ctx((*r).main, &ngx_http_ssi_filter_module);

    if (*mctx).variables.is_null() {
        (*mctx).variables = ngx_list_create((*r).pool, 4);
        if (*mctx).variables.is_null() {
            return NGX_ERROR;
        }
    }

    let name = *params.add(NGX_HTTP_SSI_SET_VAR);
    let value = *params.add(NGX_HTTP_SSI_SET_VALUE);

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "ssi set \"%V\" \"%V\"", name, value);

    let rc = ngx_http_ssi_evaluate_string(r, ctx, value, 0);

    if rc != NGX_OK {
        return rc;
    }

    let key = ngx_hash_strlow((*name).data, (*name).data, (*name).len);

    let vv = ngx_http_ssi_get_variable(r, name, key);

    if !vv.is_null() {
        *vv = *value;
        return NGX_OK;
    }

    let var = ngx_list_push((*mctx).variables);
    if var.is_null() {
        return NGX_ERROR;
    }

    (*var).name = *name;
    (*var).key = key;
    (*var).value = *value;

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "set: \"%V\"=\"%V\"", name, value);

    NGX_OK
}

unsafe fn ngx_http_ssi_if(
    r: *mut ngx_http_request_t,
    ctx: *mut ngx_http_ssi_ctx_t,
    params: *mut *mut ngx_str_t,
) -> ngx_int_t {
    if (*ctx).command.len == 2 && (*ctx).conditional != 0 {
        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                       "the \"if\" command inside the \"if\" command");
        return NGX_HTTP_SSI_ERROR;
    }

    if (*ctx).output_chosen {
        (*ctx).output = false;
        return NGX_OK;
    }

    let expr = *params.add(NGX_HTTP_SSI_IF_EXPR);

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "ssi if expr=\"%V\"", expr);

    let mut left = ngx_str_t { len: 0, data: (*expr).data };
    let mut last = (*expr).data.add((*expr).len);

    let mut p = left.data;
    while p < last {
        if (*p).is_ascii_uppercase() {
            *p |= 0x20;
            p = p.add(1);
            continue;
        }

        if matches!(*p, b'a'..=b'z' | b'0'..=b'9' | b'$' | b'{' | b'}' | b'_' | b'"' | b'\'') {
            p = p.add(1);
            continue;
        }

        break;
    }

    left.len = p.offset_from_unsigned(left.data);

    while p < last && *p == b' ' {
        p = p.add(1);
    }

    let mut flags = 0;

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "left: \"%V\"", left);

    let mut rc = ngx_http_ssi_evaluate_string(r, ctx, &raw mut left, flags);

    if rc != NGX_OK {
        return rc;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "evaluated left: \"%V\"", left);

    if p == last {
        if left.len != 0 {
            (*ctx).output = true;
            (*ctx).output_chosen = true;
        } else {
            (*ctx).output = false;
        }

        (*ctx).conditional = NGX_HTTP_SSI_COND_IF;

        return NGX_OK;
    }

    'invalid_expression: {
        let negative;

        if p < last && *p == b'=' {
            negative = false;
            p = p.add(1);
        } else if p.add(1) < last && *p == b'!' && *p.add(1) == b'=' {
            negative = true;
            p = p.add(2);
        } else {
            break 'invalid_expression;
        }

        while p < last && *p == b' ' {
            p = p.add(1);
        }

        let noregex;

        if p < last.sub(1) && *p == b'/' {
            if *last.sub(1) != b'/' {
                break 'invalid_expression;
            }

            noregex = false;
            flags = NGX_HTTP_SSI_ADD_ZERO;
            last = last.sub(1);
            p = p.add(1);
        } else {
            noregex = true;
            flags = 0;

            if p < last.sub(1) && *p == b'\\' && *p.add(1) == b'/' {
                p = p.add(1);
            }
        }

        let mut right = ngx_str_t { len: last.offset_from_unsigned(p), data: p };

        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "right: \"%V\"", right);

        rc = ngx_http_ssi_evaluate_string(r, ctx, &raw mut right, flags);

        if rc != NGX_OK {
            return rc;
        }

        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "evaluated right: \"%V\"", right);

        if noregex {
            rc = if left.len != right.len { -1 } else { ngx_strncmp(left.data, right.data, right.len) as ngx_int_t };
        } else {
            *right.data.add(right.len) = b'\0';

            rc = ngx_http_ssi_regex_match(r, &raw mut right, &raw mut left);

            if rc == NGX_OK {
                rc = 0;
            } else if rc == NGX_DECLINED {
                rc = -1;
            } else {
                return rc;
            }
        }

        if (rc == 0 && !negative) || (rc != 0 && negative) {
            (*ctx).output = true;
            (*ctx).output_chosen = true;
        } else {
            (*ctx).output = false;
        }

        (*ctx).conditional = NGX_HTTP_SSI_COND_IF;

        return NGX_OK;
    }

    ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0; "invalid expression in \"%V\"", expr);

    NGX_HTTP_SSI_ERROR
}

unsafe fn ngx_http_ssi_else(
    _r: *mut ngx_http_request_t,
    ctx: *mut ngx_http_ssi_ctx_t,
    _params: *mut *mut ngx_str_t,
) -> ngx_int_t {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*_r).connection).log, 0; "ssi else");

    (*ctx).output = !(*ctx).output_chosen;

    (*ctx).conditional = NGX_HTTP_SSI_COND_ELSE;

    NGX_OK
}

unsafe fn ngx_http_ssi_endif(
    _r: *mut ngx_http_request_t,
    ctx: *mut ngx_http_ssi_ctx_t,
    _params: *mut *mut ngx_str_t,
) -> ngx_int_t {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*_r).connection).log, 0; "ssi endif");

    (*ctx).output = true;
    (*ctx).output_chosen = false;
    (*ctx).conditional = 0;

    NGX_OK
}

unsafe fn ngx_http_ssi_block(
    r: *mut ngx_http_request_t,
    ctx: *mut ngx_http_ssi_ctx_t,
    params: *mut *mut ngx_str_t,
) -> ngx_int_t {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "ssi block");

    let mctx: *mut ngx_http_ssi_ctx_t = ngx_http_get_module_ctx((*r).main, &ngx_http_ssi_filter_module);

    if (*mctx).blocks.is_null() {
        (*mctx).blocks = ngx_array_create((*r).pool, 4);
        if (*mctx).blocks.is_null() {
            return NGX_HTTP_SSI_ERROR;
        }
    }

    let bl = ngx_array_push((*mctx).blocks);
    if bl.is_null() {
        return NGX_HTTP_SSI_ERROR;
    }

    (*bl).name = **params.add(NGX_HTTP_SSI_BLOCK_NAME);
    (*bl).bufs = null_mut();
    (*bl).count = 0;

    (*ctx).output = false;
    (*ctx).block = true;

    NGX_OK
}

unsafe fn ngx_http_ssi_endblock(
    _r: *mut ngx_http_request_t,
    ctx: *mut ngx_http_ssi_ctx_t,
    _params: *mut *mut ngx_str_t,
) -> ngx_int_t {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*_r).connection).log, 0; "ssi endblock");

    (*ctx).output = true;
    (*ctx).block = false;

    NGX_OK
}

unsafe fn ngx_http_ssi_date_gmt_local_variable(
    r: *mut ngx_http_request_t,
    v: *mut ngx_http_variable_value_t,
    gmt: usize,
) -> ngx_int_t {
    (*v).valid = true;
    (*v).no_cacheable = false;
    (*v).not_found = false;

    let now = ngx_time();

    let ctx: *mut ngx_http_ssi_ctx_t = ngx_http_get_module_ctx(r, &ngx_http_ssi_filter_module);

    let timefmt = if !ctx.is_null() { (*ctx).timefmt } else { ngx_http_ssi_timefmt };

    if timefmt.bytes() == b"%s" {
        (*v).data = ngx_pnalloc((*r).pool, NGX_TIME_T_LEN);
        if (*v).data.is_null() {
            return NGX_ERROR;
        }

        (*v).len = ngx_sprintf!((*v).data, "%T", now).offset_from_unsigned((*v).data) as u32;

        return NGX_OK;
    }

    let mut tm: libc::tm = core::mem::zeroed();

    if gmt != 0 {
        ngx_libc_gmtime(now, &raw mut tm);
    } else {
        ngx_libc_localtime(now, &raw mut tm);
    }

    let mut buf = [0u8; NGX_HTTP_SSI_DATE_LEN];

    (*v).len =
        libc::strftime(buf.as_mut_ptr().cast(), NGX_HTTP_SSI_DATE_LEN, timefmt.data.cast(), &raw const tm) as u32;
    if (*v).len == 0 {
        return NGX_ERROR;
    }

    (*v).data = ngx_pnalloc((*r).pool, (*v).len as usize);
    if (*v).data.is_null() {
        return NGX_ERROR;
    }

    ngx_memcpy((*v).data, buf.as_ptr(), (*v).len as usize);

    NGX_OK
}

unsafe fn ngx_http_ssi_preconfiguration(cf: *mut ngx_conf_t) -> ngx_int_t {
    for v in ngx_http_ssi_vars {
        let var = ngx_http_add_variable(cf, (&raw const v.name).cast_mut(), v.flags);
        if var.is_null() {
            return NGX_ERROR;
        }

        (*var).get_handler = v.get_handler;
        (*var).data = v.data;
    }

    let smcf: *mut ngx_http_ssi_main_conf_t = ngx_http_conf_get_module_main_conf(cf, &ngx_http_ssi_filter_module);

    for cmd in ngx_http_ssi_commands {
        let rc = ngx_hash_add_key(
            &raw mut (*smcf).commands,
            (&raw const cmd.name).cast_mut(),
            (&raw const *cmd).cast_mut().cast(),
            NGX_HASH_READONLY_KEY,
        );

        if rc == NGX_OK {
            continue;
        }

        if rc == NGX_BUSY {
            ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "conflicting SSI command \"%V\"", cmd.name);
        }

        return NGX_ERROR;
    }

    NGX_OK
}

unsafe fn ngx_http_ssi_create_main_conf(cf: *mut ngx_conf_t) -> *mut c_void {
    let smcf: *mut ngx_http_ssi_main_conf_t = ngx_pcalloc((*cf).pool);
    if smcf.is_null() {
        return null_mut();
    }

    (*smcf).commands.pool = (*cf).pool;
    (*smcf).commands.temp_pool = (*cf).temp_pool;

    if ngx_hash_keys_array_init(&raw mut (*smcf).commands, NGX_HASH_SMALL) != NGX_OK {
        return null_mut();
    }

    smcf.cast()
}

unsafe fn ngx_http_ssi_init_main_conf(cf: *mut ngx_conf_t, conf: *mut c_void) -> ngx_conf_ret_t {
    let smcf: *mut ngx_http_ssi_main_conf_t = conf.cast();

    let mut hash = ngx_hash_init_t {
        hash: &raw mut (*smcf).hash,
        key: Some(ngx_hash_key),
        max_size: 1024,
        bucket_size: ngx_cacheline_size.get(),
        name: c"ssi_command_hash".as_ptr(),
        pool: (*cf).pool,
        temp_pool: null_mut(),
    };

    if ngx_hash_init(&raw mut hash, (*smcf).commands.keys.elts, (*smcf).commands.keys.nelts) != NGX_OK {
        return NGX_CONF_ERROR;
    }

    NGX_CONF_OK
}

unsafe fn ngx_http_ssi_create_loc_conf(cf: *mut ngx_conf_t) -> *mut c_void {
    let slcf: *mut ngx_http_ssi_loc_conf_t = ngx_pcalloc((*cf).pool);
    if slcf.is_null() {
        return null_mut();
    }

    (*slcf).enable = NGX_CONF_UNSET;
    (*slcf).silent_errors = NGX_CONF_UNSET;
    (*slcf).ignore_recycled_buffers = NGX_CONF_UNSET;
    (*slcf).last_modified = NGX_CONF_UNSET;

    (*slcf).min_file_chunk = NGX_CONF_UNSET_SIZE;
    (*slcf).value_len = NGX_CONF_UNSET_SIZE;

    slcf.cast()
}

unsafe fn ngx_http_ssi_merge_loc_conf(cf: *mut ngx_conf_t, parent: *mut c_void, child: *mut c_void) -> ngx_conf_ret_t {
    let prev: *mut ngx_http_ssi_loc_conf_t = parent.cast();
    let conf: *mut ngx_http_ssi_loc_conf_t = child.cast();

    ngx_conf_merge_value!((*conf).enable, (*prev).enable, 0);
    ngx_conf_merge_value!((*conf).silent_errors, (*prev).silent_errors, 0);
    ngx_conf_merge_value!((*conf).ignore_recycled_buffers, (*prev).ignore_recycled_buffers, 0);
    ngx_conf_merge_value!((*conf).last_modified, (*prev).last_modified, 0);

    ngx_conf_merge_size_value!((*conf).min_file_chunk, (*prev).min_file_chunk, 1024);
    ngx_conf_merge_size_value!((*conf).value_len, (*prev).value_len, 255);

    if ngx_http_merge_types(
        cf,
        &raw mut (*conf).types_keys,
        &raw mut (*conf).types,
        &raw mut (*prev).types_keys,
        &raw mut (*prev).types,
        (&raw const ngx_http_html_default_types).cast_mut().cast(),
    ) != NGX_CONF_OK
    {
        return NGX_CONF_ERROR;
    }

    NGX_CONF_OK
}

unsafe fn ngx_http_ssi_filter_init(_cf: *mut ngx_conf_t) -> ngx_int_t {
    ngx_http_next_header_filter.set(ngx_http_top_header_filter.get());
    ngx_http_top_header_filter.set(Some(ngx_http_ssi_header_filter));

    ngx_http_next_body_filter.set(ngx_http_top_body_filter.get());
    ngx_http_top_body_filter.set(Some(ngx_http_ssi_body_filter));

    NGX_OK
}
