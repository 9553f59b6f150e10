//! Who is there, on whichever node.

use std::time::Duration;

use futures_util::future::join_all;
use ws_server::{Cluster, backplane::Memory};
use ws_tests::wait::{until, within};

use crate::{
    carrier::{Carrier, Valve, on_all_engines},
    node::{LOBBY, Node, quick},
};

on_all_engines! {
    all_nodes_list_the_members_of_all
    members_of_a_node_that_leaves_are_gone_at_once
    lists_are_equal_after_hundreds_have_come_and_gone
    who_came_and_went_at_once_is_no_ghost
    members_of_a_node_that_is_cut_off_are_gone_until_it_is_back
    members_who_left_while_the_engine_was_away_are_gone_when_it_is_back
    ten_thousand_who_join_at_once_are_told_of_in_few_messages
}

/// Where the way to the engine can be stalled.
mod stalled {
    use super::members_of_a_node_that_was_silent_for_long_are_listed_again;

    crate::carrier::on_real_engines! {
        members_of_a_node_that_was_silent_for_long_are_listed_again
    }
}

async fn all_nodes_list_the_members_of_all(carrier: Carrier) {
    let [here, there] = [(); 2].map(|()| Node::open(carrier.way()));
    let mut ada = here.enter("ada").await;
    let ben = there.enter("ben").await;
    assert_eq!(ada.text().await, "+ben");
    for node in [&here, &there] {
        node.until_names(&["ada", "ben"]).await;
        let members = node.rooms.members(&LOBBY.to_owned());
        let here: Vec<_> = members.iter().map(|it| it.is_here()).collect();
        assert_eq!(here.iter().filter(|here| **here).count(), 1);
    }
    drop(ben);
    assert_eq!(ada.text().await, "-ben");
    here.until_count(1).await;
}

async fn members_of_a_node_that_leaves_are_gone_at_once(carrier: Carrier) {
    // Nobody takes another for dead here.
    let slow = || {
        let builder = Cluster::builder(carrier.way());
        builder.node_timeout(Duration::from_secs(60)).start()
    };
    let [here, there] = [(); 2].map(|()| Node::quiet(slow()));
    let _ada = here.enter("ada").await;
    let _ben = there.enter("ben").await;
    here.until_names(&["ada", "ben"]).await;
    there.cluster().leave().await;
    assert!(!there.cluster().is_connected());
    here.until_names(&["ada"]).await;
}

