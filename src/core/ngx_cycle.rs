//! Port of src/core/ngx_cycle.c and .h
//! ngx_test_lockfile() does nothing where atomic operations exist, and is absent. Ours: ngx_open_temp_pidfile(),
//! ngx_keep_surplus_listening().

use crate::core::{
    nginx::*, ngx_array::*, ngx_conf_file::*, ngx_config::*, ngx_connection::*, ngx_core::*, ngx_file::*, ngx_inet::*,
    ngx_list::*, ngx_log::*, ngx_module::*, ngx_palloc::*, ngx_queue::*, ngx_rbtree::*, ngx_shmtx::*, ngx_slab::*,
    ngx_string::*, ngx_times::*,
};
use crate::event::ngx_event::*;
use crate::os::unix::{
    ngx_errno::*, ngx_files::*, ngx_process::*, ngx_process_cycle::*, ngx_reload::*, ngx_setaffinity::*, ngx_shmem::*,
    ngx_socket::*, ngx_systemd::*, ngx_time::*, ngx_user::*,
};

pub const NGX_CYCLE_POOL_SIZE: usize = NGX_DEFAULT_POOL_SIZE;

pub const NGX_DEBUG_POINTS_STOP: ngx_uint_t = 1;
pub const NGX_DEBUG_POINTS_ABORT: ngx_uint_t = 2;

/// `data` is the old cycle's zone data where a zone of that name and tag existed, else NULL.
pub type ngx_shm_zone_init_pt = Option<unsafe fn(zone: *mut ngx_shm_zone_t, data: *mut c_void) -> ngx_int_t>;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_shm_zone_t {
    pub data: *mut c_void,
    pub shm: ngx_shm_t,
    pub init: ngx_shm_zone_init_pt,
    /// The module's address: two modules do not share a zone by its name.
    pub tag: *const c_void,
    pub sync: *mut c_void,
    pub noreuse: ngx_uint_t,
}

const _: () = assert!(size_of::<ngx_shm_zone_t>() == 11 * size_of::<usize>()); // C: 88

/// One configuration with all that it opened. A reload makes a new cycle from the old one.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_cycle_t {
    /// By ngx_module_t.index; NULL tells the first cycle, which main() makes.
    pub conf_ctx: *mut *mut c_void,
    pub pool: *mut ngx_pool_t,

    pub log: *mut ngx_log_t,
    pub new_log: ngx_log_t,

    pub log_use_stderr: ngx_uint_t,

    pub files: *mut *mut ngx_connection_t,
    pub free_connections: *mut ngx_connection_t,
    pub free_connection_n: ngx_uint_t,

    pub modules: *mut *const ngx_module_t,
    pub modules_n: ngx_uint_t,
    pub modules_used: ngx_uint_t,

    pub reusable_connections_queue: ngx_queue_t,
    pub reusable_connections_n: ngx_uint_t,
    pub connections_reuse_time: time_t,

    pub listening: ngx_array_t<ngx_listening_t>,
    pub paths: ngx_array_t<*mut ngx_path_t>,

    pub config_dump: ngx_array_t<ngx_conf_dump_t>,
    pub config_dump_rbtree: ngx_rbtree_t,
    pub config_dump_sentinel: ngx_rbtree_node_t,

    pub open_files: ngx_list_t<ngx_open_file_t>,
    pub shared_memory: ngx_list_t<ngx_shm_zone_t>,

    pub connection_n: ngx_uint_t,
    pub files_n: ngx_uint_t,

    pub connections: *mut ngx_connection_t,
    pub read_events: *mut ngx_event_t,
    pub write_events: *mut ngx_event_t,

    pub old_cycle: *mut ngx_cycle_t,

    pub conf_file: ngx_str_t,
    pub conf_param: ngx_str_t,
    pub conf_prefix: ngx_str_t,
    pub prefix: ngx_str_t,
    pub error_log: ngx_str_t,
    pub lock_file: ngx_str_t,
    pub hostname: ngx_str_t,
}

#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<ngx_cycle_t>() == 656); // C: 648

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_core_conf_t {
    pub daemon: ngx_flag_t,
    pub master: ngx_flag_t,

    pub timer_resolution: ngx_msec_t,
    pub shutdown_timeout: ngx_msec_t,

    pub worker_processes: ngx_int_t,
    pub debug_points: ngx_int_t,

    pub rlimit_nofile: ngx_int_t,
    pub rlimit_core: off_t,

    pub priority: c_int,

    pub cpu_affinity_auto: ngx_uint_t,
    pub cpu_affinity_n: ngx_uint_t,
    pub cpu_affinity: *mut ngx_cpuset_t,

    pub username: *const c_char,
    pub user: ngx_uid_t,
    pub group: ngx_gid_t,

    pub working_directory: ngx_str_t,
    pub lock_file: ngx_str_t,

    pub pid: ngx_str_t,
    pub oldpid: ngx_str_t,

    pub env: ngx_array_t<ngx_str_t>,
    pub environment: *mut *mut c_char,

    pub transparent: ngx_uint_t,
}

#[inline(always)]
pub unsafe fn ngx_is_init_cycle(cycle: *mut ngx_cycle_t) -> bool {
    (*cycle).conf_ctx.is_null()
}

pub static ngx_cycle: ngx_global_t<*mut ngx_cycle_t> = ngx_global_t::zeroed();
pub static ngx_old_cycles: ngx_global_t<ngx_array_t<*mut ngx_cycle_t>> = ngx_global_t::zeroed();

static ngx_temp_pool: ngx_global_t<*mut ngx_pool_t> = ngx_global_t::zeroed();
static ngx_cleaner_event: ngx_global_t<ngx_event_t> = ngx_global_t::zeroed();
static ngx_shutdown_event: ngx_global_t<ngx_event_t> = ngx_global_t::zeroed();

pub static ngx_test_config: ngx_global_t<ngx_uint_t> = ngx_global_t::zeroed();
pub static ngx_dump_config: ngx_global_t<ngx_uint_t> = ngx_global_t::zeroed();
pub static ngx_quiet_mode: ngx_global_t<ngx_uint_t> = ngx_global_t::zeroed();

/// The timer code reads a descriptor for its log lines.
static dumb: ngx_global_t<ngx_connection_t> = ngx_global_t::zeroed();

