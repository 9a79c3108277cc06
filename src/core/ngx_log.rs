//! Port of src/core/ngx_log.c and .h
//! Ours: ngx_log_open_file() and the two that it needs for -t; `error_log … json` and what a line may not contain, see
//! ngx_log_json.rs.

#[cfg(feature = "debug")]
use crate::core::ngx_parse::*;
use crate::core::{
    nginx::*, ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_cycle::*, ngx_log_json::*, ngx_module::*,
    ngx_palloc::*, ngx_string::*, ngx_syslog::*, ngx_times::*,
};
use crate::os::unix::{
    ngx_alloc::*, ngx_atomic::*, ngx_errno::*, ngx_files::*, ngx_process_cycle::*, ngx_reload::*, ngx_thread_id::*,
    ngx_user::*,
};

use core::mem::MaybeUninit;

pub const NGX_LOG_STDERR: ngx_uint_t = 0;
pub const NGX_LOG_EMERG: ngx_uint_t = 1;
pub const NGX_LOG_ALERT: ngx_uint_t = 2;
pub const NGX_LOG_CRIT: ngx_uint_t = 3;
pub const NGX_LOG_ERR: ngx_uint_t = 4;
pub const NGX_LOG_WARN: ngx_uint_t = 5;
pub const NGX_LOG_NOTICE: ngx_uint_t = 6;
pub const NGX_LOG_INFO: ngx_uint_t = 7;
pub const NGX_LOG_DEBUG: ngx_uint_t = 8;

pub const NGX_LOG_DEBUG_CORE: ngx_uint_t = 0x010;
pub const NGX_LOG_DEBUG_ALLOC: ngx_uint_t = 0x020;
pub const NGX_LOG_DEBUG_MUTEX: ngx_uint_t = 0x040;
pub const NGX_LOG_DEBUG_EVENT: ngx_uint_t = 0x080;
pub const NGX_LOG_DEBUG_HTTP: ngx_uint_t = 0x100;
pub const NGX_LOG_DEBUG_MAIL: ngx_uint_t = 0x200;
pub const NGX_LOG_DEBUG_STREAM: ngx_uint_t = 0x400;

pub const NGX_LOG_DEBUG_FIRST: ngx_uint_t = NGX_LOG_DEBUG_CORE;
pub const NGX_LOG_DEBUG_LAST: ngx_uint_t = NGX_LOG_DEBUG_STREAM;
pub const NGX_LOG_DEBUG_CONNECTION: ngx_uint_t = 0x80000000;
pub const NGX_LOG_DEBUG_ALL: ngx_uint_t = 0x7ffffff0;

pub const NGX_MAX_ERROR_STR: usize = 2048;

/// Appends to a message what the log's owner knows (the client, the request line); at most `len` bytes. The values are noted
/// in `fields` too.
pub type ngx_log_handler_pt =
    Option<unsafe fn(log: *mut ngx_log_t, buf: *mut u8, len: usize, fields: *mut ngx_log_fields_t) -> *mut u8>;
/// Takes a whole line, with its LF.
pub type ngx_log_writer_pt = Option<unsafe fn(log: *mut ngx_log_t, level: ngx_uint_t, buf: *mut u8, len: usize)>;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_log_t {
    pub log_level: ngx_uint_t,
    pub file: *mut ngx_open_file_t,

    pub connection: ngx_atomic_uint_t,

    pub disk_full_time: time_t,

    pub handler: ngx_log_handler_pt,
    pub data: *mut c_void,

    pub writer: ngx_log_writer_pt,
    pub wdata: *mut c_void,

    /// A literal that says what is being done ("while %s"), or NULL.
    pub action: *const c_char,

    pub next: *mut ngx_log_t,

    /// The lines are JSON.
    pub json: bool,
}

const _: () = assert!(size_of::<ngx_log_t>() == 11 * size_of::<usize>()); // C: 80

macro_rules! ngx_log_error {
    ($level:expr, $log:expr, $err:expr; $fmt:literal $(, $arg:expr)* $(,)?) => {{
        let log: *mut crate::core::ngx_log::ngx_log_t = $log;
        if (*log).log_level >= $level {
            crate::core::ngx_log::ngx_log_error_core($level, log, $err, crate::core::ngx_string::ngx_fmt!($fmt $(, $arg)*),
                crate::core::ngx_string::ngx_args!($($arg),*));
        }
    }};
}
pub(crate) use ngx_log_error;

