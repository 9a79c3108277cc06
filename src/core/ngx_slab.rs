//! Port of src/core/ngx_slab.c and .h
//!
//! A zone of shared memory: the ngx_slab_pool_t, the heads of the lists of slots, their statistics, an
//! ngx_slab_page_t for each page, and the pages. A page is free, taken whole (with others), or holds chunks of one
//! size; how it marks the chunks in use depends on the size:
//!
//! ```text
//! small  (< 64 bytes)   `slab` is the size's shift, the bitmap stands at the page's start
//! exact  (64 bytes)     `slab` is the bitmap: one bit for each of the 64 chunks
//! big    (> 64 bytes)   `slab` is the bitmap in its upper half, the shift in its lower bits
//! page                  `slab` is the number of pages, with the highest bit set; all bits set in the pages behind
//! ```
//!
//! (for pages of 4K). The type stands in the two lowest bits of `prev`. A page without a free chunk is in no list,
//! and its `next` is NULL.

use crate::core::{ngx_config::*, ngx_cycle::*, ngx_log::*, ngx_shmtx::*, ngx_string::*};
use crate::os::unix::{ngx_alloc::*, ngx_process::*};

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_slab_page_t {
    pub slab: usize,
    pub next: *mut ngx_slab_page_t,
    /// The address of an ngx_slab_page_t, with the page's type in the lowest bits.
    pub prev: usize,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_slab_stat_t {
    pub total: ngx_uint_t,
    pub used: ngx_uint_t,

    pub reqs: ngx_uint_t,
    pub fails: ngx_uint_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_slab_pool_t {
    pub lock: ngx_shmtx_sh_t,

    pub min_size: usize,
    pub min_shift: usize,

    pub pages: *mut ngx_slab_page_t,
    pub last: *mut ngx_slab_page_t,
    pub free: ngx_slab_page_t,

    pub stats: *mut ngx_slab_stat_t,
    pub pfree: ngx_uint_t,

    pub start: *mut u8,
    pub end: *mut u8,

    pub mutex: ngx_shmtx_t,

    pub log_ctx: *mut u8,
    pub zero: u8,

    pub log_nomem: bool,

    pub data: *mut c_void,
    pub addr: *mut c_void,
}

const _: () = assert!(size_of::<usize>() != 8 || size_of::<ngx_slab_pool_t>() == 200); // C: 200

const NGX_SLAB_PAGE_MASK: usize = 3;
const NGX_SLAB_PAGE: usize = 0;
const NGX_SLAB_BIG: usize = 1;
const NGX_SLAB_EXACT: usize = 2;
const NGX_SLAB_SMALL: usize = 3;

const NGX_SLAB_PAGE_FREE: usize = 0;
const NGX_SLAB_PAGE_BUSY: usize = usize::MAX;
const NGX_SLAB_PAGE_START: usize = 1 << (usize::BITS - 1);

const NGX_SLAB_SHIFT_MASK: usize = 0xf;
const NGX_SLAB_MAP_MASK: usize = usize::MAX << NGX_SLAB_MAP_SHIFT;
const NGX_SLAB_MAP_SHIFT: u32 = usize::BITS / 2;

const NGX_SLAB_BUSY: usize = usize::MAX;

/// Bits of a word of a bitmap.
const NGX_SLAB_BITS: usize = usize::BITS as usize;

#[inline(always)]
unsafe fn ngx_slab_slots(pool: *mut ngx_slab_pool_t) -> *mut ngx_slab_page_t {
    pool.add(1).cast()
}

#[inline(always)]
unsafe fn ngx_slab_page_type(page: *mut ngx_slab_page_t) -> usize {
    (*page).prev & NGX_SLAB_PAGE_MASK
}

// SAFETY: `prev` was made by a cast of a pointer to a page or a list's head, whose alignment leaves the bits of the
// type free.
#[inline(always)]
unsafe fn ngx_slab_page_prev(page: *mut ngx_slab_page_t) -> *mut ngx_slab_page_t {
    ((*page).prev & !NGX_SLAB_PAGE_MASK) as *mut ngx_slab_page_t
}

#[inline(always)]
unsafe fn ngx_slab_page_addr(pool: *mut ngx_slab_pool_t, page: *mut ngx_slab_page_t) -> *mut u8 {
    (*pool).start.add(page.offset_from_unsigned((*pool).pages) << ngx_pagesize_shift.get())
}

static ngx_slab_max_size: ngx_global_t<ngx_uint_t> = ngx_global_t::zeroed();
static ngx_slab_exact_size: ngx_global_t<ngx_uint_t> = ngx_global_t::zeroed();
static ngx_slab_exact_shift: ngx_global_t<ngx_uint_t> = ngx_global_t::zeroed();

pub unsafe fn ngx_slab_sizes_init() {
    ngx_slab_max_size.set(ngx_pagesize.get() / 2);
    ngx_slab_exact_size.set(ngx_pagesize.get() / NGX_SLAB_BITS);

    let mut n = ngx_slab_exact_size.get() >> 1;
    while n != 0 {
        ngx_slab_exact_shift.set(ngx_slab_exact_shift.get() + 1);
        n >>= 1;
    }
}

/// The caller has set `min_shift` and `end`.
pub unsafe fn ngx_slab_init(pool: *mut ngx_slab_pool_t) {
    (*pool).min_size = 1 << (*pool).min_shift;

    let slots = ngx_slab_slots(pool);

    let mut p = slots.cast::<u8>();
    let mut size = (*pool).end.addr() - p.addr();

    let n = ngx_pagesize_shift.get() - (*pool).min_shift;

    for i in 0..n {
        // of a list's head only "next" is used
        let slot = slots.add(i);
        (*slot).slab = 0;
        (*slot).next = slot;
        (*slot).prev = 0;
    }

    p = p.add(n * size_of::<ngx_slab_page_t>());

    (*pool).stats = p.cast();
    ngx_memzero((*pool).stats, n * size_of::<ngx_slab_stat_t>());

    p = p.add(n * size_of::<ngx_slab_stat_t>());

    size -= n * (size_of::<ngx_slab_page_t>() + size_of::<ngx_slab_stat_t>());

    let mut pages = size / (ngx_pagesize.get() + size_of::<ngx_slab_page_t>());

    (*pool).pages = p.cast();
    ngx_memzero((*pool).pages, pages * size_of::<ngx_slab_page_t>());

    let page = (*pool).pages;

    // here too
    (*pool).free.slab = 0;
    (*pool).free.next = page;
    (*pool).free.prev = 0;

    (*page).slab = pages;
    (*page).next = &raw mut (*pool).free;
    (*page).prev = (&raw mut (*pool).free) as usize;

    (*pool).start = ngx_align_ptr(p.add(pages * size_of::<ngx_slab_page_t>()), ngx_pagesize.get());

    // aligning may have cost a page
    let m = pages.wrapping_sub((*pool).end.addr().wrapping_sub((*pool).start.addr()) / ngx_pagesize.get()) as ngx_int_t;
    if m > 0 {
        pages -= m as ngx_uint_t;
        (*page).slab = pages;
    }

    (*pool).last = (*pool).pages.add(pages);
    (*pool).pfree = pages;

    (*pool).log_nomem = true;
    (*pool).log_ctx = &raw mut (*pool).zero;
    (*pool).zero = b'\0';
}

pub unsafe fn ngx_slab_alloc(pool: *mut ngx_slab_pool_t, size: usize) -> *mut c_void {
    ngx_shmtx_lock(&raw mut (*pool).mutex);

    let p = ngx_slab_alloc_locked(pool, size);

    ngx_shmtx_unlock(&raw mut (*pool).mutex);

    p
}

pub unsafe fn ngx_slab_alloc_locked(pool: *mut ngx_slab_pool_t, size: usize) -> *mut c_void {
    let p = 'done: {
        if size > ngx_slab_max_size.get() {
            ngx_log_debug!(NGX_LOG_DEBUG_ALLOC, (*ngx_cycle.get()).log, 0; "slab alloc: %uz", size);

            let page = ngx_slab_alloc_pages(
                pool,
                (size >> ngx_pagesize_shift.get()) + if size.is_multiple_of(ngx_pagesize.get()) { 0 } else { 1 },
            );

            break 'done if !page.is_null() { ngx_slab_page_addr(pool, page) } else { null_mut() };
        }

        let mut shift;
        let slot;

        if size > (*pool).min_size {
            shift = 1;
            let mut s = (size - 1) >> 1;
            while s != 0 {
                shift += 1;
                s >>= 1;
            }
            slot = shift - (*pool).min_shift;
        } else {
            shift = (*pool).min_shift;
            slot = 0;
        }

        let stats = (*pool).stats.add(slot);

        (*stats).reqs += 1;

        ngx_log_debug!(NGX_LOG_DEBUG_ALLOC, (*ngx_cycle.get()).log, 0; "slab alloc: %uz slot: %ui", size, slot);

        let slots = ngx_slab_slots(pool);
        let mut page = (*slots.add(slot)).next;

        if (*page).next != page {
            if shift < ngx_slab_exact_shift.get() {
                let bitmap = ngx_slab_page_addr(pool, page).cast::<usize>();

                let map = (ngx_pagesize.get() >> shift) / NGX_SLAB_BITS;

                let mut n = 0;
                while n < map {
                    if *bitmap.add(n) != NGX_SLAB_BUSY {
                        let mut m: usize = 1;
                        let mut i = 0;
                        while m != 0 {
                            if *bitmap.add(n) & m != 0 {
                                m <<= 1;
                                i += 1;
                                continue;
                            }

                            *bitmap.add(n) |= m;

                            i = (n * NGX_SLAB_BITS + i) << shift;

                            let p = bitmap.byte_add(i).cast::<u8>();

                            (*stats).used += 1;

                            if *bitmap.add(n) == NGX_SLAB_BUSY {
                                n += 1;
                                while n < map {
                                    if *bitmap.add(n) != NGX_SLAB_BUSY {
                                        break 'done p;
                                    }
                                    n += 1;
                                }

                                let prev = ngx_slab_page_prev(page);
                                (*prev).next = (*page).next;
                                (*(*page).next).prev = (*page).prev;

                                (*page).next = null_mut();
                                (*page).prev = NGX_SLAB_SMALL;
                            }

                            break 'done p;
                        }
                    }

                    n += 1;
                }
            } else if shift == ngx_slab_exact_shift.get() {
                let mut m: usize = 1;
                let mut i = 0;
                while m != 0 {
                    if (*page).slab & m != 0 {
                        m <<= 1;
                        i += 1;
                        continue;
                    }

                    (*page).slab |= m;

                    if (*page).slab == NGX_SLAB_BUSY {
                        let prev = ngx_slab_page_prev(page);
                        (*prev).next = (*page).next;
                        (*(*page).next).prev = (*page).prev;

                        (*page).next = null_mut();
                        (*page).prev = NGX_SLAB_EXACT;
                    }

                    let p = ngx_slab_page_addr(pool, page).add(i << shift);

                    (*stats).used += 1;

                    break 'done p;
                }
            } else {
                // shift > ngx_slab_exact_shift

                let mut mask = (1usize << (ngx_pagesize.get() >> shift)) - 1;
                mask <<= NGX_SLAB_MAP_SHIFT;

                let mut m = 1usize << NGX_SLAB_MAP_SHIFT;
                let mut i: usize = 0;
                while m & mask != 0 {
                    if (*page).slab & m != 0 {
                        m <<= 1;
                        i += 1;
                        continue;
                    }

                    (*page).slab |= m;

                    if (*page).slab & NGX_SLAB_MAP_MASK == mask {
                        let prev = ngx_slab_page_prev(page);
                        (*prev).next = (*page).next;
                        (*(*page).next).prev = (*page).prev;

                        (*page).next = null_mut();
                        (*page).prev = NGX_SLAB_BIG;
                    }

                    let p = ngx_slab_page_addr(pool, page).add(i << shift);

                    (*stats).used += 1;

                    break 'done p;
                }
            }

            ngx_slab_error(pool, NGX_LOG_ALERT, c"ngx_slab_alloc(): page is busy");
            ngx_debug_point();
        }

        page = ngx_slab_alloc_pages(pool, 1);

        if !page.is_null() {
            if shift < ngx_slab_exact_shift.get() {
                let bitmap = ngx_slab_page_addr(pool, page).cast::<usize>();

                let mut n = (ngx_pagesize.get() >> shift) / ((1 << shift) * 8);

                if n == 0 {
                    n = 1;
                }

                // taken: the chunks of the bitmap itself, and the one that is asked for

                let mut i = 0;
                while i < (n + 1) / NGX_SLAB_BITS {
                    *bitmap.add(i) = NGX_SLAB_BUSY;
                    i += 1;
                }

                let m = (1usize << ((n + 1) % NGX_SLAB_BITS)) - 1;
                *bitmap.add(i) = m;

                let map = (ngx_pagesize.get() >> shift) / NGX_SLAB_BITS;

                i += 1;
                while i < map {
                    *bitmap.add(i) = 0;
                    i += 1;
                }

                (*page).slab = shift;
                (*page).next = slots.add(slot);
                (*page).prev = slots.add(slot) as usize | NGX_SLAB_SMALL;

                (*slots.add(slot)).next = page;

                (*stats).total += (ngx_pagesize.get() >> shift) - n;

                let p = ngx_slab_page_addr(pool, page).add(n << shift);

                (*stats).used += 1;

                break 'done p;
            } else if shift == ngx_slab_exact_shift.get() {
                (*page).slab = 1;
                (*page).next = slots.add(slot);
                (*page).prev = slots.add(slot) as usize | NGX_SLAB_EXACT;

                (*slots.add(slot)).next = page;

                (*stats).total += NGX_SLAB_BITS;

                let p = ngx_slab_page_addr(pool, page);

                (*stats).used += 1;

                break 'done p;
            } else {
                // shift > ngx_slab_exact_shift

                (*page).slab = (1usize << NGX_SLAB_MAP_SHIFT) | shift;
                (*page).next = slots.add(slot);
                (*page).prev = slots.add(slot) as usize | NGX_SLAB_BIG;

                (*slots.add(slot)).next = page;

                (*stats).total += ngx_pagesize.get() >> shift;

                let p = ngx_slab_page_addr(pool, page);

                (*stats).used += 1;

                break 'done p;
            }
        }

        (*stats).fails += 1;

        null_mut()
    };

    ngx_log_debug!(NGX_LOG_DEBUG_ALLOC, (*ngx_cycle.get()).log, 0; "slab alloc: %p", p);

    p.cast()
}

pub unsafe fn ngx_slab_calloc(pool: *mut ngx_slab_pool_t, size: usize) -> *mut c_void {
    ngx_shmtx_lock(&raw mut (*pool).mutex);

    let p = ngx_slab_calloc_locked(pool, size);

    ngx_shmtx_unlock(&raw mut (*pool).mutex);

    p
}

pub unsafe fn ngx_slab_calloc_locked(pool: *mut ngx_slab_pool_t, size: usize) -> *mut c_void {
    let p = ngx_slab_alloc_locked(pool, size);
    if !p.is_null() {
        ngx_memzero(p, size);
    }

    p
}

pub unsafe fn ngx_slab_free(pool: *mut ngx_slab_pool_t, p: *mut c_void) {
    ngx_shmtx_lock(&raw mut (*pool).mutex);

    ngx_slab_free_locked(pool, p);

    ngx_shmtx_unlock(&raw mut (*pool).mutex);
}

pub unsafe fn ngx_slab_free_locked(pool: *mut ngx_slab_pool_t, p: *mut c_void) {
    ngx_log_debug!(NGX_LOG_DEBUG_ALLOC, (*ngx_cycle.get()).log, 0; "slab free: %p", p);

    if p.cast() < (*pool).start || p.cast() > (*pool).end {
        ngx_slab_error(pool, NGX_LOG_ALERT, c"ngx_slab_free(): outside of pool");
        return;
    }

    let pagesize = ngx_pagesize.get();

    let mut n = (p.addr() - (*pool).start.addr()) >> ngx_pagesize_shift.get();
    let page = (*pool).pages.add(n);
    let slab = (*page).slab;

    let slots = ngx_slab_slots(pool);
    let slot;

    'chunk_already_free: {
        'wrong_chunk: {
            'done: {
                match ngx_slab_page_type(page) {
                    NGX_SLAB_SMALL => {
                        let shift = slab & NGX_SLAB_SHIFT_MASK;
                        let size = 1usize << shift;

                        if p.addr() & (size - 1) != 0 {
                            break 'wrong_chunk;
                        }

                        n = (p.addr() & (pagesize - 1)) >> shift;
                        let mut m = 1usize << (n % NGX_SLAB_BITS);
                        n /= NGX_SLAB_BITS;
                        let bitmap = p.map_addr(|p| p & !(pagesize - 1)).cast::<usize>();

                        if *bitmap.add(n) & m == 0 {
                            break 'chunk_already_free;
                        }

                        slot = shift - (*pool).min_shift;

                        if (*page).next.is_null() {
                            (*page).next = (*slots.add(slot)).next;
                            (*slots.add(slot)).next = page;

                            (*page).prev = slots.add(slot) as usize | NGX_SLAB_SMALL;
                            (*(*page).next).prev = page as usize | NGX_SLAB_SMALL;
                        }

                        *bitmap.add(n) &= !m;

                        n = (pagesize >> shift) / ((1 << shift) * 8);

                        if n == 0 {
                            n = 1;
                        }

                        let mut i = n / NGX_SLAB_BITS;
                        m = (1usize << (n % NGX_SLAB_BITS)) - 1;

                        if *bitmap.add(i) & !m != 0 {
                            break 'done;
                        }

                        let map = (pagesize >> shift) / NGX_SLAB_BITS;

                        i += 1;
                        while i < map {
                            if *bitmap.add(i) != 0 {
                                break 'done;
                            }
                            i += 1;
                        }

                        ngx_slab_free_pages(pool, page, 1);

                        (*(*pool).stats.add(slot)).total -= (pagesize >> shift) - n;

                        break 'done;
                    }

                    NGX_SLAB_EXACT => {
                        let m = 1usize << ((p.addr() & (pagesize - 1)) >> ngx_slab_exact_shift.get());
                        let size = ngx_slab_exact_size.get();

                        if p.addr() & (size - 1) != 0 {
                            break 'wrong_chunk;
                        }

                        if slab & m == 0 {
                            break 'chunk_already_free;
                        }

                        slot = ngx_slab_exact_shift.get() - (*pool).min_shift;

                        if slab == NGX_SLAB_BUSY {
                            (*page).next = (*slots.add(slot)).next;
                            (*slots.add(slot)).next = page;

                            (*page).prev = slots.add(slot) as usize | NGX_SLAB_EXACT;
                            (*(*page).next).prev = page as usize | NGX_SLAB_EXACT;
                        }

                        (*page).slab &= !m;

                        if (*page).slab != 0 {
                            break 'done;
                        }

                        ngx_slab_free_pages(pool, page, 1);

                        (*(*pool).stats.add(slot)).total -= NGX_SLAB_BITS;

                        break 'done;
                    }

                    NGX_SLAB_BIG => {
                        let shift = slab & NGX_SLAB_SHIFT_MASK;
                        let size = 1usize << shift;

                        if p.addr() & (size - 1) != 0 {
                            break 'wrong_chunk;
                        }

                        let m = 1usize << (((p.addr() & (pagesize - 1)) >> shift) + NGX_SLAB_MAP_SHIFT as usize);

                        if slab & m == 0 {
                            break 'chunk_already_free;
                        }

                        slot = shift - (*pool).min_shift;

                        if (*page).next.is_null() {
                            (*page).next = (*slots.add(slot)).next;
                            (*slots.add(slot)).next = page;

                            (*page).prev = slots.add(slot) as usize | NGX_SLAB_BIG;
                            (*(*page).next).prev = page as usize | NGX_SLAB_BIG;
                        }

                        (*page).slab &= !m;

                        if (*page).slab & NGX_SLAB_MAP_MASK != 0 {
                            break 'done;
                        }

                        ngx_slab_free_pages(pool, page, 1);

                        (*(*pool).stats.add(slot)).total -= pagesize >> shift;

                        break 'done;
                    }

                    // NGX_SLAB_PAGE
                    _ => {
                        if p.addr() & (pagesize - 1) != 0 {
                            break 'wrong_chunk;
                        }

                        if slab & NGX_SLAB_PAGE_START == 0 {
                            ngx_slab_error(pool, NGX_LOG_ALERT, c"ngx_slab_free(): page is already free");
                            return;
                        }

                        if slab == NGX_SLAB_PAGE_BUSY {
                            ngx_slab_error(pool, NGX_LOG_ALERT, c"ngx_slab_free(): pointer to wrong page");
                            return;
                        }

                        ngx_slab_free_pages(pool, page, slab & !NGX_SLAB_PAGE_START);

                        return;
                    }
                }
            }

            // done

            (*(*pool).stats.add(slot)).used -= 1;

            return;
        }

        // wrong_chunk

        ngx_slab_error(pool, NGX_LOG_ALERT, c"ngx_slab_free(): pointer to wrong chunk");

        return;
    }

    // chunk_already_free

    ngx_slab_error(pool, NGX_LOG_ALERT, c"ngx_slab_free(): chunk is already free");
}

