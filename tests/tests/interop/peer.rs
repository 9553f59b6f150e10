//! Clients and servers of other libraries, told apart by nothing but their name.

mod script;
mod serving;
mod tungstenite;

use std::{env, net::SocketAddr};

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use ws_tests::tls::Authority;

pub(crate) use self::serving::Serving;
use self::{script::Script, tungstenite::Tungstenite};

/// A library that is no work of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Library {
    /// npm's `ws`.
    Ws,
    /// Python's `websockets`.
    Websockets,
    /// The crate `tokio-tungstenite`, which knows no compression.
    Tungstenite,
}

/// A client that was told to connect, or a server; that one sees and does all
/// with its latest connection.
#[derive(Debug)]
pub(crate) enum Peer {
    Script(Box<Script>),
    Tungstenite(Box<Tungstenite>),
}

/// What a client offers to its server.
#[derive(Debug, Clone, Default)]
pub(crate) struct Offer<'a> {
    pub(crate) subprotocols: &'a [&'a str],
    /// Parameters of permessage-deflate by their names in RFC 7692; `None` for
    /// no compression.
    pub(crate) compression: Option<Value>,
    /// Whom it trusts, and that it speaks TLS at all.
    pub(crate) tls: Option<&'a Authority>,
}

/// What a peer saw.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub(crate) enum Seen {
    /// It is a server, and clients may come.
    Listening { port: u16 },
    /// The handshake is done; what was agreed on is as the server says it.
    Open {
        subprotocol: Option<String>,
        extensions: String,
    },
    /// The handshake failed, or the connection did; in words of the library.
    Failed { error: String },
    /// A text came.
    Text { data: Payload },
    /// A binary message came.
    Binary { data: Payload },
    /// Its Ping was answered.
    Pong { data: Payload },
    /// The connection is over. The code is our side's: 1005 if its Close frame
    /// had none, 1006 if there was no Close frame.
    Closed { code: u16, reason: String },
}

/// What a peer is told to do.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Command {
    /// Send a message, perhaps with a Ping behind its first fragment.
    Send {
        kind: Kind,
        fragments: Vec<Payload>,
        ping: Option<Payload>,
    },
    /// Send a Ping.
    Ping { data: Payload },
    /// Begin the closing handshake.
    Close { code: Option<u16>, reason: String },
}

/// The kind of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Text,
    Binary,
}

/// Payload data, in base64 on the way to a script and back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub(crate) struct Payload(pub(crate) Bytes);

impl Seen {
    /// The answer to a Ping with this payload.
    pub(crate) fn pong(payload: &[u8]) -> Self {
        Self::Pong {
            data: Payload::of(payload),
        }
    }
}

impl Library {
    /// Whether tests with it are to be run; says so if not.
    pub(crate) fn is_asked_for(self) -> bool {
        let asked_for = self == Self::Tungstenite || env::var_os(PEERS).is_some();
        if !asked_for {
            eprintln!("left out: it needs {self:?}, which `tests/run` installs and {PEERS} names");
        }
        asked_for
    }

    /// Starts a client for `/probe` of a server.
    pub(crate) async fn connect(self, server: SocketAddr, offer: Offer<'_>) -> Peer {
        self.connect_to(server, "/probe", offer).await
    }

    /// Starts a client.
    pub(crate) async fn connect_to(self, server: SocketAddr, path: &str, offer: Offer<'_>) -> Peer {
        let scheme = if offer.tls.is_some() { "wss" } else { "ws" };
        let url = format!("{scheme}://{server}{path}");
        let options = json!({
            "url": url,
            "subprotocols": offer.subprotocols,
            "compression": offer.compression,
            "ca": offer.tls.map(Authority::file),
        });
        match self {
            Self::Ws => Peer::Script(Box::new(Script::node("client.mjs", &options))),
            Self::Websockets => Peer::Script(Box::new(Script::python("client.py", &options))),
            Self::Tungstenite => {
                assert_eq!(offer.compression, None, "it cannot compress");
                let client = Tungstenite::connect(server, &url, offer.subprotocols, offer.tls);
                Peer::Tungstenite(Box::new(client.await))
            }
        }
    }
}

impl Peer {
    /// Waits for what it sees next.
    pub(crate) async fn seen(&mut self) -> Seen {
        match self {
            Self::Script(it) => it.seen().await,
            Self::Tungstenite(it) => it.seen().await,
        }
    }