#[cfg(feature = "debug")]
macro_rules! ngx_log_debug {
    ($level:expr, $log:expr, $err:expr; $fmt:literal $(, $arg:expr)* $(,)?) => {{
        let log: *mut crate::core::ngx_log::ngx_log_t = $log;
        if (*log).log_level & $level != 0 {
            crate::core::ngx_log::ngx_log_error_core(crate::core::ngx_log::NGX_LOG_DEBUG, log, $err, crate::core::ngx_string::ngx_fmt!($fmt $(, $arg)*),
                crate::core::ngx_string::ngx_args!($($arg),*));
        }
    }};
}

#[cfg(not(feature = "debug"))]
macro_rules! ngx_log_debug {
    ($level:expr, $log:expr, $err:expr; $fmt:literal $(, $arg:expr)* $(,)?) => {
        if false {
            let _ = ($level, $log, $err, crate::core::ngx_string::ngx_fmt!($fmt $(, $arg)*), crate::core::ngx_string::ngx_args!($($arg),*));
        }
    };
}
pub(crate) use ngx_log_debug;

/// `ngx_log_stderr!(err; "format", arguments)`
macro_rules! ngx_log_stderr_ {
    ($err:expr; $fmt:literal $(, $arg:expr)* $(,)?) => {
        crate::core::ngx_log::ngx_log_stderr($err, crate::core::ngx_string::ngx_fmt!($fmt $(, $arg)*), crate::core::ngx_string::ngx_args!($($arg),*))
    };
}
pub(crate) use ngx_log_stderr_ as ngx_log_stderr;

pub unsafe fn ngx_write_stderr(text: &[u8]) {
    let _ = ngx_write_fd(ngx_stderr, text.as_ptr().cast(), text.len());
}

pub unsafe fn ngx_write_stdout(text: &[u8]) {
    let _ = ngx_write_fd(ngx_stdout, text.as_ptr().cast(), text.len());
}

/// A ring in memory behind its title line: read with a debugger.
#[cfg(feature = "debug")]
#[repr(C)]
struct ngx_log_memory_buf_t {
    start: *mut u8,
    end: *mut u8,
    pos: *mut u8,
    written: ngx_atomic_t,
}

static ngx_errlog_commands: &[ngx_command_t] = &[ngx_command_t {
    name: ngx_string!("error_log"),
    type_: NGX_MAIN_CONF | NGX_CONF_1MORE,
    set: Some(ngx_error_log),
    conf: 0,
    offset: 0,
    post: null(),
}];

static ngx_errlog_module_ctx: ngx_core_module_t =
    ngx_core_module_t { name: ngx_string!("errlog"), create_conf: None, init_conf: None };

pub static ngx_errlog_module: ngx_module_t = ngx_module_t {
    name: c"ngx_errlog_module",
    ctx: (&raw const ngx_errlog_module_ctx).cast(),
    commands: ngx_errlog_commands,
    type_: NGX_CORE_MODULE,
    ..NGX_MODULE_V1()
};

static ngx_log: ngx_global_t<ngx_log_t> = ngx_global_t::zeroed();
static ngx_log_file: ngx_global_t<ngx_open_file_t> = ngx_global_t::zeroed();
pub static ngx_use_stderr: ngx_global_t<ngx_uint_t> = ngx_global_t::new(1);

static err_levels: [ngx_str_t; 9] = [
    ngx_null_string,
    ngx_string!("emerg"),
    ngx_string!("alert"),
    ngx_string!("crit"),
    ngx_string!("error"),
    ngx_string!("warn"),
    ngx_string!("notice"),
    ngx_string!("info"),
    ngx_string!("debug"),
];

static debug_levels: [&CStr; 7] =
    [c"debug_core", c"debug_alloc", c"debug_mutex", c"debug_event", c"debug_http", c"debug_mail", c"debug_stream"];

/// The file that ngx_log_init() has created: device and inode.
static ngx_log_created: ngx_global_t<(libc::dev_t, libc::ino_t)> = ngx_global_t::zeroed();
static ngx_log_test_files: ngx_global_t<[(ngx_fd_t, *const u8); 64]> = ngx_global_t::zeroed();

