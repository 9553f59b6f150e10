//! What comes to an actor from the handshake.

use std::sync::Arc;

use bytes::BytesMut;
use tokio::task::spawn_local;
use ws_actors::Driver;
use ws_core::Role;

use crate::support::{
    frames::{text, texts},
    play,
    probe::{Heard, Probe},
    scene::{self, connection},
    settle,
    wire::wire,
};

#[test]
fn frames_that_came_with_the_handshake_are_heard() {
    play(async {
        let (wire, peer) = wire();
        let handlers = Probe::handlers();
        let mut connection = connection(Role::Server, &handlers);
        let now = tokio::time::Instant::now().into_std();
        let mut early = BytesMut::from(&texts([1, 2])[..]);
        connection.handle_input(now, &mut early);
        let actor = Probe::new(Box::new(|_, _| {}), 0);
        let journal = actor.journal.clone();
        spawn_local(Driver::new(actor, connection, wire, Arc::new(handlers)));
        settle().await;
        assert_eq!(journal.texts(), ["1", "2"]);
        peer.send(text("3"));
        settle().await;
        assert_eq!(journal.texts(), ["1", "2", "3"]);
    });
}

#[test]
fn an_actor_knows_the_subprotocol() {
    play(async {
        let (wire, _peer) = wire();
        let handlers = Probe::handlers();
        let connection = connection(Role::Server, &handlers).with_subprotocol(Some("chat"));
        let actor = Probe::new(
            Box::new(|_, ctx| assert_eq!(ctx.subprotocol(), Some("chat"))),
            0,
        );
        let journal = actor.journal.clone();
        scene::open(actor, connection, wire, handlers);
        settle().await;
        assert_eq!(journal.all(), [Heard::Started]);
    });
}
