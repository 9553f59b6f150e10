//! The opening handshake (RFC 6455 §4).

mod both;
mod client;
mod fields;
mod heads;
mod heads_refused;
mod heads_written;
mod openings;
mod refusals;
mod server;
