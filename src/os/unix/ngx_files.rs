//! Port of src/os/unix/ngx_files.c and .h
//! Ours: where C has ngx_open_file_n and the like, the texts write "open()" out; ngx_open_own_file(),
//! ngx_open_nameless_file().

use crate::core::{
    ngx_buf::*, ngx_config::*, ngx_core::*, ngx_file::*, ngx_log::*, ngx_palloc::*, ngx_string::*, ngx_thread_pool::*,
    ngx_times::*,
};
use crate::os::unix::{ngx_alloc::*, ngx_errno::*, ngx_os::*};

use core::mem::{MaybeUninit, zeroed};

pub type ngx_fd_t = c_int;
pub type ngx_file_info_t = libc::stat;
pub type ngx_file_uniq_t = ino_t;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_file_mapping_t {
    pub name: *mut u8,
    pub size: usize,
    pub addr: *mut c_void,
    pub fd: ngx_fd_t,
    pub log: *mut ngx_log_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_dir_t {
    pub dir: *mut libc::DIR,
    pub de: *mut libc::dirent64,
    pub info: ngx_file_info_t,

    pub type_: u8,
    pub valid_info: bool,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_glob_t {
    pub n: usize,
    pub pglob: libc::glob_t,
    pub pattern: *mut u8,
    pub log: *mut ngx_log_t,
    pub test: ngx_uint_t,
}

pub const NGX_INVALID_FILE: ngx_fd_t = -1;
pub const NGX_FILE_ERROR: c_int = -1;

#[inline(always)]
pub unsafe fn ngx_open_file(name: *const u8, mode: c_int, create: c_int, access: ngx_uint_t) -> ngx_fd_t {
    libc::open(name.cast(), mode | create, access as libc::mode_t)
}

// ngx_open_file_n is "open()"

pub const NGX_FILE_RDONLY: c_int = libc::O_RDONLY;
pub const NGX_FILE_WRONLY: c_int = libc::O_WRONLY;
pub const NGX_FILE_RDWR: c_int = libc::O_RDWR;
pub const NGX_FILE_CREATE_OR_OPEN: c_int = libc::O_CREAT;
pub const NGX_FILE_OPEN: c_int = 0;
pub const NGX_FILE_TRUNCATE: c_int = libc::O_CREAT | libc::O_TRUNC;
pub const NGX_FILE_APPEND: c_int = libc::O_WRONLY | libc::O_APPEND;
pub const NGX_FILE_NONBLOCK: c_int = libc::O_NONBLOCK;

pub const NGX_FILE_NOFOLLOW: c_int = libc::O_NOFOLLOW;
pub const NGX_FILE_DIRECTORY: c_int = libc::O_DIRECTORY;
pub const NGX_FILE_SEARCH: c_int = libc::O_PATH | libc::O_RDONLY | NGX_FILE_DIRECTORY;

pub const NGX_FILE_DEFAULT_ACCESS: ngx_uint_t = 0o644;
pub const NGX_FILE_OWNER_ACCESS: ngx_uint_t = 0o600;

#[inline(always)]
pub unsafe fn ngx_close_file(fd: ngx_fd_t) -> c_int {
    libc::close(fd)
}
// ngx_close_file_n is "close()"

#[inline(always)]
pub unsafe fn ngx_delete_file(name: *const u8) -> c_int {
    libc::unlink(name.cast())
}
// ngx_delete_file_n is "unlink()"

// ngx_open_tempfile_n is "open()"
// ngx_read_file_n is "pread()"

#[inline(always)]
pub unsafe fn ngx_read_fd(fd: ngx_fd_t, buf: *mut c_void, n: usize) -> isize {
    libc::read(fd, buf, n)
}
// ngx_read_fd_n is "read()"

#[inline(always)]
pub unsafe fn ngx_write_fd(fd: ngx_fd_t, buf: *const c_void, n: usize) -> isize {
    libc::write(fd, buf, n)
}
// ngx_write_fd_n is "write()"

#[inline(always)]
pub unsafe fn ngx_write_console(fd: ngx_fd_t, buf: *const c_void, n: usize) -> isize {
    ngx_write_fd(fd, buf, n)
}

pub const NGX_LINEFEED_SIZE: usize = 1;
pub const NGX_LINEFEED: &str = "\x0a";

#[inline(always)]
pub unsafe fn ngx_rename_file(o: *const u8, n: *const u8) -> c_int {
    libc::rename(o.cast(), n.cast())
}
// ngx_rename_file_n is "rename()"

#[inline(always)]
pub unsafe fn ngx_change_file_access(n: *const u8, a: ngx_uint_t) -> c_int {
    libc::chmod(n.cast(), a as libc::mode_t)
}
// ngx_change_file_access_n is "chmod()"

// ngx_set_file_time_n is "utimes()"

#[inline(always)]
pub unsafe fn ngx_file_info(file: *const u8, sb: *mut ngx_file_info_t) -> c_int {
    libc::stat(file.cast(), sb)
}
// ngx_file_info_n is "stat()"

#[inline(always)]
pub unsafe fn ngx_fd_info(fd: ngx_fd_t, sb: *mut ngx_file_info_t) -> c_int {
    libc::fstat(fd, sb)
}
// ngx_fd_info_n is "fstat()"

#[inline(always)]
pub unsafe fn ngx_link_info(file: *const u8, sb: *mut ngx_file_info_t) -> c_int {
    libc::lstat(file.cast(), sb)
}
// ngx_link_info_n is "lstat()"

#[inline(always)]
pub unsafe fn ngx_is_dir(sb: *const ngx_file_info_t) -> bool {
    (*sb).st_mode & libc::S_IFMT == libc::S_IFDIR
}

#[inline(always)]
pub unsafe fn ngx_is_file(sb: *const ngx_file_info_t) -> bool {
    (*sb).st_mode & libc::S_IFMT == libc::S_IFREG
}

#[inline(always)]
pub unsafe fn ngx_is_link(sb: *const ngx_file_info_t) -> bool {
    (*sb).st_mode & libc::S_IFMT == libc::S_IFLNK
}

#[inline(always)]
pub unsafe fn ngx_is_exec(sb: *const ngx_file_info_t) -> bool {
    (*sb).st_mode & libc::S_IXUSR == libc::S_IXUSR
}

#[inline(always)]
pub unsafe fn ngx_file_access(sb: *const ngx_file_info_t) -> ngx_uint_t {
    ((*sb).st_mode & 0o777) as ngx_uint_t
}

#[inline(always)]
pub unsafe fn ngx_file_size(sb: *const ngx_file_info_t) -> off_t {
    (*sb).st_size
}

/// What the file takes on the disk, unless it is sparse or preallocated far beyond its size.
#[inline(always)]
pub unsafe fn ngx_file_fs_size(sb: *const ngx_file_info_t) -> off_t {
    if (*sb).st_blocks * 512 > (*sb).st_size && (*sb).st_blocks * 512 < (*sb).st_size + 8 * (*sb).st_blksize as off_t {
        (*sb).st_blocks * 512
    } else {
        (*sb).st_size
    }
}

#[inline(always)]
pub unsafe fn ngx_file_mtime(sb: *const ngx_file_info_t) -> time_t {
    (*sb).st_mtime
}

#[inline(always)]
pub unsafe fn ngx_file_uniq(sb: *const ngx_file_info_t) -> ngx_file_uniq_t {
    (*sb).st_ino
}

#[inline(always)]
pub unsafe fn ngx_realpath(p: *const u8, r: *mut u8) -> *mut u8 {
    libc::realpath(p.cast(), r.cast()).cast()
}
// ngx_realpath_n is "realpath()"

#[inline(always)]
pub unsafe fn ngx_getcwd(buf: *mut u8, size: usize) -> bool {
    !libc::getcwd(buf.cast(), size).is_null()
}
// ngx_getcwd_n is "getcwd()"

#[inline(always)]
pub fn ngx_path_separator(c: u8) -> bool {
    c == b'/'
}

pub const NGX_MAX_PATH: usize = libc::PATH_MAX as usize;

// ngx_open_dir_n is "opendir()"

#[inline(always)]
pub unsafe fn ngx_close_dir(d: *mut ngx_dir_t) -> c_int {
    libc::closedir((*d).dir)
}
// ngx_close_dir_n is "closedir()"

// ngx_read_dir_n is "readdir()"

#[inline(always)]
pub unsafe fn ngx_create_dir(name: *const u8, access: ngx_uint_t) -> c_int {
    libc::mkdir(name.cast(), access as libc::mode_t)
}
// ngx_create_dir_n is "mkdir()"

#[inline(always)]
pub unsafe fn ngx_delete_dir(name: *const u8) -> c_int {
    libc::rmdir(name.cast())
}
// ngx_delete_dir_n is "rmdir()"

#[inline(always)]
pub fn ngx_dir_access(a: ngx_uint_t) -> ngx_uint_t {
    a | (a & 0o444) >> 2
}

#[inline(always)]
pub unsafe fn ngx_de_name(dir: *mut ngx_dir_t) -> *mut u8 {
    (&raw mut (*(*dir).de).d_name).cast()
}

#[inline(always)]
pub unsafe fn ngx_de_namelen(dir: *mut ngx_dir_t) -> usize {
    libc::strlen((&raw const (*(*dir).de).d_name).cast())
}

#[inline(always)]
pub unsafe fn ngx_de_info(name: *const u8, dir: *mut ngx_dir_t) -> c_int {
    (*dir).type_ = 0;
    libc::stat(name.cast(), &raw mut (*dir).info)
}
// ngx_de_info_n is "stat()"

#[inline(always)]
pub unsafe fn ngx_de_link_info(name: *const u8, dir: *mut ngx_dir_t) -> c_int {
    libc::lstat(name.cast(), &raw mut (*dir).info)
}
// ngx_de_link_info_n is "lstat()"

// not every file system fills d_type; ngx_dir_t's info counts then

#[inline(always)]
pub unsafe fn ngx_de_is_dir(dir: *mut ngx_dir_t) -> bool {
    if (*dir).type_ != 0 { (*dir).type_ == libc::DT_DIR } else { ngx_is_dir(&raw const (*dir).info) }
}

#[inline(always)]
pub unsafe fn ngx_de_is_file(dir: *mut ngx_dir_t) -> bool {
    if (*dir).type_ != 0 { (*dir).type_ == libc::DT_REG } else { ngx_is_file(&raw const (*dir).info) }
}

#[inline(always)]
pub unsafe fn ngx_de_is_link(dir: *mut ngx_dir_t) -> bool {
    if (*dir).type_ != 0 { (*dir).type_ == libc::DT_LNK } else { ngx_is_link(&raw const (*dir).info) }
}

#[inline(always)]
pub unsafe fn ngx_de_access(dir: *mut ngx_dir_t) -> ngx_uint_t {
    ((*dir).info.st_mode & 0o777) as ngx_uint_t
}

#[inline(always)]
pub unsafe fn ngx_de_size(dir: *mut ngx_dir_t) -> off_t {
    (*dir).info.st_size
}

#[inline(always)]
pub unsafe fn ngx_de_fs_size(dir: *mut ngx_dir_t) -> off_t {
    ngx_max((*dir).info.st_size, (*dir).info.st_blocks * 512)
}

#[inline(always)]
pub unsafe fn ngx_de_mtime(dir: *mut ngx_dir_t) -> time_t {
    (*dir).info.st_mtime
}

// ngx_open_glob_n is "glob()"

// ngx_trylock_fd_n is "fcntl(F_SETLK, F_WRLCK)"
// ngx_lock_fd_n is "fcntl(F_SETLKW, F_WRLCK)"
// ngx_unlock_fd_n is "fcntl(F_SETLK, F_UNLCK)"

// ngx_read_ahead_n is "posix_fadvise(POSIX_FADV_SEQUENTIAL)"

// ngx_directio_on_n is "fcntl(O_DIRECT)"
// ngx_directio_off_n is "fcntl(!O_DIRECT)"

#[inline(always)]
pub unsafe fn ngx_openat_file(
    fd: ngx_fd_t,
    name: *const u8,
    mode: c_int,
    create: c_int,
    access: ngx_uint_t,
) -> ngx_fd_t {
    libc::openat(fd, name.cast(), mode | create, access as libc::mode_t)
}
// ngx_openat_file_n is "openat()"

#[inline(always)]
pub unsafe fn ngx_file_at_info(fd: ngx_fd_t, name: *const u8, sb: *mut ngx_file_info_t, flag: c_int) -> c_int {
    libc::fstatat(fd, name.cast(), sb, flag)
}
// ngx_file_at_info_n is "fstatat()"

pub const NGX_AT_FDCWD: ngx_fd_t = libc::AT_FDCWD;

pub const ngx_stdout: ngx_fd_t = libc::STDOUT_FILENO;
pub const ngx_stderr: ngx_fd_t = libc::STDERR_FILENO;

#[inline(always)]
pub unsafe fn ngx_set_stderr(fd: ngx_fd_t) -> c_int {
    libc::dup2(fd, libc::STDERR_FILENO)
}
// ngx_set_stderr_n is "dup2(STDERR_FILENO)"

pub static ngx_file_aio: ngx_global_t<ngx_uint_t> = ngx_global_t::new(1);

pub unsafe fn ngx_read_file(file: *mut ngx_file_t, buf: *mut u8, size: usize, offset: off_t) -> isize {
    ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*file).log, 0; "read: %d, %p, %uz, %O", (*file).fd, buf, size, offset);

    let n = libc::pread((*file).fd, buf.cast(), size, offset);

    if n == -1 {
        ngx_log_error!(NGX_LOG_CRIT, (*file).log, ngx_errno(); "pread() \"%s\" failed", (*file).name.data);
        return NGX_ERROR;
    }

    (*file).offset += n as off_t;

    n
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_thread_file_ctx_t {
    fd: ngx_fd_t,
    /// 0 or 1
    write: ngx_uint_t,

    buf: *mut u8,
    size: usize,
    chain: *mut ngx_chain_t,
    offset: off_t,

    nbytes: usize,
    err: ngx_err_t,
}

pub unsafe fn ngx_thread_read(
    file: *mut ngx_file_t,
    buf: *mut u8,
    size: usize,
    offset: off_t,
    pool: *mut ngx_pool_t,
) -> isize {
    ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*file).log, 0;
                   "thread read: %d, %p, %uz, %O", (*file).fd, buf, size, offset);

    let mut task = (*file).thread_task;

    if task.is_null() {
        task = ngx_thread_task_alloc(pool, size_of::<ngx_thread_file_ctx_t>());
        if task.is_null() {
            return NGX_ERROR;
        }

        (*task).event.log = (*file).log;

        (*file).thread_task = task;
    }

    let ctx = (*task).ctx.cast::<ngx_thread_file_ctx_t>();

    if (*task).event.complete {
        (*task).event.complete = false;

        if (*ctx).write != 0 {
            ngx_log_error!(NGX_LOG_ALERT, (*file).log, 0; "invalid thread call, read instead of write");
            return NGX_ERROR;
        }

        if (*ctx).err != 0 {
            ngx_log_error!(NGX_LOG_CRIT, (*file).log, (*ctx).err; "pread() \"%s\" failed", (*file).name.data);
            return NGX_ERROR;
        }

        return (*ctx).nbytes as isize;
    }

    (*task).handler = Some(ngx_thread_read_handler);

    (*ctx).write = 0;

    (*ctx).fd = (*file).fd;
    (*ctx).buf = buf;
    (*ctx).size = size;
    (*ctx).offset = offset;

    if (*file).thread_handler.unwrap()(task, file) != NGX_OK {
        return NGX_ERROR;
    }

    NGX_AGAIN
}

