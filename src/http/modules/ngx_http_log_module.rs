//! Port of src/http/modules/ngx_http_log_module.c

#[cfg(feature = "zlib")]
use libz_rs_sys as zlib;

use crate::core::{
    nginx::*, ngx_array::*, ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_cycle::*, ngx_log::*, ngx_module::*,
    ngx_open_file_cache::*, ngx_palloc::*, ngx_parse::*, ngx_string::*, ngx_syslog::*, ngx_times::*,
};
use crate::event::ngx_event::*;
use crate::http::{
    ngx_http_config::*, ngx_http_core_module::*, ngx_http_request::*, ngx_http_script::*, ngx_http_variables::*,
};
use crate::os::unix::{ngx_errno::*, ngx_files::*, ngx_time::*};

/// Writes what the operation stands for at `buf`, at most to `end`; NULL when there is no room.
type ngx_http_log_op_run_pt =
    Option<unsafe fn(r: *mut ngx_http_request_t, buf: *mut u8, end: *mut u8, op: *mut ngx_http_log_op_t) -> *mut u8>;

type ngx_http_log_op_getlen_pt = Option<unsafe fn(r: *mut ngx_http_request_t, data: usize) -> usize>;

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_log_op_t {
    len: usize,
    getlen: ngx_http_log_op_getlen_pt,
    run: ngx_http_log_op_run_pt,
    data: usize,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_log_fmt_t {
    name: ngx_str_t,
    flushes: *mut ngx_array_t<ngx_uint_t>,
    ops: *mut ngx_array_t<ngx_http_log_op_t>,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_log_main_conf_t {
    formats: ngx_array_t<ngx_http_log_fmt_t>,
    combined_used: bool,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_log_buf_t {
    start: *mut u8,
    pos: *mut u8,
    last: *mut u8,

    event: *mut ngx_event_t,
    flush: ngx_msec_t,
    gzip: ngx_int_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_log_script_t {
    lengths: *mut ngx_array_t<u8>,
    values: *mut ngx_array_t<u8>,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_log_t {
    file: *mut ngx_open_file_t,
    script: *mut ngx_http_log_script_t,
    disk_full_time: time_t,
    error_log_time: time_t,
    syslog_peer: *mut ngx_syslog_peer_t,
    format: *mut ngx_http_log_fmt_t,
    filter: *mut ngx_http_complex_value_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_log_loc_conf_t {
    logs: *mut ngx_array_t<ngx_http_log_t>,

    open_file_cache: *mut ngx_open_file_cache_t,
    open_file_cache_valid: time_t,
    open_file_cache_min_uses: ngx_uint_t,

    off: bool,
}

struct ngx_http_log_var_t {
    name: ngx_str_t,
    len: usize,
    run: ngx_http_log_op_run_pt,
}

const NGX_HTTP_LOG_ESCAPE_DEFAULT: ngx_uint_t = 0;
const NGX_HTTP_LOG_ESCAPE_JSON: ngx_uint_t = 1;
const NGX_HTTP_LOG_ESCAPE_NONE: ngx_uint_t = 2;

static ngx_http_log_commands: &[ngx_command_t] = &[
    ngx_command_t {
        name: ngx_string!("log_format"),
        type_: NGX_HTTP_MAIN_CONF | NGX_CONF_2MORE,
        set: Some(ngx_http_log_set_format),
        conf: NGX_HTTP_MAIN_CONF_OFFSET,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("access_log"),
        type_: NGX_HTTP_MAIN_CONF
            | NGX_HTTP_SRV_CONF
            | NGX_HTTP_LOC_CONF
            | NGX_HTTP_LIF_CONF
            | NGX_HTTP_LMT_CONF
            | NGX_CONF_1MORE,
        set: Some(ngx_http_log_set_log),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("open_log_file_cache"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1234,
        set: Some(ngx_http_log_open_file_cache),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: 0,
        post: null(),
    },
];

static ngx_http_log_module_ctx: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: None,
    postconfiguration: Some(ngx_http_log_init),

    create_main_conf: Some(ngx_http_log_create_main_conf),
    init_main_conf: None,

    create_srv_conf: None,
    merge_srv_conf: None,

    create_loc_conf: Some(ngx_http_log_create_loc_conf),
    merge_loc_conf: Some(ngx_http_log_merge_loc_conf),
};

pub static ngx_http_log_module: ngx_module_t = ngx_module_t {
    name: c"ngx_http_log_module",
    ctx: (&raw const ngx_http_log_module_ctx).cast(),
    commands: ngx_http_log_commands,
    type_: NGX_HTTP_MODULE,
    ..NGX_MODULE_V1()
};

static ngx_http_access_log: ngx_global_t<ngx_str_t> = ngx_global_t::new(NGX_HTTP_LOG_PATH);

static ngx_http_combined_fmt: ngx_str_t = ngx_string!(
    "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent \"$http_referer\" \"$http_user_agent\""
);

static ngx_http_log_vars: &[ngx_http_log_var_t] = &[
    ngx_http_log_var_t { name: ngx_string!("pipe"), len: 1, run: Some(ngx_http_log_pipe) },
    ngx_http_log_var_t {
        name: ngx_string!("time_local"),
        len: "28/Sep/1970:12:00:00 +0600".len(),
        run: Some(ngx_http_log_time),
    },
    ngx_http_log_var_t {
        name: ngx_string!("time_iso8601"),
        len: "1970-09-28T12:00:00+06:00".len(),
        run: Some(ngx_http_log_iso8601),
    },
    ngx_http_log_var_t { name: ngx_string!("msec"), len: NGX_TIME_T_LEN + 4, run: Some(ngx_http_log_msec) },
    ngx_http_log_var_t {
        name: ngx_string!("request_time"),
        len: NGX_TIME_T_LEN + 4,
        run: Some(ngx_http_log_request_time),
    },
    ngx_http_log_var_t { name: ngx_string!("status"), len: NGX_INT_T_LEN, run: Some(ngx_http_log_status) },
    ngx_http_log_var_t { name: ngx_string!("bytes_sent"), len: NGX_OFF_T_LEN, run: Some(ngx_http_log_bytes_sent) },
    ngx_http_log_var_t {
        name: ngx_string!("body_bytes_sent"),
        len: NGX_OFF_T_LEN,
        run: Some(ngx_http_log_body_bytes_sent),
    },
    ngx_http_log_var_t {
        name: ngx_string!("request_length"),
        len: NGX_OFF_T_LEN,
        run: Some(ngx_http_log_request_length),
    },
];

unsafe fn ngx_http_log_handler(r: *mut ngx_http_request_t) -> ngx_int_t {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "http log handler");

    let lcf: *mut ngx_http_log_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_log_module);

    if (*lcf).off {
        return NGX_OK;
    }

    for l in 0..(*(*lcf).logs).nelts {
        let log = (*(*lcf).logs).elts.add(l);

        if !(*log).filter.is_null() {
            let mut val = ngx_null_string;

            if ngx_http_complex_value(r, (*log).filter, &raw mut val) != NGX_OK {
                return NGX_ERROR;
            }

            if val.len == 0 || (val.len == 1 && *val.data == b'0') {
                continue;
            }
        }

        if ngx_time() == (*log).disk_full_time {
            // a write to a full disk may block for long: none in the second that saw it full

            continue;
        }

        ngx_http_script_flush_no_cacheable_variables(r, (*(*log).format).flushes);

        let ops = (*(*(*log).format).ops).elts;
        let nops = (*(*(*log).format).ops).nelts;

        let mut len = 0;

        for i in 0..nops {
            let op = ops.add(i);

            if (*op).len == 0 {
                len += (*op).getlen.unwrap()(r, (*op).data);
            } else {
                len += (*op).len;
            }
        }

        len += NGX_LINEFEED_SIZE;

        if !(*log).syslog_peer.is_null() {
            // syslog's priority and header

            len +=
                "<255>Jan 01 00:00:00 ".len() + (*ngx_cycle.get()).hostname.len + 1 + (*(*log).syslog_peer).tag.len + 2;
        } else {
            let buffer: *mut ngx_http_log_buf_t =
                if (*log).file.is_null() { null_mut() } else { (*(*log).file).data.cast() };

            if !buffer.is_null() {
                if len > (*buffer).last.offset_from_unsigned((*buffer).pos) {
                    ngx_http_log_write(r, log, (*buffer).start, (*buffer).pos.offset_from_unsigned((*buffer).start));

                    (*buffer).pos = (*buffer).start;
                }

                if len <= (*buffer).last.offset_from_unsigned((*buffer).pos) {
                    let mut p = (*buffer).pos;
                    let end = p.add(len - NGX_LINEFEED_SIZE);

                    if !(*buffer).event.is_null() && p == (*buffer).start {
                        ngx_add_timer((*buffer).event, (*buffer).flush);
                    }

                    let mut i = 0;
                    while i < nops && !p.is_null() {
                        p = (*ops.add(i)).run.unwrap()(r, p, end, ops.add(i));
                        i += 1;
                    }

                    if p.is_null() {
                        return NGX_ERROR;
                    }

                    *p = LF;

                    (*buffer).pos = p.add(1);

                    continue;
                }

                if !(*buffer).event.is_null() && (*(*buffer).event).timer_set {
                    ngx_del_timer((*buffer).event);
                }
            }
        }

        // a line of its own

        let line = ngx_pnalloc((*r).pool, len);
        if line.is_null() {
            return NGX_ERROR;
        }

        let mut p = line;
        let end = line.add(len - NGX_LINEFEED_SIZE);

        if !(*log).syslog_peer.is_null() {
            p = ngx_syslog_add_header((*log).syslog_peer, line);
        }

        let mut i = 0;
        while i < nops && !p.is_null() {
            p = (*ops.add(i)).run.unwrap()(r, p, end, ops.add(i));
            i += 1;
        }

        if p.is_null() {
            return NGX_ERROR;
        }

        if !(*log).syslog_peer.is_null() {
            let size = p.offset_from_unsigned(line);

            let n = ngx_syslog_send((*log).syslog_peer, line, size);

            if n < 0 {
                ngx_log_error!(NGX_LOG_WARN, (*(*r).connection).log, 0; "send() to syslog failed");
            } else if n as usize != size {
                ngx_log_error!(NGX_LOG_WARN, (*(*r).connection).log, 0;
                               "send() to syslog has written only %z of %uz", n, size);
            }

            continue;
        }

        *p = LF;

        ngx_http_log_write(r, log, line, p.offset_from_unsigned(line) + NGX_LINEFEED_SIZE);
    }

    NGX_OK
}

unsafe fn ngx_http_log_write(r: *mut ngx_http_request_t, log: *mut ngx_http_log_t, buf: *mut u8, len: usize) {
    let mut name: *mut u8 = null_mut();
    let n;

    if (*log).script.is_null() {
        name = (*(*log).file).name.data;

        n = ngx_http_log_write_fd((*log).file, buf, len, (*(*r).connection).log);
    } else {
        n = ngx_http_log_script_write(r, (*log).script, &raw mut name, buf, len);
    }

    if n == len as isize {
        return;
    }

    let now = ngx_time();

    if n == -1 {
        let err = ngx_errno();

        if err == NGX_ENOSPC {
            (*log).disk_full_time = now;
        }

        if now - (*log).error_log_time > 59 {
            ngx_log_error!(NGX_LOG_ALERT, (*(*r).connection).log, err; "write() to \"%s\" failed", name);

            (*log).error_log_time = now;
        }

        return;
    }

    if now - (*log).error_log_time > 59 {
        ngx_log_error!(NGX_LOG_ALERT, (*(*r).connection).log, 0;
                       "write() to \"%s\" was incomplete: %z of %uz", name, n, len);

        (*log).error_log_time = now;
    }
}

/// Through gzip when the file's buffer asks for it; C has this twice.
unsafe fn ngx_http_log_write_fd(file: *mut ngx_open_file_t, buf: *mut u8, len: usize, _log: *mut ngx_log_t) -> isize {
    #[cfg(feature = "zlib")]
    {
        let buffer: *mut ngx_http_log_buf_t = (*file).data.cast();

        if !buffer.is_null() && (*buffer).gzip != 0 {
            return ngx_http_log_gzip((*file).fd, buf, len, (*buffer).gzip, _log);
        }
    }

    ngx_write_fd((*file).fd, buf.cast(), len)
}

/// What cannot be logged for lack of a root or a name counts as logged.
unsafe fn ngx_http_log_script_write(
    r: *mut ngx_http_request_t,
    script: *mut ngx_http_log_script_t,
    name: *mut *mut u8,
    buf: *mut u8,
    len: usize,
) -> isize {
    let mut of: ngx_open_file_info_t;

    let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

    if !(*r).root_tested {
        // does the root exist

        let mut path = ngx_null_string;
        let mut root = 0;

        if ngx_http_map_uri_to_path(r, &raw mut path, &raw mut root, 0).is_null() {
            return len as isize;
        }

        *path.data.add(root) = 0;

        of = core::mem::zeroed();

        of.valid = (*clcf).open_file_cache_valid;
        of.min_uses = (*clcf).open_file_cache_min_uses;
        of.test_dir = true;
        of.test_only = true;
        of.errors = (*clcf).open_file_cache_errors != 0;
        of.events = (*clcf).open_file_cache_events != 0;

        if ngx_http_set_disable_symlinks(r, clcf, &raw mut path, &raw mut of) != NGX_OK {
            return len as isize;
        }

        if ngx_open_cached_file((*clcf).open_file_cache, &raw mut path, &raw mut of, (*r).pool) != NGX_OK {
            if of.err == 0 {
                return len as isize;
            }

            ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, of.err;
                           "testing \"%s\" existence failed", path.data);

            return len as isize;
        }

        if !of.is_dir {
            ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, NGX_ENOTDIR;
                           "testing \"%s\" existence failed", path.data);

            return len as isize;
        }
    }

    let mut log = ngx_null_string;

    if ngx_http_script_run(r, &raw mut log, (*(*script).lengths).elts.cast(), 1, (*(*script).values).elts.cast())
        .is_null()
    {
        return len as isize;
    }

    *log.data.add(log.len - 1) = 0;
    *name = log.data;

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "http log \"%s\"", log.data);

    let llcf: *mut ngx_http_log_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_log_module);

    of = core::mem::zeroed();

    of.log = true;
    of.valid = (*llcf).open_file_cache_valid;
    of.min_uses = (*llcf).open_file_cache_min_uses;
    of.directio = NGX_OPEN_FILE_DIRECTIO_OFF;

    if ngx_http_set_disable_symlinks(r, clcf, &raw mut log, &raw mut of) != NGX_OK {
        return len as isize;
    }

    if ngx_open_cached_file((*llcf).open_file_cache, &raw mut log, &raw mut of, (*r).pool) != NGX_OK {
        if of.err == 0 {
            return len as isize;
        }

        ngx_log_error!(NGX_LOG_CRIT, (*(*r).connection).log, ngx_errno(); "%s \"%s\" failed", of.failed, log.data);

        return len as isize;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "http log #%d", of.fd);

    ngx_write_fd(of.fd, buf.cast(), len)
}

