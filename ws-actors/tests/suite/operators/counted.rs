//! The metrics of a connection.

use std::cell::Cell;

use ws_actors::{Flow, Overflow, RateLimit, WsContext, metrics as names};
use ws_core::{
    CloseCode, Config, Role,
    extension::{Agreement, Params, deflate::Deflate},
};

use super::recorder::{Counted, count, watch};
use crate::support::{
    frames::{PING, PONG, close, frame, text},
    millis,
    probe::{Heard, Probe},
    scene::{Setup, connection, listener, open, probe},
    seconds, settle,
    wire::wire,
};

#[test]
fn each_metric_of_a_connection_has_its_value() {
    let counted = count(async {
        let scene = named(echo()).open();
        scene.peer.send(text("hello"));
        scene.peer.send(frame(PING, "ping"));
        scene.reach(seconds(1)).await;
        scene.outbox.send("prepared".into()).unwrap();
        // A Ping of the heartbeat, answered after 150 ms.
        scene.reach(millis(20_150)).await;
        let ping = scene.peer.frames_of(PING).pop().unwrap();
        scene.peer.send(frame(PONG, ping.payload));
        scene.reach(seconds(30)).await;
        scene.peer.send(close(1000));
        scene.end().await;
    });
    let of = |name| counted.counter(name, ENDPOINT);
    assert_eq!(counted.gauge(names::CONNECTIONS_OPEN, ENDPOINT), 0.0);
    assert_eq!(of(names::CONNECTIONS), 1);
    assert_eq!(counted.counter(names::CLOSED, ("cause", "remote")), 1);
    assert_eq!(counted.histogram(names::DURATION, ENDPOINT), [30.0]);
    // Text, Ping, Pong and Close.
    assert_eq!(of(names::MESSAGES_RECEIVED), 4);
    assert_eq!(of(names::PAYLOAD_RECEIVED), 5);
    assert_eq!(of(names::BYTES_RECEIVED), 11 + 10 + 10 + 8);
    // The echo and what was prepared.
    assert_eq!(of(names::MESSAGES_SENT), 2);
    assert_eq!(of(names::PAYLOAD_SENT), 5 + 8);
    // And Pong, Ping and Close.
    assert_eq!(of(names::BYTES_SENT), 7 + 10 + 6 + 6 + 4);
    assert_eq!(of(names::MESSAGES_GIVEN_UP), 0);
    assert_eq!(counted.histogram(names::ROUND_TRIP, ENDPOINT), [0.15]);
}

#[test]
fn a_connection_whose_driver_is_dropped_is_open_no_longer() {
    let counted = count(async {
        let scenes = [0; 3].map(|_| named(listener()).open());
        settle().await;
        let [first, ..] = scenes;
        first.peer.end();
        first.end().await;
    });
    // They were dropped with their thread.
    assert_eq!(counted.gauge(names::CONNECTIONS_OPEN, ENDPOINT), 0.0);
    assert_eq!(counted.counter(names::CONNECTIONS, ENDPOINT), 3);
    assert_eq!(counted.counter(names::CLOSED, ("cause", "transport")), 3);
}

#[test]
fn an_end_without_a_frame_is_no_message() {
    let counted = count(async {
        let scene = named(listener()).open();
        scene.peer.send(text("hello"));
        settle().await;
        scene.peer.reset();
        scene.end().await;
    });
    assert_eq!(counted.counter(names::MESSAGES_RECEIVED, ENDPOINT), 1);
}

#[test]
fn what_is_given_up_and_the_most_that_waited_are_counted() {
    let counted = count(async {
        let flow = Flow::new()
            .overflow(Overflow::DropOldest)
            .max_queued_messages(10);
        let setup = probe(|heard, ctx| {
            if *heard == Heard::Started {
                ctx.binary(vec![0; 65_532]).unwrap();
            }
        });
        let handlers = Probe::handlers().name(ENDPOINT.1).flow(flow);
        let scene = setup.handlers(handlers).room(0).open();
        settle().await;
        for _ in 0..25 {
            scene.outbox.send("x".repeat(98).into()).unwrap();
        }
        settle().await;
        scene.peer.take(usize::MAX);
        settle().await;
        scene.peer.send(close(1000));
        scene.end().await;
    });
    assert_eq!(counted.counter(names::MESSAGES_GIVEN_UP, ENDPOINT), 15);
    assert_eq!(counted.counter(names::MESSAGES_SENT, ENDPOINT), 11);
    let high_water = counted.histogram(names::QUEUE_HIGH_WATER, ENDPOINT);
    assert_eq!(high_water, [65_536.0 + 10.0 * 100.0]);
}

