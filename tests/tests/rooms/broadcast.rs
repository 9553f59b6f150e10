//! Who hears what is broadcast.

use ws_tests::{
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
