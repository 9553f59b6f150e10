//! How clients reach servers, seen through the public API of `ws_actors::client`.
#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "what a server of the tests does is for one test, and a panic fails it"
)]

mod agreed;
mod described;
mod dialled;
mod dropped;
mod early;
mod proxied;
mod proxied_socks;
mod redirected;
mod refused;
mod session;
mod slow;
mod support;
#[cfg(feature = "rustls")]
mod tls;
