//! Atoms of an mp4 file, and where to start and end.

use crate::{sandbox, server};

pub const WORDS: &[&str] = &[
    "ftyp",
    "moov",
    "mvhd",
    "trak",
    "tkhd",
    "mdia",
    "mdhd",
    "hdlr",
    "minf",
    "vmhd",
    "smhd",
    "dinf",
    "stbl",
    "stsd",
    "stts",
    "stss",
    "ctts",
    "stsc",
    "stsz",
    "stco",
    "co64",
    "mdat",
    "free",
    "edts",
    "elst",
    "cmov",
    "\0\0\0\x08",
    "\0\0\0\x01",
    "\x7f\u{7f}\u{7f}\u{7f}",
    "\0\0\0\0",
];

const ARGS: [&str; 8] = [
    "start=0",
    "start=1",
    "start=0.5&end=1.5",
    "end=1",
    "start=2.6",
    "start=0.001&end=0.002",
    "start=3&end=100",
    "start=1.9&end=2",
];

pub fn run(data: &[u8]) {
    let Some((&knob, atoms)) = data.split_first() else { return };
    if atoms.len() > 100_000 {
        return;
    }
    let file = sandbox::file("f", ".mp4", atoms);
    let args = ARGS[knob as usize & 7];
    let place = if knob & 8 != 0 { "mp4s" } else { "mp4" };
    let input = format!("GET /{place}/{}?{args} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", file.name);
    let output = server::ask(input.as_bytes(), server::WHOLE);

    if let Some(r) = server::Response::first(&output)
        && r.status == 200
        && let Some(length) = r.header("Content-Length")
    {
        // a length that is too large ends in an error when the file is sent, as in nginx
        let length: usize = std::str::from_utf8(length).unwrap().parse().unwrap();
        assert!(r.body.len() <= length);
    }
}
