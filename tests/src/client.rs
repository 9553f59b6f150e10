//! A WebSocket client that does what the test says, and answers Pings and
//! Close frames when it reads.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use bytes::Buf;
use tokio::time::timeout;
use ws_core::{
    Config, Connection, Entropy, Event, Message, Outcome, Output, Registry,
    handshake::{ClientHandshake, http::write_request},
};

use crate::raw::{End, Raw};

/// The client's side of a connection.
#[derive(Debug)]
pub struct Client {
    raw: Raw,
    connection: Connection,
    /// How the server ended the TCP connection, once it has.
    end: Option<End>,
}

impl Client {
    /// Connects and shakes hands.
    pub async fn connect(address: SocketAddr, path: &str) -> Self {
        Self::offer(address, path, &[]).await
    }

    /// Connects and shakes hands, offering subprotocols.
    pub async fn offer(address: SocketAddr, path: &str, subprotocols: &[&str]) -> Self {
        let raw = Raw::connect(address).await;
        Self::shake_hands(raw, address, path, subprotocols).await
    }

    /// Connects with a small receive buffer.
    pub async fn connect_narrow(address: SocketAddr, path: &str) -> Self {
        let raw = Raw::connect_narrow(address).await;
        Self::shake_hands(raw, address, path, &[]).await
    }

    /// Connects and shakes hands, and speaks these opcodes too.
    pub async fn speaking(address: SocketAddr, path: &str, opcodes: Registry) -> Self {
        let raw = Raw::connect(address).await;
        Self::shake_hands_as(raw, address, path, &[], config().opcodes(opcodes)).await
    }

    async fn shake_hands(raw: Raw, address: SocketAddr, path: &str, subprotocols: &[&str]) -> Self {
        Self::shake_hands_as(raw, address, path, subprotocols, config()).await
    }

    async fn shake_hands_as(
        mut raw: Raw,
        address: SocketAddr,
        path: &str,
        subprotocols: &[&str],
        config: Config,
    ) -> Self {
        let handshake = ClientHandshake::new(address.to_string(), Entropy::system())
            .subprotocols(subprotocols.iter().copied())
            .expect("the test offers tokens");
        let request = write_request(path, handshake.headers());
        raw.send(request.expect("the test asks for a path")).await;
        let response = raw.response().await;
        let status = response.status.split(' ').nth(1).unwrap_or_default();
        let headers = response.headers.iter();
        let connection = handshake.complete(
            status.parse().unwrap_or_default(),
            headers.map(|(name, value)| (name.as_str(), value.as_bytes())),
            Instant::now(),
            config,
        );
        match connection {
            Ok(connection) => Self::new(raw, connection),
            Err(error) => panic!("{error}: {response:?}"),
        }
    }

    /// Speaks over a TCP connection whose handshake is done.
    #[must_use]
    pub fn over(raw: Raw) -> Self {
        let connection = Connection::client(Instant::now(), config(), Entropy::system());
        Self::new(raw, connection)
    }

    const fn new(raw: Raw, connection: Connection) -> Self {
        Self {
            raw,
            connection,
            end: None,
        }
    }

    /// The subprotocol agreed on.
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.connection.subprotocol()
    }

    /// Sends a message.
    pub async fn send(&mut self, message: impl Into<Message>) {
        self.queue(message);
        self.flush().await;
    }

    /// Queues a message, to be sent along with the next.
    pub fn queue(&mut self, message: impl Into<Message>) {
        let queued = self.connection.send(message);
        queued.expect("the connection is open");
    }

    /// Sends a Close frame.
    pub async fn close(&mut self, code: u16, reason: &'static str) {
        let payload = ws_core::ClosePayload::new(code.into(), reason);
        let payload = payload.expect("the code may be sent");
        self.connection
            .close(Instant::now(), payload)
            .expect("the connection is open");
        self.flush().await;
    }

    /// Waits for the next text; nothing else may come before it.
    pub async fn text(&mut self) -> String {
        let event = self.event().await;
        let Event::Message(Message::Text(text)) = event else {
            panic!("{event:?} instead of a text");
        };
        text.as_str().to_owned()
    }

    /// Waits until the connection is closed; no message may come before that.
    pub async fn closed(&mut self) -> Outcome {
        let event = self.event().await;
        let Event::Closed(outcome) = event else {
            panic!("{event:?} instead of the end");
        };
        *outcome
    }

    /// Waits until the server ends the TCP connection, after
    /// [`closed`](Self::closed).
    pub async fn ended(mut self) -> End {
        loop {
            let output = self.connection.poll_output(Instant::now());
            if let Output::Event(event) = output {
                panic!("{event:?} instead of the end");
            }
            if let Some(end) = self.end {
                return end;
            }
            self.step().await;
        }
    }

    /// Ends the TCP connection without a word.
    pub fn vanish(self) {}

    /// Ends the TCP connection by a reset.
    pub fn reset(self) {
        self.raw.reset();
    }

    /// Waits for the next event.
    pub async fn event(&mut self) -> Event {
        loop {
            // Also what an event was answered with: a Pong, a Close frame.
            self.flush().await;
            if let Some(event) = self.connection.poll_event() {
                self.flush().await;
                return event;
            }
            self.step().await;
        }
    }

    /// Sends what is queued for as long as the server takes it without being
    /// read from: until nothing goes out for `pause`.
    pub async fn send_until_stuck(&mut self, pause: Duration) {
        let queue = self.connection.transmit();
        while queue.has_remaining() && timeout(pause, self.raw.send_some(queue)).await.is_ok() {}
    }

    async fn flush(&mut self) {
        let queue = self.connection.transmit();
        if self.raw.send_all(queue).await.is_err() {
            self.connection.handle_lost(Instant::now());
        }
    }

    /// Reads once.
    async fn step(&mut self) {
        assert!(self.end.is_none(), "nothing comes after the end");
        // What came behind the head of the response is the first input.
        if self.raw.buffer.is_empty()
            && let Err(end) = self.raw.read().await
        {
            self.end = Some(end);
            self.connection.handle_eof(Instant::now());
        }
        let now = Instant::now();
        self.connection.handle_input(now, &mut self.raw.buffer);
    }
}

/// The test says when something is sent, and the server keeps the limits.
fn config() -> Config {
    Config::new()
        .ping_interval(None)
        .max_message_bytes(usize::MAX)
}
