use arbitrary::Unstructured;
use ws_core::{
    Role,
    extension::{
        Agreement, Params,
        deflate::{Deflate, Strategy, WindowBits},
    },
};

use crate::input::Settings;

/// Terms of permessage-deflate, of four bytes.
pub(crate) fn deflate(input: &mut Unstructured<'_>) -> Deflate {
    let windows = input.byte();
    let flags = input.byte();
    let effort = input.byte();
    let strategy = input.one_of(&[
        Strategy::Default,
        Strategy::Filtered,
        Strategy::HuffmanOnly,
        Strategy::Rle,
        Strategy::Fixed,
    ]);
    Deflate::new()
        .server_max_window_bits(window(windows))
        .client_max_window_bits(window(windows >> 4))
        .server_no_context_takeover(flags & 1 != 0)
        .client_no_context_takeover(flags & 2 != 0)
        .require_client_max_window_bits(flags & 4 != 0)
        .threshold(usize::from(flags >> 4) * 8)
        .level(effort & 15)
        .mem_level(effort >> 4)
        .strategy(strategy)
}

/// A window of 15 bits for 0, down to one of 8 bits for 7.
pub(crate) fn window(choice: u8) -> WindowBits {
    WindowBits::new(15 - choice % 8).expect("8 to 15 bits")
}

/// These terms at work, without a handshake.
pub(crate) fn agreed(deflate: &Deflate, role: Role) -> Agreement {
    let mut agreement = Agreement::new();
    let added = agreement.add(Params::new("permessage-deflate"), deflate.agreed(role));
    added.expect("there is no other extension");
    agreement
}
