//! Whoever floods a connection actor, its other sources of work have their
//! turn, and so have the other tasks of the thread.

mod itself;
mod mailbox;
mod shared;
mod socket;
