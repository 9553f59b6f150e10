//! Who is let in, how many, and for how long.

mod authentication;
mod caps;
mod credentials;
mod origins;