/// Makes a cycle out of the configuration file, taking over from `old_cycle` what stays the same: listening
/// sockets and shared memory zones. NULL when anything is wrong; then the old cycle is as it was, and goes on.
///
/// The steps, in an order that allows the way back up to the commit:
/// 1. an empty cycle, the modules' configurations, the file parsed into them;
/// 2. pid file, directories, log files opened, zones attached or made, sockets taken over or opened;
/// 3. the commit: modules are told;
/// 4. what only the old cycle used is closed, and the old cycle freed, at once or when its last connection ends.
pub unsafe fn ngx_init_cycle(old_cycle: *mut ngx_cycle_t) -> *mut ngx_cycle_t {
    ngx_timezone_update();

    // the cached second is forgotten, so that the strings are made again in the new time zone

    let tp = ngx_timeofday();
    (*tp).sec = 0;

    ngx_time_update();

    let log = (*old_cycle).log;

    let pool = ngx_create_pool(NGX_CYCLE_POOL_SIZE, log);
    if pool.is_null() {
        return null_mut();
    }
    (*pool).log = log;

    let cycle: *mut ngx_cycle_t = ngx_pcalloc(pool);
    if cycle.is_null() {
        ngx_destroy_pool(pool);
        return null_mut();
    }

    (*cycle).pool = pool;
    (*cycle).log = log;
    (*cycle).old_cycle = old_cycle;

    (*cycle).conf_prefix.len = (*old_cycle).conf_prefix.len;
    (*cycle).conf_prefix.data = ngx_pstrdup(pool, &raw mut (*old_cycle).conf_prefix);
    if (*cycle).conf_prefix.data.is_null() {
        ngx_destroy_pool(pool);
        return null_mut();
    }

    (*cycle).prefix.len = (*old_cycle).prefix.len;
    (*cycle).prefix.data = ngx_pstrdup(pool, &raw mut (*old_cycle).prefix);
    if (*cycle).prefix.data.is_null() {
        ngx_destroy_pool(pool);
        return null_mut();
    }

    (*cycle).error_log.len = (*old_cycle).error_log.len;
    (*cycle).error_log.data = ngx_pnalloc(pool, (*old_cycle).error_log.len + 1);
    if (*cycle).error_log.data.is_null() {
        ngx_destroy_pool(pool);
        return null_mut();
    }
    ngx_cpystrn((*cycle).error_log.data, (*old_cycle).error_log.data, (*old_cycle).error_log.len + 1);

    (*cycle).conf_file.len = (*old_cycle).conf_file.len;
    (*cycle).conf_file.data = ngx_pnalloc(pool, (*old_cycle).conf_file.len + 1);
    if (*cycle).conf_file.data.is_null() {
        ngx_destroy_pool(pool);
        return null_mut();
    }
    ngx_cpystrn((*cycle).conf_file.data, (*old_cycle).conf_file.data, (*old_cycle).conf_file.len + 1);

    if (*old_cycle).conf_param.len != 0 {
        (*cycle).conf_param.len = (*old_cycle).conf_param.len;
        (*cycle).conf_param.data = ngx_pstrdup(pool, &raw mut (*old_cycle).conf_param);
        if (*cycle).conf_param.data.is_null() {
            ngx_destroy_pool(pool);
            return null_mut();
        }
    }

    // arrays and lists as long as the old cycle's were in the end

    let mut n = if (*old_cycle).paths.nelts != 0 { (*old_cycle).paths.nelts } else { 10 };

    if ngx_array_init(&raw mut (*cycle).paths, pool, n) != NGX_OK {
        ngx_destroy_pool(pool);
        return null_mut();
    }

    ngx_memzero((*cycle).paths.elts, n * size_of::<*mut ngx_path_t>());

    if ngx_array_init(&raw mut (*cycle).config_dump, pool, 1) != NGX_OK {
        ngx_destroy_pool(pool);
        return null_mut();
    }

    ngx_rbtree_init(
        &raw mut (*cycle).config_dump_rbtree,
        &raw mut (*cycle).config_dump_sentinel,
        Some(ngx_str_rbtree_insert_value),
    );

    if (*old_cycle).open_files.part.nelts != 0 {
        n = (*old_cycle).open_files.part.nelts;
        let mut part = (*old_cycle).open_files.part.next;
        while !part.is_null() {
            n += (*part).nelts;
            part = (*part).next;
        }
    } else {
        n = 20;
    }

    if ngx_list_init(&raw mut (*cycle).open_files, pool, n) != NGX_OK {
        ngx_destroy_pool(pool);
        return null_mut();
    }

    if (*old_cycle).shared_memory.part.nelts != 0 {
        n = (*old_cycle).shared_memory.part.nelts;
        let mut part = (*old_cycle).shared_memory.part.next;
        while !part.is_null() {
            n += (*part).nelts;
            part = (*part).next;
        }
    } else {
        n = 1;
    }

    if ngx_list_init(&raw mut (*cycle).shared_memory, pool, n) != NGX_OK {
        ngx_destroy_pool(pool);
        return null_mut();
    }

    n = if (*old_cycle).listening.nelts != 0 { (*old_cycle).listening.nelts } else { 10 };

    if ngx_array_init(&raw mut (*cycle).listening, pool, n) != NGX_OK {
        ngx_destroy_pool(pool);
        return null_mut();
    }

    ngx_memzero((*cycle).listening.elts, n * size_of::<ngx_listening_t>());

    ngx_queue_init(&raw mut (*cycle).reusable_connections_queue);

    (*cycle).conf_ctx = ngx_pcalloc_n(pool, ngx_max_module.get());
    if (*cycle).conf_ctx.is_null() {
        ngx_destroy_pool(pool);
        return null_mut();
    }

    let mut hostname = [0u8; NGX_MAXHOSTNAMELEN];

    if libc::gethostname(hostname.as_mut_ptr().cast(), NGX_MAXHOSTNAMELEN) == -1 {
        ngx_log_error!(NGX_LOG_EMERG, log, ngx_errno(); "gethostname() failed");
        ngx_destroy_pool(pool);
        return null_mut();
    }

    // a name that is too long is cut without an error, and without a NUL

    hostname[NGX_MAXHOSTNAMELEN - 1] = 0;
    (*cycle).hostname.len = ngx_strlen(hostname.as_ptr());

    (*cycle).hostname.data = ngx_pnalloc(pool, (*cycle).hostname.len);
    if (*cycle).hostname.data.is_null() {
        ngx_destroy_pool(pool);
        return null_mut();
    }

    ngx_strlow((*cycle).hostname.data, hostname.as_mut_ptr(), (*cycle).hostname.len);

    if ngx_cycle_modules(cycle) != NGX_OK {
        ngx_destroy_pool(pool);
        return null_mut();
    }

    let mut i = 0;

    while !(*(*cycle).modules.add(i)).is_null() {
        let m = &**(*cycle).modules.add(i);
        i += 1;

        if m.type_ != NGX_CORE_MODULE {
            continue;
        }

        let module: *const ngx_core_module_t = m.ctx.cast();

        if let Some(create_conf) = (*module).create_conf {
            let rv = create_conf(cycle);
            if rv.is_null() {
                ngx_destroy_pool(pool);
                return null_mut();
            }
            *(*cycle).conf_ctx.add(m.index.get()) = rv;
        }
    }

    let senv = environ;

    let mut conf: ngx_conf_t = core::mem::zeroed();

    conf.args = ngx_array_create(pool, 10);
    if conf.args.is_null() {
        ngx_destroy_pool(pool);
        return null_mut();
    }

    conf.temp_pool = ngx_create_pool(NGX_CYCLE_POOL_SIZE, log);
    if conf.temp_pool.is_null() {
        ngx_destroy_pool(pool);
        return null_mut();
    }

    conf.ctx = (*cycle).conf_ctx.cast();
    conf.cycle = cycle;
    conf.pool = pool;
    conf.log = log;
    conf.module_type = NGX_CORE_MODULE;
    conf.cmd_type = NGX_MAIN_CONF;

    if ngx_conf_param(&raw mut conf) != NGX_CONF_OK {
        environ = senv;
        ngx_destroy_cycle_pools(&raw mut conf);
        return null_mut();
    }

    ngx_pool_huge.set(!cfg!(feature = "debug_palloc"));

    let rv = ngx_conf_parse(&raw mut conf, &raw mut (*cycle).conf_file);

    ngx_pool_huge.set(false);

    if rv != NGX_CONF_OK {
        environ = senv;
        ngx_destroy_cycle_pools(&raw mut conf);
        return null_mut();
    }

    if ngx_test_config.get() != 0 && ngx_quiet_mode.get() == 0 {
        ngx_log_stderr!(0; "the configuration file %s syntax is ok", (*cycle).conf_file.data);
    }

    i = 0;

    while !(*(*cycle).modules.add(i)).is_null() {
        let m = &**(*cycle).modules.add(i);
        i += 1;

        if m.type_ != NGX_CORE_MODULE {
            continue;
        }

        let module: *const ngx_core_module_t = m.ctx.cast();

        if let Some(init_conf) = (*module).init_conf
            && init_conf(cycle, *(*cycle).conf_ctx.add(m.index.get())) == NGX_CONF_ERROR
        {
            environ = senv;
            ngx_destroy_cycle_pools(&raw mut conf);
            return null_mut();
        }
    }

    if ngx_process.get() == NGX_PROCESS_SIGNALLER {
        // "nginx -s": the pid file's name is all that it wants
        return cycle;
    }

    'failed: {
        let ccf: *mut ngx_core_conf_t = ngx_get_conf((*cycle).conf_ctx, &ngx_core_module);

        if ngx_test_config.get() != 0 && ngx_create_pidfile(&raw mut (*ccf).pid, log) != NGX_OK {
            break 'failed;
        }

        if ngx_create_paths(cycle, (*ccf).user) != NGX_OK {
            break 'failed;
        }

        if ngx_log_open_default(cycle) != NGX_OK {
            break 'failed;
        }

        // open the new cycle's files: the old one writes to descriptors of its own, even to the same file

        let mut part = &raw mut (*cycle).open_files.part;
        i = 0;

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

            if (*file).name.len == 0 {
                continue;
            }

            (*file).fd = ngx_log_open_file((*file).name.data, (*ccf).user);

            ngx_log_debug!(NGX_LOG_DEBUG_CORE, log, 0; "log: %p %d \"%s\"", file, (*file).fd, (*file).name.data);

            if (*file).fd == NGX_INVALID_FILE {
                ngx_log_error!(NGX_LOG_EMERG, log, ngx_errno(); "open() \"%s\" failed", (*file).name.data);
                break 'failed;
            }

            if libc::fcntl((*file).fd, libc::F_SETFD, libc::FD_CLOEXEC) == -1 {
                ngx_log_error!(NGX_LOG_EMERG, log, ngx_errno(); "fcntl(FD_CLOEXEC) \"%s\" failed", (*file).name.data);
                break 'failed;
            }
        }

        // from here on `cycle.log` is the new configuration's; `log`, the old one, reports what fails

        (*cycle).log = &raw mut (*cycle).new_log;
        (*pool).log = &raw mut (*cycle).new_log;

        // shared memory: a zone is kept if its name, tag and size are the same and its module allows it. One with
        // `noreuse` is made anew, and is shown the old zone's data to copy from.

        let mut part = &raw mut (*cycle).shared_memory.part;
        i = 0;

        'shm_zone_found: loop {
            if i >= (*part).nelts {
                if (*part).next.is_null() {
                    break;
                }
                part = (*part).next;
                i = 0;
            }

            let shm_zone = (*part).elts.add(i);
            i += 1;

            if (*shm_zone).shm.size == 0 {
                ngx_log_error!(NGX_LOG_EMERG, log, 0; "zero size shared memory zone \"%V\"", (*shm_zone).shm.name);
                break 'failed;
            }

            (*shm_zone).shm.log = (*cycle).log;

            let mut opart = &raw mut (*old_cycle).shared_memory.part;

            let mut data: *mut c_void = null_mut();

            n = 0;

            loop {
                if n >= (*opart).nelts {
                    if (*opart).next.is_null() {
                        break;
                    }
                    opart = (*opart).next;
                    n = 0;
                }

                let oshm_zone = (*opart).elts.add(n);
                n += 1;

                if (*shm_zone).shm.name.len != (*oshm_zone).shm.name.len {
                    continue;
                }

                if ngx_strncmp((*shm_zone).shm.name.data, (*oshm_zone).shm.name.data, (*shm_zone).shm.name.len) != 0 {
                    continue;
                }

                if (*shm_zone).tag == (*oshm_zone).tag && (*shm_zone).noreuse != 0 {
                    data = (*oshm_zone).data;
                    break;
                }

                if (*shm_zone).tag == (*oshm_zone).tag && (*shm_zone).shm.size == (*oshm_zone).shm.size {
                    (*shm_zone).shm.addr = (*oshm_zone).shm.addr;

                    if (*shm_zone).init.unwrap()(shm_zone, (*oshm_zone).data) != NGX_OK {
                        break 'failed;
                    }

                    continue 'shm_zone_found;
                }

                break;
            }

            if ngx_shm_alloc(&raw mut (*shm_zone).shm) != NGX_OK {
                break 'failed;
            }

            if ngx_init_zone_pool(cycle, shm_zone) != NGX_OK {
                break 'failed;
            }

            if (*shm_zone).init.unwrap()(shm_zone, data) != NGX_OK {
                break 'failed;
            }
        }

        // listening sockets: one with the same type and address is taken over, so no connection in its queue is
        // lost. What differs otherwise is noted, for ngx_configure_listening_sockets() to set on the socket. The
        // first cycle's "old" sockets are those that came through the environment from another binary.

        if (*old_cycle).listening.nelts != 0 {
            let ls = (*old_cycle).listening.elts;
            for i in 0..(*old_cycle).listening.nelts {
                (*ls.add(i)).remain = false;
            }

            for n in 0..(*cycle).listening.nelts {
                let nls = (*cycle).listening.elts.add(n);

                for i in 0..(*old_cycle).listening.nelts {
                    let ls = ls.add(i);

                    if (*ls).ignore {
                        continue;
                    }

                    if (*ls).remain {
                        continue;
                    }

                    if (*ls).type_ != (*nls).type_ {
                        continue;
                    }

                    if ngx_cmp_sockaddr((*nls).sockaddr, (*nls).socklen, (*ls).sockaddr, (*ls).socklen, 1) == NGX_OK {
                        (*nls).fd = (*ls).fd;
                        (*nls).previous = ls;

                        if (*ls).protocol != (*nls).protocol {
                            (*nls).change_protocol = true;
                        } else {
                            (*nls).inherited = (*ls).inherited;
                            (*ls).remain = true;
                        }

                        if (*ls).backlog != (*nls).backlog {
                            (*nls).listen = true;
                        }

                        if (*ls).deferred_accept && !(*nls).deferred_accept {
                            (*nls).delete_deferred = true;
                        } else if (*ls).deferred_accept != (*nls).deferred_accept {
                            (*nls).add_deferred = true;
                        }

                        if (*nls).reuseport && !(*ls).reuseport {
                            (*nls).add_reuseport = true;
                        }

                        break;
                    }
                }

                if (*nls).fd == -1 && (*nls).deferred_accept {
                    (*nls).add_deferred = true;
                }
            }

            if ngx_keep_surplus_listening(cycle, old_cycle) != NGX_OK {
                break 'failed;
            }
        } else {
            let ls = (*cycle).listening.elts;
            for i in 0..(*cycle).listening.nelts {
                if (*ls.add(i)).deferred_accept {
                    (*ls.add(i)).add_deferred = true;
                }
            }
        }

        if ngx_open_listening_sockets(cycle) != NGX_OK {
            break 'failed;
        }

        // DEVIATION: the last that may fail, where nginx does it before it opens logs and sockets: a reload that then fails
        // leaves the master with a new file that it does not know of, and without the old one

        if ngx_test_config.get() == 0 && !ngx_is_init_cycle(old_cycle) {
            // not in the first cycle: the process has yet to fork, so main() writes its file

            let old_ccf: *mut ngx_core_conf_t = ngx_get_conf((*old_cycle).conf_ctx, &ngx_core_module);

            if (*ccf).pid.len != (*old_ccf).pid.len || ngx_strcmp((*ccf).pid.data, (*old_ccf).pid.data) != 0 {
                // the file got another name

                if ngx_create_pidfile(&raw mut (*ccf).pid, log) != NGX_OK {
                    break 'failed;
                }

                ngx_delete_pidfile(old_cycle);
            }
        }

        if ngx_test_config.get() == 0 {
            ngx_configure_listening_sockets(cycle);
        }

        // the commit: there is no way back

        if ngx_use_stderr.get() == 0 {
            let _ = ngx_log_redirect_stderr(cycle);
        }

        (*pool).log = (*cycle).log;

        if ngx_init_modules(cycle) != NGX_OK {
            libc::exit(1);
        }

        // close what only the old cycle used

        // zones that no zone of the new cycle took over

        let mut opart = &raw mut (*old_cycle).shared_memory.part;
        i = 0;

        'live_shm_zone: loop {
            if i >= (*opart).nelts {
                if (*opart).next.is_null() {
                    break;
                }
                opart = (*opart).next;
                i = 0;
            }

            let oshm_zone = (*opart).elts.add(i);
            i += 1;

            let mut part = &raw mut (*cycle).shared_memory.part;
            n = 0;

            loop {
                if n >= (*part).nelts {
                    if (*part).next.is_null() {
                        break;
                    }
                    part = (*part).next;
                    n = 0;
                }

                let shm_zone = (*part).elts.add(n);
                n += 1;

                if (*oshm_zone).shm.name.len != (*shm_zone).shm.name.len {
                    continue;
                }

                if ngx_strncmp((*oshm_zone).shm.name.data, (*shm_zone).shm.name.data, (*oshm_zone).shm.name.len) != 0 {
                    continue;
                }

                if (*oshm_zone).tag == (*shm_zone).tag
                    && (*oshm_zone).shm.size == (*shm_zone).shm.size
                    && (*oshm_zone).noreuse == 0
                {
                    continue 'live_shm_zone;
                }

                break;
            }

            ngx_shm_free(&raw mut (*oshm_zone).shm);
        }

        // listening sockets

        for i in 0..(*old_cycle).listening.nelts {
            let ls = (*old_cycle).listening.elts.add(i);

            if (*ls).remain || (*ls).fd == -1 {
                continue;
            }

            if ngx_close_socket((*ls).fd) == -1 {
                ngx_log_error!(
                    NGX_LOG_EMERG, log, ngx_socket_errno();
                    "close() socket listening socket on %V failed", (*ls).addr_text
                );
            }

            // DEVIATION: nginx also removes one that the old binary or systemd still has

            if (*(*ls).sockaddr).sa_family as c_int == libc::AF_UNIX
                && !ngx_systemd_owns((*ls).fd)
                && (ngx_inherited.get() == 0 || !(*ls).inherited || libc::getppid() != ngx_parent.get())
            {
                let name = (*ls).addr_text.data.add("unix:".len());

                ngx_log_error!(NGX_LOG_WARN, (*cycle).log, 0; "deleting socket %s", name);

                if ngx_delete_file(name) == NGX_FILE_ERROR {
                    ngx_log_error!(NGX_LOG_EMERG, (*cycle).log, ngx_socket_errno(); "unlink() %s failed", name);
                }
            }
        }

        // files: the old workers have descriptors of their own

        let mut part = &raw mut (*old_cycle).open_files.part;
        i = 0;

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

            if (*file).fd == NGX_INVALID_FILE || (*file).fd == ngx_stderr {
                continue;
            }

            if ngx_close_file((*file).fd) == NGX_FILE_ERROR {
                ngx_log_error!(NGX_LOG_EMERG, log, ngx_errno(); "close() \"%s\" failed", (*file).name.data);
            }
        }

        ngx_destroy_pool(conf.temp_pool);

        if ngx_process.get() == NGX_PROCESS_MASTER || ngx_is_init_cycle(old_cycle) {
            // a master serves nobody, so nothing refers to the old cycle any more

            ngx_destroy_pool((*old_cycle).pool);
            (*cycle).old_cycle = null_mut();

            return cycle;
        }

        // a single process may have connections of the old cycle: a timer looks for the end of the last one

        if ngx_temp_pool.get().is_null() {
            ngx_temp_pool.set(ngx_create_pool(128, (*cycle).log));
            if ngx_temp_pool.get().is_null() {
                ngx_log_error!(NGX_LOG_EMERG, (*cycle).log, 0; "could not create ngx_temp_pool");
                libc::exit(1);
            }

            n = 10;

            if ngx_array_init(ngx_old_cycles.ptr(), ngx_temp_pool.get(), n) != NGX_OK {
                libc::exit(1);
            }

            ngx_memzero((*ngx_old_cycles.ptr()).elts, n * size_of::<*mut ngx_cycle_t>());

            (*ngx_cleaner_event.ptr()).handler = Some(ngx_clean_old_cycles);
            (*ngx_cleaner_event.ptr()).log = (*cycle).log;
            (*ngx_cleaner_event.ptr()).data = dumb.ptr().cast();
            (*dumb.ptr()).fd = -1;
        }

        (*ngx_temp_pool.get()).log = (*cycle).log;

        let old = ngx_array_push(ngx_old_cycles.ptr());
        if old.is_null() {
            libc::exit(1);
        }
        *old = old_cycle;

        if !(*ngx_cleaner_event.ptr()).timer_set {
            ngx_add_timer(ngx_cleaner_event.ptr(), 30000);
            (*ngx_cleaner_event.ptr()).timer_set = true;
        }

        return cycle;
    }

    // failed: the way back

    if !ngx_is_init_cycle(old_cycle) {
        let old_ccf: *mut ngx_core_conf_t = ngx_get_conf((*old_cycle).conf_ctx, &ngx_core_module);

        if !(*old_ccf).environment.is_null() {
            environ = (*old_ccf).environment;
        }
    }

    // the files that were opened

    let mut part = &raw mut (*cycle).open_files.part;
    i = 0;

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

        if (*file).fd == NGX_INVALID_FILE || (*file).fd == ngx_stderr {
            continue;
        }

        if ngx_close_file((*file).fd) == NGX_FILE_ERROR {
            ngx_log_error!(NGX_LOG_EMERG, log, ngx_errno(); "close() \"%s\" failed", (*file).name.data);
        }
    }

    // the zones that were made, but not those of the old cycle

    let mut part = &raw mut (*cycle).shared_memory.part;
    i = 0;

    'old_shm_zone_found: loop {
        if i >= (*part).nelts {
            if (*part).next.is_null() {
                break;
            }
            part = (*part).next;
            i = 0;
        }

        let shm_zone = (*part).elts.add(i);
        i += 1;

        if (*shm_zone).shm.addr.is_null() {
            continue;
        }

        let mut opart = &raw mut (*old_cycle).shared_memory.part;
        n = 0;

        loop {
            if n >= (*opart).nelts {
                if (*opart).next.is_null() {
                    break;
                }
                opart = (*opart).next;
                n = 0;
            }

            let oshm_zone = (*opart).elts.add(n);
            n += 1;

            if (*shm_zone).shm.name.len != (*oshm_zone).shm.name.len {
                continue;
            }

            if ngx_strncmp((*shm_zone).shm.name.data, (*oshm_zone).shm.name.data, (*shm_zone).shm.name.len) != 0 {
                continue;
            }

            if (*shm_zone).tag == (*oshm_zone).tag
                && (*shm_zone).shm.size == (*oshm_zone).shm.size
                && (*shm_zone).noreuse == 0
            {
                continue 'old_shm_zone_found;
            }

            break;
        }

        ngx_shm_free(&raw mut (*shm_zone).shm);
    }

    if ngx_test_config.get() != 0 {
        ngx_destroy_cycle_pools(&raw mut conf);
        return null_mut();
    }

    // the sockets that were opened: `open` is not set on those taken over

    for i in 0..(*cycle).listening.nelts {
        let ls = (*cycle).listening.elts.add(i);

        if (*ls).fd == -1 || !(*ls).open {
            continue;
        }

        if ngx_close_socket((*ls).fd) == -1 {
            ngx_log_error!(NGX_LOG_EMERG, log, ngx_socket_errno(); "close() socket %V failed", (*ls).addr_text);
        }

        // DEVIATION: nginx leaves the name of a unix socket behind, so that the next reload cannot bind to it

        if (*(*ls).sockaddr).sa_family as c_int == libc::AF_UNIX {
            let name = (*ls).addr_text.data.add("unix:".len());

            if ngx_delete_file(name) == NGX_FILE_ERROR {
                ngx_log_error!(NGX_LOG_EMERG, log, ngx_errno(); "unlink() %s failed", name);
            }
        }
    }

    ngx_destroy_cycle_pools(&raw mut conf);

    null_mut()
}