// SAFETY: runs in a thread of the pool. Between ngx_thread_task_post() and the completion handler nobody else touches
// the context and the buffer; the log it only reads.
unsafe fn ngx_thread_read_handler(data: *mut c_void, log: *mut ngx_log_t) {
    let ctx = data.cast::<ngx_thread_file_ctx_t>();

    ngx_log_debug!(NGX_LOG_DEBUG_CORE, log, 0; "thread read handler");

    let n = libc::pread((*ctx).fd, (*ctx).buf.cast(), (*ctx).size, (*ctx).offset);

    if n == -1 {
        (*ctx).err = ngx_errno();
    } else {
        (*ctx).nbytes = n as usize;
        (*ctx).err = 0;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_CORE, log, 0;
                   "pread: %z (err: %d) of %uz @%O", n, (*ctx).err, (*ctx).size, (*ctx).offset);
}

pub unsafe fn ngx_write_file(file: *mut ngx_file_t, buf: *mut u8, mut size: usize, mut offset: off_t) -> isize {
    ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*file).log, 0; "write: %d, %p, %uz, %O", (*file).fd, buf, size, offset);

    let mut written: isize = 0;

    loop {
        let n = libc::pwrite((*file).fd, buf.offset(written).cast(), size, offset);

        if n == -1 {
            let err = ngx_errno();

            if err == NGX_EINTR {
                ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*file).log, err; "pwrite() was interrupted");
                continue;
            }

            ngx_log_error!(NGX_LOG_CRIT, (*file).log, err; "pwrite() \"%s\" failed", (*file).name.data);
            return NGX_ERROR;
        }

        (*file).offset += n as off_t;
        written += n;

        if n as usize == size {
            return written;
        }

        offset += n as off_t;
        size -= n as usize;
    }
}

