//! How frames reach an actor as messages, and what becomes of those that it
//! does not take.

mod actors;
mod cuts;
mod handlers;
mod handshake;
mod json;
mod kept;
mod opcodes;
#[cfg(feature = "msgpack")]
mod packed;
mod parts;
mod refused;
mod streams;
mod waiting;
