//! Deadlines hold while a mailbox, or the peer, floods the actor.

use ws_core::{Cause, CloseCode, ClosePayload, Timeout};

use super::shared::{sends_after_a_second, shows_pong_timeout};
use crate::support::{
    flood::{Flood, pass},
    frames::{PONG, frame, texts},
    millis, play,
    probe::{Heard, Noise},
    scene::{listener, probe},
    seconds, settle_for,
};

#[test]
fn a_mailbox_that_is_flooded_without_a_pause_keeps_the_deadlines() {
    play(async {
        let (scene, address) = listener().room(6).open_addressed();
        let flood = Flood::of(address);
        pass(seconds(50), seconds(5)).await;
        drop(flood);
        assert!(scene.journal.noise() > 10_000, "that is no flood");
        assert_eq!(scene.journal.closed(), Some(seconds(40)));
        assert_eq!(scene.journal.cause(), Cause::Timeout(Timeout::Pong));
        assert_eq!(scene.peer.dropped(), Some(seconds(45)));
    });
}

#[test]
fn a_mailbox_that_is_flooded_without_a_pause_keeps_the_write_and_the_close_deadline() {
    play(async {
        let (scene, address) = listener().room(0).open_addressed();
        let (closing, same) = listener().open_addressed();
        let _floods = [Flood::of(address), Flood::of(same)];
        scene.outbox.send("stuck".into()).unwrap();
        let payload = ClosePayload::new(CloseCode::GOING_AWAY, "");
        closing.outbox.close(payload.unwrap());
        settle_for(3).await;
        pass(seconds(30), seconds(5)).await;
        assert_eq!(scene.journal.cause(), Cause::Timeout(Timeout::Write));
        assert_eq!(scene.peer.dropped(), Some(seconds(30)));
        assert_eq!(closing.peer.close_code(), Some(1001));
        assert_eq!(closing.peer.dropped(), Some(seconds(5)));
    });
}

#[test]
fn a_mailbox_that_is_flooded_now_and_then_keeps_the_deadlines() {
    play(async {
        let (scene, address) = listener().open_addressed();
        for time in [5, 15, 25, 30, 35, 39] {
            scene.reach(seconds(time)).await;
            for _ in 0..500 {
                address.do_send(Noise);
            }
        }
        shows_pong_timeout(&scene).await;
        assert_eq!(scene.journal.noise(), 3000);
    });
}

#[test]
fn a_peer_that_floods_and_does_not_answer_the_close_is_dropped_at_its_deadline() {
    play(async {
        let scene = probe(|heard, ctx| {
            if *heard == Heard::Started {
                ctx.close(CloseCode::NORMAL, "").unwrap();
            }
        })
        .open();
        scene.peer.send_forever(texts(0..10));
        settle_for(3).await;
        pass(seconds(10), millis(500)).await;
        scene.peer.stop_sending();
        assert_eq!(scene.peer.close_code(), Some(1000));
        assert_eq!(scene.peer.dropped(), Some(seconds(5)));
    });
}

#[test]
fn a_peer_that_floods_on_after_its_fault_is_dropped_at_the_close_deadline() {
    play(async {
        let scene = listener().open();
        scene.peer.send([0xFF; 100]);
        scene.peer.send_forever(vec![0xFF; 100]);
        settle_for(3).await;
        pass(seconds(10), millis(500)).await;
        scene.peer.stop_sending();
        assert_eq!(scene.peer.close_code(), Some(1002));
        assert_eq!(scene.peer.dropped(), Some(seconds(5)));
    });
}

#[test]
fn a_peer_that_floods_and_does_not_read_is_dropped_at_the_write_deadline() {
    play(async {
        let scene = sends_after_a_second().room(0).open();
        scene.peer.send_forever(frame(PONG, ""));
        settle_for(3).await;
        pass(seconds(60), seconds(1)).await;
        scene.peer.stop_sending();
        let dropped = scene.peer.dropped().expect("the transport is kept");
        assert!(dropped <= seconds(32), "{dropped:?}");
    });
}
