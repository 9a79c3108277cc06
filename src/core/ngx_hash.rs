//! Port of src/core/ngx_hash.c and .h
//! Ours: ngx_hash_seen(), which finds duplicates; C repeats the search in each place, and has arrays of names for it.

use crate::core::{ngx_array::*, ngx_config::*, ngx_core::*, ngx_log::*, ngx_palloc::*, ngx_string::*};
use crate::os::unix::ngx_alloc::*;

/// An element of a bucket: `len` bytes of the name stand from `name` on, the next element at the next multiple
/// of a pointer's size. A NULL value ends the bucket.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_hash_elt_t {
    pub value: *mut c_void,
    pub len: u16,
    pub name: [u8; 1],
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_hash_t {
    pub buckets: *mut *mut ngx_hash_elt_t,
    pub size: ngx_uint_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_hash_wildcard_t {
    pub hash: ngx_hash_t,
    pub value: *mut c_void,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_hash_key_t {
    pub key: ngx_str_t,
    pub key_hash: ngx_uint_t,
    pub value: *mut c_void,
}

pub type ngx_hash_key_pt = Option<unsafe fn(data: *mut u8, len: usize) -> ngx_uint_t>;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_hash_combined_t {
    pub hash: ngx_hash_t,
    pub wc_head: *mut ngx_hash_wildcard_t,
    pub wc_tail: *mut ngx_hash_wildcard_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_hash_init_t {
    pub hash: *mut ngx_hash_t,
    pub key: ngx_hash_key_pt,

    pub max_size: ngx_uint_t,
    pub bucket_size: ngx_uint_t,

    pub name: *const c_char,
    pub pool: *mut ngx_pool_t,
    pub temp_pool: *mut ngx_pool_t,
}

pub const NGX_HASH_SMALL: ngx_uint_t = 1;
pub const NGX_HASH_LARGE: ngx_uint_t = 2;

pub const NGX_HASH_LARGE_ASIZE: ngx_uint_t = 16384;

pub const NGX_HASH_WILDCARD_KEY: ngx_uint_t = 1;
pub const NGX_HASH_READONLY_KEY: ngx_uint_t = 2;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_hash_seen_elt_t {
    pub hash: u32,
    pub len: u32,
    pub data: *mut c_void,
}

/// DEVIATION: a table that grows, with the hashes in it: one look for a name, into one cache line. nginx compares a name
/// with each one in an array of them, and with 100,000 names most of the time goes into it; and it has 10,007 such arrays for
/// a `map` of two lines.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_hash_seen_t {
    pub elts: *mut ngx_hash_seen_elt_t,
    pub nelts: usize,
    /// A power of two, or 0 when it is new.
    pub nalloc: usize,
    pub pool: *mut ngx_pool_t,
}

/// Where names are collected, and duplicates found, before the hashes are built.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_hash_keys_arrays_t {
    pub pool: *mut ngx_pool_t,
    pub temp_pool: *mut ngx_pool_t,

    pub keys: ngx_array_t<ngx_hash_key_t>,
    pub keys_hash: ngx_hash_seen_t,

    pub dns_wc_head: ngx_array_t<ngx_hash_key_t>,
    pub dns_wc_head_hash: ngx_hash_seen_t,

    pub dns_wc_tail: ngx_array_t<ngx_hash_key_t>,
    pub dns_wc_tail_hash: ngx_hash_seen_t,
}

/// A header line. `hash` 0 means: not to be sent.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_table_elt_t {
    pub hash: ngx_uint_t,
    pub key: ngx_str_t,
    pub value: ngx_str_t,
    pub lowcase_key: *mut u8,
    pub next: *mut ngx_table_elt_t,
}

#[inline(always)]
pub const fn ngx_hash(key: ngx_uint_t, c: u8) -> ngx_uint_t {
    key.wrapping_mul(31).wrapping_add(c as ngx_uint_t)
}

#[inline(always)]
unsafe fn ngx_hash_elt_name(elt: *mut ngx_hash_elt_t) -> *mut u8 {
    (&raw mut (*elt).name).cast()
}

