//! Pings to a silent peer, and what becomes of one that stays silent
//! (RFC 6455 §5.5.2, §5.5.3), by a made-up clock.

use ws_core::{Cause, CloseCode, Config, Role, State, Timeout};

use crate::support::{
    ROLES,
    frames::{CLOSE, PING, PONG, TEXT, frame},
    millis,
    pair::Pair,
    seconds,
    side::Side,
};

#[test]
fn a_silent_peer_is_pinged() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        assert_eq!(side.due(), Some(seconds(20)));
        side.elapse(millis(19_999));
        side.tick();
        assert_eq!(side.sent, []);
        side.elapse(millis(1));
        let frames = side.frames();
        assert_eq!(frames.len(), 1);
        assert_eq!(frames[0].first, PING);
        assert_eq!(side.connection.state(), State::Open);
    }
}

#[test]
fn a_peer_that_sends_is_not_pinged() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        for i in 0..100 {
            side.elapse(seconds(19));
            match i % 3 {
                0 => side.feed_frame(TEXT, b"data"),
                1 => side.feed_frame(PONG, b"unsolicited"),
                // A byte is a sign of life, though not a frame.
                _ => {
                    let bytes = frame(role.peer(), TEXT, b"slow");
                    side.feed(&bytes[..1]);
                    side.elapse(seconds(19));
                    side.feed(&bytes[1..]);
                }
            }
        }
        assert_eq!(side.sent, []);
    }
}

#[test]
fn silence_counts_from_the_last_byte() {
    let mut side = Side::new(Role::Server, Config::new());
    side.elapse(seconds(15));
    side.feed_frame(TEXT, b"");
    // What this side sends does not break the silence of the other.
    side.elapse(seconds(10));
    side.send("data");
    side.elapse_to(millis(34_999));
    assert_eq!(side.frames_of(PING).len(), 0);
    side.elapse_to(seconds(35));
    assert_eq!(side.frames_of(PING).len(), 1);
}

#[test]
fn a_peer_that_stays_silent_is_closed_and_dropped_though_it_reads_no_more() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        side.elapse(seconds(20));
        assert_eq!(side.frames_of(PING).len(), 1);
        side.room = 0;
        side.elapse_to(millis(39_999));
        assert_eq!(side.events, []);

        side.elapse_to(seconds(40));
        assert_eq!(*side.cause(), Cause::Timeout(Timeout::Pong));
        assert_eq!(side.sent_code(), Some(CloseCode::INTERNAL_ERROR));
        assert_eq!(side.outcome().code(), CloseCode::ABNORMAL);
        assert!(side.connection.queued_bytes() > 0);
        assert!(!side.disconnected);

        side.elapse_to(millis(44_999));
        assert!(!side.disconnected);
        side.elapse_to(seconds(45));
        assert!(side.disconnected && !side.shut_down);
        assert_eq!(side.events.len(), 1);
    }
}

#[test]
fn a_peer_that_stays_silent_but_reads_gets_a_close() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        side.elapse(seconds(40));
        let frames = side.frames();
        assert_eq!(frames.len(), 2);
        assert_eq!(frames[1].first, CLOSE);
        assert_eq!(frames[1].payload[..2], 1011_u16.to_be_bytes());
        assert!(side.shut_down && !side.disconnected);
        side.eof();
        assert!(side.disconnected);
    }
}

#[test]
fn a_peer_that_stays_silent_is_closed_though_it_reads_all_that_is_sent() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        // A feed of news to a peer that died: its kernel, or a proxy, still reads.
        while !side.is_closed() && side.time() < seconds(120) {
            side.send("news");
            side.elapse(seconds(1));
        }
        assert_eq!(*side.cause(), Cause::Timeout(Timeout::Pong));
        assert!(side.time() <= seconds(60));
    }
}

#[test]
fn any_byte_is_a_sign_of_life() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        side.elapse(millis(39_999));
        side.feed(&frame(role.peer(), TEXT, b"Hello")[..1]);
        side.elapse_to(seconds(59));
        assert_eq!(side.connection.state(), State::Open);
        // The silence begins anew, and so does what follows from it.
        side.elapse_to(seconds(60));
        assert_eq!(side.frames_of(PING).len(), 2);
        side.elapse_to(seconds(80));
        assert_eq!(*side.cause(), Cause::Timeout(Timeout::Pong));
    }
}

#[test]
fn two_peers_that_answer_stay_together_for_a_day() {
    let mut pair = Pair::new(&Config::new());
    pair.elapse(seconds(24 * 3600));
    for role in ROLES {
        let side = pair.side(role);
        assert_eq!(side.connection.state(), State::Open);
        assert!(side.connection.queued_bytes() == 0);
    }
    // A ping in either direction shows both that the other lives.
    let pings = pair.client.frames_of(PING).len() + pair.server.frames_of(PING).len();
    assert!((4000..=8640).contains(&pings), "{pings} pings");
}

#[test]
fn without_an_interval_nobody_is_pinged() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new().ping_interval(None));
        assert_eq!(side.deadline, None);
        side.elapse(seconds(3600));
        side.tick();
        assert_eq!(side.sent, []);
        assert_eq!(side.connection.state(), State::Open);
    }
}

#[test]
fn a_peer_is_pinged_after_each_silence_though_its_pongs_may_take_longer() {
    let config = Config::new()
        .ping_interval(Some(seconds(10)))
        .pong_timeout(seconds(60));
    let mut side = Side::new(Role::Server, config);
    for expected in 1..=5 {
        side.elapse(seconds(10));
        let pings = side.frames_of(PING);
        assert_eq!(pings.len(), expected);
        side.feed_frame(PONG, &pings[expected - 1].payload);
    }
}

#[test]
fn a_peer_that_could_not_read_its_ping_yet_is_not_closed_for_it() {
    let mut side = Side::new(Role::Server, Config::new());
    side.room = 0;
    side.send(vec![0; 100_000]);
    // A slow line: the ping waits behind the message for 100 seconds.
    while !side.sent.ends_with(b"\0\0\0\x01") {
        assert_eq!(side.events, []);
        side.elapse(seconds(1));
        side.room = 1000;
        side.run();
        assert!(side.time() < seconds(200));
    }
    assert!(side.time() > seconds(90));
    side.room = usize::MAX;
    side.elapse(seconds(19));
    assert_eq!(side.connection.state(), State::Open);
    side.feed_frame(PONG, b"");
    side.elapse(seconds(19));
    assert_eq!(side.connection.state(), State::Open);
}
