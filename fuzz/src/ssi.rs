//! Text with commands of ssi, through buffers of several sizes: which must make no difference.

use crate::{sandbox, server};

pub const WORDS: &[&str] = &[
    "<!--#",
    "-->",
    " -->",
    "<!--# ",
    "include ",
    "virtual=\"",
    "file=\"",
    "\"",
    "echo ",
    "var=\"",
    "default=\"",
    "encoding=\"none\"",
    "encoding=\"entity\"",
    "encoding=\"url\"",
    "set ",
    "value=\"",
    "if ",
    "expr=\"",
    "elif ",
    "else ",
    "endif ",
    "config ",
    "errmsg=\"",
    "timefmt=\"%s\"",
    "block ",
    "name=\"",
    "endblock ",
    "stub=\"",
    "wait=\"yes\"",
    "$uri",
    "${args}",
    "$1",
    "= /(.)(.)/",
    "!= ",
    "\\",
    "--",
    "<!",
    "<!-",
    "<!--",
    "<!--#include virtual=\"/index.html\" -->",
    "<!--#include virtual=\"/ssi/self\" stub=\"b\" -->",
    "<!--#set var=\"a\" value=\"b$a\" -->",
    "<!--#if expr=\"$a = /(?P<n>.)/\" -->",
    "date_local",
    "date_gmt",
    "/nowhere",
    "/out?x",
    "/req/ten.txt?key=2",
];

pub fn run(data: &[u8]) {
    let Some((&knob, text)) = data.split_first() else { return };
    if text.len() > 4000 {
        return;
    }
    let file = sandbox::file("f", ".txt", text);
    let place = ["ssi", "ssi1", "ssi7", "ssi"][knob as usize & 3];
    let input = format!("GET /{place}/{}?abc HTTP/1.0\r\nHost: localhost\r\n\r\n", file.name);
    server::ask(input.as_bytes(), server::How { piece: usize::MAX, ..server::How::from(knob & 0x38) });
}
