//! What the adapter does otherwise than the old crate.

use actix_web::web::ServiceConfig;
use ws_core::{Cause, CloseCode, Event, Opcode};
use ws_server::{Drain, EndpointBuilder, Shutdown, migrate::ws};
use ws_tests::{
    client::Client,
    raw::{End, Raw},
    request::Request,
    server::Server,
};

use crate::{after, diary::Diary};

type Hosted = ws::Hosted<after::diary::Writer>;

/// The types are those of the old crate: whoever names them elsewhere need not
/// change that.
#[test]
fn messages_are_those_of_the_old_crate() {
    type Old = Result<actix_web_actors::ws::Message, actix_web_actors::ws::ProtocolError>;
    let heard: Old = Ok(ws::Message::Close(Some(ws::CloseCode::Normal.into())));
    let heard: Result<ws::Message, ws::ProtocolError> = heard;
    assert!(matches!(heard, Ok(ws::Message::Close(Some(_)))));
}

#[actix_web::test]
async fn pages_of_other_origins_are_refused_unless_they_are_let_in() {
    let asked = async |server: &Server| {
        let request = Request::upgrade("/diary").with("Origin", "https://elsewhere.example");
        Raw::connect(server.address()).await.ask(&request).await
    };
    let diary = Diary::open(after::diary::configure);
    let refused = asked(&diary.server).await;
    assert_eq!(refused.status, "HTTP/1.1 403 Forbidden");
    // An actor that is let in nowhere never lives.
    drop(diary);

    let diary = open(|it| it.any_origin());
    let response = asked(&diary.server).await;
    assert_eq!(response.status, "HTTP/1.1 101 Switching Protocols");
}

#[actix_web::test]
async fn request_that_is_no_handshake_is_refused() {
    let diary = Diary::open(after::diary::configure);
    for (request, status) in [
        (Request::get("/diary"), "HTTP/1.1 426 Upgrade Required"),
        (
            Request::upgrade("/diary").with("Sec-WebSocket-Version", "12"),
            "HTTP/1.1 426 Upgrade Required",
        ),
        (
            Request::upgrade("/diary").without("Sec-WebSocket-Key"),
            "HTTP/1.1 400 Bad Request",
        ),
    ] {
        let response = Raw::connect(diary.server.address())
            .await
            .ask(&request)
            .await;
        assert_eq!(response.status, status);
    }
}

/// The actor of the old crate was frozen by such a peer (actix-web issue 2441).
#[actix_web::test]
async fn timers_go_on_while_the_peer_reads_nothing() {
    let mut diary = Diary::open(after::diary::configure);
    let mut client = Client::connect_narrow(diary.server.address(), "/diary").await;
    client.queue("tick");
    client.send("flood").await;
    let mut ticks = 0;
    while ticks < 50 {
        ticks += usize::from(diary.entry().await == "tick");
    }
}

#[actix_web::test]
async fn peer_that_reads_nothing_is_left_when_too_much_waits() {
    for command in ["flood too much", "fragments without end"] {
        let mut diary = Diary::open(after::diary::configure);
        let mut client = Client::connect_narrow(diary.server.address(), "/diary").await;
        client.send(command).await;
        let code = last(&mut client).await;
        assert_eq!(code, CloseCode::TRY_AGAIN_LATER, "{command}");
        drop(client);
        diary.rest().await;
    }
}

#[actix_web::test]
async fn fragments_that_make_no_message_end_the_connection() {
    let mut diary = Diary::open(after::diary::configure);
    let mut client = diary.client().await;
    client.send("fragments without a beginning").await;
    assert_eq!(last(&mut client).await, CloseCode::INTERNAL_ERROR);
}

#[actix_web::test]
async fn frame_of_more_than_64_kib_ends_the_connection() {
    let mut diary = Diary::open(after::diary::configure);
    let mut client = diary.client().await;
    client.send("x".repeat(65_537)).await;
    assert_eq!(last(&mut client).await, CloseCode::MESSAGE_TOO_BIG);
    let rest = diary.rest().await;
    assert_eq!(rest[0], ws::ProtocolError::Overflow.to_string());
    assert_eq!(rest[1..], ["stopping, Stopping", "stopped, Stopped"]);
}

#[actix_web::test]
async fn pings_are_answered_while_the_actor_waits() {
    let diary = Diary::open(after::diary::configure);
    let mut raw = Raw::connect(diary.server.address()).await;
    raw.ask(&Request::upgrade("/diary")).await;
    raw.send(b"\x81\x89\0\0\0\0wait long\x89\x81\0\0\0\0?")
        .await;
    while raw.received().len() < 3 {
        raw.read().await.unwrap();
    }
    assert_eq!(raw.received(), b"\x8a\x01?");
}

#[actix_web::test]
async fn panic_costs_its_own_connection_only() {
    let mut diary = Diary::open(after::diary::configure);
    let mut clients = Vec::new();
    for _ in 0..4 {
        clients.push(diary.client().await);
    }
    let mut client = clients.remove(1);
    client.send("panic").await;
    assert_eq!(last(&mut client).await, CloseCode::INTERNAL_ERROR);
    for client in &mut clients {
        client.send("well?").await;
        assert_eq!(client.text().await, "well?");
    }
}

#[actix_web::test]
async fn shutdown_closes_the_connections() {
    let shutdown = Shutdown::new();
    let ends = shutdown.clone();
    let mut diary = open(move |it| it.shutdown(&ends));
    let mut client = diary.client().await;
    actix_rt::spawn(async move { shutdown.drain(&Drain::new()).await });
    let outcome = client.closed().await;
    assert_eq!(outcome.cause, Cause::Remote);
    assert_eq!(outcome.code(), CloseCode::GOING_AWAY);
    // The actor hears of its client's answer, and then of the end.
    assert!(diary.entry().await.starts_with("Close(Some("));
    assert_eq!(diary.entry().await, "stream finished");
    assert_eq!(client.ended().await, End::Eof);
}

/// With an endpoint in the app's data.
fn open(
    change: impl Fn(EndpointBuilder<Hosted>) -> EndpointBuilder<Hosted> + Clone + Send + 'static,
) -> Diary {
    Diary::open_with(move |app: &mut ServiceConfig| {
        let endpoint = change(ws::endpoint()).build();
        app.app_data(endpoint.expect("nothing in it contradicts"));
        after::diary::configure(app);
    })
}

/// The code that the server closes with, whatever it says before.
async fn last(client: &mut Client) -> CloseCode {
    loop {
        let event = client.event().await;
        if let Event::Closed(outcome) = event {
            return outcome.code();
        }
        let Event::Message(message) = event else {
            panic!("{event:?} instead of the end");
        };
        assert_eq!(message.opcode(), Opcode::BINARY);
    }
}
