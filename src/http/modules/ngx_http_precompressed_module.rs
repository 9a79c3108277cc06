//! Ours, without a counterpart in nginx: brotli_static and zstd_static, which are gzip_static for .br and .zst
//!
//! Files that stand beside the originals are sent instead of them; nothing is compressed here. In a location that has
//! one of the two directives, gzip_static takes part in the same choice: the encoding that the client likes most, of
//! those whose files are there. All else is gzip_static's, see ngx_http_gzip_static_module.rs; so are the values.
//! An ETag names its encoding: files of the same size and time must not pass for one another.
//! Where neither directive is used, there is no handler.

use crate::core::{
    ngx_array::*, ngx_buf::*, ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_list::*, ngx_log::*, ngx_module::*,
    ngx_open_file_cache::*, ngx_palloc::*, ngx_string::*,
};
use crate::http::{
    modules::ngx_http_gzip_static_module::*, ngx_http_config::*, ngx_http_core_module::*, ngx_http_request::*,
    ngx_http_request_body::*,
};
use crate::os::unix::ngx_errno::*;

use core::cmp::Reverse;

struct ngx_http_precompressed_type_t {
    encoding: ngx_str_t,
    suffix: &'static [u8],
}

// SAFETY: constants.
unsafe impl Sync for ngx_http_precompressed_type_t {}

/// In the order in which they are preferred; gzip is gzip_static's.
const NGX_HTTP_PRECOMPRESSED_GZIP: usize = 2;
const NGX_HTTP_PRECOMPRESSED_TYPES: usize = 3;

static ngx_http_precompressed_types: [ngx_http_precompressed_type_t; NGX_HTTP_PRECOMPRESSED_TYPES] = [
    ngx_http_precompressed_type_t { encoding: ngx_string!("br"), suffix: b".br" },
    ngx_http_precompressed_type_t { encoding: ngx_string!("zstd"), suffix: b".zst" },
    ngx_http_precompressed_type_t { encoding: ngx_string!("gzip"), suffix: b".gz" },
];

const NGX_HTTP_PRECOMPRESSED_SUFFIX_LEN: usize = ".zst".len();
const NGX_HTTP_PRECOMPRESSED_ENCODING_LEN: usize = "-zstd".len();

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_precompressed_main_conf_t {
    used: bool,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_precompressed_conf_t {
    brotli: ngx_uint_t,
    zstd: ngx_uint_t,
    /// what gzip_static says here
    gzip: ngx_uint_t,
}

static ngx_http_precompressed_commands: &[ngx_command_t] = &[
    ngx_command_t {
        name: ngx_string!("brotli_static"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_enum_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_precompressed_conf_t, brotli: ngx_uint_t),
        post: (&raw const ngx_http_gzip_static).cast(),
    },
    ngx_command_t {
        name: ngx_string!("zstd_static"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_enum_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_precompressed_conf_t, zstd: ngx_uint_t),
        post: (&raw const ngx_http_gzip_static).cast(),
    },
];

static ngx_http_precompressed_module_ctx: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: None,
    postconfiguration: Some(ngx_http_precompressed_init),

    create_main_conf: Some(ngx_http_precompressed_create_main_conf),
    init_main_conf: None,

    create_srv_conf: None,
    merge_srv_conf: None,

    create_loc_conf: Some(ngx_http_precompressed_create_conf),
    merge_loc_conf: Some(ngx_http_precompressed_merge_conf),
};

pub static ngx_http_precompressed_module: ngx_module_t = ngx_module_t {
    name: c"ngx_http_precompressed_module",
    ctx: (&raw const ngx_http_precompressed_module_ctx).cast(),
    commands: ngx_http_precompressed_commands,
    type_: NGX_HTTP_MODULE,
    ..NGX_MODULE_V1()
};

