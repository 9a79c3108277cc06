//! Port of src/core/nginx.c and .h
//! Ours: what configure writes to objs/ngx_auto_config.h (the paths, the default user, the arguments that -V
//! prints) stands here; ngx_cpu_quota(), at the end.

#[cfg(feature = "pcre")]
use crate::core::ngx_regex::*;
use crate::core::{
    ngx_array::*, ngx_conf_file::*, ngx_config::*, ngx_connection::*, ngx_core::*, ngx_crc32::*, ngx_cycle::*,
    ngx_log::*, ngx_module::*, ngx_palloc::*, ngx_serve::*, ngx_slab::*, ngx_string::*, ngx_times::*,
};
use crate::ngx_modules::ngx_modules;
use crate::os::unix::{
    ngx_alloc::*, ngx_daemon::*, ngx_errno::*, ngx_files::*, ngx_posix_init::*, ngx_process::*, ngx_process_cycle::*,
    ngx_reload::*, ngx_setaffinity::*, ngx_systemd::*, ngx_upgrade::*, ngx_user::*,
};

pub const nginx_version: ngx_uint_t = 1031005;

/// For concat!().
macro_rules! NGINX_VER_ {
    () => {
        "nginx/1.31.5"
    };
}
pub(crate) use NGINX_VER_ as NGINX_VER;

macro_rules! NGINX_VER_BUILD_ {
    () => {
        "nginx/1.31.5 (nginx-port)"
    };
}
pub(crate) use NGINX_VER_BUILD_ as NGINX_VER_BUILD;

pub const NGINX_VERSION: &str = "1.31.5";
pub const NGINX_VER: &str = NGINX_VER!();
pub const NGINX_VER_BUILD: &str = NGINX_VER_BUILD!();

pub const NGINX_VAR: &str = "NGINX";
pub const NGX_OLDPID_EXT: &str = ".oldbin";

// what configure decides, with --prefix=/usr/local/nginx

pub const NGX_PREFIX: ngx_str_t = ngx_string!("/usr/local/nginx/");
pub const NGX_CONF_PREFIX: ngx_str_t = ngx_string!("conf/");
pub const NGX_CONF_PATH: ngx_str_t = ngx_string!("conf/nginx.conf");
pub const NGX_PID_PATH: ngx_str_t = ngx_string!("logs/nginx.pid");
pub const NGX_LOCK_PATH: ngx_str_t = ngx_string!("logs/nginx.lock");
pub const NGX_ERROR_LOG_PATH: ngx_str_t = ngx_string!("logs/error.log");
pub const NGX_HTTP_LOG_PATH: ngx_str_t = ngx_string!("logs/access.log");
pub const NGX_HTTP_CLIENT_TEMP_PATH: ngx_str_t = ngx_string!("client_body_temp");

pub const NGX_USER: &CStr = c"nobody";
pub const NGX_GROUP: &CStr = c"nogroup";

/// DEVIATION: the default group where there is no NGX_GROUP. configure looks which of the two its system has, but we
/// run on systems that we have not been built on.
const NGX_GROUP_OTHER: &CStr = c"nobody";

const NGX_HTTP_CACHE: bool = false;

/// The configure options that build a module or leave it out: the option's end, whether nginx builds the module
/// without being asked, and the module. What is in `ngx_modules` decides what -V prints.
static ngx_configure_modules: &[(&str, bool, &CStr)] = &[
    ("threads", false, c"ngx_thread_pool_module"),
    ("select_module", false, c"ngx_select_module"),
    ("poll_module", false, c"ngx_poll_module"),
    ("http", true, c"ngx_http_module"),
    ("http_ssl_module", false, c"ngx_http_ssl_module"),
    ("http_v2_module", false, c"ngx_http_v2_module"),
    ("http_v3_module", false, c"ngx_http_v3_module"),
    ("http_realip_module", false, c"ngx_http_realip_module"),
    ("http_addition_module", false, c"ngx_http_addition_filter_module"),
    ("http_sub_module", false, c"ngx_http_sub_filter_module"),
    ("http_dav_module", false, c"ngx_http_dav_module"),
    ("http_flv_module", false, c"ngx_http_flv_module"),
    ("http_mp4_module", false, c"ngx_http_mp4_module"),
    ("http_gunzip_module", false, c"ngx_http_gunzip_filter_module"),
    ("http_gzip_static_module", false, c"ngx_http_gzip_static_module"),
    // ours
    ("http_precompressed_module", false, c"ngx_http_precompressed_module"),
    ("http_auth_request_module", false, c"ngx_http_auth_request_module"),
    ("http_random_index_module", false, c"ngx_http_random_index_module"),
    ("http_secure_link_module", false, c"ngx_http_secure_link_module"),
    ("http_degradation_module", false, c"ngx_http_degradation_module"),
    ("http_slice_module", false, c"ngx_http_slice_filter_module"),
    ("http_stub_status_module", false, c"ngx_http_stub_status_module"),
    ("http_charset_module", true, c"ngx_http_charset_filter_module"),
    ("http_gzip_module", true, c"ngx_http_gzip_filter_module"),
    ("http_ssi_module", true, c"ngx_http_ssi_filter_module"),
    ("http_userid_module", true, c"ngx_http_userid_filter_module"),
    ("http_access_module", true, c"ngx_http_access_module"),
    ("http_auth_basic_module", true, c"ngx_http_auth_basic_module"),
    ("http_mirror_module", true, c"ngx_http_mirror_module"),
    ("http_autoindex_module", true, c"ngx_http_autoindex_module"),
    ("http_geo_module", true, c"ngx_http_geo_module"),
    ("http_map_module", true, c"ngx_http_map_module"),
    ("http_split_clients_module", true, c"ngx_http_split_clients_module"),
    ("http_referer_module", true, c"ngx_http_referer_module"),
    ("http_rewrite_module", true, c"ngx_http_rewrite_module"),
    ("http_proxy_module", true, c"ngx_http_proxy_module"),
    ("http_fastcgi_module", true, c"ngx_http_fastcgi_module"),
    ("http_uwsgi_module", true, c"ngx_http_uwsgi_module"),
    ("http_scgi_module", true, c"ngx_http_scgi_module"),
    ("http_grpc_module", true, c"ngx_http_grpc_module"),
    ("http_tunnel_module", true, c"ngx_http_tunnel_module"),
    ("http_memcached_module", true, c"ngx_http_memcached_module"),
    ("http_limit_conn_module", true, c"ngx_http_limit_conn_module"),
    ("http_limit_req_module", true, c"ngx_http_limit_req_module"),
    ("http_empty_gif_module", true, c"ngx_http_empty_gif_module"),
    ("http_browser_module", true, c"ngx_http_browser_module"),
    ("http_upstream_hash_module", true, c"ngx_http_upstream_hash_module"),
    ("http_upstream_ip_hash_module", true, c"ngx_http_upstream_ip_hash_module"),
    ("http_upstream_least_conn_module", true, c"ngx_http_upstream_least_conn_module"),
    ("http_upstream_least_time_module", true, c"ngx_http_upstream_least_time_module"),
    ("http_upstream_random_module", true, c"ngx_http_upstream_random_module"),
    ("http_upstream_keepalive_module", true, c"ngx_http_upstream_keepalive_module"),
    ("http_upstream_zone_module", true, c"ngx_http_upstream_zone_module"),
    ("http_upstream_sticky_module", true, c"ngx_http_upstream_sticky_module"),
];

