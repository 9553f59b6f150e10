//! As many connections as there may be, and no more.

use std::{
    collections::HashSet,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::Arc,
    time::Duration,
};

use actix_web::{HttpRequest, HttpResponse, web};
use tokio::{sync::Notify, task::JoinSet};
use ws_server::{Admission, Endpoint, EndpointBuilder, Text, UpgradeError};
use ws_tests::{
    client::Client,
    probe::{Probe, Report},
    raw::{End, Raw},
    request::Request,
    server::Server,
    wait::until,
};

const LET_IN: &str = "HTTP/1.1 101 Switching Protocols";
const FULL: &str = "HTTP/1.1 503 Service Unavailable";

#[actix_web::test]
async fn whoever_comes_beyond_a_limit_is_told_to_come_again() {
    type Limit = fn(EndpointBuilder<Probe>) -> EndpointBuilder<Probe>;
    let table: [(Limit, &str, &str); 4] = [
        (
            |it| it.admission(&Admission::new().max_connections(3)),
            "5",
            "there are as many connections in all as there may be\n",
        ),
        (
            |it| it.max_connections(3),
            "5",
            "there are as many connections of this endpoint as there may be\n",
        ),
        (
            |it| {
                let admission = Admission::new().max_per_address(3);
                it.admission(&admission.retry_after(Duration::from_millis(60_001)))
            },
            "61",
            "there are as many connections from this address as there may be\n",
        ),
        // The narrowest counts.
        (
            |it| {
                let admission = Admission::new().max_connections(5).max_per_address(4);
                it.admission(&admission).max_connections(3)
            },
            "5",
            "there are as many connections of this endpoint as there may be\n",
        ),
    ];
    for (limit, retry_after, body) in table {
        let (server, mut reports) = Probe::serve(limit(Probe::endpoint()));
        let mut clients = Vec::new();
        for _ in 0..3 {
            clients.push(Client::connect(server.address(), "/probe").await);
        }
        for _ in 0..2 {
            let mut raw = Raw::connect(server.address()).await;
            let response = raw.ask(&Request::upgrade("/probe")).await;
            assert_eq!(response.status, FULL);
            assert_eq!(response.header("retry-after").as_deref(), Some(retry_after));
            assert_eq!(response.header("connection").as_deref(), Some("close"));
            assert_eq!(response.body, body);
            let (rest, end) = raw.rest().await;
            assert_eq!((&rest[..], end), (&b""[..], End::Eof));
        }
        // Those who are in notice nothing.
        for client in &mut clients {
            client.send("hello").await;
            assert_eq!(client.text().await, "hello");
        }
        // Whoever leaves makes room for one, however it leaves.
        for leave in [Client::vanish, Client::reset] {
            leave(clients.remove(0));
            reports.closed().await;
            clients.push(next_let_in(&server, "/probe").await);
            assert_eq!(ask(&server, "/probe").await.1, FULL);
        }
    }
}

/// The place is given up a moment after the actor has heard of the end.
async fn next_let_in(server: &Server, path: &str) -> Client {
    loop {
        let (raw, status) = ask(server, path).await;
        if status == LET_IN {
            return Client::over(raw);
        }
    }
}

async fn ask(server: &Server, path: &str) -> (Raw, String) {
    let mut raw = Raw::connect(server.address()).await;
    let status = raw.ask(&Request::upgrade(path)).await.status;
    (raw, status)
}

#[actix_web::test]
async fn who_is_refused_for_another_reason_takes_no_place() {
    let admission = Admission::new().max_connections(1).max_per_address(1);
    let (server, _reports) = Probe::serve(Probe::endpoint().admission(&admission));
    for request in [
        Request::upgrade("/probe").with("Origin", "http://evil.example"),
        Request::upgrade("/probe").without("Sec-WebSocket-Key"),
        Request::get("/probe"),
    ] {
        Raw::connect(server.address()).await.ask(&request).await;
    }
    assert_eq!(admission.connections(), 0);
    let mut client = Client::connect(server.address(), "/probe").await;
    assert_eq!(admission.connections(), 1);
    assert_eq!(admission.connections_from(Ipv4Addr::LOCALHOST.into()), 1);
    // Who is over the limit does not wipe out who is within.
    assert_eq!(ask(&server, "/probe").await.1, FULL);
    assert_eq!(admission.connections(), 1);
    client.close(1000, "").await;
    client.closed().await;
    until("the place to be free", || admission.connections() == 0).await;
    assert_eq!(admission.connections_from(Ipv4Addr::LOCALHOST.into()), 0);
}

