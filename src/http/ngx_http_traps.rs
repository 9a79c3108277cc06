//! Ours: what `nginx -t` warns of, though nginx takes it: directives that do something else than they seem to. Nothing of
//! this runs without -t. DEVIATION: nginx prints no such lines.
//!
//! - `alias /y/` in `location /x`: "/x../file" is outside of /y/.
//! - `add_header` in a block takes away the headers of the blocks around it (with add_header_inherit as it is by default).
//! - `if` in a location with anything but the directives of the rewrite module, which run in order. All else makes the `if` a
//!   location of its own, that the request moves to: what stands beside the `if` does not count there.
//! - `$uri` is decoded: in a redirect it brings a client's line ends into our header.

use crate::core::{
    ngx_array::*, ngx_conf_file::*, ngx_config::*, ngx_log::*, ngx_module::*, ngx_palloc::*, ngx_string::*,
};
use crate::http::modules::ngx_http_headers_filter_module::*;
#[cfg(feature = "pcre")]
use crate::http::modules::ngx_http_rewrite_module::*;
use crate::http::{ngx_http_config::*, ngx_http_core_module::*};

/// Where a block has its first add_header: the merge, which sees what is lost, has no line.
#[derive(Clone, Copy)]
struct ngx_http_trap_header_t {
    conf: *const c_void,
    file: ngx_str_t,
    line: ngx_uint_t,
    next: *mut ngx_http_trap_header_t,
}

static ngx_http_trap_headers: ngx_global_t<*mut ngx_http_trap_header_t> = ngx_global_t::new(null_mut());

/// The location that the `if` which is being read stands in.
#[cfg(feature = "pcre")]
static ngx_http_trap_location: ngx_global_t<*mut ngx_http_core_loc_conf_t> = ngx_global_t::new(null_mut());

pub unsafe fn ngx_http_traps_init() {
    // what a configuration that failed has left is gone
    ngx_http_trap_headers.set(null_mut());

    ngx_conf_watch.set(Some(ngx_http_traps));
}

/// Called with each directive inside of http { }, before its handler.
pub unsafe fn ngx_http_traps(cf: *mut ngx_conf_t, module: &ngx_module_t, cmd: *const ngx_command_t, conf: *mut c_void) {
    if module.type_ != NGX_HTTP_MODULE {
        return;
    }

    let value = (*(*cf).args).elts;
    let name = (*cmd).name.bytes();

    match name {
        b"alias" => {
            let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_conf_get_module_loc_conf(cf, &ngx_http_core_module);
            let prefix = (*clcf).name.bytes();

            if !(*clcf).exact_match
                && (*clcf).regex.is_null()
                && !(*clcf).named
                && prefix.last().is_some_and(|&ch| ch != b'/')
                && (*value.add(1)).bytes().last() == Some(&b'/')
            {
                ngx_conf_log_error!(
                    NGX_LOG_WARN, cf, 0;
                    "\"alias\" ends with \"/\" and location \"%V\" does not, \"%V../\" leads out of the directory",
                    (*clcf).name, (*clcf).name
                );
            }
        }

        b"add_header" => ngx_http_trap_header(cf, conf),

        _ => {}
    }

    #[cfg(feature = "pcre")]
    ngx_http_traps_rewrite(cf, module, name);
}

#[cfg(feature = "pcre")]
unsafe fn ngx_http_traps_rewrite(cf: *mut ngx_conf_t, module: &ngx_module_t, name: &[u8]) {
    let value = (*(*cf).args).elts;
    let nelts = (*(*cf).args).nelts;

    if (*cf).cmd_type == NGX_HTTP_LIF_CONF && !core::ptr::eq(module, &raw const ngx_http_rewrite_module) {
        ngx_conf_log_error!(
            NGX_LOG_WARN, cf, 0;
            "\"%s\" inside \"if\" in a location, where only \"return\", \"rewrite\", \"set\" and \"break\" do what they say",
            name
        );
    }

    match name {
        b"if" => ngx_http_trap_location.set(ngx_http_conf_get_module_loc_conf(cf, &ngx_http_core_module)),

        b"return" => {
            // a target alone is a 302

            let code = (*value.add(1)).bytes();
            let target = value.add(nelts - 1);

            if nelts == 2 || matches!(code, b"301" | b"302" | b"303" | b"307" | b"308") {
                ngx_http_trap_redirect(cf, target);
            }
        }

        b"rewrite" => {
            let target = value.add(2);

            if ngx_http_rewrite_absolute((*target).data)
                || nelts == 4 && matches!((*value.add(3)).bytes(), b"redirect" | b"permanent")
            {
                ngx_http_trap_redirect(cf, target);
            }
        }

        _ => {}
    }
}

#[cfg(feature = "pcre")]
unsafe fn ngx_http_trap_redirect(cf: *mut ngx_conf_t, target: *mut ngx_str_t) {
    let clcf: *mut ngx_http_core_loc_conf_t = ngx_http_conf_get_module_loc_conf(cf, &ngx_http_core_module);
    let location = if (*clcf).noname { ngx_http_trap_location.get() } else { clcf };

    if (*location).exact_match {
        // $uri is the location's name
        return;
    }

    let text = (*target).bytes();

    for i in memchr::memchr_iter(b'$', text) {
        let rest = &text[i + 1..];

        let name = if rest.first() == Some(&b'{') {
            rest[1..].split(|&ch| ch == b'}').next().unwrap_or_default()
        } else {
            rest.split(|&ch| !ch.is_ascii_alphanumeric() && ch != b'_').next().unwrap_or_default()
        };

        if name.eq_ignore_ascii_case(b"uri") || name.eq_ignore_ascii_case(b"document_uri") {
            ngx_conf_log_error!(
                NGX_LOG_WARN, cf, 0;
                "\"$%*s\" in a redirect is decoded and may contain line ends, \"$request_uri\" does not",
                name.len(), name.as_ptr()
            );
            return;
        }
    }
}

unsafe fn ngx_http_trap_header(cf: *mut ngx_conf_t, conf: *const c_void) {
    let mut header = ngx_http_trap_headers.get();

    while !header.is_null() {
        if (*header).conf == conf {
            return;
        }

        header = (*header).next;
    }

    header = ngx_palloc((*cf).temp_pool);
    if header.is_null() {
        return;
    }

    (*header).conf = conf;
    (*header).file = (*(*cf).conf_file).file.name;
    (*header).line = (*(*cf).conf_file).line;
    (*header).next = ngx_http_trap_headers.get();

    ngx_http_trap_headers.set(header);
}

/// `conf` has headers of its own and does not inherit `prev`'s.
pub unsafe fn ngx_http_trap_lost(
    cf: *mut ngx_conf_t,
    conf: *const c_void,
    headers: *mut ngx_array_t<ngx_http_header_val_t>,
    prev: *mut ngx_array_t<ngx_http_header_val_t>,
) {
    let mut header = ngx_http_trap_headers.get();

    while !header.is_null() && (*header).conf != conf {
        header = (*header).next;
    }

    if header.is_null() {
        return;
    }

    for i in 0..(*prev).nelts {
        let key = (*(*prev).elts.add(i)).key;

        // replaced here, which is what it looks like

        if (0..(*headers).nelts).any(|n| (*(*headers).elts.add(n)).key.bytes().eq_ignore_ascii_case(key.bytes())) {
            continue;
        }

        ngx_log_error!(
            NGX_LOG_WARN, (*cf).log, 0;
            "\"add_header\" takes away the headers of the level above, \"%V\" is not sent from here in %V:%ui",
            key, (*header).file, (*header).line
        );
        return;
    }
}
