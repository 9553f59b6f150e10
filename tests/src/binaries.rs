//! The example programs, built as a user would build them.

use std::{
    collections::HashMap,
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

use serde_json::Value;

/// The path of an example program, which is built first if need be.
pub fn example(name: &str) -> &'static Path {
    static BUILT: OnceLock<HashMap<String, PathBuf>> = OnceLock::new();
    match BUILT.get_or_init(build).get(name) {
        Some(path) => path,
        None => panic!("ws-examples has no program {name}"),
    }
}

/// The folder that cargo builds into.
#[must_use]
pub fn target_directory() -> PathBuf {
    let (target, _) = target_and_profile();
    target
}

/// Where this very program lies: `TARGET/PROFILE/deps/NAME` if it is a test.
fn target_and_profile() -> (PathBuf, String) {
    let program = env::current_exe().expect("a test is a file");
    let folders = program.ancestors().skip(1);
    let mut folders = folders.skip_while(|folder| folder.ends_with("deps"));
    let profile = folders.next().expect("cargo has put it in a folder");
    let target = folders.next().expect("cargo has put it in a folder");
    let profile = profile.file_name().unwrap_or_default().to_string_lossy();
    // The only folder that is not called as its profile.
    let profile = if profile == "debug" { "dev" } else { &profile };
    (target.to_owned(), profile.to_owned())
}

/// Builds into the same folder and with the same profile as the test.
fn build() -> HashMap<String, PathBuf> {
    let (target, profile) = target_and_profile();
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
    let output = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--package", "ws-examples", "--bins"])
        .args(["--message-format", "json-render-diagnostics"])
        .args(["--profile", &profile])
        .arg("--target-dir")
        .arg(target)
        .arg("--manifest-path")
        .arg(manifest)
        .stdin(Stdio::null())
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "the example programs cannot be built:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let lines = output.stdout.split(|byte| *byte == b'\n');
    let built = lines.filter_map(|line| {
        let artifact: Value = serde_json::from_slice(line).ok()?;
        let program = artifact["executable"].as_str()?;
        Some((
            artifact["target"]["name"].as_str()?.to_owned(),
            program.into(),
        ))
    });
    built.collect()
}
