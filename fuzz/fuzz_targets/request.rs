#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| nginx_fuzz::request::run(data));
