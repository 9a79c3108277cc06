//! Port of src/core/ngx_conf_file.c and .h
//! Ours: what a directive's handler returns is an enum, where C has a `char *` with sentinels;
//! ngx_conf_watch; ngx_conf_skip(); ngx_conf_call_post(), which C repeats in each slot handler.

use crate::core::{
    ngx_array::*, ngx_buf::*, ngx_config::*, ngx_core::*, ngx_crc32::*, ngx_cycle::*, ngx_file::*, ngx_list::*,
    ngx_log::*, ngx_module::*, ngx_palloc::*, ngx_parse::*, ngx_rbtree::*, ngx_serve::*, ngx_string::*,
};
use crate::os::unix::{ngx_alloc::*, ngx_errno::*, ngx_files::*, ngx_time::*};

use core::mem::MaybeUninit;

pub const NGX_CONF_NOARGS: ngx_uint_t = 0x00000001;
pub const NGX_CONF_TAKE1: ngx_uint_t = 0x00000002;
pub const NGX_CONF_TAKE2: ngx_uint_t = 0x00000004;
pub const NGX_CONF_TAKE3: ngx_uint_t = 0x00000008;
pub const NGX_CONF_TAKE4: ngx_uint_t = 0x00000010;
pub const NGX_CONF_TAKE5: ngx_uint_t = 0x00000020;
pub const NGX_CONF_TAKE6: ngx_uint_t = 0x00000040;
pub const NGX_CONF_TAKE7: ngx_uint_t = 0x00000080;

pub const NGX_CONF_MAX_ARGS: ngx_uint_t = 8;

pub const NGX_CONF_TAKE12: ngx_uint_t = NGX_CONF_TAKE1 | NGX_CONF_TAKE2;
pub const NGX_CONF_TAKE13: ngx_uint_t = NGX_CONF_TAKE1 | NGX_CONF_TAKE3;

pub const NGX_CONF_TAKE23: ngx_uint_t = NGX_CONF_TAKE2 | NGX_CONF_TAKE3;

pub const NGX_CONF_TAKE123: ngx_uint_t = NGX_CONF_TAKE1 | NGX_CONF_TAKE2 | NGX_CONF_TAKE3;
pub const NGX_CONF_TAKE1234: ngx_uint_t = NGX_CONF_TAKE1 | NGX_CONF_TAKE2 | NGX_CONF_TAKE3 | NGX_CONF_TAKE4;

pub const NGX_CONF_ARGS_NUMBER: ngx_uint_t = 0x000000ff;
pub const NGX_CONF_BLOCK: ngx_uint_t = 0x00000100;
pub const NGX_CONF_FLAG: ngx_uint_t = 0x00000200;
pub const NGX_CONF_ANY: ngx_uint_t = 0x00000400;
pub const NGX_CONF_1MORE: ngx_uint_t = 0x00000800;
pub const NGX_CONF_2MORE: ngx_uint_t = 0x00001000;

pub const NGX_DIRECT_CONF: ngx_uint_t = 0x00010000;

pub const NGX_MAIN_CONF: ngx_uint_t = 0x01000000;
pub const NGX_ANY_CONF: ngx_uint_t = 0xFF000000;

pub const NGX_CONF_UNSET: ngx_int_t = -1;
pub const NGX_CONF_UNSET_UINT: ngx_uint_t = usize::MAX;
pub const NGX_CONF_UNSET_SIZE: usize = usize::MAX;
pub const NGX_CONF_UNSET_MSEC: ngx_msec_t = usize::MAX;

/// A pointer that no merge has set yet.
#[allow(non_snake_case)]
#[inline(always)]
pub const fn NGX_CONF_UNSET_PTR<T>() -> *mut T {
    core::ptr::without_provenance_mut(usize::MAX)
}

