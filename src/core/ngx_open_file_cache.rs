//! Port of src/core/ngx_open_file_cache.c and .h

use crate::core::{
    ngx_config::*, ngx_core::*, ngx_crc32::*, ngx_cycle::*, ngx_log::*, ngx_palloc::*, ngx_queue::*, ngx_rbtree::*,
    ngx_string::*, ngx_times::*,
};
use crate::event::ngx_event::*;
use crate::os::unix::{ngx_alloc::*, ngx_errno::*, ngx_files::*};

use core::mem::MaybeUninit;

pub const NGX_OPEN_FILE_DIRECTIO_OFF: off_t = NGX_MAX_OFF_T_VALUE;

/// What the caller wants, and what was found.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_open_file_info_t {
    pub fd: ngx_fd_t,
    pub uniq: ngx_file_uniq_t,
    pub mtime: time_t,
    pub size: off_t,
    pub fs_size: off_t,
    pub directio: off_t,
    pub read_ahead: usize,

    pub err: ngx_err_t,
    /// The call that failed, a literal.
    pub failed: *const c_char,

    pub valid: time_t,

    pub min_uses: ngx_uint_t,

    pub disable_symlinks_from: usize,
    pub disable_symlinks: u8,

    pub test_dir: bool,
    pub test_only: bool,
    pub log: bool,
    pub errors: bool,
    pub events: bool,

    pub is_dir: bool,
    pub is_file: bool,
    pub is_link: bool,
    pub is_exec: bool,
    pub is_directio: bool,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_cached_open_file_t {
    /// By the crc of the name.
    pub node: ngx_rbtree_node_t,
    pub queue: ngx_queue_t,

    pub name: *mut u8,
    pub created: time_t,
    pub accessed: time_t,

    pub fd: ngx_fd_t,
    pub uniq: ngx_file_uniq_t,
    pub mtime: time_t,
    pub size: off_t,
    pub err: ngx_err_t,

    pub uses: u32,

    pub disable_symlinks_from: usize,
    pub disable_symlinks: u8,

    /// How many requests have it open. (C: 24 bits)
    pub count: u32,
    pub close: bool,
    pub use_event: bool,

    pub is_dir: bool,
    pub is_file: bool,
    pub is_link: bool,
    pub is_exec: bool,
    pub is_directio: bool,

    pub event: *mut ngx_event_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_open_file_cache_t {
    pub rbtree: ngx_rbtree_t,
    pub sentinel: ngx_rbtree_node_t,
    /// The latest used file comes first.
    pub expire_queue: ngx_queue_t,

    pub current: ngx_uint_t,
    pub max: ngx_uint_t,
    pub inactive: time_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_open_file_cache_cleanup_t {
    pub cache: *mut ngx_open_file_cache_t,
    pub file: *mut ngx_cached_open_file_t,
    pub min_uses: ngx_uint_t,
    pub log: *mut ngx_log_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_open_file_cache_event_t {
    // begins as an ngx_connection_t does, for ngx_event_ident()
    pub data: *mut c_void,
    pub read: *mut ngx_event_t,
    pub write: *mut ngx_event_t,
    pub fd: ngx_fd_t,

    pub file: *mut ngx_cached_open_file_t,
    pub cache: *mut ngx_open_file_cache_t,
}

const NGX_MIN_READ_AHEAD: off_t = 128 * 1024;

pub unsafe fn ngx_open_file_cache_init(
    pool: *mut ngx_pool_t,
    max: ngx_uint_t,
    inactive: time_t,
) -> *mut ngx_open_file_cache_t {
    let cache: *mut ngx_open_file_cache_t = ngx_palloc(pool);
    if cache.is_null() {
        return null_mut();
    }

    ngx_rbtree_init(
        &raw mut (*cache).rbtree,
        &raw mut (*cache).sentinel,
        Some(ngx_open_file_cache_rbtree_insert_value),
    );

    ngx_queue_init(&raw mut (*cache).expire_queue);

    (*cache).current = 0;
    (*cache).max = max;
    (*cache).inactive = inactive;

    let cln = ngx_pool_cleanup_add(pool, 0);
    if cln.is_null() {
        return null_mut();
    }

    (*cln).handler = Some(ngx_open_file_cache_cleanup);
    (*cln).data = cache.cast();

    cache
}

unsafe fn ngx_open_file_cache_cleanup(data: *mut c_void) {
    let cache: *mut ngx_open_file_cache_t = data.cast();

    ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*ngx_cycle.get()).log, 0; "open file cache cleanup");

    loop {
        if ngx_queue_empty(&raw const (*cache).expire_queue) {
            break;
        }

        let q = ngx_queue_last(&raw const (*cache).expire_queue);

        let file = ngx_queue_data!(q, ngx_cached_open_file_t, queue);

        ngx_queue_remove(q);

        ngx_rbtree_delete(&raw mut (*cache).rbtree, &raw mut (*file).node);

        (*cache).current -= 1;

        ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*ngx_cycle.get()).log, 0;
                       "delete cached open file: %s", (*file).name);

        if (*file).err == 0 && !(*file).is_dir {
            (*file).close = true;
            (*file).count = 0;
            ngx_close_cached_file(cache, file, 0, (*ngx_cycle.get()).log);
        } else {
            ngx_free((*file).name.cast());
            ngx_free(file.cast());
        }
    }

    if (*cache).current != 0 {
        ngx_log_error!(NGX_LOG_ALERT, (*ngx_cycle.get()).log, 0;
                       "%ui items still left in open file cache", (*cache).current);
    }

    if (*cache).rbtree.root != (*cache).rbtree.sentinel {
        ngx_log_error!(NGX_LOG_ALERT, (*ngx_cycle.get()).log, 0;
                       "rbtree still is not empty in open file cache");
    }
}

