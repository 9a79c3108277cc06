//! The text of a configuration, through every module: as far as "syntax is ok". Nothing is opened, bound or created by
//! then but what "include" names.

use crate::{sandbox, server};

use nginx::core::{
    ngx_array::*, ngx_conf_file::*, ngx_core::*, ngx_cycle::*, ngx_list::*, ngx_log::*, ngx_module::*, ngx_palloc::*,
    ngx_queue::*, ngx_rbtree::*, ngx_string::*,
};

use std::fs;
use std::sync::OnceLock;

pub const WORDS: &[&str] = &[
    "events {}",
    "http {",
    "server {",
    "location / {",
    "}",
    "{",
    ";",
    "\n",
    "#",
    "\"",
    "'",
    "\\",
    "${",
    "$",
    "~ ",
    "~* ",
    "^~ ",
    "= ",
    "@",
    " on",
    " off",
    " 0",
    " 1",
    " -1",
    " 1k",
    " 1m",
    " 1s",
    " 10ms",
    " 99999",
    " 18446744073709551616",
    "include inc.conf;",
    "worker_processes auto;",
    "worker_cpu_affinity 01 10;",
    "worker_rlimit_nofile 100;",
    "env A=b;",
    "error_log e.log info;",
    "pid p;",
    "thread_pool p threads=2 max_queue=3;",
    "debug_points stop;",
    "pcre_jit on;",
    "timer_resolution 1s;",
    "use epoll;",
    "use poll;",
    "accept_mutex on;",
    "debug_connection 127.0.0.1;",
    "listen 80;",
    "listen 127.0.0.1:81 default_server reuseport backlog=3 so_keepalive=1m:2s:3;",
    "listen [::1]:82 ipv6only=on;",
    "listen unix:x proxy_protocol;",
    "server_name a *.b c.* ~(?<x>.) .d \"\";",
    "root $x/$uri;",
    "alias x/$1;",
    "try_files $uri $uri/ @x =404;",
    "error_page 404 500 =200 /x;",
    "types { a/b c d; }",
    "default_type $x;",
    "index a $b /c;",
    "rewrite ^(.*)$ /$1?a=$2 last;",
    "rewrite (?<a>x) ${a}b permanent;",
    "return 301 $scheme://$host;",
    "return 200 \"$uri\";",
    "if ($x ~* \"a(b)\") {",
    "if (-f $y) {",
    "if ($z != 'q') {",
    "set $x \"$y$1\";",
    "break;",
    "map $a $b { default c; ~d(.) $1; *.e f; volatile; hostnames; include inc.conf; }",
    "geo $r $g { ranges; 1.2.3.4-1.2.3.9 a; default b; proxy 10.0.0.0/8; delete 1.2.3.5-1.2.3.6; }",
    "geo $h { 10.0.0.0/8 x; ::/0 y; 127.0.0.1 z; }",
    "split_clients $a $b { 10% x; 0.01% y; * z; }",
    "charset_map a utf-8 { 80 D0B0; 81 E282AC; }",
    "charset_map a b { 80 81; }",
    "charset $x;",
    "source_charset a;",
    "override_charset on;",
    "gzip on;",
    "gzip_types *;",
    "gzip_http_version 1.0;",
    "gzip_proxied any;",
    "gzip_disable msie6 \"x(.)\";",
    "gzip_window 1k;",
    "gzip_hash 2k;",
    "gzip_buffers 2 4k;",
    "gunzip on;",
    "gzip_static always;",
    "ssi on;",
    "ssi_types a/b;",
    "sub_filter a$b c;",
    "sub_filter_types *;",
    "add_header A \"$b\" always;",
    "add_trailer A b;",
    "expires modified +1h;",
    "expires $e;",
    "expires @15h30m;",
    "userid v1;",
    "userid_p3p x;",
    "userid_mark =;",
    "userid_flags secure samesite=lax;",
    "add_before_body /x;",
    "access_log a.log x buffer=1k flush=1s gzip=3 if=$y;",
    "log_format x escape=json '$a ${b}c';",
    "open_log_file_cache max=3 inactive=1s min_uses=2 valid=3s;",
    "open_file_cache max=3 inactive=1s;",
    "limit_req_zone $a zone=z:32k rate=1r/m;",
    "limit_req zone=z burst=3 delay=2;",
    "limit_conn_zone $a zone=y:32k;",
    "limit_conn y 3;",
    "limit_rate $x;",
    "limit_rate_after 1k;",
    "auth_basic $x;",
    "auth_basic_user_file f$x;",
    "auth_request /x;",
    "auth_request_set $x $y;",
    "allow 10.0.0.0/8;",
    "deny all;",
    "satisfy any;",
    "set_real_ip_from 10.0.0.0/8;",
    "real_ip_header proxy_protocol;",
    "valid_referers none blocked server_names ~a *.b/c;",
    "secure_link $a,$b;",
    "secure_link_md5 $c;",
    "secure_link_secret s;",
    "mirror /x;",
    "random_index on;",
    "autoindex on;",
    "autoindex_format xml;",
    "dav_methods PUT DELETE;",
    "dav_access user:rw group:r all:r;",
    "min_delete_depth 1;",
    "degradation sbrk=1m;",
    "degrade 444;",
    "modern_browser msie 5.5;",
    "ancient_browser \"x y\";",
    "modern_browser_value q;",
    "empty_gif;",
    "stub_status;",
    "flv;",
    "mp4;",
    "mp4_buffer_size 1k;",
    "slice 1m;",
    "client_body_temp_path t 1 2 3;",
    "client_max_body_size 1g;",
    "large_client_header_buffers 4 8k;",
    "resolver 127.0.0.1;",
    "disable_symlinks if_not_owner from=$x;",
    "limit_except GET {",
    "internal;",
    "aio threads=p$x;",
    "directio 4m;",
    "output_buffers 1 32k;",
    "keepalive_timeout 1s 2s;",
    "keepalive_disable msie6;",
    "msie_padding on;",
    "server_tokens build;",
    "etag off;",
    "max_ranges 3;",
    "post_action /y;",
    "log_subrequest on;",
    "variables_hash_max_size 512;",
    "server_names_hash_bucket_size 32;",
    "types_hash_max_size 64;",
    "underscores_in_headers on;",
    "merge_slashes off;",
];

