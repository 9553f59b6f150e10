use ws_tests::wait::within;

use crate::support::{
    Talk, client,
    server::{start, url},
    tls::front,
};

#[actix_web::test]
async fn what_was_agreed_on_is_shown() {
    let server = start();
    let url = url(&server, "/echo");
    let offered = ["--subprotocol", "a", "--subprotocol", "b", &url];
    let ended = client(&offered, "").await;
    let notes = ended.notes(0);
    assert!(notes.contains(", subprotocol b, "), "{notes}");
    assert!(notes.contains("extensions permessage-deflate"), "{notes}");
    let ended = client(&["--compression", "off", &url], "hi\n").await;
    assert_eq!(ended.output(), "hi\n");
    assert!(!ended.notes.contains("permessage-deflate"), "{ended:?}");
}

#[actix_web::test]
async fn header_fields_are_sent_and_those_that_come_shown_if_asked() {
    let server = start();
    let url = url(&server, "/secret");
    let ended = client(&["-H", "X-Key: open sesame", "--verbose", &url], "hi\n").await;
    assert_eq!(ended.output(), "hi\n");
    let notes = ended.notes(0).to_lowercase();
    assert!(notes.contains("sec-websocket-accept: "), "{notes}");
}

#[actix_web::test]
async fn redirects_are_followed_if_asked() {
    let server = start();
    let url = url(&server, "/moved");
    let ended = client(&["--max-redirects", "1", &url], "hi\n").await;
    assert_eq!(ended.output(), "hi\n");
    assert!(ended.notes.contains("/echo"), "{ended:?}");
    let notes = client(&[&url], "").await;
    let notes = notes.notes(1);
    assert!(notes.contains("at /echo: --max-redirects 1"), "{notes}");
}

#[actix_web::test]
async fn pings_tell_the_round_trip() {
    let server = start();
    let url = url(&server, "/echo");
    let mut talk = Talk::start(&["--ping", "0.02", "--verbose", &url]);
    let pong = talk.note("pong came").await;
    assert!(pong.starts_with("pong came after ") && pong.ends_with(" ms"));
    let ended = talk.ended().await;
    assert!(ended.notes(0).contains("round trip "), "{ended:?}");
}

#[actix_web::test]
async fn certificates_are_trusted_as_said() {
    let server = start();
    let front = front(server.address()).await;
    let url = front.url();
    let ended = client(&[&url], "").await;
    let notes = ended.notes(1);
    assert!(
        notes.contains("hint: ") && notes.contains("--ca FILE"),
        "{notes}"
    );
    let authority = front.authority.to_str().unwrap();
    let ended = client(&["--ca", authority, &url], "hi\n").await;
    assert_eq!(ended.output(), "hi\n");
    let ended = client(&["--insecure", &url], "hi\n").await;
    assert_eq!(ended.output(), "hi\n");
}

#[actix_web::test]
async fn proxies_are_asked_for_the_server() {
    let proxy = tokio::net::TcpListener::bind(("127.0.0.1", 0))
        .await
        .unwrap();
    let address = format!("http://{}", proxy.local_addr().unwrap());
    let asked = async {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let (mut stream, _) = within("the client", proxy.accept()).await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(within("a request", stream.read_u8()).await.unwrap());
        }
        let answer = b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n";
        stream.write_all(answer).await.unwrap();
        String::from_utf8(request).unwrap()
    };
    let arguments = ["--proxy", &address, "ws://server.example/"];
    let (request, ended) = tokio::join!(asked, client(&arguments, ""));
    assert!(
        request.starts_with("CONNECT server.example:80 "),
        "{request}"
    );
    let notes = ended.notes(1);
    assert!(notes.contains("--proxy http://USER:PASSWORD@"), "{notes}");
}
