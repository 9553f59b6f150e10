//! Rooms that have an actor of their own, on several nodes.

use std::sync::{Arc, Mutex};

use actix::{Actor, Handler};
use ws_server::{Presence, RoomActor, RoomContext, Rooms};
use ws_tests::wait::until;

use crate::{
    carrier::{Carrier, on_all_engines},
    node::{Node, quick},
};

on_all_engines! {
    each_node_has_an_actor_for_the_members_it_has
}

async fn each_node_has_an_actor_for_the_members_it_has(carrier: Carrier) {
    let logs = [(); 2].map(|()| Log::default());
    let [here, there] = logs.each_ref().map(|log| {
        let log = Arc::clone(log);
        let rooms = Rooms::builder().backplane(quick(carrier.way()));
        let rooms = rooms.with_actor(move |_| Porter(Arc::clone(&log)));
        Node::serve(Rooms::clone(&rooms))
    });
    let mut ada = here.enter("ada").await;
    let (ben, cyd) = (there.enter("ben").await, there.enter("cyd").await);
    here.until_names(&["ada", "ben", "cyd"]).await;
    drop(ben);
    // What an actor says is heard on all nodes.
    assert_eq!(ada.text().await, "farewell, ben");
    drop(cyd);
    here.until_names(&["ada"]).await;
    drop(ada);
    let expected = [vec!["+ada", "-ada"], vec!["+ben", "+cyd", "-ben", "-cyd"]];
    for (log, expected) in logs.iter().zip(expected) {
        let heard = || log.lock().unwrap().clone();
        until("an actor to hear of it", || heard().len() >= expected.len()).await;
        assert_eq!(heard(), expected);
    }
}

/// Who came and went, as an actor heard of it.
type Log = Arc<Mutex<Vec<String>>>;

/// Bids farewell to everybody of whom it hears.
struct Porter(Log);

impl Actor for Porter {
    type Context = RoomContext<Self>;
}

impl RoomActor for Porter {
    type Key = String;
    type Data = String;

    fn restarted(&mut self, _: &mut RoomContext<Self>) {
        self.0.lock().unwrap().push("begun anew".to_owned());
    }
}

impl Handler<Presence<String>> for Porter {
    type Result = ();

    fn handle(&mut self, presence: Presence<String>, ctx: &mut RoomContext<Self>) {
        let name = presence.member().data();
        let mut log = self.0.lock().unwrap();
        if let Presence::Joined(_) = presence {
            log.push(format!("+{name}"));
        } else {
            log.push(format!("-{name}"));
            ctx.room().broadcast(format!("farewell, {name}")).unwrap();
        }
    }
}
