//! Port of src/http/modules/ngx_http_static_module.c

use crate::core::{
    ngx_array::*, ngx_buf::*, ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_file_memory::*, ngx_list::*,
    ngx_log::*, ngx_module::*, ngx_open_file_cache::*, ngx_palloc::*, ngx_string::*,
};
use crate::http::{
    ngx_http_config::*, ngx_http_copy_filter_module::*, ngx_http_core_module::*, ngx_http_request::*,
    ngx_http_request_body::*,
};
use crate::os::unix::{ngx_errno::*, ngx_files::*};

static ngx_http_static_module_ctx: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: None,
    postconfiguration: Some(ngx_http_static_init),

    create_main_conf: None,
    init_main_conf: None,

    create_srv_conf: None,
    merge_srv_conf: None,

    create_loc_conf: None,
    merge_loc_conf: None,
};

pub static ngx_http_static_module: ngx_module_t = ngx_module_t {
    name: c"ngx_http_static_module",
    ctx: (&raw const ngx_http_static_module_ctx).cast(),
    type_: NGX_HTTP_MODULE,
    ..NGX_MODULE_V1()
};

unsafe fn ngx_http_static_handler(r: *mut ngx_http_request_t) -> ngx_int_t {
    if (*r).method & (NGX_HTTP_GET | NGX_HTTP_HEAD | NGX_HTTP_POST) == 0 {
        return NGX_HTTP_NOT_ALLOWED;
    }

    if (*r).uri.bytes().last() == Some(&b'/') {
        return NGX_DECLINED;
    }

    let log = (*(*r).connection).log;

    // the path comes with room for a NUL, where a redirect puts its '/'

    let mut path = ngx_null_string;
    let mut root = 0;

    let mut last = ngx_http_map_uri_to_path(r, &raw mut path, &raw mut root, 0);
    if last.is_null() {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    path.len = last.offset_from_unsigned(path.data);

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, log, 0; "http filename: \"%s\"", path.data);

    let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

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

    let mut memory = ngx_http_static_memory(r, clcf, &raw mut path, &raw mut of);

    if memory.is_null()
        && ngx_open_cached_file((*clcf).open_file_cache, &raw mut path, &raw mut of, (*r).pool) != NGX_OK
    {
        let (level, rc) = match of.err {
            0 => return NGX_HTTP_INTERNAL_SERVER_ERROR,
            NGX_ENOENT | NGX_ENOTDIR | NGX_ENAMETOOLONG => (NGX_LOG_ERR, NGX_HTTP_NOT_FOUND),
            NGX_EACCES | NGX_EMLINK | NGX_ELOOP => (NGX_LOG_ERR, NGX_HTTP_FORBIDDEN),
            _ => (NGX_LOG_CRIT, NGX_HTTP_INTERNAL_SERVER_ERROR),
        };

        if rc != NGX_HTTP_NOT_FOUND || (*clcf).log_not_found != 0 {
            ngx_log_error!(level, log, of.err; "%s \"%s\" failed", of.failed, path.data);
        }

        return rc;
    }

    (*r).root_tested = !(*r).error_page;

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, log, 0; "http static fd: %d", of.fd);

    if of.is_dir {
        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, log, 0; "http dir");

        ngx_http_clear_location(r);

        (*r).headers_out.location = ngx_list_push(&raw mut (*r).headers_out.headers);
        if (*r).headers_out.location.is_null() {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        let escape = 2 * ngx_escape_uri(null_mut(), (*r).uri.data, (*r).uri.len, NGX_ESCAPE_URI);

        let mut len;
        let location;

        if (*clcf).alias == 0 && (*r).args.len == 0 && escape == 0 {
            len = (*r).uri.len + 1;
            location = path.data.add(root);

            *last = b'/';
        } else {
            len = (*r).uri.len + escape + 1;

            if (*r).args.len != 0 {
                len += (*r).args.len + 1;
            }

            location = ngx_pnalloc((*r).pool, len);
            if location.is_null() {
                ngx_http_clear_location(r);
                return NGX_HTTP_INTERNAL_SERVER_ERROR;
            }

            if escape != 0 {
                last = ngx_escape_uri(location, (*r).uri.data, (*r).uri.len, NGX_ESCAPE_URI) as *mut u8;
            } else {
                last = ngx_copy(location, (*r).uri.data, (*r).uri.len);
            }

            *last = b'/';

            if (*r).args.len != 0 {
                *last.add(1) = b'?';
                ngx_memcpy(last.add(2), (*r).args.data, (*r).args.len);
            }
        }

        (*(*r).headers_out.location).hash = 1;
        (*(*r).headers_out.location).next = null_mut();
        ngx_str_set!(&raw mut (*(*r).headers_out.location).key, "Location");
        (*(*r).headers_out.location).value.len = len;
        (*(*r).headers_out.location).value.data = location;

        return NGX_HTTP_MOVED_PERMANENTLY;
    }

    if !of.is_file {
        ngx_log_error!(NGX_LOG_CRIT, log, 0; "\"%s\" is not a regular file", path.data);

        return NGX_HTTP_NOT_FOUND;
    }

    if (*r).method == NGX_HTTP_POST {
        return NGX_HTTP_NOT_ALLOWED;
    }

    let rc = ngx_http_discard_request_body(r);

    if rc != NGX_OK {
        return rc;
    }

    (*log).action = c"sending response to client".as_ptr();

    (*r).headers_out.status = NGX_HTTP_OK as ngx_uint_t;
    (*r).headers_out.content_length_n = of.size;
    (*r).headers_out.last_modified_time = of.mtime;

    let rc = if memory.is_null() { ngx_http_set_etag(r) } else { ngx_http_static_memory_etag(r, clcf, memory) };

    if rc != NGX_OK {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if ngx_http_set_content_type(r) != NGX_OK {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    (*r).allow_ranges = true;

    // whatever can fail is allocated before the header is on its way

    let b = ngx_calloc_buf((*r).pool);
    if b.is_null() {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if memory.is_null() {
        (*b).file = ngx_pcalloc((*r).pool);
        if (*b).file.is_null() {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    let rc = ngx_http_send_header(r);

    if rc == NGX_ERROR || rc > NGX_OK || (*r).header_only {
        return rc;
    }

    if memory.is_null() {
        memory = ngx_http_static_memory_store(r, clcf, &raw mut path, &raw mut of);
    }

    if !memory.is_null() {
        return ngx_http_static_send_memory(r, b, memory);
    }

    (*b).file_pos = 0;
    (*b).file_last = of.size;

    (*b).in_file = (*b).file_last != 0;
    (*b).last_buf = r == (*r).main;
    (*b).last_in_chain = true;
    (*b).sync = !((*b).last_buf || (*b).in_file);

    (*(*b).file).fd = of.fd;
    (*(*b).file).name = path;
    (*(*b).file).log = log;
    (*(*b).file).directio = of.is_directio;

    let mut out = ngx_chain_t { buf: b, next: null_mut() };

    ngx_http_output_filter(r, &raw mut out)
}

unsafe fn ngx_http_static_init(cf: *mut ngx_conf_t) -> ngx_int_t {
    let cmcf: *mut ngx_http_core_main_conf_t = ngx_http_conf_get_module_main_conf(cf, &ngx_http_core_module);

    let h = ngx_array_push(&raw mut (*cmcf).phases[NGX_HTTP_CONTENT_PHASE as usize].handlers);
    if h.is_null() {
        return NGX_ERROR;
    }

    *h = Some(ngx_http_static_handler);

    NGX_OK
}

// DEVIATION: a small file is kept in memory, see core/ngx_file_memory.rs; what asks for a certain way to read a file
// gets that way. Ranges nginx reads in pieces, which show in a chunked body.
unsafe fn ngx_http_static_in_memory(
    r: *mut ngx_http_request_t,
    clcf: *mut ngx_http_core_loc_conf_t,
    of: *mut ngx_open_file_info_t,
) -> bool {
    let conf: *mut ngx_http_copy_filter_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_copy_filter_module);

    (*clcf).directio == NGX_OPEN_FILE_DIRECTIO_OFF
        && (*clcf).aio == NGX_HTTP_AIO_OFF as ngx_flag_t
        && (*of).disable_symlinks == 0
        && (*conf).bufs.size >= NGX_FILE_MEMORY_FILE_MAX as usize
        && (*conf).bufs.num > 1
        && (*r).headers_in.range.is_null()
}

unsafe fn ngx_http_static_memory(
    r: *mut ngx_http_request_t,
    clcf: *mut ngx_http_core_loc_conf_t,
    path: *mut ngx_str_t,
    of: *mut ngx_open_file_info_t,
) -> *mut ngx_file_memory_t {
    if !ngx_http_static_in_memory(r, clcf, of) || !(*clcf).open_file_cache.is_null() {
        return null_mut();
    }

    ngx_file_memory_lookup(path, NGX_INVALID_FILE, (*(*(*r).main).http_connection).received, of, (*r).pool)
}

unsafe fn ngx_http_static_memory_store(
    r: *mut ngx_http_request_t,
    clcf: *mut ngx_http_core_loc_conf_t,
    path: *mut ngx_str_t,
    of: *mut ngx_open_file_info_t,
) -> *mut ngx_file_memory_t {
    if !ngx_http_static_in_memory(r, clcf, of) {
        return null_mut();
    }

    if !(*clcf).open_file_cache.is_null() {
        // whether the file has changed its cache knows; it still may have been written to

        let mut cached = *of;
        let memory = ngx_file_memory_lookup(path, (*of).fd, 0, &raw mut cached, (*r).pool);

        if !memory.is_null() && (*memory).size == (*of).size && cached.mtime == (*of).mtime {
            return memory;
        }
    }

    let max = if (*(*r).connection).sendfile { NGX_FILE_MEMORY_FILE_MAX } else { NGX_FILE_MEMORY_COPY_MAX };

    ngx_file_memory_store(path, max, of, (*r).pool)
}

/// ngx_http_set_etag() with what the first request has written.
unsafe fn ngx_http_static_memory_etag(
    r: *mut ngx_http_request_t,
    clcf: *mut ngx_http_core_loc_conf_t,
    memory: *mut ngx_file_memory_t,
) -> ngx_int_t {
    if (*clcf).etag == 0 {
        return NGX_OK;
    }

    let etag = ngx_list_push(&raw mut (*r).headers_out.headers);
    if etag.is_null() {
        return NGX_ERROR;
    }

    (*etag).hash = 1;
    (*etag).next = null_mut();
    ngx_str_set!(&raw mut (*etag).key, "ETag");
    (*etag).value = ngx_str_t { len: (*memory).etag_len, data: (&raw mut (*memory).etag).cast() };

    (*r).headers_out.etag = etag;

    NGX_OK
}

unsafe fn ngx_http_static_send_memory(
    r: *mut ngx_http_request_t,
    mut b: *mut ngx_buf_t,
    memory: *mut ngx_file_memory_t,
) -> ngx_int_t {
    let conf: *mut ngx_http_copy_filter_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_copy_filter_module);

    let end = (*memory).data.add((*memory).size as usize);
    let mut pos = (*memory).data;

    // what nginx reads in pieces is sent in pieces, where they show; a full one is what nginx calls recycled

    let pieces = (*(*r).main).chunked;

    loop {
        let more = pieces && end.offset_from_unsigned(pos) > (*conf).bufs.size;
        let last = if more { pos.add((*conf).bufs.size) } else { end };

        (*b).start = pos;
        (*b).pos = pos;
        (*b).last = last;
        (*b).end = last;

        (*b).memory = true;
        (*b).recycled = pieces && last.offset_from_unsigned(pos) == (*conf).bufs.size;
        (*b).last_buf = !more && r == (*r).main;
        (*b).last_in_chain = !more;

        let mut out = ngx_chain_t { buf: b, next: null_mut() };

        let rc = ngx_http_output_filter(r, &raw mut out);

        if rc == NGX_ERROR || !more {
            return rc;
        }

        b = ngx_calloc_buf((*r).pool);
        if b.is_null() {
            return NGX_ERROR;
        }

        pos = last;
    }
}
