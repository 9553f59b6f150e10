//! Writes the seeds of the corpus: inputs that mean something, from which the
//! fuzzer starts.
//!
//! `cargo run --no-default-features --example seeds` in `tests/fuzz` writes
//! those that are missing; what the fuzzer has found is kept.

use std::{fs, io, path::Path};

mod connections;
mod deflate;
mod extension_header;
mod frames;
mod heads;
mod steps;

/// The name of a seed, and its bytes.
type Seed = (&'static str, Vec<u8>);

fn main() -> io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (target, seeds) in [
        ("frames", frames::seeds()),
        ("connection", steps::seeds()),
        ("heads", heads::seeds()),
        ("extension_header", extension_header::seeds()),
        ("inflate", deflate::seeds()),
        ("server", connections::seeds()),
    ] {
        let folder = corpus.join(target);
        fs::create_dir_all(&folder)?;
        for (name, bytes) in seeds {
            fs::write(folder.join(name), bytes)?;
        }
    }
    Ok(())
}