/// What a directive's handler says. The parser prints MSG behind the directive's name.
#[must_use]
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ngx_conf_ret_t {
    NGX_CONF_OK,
    NGX_CONF_ERROR,
    NGX_CONF_MSG(&'static str),
}
pub use ngx_conf_ret_t::*;

pub const NGX_CONF_BLOCK_START: ngx_int_t = 1;
pub const NGX_CONF_BLOCK_DONE: ngx_int_t = 2;
pub const NGX_CONF_FILE_DONE: ngx_int_t = 3;

pub const NGX_CORE_MODULE: ngx_uint_t = 0x45524F43; // "CORE"
pub const NGX_CONF_MODULE: ngx_uint_t = 0x464E4F43; // "CONF"

pub const NGX_MAX_CONF_ERRSTR: usize = 1024;

pub type ngx_conf_set_pt =
    Option<unsafe fn(cf: *mut ngx_conf_t, cmd: *const ngx_command_t, conf: *mut c_void) -> ngx_conf_ret_t>;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_command_t {
    pub name: ngx_str_t,
    pub type_: ngx_uint_t,
    pub set: ngx_conf_set_pt,
    pub conf: ngx_uint_t,
    pub offset: ngx_uint_t,
    pub post: *const c_void,
}

// SAFETY: a directive's table is static and never written.
unsafe impl Sync for ngx_command_t {}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_open_file_t {
    pub fd: ngx_fd_t,
    pub name: ngx_str_t,

    pub flush: Option<unsafe fn(file: *mut ngx_open_file_t, log: *mut ngx_log_t)>,
    pub data: *mut c_void,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_conf_file_t {
    pub file: ngx_file_t,
    pub buffer: *mut ngx_buf_t,
    pub dump: *mut ngx_buf_t,
    pub line: ngx_uint_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_conf_dump_t {
    pub name: ngx_str_t,
    pub buffer: *mut ngx_buf_t,
}

/// `dummy` is NULL: the handler reads `cf.args`.
pub type ngx_conf_handler_pt =
    Option<unsafe fn(cf: *mut ngx_conf_t, dummy: *const ngx_command_t, conf: *mut c_void) -> ngx_conf_ret_t>;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_conf_t {
    pub name: *const c_char,
    pub args: *mut ngx_array_t<ngx_str_t>,

    pub cycle: *mut ngx_cycle_t,
    pub pool: *mut ngx_pool_t,
    pub temp_pool: *mut ngx_pool_t,
    pub conf_file: *mut ngx_conf_file_t,
    pub log: *mut ngx_log_t,

    /// The conf_ctx of the cycle, or a block's context (ngx_http_conf_ctx_t).
    pub ctx: *mut c_void,
    pub module_type: ngx_uint_t,
    pub cmd_type: ngx_uint_t,

    pub handler: ngx_conf_handler_pt,
    pub handler_conf: *mut c_void,
}

/// `data` points to the directive's ngx_conf_post_t (or what begins as one), `conf` to the field that was set.
pub type ngx_conf_post_handler_pt =
    Option<unsafe fn(cf: *mut ngx_conf_t, data: *mut c_void, conf: *mut c_void) -> ngx_conf_ret_t>;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_conf_post_t {
    pub post_handler: ngx_conf_post_handler_pt,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_conf_deprecated_t {
    pub post_handler: ngx_conf_post_handler_pt,
    pub old_name: &'static CStr,
    pub new_name: &'static CStr,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_conf_num_bounds_t {
    pub post_handler: ngx_conf_post_handler_pt,
    pub low: ngx_int_t,
    pub high: ngx_int_t,
}

/// An entry of the table that ngx_conf_set_enum_slot() searches: `post` points to an `ngx_conf_enum_t` array
/// whose last entry has an empty name.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_conf_enum_t {
    pub name: ngx_str_t,
    pub value: ngx_uint_t,
}

pub const NGX_CONF_BITMASK_SET: ngx_uint_t = 1;

/// As ngx_conf_enum_t, for ngx_conf_set_bitmask_slot().
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_conf_bitmask_t {
    pub name: ngx_str_t,
    pub mask: ngx_uint_t,
}

/// The configuration of a core module.
#[inline(always)]
pub unsafe fn ngx_get_conf<T>(conf_ctx: *mut *mut c_void, module: &ngx_module_t) -> *mut T {
    (*conf_ctx.add(module.index.get())).cast()
}

macro_rules! ngx_conf_init_value {
    ($conf:expr, $default:expr) => {
        if $conf == -1 {
            $conf = $default;
        }
    };
}
pub(crate) use ngx_conf_init_value;

macro_rules! ngx_conf_init_ptr_value {
    ($conf:expr, $default:expr) => {
        if $conf == crate::core::ngx_conf_file::NGX_CONF_UNSET_PTR() {
            $conf = $default;
        }
    };
}
pub(crate) use ngx_conf_init_ptr_value;

macro_rules! ngx_conf_init_uint_value {
    ($conf:expr, $default:expr) => {
        if $conf == usize::MAX {
            $conf = $default;
        }
    };
}
pub(crate) use {ngx_conf_init_uint_value, ngx_conf_init_uint_value as ngx_conf_init_msec_value};

macro_rules! ngx_conf_merge_value {
    ($conf:expr, $prev:expr, $default:expr) => {
        if $conf == -1 {
            $conf = if $prev == -1 { $default } else { $prev };
        }
    };
}
pub(crate) use {
    ngx_conf_merge_value, ngx_conf_merge_value as ngx_conf_merge_sec_value,
    ngx_conf_merge_value as ngx_conf_merge_off_value,
};

macro_rules! ngx_conf_merge_ptr_value {
    ($conf:expr, $prev:expr, $default:expr) => {
        if $conf == crate::core::ngx_conf_file::NGX_CONF_UNSET_PTR() {
            $conf = if $prev == crate::core::ngx_conf_file::NGX_CONF_UNSET_PTR() { $default } else { $prev };
        }
    };
}
pub(crate) use ngx_conf_merge_ptr_value;

macro_rules! ngx_conf_merge_uint_value {
    ($conf:expr, $prev:expr, $default:expr) => {
        if $conf == usize::MAX {
            $conf = if $prev == usize::MAX { $default } else { $prev };
        }
    };
}
pub(crate) use {
    ngx_conf_merge_uint_value, ngx_conf_merge_uint_value as ngx_conf_merge_msec_value,
    ngx_conf_merge_uint_value as ngx_conf_merge_size_value,
};

macro_rules! ngx_conf_merge_str_value {
    ($conf:expr, $prev:expr, $default:literal) => {
        if $conf.data.is_null() {
            if !$prev.data.is_null() {
                $conf = $prev;
            } else {
                $conf = crate::core::ngx_string::ngx_string!($default);
            }
        }
    };
}
pub(crate) use ngx_conf_merge_str_value;

macro_rules! ngx_conf_merge_bufs_value {
    ($conf:expr, $prev:expr, $default_num:expr, $default_size:expr) => {
        if $conf.num == 0 {
            if $prev.num != 0 {
                $conf = $prev;
            } else {
                $conf.num = $default_num;
                $conf.size = $default_size;
            }
        }
    };
}
pub(crate) use ngx_conf_merge_bufs_value;

macro_rules! ngx_conf_merge_bitmask_value {
    ($conf:expr, $prev:expr, $default:expr) => {
        if $conf == 0 {
            $conf = if $prev == 0 { $default } else { $prev };
        }
    };
}
pub(crate) use ngx_conf_merge_bitmask_value;

/// `ngx_conf_log_error!(level, cf, err; "format", arguments)`: adds " in FILE:LINE".
macro_rules! ngx_conf_log_error_ {
    ($level:expr, $cf:expr, $err:expr; $fmt:literal $(, $arg:expr)* $(,)?) => {
        crate::core::ngx_conf_file::ngx_conf_log_error($level, $cf, $err, crate::core::ngx_string::ngx_fmt!($fmt $(, $arg)*),
            crate::core::ngx_string::ngx_args!($($arg),*))
    };
}
pub(crate) use ngx_conf_log_error_ as ngx_conf_log_error;

const NGX_CONF_BUFFER: usize = 4096;

static ngx_conf_commands: &[ngx_command_t] = &[ngx_command_t {
    name: ngx_string!("include"),
    type_: NGX_ANY_CONF | NGX_CONF_TAKE1,
    set: Some(ngx_conf_include),
    conf: 0,
    offset: 0,
    post: null(),
}];

pub static ngx_conf_module: ngx_module_t = ngx_module_t {
    name: c"ngx_conf_module",
    commands: ngx_conf_commands,
    type_: NGX_CONF_MODULE,
    exit_process: Some(ngx_conf_flush_files),
    ..NGX_MODULE_V1()
};

/// Sees each directive before its handler does.
pub type ngx_conf_watch_pt =
    unsafe fn(cf: *mut ngx_conf_t, module: &ngx_module_t, cmd: *const ngx_command_t, conf: *mut c_void);

pub static ngx_conf_watch: ngx_global_t<Option<ngx_conf_watch_pt>> = ngx_global_t::new(None);

/// By the number of arguments that follow the name.
static argument_number: [ngx_uint_t; NGX_CONF_MAX_ARGS] = [
    NGX_CONF_NOARGS,
    NGX_CONF_TAKE1,
    NGX_CONF_TAKE2,
    NGX_CONF_TAKE3,
    NGX_CONF_TAKE4,
    NGX_CONF_TAKE5,
    NGX_CONF_TAKE6,
    NGX_CONF_TAKE7,
];

/// The directives of -g: parsed from memory, a "file" without a descriptor.
pub unsafe fn ngx_conf_param(cf: *mut ngx_conf_t) -> ngx_conf_ret_t {
    let param = &raw mut (*(*cf).cycle).conf_param;

    if (*param).len == 0 {
        return NGX_CONF_OK;
    }

    let mut conf_file: ngx_conf_file_t = core::mem::zeroed();
    let mut b: ngx_buf_t = core::mem::zeroed();

    b.start = (*param).data;
    b.pos = (*param).data;
    b.last = (*param).data.add((*param).len);
    b.end = b.last;
    b.temporary = true;

    conf_file.file.fd = NGX_INVALID_FILE;
    conf_file.file.name.data = null_mut();
    conf_file.line = 0;

    (*cf).conf_file = &raw mut conf_file;
    (*(*cf).conf_file).buffer = &raw mut b;

    let rv = ngx_conf_parse(cf, null_mut());

    (*cf).conf_file = null_mut();

    rv
}

/// Keeps the text of a file for -T, once however often it is included.
unsafe fn ngx_conf_add_dump(cf: *mut ngx_conf_t, filename: *mut ngx_str_t) -> ngx_int_t {
    let hash = ngx_crc32_long((*filename).data, (*filename).len);

    let mut sn = ngx_str_rbtree_lookup(&raw mut (*(*cf).cycle).config_dump_rbtree, filename, hash);

    if !sn.is_null() {
        (*(*cf).conf_file).dump = null_mut();
        return NGX_OK;
    }

    let p = ngx_pstrdup((*(*cf).cycle).pool, filename);
    if p.is_null() {
        return NGX_ERROR;
    }

    let cd = ngx_array_push(&raw mut (*(*cf).cycle).config_dump);
    if cd.is_null() {
        return NGX_ERROR;
    }

    let size = ngx_file_size(&raw const (*(*cf).conf_file).file.info);

    let buf = ngx_create_temp_buf((*(*cf).cycle).pool, size as usize);
    if buf.is_null() {
        return NGX_ERROR;
    }

    (*cd).name.data = p;
    (*cd).name.len = (*filename).len;
    (*cd).buffer = buf;

    (*(*cf).conf_file).dump = buf;

    sn = ngx_palloc((*cf).temp_pool);
    if sn.is_null() {
        return NGX_ERROR;
    }

    (*sn).node.key = hash as ngx_rbtree_key_t;
    (*sn).str = (*cd).name;

    ngx_rbtree_insert(&raw mut (*(*cf).cycle).config_dump_rbtree, &raw mut (*sn).node);

    NGX_OK
}

/// A file; or, with `filename` NULL, a block of the current file up to its "}", or what -g gave.
pub unsafe fn ngx_conf_parse(cf: *mut ngx_conf_t, filename: *mut ngx_str_t) -> ngx_conf_ret_t {
    #[derive(PartialEq)]
    enum parse_t {
        parse_file,
        parse_block,
        parse_param,
    }
    use parse_t::*;

    let mut fd: ngx_fd_t = NGX_INVALID_FILE;
    let mut prev: *mut ngx_conf_file_t = null_mut();
    let mut rc: ngx_int_t;

    // they live as long as the parsing of this file
    let mut conf_file: ngx_conf_file_t = core::mem::zeroed();
    let mut buf: ngx_buf_t = core::mem::zeroed();

    'done: {
        'failed: {
            let type_;

            if !filename.is_null() {
                fd = ngx_serve_open(filename);

                if fd == NGX_INVALID_FILE {
                    fd = ngx_open_file((*filename).data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);
                }

                if fd == NGX_INVALID_FILE {
                    ngx_conf_log_error!(
                        NGX_LOG_EMERG, cf, ngx_errno();
                        "open() \"%s\" failed", (*filename).data
                    );
                    return NGX_CONF_ERROR;
                }

                prev = (*cf).conf_file;

                (*cf).conf_file = &raw mut conf_file;

                if ngx_fd_info(fd, &raw mut (*(*cf).conf_file).file.info) == NGX_FILE_ERROR {
                    ngx_log_error!(NGX_LOG_EMERG, (*cf).log, ngx_errno(); "fstat() \"%s\" failed", (*filename).data);
                }

                let b = &raw mut buf;
                (*(*cf).conf_file).buffer = b;

                (*b).start = ngx_alloc(NGX_CONF_BUFFER, (*cf).log).cast();
                if (*b).start.is_null() {
                    break 'failed;
                }

                (*b).pos = (*b).start;
                (*b).last = (*b).start;
                (*b).end = (*b).last.add(NGX_CONF_BUFFER);
                (*b).temporary = true;

                (*(*cf).conf_file).file.fd = fd;
                (*(*cf).conf_file).file.name.len = (*filename).len;
                (*(*cf).conf_file).file.name.data = (*filename).data;
                (*(*cf).conf_file).file.offset = 0;
                (*(*cf).conf_file).file.log = (*cf).log;
                (*(*cf).conf_file).line = 1;

                type_ = parse_file;

                // a debug build keeps the texts always: for whoever looks into a core
                if ngx_dump_config.get() != 0 || cfg!(feature = "debug") {
                    if ngx_conf_add_dump(cf, filename) != NGX_OK {
                        break 'failed;
                    }
                } else {
                    (*(*cf).conf_file).dump = null_mut();
                }
            } else if (*(*cf).conf_file).file.fd != NGX_INVALID_FILE {
                type_ = parse_block;
            } else {
                type_ = parse_param;
            }

            loop {
                // NGX_OK: up to ";", NGX_CONF_BLOCK_START: up to "{", NGX_CONF_BLOCK_DONE: a "}",
                // NGX_CONF_FILE_DONE: the end; or NGX_ERROR

                rc = ngx_conf_read_token(cf);

                if rc == NGX_ERROR {
                    break 'done;
                }

                if rc == NGX_CONF_BLOCK_DONE {
                    if type_ != parse_block {
                        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "unexpected \"}\"");
                        break 'failed;
                    }

                    break 'done;
                }

                if rc == NGX_CONF_FILE_DONE {
                    if type_ == parse_block {
                        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "unexpected end of file, expecting \"}\"");
                        break 'failed;
                    }

                    break 'done;
                }

                if rc == NGX_CONF_BLOCK_START && type_ == parse_param {
                    ngx_conf_log_error!(
                        NGX_LOG_EMERG, cf, 0;
                        "block directives are not supported in -g option"
                    );
                    break 'failed;
                }

                // rc is NGX_OK or NGX_CONF_BLOCK_START

                if let Some(handler) = (*cf).handler {
                    // a block whose lines are no directives: "types", "map"

                    if rc == NGX_CONF_BLOCK_START {
                        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "unexpected \"{\"");
                        break 'failed;
                    }

                    match handler(cf, null(), (*cf).handler_conf) {
                        NGX_CONF_OK => continue,

                        NGX_CONF_ERROR => break 'failed,

                        NGX_CONF_MSG(rv) => {
                            ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "%s", rv);
                            break 'failed;
                        }
                    }
                }

                rc = ngx_conf_handler(cf, rc);

                if rc == NGX_ERROR {
                    break 'failed;
                }
            }
        }

        // failed:

        rc = NGX_ERROR;
    }

    // done:

    if !filename.is_null() {
        if !(*(*(*cf).conf_file).buffer).start.is_null() {
            ngx_free((*(*(*cf).conf_file).buffer).start.cast());
        }

        if ngx_close_file(fd) == NGX_FILE_ERROR {
            ngx_log_error!(NGX_LOG_ALERT, (*cf).log, ngx_errno(); "close() %s failed", (*filename).data);
            rc = NGX_ERROR;
        }

        (*cf).conf_file = prev;
    }

    if rc == NGX_ERROR {
        return NGX_CONF_ERROR;
    }

    NGX_CONF_OK
}

