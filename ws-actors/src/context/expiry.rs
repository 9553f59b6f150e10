//! How long the peer may stay: as long as what it was let in with is valid.

use std::time::Instant;

use actix::Actor;
use tokio::time;
use ws_core::{Cause, CloseCode, ClosePayload, State, Utf8Bytes};

use crate::SendError;

use super::WsContext;

/// When a credential ends, and how its connection is closed then.
#[derive(Debug, Default)]
pub(crate) struct Expiry {
    at: Option<Instant>,
    payload: Option<ClosePayload>,
    /// It has ended: the peer is not listened to.
    over: bool,
}

impl<A: Actor<Context = Self>> WsContext<A> {
    /// Closes the connection at this instant, or never: for a token, a session
    /// or a licence that ends. Each call moves the deadline, unless it has come:
    /// what is past closes the connection at once. Default: never.
    ///
    /// The peer gets 4401 and `credential expired`, unless
    /// [`expire_with`](Self::expire_with) says otherwise, behind the messages
    /// that wait; a stream is cut short. From then on the actor hears no frame
    /// but [`Closed`](crate::Closed), whose cause is [`Cause::Expired`].
    /// [`ConnectionHandle::expire_at`](crate::ConnectionHandle::expire_at) does
    /// the same from any thread.
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    /// use actix::{Actor, Handler};
    /// use ws_actors::{Text, WsContext};
    ///
    /// /// Lets its peer stay for an hour, and another with each new token.
    /// struct Session;
    ///
    /// impl Actor for Session {
    ///     type Context = WsContext<Self>;
    ///
    ///     fn started(&mut self, ctx: &mut WsContext<Self>) {
    ///         ctx.expire_at(Instant::now() + Duration::from_secs(3600));
    ///     }
    /// }
    ///
    /// impl Handler<Text> for Session {
    ///     type Result = ();
    ///
    ///     fn handle(&mut self, Text(text): Text, ctx: &mut WsContext<Self>) {
    ///         if is_valid_token(&text) {
    ///             ctx.expire_at(Instant::now() + Duration::from_secs(3600));
    ///         }
    ///     }
    /// }
    /// # fn is_valid_token(_: &str) -> bool { true }
    /// ```
    pub fn expire_at(&mut self, deadline: impl Into<Option<Instant>>) {
        let deadline = deadline.into();
        if deadline.is_some() || self.expiry.is_some() {
            self.expiry.get_or_insert_default().at = deadline;
            // What is past now, and was still to come when this turn began, must
            // not wait: another call could move it.
            self.expire_by(time::Instant::now().into_std());
        }
    }

    /// The code and the reason that the peer gets when its credential ends.
    ///
    /// Default: 4401, as HTTP has 401 for it, and `credential expired`.
    ///
    /// # Errors
    ///
    /// If the code must not be sent, or the reason is longer than 123 bytes.
    pub fn expire_with(
        &mut self,
        code: CloseCode,
        reason: impl Into<Utf8Bytes>,
    ) -> Result<(), SendError> {
        let payload = ClosePayload::new(code, reason)?;
        self.expiry.get_or_insert_default().payload = Some(payload);
        Ok(())
    }

    /// When the connection is closed because its credential ends.
    #[must_use]
    pub fn expires_at(&self) -> Option<Instant> {
        self.expiry.as_ref()?.at
    }

    /// Whether the peer has lost the right to be heard.
    pub(crate) fn is_expired(&self) -> bool {
        self.expiry.as_ref().is_some_and(|it| it.over)
    }

    /// Closes the connection if its time is over.
    pub(crate) fn heed_expiry(&mut self) {
        self.expire_by(self.now);
    }

    fn expire_by(&mut self, now: Instant) {
        let due = self.expiry.as_mut();
        let Some(expiry) = due.filter(|it| it.at.is_some_and(|at| at <= now)) else {
            return;
        };
        expiry.at = None;
        expiry.over = true;
        let payload = expiry.payload.take().unwrap_or_else(expired);
        self.outbox.close_because(payload, Cause::Expired);
        // A client without a connection finds the request when it looks.
        if self.connection.state() != State::Closed {
            self.flush_to_close();
        }
    }
}

fn expired() -> ClosePayload {
    ClosePayload::new(EXPIRED, "credential expired").unwrap_or_default()
}

/// Of the range for private use (RFC 6455 §7.4.2).
const EXPIRED: CloseCode = CloseCode::new(4401);
