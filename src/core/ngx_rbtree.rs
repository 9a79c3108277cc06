//! Port of src/core/ngx_rbtree.c and .h

use crate::core::ngx_config::*;

pub type ngx_rbtree_key_t = ngx_uint_t;
pub type ngx_rbtree_key_int_t = ngx_int_t;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_rbtree_node_t {
    pub key: ngx_rbtree_key_t,
    pub left: *mut ngx_rbtree_node_t,
    pub right: *mut ngx_rbtree_node_t,
    pub parent: *mut ngx_rbtree_node_t,
    pub color: u8,
    pub data: u8,
}

const _: () = assert!(size_of::<ngx_rbtree_node_t>() == 5 * size_of::<usize>()); // C: 40

/// Links `node` in below `root`, which is not the sentinel, and makes it red.
pub type ngx_rbtree_insert_pt =
    Option<unsafe fn(root: *mut ngx_rbtree_node_t, node: *mut ngx_rbtree_node_t, sentinel: *mut ngx_rbtree_node_t)>;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_rbtree_t {
    pub root: *mut ngx_rbtree_node_t,
    pub sentinel: *mut ngx_rbtree_node_t,
    pub insert: ngx_rbtree_insert_pt,
}

#[inline(always)]
pub unsafe fn ngx_rbtree_init(tree: *mut ngx_rbtree_t, s: *mut ngx_rbtree_node_t, i: ngx_rbtree_insert_pt) {
    ngx_rbtree_sentinel_init(s);
    (*tree).root = s;
    (*tree).sentinel = s;
    (*tree).insert = i;
}

/// `ngx_rbtree_data!(node, type, link)`: the object whose field `link` (an `ngx_rbtree_node_t`) `node` points to.
macro_rules! ngx_rbtree_data {
    ($n:expr, $t:ty, $($link:ident).+) => {{
        const _: fn(*const $t) -> *const crate::core::ngx_rbtree::ngx_rbtree_node_t =
            |p| unsafe { &raw const (*p).$($link).+ };
        let n: *mut crate::core::ngx_rbtree::ngx_rbtree_node_t = $n;
        n.byte_sub(core::mem::offset_of!($t, $($link).+)).cast::<$t>()
    }};
}
pub(crate) use ngx_rbtree_data;

#[inline(always)]
pub unsafe fn ngx_rbt_red(node: *mut ngx_rbtree_node_t) {
    (*node).color = 1;
}

#[inline(always)]
pub unsafe fn ngx_rbt_black(node: *mut ngx_rbtree_node_t) {
    (*node).color = 0;
}

#[inline(always)]
pub unsafe fn ngx_rbt_is_red(node: *const ngx_rbtree_node_t) -> bool {
    (*node).color != 0
}

#[inline(always)]
pub unsafe fn ngx_rbt_is_black(node: *const ngx_rbtree_node_t) -> bool {
    !ngx_rbt_is_red(node)
}

#[inline(always)]
pub unsafe fn ngx_rbt_copy_color(n1: *mut ngx_rbtree_node_t, n2: *const ngx_rbtree_node_t) {
    (*n1).color = (*n2).color;
}

#[inline(always)]
pub unsafe fn ngx_rbtree_sentinel_init(node: *mut ngx_rbtree_node_t) {
    ngx_rbt_black(node)
}

#[inline(always)]
pub unsafe fn ngx_rbtree_min(
    mut node: *mut ngx_rbtree_node_t,
    sentinel: *mut ngx_rbtree_node_t,
) -> *mut ngx_rbtree_node_t {
    while (*node).left != sentinel {
        node = (*node).left;
    }

    node
}

