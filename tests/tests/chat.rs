//! The program `chat` in its protocol: what it keeps, and what it says of
//! backplanes.

use serde_json::{Value, json};
use ws_core::CloseCode;
use ws_tests::{
    client::Client, engine::free_port, program::Program, raw::Raw, request::Request, wait::within,
};

#[actix_web::test]
async fn who_comes_back_gets_what_was_said_and_who_is_new_all_that_is_kept() {
    let mut chat = Program::start("chat", &["--port", "0"]);
    let address = chat.address().await;
    let enter = |query: String| async move {
        let path = format!("/ws?room=lobby&{query}");
        let mut person = Client::connect(address, &path).await;
        assert_eq!(next(&mut person, "welcome").await["room"], "lobby");
        let recovery = next(&mut person, "recovery").await;
        (person, recovery)
    };

    let (mut ada, recovery) = enter("name=Ada".to_owned()).await;
    assert_eq!(recovery["messages"], 0);
    assert_eq!(recovery["complete"], true);
    say(&mut ada, "one", "line-1").await;
    let said = next(&mut ada, "said").await;
    for (key, value) in [("text", "one"), ("name", "Ada"), ("line", "line-1")] {
        assert_eq!(said[key], value, "{said}");
    }
    let position = said["position"].as_str().expect("a position").to_owned();
    // Neither who is there nor who is typing is kept.
    ada.send(r#"{"type":"typing","on":true}"#).await;
    next(&mut ada, "typing").await;
    ada.vanish();

    let (mut ben, recovery) = enter("name=Ben".to_owned()).await;
    assert_eq!(recovery["messages"], 1);
    assert_eq!(next(&mut ben, "said").await, said, "as it was said");
    say(&mut ben, "two", "line-2").await;
    let two = next(&mut ben, "said").await;

    let (mut ada, recovery) = enter(format!("name=Ada&since={position}")).await;
    assert_eq!(recovery["messages"], 1);
    assert_eq!(recovery["complete"], true);
    assert_eq!(next(&mut ada, "said").await, two);

    let (mut cleo, recovery) = enter("name=Cleo&since=123-4".to_owned()).await;
    assert_eq!(recovery["complete"], false, "of another record");
    assert_eq!(next(&mut cleo, "said").await, said);
    assert_eq!(next(&mut cleo, "said").await, two);

    let wrong = Request::upgrade("/ws?room=lobby&name=Ada&since=yesterday");
    let answer = Raw::connect(address).await.ask(&wrong).await;
    assert_eq!(answer.status, "HTTP/1.1 400 Bad Request");
    say(&mut cleo, "three", &"x".repeat(65)).await;
    assert_eq!(cleo.closed().await.code(), CloseCode::POLICY_VIOLATION);
}

#[actix_web::test]
async fn chat_lists_the_backplanes_that_it_knows() {
    for url in [
        "amqp://me:secret@127.0.0.1:1",
        "secret",
        "nats://me:secret@",
    ] {
        let ended = Program::start("chat", &["--port", "0", "--backplane", url])
            .ended()
            .await;
        assert_eq!(ended.status.code(), Some(1), "{url}");
        assert_eq!(ended.lines, [""; 0], "nothing was served");
        let errors = ended.errors.to_lowercase();
        assert!(errors.contains("nats"), "{errors}");
        assert!(!ended.errors.contains("secret"), "{}", ended.errors);
    }
}

#[actix_web::test]
async fn chat_does_not_start_without_its_backplane_unless_it_may_come_later() {
    for scheme in ["redis", "nats"] {
        let url = format!("{scheme}://127.0.0.1:{}", free_port());
        let arguments = ["--port", "0", "--backplane", &url];
        let ended = Program::start("chat", &arguments).ended().await;
        assert_eq!(ended.status.code(), Some(1));
        assert_eq!(ended.lines, [""; 0], "nothing was served");
        let address = url.split_once("://").expect("it is a URL").1;
        for part in [address, "--backplane-later"] {
            assert!(ended.errors.contains(part), "{}", ended.errors);
        }

        let mut chat = Program::start("chat", &[&arguments[..], &["--backplane-later"]].concat());
        let address = chat.address().await;
        let mut ada = Client::connect(address, "/ws?room=lobby&name=Ada").await;
        next(&mut ada, "welcome").await;
        say(&mut ada, "is anybody there?", "1").await;
        let unsaid = next(&mut ada, "unsaid").await;
        assert_eq!(unsaid["line"], "1", "{unsaid}");
        chat.signal("TERM").await;
        assert_eq!(ada.closed().await.code(), CloseCode::GOING_AWAY);
        assert_eq!(chat.ended().await.status.code(), Some(0));
    }
}

/// The next message of this kind.
async fn next(person: &mut Client, kind: &str) -> Value {
    let found = within(format!("a message of kind {kind}"), async {
        loop {
            let text = person.text().await;
            let message: Value = serde_json::from_str(&text).expect("it is JSON");
            if message["type"] == kind {
                return message;
            }
        }
    });
    found.await
}

async fn say(person: &mut Client, text: &str, line: &str) {
    let message = json!({ "type": "say", "text": text, "line": line });
    person.send(message.to_string()).await;
}
