//! Reading is paused while the application is behind: what waits for the peer
//! waits longer, and all else does not.

use ws_core::{Cause, CloseCode, Config, State, Timeout};

use crate::support::{
    ROLES,
    frames::{PING, PONG},
    millis, seconds,
    side::Side,
};

#[test]
fn a_peer_is_not_closed_for_silence_while_nobody_reads() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        side.elapse(seconds(25));
        side.pause();
        side.elapse_to(seconds(39));
        assert_eq!(side.connection.state(), State::Open);
        side.resume();
        // It had 15 s left, and has them still.
        side.elapse_to(millis(53_999));
        assert_eq!(side.connection.state(), State::Open);
        side.elapse_to(seconds(54));
        assert_eq!(*side.cause(), Cause::Timeout(Timeout::Pong));
    }
}

#[test]
fn a_peer_that_answered_while_nobody_read_stays() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        side.pause();
        side.elapse(seconds(500));
        side.resume();
        side.feed_frame(PONG, b"");
        side.elapse(seconds(19));
        assert_eq!(side.connection.state(), State::Open);
    }
}

#[test]
fn the_close_deadline_stands_though_nobody_reads() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        side.pause();
        side.close(CloseCode::NORMAL, "");
        side.elapse(seconds(5));
        assert_eq!(*side.cause(), Cause::Timeout(Timeout::Close));
        assert!(side.disconnected);
    }
}

#[test]
fn a_paused_connection_pings_on_and_is_not_busy() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        side.pause();
        let mut steps = 0;
        while side.time() < seconds(1000) {
            assert!(side.jump());
            steps += 1;
        }
        // Whether anybody answers is not seen, but a transport that has broken
        // tells of it when something is written.
        assert!((50..=52).contains(&steps), "{steps}");
        assert_eq!(side.frames_of(PING).len(), 50);
        assert!(!side.is_closed());
        side.resume();
        side.run_out();
        assert_eq!(*side.cause(), Cause::Timeout(Timeout::Pong));
    }
}

#[test]
fn a_paused_connection_queues_no_ping_behind_another() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new().write_timeout(seconds(3600)));
        side.room = 0;
        side.pause();
        side.elapse(seconds(1000));
        side.room = usize::MAX;
        side.run();
        assert_eq!(side.frames_of(PING).len(), 1);
        // It has left now, and another follows when its time has come.
        side.elapse(seconds(20));
        assert_eq!(side.frames_of(PING).len(), 2);
    }
}

#[test]
fn the_last_of_many_pings_has_its_whole_time_for_an_answer() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        side.pause();
        side.elapse(seconds(109));
        side.resume();
        side.elapse_to(millis(128_999));
        assert_eq!(side.connection.state(), State::Open);
        side.elapse_to(seconds(129));
        assert_eq!(*side.cause(), Cause::Timeout(Timeout::Pong));
    }
}