/// Compares as many bytes at a time as there are, the last ones twice.
#[inline(always)]
unsafe fn ngx_hash_name_eq(s1: *const u8, s2: *const u8, len: usize) -> bool {
    macro_rules! eq {
        ($t:ty, $n:expr) => {
            s1.add($n).cast::<$t>().read_unaligned() == s2.add($n).cast::<$t>().read_unaligned()
        };
    }

    if len >= 8 {
        let mut i = 0;
        while i + 8 < len {
            if !eq!(u64, i) {
                return false;
            }
            i += 8;
        }
        eq!(u64, len - 8)
    } else if len >= 4 {
        eq!(u32, 0) && eq!(u32, len - 4)
    } else if len >= 2 {
        eq!(u16, 0) && eq!(u16, len - 2)
    } else {
        len == 0 || *s1 == *s2
    }
}

pub unsafe fn ngx_hash_find(hash: *mut ngx_hash_t, key: ngx_uint_t, name: *const u8, len: usize) -> *mut c_void {
    let mut elt = *(*hash).buckets.add(key % (*hash).size);

    if elt.is_null() {
        return null_mut();
    }

    while !(*elt).value.is_null() {
        if len == (*elt).len as usize && ngx_hash_name_eq(name, ngx_hash_elt_name(elt), len) {
            return (*elt).value;
        }

        elt = ngx_align_ptr(ngx_hash_elt_name(elt).add((*elt).len as usize), size_of::<*mut c_void>()).cast();
    }

    null_mut()
}

/// The pointer without the two bits that ngx_hash_wildcard_init() has set in it.
#[inline(always)]
fn ngx_hash_untag<T>(value: *mut c_void) -> *mut T {
    value.map_addr(|value| value & !3).cast()
}

pub unsafe fn ngx_hash_find_wc_head(mut hwc: *mut ngx_hash_wildcard_t, name: *const u8, len: usize) -> *mut c_void {
    let mut n = len;

    while n != 0 {
        if *name.add(n - 1) == b'.' {
            break;
        }

        n -= 1;
    }

    let mut key = 0;

    for i in n..len {
        key = ngx_hash(key, *name.add(i));
    }

    let mut value = ngx_hash_find(&raw mut (*hwc).hash, key, name.add(n), len - n);

    if !value.is_null() {
        // bit 1: the value is the hash of the labels to the left, not yet what is looked for;
        // bit 0: "*.example.com" only, not "example.com"

        if value.addr() & 2 != 0 {
            if n == 0 {
                // the name has no more labels

                if value.addr() & 1 != 0 {
                    return null_mut();
                }

                hwc = ngx_hash_untag(value);
                return (*hwc).value;
            }

            hwc = ngx_hash_untag(value);

            value = ngx_hash_find_wc_head(hwc, name, n - 1);

            if !value.is_null() {
                return value;
            }

            return (*hwc).value;
        }

        if value.addr() & 1 != 0 {
            if n == 0 {
                // the name has no more labels

                return null_mut();
            }

            return ngx_hash_untag(value);
        }

        return value;
    }

    (*hwc).value
}

pub unsafe fn ngx_hash_find_wc_tail(mut hwc: *mut ngx_hash_wildcard_t, name: *const u8, len: usize) -> *mut c_void {
    let mut key = 0;

    let mut i = 0;

    while i < len {
        if *name.add(i) == b'.' {
            break;
        }

        key = ngx_hash(key, *name.add(i));
        i += 1;
    }

    if i == len {
        return null_mut();
    }

    let mut value = ngx_hash_find(&raw mut (*hwc).hash, key, name, i);

    if !value.is_null() {
        // bit 1: the value is the hash of the labels to the right

        if value.addr() & 2 != 0 {
            i += 1;

            hwc = ngx_hash_untag(value);

            value = ngx_hash_find_wc_tail(hwc, name.add(i), len - i);

            if !value.is_null() {
                return value;
            }

            return (*hwc).value;
        }

        return value;
    }

    (*hwc).value
}

