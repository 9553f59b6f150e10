//! What is recorded has one order and positions, and can be read for a while.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::sleep;
use ws_server::backplane::{Arrival, Keep, Position};
use ws_tests::wait::within;

use super::{KEEP, Node, SHORT, Subject, text, texts, topic};

pub(crate) async fn all_hear_one_order_with_the_same_positions(engine: impl Subject) {
    let topic = topic("lobby");
    let mut subscribers = Vec::new();
    for _ in 0..3 {
        let subscriber = Node::connect(&engine).await;
        subscriber.subscribe(std::slice::from_ref(&topic)).await;
        subscribers.push(subscriber);
    }
    let mut publishing = Vec::new();
    for name in 0..3 {
        let mut publisher = Node::connect(&engine).await;
        let topic = topic.clone();
        publishing.push(actix_rt::spawn(async move {
            for number in 0..50 {
                publisher.record(&topic, &format!("{name} {number}")).await;
            }
        }));
    }
    let mut heard = Vec::new();
    for subscriber in &mut subscribers {
        heard.push(subscriber.take(150).await);
    }
    for publisher in publishing {
        publisher.await.expect("it publishes");
    }
    assert_eq!(heard[0], heard[1]);
    assert_eq!(heard[0], heard[2]);
    is_chained(&heard[0], 0);
    let page = subscribers[0].read_all(&topic, KEEP).await;
    assert_eq!(entries(&heard[0]), page.entries);
}

/// Each says where the one before stands, and the first that it follows this
/// offset.
fn is_chained(arrivals: &[Arrival], first: u64) {
    let mut previous = first;
    let mut epoch = None;
    for arrival in arrivals {
        let place = arrival.place.expect("it is recorded");
        assert_eq!(place.previous, previous);
        assert!(place.position.offset > previous);
        assert_eq!(
            *epoch.get_or_insert(place.position.epoch),
            place.position.epoch
        );
        previous = place.position.offset;
    }
}

/// What a page should have of these.
fn entries(arrivals: &[Arrival]) -> Vec<(u64, bytes::Bytes)> {
    let entry = |arrival: &Arrival| {
        let place = arrival.place.expect("it is recorded");
        (place.position.offset, arrival.payload.clone())
    };
    arrivals.iter().map(entry).collect()
}

pub(crate) async fn publisher_is_told_the_positions_that_others_see(engine: impl Subject) {
    let topic = topic("lobby");
    let mut publisher = Node::connect(&engine).await;
    let mut subscriber = Node::connect(&engine).await;
    subscriber.subscribe(std::slice::from_ref(&topic)).await;
    let mut told: Vec<Position> = Vec::new();
    for round in 0..5 {
        let mut batch = Vec::new();
        for number in 0..20 {
            batch.push(publisher.publication(&topic, format!("{round} {number}"), Some(KEEP)));
        }
        let positions = publisher.publish(&batch).await;
        told.extend(
            positions
                .into_iter()
                .map(|position| position.expect("it is recorded")),
        );
    }
    let arrivals = subscriber.take(100).await;
    is_chained(&arrivals, 0);
    let seen = arrivals
        .iter()
        .map(|arrival| arrival.place.expect("it is recorded").position);
    assert_eq!(seen.collect::<Vec<_>>(), told);
    let page = subscriber.read_all(&topic, KEEP).await;
    assert_eq!(page.epoch, told[0].epoch);
    assert_eq!(page.last, told[99].offset);
    assert_eq!(page.entries, entries(&arrivals));
}

pub(crate) async fn reader_gets_what_is_behind_an_offset(engine: impl Subject) {
    let topic = topic("lobby");
    let mut node = Node::connect(&engine).await;
    let mut positions = Vec::new();
    for number in 0..10 {
        positions.push(node.record(&topic, &number.to_string()).await);
    }
    let offset = |index: usize| positions[index].offset;

    let all = node.read(&topic, KEEP, None, 100).await;
    assert_eq!(
        texts(&all),
        ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]
    );
    assert!(!all.more && all.start <= offset(0) && all.last == offset(9));
    assert_eq!(all.epoch, positions[0].epoch);

    let some = node.read(&topic, KEEP, Some(offset(3)), 100).await;
    assert_eq!(texts(&some), ["4", "5", "6", "7", "8", "9"]);
    assert!(!some.more && some.last == offset(9));

    let few = node.read(&topic, KEEP, Some(offset(3)), 2).await;
    assert_eq!(texts(&few), ["4", "5"]);
    assert!(few.more && few.last == offset(9));

    let exact = node.read(&topic, KEEP, Some(offset(3)), 6).await;
    assert_eq!(exact.entries.len(), 6);
    assert!(!exact.more);

    let first = node.read(&topic, KEEP, None, 1).await;
    assert_eq!(texts(&first), ["0"]);
    assert!(first.more);

    for after in [offset(9), offset(9) + 1, u64::MAX >> 1] {
        let none = node.read(&topic, KEEP, Some(after), 100).await;
        assert_eq!(
            (texts(&none), none.more, none.last),
            (vec![], false, offset(9))
        );
    }
}

