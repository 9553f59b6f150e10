//! How frames reach an actor as messages, and what becomes of those that it
//! does not take.
#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "what a probe does is for one test, and a panic fails it"
)]

use std::{
    cell::Cell,
    rc::Rc,
    sync::Arc,
    task::{Context, Poll},
};

use actix::{
    Actor, ActorFutureExt, AsyncContext, AtomicResponse, Handler, Message, ResponseActFuture,
    ResponseFuture, WrapFuture,
};
use bytes::BytesMut;
use serde::Deserialize;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, BufWriter, duplex},
    task::spawn_local,
    time::sleep,
};
use ws_actors::{
    Binary, Driver, FrameMessage, Handlers, Io, Json, Pong, Rejection, Text, Transport, WsContext,
};
use ws_core::{Cause, CloseCode, Config, Event, Opcode, Role, SendQueue};

use self::support::{
    frames::{
        self, BINARY, CLOSE, ENDED, PING, PONG, TEXT, TEXT_BEGINS, close, frame, text, texts,
    },
    millis, play,
    probe::{Heard, Probe, delay},
    scene::{self, connection, listener, open_wire, probe},
    seconds, settle,
};

mod support;

#[test]
fn each_kind_of_frame_reaches_its_handler() {
    play(async {
        let scene = listener().open();
        scene.peer.send(text("grüezi"));
        scene.peer.send(frame(BINARY, [0, 255]));
        scene.peer.send(frame(PING, "ping"));
        scene.peer.send(frame(PONG, "pong"));
        scene
            .peer
            .send(frame(CLOSE, [0x0f, 0xa1, b'b', b'y', b'e']));
        let (peer, journal) = scene.end().await;

        let outcome = journal.outcome();
        assert_eq!(outcome.cause, Cause::Remote);
        assert_eq!(outcome.code(), CloseCode::new(4001));
        assert_eq!(outcome.received.as_ref().unwrap().reason(), "bye");
        assert_eq!(
            journal.all(),
            [
                Heard::Started,
                Heard::text("grüezi"),
                Heard::Binary(vec![0, 255]),
                Heard::Ping(b"ping".into()),
                Heard::Pong(b"pong".into(), None),
                Heard::Closed(outcome),
                Heard::Stopping,
                Heard::Stopped,
                Heard::Dropped,
            ]
        );
        assert_eq!(peer.close_code(), Some(4001));
    });
}

