//! The example programs that are clients.

mod client;
mod help;
mod reconnecting;
mod support;