pub unsafe fn ngx_rbtree_insert(tree: *mut ngx_rbtree_t, mut node: *mut ngx_rbtree_node_t) {
    // a binary tree's insert

    let root = &raw mut (*tree).root;
    let sentinel = (*tree).sentinel;

    if *root == sentinel {
        (*node).parent = null_mut();
        (*node).left = sentinel;
        (*node).right = sentinel;
        ngx_rbt_black(node);
        *root = node;

        return;
    }

    (*tree).insert.unwrap()(*root, node, sentinel);

    // then the colours

    while node != *root && ngx_rbt_is_red((*node).parent) {
        if (*node).parent == (*(*(*node).parent).parent).left {
            let temp = (*(*(*node).parent).parent).right;

            if ngx_rbt_is_red(temp) {
                ngx_rbt_black((*node).parent);
                ngx_rbt_black(temp);
                ngx_rbt_red((*(*node).parent).parent);
                node = (*(*node).parent).parent;
            } else {
                if node == (*(*node).parent).right {
                    node = (*node).parent;
                    ngx_rbtree_left_rotate(root, sentinel, node);
                }

                ngx_rbt_black((*node).parent);
                ngx_rbt_red((*(*node).parent).parent);
                ngx_rbtree_right_rotate(root, sentinel, (*(*node).parent).parent);
            }
        } else {
            let temp = (*(*(*node).parent).parent).left;

            if ngx_rbt_is_red(temp) {
                ngx_rbt_black((*node).parent);
                ngx_rbt_black(temp);
                ngx_rbt_red((*(*node).parent).parent);
                node = (*(*node).parent).parent;
            } else {
                if node == (*(*node).parent).left {
                    node = (*node).parent;
                    ngx_rbtree_right_rotate(root, sentinel, node);
                }

                ngx_rbt_black((*node).parent);
                ngx_rbt_red((*(*node).parent).parent);
                ngx_rbtree_left_rotate(root, sentinel, (*(*node).parent).parent);
            }
        }
    }

    ngx_rbt_black(*root);
}

