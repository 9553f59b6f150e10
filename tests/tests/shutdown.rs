//! The real programs: how they start, and how they stop.

use std::time::{Duration, Instant};

use ws_core::{CloseCode, Outcome};
use ws_tests::{
    client::Client,
    program::{Ended, Program},
    raw::{End, Raw},
    request::Request,
};

#[actix_web::test]
async fn echo_closes_all_connections_with_1001_and_exits_on_sigterm() {
    closes_all_and_exits("TERM").await;
}

#[actix_web::test]
async fn echo_closes_all_connections_with_1001_and_exits_on_sigint() {
    closes_all_and_exits("INT").await;
}

async fn closes_all_and_exits(signal: &str) {
    let mut echo = Program::start("echo", &["--port", "0", "--workers", "2"]);
    let address = echo.address().await;
    let mut clients = Vec::new();
    for _ in 0..5 {
        clients.push(Client::connect(address, "/echo").await);
        clients.push(Client::connect(address, "/room").await);
    }
    for client in clients.iter_mut().step_by(2) {
        client.send("hello").await;
        assert_eq!(client.text().await, "hello");
    }
    clients[1].send("welcome").await;
    for member in clients.iter_mut().skip(1).step_by(2) {
        assert_eq!(member.text().await, "welcome");
    }

    echo.signal(signal).await;
    for mut client in clients {
        assert_is_told(&client.closed().await);
        assert_eq!(client.ended().await, End::Eof);
    }
    assert_has_done_well(&echo.ended().await);
}

fn assert_is_told(outcome: &Outcome) {
    assert_eq!(outcome.code(), CloseCode::GOING_AWAY);
    let payload = outcome.received.as_ref().expect("a Close frame came");
    assert_eq!(payload.reason(), "server is shutting down");
}

fn assert_has_done_well(ended: &Ended) {
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    assert_eq!(ended.errors, "");
    assert_eq!(ended.lines, [""; 0], "it prints one line");
}

#[actix_web::test]
async fn echo_tells_where_it_listens_in_one_line() {
    let mut echo = Program::start("echo", &["--port", "0"]);
    let line = echo.line().await;
    let rest = line.strip_prefix("listening on ws://127.0.0.1:");
    let rest = rest.expect("the line names the address");
    let (port, rest) = rest.split_once('/').expect("a path follows the port");
    assert!(port.parse::<u16>().is_ok_and(|port| port > 0), "{line}");
    assert_eq!(rest, format!("echo and ws://127.0.0.1:{port}/room"));
    let address = ([127, 0, 0, 1], port.parse().unwrap()).into();
    let mut client = Client::connect(address, "/echo").await;
    client.send("hello").await;
    assert_eq!(client.text().await, "hello");
    echo.signal("TERM").await;
    assert_is_told(&client.closed().await);
    assert_has_done_well(&echo.ended().await);
}

/// Who reads the line may take the program for started, and stop it.
#[actix_web::test]
async fn programs_heed_a_signal_as_soon_as_they_have_told_where_they_listen() {
    for _ in 0..25 {
        for name in ["echo", "chat"] {
            let mut program = Program::start(name, &["--port", "0"]);
            program.line().await;
            program.signal("TERM").await;
            assert_has_done_well(&program.ended().await);
        }
    }
}

#[actix_web::test]
async fn echo_answers_with_503_while_it_shuts_down() {
    let mut echo = Program::start("echo", &["--port", "0"]);
    let address = echo.address().await;
    // A client that is slow to answer the Close frame keeps the server up, for
    // as long as its close timeout of 5 s.
    let mut slow = Raw::connect(address).await;
    let response = slow.ask(&Request::upgrade("/echo")).await;
    assert_eq!(response.status, "HTTP/1.1 101 Switching Protocols");
    // This one is connected, but has not asked yet.
    let mut late = Raw::connect(address).await;
    late.send("GET /room HTTP/1.1\r\n").await;

    echo.signal("TERM").await;
    while !slow.received().starts_with(b"\x88\x19\x03\xe9") {
        slow.read().await.expect("a Close frame comes first");
    }
    let rest = String::from_utf8(Request::upgrade("/room").to_bytes()).unwrap();
    late.send(rest.split_once("\r\n").unwrap().1).await;
    for mut raw in [late, new_request(address).await] {
        let response = raw.response().await;
        assert_eq!(response.status, "HTTP/1.1 503 Service Unavailable");
        assert_eq!(response.header("retry-after").as_deref(), Some("5"));
        assert_eq!(response.header("connection").as_deref(), Some("close"));
        assert_eq!(response.body, "server is shutting down\n");
        assert_eq!(raw.rest().await.0, b"");
    }
    // The answer, masked with zeros, sets the server free.
    slow.send(b"\x88\x82\0\0\0\0\x03\xe9").await;
    assert_eq!(slow.rest().await.1, End::Eof);
    assert_has_done_well(&echo.ended().await);
}

async fn new_request(address: std::net::SocketAddr) -> Raw {
    let mut raw = Raw::connect(address).await;
    raw.send(Request::upgrade("/echo").to_bytes()).await;
    raw
}

#[actix_web::test]
async fn echo_exits_although_a_client_does_not_answer_its_close() {
    let mut echo = Program::start("echo", &["--port", "0"]);
    let address = echo.address().await;
    let mut silent = Raw::connect(address).await;
    silent.ask(&Request::upgrade("/echo")).await;
    exits_in_time(echo).await;
}