/// A failure before the write counts as logged.
#[cfg(feature = "zlib")]
unsafe fn ngx_http_log_gzip(fd: ngx_fd_t, buf: *mut u8, len: usize, level: ngx_int_t, log: *mut ngx_log_t) -> isize {
    let mut wbits: c_int = 15; // MAX_WBITS
    let mut memlevel: c_int = 8; // MAX_MEM_LEVEL - 1

    while (len as isize) < (1 << (wbits - 1)) - 262 {
        wbits -= 1;
        memlevel -= 1;
    }

    // deflateBound()'s conservative formula, and 18 bytes of gzip's own

    let mut size = len + ((len + 7) >> 3) + ((len + 63) >> 6) + 5 + 18;

    let mut zstream: zlib::z_stream = core::mem::zeroed();

    let pool = ngx_create_pool(256, log);
    if pool.is_null() {
        return len as isize;
    }

    (*pool).log = log;

    zstream.zalloc = Some(ngx_http_log_gzip_alloc);
    zstream.zfree = Some(ngx_http_log_gzip_free);
    zstream.opaque = pool.cast();

    'done: {
        let out = ngx_pnalloc(pool, size);
        if out.is_null() {
            break 'done;
        }

        zstream.next_in = buf;
        zstream.avail_in = len as c_uint;
        zstream.next_out = out;
        zstream.avail_out = size as c_uint;

        let mut rc = zlib::deflateInit2_(
            &raw mut zstream,
            level as c_int,
            zlib::Z_DEFLATED,
            wbits + 16,
            memlevel,
            zlib::Z_DEFAULT_STRATEGY,
            zlib::zlibVersion(),
            size_of::<zlib::z_stream>() as c_int,
        );

        if rc != zlib::Z_OK {
            ngx_log_error!(NGX_LOG_ALERT, log, 0; "deflateInit2() failed: %d", rc);
            break 'done;
        }

        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, log, 0;
                       "deflate in: ni:%p no:%p ai:%ud ao:%ud",
                       zstream.next_in, zstream.next_out, zstream.avail_in, zstream.avail_out);

        rc = zlib::deflate(&raw mut zstream, zlib::Z_FINISH);

        if rc != zlib::Z_STREAM_END {
            ngx_log_error!(NGX_LOG_ALERT, log, 0; "deflate(Z_FINISH) failed: %d", rc);
            break 'done;
        }

        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, log, 0;
                       "deflate out: ni:%p no:%p ai:%ud ao:%ud rc:%d",
                       zstream.next_in, zstream.next_out, zstream.avail_in, zstream.avail_out, rc);

        size -= zstream.avail_out as usize;

        rc = zlib::deflateEnd(&raw mut zstream);

        if rc != zlib::Z_OK {
            ngx_log_error!(NGX_LOG_ALERT, log, 0; "deflateEnd() failed: %d", rc);
            break 'done;
        }

        let n = ngx_write_fd(fd, out.cast(), size);

        if n != size as isize {
            let err = if n == -1 { ngx_errno() } else { 0 };

            ngx_destroy_pool(pool);

            ngx_set_errno(err);
            return -1;
        }
    }

    ngx_destroy_pool(pool);

    len as isize
}