/// DEVIATION: with "reuseport" each worker has a socket with a queue of its own, and when there are fewer workers nginx
/// closes the others' sockets: what waits in their queues, or is about to, is reset. Here the new cycle keeps them, as
/// sockets that all its workers share; a later one with more workers takes them as any other.
unsafe fn ngx_keep_surplus_listening(cycle: *mut ngx_cycle_t, old_cycle: *mut ngx_cycle_t) -> ngx_int_t {
    let nelts = (*cycle).listening.nelts;

    for i in 0..(*old_cycle).listening.nelts {
        let ls = (*old_cycle).listening.elts.add(i);

        if (*ls).ignore || (*ls).remain || (*ls).fd == -1 || (*ls).type_ != libc::SOCK_STREAM {
            continue;
        }

        // the second: one that was kept here before

        if !(*ls).reuseport && (*ls).worker == 0 {
            continue;
        }

        for n in 0..nelts {
            let nls = (*cycle).listening.elts.add(n);

            if (*nls).fd == -1
                || (*nls).type_ != (*ls).type_
                || (*nls).protocol != (*ls).protocol
                || ngx_cmp_sockaddr((*nls).sockaddr, (*nls).socklen, (*ls).sockaddr, (*ls).socklen, 1) != NGX_OK
            {
                continue;
            }

            // pushing may move the array
            let mut kept = *nls;

            kept.fd = (*ls).fd;
            kept.previous = ls;
            kept.inherited = (*ls).inherited;
            kept.reuseport = false;
            kept.add_reuseport = false;
            kept.worker = ngx_uint_t::MAX;

            let p = ngx_array_push(&raw mut (*cycle).listening);
            if p.is_null() {
                return NGX_ERROR;
            }

            *p = kept;

            (*ls).remain = true;

            break;
        }
    }

    NGX_OK
}