/// Finds the directive named by the first of `cf.args` and calls its handler. `last` is NGX_OK where ";" stands
/// behind it, NGX_CONF_BLOCK_START where "{" does.
unsafe fn ngx_conf_handler(cf: *mut ngx_conf_t, last: ngx_int_t) -> ngx_int_t {
    let name = (*(*cf).args).elts;

    let mut found = false;
    let mut i = 0;

    'invalid: {
        while !(*(*(*cf).cycle).modules.add(i)).is_null() {
            let module = &**(*(*cf).cycle).modules.add(i);
            i += 1;

            for cmd in module.commands {
                if (*name).len != cmd.name.len {
                    continue;
                }

                if ngx_strcmp((*name).data, cmd.name.data) != 0 {
                    continue;
                }

                found = true;

                if module.type_ != NGX_CONF_MODULE && module.type_ != (*cf).module_type {
                    continue;
                }

                // may it stand here?

                if cmd.type_ & (*cf).cmd_type == 0 {
                    continue;
                }

                if cmd.type_ & NGX_CONF_BLOCK == 0 && last != NGX_OK {
                    ngx_conf_log_error!(
                        NGX_LOG_EMERG, cf, 0;
                        "directive \"%s\" is not terminated by \";\"", (*name).data
                    );
                    return NGX_ERROR;
                }

                if cmd.type_ & NGX_CONF_BLOCK != 0 && last != NGX_CONF_BLOCK_START {
                    ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "directive \"%s\" has no opening \"{\"", (*name).data);
                    return NGX_ERROR;
                }

                // how many arguments?

                let nelts = (*(*cf).args).nelts;

                if cmd.type_ & NGX_CONF_ANY == 0 {
                    if cmd.type_ & NGX_CONF_FLAG != 0 {
                        if nelts != 2 {
                            break 'invalid;
                        }
                    } else if cmd.type_ & NGX_CONF_1MORE != 0 {
                        if nelts < 2 {
                            break 'invalid;
                        }
                    } else if cmd.type_ & NGX_CONF_2MORE != 0 {
                        if nelts < 3 {
                            break 'invalid;
                        }
                    } else if nelts > NGX_CONF_MAX_ARGS || cmd.type_ & argument_number[nelts - 1] == 0 {
                        break 'invalid;
                    }
                }

                // where is the module's configuration?

                let mut conf: *mut c_void = null_mut();

                if cmd.type_ & NGX_DIRECT_CONF != 0 {
                    conf = *(*cf).ctx.cast::<*mut c_void>().add(module.index.get());
                } else if cmd.type_ & NGX_MAIN_CONF != 0 {
                    conf = (*cf).ctx.cast::<*mut c_void>().add(module.index.get()).cast();
                } else if !(*cf).ctx.is_null() {
                    let confp = *(*cf).ctx.byte_add(cmd.conf).cast::<*mut *mut c_void>();

                    if !confp.is_null() {
                        conf = *confp.add(module.ctx_index.get());
                    }
                }

                if let Some(watch) = ngx_conf_watch.get() {
                    watch(cf, module, cmd, conf);
                }

                match cmd.set.unwrap()(cf, cmd, conf) {
                    NGX_CONF_OK => return NGX_OK,

                    NGX_CONF_ERROR => return NGX_ERROR,

                    NGX_CONF_MSG(rv) => {
                        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "\"%s\" directive %s", (*name).data, rv);

                        return NGX_ERROR;
                    }
                }
            }
        }

        if found {
            ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "\"%s\" directive is not allowed here", (*name).data);

            return NGX_ERROR;
        }

        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "unknown directive \"%s\"", (*name).data);

        return NGX_ERROR;
    }

    // invalid:

    ngx_conf_log_error!(
        NGX_LOG_EMERG, cf, 0;
        "invalid number of arguments in \"%s\" directive", (*name).data
    );

    NGX_ERROR
}

