//! Broadcasts for some of a room, and to be closed together.

use std::time::Duration;

use ws_core::{Cause, CloseCode, Message};
use ws_server::{PreparedMessage, Rooms, test};

use crate::person::{Houses, guest};

const MOMENT: Duration = Duration::from_secs(1);

#[test]
fn broadcast_where_reaches_those_of_whom_it_is_true() {
    test::run(async {
        let rooms = Houses::new();
        let mut ada = guest(&rooms, "hall", "ada").await;
        let mut ben = guest(&rooms, "hall", "ben").await;
        let mut amy = guest(&rooms, "hall", "amy").await;
        let said = rooms.broadcast_where(&"hall", "to A", |_, name| name.starts_with('a'));
        assert_eq!(said, Ok(()));
        ada.expect_text("to A").await;
        amy.expect_text("to A").await;
        ben.expect_nothing(MOMENT).await;
        // Nobody is no error, nor is a room that is not there.
        assert_eq!(
            rooms.broadcast_where(&"hall", "to none", |_, _| false),
            Ok(())
        );
        assert_eq!(
            rooms.broadcast_where(&"attic", "to none", |_, _| true),
            Ok(())
        );
        for peer in [&mut ada, &mut ben, &mut amy] {
            peer.expect_nothing(MOMENT).await;
        }
    });
}

#[test]
fn predicate_may_use_the_rooms_itself() {
    test::run(async {
        let rooms = Houses::new();
        let mut ada = guest(&rooms, "hall", "ada").await;
        let said = rooms.broadcast_where(&"hall", "two", |_, _| {
            rooms
                .broadcast(&"hall", "one")
                .expect("no thread is blocked");
            rooms.count(&"hall") == 1
        });
        assert_eq!(said, Ok(()));
        ada.expect_text("one").await;
        ada.expect_text("two").await;
    });
}

#[test]
fn broadcast_except_leaves_out_as_many_as_are_named() {
    test::run(async {
        let rooms = Houses::new();
        let mut peers = Vec::new();
        for name in ["0", "1", "2", "3", "4"] {
            peers.push(guest(&rooms, "hall", name).await);
        }
        let ids: Vec<_> = rooms.members(&"hall").iter().map(|it| it.id()).collect();
        let said = rooms.broadcast_except(&"hall", "even", [ids[3], ids[1]]);
        assert_eq!(said, Ok(()));
        assert_eq!(rooms.broadcast_except(&"hall", "all", []), Ok(()));
        for (number, peer) in peers.iter_mut().enumerate() {
            if number % 2 == 0 {
                peer.expect_text("even").await;
            }
            peer.expect_text("all").await;
        }
    });
}

#[test]
fn one_of_many_members_can_be_told_something_between_broadcasts() {
    test::run(async {
        let rooms = Houses::new();
        let mut peers = Vec::new();
        for _ in 0..20 {
            peers.push(guest(&rooms, "hall", "somebody").await);
        }
        let room = rooms.get(&"hall").expect("it has members");
        let chosen = rooms.members(&"hall")[13].id();
        room.broadcast("before").expect("no thread is blocked");
        room.send_to([chosen], "to you")
            .expect("no thread is blocked");
        room.broadcast("after").expect("no thread is blocked");
        for (number, peer) in peers.iter_mut().enumerate() {
            peer.expect_text("before").await;
            if number == 13 {
                peer.expect_text("to you").await;
            }
            peer.expect_text("after").await;
        }
    });
}

#[test]
fn of_the_latest_a_member_that_does_not_read_gets_the_newest() {
    test::run(async {
        let rooms = Houses::new();
        let mut quick = guest(&rooms, "prices", "quick").await;
        let mut slow = guest(&rooms, "prices", "slow").await;
        slow.stop_reading();
        let room = rooms.get(&"prices").expect("it has members");
        let bulk = PreparedMessage::new(Message::binary(vec![0; 100_000]));
        room.broadcast(bulk).expect("no thread is blocked");
        for price in 0..10 {
            room.broadcast_latest(7, format!("price {price}"))
                .expect("no thread is blocked");
            test::settle().await;
        }
        room.broadcast("closing time")
            .expect("no thread is blocked");
        quick.expect_binary(&[0; 100_000]).await;
        for price in 0..10 {
            quick.expect_text(&format!("price {price}")).await;
        }
        quick.expect_text("closing time").await;

        slow.resume_reading();
        slow.expect_binary(&[0; 100_000]).await;
        slow.expect_text("price 9").await;
        slow.expect_text("closing time").await;
    });
}

#[test]
fn members_of_a_room_are_closed_behind_what_was_said() {
    test::run(async {
        let rooms = Houses::new();
        let mut ada = guest(&rooms, "hall", "ada").await;
        let mut ben = guest(&rooms, "hall", "ben").await;
        let mut cyd = guest(&rooms, "attic", "cyd").await;
        rooms
            .broadcast(&"hall", "last orders")
            .expect("no thread is blocked");
        let code = CloseCode::new(4000);
        rooms
            .close(&"hall", code, "closed")
            .expect("the code may be sent");
        for peer in [&mut ada, &mut ben] {
            peer.expect_text("last orders").await;
            let payload = peer.expect_close(4000).await;
            assert_eq!(payload.reason(), "closed");
            peer.send_close(4000, "closed");
            let outcome = peer.expect_end().await;
            assert_eq!(outcome.cause, Cause::Local);
        }
        cyd.expect_nothing(MOMENT).await;
        assert_eq!(rooms.list(), [("attic", 1)]);
    });
}

#[test]
fn one_member_can_be_shown_out() {
    test::run(async {
        let rooms = Houses::new();
        let mut ada = guest(&rooms, "hall", "ada").await;
        let mut mallory = guest(&rooms, "hall", "mallory").await;
        let room = rooms.get(&"hall").expect("it has members");
        let code = CloseCode::POLICY_VIOLATION;
        let closed = room.close_where(code, "behave", |_, name| *name == "mallory");
        closed.expect("the code may be sent");
        mallory.expect_close(1008).await;
        mallory.expect_end().await;
        room.broadcast("it is quiet now")
            .expect("no thread is blocked");
        ada.expect_text("it is quiet now").await;
        assert_eq!(room.count(), 1);
    });
}

#[test]
fn a_code_that_must_not_be_sent_closes_nobody() {
    test::run(async {
        let rooms = Houses::new();
        let mut ada = guest(&rooms, "hall", "ada").await;
        assert!(rooms.close(&"hall", CloseCode::new(1006), "").is_err());
        assert!(
            rooms
                .close(&"hall", CloseCode::NORMAL, "x".repeat(124))
                .is_err()
        );
        ada.expect_nothing(MOMENT).await;
    });
}

#[test]
fn room_that_is_kept_beyond_its_end_is_not_the_next_of_its_name() {
    test::run(async {
        let rooms: Rooms<_, _> = Houses::new();
        let mut ada = guest(&rooms, "hall", "ada").await;
        let first = rooms.get(&"hall").expect("it has members");
        ada.close().await;
        assert!(rooms.get(&"hall").is_none());
        assert_eq!(rooms.list(), []);
        let mut ben = guest(&rooms, "hall", "ben").await;
        let second = rooms.get(&"hall").expect("it has members");
        assert!(first != second);
        assert_eq!((first.count(), second.count()), (0, 1));
        first.broadcast("anybody?").expect("no thread is blocked");
        ben.expect_nothing(MOMENT).await;
    });
}
