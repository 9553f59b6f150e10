//! Publishing from a process that serves no rooms.

use ws_server::{History, Publisher, backplane::Memory};

use crate::node::{LOBBY, Node, quick};

#[actix_web::test]
async fn message_from_outside_reaches_members_on_all_nodes() {
    let engine = Memory::new();
    let nodes = [(); 2].map(|()| Node::open(engine.clone()));
    let mut ada = nodes[0].enter("ada").await;
    let mut ben = nodes[1].enter("ben").await;
    assert_eq!(ada.text().await, "+ben");
    assert_eq!(ben.text().await, "+ada");
    let publisher = Publisher::<str>::connect(engine, "rooms").await;
    let publisher = publisher.expect("memory is there");
    let published = publisher.publish(LOBBY, "from outside").await;
    assert!(matches!(published, Ok(None)), "{published:?}");
    for client in [&mut ada, &mut ben] {
        assert_eq!(client.text().await, "from outside");
    }
}

#[actix_web::test]
async fn message_from_outside_has_its_place_in_the_record() {
    let engine = Memory::new();
    let node = Node::recording(Some(quick(engine.clone())), 10);
    let mut ada = node.enter("ada").await;
    assert!(ada.text().await.ends_with("|report 0 true"));
    let publisher = Publisher::<str>::connect(engine, "rooms").await;
    let publisher = publisher.expect("memory is there");
    let publisher = publisher.history(&History::messages(10));
    let published = publisher.publish(LOBBY, "from outside").await;
    let position = published.expect("it is taken").expect("it is recorded");
    assert_eq!(ada.text().await, format!("{position}|from outside"));
}
