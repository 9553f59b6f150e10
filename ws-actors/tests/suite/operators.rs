//! What operators are told of connections: numbers and logs.

mod counted;
mod keeper;
mod logged;
mod recorder;
