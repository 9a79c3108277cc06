//! Port of src/http/ngx_http_special_response.c

use crate::core::{
    nginx::*, ngx_buf::*, ngx_config::*, ngx_core::*, ngx_list::*, ngx_log::*, ngx_module::*, ngx_string::*,
};
use crate::http::{
    ngx_http::*, ngx_http_config::*, ngx_http_core_module::*, ngx_http_parse::*, ngx_http_request::*,
    ngx_http_request_body::*, ngx_http_script::*,
};

static ngx_http_error_full_tail: &[u8] =
    concat!("<hr><center>", NGINX_VER!(), "</center>\r\n</body>\r\n</html>\r\n").as_bytes();

static ngx_http_error_build_tail: &[u8] =
    concat!("<hr><center>", NGINX_VER_BUILD!(), "</center>\r\n</body>\r\n</html>\r\n").as_bytes();

static ngx_http_error_tail: &[u8] = b"<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";

static ngx_http_msie_padding: &[u8] = b"<!-- a padding to disable MSIE and Chrome friendly error page -->\r\n\
<!-- a padding to disable MSIE and Chrome friendly error page -->\r\n\
<!-- a padding to disable MSIE and Chrome friendly error page -->\r\n\
<!-- a padding to disable MSIE and Chrome friendly error page -->\r\n\
<!-- a padding to disable MSIE and Chrome friendly error page -->\r\n\
<!-- a padding to disable MSIE and Chrome friendly error page -->\r\n";

static ngx_http_msie_refresh_head: &[u8] = b"<html><head><meta http-equiv=\"Refresh\" content=\"0; URL=";

static ngx_http_msie_refresh_tail: &[u8] = b"\"></head><body></body></html>\r\n";

/// A page without its tail; the second form is nginx's own codes, which go out as 400.
macro_rules! ngx_http_error_page {
    ($title:literal) => {
        ngx_http_error_page_str(concat!(
            "<html>\r\n<head><title>",
            $title,
            "</title></head>\r\n<body>\r\n<center><h1>",
            $title,
            "</h1></center>\r\n"
        ))
    };
    ($title:literal, $text:literal) => {
        ngx_http_error_page_str(concat!(
            "<html>\r\n<head><title>400 ",
            $text,
            "</title></head>\r\n<body>\r\n<center><h1>",
            $title,
            "</h1></center>\r\n<center>",
            $text,
            "</center>\r\n"
        ))
    };
}

const fn ngx_http_error_page_str(page: &'static str) -> ngx_str_t {
    ngx_str_t { len: page.len(), data: page.as_ptr().cast_mut() }
}

const NGX_HTTP_LAST_2XX: ngx_int_t = 202;
const NGX_HTTP_OFF_3XX: ngx_int_t = NGX_HTTP_LAST_2XX - 201;
const NGX_HTTP_LAST_3XX: ngx_int_t = 309;
const NGX_HTTP_OFF_4XX: ngx_int_t = NGX_HTTP_LAST_3XX - 301 + NGX_HTTP_OFF_3XX;
const NGX_HTTP_LAST_4XX: ngx_int_t = 430;
const NGX_HTTP_OFF_5XX: ngx_int_t = NGX_HTTP_LAST_4XX - 400 + NGX_HTTP_OFF_4XX;
const NGX_HTTP_LAST_5XX: ngx_int_t = 508;