pub unsafe fn ngx_hash_find_combined(
    hash: *mut ngx_hash_combined_t,
    key: ngx_uint_t,
    name: *const u8,
    len: usize,
) -> *mut c_void {
    if !(*hash).hash.buckets.is_null() {
        let value = ngx_hash_find(&raw mut (*hash).hash, key, name, len);

        if !value.is_null() {
            return value;
        }
    }

    if len == 0 {
        return null_mut();
    }

    if !(*hash).wc_head.is_null() && !(*(*hash).wc_head).hash.buckets.is_null() {
        let value = ngx_hash_find_wc_head((*hash).wc_head, name, len);

        if !value.is_null() {
            return value;
        }
    }

    if !(*hash).wc_tail.is_null() && !(*(*hash).wc_tail).hash.buckets.is_null() {
        let value = ngx_hash_find_wc_tail((*hash).wc_tail, name, len);

        if !value.is_null() {
            return value;
        }
    }

    null_mut()
}

#[allow(non_snake_case)]
#[inline(always)]
unsafe fn NGX_HASH_ELT_SIZE(name: *const ngx_hash_key_t) -> usize {
    size_of::<*mut c_void>() + ngx_align((*name).key.len + 2, size_of::<*mut c_void>())
}

/// Builds `hinit.hash`, or a new one with room for a wildcard's value, in the smallest size whose buckets all fit.
pub unsafe fn ngx_hash_init(hinit: *mut ngx_hash_init_t, names: *mut ngx_hash_key_t, nelts: ngx_uint_t) -> ngx_int_t {
    if (*hinit).max_size == 0 {
        ngx_log_error!(NGX_LOG_EMERG, (*(*hinit).pool).log, 0;
                       "could not build %s, you should increase %s_max_size: %i",
                       (*hinit).name, (*hinit).name, (*hinit).max_size);
        return NGX_ERROR;
    }

    if (*hinit).bucket_size > 65536 - ngx_cacheline_size.get() {
        ngx_log_error!(NGX_LOG_EMERG, (*(*hinit).pool).log, 0;
                       "could not build %s, too large %s_bucket_size: %i",
                       (*hinit).name, (*hinit).name, (*hinit).bucket_size);
        return NGX_ERROR;
    }

    for n in 0..nelts {
        if (*names.add(n)).key.data.is_null() {
            continue;
        }

        if (*hinit).bucket_size < NGX_HASH_ELT_SIZE(names.add(n)) + size_of::<*mut c_void>() {
            ngx_log_error!(NGX_LOG_EMERG, (*(*hinit).pool).log, 0;
                           "could not build %s, you should increase %s_bucket_size: %i",
                           (*hinit).name, (*hinit).name, (*hinit).bucket_size);
            return NGX_ERROR;
        }
    }

    let test = ngx_alloc((*hinit).max_size * size_of::<u16>(), (*(*hinit).pool).log).cast::<u16>();
    if test.is_null() {
        return NGX_ERROR;
    }

    let bucket_size = (*hinit).bucket_size - size_of::<*mut c_void>();

    let mut start = nelts / (bucket_size / (2 * size_of::<*mut c_void>()));
    start = if start != 0 { start } else { 1 };

    if (*hinit).max_size > 10000 && nelts != 0 && (*hinit).max_size / nelts < 100 {
        start = (*hinit).max_size - 1000;
    }

    let mut size = start;

    'found: {
        while size <= (*hinit).max_size {
            'next: {
                ngx_memzero(test, size * size_of::<u16>());

                for n in 0..nelts {
                    if (*names.add(n)).key.data.is_null() {
                        continue;
                    }

                    let key = (*names.add(n)).key_hash % size;
                    let len = *test.add(key) as usize + NGX_HASH_ELT_SIZE(names.add(n));

                    if len > bucket_size {
                        break 'next;
                    }

                    *test.add(key) = len as u16;
                }

                break 'found;
            }

            size += 1;
        }

        size = (*hinit).max_size;

        ngx_log_error!(NGX_LOG_WARN, (*(*hinit).pool).log, 0;
                       "could not build optimal %s, you should increase either %s_max_size: %i or %s_bucket_size: %i; ignoring %s_bucket_size",
                       (*hinit).name, (*hinit).name, (*hinit).max_size,
                       (*hinit).name, (*hinit).bucket_size, (*hinit).name);
    }

    // test[] now counts each bucket's bytes, with the NULL at its end

    for i in 0..size {
        *test.add(i) = size_of::<*mut c_void>() as u16;
    }

    for n in 0..nelts {
        if (*names.add(n)).key.data.is_null() {
            continue;
        }

        let key = (*names.add(n)).key_hash % size;
        let len = *test.add(key) as usize + NGX_HASH_ELT_SIZE(names.add(n));

        if len > 65536 - ngx_cacheline_size.get() {
            ngx_log_error!(NGX_LOG_EMERG, (*(*hinit).pool).log, 0;
                           "could not build %s, you should increase %s_max_size: %i",
                           (*hinit).name, (*hinit).name, (*hinit).max_size);
            ngx_free(test.cast());
            return NGX_ERROR;
        }

        *test.add(key) = len as u16;
    }

    let mut len = 0;

    for i in 0..size {
        if *test.add(i) as usize == size_of::<*mut c_void>() {
            continue;
        }

        len = ngx_hash_bucket(len, *test.add(i) as usize) + *test.add(i) as usize;
    }

    let buckets: *mut *mut ngx_hash_elt_t;

    if (*hinit).hash.is_null() {
        let hwc: *mut u8 =
            ngx_pcalloc_n((*hinit).pool, size_of::<ngx_hash_wildcard_t>() + size * size_of::<*mut ngx_hash_elt_t>());
        if hwc.is_null() {
            ngx_free(test.cast());
            return NGX_ERROR;
        }

        (*hinit).hash = hwc.cast();
        buckets = hwc.add(size_of::<ngx_hash_wildcard_t>()).cast();
    } else {
        buckets = ngx_pcalloc_n((*hinit).pool, size);
        if buckets.is_null() {
            ngx_free(test.cast());
            return NGX_ERROR;
        }
    }

    let mut elts: *mut u8 = ngx_palloc_n((*hinit).pool, len + ngx_cacheline_size.get());
    if elts.is_null() {
        ngx_free(test.cast());
        return NGX_ERROR;
    }

    elts = ngx_align_ptr(elts, ngx_cacheline_size.get());
    len = 0;

    for i in 0..size {
        if *test.add(i) as usize == size_of::<*mut c_void>() {
            continue;
        }

        len = ngx_hash_bucket(len, *test.add(i) as usize);

        *buckets.add(i) = elts.add(len).cast();
        len += *test.add(i) as usize;
    }

    for i in 0..size {
        *test.add(i) = 0;
    }

    for n in 0..nelts {
        let name = names.add(n);

        if (*name).key.data.is_null() {
            continue;
        }

        let key = (*name).key_hash % size;
        let elt = (*buckets.add(key)).byte_add(*test.add(key) as usize);

        (*elt).value = (*name).value;
        (*elt).len = (*name).key.len as u16;

        ngx_strlow(ngx_hash_elt_name(elt), (*name).key.data, (*name).key.len);

        *test.add(key) = (*test.add(key) as usize + NGX_HASH_ELT_SIZE(name)) as u16;
    }

    for i in 0..size {
        if (*buckets.add(i)).is_null() {
            continue;
        }

        let elt = (*buckets.add(i)).byte_add(*test.add(i) as usize);

        (*elt).value = null_mut();
    }

    ngx_free(test.cast());

    (*(*hinit).hash).buckets = buckets;
    (*(*hinit).hash).size = size;

    NGX_OK
}

