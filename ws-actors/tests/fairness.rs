//! Whoever floods a connection actor, its other sources of work have their
//! turn, and so have the other tasks of the thread.
#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "what a probe does is for one test, and a panic fails it"
)]

use std::{
    cell::Cell,
    pin::Pin,
    rc::Rc,
    task::{self, Poll},
};

use actix::{
    Actor, ActorContext, ActorFuture, Addr, AsyncContext, Context, Handler, Message,
    fut::wrap_future,
};
use tokio::task::spawn_local;
use ws_actors::WsContext;

use self::support::{
    flood::{Bystander, Flood, turn},
    frames::{PING, PONG, close, frame, text, texts},
    play,
    probe::{Heard, Journal, Letter, Noise, Probe},
    scene::{Setup, listener, probe},
    seconds, settle, settle_for, until,
};

mod support;

#[test]
fn a_mailbox_flooded_by_another_actor_does_not_starve_the_socket() {
    play(async {
        let (scene, address) = echo().open_addressed();
        let flooder = Flooder(address).start();
        assert!(until(|| scene.journal.noise() > 5000).await);
        let before = scene.journal.noise();
        scene.peer.send(text("hello"));
        scene.peer.send(frame(PING, "ping"));
        let answered = until(|| scene.peer.frames().len() == 2).await;
        let meanwhile = scene.journal.noise() - before;
        flooder.do_send(Enough);
        assert!(answered, "{meanwhile} messages of the flood came first");
        assert!(meanwhile < 100_000, "{meanwhile} messages came first");
        assert_eq!(scene.peer.texts(), ["hello"]);
    });
}

#[test]
fn a_flooded_mailbox_does_not_starve_the_closing_handshake() {
    play(async {
        let (scene, address) = listener().open_addressed();
        let _flood = Flood::of(address);
        assert!(until(|| scene.journal.noise() > 5000).await);
        scene.peer.send(close(1000));
        assert!(until(|| scene.is_over()).await);
        assert!(scene.journal.outcome().is_clean());
    });
}

#[test]
fn a_flooded_mailbox_does_not_starve_the_outbox() {
    play(async {
        let (scene, address) = listener().open_addressed();
        let flood = Flood::of(address);
        assert!(until(|| scene.journal.noise() > 5000).await);
        let before = scene.journal.noise();
        scene.outbox.send("news".into()).unwrap();
        assert!(until(|| !scene.peer.frames().is_empty()).await);
        drop(flood);
        let meanwhile = scene.journal.noise() - before;
        assert!(meanwhile < 100_000, "{meanwhile} messages came first");
    });
}

#[test]
fn a_flooded_mailbox_starves_neither_spawned_futures_nor_other_tasks() {
    play(async {
        let (scene, address) = spinning().open_addressed();
        let flood = Flood::of(address);
        let longest = longest_wait(&scene.journal, Journal::noise);
        let neighbour = echo().open();
        assert!(until(|| scene.journal.noise() > 200_000).await);
        neighbour.peer.send(text("hello"));
        assert!(until(|| !neighbour.peer.texts().is_empty()).await);
        drop(flood);
        let (mine, others) = (scene.journal.counted(), longest.get());
        assert!(mine > 100, "its own future had {mine} turns");
        assert!(others <= 5000, "another task waited for {others} messages");
    });
}

#[test]
fn a_socket_full_of_frames_does_not_starve_the_mailbox() {
    play(async {
        let (scene, address) = listener().open_addressed();
        scene.peer.send_forever(texts(0..1000));
        assert!(until(|| scene.journal.len() > 5000).await);
        let before = scene.journal.texts().len();
        address.do_send(Letter(1));
        assert!(until(|| scene.journal.has(&Heard::Letter(1))).await);
        scene.peer.stop_sending();
        let heard = scene.journal.all();
        let letter = heard.iter().position(|it| *it == Heard::Letter(1));
        let meanwhile = letter.unwrap() - before;
        assert!(meanwhile <= 1000, "{meanwhile} frames came first");
    });
}

#[test]
fn a_socket_full_of_frames_starves_neither_spawned_futures_nor_other_tasks() {
    play(async {
        let scene = spinning().open();
        let longest = longest_wait(&scene.journal, Journal::len);
        let neighbour = echo().open();
        scene.peer.send_forever(texts(0..1000));
        assert!(until(|| scene.journal.len() > 5000).await);
        neighbour.peer.send(text("hello"));
        assert!(until(|| !neighbour.peer.texts().is_empty()).await);
        scene.peer.stop_sending();
        assert!(scene.journal.len() > 10_000, "that is no flood");
        let (mine, others) = (scene.journal.counted(), longest.get());
        assert!(mine > 10, "its own future had {mine} turns");
        assert!(others <= 10_000, "another task waited for {others} frames");
    });
}

#[test]
fn a_socket_full_of_frames_does_not_starve_the_answers() {
    play(async {
        let scene = echo().open();
        scene.peer.send_forever(texts(0..1000));
        assert!(until(|| scene.peer.taken() > 0).await);
        scene.peer.stop_sending();
        settle().await;
        let answers = scene.peer.texts();
        assert!(answers.len() > 1000, "that is no flood");
        assert_eq!(answers, scene.journal.texts());
    });
}

#[test]
fn both_floods_at_once_starve_nobody() {
    play(async {
        let (scene, address) = spinning().open_addressed();
        let flood = Flood::of(address.clone());
        scene.peer.send_forever(texts(0..100));
        let journal = &scene.journal;
        let progress = || [journal.noise(), journal.len(), journal.counted()];
        for _ in 0..5 {
            let [noise, frames, turns] = progress();
            settle_for(5).await;
            let now = progress();
            assert!(now[0] > noise, "no message was heard");
            assert!(now[1] > frames, "no frame was heard");
            assert!(now[2] > turns, "its own future had no turn");
        }
        scene.peer.stop_sending();
        drop(flood);
    });
}

