//! A few bytes that stand for very many (RFC 7692 §8): the limit of a message
//! counts what is inflated, while it is inflated.

use std::{fs, sync::MutexGuard, time::Instant};

use flate2::FlushCompress;
use ws_core::{
    Cause, CloseCode, Config, Delivery, Message, ProtocolError, Role, State,
    extension::{
        Agreement, ExtensionError, Params, PartEnd,
        deflate::{Deflate, WindowBits},
    },
};

use crate::support::{
    ROLES,
    cuts::every_cut_of,
    deflate::{BINARY, BINARY_BEGINS, Deflater, TEXT, bits, deflated, side, widest},
    extensions::{Log, Watched},
    frames::{self, CONTINUED, ENDED, KEY, PING, frame, header},
    seconds,
    side::Side,
};

#[test]
fn a_bomb_fails_before_it_goes_off() {
    let bomb = bomb(300 * MIB);
    assert!(bomb.len() < 400 * 1024, "{} bytes", bomb.len());
    for role in ROLES {
        for size in [bomb.len(), 65536, 1000] {
            let (mut side, log) = watched(role, Config::new());
            let before = peak();
            let start = Instant::now();
            let mut first = BINARY_BEGINS;
            for part in bomb.chunks(size) {
                side.feed_frame(first, part);
                first = CONTINUED;
            }
            side.feed_frame(ENDED, b"");
            too_big(&side);
            assert_eq!(side.events.len(), 1);
            // One byte more than allowed is seen, or as many as the buffer has room for.
            assert!(lock(&log).decoded < 2 * MIB + 64 * 1024);
            assert!(start.elapsed() < seconds(10));
            assert!(peak() < before + 32 * MIB);
        }
    }
}

#[test]
fn a_bomb_is_no_better_in_parts_or_frames_or_small_windows() {
    let bomb = bomb(10 * MIB);
    for role in ROLES {
        for delivery in [Delivery::Parts, Delivery::Frames, Delivery::Messages] {
            for window in [8, 12, 15] {
                let terms = widest()
                    .server_max_window_bits(bits(window))
                    .client_max_window_bits(bits(window));
                let config = Config::new().delivery(delivery);
                let mut side = side(role, &config, &terms);
                side.feed_frame(TEXT, &bomb);
                too_big(&side);
            }
        }
    }
}

#[test]
fn a_message_of_just_the_limit_is_read() {
    for role in ROLES {
        for limit in [0, 1, 255, 256, 257, 1000, 65536] {
            let config = Config::new().max_message_bytes(limit);
            let make = || side(role, &config, &widest());
            let just = vec![7; limit];
            let bytes = frame(role.peer(), BINARY, &deflated(&just));
            every_cut_of(make, &bytes, |side| {
                assert!(side.messages() == [Message::binary(just.clone())]);
            });
            let bytes = frame(role.peer(), BINARY, &deflated(&vec![7; limit + 1]));
            every_cut_of(make, &bytes, |side| too_big(side));
        }
    }
}

#[test]
fn bytes_that_do_not_compress_do_not_count_twice() {
    // Stored, a message takes more on the wire than it stands for.
    let mut state = 1_u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    let noise: Vec<u8> = std::iter::repeat_with(next).take(100_000).collect();
    let stored = deflated(&noise);
    assert!(stored.len() > noise.len());
    for role in ROLES {
        let config = Config::new().max_message_bytes(noise.len());
        let mut side = side(role, &config, &widest());
        side.feed_frame(BINARY, &stored);
        assert!(side.messages() == [Message::binary(noise.clone())]);
    }
}

#[test]
fn what_each_fragment_stands_for_counts_when_it_is_here() {
    for role in ROLES {
        let config = Config::new().max_message_bytes(1000);
        let mut deflater = Deflater::new(WindowBits::MAX);
        let first = deflater.flushed(&[7; 600], FlushCompress::Sync);
        let second = deflater.flushed(&[7; 400], FlushCompress::Sync);
        let last = deflater.message(b"7");
        let mut side = side(role, &config, &widest());
        side.feed_frame(BINARY_BEGINS, &first);
        side.feed_frame(PING, b"not of the message");
        side.feed_frame(CONTINUED, &second);
        assert_eq!(side.connection.state(), State::Open);
        side.feed_frame(ENDED, &last);
        too_big(&side);
    }
}

#[test]
fn what_was_held_back_at_a_fragments_end_counts_too() {
    // The last byte of the data is only told of by the receiver's own bytes: the
    // end of a message can be too much by itself.
    let payload = deflated(&[7; 1001]);
    for role in ROLES {
        let config = Config::new().max_message_bytes(1000);
        for at in 0..payload.len() {
            let mut side = side(role, &config, &widest());
            side.feed_frame(BINARY_BEGINS, &payload[..at]);
            side.feed_frame(ENDED, &payload[at..]);
            too_big(&side);
        }
    }
}

#[test]
fn the_fault_names_the_limit_of_the_message() {
    for role in ROLES {
        let config = Config::new().max_message_bytes(1000);
        let bytes = frame(role.peer(), BINARY, &deflated(&[7; 5000]));
        every_cut_of(
            || side(role, &config, &widest()),
            &bytes,
            |side| {
                let named = matches!(
                    side.cause(),
                    Cause::Protocol(ProtocolError::MessageTooBig { len, limit: 1000 }) if *len > 1000
                );
                assert!(named, "{:?}", side.cause());
            },
        );
    }
}

