//! Port of src/http/modules/ngx_http_dav_module.c

use crate::core::{
    ngx_array::*, ngx_conf_file::*, ngx_config::*, ngx_core::*, ngx_file::*, ngx_hash::*, ngx_list::*, ngx_log::*,
    ngx_module::*, ngx_palloc::*, ngx_parse_time::*, ngx_string::*,
};
use crate::http::{
    ngx_http_config::*, ngx_http_core_module::*, ngx_http_parse::*, ngx_http_request::*, ngx_http_request_body::*,
};
use crate::os::unix::{ngx_alloc::*, ngx_errno::*, ngx_files::*};

const NGX_HTTP_DAV_OFF: ngx_uint_t = 2;

const NGX_HTTP_DAV_INVALID_DEPTH: ngx_int_t = -2;
const NGX_HTTP_DAV_INFINITY_DEPTH: ngx_int_t = -1;

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_dav_loc_conf_t {
    methods: ngx_uint_t,
    access: ngx_uint_t,
    min_delete_depth: ngx_uint_t,
    create_full_put_path: ngx_flag_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_dav_copy_ctx_t {
    path: ngx_str_t,
    len: usize,
}

static ngx_http_dav_methods_mask: [ngx_conf_bitmask_t; 7] = [
    ngx_conf_bitmask_t { name: ngx_string!("off"), mask: NGX_HTTP_DAV_OFF },
    ngx_conf_bitmask_t { name: ngx_string!("put"), mask: NGX_HTTP_PUT },
    ngx_conf_bitmask_t { name: ngx_string!("delete"), mask: NGX_HTTP_DELETE },
    ngx_conf_bitmask_t { name: ngx_string!("mkcol"), mask: NGX_HTTP_MKCOL },
    ngx_conf_bitmask_t { name: ngx_string!("copy"), mask: NGX_HTTP_COPY },
    ngx_conf_bitmask_t { name: ngx_string!("move"), mask: NGX_HTTP_MOVE },
    ngx_conf_bitmask_t { name: ngx_null_string, mask: 0 },
];

static ngx_http_dav_commands: &[ngx_command_t] = &[
    ngx_command_t {
        name: ngx_string!("dav_methods"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_1MORE,
        set: Some(ngx_conf_set_bitmask_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_dav_loc_conf_t, methods: ngx_uint_t),
        post: (&raw const ngx_http_dav_methods_mask).cast(),
    },
    ngx_command_t {
        name: ngx_string!("create_full_put_path"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_dav_loc_conf_t, create_full_put_path: ngx_flag_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("min_delete_depth"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_num_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_dav_loc_conf_t, min_delete_depth: ngx_uint_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("dav_access"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE123,
        set: Some(ngx_conf_set_access_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_dav_loc_conf_t, access: ngx_uint_t),
        post: null(),
    },
];

static ngx_http_dav_module_ctx: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: None,
    postconfiguration: Some(ngx_http_dav_init),

    create_main_conf: None,
    init_main_conf: None,

    create_srv_conf: None,
    merge_srv_conf: None,

    create_loc_conf: Some(ngx_http_dav_create_loc_conf),
    merge_loc_conf: Some(ngx_http_dav_merge_loc_conf),
};

pub static ngx_http_dav_module: ngx_module_t = ngx_module_t {
    name: c"ngx_http_dav_module",
    ctx: (&raw const ngx_http_dav_module_ctx).cast(),
    commands: ngx_http_dav_commands,
    type_: NGX_HTTP_MODULE,
    ..NGX_MODULE_V1()
};

unsafe fn ngx_http_dav_handler(r: *mut ngx_http_request_t) -> ngx_int_t {
    let dlcf: *mut ngx_http_dav_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_dav_module);

    if (*r).method & (*dlcf).methods == 0 {
        return NGX_DECLINED;
    }

    match (*r).method {
        NGX_HTTP_PUT => {
            if (*r).uri.bytes().last() == Some(&b'/') {
                ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0; "cannot PUT to a collection");
                return NGX_HTTP_CONFLICT;
            }

            if !(*r).headers_in.content_range.is_null() {
                ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0; "PUT with range is unsupported");
                return NGX_HTTP_NOT_IMPLEMENTED;
            }

            (*r).request_body_in_file_only = true;
            (*r).request_body_in_persistent_file = true;
            (*r).request_body_in_clean_file = true;
            (*r).request_body_file_group_access = true;
            (*r).request_body_file_log_level = 0;

            let rc = ngx_http_read_client_request_body(r, Some(ngx_http_dav_put_handler));

            if rc >= NGX_HTTP_SPECIAL_RESPONSE {
                return rc;
            }

            NGX_DONE
        }

        NGX_HTTP_DELETE => ngx_http_dav_delete_handler(r),

        NGX_HTTP_MKCOL => ngx_http_dav_mkcol_handler(r, dlcf),

        NGX_HTTP_COPY => ngx_http_dav_copy_move_handler(r),

        NGX_HTTP_MOVE => ngx_http_dav_copy_move_handler(r),

        _ => NGX_DECLINED,
    }
}

unsafe fn ngx_http_dav_put_handler(r: *mut ngx_http_request_t) {
    if (*r).request_body.is_null() {
        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0; "PUT request body is unavailable");
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    if (*(*r).request_body).temp_file.is_null() {
        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0; "PUT request body must be in a file");
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    let mut path = ngx_null_string;
    let mut root = 0;

    if ngx_http_map_uri_to_path(r, &raw mut path, &raw mut root, 0).is_null() {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    path.len -= 1;

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "http put filename: \"%s\"", path.data);

    let temp = &raw mut (*(*(*r).request_body).temp_file).file.name;

    let mut fi: ngx_file_info_t = core::mem::zeroed();
    let status;

    if ngx_file_info(path.data, &raw mut fi) == NGX_FILE_ERROR {
        status = NGX_HTTP_CREATED;
    } else {
        status = NGX_HTTP_NO_CONTENT;

        if ngx_is_dir(&raw const fi) {
            ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, NGX_EISDIR;
                           "\"%s\" could not be created", path.data);

            if ngx_delete_file((*temp).data) == NGX_FILE_ERROR {
                ngx_log_error!(NGX_LOG_CRIT, (*(*r).connection).log, ngx_errno();
                               "unlink() \"%s\" failed", (*temp).data);
            }

            ngx_http_finalize_request(r, NGX_HTTP_CONFLICT);
            return;
        }
    }

    let dlcf: *mut ngx_http_dav_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_dav_module);

    let mut ext: ngx_ext_rename_file_t = core::mem::zeroed();

    ext.access = (*dlcf).access;
    ext.path_access = (*dlcf).access;
    ext.time = -1;
    ext.create_path = (*dlcf).create_full_put_path != 0;
    ext.delete_file = true;
    ext.log = (*(*r).connection).log;

    if !(*r).headers_in.date.is_null() {
        let date = ngx_parse_http_time((*(*r).headers_in.date).value.data, (*(*r).headers_in.date).value.len);

        if date != NGX_ERROR as time_t {
            ext.time = date;
            ext.fd = (*(*(*r).request_body).temp_file).file.fd;
        }
    }

    if ngx_ext_rename_file(temp, &raw mut path, &raw mut ext) != NGX_OK {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    if status == NGX_HTTP_CREATED {
        if ngx_http_dav_location(r) != NGX_OK {
            ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
            return;
        }

        (*r).headers_out.content_length_n = 0;
    }

    (*r).headers_out.status = status as ngx_uint_t;
    (*r).header_only = true;

    ngx_http_finalize_request(r, ngx_http_send_header(r));
}

