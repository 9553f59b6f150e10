//! Why there is no connection, and what may help.

use ws_actors::client::{ConnectError, ProxyError, Stage, TlsError, rustls};
use ws_core::handshake::Response;

/// The error, what the server says about it, and a hint.
pub(crate) fn explain(error: &ConnectError) -> String {
    let mut text = error.to_string();
    if let Some(response) = error.response() {
        quote(response, &mut text);
    }
    if let Some(hint) = hint(error) {
        text.push_str("\nhint: ");
        text.push_str(&hint);
    }
    text
}

fn hint(error: &ConnectError) -> Option<String> {
    let hint = match error {
        ConnectError::Resolve { .. } => "is the host spelled as it should be?",
        ConnectError::Connect { source, .. } => {
            if source.kind() != std::io::ErrorKind::ConnectionRefused {
                return None;
            }
            "nothing listens there: does the server run, and on this port?"
        }
        ConnectError::Refused(response) => return refused(response),
        ConnectError::Proxy(ProxyError::Refused(response)) if response.status == 407 => {
            "the proxy wants credentials: --proxy http://USER:PASSWORD@HOST:PORT"
        }
        ConnectError::Tls(TlsError::Handshake(rustls::Error::InvalidCertificate(_))) => {
            "the server's certificate is not trusted: name the file of one that is with \
             --ca FILE; on a machine of your own, --insecure takes any"
        }
        ConnectError::Tls(TlsError::Handshake(rustls::Error::InvalidMessage(_))) => {
            "the server does not seem to speak TLS: try ws:// instead of wss://"
        }
        ConnectError::Opening(_) => {
            "no web server answers there; if it wants TLS, try wss:// instead of ws://"
        }
        ConnectError::Timeout {
            stage: Stage::Opening,
            ..
        } => "the server took the connection and then said nothing; does it want wss://?",
        ConnectError::Timeout { .. } => "--connect-timeout SECONDS gives it more time",
        ConnectError::Proxy(_)
        | ConnectError::TlsUnavailable
        | ConnectError::Tls(_)
        | ConnectError::Request(_)
        | ConnectError::Handlers(_)
        | ConnectError::Redirect(_)
        | ConnectError::Broken { .. }
        | _ => return None,
    };
    Some(hint.to_owned())
}

fn refused(response: &Response) -> Option<String> {
    let hint = match response.status {
        301 | 302 | 303 | 307 | 308 => {
            let location = response.field("Location")?;
            let location = String::from_utf8_lossy(location);
            return Some(format!(
                "it is to be found at {location}: --max-redirects 1 goes there"
            ));
        }
        401 => "it wants to know who you are: --header 'Authorization: Bearer TOKEN'",
        403 => {
            "it does not let you in: it may want other credentials, or a header like \
             --header 'Origin: https://HOST'"
        }
        404 => "there is nothing at this path: is the URL complete?",
        426 => "it wants another protocol or version: there may be no WebSocket here",
        429 => "it had too many requests: wait a little, or let --reconnect do so",
        503 => "it is busy or down for a while: --reconnect tries again",
        _ => return None,
    };
    Some(hint.to_owned())
}

/// The beginning of what a response says to people.
fn quote(response: &Response, text: &mut String) {
    let body = String::from_utf8_lossy(&response.body);
    let lines = body.lines().map(str::trim_end);
    let mut lines = lines.filter(|line| !line.is_empty());
    for line in lines.by_ref().take(MOST_LINES) {
        text.push_str("\n  | ");
        text.extend(line.chars().take(MOST_CHARACTERS));
    }
    if lines.next().is_some() {
        text.push_str("\n  | ...");
    }
}

const MOST_LINES: usize = 10;
const MOST_CHARACTERS: usize = 300;