static ngx_debug_points: [ngx_conf_enum_t; 3] = [
    ngx_conf_enum_t { name: ngx_string!("stop"), value: NGX_DEBUG_POINTS_STOP },
    ngx_conf_enum_t { name: ngx_string!("abort"), value: NGX_DEBUG_POINTS_ABORT },
    ngx_conf_enum_t { name: ngx_null_string, value: 0 },
];

static ngx_core_commands: &[ngx_command_t] = &[
    ngx_command_t {
        name: ngx_string!("daemon"),
        type_: NGX_MAIN_CONF | NGX_DIRECT_CONF | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: 0,
        offset: ngx_offsetof!(ngx_core_conf_t, daemon: ngx_flag_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("master_process"),
        type_: NGX_MAIN_CONF | NGX_DIRECT_CONF | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: 0,
        offset: ngx_offsetof!(ngx_core_conf_t, master: ngx_flag_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("timer_resolution"),
        type_: NGX_MAIN_CONF | NGX_DIRECT_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_msec_slot),
        conf: 0,
        offset: ngx_offsetof!(ngx_core_conf_t, timer_resolution: usize),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("pid"),
        type_: NGX_MAIN_CONF | NGX_DIRECT_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_str_slot),
        conf: 0,
        offset: ngx_offsetof!(ngx_core_conf_t, pid: ngx_str_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("lock_file"),
        type_: NGX_MAIN_CONF | NGX_DIRECT_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_str_slot),
        conf: 0,
        offset: ngx_offsetof!(ngx_core_conf_t, lock_file: ngx_str_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("worker_processes"),
        type_: NGX_MAIN_CONF | NGX_DIRECT_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_set_worker_processes),
        conf: 0,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("debug_points"),
        type_: NGX_MAIN_CONF | NGX_DIRECT_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_enum_slot),
        conf: 0,
        offset: ngx_offsetof!(ngx_core_conf_t, debug_points: ngx_int_t),
        post: (&raw const ngx_debug_points).cast(),
    },
    ngx_command_t {
        name: ngx_string!("user"),
        type_: NGX_MAIN_CONF | NGX_DIRECT_CONF | NGX_CONF_TAKE12,
        set: Some(ngx_set_user),
        conf: 0,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("worker_priority"),
        type_: NGX_MAIN_CONF | NGX_DIRECT_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_set_priority),
        conf: 0,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("worker_cpu_affinity"),
        type_: NGX_MAIN_CONF | NGX_DIRECT_CONF | NGX_CONF_1MORE,
        set: Some(ngx_set_cpu_affinity),
        conf: 0,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("worker_rlimit_nofile"),
        type_: NGX_MAIN_CONF | NGX_DIRECT_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_num_slot),
        conf: 0,
        offset: ngx_offsetof!(ngx_core_conf_t, rlimit_nofile: ngx_int_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("worker_rlimit_core"),
        type_: NGX_MAIN_CONF | NGX_DIRECT_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_off_slot),
        conf: 0,
        offset: ngx_offsetof!(ngx_core_conf_t, rlimit_core: off_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("worker_shutdown_timeout"),
        type_: NGX_MAIN_CONF | NGX_DIRECT_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_msec_slot),
        conf: 0,
        offset: ngx_offsetof!(ngx_core_conf_t, shutdown_timeout: usize),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("working_directory"),
        type_: NGX_MAIN_CONF | NGX_DIRECT_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_str_slot),
        conf: 0,
        offset: ngx_offsetof!(ngx_core_conf_t, working_directory: ngx_str_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("env"),
        type_: NGX_MAIN_CONF | NGX_DIRECT_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_set_env),
        conf: 0,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("load_module"),
        type_: NGX_MAIN_CONF | NGX_DIRECT_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_load_module),
        conf: 0,
        offset: 0,
        post: null(),
    },
];

static ngx_core_module_ctx: ngx_core_module_t = ngx_core_module_t {
    name: ngx_string!("core"),
    create_conf: Some(ngx_core_module_create_conf),
    init_conf: Some(ngx_core_module_init_conf),
};

pub static ngx_core_module: ngx_module_t = ngx_module_t {
    name: c"ngx_core_module",
    ctx: (&raw const ngx_core_module_ctx).cast(),
    commands: ngx_core_commands,
    type_: NGX_CORE_MODULE,
    ..NGX_MODULE_V1()
};

static ngx_show_help: ngx_global_t<ngx_uint_t> = ngx_global_t::zeroed();
static ngx_show_version: ngx_global_t<ngx_uint_t> = ngx_global_t::zeroed();
static ngx_show_configure: ngx_global_t<ngx_uint_t> = ngx_global_t::zeroed();
static ngx_prefix: ngx_global_t<*mut u8> = ngx_global_t::zeroed();
static ngx_error_log: ngx_global_t<*mut u8> = ngx_global_t::zeroed();
static ngx_conf_file: ngx_global_t<*mut u8> = ngx_global_t::zeroed();
static ngx_conf_params: ngx_global_t<*mut u8> = ngx_global_t::zeroed();
static ngx_signal: ngx_global_t<*const c_char> = ngx_global_t::zeroed();

static ngx_os_environ: ngx_global_t<*mut *mut c_char> = ngx_global_t::zeroed();

