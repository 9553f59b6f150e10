use ws_core::{Event, Fin, MessagePart, Opcode, Role, extension::PartEnd};

use crate::{
    side::Side,
    wire::{self, Seen},
};

/// What came of an input, as far as cuts must not change it.
#[derive(Debug)]
pub(super) struct Transcript {
    events: Vec<Event>,
    /// The parts of a frame that has no end.
    unfinished: Option<MessagePart>,
    /// The Close frame that was sent.
    closes: Vec<Seen>,
}

impl Transcript {
    pub(super) fn of(role: Role, side: Side) -> Self {
        let frames = wire::frames(role, &side.sent);
        check_sent(&frames, &side);
        let mut joined: Option<MessagePart> = None;
        let mut events = Vec::new();
        for event in side.events {
            let Event::Part(mut part) = event else {
                let ends = matches!(event, Event::Closed(_));
                assert!(ends || joined.is_none(), "{event:?} comes inside a frame");
                events.push(event);
                continue;
            };
            // Parts of a frame are cut where the input is: join them again.
            if let Some(begun) = joined.take() {
                assert_eq!((begun.opcode, begun.rsv), (part.opcode, part.rsv));
                part.payload = [begun.payload, part.payload].concat().into();
            }
            if part.end == PartEnd::Part {
                joined = Some(part);
            } else {
                events.push(Event::Part(part));
            }
        }
        Self {
            events,
            unfinished: joined,
            closes: frames
                .into_iter()
                .filter(|frame| frame.opcode == Opcode::CLOSE)
                .collect(),
        }
    }

    /// No message is larger than allowed, however it is handed out.
    pub(super) fn check_sizes(&self, max_message_bytes: usize) {
        let mut message = 0;
        for event in &self.events {
            if let Event::Message(whole) = event {
                message = whole.payload().len();
            } else if let Event::Part(part) = event {
                message += part.payload.len();
            } else if let Event::Frame { frame, .. } = event {
                message += frame.payload.len();
            } else {
                continue;
            }
            assert!(message <= max_message_bytes, "{message} bytes are too many");
            if ends_message(event) {
                message = 0;
            }
        }
        let unfinished = self.unfinished.as_ref();
        message += unfinished.map_or(0, |part| part.payload.len());
        assert!(message <= max_message_bytes, "{message} bytes are too many");
    }

    /// The same events; of a frame without an end, one may have seen more.
    pub(super) fn check_same(&self, other: &Self) {
        assert_eq!(self.events, other.events, "cuts change the events");
        assert_eq!(self.closes, other.closes, "cuts change the Close frame");
        if let (Some(one), Some(two)) = (&self.unfinished, &other.unfinished) {
            assert_eq!((one.opcode, one.rsv), (two.opcode, two.rsv));
            let (one, two) = (&one.payload, &two.payload);
            assert!(one.starts_with(two) || two.starts_with(one));
        }
    }
}

fn ends_message(event: &Event) -> bool {
    if let Event::Part(part) = event {
        part.end == PartEnd::Message
    } else if let Event::Frame { frame, .. } = event {
        frame.fin == Fin::Last
    } else {
        true
    }
}

/// All frames that are sent are answers: Pongs to some of the Pings, in their order,
/// then one Close frame.
fn check_sent(frames: &[Seen], side: &Side) {
    let mut pings = Vec::new();
    for event in &side.events {
        if let Event::Ping(payload) = event {
            pings.push(payload);
        }
    }
    let mut pings = pings.into_iter();
    let mut closed = false;
    for frame in frames {
        assert!(!closed, "{frame:?} follows a Close frame");
        if frame.opcode == Opcode::PONG {
            assert!(pings.any(|ping| ping == &frame.payload), "who has asked?");
        } else {
            assert_eq!(frame.opcode, Opcode::CLOSE);
            closed = true;
        }
    }
    let outcome = side.outcome().expect("the stream is at its end");
    assert_eq!(closed, outcome.sent.is_some(), "{outcome:?}");
}
