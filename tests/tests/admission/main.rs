//! Who is let in, how many, and for how long.

mod authentication;
mod caps;
mod counted;
mod credentials;
mod origins;
