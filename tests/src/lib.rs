//! What the tests that cross the crates share: real servers, real sockets,
//! programs and browsers, and a limit to every wait.
#![expect(
    clippy::missing_panics_doc,
    reason = "helpers of tests panic when something is not as it should be"
)]

pub mod attack;
pub mod binaries;
pub mod cable;
pub mod chromedriver;
pub mod client;
mod counted;
pub mod engine;
pub mod house;
pub mod landing;
pub mod page;
pub mod probe;
pub mod program;
pub mod raw;
pub mod relay;
pub mod request;
pub mod servant;
pub mod server;
pub mod soak;
mod sockets;
pub mod tls;
pub mod usage;
pub mod wait;
pub mod wire;

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
