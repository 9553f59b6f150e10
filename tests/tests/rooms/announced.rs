//! Joining and leaving, told to the others.

use std::collections::HashSet;

use actix::Actor;
use actix_web::{HttpRequest, HttpResponse, web};
use ws_server::{Endpoint, Membership, Presence, Rooms, UpgradeError, WsContext, test};
use ws_tests::{client::Client, server::Server, wait::until};

use crate::person::{Houses, Join, Leave, guest, names, stranger};

fn announcing() -> Houses {
    let announced = Houses::builder().announce(|room, presence| {
        let name = presence.member().data();
        match presence {
            _ if name.starts_with("ghost") => None,
            Presence::Joined(_) => Some(format!("{name} is in the {room}").into()),
            Presence::Left(_) => Some(format!("{name} has left the {room}").into()),
        }
    });
    announced.build()
}

#[test]
fn others_are_told_who_joins_and_who_leaves() {
    test::run(async {
        let rooms = announcing();
        let mut ada = guest(&rooms, "hall", "ada").await;
        let mut ben = guest(&rooms, "hall", "ben").await;
        let _ghost = guest(&rooms, "hall", "ghost").await;
        ada.expect_text("ben is in the hall").await;
        ben.send_text("hello");
        ada.expect_text("hello").await;
        ben.expect_text("hello").await;
        // By leaving, by closing, and by being lost.
        ben.address().send(Leave).await.expect("it lives");
        ada.expect_text("ben has left the hall").await;
        let mut cyd = guest(&rooms, "hall", "cyd").await;
        ada.expect_text("cyd is in the hall").await;
        cyd.close().await;
        ada.expect_text("cyd has left the hall").await;
        let mut dan = guest(&rooms, "hall", "dan").await;
        ada.expect_text("dan is in the hall").await;
        dan.reset();
        ada.expect_text("dan has left the hall").await;
    });
}

#[test]
fn who_joins_is_told_who_was_there() {
    test::run(async {
        let rooms = announcing();
        let _ada = guest(&rooms, "hall", "ada").await;
        let _ben = guest(&rooms, "hall", "ben").await;
        let cyd = stranger();
        let others = cyd.address().send(Join(rooms.clone(), "hall", "cyd")).await;
        let others = others.expect("it lives").expect("there is room");
        assert_eq!(names(&others), ["ada", "ben"]);
        // What was listed stays what it was.
        assert_eq!(names(&rooms.members(&"hall")), ["ada", "ben", "cyd"]);
        assert_eq!(names(&others), ["ada", "ben"]);
    });
}

#[test]
fn panic_of_an_announcement_costs_nothing_but_the_announcement() {
    test::run(async {
        let rooms = Houses::builder().announce(|_, presence| {
            let name = presence.member().data();
            assert_ne!(*name, "voldemort", "do not say that name");
            Some((*name).into())
        });
        let rooms = rooms.build();
        let mut ada = guest(&rooms, "hall", "ada").await;
        let mut unnamed = guest(&rooms, "hall", "voldemort").await;
        assert_eq!(rooms.count(&"hall"), 2);
        unnamed.close().await;
        assert_eq!(rooms.count(&"hall"), 1);
        let _ben = guest(&rooms, "hall", "ben").await;
        ada.expect_text("ben").await;
    });
}

/// Keeps the list of who is there by what it is told, as a page does.
struct Witness {
    rooms: Rooms<(), ()>,
    place: Option<Membership<(), ()>>,
}

impl Actor for Witness {
    type Context = WsContext<Self>;

    fn started(&mut self, ctx: &mut WsContext<Self>) {
        let joined = self.rooms.join_and_list((), (), ctx);
        let (place, others) = joined.expect("there is room");
        let mut list: Vec<_> = others.iter().map(|it| it.id().get().to_string()).collect();
        list.insert(0, place.id().get().to_string());
        ctx.text(list.join(" ")).expect("the connection is open");
        self.place = Some(place);
    }
}

/// On two threads, with members that come and go all the time.
#[actix_web::test]
async fn list_and_announcements_together_tell_who_is_there() {
    let rooms = Rooms::<(), ()>::builder().announce(|(), presence| {
        let id = presence.member().id().get();
        match presence {
            Presence::Joined(_) => Some(format!("+{id}").into()),
            Presence::Left(_) => Some(format!("-{id}").into()),
        }
    });
    let rooms = rooms.build();
    let endpoint = Endpoint::<Witness>::builder().build();
    let endpoint = endpoint.expect("the endpoint makes sense");
    let doors = (endpoint, rooms.clone());
    let server = Server::start(move |app| {
        app.app_data(web::Data::new(doors.clone()))
            .route("/", web::get().to(enter));
    });
    let mut stay = Client::connect(server.address(), "/").await;
    let mut comers = Vec::new();
    for task in 0..4 {
        let address = server.address();
        comers.push(actix_rt::spawn(async move {
            let mut kept = Vec::new();
            for number in 0..30 {
                let client = Client::connect(address, "/").await;
                if number % 3 == 0 {
                    kept.push(client);
                } else if (number + task) % 2 == 0 {
                    client.reset();
                }
            }
            kept
        }));
    }
    let mut kept = Vec::new();
    for comer in comers {
        kept.extend(comer.await.expect("no client panics"));
    }
    until("those who left to be gone", || {
        rooms.count(&()) == kept.len() + 1
    })
    .await;
    // What it is told ends with what is so now.
    let expected: HashSet<u64> = rooms.members(&()).iter().map(|it| it.id().get()).collect();
    for client in [&mut stay].into_iter().chain(&mut kept) {
        let text = client.text().await;
        let mut known: HashSet<u64> = text.split(' ').map(number).collect();
        while known != expected {
            let news = client.text().await;
            let (sign, id) = news.split_at(1);
            let changed = match sign {
                "+" => known.insert(number(id)),
                _ => known.remove(&number(id)),
            };
            assert!(changed, "{news} to {known:?}");
        }
    }
}

async fn enter(
    request: HttpRequest,
    payload: web::Payload,
    doors: web::Data<(Endpoint<Witness>, Rooms<(), ()>)>,
) -> Result<HttpResponse, UpgradeError> {
    let (endpoint, rooms) = &**doors;
    let witness = Witness {
        rooms: rooms.clone(),
        place: None,
    };
    endpoint.upgrade(&request, payload, witness)
}

fn number(text: &str) -> u64 {
    text.parse().expect("it is a number")
}