/// C's main().
pub unsafe fn main(argc: c_int, argv: *mut *mut c_char) -> c_int {
    if ngx_strerror_init() != NGX_OK {
        return 1;
    }

    if ngx_get_options(argc, argv) != NGX_OK {
        return 1;
    }

    if ngx_show_version.get() != 0 {
        ngx_show_version_info();

        if ngx_test_config.get() == 0 {
            return 0;
        }
    }

    // DEVIATION: started with a closed stdin, stdout or stderr, nginx may have a listening socket with that number,
    // and loses it as the log becomes stderr

    while libc::fcntl(0, libc::F_GETFD) == -1
        || libc::fcntl(1, libc::F_GETFD) == -1
        || libc::fcntl(libc::STDERR_FILENO, libc::F_GETFD) == -1
    {
        if libc::open(c"/dev/null".as_ptr(), libc::O_RDWR) == -1 {
            break;
        }
    }

    ngx_max_sockets.set(-1);

    ngx_time_init();

    #[cfg(feature = "pcre")]
    ngx_regex_init();

    ngx_pid.set(libc::getpid());
    ngx_parent.set(libc::getppid());

    let serve_log = !ngx_serve_dir.get().is_null() && ngx_error_log.get().is_null();

    if serve_log {
        ngx_error_log.set(c"".as_ptr().cast_mut().cast());
    }

    let log = ngx_log_init(ngx_prefix.get(), ngx_error_log.get());
    if log.is_null() {
        return 1;
    }

    // the cycle that the first configuration is made from; signal handlers and ngx_process_options() log by it

    let mut init: ngx_cycle_t = core::mem::zeroed();
    let init_cycle = &raw mut init;

    (*init_cycle).log = log;
    ngx_cycle.set(init_cycle);

    (*init_cycle).pool = ngx_create_pool(1024, log);
    if (*init_cycle).pool.is_null() {
        return 1;
    }

    if ngx_save_argv(init_cycle, argc, argv) != NGX_OK {
        return 1;
    }

    if ngx_process_options(init_cycle) != NGX_OK {
        return 1;
    }

    if !ngx_serve_dir.get().is_null() && ngx_serve_init(init_cycle, serve_log) != NGX_OK {
        return 1;
    }

    if ngx_os_init(log) != NGX_OK {
        return 1;
    }

    // the next two need what ngx_os_init() has found: the cache line's and the page's size

    if ngx_crc32_table_init() != NGX_OK {
        return 1;
    }

    ngx_slab_sizes_init();

    if ngx_add_inherited_sockets(init_cycle) != NGX_OK {
        return 1;
    }

    if ngx_preinit_modules() != NGX_OK {
        return 1;
    }

    let cycle = ngx_init_cycle(init_cycle);
    if cycle.is_null() {
        if ngx_test_config.get() != 0 {
            ngx_log_stderr!(0; "configuration file %s test failed", (*init_cycle).conf_file.data);
        }

        return 1;
    }

    if ngx_serve_check(cycle) != NGX_OK {
        return 1;
    }

    if ngx_test_config.get() != 0 {
        if ngx_quiet_mode.get() == 0 {
            ngx_log_stderr!(0; "configuration file %s test is successful", (*cycle).conf_file.data);
        }

        if ngx_dump_config.get() != 0 {
            for i in 0..(*cycle).config_dump.nelts {
                let cd = (*cycle).config_dump.elts.add(i);

                ngx_write_stdout(b"# configuration file ");
                let _ = ngx_write_fd(ngx_stdout, (*cd).name.data.cast(), (*cd).name.len);
                ngx_write_stdout(b":\n");

                let b = (*cd).buffer;

                let _ = ngx_write_fd(ngx_stdout, (*b).pos.cast(), (*b).last.offset_from_unsigned((*b).pos));
                ngx_write_stdout(b"\n");
            }
        }

        return 0;
    }

    if !ngx_signal.get().is_null() {
        return ngx_signal_process(cycle, ngx_signal.get()) as c_int;
    }

    ngx_os_status((*cycle).log);

    ngx_cycle.set(cycle);

    let ccf: *mut ngx_core_conf_t = ngx_get_conf((*cycle).conf_ctx, &ngx_core_module);

    if (*ccf).master != 0 && ngx_process.get() == NGX_PROCESS_SINGLE {
        ngx_process.set(NGX_PROCESS_MASTER);
    }

    if ngx_init_signals((*cycle).log) != NGX_OK {
        return 1;
    }

    if ngx_inherited.get() == 0 && (*ccf).daemon != 0 {
        if ngx_daemon((*cycle).log) != NGX_OK {
            return 1;
        }

        ngx_daemonized.set(1);
    }

    if ngx_inherited.get() != 0 {
        ngx_daemonized.set(1);
    }

    // DEVIATION: under systemd SIGUSR2 and SIGWINCH work without "daemon on" too, where nginx ignores them: its parent
    // may be an old binary for all it knows, and a shell may have sent the SIGWINCH

    if ngx_inherited.get() == 0 && ngx_systemd_supervised() {
        ngx_daemonized.set(1);
        ngx_parent.set(-1);
    }

    if ngx_create_pidfile(&raw mut (*ccf).pid, (*cycle).log) != NGX_OK {
        return 1;
    }

    if ngx_log_redirect_stderr(cycle) != NGX_OK {
        return 1;
    }

    if (*(*log).file).fd != ngx_stderr && ngx_close_file((*(*log).file).fd) == NGX_FILE_ERROR {
        ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_errno(); "close() built-in log failed");
    }

    ngx_use_stderr.set(0);

    ngx_daemon_ready();
    ngx_serve_started();

    if ngx_process.get() == NGX_PROCESS_SINGLE {
        ngx_single_process_cycle(cycle);
    } else {
        ngx_master_process_cycle(cycle);
    }

    0
}

unsafe fn ngx_show_version_info() {
    ngx_write_stderr(concat!("nginx version: ", NGINX_VER_BUILD!(), "\n").as_bytes());

    if ngx_show_help.get() != 0 {
        ngx_write_stderr(
            b"Usage: nginx [-?hvVtTq] [-s signal] [-p prefix]\n\
              \x20            [-e filename] [-c filename] [-g directives]\n\
              \x20            [-S directory] [-P port]\n\
              \n\
              Options:\n\
              \x20 -?,-h         : this help\n\
              \x20 -v            : show version and exit\n\
              \x20 -V            : show version and configure options then exit\n\
              \x20 -t            : test configuration and exit\n\
              \x20 -T            : test configuration, dump it and exit\n\
              \x20 -q            : suppress non-error messages during configuration testing\n\
              \x20 -s signal     : send signal to a master process: stop, quit, reopen, reload\n\
              \x20 -w            : with \"-s reload\", wait until the new worker processes serve\n\
              \x20 -p prefix     : set prefix path (default: ",
        );
        ngx_write_stderr(NGX_PREFIX.bytes());
        ngx_write_stderr(
            b")\n\
              \x20 -e filename   : set error log file (default: ",
        );
        ngx_write_stderr(NGX_ERROR_LOG_PATH.bytes());
        ngx_write_stderr(
            b")\n\
              \x20 -c filename   : set configuration file (default: ",
        );
        ngx_write_stderr(NGX_CONF_PATH.bytes());
        ngx_write_stderr(
            b")\n\
              \x20 -g directives : set global directives out of configuration file\n\
              \x20 -S directory  : serve directory in the foreground, with a built-in configuration\n\
              \x20 -P port       : port or address:port for \"-S\" (default: 127.0.0.1:8080)\n\
              \n",
        );
    }

    if ngx_show_configure.get() != 0 {
        let mut buf = [0u8; 4096];
        let last = buf.as_mut_ptr().add(buf.len());

        let p = ngx_cpylit(buf.as_mut_ptr(), b"configure arguments:");
        let p = ngx_configure_arguments(p, last.sub(1));
        *p = LF;

        ngx_write_stderr(&buf[..p.offset_from_unsigned(buf.as_ptr()) + 1]);
    }
}

/// What configure was called with in nginx: here, what would build the same.
unsafe fn ngx_configure_arguments(mut p: *mut u8, last: *mut u8) -> *mut u8 {
    p = ngx_slprintf!(p, last, " --prefix=%*s --with-file-aio", NGX_PREFIX.len - 1, NGX_PREFIX.data);

    if cfg!(feature = "debug") {
        p = ngx_slprintf!(p, last, " --with-debug");
    }

    if cfg!(feature = "pcre") {
        p = ngx_slprintf!(p, last, " --with-pcre --with-pcre-jit");
    } else {
        p = ngx_slprintf!(p, last, " --without-pcre");
    }

    for &(option, default, module) in ngx_configure_modules {
        let present = ngx_modules.iter().any(|m| m.name == module);

        if present && !default {
            p = ngx_slprintf!(p, last, " --with-%s", option);
        } else if !present && default {
            p = ngx_slprintf!(p, last, " --without-%s", option);
        }
    }

    if !NGX_HTTP_CACHE {
        p = ngx_slprintf!(p, last, " --without-http-cache");
    }

    p
}

