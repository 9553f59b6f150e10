//! What the tests of the outbox share.

use tokio::time::sleep;
use ws_actors::SendError;
use ws_core::SendError as CoreError;

pub(super) use crate::support::scene::once;
use crate::support::{millis, scene::Setup, settle, wire::Peer};

/// The peer reads all that is there in 2 s, a bit at a time.
pub(super) async fn reads_slowly(peer: &Peer) {
    for _ in 0..200 {
        peer.take(1500);
        sleep(millis(10)).await;
    }
    settle().await;
}

pub(super) fn assert_closing(result: Result<(), SendError>) {
    let closing = matches!(result, Err(SendError::Protocol(CoreError::Closing)));
    assert!(closing, "{result:?}");
}

/// Fills what is on its way, so that what follows waits in the outbox.
pub(super) fn clogged() -> Setup {
    once(|ctx| ctx.binary(vec![0; 64 * 1024]).unwrap()).room(0)
}

/// A text of a kilobyte, known by its number.
pub(super) fn sized(number: u32) -> String {
    format!("{number:1000}")
}