/// Reads words into `cf.args` up to ";", "{" or "}".
unsafe fn ngx_conf_read_token(cf: *mut ngx_conf_t) -> ngx_int_t {
    let mut found = false;
    let mut need_space = false;
    let mut last_space = true;
    let mut sharp_comment = false;
    let mut variable = false;
    let mut quoted = false;
    let mut s_quoted = false;
    let mut d_quoted = false;
    let mut escaped = false;

    (*(*cf).args).nelts = 0;
    let b = (*(*cf).conf_file).buffer;
    let dump = (*(*cf).conf_file).dump;
    let mut start = (*b).pos;
    let mut start_line = (*(*cf).conf_file).line;

    let file_size = ngx_file_size(&raw const (*(*cf).conf_file).file.info);

    loop {
        if (*b).pos >= (*b).last {
            if (*(*cf).conf_file).file.offset >= file_size {
                if (*(*cf).args).nelts > 0 || !last_space {
                    if (*(*cf).conf_file).file.fd == NGX_INVALID_FILE {
                        ngx_conf_log_error!(
                            NGX_LOG_EMERG, cf, 0;
                            "unexpected end of parameter, expecting \";\""
                        );
                        return NGX_ERROR;
                    }

                    ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "unexpected end of file, expecting \";\" or \"}\"");
                    return NGX_ERROR;
                }

                return NGX_CONF_FILE_DONE;
            }

            let len = (*b).pos.offset_from_unsigned(start);

            if len == NGX_CONF_BUFFER {
                (*(*cf).conf_file).line = start_line;

                let ch;

                if d_quoted {
                    ch = b'"';
                } else if s_quoted {
                    ch = b'\'';
                } else {
                    ngx_conf_log_error!(
                        NGX_LOG_EMERG, cf, 0;
                        "too long parameter \"%*s...\" started", 10, start
                    );
                    return NGX_ERROR;
                }

                ngx_conf_log_error!(
                    NGX_LOG_EMERG, cf, 0;
                    "too long parameter, probably missing terminating \"%c\" character", ch
                );
                return NGX_ERROR;
            }

            // the word that has begun moves to the front, and the rest of the buffer is filled

            if len != 0 {
                ngx_memmove((*b).start, start, len);
            }

            let mut size = (file_size - (*(*cf).conf_file).file.offset) as isize;

            let room = (*b).end.offset_from((*b).start.add(len));

            if size > room {
                size = room;
            }

            let n = ngx_read_file(
                &raw mut (*(*cf).conf_file).file,
                (*b).start.add(len),
                size as usize,
                (*(*cf).conf_file).file.offset,
            );

            if n == NGX_ERROR {
                return NGX_ERROR;
            }

            if n != size {
                ngx_conf_log_error!(
                    NGX_LOG_EMERG, cf, 0;
                    "pread() returned only %z bytes instead of %z", n, size
                );
                return NGX_ERROR;
            }

            (*b).pos = (*b).start.add(len);
            (*b).last = (*b).pos.add(n as usize);
            start = (*b).start;

            if !dump.is_null() {
                (*dump).last = ngx_cpymem((*dump).last, (*b).pos, size as usize);
            }
        }

        let ch = *(*b).pos;
        (*b).pos = (*b).pos.add(1);

        if ch == LF {
            (*(*cf).conf_file).line += 1;

            if sharp_comment {
                sharp_comment = false;
            }
        }

        if sharp_comment {
            (*b).pos = ngx_conf_skip((*b).pos, (*b).last, &ngx_conf_comment);
            continue;
        }

        if quoted {
            quoted = false;
            escaped = true;
            continue;
        }

        if need_space {
            if ch == b' ' || ch == b'\t' || ch == CR || ch == LF {
                last_space = true;
                need_space = false;
                continue;
            }

            if ch == b';' {
                return NGX_OK;
            }

            if ch == b'{' {
                return NGX_CONF_BLOCK_START;
            }

            if ch == b')' {
                last_space = true;
                need_space = false;
            } else {
                ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "unexpected \"%c\"", ch);
                return NGX_ERROR;
            }
        }

        if last_space {
            start = (*b).pos.sub(1);
            start_line = (*(*cf).conf_file).line;

            if ch == b' ' || ch == b'\t' || ch == CR || ch == LF {
                continue;
            }

            match ch {
                b';' | b'{' => {
                    if (*(*cf).args).nelts == 0 {
                        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "unexpected \"%c\"", ch);
                        return NGX_ERROR;
                    }

                    if ch == b'{' {
                        return NGX_CONF_BLOCK_START;
                    }

                    return NGX_OK;
                }

                b'}' => {
                    if (*(*cf).args).nelts != 0 {
                        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "unexpected \"}\"");
                        return NGX_ERROR;
                    }

                    return NGX_CONF_BLOCK_DONE;
                }

                b'#' => {
                    sharp_comment = true;
                    continue;
                }

                b'\\' => {
                    quoted = true;
                    last_space = false;
                    continue;
                }

                b'"' => {
                    start = start.add(1);
                    d_quoted = true;
                    last_space = false;
                    continue;
                }

                b'\'' => {
                    start = start.add(1);
                    s_quoted = true;
                    last_space = false;
                    continue;
                }

                b'$' => {
                    variable = true;
                    last_space = false;
                    continue;
                }

                _ => last_space = false,
            }
        } else {
            if ch == b'{' && variable {
                continue;
            }

            variable = false;

            if ch == b'\\' {
                quoted = true;
                continue;
            }

            if ch == b'$' {
                variable = true;
                continue;
            }

            if d_quoted {
                if ch == b'"' {
                    d_quoted = false;
                    need_space = true;
                    found = true;
                }
            } else if s_quoted {
                if ch == b'\'' {
                    s_quoted = false;
                    need_space = true;
                    found = true;
                }
            } else if ch == b' ' || ch == b'\t' || ch == CR || ch == LF || ch == b';' || ch == b'{' {
                last_space = true;
                found = true;
            }

            if found {
                let word = ngx_array_push((*cf).args);
                if word.is_null() {
                    return NGX_ERROR;
                }

                // without the character that ended it, and with a NUL
                let end = (*b).pos.sub(1);

                (*word).data = ngx_pnalloc((*cf).pool, end.offset_from_unsigned(start) + 1);
                if (*word).data.is_null() {
                    return NGX_ERROR;
                }

                let mut dst = (*word).data;
                let mut src = start;
                let mut len = 0;

                if !escaped {
                    len = end.offset_from_unsigned(start);
                    dst = ngx_cpymem(dst, start, len);
                    src = end;
                }

                while src < end {
                    let mut c = *src;

                    if c == b'\\' {
                        match *src.add(1) {
                            b'"' | b'\'' | b'\\' => {
                                src = src.add(1);
                                c = *src;
                            }

                            b't' => {
                                src = src.add(1);
                                c = b'\t';
                            }

                            b'r' => {
                                src = src.add(1);
                                c = b'\r';
                            }

                            b'n' => {
                                src = src.add(1);
                                c = b'\n';
                            }

                            _ => {}
                        }
                    }

                    *dst = c;
                    dst = dst.add(1);
                    src = src.add(1);
                    len += 1;
                }

                *dst = 0;
                (*word).len = len;

                if ch == b';' {
                    return NGX_OK;
                }

                if ch == b'{' {
                    return NGX_CONF_BLOCK_START;
                }

                found = false;
                escaped = false;
            } else {
                (*b).pos = ngx_conf_skip((*b).pos, (*b).last, &ngx_conf_word);
            }
        }
    }
}

