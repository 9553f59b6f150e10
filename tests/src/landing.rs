//! Where clients connect to, of which a test plays the server.

use std::fs;

use tokio::net::TcpListener;
use ws_actors::client::{Connector, Tls};

use crate::{tls::Authority, wire::Wire};

/// A free port of 127.0.0.1, and the way to it.
#[derive(Debug)]
pub struct Landing {
    listener: TcpListener,
    connector: Connector,
}

impl Landing {
    /// Listens, for TLS with a certificate of this authority.
    pub async fn open(tls: Option<&Authority>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await;
        let listener = listener.expect("there are ports left");
        let address = listener.local_addr().expect("it is bound");
        let scheme = if tls.is_some() { "wss" } else { "ws" };
        let connector = Connector::new(&format!("{scheme}://{address}/"));
        let mut connector = connector.expect("it is a URL").compression(None);
        if let Some(authority) = tls {
            let pem = fs::read(authority.file()).expect("the file is there");
            connector = connector.tls(Tls::with_pem(pem).expect("it is a certificate"));
        }
        Self {
            listener,
            connector,
        }
    }

    /// What leads a client here, without compression.
    #[must_use]
    pub fn connector(&self) -> Connector {
        self.connector.clone()
    }

    /// Awaits a client; `tls` is what was said when this was opened.
    pub async fn meet(&self, tls: Option<&Authority>) -> Wire {
        Wire::meet(&self.listener, tls).await
    }
}