unsafe fn ngx_destroy_cycle_pools(conf: *mut ngx_conf_t) {
    ngx_destroy_pool((*conf).temp_pool);
    ngx_destroy_pool((*conf).pool);
}

unsafe fn ngx_init_zone_pool(cycle: *mut ngx_cycle_t, zn: *mut ngx_shm_zone_t) -> ngx_int_t {
    let sp: *mut ngx_slab_pool_t = (*zn).shm.addr.cast();

    if (*zn).shm.exists != 0 {
        if sp.cast() == (*sp).addr {
            return NGX_OK;
        }

        ngx_log_error!(
            NGX_LOG_EMERG, (*cycle).log, 0;
            "shared zone \"%V\" has no equal addresses: %p vs %p", (*zn).shm.name, (*sp).addr, sp
        );
        return NGX_ERROR;
    }

    (*sp).end = (*zn).shm.addr.add((*zn).shm.size);
    (*sp).min_shift = 3;
    (*sp).addr = (*zn).shm.addr.cast();

    if ngx_shmtx_create(&raw mut (*sp).mutex, &raw mut (*sp).lock, null_mut()) != NGX_OK {
        return NGX_ERROR;
    }

    ngx_slab_init(sp);

    NGX_OK
}

/// With -t the file is only opened, to see that it can be.
/// DEVIATIONS: it is written under another name and renamed, so that nobody reads half of it, where nginx truncates and
/// then writes; -t leaves no new file behind.
pub unsafe fn ngx_create_pidfile(name: *mut ngx_str_t, log: *mut ngx_log_t) -> ngx_int_t {
    if ngx_process.get() > NGX_PROCESS_MASTER {
        return NGX_OK;
    }

    let mut file: ngx_file_t = core::mem::zeroed();

    file.name = *name;
    file.log = log;

    let create = if ngx_test_config.get() != 0 { NGX_FILE_CREATE_OR_OPEN } else { NGX_FILE_TRUNCATE };

    let mut temp = [0u8; NGX_MAX_PATH];
    let mut direct = false;

    loop {
        let mut fi: ngx_file_info_t = core::mem::zeroed();
        let mut absent = false;

        file.fd = if ngx_test_config.get() != 0 {
            ngx_open_nameless_file(file.name.data, NGX_FILE_DEFAULT_ACCESS)
        } else if !direct {
            ngx_open_temp_pidfile(&raw const file.name, &mut temp)
        } else {
            NGX_INVALID_FILE
        };

        if file.fd == NGX_INVALID_FILE {
            direct = true;
            absent = ngx_link_info(file.name.data, &raw mut fi) == NGX_FILE_ERROR;

            file.fd = ngx_open_own_file(file.name.data, NGX_FILE_RDWR, create, NGX_FILE_DEFAULT_ACCESS);
        }

        if file.fd == NGX_INVALID_FILE {
            ngx_log_error!(NGX_LOG_EMERG, log, ngx_errno(); "open() \"%s\" failed", file.name.data);
            return NGX_ERROR;
        }

        let mut rc = NGX_OK;

        if ngx_test_config.get() == 0 {
            let mut buf = [0u8; NGX_INT64_LEN + 2];
            let pid = buf.as_mut_ptr();

            let len = ngx_snprintf!(pid, NGX_INT64_LEN + 2, "%P%N", ngx_pid.get()).offset_from_unsigned(pid);

            if ngx_write_file(&raw mut file, pid, len, 0) == NGX_ERROR {
                rc = NGX_ERROR;
            }
        }

        if ngx_close_file(file.fd) == NGX_FILE_ERROR {
            ngx_log_error!(NGX_LOG_ALERT, log, ngx_errno(); "close() \"%s\" failed", file.name.data);
        }

        if ngx_test_config.get() != 0 && absent {
            let _ = ngx_delete_file(file.name.data);
        }

        if ngx_test_config.get() != 0 || direct {
            return rc;
        }

        if rc == NGX_OK && ngx_rename_file(temp.as_ptr(), file.name.data) != NGX_FILE_ERROR {
            return NGX_OK;
        }

        let _ = ngx_delete_file(temp.as_ptr());

        if rc != NGX_OK {
            return rc;
        }

        // a file that cannot be replaced, as one that is mounted: nginx's way

        direct = true;
    }
}

