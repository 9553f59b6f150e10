use crate::support::{
    client,
    server::{start, url},
};

#[actix_web::test]
async fn a_refusal_is_shown_with_a_hint() {
    let server = start();
    let ended = client(&[&url(&server, "/secret")], "hi\n").await;
    let notes = ended.notes(1);
    assert!(notes.contains("HTTP status 401"), "{notes}");
    assert!(notes.contains("| who is there?"), "{notes}");
    for (status, hint) in [
        (401, "--header 'Authorization"),
        (403, "Origin"),
        (404, "path"),
        (426, "protocol"),
        (429, "--reconnect"),
    ] {
        let url = url(&server, &format!("/status/{status}"));
        let ended = client(&[&url], "").await;
        let notes = ended.notes(1);
        assert!(notes.contains(&format!("status {status}")), "{notes}");
        let (_, given) = notes.split_once("hint: ").expect(notes);
        assert!(given.contains(hint), "{notes}");
    }
}

#[actix_web::test]
async fn a_wrong_command_line_is_explained_and_exits_with_2() {
    for (arguments, hint) in [
        (
            &["http://a.example/b"][..],
            "did you mean ws://a.example/b ?",
        ),
        (&["https://a.example"], "did you mean wss://a.example"),
        (
            &["localhost:8080/echo"],
            "did you mean ws://localhost:8080/echo",
        ),
        (&["ws://a.example", "--header", "nonsense"], "colon"),
        (&["ws://a.example", "--header", "Upgrade: no"], "--header"),
        (&["ws://a.example", "--subprotocol", "a b"], "--subprotocol"),
        (
            &["ws://a.example", "--ca", "/no/such/file"],
            "/no/such/file",
        ),
        (
            &["ws://a.example", "--proxy", "ftp://b.example"],
            "socks5://",
        ),
        (&["ws://a.example", "--ping", "0"], "more than 0"),
        (
            &["ws://a.example", "--json", "--binary"],
            "cannot be used with",
        ),
        (&[], "<URL>"),
    ] {
        let ended = client(arguments, "").await;
        let notes = ended.notes(2);
        assert!(notes.contains(hint), "{arguments:?}: {notes}");
    }
}

#[actix_web::test]
async fn a_server_that_is_not_there_is_named_with_a_hint() {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let ended = client(&[&format!("ws://{address}/")], "hi\n").await;
    let notes = ended.notes(1);
    assert!(notes.contains(&address.to_string()), "{notes}");
    assert!(notes.contains("hint: nothing listens there"), "{notes}");
    let ended = client(&["ws://no-such-host.invalid/"], "hi\n").await;
    let notes = ended.notes(1);
    assert!(notes.contains("no-such-host.invalid"), "{notes}");
    assert!(notes.contains("hint: is the host spelled"), "{notes}");
}

#[actix_web::test]
async fn a_server_that_says_nothing_is_given_up() {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("wss://{}/", listener.local_addr().unwrap());
    let ended = client(&["--insecure", "--connect-timeout", "0.1", &url], "").await;
    let notes = ended.notes(1);
    assert!(notes.contains("was not done within 100ms"), "{notes}");
    assert!(notes.contains("--connect-timeout SECONDS"), "{notes}");
}

#[actix_web::test]
async fn a_server_without_tls_is_told_from_one_with() {
    let server = start();
    let url = url(&server, "/echo").replace("ws://", "wss://");
    let ended = client(&[&url], "").await;
    let notes = ended.notes(1);
    assert!(notes.contains("try ws:// instead of wss://"), "{notes}");
}
