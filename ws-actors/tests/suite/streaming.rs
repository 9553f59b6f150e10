//! Messages whose parts a stream gives.

mod closing;
mod failing;
mod order;
mod pace;
