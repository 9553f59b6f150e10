use std::{sync::Arc, time::Duration};

use arbitrary::Unstructured;
use ws_actors::{
    Binary, Closed, Closing, Flow, Handlers, Overflow, Part, Ping, Pong, RateLimit, Text, Writable,
};
use ws_core::{CloseCode, Config, Delivery, Opcode, Registry, Rsv, extension::deflate::Deflate};

use super::subject::{Bell, Data, Subject};
use crate::{input::Settings, terms};

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

/// What the actor handles.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kinds {
    pub(super) parts: bool,
    pub(super) ping: bool,
    pub(super) pong: bool,
    pub(super) closing: bool,
    pub(super) writable: bool,
    pub(super) custom: bool,
    pub(super) rsv: bool,
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

#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) message: usize,
    frame: usize,
    fragments: usize,
    pub(super) queued: usize,
    pub(super) overflow: Overflow,
    pub(super) rate: Option<RateLimit>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Timeouts {
    pub(super) ping: Option<Duration>,
    pong: Duration,
    close: Duration,
    write: Duration,
    message: Option<Duration>,
    pub(super) idle: Option<Duration>,
    pub(super) lifetime: Option<Duration>,
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
        if self.claims_rsv() {
            config.claim_rsv(Rsv::RSV3)
        } else {
            config
        }
    }

    /// The peer takes what comes, and answers nothing by itself.
    pub(super) fn peers_config(&self) -> Config {
        let config = Config::new()
            .delivery(Delivery::Frames)
            .auto_pong(false)
            .auto_close(false)
            .max_message_bytes(usize::MAX)
            .max_fragments(usize::MAX);
        let config = if self.claims_rsv() {
            config.claim_rsv(Rsv::RSV3)
        } else {
            config
        };
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

    pub(super) const fn claims_rsv(&self) -> bool {
        self.kinds.rsv && self.kinds.parts
    }

    pub(super) fn handlers(&self) -> Arc<Handlers<Subject>> {
        let handlers = Handlers::new().config(self.config()).flow(self.flow);
        Arc::new(self.kinds.register(handlers))
    }
}

impl Kinds {
    const fn read(choice: u8) -> Self {
        Self {
            parts: choice & 0x01 != 0,
            ping: choice & 0x02 != 0,
            pong: choice & 0x04 != 0,
            closing: choice & 0x08 != 0,
            writable: choice & 0x10 != 0,
            custom: choice & 0x20 != 0,
            rsv: choice & 0x40 != 0,
        }
    }

    pub(super) fn register<R: Register>(self, to: R) -> R {
        let mut to = to.on::<Closed>();
        to = if self.parts {
            to.on::<Part>()
        } else {
            to.on::<Text>().on::<Binary>()
        };
        if self.ping {
            to = to.on::<Ping>();
        }
        if self.pong {
            to = to.on::<Pong>();
        }
        if self.closing {
            to = to.on::<Closing>();
        }
        if self.writable {
            to = to.on::<Writable>();
        }
        if self.custom {
            to = to.on::<Bell>();
            if !self.parts {
                to = to.on::<Data>();
            }
        }
        to
    }
}

/// What messages are registered with: handlers, or an endpoint that is built.
pub(super) trait Register: Sized {
    fn on<M>(self) -> Self
    where
        M: ws_actors::Notice,
        Subject: actix::Handler<M>;
}

impl Register for Handlers<Subject> {
    fn on<M>(self) -> Self
    where
        M: ws_actors::Notice,
        Subject: actix::Handler<M>,
    {
        Self::on::<M>(self)
    }
}

impl Register for ws_server::EndpointBuilder<Subject> {
    fn on<M>(self) -> Self
    where
        M: ws_actors::Notice,
        Subject: actix::Handler<M>,
    {
        Self::on::<M>(self)
    }
}

impl Limits {
    fn read(sizes: u8, flow: u8, more: u8) -> Self {
        let pick = |shift: u8| usize::from(sizes >> shift & 3);
        Self {
            message: [1 << 20, 1 << 14, 1 << 10, 1 << 6][pick(0)],
            frame: [usize::MAX, 1 << 10, usize::MAX, 100][pick(2)],
            fragments: [1 << 14, 3, 50, 0][pick(4)],
            queued: [1 << 20, 1 << 12, 1 << 16, 100][usize::from(flow & 3)],
            overflow: match flow >> 2 & 3 {
                0 => Overflow::Close(CloseCode::TRY_AGAIN_LATER),
                1 => Overflow::DropNewest,
                2 => Overflow::DropOldest,
                _ => Overflow::Wait,
            },
            rate: match more >> 4 & 3 {
                0 => None,
                1 => Some(RateLimit::new().messages(10, 20)),
                2 => Some(RateLimit::new().bytes(10_000, 5_000)),
                _ => Some(RateLimit::new().messages(10, 20).closes()),
            },
        }
    }

    fn flow(&self, choice: u8) -> Flow {
        let choice = usize::from(choice);
        let flow = Flow::new()
            .max_queued_bytes(self.queued)
            .max_queued_messages([1 << 14, 4, 100, 1][choice])
            .fragment_bytes([usize::MAX, 1000, 7, usize::MAX][choice])
            .max_responses([16, 1, 2, 16][choice])
            .overflow(self.overflow);
        match self.rate {
            Some(rate) => flow.rate_limit(rate),
            None => flow,
        }
    }
}

impl Timeouts {
    fn read(choice: u8) -> Self {
        let seconds = Duration::from_secs;
        let pick = |shift: u8| usize::from(choice >> shift & 3);
        Self {
            ping: [Some(20), Some(1), Some(60), None][pick(0)].map(seconds),
            pong: seconds([20, 1][pick(2) & 1]),
            close: seconds([5, 1][pick(3) & 1]),
            write: seconds([30, 2][pick(4) & 1]),
            message: [Some(120), Some(3)][pick(5) & 1].map(seconds),
            idle: None,
            lifetime: (choice & 0x40 != 0).then_some(seconds(300)),
        }
    }

    /// By when a connection has ended whose peer is silent and takes nothing,
    /// and whose actor holds nothing up.
    pub(super) fn silence(&self) -> Duration {
        let ping = self.ping.unwrap_or_default();
        ping + 2 * self.pong + 2 * self.write + 2 * self.close + 3 * GRACE
    }
}

pub(super) const DATA: Opcode = Opcode::new(0x3).expect("four bits");
pub(super) const CONTROL: Opcode = Opcode::new(0xB).expect("four bits");
/// Nobody registers it.
pub(super) const UNKNOWN: Opcode = Opcode::new(0x4).expect("four bits");
/// How long an actor is waited for, a stream, and a transport that holds back
/// its last bytes.
const GRACE: Duration = Duration::from_secs(5);
