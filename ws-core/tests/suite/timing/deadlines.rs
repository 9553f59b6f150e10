//! Every deadline is kept by jumping to the instant that `Wait` names, and none
//! keeps a driver busy.

use std::time::Duration;

use ws_core::{Cause, CloseCode, Config, Role, Timeout};

use crate::support::{
    ROLES,
    frames::{CLOSE, PING, PONG, TEXT},
    millis, seconds,
    side::Side,
};

#[test]
fn a_peer_that_never_reads_and_never_sends_is_dropped() {
    for role in ROLES {
        for queued in [0, 1, 100_000] {
            let mut side = Side::new(role, Config::new());
            side.room = 0;
            if queued > 0 {
                side.send(vec![0; queued]);
            }
            side.run_out();
            assert!(matches!(side.cause(), Cause::Timeout(_)));
            assert_eq!(side.sent, []);
            assert_eq!(side.connection.queued_bytes(), 0);
            // If nothing else waits, the ping does, from 20 s on.
            assert!(side.time() <= seconds(20 + 60));
        }
    }
}

#[test]
fn a_peer_that_never_reads_its_ping_is_closed_for_its_silence_too() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new().write_timeout(seconds(1000)));
        side.room = 0;
        side.run_out();
        assert_eq!(*side.cause(), Cause::Timeout(Timeout::Pong));
        assert_eq!(side.sent, []);
        // The ping is due after 20 s, and may wait once more for its turn.
        assert!(side.time() <= seconds(20 + 2 * 20 + 5));
    }
}

#[test]
fn a_peer_that_never_reads_but_sends_is_dropped() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        side.room = 0;
        side.send("never read");
        while !side.is_closed() && side.time() < seconds(120) {
            side.feed_frame(TEXT, b"no acknowledgement of anything");
            side.elapse(seconds(1));
        }
        assert_eq!(*side.cause(), Cause::Timeout(Timeout::Write));
        assert!(side.disconnected);
        assert!((seconds(30)..=seconds(60)).contains(&side.time()));
    }
}

#[test]
fn a_transport_that_takes_a_byte_now_and_then_is_kept() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        side.room = 0;
        side.send(vec![0; 1000]);
        for _ in 0..40 {
            side.elapse(seconds(15));
            side.feed_frame(PONG, b"");
            side.room = 1;
            side.run();
        }
        assert_eq!(side.sent.len(), 40);
        assert!(!side.is_closed());
        side.feed_frame(CLOSE, b"");
        side.run_out();
        assert_eq!(*side.cause(), Cause::Remote);
    }
}

#[test]
fn bytes_that_were_taken_in_time_leave_no_deadline_behind() {
    let mut side = Side::new(Role::Server, Config::new().ping_interval(None));
    side.room = 0;
    side.send("soon taken");
    assert_eq!(side.due(), Some(seconds(30)));
    side.elapse(seconds(29));
    side.room = usize::MAX;
    side.run();
    assert_eq!(side.deadline, None);
    // The next bytes have their own 30 to 60 seconds.
    side.room = 0;
    side.send("taken later");
    side.elapse(seconds(29));
    assert!(!side.is_closed());
    side.elapse(seconds(31));
    assert_eq!(*side.cause(), Cause::Timeout(Timeout::Write));
}

#[test]
fn bytes_that_are_queued_after_a_long_silence_have_all_their_time() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new().ping_interval(None));
        side.elapse(seconds(600));
        side.room = 10;
        side.send("more than the transport takes at once");
        side.elapse(seconds(29));
        assert!(!side.is_closed());
        side.room = usize::MAX;
        side.run();
        side.elapse(seconds(600));
        assert!(!side.is_closed());
    }
}

#[test]
fn no_ping_is_due_once_the_connection_closes() {
    for role in ROLES {
        let config = Config::new().close_timeout(seconds(1000));
        let mut side = Side::new(role, config);
        side.elapse(seconds(10));
        side.close(CloseCode::NORMAL, "");
        side.elapse(seconds(999));
        assert_eq!(side.frames_of(PING).len(), 0);
        assert!(!side.is_closed());

        let config = Config::new().close_timeout(seconds(1000));
        let mut side = Side::new(role, config);
        side.elapse(seconds(20));
        side.close(CloseCode::NORMAL, "");
        // The ping from before is not held against the peer any more.
        side.elapse(seconds(999));
        assert_eq!(side.frames_of(PING).len(), 1);
        assert!(!side.is_closed());
    }
}

#[test]
fn an_alarm_that_rings_too_early_does_nothing() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        for _ in 0..199 {
            side.now += millis(100);
            side.tick();
        }
        assert_eq!(side.sent, []);
        side.elapse(millis(100));
        side.room = 0;
        for _ in 0..199 {
            side.now += millis(100);
            side.tick();
        }
        assert_eq!(side.events, []);
        side.elapse(millis(100));
        assert_eq!(*side.cause(), Cause::Timeout(Timeout::Pong));
    }
}

#[test]
fn jumping_from_deadline_to_deadline_ends_in_few_steps() {
    let config = Config::new()
        .ping_interval(Some(seconds(10)))
        .pong_timeout(seconds(7))
        .close_timeout(seconds(3))
        .write_timeout(seconds(13));
    let situations: [fn(&mut Side); 9] = [
        |_| {},
        |side| side.room = 0,
        |side| {
            side.room = 5;
            side.send("half taken");
        },
        |side| side.close(CloseCode::NORMAL, ""),
        |side| {
            side.room = 0;
            side.close(CloseCode::NORMAL, "");
        },
        |side| side.feed_frame(CLOSE, b""),
        |side| {
            side.room = 0;
            side.feed_frame(CLOSE, b"");
        },
        |side| side.feed_frame(TEXT, b"\xff"),
        |side| {
            side.room = 0;
            side.feed_frame(TEXT, b"\xff");
        },
    ];
    for role in ROLES {
        for config in [config.clone(), Config::new(), all(millis(1))] {
            for situation in situations {
                let mut side = Side::new(role, config.clone());
                situation(&mut side);
                let mut steps = 0;
                // Each jump asserts that the next deadline lies ahead.
                while !side.disconnected && side.jump() {
                    steps += 1;
                }
                assert!(side.disconnected);
                assert!(steps <= 8, "{steps} steps");
            }
        }
    }
}

#[test]
fn the_longest_durations_stand_for_never() {
    for role in ROLES {
        let mut side = Side::new(role, all(Duration::MAX));
        side.tick();
        side.room = 0;
        side.send("not taken");
        side.close(CloseCode::NORMAL, "");
        side.elapse(seconds(1_000_000));
        assert!(!side.is_closed());
    }
}

fn all(duration: Duration) -> Config {
    Config::new()
        .ping_interval(Some(duration))
        .pong_timeout(duration)
        .close_timeout(duration)
        .write_timeout(duration)
}
