//! What a page for operators is told.

use serde_json::{Value, json};
use ws_core::{CloseCode, Event};
use ws_tests::{client::Client, wait::within};

use crate::support::{Chat, say};

#[actix_web::test]
async fn a_page_hears_of_each_second_and_of_those_before() {
    let chat = Chat::start(&[]).await;
    let mut first = Client::connect(chat.admin, "/admin/feed").await;
    let history = next(&mut first).await;
    assert_eq!(history["type"], "history");
    let now = next(&mut first).await;
    assert_eq!(now["type"], "now");
    assert_eq!(now["sample"]["connections"], 0.0, "it does not see itself");
    assert_eq!(now["rooms"], json!([]));

    let mut people = Vec::new();
    for (room, name) in [("lobby", "Ada"), ("cellar", "Eve"), ("lobby", "Bob")] {
        people.push(chat.enter(room, name).await);
    }
    say(&mut people[0], "hello").await;
    say(&mut people[1], "nobody hears me").await;
    let now = until(&mut first, |now| {
        now["sample"]["connections"] == 3.0 && now["totals"]["received"] == 2
    })
    .await;
    let rooms = json!([
        { "name": "lobby", "members": 2, "here": 2 },
        { "name": "cellar", "members": 1, "here": 1 },
    ]);
    assert_eq!(now["rooms"], rooms);
    assert_eq!(now["sample"]["rooms"], 2);
    assert_eq!(now["totals"]["opened"], 3);
    assert_eq!(now["totals"]["closed"], json!({}));

    people.pop().unwrap().reset();
    let now = until(&mut first, |now| now["sample"]["connections"] == 2.0).await;
    assert_eq!(now["totals"]["closed"], json!({ "transport": 1 }));
    assert_eq!(now["sample"]["closed"], json!({ "transport": 1 }));
    let now = until(&mut first, |now| now["sample"]["closed"].is_null()).await;
    assert_eq!(now["totals"]["closed"], json!({ "transport": 1 }));

    let mut late = Client::connect(chat.admin, "/admin/feed").await;
    let history = next(&mut late).await;
    let samples = history["samples"].as_array().unwrap();
    let times: Vec<_> = samples
        .iter()
        .map(|it| it["at"].as_u64().unwrap())
        .collect();
    assert!(times.is_sorted() && times.len() >= 2, "{times:?}");
    let most = samples.iter().filter_map(|it| it["connections"].as_f64());
    assert_eq!(most.fold(0.0, f64::max), 3.0);
    let received = samples.iter().filter_map(|it| it["received"].as_f64());
    assert!(received.sum::<f64>() > 0.0);
    assert_eq!(next(&mut late).await["type"], "now");
}

#[actix_web::test]
async fn a_page_that_talks_is_sent_away() {
    let chat = Chat::start(&[]).await;
    let mut page = Client::connect(chat.admin, "/admin/feed").await;
    page.send("hello?").await;
    let outcome = within("the end", async {
        loop {
            if let Event::Closed(outcome) = page.event().await {
                return outcome;
            }
        }
    });
    assert_eq!(outcome.await.code(), CloseCode::UNSUPPORTED_DATA);
}

#[actix_web::test]
async fn both_listeners_end_with_the_program() {
    for server in ["own", "stock"] {
        let chat = Chat::start(&["--server", server]).await;
        let mut page = Client::connect(chat.admin, "/admin/feed").await;
        let mut ada = chat.enter("lobby", "Ada").await;
        chat.program.signal("TERM").await;
        assert_eq!(ada.closed().await.code(), CloseCode::GOING_AWAY);
        let outcome = within("the end", async {
            loop {
                if let Event::Closed(outcome) = page.event().await {
                    return outcome;
                }
            }
        });
        assert_eq!(outcome.await.code(), CloseCode::GOING_AWAY);
        let ended = chat.program.ended().await;
        assert_eq!(ended.status.code(), Some(0), "{}", ended.errors);
    }
}

async fn next(page: &mut Client) -> Value {
    serde_json::from_str(&page.text().await).unwrap()
}

/// Waits for a second of which this is true.
async fn until(page: &mut Client, is_so: impl Fn(&Value) -> bool) -> Value {
    let mut last = Value::Null;
    for _ in 0..PATIENCE {
        last = next(page).await;
        if is_so(&last) {
            return last;
        }
    }
    panic!("it was never so; the last was {last}");
}

/// Seconds of the server's, of which one or two are enough.
const PATIENCE: usize = 25;