async fn lists_are_equal_after_hundreds_have_come_and_gone(carrier: Carrier) {
    let nodes: Vec<_> = (0..3).map(|_| Node::quiet(quick(carrier.way()))).collect();
    let visitors = (0..30).map(|visitor| {
        let nodes = &nodes;
        async move {
            let mut client = None;
            for visit in 0..8 {
                let node = &nodes[fastrand::usize(..nodes.len())];
                // The new one comes before the old one goes, or after.
                if fastrand::bool() {
                    drop(client.take());
                }
                client = Some(node.enter(&format!("{visitor:02}-{visit}")).await);
            }
            client
        }
    });
    let stay = join_all(visitors).await;
    let names: Vec<_> = (0..30).map(|visitor| format!("{visitor:02}-7")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    for node in &nodes {
        node.until_names(&names).await;
        assert_eq!(node.count(), 30);
    }
    drop(stay);
    for node in &nodes {
        node.until_count(0).await;
    }
}

async fn who_came_and_went_at_once_is_no_ghost(carrier: Carrier) {
    let [here, there] = [(); 2].map(|()| Node::quiet(quick(carrier.way())));
    let _ada = here.enter("ada").await;
    let _ben = there.enter("ben").await;
    let visits = (0..8).map(|_| async {
        for _ in 0..25 {
            drop(here.enter("flash").await);
        }
    });
    // Meanwhile all are listed anew, again and again.
    let lists = async {
        for _ in 0..20 {
            let room = there.enter_at("/other/cyd").await;
            drop(room);
            let again = Node::quiet(quick(carrier.way()));
            let dee = again.enter("dee").await;
            again.until_count_at_least(2).await;
            drop(dee);
        }
    };
    futures_util::future::join(join_all(visits), lists).await;
    for node in [&here, &there] {
        node.until_names(&["ada", "ben"]).await;
    }
}

async fn members_of_a_node_that_is_cut_off_are_gone_until_it_is_back(carrier: Carrier) {
    let valve = Valve::on(carrier.way());
    let nodes = [
        Node::quiet(quick(valve.clone())),
        Node::quiet(quick(carrier.way())),
        Node::quiet(quick(carrier.way())),
    ];
    let _ada = nodes[0].enter("ada").await;
    let _ben = nodes[1].enter("ben").await;
    let _cyd = nodes[2].enter("cyd").await;
    for node in &nodes {
        node.until_names(&["ada", "ben", "cyd"]).await;
    }
    for _ in 0..2 {
        valve.close();
        nodes[0].until_names(&["ada"]).await;
        nodes[1].until_names(&["ben", "cyd"]).await;
        nodes[2].until_names(&["ben", "cyd"]).await;
        valve.open();
        for node in &nodes {
            node.until_names(&["ada", "ben", "cyd"]).await;
        }
    }
}

async fn members_who_left_while_the_engine_was_away_are_gone_when_it_is_back(carrier: Carrier) {
    let valve = Valve::on(carrier.way());
    let slow = |valve: Option<&Valve>| {
        let builder = match valve {
            Some(valve) => Cluster::builder(valve.clone()),
            None => Cluster::builder(carrier.way()),
        };
        builder.node_timeout(Duration::from_secs(60)).start()
    };
    let (here, there) = (Node::quiet(slow(None)), Node::quiet(slow(Some(&valve))));
    let _ada = here.enter("ada").await;
    let _eve = here.enter_at("/kitchen/eve").await;
    let (ben, cyd) = (there.enter("ben").await, there.enter("cyd").await);
    let dee = there.enter_at("/kitchen/dee").await;
    let kitchen = || here.rooms.count(&"kitchen".to_owned());
    here.until_names(&["ada", "ben", "cyd"]).await;
    until("dee to be there", || kitchen() == 2).await;
    valve.close();
    there.until_connected(false).await;
    // One room goes on, the other ends.
    drop((ben, dee));
    until("both to be gone", || there.rooms.list().len() == 1).await;
    let _fay = there.enter("fay").await;
    assert_eq!(here.count(), 3, "nobody knows");
    valve.open();
    here.until_names(&["ada", "cyd", "fay"]).await;
    until("dee to be gone", || kitchen() == 1).await;
    drop(cyd);
    here.until_names(&["ada", "fay"]).await;
}

async fn ten_thousand_who_join_at_once_are_told_of_in_few_messages(carrier: Carrier) {
    let valve = Valve::on(carrier.way());
    let (here, there) = (
        Node::quiet(quick(carrier.way())),
        Node::quiet(quick(valve.clone())),
    );
    let _ada = here.enter("ada").await;
    let _ben = there.enter("ben").await;
    here.until_count(2).await;
    let before = valve.published();
    let mut crowds = Vec::new();
    for _ in 0..10 {
        crowds.push(there.crowd(1000).await);
    }
    here.until_count(10_002).await;
    drop(crowds);
    here.until_count(2).await;
    let messages = valve.published() - before;
    assert!(messages < 1000, "{messages} messages for 20,000 changes");
}

async fn members_of_a_node_that_was_silent_for_long_are_listed_again(carrier: Carrier) {
    let cable = carrier.cable().await;
    // So short that the connection is not lost.
    let hasty = |way| {
        let builder = Cluster::builder(way);
        builder.node_timeout(Duration::from_millis(400)).start()
    };
    let here = Node::quiet(hasty(carrier.way()));
    let there = Node::quiet(hasty(carrier.through(&cable)));
    let rooms = ["one", "two", "three"];
    let mut clients = Vec::new();
    for room in rooms {
        clients.push(here.enter_at(&format!("/{room}/ada")).await);
        clients.push(there.enter_at(&format!("/{room}/ben")).await);
    }
    let counts = |node: &Node| rooms.map(|room| node.rooms.count(&room.to_owned()));
    for round in 0..3 {
        for node in [&here, &there] {
            until("all to be listed", || counts(node) == [2; 3]).await;
        }
        cable.stall();
        let visitor = there.enter_at(&format!("/one/visitor{round}")).await;
        until("them to be gone", || counts(&here) == [1; 3]).await;
        cable.mend();
        until("all to be listed", || counts(&here) == [3, 2, 2]).await;
        drop(visitor);
    }
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