pub unsafe fn ngx_log_error_core(
    level: ngx_uint_t,
    mut log: *mut ngx_log_t,
    err: ngx_err_t,
    fmt: &[u8],
    args: &[ngx_arg_t],
) {
    let mut buf = MaybeUninit::<[u8; NGX_MAX_ERROR_STR]>::uninit();
    let errstr: *mut u8 = buf.as_mut_ptr().cast();
    let last = errstr.add(NGX_MAX_ERROR_STR);

    let time = ngx_cached_err_log_time.get();

    let mut p = ngx_cpymem(errstr, time.data, time.len);

    p = ngx_slprintf!(p, last, " [%V] ", err_levels[level]);

    // pid#tid
    p = ngx_slprintf!(p, last, "%P#%P: ", ngx_pid.get(), ngx_thread_tid());

    if (*log).connection != 0 {
        p = ngx_slprintf!(p, last, "*%uA ", (*log).connection);
    }

    let mut msg = p;
    let mut fields = ngx_log_fields_t::new();

    p = ngx_vslprintf(p, last, fmt, args);

    if err != 0 {
        p = ngx_log_errno(p, last, err);
    }

    let message = p;

    if level != NGX_LOG_DEBUG
        && let Some(handler) = (*log).handler
    {
        p = handler(log, p, last.offset_from_unsigned(p), &raw mut fields);
    }

    if p > last.sub(NGX_LINEFEED_SIZE) {
        p = last.sub(NGX_LINEFEED_SIZE);
    }

    let connection = (*log).connection;
    let message = ngx_str_t { len: ngx_min(message, p).offset_from_unsigned(msg), data: msg };

    let mut escaped = MaybeUninit::<[u8; NGX_MAX_ERROR_STR]>::uninit();
    let mut line = errstr;

    if ngx_log_unsafe(core::slice::from_raw_parts(msg, p.offset_from_unsigned(msg))) {
        line = escaped.as_mut_ptr().cast();

        let head = ngx_cpymem(line, errstr, msg.offset_from_unsigned(errstr));
        let text = core::slice::from_raw_parts(msg, p.offset_from_unsigned(msg));

        msg = head;
        p = ngx_log_escape(head, line.add(NGX_MAX_ERROR_STR - NGX_LINEFEED_SIZE), text);
    }

    *p = LF;
    p = p.add(1);

    let mut json = MaybeUninit::<[u8; NGX_MAX_ERROR_STR]>::uninit();

    let mut wrote_stderr = false;
    let debug_connection = (*log).log_level & NGX_LOG_DEBUG_CONNECTION != 0;

    while !log.is_null() {
        if (*log).log_level < level && !debug_connection {
            break;
        }

        let (text, len) = if (*log).json {
            let text: *mut u8 = json.as_mut_ptr().cast();

            (
                text,
                ngx_log_json(
                    text,
                    NGX_MAX_ERROR_STR,
                    &raw const err_levels[level],
                    connection,
                    message.bytes(),
                    &raw const fields,
                )
                .offset_from_unsigned(text),
            )
        } else {
            (line, p.offset_from_unsigned(line))
        };

        'next: {
            if let Some(writer) = (*log).writer {
                writer(log, level, text, len);
                break 'next;
            }

            if ngx_time() == (*log).disk_full_time {
                // a write to a full disk may be slow: one try a second is enough
                break 'next;
            }

            let n = ngx_write_fd((*(*log).file).fd, text.cast(), len);

            if n == -1 && ngx_errno() == NGX_ENOSPC {
                (*log).disk_full_time = ngx_time();
            }

            if (*(*log).file).fd == ngx_stderr {
                wrote_stderr = true;
            }
        }

        log = (*log).next;
    }

    if level <= NGX_LOG_WARN && ngx_reload_waits.get() != 0 {
        ngx_reload_reason(err_levels[level], msg, p.offset_from_unsigned(msg));
    }

    if ngx_use_stderr.get() == 0 || level > NGX_LOG_WARN || wrote_stderr {
        return;
    }

    // the head of the line is overwritten

    msg = msg.sub(7 + err_levels[level].len + 3);

    let _ = ngx_sprintf!(msg, "nginx: [%V] ", err_levels[level]);

    let _ = ngx_write_fd(ngx_stderr, msg.cast(), p.offset_from_unsigned(msg));
}

