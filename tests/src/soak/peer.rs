use std::{io, net::SocketAddr, time::Instant};

use bytes::{Buf, BytesMut};
use fastrand::Rng;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};
use ws_core::{
    CloseCode, ClosePayload, Config, Connection, Entropy, Event, Message, Outcome,
    extension::deflate::Deflate,
    handshake::{Answer, ClientHandshake, ClientOpening, WebSocketUrl},
};

/// A client for which nothing is certain: what the server or the network does
/// is an error, not a panic.
pub(super) struct Peer {
    stream: TcpStream,
    connection: Connection,
    input: BytesMut,
}

/// What a client is like.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Terms {
    pub(super) compressed: bool,
    /// A small receive buffer: the server notices soon when nothing is read.
    pub(super) narrow: bool,
    /// The request leaves one byte at a time.
    pub(super) slow: bool,
}

/// Connects, and no more.
pub(super) async fn connect(address: SocketAddr, terms: Terms) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    if terms.narrow {
        socket.set_recv_buffer_size(16 * 1024)?;
    }
    let stream = socket.connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

impl Peer {
    /// Connects and shakes hands.
    pub(super) async fn open(
        address: SocketAddr,
        path: &str,
        terms: Terms,
        rng: &mut Rng,
    ) -> io::Result<Self> {
        let mut stream = connect(address, terms).await?;
        let url = WebSocketUrl::parse(&format!("ws://{address}{path}")).map_err(other)?;
        let mut handshake = ClientHandshake::new(url.host_header(), Entropy::seeded(rng.u64(..)));
        if terms.compressed {
            handshake = handshake.extension(Deflate::new());
        }
        let config = Config::new()
            .ping_interval(None)
            .max_message_bytes(usize::MAX);
        let opening = ClientOpening::new(Instant::now(), &url, handshake, config);
        let mut opening = opening.map_err(other)?;
        let request = opening.request().clone();
        let pieces = request.chunks(if terms.slow { 1 } else { usize::MAX });
        for piece in pieces {
            stream.write_all(piece).await.map_err(|error| {
                // The server's patience ended before the request did.
                if terms.slow {
                    io::ErrorKind::TimedOut.into()
                } else {
                    error
                }
            })?;
        }
        let mut input = BytesMut::new();
        let connection = loop {
            if stream.read_buf(&mut input).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let answer = opening.handle_input(Instant::now(), &mut input);
            match answer.map_err(other)? {
                Some(Answer::Open(connection)) => break connection,
                // The machine is too busy for the server's patience.
                Some(Answer::Refused(response)) if response.status == 408 => {
                    return Err(io::ErrorKind::TimedOut.into());
                }
                Some(Answer::Refused(response)) => {
                    return Err(other(format!("refused with {}", response.status)));
                }
                None => {}
            }
        };
        let mut peer = Self {
            stream,
            connection,
            input,
        };
        peer.hear();
        Ok(peer)
    }

    /// Sends a message.
    pub(super) async fn send(&mut self, message: impl Into<Message>) -> io::Result<()> {
        self.connection.send(message).map_err(other)?;
        self.flush().await
    }

    /// Sends a Ping.
    pub(super) async fn ping(&mut self) -> io::Result<()> {
        self.connection.ping("").map_err(other)?;
        self.flush().await
    }

    /// Sends bytes past the protocol.
    pub(super) async fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// The bytes that a message makes, without sending them.
    pub(super) fn encode(&mut self, message: impl Into<Message>) -> io::Result<Vec<u8>> {
        self.connection.send(message).map_err(other)?;
        let queue = self.connection.transmit();
        let mut bytes = vec![0; queue.len()];
        queue.copy_to_slice(&mut bytes);
        Ok(bytes)
    }

    /// Waits for the next event.
    pub(super) async fn event(&mut self) -> io::Result<Event> {
        loop {
            // Also what an event was answered with: a Pong, a Close frame.
            self.flush().await.ok();
            if let Some(event) = self.connection.poll_event() {
                self.flush().await.ok();
                return Ok(event);
            }
            // Less at a time would have a long message take many turns of a loop
            // that thousands share.
            self.input.reserve(CHUNK);
            match self.stream.read_buf(&mut self.input).await {
                Ok(1..) => self.hear(),
                Ok(0) => self.connection.handle_eof(Instant::now()),
                Err(_) => self.connection.handle_lost(Instant::now()),
            }
        }
    }

    /// Waits for the next message.
    pub(super) async fn message(&mut self) -> io::Result<Message> {
        loop {
            let event = self.event().await?;
            if let Event::Message(message) = event {
                return Ok(message);
            }
            if let Event::Closed(outcome) = event {
                return Err(other(format!("closed instead of a message: {outcome:?}")));
            }
        }
    }

    /// Waits for the end, whatever comes before it.
    pub(super) async fn closed(&mut self) -> io::Result<Outcome> {
        loop {
            if let Event::Closed(outcome) = self.event().await? {
                return Ok(*outcome);
            }
        }
    }

    /// Waits until the server closes with this code.
    pub(super) async fn closed_with(&mut self, codes: &[CloseCode]) -> io::Result<()> {
        let outcome = self.closed().await?;
        if codes.contains(&outcome.code()) {
            return Ok(());
        }
        Err(other(format!(
            "closed with {outcome:?} instead of {codes:?}"
        )))
    }

    /// Closes with 1000, and waits until the server has ended the transport.
    pub(super) async fn close(mut self) -> io::Result<()> {
        let payload = ClosePayload::new(CloseCode::NORMAL, "").map_err(other)?;
        let closed = self.connection.close(Instant::now(), payload);
        closed.map_err(other)?;
        self.closed_with(&[CloseCode::NORMAL]).await?;
        self.ended().await
    }

    /// Waits until the server has ended the transport, in good order.
    pub(super) async fn ended(mut self) -> io::Result<()> {
        self.input.reserve(CHUNK);
        while self.stream.read_buf(&mut self.input).await? > 0 {
            self.input.clear();
        }
        Ok(())
    }

    /// Reads without looking until the transport ends, in whatever way.
    pub(super) async fn drained(self) {
        self.ended().await.ok();
    }

    /// Says that nothing more will be sent, and goes on reading.
    pub(super) async fn end_sending(&mut self) -> io::Result<()> {
        self.stream.shutdown().await
    }

    /// Ends the transport by a reset.
    pub(super) fn reset(self) -> io::Result<()> {
        self.stream.set_zero_linger()
    }

    fn hear(&mut self) {
        let now = Instant::now();
        self.connection.handle_input(now, &mut self.input);
    }

    async fn flush(&mut self) -> io::Result<()> {
        let queue = self.connection.transmit();
        let sent = self.stream.write_all_buf(queue).await;
        if sent.is_err() {
            self.connection.handle_lost(Instant::now());
        }
        sent
    }
}

/// Something that is no failure of the network.
pub(super) fn other(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::other(error)
}

/// How much is read at once, in bytes.
const CHUNK: usize = 16 * 1024;