pub unsafe fn ngx_rbtree_insert_value(
    mut temp: *mut ngx_rbtree_node_t,
    node: *mut ngx_rbtree_node_t,
    sentinel: *mut ngx_rbtree_node_t,
) {
    let mut p;

    loop {
        p = if (*node).key < (*temp).key { &raw mut (*temp).left } else { &raw mut (*temp).right };

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

/// Keys are times that wrap around: the sign of the difference tells which is earlier.
pub unsafe fn ngx_rbtree_insert_timer_value(
    mut temp: *mut ngx_rbtree_node_t,
    node: *mut ngx_rbtree_node_t,
    sentinel: *mut ngx_rbtree_node_t,
) {
    let mut p;

    loop {
        p = if ((*node).key.wrapping_sub((*temp).key) as ngx_rbtree_key_int_t) < 0 {
            &raw mut (*temp).left
        } else {
            &raw mut (*temp).right
        };

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

pub unsafe fn ngx_rbtree_delete(tree: *mut ngx_rbtree_t, node: *mut ngx_rbtree_node_t) {
    let subst;
    let mut temp;

    // a binary tree's delete

    let root = &raw mut (*tree).root;
    let sentinel = (*tree).sentinel;

    if (*node).left == sentinel {
        temp = (*node).right;
        subst = node;
    } else if (*node).right == sentinel {
        temp = (*node).left;
        subst = node;
    } else {
        subst = ngx_rbtree_min((*node).right, sentinel);
        temp = (*subst).right;
    }

    if subst == *root {
        *root = temp;
        ngx_rbt_black(temp);

        (*node).left = null_mut();
        (*node).right = null_mut();
        (*node).parent = null_mut();
        (*node).key = 0;

        return;
    }

    let red = ngx_rbt_is_red(subst);

    if subst == (*(*subst).parent).left {
        (*(*subst).parent).left = temp;
    } else {
        (*(*subst).parent).right = temp;
    }

    if subst == node {
        (*temp).parent = (*subst).parent;
    } else {
        if (*subst).parent == node {
            (*temp).parent = subst;
        } else {
            (*temp).parent = (*subst).parent;
        }

        (*subst).left = (*node).left;
        (*subst).right = (*node).right;
        (*subst).parent = (*node).parent;
        ngx_rbt_copy_color(subst, node);

        if node == *root {
            *root = subst;
        } else if node == (*(*node).parent).left {
            (*(*node).parent).left = subst;
        } else {
            (*(*node).parent).right = subst;
        }

        if (*subst).left != sentinel {
            (*(*subst).left).parent = subst;
        }

        if (*subst).right != sentinel {
            (*(*subst).right).parent = subst;
        }
    }

    (*node).left = null_mut();
    (*node).right = null_mut();
    (*node).parent = null_mut();
    (*node).key = 0;

    if red {
        return;
    }

    // then the colours

    while temp != *root && ngx_rbt_is_black(temp) {
        if temp == (*(*temp).parent).left {
            let mut w = (*(*temp).parent).right;

            if ngx_rbt_is_red(w) {
                ngx_rbt_black(w);
                ngx_rbt_red((*temp).parent);
                ngx_rbtree_left_rotate(root, sentinel, (*temp).parent);
                w = (*(*temp).parent).right;
            }

            if ngx_rbt_is_black((*w).left) && ngx_rbt_is_black((*w).right) {
                ngx_rbt_red(w);
                temp = (*temp).parent;
            } else {
                if ngx_rbt_is_black((*w).right) {
                    ngx_rbt_black((*w).left);
                    ngx_rbt_red(w);
                    ngx_rbtree_right_rotate(root, sentinel, w);
                    w = (*(*temp).parent).right;
                }

                ngx_rbt_copy_color(w, (*temp).parent);
                ngx_rbt_black((*temp).parent);
                ngx_rbt_black((*w).right);
                ngx_rbtree_left_rotate(root, sentinel, (*temp).parent);
                temp = *root;
            }
        } else {
            let mut w = (*(*temp).parent).left;

            if ngx_rbt_is_red(w) {
                ngx_rbt_black(w);
                ngx_rbt_red((*temp).parent);
                ngx_rbtree_right_rotate(root, sentinel, (*temp).parent);
                w = (*(*temp).parent).left;
            }

            if ngx_rbt_is_black((*w).left) && ngx_rbt_is_black((*w).right) {
                ngx_rbt_red(w);
                temp = (*temp).parent;
            } else {
                if ngx_rbt_is_black((*w).left) {
                    ngx_rbt_black((*w).right);
                    ngx_rbt_red(w);
                    ngx_rbtree_left_rotate(root, sentinel, w);
                    w = (*(*temp).parent).left;
                }

                ngx_rbt_copy_color(w, (*temp).parent);
                ngx_rbt_black((*temp).parent);
                ngx_rbt_black((*w).left);
                ngx_rbtree_right_rotate(root, sentinel, (*temp).parent);
                temp = *root;
            }
        }
    }

    ngx_rbt_black(temp);
}

#[inline(always)]
unsafe fn ngx_rbtree_left_rotate(
    root: *mut *mut ngx_rbtree_node_t,
    sentinel: *mut ngx_rbtree_node_t,
    node: *mut ngx_rbtree_node_t,
) {
    let temp = (*node).right;
    (*node).right = (*temp).left;

    if (*temp).left != sentinel {
        (*(*temp).left).parent = node;
    }

    (*temp).parent = (*node).parent;

    if node == *root {
        *root = temp;
    } else if node == (*(*node).parent).left {
        (*(*node).parent).left = temp;
    } else {
        (*(*node).parent).right = temp;
    }

    (*temp).left = node;
    (*node).parent = temp;
}

#[inline(always)]
unsafe fn ngx_rbtree_right_rotate(
    root: *mut *mut ngx_rbtree_node_t,
    sentinel: *mut ngx_rbtree_node_t,
    node: *mut ngx_rbtree_node_t,
) {
    let temp = (*node).left;
    (*node).left = (*temp).right;

    if (*temp).right != sentinel {
        (*(*temp).right).parent = node;
    }

    (*temp).parent = (*node).parent;

    if node == *root {
        *root = temp;
    } else if node == (*(*node).parent).right {
        (*(*node).parent).right = temp;
    } else {
        (*(*node).parent).left = temp;
    }

    (*temp).right = node;
    (*node).parent = temp;
}

/// The node with the next larger key; NULL behind the last.
pub unsafe fn ngx_rbtree_next(tree: *mut ngx_rbtree_t, mut node: *mut ngx_rbtree_node_t) -> *mut ngx_rbtree_node_t {
    let sentinel = (*tree).sentinel;

    if (*node).right != sentinel {
        return ngx_rbtree_min((*node).right, sentinel);
    }

    let root = (*tree).root;

    loop {
        let parent = (*node).parent;

        if node == root {
            return null_mut();
        }

        if node == (*parent).left {
            return parent;
        }

        node = parent;
    }
}
