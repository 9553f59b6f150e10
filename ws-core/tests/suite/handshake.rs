//! The opening handshake (RFC 6455 §4).

mod both;
mod client;
mod heads;
mod heads_refused;
mod heads_written;
mod server;
