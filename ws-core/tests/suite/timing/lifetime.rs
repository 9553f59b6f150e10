//! Connections that have nothing to say, and those that have lasted for long.

use std::time::Instant;

use ws_core::{
    Cause, CloseCode, Config, Connection, Entropy, Fin, Frame, Opcode, PreparedMessage, Role,
    State, Timeout,
};

use crate::support::{
    ROLES,
    frames::{CLOSE, PING, PONG, TEXT, close_payload},
    pair::Pair,
    seconds,
    side::Side,
};

fn idle() -> Config {
    Config::new().idle_timeout(Some(seconds(60)))
}

fn lasting() -> Config {
    Config::new().max_lifetime(Some(seconds(100)))
}

#[test]
fn a_connection_lasts_and_is_silent_for_ever_unless_it_is_said_otherwise() {
    let mut pair = Pair::new(&Config::new());
    pair.elapse(seconds(1_000_000));
    assert_eq!(pair.client.connection.state(), State::Open);
    assert_eq!(pair.server.connection.state(), State::Open);
}

#[test]
fn a_connection_that_has_nothing_to_say_is_closed_with_1001() {
    for role in ROLES {
        let mut pair = Pair::new(&Config::new());
        *pair.side(role) = Side::at(pair.client.now, role, idle());
        pair.elapse(seconds(59));
        assert_eq!(pair.side(role).connection.state(), State::Open);
        pair.elapse(seconds(1));
        for side in [role, role.peer()] {
            let side = pair.side(side);
            assert!(side.is_closed());
            assert!(side.outcome().is_clean());
        }
        let side = pair.side(role);
        assert_eq!(side.cause(), &Cause::Timeout(Timeout::Idle));
        assert_eq!(side.sent_code(), Some(CloseCode::GOING_AWAY));
        assert_eq!(pair.side(role.peer()).cause(), &Cause::Remote);
    }
}

#[test]
fn whoever_says_something_keeps_the_connection() {
    let mut side = Side::new(Role::Server, idle().ping_interval(None));
    for round in 0..6 {
        side.elapse(seconds(50));
        match round {
            0 => side.feed_frame(TEXT, b"short"),
            1 => side.feed_frame(TEXT, &[b'x'; 10_000]),
            2 => side.send("message"),
            3 => side.connection.send_text("borrowed").unwrap(),
            4 => side
                .connection
                .send_prepared(&PreparedMessage::new("prepared"))
                .unwrap(),
            _ => side.send_frame(Frame::new(Opcode::TEXT, "part").fin(Fin::More)),
        }
        side.run();
        assert_eq!(side.connection.state(), State::Open);
    }
    side.elapse(seconds(59));
    assert_eq!(side.connection.state(), State::Open);
    side.elapse(seconds(1));
    assert_eq!(side.connection.state(), State::LocalClosing);
}

#[test]
fn pings_and_pongs_say_nothing() {
    let mut side = Side::new(Role::Server, idle());
    for first in [PING, PONG, PING] {
        side.elapse(seconds(15));
        side.feed_frame(first, b"");
        side.connection.ping("").unwrap();
        side.run();
    }
    side.elapse(seconds(15));
    assert_eq!(side.connection.state(), State::LocalClosing);
}

#[test]
fn time_in_which_nobody_reads_is_not_idle() {
    let mut side = Side::new(Role::Server, idle().ping_interval(None));
    side.elapse(seconds(50));
    side.pause();
    side.elapse(seconds(1_000));
    side.resume();
    side.elapse(seconds(9));
    assert_eq!(side.connection.state(), State::Open);
    side.elapse(seconds(1));
    assert_eq!(side.connection.state(), State::LocalClosing);
}

#[test]
fn a_connection_that_has_lasted_long_enough_is_closed_with_1001_whatever_is_said() {
    for role in ROLES {
        let mut side = Side::new(role, lasting());
        for _ in 0..9 {
            side.elapse(seconds(11));
            side.feed_frame(TEXT, b"on and on");
            assert_eq!(side.connection.state(), State::Open);
        }
        side.elapse(seconds(1));
        assert_eq!(side.connection.state(), State::LocalClosing);
        let close = side.frames_of(CLOSE);
        assert_eq!(close.len(), 1);
        assert_eq!(close[0].payload[..2], close_payload(1001, ""));
        // The peer does not answer: the close deadline holds as ever.
        side.elapse(seconds(5));
        assert_eq!(side.connection.state(), State::Closed);
        assert_eq!(side.cause(), &Cause::Timeout(Timeout::Lifetime));
    }
}

#[test]
fn a_connection_that_closes_is_not_closed_again() {
    let config = lasting().close_timeout(seconds(200)).ping_interval(None);
    let mut side = Side::new(Role::Server, config);
    side.elapse(seconds(99));
    side.close(CloseCode::NORMAL, "");
    side.elapse(seconds(100));
    assert_eq!(side.frames_of(CLOSE).len(), 1);
    side.feed_frame(CLOSE, &close_payload(1000, ""));
    assert_eq!(side.cause(), &Cause::Local);
}

#[test]
fn jitter_spreads_pings_and_ends_but_never_makes_them_late() {
    let now = Instant::now();
    let due = |seed: u64, config: Config| {
        let connection = Connection::server(now, config);
        let side = Side::with(now, connection.with_jitter(&mut Entropy::seeded(seed)));
        side.due().expect("something is due")
    };
    for (config, time) in [
        (Config::new(), seconds(20)),
        (lasting().ping_interval(None), seconds(100)),
    ] {
        let mut all: Vec<_> = (0..100).map(|seed| due(seed, config.clone())).collect();
        all.sort_unstable();
        assert!(all[0] >= time - time / 10);
        assert!(all[99] <= time);
        all.dedup();
        assert!(all.len() > 50, "{} instants for 100 connections", all.len());
    }
    // What a peer is promised is kept to the letter.
    assert_eq!(due(1, idle().ping_interval(None)), seconds(60));
}
