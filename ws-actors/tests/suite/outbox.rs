//! What an actor and others send: its order, its bounds, and the Close frame
//! behind it.

mod bounds;
mod closing;
mod sending;
mod shared;