#[test]
fn what_waits_for_peers_is_told_while_it_waits() {
    watch(async |look| {
        let scene = named(probe(|heard, ctx| {
            if heard.is_text("much") {
                ctx.binary(vec![0; 65_532]).unwrap();
            }
        }))
        .room(0)
        .open();
        let other = named(listener()).room(0).open();
        settle().await;
        assert_eq!(waiting(&look()), (0.0, 0.0));

        scene.outbox.send("x".repeat(98).into()).unwrap();
        other.outbox.send("x".repeat(196).into()).unwrap();
        settle().await;
        assert_eq!(waiting(&look()), (300.0, 0.0));

        scene.peer.send(text("much"));
        settle().await;
        assert_eq!(waiting(&look()), (65_536.0, 1.0));

        scene.peer.take(usize::MAX);
        settle().await;
        assert_eq!(waiting(&look()), (-65_636.0, -1.0));

        // Nothing waits for a peer that is gone.
        other.peer.reset();
        other.end().await;
        assert_eq!(waiting(&look()), (-200.0, 0.0));
        scene.peer.send(close(1000));
        scene.end().await;
        assert_eq!(waiting(&look()), (0.0, 0.0));
    });
}

#[test]
fn a_connection_that_is_dropped_leaves_nothing_waiting() {
    let counted = watch(async |look| {
        let scene = named(probe(|heard, ctx| {
            if *heard == Heard::Started {
                ctx.binary(vec![0; 100_000]).unwrap();
            }
        }))
        .room(0)
        .open();
        settle().await;
        assert_eq!(waiting(&look()), (100_010.0, 1.0));
        drop(scene);
    });
    assert_eq!(waiting(&counted), (-100_010.0, -1.0));
}

#[test]
fn what_an_extension_saves_is_told_in_both_directions() {
    let sent = Cell::new(0);
    let counted = count(async {
        let mut agreement = Agreement::new();
        let deflate = Deflate::new().agreed(Role::Server);
        let params = Params::new(deflate.name());
        agreement.add(params, deflate).unwrap();
        let handlers = Probe::handlers().name(ENDPOINT.1);
        let connection = connection(Role::Server, &handlers).with_extensions(agreement);
        let react = |heard: &Heard, ctx: &mut WsContext<Probe>| {
            if let Heard::Text(_) = heard {
                ctx.text("x".repeat(10_000)).unwrap();
            }
        };
        let (wire, peer) = wire();
        let task = open(Probe::new(Box::new(react), 0), connection, wire, handlers);
        // Not compressed, as a peer may do.
        peer.send(text("hello"));
        settle().await;
        peer.send(close(1000));
        task.await.unwrap();
        sent.set(peer.taken());
    });
    let ratio = |direction| counted.histogram(names::COMPRESSION_RATIO, ("direction", direction));
    assert_eq!(ratio("received"), [(11.0 + 8.0) / 5.0]);
    assert_eq!(ratio("sent"), [sent.get() as f64 / 10_000.0]);
    assert!(sent.get() < 200, "{} bytes were sent", sent.get());
}

#[test]
fn causes_are_told_apart() {
    let counted = count(async {
        let closes = named(probe(|heard, ctx| match heard {
            Heard::Text(text) if text == "panic" => panic!("as the test wants"),
            Heard::Text(_) => ctx.close(CloseCode::NORMAL, "").unwrap(),
            _ => {}
        }));
        let scene = closes.open();
        scene.peer.send(text("close"));
        settle().await;
        scene.peer.send(close(1000));
        scene.end().await;
        for fault in [vec![0xFF; 2], text("panic")] {
            let panics = probe(|heard, _| assert!(!heard.is_text("panic"), "as the test wants"));
            let scene = named(panics).open();
            scene.peer.send(fault);
            settle().await;
            scene.peer.send(close(1011));
            scene.peer.end();
            scene.end().await;
        }
        let scene = named(listener()).open();
        scene.peer.jam(0);
        scene.end().await;
    });
    for cause in ["local", "protocol", "panic", "timeout"] {
        assert_eq!(
            counted.counter(names::CLOSED, ("cause", cause)),
            1,
            "{cause}"
        );
    }
}

