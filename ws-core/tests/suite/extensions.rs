//! Extensions: their negotiation (RFC 6455 §9.1) and what a running one may do.

mod api;
mod clashes;
mod client;
mod control;
mod frames;
mod limits;
mod order;
mod server;
