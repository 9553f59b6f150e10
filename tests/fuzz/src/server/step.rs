use arbitrary::{Arbitrary, Result, Unstructured};

use super::command::{Command, Kind, Size};
use crate::input::Settings;

/// Something that the peer, the network, the clock, or somebody else of the
/// server's process does.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// The peer says something that is right.
    Say(Kind, Size, Option<bool>),
    /// The same, in fragments of so many bytes.
    Pieces {
        len: usize,
        size: usize,
        ping: bool,
    },
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    /// A Pong that answers the last Ping that came.
    Answer,
    Bell,
    Close {
        code: Option<u16>,
        reason: u8,
    },
    /// A frame of any kind: its first byte, whether it is masked.
    Frame {
        first: u8,
        masked: bool,
        payload: Vec<u8>,
    },
    Raw(Vec<u8>),
    /// So many bytes of what the peer sent arrive, to be read at once.
    Carry(usize),
    Eof,
    Reset,
    /// The transport takes so many bytes more.
    Room(usize),
    /// The transport keeps what it took, or lets it go.
    HoldBack(bool),
    /// Time passes, in milliseconds.
    Elapse(u64),
    /// Time passes while the thread is busy with others.
    Oversleep(u64),
    /// The actor is told to do something, by its mailbox.
    Tell(Command),
    /// The actor does it when it next hears something.
    React(Command),
    /// Others use the handle for any thread.
    Handle(Order),
    /// Others use the outbox.
    Outbox(Order),
    /// All connections of the server are told to close.
    Drain,
    /// The task is polled though nothing happened.
    Nudge,
    /// The server's thread ends.
    Abandon,
}

/// What others ask of a connection.
#[derive(Debug, Clone)]
pub(super) enum Order {
    Send(Kind, Size),
    Latest(u8, Size),
    /// Several messages at once; the outbox only.
    Batch(u8, Size),
    Close(u16),
    /// The handle only.
    Stop,
    Expire(u64),
    ExpireNever,
}

impl Step {
    /// The peer says this, short.
    pub(super) const fn say(text: &str) -> Self {
        let size = Size {
            len: text.len(),
            even: true,
        };
        Self::Say(Kind::Text, size, None)
    }
}

impl<'a> Arbitrary<'a> for Step {
    fn arbitrary(input: &mut Unstructured<'a>) -> Result<Self> {
        Ok(match input.byte() & 0x1F {
            0 => Self::Say(Kind::Text, Size::short(input), None),
            1 => {
                let flags = input.byte();
                let kinds = [Kind::Text, Kind::Binary, Kind::Data, Kind::Binary];
                let compress = [None, Some(true), Some(false), None];
                Self::Say(
                    kinds[usize::from(flags & 3)],
                    Size::long(input),
                    compress[usize::from(flags >> 2 & 3)],
                )
            }
            2 => Self::Pieces {
                len: usize::from(input.byte()) * 4,
                size: input.byte().into(),
                ping: input.byte() & 1 != 0,
            },
            3 => Self::Ping(input.short_bytes().to_vec()),
            4 => match input.byte() {
                0..=127 => Self::Answer,
                128..=191 => Self::Pong(input.short_bytes().to_vec()),
                _ => Self::Bell,
            },
            5 => Self::Close {
                code: Some(u16::from_be_bytes([input.byte(), input.byte()])),
                reason: input.byte(),
            },
            6 => Self::Close {
                code: None,
                reason: 0,
            },
            7 | 8 => Self::Frame {
                first: input.byte(),
                masked: input.byte() != 0,
                payload: input.short_bytes().to_vec(),
            },
            9 => Self::Raw(input.short_bytes().to_vec()),
            10 => Self::Carry(input.byte().into()),
            11 => Self::Carry(u16::arbitrary(input)?.into()),
            12..=14 => Self::Carry(usize::MAX),
            15 => match input.byte() {
                0..=63 => Self::Eof,
                64..=127 => Self::Reset,
                128..=143 => Self::Abandon,
                144..=159 => Self::Drain,
                160..=191 => Self::HoldBack(true),
                192..=223 => Self::HoldBack(false),
                _ => Self::Nudge,
            },
            16 => Self::Room(input.byte().into()),
            17 => Self::Room(u16::arbitrary(input)?.into()),
            18 => Self::Room(usize::MAX),
            19 => Self::Elapse(u64::from(input.byte())),
            20 => Self::Elapse(u64::from(input.byte()) * 100),
            21 => Self::Elapse(u64::from(input.byte()) * 500),
            22 => Self::Oversleep(u64::from(input.byte()) * 500),
            23..=25 => Self::Tell(Command::read(input)),
            26..=28 => Self::React(Command::read(input)),
            29 => Self::Handle(Order::read(input)),
            30 => Self::Outbox(Order::read(input)),
            _ => Self::Nudge,
        })
    }
}

impl Order {
    fn read(input: &mut Unstructured<'_>) -> Self {
        match input.byte() & 7 {
            0 => Self::Send(Kind::Text, Size::short(input)),
            1 => Self::Send(Kind::read(input), Size::long(input)),
            2 => Self::Latest(input.byte(), Size::long(input)),
            3 => Self::Batch(input.byte() % 16, Size::short(input)),
            4 => Self::Close(u16::from_be_bytes([input.byte(), input.byte()])),
            5 => Self::Stop,
            6 => Self::Expire(u64::from(input.byte()) * 80),
            _ => Self::ExpireNever,
        }
    }
}
