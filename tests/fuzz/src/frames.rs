//! Bytes of a peer, into a server and into a client: however they are cut, the
//! same comes of them, and memory stays within the limits.
//!
//! Settings: one byte of flags, one of limits, four of compression
//! terms, then how to cut. The rest is what the peer sends.

use std::time::Instant;

use arbitrary::Unstructured;
use bytes::BytesMut;
use ws_core::{
    ClosePayload, Config, Connection, Delivery, Entropy, Opcode, Registry, Role, Rsv,
    extension::deflate::Deflate,
};

use crate::{
    input::{Settings, cuts, pieces},
    memory,
    side::{ROLES, Side},
    terms,
};

mod transcript;

use self::transcript::Transcript;

/// Feeds the input to both roles.
pub fn run(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let setup = Setup::read(&mut input);
    let sizes = input.sizes();
    let bytes = input.take_rest();
    for role in ROLES {
        let mut first: Option<Transcript> = None;
        for cut in cuts(bytes, &sizes) {
            let transcript = setup.listen(role, &cut);
            transcript.check_sizes(setup.max_message_bytes);
            match &first {
                Some(first) => first.check_same(&transcript),
                None => first = Some(transcript),
            }
        }
        setup.check_memory(role, &pieces(bytes, &sizes));
    }
}

#[derive(Debug)]
struct Setup {
    now: Instant,
    config: Config,
    max_message_bytes: usize,
    deflate: Option<Deflate>,
    by_hand: bool,
    closes_first: bool,
}

impl Setup {
    fn read(input: &mut Unstructured<'_>) -> Self {
        let flags = input.byte();
        let limits = input.byte();
        let deflate = terms::deflate(input);
        let is = |flag: u8| flags & flag != 0;
        let delivery = match flags & 3 {
            1 => Delivery::Parts,
            2 => Delivery::Frames,
            _ => Delivery::Messages,
        };
        let max_message_bytes = [1 << 20, 1 << 14, 1 << 10, 1 << 6][usize::from(limits & 3)];
        let mut config = Config::new()
            .delivery(delivery)
            .auto_pong(!is(0x20))
            .auto_close(!is(0x20))
            .max_message_bytes(max_message_bytes);
        if is(0x08) {
            config = config.opcodes(registry());
        }
        if is(0x10) {
            config = config.claim_rsv(Rsv::RSV2.union(Rsv::RSV3));
        }
        if limits & 4 != 0 {
            config = config.max_frame_bytes(100);
        }
        config = match limits >> 3 & 3 {
            0 => config,
            fragments => config.max_fragments([0, 3, 50][usize::from(fragments - 1)]),
        };
        Self {
            now: Instant::now(),
            config,
            max_message_bytes,
            deflate: is(0x04).then_some(deflate),
            by_hand: is(0x20),
            closes_first: is(0x40),
        }
    }

    fn connection(&self, role: Role) -> Connection {
        let now = self.now;
        let connection = match role {
            Role::Server => Connection::server(now, self.config.clone()),
            Role::Client => Connection::client(now, self.config.clone(), Entropy::seeded(1)),
        };
        match &self.deflate {
            Some(deflate) => connection.with_extensions(terms::agreed(deflate, role)),
            None => connection,
        }
    }

    /// What comes of these pieces, and then of the stream's end.
    fn listen(&self, role: Role, cut: &[&[u8]]) -> Transcript {
        let mut side = Side::new(self.connection(role), self.now);
        side.replies = self.by_hand;
        if self.closes_first {
            let closed = side.connection.close(self.now, ClosePayload::EMPTY);
            closed.expect("the connection is open");
            side.run();
        }
        for piece in cut {
            side.feed(piece);
        }
        side.end();
        assert!(side.disconnected, "the transport is kept after its end");
        // Nothing more comes, whatever does.
        side.feed(b"\x81\x80\x00\x00\x00\x00\x81\x00");
        side.end();
        Transcript::of(role, side)
    }

    /// Neither what is collected nor what is queued for a peer that does not
    /// read grows with what the peer announces, asks for or compresses.
    fn check_memory(&self, role: Role, cut: &[&[u8]]) {
        let came: usize = cut.iter().map(|piece| piece.len()).sum();
        let rounds = if came <= 1024 { 16 } else { 1 };
        let peak = memory::peak_of(|| {
            let mut connection = self.connection(role);
            let mut buffer = BytesMut::new();
            // Again and again, so that a little more each time is seen.
            for _ in 0..rounds {
                for piece in cut {
                    buffer.extend_from_slice(piece);
                    connection.handle_input(self.now, &mut buffer);
                    // An application that keeps nothing.
                    while let Some(event) = connection.poll_event() {
                        drop(event);
                    }
                    let queued = connection.queued_bytes();
                    assert!(queued <= MAX_QUEUED, "{queued} bytes are queued");
                }
            }
        });
        let allowed = match &self.deflate {
            // A buffer that grows is there twice, three times as long in all.
            Some(_) => DEFLATE + 4 * came + 4 * self.max_message_bytes,
            None => BASE + 4 * came * rounds,
        };
        assert!(
            peak <= allowed,
            "{peak} bytes are held, {allowed} are allowed for {came} that came"
        );
    }
}

fn registry() -> Registry {
    let mut registry = Registry::new();
    for (value, name) in [(0x3, "data"), (0x7, "more"), (0xB, "control")] {
        let opcode = Opcode::new(value).expect("four bits");
        registry = registry.with(opcode, name).expect("reserved and free");
    }
    registry
}

/// Pongs up to 4 KiB, one more of them, and a Close frame.
const MAX_QUEUED: usize = 4096 + 2 * 131;
/// A connection and its queue, with buffers that grow by doubling.
const BASE: usize = 24 * 1024;
/// The same with zlib's windows and tables.
const DEFLATE: usize = 128 * 1024;