/// Where a bucket of `size` bytes begins, behind the others' `len`. DEVIATION: small ones share a cache line as long as none
/// lies in more lines than it must, where nginx gives each a line of its own.
#[inline(always)]
unsafe fn ngx_hash_bucket(len: usize, size: usize) -> usize {
    let line = ngx_cacheline_size.get();

    if (len & (line - 1)) + size <= line { len } else { ngx_align(len, line) }
}

/// Builds a tree of hashes, one for each label. `names` are sorted, with the label that is looked up first in front.
pub unsafe fn ngx_hash_wildcard_init(
    hinit: *mut ngx_hash_init_t,
    names: *mut ngx_hash_key_t,
    nelts: ngx_uint_t,
) -> ngx_int_t {
    let mut curr_names = core::mem::zeroed::<ngx_array_t<ngx_hash_key_t>>();
    let mut next_names = core::mem::zeroed::<ngx_array_t<ngx_hash_key_t>>();
    let curr_names = &raw mut curr_names;
    let next_names = &raw mut next_names;

    if ngx_array_init(curr_names, (*hinit).temp_pool, nelts) != NGX_OK {
        return NGX_ERROR;
    }

    if ngx_array_init(next_names, (*hinit).temp_pool, nelts) != NGX_OK {
        return NGX_ERROR;
    }

    let mut n = 0;

    while n < nelts {
        let this = names.add(n);

        let mut dot = false;

        let mut len = 0;

        while len < (*this).key.len {
            if *(*this).key.data.add(len) == b'.' {
                dot = true;
                break;
            }

            len += 1;
        }

        let name = ngx_array_push(curr_names);
        if name.is_null() {
            return NGX_ERROR;
        }

        (*name).key.len = len;
        (*name).key.data = (*this).key.data;
        (*name).key_hash = (*hinit).key.unwrap()((*name).key.data, (*name).key.len);
        (*name).value = (*this).value;

        let dot_len = len + 1;

        if dot {
            len += 1;
        }

        (*next_names).nelts = 0;

        if (*this).key.len != len {
            let next_name = ngx_array_push(next_names);
            if next_name.is_null() {
                return NGX_ERROR;
            }

            (*next_name).key.len = (*this).key.len - len;
            (*next_name).key.data = (*this).key.data.add(len);
            (*next_name).key_hash = 0;
            (*next_name).value = (*this).value;
        }

        // the names that begin with the same label

        let mut i = n + 1;

        while i < nelts {
            let other = names.add(i);

            if ngx_strncmp((*this).key.data, (*other).key.data, len) != 0 {
                break;
            }

            if !dot && (*other).key.len > len && *(*other).key.data.add(len) != b'.' {
                break;
            }

            let next_name = ngx_array_push(next_names);
            if next_name.is_null() {
                return NGX_ERROR;
            }

            (*next_name).key.len = (*other).key.len - dot_len;
            (*next_name).key.data = (*other).key.data.add(dot_len);
            (*next_name).key_hash = 0;
            (*next_name).value = (*other).value;

            i += 1;
        }

        if (*next_names).nelts != 0 {
            let mut h = *hinit;
            h.hash = null_mut();

            if ngx_hash_wildcard_init(&raw mut h, (*next_names).elts, (*next_names).nelts) != NGX_OK {
                return NGX_ERROR;
            }

            let wdc = h.hash.cast::<ngx_hash_wildcard_t>();

            if (*this).key.len == len {
                (*wdc).value = (*this).value;
            }

            (*name).value = wdc.map_addr(|wdc| wdc | if dot { 3 } else { 2 }).cast();
        } else if dot {
            (*name).value = (*name).value.map_addr(|value| value | 1);
        }

        n = i;
    }

    if ngx_hash_init(hinit, (*curr_names).elts, (*curr_names).nelts) != NGX_OK {
        return NGX_ERROR;
    }

    NGX_OK
}

