//! Rooms that several nodes serve together.
#![expect(
    clippy::unwrap_used,
    reason = "a panic of what a test leans on fails the test"
)]

mod actors;
mod carrier;
mod ear;
mod faults;
mod history;
mod messages;
mod node;
mod presence;
mod publisher;
mod strangers;
