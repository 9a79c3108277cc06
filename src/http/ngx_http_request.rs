//! Port of src/http/ngx_http_request.c and .h
//! Ours: ngx_http_host_usual, and what ngx_http_write_filter_more() needs.

use crate::core::{
    ngx_buf::*, ngx_config::*, ngx_connection::*, ngx_core::*, ngx_file::*, ngx_hash::*, ngx_list::*, ngx_log::*,
    ngx_log_json::*, ngx_palloc::*, ngx_proxy_protocol::*, ngx_string::*, ngx_times::*,
};
use crate::event::modules::{ngx_epoll_module::*, ngx_io_uring_module::*};
use crate::event::{ngx_event::*, ngx_event_posted::*};
use crate::http::{
    ngx_http::*, ngx_http_config::*, ngx_http_core_module::*, ngx_http_parse::*, ngx_http_request_body::*,
    ngx_http_script::*, ngx_http_special_response::*, ngx_http_variables::*,
};
use crate::os::unix::{
    ngx_atomic::*, ngx_errno::*, ngx_posix_init::*, ngx_process_cycle::*, ngx_socket::*, ngx_time::*,
};

pub const NGX_HTTP_MAX_URI_CHANGES: ngx_uint_t = 10;
pub const NGX_HTTP_MAX_SUBREQUESTS: ngx_uint_t = 50;
pub const NGX_HTTP_LC_HEADER_LEN: usize = 32;
pub const NGX_HTTP_DISCARD_BUFFER_SIZE: usize = 4096;
pub const NGX_HTTP_LINGERING_BUFFER_SIZE: usize = 4096;
pub const NGX_HTTP_VERSION_9: ngx_uint_t = 9;
pub const NGX_HTTP_VERSION_10: ngx_uint_t = 1000;
pub const NGX_HTTP_VERSION_11: ngx_uint_t = 1001;
pub const NGX_HTTP_VERSION_20: ngx_uint_t = 2000;
pub const NGX_HTTP_VERSION_30: ngx_uint_t = 3000;
pub const NGX_HTTP_UNKNOWN: ngx_uint_t = 0x00000001;
pub const NGX_HTTP_GET: ngx_uint_t = 0x00000002;
pub const NGX_HTTP_HEAD: ngx_uint_t = 0x00000004;
pub const NGX_HTTP_POST: ngx_uint_t = 0x00000008;
pub const NGX_HTTP_PUT: ngx_uint_t = 0x00000010;
pub const NGX_HTTP_DELETE: ngx_uint_t = 0x00000020;
pub const NGX_HTTP_MKCOL: ngx_uint_t = 0x00000040;
pub const NGX_HTTP_COPY: ngx_uint_t = 0x00000080;
pub const NGX_HTTP_MOVE: ngx_uint_t = 0x00000100;
pub const NGX_HTTP_OPTIONS: ngx_uint_t = 0x00000200;
pub const NGX_HTTP_PROPFIND: ngx_uint_t = 0x00000400;
pub const NGX_HTTP_PROPPATCH: ngx_uint_t = 0x00000800;
pub const NGX_HTTP_LOCK: ngx_uint_t = 0x00001000;
pub const NGX_HTTP_UNLOCK: ngx_uint_t = 0x00002000;
pub const NGX_HTTP_PATCH: ngx_uint_t = 0x00004000;
pub const NGX_HTTP_TRACE: ngx_uint_t = 0x00008000;
pub const NGX_HTTP_CONNECT: ngx_uint_t = 0x00010000;
pub const NGX_HTTP_CONNECTION_CLOSE: ngx_uint_t = 1;
pub const NGX_HTTP_CONNECTION_KEEP_ALIVE: ngx_uint_t = 2;
pub const NGX_NONE: ngx_uint_t = 1;
pub const NGX_HTTP_PARSE_HEADER_DONE: ngx_int_t = 1;
pub const NGX_HTTP_CLIENT_ERROR: ngx_int_t = 10;
pub const NGX_HTTP_PARSE_INVALID_METHOD: ngx_int_t = 10;
pub const NGX_HTTP_PARSE_INVALID_REQUEST: ngx_int_t = 11;
pub const NGX_HTTP_PARSE_INVALID_VERSION: ngx_int_t = 12;
pub const NGX_HTTP_PARSE_INVALID_09_METHOD: ngx_int_t = 13;
pub const NGX_HTTP_PARSE_INVALID_HEADER: ngx_int_t = 14;
pub const NGX_HTTP_SUBREQUEST_IN_MEMORY: ngx_uint_t = 2;
pub const NGX_HTTP_SUBREQUEST_WAITED: ngx_uint_t = 4;
pub const NGX_HTTP_SUBREQUEST_CLONE: ngx_uint_t = 8;
pub const NGX_HTTP_SUBREQUEST_BACKGROUND: ngx_uint_t = 16;
pub const NGX_HTTP_LOG_UNSAFE: ngx_uint_t = 1;
pub const NGX_HTTP_CONTINUE: ngx_int_t = 100;
pub const NGX_HTTP_SWITCHING_PROTOCOLS: ngx_int_t = 101;
pub const NGX_HTTP_PROCESSING: ngx_int_t = 102;
pub const NGX_HTTP_EARLY_HINTS: ngx_int_t = 103;
pub const NGX_HTTP_OK: ngx_int_t = 200;
pub const NGX_HTTP_CREATED: ngx_int_t = 201;
pub const NGX_HTTP_ACCEPTED: ngx_int_t = 202;
pub const NGX_HTTP_NO_CONTENT: ngx_int_t = 204;
pub const NGX_HTTP_PARTIAL_CONTENT: ngx_int_t = 206;
pub const NGX_HTTP_SPECIAL_RESPONSE: ngx_int_t = 300;
pub const NGX_HTTP_MOVED_PERMANENTLY: ngx_int_t = 301;
pub const NGX_HTTP_MOVED_TEMPORARILY: ngx_int_t = 302;
pub const NGX_HTTP_SEE_OTHER: ngx_int_t = 303;
pub const NGX_HTTP_NOT_MODIFIED: ngx_int_t = 304;
pub const NGX_HTTP_TEMPORARY_REDIRECT: ngx_int_t = 307;
pub const NGX_HTTP_PERMANENT_REDIRECT: ngx_int_t = 308;
pub const NGX_HTTP_BAD_REQUEST: ngx_int_t = 400;
pub const NGX_HTTP_UNAUTHORIZED: ngx_int_t = 401;
pub const NGX_HTTP_FORBIDDEN: ngx_int_t = 403;
pub const NGX_HTTP_NOT_FOUND: ngx_int_t = 404;
pub const NGX_HTTP_NOT_ALLOWED: ngx_int_t = 405;
pub const NGX_HTTP_PROXY_AUTH_REQUIRED: ngx_int_t = 407;
pub const NGX_HTTP_REQUEST_TIME_OUT: ngx_int_t = 408;
pub const NGX_HTTP_CONFLICT: ngx_int_t = 409;
pub const NGX_HTTP_LENGTH_REQUIRED: ngx_int_t = 411;
pub const NGX_HTTP_PRECONDITION_FAILED: ngx_int_t = 412;
pub const NGX_HTTP_REQUEST_ENTITY_TOO_LARGE: ngx_int_t = 413;
pub const NGX_HTTP_REQUEST_URI_TOO_LARGE: ngx_int_t = 414;
pub const NGX_HTTP_UNSUPPORTED_MEDIA_TYPE: ngx_int_t = 415;
pub const NGX_HTTP_RANGE_NOT_SATISFIABLE: ngx_int_t = 416;
pub const NGX_HTTP_MISDIRECTED_REQUEST: ngx_int_t = 421;
pub const NGX_HTTP_TOO_MANY_REQUESTS: ngx_int_t = 429;
pub const NGX_HTTP_CLOSE: ngx_int_t = 444;
pub const NGX_HTTP_NGINX_CODES: ngx_int_t = 494;
pub const NGX_HTTP_REQUEST_HEADER_TOO_LARGE: ngx_int_t = 494;
pub const NGX_HTTPS_CERT_ERROR: ngx_int_t = 495;
pub const NGX_HTTPS_NO_CERT: ngx_int_t = 496;
pub const NGX_HTTP_TO_HTTPS: ngx_int_t = 497;
pub const NGX_HTTP_CLIENT_CLOSED_REQUEST: ngx_int_t = 499;
pub const NGX_HTTP_INTERNAL_SERVER_ERROR: ngx_int_t = 500;
pub const NGX_HTTP_NOT_IMPLEMENTED: ngx_int_t = 501;
pub const NGX_HTTP_BAD_GATEWAY: ngx_int_t = 502;
pub const NGX_HTTP_SERVICE_UNAVAILABLE: ngx_int_t = 503;
pub const NGX_HTTP_GATEWAY_TIME_OUT: ngx_int_t = 504;
pub const NGX_HTTP_VERSION_NOT_SUPPORTED: ngx_int_t = 505;
pub const NGX_HTTP_INSUFFICIENT_STORAGE: ngx_int_t = 507;
pub const NGX_HTTP_LOWLEVEL_BUFFERED: u8 = 0xf0;
pub const NGX_HTTP_WRITE_BUFFERED: u8 = 0x10;
pub const NGX_HTTP_GZIP_BUFFERED: u8 = 0x20;
pub const NGX_HTTP_SSI_BUFFERED: u8 = 0x01;
pub const NGX_HTTP_SUB_BUFFERED: u8 = 0x02;
pub const NGX_HTTP_COPY_BUFFERED: u8 = 0x04;
pub const NGX_HTTP_INITING_REQUEST_STATE: c_uint = 0;
pub const NGX_HTTP_READING_REQUEST_STATE: c_uint = 1;
pub const NGX_HTTP_PROCESS_REQUEST_STATE: c_uint = 2;
pub const NGX_HTTP_CONNECT_UPSTREAM_STATE: c_uint = 3;
pub const NGX_HTTP_WRITING_UPSTREAM_STATE: c_uint = 4;
pub const NGX_HTTP_READING_UPSTREAM_STATE: c_uint = 5;
pub const NGX_HTTP_WRITING_REQUEST_STATE: c_uint = 6;
pub const NGX_HTTP_LINGERING_CLOSE_STATE: c_uint = 7;
pub const NGX_HTTP_KEEPALIVE_STATE: c_uint = 8;
pub type ngx_http_state_e = c_uint;
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_header_t {
    pub name: ngx_str_t,
    pub offset: ngx_uint_t,
    pub handler: ngx_http_header_handler_pt,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_header_out_t {
    pub name: ngx_str_t,
    pub offset: ngx_uint_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_headers_in_t {
    pub headers: ngx_list_t<ngx_table_elt_t>,
    pub count: ngx_uint_t,
    pub host: *mut ngx_table_elt_t,
    pub connection: *mut ngx_table_elt_t,
    pub if_modified_since: *mut ngx_table_elt_t,
    pub if_unmodified_since: *mut ngx_table_elt_t,
    pub if_match: *mut ngx_table_elt_t,
    pub if_none_match: *mut ngx_table_elt_t,
    pub user_agent: *mut ngx_table_elt_t,
    pub referer: *mut ngx_table_elt_t,
    pub content_length: *mut ngx_table_elt_t,
    pub content_range: *mut ngx_table_elt_t,
    pub content_type: *mut ngx_table_elt_t,
    pub range: *mut ngx_table_elt_t,
    pub if_range: *mut ngx_table_elt_t,
    pub transfer_encoding: *mut ngx_table_elt_t,
    pub te: *mut ngx_table_elt_t,
    pub expect: *mut ngx_table_elt_t,
    pub upgrade: *mut ngx_table_elt_t,
    pub accept_encoding: *mut ngx_table_elt_t,
    pub via: *mut ngx_table_elt_t,
    pub authorization: *mut ngx_table_elt_t,
    pub proxy_authorization: *mut ngx_table_elt_t,
    pub keep_alive: *mut ngx_table_elt_t,
    pub x_forwarded_for: *mut ngx_table_elt_t,
    pub x_real_ip: *mut ngx_table_elt_t,
    pub depth: *mut ngx_table_elt_t,
    pub destination: *mut ngx_table_elt_t,
    pub overwrite: *mut ngx_table_elt_t,
    pub date: *mut ngx_table_elt_t,
    pub cookie: *mut ngx_table_elt_t,
    pub user: ngx_str_t,
    pub passwd: ngx_str_t,
    pub server: ngx_str_t,
    pub content_length_n: off_t,
    pub keep_alive_n: time_t,
    pub connection_type: u8,
    pub chunked: bool,
    pub multi: bool,
    pub multi_linked: bool,
    pub msie: bool,
    pub msie6: bool,
    pub opera: bool,
    pub gecko: bool,
    pub chrome: bool,
    pub safari: bool,
    pub konqueror: bool,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_headers_out_t {
    pub headers: ngx_list_t<ngx_table_elt_t>,
    pub trailers: ngx_list_t<ngx_table_elt_t>,
    pub status: ngx_uint_t,
    pub status_line: ngx_str_t,
    pub server: *mut ngx_table_elt_t,
    pub date: *mut ngx_table_elt_t,
    pub content_length: *mut ngx_table_elt_t,
    pub content_encoding: *mut ngx_table_elt_t,
    pub location: *mut ngx_table_elt_t,
    pub refresh: *mut ngx_table_elt_t,
    pub last_modified: *mut ngx_table_elt_t,
    pub content_range: *mut ngx_table_elt_t,
    pub accept_ranges: *mut ngx_table_elt_t,
    pub www_authenticate: *mut ngx_table_elt_t,
    pub proxy_authenticate: *mut ngx_table_elt_t,
    pub expires: *mut ngx_table_elt_t,
    pub etag: *mut ngx_table_elt_t,
    pub cache_control: *mut ngx_table_elt_t,
    pub link: *mut ngx_table_elt_t,
    pub override_charset: *mut ngx_str_t,
    pub content_type_len: usize,
    pub content_type: ngx_str_t,
    pub charset: ngx_str_t,
    pub content_type_lowcase: *mut u8,
    pub content_type_hash: ngx_uint_t,
    pub content_length_n: off_t,
    pub content_offset: off_t,
    pub date_time: time_t,
    pub last_modified_time: time_t,
}

pub type ngx_http_client_body_handler_pt = Option<unsafe fn(*mut ngx_http_request_t)>;
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_request_body_t {
    pub temp_file: *mut ngx_temp_file_t,
    pub bufs: *mut ngx_chain_t,
    pub buf: *mut ngx_buf_t,
    pub rest: off_t,
    pub received: off_t,
    pub free: *mut ngx_chain_t,
    pub busy: *mut ngx_chain_t,
    pub chunked: *mut ngx_http_chunked_t,
    pub post_handler: ngx_http_client_body_handler_pt,
    pub filter_need_buffering: bool,
    pub last_sent: bool,
    pub last_saved: bool,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_connection_t {
    pub addr_conf: *mut ngx_http_addr_conf_t,
    pub conf_ctx: *mut ngx_http_conf_ctx_t,
    pub busy: *mut ngx_chain_t,
    pub nbusy: ngx_int_t,
    pub free: *mut ngx_chain_t,
    pub keepalive_timeout: ngx_msec_t,
    pub ssl: bool,
    pub proxy_protocol: bool,
    /// Ours, see ngx_http_write_filter_more().
    pub push: *mut ngx_event_t,
    /// Ours: when the last bytes came, by ngx_event_tick().
    pub received: u64,
}

pub type ngx_http_cleanup_pt = Option<unsafe fn(*mut c_void)>;
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_cleanup_t {
    pub handler: ngx_http_cleanup_pt,
    pub data: *mut c_void,
    pub next: *mut ngx_http_cleanup_t,
}

pub type ngx_http_post_subrequest_pt = Option<unsafe fn(*mut ngx_http_request_t, *mut c_void, ngx_int_t) -> ngx_int_t>;
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_post_subrequest_t {
    pub handler: ngx_http_post_subrequest_pt,
    pub data: *mut c_void,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_postponed_request_t {
    pub request: *mut ngx_http_request_t,
    pub out: *mut ngx_chain_t,
    pub next: *mut ngx_http_postponed_request_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_posted_request_t {
    pub request: *mut ngx_http_request_t,
    pub next: *mut ngx_http_posted_request_t,
}

pub type ngx_http_handler_pt = Option<unsafe fn(*mut ngx_http_request_t) -> ngx_int_t>;
pub type ngx_http_event_handler_pt = Option<unsafe fn(*mut ngx_http_request_t)>;
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_request_t {
    pub signature: u32,
    pub connection: *mut ngx_connection_t,
    pub ctx: *mut *mut c_void,
    pub main_conf: *mut *mut c_void,
    pub srv_conf: *mut *mut c_void,
    pub loc_conf: *mut *mut c_void,
    pub read_event_handler: ngx_http_event_handler_pt,
    pub write_event_handler: ngx_http_event_handler_pt,
    pub pool: *mut ngx_pool_t,
    pub header_in: *mut ngx_buf_t,
    pub headers_in: ngx_http_headers_in_t,
    pub headers_out: ngx_http_headers_out_t,
    pub request_body: *mut ngx_http_request_body_t,
    pub lingering_time: time_t,
    pub start_sec: time_t,
    pub start_msec: ngx_msec_t,
    pub method: ngx_uint_t,
    pub http_version: ngx_uint_t,
    pub request_line: ngx_str_t,
    pub uri: ngx_str_t,
    pub args: ngx_str_t,
    pub exten: ngx_str_t,
    pub unparsed_uri: ngx_str_t,
    pub method_name: ngx_str_t,
    pub http_protocol: ngx_str_t,
    pub schema: ngx_str_t,
    pub out: *mut ngx_chain_t,
    pub main: *mut ngx_http_request_t,
    pub parent: *mut ngx_http_request_t,
    pub postponed: *mut ngx_http_postponed_request_t,
    pub post_subrequest: *mut ngx_http_post_subrequest_t,
    pub posted_requests: *mut ngx_http_posted_request_t,
    pub phase_handler: ngx_int_t,
    pub content_handler: ngx_http_handler_pt,
    pub access_code: ngx_uint_t,
    pub variables: *mut ngx_http_variable_value_t,
    pub ncaptures: ngx_uint_t,
    pub captures: *mut c_int,
    pub captures_data: *mut u8,
    pub limit_rate: usize,
    pub limit_rate_after: usize,
    pub header_size: usize,
    pub request_length: off_t,
    pub err_status: ngx_uint_t,
    pub http_connection: *mut ngx_http_connection_t,
    pub log_handler: ngx_http_log_handler_pt,
    pub cleanup: *mut ngx_http_cleanup_t,
    pub port: in_port_t,
    /// Who still needs the request: it is freed at 0.
    pub count: u16,
    pub subrequests: u8,
    /// DEVIATION: 8 bits in C, which as many subrequests that read files overflow (CVE-2026-97205).
    pub blocked: u16,
    pub aio: bool,
    pub http_state: u8,
    pub complex_uri: bool,
    pub quoted_uri: bool,
    pub plus_in_uri: bool,
    pub empty_path_in_uri: bool,
    pub invalid_header: bool,
    pub add_uri_to_alias: bool,
    pub valid_location: bool,
    pub valid_unparsed_uri: bool,
    pub uri_changed: bool,
    pub uri_changes: u8,
    pub request_body_in_single_buf: bool,
    pub request_body_in_file_only: bool,
    pub request_body_in_persistent_file: bool,
    pub request_body_in_clean_file: bool,
    pub request_body_file_group_access: bool,
    pub request_body_file_log_level: u8,
    pub request_body_no_buffering: bool,
    pub subrequest_in_memory: bool,
    pub waited: bool,
    pub cached: bool,
    pub gzip_tested: bool,
    pub gzip_ok: bool,
    pub gzip_vary: bool,
    pub realloc_captures: bool,
    pub proxy: bool,
    pub bypass_cache: bool,
    pub no_cache: bool,
    pub limit_conn_status: u8,
    pub limit_req_status: u8,
    pub limit_rate_set: bool,
    pub limit_rate_after_set: bool,
    pub pipeline: bool,
    pub chunked: bool,
    pub header_only: bool,
    pub expect_trailers: bool,
    pub keepalive: bool,
    pub lingering_close: bool,
    pub discard_body: bool,
    pub reading_body: bool,
    pub internal: bool,
    pub error_page: bool,
    pub filter_finalize: bool,
    pub post_action: bool,
    pub request_complete: bool,
    pub request_output: bool,
    pub header_sent: bool,
    pub response_sent: bool,
    pub expect_tested: bool,
    pub root_tested: bool,
    pub done: bool,
    pub logged: bool,
    pub terminated: bool,
    pub buffered: u8,
    pub main_filter_need_in_memory: bool,
    pub filter_need_in_memory: bool,
    pub filter_need_temporary: bool,
    pub preserve_body: bool,
    pub allow_ranges: bool,
    pub subrequest_ranges: bool,
    pub single_range: bool,
    pub disable_not_modified: bool,
    pub stat_reading: bool,
    pub stat_writing: bool,
    pub stat_processing: bool,
    pub background: bool,
    pub health_check: bool,
    pub state: ngx_uint_t,
    pub header_hash: ngx_uint_t,
    pub lowcase_index: ngx_uint_t,
    pub lowcase_header: [u8; 32],
    pub header_name_start: *mut u8,
    pub header_name_end: *mut u8,
    pub header_start: *mut u8,
    pub header_end: *mut u8,
    pub uri_start: *mut u8,
    pub uri_end: *mut u8,
    pub uri_ext: *mut u8,
    pub args_start: *mut u8,
    pub request_start: *mut u8,
    pub request_end: *mut u8,
    pub method_end: *mut u8,
    pub schema_start: *mut u8,
    pub schema_end: *mut u8,
    pub host_start: *mut u8,
    pub host_end: *mut u8,
    pub http_minor: u16,
    pub http_major: u16,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_ephemeral_t {
    pub terminal_posted_request: ngx_http_posted_request_t,
}

// C: 1392, with a bit for each flag where this has a byte
const _: () = assert!(size_of::<ngx_http_request_t>() == 1416);

/// The room that the URI's parsing pointers take is free again when a request is terminated.
#[inline(always)]
pub unsafe fn ngx_http_ephemeral(r: *mut ngx_http_request_t) -> *mut ngx_http_ephemeral_t {
    (&raw mut (*r).uri_start).cast()
}

#[inline(always)]
pub unsafe fn ngx_http_proxy_auth(r: *mut ngx_http_request_t) -> bool {
    (*r).method == NGX_HTTP_CONNECT
}

#[inline(always)]
pub unsafe fn ngx_http_set_log_request(log: *mut ngx_log_t, r: *mut ngx_http_request_t) {
    (*(*log).data.cast::<ngx_http_log_ctx_t>()).current_request = r;
}

static ngx_http_client_errors: [&str; 4] = [
    // NGX_HTTP_PARSE_INVALID_METHOD
    "client sent invalid method",
    // NGX_HTTP_PARSE_INVALID_REQUEST
    "client sent invalid request",
    // NGX_HTTP_PARSE_INVALID_VERSION
    "client sent invalid version",
    // NGX_HTTP_PARSE_INVALID_09_METHOD
    "client sent invalid method in HTTP/0.9 request",
];

// SAFETY: the table points to literals.
unsafe impl Sync for ngx_http_header_t {}

/// The request headers that a handler looks at, each with the place where it stores them.
pub static ngx_http_headers_in: &[ngx_http_header_t] = &[
    ngx_http_header_t {
        name: ngx_string!("Host"),
        offset: ngx_offsetof!(ngx_http_headers_in_t, host: *mut ngx_table_elt_t),
        handler: Some(ngx_http_process_host),
    },
    ngx_http_header_t {
        name: ngx_string!("Connection"),
        offset: ngx_offsetof!(ngx_http_headers_in_t, connection: *mut ngx_table_elt_t),
        handler: Some(ngx_http_process_connection),
    },
    ngx_http_header_t {
        name: ngx_string!("Proxy-Connection"),
        offset: 0,
        handler: Some(ngx_http_process_proxy_connection),
    },
    ngx_http_header_t {
        name: ngx_string!("If-Modified-Since"),
        offset: ngx_offsetof!(ngx_http_headers_in_t, if_modified_since: *mut ngx_table_elt_t),
        handler: Some(ngx_http_process_unique_header_line),
    },
    ngx_http_header_t {
        name: ngx_string!("If-Unmodified-Since"),
        offset: ngx_offsetof!(ngx_http_headers_in_t, if_unmodified_since: *mut ngx_table_elt_t),
        handler: Some(ngx_http_process_unique_header_line),
    },
    ngx_http_header_t {
        name: ngx_string!("If-Match"),
        offset: ngx_offsetof!(ngx_http_headers_in_t, if_match: *mut ngx_table_elt_t),
        handler: Some(ngx_http_process_unique_header_line),
    },
    ngx_http_header_t {
        name: ngx_string!("If-None-Match"),
        offset: ngx_offsetof!(ngx_http_headers_in_t, if_none_match: *mut ngx_table_elt_t),
        handler: Some(ngx_http_process_unique_header_line),
    },
    ngx_http_header_t {
        name: ngx_string!("User-Agent"),
        offset: ngx_offsetof!(ngx_http_headers_in_t, user_agent: *mut ngx_table_elt_t),
        handler: Some(ngx_http_process_user_agent),
    },
    ngx_http_header_t {
        name: ngx_string!("Referer"),
        offset: ngx_offsetof!(ngx_http_headers_in_t, referer: *mut ngx_table_elt_t),
        handler: Some(ngx_http_process_header_line),
    },
    ngx_http_header_t {
        name: ngx_string!("Content-Length"),
        offset: ngx_offsetof!(ngx_http_headers_in_t, content_length: *mut ngx_table_elt_t),
        handler: Some(ngx_http_process_unique_header_line),
    },
    ngx_http_header_t {
        name: ngx_string!("Content-Range"),
        offset: ngx_offsetof!(ngx_http_headers_in_t, content_range: *mut ngx_table_elt_t),
        handler: Some(ngx_http_process_unique_header_line),
    },
    ngx_http_header_t {
        name: ngx_string!("Content-Type"),
        offset: ngx_offsetof!(ngx_http_headers_in_t, content_type: *mut ngx_table_elt_t),
        handler: Some(ngx_http_process_header_line),
    },
    ngx_http_header_t {
        name: ngx_string!("Range"),
        offset: ngx_offsetof!(ngx_http_headers_in_t, range: *mut ngx_table_elt_t),
        handler: Some(ngx_http_process_header_line),
    },
    ngx_http_header_t {
        name: ngx_string!("If-Range"),
        offset: ngx_offsetof!(ngx_http_headers_in_t, if_range: *mut ngx_table_elt_t),
        handler: Some(ngx_http_process_unique_header_line),
    },
    ngx_http_header_t {
        name: ngx_string!("Transfer-Encoding"),
        offset: ngx_offsetof!(ngx_http_headers_in_t, transfer_encoding: *mut ngx_table_elt_t),
        handler: Some(ngx_http_process_unique_header_line),
    },
    ngx_http_header_t {
        name: ngx_string!("TE"),
        offset: ngx_offsetof!(ngx_http_headers_in_t, te: *mut ngx_table_elt_t),
        handler: Some(ngx_http_process_header_line),
    },
    ngx_http_header_t {
        name: ngx_string!("Expect"),
        offset: ngx_offsetof!(ngx_http_headers_in_t, expect: *mut ngx_table_elt_t),
        handler: Some(ngx_http_process_unique_header_line),
    },
    ngx_http_header_t {
        name: ngx_string!("Upgrade"),
        offset: ngx_offsetof!(ngx_http_headers_in_t, upgrade: *mut ngx_table_elt_t),
        handler: Some(ngx_http_process_header_line),
    },
    ngx_http_header_t {
        name: ngx_string!("Accept-Encoding"),
        offset: ngx_offsetof!(ngx_http_headers_in_t, accept_encoding: *mut ngx_table_elt_t),
        handler: Some(ngx_http_process_header_line),
    },
    ngx_http_header_t {
        name: ngx_string!("Via"),
        offset: ngx_offsetof!(ngx_http_headers_in_t, via: *mut ngx_table_elt_t),
        handler: Some(ngx_http_process_header_line),
    },
    ngx_http_header_t {
        name: ngx_string!("Authorization"),
        offset: ngx_offsetof!(ngx_http_headers_in_t, authorization: *mut ngx_table_elt_t),
        handler: Some(ngx_http_process_unique_header_line),
    },
    ngx_http_header_t {
        name: ngx_string!("Proxy-Authorization"),
        offset: ngx_offsetof!(ngx_http_headers_in_t, proxy_authorization: *mut ngx_table_elt_t),
        handler: Some(ngx_http_process_unique_header_line),
    },
    ngx_http_header_t {
        name: ngx_string!("Keep-Alive"),
        offset: ngx_offsetof!(ngx_http_headers_in_t, keep_alive: *mut ngx_table_elt_t),
        handler: Some(ngx_http_process_header_line),
    },
    ngx_http_header_t {
        name: ngx_string!("X-Forwarded-For"),
        offset: ngx_offsetof!(ngx_http_headers_in_t, x_forwarded_for: *mut ngx_table_elt_t),
        handler: Some(ngx_http_process_header_line),
    },
    ngx_http_header_t {
        name: ngx_string!("X-Real-IP"),
        offset: ngx_offsetof!(ngx_http_headers_in_t, x_real_ip: *mut ngx_table_elt_t),
        handler: Some(ngx_http_process_header_line),
    },
    ngx_http_header_t {
        name: ngx_string!("Depth"),
        offset: ngx_offsetof!(ngx_http_headers_in_t, depth: *mut ngx_table_elt_t),
        handler: Some(ngx_http_process_header_line),
    },
    ngx_http_header_t {
        name: ngx_string!("Destination"),
        offset: ngx_offsetof!(ngx_http_headers_in_t, destination: *mut ngx_table_elt_t),
        handler: Some(ngx_http_process_header_line),
    },
    ngx_http_header_t {
        name: ngx_string!("Overwrite"),
        offset: ngx_offsetof!(ngx_http_headers_in_t, overwrite: *mut ngx_table_elt_t),
        handler: Some(ngx_http_process_header_line),
    },
    ngx_http_header_t {
        name: ngx_string!("Date"),
        offset: ngx_offsetof!(ngx_http_headers_in_t, date: *mut ngx_table_elt_t),
        handler: Some(ngx_http_process_header_line),
    },
    ngx_http_header_t {
        name: ngx_string!("Cookie"),
        offset: ngx_offsetof!(ngx_http_headers_in_t, cookie: *mut ngx_table_elt_t),
        handler: Some(ngx_http_process_header_line),
    },
];

/// The handler of an HTTP listening socket: a connection has been accepted.
pub unsafe fn ngx_http_init_connection(c: *mut ngx_connection_t) {
    let hc: *mut ngx_http_connection_t = ngx_pcalloc((*c).pool);
    if hc.is_null() {
        ngx_http_close_connection(c);
        return;
    }

    (*c).data = hc.cast();

    // the configuration of the address and port

    let port: *mut ngx_http_port_t = (*(*c).listening).servers.cast();

    if (*port).naddrs > 1 {
        // several addresses, of which the last is "*": only getsockname() tells which one was meant

        if ngx_connection_local_sockaddr(c, null_mut(), 0) != NGX_OK {
            ngx_http_close_connection(c);
            return;
        }

        let mut i = 0;

        match (*(*c).local_sockaddr).sa_family as c_int {
            libc::AF_INET6 => {
                let sin6: *mut sockaddr_in6 = (*c).local_sockaddr.cast();

                let addr6: *mut ngx_http_in6_addr_t = (*port).addrs.cast();

                while i < (*port).naddrs - 1 {
                    if ngx_memcmp(&raw const (*addr6.add(i)).addr6, &raw const (*sin6).sin6_addr, 16) == 0 {
                        break;
                    }
                    i += 1;
                }

                (*hc).addr_conf = &raw mut (*addr6.add(i)).conf;
            }

            // AF_INET
            _ => {
                let sin: *mut sockaddr_in = (*c).local_sockaddr.cast();

                let addr: *mut ngx_http_in_addr_t = (*port).addrs.cast();

                while i < (*port).naddrs - 1 {
                    if (*addr.add(i)).addr == (*sin).sin_addr.s_addr {
                        break;
                    }
                    i += 1;
                }

                (*hc).addr_conf = &raw mut (*addr.add(i)).conf;
            }
        }
    } else {
        match (*(*c).local_sockaddr).sa_family as c_int {
            libc::AF_INET6 => {
                let addr6: *mut ngx_http_in6_addr_t = (*port).addrs.cast();
                (*hc).addr_conf = &raw mut (*addr6).conf;
            }

            // AF_INET
            _ => {
                let addr: *mut ngx_http_in_addr_t = (*port).addrs.cast();
                (*hc).addr_conf = &raw mut (*addr).conf;
            }
        }
    }

    // its default server
    (*hc).conf_ctx = (*(*(*hc).addr_conf).default_server).ctx;

    let ctx: *mut ngx_http_log_ctx_t = ngx_palloc((*c).pool);
    if ctx.is_null() {
        ngx_http_close_connection(c);
        return;
    }

    (*ctx).connection = c;
    (*ctx).request = null_mut();
    (*ctx).current_request = null_mut();

    (*(*c).log).connection = (*c).number;
    (*(*c).log).handler = Some(ngx_http_log_error);
    (*(*c).log).data = ctx.cast();
    (*(*c).log).action = c"waiting for request".as_ptr();

    (*c).log_error = NGX_ERROR_INFO as u8;

    let rev = (*c).read;
    (*rev).handler = Some(ngx_http_wait_request_handler);
    (*(*c).write).handler = Some(ngx_http_empty_handler);

    if (*(*hc).addr_conf).proxy_protocol {
        (*hc).proxy_protocol = true;
        (*(*c).log).action = c"reading PROXY protocol".as_ptr();
    }

    if (*rev).ready {
        // deferred accept: the request is here already

        if ngx_use_accept_mutex.get() != 0 {
            ngx_post_event(rev, ngx_posted_events.ptr());
            return;
        }

        (*rev).handler.unwrap()(rev);
        return;
    }

    let cscf: *mut ngx_http_core_srv_conf_t =
        (*(*(*hc).conf_ctx).srv_conf.add(ngx_http_core_module.ctx_index.get())).cast();

    ngx_add_timer(rev, (*cscf).client_header_timeout);
    ngx_reusable_connection(c, 1);

    if ngx_handle_read_event(rev, 0) != NGX_OK {
        ngx_http_close_connection(c);
    }
}

unsafe fn ngx_http_wait_request_handler(rev: *mut ngx_event_t) {
    let c: *mut ngx_connection_t = (*rev).data.cast();

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*c).log, 0; "http wait request handler");

    if (*rev).timedout {
        ngx_log_error!(NGX_LOG_INFO, (*c).log, NGX_ETIMEDOUT; "client timed out");
        ngx_http_close_connection(c);
        return;
    }

    if (*c).close {
        ngx_http_close_connection(c);
        return;
    }

    let hc: *mut ngx_http_connection_t = (*c).data.cast();
    let cscf: *mut ngx_http_core_srv_conf_t =
        (*(*(*hc).conf_ctx).srv_conf.add(ngx_http_core_module.ctx_index.get())).cast();

    let mut size = (*cscf).client_header_buffer_size;

    let mut b = (*c).buffer;

    if b.is_null() {
        b = ngx_create_temp_buf((*c).pool, size);
        if b.is_null() {
            ngx_http_close_connection(c);
            return;
        }

        (*c).buffer = b;
    } else if (*b).start.is_null() {
        (*b).start = ngx_palloc_n((*c).pool, size);
        if (*b).start.is_null() {
            ngx_http_close_connection(c);
            return;
        }

        (*b).pos = (*b).start;
        (*b).last = (*b).start;
        (*b).end = (*b).last.add(size);
    }

    size = (*b).end.offset_from_unsigned((*b).last);

    let n = (*c).recv.unwrap()(c, (*b).last, size);

    if n == NGX_AGAIN {
        if !(*rev).timer_set {
            ngx_add_timer(rev, (*cscf).client_header_timeout);
            ngx_reusable_connection(c, 1);
        }

        if ngx_handle_read_event(rev, 0) != NGX_OK {
            ngx_http_close_connection(c);
            return;
        }

        if (*b).pos == (*b).last {
            // no buffer for one who says nothing

            if ngx_pfree((*c).pool, (*b).start) == NGX_OK {
                (*b).start = null_mut();
            }
        }

        return;
    }

    if n == NGX_ERROR {
        ngx_http_close_connection(c);
        return;
    }

    if n == 0 {
        ngx_log_error!(NGX_LOG_INFO, (*c).log, 0; "client closed connection");
        ngx_http_close_connection(c);
        return;
    }

    (*b).last = (*b).last.add(n as usize);
    (*hc).received = ngx_event_tick();

    if (*hc).proxy_protocol {
        (*hc).proxy_protocol = false;

        let p = ngx_proxy_protocol_read(c, (*b).pos, (*b).last);

        if p.is_null() {
            ngx_http_close_connection(c);
            return;
        }

        (*b).pos = p;

        if (*b).pos == (*b).last {
            (*(*c).log).action = c"waiting for request".as_ptr();
            (*b).pos = (*b).start;
            (*b).last = (*b).start;
            ngx_post_event(rev, ngx_posted_events.ptr());
            return;
        }
    }

    (*(*c).log).action = c"reading client request line".as_ptr();

    ngx_reusable_connection(c, 0);

    (*c).data = ngx_http_create_request(c).cast();
    if (*c).data.is_null() {
        ngx_http_close_connection(c);
        return;
    }

    (*rev).handler = Some(ngx_http_process_request_line);
    ngx_http_process_request_line(rev);
}

pub unsafe fn ngx_http_create_request(c: *mut ngx_connection_t) -> *mut ngx_http_request_t {
    let r = ngx_http_alloc_request(c);
    if r.is_null() {
        return null_mut();
    }

    (*c).requests += 1;

    let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

    ngx_set_connection_log(c, (*clcf).error_log);

    let ctx: *mut ngx_http_log_ctx_t = (*(*c).log).data.cast();
    (*ctx).request = r;
    (*ctx).current_request = r;

    ngx_atomic_fetch_add(ngx_stat_reading.get(), 1);
    (*r).stat_reading = true;
    ngx_atomic_fetch_add(ngx_stat_requests.get(), 1);

    r
}

unsafe fn ngx_http_alloc_request(c: *mut ngx_connection_t) -> *mut ngx_http_request_t {
    let hc: *mut ngx_http_connection_t = (*c).data.cast();

    let cscf: *mut ngx_http_core_srv_conf_t =
        (*(*(*hc).conf_ctx).srv_conf.add(ngx_http_core_module.ctx_index.get())).cast();

    let pool = ngx_create_pool((*cscf).request_pool_size, (*c).log);
    if pool.is_null() {
        return null_mut();
    }

    let r: *mut ngx_http_request_t = ngx_pcalloc(pool);
    if r.is_null() {
        ngx_destroy_pool(pool);
        return null_mut();
    }

    (*r).pool = pool;

    (*r).http_connection = hc;
    (*r).signature = NGX_HTTP_MODULE as u32;
    (*r).connection = c;

    (*r).main_conf = (*(*hc).conf_ctx).main_conf;
    (*r).srv_conf = (*(*hc).conf_ctx).srv_conf;
    (*r).loc_conf = (*(*hc).conf_ctx).loc_conf;

    (*r).read_event_handler = Some(ngx_http_block_reading);

    (*r).header_in = if !(*hc).busy.is_null() { (*(*hc).busy).buf } else { (*c).buffer };

    if ngx_list_init(&raw mut (*r).headers_out.headers, (*r).pool, 20) != NGX_OK {
        ngx_destroy_pool((*r).pool);
        return null_mut();
    }

    if ngx_list_init(&raw mut (*r).headers_out.trailers, (*r).pool, 4) != NGX_OK {
        ngx_destroy_pool((*r).pool);
        return null_mut();
    }

    (*r).ctx = ngx_pcalloc_n((*r).pool, ngx_http_max_module.get());
    if (*r).ctx.is_null() {
        ngx_destroy_pool((*r).pool);
        return null_mut();
    }

    let cmcf: *mut ngx_http_core_main_conf_t = ngx_http_get_module_main_conf(r, &ngx_http_core_module);

    (*r).variables = ngx_pcalloc_n((*r).pool, (*cmcf).variables.nelts);
    if (*r).variables.is_null() {
        ngx_destroy_pool((*r).pool);
        return null_mut();
    }

    (*r).main = r;
    (*r).count = 1;

    let tp = ngx_timeofday();
    (*r).start_sec = (*tp).sec;
    (*r).start_msec = (*tp).msec;

    (*r).method = NGX_HTTP_UNKNOWN;
    (*r).http_version = NGX_HTTP_VERSION_10;

    (*r).headers_in.content_length_n = -1;
    (*r).headers_in.keep_alive_n = -1;
    (*r).headers_out.content_length_n = -1;
    (*r).headers_out.last_modified_time = -1;

    (*r).uri_changes = NGX_HTTP_MAX_URI_CHANGES as u8 + 1;
    (*r).subrequests = NGX_HTTP_MAX_SUBREQUESTS as u8 + 1;

    (*r).http_state = NGX_HTTP_READING_REQUEST_STATE as u8;

    (*r).log_handler = Some(ngx_http_log_error_handler);

    r
}

unsafe fn ngx_http_process_request_line(rev: *mut ngx_event_t) {
    let c: *mut ngx_connection_t = (*rev).data.cast();
    let r: *mut ngx_http_request_t = (*c).data.cast();

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*rev).log, 0; "http process request line");

    if (*rev).timedout {
        ngx_log_error!(NGX_LOG_INFO, (*c).log, NGX_ETIMEDOUT; "client timed out");
        (*c).timedout = true;
        ngx_http_close_request(r, NGX_HTTP_REQUEST_TIME_OUT);
        return;
    }

    let mut rc = NGX_AGAIN;

    loop {
        if rc == NGX_AGAIN {
            let n = ngx_http_read_request_header(r);

            if n == NGX_AGAIN || n == NGX_ERROR {
                break;
            }
        }

        rc = ngx_http_parse_request_line(r, (*r).header_in);

        if rc == NGX_OK {
            // the line is complete

            (*r).request_line.len = (*r).request_end.offset_from_unsigned((*r).request_start);
            (*r).request_line.data = (*r).request_start;
            (*r).request_length = (*(*r).header_in).pos.offset_from((*r).request_start) as off_t;

            ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*c).log, 0; "http request line: \"%V\"", (*r).request_line);

            (*r).method_name.len = (*r).method_end.offset_from_unsigned((*r).request_start) + 1;
            (*r).method_name.data = (*r).request_line.data;

            if !(*r).http_protocol.data.is_null() {
                (*r).http_protocol.len = (*r).request_end.offset_from_unsigned((*r).http_protocol.data);
            }

            if ngx_http_process_request_uri(r) != NGX_OK {
                break;
            }

            if !(*r).schema_end.is_null() {
                (*r).schema.len = (*r).schema_end.offset_from_unsigned((*r).schema_start);
                (*r).schema.data = (*r).schema_start;
            }

            if !(*r).host_end.is_null() {
                let mut host =
                    ngx_str_t { len: (*r).host_end.offset_from_unsigned((*r).host_start), data: (*r).host_start };
                let mut port = 0;

                rc = ngx_http_validate_host(&raw mut host, &raw mut port, (*r).pool, 0);

                if rc == NGX_DECLINED {
                    ngx_log_error!(NGX_LOG_INFO, (*c).log, 0; "client sent invalid host in request line");
                    ngx_http_finalize_request(r, NGX_HTTP_BAD_REQUEST);
                    break;
                }

                if rc == NGX_ERROR {
                    ngx_http_close_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
                    break;
                }

                if ngx_http_set_virtual_server(r, &raw mut host) == NGX_ERROR {
                    break;
                }

                (*r).headers_in.server = host;
                (*r).port = port;
            }

            if (*r).http_version < NGX_HTTP_VERSION_10 {
                if (*r).headers_in.server.len == 0
                    && ngx_http_set_virtual_server(r, &raw mut (*r).headers_in.server) == NGX_ERROR
                {
                    break;
                }

                ngx_http_process_request(r);
                break;
            }

            if ngx_list_init(&raw mut (*r).headers_in.headers, (*r).pool, 20) != NGX_OK {
                ngx_http_close_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
                break;
            }

            (*(*c).log).action = c"reading client request headers".as_ptr();

            (*rev).handler = Some(ngx_http_process_request_headers);
            ngx_http_process_request_headers(rev);

            break;
        }

        if rc != NGX_AGAIN {
            // the parser gave up

            ngx_log_error!(NGX_LOG_INFO, (*c).log, 0;
                           "%s", ngx_http_client_errors[(rc - NGX_HTTP_CLIENT_ERROR) as usize]);

            if rc == NGX_HTTP_PARSE_INVALID_VERSION {
                ngx_http_finalize_request(r, NGX_HTTP_VERSION_NOT_SUPPORTED);
            } else {
                ngx_http_finalize_request(r, NGX_HTTP_BAD_REQUEST);
            }

            break;
        }

        // NGX_AGAIN: there is more to come

        if (*(*r).header_in).pos == (*(*r).header_in).end {
            let rv = ngx_http_alloc_large_header_buffer(r, true);

            if rv == NGX_ERROR {
                ngx_http_close_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
                break;
            }

            if rv == NGX_DECLINED {
                (*r).request_line.len = (*(*r).header_in).end.offset_from_unsigned((*r).request_start);
                (*r).request_line.data = (*r).request_start;

                ngx_log_error!(NGX_LOG_INFO, (*c).log, 0; "client sent too long URI");
                ngx_http_finalize_request(r, NGX_HTTP_REQUEST_URI_TOO_LARGE);
                break;
            }
        }
    }

    ngx_http_run_posted_requests(c);
}

pub unsafe fn ngx_http_process_request_uri(r: *mut ngx_http_request_t) -> ngx_int_t {
    if !(*r).args_start.is_null() {
        (*r).uri.len = (*r).args_start.offset_from_unsigned((*r).uri_start) - 1;
    } else {
        (*r).uri.len = (*r).uri_end.offset_from_unsigned((*r).uri_start);
    }

    if (*r).complex_uri || (*r).quoted_uri || (*r).empty_path_in_uri {
        if (*r).empty_path_in_uri {
            (*r).uri.len += 1;
        }

        (*r).uri.data = ngx_pnalloc((*r).pool, (*r).uri.len);
        if (*r).uri.data.is_null() {
            ngx_http_close_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
            return NGX_ERROR;
        }

        let cscf: *mut ngx_http_core_srv_conf_t = ngx_http_get_module_srv_conf(r, &ngx_http_core_module);

        if ngx_http_parse_complex_uri(r, (*cscf).merge_slashes as ngx_uint_t) != NGX_OK {
            (*r).uri.len = 0;

            ngx_log_error!(NGX_LOG_INFO, (*(*r).connection).log, 0; "client sent invalid request");
            ngx_http_finalize_request(r, NGX_HTTP_BAD_REQUEST);
            return NGX_ERROR;
        }
    } else {
        (*r).uri.data = (*r).uri_start;
    }

    (*r).unparsed_uri.len = (*r).uri_end.offset_from_unsigned((*r).uri_start);
    (*r).unparsed_uri.data = (*r).uri_start;

    (*r).valid_unparsed_uri = !(*r).empty_path_in_uri;

    if !(*r).uri_ext.is_null() {
        if !(*r).args_start.is_null() {
            (*r).exten.len = (*r).args_start.offset_from_unsigned((*r).uri_ext) - 1;
        } else {
            (*r).exten.len = (*r).uri_end.offset_from_unsigned((*r).uri_ext);
        }

        (*r).exten.data = (*r).uri_ext;
    }

    if !(*r).args_start.is_null() && (*r).uri_end > (*r).args_start {
        (*r).args.len = (*r).uri_end.offset_from_unsigned((*r).args_start);
        (*r).args.data = (*r).args_start;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "http uri: \"%V\"", (*r).uri);

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "http args: \"%V\"", (*r).args);

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "http exten: \"%V\"", (*r).exten);

    NGX_OK
}

