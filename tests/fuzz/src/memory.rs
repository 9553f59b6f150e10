//! How much memory a part of a run takes at its peak.
//!
//! Nothing is counted unless the program installs [`COUNTED`] as its global
//! allocator. All threads count together, so one at a time may measure.

use peak_alloc::PeakAlloc;

/// An allocator that counts.
pub type Counted = PeakAlloc;

/// The value to install.
pub const COUNTED: Counted = PeakAlloc;

/// The most bytes that `work` held at a time, beyond what was held before.
pub fn peak_of(work: impl FnOnce()) -> usize {
    let before = COUNTED.current_usage();
    COUNTED.reset_peak_usage();
    work();
    COUNTED.peak_usage().saturating_sub(before)
}

/// Whether the allocator is installed.
#[must_use]
pub fn is_counted() -> bool {
    peak_of(|| drop(std::hint::black_box(vec![0_u8; 1000]))) >= 1000
}
