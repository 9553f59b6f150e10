//! How a connection ended, in words.

use ws_core::{Cause, CloseCode, ClosePayload, Outcome, Timeout};

/// What ended the connection, with the peer's code and reason.
pub(crate) fn describe(outcome: &Outcome) -> String {
    match &outcome.cause {
        Cause::Remote => format!("closed by the peer with {}", close(outcome)),
        Cause::Local if outcome.is_clean() => format!("closed with {}", close(outcome)),
        Cause::Local => "stopped without a closing handshake".to_owned(),
        Cause::TransportLost => "connection broke without a closing handshake".to_owned(),
        Cause::Protocol(error) => format!("peer broke the protocol: {error}"),
        Cause::Timeout(timeout) => late(*timeout).to_owned(),
        other @ (Cause::Panic
        | Cause::StreamFailed
        | Cause::Drain
        | Cause::SlowPeer
        | Cause::RateLimit
        | Cause::Rejected
        | _) => format!("ended: {other:?}"),
    }
}

/// Whether the connection ended as both sides may wish.
pub(crate) fn is_good(outcome: &Outcome) -> bool {
    let wished = [CloseCode::NORMAL, CloseCode::NO_STATUS];
    outcome.cause == Cause::Local && outcome.is_clean()
        || outcome.cause == Cause::Remote && wished.contains(&outcome.code())
}

fn close(outcome: &Outcome) -> String {
    let code = outcome.code();
    match outcome.received.as_ref().map(ClosePayload::reason) {
        Some(reason) if !reason.as_str().is_empty() => format!("{code}: {:?}", reason.as_str()),
        _ => code.to_string(),
    }
}

const fn late(timeout: Timeout) -> &'static str {
    match timeout {
        Timeout::Pong => "peer gave no sign of life after a ping",
        Timeout::Close => "peer did not answer the close frame in time",
        Timeout::Write => "peer took no byte of what was sent in time",
        Timeout::Message => "peer did not finish a message in time",
        Timeout::Idle | Timeout::Lifetime | _ => "a deadline passed",
    }
}
