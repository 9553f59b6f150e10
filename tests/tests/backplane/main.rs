//! What an engine between nodes has to do.
mod nats;
