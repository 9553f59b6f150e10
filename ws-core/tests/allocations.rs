//! What a message costs the allocator once a connection is at work: nothing, as
//! long as it is short or sent by reference.

use std::{alloc::System, time::Instant};

use bytes::{Buf, Bytes, BytesMut};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use ws_core::{Config, Connection, Entropy, Event, Message};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// One test, as all threads of a process have one allocator.
#[test]
fn messages_back_and_forth_allocate_nothing() {
    let now = Instant::now();
    let mut client = Connection::client(now, Config::new(), Entropy::system());
    let mut server = Connection::server(now, Config::new());
    let (mut up, mut down) = (BytesMut::new(), BytesMut::new());
    let mut exchange = |text: &str, bytes: &[u8]| {
        client.send_text(text).expect("it is open");
        client.send_binary(bytes).expect("it is open");
        carry(&mut client, &mut server, &mut up, now);
        while let Some(event) = server.poll_event() {
            let Event::Message(message) = event else {
                panic!("{event:?} is no message");
            };
            server.send(message).expect("it is open");
        }
        carry(&mut server, &mut client, &mut down, now);
        for expected in [text.as_bytes(), bytes] {
            let Some(Event::Message(message)) = client.poll_event() else {
                panic!("an echo is missing");
            };
            assert_eq!(message.payload(), expected);
        }
        assert!(client.poll_event().is_none());
    };
    let bytes = Bytes::from(vec![7; 2000]);
    for _ in 0..3 {
        exchange("gr\u{fc}ezi", &bytes);
    }
    let region = Region::new(ALLOCATOR);
    for _ in 0..100 {
        exchange("gr\u{fc}ezi", &bytes);
    }
    let change = region.change();
    assert_eq!(change.allocations + change.reallocations, 0, "{change:?}");

    let shared = Message::binary(vec![7; 100_000]);
    let region = Region::new(ALLOCATOR);
    server.send(shared.clone()).expect("it is open");
    let queue = server.transmit();
    queue.advance(queue.remaining());
    let change = region.change();
    assert!(change.bytes_allocated < 1000, "{change:?}");
    assert_eq!(shared.payload().len(), 100_000);
}

/// What one sends is read by the other, into a buffer that is used again.
fn carry(from: &mut Connection, to: &mut Connection, buffer: &mut BytesMut, now: Instant) {
    let queue = from.transmit();
    assert!(buffer.try_reclaim(queue.remaining()) || buffer.capacity() == 0);
    while queue.has_remaining() {
        buffer.extend_from_slice(queue.chunk());
        queue.advance(queue.chunk().len());
    }
    to.handle_input(now, buffer);
}