/// The file that will be renamed to `name`; `temp` gets its name. NGX_INVALID_FILE where nginx's way is to be gone: not
/// a file of its own (/dev/null, a symlink), one that we may not write, or a directory that we may not.
unsafe fn ngx_open_temp_pidfile(name: *const ngx_str_t, temp: &mut [u8; NGX_MAX_PATH]) -> ngx_fd_t {
    let mut fi: ngx_file_info_t = core::mem::zeroed();

    let exists = ngx_link_info((*name).data, &raw mut fi) != NGX_FILE_ERROR;

    if exists {
        if !ngx_is_file(&raw const fi) || fi.st_nlink != 1 {
            return NGX_INVALID_FILE;
        }

        let fd = ngx_open_file((*name).data, NGX_FILE_RDWR, NGX_FILE_OPEN | NGX_FILE_NOFOLLOW, 0);

        if fd == NGX_INVALID_FILE {
            return NGX_INVALID_FILE;
        }

        ngx_close_file(fd);
    }

    if (*name).len + ".nginx.pid.".len() + NGX_INT64_LEN >= NGX_MAX_PATH {
        return NGX_INVALID_FILE;
    }

    let dir = memchr::memrchr(b'/', (*name).bytes()).map_or(0, |n| n + 1);

    let _ = ngx_snprintf!(temp.as_mut_ptr(), NGX_MAX_PATH, "%*s.nginx.pid.%P%Z", dir, (*name).data, ngx_pid.get());

    // of a process with our number that was killed here
    let _ = ngx_delete_file(temp.as_ptr());

    let fd = ngx_open_file(
        temp.as_ptr(),
        NGX_FILE_RDWR,
        NGX_FILE_CREATE_OR_OPEN | libc::O_EXCL | libc::O_CLOEXEC,
        NGX_FILE_DEFAULT_ACCESS,
    );

    if fd != NGX_INVALID_FILE
        && exists
        && (libc::fchown(fd, fi.st_uid, fi.st_gid) == -1 || libc::fchmod(fd, fi.st_mode & 0o7777) == -1)
    {
        ngx_close_file(fd);
        let _ = ngx_delete_file(temp.as_ptr());
        return NGX_INVALID_FILE;
    }

    fd
}