/// Whether only root, we and our group can put a name into this directory.
unsafe fn ngx_own_dir(fi: *const ngx_file_info_t) -> bool {
    ((*fi).st_uid == 0 || (*fi).st_uid == libc::geteuid())
        && (*fi).st_mode & libc::S_IWOTH == 0
        && ((*fi).st_mode & libc::S_IWGRP == 0 || (*fi).st_gid == 0 || (*fi).st_gid == libc::getegid())
}

/// DEVIATION: open() for what the master opens by its name and gives to the workers' user: logs, temporary directories.
/// nginx follows every symlink. Here one is followed only in a directory where nobody but root and we can have put it,
/// so that the owner of a log directory cannot turn error.log into /etc/ld.so.preload (CVE-2016-1247); nor by a hard
/// link. "/var/log/nginx/error.log -> /dev/stderr" in root's directory works.
pub unsafe fn ngx_open_own_file(name: *const u8, mode: c_int, create: c_int, access: ngx_uint_t) -> ngx_fd_t {
    if ngx_strlen(name) >= NGX_MAX_PATH {
        ngx_set_errno(libc::ENAMETOOLONG);
        return NGX_INVALID_FILE;
    }

    let path = libc::O_PATH | libc::O_DIRECTORY | libc::O_CLOEXEC;

    let mut p = name;
    let mut dir = libc::open(if *p == b'/' { c"/" } else { c"." }.as_ptr(), path);

    let mut fi: ngx_file_info_t = zeroed();
    let mut buf = [0u8; NGX_MAX_PATH];

    while dir != NGX_INVALID_FILE {
        while *p == b'/' {
            p = p.add(1);
        }

        let mut len = 0;
        while *p.add(len) != 0 && *p.add(len) != b'/' {
            buf[len] = *p.add(len);
            len += 1;
        }
        buf[len] = 0;

        let mut next = len;
        while *p.add(next) == b'/' {
            next += 1;
        }

        let own = ngx_fd_info(dir, &raw mut fi) != NGX_FILE_ERROR && ngx_own_dir(&raw const fi);
        let nofollow = if own { 0 } else { libc::O_NOFOLLOW };

        let fd = if *p.add(next) == 0 {
            ngx_openat_file(dir, if len != 0 { p } else { c".".as_ptr().cast() }, mode, create | nofollow, access)
        } else {
            ngx_openat_file(dir, buf.as_ptr(), path, nofollow, 0)
        };

        let err = ngx_errno();
        ngx_close_file(dir);
        ngx_set_errno(err);

        if *p.add(next) != 0 {
            dir = fd;
            p = p.add(next);
            continue;
        }

        if !own
            && fd != NGX_INVALID_FILE
            && ngx_fd_info(fd, &raw mut fi) != NGX_FILE_ERROR
            && ngx_is_file(&raw const fi)
            && fi.st_nlink > 1
        {
            ngx_close_file(fd);
            ngx_set_errno(libc::EMLINK);
            return NGX_INVALID_FILE;
        }

        return fd;
    }

    NGX_INVALID_FILE
}

