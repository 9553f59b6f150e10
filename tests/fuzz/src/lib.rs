//! Fuzz targets of ws-core: each module has a function `run` that takes any
//! bytes and panics if ws-core does what it must not.
//!
//! They are plain functions, so that the programs in `fuzz_targets` and the
//! test that replays the corpus run the same. An input begins with settings,
//! byte by byte, so that a seed can be written by hand; what is missing counts
//! as zeros.
//!
//! `tests/run --full --only fuzz` fuzzes all of them, `cargo fuzz run frames
//! --sanitizer none` in this folder one, on a stable toolchain too. A finding is
//! put into `corpus` once it is minimised (`cargo fuzz tmin`); the corpus is
//! replayed by `cargo test -p ws-tests --test corpus`, and one file of it by the
//! example `replay`. Names tell the seeds, which the example `seeds` writes,
//! from what the fuzzer has found.
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
mod side;
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
];