/// `pages` in a row, from the first run of free pages that is long enough.
unsafe fn ngx_slab_alloc_pages(pool: *mut ngx_slab_pool_t, mut pages: ngx_uint_t) -> *mut ngx_slab_page_t {
    let mut page = (*pool).free.next;
    while page != &raw mut (*pool).free {
        if (*page).slab >= pages {
            if (*page).slab > pages {
                // the rest of the run takes its place in the list

                let rest = page.add(pages);

                (*page.add((*page).slab - 1)).prev = rest as usize;

                (*rest).slab = (*page).slab - pages;
                (*rest).next = (*page).next;
                (*rest).prev = (*page).prev;

                let p = (*page).prev as *mut ngx_slab_page_t;
                (*p).next = rest;
                (*(*page).next).prev = rest as usize;
            } else {
                let p = (*page).prev as *mut ngx_slab_page_t;
                (*p).next = (*page).next;
                (*(*page).next).prev = (*page).prev;
            }

            (*page).slab = pages | NGX_SLAB_PAGE_START;
            (*page).next = null_mut();
            (*page).prev = NGX_SLAB_PAGE;

            (*pool).pfree -= pages;

            pages -= 1;
            if pages == 0 {
                return page;
            }

            let mut p = page.add(1);
            while pages != 0 {
                (*p).slab = NGX_SLAB_PAGE_BUSY;
                (*p).next = null_mut();
                (*p).prev = NGX_SLAB_PAGE;
                p = p.add(1);
                pages -= 1;
            }

            return page;
        }

        page = (*page).next;
    }

    if (*pool).log_nomem {
        ngx_slab_error(pool, NGX_LOG_CRIT, c"ngx_slab_alloc() failed: no memory");
    }

    null_mut()
}

