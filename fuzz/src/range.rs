//! Range and its conditions: what is answered must be what the file holds there.

use crate::server;

pub const WORDS: &[&str] = &[
    "bytes=",
    "0-",
    "-1",
    ",",
    "0-0",
    "5-9",
    "1023-",
    "1024-",
    "-1024",
    "9223372036854775807",
    "-9223372036854775807",
    "bytes=-17208,-9223372036854758792",
    " ",
    "\r\nIf-Range: \"x\"",
    "\r\nIf-Range: Fri, 14 Jul 2017 02:40:00 GMT",
    "18446744073709551615",
];

const FILES: [(&str, usize); 4] =
    [("/range/1k.txt", 1024), ("/range1/ten.txt", 10), ("/range/empty.txt", 0), ("/1k.txt", 1024)];

pub fn run(data: &[u8]) {
    let Some((&knob, value)) = data.split_first() else { return };
    if value.len() > 700 || value.contains(&0) {
        return;
    }
    let (file, size) = FILES[knob as usize >> 6];
    let mut input = format!("GET {file} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nRange: ").into_bytes();
    // no header but those that the target means
    let text = String::from_utf8_lossy(value).replace("\n\r", "").replace("\r\n\r\n", "").replace("\n\n", "");
    input.extend_from_slice(text.as_bytes());
    input.extend_from_slice(b"\r\n\r\n");

    let output = server::ask(&input, server::How { piece: usize::MAX, ..server::How::from(knob & 0x38) });
    let Some(r) = server::Response::first(&output) else { return };

    let byte = |at: usize| b'0' + (at % 10) as u8;

    match r.status {
        206 => {
            let length: usize = number(r.header("Content-Length").unwrap());
            assert_eq!(length, r.body.len());

            if let Some(range) = r.header("Content-Range") {
                check(range, r.body, size, byte);
                return;
            }

            // multipart/byteranges
            let type_ = r.header("Content-Type").unwrap();
            let at = find(type_, b"boundary=").unwrap() + 9;
            let line = [b"\r\n--", &type_[at..], b"\r\n"].concat();
            let mut rest = r.body;
            let mut parts = 0;
            while rest.starts_with(&line) {
                rest = &rest[line.len()..];
                let head = find(rest, b"\r\n\r\n").unwrap();
                let range = &rest[find(rest, b"Content-Range: ").unwrap() + 15..head];
                rest = &rest[head + 4..];
                let end = find(rest, &line[..line.len() - 2]).unwrap();
                check(range, &rest[..end], size, byte);
                rest = &rest[end..];
                parts += 1;
            }
            assert!(parts > 1);
            assert_eq!(rest, [&line[..line.len() - 2], b"--\r\n"].concat());
        }
        200 => {
            assert_eq!(r.body.len(), size);
            assert!(r.body.iter().enumerate().all(|(i, &b)| b == byte(i)));
        }
        416 => assert_eq!(r.header("Content-Range").unwrap(), format!("bytes */{size}").as_bytes()),
        _ => {}
    }
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|w| w == what)
}

fn number(text: &[u8]) -> usize {
    std::str::from_utf8(text).unwrap().parse().unwrap()
}

fn check(range: &[u8], body: &[u8], size: usize, byte: impl Fn(usize) -> u8) {
    let range = range.strip_prefix(b"bytes ").unwrap();
    let dash = find(range, b"-").unwrap();
    let slash = find(range, b"/").unwrap();
    let (start, end) = (number(&range[..dash]), number(&range[dash + 1..slash]));
    assert_eq!(number(&range[slash + 1..]), size);
    assert!(start <= end && end < size);
    assert_eq!(body.len(), end - start + 1);
    assert!(body.iter().enumerate().all(|(i, &b)| b == byte(start + i)));
}