/// Opens `name`, or takes it out of the cache; without a cache (NULL) it is opened for this `pool` alone. The
/// pool's end closes it.
pub unsafe fn ngx_open_cached_file(
    cache: *mut ngx_open_file_cache_t,
    name: *mut ngx_str_t,
    of: *mut ngx_open_file_info_t,
    pool: *mut ngx_pool_t,
) -> ngx_int_t {
    let rc;

    (*of).fd = NGX_INVALID_FILE;
    (*of).err = 0;

    if cache.is_null() {
        if (*of).test_only {
            let mut fi = MaybeUninit::<ngx_file_info_t>::uninit();
            let fi = fi.as_mut_ptr();

            if ngx_file_info_wrapper(name, of, fi, (*pool).log) == NGX_FILE_ERROR as ngx_int_t {
                return NGX_ERROR;
            }

            (*of).uniq = ngx_file_uniq(fi);
            (*of).mtime = ngx_file_mtime(fi);
            (*of).size = ngx_file_size(fi);
            (*of).fs_size = ngx_file_fs_size(fi);
            (*of).is_dir = ngx_is_dir(fi);
            (*of).is_file = ngx_is_file(fi);
            (*of).is_link = ngx_is_link(fi);
            (*of).is_exec = ngx_is_exec(fi);

            return NGX_OK;
        }

        let cln = ngx_pool_cleanup_add(pool, size_of::<ngx_pool_cleanup_file_t>());
        if cln.is_null() {
            return NGX_ERROR;
        }

        rc = ngx_open_and_stat_file(name, of, (*pool).log);

        if rc == NGX_OK && !(*of).is_dir {
            (*cln).handler = Some(ngx_pool_cleanup_file);
            let clnf: *mut ngx_pool_cleanup_file_t = (*cln).data.cast();

            (*clnf).fd = (*of).fd;
            (*clnf).name = (*name).data;
            (*clnf).log = (*pool).log;
        }

        return rc;
    }

    let cln = ngx_pool_cleanup_add(pool, size_of::<ngx_open_file_cache_cleanup_t>());
    if cln.is_null() {
        return NGX_ERROR;
    }

    let now = ngx_time();

    let hash = ngx_crc32_long((*name).data, (*name).len);

    let mut file = ngx_open_file_lookup(cache, name, hash);

    'failed: {
        'found: {
            'update: {
                'add_event: {
                    'create: {
                        if !file.is_null() {
                            (*file).uses = (*file).uses.wrapping_add(1);

                            ngx_queue_remove(&raw mut (*file).queue);

                            if (*file).fd == NGX_INVALID_FILE && (*file).err == 0 && !(*file).is_dir {
                                // with fewer than min_uses it was not kept open

                                rc = ngx_open_and_stat_file(name, of, (*pool).log);

                                if rc != NGX_OK && ((*of).err == 0 || !(*of).errors) {
                                    break 'failed;
                                }

                                break 'add_event;
                            }

                            if (*file).use_event
                                || ((*file).event.is_null()
                                    && ((*of).uniq == 0 || (*of).uniq == (*file).uniq)
                                    && now - (*file).created < (*of).valid
                                    && (*of).disable_symlinks == (*file).disable_symlinks
                                    && (*of).disable_symlinks_from == (*file).disable_symlinks_from)
                            {
                                if (*file).err == 0 {
                                    (*of).fd = (*file).fd;
                                    (*of).uniq = (*file).uniq;
                                    (*of).mtime = (*file).mtime;
                                    (*of).size = (*file).size;

                                    (*of).is_dir = (*file).is_dir;
                                    (*of).is_file = (*file).is_file;
                                    (*of).is_link = (*file).is_link;
                                    (*of).is_exec = (*file).is_exec;
                                    (*of).is_directio = (*file).is_directio;

                                    if !(*file).is_dir {
                                        (*file).count += 1;
                                        ngx_open_file_add_event(cache, file, of, (*pool).log);
                                    }
                                } else {
                                    (*of).err = (*file).err;
                                    (*of).failed = if (*file).disable_symlinks != 0 {
                                        c"openat()".as_ptr()
                                    } else {
                                        c"open()".as_ptr()
                                    };
                                }

                                break 'found;
                            }

                            ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*pool).log, 0;
                                           "retest open file: %s, fd:%d, c:%d, e:%d",
                                           (*file).name, (*file).fd, (*file).count, (*file).err);

                            if (*file).is_dir {
                                // it most likely still is one, which a stat() alone tells

                                (*of).test_dir = true;
                            }

                            (*of).fd = (*file).fd;
                            (*of).uniq = (*file).uniq;

                            rc = ngx_open_and_stat_file(name, of, (*pool).log);

                            if rc != NGX_OK && ((*of).err == 0 || !(*of).errors) {
                                break 'failed;
                            }

                            if (*of).is_dir {
                                if (*file).is_dir || (*file).err != 0 {
                                    break 'update;
                                }

                                // a file has become a directory
                            } else if (*of).err == 0 {
                                if (*file).is_dir || (*file).err != 0 {
                                    break 'add_event;
                                }

                                if (*of).uniq == (*file).uniq {
                                    if !(*file).event.is_null() {
                                        (*file).use_event = true;
                                    }

                                    (*of).is_directio = (*file).is_directio;

                                    break 'update;
                                }

                                // another file has taken the name
                            } else {
                                if (*file).err != 0 || (*file).is_dir {
                                    break 'update;
                                }

                                // the file is gone
                            }

                            if (*file).count == 0 {
                                ngx_open_file_del_event(file);

                                if ngx_close_file((*file).fd) == NGX_FILE_ERROR {
                                    ngx_log_error!(NGX_LOG_ALERT, (*pool).log, ngx_errno();
                                                   "close() \"%V\" failed", name);
                                }

                                break 'add_event;
                            }

                            ngx_rbtree_delete(&raw mut (*cache).rbtree, &raw mut (*file).node);

                            (*cache).current -= 1;

                            (*file).close = true;

                            break 'create;
                        }

                        // not in the cache

                        rc = ngx_open_and_stat_file(name, of, (*pool).log);

                        if rc != NGX_OK && ((*of).err == 0 || !(*of).errors) {
                            break 'failed;
                        }
                    }

                    // create:

                    if (*cache).current >= (*cache).max {
                        ngx_expire_old_cached_files(cache, 0, (*pool).log);
                    }

                    file = ngx_alloc(size_of::<ngx_cached_open_file_t>(), (*pool).log).cast();

                    if file.is_null() {
                        break 'failed;
                    }

                    (*file).name = ngx_alloc((*name).len + 1, (*pool).log).cast();

                    if (*file).name.is_null() {
                        ngx_free(file.cast());
                        file = null_mut();
                        break 'failed;
                    }

                    ngx_cpystrn((*file).name, (*name).data, (*name).len + 1);

                    (*file).node.key = hash as ngx_rbtree_key_t;

                    ngx_rbtree_insert(&raw mut (*cache).rbtree, &raw mut (*file).node);

                    (*cache).current += 1;

                    (*file).uses = 1;
                    (*file).count = 0;
                    (*file).use_event = false;
                    (*file).event = null_mut();
                }

                // add_event:

                ngx_open_file_add_event(cache, file, of, (*pool).log);
            }

            // update:

            (*file).fd = (*of).fd;
            (*file).err = (*of).err;
            (*file).disable_symlinks = (*of).disable_symlinks;
            (*file).disable_symlinks_from = (*of).disable_symlinks_from;

            if (*of).err == 0 {
                (*file).uniq = (*of).uniq;
                (*file).mtime = (*of).mtime;
                (*file).size = (*of).size;

                (*file).close = false;

                (*file).is_dir = (*of).is_dir;
                (*file).is_file = (*of).is_file;
                (*file).is_link = (*of).is_link;
                (*file).is_exec = (*of).is_exec;
                (*file).is_directio = (*of).is_directio;

                if !(*of).is_dir {
                    (*file).count += 1;
                }
            }

            (*file).created = now;
        }

        // found:

        (*file).accessed = now;

        ngx_queue_insert_head(&raw mut (*cache).expire_queue, &raw mut (*file).queue);

        ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*pool).log, 0;
                       "cached open file: %s, fd:%d, c:%d, e:%d, u:%d",
                       (*file).name, (*file).fd, (*file).count, (*file).err, (*file).uses);

        if (*of).err == 0 {
            if !(*of).is_dir {
                (*cln).handler = Some(ngx_open_file_cleanup);
                let ofcln: *mut ngx_open_file_cache_cleanup_t = (*cln).data.cast();

                (*ofcln).cache = cache;
                (*ofcln).file = file;
                (*ofcln).min_uses = (*of).min_uses;
                (*ofcln).log = (*pool).log;
            }

            return NGX_OK;
        }

        return NGX_ERROR;
    }

    // failed:

    if !file.is_null() {
        ngx_rbtree_delete(&raw mut (*cache).rbtree, &raw mut (*file).node);

        (*cache).current -= 1;

        if (*file).count == 0 {
            if (*file).fd != NGX_INVALID_FILE && ngx_close_file((*file).fd) == NGX_FILE_ERROR {
                ngx_log_error!(NGX_LOG_ALERT, (*pool).log, ngx_errno(); "close() \"%s\" failed", (*file).name);
            }

            ngx_free((*file).name.cast());
            ngx_free(file.cast());
        } else {
            (*file).close = true;
        }
    }

    if (*of).fd != NGX_INVALID_FILE && ngx_close_file((*of).fd) == NGX_FILE_ERROR {
        ngx_log_error!(NGX_LOG_ALERT, (*pool).log, ngx_errno(); "close() \"%V\" failed", name);
    }

    NGX_ERROR
}