pub unsafe fn ngx_log_abort(err: ngx_err_t, fmt: &[u8], args: &[ngx_arg_t]) {
    let mut buf = MaybeUninit::<[u8; NGX_MAX_CONF_ERRSTR]>::uninit();
    let errstr: *mut u8 = buf.as_mut_ptr().cast();

    let p = ngx_vslprintf(errstr, errstr.add(NGX_MAX_CONF_ERRSTR - 1), fmt, args);

    ngx_log_error!(NGX_LOG_ALERT, (*ngx_cycle.get()).log, err; "%*s", p.offset_from_unsigned(errstr), errstr);
}

pub unsafe fn ngx_log_stderr(err: ngx_err_t, fmt: &[u8], args: &[ngx_arg_t]) {
    let mut buf = MaybeUninit::<[u8; NGX_MAX_ERROR_STR]>::uninit();
    let errstr: *mut u8 = buf.as_mut_ptr().cast();
    let last = errstr.add(NGX_MAX_ERROR_STR);

    let mut p = ngx_cpylit(errstr, b"nginx: ");

    p = ngx_vslprintf(p, last, fmt, args);

    if err != 0 {
        p = ngx_log_errno(p, last, err);
    }

    if p > last.sub(NGX_LINEFEED_SIZE) {
        p = last.sub(NGX_LINEFEED_SIZE);
    }

    *p = LF;
    p = p.add(1);

    let _ = ngx_write_fd(ngx_stderr, errstr.cast(), p.offset_from_unsigned(errstr));
}

pub unsafe fn ngx_log_errno(mut buf: *mut u8, last: *mut u8, err: ngx_err_t) -> *mut u8 {
    if buf > last.sub(50) {
        // the message makes room for the error

        buf = ngx_cpylit(last.sub(50), b"...");
    }

    buf = ngx_slprintf!(buf, last, " (%d: ", err);

    buf = ngx_strerror(err, buf, last.offset_from_unsigned(buf));

    if buf < last {
        *buf = b')';
        buf = buf.add(1);
    }

    buf
}

/// The log until a configuration has opened its own: `error_log`, or the default path, below `prefix`.
pub unsafe fn ngx_log_init(mut prefix: *mut u8, mut error_log: *mut u8) -> *mut ngx_log_t {
    (*ngx_log.ptr()).file = ngx_log_file.ptr();
    (*ngx_log.ptr()).log_level = NGX_LOG_NOTICE;

    if error_log.is_null() {
        error_log = NGX_ERROR_LOG_PATH.data;
    }

    let mut name = error_log;
    let nlen = ngx_strlen(name);

    if nlen == 0 {
        (*ngx_log_file.ptr()).fd = ngx_stderr;
        return ngx_log.ptr();
    }

    let mut p: *mut u8 = null_mut();

    if *name != b'/' {
        let plen;

        if !prefix.is_null() {
            plen = ngx_strlen(prefix);
        } else {
            prefix = NGX_PREFIX.data;
            plen = NGX_PREFIX.len;
        }

        if plen != 0 {
            name = libc::malloc(plen + nlen + 2).cast();
            if name.is_null() {
                return null_mut();
            }

            p = ngx_cpymem(name, prefix, plen);

            if !ngx_path_separator(*p.sub(1)) {
                *p = b'/';
                p = p.add(1);
            }

            ngx_cpystrn(p, error_log, nlen + 1);

            p = name;
        }
    }

    (*ngx_log_file.ptr()).fd = ngx_log_open_file(name, ngx_uid_t::MAX);

    if (*ngx_log_file.ptr()).fd == NGX_INVALID_FILE {
        ngx_log_stderr!(ngx_errno(); "[alert] could not open error log file: open() \"%s\" failed", name);

        (*ngx_log_file.ptr()).fd = ngx_stderr;
    }

    if !p.is_null() {
        ngx_free(p.cast());
    }

    ngx_log.ptr()
}

