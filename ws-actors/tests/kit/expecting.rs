//! Expectations that are met.

use std::time::Duration;

use serde_json::{Value, json};
use ws_actors::test::{self, Fin, Frame, Opcode};
use ws_core::{Cause, CloseCode, Message};

use crate::support::{seconds, server, tell};

#[test]
fn messages_come_as_the_actor_sent_them() {
    test::run(async {
        let mut client = server().connect();
        client.send_text("hi");
        client.expect_text("hi").await;
        client.send_binary(vec![1, 2, 3]);
        client.expect_binary(&[1, 2, 3]).await;
        client.send_json(&json!({ "n": 1 }));
        assert_eq!(client.expect_json::<Value>().await["n"], 1);
        client.send_message(Message::text("any"));
        assert_eq!(client.expect_message().await, Message::text("any"));
        assert_eq!(client.close().await.cause, Cause::Remote);
        assert!(client.is_over());
    });
}

#[test]
fn messages_of_every_length_come_through() {
    test::run(async {
        let mut client = server().connect();
        for len in [0, 1, 125, 126, 127, 65_535, 65_536, 200_000] {
            let bytes: Vec<u8> = (0..len).map(|i| i as u8).collect();
            client.send_binary(bytes.clone());
            client.expect_binary(&bytes).await;
        }
    });
}

#[test]
fn a_message_may_be_sent_in_fragments() {
    test::run(async {
        let mut client = server().connect();
        client.send_frame(Frame::new(Opcode::TEXT, "Hel").fin(Fin::More));
        client.send_ping("between");
        client.send_frame(Frame::new(Opcode::CONTINUATION, "lo"));
        client.expect_pong("between").await;
        client.expect_text("Hello").await;
    });
}

#[test]
fn frames_are_shown_as_they_were_on_the_wire() {
    test::run(async {
        let mut client = server().connect();
        client.send_text("hi");
        let frame = client.expect_frame().await;
        assert_eq!(frame.opcode(), Opcode::TEXT);
        assert_eq!(frame.payload, "hi");
        assert_eq!(frame.header.payload_len, 2);
        assert_eq!(frame.header.mask, None);
        assert!(frame.header.rsv.is_empty());
        assert_eq!(frame.at, Duration::ZERO);
        assert_eq!(frame.close(), None);
        assert_eq!(format!("{frame:?}"), "text \"hi\"");
    });
}

#[test]
fn pings_of_the_actor_are_answered_and_may_be_expected() {
    test::run(async {
        let mut client = server().connect();
        tell(&client, |ctx| ctx.ping("there?").unwrap());
        assert_eq!(client.expect_ping().await, "there?");
        tell(&client, |ctx| ctx.ping("still?").unwrap());
        test::settle().await;
        client.send_text("hi");
        // The Ping came before, and is passed over.
        client.expect_text("hi").await;
    });
}

#[test]
fn a_close_frame_shows_its_code_and_reason() {
    test::run(async {
        let mut client = server().connect();
        tell(&client, |ctx| ctx.close(4001.into(), "out").unwrap());
        let close = client.expect_close(4001).await;
        assert_eq!(close.reason(), "out");
        client.send_close(4001, "");
        client.expect_end().await;
    });
}

#[test]
fn a_close_frame_may_have_no_code() {
    test::run(async {
        let mut client = server().connect();
        client.send_close(CloseCode::NO_STATUS, "");
        let close = client.expect_close(CloseCode::NO_STATUS).await;
        assert_eq!(close.code(), None);
        client.expect_end().await;
    });
}

#[test]
fn a_handler_that_panics_closes_the_connection() {
    test::run(async {
        let mut client = server().connect();
        tell(&client, |_| panic!("on purpose"));
        client.expect_close(1011).await;
        client.expect_end().await;
    });
}

#[test]
fn nothing_may_be_expected_for_no_time_at_all() {
    test::run(async {
        let mut client = server().connect();
        client.expect_nothing(Duration::ZERO).await;
        client.expect_nothing(seconds(3600)).await;
        assert_eq!(client.elapsed(), seconds(3600));
        client.send_text("hi");
        client.expect_text("hi").await;
    });
}

#[test]
fn the_actor_is_told_what_the_handshake_agreed_on() {
    test::run(async {
        let mut client = server().subprotocol("chat").connect();
        tell(&client, |ctx| {
            let subprotocol = ctx.subprotocol().unwrap().to_owned();
            ctx.text(subprotocol).unwrap();
        });
        client.expect_text("chat").await;
    });
}