    /// Waits until the handshake is done, with no subprotocol, and tells which
    /// extensions were agreed on.
    pub(crate) async fn opened(&mut self) -> String {
        let seen = self.seen().await;
        let Seen::Open {
            subprotocol: None,
            extensions,
        } = seen
        else {
            panic!("{seen:?} instead of an open connection");
        };
        extensions
    }

    /// Waits until the connection is over, and tells our side's code and reason.
    pub(crate) async fn closed(&mut self) -> (u16, String) {
        let seen = self.seen().await;
        let Seen::Closed { code, reason } = seen else {
            panic!("{seen:?} instead of the end");
        };
        (code, reason)
    }

    /// Waits until the connection is over, perhaps with a complaint before.
    pub(crate) async fn lost(&mut self) -> (u16, String) {
        let seen = self.seen().await;
        if let Seen::Closed { code, reason } = seen {
            return (code, reason);
        }
        assert!(matches!(seen, Seen::Failed { .. }), "{seen:?}");
        self.closed().await
    }

    /// Waits for the next message.
    pub(crate) async fn message(&mut self) -> (Kind, Bytes) {
        let seen = self.seen().await;
        match seen {
            Seen::Text { data } => (Kind::Text, data.0),
            Seen::Binary { data } => (Kind::Binary, data.0),
            Seen::Listening { .. }
            | Seen::Open { .. }
            | Seen::Failed { .. }
            | Seen::Pong { .. }
            | Seen::Closed { .. } => panic!("{seen:?} instead of a message"),
        }
    }

    /// Waits for the next message, and compares it.
    pub(crate) async fn hears(&mut self, kind: Kind, payload: &[u8]) {
        let (seen_kind, data) = self.message().await;
        assert_eq!((seen_kind, data.len()), (kind, payload.len()));
        // Without the payloads, which may be long.
        assert!(data == payload, "another {kind:?} of the same length");
    }

    /// Sends a message in one frame.
    pub(crate) async fn say(&mut self, kind: Kind, payload: &[u8]) {
        self.say_in_pieces(kind, &[payload], None).await;
    }

    /// Sends a message in fragments, with a Ping behind the first.
    pub(crate) async fn say_in_pieces(
        &mut self,
        kind: Kind,
        pieces: &[&[u8]],
        ping: Option<&[u8]>,
    ) {
        let fragments = pieces.iter().map(|piece| Payload::of(piece)).collect();
        let ping = ping.map(Payload::of);
        self.obey(Command::Send {
            kind,
            fragments,
            ping,
        })
        .await;
    }

    /// Sends a text in one frame.
    pub(crate) async fn text(&mut self, text: &str) {
        self.say(Kind::Text, text.as_bytes()).await;
    }

    /// Sends a Ping.
    pub(crate) async fn ping(&mut self, payload: &[u8]) {
        let data = Payload::of(payload);
        self.obey(Command::Ping { data }).await;
    }

    /// Begins the closing handshake.
    pub(crate) async fn close(&mut self, code: Option<u16>, reason: &str) {
        let reason = reason.to_owned();
        self.obey(Command::Close { code, reason }).await;
    }

    async fn obey(&mut self, command: Command) {
        match self {
            Self::Script(it) => it.obey(&command).await,
            Self::Tungstenite(it) => it.obey(command).await,
        }
    }

    /// Waits until it has ended by itself, or sends a server home; it has seen
    /// nothing more.
    pub(crate) async fn ended(self) {
        match self {
            Self::Script(it) => it.ended().await,
            Self::Tungstenite(it) => it.killed().await,
        }
    }

    /// Ends it on the spot, and waits until its sockets are gone.
    pub(crate) async fn killed(self) {
        match self {
            Self::Script(it) => it.killed().await,
            Self::Tungstenite(it) => it.killed().await,
        }
    }
}

impl Payload {
    fn of(bytes: &[u8]) -> Self {
        Self(Bytes::copy_from_slice(bytes))
    }
}

impl From<Payload> for String {
    fn from(payload: Payload) -> Self {
        BASE64_STANDARD.encode(payload.0)
    }
}

impl TryFrom<String> for Payload {
    type Error = base64::DecodeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        BASE64_STANDARD.decode(text).map(|bytes| Self(bytes.into()))
    }
}

/// The environment variable with the folder of the installed libraries.
const PEERS: &str = "WS_TESTS_PEERS";
