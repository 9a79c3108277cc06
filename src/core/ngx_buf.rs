//! Port of src/core/ngx_buf.c and .h

use crate::core::{ngx_config::*, ngx_connection::*, ngx_core::*, ngx_file::*, ngx_palloc::*, ngx_thread_pool::*};
use crate::os::unix::ngx_alloc::*;

pub type ngx_buf_tag_t = *const c_void;

/// A piece of data: bytes in memory, a part of a file, both, or neither (a flag on its way to the client).
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_buf_t {
    pub pos: *mut u8,
    pub last: *mut u8,
    pub file_pos: off_t,
    pub file_last: off_t,

    /// The allocated room, `pos..last` lies in it.
    pub start: *mut u8,
    pub end: *mut u8,
    /// Whose buf it is: the owner gets it back from ngx_chain_update_chains().
    pub tag: ngx_buf_tag_t,
    pub file: *mut ngx_file_t,
    pub shadow: *mut ngx_buf_t,

    /// Memory that may be written.
    pub temporary: bool,

    /// Memory that must not be written: a cache, a literal.
    pub memory: bool,

    /// Mapped memory that must not be written.
    pub mmap: bool,

    pub recycled: bool,
    pub in_file: bool,
    pub flush: bool,
    pub sync: bool,
    pub last_buf: bool,
    pub last_in_chain: bool,

    pub last_shadow: bool,
    pub temp_file: bool,

    pub num: c_int,
}

const _: () = assert!(size_of::<ngx_buf_t>() == 9 * size_of::<usize>() + 16 || size_of::<usize>() != 8); // C: 80

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_chain_t {
    pub buf: *mut ngx_buf_t,
    pub next: *mut ngx_chain_t,
}

const _: () = assert!(size_of::<ngx_chain_t>() == 2 * size_of::<usize>()); // C: 16

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_bufs_t {
    pub num: ngx_int_t,
    pub size: usize,
}

pub type ngx_output_chain_filter_pt = Option<unsafe fn(ctx: *mut c_void, in_: *mut ngx_chain_t) -> ngx_int_t>;

pub type ngx_output_chain_aio_pt = Option<unsafe fn(ctx: *mut ngx_output_chain_ctx_t, file: *mut ngx_file_t)>;

/// What ngx_output_chain() keeps between its calls.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_output_chain_ctx_t {
    pub buf: *mut ngx_buf_t,
    pub in_: *mut ngx_chain_t,
    pub free: *mut ngx_chain_t,
    pub busy: *mut ngx_chain_t,

    pub sendfile: bool,
    pub directio: bool,
    pub unaligned: bool,
    pub need_in_memory: bool,
    pub need_in_temp: bool,
    pub aio: bool,

    pub aio_handler: ngx_output_chain_aio_pt,

    pub thread_handler: Option<unsafe fn(*mut ngx_thread_task_t, *mut ngx_file_t) -> ngx_int_t>,
    pub thread_task: *mut ngx_thread_task_t,

    pub alignment: off_t,

    pub pool: *mut ngx_pool_t,
    pub allocated: ngx_int_t,
    pub bufs: ngx_bufs_t,
    pub tag: ngx_buf_tag_t,

    pub output_filter: ngx_output_chain_filter_pt,
    pub filter_ctx: *mut c_void,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_chain_writer_ctx_t {
    pub out: *mut ngx_chain_t,
    pub last: *mut *mut ngx_chain_t,
    pub connection: *mut ngx_connection_t,
    pub pool: *mut ngx_pool_t,
    pub limit: off_t,
}

/// What a send_chain() returns when the connection is broken.
pub const NGX_CHAIN_ERROR: *mut ngx_chain_t = core::ptr::without_provenance_mut(NGX_ERROR as usize);

#[inline(always)]
pub unsafe fn ngx_buf_in_memory(b: *const ngx_buf_t) -> bool {
    (*b).temporary || (*b).memory || (*b).mmap
}

#[inline(always)]
pub unsafe fn ngx_buf_in_memory_only(b: *const ngx_buf_t) -> bool {
    ngx_buf_in_memory(b) && !(*b).in_file
}

