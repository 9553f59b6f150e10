use std::time::Instant;

use bytes::BytesMut;

use crate::{Message, Opcode, SendQueue, Utf8Bytes, message::assembler::Assembled};

use super::{Cause, Connection, Event, Outcome, Output, State, Transport, inbound::Incoming};

/// What a driver asks: events, bytes, and what becomes of the transport.
impl Connection {
    /// What to do next. Events come before bytes, so that all replies to one
    /// read leave in one write.
    pub fn poll_output(&mut self, now: Instant) -> Output<'_> {
        self.now = now;
        if let Some(event) = self.poll_event() {
            return Output::Event(event);
        }
        if !self.transmit().is_empty() {
            return Output::Transmit(self.transmit());
        }
        self.poll_end(now)
    }

    /// The event part of [`poll_output`](Self::poll_output) alone, for drivers
    /// that have to read and write at different speeds.
    #[inline]
    pub fn poll_event(&mut self) -> Option<Event> {
        match self.inbound.whole_message_ahead() {
            Some(Opcode::TEXT) if self.state != State::Closed => self.poll_text(),
            Some(_) if self.state != State::Closed => self.poll_binary(),
            Some(_) | None => self.poll_any_event(),
        }
    }

    // Each of these makes one kind of event where the caller wants it: to move
    // one would cost more than a short message.

    #[inline(never)]
    fn poll_binary(&mut self) -> Option<Event> {
        match self.inbound.whole_message() {
            Some(payload) => {
                self.deadlines.act();
                Some(Event::Message(Message::Binary(payload.freeze())))
            }
            None => self.poll_any_event(),
        }
    }

    #[inline(never)]
    fn poll_text(&mut self) -> Option<Event> {
        match self.inbound.whole_message() {
            Some(payload) if Utf8Bytes::is_short_text(&payload) => {
                self.deadlines.act();
                let text = Utf8Bytes::from_validated(payload.freeze());
                Some(Event::Message(Message::Text(text)))
            }
            Some(payload) => self.whole_text(payload),
            None => self.poll_any_event(),
        }
    }

    #[inline(never)]
    fn whole_text(&mut self, payload: BytesMut) -> Option<Event> {
        match Utf8Bytes::try_from(payload.freeze()) {
            Ok(text) => {
                self.deadlines.act();
                Some(Event::Message(Message::Text(text)))
            }
            Err(error) => {
                self.fail_protocol(error.into());
                self.poll_any_event()
            }
        }
    }

    #[inline(never)]
    fn poll_any_event(&mut self) -> Option<Event> {
        while self.state != State::Closed {
            match self.inbound.next(&mut self.chain) {
                Ok(Some(Incoming::Data(assembled))) => {
                    self.deadlines.act();
                    return Some(match assembled {
                        Assembled::Message(message) => Event::Message(message),
                        Assembled::Part(part) => Event::Part(part),
                        Assembled::Frame(frame) => Event::Frame {
                            frame,
                            arrived: self.deadlines.heard(),
                        },
                    });
                }
                Ok(Some(Incoming::Control(opcode, payload))) => {
                    return Some(Event::Control { opcode, payload });
                }
                Ok(Some(Incoming::Ping(payload))) => {
                    if self.state == State::Open && self.config.auto_pong {
                        self.outbound.pong(payload.clone(), &mut self.chain);
                    }
                    return Some(Event::Ping(payload));
                }
                Ok(Some(Incoming::Pong(payload))) => {
                    let round_trip = self.deadlines.ponged(&payload);
                    return Some(Event::Pong {
                        payload,
                        round_trip,
                    });
                }
                Ok(Some(Incoming::Close(payload))) => {
                    self.receive_close(&payload);
                    if self.state == State::RemoteClosing {
                        return Some(Event::Closing(payload));
                    }
                }
                Ok(None) if self.transport == Transport::Ended => self.lose(Cause::TransportLost),
                Ok(None) => {
                    let under_way = self.inbound.message_under_way();
                    self.deadlines
                        .message_under_way(self.now, under_way, &self.config);
                    return None;
                }
                Err(error) => self.fail_protocol(error),
            }
        }
        let cause = self.cause.take()?;
        Some(Event::Closed(Box::new(Outcome {
            cause,
            sent: self.sent.as_deref().cloned(),
            received: self.received.as_deref().cloned(),
        })))
    }

    /// The byte part of [`poll_output`](Self::poll_output) alone.
    pub fn transmit(&mut self) -> &mut SendQueue {
        self.outbound.transmit(&mut self.chain)
    }

    /// The rest of [`poll_output`](Self::poll_output), for drivers with no event
    /// left and a transport that takes no byte now: what is to become of it,
    /// or the deadline to wait for.
    pub fn poll_end(&mut self, now: Instant) -> Output<'_> {
        self.now = now;
        self.deadlines.tell(now);
        if self.outbound.holds_pong() {
            return Output::Transmit(self.transmit());
        }
        let queue = self.outbound.queue();
        let queued = !queue.is_empty();
        match self.transport {
            Transport::ShuttingDown if !queued => {
                self.transport = Transport::Awaited;
                return Output::Shutdown;
            }
            Transport::Dropping if !queued => {
                self.transport = Transport::Gone;
                return Output::Disconnect;
            }
            Transport::Gone => return Output::Wait(None),
            Transport::Open
            | Transport::Ended
            | Transport::ShuttingDown
            | Transport::Awaited
            | Transport::Dropping => {}
        }
        self.deadlines
            .queued(now, queued, queue.taken(), &self.config);
        Output::Wait(self.deadlines.next(&self.config))
    }
}
