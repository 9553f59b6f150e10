//! What is asked of a server, and what comes of it.

use std::collections::HashSet;

use tokio::{
    io::{AsyncWrite, BufStream, duplex},
    time::Instant,
};
use ws_actors::client::Connector;
use ws_core::{
    Output, Rsv,
    extension::{ClientOffer, Extension, NegotiationError, Params, deflate::Deflate},
    handshake::ServerHandshake,
};

use crate::support::{
    listen, next,
    server::{accept, field, open},
    side::converse,
};

#[tokio::test]
async fn client_and_server_converse() {
    let (listener, address) = listen().await;
    let server = tokio::spawn(async move {
        let (head, side) = accept(next(&listener).await).await;
        side.echo().await;
        head
    });
    let url = format!("ws://{address}/chat?room=7");
    let connector = Connector::new(&url).unwrap();
    let opened = connector.connect().await.unwrap();
    assert_eq!(opened.url.to_string(), url);
    assert_eq!(&opened.url, connector.url());
    assert_eq!(opened.stream.peer_addr().unwrap(), address);
    assert!(opened.stream.get_ref().nodelay().unwrap());
    assert!(opened.stream.is_write_vectored());
    assert!(!opened.stream.is_secure());
    let (name, value) = opened.headers.last().unwrap();
    assert_eq!((&**name, &value[..]), ("X-Server", &b"of the tests"[..]));
    converse(opened).await;
    let head = server.await.unwrap();
    assert_eq!(head.target, "/chat?room=7");
    assert_eq!(field(&head, "Host"), Some(&*address.to_string()));
    assert_eq!(
        field(&head, "Sec-WebSocket-Extensions"),
        Some("permessage-deflate; server_max_window_bits=12; client_max_window_bits=12")
    );
}

#[tokio::test]
async fn one_connector_connects_again_and_again() {
    let (listener, address) = listen().await;
    let server = tokio::spawn(async move {
        let terms = ServerHandshake::new()
            .subprotocols(["chat"])
            .unwrap()
            .extension(Deflate::new());
        let mut keys = Vec::new();
        for _ in 0..2 {
            let (head, side) = open(next(&listener).await, &terms).await;
            side.echo().await;
            keys.push(field(&head, "Sec-WebSocket-Key").unwrap().to_owned());
        }
        keys
    });
    let connector = Connector::new(&format!("ws://{address}"))
        .unwrap()
        .subprotocols(["superchat", "chat"])
        .unwrap();
    for connector in [connector.clone(), connector] {
        let opened = connector.connect().await.unwrap();
        assert_eq!(opened.connection.subprotocol(), Some("chat"));
        let mut headers = opened.headers.iter();
        assert!(headers.any(|(name, _)| name == "Sec-WebSocket-Extensions"));
        converse(opened).await;
    }
    let keys = server.await.unwrap();
    assert_ne!(keys[0], keys[1]);
}

#[tokio::test]
async fn server_reads_what_the_client_adds() {
    let connector = Connector::new("ws://a.example:81/b")
        .unwrap()
        .header("Authorization", "Bearer x")
        .unwrap()
        .header("Cookie", "a=1")
        .unwrap()
        .header("X-Twice", "1")
        .unwrap()
        .header("X-Twice", "2")
        .unwrap()
        .subprotocols(["one", "two"])
        .unwrap()
        .compression(None);
    let (ours, theirs) = duplex(64);
    let (opened, (head, _)) = tokio::join!(connector.connect_over(ours), accept(theirs));
    assert_eq!(opened.unwrap().connection.subprotocol(), None);
    assert_eq!(head.target, "/b");
    for (name, value) in [
        ("Host", Some("a.example:81")),
        ("Authorization", Some("Bearer x")),
        ("Cookie", Some("a=1")),
        ("Sec-WebSocket-Protocol", Some("one, two")),
        ("Sec-WebSocket-Extensions", None),
        ("Origin", None),
    ] {
        assert_eq!(field(&head, name), value);
    }
    let twice = head.headers.iter().filter(|(name, _)| name == "X-Twice");
    let twice: Vec<_> = twice.map(|(_, value)| &value[..]).collect();
    assert_eq!(twice, [b"1", b"2"]);
}

/// Offers what no server knows.
#[derive(Debug)]
struct Unknown;

impl ClientOffer for Unknown {
    fn name(&self) -> &str {
        "x-unknown"
    }

    fn rsv(&self) -> Rsv {
        Rsv::RSV3
    }

    fn offers(&self) -> Vec<Params> {
        vec![Params::new("x-unknown")]
    }

    fn agree(&self, answer: &Params, _: &[Params]) -> Result<Box<dyn Extension>, NegotiationError> {
        Err(NegotiationError::Parameters(answer.to_string()))
    }
}

#[tokio::test]
async fn extensions_are_offered_each_time_and_before_compression() {
    let connector = Connector::new("ws://a.example").unwrap().extension(Unknown);
    let terms = ServerHandshake::new().extension(Deflate::new());
    for _ in 0..2 {
        let (ours, theirs) = duplex(64);
        let (opened, (head, side)) =
            tokio::join!(connector.connect_over(ours), open(theirs, &terms));
        let offered = field(&head, "Sec-WebSocket-Extensions").unwrap();
        assert!(offered.starts_with("x-unknown, permessage-deflate"));
        tokio::join!(converse(opened.unwrap()), side.echo());
    }
}

#[tokio::test(start_paused = true)]
async fn connections_of_one_moment_are_not_due_at_one_moment() {
    let connector = Connector::new("ws://a.example").unwrap();
    let mut due = HashSet::new();
    for _ in 0..16 {
        let (ours, theirs) = duplex(4096);
        let (opened, _) = tokio::join!(connector.connect_over(ours), accept(theirs));
        let now = Instant::now().into_std();
        match opened.unwrap().connection.poll_output(now) {
            Output::Wait(Some(ping)) => due.insert(ping - now),
            other => panic!("{other:?}"),
        };
    }
    assert!(due.len() > 1);
}

#[tokio::test(start_paused = true)]
async fn streams_that_hold_bytes_back_will_do() {
    let connector = Connector::new("ws://a.example").unwrap();
    let (ours, theirs) = duplex(4096);
    let serving = tokio::spawn(async move { accept(theirs).await.1.echo().await });
    let opened = connector.connect_over(BufStream::new(ours)).await;
    converse(opened.unwrap()).await;
    serving.await.unwrap();
}
