//! Port of src/core/ngx_radix_tree.c and .h

use crate::core::{ngx_config::*, ngx_core::*, ngx_palloc::*};
use crate::os::unix::ngx_alloc::*;

pub const NGX_RADIX_NO_VALUE: usize = usize::MAX;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_radix_node_t {
    pub right: *mut ngx_radix_node_t,
    pub left: *mut ngx_radix_node_t,
    pub parent: *mut ngx_radix_node_t,
    pub value: usize,
}

/// A tree with a level for each bit of an address; `start` and `size` are what is left of the last page of nodes.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_radix_tree_t {
    pub root: *mut ngx_radix_node_t,
    pub pool: *mut ngx_pool_t,
    pub free: *mut ngx_radix_node_t,
    pub start: *mut u8,
    pub size: usize,
}

/// With the nodes of the first `preallocate` bits, or as many as fit a page if it is -1.
#[must_use]
pub unsafe fn ngx_radix_tree_create(pool: *mut ngx_pool_t, mut preallocate: ngx_int_t) -> *mut ngx_radix_tree_t {
    let tree: *mut ngx_radix_tree_t = ngx_palloc(pool);
    if tree.is_null() {
        return null_mut();
    }

    (*tree).pool = pool;
    (*tree).free = null_mut();
    (*tree).start = null_mut();
    (*tree).size = 0;

    (*tree).root = ngx_radix_alloc(tree);
    if (*tree).root.is_null() {
        return null_mut();
    }

    (*(*tree).root).right = null_mut();
    (*(*tree).root).left = null_mut();
    (*(*tree).root).parent = null_mut();
    (*(*tree).root).value = NGX_RADIX_NO_VALUE;

    if preallocate == 0 {
        return tree;
    }

    // nodes that every search passes stand together in one page, for the TLB's sake; a second page would not help

    if preallocate == -1 {
        preallocate = match ngx_pagesize.get() / size_of::<ngx_radix_node_t>() {
            128 => 6,
            256 => 7,
            _ => 8,
        };
    }

    let mut mask: u32 = 0;
    let mut inc: u32 = 0x80000000;

    while preallocate != 0 {
        preallocate -= 1;

        let mut key: u32 = 0;
        mask >>= 1;
        mask |= 0x80000000;

        loop {
            if ngx_radix32tree_insert(tree, key, mask, NGX_RADIX_NO_VALUE) != NGX_OK {
                return null_mut();
            }

            key = key.wrapping_add(inc);

            if key == 0 {
                break;
            }
        }

        inc >>= 1;
    }

    tree
}

/// NGX_BUSY when the network has a value.
pub unsafe fn ngx_radix32tree_insert(tree: *mut ngx_radix_tree_t, key: u32, mask: u32, value: usize) -> ngx_int_t {
    let mut bit: u32 = 0x80000000;

    let mut node = (*tree).root;
    let mut next = (*tree).root;

    while bit & mask != 0 {
        next = if key & bit != 0 { (*node).right } else { (*node).left };

        if next.is_null() {
            break;
        }

        bit >>= 1;
        node = next;
    }

    if !next.is_null() {
        if (*node).value != NGX_RADIX_NO_VALUE {
            return NGX_BUSY;
        }

        (*node).value = value;
        return NGX_OK;
    }

    while bit & mask != 0 {
        next = ngx_radix_alloc(tree);
        if next.is_null() {
            return NGX_ERROR;
        }

        (*next).right = null_mut();
        (*next).left = null_mut();
        (*next).parent = node;
        (*next).value = NGX_RADIX_NO_VALUE;

        if key & bit != 0 {
            (*node).right = next;
        } else {
            (*node).left = next;
        }

        bit >>= 1;
        node = next;
    }

    (*node).value = value;

    NGX_OK
}

/// NGX_ERROR when the network has no value.
pub unsafe fn ngx_radix32tree_delete(tree: *mut ngx_radix_tree_t, key: u32, mask: u32) -> ngx_int_t {
    let mut bit: u32 = 0x80000000;
    let mut node = (*tree).root;

    while !node.is_null() && bit & mask != 0 {
        node = if key & bit != 0 { (*node).right } else { (*node).left };

        bit >>= 1;
    }

    if node.is_null() {
        return NGX_ERROR;
    }

    if !(*node).right.is_null() || !(*node).left.is_null() {
        if (*node).value != NGX_RADIX_NO_VALUE {
            (*node).value = NGX_RADIX_NO_VALUE;
            return NGX_OK;
        }

        return NGX_ERROR;
    }

    // a leaf goes, and with it the nodes above that led only to it

    loop {
        if (*(*node).parent).right == node {
            (*(*node).parent).right = null_mut();
        } else {
            (*(*node).parent).left = null_mut();
        }

        (*node).right = (*tree).free;
        (*tree).free = node;

        node = (*node).parent;

        if !(*node).right.is_null() || !(*node).left.is_null() {
            break;
        }

        if (*node).value != NGX_RADIX_NO_VALUE {
            break;
        }

        if (*node).parent.is_null() {
            break;
        }
    }

    NGX_OK
}

