//! Port of src/core/ngx_file.c and .h

use crate::core::{
    ngx_array::*, ngx_buf::*, ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_cycle::*, ngx_log::*, ngx_palloc::*,
    ngx_string::*, ngx_thread_pool::*,
};
use crate::event::ngx_event::*;
use crate::os::unix::{ngx_alloc::*, ngx_atomic::*, ngx_errno::*, ngx_files::*, ngx_time::*, ngx_user::*};

use core::mem::MaybeUninit;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_file_t {
    pub fd: ngx_fd_t,
    pub name: ngx_str_t,
    pub info: ngx_file_info_t,

    pub offset: off_t,
    pub sys_offset: off_t,

    pub log: *mut ngx_log_t,

    pub thread_handler: Option<unsafe fn(task: *mut ngx_thread_task_t, file: *mut ngx_file_t) -> ngx_int_t>,
    pub thread_ctx: *mut c_void,
    pub thread_task: *mut ngx_thread_task_t,

    pub aio: *mut ngx_event_aio_t,

    pub valid_info: bool,
    pub directio: bool,
}

pub const NGX_MAX_PATH_LEVEL: usize = 3;

pub type ngx_path_manager_pt = Option<unsafe fn(data: *mut c_void) -> ngx_msec_t>;
pub type ngx_path_purger_pt = Option<unsafe fn(data: *mut c_void) -> ngx_msec_t>;
pub type ngx_path_loader_pt = Option<unsafe fn(data: *mut c_void)>;

