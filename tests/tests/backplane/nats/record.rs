//! What is recorded, where it stands, and how it is read.

use std::time::Duration;

use tokio::time::sleep;
use ws_server::backplane::{Keep, Place, Topic};
use ws_tests::{
    engine::{Engine, asked_for, nats},
    wait::within,
};

use super::{KEEP, Node, text, texts, topic};

#[actix_web::test]
async fn recorded_messages_arrive_with_their_places_at_all() {
    if !asked_for() {
        return;
    }
    let engine = Engine::start(nats::jetstream()).await;
    let mut one = Node::to(&engine.url()).await;
    let mut other = Node::to(&engine.url()).await;
    one.subscribe(&topic()).await;
    other.subscribe(&topic()).await;
    let positions = one.record(&topic(), KEEP, ["a", "b"]).await;
    // Numbers are those of all rooms of the name together.
    one.record(&Topic::new("chat", "elsewhere"), KEEP, ["x"])
        .await;
    let [third] = other.record(&topic(), KEEP, ["c"]).await;
    assert!(third.offset > positions[1].offset + 1);
    for node in [&mut one, &mut other] {
        let mut previous = 0;
        for (expected, position) in [("a", positions[0]), ("b", positions[1]), ("c", third)] {
            let arrival = node.next().await;
            assert_eq!(text(&arrival.payload), expected);
            assert_eq!(arrival.place, Some(Place { position, previous }));
            previous = position.offset;
        }
    }
    let page = other.read(&topic(), KEEP, None, 100).await;
    assert_eq!(page.epoch, third.epoch);
    assert_eq!(
        (page.start, page.last, page.more),
        (positions[0].offset, third.offset, false)
    );
    assert_eq!(texts(&page), ["a", "b", "c"]);
}

#[actix_web::test]
async fn unrecorded_messages_need_no_jetstream_and_have_no_place() {
    if !asked_for() {
        return;
    }
    let engine = Engine::start(nats::plain()).await;
    let mut one = Node::to(&engine.url()).await;
    let mut other = Node::to(&engine.url()).await;
    other.subscribe(&topic()).await;
    let batch = ["a", "b", "c"].map(|text| one.publication(&topic(), text, None));
    for published in one.try_publish(&batch).await.unwrap() {
        assert_eq!(published.unwrap(), None);
    }
    for expected in ["a", "b", "c"] {
        let arrival = other.next().await;
        assert_eq!((text(&arrival.payload), arrival.place), (expected, None));
    }
    other.link.unsubscribe(&[topic()]).await.unwrap();
}

#[actix_web::test]
async fn what_was_missed_is_read_in_pages() {
    if !asked_for() {
        return;
    }
    let engine = Engine::start(nats::jetstream()).await;
    let mut node = Node::to(&engine.url()).await;
    let [a, b, c, d, e] = node.record(&topic(), KEEP, ["a", "b", "c", "d", "e"]).await;

    let page = node.read(&topic(), KEEP, Some(a.offset), 2).await;
    assert_eq!((texts(&page), page.more), (vec!["b", "c"], true));
    assert_eq!((page.start, page.last), (a.offset, e.offset));
    let page = node.read(&topic(), KEEP, Some(c.offset), 2).await;
    assert_eq!((texts(&page), page.more), (vec!["d", "e"], false));
    let page = node.read(&topic(), KEEP, Some(d.offset), 2).await;
    assert_eq!((texts(&page), page.more), (vec!["e"], false));
    let page = node.read(&topic(), KEEP, Some(e.offset), 2).await;
    assert_eq!((texts(&page), page.more), (vec![], false));
    assert_eq!((page.start, page.last), (e.offset, e.offset));
    let page = node.read(&topic(), KEEP, None, 4).await;
    assert_eq!((texts(&page), page.more), (vec!["a", "b", "c", "d"], true));
    assert_eq!(page.entries[1].0, b.offset);
    // Nobody was given this one.
    let page = node.read(&topic(), KEEP, Some(e.offset + 10), 4).await;
    assert_eq!(
        (texts(&page), page.last, page.more),
        (vec![], e.offset, false)
    );
}

#[actix_web::test]
async fn who_missed_as_many_as_are_kept_gets_all_and_who_missed_more_is_told() {
    if !asked_for() {
        return;
    }
    let keep = Keep {
        messages: 3,
        bytes: usize::MAX,
        ..KEEP
    };
    let engine = Engine::start(nats::jetstream()).await;
    let mut node = Node::to(&engine.url()).await;
    let [a, b, c, ..] = node.record(&topic(), keep, ["a", "b", "c", "d", "e"]).await;
    let page = node.read(&topic(), keep, Some(b.offset), 100).await;
    assert_eq!((texts(&page), page.start), (vec!["c", "d", "e"], b.offset));
    let page = node.read(&topic(), keep, Some(a.offset), 100).await;
    assert!(page.start > a.offset, "{page:?}");
    let page = node.read(&topic(), keep, Some(c.offset), 100).await;
    assert_eq!((texts(&page), page.start), (vec!["d", "e"], c.offset));
}

