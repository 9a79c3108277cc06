//! Ours, without a counterpart in nginx: autoindex_format page
//!
//! A listing for people: it sorts by what the query asks for (sort=name|size|time, order=asc|desc), fits a phone,
//! follows the reader's choice of light or dark, and needs no script. Links are relative, as in nginx's listing, so
//! they hold behind a proxy that moves the site. Directories come first.
//! A name may be anything but "/" and NUL. In a link it is escaped as a URI component, colons too; in the text it is
//! escaped as HTML, and what is no UTF-8, a control character or a bidirectional one becomes U+FFFD.

use crate::core::{ngx_array::*, ngx_buf::*, ngx_config::*, ngx_core::*, ngx_palloc::*, ngx_string::*, ngx_times::*};
use crate::http::{modules::ngx_http_autoindex_module::*, ngx_http_parse::*, ngx_http_request::*};
use crate::os::unix::ngx_time::*;

#[derive(Clone, Copy, PartialEq)]
pub enum ngx_http_autoindex_sort_t {
    name,
    size,
    time,
}

use ngx_http_autoindex_sort_t::{name, size, time};

/// By what, and whether from the end; None if nobody asked.
pub type ngx_http_autoindex_order_t = Option<(ngx_http_autoindex_sort_t, bool)>;

/// So many directories of the path are links, and the root.
const NGX_HTTP_AUTOINDEX_CRUMBS: usize = 32;

const HEAD: &[u8] = b"<!DOCTYPE html>
<html lang=\"en\">
<head>
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">
<title>Index of ";