/// Gives `pages` back, joined with the free runs before and behind them. The last page of a run points to its first.
unsafe fn ngx_slab_free_pages(pool: *mut ngx_slab_pool_t, mut page: *mut ngx_slab_page_t, mut pages: ngx_uint_t) {
    (*pool).pfree += pages;

    (*page).slab = pages;
    pages -= 1;

    if pages != 0 {
        ngx_memzero(page.add(1), pages * size_of::<ngx_slab_page_t>());
    }

    if !(*page).next.is_null() {
        let prev = ngx_slab_page_prev(page);
        (*prev).next = (*page).next;
        (*(*page).next).prev = (*page).prev;
    }

    let mut join = page.add((*page).slab);

    if join < (*pool).last && ngx_slab_page_type(join) == NGX_SLAB_PAGE && !(*join).next.is_null() {
        pages += (*join).slab;
        (*page).slab += (*join).slab;

        let prev = ngx_slab_page_prev(join);
        (*prev).next = (*join).next;
        (*(*join).next).prev = (*join).prev;

        (*join).slab = NGX_SLAB_PAGE_FREE;
        (*join).next = null_mut();
        (*join).prev = NGX_SLAB_PAGE;
    }

    if page > (*pool).pages {
        join = page.sub(1);

        if ngx_slab_page_type(join) == NGX_SLAB_PAGE {
            if (*join).slab == NGX_SLAB_PAGE_FREE {
                join = ngx_slab_page_prev(join);
            }

            if !(*join).next.is_null() {
                pages += (*join).slab;
                (*join).slab += (*page).slab;

                let prev = ngx_slab_page_prev(join);
                (*prev).next = (*join).next;
                (*(*join).next).prev = (*join).prev;

                (*page).slab = NGX_SLAB_PAGE_FREE;
                (*page).next = null_mut();
                (*page).prev = NGX_SLAB_PAGE;

                page = join;
            }
        }
    }

    if pages != 0 {
        (*page.add(pages)).prev = page as usize;
    }

    (*page).prev = (&raw mut (*pool).free) as usize;
    (*page).next = (*pool).free.next;

    (*(*page).next).prev = page as usize;

    (*pool).free.next = page;
}

