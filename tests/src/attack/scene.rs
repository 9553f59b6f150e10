use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::{net::TcpStream, time::sleep};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};

use super::{
    Counts, Kind, Line, Victim,
    deflate::zeros,
    frames::{BINARY, RSV1, TEXT},
};
use crate::{raw::Raw, request::Request, tls::trusting, wait::within};

/// A victim that serves, and who attacks it. A clone is the same.
#[derive(Debug, Clone)]
pub struct Scene {
    victim: Victim,
    kind: Kind,
}

impl Scene {
    pub(super) const fn new(victim: Victim, kind: Kind) -> Self {
        Self { victim, kind }
    }

    /// Where the victim listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.victim.address()
    }

    /// Which server it is.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The process that is attacked.
    #[must_use]
    pub const fn victim(&self) -> &Victim {
        &self.victim
    }

    /// Connects, and no more.
    pub async fn connect(&self) -> Raw {
        Raw::connect(self.address()).await
    }

    /// A connection to `/echo` that compresses.
    pub async fn echo(&self) -> Line {
        self.open("/echo").await
    }

    /// A connection to one of the endpoints, that compresses.
    pub async fn open(&self, path: &str) -> Line {
        let request = Request::upgrade(path).with("Sec-WebSocket-Extensions", "permessage-deflate");
        self.open_with(&request).await
    }

    /// A connection to one of the endpoints, that does not compress.
    pub async fn open_plain(&self, path: &str) -> Line {
        self.open_with(&Request::upgrade(path)).await
    }

    /// A connection that is opened by this request.
    pub async fn open_with(&self, request: &Request) -> Line {
        Line::open(Raw::connect(self.address()).await, request).await
    }

    /// Where the victim speaks TLS, and what a client needs for it.
    pub async fn tls(&self) -> (SocketAddr, ClientConfig) {
        let answer = self.ask("tls").await;
        let (address, authority) = answer.split_once(' ').expect("it tells both");
        let address = address.parse().expect("it is an address");
        let authority = CertificateDer::from_pem_file(authority).expect("the file is there");
        (address, trusting(authority))
    }

    /// A connection over TLS, which offers these protocols to be spoken in it.
    pub async fn connect_tls(&self, protocols: &[&[u8]]) -> TlsStream<TcpStream> {
        let (address, mut config) = self.tls().await;
        config.alpn_protocols = protocols.iter().map(|it| it.to_vec()).collect();
        let connecting = async {
            let stream = TcpStream::connect(address).await?;
            let connector = TlsConnector::from(Arc::new(config));
            connector.connect(server_name(), stream).await
        };
        let stream = within("a TLS handshake", connecting).await;
        stream.expect("the victim speaks TLS")
    }

    /// What the victim holds.
    pub async fn counts(&self) -> Counts {
        let answer = self.ask("counts").await;
        serde_json::from_str(&answer).expect("the victim tells what it holds")
    }

    /// Waits until what the victim holds is as told.
    pub async fn until(&self, what: &str, mut holds: impl FnMut(&Counts) -> bool) {
        let waiting = async {
            while !holds(&self.counts().await) {
                sleep(Duration::from_millis(10)).await;
            }
        };
        within(what, waiting).await;
    }

    /// Waits until this count of the victim's grows no more, for ten looks in a
    /// row.
    pub async fn until_still(&self, count: impl Fn(&Counts) -> usize) {
        let (mut last, mut same) = (0, 0);
        self.until("a count to stay as it is", |counts| {
            let now = count(counts);
            same = if now == last { same + 1 } else { 0 };
            last = now;
            same == 10
        })
        .await;
    }

    /// Tells the victim a line, and waits for its answer.
    pub async fn ask(&self, line: &str) -> String {
        let answer = self.victim.ask(line).await;
        answer.expect("the victim is there")
    }

    /// Has the victim make what it makes once: its threads, their buffers, and
    /// what messages of the usual lengths take.
    pub(super) async fn warm_up(&self) {
        let mut line = self.echo().await;
        line.frame(TEXT, b"hello").await;
        assert_eq!(line.message().await, b"hello");
        line.frame(BINARY | RSV1, &zeros(256 * 1024)).await;
        line.message().await;
        line.close().await;
        let mut plain = self.connect().await;
        plain.ask(&Request::get("/count")).await;
        drop(plain);
        self.until("the first connections to be gone", |counts| {
            counts.connections == 0 && counts.actors == 0
        })
        .await;
    }
}

/// Whom the victim's certificate is for.
pub(super) fn server_name() -> ServerName<'static> {
    ServerName::try_from("localhost").expect("it is a name")
}