#[actix_web::test]
async fn what_is_published_again_is_recorded_once() {
    if !asked_for() {
        return;
    }
    let engine = Engine::start(nats::jetstream()).await;
    let mut node = Node::to(&engine.url()).await;
    let batch = ["a", "b"].map(|text| node.publication(&topic(), text, Some(KEEP)));
    let first = node.try_publish(&batch).await.unwrap();
    let again = Node::to(&engine.url())
        .await
        .try_publish(&batch)
        .await
        .unwrap();
    for (first, again) in first.into_iter().zip(again) {
        assert_eq!(first.unwrap(), again.unwrap());
    }
    assert_eq!(
        texts(&node.read(&topic(), KEEP, None, 100).await),
        ["a", "b"]
    );
}

#[actix_web::test]
async fn room_without_messages_has_a_position() {
    if !asked_for() {
        return;
    }
    let engine = Engine::start(nats::jetstream()).await;
    let mut one = Node::to(&engine.url()).await;
    let other = Node::to(&engine.url()).await;
    let room = topic();
    let pages = tokio::join!(
        one.read(&room, KEEP, None, 10),
        other.read(&room, KEEP, None, 10),
    );
    for page in [pages.0, pages.1] {
        assert!(page.entries.iter().all(|(_, payload)| payload.is_empty()));
        assert!(page.start <= page.last);
        let [position] = one.record(&topic(), KEEP, ["a"]).await;
        let missed = other.read(&topic(), KEEP, Some(page.last), 100).await;
        assert!(missed.start <= page.last, "{missed:?}");
        assert_eq!(missed.last, position.offset);
        assert!(
            missed
                .entries
                .iter()
                .any(|entry| entry.0 == position.offset)
        );
    }
}

#[actix_web::test]
async fn what_is_too_old_is_not_read() {
    if !asked_for() {
        return;
    }
    let engine = Engine::start(nats::jetstream()).await;
    let mut node = Node::to(&engine.url()).await;
    let long = Keep {
        age: Some(Duration::from_secs(3600)),
        ..KEEP
    };
    let [a, .., c] = node.record(&topic(), long, ["a", "b", "c"]).await;
    assert_eq!(
        texts(&node.read(&topic(), long, Some(a.offset), 100).await),
        ["b", "c"]
    );
    let short = Keep {
        age: Some(Duration::from_millis(1)),
        ..KEEP
    };
    let grown_old = async {
        loop {
            let page = node.read(&topic(), short, Some(a.offset), 100).await;
            if page.entries.is_empty() {
                break page;
            }
            sleep(Duration::from_millis(2)).await;
        }
    };
    let page = within("messages to be too old", grown_old).await;
    assert_eq!(
        (page.start, page.last, page.more),
        (c.offset, c.offset, false)
    );
    // What comes then is found behind what is too old.
    let one_hour = node.record(&topic(), long, ["d"]).await;
    let page = node.read(&topic(), long, Some(c.offset), 1).await;
    assert_eq!((texts(&page), page.last), (vec!["d"], one_hour[0].offset));
}

#[actix_web::test]
async fn what_is_published_after_a_subscription_arrives() {
    if !asked_for() {
        return;
    }
    let engine = Engine::start(nats::jetstream()).await;
    let mut one = Node::to(&engine.url()).await;
    let mut other = Node::to(&engine.url()).await;
    for number in 0..50 {
        let topic = Topic::new("chat", &number.to_string());
        other.subscribe(&topic).await;
        let batch = [
            one.publication(&topic, "a", Some(KEEP)),
            one.publication(&topic, "b", None),
        ];
        one.try_publish(&batch).await.unwrap();
        let mut arrived = [other.next().await, other.next().await];
        arrived.sort_by(|one, other| one.payload.cmp(&other.payload));
        assert_eq!(text(&arrived[0].payload), "a");
        assert_eq!(
            (text(&arrived[1].payload), &arrived[1].topic),
            ("b", &topic)
        );
        other.link.unsubscribe(&[topic]).await.unwrap();
    }
}

#[actix_web::test]
async fn many_at_once_keep_their_order() {
    if !asked_for() {
        return;
    }
    let engine = Engine::start(nats::jetstream()).await;
    let mut one = Node::to(&engine.url()).await;
    let mut other = Node::to(&engine.url()).await;
    other.subscribe(&topic()).await;
    let numbers = 0..2000;
    let batch = numbers
        .clone()
        .map(|n| one.publication(&topic(), &n.to_string(), Some(KEEP)));
    let batch: Vec<_> = batch.collect();
    let mut last = 0;
    for published in one.try_publish(&batch).await.unwrap() {
        let position = published.unwrap().unwrap();
        assert!(position.offset > last);
        last = position.offset;
    }
    let mut previous = 0;
    for number in numbers {
        let arrival = other.next().await;
        assert_eq!(text(&arrival.payload), number.to_string());
        let place = arrival.place.unwrap();
        assert_eq!(place.previous, previous);
        previous = place.position.offset;
    }
}
