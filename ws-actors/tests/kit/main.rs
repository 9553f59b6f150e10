//! How the kit behaves.
