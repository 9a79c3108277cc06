pub mod core;
pub mod event;
pub mod http;
pub mod ngx_modules;
pub mod os;
