//! The WebSocket programs of the actix examples, in our own words: those that
//! were written for actix-web-actors run on our connections as they are.
//!
//! Their sources stand in `programs` once and are compiled twice, for the old
//! crate and for ours, and one client talks to both. Those that were written
//! for actix-ws stand in `rewritten` as one would write them here.

mod after;
mod autobahn;
mod before;
mod chat;
mod diary;
mod echo;
mod ours;
mod pulse;
mod rewritten;
mod serving;