pub unsafe fn ngx_delete_pidfile(cycle: *mut ngx_cycle_t) {
    let ccf: *mut ngx_core_conf_t = ngx_get_conf((*cycle).conf_ctx, &ngx_core_module);

    let name = if ngx_new_binary.get() != 0 { (*ccf).oldpid.data } else { (*ccf).pid.data };

    if ngx_delete_file(name) == NGX_FILE_ERROR {
        ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_errno(); "unlink() \"%s\" failed", name);
    }
}

/// "nginx -s": returns main()'s exit code.
pub unsafe fn ngx_signal_process(cycle: *mut ngx_cycle_t, sig: *const c_char) -> ngx_int_t {
    ngx_log_error!(NGX_LOG_NOTICE, (*cycle).log, 0; "signal process started");

    let ccf: *mut ngx_core_conf_t = ngx_get_conf((*cycle).conf_ctx, &ngx_core_module);

    let mut file: ngx_file_t = core::mem::zeroed();

    file.name = (*ccf).pid;
    file.log = (*cycle).log;

    file.fd = ngx_open_file(file.name.data, NGX_FILE_RDONLY, NGX_FILE_OPEN, NGX_FILE_DEFAULT_ACCESS);

    if file.fd == NGX_INVALID_FILE {
        ngx_log_error!(NGX_LOG_ERR, (*cycle).log, ngx_errno(); "open() \"%s\" failed", file.name.data);
        return 1;
    }

    let mut buf = [0u8; NGX_INT64_LEN + 2];

    let n = ngx_read_file(&raw mut file, buf.as_mut_ptr(), NGX_INT64_LEN + 2, 0);

    if ngx_close_file(file.fd) == NGX_FILE_ERROR {
        ngx_log_error!(NGX_LOG_ALERT, (*cycle).log, ngx_errno(); "close() \"%s\" failed", file.name.data);
    }

    if n == NGX_ERROR {
        return 1;
    }

    let mut n = n as usize;

    while n > 0 && (buf[n - 1] == CR || buf[n - 1] == LF) {
        n -= 1;
    }

    let pid = ngx_atoi(buf.as_mut_ptr(), n) as ngx_pid_t;

    if pid == NGX_ERROR as ngx_pid_t {
        ngx_log_error!(
            NGX_LOG_ERR, (*cycle).log, 0;
            "invalid PID number \"%*s\" in \"%s\"", n, buf.as_ptr(), file.name.data
        );
        return 1;
    }

    if ngx_reload_wait.get() != 0 {
        return ngx_reload_wait_process(cycle, sig, pid);
    }

    ngx_os_signal_process(cycle, sig, pid)
}