/// A directory with up to three levels of hashed ones below; `level` says how many characters each has.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_path_t {
    pub name: ngx_str_t,
    pub len: usize,
    pub level: [usize; NGX_MAX_PATH_LEVEL],

    pub manager: ngx_path_manager_pt,
    pub purger: ngx_path_purger_pt,
    pub loader: ngx_path_loader_pt,
    pub data: *mut c_void,

    /// NULL for a default.
    pub conf_file: *mut u8,
    pub line: ngx_uint_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_path_init_t {
    pub name: ngx_str_t,
    pub level: [usize; NGX_MAX_PATH_LEVEL],
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_temp_file_t {
    pub file: ngx_file_t,
    pub offset: off_t,
    pub path: *mut ngx_path_t,
    pub pool: *mut ngx_pool_t,
    pub warn: *const c_char,

    pub access: ngx_uint_t,

    pub log_level: u8,
    pub persistent: bool,
    pub clean: bool,
    pub thread_write: bool,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_ext_rename_file_t {
    pub access: ngx_uint_t,
    pub path_access: ngx_uint_t,
    pub time: time_t,
    pub fd: ngx_fd_t,

    pub create_path: bool,
    pub delete_file: bool,

    pub log: *mut ngx_log_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_copy_file_t {
    pub size: off_t,
    pub buf_size: usize,

    pub access: ngx_uint_t,
    pub time: time_t,

    pub log: *mut ngx_log_t,
}

pub type ngx_tree_init_handler_pt = Option<unsafe fn(ctx: *mut c_void, prev: *mut c_void) -> ngx_int_t>;
pub type ngx_tree_handler_pt = Option<unsafe fn(ctx: *mut ngx_tree_ctx_t, name: *mut ngx_str_t) -> ngx_int_t>;

/// What ngx_walk_tree() needs, and what it tells its handlers. A handler stops the walk with NGX_ABORT.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_tree_ctx_t {
    pub size: off_t,
    pub fs_size: off_t,
    pub access: ngx_uint_t,
    pub mtime: time_t,

    pub init_handler: ngx_tree_init_handler_pt,
    pub file_handler: ngx_tree_handler_pt,
    /// Before a directory is entered; NGX_DECLINED leaves it out.
    pub pre_tree_handler: ngx_tree_handler_pt,
    pub post_tree_handler: ngx_tree_handler_pt,
    /// For what is neither a file nor a directory.
    pub spec_handler: ngx_tree_handler_pt,

    pub data: *mut c_void,
    /// When not 0, each level has `data` of its own, of that size, set up by init_handler().
    pub alloc: usize,

    pub log: *mut ngx_log_t,
}

static temp_number: ngx_global_t<ngx_atomic_t> = ngx_global_t::new(0);
pub static ngx_temp_number: ngx_global_t<*mut ngx_atomic_t> = ngx_global_t::new(temp_number.ptr());
pub static ngx_random_number: ngx_global_t<ngx_atomic_int_t> = ngx_global_t::new(123456);

/// Puts `prefix` before a relative name; the name is NUL-terminated.
pub unsafe fn ngx_get_full_name(pool: *mut ngx_pool_t, prefix: *mut ngx_str_t, name: *mut ngx_str_t) -> ngx_int_t {
    let rc = ngx_test_full_name(name);

    if rc == NGX_OK {
        return rc;
    }

    let len = (*prefix).len;

    let n = ngx_pnalloc(pool, len + (*name).len + 1);
    if n.is_null() {
        return NGX_ERROR;
    }

    let p = ngx_cpymem(n, (*prefix).data, len);
    ngx_cpystrn(p, (*name).data, (*name).len + 1);

    (*name).len += len;
    (*name).data = n;

    NGX_OK
}

unsafe fn ngx_test_full_name(name: *mut ngx_str_t) -> ngx_int_t {
    if *(*name).data == b'/' {
        return NGX_OK;
    }

    NGX_DECLINED
}

pub unsafe fn ngx_write_chain_to_temp_file(tf: *mut ngx_temp_file_t, chain: *mut ngx_chain_t) -> isize {
    if (*tf).file.fd == NGX_INVALID_FILE {
        let rc = ngx_create_temp_file(
            &raw mut (*tf).file,
            (*tf).path,
            (*tf).pool,
            (*tf).persistent as ngx_uint_t,
            (*tf).clean as ngx_uint_t,
            (*tf).access,
        );

        if rc != NGX_OK {
            return rc;
        }

        if (*tf).log_level != 0 {
            ngx_log_error!((*tf).log_level as ngx_uint_t, (*tf).file.log, 0; "%s %V", (*tf).warn, (*tf).file.name);
        }
    }

    if (*tf).thread_write {
        return ngx_thread_write_chain_to_file(&raw mut (*tf).file, chain, (*tf).offset, (*tf).pool);
    }

    ngx_write_chain_to_file(&raw mut (*tf).file, chain, (*tf).offset, (*tf).pool)
}

/// Creates a numbered file below `path`, or, when `file` has a name already, beside that.
pub unsafe fn ngx_create_temp_file(
    file: *mut ngx_file_t,
    path: *mut ngx_path_t,
    pool: *mut ngx_pool_t,
    persistent: ngx_uint_t,
    clean: ngx_uint_t,
    access: ngx_uint_t,
) -> ngx_int_t {
    let name;
    let levels;
    let prefix;

    if (*file).name.len != 0 {
        name = (*file).name;
        levels = 0;
        prefix = true;
    } else {
        name = (*path).name;
        levels = (*path).len;
        prefix = false;
    }

    (*file).name.len = name.len + 1 + levels + 10;

    (*file).name.data = ngx_pnalloc(pool, (*file).name.len + 1);
    if (*file).name.data.is_null() {
        return NGX_ERROR;
    }

    let mut p = ngx_cpymem((*file).name.data, name.data, name.len);

    if prefix {
        *p = b'.';
    }

    p = p.add(1 + levels);

    let mut n = ngx_next_temp_number(0) as u32;

    let cln = ngx_pool_cleanup_add(pool, size_of::<ngx_pool_cleanup_file_t>());
    if cln.is_null() {
        return NGX_ERROR;
    }

    loop {
        let _ = ngx_sprintf!(p, "%010uD%Z", n);

        if !prefix {
            ngx_create_hashed_filename(path, (*file).name.data, (*file).name.len);
        }

        ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*file).log, 0; "hashed path: %s", (*file).name.data);

        (*file).fd = ngx_open_tempfile((*file).name.data, persistent, access);

        ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*file).log, 0; "temp fd:%d", (*file).fd);

        if (*file).fd != NGX_INVALID_FILE {
            (*cln).handler = if clean != 0 { Some(ngx_pool_delete_file) } else { Some(ngx_pool_cleanup_file) };
            let clnf: *mut ngx_pool_cleanup_file_t = (*cln).data.cast();

            (*clnf).fd = (*file).fd;
            (*clnf).name = (*file).name.data;
            (*clnf).log = (*pool).log;

            return NGX_OK;
        }

        let err = ngx_errno();

        if err == NGX_EEXIST_FILE {
            n = ngx_next_temp_number(1) as u32;
            continue;
        }

        if (*path).level[0] == 0 || err != NGX_ENOPATH {
            ngx_log_error!(NGX_LOG_CRIT, (*file).log, err; "open() \"%s\" failed", (*file).name.data);
            return NGX_ERROR;
        }

        if ngx_create_path(file, path) == NGX_ERROR {
            return NGX_ERROR;
        }
    }
}