/// Bytes inside of a word or a quoted string which mean themselves.
static ngx_conf_word: [bool; 256] = ngx_conf_all_but(b" \t\r\n;{\\$\"'");
static ngx_conf_comment: [bool; 256] = ngx_conf_all_but(b"\n");

const fn ngx_conf_all_but(special: &[u8]) -> [bool; 256] {
    let mut set = [true; 256];
    let mut i = 0;

    while i < special.len() {
        set[special[i] as usize] = false;
        i += 1;
    }

    set
}

unsafe fn ngx_conf_skip(mut p: *mut u8, last: *mut u8, set: &[bool; 256]) -> *mut u8 {
    while p < last && set[*p as usize] {
        p = p.add(1);
    }

    p
}

pub unsafe fn ngx_conf_include(cf: *mut ngx_conf_t, _cmd: *const ngx_command_t, _conf: *mut c_void) -> ngx_conf_ret_t {
    let value = (*(*cf).args).elts;
    let mut file = *value.add(1);

    ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*cf).log, 0; "include %s", file.data);

    if ngx_conf_full_name((*cf).cycle, &raw mut file, 1) != NGX_OK {
        return NGX_CONF_ERROR;
    }

    if libc::strpbrk(file.data.cast(), c"*?[".as_ptr()).is_null() {
        ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*cf).log, 0; "include %s", file.data);

        return ngx_conf_parse(cf, &raw mut file);
    }

    let mut gl: ngx_glob_t = core::mem::zeroed();

    gl.pattern = file.data;
    gl.log = (*cf).log;
    gl.test = 1;

    if ngx_open_glob(&raw mut gl) != NGX_OK {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, ngx_errno(); "glob() \"%s\" failed", file.data);
        return NGX_CONF_ERROR;
    }

    let mut rv = NGX_CONF_OK;

    loop {
        let mut name = ngx_null_string;
        let n = ngx_read_glob(&raw mut gl, &raw mut name);

        if n != NGX_OK {
            break;
        }

        // the copy has the NUL too
        file.len = name.len;
        name.len += 1;
        file.data = ngx_pstrdup((*cf).pool, &raw mut name);
        if file.data.is_null() {
            return NGX_CONF_ERROR;
        }

        ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*cf).log, 0; "include %s", file.data);

        rv = ngx_conf_parse(cf, &raw mut file);

        if rv != NGX_CONF_OK {
            break;
        }
    }

    ngx_close_glob(&raw mut gl);

    rv
}

