//! Text that is known to be UTF-8 ([RFC 6455 §8.1]).
//!
//! [RFC 6455 §8.1]: https://www.rfc-editor.org/rfc/rfc6455#section-8.1

use std::{fmt, str};

use bytes::Bytes;
use thiserror::Error;

mod validator;

pub use self::validator::Validator;

/// Shared, immutable bytes that are UTF-8: the payload data of a text message.
///
/// A clone shares the bytes. A received text is a slice of the buffer it
/// arrived in, and keeps that buffer alive: copy what is to be kept for long.
///
/// ```
/// use ws_core::Utf8Bytes;
///
/// let text = Utf8Bytes::from("grüezi");
/// assert_eq!(text.as_str(), "grüezi");
/// assert!(Utf8Bytes::try_from(&b"\xff"[..]).is_err());
/// ```
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Utf8Bytes(Bytes);

impl Utf8Bytes {
    /// Text without a character.
    #[must_use]
    pub const fn new() -> Self {
        Self(Bytes::new())
    }

    /// Text that lives as long as the program, without an allocation.
    #[must_use]
    pub const fn from_static(text: &'static str) -> Self {
        Self(Bytes::from_static(text.as_bytes()))
    }

    /// What the [`Validator`] has seen whole.
    pub(crate) const fn from_validated(bytes: Bytes) -> Self {
        Self(bytes)
    }

    /// The text.
    ///
    /// The bytes are validated again, with SIMD: this crate forbids the
    /// `unsafe` that could vouch for them. Call it once and keep the result;
    /// whoever needs bytes only, such as a JSON parser, takes
    /// [`as_bytes`](Self::as_bytes).
    #[must_use]
    #[expect(
        clippy::missing_panics_doc,
        reason = "bytes are UTF-8 from construction on"
    )]
    pub fn as_str(&self) -> &str {
        simdutf8::basic::from_utf8(&self.0).expect("bytes are UTF-8 from construction on")
    }

    /// The bytes of the text.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The length in bytes.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no character.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The shared bytes behind the text.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.0
    }
}

/// Bytes that were to be text are not UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("text is not UTF-8")]
#[non_exhaustive]
pub struct InvalidUtf8;

impl From<String> for Utf8Bytes {
    fn from(text: String) -> Self {
        Self(Bytes::from(text))
    }
}

impl From<&'static str> for Utf8Bytes {
    fn from(text: &'static str) -> Self {
        Self::from_static(text)
    }
}

impl TryFrom<Bytes> for Utf8Bytes {
    type Error = InvalidUtf8;

    fn try_from(bytes: Bytes) -> Result<Self, InvalidUtf8> {
        match simdutf8::basic::from_utf8(&bytes) {
            Ok(_) => Ok(Self(bytes)),
            Err(_) => Err(InvalidUtf8),
        }
    }
}

impl TryFrom<&[u8]> for Utf8Bytes {
    type Error = InvalidUtf8;

    fn try_from(bytes: &[u8]) -> Result<Self, InvalidUtf8> {
        Self::try_from(Bytes::copy_from_slice(bytes))
    }
}

impl AsRef<[u8]> for Utf8Bytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl AsRef<str> for Utf8Bytes {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq<str> for Utf8Bytes {
    fn eq(&self, other: &str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl PartialEq<&str> for Utf8Bytes {
    fn eq(&self, other: &&str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl fmt::Display for Utf8Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

impl fmt::Debug for Utf8Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}
