//! Rooms that several nodes serve together.

mod carrier;
mod ear;
mod faults;
mod history;
mod messages;
mod node;
mod presence;
mod publisher;
mod strangers;
