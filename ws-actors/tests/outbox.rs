//! What an actor and others send: its order, its bounds, and the Close frame
//! behind it.
#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "what a probe does is for one test, and a panic fails it"
)]

use std::collections::HashMap;

use actix::{ActorContext, AsyncContext};
use tokio::{task::spawn_local, time::sleep};
use ws_actors::{SendError, WsContext};
use ws_core::{Cause, CloseCode, ClosePayload, Message, PreparedMessage, SendError as CoreError};

use self::support::{
    frames::{BINARY, PING, TEXT, close, text},
    millis, play,
    probe::{Heard, Probe, delay},
    scene::{Setup, listener, probe},
    seconds, settle,
    wire::Peer,
};

mod support;

#[test]
fn each_kind_of_message_arrives_as_its_frame() {
    play(async {
        let scene = once(|ctx| {
            ctx.text("grüezi").unwrap();
            ctx.binary([0, 255].to_vec()).unwrap();
            ctx.json(&HashMap::from([("answer", 42)])).unwrap();
            ctx.send(Message::text("message")).unwrap();
            ctx.send_prepared(&PreparedMessage::new("prepared"))
                .unwrap();
            ctx.ping("ping").unwrap();
        })
        .open();
        settle().await;
        let frames = scene.peer.frames();
        let expected: [(u8, &[u8]); 6] = [
            (TEXT, "grüezi".as_bytes()),
            (BINARY, &[0, 255]),
            (TEXT, br#"{"answer":42}"#),
            (TEXT, b"message"),
            (TEXT, b"prepared"),
            (PING, b"ping"),
        ];
        assert_eq!(frames.len(), 6);
        for (frame, (first, payload)) in frames.iter().zip(expected) {
            assert!(frame.is(first) && !frame.masked, "{frame:?}");
            assert_eq!(frame.payload, payload);
        }
    });
}

#[test]
fn a_client_masks_what_is_prepared_as_well() {
    play(async {
        let scene = once(|ctx| ctx.text("own").unwrap()).client().open();
        scene.outbox.send("prepared".into()).unwrap();
        settle().await;
        let frames = scene.peer.frames();
        assert!(frames.iter().all(|frame| frame.masked));
        assert_eq!(scene.peer.texts(), ["prepared", "own"]);
    });
}

#[test]
fn the_order_of_sending_is_kept_whichever_way_is_taken() {
    for room in [usize::MAX, 0] {
        play(async {
            let scene = once(|ctx| {
                let outbox = ctx.outbox();
                for number in 0..100 {
                    let text = sized(number);
                    match number % 3 {
                        0 => ctx.text(text).unwrap(),
                        1 => outbox.send(text.into()).unwrap(),
                        _ => ctx.send_prepared(&text.into()).unwrap(),
                    }
                }
            })
            .room(room)
            .open();
            settle().await;
            for number in 100..200 {
                scene.outbox.send(sized(number).into()).unwrap();
            }
            settle().await;
            reads_slowly(&scene.peer).await;
            let expected: Vec<_> = (0..200).map(sized).collect();
            assert_eq!(scene.peer.texts(), expected);
        });
    }
}

#[test]
fn what_others_send_leaves_at_once() {
    play(async {
        let scene = listener().open();
        for second in [3, 4, 19] {
            scene.reach(seconds(second)).await;
            scene.outbox.send("one".into()).unwrap();
            scene.outbox.send("two".into()).unwrap();
            assert_eq!(scene.outbox.queued_bytes(), 10);
            settle().await;
            assert_eq!(scene.peer.taken_at(), Some(seconds(second)));
            assert_eq!(scene.outbox.queued_bytes(), 0);
        }
        assert_eq!(scene.peer.texts().len(), 6);
    });
}

#[test]
fn what_others_send_leaves_while_the_actor_waits() {
    play(async {
        let scene = once(|ctx| ctx.wait(delay(seconds(10)))).open();
        scene.reach(seconds(5)).await;
        scene.outbox.send("news".into()).unwrap();
        scene.reach(seconds(6)).await;
        assert_eq!(scene.peer.texts(), ["news"]);
        assert_eq!(scene.peer.taken_at(), Some(seconds(5)));
    });
}

#[test]
fn an_outbox_takes_its_bound_and_not_a_byte_more() {
    play(async {
        let scene = listener().max_queued_bytes(1000).open();
        settle().await;
        for number in 1..=10 {
            scene.outbox.send(frame_of(100)).unwrap();
            assert_eq!(scene.outbox.queued_bytes(), number * 100);
        }
        let full = scene.outbox.send(frame_of(2)).unwrap_err();
        assert!(matches!(
            full,
            SendError::Full {
                queued: 1000,
                limit: 1000,
                ..
            }
        ));
        assert!(full.to_string().contains("1000 bytes"), "{full}");
        // The connection closes, and what waited is given up.
        assert!(scene.outbox.is_closed());
        assert_eq!(scene.outbox.queued_bytes(), 0);
        assert_closing(scene.outbox.send(frame_of(2)));
        settle().await;
        assert_eq!(scene.peer.frames().len(), 1);
        assert_eq!(scene.peer.close_code(), Some(1013));
        scene.peer.send(close(1013));
        let (_, journal) = scene.end().await;
        assert_eq!(journal.cause(), Cause::Local);
    });
}

#[test]
fn an_outbox_that_is_emptied_in_time_takes_more() {
    play(async {
        let scene = listener().max_queued_bytes(1000).open();
        for _ in 0..50 {
            for _ in 0..10 {
                scene.outbox.send(frame_of(100)).unwrap();
            }
            settle().await;
        }
        assert_eq!(scene.peer.taken(), 50_000);
        assert!(!scene.outbox.is_closed());
    });
}

#[test]
fn a_message_larger_than_the_bound_passes_if_nothing_waits() {
    play(async {
        let scene = listener().max_queued_bytes(1000).open();
        for _ in 0..3 {
            scene.outbox.send(frame_of(100_000)).unwrap();
            settle().await;
        }
        assert_eq!(scene.peer.taken(), 300_000);
        scene.outbox.send(frame_of(2)).unwrap();
        assert!(scene.outbox.send(frame_of(100_000)).is_err());
        settle().await;
        assert_eq!(scene.peer.close_code(), Some(1013));
    });
}

#[test]
fn a_slow_peer_costs_the_others_nothing() {
    play(async {
        let slow = listener().max_queued_bytes(10_000).room(0).open();
        let quick = listener().max_queued_bytes(10_000).open();
        let message = PreparedMessage::new("x".repeat(998));
        let mut refused = 0;
        for _ in 0..1000 {
            refused += usize::from(slow.outbox.send(message.clone()).is_err());
            quick.outbox.send(message.clone()).unwrap();
            sleep(millis(1)).await;
        }
        assert!(refused > 900);
        assert_eq!(quick.peer.texts().len(), 1000);
        assert!(slow.outbox.is_closed() && !quick.outbox.is_closed());
    });
}

#[test]
fn an_actor_whose_outbox_overflowed_sends_nothing_behind_the_gap() {
    play(async {
        let scene = probe(|heard, ctx| {
            if let Heard::Text(_) = heard {
                assert_closing(ctx.text("behind the gap"));
            }
        })
        .max_queued_bytes(1000)
        .open();
        settle().await;
        while scene.outbox.send(frame_of(100)).is_ok() {}
        scene.peer.send(text("send"));
        settle().await;
        assert_eq!(scene.peer.frames().len(), 1);
        assert_eq!(scene.peer.close_code(), Some(1013));
    });
}

#[test]
fn nothing_is_sent_after_the_outbox_was_closed_whichever_way_is_taken() {
    play(async {
        let scene = once(|ctx| {
            ctx.outbox().close(payload(4001, ""));
            assert_closing(ctx.outbox().send("late".into()));
            assert_closing(ctx.text("late"));
            assert_closing(ctx.ping("late"));
            assert_closing(ctx.close(CloseCode::NORMAL, ""));
        })
        .open();
        settle().await;
        assert_eq!(scene.peer.frames().len(), 1);
        assert_eq!(scene.peer.close_code(), Some(4001));
    });
}

#[test]
fn nothing_is_sent_after_the_actor_closed() {
    play(async {
        let scene = once(|ctx| {
            ctx.close(CloseCode::NORMAL, "").unwrap();
            assert!(ctx.outbox().is_closed());
            assert_closing(ctx.text("late"));
            assert_closing(ctx.binary("late"));
            assert_closing(ctx.json("late"));
            assert_closing(ctx.send_prepared(&"late".into()));
            assert_closing(ctx.ping("late"));
            assert_closing(ctx.outbox().send("late".into()));
            assert_closing(ctx.close(CloseCode::GOING_AWAY, ""));
            ctx.outbox().close(payload(1001, ""));
        })
        .open();
        settle().await;
        assert_eq!(scene.peer.frames().len(), 1);
        assert_eq!(scene.peer.close_code(), Some(1000));
    });
}

#[test]
fn nothing_is_sent_after_the_connection_ended() {
    play(async {
        let scene = probe(|heard, ctx| {
            if let Heard::Closed(_) | Heard::Stopped = heard {
                assert_closing(ctx.text("late"));
                assert_closing(ctx.close(CloseCode::NORMAL, ""));
            }
        })
        .open();
        settle().await;
        let outbox = scene.outbox.clone();
        assert!(!outbox.is_closed());
        scene.peer.send(close(1000));
        let (peer, _) = scene.end().await;
        assert!(outbox.is_closed());
        assert_closing(outbox.send("late".into()));
        outbox.close(payload(1001, ""));
        settle().await;
        assert_eq!(peer.frames().len(), 1);
        assert_eq!(outbox.queued_bytes(), 0);
    });
}

#[test]
fn others_are_told_that_the_connection_is_closed_even_if_its_actor_waits() {
    // The answer to the peer's Close leaves at once, or is stuck.
    for room in [usize::MAX, 0] {
        play(async {
            let scene = once(|ctx| ctx.wait(delay(seconds(60)))).room(room).open();
            scene.reach(seconds(1)).await;
            scene.peer.send(close(1000));
            scene.reach(seconds(2)).await;
            assert_eq!(scene.peer.dropped().is_some(), room > 0);
            assert!(scene.outbox.is_closed());
            assert_closing(scene.outbox.send("late".into()));
        });
    }
}

#[test]
fn others_close_with_their_own_code_behind_what_waits() {
    for room in [usize::MAX, 0] {
        play(async {
            let scene = listener().room(room).open();
            settle().await;
            for number in 0..100 {
                scene.outbox.send(sized(number).into()).unwrap();
            }
            scene.outbox.close(payload(4001, "moved"));
            scene.outbox.close(payload(4002, "too late"));
            assert!(scene.outbox.is_closed());
            settle().await;
            reads_slowly(&scene.peer).await;
            let expected: Vec<_> = (0..100).map(sized).collect();
            assert_eq!(scene.peer.texts(), expected);
            assert_eq!(scene.peer.close_code(), Some(4001));
            assert_eq!(scene.peer.frames().last().unwrap().reason(), "moved");

            scene.peer.send(close(4001));
            let (_, journal) = scene.end().await;
            let outcome = journal.outcome();
            assert_eq!(outcome.cause, Cause::Local);
            assert_eq!(outcome.sent, Some(payload(4001, "moved")));
        });
    }
}

#[test]
fn others_close_at_once() {
    play(async {
        let scene = listener().open();
        scene.reach(seconds(7)).await;
        scene.outbox.close(payload(1001, ""));
        settle().await;
        assert_eq!(scene.peer.close_code(), Some(1001));
        assert_eq!(scene.peer.taken_at(), Some(seconds(7)));
    });
}

#[test]
fn what_was_sent_before_the_actor_closes_or_stops_arrives_before_the_close() {
    for stops in [false, true] {
        for room in [usize::MAX, 0] {
            play(async {
                let scene = once(move |ctx| {
                    for number in 0..100 {
                        ctx.text(sized(number)).unwrap();
                    }
                    if stops {
                        ctx.stop();
                    } else {
                        ctx.close(CloseCode::new(4000), "bye").unwrap();
                    }
                })
                .room(room)
                .open();
                settle().await;
                reads_slowly(&scene.peer).await;
                let expected: Vec<_> = (0..100).map(sized).collect();
                assert_eq!(scene.peer.texts(), expected);
                let code = if stops { 1000 } else { 4000 };
                assert_eq!(scene.peer.close_code(), Some(code));
            });
        }
    }
}

#[test]
fn what_cannot_be_sent_is_an_error_and_changes_nothing() {
    play(async {
        let scene = once(|ctx| {
            let wrong = ctx.close(CloseCode::NO_STATUS, "").unwrap_err();
            let expected = CoreError::UnsendableCloseCode(CloseCode::NO_STATUS);
            assert!(matches!(wrong, SendError::Protocol(it) if it == expected));
            let wrong = ctx.close(CloseCode::NORMAL, "x".repeat(124)).unwrap_err();
            let expected = CoreError::ReasonTooLong(124);
            assert!(matches!(wrong, SendError::Protocol(it) if it == expected));
            let wrong = ctx.ping(vec![0; 126]).unwrap_err();
            let expected = CoreError::ControlTooLong(126);
            assert!(matches!(wrong, SendError::Protocol(it) if it == expected));
            let no_key = HashMap::from([([1, 2], 3)]);
            assert!(matches!(ctx.json(&no_key), Err(SendError::Json(_))));
            ctx.text("fine").unwrap();
        })
        .open();
        settle().await;
        assert_eq!(scene.peer.texts(), ["fine"]);
        assert_eq!(scene.peer.frames().len(), 1);
        assert!(!scene.outbox.is_closed());
    });
}

#[test]
fn what_waits_is_counted_until_it_is_taken() {
    play(async {
        let scene = probe(|heard, ctx| {
            let expected = match heard {
                Heard::Started => 0,
                Heard::Text(text) => text.parse().unwrap(),
                _ => return,
            };
            assert_eq!(ctx.queued_bytes(), expected);
        })
        .room(0)
        .open();
        settle().await;
        scene.outbox.send(frame_of(1000)).unwrap();
        assert_eq!(scene.outbox.queued_bytes(), 1000);
        scene.peer.send(text("1000"));
        settle().await;
        scene.peer.take(400);
        settle().await;
        scene.peer.send(text("600"));
        settle().await;
        scene.peer.take(600);
        settle().await;
        scene.peer.send(text("0"));
        settle().await;
        assert_eq!(scene.journal.texts().len(), 3);
        assert!(!scene.journal.has(&Heard::Dropped), "an assertion failed");
    });
}

#[test]
fn one_message_goes_out_to_many() {
    play(async {
        let scenes: Vec<_> = (0..100).map(|_| listener().open()).collect();
        let outboxes: Vec<_> = scenes.iter().map(|scene| scene.outbox.clone()).collect();
        let message = PreparedMessage::new("news");
        spawn_local(async move {
            for outbox in outboxes {
                outbox.send(message.clone()).unwrap();
            }
        });
        settle().await;
        for scene in scenes {
            assert_eq!(scene.peer.texts(), ["news"]);
        }
    });
}

/// Does something as it starts; an assertion that fails there shows, too.
fn once(act: impl FnOnce(&mut WsContext<Probe>) + 'static) -> Setup {
    let mut act = Some(act);
    probe(move |_, ctx| {
        if let Some(act) = act.take() {
            act(ctx);
        }
    })
}

/// The peer reads all that is there in 2 s, a bit at a time.
async fn reads_slowly(peer: &Peer) {
    for _ in 0..200 {
        peer.take(1500);
        sleep(millis(10)).await;
    }
    settle().await;
}

fn assert_closing(result: Result<(), SendError>) {
    let closing = matches!(result, Err(SendError::Protocol(CoreError::Closing)));
    assert!(closing, "{result:?}");
}

fn payload(code: u16, reason: &'static str) -> ClosePayload {
    ClosePayload::new(CloseCode::new(code), reason).unwrap()
}

/// A text of a kilobyte, known by its number.
fn sized(number: u32) -> String {
    format!("{number:1000}")
}

/// A message whose frame is so many bytes long.
fn frame_of(bytes: usize) -> PreparedMessage {
    let header = match bytes {
        0..128 => 2,
        128..65_540 => 4,
        _ => 10,
    };
    let message = PreparedMessage::new(vec![0; bytes - header]);
    assert_eq!(message.len(), bytes);
    message
}
