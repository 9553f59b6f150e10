//! Heartbeat, write deadline and close deadline hold, whatever the peer does
//! or leaves undone, and whatever the actor is busy with.

mod closing;
mod configured;
mod expiring;
mod floods;
mod heartbeat;
mod hindered;
mod idle;
mod shared;
mod waiting;
mod writing;