/// Opens a path component that may be a link, if the link's owner owns the target too. What was opened may have been
/// swapped for a link, or back, before the fstatat(): so the owners are compared in either case.
unsafe fn ngx_openat_file_owner(
    at_fd: ngx_fd_t,
    name: *const u8,
    mode: c_int,
    create: c_int,
    access: ngx_uint_t,
    log: *mut ngx_log_t,
) -> ngx_fd_t {
    let fd = ngx_openat_file(at_fd, name, mode, create, access);

    if fd == NGX_INVALID_FILE {
        return NGX_INVALID_FILE;
    }

    let err;

    'failed: {
        let mut atfi = MaybeUninit::<ngx_file_info_t>::uninit();
        let atfi = atfi.as_mut_ptr();

        if ngx_file_at_info(at_fd, name, atfi, libc::AT_SYMLINK_NOFOLLOW) == NGX_FILE_ERROR {
            err = ngx_errno();
            break 'failed;
        }

        let mut fi = MaybeUninit::<ngx_file_info_t>::uninit();
        let fi = fi.as_mut_ptr();

        if ngx_file_o_path_info(fd, fi, log) == NGX_ERROR {
            err = ngx_errno();
            break 'failed;
        }

        if (*fi).st_uid != (*atfi).st_uid {
            err = NGX_ELOOP;
            break 'failed;
        }

        return fd;
    }

    if ngx_close_file(fd) == NGX_FILE_ERROR {
        ngx_log_error!(NGX_LOG_ALERT, log, ngx_errno(); "close() \"%s\" failed", name);
    }

    ngx_set_errno(err);

    NGX_INVALID_FILE
}

