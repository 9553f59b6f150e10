//! Frames and messages on the wire (RFC 6455 §5, §8.1).

mod by_hand;
mod control;
mod differential_tungstenite;
mod differential_yawc;
mod fragmentation;
mod headers;
mod in_place;
mod limits;
mod masking;
mod properties;
mod round_trip;
mod utf8;
