#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| nginx_fuzz::charset::run(data));
