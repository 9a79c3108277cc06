pub mod ngx_http_chunked_filter_module;
pub mod ngx_http_headers_filter_module;
pub mod ngx_http_index_module;
pub mod ngx_http_log_module;
pub mod ngx_http_not_modified_filter_module;
pub mod ngx_http_range_filter_module;
pub mod ngx_http_static_module;
pub mod ngx_http_try_files_module;
