use std::fmt;

/// The status code of a Close frame ([RFC 6455 §7.4]), with the later entries
/// of the [IANA registry].
///
/// ```
/// use ws_core::CloseCode;
///
/// assert!(CloseCode::GOING_AWAY.is_sendable());
/// assert!(!CloseCode::ABNORMAL.is_sendable()); // says that no Close frame came
/// assert_eq!(CloseCode::new(4401).to_string(), "4401");
/// assert_eq!(CloseCode::NORMAL.to_string(), "1000 (normal closure)");
/// ```
///
/// [RFC 6455 §7.4]: https://www.rfc-editor.org/rfc/rfc6455#section-7.4
/// [IANA registry]: https://www.iana.org/assignments/websocket/websocket.xhtml#close-code-number
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CloseCode(u16);

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $value:literal, $text:literal;)*) => {
        impl CloseCode {
            $($(#[$doc])* pub const $name: Self = Self($value);)*

            /// The registered meaning in a few words, if there is one.
            #[must_use]
            pub const fn meaning(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some($text),)*
                    _ => None,
                }
            }
        }
    };
}

codes! {
    /// The purpose of the connection is fulfilled.
    NORMAL = 1000, "normal closure";
    /// The server goes down, or the browser leaves the page.
    GOING_AWAY = 1001, "going away";
    /// The peer broke the protocol.
    PROTOCOL_ERROR = 1002, "protocol error";
    /// The peer sent a kind of data that this endpoint does not accept.
    UNSUPPORTED_DATA = 1003, "unsupported data";
    /// A Close frame came without a code. Never on the wire.
    NO_STATUS = 1005, "no status received";
    /// The connection ended without a Close frame. Never on the wire.
    ABNORMAL = 1006, "abnormal closure";
    /// The data does not fit the type of its message, such as text that is not UTF-8.
    INVALID_PAYLOAD = 1007, "invalid payload data";
    /// The message breaks a policy of this endpoint.
    POLICY_VIOLATION = 1008, "policy violation";
    /// The message is too big to be processed.
    MESSAGE_TOO_BIG = 1009, "message too big";
    /// The server did not agree on an extension that the client needs.
    MANDATORY_EXTENSION = 1010, "mandatory extension";
    /// The endpoint met a condition that it did not expect.
    INTERNAL_ERROR = 1011, "internal error";
    /// The server restarts: a client may come back, after a random delay.
    SERVICE_RESTART = 1012, "service restart";
    /// The server is overloaded: a client may come back later.
    TRY_AGAIN_LATER = 1013, "try again later";
    /// A gateway got an invalid answer from the server behind it.
    BAD_GATEWAY = 1014, "bad gateway";
    /// The TLS handshake failed. Never on the wire.
    TLS_HANDSHAKE = 1015, "TLS handshake failed";
}

impl CloseCode {
    /// Any code, also one that must not be sent.
    #[must_use]
    pub const fn new(code: u16) -> Self {
        Self(code)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }

    /// Whether the code may stand in a Close frame (§7.4.1, §7.4.2).
    ///
    /// These are the registered codes but 1005, 1006 and 1015, which only
    /// report, and all from 3000 to 4999.
    #[must_use]
    pub const fn is_sendable(self) -> bool {
        matches!(self.0, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }
}

impl From<u16> for CloseCode {
    fn from(code: u16) -> Self {
        Self(code)
    }
}

impl From<CloseCode> for u16 {
    fn from(code: CloseCode) -> Self {
        code.0
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.meaning() {
            Some(meaning) => write!(f, "{} ({meaning})", self.0),
            None => self.0.fmt(f),
        }
    }
}

impl fmt::Debug for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CloseCode({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sendable_codes_are_the_registered_and_the_private_ones() {
        let sendable: Vec<u16> = (0..=u16::MAX)
            .filter(|&code| CloseCode::new(code).is_sendable())
            .collect();
        let expected: Vec<u16> = (1000..=1003)
            .chain(1007..=1014)
            .chain(3000..=4999)
            .collect();
        assert_eq!(sendable, expected);
    }

    #[test]
    fn a_code_prints_its_number_and_its_meaning() {
        for (code, text) in [
            (CloseCode::NORMAL, "1000 (normal closure)"),
            (CloseCode::NO_STATUS, "1005 (no status received)"),
            (CloseCode::BAD_GATEWAY, "1014 (bad gateway)"),
            (CloseCode::new(1004), "1004"),
            (CloseCode::new(4401), "4401"),
        ] {
            assert_eq!(code.to_string(), text);
            assert_eq!(format!("{code:?}"), format!("CloseCode({text})"));
        }
    }
}