#[cfg(feature = "zlib")]
unsafe extern "C" fn ngx_http_log_gzip_alloc(opaque: *mut c_void, items: c_uint, size: c_uint) -> *mut c_void {
    let pool: *mut ngx_pool_t = opaque.cast();

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*pool).log, 0; "gzip alloc: n:%ud s:%ud", items, size);

    // zlib-rs wants its state on a cache line
    ngx_pmemalign(pool, items as usize * size as usize, 64).cast()
}

#[cfg(feature = "zlib")]
unsafe extern "C" fn ngx_http_log_gzip_free(_opaque: *mut c_void, _address: *mut c_void) {
    // the pool goes as a whole
}

unsafe fn ngx_http_log_flush(file: *mut ngx_open_file_t, log: *mut ngx_log_t) {
    let buffer: *mut ngx_http_log_buf_t = (*file).data.cast();

    let len = (*buffer).pos.offset_from_unsigned((*buffer).start);

    if len == 0 {
        return;
    }

    let n = ngx_http_log_write_fd(file, (*buffer).start, len, log);

    if n == -1 {
        ngx_log_error!(NGX_LOG_ALERT, log, ngx_errno(); "write() to \"%s\" failed", (*file).name.data);
    } else if n as usize != len {
        ngx_log_error!(NGX_LOG_ALERT, log, 0;
                       "write() to \"%s\" was incomplete: %z of %uz", (*file).name.data, n, len);
    }

    (*buffer).pos = (*buffer).start;

    if !(*buffer).event.is_null() && (*(*buffer).event).timer_set {
        ngx_del_timer((*buffer).event);
    }
}

