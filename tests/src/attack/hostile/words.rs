use std::fmt::Debug;

use ws_actors::client::{ConnectError, ProxyError, TlsError, rustls::Error};
use ws_core::{Cause, Outcome};

/// The cause of an end, in one word, or two.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "what has no words of its own is told by its name"
)]
pub(super) fn describe(outcome: &Outcome) -> String {
    match &outcome.cause {
        Cause::Protocol(error) => variant(&error),
        other => format!("{other:?}"),
    }
}

/// What a debug output begins with: the name of a variant.
fn variant(value: &impl Debug) -> String {
    let text = format!("{value:?}");
    let end = text.find([' ', '(']).unwrap_or(text.len());
    text[..end].to_owned()
}

/// Why there is no connection.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "what has no words of its own is told by its name"
)]
pub(super) fn explain(error: &ConnectError) -> String {
    match error {
        ConnectError::Refused(response) => {
            format!(
                "Refused({}, {} bytes)",
                response.status,
                response.body.len()
            )
        }
        ConnectError::Broken { stage, source } => format!("Broken({stage:?}, {:?})", source.kind()),
        ConnectError::Timeout { stage, .. } => format!("Timeout({stage:?})"),
        ConnectError::Resolve { .. } => "Resolve".to_owned(),
        ConnectError::Connect { source, .. } => format!("Connect({:?})", source.kind()),
        ConnectError::Proxy(error) => match error {
            ProxyError::Refused(response) => {
                let (status, len) = (response.status, response.body.len());
                format!("Proxy(Refused({status}, {len} bytes))")
            }
            other => format!("Proxy({})", variant(other)),
        },
        ConnectError::Tls(TlsError::Handshake(error)) => {
            format!("Tls({})", reason(error))
        }
        other => format!("{other:?}"),
    }
}

/// A fault of TLS without its particulars.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "what has no words of its own is told by its name"
)]
fn reason(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(reason) => variant(reason),
        Error::PeerMisbehaved(reason) => variant(reason),
        other => variant(other),
    }
}

/// How many are as they should be, and which are not.
pub(super) fn told(of: usize, how: &str, wrong: Vec<String>) -> String {
    let right = of - wrong.len();
    let mut text = format!("{right} of {of} {how}");
    for wrong in wrong {
        text.push_str("; ");
        text.push_str(&wrong);
    }
    text
}