/// Fills the levels in: the directories' names are the file name's last characters.
pub unsafe fn ngx_create_hashed_filename(path: *mut ngx_path_t, file: *mut u8, mut len: usize) {
    let mut i = (*path).name.len + 1;

    *file.add((*path).name.len + (*path).len) = b'/';

    for n in 0..NGX_MAX_PATH_LEVEL {
        let level = (*path).level[n];

        if level == 0 {
            break;
        }

        len -= level;
        *file.add(i - 1) = b'/';
        ngx_memcpy(file.add(i), file.add(len), level);
        i += level + 1;
    }
}

pub unsafe fn ngx_create_path(file: *mut ngx_file_t, path: *mut ngx_path_t) -> ngx_int_t {
    let mut pos = (*path).name.len;

    for i in 0..NGX_MAX_PATH_LEVEL {
        if (*path).level[i] == 0 {
            break;
        }

        pos += (*path).level[i] + 1;

        *(*file).name.data.add(pos) = 0;

        ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*file).log, 0; "temp file: \"%s\"", (*file).name.data);

        if ngx_create_dir((*file).name.data, 0o700) == NGX_FILE_ERROR {
            let err = ngx_errno();
            if err != NGX_EEXIST {
                ngx_log_error!(NGX_LOG_CRIT, (*file).log, err; "mkdir() \"%s\" failed", (*file).name.data);
                return NGX_ERROR;
            }
        }

        *(*file).name.data.add(pos) = b'/';
    }

    NGX_OK
}

/// Makes all directories above the file `dir`.
pub unsafe fn ngx_create_full_path(dir: *mut u8, access: ngx_uint_t) -> ngx_err_t {
    let mut err = 0;

    let mut p = dir.add(1);

    while *p != 0 {
        if *p == b'/' {
            *p = 0;

            if ngx_create_dir(dir, access) == NGX_FILE_ERROR {
                err = ngx_errno();

                match err {
                    NGX_EEXIST => err = 0,

                    NGX_EACCES => {}

                    // the path stays cut off here, as in C
                    _ => return err,
                }
            }

            *p = b'/';
        }

        p = p.add(1);
    }

    err
}

pub unsafe fn ngx_next_temp_number(collision: ngx_uint_t) -> ngx_atomic_uint_t {
    let add = if collision != 0 { ngx_random_number.get() } else { 1 };

    let n = ngx_atomic_fetch_add(ngx_temp_number.get(), add) as ngx_atomic_uint_t;

    n.wrapping_add(add as ngx_atomic_uint_t)
}

pub unsafe fn ngx_conf_set_path_slot(
    cf: *mut ngx_conf_t,
    cmd: *const ngx_command_t,
    conf: *mut c_void,
) -> ngx_conf_ret_t {
    let slot: *mut *mut ngx_path_t = conf.byte_add((*cmd).offset).cast();

    if !(*slot).is_null() {
        return NGX_CONF_MSG("is duplicate");
    }

    let path: *mut ngx_path_t = ngx_pcalloc((*cf).pool);
    if path.is_null() {
        return NGX_CONF_ERROR;
    }

    let value = (*(*cf).args).elts;

    (*path).name = *value.add(1);

    // an empty name has no last character; in C the byte before it is looked at
    if (*path).name.bytes().last() == Some(&b'/') {
        (*path).name.len -= 1;
    }

    if ngx_conf_full_name((*cf).cycle, &raw mut (*path).name, 0) != NGX_OK {
        return NGX_CONF_ERROR;
    }

    (*path).conf_file = (*(*cf).conf_file).file.name.data;
    (*path).line = (*(*cf).conf_file).line;

    let mut i = 0;
    let mut n = 2;

    while n < (*(*cf).args).nelts {
        let level = ngx_atoi((*value.add(n)).data, (*value.add(n)).len);
        if level == NGX_ERROR || level == 0 {
            return NGX_CONF_MSG("invalid value");
        }

        (*path).level[i] = level as usize;
        (*path).len = (*path).len.wrapping_add(level as usize + 1);

        i += 1;
        n += 1;
    }

    if (*path).len > 10 + i {
        return NGX_CONF_MSG("invalid value");
    }

    *slot = path;

    if ngx_add_path(cf, slot) == NGX_ERROR {
        return NGX_CONF_ERROR;
    }

    NGX_CONF_OK
}