pub unsafe fn ngx_hash_key(data: *mut u8, len: usize) -> ngx_uint_t {
    let mut key = 0;

    for i in 0..len {
        key = ngx_hash(key, *data.add(i));
    }

    key
}

pub unsafe fn ngx_hash_key_lc(data: *mut u8, len: usize) -> ngx_uint_t {
    let mut key = 0;

    for i in 0..len {
        key = ngx_hash(key, ngx_tolower(*data.add(i)));
    }

    key
}

/// ngx_strlow() that also returns ngx_hash_key() of the result.
pub unsafe fn ngx_hash_strlow(dst: *mut u8, src: *const u8, n: usize) -> ngx_uint_t {
    let mut key = 0;

    for i in 0..n {
        let c = ngx_tolower(*src.add(i));
        *dst.add(i) = c;
        key = ngx_hash(key, c);
    }

    key
}

pub unsafe fn ngx_hash_keys_array_init(ha: *mut ngx_hash_keys_arrays_t, type_: ngx_uint_t) -> ngx_int_t {
    let asize = if type_ == NGX_HASH_SMALL { 4 } else { NGX_HASH_LARGE_ASIZE };

    if ngx_array_init(&raw mut (*ha).keys, (*ha).temp_pool, asize) != NGX_OK {
        return NGX_ERROR;
    }

    if ngx_array_init(&raw mut (*ha).dns_wc_head, (*ha).temp_pool, asize) != NGX_OK {
        return NGX_ERROR;
    }

    if ngx_array_init(&raw mut (*ha).dns_wc_tail, (*ha).temp_pool, asize) != NGX_OK {
        return NGX_ERROR;
    }

    (*ha).keys_hash = ngx_hash_seen_t { pool: (*ha).temp_pool, ..core::mem::zeroed() };
    (*ha).dns_wc_head_hash = ngx_hash_seen_t { pool: (*ha).temp_pool, ..core::mem::zeroed() };
    (*ha).dns_wc_tail_hash = ngx_hash_seen_t { pool: (*ha).temp_pool, ..core::mem::zeroed() };

    NGX_OK
}

