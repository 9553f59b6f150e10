//! Coming and going.

use std::{
    collections::HashSet,
    sync::{Arc, atomic::Ordering},
};

use ws_core::CloseCode;
use ws_tests::house::{House, LOBBY};

#[actix_web::test]
async fn member_that_drops_its_membership_has_left() {
    let house = House::open();
    let mut members = house.fill(4).await;
    members[1].send("leave").await;
    assert_eq!(members[1].text().await, "left");
    assert_eq!(house.names(LOBBY), ["0", "2", "3"]);
    house.say("who is here?");
    for stayed in [0, 2, 3] {
        assert_eq!(members[stayed].text().await, "who is here?");
    }
    // The connection lives on, and heard nothing.
    members[1].close(1000, "").await;
    assert_eq!(members[1].closed().await.code(), CloseCode::NORMAL);
}

#[actix_web::test]
async fn member_that_closes_has_left() {
    let house = House::open();
    let mut members = house.fill(4).await;
    members[1].close(1000, "").await;
    assert_eq!(members[1].closed().await.code(), CloseCode::NORMAL);
    house.until_count(LOBBY, 3).await;
    assert_eq!(house.names(LOBBY), ["0", "2", "3"]);
    members.remove(1);
    house.say("who is here?");
    for member in &mut members {
        assert_eq!(member.text().await, "who is here?");
    }
}

#[actix_web::test]
async fn member_that_is_lost_has_left() {
    let house = House::open();
    let mut members = house.fill(5).await;
    members.remove(3).vanish();
    members.remove(1).reset();
    house.until_count(LOBBY, 3).await;
    assert_eq!(house.names(LOBBY), ["0", "2", "4"]);
    house.say("who is here?");
    for member in &mut members {
        assert_eq!(member.text().await, "who is here?");
    }
}

#[actix_web::test]
async fn members_are_listed_in_the_order_in_which_they_joined() {
    let house = House::open();
    let ada = house.enter(LOBBY, "Ada").await;
    let _bob = house.enter(LOBBY, "Bob").await;
    let _cyd = house.enter("kitchen", "Cyd").await;
    let _dan = house.enter(LOBBY, "Dan").await;
    assert_eq!(house.names(LOBBY), ["Ada", "Bob", "Dan"]);
    assert_eq!(house.count(LOBBY), 3);
    assert_eq!(house.names("kitchen"), ["Cyd"]);
    let ids: HashSet<_> = ["Ada", "Bob", "Dan"].map(|name| house.id_of(name)).into();
    assert_eq!(ids.len(), 3);

    ada.vanish();
    house.until_count(LOBBY, 2).await;
    let _ada = house.enter(LOBBY, "Ada").await;
    assert_eq!(house.names(LOBBY), ["Bob", "Dan", "Ada"]);
}

#[actix_web::test]
async fn room_without_members_is_gone() {
    let house = House::open();
    assert_eq!(format!("{:?}", house.rooms()), "Rooms { rooms: 0 }");
    let members = house.fill(4).await;
    assert_eq!(format!("{:?}", house.rooms()), "Rooms { rooms: 1 }");
    for member in members {
        member.vanish();
    }
    house.until_count(LOBBY, 0).await;
    assert_eq!(format!("{:?}", house.rooms()), "Rooms { rooms: 0 }");
    // To talk to nobody is no error, and makes no room.
    house.say("is anybody here?");
    assert_eq!(format!("{:?}", house.rooms()), "Rooms { rooms: 0 }");

    let mut again = house.fill(2).await;
    house.say("welcome back");
    for member in &mut again {
        assert_eq!(member.text().await, "welcome back");
    }
}

#[actix_web::test]
async fn who_joins_amid_broadcasts_hears_all_from_then_on_and_nothing_from_before() {
    let house = House::open();
    let listeners = house.fill(2).await;
    let stop = Arc::default();
    let counting = house.count_aloud(&stop);
    for name in 0..40 {
        let mut member = house.enter(LOBBY, &name.to_string()).await;
        member.send("numbers").await;
        let mut heard = Vec::new();
        let (done, begun) = loop {
            let text = member.text().await;
            if let Some((done, begun)) = text.split_once(' ') {
                break (number(done), number(begun));
            }
            heard.push(number(&text));
        };
        while heard.len() < 20 {
            heard.push(number(&member.text().await));
        }
        assert!(
            done < heard[0] && heard[0] <= begun + 1,
            "{done} were done, {begun} begun: {heard:?}"
        );
        let from_there: Vec<_> = (heard[0]..).take(heard.len()).collect();
        assert_eq!(heard, from_there);
        member.vanish();
    }
    stop.store(true, Ordering::SeqCst);
    counting.join().expect("the count goes on");

    for mut listener in listeners {
        for expected in 1..=house.counted() {
            assert_eq!(number(&listener.text().await), expected);
        }
    }
}

fn number(text: &str) -> u64 {
    text.parse().expect("numbers are broadcast")
}
