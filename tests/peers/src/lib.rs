//! What the servers, the load and their comparison share.
//!
//! `tests/peers/run --help` tells how it is used.

pub mod poller;
pub mod wire;
