//! The same bytes given to this crate and to tungstenite: both have to agree on
//! what was said, and on whether it may be.
//!
//! They differ on purpose in four points. This crate
//!
//! - fails on a length in more bytes than needed (RFC 6455 §5.2): tungstenite
//!   reads on;
//! - fails on a close code that must not be sent (§7.4): tungstenite takes 1002
//!   for it;
//! - accepts 1014, which was registered later: tungstenite takes 1002 for it;
//! - fails as soon as a byte is wrong: tungstenite when the frame is whole.

use std::io::{self, Read, Write};

use proptest::{collection::vec, prelude::*, sample::select};
use tungstenite::{
    Error, Message as Theirs,
    error::ProtocolError as TheirFault,
    protocol::{Role as TheirRole, WebSocket, WebSocketConfig},
};
use ws_core::{Cause, Config, Event, Header, Message, ProtocolError, Role};

use crate::support::{
    ROLES,
    side::Side,
    streams::{Step, messages_in_fragments, steps},
};

proptest! {
    #![proptest_config(crate::support::cases(512))]

    #[test]
    fn both_agree_on_what_is_right(
        role in select(&ROLES[..]),
        said in vec(messages_in_fragments(), 0..8),
    ) {
        let bytes: Vec<u8> = said.iter().flat_map(|step| step.write(role.peer())).collect();
        let (ours, theirs) = (ours(role, &bytes, usize::MAX), theirs(role, &bytes, usize::MAX));
        prop_assert_eq!(&ours, &theirs);
        prop_assert_eq!(ours.end, End::Waits);
        let expected: Vec<_> = said.iter().filter_map(Step::message).collect();
        prop_assert_eq!(messages(&ours.said), expected);
    }

    #[test]
    fn both_agree_on_what_is_wrong(
        role in select(&ROLES[..]),
        steps in vec(steps(), 0..6),
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        tail in vec(any::<u8>(), 0..30),
    ) {
        let mut bytes: Vec<u8> = steps.iter().flat_map(|step| step.write(role.peer())).collect();
        bytes.extend(tail);
        for (at, byte) in damage {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
        }
        agree(role, &bytes)?;
    }

    #[test]
    fn each_reads_what_the_other_writes(
        role in select(&ROLES[..]),
        said in vec(messages_in_fragments(), 0..6),
    ) {
        let said: Vec<_> = said.iter().filter_map(Step::message).collect();
        let mut side = Side::new(role, Config::new());
        let mut socket = WebSocket::from_raw_socket(Wire::default(), their(role), None);
        for message in &said {
            side.send(message.clone());
            socket.send(as_theirs(message)).unwrap();
        }
        let heard = theirs(role.peer(), &side.sent, usize::MAX);
        prop_assert_eq!(&messages(&heard.said), &said);
        let heard = ours(role.peer(), &socket.get_ref().output, usize::MAX);
        prop_assert_eq!(&messages(&heard.said), &said);
    }
}

/// What one of them made of the bytes.
#[derive(Debug, PartialEq)]
struct Heard {
    said: Vec<Said>,
    end: End,
}

#[derive(Debug, PartialEq)]
enum Said {
    Message(Message),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
}

#[derive(Debug, Clone, PartialEq)]
enum End {
    Waits,
    /// The peer closed, with this code.
    Closed(Option<u16>),
    Failed,
    FailedOnLength,
    FailedOnCode,
}

fn agree(role: Role, bytes: &[u8]) -> Result<(), TestCaseError> {
    let mut ours = ours(role, bytes, LIMIT);
    let mut theirs_heard = theirs(role, bytes, LIMIT);
    if ours.end == End::FailedOnLength {
        // They read on: what counts is what was there before that frame.
        let (before, _) = frames(bytes, |header| header.is_err());
        theirs_heard = theirs(role, &bytes[..before], LIMIT);
        prop_assert_eq!(&theirs_heard.end, &End::Waits);
        ours.end = End::Waits;
    } else if ours.end == End::Failed && theirs_heard.end == End::Waits {
        // They wait for the rest of the frame, to fail then.
        let (_, missing) = frames(bytes, |_| false);
        prop_assert_ne!(missing, 0);
        let whole = [bytes, &vec![0; missing]].concat();
        theirs_heard = theirs(role, &whole, LIMIT);
    }
    if ours.end == End::FailedOnCode {
        // The reason may be wrong as well, and they look at that first.
        let wrong = [End::Closed(Some(1002)), End::Failed];
        prop_assert!(wrong.contains(&theirs_heard.end));
        ours.end = theirs_heard.end.clone();
    }
    prop_assert_eq!(ours, theirs_heard);
    Ok(())
}

