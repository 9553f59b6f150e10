use ws_tests::program::Program;

use crate::support::{
    Talk, client,
    server::{start, url},
};

#[actix_web::test]
async fn an_end_that_the_peer_wants_is_told_with_code_and_reason() {
    let server = start();
    let mut talk = Talk::start(&[&url(&server, "/echo")]);
    talk.say("close as you wish").await;
    let ended = talk.ended_by_itself().await;
    let notes = ended.notes(1);
    assert!(
        notes.contains(r#"closed by the peer with 4001: "as you wish""#),
        "{notes}"
    );
}

#[actix_web::test]
async fn a_message_that_is_too_big_ends_the_connection() {
    let server = start();
    let url = url(&server, "/echo");
    let arguments = ["--max-message-bytes", "10", "--wait", "30", &url];
    let ended = client(&arguments, "12345678901\n").await;
    let notes = ended.notes(1);
    assert!(notes.contains("exceeds the limit of 10 bytes"), "{notes}");
}

#[actix_web::test]
async fn a_server_that_goes_is_an_error() {
    for (signal, words) in [
        ("TERM", "closed by the peer with 1001 (going away)"),
        ("KILL", "connection broke without a closing handshake"),
    ] {
        let mut server = Program::start("echo", &["--port", "0"]);
        let url = format!("ws://{}/echo", server.address().await);
        let mut talk = Talk::start(&[&url]);
        talk.say("hi").await;
        assert_eq!(talk.line().await, "hi");
        server.signal(signal).await;
        let ended = talk.ended_by_itself().await;
        assert!(ended.notes(1).contains(words), "{ended:?}");
    }
}

#[actix_web::test]
async fn an_interrupt_closes_the_connection_in_good_order() {
    let server = start();
    let mut talk = Talk::start(&[&url(&server, "/echo")]);
    talk.say("hi").await;
    assert_eq!(talk.line().await, "hi");
    talk.interrupt().await;
    let ended = talk.ended_by_itself().await;
    let notes = ended.notes(0);
    assert!(notes.contains("closed with 1000"), "{notes}");
}

#[actix_web::test]
async fn an_interrupt_ends_a_client_that_has_no_connection() {
    let server = start();
    let url = url(&server, "/status/503");
    let mut talk = Talk::start(&["--reconnect", &url]);
    talk.note("retrying in ").await;
    talk.interrupt().await;
    let ended = talk.ended_by_itself().await;
    let notes = ended.notes(1);
    assert!(notes.contains("stopped without a closing"), "{notes}");
}

#[actix_web::test]
async fn a_client_that_reconnects_goes_on_with_the_next_server() {
    let mut server = Program::start("echo", &["--port", "0"]);
    let address = server.address().await;
    let mut talk = Talk::start(&["--reconnect", &format!("ws://{address}/echo")]);
    talk.say("one").await;
    assert_eq!(talk.line().await, "one");
    server.signal("KILL").await;
    talk.note("connection broke").await;
    talk.note("retrying in ").await;
    server.ended().await;
    let port = address.port().to_string();
    let mut server = Program::start("echo", &["--port", &port]);
    server.address().await;
    talk.say("two").await;
    assert_eq!(talk.line().await, "two");
    assert_eq!(talk.ended().await.output(), "");
}
