//! A process that has no descriptor left: a client in it tries again later, as
//! often as it would have for any other reason, and goes on once there is one; a
//! stock server keeps no connection that it could not cut.
//!
//! The limit is the whole process's, so what is tested with it comes in a row.

use std::{fs::File, time::Duration};

use actix::{Actor, ActorContext, Handler};
use actix_web::dev::Extensions;
use tokio::{
    net::TcpListener,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};
use ws_actors::{
    Handlers, Text, WsContext,
    client::{Client, ConnectError, Connected, Connector, Disconnected, Loss, Reconnect},
};
use ws_tests::{raw::End, wait::within, wire::Wire};

#[actix_web::test]
async fn process_without_descriptors_does_what_it_can() {
    client_tries_again_and_goes_on_once_there_are_some().await;
    connection_whose_socket_cannot_be_kept_is_ended().await;
}

async fn client_tries_again_and_goes_on_once_there_are_some() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await;
    let listener = listener.expect("there are ports left");
    let port = listener.local_addr().expect("it is bound").port();
    // A name is looked up, which takes descriptors as well.
    let connector = Connector::new(&format!("ws://localhost:{port}/"));
    let handlers = Handlers::new()
        .on::<Connected>()
        .on::<Disconnected>()
        .on::<Text>();
    let reconnect = Reconnect::new()
        .first_delay(Duration::from_millis(10))
        .max_delay(Duration::from_millis(200));
    let client = Client::new(connector.expect("it is a URL"), handlers).reconnect(reconnect);

    let hoard = take_all();

    let (reporter, mut reports) = unbounded_channel();
    let address = client.start(Caller(reporter));
    for failures in 0..5 {
        let Heard::Failed(error, retries) = next(&mut reports).await else {
            panic!("there is no descriptor, after {failures} failures");
        };
        assert!(
            error.contains("os error 24") || error.contains("look"),
            "{error}"
        );
        assert!(retries);
    }
    assert!(address.connected());

    drop(hoard);
    let mut wire = Wire::meet(&listener, None).await.answer().await;
    loop {
        match next(&mut reports).await {
            Heard::Failed(..) => {}
            Heard::Connected => break,
            Heard::Text(text) => panic!("{text} comes later"),
        }
    }
    wire.send(ws_tests::wire::TEXT, "at last").await;
    assert_eq!(next(&mut reports).await, Heard::Text("at last".to_owned()));
}

async fn connection_whose_socket_cannot_be_kept_is_ended() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await;
    let listener = listener.expect("there are ports left");
    let address = listener.local_addr().expect("it is bound");
    let mut peer = Wire::dial(address, None).await;
    let (accepted, _) = listener.accept().await.expect("it listens");
    let mut data = Extensions::new();

    let hoard = take_all();
    ws_server::keep_socket(&accepted, &mut data);
    drop(hoard);
    assert_eq!(peer.ended().await, End::Eof);
}

/// Takes all descriptors that this process may have.
fn take_all() -> Vec<File> {
    let (_, most) = rlimit::Resource::NOFILE.get().expect("Linux has it");
    let limited = rlimit::Resource::NOFILE.set(LIMIT, most);
    limited.expect("less may always be asked for");
    let mut hoard = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        hoard.push(file);
    }
    hoard
}

async fn next(reports: &mut UnboundedReceiver<Heard>) -> Heard {
    let heard = within("a report of the actor", reports.recv()).await;
    heard.expect("the actor lives")
}

struct Caller(UnboundedSender<Heard>);

#[derive(Debug, PartialEq, Eq)]
enum Heard {
    Connected,
    /// Why, and whether it is tried again.
    Failed(String, bool),
    Text(String),
}

impl Actor for Caller {
    type Context = WsContext<Self>;
}

impl Handler<Connected> for Caller {
    type Result = ();

    fn handle(&mut self, _: Connected, _: &mut WsContext<Self>) {
        self.0.send(Heard::Connected).ok();
    }
}

impl Handler<Disconnected> for Caller {
    type Result = ();

    fn handle(&mut self, disconnected: Disconnected, ctx: &mut WsContext<Self>) {
        let Loss::Failed(error) = disconnected.loss else {
            // The test is done with it.
            ctx.stop();
            return;
        };
        let retries = disconnected.retry_in.is_some();
        assert!(ConnectError::is_retryable(&error), "{error:?}");
        self.0
            .send(Heard::Failed(format!("{error:?}"), retries))
            .ok();
    }
}

impl Handler<Text> for Caller {
    type Result = ();

    fn handle(&mut self, Text(text): Text, _: &mut WsContext<Self>) {
        self.0.send(Heard::Text(text.to_string())).ok();
    }
}

/// How many descriptors this process may have.
const LIMIT: u64 = 128;
