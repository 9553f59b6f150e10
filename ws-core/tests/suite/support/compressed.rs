//! What two sides that compress may say to each other, and what a peer may make
//! of it.

use proptest::{collection::vec, prelude::*, sample::select};
use ws_core::{
    Fin, Frame, Message, Opcode, PreparedMessage, Role,
    extension::deflate::{Deflate, Strategy as Search},
};

use super::{
    deflate::{BINARY, TAIL, bits, deflated},
    frames::{CONTINUED, ENDED, PING, frame},
    side::Side,
};

/// Any terms.
pub(crate) fn terms() -> impl Strategy<Value = Deflate> {
    let windows = (8..=15_u8, 8..=15_u8);
    let searches = select(vec![
        Search::Default,
        Search::Filtered,
        Search::HuffmanOnly,
        Search::Rle,
        Search::Fixed,
    ]);
    let takeovers = (any::<bool>(), any::<bool>());
    let settings = (0..10_u8, 1..10_u8, searches, 0..100_usize);
    (windows, takeovers, settings).prop_map(|(windows, takeovers, settings)| {
        let (level, mem_level, search, threshold) = settings;
        Deflate::new()
            .server_max_window_bits(bits(windows.0))
            .client_max_window_bits(bits(windows.1))
            .server_no_context_takeover(takeovers.0)
            .client_no_context_takeover(takeovers.1)
            .level(level)
            .mem_level(mem_level)
            .strategy(search)
            .threshold(threshold)
    })
}

/// A message, and how it is sent.
#[derive(Debug, Clone)]
pub(crate) enum Said {
    Whole(Message, Option<bool>),
    Prepared(Message),
    /// In fragments of these sizes, with pings between.
    Fragments(Message, Vec<usize>),
}

impl Said {
    pub(crate) const fn message(&self) -> &Message {
        match self {
            Self::Whole(message, _) | Self::Prepared(message) | Self::Fragments(message, _) => {
                message
            }
        }
    }

    pub(crate) fn send(&self, side: &mut Side) {
        match self {
            Self::Whole(message, compress) => {
                let sent = side.connection.send_with(message.clone(), *compress);
                sent.expect("the connection is open");
            }
            Self::Prepared(message) => {
                let prepared = PreparedMessage::new(message.clone());
                let sent = side.connection.send_prepared(&prepared);
                sent.expect("the connection is open");
            }
            Self::Fragments(message, sizes) => {
                let mut opcode = message.opcode();
                let mut rest = message.payload();
                for size in sizes {
                    let (part, after) = rest.split_at(rest.len().min(*size));
                    side.send_frame(Frame::new(opcode, part.to_vec()).fin(Fin::More));
                    side.connection.ping("").expect("the connection is open");
                    opcode = Opcode::CONTINUATION;
                    rest = after;
                }
                side.send_frame(Frame::new(opcode, rest.to_vec()));
            }
        }
        side.run();
    }
}

pub(crate) fn said() -> impl Strategy<Value = Said> {
    prop_oneof![
        3 => (messages(), any::<Option<bool>>()).prop_map(|(it, how)| Said::Whole(it, how)),
        1 => messages().prop_map(Said::Prepared),
        2 => (messages(), vec(0..200_usize, 0..5)).prop_map(|(it, how)| Said::Fragments(it, how)),
    ]
}

/// Messages that repeat themselves and each other, and some that do not.
fn messages() -> impl Strategy<Value = Message> {
    let words = select(vec![
        "the ",
        "same ",
        "again ",
        "grüezi ",
        "\u{1F980}",
        "\n",
    ]);
    prop_oneof![
        vec(words, 0..60).prop_map(|words| Message::text(words.concat())),
        vec(any::<u8>(), 0..300).prop_map(Message::binary),
        (any::<u8>(), 0..40_000_usize).prop_map(|(it, len)| Message::binary(vec![it; len])),
        (vec(any::<u8>(), 1..2000), 1..20_usize)
            .prop_map(|(bytes, times)| Message::binary(bytes.repeat(times))),
    ]
}

/// Compressed messages of a peer, most of them not as they should be.
#[derive(Debug, Clone)]
pub(crate) struct Compressed {
    text: bool,
    payload: Vec<u8>,
    sizes: Vec<usize>,
}

impl Compressed {
    /// The bytes that `sender` sends.
    pub(crate) fn write(&self, sender: Role) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut rest = &self.payload[..];
        let mut first = BINARY - u8::from(self.text);
        for size in &self.sizes {
            let (part, after) = rest.split_at(rest.len().min(*size));
            bytes.extend(frame(sender, first & 0x7F, part));
            bytes.extend(frame(sender, PING, b"between"));
            first = CONTINUED | 0x80;
            rest = after;
        }
        assert!(first == ENDED || self.sizes.is_empty());
        bytes.extend(frame(sender, first, rest));
        bytes
    }
}

pub(crate) fn compressed() -> impl Strategy<Value = Compressed> {
    let plain = prop_oneof![
        4 => "\\PC{0,30}".prop_map(String::into_bytes),
        1 => vec(any::<u8>(), 0..60),
        1 => (any::<u8>(), 0..2000_usize).prop_map(|(byte, len)| vec![byte; len]),
    ];
    let blocks = select(vec![
        b"\xf2\x48\xcd\xc9\xc9\x07\x00".to_vec(),
        b"\xf3\x48\xcd\xc9\xc9\x07\x00".to_vec(),
        b"\xf2\x00\x11\x00\x00".to_vec(),
        b"\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f".to_vec(),
        b"\x03\x00".to_vec(),
        b"\x00".to_vec(),
        TAIL.to_vec(),
    ]);
    let payloads = prop_oneof![
        4 => plain.prop_map(|bytes| deflated(&bytes)),
        2 => vec(blocks, 0..6).prop_map(|blocks| blocks.concat()),
        1 => vec(any::<u8>(), 0..100),
    ];
    let damage = vec((any::<prop::sample::Index>(), any::<u8>()), 0..2);
    (any::<bool>(), payloads, damage, vec(0..30_usize, 0..4)).prop_map(
        |(text, mut payload, damage, sizes)| {
            for (at, byte) in damage {
                if !payload.is_empty() {
                    let at = at.index(payload.len());
                    payload[at] ^= byte;
                }
            }
            Compressed {
                text,
                payload,
                sizes,
            }
        },
    )
}