/// Before Linux 3.6 fstat() refused O_PATH descriptors with EBADF; fstatat() can be used on them since they exist.
unsafe fn ngx_file_o_path_info(fd: ngx_fd_t, fi: *mut ngx_file_info_t, log: *mut ngx_log_t) -> ngx_int_t {
    static use_fstat: ngx_global_t<ngx_uint_t> = ngx_global_t::new(1);

    if use_fstat.get() != 0 {
        if ngx_fd_info(fd, fi) != NGX_FILE_ERROR {
            return NGX_OK;
        }

        if ngx_errno() != NGX_EBADF {
            return NGX_ERROR;
        }

        ngx_log_error!(NGX_LOG_NOTICE, log, 0;
                       "fstat(O_PATH) failed with EBADF, switching to fstatat(AT_EMPTY_PATH)");

        use_fstat.set(0);
    }

    if ngx_file_at_info(fd, c"".as_ptr().cast(), fi, libc::AT_EMPTY_PATH) != NGX_FILE_ERROR {
        return NGX_OK;
    }

    NGX_ERROR
}

/// An open() that heeds disable_symlinks: then the path is walked component by component.
unsafe fn ngx_open_file_wrapper(
    name: *mut ngx_str_t,
    of: *mut ngx_open_file_info_t,
    mode: c_int,
    create: c_int,
    access: ngx_uint_t,
    log: *mut ngx_log_t,
) -> ngx_fd_t {
    let mut fd;

    if (*of).disable_symlinks as ngx_uint_t == NGX_DISABLE_SYMLINKS_OFF {
        fd = ngx_open_file((*name).data, mode, create, access);

        if fd == NGX_INVALID_FILE {
            (*of).err = ngx_errno();
            (*of).failed = c"open()".as_ptr();
            return NGX_INVALID_FILE;
        }

        return fd;
    }

    let mut p = (*name).data;
    let end = p.add((*name).len);

    let mut cp;
    let mut at_fd;
    let mut at_name = *name;

    if (*of).disable_symlinks_from != 0 {
        cp = p.add((*of).disable_symlinks_from);

        *cp = 0;

        at_fd = ngx_open_file(p, NGX_FILE_SEARCH | NGX_FILE_NONBLOCK, NGX_FILE_OPEN, 0);

        *cp = b'/';

        if at_fd == NGX_INVALID_FILE {
            (*of).err = ngx_errno();
            (*of).failed = c"open()".as_ptr();
            return NGX_INVALID_FILE;
        }

        at_name.len = (*of).disable_symlinks_from;
        p = cp.add(1);
    } else if *p == b'/' {
        at_fd = ngx_open_file(c"/".as_ptr().cast(), NGX_FILE_SEARCH | NGX_FILE_NONBLOCK, NGX_FILE_OPEN, 0);

        if at_fd == NGX_INVALID_FILE {
            (*of).err = ngx_errno();
            (*of).failed = c"openat()".as_ptr();
            return NGX_INVALID_FILE;
        }

        at_name.len = 1;
        p = p.add(1);
    } else {
        at_fd = NGX_AT_FDCWD;
    }

    'failed: {
        'done: {
            loop {
                cp = ngx_strlchr(p, end, b'/');
                if cp.is_null() {
                    break;
                }

                if cp == p {
                    p = p.add(1);
                    continue;
                }

                *cp = 0;

                if (*of).disable_symlinks as ngx_uint_t == NGX_DISABLE_SYMLINKS_NOTOWNER {
                    fd = ngx_openat_file_owner(at_fd, p, NGX_FILE_SEARCH | NGX_FILE_NONBLOCK, NGX_FILE_OPEN, 0, log);
                } else {
                    fd = ngx_openat_file(
                        at_fd,
                        p,
                        NGX_FILE_SEARCH | NGX_FILE_NONBLOCK | NGX_FILE_NOFOLLOW,
                        NGX_FILE_OPEN,
                        0,
                    );
                }

                *cp = b'/';

                if fd == NGX_INVALID_FILE {
                    (*of).err = ngx_errno();
                    (*of).failed = c"openat()".as_ptr();
                    break 'failed;
                }

                if at_fd != NGX_AT_FDCWD && ngx_close_file(at_fd) == NGX_FILE_ERROR {
                    ngx_log_error!(NGX_LOG_ALERT, log, ngx_errno(); "close() \"%V\" failed", at_name);
                }

                p = cp.add(1);
                at_fd = fd;
                at_name.len = cp.offset_from_unsigned(at_name.data);
            }

            if p == end {
                // A trailing slash: the last component is open already, "." opens it in the mode that was asked for,
                // or fails with ENOTDIR.

                fd = ngx_openat_file(at_fd, c".".as_ptr().cast(), mode, create, access);
                break 'done;
            }

            if (*of).disable_symlinks as ngx_uint_t == NGX_DISABLE_SYMLINKS_NOTOWNER
                && create & (NGX_FILE_CREATE_OR_OPEN | NGX_FILE_TRUNCATE) == 0
            {
                fd = ngx_openat_file_owner(at_fd, p, mode, create, access, log);
            } else {
                fd = ngx_openat_file(at_fd, p, mode | NGX_FILE_NOFOLLOW, create, access);
            }
        }

        // done:

        if fd == NGX_INVALID_FILE {
            (*of).err = ngx_errno();
            (*of).failed = c"openat()".as_ptr();
        }
    }

    // failed:

    if at_fd != NGX_AT_FDCWD && ngx_close_file(at_fd) == NGX_FILE_ERROR {
        ngx_log_error!(NGX_LOG_ALERT, log, ngx_errno(); "close() \"%V\" failed", at_name);
    }

    fd
}

