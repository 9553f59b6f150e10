//! What is said on one node is heard on all.

use ws_server::backplane::Memory;

use crate::node::Node;

#[actix_web::test]
async fn broadcast_reaches_members_on_all_nodes_once() {
    let engine = Memory::new();
    let nodes = [(); 3].map(|()| Node::open(engine.clone()));
    let mut clients = Vec::new();
    for (number, node) in nodes.iter().enumerate() {
        clients.push(node.enter(&number.to_string()).await);
    }
    for node in &nodes {
        node.until_count(3).await;
    }
    for number in 0..clients.len() {
        let text = format!("from {number}");
        clients[number].send(text.clone()).await;
        for client in &mut clients {
            loop {
                let heard = client.text().await;
                if !heard.starts_with(['+', '-']) {
                    assert_eq!(heard, text);
                    break;
                }
            }
        }
    }
}

#[actix_web::test]
async fn node_without_members_in_a_room_reaches_it() {
    let engine = Memory::new();
    let (here, there) = (Node::open(engine.clone()), Node::open(engine));
    let mut client = there.enter("ada").await;
    // When its subscription has been made, its presence has come back.
    let mut witness = there.enter("ben").await;
    assert_eq!(client.text().await, "+ben");
    here.rooms
        .cluster()
        .expect("it has one")
        .connected()
        .await
        .expect("memory is there");
    ws_tests::wait::until("the message to arrive", || true).await;
    here.say("hello");
    assert_eq!(client.text().await, "hello");
    assert_eq!(witness.text().await, "hello");
}
