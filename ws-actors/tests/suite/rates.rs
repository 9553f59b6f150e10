//! How fast a peer may send.

mod closed;
mod slowed;
