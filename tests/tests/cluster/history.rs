//! What was missed is caught up with.

use ws_server::backplane::{Memory, Position};
use ws_tests::client::Client;

use crate::node::{Node, quick};

async fn heard(client: &mut Client) -> (Position, String) {
    let text = client.text().await;
    let (position, text) = text.split_once('|').expect("it is stamped");
    (position.parse().expect("it is a position"), text.to_owned())
}

#[actix_web::test]
async fn who_comes_back_gets_what_it_missed_on_another_node() {
    let engine = Memory::new();
    let nodes = [(); 2].map(|()| Node::recording(Some(quick(engine.clone())), 10));
    let mut ada = nodes[0].enter("ada").await;
    assert_eq!(heard(&mut ada).await.1, "report 0 true");
    ada.send("one").await;
    let (position, text) = heard(&mut ada).await;
    assert_eq!(text, "one");
    drop(ada);
    nodes[1].say("two");
    nodes[0].say("three");
    let mut ben = nodes[1].enter_since("ben", position).await;
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push(heard(&mut ben).await.1);
    }
    assert!(seen.contains(&"two".to_owned()), "{seen:?}");
    assert!(seen.contains(&"three".to_owned()), "{seen:?}");
}

#[actix_web::test]
async fn rooms_of_one_process_keep_their_messages_too() {
    let node = Node::recording(None, 2);
    let mut ada = node.enter("ada").await;
    assert_eq!(heard(&mut ada).await.1, "report 0 true");
    ada.send("one").await;
    let (position, _) = heard(&mut ada).await;
    drop(ada);
    node.until_count(0).await;
    node.say("two");
    node.say("three");
    let mut ada = node.enter_since("ada", position).await;
    assert_eq!(heard(&mut ada).await.1, "report 2 true");
    assert_eq!(heard(&mut ada).await.1, "two");
    assert_eq!(heard(&mut ada).await.1, "three");
    node.say("four");
    assert_eq!(heard(&mut ada).await.1, "four");
    // Now there is a gap.
    let mut ben = node.enter_since("ben", position).await;
    assert_eq!(heard(&mut ben).await.1, "report 2 false");
    assert_eq!(heard(&mut ben).await.1, "three");
    assert_eq!(heard(&mut ben).await.1, "four");
}
