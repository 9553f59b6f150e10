use std::fs;

use crate::engines::Kind;

/// The processor, the kernel and the engines, in a few words.
pub(crate) fn describe(kinds: &[Kind]) -> String {
    let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let names = processors.lines().filter_map(|line| {
        let (field, name) = line.split_once(':')?;
        (field.trim() == "model name").then_some(name.trim())
    });
    let names: Vec<&str> = names.collect();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let mut machine = format!(
        "{} cores of {}, Linux {}",
        names.len(),
        names.first().unwrap_or(&"some processor"),
        kernel.trim()
    );
    let mut versions: Vec<_> = kinds.iter().filter_map(|kind| kind.version()).collect();
    versions.dedup();
    for version in versions {
        machine += "; ";
        machine += &version;
    }
    machine
}
