//! Replays what the fuzzer started from and what it found (`tests/fuzz`).

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use ws_fuzz::{TARGETS, memory};

/// The targets look at how much memory is held.
#[global_allocator]
static MEMORY: memory::Counted = memory::COUNTED;

/// One test for all targets: memory of tests side by side would add up.
#[test]
fn targets_withstand_their_corpus() {
    assert!(memory::is_counted(), "nobody looks at memory");
    let mut failed = Vec::new();
    for (target, run) in TARGETS {
        let files = files(target);
        assert!(files.len() > 10, "the corpus of {target} is gone");
        for file in files {
            let data = fs::read(&file).expect("a file that can be read");
            if catch_unwind(AssertUnwindSafe(|| run(&data))).is_err() {
                failed.push(file);
            }
        }
    }
    // What is wrong with each of them stands above.
    assert!(failed.is_empty(), "these files fail: {failed:#?}");
}

/// The corpus of a target.
fn files(target: &str) -> Vec<PathBuf> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let entries = fs::read_dir(corpus.join(target)).expect("a folder for each target");
    let paths = entries.map(|entry| entry.expect("a folder that can be read").path());
    let mut files: Vec<_> = paths.collect();
    files.sort();
    files
}
