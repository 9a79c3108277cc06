//! Port of src/http/ngx_http_core_module.c and .h
//! Ours: ngx_http_gzip_client_ok().

#[cfg(feature = "pcre")]
use crate::core::ngx_regex::*;
use crate::core::{
    ngx_array::*, ngx_buf::*, ngx_conf_file::*, ngx_config::*, ngx_connection::*, ngx_core::*, ngx_cycle::*,
    ngx_file::*, ngx_hash::*, ngx_inet::*, ngx_list::*, ngx_log::*, ngx_module::*, ngx_open_file_cache::*,
    ngx_palloc::*, ngx_parse::*, ngx_parse_time::*, ngx_queue::*, ngx_string::*, ngx_thread_pool::*, ngx_times::*,
};
use crate::event::{ngx_event::*, ngx_event_posted::*};
use crate::http::{
    ngx_http::*, ngx_http_config::*, ngx_http_parse::*, ngx_http_request::*, ngx_http_request_body::*,
    ngx_http_script::*, ngx_http_variables::*,
};
use crate::os::unix::{ngx_alloc::*, ngx_os::*, ngx_time::*};

pub const NGX_HTTP_GZIP_PROXIED_OFF: ngx_uint_t = 0x0002;
pub const NGX_HTTP_GZIP_PROXIED_EXPIRED: ngx_uint_t = 0x0004;
pub const NGX_HTTP_GZIP_PROXIED_NO_CACHE: ngx_uint_t = 0x0008;
pub const NGX_HTTP_GZIP_PROXIED_NO_STORE: ngx_uint_t = 0x0010;
pub const NGX_HTTP_GZIP_PROXIED_PRIVATE: ngx_uint_t = 0x0020;
pub const NGX_HTTP_GZIP_PROXIED_NO_LM: ngx_uint_t = 0x0040;
pub const NGX_HTTP_GZIP_PROXIED_NO_ETAG: ngx_uint_t = 0x0080;
pub const NGX_HTTP_GZIP_PROXIED_AUTH: ngx_uint_t = 0x0100;
pub const NGX_HTTP_GZIP_PROXIED_ANY: ngx_uint_t = 0x0200;

pub const NGX_HTTP_AIO_OFF: ngx_uint_t = 0;
pub const NGX_HTTP_AIO_ON: ngx_uint_t = 1;
pub const NGX_HTTP_AIO_THREADS: ngx_uint_t = 2;

pub const NGX_HTTP_SATISFY_ALL: ngx_uint_t = 0;
pub const NGX_HTTP_SATISFY_ANY: ngx_uint_t = 1;

pub const NGX_HTTP_LINGERING_OFF: ngx_uint_t = 0;
pub const NGX_HTTP_LINGERING_ON: ngx_uint_t = 1;
pub const NGX_HTTP_LINGERING_ALWAYS: ngx_uint_t = 2;

pub const NGX_HTTP_IMS_OFF: ngx_uint_t = 0;
pub const NGX_HTTP_IMS_EXACT: ngx_uint_t = 1;
pub const NGX_HTTP_IMS_BEFORE: ngx_uint_t = 2;

pub const NGX_HTTP_KEEPALIVE_DISABLE_NONE: ngx_uint_t = 0x0002;
pub const NGX_HTTP_KEEPALIVE_DISABLE_MSIE6: ngx_uint_t = 0x0004;
pub const NGX_HTTP_KEEPALIVE_DISABLE_SAFARI: ngx_uint_t = 0x0008;

pub const NGX_HTTP_SERVER_TOKENS_OFF: ngx_uint_t = 0;
pub const NGX_HTTP_SERVER_TOKENS_ON: ngx_uint_t = 1;
pub const NGX_HTTP_SERVER_TOKENS_BUILD: ngx_uint_t = 2;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_listen_opt_t {
    pub sockaddr: *mut sockaddr,
    pub socklen: socklen_t,
    pub addr_text: ngx_str_t,

    pub set: bool,
    pub default_server: bool,
    pub bind: bool,
    pub wildcard: bool,
    pub ssl: bool,
    pub http2: bool,
    pub quic: bool,
    pub ipv6only: bool,
    pub deferred_accept: bool,
    pub reuseport: bool,
    /// 1 is on, 2 is off, 0 is the system's default.
    pub so_keepalive: u8,
    pub proxy_protocol: bool,

    pub backlog: c_int,
    pub rcvbuf: c_int,
    pub sndbuf: c_int,
    pub type_: c_int,
    pub protocol: c_int,
    pub fastopen: c_int,
    pub tcp_keepidle: c_int,
    pub tcp_keepintvl: c_int,
    pub tcp_keepcnt: c_int,
}

pub type ngx_http_phases = c_uint;

pub const NGX_HTTP_POST_READ_PHASE: ngx_http_phases = 0;

pub const NGX_HTTP_SERVER_REWRITE_PHASE: ngx_http_phases = 1;

pub const NGX_HTTP_FIND_CONFIG_PHASE: ngx_http_phases = 2;
pub const NGX_HTTP_REWRITE_PHASE: ngx_http_phases = 3;
pub const NGX_HTTP_POST_REWRITE_PHASE: ngx_http_phases = 4;

pub const NGX_HTTP_PREACCESS_PHASE: ngx_http_phases = 5;

pub const NGX_HTTP_ACCESS_PHASE: ngx_http_phases = 6;
pub const NGX_HTTP_POST_ACCESS_PHASE: ngx_http_phases = 7;

pub const NGX_HTTP_PRECONTENT_PHASE: ngx_http_phases = 8;

pub const NGX_HTTP_CONTENT_PHASE: ngx_http_phases = 9;

pub const NGX_HTTP_LOG_PHASE: ngx_http_phases = 10;

pub type ngx_http_phase_handler_pt =
    Option<unsafe fn(r: *mut ngx_http_request_t, ph: *mut ngx_http_phase_handler_t) -> ngx_int_t>;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_phase_handler_t {
    pub checker: ngx_http_phase_handler_pt,
    pub handler: ngx_http_handler_pt,
    pub next: ngx_uint_t,
}

