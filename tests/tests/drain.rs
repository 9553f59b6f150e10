//! A server that lets its connections go.

use std::{
    pin::pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use actix::{Actor, Handler};
use actix_web::{
    HttpRequest, HttpResponse,
    middleware::{Next, from_fn},
    web,
};
use tokio::{sync::Notify, time::timeout};
use ws_core::{Cause, CloseCode, Config, Event};
use ws_server::{Closed, Drain, Endpoint, Shutdown, Text, UpgradeError, WsContext};
use ws_tests::{
    client::Client,
    raw::{End, Raw},
    request::Request,
    server::Server,
    wait::{until, within},
};

/// Answers what it is told, and with a lot when it is told `a lot`.
struct Talker {
    ends: Ends,
}

impl Actor for Talker {
    type Context = WsContext<Self>;
}

impl Handler<Text> for Talker {
    type Result = ();

    fn handle(&mut self, Text(text): Text, ctx: &mut WsContext<Self>) {
        let lines = if text == "a lot" { LOT } else { 1 };
        for _ in 0..lines {
            ctx.text(text.clone()).expect("the connection is open");
        }
    }
}

impl Handler<Closed> for Talker {
    type Result = ();

    fn handle(&mut self, Closed(outcome): Closed, _: &mut WsContext<Self>) {
        let mut ends = self.ends.lock().expect("nobody panics");
        ends.push(outcome.cause);
    }
}

const LOT: usize = 1000;

type Ends = Arc<Mutex<Vec<Cause>>>;

fn serve(shutdown: &Shutdown) -> (Server, Ends) {
    let ends = Ends::default();
    let endpoint = Endpoint::<Talker>::builder()
        .on::<Text>()
        .on::<Closed>()
        .config(Config::new().close_timeout(Duration::from_secs(3600)))
        .shutdown(shutdown)
        .build();
    let endpoint = endpoint.expect("the endpoint makes sense");
    let doors = web::Data::new((endpoint, Ends::clone(&ends)));
    let shutdown = shutdown.clone();
    let server = Server::start(move |app| {
        let shutdown = shutdown.clone();
        let ready = move || std::future::ready(shutdown.readiness());
        app.app_data(doors.clone())
            .route("/", web::get().to(enter))
            .route("/ready", web::get().to(ready));
    });
    (server, ends)
}

async fn enter(
    request: HttpRequest,
    payload: web::Payload,
    doors: web::Data<(Endpoint<Talker>, Ends)>,
) -> Result<HttpResponse, UpgradeError> {
    let ends = Ends::clone(&doors.1);
    doors.0.upgrade(&request, payload, Talker { ends })
}

#[actix_web::test]
async fn all_are_closed_as_the_drain_says_behind_what_is_queued_for_them() {
    let shutdown = Shutdown::new();
    let (server, ends) = serve(&shutdown);
    let mut clients = Vec::new();
    for _ in 0..20 {
        clients.push(Client::connect(server.address(), "/").await);
    }
    for client in &mut clients {
        client.send("a lot").await;
        assert_eq!(client.text().await, "a lot");
    }
    let drain = Drain::new().close(CloseCode::SERVICE_RESTART, "back soon");
    let drain = drain.expect("the code may be sent");
    let hear = async {
        for client in &mut clients {
            for _ in 1..LOT {
                assert_eq!(client.text().await, "a lot");
            }
            let outcome = client.closed().await;
            assert_eq!(outcome.code(), CloseCode::SERVICE_RESTART);
            let payload = outcome.received.expect("a Close frame came");
            assert_eq!(payload.reason(), "back soon");
        }
    };
    let (left, ()) = tokio::join!(shutdown.drain(&drain), hear);
    assert_eq!((left, shutdown.connections()), (0, 0));
    let ends = ends.lock().expect("nobody panics");
    assert_eq!(*ends, vec![Cause::Drain; 20]);
}

#[actix_web::test]
async fn connections_are_closed_one_after_the_other() {
    let shutdown = Shutdown::new();
    let (server, _) = serve(&shutdown);
    let mut clients = Vec::new();
    for _ in 0..50 {
        clients.push(Client::connect(server.address(), "/").await);
    }
    let long = Duration::from_secs(3600);
    let slow = Drain::new().limit(long).spread(Duration::from_secs(20));
    let answers = clients.into_iter().map(|mut client| {
        actix_rt::spawn(async move {
            client.closed().await;
        })
    });
    let answers: Vec<_> = answers.collect();
    let some_gone = until("the first to be closed", || shutdown.connections() < 50);
    tokio::select! {
        _ = shutdown.drain(&slow) => panic!("it takes 20 s"),
        () = some_gone => {}
    }
    // Those whose turn has not come live on, until it is said otherwise.
    assert!(shutdown.connections() > 0);
    let quick = Drain::new().limit(long).spread(Duration::ZERO);
    assert_eq!(within("the rest to go", shutdown.drain(&quick)).await, 0);
    for answer in answers {
        answer.await.expect("all are told");
    }
}

#[actix_web::test]
async fn connections_live_on_while_the_load_balancer_is_given_notice() {
    let shutdown = Shutdown::new();
    let (server, _) = serve(&shutdown);
    assert_eq!(
        ready(&server).await,
        ("HTTP/1.1 200 OK".to_owned(), "ready\n".to_owned())
    );
    let mut client = Client::connect(server.address(), "/").await;
    let drain = Drain::new().notice(Duration::from_secs(3600));
    let look = async {
        until("the drain to begin", || shutdown.has_begun()).await;
        let unready = "HTTP/1.1 503 Service Unavailable".to_owned();
        assert_eq!(
            ready(&server).await,
            (unready.clone(), "shutting down\n".to_owned())
        );
        let mut late = Raw::connect(server.address()).await;
        let response = late.ask(&Request::upgrade("/")).await;
        assert_eq!(response.status, unready);
        client.send("still here").await;
        assert_eq!(client.text().await, "still here");
    };
    tokio::select! {
        _ = shutdown.drain(&drain) => panic!("it gives notice for an hour"),
        () = look => {}
    }
    assert_eq!(shutdown.connections(), 1);
}

async fn ready(server: &Server) -> (String, String) {
    let mut raw = Raw::connect(server.address()).await;
    let response = raw.ask(&Request::get("/ready")).await;
    (response.status, response.body)
}

#[actix_web::test]
async fn those_that_do_not_answer_are_left_and_counted() {
    let shutdown = Shutdown::new();
    let (server, ends) = serve(&shutdown);
    let mut polite = Client::connect(server.address(), "/").await;
    let mut silent = Raw::connect(server.address()).await;
    silent.ask(&Request::upgrade("/")).await;
    until("both to be there", || shutdown.connections() == 2).await;
    let drain = Drain::new().limit(Duration::from_millis(300));
    let (left, outcome) = tokio::join!(shutdown.drain(&drain), polite.closed());
    assert_eq!(outcome.code(), CloseCode::GOING_AWAY);
    assert_eq!((left, shutdown.connections()), (1, 1));
    // It has been told, too.
    while !silent.received().starts_with(b"\x88\x19\x03\xe9") {
        silent.read().await.expect("a Close frame comes first");
    }
    assert_eq!(ends.lock().expect("nobody panics").len(), 1);
}

#[actix_web::test]
async fn who_comes_during_the_drain_is_refused_and_who_has_just_come_is_closed() {
    let shutdown = Shutdown::new();
    let (server, _) = serve(&shutdown);
    let address = server.address();
    let coming = actix_rt::spawn(async move {
        let (mut closed, mut refused) = (0, 0);
        while refused < 5 {
            let mut raw = Raw::connect(address).await;
            let response = raw.ask(&Request::upgrade("/")).await;
            if response.status == "HTTP/1.1 503 Service Unavailable" {
                refused += 1;
                continue;
            }
            assert_eq!(response.status, "HTTP/1.1 101 Switching Protocols");
            let mut client = Client::over(raw);
            actix_rt::spawn(async move {
                client.closed().await;
                assert_eq!(client.ended().await, End::Eof);
            });
            closed += 1;
        }
        closed
    });
    until("some to be there", || shutdown.connections() > 10).await;
    let drain = Drain::new().limit(Duration::from_secs(3600));
    assert_eq!(within("all to go", shutdown.drain(&drain)).await, 0);
    assert!(coming.await.expect("nobody panics") > 10);
    until("nobody to be left", || shutdown.connections() == 0).await;
}

#[actix_web::test]
async fn drain_without_connections_takes_no_time() {
    let shutdown = Shutdown::new();
    let (server, _) = serve(&shutdown);
    let drain = Drain::new().limit(Duration::from_secs(3600));
    let drained = timeout(Duration::from_secs(20), shutdown.drain(&drain)).await;
    assert_eq!(drained, Ok(0));
    let mut raw = Raw::connect(server.address()).await;
    let response = raw.ask(&Request::upgrade("/")).await;
    assert_eq!(response.header("retry-after").as_deref(), Some("5"));
}

#[actix_web::test]
async fn connection_in_the_middle_of_its_own_close_is_let_go() {
    let shutdown = Shutdown::new();
    let (server, ends) = serve(&shutdown);
    let mut client = Client::connect(server.address(), "/").await;
    client.close(1000, "bye").await;
    let drain = Drain::new().limit(Duration::from_secs(3600));
    let (left, event) = tokio::join!(shutdown.drain(&drain), client.event());
    assert_eq!(left, 0);
    let Event::Closed(outcome) = event else {
        panic!("{event:?} instead of the end");
    };
    assert_eq!(outcome.code(), CloseCode::NORMAL);
    let ends = ends.lock().expect("nobody panics");
    assert_eq!(*ends, [Cause::Remote]);
}

/// Its request was accepted, and is answered when the drain has begun.
#[actix_web::test]
async fn connection_that_is_about_to_open_when_the_drain_begins_is_closed_as_well() {
    let (shutdown, gate) = (Shutdown::new(), Arc::new(Gate::default()));
    let endpoint = Endpoint::<Talker>::builder()
        .on::<Text>()
        .on::<Closed>()
        .shutdown(&shutdown)
        .build();
    let endpoint = endpoint.expect("the endpoint makes sense");
    let doors = web::Data::new((endpoint, Ends::default()));
    let held = Arc::clone(&gate);
    let server = Server::start(move |app| {
        let held = Arc::clone(&held);
        let hold = move |request, next: Next<_>| {
            let held = Arc::clone(&held);
            async move {
                let response = next.call(request).await;
                held.entered.notify_one();
                held.opened.notified().await;
                response
            }
        };
        let route = web::resource("/").wrap(from_fn(hold));
        app.app_data(doors.clone())
            .service(route.route(web::get().to(enter)));
    });
    let mut raw = Raw::connect(server.address()).await;
    raw.send(Request::upgrade("/").to_bytes()).await;
    within("the request to be accepted", gate.entered.notified()).await;

    let drain = Drain::new().limit(Duration::from_secs(3600));
    let mut drained = pin!(shutdown.drain(&drain));
    let early = timeout(Duration::from_millis(100), &mut drained).await;
    assert!(early.is_err(), "it has to be waited for");
    let come = async {
        gate.opened.notify_one();
        let response = raw.response().await;
        assert_eq!(response.status, "HTTP/1.1 101 Switching Protocols");
        let mut client = Client::over(raw);
        assert_eq!(client.closed().await.code(), CloseCode::GOING_AWAY);
    };
    let (left, ()) = tokio::join!(within("the drain", drained), come);
    assert_eq!(left, 0);
}

/// Holds a response back.
#[derive(Default)]
struct Gate {
    entered: Notify,
    opened: Notify,
}