pub unsafe fn ngx_conf_full_name(cycle: *mut ngx_cycle_t, name: *mut ngx_str_t, conf_prefix: ngx_uint_t) -> ngx_int_t {
    let prefix = if conf_prefix != 0 { &raw mut (*cycle).conf_prefix } else { &raw mut (*cycle).prefix };

    ngx_get_full_name((*cycle).pool, prefix, name)
}

/// The entry of a log or the like in the cycle's list: opened once the configuration has proved right, and
/// reopened by name. An empty name is stderr.
pub unsafe fn ngx_conf_open_file(cycle: *mut ngx_cycle_t, name: *mut ngx_str_t) -> *mut ngx_open_file_t {
    let mut full = ngx_null_string;

    if (*name).len != 0 {
        full = *name;

        if ngx_conf_full_name(cycle, &raw mut full, 0) != NGX_OK {
            return null_mut();
        }

        let mut part = &raw mut (*cycle).open_files.part;
        let mut i = 0;

        loop {
            if i >= (*part).nelts {
                if (*part).next.is_null() {
                    break;
                }
                part = (*part).next;
                i = 0;
            }

            let file = (*part).elts.add(i);
            i += 1;

            if full.len != (*file).name.len {
                continue;
            }

            if ngx_strcmp(full.data, (*file).name.data) == 0 {
                return file;
            }
        }
    }

    let file = ngx_list_push(&raw mut (*cycle).open_files);
    if file.is_null() {
        return null_mut();
    }

    if (*name).len != 0 {
        (*file).fd = NGX_INVALID_FILE;
        (*file).name = full;
    } else {
        (*file).fd = ngx_stderr;
        (*file).name = *name;
    }

    (*file).flush = None;
    (*file).data = null_mut();

    file
}

unsafe fn ngx_conf_flush_files(cycle: *mut ngx_cycle_t) {
    ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*cycle).log, 0; "flush files");

    let mut part = &raw mut (*cycle).open_files.part;
    let mut i = 0;

    loop {
        if i >= (*part).nelts {
            if (*part).next.is_null() {
                break;
            }
            part = (*part).next;
            i = 0;
        }

        let file = (*part).elts.add(i);
        i += 1;

        if let Some(flush) = (*file).flush {
            flush(file, (*cycle).log);
        }
    }
}

pub unsafe fn ngx_conf_log_error(
    level: ngx_uint_t,
    cf: *mut ngx_conf_t,
    err: ngx_err_t,
    fmt: &[u8],
    args: &[ngx_arg_t],
) {
    let mut buf = MaybeUninit::<[u8; NGX_MAX_CONF_ERRSTR]>::uninit();
    let errstr: *mut u8 = buf.as_mut_ptr().cast();
    let last = errstr.add(NGX_MAX_CONF_ERRSTR);

    let mut p = ngx_vslprintf(errstr, last, fmt, args);

    if err != 0 {
        p = ngx_log_errno(p, last, err);
    }

    let len = p.offset_from_unsigned(errstr);

    if (*cf).conf_file.is_null() {
        ngx_log_error!(level, (*cf).log, 0; "%*s", len, errstr);
        return;
    }

    if (*(*cf).conf_file).file.fd == NGX_INVALID_FILE {
        ngx_log_error!(level, (*cf).log, 0; "%*s in command line", len, errstr);
        return;
    }

    ngx_log_error!(
        level, (*cf).log, 0;
        "%*s in %s:%ui", len, errstr, (*(*cf).conf_file).file.name.data, (*(*cf).conf_file).line
    );
}

pub unsafe fn ngx_conf_set_flag_slot(
    cf: *mut ngx_conf_t,
    cmd: *const ngx_command_t,
    conf: *mut c_void,
) -> ngx_conf_ret_t {
    let fp: *mut ngx_flag_t = conf.byte_add((*cmd).offset).cast();

    if *fp != NGX_CONF_UNSET {
        return NGX_CONF_MSG("is duplicate");
    }

    let value = (*(*cf).args).elts;

    if ngx_strcasecmp((*value.add(1)).data, c"on".as_ptr().cast()) == 0 {
        *fp = 1;
    } else if ngx_strcasecmp((*value.add(1)).data, c"off".as_ptr().cast()) == 0 {
        *fp = 0;
    } else {
        ngx_conf_log_error!(
            NGX_LOG_EMERG, cf, 0;
            "invalid value \"%s\" in \"%s\" directive, it must be \"on\" or \"off\"",
            (*value.add(1)).data, (*cmd).name.data
        );
        return NGX_CONF_ERROR;
    }

    ngx_conf_call_post(cf, cmd, fp)
}

pub unsafe fn ngx_conf_set_str_slot(
    cf: *mut ngx_conf_t,
    cmd: *const ngx_command_t,
    conf: *mut c_void,
) -> ngx_conf_ret_t {
    let field: *mut ngx_str_t = conf.byte_add((*cmd).offset).cast();

    if !(*field).data.is_null() {
        return NGX_CONF_MSG("is duplicate");
    }

    let value = (*(*cf).args).elts;

    *field = *value.add(1);

    ngx_conf_call_post(cf, cmd, field)
}