static ngx_http_error_pages: [ngx_str_t; (NGX_HTTP_LAST_5XX - 494 + NGX_HTTP_OFF_5XX) as usize] = [
    ngx_null_string, // 201, 204
    //
    ngx_http_error_page!("301 Moved Permanently"),
    ngx_http_error_page!("302 Found"),
    ngx_http_error_page!("303 See Other"),
    ngx_null_string, // 304
    ngx_null_string, // 305
    ngx_null_string, // 306
    ngx_http_error_page!("307 Temporary Redirect"),
    ngx_http_error_page!("308 Permanent Redirect"),
    //
    ngx_http_error_page!("400 Bad Request"),
    ngx_http_error_page!("401 Authorization Required"),
    ngx_http_error_page!("402 Payment Required"),
    ngx_http_error_page!("403 Forbidden"),
    ngx_http_error_page!("404 Not Found"),
    ngx_http_error_page!("405 Not Allowed"),
    ngx_http_error_page!("406 Not Acceptable"),
    ngx_http_error_page!("407 Proxy Authentication Required"),
    ngx_http_error_page!("408 Request Time-out"),
    ngx_http_error_page!("409 Conflict"),
    ngx_http_error_page!("410 Gone"),
    ngx_http_error_page!("411 Length Required"),
    ngx_http_error_page!("412 Precondition Failed"),
    ngx_http_error_page!("413 Request Entity Too Large"),
    ngx_http_error_page!("414 Request-URI Too Large"),
    ngx_http_error_page!("415 Unsupported Media Type"),
    ngx_http_error_page!("416 Requested Range Not Satisfiable"),
    ngx_null_string, // 417
    ngx_null_string, // 418
    ngx_null_string, // 419
    ngx_null_string, // 420
    ngx_http_error_page!("421 Misdirected Request"),
    ngx_null_string, // 422
    ngx_null_string, // 423
    ngx_null_string, // 424
    ngx_null_string, // 425
    ngx_null_string, // 426
    ngx_null_string, // 427
    ngx_null_string, // 428
    ngx_http_error_page!("429 Too Many Requests"),
    //
    ngx_http_error_page!("400 Bad Request", "Request Header Or Cookie Too Large"), // 494, request header too large
    ngx_http_error_page!("400 Bad Request", "The SSL certificate error"),          // 495, https certificate error
    ngx_http_error_page!("400 Bad Request", "No required SSL certificate was sent"), // 496, https no certificate
    ngx_http_error_page!("400 Bad Request", "The plain HTTP request was sent to HTTPS port"), // 497, http to https
    ngx_http_error_page!("404 Not Found"),                                         // 498, canceled
    ngx_null_string,                                                               // 499, the client has gone
    ngx_http_error_page!("500 Internal Server Error"),
    ngx_http_error_page!("501 Not Implemented"),
    ngx_http_error_page!("502 Bad Gateway"),
    ngx_http_error_page!("503 Service Temporarily Unavailable"),
    ngx_http_error_page!("504 Gateway Time-out"),
    ngx_http_error_page!("505 HTTP Version Not Supported"),
    ngx_null_string, // 506
    ngx_http_error_page!("507 Insufficient Storage"),
];

