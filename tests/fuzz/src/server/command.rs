use std::time::Duration;

use arbitrary::Unstructured;
use ws_core::{CloseCode, Message, Opcode};

use super::{
    ledger::Payload,
    setup::{DATA, UNKNOWN},
};
use crate::input::{Settings, scattered};

/// What an actor does when it is told to.
#[derive(Debug, Clone)]
pub(super) enum Command {
    Say(Kind, Size),
    /// A message with reserved bits of its own.
    Mark(Size),
    Latest(u8, Size),
    Stream(Vec<u8>, Pace, StreamEnd),
    Ping(u8),
    Pong(u8),
    Control(u8),
    Close(u16, u8),
    Stop,
    Terminate,
    /// Hears no frames for so long.
    Pause(Duration),
    Resume,
    Panic,
    /// Hears nothing for so long, and then does this.
    Wait(Duration, After),
    /// Does this so much later.
    Spawn(Duration, After),
    /// The same as the answer to a frame.
    Respond(Duration, After),
    /// Says something again and again.
    Interval(Duration, u8),
    /// Gives up the last future.
    Cancel,
    Expire(Duration),
    ExpireNever,
    /// Leaves something behind that speaks when it is dropped.
    Haunt,
    Nothing,
}

/// A kind of message.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Text,
    Binary,
    Data,
    /// Of an opcode that nobody registers.
    Unknown,
    /// Encoded before.
    Prepared,
}

/// How long a message is, and whether it compresses well.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    pub(super) len: usize,
    pub(super) even: bool,
}

/// How a stream gives its parts.
#[derive(Debug, Clone, Copy)]
pub(super) enum Pace {
    AtOnce,
    /// With so much time between them.
    Slow(Duration),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StreamEnd {
    Done,
    Fails,
    Panics,
    /// It is long in coming.
    Hangs,
}

/// What comes behind a wait.
#[derive(Debug, Clone, Copy)]
pub(super) enum After {
    Nothing,
    Say,
    Panic,
    Close,
    Stop,
}

impl Command {
    pub(super) fn read(input: &mut Unstructured<'_>) -> Self {
        match input.byte() & 0x1F {
            0 => Self::Say(Kind::Text, Size::short(input)),
            1 => Self::Say(Kind::Binary, Size::short(input)),
            2 => Self::Say(Kind::Text, Size::long(input)),
            3 => Self::Say(Kind::Binary, Size::long(input)),
            4 => Self::Say(Kind::read(input), Size::long(input)),
            5 => Self::Mark(Size::short(input)),
            6 | 7 => Self::Latest(input.byte(), Size::long(input)),
            8 | 9 => {
                let flags = input.byte();
                let parts = input.short_bytes();
                let pace = match flags >> 2 {
                    0..16 => Pace::AtOnce,
                    slow => Pace::Slow(Duration::from_millis(u64::from(slow) * 20)),
                };
                let end = match flags & 3 {
                    0 => StreamEnd::Done,
                    1 => StreamEnd::Fails,
                    2 => StreamEnd::Panics,
                    _ => StreamEnd::Hangs,
                };
                Self::Stream(parts[..parts.len().min(64)].to_vec(), pace, end)
            }
            10 => Self::Ping(input.byte()),
            11 => Self::Pong(input.byte()),
            12 => Self::Control(input.byte()),
            13 => Self::Close(
                u16::from_be_bytes([input.byte(), input.byte()]),
                input.byte(),
            ),
            14 => Self::Close(CloseCode::NORMAL.get(), 0),
            15 => Self::Stop,
            16 => Self::Terminate,
            17 => Self::Pause(time(input)),
            18 => Self::Resume,
            19 => Self::Panic,
            20 => Self::Wait(time(input), After::read(input)),
            21 | 22 => Self::Spawn(time(input), After::read(input)),
            23 | 24 => Self::Respond(time(input), After::read(input)),
            25 => Self::Interval(Duration::from_millis(100) + time(input), input.byte() % 32),
            26 => Self::Cancel,
            27 => Self::Expire(time(input)),
            28 => Self::ExpireNever,
            29 => Self::Haunt,
            _ => Self::Nothing,
        }
    }
}

impl Kind {
    pub(super) fn read(input: &mut Unstructured<'_>) -> Self {
        input.one_of(&[
            Self::Text,
            Self::Binary,
            Self::Data,
            Self::Unknown,
            Self::Prepared,
        ])
    }

    pub(super) const fn opcode(self) -> Opcode {
        match self {
            Self::Text => Opcode::TEXT,
            Self::Binary | Self::Prepared => Opcode::BINARY,
            Self::Data => DATA,
            Self::Unknown => UNKNOWN,
        }
    }

    pub(super) fn message(self, payload: &Payload) -> Message {
        let bytes = payload.bytes.clone();
        match self {
            Self::Text => Message::text(payload.text()),
            Self::Binary | Self::Prepared => Message::binary(bytes),
            Self::Data | Self::Unknown => Message::Custom(self.opcode(), bytes.into()),
        }
    }
}

impl Size {
    pub(super) fn short(input: &mut Unstructured<'_>) -> Self {
        Self {
            len: input.byte().into(),
            even: true,
        }
    }

    /// Up to 32 KiB.
    pub(super) fn long(input: &mut Unstructured<'_>) -> Self {
        let (high, low) = (input.byte(), input.byte());
        Self {
            len: usize::from(u16::from_be_bytes([high & 0x7F, low])),
            even: high & 0x80 == 0,
        }
    }

    /// So many ASCII letters: this one alone, or such as hardly compress.
    pub(super) fn letters(self, letter: u8) -> impl Iterator<Item = u8> {
        (0..self.len).map(move |i| {
            if self.even {
                letter
            } else {
                scattered(i) >> 2 | 0x40
            }
        })
    }
}

impl After {
    fn read(input: &mut Unstructured<'_>) -> Self {
        match input.byte() {
            0 => Self::Panic,
            1 => Self::Close,
            2 => Self::Stop,
            3..=64 => Self::Nothing,
            _ => Self::Say,
        }
    }
}

/// Up to 20 seconds, or no time at all.
fn time(input: &mut Unstructured<'_>) -> Duration {
    Duration::from_millis(u64::from(input.byte()) * 80)
}
