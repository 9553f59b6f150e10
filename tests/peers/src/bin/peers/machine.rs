use std::fs;

/// The processor and the kernel, in one line.
pub(crate) fn describe() -> String {
    let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let names = processors.lines().filter_map(|line| {
        let (field, name) = line.split_once(':')?;
        (field.trim() == "model name").then_some(name.trim())
    });
    let names: Vec<&str> = names.collect();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!(
        "{} cores of {}, Linux {}",
        names.len(),
        names.first().unwrap_or(&"some processor"),
        kernel.trim()
    )
}
