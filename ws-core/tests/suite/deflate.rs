//! permessage-deflate (RFC 7692).

mod blocks;
mod contexts;
mod limits;
mod messages;
mod properties;
mod sending;
mod windows;