const STYLE: &[u8] = br#"</title>
<style>
:root { color-scheme: light dark; --bg: #fff; --fg: #1f2328; --dim: #59636e; --line: #d1d9e0; --link: #0969da; --over: #f6f8fa; }
@media (prefers-color-scheme: dark) {
  :root { --bg: #0d1117; --fg: #f0f6fc; --dim: #9198a1; --line: #3d444d; --link: #4493f8; --over: #151b23; }
}
body { margin: 0 auto; max-width: 60rem; padding: 1rem; background: var(--bg); color: var(--fg); font: 1rem/1.5 system-ui, sans-serif; }
h1 { margin: 0.5rem 0 1rem; font-size: 1.25rem; font-weight: 600; overflow-wrap: anywhere; }
a { color: var(--link); text-decoration: none; unicode-bidi: isolate; }
a:hover, a:focus-visible { text-decoration: underline; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: 0.4rem 0.5rem; border-bottom: 1px solid var(--line); text-align: left; }
th { font-weight: 500; white-space: nowrap; }
th a { color: var(--dim); }
th[aria-sort] a { color: var(--fg); }
th[aria-sort=ascending] a::after { content: " \2191"; }
th[aria-sort=descending] a::after { content: " \2193"; }
td:first-child { width: 100%; overflow-wrap: anywhere; }
th + th, td + td { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
td + td { padding-left: 1.5rem; color: var(--dim); }
tbody tr:hover { background: var(--over); }
td a { display: block; padding-left: 1.6em; background: no-repeat 0 0.2em / 1.1em url("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath fill='%23818b98' d='M3 1h6v4h4v10H3zM10 1l3 3h-3z'/%3E%3C/svg%3E"); }
.d a { background-image: url("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath fill='%23d4a72c' d='M1 3h5l2 2h7v9H1z'/%3E%3C/svg%3E"); }
p { padding: 2rem 0; color: var(--dim); text-align: center; }
@media (max-width: 36rem) {
  tr { display: flex; flex-wrap: wrap; border-bottom: 1px solid var(--line); }
  th, td { border: 0; }
  th:first-child { flex: 1; }
  td:first-child { flex: 0 0 100%; box-sizing: border-box; padding-bottom: 0; }
  td + td { padding: 0 0.5rem 0.4rem 2.1rem; font-size: 0.85rem; }
  td:last-child { margin-left: auto; padding-left: 0; }
}
</style>
</head>
<body>
<h1>Index of "#;

const TABLE: &[u8] = b"</h1>\n<table>\n<thead>\n<tr>";

const BODY: &[u8] = b"</tr>\n</thead>\n<tbody>\n";

const PARENT: [&[u8]; 2] = [b"<tr class=\"d\"><td><a href=\"../", b"\">..</a></td><td></td><td></td></tr>\n"];

const EMPTY: &[u8] = b"</h1>\n<p>This directory is empty.</p>\n</body>\n</html>\n";

const TAIL: &[u8] = b"</tbody>\n</table>\n</body>\n</html>\n";

const COLUMN: usize =
    "<th scope=\"col\" aria-sort=\"descending\"><a href=\"?sort=name&amp;order=desc\">Modified</a></th>".len();

const QUERY: usize = "?sort=name&amp;order=desc".len();

const ROW: usize = "<tr class=\"d\"><td><a href=\"/\">/</a></td><td title=\" bytes\">1023 KB</td>".len()
    + NGX_OFF_T_LEN
    + "<td><time datetime=\"-12-31T10:00:00Z\">-12-31 10:00</time></td></tr>\n".len()
    + 2 * NGX_INT_T_LEN // the years
    + QUERY;

/// What the query asks for; unknown values are as if they were not there.
pub unsafe fn ngx_http_autoindex_page_order(r: *mut ngx_http_request_t) -> ngx_http_autoindex_order_t {
    let mut value = ngx_null_string;
    let mut sort = None;
    let mut desc = None;

    if ngx_http_arg(r, b"sort".as_ptr().cast_mut(), 4, &raw mut value) == NGX_OK {
        sort = match value.bytes() {
            b"name" => Some(name),
            b"size" => Some(size),
            b"time" => Some(time),
            _ => None,
        };
    }

    if ngx_http_arg(r, b"order".as_ptr().cast_mut(), 5, &raw mut value) == NGX_OK {
        desc = match value.bytes() {
            b"asc" => Some(false),
            b"desc" => Some(true),
            _ => None,
        };
    }

    if sort.is_none() && desc.is_none() {
        return None;
    }

    Some((sort.unwrap_or(name), desc.unwrap_or(false)))
}

pub fn ngx_http_autoindex_page_cmp(
    order: ngx_http_autoindex_order_t,
) -> unsafe extern "C" fn(*const c_void, *const c_void) -> c_int {
    match order.unwrap_or((name, false)) {
        (name, false) => ngx_http_autoindex_cmp_entries,
        (name, true) => ngx_http_autoindex_page_cmp_entries::<0, true>,
        (size, false) => ngx_http_autoindex_page_cmp_entries::<1, false>,
        (size, true) => ngx_http_autoindex_page_cmp_entries::<1, true>,
        (time, false) => ngx_http_autoindex_page_cmp_entries::<2, false>,
        (time, true) => ngx_http_autoindex_page_cmp_entries::<2, true>,
    }
}

/// What is equal, as the sizes of directories are, stands by name.
unsafe extern "C" fn ngx_http_autoindex_page_cmp_entries<const SORT: u8, const DESC: bool>(
    one: *const c_void,
    two: *const c_void,
) -> c_int {
    let first: *const ngx_http_autoindex_entry_t = one.cast();
    let second: *const ngx_http_autoindex_entry_t = two.cast();

    if (*first).dir != (*second).dir {
        return if (*first).dir { -1 } else { 1 };
    }

    let by_name = ngx_strcmp((*first).name.data, (*second).name.data);

    let rc = match SORT {
        0 => by_name,
        1 if (*first).dir => 0,
        1 => (*first).size.cmp(&(*second).size) as c_int,
        _ => (*first).mtime.cmp(&(*second).mtime) as c_int,
    };

    if rc == 0 {
        return by_name;
    }

    if (rc < 0) != DESC { -1 } else { 1 }
}

/// `pool` is a temporary one.
pub unsafe fn ngx_http_autoindex_page(
    r: *mut ngx_http_request_t,
    pool: *mut ngx_pool_t,
    entries: *mut ngx_array_t<ngx_http_autoindex_entry_t>,
    order: ngx_http_autoindex_order_t,
    localtime: bool,
) -> *mut ngx_buf_t {
    let uri = ngx_http_autoindex_page_text(pool, (*r).uri);
    if uri.data.is_null() {
        return null_mut();
    }

    let uri_len = uri.len + ngx_escape_html(null_mut(), uri.data, uri.len);

    // "/" is no directory of the path, "/a/b/" are two

    let depth = memchr::memchr_iter(b'/', uri.bytes()).count() - 1;
    let crumbs = ngx_min(depth, NGX_HTTP_AUTOINDEX_CRUMBS) + 1;

    let mut len = HEAD.len()
        + uri_len
        + STYLE.len()
        + uri_len
        + crumbs * ("<a href=\"\"></a>".len() + 3 * NGX_HTTP_AUTOINDEX_CRUMBS + QUERY)
        + ngx_max(3 * depth, "./".len())
        + TABLE.len()
        + 3 * COLUMN
        + BODY.len()
        + PARENT[0].len()
        + QUERY
        + PARENT[1].len()
        + ngx_max(TAIL.len(), EMPTY.len());

    for i in 0..(*entries).nelts {
        let entry = (*entries).elts.add(i);

        (*entry).text = ngx_http_autoindex_page_text(pool, (*entry).name);
        if (*entry).text.data.is_null() {
            return null_mut();
        }

        (*entry).escape =
            2 * ngx_escape_uri(null_mut(), (*entry).name.data, (*entry).name.len, NGX_ESCAPE_URI_COMPONENT);

        (*entry).escape_html = ngx_escape_html(null_mut(), (*entry).text.data, (*entry).text.len);

        len += ROW + (*entry).name.len + (*entry).escape + (*entry).text.len + (*entry).escape_html;
    }

    let b = ngx_create_temp_buf((*r).pool, len);
    if b.is_null() {
        return null_mut();
    }

    let mut p = (*b).last;

    p = ngx_cpylit(p, HEAD);
    p = ngx_escape_html(p, uri.data, uri.len) as *mut u8;
    p = ngx_cpylit(p, STYLE);
    p = ngx_http_autoindex_page_crumbs(p, uri, depth, order);

    if (*entries).nelts == 0 {
        (*b).last = ngx_cpylit(p, EMPTY);

        return b;
    }

    p = ngx_cpylit(p, TABLE);

    for column in [name, size, time] {
        p = ngx_http_autoindex_page_column(p, column, order.unwrap_or((name, false)));
    }

    p = ngx_cpylit(p, BODY);

    if depth != 0 {
        p = ngx_cpylit(p, PARENT[0]);
        p = ngx_http_autoindex_page_query(p, order);
        p = ngx_cpylit(p, PARENT[1]);
    }

    let tp = ngx_timeofday();
    let gmtoff = if localtime { (*tp).gmtoff as time_t * 60 } else { 0 };

    for i in 0..(*entries).nelts {
        let entry = (*entries).elts.add(i);

        p = ngx_http_autoindex_page_row(p, entry, order, gmtoff);
    }

    (*b).last = ngx_cpylit(p, TAIL);

    b
}

unsafe fn ngx_http_autoindex_page_row(
    mut p: *mut u8,
    entry: *const ngx_http_autoindex_entry_t,
    order: ngx_http_autoindex_order_t,
    gmtoff: time_t,
) -> *mut u8 {
    p = ngx_cpylit(p, if (*entry).dir { b"<tr class=\"d\"><td><a href=\"" } else { b"<tr><td><a href=\"" });

    if (*entry).escape != 0 {
        p = ngx_escape_uri(p, (*entry).name.data, (*entry).name.len, NGX_ESCAPE_URI_COMPONENT) as *mut u8;
    } else {
        p = ngx_cpymem(p, (*entry).name.data, (*entry).name.len);
    }

    if (*entry).dir {
        p = ngx_cpylit(p, b"/");
        p = ngx_http_autoindex_page_query(p, order);
    }

    p = ngx_cpylit(p, b"\">");
    p = ngx_escape_html(p, (*entry).text.data, (*entry).text.len) as *mut u8;
    p = ngx_cpylit(p, if (*entry).dir { b"/</a></td>" } else { b"</a></td>" });

    if (*entry).file {
        let (n, tenths, unit) = ngx_http_autoindex_page_size((*entry).size as u64);

        p = ngx_sprintf!(p, "<td title=\"%O bytes\">%uL", (*entry).size, n);

        if let Some(tenths) = tenths {
            p = ngx_sprintf!(p, ".%uL", tenths);
        }

        p = ngx_cpylit(p, unit.as_bytes());
        p = ngx_cpylit(p, b"</td>");
    } else {
        p = ngx_cpylit(p, b"<td></td>");
    }

    let mut tm: ngx_tm_t = core::mem::zeroed();

    ngx_gmtime((*entry).mtime, &raw mut tm);

    p = ngx_sprintf!(
        p,
        "<td><time datetime=\"%04d-%02d-%02dT%02d:%02d:%02dZ\">",
        tm.tm_year,
        tm.tm_mon,
        tm.tm_mday,
        tm.tm_hour,
        tm.tm_min,
        tm.tm_sec
    );

    ngx_gmtime((*entry).mtime.wrapping_add(gmtoff), &raw mut tm);

    ngx_sprintf!(
        p,
        "%04d-%02d-%02d %02d:%02d</time></td></tr>\n",
        tm.tm_year,
        tm.tm_mon,
        tm.tm_mday,
        tm.tm_hour,
        tm.tm_min
    )
}

/// The path: each directory a link but the one that is shown.
unsafe fn ngx_http_autoindex_page_crumbs(
    mut p: *mut u8,
    uri: ngx_str_t,
    depth: usize,
    order: ngx_http_autoindex_order_t,
) -> *mut u8 {
    let mut start = uri.data;
    let last = uri.data.add(uri.len);

    // how far up it is

    let mut up = depth;

    while start != last {
        let next = memchr::memchr(b'/', ngx_str_t { len: last.offset_from_unsigned(start), data: start }.bytes());
        let len = next.map_or(last.offset_from_unsigned(start), |n| n + 1);

        let link = up == depth || (up != 0 && up < NGX_HTTP_AUTOINDEX_CRUMBS);

        if link {
            p = ngx_cpylit(p, b"<a href=\"");

            if up == 0 {
                p = ngx_cpylit(p, b"./");
            }

            for _ in 0..up {
                p = ngx_cpylit(p, b"../");
            }

            p = ngx_http_autoindex_page_query(p, order);
            p = ngx_cpylit(p, b"\">");
        }

        p = ngx_escape_html(p, start, len) as *mut u8;

        if link {
            p = ngx_cpylit(p, b"</a>");
        }

        start = start.add(len);
        up = up.saturating_sub(1);
    }

    p
}

unsafe fn ngx_http_autoindex_page_column(
    mut p: *mut u8,
    column: ngx_http_autoindex_sort_t,
    (sort, desc): (ngx_http_autoindex_sort_t, bool),
) -> *mut u8 {
    p = ngx_cpylit(p, b"<th scope=\"col\"");

    if column == sort {
        p = ngx_cpylit(p, if desc { b" aria-sort=\"descending\"" } else { b" aria-sort=\"ascending\"" });
    }

    // first the largest and the newest

    let desc = if column == sort { !desc } else { column != name };

    p = ngx_cpylit(p, b"><a href=\"");
    p = ngx_http_autoindex_page_query(p, Some((column, desc)));
    p = ngx_cpylit(p, b"\">");

    p = ngx_cpylit(
        p,
        match column {
            name => b"Name",
            size => b"Size",
            time => b"Modified",
        },
    );

    ngx_cpylit(p, b"</a></th>")
}

unsafe fn ngx_http_autoindex_page_query(mut p: *mut u8, order: ngx_http_autoindex_order_t) -> *mut u8 {
    let Some((sort, desc)) = order else {
        return p;
    };

    p = ngx_cpylit(
        p,
        match sort {
            name => b"?sort=name&amp;order=",
            size => b"?sort=size&amp;order=",
            time => b"?sort=time&amp;order=",
        },
    );

    ngx_cpylit(p, if desc { b"desc" } else { b"asc" })
}

/// `text` itself, if it can be shown, or a copy in which U+FFFD stands for what cannot.
unsafe fn ngx_http_autoindex_page_text(pool: *mut ngx_pool_t, text: ngx_str_t) -> ngx_str_t {
    if core::str::from_utf8(text.bytes()).is_ok_and(|s| !s.contains(ngx_http_autoindex_page_unseen)) {
        return text;
    }

    // at worst each byte becomes three

    let data = ngx_pnalloc(pool, 3 * text.len);
    if data.is_null() {
        return ngx_null_string;
    }

    let mut p = data;
    let mut utf8 = [0; 4];

    for chunk in text.bytes().utf8_chunks() {
        for ch in chunk.valid().chars() {
            let ch = if ngx_http_autoindex_page_unseen(ch) { char::REPLACEMENT_CHARACTER } else { ch };

            p = ngx_cpylit(p, ch.encode_utf8(&mut utf8).as_bytes());
        }

        if !chunk.invalid().is_empty() {
            p = ngx_cpylit(p, char::REPLACEMENT_CHARACTER.encode_utf8(&mut utf8).as_bytes());
        }
    }

    ngx_str_t { len: p.offset_from_unsigned(data), data }
}

/// Control characters, and what turns the direction of writing to make another name of a name.
fn ngx_http_autoindex_page_unseen(ch: char) -> bool {
    ch.is_control() || matches!(ch, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// "9.8 KB": two digits at least, at most four characters before the unit.
fn ngx_http_autoindex_page_size(bytes: u64) -> (u64, Option<u64>, &'static str) {
    const UNITS: [&str; 7] = [" B", " KB", " MB", " GB", " TB", " PB", " EB"];

    let mut i = 0;

    while bytes >> (10 * i) >= 1024 {
        i += 1;
    }

    let n = bytes >> (10 * i);

    if i == 0 || n >= 10 {
        return (n, None, UNITS[i]);
    }

    (n, Some(((bytes >> (10 * (i - 1))) & 1023) * 10 / 1024), UNITS[i])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (bytes, want) in [
            (0, (0, None, " B")),
            (1, (1, None, " B")),
            (1023, (1023, None, " B")),
            (1024, (1, Some(0), " KB")),
            (1535, (1, Some(4), " KB")),
            (1536, (1, Some(5), " KB")),
            (10239, (9, Some(9), " KB")),
            (10240, (10, None, " KB")),
            (1048575, (1023, None, " KB")),
            (1048576, (1, Some(0), " MB")),
            (i64::MAX as u64, (7, Some(9), " EB")),
            (u64::MAX, (15, None, " EB")),
        ] {
            assert_eq!(ngx_http_autoindex_page_size(bytes), want, "{bytes}");
        }
    }
}
