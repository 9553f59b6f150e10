//! Class 20 and TLS: servers that are not who they should be, or speak something
//! else.

use std::sync::Arc;

use futures_util::FutureExt;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig};

use super::{SOON, Site, order::Order};
use crate::{
    attack::{Attack, MIB, Promise},
    tls::{Authority, Validity},
};

pub(super) const ATTACKS: &[Attack] = &[
    Attack::client(20, "server-wants-http-2-over-tls", ALPN, |it| {
        wants_http_2(it).boxed_local()
    }),
    Attack::client(15, "server-shows-a-certificate-of-nobody", ISSUER, |it| {
        shows(it, Shown::OfAnother).boxed_local()
    }),
    Attack::client(
        15,
        "server-shows-a-certificate-of-another-name",
        NAME,
        |it| shows(it, Shown::ForAnother).boxed_local(),
    ),
    Attack::client(15, "server-shows-an-expired-certificate", EXPIRED, |it| {
        shows(it, Shown::Expired).boxed_local()
    }),
    Attack::client(
        15,
        "server-shows-a-certificate-of-tomorrow",
        NOT_YET,
        |it| shows(it, Shown::Early).boxed_local(),
    ),
    Attack::client(11, "server-answers-plain-text-to-tls", PLAIN, |it| {
        plain(it, b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").boxed_local()
    }),
    Attack::client(10, "server-answers-noise-to-tls-without-end", NOISE, |it| {
        noise(it).boxed_local()
    }),
    Attack::client(9, "server-answers-nothing-to-tls", LATE, |it| {
        nothing(it).boxed_local()
    }),
];

const ALPN: Promise = Promise::answer("Tls(AlertReceived)").growth(3 * MIB);
/// It calls itself as ours does.
const ISSUER: Promise = Promise::answer("Tls(BadSignature)").growth(3 * MIB);
const NAME: Promise = Promise::answer("Tls(NotValidForNameContext)").growth(3 * MIB);
const EXPIRED: Promise = Promise::answer("Tls(ExpiredContext)").growth(3 * MIB);
const NOT_YET: Promise = Promise::answer("Tls(NotValidYetContext)").growth(3 * MIB);
const PLAIN: Promise = Promise::answer("Tls(InvalidMessage)").growth(3 * MIB);
const NOISE: Promise = Promise::answer("Tls(InvalidMessage)").growth(3 * MIB);
const LATE: Promise = Promise::answer("Timeout(Tls)").growth(3 * MIB).cpu(1);

fn order(site: &Site, authority: &Authority) -> Order {
    Order::new(format!("wss://{}/", site.address())).trusting(authority.file())
}

async fn accept(stream: TcpStream, config: ServerConfig) {
    let accepting = TlsAcceptor::from(Arc::new(config)).accept(stream);
    if let Ok(mut stream) = accepting.await {
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.ok();
    }
}

#[derive(Clone, Copy)]
enum Shown {
    OfAnother,
    ForAnother,
    Expired,
    Early,
}

async fn shows(site: Site, shown: Shown) -> String {
    let authority = Authority::new("hostile");
    let config = match shown {
        Shown::OfAnother => Authority::new("hostile-other").server(),
        Shown::ForAnother => authority.server_for("a.example", Validity::Now),
        Shown::Expired => authority.server_for("127.0.0.1", Validity::Past),
        Shown::Early => authority.server_for("127.0.0.1", Validity::Future),
    };
    let order = order(&site, &authority).header("Authorization", "Bearer secret");
    let hosting = async { accept(site.guest().await, config).await };
    site.end_of(order, hosting).await
}

/// It knows nothing but HTTP/2, which was not offered.
async fn wants_http_2(site: Site) -> String {
    let authority = Authority::new("hostile");
    let mut config = authority.server();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let hosting = async { accept(site.guest().await, config).await };
    site.end_of(order(&site, &authority), hosting).await
}

async fn plain(site: Site, bytes: &[u8]) -> String {
    let authority = Authority::new("hostile");
    let hosting = async {
        let mut stream = site.guest().await;
        stream.write_all(bytes).await.ok();
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.ok();
    };
    site.end_of(order(&site, &authority), hosting).await
}

/// Handshake records that never make a message.
async fn noise(site: Site) -> String {
    let authority = Authority::new("hostile");
    let hosting = async {
        let mut stream = site.guest().await;
        // A handshake message of 16 MiB is announced, and comes.
        let mut record = vec![22, 3, 3, 0x40, 0];
        record.extend([2, 0xff, 0xff, 0xff]);
        record.resize(5 + 0x4000, 0);
        let mut rest = vec![22, 3, 3, 0x40, 0];
        rest.resize(5 + 0x4000, 0);
        if stream.write_all(&record).await.is_ok() {
            for _ in 0..1024 {
                if stream.write_all(&rest).await.is_err() {
                    break;
                }
            }
        }
    };
    site.end_of(order(&site, &authority), hosting).await
}

async fn nothing(site: Site) -> String {
    let authority = Authority::new("hostile");
    let order = order(&site, &authority).connect_timeout(SOON);
    site.end_of(order, site.guest()).await
}
