//! The stream: made, deleted, changed, and taken for another's.

use async_nats::jetstream::{self, Context, stream::Config};
use bytes::Bytes;
use ws_server::backplane::{BackplaneError, Keep, Nats};
use ws_tests::engine::{Engine, asked_for, nats};

use super::{KEEP, Node, text, texts, topic};

async fn admin(engine: &Engine) -> Context {
    let client = async_nats::connect(engine.url()).await;
    jetstream::new(client.expect("the server is there"))
}

#[actix_web::test]
async fn stream_that_somebody_deletes_is_made_anew_in_another_epoch() {
    if !asked_for() {
        return;
    }
    let engine = Engine::start(nats::jetstream()).await;
    let mut one = Node::to(&engine.url()).await;
    let mut other = Node::to(&engine.url()).await;
    let mut reader = Node::to(&engine.url()).await;
    reader.subscribe(&topic()).await;
    let [old] = one.record(&topic(), KEEP, ["old"]).await;
    assert_eq!(other.read(&topic(), KEEP, None, 10).await.epoch, old.epoch);
    assert_eq!(reader.read(&topic(), KEEP, None, 10).await.epoch, old.epoch);

    admin(&engine).await.delete_stream("ws-chat").await.unwrap();
    let [new] = one.record(&topic(), KEEP, ["new"]).await;
    assert_ne!(new.epoch, old.epoch);
    // These have not been told, and do not mistake one epoch for the other.
    let [newer] = other.record(&topic(), KEEP, ["newer"]).await;
    assert_eq!(newer.epoch, new.epoch);
    assert!(newer.offset > new.offset);
    let page = reader.read(&topic(), KEEP, Some(old.offset), 10).await;
    assert_eq!(page.epoch, new.epoch);
    for (expected, position) in [("old", old), ("new", new), ("newer", newer)] {
        let arrival = reader.next().await;
        assert_eq!(text(&arrival.payload), expected);
        assert_eq!(arrival.place.unwrap().position, position);
    }
}

#[actix_web::test]
async fn reader_makes_a_deleted_stream_anew() {
    if !asked_for() {
        return;
    }
    let engine = Engine::start(nats::jetstream()).await;
    let mut node = Node::to(&engine.url()).await;
    let [old] = node.record(&topic(), KEEP, ["old"]).await;
    admin(&engine).await.delete_stream("ws-chat").await.unwrap();
    let page = node.read(&topic(), KEEP, Some(old.offset), 10).await;
    assert_ne!(page.epoch, old.epoch);
    let [new] = node.record(&topic(), KEEP, ["new"]).await;
    assert_eq!(page.epoch, new.epoch);
}

#[actix_web::test]
async fn nodes_that_come_at_once_make_one_stream() {
    if !asked_for() {
        return;
    }
    let engine = Engine::start(nats::jetstream()).await;
    let mut nodes = Vec::new();
    for _ in 0..8 {
        nodes.push(Node::to(&engine.url()).await);
    }
    let recording = nodes.iter_mut().map(|node| async {
        let [position] = node.record(&topic(), KEEP, ["a"]).await;
        position
    });
    let mut positions = futures_util::future::join_all(recording).await;
    positions.sort_by_key(|position| position.offset);
    for (index, position) in positions.iter().enumerate() {
        assert_eq!(position.epoch, positions[0].epoch);
        assert_eq!(position.offset, u64::try_from(index).unwrap() + 1);
    }
}

#[actix_web::test]
async fn newest_node_says_how_much_is_kept() {
    if !asked_for() {
        return;
    }
    let engine = Engine::start(nats::jetstream()).await;
    let mut one = Node::to(&engine.url()).await;
    let [first, ..] = one.record(&topic(), KEEP, ["a", "b", "c", "d"]).await;
    let mut other = Node::to(&engine.url()).await;
    let keep = Keep {
        messages: 1,
        bytes: usize::MAX,
        ..KEEP
    };
    let [last] = other.record(&topic(), keep, ["e"]).await;
    assert_eq!(last.epoch, first.epoch);
    let page = one.read(&topic(), KEEP, None, 10).await;
    assert!(page.start > first.offset, "{page:?}");
    let stream = admin(&engine).await.get_stream("ws-chat").await.unwrap();
    assert_eq!(stream.cached_info().config.max_messages_per_subject, 2);
}