/// Listening sockets that an old binary has left open for us: their numbers are in the environment, as "7;8;". What
/// they listen on is asked from them.
unsafe fn ngx_add_inherited_sockets(cycle: *mut ngx_cycle_t) -> ngx_int_t {
    let inherited: *mut u8 = libc::getenv(c"NGINX".as_ptr()).cast();

    if ngx_systemd_init(cycle, inherited) != NGX_OK {
        return NGX_ERROR;
    }

    if inherited.is_null() {
        return NGX_OK;
    }

    ngx_upgrade_init();

    ngx_log_error!(NGX_LOG_NOTICE, (*cycle).log, 0; "using inherited sockets from \"%s\"", inherited);

    if ngx_array_init(&raw mut (*cycle).listening, (*cycle).pool, 10) != NGX_OK {
        return NGX_ERROR;
    }

    let mut p = inherited;
    let mut v = p;

    while *p != 0 {
        if *p == b':' || *p == b';' {
            let s = ngx_atoi(v, p.offset_from_unsigned(v));
            if s == NGX_ERROR {
                ngx_log_error!(
                    NGX_LOG_EMERG, (*cycle).log, 0;
                    "invalid socket number \"%s\" in NGINX environment variable, ignoring the rest of the variable", v
                );
                break;
            }

            v = p.add(1);

            // DEVIATION: nginx takes a number twice, closes it as the one too many, and its workers cannot use it

            let n = (*cycle).listening.nelts;

            if (0..n).any(|i| (*(*cycle).listening.elts.add(i)).fd == s as c_int) {
                p = p.add(1);
                continue;
            }

            let ls = ngx_array_push(&raw mut (*cycle).listening);
            if ls.is_null() {
                return NGX_ERROR;
            }

            ngx_memzero(ls, size_of::<ngx_listening_t>());

            (*ls).fd = s as c_int;
            (*ls).inherited = true;
        }

        p = p.add(1);
    }

    if v != p {
        ngx_log_error!(
            NGX_LOG_EMERG, (*cycle).log, 0;
            "invalid socket number \"%s\" in NGINX environment variable, ignoring", v
        );
    }

    ngx_inherited.set(1);

    ngx_set_inherited_sockets(cycle)
}

/// The environment by the `env` directives, and TZ. With `last` it is made for another process, with room for `*last`
/// variables more, which is set to how many there are; the caller frees it. Without, it becomes our own.
pub unsafe fn ngx_set_environment(cycle: *mut ngx_cycle_t, last: *mut ngx_uint_t) -> *mut *mut c_char {
    let ccf: *mut ngx_core_conf_t = ngx_get_conf((*cycle).conf_ctx, &ngx_core_module);

    if last.is_null() && !(*ccf).environment.is_null() {
        return (*ccf).environment;
    }

    let mut var = (*ccf).env.elts;

    'tz_found: {
        for i in 0..(*ccf).env.nelts {
            if ngx_strcmp((*var.add(i)).data, c"TZ".as_ptr().cast()) == 0
                || ngx_strncmp((*var.add(i)).data, b"TZ=".as_ptr(), 3) == 0
            {
                break 'tz_found;
            }
        }

        var = ngx_array_push(&raw mut (*ccf).env);
        if var.is_null() {
            return null_mut();
        }

        *var = ngx_string!("TZ");

        var = (*ccf).env.elts;
    }

    // first count

    let mut n = 0;

    for i in 0..(*ccf).env.nelts {
        let var = *var.add(i);

        if *var.data.add(var.len) == b'=' {
            n += 1;
            continue;
        }

        let mut p = ngx_os_environ.get();

        while !(*p).is_null() {
            if ngx_strncmp((*p).cast(), var.data, var.len) == 0 && *(*p).cast::<u8>().add(var.len) == b'=' {
                n += 1;
                break;
            }
            p = p.add(1);
        }
    }

    let env: *mut *mut c_char;

    if !last.is_null() {
        env = ngx_alloc((*last + n + 1) * size_of::<*mut c_char>(), (*cycle).log).cast();
        if env.is_null() {
            return null_mut();
        }

        *last = n;
    } else {
        let cln = ngx_pool_cleanup_add((*cycle).pool, 0);
        if cln.is_null() {
            return null_mut();
        }

        env = ngx_alloc((n + 1) * size_of::<*mut c_char>(), (*cycle).log).cast();
        if env.is_null() {
            return null_mut();
        }

        (*cln).handler = Some(ngx_cleanup_environment);
        (*cln).data = env.cast();
    }

    n = 0;

    for i in 0..(*ccf).env.nelts {
        let var = *var.add(i);

        if *var.data.add(var.len) == b'=' {
            if !last.is_null() {
                *env.add(n) = var.data.cast();
                n += 1;
                continue;
            }

            // our own environment may outlive the cycle's pool

            let cln = ngx_pool_cleanup_add((*cycle).pool, 0);
            if cln.is_null() {
                return null_mut();
            }

            let len = ngx_strlen(var.data) + 1;

            let str: *mut c_char = ngx_alloc(len, (*cycle).log).cast();
            if str.is_null() {
                return null_mut();
            }

            ngx_memcpy(str, var.data, len);

            (*cln).handler = Some(ngx_cleanup_environment_variable);
            (*cln).data = str.cast();

            *env.add(n) = str;
            n += 1;

            continue;
        }

        let mut p = ngx_os_environ.get();

        while !(*p).is_null() {
            if ngx_strncmp((*p).cast(), var.data, var.len) == 0 && *(*p).cast::<u8>().add(var.len) == b'=' {
                *env.add(n) = *p;
                n += 1;
                break;
            }
            p = p.add(1);
        }
    }

    *env.add(n) = null_mut();

    if last.is_null() {
        (*ccf).environment = env;
        environ = env;
    }

    env
}

unsafe fn ngx_cleanup_environment(data: *mut c_void) {
    let env: *mut *mut c_char = data.cast();

    if environ == env {
        // in use until the process ends, so it leaks

        return;
    }

    ngx_free(env.cast());
}

unsafe fn ngx_cleanup_environment_variable(data: *mut c_void) {
    let var: *mut c_char = data.cast();

    let mut p = environ;

    while !(*p).is_null() {
        // as above

        if *p == var {
            return;
        }
        p = p.add(1);
    }

    ngx_free(var.cast());
}

/// Room for the new binary's process title, which overwrites its arguments and its environment: 300 bytes.
static ngx_spare: [u8; 301] = {
    let mut spare = [b'X'; 301];
    let mut i = 0;
    while i < "SPARE=".len() {
        spare[i] = b"SPARE="[i];
        i += 1;
    }
    spare[300] = 0;
    spare
};

/// SIGUSR2: starts the binary anew beside us. It gets the listening sockets by their numbers, and our pid file is
/// renamed to make room for its own.
pub unsafe fn ngx_exec_new_binary(cycle: *mut ngx_cycle_t, argv: *const *mut c_char) -> ngx_pid_t {
    let mut ctx: ngx_exec_ctx_t = core::mem::zeroed();

    ctx.path = *argv;
    ctx.name = c"new binary process".as_ptr();
    ctx.argv = argv;

    let mut n: ngx_uint_t = 5;
    let env = ngx_set_environment(cycle, &raw mut n);
    if env.is_null() {
        return NGX_INVALID_PID as ngx_pid_t;
    }

    let var: *mut u8 =
        ngx_alloc(NGINX_VAR.len() + 1 + (*cycle).listening.nelts * (NGX_INT32_LEN + 1) + 2, (*cycle).log).cast();
    if var.is_null() {
        ngx_free(env.cast());
        return NGX_INVALID_PID as ngx_pid_t;
    }

    let mut p = ngx_cpylit(var, b"NGINX=");

    for i in 0..(*cycle).listening.nelts {
        let ls = (*cycle).listening.elts.add(i);

        if (*ls).ignore {
            continue;
        }
        p = ngx_sprintf!(p, "%ud;", (*ls).fd);
    }

    *p = 0;

    *env.add(n) = var.cast();
    n += 1;

    ngx_systemd_environment(env, &raw mut n);

    let mut upgrade = [0u8; 32];

    *env.add(n) = ngx_upgrade_prepare(cycle, &mut upgrade);
    if !(*env.add(n)).is_null() {
        n += 1;
    }

    *env.add(n) = ngx_spare.as_ptr().cast_mut().cast();
    n += 1;

    *env.add(n) = null_mut();

    #[cfg(feature = "debug")]
    {
        let mut e = env;
        while !(*e).is_null() {
            ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*cycle).log, 0; "env: %s", *e);
            e = e.add(1);
        }
    }

    ctx.envp = env;

    let ccf: *mut ngx_core_conf_t = ngx_get_conf((*cycle).conf_ctx, &ngx_core_module);

    if ngx_rename_file((*ccf).pid.data, (*ccf).oldpid.data) == NGX_FILE_ERROR {
        ngx_log_error!(
            NGX_LOG_ALERT, (*cycle).log, ngx_errno();
            "rename() %s to %s failed before executing new binary process \"%s\"",
            (*ccf).pid.data, (*ccf).oldpid.data, *argv
        );

        ngx_upgrade_started(NGX_INVALID_PID as ngx_pid_t);

        ngx_free(env.cast());
        ngx_free(var.cast());

        return NGX_INVALID_PID as ngx_pid_t;
    }

    let pid = ngx_execute(cycle, &raw mut ctx);

    ngx_upgrade_started(pid);

    if pid == NGX_INVALID_PID as ngx_pid_t && ngx_rename_file((*ccf).oldpid.data, (*ccf).pid.data) == NGX_FILE_ERROR {
        ngx_log_error!(
            NGX_LOG_ALERT, (*cycle).log, ngx_errno();
            "rename() %s back to %s failed after an attempt to execute new binary process \"%s\"",
            (*ccf).oldpid.data, (*ccf).pid.data, *argv
        );
    }

    ngx_free(env.cast());
    ngx_free(var.cast());

    pid
}