unsafe fn ngx_http_dav_delete_handler(r: *mut ngx_http_request_t) -> ngx_int_t {
    if (*r).headers_in.content_length_n > 0 || (*r).headers_in.chunked {
        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0; "DELETE with body is unsupported");
        return NGX_HTTP_UNSUPPORTED_MEDIA_TYPE;
    }

    let dlcf: *mut ngx_http_dav_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_dav_module);

    'ok: {
        if (*dlcf).min_delete_depth != 0 {
            let mut d = 0;

            let mut i = 0;
            while i < (*r).uri.len {
                let ch = *(*r).uri.data.add(i);
                i += 1;

                if ch == b'/' {
                    d += 1;

                    if d >= (*dlcf).min_delete_depth && i < (*r).uri.len {
                        break 'ok;
                    }
                }
            }

            ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0; "insufficient URI depth:%i to DELETE", d);
            return NGX_HTTP_CONFLICT;
        }
    }

    let mut path = ngx_null_string;
    let mut root = 0;

    if ngx_http_map_uri_to_path(r, &raw mut path, &raw mut root, 0).is_null() {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "http delete filename: \"%s\"", path.data);

    let mut fi: ngx_file_info_t = core::mem::zeroed();

    if ngx_link_info(path.data, &raw mut fi) == NGX_FILE_ERROR {
        let err = ngx_errno();

        let rc = if err == NGX_ENOTDIR { NGX_HTTP_CONFLICT } else { NGX_HTTP_NOT_FOUND };

        return ngx_http_dav_error((*(*r).connection).log, err, rc, c"lstat()".as_ptr(), path.data);
    }

    let dir = ngx_is_dir(&raw const fi);

    if dir {
        if (*r).uri.bytes().last() != Some(&b'/') {
            ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, NGX_EISDIR; "DELETE \"%s\" failed", path.data);
            return NGX_HTTP_CONFLICT;
        }

        let depth = ngx_http_dav_depth(r, NGX_HTTP_DAV_INFINITY_DEPTH);

        if depth != NGX_HTTP_DAV_INFINITY_DEPTH {
            ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0; "\"Depth\" header must be infinity");
            return NGX_HTTP_BAD_REQUEST;
        }

        path.len -= 2; // "/\0"
    } else {
        // a '/' after a file's name was NGX_ENOTDIR above

        let depth = ngx_http_dav_depth(r, 0);

        if depth != 0 && depth != NGX_HTTP_DAV_INFINITY_DEPTH {
            ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0; "\"Depth\" header must be 0 or infinity");
            return NGX_HTTP_BAD_REQUEST;
        }
    }

    let rc = ngx_http_dav_delete_path(r, &raw mut path, dir);

    if rc == NGX_OK {
        return NGX_HTTP_NO_CONTENT;
    }

    rc
}

