//! The way to the peer.

use std::{error::Error, time::Duration};

use actix::Actor;
use bytes::Bytes;
use futures_util::TryStreamExt;
use serde::Serialize;
use ws_core::{Cause, CloseCode, ClosePayload, Message, Opcode, PreparedMessage, Rsv, Utf8Bytes};

use crate::{
    ConnectionHandle, SendError,
    outbox::{Outbox, Outgoing, Parts},
};

use super::{Reconnects, WsContext, outgoing::HIGH_WATER};

impl<A: Actor<Context = Self>> WsContext<A> {
    /// Queues a text message.
    ///
    /// # Errors
    ///
    /// If the connection is closing, or too much waits for the peer already.
    pub fn text(&mut self, text: impl Into<Utf8Bytes>) -> Result<(), SendError> {
        self.send(Message::Text(text.into()))
    }

    /// Queues a binary message.
    ///
    /// # Errors
    ///
    /// As for [`text`](Self::text).
    pub fn binary(&mut self, bytes: impl Into<Bytes>) -> Result<(), SendError> {
        self.send(Message::Binary(bytes.into()))
    }

    /// Queues a text message that holds `value` as JSON.
    ///
    /// # Errors
    ///
    /// As for [`text`](Self::text), and if the value cannot be written as JSON.
    pub fn json(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), SendError> {
        self.text(serde_json::to_string(value)?)
    }

    /// Queues a binary message that holds `value` as MessagePack, with the names
    /// of its fields.
    ///
    /// # Errors
    ///
    /// As for [`text`](Self::text), and if the value cannot be written as
    /// MessagePack.
    #[cfg(feature = "msgpack")]
    pub fn msgpack(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), SendError> {
        self.binary(rmp_serde::to_vec_named(value)?)
    }

    /// Queues a message: text, binary, or one of your own opcodes.
    ///
    /// # Errors
    ///
    /// As for [`text`](Self::text), and if the opcode is not registered.
    pub fn send(&mut self, message: impl Into<Message>) -> Result<(), SendError> {
        let message = message.into();
        self.connection.check_message(&message)?;
        let most = self.outbox.flow().fragment_bytes;
        self.queue(Outgoing::message(message, most), None)
    }

