//! Of `echo`: what all of its kind do.

use ws_core::{Cause, CloseCode, Event, Message};
use ws_server::{Config, migrate::ws};
use ws_tests::{
    client::Client,
    raw::{End, Raw},
    request::Request,
    server::Server,
};

use crate::{
    after, before,
    pulse::{Pulse, QUICK, SLOW},
    rewritten,
    serving::{Program, serve, serve_with},
};

#[actix_web::test]
async fn echo_gives_back_what_it_hears() {
    for server in [
        serve(before::echo::configure),
        serve(after::echo::configure),
        Server::start(|app| rewritten::echo::configure(app, SLOW)),
    ] {
        let mut client = Client::connect(server.address(), "/echo").await;
        for length in [0, 1, 125, 126, 10_000, 65_535, 65_536] {
            client.send("x".repeat(length)).await;
            assert_eq!(client.text().await.len(), length);
            let bytes = vec![7; length];
            client.send(bytes.clone()).await;
            let event = client.event().await;
            assert_eq!(event, Event::Message(Message::binary(bytes)));
        }
        client.close(4000, "enough").await;
        let outcome = client.closed().await;
        assert_eq!(
            (outcome.cause.clone(), outcome.code().get()),
            (Cause::Local, 4000)
        );
        assert_eq!(client.ended().await, End::Eof);
    }
}

#[actix_web::test]
async fn echo_leaves_who_does_not_answer_its_pings() {
    for (program, ends) in [
        (before::echo::configure as Program, None),
        (hurried, Some(CloseCode::NORMAL)),
    ] {
        let server = serve_with(QUICK, program);
        let mut raw = Raw::connect(server.address()).await;
        raw.ask(&Request::upgrade("/echo")).await;
        let (bytes, end) = raw.rest().await;
        assert_eq!(end, End::Eof);
        assert!(bytes.starts_with(b"\x89\x06there?"), "{bytes:?}");
        // The old crate ended the TCP connection without a word.
        let close = ends.map(|it| [&[0x88, 2][..], &it.get().to_be_bytes()].concat());
        let close = close.unwrap_or_default();
        let pings = bytes.strip_suffix(&close[..]).unwrap();
        assert!(
            pings.chunks(8).all(|it| it == b"\x89\x06there?"),
            "{bytes:?}"
        );
        server.until_sockets(0).await;
    }
}

/// With less patience for a Close frame than usual.
fn hurried(app: &mut actix_web::web::ServiceConfig) {
    let config = Config::new().close_timeout(QUICK.patience);
    let endpoint = ws::endpoint::<after::echo::Echo>().config(config).build();
    app.app_data(endpoint.expect("nothing in it contradicts"));
    after::echo::configure(app);
}

#[actix_web::test]
async fn echo_stays_with_who_answers_its_pings() {
    let pulse = Pulse {
        every: QUICK.every,
        ..SLOW
    };
    for program in [before::echo::configure as Program, after::echo::configure] {
        let server = serve_with(pulse, program);
        let mut client = Client::connect(server.address(), "/echo").await;
        for _ in 0..5 {
            assert_eq!(client.event().await, Event::Ping("there?".into()));
        }
    }
}