unsafe fn ngx_http_dav_delete_path(r: *mut ngx_http_request_t, path: *mut ngx_str_t, dir: bool) -> ngx_int_t {
    let failed;

    if dir {
        let mut tree: ngx_tree_ctx_t = core::mem::zeroed();

        tree.init_handler = None;
        tree.file_handler = Some(ngx_http_dav_delete_file);
        tree.pre_tree_handler = Some(ngx_http_dav_noop);
        tree.post_tree_handler = Some(ngx_http_dav_delete_dir);
        tree.spec_handler = Some(ngx_http_dav_delete_file);
        tree.data = null_mut();
        tree.alloc = 0;
        tree.log = (*(*r).connection).log;

        if ngx_walk_tree(&raw mut tree, path) != NGX_OK {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        if ngx_delete_dir((*path).data) != NGX_FILE_ERROR {
            return NGX_OK;
        }

        failed = c"rmdir()".as_ptr();
    } else {
        if ngx_delete_file((*path).data) != NGX_FILE_ERROR {
            return NGX_OK;
        }

        failed = c"unlink()".as_ptr();
    }

    ngx_http_dav_error((*(*r).connection).log, ngx_errno(), NGX_HTTP_NOT_FOUND, failed, (*path).data)
}

unsafe fn ngx_http_dav_delete_dir(ctx: *mut ngx_tree_ctx_t, path: *mut ngx_str_t) -> ngx_int_t {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*ctx).log, 0; "http delete dir: \"%s\"", (*path).data);

    if ngx_delete_dir((*path).data) == NGX_FILE_ERROR {
        let _ = ngx_http_dav_error((*ctx).log, ngx_errno(), 0, c"rmdir()".as_ptr(), (*path).data);
    }

    NGX_OK
}

unsafe fn ngx_http_dav_delete_file(ctx: *mut ngx_tree_ctx_t, path: *mut ngx_str_t) -> ngx_int_t {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*ctx).log, 0; "http delete file: \"%s\"", (*path).data);

    if ngx_delete_file((*path).data) == NGX_FILE_ERROR {
        let _ = ngx_http_dav_error((*ctx).log, ngx_errno(), 0, c"unlink()".as_ptr(), (*path).data);
    }

    NGX_OK
}

