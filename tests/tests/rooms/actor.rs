//! Rooms that have an actor of their own.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use actix::{Actor, ActorContext, AsyncContext, Handler, Message, Running, fut};
use ws_server::{
    ActorMembership, ActorRooms, JoinError, Presence, Room, RoomActor, RoomContext, Rooms,
    TellError, Text, WsContext,
    test::{self, Handlers, Peer},
};

use crate::counted::counted;

/// A loop that writes down what happens to it.
struct Game {
    name: &'static str,
    log: Log,
    ticks: u32,
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn note(&self, entry: impl Into<String>) {
        self.0
            .lock()
            .expect("nobody panics here")
            .push(entry.into());
    }

    /// What was written since the last time.
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().expect("nobody panics here"))
    }
}

impl Actor for Game {
    type Context = RoomContext<Self>;

    fn started(&mut self, ctx: &mut RoomContext<Self>) {
        self.log.note(format!("{} opens", self.name));
        ctx.run_interval(Duration::from_secs(1), |game, ctx| {
            game.ticks += 1;
            let tick = format!("tick {}", game.ticks);
            ctx.room().broadcast(tick).expect("no thread is blocked");
        });
    }

    fn stopping(&mut self, _: &mut RoomContext<Self>) -> Running {
        self.log.note(format!("{} is about to close", self.name));
        Running::Stop
    }

    fn stopped(&mut self, _: &mut RoomContext<Self>) {
        self.log.note(format!("{} closes", self.name));
    }
}

impl RoomActor for Game {
    type Key = &'static str;
    type Data = &'static str;

    fn restarted(&mut self, ctx: &mut RoomContext<Self>) {
        self.log.note("begins anew");
        ctx.room()
            .broadcast("begun anew")
            .expect("no thread is blocked");
    }
}

impl Handler<Presence<&'static str>> for Game {
    type Result = ();

    fn handle(&mut self, presence: Presence<&'static str>, _: &mut RoomContext<Self>) {
        let name = presence.member().data();
        match presence {
            Presence::Joined(_) => self.log.note(format!("+{name}")),
            Presence::Left(_) => self.log.note(format!("-{name}")),
        }
        assert_ne!(*name, "poison", "poison is not for games");
    }
}

/// What players say.
#[derive(Message)]
#[rtype(result = "()")]
struct Say(String);

impl Handler<Say> for Game {
    type Result = ();

    fn handle(&mut self, Say(text): Say, ctx: &mut RoomContext<Self>) {
        self.log.note(text.clone());
        match &*text {
            "panic" => panic!("a player said so"),
            "stop" => ctx.stop(),
            "sleep" => ctx.wait(fut::wrap_future(tokio::time::sleep(Duration::from_secs(5)))),
            "later" => {
                let address = ctx.address();
                ctx.run_later(Duration::from_secs(2), move |_, _| {
                    address.do_send(Say("it is later".to_owned()));
                });
            }
            _ => {}
        }
    }
}

/// Tells the game what its peer says.
struct Player {
    games: ActorRooms<Game>,
    room: &'static str,
    name: &'static str,
    game: Option<ActorMembership<Game>>,
    told: Arc<Mutex<Option<TellError>>>,
}

impl Actor for Player {
    type Context = WsContext<Self>;

    fn started(&mut self, ctx: &mut WsContext<Self>) {
        let game = self.games.join(self.room, self.name, ctx);
        self.game = Some(game.expect("there is room"));
    }
}

impl Handler<Text> for Player {
    type Result = ();

    fn handle(&mut self, Text(text): Text, ctx: &mut WsContext<Self>) {
        if text.as_str() == "come and go" {
            let refused = loop {
                match self.games.join(self.room, "eve", ctx) {
                    Ok(membership) => drop(membership),
                    Err(error) => break error,
                }
            };
            assert_eq!(refused, JoinError::ActorBehind { limit: 16_385 });
            return;
        }
        let game = self.game.as_ref().expect("it has joined");
        let told = game.tell(Say(text.as_str().to_owned()));
        *self.told.lock().expect("nobody panics here") = told.err();
    }
}

fn games(log: &Log) -> ActorRooms<Game> {
    let log = log.clone();
    Rooms::builder().with_actor(move |room: &Room<&'static str, _>| Game {
        name: room.key(),
        log: log.clone(),
        ticks: 0,
    })
}

async fn player(games: &ActorRooms<Game>, room: &'static str, name: &'static str) -> Peer<Player> {
    player_that_notes(games, room, name, &Arc::default()).await
}