unsafe fn ngx_http_log_flush_handler(ev: *mut ngx_event_t) {
    ngx_log_debug!(NGX_LOG_DEBUG_EVENT, (*ev).log, 0; "http log buffer flush handler");

    ngx_http_log_flush((*ev).data.cast(), (*ev).log);
}

unsafe fn ngx_http_log_copy_short(
    r: *mut ngx_http_request_t,
    mut buf: *mut u8,
    end: *mut u8,
    op: *mut ngx_http_log_op_t,
) -> *mut u8 {
    let mut len = (*op).len;
    let mut data = (*op).data;

    if ngx_http_log_check_length(r, buf, end, len) != NGX_OK {
        return null_mut();
    }

    while len != 0 {
        *buf = data as u8;
        buf = buf.add(1);
        data >>= 8;
        len -= 1;
    }

    buf
}

unsafe fn ngx_http_log_copy_long(
    r: *mut ngx_http_request_t,
    buf: *mut u8,
    end: *mut u8,
    op: *mut ngx_http_log_op_t,
) -> *mut u8 {
    if ngx_http_log_check_length(r, buf, end, (*op).len) != NGX_OK {
        return null_mut();
    }

    ngx_cpymem(buf, (*op).data as *const u8, (*op).len)
}

unsafe fn ngx_http_log_pipe(
    r: *mut ngx_http_request_t,
    buf: *mut u8,
    end: *mut u8,
    _op: *mut ngx_http_log_op_t,
) -> *mut u8 {
    if ngx_http_log_check_length(r, buf, end, 1) != NGX_OK {
        return null_mut();
    }

    *buf = if (*r).pipeline { b'p' } else { b'.' };

    buf.add(1)
}

unsafe fn ngx_http_log_time(
    r: *mut ngx_http_request_t,
    buf: *mut u8,
    end: *mut u8,
    _op: *mut ngx_http_log_op_t,
) -> *mut u8 {
    let time = ngx_cached_http_log_time.get();

    if ngx_http_log_check_length(r, buf, end, time.len) != NGX_OK {
        return null_mut();
    }

    ngx_cpymem(buf, time.data, time.len)
}

unsafe fn ngx_http_log_iso8601(
    r: *mut ngx_http_request_t,
    buf: *mut u8,
    end: *mut u8,
    _op: *mut ngx_http_log_op_t,
) -> *mut u8 {
    let time = ngx_cached_http_log_iso8601.get();

    if ngx_http_log_check_length(r, buf, end, time.len) != NGX_OK {
        return null_mut();
    }

    ngx_cpymem(buf, time.data, time.len)
}

unsafe fn ngx_http_log_msec(
    r: *mut ngx_http_request_t,
    buf: *mut u8,
    end: *mut u8,
    _op: *mut ngx_http_log_op_t,
) -> *mut u8 {
    if ngx_http_log_check_length(r, buf, end, NGX_TIME_T_LEN + 4) != NGX_OK {
        return null_mut();
    }

    let tp = ngx_timeofday();

    ngx_sprintf!(buf, "%T.%03M", (*tp).sec, (*tp).msec)
}

unsafe fn ngx_http_log_request_time(
    r: *mut ngx_http_request_t,
    buf: *mut u8,
    end: *mut u8,
    _op: *mut ngx_http_log_op_t,
) -> *mut u8 {
    if ngx_http_log_check_length(r, buf, end, NGX_TIME_T_LEN + 4) != NGX_OK {
        return null_mut();
    }

    let ms = ngx_http_msec_of(r);

    ngx_sprintf!(buf, "%T.%03M", ms / 1000, ms % 1000)
}

unsafe fn ngx_http_log_status(
    r: *mut ngx_http_request_t,
    buf: *mut u8,
    end: *mut u8,
    _op: *mut ngx_http_log_op_t,
) -> *mut u8 {
    if ngx_http_log_check_length(r, buf, end, NGX_INT_T_LEN) != NGX_OK {
        return null_mut();
    }

    ngx_sprintf!(buf, "%03ui", ngx_http_status_of(r))
}

unsafe fn ngx_http_log_bytes_sent(
    r: *mut ngx_http_request_t,
    buf: *mut u8,
    end: *mut u8,
    _op: *mut ngx_http_log_op_t,
) -> *mut u8 {
    if ngx_http_log_check_length(r, buf, end, NGX_OFF_T_LEN) != NGX_OK {
        return null_mut();
    }

    ngx_sprintf!(buf, "%O", (*(*r).connection).sent)
}

/// There is a variable of this name too; in a log this is cheaper.
unsafe fn ngx_http_log_body_bytes_sent(
    r: *mut ngx_http_request_t,
    buf: *mut u8,
    end: *mut u8,
    _op: *mut ngx_http_log_op_t,
) -> *mut u8 {
    if ngx_http_log_check_length(r, buf, end, NGX_OFF_T_LEN) != NGX_OK {
        return null_mut();
    }

    let length = (*(*r).connection).sent - (*r).header_size as off_t;

    if length > 0 {
        return ngx_sprintf!(buf, "%O", length);
    }

    *buf = b'0';

    buf.add(1)
}

unsafe fn ngx_http_log_request_length(
    r: *mut ngx_http_request_t,
    buf: *mut u8,
    end: *mut u8,
    _op: *mut ngx_http_log_op_t,
) -> *mut u8 {
    if ngx_http_log_check_length(r, buf, end, NGX_OFF_T_LEN) != NGX_OK {
        return null_mut();
    }

    ngx_sprintf!(buf, "%O", (*r).request_length)
}