unsafe fn ngx_http_dav_noop(_ctx: *mut ngx_tree_ctx_t, _path: *mut ngx_str_t) -> ngx_int_t {
    NGX_OK
}

unsafe fn ngx_http_dav_mkcol_handler(r: *mut ngx_http_request_t, dlcf: *mut ngx_http_dav_loc_conf_t) -> ngx_int_t {
    if (*r).headers_in.content_length_n > 0 || (*r).headers_in.chunked {
        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0; "MKCOL with body is unsupported");
        return NGX_HTTP_UNSUPPORTED_MEDIA_TYPE;
    }

    if (*r).uri.bytes().last() != Some(&b'/') {
        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0; "MKCOL can create a collection only");
        return NGX_HTTP_CONFLICT;
    }

    let mut path = ngx_null_string;
    let mut root = 0;

    let p = ngx_http_map_uri_to_path(r, &raw mut path, &raw mut root, 0);
    if p.is_null() {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    *p.sub(1) = 0;

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "http mkcol path: \"%s\"", path.data);

    if ngx_create_dir(path.data, ngx_dir_access((*dlcf).access)) != NGX_FILE_ERROR {
        if ngx_http_dav_location(r) != NGX_OK {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        return NGX_HTTP_CREATED;
    }

    ngx_http_dav_error((*(*r).connection).log, ngx_errno(), NGX_HTTP_CONFLICT, c"mkdir()".as_ptr(), path.data)
}