/// A file without a name in the directory of `name`: shows whether one could be made there, and leaves nothing behind.
/// NGX_INVALID_FILE may also mean that there is a symlink, or that the file system cannot do it.
pub unsafe fn ngx_open_nameless_file(name: *const u8, access: ngx_uint_t) -> ngx_fd_t {
    let mut fi: ngx_file_info_t = zeroed();
    let mut buf = [0u8; NGX_MAX_PATH];

    if ngx_strlen(name) >= NGX_MAX_PATH
        || ngx_link_info(name, &raw mut fi) != NGX_FILE_ERROR
        || ngx_errno() != NGX_ENOENT
    {
        return NGX_INVALID_FILE;
    }

    ngx_memcpy(buf.as_mut_ptr(), name, ngx_strlen(name));

    match memchr::memrchr(b'/', &buf) {
        Some(n) => buf[n + 1] = 0,
        None => buf[..2].copy_from_slice(b".\0"),
    }

    ngx_open_file(buf.as_ptr(), NGX_FILE_RDWR | libc::O_APPEND, libc::O_TMPFILE, access)
}

pub unsafe fn ngx_open_tempfile(name: *mut u8, persistent: ngx_uint_t, access: ngx_uint_t) -> ngx_fd_t {
    let fd = libc::open(
        name.cast(),
        libc::O_CREAT | libc::O_EXCL | libc::O_RDWR,
        (if access != 0 { access } else { 0o600 }) as libc::mode_t,
    );

    // DEVIATION: a mode that was asked for is the file's, where nginx lets the umask of its starter cut it

    if fd != -1 && access != 0 {
        let _ = libc::fchmod(fd, access as libc::mode_t);
    }

    if fd != -1 && persistent == 0 {
        let _ = libc::unlink(name.cast());
    }

    fd
}