#[inline(always)]
pub unsafe fn ngx_buf_special(b: *const ngx_buf_t) -> bool {
    ((*b).flush || (*b).last_buf || (*b).sync) && !ngx_buf_in_memory(b) && !(*b).in_file
}

#[inline(always)]
pub unsafe fn ngx_buf_sync_only(b: *const ngx_buf_t) -> bool {
    (*b).sync && !ngx_buf_in_memory(b) && !(*b).in_file && !(*b).flush && !(*b).last_buf
}

/// Negative when somebody has moved `pos` too far.
#[inline(always)]
pub unsafe fn ngx_buf_size(b: *const ngx_buf_t) -> off_t {
    if ngx_buf_in_memory(b) {
        ((*b).last.addr() as off_t).wrapping_sub((*b).pos.addr() as off_t)
    } else {
        (*b).file_last - (*b).file_pos
    }
}

#[must_use]
#[inline(always)]
pub unsafe fn ngx_alloc_buf(pool: *mut ngx_pool_t) -> *mut ngx_buf_t {
    ngx_palloc(pool)
}

#[must_use]
#[inline(always)]
pub unsafe fn ngx_calloc_buf(pool: *mut ngx_pool_t) -> *mut ngx_buf_t {
    ngx_pcalloc(pool)
}

/// Gives a link back to the pool; its buf is left alone.
#[inline(always)]
pub unsafe fn ngx_free_chain(pool: *mut ngx_pool_t, cl: *mut ngx_chain_t) {
    (*cl).next = (*pool).chain;
    (*pool).chain = cl;
}

#[must_use]
pub unsafe fn ngx_create_temp_buf(pool: *mut ngx_pool_t, size: usize) -> *mut ngx_buf_t {
    let b = ngx_calloc_buf(pool);
    if b.is_null() {
        return null_mut();
    }

    (*b).start = ngx_palloc_n(pool, size);
    if (*b).start.is_null() {
        return null_mut();
    }

    // all other fields are zero

    (*b).pos = (*b).start;
    (*b).last = (*b).start;
    (*b).end = (*b).last.add(size);
    (*b).temporary = true;

    b
}

/// A link whose fields are not set.
#[must_use]
pub unsafe fn ngx_alloc_chain_link(pool: *mut ngx_pool_t) -> *mut ngx_chain_t {
    let cl = (*pool).chain;

    if !cl.is_null() {
        (*pool).chain = (*cl).next;
        return cl;
    }

    ngx_palloc(pool)
}

#[must_use]
pub unsafe fn ngx_create_chain_of_bufs(pool: *mut ngx_pool_t, bufs: *mut ngx_bufs_t) -> *mut ngx_chain_t {
    let mut p: *mut u8 = ngx_palloc_n(pool, (*bufs).num as usize * (*bufs).size);
    if p.is_null() {
        return null_mut();
    }

    let mut chain = null_mut();
    let mut ll = &raw mut chain;

    for _ in 0..(*bufs).num {
        let b = ngx_calloc_buf(pool);
        if b.is_null() {
            return null_mut();
        }

        // all other fields are zero

        (*b).pos = p;
        (*b).last = p;
        (*b).temporary = true;

        (*b).start = p;
        p = p.add((*bufs).size);
        (*b).end = p;

        let cl = ngx_alloc_chain_link(pool);
        if cl.is_null() {
            return null_mut();
        }

        (*cl).buf = b;
        *ll = cl;
        ll = &raw mut (*cl).next;
    }

    *ll = null_mut();

    chain
}

/// Appends new links with the bufs of `in_`.
#[must_use]
pub unsafe fn ngx_chain_add_copy(
    pool: *mut ngx_pool_t,
    chain: *mut *mut ngx_chain_t,
    mut in_: *mut ngx_chain_t,
) -> ngx_int_t {
    let mut ll = chain;

    let mut cl = *chain;
    while !cl.is_null() {
        ll = &raw mut (*cl).next;
        cl = (*cl).next;
    }

    while !in_.is_null() {
        cl = ngx_alloc_chain_link(pool);
        if cl.is_null() {
            *ll = null_mut();
            return NGX_ERROR;
        }

        (*cl).buf = (*in_).buf;
        *ll = cl;
        ll = &raw mut (*cl).next;
        in_ = (*in_).next;
    }

    *ll = null_mut();

    NGX_OK
}

