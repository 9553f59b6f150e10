use std::fmt;

use crate::extension::Params;

/// The four parameters of permessage-deflate ([RFC 7692 §7.1]), in an offer or
/// in the answer to one.
///
/// [RFC 7692 §7.1]: https://www.rfc-editor.org/rfc/rfc7692#section-7.1
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct DeflateParams {
    pub(super) server_no_context_takeover: bool,
    pub(super) client_no_context_takeover: bool,
    pub(super) server_max_window_bits: Option<WindowBits>,
    pub(super) client_max_window_bits: Option<ClientWindowBits>,
}

/// An offer may name the parameter without a value: the client can live with
/// any window that the server asks of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ClientWindowBits {
    Any,
    AtMost(WindowBits),
}

impl ClientWindowBits {
    pub(super) const fn limit(self) -> WindowBits {
        match self {
            Self::Any => WindowBits::MAX,
            Self::AtMost(bits) => bits,
        }
    }
}

/// The base-2 logarithm of an LZ77 window's size in bytes: 8 to 15
/// ([RFC 7692 §7.1.2]).
///
/// [RFC 7692 §7.1.2]: https://www.rfc-editor.org/rfc/rfc7692#section-7.1.2
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WindowBits(u8);

impl WindowBits {
    /// 256 bytes.
    pub const MIN: Self = Self(8);
    /// 32 KiB.
    pub const MAX: Self = Self(15);

    /// A window of 2 to the power of `bits` bytes; `None` unless that is 8 to 15.
    #[must_use]
    pub const fn new(bits: u8) -> Option<Self> {
        if 8 <= bits && bits <= 15 {
            Some(Self(bits))
        } else {
            None
        }
    }

    /// The number of bits.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }

    /// §7.1.2: a decimal integer without leading zeros.
    fn parse(value: &str) -> Option<Self> {
        if value.starts_with(['0', '+']) {
            return None;
        }
        Self::new(value.parse().ok()?)
    }
}

impl fmt::Display for WindowBits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl DeflateParams {
    /// §7: an unknown parameter, one that stands twice, or one with a value
    /// that it must not have is reason to decline: `None`.
    pub(super) fn parse(params: &Params) -> Option<Self> {
        let mut parsed = Self::default();
        for (name, value) in params.iter() {
            let fresh = match (name, value) {
                (SERVER_TAKEOVER, None) => {
                    !std::mem::replace(&mut parsed.server_no_context_takeover, true)
                }
                (CLIENT_TAKEOVER, None) => {
                    !std::mem::replace(&mut parsed.client_no_context_takeover, true)
                }
                (SERVER_BITS, Some(value)) => {
                    let bits = WindowBits::parse(value)?;
                    parsed.server_max_window_bits.replace(bits).is_none()
                }
                (CLIENT_BITS, value) => {
                    let bits = match value {
                        None => ClientWindowBits::Any,
                        Some(value) => ClientWindowBits::AtMost(WindowBits::parse(value)?),
                    };
                    parsed.client_max_window_bits.replace(bits).is_none()
                }
                _ => false,
            };
            if !fresh {
                return None;
            }
        }
        Some(parsed)
    }

    pub(super) fn to_params(self) -> Params {
        let flag = None::<&str>;
        let mut params = Params::new(NAME);
        if self.server_no_context_takeover {
            params = params.with(SERVER_TAKEOVER, flag);
        }
        if self.client_no_context_takeover {
            params = params.with(CLIENT_TAKEOVER, flag);
        }
        if let Some(bits) = self.server_max_window_bits {
            params = params.with(SERVER_BITS, Some(bits));
        }
        match self.client_max_window_bits {
            None => params,
            Some(ClientWindowBits::Any) => params.with(CLIENT_BITS, flag),
            Some(ClientWindowBits::AtMost(bits)) => params.with(CLIENT_BITS, Some(bits)),
        }
    }
}

pub(super) const NAME: &str = "permessage-deflate";
const SERVER_TAKEOVER: &str = "server_no_context_takeover";
const CLIENT_TAKEOVER: &str = "client_no_context_takeover";
const SERVER_BITS: &str = "server_max_window_bits";
const CLIENT_BITS: &str = "client_max_window_bits";