#[actix_web::test]
async fn what_an_operator_has_set_otherwise_stays() {
    if !asked_for() {
        return;
    }
    let engine = Engine::start(nats::jetstream()).await;
    let mut one = Node::to(&engine.url()).await;
    one.record(&topic(), KEEP, ["a"]).await;
    let admin = admin(&engine).await;
    let mut config = admin
        .get_stream("ws-chat")
        .await
        .unwrap()
        .cached_info()
        .config
        .clone();
    config.max_bytes = 1 << 20;
    admin.update_stream(&config).await.unwrap();
    let keep = Keep {
        messages: 5,
        bytes: usize::MAX,
        ..KEEP
    };
    Node::to(&engine.url())
        .await
        .record(&topic(), keep, ["b"])
        .await;
    let config = admin
        .get_stream("ws-chat")
        .await
        .unwrap()
        .cached_info()
        .config
        .clone();
    assert_eq!(
        (config.max_bytes, config.max_messages_per_subject),
        (1 << 20, 6)
    );
}

#[actix_web::test]
async fn stream_of_somebody_else_is_left_alone() {
    if !asked_for() {
        return;
    }
    let engine = Engine::start(nats::jetstream()).await;
    let admin = admin(&engine).await;
    for subject in ["theirs.>", "ws.in.chat.>"] {
        let config = Config {
            name: "ws-chat".to_owned(),
            subjects: vec![subject.to_owned()],
            ..Config::default()
        };
        admin.create_stream(config).await.unwrap();
        let mut node = Node::to(&engine.url()).await;
        let batch = [node.publication(&topic(), "a", Some(KEEP))];
        let published = node.try_publish(&batch).await.unwrap();
        let Err(BackplaneError::Refused { reason, .. }) = &published[0] else {
            panic!("{published:?}");
        };
        assert!(reason.contains("ws-chat"), "{reason}");
        admin.delete_stream("ws-chat").await.unwrap();
    }
}

#[actix_web::test]
async fn prefixes_keep_applications_apart() {
    if !asked_for() {
        return;
    }
    let engine = Engine::start(nats::jetstream()).await;
    let other = Nats::connect(engine.url()).unwrap().prefix("the other");
    let mut one = Node::to(&engine.url()).await;
    let mut other = Node::connect(&other).await;
    one.subscribe(&topic()).await;
    other.subscribe(&topic()).await;
    one.record(&topic(), KEEP, ["one"]).await;
    other.record(&topic(), KEEP, ["other"]).await;
    assert_eq!(text(&one.next().await.payload), "one");
    assert_eq!(text(&other.next().await.payload), "other");
    assert_eq!(
        texts(&other.read(&topic(), KEEP, None, 10).await),
        ["other"]
    );
}

#[actix_web::test]
async fn what_somebody_else_publishes_there_is_left_out() {
    if !asked_for() {
        return;
    }
    let engine = Engine::start(nats::jetstream()).await;
    let mut node = Node::to(&engine.url()).await;
    let mut sender = Node::to(&engine.url()).await;
    node.subscribe(&topic()).await;
    let client = admin(&engine).await.client();
    let live = format!("ws.out.{}", topic());
    for (name, value) in [("Nats-Stream", "ws-chat"), ("Nats-Stream", "")] {
        let mut headers = async_nats::HeaderMap::new();
        headers.insert(name, value);
        headers.insert("Nats-Sequence", "-1");
        headers.insert("Nats-Subject", "ws.in.chat.zz.x");
        client
            .publish_with_headers(live.clone(), headers, Bytes::new())
            .await
            .unwrap();
    }
    let recorded = format!("ws.in.chat.{}", "0");
    client
        .publish(recorded, Bytes::from_static(b"nowhere"))
        .await
        .unwrap();
    client.flush().await.unwrap();
    // One that has no place is a message like any other.
    client
        .publish(live, Bytes::from_static(b"from outside"))
        .await
        .unwrap();
    assert_eq!(text(&node.next().await.payload), "from outside");
    let [position] = sender.record(&topic(), KEEP, ["a"]).await;
    assert_eq!(node.next().await.place.unwrap().position, position);
}
