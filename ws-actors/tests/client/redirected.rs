//! Redirects, if they are asked for.

use ws_actors::client::{ConnectError, Connector, RedirectError};
use ws_core::handshake::Response;

use crate::support::{
    failure, listen,
    server::{field, scripted},
    side::converse,
    status,
};

fn redirect(status: u16, location: impl Into<String>) -> Response {
    Response::new(status).header("Location", location.into())
}

fn credentialed(url: &str) -> Connector {
    let fields = [
        ("Authorization", "Bearer x"),
        ("Cookie", "a=1"),
        ("Origin", "https://a.example"),
        ("X-Own", "1"),
    ];
    let connector = Connector::new(url).unwrap().max_redirects(3);
    fields
        .into_iter()
        .fold(connector, |connector, (name, value)| {
            connector.header(name, value).unwrap()
        })
}

#[tokio::test]
async fn relative_redirects_keep_the_credentials() {
    let (listener, address) = listen().await;
    let responses = vec![
        redirect(301, "/b/c?d"),
        redirect(307, "e").body("moved"),
        redirect(308, format!("http://{address}/f#g")),
    ];
    let server = tokio::spawn(scripted(listener, responses, true));
    let connector = credentialed(&format!("ws://{address}/a"));
    let opened = connector.connect().await.unwrap();
    assert_eq!(opened.url.to_string(), format!("ws://{address}/f"));
    converse(opened).await;
    let heads = server.await.unwrap();
    let targets: Vec<_> = heads.iter().map(|head| &*head.target).collect();
    assert_eq!(targets, ["/a", "/b/c?d", "/b/e", "/f"]);
    for head in heads {
        assert_eq!(field(&head, "Authorization"), Some("Bearer x"));
    }
}

#[tokio::test]
async fn credentials_are_not_shown_to_other_hosts() {
    let (first, address) = listen().await;
    let (second, other) = listen().await;
    let responses = vec![redirect(302, format!("http://{other}/b"))];
    let first = tokio::spawn(scripted(first, responses, false));
    let second = tokio::spawn(scripted(second, Vec::new(), true));
    let connector = credentialed(&format!("ws://{address}/a"));
    let opened = connector.connect().await.unwrap();
    assert_eq!(opened.url.port(), other.port());
    converse(opened).await;
    let asked = &first.await.unwrap()[0];
    assert_eq!(field(asked, "Cookie"), Some("a=1"));
    let asked = &second.await.unwrap()[0];
    for (name, value) in [
        ("Host", Some(&*other.to_string())),
        ("Authorization", None),
        ("Cookie", None),
        ("Origin", Some("https://a.example")),
        ("X-Own", Some("1")),
    ] {
        assert_eq!(field(asked, name), value);
    }
}

#[tokio::test]
async fn a_loop_ends_by_the_count() {
    let (listener, address) = listen().await;
    let responses = vec![redirect(303, "/"); 4];
    let server = tokio::spawn(scripted(listener, responses, false));
    let error = failure(credentialed(&format!("ws://{address}/")).connect().await);
    let ConnectError::Redirect(reason) = &error else {
        panic!("{error:?}");
    };
    assert_eq!(*reason, RedirectError::TooMany { limit: 3 });
    assert!(!error.is_retryable());
    assert_eq!(server.await.unwrap().len(), 4);
}

#[tokio::test]
async fn what_is_no_redirect_ends_the_way() {
    let (listener, address) = listen().await;
    let responses = vec![redirect(302, "/b"), Response::new(404).body("none")];
    tokio::spawn(scripted(listener, responses, false));
    let error = failure(credentialed(&format!("ws://{address}/")).connect().await);
    assert_eq!(status(&error), 404);
    let (listener, address) = listen().await;
    // A redirect to nowhere is an answer like any other.
    tokio::spawn(scripted(listener, vec![Response::new(302)], false));
    let error = failure(credentialed(&format!("ws://{address}/")).connect().await);
    assert_eq!(status(&error), 302);
}

#[tokio::test]
async fn redirects_out_of_the_web_are_refused() {
    for location in ["ftp://a.example/", "http://", "//me:pw@a.example/"] {
        let (listener, address) = listen().await;
        tokio::spawn(scripted(listener, vec![redirect(302, location)], false));
        let error = failure(credentialed(&format!("ws://{address}/")).connect().await);
        let ConnectError::Redirect(RedirectError::Url(_)) = error else {
            panic!("{error:?}");
        };
    }
}