/// `handlers` ends with an empty checker, of which only that field is there.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_phase_engine_t {
    pub handlers: *mut ngx_http_phase_handler_t,
    pub server_rewrite_index: ngx_uint_t,
    pub location_rewrite_index: ngx_uint_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_phase_t {
    pub handlers: ngx_array_t<ngx_http_handler_pt>,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_core_main_conf_t {
    pub servers: ngx_array_t<*mut ngx_http_core_srv_conf_t>,

    pub phase_engine: ngx_http_phase_engine_t,

    pub headers_in_hash: ngx_hash_t,

    pub variables_hash: ngx_hash_t,

    pub variables: ngx_array_t<ngx_http_variable_t>,
    pub prefix_variables: ngx_array_t<ngx_http_variable_t>,
    pub ncaptures: ngx_uint_t,

    pub server_names_hash_max_size: ngx_uint_t,
    pub server_names_hash_bucket_size: ngx_uint_t,

    pub variables_hash_max_size: ngx_uint_t,
    pub variables_hash_bucket_size: ngx_uint_t,

    pub variables_keys: *mut ngx_hash_keys_arrays_t,

    pub ports: *mut ngx_array_t<ngx_http_conf_port_t>,

    pub phases: [ngx_http_phase_t; NGX_HTTP_LOG_PHASE as usize + 1],
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_core_srv_conf_t {
    pub server_names: ngx_array_t<ngx_http_server_name_t>,

    pub ctx: *mut ngx_http_conf_ctx_t,

    pub file_name: *mut u8,
    pub line: ngx_uint_t,

    pub server_name: ngx_str_t,

    pub connection_pool_size: usize,
    pub request_pool_size: usize,
    pub client_header_buffer_size: usize,

    pub large_client_header_buffers: ngx_bufs_t,

    pub client_header_timeout: ngx_msec_t,

    pub max_headers: ngx_uint_t,

    pub ignore_invalid_headers: ngx_flag_t,
    pub merge_slashes: ngx_flag_t,
    pub underscores_in_headers: ngx_flag_t,

    pub client_body_early_read: *mut ngx_array_t<ngx_http_complex_value_t>,

    pub listen: bool,
    pub captures: bool,
    pub allow_connect: bool,

    /// Ends with NULL; NULL itself without named locations.
    pub named_locations: *mut *mut ngx_http_core_loc_conf_t,
}

// what finds the ngx_http_core_srv_conf_t of a request

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_server_name_t {
    pub regex: *mut ngx_http_regex_t,
    pub server: *mut ngx_http_core_srv_conf_t,
    pub name: ngx_str_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_virtual_names_t {
    pub names: ngx_hash_combined_t,

    pub nregex: ngx_uint_t,
    pub regex: *mut ngx_http_server_name_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_addr_conf_t {
    pub default_server: *mut ngx_http_core_srv_conf_t,

    pub virtual_names: *mut ngx_http_virtual_names_t,

    pub ssl: bool,
    pub http2: bool,
    pub quic: bool,
    pub proxy_protocol: bool,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_in_addr_t {
    pub addr: in_addr_t,
    pub conf: ngx_http_addr_conf_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_in6_addr_t {
    pub addr6: in6_addr,
    pub conf: ngx_http_addr_conf_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_port_t {
    /// Of ngx_http_in6_addr_t for an IPv6 socket, else of ngx_http_in_addr_t.
    pub addrs: *mut c_void,
    pub naddrs: ngx_uint_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_conf_port_t {
    pub family: ngx_int_t,
    pub type_: ngx_int_t,
    pub port: in_port_t,
    pub addrs: ngx_array_t<ngx_http_conf_addr_t>,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_conf_addr_t {
    pub opt: ngx_http_listen_opt_t,

    pub protocols: u8,
    pub protocols_set: bool,
    pub protocols_changed: bool,

    pub hash: ngx_hash_t,
    pub wc_head: *mut ngx_hash_wildcard_t,
    pub wc_tail: *mut ngx_hash_wildcard_t,

    pub nregex: ngx_uint_t,
    pub regex: *mut ngx_http_server_name_t,

    pub default_server: *mut ngx_http_core_srv_conf_t,
    pub servers: ngx_array_t<*mut ngx_http_core_srv_conf_t>,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_err_page_t {
    pub status: ngx_int_t,
    pub overwrite: ngx_int_t,
    pub value: ngx_http_complex_value_t,
    pub args: ngx_str_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_core_loc_conf_t {
    pub name: ngx_str_t,
    pub escaped_name: ngx_str_t,

    pub regex: *mut ngx_http_regex_t,

    /// `if` or `limit_except`.
    pub noname: bool,
    pub lmt_excpt: bool,
    pub named: bool,

    pub exact_match: bool,
    pub noregex: bool,

    pub auto_redirect: bool,
    /// 3 until merged.
    pub gzip_disable_msie6: u8,
    pub gzip_disable_degradation: u8,

    pub static_locations: *mut ngx_http_location_tree_node_t,
    /// Ends with NULL; NULL itself without regex locations.
    pub regex_locations: *mut *mut ngx_http_core_loc_conf_t,

    /// The loc_conf's of all modules.
    pub loc_conf: *mut *mut c_void,

    pub limit_except: u32,
    pub limit_except_loc_conf: *mut *mut c_void,

    pub handler: ngx_http_handler_pt,

    /// How much of the URI `alias` replaces; NGX_MAX_SIZE_T_VALUE in a regex location, 0 with `root`.
    pub alias: usize,
    pub root: ngx_str_t,
    pub post_action: ngx_str_t,

    pub root_lengths: *mut ngx_array_t<u8>,
    pub root_values: *mut ngx_array_t<u8>,

    pub types: *mut ngx_array_t<ngx_hash_key_t>,
    pub types_hash: ngx_hash_t,
    pub default_type: ngx_str_t,

    pub client_max_body_size: off_t,
    pub directio: off_t,
    pub directio_alignment: off_t,

    pub client_body_buffer_size: usize,
    pub send_lowat: usize,
    pub postpone_output: usize,
    pub sendfile_max_chunk: usize,
    pub read_ahead: usize,
    pub subrequest_output_buffer_size: usize,

    pub limit_rate: *mut ngx_http_complex_value_t,
    pub limit_rate_after: *mut ngx_http_complex_value_t,

    pub client_body_timeout: ngx_msec_t,
    pub send_timeout: ngx_msec_t,
    pub keepalive_time: ngx_msec_t,
    pub keepalive_timeout: ngx_msec_t,
    pub keepalive_min_timeout: ngx_msec_t,
    pub lingering_time: ngx_msec_t,
    pub lingering_timeout: ngx_msec_t,
    pub auth_delay: ngx_msec_t,

    /// The second argument of `keepalive_timeout`.
    pub keepalive_header: time_t,

    pub keepalive_requests: ngx_uint_t,
    pub keepalive_disable: ngx_uint_t,
    pub satisfy: ngx_uint_t,
    pub lingering_close: ngx_uint_t,
    pub if_modified_since: ngx_uint_t,
    pub max_ranges: ngx_uint_t,
    pub client_body_in_file_only: ngx_uint_t,

    pub client_body_in_single_buffer: ngx_flag_t,
    pub internal: ngx_flag_t,
    pub sendfile: ngx_flag_t,
    pub aio: ngx_flag_t,
    pub aio_write: ngx_flag_t,
    pub tcp_nopush: ngx_flag_t,
    pub tcp_nodelay: ngx_flag_t,
    pub reset_timedout_connection: ngx_flag_t,
    pub absolute_redirect: ngx_flag_t,
    pub server_name_in_redirect: ngx_flag_t,
    pub port_in_redirect: ngx_flag_t,
    pub msie_padding: ngx_flag_t,
    pub msie_refresh: ngx_flag_t,
    pub log_not_found: ngx_flag_t,
    pub log_subrequest: ngx_flag_t,
    pub recursive_error_pages: ngx_flag_t,
    pub server_tokens: ngx_uint_t,
    pub chunked_transfer_encoding: ngx_flag_t,
    pub etag: ngx_flag_t,

    pub gzip_vary: ngx_flag_t,

    pub gzip_http_version: ngx_uint_t,
    pub gzip_proxied: ngx_uint_t,

    pub gzip_disable: *mut ngx_array_t<ngx_regex_elt_t>,

    pub thread_pool: *mut ngx_thread_pool_t,
    pub thread_pool_value: *mut ngx_http_complex_value_t,

    pub disable_symlinks: ngx_uint_t,
    pub disable_symlinks_from: *mut ngx_http_complex_value_t,

    pub early_hints: *mut ngx_array_t<ngx_http_complex_value_t>,

    pub error_pages: *mut ngx_array_t<ngx_http_err_page_t>,

    pub client_body_temp_path: *mut ngx_path_t,

    pub open_file_cache: *mut ngx_open_file_cache_t,
    pub open_file_cache_valid: time_t,
    pub open_file_cache_min_uses: ngx_uint_t,
    pub open_file_cache_errors: ngx_flag_t,
    pub open_file_cache_events: ngx_flag_t,

    pub error_log: *mut ngx_log_t,

    pub types_hash_max_size: ngx_uint_t,
    pub types_hash_bucket_size: ngx_uint_t,

    /// Of ngx_http_location_queue_t.
    pub locations: *mut ngx_queue_t,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_location_queue_t {
    pub queue: ngx_queue_t,
    pub exact: *mut ngx_http_core_loc_conf_t,
    pub inclusive: *mut ngx_http_core_loc_conf_t,
    pub name: *mut ngx_str_t,
    pub file_name: *mut u8,
    pub line: ngx_uint_t,
    pub list: ngx_queue_t,
}

/// `name` goes on behind the struct, `len` bytes in all, from where the name of the parent location ends.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ngx_http_location_tree_node_t {
    pub left: *mut ngx_http_location_tree_node_t,
    pub right: *mut ngx_http_location_tree_node_t,
    /// What begins with this name.
    pub tree: *mut ngx_http_location_tree_node_t,

    pub exact: *mut ngx_http_core_loc_conf_t,
    pub inclusive: *mut ngx_http_core_loc_conf_t,

    pub len: u16,
    pub auto_redirect: u8,
    pub name: [u8; 1],
}

const _: () = assert!(offset_of!(ngx_http_location_tree_node_t, name) == 5 * size_of::<usize>() + 3); // C: 43

pub type ngx_http_output_header_filter_pt = Option<unsafe fn(r: *mut ngx_http_request_t) -> ngx_int_t>;
pub type ngx_http_output_body_filter_pt =
    Option<unsafe fn(r: *mut ngx_http_request_t, chain: *mut ngx_chain_t) -> ngx_int_t>;
pub type ngx_http_request_body_filter_pt =
    Option<unsafe fn(r: *mut ngx_http_request_t, chain: *mut ngx_chain_t) -> ngx_int_t>;

#[inline(always)]
pub unsafe fn ngx_http_clear_content_length(r: *mut ngx_http_request_t) {
    (*r).headers_out.content_length_n = -1;
    if !(*r).headers_out.content_length.is_null() {
        (*(*r).headers_out.content_length).hash = 0;
        (*r).headers_out.content_length = null_mut();
    }
}

#[inline(always)]
pub unsafe fn ngx_http_clear_accept_ranges(r: *mut ngx_http_request_t) {
    (*r).allow_ranges = false;
    if !(*r).headers_out.accept_ranges.is_null() {
        (*(*r).headers_out.accept_ranges).hash = 0;
        (*r).headers_out.accept_ranges = null_mut();
    }
}

#[inline(always)]
pub unsafe fn ngx_http_clear_last_modified(r: *mut ngx_http_request_t) {
    (*r).headers_out.last_modified_time = -1;
    if !(*r).headers_out.last_modified.is_null() {
        (*(*r).headers_out.last_modified).hash = 0;
        (*r).headers_out.last_modified = null_mut();
    }
}

#[inline(always)]
pub unsafe fn ngx_http_clear_location(r: *mut ngx_http_request_t) {
    if !(*r).headers_out.location.is_null() {
        (*(*r).headers_out.location).hash = 0;
        (*r).headers_out.location = null_mut();
    }
}

#[inline(always)]
pub unsafe fn ngx_http_clear_etag(r: *mut ngx_http_request_t) {
    if !(*r).headers_out.etag.is_null() {
        (*(*r).headers_out.etag).hash = 0;
        (*r).headers_out.etag = null_mut();
    }
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ngx_http_method_name_t {
    name: &'static CStr,
    method: u32,
}

const NGX_HTTP_REQUEST_BODY_FILE_OFF: ngx_uint_t = 0;
const NGX_HTTP_REQUEST_BODY_FILE_ON: ngx_uint_t = 1;
const NGX_HTTP_REQUEST_BODY_FILE_CLEAN: ngx_uint_t = 2;

static ngx_http_core_lowat_post: ngx_conf_post_t = ngx_conf_post_t { post_handler: Some(ngx_http_core_lowat_check) };

static ngx_http_core_pool_size_p: ngx_conf_post_handler_pt = Some(ngx_http_core_pool_size);

static ngx_http_core_request_body_in_file: [ngx_conf_enum_t; 4] = [
    ngx_conf_enum_t { name: ngx_string!("off"), value: NGX_HTTP_REQUEST_BODY_FILE_OFF },
    ngx_conf_enum_t { name: ngx_string!("on"), value: NGX_HTTP_REQUEST_BODY_FILE_ON },
    ngx_conf_enum_t { name: ngx_string!("clean"), value: NGX_HTTP_REQUEST_BODY_FILE_CLEAN },
    ngx_conf_enum_t { name: ngx_null_string, value: 0 },
];

static ngx_http_core_satisfy: [ngx_conf_enum_t; 3] = [
    ngx_conf_enum_t { name: ngx_string!("all"), value: NGX_HTTP_SATISFY_ALL },
    ngx_conf_enum_t { name: ngx_string!("any"), value: NGX_HTTP_SATISFY_ANY },
    ngx_conf_enum_t { name: ngx_null_string, value: 0 },
];

static ngx_http_core_lingering_close: [ngx_conf_enum_t; 4] = [
    ngx_conf_enum_t { name: ngx_string!("off"), value: NGX_HTTP_LINGERING_OFF },
    ngx_conf_enum_t { name: ngx_string!("on"), value: NGX_HTTP_LINGERING_ON },
    ngx_conf_enum_t { name: ngx_string!("always"), value: NGX_HTTP_LINGERING_ALWAYS },
    ngx_conf_enum_t { name: ngx_null_string, value: 0 },
];

static ngx_http_core_server_tokens: [ngx_conf_enum_t; 4] = [
    ngx_conf_enum_t { name: ngx_string!("off"), value: NGX_HTTP_SERVER_TOKENS_OFF },
    ngx_conf_enum_t { name: ngx_string!("on"), value: NGX_HTTP_SERVER_TOKENS_ON },
    ngx_conf_enum_t { name: ngx_string!("build"), value: NGX_HTTP_SERVER_TOKENS_BUILD },
    ngx_conf_enum_t { name: ngx_null_string, value: 0 },
];

static ngx_http_core_if_modified_since: [ngx_conf_enum_t; 4] = [
    ngx_conf_enum_t { name: ngx_string!("off"), value: NGX_HTTP_IMS_OFF },
    ngx_conf_enum_t { name: ngx_string!("exact"), value: NGX_HTTP_IMS_EXACT },
    ngx_conf_enum_t { name: ngx_string!("before"), value: NGX_HTTP_IMS_BEFORE },
    ngx_conf_enum_t { name: ngx_null_string, value: 0 },
];

static ngx_http_core_keepalive_disable: [ngx_conf_bitmask_t; 4] = [
    ngx_conf_bitmask_t { name: ngx_string!("none"), mask: NGX_HTTP_KEEPALIVE_DISABLE_NONE },
    ngx_conf_bitmask_t { name: ngx_string!("msie6"), mask: NGX_HTTP_KEEPALIVE_DISABLE_MSIE6 },
    ngx_conf_bitmask_t { name: ngx_string!("safari"), mask: NGX_HTTP_KEEPALIVE_DISABLE_SAFARI },
    ngx_conf_bitmask_t { name: ngx_null_string, mask: 0 },
];

static ngx_http_client_temp_path: ngx_path_init_t =
    ngx_path_init_t { name: ngx_string!("client_body_temp"), level: [0, 0, 0] };

static ngx_http_gzip_http_version: [ngx_conf_enum_t; 3] = [
    ngx_conf_enum_t { name: ngx_string!("1.0"), value: NGX_HTTP_VERSION_10 },
    ngx_conf_enum_t { name: ngx_string!("1.1"), value: NGX_HTTP_VERSION_11 },
    ngx_conf_enum_t { name: ngx_null_string, value: 0 },
];

static ngx_http_gzip_proxied_mask: [ngx_conf_bitmask_t; 10] = [
    ngx_conf_bitmask_t { name: ngx_string!("off"), mask: NGX_HTTP_GZIP_PROXIED_OFF },
    ngx_conf_bitmask_t { name: ngx_string!("expired"), mask: NGX_HTTP_GZIP_PROXIED_EXPIRED },
    ngx_conf_bitmask_t { name: ngx_string!("no-cache"), mask: NGX_HTTP_GZIP_PROXIED_NO_CACHE },
    ngx_conf_bitmask_t { name: ngx_string!("no-store"), mask: NGX_HTTP_GZIP_PROXIED_NO_STORE },
    ngx_conf_bitmask_t { name: ngx_string!("private"), mask: NGX_HTTP_GZIP_PROXIED_PRIVATE },
    ngx_conf_bitmask_t { name: ngx_string!("no_last_modified"), mask: NGX_HTTP_GZIP_PROXIED_NO_LM },
    ngx_conf_bitmask_t { name: ngx_string!("no_etag"), mask: NGX_HTTP_GZIP_PROXIED_NO_ETAG },
    ngx_conf_bitmask_t { name: ngx_string!("auth"), mask: NGX_HTTP_GZIP_PROXIED_AUTH },
    ngx_conf_bitmask_t { name: ngx_string!("any"), mask: NGX_HTTP_GZIP_PROXIED_ANY },
    ngx_conf_bitmask_t { name: ngx_null_string, mask: 0 },
];

static ngx_http_gzip_no_cache: ngx_str_t = ngx_string!("no-cache");
static ngx_http_gzip_no_store: ngx_str_t = ngx_string!("no-store");
static ngx_http_gzip_private: ngx_str_t = ngx_string!("private");

static ngx_http_core_commands: &[ngx_command_t] = &[
    ngx_command_t {
        name: ngx_string!("variables_hash_max_size"),
        type_: NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_num_slot),
        conf: NGX_HTTP_MAIN_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_main_conf_t, variables_hash_max_size: ngx_uint_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("variables_hash_bucket_size"),
        type_: NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_num_slot),
        conf: NGX_HTTP_MAIN_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_main_conf_t, variables_hash_bucket_size: ngx_uint_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("server_names_hash_max_size"),
        type_: NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_num_slot),
        conf: NGX_HTTP_MAIN_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_main_conf_t, server_names_hash_max_size: ngx_uint_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("server_names_hash_bucket_size"),
        type_: NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_num_slot),
        conf: NGX_HTTP_MAIN_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_main_conf_t, server_names_hash_bucket_size: ngx_uint_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("server"),
        type_: NGX_HTTP_MAIN_CONF | NGX_CONF_BLOCK | NGX_CONF_NOARGS,
        set: Some(ngx_http_core_server),
        conf: 0,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("connection_pool_size"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_size_slot),
        conf: NGX_HTTP_SRV_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_srv_conf_t, connection_pool_size: usize),
        post: (&raw const ngx_http_core_pool_size_p).cast(),
    },
    ngx_command_t {
        name: ngx_string!("request_pool_size"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_size_slot),
        conf: NGX_HTTP_SRV_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_srv_conf_t, request_pool_size: usize),
        post: (&raw const ngx_http_core_pool_size_p).cast(),
    },
    ngx_command_t {
        name: ngx_string!("client_header_timeout"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_msec_slot),
        conf: NGX_HTTP_SRV_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_srv_conf_t, client_header_timeout: ngx_msec_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("client_header_buffer_size"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_size_slot),
        conf: NGX_HTTP_SRV_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_srv_conf_t, client_header_buffer_size: usize),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("large_client_header_buffers"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_TAKE2,
        set: Some(ngx_conf_set_bufs_slot),
        conf: NGX_HTTP_SRV_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_srv_conf_t, large_client_header_buffers: ngx_bufs_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("max_headers"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_num_slot),
        conf: NGX_HTTP_SRV_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_srv_conf_t, max_headers: ngx_uint_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("ignore_invalid_headers"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: NGX_HTTP_SRV_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_srv_conf_t, ignore_invalid_headers: ngx_flag_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("merge_slashes"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: NGX_HTTP_SRV_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_srv_conf_t, merge_slashes: ngx_flag_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("underscores_in_headers"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: NGX_HTTP_SRV_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_srv_conf_t, underscores_in_headers: ngx_flag_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("location"),
        type_: NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_BLOCK | NGX_CONF_TAKE12,
        set: Some(ngx_http_core_location),
        conf: NGX_HTTP_SRV_CONF_OFFSET,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("listen"),
        type_: NGX_HTTP_SRV_CONF | NGX_CONF_1MORE,
        set: Some(ngx_http_core_listen),
        conf: NGX_HTTP_SRV_CONF_OFFSET,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("server_name"),
        type_: NGX_HTTP_SRV_CONF | NGX_CONF_1MORE,
        set: Some(ngx_http_core_server_name),
        conf: NGX_HTTP_SRV_CONF_OFFSET,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("types_hash_max_size"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_num_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, types_hash_max_size: ngx_uint_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("types_hash_bucket_size"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_num_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, types_hash_bucket_size: ngx_uint_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("types"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_BLOCK | NGX_CONF_NOARGS,
        set: Some(ngx_http_core_types),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("default_type"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_str_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, default_type: ngx_str_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("root"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_HTTP_LIF_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_http_core_root),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("alias"),
        type_: NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_http_core_root),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("limit_except"),
        type_: NGX_HTTP_LOC_CONF | NGX_CONF_BLOCK | NGX_CONF_1MORE,
        set: Some(ngx_http_core_limit_except),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("client_max_body_size"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_off_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, client_max_body_size: off_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("client_body_buffer_size"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_size_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, client_body_buffer_size: usize),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("client_body_timeout"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_msec_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, client_body_timeout: ngx_msec_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("client_body_temp_path"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1234,
        set: Some(ngx_conf_set_path_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, client_body_temp_path: *mut ngx_path_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("client_body_in_file_only"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_enum_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, client_body_in_file_only: ngx_uint_t),
        post: (&raw const ngx_http_core_request_body_in_file).cast(),
    },
    ngx_command_t {
        name: ngx_string!("client_body_in_single_buffer"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, client_body_in_single_buffer: ngx_flag_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("client_body_early_read"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_1MORE,
        set: Some(ngx_http_set_predicate_slot),
        conf: NGX_HTTP_SRV_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_srv_conf_t, client_body_early_read: *mut ngx_array_t<ngx_http_complex_value_t>),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("sendfile"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_HTTP_LIF_CONF | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, sendfile: ngx_flag_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("sendfile_max_chunk"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_size_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, sendfile_max_chunk: usize),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("subrequest_output_buffer_size"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_size_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, subrequest_output_buffer_size: usize),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("aio"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_http_core_set_aio),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("aio_write"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, aio_write: ngx_flag_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("read_ahead"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_size_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, read_ahead: usize),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("directio"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_http_core_directio),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("directio_alignment"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_off_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, directio_alignment: off_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("tcp_nopush"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, tcp_nopush: ngx_flag_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("tcp_nodelay"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, tcp_nodelay: ngx_flag_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("send_timeout"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_msec_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, send_timeout: ngx_msec_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("send_lowat"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_size_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, send_lowat: usize),
        post: (&raw const ngx_http_core_lowat_post).cast(),
    },
    ngx_command_t {
        name: ngx_string!("postpone_output"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_size_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, postpone_output: usize),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("limit_rate"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_HTTP_LIF_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_http_set_complex_value_size_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, limit_rate: *mut ngx_http_complex_value_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("limit_rate_after"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_HTTP_LIF_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_http_set_complex_value_size_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, limit_rate_after: *mut ngx_http_complex_value_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("keepalive_time"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_msec_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, keepalive_time: ngx_msec_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("keepalive_timeout"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE12,
        set: Some(ngx_http_core_keepalive),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("keepalive_min_timeout"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_msec_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, keepalive_min_timeout: ngx_msec_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("keepalive_requests"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_num_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, keepalive_requests: ngx_uint_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("keepalive_disable"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE12,
        set: Some(ngx_conf_set_bitmask_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, keepalive_disable: ngx_uint_t),
        post: (&raw const ngx_http_core_keepalive_disable).cast(),
    },
    ngx_command_t {
        name: ngx_string!("satisfy"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_enum_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, satisfy: ngx_uint_t),
        post: (&raw const ngx_http_core_satisfy).cast(),
    },
    ngx_command_t {
        name: ngx_string!("auth_delay"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_msec_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, auth_delay: ngx_msec_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("internal"),
        type_: NGX_HTTP_LOC_CONF | NGX_CONF_NOARGS,
        set: Some(ngx_http_core_internal),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("lingering_close"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_enum_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, lingering_close: ngx_uint_t),
        post: (&raw const ngx_http_core_lingering_close).cast(),
    },
    ngx_command_t {
        name: ngx_string!("lingering_time"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_msec_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, lingering_time: ngx_msec_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("lingering_timeout"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_msec_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, lingering_timeout: ngx_msec_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("reset_timedout_connection"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, reset_timedout_connection: ngx_flag_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("absolute_redirect"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, absolute_redirect: ngx_flag_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("server_name_in_redirect"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, server_name_in_redirect: ngx_flag_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("port_in_redirect"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, port_in_redirect: ngx_flag_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("msie_padding"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, msie_padding: ngx_flag_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("msie_refresh"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, msie_refresh: ngx_flag_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("log_not_found"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, log_not_found: ngx_flag_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("log_subrequest"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, log_subrequest: ngx_flag_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("recursive_error_pages"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, recursive_error_pages: ngx_flag_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("server_tokens"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_enum_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, server_tokens: ngx_uint_t),
        post: (&raw const ngx_http_core_server_tokens).cast(),
    },
    ngx_command_t {
        name: ngx_string!("if_modified_since"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_enum_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, if_modified_since: ngx_uint_t),
        post: (&raw const ngx_http_core_if_modified_since).cast(),
    },
    ngx_command_t {
        name: ngx_string!("max_ranges"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_num_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, max_ranges: ngx_uint_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("chunked_transfer_encoding"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, chunked_transfer_encoding: ngx_flag_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("etag"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, etag: ngx_flag_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("early_hints"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_1MORE,
        set: Some(ngx_http_set_predicate_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, early_hints: *mut ngx_array_t<ngx_http_complex_value_t>),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("error_page"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_HTTP_LIF_CONF | NGX_CONF_2MORE,
        set: Some(ngx_http_core_error_page),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("post_action"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_HTTP_LIF_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_str_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, post_action: ngx_str_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("error_log"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_1MORE,
        set: Some(ngx_http_core_error_log),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("open_file_cache"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE12,
        set: Some(ngx_http_core_open_file_cache),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, open_file_cache: *mut ngx_open_file_cache_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("open_file_cache_valid"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_sec_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, open_file_cache_valid: time_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("open_file_cache_min_uses"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_num_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, open_file_cache_min_uses: ngx_uint_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("open_file_cache_errors"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, open_file_cache_errors: ngx_flag_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("open_file_cache_events"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, open_file_cache_events: ngx_flag_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("gzip_vary"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_FLAG,
        set: Some(ngx_conf_set_flag_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, gzip_vary: ngx_flag_t),
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("gzip_http_version"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        set: Some(ngx_conf_set_enum_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, gzip_http_version: ngx_uint_t),
        post: (&raw const ngx_http_gzip_http_version).cast(),
    },
    ngx_command_t {
        name: ngx_string!("gzip_proxied"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_1MORE,
        set: Some(ngx_conf_set_bitmask_slot),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: ngx_offsetof!(ngx_http_core_loc_conf_t, gzip_proxied: ngx_uint_t),
        post: (&raw const ngx_http_gzip_proxied_mask).cast(),
    },
    ngx_command_t {
        name: ngx_string!("gzip_disable"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_1MORE,
        set: Some(ngx_http_gzip_disable),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: 0,
        post: null(),
    },
    ngx_command_t {
        name: ngx_string!("disable_symlinks"),
        type_: NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE12,
        set: Some(ngx_http_disable_symlinks),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset: 0,
        post: null(),
    },
];

static ngx_http_core_module_ctx: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: Some(ngx_http_core_preconfiguration),
    postconfiguration: Some(ngx_http_core_postconfiguration),

    create_main_conf: Some(ngx_http_core_create_main_conf),
    init_main_conf: Some(ngx_http_core_init_main_conf),

    create_srv_conf: Some(ngx_http_core_create_srv_conf),
    merge_srv_conf: Some(ngx_http_core_merge_srv_conf),

    create_loc_conf: Some(ngx_http_core_create_loc_conf),
    merge_loc_conf: Some(ngx_http_core_merge_loc_conf),
};

pub static ngx_http_core_module: ngx_module_t = ngx_module_t {
    name: c"ngx_http_core_module",
    ctx: (&raw const ngx_http_core_module_ctx).cast(),
    commands: ngx_http_core_commands,
    type_: NGX_HTTP_MODULE,
    ..NGX_MODULE_V1()
};

pub static ngx_http_core_get_method: ngx_global_t<ngx_str_t> = ngx_global_t::new(ngx_string!("GET"));

pub unsafe fn ngx_http_handler(r: *mut ngx_http_request_t) {
    (*(*(*r).connection).log).action = null();

    if !(*r).internal {
        if (*r).method != NGX_HTTP_CONNECT {
            match (*r).headers_in.connection_type as ngx_uint_t {
                0 => (*r).keepalive = (*r).http_version > NGX_HTTP_VERSION_10,
                NGX_HTTP_CONNECTION_CLOSE => (*r).keepalive = false,
                NGX_HTTP_CONNECTION_KEEP_ALIVE => (*r).keepalive = true,
                _ => {}
            }
        }

        (*r).lingering_close = (*r).headers_in.content_length_n > 0 || (*r).headers_in.chunked;
        (*r).phase_handler = 0;
    } else {
        let cmcf: *mut ngx_http_core_main_conf_t = ngx_http_get_module_main_conf(r, &ngx_http_core_module);
        (*r).phase_handler = (*cmcf).phase_engine.server_rewrite_index as ngx_int_t;
    }

    (*r).valid_location = true;
    (*r).gzip_tested = false;
    (*r).gzip_ok = false;
    (*r).gzip_vary = false;

    (*r).write_event_handler = Some(ngx_http_core_run_phases);
    ngx_http_core_run_phases(r);
}

pub unsafe fn ngx_http_core_run_phases(r: *mut ngx_http_request_t) {
    let cmcf: *mut ngx_http_core_main_conf_t = ngx_http_get_module_main_conf(r, &ngx_http_core_module);

    let handlers = (*cmcf).phase_engine.handlers;

    loop {
        let ph = handlers.offset((*r).phase_handler);

        let Some(checker) = (*ph).checker else {
            return;
        };

        let rc = checker(r, ph);

        if rc == NGX_OK {
            // r may be gone
            return;
        }
    }
}

pub unsafe fn ngx_http_core_generic_phase(r: *mut ngx_http_request_t, ph: *mut ngx_http_phase_handler_t) -> ngx_int_t {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "generic phase: %ui", (*r).phase_handler);

    let rc = (*ph).handler.unwrap()(r);

    if rc == NGX_OK {
        (*r).phase_handler = (*ph).next as ngx_int_t;
        return NGX_AGAIN;
    }

    if rc == NGX_DECLINED {
        (*r).phase_handler += 1;
        return NGX_AGAIN;
    }

    if rc == NGX_AGAIN || rc == NGX_DONE {
        return NGX_OK;
    }

    // NGX_ERROR or a status

    ngx_http_finalize_request(r, rc);

    NGX_OK
}

pub unsafe fn ngx_http_core_rewrite_phase(r: *mut ngx_http_request_t, ph: *mut ngx_http_phase_handler_t) -> ngx_int_t {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "rewrite phase: %ui", (*r).phase_handler);

    let rc = (*ph).handler.unwrap()(r);

    if rc == NGX_DECLINED {
        (*r).phase_handler += 1;
        return NGX_AGAIN;
    }

    if rc == NGX_DONE {
        return NGX_OK;
    }

    // all the rest, NGX_OK and NGX_AGAIN too

    ngx_http_finalize_request(r, rc);

    NGX_OK
}

pub unsafe fn ngx_http_core_find_config_phase(
    r: *mut ngx_http_request_t,
    _ph: *mut ngx_http_phase_handler_t,
) -> ngx_int_t {
    (*r).content_handler = None;
    (*r).uri_changed = false;

    let rc = ngx_http_core_find_location(r);

    if rc == NGX_ERROR {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return NGX_OK;
    }

    let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

    if !(*r).internal && (*clcf).internal != 0 {
        ngx_http_finalize_request(r, NGX_HTTP_NOT_FOUND);
        return NGX_OK;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                   "using configuration \"%s%V\"",
                   if (*clcf).noname { "*" } else if (*clcf).exact_match { "=" } else { "" },
                   (*clcf).name);

    ngx_http_update_location_config(r);

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                   "http cl:%O max:%O", (*r).headers_in.content_length_n, (*clcf).client_max_body_size);

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
        return NGX_OK;
    }

    if rc == NGX_DONE {
        ngx_http_clear_location(r);

        (*r).headers_out.location = ngx_list_push(&raw mut (*r).headers_out.headers);
        if (*r).headers_out.location.is_null() {
            ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
            return NGX_OK;
        }

        (*(*r).headers_out.location).hash = 1;
        (*(*r).headers_out.location).next = null_mut();
        ngx_str_set!(&raw mut (*(*r).headers_out.location).key, "Location");

        if (*r).args.len == 0 {
            (*(*r).headers_out.location).value = (*clcf).escaped_name;
        } else {
            let len = (*clcf).escaped_name.len + 1 + (*r).args.len;
            let mut p = ngx_pnalloc((*r).pool, len);

            if p.is_null() {
                ngx_http_clear_location(r);
                ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
                return NGX_OK;
            }

            (*(*r).headers_out.location).value.len = len;
            (*(*r).headers_out.location).value.data = p;

            p = ngx_cpymem(p, (*clcf).escaped_name.data, (*clcf).escaped_name.len);
            *p = b'?';
            p = p.add(1);
            ngx_memcpy(p, (*r).args.data, (*r).args.len);
        }

        ngx_http_finalize_request(r, NGX_HTTP_MOVED_PERMANENTLY);
        return NGX_OK;
    }

    (*r).phase_handler += 1;
    NGX_AGAIN
}

/// `r->uri_changes--` of a field that has four bits in C.
#[inline(always)]
unsafe fn ngx_http_uri_changes_dec(r: *mut ngx_http_request_t) {
    (*r).uri_changes = (*r).uri_changes.wrapping_sub(1) & 0x0f;
}

pub unsafe fn ngx_http_core_post_rewrite_phase(
    r: *mut ngx_http_request_t,
    ph: *mut ngx_http_phase_handler_t,
) -> ngx_int_t {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "post rewrite phase: %ui", (*r).phase_handler);

    if !(*r).uri_changed {
        (*r).phase_handler += 1;
        return NGX_AGAIN;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "uri changes: %d", (*r).uri_changes);

    ngx_http_uri_changes_dec(r);

    if (*r).uri_changes == 0 {
        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                       "rewrite or internal redirection cycle while processing \"%V\"", (*r).uri);

        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return NGX_OK;
    }

    (*r).phase_handler = (*ph).next as ngx_int_t;

    let cscf: *mut ngx_http_core_srv_conf_t = ngx_http_get_module_srv_conf(r, &ngx_http_core_module);
    (*r).loc_conf = (*(*cscf).ctx).loc_conf;

    NGX_AGAIN
}

pub unsafe fn ngx_http_core_access_phase(r: *mut ngx_http_request_t, ph: *mut ngx_http_phase_handler_t) -> ngx_int_t {
    if r != (*r).main {
        (*r).phase_handler = (*ph).next as ngx_int_t;
        return NGX_AGAIN;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "access phase: %ui", (*r).phase_handler);

    let rc = (*ph).handler.unwrap()(r);

    if rc == NGX_DECLINED {
        (*r).phase_handler += 1;
        return NGX_AGAIN;
    }

    if rc == NGX_AGAIN || rc == NGX_DONE {
        return NGX_OK;
    }

    let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

    if (*clcf).satisfy == NGX_HTTP_SATISFY_ALL {
        if rc == NGX_OK {
            (*r).phase_handler += 1;
            return NGX_AGAIN;
        }
    } else {
        if rc == NGX_OK {
            (*r).access_code = 0;

            let mut h = if ngx_http_proxy_auth(r) {
                (*r).headers_out.proxy_authenticate
            } else {
                (*r).headers_out.www_authenticate
            };

            while !h.is_null() {
                (*h).hash = 0;
                h = (*h).next;
            }

            (*r).phase_handler = (*ph).next as ngx_int_t;
            return NGX_AGAIN;
        }

        if rc == NGX_HTTP_FORBIDDEN || rc == NGX_HTTP_UNAUTHORIZED || rc == NGX_HTTP_PROXY_AUTH_REQUIRED {
            if (*r).access_code != NGX_HTTP_UNAUTHORIZED as ngx_uint_t
                && (*r).access_code != NGX_HTTP_PROXY_AUTH_REQUIRED as ngx_uint_t
            {
                (*r).access_code = rc as ngx_uint_t;
            }

            (*r).phase_handler += 1;
            return NGX_AGAIN;
        }
    }

    // NGX_ERROR or a status

    if rc == NGX_HTTP_UNAUTHORIZED || rc == NGX_HTTP_PROXY_AUTH_REQUIRED {
        (*r).access_code = rc as ngx_uint_t;
        return ngx_http_core_auth_delay(r);
    }

    ngx_http_finalize_request(r, rc);
    NGX_OK
}

pub unsafe fn ngx_http_core_post_access_phase(
    r: *mut ngx_http_request_t,
    _ph: *mut ngx_http_phase_handler_t,
) -> ngx_int_t {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "post access phase: %ui", (*r).phase_handler);

    let access_code = (*r).access_code as ngx_int_t;

    if access_code != 0 {
        if access_code == NGX_HTTP_FORBIDDEN {
            ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0; "access forbidden by rule");
        }

        if access_code == NGX_HTTP_UNAUTHORIZED || access_code == NGX_HTTP_PROXY_AUTH_REQUIRED {
            return ngx_http_core_auth_delay(r);
        }

        (*r).access_code = 0;

        ngx_http_finalize_request(r, access_code);
        return NGX_OK;
    }

    (*r).phase_handler += 1;
    NGX_AGAIN
}

unsafe fn ngx_http_core_auth_delay(r: *mut ngx_http_request_t) -> ngx_int_t {
    let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

    if (*clcf).auth_delay == 0 {
        let access_code = (*r).access_code as ngx_int_t;
        (*r).access_code = 0;

        ngx_http_finalize_request(r, access_code);
        return NGX_OK;
    }

    ngx_log_error!(NGX_LOG_INFO, (*(*r).connection).log, 0; "delaying unauthorized request");

    if (*(*(*r).connection).read).ready {
        ngx_post_event((*(*r).connection).read, ngx_posted_events.ptr());
    } else if ngx_handle_read_event((*(*r).connection).read, 0) != NGX_OK {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    (*r).read_event_handler = Some(ngx_http_test_reading);
    (*r).write_event_handler = Some(ngx_http_core_auth_delay_handler);

    (*(*(*r).connection).write).delayed = true;
    ngx_add_timer((*(*r).connection).write, (*clcf).auth_delay);

    // one turn of the event loop more, so that the time it takes says nothing

    ngx_post_event((*(*r).connection).write, ngx_posted_next_events.ptr());

    NGX_OK
}

unsafe fn ngx_http_core_auth_delay_handler(r: *mut ngx_http_request_t) {
    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "auth delay handler");

    let wev = (*(*r).connection).write;

    if (*wev).delayed {
        if ngx_handle_write_event(wev, 0) != NGX_OK {
            ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        }

        return;
    }

    let access_code = (*r).access_code as ngx_int_t;
    (*r).access_code = 0;

    ngx_http_finalize_request(r, access_code);
}

pub unsafe fn ngx_http_core_content_phase(
    r: *mut ngx_http_request_t,
    mut ph: *mut ngx_http_phase_handler_t,
) -> ngx_int_t {
    if let Some(content_handler) = (*r).content_handler {
        (*r).write_event_handler = Some(ngx_http_request_empty_handler);
        ngx_http_finalize_request(r, content_handler(r));
        return NGX_OK;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "content phase: %ui", (*r).phase_handler);

    let rc = (*ph).handler.unwrap()(r);

    if rc != NGX_DECLINED {
        ngx_http_finalize_request(r, rc);
        return NGX_OK;
    }

    ph = ph.add(1);

    if (*ph).checker.is_some() {
        (*r).phase_handler += 1;
        return NGX_AGAIN;
    }

    // no handler was the right one

    if (*r).uri.bytes().last() == Some(&b'/') {
        let mut path = ngx_null_string;
        let mut root = 0;

        if !ngx_http_map_uri_to_path(r, &raw mut path, &raw mut root, 0).is_null() {
            ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                           "directory index of \"%s\" is forbidden", path.data);
        }

        ngx_http_finalize_request(r, NGX_HTTP_FORBIDDEN);
        return NGX_OK;
    }

    ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0; "no handler found");

    ngx_http_finalize_request(r, NGX_HTTP_NOT_FOUND);
    NGX_OK
}

pub unsafe fn ngx_http_update_location_config(r: *mut ngx_http_request_t) {
    let mut clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

    if (*r).method & (*clcf).limit_except as ngx_uint_t != 0 {
        (*r).loc_conf = (*clcf).limit_except_loc_conf;
        clcf = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);
    }

    let c = (*r).connection;

    if r == (*r).main {
        ngx_set_connection_log(c, (*clcf).error_log);
    }

    (*c).sendfile = (*ngx_io.ptr()).flags & NGX_IO_SENDFILE != 0 && (*clcf).sendfile != 0;

    if (*clcf).client_body_in_file_only != 0 {
        (*r).request_body_in_file_only = true;
        (*r).request_body_in_persistent_file = true;
        (*r).request_body_in_clean_file = (*clcf).client_body_in_file_only == NGX_HTTP_REQUEST_BODY_FILE_CLEAN;
        (*r).request_body_file_log_level = NGX_LOG_NOTICE as u8;
    } else {
        (*r).request_body_file_log_level = NGX_LOG_WARN as u8;
    }

    (*r).request_body_in_single_buf = (*clcf).client_body_in_single_buffer != 0;

    if (*r).keepalive {
        if (*clcf).keepalive_timeout == 0
            || (*c).requests >= (*clcf).keepalive_requests
            || ngx_current_msec.get().wrapping_sub((*c).start_time) > (*clcf).keepalive_time
        {
            (*r).keepalive = false;
        } else if (*r).headers_in.msie6
            && (*r).method == NGX_HTTP_POST
            && (*clcf).keepalive_disable & NGX_HTTP_KEEPALIVE_DISABLE_MSIE6 != 0
        {
            // MSIE 6 may stall after the response to a POST
            (*r).keepalive = false;
        } else if (*r).headers_in.safari && (*clcf).keepalive_disable & NGX_HTTP_KEEPALIVE_DISABLE_SAFARI != 0 {
            // Safari may POST into a connection that is closed already: WebKit's bug 5760
            (*r).keepalive = false;
        }
    }

    if (*clcf).tcp_nopush == 0 {
        (*c).tcp_nopush = NGX_TCP_NOPUSH_DISABLED as u8;
    }

    if (*clcf).handler.is_some() {
        (*r).content_handler = (*clcf).handler;
    }
}

/// NGX_OK: an exact or a regex location. NGX_DONE: a redirect to the name with a slash. NGX_AGAIN: an inclusive
/// location. NGX_DECLINED: none. NGX_ERROR: a regex failed.
unsafe fn ngx_http_core_find_location(r: *mut ngx_http_request_t) -> ngx_int_t {
    #[cfg(feature = "pcre")]
    let mut noregex = false;

    let pclcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

    let mut rc = ngx_http_core_find_static_location(r, (*pclcf).static_locations);

    if rc == NGX_AGAIN {
        #[cfg(feature = "pcre")]
        {
            let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

            noregex = (*clcf).noregex;
        }

        // the nested ones

        rc = ngx_http_core_find_location(r);
    }

    if rc == NGX_OK || rc == NGX_DONE {
        return rc;
    }

    // NGX_DECLINED here, or anything but a find from the nested ones

    #[cfg(feature = "pcre")]
    if !noregex && !(*pclcf).regex_locations.is_null() {
        let mut clcfp = (*pclcf).regex_locations;

        while !(*clcfp).is_null() {
            ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                           "test location: ~ \"%V\"", (*(*clcfp)).name);

            let n = ngx_http_regex_exec(r, (*(*clcfp)).regex, &raw mut (*r).uri);

            if n == NGX_OK {
                (*r).loc_conf = (*(*clcfp)).loc_conf;

                // the nested ones

                rc = ngx_http_core_find_location(r);

                return if rc == NGX_ERROR { rc } else { NGX_OK };
            }

            if n == NGX_DECLINED {
                clcfp = clcfp.add(1);
                continue;
            }

            return NGX_ERROR;
        }
    }

    rc
}

/// As ngx_http_core_find_location(), without NGX_ERROR.
unsafe fn ngx_http_core_find_static_location(
    r: *mut ngx_http_request_t,
    mut node: *mut ngx_http_location_tree_node_t,
) -> ngx_int_t {
    let mut len = (*r).uri.len;
    let mut uri = (*r).uri.data;

    let mut rv = NGX_DECLINED;

    loop {
        if node.is_null() {
            return rv;
        }

        let node_len = (*node).len as usize;
        let node_name: *mut u8 = (&raw mut (*node).name).cast();

        ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                       "test location: \"%*s\"", node_len, node_name);

        let n = if len <= node_len { len } else { node_len };

        let rc = ngx_filename_cmp(uri, node_name, n);

        if rc != 0 {
            node = if rc < 0 { (*node).left } else { (*node).right };

            continue;
        }

        if len > node_len {
            if !(*node).inclusive.is_null() {
                (*r).loc_conf = (*(*node).inclusive).loc_conf;
                rv = NGX_AGAIN;

                node = (*node).tree;
                uri = uri.add(n);
                len -= n;

                continue;
            }

            // only an exact one

            node = (*node).right;

            continue;
        }

        if len == node_len {
            if !(*node).exact.is_null() {
                (*r).loc_conf = (*(*node).exact).loc_conf;
                return NGX_OK;
            } else {
                (*r).loc_conf = (*(*node).inclusive).loc_conf;
                return NGX_AGAIN;
            }
        }

        // the name is longer than the URI

        if len + 1 == node_len && (*node).auto_redirect != 0 {
            (*r).loc_conf =
                if !(*node).exact.is_null() { (*(*node).exact).loc_conf } else { (*(*node).inclusive).loc_conf };
            rv = NGX_DONE;
        }

        node = (*node).left;
    }
}

/// NULL when the response's type is not in the list. An empty hash is "*".
pub unsafe fn ngx_http_test_content_type(r: *mut ngx_http_request_t, types_hash: *mut ngx_hash_t) -> *mut c_void {
    if (*types_hash).size == 0 {
        return core::ptr::without_provenance_mut(4);
    }

    if (*r).headers_out.content_type.len == 0 {
        return null_mut();
    }

    let len = (*r).headers_out.content_type_len;

    if (*r).headers_out.content_type_lowcase.is_null() {
        let lowcase = ngx_pnalloc((*r).pool, len);
        if lowcase.is_null() {
            return null_mut();
        }

        (*r).headers_out.content_type_lowcase = lowcase;

        let mut hash = 0;

        for i in 0..len {
            let c = ngx_tolower(*(*r).headers_out.content_type.data.add(i));
            hash = ngx_hash(hash, c);
            *lowcase.add(i) = c;
        }

        (*r).headers_out.content_type_hash = hash;
    }

    ngx_hash_find(types_hash, (*r).headers_out.content_type_hash, (*r).headers_out.content_type_lowcase, len)
}

pub unsafe fn ngx_http_set_content_type(r: *mut ngx_http_request_t) -> ngx_int_t {
    if (*r).headers_out.content_type.len != 0 {
        return NGX_OK;
    }

    let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

    if (*r).exten.len != 0 {
        let mut hash = 0;

        for i in 0..(*r).exten.len {
            let c = *(*r).exten.data.add(i);

            if c.is_ascii_uppercase() {
                let exten = ngx_pnalloc((*r).pool, (*r).exten.len);
                if exten.is_null() {
                    return NGX_ERROR;
                }

                hash = ngx_hash_strlow(exten, (*r).exten.data, (*r).exten.len);

                (*r).exten.data = exten;

                break;
            }

            hash = ngx_hash(hash, c);
        }

        let type_: *mut ngx_str_t =
            ngx_hash_find(&raw mut (*clcf).types_hash, hash, (*r).exten.data, (*r).exten.len).cast();

        if !type_.is_null() {
            (*r).headers_out.content_type_len = (*type_).len;
            (*r).headers_out.content_type = *type_;

            return NGX_OK;
        }
    }

    (*r).headers_out.content_type_len = (*clcf).default_type.len;
    (*r).headers_out.content_type = (*clcf).default_type;

    NGX_OK
}

pub unsafe fn ngx_http_set_exten(r: *mut ngx_http_request_t) {
    ngx_str_null(&raw mut (*r).exten);

    let mut i = (*r).uri.len as ngx_int_t - 1;

    while i > 1 {
        let p = (*r).uri.data.offset(i);

        if *p == b'.' && *p.sub(1) != b'/' {
            (*r).exten.len = (*r).uri.len - i as usize - 1;
            (*r).exten.data = p.add(1);

            return;
        } else if *p == b'/' {
            return;
        }

        i -= 1;
    }
}

pub unsafe fn ngx_http_set_etag(r: *mut ngx_http_request_t) -> ngx_int_t {
    let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

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

    (*etag).value.data = ngx_pnalloc((*r).pool, NGX_OFF_T_LEN + NGX_TIME_T_LEN + 3);
    if (*etag).value.data.is_null() {
        (*etag).hash = 0;
        return NGX_ERROR;
    }

    (*etag).value.len = ngx_sprintf!(
        (*etag).value.data,
        "\"%xT-%xO\"",
        (*r).headers_out.last_modified_time,
        (*r).headers_out.content_length_n
    )
    .offset_from_unsigned((*etag).value.data);

    (*r).headers_out.etag = etag;

    NGX_OK
}

pub unsafe fn ngx_http_weak_etag(r: *mut ngx_http_request_t) {
    let etag = (*r).headers_out.etag;

    if etag.is_null() {
        return;
    }

    if (*etag).value.len > 2 && *(*etag).value.data == b'W' && *(*etag).value.data.add(1) == b'/' {
        return;
    }

    if (*etag).value.len < 1 || *(*etag).value.data != b'"' {
        (*(*r).headers_out.etag).hash = 0;
        (*r).headers_out.etag = null_mut();
        return;
    }

    let p = ngx_pnalloc((*r).pool, (*etag).value.len + 2);
    if p.is_null() {
        (*(*r).headers_out.etag).hash = 0;
        (*r).headers_out.etag = null_mut();
        return;
    }

    let len = ngx_sprintf!(p, "W/%V", (*etag).value).offset_from_unsigned(p);

    (*etag).value.data = p;
    (*etag).value.len = len;
}

pub unsafe fn ngx_http_send_response(
    r: *mut ngx_http_request_t,
    status: ngx_uint_t,
    ct: *mut ngx_str_t,
    cv: *mut ngx_http_complex_value_t,
) -> ngx_int_t {
    let rc = ngx_http_discard_request_body(r);

    if rc != NGX_OK {
        return rc;
    }

    (*r).headers_out.status = status;

    let mut val = ngx_null_string;

    if ngx_http_complex_value(r, cv, &raw mut val) != NGX_OK {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if matches!(
        status as ngx_int_t,
        NGX_HTTP_MOVED_PERMANENTLY
            | NGX_HTTP_MOVED_TEMPORARILY
            | NGX_HTTP_SEE_OTHER
            | NGX_HTTP_TEMPORARY_REDIRECT
            | NGX_HTTP_PERMANENT_REDIRECT
    ) {
        ngx_http_clear_location(r);

        (*r).headers_out.location = ngx_list_push(&raw mut (*r).headers_out.headers);
        if (*r).headers_out.location.is_null() {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        (*(*r).headers_out.location).hash = 1;
        (*(*r).headers_out.location).next = null_mut();
        ngx_str_set!(&raw mut (*(*r).headers_out.location).key, "Location");
        (*(*r).headers_out.location).value = val;

        return status as ngx_int_t;
    }

    (*r).headers_out.content_length_n = val.len as off_t;

    if !ct.is_null() {
        (*r).headers_out.content_type_len = (*ct).len;
        (*r).headers_out.content_type = *ct;
    } else if ngx_http_set_content_type(r) != NGX_OK {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    let b = ngx_calloc_buf((*r).pool);
    if b.is_null() {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    (*b).pos = val.data;
    (*b).last = val.data.add(val.len);
    (*b).memory = val.len != 0;
    (*b).last_buf = r == (*r).main;
    (*b).last_in_chain = true;
    (*b).sync = !((*b).last_buf || (*b).memory);

    let mut out = ngx_chain_t { buf: b, next: null_mut() };

    let rc = ngx_http_send_header(r);

    if rc == NGX_ERROR || rc > NGX_OK || (*r).header_only {
        return rc;
    }

    ngx_http_output_filter(r, &raw mut out)
}

pub unsafe fn ngx_http_send_header(r: *mut ngx_http_request_t) -> ngx_int_t {
    if (*r).post_action {
        return NGX_OK;
    }

    if (*r).header_sent {
        ngx_log_error!(NGX_LOG_ALERT, (*(*r).connection).log, 0; "header already sent");
        return NGX_ERROR;
    }

    if (*r).err_status != 0 {
        (*r).headers_out.status = (*r).err_status;
        (*r).headers_out.status_line.len = 0;
    }

    ngx_http_top_header_filter.get().unwrap()(r)
}

pub unsafe fn ngx_http_send_early_hints(r: *mut ngx_http_request_t) -> ngx_int_t {
    if (*r).post_action {
        return NGX_OK;
    }

    if (*r).header_sent {
        ngx_log_error!(NGX_LOG_ALERT, (*(*r).connection).log, 0; "header already sent");
        return NGX_ERROR;
    }

    let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

    let rc = ngx_http_test_predicates(r, (*clcf).early_hints);

    if rc != NGX_DECLINED {
        return rc;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                   "http send early hints \"%V?%V\"", (*r).uri, (*r).args);

    ngx_http_top_early_hints_filter.get().unwrap()(r)
}

pub unsafe fn ngx_http_output_filter(r: *mut ngx_http_request_t, in_: *mut ngx_chain_t) -> ngx_int_t {
    let c = (*r).connection;

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*c).log, 0; "http output filter \"%V?%V\"", (*r).uri, (*r).args);

    let rc = ngx_http_top_body_filter.get().unwrap()(r, in_);

    if rc == NGX_ERROR {
        // whichever filter failed
        (*c).error = true;
    }

    rc
}

/// Returns where the NUL stands; `reserved` bytes more are free behind it. `path.len` counts them and the NUL.
pub unsafe fn ngx_http_map_uri_to_path(
    r: *mut ngx_http_request_t,
    path: *mut ngx_str_t,
    root_length: *mut usize,
    mut reserved: usize,
) -> *mut u8 {
    let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

    let mut alias = (*clcf).alias;

    // DEVIATION: in C a variable may ask while the URI is being rewritten, and below 0 is a length there (CVE-2026-15176)
    if alias != 0 && (!(*r).valid_location || (alias != NGX_MAX_SIZE_T_VALUE && (*r).uri.len < alias)) {
        ngx_log_error!(NGX_LOG_ALERT, (*(*r).connection).log, 0;
                       "\"alias\" cannot be used in location \"%V\" where URI was rewritten", (*clcf).name);
        return null_mut();
    }

    let mut last;

    if (*clcf).root_lengths.is_null() {
        *root_length = (*clcf).root.len;

        (*path).len = (*clcf).root.len + reserved + (*r).uri.len - alias + 1;

        (*path).data = ngx_pnalloc((*r).pool, (*path).len);
        if (*path).data.is_null() {
            return null_mut();
        }

        last = ngx_copy((*path).data, (*clcf).root.data, (*clcf).root.len);
    } else {
        if alias == NGX_MAX_SIZE_T_VALUE {
            reserved += if (*r).add_uri_to_alias { (*r).uri.len + 1 } else { 1 };
        } else {
            reserved += (*r).uri.len - alias + 1;
        }

        if ngx_http_script_run(
            r,
            path,
            (*(*clcf).root_lengths).elts.cast(),
            reserved,
            (*(*clcf).root_values).elts.cast(),
        )
        .is_null()
        {
            return null_mut();
        }

        if ngx_get_full_name((*r).pool, &raw mut (*ngx_cycle.get()).prefix, path) != NGX_OK {
            return null_mut();
        }

        *root_length = (*path).len - reserved;
        last = (*path).data.add(*root_length);

        if alias == NGX_MAX_SIZE_T_VALUE {
            if !(*r).add_uri_to_alias {
                *last = b'\0';
                return last;
            }

            alias = 0;
        }
    }

    last = ngx_copy(last, (*r).uri.data.add(alias), (*r).uri.len - alias);
    *last = b'\0';

    last
}

pub unsafe fn ngx_http_auth_basic_user(r: *mut ngx_http_request_t) -> ngx_int_t {
    // no user, but data: looked for before, in vain

    if (*r).headers_in.user.len == 0 && !(*r).headers_in.user.data.is_null() {
        return NGX_DECLINED;
    }

    let none: *mut u8 = c"".as_ptr().cast_mut().cast();

    let h = if ngx_http_proxy_auth(r) { (*r).headers_in.proxy_authorization } else { (*r).headers_in.authorization };

    if h.is_null() {
        (*r).headers_in.user.data = none;
        return NGX_DECLINED;
    }

    let basic = b"Basic ";
    let mut encoded = (*h).value;

    if encoded.len < basic.len() || ngx_strncasecmp(encoded.data, basic.as_ptr().cast_mut(), basic.len()) != 0 {
        (*r).headers_in.user.data = none;
        return NGX_DECLINED;
    }

    encoded.len -= basic.len();
    encoded.data = encoded.data.add(basic.len());

    while encoded.len != 0 && *encoded.data == b' ' {
        encoded.len -= 1;
        encoded.data = encoded.data.add(1);
    }

    if encoded.len == 0 {
        (*r).headers_in.user.data = none;
        return NGX_DECLINED;
    }

    let mut auth = ngx_null_string;

    auth.len = ngx_base64_decoded_length(encoded.len);
    auth.data = ngx_pnalloc((*r).pool, auth.len + 1);
    if auth.data.is_null() {
        return NGX_ERROR;
    }

    if ngx_decode_base64(&raw mut auth, &raw mut encoded) != NGX_OK {
        (*r).headers_in.user.data = none;
        return NGX_DECLINED;
    }

    *auth.data.add(auth.len) = b'\0';

    let len = memchr::memchr(b':', auth.bytes()).unwrap_or(auth.len);

    if len == 0 || len == auth.len {
        (*r).headers_in.user.data = none;
        return NGX_DECLINED;
    }

    (*r).headers_in.user.len = len;
    (*r).headers_in.user.data = auth.data;
    (*r).headers_in.passwd.len = auth.len - len - 1;
    (*r).headers_in.passwd.data = auth.data.add(len + 1);

    NGX_OK
}

pub unsafe fn ngx_http_gzip_ok(r: *mut ngx_http_request_t) -> ngx_int_t {
    (*r).gzip_tested = true;

    if r != (*r).main {
        return NGX_DECLINED;
    }

    let ae = (*r).headers_in.accept_encoding;
    if ae.is_null() {
        return NGX_DECLINED;
    }

    if (*ae).value.len < "gzip".len() {
        return NGX_DECLINED;
    }

    // the browsers begin with "gzip,"

    if ngx_memcmp((*ae).value.data, b"gzip,".as_ptr(), 5) != 0
        && ngx_http_gzip_accept_encoding(&raw mut (*ae).value) != NGX_OK
    {
        return NGX_DECLINED;
    }

    if ngx_http_gzip_client_ok(r) != NGX_OK {
        return NGX_DECLINED;
    }

    (*r).gzip_ok = true;

    NGX_OK
}

/// Ours: what ngx_http_gzip_ok() asks besides Accept-Encoding, for the precompressed module too.
#[inline]
pub unsafe fn ngx_http_gzip_client_ok(r: *mut ngx_http_request_t) -> ngx_int_t {
    let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_get_module_loc_conf(r, &ngx_http_core_module);

    if (*r).headers_in.msie6 && (*clcf).gzip_disable_msie6 != 0 {
        return NGX_DECLINED;
    }

    if (*r).http_version < (*clcf).gzip_http_version {
        return NGX_DECLINED;
    }

    'ok: {
        if (*r).headers_in.via.is_null() {
            break 'ok;
        }

        let p = (*clcf).gzip_proxied;

        if p & NGX_HTTP_GZIP_PROXIED_OFF != 0 {
            return NGX_DECLINED;
        }

        if p & NGX_HTTP_GZIP_PROXIED_ANY != 0 {
            break 'ok;
        }

        if !(*r).headers_in.authorization.is_null() && p & NGX_HTTP_GZIP_PROXIED_AUTH != 0 {
            break 'ok;
        }

        let e = (*r).headers_out.expires;

        if !e.is_null() {
            if p & NGX_HTTP_GZIP_PROXIED_EXPIRED == 0 {
                return NGX_DECLINED;
            }

            let expires = ngx_parse_http_time((*e).value.data, (*e).value.len);
            if expires == NGX_ERROR as time_t {
                return NGX_DECLINED;
            }

            let d = (*r).headers_out.date;

            let date;

            if !d.is_null() {
                date = ngx_parse_http_time((*d).value.data, (*d).value.len);
                if date == NGX_ERROR as time_t {
                    return NGX_DECLINED;
                }
            } else {
                date = ngx_time();
            }

            if expires < date {
                break 'ok;
            }

            return NGX_DECLINED;
        }

        let cc = (*r).headers_out.cache_control;

        if !cc.is_null() {
            if p & NGX_HTTP_GZIP_PROXIED_NO_CACHE != 0
                && !ngx_http_parse_multi_header_lines(r, cc, (&raw const ngx_http_gzip_no_cache).cast_mut(), null_mut())
                    .is_null()
            {
                break 'ok;
            }

            if p & NGX_HTTP_GZIP_PROXIED_NO_STORE != 0
                && !ngx_http_parse_multi_header_lines(r, cc, (&raw const ngx_http_gzip_no_store).cast_mut(), null_mut())
                    .is_null()
            {
                break 'ok;
            }

            if p & NGX_HTTP_GZIP_PROXIED_PRIVATE != 0
                && !ngx_http_parse_multi_header_lines(r, cc, (&raw const ngx_http_gzip_private).cast_mut(), null_mut())
                    .is_null()
            {
                break 'ok;
            }

            return NGX_DECLINED;
        }

        if p & NGX_HTTP_GZIP_PROXIED_NO_LM != 0 && !(*r).headers_out.last_modified.is_null() {
            return NGX_DECLINED;
        }

        if p & NGX_HTTP_GZIP_PROXIED_NO_ETAG != 0 && !(*r).headers_out.etag.is_null() {
            return NGX_DECLINED;
        }
    }

    #[cfg(feature = "pcre")]
    if !(*clcf).gzip_disable.is_null() && !(*r).headers_in.user_agent.is_null() {
        let user_agent = &raw mut (*(*r).headers_in.user_agent).value;

        if ngx_regex_exec_array((*clcf).gzip_disable, user_agent, (*(*r).connection).log) != NGX_DECLINED {
            return NGX_DECLINED;
        }
    }

    NGX_OK
}

/// Any quantity from 0.001 to 1.000 will do; without one, "gzip" itself. What is malformed is refused.
unsafe fn ngx_http_gzip_accept_encoding(ae: *mut ngx_str_t) -> ngx_int_t {
    let mut start = (*ae).data;
    let last = start.add((*ae).len);

    let mut p;

    loop {
        p = ngx_strcasestrn(start, c"gzip".as_ptr(), 4 - 1);
        if p.is_null() {
            return NGX_DECLINED;
        }

        if p == start || *p.sub(1) == b',' || *p.sub(1) == b' ' {
            break;
        }

        start = p.add(4);
    }

    p = p.add(4);

    'equal: {
        'quantity: {
            while p < last {
                let ch = *p;
                p = p.add(1);

                match ch {
                    b',' => return NGX_OK,
                    b';' => break 'quantity,
                    b' ' => continue,
                    _ => return NGX_DECLINED,
                }
            }

            return NGX_OK;
        }

        while p < last {
            let ch = *p;
            p = p.add(1);

            match ch {
                b'q' | b'Q' => break 'equal,
                b' ' => continue,
                _ => return NGX_DECLINED,
            }
        }

        return NGX_OK;
    }

    // p + 2 > last
    if last.offset_from_unsigned(p) < 2 || *p != b'=' {
        return NGX_DECLINED;
    }

    p = p.add(1);

    if ngx_http_gzip_quantity(p, last) == 0 {
        return NGX_DECLINED;
    }

    NGX_OK
}

/// In hundredths, or what the sum of the digits gives: only 0 matters. `p` is before `last`.
unsafe fn ngx_http_gzip_quantity(mut p: *mut u8, last: *mut u8) -> ngx_uint_t {
    let mut c = *p;
    p = p.add(1);

    if c != b'0' && c != b'1' {
        return 0;
    }

    let mut q = (c - b'0') as ngx_uint_t * 100;

    if p == last {
        return q;
    }

    c = *p;
    p = p.add(1);

    if c == b',' || c == b' ' {
        return q;
    }

    if c != b'.' {
        return 0;
    }

    let mut n = 0;

    while p < last {
        c = *p;
        p = p.add(1);

        if c == b',' || c == b' ' {
            break;
        }

        if c.is_ascii_digit() {
            q += (c - b'0') as ngx_uint_t;
            n += 1;
            continue;
        }

        return 0;
    }

    if q > 100 || n > 3 {
        return 0;
    }

    q
}

pub unsafe fn ngx_http_subrequest(
    r: *mut ngx_http_request_t,
    uri: *mut ngx_str_t,
    args: *mut ngx_str_t,
    psr: *mut *mut ngx_http_request_t,
    ps: *mut ngx_http_post_subrequest_t,
    flags: ngx_uint_t,
) -> ngx_int_t {
    if (*r).subrequests == 0 {
        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0; "subrequests cycle while processing \"%V\"", uri);
        return NGX_ERROR;
    }

    // the last 1000 are not for subrequests
    if (*(*r).main).count >= 65535 - 1000 {
        ngx_log_error!(NGX_LOG_CRIT, (*(*r).connection).log, 0;
                       "request reference counter overflow while processing \"%V\"", uri);
        return NGX_ERROR;
    }

    if (*r).subrequest_in_memory {
        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0; "nested in-memory subrequest \"%V\"", uri);
        return NGX_ERROR;
    }

    let sr: *mut ngx_http_request_t = ngx_pcalloc((*r).pool);
    if sr.is_null() {
        return NGX_ERROR;
    }

    (*sr).signature = NGX_HTTP_MODULE as u32;

    let c = (*r).connection;
    (*sr).connection = c;

    (*sr).ctx = ngx_pcalloc_n((*r).pool, ngx_http_max_module.get());
    if (*sr).ctx.is_null() {
        return NGX_ERROR;
    }

    if ngx_list_init(&raw mut (*sr).headers_out.headers, (*r).pool, 20) != NGX_OK {
        return NGX_ERROR;
    }

    if ngx_list_init(&raw mut (*sr).headers_out.trailers, (*r).pool, 4) != NGX_OK {
        return NGX_ERROR;
    }

    let posted: *mut ngx_http_posted_request_t = ngx_palloc((*r).pool);
    if posted.is_null() {
        return NGX_ERROR;
    }

    let cscf: *mut ngx_http_core_srv_conf_t = ngx_http_get_module_srv_conf(r, &ngx_http_core_module);
    (*sr).main_conf = (*(*cscf).ctx).main_conf;
    (*sr).srv_conf = (*(*cscf).ctx).srv_conf;
    (*sr).loc_conf = (*(*cscf).ctx).loc_conf;

    (*sr).pool = (*r).pool;

    (*sr).headers_in = (*r).headers_in;

    ngx_http_clear_content_length(sr);
    ngx_http_clear_accept_ranges(sr);
    ngx_http_clear_last_modified(sr);

    (*sr).request_body = (*r).request_body;

    (*sr).method = NGX_HTTP_GET;
    (*sr).http_version = (*r).http_version;

    (*sr).port = (*r).port;

    (*sr).request_line = (*r).request_line;
    (*sr).uri = *uri;

    if !args.is_null() {
        (*sr).args = *args;
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*c).log, 0; "http subrequest \"%V?%V\"", uri, (*sr).args);

    (*sr).subrequest_in_memory = flags & NGX_HTTP_SUBREQUEST_IN_MEMORY != 0;
    (*sr).waited = flags & NGX_HTTP_SUBREQUEST_WAITED != 0;
    (*sr).background = flags & NGX_HTTP_SUBREQUEST_BACKGROUND != 0;

    (*sr).unparsed_uri = (*r).unparsed_uri;
    (*sr).method_name = ngx_http_core_get_method.get();
    (*sr).http_protocol = (*r).http_protocol;
    (*sr).schema = (*r).schema;

    ngx_http_set_exten(sr);

    (*sr).main = (*r).main;
    (*sr).parent = r;
    (*sr).post_subrequest = ps;
    (*sr).read_event_handler = Some(ngx_http_request_empty_handler);
    (*sr).write_event_handler = Some(ngx_http_handler);

    (*sr).variables = (*r).variables;

    (*sr).log_handler = (*r).log_handler;

    if (*sr).subrequest_in_memory {
        (*sr).filter_need_in_memory = true;
    }

    if !(*sr).background {
        let pr: *mut ngx_http_postponed_request_t = ngx_palloc((*r).pool);
        if pr.is_null() {
            return NGX_ERROR;
        }

        (*pr).request = sr;
        (*pr).out = null_mut();
        (*pr).next = null_mut();

        if (*c).data == r.cast() && (*r).postponed.is_null() {
            (*c).data = sr.cast();
        }

        if !(*r).postponed.is_null() {
            let mut p = (*r).postponed;
            while !(*p).next.is_null() {
                p = (*p).next;
            }
            (*p).next = pr;
        } else {
            (*r).postponed = pr;
        }
    }

    (*sr).internal = true;

    (*sr).discard_body = (*r).discard_body;
    (*sr).expect_tested = true;
    (*sr).main_filter_need_in_memory = (*r).main_filter_need_in_memory;

    (*sr).uri_changes = NGX_HTTP_MAX_URI_CHANGES as u8 + 1;
    (*sr).subrequests = (*r).subrequests - 1;

    let tp = ngx_timeofday();
    (*sr).start_sec = (*tp).sec;
    (*sr).start_msec = (*tp).msec;

    (*(*r).main).count += 1;

    *psr = sr;

    if flags & NGX_HTTP_SUBREQUEST_CLONE != 0 {
        (*sr).method = (*r).method;
        (*sr).method_name = (*r).method_name;
        (*sr).loc_conf = (*r).loc_conf;
        (*sr).valid_location = (*r).valid_location;
        (*sr).valid_unparsed_uri = (*r).valid_unparsed_uri;
        (*sr).content_handler = (*r).content_handler;
        (*sr).phase_handler = (*r).phase_handler;
        (*sr).write_event_handler = Some(ngx_http_core_run_phases);

        (*sr).ncaptures = (*r).ncaptures;
        (*sr).captures = (*r).captures;
        (*sr).captures_data = (*r).captures_data;
        (*sr).realloc_captures = true;
        (*r).realloc_captures = true;

        ngx_http_update_location_config(sr);
    }

    ngx_http_post_request(sr, posted)
}

pub unsafe fn ngx_http_internal_redirect(
    r: *mut ngx_http_request_t,
    uri: *mut ngx_str_t,
    args: *mut ngx_str_t,
) -> ngx_int_t {
    ngx_http_uri_changes_dec(r);

    if (*r).uri_changes == 0 {
        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                       "rewrite or internal redirection cycle while internally redirecting to \"%V\"", uri);

        (*(*r).main).count += 1;
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return NGX_DONE;
    }

    (*r).uri = *uri;

    if !args.is_null() {
        (*r).args = *args;
    } else {
        ngx_str_null(&raw mut (*r).args);
    }

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                   "internal redirect: \"%V?%V\"", uri, (*r).args);

    ngx_http_set_exten(r);

    // the modules begin anew
    ngx_memzero((*r).ctx, size_of::<*mut c_void>() * ngx_http_max_module.get());

    let cscf: *mut ngx_http_core_srv_conf_t = ngx_http_get_module_srv_conf(r, &ngx_http_core_module);
    (*r).loc_conf = (*(*cscf).ctx).loc_conf;

    ngx_http_update_location_config(r);

    (*r).internal = true;
    (*r).valid_unparsed_uri = false;
    (*r).add_uri_to_alias = false;
    (*(*r).main).count += 1;

    ngx_http_handler(r);

    NGX_DONE
}

pub unsafe fn ngx_http_named_location(r: *mut ngx_http_request_t, name: *mut ngx_str_t) -> ngx_int_t {
    (*(*r).main).count += 1;
    ngx_http_uri_changes_dec(r);

    if (*r).uri_changes == 0 {
        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                       "rewrite or internal redirection cycle while redirect to named location \"%V\"", name);

        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return NGX_DONE;
    }

    if (*r).uri.len == 0 {
        ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0;
                       "empty URI in redirect to named location \"%V\"", name);

        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return NGX_DONE;
    }

    let cscf: *mut ngx_http_core_srv_conf_t = ngx_http_get_module_srv_conf(r, &ngx_http_core_module);

    if !(*cscf).named_locations.is_null() {
        let mut clcfp = (*cscf).named_locations;

        while !(*clcfp).is_null() {
            let clcf = *clcfp;
            clcfp = clcfp.add(1);

            ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "test location: \"%V\"", (*clcf).name);

            if (*name).len != (*clcf).name.len || ngx_strncmp((*name).data, (*clcf).name.data, (*name).len) != 0 {
                continue;
            }

            ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0;
                           "using location: %V \"%V?%V\"", name, (*r).uri, (*r).args);

            (*r).internal = true;
            (*r).content_handler = None;
            (*r).uri_changed = false;
            (*r).loc_conf = (*clcf).loc_conf;

            // the modules begin anew
            ngx_memzero((*r).ctx, size_of::<*mut c_void>() * ngx_http_max_module.get());

            ngx_http_update_location_config(r);

            let cmcf: *mut ngx_http_core_main_conf_t = ngx_http_get_module_main_conf(r, &ngx_http_core_module);

            (*r).phase_handler = (*cmcf).phase_engine.location_rewrite_index as ngx_int_t;

            (*r).write_event_handler = Some(ngx_http_core_run_phases);
            ngx_http_core_run_phases(r);

            return NGX_DONE;
        }
    }

    ngx_log_error!(NGX_LOG_ERR, (*(*r).connection).log, 0; "could not find named location \"%V\"", name);

    ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);

    NGX_DONE
}

pub unsafe fn ngx_http_cleanup_add(mut r: *mut ngx_http_request_t, size: usize) -> *mut ngx_http_cleanup_t {
    r = (*r).main;

    let cln: *mut ngx_http_cleanup_t = ngx_palloc((*r).pool);
    if cln.is_null() {
        return null_mut();
    }

    if size != 0 {
        (*cln).data = ngx_palloc_n::<u8>((*r).pool, size).cast();
        if (*cln).data.is_null() {
            return null_mut();
        }
    } else {
        (*cln).data = null_mut();
    }

    (*cln).handler = None;
    (*cln).next = (*r).cleanup;

    (*r).cleanup = cln;

    ngx_log_debug!(NGX_LOG_DEBUG_HTTP, (*(*r).connection).log, 0; "http cleanup add: %p", cln);

    cln
}

pub unsafe fn ngx_http_set_disable_symlinks(
    r: *mut ngx_http_request_t,
    clcf: *mut ngx_http_core_loc_conf_t,
    path: *mut ngx_str_t,
    of: *mut ngx_open_file_info_t,
) -> ngx_int_t {
    (*of).disable_symlinks = (*clcf).disable_symlinks as u8;

    if (*clcf).disable_symlinks_from.is_null() {
        return NGX_OK;
    }

    let mut from = ngx_null_string;

    if ngx_http_complex_value(r, (*clcf).disable_symlinks_from, &raw mut from) != NGX_OK {
        return NGX_ERROR;
    }

    if from.len == 0 || from.len > (*path).len || ngx_memcmp((*path).data, from.data, from.len) != 0 {
        return NGX_OK;
    }

    if from.len == (*path).len {
        (*of).disable_symlinks = NGX_DISABLE_SYMLINKS_OFF as u8;
        return NGX_OK;
    }

    let mut p = (*path).data.add(from.len);

    if *p == b'/' {
        (*of).disable_symlinks_from = from.len;
        return NGX_OK;
    }

    p = p.sub(1);

    if *p == b'/' {
        (*of).disable_symlinks_from = from.len - 1;
    }

    NGX_OK
}

pub unsafe fn ngx_http_get_forwarded_addr(
    r: *mut ngx_http_request_t,
    addr: *mut ngx_addr_t,
    mut headers: *mut ngx_table_elt_t,
    value: *mut ngx_str_t,
    proxies: *mut ngx_array_t<ngx_cidr_t>,
    recursive: c_int,
) -> ngx_int_t {
    if headers.is_null() {
        return ngx_http_get_forwarded_addr_internal(r, addr, (*value).data, (*value).len, proxies, recursive);
    }

    // the last header goes first

    let mut h = headers;
    headers = null_mut();

    while !h.is_null() {
        let next = (*h).next;
        (*h).next = headers;
        headers = h;
        h = next;
    }

    let mut rc = NGX_DECLINED;

    let mut found = false;

    h = headers;

    while !h.is_null() {
        rc = ngx_http_get_forwarded_addr_internal(r, addr, (*h).value.data, (*h).value.len, proxies, recursive);

        if recursive == 0 {
            break;
        }

        if rc == NGX_DECLINED && found {
            rc = NGX_DONE;
            break;
        }

        if rc != NGX_OK {
            break;
        }

        found = true;

        h = (*h).next;
    }

    // and back

    h = headers;
    headers = null_mut();

    while !h.is_null() {
        let next = (*h).next;
        (*h).next = headers;
        headers = h;
        h = next;
    }

    rc
}

unsafe fn ngx_http_get_forwarded_addr_internal(
    r: *mut ngx_http_request_t,
    addr: *mut ngx_addr_t,
    xff: *mut u8,
    mut xfflen: usize,
    proxies: *mut ngx_array_t<ngx_cidr_t>,
    recursive: c_int,
) -> ngx_int_t {
    let mut found = false;

    loop {
        if ngx_cidr_match((*addr).sockaddr, proxies) != NGX_OK {
            return if found { NGX_DONE } else { NGX_DECLINED };
        }

        if xfflen == 0 {
            // C takes the byte before the text for an address then, which it never is
            return if found { NGX_DONE } else { NGX_DECLINED };
        }

        let mut p = xff.add(xfflen - 1);

        while p > xff {
            if *p != b' ' && *p != b',' {
                break;
            }
            p = p.sub(1);
            xfflen -= 1;
        }

        while p > xff {
            if *p == b' ' || *p == b',' {
                p = p.add(1);
                break;
            }
            p = p.sub(1);
        }

        let mut paddr: ngx_addr_t = core::mem::zeroed();

        if ngx_parse_addr_port((*r).pool, &raw mut paddr, p, xfflen - p.offset_from_unsigned(xff)) != NGX_OK {
            return if found { NGX_DONE } else { NGX_DECLINED };
        }

        *addr = paddr;
        found = true;

        if recursive == 0 || p == xff {
            break;
        }

        xfflen = p.offset_from_unsigned(xff) - 1;
    }

    NGX_OK
}

/// Chains the client's header lines of one name by `next`, for those who pass all of them on.
pub unsafe fn ngx_http_link_multi_headers(r: *mut ngx_http_request_t) -> ngx_int_t {
    if (*r).headers_in.multi_linked {
        return NGX_OK;
    }

    (*r).headers_in.multi_linked = true;

    let mut part = &raw mut (*r).headers_in.headers.part;
    let mut header = (*part).elts;

    let mut i = 0;

    loop {
        if i >= (*part).nelts {
            if (*part).next.is_null() {
                break;
            }

            part = (*part).next;
            header = (*part).elts;
            i = 0;
        }

        let h = header.add(i);

        (*h).next = null_mut();

        // is there an earlier one of this name?

        let mut ppart = &raw mut (*r).headers_in.headers.part;
        let mut pheader = (*ppart).elts;

        let mut j = 0;

        loop {
            if j >= (*ppart).nelts {
                if (*ppart).next.is_null() {
                    break;
                }

                ppart = (*ppart).next;
                pheader = (*ppart).elts;
                j = 0;
            }

            if part == ppart && i == j {
                break;
            }

            let prev = pheader.add(j);

            if (*h).key.len == (*prev).key.len && ngx_strncasecmp((*h).key.data, (*prev).key.data, (*h).key.len) == 0 {
                let mut ph = &raw mut (*prev).next;
                while !(*ph).is_null() {
                    ph = &raw mut (*(*ph)).next;
                }
                *ph = h;

                (*r).headers_in.multi = true;

                break;
            }

            j += 1;
        }

        i += 1;
    }

    NGX_OK
}

unsafe fn ngx_http_core_server(cf: *mut ngx_conf_t, _cmd: *const ngx_command_t, _dummy: *mut c_void) -> ngx_conf_ret_t {
    let ctx: *mut ngx_http_conf_ctx_t = ngx_pcalloc((*cf).pool);
    if ctx.is_null() {
        return NGX_CONF_ERROR;
    }

    let http_ctx: *mut ngx_http_conf_ctx_t = (*cf).ctx.cast();
    (*ctx).main_conf = (*http_ctx).main_conf;

    (*ctx).srv_conf = ngx_pcalloc_n((*cf).pool, ngx_http_max_module.get());
    if (*ctx).srv_conf.is_null() {
        return NGX_CONF_ERROR;
    }

    (*ctx).loc_conf = ngx_pcalloc_n((*cf).pool, ngx_http_max_module.get());
    if (*ctx).loc_conf.is_null() {
        return NGX_CONF_ERROR;
    }

    let cycle = (*cf).cycle;

    for i in 0..(*cycle).modules_n {
        let mod_ = *(*cycle).modules.add(i);

        if (*mod_).type_ != NGX_HTTP_MODULE {
            continue;
        }

        let module: *const ngx_http_module_t = (*mod_).ctx.cast();
        let mi = (*mod_).ctx_index.get();

        if let Some(create_srv_conf) = (*module).create_srv_conf {
            let mconf = create_srv_conf(cf);
            if mconf.is_null() {
                return NGX_CONF_ERROR;
            }

            *(*ctx).srv_conf.add(mi) = mconf;
        }

        if let Some(create_loc_conf) = (*module).create_loc_conf {
            let mconf = create_loc_conf(cf);
            if mconf.is_null() {
                return NGX_CONF_ERROR;
            }

            *(*ctx).loc_conf.add(mi) = mconf;
        }
    }

    let cscf: *mut ngx_http_core_srv_conf_t = (*(*ctx).srv_conf.add(ngx_http_core_module.ctx_index.get())).cast();
    (*cscf).ctx = ctx;

    let cmcf: *mut ngx_http_core_main_conf_t = (*(*ctx).main_conf.add(ngx_http_core_module.ctx_index.get())).cast();

    let cscfp = ngx_array_push(&raw mut (*cmcf).servers);
    if cscfp.is_null() {
        return NGX_CONF_ERROR;
    }

    *cscfp = cscf;

    // parse inside server{}

    let pcf = *cf;
    (*cf).ctx = ctx.cast();
    (*cf).cmd_type = NGX_HTTP_SRV_CONF;

    let rv = ngx_conf_parse(cf, null_mut());

    *cf = pcf;

    if rv == NGX_CONF_OK && !(*cscf).listen {
        let mut lsopt: ngx_http_listen_opt_t = core::mem::zeroed();

        let sin: *mut sockaddr_in = ngx_pcalloc((*cf).pool);
        if sin.is_null() {
            return NGX_CONF_ERROR;
        }

        lsopt.sockaddr = sin.cast();

        (*sin).sin_family = libc::AF_INET as libc::sa_family_t;
        (*sin).sin_port = (if libc::getuid() == 0 { 80 } else { 8000 } as in_port_t).to_be();
        (*sin).sin_addr.s_addr = libc::INADDR_ANY;

        lsopt.socklen = size_of::<sockaddr_in>() as socklen_t;

        lsopt.backlog = NGX_LISTEN_BACKLOG;
        lsopt.type_ = libc::SOCK_STREAM;
        lsopt.rcvbuf = -1;
        lsopt.sndbuf = -1;
        lsopt.fastopen = -1;
        lsopt.wildcard = true;

        let len = NGX_INET_ADDRSTRLEN + ":65535".len();

        let p = ngx_pnalloc((*cf).pool, len);
        if p.is_null() {
            return NGX_CONF_ERROR;
        }

        lsopt.addr_text.data = p;
        lsopt.addr_text.len = ngx_sock_ntop(lsopt.sockaddr, lsopt.socklen, p, len, 1);

        if ngx_http_add_listen(cf, cscf, &raw mut lsopt) != NGX_OK {
            return NGX_CONF_ERROR;
        }
    }

    rv
}

unsafe fn ngx_http_core_location(
    cf: *mut ngx_conf_t,
    _cmd: *const ngx_command_t,
    _dummy: *mut c_void,
) -> ngx_conf_ret_t {
    let ctx: *mut ngx_http_conf_ctx_t = ngx_pcalloc((*cf).pool);
    if ctx.is_null() {
        return NGX_CONF_ERROR;
    }

    let pctx: *mut ngx_http_conf_ctx_t = (*cf).ctx.cast();
    (*ctx).main_conf = (*pctx).main_conf;
    (*ctx).srv_conf = (*pctx).srv_conf;

    (*ctx).loc_conf = ngx_pcalloc_n((*cf).pool, ngx_http_max_module.get());
    if (*ctx).loc_conf.is_null() {
        return NGX_CONF_ERROR;
    }

    let cycle = (*cf).cycle;

    for i in 0..(*cycle).modules_n {
        let mod_ = *(*cycle).modules.add(i);

        if (*mod_).type_ != NGX_HTTP_MODULE {
            continue;
        }

        let module: *const ngx_http_module_t = (*mod_).ctx.cast();
        let mi = (*mod_).ctx_index.get();

        if let Some(create_loc_conf) = (*module).create_loc_conf {
            *(*ctx).loc_conf.add(mi) = create_loc_conf(cf);
            if (*(*ctx).loc_conf.add(mi)).is_null() {
                return NGX_CONF_ERROR;
            }
        }
    }

    let clcf: *mut ngx_http_core_loc_conf_t = (*(*ctx).loc_conf.add(ngx_http_core_module.ctx_index.get())).cast();
    (*clcf).loc_conf = (*ctx).loc_conf;

    let value = (*(*cf).args).elts;

    if (*(*cf).args).nelts == 3 {
        let modifier = *value.add(1);
        let name = value.add(2);

        match modifier.bytes() {
            b"=" => {
                (*clcf).name = *name;
                (*clcf).exact_match = true;
            }

            b"^~" => {
                (*clcf).name = *name;
                (*clcf).noregex = true;
            }

            b"~" => {
                if ngx_http_core_regex_location(cf, clcf, name, false) != NGX_OK {
                    return NGX_CONF_ERROR;
                }
            }

            b"~*" => {
                if ngx_http_core_regex_location(cf, clcf, name, true) != NGX_OK {
                    return NGX_CONF_ERROR;
                }
            }

            _ => {
                ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid location modifier \"%V\"", modifier);
                return NGX_CONF_ERROR;
            }
        }
    } else {
        let name = value.add(1);

        if *(*name).data == b'=' {
            (*clcf).name.len = (*name).len - 1;
            (*clcf).name.data = (*name).data.add(1);
            (*clcf).exact_match = true;
        } else if *(*name).data == b'^' && *(*name).data.add(1) == b'~' {
            (*clcf).name.len = (*name).len - 2;
            (*clcf).name.data = (*name).data.add(2);
            (*clcf).noregex = true;
        } else if *(*name).data == b'~' {
            (*name).len -= 1;
            (*name).data = (*name).data.add(1);

            if *(*name).data == b'*' {
                (*name).len -= 1;
                (*name).data = (*name).data.add(1);

                if ngx_http_core_regex_location(cf, clcf, name, true) != NGX_OK {
                    return NGX_CONF_ERROR;
                }
            } else if ngx_http_core_regex_location(cf, clcf, name, false) != NGX_OK {
                return NGX_CONF_ERROR;
            }
        } else {
            (*clcf).name = *name;

            if *(*name).data == b'@' {
                (*clcf).named = true;
            }
        }
    }

    let pclcf: *mut ngx_http_core_loc_conf_t = (*(*pctx).loc_conf.add(ngx_http_core_module.ctx_index.get())).cast();

    if (*cf).cmd_type == NGX_HTTP_LOC_CONF {
        // a nested location

        if (*pclcf).exact_match {
            ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0;
                                "location \"%V\" cannot be inside the exact location \"%V\"",
                                (*clcf).name, (*pclcf).name);
            return NGX_CONF_ERROR;
        }

        if (*pclcf).named {
            ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0;
                                "location \"%V\" cannot be inside the named location \"%V\"",
                                (*clcf).name, (*pclcf).name);
            return NGX_CONF_ERROR;
        }

        if (*clcf).named {
            ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0;
                                "named location \"%V\" can be on the server level only", (*clcf).name);
            return NGX_CONF_ERROR;
        }

        let len = (*pclcf).name.len;

        if (*clcf).regex.is_null() && ngx_filename_cmp((*clcf).name.data, (*pclcf).name.data, len) != 0 {
            ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0;
                                "location \"%V\" is outside location \"%V\"", (*clcf).name, (*pclcf).name);
            return NGX_CONF_ERROR;
        }
    }

    if ngx_http_add_location(cf, &raw mut (*pclcf).locations, clcf) != NGX_OK {
        return NGX_CONF_ERROR;
    }

    let save = *cf;
    (*cf).ctx = ctx.cast();
    (*cf).cmd_type = NGX_HTTP_LOC_CONF;

    let rv = ngx_conf_parse(cf, null_mut());

    *cf = save;

    rv
}

#[cfg(feature = "pcre")]
unsafe fn ngx_http_core_regex_location(
    cf: *mut ngx_conf_t,
    clcf: *mut ngx_http_core_loc_conf_t,
    regex: *mut ngx_str_t,
    caseless: bool,
) -> ngx_int_t {
    let mut errstr = [0u8; NGX_MAX_CONF_ERRSTR];
    let mut rc: ngx_regex_compile_t = core::mem::zeroed();

    rc.pattern = *regex;
    rc.err.len = NGX_MAX_CONF_ERRSTR;
    rc.err.data = (&raw mut errstr).cast();

    rc.options = if caseless { NGX_REGEX_CASELESS } else { 0 };

    (*clcf).regex = ngx_http_regex_compile(cf, &raw mut rc);
    if (*clcf).regex.is_null() {
        return NGX_ERROR;
    }

    (*clcf).name = *regex;

    NGX_OK
}

#[cfg(not(feature = "pcre"))]
unsafe fn ngx_http_core_regex_location(
    cf: *mut ngx_conf_t,
    _clcf: *mut ngx_http_core_loc_conf_t,
    regex: *mut ngx_str_t,
    _caseless: bool,
) -> ngx_int_t {
    ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "using regex \"%V\" requires PCRE library", regex);
    NGX_ERROR
}

unsafe fn ngx_http_core_types(cf: *mut ngx_conf_t, _cmd: *const ngx_command_t, conf: *mut c_void) -> ngx_conf_ret_t {
    let clcf: *mut ngx_http_core_loc_conf_t = conf.cast();

    if (*clcf).types.is_null() {
        (*clcf).types = ngx_array_create((*cf).pool, 64);
        if (*clcf).types.is_null() {
            return NGX_CONF_ERROR;
        }
    }

    let save = *cf;
    (*cf).handler = Some(ngx_http_core_type);
    (*cf).handler_conf = conf;

    let rv = ngx_conf_parse(cf, null_mut());

    *cf = save;

    rv
}

/// A line of types{}.
unsafe fn ngx_http_core_type(cf: *mut ngx_conf_t, dummy: *const ngx_command_t, conf: *mut c_void) -> ngx_conf_ret_t {
    let clcf: *mut ngx_http_core_loc_conf_t = conf.cast();

    let value = (*(*cf).args).elts;

    if ngx_strcmp((*value).data, c"include".as_ptr().cast()) == 0 {
        if (*(*cf).args).nelts != 2 {
            ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid number of arguments in \"include\" directive");
            return NGX_CONF_ERROR;
        }

        return ngx_conf_include(cf, dummy, conf);
    }

    let content_type: *mut ngx_str_t = ngx_palloc((*cf).pool);
    if content_type.is_null() {
        return NGX_CONF_ERROR;
    }

    *content_type = *value;

    'next: for i in 1..(*(*cf).args).nelts {
        let value = value.add(i);

        let hash = ngx_hash_strlow((*value).data, (*value).data, (*value).len);

        for n in 0..(*(*clcf).types).nelts {
            let type_ = (*(*clcf).types).elts.add(n);

            if ngx_strcmp((*value).data, (*type_).key.data) == 0 {
                let old: *mut ngx_str_t = (*type_).value.cast();
                (*type_).value = content_type.cast();

                ngx_conf_log_error!(NGX_LOG_WARN, cf, 0;
                                    "duplicate extension \"%V\", content type: \"%V\", previous content type: \"%V\"",
                                    *value, content_type, old);
                continue 'next;
            }
        }

        let type_ = ngx_array_push((*clcf).types);
        if type_.is_null() {
            return NGX_CONF_ERROR;
        }

        (*type_).key = *value;
        (*type_).key_hash = hash;
        (*type_).value = content_type.cast();
    }

    NGX_CONF_OK
}

unsafe fn ngx_http_core_preconfiguration(cf: *mut ngx_conf_t) -> ngx_int_t {
    ngx_http_variables_add_core_vars(cf)
}

unsafe fn ngx_http_core_postconfiguration(_cf: *mut ngx_conf_t) -> ngx_int_t {
    ngx_http_top_request_body_filter.set(Some(ngx_http_request_body_save_filter));

    NGX_OK
}

unsafe fn ngx_http_core_create_main_conf(cf: *mut ngx_conf_t) -> *mut c_void {
    let cmcf: *mut ngx_http_core_main_conf_t = ngx_pcalloc((*cf).pool);
    if cmcf.is_null() {
        return null_mut();
    }

    if ngx_array_init(&raw mut (*cmcf).servers, (*cf).pool, 4) != NGX_OK {
        return null_mut();
    }

    (*cmcf).server_names_hash_max_size = NGX_CONF_UNSET_UINT;
    (*cmcf).server_names_hash_bucket_size = NGX_CONF_UNSET_UINT;

    (*cmcf).variables_hash_max_size = NGX_CONF_UNSET_UINT;
    (*cmcf).variables_hash_bucket_size = NGX_CONF_UNSET_UINT;

    cmcf.cast()
}

unsafe fn ngx_http_core_init_main_conf(_cf: *mut ngx_conf_t, conf: *mut c_void) -> ngx_conf_ret_t {
    let cmcf: *mut ngx_http_core_main_conf_t = conf.cast();

    ngx_conf_init_uint_value!((*cmcf).server_names_hash_max_size, 512);
    ngx_conf_init_uint_value!((*cmcf).server_names_hash_bucket_size, ngx_cacheline_size.get());

    (*cmcf).server_names_hash_bucket_size = ngx_align((*cmcf).server_names_hash_bucket_size, ngx_cacheline_size.get());

    ngx_conf_init_uint_value!((*cmcf).variables_hash_max_size, 1024);
    ngx_conf_init_uint_value!((*cmcf).variables_hash_bucket_size, 64);

    (*cmcf).variables_hash_bucket_size = ngx_align((*cmcf).variables_hash_bucket_size, ngx_cacheline_size.get());

    if (*cmcf).ncaptures != 0 {
        (*cmcf).ncaptures = ((*cmcf).ncaptures + 1) * 3;
    }

    NGX_CONF_OK
}

unsafe fn ngx_http_core_create_srv_conf(cf: *mut ngx_conf_t) -> *mut c_void {
    let cscf: *mut ngx_http_core_srv_conf_t = ngx_pcalloc((*cf).pool);
    if cscf.is_null() {
        return null_mut();
    }

    if ngx_array_init(&raw mut (*cscf).server_names, (*cf).temp_pool, 4) != NGX_OK {
        return null_mut();
    }

    (*cscf).connection_pool_size = NGX_CONF_UNSET_SIZE;
    (*cscf).request_pool_size = NGX_CONF_UNSET_SIZE;
    (*cscf).client_header_timeout = NGX_CONF_UNSET_MSEC;
    (*cscf).client_header_buffer_size = NGX_CONF_UNSET_SIZE;
    (*cscf).max_headers = NGX_CONF_UNSET_UINT;
    (*cscf).ignore_invalid_headers = NGX_CONF_UNSET;
    (*cscf).merge_slashes = NGX_CONF_UNSET;
    (*cscf).underscores_in_headers = NGX_CONF_UNSET;
    (*cscf).client_body_early_read = NGX_CONF_UNSET_PTR();

    (*cscf).file_name = (*(*cf).conf_file).file.name.data;
    (*cscf).line = (*(*cf).conf_file).line;

    cscf.cast()
}

unsafe fn ngx_http_core_merge_srv_conf(cf: *mut ngx_conf_t, parent: *mut c_void, child: *mut c_void) -> ngx_conf_ret_t {
    let prev: *mut ngx_http_core_srv_conf_t = parent.cast();
    let conf: *mut ngx_http_core_srv_conf_t = child.cast();

    ngx_conf_merge_size_value!(
        (*conf).connection_pool_size,
        (*prev).connection_pool_size,
        64 * size_of::<*mut c_void>()
    );
    ngx_conf_merge_size_value!((*conf).request_pool_size, (*prev).request_pool_size, 4096);
    ngx_conf_merge_msec_value!((*conf).client_header_timeout, (*prev).client_header_timeout, 60000);
    ngx_conf_merge_size_value!((*conf).client_header_buffer_size, (*prev).client_header_buffer_size, 1024);
    ngx_conf_merge_bufs_value!((*conf).large_client_header_buffers, (*prev).large_client_header_buffers, 4, 8192);

    if (*conf).large_client_header_buffers.size < (*conf).connection_pool_size {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0;
                            "the \"large_client_header_buffers\" size must be equal to or greater than \"connection_pool_size\"");
        return NGX_CONF_ERROR;
    }

    ngx_conf_merge_uint_value!((*conf).max_headers, (*prev).max_headers, 1000);

    ngx_conf_merge_value!((*conf).ignore_invalid_headers, (*prev).ignore_invalid_headers, 1);

    ngx_conf_merge_value!((*conf).merge_slashes, (*prev).merge_slashes, 1);

    ngx_conf_merge_value!((*conf).underscores_in_headers, (*prev).underscores_in_headers, 0);

    ngx_conf_merge_ptr_value!((*conf).client_body_early_read, (*prev).client_body_early_read, null_mut());

    if (*conf).server_names.nelts == 0 {
        // the array is created with room for four: this does not fail
        let sn = ngx_array_push(&raw mut (*conf).server_names);
        (*sn).regex = null_mut();
        (*sn).server = conf;
        ngx_str_set!(&raw mut (*sn).name, "");
    }

    let sn = (*conf).server_names.elts;
    let mut name = (*sn).name;

    if !(*sn).regex.is_null() {
        // with the '~'
        name.len += 1;
        name.data = name.data.sub(1);
    } else if *name.data == b'.' {
        name.len -= 1;
        name.data = name.data.add(1);
    }

    (*conf).server_name.len = name.len;
    (*conf).server_name.data = ngx_pstrdup((*cf).pool, &raw mut name);
    if (*conf).server_name.data.is_null() {
        return NGX_CONF_ERROR;
    }

    NGX_CONF_OK
}

unsafe fn ngx_http_core_create_loc_conf(cf: *mut ngx_conf_t) -> *mut c_void {
    let clcf: *mut ngx_http_core_loc_conf_t = ngx_pcalloc((*cf).pool);
    if clcf.is_null() {
        return null_mut();
    }

    // what is 0 or NULL while unset is not listed

    (*clcf).client_max_body_size = NGX_CONF_UNSET as off_t;
    (*clcf).client_body_buffer_size = NGX_CONF_UNSET_SIZE;
    (*clcf).client_body_timeout = NGX_CONF_UNSET_MSEC;
    (*clcf).satisfy = NGX_CONF_UNSET_UINT;
    (*clcf).auth_delay = NGX_CONF_UNSET_MSEC;
    (*clcf).if_modified_since = NGX_CONF_UNSET_UINT;
    (*clcf).max_ranges = NGX_CONF_UNSET_UINT;
    (*clcf).client_body_in_file_only = NGX_CONF_UNSET_UINT;
    (*clcf).client_body_in_single_buffer = NGX_CONF_UNSET;
    (*clcf).internal = NGX_CONF_UNSET;
    (*clcf).sendfile = NGX_CONF_UNSET;
    (*clcf).sendfile_max_chunk = NGX_CONF_UNSET_SIZE;
    (*clcf).subrequest_output_buffer_size = NGX_CONF_UNSET_SIZE;
    (*clcf).aio = NGX_CONF_UNSET;
    (*clcf).aio_write = NGX_CONF_UNSET;
    (*clcf).thread_pool = NGX_CONF_UNSET_PTR();
    (*clcf).thread_pool_value = NGX_CONF_UNSET_PTR();
    (*clcf).read_ahead = NGX_CONF_UNSET_SIZE;
    (*clcf).directio = NGX_CONF_UNSET as off_t;
    (*clcf).directio_alignment = NGX_CONF_UNSET as off_t;
    (*clcf).tcp_nopush = NGX_CONF_UNSET;
    (*clcf).tcp_nodelay = NGX_CONF_UNSET;
    (*clcf).send_timeout = NGX_CONF_UNSET_MSEC;
    (*clcf).send_lowat = NGX_CONF_UNSET_SIZE;
    (*clcf).postpone_output = NGX_CONF_UNSET_SIZE;
    (*clcf).limit_rate = NGX_CONF_UNSET_PTR();
    (*clcf).limit_rate_after = NGX_CONF_UNSET_PTR();
    (*clcf).keepalive_time = NGX_CONF_UNSET_MSEC;
    (*clcf).keepalive_timeout = NGX_CONF_UNSET_MSEC;
    (*clcf).keepalive_header = NGX_CONF_UNSET as time_t;
    (*clcf).keepalive_min_timeout = NGX_CONF_UNSET_MSEC;
    (*clcf).keepalive_requests = NGX_CONF_UNSET_UINT;
    (*clcf).lingering_close = NGX_CONF_UNSET_UINT;
    (*clcf).lingering_time = NGX_CONF_UNSET_MSEC;
    (*clcf).lingering_timeout = NGX_CONF_UNSET_MSEC;
    (*clcf).reset_timedout_connection = NGX_CONF_UNSET;
    (*clcf).absolute_redirect = NGX_CONF_UNSET;
    (*clcf).server_name_in_redirect = NGX_CONF_UNSET;
    (*clcf).port_in_redirect = NGX_CONF_UNSET;
    (*clcf).msie_padding = NGX_CONF_UNSET;
    (*clcf).msie_refresh = NGX_CONF_UNSET;
    (*clcf).log_not_found = NGX_CONF_UNSET;
    (*clcf).log_subrequest = NGX_CONF_UNSET;
    (*clcf).recursive_error_pages = NGX_CONF_UNSET;
    (*clcf).chunked_transfer_encoding = NGX_CONF_UNSET;
    (*clcf).etag = NGX_CONF_UNSET;
    (*clcf).server_tokens = NGX_CONF_UNSET_UINT;
    (*clcf).early_hints = NGX_CONF_UNSET_PTR();
    (*clcf).types_hash_max_size = NGX_CONF_UNSET_UINT;
    (*clcf).types_hash_bucket_size = NGX_CONF_UNSET_UINT;

    (*clcf).open_file_cache = NGX_CONF_UNSET_PTR();
    (*clcf).open_file_cache_valid = NGX_CONF_UNSET as time_t;
    (*clcf).open_file_cache_min_uses = NGX_CONF_UNSET_UINT;
    (*clcf).open_file_cache_errors = NGX_CONF_UNSET;
    (*clcf).open_file_cache_events = NGX_CONF_UNSET;

    (*clcf).gzip_vary = NGX_CONF_UNSET;
    (*clcf).gzip_http_version = NGX_CONF_UNSET_UINT;
    (*clcf).gzip_disable = NGX_CONF_UNSET_PTR();
    (*clcf).gzip_disable_msie6 = 3;
    (*clcf).gzip_disable_degradation = 3;

    (*clcf).disable_symlinks = NGX_CONF_UNSET_UINT;
    (*clcf).disable_symlinks_from = NGX_CONF_UNSET_PTR();

    clcf.cast()
}

static ngx_http_core_text_html_type: ngx_str_t = ngx_string!("text/html");
static ngx_http_core_image_gif_type: ngx_str_t = ngx_string!("image/gif");
static ngx_http_core_image_jpeg_type: ngx_str_t = ngx_string!("image/jpeg");

static ngx_http_core_default_types: ngx_global_t<[ngx_hash_key_t; 3]> = ngx_global_t::new([
    ngx_hash_key_t {
        key: ngx_string!("html"),
        key_hash: 0,
        value: (&raw const ngx_http_core_text_html_type).cast_mut().cast(),
    },
    ngx_hash_key_t {
        key: ngx_string!("gif"),
        key_hash: 0,
        value: (&raw const ngx_http_core_image_gif_type).cast_mut().cast(),
    },
    ngx_hash_key_t {
        key: ngx_string!("jpg"),
        key_hash: 0,
        value: (&raw const ngx_http_core_image_jpeg_type).cast_mut().cast(),
    },
]);

unsafe fn ngx_http_core_merge_loc_conf(cf: *mut ngx_conf_t, parent: *mut c_void, child: *mut c_void) -> ngx_conf_ret_t {
    let prev: *mut ngx_http_core_loc_conf_t = parent.cast();
    let conf: *mut ngx_http_core_loc_conf_t = child.cast();

    if (*conf).root.data.is_null() {
        (*conf).alias = (*prev).alias;
        (*conf).root = (*prev).root;
        (*conf).root_lengths = (*prev).root_lengths;
        (*conf).root_values = (*prev).root_values;

        if (*prev).root.data.is_null() {
            ngx_str_set!(&raw mut (*conf).root, "html");

            if ngx_conf_full_name((*cf).cycle, &raw mut (*conf).root, 0) != NGX_OK {
                return NGX_CONF_ERROR;
            }
        }
    }

    if (*conf).post_action.data.is_null() {
        (*conf).post_action = (*prev).post_action;
    }

    ngx_conf_merge_uint_value!((*conf).types_hash_max_size, (*prev).types_hash_max_size, 1024);

    ngx_conf_merge_uint_value!((*conf).types_hash_bucket_size, (*prev).types_hash_bucket_size, 64);

    (*conf).types_hash_bucket_size = ngx_align((*conf).types_hash_bucket_size, ngx_cacheline_size.get());

    let mut types_hash = ngx_hash_init_t {
        hash: null_mut(),
        key: Some(ngx_hash_key_lc),
        max_size: (*conf).types_hash_max_size,
        bucket_size: (*conf).types_hash_bucket_size,
        name: c"types_hash".as_ptr(),
        pool: (*cf).pool,
        temp_pool: null_mut(),
    };

    // http{}'s own types: one hash, which all servers inherit

    if !(*prev).types.is_null() && (*prev).types_hash.buckets.is_null() {
        types_hash.hash = &raw mut (*prev).types_hash;

        if ngx_hash_init(&raw mut types_hash, (*(*prev).types).elts, (*(*prev).types).nelts) != NGX_OK {
            return NGX_CONF_ERROR;
        }
    }

    if (*conf).types.is_null() {
        (*conf).types = (*prev).types;
        (*conf).types_hash = (*prev).types_hash;
    }

    if (*conf).types.is_null() {
        (*conf).types = ngx_array_create((*cf).pool, 3);
        if (*conf).types.is_null() {
            return NGX_CONF_ERROR;
        }

        for default_type in ngx_http_core_default_types.get() {
            let type_ = ngx_array_push((*conf).types);
            if type_.is_null() {
                return NGX_CONF_ERROR;
            }

            (*type_).key = default_type.key;
            (*type_).key_hash = ngx_hash_key_lc(default_type.key.data, default_type.key.len);
            (*type_).value = default_type.value;
        }
    }

    if (*conf).types_hash.buckets.is_null() {
        types_hash.hash = &raw mut (*conf).types_hash;

        if ngx_hash_init(&raw mut types_hash, (*(*conf).types).elts, (*(*conf).types).nelts) != NGX_OK {
            return NGX_CONF_ERROR;
        }
    }

    if (*conf).error_log.is_null() {
        if !(*prev).error_log.is_null() {
            (*conf).error_log = (*prev).error_log;
        } else {
            (*conf).error_log = &raw mut (*(*cf).cycle).new_log;
        }
    }

    if (*conf).error_pages.is_null() && !(*prev).error_pages.is_null() {
        (*conf).error_pages = (*prev).error_pages;
    }

    ngx_conf_merge_str_value!((*conf).default_type, (*prev).default_type, "text/plain");

    ngx_conf_merge_off_value!((*conf).client_max_body_size, (*prev).client_max_body_size, 1024 * 1024);
    ngx_conf_merge_size_value!(
        (*conf).client_body_buffer_size,
        (*prev).client_body_buffer_size,
        2 * ngx_pagesize.get()
    );
    ngx_conf_merge_msec_value!((*conf).client_body_timeout, (*prev).client_body_timeout, 60000);

    ngx_conf_merge_bitmask_value!(
        (*conf).keepalive_disable,
        (*prev).keepalive_disable,
        NGX_CONF_BITMASK_SET | NGX_HTTP_KEEPALIVE_DISABLE_MSIE6
    );
    ngx_conf_merge_uint_value!((*conf).satisfy, (*prev).satisfy, NGX_HTTP_SATISFY_ALL);
    ngx_conf_merge_msec_value!((*conf).auth_delay, (*prev).auth_delay, 0);
    ngx_conf_merge_uint_value!((*conf).if_modified_since, (*prev).if_modified_since, NGX_HTTP_IMS_EXACT);
    ngx_conf_merge_uint_value!((*conf).max_ranges, (*prev).max_ranges, NGX_MAX_INT32_VALUE as ngx_uint_t);
    ngx_conf_merge_uint_value!(
        (*conf).client_body_in_file_only,
        (*prev).client_body_in_file_only,
        NGX_HTTP_REQUEST_BODY_FILE_OFF
    );
    ngx_conf_merge_value!((*conf).client_body_in_single_buffer, (*prev).client_body_in_single_buffer, 0);
    ngx_conf_merge_value!((*conf).internal, (*prev).internal, 0);
    ngx_conf_merge_value!((*conf).sendfile, (*prev).sendfile, 0);
    ngx_conf_merge_size_value!((*conf).sendfile_max_chunk, (*prev).sendfile_max_chunk, 2 * 1024 * 1024);
    ngx_conf_merge_size_value!(
        (*conf).subrequest_output_buffer_size,
        (*prev).subrequest_output_buffer_size,
        ngx_pagesize.get()
    );
    ngx_conf_merge_value!((*conf).aio, (*prev).aio, NGX_HTTP_AIO_OFF as ngx_flag_t);
    ngx_conf_merge_value!((*conf).aio_write, (*prev).aio_write, 0);
    ngx_conf_merge_ptr_value!((*conf).thread_pool, (*prev).thread_pool, null_mut());
    ngx_conf_merge_ptr_value!((*conf).thread_pool_value, (*prev).thread_pool_value, null_mut());
    ngx_conf_merge_size_value!((*conf).read_ahead, (*prev).read_ahead, 0);
    ngx_conf_merge_off_value!((*conf).directio, (*prev).directio, NGX_OPEN_FILE_DIRECTIO_OFF);
    ngx_conf_merge_off_value!((*conf).directio_alignment, (*prev).directio_alignment, 512);
    ngx_conf_merge_value!((*conf).tcp_nopush, (*prev).tcp_nopush, 0);
    ngx_conf_merge_value!((*conf).tcp_nodelay, (*prev).tcp_nodelay, 1);

    ngx_conf_merge_msec_value!((*conf).send_timeout, (*prev).send_timeout, 60000);
    ngx_conf_merge_size_value!((*conf).send_lowat, (*prev).send_lowat, 0);
    ngx_conf_merge_size_value!((*conf).postpone_output, (*prev).postpone_output, 1460);

    ngx_conf_merge_ptr_value!((*conf).limit_rate, (*prev).limit_rate, null_mut());
    ngx_conf_merge_ptr_value!((*conf).limit_rate_after, (*prev).limit_rate_after, null_mut());

    ngx_conf_merge_msec_value!((*conf).keepalive_time, (*prev).keepalive_time, 3600000);
    ngx_conf_merge_msec_value!((*conf).keepalive_timeout, (*prev).keepalive_timeout, 75000);
    ngx_conf_merge_sec_value!((*conf).keepalive_header, (*prev).keepalive_header, 0);
    ngx_conf_merge_msec_value!((*conf).keepalive_min_timeout, (*prev).keepalive_min_timeout, 0);
    ngx_conf_merge_uint_value!((*conf).keepalive_requests, (*prev).keepalive_requests, 1000);
    ngx_conf_merge_uint_value!((*conf).lingering_close, (*prev).lingering_close, NGX_HTTP_LINGERING_ON);
    ngx_conf_merge_msec_value!((*conf).lingering_time, (*prev).lingering_time, 30000);
    ngx_conf_merge_msec_value!((*conf).lingering_timeout, (*prev).lingering_timeout, 5000);

    if ngx_conf_merge_path_value(
        cf,
        &raw mut (*conf).client_body_temp_path,
        (*prev).client_body_temp_path,
        (&raw const ngx_http_client_temp_path).cast_mut(),
    ) != NGX_CONF_OK
    {
        return NGX_CONF_ERROR;
    }

    ngx_conf_merge_value!((*conf).reset_timedout_connection, (*prev).reset_timedout_connection, 0);
    ngx_conf_merge_value!((*conf).absolute_redirect, (*prev).absolute_redirect, 1);
    ngx_conf_merge_value!((*conf).server_name_in_redirect, (*prev).server_name_in_redirect, 0);
    ngx_conf_merge_value!((*conf).port_in_redirect, (*prev).port_in_redirect, 1);
    ngx_conf_merge_value!((*conf).msie_padding, (*prev).msie_padding, 1);
    ngx_conf_merge_value!((*conf).msie_refresh, (*prev).msie_refresh, 0);
    ngx_conf_merge_value!((*conf).log_not_found, (*prev).log_not_found, 1);
    ngx_conf_merge_value!((*conf).log_subrequest, (*prev).log_subrequest, 0);
    ngx_conf_merge_value!((*conf).recursive_error_pages, (*prev).recursive_error_pages, 0);
    ngx_conf_merge_value!((*conf).chunked_transfer_encoding, (*prev).chunked_transfer_encoding, 1);
    ngx_conf_merge_value!((*conf).etag, (*prev).etag, 1);

    ngx_conf_merge_uint_value!((*conf).server_tokens, (*prev).server_tokens, NGX_HTTP_SERVER_TOKENS_ON);

    ngx_conf_merge_ptr_value!((*conf).early_hints, (*prev).early_hints, null_mut());

    ngx_conf_merge_ptr_value!((*conf).open_file_cache, (*prev).open_file_cache, null_mut());

    ngx_conf_merge_sec_value!((*conf).open_file_cache_valid, (*prev).open_file_cache_valid, 60);

    ngx_conf_merge_uint_value!((*conf).open_file_cache_min_uses, (*prev).open_file_cache_min_uses, 1);

    ngx_conf_merge_sec_value!((*conf).open_file_cache_errors, (*prev).open_file_cache_errors, 0);

    ngx_conf_merge_sec_value!((*conf).open_file_cache_events, (*prev).open_file_cache_events, 0);

    ngx_conf_merge_value!((*conf).gzip_vary, (*prev).gzip_vary, 0);
    ngx_conf_merge_uint_value!((*conf).gzip_http_version, (*prev).gzip_http_version, NGX_HTTP_VERSION_11);
    ngx_conf_merge_bitmask_value!(
        (*conf).gzip_proxied,
        (*prev).gzip_proxied,
        NGX_CONF_BITMASK_SET | NGX_HTTP_GZIP_PROXIED_OFF
    );

    ngx_conf_merge_ptr_value!((*conf).gzip_disable, (*prev).gzip_disable, null_mut());

    if (*conf).gzip_disable_msie6 == 3 {
        (*conf).gzip_disable_msie6 = if (*prev).gzip_disable_msie6 == 3 { 0 } else { (*prev).gzip_disable_msie6 };
    }

    if (*conf).gzip_disable_degradation == 3 {
        (*conf).gzip_disable_degradation =
            if (*prev).gzip_disable_degradation == 3 { 0 } else { (*prev).gzip_disable_degradation };
    }

    ngx_conf_merge_uint_value!((*conf).disable_symlinks, (*prev).disable_symlinks, NGX_DISABLE_SYMLINKS_OFF);
    ngx_conf_merge_ptr_value!((*conf).disable_symlinks_from, (*prev).disable_symlinks_from, null_mut());

    NGX_CONF_OK
}

unsafe fn ngx_http_core_listen(cf: *mut ngx_conf_t, _cmd: *const ngx_command_t, conf: *mut c_void) -> ngx_conf_ret_t {
    let cscf: *mut ngx_http_core_srv_conf_t = conf.cast();

    (*cscf).listen = true;

    let value = (*(*cf).args).elts;

    let mut u: ngx_url_t = core::mem::zeroed();
    let u = &raw mut u;

    (*u).url = *value.add(1);
    (*u).listen = true;
    (*u).default_port = 80;

    if ngx_parse_url((*cf).pool, u) != NGX_OK {
        if !(*u).err.is_null() {
            ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0;
                                "%s in \"%V\" of the \"listen\" directive", (*u).err, (*u).url);
        }

        return NGX_CONF_ERROR;
    }

    let mut lsopt: ngx_http_listen_opt_t = core::mem::zeroed();

    lsopt.backlog = NGX_LISTEN_BACKLOG;
    lsopt.type_ = libc::SOCK_STREAM;
    lsopt.rcvbuf = -1;
    lsopt.sndbuf = -1;
    lsopt.fastopen = -1;
    lsopt.ipv6only = true;

    let mut backlog = false;

    'params: for n in 2..(*(*cf).args).nelts {
        let value = *value.add(n);

        if ngx_strcmp(value.data, c"default_server".as_ptr().cast()) == 0
            || ngx_strcmp(value.data, c"default".as_ptr().cast()) == 0
        {
            lsopt.default_server = true;
            continue;
        }

        if ngx_strcmp(value.data, c"bind".as_ptr().cast()) == 0 {
            lsopt.set = true;
            lsopt.bind = true;
            continue;
        }

        if ngx_strncmp(value.data, c"fastopen=".as_ptr().cast(), 9) == 0 {
            lsopt.fastopen = ngx_atoi(value.data.add(9), value.len - 9) as c_int;
            lsopt.set = true;
            lsopt.bind = true;

            if lsopt.fastopen == NGX_ERROR as c_int {
                ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid fastopen \"%V\"", value);
                return NGX_CONF_ERROR;
            }

            continue;
        }

        if ngx_strncmp(value.data, c"backlog=".as_ptr().cast(), 8) == 0 {
            lsopt.backlog = ngx_atoi(value.data.add(8), value.len - 8) as c_int;
            lsopt.set = true;
            lsopt.bind = true;

            if lsopt.backlog == NGX_ERROR as c_int || lsopt.backlog == 0 {
                ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid backlog \"%V\"", value);
                return NGX_CONF_ERROR;
            }

            backlog = true;

            continue;
        }

        if ngx_strncmp(value.data, c"rcvbuf=".as_ptr().cast(), 7) == 0 {
            let mut size = ngx_str_t { len: value.len - 7, data: value.data.add(7) };

            lsopt.rcvbuf = ngx_parse_size(&raw mut size) as c_int;
            lsopt.set = true;
            lsopt.bind = true;

            if lsopt.rcvbuf == NGX_ERROR as c_int {
                ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid rcvbuf \"%V\"", value);
                return NGX_CONF_ERROR;
            }

            continue;
        }

        if ngx_strncmp(value.data, c"sndbuf=".as_ptr().cast(), 7) == 0 {
            let mut size = ngx_str_t { len: value.len - 7, data: value.data.add(7) };

            lsopt.sndbuf = ngx_parse_size(&raw mut size) as c_int;
            lsopt.set = true;
            lsopt.bind = true;

            if lsopt.sndbuf == NGX_ERROR as c_int {
                ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid sndbuf \"%V\"", value);
                return NGX_CONF_ERROR;
            }

            continue;
        }

        if ngx_strncmp(value.data, c"accept_filter=".as_ptr().cast(), 14) == 0 {
            ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0;
                                "accept filters \"%V\" are not supported on this platform, ignored", value);
            continue;
        }

        if ngx_strcmp(value.data, c"deferred".as_ptr().cast()) == 0 {
            lsopt.deferred_accept = true;
            lsopt.set = true;
            lsopt.bind = true;
            continue;
        }

        if ngx_strncmp(value.data, c"ipv6only=o".as_ptr().cast(), 10) == 0 {
            if ngx_strcmp(value.data.add(10), c"n".as_ptr().cast()) == 0 {
                lsopt.ipv6only = true;
            } else if ngx_strcmp(value.data.add(10), c"ff".as_ptr().cast()) == 0 {
                lsopt.ipv6only = false;
            } else {
                ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid ipv6only flags \"%s\"", value.data.add(9));
                return NGX_CONF_ERROR;
            }

            lsopt.set = true;
            lsopt.bind = true;

            continue;
        }

        if ngx_strcmp(value.data, c"reuseport".as_ptr().cast()) == 0 {
            lsopt.reuseport = true;
            lsopt.set = true;
            lsopt.bind = true;
            continue;
        }

        if ngx_strcmp(value.data, c"multipath".as_ptr().cast()) == 0 {
            lsopt.protocol = libc::IPPROTO_MPTCP;
            lsopt.set = true;
            lsopt.bind = true;
            continue;
        }

        if ngx_strcmp(value.data, c"ssl".as_ptr().cast()) == 0 {
            ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "the \"ssl\" parameter requires ngx_http_ssl_module");
            return NGX_CONF_ERROR;
        }

        if ngx_strcmp(value.data, c"http2".as_ptr().cast()) == 0 {
            ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "the \"http2\" parameter requires ngx_http_v2_module");
            return NGX_CONF_ERROR;
        }

        if ngx_strcmp(value.data, c"quic".as_ptr().cast()) == 0 {
            ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "the \"quic\" parameter requires ngx_http_v3_module");
            return NGX_CONF_ERROR;
        }

        if ngx_strncmp(value.data, c"so_keepalive=".as_ptr().cast(), 13) == 0 {
            if ngx_strcmp(value.data.add(13), c"on".as_ptr().cast()) == 0 {
                lsopt.so_keepalive = 1;
            } else if ngx_strcmp(value.data.add(13), c"off".as_ptr().cast()) == 0 {
                lsopt.so_keepalive = 2;
            } else {
                'invalid_so_keepalive: {
                    let end = value.data.add(value.len);
                    let mut s = ngx_str_t { len: 0, data: value.data.add(13) };

                    let mut p = ngx_strlchr(s.data, end, b':');
                    if p.is_null() {
                        p = end;
                    }

                    if p > s.data {
                        s.len = p.offset_from_unsigned(s.data);

                        lsopt.tcp_keepidle = ngx_parse_time(&raw mut s, 1) as c_int;
                        if lsopt.tcp_keepidle == NGX_ERROR as c_int {
                            break 'invalid_so_keepalive;
                        }
                    }

                    s.data = if p < end { p.add(1) } else { end };

                    p = ngx_strlchr(s.data, end, b':');
                    if p.is_null() {
                        p = end;
                    }

                    if p > s.data {
                        s.len = p.offset_from_unsigned(s.data);

                        lsopt.tcp_keepintvl = ngx_parse_time(&raw mut s, 1) as c_int;
                        if lsopt.tcp_keepintvl == NGX_ERROR as c_int {
                            break 'invalid_so_keepalive;
                        }
                    }

                    s.data = if p < end { p.add(1) } else { end };

                    if s.data < end {
                        s.len = end.offset_from_unsigned(s.data);

                        lsopt.tcp_keepcnt = ngx_atoi(s.data, s.len) as c_int;
                        if lsopt.tcp_keepcnt == NGX_ERROR as c_int {
                            break 'invalid_so_keepalive;
                        }
                    }

                    if lsopt.tcp_keepidle == 0 && lsopt.tcp_keepintvl == 0 && lsopt.tcp_keepcnt == 0 {
                        break 'invalid_so_keepalive;
                    }

                    lsopt.so_keepalive = 1;

                    lsopt.set = true;
                    lsopt.bind = true;

                    continue 'params;
                }

                ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0;
                                    "invalid so_keepalive value: \"%s\"", value.data.add(13));
                return NGX_CONF_ERROR;
            }

            lsopt.set = true;
            lsopt.bind = true;

            continue;
        }

        if ngx_strcmp(value.data, c"proxy_protocol".as_ptr().cast()) == 0 {
            lsopt.proxy_protocol = true;
            continue;
        }

        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid parameter \"%V\"", value);
        return NGX_CONF_ERROR;
    }

    if lsopt.quic {
        if lsopt.fastopen != -1 {
            return NGX_CONF_MSG("\"fastopen\" parameter is incompatible with \"quic\"");
        }

        if backlog {
            return NGX_CONF_MSG("\"backlog\" parameter is incompatible with \"quic\"");
        }

        if lsopt.deferred_accept {
            return NGX_CONF_MSG("\"deferred\" parameter is incompatible with \"quic\"");
        }

        if lsopt.protocol == libc::IPPROTO_MPTCP {
            return NGX_CONF_MSG("\"multipath\" parameter is incompatible with \"quic\"");
        }

        if lsopt.so_keepalive != 0 {
            return NGX_CONF_MSG("\"so_keepalive\" parameter is incompatible with \"quic\"");
        }

        if lsopt.proxy_protocol {
            return NGX_CONF_MSG("\"proxy_protocol\" parameter is incompatible with \"quic\"");
        }
    }

    'next: for n in 0..(*u).naddrs {
        let addr = (*u).addrs.add(n);

        for i in 0..n {
            let prev = (*u).addrs.add(i);

            if ngx_cmp_sockaddr((*addr).sockaddr, (*addr).socklen, (*prev).sockaddr, (*prev).socklen, 1) == NGX_OK {
                continue 'next;
            }
        }

        lsopt.sockaddr = (*addr).sockaddr;
        lsopt.socklen = (*addr).socklen;
        lsopt.addr_text = (*addr).name;
        lsopt.wildcard = ngx_inet_wildcard(lsopt.sockaddr) != 0;

        if ngx_http_add_listen(cf, cscf, &raw mut lsopt) != NGX_OK {
            return NGX_CONF_ERROR;
        }
    }

    NGX_CONF_OK
}

unsafe fn ngx_http_core_server_name(
    cf: *mut ngx_conf_t,
    _cmd: *const ngx_command_t,
    conf: *mut c_void,
) -> ngx_conf_ret_t {
    let cscf: *mut ngx_http_core_srv_conf_t = conf.cast();

    for i in 1..(*(*cf).args).nelts {
        let value = (*(*cf).args).elts.add(i);

        let ch = *(*value).data;

        if (ch == b'*' && ((*value).len < 3 || *(*value).data.add(1) != b'.')) || (ch == b'.' && (*value).len < 2) {
            ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "server name \"%V\" is invalid", *value);
            return NGX_CONF_ERROR;
        }

        if !ngx_strchr((*value).data, b'/').is_null() {
            ngx_conf_log_error!(NGX_LOG_WARN, cf, 0; "server name \"%V\" has suspicious symbols", *value);
        }

        let sn = ngx_array_push(&raw mut (*cscf).server_names);
        if sn.is_null() {
            return NGX_CONF_ERROR;
        }

        (*sn).regex = null_mut();
        (*sn).server = cscf;

        if ngx_strcasecmp((*value).data, c"$hostname".as_ptr().cast_mut().cast()) == 0 {
            (*sn).name = (*(*cf).cycle).hostname;
        } else {
            (*sn).name = *value;
        }

        if *(*value).data != b'~' {
            ngx_strlow((*sn).name.data, (*sn).name.data, (*sn).name.len);
            continue;
        }

        #[cfg(feature = "pcre")]
        {
            if (*value).len == 1 {
                ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "empty regex in server name \"%V\"", *value);
                return NGX_CONF_ERROR;
            }

            (*value).len -= 1;
            (*value).data = (*value).data.add(1);

            let mut errstr = [0u8; NGX_MAX_CONF_ERRSTR];
            let mut rc: ngx_regex_compile_t = core::mem::zeroed();

            rc.pattern = *value;
            rc.err.len = NGX_MAX_CONF_ERRSTR;
            rc.err.data = (&raw mut errstr).cast();

            if (*value).bytes().iter().any(u8::is_ascii_uppercase) {
                rc.options = NGX_REGEX_CASELESS;
            }

            (*sn).regex = ngx_http_regex_compile(cf, &raw mut rc);
            if (*sn).regex.is_null() {
                return NGX_CONF_ERROR;
            }

            (*sn).name = *value;
            (*cscf).captures = rc.captures > 0;
        }

        #[cfg(not(feature = "pcre"))]
        {
            ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "using regex \"%V\" requires PCRE library", *value);

            return NGX_CONF_ERROR;
        }
    }

    NGX_CONF_OK
}

/// `root` and `alias`.
unsafe fn ngx_http_core_root(cf: *mut ngx_conf_t, cmd: *const ngx_command_t, conf: *mut c_void) -> ngx_conf_ret_t {
    let clcf: *mut ngx_http_core_loc_conf_t = conf.cast();

    let alias = (*cmd).name.len == "alias".len();

    if !(*clcf).root.data.is_null() {
        if ((*clcf).alias != 0) == alias {
            return NGX_CONF_MSG("is duplicate");
        }

        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0;
                            "\"%V\" directive is duplicate, \"%s\" directive was specified earlier",
                            (*cmd).name, if (*clcf).alias != 0 { "alias" } else { "root" });

        return NGX_CONF_ERROR;
    }

    if (*clcf).named && alias {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0;
                            "the \"alias\" directive cannot be used inside the named location");

        return NGX_CONF_ERROR;
    }

    let value = (*(*cf).args).elts.add(1);

    if !ngx_strstr((*value).data, c"$document_root".as_ptr().cast()).is_null()
        || !ngx_strstr((*value).data, c"${document_root}".as_ptr().cast()).is_null()
    {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0;
                            "the $document_root variable cannot be used in the \"%V\" directive", (*cmd).name);

        return NGX_CONF_ERROR;
    }

    if !ngx_strstr((*value).data, c"$realpath_root".as_ptr().cast()).is_null()
        || !ngx_strstr((*value).data, c"${realpath_root}".as_ptr().cast()).is_null()
    {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0;
                            "the $realpath_root variable cannot be used in the \"%V\" directive", (*cmd).name);

        return NGX_CONF_ERROR;
    }

    (*clcf).alias = if alias { (*clcf).name.len } else { 0 };
    (*clcf).root = *value;

    if !alias && (*clcf).root.len > 0 && *(*clcf).root.data.add((*clcf).root.len - 1) == b'/' {
        (*clcf).root.len -= 1;
    }

    if *(*clcf).root.data != b'$' && ngx_conf_full_name((*cf).cycle, &raw mut (*clcf).root, 0) != NGX_OK {
        return NGX_CONF_ERROR;
    }

    #[allow(unused_mut)]
    let mut n = ngx_http_script_variables_count(&raw mut (*clcf).root);

    let mut sc: ngx_http_script_compile_t = core::mem::zeroed();
    sc.variables = n;

    #[cfg(feature = "pcre")]
    if alias && !(*clcf).regex.is_null() {
        (*clcf).alias = NGX_MAX_SIZE_T_VALUE;
        n = 1;
    }

    if n != 0 {
        sc.cf = cf;
        sc.source = &raw mut (*clcf).root;
        sc.lengths = &raw mut (*clcf).root_lengths;
        sc.values = &raw mut (*clcf).root_values;
        sc.complete_lengths = true;
        sc.complete_values = true;

        if ngx_http_script_compile(&raw mut sc) != NGX_OK {
            return NGX_CONF_ERROR;
        }
    }

    NGX_CONF_OK
}

static ngx_methods_names: &[ngx_http_method_name_t] = &[
    ngx_http_method_name_t { name: c"GET", method: !NGX_HTTP_GET as u32 },
    ngx_http_method_name_t { name: c"HEAD", method: !NGX_HTTP_HEAD as u32 },
    ngx_http_method_name_t { name: c"POST", method: !NGX_HTTP_POST as u32 },
    ngx_http_method_name_t { name: c"PUT", method: !NGX_HTTP_PUT as u32 },
    ngx_http_method_name_t { name: c"DELETE", method: !NGX_HTTP_DELETE as u32 },
    ngx_http_method_name_t { name: c"MKCOL", method: !NGX_HTTP_MKCOL as u32 },
    ngx_http_method_name_t { name: c"COPY", method: !NGX_HTTP_COPY as u32 },
    ngx_http_method_name_t { name: c"MOVE", method: !NGX_HTTP_MOVE as u32 },
    ngx_http_method_name_t { name: c"OPTIONS", method: !NGX_HTTP_OPTIONS as u32 },
    ngx_http_method_name_t { name: c"PROPFIND", method: !NGX_HTTP_PROPFIND as u32 },
    ngx_http_method_name_t { name: c"PROPPATCH", method: !NGX_HTTP_PROPPATCH as u32 },
    ngx_http_method_name_t { name: c"LOCK", method: !NGX_HTTP_LOCK as u32 },
    ngx_http_method_name_t { name: c"UNLOCK", method: !NGX_HTTP_UNLOCK as u32 },
    ngx_http_method_name_t { name: c"PATCH", method: !NGX_HTTP_PATCH as u32 },
];

unsafe fn ngx_http_core_limit_except(
    cf: *mut ngx_conf_t,
    _cmd: *const ngx_command_t,
    conf: *mut c_void,
) -> ngx_conf_ret_t {
    let pclcf: *mut ngx_http_core_loc_conf_t = conf.cast();

    if (*pclcf).limit_except != 0 {
        return NGX_CONF_MSG("is duplicate");
    }

    (*pclcf).limit_except = 0xffffffff;

    'next: for i in 1..(*(*cf).args).nelts {
        let value = (*(*cf).args).elts.add(i);

        for name in ngx_methods_names {
            if ngx_strcasecmp((*value).data, name.name.as_ptr().cast_mut().cast()) == 0 {
                (*pclcf).limit_except &= name.method;
                continue 'next;
            }
        }

        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid method \"%V\"", *value);
        return NGX_CONF_ERROR;
    }

    if (*pclcf).limit_except & NGX_HTTP_GET as u32 == 0 {
        (*pclcf).limit_except &= !NGX_HTTP_HEAD as u32;
    }

    let ctx: *mut ngx_http_conf_ctx_t = ngx_pcalloc((*cf).pool);
    if ctx.is_null() {
        return NGX_CONF_ERROR;
    }

    let pctx: *mut ngx_http_conf_ctx_t = (*cf).ctx.cast();
    (*ctx).main_conf = (*pctx).main_conf;
    (*ctx).srv_conf = (*pctx).srv_conf;

    (*ctx).loc_conf = ngx_pcalloc_n((*cf).pool, ngx_http_max_module.get());
    if (*ctx).loc_conf.is_null() {
        return NGX_CONF_ERROR;
    }

    let cycle = (*cf).cycle;

    for i in 0..(*cycle).modules_n {
        let mod_ = *(*cycle).modules.add(i);

        if (*mod_).type_ != NGX_HTTP_MODULE {
            continue;
        }

        let module: *const ngx_http_module_t = (*mod_).ctx.cast();

        if let Some(create_loc_conf) = (*module).create_loc_conf {
            let mconf = create_loc_conf(cf);
            if mconf.is_null() {
                return NGX_CONF_ERROR;
            }

            *(*ctx).loc_conf.add((*mod_).ctx_index.get()) = mconf;
        }
    }

    let clcf: *mut ngx_http_core_loc_conf_t = (*(*ctx).loc_conf.add(ngx_http_core_module.ctx_index.get())).cast();
    (*pclcf).limit_except_loc_conf = (*ctx).loc_conf;
    (*clcf).loc_conf = (*ctx).loc_conf;
    (*clcf).name = (*pclcf).name;
    (*clcf).noname = true;
    (*clcf).lmt_excpt = true;

    if ngx_http_add_location(cf, &raw mut (*pclcf).locations, clcf) != NGX_OK {
        return NGX_CONF_ERROR;
    }

    let save = *cf;
    (*cf).ctx = ctx.cast();
    (*cf).cmd_type = NGX_HTTP_LMT_CONF;

    let rv = ngx_conf_parse(cf, null_mut());

    *cf = save;

    rv
}

