//! Who is there, on whichever node.

use ws_server::backplane::Memory;
use ws_tests::wait::within;

use crate::node::{LOBBY, Node};

#[actix_web::test]
async fn all_nodes_list_the_members_of_all() {
    let engine = Memory::new();
    let (here, there) = (Node::open(engine.clone()), Node::open(engine));
    let mut ada = here.enter("ada").await;
    let ben = there.enter("ben").await;
    assert_eq!(ada.text().await, "+ben");
    for node in [&here, &there] {
        node.until_count(2).await;
        let members = node.rooms.members(&LOBBY.to_owned());
        let mut names: Vec<_> = members.iter().map(|it| it.data().as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["ada", "ben"]);
    }
    drop(ben);
    assert_eq!(ada.text().await, "-ben");
    here.until_count(1).await;
}

#[actix_web::test]
async fn members_of_a_node_that_leaves_are_gone_at_once() {
    let engine = Memory::new();
    let (here, there) = (Node::open(engine.clone()), Node::open(engine));
    let mut ada = here.enter("ada").await;
    let _ben = there.enter("ben").await;
    assert_eq!(ada.text().await, "+ben");
    there.rooms.cluster().expect("it has one").leave().await;
    assert_eq!(ada.text().await, "-ben");
}

#[actix_web::test]
async fn census_counts_rooms_of_all_nodes() {
    let engine = Memory::new();
    let nodes = [(); 3].map(|()| Node::open(engine.clone()));
    let mut ada = nodes[0].enter("ada").await;
    let _ben = nodes[1].enter("ben").await;
    assert_eq!(ada.text().await, "+ben");
    let _cyd = nodes[1].enter_at("/kitchen%20sink/cyd").await;
    let expected = [("kitchen sink".to_owned(), 1), (LOBBY.to_owned(), 2)];
    for node in &nodes {
        // One that has just come does not know all others at once.
        let complete = async {
            loop {
                let mut census = node.rooms.census().await;
                census.rooms.sort_unstable();
                if census.complete && census.rooms == expected {
                    break;
                }
            }
        };
        within("the census to be complete", complete).await;
    }
}
