use proptest::{collection::vec, prelude::*, sample::select};
use ws_core::{Message, Role};

use super::frames::{
    BINARY, CLOSE, CONTINUED, KEY, PING, PONG, TEXT, close_payload, header_of_width, with_key,
};

/// Something that a peer sends.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// A message in fragments of these sizes, control frames between them.
    Message {
        text: bool,
        payload: Vec<u8>,
        sizes: Vec<usize>,
        between: Vec<(u8, Vec<u8>)>,
    },
    /// A frame, right or wrong.
    Frame {
        first: u8,
        masked_rightly: bool,
        width: Option<usize>,
        payload: Vec<u8>,
    },
}

impl Step {
    /// The bytes that `sender` sends.
    pub(crate) fn write(&self, sender: Role) -> Vec<u8> {
        let mut bytes = Vec::new();
        let key = |rightly: bool| (sender.masks() == rightly).then_some(KEY);
        match self {
            Self::Message {
                text,
                payload,
                sizes,
                between,
            } => {
                let mut rest = &payload[..];
                let mut first = if *text { TEXT } else { BINARY };
                for (size, (control, payload)) in sizes.iter().zip(between) {
                    let (part, after) = rest.split_at(rest.len().min(*size));
                    bytes.extend(with_key(key(true), first & 0x0F, part));
                    bytes.extend(with_key(key(true), *control, payload));
                    first = CONTINUED | 0x80;
                    rest = after;
                }
                bytes.extend(with_key(key(true), first, rest));
            }
            Self::Frame {
                first,
                masked_rightly,
                width: None,
                payload,
            } => bytes = with_key(key(*masked_rightly), *first, payload),
            Self::Frame {
                first,
                masked_rightly,
                width: Some(width),
                payload,
            } => {
                let len = payload.len() as u64;
                bytes = header_of_width(*width, key(*masked_rightly), *first, len);
                bytes.extend(payload);
            }
        }
        bytes
    }

    /// The message that is meant, if it is one.
    pub(crate) fn message(&self) -> Option<Message> {
        match self {
            Self::Message {
                text: true,
                payload,
                ..
            } => String::from_utf8(payload.clone()).ok().map(Message::text),
            Self::Message { payload, .. } => Some(Message::binary(payload.clone())),
            Self::Frame { .. } => None,
        }
    }
}

/// Mostly what is right, so that streams get far.
pub(crate) fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![6 => messages_in_fragments(), 2 => control_frames(), 1 => frames()]
}

pub(crate) fn messages_in_fragments() -> impl Strategy<Value = Step> {
    let payloads = prop_oneof![
        "\\PC{0,30}".prop_map(|text| (true, text.into_bytes())),
        vec(any::<u8>(), 0..150).prop_map(|bytes| (false, bytes)),
    ];
    let sizes = vec(0..100_usize, 0..4);
    let between = vec((select(&[PING, PONG][..]), vec(any::<u8>(), 0..126)), 4);
    (payloads, sizes, between).prop_map(|((text, payload), sizes, between)| Step::Message {
        text,
        payload,
        sizes,
        between,
    })
}

fn control_frames() -> impl Strategy<Value = Step> {
    let reasons = prop_oneof![
        "\\PC{0,20}".prop_map(String::into_bytes),
        vec(any::<u8>(), 0..9)
    ];
    let closes = (
        prop_oneof![Just(1000_u16), 990..1020_u16, any::<u16>()],
        reasons,
    )
        .prop_map(|(code, reason)| (CLOSE, close_payload(code, reason)));
    let echoed = (select(&[PING, PONG][..]), vec(any::<u8>(), 0..126));
    prop_oneof![3 => echoed, 1 => closes].prop_map(|(first, payload)| Step::Frame {
        first,
        masked_rightly: true,
        width: None,
        payload,
    })
}

fn frames() -> impl Strategy<Value = Step> {
    let firsts = prop_oneof![any::<u8>(), (0..16_u8).prop_map(|opcode| 0x80 | opcode)];
    let widths = prop_oneof![8 => Just(None), 1 => select(vec![Some(2), Some(8)])];
    let payloads = prop_oneof![vec(any::<u8>(), 0..4), vec(any::<u8>(), 0..400)];
    (firsts, prop::bool::weighted(0.9), widths, payloads).prop_map(
        |(first, masked_rightly, width, payload)| Step::Frame {
            first,
            masked_rightly,
            width,
            payload,
        },
    )
}