unsafe fn ngx_http_core_set_aio(cf: *mut ngx_conf_t, _cmd: *const ngx_command_t, conf: *mut c_void) -> ngx_conf_ret_t {
    let clcf: *mut ngx_http_core_loc_conf_t = conf.cast();

    if (*clcf).aio != NGX_CONF_UNSET {
        return NGX_CONF_MSG("is duplicate");
    }

    (*clcf).thread_pool = null_mut();
    (*clcf).thread_pool_value = null_mut();

    let value = *(*(*cf).args).elts.add(1);

    if ngx_strcmp(value.data, c"off".as_ptr().cast()) == 0 {
        (*clcf).aio = NGX_HTTP_AIO_OFF as ngx_flag_t;
        return NGX_CONF_OK;
    }

    if ngx_strcmp(value.data, c"on".as_ptr().cast()) == 0 {
        (*clcf).aio = NGX_HTTP_AIO_ON as ngx_flag_t;
        return NGX_CONF_OK;
    }

    if ngx_strncmp(value.data, c"threads".as_ptr().cast(), 7) == 0 && (value.len == 7 || *value.data.add(7) == b'=') {
        (*clcf).aio = NGX_HTTP_AIO_THREADS as ngx_flag_t;

        let tp;

        if value.len >= 8 {
            let mut name = ngx_str_t { len: value.len - 8, data: value.data.add(8) };

            let mut cv: ngx_http_complex_value_t = core::mem::zeroed();
            let mut ccv: ngx_http_compile_complex_value_t = core::mem::zeroed();

            ccv.cf = cf;
            ccv.value = &raw mut name;
            ccv.complex_value = &raw mut cv;

            if ngx_http_compile_complex_value(&raw mut ccv) != NGX_OK {
                return NGX_CONF_ERROR;
            }

            if !cv.lengths.is_null() {
                (*clcf).thread_pool_value = ngx_palloc((*cf).pool);
                if (*clcf).thread_pool_value.is_null() {
                    return NGX_CONF_ERROR;
                }

                *(*clcf).thread_pool_value = cv;

                return NGX_CONF_OK;
            }

            tp = ngx_thread_pool_add(cf, &raw mut name);
        } else {
            tp = ngx_thread_pool_add(cf, null_mut());
        }

        if tp.is_null() {
            return NGX_CONF_ERROR;
        }

        (*clcf).thread_pool = tp;

        return NGX_CONF_OK;
    }

    NGX_CONF_MSG("invalid value")
}

