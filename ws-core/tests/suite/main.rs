//! How `ws-core` behaves, seen through its public API.

mod closing;
mod deflate;
mod extensions;
mod framing;
mod handshake;
mod messages;
mod support;
mod timing;