/// NGX_BUSY for a duplicate. With NGX_HASH_WILDCARD_KEY a name may begin with "*." or with a dot, or end with ".*";
/// NGX_DECLINED for other stars. Unless it is read-only, the key is made lower case in place.
pub unsafe fn ngx_hash_add_key(
    ha: *mut ngx_hash_keys_arrays_t,
    key: *mut ngx_str_t,
    value: *mut c_void,
    flags: ngx_uint_t,
) -> ngx_int_t {
    let data = (*key).data;
    let mut last = (*key).len;
    let skip;

    'wildcard: {
        if flags & NGX_HASH_WILDCARD_KEY != 0 {
            let mut n = 0;

            for i in 0..(*key).len {
                if *data.add(i) == b'*' {
                    n += 1;
                    if n > 1 {
                        return NGX_DECLINED;
                    }
                }

                if *data.add(i) == b'.' && *data.add(i + 1) == b'.' {
                    return NGX_DECLINED;
                }

                if *data.add(i) == 0 {
                    return NGX_DECLINED;
                }
            }

            if (*key).len > 1 && *data == b'.' {
                skip = 1;
                break 'wildcard;
            }

            if (*key).len > 2 {
                if *data == b'*' && *data.add(1) == b'.' {
                    skip = 2;
                    break 'wildcard;
                }

                if *data.add((*key).len - 2) == b'.' && *data.add((*key).len - 1) == b'*' {
                    skip = 0;
                    last -= 2;
                    break 'wildcard;
                }
            }

            if n != 0 {
                return NGX_DECLINED;
            }
        }

        // a plain name

        let mut k = 0;

        for i in 0..last {
            if flags & NGX_HASH_READONLY_KEY == 0 {
                *data.add(i) = ngx_tolower(*data.add(i));
            }
            k = ngx_hash(k, *data.add(i));
        }

        let name = ngx_hash_seen_name(&raw mut (*ha).keys_hash, k, data, last);
        if name.is_null() {
            return NGX_ERROR;
        }

        if !(*name).data.is_null() {
            return NGX_BUSY;
        }

        (*name).data = data.cast();

        let hk = ngx_array_push(&raw mut (*ha).keys);
        if hk.is_null() {
            return NGX_ERROR;
        }

        (*hk).key = *key;
        (*hk).key_hash = k;
        (*hk).value = value;

        return NGX_OK;
    }

    // wildcard:

    let k = ngx_hash_strlow(data.add(skip), data.add(skip), last - skip);

    if skip == 1 {
        // ".example.com" is "example.com" too

        let rc = ngx_hash_seen_copy(&raw mut (*ha).keys_hash, k, data.add(1), last - 1);
        if rc != NGX_OK {
            return rc;
        }
    }

    let p;
    let hwc;
    let keys;

    if skip != 0 {
        // the labels in reverse: "com.example." of "*.example.com", "com.example" of ".example.com"

        p = ngx_pnalloc((*ha).temp_pool, last);
        if p.is_null() {
            return NGX_ERROR;
        }

        let mut len = 0;
        let mut n = 0;

        for i in (1..last).rev() {
            if *data.add(i) == b'.' {
                ngx_memcpy(p.add(n), data.add(i + 1), len);
                n += len;
                *p.add(n) = b'.';
                n += 1;
                len = 0;
                continue;
            }

            len += 1;
        }

        if len != 0 {
            ngx_memcpy(p.add(n), data.add(1), len);
            n += len;
        }

        *p.add(n) = 0;

        hwc = &raw mut (*ha).dns_wc_head;
        keys = &raw mut (*ha).dns_wc_head_hash;
    } else {
        // "www.example" of "www.example.*"

        last += 1;

        p = ngx_pnalloc((*ha).temp_pool, last);
        if p.is_null() {
            return NGX_ERROR;
        }

        ngx_cpystrn(p, data, last);

        hwc = &raw mut (*ha).dns_wc_tail;
        keys = &raw mut (*ha).dns_wc_tail_hash;
    }

    let rc = ngx_hash_seen_copy(keys, k, data.add(skip), last - skip);
    if rc != NGX_OK {
        return rc;
    }

    let hk = ngx_array_push(hwc);
    if hk.is_null() {
        return NGX_ERROR;
    }

    (*hk).key.len = last - 1;
    (*hk).key.data = p;
    (*hk).key_hash = 0;
    (*hk).value = value;

    NGX_OK
}