unsafe fn ngx_http_process_request_headers(rev: *mut ngx_event_t) {
    let c: *mut ngx_connection_t = (*rev).data.cast();
    let r: *mut ngx_http_request_t = (*c).data.cast();

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*rev).log, 0; "http process request header line");

    if (*rev).timedout {
        ngx_log_error!(NGX_LOG_INFO, (*c).log, NGX_ETIMEDOUT; "client timed out");
        (*c).timedout = true;
        ngx_http_close_request(r, NGX_HTTP_REQUEST_TIME_OUT);
        return;
    }

    let cmcf: *mut ngx_http_core_main_conf_t = ngx_http_get_module_main_conf(r, &ngx_http_core_module);

    let mut rc = NGX_AGAIN;

    loop {
        if rc == NGX_AGAIN {
            if (*(*r).header_in).pos == (*(*r).header_in).end {
                let rv = ngx_http_alloc_large_header_buffer(r, false);

                if rv == NGX_ERROR {
                    ngx_http_close_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
                    break;
                }

                if rv == NGX_DECLINED {
                    let p = (*r).header_name_start;

                    (*r).lingering_close = true;

                    if p.is_null() {
                        ngx_log_error!(NGX_LOG_INFO, (*c).log, 0; "client sent too large request");
                        ngx_http_finalize_request(r, NGX_HTTP_REQUEST_HEADER_TOO_LARGE);
                        break;
                    }

                    let mut len = (*(*r).header_in).end.offset_from_unsigned(p);

                    if len > NGX_MAX_ERROR_STR - 300 {
                        len = NGX_MAX_ERROR_STR - 300;
                    }

                    ngx_log_error!(NGX_LOG_INFO, (*c).log, 0;
                                   "client sent too long header line: \"%*s...\"", len, (*r).header_name_start);

                    ngx_http_finalize_request(r, NGX_HTTP_REQUEST_HEADER_TOO_LARGE);
                    break;
                }
            }

            let n = ngx_http_read_request_header(r);

            if n == NGX_AGAIN || n == NGX_ERROR {
                break;
            }
        }

        // "Host" may have changed the server
        let cscf: *mut ngx_http_core_srv_conf_t = ngx_http_get_module_srv_conf(r, &ngx_http_core_module);

        rc = ngx_http_parse_header_line(r, (*r).header_in, (*cscf).underscores_in_headers as ngx_uint_t);

        if rc == NGX_OK {
            (*r).request_length += (*(*r).header_in).pos.offset_from((*r).header_name_start) as off_t;

            if (*r).invalid_header && (*cscf).ignore_invalid_headers != 0 {
                // the name has bytes that it should not have

                ngx_log_error!(NGX_LOG_INFO, (*c).log, 0;
                               "client sent invalid header line: \"%*s\"",
                               (*r).header_end.offset_from((*r).header_name_start), (*r).header_name_start);
                continue;
            }

            // a good line

            if (*r).headers_in.count >= (*cscf).max_headers as ngx_uint_t {
                (*r).headers_in.count += 1;
                (*r).lingering_close = true;
                ngx_log_error!(NGX_LOG_INFO, (*c).log, 0; "client sent too many header lines");
                ngx_http_finalize_request(r, NGX_HTTP_REQUEST_HEADER_TOO_LARGE);
                break;
            }
            (*r).headers_in.count += 1;

            let h = ngx_list_push(&raw mut (*r).headers_in.headers);
            if h.is_null() {
                ngx_http_close_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
                break;
            }

            (*h).hash = (*r).header_hash;

            // the NULs go where ':' and CR or LF stood

            (*h).key.len = (*r).header_name_end.offset_from_unsigned((*r).header_name_start);
            (*h).key.data = (*r).header_name_start;
            *(*h).key.data.add((*h).key.len) = 0;

            (*h).value.len = (*r).header_end.offset_from_unsigned((*r).header_start);
            (*h).value.data = (*r).header_start;
            *(*h).value.data.add((*h).value.len) = 0;

            (*h).lowcase_key = ngx_pnalloc((*r).pool, (*h).key.len);
            if (*h).lowcase_key.is_null() {
                ngx_http_close_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
                break;
            }

            if (*h).key.len == (*r).lowcase_index {
                ngx_memcpy((*h).lowcase_key, (&raw const (*r).lowcase_header).cast::<u8>(), (*h).key.len);
            } else {
                ngx_strlow((*h).lowcase_key, (*h).key.data, (*h).key.len);
            }

            let hh: *const ngx_http_header_t =
                ngx_hash_find(&raw mut (*cmcf).headers_in_hash, (*h).hash, (*h).lowcase_key, (*h).key.len).cast();

            if !hh.is_null() && (*hh).handler.unwrap()(r, h, (*hh).offset) != NGX_OK {
                break;
            }

            ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                           "http header: \"%V: %V\"", (*h).key, (*h).value);

            continue;
        }

        if rc == NGX_HTTP_PARSE_HEADER_DONE {
            // the empty line

            ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "http header done");

            (*r).request_length += (*(*r).header_in).pos.offset_from((*r).header_name_start) as off_t;

            (*r).http_state = NGX_HTTP_PROCESS_REQUEST_STATE as u8;

            rc = ngx_http_process_request_header(r);

            if rc != NGX_OK {
                break;
            }

            ngx_http_process_request(r);

            break;
        }

        if rc == NGX_AGAIN {
            // there is more of this line to come

            continue;
        }

        // NGX_HTTP_PARSE_INVALID_HEADER

        ngx_log_error!(NGX_LOG_INFO, (*c).log, 0;
                       "client sent invalid header line: \"%*s\\x%02xd...\"",
                       (*r).header_end.offset_from((*r).header_name_start), (*r).header_name_start,
                       *(*r).header_end);

        ngx_http_finalize_request(r, NGX_HTTP_BAD_REQUEST);
        break;
    }

    ngx_http_run_posted_requests(c);
}

