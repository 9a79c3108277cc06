//! The client's bytes, through the parser, the phases and the filters: pipelined, in pieces, with a slow reader.

use crate::{sandbox, server};

use std::fs;
use std::os::unix::fs::PermissionsExt;

pub const WORDS: &[&str] = &[
    "GET ",
    "HEAD ",
    "POST ",
    "PUT ",
    "DELETE ",
    "MKCOL ",
    "COPY ",
    "MOVE ",
    "OPTIONS ",
    "PROPFIND ",
    "TRACE ",
    " HTTP/1.1\r\n",
    " HTTP/1.0\r\n",
    "\r\n",
    "\r\n\r\n",
    "Host: localhost\r\n",
    "Host: other\r\n",
    "Host: a.re\r\n",
    "Host: x.wild\r\n",
    "Connection: close\r\n",
    "Connection: keep-alive\r\n",
    "Content-Length: 5\r\n",
    "Transfer-Encoding: chunked\r\n",
    "5\r\nhello\r\n",
    "0\r\n\r\n",
    "Range: bytes=0-3,5-6\r\n",
    "Range: bytes=-3\r\n",
    "If-Range: \"",
    "If-Match: *\r\n",
    "If-None-Match: \"",
    "If-Modified-Since: Fri, 14 Jul 2017 02:40:00 GMT\r\n",
    "Accept-Encoding: gzip\r\n",
    "Accept-Encoding: gzip;q=0.5\r\n",
    "Expect: 100-continue\r\n",
    "Depth: infinity\r\n",
    "Overwrite: F\r\n",
    "Destination: /dav/b\r\n",
    "Destination: http://localhost/dav/c/\r\n",
    "Authorization: Basic am9lOnNlY3JldA==\r\n",
    "Cookie: u=AAAAAAAAAAAAAAAAAAAAAA==; a=b\r\n",
    "Referer: http://x.ok/good\r\n",
    "X-Forwarded-For: 10.1.2.3, ::1, unix:\r\n",
    "User-Agent: Mozilla/4.0 (compatible; MSIE 6.0)\r\n",
    "X: bbb\r\n",
    "X: cd\r\n",
    "?a=b",
    "?key=1",
    "?if=abc",
    "?ret=x",
    "?md5=x&expires=9",
    "?ok=1",
    "%2e%2e",
    "%00",
    "../",
    "//",
    "/./",
    "http://localhost/",
    "/rw/1/",
    "/rw/2/",
    "/rw/3/",
    "/rw/4/",
    "/rw/5/",
    "/rw/6/",
    "/rwalias/",
    "/rwtry/",
    "/ssi/",
    "/sub/",
    "/add/",
    "/head/",
    "/gzip/",
    "/static/",
    "/list/",
    "/json/",
    "/jsonp/",
    "/xml/",
    "/random/",
    "/dav/",
    "/davre/",
    "/auth/",
    "/authreq/",
    "/req/",
    "/dry/",
    "/mirror/",
    "/secure/",
    "/old/",
    "/gif",
    "/status",
    "/try/",
    "/tryalias/",
    "/tryre/",
    "/post/",
    "/file/",
    "/single/",
    "/links/",
    "/internal/",
    "/post_action/",
    "/ref/",
    "/off/",
    "/slice/",
    "/range/",
    "/flv/",
    "/mp4/",
    "index.html",
    "ten.txt",
    "1k.txt",
    "empty.txt",
    "x.flv?start=5",
    "d/",
    "PROXY TCP4 1.2.3.4 5.6.7.8 9 10\r\n",
    "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c",
    "+++++++++++",
];

pub fn run(data: &[u8]) {
    let Some((&knob, input)) = data.split_first() else { return };
    if input.len() > 20_000 {
        return;
    }
    server::ask(input, server::How { listening: (knob >> 6 & 1) as usize, ..server::How::from(knob) });

    let writes = |m: &[u8]| input.windows(m.len()).any(|w| w == m);
    if writes(b"PUT /dav") || writes(b"MKCOL /dav") || writes(b"COPY ") || writes(b"MOVE ") {
        let dav = format!("{}dav", sandbox::prefix());
        if fs::read_dir(&dav).is_ok_and(|mut d| d.next().is_some()) {
            fs::remove_dir_all(&dav).unwrap();
            fs::create_dir(&dav).unwrap();
            fs::set_permissions(&dav, fs::Permissions::from_mode(0o777)).unwrap();
        }
    }
}