pub unsafe fn ngx_conf_set_str_array_slot(
    cf: *mut ngx_conf_t,
    cmd: *const ngx_command_t,
    conf: *mut c_void,
) -> ngx_conf_ret_t {
    let a: *mut *mut ngx_array_t<ngx_str_t> = conf.byte_add((*cmd).offset).cast();

    if *a == NGX_CONF_UNSET_PTR() {
        *a = ngx_array_create((*cf).pool, 4);
        if (*a).is_null() {
            return NGX_CONF_ERROR;
        }
    }

    let s = ngx_array_push(*a);
    if s.is_null() {
        return NGX_CONF_ERROR;
    }

    let value = (*(*cf).args).elts;

    *s = *value.add(1);

    ngx_conf_call_post(cf, cmd, s)
}

pub unsafe fn ngx_conf_set_keyval_slot(
    cf: *mut ngx_conf_t,
    cmd: *const ngx_command_t,
    conf: *mut c_void,
) -> ngx_conf_ret_t {
    let a: *mut *mut ngx_array_t<ngx_keyval_t> = conf.byte_add((*cmd).offset).cast();

    if *a == NGX_CONF_UNSET_PTR() || (*a).is_null() {
        *a = ngx_array_create((*cf).pool, 4);
        if (*a).is_null() {
            return NGX_CONF_ERROR;
        }
    }

    let kv = ngx_array_push(*a);
    if kv.is_null() {
        return NGX_CONF_ERROR;
    }

    let value = (*(*cf).args).elts;

    (*kv).key = *value.add(1);
    (*kv).value = *value.add(2);

    ngx_conf_call_post(cf, cmd, kv)
}

pub unsafe fn ngx_conf_set_num_slot(
    cf: *mut ngx_conf_t,
    cmd: *const ngx_command_t,
    conf: *mut c_void,
) -> ngx_conf_ret_t {
    let np: *mut ngx_int_t = conf.byte_add((*cmd).offset).cast();

    if *np != NGX_CONF_UNSET {
        return NGX_CONF_MSG("is duplicate");
    }

    let value = (*(*cf).args).elts;
    *np = ngx_atoi((*value.add(1)).data, (*value.add(1)).len);
    if *np == NGX_ERROR {
        return NGX_CONF_MSG("invalid number");
    }

    ngx_conf_call_post(cf, cmd, np)
}

pub unsafe fn ngx_conf_set_size_slot(
    cf: *mut ngx_conf_t,
    cmd: *const ngx_command_t,
    conf: *mut c_void,
) -> ngx_conf_ret_t {
    let sp: *mut usize = conf.byte_add((*cmd).offset).cast();

    if *sp != NGX_CONF_UNSET_SIZE {
        return NGX_CONF_MSG("is duplicate");
    }

    let value = (*(*cf).args).elts;

    *sp = ngx_parse_size(value.add(1)) as usize;
    if *sp == NGX_ERROR as usize {
        return NGX_CONF_MSG("invalid value");
    }

    ngx_conf_call_post(cf, cmd, sp)
}

pub unsafe fn ngx_conf_set_off_slot(
    cf: *mut ngx_conf_t,
    cmd: *const ngx_command_t,
    conf: *mut c_void,
) -> ngx_conf_ret_t {
    let op: *mut off_t = conf.byte_add((*cmd).offset).cast();

    if *op != NGX_CONF_UNSET as off_t {
        return NGX_CONF_MSG("is duplicate");
    }

    let value = (*(*cf).args).elts;

    *op = ngx_parse_offset(value.add(1));
    if *op == NGX_ERROR as off_t {
        return NGX_CONF_MSG("invalid value");
    }

    ngx_conf_call_post(cf, cmd, op)
}

pub unsafe fn ngx_conf_set_msec_slot(
    cf: *mut ngx_conf_t,
    cmd: *const ngx_command_t,
    conf: *mut c_void,
) -> ngx_conf_ret_t {
    let msp: *mut ngx_msec_t = conf.byte_add((*cmd).offset).cast();

    if *msp != NGX_CONF_UNSET_MSEC {
        return NGX_CONF_MSG("is duplicate");
    }

    let value = (*(*cf).args).elts;

    *msp = ngx_parse_time(value.add(1), 0) as ngx_msec_t;
    if *msp == NGX_ERROR as ngx_msec_t {
        return NGX_CONF_MSG("invalid value");
    }

    ngx_conf_call_post(cf, cmd, msp)
}

pub unsafe fn ngx_conf_set_sec_slot(
    cf: *mut ngx_conf_t,
    cmd: *const ngx_command_t,
    conf: *mut c_void,
) -> ngx_conf_ret_t {
    let sp: *mut time_t = conf.byte_add((*cmd).offset).cast();

    if *sp != NGX_CONF_UNSET as time_t {
        return NGX_CONF_MSG("is duplicate");
    }

    let value = (*(*cf).args).elts;

    *sp = ngx_parse_time(value.add(1), 1) as time_t;
    if *sp == NGX_ERROR as time_t {
        return NGX_CONF_MSG("invalid value");
    }

    ngx_conf_call_post(cf, cmd, sp)
}

pub unsafe fn ngx_conf_set_bufs_slot(
    cf: *mut ngx_conf_t,
    cmd: *const ngx_command_t,
    conf: *mut c_void,
) -> ngx_conf_ret_t {
    let bufs: *mut ngx_bufs_t = conf.byte_add((*cmd).offset).cast();

    if (*bufs).num != 0 {
        return NGX_CONF_MSG("is duplicate");
    }

    let value = (*(*cf).args).elts;

    (*bufs).num = ngx_atoi((*value.add(1)).data, (*value.add(1)).len);
    if (*bufs).num == NGX_ERROR || (*bufs).num == 0 {
        return NGX_CONF_MSG("invalid value");
    }

    (*bufs).size = ngx_parse_size(value.add(2)) as usize;
    if (*bufs).size == NGX_ERROR as usize || (*bufs).size == 0 {
        return NGX_CONF_MSG("invalid value");
    }

    NGX_CONF_OK
}

pub unsafe fn ngx_conf_set_enum_slot(
    cf: *mut ngx_conf_t,
    cmd: *const ngx_command_t,
    conf: *mut c_void,
) -> ngx_conf_ret_t {
    let np: *mut ngx_uint_t = conf.byte_add((*cmd).offset).cast();

    if *np != NGX_CONF_UNSET_UINT {
        return NGX_CONF_MSG("is duplicate");
    }

    let value = (*(*cf).args).elts;
    let mut e: *const ngx_conf_enum_t = (*cmd).post.cast();

    while (*e).name.len != 0 {
        if (*e).name.len != (*value.add(1)).len || ngx_strcasecmp((*e).name.data, (*value.add(1)).data) != 0 {
            e = e.add(1);
            continue;
        }

        *np = (*e).value;

        return NGX_CONF_OK;
    }

    ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid value \"%s\"", (*value.add(1)).data);

    NGX_CONF_ERROR
}