/// SIGUSR1: the files are opened again by their names. `user` is the workers', in the master: they must be able to
/// do the same. A file that cannot be opened keeps its old descriptor.
pub unsafe fn ngx_reopen_files(cycle: *mut ngx_cycle_t, user: ngx_uid_t) {
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

        if (*file).name.len == 0 {
            continue;
        }

        if let Some(flush) = (*file).flush {
            flush(file, (*cycle).log);
        }

        let fd = ngx_log_open_file((*file).name.data, user);

        ngx_log_debug!(
            NGX_LOG_DEBUG_EVENT, (*cycle).log, 0;
            "reopen file \"%s\", old:%d new:%d", (*file).name.data, (*file).fd, fd
        );

        if fd == NGX_INVALID_FILE {
            ngx_log_error!(NGX_LOG_EMERG, (*cycle).log, ngx_errno(); "open() \"%s\" failed", (*file).name.data);
            continue;
        }

        if user != NGX_CONF_UNSET_UINT as ngx_uid_t {
            // DEVIATION: on the descriptor; nginx uses the name again, which may be another file by now

            let mut fi: ngx_file_info_t = core::mem::zeroed();

            if ngx_fd_info(fd, &raw mut fi) == NGX_FILE_ERROR {
                ngx_log_error!(NGX_LOG_EMERG, (*cycle).log, ngx_errno(); "stat() \"%s\" failed", (*file).name.data);

                if ngx_close_file(fd) == NGX_FILE_ERROR {
                    ngx_log_error!(NGX_LOG_EMERG, (*cycle).log, ngx_errno(); "close() \"%s\" failed", (*file).name.data);
                }

                continue;
            }

            if fi.st_uid != user && libc::fchown(fd, user, ngx_gid_t::MAX) == -1 {
                ngx_log_error!(
                    NGX_LOG_EMERG, (*cycle).log, ngx_errno();
                    "chown(\"%s\", %d) failed", (*file).name.data, user
                );

                if ngx_close_file(fd) == NGX_FILE_ERROR {
                    ngx_log_error!(NGX_LOG_EMERG, (*cycle).log, ngx_errno(); "close() \"%s\" failed", (*file).name.data);
                }

                continue;
            }

            if fi.st_mode & (libc::S_IRUSR | libc::S_IWUSR) != (libc::S_IRUSR | libc::S_IWUSR) {
                fi.st_mode |= libc::S_IRUSR | libc::S_IWUSR;

                if libc::fchmod(fd, fi.st_mode) == -1 {
                    ngx_log_error!(NGX_LOG_EMERG, (*cycle).log, ngx_errno(); "chmod() \"%s\" failed", (*file).name.data);

                    if ngx_close_file(fd) == NGX_FILE_ERROR {
                        ngx_log_error!(
                            NGX_LOG_EMERG, (*cycle).log, ngx_errno();
                            "close() \"%s\" failed", (*file).name.data
                        );
                    }

                    continue;
                }
            }
        }

        if libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) == -1 {
            ngx_log_error!(
                NGX_LOG_EMERG, (*cycle).log, ngx_errno();
                "fcntl(FD_CLOEXEC) \"%s\" failed", (*file).name.data
            );

            if ngx_close_file(fd) == NGX_FILE_ERROR {
                ngx_log_error!(NGX_LOG_EMERG, (*cycle).log, ngx_errno(); "close() \"%s\" failed", (*file).name.data);
            }

            continue;
        }

        if ngx_close_file((*file).fd) == NGX_FILE_ERROR {
            ngx_log_error!(NGX_LOG_EMERG, (*cycle).log, ngx_errno(); "close() \"%s\" failed", (*file).name.data);
        }

        (*file).fd = fd;
    }

    let _ = ngx_log_redirect_stderr(cycle);
}

