//! What the tests of the outbox share.

use tokio::time::sleep;
use ws_actors::{SendError, WsContext};
use ws_core::SendError as CoreError;

use crate::support::{
    millis,
    probe::Probe,
    scene::{Setup, probe},
    settle,
    wire::Peer,
};

/// Does something as it starts; an assertion that fails there shows, too.
pub(super) fn once(act: impl FnOnce(&mut WsContext<Probe>) + 'static) -> Setup {
    let mut act = Some(act);
    probe(move |_, ctx| {
        if let Some(act) = act.take() {
            act(ctx);
        }
    })
}

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

/// A text of a kilobyte, known by its number.
pub(super) fn sized(number: u32) -> String {
    format!("{number:1000}")
}
