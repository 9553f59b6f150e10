//! What an actor and others send: its order, its bounds, and the Close frame
//! behind it.

mod batch;
mod bounds;
mod closing;
mod control;
mod latest;
mod oldest;
mod refusing;
mod sending;
mod shared;
mod waiting;