pub unsafe fn ngx_write_chain_to_file(
    file: *mut ngx_file_t,
    mut cl: *mut ngx_chain_t,
    mut offset: off_t,
    _pool: *mut ngx_pool_t,
) -> isize {
    // one buf only

    if (*cl).next.is_null() {
        let b = (*cl).buf;
        return ngx_write_file(file, (*b).pos, (*b).last.offset_from((*b).pos) as usize, offset);
    }

    let mut total: isize = 0;

    let mut iovs = MaybeUninit::<[libc::iovec; NGX_IOVS_PREALLOCATE]>::uninit();

    let mut vec = ngx_iovec_t { iovs: iovs.as_mut_ptr().cast(), count: 0, size: 0, nalloc: NGX_IOVS_PREALLOCATE };

    loop {
        cl = ngx_chain_to_iovec(&raw mut vec, cl);

        // the bufs were neighbours in memory

        if vec.count == 1 {
            let n = ngx_write_file(file, (*vec.iovs).iov_base.cast(), (*vec.iovs).iov_len, offset);

            if n == NGX_ERROR {
                return n;
            }

            return total + n;
        }

        let n = ngx_writev_file(file, &raw mut vec, offset);

        if n == NGX_ERROR {
            return n;
        }

        offset += n as off_t;
        total += n;

        if cl.is_null() {
            break;
        }
    }

    total
}

