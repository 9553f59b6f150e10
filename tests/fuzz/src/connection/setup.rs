use std::time::{Duration, Instant};

use arbitrary::Unstructured;
use ws_core::{
    Config, Connection, Delivery, Entropy, Opcode, Registry, Role, Rsv, extension::deflate::Deflate,
};

use crate::{input::Settings, side::Side, terms};

/// What both sides agreed on, and how each of them is configured.
#[derive(Debug)]
pub(super) struct Setup {
    deflate: Option<Deflate>,
    rsv: bool,
    /// Both applications answer Pings and Close frames when they get to it.
    pub(super) by_hand: bool,
    /// At the end nobody closes: silence has to end it.
    pub(super) ends_in_silence: bool,
    deliveries: [Delivery; 2],
    pub(super) timeouts: Timeouts,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Timeouts {
    pub(super) ping: Option<Duration>,
    pub(super) pong: Duration,
    pub(super) close: Duration,
    pub(super) write: Duration,
    pub(super) message: Option<Duration>,
}

impl Setup {
    pub(super) fn read(input: &mut Unstructured<'_>) -> Self {
        let flags = input.byte();
        let deliveries = input.byte();
        let timeouts = Timeouts::read(input.byte());
        let deflate = terms::deflate(input);
        let delivery = |choice| match choice % 4 {
            1 => Delivery::Parts,
            2 => Delivery::Frames,
            _ => Delivery::Messages,
        };
        Self {
            deflate: (flags & 1 != 0).then_some(deflate),
            rsv: flags & 2 != 0,
            by_hand: flags & 4 != 0,
            ends_in_silence: flags & 8 != 0 && timeouts.ping.is_some(),
            deliveries: [delivery(deliveries), delivery(deliveries >> 4)],
            timeouts,
        }
    }

    pub(super) fn side(&self, role: Role, now: Instant) -> Side {
        let Timeouts {
            ping,
            pong,
            close,
            write,
            message,
        } = self.timeouts;
        let mut config = Config::new()
            .opcodes(registry())
            .delivery(self.deliveries[usize::from(role == Role::Server)])
            .auto_pong(!self.by_hand)
            .auto_close(!self.by_hand)
            .ping_interval(ping)
            .pong_timeout(pong)
            .close_timeout(close)
            .write_timeout(write)
            .message_timeout(message);
        if self.rsv {
            config = config.claim_rsv(Rsv::RSV3);
        }
        let connection = match role {
            Role::Client => Connection::client(now, config, Entropy::seeded(6455)),
            Role::Server => Connection::server(now, config),
        };
        let connection = match &self.deflate {
            Some(deflate) => connection.with_extensions(terms::agreed(deflate, role)),
            None => connection,
        };
        Side::new(connection, now)
    }
}

impl Timeouts {
    fn read(choice: u8) -> Self {
        let seconds = Duration::from_secs;
        let ping = [20, 1, 60, 0][usize::from(choice & 3)];
        Self {
            ping: Some(ping).filter(|&ping| ping > 0).map(seconds),
            pong: seconds([20, 1, 60, 5][usize::from(choice >> 2 & 3)]),
            close: seconds([5, 60][usize::from(choice >> 4 & 1)]),
            write: seconds([30, 2][usize::from(choice >> 5 & 1)]),
            message: [Some(120), Some(3), None, Some(10)][usize::from(choice >> 6 & 3)]
                .map(seconds),
        }
    }

    /// By when a side has ended that hears nothing, and whose transport takes
    /// nothing.
    pub(super) fn silence(&self) -> Duration {
        let ping = self.ping.unwrap_or_default();
        // The write deadline is looked at once in its time; the Pong may be
        // waited for anew when its Ping leaves.
        ping + 2 * self.pong + 2 * self.write + self.close
    }
}

fn registry() -> Registry {
    let registry = Registry::new();
    let registry = registry.with(DATA, "data").expect("reserved and free");
    registry
        .with(CONTROL, "control")
        .expect("reserved and free")
}

const DATA: Opcode = Opcode::new(0x3).expect("four bits");
const CONTROL: Opcode = Opcode::new(0xB).expect("four bits");