unsafe fn ngx_http_precompressed_handler(r: *mut ngx_http_request_t) -> ngx_int_t {
    if (*r).method & (NGX_HTTP_GET | NGX_HTTP_HEAD) == 0 {
        return NGX_DECLINED;
    }

    if (*r).uri.bytes().last() == Some(&b'/') {
        return NGX_DECLINED;
    }

    let pccf: *mut ngx_http_precompressed_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_precompressed_module);

    let enable = [(*pccf).brotli, (*pccf).zstd, (*pccf).gzip];

    if (*pccf).brotli == NGX_HTTP_GZIP_STATIC_OFF && (*pccf).zstd == NGX_HTTP_GZIP_STATIC_OFF {
        return NGX_DECLINED;
    }

    let mut accept = ngx_http_precompressed_accept::default();
    let mut ae = (*r).headers_in.accept_encoding;

    while !ae.is_null() {
        accept.parse((*ae).value.bytes());
        ae = (*ae).next;
    }

    let q = accept.wanted();

    let client = r == (*r).main && q != [0; _] && ngx_http_gzip_client_ok(r) == NGX_OK;

    // best first; what may not be sent stands last: whether it is there matters for Vary

    let send: [bool; NGX_HTTP_PRECOMPRESSED_TYPES] = core::array::from_fn(|i| match enable[i] {
        NGX_HTTP_GZIP_STATIC_ON => client && q[i] != 0,
        NGX_HTTP_GZIP_STATIC_ALWAYS => true,
        _ => false,
    });

    let mut order = [0, 1, 2];
    order.sort_unstable_by_key(|&i| (!send[i], Reverse(q[i]), i));

    let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

    if (*clcf).gzip_vary == 0 && !send[order[0]] {
        return NGX_DECLINED;
    }

    // the only choice, if it is "always", depends on nobody

    let vary = enable.contains(&NGX_HTTP_GZIP_STATIC_ON)
        || enable.iter().filter(|&&e| e != NGX_HTTP_GZIP_STATIC_OFF).count() > 1;

    let log = (*(*r).connection).log;

    let mut path = ngx_null_string;
    let mut root = 0;

    let last = ngx_http_map_uri_to_path(r, &raw mut path, &raw mut root, NGX_HTTP_PRECOMPRESSED_SUFFIX_LEN);
    if last.is_null() {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    for i in order {
        if enable[i] == NGX_HTTP_GZIP_STATIC_OFF {
            continue;
        }

        if !send[i] && ((*clcf).gzip_vary == 0 || (*r).gzip_vary) {
            break;
        }

        let p = ngx_cpylit(last, ngx_http_precompressed_types[i].suffix);
        *p = 0;

        path.len = p.offset_from_unsigned(path.data);

        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, log, 0; "http filename: \"%s\"", path.data);

        let mut of: ngx_open_file_info_t = core::mem::zeroed();

        of.read_ahead = (*clcf).read_ahead;
        of.directio = (*clcf).directio;
        of.valid = (*clcf).open_file_cache_valid;
        of.min_uses = (*clcf).open_file_cache_min_uses;
        of.errors = (*clcf).open_file_cache_errors != 0;
        of.events = (*clcf).open_file_cache_events != 0;

        if ngx_http_set_disable_symlinks(r, clcf, &raw mut path, &raw mut of) != NGX_OK {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        if ngx_open_cached_file((*clcf).open_file_cache, &raw mut path, &raw mut of, (*r).pool) != NGX_OK {
            let level = match of.err {
                0 => return NGX_HTTP_INTERNAL_SERVER_ERROR,
                NGX_ENOENT | NGX_ENOTDIR | NGX_ENAMETOOLONG => continue,
                NGX_EACCES | NGX_EMLINK | NGX_ELOOP => NGX_LOG_ERR,
                _ => NGX_LOG_CRIT,
            };

            ngx_log_error!(level, log, of.err; "%s \"%s\" failed", of.failed, path.data);

            continue;
        }

        if vary {
            (*r).gzip_vary = true;
        }

        if !send[i] {
            continue;
        }

        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, log, 0; "http static fd: %d", of.fd);

        if of.is_dir {
            ngx_log_debug!(NGX_LOG_DEBUG_HTTP, log, 0; "http dir");
            continue;
        }

        if !of.is_file {
            ngx_log_error!(NGX_LOG_CRIT, log, 0; "\"%s\" is not a regular file", path.data);

            return NGX_HTTP_NOT_FOUND;
        }

        if i == NGX_HTTP_PRECOMPRESSED_GZIP && client && q[i] != 0 {
            // for gunzip, which knows less of Accept-Encoding
            (*r).gzip_tested = true;
            (*r).gzip_ok = true;
        }

        return ngx_http_precompressed_send(r, clcf, &ngx_http_precompressed_types[i], path, &raw mut of);
    }

    NGX_DECLINED
}