/// Opens a log. DEVIATIONS: symlinks as ngx_open_own_file() says; a new file gets its owner, `user`, and its mode at once,
/// in nginx at the first SIGUSR1; with -t no new file is left behind.
pub unsafe fn ngx_log_open_file(name: *const u8, user: ngx_uid_t) -> ngx_fd_t {
    let mut created = ngx_log_created.get();
    let mut fi: ngx_file_info_t = core::mem::zeroed();

    let mut fd = ngx_open_own_file(name, NGX_FILE_APPEND, NGX_FILE_OPEN, 0);

    if fd == NGX_INVALID_FILE && ngx_errno() == NGX_ENOENT {
        if ngx_test_config.get() != 0 {
            fd = ngx_open_nameless_file(name, NGX_FILE_DEFAULT_ACCESS);

            if fd != NGX_INVALID_FILE {
                ngx_log_test_add(name, fd);
                return fd;
            }
        }

        fd = ngx_open_own_file(name, NGX_FILE_APPEND, NGX_FILE_CREATE_OR_OPEN | libc::O_EXCL, NGX_FILE_DEFAULT_ACCESS);

        if fd == NGX_INVALID_FILE && ngx_errno() == NGX_EEXIST {
            // somebody else was faster, or it is a symlink to nothing
            return ngx_open_own_file(name, NGX_FILE_APPEND, NGX_FILE_CREATE_OR_OPEN, NGX_FILE_DEFAULT_ACCESS);
        }

        if fd != NGX_INVALID_FILE && ngx_fd_info(fd, &raw mut fi) != NGX_FILE_ERROR {
            created = (fi.st_dev, fi.st_ino);

            if user == ngx_uid_t::MAX {
                ngx_log_created.set(created);
            }
        }
    }

    if fd != NGX_INVALID_FILE
        && user != ngx_uid_t::MAX
        && ngx_fd_info(fd, &raw mut fi) != NGX_FILE_ERROR
        && (fi.st_dev, fi.st_ino) == created
    {
        // the log of ngx_log_init() comes here a second time, when the user is known

        let _ = libc::fchown(fd, user, libc::gid_t::MAX);
        let _ = libc::fchmod(fd, fi.st_mode | libc::S_IRUSR | libc::S_IWUSR);
    }

    fd
}

/// A log that is new with -t. It has no name; what -t has to say goes to the end of a real file when it is over.
unsafe fn ngx_log_test_add(name: *const u8, fd: ngx_fd_t) {
    let files = ngx_log_test_files.ptr();

    if let Some(file) = (*files).iter_mut().find(|file| file.1.is_null()) {
        if (*ngx_log_test_files.ptr())[0].1.is_null() {
            libc::atexit(ngx_log_test_exit);
        }

        *file = (libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 0), libc::strdup(name.cast()).cast());
    }
}

extern "C" fn ngx_log_test_exit() {
    let mut buf = [0u8; 4096];

    // SAFETY: the process is about to end and has one thread; the names were made by strdup().
    unsafe {
        for &(fd, name) in &*ngx_log_test_files.ptr() {
            let mut offset = 0;
            let mut to = NGX_INVALID_FILE;

            loop {
                let n = libc::pread(fd, buf.as_mut_ptr().cast(), buf.len(), offset);

                if n <= 0 || name.is_null() {
                    break;
                }

                if offset == 0 {
                    to = ngx_open_own_file(name, NGX_FILE_APPEND, NGX_FILE_CREATE_OR_OPEN, NGX_FILE_DEFAULT_ACCESS);
                }

                let _ = ngx_write_fd(to, buf.as_ptr().cast(), n as usize);
                offset += n as off_t;
            }
        }
    }
}

/// A cycle without a log file gets the default one: its stderr has to go somewhere.
pub unsafe fn ngx_log_open_default(cycle: *mut ngx_cycle_t) -> ngx_int_t {
    if !ngx_log_get_file_log(&raw mut (*cycle).new_log).is_null() {
        return NGX_OK;
    }

    let log: *mut ngx_log_t;

    if (*cycle).new_log.log_level != 0 {
        // logs, but to syslog or memory only

        log = ngx_pcalloc((*cycle).pool);
        if log.is_null() {
            return NGX_ERROR;
        }
    } else {
        // no logs
        log = &raw mut (*cycle).new_log;
    }

    (*log).log_level = NGX_LOG_ERR;

    (*log).file = ngx_conf_open_file(cycle, &raw mut (*cycle).error_log);
    if (*log).file.is_null() {
        return NGX_ERROR;
    }

    if log != &raw mut (*cycle).new_log {
        ngx_log_insert(&raw mut (*cycle).new_log, log);
    }

    NGX_OK
}

