//! Fuzzes [`ws_fuzz::extension_header`].
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| ws_fuzz::extension_header::run(data));