pub unsafe fn ngx_conf_set_bitmask_slot(
    cf: *mut ngx_conf_t,
    cmd: *const ngx_command_t,
    conf: *mut c_void,
) -> ngx_conf_ret_t {
    let np: *mut ngx_uint_t = conf.byte_add((*cmd).offset).cast();
    let value = (*(*cf).args).elts;

    for i in 1..(*(*cf).args).nelts {
        let mut mask: *const ngx_conf_bitmask_t = (*cmd).post.cast();

        while (*mask).name.len != 0 {
            if (*mask).name.len != (*value.add(i)).len || ngx_strcasecmp((*mask).name.data, (*value.add(i)).data) != 0 {
                mask = mask.add(1);
                continue;
            }

            if *np & (*mask).mask != 0 {
                ngx_conf_log_error!(NGX_LOG_WARN, cf, 0; "duplicate value \"%s\"", (*value.add(i)).data);
            } else {
                *np |= (*mask).mask;
            }

            break;
        }

        if (*mask).name.len == 0 {
            ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid value \"%s\"", (*value.add(i)).data);

            return NGX_CONF_ERROR;
        }
    }

    NGX_CONF_OK
}

pub unsafe fn ngx_conf_deprecated(cf: *mut ngx_conf_t, post: *mut c_void, _data: *mut c_void) -> ngx_conf_ret_t {
    let d: *mut ngx_conf_deprecated_t = post.cast();

    ngx_conf_log_error!(
        NGX_LOG_WARN, cf, 0;
        "the \"%s\" directive is deprecated, use the \"%s\" directive instead", (*d).old_name, (*d).new_name
    );

    NGX_CONF_OK
}

pub unsafe fn ngx_conf_check_num_bounds(cf: *mut ngx_conf_t, post: *mut c_void, data: *mut c_void) -> ngx_conf_ret_t {
    let bounds: *mut ngx_conf_num_bounds_t = post.cast();
    let np: *mut ngx_int_t = data.cast();

    if (*bounds).high == -1 {
        if *np >= (*bounds).low {
            return NGX_CONF_OK;
        }

        ngx_conf_log_error!(
            NGX_LOG_EMERG, cf, 0;
            "value must be equal to or greater than %i", (*bounds).low
        );

        return NGX_CONF_ERROR;
    }

    if *np >= (*bounds).low && *np <= (*bounds).high {
        return NGX_CONF_OK;
    }

    ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "value must be between %i and %i", (*bounds).low, (*bounds).high);

    NGX_CONF_ERROR
}

/// The end of the slot handlers: the handler that the directive's table names, if any, sees the new value.
unsafe fn ngx_conf_call_post<T>(cf: *mut ngx_conf_t, cmd: *const ngx_command_t, field: *mut T) -> ngx_conf_ret_t {
    let post: *mut ngx_conf_post_t = (*cmd).post.cast_mut().cast();

    if !post.is_null() {
        return (*post).post_handler.unwrap()(cf, post.cast(), field.cast());
    }

    NGX_CONF_OK
}

#[cfg(test)]
mod tests {
    use super::*;

    unsafe fn keep_words(cf: *mut ngx_conf_t, _dummy: *const ngx_command_t, conf: *mut c_void) -> ngx_conf_ret_t {
        let words: *mut Vec<u8> = conf.cast();

        for i in 0..(*(*cf).args).nelts {
            (*words).extend_from_slice((*(*(*cf).args).elts.add(i)).bytes());
            (*words).push(b'|');
        }
        (*words).push((*(*cf).conf_file).line as u8);

        NGX_CONF_OK
    }

    /// The words of each directive, and the line where it ended; None for an error.
    unsafe fn parse(text: &[u8], name: &str) -> Option<Vec<u8>> {
        let path = std::env::temp_dir().join(format!("nginx-conf-{}-{name}\0", std::process::id()));
        let path = path.to_str().unwrap();
        let file = path.trim_end_matches('\0');
        std::fs::write(file, text).unwrap();

        ngx_pagesize.set(4096);

        let mut words = Vec::new();
        let mut log: ngx_log_t = core::mem::zeroed();
        let mut cycle: ngx_cycle_t = core::mem::zeroed();
        let mut conf: ngx_conf_t = core::mem::zeroed();

        let pool = ngx_create_pool(NGX_CYCLE_POOL_SIZE, &raw mut log);
        cycle.pool = pool;
        assert_eq!(ngx_array_init(&raw mut cycle.config_dump, pool, 1), NGX_OK);
        let (tree, sentinel) = (&raw mut cycle.config_dump_rbtree, &raw mut cycle.config_dump_sentinel);
        ngx_rbtree_init(tree, sentinel, Some(ngx_str_rbtree_insert_value));

        conf.args = ngx_array_create(pool, 10);
        conf.cycle = &raw mut cycle;
        conf.pool = pool;
        conf.temp_pool = pool;
        conf.log = &raw mut log;
        conf.handler = Some(keep_words);
        conf.handler_conf = (&raw mut words).cast();

        let mut filename = ngx_str_t { len: file.len(), data: path.as_ptr().cast_mut() };
        let rc = ngx_conf_parse(&raw mut conf, &raw mut filename);

        ngx_destroy_pool(pool);
        std::fs::remove_file(file).unwrap();

        (rc == NGX_CONF_OK).then_some(words)
    }

    #[test]
    fn words_at_every_split_point() {
        let text = b"a 'b \\' c' \"d\\n\\\\\" e\\;f ${g} #h;\n ${i}j\tk;\r\n\"\"\n;";
        let words = b"a|b ' c|d\n\\|e\\;f|${g}|${i}j|k|\x02|\x04";

        // a file is read by NGX_CONF_BUFFER bytes, so the padding moves the split through the text

        for n in 0..=text.len() {
            let mut padded = vec![b' '; NGX_CONF_BUFFER - n];
            padded.extend_from_slice(text);
            unsafe { assert_eq!(parse(&padded, "split").as_deref(), Some(&words[..]), "split at {n}") };
        }
    }

    #[test]
    fn errors() {
        unsafe {
            for text in ["a", "a b", "a 'b;", "a \"b\"c;", ";", "{", "}", "a }", "a {", "a; }"] {
                assert_eq!(parse(text.as_bytes(), "errors"), None, "{text}");
            }

            // a word must fit into the buffer
            let word = vec![b'a'; NGX_CONF_BUFFER - 1];
            assert!(parse(&[&word[..], b";"].concat(), "errors").is_some());
            assert!(parse(&[&word[..], b"a;"].concat(), "errors").is_none());
        }
    }
}
