//! Port of src/http/ngx_http_config.h

use crate::core::{ngx_conf_file::*, ngx_config::*, ngx_cycle::*, ngx_module::*};
use crate::http::{ngx_http::*, ngx_http_request::*};

/// What a block of the configuration knows: the confs of all http modules, by ctx_index.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_conf_ctx_t {
    pub main_conf: *mut *mut c_void,
    pub srv_conf: *mut *mut c_void,
    pub loc_conf: *mut *mut c_void,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_module_t {
    pub preconfiguration: Option<unsafe fn(cf: *mut ngx_conf_t) -> ngx_int_t>,
    pub postconfiguration: Option<unsafe fn(cf: *mut ngx_conf_t) -> ngx_int_t>,

    pub create_main_conf: Option<unsafe fn(cf: *mut ngx_conf_t) -> *mut c_void>,
    pub init_main_conf: Option<unsafe fn(cf: *mut ngx_conf_t, conf: *mut c_void) -> ngx_conf_ret_t>,

    pub create_srv_conf: Option<unsafe fn(cf: *mut ngx_conf_t) -> *mut c_void>,
    pub merge_srv_conf: Option<unsafe fn(cf: *mut ngx_conf_t, prev: *mut c_void, conf: *mut c_void) -> ngx_conf_ret_t>,

    pub create_loc_conf: Option<unsafe fn(cf: *mut ngx_conf_t) -> *mut c_void>,
    pub merge_loc_conf: Option<unsafe fn(cf: *mut ngx_conf_t, prev: *mut c_void, conf: *mut c_void) -> ngx_conf_ret_t>,
}

pub const NGX_HTTP_MODULE: ngx_uint_t = 0x50545448; // "HTTP"

pub const NGX_HTTP_MAIN_CONF: ngx_uint_t = 0x02000000;
pub const NGX_HTTP_SRV_CONF: ngx_uint_t = 0x04000000;
pub const NGX_HTTP_LOC_CONF: ngx_uint_t = 0x08000000;
pub const NGX_HTTP_UPS_CONF: ngx_uint_t = 0x10000000;
pub const NGX_HTTP_SIF_CONF: ngx_uint_t = 0x20000000;
pub const NGX_HTTP_LIF_CONF: ngx_uint_t = 0x40000000;
pub const NGX_HTTP_LMT_CONF: ngx_uint_t = 0x80000000;

pub const NGX_HTTP_MAIN_CONF_OFFSET: usize = offset_of!(ngx_http_conf_ctx_t, main_conf);
pub const NGX_HTTP_SRV_CONF_OFFSET: usize = offset_of!(ngx_http_conf_ctx_t, srv_conf);
pub const NGX_HTTP_LOC_CONF_OFFSET: usize = offset_of!(ngx_http_conf_ctx_t, loc_conf);

#[inline(always)]
pub unsafe fn ngx_http_get_module_main_conf<T>(r: *mut ngx_http_request_t, module: &ngx_module_t) -> *mut T {
    (*(*r).main_conf.add(module.ctx_index.get())).cast()
}

#[inline(always)]
pub unsafe fn ngx_http_get_module_srv_conf<T>(r: *mut ngx_http_request_t, module: &ngx_module_t) -> *mut T {
    (*(*r).srv_conf.add(module.ctx_index.get())).cast()
}

#[inline(always)]
pub unsafe fn ngx_http_get_module_loc_conf<T>(r: *mut ngx_http_request_t, module: &ngx_module_t) -> *mut T {
    (*(*r).loc_conf.add(module.ctx_index.get())).cast()
}

#[inline(always)]
pub unsafe fn ngx_http_conf_get_module_main_conf<T>(cf: *mut ngx_conf_t, module: &ngx_module_t) -> *mut T {
    (*(*(*cf).ctx.cast::<ngx_http_conf_ctx_t>()).main_conf.add(module.ctx_index.get())).cast()
}

#[inline(always)]
pub unsafe fn ngx_http_conf_get_module_srv_conf<T>(cf: *mut ngx_conf_t, module: &ngx_module_t) -> *mut T {
    (*(*(*cf).ctx.cast::<ngx_http_conf_ctx_t>()).srv_conf.add(module.ctx_index.get())).cast()
}

#[inline(always)]
pub unsafe fn ngx_http_conf_get_module_loc_conf<T>(cf: *mut ngx_conf_t, module: &ngx_module_t) -> *mut T {
    (*(*(*cf).ctx.cast::<ngx_http_conf_ctx_t>()).loc_conf.add(module.ctx_index.get())).cast()
}

/// NULL when the cycle has no http block.
#[inline(always)]
pub unsafe fn ngx_http_cycle_get_module_main_conf<T>(cycle: *mut ngx_cycle_t, module: &ngx_module_t) -> *mut T {
    let ctx: *mut ngx_http_conf_ctx_t = ngx_get_conf((*cycle).conf_ctx, &ngx_http_module);
    if ctx.is_null() { null_mut() } else { (*(*ctx).main_conf.add(module.ctx_index.get())).cast() }
}