#[actix_web::test]
async fn endpoints_share_the_limits_of_their_admission() {
    let admission = Admission::new().max_connections(3);
    let build = |limit| {
        let endpoint = Endpoint::<Probe>::builder().on::<Text>();
        let endpoint = endpoint.admission(&admission).max_connections(limit);
        endpoint.build().expect("the endpoint makes sense")
    };
    let (one, other) = (build(2), build(3));
    let server = Server::start(move |app| {
        for (path, endpoint) in [("/one", one.clone()), ("/other", other.clone())] {
            app.route(
                path,
                web::get().to(move |request: HttpRequest, payload: web::Payload| {
                    let response = endpoint.upgrade(&request, payload, Probe::silent());
                    async move { response }
                }),
            );
        }
    });
    let mut clients = Vec::new();
    for (path, status) in [
        ("/one", LET_IN),
        ("/one", LET_IN),
        ("/one", FULL),
        ("/other", LET_IN),
        ("/other", FULL),
        ("/one", FULL),
    ] {
        let (raw, answered) = ask(&server, path).await;
        assert_eq!(answered, status, "{path} after {}", clients.len());
        if status == LET_IN {
            clients.push(raw);
        }
    }
    assert_eq!(admission.connections(), 3);
    drop(clients);
    until("all places to be free", || admission.connections() == 0).await;
}

#[actix_web::test]
async fn clients_are_told_apart_as_the_application_says() {
    let admission = Admission::new()
        .max_per_address(1)
        .client_address(|request| {
            let field = request.headers().get("X-Client")?;
            field.to_str().ok()?.parse().ok()
        });
    let (server, _reports) = Probe::serve(Probe::endpoint().admission(&admission));
    let mut clients = Vec::new();
    for (client, status) in [
        ("192.0.2.1", LET_IN),
        ("192.0.2.1", FULL),
        ("::ffff:192.0.2.1", FULL),
        ("192.0.2.2", LET_IN),
        ("2001:db8:0:7::1", LET_IN),
        ("2001:db8:0:7:ffff::2", FULL),
        ("2001:db8:0:8::1", LET_IN),
        // Those that nothing is known of are one.
        ("unknown", LET_IN),
        ("", FULL),
    ] {
        let request = Request::upgrade("/probe").with("X-Client", client);
        let mut raw = Raw::connect(server.address()).await;
        let response = raw.ask(&request).await;
        assert_eq!(response.status, status, "{client}");
        if status == LET_IN {
            clients.push(raw);
        }
    }
    let network: IpAddr = Ipv6Addr::new(0x2001, 0xdb8, 0, 7, 1, 2, 3, 4).into();
    assert_eq!(admission.connections_from(network), 1);
    drop(clients);
    until("all places to be free", || admission.connections() == 0).await;
    assert_eq!(admission.connections_from(network), 0);
}

#[actix_web::test]
async fn forwarded_addresses_are_not_believed_by_default() {
    let admission = Admission::new().max_per_address(1);
    let (server, _reports) = Probe::serve(Probe::endpoint().admission(&admission));
    let _client = Client::connect(server.address(), "/probe").await;
    for (name, value) in [
        ("Forwarded", "for=192.0.2.1"),
        ("X-Forwarded-For", "192.0.2.1"),
        ("X-Real-IP", "192.0.2.1"),
    ] {
        let request = Request::upgrade("/probe").with(name, value);
        let response = Raw::connect(server.address()).await.ask(&request).await;
        assert_eq!(response.status, FULL, "{name}");
    }
}

