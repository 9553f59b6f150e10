//! Joining and leaving, told together.

use std::time::Duration;

use ws_server::{Presence, test};

use crate::person::{Houses, Join, Leave, guest, names, stranger};

const WHILE: Duration = Duration::from_millis(200);

fn announcing() -> Houses {
    let announced = Houses::builder().announce_together(WHILE, |room, changes| {
        let told = changes.iter().map(|presence| match presence {
            Presence::Joined(member) => format!("+{}", member.data()),
            Presence::Left(member) => format!("-{}", member.data()),
        });
        Some(format!("{room}:{}", told.collect::<String>()).into())
    });
    announced.build()
}

#[test]
fn all_who_come_in_a_while_are_told_in_one_message() {
    test::run(async {
        let rooms = announcing();
        let mut ada = guest(&rooms, "hall", "ada").await;
        ada.expect_text("hall:+ada").await;
        let mut ben = guest(&rooms, "hall", "ben").await;
        let mut cyd = guest(&rooms, "hall", "cyd").await;
        ada.address().send(Leave).await.expect("it lives");
        for peer in [&mut ben, &mut cyd] {
            peer.expect_text("hall:+ben+cyd-ada").await;
            peer.expect_nothing(WHILE * 10).await;
        }
    });
}

#[test]
fn who_comes_and_goes_in_a_while_is_not_told() {
    test::run(async {
        let rooms = announcing();
        let mut ada = guest(&rooms, "hall", "ada").await;
        ada.expect_text("hall:+ada").await;
        let mut ben = guest(&rooms, "hall", "ben").await;
        ben.close().await;
        ada.expect_nothing(WHILE * 10).await;
        // And the next news are told as ever.
        let _cyd = guest(&rooms, "hall", "cyd").await;
        ada.expect_text("hall:+cyd").await;
    });
}

#[test]
fn list_and_what_is_told_afterwards_fit() {
    test::run(async {
        let rooms = announcing();
        let mut ada = guest(&rooms, "hall", "ada").await;
        ada.expect_text("hall:+ada").await;
        let _ben = guest(&rooms, "hall", "ben").await;
        let mut cyd = stranger();
        let others = cyd.address().send(Join(rooms.clone(), "hall", "cyd")).await;
        let others = others.expect("it lives").expect("there is room");
        // Of Ben, nobody has been told yet.
        assert_eq!(names(&others), ["ada"]);
        cyd.expect_text("hall:+ben+cyd").await;
        assert_eq!(names(&rooms.members(&"hall")), ["ada", "ben", "cyd"]);
    });
}

#[test]
fn panic_of_an_announcement_costs_nothing_but_the_announcement() {
    test::run(async {
        let rooms = Houses::builder().announce_together(WHILE, |_, changes| {
            let named = |it: &Presence<_>| *it.member().data() == "voldemort";
            assert!(!changes.iter().any(named), "do not say that name");
            Some(changes.len().to_string().into())
        });
        let rooms = rooms.build();
        let mut ada = guest(&rooms, "hall", "ada").await;
        ada.expect_text("1").await;
        let _unnamed = guest(&rooms, "hall", "voldemort").await;
        ada.expect_nothing(WHILE * 10).await;
        let _ben = guest(&rooms, "hall", "ben").await;
        ada.expect_text("1").await;
    });
}
