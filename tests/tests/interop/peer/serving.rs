use std::net::{Ipv4Addr, SocketAddr};

use serde_json::{Value, json};
use ws_tests::tls::Authority;

use super::{Library, Peer, Seen, script::Script, tungstenite::Tungstenite};

/// What a server makes of its clients' offers. Beside that, `/moved` redirects to
/// `/probe`, and `/secret` is refused with 401 to who shows no credentials.
#[derive(Debug, Clone, Default)]
pub(crate) struct Serving<'a> {
    /// Where to listen; 0 for a free port.
    pub(crate) port: u16,
    /// The subprotocols it knows, the preferred one first.
    pub(crate) subprotocols: &'a [&'a str],
    /// A subprotocol that it chooses whatever is offered.
    pub(crate) insists_on: Option<&'a str>,
    /// Parameters of permessage-deflate by their names in RFC 7692; `None` for
    /// no compression.
    pub(crate) compression: Option<Value>,
    /// Whose certificate it shows, and that it speaks TLS at all.
    pub(crate) tls: Option<&'a Authority>,
}

impl Library {
    /// Starts a server, for one client after the other.
    pub(crate) async fn serve(self, serving: Serving<'_>) -> (SocketAddr, Peer) {
        let options = json!({
            "port": serving.port,
            "subprotocols": serving.subprotocols,
            "insists_on": serving.insists_on,
            "compression": serving.compression,
            "identity": serving.tls.map(Authority::identity_file),
        });
        let mut peer = match self {
            Self::Ws => Peer::Script(Box::new(Script::node("server.mjs", &options))),
            Self::Websockets => Peer::Script(Box::new(Script::python("server.py", &options))),
            Self::Tungstenite => {
                assert_eq!(serving.compression, None, "it cannot compress");
                Peer::Tungstenite(Box::new(Tungstenite::serve(serving).await))
            }
        };
        let seen = peer.seen().await;
        let Seen::Listening { port } = seen else {
            panic!("{seen:?} instead of a server that listens");
        };
        (SocketAddr::from((Ipv4Addr::LOCALHOST, port)), peer)
    }
}
