//! How long a message may take from its first byte to its last (§10.4).

use std::time::Duration;

use ws_core::{Cause, CloseCode, Config, Delivery, Role, State, Timeout};

use crate::support::{
    ROLES,
    frames::{BINARY_BEGINS, CONTINUED, ENDED, PING, TEXT, frame},
    millis, seconds,
    side::Side,
};

#[test]
fn a_message_that_does_not_end_is_given_up() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        side.elapse(seconds(15));
        side.feed_frame(BINARY_BEGINS, b"begun");
        // Signs of life do not help.
        drip(&mut side, millis(119_999), |side| {
            side.feed_frame(CONTINUED, b"x");
            side.feed_frame(PING, b"");
        });
        assert_eq!(side.connection.state(), State::Open);
        side.elapse(millis(1));
        late(&side);
    }
}

#[test]
fn a_frame_that_does_not_end_is_given_up() {
    for role in ROLES {
        for delivery in [Delivery::Messages, Delivery::Parts, Delivery::Frames] {
            let config = Config::new().delivery(delivery);
            let mut side = Side::new(role, config.message_timeout(Some(seconds(10))));
            let bytes = frame(role.peer(), TEXT, &[b'x'; 100]);
            side.feed(&bytes[..20]);
            side.elapse(millis(9999));
            side.feed(&bytes[20..21]);
            assert_eq!(side.connection.state(), State::Open);
            side.elapse(millis(1));
            late(&side);
        }
    }
}

#[test]
fn a_message_that_ends_in_time_leaves_no_deadline() {
    for role in ROLES {
        let config = Config::new().ping_interval(None);
        let mut side = Side::new(role, config);
        side.feed_frame(BINARY_BEGINS, b"begun");
        assert_eq!(side.due(), Some(seconds(120)));
        side.elapse(seconds(119));
        side.feed_frame(ENDED, b"");
        assert_eq!(side.deadline, None);
        side.feed_frame(BINARY_BEGINS, b"begun");
        assert_eq!(side.due(), Some(seconds(119 + 120)));
    }
}

#[test]
fn each_message_has_its_own_time_also_if_it_begins_in_the_read_that_ends_the_last() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new().ping_interval(None));
        side.feed_frame(BINARY_BEGINS, b"begun");
        let turn = [
            frame(role.peer(), ENDED, b"ended"),
            frame(role.peer(), BINARY_BEGINS, b"begun"),
        ];
        for messages in 1..=100 {
            side.elapse(seconds(5));
            side.feed(&turn.concat());
            assert_eq!(side.messages().len(), messages);
        }
        assert_eq!(side.connection.state(), State::Open);
        side.elapse(seconds(119));
        assert_eq!(side.connection.state(), State::Open);
    }
}

#[test]
fn time_in_which_nobody_reads_is_not_held_against_the_message() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        side.feed_frame(BINARY_BEGINS, b"begun");
        side.elapse(seconds(10));
        side.pause();
        side.elapse(seconds(500));
        assert_eq!(side.connection.state(), State::Open);
        side.resume();
        side.tick();
        side.feed_frame(ENDED, b"waited in the transport");
        assert_eq!(side.connection.state(), State::Open);
        assert_eq!(side.messages().len(), 1);
    }
}

#[test]
fn a_message_may_take_for_ever_if_it_is_said_so() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new().message_timeout(None));
        side.feed_frame(BINARY_BEGINS, b"begun");
        drip(&mut side, seconds(100_000), |side| {
            side.feed_frame(CONTINUED, b"x");
        });
        side.feed_frame(ENDED, b"");
        assert_eq!(side.messages().len(), 1);
    }
}

#[test]
fn a_closing_connection_has_the_close_deadline_alone() {
    let config = Config::new().message_timeout(Some(seconds(10)));
    let mut server = Side::new(Role::Server, config.close_timeout(seconds(60)));
    server.feed_frame(BINARY_BEGINS, b"begun");
    server.close(CloseCode::NORMAL, "");
    assert_eq!(server.due(), Some(seconds(60)));
    server.feed_frame(CONTINUED, b"");
    server.elapse(seconds(59));
    assert_eq!(server.connection.state(), State::LocalClosing);
}

/// Does something every 10 seconds for so long.
fn drip(side: &mut Side, time: Duration, drop: impl Fn(&mut Side)) {
    let end = side.time() + time;
    while side.time() + seconds(10) < end {
        side.elapse(seconds(10));
        drop(side);
    }
    side.elapse_to(end);
}

fn late(side: &Side) {
    assert_eq!(*side.cause(), Cause::Timeout(Timeout::Message));
    assert_eq!(side.sent_code(), Some(CloseCode::POLICY_VIOLATION));
}
