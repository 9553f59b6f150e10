//! How `ws-actors` behaves, seen through its public API.
#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "what a probe does is for one test, and a panic fails it"
)]

mod backpressure;
mod fairness;
mod frames;
mod futures;
mod handle;
mod lifecycle;
mod operators;
mod outbox;
mod panics;
mod rates;
mod streaming;
mod supervision;
mod support;