/// A zone by its name, for a directive that declares it or one that uses it (with `size` 0). `init` is None when it
/// is new; it is mapped once the whole configuration is read.
pub unsafe fn ngx_shared_memory_add(
    cf: *mut ngx_conf_t,
    name: *mut ngx_str_t,
    size: usize,
    tag: *const c_void,
) -> *mut ngx_shm_zone_t {
    let mut part = &raw mut (*(*cf).cycle).shared_memory.part;
    let mut i = 0;

    loop {
        if i >= (*part).nelts {
            if (*part).next.is_null() {
                break;
            }
            part = (*part).next;
            i = 0;
        }

        let shm_zone = (*part).elts.add(i);
        i += 1;

        if (*name).len != (*shm_zone).shm.name.len {
            continue;
        }

        if ngx_strncmp((*name).data, (*shm_zone).shm.name.data, (*name).len) != 0 {
            continue;
        }

        if tag != (*shm_zone).tag {
            ngx_conf_log_error!(
                NGX_LOG_EMERG, cf, 0;
                "the shared memory zone \"%V\" is already declared for a different use", (*shm_zone).shm.name
            );
            return null_mut();
        }

        if (*shm_zone).shm.size == 0 {
            (*shm_zone).shm.size = size;
        }

        if size != 0 && size != (*shm_zone).shm.size {
            ngx_conf_log_error!(
                NGX_LOG_EMERG, cf, 0;
                "the size %uz of shared memory zone \"%V\" conflicts with already declared size %uz",
                size, (*shm_zone).shm.name, (*shm_zone).shm.size
            );
            return null_mut();
        }

        return shm_zone;
    }

    let shm_zone = ngx_list_push(&raw mut (*(*cf).cycle).shared_memory);

    if shm_zone.is_null() {
        return null_mut();
    }

    (*shm_zone).data = null_mut();
    (*shm_zone).shm.log = (*(*cf).cycle).log;
    (*shm_zone).shm.addr = null_mut();
    (*shm_zone).shm.size = size;
    (*shm_zone).shm.name = *name;
    (*shm_zone).shm.exists = 0;
    (*shm_zone).init = None;
    (*shm_zone).tag = tag;
    (*shm_zone).sync = null_mut();
    (*shm_zone).noreuse = 0;

    shm_zone
}

unsafe fn ngx_clean_old_cycles(ev: *mut ngx_event_t) {
    let log = (*ngx_cycle.get()).log;
    (*ngx_temp_pool.get()).log = log;

    ngx_log_debug!(NGX_LOG_DEBUG_CORE, log, 0; "clean old cycles");

    let mut live = 0;

    let cycle = (*ngx_old_cycles.ptr()).elts;
    for i in 0..(*ngx_old_cycles.ptr()).nelts {
        let cycle = cycle.add(i);

        if (*cycle).is_null() {
            continue;
        }

        let mut found = false;

        // DEVIATION: a single process makes connections in its first cycle only, so the later ones have none, and
        // nginx crashes here half a minute after the second reload

        let connection_n = if (**cycle).connections.is_null() { 0 } else { (**cycle).connection_n };

        for n in 0..connection_n {
            if (*(**cycle).connections.add(n)).fd != -1 {
                found = true;

                ngx_log_debug!(NGX_LOG_DEBUG_CORE, log, 0; "live fd:%ui", n);

                break;
            }
        }

        if found {
            live = 1;
            continue;
        }

        ngx_log_debug!(NGX_LOG_DEBUG_CORE, log, 0; "clean old cycle: %ui", i);

        ngx_destroy_pool((**cycle).pool);
        *cycle = null_mut();
    }

    ngx_log_debug!(NGX_LOG_DEBUG_CORE, log, 0; "old cycles status: %ui", live);

    if live != 0 {
        ngx_add_timer(ev, 30000);
    } else {
        ngx_destroy_pool(ngx_temp_pool.get());
        ngx_temp_pool.set(null_mut());
        (*ngx_old_cycles.ptr()).nelts = 0;
    }
}

pub unsafe fn ngx_set_shutdown_timer(cycle: *mut ngx_cycle_t) {
    let ccf: *mut ngx_core_conf_t = ngx_get_conf((*cycle).conf_ctx, &ngx_core_module);

    if (*ccf).shutdown_timeout != 0 {
        let ev = ngx_shutdown_event.ptr();

        (*ev).handler = Some(ngx_shutdown_timer_handler);
        (*ev).data = cycle.cast();
        (*ev).log = (*cycle).log;
        (*ev).cancelable = true;

        ngx_add_timer(ev, (*ccf).shutdown_timeout);
    }
}

unsafe fn ngx_shutdown_timer_handler(ev: *mut ngx_event_t) {
    let cycle: *mut ngx_cycle_t = (*ev).data.cast();

    for i in 0..(*cycle).connection_n {
        let c = (*cycle).connections.add(i);

        if (*c).fd == -1 || (*c).read.is_null() || (*(*c).read).accept || (*(*c).read).channel || (*(*c).read).resolver
        {
            continue;
        }

        ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*ev).log, 0; "*%uA shutdown timeout", (*c).number);

        (*c).close = true;
        (*c).error = true;

        (*(*c).read).handler.unwrap()((*c).read);
    }
}
