//! The time between a ping of the heartbeat and its pong (RFC 6455 §5.5.3).

use std::time::Duration;

use ws_core::{Config, Event};

use crate::support::{
    ROLES,
    frames::{PING, PONG, TEXT},
    millis, seconds,
    side::Side,
};

#[test]
fn the_round_trip_is_measured() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        for trip in [millis(0), millis(150), millis(19_999)] {
            side.events.clear();
            side.sent.clear();
            side.elapse(seconds(20));
            while side.frames_of(PING).is_empty() {
                assert!(side.jump());
            }
            let pinged = side.frames_of(PING).remove(0).payload;
            side.elapse(trip);
            side.feed_frame(PONG, &pinged);
            assert_eq!(round_trips(&side), [Some(trip)]);
        }
    }
}

#[test]
fn the_round_trip_is_measured_though_other_bytes_and_an_alarm_come_first() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        side.elapse(seconds(20));
        let pinged = side.frames_of(PING).remove(0).payload;
        side.elapse(millis(100));
        side.feed_frame(TEXT, b"data");
        side.elapse(millis(100));
        side.tick();
        side.elapse(millis(100));
        side.feed_frame(PONG, &pinged);
        assert_eq!(round_trips(&side), [Some(millis(300))]);
    }
}

#[test]
fn a_pong_that_answers_no_ping_of_the_heartbeat_measures_nothing() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        side.feed_frame(PONG, b"");
        side.feed_frame(PONG, &[0; 4]);
        side.elapse(seconds(20));
        let first = side.frames_of(PING).remove(0).payload;
        side.feed_frame(PONG, b"another");
        side.elapse(seconds(20));
        assert_eq!(side.frames_of(PING).len(), 2);
        // Only the newest ping counts: this answers the one before.
        side.feed_frame(PONG, &first);
        assert_eq!(round_trips(&side), [None; 4]);
    }
}

fn round_trips(side: &Side) -> Vec<Option<Duration>> {
    let mut trips = Vec::new();
    for event in &side.events {
        if let Event::Pong { round_trip, .. } = event {
            trips.push(*round_trip);
        }
    }
    trips
}
