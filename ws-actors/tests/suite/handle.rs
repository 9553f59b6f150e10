//! A handle to a connection, which any thread may hold.

mod bounds;
mod ending;
mod sending;
mod threads;
