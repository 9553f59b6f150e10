//! Windows of each size in each direction, between two cores and with plain
//! zlib (RFC 7692 §7.1.2).

use ws_core::{
    Config, Message, Role,
    extension::deflate::{Deflate, Strategy, WindowBits},
    handshake::ServerHandshake,
};

use crate::support::{
    ROLES, agreed,
    deflate::{BINARY, Deflater, Inflater, TAIL, bits, pair, side, widest},
    inflate::Inflated,
    side::Side,
};

#[test]
fn windows_of_all_sizes_are_agreed_on_and_understood() {
    let messages = [repeating(300), repeating(3_000), repeating(33_000)];
    for server_bits in 8..=15 {
        for client_bits in 8..=15 {
            let terms = Deflate::new()
                .server_max_window_bits(bits(server_bits))
                .client_max_window_bits(bits(client_bits));
            let server = ServerHandshake::new().extension(terms.clone());
            let client = agreed::client().extension(terms);
            let (mut pair, answer) = agreed::open(client, &server, &Config::new());
            assert!(answer.is_some());
            for message in &messages {
                for role in ROLES {
                    pair.side(role).send(message.clone());
                }
            }
            pair.exchange();
            for role in ROLES {
                let expected = messages.clone().map(Message::binary);
                assert_eq!(pair.side(role).messages(), expected);
                let sent = pair.side(role.peer()).frames();
                assert!(sent.iter().all(|frame| frame.first == BINARY));
            }
        }
    }
}

#[test]
fn nothing_is_referred_to_beyond_the_window_and_the_window_is_used() {
    for role in ROLES {
        for window in 8..=15 {
            // Blocks without repetition come back as far as zlib looks in such a
            // window, and then farther than it reaches.
            let size = 1_usize << window;
            for distance in [size.saturating_sub(300).max(100), size + 1] {
                let mut side = of_window(role, window);
                let block = noise(distance);
                side.send([&block[..], &block, &[7; 1000]].concat());
                side.send(block.clone());
                let sent = sent(&side);
                let expected = [&block[..], &block, &[7; 1000], &block].concat();
                assert!(sent.bytes == expected);
                assert!(sent.farthest <= size, "{} bytes", sent.farthest);
                // A window of 8 bits has no compressor that looks far.
                let near = distance < size && window > 8;
                assert_eq!(sent.farthest >= distance, near, "{window} bits");
            }
        }
    }
}

#[test]
fn zlib_reads_what_each_window_wrote() {
    for role in ROLES {
        for window in 8..=15 {
            let mut side = of_window(role, window);
            // zlib knows no raw stream with a window of 8 bits.
            let mut inflater = Inflater::new(bits(window.max(9)));
            let messages = [repeating(40_000), b"short".to_vec(), vec![], repeating(900)];
            for message in &messages {
                side.send(message.clone());
            }
            for (frame, message) in side.frames().iter().zip(&messages) {
                assert_eq!(frame.first, BINARY);
                assert!(inflater.message(&frame.payload) == *message);
            }
        }
    }
}

#[test]
fn each_window_reads_what_zlib_wrote() {
    for role in ROLES {
        for window in 9..=15 {
            let mut side = of_window(role, window);
            let mut deflater = Deflater::new(bits(window));
            let messages = [repeating(40_000), b"short".to_vec(), repeating(900)];
            for message in &messages {
                side.feed_frame(BINARY, &deflater.message(message));
            }
            assert_eq!(side.messages(), messages.map(Message::binary));
        }
    }
}

#[test]
fn a_window_of_8_bits_reads_what_reaches_back_256_bytes() {
    for role in ROLES {
        // By hand, as no compressor writes it: 256 bytes stored, then a fixed
        // block with a match of 3 bytes at a distance of 256.
        let block = noise(256);
        let stored = [&b"\x00\x00\x01\xff\xfe"[..], &block, b"\x02\xfa\x1f\x00"];
        let mut side = of_window(role, 8);
        side.feed_frame(BINARY, &stored.concat());
        let mut expected = Inflated::default();
        expected.read(&[&stored.concat()[..], &TAIL].concat());
        assert_eq!(expected.farthest, 256);
        assert_eq!(side.messages(), [Message::binary(expected.bytes)]);
    }
}

