//! How many may be in a room, and in how many rooms.

use ws_server::{JoinError, test};

use crate::person::{Houses, Join, Leave, guest, names, stranger};

#[test]
fn room_takes_as_many_members_as_it_may_have() {
    test::run(async {
        let rooms = Houses::builder().max_members(2).build();
        let mut ada = guest(&rooms, "hall", "ada").await;
        let _ben = guest(&rooms, "hall", "ben").await;
        let cyd = stranger();
        let refused = cyd.address().send(Join(rooms.clone(), "hall", "cyd")).await;
        let refused = refused.expect("it lives").expect_err("it is full");
        assert_eq!(refused, JoinError::RoomFull { limit: 2 });
        assert_eq!(refused.to_string(), "room has its 2 members already");
        assert_eq!(names(&rooms.members(&"hall")), ["ada", "ben"]);
        // Another room is another matter, and a place that was left is free.
        let joined = cyd
            .address()
            .send(Join(rooms.clone(), "attic", "cyd"))
            .await;
        joined.expect("it lives").expect("there is room");
        ada.close().await;
        let joined = cyd.address().send(Join(rooms.clone(), "hall", "cyd")).await;
        joined.expect("it lives").expect("there is room");
        assert_eq!(names(&rooms.members(&"hall")), ["ben", "cyd"]);
    });
}

#[test]
fn connection_joins_as_many_rooms_as_it_may_be_in() {
    test::run(async {
        let rooms = Houses::builder().max_rooms_per_connection(2).build();
        let ada = guest(&rooms, "hall", "ada").await;
        let ada = ada.address();
        let joined = ada.send(Join(rooms.clone(), "attic", "ada")).await;
        joined.expect("it lives").expect("there is room");
        let refused = ada.send(Join(rooms.clone(), "cellar", "ada")).await;
        let refused = refused.expect("it lives").expect_err("it is in two");
        assert_eq!(refused, JoinError::TooManyRooms { limit: 2 });
        // It has not made the room either.
        assert!(rooms.get(&"cellar").is_none());
        // Others are not concerned.
        let _ben = guest(&rooms, "cellar", "ben").await;
        ada.send(Leave).await.expect("it lives");
        let joined = ada.send(Join(rooms.clone(), "cellar", "ada")).await;
        joined.expect("it lives").expect("it has left one");
        let mut list = rooms.list();
        list.sort_unstable();
        assert_eq!(list, [("attic", 1), ("cellar", 2)]);
    });
}

#[test]
fn a_peer_that_asks_for_rooms_without_end_gets_a_hundred() {
    test::run(async {
        let rooms = Houses::new();
        let ada = guest(&rooms, "hall", "ada").await;
        let mut joined = 1;
        let refused = loop {
            let name = Box::leak(format!("room {joined}").into_boxed_str());
            let answer = ada.address().send(Join(rooms.clone(), name, "ada")).await;
            match answer.expect("it lives") {
                Ok(_) => joined += 1,
                Err(error) => break error,
            }
        };
        assert_eq!(joined, 100);
        assert_eq!(refused, JoinError::TooManyRooms { limit: 100 });
    });
}

#[test]
fn each_set_of_rooms_counts_its_own() {
    test::run(async {
        let houses = Houses::builder().max_rooms_per_connection(2).build();
        let games = Houses::builder().max_rooms_per_connection(1).build();
        let ada = guest(&houses, "hall", "ada").await;
        let ada = ada.address();
        for (rooms, room) in [(&games, "chess"), (&houses, "attic")] {
            let joined = ada.send(Join(rooms.clone(), room, "ada")).await;
            joined.expect("it lives").expect("there is room");
        }
        for (rooms, limit) in [(&games, 1), (&houses, 2)] {
            let refused = ada.send(Join(rooms.clone(), "another", "ada")).await;
            let refused = refused.expect("it lives").expect_err("it is in all it may");
            assert_eq!(refused, JoinError::TooManyRooms { limit });
        }
    });
}