/// How many bytes are before the first frame whose header is as asked for, or
/// before the last one; and how many bytes the last one misses.
fn frames(
    bytes: &[u8],
    found: impl Fn(&Result<Option<(Header, usize)>, ProtocolError>) -> bool,
) -> (usize, usize) {
    let mut at = 0;
    loop {
        let header = Header::parse(&bytes[at..]);
        if found(&header) {
            return (at, 0);
        }
        let Ok(Some((header, len))) = header else {
            // The rest of a header, and of the longest frame that is allowed.
            return (at, if at < bytes.len() { 14 + LIMIT } else { 0 });
        };
        let end = at + len + usize::try_from(header.payload_len).unwrap_or(usize::MAX / 2);
        if end > bytes.len() {
            return (at, end.min(bytes.len() + LIMIT) - bytes.len());
        }
        at = end;
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "no other can come")]
fn ours(role: Role, bytes: &[u8], limit: usize) -> Heard {
    let config = Config::new()
        .max_frame_bytes(limit)
        .max_message_bytes(limit);
    let mut side = Side::new(role, config);
    side.feed(bytes);
    let mut said = Vec::new();
    let mut end = End::Waits;
    for event in side.events {
        match event {
            Event::Message(message) => said.push(Said::Message(message)),
            Event::Ping(payload) => said.push(Said::Ping(payload.into())),
            Event::Pong { payload, .. } => said.push(Said::Pong(payload.into())),
            Event::Closed(outcome) => {
                let received = outcome.received.as_ref();
                let code = received.and_then(|it| it.code()).map(u16::from);
                end = match outcome.cause {
                    Cause::Protocol(ProtocolError::InvalidCloseCode(_)) => End::FailedOnCode,
                    Cause::Protocol(
                        ProtocolError::NonMinimalLength(_) | ProtocolError::ControlTooLong(_),
                    ) => End::FailedOnLength,
                    Cause::Protocol(_) => End::Failed,
                    Cause::Remote if code == Some(1014) => End::Closed(Some(1002)),
                    Cause::Remote => End::Closed(code),
                    cause => panic!("{cause:?} is no fault of the bytes"),
                };
            }
            other => panic!("{other:?} was not asked for"),
        }
    }
    Heard { said, end }
}

fn theirs(role: Role, bytes: &[u8], limit: usize) -> Heard {
    let config = WebSocketConfig::default()
        .max_frame_size(Some(limit))
        .max_message_size(Some(limit));
    let wire = Wire {
        input: io::Cursor::new(bytes.to_vec()),
        output: Vec::new(),
    };
    let mut socket = WebSocket::from_raw_socket(wire, their(role), Some(config));
    let mut said = Vec::new();
    loop {
        let end = match socket.read() {
            Ok(Theirs::Text(text)) => {
                said.push(Said::Message(Message::text(text.as_str().to_owned())));
                continue;
            }
            Ok(Theirs::Binary(bytes)) => {
                said.push(Said::Message(Message::binary(bytes)));
                continue;
            }
            Ok(Theirs::Ping(payload)) => {
                said.push(Said::Ping(payload.into()));
                continue;
            }
            Ok(Theirs::Pong(payload)) => {
                said.push(Said::Pong(payload.into()));
                continue;
            }
            Ok(Theirs::Close(frame)) => End::Closed(frame.map(|frame| frame.code.into())),
            Ok(Theirs::Frame(_)) => panic!("frames are not read"),
            Err(Error::Protocol(TheirFault::ResetWithoutClosingHandshake)) => End::Waits,
            Err(_) => End::Failed,
        };
        return Heard { said, end };
    }
}

fn messages(said: &[Said]) -> Vec<Message> {
    let mut messages = Vec::new();
    for said in said {
        if let Said::Message(message) = said {
            messages.push(message.clone());
        }
    }
    messages
}

fn as_theirs(message: &Message) -> Theirs {
    if let Message::Text(text) = message {
        Theirs::text(text.as_str())
    } else {
        Theirs::binary(message.payload().to_vec())
    }
}

const fn their(role: Role) -> TheirRole {
    match role {
        Role::Client => TheirRole::Client,
        Role::Server => TheirRole::Server,
    }
}

/// A stream that ends.
#[derive(Debug, Default)]
struct Wire {
    input: io::Cursor<Vec<u8>>,
    output: Vec<u8>,
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.input.read(buffer)
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.output.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The largest frame and message, so that short streams reach it.
const LIMIT: usize = 300;