unsafe fn ngx_get_options(argc: c_int, argv: *const *mut c_char) -> ngx_int_t {
    let mut i = 0;

    'next: loop {
        i += 1;

        if i >= argc as usize {
            break;
        }

        let mut p: *mut u8 = (*argv.add(i)).cast();

        if *p != b'-' {
            ngx_log_stderr!(0; "invalid option: \"%s\"", *argv.add(i));
            return NGX_ERROR;
        }

        p = p.add(1);

        while *p != 0 {
            let ch = *p;
            p = p.add(1);

            match ch {
                b'?' | b'h' => {
                    ngx_show_version.set(1);
                    ngx_show_help.set(1);
                }

                b'v' => ngx_show_version.set(1),

                b'V' => {
                    ngx_show_version.set(1);
                    ngx_show_configure.set(1);
                }

                b't' => ngx_test_config.set(1),

                b'T' => {
                    ngx_test_config.set(1);
                    ngx_dump_config.set(1);
                }

                b'q' => ngx_quiet_mode.set(1),

                // DEVIATION: nginx has no such option
                b'w' => ngx_reload_wait.set(1),

                b'p' => {
                    if *p != 0 {
                        ngx_prefix.set(p);
                        continue 'next;
                    }

                    i += 1;
                    if !(*argv.add(i)).is_null() {
                        ngx_prefix.set((*argv.add(i)).cast());
                        continue 'next;
                    }

                    ngx_log_stderr!(0; "option \"-p\" requires directory name");
                    return NGX_ERROR;
                }

                b'e' => {
                    if *p != 0 {
                        ngx_error_log.set(p);
                    } else {
                        i += 1;
                        if !(*argv.add(i)).is_null() {
                            ngx_error_log.set((*argv.add(i)).cast());
                        } else {
                            ngx_log_stderr!(0; "option \"-e\" requires file name");
                            return NGX_ERROR;
                        }
                    }

                    if ngx_strcmp(ngx_error_log.get(), c"stderr".as_ptr().cast()) == 0 {
                        ngx_error_log.set(c"".as_ptr().cast_mut().cast());
                    }

                    continue 'next;
                }

                b'c' => {
                    if *p != 0 {
                        ngx_conf_file.set(p);
                        continue 'next;
                    }

                    i += 1;
                    if !(*argv.add(i)).is_null() {
                        ngx_conf_file.set((*argv.add(i)).cast());
                        continue 'next;
                    }

                    ngx_log_stderr!(0; "option \"-c\" requires file name");
                    return NGX_ERROR;
                }

                b'g' => {
                    if *p != 0 {
                        ngx_conf_params.set(p);
                        continue 'next;
                    }

                    i += 1;
                    if !(*argv.add(i)).is_null() {
                        ngx_conf_params.set((*argv.add(i)).cast());
                        continue 'next;
                    }

                    ngx_log_stderr!(0; "option \"-g\" requires parameter");
                    return NGX_ERROR;
                }

                // DEVIATION: nginx does not have these two
                b'S' => {
                    if *p != 0 {
                        ngx_serve_dir.set(p.cast());
                        continue 'next;
                    }

                    i += 1;
                    if !(*argv.add(i)).is_null() {
                        ngx_serve_dir.set(*argv.add(i));
                        continue 'next;
                    }

                    ngx_log_stderr!(0; "option \"-S\" requires directory name");
                    return NGX_ERROR;
                }

                b'P' => {
                    if *p != 0 {
                        ngx_serve_listen.set(p.cast());
                        continue 'next;
                    }

                    i += 1;
                    if !(*argv.add(i)).is_null() {
                        ngx_serve_listen.set(*argv.add(i));
                        continue 'next;
                    }

                    ngx_log_stderr!(0; "option \"-P\" requires port");
                    return NGX_ERROR;
                }

                b's' => {
                    if *p != 0 {
                        ngx_signal.set(p.cast());
                    } else {
                        i += 1;
                        if !(*argv.add(i)).is_null() {
                            ngx_signal.set(*argv.add(i));
                        } else {
                            ngx_log_stderr!(0; "option \"-s\" requires parameter");
                            return NGX_ERROR;
                        }
                    }

                    if [c"stop", c"quit", c"reopen", c"reload"]
                        .iter()
                        .any(|sig| ngx_strcmp(ngx_signal.get().cast(), sig.as_ptr().cast()) == 0)
                    {
                        ngx_process.set(NGX_PROCESS_SIGNALLER);
                        continue 'next;
                    }

                    ngx_log_stderr!(0; "invalid option: \"-s %s\"", ngx_signal.get());
                    return NGX_ERROR;
                }

                _ => {
                    ngx_log_stderr!(0; "invalid option: \"%c\"", ch);
                    return NGX_ERROR;
                }
            }
        }
    }

    if ngx_reload_wait.get() != 0
        && (ngx_signal.get().is_null() || ngx_strcmp(ngx_signal.get().cast(), c"reload".as_ptr().cast()) != 0)
    {
        ngx_log_stderr!(0; "option \"-w\" requires \"-s reload\"");
        return NGX_ERROR;
    }

    if ngx_serve_dir.get().is_null() {
        if !ngx_serve_listen.get().is_null() {
            ngx_log_stderr!(0; "option \"-P\" requires \"-S\"");
            return NGX_ERROR;
        }
    } else if !ngx_conf_file.get().is_null() || !ngx_signal.get().is_null() {
        ngx_log_stderr!(
            0; "option \"-S\" cannot be used with \"%s\"", if ngx_signal.get().is_null() { "-c" } else { "-s" }
        );
        return NGX_ERROR;
    }

    NGX_OK
}

