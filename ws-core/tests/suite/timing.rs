//! Deadlines, with time in the tests' hands.

mod deadlines;
mod heartbeat;
mod lifetime;
mod message_timeout;
mod pausing;
