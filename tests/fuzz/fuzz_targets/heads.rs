//! Fuzzes [`ws_fuzz::heads`].
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| ws_fuzz::heads::run(data));