unsafe fn ngx_file_info_wrapper(
    name: *mut ngx_str_t,
    of: *mut ngx_open_file_info_t,
    fi: *mut ngx_file_info_t,
    log: *mut ngx_log_t,
) -> ngx_int_t {
    let rc;

    if (*of).disable_symlinks as ngx_uint_t == NGX_DISABLE_SYMLINKS_OFF {
        rc = ngx_file_info((*name).data, fi);

        if rc == NGX_FILE_ERROR {
            (*of).err = ngx_errno();
            (*of).failed = c"stat()".as_ptr();
            return NGX_FILE_ERROR as ngx_int_t;
        }

        return rc as ngx_int_t;
    }

    let fd = ngx_open_file_wrapper(name, of, NGX_FILE_RDONLY | NGX_FILE_NONBLOCK, NGX_FILE_OPEN, 0, log);

    if fd == NGX_INVALID_FILE {
        return NGX_FILE_ERROR as ngx_int_t;
    }

    rc = ngx_fd_info(fd, fi);

    if rc == NGX_FILE_ERROR {
        (*of).err = ngx_errno();
        (*of).failed = c"fstat()".as_ptr();
    }

    if ngx_close_file(fd) == NGX_FILE_ERROR {
        ngx_log_error!(NGX_LOG_ALERT, log, ngx_errno(); "close() \"%V\" failed", name);
    }

    rc as ngx_int_t
}

