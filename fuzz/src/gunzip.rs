//! Files in the format of gzip, or nearly, unpacked for a client that cannot.

use crate::{sandbox, server};

pub const WORDS: &[&str] = &["\x1f", "\x08", "\0\0\0\0\0\x03", "\x02\x03"];

pub fn run(data: &[u8]) {
    let Some((&knob, text)) = data.split_first() else { return };
    if text.len() > 3000 {
        return;
    }
    let file = sandbox::file("f", ".gz", text);
    let name = &file.name[..file.name.len() - 3];
    let place = if knob & 1 != 0 { "always" } else { "always2" };
    let encoding = if knob & 2 != 0 { "Accept-Encoding: gzip\r\n" } else { "Connection: close\r\n" };
    let input = format!("GET /{place}/{name} HTTP/1.1\r\nHost: localhost\r\n{encoding}\r\n");
    let output = server::ask(input.as_bytes(), server::How { piece: usize::MAX, ..server::How::from(knob & 0x38) });

    if knob & 2 != 0 && !text.is_empty() {
        let r = server::Response::first(&output).unwrap();
        assert_eq!((r.status, r.body), (200, text));
    }
}
