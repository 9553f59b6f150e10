//! What the server does not take.

use ws_server::backplane::{BackplaneError, Nats, Published, Topic};
use ws_tests::engine::{
    Engine, asked_for,
    nats::{self, Configuration},
};

use super::{KEEP, Node, text, topic};

#[actix_web::test]
async fn recording_without_jetstream_names_the_remedy_and_costs_the_rest_nothing() {
    if !asked_for() {
        return;
    }
    let engine = Engine::start(nats::plain()).await;
    let mut one = Node::to(&engine.url()).await;
    let mut other = Node::to(&engine.url()).await;
    other.subscribe(&topic()).await;
    let batch = [
        one.publication(&topic(), "recorded", Some(KEEP)),
        one.publication(&topic(), "not recorded", None),
    ];
    let published = one.try_publish(&batch).await.unwrap();
    let error = published[0].as_ref().unwrap_err();
    assert!(
        matches!(error, BackplaneError::Unsupported { .. }),
        "{error}"
    );
    assert!(error.to_string().contains("nats-server -js"), "{error}");
    assert!(matches!(published[1], Ok(None)));
    assert_eq!(text(&other.next().await.payload), "not recorded");
    let read = one.link.read(&topic(), KEEP, None, 10).await;
    assert!(matches!(read, Err(BackplaneError::Unsupported { .. })));
}

#[actix_web::test]
async fn message_beyond_max_payload_is_refused_alone() {
    if !asked_for() {
        return;
    }
    let configuration = Configuration::new("max_payload: 1000\n");
    let start = nats::jetstream().with_configuration(&configuration);
    let engine = Engine::start(start).await;
    let mut one = Node::to(&engine.url()).await;
    let mut other = Node::to(&engine.url()).await;
    other.subscribe(&topic()).await;
    let long = "x".repeat(1001);
    let batch = [
        one.publication(&topic(), &long, None),
        one.publication(&topic(), &long, Some(KEEP)),
        one.publication(&topic(), &long[..1000], None),
        one.publication(&topic(), &long[..800], Some(KEEP)),
    ];
    let published = one.try_publish(&batch).await.unwrap();
    for refused in &published[..2] {
        let Err(BackplaneError::Refused { reason, .. }) = refused else {
            panic!("{refused:?}");
        };
        assert!(reason.contains("max_payload of 1000 bytes"), "{reason}");
    }
    assert!(matches!(published[2], Ok(None)));
    assert!(matches!(published[3], Ok(Some(_))));
    let mut lengths = [other.next().await, other.next().await].map(|one| one.payload.len());
    lengths.sort_unstable();
    assert_eq!(lengths, [800, 1000]);
}

#[actix_web::test]
async fn rooms_with_too_long_a_name_are_refused_alone() {
    if !asked_for() {
        return;
    }
    let engine = Engine::start(nats::jetstream()).await;
    let mut node = Node::to(&engine.url()).await;
    // The rooms, since a long name of one room is shortened.
    let long = Topic::new(&"x".repeat(5000), "lobby");
    let longest = Topic::new(&"x".repeat(1500), &"x".repeat(5000));
    let batch = [
        node.publication(&long, "a", None),
        node.publication(&long, "b", Some(KEEP)),
        node.publication(&longest, "c", None),
        node.publication(&longest, "d", Some(KEEP)),
    ];
    let published = node.try_publish(&batch).await.unwrap();
    assert!(matches!(published[0], Err(BackplaneError::Refused { .. })));
    assert!(matches!(published[1], Err(BackplaneError::Refused { .. })));
    assert!(matches!(published[2], Ok(None)));
    let position = published[3].as_ref().unwrap().unwrap();
    node.subscribe(&longest).await;
    let page = node.read(&longest, KEEP, None, 10).await;
    assert_eq!(page.entries[0].0, position.offset);
}

async fn small() -> Engine {
    let configuration = Configuration::new("jetstream: { max_file_store: 20000 }\n");
    let start = nats::plain()
        .with_configuration(&configuration)
        .with(&["--store_dir", "{folder}/jetstream"]);
    Engine::start(start).await
}

/// Publishes 50 messages of 1000 bytes, each to a room of its own.
async fn fill(node: &mut Node) -> Vec<Published> {
    let text = "x".repeat(1000);
    let publication = |number: i32| {
        let topic = Topic::new("chat", &number.to_string());
        node.publication(&topic, &text, Some(KEEP))
    };
    let batch: Vec<_> = (0..50).map(publication).collect();
    node.try_publish(&batch).await.expect("the server is there")
}

#[actix_web::test]
async fn full_store_refuses_messages_and_says_so() {
    if !asked_for() {
        return;
    }
    let engine = small().await;
    let nats = Nats::connect(engine.url()).unwrap().max_bytes(u64::MAX);
    let published = fill(&mut Node::connect(&nats).await).await;
    assert!(matches!(published[0], Ok(Some(_))), "{:?}", published[0]);
    let Err(BackplaneError::Refused { reason, .. }) = &published[49] else {
        panic!("{:?}", published[49]);
    };
    assert!(reason.contains("JetStream says"), "{reason}");
}

#[actix_web::test]
async fn full_stream_forgets_the_oldest() {
    if !asked_for() {
        return;
    }
    let engine = small().await;
    let nats = Nats::connect(engine.url()).unwrap().max_bytes(20_000);
    let mut node = Node::connect(&nats).await;
    for published in fill(&mut node).await {
        assert!(matches!(published, Ok(Some(_))), "{published:?}");
    }
    let newest = Topic::new("chat", "49");
    assert_eq!(node.read(&newest, KEEP, None, 10).await.entries.len(), 1);
    let page = node.read(&Topic::new("chat", "0"), KEEP, None, 10).await;
    assert!(page.entries.iter().all(|entry| entry.1.is_empty()));
}

#[actix_web::test]
async fn server_with_less_than_a_stream_may_take_records_nothing() {
    if !asked_for() {
        return;
    }
    let engine = small().await;
    let mut node = Node::to(&engine.url()).await;
    let Err(error) = &fill(&mut node).await[0] else {
        panic!("it is recorded");
    };
    assert!(
        matches!(error, BackplaneError::Unsupported { .. }),
        "{error}"
    );
    // What to do about it.
    assert!(error.to_string().contains("Nats::max_bytes"), "{error}");
}
