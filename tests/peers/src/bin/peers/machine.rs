use std::fs;

/// The processor, the kernel and its TCP, in one line.
pub(crate) fn describe() -> String {
    let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let names = processors.lines().filter_map(|line| {
        let (field, name) = line.split_once(':')?;
        (field.trim() == "model name").then_some(name.trim())
    });
    let names: Vec<&str> = names.collect();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let control = fs::read_to_string("/proc/sys/net/ipv4/tcp_congestion_control");
    format!(
        "{} cores of {}, Linux {}, TCP {}",
        names.len(),
        names.first().unwrap_or(&"some processor"),
        kernel.trim(),
        control.unwrap_or_default().trim()
    )
}