pub unsafe fn ngx_conf_merge_path_value(
    cf: *mut ngx_conf_t,
    path: *mut *mut ngx_path_t,
    prev: *mut ngx_path_t,
    init: *const ngx_path_init_t,
) -> ngx_conf_ret_t {
    if !(*path).is_null() {
        return NGX_CONF_OK;
    }

    if !prev.is_null() {
        *path = prev;
        return NGX_CONF_OK;
    }

    *path = ngx_pcalloc((*cf).pool);
    if (*path).is_null() {
        return NGX_CONF_ERROR;
    }

    (**path).name = (*init).name;

    if ngx_conf_full_name((*cf).cycle, &raw mut (**path).name, 0) != NGX_OK {
        return NGX_CONF_ERROR;
    }

    for i in 0..NGX_MAX_PATH_LEVEL {
        (**path).level[i] = (*init).level[i];
        (**path).len += (*init).level[i] + if (*init).level[i] != 0 { 1 } else { 0 };
    }

    if ngx_add_path(cf, path) != NGX_OK {
        return NGX_CONF_ERROR;
    }

    NGX_CONF_OK
}

/// "user:rw group:r all:r"
pub unsafe fn ngx_conf_set_access_slot(
    cf: *mut ngx_conf_t,
    cmd: *const ngx_command_t,
    conf: *mut c_void,
) -> ngx_conf_ret_t {
    let access: *mut ngx_uint_t = conf.byte_add((*cmd).offset).cast();

    if *access != NGX_CONF_UNSET_UINT {
        return NGX_CONF_MSG("is duplicate");
    }

    let value = (*(*cf).args).elts;

    *access = 0;
    let mut user: ngx_uint_t = 0o600;

    let mut i = 1;

    'invalid: {
        while i < (*(*cf).args).nelts {
            let mut p = (*value.add(i)).data;

            let shift;

            if ngx_strncmp(p, b"user:".as_ptr(), "user:".len()) == 0 {
                shift = 6;
                p = p.add("user:".len());
                user = 0;
            } else if ngx_strncmp(p, b"group:".as_ptr(), "group:".len()) == 0 {
                shift = 3;
                p = p.add("group:".len());
            } else if ngx_strncmp(p, b"all:".as_ptr(), "all:".len()) == 0 {
                shift = 0;
                p = p.add("all:".len());
            } else {
                break 'invalid;
            }

            let right: ngx_uint_t;

            if ngx_strcmp(p, c"rw".as_ptr().cast()) == 0 {
                right = 6;
            } else if ngx_strcmp(p, c"r".as_ptr().cast()) == 0 {
                right = 4;
            } else {
                break 'invalid;
            }

            *access |= right << shift;

            i += 1;
        }

        *access |= user;

        return NGX_CONF_OK;
    }

    ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid value \"%V\"", *value.add(i));

    NGX_CONF_ERROR
}

/// Enters a path into the cycle's; one of the same name, owner and levels takes its place in `slot`.
pub unsafe fn ngx_add_path(cf: *mut ngx_conf_t, slot: *mut *mut ngx_path_t) -> ngx_int_t {
    let path = *slot;

    for i in 0..(*(*cf).cycle).paths.nelts {
        let p = *(*(*cf).cycle).paths.elts.add(i);

        if (*p).name.len == (*path).name.len && ngx_strcmp((*p).name.data, (*path).name.data) == 0 {
            if (*p).data != (*path).data {
                ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0;
                                    "the same path name \"%V\" used in %s:%ui and",
                                    (*p).name, (*p).conf_file, (*p).line);
                return NGX_ERROR;
            }

            for n in 0..NGX_MAX_PATH_LEVEL {
                if (*p).level[n] != (*path).level[n] {
                    if (*path).conf_file.is_null() {
                        if (*p).conf_file.is_null() {
                            ngx_log_error!(NGX_LOG_EMERG, (*cf).log, 0;
                                           "the default path name \"%V\" has \
                                            the same name as another default path, \
                                            but the different levels, you need to \
                                            redefine one of them in http section",
                                           (*p).name);
                            return NGX_ERROR;
                        }

                        ngx_log_error!(NGX_LOG_EMERG, (*cf).log, 0;
                                       "the path name \"%V\" in %s:%ui has \
                                        the same name as default path, but \
                                        the different levels, you need to \
                                        define default path in http section",
                                       (*p).name, (*p).conf_file, (*p).line);
                        return NGX_ERROR;
                    }

                    ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0;
                                        "the same path name \"%V\" in %s:%ui has the different levels than",
                                        (*p).name, (*p).conf_file, (*p).line);
                    return NGX_ERROR;
                }

                if (*p).level[n] == 0 {
                    break;
                }
            }

            *slot = p;

            return NGX_OK;
        }
    }

    let p = ngx_array_push(&raw mut (*(*cf).cycle).paths);
    if p.is_null() {
        return NGX_ERROR;
    }

    *p = path;

    NGX_OK
}

