//! A flooded mailbox, and a burst that is heard to the last message.

use actix::{Actor, ActorContext, Addr, AsyncContext, Context, Handler, Message, fut::wrap_future};

use super::shared::{echo, longest_wait, spinning};
use crate::support::{
    flood::{Flood, turn},
    frames::{PING, PONG, close, frame, text, texts},
    play,
    probe::{Journal, Letter, Noise, Probe},
    scene::listener,
    seconds, settle, until,
};

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
