use std::{any::type_name, future::Future, time::Duration};

use actix::Actor;
use bytes::Bytes;
use serde::de::DeserializeOwned;
use ws_core::{CloseCode, ClosePayload, Message, Opcode, Outcome};

use super::{
    Peer,
    waiting::{Expected, Instead, Pings, shown},
};
use crate::test::{
    clock::advance,
    received::{Payload, Received},
};

/// # Expecting
///
/// Each of these waits for the next frame, or message, and panics if it is
/// another, if the connection ends or if nothing comes for a day. The panic
/// names the line of the test, what came instead, and the last frames. Pings
/// that the peer has answered are passed over by all but
/// [`expect_ping`](Peer::expect_ping).
impl<A: Actor> Peer<A> {
    /// Expects this text message.
    #[track_caller]
    pub fn expect_text(&mut self, text: &str) -> impl Future<Output = ()> {
        self.expect_same(Message::text(text.to_owned()))
    }

    /// Expects this binary message.
    #[track_caller]
    pub fn expect_binary(&mut self, bytes: &[u8]) -> impl Future<Output = ()> {
        self.expect_same(Message::binary(bytes.to_owned()))
    }

    /// Expects a text message that holds a `T` as JSON, and gives it.
    #[track_caller]
    pub fn expect_json<T: DeserializeOwned>(&mut self) -> impl Future<Output = T> {
        let expected = Expected::new(format!("the JSON of a {}", type_name::<T>()));
        async move {
            let met = self.message().await.and_then(|message| {
                if message.opcode() != Opcode::TEXT {
                    return Err(Instead::Message(message));
                }
                serde_json::from_slice(message.payload())
                    .map_err(|error| Instead::NoSuchJson(message, error))
            });
            self.met(&expected, met)
        }
    }

    /// Expects a message, of one frame or of several, and gives it.
    #[track_caller]
    pub fn expect_message(&mut self) -> impl Future<Output = Message> {
        let expected = Expected::new("a message");
        async move {
            let message = self.message().await;
            self.met(&expected, message)
        }
    }

    /// Expects a frame of any kind, and gives it.
    #[track_caller]
    pub fn expect_frame(&mut self) -> impl Future<Output = Received> {
        let expected = Expected::new("a frame");
        async move {
            let frame = self.frame(Pings::PassedOver).await;
            self.met(&expected, frame)
        }
    }

    /// Expects a Ping, answered already or not, and gives its payload.
    ///
    /// Those of the heartbeat count as well.
    #[track_caller]
    pub fn expect_ping(&mut self) -> impl Future<Output = Bytes> {
        let expected = Expected::new("a ping");
        async move {
            let met = match self.frame(Pings::Count).await {
                Ok(frame) if frame.opcode() == Opcode::PING => Ok(frame.payload),
                other => Err(other.map_or_else(|instead| instead, Instead::Frame)),
            };
            self.met(&expected, met)
        }
    }

    /// Expects a Pong with this payload.
    #[track_caller]
    pub fn expect_pong(&mut self, payload: impl AsRef<[u8]>) -> impl Future<Output = ()> {
        let expected = Expected::new(format!("pong {}", Payload::Text(payload.as_ref())));
        async move {
            let frame = self.frame(Pings::PassedOver).await;
            let met = frame.and_then(|frame| {
                if frame.opcode() == Opcode::PONG && frame.payload == payload.as_ref() {
                    Ok(())
                } else {
                    Err(Instead::Frame(frame))
                }
            });
            self.met(&expected, met);
        }
    }

    /// Expects a Close frame with this code, and gives the code and the reason;
    /// with [`CloseCode::NO_STATUS`] it has neither.
    ///
    /// The peer does not answer it: [`send_close`](Self::send_close) does.
    #[track_caller]
    pub fn expect_close(
        &mut self,
        code: impl Into<CloseCode>,
    ) -> impl Future<Output = ClosePayload> {
        let code = code.into();
        let expected = Expected::new(format!("close {code}"));
        async move { self.close_frame(&expected, code).await }
    }

    /// Expects no frame, and no end of the connection, for so long and just
    /// then. With [`Duration::ZERO`] it looks at what the actor has done by now.
    #[track_caller]
    pub fn expect_nothing(&mut self, time: Duration) -> impl Future<Output = ()> {
        let expected = Expected::new(format!("nothing for {time:?}"));
        async move {
            advance(time).await;
            let met = match self.take(Pings::PassedOver) {
                None => Ok(()),
                Some(Ok(frame)) => Err(Instead::Frame(frame)),
                Some(Err(instead)) => Err(instead),
            };
            self.met(&expected, met);
        }
    }

    /// Expects that no frame follows, the actor stops, and its side drops the
    /// transport; gives what the actor heard of it in [`Closed`](crate::Closed).
    ///
    /// The peer does its part as one that follows the RFC: when Close frames
    /// have gone both ways, or the actor's side sends no more, it ends its own
    /// side ([RFC 6455 §7.1.1]). A peer that does not is played with
    /// [`advance`] and [`is_over`](Self::is_over).
    ///
    /// [RFC 6455 §7.1.1]: https://www.rfc-editor.org/rfc/rfc6455#section-7.1.1
    #[track_caller]
    pub fn expect_end(&mut self) -> impl Future<Output = Outcome> {
        let expected = Expected::new(END);
        async move {
            let end = self.end().await;
            self.met(&expected, end)
        }
    }

    /// Closes the connection in good order: sends 1000, expects it back as the
    /// next frame, and then the end.
    #[track_caller]
    pub fn close(&mut self) -> impl Future<Output = Outcome> {
        let code = CloseCode::NORMAL;
        let answer = Expected::new(format!("close {code}"));
        let expected_end = Expected::new(END);
        async move {
            self.send_close(code, "");
            self.close_frame(&answer, code).await;
            let end = self.end().await;
            self.met(&expected_end, end)
        }
    }

    #[track_caller]
    fn expect_same(&mut self, wanted: Message) -> impl Future<Output = ()> {
        let expected = Expected::new(shown(&wanted));
        async move {
            let met = self.message().await.and_then(|message| {
                if message == wanted {
                    Ok(())
                } else {
                    Err(Instead::Message(message))
                }
            });
            self.met(&expected, met);
        }
    }

    async fn close_frame(&mut self, expected: &Expected, code: CloseCode) -> ClosePayload {
        let frame = self.frame(Pings::PassedOver).await;
        let met = frame.and_then(|frame| match frame.close() {
            Some(close) if close.code().unwrap_or(CloseCode::NO_STATUS) == code => Ok(close),
            Some(_) | None => Err(Instead::Frame(frame)),
        });
        self.met(expected, met)
    }
}

const END: &str = "the end of the connection";