unsafe fn ngx_http_read_request_header(r: *mut ngx_http_request_t) -> isize {
    let c = (*r).connection;
    let rev = (*c).read;

    let mut n = (*(*r).header_in).last.offset_from((*(*r).header_in).pos);

    if n > 0 {
        return n;
    }

    if (*rev).ready {
        n = (*c).recv.unwrap()(
            c,
            (*(*r).header_in).last,
            (*(*r).header_in).end.offset_from_unsigned((*(*r).header_in).last),
        );
    } else {
        n = NGX_AGAIN;
    }

    if n == NGX_AGAIN {
        if !(*rev).timer_set {
            let cscf: *mut ngx_http_core_srv_conf_t = ngx_http_get_module_srv_conf(r, &ngx_http_core_module);
            ngx_add_timer(rev, (*cscf).client_header_timeout);
        }

        if ngx_handle_read_event(rev, 0) != NGX_OK {
            ngx_http_close_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
            return NGX_ERROR;
        }

        return NGX_AGAIN;
    }

    if n == 0 {
        ngx_log_error!(NGX_LOG_INFO, (*c).log, 0; "client prematurely closed connection");
    }

    if n == 0 || n == NGX_ERROR {
        (*c).error = true;
        (*(*c).log).action = c"reading client request headers".as_ptr();

        ngx_http_finalize_request(r, NGX_HTTP_BAD_REQUEST);
        return NGX_ERROR;
    }

    (*(*r).header_in).last = (*(*r).header_in).last.add(n as usize);
    (*(*r).http_connection).received = ngx_event_tick();

    n
}