#[actix_web::test]
async fn upgrades_under_way_count_and_those_that_come_to_nothing_do_not() {
    let admission = Admission::new().max_connections(1).max_per_address(1);
    let endpoint = Endpoint::<Probe>::builder()
        .on::<Text>()
        .admission(&admission);
    let endpoint = endpoint.build().expect("the endpoint makes sense");
    let go_on = Arc::new(Notify::new());
    let released = Arc::clone(&go_on);
    let server = Server::start(move |app| {
        app.app_data(web::Data::new(endpoint.clone()))
            .app_data(web::Data::from(Arc::clone(&go_on)))
            .route("/slow", web::get().to(slow))
            .route("/replaced", web::get().to(replaced));
    });
    // The response is held back; whoever waited for it leaves.
    for vanishes in [true, false] {
        let mut raw = Raw::connect(server.address()).await;
        raw.send(Request::upgrade("/slow").to_bytes()).await;
        until("the upgrade to begin", || admission.connections() == 1).await;
        assert_eq!(ask(&server, "/slow").await.1, FULL);
        if vanishes {
            drop(raw);
            // Not all servers look whether anybody still waits.
            released.notify_one();
            until("the place to be free", || admission.connections() == 0).await;
        } else {
            released.notify_one();
            assert_eq!(raw.response().await.status, LET_IN);
            assert_eq!(admission.connections(), 1);
        }
    }
    until("the place to be free", || admission.connections() == 0).await;
    // The app answers something else in the end.
    for _ in 0..3 {
        let response = ask(&server, "/replaced").await;
        assert_eq!(response.1, "HTTP/1.1 418 I'm a teapot");
        until("the place to be free", || admission.connections() == 0).await;
    }
}

async fn slow(
    request: HttpRequest,
    payload: web::Payload,
    endpoint: web::Data<Endpoint<Probe>>,
    go_on: web::Data<Notify>,
) -> Result<HttpResponse, UpgradeError> {
    let response = endpoint.upgrade(&request, payload, Probe::silent())?;
    go_on.notified().await;
    Ok(response)
}

async fn replaced(
    request: HttpRequest,
    payload: web::Payload,
    endpoint: web::Data<Endpoint<Probe>>,
) -> Result<HttpResponse, UpgradeError> {
    drop(endpoint.upgrade(&request, payload, Probe::silent())?);
    Ok(HttpResponse::ImATeapot().finish())
}

/// Twenty clients that come and go in every way, where eight may be.
#[actix_web::test]
async fn counts_hold_while_connections_come_and_go_and_end_at_zero() {
    const LIMIT: usize = 8;
    let admission = Admission::new()
        .max_connections(LIMIT)
        .max_per_address(LIMIT);
    let endpoint = Probe::endpoint()
        .admission(&admission)
        .max_connections(LIMIT);
    let (server, mut reports) = Probe::serve(endpoint);
    let address = server.address();
    let mut visitors = JoinSet::new();
    for visitor in 0..20 {
        visitors.spawn_local(async move {
            let mut met = HashSet::new();
            for visit in 0..20 {
                let mut raw = Raw::connect(address).await;
                let status = raw.ask(&Request::upgrade("/probe")).await.status;
                met.insert(status == LET_IN);
                if status != LET_IN {
                    assert_eq!(status, FULL);
                    continue;
                }
                let mut client = Client::over(raw);
                match (visitor + visit) % 5 {
                    0 => client.vanish(),
                    1 => client.reset(),
                    2 => {
                        client.close(1000, "").await;
                        client.closed().await;
                    }
                    3 => {
                        client.send("stop").await;
                        client.closed().await;
                    }
                    _ => {
                        client.send("hello").await;
                        assert_eq!(client.text().await, "hello");
                    }
                }
            }
            met
        });
    }
    let mut met = HashSet::new();
    let mut open = 0;
    loop {
        tokio::select! {
            visitor = visitors.join_next() => match visitor {
                Some(visitor) => met.extend(visitor.expect("no visitor panics")),
                None => break,
            },
            report = reports.next() => {
                if report == Report::Started {
                    open += 1;
                } else if report == Report::Stopped {
                    open -= 1;
                }
                assert!(open <= LIMIT);
            }
        }
        assert!(admission.connections() <= LIMIT);
    }
    assert_eq!(
        met,
        HashSet::from([true, false]),
        "some come in, some do not"
    );
    until("all places to be free", || admission.connections() == 0).await;
    assert_eq!(admission.connections_from(Ipv4Addr::LOCALHOST.into()), 0);
    server.until_sockets(0).await;
    // All of the places can be taken again.
    let mut clients = Vec::new();
    for _ in 0..LIMIT {
        clients.push(Client::connect(address, "/probe").await);
    }
    assert_eq!(ask(&server, "/probe").await.1, FULL);
}
