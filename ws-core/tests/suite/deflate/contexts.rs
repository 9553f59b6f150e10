//! Where contexts live: connections of one thread share its inflater and their
//! compressors, and notice nothing of one another (RFC 7692 §7.1.1).

use std::thread;

use ws_core::{Config, Fin, Frame, Message, Opcode, Role, extension::deflate::Deflate};

use crate::support::{
    deflate::{BINARY, BINARY_BEGINS, Deflater, bits, deflated, pair, side, widest},
    frames::{ENDED, frame},
    pair::Pair,
    seconds,
};

#[test]
fn messages_of_many_connections_may_arrive_in_turns() {
    let mut sides = Vec::from_iter((0..5_u8).map(|number| {
        let side = side(Role::Server, &Config::new(), &widest());
        (side, Deflater::new(bits(15)), vec![number; 500])
    }));
    for _ in 0..3 {
        let mut rests = Vec::new();
        for (side, deflater, payload) in &mut sides {
            // The second message refers to the first, the third to both.
            payload.extend(0..=255);
            let message = deflater.message(payload);
            let (first, rest) = message.split_at(message.len() / 2);
            side.feed(&frame(Role::Client, BINARY_BEGINS, first));
            rests.push(rest.to_vec());
        }
        for ((side, ..), rest) in sides.iter_mut().zip(&rests).rev() {
            side.feed(&frame(Role::Client, ENDED, rest));
        }
    }
    for (side, _, payload) in &sides {
        let sizes = [756, 1012, 1268];
        let expected = sizes.map(|size| Message::binary(payload[..size].to_vec()));
        assert_eq!(side.messages(), expected);
    }
}

#[test]
fn a_connection_may_change_its_thread_within_a_message() {
    let mut deflater = Deflater::new(bits(12));
    let payloads = [[1; 900], [1; 900], [2; 900]];
    let mut side = side(Role::Server, &Config::new(), &Deflate::new());
    for payload in payloads {
        let message = deflater.message(&payload);
        let (first, rest) = message.split_at(message.len() / 2);
        side.feed(&frame(Role::Client, BINARY_BEGINS, first));
        let rest = frame(Role::Client, ENDED, rest);
        let moved = thread::spawn(move || {
            side.feed(&rest);
            side
        });
        side = moved.join().expect("nothing panics there");
    }
    let expected = payloads.map(|payload| Message::binary(payload.to_vec()));
    assert_eq!(side.messages(), expected);
}

#[test]
fn what_one_connection_corrupted_does_not_reach_another() {
    let mut broken = side(Role::Server, &Config::new(), &widest());
    broken.feed(&frame(Role::Client, BINARY, b"\xff\xff\xff"));
    assert!(broken.is_closed());
    let mut whole = side(Role::Server, &Config::new(), &widest());
    whole.feed(&frame(Role::Client, BINARY, &deflated(b"whole")));
    assert_eq!(whole.messages(), [Message::binary("whole")]);
}

#[test]
fn a_reference_to_another_connections_message_is_corrupt() {
    let mut deflater = Deflater::new(bits(15));
    let noise: Vec<u8> = (0..=255).collect();
    let first = frame(Role::Client, BINARY, &deflater.message(&noise));
    let second = frame(Role::Client, BINARY, &deflater.message(&noise));
    let mut one = side(Role::Server, &Config::new(), &widest());
    one.feed(&first);
    let mut other = side(Role::Server, &Config::new(), &widest());
    other.feed(&second);
    assert_eq!(one.messages().len(), 1);
    assert!(other.messages().is_empty());
    assert!(other.is_closed());
}

#[test]
fn an_idle_connection_gives_its_compressor_back() {
    let config = Config::new().ping_interval(Some(seconds(20)));
    let mut pair = pair(&config, &Deflate::new());
    let noise: Vec<u8> = (0..=255).cycle().step_by(7).take(256).collect();
    let first = sent(&mut pair, &noise);
    let second = sent(&mut pair, &noise);
    assert!(second < first / 4, "{second} refers to what took {first}");
    pair.elapse(seconds(21));
    let third = sent(&mut pair, &noise);
    assert_eq!(third, first);
    let fourth = sent(&mut pair, &noise);
    assert_eq!(fourth, second);
    let expected = vec![Message::binary(noise); 4];
    assert_eq!(pair.side(Role::Client).messages(), expected);
}

#[test]
fn a_message_under_way_outlives_an_idle_time() {
    let mut pair = pair(&Config::new(), &Deflate::new().threshold(0));
    let fragments: [&[u8]; 3] = [b"many of the words", b"many of the words", b"words of many"];
    let opcodes = [Opcode::BINARY, Opcode::CONTINUATION, Opcode::CONTINUATION];
    let fins = [Fin::More, Fin::More, Fin::Last];
    for ((fragment, opcode), fin) in fragments.into_iter().zip(opcodes).zip(fins) {
        pair.side(Role::Server)
            .send_frame(Frame::new(opcode, fragment).fin(fin));
        pair.exchange();
        pair.elapse(seconds(50));
    }
    assert_eq!(
        pair.side(Role::Client).messages(),
        [Message::binary(fragments.concat())]
    );
}

/// The bytes that the server's message takes on the wire.
fn sent(pair: &mut Pair, payload: &[u8]) -> usize {
    let server = pair.side(Role::Server);
    server.send(payload.to_vec());
    let frames = server.frames_of(BINARY);
    pair.exchange();
    frames.last().map_or(0, |frame| frame.payload.len())
}
