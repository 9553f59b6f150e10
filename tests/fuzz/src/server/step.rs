use arbitrary::{Arbitrary, Result, Unstructured};

use super::{command::Command, order::Order, peer::Word};
use crate::input::Settings;

/// Something that the peer, the network, the clock, or somebody else of the
/// server's process does.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// The peer says something.
    Speak(Word),
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

impl Step {
    /// The peer says this, short.
    pub(super) const fn say(text: &str) -> Self {
        Self::Speak(Word::short(text))
    }
}

impl<'a> Arbitrary<'a> for Step {
    fn arbitrary(input: &mut Unstructured<'a>) -> Result<Self> {
        Ok(match input.byte() & 0x1F {
            choice @ 0..=9 => Self::Speak(Word::read(choice, input)),
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