/// The value of the longest prefix of `key`, or NGX_RADIX_NO_VALUE.
pub unsafe fn ngx_radix32tree_find(tree: *mut ngx_radix_tree_t, key: u32) -> usize {
    let mut bit: u32 = 0x80000000;
    let mut value = NGX_RADIX_NO_VALUE;
    let mut node = (*tree).root;

    while !node.is_null() {
        if (*node).value != NGX_RADIX_NO_VALUE {
            value = (*node).value;
        }

        node = if key & bit != 0 { (*node).right } else { (*node).left };

        bit >>= 1;
    }

    value
}

/// As ngx_radix32tree_insert(); `key` and `mask` are 16 bytes.
pub unsafe fn ngx_radix128tree_insert(
    tree: *mut ngx_radix_tree_t,
    key: *mut u8,
    mask: *mut u8,
    value: usize,
) -> ngx_int_t {
    let mut i = 0;
    let mut bit: u8 = 0x80;

    let mut node = (*tree).root;
    let mut next = (*tree).root;

    while bit & *mask.add(i) != 0 {
        next = if *key.add(i) & bit != 0 { (*node).right } else { (*node).left };

        if next.is_null() {
            break;
        }

        bit >>= 1;
        node = next;

        if bit == 0 {
            i += 1;
            if i == 16 {
                break;
            }

            bit = 0x80;
        }
    }

    if !next.is_null() {
        if (*node).value != NGX_RADIX_NO_VALUE {
            return NGX_BUSY;
        }

        (*node).value = value;
        return NGX_OK;
    }

    while bit & *mask.add(i) != 0 {
        next = ngx_radix_alloc(tree);
        if next.is_null() {
            return NGX_ERROR;
        }

        (*next).right = null_mut();
        (*next).left = null_mut();
        (*next).parent = node;
        (*next).value = NGX_RADIX_NO_VALUE;

        if *key.add(i) & bit != 0 {
            (*node).right = next;
        } else {
            (*node).left = next;
        }

        bit >>= 1;
        node = next;

        if bit == 0 {
            i += 1;
            if i == 16 {
                break;
            }

            bit = 0x80;
        }
    }

    (*node).value = value;

    NGX_OK
}

pub unsafe fn ngx_radix128tree_delete(tree: *mut ngx_radix_tree_t, key: *mut u8, mask: *mut u8) -> ngx_int_t {
    let mut i = 0;
    let mut bit: u8 = 0x80;
    let mut node = (*tree).root;

    while !node.is_null() && bit & *mask.add(i) != 0 {
        node = if *key.add(i) & bit != 0 { (*node).right } else { (*node).left };

        bit >>= 1;

        if bit == 0 {
            i += 1;
            if i == 16 {
                break;
            }

            bit = 0x80;
        }
    }

    if node.is_null() {
        return NGX_ERROR;
    }

    if !(*node).right.is_null() || !(*node).left.is_null() {
        if (*node).value != NGX_RADIX_NO_VALUE {
            (*node).value = NGX_RADIX_NO_VALUE;
            return NGX_OK;
        }

        return NGX_ERROR;
    }

    loop {
        if (*(*node).parent).right == node {
            (*(*node).parent).right = null_mut();
        } else {
            (*(*node).parent).left = null_mut();
        }

        (*node).right = (*tree).free;
        (*tree).free = node;

        node = (*node).parent;

        if !(*node).right.is_null() || !(*node).left.is_null() {
            break;
        }

        if (*node).value != NGX_RADIX_NO_VALUE {
            break;
        }

        if (*node).parent.is_null() {
            break;
        }
    }

    NGX_OK
}

pub unsafe fn ngx_radix128tree_find(tree: *mut ngx_radix_tree_t, key: *mut u8) -> usize {
    let mut i = 0;
    let mut bit: u8 = 0x80;
    let mut value = NGX_RADIX_NO_VALUE;
    let mut node = (*tree).root;

    while !node.is_null() {
        if (*node).value != NGX_RADIX_NO_VALUE {
            value = (*node).value;
        }

        // a whole address has no nodes below it; C looks, and reads a byte behind the key

        if i == 16 {
            break;
        }

        node = if *key.add(i) & bit != 0 { (*node).right } else { (*node).left };

        bit >>= 1;

        if bit == 0 {
            i += 1;
            bit = 0x80;
        }
    }

    value
}

