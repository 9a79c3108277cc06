pub mod modules;
pub mod ngx_event;
pub mod ngx_event_accept;
pub mod ngx_event_posted;
pub mod ngx_event_timer;
pub mod ngx_event_udp;