#[test]
fn json_reaches_its_handler_and_is_answered() {
    play(async {
        let (peer, task) = open_wire(Adder, Adder::handlers());
        peer.send(text(r#"{"left": 40, "right": 2}"#));
        settle().await;
        assert_eq!(peer.texts(), ["42"]);
        assert!(!task.is_finished());
    });
}

#[test]
fn json_that_does_not_fit_closes_with_1007() {
    for wrong in [r#"{"left": 1}"#, r#"{"left": 1, "#, "", "null"] {
        play(async {
            let (peer, task) = open_wire(Adder, Adder::handlers());
            peer.send(text(wrong));
            // Nothing that follows is looked at any more.
            peer.send(text(r#"{"left": 40, "right": 2}"#));
            settle().await;
            assert_eq!(peer.frames().len(), 1);
            assert_eq!(peer.close_code(), Some(1007));
            peer.send(close(1007));
            settle().await;
            assert!(task.is_finished());
        });
    }
}

#[test]
fn a_kind_of_data_without_a_handler_closes_with_1003() {
    let kinds = [
        (Handlers::new().on::<Text>(), frame(BINARY, "")),
        (Handlers::new().on::<Binary>(), frame(TEXT, "")),
        (Handlers::new(), frame(TEXT, "")),
    ];
    for (handlers, unhandled) in kinds {
        play(async {
            let scene = listener()
                .handlers(handlers.on::<ws_actors::Closed>())
                .open();
            scene.peer.send(unhandled);
            settle().await;
            assert_eq!(scene.peer.close_code(), Some(1003));
            scene.peer.send(close(1003));
            let (_, journal) = scene.end().await;
            let sent = journal.outcome().sent.unwrap();
            assert_eq!(sent.code(), Some(CloseCode::UNSUPPORTED_DATA));
        });
    }
}

#[test]
fn control_frames_need_no_handlers() {
    play(async {
        let scene = listener().handlers(Handlers::new().on::<Text>()).open();
        scene.peer.send(frame(PING, "are you there?"));
        scene.peer.send(frame(PONG, "unasked"));
        scene.peer.send(text("still open"));
        settle().await;
        let pongs = scene.peer.frames();
        assert_eq!(pongs.len(), 1);
        assert!(pongs[0].is(PONG) && pongs[0].payload == b"are you there?");
        scene.peer.send(close(1000));
        let (peer, journal) = scene.end().await;
        assert_eq!(peer.close_code(), Some(1000));
        assert_eq!(
            journal.all(),
            [
                Heard::Started,
                Heard::text("still open"),
                Heard::Stopping,
                Heard::Stopped,
                Heard::Dropped,
            ]
        );
    });
}

#[test]
fn a_message_type_of_ones_own_closes_with_its_own_code() {
    play(async {
        let (peer, _task) = open_wire(Counter, Handlers::new().on::<Number>());
        peer.send(text("6"));
        settle().await;
        assert_eq!(peer.texts(), ["7"]);
        peer.send(text("six"));
        settle().await;
        assert_eq!(peer.close_code(), Some(4000));
        assert_eq!(peer.frames_of(CLOSE)[0].reason(), "no number");
    });
}

#[test]
fn a_protocol_error_closes_with_1002_and_is_told() {
    play(async {
        let scene = listener().open();
        scene.peer.send(text("before"));
        scene.peer.send([0x81, 0x00]);
        settle().await;
        assert_eq!(scene.peer.close_code(), Some(1002));
        // The end of the transport stays with the peer, for a while.
        assert_eq!(scene.peer.shut_down(), Some(seconds(0)));
        assert_eq!(scene.peer.dropped(), None);
        let journal = scene.journal.clone();
        assert_eq!(journal.texts(), ["before"]);
        assert!(matches!(journal.cause(), Cause::Protocol(_)));
        assert!(journal.has(&Heard::Dropped));
        scene.peer.end();
        let (peer, _) = scene.end().await;
        assert_eq!(peer.dropped(), Some(seconds(0)));
    });
}

#[test]
fn a_response_act_future_is_driven_beside_other_frames() {
    play(async {
        let (peer, _task) = open_wire(Later, Later::handlers());
        peer.send(frame(TEXT, "first"));
        peer.send(frame(TEXT, "second"));
        sleep(millis(999)).await;
        assert_eq!(peer.texts(), ["heard first", "heard second"]);
        sleep(millis(1)).await;
        settle().await;
        assert_eq!(peer.texts()[2..], ["done first", "done second"]);
    });
}

#[test]
fn an_atomic_response_is_driven_and_other_frames_wait_for_it() {
    play(async {
        let (peer, _task) = open_wire(Atomic, Atomic::handlers());
        peer.send(frame(TEXT, "first"));
        peer.send(frame(BINARY, "second"));
        peer.send(frame(TEXT, "third"));
        sleep(millis(999)).await;
        assert_eq!(peer.texts(), ["heard first"]);
        sleep(millis(1)).await;
        settle().await;
        // What does not wait itself is heard as soon as its turn comes.
        let until_third = ["heard first", "done first", "heard second", "heard third"];
        assert_eq!(peer.texts(), until_third);
        sleep(seconds(1)).await;
        settle().await;
        assert_eq!(peer.texts()[4..], ["done third"]);
        peer.send(frame(BINARY, "fourth"));
        settle().await;
        assert_eq!(peer.texts()[5..], ["heard fourth"]);
    });
}

#[test]
fn a_response_future_is_driven() {
    play(async {
        let done = Rc::new(Cell::new(false));
        let handlers = Handlers::new().on::<Text>();
        let (peer, _task) = open_wire(Elsewhere(Rc::clone(&done)), handlers);
        peer.send(text("go"));
        sleep(millis(999)).await;
        assert!(!done.get());
        sleep(millis(1)).await;
        settle().await;
        assert!(done.get());
    });
}

#[test]
fn messages_are_heard_in_order_by_an_actor_that_waits_for_each() {
    play(async {
        let config = Config::new().ping_interval(None);
        let (peer, _task) = open_wire(Atomic, Atomic::handlers().config(config));
        let mut expected = Vec::new();
        for number in 0..200 {
            peer.send(text(&number.to_string()));
            expected.extend([format!("heard {number}"), format!("done {number}")]);
        }
        sleep(seconds(200)).await;
        settle().await;
        assert_eq!(peer.texts(), expected);
    });
}

#[test]
fn pings_are_answered_while_the_actor_waits() {
    play(async {
        let scene = waits_a_minute().open();
        scene.peer.send(text("wait"));
        scene.reach(seconds(10)).await;
        scene.peer.send(frame(PING, "in between"));
        scene.reach(seconds(11)).await;
        assert_eq!(scene.peer.frames_of(PONG)[0].payload, b"in between");
        assert_eq!(scene.peer.taken_at(), Some(seconds(10)));
        // The actor hears of it when it is back.
        let ping = Heard::Ping(b"in between".into());
        assert!(!scene.journal.has(&ping));
        scene.reach(seconds(60)).await;
        assert_eq!(scene.journal.when(&ping), Some(seconds(60)));
    });
}

#[test]
fn what_was_heard_does_not_count_as_read_ahead() {
    play(async {
        let scene = probe(|heard, ctx| {
            if matches!(heard, Heard::Binary(_)) {
                ctx.wait(delay(seconds(10)));
            }
        })
        .open();
        let large = frame(BINARY, vec![0; 40 * 1024]);
        scene.peer.send(large.clone());
        scene.reach(seconds(5)).await;
        scene.peer.send(large.clone());
        scene.reach(seconds(15)).await;
        // The second one is under way. A third fits into 64 KiB of read-ahead.
        scene.peer.send(large);
        scene.reach(seconds(16)).await;
        scene.peer.send(frame(PING, "alone"));
        scene.reach(seconds(17)).await;
        assert_eq!(scene.peer.frames_of(PONG).len(), 1);
    });
}

#[test]
fn a_close_is_answered_while_the_actor_waits_which_hears_of_it_later() {
    play(async {
        let scene = probe(|heard, ctx| {
            if heard.is_text("wait") {
                ctx.wait(delay(seconds(4)));
            }
        })
        .open();
        scene.peer.send(text("wait"));
        scene.reach(seconds(1)).await;
        scene.peer.send(text("last words"));
        scene.peer.send(close(1001));
        scene.reach(seconds(2)).await;
        assert_eq!(scene.peer.close_code(), Some(1001));
        assert_eq!(scene.peer.dropped(), Some(seconds(1)));
        assert_eq!(scene.journal.closed(), None);
        let (_, journal) = scene.end().await;
        assert_eq!(journal.when(&Heard::text("last words")), Some(seconds(4)));
        assert_eq!(journal.closed(), Some(seconds(4)));
        assert!(journal.outcome().is_clean());
    });
}

#[test]
fn several_frames_in_one_read_are_heard_in_order() {
    play(async {
        let scene = listener().open();
        let mut all = texts(0..2000);
        all.extend(frame(PING, "between"));
        all.extend(texts(2000..4000));
        scene.peer.send(all);
        settle().await;
        assert_eq!(scene.peer.reads(), 1);
        let numbers: Vec<_> = (0..4000).map(|it| it.to_string()).collect();
        assert_eq!(scene.journal.texts(), numbers);
        assert_eq!(scene.peer.frames_of(PONG).len(), 1);
    });
}

#[test]
fn frames_are_heard_however_they_are_cut() {
    let mut bytes = text("one");
    bytes.extend(frame(PING, "p"));
    bytes.extend(frame(TEXT_BEGINS, "t"));
    bytes.extend(frame(PONG, ""));
    bytes.extend(frame(ENDED, "wo"));
    bytes.extend(frame(BINARY, [3; 300]));
    bytes.extend(close(1000));
    let heard_by = |send: &dyn Fn(&support::wire::Peer)| {
        play(async {
            let scene = listener().open();
            send(&scene.peer);
            let (peer, journal) = scene.end().await;
            assert_eq!(peer.close_code(), Some(1000));
            assert_eq!(peer.frames().len(), 2);
            journal.all()
        })
    };
    let whole = heard_by(&|peer| peer.send(bytes.clone()));
    assert_eq!(whole.len(), 10);
    assert_eq!(whole[4], Heard::text("two"));
    let single = heard_by(&|peer| peer.trickle(&bytes));
    assert_eq!(single, whole);
    for at in 1..bytes.len() {
        let cut = heard_by(&|peer| {
            peer.send(&bytes[..at]);
            peer.send(&bytes[at..]);
        });
        assert_eq!(cut, whole);
    }
}

#[test]
fn frames_that_came_with_the_handshake_are_heard() {
    play(async {
        let (wire, peer) = support::wire::wire();
        let handlers = Probe::handlers();
        let mut connection = connection(Role::Server, &handlers);
        let now = tokio::time::Instant::now().into_std();
        let mut early = BytesMut::from(&texts([1, 2])[..]);
        connection.handle_input(now, &mut early);
        let actor = Probe::new(Box::new(|_, _| {}), 0);
        let journal = actor.journal.clone();
        spawn_local(Driver::new(actor, connection, wire, Arc::new(handlers)));
        settle().await;
        assert_eq!(journal.texts(), ["1", "2"]);
        peer.send(text("3"));
        settle().await;
        assert_eq!(journal.texts(), ["1", "2", "3"]);
    });
}

#[test]
fn a_client_actor_and_a_server_actor_talk_over_a_stream() {
    play(async {
        let (near, far) = duplex(100);
        let (client, client_task) = probe(|heard, ctx| match heard {
            Heard::Started => ctx.text("x".repeat(1000)).unwrap(),
            Heard::Text(_) => ctx.close(CloseCode::new(4000), "enough").unwrap(),
            _ => {}
        })
        .client()
        .open_on(Io(near));
        let (server, server_task) = probe(|heard, ctx| {
            if let Heard::Text(text) = heard {
                ctx.text(text.to_uppercase()).unwrap();
            }
        })
        .open_on(Io(far));
        client_task.await.unwrap();
        server_task.await.unwrap();

        assert_eq!(server.texts(), ["x".repeat(1000)]);
        assert_eq!(client.texts(), ["X".repeat(1000)]);
        assert_eq!(client.cause(), Cause::Local);
        assert_eq!(server.cause(), Cause::Remote);
        assert!(client.outcome().is_clean() && server.outcome().is_clean());
        // The server ends the transport at once, so nobody waits for a deadline.
        assert_eq!(client.when(&Heard::Dropped), Some(seconds(0)));
    });
}

#[test]
fn a_client_actor_and_a_server_actor_keep_each_other_alive() {
    play(async {
        let (near, far) = duplex(100);
        let (client, client_task) = listener().client().open_on(Io(near));
        let (server, server_task) = listener().open_on(Io(far));
        sleep(seconds(24 * 3600)).await;
        assert!(!client_task.is_finished() && !server_task.is_finished());
        let pinged = [&client, &server].map(|journal| {
            let pings = journal.all().into_iter();
            pings.filter(|it| matches!(it, Heard::Ping(_))).count()
        });
        assert!(pinged[0] + pinged[1] >= 4000, "{pinged:?}");
        client_task.abort();
        sleep(seconds(60)).await;
        assert!(server_task.is_finished());
        assert_eq!(server.cause(), Cause::TransportLost);
    });
}

#[test]
fn what_is_written_to_a_stream_that_buffers_is_flushed() {
    play(async {
        let (near, mut far) = duplex(1024);
        // TLS streams hold back what they took in the same way.
        let _open = listener().open_on(Io(BufWriter::new(near)));
        far.write_all(&frame(PING, "anyone?")).await.unwrap();
        let mut pong = [0; 9];
        let read = tokio::time::timeout(seconds(10), far.read_exact(&mut pong));
        read.await.expect("the pong is held back").unwrap();
        assert_eq!(frames::read(&pong)[0].payload, b"anyone?");
    });
}

#[test]
fn bytes_of_a_transport_that_broke_never_reach_another_connection() {
    play(async {
        let (broken, broken_task) = listener().open_on(Broken);
        let scene = listener().open();
        scene.peer.send(text("mine"));
        broken_task.await.unwrap();
        settle().await;
        assert_eq!(broken.cause(), Cause::TransportLost);
        assert_eq!(scene.journal.texts(), ["mine"]);
    });
}

#[test]
fn handlers_know_what_they_handle() {
    let handlers = Handlers::<Probe>::new().on::<Binary>().on::<Pong>();
    for (opcode, handled) in [
        (Opcode::TEXT, false),
        (Opcode::BINARY, true),
        (Opcode::PING, false),
        (Opcode::PONG, true),
        (Opcode::CLOSE, false),
    ] {
        assert_eq!(handlers.handles(opcode), handled);
    }
}

#[test]
fn an_actor_knows_the_subprotocol() {
    play(async {
        let (wire, _peer) = support::wire::wire();
        let handlers = Probe::handlers();
        let connection = connection(Role::Server, &handlers).with_subprotocol(Some("chat"));
        let actor = Probe::new(
            Box::new(|_, ctx| assert_eq!(ctx.subprotocol(), Some("chat"))),
            0,
        );
        let journal = actor.journal.clone();
        scene::open(actor, connection, wire, handlers);
        settle().await;
        assert_eq!(journal.all(), [Heard::Started]);
    });
}

#[test]
fn a_message_over_the_limit_of_a_custom_config_closes_with_1009() {
    play(async {
        let config = Config::new().max_message_bytes(10);
        let scene = listener().config(config).open();
        scene.peer.send(text("0123456789"));
        scene.peer.send(text("0123456789a"));
        settle().await;
        assert_eq!(scene.journal.texts(), ["0123456789"]);
        assert_eq!(scene.peer.close_code(), Some(1009));
    });
}

/// Waits for a minute after each text.
fn waits_a_minute() -> scene::Setup {
    probe(|heard, ctx| {
        if let Heard::Text(_) = heard {
            ctx.wait(delay(seconds(60)));
        }
    })
}

/// Adds two numbers.
struct Adder;

#[derive(Deserialize)]
struct Sum {
    left: u32,
    right: u32,
}

impl Adder {
    fn handlers() -> Handlers<Self> {
        Handlers::new().on::<Json<Sum>>()
    }
}

impl Actor for Adder {
    type Context = WsContext<Self>;
}

impl Handler<Json<Sum>> for Adder {
    type Result = ();

    fn handle(&mut self, Json(sum): Json<Sum>, ctx: &mut Self::Context) {
        ctx.json(&(sum.left + sum.right)).unwrap();
    }
}

/// Hears numbers, made of texts.
struct Counter;

#[derive(Message)]
#[rtype(result = "()")]
struct Number(u32);

impl FrameMessage for Number {
    const OPCODE: Opcode = Opcode::TEXT;

    fn from_event(event: Event) -> Result<Self, Rejection> {
        let text = Text::from_event(event)?;
        let number = text.as_str().parse();
        number
            .map(Self)
            .map_err(|_| Rejection::new(CloseCode::new(4000), "no number").unwrap())
    }
}

impl Actor for Counter {
    type Context = WsContext<Self>;
}

impl Handler<Number> for Counter {
    type Result = ();

    fn handle(&mut self, Number(number): Number, ctx: &mut Self::Context) {
        ctx.text((number + 1).to_string()).unwrap();
    }
}

/// Answers after a second, and hears others meanwhile.
struct Later;

impl Later {
    fn handlers() -> Handlers<Self> {
        Handlers::new().on::<Text>()
    }
}

impl Actor for Later {
    type Context = WsContext<Self>;
}

impl Handler<Text> for Later {
    type Result = ResponseActFuture<Self, ()>;

    fn handle(&mut self, Text(text): Text, ctx: &mut Self::Context) -> Self::Result {
        ctx.text(format!("heard {}", text.as_str())).unwrap();
        let second = sleep(seconds(1)).into_actor(self);
        Box::pin(second.map(move |(), _, ctx| {
            ctx.text(format!("done {}", text.as_str())).unwrap();
        }))
    }
}

/// Answers a text after a second, and hears nothing else meanwhile.
struct Atomic;

impl Atomic {
    fn handlers() -> Handlers<Self> {
        Handlers::new().on::<Text>().on::<Binary>()
    }
}

impl Actor for Atomic {
    type Context = WsContext<Self>;
}

impl Handler<Text> for Atomic {
    type Result = AtomicResponse<Self, ()>;

    fn handle(&mut self, Text(text): Text, ctx: &mut Self::Context) -> Self::Result {
        ctx.text(format!("heard {}", text.as_str())).unwrap();
        let second = sleep(seconds(1)).into_actor(self);
        AtomicResponse::new(Box::pin(second.map(move |(), _, ctx| {
            ctx.text(format!("done {}", text.as_str())).unwrap();
        })))
    }
}

impl Handler<Binary> for Atomic {
    type Result = ();

    fn handle(&mut self, Binary(bytes): Binary, ctx: &mut Self::Context) {
        let text = str::from_utf8(&bytes).unwrap();
        ctx.text(format!("heard {text}")).unwrap();
    }
}

/// Does something for a second that needs no actor.
struct Elsewhere(Rc<Cell<bool>>);

impl Actor for Elsewhere {
    type Context = WsContext<Self>;
}

impl Handler<Text> for Elsewhere {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: Text, _: &mut Self::Context) -> Self::Result {
        let done = Rc::clone(&self.0);
        Box::pin(async move {
            sleep(seconds(1)).await;
            done.set(true);
        })
    }
}

/// A transport that breaks amid a read.
struct Broken;

impl Transport for Broken {
    fn poll_read(
        &mut self,
        _: &mut Context<'_>,
        buffer: &mut BytesMut,
    ) -> Poll<std::io::Result<usize>> {
        buffer.extend_from_slice(&text("not for others"));
        Poll::Ready(Err(std::io::ErrorKind::ConnectionReset.into()))
    }

    fn poll_write(
        &mut self,
        _: &mut Context<'_>,
        _: &mut SendQueue,
    ) -> Poll<std::io::Result<usize>> {
        Poll::Pending
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(&mut self, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
