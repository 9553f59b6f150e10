//! What a peer does wrong, and what the actor's side makes of it.

use std::{cell::Cell, rc::Rc, time::Duration};

use actix::{Actor, Handler};
use ws_actors::{
    Handlers, Part, WsContext,
    test::{self, Fin, Frame, Opcode},
};
use ws_core::{Cause, Config, ProtocolError, Timeout};

use crate::support::{connect, millis, seconds, server, tell};

#[test]
fn a_peer_that_stops_reading_leaves_bytes_waiting() {
    test::run(async {
        let mut client = server().connect();
        client.stop_reading();
        client.send_text("hello");
        client.expect_nothing(seconds(1)).await;
        assert_eq!(client.queued_bytes(), 2 + 5);
        client.read_only(4);
        client.expect_nothing(seconds(1)).await;
        assert_eq!(client.queued_bytes(), 3);
        client.resume_reading();
        client.expect_text("hello").await;
        assert_eq!(client.queued_bytes(), 0);
    });
}

#[test]
fn what_waits_in_the_outbox_counts() {
    test::run(async {
        let mut client = server().connect();
        client.stop_reading();
        let message = vec![7; 50_000];
        let sent = message.clone();
        tell(&client, move |ctx| {
            for _ in 0..4 {
                ctx.binary(sent.clone()).unwrap();
            }
        });
        test::settle().await;
        let queued = client.queued_bytes();
        assert!((200_000..200_100).contains(&queued), "{queued}");
        client.resume_reading();
        for _ in 0..4 {
            client.expect_binary(&message).await;
        }
    });
}

#[test]
fn a_peer_that_never_reads_is_dropped_after_the_write_timeout() {
    test::run(async {
        let (mut client, outcome) = connect(Config::new().ping_interval(None));
        client.stop_reading();
        client.send_text("hi");
        test::advance(millis(29_999)).await;
        assert!(!client.is_over());
        client.expect_end().await;
        assert!(client.elapsed() <= seconds(60));
        assert_eq!(client.queued_bytes(), 0);
        let cause = outcome.take().unwrap().cause;
        assert_eq!(cause, Cause::Timeout(Timeout::Write));
    });
}

/// Counts the parts in which its data comes.
struct Parts(Rc<Cell<usize>>);

impl Actor for Parts {
    type Context = WsContext<Self>;
}

impl Handler<Part> for Parts {
    type Result = ();

    fn handle(&mut self, _: Part, _: &mut WsContext<Self>) {
        self.0.set(self.0.get() + 1);
    }
}

#[test]
fn a_peer_that_trickles_sends_byte_by_byte() {
    test::run(async {
        let parts = Rc::new(Cell::new(0));
        let handlers = Handlers::new().on::<Part>();
        let mut client = test::server(Parts(Rc::clone(&parts)), handlers).connect();
        client.send_text("hello");
        client.expect_nothing(Duration::ZERO).await;
        assert_eq!(parts.take(), 1);
        client.trickle();
        client.send_text("hello");
        client.expect_nothing(Duration::ZERO).await;
        assert!(parts.take() >= 5);
        client.stop_trickling();
        client.send_text("hello");
        client.expect_nothing(Duration::ZERO).await;
        assert_eq!(parts.take(), 1);
    });
}

#[test]
fn a_peer_that_ends_its_side_still_reads() {
    test::run(async {
        let (mut client, outcome) = connect(Config::new());
        client.send_text("last");
        client.half_close();
        client.expect_text("last").await;
        let end = client.expect_end().await;
        assert_eq!(client.elapsed(), Duration::ZERO);
        assert_eq!(end.cause, Cause::TransportLost);
        assert_eq!(outcome.take(), Some(end));
    });
}

#[test]
fn a_transport_that_breaks_loses_what_nobody_read() {
    test::run(async {
        let (mut client, outcome) = connect(Config::new());
        client.send_text("lost");
        client.reset();
        client.expect_end().await;
        assert_eq!(outcome.take().unwrap().cause, Cause::TransportLost);
    });
}

