//! Ours: `nginx -S DIR [-P PORT]` serves a directory now, with a built-in configuration. DEVIATION: nginx has no such
//! options.
//!
//! The configuration is a text like any other, in an anonymous file (memfd): the parser, its messages and -T find a file whose
//! name is "(built-in)". What is not fixed in it is quoted, so that no name of a directory can end its string.

use crate::core::{
    nginx::*, ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_cycle::*, ngx_log::*, ngx_log_json::*, ngx_string::*,
};
use crate::os::unix::{ngx_errno::*, ngx_files::*, ngx_process::*};

const NGX_SERVE_CONF: ngx_str_t = ngx_string!("(built-in)");

const NGX_SERVE_LISTEN: &[u8] = b"127.0.0.1:8080";

/// The types that conf/nginx.conf includes.
static ngx_serve_types: &[u8] = include_bytes!("../../conf/mime.types");

/// The lines of http { } that are always the same.
static ngx_serve_http: &[u8] = b"
    default_type  application/octet-stream;
    sendfile      on;
    index         index.html;
    autoindex     on;
    autoindex_format  page;
";

#[cfg(feature = "zlib")]
static ngx_serve_gzip: &[u8] = b"
    gzip       on;
    gzip_vary  on;
    gzip_types text/css text/plain text/xml text/mathml text/x-component application/javascript application/json
               application/atom+xml application/rss+xml application/xhtml+xml application/wasm image/svg+xml;
";

#[cfg(not(feature = "zlib"))]
static ngx_serve_gzip: &[u8] = b"";

/// The arguments of -S and -P.
pub static ngx_serve_dir: ngx_global_t<*const c_char> = ngx_global_t::new(null());
pub static ngx_serve_listen: ngx_global_t<*const c_char> = ngx_global_t::new(null());

/// DIR without links and dots.
static ngx_serve_root: ngx_global_t<*mut u8> = ngx_global_t::new(null_mut());
static ngx_serve_fd: ngx_global_t<ngx_fd_t> = ngx_global_t::new(NGX_INVALID_FILE);

/// For request bodies; its name with ".pid" is the pid file. Gone when the process that made it ends.
static ngx_serve_temp: ngx_global_t<[u8; 24]> = ngx_global_t::new(*b"/tmp/nginx-serve.XXXXXX\0");
static ngx_serve_pid: ngx_global_t<ngx_pid_t> = ngx_global_t::zeroed();

/// Makes the configuration, and names it in the cycle.
pub unsafe fn ngx_serve_init(cycle: *mut ngx_cycle_t, error_log: bool) -> ngx_int_t {
    let root: *mut u8 = libc::realpath(ngx_serve_dir.get(), null_mut()).cast();

    if root.is_null() || !ngx_serve_readable(root) {
        ngx_log_stderr!(ngx_errno(); "cannot serve \"%s\"", ngx_serve_dir.get());
        return NGX_ERROR;
    }

    ngx_serve_root.set(root);

    let listen = ngx_serve_address();

    if listen.is_empty() {
        ngx_log_stderr!(0; "invalid port or address in \"-P %s\"", ngx_serve_listen.get());
        return NGX_ERROR;
    }

    let temp = ngx_serve_temp.ptr().cast::<u8>();

    if libc::mkdtemp(temp.cast()).is_null() {
        ngx_log_stderr!(ngx_errno(); "mkdtemp() \"%s\" failed", temp);
        return NGX_ERROR;
    }

    if ngx_test_config.get() != 0 {
        // a name is enough
        libc::rmdir(temp.cast());
    } else {
        ngx_serve_pid.set(libc::getpid());
        libc::atexit(ngx_serve_exit);
    }

    let fd = libc::memfd_create(c"nginx".as_ptr(), libc::MFD_CLOEXEC);

    if fd == NGX_INVALID_FILE {
        ngx_log_stderr!(ngx_errno(); "memfd_create() failed");
        return NGX_ERROR;
    }

    ngx_serve_fd.set(fd);

    ngx_serve_write(
        core::slice::from_raw_parts(root, ngx_strlen(root)),
        core::slice::from_raw_parts(temp, ngx_strlen(temp)),
        listen,
        error_log,
    );

    (*cycle).conf_file = NGX_SERVE_CONF;

    NGX_OK
}

unsafe fn ngx_serve_write(root: &[u8], temp: &[u8], listen: &[u8], error_log: bool) {
    // "$" has no escape: its name is a variable's

    let dollar: &[u8] =
        if memchr::memchr(b'$', root).is_some() { b"    geo $dollar { default \"$\"; }\n\n" } else { b"" };

    // a socket, or another user's terminal

    let log = libc::open(c"/dev/stdout".as_ptr(), libc::O_WRONLY | libc::O_APPEND | libc::O_CLOEXEC);

    let access_log: &[u8] = if log != NGX_INVALID_FILE {
        ngx_close_file(log);
        b"/dev/stdout"
    } else {
        ngx_log_stderr!(ngx_errno(); "[warn] no access log: open() \"/dev/stdout\" failed");
        b"off"
    };

    ngx_serve_put(b"# nginx -S\n\ndaemon off;\nworker_processes auto;\npid ");
    ngx_serve_put(temp);
    ngx_serve_put(b".pid;\n");

    if error_log {
        ngx_serve_put(b"error_log stderr warn;\n");
    }

    ngx_serve_put(b"\nevents { }\n\nhttp {\n");
    ngx_serve_put(dollar);
    ngx_serve_put(ngx_serve_types);
    ngx_serve_put(ngx_serve_http);
    ngx_serve_put(ngx_serve_gzip);
    ngx_serve_put(b"\n    client_body_temp_path ");
    ngx_serve_put(temp);
    ngx_serve_put(b";\n    access_log ");
    ngx_serve_put(access_log);
    ngx_serve_put(b";\n\n    server {\n        listen ");
    ngx_serve_put(listen);
    ngx_serve_put(b";\n        root   \"");

    for ch in root {
        ngx_serve_put(match ch {
            b'"' => b"\\\"",
            b'\\' => b"\\\\",
            b'$' => b"${dollar}",
            _ => core::slice::from_ref(ch),
        });
    }

    ngx_serve_put(b"\";\n    }\n}\n");
}