async fn player_that_notes(
    games: &ActorRooms<Game>,
    room: &'static str,
    name: &'static str,
    told: &Arc<Mutex<Option<TellError>>>,
) -> Peer<Player> {
    let player = Player {
        games: games.clone(),
        room,
        name,
        game: None,
        told: Arc::clone(told),
    };
    let peer = test::server(player, Handlers::new().on::<Text>()).connect();
    test::settle().await;
    peer
}

#[test]
fn actor_is_made_for_the_first_member_and_stopped_behind_the_last() {
    test::run(async {
        let log = Log::default();
        let games = games(&log);
        let mut ada = player(&games, "chess", "ada").await;
        let mut ben = player(&games, "chess", "ben").await;
        let _cyd = player(&games, "go", "cyd").await;
        assert_eq!(
            log.take(),
            ["chess opens", "+ada", "+ben", "go opens", "+cyd"]
        );
        ada.send_text("e4");
        test::settle().await;
        ada.close().await;
        ben.send_text("resign");
        test::settle().await;
        ben.reset();
        test::settle().await;
        let told = [
            "e4",
            "-ada",
            "resign",
            "-ben",
            "chess is about to close",
            "chess closes",
        ];
        assert_eq!(log.take(), told);
        // The next of its name is another.
        let _dan = player(&games, "chess", "dan").await;
        assert_eq!(log.take(), ["chess opens", "+dan"]);
        assert_eq!(games.count(&"chess"), 1);
    });
}

#[test]
fn actor_ticks() {
    test::run(async {
        let games = games(&Log::default());
        let mut ada = player(&games, "chess", "ada").await;
        for tick in 1..=3 {
            ada.expect_text(&format!("tick {tick}")).await;
        }
        assert_eq!(ada.elapsed(), Duration::from_secs(3));
        let mut ben = player(&games, "chess", "ben").await;
        ben.expect_text("tick 4").await;
        ada.expect_text("tick 4").await;
    });
}

#[test]
fn actor_hears_of_a_member_before_and_after_what_it_says() {
    test::run(async {
        let log = Log::default();
        let games = games(&log);
        let ada = player(&games, "chess", "ada").await;
        drop(log.take());
        // All of it waits, and comes in its order.
        games
            .tell(&"chess", Say("sleep".to_owned()))
            .expect("it is there");
        let mut ben = player(&games, "chess", "ben").await;
        ben.send_text("one");
        ben.send_text("two");
        test::settle().await;
        ben.reset();
        test::settle().await;
        let _cyd = player(&games, "chess", "cyd").await;
        assert_eq!(log.take(), ["sleep"]);
        test::advance(Duration::from_secs(5)).await;
        assert_eq!(log.take(), ["+ben", "one", "two", "-ben", "+cyd"]);
        drop(ada);
    });
}

#[test]
fn panic_puts_another_in_its_place_that_hears_of_all_members() {
    test::run(async {
        let log = Log::default();
        let games = games(&log);
        let mut ada = player(&games, "chess", "ada").await;
        let _ben = player(&games, "chess", "ben").await;
        drop(log.take());
        games
            .tell(&"chess", Say("panic".to_owned()))
            .expect("it is there");
        games
            .tell(&"chess", Say("what waited".to_owned()))
            .expect("it is there");
        ada.expect_text("begun anew").await;
        let told = [
            "panic",
            "chess opens",
            "+ada",
            "+ben",
            "begins anew",
            "what waited",
        ];
        assert_eq!(log.take(), told);
        // It ticks anew, and the connections never noticed.
        ada.expect_text("tick 1").await;
        ada.send_text("still here");
        test::settle().await;
        assert_eq!(log.take(), ["still here"]);
    });
}

#[test]
fn actor_that_panics_again_and_again_waits_ever_longer() {
    test::run(async {
        let log = Log::default();
        let games = games(&log);
        let mut poison = player(&games, "chess", "poison").await;
        test::advance(Duration::from_millis(99)).await;
        // At once for the first time, and whenever it hears of that member.
        assert_eq!(
            log.take(),
            ["chess opens", "+poison", "chess opens", "+poison"]
        );
        for delay in [100, 200, 400, 800, 1600, 3200] {
            test::advance(Duration::from_millis(1)).await;
            assert_eq!(log.take(), ["chess opens", "+poison"], "after {delay}");
            test::advance(Duration::from_millis(2 * delay - 1)).await;
            assert_eq!(log.take(), [""; 0], "within {}", 2 * delay);
        }
        // The delays have an end, and so has the room.
        test::advance(Duration::from_secs(120)).await;
        let attempts = log.take().len() / 2;
        assert!((4..=8).contains(&attempts), "{attempts}");
        poison.close().await;
        test::advance(Duration::from_secs(31)).await;
        drop(log.take());
        test::advance(Duration::from_secs(3600)).await;
        assert_eq!(log.take(), [""; 0]);
        let _ada = player(&games, "chess", "ada").await;
        assert_eq!(log.take(), ["chess opens", "+ada"]);
    });
}