unsafe fn ngx_open_and_stat_file(
    name: *mut ngx_str_t,
    of: *mut ngx_open_file_info_t,
    log: *mut ngx_log_t,
) -> ngx_int_t {
    let mut fi = MaybeUninit::<ngx_file_info_t>::uninit();
    let fi = fi.as_mut_ptr();

    'done: {
        if (*of).fd != NGX_INVALID_FILE {
            if ngx_file_info_wrapper(name, of, fi, log) == NGX_FILE_ERROR as ngx_int_t {
                (*of).fd = NGX_INVALID_FILE;
                return NGX_ERROR;
            }

            if (*of).uniq == ngx_file_uniq(fi) {
                break 'done;
            }
        } else if (*of).test_dir {
            if ngx_file_info_wrapper(name, of, fi, log) == NGX_FILE_ERROR as ngx_int_t {
                (*of).fd = NGX_INVALID_FILE;
                return NGX_ERROR;
            }

            if ngx_is_dir(fi) {
                break 'done;
            }
        }

        let fd = if !(*of).log {
            // O_NONBLOCK, or a FIFO would hang the worker here

            ngx_open_file_wrapper(name, of, NGX_FILE_RDONLY | NGX_FILE_NONBLOCK, NGX_FILE_OPEN, 0, log)
        } else {
            ngx_open_file_wrapper(name, of, NGX_FILE_APPEND, NGX_FILE_CREATE_OR_OPEN, NGX_FILE_DEFAULT_ACCESS, log)
        };

        if fd == NGX_INVALID_FILE {
            (*of).fd = NGX_INVALID_FILE;
            return NGX_ERROR;
        }

        if ngx_fd_info(fd, fi) == NGX_FILE_ERROR {
            ngx_log_error!(NGX_LOG_CRIT, log, ngx_errno(); "fstat() \"%V\" failed", name);

            if ngx_close_file(fd) == NGX_FILE_ERROR {
                ngx_log_error!(NGX_LOG_ALERT, log, ngx_errno(); "close() \"%V\" failed", name);
            }

            (*of).fd = NGX_INVALID_FILE;

            return NGX_ERROR;
        }

        if ngx_is_dir(fi) {
            if ngx_close_file(fd) == NGX_FILE_ERROR {
                ngx_log_error!(NGX_LOG_ALERT, log, ngx_errno(); "close() \"%V\" failed", name);
            }

            (*of).fd = NGX_INVALID_FILE;
        } else {
            (*of).fd = fd;

            if (*of).read_ahead != 0
                && ngx_file_size(fi) > NGX_MIN_READ_AHEAD
                && ngx_read_ahead(fd, (*of).read_ahead) == NGX_ERROR
            {
                ngx_log_error!(NGX_LOG_ALERT, log, ngx_errno();
                               "posix_fadvise(POSIX_FADV_SEQUENTIAL) \"%V\" failed", name);
            }

            if (*of).directio <= ngx_file_size(fi) {
                if ngx_directio_on(fd) == NGX_FILE_ERROR as ngx_int_t {
                    ngx_log_error!(NGX_LOG_ALERT, log, ngx_errno(); "fcntl(O_DIRECT) \"%V\" failed", name);
                } else {
                    (*of).is_directio = true;
                }
            }
        }
    }

    // done:

    (*of).uniq = ngx_file_uniq(fi);
    (*of).mtime = ngx_file_mtime(fi);
    (*of).size = ngx_file_size(fi);
    (*of).fs_size = ngx_file_fs_size(fi);
    (*of).is_dir = ngx_is_dir(fi);
    (*of).is_file = ngx_is_file(fi);
    (*of).is_link = ngx_is_link(fi);
    (*of).is_exec = ngx_is_exec(fi);

    NGX_OK
}