unsafe fn ngx_http_core_directio(cf: *mut ngx_conf_t, _cmd: *const ngx_command_t, conf: *mut c_void) -> ngx_conf_ret_t {
    let clcf: *mut ngx_http_core_loc_conf_t = conf.cast();

    if (*clcf).directio != NGX_CONF_UNSET as off_t {
        return NGX_CONF_MSG("is duplicate");
    }

    let value = (*(*cf).args).elts.add(1);

    if ngx_strcmp((*value).data, c"off".as_ptr().cast()) == 0 {
        (*clcf).directio = NGX_OPEN_FILE_DIRECTIO_OFF;
        return NGX_CONF_OK;
    }

    (*clcf).directio = ngx_parse_offset(value);
    if (*clcf).directio == NGX_ERROR as off_t {
        return NGX_CONF_MSG("invalid value");
    }

    NGX_CONF_OK
}

unsafe fn ngx_http_core_error_page(
    cf: *mut ngx_conf_t,
    _cmd: *const ngx_command_t,
    conf: *mut c_void,
) -> ngx_conf_ret_t {
    let clcf: *mut ngx_http_core_loc_conf_t = conf.cast();

    if (*clcf).error_pages.is_null() {
        (*clcf).error_pages = ngx_array_create((*cf).pool, 4);
        if (*clcf).error_pages.is_null() {
            return NGX_CONF_ERROR;
        }
    }

    let value = (*(*cf).args).elts;

    let i = (*(*cf).args).nelts - 2;
    let last = *value.add(i);

    let overwrite;
    let n;

    if *last.data == b'=' {
        if i == 1 {
            ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid value \"%V\"", last);
            return NGX_CONF_ERROR;
        }

        if last.len > 1 {
            overwrite = ngx_atoi(last.data.add(1), last.len - 1);

            if overwrite == NGX_ERROR {
                ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid value \"%V\"", last);
                return NGX_CONF_ERROR;
            }
        } else {
            overwrite = 0;
        }

        n = 2;
    } else {
        overwrite = -1;
        n = 1;
    }

    let mut uri = *value.add((*(*cf).args).nelts - 1);

    let mut cv: ngx_http_complex_value_t = core::mem::zeroed();
    let mut ccv: ngx_http_compile_complex_value_t = core::mem::zeroed();

    ccv.cf = cf;
    ccv.value = &raw mut uri;
    ccv.complex_value = &raw mut cv;

    if ngx_http_compile_complex_value(&raw mut ccv) != NGX_OK {
        return NGX_CONF_ERROR;
    }

    let mut args = ngx_null_string;

    if cv.lengths.is_null() && uri.len != 0 && *uri.data == b'/' {
        let p = ngx_strchr(uri.data, b'?');

        if !p.is_null() {
            cv.value.len = p.offset_from_unsigned(uri.data);
            cv.value.data = uri.data;
            args.len = uri.len - cv.value.len - 1;
            args.data = p.add(1);
        }
    }

    for i in 1..(*(*cf).args).nelts - n {
        let value = *value.add(i);

        let err = ngx_array_push((*clcf).error_pages);
        if err.is_null() {
            return NGX_CONF_ERROR;
        }

        (*err).status = ngx_atoi(value.data, value.len);

        if (*err).status == NGX_ERROR || (*err).status == 499 {
            ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid value \"%V\"", value);
            return NGX_CONF_ERROR;
        }

        if (*err).status < 300 || (*err).status > 599 {
            ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "value \"%V\" must be between 300 and 599", value);
            return NGX_CONF_ERROR;
        }

        (*err).overwrite = overwrite;

        if overwrite == -1 {
            match (*err).status {
                NGX_HTTP_TO_HTTPS | NGX_HTTPS_CERT_ERROR | NGX_HTTPS_NO_CERT | NGX_HTTP_REQUEST_HEADER_TOO_LARGE => {
                    (*err).overwrite = NGX_HTTP_BAD_REQUEST;
                }
                _ => {}
            }
        }

        (*err).value = cv;
        (*err).args = args;
    }

    NGX_CONF_OK
}

