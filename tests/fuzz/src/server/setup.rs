use std::{sync::Arc, time::Duration};

use arbitrary::Unstructured;
use ws_actors::{Flow, Handlers};
use ws_core::{Config, Delivery, Registry, Rsv, extension::deflate::Deflate};

use super::subject::Subject;
use crate::{input::Settings, terms};

mod kinds;
mod limits;
mod timeouts;

pub(super) use self::kinds::{CONTROL, DATA, UNKNOWN};
use self::{kinds::Kinds, limits::Limits, timeouts::Timeouts};

/// How the connection is configured, and what it is over.
#[derive(Debug)]
pub(super) struct Setup {
    pub(super) deflate: Option<Deflate>,
    /// Over a request's payload and a response's body.
    pub(super) endpoint: bool,
    /// The actor gives others its handle and its address.
    pub(super) known: bool,
    /// The actor still does something when it stops.
    pub(super) restless: bool,
    /// The actor answers each message with a message.
    pub(super) echoes: bool,
    /// Ending the transport takes more than dropping it.
    pub(super) farewell: bool,
    /// The actor goes on when it is first asked to stop.
    pub(super) reluctant: bool,
    pub(super) kinds: Kinds,
    pub(super) ending: Ending,
    pub(super) timeouts: Timeouts,
    pub(super) flow: Flow,
    pub(super) limits: Limits,
}

/// What the peer does in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// Reads all, and closes.
    Close,
    /// Ends its side.
    Eof,
    Reset,
    /// Neither reads nor says anything any more.
    Silence,
}

impl Setup {
    pub(super) fn read(input: &mut Unstructured<'_>) -> Self {
        let flags = input.byte();
        let kinds = input.byte();
        let more = input.byte();
        let sizes = input.byte();
        let timeouts = Timeouts::read(input.byte());
        let flow = input.byte();
        let deflate = terms::deflate(input);
        let is = |flag: u8| flags & flag != 0;
        let limits = Limits::read(sizes, flow, more);
        Self {
            deflate: is(0x01).then_some(deflate),
            endpoint: is(0x02),
            known: !is(0x04),
            restless: is(0x08),
            echoes: is(0x10),
            farewell: is(0x20),
            reluctant: is(0x40),
            kinds: Kinds::read(kinds),
            ending: match more & 3 {
                0 => Ending::Close,
                1 => Ending::Eof,
                2 => Ending::Reset,
                _ => Ending::Silence,
            },
            flow: limits.flow(more >> 2 & 3),
            timeouts: Timeouts {
                idle: is(0x80).then_some(Duration::from_secs(30)),
                ..timeouts
            },
            limits,
        }
    }

    pub(super) fn config(&self) -> Config {
        let Timeouts {
            ping,
            pong,
            close,
            write,
            message,
            idle,
            lifetime,
        } = self.timeouts;
        let config = Config::new()
            .max_message_bytes(self.limits.message)
            .max_frame_bytes(self.limits.frame)
            .max_fragments(self.limits.fragments)
            .ping_interval(ping)
            .pong_timeout(pong)
            .close_timeout(close)
            .write_timeout(write)
            .message_timeout(message)
            .idle_timeout(idle)
            .max_lifetime(lifetime);
        self.with_rsv(config)
    }

    /// The peer takes what comes, and answers nothing by itself.
    pub(super) fn peers_config(&self) -> Config {
        let config = Config::new()
            .delivery(Delivery::Frames)
            .auto_pong(false)
            .auto_close(false)
            .max_message_bytes(usize::MAX)
            .max_fragments(usize::MAX);
        let config = self.with_rsv(config);
        if !self.kinds.custom {
            return config;
        }
        let registry = Registry::new().with(CONTROL, "bell");
        let registry = registry.expect("reserved and free");
        if self.kinds.parts {
            return config.opcodes(registry);
        }
        let registry = registry.with(DATA, "data");
        config.opcodes(registry.expect("reserved and free"))
    }

    fn with_rsv(&self, config: Config) -> Config {
        if self.claims_rsv() {
            config.claim_rsv(Rsv::RSV3)
        } else {
            config
        }
    }

    pub(super) const fn claims_rsv(&self) -> bool {
        self.kinds.rsv && self.kinds.parts
    }

    pub(super) fn handlers(&self) -> Arc<Handlers<Subject>> {
        let handlers = Handlers::new().config(self.config()).flow(self.flow);
        Arc::new(self.kinds.register(handlers))
    }
}
