//! What operators see of the program `chat`: a page, and metrics.
#![expect(
    clippy::unwrap_used,
    reason = "a panic of what a test leans on fails the test"
)]

mod feed;
mod listener;
mod metrics;
mod support;