#[test]
fn each_setting_of_the_compressor_is_understood() {
    let strategies = [
        Strategy::Default,
        Strategy::Filtered,
        Strategy::HuffmanOnly,
        Strategy::Rle,
        Strategy::Fixed,
    ];
    let messages = [repeating(3_000), noise(3_000), vec![7; 3_000], vec![]];
    for (level, mem_level) in [0, 1, 2, 3, 6, 9].map(|level| (level, level + 1)) {
        for strategy in strategies {
            for window in [8, 9, 15] {
                let terms = widest()
                    .server_max_window_bits(bits(window))
                    .client_max_window_bits(bits(window))
                    .level(level)
                    .mem_level(mem_level)
                    .strategy(strategy);
                let mut pair = pair(&Config::new(), &terms);
                for message in &messages {
                    pair.client.send(message.clone());
                }
                pair.exchange();
                assert_eq!(
                    pair.server.messages(),
                    messages.clone().map(Message::binary)
                );
                assert!(sent(&pair.client).farthest <= 1 << window);
            }
        }
    }
}

#[test]
fn the_settings_of_the_compressor_have_an_effect() {
    let len = |terms: Deflate| {
        let mut side = side(Role::Server, &Config::new(), &terms);
        side.send(repeating(20_000));
        side.sent.len()
    };
    let default = len(widest());
    assert!(default < 10_000);
    assert!(len(widest().level(0)) > 20_000);
    assert!(len(widest().level(9)) <= default);
    assert!(len(widest().strategy(Strategy::HuffmanOnly)) > default);
    assert!(len(widest().mem_level(1)) > default);
    assert_eq!(len(widest().level(200)), len(widest().level(9)));
}

#[test]
fn settings_beyond_what_zlib_knows_count_as_the_nearest() {
    let terms = Deflate::new;
    assert_eq!(terms().mem_level(0), terms().mem_level(1));
    assert_eq!(terms().mem_level(10), terms().mem_level(9));
    assert_eq!(terms().level(10), terms().level(9));
    let levels = Vec::from_iter((1..=9).map(|level| terms().mem_level(level).level(level)));
    for (i, one) in levels.iter().enumerate() {
        assert!(!levels[..i].contains(one));
    }
}

#[test]
fn a_window_has_8_to_15_bits() {
    assert_eq!(WindowBits::MIN.get(), 8);
    assert_eq!(WindowBits::MAX.get(), 15);
    for bits in [0, 7, 16, 255] {
        assert_eq!(WindowBits::new(bits), None);
    }
}

/// A side whose windows have so many bits in both directions.
fn of_window(role: Role, window: u8) -> Side {
    let terms = widest()
        .server_max_window_bits(bits(window))
        .client_max_window_bits(bits(window));
    side(role, &Config::new(), &terms)
}

/// What the side sent, read by hand.
fn sent(side: &Side) -> Inflated {
    let mut inflated = Inflated::default();
    for frame in side.frames() {
        inflated.read(&[&frame.payload[..], &TAIL].concat());
    }
    inflated
}

/// Bytes in which nothing comes twice for long.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 7692_u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    std::iter::repeat_with(next).take(len).collect()
}

/// Bytes that come back near and far.
fn repeating(len: usize) -> Vec<u8> {
    let noise = noise(200);
    let parts = (0..).flat_map(|turn| {
        let at = turn * 31 % 150;
        noise[at..at + 20 + turn % 30]
            .iter()
            .copied()
            .chain([turn as u8])
    });
    parts.take(len).collect()
}