pub unsafe fn ngx_http_special_response_handler(r: *mut ngx_http_request_t, error: ngx_int_t) -> ngx_int_t {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                   "http special response: %i, \"%V?%V\"", error, (*r).uri, (*r).args);

    (*r).err_status = error as ngx_uint_t;

    if (*r).keepalive {
        match error {
            NGX_HTTP_BAD_REQUEST
            | NGX_HTTP_REQUEST_ENTITY_TOO_LARGE
            | NGX_HTTP_REQUEST_URI_TOO_LARGE
            | NGX_HTTP_TO_HTTPS
            | NGX_HTTPS_CERT_ERROR
            | NGX_HTTPS_NO_CERT
            | NGX_HTTP_INTERNAL_SERVER_ERROR
            | NGX_HTTP_NOT_IMPLEMENTED => (*r).keepalive = false,
            _ => {}
        }
    }

    if (*r).lingering_close {
        match error {
            NGX_HTTP_BAD_REQUEST | NGX_HTTP_TO_HTTPS | NGX_HTTPS_CERT_ERROR | NGX_HTTPS_NO_CERT => {
                (*r).lingering_close = false
            }
            _ => {}
        }
    }

    (*r).headers_out.content_type.len = 0;

    let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

    if !(*r).error_page && !(*clcf).error_pages.is_null() && (*r).uri_changes != 0 {
        if (*clcf).recursive_error_pages == 0 {
            (*r).error_page = true;
        }

        let err_page = (*(*clcf).error_pages).elts;

        for i in 0..(*(*clcf).error_pages).nelts {
            if (*err_page.add(i)).status == error {
                return ngx_http_send_error_page(r, err_page.add(i));
            }
        }
    }

    (*r).expect_tested = true;

    if ngx_http_discard_request_body(r) != NGX_OK {
        (*r).keepalive = false;
    }

    if (*clcf).msie_refresh != 0
        && (*r).headers_in.msie
        && (error == NGX_HTTP_MOVED_PERMANENTLY || error == NGX_HTTP_MOVED_TEMPORARILY)
    {
        return ngx_http_send_refresh(r);
    }

    let err;

    if error == NGX_HTTP_CREATED {
        // 201
        err = 0;
    } else if error == NGX_HTTP_NO_CONTENT {
        // 204
        err = 0;
    } else if (NGX_HTTP_MOVED_PERMANENTLY..NGX_HTTP_LAST_3XX).contains(&error) {
        // 3XX
        err = error - NGX_HTTP_MOVED_PERMANENTLY + NGX_HTTP_OFF_3XX;
    } else if (NGX_HTTP_BAD_REQUEST..NGX_HTTP_LAST_4XX).contains(&error) {
        // 4XX
        err = error - NGX_HTTP_BAD_REQUEST + NGX_HTTP_OFF_4XX;
    } else if (NGX_HTTP_NGINX_CODES..NGX_HTTP_LAST_5XX).contains(&error) {
        // 49X, 5XX
        err = error - NGX_HTTP_NGINX_CODES + NGX_HTTP_OFF_5XX;
        match error {
            NGX_HTTP_TO_HTTPS | NGX_HTTPS_CERT_ERROR | NGX_HTTPS_NO_CERT | NGX_HTTP_REQUEST_HEADER_TOO_LARGE => {
                (*r).err_status = NGX_HTTP_BAD_REQUEST as ngx_uint_t
            }
            _ => {}
        }
    } else {
        // a code of no page
        err = 0;
    }

    ngx_http_send_special_response(r, clcf, err)
}

/// For a header filter that turns its response into an error; `m` keeps its context.
pub unsafe fn ngx_http_filter_finalize_request(
    r: *mut ngx_http_request_t,
    m: *const ngx_module_t,
    error: ngx_int_t,
) -> ngx_int_t {
    ngx_http_clean_header(r);

    let mut ctx = null_mut();

    if !m.is_null() {
        ctx = *(*r).ctx.add((*m).ctx_index.get());
    }

    // the other modules' contexts go
    ngx_memzero((*r).ctx, size_of::<*mut c_void>() * ngx_http_max_module.get());

    if !m.is_null() {
        *(*r).ctx.add((*m).ctx_index.get()) = ctx;
    }

    (*r).filter_finalize = true;

    let rc = ngx_http_special_response_handler(r, error);

    // NGX_ERROR drops what the filters still hold

    match rc {
        NGX_OK | NGX_DONE => NGX_ERROR,
        _ => rc,
    }
}

pub unsafe fn ngx_http_clean_header(r: *mut ngx_http_request_t) {
    ngx_memzero(
        &raw mut (*r).headers_out.status,
        size_of::<ngx_http_headers_out_t>() - offset_of!(ngx_http_headers_out_t, status),
    );

    (*r).headers_out.headers.part.nelts = 0;
    (*r).headers_out.headers.part.next = null_mut();
    (*r).headers_out.headers.last = &raw mut (*r).headers_out.headers.part;

    (*r).headers_out.trailers.part.nelts = 0;
    (*r).headers_out.trailers.part.next = null_mut();
    (*r).headers_out.trailers.last = &raw mut (*r).headers_out.trailers.part;

    (*r).headers_out.content_length_n = -1;
    (*r).headers_out.last_modified_time = -1;
}

