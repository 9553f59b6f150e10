//! Who can look on, and where.

use ws_tests::{program::Program, raw::Raw, request::Request};

use crate::support::{Chat, get};

const OK: &str = "HTTP/1.1 200 OK";
const NOT_FOUND: &str = "HTTP/1.1 404 Not Found";
const PATHS: [&str; 4] = ["/admin", "/admin/app.js", "/admin/feed", "/metrics"];

#[actix_web::test]
async fn nobody_looks_on_unless_asked_for() {
    let mut chat = Program::start("chat", &["--port", "0"]);
    let address = chat.address().await;
    for path in PATHS {
        assert_eq!(get(address, path).await.status, NOT_FOUND, "{path}");
    }
    chat.signal("TERM").await;
    let ended = chat.ended().await;
    assert_eq!(ended.status.code(), Some(0));
    assert_eq!(ended.lines, [""; 0], "no other address was told");
}

#[actix_web::test]
async fn public_port_serves_nothing_of_it() {
    for server in ["own", "stock"] {
        let chat = Chat::start(&["--server", server]).await;
        assert!(chat.admin.ip().is_loopback());
        for path in PATHS {
            assert_eq!(get(chat.public, path).await.status, NOT_FOUND, "{path}");
        }
        for path in ["/admin", "/admin/app.js", "/metrics"] {
            assert_eq!(get(chat.admin, path).await.status, OK, "{path}");
        }
        let index = get(chat.admin, "/").await;
        assert_eq!(index.header("location").as_deref(), Some("/admin"));
        assert_eq!(get(chat.public, "/").await.status, OK);
        assert_eq!(get(chat.admin, "/ws").await.status, NOT_FOUND);
    }
}

#[actix_web::test]
async fn pages_of_others_cannot_look_on() {
    let chat = Chat::start(&[]).await;
    // A name may be anybody's, and lead to this machine.
    let rebound = Request::get("/metrics").with("Host", "rebound.example:8081");
    let answer = Raw::connect(chat.admin).await.ask(&rebound).await;
    assert_eq!(answer.status, NOT_FOUND);

    let feed = Request::upgrade("/admin/feed");
    for (origin, status) in [
        ("http://other.example", "HTTP/1.1 403 Forbidden"),
        ("http://localhost", "HTTP/1.1 101 Switching Protocols"),
    ] {
        let asked = feed.clone().with("Origin", origin);
        let answer = Raw::connect(chat.admin).await.ask(&asked).await;
        assert_eq!(answer.status, status, "{origin}");
    }
}

#[actix_web::test]
async fn an_address_that_others_reach_has_to_be_meant() {
    let arguments = ["--port", "0", "--admin", "0.0.0.0:0"];
    let ended = Program::start("chat", &arguments).ended().await;
    assert_eq!(ended.status.code(), Some(1));
    assert_eq!(ended.lines, [""; 0], "nothing was served");
    for part in ["0.0.0.0:0", "127.0.0.1:8081", "--admin-for-anyone"] {
        assert!(ended.errors.contains(part), "{}", ended.errors);
    }

    let mut meant = Program::start("chat", &[&arguments[..], &["--admin-for-anyone"]].concat());
    meant.address().await;
    let admin = meant.address().await;
    assert!(admin.ip().is_unspecified(), "{admin}");
    let local = ([127, 0, 0, 1], admin.port()).into();
    // Behind a proxy it may have any name.
    let named = Request::get("/metrics").with("Host", "chat.example");
    let answer = Raw::connect(local).await.ask(&named).await;
    assert_eq!(answer.status, OK);

    let alone = Program::start("chat", &["--admin-for-anyone"])
        .ended()
        .await;
    assert_eq!(alone.status.code(), Some(2), "{}", alone.errors);
}

#[actix_web::test]
async fn a_port_that_is_taken_is_named() {
    let chat = Chat::start(&[]).await;
    let taken = chat.admin.to_string();
    let ended = Program::start("chat", &["--port", "0", "--admin", &taken])
        .ended()
        .await;
    assert_eq!(ended.status.code(), Some(1));
    for part in [chat.admin.port().to_string(), "--admin".to_owned()] {
        assert!(ended.errors.contains(&part), "{}", ended.errors);
    }
}