/// A short write cuts the configuration, and the parser says so.
unsafe fn ngx_serve_put(text: &[u8]) {
    let _ = ngx_write_fd(ngx_serve_fd.get(), text.as_ptr().cast(), text.len());
}

/// What `listen` gets: a port, or an address and a port; empty for what may not be in its word.
unsafe fn ngx_serve_address<'a>() -> &'a [u8] {
    // "127.0.0.1:" and the port
    static text: ngx_global_t<[u8; 16]> = ngx_global_t::zeroed();

    let arg: *const u8 = ngx_serve_listen.get().cast();

    if arg.is_null() {
        return NGX_SERVE_LISTEN;
    }

    let address = core::slice::from_raw_parts(arg, ngx_strlen(arg));

    let (host, port) = match memchr::memrchr(b':', address) {
        Some(0) => return &[],
        Some(n) => (&address[..n], &address[n + 1..]),
        None => (&address[..0], address),
    };

    let n = ngx_atoi(port.as_ptr().cast_mut(), port.len());

    if !(1..=65535).contains(&n)
        || !host.iter().all(|&ch| ch.is_ascii_alphanumeric() || b".:-_*[]".contains(&ch))
        || address.starts_with(b"unix:")
    {
        return &[];
    }

    if !host.is_empty() {
        return address;
    }

    let p: *mut u8 = text.ptr().cast();
    let last = ngx_sprintf!(p, "127.0.0.1:%i", n);

    core::slice::from_raw_parts(p, last.offset_from_unsigned(p))
}

/// The configuration's descriptor, where `name` is its name. The parser reads by offset and closes it.
pub unsafe fn ngx_serve_open(name: *const ngx_str_t) -> ngx_fd_t {
    if ngx_serve_fd.get() == NGX_INVALID_FILE || (*name).bytes() != NGX_SERVE_CONF.bytes() {
        return NGX_INVALID_FILE;
    }

    libc::fcntl(ngx_serve_fd.get(), libc::F_DUPFD_CLOEXEC, 0)
}

unsafe fn ngx_serve_readable(root: *const u8) -> bool {
    let fd = libc::open(root.cast(), libc::O_RDONLY | libc::O_DIRECTORY | libc::O_CLOEXEC);

    if fd == NGX_INVALID_FILE {
        return false;
    }

    ngx_close_file(fd);

    libc::access(root.cast(), libc::X_OK) == 0
}

/// A server that root has started serves as the workers' user: can that one read the directory?
pub unsafe fn ngx_serve_check(cycle: *mut ngx_cycle_t) -> ngx_int_t {
    let ccf: *mut ngx_core_conf_t = ngx_get_conf((*cycle).conf_ctx, &ngx_core_module);

    if ngx_serve_root.get().is_null() || libc::geteuid() != 0 {
        return NGX_OK;
    }

    // SAFETY: one thread, and no signal handlers yet; the child ends by _exit()

    let pid = libc::fork();

    if pid == 0 {
        let ok = libc::initgroups((*ccf).username, (*ccf).group) == 0
            && libc::setgid((*ccf).group) == 0
            && libc::setuid((*ccf).user) == 0
            && ngx_serve_readable(ngx_serve_root.get());

        libc::_exit(if ok { 0 } else { ngx_errno() });
    }

    let mut status = 0;

    if pid == -1 || libc::waitpid(pid, &raw mut status, 0) == -1 || status == 0 {
        return NGX_OK;
    }

    ngx_log_stderr!(
        libc::WEXITSTATUS(status);
        "cannot serve \"%s\" as user \"%s\", which root's workers run as", ngx_serve_dir.get(), (*ccf).username
    );

    NGX_ERROR
}

/// "nginx: serving DIR at http://…/"
pub unsafe fn ngx_serve_started() {
    if ngx_serve_root.get().is_null() {
        return;
    }

    let root = core::slice::from_raw_parts(ngx_serve_root.get(), ngx_strlen(ngx_serve_root.get()));
    let listen = ngx_serve_address();

    let mut buf = [0u8; NGX_MAX_ERROR_STR / 2];
    let last = buf.as_mut_ptr().add(buf.len());
    let p = ngx_log_escape(buf.as_mut_ptr(), last, root);

    ngx_log_stderr!(
        0; "serving %*s at http://%*s/", p.offset_from_unsigned(buf.as_ptr()), buf.as_ptr(), listen.len(), listen.as_ptr()
    );
}

extern "C" fn ngx_serve_exit() {
    // SAFETY: the process is about to end and has one thread; a forked one has another number.
    unsafe {
        if libc::getpid() != ngx_serve_pid.get() {
            return;
        }

        let temp: *const c_char = ngx_serve_temp.ptr().cast();

        // what a worker that was killed has left

        let dir = libc::opendir(temp);

        if !dir.is_null() {
            loop {
                let entry = libc::readdir(dir);

                if entry.is_null() {
                    break;
                }

                libc::unlinkat(libc::dirfd(dir), (&raw const (*entry).d_name).cast(), 0);
            }

            libc::closedir(dir);
        }

        libc::rmdir(temp);
    }
}
