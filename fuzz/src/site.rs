//! The configuration of the fuzzed server, and the files that it serves: what the modules have, in few bytes.

use std::fs;
use std::os::unix::fs::PermissionsExt;

const CONF: &str = r#"
worker_processes 1; daemon off; master_process off;
error_log /dev/null info;
pid @nginx.pid;
events { worker_connections 64; }
http {
    client_body_temp_path @temp;
    default_type text/plain;
    types { text/html html shtml; text/css css; video/mp4 mp4; video/x-flv flv; application/gzip tgz; }
    log_format long escape=json '$remote_addr $request "$uri" $args $status $bytes_sent $http_user_agent $cookie_a $arg_a
        $request_time $request_length $content_length $http_range $sent_http_location $upper $net $half $hostname_map
        $invalid_referer $ancient_browser $msie $uid_got $uid_set $realip_remote_addr $limit_req_status $limit_conn_status
        $request_filename $realpath_root $is_args $query_string $request_body_file $gzip_ratio $slice_range $name $date_gmt';
    access_log /dev/null long;
    keepalive_timeout 10s; client_header_timeout 5s; client_body_timeout 5s; send_timeout 5s;
    uninitialized_variable_warn off;
    server_names_hash_bucket_size 128;
    limit_req_zone $arg_key zone=req:64k rate=5r/s;
    limit_conn_zone $arg_key zone=conn:64k;
    map $http_x $upper { default none; a A; ~^(?<cap>b+)$ $cap; ~*^c(.)$ $1; volatile; }
    map $host $hostname_map { hostnames; default 0; *.a 1; .b 2; c.* 3; }
    geo $remote_addr $net { default far; 127.0.0.0/8 near; 10.0.0.0/8 ten; 2001:db8::/32 six; }
    split_clients "$args" $half { 50% a; * b; }
    charset_map A utf-8 { 80 C280 ; 81 D0B0 ; 82 E282AC ; 83 EFBFBD ; }
    charset_map A B { 81 91 ; 82 92 ; }

    server {
        listen unix:@socket;
        listen unix:@socket2 proxy_protocol;
        server_name localhost ~^(?<name>.+)\.re$ *.wild .dot www.*;
        root @html;
        client_header_buffer_size 512; large_client_header_buffers 3 1k; client_body_buffer_size 512; client_max_body_size 20k;
        set_real_ip_from 127.0.0.0/8; set_real_ip_from unix:; real_ip_header X-Forwarded-For; real_ip_recursive on;
        userid on; userid_name u; userid_expires 1d; userid_path /;
        ancient_browser msie; modern_browser unlisted;
        valid_referers none blocked server_names *.ok ~good;
        error_page 404 /404.html; error_page 403 = @named; error_page 405 =200 /index.html; error_page 500 501 =503 /x;
        if ($arg_if ~* "^(.)(.*)$") { set $name $2$1; }
        if ($arg_ret) { return 200 "$arg_ret"; }

        location / { index index.html; max_ranges 5; expires $arg_e; etag on; }
        location @named { return 403 "no: $uri $args"; }
        location /gzip/ { alias @html/; gzip on; gzip_types *; gzip_min_length 1; gzip_vary on; gzip_buffers 2 64; }
        location /static/ { alias @html/; gzip_static on; gunzip on; gunzip_buffers 2 32; }
        location /always/ { alias @f/; gzip_static always; gunzip on; gunzip_buffers 2 32; types { } }
        location /always2/ { alias @f/; gzip_static always; gunzip on; gunzip_buffers 1 1; postpone_output 0; types { } }
        location /ssi/ { alias @f/; ssi on; ssi_types *; ssi_value_length 64; }
        location /ssi1/ { alias @f/; ssi on; ssi_types *; sendfile off; output_buffers 1 1; postpone_output 0; ssi_silent_errors on; }
        location /ssi7/ { alias @f/; ssi on; ssi_types *; sendfile off; output_buffers 2 7; postpone_output 0; ssi_min_file_chunk 1; ssi_last_modified on; }
        location /sub/ { alias @html/; sub_filter_types *; sub_filter "e" "[$arg_a]"; sub_filter "html" ""; sub_filter_once off; sub_filter_last_modified on; output_buffers 1 3; postpone_output 0; }
        location /add/ { alias @html/; addition_types *; add_before_body /index.html; add_after_body /nowhere; }
        location /head/ { alias @html/; add_header X-A "$arg_a" always; add_header X-B $upper; add_trailer X-T "$status"; expires modified +1h; }
        location /au/ { alias @f/; source_charset A; charset utf-8; types { } }
        location /au1/ { alias @f/; source_charset A; charset utf-8; types { } sendfile off; output_buffers 1 1; postpone_output 0; }
        location /ab/ { alias @f/; source_charset A; charset B; types { } }
        location /ua/ { alias @f/; source_charset utf-8; charset A; types { } }
        location /ua1/ { alias @f/; source_charset utf-8; charset A; types { } sendfile off; output_buffers 1 1; postpone_output 0; }
        location /ua3/ { alias @f/; source_charset utf-8; charset A; types { } sendfile off; output_buffers 2 3; postpone_output 0; }
        location /mp4/ { alias @f/; mp4; }
        location /mp4s/ { alias @f/; mp4; mp4_buffer_size 16; mp4_max_buffer_size 4k; mp4_start_key_frame on; }
        location /flv/ { alias @html/; flv; }
        location /slice/ { alias @html/; slice 10; add_header X-S $slice_range; }
        location /range/ { alias @html/; max_ranges 20; }
        location /range1/ { alias @html/; sendfile off; output_buffers 1 7; postpone_output 0; }
        location /list/ { alias @html/; autoindex on; autoindex_exact_size off; autoindex_format html; }
        location /json/ { alias @html/; autoindex on; autoindex_format json; }
        location /jsonp/ { alias @html/; autoindex on; autoindex_format jsonp; }
        location /xml/ { alias @html/; autoindex on; autoindex_format xml; }
        location /random/ { alias @html/d/; random_index on; }
        location /dav/ { alias @dav/; dav_methods PUT DELETE MKCOL COPY MOVE; create_full_put_path on; dav_access all:rw; min_delete_depth 0; autoindex on; }
        location ~ ^/davre/(.*)$ { alias @dav/$1; dav_methods PUT DELETE MKCOL COPY MOVE; }
        location /auth/ { alias @html/; auth_basic "closed"; auth_basic_user_file @users; auth_delay 1s; satisfy any; deny all; }
        location /authreq/ { alias @html/; auth_request /check; auth_request_set $who $sent_http_x_who; }
        location = /check { internal; if ($arg_ok) { return 204; } return 401; }
        location /req/ { alias @html/; limit_req zone=req burst=3 delay=1; limit_conn conn 1; limit_rate 100k; }
        location /dry/ { alias @html/; limit_req zone=req burst=1 nodelay; limit_req_dry_run on; limit_rate_after 3; limit_rate 1k; }
        location /mirror/ { alias @html/; mirror /mirrored; mirror_request_body on; }
        location = /mirrored { internal; return 204; }
        location /secure/ { alias @html/; secure_link $arg_md5,$arg_expires; secure_link_md5 "$secure_link_expires$uri x"; if ($secure_link = "") { return 403; } if ($secure_link = "0") { return 410; } }
        location /old/ { secure_link_secret secret; alias @html/; if ($secure_link = "") { return 403; } rewrite ^ /$secure_link; }
        location /gif { empty_gif; }
        location /status { stub_status; }
        location /try/ { try_files $uri $uri/ /d$uri =404; }
        location /tryalias/ { alias @html/; try_files $uri index.html @named; }
        location ~ ^/tryre/(.*)$ { alias @html/$1; try_files "" /index.html; }
        location /rw/ {
            rewrite ^/rw/1/(.*)$ /out/$1?a=$1 last;
            rewrite ^/rw/2/((.*))$ /out/$1$2?$1$2 last;
            rewrite ^/rw/3/(?<x>.*)$ http://localhost/$x$args redirect;
            rewrite ^/rw/4/(.*)$ /$1 break;
            rewrite ^/rw/5/(.)(.*)$ /rw/$2$1;
            rewrite ^/rw/6/(.*)$ /out?$1; set $y "$1$uri"; if ($y ~ (.)(.)) { return 200 "$1$2$y"; }
            if (-f $request_filename) { return 200 "file"; }
            if (!-d $document_root$uri) { set $z "$z$1"; }
            set $z "$http_x$upper$arg_a$cap"; return 302 "/$z?$args";
        }
        location /rwalias/ { alias @html/; rewrite ^/rwalias/(.*)$ /$1; set $f $request_filename; set $g $realpath_root; rewrite ^ /out/$f? last; }
        location /rwtry/ { alias @html/; rewrite ^/rwtry/(.*)$ /$1 break; try_files $uri /index.html; }
        location /out { return 200 "$uri $args $1 $2 $name\n"; }
        location /post/ { return 200 "$request_body $content_length"; }
        location /file/ { client_body_in_file_only clean; client_max_body_size 0; mirror /mirrored; alias @html/; }
        location /single/ { client_body_in_single_buffer on; mirror /mirrored; alias @html/; }
        location /links/ { alias @html/; disable_symlinks if_not_owner from=@html; open_file_cache max=4 inactive=10s; open_file_cache_errors on; }
        location /internal/ { internal; alias @html/; }
        location /post_action/ { alias @html/; post_action /check; lingering_close always; }
        location /ref/ { if ($invalid_referer) { return 403; } alias @html/; }
        location /off/ { alias @html/; if_modified_since before; chunked_transfer_encoding off; }
    }
    server {
        listen unix:@socket; server_name other; root @html; merge_slashes off; ignore_invalid_headers off; underscores_in_headers on;
        server_name_in_redirect on; absolute_redirect off; keepalive_requests 3; max_headers 20; reset_timedout_connection on;
        access_log /dev/null; log_subrequest on; if_modified_since exact; etag off;
        postpone_output 0; sendfile off; output_buffers 1 5; ssi on; ssi_types *; sub_filter 0 "x"; sub_filter_types *; gzip on; gzip_min_length 1; gzip_types *; charset utf-8;
    }
}
"#;

