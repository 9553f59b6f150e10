//! Rooms: some of it on two threads of a real server, the rest in memory and on a
//! paused clock.

mod actor;
mod announced;
mod audience;
mod broadcast;
mod counted;
mod limits;
mod members;
mod person;
mod slow;
mod together;
mod unruly;
