//! Port of src/core/ngx_core.h

use crate::core::{ngx_config::*, ngx_connection::*};
use crate::event::ngx_event::*;

pub type ngx_event_handler_pt = Option<unsafe fn(ev: *mut ngx_event_t)>;
pub type ngx_connection_handler_pt = Option<unsafe fn(c: *mut ngx_connection_t)>;

pub const NGX_OK: ngx_int_t = 0;
pub const NGX_ERROR: ngx_int_t = -1;
pub const NGX_AGAIN: ngx_int_t = -2;
pub const NGX_BUSY: ngx_int_t = -3;
pub const NGX_DONE: ngx_int_t = -4;
pub const NGX_DECLINED: ngx_int_t = -5;
pub const NGX_ABORT: ngx_int_t = -6;

pub const LF: u8 = b'\n';
pub const CR: u8 = b'\r';

pub const NGX_DISABLE_SYMLINKS_OFF: ngx_uint_t = 0;
pub const NGX_DISABLE_SYMLINKS_ON: ngx_uint_t = 1;
pub const NGX_DISABLE_SYMLINKS_NOTOWNER: ngx_uint_t = 2;

#[inline(always)]
pub fn ngx_abs<T: PartialOrd + Default + core::ops::Neg<Output = T>>(v: T) -> T {
    if v >= T::default() { v } else { -v }
}

#[inline(always)]
pub fn ngx_max<T: PartialOrd>(a: T, b: T) -> T {
    if a < b { b } else { a }
}

#[inline(always)]
pub fn ngx_min<T: PartialOrd>(a: T, b: T) -> T {
    if a > b { b } else { a }
}