unsafe fn ngx_slab_error(pool: *mut ngx_slab_pool_t, level: ngx_uint_t, text: &CStr) {
    ngx_log_error!(level, (*ngx_cycle.get()).log, 0; "%s%s", text, (*pool).log_ctx);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::unix::ngx_shmem::*;
    use core::mem::zeroed;

    /// The same calls as were made to C's allocator, wrong ones among them: it gave the chunks whose places add up to
    /// this hash.
    #[test]
    fn places_are_those_of_c() {
        unsafe {
            // other tests may see it: it stays
            static log: ngx_global_t<ngx_log_t> = ngx_global_t::zeroed();
            static cycle: ngx_global_t<ngx_cycle_t> = ngx_global_t::zeroed();
            (*cycle.ptr()).log = log.ptr();
            ngx_cycle.set(cycle.ptr());

            ngx_pagesize.set(4096);
            ngx_pagesize_shift.set(12);
            ngx_slab_sizes_init();

            let mut shm: ngx_shm_t = zeroed();
            shm.size = 1 << 20;
            assert_eq!(ngx_shm_alloc(&raw mut shm), 0);
            ngx_memset(shm.addr, 0xa5, shm.size);

            let pool = shm.addr.cast::<ngx_slab_pool_t>();
            ngx_memzero(pool, size_of::<ngx_slab_pool_t>());
            (*pool).end = shm.addr.add(shm.size);
            (*pool).min_shift = 3;
            ngx_slab_init(pool);

            let mut s = 88172645463325252u64;
            let mut rnd = |n: u64| {
                s ^= s << 13;
                s ^= s >> 7;
                s ^= s << 17;
                (s % n) as usize
            };

            let mut hash = 1469598103934665603u64;
            let mut add = |v: usize| hash = (hash ^ v as u64).wrapping_mul(1099511628211);

            let mut chunks = [null_mut::<c_void>(); 4000];
            let mut fails = 0;

            for _ in 0..400000 {
                let i = rnd(4000);

                if !chunks[i].is_null() {
                    ngx_slab_free_locked(pool, chunks[i]);
                    if rnd(50) == 0 {
                        ngx_slab_free_locked(pool, chunks[i]);
                    }
                    if rnd(97) == 0 {
                        ngx_slab_free_locked(pool, chunks[i].byte_add(1));
                    }
                    chunks[i] = null_mut();
                    continue;
                }

                let size = match rnd(10) {
                    0..6 => rnd(64) + 1,
                    6..9 => rnd(2048) + 1,
                    _ => rnd(20000) + 1,
                };

                chunks[i] = ngx_slab_alloc_locked(pool, size);

                if chunks[i].is_null() {
                    fails += 1;
                    add(0);
                } else {
                    add(chunks[i].addr() - shm.addr.addr());
                }
                add((*pool).pfree);
            }

            assert_eq!((hash, fails), (0x88304e2c13bf4415, 19195));

            for p in chunks {
                if !p.is_null() {
                    ngx_slab_free_locked(pool, p);
                }
            }

            assert_eq!((*pool).pfree, 254);
            for (slot, reqs) in [15939, 16093, 32081, 63886, 2035, 4121, 8266, 16512, 32939].into_iter().enumerate() {
                let stat = *(*pool).stats.add(slot);
                assert_eq!((stat.total, stat.used, stat.reqs), (0, 0, reqs));
            }

            ngx_shm_free(&raw mut shm);
        }
    }
}