struct Init(*mut ngx_cycle_t);
// SAFETY: one thread uses it.
unsafe impl Send for Init {}
unsafe impl Sync for Init {}

static INIT: OnceLock<Init> = OnceLock::new();

fn init_cycle() -> *mut ngx_cycle_t {
    INIT.get_or_init(|| unsafe {
        let prefix = sandbox::prefix();
        fs::write(format!("{prefix}inc.conf"), "a b;\n").unwrap();
        let cycle = server::init(prefix);
        ngx_use_stderr.set(0);
        ngx_test_config.set(1);
        ngx_quiet_mode.set(1);
        Init(cycle)
    })
    .0
}

/// What a configuration could do to the machine even so, or to the patience of who waits.
fn harmless(text: &[u8]) -> bool {
    let after = |word: &[u8], ok: &dyn Fn(&[u8]) -> bool| {
        (0..text.len()).filter(|&i| text[i..].starts_with(word)).all(|i| {
            let rest = &text[i + word.len()..];
            let skip = rest.iter().take_while(|b| b" \t\r\n\"'".contains(b)).count();
            ok(&rest[skip..])
        })
    };

    // only our file is read
    after(b"include", &|r| r.starts_with(b"inc.conf;"))
        // no names are looked up
        && after(b"listen", &|r| !r.first().is_some_and(u8::is_ascii_alphabetic) || r.starts_with(b"unix:") || r.starts_with(b"localhost"))
        && after(b"set_real_ip_from", &|r| !r.first().is_some_and(u8::is_ascii_alphabetic) || r.starts_with(b"unix:"))
        && after(b"resolver", &|r| r.starts_with(b"127.0.0.1;"))
        && after(b"debug_connection", &|r| !r.first().is_some_and(u8::is_ascii_alphabetic))
        && after(b"syslog:", &|_| false)
        && after(b"memory:", &|_| false)
        // hash tables of a size that takes long to find
        && text.split(|b| !b.is_ascii_digit()).all(|n| n.len() <= 5 || n.len() > 18)
}