/// A larger buffer for a request line or a header line that does not fit: its beginning is copied, and all pointers of
/// the parser move. NGX_DECLINED when there is no larger one.
unsafe fn ngx_http_alloc_large_header_buffer(r: *mut ngx_http_request_t, request_line: bool) -> ngx_int_t {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "http alloc large header buffer");

    if request_line && (*r).state == 0 {
        // nothing but empty lines so far

        (*(*r).header_in).pos = (*(*r).header_in).start;
        (*(*r).header_in).last = (*(*r).header_in).start;

        return NGX_OK;
    }

    let old = if request_line { (*r).request_start } else { (*r).header_name_start };

    let cscf: *mut ngx_http_core_srv_conf_t = ngx_http_get_module_srv_conf(r, &ngx_http_core_module);

    if (*r).state != 0 && (*(*r).header_in).pos.offset_from_unsigned(old) >= (*cscf).large_client_header_buffers.size {
        return NGX_DECLINED;
    }

    let hc = (*r).http_connection;
    let cl;
    let b;

    if !(*hc).free.is_null() {
        cl = (*hc).free;
        (*hc).free = (*cl).next;

        b = (*cl).buf;

        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                       "http large header free: %p %uz", (*b).pos, (*b).end.offset_from((*b).last));
    } else if (*hc).nbusy < (*cscf).large_client_header_buffers.num {
        b = ngx_create_temp_buf((*(*r).connection).pool, (*cscf).large_client_header_buffers.size);
        if b.is_null() {
            return NGX_ERROR;
        }

        cl = ngx_alloc_chain_link((*(*r).connection).pool);
        if cl.is_null() {
            return NGX_ERROR;
        }

        (*cl).buf = b;

        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                       "http large header alloc: %p %uz", (*b).pos, (*b).end.offset_from((*b).last));
    } else {
        return NGX_DECLINED;
    }

    (*cl).next = (*hc).busy;
    (*hc).busy = cl;
    (*hc).nbusy += 1;

    if (*r).state == 0 {
        // the buffer ends with a line's end: nothing to move

        (*r).header_in = b;

        return NGX_OK;
    }

    let len = (*(*r).header_in).pos.offset_from_unsigned(old);

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "http large header copy: %uz", len);

    if len > (*b).end.offset_from_unsigned((*b).start) {
        ngx_log_error!(NGX_LOG_ALERT, (*(*r).connection).log, 0; "too large header to copy");
        return NGX_ERROR;
    }

    let new = (*b).start;

    ngx_memcpy(new, old, len);

    (*b).pos = new.add(len);
    (*b).last = new.add(len);

    // a parser's pointer, unless it is NULL
    let move_ = |p: *mut *mut u8| {
        if !(*p).is_null() {
            *p = new.wrapping_add((*p).addr().wrapping_sub(old.addr()));
        }
    };

    if request_line {
        (*r).request_start = new;

        move_(&raw mut (*r).request_end);
        move_(&raw mut (*r).method_end);
        move_(&raw mut (*r).uri_start);
        move_(&raw mut (*r).uri_end);

        if !(*r).schema_start.is_null() {
            move_(&raw mut (*r).schema_start);
            move_(&raw mut (*r).schema_end);
        }

        if !(*r).host_start.is_null() {
            move_(&raw mut (*r).host_start);
            move_(&raw mut (*r).host_end);
        }

        move_(&raw mut (*r).uri_ext);
        move_(&raw mut (*r).args_start);
        move_(&raw mut (*r).http_protocol.data);
    } else {
        (*r).header_name_start = new;

        move_(&raw mut (*r).header_name_end);
        move_(&raw mut (*r).header_start);
        move_(&raw mut (*r).header_end);
    }

    (*r).header_in = b;

    NGX_OK
}

