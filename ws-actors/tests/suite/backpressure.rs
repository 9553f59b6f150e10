//! What a peer that sends much, or reads little, may cost: reading stops while
//! the actor or the peer is behind, and goes on afterwards.

mod budget;
mod paused;
mod queued;
mod reading;
mod responses;
mod swamped;
mod writable;