/// Has the kernel watch a cached file, where an event method can: none here. A failure only means that the file is
/// tested again from time to time.
unsafe fn ngx_open_file_add_event(
    cache: *mut ngx_open_file_cache_t,
    file: *mut ngx_cached_open_file_t,
    of: *mut ngx_open_file_info_t,
    log: *mut ngx_log_t,
) {
    if ngx_event_flags.get() & NGX_USE_VNODE_EVENT == 0
        || !(*of).events
        || !(*file).event.is_null()
        || (*of).fd == NGX_INVALID_FILE
        || ((*file).uses as ngx_uint_t) < (*of).min_uses
    {
        return;
    }

    (*file).use_event = false;

    (*file).event = ngx_calloc(size_of::<ngx_event_t>(), log).cast();
    if (*file).event.is_null() {
        return;
    }

    let fev: *mut ngx_open_file_cache_event_t = ngx_alloc(size_of::<ngx_open_file_cache_event_t>(), log).cast();
    if fev.is_null() {
        ngx_free((*file).event.cast());
        (*file).event = null_mut();
        return;
    }

    (*fev).fd = (*of).fd;
    (*fev).file = file;
    (*fev).cache = cache;

    (*(*file).event).handler = Some(ngx_open_file_cache_remove);
    (*(*file).event).data = fev.cast();

    // the cycle's cleanups end this event before its log goes

    (*(*file).event).log = (*ngx_cycle.get()).log;

    if ngx_add_event((*file).event, NGX_VNODE_EVENT, NGX_ONESHOT_EVENT) != NGX_OK {
        ngx_free((*(*file).event).data);
        ngx_free((*file).event.cast());
        (*file).event = null_mut();
    }

    // Between open() and here the file may have changed unseen: use_event is set by the next access, which tests the
    // file once more.
}

unsafe fn ngx_open_file_cleanup(data: *mut c_void) {
    let c: *mut ngx_open_file_cache_cleanup_t = data.cast();

    (*(*c).file).count -= 1;

    ngx_close_cached_file((*c).cache, (*c).file, (*c).min_uses, (*c).log);

    // at the most two old files go with it
    ngx_expire_old_cached_files((*c).cache, 1, (*c).log);
}

unsafe fn ngx_close_cached_file(
    cache: *mut ngx_open_file_cache_t,
    file: *mut ngx_cached_open_file_t,
    min_uses: ngx_uint_t,
    log: *mut ngx_log_t,
) {
    ngx_log_debug!(NGX_LOG_DEBUG_CORE, log, 0;
                   "close cached open file: %s, fd:%d, c:%d, u:%d, %d",
                   (*file).name, (*file).fd, (*file).count, (*file).uses, (*file).close);

    if !(*file).close {
        (*file).accessed = ngx_time();

        ngx_queue_remove(&raw mut (*file).queue);

        ngx_queue_insert_head(&raw mut (*cache).expire_queue, &raw mut (*file).queue);

        if (*file).uses as ngx_uint_t >= min_uses || (*file).count != 0 {
            return;
        }
    }

    ngx_open_file_del_event(file);

    if (*file).count != 0 {
        return;
    }

    if (*file).fd != NGX_INVALID_FILE {
        if ngx_close_file((*file).fd) == NGX_FILE_ERROR {
            ngx_log_error!(NGX_LOG_ALERT, log, ngx_errno(); "close() \"%s\" failed", (*file).name);
        }

        (*file).fd = NGX_INVALID_FILE;
    }

    if !(*file).close {
        return;
    }

    ngx_free((*file).name.cast());
    ngx_free(file.cast());
}