unsafe fn ngx_http_send_error_page(r: *mut ngx_http_request_t, err_page: *mut ngx_http_err_page_t) -> ngx_int_t {
    let overwrite = (*err_page).overwrite;

    if overwrite != 0 && overwrite != NGX_HTTP_OK {
        (*r).expect_tested = true;
    }

    if overwrite >= 0 {
        (*r).err_status = overwrite as ngx_uint_t;
    }

    let mut uri = ngx_null_string;

    if ngx_http_complex_value(r, &raw mut (*err_page).value, &raw mut uri) != NGX_OK {
        return NGX_ERROR;
    }

    if uri.len != 0 && *uri.data == b'/' {
        // C's is not initialised: what lies on its stack makes $args empty rather than missing
        let mut args = ngx_str_t { len: 0, data: uri.data };

        if !(*err_page).value.lengths.is_null() {
            ngx_http_split_args(r, &raw mut uri, &raw mut args);
        } else {
            args = (*err_page).args;
        }

        if (*r).method != NGX_HTTP_HEAD {
            (*r).method = NGX_HTTP_GET;
            (*r).method_name = ngx_http_core_get_method.get();
        }

        return ngx_http_internal_redirect(r, &raw mut uri, &raw mut args);
    }

    if uri.len != 0 && *uri.data == b'@' {
        return ngx_http_named_location(r, &raw mut uri);
    }

    (*r).expect_tested = true;

    if ngx_http_discard_request_body(r) != NGX_OK {
        (*r).keepalive = false;
    }

    let location = ngx_list_push(&raw mut (*r).headers_out.headers);

    if location.is_null() {
        return NGX_ERROR;
    }

    if overwrite != NGX_HTTP_MOVED_PERMANENTLY
        && overwrite != NGX_HTTP_MOVED_TEMPORARILY
        && overwrite != NGX_HTTP_SEE_OTHER
        && overwrite != NGX_HTTP_TEMPORARY_REDIRECT
        && overwrite != NGX_HTTP_PERMANENT_REDIRECT
    {
        (*r).err_status = NGX_HTTP_MOVED_TEMPORARILY as ngx_uint_t;
    }

    (*location).hash = 1;
    (*location).next = null_mut();
    ngx_str_set!(&raw mut (*location).key, "Location");
    (*location).value = uri;
    (*location).lowcase_key = null_mut();

    ngx_http_clear_location(r);

    (*r).headers_out.location = location;

    let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

    if (*clcf).msie_refresh != 0 && (*r).headers_in.msie {
        return ngx_http_send_refresh(r);
    }

    ngx_http_send_special_response(
        r,
        clcf,
        (*r).err_status as ngx_int_t - NGX_HTTP_MOVED_PERMANENTLY + NGX_HTTP_OFF_3XX,
    )
}