/// Makes the cycle's paths, and gives them to `user`, unless that is unset.
pub unsafe fn ngx_create_paths(cycle: *mut ngx_cycle_t, user: ngx_uid_t) -> ngx_int_t {
    for i in 0..(*cycle).paths.nelts {
        let path = *(*cycle).paths.elts.add(i);

        // DEVIATION: -t leaves no new directory behind; nginx creates it

        if ngx_test_config.get() != 0 {
            let fd = ngx_open_nameless_file((*path).name.data, NGX_FILE_OWNER_ACCESS);

            if fd != NGX_INVALID_FILE {
                ngx_close_file(fd);
                continue;
            }
        }

        if ngx_create_dir((*path).name.data, 0o700) == NGX_FILE_ERROR {
            let err = ngx_errno();
            if err != NGX_EEXIST {
                ngx_log_error!(NGX_LOG_EMERG, (*cycle).log, err; "mkdir() \"%s\" failed", (*path).name.data);
                return NGX_ERROR;
            }
        }

        if user == NGX_CONF_UNSET_UINT as ngx_uid_t {
            continue;
        }

        let mut fi = MaybeUninit::<ngx_file_info_t>::uninit();
        let fi = fi.as_mut_ptr();

        // DEVIATION: what is looked at is what gets the owner and the mode; nginx uses the name each time

        let fd = ngx_open_own_file((*path).name.data, NGX_FILE_RDONLY | NGX_FILE_NONBLOCK, NGX_FILE_OPEN, 0);

        if fd == NGX_INVALID_FILE || ngx_fd_info(fd, fi) == NGX_FILE_ERROR {
            ngx_log_error!(NGX_LOG_EMERG, (*cycle).log, ngx_errno(); "stat() \"%s\" failed", (*path).name.data);
            return NGX_ERROR;
        }

        if (*fi).st_uid != user && libc::fchown(fd, user, libc::gid_t::MAX) == -1 {
            ngx_log_error!(NGX_LOG_EMERG, (*cycle).log, ngx_errno();
                           "chown(\"%s\", %d) failed", (*path).name.data, user);
            ngx_close_file(fd);
            return NGX_ERROR;
        }

        let rwx = libc::S_IRUSR | libc::S_IWUSR | libc::S_IXUSR;

        if (*fi).st_mode & rwx != rwx {
            (*fi).st_mode |= rwx;

            if libc::fchmod(fd, (*fi).st_mode) == -1 {
                ngx_log_error!(NGX_LOG_EMERG, (*cycle).log, ngx_errno(); "chmod() \"%s\" failed", (*path).name.data);
                ngx_close_file(fd);
                return NGX_ERROR;
            }
        }

        ngx_close_file(fd);
    }

    NGX_OK
}