/// Bufs that are neighbours in memory become one iovec. Returns what did not fit.
unsafe fn ngx_chain_to_iovec(vec: *mut ngx_iovec_t, mut cl: *mut ngx_chain_t) -> *mut ngx_chain_t {
    let mut iov: *mut libc::iovec = null_mut();
    let mut prev: *mut u8 = null_mut();
    let mut total = 0;
    let mut n = 0;

    while !cl.is_null() {
        let b = (*cl).buf;

        if ngx_buf_special(b) {
            cl = (*cl).next;
            continue;
        }

        let size = (*b).last.offset_from((*b).pos) as usize;

        if prev == (*b).pos {
            (*iov).iov_len += size;
        } else {
            if n == (*vec).nalloc {
                break;
            }

            iov = (*vec).iovs.add(n);
            n += 1;

            (*iov).iov_base = (*b).pos.cast();
            (*iov).iov_len = size;
        }

        prev = (*b).pos.add(size);
        total += size;

        cl = (*cl).next;
    }

    (*vec).count = n;
    (*vec).size = total;

    cl
}

unsafe fn ngx_writev_file(file: *mut ngx_file_t, vec: *mut ngx_iovec_t, offset: off_t) -> isize {
    ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*file).log, 0; "writev: %d, %uz, %O", (*file).fd, (*vec).size, offset);

    let n = 'eintr: loop {
        let n = libc::pwritev((*file).fd, (*vec).iovs, (*vec).count as c_int, offset);

        if n == -1 {
            let err = ngx_errno();

            if err == NGX_EINTR {
                ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*file).log, err; "pwritev() was interrupted");
                continue 'eintr;
            }

            ngx_log_error!(NGX_LOG_CRIT, (*file).log, err; "pwritev() \"%s\" failed", (*file).name.data);
            return NGX_ERROR;
        }

        break n;
    };

    if n as usize != (*vec).size {
        ngx_log_error!(NGX_LOG_CRIT, (*file).log, 0;
                       "pwritev() \"%s\" has written only %z of %uz", (*file).name.data, n, (*vec).size);
        return NGX_ERROR;
    }

    (*file).offset += n as off_t;

    n
}

pub unsafe fn ngx_thread_write_chain_to_file(
    file: *mut ngx_file_t,
    cl: *mut ngx_chain_t,
    offset: off_t,
    pool: *mut ngx_pool_t,
) -> isize {
    ngx_log_debug!(NGX_LOG_DEBUG_CORE, (*file).log, 0; "thread write chain: %d, %p, %O", (*file).fd, cl, offset);

    let mut task = (*file).thread_task;

    if task.is_null() {
        task = ngx_thread_task_alloc(pool, size_of::<ngx_thread_file_ctx_t>());
        if task.is_null() {
            return NGX_ERROR;
        }

        (*task).event.log = (*file).log;

        (*file).thread_task = task;
    }

    let ctx = (*task).ctx.cast::<ngx_thread_file_ctx_t>();

    if (*task).event.complete {
        (*task).event.complete = false;

        if (*ctx).write == 0 {
            ngx_log_error!(NGX_LOG_ALERT, (*file).log, 0; "invalid thread call, write instead of read");
            return NGX_ERROR;
        }

        if (*ctx).err != 0 || (*ctx).nbytes == 0 {
            ngx_log_error!(NGX_LOG_CRIT, (*file).log, (*ctx).err; "pwritev() \"%s\" failed", (*file).name.data);
            return NGX_ERROR;
        }

        (*file).offset += (*ctx).nbytes as off_t;
        return (*ctx).nbytes as isize;
    }

    (*task).handler = Some(ngx_thread_write_chain_to_file_handler);

    (*ctx).write = 1;

    (*ctx).fd = (*file).fd;
    (*ctx).chain = cl;
    (*ctx).offset = offset;

    if (*file).thread_handler.unwrap()(task, file) != NGX_OK {
        return NGX_ERROR;
    }

    NGX_AGAIN
}

