//! Expectations that are not met, and what they say.

use std::{panic::Location, time::Duration};

use serde_json::Value;
use ws_actors::test::{self, Frame, Opcode};

use crate::support::{failure, seconds, server, tell};

/// The part of a message behind its place, which is in this file.
fn behind_place(message: &str) -> &str {
    let (place, rest) = message.split_once(": ").unwrap();
    assert!(place.starts_with(file!()), "{message}");
    rest
}

#[test]
fn a_failure_names_the_line_of_the_test() {
    let here = Location::caller();
    let message = failure(async {
        let mut client = server().connect();
        client.expect_nothing(Duration::ZERO).await;
        client.expect_text("never").await;
    });
    let place = format!("{}:{}:16: ", file!(), here.line() + 4);
    assert!(message.starts_with(&place), "{message} at {place}");
}

#[test]
fn another_text_fails() {
    let message = failure(async {
        let mut client = server().connect();
        client.send_text("one");
        client.expect_text("one").await;
        test::advance(seconds(2)).await;
        client.send_text("two");
        client.expect_text("three").await;
    });
    assert_eq!(
        behind_place(&message),
        "expected text \"three\", but text \"two\" came\n\
         the last frames that came:\n     \
         0.000 s  text \"one\"\n     \
         2.000 s  text \"two\""
    );
}

#[test]
fn only_the_last_frames_are_shown() {
    let message = failure(async {
        let mut client = server().connect();
        for number in 0..100 {
            client.send_text(number.to_string());
            client.expect_text(&number.to_string()).await;
        }
        client.send_text("x".repeat(10_000));
        client.expect_text("y").await;
    });
    assert_eq!(message.lines().count(), 10, "{message}");
    assert!(message.contains("\"93\"") && !message.contains("\"92\""));
    assert!(message.contains("and more, 10000 bytes"));
    assert!(message.len() < 1000, "{message}");
}

#[test]
fn another_kind_of_frame_fails() {
    let cases = [
        (
            failure(async {
                let mut client = server().connect();
                client.send_binary(vec![1, 255]);
                client.expect_text("hi").await;
            }),
            "expected text \"hi\", but binary of 2 bytes 01 ff came",
        ),
        (
            failure(async {
                let mut client = server().connect();
                client.send_text("hi");
                client.expect_binary(b"hi").await;
            }),
            "expected binary of 2 bytes 68 69, but text \"hi\" came",
        ),
        (
            failure(async {
                let mut client = server().connect();
                client.send_ping("a");
                client.expect_message().await;
            }),
            "expected a message, but pong \"a\" came",
        ),
        (
            failure(async {
                let mut client = server().connect();
                client.send_ping("a");
                client.expect_pong("b").await;
            }),
            "expected pong \"b\", but pong \"a\" came",
        ),
        (
            failure(async {
                let mut client = server().connect();
                client.send_text("hi");
                client.expect_ping().await;
            }),
            "expected a ping, but text \"hi\" came",
        ),
        (
            failure(async {
                let mut client = server().connect();
                client.send_close(1000, "");
                client.expect_close(1001).await;
            }),
            "expected close 1001 (going away), but close 1000 (normal closure) came",
        ),
        (
            failure(async {
                let mut client = server().connect();
                tell(&client, |ctx| ctx.close(4001.into(), "out").unwrap());
                client.expect_text("hi").await;
            }),
            "expected text \"hi\", but close 4001 \"out\" came",
        ),
        (
            failure(async {
                let mut client = server().connect();
                client.send_text("hi");
                client.expect_end().await;
            }),
            "expected the end of the connection, but text \"hi\" came",
        ),
        (
            failure(async {
                let mut client = server().connect();
                client.send_text("hi");
                client.close().await;
            }),
            "expected close 1000 (normal closure), but text \"hi\" came",
        ),
    ];
    for (message, expected) in cases {
        let line = behind_place(&message).lines().next();
        assert_eq!(line, Some(expected));
    }
}

#[test]
fn json_of_another_shape_fails() {
    let message = failure(async {
        let mut client = server().connect();
        client.send_text("[1, 2");
        client.expect_json::<Value>().await;
    });
    let line = behind_place(&message).lines().next().unwrap();
    assert!(
        line.starts_with("expected the JSON of a ") && line.contains("\"[1, 2\" came: EOF"),
        "{line}"
    );
    let message = failure(async {
        let mut client = server().connect();
        client.send_text("-1");
        client.expect_json::<u8>().await;
    });
    let line = behind_place(&message).lines().next();
    let expected = "expected the JSON of a u8, but text \"-1\" came: \
                    invalid value: integer `-1`, expected u8 at line 1 column 2";
    assert_eq!(line, Some(expected));
}

#[test]
fn a_frame_fails_who_expects_nothing() {
    let message = failure(async {
        let mut client = server().connect();
        client.ignore_pings();
        client.expect_nothing(seconds(20)).await;
    });
    let line = behind_place(&message).lines().next().unwrap();
    assert!(
        line.starts_with("expected nothing for 20s, but ping "),
        "{line}"
    );
}

#[test]
fn an_end_fails_who_expects_something() {
    let ended = "but the actor's side ended the connection";
    let message = failure(async {
        let mut client = server().connect();
        client.reset();
        client.expect_text("hi").await;
    });
    assert_eq!(
        behind_place(&message),
        format!("expected text \"hi\", {ended}")
    );
    let message = failure(async {
        let mut client = server().connect();
        client.reset();
        client.expect_nothing(seconds(1)).await;
    });
    assert_eq!(
        behind_place(&message),
        format!("expected nothing for 1s, {ended}")
    );
}

#[test]
fn what_never_comes_fails_after_a_day_of_answered_pings() {
    let message = failure(async {
        let mut client = server().connect();
        client.expect_text("hi").await;
    });
    let line = behind_place(&message).lines().next();
    assert_eq!(
        line,
        Some("expected text \"hi\", but nothing came in a day")
    );
    assert!(message.ends_with(", answered"), "{message}");
    let message = failure(async {
        let mut client = server().connect();
        client.expect_end().await;
    });
    assert!(message.contains("expected the end of the connection, but nothing came in a day"));
}

#[test]
fn a_close_frame_shows_why_the_actors_side_failed() {
    let message = failure(async {
        let mut client = server().connect();
        client.send_frame(Frame::new(Opcode::CONTINUATION, "lo"));
        client.expect_text("Hello").await;
    });
    let line = behind_place(&message).lines().next();
    let expected =
        "expected text \"Hello\", but close 1002 (protocol error) \"protocol error\" came";
    assert_eq!(line, Some(expected));
}

#[test]
fn a_value_that_is_no_json_fails_at_the_line_of_the_test() {
    let message = failure(async {
        let mut client = server().connect();
        client.send_json(&std::collections::HashMap::from([((1, 2), 3)]));
    });
    assert_eq!(
        message,
        "the value cannot be written as JSON: key must be a string"
    );
}
