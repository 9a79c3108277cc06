//! Fuzz targets: each is a function of bytes, `run`, that panics or lets the sanitizer speak when something is wrong.
//! `fuzz_targets/` hands them to libFuzzer, `replay` to the tests.

#![allow(unsafe_op_in_unsafe_fn, clippy::missing_safety_doc)]

pub mod sandbox;
pub mod server;
mod site;

pub mod charset;
pub mod chunked;
pub mod conf;
pub mod gunzip;
pub mod mp4;
pub mod range;
pub mod request;
pub mod ssi;
pub mod uri;

/// What replay runs: name, function, how many mutations, and what to put into them.
pub type Target = (&'static str, fn(&[u8]), usize, &'static [&'static str]);

pub const TARGETS: &[Target] = &[
    ("request", request::run, 20000, request::WORDS),
    ("conf", conf::run, 8000, conf::WORDS),
    ("chunked", chunked::run, 20000, chunked::WORDS),
    ("range", range::run, 9000, range::WORDS),
    ("uri", uri::run, 90000, uri::WORDS),
    ("mp4", mp4::run, 14000, mp4::WORDS),
    ("ssi", ssi::run, 5000, ssi::WORDS),
    ("charset", charset::run, 3000, charset::WORDS),
    ("gunzip", gunzip::run, 4000, gunzip::WORDS),
];