unsafe fn ngx_http_core_open_file_cache(
    cf: *mut ngx_conf_t,
    _cmd: *const ngx_command_t,
    conf: *mut c_void,
) -> ngx_conf_ret_t {
    let clcf: *mut ngx_http_core_loc_conf_t = conf.cast();

    if (*clcf).open_file_cache != NGX_CONF_UNSET_PTR() {
        return NGX_CONF_MSG("is duplicate");
    }

    let mut max: ngx_int_t = 0;
    let mut inactive: time_t = 60;

    'next: for i in 1..(*(*cf).args).nelts {
        let value = *(*(*cf).args).elts.add(i);

        'failed: {
            if ngx_strncmp(value.data, c"max=".as_ptr().cast(), 4) == 0 {
                max = ngx_atoi(value.data.add(4), value.len - 4);
                if max <= 0 {
                    break 'failed;
                }

                continue 'next;
            }

            if ngx_strncmp(value.data, c"inactive=".as_ptr().cast(), 9) == 0 {
                let mut s = ngx_str_t { len: value.len - 9, data: value.data.add(9) };

                inactive = ngx_parse_time(&raw mut s, 1) as time_t;
                if inactive == NGX_ERROR as time_t {
                    break 'failed;
                }

                continue 'next;
            }

            if ngx_strcmp(value.data, c"off".as_ptr().cast()) == 0 {
                (*clcf).open_file_cache = null_mut();

                continue 'next;
            }
        }

        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid \"open_file_cache\" parameter \"%V\"", value);
        return NGX_CONF_ERROR;
    }

    if (*clcf).open_file_cache.is_null() {
        return NGX_CONF_OK;
    }

    if max == 0 {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "\"open_file_cache\" must have the \"max\" parameter");
        return NGX_CONF_ERROR;
    }

    (*clcf).open_file_cache = ngx_open_file_cache_init((*cf).pool, max as ngx_uint_t, inactive);
    if !(*clcf).open_file_cache.is_null() {
        return NGX_CONF_OK;
    }

    NGX_CONF_ERROR
}

