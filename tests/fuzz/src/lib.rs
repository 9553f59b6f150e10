//! Fuzz targets of ws-core, and of a whole connection of ws-server: each module
//! has a function `run` that takes any bytes and panics if what it looks at does
//! what it must not.
//!
//! They are plain functions, so that the programs in `fuzz_targets` and the
//! test that replays the corpus run the same. An input begins with settings,
//! byte by byte, so that a seed can be written by hand; what is missing counts
//! as zeros.
//!
//! `tests/fuzz/run` fuzzes all of them, and its `--help` says what becomes of a
//! finding. The corpus is replayed by `cargo test -p ws-tests --test corpus`, and
//! one file of it by the example `replay`. Names tell the seeds, which the example
//! `seeds` writes, from what the fuzzer has found.
#![expect(
    clippy::missing_panics_doc,
    reason = "a panic is what a fuzz target tells with"
)]

pub mod connection;
pub mod extension_header;
pub mod frames;
pub mod heads;
pub mod inflate;
mod input;
pub mod memory;
mod reference;
pub mod server;
mod side;
mod speech;
mod terms;
mod wire;

/// The target of this name.
#[must_use]
pub fn target(name: &str) -> Option<fn(&[u8])> {
    let (_, run) = TARGETS.iter().find(|(target, _)| *target == name)?;
    Some(*run)
}

/// All targets, by name.
pub const TARGETS: &[(&str, fn(&[u8]))] = &[
    ("frames", frames::run),
    ("connection", connection::run),
    ("heads", heads::run),
    ("extension_header", extension_header::run),
    ("inflate", inflate::run),
    ("server", server::run),
];