    /// Queues a message in one frame with these reserved bits, which the
    /// application claims for itself with
    /// [`Config::claim_rsv`](ws_core::Config::claim_rsv). Those of the peer are
    /// in [`Part`](crate::Part).
    ///
    /// ```
    /// use actix::{Actor, Handler};
    /// use ws_actors::{Handlers, Part, WsContext};
    /// use ws_core::{Config, Message, Rsv};
    ///
    /// /// Answers what is marked as urgent in the same way.
    /// struct Desk;
    ///
    /// const URGENT: Rsv = Rsv::RSV3;
    ///
    /// impl Actor for Desk {
    ///     type Context = WsContext<Self>;
    /// }
    ///
    /// impl Handler<Part> for Desk {
    ///     type Result = ();
    ///
    ///     fn handle(&mut self, part: Part, ctx: &mut WsContext<Self>) {
    ///         if part.rsv.contains(URGENT) {
    ///             ctx.send_marked(URGENT, Message::text("at once")).ok();
    ///         }
    ///     }
    /// }
    ///
    /// let config = Config::new().claim_rsv(URGENT);
    /// let handlers = Handlers::<Desk>::new().on::<Part>().config(config);
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send), and if a bit is not the application's.
    pub fn send_marked(&mut self, bits: Rsv, message: impl Into<Message>) -> Result<(), SendError> {
        let message = message.into();
        self.connection.check_message(&message)?;
        self.connection.check_rsv(bits)?;
        self.queue(Outgoing::Marked(Box::new((message, bits))), None)
    }

    /// Queues a message that was encoded once for many connections.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send).
    pub fn send_prepared(&mut self, message: &PreparedMessage) -> Result<(), SendError> {
        self.queue(Outgoing::Prepared(message.clone()), None)
    }

    /// Queues a message of which only the newest counts, such as a price or a
    /// position: it takes the place of the one with this key that still waits,
    /// if there is one.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send).
    pub fn send_latest(&mut self, key: u64, message: impl Into<Message>) -> Result<(), SendError> {
        let message = message.into();
        self.connection.check_message(&message)?;
        let most = self.outbox.flow().fragment_bytes;
        self.queue(Outgoing::message(message, most), Some(key))
    }

    /// Queues a message whose parts a stream gives, each sent as soon as it is
    /// there and the peer has room: for what is too long to be held in memory,
    /// or not known yet.
    ///
    /// `opcode` is that of the message, such as [`Opcode::BINARY`]. Parts are
    /// cut into fragments of at most 64 KiB. Control frames go between them;
    /// other messages wait. If the stream fails, or its text is not UTF-8, the
    /// connection closes with 1011, as a message that has begun cannot be taken
    /// back.
    ///
    /// ```
    /// use actix::{Actor, Handler};
    /// use futures_util::{StreamExt, stream};
    /// use ws_actors::{Text, WsContext};
    /// use ws_core::Opcode;
    ///
    /// struct Numbers;
    ///
    /// impl Actor for Numbers {
    ///     type Context = WsContext<Self>;
    /// }
    ///
    /// impl Handler<Text> for Numbers {
    ///     type Result = ();
    ///
    ///     fn handle(&mut self, _: Text, ctx: &mut WsContext<Self>) {
    ///         // a file or a query of a database is streamed in the same way
    ///         let lines = stream::iter(0..1_000_000).map(|n| format!("{n}\n"));
    ///         ctx.stream(Opcode::TEXT, lines.map(Ok::<_, std::io::Error>)).ok();
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send).
    pub fn stream<S, B, E>(&mut self, opcode: Opcode, parts: S) -> Result<(), SendError>
    where
        S: futures_core::Stream<Item = Result<B, E>> + 'static,
        B: Into<Bytes> + 'static,
        E: Into<Box<dyn Error>> + 'static,
    {
        self.connection.check_opcode(opcode)?;
        let parts = Box::pin(parts.map_ok(Into::into).map_err(Into::into));
        let most = self.outbox.flow().fragment_bytes.min(HIGH_WATER);
        let parts = Parts::streamed(opcode, parts, most);
        self.queue(Outgoing::Parts(Box::new(parts)), None)
    }

    /// Queues a Ping with a payload of at most 125 bytes.
    ///
    /// The heartbeat needs no help; this one is for protocols above.
    ///
    /// # Errors
    ///
    /// If the connection is closing, the payload is too long, or 64 KiB wait
    /// for the peer already; that does not close the connection.
    pub fn ping(&mut self, payload: impl Into<Bytes>) -> Result<(), SendError> {
        self.check_control()?;
        Ok(self.connection.ping(payload)?)
    }

    /// Queues a Pong that answers no Ping, with a payload of at most 125 bytes
    /// ([RFC 6455 §5.5.3]).
    ///
    /// Pings need no help, they are answered; this one is for protocols above.
    ///
    /// # Errors
    ///
    /// As for [`ping`](Self::ping).
    ///
    /// [RFC 6455 §5.5.3]: https://www.rfc-editor.org/rfc/rfc6455#section-5.5.3
    pub fn pong(&mut self, payload: impl Into<Bytes>) -> Result<(), SendError> {
        self.check_control()?;
        Ok(self.connection.pong(payload)?)
    }

    /// Queues a control frame of one of your own opcodes, with a payload of at
    /// most 125 bytes. It goes before the messages that wait.
    ///
    /// # Errors
    ///
    /// As for [`ping`](Self::ping), and if the opcode is not registered.
    pub fn control(&mut self, opcode: Opcode, payload: impl Into<Bytes>) -> Result<(), SendError> {
        self.check_control()?;
        Ok(self.connection.send_control(opcode, payload)?)
    }

    /// Begins the closing handshake, after all that is queued.
    ///
    /// The actor goes on until [`Closed`](crate::Closed), which comes when the
    /// peer answers or [`ws_core::Config::close_timeout`] has passed. A stream
    /// under way has 5 s to end.
    ///
    /// # Errors
    ///
    /// If the connection is closing already, the code must not be sent, or the
    /// reason is longer than 123 bytes.
    pub fn close(
        &mut self,
        code: CloseCode,
        reason: impl Into<Utf8Bytes>,
    ) -> Result<(), SendError> {
        let payload = ClosePayload::new(code, reason)?;
        if self.outbox.is_closed() || !self.may_send() && self.reconnects == Reconnects::No {
            return Err(SendError::CLOSING);
        }
        self.close_with(payload, Cause::Local);
        Ok(())
    }

    /// Hears no more frames until [`resume_reading`](Self::resume_reading): the
    /// peer is slowed down, once what was read ahead is full (64 KiB). Pings are
    /// answered until then, and messages of other actors still come.
    ///
    /// That the peer is gone shows later than usual: when a Ping of ours finds
    /// nobody, so within two [`ping_interval`](ws_core::Config::ping_interval)s,
    /// or when TCP gives up.
    pub const fn pause_reading(&mut self) {
        self.reading_paused = true;
    }

    /// Hears frames again.
    pub const fn resume_reading(&mut self) {
        self.reading_paused = false;
        self.resumed = true;
    }

    /// The subprotocol that was agreed on in the opening handshake.
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.connection.subprotocol()
    }

    /// A handle for others on this thread that send to this connection.
    #[must_use]
    pub fn outbox(&self) -> Outbox {
        self.outbox.clone()
    }

    /// A handle for others on any thread that send to this connection.
    #[must_use]
    pub fn handle(&self) -> ConnectionHandle {
        let remote = self.remote.get_or_init(|| {
            let remote = ConnectionHandle::new(*self.outbox.flow(), self.outbox.waker());
            self.publish_to(&remote);
            remote
        });
        remote.clone()
    }

    /// The number of bytes that wait for the peer.
    #[must_use]
    pub fn queued_bytes(&self) -> usize {
        let under_way = self.under_way.as_ref().map_or(0, |parts| parts.rest());
        self.connection.queued_bytes() + under_way + self.outbox.queued_bytes()
    }

    /// Whether more waits for the peer than it keeps up with, 64 KiB; once it
    /// has caught up, [`Writable`](crate::Writable) comes.
    #[must_use]
    pub const fn is_congested(&self) -> bool {
        self.congested
    }

    /// The time between the heartbeat's last Ping and its Pong, if one came.
    #[must_use]
    pub const fn round_trip(&self) -> Option<Duration> {
        self.round_trip
    }

    fn check_control(&self) -> Result<(), SendError> {
        self.check_open()?;
        if self.has_room() {
            return Ok(());
        }
        Err(SendError::Full {
            messages: 0,
            queued: self.connection.queued_bytes(),
            limit: HIGH_WATER,
        })
    }
}
