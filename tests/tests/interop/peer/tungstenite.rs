//! A client or a server on tokio-tungstenite, within the test.

mod door;

use std::{collections::VecDeque, net::SocketAddr, sync::Arc};

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, rustls::pki_types::ServerName};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{
        ClientRequestBuilder, Error, Message,
        http::HeaderMap,
        protocol::{
            CloseFrame,
            frame::{
                Frame,
                coding::{Data, OpCode},
            },
        },
    },
};
use ws_tests::{tls::Authority, wait::within};

use self::door::Door;
use super::{Command, Kind, Payload, Seen, Serving};

/// The peer, which reads only while the test waits for what it sees.
#[derive(Debug)]
pub(crate) struct Tungstenite {
    /// Where clients come from, if it is a server.
    door: Option<Door>,
    /// `None` while there is no connection.
    stream: Option<Open>,
    /// What it saw, and the test has not yet.
    seen: VecDeque<Seen>,
    /// What our side's Close frame said.
    close: Option<Option<CloseFrame>>,
}

type Open = WebSocketStream<Box<dyn Stream>>;

/// TCP, or TLS over it.
trait Stream: AsyncRead + AsyncWrite + Unpin + std::fmt::Debug {}

impl<S: AsyncRead + AsyncWrite + Unpin + std::fmt::Debug> Stream for S {}

impl Tungstenite {
    pub(super) async fn connect(
        server: SocketAddr,
        url: &str,
        subprotocols: &[&str],
        tls: Option<&Authority>,
    ) -> Self {
        let stream = within("a TCP connection", TcpStream::connect(server)).await;
        let stream = stream.expect("the server listens");
        stream.set_nodelay(true).expect("the socket is open");
        let stream: Box<dyn Stream> = match tls {
            None => Box::new(stream),
            Some(authority) => {
                let connector = TlsConnector::from(Arc::new(authority.client()));
                let name = ServerName::IpAddress(server.ip().into());
                let stream = within("a TLS connection", connector.connect(name, stream)).await;
                Box::new(stream.expect("the certificate is trusted"))
            }
        };
        let mut request = ClientRequestBuilder::new(url.parse().expect("the URL is one"));
        for subprotocol in subprotocols {
            request = request.with_sub_protocol(*subprotocol);
        }
        let opened = within("the handshake", client_async(request, stream)).await;
        let (stream, seen) = match opened {
            Ok((stream, response)) => {
                let open = opened_as(response.headers());
                (Some(stream), vec![open])
            }
            Err(error) => (None, vec![failed(&error), closed(None)]),
        };
        Self {
            door: None,
            stream,
            seen: seen.into(),
            close: None,
        }
    }

    pub(super) async fn serve(serving: Serving<'_>) -> Self {
        let door = Door::open(serving).await;
        let listening = Seen::Listening { port: door.port() };
        Self {
            door: Some(door),
            stream: None,
            seen: [listening].into(),
            close: None,
        }
    }

    pub(super) async fn seen(&mut self) -> Seen {
        loop {
            if let Some(seen) = self.seen.pop_front() {
                return seen;
            }
            if let Some(stream) = &mut self.stream {
                let message = within("a message for tungstenite", stream.next()).await;
                self.hear(message);
            } else {
                let door = self.door.as_mut().expect("nothing comes after the end");
                let (stream, open) = door.next().await;
                self.stream = Some(stream);
                self.seen.push_back(open);
            }
        }
    }

    fn hear(&mut self, message: Option<Result<Message, Error>>) {
        let seen = match message {
            Some(Ok(Message::Text(text))) => Seen::Text {
                data: Payload(text.into()),
            },
            Some(Ok(Message::Binary(data))) => Seen::Binary {
                data: Payload(data),
            },
            Some(Ok(Message::Pong(data))) => Seen::Pong {
                data: Payload(data),
            },
            // It is answered already.
            Some(Ok(Message::Ping(_) | Message::Frame(_))) => return,
            Some(Ok(Message::Close(close))) => {
                self.close = Some(close);
                return;
            }
            Some(Err(error)) => {
                self.stream = None;
                self.seen.push_back(failed(&error));
                closed(self.close.take())
            }
            None => {
                self.stream = None;
                closed(self.close.take())
            }
        };
        self.seen.push_back(seen);
    }

    pub(super) async fn obey(&mut self, command: Command) {
        match command {
            Command::Send {
                kind,
                fragments,
                ping,
            } => self.send_all(kind, fragments, ping).await,
            Command::Ping { data } => self.send(Message::Ping(data.0)).await,
            Command::Close { code, reason } => {
                let close = code.map(|code| CloseFrame {
                    code: code.into(),
                    reason: reason.into(),
                });
                self.send(Message::Close(close)).await;
            }
        }
    }

    async fn send_all(&mut self, kind: Kind, fragments: Vec<Payload>, mut ping: Option<Payload>) {
        let mut opcode = match kind {
            Kind::Text => Data::Text,
            Kind::Binary => Data::Binary,
        };
        let mut left = fragments.len();
        for Payload(data) in fragments {
            left -= 1;
            self.send(frame(data, opcode, left == 0)).await;
            opcode = Data::Continue;
            if let Some(Payload(data)) = ping.take() {
                self.send(Message::Ping(data)).await;
            }
        }
    }

    /// Ends it, and waits until its sockets are gone.
    pub(super) async fn killed(self) {
        drop(self.stream);
        if let Some(door) = self.door {
            door.shut().await;
        }
    }

    async fn send(&mut self, message: Message) {
        let stream = self.stream.as_mut().expect("nothing comes after the end");
        let sent = within("tungstenite to send", stream.send(message)).await;
        sent.expect("the connection is open");
    }
}

/// What a server's response says.
fn opened_as(headers: &HeaderMap) -> Seen {
    let header = |name: &str| {
        let value = headers.get(name)?;
        Some(value.to_str().expect("it is ASCII").to_owned())
    };
    Seen::Open {
        subprotocol: header("sec-websocket-protocol"),
        extensions: header("sec-websocket-extensions").unwrap_or_default(),
    }
}

fn frame(data: Bytes, opcode: Data, is_last: bool) -> Message {
    Message::Frame(Frame::message(data, OpCode::Data(opcode), is_last))
}

fn failed(error: &Error) -> Seen {
    Seen::Failed {
        error: error.to_string(),
    }
}

/// The end, after our side's Close frame if there was one.
fn closed(close: Option<Option<CloseFrame>>) -> Seen {
    let (code, reason) = match close {
        Some(Some(close)) => (close.code.into(), close.reason.to_string()),
        Some(None) => (1005, String::new()),
        None => (1006, String::new()),
    };
    Seen::Closed { code, reason }
}