/// A link with a buf: a used one from `free`, with its old fields, or a zeroed one.
#[must_use]
pub unsafe fn ngx_chain_get_free_buf(p: *mut ngx_pool_t, free: *mut *mut ngx_chain_t) -> *mut ngx_chain_t {
    if !(*free).is_null() {
        let cl = *free;
        *free = (*cl).next;
        (*cl).next = null_mut();
        return cl;
    }

    let cl = ngx_alloc_chain_link(p);
    if cl.is_null() {
        return null_mut();
    }

    (*cl).buf = ngx_calloc_buf(p);
    if (*cl).buf.is_null() {
        return null_mut();
    }

    (*cl).next = null_mut();

    cl
}

/// Moves `out` to the end of `busy`, and what has been sent from `busy` to `free`; bufs of other tags are dropped.
pub unsafe fn ngx_chain_update_chains(
    p: *mut ngx_pool_t,
    free: *mut *mut ngx_chain_t,
    busy: *mut *mut ngx_chain_t,
    out: *mut *mut ngx_chain_t,
    tag: ngx_buf_tag_t,
) {
    if !(*out).is_null() {
        if (*busy).is_null() {
            *busy = *out;
        } else {
            let mut cl = *busy;
            while !(*cl).next.is_null() {
                cl = (*cl).next;
            }

            (*cl).next = *out;
        }

        *out = null_mut();
    }

    while !(*busy).is_null() {
        let cl = *busy;

        if (*(*cl).buf).tag != tag {
            *busy = (*cl).next;
            ngx_free_chain(p, cl);
            continue;
        }

        if ngx_buf_size((*cl).buf) != 0 {
            break;
        }

        (*(*cl).buf).pos = (*(*cl).buf).start;
        (*(*cl).buf).last = (*(*cl).buf).start;

        *busy = (*cl).next;
        (*cl).next = *free;
        *free = cl;
    }
}

/// How many bytes, up to `limit`, one sendfile() can take from the file bufs at `*in_` that follow each other;
/// `*in_` moves to the first buf that is not taken whole. A cut is made at a page's end if the buf reaches it.
pub unsafe fn ngx_chain_coalesce_file(in_: *mut *mut ngx_chain_t, limit: off_t) -> off_t {
    let mut total = 0;

    let mut cl = *in_;
    let fd = (*(*(*cl).buf).file).fd;

    loop {
        let mut size = (*(*cl).buf).file_last - (*(*cl).buf).file_pos;

        if size > limit - total {
            size = limit - total;

            let aligned =
                ((*(*cl).buf).file_pos + size + ngx_pagesize.get() as off_t - 1) & !(ngx_pagesize.get() as off_t - 1);

            if aligned <= (*(*cl).buf).file_last {
                size = aligned - (*(*cl).buf).file_pos;
            }

            total += size;
            break;
        }

        total += size;
        let fprev = (*(*cl).buf).file_pos + size;
        cl = (*cl).next;

        if !(!cl.is_null()
            && (*(*cl).buf).in_file
            && total < limit
            && fd == (*(*(*cl).buf).file).fd
            && fprev == (*(*cl).buf).file_pos)
        {
            break;
        }
    }

    *in_ = cl;

    total
}

/// Marks `sent` bytes as sent; returns the first link with something left, NULL when all is out.
#[must_use]
pub unsafe fn ngx_chain_update_sent(mut in_: *mut ngx_chain_t, mut sent: off_t) -> *mut ngx_chain_t {
    while !in_.is_null() {
        let b = (*in_).buf;

        if ngx_buf_special(b) {
            in_ = (*in_).next;
            continue;
        }

        if sent == 0 {
            break;
        }

        let size = ngx_buf_size(b);

        if sent >= size {
            sent -= size;

            if ngx_buf_in_memory(b) {
                (*b).pos = (*b).last;
            }

            if (*b).in_file {
                (*b).file_pos = (*b).file_last;
            }

            in_ = (*in_).next;
            continue;
        }

        if ngx_buf_in_memory(b) {
            (*b).pos = (*b).pos.add(sent as usize);
        }

        if (*b).in_file {
            (*b).file_pos += sent;
        }

        break;
    }

    in_
}