#[test]
fn the_limit_counts_anew_for_each_message() {
    for role in ROLES {
        let config = Config::new().max_message_bytes(1000);
        let mut side = side(role, &config, &widest());
        let mut deflater = Deflater::new(WindowBits::MAX);
        for _ in 0..20 {
            side.feed_frame(BINARY, &deflater.message(&[7; 1000]));
            side.feed_frame(frames::BINARY, &[7; 1000]);
        }
        assert_eq!(side.messages(), vec![Message::binary(vec![7; 1000]); 40]);
    }
}

#[test]
fn blocks_that_stand_for_nothing_come_to_an_end() {
    let blocks: [&[u8]; 3] = [
        // Empty blocks: stored, of a fixed code, and final
        b"\x00\x00\x00\xff\xff",
        b"\x02\x08\x20\x80\x00",
        b"\x03\x00",
    ];
    for role in ROLES {
        for block in blocks {
            let config = Config::new().max_message_bytes(10_000);
            let mut side = side(role, &config, &widest());
            side.feed_frame(BINARY_BEGINS, b"");
            let mut frames = 0;
            while !side.is_closed() {
                side.feed_frame(CONTINUED, &block.repeat(20));
                frames += 1;
                assert!(frames < 10_000, "it never ends");
            }
            too_big(&side);
            // A message that is legal comes in far fewer.
            assert!(frames > 1);
        }
    }
}

#[test]
fn many_final_blocks_take_neither_memory_nor_long() {
    // Each ends a stream, and the next begins another.
    let message = b"\x03\x00".repeat(MIB / 8);
    let mut server = side(Role::Server, &Config::new(), &widest());
    let (before, start) = (peak(), Instant::now());
    server.feed_frame(BINARY, &message);
    assert_eq!(server.messages(), [Message::binary("")]);
    assert!(start.elapsed() < seconds(10));
    assert!(peak() < before + 32 * MIB);
}

#[test]
fn a_frame_that_only_announces_too_much_fails_at_its_header() {
    for role in ROLES {
        let config = Config::new().max_message_bytes(1000);
        let mut side = side(role, &config, &widest());
        let key = role.peer().masks().then_some(KEY);
        side.feed(&header(key, BINARY, 1 << 40));
        too_big(&side);
    }
}

#[test]
fn nothing_is_processed_after_a_bomb() {
    for role in ROLES {
        let late = [
            frame(role.peer(), TEXT, &deflated(b"late")),
            frame(role.peer(), frames::TEXT, b"late"),
            frame(role.peer(), PING, b"late"),
            frame(role.peer(), frames::CLOSE, b""),
        ];
        let bomb = frame(role.peer(), BINARY, &bomb(2 * MIB));
        let mut side = side(role, &Config::new(), &Deflate::new());
        side.feed(&[&bomb, &late.concat()[..]].concat());
        side.feed(&late.concat());
        side.feed(&late.concat());
        assert_eq!(side.events.len(), 1);
        too_big(&side);
        assert_eq!(side.frames().len(), 1);
        assert!(side.connection.send("late").is_err());
        side.run_out();
    }
}

#[test]
fn the_extension_by_itself_keeps_to_its_limit() {
    let bomb = bomb(8 * MIB);
    for limit in [0, 1, 100, 100_000] {
        for room in [0, limit, MIB] {
            let decode = |payload: &[u8]| {
                let mut output = b"before".to_vec();
                output.reserve(room);
                let mut extension = widest().agreed(Role::Server);
                let decoded = extension.decode(payload, PartEnd::Message, limit, &mut output);
                (decoded, output)
            };
            let (decoded, output) = decode(&bomb);
            assert_eq!(decoded, Err(ExtensionError::TooBig));
            assert!(output.starts_with(b"before"));
            // One byte more shows that there is more, whatever there is room for.
            assert!(output.len() <= 6 + limit + 1, "{}", output.len());
            let (decoded, output) = decode(&deflated(&vec![7; limit]));
            assert_eq!(decoded, Ok(()));
            assert!(output == [b"before", &vec![7; limit][..]].concat());
        }
    }
}

/// A message of zeros that were compressed as far as they can be.
fn bomb(bytes: usize) -> Vec<u8> {
    let mut deflater = Deflater::new(WindowBits::MAX);
    let first = deflater.flushed(&vec![0; MIB], FlushCompress::Sync);
    // It refers to nothing but the byte before, so it can be said again.
    let again = deflater.flushed(&vec![0; MIB], FlushCompress::Sync);
    [first, again.repeat(bytes / MIB - 1), vec![0]].concat()
}

fn watched(role: Role, config: Config) -> (Side, std::sync::Arc<std::sync::Mutex<Log>>) {
    let (extension, log) = Watched::over(widest().agreed(role));
    let mut agreement = Agreement::new();
    let added = agreement.add(Params::new("permessage-deflate"), extension);
    added.expect("nothing else owns the bit");
    (Side::extended(role, config, agreement), log)
}

fn lock(log: &std::sync::Mutex<Log>) -> MutexGuard<'_, Log> {
    log.lock().expect("nothing panics meanwhile")
}

/// The most memory that this process ever took, in bytes; 0 where it is not told.
fn peak() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mut lines = status.lines();
    let peak = lines.find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = peak.and_then(|peak| peak.trim().strip_suffix(" kB")?.parse::<usize>().ok());
    kibibytes.unwrap_or(0) * 1024
}

fn too_big(side: &Side) {
    let failed = matches!(
        side.cause(),
        Cause::Protocol(ProtocolError::MessageTooBig { .. })
    );
    assert!(failed, "{:?}", side.cause());
    assert_eq!(side.sent_code(), Some(CloseCode::MESSAGE_TOO_BIG));
}

const MIB: usize = 1 << 20;