/// The element of that hash and length for whose `data` `same` holds; else a new one, whose `data` is NULL and left to the
/// caller; NULL without memory.
pub unsafe fn ngx_hash_seen(
    seen: *mut ngx_hash_seen_t,
    hash: ngx_uint_t,
    len: usize,
    same: impl Fn(*mut c_void) -> bool,
) -> *mut ngx_hash_seen_elt_t {
    if (*seen).nelts >= (*seen).nalloc / 4 * 3 && ngx_hash_seen_grow(seen) != NGX_OK {
        return null_mut();
    }

    let hash = hash as u32;
    let mut n = ngx_hash_seen_first(seen, hash);

    loop {
        let elt = (*seen).elts.add(n);

        if (*elt).data.is_null() {
            (*elt).hash = hash;
            (*elt).len = len as u32;
            (*seen).nelts += 1;

            return elt;
        }

        if (*elt).hash == hash && (*elt).len == len as u32 && same((*elt).data) {
            return elt;
        }

        n = (n + 1) & ((*seen).nalloc - 1);
    }
}

/// Spreads what ngx_hash() leaves close together.
#[inline(always)]
unsafe fn ngx_hash_seen_first(seen: *mut ngx_hash_seen_t, hash: u32) -> usize {
    (hash.wrapping_mul(0x9e37_79b1) >> (32 - (*seen).nalloc.trailing_zeros())) as usize
}

#[cold]
unsafe fn ngx_hash_seen_grow(seen: *mut ngx_hash_seen_t) -> ngx_int_t {
    let (old, nold) = ((*seen).elts, (*seen).nalloc);

    (*seen).nalloc = if nold != 0 { 2 * nold } else { 64 };

    (*seen).elts = ngx_pcalloc_n((*seen).pool, (*seen).nalloc);
    if (*seen).elts.is_null() {
        return NGX_ERROR;
    }

    for i in 0..nold {
        let elt = old.add(i);

        if (*elt).data.is_null() {
            continue;
        }

        let mut n = ngx_hash_seen_first(seen, (*elt).hash);

        while !(*(*seen).elts.add(n)).data.is_null() {
            n = (n + 1) & ((*seen).nalloc - 1);
        }

        *(*seen).elts.add(n) = *elt;
    }

    ngx_pool_huge_free((*seen).pool, old, nold);

    NGX_OK
}

unsafe fn ngx_hash_seen_name(
    seen: *mut ngx_hash_seen_t,
    hash: ngx_uint_t,
    name: *mut u8,
    len: usize,
) -> *mut ngx_hash_seen_elt_t {
    ngx_hash_seen(seen, hash, len, |data| ngx_hash_name_eq(name, data.cast(), len))
}

/// Takes in a copy of a name; NGX_BUSY for a duplicate.
unsafe fn ngx_hash_seen_copy(seen: *mut ngx_hash_seen_t, hash: ngx_uint_t, data: *mut u8, len: usize) -> ngx_int_t {
    let name = ngx_hash_seen_name(seen, hash, data, len);
    if name.is_null() {
        return NGX_ERROR;
    }

    if !(*name).data.is_null() {
        return NGX_BUSY;
    }

    (*name).data = ngx_pnalloc((*seen).pool, len).cast();
    if (*name).data.is_null() {
        return NGX_ERROR;
    }

    ngx_memcpy((*name).data, data, len);

    NGX_OK
}