unsafe fn ngx_http_dav_copy_move_handler(r: *mut ngx_http_request_t) -> ngx_int_t {
    if (*r).headers_in.content_length_n > 0 || (*r).headers_in.chunked {
        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0; "COPY and MOVE with body are unsupported");
        return NGX_HTTP_UNSUPPORTED_MEDIA_TYPE;
    }

    let dest = (*r).headers_in.destination;

    if dest.is_null() {
        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0; "client sent no \"Destination\" header");
        return NGX_HTTP_BAD_REQUEST;
    }

    let mut duri = ngx_null_string;

    'parsed: {
        'invalid_destination: {
            'destination_done: {
                let mut p = (*dest).value.data;
                let last = p.add((*dest).value.len);

                // an empty value has a NUL too
                if *p == b'/' {
                    duri = (*dest).value;
                    break 'destination_done;
                }

                let len = (*r).headers_in.server.len;

                if len == 0 {
                    ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0; "client sent no \"Host\" header");
                    return NGX_HTTP_BAD_REQUEST;
                }

                if !(*dest).value.bytes().starts_with(b"http://") {
                    break 'invalid_destination;
                }

                let host = p.add("http://".len());

                if ngx_strncmp(host, (*r).headers_in.server.data, len) != 0 {
                    ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                                   "\"Destination\" URI \"%V\" is handled by \
                                    different repository than the source URI", (*dest).value);
                    return NGX_HTTP_BAD_REQUEST;
                }

                p = host.add(len);
                while p < last {
                    if *p == b'/' {
                        duri.len = last.offset_from_unsigned(p);
                        duri.data = p;
                        break 'destination_done;
                    }

                    p = p.add(1);
                }

                break 'invalid_destination;
            }

            let mut args = ngx_null_string;
            let mut flags = NGX_HTTP_LOG_UNSAFE;

            if ngx_http_parse_unsafe_uri(r, &raw mut duri, &raw mut args, &raw mut flags) == NGX_OK {
                break 'parsed;
            }
        }

        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                       "client sent invalid \"Destination\" header: \"%V\"", (*dest).value);
        return NGX_HTTP_BAD_REQUEST;
    }

    let collection = (*r).uri.bytes().last() == Some(&b'/');

    if collection != ((*dest).value.bytes().last() == Some(&b'/')) {
        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                       "both URI \"%V\" and \"Destination\" URI \"%V\" \
                        should be either collections or non-collections",
                       (*r).uri, (*dest).value);
        return NGX_HTTP_CONFLICT;
    }

    let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

    if (*clcf).alias != 0 && (*clcf).alias != NGX_MAX_SIZE_T_VALUE && duri.len < (*clcf).alias {
        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                       "client sent invalid \"Destination\" header: \"%V\"", (*dest).value);
        return NGX_HTTP_BAD_REQUEST;
    }

    let depth = ngx_http_dav_depth(r, NGX_HTTP_DAV_INFINITY_DEPTH);

    if depth != NGX_HTTP_DAV_INFINITY_DEPTH {
        if (*r).method == NGX_HTTP_COPY {
            if depth != 0 {
                ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0; "\"Depth\" header must be 0 or infinity");
                return NGX_HTTP_BAD_REQUEST;
            }
        } else {
            ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0; "\"Depth\" header must be infinity");
            return NGX_HTTP_BAD_REQUEST;
        }
    }

    let over = (*r).headers_in.overwrite;
    let mut overwrite = true;

    if !over.is_null() {
        match (*over).value.bytes() {
            b"T" | b"t" => overwrite = true,
            b"F" | b"f" => overwrite = false,

            _ => {
                ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                               "client sent invalid \"Overwrite\" header: \"%V\"", (*over).value);
                return NGX_HTTP_BAD_REQUEST;
            }
        }
    }

    let mut path = ngx_null_string;
    let mut root = 0;

    if ngx_http_map_uri_to_path(r, &raw mut path, &raw mut root, 0).is_null() {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "http copy from: \"%s\"", path.data);

    let mut copy = ngx_http_dav_copy_ctx_t { path: ngx_null_string, len: 0 };

    let uri = (*r).uri;
    (*r).uri = duri;

    if ngx_http_map_uri_to_path(r, &raw mut copy.path, &raw mut root, 0).is_null() {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    (*r).uri = uri;

    ngx_http_dav_merge_slashes(&raw mut path);
    ngx_http_dav_merge_slashes(&raw mut copy.path);

    copy.path.len -= 1; // the NUL

    let slash = *copy.path.data.add(copy.path.len - 1) == b'/';

    if slash {
        copy.path.len -= 1;
        *copy.path.data.add(copy.path.len) = 0;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "http copy to: \"%s\"", copy.path.data);

    if ngx_http_dav_validate_paths(r, &raw mut path, &raw mut copy.path, slash, dest) != NGX_OK {
        return NGX_HTTP_FORBIDDEN;
    }

    let mut fi: ngx_file_info_t = core::mem::zeroed();
    let dir;

    if ngx_link_info(copy.path.data, &raw mut fi) == NGX_FILE_ERROR {
        let err = ngx_errno();

        if err != NGX_ENOENT {
            return ngx_http_dav_error(
                (*(*r).connection).log,
                err,
                NGX_HTTP_NOT_FOUND,
                c"lstat()".as_ptr(),
                copy.path.data,
            );
        }

        // there is no destination yet

        overwrite = false;
        dir = false;
    } else {
        // there is one

        if ngx_is_dir(&raw const fi) && !slash {
            ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                           "\"%V\" could not be %Ved to collection \"%V\"",
                           (*r).uri, (*r).method_name, (*dest).value);
            return NGX_HTTP_CONFLICT;
        }

        if !overwrite {
            ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, NGX_EEXIST;
                           "\"%s\" could not be created", copy.path.data);
            return NGX_HTTP_PRECONDITION_FAILED;
        }

        dir = ngx_is_dir(&raw const fi);
    }

    if ngx_link_info(path.data, &raw mut fi) == NGX_FILE_ERROR {
        return ngx_http_dav_error(
            (*(*r).connection).log,
            ngx_errno(),
            NGX_HTTP_NOT_FOUND,
            c"lstat()".as_ptr(),
            path.data,
        );
    }

    if ngx_is_dir(&raw const fi) {
        if !collection {
            ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0; "\"%V\" is collection", (*r).uri);
            return NGX_HTTP_BAD_REQUEST;
        }

        if overwrite {
            ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "http delete: \"%s\"", copy.path.data);

            let rc = ngx_http_dav_delete_path(r, &raw mut copy.path, dir);

            if rc != NGX_OK {
                return rc;
            }
        }
    }

    if ngx_is_dir(&raw const fi) {
        path.len -= 2; // "/\0"

        if (*r).method == NGX_HTTP_MOVE && ngx_rename_file(path.data, copy.path.data) != NGX_FILE_ERROR {
            return NGX_HTTP_CREATED;
        }

        if ngx_create_dir(copy.path.data, ngx_file_access(&raw const fi)) == NGX_FILE_ERROR {
            return ngx_http_dav_error(
                (*(*r).connection).log,
                ngx_errno(),
                NGX_HTTP_NOT_FOUND,
                c"mkdir()".as_ptr(),
                copy.path.data,
            );
        }

        copy.len = path.len;

        let mut tree: ngx_tree_ctx_t = core::mem::zeroed();

        tree.init_handler = None;
        tree.file_handler = Some(ngx_http_dav_copy_tree_file);
        tree.pre_tree_handler = Some(ngx_http_dav_copy_dir);
        tree.post_tree_handler = Some(ngx_http_dav_copy_dir_time);
        tree.spec_handler = Some(ngx_http_dav_noop);
        tree.data = (&raw mut copy).cast();
        tree.alloc = 0;
        tree.log = (*(*r).connection).log;

        if ngx_walk_tree(&raw mut tree, &raw mut path) == NGX_OK {
            if (*r).method == NGX_HTTP_MOVE {
                let rc = ngx_http_dav_delete_path(r, &raw mut path, true);

                if rc != NGX_OK {
                    return rc;
                }
            }

            return NGX_HTTP_CREATED;
        }
    } else {
        if (*r).method == NGX_HTTP_MOVE {
            let dlcf: *mut ngx_http_dav_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_dav_module);

            let mut ext: ngx_ext_rename_file_t = core::mem::zeroed();

            ext.access = 0;
            ext.path_access = (*dlcf).access;
            ext.time = -1;
            ext.create_path = true;
            ext.delete_file = false;
            ext.log = (*(*r).connection).log;

            if ngx_ext_rename_file(&raw mut path, &raw mut copy.path, &raw mut ext) == NGX_OK {
                return NGX_HTTP_NO_CONTENT;
            }

            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        let mut cf = ngx_copy_file_t {
            size: ngx_file_size(&raw const fi),
            buf_size: 0,
            access: ngx_file_access(&raw const fi),
            time: ngx_file_mtime(&raw const fi),
            log: (*(*r).connection).log,
        };

        if ngx_copy_file(path.data, copy.path.data, &raw mut cf) == NGX_OK {
            return NGX_HTTP_NO_CONTENT;
        }
    }

    NGX_HTTP_INTERNAL_SERVER_ERROR
}