unsafe fn ngx_open_file_del_event(file: *mut ngx_cached_open_file_t) {
    if (*file).event.is_null() {
        return;
    }

    let _ = ngx_del_event(
        (*file).event,
        NGX_VNODE_EVENT,
        if (*file).count != 0 { NGX_FLUSH_EVENT } else { NGX_CLOSE_EVENT },
    );

    ngx_free((*(*file).event).data);
    ngx_free((*file).event.cast());
    (*file).event = null_mut();
    (*file).use_event = false;
}

/// Drops inactive files, one or two of them, from the end of the queue; with `n` 0, the last one even if it is active.
unsafe fn ngx_expire_old_cached_files(cache: *mut ngx_open_file_cache_t, mut n: ngx_uint_t, log: *mut ngx_log_t) {
    let now = ngx_time();

    while n < 3 {
        if ngx_queue_empty(&raw const (*cache).expire_queue) {
            return;
        }

        let q = ngx_queue_last(&raw const (*cache).expire_queue);

        let file = ngx_queue_data!(q, ngx_cached_open_file_t, queue);

        let forced = n == 0;
        n += 1;

        if !forced && now - (*file).accessed <= (*cache).inactive {
            return;
        }

        ngx_queue_remove(q);

        ngx_rbtree_delete(&raw mut (*cache).rbtree, &raw mut (*file).node);

        (*cache).current -= 1;

        ngx_log_debug!(NGX_LOG_DEBUG_CORE, log, 0; "expire cached open file: %s", (*file).name);

        if (*file).err == 0 && !(*file).is_dir {
            (*file).close = true;
            ngx_close_cached_file(cache, file, 0, log);
        } else {
            ngx_free((*file).name.cast());
            ngx_free(file.cast());
        }
    }
}

unsafe fn ngx_open_file_cache_rbtree_insert_value(
    mut temp: *mut ngx_rbtree_node_t,
    node: *mut ngx_rbtree_node_t,
    sentinel: *mut ngx_rbtree_node_t,
) {
    let mut p;

    loop {
        if (*node).key < (*temp).key {
            p = &raw mut (*temp).left;
        } else if (*node).key > (*temp).key {
            p = &raw mut (*temp).right;
        } else {
            let file: *mut ngx_cached_open_file_t = node.cast();
            let file_temp: *mut ngx_cached_open_file_t = temp.cast();

            p = if ngx_strcmp((*file).name, (*file_temp).name) < 0 {
                &raw mut (*temp).left
            } else {
                &raw mut (*temp).right
            };
        }

        if *p == sentinel {
            break;
        }

        temp = *p;
    }

    *p = node;
    (*node).parent = temp;
    (*node).left = sentinel;
    (*node).right = sentinel;
    ngx_rbt_red(node);
}

unsafe fn ngx_open_file_lookup(
    cache: *mut ngx_open_file_cache_t,
    name: *mut ngx_str_t,
    hash: u32,
) -> *mut ngx_cached_open_file_t {
    let hash = hash as ngx_rbtree_key_t;

    let mut node = (*cache).rbtree.root;
    let sentinel = (*cache).rbtree.sentinel;

    while node != sentinel {
        if hash < (*node).key {
            node = (*node).left;
            continue;
        }

        if hash > (*node).key {
            node = (*node).right;
            continue;
        }

        let file: *mut ngx_cached_open_file_t = node.cast();

        let rc = ngx_strcmp((*name).data, (*file).name);

        if rc == 0 {
            return file;
        }

        node = if rc < 0 { (*node).left } else { (*node).right };
    }

    null_mut()
}

unsafe fn ngx_open_file_cache_remove(ev: *mut ngx_event_t) {
    let fev: *mut ngx_open_file_cache_event_t = (*ev).data.cast();
    let file = (*fev).file;

    ngx_queue_remove(&raw mut (*file).queue);

    ngx_rbtree_delete(&raw mut (*(*fev).cache).rbtree, &raw mut (*file).node);

    (*(*fev).cache).current -= 1;

    // a oneshot event has gone by itself
    (*file).event = null_mut();
    (*file).use_event = false;

    (*file).close = true;

    ngx_close_cached_file((*fev).cache, file, 0, (*ev).log);

    // `ev` and `fev` were needed until here

    ngx_free((*ev).data);
    ngx_free(ev.cast());
}
