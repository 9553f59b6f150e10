//! What operators are told of connections: numbers and logs.

mod counted;
mod logged;
mod recorder;
