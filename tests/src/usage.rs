//! What processes use, as Linux tells.

use std::{fs, io, time::Duration};

/// What a process uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Usage {
    /// Its resident memory, in bytes.
    pub resident: u64,
    /// The same at the highest, in bytes.
    pub peak: u64,
    /// The time that its threads have computed, to the hundredth of a second.
    pub cpu: Duration,
    /// Its open descriptors.
    pub descriptors: usize,
}

impl Usage {
    /// Of a process at this instant.
    ///
    /// # Errors
    ///
    /// If there is none, or no `/proc`.
    pub fn of(process: u32) -> io::Result<Self> {
        let status = fs::read_to_string(format!("/proc/{process}/status"))?;
        let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
        let kibibytes = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let number = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
            number.ok_or(io::ErrorKind::InvalidData)
        };
        // Behind the name, which may have anything in it, fields 3 and on.
        let fields = stat.rsplit(')').next().unwrap_or_default();
        let mut fields = fields.split_whitespace().skip(USER_TIME - 3);
        let mut ticks = || fields.next()?.parse::<u64>().ok();
        let ticks = ticks().zip(ticks()).ok_or(io::ErrorKind::InvalidData)?;
        Ok(Self {
            resident: kibibytes("VmRSS:")? * 1024,
            peak: kibibytes("VmHWM:")? * 1024,
            cpu: Duration::from_millis((ticks.0 + ticks.1) * TICK),
            descriptors: descriptors(process)?,
        })
    }

    /// Lets the peak be what is resident now.
    ///
    /// # Errors
    ///
    /// If the process is not ours.
    pub fn forget_peak(process: u32) -> io::Result<()> {
        fs::write(format!("/proc/{process}/clear_refs"), "5")
    }

    /// What it used more than at an earlier instant; the peak against what was
    /// resident then.
    #[must_use]
    pub const fn since(&self, before: &Self) -> Self {
        Self {
            resident: self.resident.saturating_sub(before.resident),
            peak: self.peak.saturating_sub(before.resident),
            cpu: self.cpu.saturating_sub(before.cpu),
            descriptors: self.descriptors.saturating_sub(before.descriptors),
        }
    }
}

/// The open descriptors of a process.
///
/// # Errors
///
/// If there is none, or no `/proc`.
pub fn descriptors(process: u32) -> io::Result<usize> {
    Ok(fs::read_dir(format!("/proc/{process}/fd"))?.count())
}

/// The resident memory of a process, in bytes: to the page, which
/// [`Usage::resident`] is not, and at the cost of a walk through all of it.
///
/// # Errors
///
/// If there is none, or no `/proc`.
pub fn resident(process: u32) -> io::Result<u64> {
    let rollup = fs::read_to_string(format!("/proc/{process}/smaps_rollup"))?;
    let line = rollup.lines().find_map(|line| line.strip_prefix("Rss:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    let kibibytes = number.ok_or(io::ErrorKind::InvalidData)?;
    Ok(kibibytes * 1024)
}

/// The field of `/proc/PID/stat` with the time in user mode; that in the kernel
/// follows.
const USER_TIME: usize = 14;
/// What those fields count in, in milliseconds: Linux shows programs 100 ticks a
/// second on all machines.
const TICK: u64 = 10;
