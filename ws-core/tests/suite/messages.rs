//! What an application sends and is given.

mod borrowed;
mod conversations;
mod delivery;
mod frames;
mod joining;
mod manual;
mod opcodes;
mod parts;
mod prepared;
mod sharing;
mod texts;
mod unregistered;