#[test]
fn limits_that_close_a_connection_are_counted_by_their_name() {
    let counted = count(async {
        let small = Config::new()
            .max_message_bytes(100)
            .max_frame_bytes(50)
            .max_fragments(2);
        let faults = [
            [
                frame(0x01, [b'a'; 50]),
                frame(0x00, [b'a'; 50]),
                frame(0x80, "a"),
            ]
            .concat(),
            frame(0x82, [0; 51]),
            [frame(0x01, ""), frame(0x00, ""), frame(0x00, "")].concat(),
        ];
        for fault in faults {
            let scene = named(listener()).config(small.clone()).open();
            scene.peer.send(fault);
            settle().await;
            scene.peer.end();
            scene.end().await;
        }
        let patient = Config::new().ping_interval(None);
        let scene = named(listener()).config(patient).open();
        scene.peer.send(frame(0x01, "begun"));
        scene.end().await;
        named(listener()).open().end().await;
    });
    for limit in [
        "max_frame_bytes",
        "max_message_bytes",
        "max_fragments",
        "message_timeout",
        "pong_timeout",
    ] {
        assert_eq!(
            counted.counter(names::LIMITS, ("limit", limit)),
            1,
            "{limit}"
        );
    }
}

#[test]
fn limits_that_a_connection_outlives_are_counted_as_well() {
    let counted = count(async {
        let flow = Flow::new().rate_limit(RateLimit::new().messages(1, 2));
        let scene = named(listener()).flow(flow).open();
        for _ in 0..4 {
            scene.peer.send(text("too fast"));
        }
        scene.reach(seconds(5)).await;
        scene.peer.send(close(1000));
        scene.end().await;
        // Nothing leaves, and all but the first Pongs wait.
        let scene = named(probe(|heard, ctx| {
            if *heard == Heard::Started {
                ctx.binary(vec![0; 20_000]).unwrap();
            }
        }))
        .room(0)
        .open();
        for _ in 0..12 {
            scene.peer.send(frame(PING, "anyone?"));
        }
        settle().await;
        scene.peer.reset();
        scene.end().await;
    });
    let of = |limit| counted.counter(names::LIMITS, ("limit", limit));
    assert_eq!(of("rate_limit"), 3);
    assert_eq!(of("pings"), 10);
}

#[test]
fn what_has_come_of_a_message_is_told_until_it_is_complete() {
    watch(async |look| {
        let held = |counted: &Counted| counted.gauge(names::HELD, ENDPOINT);
        let scene = named(listener()).open();
        let part = [b'a'; 10_000];
        scene.peer.send(frame(0x01, part));
        settle().await;
        let first = held(&look());
        assert!((10_000.0..20_000.0).contains(&first), "{first}");
        scene.peer.send(frame(0x80, "the rest"));
        settle().await;
        assert_eq!(held(&look()), -first);
        // What will never come to its end is dropped with the failure.
        scene.peer.send(frame(0x01, part));
        scene.peer.send(frame(0x83, "no such opcode"));
        settle().await;
        assert_eq!(held(&look()), 0.0);
        scene.peer.end();
        scene.end().await;
    });
}

#[test]
fn no_metric_holds_what_was_said() {
    let counted: Counted = count(async {
        let scene = named(echo()).open();
        scene.peer.send(text("a secret"));
        scene.peer.send(frame(0x88, b"\x03\xE8a secret reason"));
        scene.end().await;
    });
    assert!(!counted.text().contains("secret"), "{}", counted.text());
}

/// The bytes that wait and the connections that are behind, or how much more of
/// them there are.
fn waiting(counted: &Counted) -> (f64, f64) {
    let of = |name| counted.gauge(name, ENDPOINT);
    (of(names::QUEUED), of(names::CONNECTIONS_BEHIND))
}

fn named(setup: Setup) -> Setup {
    setup.handlers(Probe::handlers().name(ENDPOINT.1))
}

fn echo() -> Setup {
    probe(|heard, ctx| {
        if let Heard::Text(text) = heard {
            ctx.text(text.clone()).unwrap();
        }
    })
}

const ENDPOINT: (&str, &str) = ("endpoint", "probe of the test");