pub fn make(prefix: &str) {
    for dir in ["html/d", "html/empty", "f", "dav", "temp"] {
        fs::create_dir_all(format!("{prefix}{dir}")).unwrap();
    }
    for dir in ["f", "dav", "temp"] {
        fs::set_permissions(format!("{prefix}{dir}"), fs::Permissions::from_mode(0o777)).unwrap();
    }
    let ten: Vec<u8> = (b'0'..=b'9').collect();
    let kilo: Vec<u8> = ten.iter().copied().cycle().take(1024).collect();
    for (name, data) in [
        ("html/index.html", b"<html>front page</html>\n" as &[u8]),
        ("html/404.html", b"not here: <!--#echo var=\"uri\" -->\n"),
        ("html/ten.txt", &ten),
        ("html/1k.txt", &kilo),
        ("html/empty.txt", b""),
        ("html/a b+c%.txt", b"odd name"),
        ("html/x.flv", b"FLV\x01\x05\0\0\0\x09\0\0\0\0rest of it"),
        ("html/d/index.html", b"d"),
        ("html/d/one", b"1"),
        ("users", b"joe:{PLAIN}secret\nann:$apr1$abc$xyz\nbob:{SSHA}AAAA\nsue:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n"),
    ] {
        fs::write(format!("{prefix}{name}"), data).unwrap();
    }
    let _ = std::os::unix::fs::symlink("ten.txt", format!("{prefix}html/link"));
    // "once upon a time" in the format of gzip
    let gz = b"\x1f\x8b\x08\0\0\0\0\0\x02\x03\xcb\xcfKNU(-(\xc8\xcfSHT(\xc9\xccM\x05\0Q\xc0\x94\x83\x10\0\0\0";
    fs::write(format!("{prefix}html/ten.txt.gz"), gz).unwrap();
    fs::write(
        format!("{prefix}nginx.conf"),
        CONF.replace('@', "\u{1}").replace("\u{1}named", "@named").replace('\u{1}', prefix),
    )
    .unwrap();
}
