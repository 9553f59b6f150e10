//! Rooms that several nodes serve together.

mod history;
mod messages;
mod node;
mod presence;
mod publisher;