// SAFETY: as ngx_thread_read_handler(); the chain and its bufs are left alone until the completion.
unsafe fn ngx_thread_write_chain_to_file_handler(data: *mut c_void, log: *mut ngx_log_t) {
    let ctx = data.cast::<ngx_thread_file_ctx_t>();

    let mut iovs = MaybeUninit::<[libc::iovec; NGX_IOVS_PREALLOCATE]>::uninit();

    let mut vec = ngx_iovec_t { iovs: iovs.as_mut_ptr().cast(), count: 0, size: 0, nalloc: NGX_IOVS_PREALLOCATE };

    let mut cl = (*ctx).chain;
    let mut offset = (*ctx).offset;

    (*ctx).nbytes = 0;
    (*ctx).err = 0;

    loop {
        cl = ngx_chain_to_iovec(&raw mut vec, cl);

        let n = 'eintr: loop {
            let n = libc::pwritev((*ctx).fd, vec.iovs, vec.count as c_int, offset);

            if n == -1 {
                let err = ngx_errno();

                if err == NGX_EINTR {
                    ngx_log_debug!(NGX_LOG_DEBUG_CORE, log, err; "pwritev() was interrupted");
                    continue 'eintr;
                }

                (*ctx).err = err;
                return;
            }

            break n;
        };

        if n as usize != vec.size {
            (*ctx).nbytes = 0;
            return;
        }

        (*ctx).nbytes += n as usize;
        offset += n as off_t;

        if cl.is_null() {
            break;
        }
    }
}

pub unsafe fn ngx_set_file_time(name: *mut u8, _fd: ngx_fd_t, s: time_t) -> ngx_int_t {
    let tv = [libc::timeval { tv_sec: ngx_time(), tv_usec: 0 }, libc::timeval { tv_sec: s, tv_usec: 0 }];

    if libc::utimes(name.cast(), tv.as_ptr()) != -1 {
        return NGX_OK;
    }

    NGX_ERROR
}

pub unsafe fn ngx_create_file_mapping(fm: *mut ngx_file_mapping_t) -> ngx_int_t {
    (*fm).fd = ngx_open_file((*fm).name, NGX_FILE_RDWR, NGX_FILE_TRUNCATE, NGX_FILE_DEFAULT_ACCESS);

    if (*fm).fd == NGX_INVALID_FILE {
        ngx_log_error!(NGX_LOG_CRIT, (*fm).log, ngx_errno(); "open() \"%s\" failed", (*fm).name);
        return NGX_ERROR;
    }

    'failed: {
        if libc::ftruncate((*fm).fd, (*fm).size as off_t) == -1 {
            ngx_log_error!(NGX_LOG_CRIT, (*fm).log, ngx_errno(); "ftruncate() \"%s\" failed", (*fm).name);
            break 'failed;
        }

        (*fm).addr =
            libc::mmap(null_mut(), (*fm).size, libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED, (*fm).fd, 0);
        if (*fm).addr != libc::MAP_FAILED {
            return NGX_OK;
        }

        ngx_log_error!(NGX_LOG_CRIT, (*fm).log, ngx_errno(); "mmap(%uz) \"%s\" failed", (*fm).size, (*fm).name);
    }

    if ngx_close_file((*fm).fd) == NGX_FILE_ERROR {
        ngx_log_error!(NGX_LOG_ALERT, (*fm).log, ngx_errno(); "close() \"%s\" failed", (*fm).name);
    }

    NGX_ERROR
}

pub unsafe fn ngx_close_file_mapping(fm: *mut ngx_file_mapping_t) {
    if libc::munmap((*fm).addr, (*fm).size) == -1 {
        ngx_log_error!(NGX_LOG_CRIT, (*fm).log, ngx_errno(); "munmap(%uz) \"%s\" failed", (*fm).size, (*fm).name);
    }

    if ngx_close_file((*fm).fd) == NGX_FILE_ERROR {
        ngx_log_error!(NGX_LOG_ALERT, (*fm).log, ngx_errno(); "close() \"%s\" failed", (*fm).name);
    }
}

pub unsafe fn ngx_open_dir(name: *mut ngx_str_t, dir: *mut ngx_dir_t) -> ngx_int_t {
    (*dir).dir = libc::opendir((*name).data.cast());

    if (*dir).dir.is_null() {
        return NGX_ERROR;
    }

    (*dir).valid_info = false;

    NGX_OK
}

