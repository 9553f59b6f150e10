//! Reading is paused while the application is behind: what waits for the peer
//! waits longer, and all else does not.

use ws_core::{Cause, CloseCode, Config, State, Timeout};

use crate::support::{ROLES, frames::PONG, millis, seconds, side::Side};

#[test]
fn a_peer_is_not_closed_for_silence_while_nobody_reads() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        side.elapse(seconds(25));
        side.pause();
        side.elapse_to(seconds(200));
        assert_eq!(side.connection.state(), State::Open);
        side.resume();
        // It had 15 s left, and has them still.
        side.elapse_to(millis(214_999));
        assert_eq!(side.connection.state(), State::Open);
        side.elapse_to(seconds(215));
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
fn a_paused_connection_waits_without_being_busy() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        side.pause();
        let mut steps = 0;
        while side.jump() {
            steps += 1;
            assert!(steps <= 3);
        }
        assert!(!side.is_closed());
        side.now += seconds(1000);
        side.resume();
        side.run_out();
        assert_eq!(*side.cause(), Cause::Timeout(Timeout::Pong));
    }
}