unsafe fn ngx_http_dav_merge_slashes(path: *mut ngx_str_t) {
    let mut p = (*path).data;
    let mut q = (*path).data;

    while *p != 0 {
        let ch = *p;
        p = p.add(1);

        *q = ch;
        q = q.add(1);

        if ch == b'/' {
            while *p == b'/' {
                p = p.add(1);
            }
        }
    }

    *q = 0;
    (*path).len = q.add(1).offset_from_unsigned((*path).data);
}

/// A tree is not copied into itself, nor over what holds it.
unsafe fn ngx_http_dav_validate_paths(
    r: *mut ngx_http_request_t,
    src: *mut ngx_str_t,
    dst: *mut ngx_str_t,
    slash: bool,
    dest: *mut ngx_table_elt_t,
) -> ngx_int_t {
    let mut len = (*src).len - 1;

    if len > 0 && *(*src).data.add(len - 1) == b'/' {
        len -= 1;
    }

    if len == (*dst).len && ngx_strncmp((*src).data, (*dst).data, len) == 0 {
        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                       "both URI \"%V\" and \"Destination\" URI \"%V\" point to the same location",
                       (*r).uri, (*dest).value);
        return NGX_HTTP_FORBIDDEN;
    }

    if slash
        && ngx_strncmp((*src).data, (*dst).data, ngx_min(len, (*dst).len)) == 0
        && (if len < (*dst).len { *(*dst).data.add(len) == b'/' } else { *(*src).data.add((*dst).len) == b'/' })
    {
        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                       "\"%V\" could not be %Ved to collection \"%V\"", (*r).uri, (*r).method_name, (*dest).value);
        return NGX_HTTP_FORBIDDEN;
    }

    NGX_OK
}

