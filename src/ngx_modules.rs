//! The modules, in order: what configure generates as objs/ngx_modules.c
//!
//! The order is nginx's. It decides the order of the phase handlers and, from the last to the first, of the
//! filters; `nginx -V` tells from this list what is built in.

#[cfg(feature = "pcre")]
use crate::core::ngx_regex::*;
use crate::core::{nginx::*, ngx_conf_file::*, ngx_log::*, ngx_module::*, ngx_thread_pool::*};
use crate::event::modules::{ngx_epoll_module::*, ngx_io_uring_module::*, ngx_poll_module::*, ngx_select_module::*};
use crate::event::ngx_event::*;
#[cfg(feature = "pcre")]
use crate::http::modules::ngx_http_rewrite_module::*;
use crate::http::modules::{
    ngx_http_access_module::*, ngx_http_addition_filter_module::*, ngx_http_auth_basic_module::*,
    ngx_http_auth_request_module::*, ngx_http_autoindex_module::*, ngx_http_browser_module::*,
    ngx_http_charset_filter_module::*, ngx_http_chunked_filter_module::*, ngx_http_dav_module::*,
    ngx_http_degradation_module::*, ngx_http_empty_gif_module::*, ngx_http_flv_module::*, ngx_http_geo_module::*,
    ngx_http_gzip_static_module::*, ngx_http_headers_filter_module::*, ngx_http_index_module::*,
    ngx_http_limit_conn_module::*, ngx_http_limit_req_module::*, ngx_http_log_module::*, ngx_http_map_module::*,
    ngx_http_mirror_module::*, ngx_http_mp4_module::*, ngx_http_not_modified_filter_module::*,
    ngx_http_precompressed_module::*, ngx_http_random_index_module::*, ngx_http_range_filter_module::*,
    ngx_http_realip_module::*, ngx_http_referer_module::*, ngx_http_secure_link_module::*,
    ngx_http_slice_filter_module::*, ngx_http_split_clients_module::*, ngx_http_ssi_filter_module::*,
    ngx_http_static_module::*, ngx_http_stub_status_module::*, ngx_http_sub_filter_module::*,
    ngx_http_try_files_module::*, ngx_http_userid_filter_module::*,
};
#[cfg(feature = "zlib")]
use crate::http::modules::{ngx_http_gunzip_filter_module::*, ngx_http_gzip_filter_module::*};
use crate::http::{
    ngx_http::*, ngx_http_copy_filter_module::*, ngx_http_core_module::*, ngx_http_header_filter_module::*,
    ngx_http_postpone_filter_module::*, ngx_http_write_filter_module::*,
};

pub static ngx_modules: &[&ngx_module_t] = &[
    &ngx_core_module,
    &ngx_errlog_module,
    &ngx_conf_module,
    #[cfg(feature = "pcre")]
    &ngx_regex_module,
    &ngx_events_module,
    &ngx_event_core_module,
    &ngx_epoll_module,
    &ngx_select_module,
    &ngx_poll_module,
    &ngx_io_uring_module,
    &ngx_thread_pool_module,
    &ngx_http_module,
    &ngx_http_core_module,
    &ngx_http_log_module,
    &ngx_http_static_module,
    &ngx_http_gzip_static_module,
    &ngx_http_precompressed_module,
    &ngx_http_dav_module,
    &ngx_http_autoindex_module,
    &ngx_http_index_module,
    &ngx_http_random_index_module,
    &ngx_http_mirror_module,
    &ngx_http_try_files_module,
    &ngx_http_auth_request_module,
    &ngx_http_auth_basic_module,
    &ngx_http_access_module,
    &ngx_http_limit_conn_module,
    &ngx_http_limit_req_module,
    &ngx_http_realip_module,
    &ngx_http_geo_module,
    &ngx_http_map_module,
    &ngx_http_split_clients_module,
    &ngx_http_referer_module,
    #[cfg(feature = "pcre")]
    &ngx_http_rewrite_module,
    &ngx_http_empty_gif_module,
    &ngx_http_browser_module,
    &ngx_http_secure_link_module,
    &ngx_http_degradation_module,
    &ngx_http_flv_module,
    &ngx_http_mp4_module,
    &ngx_http_stub_status_module,
    &ngx_http_write_filter_module,
    &ngx_http_header_filter_module,
    &ngx_http_chunked_filter_module,
    &ngx_http_range_header_filter_module,
    #[cfg(feature = "zlib")]
    &ngx_http_gzip_filter_module,
    &ngx_http_postpone_filter_module,
    &ngx_http_ssi_filter_module,
    &ngx_http_charset_filter_module,
    &ngx_http_sub_filter_module,
    &ngx_http_addition_filter_module,
    #[cfg(feature = "zlib")]
    &ngx_http_gunzip_filter_module,
    &ngx_http_userid_filter_module,
    &ngx_http_headers_filter_module,
    &ngx_http_copy_filter_module,
    &ngx_http_range_body_filter_module,
    &ngx_http_not_modified_filter_module,
    &ngx_http_slice_filter_module,
];