pub fn run(data: &[u8]) {
    if data.len() > 8000 || !harmless(data) {
        return;
    }
    let init = init_cycle();
    let _guard = sandbox::enter();

    unsafe {
        let pool = ngx_create_pool(NGX_CYCLE_POOL_SIZE, (*init).log);
        let cycle: *mut ngx_cycle_t = ngx_pcalloc(pool);
        (*cycle).pool = pool;
        (*cycle).log = (*init).log;
        (*cycle).old_cycle = init;
        (*cycle).conf_prefix = (*init).conf_prefix;
        (*cycle).prefix = (*init).prefix;
        (*cycle).error_log = (*init).error_log;
        (*cycle).conf_file = (*init).conf_file;

        assert_eq!(ngx_array_init(&raw mut (*cycle).paths, pool, 10), NGX_OK);
        assert_eq!(ngx_array_init(&raw mut (*cycle).config_dump, pool, 1), NGX_OK);
        ngx_rbtree_init(
            &raw mut (*cycle).config_dump_rbtree,
            &raw mut (*cycle).config_dump_sentinel,
            Some(ngx_str_rbtree_insert_value),
        );
        assert_eq!(ngx_list_init(&raw mut (*cycle).open_files, pool, 20), NGX_OK);
        assert_eq!(ngx_list_init(&raw mut (*cycle).shared_memory, pool, 1), NGX_OK);
        assert_eq!(ngx_array_init(&raw mut (*cycle).listening, pool, 10), NGX_OK);
        ngx_queue_init(&raw mut (*cycle).reusable_connections_queue);
        (*cycle).conf_ctx = ngx_pcalloc_n(pool, ngx_max_module.get());
        (*cycle).hostname = server::str_in(pool, b"localhost");
        assert_eq!(ngx_cycle_modules(cycle), NGX_OK);

        let mut core = Vec::new();
        for i in 0..(*cycle).modules_n {
            let m = *(*cycle).modules.add(i);
            if (*m).type_ == NGX_CORE_MODULE {
                core.push(m);
            }
        }

        for &m in &core {
            let module: *const ngx_core_module_t = (*m).ctx.cast();
            if let Some(create_conf) = (*module).create_conf {
                *(*cycle).conf_ctx.add((*m).index.get()) = create_conf(cycle);
            }
        }

        let mut conf: ngx_conf_t = std::mem::zeroed();
        conf.args = ngx_array_create(pool, 10);
        conf.temp_pool = ngx_create_pool(NGX_CYCLE_POOL_SIZE, (*init).log);
        conf.ctx = (*cycle).conf_ctx.cast();
        conf.cycle = cycle;
        conf.pool = pool;
        conf.log = (*init).log;
        conf.module_type = NGX_CORE_MODULE;
        conf.cmd_type = NGX_MAIN_CONF;

        let name = (*cycle).conf_file.bytes();
        fs::write(std::str::from_utf8(name).unwrap(), data).unwrap();

        if ngx_conf_parse(&raw mut conf, &raw mut (*cycle).conf_file) == NGX_CONF_OK {
            for &m in &core {
                let module: *const ngx_core_module_t = (*m).ctx.cast();
                if let Some(init_conf) = (*module).init_conf
                    && init_conf(cycle, *(*cycle).conf_ctx.add((*m).index.get())) == NGX_CONF_ERROR
                {
                    break;
                }
            }
        }

        ngx_destroy_pool(conf.temp_pool);
        ngx_destroy_pool(pool);
    }
}