#[test]
fn an_actor_that_notifies_itself_again_and_again_starves_neither_the_socket_nor_others() {
    play(async {
        // It has an end, for the case that nobody else has a turn before.
        const END: usize = 50_000;
        let rounds = Rc::new(Cell::new(0));
        let counted = Rc::clone(&rounds);
        let scene = probe(move |heard, ctx| match heard {
            Heard::Letter(_) if counted.get() < END => {
                counted.set(counted.get() + 1);
                ctx.notify(Letter(0));
            }
            Heard::Text(text) if text == "go" => ctx.notify(Letter(0)),
            Heard::Text(_) => ctx.text(counted.get().to_string()).unwrap(),
            _ => {}
        })
        .open();
        let first_turn = Rc::new(Cell::new(END));
        let noted = Rc::clone(&first_turn);
        let _bystander = Bystander::new(move || {
            if rounds.get() > 0 {
                noted.set(noted.get().min(rounds.get()));
            }
        });
        scene.peer.send(text("go"));
        scene.peer.send(text("hello"));
        assert!(until(|| !scene.peer.texts().is_empty()).await);
        let answer: usize = scene.peer.texts()[0].parse().unwrap();
        assert!(answer < END, "a frame waited for {answer} messages");
        let others = first_turn.get();
        assert!(others < END, "another task waited for {others} messages");
    });
}

#[test]
fn an_actor_that_sends_to_itself_again_and_again_does_not_starve_the_socket() {
    play(async {
        let rounds = Rc::new(Cell::new(0));
        let counted = Rc::clone(&rounds);
        let scene = probe(move |heard, ctx| match heard {
            Heard::Started => ctx.address().do_send(Letter(0)),
            Heard::Letter(_) if counted.get() < 50_000 => {
                counted.set(counted.get() + 1);
                ctx.address().do_send(Letter(0));
            }
            Heard::Text(text) => ctx.text(text.clone()).unwrap(),
            _ => {}
        })
        .open();
        let bystander = Bystander::new(|| {});
        scene.peer.send(text("hello"));
        assert!(until(|| !scene.peer.texts().is_empty()).await);
        assert!(rounds.get() < 50_000);
        assert!(bystander.turns() > 1);
    });
}

#[test]
fn a_future_that_is_always_ready_to_go_on_does_not_starve_the_actor() {
    play(async {
        let (scene, address) = spinning().open_addressed();
        scene.peer.send(text("hello"));
        address.do_send(Letter(1));
        settle().await;
        assert_eq!(scene.journal.texts(), ["hello"]);
        assert_eq!(scene.journal.letters(), [1]);
        assert_eq!(scene.time(), seconds(0));
    });
}

#[test]
fn a_burst_of_messages_is_heard_to_the_last_though_nothing_follows() {
    // Each of these numbers is about a budget; what is left over must not wait.
    for count in [1, 63, 64, 65, 255, 256, 257, 1023, 1024, 1025, 5000] {
        play(async {
            let (scene, address) = listener().open_addressed();
            settle().await;
            for number in 0..count {
                address.do_send(Letter(number));
            }
            scene.peer.send(texts(0..count));
            until(|| scene.journal.texts().len() as u32 == count).await;
            settle().await;
            assert_eq!(scene.journal.letters().len() as u32, count);
            assert_eq!(scene.journal.texts().len() as u32, count);
            assert_eq!(scene.time(), seconds(0));
            assert_eq!(scene.peer.frames_of(PONG), []);
        });
    }
}

/// An actor that floods a mailbox, a few thousand messages in each of its turns.
struct Flooder(Addr<Probe>);

#[derive(Message)]
#[rtype(result = "()")]
struct Enough;

impl Actor for Flooder {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let address = self.0.clone();
        ctx.spawn(wrap_future(async move {
            loop {
                for _ in 0..3000 {
                    address.do_send(Noise);
                }
                turn().await;
            }
        }));
    }
}

impl Handler<Enough> for Flooder {
    type Result = ();

    fn handle(&mut self, Enough: Enough, ctx: &mut Self::Context) {
        ctx.stop();
    }
}

/// How much a journal grows, at most, between two turns of another task.
fn longest_wait(journal: &Journal, size: impl Fn(&Journal) -> usize + 'static) -> Rc<Cell<usize>> {
    let longest = Rc::new(Cell::new(0));
    let (found, journal) = (Rc::clone(&longest), journal.clone());
    let mut last = size(&journal);
    spawn_local(async move {
        for _ in 0..100_000 {
            turn().await;
            let size = size(&journal);
            found.set(found.get().max(size - last));
            last = size;
        }
    });
    longest
}

/// An actor beside which a future runs that is always ready to go on.
fn spinning() -> Setup {
    probe(|heard, ctx| {
        if *heard == Heard::Started {
            ctx.spawn(Spinning);
        }
    })
}

struct Spinning;

impl ActorFuture<Probe> for Spinning {
    type Output = ();

    fn poll(
        self: Pin<&mut Self>,
        probe: &mut Probe,
        _: &mut WsContext<Probe>,
        cx: &mut task::Context<'_>,
    ) -> Poll<()> {
        probe.journal.count();
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

fn echo() -> Setup {
    probe(|heard, ctx| {
        if let Heard::Text(text) = heard {
            ctx.text(text.clone()).unwrap();
        }
    })
}