unsafe fn ngx_http_process_header_line(
    r: *mut ngx_http_request_t,
    h: *mut ngx_table_elt_t,
    offset: ngx_uint_t,
) -> ngx_int_t {
    let mut ph: *mut *mut ngx_table_elt_t = (&raw mut (*r).headers_in).byte_add(offset).cast();

    while !(*ph).is_null() {
        ph = &raw mut (**ph).next;
    }

    *ph = h;
    (*h).next = null_mut();

    NGX_OK
}

unsafe fn ngx_http_process_unique_header_line(
    r: *mut ngx_http_request_t,
    h: *mut ngx_table_elt_t,
    offset: ngx_uint_t,
) -> ngx_int_t {
    let ph: *mut *mut ngx_table_elt_t = (&raw mut (*r).headers_in).byte_add(offset).cast();

    if (*ph).is_null() {
        *ph = h;
        (*h).next = null_mut();
        return NGX_OK;
    }

    ngx_log_error!(NGX_LOG_INFO, (*(*r).connection).log, 0;
                   "client sent duplicate header line: \"%V: %V\", previous value: \"%V: %V\"",
                   (*h).key, (*h).value, (**ph).key, (**ph).value);

    ngx_http_finalize_request(r, NGX_HTTP_BAD_REQUEST);

    NGX_ERROR
}

unsafe fn ngx_http_process_host(r: *mut ngx_http_request_t, h: *mut ngx_table_elt_t, _offset: ngx_uint_t) -> ngx_int_t {
    if !(*r).headers_in.host.is_null() {
        ngx_log_error!(NGX_LOG_INFO, (*(*r).connection).log, 0;
                       "client sent duplicate host header: \"%V: %V\", previous value: \"%V: %V\"",
                       (*h).key, (*h).value, (*(*r).headers_in.host).key, (*(*r).headers_in.host).value);
        ngx_http_finalize_request(r, NGX_HTTP_BAD_REQUEST);
        return NGX_ERROR;
    }

    (*r).headers_in.host = h;
    (*h).next = null_mut();

    let mut host = (*h).value;
    let mut port = 0;

    let rc = ngx_http_validate_host(&raw mut host, &raw mut port, (*r).pool, 0);

    if rc == NGX_DECLINED {
        ngx_log_error!(NGX_LOG_INFO, (*(*r).connection).log, 0; "client sent invalid host header");
        ngx_http_finalize_request(r, NGX_HTTP_BAD_REQUEST);
        return NGX_ERROR;
    }

    if rc == NGX_ERROR {
        ngx_http_close_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return NGX_ERROR;
    }

    if (*r).headers_in.server.len != 0 {
        return NGX_OK;
    }

    if ngx_http_set_virtual_server(r, &raw mut host) == NGX_ERROR {
        return NGX_ERROR;
    }

    (*r).headers_in.server = host;
    (*r).port = port;

    NGX_OK
}

unsafe fn ngx_http_process_connection(
    r: *mut ngx_http_request_t,
    h: *mut ngx_table_elt_t,
    offset: ngx_uint_t,
) -> ngx_int_t {
    if ngx_http_process_header_line(r, h, offset) != NGX_OK {
        return NGX_ERROR;
    }

    if !ngx_strcasestrn((*h).value.data, c"close".as_ptr(), 5 - 1).is_null() {
        (*r).headers_in.connection_type = NGX_HTTP_CONNECTION_CLOSE as u8;
    } else if !ngx_strcasestrn((*h).value.data, c"keep-alive".as_ptr(), 10 - 1).is_null() {
        (*r).headers_in.connection_type = NGX_HTTP_CONNECTION_KEEP_ALIVE as u8;
    }

    NGX_OK
}

unsafe fn ngx_http_process_proxy_connection(
    r: *mut ngx_http_request_t,
    _h: *mut ngx_table_elt_t,
    _offset: ngx_uint_t,
) -> ngx_int_t {
    if (*r).http_version >= NGX_HTTP_VERSION_20 {
        ngx_log_error!(NGX_LOG_INFO, (*(*r).connection).log, 0; "client sent \"Proxy-Connection\" header");
        ngx_http_finalize_request(r, NGX_HTTP_BAD_REQUEST);
        return NGX_ERROR;
    }

    NGX_OK
}

unsafe fn ngx_http_process_user_agent(
    r: *mut ngx_http_request_t,
    h: *mut ngx_table_elt_t,
    offset: ngx_uint_t,
) -> ngx_int_t {
    if ngx_http_process_header_line(r, h, offset) != NGX_OK {
        return NGX_ERROR;
    }

    // which browser, while the header is in the cache

    let user_agent = (*h).value.data;
    let end = user_agent.add((*h).value.len);

    let msie = ngx_http_find(user_agent, end, b"MSIE ");

    if !msie.is_null() && msie.wrapping_add(7) < end {
        (*r).headers_in.msie = true;

        if *msie.add(6) == b'.' {
            match *msie.add(5) {
                b'4' | b'5' => (*r).headers_in.msie6 = true,

                b'6' if ngx_http_find(msie.add(8), end, b"SV1").is_null() => (*r).headers_in.msie6 = true,

                _ => {}
            }
        }
    }

    if !ngx_http_find(user_agent, end, b"Opera").is_null() {
        (*r).headers_in.opera = true;
        (*r).headers_in.msie = false;
        (*r).headers_in.msie6 = false;
    }

    if !(*r).headers_in.msie && !(*r).headers_in.opera {
        if !ngx_http_find(user_agent, end, b"Gecko/").is_null() {
            (*r).headers_in.gecko = true;
        } else if !ngx_http_find(user_agent, end, b"Chrome/").is_null() {
            (*r).headers_in.chrome = true;
        } else if !ngx_http_find(user_agent, end, b"Safari/").is_null()
            && !ngx_http_find(user_agent, end, b"Mac OS X").is_null()
        {
            (*r).headers_in.safari = true;
        } else if !ngx_http_find(user_agent, end, b"Konqueror").is_null() {
            (*r).headers_in.konqueror = true;
        }
    }

    NGX_OK
}

/// DEVIATION: ngx_strstrn() for a string that has an end, by memchr(): C walks through a browser's name up to six times.
unsafe fn ngx_http_find(mut p: *mut u8, end: *mut u8, what: &[u8]) -> *mut u8 {
    let n = what.len();

    while end.offset_from(p) >= n as isize {
        let rest = core::slice::from_raw_parts(p, end.offset_from_unsigned(p) - n + 1);

        let Some(i) = memchr::memchr(what[0], rest) else {
            break;
        };

        p = p.add(i);

        if core::slice::from_raw_parts(p, n) == what {
            return p;
        }

        p = p.add(1);
    }

    null_mut()
}

/// What can be judged only when all headers are there.
unsafe fn ngx_http_process_request_header(r: *mut ngx_http_request_t) -> ngx_int_t {
    if (*r).headers_in.server.len == 0 && ngx_http_set_virtual_server(r, &raw mut (*r).headers_in.server) == NGX_ERROR {
        return NGX_ERROR;
    }

    if (*r).headers_in.host.is_null() && (*r).http_version > NGX_HTTP_VERSION_10 {
        ngx_log_error!(NGX_LOG_INFO, (*(*r).connection).log, 0;
                       "client sent HTTP/1.1 request without \"Host\" header");
        ngx_http_finalize_request(r, NGX_HTTP_BAD_REQUEST);
        return NGX_ERROR;
    }

    if !(*r).headers_in.content_length.is_null() {
        let value = (*(*r).headers_in.content_length).value;

        (*r).headers_in.content_length_n = ngx_atoof(value.data, value.len);

        if (*r).headers_in.content_length_n == NGX_ERROR as off_t {
            ngx_log_error!(NGX_LOG_INFO, (*(*r).connection).log, 0;
                           "client sent invalid \"Content-Length\" header");
            ngx_http_finalize_request(r, NGX_HTTP_BAD_REQUEST);
            return NGX_ERROR;
        }
    }

    if !(*r).headers_in.transfer_encoding.is_null() {
        if (*r).http_version < NGX_HTTP_VERSION_11 {
            ngx_log_error!(NGX_LOG_INFO, (*(*r).connection).log, 0;
                           "client sent HTTP/1.0 request with \"Transfer-Encoding\" header");
            ngx_http_finalize_request(r, NGX_HTTP_BAD_REQUEST);
            return NGX_ERROR;
        }

        if (*(*r).headers_in.transfer_encoding).value.bytes().eq_ignore_ascii_case(b"chunked") {
            if !(*r).headers_in.content_length.is_null() {
                ngx_log_error!(NGX_LOG_INFO, (*(*r).connection).log, 0;
                               "client sent \"Content-Length\" and \"Transfer-Encoding\" headers at the same time");
                ngx_http_finalize_request(r, NGX_HTTP_BAD_REQUEST);
                return NGX_ERROR;
            }

            (*r).headers_in.chunked = true;
        } else {
            ngx_log_error!(NGX_LOG_INFO, (*(*r).connection).log, 0;
                           "client sent unknown \"Transfer-Encoding\": \"%V\"",
                           (*(*r).headers_in.transfer_encoding).value);
            ngx_http_finalize_request(r, NGX_HTTP_NOT_IMPLEMENTED);
            return NGX_ERROR;
        }
    }

    if (*r).headers_in.connection_type == NGX_HTTP_CONNECTION_KEEP_ALIVE as u8 && !(*r).headers_in.keep_alive.is_null()
    {
        let value = (*(*r).headers_in.keep_alive).value;

        (*r).headers_in.keep_alive_n = ngx_atotm(value.data, value.len);
    }

    let cscf: *mut ngx_http_core_srv_conf_t = ngx_http_get_module_srv_conf(r, &ngx_http_core_module);

    if (*r).method == NGX_HTTP_CONNECT {
        if (*r).http_version != NGX_HTTP_VERSION_11 || !(*cscf).allow_connect {
            ngx_log_error!(NGX_LOG_INFO, (*(*r).connection).log, 0; "client sent CONNECT method");
            ngx_http_finalize_request(r, NGX_HTTP_NOT_ALLOWED);
            return NGX_ERROR;
        }

        if (*r).headers_in.content_length_n > 0 || (*r).headers_in.chunked {
            ngx_log_error!(NGX_LOG_INFO, (*(*r).connection).log, 0; "client sent CONNECT request with body");
            ngx_http_finalize_request(r, NGX_HTTP_BAD_REQUEST);
            return NGX_ERROR;
        }
    }

    if (*r).method == NGX_HTTP_TRACE {
        ngx_log_error!(NGX_LOG_INFO, (*(*r).connection).log, 0; "client sent TRACE method");
        ngx_http_finalize_request(r, NGX_HTTP_NOT_ALLOWED);
        return NGX_ERROR;
    }

    NGX_OK
}

pub unsafe fn ngx_http_process_request(r: *mut ngx_http_request_t) {
    let c = (*r).connection;

    if (*(*c).read).timer_set {
        ngx_del_timer((*c).read);
    }

    ngx_atomic_fetch_add(ngx_stat_reading.get(), -1);
    (*r).stat_reading = false;
    ngx_atomic_fetch_add(ngx_stat_writing.get(), 1);
    (*r).stat_writing = true;

    (*(*c).read).handler = Some(ngx_http_request_handler);
    (*(*c).write).handler = Some(ngx_http_request_handler);
    (*r).read_event_handler = Some(ngx_http_block_reading);

    if ngx_http_read_early_body(r) != NGX_OK {
        return;
    }

    ngx_http_handler(r);
}

