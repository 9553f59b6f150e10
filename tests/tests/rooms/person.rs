//! A connection's actor that is in rooms, and the peer's side of it.

use actix::{Actor, Handler, Message};
use ws_server::{
    JoinError, Members, Membership, Rooms, Text, WsContext,
    test::{self, Handlers, Peer},
};

/// Rooms of people, by their names.
pub(crate) type Houses = Rooms<&'static str, &'static str>;

/// Joins rooms when it is told to, and says what the peer says to the last of
/// them.
#[derive(Default)]
pub(crate) struct Person {
    places: Vec<Membership<&'static str, &'static str>>,
}

impl Actor for Person {
    type Context = WsContext<Self>;
}

impl Handler<Text> for Person {
    type Result = ();

    fn handle(&mut self, Text(text): Text, _: &mut WsContext<Self>) {
        let place = self.places.last().expect("it has joined");
        place.broadcast(text).expect("no thread is blocked");
    }
}

/// Join a room under a name.
#[derive(Message)]
#[rtype(result = "Result<Members<&'static str>, JoinError>")]
pub(crate) struct Join(
    pub(crate) Houses,
    pub(crate) &'static str,
    pub(crate) &'static str,
);

impl Handler<Join> for Person {
    type Result = Result<Members<&'static str>, JoinError>;

    fn handle(&mut self, Join(rooms, room, name): Join, ctx: &mut WsContext<Self>) -> Self::Result {
        let (place, others) = rooms.join_and_list(room, name, ctx)?;
        self.places.push(place);
        Ok(others)
    }
}

/// Leave the first room that was joined.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Leave;

impl Handler<Leave> for Person {
    type Result = ();

    fn handle(&mut self, _: Leave, _: &mut WsContext<Self>) {
        drop(self.places.remove(0));
    }
}

/// Somebody who is in no room yet.
pub(crate) fn stranger() -> Peer<Person> {
    test::server(Person::default(), Handlers::new().on::<Text>()).connect()
}

/// Somebody who has joined a room.
pub(crate) async fn guest(rooms: &Houses, room: &'static str, name: &'static str) -> Peer<Person> {
    let peer = stranger();
    let joined = peer.address().send(Join(rooms.clone(), room, name)).await;
    joined.expect("it lives").expect("there is room");
    peer
}

/// The names of members.
pub(crate) fn names(members: &Members<&'static str>) -> Vec<&'static str> {
    members.iter().map(|member| *member.data()).collect()
}
