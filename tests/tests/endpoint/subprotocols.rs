//! What is spoken on which subprotocol.

use ws_server::{Binary, CloseCode, Closed, Config, Event, Handlers, Message, Text};
use ws_tests::{
    client::Client,
    probe::{Probe, Report},
    raw::{End, Raw},
    request::Request,
};

#[actix_web::test]
async fn actor_sees_the_subprotocol_that_the_server_prefers() {
    let (server, _reports) = Probe::serve(Probe::endpoint().subprotocols(["v2", "v1"]));
    for (offered, chosen) in [
        (&["v1", "v2"][..], Some("v2")),
        (&["v0", "v1"], Some("v1")),
        (&["v0"], None),
        (&["V1"], None),
        (&[], None),
    ] {
        let mut client = Client::offer(server.address(), "/probe", offered).await;
        assert_eq!(client.subprotocol(), chosen, "{offered:?}");
        client.send("subprotocol").await;
        assert_eq!(client.text().await, chosen.unwrap_or("none"), "{offered:?}");
    }
}

#[actix_web::test]
async fn each_subprotocol_has_the_handlers_that_were_given_for_it() {
    let endpoint = Probe::endpoint()
        .subprotocols(["text.v2"])
        .subprotocol("binary", Handlers::new().on::<Binary>().on::<Closed>())
        .subprotocols(["text.v1"])
        .config(Config::new().max_message_bytes(10));
    let (server, mut reports) = Probe::serve(endpoint);
    for (offered, agreed, takes_text) in [
        (&["text.v1", "binary", "text.v2"][..], Some("text.v2"), true),
        (&["text.v1", "binary"], Some("binary"), false),
        (&["text.v1"], Some("text.v1"), true),
        (&[], None, true),
    ] {
        let mut client = Client::offer(server.address(), "/probe", offered).await;
        assert_eq!(client.subprotocol(), agreed);
        assert_eq!(reports.next().await, Report::Started);
        if takes_text {
            client.send("hello").await;
            assert_eq!(client.text().await, "hello");
            client.send(vec![0; 3]).await;
        } else {
            client.send(vec![0; 3]).await;
            let event = client.event().await;
            assert_eq!(event, Event::Message(Message::binary(vec![0; 3])));
            client.send("hello").await;
        }
        assert_eq!(client.closed().await.code(), CloseCode::UNSUPPORTED_DATA);
        reports.closed().await;
        assert_eq!(reports.next().await, Report::Stopped);
    }
    // What the endpoint says for all holds for those handlers, too.
    let mut client = Client::offer(server.address(), "/probe", &["binary"]).await;
    client.send(vec![0; 11]).await;
    assert_eq!(client.closed().await.code(), CloseCode::MESSAGE_TOO_BIG);
}

#[actix_web::test]
async fn endpoint_that_requires_a_subprotocol_refuses_all_others_with_400() {
    let endpoint = Probe::endpoint()
        .subprotocols(["v2"])
        .subprotocol("v1", Handlers::new().on::<Text>())
        .require_subprotocol();
    let (server, _reports) = Probe::serve(endpoint);
    let let_in = "HTTP/1.1 101 Switching Protocols";
    for (offered, status, body) in [
        (Some("v1"), let_in, ""),
        (Some("v3, v2"), let_in, ""),
        (Some("v3"), "HTTP/1.1 400 Bad Request", NOT_SPOKEN),
        (None, "HTTP/1.1 400 Bad Request", NOT_SPOKEN),
    ] {
        let request = Request::upgrade("/probe");
        let request = match offered {
            Some(offered) => request.with("Sec-WebSocket-Protocol", offered),
            None => request,
        };
        let mut raw = Raw::connect(server.address()).await;
        let response = raw.ask(&request).await;
        assert_eq!(response.status, status, "{offered:?}");
        assert_eq!(response.body, body, "{offered:?}");
        if status != let_in {
            let (rest, end) = raw.rest().await;
            assert_eq!((&rest[..], end), (&b""[..], End::Eof), "{offered:?}");
        }
    }
}

const NOT_SPOKEN: &str = "none of the subprotocols spoken here is in `Sec-WebSocket-Protocol`\n";
