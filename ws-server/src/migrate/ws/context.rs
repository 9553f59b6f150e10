use std::{collections::VecDeque, fmt};

use actix::{
    Actor, ActorContext, ActorFuture, ActorState, Addr, AsyncContext, Handler, SpawnHandle,
    dev::{AsyncContextParts, ContextParts, Envelope, Mailbox, OneshotSender, ToEnvelope},
};
use bytes::Bytes;
use bytestring::ByteString;

use super::{CloseReason, Message};

/// The context of an actor that was written for actix-web-actors.
///
/// It is actix's own, as it was there: futures, timers, `wait`, the mailbox and
/// the stages of an actor's life are the very same code. What the actor says
/// is queued here while it acts, and sent when it has.
pub struct WebsocketContext<A: Actor<Context = Self>> {
    parts: ContextParts<A>,
    messages: VecDeque<Message>,
}

impl<A: Actor<Context = Self>> WebsocketContext<A> {
    pub(super) fn new(mailbox: &Mailbox<A>) -> Self {
        Self {
            parts: ContextParts::new(mailbox.sender_producer()),
            messages: VecDeque::new(),
        }
    }

    /// Sends a message of any kind, in the order of the calls.
    ///
    /// [`Message::Nop`] is nothing. The fragments of a message
    /// ([`Message::Continuation`]) leave as they come; an order that makes no
    /// message closes the connection with 1011.
    pub fn write_raw(&mut self, message: Message) {
        self.messages.push_back(message);
    }

    /// Sends a text message.
    pub fn text(&mut self, text: impl Into<ByteString>) {
        self.write_raw(Message::Text(text.into()));
    }

    /// Sends a binary message.
    pub fn binary(&mut self, data: impl Into<Bytes>) {
        self.write_raw(Message::Binary(data.into()));
    }

    /// Sends a Ping with a payload of at most 125 bytes; a longer one is not
    /// sent.
    pub fn ping(&mut self, message: &[u8]) {
        self.write_raw(Message::Ping(Bytes::copy_from_slice(message)));
    }

    /// Sends a Pong with a payload of at most 125 bytes; a longer one is not
    /// sent.
    ///
    /// Pings are answered already: a Pong that the handler of a Ping answers it
    /// with is not sent again.
    pub fn pong(&mut self, message: &[u8]) {
        self.write_raw(Message::Pong(Bytes::copy_from_slice(message)));
    }

    /// Sends a Close frame; what is sent later is dropped.
    ///
    /// A description is cut at 123 bytes. A code that must not be sent, such as
    /// 1006, makes a Close frame without one.
    pub fn close(&mut self, reason: Option<CloseReason>) {
        self.write_raw(Message::Close(reason));
    }

    /// The handle of the future that runs just now.
    #[must_use]
    pub fn handle(&self) -> SpawnHandle {
        self.parts.curr_handle()
    }

    /// How many messages of other actors may wait. Default: 16.
    pub fn set_mailbox_capacity(&mut self, capacity: usize) {
        self.parts.set_mailbox_capacity(capacity);
    }

    /// What the actor said and was not sent yet.
    pub(super) fn next_message(&mut self) -> Option<Message> {
        let message = self.messages.pop_front();
        if message.is_none() {
            // Most are quiet most of the time.
            self.messages = VecDeque::new();
        }
        message
    }
}

impl<A: Actor<Context = Self>> ActorContext for WebsocketContext<A> {
    fn stop(&mut self) {
        self.parts.stop();
    }

    fn terminate(&mut self) {
        self.parts.terminate();
    }

    fn state(&self) -> ActorState {
        self.parts.state()
    }
}

impl<A: Actor<Context = Self>> AsyncContext<A> for WebsocketContext<A> {
    fn address(&self) -> Addr<A> {
        self.parts.address()
    }

    fn spawn<F>(&mut self, future: F) -> SpawnHandle
    where
        F: ActorFuture<A, Output = ()> + 'static,
    {
        self.parts.spawn(future)
    }

    fn wait<F>(&mut self, future: F)
    where
        F: ActorFuture<A, Output = ()> + 'static,
    {
        self.parts.wait(future);
    }

    fn waiting(&self) -> bool {
        self.parts.waiting()
    }

    fn cancel_future(&mut self, handle: SpawnHandle) -> bool {
        self.parts.cancel_future(handle)
    }
}

impl<A: Actor<Context = Self>> AsyncContextParts<A> for WebsocketContext<A> {
    fn parts(&mut self) -> &mut ContextParts<A> {
        &mut self.parts
    }
}

impl<A, M> ToEnvelope<A, M> for WebsocketContext<A>
where
    A: Actor<Context = Self> + Handler<M>,
    M: actix::Message + Send + 'static,
    M::Result: Send,
{
    fn pack(message: M, tx: Option<OneshotSender<M::Result>>) -> Envelope<A> {
        Envelope::new(message, tx)
    }
}

impl<A: Actor<Context = Self>> fmt::Debug for WebsocketContext<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebsocketContext")
            .field("parts", &self.parts)
            .field("messages", &self.messages)
            .finish()
    }
}