#[test]
fn what_an_actor_took_and_nobody_heard_is_counted() {
    let counted = counted(|| {
        test::run(async {
            let log = Log::default();
            let games = games(&log);
            let tell = |text: &str| games.tell(&"chess", Say(text.to_owned()));
            let mut ada = player(&games, "chess", "ada").await;
            for text in ["panic", "panic", "panic", "one", "two"] {
                tell(text).expect("it is there");
            }
            ada.close().await;
            test::advance(Duration::from_secs(60)).await;
            assert!(!log.take().contains(&"one".to_owned()));
            let _ben = player(&games, "chess", "ben").await;
            for text in ["stop", "three"] {
                tell(text).expect("it is there");
            }
            test::settle().await;
            tell("four").expect_err("it has stopped");
        });
    });
    let unheard = counted.get("ws_room_messages_unheard_total rooms");
    assert_eq!(unheard, Some(&3.0), "{counted:?}");
}

#[test]
fn actor_that_is_far_behind_is_told_no_more() {
    let counted = counted(told_too_much);
    let refused = counted.get("ws_room_messages_refused_total rooms");
    assert_eq!(refused, Some(&2.0), "{counted:?}");
}

fn told_too_much() {
    test::run(async {
        let log = Log::default();
        let games = games(&log);
        let told = Arc::default();
        let mut ada = player_that_notes(&games, "chess", "ada", &told).await;
        ada.send_text("sleep");
        test::settle().await;
        let full = loop {
            if let Err(error) = games.tell(&"chess", Say("more".to_owned())) {
                break error;
            }
        };
        assert_eq!(full, TellError::Full { limit: 16_384 });
        ada.send_text("and more");
        test::settle().await;
        assert_eq!(*told.lock().expect("nobody panics here"), Some(full));
        // Comings and goings are always told.
        let _ben = player(&games, "chess", "ben").await;
        test::advance(Duration::from_secs(6)).await;
        let heard = log.take();
        assert_eq!(heard.last().map(String::as_str), Some("+ben"));
        assert_eq!(heard.iter().filter(|it| *it == "more").count(), 16_384);
        assert_eq!(games.tell(&"chess", Say("fine".to_owned())), Ok(()));
    });
}

#[test]
fn nobody_joins_a_room_whose_actor_is_far_behind_those_who_come_and_go() {
    let counted = counted(|| {
        test::run(async {
            let log = Log::default();
            let games = games(&log);
            let mut ada = player(&games, "chess", "ada").await;
            ada.send_text("sleep");
            ada.send_text("come and go");
            // All that was told is heard, and the doors are open again.
            test::advance(Duration::from_secs(6)).await;
            let _ben = player(&games, "chess", "ben").await;
            let heard = log.take();
            assert_eq!(heard.iter().filter(|it| *it == "+eve").count(), 8193);
            assert_eq!(heard.iter().filter(|it| *it == "-eve").count(), 8193);
            assert_eq!(heard.last().map(String::as_str), Some("+ben"));
        });
    });
    let refused = counted.get("ws_joins_refused_total rooms actor_behind");
    assert_eq!(refused, Some(&1.0), "{counted:?}");
}

#[test]
fn room_without_members_has_no_actor_to_tell() {
    test::run(async {
        let games = games(&Log::default());
        let told = games.tell(&"chess", Say("anybody?".to_owned()));
        assert_eq!(told, Err(TellError::Gone));
    });
}

#[test]
fn actor_that_stops_by_itself_leaves_its_members_where_they_are() {
    test::run(async {
        let log = Log::default();
        let games = games(&log);
        let told = Arc::default();
        let mut ada = player_that_notes(&games, "chess", "ada", &told).await;
        ada.send_text("stop");
        test::settle().await;
        let life = [
            "chess opens",
            "+ada",
            "stop",
            "chess is about to close",
            "chess closes",
        ];
        assert_eq!(log.take(), life);
        ada.send_text("hello?");
        test::settle().await;
        assert_eq!(*told.lock().unwrap(), Some(TellError::Gone));
        games
            .broadcast(&"chess", "the game is over")
            .expect("no thread is blocked");
        ada.expect_text("the game is over").await;
    });
}

#[test]
fn actor_has_an_address_as_any_actor() {
    test::run(async {
        let log = Log::default();
        let games = games(&log);
        let mut ada = player(&games, "chess", "ada").await;
        ada.send_text("later");
        test::advance(Duration::from_secs(3)).await;
        let told = ["chess opens", "+ada", "later", "it is later"];
        assert_eq!(log.take(), told);
    });
}