unsafe fn ngx_http_log_variable_compile(
    cf: *mut ngx_conf_t,
    op: *mut ngx_http_log_op_t,
    value: *mut ngx_str_t,
    escape: ngx_uint_t,
) -> ngx_int_t {
    let index = ngx_http_get_variable_index(cf, value);
    if index == NGX_ERROR {
        return NGX_ERROR;
    }

    (*op).len = 0;

    match escape {
        NGX_HTTP_LOG_ESCAPE_JSON => {
            (*op).getlen = Some(ngx_http_log_json_variable_getlen);
            (*op).run = Some(ngx_http_log_json_variable);
        }

        NGX_HTTP_LOG_ESCAPE_NONE => {
            (*op).getlen = Some(ngx_http_log_unescaped_variable_getlen);
            (*op).run = Some(ngx_http_log_unescaped_variable);
        }

        _ => {
            (*op).getlen = Some(ngx_http_log_variable_getlen);
            (*op).run = Some(ngx_http_log_variable);
        }
    }

    (*op).data = index as usize;

    NGX_OK
}

unsafe fn ngx_http_log_variable_getlen(r: *mut ngx_http_request_t, data: usize) -> usize {
    let value = ngx_http_get_indexed_variable(r, data);

    if value.is_null() || (*value).not_found {
        return 1;
    }

    let len = ngx_http_log_escape(null_mut(), (*value).data, (*value).len as usize);

    (*value).escape = len != 0;

    (*value).len as usize + len * 3
}

unsafe fn ngx_http_log_variable(
    r: *mut ngx_http_request_t,
    buf: *mut u8,
    end: *mut u8,
    op: *mut ngx_http_log_op_t,
) -> *mut u8 {
    let value = ngx_http_get_indexed_variable(r, (*op).data);

    if value.is_null() || (*value).not_found {
        if ngx_http_log_check_length(r, buf, end, 1) != NGX_OK {
            return null_mut();
        }

        *buf = b'-';
        return buf.add(1);
    }

    if !(*value).escape {
        if ngx_http_log_check_length(r, buf, end, (*value).len as usize) != NGX_OK {
            return null_mut();
        }

        ngx_cpymem(buf, (*value).data, (*value).len as usize)
    } else {
        let len = ngx_http_log_escape(null_mut(), (*value).data, (*value).len as usize);

        if ngx_http_log_check_length(r, buf, end, (*value).len as usize + len * 3) != NGX_OK {
            return null_mut();
        }

        ngx_http_log_escape(buf, (*value).data, (*value).len as usize) as *mut u8
    }
}

/// With `dst` NULL: how many bytes need "\xHH". Otherwise writes them and returns the end.
unsafe fn ngx_http_log_escape(mut dst: *mut u8, src: *const u8, size: usize) -> usize {
    static hex: &[u8; 16] = b"0123456789ABCDEF";

    // a bit per byte: controls, '"', '\', DEL and all above
    static escape: [u32; 8] =
        [0xffffffff, 0x00000004, 0x10000000, 0x80000000, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff];

    if dst.is_null() {
        let mut n = 0;

        for i in 0..size {
            let ch = *src.add(i);
            if escape[(ch >> 5) as usize] & (1 << (ch & 0x1f)) != 0 {
                n += 1;
            }
        }

        return n;
    }

    for i in 0..size {
        let ch = *src.add(i);
        if escape[(ch >> 5) as usize] & (1 << (ch & 0x1f)) != 0 {
            *dst = b'\\';
            *dst.add(1) = b'x';
            *dst.add(2) = hex[(ch >> 4) as usize];
            *dst.add(3) = hex[(ch & 0xf) as usize];
            dst = dst.add(4);
        } else {
            *dst = ch;
            dst = dst.add(1);
        }
    }

    dst as usize
}

unsafe fn ngx_http_log_json_variable_getlen(r: *mut ngx_http_request_t, data: usize) -> usize {
    let value = ngx_http_get_indexed_variable(r, data);

    if value.is_null() || (*value).not_found {
        return 0;
    }

    let len = ngx_escape_json(null_mut(), (*value).data, (*value).len as usize);

    (*value).escape = len != 0;

    (*value).len as usize + len
}

unsafe fn ngx_http_log_json_variable(
    r: *mut ngx_http_request_t,
    buf: *mut u8,
    end: *mut u8,
    op: *mut ngx_http_log_op_t,
) -> *mut u8 {
    let value = ngx_http_get_indexed_variable(r, (*op).data);

    if value.is_null() || (*value).not_found {
        return buf;
    }

    if !(*value).escape {
        if ngx_http_log_check_length(r, buf, end, (*value).len as usize) != NGX_OK {
            return null_mut();
        }

        ngx_cpymem(buf, (*value).data, (*value).len as usize)
    } else {
        let len = ngx_escape_json(null_mut(), (*value).data, (*value).len as usize);

        if ngx_http_log_check_length(r, buf, end, (*value).len as usize + len) != NGX_OK {
            return null_mut();
        }

        ngx_escape_json(buf, (*value).data, (*value).len as usize) as *mut u8
    }
}

unsafe fn ngx_http_log_unescaped_variable_getlen(r: *mut ngx_http_request_t, data: usize) -> usize {
    let value = ngx_http_get_indexed_variable(r, data);

    if value.is_null() || (*value).not_found {
        return 0;
    }

    (*value).escape = false;

    (*value).len as usize
}

unsafe fn ngx_http_log_unescaped_variable(
    r: *mut ngx_http_request_t,
    buf: *mut u8,
    end: *mut u8,
    op: *mut ngx_http_log_op_t,
) -> *mut u8 {
    let value = ngx_http_get_indexed_variable(r, (*op).data);

    if value.is_null() || (*value).not_found {
        return buf;
    }

    if ngx_http_log_check_length(r, buf, end, (*value).len as usize) != NGX_OK {
        return null_mut();
    }

    ngx_cpymem(buf, (*value).data, (*value).len as usize)
}

#[inline(always)]
unsafe fn ngx_http_log_check_length(r: *mut ngx_http_request_t, buf: *mut u8, end: *mut u8, len: usize) -> ngx_int_t {
    if end.offset_from(buf) < len as isize {
        ngx_log_error!(NGX_LOG_ALERT, (*(*r).connection).log, 0; "no buffer space in log script copy");
        return NGX_ERROR;
    }

    NGX_OK
}

unsafe fn ngx_http_log_create_main_conf(cf: *mut ngx_conf_t) -> *mut c_void {
    let conf: *mut ngx_http_log_main_conf_t = ngx_pcalloc((*cf).pool);
    if conf.is_null() {
        return null_mut();
    }

    if ngx_array_init(&raw mut (*conf).formats, (*cf).pool, 4) != NGX_OK {
        return null_mut();
    }

    let fmt = ngx_array_push(&raw mut (*conf).formats);
    if fmt.is_null() {
        return null_mut();
    }

    ngx_str_set!(&raw mut (*fmt).name, "combined");

    (*fmt).flushes = null_mut();

    (*fmt).ops = ngx_array_create((*cf).pool, 16);
    if (*fmt).ops.is_null() {
        return null_mut();
    }

    conf.cast()
}

