//! What is published arrives where somebody has subscribed.

use bytes::Bytes;
use ws_server::backplane::{MAX_PAYLOAD, Topic};

use super::{KEEP, Node, Subject, text, topic};

pub(crate) async fn subscriber_hears_what_is_published_after_subscribing(engine: impl Subject) {
    let mut publisher = Node::connect(&engine).await;
    let mut subscriber = Node::connect(&engine).await;
    let topics = [topic("lobby"), topic("garden")];
    // Nobody listens: it is gone.
    publisher.say(&topics[0], "before").await;
    subscriber.subscribe(&topics).await;
    for topic in &topics {
        publisher.say(topic, "one").await;
        subscriber.hears(topic, "one").await;
        let position = publisher.record(topic, "two").await;
        let arrival = subscriber.next().await;
        assert_eq!((&arrival.topic, text(&arrival.payload)), (topic, "two"));
        assert_eq!(arrival.place.expect("it is recorded").position, position);
    }
    // Subscribing again changes nothing.
    subscriber.subscribe(&topics[..1]).await;
    publisher.say(&topics[0], "three").await;
    subscriber.hears(&topics[0], "three").await;
}

pub(crate) async fn publishers_are_heard_each_in_its_order(engine: impl Subject) {
    let topic = topic("lobby");
    let mut subscriber = Node::connect(&engine).await;
    subscriber.subscribe(std::slice::from_ref(&topic)).await;
    let mut publishing = Vec::new();
    for name in 0..3 {
        let mut publisher = Node::connect(&engine).await;
        let topic = topic.clone();
        publishing.push(actix_rt::spawn(async move {
            for number in 0..100 {
                publisher.say(&topic, &format!("{name} {number}")).await;
            }
        }));
    }
    let mut next = [0; 3];
    for arrival in subscriber.take(300).await {
        let (name, number) = text(&arrival.payload).split_once(' ').expect("both");
        let next = &mut next[name.parse::<usize>().expect("a name")];
        assert_eq!(number, next.to_string(), "of publisher {name}");
        *next += 1;
    }
    for publisher in publishing {
        publisher.await.expect("it publishes");
    }
}

pub(crate) async fn publisher_hears_itself_once<S: Subject>(engine: S) {
    let topic = topic("lobby");
    let mut node = Node::connect(&engine).await;
    node.subscribe(std::slice::from_ref(&topic)).await;
    for number in 0..20 {
        let said = format!("say {number}");
        node.say(&topic, &said).await;
        let recorded = format!("record {number}");
        node.record(&topic, &recorded).await;
        if S::ECHOES {
            node.hears(&topic, &said).await;
        }
        node.hears(&topic, &recorded).await;
    }
}

pub(crate) async fn nobody_hears_what_they_have_left(engine: impl Subject) {
    let (lobby, garden) = (topic("lobby"), topic("garden"));
    let mut publisher = Node::connect(&engine).await;
    let mut subscriber = Node::connect(&engine).await;
    subscriber.subscribe(&[lobby.clone(), garden.clone()]).await;
    publisher.record(&lobby, "one").await;
    subscriber.hears(&lobby, "one").await;
    subscriber.unsubscribe(std::slice::from_ref(&lobby)).await;
    publisher.record(&lobby, "two").await;
    publisher.say(&lobby, "three").await;
    // What is on the way comes before the answer.
    subscriber.read(&lobby, KEEP, None, 1).await;
    publisher.say(&garden, "four").await;
    subscriber.hears(&garden, "four").await;
    // And they may come back.
    subscriber.subscribe(std::slice::from_ref(&lobby)).await;
    publisher.say(&lobby, "five").await;
    subscriber.hears(&lobby, "five").await;
}

pub(crate) async fn topics_with_odd_names_stay_apart(engine: impl Subject) {
    let long = "ä".repeat(100);
    let rooms = [
        "", "lobby", "Lobby", "*", ">", "a.b", "a b", "{a}", "{}", "a:b", "a*", "\0", "\r\n", &long,
    ];
    let mut topics = Vec::new();
    for room in rooms {
        topics.push(topic(room));
        topics.push(Topic::new(room, "lobby"));
    }
    let mut publisher = Node::connect(&engine).await;
    let mut subscriber = Node::connect(&engine).await;
    // To half of them. The others are as easily heard by mistake.
    let (subscribed, silent): (Vec<_>, Vec<_>) = topics
        .into_iter()
        .enumerate()
        .partition(|(index, _)| index % 2 == 0);
    let listed: Vec<_> = subscribed.iter().map(|(_, topic)| topic.clone()).collect();
    subscriber.subscribe(&listed).await;
    for (_, topic) in &silent {
        publisher.record(topic, topic.as_str()).await;
        publisher.say(topic, topic.as_str()).await;
        // What is on the way comes before the answer.
        subscriber.read(topic, KEEP, None, 1).await;
    }
    for (_, topic) in &subscribed {
        let position = publisher.record(topic, topic.as_str()).await;
        subscriber.hears(topic, topic.as_str()).await;
        let page = publisher.read_all(topic, KEEP).await;
        let entry = (position.offset, Bytes::from(topic.as_str().to_owned()));
        assert_eq!(page.entries, [entry], "{topic}");
    }
}

pub(crate) async fn largest_payload_passes(engine: impl Subject) {
    let topic = topic("lobby");
    let mut publisher = Node::connect(&engine).await;
    let mut subscriber = Node::connect(&engine).await;
    subscriber.subscribe(std::slice::from_ref(&topic)).await;
    let mut payload = vec![0; MAX_PAYLOAD];
    fastrand::fill(&mut payload);
    let payload = Bytes::from(payload);
    for keep in [None, Some(KEEP), Some(KEEP)] {
        let publication = publisher.publication(&topic, payload.clone(), keep);
        publisher.publish(&[publication]).await;
        // Without the payloads, which are long.
        assert!(subscriber.next().await.payload == payload);
    }
    let page = subscriber.read_all(&topic, KEEP).await;
    assert_eq!(page.entries.len(), 2);
    assert!(page.entries.iter().all(|(_, there)| *there == payload));
}

pub(crate) async fn batch_of_a_thousand_arrives_in_order(engine: impl Subject) {
    let topics = [topic("lobby"), topic("garden"), topic("cellar")];
    let mut publisher = Node::connect(&engine).await;
    let mut subscriber = Node::connect(&engine).await;
    subscriber.subscribe(&topics).await;
    let mut batch = Vec::new();
    for number in 0..1000 {
        let keep = (number % 2 == 0).then_some(KEEP);
        let topic = &topics[number % topics.len()];
        batch.push(publisher.publication(topic, number.to_string(), keep));
    }
    let positions = publisher.publish(&batch).await;
    for (publication, position) in batch.iter().zip(positions) {
        assert_eq!(position.is_some(), publication.keep.is_some());
    }
    let arrivals = subscriber.take(1000).await;
    for topic in &topics {
        let on = |of: &Topic| of == topic;
        let arrived = arrivals.iter().filter(|arrival| on(&arrival.topic));
        let published = batch.iter().filter(|publication| on(&publication.topic));
        let arrived: Vec<_> = arrived.map(|arrival| text(&arrival.payload)).collect();
        let published: Vec<_> = published
            .map(|publication| text(&publication.payload))
            .collect();
        assert_eq!(arrived, published);
    }
    // Nothing to publish is nothing to complain about.
    assert_eq!(publisher.publish(&[]).await, []);
}