pub(crate) async fn record_keeps_the_newest(engine: impl Subject) {
    let topic = topic("lobby");
    let mut node = Node::connect(&engine).await;
    let keep = Keep {
        messages: 5,
        bytes: usize::MAX,
        age: None,
    };
    let mut positions = Vec::new();
    // More than any engine could put off throwing away.
    for round in 0..10 {
        let mut batch = Vec::new();
        for number in 0..50 {
            let text = (round * 50 + number).to_string();
            batch.push(node.publication(&topic, text, Some(keep)));
        }
        positions.extend(node.publish(&batch).await.into_iter().flatten());
    }
    assert_eq!(positions.len(), 500);

    let page = node.read(&topic, keep, None, 1000).await;
    let kept = page.entries.len();
    assert!((5..400).contains(&kept), "{kept} are kept");
    let newest: Vec<_> = (500 - kept..500).map(|number| number.to_string()).collect();
    assert_eq!(texts(&page), newest);
    assert!(!page.more && page.last == positions[499].offset);
    // All that is behind the start is there; what is before is not.
    assert!(page.start <= positions[500 - kept].offset);
    assert!(page.start >= positions[500 - kept - 1].offset);

    let gap = node
        .read(&topic, keep, Some(positions[10].offset), 1000)
        .await;
    assert!(
        gap.start > positions[10].offset,
        "it says that some are missing"
    );
    assert_eq!(gap.entries, page.entries);
}

pub(crate) async fn record_keeps_so_many_bytes(engine: impl Subject) {
    let topic = topic("lobby");
    let mut node = Node::connect(&engine).await;
    let keep = Keep {
        messages: 1000,
        bytes: 1000,
        age: None,
    };
    let mut position = None;
    // Of 100 bytes each, then one that takes the place of eight, then one that
    // is too long for all.
    for (lengths, expected) in [
        (vec![100; 30], vec![100; 10]),
        (vec![800], vec![100, 100, 800]),
        (vec![100], vec![100, 800, 100]),
        (vec![5000], vec![5000]),
        (vec![100], vec![100]),
        (vec![1000], vec![1000]),
    ] {
        for length in lengths {
            let text = "x".repeat(length);
            let publication = node.publication(&topic, text, Some(keep));
            position = node.publish(&[publication]).await[0];
        }
        let page = node.read(&topic, keep, None, 1000).await;
        let lengths: Vec<_> = page
            .entries
            .iter()
            .map(|(_, payload)| payload.len())
            .collect();
        assert_eq!(lengths, expected);
        assert_eq!(position.map(|it| it.offset), Some(page.last));
        assert_eq!(page.last - page.start, page.entries.len() as u64);
    }
}

pub(crate) async fn record_keeps_the_young(engine: impl Subject) {
    let topic = topic("lobby");
    let mut node = Node::connect(&engine).await;
    let keep = Keep {
        messages: 1000,
        bytes: usize::MAX,
        age: Some(SHORT),
    };
    let mut batch = Vec::new();
    for number in 0..10 {
        batch.push(node.publication(&topic, format!("old {number}"), Some(keep)));
    }
    let old = node.publish(&batch).await[9].expect("it is recorded");
    // Its age passes on the engine's clock.
    let gone = async {
        while !node.read(&topic, keep, None, 100).await.entries.is_empty() {
            sleep(Duration::from_millis(50)).await;
        }
    };
    within("messages to be too old", gone).await;
    let empty = node.read(&topic, keep, None, 100).await;
    assert_eq!(
        (empty.epoch, empty.last, empty.more),
        (old.epoch, old.offset, false)
    );
    assert!(empty.start >= old.offset);

    let young = node.publication(&topic, "young", Some(keep));
    let young = node.publish(&[young]).await[0].expect("it is recorded");
    assert_eq!(young.epoch, old.epoch);
    assert!(young.offset > old.offset);
    let page = node.read(&topic, keep, Some(old.offset), 100).await;
    assert!(page.last == young.offset && page.start >= old.offset);
    // A machine that stands still may have made it old meanwhile.
    assert!(texts(&page) == ["young"] || page.start >= young.offset);
}

