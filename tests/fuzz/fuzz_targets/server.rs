//! Fuzzes [`ws_fuzz::server`].
#![no_main]
#[global_allocator]
static MEMORY: ws_fuzz::memory::Counted = ws_fuzz::memory::COUNTED;
libfuzzer_sys::fuzz_target!(|data: &[u8]| ws_fuzz::server::run(data));
