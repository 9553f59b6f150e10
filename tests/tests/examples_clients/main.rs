//! The example programs that are clients.
#![expect(
    clippy::unwrap_used,
    reason = "a panic of what a test leans on fails the test"
)]

mod client;
mod help;
mod reconnecting;
mod support;
mod terminal;
