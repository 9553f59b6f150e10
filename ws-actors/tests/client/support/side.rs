//! A side of an open connection.

use std::time::Instant;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use ws_actors::client::Opened;
use ws_core::{Connection, Event};

pub(crate) struct Side<S> {
    pub(crate) connection: Connection,
    pub(crate) stream: S,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Side<S> {
    pub(crate) async fn say(&mut self, text: &'static str) {
        self.connection.send(text).unwrap();
        let queue = self.connection.transmit();
        self.stream.write_all_buf(queue).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    pub(crate) async fn hear(&mut self) -> String {
        loop {
            if let Some(event) = self.connection.poll_event() {
                match event {
                    Event::Message(message) => {
                        return String::from_utf8(message.payload().to_vec()).unwrap();
                    }
                    other => panic!("no message: {other:?}"),
                }
            }
            let mut input = BytesMut::new();
            assert_ne!(self.stream.read_buf(&mut input).await.unwrap(), 0);
            self.connection.handle_input(Instant::now(), &mut input);
        }
    }

    /// Answers one message with itself.
    pub(crate) async fn echo(mut self) {
        assert_eq!(self.hear().await, ECHOED);
        self.say(ECHOED).await;
    }
}

impl<S> From<Opened<S>> for Side<S> {
    fn from(opened: Opened<S>) -> Self {
        Self {
            connection: opened.connection,
            stream: opened.stream,
        }
    }
}

/// Says something to a server that does as [`Side::echo`], and hears it.
pub(crate) async fn converse<S: AsyncRead + AsyncWrite + Unpin>(opened: Opened<S>) {
    let mut side = Side::from(opened);
    side.say(ECHOED).await;
    assert_eq!(side.hear().await, ECHOED);
}

/// Long enough to be compressed, and to be queued in parts.
const ECHOED: &str = include_str!("side.rs");