unsafe fn ngx_http_read_early_body(r: *mut ngx_http_request_t) -> ngx_int_t {
    let cscf: *mut ngx_http_core_srv_conf_t = ngx_http_get_module_srv_conf(r, &ngx_http_core_module);

    let mut rc = ngx_http_test_predicates(r, (*cscf).client_body_early_read);

    if rc == NGX_ERROR {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return NGX_DONE;
    }

    if rc == NGX_OK {
        return NGX_OK;
    }

    // NGX_DECLINED

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "http client request body early read");

    let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

    if (*r).headers_in.content_length_n != -1
        && !(*r).discard_body
        && (*clcf).client_max_body_size != 0
        && (*clcf).client_max_body_size < (*r).headers_in.content_length_n
    {
        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                       "client intended to send too large body: %O bytes", (*r).headers_in.content_length_n);

        (*r).expect_tested = true;
        let _ = ngx_http_discard_request_body(r);
        ngx_http_finalize_request(r, NGX_HTTP_REQUEST_ENTITY_TOO_LARGE);
        return NGX_DONE;
    }

    rc = ngx_http_read_client_request_body(r, Some(ngx_http_handler));

    if rc >= NGX_HTTP_SPECIAL_RESPONSE {
        ngx_http_finalize_request(r, rc);
        return NGX_DONE;
    }

    ngx_http_finalize_request(r, NGX_DONE);

    NGX_DONE
}

/// The bytes of an ordinary host name that mean nothing else.
static ngx_http_host_usual: [bool; 256] = {
    let mut t = [false; 256];
    let mut ch = 0;
    while ch < 256 {
        t[ch] = matches!(ch as u8, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
        ch += 1;
    }
    t
};

/// Checks "host[:port]", cuts the port and a dot at the end off, and lowers the case (in memory of `pool`, when that or
/// `alloc` asks for it). NGX_DECLINED for what is no host.
pub unsafe fn ngx_http_validate_host(
    host: *mut ngx_str_t,
    portp: *mut in_port_t,
    pool: *mut ngx_pool_t,
    mut alloc: ngx_uint_t,
) -> ngx_int_t {
    const sw_host_start: u8 = 0;
    const sw_host: u8 = 1;
    const sw_host_ip_literal: u8 = 2;
    const sw_host_end: u8 = 3;
    const sw_port: u8 = 4;

    let mut dot_pos = (*host).len;
    let mut host_len = (*host).len;
    let mut port: u32 = 0;

    let h = (*host).data;

    let mut state = sw_host_start;

    for i in 0..(*host).len {
        let ch = *h.add(i);

        if state == sw_host_start {
            if ch == b'[' {
                state = sw_host_ip_literal;
                continue;
            }

            state = sw_host;
        }

        match state {
            sw_host if ngx_http_host_usual[ch as usize] => {}

            sw_host => match ch {
                b'A'..=b'Z' => alloc = 1,
                b'a'..=b'z' | b'0'..=b'9' => {}
                b':' => {
                    host_len = i;
                    state = sw_port;
                }
                b'.' => {
                    if dot_pos == i.wrapping_sub(1) {
                        return NGX_DECLINED;
                    }
                    dot_pos = i;
                }
                // unreserved
                b'-' | b'_' | b'~' => {}
                // sub-delims
                b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=' => {}
                // pct-encoded
                b'%' => {}
                _ => return NGX_DECLINED,
            },

            sw_host_ip_literal => match ch {
                b'A'..=b'Z' => alloc = 1,
                b'a'..=b'z' | b'0'..=b'9' => {}
                b':' => {}
                b']' => {
                    host_len = i + 1;
                    state = sw_host_end;
                }
                b'.' => {
                    if dot_pos == i.wrapping_sub(1) {
                        return NGX_DECLINED;
                    }
                    dot_pos = i;
                }
                // unreserved
                b'-' | b'_' | b'~' => {}
                // sub-delims
                b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=' => {}
                _ => return NGX_DECLINED,
            },

            sw_host_end => {
                if ch != b':' {
                    return NGX_DECLINED;
                }
                state = sw_port;
            }

            // sw_port
            _ => {
                if !ch.is_ascii_digit() {
                    return NGX_DECLINED;
                }

                port = port * 10 + (ch - b'0') as u32;
                if port > 65535 {
                    return NGX_DECLINED;
                }
            }
        }
    }

    if state == sw_host_ip_literal {
        return NGX_DECLINED;
    }

    if dot_pos == host_len.wrapping_sub(1) {
        host_len -= 1;
    }

    if host_len == 0 {
        return NGX_DECLINED;
    }

    if alloc != 0 {
        (*host).data = ngx_pnalloc(pool, host_len);
        if (*host).data.is_null() {
            return NGX_ERROR;
        }

        ngx_strlow((*host).data, h, host_len);
    }

    (*host).len = host_len;

    if !portp.is_null() {
        *portp = port as in_port_t;
    }

    NGX_OK
}

/// Switches to the server of this name; NGX_ERROR when the request is closed already.
pub unsafe fn ngx_http_set_virtual_server(r: *mut ngx_http_request_t, host: *mut ngx_str_t) -> ngx_int_t {
    let mut cscf: *mut ngx_http_core_srv_conf_t = null_mut();

    let hc = (*r).http_connection;

    let rc = ngx_http_find_virtual_server((*(*hc).addr_conf).virtual_names, host, r, &raw mut cscf);

    if rc == NGX_ERROR {
        ngx_http_close_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return NGX_ERROR;
    }

    if rc == NGX_DECLINED {
        return NGX_OK;
    }

    (*r).srv_conf = (*(*cscf).ctx).srv_conf;
    (*r).loc_conf = (*(*cscf).ctx).loc_conf;

    let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

    ngx_set_connection_log((*r).connection, (*clcf).error_log);

    NGX_OK
}

unsafe fn ngx_http_find_virtual_server(
    virtual_names: *mut ngx_http_virtual_names_t,
    host: *mut ngx_str_t,
    _r: *mut ngx_http_request_t,
    cscfp: *mut *mut ngx_http_core_srv_conf_t,
) -> ngx_int_t {
    if virtual_names.is_null() {
        return NGX_DECLINED;
    }

    let cscf: *mut ngx_http_core_srv_conf_t = ngx_hash_find_combined(
        &raw mut (*virtual_names).names,
        ngx_hash_key((*host).data, (*host).len),
        (*host).data,
        (*host).len,
    )
    .cast();

    if !cscf.is_null() {
        *cscfp = cscf;
        return NGX_OK;
    }

    #[cfg(feature = "pcre")]
    if (*host).len != 0 && (*virtual_names).nregex != 0 {
        for i in 0..(*virtual_names).nregex {
            let sn = (*virtual_names).regex.add(i);

            let n = ngx_http_regex_exec(_r, (*sn).regex, host);

            if n == NGX_DECLINED {
                continue;
            }

            if n == NGX_OK {
                *cscfp = (*sn).server;
                return NGX_OK;
            }

            return NGX_ERROR;
        }
    }

    NGX_DECLINED
}

unsafe fn ngx_http_request_handler(ev: *mut ngx_event_t) {
    let c: *mut ngx_connection_t = (*ev).data.cast();
    let r: *mut ngx_http_request_t = (*c).data.cast();

    ngx_http_set_log_request((*c).log, r);

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*c).log, 0; "http run request: \"%V?%V\"", (*r).uri, (*r).args);

    if (*c).close {
        (*(*r).main).count += 1;
        ngx_http_terminate_request(r, 0);
        ngx_http_run_posted_requests(c);
        return;
    }

    if (*ev).delayed && (*ev).timedout {
        (*ev).delayed = false;
        (*ev).timedout = false;
    }

    if (*ev).write {
        (*r).write_event_handler.unwrap()(r);
    } else {
        (*r).read_event_handler.unwrap()(r);
    }

    ngx_http_run_posted_requests(c);
}

pub unsafe fn ngx_http_run_posted_requests(c: *mut ngx_connection_t) {
    loop {
        if (*c).destroyed {
            return;
        }

        let mut r: *mut ngx_http_request_t = (*c).data.cast();
        let pr = (*(*r).main).posted_requests;

        if pr.is_null() {
            return;
        }

        (*(*r).main).posted_requests = (*pr).next;

        r = (*pr).request;

        ngx_http_set_log_request((*c).log, r);

        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*c).log, 0; "http posted request: \"%V?%V\"", (*r).uri, (*r).args);

        (*r).write_event_handler.unwrap()(r);
    }
}

/// Its write handler will be called; `pr` is the link to use, or NULL for a new one.
pub unsafe fn ngx_http_post_request(r: *mut ngx_http_request_t, mut pr: *mut ngx_http_posted_request_t) -> ngx_int_t {
    let mut p = &raw mut (*(*r).main).posted_requests;

    while !(*p).is_null() {
        if (**p).request == r {
            ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "http request already posted");
            return NGX_OK;
        }

        p = &raw mut (**p).next;
    }

    if pr.is_null() {
        pr = ngx_palloc((*r).pool);
        if pr.is_null() {
            return NGX_ERROR;
        }
    }

    (*pr).request = r;
    (*pr).next = null_mut();

    *p = pr;

    NGX_OK
}

/// The end of a request's handler, with its verdict: NGX_OK, NGX_DONE (somebody else goes on), NGX_DECLINED (the next
/// handler), NGX_ERROR, or a status.
pub unsafe fn ngx_http_finalize_request(r: *mut ngx_http_request_t, mut rc: ngx_int_t) {
    let c = (*r).connection;

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*c).log, 0;
                   "http finalize request: %i, \"%V?%V\" a:%d, c:%d",
                   rc, (*r).uri, (*r).args, r == (*c).data.cast(), (*(*r).main).count);

    if rc == NGX_DONE {
        ngx_http_finalize_connection(r);
        return;
    }

    if rc == NGX_OK && (*r).filter_finalize {
        (*c).error = true;
    }

    if rc == NGX_DECLINED {
        (*r).content_handler = None;
        (*r).write_event_handler = Some(ngx_http_core_run_phases);
        ngx_http_core_run_phases(r);
        return;
    }

    if r != (*r).main && !(*r).post_subrequest.is_null() {
        rc = (*(*r).post_subrequest).handler.unwrap()(r, (*(*r).post_subrequest).data, rc);
    }

    if rc == NGX_ERROR || rc == NGX_HTTP_REQUEST_TIME_OUT || rc == NGX_HTTP_CLIENT_CLOSED_REQUEST || (*c).error {
        if ngx_http_post_action(r) == NGX_OK {
            return;
        }

        ngx_http_terminate_request(r, rc);
        return;
    }

    if rc >= NGX_HTTP_SPECIAL_RESPONSE || rc == NGX_HTTP_CREATED || rc == NGX_HTTP_NO_CONTENT {
        if rc == NGX_HTTP_CLOSE {
            (*c).timedout = true;
            ngx_http_terminate_request(r, rc);
            return;
        }

        if r == (*r).main {
            if (*(*c).read).timer_set {
                ngx_del_timer((*c).read);
            }

            if (*(*c).write).timer_set {
                ngx_del_timer((*c).write);
            }
        }

        (*(*c).read).handler = Some(ngx_http_request_handler);
        (*(*c).write).handler = Some(ngx_http_request_handler);

        ngx_http_finalize_request(r, ngx_http_special_response_handler(r, rc));
        return;
    }

    if r != (*r).main {
        if (*r).buffered != 0 || !(*r).postponed.is_null() {
            if ngx_http_set_write_handler(r) != NGX_OK {
                ngx_http_terminate_request(r, 0);
            }

            return;
        }

        let pr = (*r).parent;

        if r == (*c).data.cast() || (*r).background {
            if !(*r).logged {
                let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

                if (*clcf).log_subrequest != 0 {
                    ngx_http_log_request(r);
                }

                (*r).logged = true;
            } else {
                ngx_log_error!(NGX_LOG_ALERT, (*c).log, 0;
                               "subrequest: \"%V?%V\" logged again", (*r).uri, (*r).args);
            }

            (*r).done = true;

            if (*r).background {
                ngx_http_finalize_connection(r);
                return;
            }

            (*(*r).main).count -= 1;

            (*r).write_event_handler = Some(ngx_http_request_empty_handler);

            if !(*pr).postponed.is_null() && (*(*pr).postponed).request == r {
                (*pr).postponed = (*(*pr).postponed).next;
            }

            (*c).data = pr.cast();
        } else {
            ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*c).log, 0;
                           "http finalize non-active request: \"%V?%V\"", (*r).uri, (*r).args);

            (*r).write_event_handler = Some(ngx_http_request_finalizer);

            if (*r).waited {
                (*r).done = true;
            }
        }

        if ngx_http_post_request(pr, null_mut()) != NGX_OK {
            (*(*r).main).count += 1;
            ngx_http_terminate_request(r, 0);
            return;
        }

        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*c).log, 0;
                       "http wake parent request: \"%V?%V\"", (*pr).uri, (*pr).args);

        return;
    }

    if (*r).buffered != 0 || (*c).buffered != 0 || !(*r).postponed.is_null() {
        if ngx_http_set_write_handler(r) != NGX_OK {
            ngx_http_terminate_request(r, 0);
        }

        return;
    }

    if r != (*c).data.cast() {
        ngx_log_error!(NGX_LOG_ALERT, (*c).log, 0;
                       "http finalize non-active request: \"%V?%V\"", (*r).uri, (*r).args);
        return;
    }

    (*r).done = true;

    (*r).read_event_handler = Some(ngx_http_block_reading);
    (*r).write_event_handler = Some(ngx_http_request_empty_handler);

    if !(*r).post_action {
        (*r).request_complete = true;
    }

    if ngx_http_post_action(r) == NGX_OK {
        return;
    }

    if (*(*c).read).timer_set {
        ngx_del_timer((*c).read);
    }

    if (*(*c).write).timer_set {
        (*(*c).write).delayed = false;
        ngx_del_timer((*c).write);
    }

    ngx_http_finalize_connection(r);
}

unsafe fn ngx_http_terminate_request(mut r: *mut ngx_http_request_t, rc: ngx_int_t) {
    let mr = (*r).main;

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "http terminate request count:%d", (*mr).count);

    (*mr).terminated = true;

    if rc > 0 && ((*mr).headers_out.status == 0 || (*(*mr).connection).sent == 0) {
        (*mr).headers_out.status = rc as ngx_uint_t;
    }

    let mut cln = (*mr).cleanup;
    (*mr).cleanup = null_mut();

    while !cln.is_null() {
        if let Some(handler) = (*cln).handler {
            handler((*cln).data);
        }

        cln = (*cln).next;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                   "http terminate cleanup count:%d blk:%d", (*mr).count, (*mr).blocked);

    if (*mr).write_event_handler.is_some() {
        if (*mr).blocked != 0 {
            r = (*(*r).connection).data.cast();

            (*(*r).connection).error = true;
            (*r).write_event_handler = Some(ngx_http_request_finalizer);

            return;
        }

        let e = ngx_http_ephemeral(mr);
        (*mr).posted_requests = null_mut();
        (*mr).write_event_handler = Some(ngx_http_terminate_handler);
        let _ = ngx_http_post_request(mr, &raw mut (*e).terminal_posted_request);
        return;
    }

    ngx_http_close_request(mr, rc);
}

