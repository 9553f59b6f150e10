//! The metrics, as Prometheus reads them.

use std::collections::{HashMap, HashSet};

use ws_tests::wait::within;

use crate::support::{Chat, get, say};

#[actix_web::test]
async fn metrics_are_text_of_prometheus_with_what_was_counted() {
    for server in ["own", "stock"] {
        let chat = Chat::start(&["--server", server]).await;
        let mut ada = chat.enter("lobby", "Ada").await;
        let mut bob = chat.enter("lobby", "Bob").await;
        say(&mut ada, "hello").await;
        say(&mut bob, "and hello to you").await;
        let eve = chat.enter("cellar", "Eve").await;
        eve.reset();
        bob.close(1000, "").await;
        drop(bob);

        let expected = [
            (r#"ws_connections_total{endpoint="chat"}"#, 3.0),
            (r#"ws_connections_open{endpoint="chat"}"#, 1.0),
            (r#"ws_closed_total{endpoint="chat",cause="transport"}"#, 1.0),
            (r#"ws_closed_total{endpoint="chat",cause="remote"}"#, 1.0),
            // Two lines, and the Close frame.
            (r#"ws_messages_received_total{endpoint="chat"}"#, 3.0),
            (r#"ws_queued_bytes{endpoint="chat"}"#, 0.0),
            (r#"ws_rooms{rooms="chat"}"#, 1.0),
            (r#"ws_room_members{rooms="chat"}"#, 1.0),
            (r#"ws_connection_seconds_count{endpoint="chat"}"#, 2.0),
            (
                r#"ws_connection_seconds_bucket{endpoint="chat",le="+Inf"}"#,
                2.0,
            ),
        ];
        let counted = within("the counts", async {
            loop {
                let answer = get(chat.admin, "/metrics").await;
                let kind = answer.header("content-type").unwrap();
                assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
                let samples = parse(&answer.body);
                let is_there = |(name, value): &(&str, f64)| samples.get(*name) == Some(value);
                if expected.iter().all(is_there) {
                    return samples;
                }
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        });
        let counted = counted.await;
        let payload = counted[r#"ws_payload_received_bytes_total{endpoint="chat"}"#];
        let said = r#"{"type":"say","text":"hello"}"#.len() as f64;
        assert!(payload > 2.0 * said, "{payload}");
        ada.vanish();
    }
}

/// The samples of a text in Prometheus's format, each by its name and labels.
fn parse(text: &str) -> HashMap<String, f64> {
    let mut types = HashMap::new();
    let mut described = HashSet::new();
    let mut samples = HashMap::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        if let Some(comment) = line.strip_prefix("# ") {
            let [keyword, name, rest] = comment.splitn(3, ' ').collect::<Vec<_>>()[..] else {
                panic!("a comment of two words: {line}");
            };
            match keyword {
                "HELP" => assert!(described.insert(name), "described twice: {line}"),
                "TYPE" => {
                    assert!(["counter", "gauge", "histogram"].contains(&rest), "{line}");
                    assert_eq!(types.insert(name, rest), None, "{line}");
                }
                other => panic!("{other} in {line}"),
            }
            continue;
        }
        let (sample, value) = line.rsplit_once(' ').expect(line);
        let (name, labels) = sample.split_once('{').expect(line);
        let letter = |c: char| c.is_ascii_lowercase() || c == '_';
        assert!(name.chars().all(letter), "{line}");
        let labels = labels.strip_suffix('}').expect(line);
        for label in labels.split(',') {
            let (key, value) = label.split_once('=').expect(line);
            assert!(key.chars().all(letter), "{line}");
            assert!(value.len() >= 2 && value.starts_with('"') && value.ends_with('"'));
        }
        let family = ["_bucket", "_sum", "_count"]
            .iter()
            .find_map(|part| name.strip_suffix(part))
            .filter(|family| types.get(family) == Some(&"histogram"));
        assert!(
            types.contains_key(family.unwrap_or(name)),
            "no type: {line}"
        );
        let value: f64 = value.parse().expect(line);
        assert_eq!(samples.insert(sample.to_owned(), value), None, "{line}");
    }
    samples
}