unsafe fn ngx_http_send_special_response(
    r: *mut ngx_http_request_t,
    clcf: *mut ngx_http_core_loc_conf_t,
    err: ngx_int_t,
) -> ngx_int_t {
    let tail = match (*clcf).server_tokens {
        NGX_HTTP_SERVER_TOKENS_ON => ngx_http_error_full_tail,
        NGX_HTTP_SERVER_TOKENS_BUILD => ngx_http_error_build_tail,
        _ => ngx_http_error_tail,
    };

    let mut msie_padding = false;

    let page = ngx_http_error_pages[err as usize];

    if page.len != 0 {
        (*r).headers_out.content_length_n = (page.len + tail.len()) as off_t;
        if (*clcf).msie_padding != 0
            && ((*r).headers_in.msie || (*r).headers_in.chrome)
            && (*r).http_version >= NGX_HTTP_VERSION_10
            && err >= NGX_HTTP_OFF_4XX
        {
            (*r).headers_out.content_length_n += ngx_http_msie_padding.len() as off_t;
            msie_padding = true;
        }

        (*r).headers_out.content_type_len = "text/html".len();
        ngx_str_set!(&raw mut (*r).headers_out.content_type, "text/html");
        (*r).headers_out.content_type_lowcase = null_mut();
    } else {
        (*r).headers_out.content_length_n = 0;
    }

    if !(*r).headers_out.content_length.is_null() {
        (*(*r).headers_out.content_length).hash = 0;
        (*r).headers_out.content_length = null_mut();
    }

    ngx_http_clear_accept_ranges(r);
    ngx_http_clear_last_modified(r);
    ngx_http_clear_etag(r);

    let rc = ngx_http_send_header(r);

    if rc == NGX_ERROR || (*r).header_only {
        return rc;
    }

    if page.len == 0 {
        return ngx_http_send_special(r, NGX_HTTP_LAST);
    }

    let mut out = [ngx_chain_t { buf: null_mut(), next: null_mut() }; 3];
    let out = out.as_mut_ptr();

    let mut b = ngx_calloc_buf((*r).pool);
    if b.is_null() {
        return NGX_ERROR;
    }

    (*b).memory = true;
    (*b).pos = page.data;
    (*b).last = page.data.add(page.len);

    (*out).buf = b;
    (*out).next = out.add(1);

    b = ngx_calloc_buf((*r).pool);
    if b.is_null() {
        return NGX_ERROR;
    }

    (*b).memory = true;

    (*b).pos = tail.as_ptr().cast_mut();
    (*b).last = (*b).pos.add(tail.len());

    (*out.add(1)).buf = b;
    (*out.add(1)).next = null_mut();

    if msie_padding {
        b = ngx_calloc_buf((*r).pool);
        if b.is_null() {
            return NGX_ERROR;
        }

        (*b).memory = true;
        (*b).pos = ngx_http_msie_padding.as_ptr().cast_mut();
        (*b).last = (*b).pos.add(ngx_http_msie_padding.len());

        (*out.add(1)).next = out.add(2);
        (*out.add(2)).buf = b;
        (*out.add(2)).next = null_mut();
    }

    if r == (*r).main {
        (*b).last_buf = true;
    }

    (*b).last_in_chain = true;

    ngx_http_output_filter(r, out)
}

unsafe fn ngx_http_send_refresh(r: *mut ngx_http_request_t) -> ngx_int_t {
    let len = (*(*r).headers_out.location).value.len;
    let location = (*(*r).headers_out.location).value.data;

    let escape = 2 * ngx_escape_uri(null_mut(), location, len, NGX_ESCAPE_REFRESH);

    let size = ngx_http_msie_refresh_head.len() + escape + len + ngx_http_msie_refresh_tail.len();

    (*r).err_status = NGX_HTTP_OK as ngx_uint_t;

    (*r).headers_out.content_type_len = "text/html".len();
    ngx_str_set!(&raw mut (*r).headers_out.content_type, "text/html");
    (*r).headers_out.content_type_lowcase = null_mut();

    (*(*r).headers_out.location).hash = 0;
    (*r).headers_out.location = null_mut();

    (*r).headers_out.content_length_n = size as off_t;

    if !(*r).headers_out.content_length.is_null() {
        (*(*r).headers_out.content_length).hash = 0;
        (*r).headers_out.content_length = null_mut();
    }

    ngx_http_clear_accept_ranges(r);
    ngx_http_clear_last_modified(r);
    ngx_http_clear_etag(r);

    let rc = ngx_http_send_header(r);

    if rc == NGX_ERROR || (*r).header_only {
        return rc;
    }

    let b = ngx_create_temp_buf((*r).pool, size);
    if b.is_null() {
        return NGX_ERROR;
    }

    let mut p = ngx_cpylit((*b).pos, ngx_http_msie_refresh_head);

    if escape == 0 {
        p = ngx_cpymem(p, location, len);
    } else {
        p = ngx_escape_uri(p, location, len, NGX_ESCAPE_REFRESH) as *mut u8;
    }

    (*b).last = ngx_cpylit(p, ngx_http_msie_refresh_tail);

    (*b).last_buf = r == (*r).main;
    (*b).last_in_chain = true;

    let mut out = ngx_chain_t { buf: b, next: null_mut() };

    ngx_http_output_filter(r, &raw mut out)
}
