//! Recoding, with the text cut anywhere: into and from UTF-8, and from one byte to another.

use crate::{sandbox, server};

pub const WORDS: &[&str] = &[
    "\u{80}",
    "\u{430}",
    "\u{20ac}",
    "\u{fffd}",
    "\u{1f600}",
    "\u{10ffff}",
    "abc",
    "0123456789012345678901234567890123456789",
];

fn get(place: &str, name: &str) -> Vec<u8> {
    let input = format!("GET /{place}/{name} HTTP/1.0\r\nHost: localhost\r\n\r\n");
    let output = server::ask(input.as_bytes(), server::WHOLE);
    server::Response::first(&output).unwrap().body.to_vec()
}

pub fn run(data: &[u8]) {
    let Some((&knob, text)) = data.split_first() else { return };
    if text.is_empty() || text.len() > 3000 {
        return;
    }
    let file = sandbox::file("f", ".txt", text);

    match knob % 3 {
        0 => {
            let (a, b) = (get("au", &file.name), get("au1", &file.name));
            // what the map does not have is "?", but in a buffer that has nothing to recode it stays: so in nginx
            if text.iter().all(|&b| b < 0x84) {
                assert_eq!(a, b);
                assert!(std::str::from_utf8(&a).is_ok());
            }
        }
        1 => {
            let whole = get("ua", &file.name);
            let pieces = (get("ua1", &file.name), get("ua3", &file.name));
            // what is invalid may come out otherwise, where it is cut
            if let Ok(text) = std::str::from_utf8(text) {
                assert_eq!(whole, pieces.0);
                assert_eq!(whole, pieces.1);
                assert_eq!(whole, model(text));
            }
        }
        _ => {
            let want: Vec<u8> = text
                .iter()
                .map(|&b| match b {
                    0x81 => 0x91,
                    0x82 => 0x92,
                    0..=0x7f => b,
                    _ => b'?',
                })
                .collect();
            assert_eq!(get("ab", &file.name), want);
        }
    }
}

fn model(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for c in text.chars() {
        match c as u32 {
            n @ 0..=0x7f => out.push(n as u8),
            0x80 => out.push(0x80),
            0x430 => out.push(0x81),
            0x20ac => out.push(0x82),
            0xfffd => out.push(0x83),
            n => out.extend_from_slice(format!("&#{n};").as_bytes()),
        }
    }
    out
}