/// A copy of the arguments, for they are overwritten by the process title.
unsafe fn ngx_save_argv(cycle: *mut ngx_cycle_t, argc: c_int, argv: *mut *mut c_char) -> ngx_int_t {
    let n = argc as usize;

    ngx_os_argv.set(argv);
    ngx_argc.set(argc);

    ngx_argv.set(ngx_alloc((n + 1) * size_of::<*mut c_char>(), (*cycle).log).cast());
    if ngx_argv.get().is_null() {
        return NGX_ERROR;
    }

    for i in 0..n {
        let arg: *mut u8 = (*argv.add(i)).cast();
        let len = ngx_strlen(arg) + 1;

        let copy: *mut u8 = ngx_alloc(len, (*cycle).log).cast();
        *ngx_argv.get().add(i) = copy.cast();
        if copy.is_null() {
            return NGX_ERROR;
        }

        let _ = ngx_cpystrn(copy, arg, len);
    }

    *ngx_argv.get().add(n) = null_mut();

    ngx_os_environ.set(environ);

    NGX_OK
}

unsafe fn ngx_process_options(cycle: *mut ngx_cycle_t) -> ngx_int_t {
    if !ngx_prefix.get().is_null() {
        let mut len = ngx_strlen(ngx_prefix.get());
        let mut p = ngx_prefix.get();

        if len != 0 && !ngx_path_separator(*p.add(len - 1)) {
            p = ngx_pnalloc((*cycle).pool, len + 1);
            if p.is_null() {
                return NGX_ERROR;
            }

            ngx_memcpy(p, ngx_prefix.get(), len);
            *p.add(len) = b'/';
            len += 1;
        }

        (*cycle).conf_prefix.len = len;
        (*cycle).conf_prefix.data = p;
        (*cycle).prefix.len = len;
        (*cycle).prefix.data = p;
    } else {
        (*cycle).conf_prefix = NGX_CONF_PREFIX;
        (*cycle).prefix = NGX_PREFIX;
    }

    if !ngx_conf_file.get().is_null() {
        (*cycle).conf_file.len = ngx_strlen(ngx_conf_file.get());
        (*cycle).conf_file.data = ngx_conf_file.get();
    } else {
        (*cycle).conf_file = NGX_CONF_PATH;
    }

    if ngx_conf_full_name(cycle, &raw mut (*cycle).conf_file, 0) != NGX_OK {
        return NGX_ERROR;
    }

    // "include" is relative to the directory of the configuration file

    let conf_file = (*cycle).conf_file;

    for n in (1..conf_file.len).rev() {
        if ngx_path_separator(*conf_file.data.add(n)) {
            (*cycle).conf_prefix.len = n + 1;
            (*cycle).conf_prefix.data = conf_file.data;
            break;
        }
    }

    if !ngx_error_log.get().is_null() {
        (*cycle).error_log.len = ngx_strlen(ngx_error_log.get());
        (*cycle).error_log.data = ngx_error_log.get();
    } else {
        (*cycle).error_log = NGX_ERROR_LOG_PATH;
    }

    if !ngx_conf_params.get().is_null() {
        (*cycle).conf_param.len = ngx_strlen(ngx_conf_params.get());
        (*cycle).conf_param.data = ngx_conf_params.get();
    }

    if ngx_test_config.get() != 0 {
        (*(*cycle).log).log_level = NGX_LOG_INFO;
    }

    NGX_OK
}

unsafe fn ngx_core_module_create_conf(cycle: *mut ngx_cycle_t) -> *mut c_void {
    // what is zero: pid, oldpid, priority, cpu_affinity*

    let ccf: *mut ngx_core_conf_t = ngx_pcalloc((*cycle).pool);
    if ccf.is_null() {
        return null_mut();
    }

    (*ccf).daemon = NGX_CONF_UNSET;
    (*ccf).master = NGX_CONF_UNSET;
    (*ccf).timer_resolution = NGX_CONF_UNSET_MSEC;
    (*ccf).shutdown_timeout = NGX_CONF_UNSET_MSEC;

    (*ccf).worker_processes = NGX_CONF_UNSET;
    (*ccf).debug_points = NGX_CONF_UNSET;

    (*ccf).rlimit_nofile = NGX_CONF_UNSET;
    (*ccf).rlimit_core = NGX_CONF_UNSET as off_t;

    (*ccf).user = NGX_CONF_UNSET_UINT as ngx_uid_t;
    (*ccf).group = NGX_CONF_UNSET_UINT as ngx_gid_t;

    if ngx_array_init(&raw mut (*ccf).env, (*cycle).pool, 1) != NGX_OK {
        return null_mut();
    }

    ccf.cast()
}

unsafe fn ngx_core_module_init_conf(cycle: *mut ngx_cycle_t, conf: *mut c_void) -> ngx_conf_ret_t {
    let ccf: *mut ngx_core_conf_t = conf.cast();

    ngx_conf_init_value!((*ccf).daemon, 1);
    ngx_conf_init_value!((*ccf).master, 1);
    ngx_conf_init_msec_value!((*ccf).timer_resolution, 0);
    ngx_conf_init_msec_value!((*ccf).shutdown_timeout, 0);

    ngx_conf_init_value!((*ccf).worker_processes, 1);
    ngx_conf_init_value!((*ccf).debug_points, 0);

    if (*ccf).cpu_affinity_auto == 0
        && (*ccf).cpu_affinity_n != 0
        && (*ccf).cpu_affinity_n != 1
        && (*ccf).cpu_affinity_n != (*ccf).worker_processes as ngx_uint_t
    {
        ngx_log_error!(
            NGX_LOG_WARN, (*cycle).log, 0;
            "the number of \"worker_processes\" is not equal to the number of \"worker_cpu_affinity\" masks, \
             using last mask for remaining worker processes"
        );
    }

    if (*ccf).pid.len == 0 {
        (*ccf).pid = NGX_PID_PATH;
    }

    if ngx_conf_full_name(cycle, &raw mut (*ccf).pid, 0) != NGX_OK {
        return NGX_CONF_ERROR;
    }

    (*ccf).oldpid.len = (*ccf).pid.len + NGX_OLDPID_EXT.len() + 1;

    (*ccf).oldpid.data = ngx_pnalloc((*cycle).pool, (*ccf).oldpid.len);
    if (*ccf).oldpid.data.is_null() {
        return NGX_CONF_ERROR;
    }

    let p = ngx_cpymem((*ccf).oldpid.data, (*ccf).pid.data, (*ccf).pid.len);
    ngx_cpylit(p, b".oldbin\0");

    if (*ccf).user == NGX_CONF_UNSET_UINT as ngx_uid_t && libc::geteuid() == 0 {
        ngx_set_errno(0);
        let pwd = libc::getpwnam(NGX_USER.as_ptr());
        if pwd.is_null() {
            ngx_log_error!(NGX_LOG_EMERG, (*cycle).log, ngx_errno(); "getpwnam(\"%s\") failed", NGX_USER);
            return NGX_CONF_ERROR;
        }

        (*ccf).username = NGX_USER.as_ptr();
        (*ccf).user = (*pwd).pw_uid;

        ngx_set_errno(0);
        let mut grp = libc::getgrnam(NGX_GROUP.as_ptr());
        if grp.is_null() {
            grp = libc::getgrnam(NGX_GROUP_OTHER.as_ptr());
        }
        if grp.is_null() {
            ngx_log_error!(NGX_LOG_EMERG, (*cycle).log, ngx_errno(); "getgrnam(\"%s\") failed", NGX_GROUP);
            return NGX_CONF_ERROR;
        }

        (*ccf).group = (*grp).gr_gid;
    }

    if (*ccf).lock_file.len == 0 {
        (*ccf).lock_file = NGX_LOCK_PATH;
    }

    if ngx_conf_full_name(cycle, &raw mut (*ccf).lock_file, 0) != NGX_OK {
        return NGX_CONF_ERROR;
    }

    let mut lock_file = (*(*cycle).old_cycle).lock_file;

    if lock_file.len != 0 {
        lock_file.len -= 1;

        if (*ccf).lock_file.len != lock_file.len
            || ngx_strncmp((*ccf).lock_file.data, lock_file.data, lock_file.len) != 0
        {
            ngx_log_error!(NGX_LOG_EMERG, (*cycle).log, 0; "\"lock_file\" could not be changed, ignored");
        }

        (*cycle).lock_file.len = lock_file.len + 1;
        lock_file.len += ".accept\0".len();

        (*cycle).lock_file.data = ngx_pstrdup((*cycle).pool, &raw mut lock_file);
        if (*cycle).lock_file.data.is_null() {
            return NGX_CONF_ERROR;
        }
    } else {
        (*cycle).lock_file.len = (*ccf).lock_file.len + 1;
        (*cycle).lock_file.data = ngx_pnalloc((*cycle).pool, (*ccf).lock_file.len + ".accept\0".len());
        if (*cycle).lock_file.data.is_null() {
            return NGX_CONF_ERROR;
        }

        let p = ngx_cpymem((*cycle).lock_file.data, (*ccf).lock_file.data, (*ccf).lock_file.len);
        ngx_cpylit(p, b".accept\0");
    }

    NGX_CONF_OK
}

