//! Actors that outlive their connections, on a paused clock.

mod ends;
mod offline;
mod retries;
mod returns;
mod support;
