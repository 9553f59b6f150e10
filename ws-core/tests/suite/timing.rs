//! Deadlines, with time in the tests' hands.

mod deadlines;
mod heartbeat;
mod message_timeout;
mod pausing;
