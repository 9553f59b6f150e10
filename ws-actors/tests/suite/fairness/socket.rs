//! A socket full of frames, alone or with a flooded mailbox.

use bytes::Buf;
use ws_core::{Message, Role};

use super::shared::{echo, longest_wait, spinning};
use crate::support::{
    flood::Flood,
    frames::{text, texts},
    play,
    probe::{Heard, Journal, Letter, Probe},
    scene::{connection, deflate, listener},
    settle, settle_for, until,
};

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
fn frames_that_stand_for_much_do_not_starve_other_tasks() {
    play(async {
        let scene = listener().compressed().open();
        let longest = longest_wait(&scene.journal, Journal::len);
        let message = compressed_text(&"x".repeat(100_000));
        assert!(message.len() < 1000);
        scene.peer.send(message.repeat(200));
        assert!(until(|| scene.journal.texts().len() == 200).await);
        let longest = longest.get();
        assert!(longest <= 10, "another task waited for {longest} messages");
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

/// A message of a client that compresses.
fn compressed_text(text: &str) -> Vec<u8> {
    let handlers = Probe::handlers();
    let client = connection(Role::Client, &handlers);
    let mut client = client.with_extensions(deflate(Role::Client));
    client.send(Message::text(text.to_owned())).unwrap();
    let queue = client.transmit();
    let len = queue.remaining();
    queue.copy_to_bytes(len).to_vec()
}
