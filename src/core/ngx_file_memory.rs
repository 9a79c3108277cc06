//! No counterpart in C: contents of small files, kept by each worker for itself.
//
// DEVIATION: nginx opens, stats, sends and closes a small file for each request: four system calls and, header and
// body being sent apart, two segments. Here one stat() proves that the file is still the one which was read (device,
// inode, size, mtime and ctime to the nanosecond), and the answer leaves from memory in one writev(). What is on disk
// is what is served: a file that changed in the last two seconds is not kept, because an edit inside one tick of the
// file system's clock would not show, nor is one from a file system whose stat() may be answered from a cache of
// another machine's. One limit: who writes through mmap() is seen when the kernel updates the mtime, not before.

use crate::core::{
    ngx_config::*, ngx_core::*, ngx_murmurhash::*, ngx_open_file_cache::*, ngx_palloc::*, ngx_queue::*, ngx_rbtree::*,
    ngx_string::*, ngx_times::*,
};
use crate::event::ngx_event::*;
use crate::os::unix::{ngx_alloc::*, ngx_files::*};

use core::mem::MaybeUninit;

/// Larger files leave faster with sendfile(), which copies nothing (`tests/bench/run --cases 64k`).
pub const NGX_FILE_MEMORY_FILE_MAX: off_t = 32 * 1024;
/// Where they would be read and copied anyway (`tests/bench/run --cases 64k-nosf`).
pub const NGX_FILE_MEMORY_COPY_MAX: off_t = 128 * 1024;
/// What a worker keeps at most, the least used goes first.
pub const NGX_FILE_MEMORY_MAX: usize = 8 * 1024 * 1024;
/// Seconds for which a file must not have changed.
const NGX_FILE_MEMORY_QUIET: time_t = 2;

#[repr(C)]
pub struct ngx_file_memory_t {
    /// The path, which lies behind this struct.
    node: ngx_str_node_t,
    queue: ngx_queue_t,

    dev: libc::dev_t,
    ino: libc::ino_t,
    mtime: (time_t, i64),
    ctime: (time_t, i64),

    /// Bytes that malloc() gave.
    alloc: usize,
    /// How many requests are sending it.
    count: usize,
    /// Out of the tree, freed by the last of them.
    close: bool,
    /// The tick of the last look at the path.
    proven: u64,

    /// With its quotes, as ngx_http_set_etag() would write it.
    pub etag: [u8; NGX_OFF_T_LEN + NGX_TIME_T_LEN + 3],
    pub etag_len: usize,

    /// NULL for a path that is not to be kept.
    pub data: *mut u8,
    pub size: off_t,
}

struct ngx_file_memory_cache_t {
    rbtree: ngx_rbtree_t,
    sentinel: ngx_rbtree_node_t,
    /// The latest used comes first.
    queue: ngx_queue_t,
    size: usize,
}

// SAFETY: empty until ngx_file_memory_lookup() has set it up, in the one thread that uses it.
static ngx_file_memory: ngx_global_t<ngx_file_memory_cache_t> = ngx_global_t::new(unsafe { core::mem::zeroed() });

/// The kept contents of `path`, proven fresh, and `of` filled as by opening it, without a descriptor; they stay until
/// `pool` ends. NULL: open it. With `fd`, an open_file_cache's, it is that file which is asked, not the path.
/// A look at the path since `received`, an ngx_event_tick(), and in this round is proof enough.
pub unsafe fn ngx_file_memory_lookup(
    path: *mut ngx_str_t,
    fd: ngx_fd_t,
    received: u64,
    of: *mut ngx_open_file_info_t,
    pool: *mut ngx_pool_t,
) -> *mut ngx_file_memory_t {
    let fm = ngx_file_memory_find(path);

    if fm.is_null() || (*fm).data.is_null() {
        return null_mut();
    }

    let proven = fd == NGX_INVALID_FILE && (*fm).proven > received && (*fm).proven > ngx_event_round.get();

    if !proven {
        let mut fi = MaybeUninit::<ngx_file_info_t>::uninit();
        let fi = fi.as_mut_ptr();

        let rc = if fd == NGX_INVALID_FILE { ngx_file_info((*path).data, fi) } else { ngx_fd_info(fd, fi) };

        if rc == NGX_FILE_ERROR || !ngx_file_memory_same(fm, fi) {
            ngx_file_memory_delete(fm);
            return null_mut();
        }

        if fd == NGX_INVALID_FILE {
            (*fm).proven = ngx_event_tick();
        }
    }

    if ngx_file_memory_hold(fm, pool) != NGX_OK {
        return null_mut();
    }

    (*of).fd = fd;
    (*of).err = 0;
    (*of).uniq = (*fm).ino;
    (*of).mtime = (*fm).mtime.0;
    (*of).size = (*fm).size;
    (*of).is_dir = false;
    (*of).is_file = true;

    fm
}

