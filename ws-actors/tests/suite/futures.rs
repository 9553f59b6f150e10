//! Futures, timers and streams that run beside a connection actor, and
//! `ctx.wait()`.

mod intervals;
mod spawned;
mod streams;
mod waits;
