//! Servers that go away and come back.

use std::{net::SocketAddr, time::Duration};

use tokio::net::TcpSocket;
use ws_actors::client::{Client, Connector, Disconnected, Loss, Reconnect};
use ws_core::{Cause, CloseCode, Message};

use super::{Call, Caller, close, connector, connector_to, received, serve};
use crate::{
    each_library,
    material::{bytes, text},
    peer::{Kind, Library, Serving},
};

each_library! {
    client_returns_to_a_server_that_was_restarted: Ws Websockets Tungstenite;
    client_waits_for_a_server_that_is_not_there_yet: Ws Websockets Tungstenite;
    client_returns_after_a_server_that_says_so: Ws Websockets Tungstenite;
    client_does_not_return_to_a_server_that_refuses_it: Ws Websockets Tungstenite;
}

async fn client_returns_to_a_server_that_was_restarted(library: Library) {
    let reserved = Reserved::port();
    let (server, mut peer) = library.serve(reserved.serving()).await;
    let mut call = Call::connect(&client(connector(server)))
        .await
        .expect("it listens");
    assert_eq!(call.connected().await.before, 0);
    assert_eq!(peer.opened().await, "");
    call.say(Kind::Text, b"to the first").await;
    peer.hears(Kind::Text, b"to the first").await;

    peer.killed().await;
    let lost = call.disconnected().await;
    assert!(lost.retry_in.is_some());
    let cause = lost.loss.outcome().map(|outcome| &outcome.cause);
    assert_eq!(cause, Some(&Cause::TransportLost));
    // All ways to say something, while nobody listens.
    let (long, short) = (bytes(100_000), text(1000));
    call.say(Kind::Binary, &long).await;
    call.handle()
        .send(Message::text("from afar"))
        .expect("it is kept");
    call.say(Kind::Text, &short).await;

    let (_, mut peer) = library.serve(reserved.serving()).await;
    assert_eq!(peer.opened().await, "");
    let mut heard = Vec::new();
    for _ in 0..3 {
        heard.push(peer.message().await);
    }
    // What a handle sends is taken over at the next turn, before or after.
    let afar = (Kind::Text, bytes::Bytes::from("from afar"));
    let place = heard.iter().position(|it| *it == afar);
    heard.remove(place.expect("it arrives"));
    let others = [(Kind::Binary, long.into()), (Kind::Text, short.into())];
    // Without the payloads, which are long.
    assert!(heard == others, "others than the two, or in another order");

    assert_eq!(call.reconnected().await.before, 1);
    peer.say(Kind::Text, b"welcome back").await;
    call.hears(Kind::Text, b"welcome back").await;
    close(call, &mut peer).await;
    peer.ended().await;
}

async fn client_waits_for_a_server_that_is_not_there_yet(library: Library) {
    let reserved = Reserved::port();
    let mut call = Call::start(&client(connector(reserved.address())));
    call.say(Kind::Text, b"is anybody there?").await;
    let lost = call.disconnected().await;
    assert!(matches!(lost.loss, Loss::Failed(_)), "{lost:?}");
    let (_, mut peer) = library.serve(reserved.serving()).await;
    assert_eq!(peer.opened().await, "");
    peer.hears(Kind::Text, b"is anybody there?").await;
    assert_eq!(call.reconnected().await.before, 0);
    close(call, &mut peer).await;
    peer.ended().await;
}

async fn client_returns_after_a_server_that_says_so(library: Library) {
    let (server, mut peer) = serve(library).await;
    let mut call = Call::connect(&client(connector(server)))
        .await
        .expect("it listens");
    for (before, code) in (0..).zip([1012, 1001, 1013]) {
        assert_eq!(call.connected().await.before, before);
        assert_eq!(peer.opened().await, "");
        peer.close(Some(code), "later").await;
        assert_eq!(peer.closed().await.0, code);
        let lost = call.disconnected().await;
        assert!(lost.retry_in.is_some(), "{lost:?}");
        assert_eq!(told(&lost), (code, "later"));
    }
    assert_eq!(call.connected().await.before, 3);
    assert_eq!(peer.opened().await, "");
    // The actor is the same all the time.
    call.say(Kind::Text, b"still here").await;
    peer.hears(Kind::Text, b"still here").await;

    peer.close(Some(1000), "farewell").await;
    assert_eq!(peer.closed().await.0, 1000);
    let lost = call.disconnected().await;
    assert_eq!(lost.retry_in, None);
    assert_eq!(told(&lost), (1000, "farewell"));
    let outcome = call.closed().await;
    assert_eq!(outcome.cause, Cause::Remote);
    assert_eq!(outcome.code(), CloseCode::NORMAL);
    // Nobody has come meanwhile.
    peer.ended().await;
}

async fn client_does_not_return_to_a_server_that_refuses_it(library: Library) {
    let (server, peer) = serve(library).await;
    let connector = connector_to(&format!("ws://{server}/secret"));
    let mut call = Call::start(&client(connector));
    let lost = call.disconnected().await;
    assert_eq!(lost.retry_in, None);
    let Loss::Failed(error) = &lost.loss else {
        panic!("{lost:?}");
    };
    assert_eq!(error.response().map(|it| it.status), Some(401));
    assert_eq!(call.closed().await.cause, Cause::TransportLost);
    peer.ended().await;
}

/// A client that comes back soon.
fn client(connector: Connector) -> Client<Caller> {
    let reconnect = Reconnect::new()
        .first_delay(Duration::from_millis(10))
        .max_delay(Duration::from_millis(50));
    Client::new(connector, Caller::handlers()).reconnect(reconnect)
}

/// The server's code and reason.
fn told(lost: &Disconnected) -> (u16, &str) {
    received(lost.loss.outcome().expect("there was a connection"))
}

/// A port that nobody else is given, while no server listens on it: who listens
/// on it has to ask for it.
#[derive(Debug)]
struct Reserved(TcpSocket);

impl Reserved {
    fn port() -> Self {
        let socket = TcpSocket::new_v4().expect("there are sockets left");
        socket.set_reuseaddr(true).expect("the socket is open");
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        socket.bind(any).expect("there are ports left");
        Self(socket)
    }

    fn address(&self) -> SocketAddr {
        self.0.local_addr().expect("it is bound")
    }

    fn serving(&self) -> Serving<'static> {
        Serving {
            port: self.address().port(),
            ..Serving::default()
        }
    }
}