unsafe fn ngx_set_user(cf: *mut ngx_conf_t, _cmd: *const ngx_command_t, conf: *mut c_void) -> ngx_conf_ret_t {
    let ccf: *mut ngx_core_conf_t = conf.cast();

    if (*ccf).user != NGX_CONF_UNSET_UINT as ngx_uid_t {
        return NGX_CONF_MSG("is duplicate");
    }

    if libc::geteuid() != 0 {
        ngx_conf_log_error!(
            NGX_LOG_WARN, cf, 0;
            "the \"user\" directive makes sense only if the master process runs with super-user privileges, ignored"
        );
        return NGX_CONF_OK;
    }

    let value = (*(*cf).args).elts;

    (*ccf).username = (*value.add(1)).data.cast();

    ngx_set_errno(0);
    let pwd = libc::getpwnam((*value.add(1)).data.cast());
    if pwd.is_null() {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, ngx_errno(); "getpwnam(\"%s\") failed", (*value.add(1)).data);
        return NGX_CONF_ERROR;
    }

    (*ccf).user = (*pwd).pw_uid;

    let group = if (*(*cf).args).nelts == 2 { (*value.add(1)).data } else { (*value.add(2)).data };

    ngx_set_errno(0);
    let grp = libc::getgrnam(group.cast());
    if grp.is_null() {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, ngx_errno(); "getgrnam(\"%s\") failed", group);
        return NGX_CONF_ERROR;
    }

    (*ccf).group = (*grp).gr_gid;

    NGX_CONF_OK
}

unsafe fn ngx_set_env(cf: *mut ngx_conf_t, _cmd: *const ngx_command_t, conf: *mut c_void) -> ngx_conf_ret_t {
    let ccf: *mut ngx_core_conf_t = conf.cast();

    let var = ngx_array_push(&raw mut (*ccf).env);
    if var.is_null() {
        return NGX_CONF_ERROR;
    }

    let value = (*(*cf).args).elts;
    *var = *value.add(1);

    // "NAME=value": the length is the name's

    for i in 0..(*value.add(1)).len {
        if *(*value.add(1)).data.add(i) == b'=' {
            (*var).len = i;

            return NGX_CONF_OK;
        }
    }

    NGX_CONF_OK
}

unsafe fn ngx_set_priority(cf: *mut ngx_conf_t, _cmd: *const ngx_command_t, conf: *mut c_void) -> ngx_conf_ret_t {
    let ccf: *mut ngx_core_conf_t = conf.cast();

    if (*ccf).priority != 0 {
        return NGX_CONF_MSG("is duplicate");
    }

    let value = (*(*cf).args).elts;

    let (n, minus) = match *(*value.add(1)).data {
        b'-' => (1, true),
        b'+' => (1, false),
        _ => (0, false),
    };

    (*ccf).priority = ngx_atoi((*value.add(1)).data.add(n), (*value.add(1)).len - n) as c_int;
    if (*ccf).priority == NGX_ERROR as c_int {
        return NGX_CONF_MSG("invalid number");
    }

    if minus {
        (*ccf).priority = (*ccf).priority.wrapping_neg();
    }

    NGX_CONF_OK
}

unsafe fn ngx_set_cpu_affinity(cf: *mut ngx_conf_t, _cmd: *const ngx_command_t, conf: *mut c_void) -> ngx_conf_ret_t {
    let ccf: *mut ngx_core_conf_t = conf.cast();

    if !(*ccf).cpu_affinity.is_null() {
        return NGX_CONF_MSG("is duplicate");
    }

    let mask: *mut ngx_cpuset_t = ngx_palloc_n((*cf).pool, (*(*cf).args).nelts - 1);
    if mask.is_null() {
        return NGX_CONF_ERROR;
    }

    (*ccf).cpu_affinity_n = (*(*cf).args).nelts - 1;
    (*ccf).cpu_affinity = mask;

    let value = (*(*cf).args).elts;

    let mut n;

    if ngx_strcmp((*value.add(1)).data, c"auto".as_ptr().cast()) == 0 {
        if (*(*cf).args).nelts > 3 {
            ngx_conf_log_error!(
                NGX_LOG_EMERG, cf, 0;
                "invalid number of arguments in \"worker_cpu_affinity\" directive"
            );
            return NGX_CONF_ERROR;
        }

        (*ccf).cpu_affinity_auto = 1;

        // DEVIATION: the processors that we may run on, where nginx takes the first ngx_ncpu, allowed or not. See
        // ngx_cpu_quota(), which counts the same.

        ngx_memzero(mask, size_of::<ngx_cpuset_t>());

        if libc::sched_getaffinity(0, size_of::<ngx_cpuset_t>(), mask) == -1 {
            ngx_memzero(mask, size_of::<ngx_cpuset_t>());
            for i in 0..ngx_min(ngx_ncpu.get() as usize, libc::CPU_SETSIZE as usize) {
                libc::CPU_SET(i, &mut *mask);
            }
        }

        n = 2;
    } else {
        n = 1;
    }

    while n < (*(*cf).args).nelts {
        if (*value.add(n)).len > libc::CPU_SETSIZE as usize {
            ngx_conf_log_error!(
                NGX_LOG_EMERG, cf, 0;
                "\"worker_cpu_affinity\" supports up to %d CPUs only", libc::CPU_SETSIZE
            );
            return NGX_CONF_ERROR;
        }

        let mut i = 0;
        ngx_memzero(mask.add(n - 1), size_of::<ngx_cpuset_t>());

        for p in (0..(*value.add(n)).len).rev() {
            let ch = *(*value.add(n)).data.add(p);

            if ch == b' ' {
                continue;
            }

            i += 1;

            if ch == b'0' {
                continue;
            }

            if ch == b'1' {
                libc::CPU_SET(i - 1, &mut *mask.add(n - 1));
                continue;
            }

            ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid character \"%c\" in \"worker_cpu_affinity\"", ch);
            return NGX_CONF_ERROR;
        }

        n += 1;
    }

    NGX_CONF_OK
}