unsafe fn ngx_radix_alloc(tree: *mut ngx_radix_tree_t) -> *mut ngx_radix_node_t {
    if !(*tree).free.is_null() {
        let p = (*tree).free;
        (*tree).free = (*(*tree).free).right;
        return p;
    }

    if (*tree).size < size_of::<ngx_radix_node_t>() {
        (*tree).start = ngx_pmemalign((*tree).pool, ngx_pagesize.get(), ngx_pagesize.get());
        if (*tree).start.is_null() {
            return null_mut();
        }

        (*tree).size = ngx_pagesize.get();
    }

    let p = (*tree).start.cast::<ngx_radix_node_t>();
    (*tree).start = (*tree).start.add(size_of::<ngx_radix_node_t>());
    (*tree).size -= size_of::<ngx_radix_node_t>();

    p
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: ngx_radix_node_t =
        ngx_radix_node_t { right: null_mut(), left: null_mut(), parent: null_mut(), value: NGX_RADIX_NO_VALUE };

    /// A tree whose nodes come from `nodes`, so that no pool is needed.
    fn tree(nodes: &mut [ngx_radix_node_t; 300]) -> ngx_radix_tree_t {
        ngx_radix_tree_t {
            root: nodes.as_mut_ptr(),
            pool: null_mut(),
            free: null_mut(),
            start: unsafe { nodes.as_mut_ptr().add(1).cast() },
            size: 299 * size_of::<ngx_radix_node_t>(),
        }
    }

    #[test]
    fn radix32() {
        unsafe {
            let mut nodes = [NONE; 300];
            let mut t = tree(&mut nodes);
            let t = &raw mut t;

            for (key, mask, value) in
                [(0x0a000000, 0xff000000, 1), (0x0a010000, 0xffff0000, 2), (0x0a010203, 0xffffffff, 3)]
            {
                assert_eq!(ngx_radix32tree_insert(t, key, mask, value), NGX_OK);
                assert_eq!(ngx_radix32tree_insert(t, key, mask, value), NGX_BUSY);
            }

            let find = |t, keys: [u32; 4]| keys.map(|key| ngx_radix32tree_find(t, key));
            let keys = [0x0a020000, 0x0a010204, 0x0a010203, 0x0b000000];
            assert_eq!(find(t, keys), [1, 2, 3, NGX_RADIX_NO_VALUE]);

            assert_eq!(ngx_radix32tree_delete(t, 0x0a010000, 0xffff0000), NGX_OK);
            assert_eq!(ngx_radix32tree_delete(t, 0x0a010000, 0xffff0000), NGX_ERROR);
            assert_eq!(find(t, keys), [1, 1, 3, NGX_RADIX_NO_VALUE]);
            assert_eq!(ngx_radix32tree_delete(t, 0x0a010203, 0xffffffff), NGX_OK);
            assert_eq!(find(t, keys), [1, 1, 1, NGX_RADIX_NO_VALUE]);
            assert!(!(*t).free.is_null());
            assert_eq!(ngx_radix32tree_delete(t, 0x0c000000, 0xff000000), NGX_ERROR);
        }
    }

    #[test]
    fn radix128() {
        unsafe {
            let mut nodes = [NONE; 300];
            let mut t = tree(&mut nodes);
            let t = &raw mut t;
            let mut net = [0u8; 16];
            net[0] = 0x20;
            let mut host = net;
            host[15] = 1;
            let (mut mask16, mut mask128) = ([0u8; 16], [0xff; 16]);
            mask16[..2].fill(0xff);

            assert_eq!(ngx_radix128tree_insert(t, net.as_mut_ptr(), mask16.as_mut_ptr(), 1), NGX_OK);
            assert_eq!(ngx_radix128tree_insert(t, host.as_mut_ptr(), mask128.as_mut_ptr(), 2), NGX_OK);
            assert_eq!(ngx_radix128tree_insert(t, host.as_mut_ptr(), mask128.as_mut_ptr(), 2), NGX_BUSY);
            assert_eq!(
                (ngx_radix128tree_find(t, net.as_mut_ptr()), ngx_radix128tree_find(t, host.as_mut_ptr())),
                (1, 2)
            );
            assert_eq!(ngx_radix128tree_find(t, mask128.as_mut_ptr()), NGX_RADIX_NO_VALUE);
            assert_eq!(ngx_radix128tree_delete(t, host.as_mut_ptr(), mask128.as_mut_ptr()), NGX_OK);
            assert_eq!(ngx_radix128tree_delete(t, host.as_mut_ptr(), mask128.as_mut_ptr()), NGX_ERROR);
            assert_eq!(ngx_radix128tree_find(t, host.as_mut_ptr()), 1);
        }
    }
}
