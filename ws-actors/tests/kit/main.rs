//! How the test kit behaves: what it shows, what it fails on, what it says then.
#![allow(
    clippy::unwrap_used,
    reason = "what an actor here does is for one test, and a panic fails it"
)]

mod expecting;
mod extensions;
mod failing;
mod misbehaving;
mod passing_time;
mod roles;
mod runtimes;
mod support;