/// Renames, and sets what `ext` says first; to another file system it copies.
pub unsafe fn ngx_ext_rename_file(
    src: *mut ngx_str_t,
    to: *mut ngx_str_t,
    ext: *mut ngx_ext_rename_file_t,
) -> ngx_int_t {
    let mut err;

    'failed: {
        if (*ext).access != 0 && ngx_change_file_access((*src).data, (*ext).access) == NGX_FILE_ERROR {
            ngx_log_error!(NGX_LOG_CRIT, (*ext).log, ngx_errno(); "chmod() \"%s\" failed", (*src).data);
            err = 0;
            break 'failed;
        }

        if (*ext).time != -1 && ngx_set_file_time((*src).data, (*ext).fd, (*ext).time) != NGX_OK {
            ngx_log_error!(NGX_LOG_CRIT, (*ext).log, ngx_errno(); "utimes() \"%s\" failed", (*src).data);
            err = 0;
            break 'failed;
        }

        if ngx_rename_file((*src).data, (*to).data) != NGX_FILE_ERROR {
            return NGX_OK;
        }

        err = ngx_errno();

        if err == NGX_ENOPATH {
            if !(*ext).create_path {
                break 'failed;
            }

            err = ngx_create_full_path((*to).data, ngx_dir_access((*ext).path_access));

            if err != 0 {
                ngx_log_error!(NGX_LOG_CRIT, (*ext).log, err; "mkdir() \"%s\" failed", (*to).data);
                err = 0;
                break 'failed;
            }

            if ngx_rename_file((*src).data, (*to).data) != NGX_FILE_ERROR {
                return NGX_OK;
            }

            err = ngx_errno();
        }

        if err == NGX_EXDEV {
            let mut cf =
                ngx_copy_file_t { size: -1, buf_size: 0, access: (*ext).access, time: (*ext).time, log: (*ext).log };

            let name: *mut u8 = ngx_alloc((*to).len + 1 + 10 + 1, (*ext).log).cast();
            if name.is_null() {
                return NGX_ERROR;
            }

            let _ = ngx_sprintf!(name, "%*s.%010uD%Z", (*to).len, (*to).data, ngx_next_temp_number(0) as u32);

            if ngx_copy_file((*src).data, name, &raw mut cf) == NGX_OK {
                if ngx_rename_file(name, (*to).data) != NGX_FILE_ERROR {
                    ngx_free(name.cast());

                    if ngx_delete_file((*src).data) == NGX_FILE_ERROR {
                        ngx_log_error!(NGX_LOG_CRIT, (*ext).log, ngx_errno(); "unlink() \"%s\" failed", (*src).data);
                        return NGX_ERROR;
                    }

                    return NGX_OK;
                }

                ngx_log_error!(NGX_LOG_CRIT, (*ext).log, ngx_errno();
                               "rename() \"%s\" to \"%s\" failed", name, (*to).data);

                if ngx_delete_file(name) == NGX_FILE_ERROR {
                    ngx_log_error!(NGX_LOG_CRIT, (*ext).log, ngx_errno(); "unlink() \"%s\" failed", name);
                }
            }

            ngx_free(name.cast());

            err = 0;
        }
    }

    // failed:

    if (*ext).delete_file && ngx_delete_file((*src).data) == NGX_FILE_ERROR {
        ngx_log_error!(NGX_LOG_CRIT, (*ext).log, ngx_errno(); "unlink() \"%s\" failed", (*src).data);
    }

    if err != 0 {
        ngx_log_error!(NGX_LOG_CRIT, (*ext).log, err;
                       "rename() \"%s\" to \"%s\" failed", (*src).data, (*to).data);
    }

    NGX_ERROR
}

