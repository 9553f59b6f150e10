//! What peers say to each other, and the patience of our side.

use std::{iter, time::Duration};

use ws_core::Config;

/// A configuration that does nothing because time passes.
pub(crate) fn patient() -> Config {
    let long = Duration::from_secs(3600);
    Config::new()
        .ping_interval(None)
        .close_timeout(long)
        .write_timeout(long)
        .max_message_bytes(LARGEST)
}

/// A text of this many bytes, which can be compressed, with characters of all
/// lengths.
pub(crate) fn text(length: usize) -> Vec<u8> {
    let mut text = String::with_capacity(length + 64);
    for number in 0.. {
        let next = format!("{number}: größer als 5 €, and a 🦀; ");
        if text.len() + next.len() > length {
            break;
        }
        text += &next;
    }
    let mut bytes = text.into_bytes();
    bytes.resize(length, b'.');
    bytes
}

/// Bytes that no compression makes fewer.
pub(crate) fn bytes(length: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        state.to_be_bytes()[0]
    };
    iter::repeat_with(next).take(length).collect()
}

/// Around the lengths at which a frame's header grows, and far beyond what is
/// read at once.
pub(crate) const LENGTHS: [usize; 9] = [0, 1, 125, 126, 127, 65535, 65536, 65537, (1 << 20) + 3];
/// The largest message that is taken, in bytes.
pub(crate) const LARGEST: usize = 2 << 20;