unsafe fn ngx_http_dav_copy_dir(ctx: *mut ngx_tree_ctx_t, path: *mut ngx_str_t) -> ngx_int_t {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*ctx).log, 0; "http copy dir: \"%s\"", (*path).data);

    let copy: *mut ngx_http_dav_copy_ctx_t = (*ctx).data.cast();

    let len = (*copy).path.len + (*path).len;

    let dir: *mut u8 = ngx_alloc(len + 1, (*ctx).log).cast();
    if dir.is_null() {
        return NGX_ABORT;
    }

    let p = ngx_cpymem(dir, (*copy).path.data, (*copy).path.len);
    ngx_cpystrn(p, (*path).data.add((*copy).len), (*path).len - (*copy).len + 1);

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*ctx).log, 0; "http copy dir to: \"%s\"", dir);

    if ngx_create_dir(dir, ngx_dir_access((*ctx).access)) == NGX_FILE_ERROR {
        let _ = ngx_http_dav_error((*ctx).log, ngx_errno(), 0, c"mkdir()".as_ptr(), dir);
    }

    ngx_free(dir.cast());

    NGX_OK
}

unsafe fn ngx_http_dav_copy_dir_time(ctx: *mut ngx_tree_ctx_t, path: *mut ngx_str_t) -> ngx_int_t {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*ctx).log, 0; "http copy dir time: \"%s\"", (*path).data);

    let copy: *mut ngx_http_dav_copy_ctx_t = (*ctx).data.cast();

    let len = (*copy).path.len + (*path).len;

    let dir: *mut u8 = ngx_alloc(len + 1, (*ctx).log).cast();
    if dir.is_null() {
        return NGX_ABORT;
    }

    let p = ngx_cpymem(dir, (*copy).path.data, (*copy).path.len);
    ngx_cpystrn(p, (*path).data.add((*copy).len), (*path).len - (*copy).len + 1);

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*ctx).log, 0; "http copy dir time to: \"%s\"", dir);

    if ngx_set_file_time(dir, 0, (*ctx).mtime) != NGX_OK {
        ngx_log_error!(NGX_LOG_ALERT, (*ctx).log, ngx_errno(); "utimes() \"%s\" failed", dir);
    }

    ngx_free(dir.cast());

    NGX_OK
}

unsafe fn ngx_http_dav_copy_tree_file(ctx: *mut ngx_tree_ctx_t, path: *mut ngx_str_t) -> ngx_int_t {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*ctx).log, 0; "http copy file: \"%s\"", (*path).data);

    let copy: *mut ngx_http_dav_copy_ctx_t = (*ctx).data.cast();

    let len = (*copy).path.len + (*path).len;

    let file: *mut u8 = ngx_alloc(len + 1, (*ctx).log).cast();
    if file.is_null() {
        return NGX_ABORT;
    }

    let p = ngx_cpymem(file, (*copy).path.data, (*copy).path.len);
    ngx_cpystrn(p, (*path).data.add((*copy).len), (*path).len - (*copy).len + 1);

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*ctx).log, 0; "http copy file to: \"%s\"", file);

    let mut cf =
        ngx_copy_file_t { size: (*ctx).size, buf_size: 0, access: (*ctx).access, time: (*ctx).mtime, log: (*ctx).log };

    let _ = ngx_copy_file((*path).data, file, &raw mut cf);

    ngx_free(file.cast());

    NGX_OK
}

unsafe fn ngx_http_dav_depth(r: *mut ngx_http_request_t, dflt: ngx_int_t) -> ngx_int_t {
    let depth = (*r).headers_in.depth;

    if depth.is_null() {
        return dflt;
    }

    match (*depth).value.bytes() {
        b"0" => return 0,
        b"1" => return 1,
        b"infinity" => return NGX_HTTP_DAV_INFINITY_DEPTH,
        _ => {}
    }

    ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                   "client sent invalid \"Depth\" header: \"%V\"", (*depth).value);

    NGX_HTTP_DAV_INVALID_DEPTH
}