pub(crate) async fn topic_without_messages_has_an_epoch(engine: impl Subject) {
    let topic = topic("lobby");
    let mut node = Node::connect(&engine).await;
    let empty = node.read(&topic, KEEP, None, 100).await;
    // An engine may have begun with a message that is nobody's.
    assert_eq!(texts(&empty).concat(), "");
    assert!(!empty.more);
    let again = node.read(&topic, KEEP, Some(empty.last), 100).await;
    assert_eq!((again.epoch, again.last), (empty.epoch, empty.last));
    assert_eq!((texts(&again), again.more), (vec![], false));
    // Who has read this can ask for all that comes after.
    let first = node.record(&topic, "first").await;
    assert_eq!(first.epoch, empty.epoch);
    let page = node.read(&topic, KEEP, Some(empty.last), 100).await;
    assert_eq!(texts(&page), ["first"]);
    assert!(page.start <= empty.last);
}

pub(crate) async fn epoch_is_the_same_for_all(engine: impl Subject) {
    let topic = topic("lobby");
    let mut one = Node::connect(&engine).await;
    let mut other = Node::connect(&engine).await;
    let [read, other_read] = [&one, &other].map(|node| node.read(&topic, KEEP, None, 1));
    let (read, other_read) = tokio::join!(read, other_read);
    assert_eq!(read.epoch, other_read.epoch);
    let recorded = one.record(&topic, "one").await;
    let other_recorded = other.record(&topic, "other").await;
    assert_eq!(recorded.epoch, read.epoch);
    assert_eq!(other_recorded.epoch, read.epoch);
    assert!(other_recorded.offset > recorded.offset);
    // One that comes later is no other case.
    let late = Node::connect(&engine).await;
    assert_eq!(late.read(&topic, KEEP, None, 1).await.epoch, read.epoch);
}

pub(crate) async fn record_begins_at_one_place_for_all_who_open_it(engine: impl Subject) {
    let mut nodes = Vec::new();
    for _ in 0..3 {
        nodes.push(Node::connect(&engine).await);
    }
    for room in 0..50 {
        let topic = topic(&format!("room {room}"));
        let openings = nodes.iter().map(|node| node.read(&topic, KEEP, None, 100));
        let pages = join_all(openings).await;
        // Who was told of it by one misses nothing in the eyes of another.
        for page in &pages {
            assert_eq!(page.epoch, pages[0].epoch);
            assert_eq!((page.start, page.last), (pages[0].start, pages[0].last));
            assert_eq!(texts(page).concat(), "");
        }
    }
}

pub(crate) async fn batch_published_twice_is_recorded_once(engine: impl Subject) {
    let topics = [topic("lobby"), topic("garden")];
    let mut node = Node::connect(&engine).await;
    let mut other = Node::connect(&engine).await;
    let subscriber = Node::connect(&engine).await;
    subscriber.subscribe(&topics).await;
    let mut batch = Vec::new();
    for number in 0..20 {
        batch.push(node.publication(&topics[number % 2], number.to_string(), Some(KEEP)));
    }
    // The first half arrives, and its answer does not.
    let told = node.publish(&batch[..10]).await;
    other.record(&topics[0], "between").await;
    let mut node = Node::connect_as(&engine, node.origin).await;
    let again = node.publish(&batch).await;
    for (position, first) in again.iter().zip(told) {
        // It need not know where the first stands, but may.
        assert!(position.is_none() || *position == first);
    }
    assert!(again[10..].iter().all(Option::is_some));
    node.publish(&batch).await;

    let page = node.read_all(&topics[0], KEEP).await;
    let even = [
        "0", "2", "4", "6", "8", "between", "10", "12", "14", "16", "18",
    ];
    assert_eq!(texts(&page), even);
    let page = node.read_all(&topics[1], KEEP).await;
    assert_eq!(
        texts(&page),
        ["1", "3", "5", "7", "9", "11", "13", "15", "17", "19"]
    );
    // They are not heard twice either.
    let mut subscriber = subscriber;
    node.say(&topics[0], "end").await;
    node.say(&topics[1], "end").await;
    let arrivals = subscriber.take(23).await;
    let heard = |topic| {
        arrivals
            .iter()
            .filter(move |arrival| arrival.topic == topic)
    };
    let heard = heard(topics[0].clone()).map(|arrival| text(&arrival.payload));
    assert_eq!(heard.collect::<Vec<_>>(), [&even[..], &["end"]].concat());
}

pub(crate) async fn publishers_are_not_taken_for_each_other(engine: impl Subject) {
    let topic = topic("lobby");
    let mut nodes = Vec::new();
    for origin in [0, 1, u64::MAX] {
        nodes.push(Node::connect_as(&engine, origin).await);
    }
    // All of them use the same numbers.
    for node in &mut nodes {
        for number in 0..3 {
            node.record(&topic, &format!("{} {number}", node.origin))
                .await;
        }
    }
    assert_eq!(nodes[0].read_all(&topic, KEEP).await.entries.len(), 9);
}
