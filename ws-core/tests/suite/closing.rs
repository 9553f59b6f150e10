//! How a connection ends (RFC 6455 §7).

mod after_the_end;
mod by_hand;
mod failing;
mod frames;
mod handshake;
mod transport;
