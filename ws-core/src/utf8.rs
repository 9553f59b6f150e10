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
/// A clone shares the bytes, or copies them if they are few. A received text may
/// be a slice of the buffer it arrived in, and keep that buffer alive: copy
/// what is to be kept for long.
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

/// This crate forbids the `unsafe` that vouches for bytes. `FastStr` has it,
/// but allocates for what is longer than [`INLINE`].
#[derive(Clone)]
enum Repr {
    Str(FastStr),
    /// Looked at when it was made, and again whenever a `&str` is asked for.
    Bytes(Bytes),
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
        Self(Repr::Str(FastStr::from_static_str(text)))
    }

    /// What the [`Validator`] has seen whole.
    pub(crate) const fn from_validated(bytes: Bytes) -> Self {
        Self(Repr::Bytes(bytes))
    }

    /// What is received, in parts that were looked at.
    pub(crate) fn from_received(text: String) -> Self {
        Self(Repr::Str(FastStr::from_string(text)))
    }

    /// The text.
    ///
    /// Call it once and keep the result: texts of between 31 bytes and 4 KiB are
    /// validated again, with SIMD, which costs less than to remember it.
    #[must_use]
    #[expect(
        clippy::missing_panics_doc,
        reason = "bytes are UTF-8 from construction on"
    )]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Repr::Str(text) => text,
            Repr::Bytes(bytes) => {
                simdutf8::basic::from_utf8(bytes).expect("bytes are UTF-8 from construction on")
            }
        }
    }

    /// The bytes of the text.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Repr::Str(text) => text.as_bytes(),
            Repr::Bytes(bytes) => bytes,
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
            Repr::Str(text) => text.into_bytes(),
            Repr::Bytes(bytes) => bytes,
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
        if (INLINE + 1..WORTHWHILE).contains(&bytes.len()) {
            simdutf8::basic::from_utf8(&bytes).map_err(|_| InvalidUtf8)?;
            return Ok(Self(Repr::Bytes(bytes)));
        }
        let text = FastStr::from_bytes(bytes).map_err(|_| InvalidUtf8)?;
        Ok(Self(Repr::Str(text)))
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

/// The longest text that is kept without an allocation, in bytes.
const INLINE: usize = 30;
/// From this length on, in bytes, another look at the text costs more than the
/// allocation that saves it.
const WORTHWHILE: usize = 4096;