#[actix_web::test]
async fn echo_exits_although_a_client_never_reads() {
    let mut echo = Program::start("echo", &["--port", "0"]);
    let address = echo.address().await;
    let mut deaf = Client::connect_narrow(address, "/echo").await;
    for _ in 0..16 {
        deaf.queue(vec![0; 1 << 20]);
    }
    deaf.send_until_stuck(Duration::from_millis(500)).await;
    exits_in_time(echo).await;
}

#[actix_web::test]
async fn echo_that_is_told_twice_waits_for_nobody() {
    let mut echo = Program::start("echo", &["--port", "0"]);
    let address = echo.address().await;
    let mut silent = Raw::connect(address).await;
    silent.ask(&Request::upgrade("/echo")).await;
    echo.signal("TERM").await;
    while !silent.received().starts_with(b"\x88\x19\x03\xe9") {
        silent.read().await.expect("a Close frame comes first");
    }
    let told = Instant::now();
    echo.signal("TERM").await;
    assert_has_done_well(&echo.ended().await);
    // It would wait for 5 s for the answer.
    assert!(told.elapsed() < Duration::from_secs(4));
}

/// [`ws_server::Shutdown::run`] promises 10 s; twice that is for a busy machine.
async fn exits_in_time(echo: Program) {
    let told = Instant::now();
    echo.signal("TERM").await;
    assert_has_done_well(&echo.ended().await);
    assert!(
        told.elapsed() < Duration::from_secs(20),
        "{:?}",
        told.elapsed()
    );
}

#[actix_web::test]
async fn programs_say_so_when_their_port_is_taken() {
    let mut first = Program::start("echo", &["--port", "0"]);
    let port = first.address().await.port().to_string();
    for name in ["echo", "chat"] {
        let ended = Program::start(name, &["--port", &port]).ended().await;
        assert_eq!(ended.status.code(), Some(1), "{name}: {ended:?}");
        let complaint = format!("port {port} on 127.0.0.1 is taken");
        assert!(ended.errors.contains(&complaint), "{name}: {ended:?}");
        assert!(ended.errors.contains("--port"), "{name}: {ended:?}");
        assert_eq!(ended.lines, [""; 0], "{name}");
    }
    first.signal("TERM").await;
    assert_has_done_well(&first.ended().await);
}

#[actix_web::test]
async fn programs_listen_again_on_the_port_that_they_have_left() {
    let mut echo = Program::start("echo", &["--port", "0"]);
    let address = echo.address().await;
    // The server is the first to end this, so its side lingers in TIME_WAIT.
    let mut client = Client::connect(address, "/echo").await;
    echo.signal("TERM").await;
    assert_is_told(&client.closed().await);
    assert_eq!(client.ended().await, End::Eof);
    assert_has_done_well(&echo.ended().await);

    let mut echo = Program::start("echo", &["--port", &address.port().to_string()]);
    assert_eq!(echo.address().await, address);
    let mut client = Client::connect(address, "/echo").await;
    client.send("again").await;
    assert_eq!(client.text().await, "again");
}

#[actix_web::test]
async fn help_tells_of_every_option() {
    for (name, options) in [
        (
            "echo",
            &[
                "--port",
                "--host",
                "--workers",
                "--max-message-bytes",
                "--max-fragments",
                "--compression",
                "--server",
                "--help",
                "--version",
            ][..],
        ),
        (
            "chat",
            &[
                "--port",
                "--host",
                "--workers",
                "--server",
                "--admin",
                "--admin-for-anyone",
                "--backplane",
                "--backplane-later",
                "--balancer",
                "--node",
                "--help",
                "--version",
            ],
        ),
    ] {
        let ended = Program::start(name, &["--help"]).ended().await;
        assert_eq!(ended.status.code(), Some(0), "{name}: {ended:?}");
        let help = ended.lines.join("\n");
        for option in options {
            assert!(help.contains(option), "{name}, {option}:\n{help}");
        }
        assert_eq!(
            help.matches("\n      --").count() + help.matches("\n  -").count(),
            options.len()
        );
    }
}

#[actix_web::test]
async fn echo_keeps_the_limits_it_is_given() {
    let mut echo = Program::start(
        "echo",
        &[
            "--port",
            "0",
            "--host",
            "127.0.0.1",
            "--workers",
            "2",
            "--max-message-bytes",
            "10",
            "--max-fragments",
            "1",
        ],
    );
    let address = echo.address().await;
    let mut client = Client::connect(address, "/echo").await;
    client.send("0123456789").await;
    assert_eq!(client.text().await, "0123456789");
    client.send("0123456789a").await;
    assert_eq!(client.closed().await.code(), CloseCode::MESSAGE_TOO_BIG);

    let mut raw = Raw::connect(address).await;
    raw.ask(&Request::upgrade("/echo")).await;
    // "a", "b" and "c" as fragments, masked with zeros.
    raw.send(b"\x01\x81\0\0\0\0a\x00\x81\0\0\0\0b\x80\x81\0\0\0\0c")
        .await;
    let (rest, _) = raw.rest().await;
    // A Close frame with 1008.
    assert_eq!(rest.first(), Some(&0x88), "{}", rest.escape_ascii());
    assert_eq!(rest.get(2..4), Some(&b"\x03\xf0"[..]));
}
