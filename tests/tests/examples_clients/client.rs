//! `client`: what is sent and what is shown, what it says when something is
//! wrong, and how it ends.

mod connected;
mod failed;
mod lost;
mod shown;