pub unsafe fn ngx_log_redirect_stderr(cycle: *mut ngx_cycle_t) -> ngx_int_t {
    if (*cycle).log_use_stderr != 0 {
        return NGX_OK;
    }

    // not NULL: see ngx_log_open_default()
    let fd = (*(*ngx_log_get_file_log((*cycle).log)).file).fd;

    if fd != ngx_stderr && ngx_set_stderr(fd) == NGX_FILE_ERROR {
        ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_errno(); "dup2(STDERR_FILENO) failed");

        return NGX_ERROR;
    }

    NGX_OK
}

pub unsafe fn ngx_log_get_file_log(head: *mut ngx_log_t) -> *mut ngx_log_t {
    let mut log = head;

    while !log.is_null() {
        if !(*log).file.is_null() {
            return log;
        }
        log = (*log).next;
    }

    null_mut()
}

unsafe fn ngx_log_set_levels(cf: *mut ngx_conf_t, log: *mut ngx_log_t) -> ngx_conf_ret_t {
    let value = (*(*cf).args).elts;

    for i in 2..(*(*cf).args).nelts {
        let mut found = false;

        // DEVIATION: a format. nginx knows levels only

        if ngx_strcmp((*value.add(i)).data, c"json".as_ptr().cast()) == 0 {
            if (*log).json {
                ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "duplicate parameter \"%V\"", value.add(i));
                return NGX_CONF_ERROR;
            }

            (*log).json = true;
            continue;
        }

        for (n, level) in err_levels.iter().enumerate().skip(1) {
            if ngx_strcmp((*value.add(i)).data, level.data) == 0 {
                if (*log).log_level != 0 {
                    ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "duplicate log level \"%V\"", value.add(i));
                    return NGX_CONF_ERROR;
                }

                (*log).log_level = n;
                found = true;
                break;
            }
        }

        let mut n = 0;
        let mut d = NGX_LOG_DEBUG_FIRST;

        while d <= NGX_LOG_DEBUG_LAST {
            if ngx_strcmp((*value.add(i)).data, debug_levels[n].as_ptr().cast()) == 0 {
                if (*log).log_level & !NGX_LOG_DEBUG_ALL != 0 {
                    ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid log level \"%V\"", value.add(i));
                    return NGX_CONF_ERROR;
                }

                (*log).log_level |= d;
                found = true;
                break;
            }

            n += 1;
            d <<= 1;
        }

        if !found {
            ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid log level \"%V\"", value.add(i));
            return NGX_CONF_ERROR;
        }
    }

    if (*log).log_level == 0 {
        (*log).log_level = NGX_LOG_ERR;
    }

    if (*log).log_level == NGX_LOG_DEBUG {
        (*log).log_level = NGX_LOG_DEBUG_ALL;
    }

    NGX_CONF_OK
}

unsafe fn ngx_error_log(cf: *mut ngx_conf_t, _cmd: *const ngx_command_t, _conf: *mut c_void) -> ngx_conf_ret_t {
    let mut dummy = &raw mut (*(*cf).cycle).new_log;

    ngx_log_set_log(cf, &raw mut dummy)
}