unsafe fn ngx_http_precompressed_send(
    r: *mut ngx_http_request_t,
    clcf: *mut ngx_http_core_loc_conf_t,
    type_: &'static ngx_http_precompressed_type_t,
    path: ngx_str_t,
    of: *mut ngx_open_file_info_t,
) -> ngx_int_t {
    let log = (*(*r).connection).log;

    (*r).root_tested = !(*r).error_page;

    let mut rc = ngx_http_discard_request_body(r);

    if rc != NGX_OK {
        return rc;
    }

    (*log).action = c"sending response to client".as_ptr();

    (*r).headers_out.status = NGX_HTTP_OK as ngx_uint_t;
    (*r).headers_out.content_length_n = (*of).size;
    (*r).headers_out.last_modified_time = (*of).mtime;

    if (*clcf).etag != 0 && ngx_http_precompressed_set_etag(r, type_) != NGX_OK {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if ngx_http_set_content_type(r) != NGX_OK {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    let h = ngx_list_push(&raw mut (*r).headers_out.headers);
    if h.is_null() {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    (*h).hash = 1;
    (*h).next = null_mut();
    ngx_str_set!(&raw mut (*h).key, "Content-Encoding");
    (*h).value = type_.encoding;
    (*r).headers_out.content_encoding = h;

    (*r).allow_ranges = true;

    // whatever can fail is allocated before the header is on its way

    let b = ngx_calloc_buf((*r).pool);
    if b.is_null() {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    (*b).file = ngx_pcalloc((*r).pool);
    if (*b).file.is_null() {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_send_header(r);

    if rc == NGX_ERROR || rc > NGX_OK || (*r).header_only {
        return rc;
    }

    (*b).file_pos = 0;
    (*b).file_last = (*of).size;

    (*b).in_file = (*b).file_last != 0;
    (*b).last_buf = r == (*r).main;
    (*b).last_in_chain = true;
    (*b).sync = !((*b).last_buf || (*b).in_file);

    (*(*b).file).fd = (*of).fd;
    (*(*b).file).name = path;
    (*(*b).file).log = log;
    (*(*b).file).directio = (*of).is_directio;

    let mut out = ngx_chain_t { buf: b, next: null_mut() };

    ngx_http_output_filter(r, &raw mut out)
}

/// ngx_http_set_etag() with the encoding before the closing quote.
unsafe fn ngx_http_precompressed_set_etag(
    r: *mut ngx_http_request_t,
    type_: &'static ngx_http_precompressed_type_t,
) -> ngx_int_t {
    let etag = ngx_list_push(&raw mut (*r).headers_out.headers);
    if etag.is_null() {
        return NGX_ERROR;
    }

    (*etag).hash = 1;
    (*etag).next = null_mut();
    ngx_str_set!(&raw mut (*etag).key, "ETag");

    (*etag).value.data =
        ngx_pnalloc((*r).pool, NGX_OFF_T_LEN + NGX_TIME_T_LEN + 3 + NGX_HTTP_PRECOMPRESSED_ENCODING_LEN);
    if (*etag).value.data.is_null() {
        (*etag).hash = 0;
        return NGX_ERROR;
    }

    (*etag).value.len = ngx_sprintf!(
        (*etag).value.data,
        "\"%xT-%xO-%V\"",
        (*r).headers_out.last_modified_time,
        (*r).headers_out.content_length_n,
        type_.encoding
    )
    .offset_from_unsigned((*etag).value.data);

    (*r).headers_out.etag = etag;

    NGX_OK
}

/// What Accept-Encoding says, in thousandths. Of two weights for one name the first counts.
#[derive(Default)]
struct ngx_http_precompressed_accept {
    q: [Option<u16>; NGX_HTTP_PRECOMPRESSED_TYPES],
    any: Option<u16>,
    identity: Option<u16>,
}

impl ngx_http_precompressed_accept {
    fn parse(&mut self, value: &[u8]) {
        for item in value.split(|&ch| ch == b',') {
            let mut parts = item.split(|&ch| ch == b';').map(<[u8]>::trim_ascii);
            let name = parts.next().unwrap_or_default();

            let weight = if name.eq_ignore_ascii_case(b"br") {
                &mut self.q[0]
            } else if name.eq_ignore_ascii_case(b"zstd") {
                &mut self.q[1]
            } else if name.eq_ignore_ascii_case(b"gzip") {
                &mut self.q[NGX_HTTP_PRECOMPRESSED_GZIP]
            } else if name.eq_ignore_ascii_case(b"identity") {
                &mut self.identity
            } else if name == b"*" {
                &mut self.any
            } else {
                continue;
            };

            weight.get_or_insert(parts.next().map_or(1000, ngx_http_precompressed_weight));
        }
    }

    /// The weights; 0 where it is forbidden, unknown, or worse than an identity that was named.
    fn wanted(&self) -> [u16; NGX_HTTP_PRECOMPRESSED_TYPES] {
        self.q.map(|q| {
            let q = q.or(self.any).unwrap_or(0);

            if q < self.identity.unwrap_or(0) { 0 } else { q }
        })
    }
}

/// "q=0.5"; what is malformed is no permission.
fn ngx_http_precompressed_weight(param: &[u8]) -> u16 {
    if param.is_empty() {
        return 1000;
    }

    let ([b'q' | b'Q', b'=', int @ (b'0' | b'1')] | [b'q' | b'Q', b'=', int @ (b'0' | b'1'), b'.', ..]) = param else {
        return 0;
    };

    let digits = param.get(4..).unwrap_or_default();

    if digits.len() > 3 || !digits.iter().all(u8::is_ascii_digit) {
        return 0;
    }

    let mut q = u16::from(int - b'0');

    for i in 0..3 {
        q = q * 10 + digits.get(i).map_or(0, |ch| u16::from(ch - b'0'));
    }

    if q > 1000 { 0 } else { q }
}

unsafe fn ngx_http_precompressed_create_main_conf(cf: *mut ngx_conf_t) -> *mut c_void {
    let pcmcf: *mut ngx_http_precompressed_main_conf_t = ngx_pcalloc((*cf).pool);

    pcmcf.cast()
}

unsafe fn ngx_http_precompressed_create_conf(cf: *mut ngx_conf_t) -> *mut c_void {
    let conf: *mut ngx_http_precompressed_conf_t = ngx_palloc((*cf).pool);
    if conf.is_null() {
        return null_mut();
    }

    (*conf).brotli = NGX_CONF_UNSET_UINT;
    (*conf).zstd = NGX_CONF_UNSET_UINT;
    (*conf).gzip = NGX_HTTP_GZIP_STATIC_OFF;

    conf.cast()
}

unsafe fn ngx_http_precompressed_merge_conf(
    cf: *mut ngx_conf_t,
    parent: *mut c_void,
    child: *mut c_void,
) -> ngx_conf_ret_t {
    let prev: *mut ngx_http_precompressed_conf_t = parent.cast();
    let conf: *mut ngx_http_precompressed_conf_t = child.cast();

    ngx_conf_merge_uint_value!((*conf).brotli, (*prev).brotli, NGX_HTTP_GZIP_STATIC_OFF);
    ngx_conf_merge_uint_value!((*conf).zstd, (*prev).zstd, NGX_HTTP_GZIP_STATIC_OFF);

    if (*conf).brotli == NGX_HTTP_GZIP_STATIC_OFF && (*conf).zstd == NGX_HTTP_GZIP_STATIC_OFF {
        return NGX_CONF_OK;
    }

    // gzip_static is merged everywhere by now: it leaves this location to us

    let gzcf: *mut ngx_http_gzip_static_conf_t = ngx_http_conf_get_module_loc_conf(cf, &ngx_http_gzip_static_module);

    (*conf).gzip = (*gzcf).enable;
    (*gzcf).enable = NGX_HTTP_GZIP_STATIC_OFF;

    let pcmcf: *mut ngx_http_precompressed_main_conf_t =
        ngx_http_conf_get_module_main_conf(cf, &ngx_http_precompressed_module);

    (*pcmcf).used = true;

    NGX_CONF_OK
}

unsafe fn ngx_http_precompressed_init(cf: *mut ngx_conf_t) -> ngx_int_t {
    let pcmcf: *mut ngx_http_precompressed_main_conf_t =
        ngx_http_conf_get_module_main_conf(cf, &ngx_http_precompressed_module);

    if !(*pcmcf).used {
        return NGX_OK;
    }

    let cmcf: *mut ngx_http_core_main_conf_t = ngx_http_conf_get_module_main_conf(cf, &ngx_http_core_module);

    let h = ngx_array_push(&raw mut (*cmcf).phases[NGX_HTTP_CONTENT_PHASE as usize].handlers);
    if h.is_null() {
        return NGX_ERROR;
    }

    *h = Some(ngx_http_precompressed_handler);

    NGX_OK
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(lines: &[&str]) -> [u16; 3] {
        let mut accept = ngx_http_precompressed_accept::default();
        lines.iter().for_each(|line| accept.parse(line.as_bytes()));
        accept.wanted()
    }

    #[test]
    fn weights() {
        for (param, q) in [
            ("q=1", 1000),
            ("Q=1.000", 1000),
            ("q=0.5", 500),
            ("q=0.05", 50),
            ("q=0.001", 1),
            ("q=0.", 0),
            ("q=1.", 1000),
            ("q=1.001", 0),
            ("q=0.0001", 0),
            ("q=2", 0),
            ("q=-1", 0),
            ("q=", 0),
            ("q", 0),
            ("", 1000),
            ("q=0,5", 0),
            ("q=0.5x", 0),
            ("x=1", 0),
            ("q=11", 0),
        ] {
            assert_eq!(ngx_http_precompressed_weight(param.as_bytes()), q, "{param}");
        }
    }

    #[test]
    fn lists() {
        for (lines, q) in [
            (&[][..], [0, 0, 0]),
            (&[""], [0, 0, 0]),
            (&["gzip, deflate, br, zstd"], [1000; 3]),
            (&["gzip", "BR ; q=0.5"], [500, 0, 1000]),
            (&["*"], [1000; 3]),
            (&["*;q=0.1,br;q=0"], [0, 100, 100]),
            (&["identity, br;q=0.9, zstd"], [0, 1000, 0]),
            (&["identity;q=0.5, *;q=0.5"], [500; 3]),
            (&["identity;q=0, br"], [1000, 0, 0]),
            (&["br;q=0, br"], [0, 0, 0]),
            (&["xbr, brx, b r, ,;q=1,zstd;"], [0, 1000, 0]),
        ] {
            assert_eq!(wanted(lines), q, "{lines:?}");
        }
    }
}