/// Reads the small file that was just opened, to keep it; NULL: send it from the descriptor.
pub unsafe fn ngx_file_memory_store(
    path: *mut ngx_str_t,
    max: off_t,
    of: *mut ngx_open_file_info_t,
    pool: *mut ngx_pool_t,
) -> *mut ngx_file_memory_t {
    if (*of).size <= 0
        || (*of).size > max
        || (*of).mtime + NGX_FILE_MEMORY_QUIET >= ngx_time()
        || !ngx_file_memory_find(path).is_null()
    {
        return null_mut();
    }

    let mut fi = MaybeUninit::<ngx_file_info_t>::uninit();
    let fi = fi.as_mut_ptr();

    if ngx_fd_info((*of).fd, fi) == NGX_FILE_ERROR
        || ngx_file_size(fi) != (*of).size
        || ngx_file_mtime(fi) != (*of).mtime
        || (*fi).st_ctime + NGX_FILE_MEMORY_QUIET >= ngx_time()
    {
        return null_mut();
    }

    let size = (*of).size as usize;
    let keep = ngx_file_memory_local((*of).fd);

    let alloc = size_of::<ngx_file_memory_t>() + (*path).len + if keep { size } else { 0 };

    let fm: *mut ngx_file_memory_t = libc::malloc(alloc).cast();
    if fm.is_null() {
        return null_mut();
    }

    let name = fm.add(1).cast::<u8>();
    let data = ngx_cpymem(name, (*path).data, (*path).len);

    if keep && libc::pread((*of).fd, data.cast(), size, 0) != size as isize {
        ngx_free(fm.cast());
        return null_mut();
    }

    (*fm).node.node.key = ngx_murmur_hash2((*path).data, (*path).len) as ngx_rbtree_key_t;
    (*fm).node.str = ngx_str_t { len: (*path).len, data: name };

    (*fm).dev = (*fi).st_dev;
    (*fm).ino = (*fi).st_ino;
    (*fm).mtime = ((*fi).st_mtime, (*fi).st_mtime_nsec);
    (*fm).ctime = ((*fi).st_ctime, (*fi).st_ctime_nsec);
    (*fm).alloc = alloc;
    (*fm).count = 0;
    (*fm).close = false;
    (*fm).proven = 0;
    (*fm).data = if keep { data } else { null_mut() };
    (*fm).size = (*of).size;

    let etag: *mut u8 = (&raw mut (*fm).etag).cast();
    (*fm).etag_len = ngx_sprintf!(etag, "\"%xT-%xO\"", (*of).mtime, (*of).size).offset_from_unsigned(etag);

    let cache = ngx_file_memory.ptr();

    loop {
        if (*cache).size + alloc <= NGX_FILE_MEMORY_MAX {
            break;
        }

        let q = ngx_queue_last(&raw const (*cache).queue);
        ngx_file_memory_delete(ngx_queue_data!(q, ngx_file_memory_t, queue));
    }

    ngx_rbtree_insert(&raw mut (*cache).rbtree, &raw mut (*fm).node.node);
    ngx_queue_insert_head(&raw mut (*cache).queue, &raw mut (*fm).queue);
    (*cache).size += alloc;

    if !keep || ngx_file_memory_hold(fm, pool) != NGX_OK {
        return null_mut();
    }

    fm
}

unsafe fn ngx_file_memory_find(path: *mut ngx_str_t) -> *mut ngx_file_memory_t {
    let cache = ngx_file_memory.ptr();

    if (*cache).rbtree.root.is_null() {
        ngx_rbtree_init(&raw mut (*cache).rbtree, &raw mut (*cache).sentinel, Some(ngx_str_rbtree_insert_value));
        ngx_queue_init(&raw mut (*cache).queue);
    }

    let hash = ngx_murmur_hash2((*path).data, (*path).len);

    ngx_str_rbtree_lookup(&raw mut (*cache).rbtree, path, hash).cast()
}

unsafe fn ngx_file_memory_same(fm: *const ngx_file_memory_t, fi: *const ngx_file_info_t) -> bool {
    (*fm).ino == (*fi).st_ino
        && (*fm).dev == (*fi).st_dev
        && (*fm).size == (*fi).st_size
        && (*fm).mtime == ((*fi).st_mtime, (*fi).st_mtime_nsec)
        && (*fm).ctime == ((*fi).st_ctime, (*fi).st_ctime_nsec)
}

/// Whether stat() of a file beside this one always tells the truth.
unsafe fn ngx_file_memory_local(fd: ngx_fd_t) -> bool {
    let mut fs = MaybeUninit::<libc::statfs>::uninit();

    if libc::fstatfs(fd, fs.as_mut_ptr()) == -1 {
        return false;
    }

    matches!(
        (*fs.as_ptr()).f_type as u32,
        0xef53          // ext2, ext3, ext4
            | 0x58465342    // xfs
            | 0x9123683e    // btrfs
            | 0x2fc12fc1    // zfs
            | 0xf2f52010    // f2fs
            | 0x01021994    // tmpfs
            | 0x794c7630    // overlayfs
            | 0x73717368    // squashfs
            | 0xe0f5e1e2 // erofs
    )
}

unsafe fn ngx_file_memory_hold(fm: *mut ngx_file_memory_t, pool: *mut ngx_pool_t) -> ngx_int_t {
    let cln = ngx_pool_cleanup_add(pool, 0);
    if cln.is_null() {
        return NGX_ERROR;
    }

    (*cln).handler = Some(ngx_file_memory_release);
    (*cln).data = fm.cast();

    (*fm).count += 1;

    let cache = ngx_file_memory.ptr();

    ngx_queue_remove(&raw mut (*fm).queue);
    ngx_queue_insert_head(&raw mut (*cache).queue, &raw mut (*fm).queue);

    NGX_OK
}

unsafe fn ngx_file_memory_release(data: *mut c_void) {
    let fm: *mut ngx_file_memory_t = data.cast();

    (*fm).count -= 1;

    if (*fm).close && (*fm).count == 0 {
        ngx_free(fm.cast());
    }
}

unsafe fn ngx_file_memory_delete(fm: *mut ngx_file_memory_t) {
    let cache = ngx_file_memory.ptr();

    ngx_rbtree_delete(&raw mut (*cache).rbtree, &raw mut (*fm).node.node);
    ngx_queue_remove(&raw mut (*fm).queue);
    (*cache).size -= (*fm).alloc;

    (*fm).close = true;

    if (*fm).count == 0 {
        ngx_free(fm.cast());
    }
}
