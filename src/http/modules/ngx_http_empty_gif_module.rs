//! Port of src/http/modules/ngx_http_empty_gif_module.c

use crate::core::{ngx_conf_file::*, ngx_config::*, ngx_module::*, ngx_string::*};
use crate::http::{ngx_http_config::*, ngx_http_core_module::*, ngx_http_request::*, ngx_http_script::*};

static ngx_http_empty_gif_commands: &[ngx_command_t] = &[ngx_command_t {
    name: ngx_string!("empty_gif"),
    type_: NGX_HTTP_LOC_CONF | NGX_CONF_NOARGS,
    set: Some(ngx_http_empty_gif),
    conf: 0,
    offset: 0,
    post: null(),
}];

/// One transparent pixel.
#[rustfmt::skip]
static ngx_empty_gif: [u8; 43] = [
    b'G', b'I', b'F', b'8', b'9', b'a',

    // screen: 1 x 1, two colors in the table, color 1 behind
    1, 0,  1, 0,  0x80,  1,  0,

    // the table: black, white
    0, 0, 0,  0xff, 0xff, 0xff,

    // extension: color 1 is transparent
    0x21,  0xf9,  4,  0x01,  0, 0,  1,  0,

    // image: at 0, 0, 1 x 1
    0x2c,  0, 0,  0, 0,  1, 0,  1, 0,  0,

    // LZW in codes of 3 bits, from the low bits on: clear (4), color 1, end (5)
    2,  2,  0x4c, 0x01,  0,

    0x3b,
];

static ngx_http_empty_gif_module_ctx: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: None,
    postconfiguration: None,

    create_main_conf: None,
    init_main_conf: None,

    create_srv_conf: None,
    merge_srv_conf: None,

    create_loc_conf: None,
    merge_loc_conf: None,
};

pub static ngx_http_empty_gif_module: ngx_module_t = ngx_module_t {
    name: c"ngx_http_empty_gif_module",
    ctx: (&raw const ngx_http_empty_gif_module_ctx).cast(),
    commands: ngx_http_empty_gif_commands,
    type_: NGX_HTTP_MODULE,
    ..NGX_MODULE_V1()
};

static ngx_http_gif_type: ngx_str_t = ngx_string!("image/gif");

unsafe fn ngx_http_empty_gif_handler(r: *mut ngx_http_request_t) -> ngx_int_t {
    if (*r).method & (NGX_HTTP_GET | NGX_HTTP_HEAD) == 0 {
        return NGX_HTTP_NOT_ALLOWED;
    }

    let mut cv: ngx_http_complex_value_t = core::mem::zeroed();

    cv.value.len = ngx_empty_gif.len();
    cv.value.data = ngx_empty_gif.as_ptr().cast_mut();
    (*r).headers_out.last_modified_time = 23349600;

    ngx_http_send_response(r, NGX_HTTP_OK as ngx_uint_t, (&raw const ngx_http_gif_type).cast_mut(), &raw mut cv)
}

unsafe fn ngx_http_empty_gif(cf: *mut ngx_conf_t, _cmd: *const ngx_command_t, _conf: *mut c_void) -> ngx_conf_ret_t {
    let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_conf_get_module_loc_conf(cf, &ngx_http_core_module);
    (*clcf).handler = Some(ngx_http_empty_gif_handler);

    NGX_CONF_OK
}