pub unsafe fn ngx_copy_file(from: *mut u8, to: *mut u8, cf: *mut ngx_copy_file_t) -> ngx_int_t {
    let mut rc = NGX_ERROR;
    let mut buf: *mut c_void = null_mut();
    let mut nfd = NGX_INVALID_FILE;

    let fd = ngx_open_file(from, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    'failed: {
        if fd == NGX_INVALID_FILE {
            ngx_log_error!(NGX_LOG_CRIT, (*cf).log, ngx_errno(); "open() \"%s\" failed", from);
            break 'failed;
        }

        let mut size;
        let access;
        let time;

        if (*cf).size != -1 && (*cf).access != 0 && (*cf).time != -1 {
            size = (*cf).size;
            access = (*cf).access;
            time = (*cf).time;
        } else {
            let mut fi = MaybeUninit::<ngx_file_info_t>::uninit();
            let fi = fi.as_mut_ptr();

            if ngx_fd_info(fd, fi) == NGX_FILE_ERROR {
                ngx_log_error!(NGX_LOG_ALERT, (*cf).log, ngx_errno(); "fstat() \"%s\" failed", from);

                break 'failed;
            }

            size = if (*cf).size != -1 { (*cf).size } else { ngx_file_size(fi) };
            access = if (*cf).access != 0 { (*cf).access } else { ngx_file_access(fi) };
            time = if (*cf).time != -1 { (*cf).time } else { ngx_file_mtime(fi) };
        }

        let mut len = if (*cf).buf_size != 0 { (*cf).buf_size } else { 65536 };

        if len as off_t > size {
            len = size as usize;
        }

        buf = ngx_alloc(len, (*cf).log);
        if buf.is_null() {
            break 'failed;
        }

        nfd = ngx_open_file(to, NGX_FILE_WRONLY, NGX_FILE_TRUNCATE, access);

        if nfd == NGX_INVALID_FILE {
            ngx_log_error!(NGX_LOG_CRIT, (*cf).log, ngx_errno(); "open() \"%s\" failed", to);
            break 'failed;
        }

        while size > 0 {
            if len as off_t > size {
                len = size as usize;
            }

            let mut n = ngx_read_fd(fd, buf, len);

            if n == -1 {
                ngx_log_error!(NGX_LOG_ALERT, (*cf).log, ngx_errno(); "read() \"%s\" failed", from);
                break 'failed;
            }

            if n as usize != len {
                ngx_log_error!(NGX_LOG_ALERT, (*cf).log, 0;
                               "read() has read only %z of %O from %s", n, size, from);
                break 'failed;
            }

            n = ngx_write_fd(nfd, buf, len);

            if n == -1 {
                ngx_log_error!(NGX_LOG_ALERT, (*cf).log, ngx_errno(); "write() \"%s\" failed", to);
                break 'failed;
            }

            if n as usize != len {
                ngx_log_error!(NGX_LOG_ALERT, (*cf).log, 0;
                               "write() has written only %z of %O to %s", n, size, to);
                break 'failed;
            }

            size -= n as off_t;
        }

        if ngx_set_file_time(to, nfd, time) != NGX_OK {
            ngx_log_error!(NGX_LOG_ALERT, (*cf).log, ngx_errno(); "utimes() \"%s\" failed", to);
            break 'failed;
        }

        rc = NGX_OK;
    }

    // failed:

    if nfd != NGX_INVALID_FILE && ngx_close_file(nfd) == NGX_FILE_ERROR {
        ngx_log_error!(NGX_LOG_ALERT, (*cf).log, ngx_errno(); "close() \"%s\" failed", to);
    }

    if fd != NGX_INVALID_FILE && ngx_close_file(fd) == NGX_FILE_ERROR {
        ngx_log_error!(NGX_LOG_ALERT, (*cf).log, ngx_errno(); "close() \"%s\" failed", from);
    }

    if !buf.is_null() {
        ngx_free(buf);
    }

    rc
}

