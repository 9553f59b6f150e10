//! Our clients against servers of other libraries.

mod call;
mod caller;
mod closing;
mod compression;
mod messages;
mod opening;
mod reconnecting;

use std::net::SocketAddr;

use ws_actors::{
    Handlers,
    client::{Client, Connector},
};
use ws_core::{Cause, CloseCode, ClosePayload, Outcome};

use self::{call::Call, caller::Caller};
use crate::peer::{Kind, Library, Peer, Seen, Serving};

/// A connector that offers nothing.
fn connector(server: SocketAddr) -> Connector {
    connector_to(&format!("ws://{server}/probe"))
}

fn connector_to(url: &str) -> Connector {
    let connector = Connector::new(url).expect("the URL is one");
    connector.compression(None)
}

/// Has a client connect once, to a server that agrees on nothing.
async fn talk(server: SocketAddr, peer: &mut Peer) -> Call {
    let call = connect(connector(server)).await;
    assert_eq!(peer.opened().await, "");
    call
}

/// Has a client connect once.
async fn connect(connector: Connector) -> Call {
    connect_with(connector, Caller::handlers()).await
}

/// Has a client connect once that hears this.
async fn connect_with(connector: Connector, handlers: Handlers<Caller>) -> Call {
    let client = Client::new(connector, handlers);
    let mut call = Call::connect(&client).await.expect("the server takes it");
    assert_eq!(call.connected().await.before, 0);
    call
}

/// Starts a server that agrees on nothing.
async fn serve(library: Library) -> (SocketAddr, Peer) {
    library.serve(Serving::default()).await
}

/// Sends a message there and back.
async fn exchange(call: &mut Call, peer: &mut Peer, kind: Kind, message: &[u8]) {
    call.say(kind, message).await;
    peer.hears(kind, message).await;
    peer.say(kind, message).await;
    call.hears(kind, message).await;
}

/// Ends a connection from the client's side.
async fn close(call: Call, peer: &mut Peer) {
    call.act(|ctx| ctx.close(CloseCode::NORMAL, "")).await;
    assert_eq!(peer.closed().await, (1000, String::new()));
    let outcome = call.closed().await;
    assert_eq!(outcome.cause, Cause::Local);
    assert!(outcome.is_clean());
}

/// The code and reason that came.
fn received(outcome: &Outcome) -> (u16, &str) {
    (outcome.code().get(), reason(outcome.received.as_ref()))
}

/// The code and reason that were sent, if there were any.
fn sent(outcome: &Outcome) -> (Option<u16>, &str) {
    let code = outcome.sent.as_ref().and_then(ClosePayload::code);
    (code.map(CloseCode::get), reason(outcome.sent.as_ref()))
}

fn reason(payload: Option<&ClosePayload>) -> &str {
    payload.map_or("", |payload| payload.reason().as_str())
}

/// What a server says of an open connection.
fn open_with(subprotocol: Option<&str>) -> Seen {
    Seen::Open {
        subprotocol: subprotocol.map(str::to_owned),
        extensions: String::new(),
    }
}
