//! What permessage-deflate holds for a connection, in bytes: the table in the
//! documentation of `ws_core::extension::deflate`.
//!
//! `cargo bench -p ws-core --bench deflate_memory` counts what the allocator
//! gave and was not given back once a message went each way.

use std::{
    alloc::System,
    time::{Duration, Instant},
};

use bytes::{Buf, BytesMut};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use ws_core::{
    Config, Connection, Entropy, Message, Role,
    extension::{
        Agreement, Params,
        deflate::{Deflate, WindowBits},
    },
};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() {
    // What each thread keeps for all its connections is no connection's.
    held(WindowBits::MAX, 1);
    let levels = [1, 3, 5, 8, 9];
    print!("| window bits | idle | reading |");
    for level in levels {
        print!(" sending, `mem_level` {level} |");
    }
    println!("\n|--:|--:|--:|{}", "--:|".repeat(levels.len()));
    for bits in WindowBits::MIN.get()..=WindowBits::MAX.get() {
        let Some(bits) = WindowBits::new(bits) else {
            continue;
        };
        let held = levels.map(|level| held(bits, level));
        print!(
            "| {bits} | {} | {} |",
            kib(held[0].idle),
            kib(held[0].reading)
        );
        for held in held {
            print!(" {} |", kib(held.sending));
        }
        println!();
    }
}

struct Held {
    sending: usize,
    reading: usize,
    idle: usize,
}

/// What each side holds after a message from the server to the client, and what
/// the client holds when it heard nothing more for a while.
fn held(bits: WindowBits, mem_level: u8) -> Held {
    let now = Instant::now();
    let terms = Deflate::new()
        .server_max_window_bits(bits)
        .client_max_window_bits(bits)
        .mem_level(mem_level);
    let mut server =
        Connection::server(now, Config::new()).with_extensions(agreement(&terms, Role::Server));
    let client = || {
        Connection::client(now, Config::new(), Entropy::seeded(1))
            .with_extensions(agreement(&terms, Role::Client))
    };
    // Longer than any window.
    let text: String = (0..20_000).map(|number| format!("{number} ")).collect();

    let mut wire = Vec::new();
    let sending = retained(|| {
        server
            .send(Message::text(text.clone()))
            .expect("it is open");
        let queue = server.transmit();
        wire = queue.copy_to_bytes(queue.remaining()).to_vec();
    }) - wire.capacity();
    // The first takes what its thread has to spare, and gives it back before
    // the second would: what that holds is its own.
    let [mut first, mut second] = [client(), client()];
    read(&mut first, now, &wire);
    let reading = retained(|| read(&mut second, now, &wire));
    rest(&mut first, now);
    let region = Region::new(ALLOCATOR);
    rest(&mut second, now);
    let change = region.change();
    let idle = reading + change.bytes_allocated - change.bytes_deallocated;
    Held {
        sending,
        reading,
        idle,
    }
}

fn read(client: &mut Connection, now: Instant, wire: &[u8]) {
    client.handle_input(now, &mut BytesMut::from(wire));
    assert!(client.poll_event().is_some(), "a message came");
    assert!(client.poll_event().is_none(), "it is all");
}

/// Lets the time pass after which a silent peer is pinged.
fn rest(client: &mut Connection, now: Instant) {
    client.handle_timeout(now + Duration::from_secs(20));
    let pings = client.transmit();
    pings.advance(pings.remaining());
}

fn agreement(terms: &Deflate, role: Role) -> Agreement {
    let mut agreement = Agreement::new();
    let params = Params::new("permessage-deflate");
    let added = agreement.add(params, terms.agreed(role));
    added.expect("nothing else owns the bit");
    agreement
}

/// The bytes that are allocated by `action` and still held after it.
fn retained(action: impl FnOnce()) -> usize {
    let region = Region::new(ALLOCATOR);
    action();
    let change = region.change();
    change.bytes_allocated - change.bytes_deallocated
}

fn kib(bytes: usize) -> String {
    format!("{:.1} KiB", bytes as f64 / 1024.0)
}
