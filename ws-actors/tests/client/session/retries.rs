//! Which losses are tried again, and when.

use std::time::Duration;

use ws_actors::client::{Loss, Reconnect};
use ws_core::{Cause, handshake::Response};

use crate::support::{
    listen, next,
    server::{accept, refuse},
};

use super::support::{client, close, nobody, play, seconds, start};

#[test]
fn delays_grow_up_to_their_limit_and_attempts_come_in_their_time() {
    play(async {
        let reconnect = Reconnect::new()
            .first_delay(seconds(1))
            .max_delay(seconds(8))
            .max_attempts(Some(40));
        let client = client(nobody().await).reconnect(reconnect);
        let scene = start(&client, |_, _| {});
        let journal = scene.journal.clone();
        assert_eq!(scene.end().await, Cause::TransportLost);
        let losses = journal.losses();
        assert_eq!(losses.len(), 40);
        let mut longest = Duration::ZERO;
        for (index, pair) in losses.windows(2).enumerate() {
            let (why, retry_in, told) = &pair[0];
            assert_eq!(why, "failed");
            let delay = retry_in.expect("another attempt");
            let bound = seconds(2_u64.saturating_pow(index as u32 + 1).min(8));
            assert!(delay <= bound, "{delay:?} after {index} failures");
            longest = longest.max(delay);
            let next = pair[1].2;
            let waited = next - *told;
            assert!(
                (delay..delay + Duration::from_millis(20)).contains(&waited),
                "{waited:?} instead of {delay:?}"
            );
        }
        // By chance: all of these in the lower half would be a miracle.
        assert!(longest > seconds(4), "{longest:?}");
        assert_eq!(losses[39].1, None);
    });
}

#[test]
fn close_codes_tell_whether_to_come_back() {
    let cases = [
        (1000, false),
        (1001, true),
        (1002, false),
        (1003, false),
        (1007, false),
        (1008, false),
        (1009, false),
        (1010, false),
        (1011, true),
        (1012, true),
        (1013, true),
        (1014, true),
        (3000, false),
        (4000, false),
        (4999, false),
    ];
    for (code, comes_back) in cases {
        play(async {
            let (listener, address) = listen().await;
            let client = client(address).reconnect(Reconnect::new());
            let scene = start(&client, |_, _| {});
            let (_, side) = accept(next(&listener).await).await;
            close(side, code).await;
            if comes_back {
                let (_, side) = accept(next(&listener).await).await;
                close(side, 1000).await;
            }
            let journal = scene.journal.clone();
            assert_eq!(scene.end().await, Cause::Remote, "{code}");
            let losses = journal.losses().len();
            assert_eq!(losses, 1 + usize::from(comes_back), "{code}");
        });
    }
}

#[test]
fn users_rule_has_the_last_word() {
    play(async {
        let (listener, address) = listen().await;
        let reconnect = Reconnect::new().rule(|loss| match loss {
            Loss::Ended(outcome) => outcome.code().get() == 4000,
            _ => false,
        });
        let client = client(address).reconnect(reconnect);
        let scene = start(&client, |_, _| {});
        let (_, side) = accept(next(&listener).await).await;
        close(side, 4000).await;
        let (_, side) = accept(next(&listener).await).await;
        close(side, 1012).await;
        let journal = scene.journal.clone();
        assert_eq!(scene.end().await, Cause::Remote);
        assert_eq!(journal.losses().len(), 2);
    });
}

#[test]
fn refusals_with_retry_after_are_heeded_and_others_are_final() {
    play(async {
        let (listener, address) = listen().await;
        let client = client(address).reconnect(Reconnect::new());
        let scene = start(&client, |_, _| {});
        let busy = Response::new(503).header("Retry-After", "100").body("busy");
        refuse(next(&listener).await, &busy).await;
        let secret = Response::new(401).body("who are you?");
        refuse(next(&listener).await, &secret).await;
        let journal = scene.journal.clone();
        assert_eq!(scene.end().await, Cause::TransportLost);
        let losses = journal.losses();
        let (why, retry_in, told) = &losses[0];
        assert_eq!(why, "503 busy");
        let delay = retry_in.unwrap();
        assert!((seconds(100)..=seconds(102)).contains(&delay), "{delay:?}");
        let (why, retry_in, told_again) = &losses[1];
        assert_eq!((&**why, *retry_in), ("401 who are you?", None));
        assert!(*told_again - *told >= seconds(100));
    });
}

#[test]
fn a_connection_that_lasted_begins_anew_with_short_delays() {
    play(async {
        let (listener, address) = listen().await;
        let reconnect = Reconnect::new().first_delay(Duration::from_millis(10));
        let client = client(address).reconnect(reconnect);
        let scene = start(&client, |_, _| {});
        for _ in 0..12 {
            let (_, side) = accept(next(&listener).await).await;
            drop(side);
        }
        let (_, side) = accept(next(&listener).await).await;
        tokio::time::sleep(seconds(11)).await;
        close(side, 1012).await;
        let (_, side) = accept(next(&listener).await).await;
        close(side, 1000).await;
        let journal = scene.journal.clone();
        assert_eq!(scene.end().await, Cause::Remote);
        let delays: Vec<_> = journal.losses().iter().map(|it| it.1).collect();
        assert!(
            delays[12].unwrap() <= Duration::from_millis(10),
            "{delays:?}"
        );
        let longest = delays[..12].iter().flatten().max().unwrap();
        assert!(*longest > Duration::from_millis(100), "{delays:?}");
    });
}
