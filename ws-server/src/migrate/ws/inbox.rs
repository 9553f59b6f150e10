//! What has come and the actor has not heard yet.

use std::{
    cell::RefCell,
    collections::VecDeque,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use actix_http::ws::Item;
use bytes::{Bytes, BytesMut};
use bytestring::ByteString;
use futures_core::Stream;
use ws_core::{MessagePart, Opcode, extension::PartEnd};

use super::{Heard, Message, convert};

/// A queue whose other end is the stream that the actor handles.
///
/// It is short: the connection hears nothing more while something waits here.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    shared: Rc<RefCell<Shared>>,
    fragments: Fragments,
}

#[derive(Debug, Default)]
struct Shared {
    waiting: VecDeque<Heard>,
    ended: bool,
    /// The Pings that the actor has heard in this turn.
    pings: VecDeque<Bytes>,
}

impl Inbox {
    /// The stream of what comes.
    pub(super) fn stream(&self) -> impl Stream<Item = Heard> + use<> {
        Frames(Rc::clone(&self.shared))
    }

    pub(super) fn push(&self, heard: Heard) {
        self.shared.borrow_mut().waiting.push_back(heard);
    }

    /// Takes a part of a frame; a frame is whole before it is heard.
    pub(super) fn push_part(&mut self, part: MessagePart) {
        if let Some(heard) = self.fragments.add(part) {
            self.push(heard);
        }
    }

    /// Nothing more will come.
    pub(super) fn end(&self) {
        self.shared.borrow_mut().ended = true;
    }

    pub(super) fn len(&self) -> usize {
        self.shared.borrow().waiting.len()
    }

    /// Whether a Pong answers a Ping that was heard in this turn.
    pub(super) fn is_answer(&self, pong: &Bytes) -> bool {
        let pings = &mut self.shared.borrow_mut().pings;
        let answered = pings.iter().position(|ping| ping == pong);
        if let Some(index) = answered {
            pings.remove(index);
        }
        answered.is_some()
    }

    /// The turn is over; nothing is to be held for long.
    pub(super) fn forget_pings(&self) {
        self.shared.borrow_mut().pings.clear();
    }
}

struct Frames(Rc<RefCell<Shared>>);

impl Stream for Frames {
    type Item = Heard;

    /// No waker is kept: the actor is polled whenever something has come.
    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Heard>> {
        let shared = &mut *self.0.borrow_mut();
        let Some(heard) = shared.waiting.pop_front() else {
            return if shared.ended {
                Poll::Ready(None)
            } else {
                Poll::Pending
            };
        };
        if let Ok(Message::Ping(payload)) = &heard {
            shared.pings.push_back(payload.clone());
        }
        Poll::Ready(Some(heard))
    }
}

/// Parts of frames to frames, as the old crate told of them.
#[derive(Debug, Default)]
struct Fragments {
    /// The frame under way is not the first of its message.
    continued: bool,
    /// What has come of it. Its length is limited by the connection.
    begun: BytesMut,
}

impl Fragments {
    fn add(&mut self, part: MessagePart) -> Option<Heard> {
        let MessagePart {
            opcode,
            payload,
            end,
            ..
        } = part;
        if end == PartEnd::Part {
            self.begun.extend_from_slice(&payload);
            return None;
        }
        let payload = if self.begun.is_empty() {
            payload
        } else {
            let mut begun = std::mem::take(&mut self.begun);
            begun.extend_from_slice(&payload);
            begun.freeze()
        };
        let last = end == PartEnd::Message;
        let continued = std::mem::replace(&mut self.continued, !last);
        let text = opcode == Opcode::TEXT;
        Some(Ok(match (continued, last) {
            (false, true) if text => match ByteString::try_from(payload) {
                Ok(text) => Message::Text(text),
                Err(error) => return Some(Err(convert::invalid_data(&error))),
            },
            (false, true) => Message::Binary(payload),
            (false, false) if text => Message::Continuation(Item::FirstText(payload)),
            (false, false) => Message::Continuation(Item::FirstBinary(payload)),
            (true, false) => Message::Continuation(Item::Continue(payload)),
            (true, true) => Message::Continuation(Item::Last(payload)),
        }))
    }
}