unsafe fn ngx_http_log_create_loc_conf(cf: *mut ngx_conf_t) -> *mut c_void {
    let conf: *mut ngx_http_log_loc_conf_t = ngx_pcalloc((*cf).pool);
    if conf.is_null() {
        return null_mut();
    }

    (*conf).open_file_cache = NGX_CONF_UNSET_PTR();

    conf.cast()
}

unsafe fn ngx_http_log_merge_loc_conf(cf: *mut ngx_conf_t, parent: *mut c_void, child: *mut c_void) -> ngx_conf_ret_t {
    let prev: *mut ngx_http_log_loc_conf_t = parent.cast();
    let conf: *mut ngx_http_log_loc_conf_t = child.cast();

    if (*conf).open_file_cache == NGX_CONF_UNSET_PTR() {
        (*conf).open_file_cache = (*prev).open_file_cache;
        (*conf).open_file_cache_valid = (*prev).open_file_cache_valid;
        (*conf).open_file_cache_min_uses = (*prev).open_file_cache_min_uses;

        if (*conf).open_file_cache == NGX_CONF_UNSET_PTR() {
            (*conf).open_file_cache = null_mut();
        }
    }

    if !(*conf).logs.is_null() || (*conf).off {
        return NGX_CONF_OK;
    }

    (*conf).logs = (*prev).logs;
    (*conf).off = (*prev).off;

    if !(*conf).logs.is_null() || (*conf).off {
        return NGX_CONF_OK;
    }

    (*conf).logs = ngx_array_create((*cf).pool, 2);
    if (*conf).logs.is_null() {
        return NGX_CONF_ERROR;
    }

    let log = ngx_array_push((*conf).logs);
    if log.is_null() {
        return NGX_CONF_ERROR;
    }

    log.write_bytes(0, 1);

    (*log).file = ngx_conf_open_file((*cf).cycle, ngx_http_access_log.ptr());
    if (*log).file.is_null() {
        return NGX_CONF_ERROR;
    }

    let lmcf: *mut ngx_http_log_main_conf_t = ngx_http_conf_get_module_main_conf(cf, &ngx_http_log_module);

    // the "combined" format comes first
    (*log).format = (*lmcf).formats.elts;
    (*lmcf).combined_used = true;

    NGX_CONF_OK
}