unsafe fn ngx_http_terminate_handler(r: *mut ngx_http_request_t) {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "http terminate handler count:%d", (*r).count);

    (*r).count = 1;

    ngx_http_close_request(r, 0);
}

/// The response is out: keep-alive, lingering close, or the end.
unsafe fn ngx_http_finalize_connection(mut r: *mut ngx_http_request_t) {
    let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

    if (*(*r).main).count != 1 {
        if (*r).discard_body {
            (*r).read_event_handler = Some(ngx_http_discarded_request_body_handler);
            ngx_add_timer((*(*r).connection).read, (*clcf).lingering_timeout);

            if (*r).lingering_time == 0 {
                (*r).lingering_time = ngx_time() + ((*clcf).lingering_time / 1000) as time_t;
            }
        }

        ngx_http_close_request(r, 0);
        return;
    }

    r = (*r).main;

    if (*(*(*r).connection).read).eof {
        ngx_http_close_request(r, 0);
        return;
    }

    if (*r).reading_body {
        (*r).keepalive = false;
        (*r).lingering_close = true;
    }

    if (*r).keepalive && (*clcf).keepalive_min_timeout > 0 {
        ngx_http_set_keepalive(r);
        return;
    }

    if ngx_terminate.get() == 0 && ngx_exiting.get() == 0 && (*r).keepalive && (*clcf).keepalive_timeout > 0 {
        ngx_http_set_keepalive(r);
        return;
    }

    if (*clcf).lingering_close == NGX_HTTP_LINGERING_ALWAYS
        || ((*clcf).lingering_close == NGX_HTTP_LINGERING_ON
            && ((*r).lingering_close
                || (*(*r).header_in).pos < (*(*r).header_in).last
                || (*(*(*r).connection).read).ready
                || (*(*r).connection).pipeline))
    {
        ngx_http_set_lingering_close((*r).connection);
        return;
    }

    ngx_http_close_request(r, 0);
}

unsafe fn ngx_http_set_write_handler(r: *mut ngx_http_request_t) -> ngx_int_t {
    (*r).http_state = NGX_HTTP_WRITING_REQUEST_STATE as u8;

    (*r).read_event_handler =
        if (*r).discard_body { Some(ngx_http_discarded_request_body_handler) } else { Some(ngx_http_test_reading) };
    (*r).write_event_handler = Some(ngx_http_writer);

    let wev = (*(*r).connection).write;

    if (*wev).ready && (*wev).delayed {
        return NGX_OK;
    }

    let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);
    if !(*wev).delayed {
        ngx_add_timer(wev, (*clcf).send_timeout);
    }

    if ngx_handle_write_event(wev, (*clcf).send_lowat) != NGX_OK {
        ngx_http_close_request(r, 0);
        return NGX_ERROR;
    }

    NGX_OK
}

unsafe fn ngx_http_writer(r: *mut ngx_http_request_t) {
    let c = (*r).connection;
    let wev = (*c).write;

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*wev).log, 0; "http writer handler: \"%V?%V\"", (*r).uri, (*r).args);

    let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf((*r).main, &ngx_http_core_module);

    if (*wev).timedout {
        ngx_log_error!(NGX_LOG_INFO, (*c).log, NGX_ETIMEDOUT; "client timed out");
        (*c).timedout = true;

        ngx_http_finalize_request(r, NGX_HTTP_REQUEST_TIME_OUT);
        return;
    }

    if (*wev).delayed || (*r).aio {
        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*wev).log, 0; "http writer delayed");

        if !(*wev).delayed {
            ngx_add_timer(wev, (*clcf).send_timeout);
        }

        if ngx_handle_write_event(wev, (*clcf).send_lowat) != NGX_OK {
            ngx_http_close_request(r, 0);
        }

        return;
    }

    let rc = ngx_http_output_filter(r, null_mut());

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*c).log, 0;
                   "http writer output filter: %i, \"%V?%V\"", rc, (*r).uri, (*r).args);

    if rc == NGX_ERROR {
        ngx_http_finalize_request(r, rc);
        return;
    }

    if (*r).buffered != 0 || !(*r).postponed.is_null() || (r == (*r).main && (*c).buffered != 0) {
        if !(*wev).delayed {
            ngx_add_timer(wev, (*clcf).send_timeout);
        }

        if ngx_handle_write_event(wev, (*clcf).send_lowat) != NGX_OK {
            ngx_http_close_request(r, 0);
        }

        return;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*wev).log, 0; "http writer done: \"%V?%V\"", (*r).uri, (*r).args);

    (*r).write_event_handler = Some(ngx_http_request_empty_handler);

    ngx_http_finalize_request(r, rc);
}

unsafe fn ngx_http_request_finalizer(r: *mut ngx_http_request_t) {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                   "http finalizer done: \"%V?%V\"", (*r).uri, (*r).args);

    ngx_http_finalize_request(r, 0);
}

pub unsafe fn ngx_http_block_reading(r: *mut ngx_http_request_t) {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "http reading blocked");

    if ngx_event_flags.get() & NGX_USE_LEVEL_EVENT != 0
        && (*(*(*r).connection).read).active
        && ngx_del_event((*(*r).connection).read, NGX_READ_EVENT, 0) != NGX_OK
    {
        ngx_http_close_request(r, 0);
    }
}

/// Has the client gone while its response is being made?
pub unsafe fn ngx_http_test_reading(r: *mut ngx_http_request_t) {
    let c = (*r).connection;
    let rev = (*c).read;
    let mut err: ngx_err_t;

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*c).log, 0; "http test reading");

    'closed: {
        if (ngx_event_flags.get() & NGX_USE_EPOLL_EVENT != 0 && ngx_use_epoll_rdhup.get() != 0)
            || ngx_event_flags.get() & NGX_USE_IO_URING_EVENT != 0
        {
            if !(*rev).pending_eof {
                return;
            }

            (*rev).eof = true;
            (*c).error = true;

            err = 0;
            let mut len = size_of::<ngx_err_t>() as socklen_t;

            if libc::getsockopt((*c).fd, libc::SOL_SOCKET, libc::SO_ERROR, (&raw mut err).cast(), &raw mut len) == -1 {
                err = ngx_socket_errno();
            } else if err == 0 && ngx_event_flags.get() & NGX_USE_IO_URING_EVENT != 0 {
                err = ngx_io_uring_error(c);
            }

            break 'closed;
        }

        let mut buf = [0u8; 1];

        let n = libc::recv((*c).fd, buf.as_mut_ptr().cast(), 1, libc::MSG_PEEK);

        if n == 0 {
            (*rev).eof = true;
            (*c).error = true;
            err = 0;

            break 'closed;
        } else if n == -1 {
            err = ngx_socket_errno();

            if err != NGX_EAGAIN {
                (*rev).eof = true;
                (*c).error = true;

                break 'closed;
            }
        }

        if ngx_event_flags.get() & NGX_USE_LEVEL_EVENT != 0
            && (*rev).active
            && ngx_del_event(rev, NGX_READ_EVENT, 0) != NGX_OK
        {
            ngx_http_close_request(r, 0);
        }

        return;
    }

    if err != 0 {
        (*rev).error = true;
    }

    ngx_log_error!(NGX_LOG_INFO, (*c).log, err; "client prematurely closed connection");

    ngx_http_finalize_request(r, NGX_HTTP_CLIENT_CLOSED_REQUEST);
}

unsafe fn ngx_http_set_keepalive(mut r: *mut ngx_http_request_t) {
    let c = (*r).connection;
    let rev = (*c).read;
    let mut cl;
    let mut ln;

    let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*c).log, 0; "set http keepalive handler");

    (*(*c).log).action = c"closing request".as_ptr();

    let hc = (*r).http_connection;
    let mut b = (*r).header_in;

    if (*b).pos < (*b).last {
        // a pipelined request

        if b != (*c).buffer {
            // it lies in a large buffer, and is parsed there; the other large ones are free

            cl = (*hc).busy;
            while !cl.is_null() {
                ln = cl;
                cl = (*cl).next;

                if (*ln).buf == b {
                    ngx_free_chain((*c).pool, ln);
                    continue;
                }

                let f = (*ln).buf;
                (*f).pos = (*f).start;
                (*f).last = (*f).start;

                (*ln).next = (*hc).free;
                (*hc).free = ln;
            }

            cl = ngx_alloc_chain_link((*c).pool);
            if cl.is_null() {
                ngx_http_close_request(r, 0);
                return;
            }

            (*cl).buf = b;
            (*cl).next = null_mut();

            (*hc).busy = cl;
            (*hc).nbusy = 1;
        }
    }

    if (*r).method & (NGX_HTTP_GET | NGX_HTTP_HEAD) == 0 {
        // a pipelined request may ask for what this one has changed
        (*hc).received = ngx_event_tick();
    }

    // ngx_http_finalize_connection() must not come here again
    (*r).keepalive = false;

    ngx_http_free_request(r, 0);

    (*c).data = hc.cast();

    if ngx_handle_read_event(rev, 0) != NGX_OK {
        ngx_http_close_connection(c);
        return;
    }

    let wev = (*c).write;
    (*wev).handler = Some(ngx_http_empty_handler);

    if (*b).pos < (*b).last {
        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*c).log, 0; "pipelined request");

        (*(*c).log).action = c"reading client pipelined request line".as_ptr();

        r = ngx_http_create_request(c);
        if r.is_null() {
            ngx_http_close_connection(c);
            return;
        }

        (*r).pipeline = true;

        (*c).data = r.cast();

        (*c).sent = 0;
        (*c).destroyed = false;
        (*c).pipeline = true;

        if (*rev).timer_set {
            ngx_del_timer(rev);
        }

        (*rev).handler = Some(ngx_http_process_request_line);
        ngx_post_event(rev, ngx_posted_events.ptr());
        return;
    }

    // an idle connection keeps no buffer, if it was a block of its own; the large ones always are

    b = (*c).buffer;

    if ngx_pfree((*c).pool, (*b).start) == NGX_OK {
        // NULL tells ngx_http_keepalive_handler() that it has to allocate

        (*b).pos = null_mut();
    } else {
        (*b).pos = (*b).start;
        (*b).last = (*b).start;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*c).log, 0; "hc free: %p", (*hc).free);

    if !(*hc).free.is_null() {
        cl = (*hc).free;
        while !cl.is_null() {
            ln = cl;
            cl = (*cl).next;
            ngx_pfree((*c).pool, (*(*ln).buf).start);
            ngx_free_chain((*c).pool, ln);
        }

        (*hc).free = null_mut();
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*c).log, 0; "hc busy: %p %i", (*hc).busy, (*hc).nbusy);

    if !(*hc).busy.is_null() {
        cl = (*hc).busy;
        while !cl.is_null() {
            ln = cl;
            cl = (*cl).next;
            ngx_pfree((*c).pool, (*(*ln).buf).start);
            ngx_free_chain((*c).pool, ln);
        }

        (*hc).busy = null_mut();
        (*hc).nbusy = 0;
    }

    (*rev).handler = Some(ngx_http_keepalive_handler);

    if (*wev).active
        && ngx_event_flags.get() & NGX_USE_LEVEL_EVENT != 0
        && ngx_del_event(wev, NGX_WRITE_EVENT, 0) != NGX_OK
    {
        ngx_http_close_connection(c);
        return;
    }

    (*(*c).log).action = c"keepalive".as_ptr();

    let tcp_nodelay;

    if (*c).tcp_nopush == NGX_TCP_NOPUSH_SET as u8 {
        if ngx_tcp_push((*c).fd) == -1 {
            ngx_connection_error(c, ngx_socket_errno(), c"setsockopt(!TCP_CORK) failed".as_ptr());
            ngx_http_close_connection(c);
            return;
        }

        (*c).tcp_nopush = NGX_TCP_NOPUSH_UNSET as u8;
        tcp_nodelay = ngx_tcp_nodelay_and_tcp_nopush.get() != 0;
    } else {
        tcp_nodelay = true;
    }

    if tcp_nodelay && (*clcf).tcp_nodelay != 0 && ngx_tcp_nodelay(c) != NGX_OK {
        ngx_http_close_connection(c);
        return;
    }

    if (*clcf).keepalive_min_timeout == 0 {
        (*c).idle = true;
        ngx_reusable_connection(c, 1);
    }

    if (*clcf).keepalive_min_timeout > 0 && (*clcf).keepalive_timeout > (*clcf).keepalive_min_timeout {
        (*hc).keepalive_timeout = (*clcf).keepalive_timeout - (*clcf).keepalive_min_timeout;
    } else {
        (*hc).keepalive_timeout = 0;
    }

    ngx_add_timer(rev, (*clcf).keepalive_timeout - (*hc).keepalive_timeout);

    if (*rev).ready {
        ngx_post_event(rev, ngx_posted_events.ptr());
    }
}

