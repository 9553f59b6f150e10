//! Addresses, and the messages that come through them.

use std::{cell::RefCell, rc::Rc};

use actix::{Addr, AsyncContext, MailboxError, dev::SendError};
use tokio::task::spawn_local;

use super::obedient::obedient;
use crate::support::{
    frames::{close, text},
    play,
    probe::{Heard, Letter, Probe},
    scene::{listener, probe},
    seconds, settle,
};

#[test]
fn messages_to_the_address_reach_the_actor_and_are_answered() {
    play(async {
        let (scene, address) = listener().open_addressed();
        assert_eq!(address.send(Letter(41)).await, Ok(42));
        address.do_send(Letter(1));
        address.try_send(Letter(2)).unwrap();
        settle().await;
        assert_eq!(scene.journal.letters(), [41, 1, 2]);
        // Even if it is idle for long, it hears them at once.
        scene.reach(seconds(15)).await;
        address.do_send(Letter(3));
        scene.reach(seconds(16)).await;
        let heard = scene.journal.when(&Heard::Letter(3));
        assert_eq!(heard, Some(seconds(15)));
    });
}

#[test]
fn the_address_is_disconnected_after_the_end() {
    play(async {
        let (scene, address) = obedient().open_addressed();
        settle().await;
        assert!(address.connected());
        scene.peer.send(text("stop"));
        settle().await;
        // It waits for the peer's Close; nobody will hear this one.
        let unheard = address.send(Letter(1));
        scene.peer.send(close(1000));
        assert_eq!(unheard.await, Err(MailboxError::Closed));
        assert!(!address.connected());
        assert!(matches!(
            address.try_send(Letter(2)),
            Err(SendError::Closed(_))
        ));
        assert_eq!(address.send(Letter(3)).await, Err(MailboxError::Closed));
        assert_eq!(scene.journal.letters(), [0; 0]);
    });
}

#[test]
fn a_mailbox_that_is_full_refuses_what_may_be_refused() {
    play(async {
        let (scene, address) = obedient().open_addressed();
        scene.peer.send(text("wait"));
        settle().await;
        let sent = (0..1000)
            .take_while(|&number| address.try_send(Letter(number)).is_ok())
            .count();
        assert!((1..=100).contains(&sent), "{sent} messages");
    });
}

#[test]
fn messages_that_find_the_mailbox_full_wait_and_are_answered() {
    play(async {
        let (scene, address) = obedient().open_addressed();
        let asking: Vec<_> = (0..500)
            .map(|number| {
                let address = address.clone();
                spawn_local(async move { address.send(Letter(number)).await })
            })
            .collect();
        for (number, answer) in (0..).zip(asking) {
            assert_eq!(answer.await.unwrap(), Ok(number + 1));
        }
        assert_eq!(scene.journal.letters().len(), 500);
        assert_eq!(scene.time(), seconds(0));
    });
}

#[test]
fn an_address_that_is_given_out_late_reaches_the_actor_at_once() {
    play(async {
        let given: Rc<RefCell<Option<Addr<Probe>>>> = Rc::default();
        let slot = Rc::clone(&given);
        let scene = probe(move |heard, ctx| {
            if *heard == Heard::Started {
                let slot = Rc::clone(&slot);
                ctx.run_later(seconds(1), move |_, ctx| {
                    slot.replace(Some(ctx.address()));
                });
            }
        })
        .open();
        scene.reach(seconds(2)).await;
        let address = given.take().unwrap();
        address.do_send(Letter(1));
        scene.reach(seconds(100)).await;
        let heard = scene.journal.when(&Heard::Letter(1));
        assert_eq!(heard, Some(seconds(2)));
    });
}

#[test]
fn an_actor_outlives_its_addresses_and_gives_out_new_ones() {
    play(async {
        let given: Rc<RefCell<Option<Addr<Probe>>>> = Rc::default();
        let slot = Rc::clone(&given);
        let (scene, address) = probe(move |heard, ctx| {
            if let Heard::Text(_) = heard {
                slot.replace(Some(ctx.address()));
            }
        })
        .open_addressed();
        settle().await;
        drop(address);
        scene.reach(seconds(1)).await;
        scene.peer.send(text("address"));
        scene.reach(seconds(2)).await;
        let address = given.take().unwrap();
        assert_eq!(address.send(Letter(1)).await, Ok(2));
        assert_eq!(scene.time(), seconds(2));
        assert!(!scene.is_over());
    });
}