#[test]
fn a_peer_that_is_dropped_breaks_the_transport() {
    test::run(async {
        let (client, outcome) = connect(Config::new());
        test::settle().await;
        drop(client);
        test::settle().await;
        assert_eq!(outcome.take().unwrap().cause, Cause::TransportLost);
    });
}

#[test]
fn frames_are_sent_as_they_are_right_or_wrong() {
    let text = |payload| Frame::new(Opcode::TEXT, payload);
    let cases = [
        (
            Frame::new(Opcode::CONTINUATION, "lo"),
            ProtocolError::UnexpectedContinuation,
        ),
        (
            Frame::new(Opcode::PING, vec![0; 126]),
            ProtocolError::ControlTooLong(Opcode::PING),
        ),
        (
            Frame::new(Opcode::PING, "").fin(Fin::More),
            ProtocolError::FragmentedControl(Opcode::PING),
        ),
        (
            text("hi").rsv(test::Rsv::RSV2.union(test::Rsv::RSV3)),
            ProtocolError::ReservedBits(test::Rsv::RSV2.union(test::Rsv::RSV3)),
        ),
        (
            Frame::new(Opcode::TEXT, vec![0xff]),
            ProtocolError::InvalidUtf8,
        ),
        (
            Frame::new(Opcode::CLOSE, vec![3]),
            ProtocolError::TruncatedCloseCode,
        ),
        (
            Frame::new(Opcode::new(3).unwrap(), ""),
            ProtocolError::UnknownOpcode(Opcode::new(3).unwrap()),
        ),
    ];
    for (frame, fault) in cases {
        test::run(async {
            let (mut client, outcome) = connect(Config::new());
            client.send_frame(frame);
            client.expect_close(fault.close_code()).await;
            client.expect_end().await;
            assert!(client.is_over());
            assert_eq!(client.elapsed(), Duration::ZERO);
            assert_eq!(outcome.take().unwrap().cause, Cause::Protocol(fault));
        });
    }
}

#[test]
fn a_close_code_that_must_not_be_sent_is_sent() {
    test::run(async {
        let (mut client, outcome) = connect(Config::new());
        client.send_close(1006, "");
        client.expect_close(1002).await;
        client.expect_end().await;
        let cause = outcome.take().unwrap().cause;
        let fault = ProtocolError::InvalidCloseCode(1006.into());
        assert_eq!(cause, Cause::Protocol(fault));
    });
}

#[test]
fn bytes_of_a_frame_can_be_spoilt_and_joined() {
    test::run(async {
        let (mut client, outcome) = connect(Config::new());
        let mut bytes = client.encode(&Frame::new(Opcode::TEXT, "one"));
        let mut unmasked = client.encode(&Frame::new(Opcode::TEXT, "two"));
        unmasked[1] &= 0x7f;
        bytes.extend(unmasked);
        client.send_raw(bytes);
        client.expect_text("one").await;
        client.expect_close(1002).await;
        client.expect_end().await;
        let cause = outcome.take().unwrap().cause;
        assert_eq!(cause, Cause::Protocol(ProtocolError::UnmaskedFrame));
    });
}

#[test]
fn a_pong_never_comes_in_the_middle_of_a_frame() {
    test::run(async {
        let mut client = server().connect();
        let bytes = client.encode(&Frame::new(Opcode::TEXT, "slow"));
        let (head, tail) = bytes.split_at(3);
        client.send_raw(head.to_vec());
        // The heartbeat's Ping comes after 20 s.
        client.expect_nothing(seconds(30)).await;
        client.send_raw(tail.to_vec());
        client.expect_text("slow").await;
        // The Pong came behind it, and counted.
        client.expect_nothing(seconds(3600)).await;
    });
}

#[test]
fn what_follows_a_close_frame_can_be_sent() {
    test::run(async {
        let (mut client, outcome) = connect(Config::new());
        client.send_close(1000, "bye");
        client.send_text("too late");
        client.send_ping("too late");
        client.expect_close(1000).await;
        client.expect_end().await;
        let outcome = outcome.take().unwrap();
        assert!(outcome.is_clean());
        assert_eq!(outcome.received.unwrap().reason(), "bye");
    });
}
