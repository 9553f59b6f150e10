//! Clients of other libraries against our endpoint.

mod broadcast;
mod closing;
mod compression;
mod messages;
mod opening;

use bytes::Bytes;
use ws_server::{Binary, Cause, EndpointBuilder, Ping, Pong};
use ws_tests::{
    probe::{Probe, Report, Reports},
    server::Server,
};

use crate::{
    material::patient,
    peer::{Kind, Library, Offer, Peer},
};

/// An endpoint that hears all there is, does not compress, and does nothing
/// because time passes.
fn endpoint() -> EndpointBuilder<Probe> {
    Probe::endpoint()
        .on::<Binary>()
        .on::<Ping>()
        .on::<Pong>()
        .config(patient())
        .compression(None)
}

/// Connects a client that offers nothing.
async fn talk(library: Library, endpoint: EndpointBuilder<Probe>) -> (Server, Reports, Peer) {
    let (server, mut reports) = Probe::serve(endpoint);
    let mut peer = library.connect(server.address(), Offer::default()).await;
    assert_eq!(peer.opened().await, "");
    assert_eq!(reports.next().await, Report::Started);
    (server, reports, peer)
}

/// Sends a message in these pieces, which has to be heard and come back whole.
async fn echo(peer: &mut Peer, reports: &mut Reports, kind: Kind, pieces: &[&[u8]]) {
    peer.say_in_pieces(kind, pieces, None).await;
    let whole = pieces.concat();
    peer.hears(kind, &whole).await;
    let heard = reports.next().await == report(kind, &whole);
    // Without the payloads, which may be long.
    assert!(heard, "{kind:?} of {} bytes", whole.len());
}

/// Ends a connection from the client's side, and waits until nothing is left.
async fn close(server: Server, mut reports: Reports, mut peer: Peer) {
    peer.close(Some(1000), "").await;
    assert_eq!(peer.closed().await, (1000, String::new()));
    let outcome = reports.closed().await;
    assert_eq!(
        (outcome.cause, outcome.sent.is_some()),
        (Cause::Remote, true)
    );
    assert_over(server, reports, peer).await;
}

/// Waits until nothing is left of any connection.
async fn assert_over(server: Server, mut reports: Reports, peer: Peer) {
    assert_eq!(reports.next().await, Report::Stopped);
    peer.ended().await;
    server.until_sockets(0).await;
}

/// What the actor reports of a message.
fn report(kind: Kind, payload: &[u8]) -> Report {
    match kind {
        Kind::Text => Report::Text(String::from_utf8_lossy(payload).into_owned()),
        Kind::Binary => Report::Binary(Bytes::copy_from_slice(payload)),
    }
}
