//! An actor that keeps itself busy.

use std::{cell::Cell, rc::Rc};

use actix::AsyncContext;

use super::shared::spinning;
use crate::support::{
    flood::Bystander,
    frames::text,
    play,
    probe::{Heard, Letter},
    scene::probe,
    seconds, settle, until,
};

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