unsafe fn ngx_http_log_set_log(cf: *mut ngx_conf_t, _cmd: *const ngx_command_t, conf: *mut c_void) -> ngx_conf_ret_t {
    let llcf: *mut ngx_http_log_loc_conf_t = conf.cast();

    let value = (*(*cf).args).elts;
    let nelts = (*(*cf).args).nelts;

    if (*value.add(1)).bytes() == b"off" {
        (*llcf).off = true;
        if nelts == 2 {
            return NGX_CONF_OK;
        }

        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid parameter \"%V\"", value.add(2));
        return NGX_CONF_ERROR;
    }

    if (*llcf).logs.is_null() {
        (*llcf).logs = ngx_array_create((*cf).pool, 2);
        if (*llcf).logs.is_null() {
            return NGX_CONF_ERROR;
        }
    }

    let lmcf: *mut ngx_http_log_main_conf_t = ngx_http_conf_get_module_main_conf(cf, &ngx_http_log_module);

    let log = ngx_array_push((*llcf).logs);
    if log.is_null() {
        return NGX_CONF_ERROR;
    }

    log.write_bytes(0, 1);

    if (*value.add(1)).bytes().starts_with(b"syslog:") {
        let peer: *mut ngx_syslog_peer_t = ngx_pcalloc((*cf).pool);
        if peer.is_null() {
            return NGX_CONF_ERROR;
        }

        if ngx_syslog_process_conf(cf, peer) != NGX_CONF_OK {
            return NGX_CONF_ERROR;
        }

        (*log).syslog_peer = peer;
    } else {
        let n = ngx_http_script_variables_count(value.add(1));

        if n == 0 {
            (*log).file = ngx_conf_open_file((*cf).cycle, value.add(1));
            if (*log).file.is_null() {
                return NGX_CONF_ERROR;
            }
        } else {
            if ngx_conf_full_name((*cf).cycle, value.add(1), 0) != NGX_OK {
                return NGX_CONF_ERROR;
            }

            (*log).script = ngx_pcalloc((*cf).pool);
            if (*log).script.is_null() {
                return NGX_CONF_ERROR;
            }

            let mut sc: ngx_http_script_compile_t = core::mem::zeroed();

            sc.cf = cf;
            sc.source = value.add(1);
            sc.lengths = &raw mut (*(*log).script).lengths;
            sc.values = &raw mut (*(*log).script).values;
            sc.variables = n;
            sc.complete_lengths = true;
            sc.complete_values = true;

            if ngx_http_script_compile(&raw mut sc) != NGX_OK {
                return NGX_CONF_ERROR;
            }
        }
    }

    // the format

    let name;

    if nelts >= 3 {
        name = *value.add(2);

        if name.bytes() == b"combined" {
            (*lmcf).combined_used = true;
        }
    } else {
        name = ngx_string!("combined");
        (*lmcf).combined_used = true;
    }

    for i in 0..(*lmcf).formats.nelts {
        let fmt = (*lmcf).formats.elts.add(i);

        if (*fmt).name.len == name.len && ngx_strcasecmp((*fmt).name.data, name.data) == 0 {
            (*log).format = fmt;
            break;
        }
    }

    if (*log).format.is_null() {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "unknown log format \"%V\"", name);
        return NGX_CONF_ERROR;
    }

    let mut size: isize = 0;
    let mut flush: ngx_msec_t = 0;
    #[cfg_attr(not(feature = "zlib"), expect(unused_mut))]
    let mut gzip: ngx_int_t = 0;

    for i in 3..nelts {
        let v = value.add(i);

        if (*v).bytes().starts_with(b"buffer=") {
            let mut s = ngx_str_t { len: (*v).len - 7, data: (*v).data.add(7) };

            size = ngx_parse_size(&raw mut s);

            if size == NGX_ERROR || size == 0 {
                ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid buffer size \"%V\"", s);
                return NGX_CONF_ERROR;
            }

            continue;
        }

        if (*v).bytes().starts_with(b"flush=") {
            let mut s = ngx_str_t { len: (*v).len - 6, data: (*v).data.add(6) };

            flush = ngx_parse_time(&raw mut s, 0) as ngx_msec_t;

            if flush == NGX_ERROR as ngx_msec_t || flush == 0 {
                ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid flush time \"%V\"", s);
                return NGX_CONF_ERROR;
            }

            continue;
        }

        if (*v).bytes().starts_with(b"gzip") && ((*v).len == 4 || *(*v).data.add(4) == b'=') {
            #[cfg(feature = "zlib")]
            {
                if size == 0 {
                    size = 64 * 1024;
                }

                if (*v).len == 4 {
                    gzip = zlib::Z_BEST_SPEED as ngx_int_t;
                    continue;
                }

                let s = ngx_str_t { len: (*v).len - 5, data: (*v).data.add(5) };

                gzip = ngx_atoi(s.data, s.len);

                if !(1..=9).contains(&gzip) {
                    ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid compression level \"%V\"", s);
                    return NGX_CONF_ERROR;
                }

                continue;
            }

            #[cfg(not(feature = "zlib"))]
            {
                ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "nginx was built without zlib support");
                return NGX_CONF_ERROR;
            }
        }

        if (*v).bytes().starts_with(b"if=") {
            let mut s = ngx_str_t { len: (*v).len - 3, data: (*v).data.add(3) };
            let mut ccv: ngx_http_compile_complex_value_t = core::mem::zeroed();

            ccv.cf = cf;
            ccv.value = &raw mut s;
            ccv.complex_value = ngx_palloc((*cf).pool);
            if ccv.complex_value.is_null() {
                return NGX_CONF_ERROR;
            }

            if ngx_http_compile_complex_value(&raw mut ccv) != NGX_OK {
                return NGX_CONF_ERROR;
            }

            (*log).filter = ccv.complex_value;

            continue;
        }

        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid parameter \"%V\"", v);
        return NGX_CONF_ERROR;
    }

    if flush != 0 && size == 0 {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "no buffer is defined for access_log \"%V\"", value.add(1));
        return NGX_CONF_ERROR;
    }

    if size != 0 {
        if !(*log).script.is_null() {
            ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "buffered logs cannot have variables in name");
            return NGX_CONF_ERROR;
        }

        if !(*log).syslog_peer.is_null() {
            ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "logs to syslog cannot be buffered");
            return NGX_CONF_ERROR;
        }

        let mut buffer: *mut ngx_http_log_buf_t = (*(*log).file).data.cast();

        if !buffer.is_null() {
            if (*buffer).last.offset_from((*buffer).start) != size || (*buffer).flush != flush || (*buffer).gzip != gzip
            {
                ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0;
                                    "access_log \"%V\" already defined with conflicting parameters", value.add(1));
                return NGX_CONF_ERROR;
            }

            return NGX_CONF_OK;
        }

        buffer = ngx_pcalloc((*cf).pool);
        if buffer.is_null() {
            return NGX_CONF_ERROR;
        }

        (*buffer).start = ngx_pnalloc((*cf).pool, size as usize);
        if (*buffer).start.is_null() {
            return NGX_CONF_ERROR;
        }

        (*buffer).pos = (*buffer).start;
        (*buffer).last = (*buffer).start.add(size as usize);

        if flush != 0 {
            (*buffer).event = ngx_pcalloc((*cf).pool);
            if (*buffer).event.is_null() {
                return NGX_CONF_ERROR;
            }

            (*(*buffer).event).data = (*log).file.cast();
            (*(*buffer).event).handler = Some(ngx_http_log_flush_handler);
            (*(*buffer).event).log = &raw mut (*(*cf).cycle).new_log;
            (*(*buffer).event).cancelable = true;

            (*buffer).flush = flush;
        }

        (*buffer).gzip = gzip;

        (*(*log).file).flush = Some(ngx_http_log_flush);
        (*(*log).file).data = buffer.cast();
    }

    NGX_CONF_OK
}

unsafe fn ngx_http_log_set_format(
    cf: *mut ngx_conf_t,
    _cmd: *const ngx_command_t,
    conf: *mut c_void,
) -> ngx_conf_ret_t {
    let lmcf: *mut ngx_http_log_main_conf_t = conf.cast();

    let value = (*(*cf).args).elts;

    for i in 0..(*lmcf).formats.nelts {
        let fmt = (*lmcf).formats.elts.add(i);

        if (*fmt).name.bytes() == (*value.add(1)).bytes() {
            ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "duplicate \"log_format\" name \"%V\"", value.add(1));
            return NGX_CONF_ERROR;
        }
    }

    let fmt = ngx_array_push(&raw mut (*lmcf).formats);
    if fmt.is_null() {
        return NGX_CONF_ERROR;
    }

    (*fmt).name = *value.add(1);

    (*fmt).flushes = ngx_array_create((*cf).pool, 4);
    if (*fmt).flushes.is_null() {
        return NGX_CONF_ERROR;
    }

    (*fmt).ops = ngx_array_create((*cf).pool, 16);
    if (*fmt).ops.is_null() {
        return NGX_CONF_ERROR;
    }

    ngx_http_log_compile_format(cf, (*fmt).flushes, (*fmt).ops, (*cf).args, 2)
}