/// NGX_ERROR at the end too; errno is NGX_ENOMOREFILES then, if the caller has set it so.
pub unsafe fn ngx_read_dir(dir: *mut ngx_dir_t) -> ngx_int_t {
    (*dir).de = libc::readdir64((*dir).dir);

    if !(*dir).de.is_null() {
        (*dir).type_ = (*(*dir).de).d_type;
        return NGX_OK;
    }

    NGX_ERROR
}

pub unsafe fn ngx_open_glob(gl: *mut ngx_glob_t) -> ngx_int_t {
    let n = libc::glob((*gl).pattern.cast(), 0, None, &raw mut (*gl).pglob);

    if n == 0 {
        return NGX_OK;
    }

    if n == libc::GLOB_NOMATCH && (*gl).test != 0 {
        return NGX_OK;
    }

    NGX_ERROR
}

pub unsafe fn ngx_read_glob(gl: *mut ngx_glob_t, name: *mut ngx_str_t) -> ngx_int_t {
    let count = (*gl).pglob.gl_pathc;

    if (*gl).n < count {
        let path = *(*gl).pglob.gl_pathv.add((*gl).n);
        (*name).len = libc::strlen(path);
        (*name).data = path.cast();
        (*gl).n += 1;

        return NGX_OK;
    }

    NGX_DONE
}

pub unsafe fn ngx_close_glob(gl: *mut ngx_glob_t) {
    libc::globfree(&raw mut (*gl).pglob)
}

pub unsafe fn ngx_trylock_fd(fd: ngx_fd_t) -> ngx_err_t {
    let mut fl: libc::flock = zeroed();
    fl.l_type = libc::F_WRLCK as _;
    fl.l_whence = libc::SEEK_SET as _;

    if libc::fcntl(fd, libc::F_SETLK, &raw mut fl) == -1 {
        return ngx_errno();
    }

    0
}

pub unsafe fn ngx_lock_fd(fd: ngx_fd_t) -> ngx_err_t {
    let mut fl: libc::flock = zeroed();
    fl.l_type = libc::F_WRLCK as _;
    fl.l_whence = libc::SEEK_SET as _;

    if libc::fcntl(fd, libc::F_SETLKW, &raw mut fl) == -1 {
        return ngx_errno();
    }

    0
}

pub unsafe fn ngx_unlock_fd(fd: ngx_fd_t) -> ngx_err_t {
    let mut fl: libc::flock = zeroed();
    fl.l_type = libc::F_UNLCK as _;
    fl.l_whence = libc::SEEK_SET as _;

    if libc::fcntl(fd, libc::F_SETLK, &raw mut fl) == -1 {
        return ngx_errno();
    }

    0
}

pub unsafe fn ngx_read_ahead(fd: ngx_fd_t, _n: usize) -> ngx_int_t {
    let err = libc::posix_fadvise(fd, 0, 0, libc::POSIX_FADV_SEQUENTIAL);

    if err == 0 {
        return 0;
    }

    ngx_set_errno(err);
    NGX_FILE_ERROR as ngx_int_t
}

pub unsafe fn ngx_directio_on(fd: ngx_fd_t) -> ngx_int_t {
    let flags = libc::fcntl(fd, libc::F_GETFL);

    if flags == -1 {
        return NGX_FILE_ERROR as ngx_int_t;
    }

    libc::fcntl(fd, libc::F_SETFL, flags | libc::O_DIRECT) as ngx_int_t
}

pub unsafe fn ngx_directio_off(fd: ngx_fd_t) -> ngx_int_t {
    let flags = libc::fcntl(fd, libc::F_GETFL);

    if flags == -1 {
        return NGX_FILE_ERROR as ngx_int_t;
    }

    libc::fcntl(fd, libc::F_SETFL, flags & !libc::O_DIRECT) as ngx_int_t
}

pub unsafe fn ngx_fs_bsize(name: *mut u8) -> usize {
    let mut fs: libc::statfs = zeroed();

    if libc::statfs(name.cast(), &raw mut fs) == -1 {
        return 512;
    }

    if (fs.f_bsize % 512) != 0 {
        return 512;
    }

    if fs.f_bsize as usize > ngx_pagesize.get() {
        return 512;
    }

    fs.f_bsize as usize
}

pub unsafe fn ngx_fs_available(name: *mut u8) -> off_t {
    let mut fs: libc::statfs = zeroed();

    if libc::statfs(name.cast(), &raw mut fs) == -1 {
        return NGX_MAX_OFF_T_VALUE;
    }

    (fs.f_bavail as off_t).wrapping_mul(fs.f_bsize as off_t)
}
