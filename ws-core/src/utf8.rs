//! Text that is known to be UTF-8 ([RFC 6455 §8.1]).
//!
//! [RFC 6455 §8.1]: https://www.rfc-editor.org/rfc/rfc6455#section-8.1

use std::{
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
};

use bytes::Bytes;
use faststr::FastStr;
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
#[derive(Clone)]
pub struct Utf8Bytes(Repr);

#[derive(Clone)]
enum Repr {
    /// Looked at when it was made, and again whenever a `&str` is asked for.
    Bytes(Bytes),
    /// This crate forbids the `unsafe` that vouches for bytes; `FastStr` has it,
    /// but allocates. Boxed, as messages are moved about.
    Long(Box<FastStr>),
}

impl Utf8Bytes {
    /// Text without a character.
    #[must_use]
    pub const fn new() -> Self {
        Self::from_static("")
    }

    /// Text that lives as long as the program, without an allocation.
    #[must_use]
    pub const fn from_static(text: &'static str) -> Self {
        Self(Repr::Bytes(Bytes::from_static(text.as_bytes())))
    }

    /// Whether the bytes are text, and so short that they are kept as bytes.
    #[inline]
    pub(crate) fn is_short_text(bytes: &[u8]) -> bool {
        bytes.len() < LONG && simdutf8::basic::from_utf8(bytes).is_ok()
    }

    /// What the [`Validator`] has seen whole.
    pub(crate) const fn from_validated(bytes: Bytes) -> Self {
        Self(Repr::Bytes(bytes))
    }

    /// What is received, in parts that were looked at.
    pub(crate) fn from_received(text: String) -> Self {
        if text.len() < LONG {
            return text.into();
        }
        Self(Repr::Long(Box::new(FastStr::from_string(text))))
    }

    /// The text.
    ///
    /// Call it once and keep the result: a text of less than 4 KiB is validated
    /// again, with SIMD, which costs less than to remember that it was.
    #[must_use]
    #[expect(
        clippy::missing_panics_doc,
        reason = "bytes are UTF-8 from construction on"
    )]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Repr::Bytes(bytes) => {
                simdutf8::basic::from_utf8(bytes).expect("bytes are UTF-8 from construction on")
            }
            Repr::Long(text) => text,
        }
    }

    /// The bytes of the text.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Repr::Bytes(bytes) => bytes,
            Repr::Long(text) => text.as_bytes(),
        }
    }

    /// The length in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.as_bytes().len()
    }

    /// Whether there is no character.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The shared bytes behind the text.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        match self.0 {
            Repr::Bytes(bytes) => bytes,
            Repr::Long(text) => text.into_bytes(),
        }
    }
}

/// Bytes that were to be text are not UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("text is not UTF-8")]
#[non_exhaustive]
pub struct InvalidUtf8;

impl From<String> for Utf8Bytes {
    fn from(text: String) -> Self {
        Self(Repr::Bytes(Bytes::from(text)))
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
        if bytes.len() < LONG {
            simdutf8::basic::from_utf8(&bytes).map_err(|_| InvalidUtf8)?;
            return Ok(Self(Repr::Bytes(bytes)));
        }
        let text = FastStr::from_bytes(bytes).map_err(|_| InvalidUtf8)?;
        Ok(Self(Repr::Long(Box::new(text))))
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
        self.as_bytes()
    }
}

impl AsRef<str> for Utf8Bytes {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl Default for Utf8Bytes {
    fn default() -> Self {
        Self::new()
    }
}

impl PartialEq for Utf8Bytes {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Utf8Bytes {}

impl PartialOrd for Utf8Bytes {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Utf8Bytes {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl Hash for Utf8Bytes {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl PartialEq<str> for Utf8Bytes {
    fn eq(&self, other: &str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl PartialEq<&str> for Utf8Bytes {
    fn eq(&self, other: &&str) -> bool {
        self.as_bytes() == other.as_bytes()
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

/// From this length on, in bytes, another look at the text costs more than the
/// allocations that save it.
const LONG: usize = 4096;