unsafe fn ngx_http_dav_error(
    log: *mut ngx_log_t,
    err: ngx_err_t,
    not_found: ngx_int_t,
    failed: *const c_char,
    path: *mut u8,
) -> ngx_int_t {
    let (level, rc) = match err {
        NGX_ENOENT | NGX_ENOTDIR | NGX_ENAMETOOLONG => (NGX_LOG_ERR, not_found),
        NGX_EACCES | NGX_EPERM => (NGX_LOG_ERR, NGX_HTTP_FORBIDDEN),
        NGX_EEXIST => (NGX_LOG_ERR, NGX_HTTP_NOT_ALLOWED),
        NGX_ENOSPC => (NGX_LOG_CRIT, NGX_HTTP_INSUFFICIENT_STORAGE),
        _ => (NGX_LOG_CRIT, NGX_HTTP_INTERNAL_SERVER_ERROR),
    };

    ngx_log_error!(level, log, err; "%s \"%s\" failed", failed, path);

    rc
}

unsafe fn ngx_http_dav_location(r: *mut ngx_http_request_t) -> ngx_int_t {
    (*r).headers_out.location = ngx_list_push(&raw mut (*r).headers_out.headers);
    if (*r).headers_out.location.is_null() {
        return NGX_ERROR;
    }

    (*(*r).headers_out.location).hash = 1;
    (*(*r).headers_out.location).next = null_mut();
    ngx_str_set!(&raw mut (*(*r).headers_out.location).key, "Location");

    let escape = 2 * ngx_escape_uri(null_mut(), (*r).uri.data, (*r).uri.len, NGX_ESCAPE_URI);

    if escape != 0 {
        let len = (*r).uri.len + escape;

        let p = ngx_pnalloc((*r).pool, len);
        if p.is_null() {
            ngx_http_clear_location(r);
            return NGX_ERROR;
        }

        (*(*r).headers_out.location).value.len = len;
        (*(*r).headers_out.location).value.data = p;

        ngx_escape_uri(p, (*r).uri.data, (*r).uri.len, NGX_ESCAPE_URI);
    } else {
        (*(*r).headers_out.location).value = (*r).uri;
    }

    NGX_OK
}

unsafe fn ngx_http_dav_create_loc_conf(cf: *mut ngx_conf_t) -> *mut c_void {
    let conf: *mut ngx_http_dav_loc_conf_t = ngx_pcalloc((*cf).pool);
    if conf.is_null() {
        return null_mut();
    }

    (*conf).min_delete_depth = NGX_CONF_UNSET_UINT;
    (*conf).access = NGX_CONF_UNSET_UINT;
    (*conf).create_full_put_path = NGX_CONF_UNSET;

    conf.cast()
}

unsafe fn ngx_http_dav_merge_loc_conf(_cf: *mut ngx_conf_t, parent: *mut c_void, child: *mut c_void) -> ngx_conf_ret_t {
    let prev: *mut ngx_http_dav_loc_conf_t = parent.cast();
    let conf: *mut ngx_http_dav_loc_conf_t = child.cast();

    ngx_conf_merge_bitmask_value!((*conf).methods, (*prev).methods, NGX_CONF_BITMASK_SET | NGX_HTTP_DAV_OFF);

    ngx_conf_merge_uint_value!((*conf).min_delete_depth, (*prev).min_delete_depth, 0);

    ngx_conf_merge_uint_value!((*conf).access, (*prev).access, 0o600);

    ngx_conf_merge_value!((*conf).create_full_put_path, (*prev).create_full_put_path, 0);

    NGX_CONF_OK
}

unsafe fn ngx_http_dav_init(cf: *mut ngx_conf_t) -> ngx_int_t {
    let cmcf: *mut ngx_http_core_main_conf_t = ngx_http_conf_get_module_main_conf(cf, &ngx_http_core_module);

    let h = ngx_array_push(&raw mut (*cmcf).phases[NGX_HTTP_CONTENT_PHASE as usize].handlers);
    if h.is_null() {
        return NGX_ERROR;
    }

    *h = Some(ngx_http_dav_handler);

    NGX_OK
}