unsafe fn ngx_http_log_compile_format(
    cf: *mut ngx_conf_t,
    flushes: *mut ngx_array_t<ngx_uint_t>,
    ops: *mut ngx_array_t<ngx_http_log_op_t>,
    args: *mut ngx_array_t<ngx_str_t>,
    mut s: ngx_uint_t,
) -> ngx_conf_ret_t {
    let mut escape = NGX_HTTP_LOG_ESCAPE_DEFAULT;
    let value = (*args).elts;
    let mut data;

    if s < (*args).nelts && (*value.add(s)).bytes().starts_with(b"escape=") {
        match &(*value.add(s)).bytes()[7..] {
            b"json" => escape = NGX_HTTP_LOG_ESCAPE_JSON,
            b"none" => escape = NGX_HTTP_LOG_ESCAPE_NONE,
            b"default" => {}
            data => {
                ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "unknown log format escaping \"%s\"", data);
                return NGX_CONF_ERROR;
            }
        }

        s += 1;
    }

    'invalid: {
        while s < (*args).nelts {
            let v = *value.add(s);
            let mut i = 0;

            s += 1;

            while i < v.len {
                let op = ngx_array_push(ops);
                if op.is_null() {
                    return NGX_CONF_ERROR;
                }

                data = v.data.add(i);

                if *v.data.add(i) == b'$' {
                    i += 1;

                    if i == v.len {
                        break 'invalid;
                    }

                    let mut bracket = false;

                    if *v.data.add(i) == b'{' {
                        bracket = true;

                        i += 1;

                        if i == v.len {
                            break 'invalid;
                        }
                    }

                    let mut var = ngx_str_t { len: 0, data: v.data.add(i) };

                    while i < v.len {
                        let ch = *v.data.add(i);

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
                        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0;
                                            "the closing bracket in \"%V\" variable is missing", var);
                        return NGX_CONF_ERROR;
                    }

                    if var.len == 0 {
                        break 'invalid;
                    }

                    if let Some(v) = ngx_http_log_vars.iter().find(|v| v.name.bytes() == var.bytes()) {
                        (*op).len = v.len;
                        (*op).getlen = None;
                        (*op).run = v.run;
                        (*op).data = 0;

                        continue;
                    }

                    if ngx_http_log_variable_compile(cf, op, &raw mut var, escape) != NGX_OK {
                        return NGX_CONF_ERROR;
                    }

                    if !flushes.is_null() {
                        let flush = ngx_array_push(flushes);
                        if flush.is_null() {
                            return NGX_CONF_ERROR;
                        }

                        *flush = (*op).data; // the variable's index
                    }

                    continue;
                }

                i += 1;

                while i < v.len && *v.data.add(i) != b'$' {
                    i += 1;
                }

                let mut len = v.data.add(i).offset_from_unsigned(data);

                if len != 0 {
                    (*op).len = len;
                    (*op).getlen = None;

                    if len <= size_of::<usize>() {
                        (*op).run = Some(ngx_http_log_copy_short);
                        (*op).data = 0;

                        while len != 0 {
                            len -= 1;
                            (*op).data <<= 8;
                            (*op).data |= *data.add(len) as usize;
                        }
                    } else {
                        (*op).run = Some(ngx_http_log_copy_long);

                        let p = ngx_pnalloc((*cf).pool, len);
                        if p.is_null() {
                            return NGX_CONF_ERROR;
                        }

                        ngx_memcpy(p, data, len);
                        (*op).data = p as usize;
                    }
                }
            }
        }

        return NGX_CONF_OK;
    }

    ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid parameter \"%s\"", data);

    NGX_CONF_ERROR
}

unsafe fn ngx_http_log_open_file_cache(
    cf: *mut ngx_conf_t,
    _cmd: *const ngx_command_t,
    conf: *mut c_void,
) -> ngx_conf_ret_t {
    let llcf: *mut ngx_http_log_loc_conf_t = conf.cast();

    if (*llcf).open_file_cache != NGX_CONF_UNSET_PTR() {
        return NGX_CONF_MSG("is duplicate");
    }

    let value = (*(*cf).args).elts;

    let mut max = 0;
    let mut inactive: time_t = 10;
    let mut valid: time_t = 60;
    let mut min_uses = 1;

    'next: for i in 1..(*(*cf).args).nelts {
        let v = value.add(i);

        'failed: {
            if (*v).bytes().starts_with(b"max=") {
                max = ngx_atoi((*v).data.add(4), (*v).len - 4);
                if max == NGX_ERROR {
                    break 'failed;
                }

                continue 'next;
            }

            if (*v).bytes().starts_with(b"inactive=") {
                let mut s = ngx_str_t { len: (*v).len - 9, data: (*v).data.add(9) };

                inactive = ngx_parse_time(&raw mut s, 1) as time_t;
                if inactive == NGX_ERROR as time_t {
                    break 'failed;
                }

                continue 'next;
            }

            if (*v).bytes().starts_with(b"min_uses=") {
                min_uses = ngx_atoi((*v).data.add(9), (*v).len - 9);
                if min_uses == NGX_ERROR {
                    break 'failed;
                }

                continue 'next;
            }

            if (*v).bytes().starts_with(b"valid=") {
                let mut s = ngx_str_t { len: (*v).len - 6, data: (*v).data.add(6) };

                valid = ngx_parse_time(&raw mut s, 1) as time_t;
                if valid == NGX_ERROR as time_t {
                    break 'failed;
                }

                continue 'next;
            }

            if (*v).bytes() == b"off" {
                (*llcf).open_file_cache = null_mut();

                continue 'next;
            }
        }

        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid \"open_log_file_cache\" parameter \"%V\"", v);
        return NGX_CONF_ERROR;
    }

    if (*llcf).open_file_cache.is_null() {
        return NGX_CONF_OK;
    }

    if max == 0 {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "\"open_log_file_cache\" must have \"max\" parameter");
        return NGX_CONF_ERROR;
    }

    (*llcf).open_file_cache = ngx_open_file_cache_init((*cf).pool, max as ngx_uint_t, inactive);

    if !(*llcf).open_file_cache.is_null() {
        (*llcf).open_file_cache_valid = valid;
        (*llcf).open_file_cache_min_uses = min_uses as ngx_uint_t;

        return NGX_CONF_OK;
    }

    NGX_CONF_ERROR
}

unsafe fn ngx_http_log_init(cf: *mut ngx_conf_t) -> ngx_int_t {
    let lmcf: *mut ngx_http_log_main_conf_t = ngx_http_conf_get_module_main_conf(cf, &ngx_http_log_module);

    if (*lmcf).combined_used {
        let mut a: ngx_array_t<ngx_str_t> = core::mem::zeroed();

        if ngx_array_init(&raw mut a, (*cf).pool, 1) != NGX_OK {
            return NGX_ERROR;
        }

        let value = ngx_array_push(&raw mut a);
        if value.is_null() {
            return NGX_ERROR;
        }

        *value = ngx_http_combined_fmt;

        if ngx_http_log_compile_format(cf, null_mut(), (*(*lmcf).formats.elts).ops, &raw mut a, 0) != NGX_CONF_OK {
            return NGX_ERROR;
        }
    }

    let cmcf: *mut ngx_http_core_main_conf_t = ngx_http_conf_get_module_main_conf(cf, &ngx_http_core_module);

    let h = ngx_array_push(&raw mut (*cmcf).phases[NGX_HTTP_LOG_PHASE as usize].handlers);
    if h.is_null() {
        return NGX_ERROR;
    }

    *h = Some(ngx_http_log_handler);

    NGX_OK
}