unsafe fn ngx_http_core_error_log(
    cf: *mut ngx_conf_t,
    _cmd: *const ngx_command_t,
    conf: *mut c_void,
) -> ngx_conf_ret_t {
    let clcf: *mut ngx_http_core_loc_conf_t = conf.cast();

    ngx_log_set_log(cf, &raw mut (*clcf).error_log)
}

unsafe fn ngx_http_core_keepalive(
    cf: *mut ngx_conf_t,
    _cmd: *const ngx_command_t,
    conf: *mut c_void,
) -> ngx_conf_ret_t {
    let clcf: *mut ngx_http_core_loc_conf_t = conf.cast();

    if (*clcf).keepalive_timeout != NGX_CONF_UNSET_MSEC {
        return NGX_CONF_MSG("is duplicate");
    }

    let value = (*(*cf).args).elts;

    (*clcf).keepalive_timeout = ngx_parse_time(value.add(1), 0) as ngx_msec_t;

    if (*clcf).keepalive_timeout == NGX_ERROR as ngx_msec_t {
        return NGX_CONF_MSG("invalid value");
    }

    if (*(*cf).args).nelts == 2 {
        return NGX_CONF_OK;
    }

    (*clcf).keepalive_header = ngx_parse_time(value.add(2), 1) as time_t;

    if (*clcf).keepalive_header == NGX_ERROR as time_t {
        return NGX_CONF_MSG("invalid value");
    }

    NGX_CONF_OK
}

