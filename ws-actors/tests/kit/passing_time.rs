//! Deadlines, to the millisecond.

use std::{future::pending, time::Duration};

use actix::{AsyncContext, fut::wrap_future};
use tokio::time::sleep;
use ws_actors::test;
use ws_core::{Cause, Config, Timeout};

use crate::support::{connect, failure, millis, seconds, server, tell};

#[test]
fn a_peer_that_answers_pings_lives_for_hours() {
    test::run(async {
        let mut client = server().connect();
        test::advance(seconds(12 * 3600)).await;
        assert!(!client.is_over());
        for tick in 1..=10 {
            client.expect_ping().await;
            assert!(client.elapsed() >= seconds(20 * tick));
        }
        client.close().await;
    });
}

#[test]
fn a_peer_that_answers_pings_again_lives_on() {
    test::run(async {
        let mut client = server().connect();
        client.ignore_pings();
        let payload = client.expect_ping().await;
        assert_eq!(client.elapsed(), seconds(20));
        test::advance(seconds(19)).await;
        client.send_pong(payload);
        client.answer_pings();
        client.expect_nothing(seconds(3600)).await;
    });
}

#[test]
fn a_silent_peer_is_closed_and_dropped_on_time() {
    test::run(async {
        let (mut client, outcome) = connect(Config::new());
        client.ignore_pings();
        client.expect_nothing(millis(19_999)).await;
        client.expect_ping().await;
        assert_eq!(client.elapsed(), seconds(20));
        client.expect_close(1011).await;
        assert_eq!(client.elapsed(), seconds(40));
        test::settle().await;
        let cause = outcome.take().unwrap().cause;
        assert_eq!(cause, Cause::Timeout(Timeout::Pong));
        test::advance(millis(4_999)).await;
        assert!(!client.is_over());
        assert_eq!(client.outcome(), None);
        test::advance(millis(1)).await;
        assert!(client.is_over());
        let cause = client.outcome().unwrap().cause;
        assert_eq!(cause, Cause::Timeout(Timeout::Pong));
    });
}

#[test]
fn a_close_frame_without_an_answer_is_waited_for_in_vain() {
    test::run(async {
        let (mut client, outcome) = connect(Config::new().close_timeout(seconds(3)));
        tell(&client, |ctx| ctx.close(1000.into(), "").unwrap());
        client.expect_close(1000).await;
        client.expect_nothing(millis(2_999)).await;
        client.expect_end().await;
        assert_eq!(client.elapsed(), seconds(3));
        let cause = outcome.take().unwrap().cause;
        assert_eq!(cause, Cause::Timeout(Timeout::Close));
    });
}

#[test]
fn an_advance_runs_all_that_is_due_in_it() {
    test::run(async {
        let mut client = server().connect();
        tell(&client, |ctx| {
            ctx.run_interval(seconds(1), |_, ctx| ctx.text("tick").unwrap());
        });
        test::advance(seconds(3)).await;
        for tick in 1..=3 {
            let frame = client.expect_frame().await;
            assert_eq!(frame.at, seconds(tick));
        }
        client.expect_nothing(Duration::ZERO).await;
        assert_eq!(client.elapsed(), seconds(3));
    });
}

#[test]
fn an_end_is_that_of_the_actor_too() {
    test::run(async {
        let mut client = server().connect();
        tell(&client, |ctx| ctx.wait(wrap_future(sleep(seconds(3)))));
        test::settle().await;
        client.reset();
        client.expect_end().await;
        assert_eq!(client.elapsed(), seconds(3));
        assert!(client.is_over());
    });
}

#[test]
fn a_ping_that_crosses_a_close_frame_is_passed_over() {
    test::run(async {
        let mut client = server().connect();
        tell(&client, |ctx| ctx.ping("there?").unwrap());
        test::settle().await;
        client.send_close(1000, "");
        client.expect_close(1000).await;
        client.expect_end().await;
    });
    test::run(async {
        let mut client = server().connect();
        client.stop_reading();
        tell(&client, |ctx| ctx.ping("there?").unwrap());
        test::settle().await;
        client.send_close(1000, "");
        client.resume_reading();
        client.expect_close(1000).await;
        client.expect_end().await;
    });
}

#[test]
fn a_scenario_that_waits_for_ever_fails() {
    let message = failure(async {
        let (_client, _) = connect(Config::new().ping_interval(None));
        pending().await
    });
    assert_eq!(message, "the scenario waits for something that never comes");
}