/// One more log for the list that begins at `*head`, by the arguments of an error_log directive.
pub unsafe fn ngx_log_set_log(cf: *mut ngx_conf_t, head: *mut *mut ngx_log_t) -> ngx_conf_ret_t {
    let new_log: *mut ngx_log_t;

    if !(*head).is_null() && (**head).log_level == 0 {
        new_log = *head;
    } else {
        new_log = ngx_pcalloc((*cf).pool);
        if new_log.is_null() {
            return NGX_CONF_ERROR;
        }

        if (*head).is_null() {
            *head = new_log;
        }
    }

    let value = (*(*cf).args).elts;

    if ngx_strcmp((*value.add(1)).data, c"stderr".as_ptr().cast()) == 0 {
        let mut name = ngx_null_string;
        (*(*cf).cycle).log_use_stderr = 1;

        (*new_log).file = ngx_conf_open_file((*cf).cycle, &raw mut name);
        if (*new_log).file.is_null() {
            return NGX_CONF_ERROR;
        }
    } else if ngx_strncmp((*value.add(1)).data, b"memory:".as_ptr(), 7) == 0 {
        #[cfg(feature = "debug")]
        {
            (*value.add(1)).len -= 7;
            (*value.add(1)).data = (*value.add(1)).data.add(7);

            let needed = "MEMLOG  :\n\0".len()
                + (*(*cf).conf_file).file.name.len
                + NGX_INT64_LEN
                + NGX_INT_T_LEN
                + NGX_MAX_ERROR_STR;

            let size = ngx_parse_size(value.add(1)) as usize;

            if size == NGX_ERROR as usize || size < needed {
                ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid buffer size \"%V\"", value.add(1));
                return NGX_CONF_ERROR;
            }

            let buf: *mut ngx_log_memory_buf_t = ngx_pcalloc((*cf).pool);
            if buf.is_null() {
                return NGX_CONF_ERROR;
            }

            (*buf).start = ngx_pnalloc((*cf).pool, size);
            if (*buf).start.is_null() {
                return NGX_CONF_ERROR;
            }

            (*buf).end = (*buf).start.add(size);

            (*buf).pos = ngx_slprintf!(
                (*buf).start,
                (*buf).end,
                "MEMLOG %uz %V:%ui%N",
                size,
                (*(*cf).conf_file).file.name,
                (*(*cf).conf_file).line
            );

            ngx_memset((*buf).pos, b' ', (*buf).end.offset_from_unsigned((*buf).pos));

            let cln = ngx_pool_cleanup_add((*cf).pool, 0);
            if cln.is_null() {
                return NGX_CONF_ERROR;
            }

            (*cln).data = new_log.cast();
            (*cln).handler = Some(ngx_log_memory_cleanup);

            (*new_log).writer = Some(ngx_log_memory_writer);
            (*new_log).wdata = buf.cast();
        }

        #[cfg(not(feature = "debug"))]
        {
            ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "nginx was built without debug support");
            return NGX_CONF_ERROR;
        }
    } else if ngx_strncmp((*value.add(1)).data, b"syslog:".as_ptr(), 7) == 0 {
        let peer: *mut ngx_syslog_peer_t = ngx_pcalloc((*cf).pool);
        if peer.is_null() {
            return NGX_CONF_ERROR;
        }

        if ngx_syslog_process_conf(cf, peer) != NGX_CONF_OK {
            return NGX_CONF_ERROR;
        }

        (*new_log).writer = Some(ngx_syslog_writer);
        (*new_log).wdata = peer.cast();
    } else {
        (*new_log).file = ngx_conf_open_file((*cf).cycle, value.add(1));
        if (*new_log).file.is_null() {
            return NGX_CONF_ERROR;
        }
    }

    if ngx_log_set_levels(cf, new_log) != NGX_CONF_OK {
        return NGX_CONF_ERROR;
    }

    if *head != new_log {
        ngx_log_insert(*head, new_log);
    }

    NGX_CONF_OK
}

/// The list is ordered, the most talkative log first, so that a line stops at the first that does not want it.
unsafe fn ngx_log_insert(mut log: *mut ngx_log_t, new_log: *mut ngx_log_t) {
    if (*new_log).log_level > (*log).log_level {
        // the head's address is known to others, so the contents change places

        core::ptr::swap(log, new_log);

        (*log).next = new_log;
        return;
    }

    while !(*log).next.is_null() {
        if (*new_log).log_level > (*(*log).next).log_level {
            (*new_log).next = (*log).next;
            (*log).next = new_log;
            return;
        }

        log = (*log).next;
    }

    (*log).next = new_log;
}

#[cfg(feature = "debug")]
unsafe fn ngx_log_memory_writer(log: *mut ngx_log_t, _level: ngx_uint_t, buf: *mut u8, len: usize) {
    let mem: *mut ngx_log_memory_buf_t = (*log).wdata.cast();

    if mem.is_null() {
        return;
    }

    let written = ngx_atomic_fetch_add(&raw mut (*mem).written, len as ngx_atomic_int_t) as usize;

    let p = (*mem).pos.add(written % (*mem).end.offset_from_unsigned((*mem).pos));

    let avail = (*mem).end.offset_from_unsigned(p);

    if avail >= len {
        ngx_memcpy(p, buf, len);
    } else {
        ngx_memcpy(p, buf, avail);
        ngx_memcpy((*mem).pos, buf.add(avail), len - avail);
    }
}

#[cfg(feature = "debug")]
unsafe fn ngx_log_memory_cleanup(data: *mut c_void) {
    let log: *mut ngx_log_t = data.cast();

    ngx_log_debug!(NGX_LOG_DEBUG_CORE, log, 0; "destroy memory log buffer");

    (*log).wdata = null_mut();
}
