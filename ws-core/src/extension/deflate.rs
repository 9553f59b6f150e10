//! permessage-deflate: compression of messages ([RFC 7692]).
//!
//! Give a [`Deflate`] to both handshakes:
//!
//! ```
//! use ws_core::{Entropy, extension::deflate::Deflate};
//! use ws_core::handshake::{ClientHandshake, ServerHandshake};
//!
//! let server = ServerHandshake::new().extension(Deflate::new());
//! let client = ClientHandshake::new("example.com", Entropy::system()).extension(Deflate::new());
//! ```
//!
//! # Memory
//!
//! What the directions of a connection hold between messages, as `cargo bench -p
//! ws-core --bench deflate_memory` counts it:
//!
//! | window bits | idle | reading | sending, `mem_level` 1 | 5 (default) | 8 | 9 |
//! |--:|--:|--:|--:|--:|--:|--:|
//! | 8 | 0.2 KiB | 47 KiB | 134 KiB | 147 KiB | 245 KiB | 357 KiB |
//! | 9 | 0.5 KiB | 47 KiB | 134 KiB | 147 KiB | 245 KiB | 357 KiB |
//! | 10 | 1 KiB | 47 KiB | 136 KiB | 149 KiB | 247 KiB | 359 KiB |
//! | 11 | 2 KiB | 48 KiB | 140 KiB | 153 KiB | 251 KiB | 363 KiB |
//! | 12 (default) | 4 KiB | 50 KiB | 148 KiB | 161 KiB | 259 KiB | 371 KiB |
//! | 13 | 8 KiB | 54 KiB | 164 KiB | 177 KiB | 275 KiB | 387 KiB |
//! | 14 | 16 KiB | 62 KiB | 196 KiB | 209 KiB | 307 KiB | 419 KiB |
//! | 15 | 32 KiB | 78 KiB | 260 KiB | 273 KiB | 371 KiB | 483 KiB |
//!
//! - Both contexts are made for the first message that is compressed.
//! - A connection is idle when the peer was silent for
//!   [`Config::ping_interval`](crate::Config::ping_interval). Then all is given
//!   back but the window of what was read.
//! - A direction without context takeover holds nothing between messages. A
//!   server that keeps very many connections busy may well ask for
//!   [`server_no_context_takeover`](Deflate::server_no_context_takeover).
//! - [Prepared messages](crate::PreparedMessage) need no compressor of the
//!   connection.
//!
//! [RFC 7692]: https://www.rfc-editor.org/rfc/rfc7692

mod compressor;
mod decompressor;
mod history;
mod params;
mod running;

pub use self::params::WindowBits;
use self::{
    params::{ClientWindowBits, DeflateParams, NAME},
    running::{Direction, PerMessageDeflate},
};

use crate::{
    Role, Rsv,
    extension::{ClientOffer, Extension, NegotiationError, Params, ServerChoice},
};

/// How an endpoint wants to compress: the terms of permessage-deflate that it
/// offers or accepts, and the settings of its own compressor.
///
/// The defaults keep connections small: windows of 12 bits (4 KiB) and a memory
/// level of 5, as in the Python library websockets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deflate {
    server_max_window_bits: WindowBits,
    client_max_window_bits: WindowBits,
    server_no_context_takeover: bool,
    client_no_context_takeover: bool,
    require_client_max_window_bits: bool,
    compression: Compression,
    threshold: usize,
}

/// The settings of zlib's compressor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Compression {
    level: u8,
    mem_level: u8,
    strategy: Strategy,
}

/// How zlib looks for repetitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[expect(clippy::exhaustive_enums, reason = "zlib knows no other")]
pub enum Strategy {
    /// For data in general.
    #[default]
    Default,
    /// For small values that vary at random.
    Filtered,
    /// No repetitions, only frequencies.
    HuffmanOnly,
    /// Repetitions of single bytes.
    Rle,
    /// No tables of the message's own, which is good for very short ones.
    Fixed,
}

