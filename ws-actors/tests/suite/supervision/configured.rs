//! Deadlines are those of the config.

use ws_core::{Cause, Config, Timeout};

use super::shared::sends_after_a_second;
use crate::support::{
    frames::{PING, text},
    play,
    scene::listener,
    seconds, settle,
};

#[test]
fn the_deadlines_of_a_custom_config_are_kept() {
    let config = Config::new()
        .ping_interval(Some(seconds(1)))
        .pong_timeout(seconds(2))
        .close_timeout(seconds(3))
        .write_timeout(seconds(4));
    play(async {
        let scene = listener().config(config.clone()).room(6).open();
        scene.reach(seconds(1)).await;
        assert_eq!(scene.peer.frames_of(PING).len(), 1);
        scene.reach(seconds(3)).await;
        assert_eq!(scene.journal.cause(), Cause::Timeout(Timeout::Pong));
        assert_eq!(scene.journal.closed(), Some(seconds(3)));
        scene.reach(seconds(6)).await;
        assert_eq!(scene.peer.dropped(), Some(seconds(6)));
    });
    play(async {
        let config = config.clone().ping_interval(None);
        let scene = sends_after_a_second().config(config).room(0).open();
        scene.reach(seconds(5)).await;
        assert_eq!(scene.journal.cause(), Cause::Timeout(Timeout::Write));
        assert_eq!(scene.peer.dropped(), Some(seconds(5)));
    });
}

#[test]
fn a_peer_is_never_pinged_if_the_config_says_so() {
    play(async {
        let config = Config::new().ping_interval(None);
        let scene = listener().config(config).open();
        scene.reach(seconds(24 * 3600)).await;
        assert_eq!(scene.peer.taken(), 0);
        assert!(!scene.is_over());
        scene.peer.send(text("good morning"));
        settle().await;
        assert_eq!(scene.journal.texts(), ["good morning"]);
    });
}