unsafe fn ngx_http_core_internal(
    _cf: *mut ngx_conf_t,
    _cmd: *const ngx_command_t,
    conf: *mut c_void,
) -> ngx_conf_ret_t {
    let clcf: *mut ngx_http_core_loc_conf_t = conf.cast();

    if (*clcf).internal != NGX_CONF_UNSET {
        return NGX_CONF_MSG("is duplicate");
    }

    (*clcf).internal = 1;

    NGX_CONF_OK
}

#[cfg(feature = "pcre")]
unsafe fn ngx_http_gzip_disable(cf: *mut ngx_conf_t, _cmd: *const ngx_command_t, conf: *mut c_void) -> ngx_conf_ret_t {
    let clcf: *mut ngx_http_core_loc_conf_t = conf.cast();

    if (*clcf).gzip_disable == NGX_CONF_UNSET_PTR() {
        (*clcf).gzip_disable = ngx_array_create((*cf).pool, 2);
        if (*clcf).gzip_disable.is_null() {
            return NGX_CONF_ERROR;
        }
    }

    let mut errstr = [0u8; NGX_MAX_CONF_ERRSTR];
    let mut rc: ngx_regex_compile_t = core::mem::zeroed();

    rc.pool = (*cf).pool;
    rc.err.len = NGX_MAX_CONF_ERRSTR;
    rc.err.data = (&raw mut errstr).cast();

    for i in 1..(*(*cf).args).nelts {
        let value = *(*(*cf).args).elts.add(i);

        if ngx_strcmp(value.data, c"msie6".as_ptr().cast()) == 0 {
            (*clcf).gzip_disable_msie6 = 1;
            continue;
        }

        if ngx_strcmp(value.data, c"degradation".as_ptr().cast()) == 0 {
            (*clcf).gzip_disable_degradation = 1;
            continue;
        }

        let re = ngx_array_push((*clcf).gzip_disable);
        if re.is_null() {
            return NGX_CONF_ERROR;
        }

        rc.pattern = value;
        rc.options = NGX_REGEX_CASELESS;

        if ngx_regex_compile(&raw mut rc) != NGX_OK {
            ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "%V", rc.err);
            return NGX_CONF_ERROR;
        }

        (*re).regex = rc.regex;
        (*re).name = value.data;
    }

    NGX_CONF_OK
}