impl Deflate {
    /// The defaults.
    #[must_use]
    pub const fn new() -> Self {
        const BITS: WindowBits = match WindowBits::new(12) {
            Some(bits) => bits,
            None => WindowBits::MAX,
        };
        Self {
            server_max_window_bits: BITS,
            client_max_window_bits: BITS,
            server_no_context_takeover: false,
            client_no_context_takeover: false,
            require_client_max_window_bits: false,
            compression: Compression {
                level: 6,
                mem_level: 5,
                strategy: Strategy::Default,
            },
            threshold: 64,
        }
    }

    /// The largest window that the server compresses with. Default: 12 bits.
    #[must_use]
    pub const fn server_max_window_bits(mut self, bits: WindowBits) -> Self {
        self.server_max_window_bits = bits;
        self
    }

    /// The largest window that the client compresses with. Default: 12 bits.
    ///
    /// A server can ask this only of clients that offer it; see
    /// [`require_client_max_window_bits`](Self::require_client_max_window_bits).
    #[must_use]
    pub const fn client_max_window_bits(mut self, bits: WindowBits) -> Self {
        self.client_max_window_bits = bits;
        self
    }

    /// The server forgets its window after each message. Default: it does not.
    #[must_use]
    pub const fn server_no_context_takeover(mut self, on: bool) -> Self {
        self.server_no_context_takeover = on;
        self
    }

    /// The client forgets its window after each message. Default: it does not.
    #[must_use]
    pub const fn client_no_context_takeover(mut self, on: bool) -> Self {
        self.client_no_context_takeover = on;
        self
    }

    /// A server declines clients that cannot limit their window. Default: it
    /// accepts them, at the cost of a window of 32 KiB for what they send.
    #[must_use]
    pub const fn require_client_max_window_bits(mut self, on: bool) -> Self {
        self.require_client_max_window_bits = on;
        self
    }

    /// The compression level: 0 for none, 1 for speed, to 9 for size.
    /// Default: 6. Larger values count as 9.
    #[must_use]
    pub const fn level(mut self, level: u8) -> Self {
        self.compression.level = if level > 9 { 9 } else { level };
        self
    }

    /// How much memory the compressor takes for its tables: 1 to 9, see
    /// [memory](self#memory). Default: 5. Values beyond count as the nearest.
    #[must_use]
    pub const fn mem_level(mut self, mem_level: u8) -> Self {
        self.compression.mem_level = match mem_level {
            0 => 1,
            level @ 1..=9 => level,
            _ => 9,
        };
        self
    }

    /// How zlib looks for repetitions.
    #[must_use]
    pub const fn strategy(mut self, strategy: Strategy) -> Self {
        self.compression.strategy = strategy;
        self
    }

    /// Messages shorter than this many bytes go as they are. Default: 64, below
    /// which little is saved.
    #[must_use]
    pub const fn threshold(mut self, bytes: usize) -> Self {
        self.threshold = bytes;
        self
    }

    /// The extension with these terms as they are, for a connection without a
    /// handshake.
    #[must_use]
    pub fn agreed(&self, role: Role) -> Box<dyn Extension> {
        Box::new(self.running(
            role,
            DeflateParams {
                server_no_context_takeover: self.server_no_context_takeover,
                client_no_context_takeover: self.client_no_context_takeover,
                server_max_window_bits: Some(self.server_max_window_bits),
                client_max_window_bits: Some(ClientWindowBits::AtMost(self.client_max_window_bits)),
            },
        ))
    }