unsafe fn ngx_http_keepalive_handler(rev: *mut ngx_event_t) {
    let c: *mut ngx_connection_t = (*rev).data.cast();
    let hc: *mut ngx_http_connection_t = (*c).data.cast();

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*c).log, 0; "http keepalive handler");

    if ngx_terminate.get() == 0 && ngx_exiting.get() == 0 && (*rev).timedout && (*hc).keepalive_timeout > 0 {
        // keepalive_min_timeout is over: from now on the connection may be closed when it suits

        (*c).idle = true;
        ngx_reusable_connection(c, 1);

        ngx_add_timer(rev, (*hc).keepalive_timeout);

        (*hc).keepalive_timeout = 0;
        (*rev).timedout = false;
        return;
    }

    if (*rev).timedout || (*c).close {
        ngx_http_close_connection(c);
        return;
    }

    let b = (*c).buffer;
    let size = (*b).end.offset_from_unsigned((*b).start);

    if (*b).pos.is_null() {
        // ngx_http_set_keepalive() freed the memory, and left start and end for its size

        (*b).pos = ngx_palloc_n((*c).pool, size);
        if (*b).pos.is_null() {
            ngx_http_close_connection(c);
            return;
        }

        (*b).start = (*b).pos;
        (*b).last = (*b).pos;
        (*b).end = (*b).pos.add(size);
    }

    // some browsers close such a connection with a reset

    (*c).log_error = NGX_ERROR_IGNORE_ECONNRESET as u8;
    ngx_set_errno(0);

    let n = (*c).recv.unwrap()(c, (*b).last, size);
    (*c).log_error = NGX_ERROR_INFO as u8;

    if n == NGX_AGAIN {
        if ngx_handle_read_event(rev, 0) != NGX_OK {
            ngx_http_close_connection(c);
            return;
        }

        // as in ngx_http_set_keepalive(): no buffer while idle

        if ngx_pfree((*c).pool, (*b).start) == NGX_OK {
            (*b).pos = null_mut();
        }

        return;
    }

    if n == NGX_ERROR {
        ngx_http_close_connection(c);
        return;
    }

    (*(*c).log).handler = None;

    if n == 0 {
        ngx_log_error!(NGX_LOG_INFO, (*c).log, ngx_socket_errno();
                       "client %V closed keepalive connection", (*c).addr_text);
        ngx_http_close_connection(c);
        return;
    }

    (*b).last = (*b).last.add(n as usize);

    (*(*c).log).handler = Some(ngx_http_log_error);
    (*(*c).log).action = c"reading client request line".as_ptr();

    (*c).idle = false;
    ngx_reusable_connection(c, 0);

    (*hc).received = ngx_event_tick();

    if ngx_event_batch.get() {
        // DEVIATION: what the others of this round have sent is read first, then all is answered; see ngx_event_batch

        ngx_del_timer(rev);

        (*rev).handler = Some(ngx_http_keepalive_request_handler);
        ngx_post_event(rev, ngx_posted_events.ptr());
        return;
    }

    ngx_http_keepalive_request_handler(rev);
}

/// The end of ngx_http_keepalive_handler() in C: `c->data` is still the ngx_http_connection_t.
unsafe fn ngx_http_keepalive_request_handler(rev: *mut ngx_event_t) {
    let c: *mut ngx_connection_t = (*rev).data.cast();

    (*c).data = ngx_http_create_request(c).cast();
    if (*c).data.is_null() {
        ngx_http_close_connection(c);
        return;
    }

    (*c).sent = 0;
    (*c).destroyed = false;

    if (*rev).timer_set {
        ngx_del_timer(rev);
    }

    (*rev).handler = Some(ngx_http_process_request_line);
    ngx_http_process_request_line(rev);
}

unsafe fn ngx_http_set_lingering_close(c: *mut ngx_connection_t) {
    let r: *mut ngx_http_request_t = (*c).data.cast();

    let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

    if (*r).lingering_time == 0 {
        (*r).lingering_time = ngx_time() + ((*clcf).lingering_time / 1000) as time_t;
    }

    let rev = (*c).read;
    (*rev).handler = Some(ngx_http_lingering_close_handler);

    if ngx_handle_read_event(rev, 0) != NGX_OK {
        ngx_http_close_request(r, 0);
        return;
    }

    let wev = (*c).write;
    (*wev).handler = Some(ngx_http_empty_handler);

    if (*wev).active
        && ngx_event_flags.get() & NGX_USE_LEVEL_EVENT != 0
        && ngx_del_event(wev, NGX_WRITE_EVENT, 0) != NGX_OK
    {
        ngx_http_close_request(r, 0);
        return;
    }

    (*c).more = false;

    if libc::shutdown((*c).fd, NGX_WRITE_SHUTDOWN) == -1 {
        ngx_connection_error(c, ngx_socket_errno(), c"shutdown() failed".as_ptr());
        ngx_http_close_request(r, 0);
        return;
    }

    (*c).close = false;
    ngx_reusable_connection(c, 1);

    ngx_add_timer(rev, (*clcf).lingering_timeout);

    if (*rev).ready {
        ngx_http_lingering_close_handler(rev);
    }
}

unsafe fn ngx_http_lingering_close_handler(rev: *mut ngx_event_t) {
    let c: *mut ngx_connection_t = (*rev).data.cast();
    let r: *mut ngx_http_request_t = (*c).data.cast();

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*c).log, 0; "http lingering close handler");

    if (*rev).timedout || (*c).close {
        ngx_http_close_request(r, 0);
        return;
    }

    let left = (*r).lingering_time - ngx_time();
    if left <= 0 {
        ngx_http_close_request(r, 0);
        return;
    }

    let mut buffer = core::mem::MaybeUninit::<[u8; NGX_HTTP_LINGERING_BUFFER_SIZE]>::uninit();

    loop {
        let n = (*c).recv.unwrap()(c, buffer.as_mut_ptr().cast(), NGX_HTTP_LINGERING_BUFFER_SIZE);

        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*c).log, 0; "lingering read: %z", n);

        if n == NGX_AGAIN {
            break;
        }

        if n == NGX_ERROR || n == 0 {
            ngx_http_close_request(r, 0);
            return;
        }

        if !(*rev).ready {
            break;
        }
    }

    if ngx_handle_read_event(rev, 0) != NGX_OK {
        ngx_http_close_request(r, 0);
        return;
    }

    let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

    let mut timer = (left as ngx_msec_t).saturating_mul(1000);

    if timer > (*clcf).lingering_timeout {
        timer = (*clcf).lingering_timeout;
    }

    ngx_add_timer(rev, timer);
}

pub unsafe fn ngx_http_empty_handler(_wev: *mut ngx_event_t) {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*_wev).log, 0; "http empty handler");
}

pub unsafe fn ngx_http_request_empty_handler(_r: *mut ngx_http_request_t) {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*_r).connection).log, 0; "http request empty handler");
}

/// An empty buf with a meaning: NGX_HTTP_LAST, NGX_HTTP_FLUSH.
pub unsafe fn ngx_http_send_special(r: *mut ngx_http_request_t, flags: ngx_uint_t) -> ngx_int_t {
    let b = ngx_calloc_buf((*r).pool);
    if b.is_null() {
        return NGX_ERROR;
    }

    if flags & NGX_HTTP_LAST != 0 {
        if r == (*r).main && !(*r).post_action {
            (*b).last_buf = true;
        } else {
            (*b).sync = true;
            (*b).last_in_chain = true;
        }
    }

    if flags & NGX_HTTP_FLUSH != 0 {
        (*b).flush = true;
    }

    let mut out = ngx_chain_t { buf: b, next: null_mut() };

    ngx_http_output_filter(r, &raw mut out)
}

unsafe fn ngx_http_post_action(r: *mut ngx_http_request_t) -> ngx_int_t {
    let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

    if (*clcf).post_action.data.is_null() {
        return NGX_DECLINED;
    }

    if (*r).post_action && (*r).uri_changes == 0 {
        return NGX_DECLINED;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "post action: \"%V\"", (*clcf).post_action);

    (*(*r).main).count -= 1;

    (*r).http_version = NGX_HTTP_VERSION_9;
    (*r).header_only = true;
    (*r).post_action = true;

    (*r).read_event_handler = Some(ngx_http_block_reading);

    if *(*clcf).post_action.data == b'/' {
        ngx_http_internal_redirect(r, &raw mut (*clcf).post_action, null_mut());
    } else {
        ngx_http_named_location(r, &raw mut (*clcf).post_action);
    }

    NGX_OK
}

/// Gives one count back; with the last the connection is closed too.
pub unsafe fn ngx_http_close_request(mut r: *mut ngx_http_request_t, rc: ngx_int_t) {
    r = (*r).main;
    let c = (*r).connection;

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*c).log, 0;
                   "http request count:%d blk:%d", (*r).count, (*r).blocked);

    if (*r).count == 0 {
        ngx_log_error!(NGX_LOG_ALERT, (*c).log, 0; "http request count is zero");
    }

    (*r).count = (*r).count.wrapping_sub(1);

    if (*r).count != 0 || (*r).blocked != 0 {
        return;
    }

    ngx_http_free_request(r, rc);
    ngx_http_close_connection(c);
}

pub unsafe fn ngx_http_free_request(r: *mut ngx_http_request_t, rc: ngx_int_t) {
    let log = (*(*r).connection).log;

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, log, 0; "http close request");

    if (*r).pool.is_null() {
        ngx_log_error!(NGX_LOG_ALERT, log, 0; "http request already closed");
        return;
    }

    let mut cln = (*r).cleanup;
    (*r).cleanup = null_mut();

    while !cln.is_null() {
        if let Some(handler) = (*cln).handler {
            handler((*cln).data);
        }

        cln = (*cln).next;
    }

    if (*r).stat_reading {
        ngx_atomic_fetch_add(ngx_stat_reading.get(), -1);
    }

    if (*r).stat_writing {
        ngx_atomic_fetch_add(ngx_stat_writing.get(), -1);
    }

    if rc > 0 && ((*r).headers_out.status == 0 || (*(*r).connection).sent == 0) {
        (*r).headers_out.status = rc as ngx_uint_t;
    }

    if !(*r).logged {
        (*log).action = c"logging request".as_ptr();

        ngx_http_log_request(r);
    }

    (*log).action = c"closing request".as_ptr();

    if (*(*r).connection).timedout {
        let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

        if (*clcf).reset_timedout_connection != 0 {
            let linger = libc::linger { l_onoff: 1, l_linger: 0 };

            if libc::setsockopt(
                (*(*r).connection).fd,
                libc::SOL_SOCKET,
                libc::SO_LINGER,
                (&raw const linger).cast(),
                size_of::<libc::linger>() as socklen_t,
            ) == -1
            {
                ngx_log_error!(NGX_LOG_ALERT, log, ngx_socket_errno(); "setsockopt(SO_LINGER) failed");
            }
        }
    }

    // what the log knows of the request lies in its pool
    let ctx: *mut ngx_http_log_ctx_t = (*log).data.cast();
    (*ctx).request = null_mut();

    (*r).request_line.len = 0;

    (*(*r).connection).destroyed = true;

    // the request lies in its own pool: NULL may tell a second close

    let pool = (*r).pool;
    (*r).pool = null_mut();

    ngx_destroy_pool(pool);
}

unsafe fn ngx_http_log_request(r: *mut ngx_http_request_t) {
    let cmcf: *mut ngx_http_core_main_conf_t = ngx_http_get_module_main_conf(r, &ngx_http_core_module);

    let handlers = &raw const (*cmcf).phases[NGX_HTTP_LOG_PHASE as usize].handlers;

    for i in 0..(*handlers).nelts {
        (*(*handlers).elts.add(i)).unwrap()(r);
    }
}

pub unsafe fn ngx_http_close_connection(c: *mut ngx_connection_t) {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*c).log, 0; "close http connection: %d", (*c).fd);

    ngx_atomic_fetch_add(ngx_stat_active.get(), -1);

    (*c).destroyed = true;

    if (*c).more {
        // what waits goes with the FIN; close() alone would drop it, if there is something unread
        libc::shutdown((*c).fd, NGX_WRITE_SHUTDOWN);
    }

    let pool = (*c).pool;

    ngx_close_connection(c);

    ngx_destroy_pool(pool);
}

unsafe fn ngx_http_log_error(
    log: *mut ngx_log_t,
    mut buf: *mut u8,
    mut len: usize,
    fields: *mut ngx_log_fields_t,
) -> *mut u8 {
    let mut p;

    if !(*log).action.is_null() {
        p = ngx_snprintf!(buf, len, " while %s", (*log).action);
        ngx_log_field(fields, "action", ngx_log_action(log));
        len -= p.offset_from_unsigned(buf);
        buf = p;
    }

    let ctx: *mut ngx_http_log_ctx_t = (*log).data.cast();

    p = ngx_snprintf!(buf, len, ", client: %V", (*(*ctx).connection).addr_text);
    ngx_log_field(fields, "client", (*(*ctx).connection).addr_text);
    len -= p.offset_from_unsigned(buf);

    let r = (*ctx).request;

    if !r.is_null() {
        (*r).log_handler.unwrap()(r, (*ctx).current_request, p, len, fields)
    } else {
        ngx_log_field(fields, "server", (*(*(*ctx).connection).listening).addr_text);
        ngx_snprintf!(p, len, ", server: %V", (*(*(*ctx).connection).listening).addr_text)
    }
}

unsafe fn ngx_http_log_error_handler(
    r: *mut ngx_http_request_t,
    sr: *mut ngx_http_request_t,
    mut buf: *mut u8,
    mut len: usize,
    fields: *mut ngx_log_fields_t,
) -> *mut u8 {
    let cscf: *mut ngx_http_core_srv_conf_t = ngx_http_get_module_srv_conf(r, &ngx_http_core_module);

    let mut p = ngx_snprintf!(buf, len, ", server: %V", (*cscf).server_name);
    ngx_log_field(fields, "server", (*cscf).server_name);
    len -= p.offset_from_unsigned(buf);
    buf = p;

    if (*r).request_line.data.is_null() && !(*r).request_start.is_null() {
        p = (*r).request_start;
        while p < (*(*r).header_in).last && *p != CR && *p != LF {
            p = p.add(1);
        }

        (*r).request_line.len = p.offset_from_unsigned((*r).request_start);
        (*r).request_line.data = (*r).request_start;
    }

    if (*r).request_line.len != 0 {
        p = ngx_snprintf!(buf, len, ", request: \"%V\"", (*r).request_line);
        ngx_log_field(fields, "request", (*r).request_line);
        len -= p.offset_from_unsigned(buf);
        buf = p;
    }

    if r != sr {
        p = ngx_snprintf!(buf, len, ", subrequest: \"%V\"", (*sr).uri);
        ngx_log_field(fields, "subrequest", (*sr).uri);
        len -= p.offset_from_unsigned(buf);
        buf = p;
    }

    if !(*r).headers_in.host.is_null() {
        p = ngx_snprintf!(buf, len, ", host: \"%V\"", (*(*r).headers_in.host).value);
        ngx_log_field(fields, "host", (*(*r).headers_in.host).value);
        len -= p.offset_from_unsigned(buf);
        buf = p;
    }

    if !(*r).headers_in.referer.is_null() {
        p = ngx_snprintf!(buf, len, ", referrer: \"%V\"", (*(*r).headers_in.referer).value);
        ngx_log_field(fields, "referrer", (*(*r).headers_in.referer).value);
        buf = p;
    }

    buf
}