#[cfg(not(feature = "pcre"))]
unsafe fn ngx_http_gzip_disable(cf: *mut ngx_conf_t, _cmd: *const ngx_command_t, conf: *mut c_void) -> ngx_conf_ret_t {
    let clcf: *mut ngx_http_core_loc_conf_t = conf.cast();

    for i in 1..(*(*cf).args).nelts {
        let value = *(*(*cf).args).elts.add(i);

        if ngx_strcmp(value.data, c"msie6".as_ptr().cast()) == 0 {
            (*clcf).gzip_disable_msie6 = 1;
            continue;
        }

        if ngx_strcmp(value.data, c"degradation".as_ptr().cast()) == 0 {
            (*clcf).gzip_disable_degradation = 1;
            continue;
        }

        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0;
                            "without PCRE library \"gzip_disable\" supports builtin \"msie6\" and \"degradation\" mask only");

        return NGX_CONF_ERROR;
    }

    NGX_CONF_OK
}

unsafe fn ngx_http_disable_symlinks(
    cf: *mut ngx_conf_t,
    cmd: *const ngx_command_t,
    conf: *mut c_void,
) -> ngx_conf_ret_t {
    let clcf: *mut ngx_http_core_loc_conf_t = conf.cast();

    if (*clcf).disable_symlinks != NGX_CONF_UNSET_UINT {
        return NGX_CONF_MSG("is duplicate");
    }

    let value = (*(*cf).args).elts;

    for i in 1..(*(*cf).args).nelts {
        let value = value.add(i);

        if ngx_strcmp((*value).data, c"off".as_ptr().cast()) == 0 {
            (*clcf).disable_symlinks = NGX_DISABLE_SYMLINKS_OFF;
            continue;
        }

        if ngx_strcmp((*value).data, c"if_not_owner".as_ptr().cast()) == 0 {
            (*clcf).disable_symlinks = NGX_DISABLE_SYMLINKS_NOTOWNER;
            continue;
        }

        if ngx_strcmp((*value).data, c"on".as_ptr().cast()) == 0 {
            (*clcf).disable_symlinks = NGX_DISABLE_SYMLINKS_ON;
            continue;
        }

        if ngx_strncmp((*value).data, c"from=".as_ptr().cast(), 5) == 0 {
            (*value).len -= 5;
            (*value).data = (*value).data.add(5);

            let mut ccv: ngx_http_compile_complex_value_t = core::mem::zeroed();

            ccv.cf = cf;
            ccv.value = value;
            ccv.complex_value = ngx_palloc((*cf).pool);
            if ccv.complex_value.is_null() {
                return NGX_CONF_ERROR;
            }

            if ngx_http_compile_complex_value(&raw mut ccv) != NGX_OK {
                return NGX_CONF_ERROR;
            }

            (*clcf).disable_symlinks_from = ccv.complex_value;

            continue;
        }

        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "invalid parameter \"%V\"", *value);
        return NGX_CONF_ERROR;
    }

    if (*clcf).disable_symlinks == NGX_CONF_UNSET_UINT {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0;
                            "\"%V\" must have \"off\", \"on\" or \"if_not_owner\" parameter", (*cmd).name);
        return NGX_CONF_ERROR;
    }

    if (*(*cf).args).nelts == 2 {
        (*clcf).disable_symlinks_from = null_mut();
        return NGX_CONF_OK;
    }

    if (*clcf).disable_symlinks_from == NGX_CONF_UNSET_PTR() {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0;
                            "duplicate parameters \"%V %V\"", *value.add(1), *value.add(2));
        return NGX_CONF_ERROR;
    }

    if (*clcf).disable_symlinks == NGX_DISABLE_SYMLINKS_OFF {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "\"from=\" cannot be used with \"off\" parameter");
        return NGX_CONF_ERROR;
    }

    NGX_CONF_OK
}

unsafe fn ngx_http_core_lowat_check(cf: *mut ngx_conf_t, _post: *mut c_void, data: *mut c_void) -> ngx_conf_ret_t {
    let np: *mut isize = data.cast();

    ngx_conf_log_error!(NGX_LOG_WARN, cf, 0; "\"send_lowat\" is not supported, ignored");

    *np = 0;

    NGX_CONF_OK
}

unsafe fn ngx_http_core_pool_size(cf: *mut ngx_conf_t, _post: *mut c_void, data: *mut c_void) -> ngx_conf_ret_t {
    let sp: *mut usize = data.cast();

    if *sp < NGX_MIN_POOL_SIZE {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "the pool size must be no less than %uz", NGX_MIN_POOL_SIZE);
        return NGX_CONF_ERROR;
    }

    if !(*sp).is_multiple_of(NGX_POOL_ALIGNMENT) {
        ngx_conf_log_error!(NGX_LOG_EMERG, cf, 0; "the pool size must be a multiple of %d", NGX_POOL_ALIGNMENT);
        return NGX_CONF_ERROR;
    }

    NGX_CONF_OK
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::ngx_http::tests::locations;

    static LOG: ngx_global_t<ngx_log_t> = ngx_global_t::zeroed();

    unsafe fn str(s: &[u8]) -> ngx_str_t {
        ngx_str_t { len: s.len(), data: s.as_ptr().cast_mut() }
    }

    /// What the tree finds is what a search through the list would: the exact one, the redirect, the longest.
    #[test]
    fn find_static_location_finds_as_the_list_does() {
        let sets: &[&[&CStr]] = &[
            &[c"/"],
            &[c"/a/"],
            &[c"/", c"/a", c"/ab", c"/abc/", c"=/ab", c"/b", c"/a/b/", c"=/b/c"],
            &[c"=/", c"/a/", c"/a/a/", c"/a/a/a", c"/aa", c"=/aa/", c"/ab/", c"/ac", c"/b-", c"/b/", c"/b."],
            &[c"/c", c"/b", c"/a", c"/c/", c"/b/", c"/a/", c"=/c/", c"=/ca", c"=/c", c"/c-/", c"/c/-"],
        ];

        for names in sets {
            unsafe {
                let pclcf = locations(names);

                let mut c: ngx_connection_t = core::mem::zeroed();
                c.log = LOG.ptr();
                let mut r: ngx_http_request_t = core::mem::zeroed();
                r.connection = &raw mut c;

                let alphabet = b"/abc-.";

                for n in 0..alphabet.len().pow(4) {
                    for len in 0..=4 {
                        let mut uri = *b"/\0\0\0\0\0";
                        let mut k = n;
                        for ch in uri.iter_mut().skip(1).take(len) {
                            *ch = alphabet[k % alphabet.len()];
                            k /= alphabet.len();
                        }
                        let uri = &uri[..=len];

                        let name = |i: &usize| names[*i].to_bytes().trim_ascii_start();
                        let all = 0..names.len();
                        let exact = all.clone().find(|i| name(i)[0] == b'=' && &name(i)[1..] == uri);
                        let same = all.clone().find(|i| name(i) == uri);
                        let redirect = all.clone().find(|i| {
                            let name = name(i).strip_prefix(b"=").unwrap_or(name(i));
                            name.strip_suffix(b"/") == Some(uri)
                        });
                        let longest = all.filter(|i| uri.starts_with(name(i))).max_by_key(|i| name(i).len());

                        let (expected, i) = match (exact, same, redirect, longest) {
                            (Some(i), ..) => (NGX_OK, Some(i)),
                            (_, Some(i), ..) => (NGX_AGAIN, Some(i)),
                            (_, _, Some(i), _) => (NGX_DONE, Some(i)),
                            (_, _, _, Some(i)) => (NGX_AGAIN, Some(i)),
                            _ => (NGX_DECLINED, None),
                        };

                        r.uri = str(uri);
                        r.loc_conf = null_mut();
                        let rc = ngx_http_core_find_static_location(&raw mut r, (*pclcf).static_locations);

                        assert_eq!(rc, expected, "{names:?} {:?}", core::str::from_utf8(uri));
                        assert_eq!(r.loc_conf.is_null(), i.is_none());
                        if let Some(i) = i {
                            let found: *mut ngx_http_core_loc_conf_t = r.loc_conf.cast();
                            let name = name(&i).strip_prefix(b"=").unwrap_or(name(&i));
                            assert_eq!((*found).name.bytes(), name);
                            assert!(rc == NGX_DONE || (*found).exact_match == (rc == NGX_OK));
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn exten_is_behind_the_last_dot_of_the_last_segment() {
        for (uri, exten) in [
            (&b"/a.html"[..], &b"html"[..]),
            (b"/a.tar.gz", b"gz"),
            (b"/a.", b""),
            (b"/.a", b""),
            (b"/d/.a", b""),
            (b"/d.d/a", b""),
            (b"/d/a.b", b"b"),
            (b"a.b", b""),
            (b"/", b""),
            (b"", b""),
        ] {
            unsafe {
                let mut r: ngx_http_request_t = core::mem::zeroed();
                r.uri = str(uri);
                ngx_http_set_exten(&raw mut r);
                assert_eq!(r.exten.bytes(), exten, "{:?}", core::str::from_utf8(uri));
            }
        }
    }

    #[test]
    fn gzip_is_accepted_with_a_quantity_above_zero() {
        for (ae, ok) in [
            (c"gzip", true),
            (c"GZIP, deflate", true),
            (c"deflate,gzip", true),
            (c"deflate, gzip;q=1", true),
            (c"gzip ; q=0.001", true),
            (c"gzip;Q=1.000", true),
            (c"gzip;", true),
            (c"gzip;q=0", false),
            (c"gzip;q=0.000", false),
            (c"gzip;q=0.0001", false),
            (c"gzip;q=1.001", false),
            (c"gzip;q=2", false),
            (c"gzip;q=", false),
            (c"gzip;q", false),
            (c"gzip;q =1", false),
            (c"gzip;x", false),
            (c"gzipx", false),
            (c"xgzip", false),
            (c"xgzip, gzip", true),
            (c"x-gzip", false),
        ] {
            unsafe {
                let mut s = str(ae.to_bytes());
                assert_eq!(ngx_http_gzip_accept_encoding(&raw mut s) == NGX_OK, ok, "{ae:?}");
            }
        }
    }
}