    fn running(&self, role: Role, agreed: DeflateParams) -> PerMessageDeflate {
        let server = Direction {
            bits: agreed.server_max_window_bits.unwrap_or(WindowBits::MAX),
            takeover: !agreed.server_no_context_takeover,
        };
        let client = Direction {
            bits: agreed
                .client_max_window_bits
                .map_or(WindowBits::MAX, ClientWindowBits::limit),
            takeover: !agreed.client_no_context_takeover,
        };
        let (mut outbound, inbound) = match role {
            Role::Server => (server, client),
            Role::Client => (client, server),
        };
        // Nobody has to use all of the window that was agreed on.
        outbound.bits = outbound.bits.min(match role {
            Role::Server => self.server_max_window_bits,
            Role::Client => self.client_max_window_bits,
        });
        PerMessageDeflate::new(inbound, outbound, self.compression, self.threshold)
    }
}

impl Default for Deflate {
    fn default() -> Self {
        Self::new()
    }
}

impl ServerChoice for Deflate {
    fn name(&self) -> &str {
        NAME
    }

    fn rsv(&self) -> Rsv {
        Rsv::RSV1
    }

    fn choose(&self, offer: &Params, accepted: &[Params]) -> Option<(Params, Box<dyn Extension>)> {
        if accepted.iter().any(|other| other.name() == NAME) {
            return None;
        }
        let offer = DeflateParams::parse(offer)?;
        if self.require_client_max_window_bits && offer.client_max_window_bits.is_none() {
            return None;
        }
        let server_bits = offer.server_max_window_bits.unwrap_or(WindowBits::MAX);
        let answer = DeflateParams {
            // §7.1.1: what a client asks is granted; what a server wants is said.
            server_no_context_takeover: self.server_no_context_takeover
                || offer.server_no_context_takeover,
            client_no_context_takeover: self.client_no_context_takeover
                || offer.client_no_context_takeover,
            server_max_window_bits: Some(server_bits.min(self.server_max_window_bits))
                .filter(|&bits| bits < WindowBits::MAX || offer.server_max_window_bits.is_some()),
            // §7.1.2.2: only a client that offers it can be asked.
            client_max_window_bits: offer.client_max_window_bits.map(|offered| {
                ClientWindowBits::AtMost(offered.limit().min(self.client_max_window_bits))
            }),
        };
        let extension = self.running(Role::Server, answer);
        Some((answer.to_params(), Box::new(extension)))
    }
}

impl ClientOffer for Deflate {
    fn name(&self) -> &str {
        NAME
    }

    fn rsv(&self) -> Rsv {
        Rsv::RSV1
    }

    fn offers(&self) -> Vec<Params> {
        let client_bits = match self.client_max_window_bits {
            WindowBits::MAX => ClientWindowBits::Any,
            bits => ClientWindowBits::AtMost(bits),
        };
        let offer = DeflateParams {
            server_no_context_takeover: self.server_no_context_takeover,
            client_no_context_takeover: self.client_no_context_takeover,
            server_max_window_bits: Some(self.server_max_window_bits)
                .filter(|&bits| bits < WindowBits::MAX),
            client_max_window_bits: Some(client_bits),
        };
        vec![offer.to_params()]
    }

    fn agree(
        &self,
        answer: &Params,
        accepted: &[Params],
    ) -> Result<Box<dyn Extension>, NegotiationError> {
        let refused = || NegotiationError::Parameters(answer.to_string());
        if accepted.iter().any(|other| other.name() == NAME) {
            return Err(refused());
        }
        let mut agreed = DeflateParams::parse(answer).ok_or_else(refused)?;
        // §7.1.1.1, §7.1.2.1: the server has to grant what was asked of it.
        let takeover = self.server_no_context_takeover && !agreed.server_no_context_takeover;
        let server_bits = agreed.server_max_window_bits.unwrap_or(WindowBits::MAX);
        // §7.1.2.2: an answer names a number.
        let any = agreed.client_max_window_bits == Some(ClientWindowBits::Any);
        if takeover || server_bits > self.server_max_window_bits || any {
            return Err(refused());
        }
        agreed.client_no_context_takeover |= self.client_no_context_takeover;
        Ok(Box::new(self.running(Role::Client, agreed)))
    }
}

/// The end of every flushed block, which messages go without (RFC 7692 §7.2.1).
const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];
