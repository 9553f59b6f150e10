//! Rooms whose members live on two threads of a server.

use std::{
    collections::HashSet,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use ws_core::{CloseCode, Config, Event, Message};
use ws_server::{Endpoint, Flow};
use ws_tests::{
    client::Client,
    house::{House, LOBBY},
    raw::Raw,
    request::Request,
    wait::within,
};

#[actix_web::test]
async fn broadcast_reaches_all_members_of_the_room_and_nobody_else() {
    let house = House::open();
    let mut members = house.fill(6).await;
    let mut elsewhere = house.enter("kitchen", "cook").await;
    for sender in 0..members.len() {
        let text = format!("from {sender}");
        members[sender].send(text.clone()).await;
        for member in &mut members {
            assert_eq!(member.text().await, text);
        }
    }
    elsewhere.send("soup").await;
    assert_eq!(elsewhere.text().await, "soup");
}

#[actix_web::test]
async fn broadcast_to_others_reaches_all_but_its_sender() {
    let house = House::open();
    let mut members = house.fill(6).await;
    for sender in 0..members.len() {
        let text = format!("others: from {sender}");
        members[sender].send(text).await;
        for (number, member) in members.iter_mut().enumerate() {
            if number != sender {
                assert_eq!(member.text().await, format!(" from {sender}"));
            }
        }
    }
    // Would a sender have heard itself, it had heard it before this.
    house.say("the end");
    for member in &mut members {
        assert_eq!(member.text().await, "the end");
    }
}

#[actix_web::test]
async fn broadcast_except_leaves_out_one_member() {
    let house = House::open();
    let mut members = house.fill(4).await;
    for excepted in 0..members.len() {
        let id = house.id_of(&excepted.to_string());
        let text = format!("not for {excepted}");
        let said = house
            .rooms()
            .broadcast_except(&LOBBY.to_owned(), text, [id]);
        assert_eq!(said, Ok(()));
    }
    for (number, member) in members.iter_mut().enumerate() {
        for excepted in (0..4).filter(|it| *it != number) {
            assert_eq!(member.text().await, format!("not for {excepted}"));
        }
    }
}

#[actix_web::test]
async fn plain_handler_broadcasts() {
    let house = House::open();
    let mut members = house.fill(4).await;
    let announcement = Request::get("/announce/lobby")
        .method("POST")
        .body("tea is ready");
    let mut raw = Raw::connect(house.address()).await;
    let response = raw.ask(&announcement).await;
    assert_eq!(response.status, "HTTP/1.1 202 Accepted");
    for member in &mut members {
        assert_eq!(member.text().await, "tea is ready");
    }
}

#[actix_web::test]
async fn all_members_hear_many_senders_in_the_same_order() {
    const MEMBERS: usize = 8;
    const TEXTS: usize = 150;
    let house = House::open();
    let members = house.fill(MEMBERS).await;
    let mut talks = Vec::new();
    for (sender, mut member) in members.into_iter().enumerate() {
        talks.push(actix_rt::spawn(async move {
            let mut heard = Vec::new();
            for number in 0..TEXTS {
                member.send(format!("{sender} {number}")).await;
                heard.push(member.text().await);
            }
            while heard.len() < MEMBERS * TEXTS {
                heard.push(member.text().await);
            }
            heard
        }));
    }
    let mut all = Vec::new();
    for talk in talks {
        let heard = within("a member to hear all", talk).await;
        all.push(heard.expect("no member panics"));
    }
    for (member, heard) in all.iter().enumerate() {
        assert_eq!(*heard, all[0], "member {member}");
    }
    for sender in 0..MEMBERS {
        let own = |text: &&String| text.split(' ').next() == Some(&sender.to_string());
        let heard: Vec<_> = all[0].iter().filter(own).collect();
        let said: Vec<_> = (0..TEXTS).map(|it| format!("{sender} {it}")).collect();
        assert_eq!(heard, said.iter().collect::<Vec<_>>());
    }
}

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

/// Without deadlines: what ends a connection is never the passing of time.
fn patient() -> Config {
    let long = Duration::from_secs(3600);
    Config::new()
        .ping_interval(None)
        .close_timeout(long)
        .write_timeout(long)
}

/// A message that soon fills the buffers of who does not read.
fn bulky(number: usize) -> String {
    format!("{number:-<32768}")
}

/// Together more than the system's own buffers hold.
const BULK: usize = 400;

#[actix_web::test]
async fn member_that_reads_too_slowly_is_closed_and_costs_the_others_nothing() {
    let endpoint = Endpoint::builder()
        .config(patient())
        .flow(Flow::new().max_queued_bytes(128 * 1024));
    let house = House::with(endpoint);
    let mut members = house.fill(4).await;
    let address = house.address();
    let mut slow = Client::connect_narrow(address, "/lobby/slow").await;
    house.until_count(LOBBY, 5).await;

    for number in 0..BULK {
        members[number % 4].send(bulky(number)).await;
        for member in &mut members {
            assert_eq!(member.text().await, bulky(number));
        }
    }

    assert_eq!(slow.text().await, "joined");
    let mut heard = 0;
    let outcome = loop {
        let event = slow.event().await;
        if let Event::Closed(outcome) = event {
            break outcome;
        }
        assert_eq!(event, Event::Message(Message::text(bulky(heard))));
        heard += 1;
    };
    assert_eq!(outcome.code(), CloseCode::TRY_AGAIN_LATER);
    let payload = outcome.received.unwrap();
    assert_eq!(payload.reason(), "peer reads too slowly");
    assert!(heard < BULK);

    house.until_count(LOBBY, 4).await;
    house.say("it is gone");
    for member in &mut members {
        assert_eq!(member.text().await, "it is gone");
    }
}

#[actix_web::test]
async fn member_that_never_reads_loses_its_place() {
    let impatient = Config::new().close_timeout(Duration::from_millis(100));
    let endpoint = Endpoint::builder()
        .config(impatient)
        .flow(Flow::new().max_queued_bytes(128 * 1024));
    let house = House::with(endpoint);
    let mut members = house.fill(2).await;
    let address = house.address();
    let _deaf = Client::connect_narrow(address, "/lobby/deaf").await;
    house.until_count(LOBBY, 3).await;
    for number in 0..BULK {
        house.say(&bulky(number));
        for member in &mut members {
            assert_eq!(member.text().await, bulky(number));
        }
    }
    house.until_count(LOBBY, 2).await;
    assert_eq!(house.names(LOBBY), ["0", "1"]);
}
