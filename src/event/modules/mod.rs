pub mod ngx_epoll_module;
pub mod ngx_io_uring_module;
pub mod ngx_poll_module;
pub mod ngx_select_module;
