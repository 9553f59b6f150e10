use bytes::{BufMut, Bytes, BytesMut};

use crate::{CloseCode, ProtocolError, SendError, Utf8Bytes};

use super::MAX_CONTROL_PAYLOAD;

/// The payload of a Close frame: nothing, or a code and a reason
/// ([RFC 6455 §5.5.1]).
///
/// ```
/// use ws_core::{CloseCode, ClosePayload};
///
/// let payload = ClosePayload::new(CloseCode::GOING_AWAY, "see you tomorrow")?;
/// assert_eq!(payload.code(), Some(CloseCode::GOING_AWAY));
/// assert_eq!(payload.reason(), "see you tomorrow");
/// assert!(ClosePayload::new(CloseCode::NO_STATUS, "").is_err());
/// # Ok::<_, ws_core::SendError>(())
/// ```
///
/// [RFC 6455 §5.5.1]: https://www.rfc-editor.org/rfc/rfc6455#section-5.5.1
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClosePayload {
    code: Option<CloseCode>,
    reason: Utf8Bytes,
}

impl ClosePayload {
    /// Neither code nor reason.
    pub const EMPTY: Self = Self {
        code: None,
        reason: Utf8Bytes::new(),
    };

    /// The longest reason, in bytes.
    pub const MAX_REASON: usize = MAX_CONTROL_PAYLOAD - 2;

    /// A code and a reason, which may be empty.
    ///
    /// # Errors
    ///
    /// If the code must not be sent, or the reason is longer than
    /// [`MAX_REASON`](Self::MAX_REASON).
    pub fn new(code: CloseCode, reason: impl Into<Utf8Bytes>) -> Result<Self, SendError> {
        let reason = reason.into();
        if !code.is_sendable() {
            return Err(SendError::UnsendableCloseCode(code));
        }
        if reason.len() > Self::MAX_REASON {
            return Err(SendError::ReasonTooLong(reason.len()));
        }
        Ok(Self {
            code: Some(code),
            reason,
        })
    }

    /// A code and as much of the reason as a Close frame holds, cut between two
    /// characters: for reasons that others wrote, such as an error's text.
    ///
    /// # Errors
    ///
    /// If the code must not be sent.
    pub fn cut(code: CloseCode, reason: &str) -> Result<Self, SendError> {
        let mut len = reason.len().min(Self::MAX_REASON);
        while !reason.is_char_boundary(len) {
            len -= 1;
        }
        Self::new(code, reason[..len].to_owned())
    }

    /// One of our own codes, with one of our own reasons.
    pub(crate) const fn of(code: CloseCode, reason: &'static str) -> Self {
        Self {
            code: Some(code),
            reason: Utf8Bytes::from_static(reason),
        }
    }

    /// The code, if there is one.
    #[must_use]
    pub const fn code(&self) -> Option<CloseCode> {
        self.code
    }

    /// The reason; empty if there is none.
    #[must_use]
    pub const fn reason(&self) -> &Utf8Bytes {
        &self.reason
    }

    /// The payload that answers this one: the code again, without the reason.
    #[must_use]
    pub const fn reply(&self) -> Self {
        Self {
            code: self.code,
            reason: Utf8Bytes::new(),
        }
    }

    /// What the application wants to send.
    pub(crate) fn to_send(payload: Bytes) -> Result<Self, SendError> {
        if payload.len() > MAX_CONTROL_PAYLOAD {
            return Err(SendError::ControlTooLong(payload.len()));
        }
        Self::parse(payload).map_err(|error| {
            if let ProtocolError::InvalidCloseCode(code) = error {
                SendError::UnsendableCloseCode(code)
            } else {
                SendError::InvalidUtf8
            }
        })
    }

    pub(crate) fn parse(mut payload: Bytes) -> Result<Self, ProtocolError> {
        match payload.len() {
            0 => return Ok(Self::EMPTY),
            1 => return Err(ProtocolError::TruncatedCloseCode),
            _ => {}
        }
        let reason = payload.split_off(2);
        let code = CloseCode::new(u16::from_be_bytes([payload[0], payload[1]]));
        if !code.is_sendable() {
            return Err(ProtocolError::InvalidCloseCode(code));
        }
        Ok(Self {
            code: Some(code),
            reason: Utf8Bytes::try_from(reason)?,
        })
    }

    pub(crate) fn encode(&self) -> Bytes {
        let Some(code) = self.code else {
            return Bytes::new();
        };
        let mut payload = BytesMut::with_capacity(2 + self.reason.len());
        payload.put_u16(code.get());
        payload.put_slice(self.reason.as_bytes());
        payload.freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(payload: &'static [u8]) -> Result<ClosePayload, ProtocolError> {
        ClosePayload::parse(Bytes::from_static(payload))
    }

    #[test]
    fn a_payload_is_empty_or_starts_with_a_code_that_may_be_sent() {
        assert_eq!(parse(b""), Ok(ClosePayload::EMPTY));
        assert_eq!(parse(b"\x03"), Err(ProtocolError::TruncatedCloseCode));
        for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535_u16] {
            assert_eq!(
                ClosePayload::parse(Bytes::copy_from_slice(&code.to_be_bytes())),
                Err(ProtocolError::InvalidCloseCode(CloseCode::new(code)))
            );
        }
    }

    #[test]
    fn a_reason_is_utf8() {
        assert_eq!(parse(b"\x03\xe8\xff"), Err(ProtocolError::InvalidUtf8));
        let payload = parse(b"\x03\xe8\xc3\xbc").unwrap();
        assert_eq!(payload.reason(), "ü");
    }

    #[test]
    fn parsing_undoes_encoding() {
        let payload = ClosePayload::new(CloseCode::NORMAL, "bye, Zoë").unwrap();
        assert_eq!(ClosePayload::parse(payload.encode()), Ok(payload));
    }

    #[test]
    fn a_reason_that_fits_no_control_frame_is_refused() {
        let longest = "x".repeat(ClosePayload::MAX_REASON);
        assert!(ClosePayload::new(CloseCode::NORMAL, longest.clone()).is_ok());
        assert_eq!(
            ClosePayload::new(CloseCode::NORMAL, longest + "x"),
            Err(SendError::ReasonTooLong(124))
        );
    }

    #[test]
    fn a_reason_that_is_too_long_is_cut_between_two_characters() {
        let cut = |reason: &str| ClosePayload::cut(CloseCode::NORMAL, reason).unwrap();
        assert_eq!(cut("bye").reason(), "bye");
        assert_eq!(cut(&"x".repeat(200)).reason(), &*"x".repeat(123));
        // 41 times 3 bytes fit exactly; 4 bytes do not.
        assert_eq!(cut(&"€".repeat(200)).reason(), &*"€".repeat(41));
        assert_eq!(cut(&"🦀".repeat(200)).reason(), &*"🦀".repeat(30));
        assert!(ClosePayload::cut(CloseCode::NO_STATUS, "bye").is_err());
    }
}
