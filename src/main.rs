//! C's main(), in place of Rust's: no runtime before it, and SIGPIPE as the system left it

#![no_main]

use core::ffi::{c_char, c_int};

#[unsafe(no_mangle)]
pub unsafe extern "C" fn main(argc: c_int, argv: *mut *mut c_char) -> c_int {
    unsafe { nginx::core::nginx::main(argc, argv) }
}