/// For the worker number `n`; NULL for no affinity.
pub unsafe fn ngx_get_cpu_affinity(n: ngx_uint_t) -> *mut ngx_cpuset_t {
    static result: ngx_global_t<ngx_cpuset_t> = ngx_global_t::zeroed();

    const CPU_SETSIZE: usize = libc::CPU_SETSIZE as usize;

    let ccf: *mut ngx_core_conf_t = ngx_get_conf((*ngx_cycle.get()).conf_ctx, &ngx_core_module);

    if (*ccf).cpu_affinity.is_null() {
        return null_mut();
    }

    if (*ccf).cpu_affinity_auto != 0 {
        let mask = (*ccf).cpu_affinity.add((*ccf).cpu_affinity_n - 1);

        // the n-th processor of the mask, and round again where there are more workers

        let mut i = 0;
        let mut j = n;

        loop {
            if libc::CPU_ISSET(i % CPU_SETSIZE, &*mask) {
                if j == 0 {
                    break;
                }
                j -= 1;
            }

            if i == CPU_SETSIZE && j == n {
                // an empty mask
                return null_mut();
            }

            i += 1;
        }

        ngx_memzero(result.ptr(), size_of::<ngx_cpuset_t>());
        libc::CPU_SET(i % CPU_SETSIZE, &mut *result.ptr());

        return result.ptr();
    }

    if (*ccf).cpu_affinity_n > n {
        return (*ccf).cpu_affinity.add(n);
    }

    (*ccf).cpu_affinity.add((*ccf).cpu_affinity_n - 1)
}

unsafe fn ngx_set_worker_processes(
    cf: *mut ngx_conf_t,
    _cmd: *const ngx_command_t,
    conf: *mut c_void,
) -> ngx_conf_ret_t {
    let ccf: *mut ngx_core_conf_t = conf.cast();

    if (*ccf).worker_processes != NGX_CONF_UNSET {
        return NGX_CONF_MSG("is duplicate");
    }

    let value = (*(*cf).args).elts;

    if ngx_strcmp((*value.add(1)).data, c"auto".as_ptr().cast()) == 0 {
        (*ccf).worker_processes = ngx_cpu_quota();
        return NGX_CONF_OK;
    }

    (*ccf).worker_processes = ngx_atoi((*value.add(1)).data, (*value.add(1)).len);

    if (*ccf).worker_processes == NGX_ERROR {
        return NGX_CONF_MSG("invalid value");
    }

    NGX_CONF_OK
}

/// DEVIATION: refused. A module built for nginx expects the layout of C's structs and the functions of its binary.
unsafe fn ngx_load_module(cf: *mut ngx_conf_t, _cmd: *const ngx_command_t, _conf: *mut c_void) -> ngx_conf_ret_t {
    ngx_conf_log_error!(
        NGX_LOG_EMERG, cf, 0;
        "\"load_module\" is not supported: this nginx has no ABI for modules, they are built in"
    );
    NGX_CONF_ERROR
}

/// DEVIATION: how many workers "auto" starts, where nginx counts the processors of the machine: those that we may run
/// on, and not more than the CPU quota of our cgroup lets be busy at a time. In a container the two differ.
unsafe fn ngx_cpu_quota() -> ngx_int_t {
    let mut ncpu = ngx_ncpu.get();

    let mut set: ngx_cpuset_t = core::mem::zeroed();

    if libc::sched_getaffinity(0, size_of::<ngx_cpuset_t>(), &raw mut set) == 0 {
        ncpu = ngx_min(ncpu, libc::CPU_COUNT(&set) as ngx_int_t);
    }

    let mut buf = [0u8; 4096];

    // "0::/path" for version 2, "4:cpu,cpuacct:/path" for version 1

    for line in ngx_cpu_quota_read(b"/proc/self/cgroup\0", &mut buf).split(|&ch| ch == LF) {
        let mut fields = line.splitn(3, |&ch| ch == b':');

        let (Some(_), Some(controllers), Some(mut path)) = (fields.next(), fields.next(), fields.next()) else {
            continue;
        };

        let v2 = controllers.is_empty();

        if !v2 && !controllers.split(|&ch| ch == b',').any(|name| name == b"cpu") {
            continue;
        }

        // our group, and all above it; those that a container does not see are not there to be read

        if let [rest @ .., b'/'] = path {
            path = rest;
        }

        loop {
            let quota = if v2 { ngx_cpu_quota_v2(path) } else { ngx_cpu_quota_v1(path) };

            if quota > 0 {
                ncpu = ngx_min(ncpu, quota);
            }

            match memchr::memrchr(b'/', path) {
                Some(n) => path = &path[..n],
                None => break,
            }
        }
    }

    ngx_max(ncpu, 1)
}

unsafe fn ngx_cpu_quota_v2(path: &[u8]) -> ngx_int_t {
    let mut name = [0u8; NGX_MAX_PATH];
    let mut buf = [0u8; 64];

    let _ = ngx_snprintf!(name.as_mut_ptr(), NGX_MAX_PATH, "/sys/fs/cgroup%s/cpu.max%Z", path);

    let mut words = ngx_cpu_quota_read(&name, &mut buf).split(|ch| ch.is_ascii_whitespace());

    ngx_cpu_quota_parse(words.next().unwrap_or_default(), words.next().unwrap_or_default())
}

unsafe fn ngx_cpu_quota_v1(path: &[u8]) -> ngx_int_t {
    let mut name = [0u8; NGX_MAX_PATH];
    let mut quota = [0u8; 64];
    let mut period = [0u8; 64];

    let _ = ngx_snprintf!(name.as_mut_ptr(), NGX_MAX_PATH, "/sys/fs/cgroup/cpu%s/cpu.cfs_quota_us%Z", path);
    let quota = ngx_cpu_quota_read(&name, &mut quota);

    let _ = ngx_snprintf!(name.as_mut_ptr(), NGX_MAX_PATH, "/sys/fs/cgroup/cpu%s/cpu.cfs_period_us%Z", path);
    let period = ngx_cpu_quota_read(&name, &mut period);

    ngx_cpu_quota_parse(quota.trim_ascii(), period.trim_ascii())
}

/// What one read() gives; nothing, if `name` was cut or cannot be read.
unsafe fn ngx_cpu_quota_read<'a>(name: &[u8], buf: &'a mut [u8]) -> &'a [u8] {
    if name.last() != Some(&0) {
        return &[];
    }

    let fd = ngx_open_file(name.as_ptr(), NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if fd == NGX_INVALID_FILE {
        return &[];
    }

    let n = ngx_read_fd(fd, buf.as_mut_ptr().cast(), buf.len());

    ngx_close_file(fd);

    if n > 0 { &buf[..n as usize] } else { &[] }
}

/// Processors, rounded up; 0 where there is no limit ("max", "-1") or nothing that could be read.
unsafe fn ngx_cpu_quota_parse(quota: &[u8], period: &[u8]) -> ngx_int_t {
    let quota = ngx_atoi(quota.as_ptr().cast_mut(), quota.len());
    let period = ngx_atoi(period.as_ptr().cast_mut(), period.len());

    if quota <= 0 || period <= 0 {
        return 0;
    }

    (quota - 1) / period + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_quota() {
        for (quota, period, n) in [
            ("max", "100000", 0),
            ("-1", "100000", 0),
            ("", "", 0),
            ("100000", "0", 0),
            ("1", "100000", 1),
            ("50000", "100000", 1),
            ("100000", "100000", 1),
            ("150000", "100000", 2),
            ("400000", "100000", 4),
        ] {
            assert_eq!(unsafe { ngx_cpu_quota_parse(quota.as_bytes(), period.as_bytes()) }, n);
        }
    }
}