/// Calls `ctx`'s handlers for all that lies below `tree`. NGX_ABORT means no memory, or a handler's own.
pub unsafe fn ngx_walk_tree(ctx: *mut ngx_tree_ctx_t, tree: *mut ngx_str_t) -> ngx_int_t {
    let mut rc;

    let mut buf = ngx_null_string;

    ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*ctx).log, 0; "walk tree \"%V\"", tree);

    let mut dir = MaybeUninit::<ngx_dir_t>::uninit();
    let dir = dir.as_mut_ptr();

    if ngx_open_dir(tree, dir) == NGX_ERROR {
        ngx_log_error!(NGX_LOG_CRIT, (*ctx).log, ngx_errno(); "opendir() \"%s\" failed", (*tree).data);
        return NGX_ERROR;
    }

    let prev = (*ctx).data;
    let mut data: *mut c_void = null_mut();

    'done: {
        'failed: {
            if (*ctx).alloc != 0 {
                data = ngx_alloc((*ctx).alloc, (*ctx).log);
                if data.is_null() {
                    break 'failed;
                }

                if (*ctx).init_handler.unwrap()(data, prev) == NGX_ABORT {
                    break 'failed;
                }

                (*ctx).data = data;
            }

            loop {
                ngx_set_errno(0);

                if ngx_read_dir(dir) == NGX_ERROR {
                    let err = ngx_errno();

                    if err == NGX_ENOMOREFILES {
                        rc = NGX_OK;
                    } else {
                        ngx_log_error!(NGX_LOG_CRIT, (*ctx).log, err; "readdir() \"%s\" failed", (*tree).data);
                        rc = NGX_ERROR;
                    }

                    break 'done;
                }

                let len = ngx_de_namelen(dir);
                let name = ngx_de_name(dir);

                ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*ctx).log, 0; "tree name %uz:\"%s\"", len, name);

                if len == 1 && *name == b'.' {
                    continue;
                }

                if len == 2 && *name == b'.' && *name.add(1) == b'.' {
                    continue;
                }

                let mut file = ngx_str_t { len: (*tree).len + 1 + len, data: null_mut() };

                if file.len > buf.len {
                    if buf.len != 0 {
                        ngx_free(buf.data.cast());
                    }

                    buf.len = (*tree).len + 1 + len;

                    buf.data = ngx_alloc(buf.len + 1, (*ctx).log).cast();
                    if buf.data.is_null() {
                        break 'failed;
                    }
                }

                let mut p = ngx_cpymem(buf.data, (*tree).data, (*tree).len);
                *p = b'/';
                p = p.add(1);
                ngx_memcpy(p, name, len + 1);

                file.data = buf.data;

                ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*ctx).log, 0; "tree path \"%s\"", file.data);

                if !(*dir).valid_info && ngx_de_info(file.data, dir) == NGX_FILE_ERROR {
                    ngx_log_error!(NGX_LOG_CRIT, (*ctx).log, ngx_errno(); "stat() \"%s\" failed", file.data);
                    continue;
                }

                if ngx_de_is_file(dir) {
                    ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*ctx).log, 0; "tree file \"%s\"", file.data);

                    (*ctx).size = ngx_de_size(dir);
                    (*ctx).fs_size = ngx_de_fs_size(dir);
                    (*ctx).access = ngx_de_access(dir);
                    (*ctx).mtime = ngx_de_mtime(dir);

                    if (*ctx).file_handler.unwrap()(ctx, &raw mut file) == NGX_ABORT {
                        break 'failed;
                    }
                } else if ngx_de_is_dir(dir) {
                    ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*ctx).log, 0; "tree enter dir \"%s\"", file.data);

                    (*ctx).access = ngx_de_access(dir);
                    (*ctx).mtime = ngx_de_mtime(dir);

                    rc = (*ctx).pre_tree_handler.unwrap()(ctx, &raw mut file);

                    if rc == NGX_ABORT {
                        break 'failed;
                    }

                    if rc == NGX_DECLINED {
                        ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*ctx).log, 0; "tree skip dir \"%s\"", file.data);
                        continue;
                    }

                    if ngx_walk_tree(ctx, &raw mut file) == NGX_ABORT {
                        break 'failed;
                    }

                    (*ctx).access = ngx_de_access(dir);
                    (*ctx).mtime = ngx_de_mtime(dir);

                    if (*ctx).post_tree_handler.unwrap()(ctx, &raw mut file) == NGX_ABORT {
                        break 'failed;
                    }
                } else {
                    ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*ctx).log, 0; "tree special \"%s\"", file.data);

                    if (*ctx).spec_handler.unwrap()(ctx, &raw mut file) == NGX_ABORT {
                        break 'failed;
                    }
                }
            }
        }

        // failed:

        rc = NGX_ABORT;
    }

    // done:

    if buf.len != 0 {
        ngx_free(buf.data.cast());
    }

    if !data.is_null() {
        ngx_free(data);
        (*ctx).data = prev;
    }

    if ngx_close_dir(dir) == NGX_ERROR as c_int {
        ngx_log_error!(NGX_LOG_CRIT, (*ctx).log, ngx_errno(); "closedir() \"%s\" failed", (*tree).data);
    }

    rc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashed_filename() {
        let path = |level: [usize; 3]| ngx_path_t {
            name: ngx_string!("/tmp"),
            len: level.iter().map(|n| n + (*n != 0) as usize).sum(),
            level,
            manager: None,
            purger: None,
            loader: None,
            data: null_mut(),
            conf_file: null_mut(),
            line: 0,
        };

        for (level, want) in [
            ([0, 0, 0], &b"/tmp/0123456789"[..]),
            ([1, 0, 0], b"/tmp/9/0123456789"),
            ([1, 2, 0], b"/tmp/9/78/0123456789"),
            ([3, 2, 1], b"/tmp/789/56/4/0123456789"),
        ] {
            let mut path = path(level);
            let mut file = [b'#'; 64];
            let start = 5 + path.len;
            file[..4].copy_from_slice(b"/tmp");
            file[start..start + 10].copy_from_slice(b"0123456789");

            unsafe { ngx_create_hashed_filename(&raw mut path, file.as_mut_ptr(), start + 10) };

            assert_eq!(&file[..start + 10], want);
            assert!(file[start + 10..].iter().all(|c| *c == b'#'));
        }
    }
}
