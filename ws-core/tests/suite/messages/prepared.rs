//! Messages that are encoded once and sent by many connections, whatever each of
//! them agreed on.

use std::sync::{Arc, Mutex};

use ws_core::{
    CloseCode, Config, Fin, Frame, Message, Opcode, PreparedBatch, PreparedMessage, Role,
    SendError,
    extension::{
        Extension,
        deflate::{Deflate, Strategy},
    },
};

use crate::support::{
    ROLES,
    deflate::{TEXT, bits, pair, widest},
    extensions::{Checksum, Log, Watched, Xor, running, xor},
    frames,
    pair::Pair,
    side::Side,
};

#[test]
fn a_plain_connection_sends_the_frame_as_it_was_encoded() {
    for message in [
        Message::text(""),
        Message::text("grüezi"),
        Message::binary(vec![7; 70_000]),
    ] {
        let prepared = PreparedMessage::new(message.clone());
        assert_eq!(prepared.message(), message);
        assert_eq!(prepared.opcode(), message.opcode());
        assert_eq!(prepared.payload_len(), message.payload().len());
        let mut server = Side::new(Role::Server, Config::new());
        send(&mut server, &prepared);
        send(&mut server, &prepared.clone());
        assert_eq!(server.sent.len(), 2 * prepared.len());
        let mut plain = Side::new(Role::Server, Config::new());
        plain.send(message.clone());
        plain.send(message);
        assert!(server.sent == plain.sent);
    }
}

#[test]
fn it_arrives_whatever_was_agreed_on() {
    let prepared = PreparedMessage::new(long());
    for role in ROLES {
        for terms in terms() {
            let mut pair = pair(&Config::new(), &terms);
            let side = pair.side(role);
            side.send(long());
            send(side, &prepared);
            side.send(long());
            side.send("short");
            send(side, &prepared);
            send(side, &PreparedMessage::new("short"));
            send(side, &prepared);
            side.send(long());
            let frames = side.frames();
            assert!(
                frames
                    .iter()
                    .all(|frame| frame.key.is_some() == role.masks())
            );
            assert_eq!((frames[1].first, frames[5].first), (TEXT, frames::TEXT));
            pair.exchange();
            let (long, short) = (long(), Message::text("short"));
            let expected = [&long, &long, &long, &short, &long, &short, &long, &long];
            let expected = expected.map(Clone::clone);
            assert_eq!(pair.side(role.peer()).messages(), expected);
        }
    }
}

#[test]
fn it_is_encoded_once_for_each_distinct_set_of_parameters() {
    let prepared = PreparedMessage::new(long());
    let mut encoded = Vec::new();
    for terms in terms() {
        let logs: Vec<_> = (0..3)
            .map(|_| {
                let (mut side, log) = watched(Role::Server, &terms);
                send(&mut side, &prepared);
                send(&mut side, &prepared.clone());
                log
            })
            .collect();
        let logs = logs.iter().map(|log| log.lock().unwrap());
        let sums = logs.fold((0, 0, 0), |sums, log| {
            let (shared, sent, alone) = sums;
            (
                shared + log.encoded_shared,
                sent + log.shared_sent,
                alone + log.encoded,
            )
        });
        assert_eq!((sums.1, sums.2), (6, 0), "{terms:?}");
        encoded.push(sums.0);
    }
    // The last ones differ only in what has no say in the encoding of one message.
    assert_eq!(encoded, [1, 1, 1, 1, 1, 1, 0, 0]);
}

#[test]
fn connections_with_equal_parameters_send_equal_bytes() {
    let prepared = PreparedMessage::new(long());
    let sent = |terms: &Deflate, before: &[&'static str]| {
        let (mut side, _) = watched(Role::Server, terms);
        before.iter().for_each(|text| side.send(*text));
        side.sent.clear();
        send(&mut side, &prepared);
        side.sent
    };
    let first = sent(&widest(), &[]);
    assert_eq!(first, sent(&widest(), &["something", "else before"]));
    let other = widest().server_max_window_bits(bits(9)).level(1);
    assert_ne!(first, sent(&other, &[]));
}

#[test]
fn one_that_is_not_worth_it_is_looked_at_once_and_goes_plain() {
    let prepared = PreparedMessage::new("short");
    let mut count = 0;
    for _ in 0..3 {
        let (mut side, log) = watched(Role::Server, &Deflate::new());
        send(&mut side, &prepared);
        assert_eq!(side.sent, b"\x81\x05short");
        let log = log.lock().unwrap();
        count += log.encoded_shared;
        assert_eq!((log.encoded, log.shared_sent), (0, 0));
    }
    assert_eq!(count, 1);
    // Another threshold is another matter.
    let (mut side, log) = watched(Role::Server, &widest());
    send(&mut side, &prepared);
    assert_eq!(side.frames()[0].first, TEXT);
    assert_eq!(log.lock().unwrap().encoded_shared, 1);
}

#[test]
fn one_that_goes_plain_leaves_the_window_as_it_was() {
    let mut pair = pair(&Config::new(), &Deflate::new());
    let prepared = PreparedMessage::new("short");
    for _ in 0..3 {
        pair.server.send(long());
        send(&mut pair.server, &prepared);
    }
    let frames = pair.server.frames();
    assert!(frames[2].payload.len() * 2 < frames[0].payload.len());
    pair.exchange();
    let messages = pair.client.messages();
    assert_eq!(messages.len(), 6);
    for said in messages.chunks(2) {
        assert_eq!(said, [long(), Message::text("short")]);
    }
}

#[test]
fn a_client_encodes_it_anew_with_a_masking_key_of_its_own() {
    let prepared = PreparedMessage::new(long());
    let (mut client, log) = watched(Role::Client, &widest());
    for _ in 0..2 {
        send(&mut client, &prepared);
    }
    let frames = client.frames();
    assert!(frames[0].key.is_some());
    assert_ne!(frames[0].key, frames[1].key);
    // It refers to the one before, as any message.
    assert!(frames[1].payload.len() < frames[0].payload.len());
    let log = log.lock().unwrap();
    assert_eq!((log.encoded, log.encoded_shared), (2, 0));
}

#[test]
fn extensions_that_share_nothing_encode_it_for_each_connection() {
    let prepared = PreparedMessage::new("prepared");
    let alone: fn(Role) -> Vec<Box<dyn Extension>> = |_| vec![Box::new(Xor)];
    let several: fn(Role) -> Vec<Box<dyn Extension>> =
        |role| vec![Box::new(Checksum::default()), widest().agreed(role)];
    for role in ROLES {
        for extensions in [alone, several] {
            let side = |role| running(role, Config::new(), extensions(role));
            let mut pair = Pair::of(side(Role::Client), side(Role::Server));
            send(pair.side(role), &prepared);
            pair.side(role).send("normal");
            send(pair.side(role), &prepared);
            pair.exchange();
            let texts = ["prepared", "normal", "prepared"].map(Message::text);
            assert_eq!(pair.side(role.peer()).messages(), texts);
        }
        let mut side = running(role, Config::new(), alone(role));
        send(&mut side, &prepared);
        assert_eq!(side.frames()[0].payload, xor(b"prepared"));
        assert_eq!(side.frames()[0].first, 0xA1);
    }
}

#[test]
fn it_waits_for_no_place_inside_another_message_or_behind_a_close() {
    let prepared = PreparedMessage::new("prepared");
    let mut pair = pair(&Config::new(), &widest());
    let begins = Frame::new(Opcode::TEXT, "begun, ").fin(Fin::More);
    let last = Frame::new(Opcode::CONTINUATION, "and ended");
    pair.server.send_frame(begins);
    let refused = pair.server.connection.send_prepared(&prepared);
    assert_eq!(refused, Err(SendError::MessageUnderWay));
    pair.server.send_frame(last);
    send(&mut pair.server, &prepared);
    pair.exchange();
    let texts = ["begun, and ended", "prepared"].map(Message::text);
    assert_eq!(pair.client.messages(), texts);
    pair.server.close(CloseCode::NORMAL, "");
    let refused = pair.server.connection.send_prepared(&prepared);
    assert_eq!(refused, Err(SendError::Closing));
}

#[test]
fn a_batch_goes_as_its_messages_would() {
    let short = || PreparedMessage::new("short");
    let messages = || {
        vec![
            PreparedMessage::new(long()),
            short(),
            PreparedMessage::new(long()),
        ]
    };
    let plain = [Config::new(), Config::new()].map(|config| Side::new(Role::Server, config));
    let [mut together, mut apart] = plain;
    let batch = PreparedBatch::new(messages());
    together.connection.send_batch(&batch).unwrap();
    together.run();
    messages().iter().for_each(|it| send(&mut apart, it));
    assert_eq!(together.sent, apart.sent);
    assert_eq!(together.sent.len(), batch.len());
    for role in ROLES {
        let compressed = terms().map(|terms| pair(&Config::new(), &terms));
        for mut pair in [Pair::new(&Config::new())].into_iter().chain(compressed) {
            let side = pair.side(role);
            side.connection.send_batch(&batch).unwrap();
            side.send(long());
            side.connection.send_batch(&batch).unwrap();
            side.run();
            pair.exchange();
            let (long, short) = (long(), Message::text("short"));
            let expected = [&long, &short, &long, &long, &long, &short, &long];
            let expected = expected.map(Clone::clone);
            assert_eq!(pair.side(role.peer()).messages(), expected);
        }
    }
}

#[test]
fn a_batch_is_sent_whole_or_not_at_all() {
    let custom = Opcode::new(3).unwrap();
    let unknown = PreparedMessage::new(Message::Custom(custom, "custom".into()));
    let batch = PreparedBatch::new(vec!["known".into(), unknown]);
    let mut server = Side::new(Role::Server, Config::new());
    let refused = server.connection.send_batch(&batch);
    assert_eq!(refused, Err(SendError::Opcode(custom)));
    let begins = Frame::new(Opcode::TEXT, "begun, ").fin(Fin::More);
    server.send_frame(begins);
    server.sent.clear();
    let refused = server
        .connection
        .send_batch(&PreparedBatch::new(vec!["a".into()]));
    assert_eq!(refused, Err(SendError::MessageUnderWay));
    server.run();
    assert_eq!(server.sent, b"");
    server
        .connection
        .abort(std::time::Instant::now(), ws_core::Cause::Local);
    let refused = server
        .connection
        .send_batch(&PreparedBatch::new(vec!["a".into()]));
    assert_eq!(refused, Err(SendError::Closing));
}

/// Terms that all compress `long()`; the last two encode as the first does.
fn terms() -> [Deflate; 8] {
    [
        Deflate::new(),
        Deflate::new().server_max_window_bits(bits(8)),
        Deflate::new().level(1),
        Deflate::new().mem_level(9),
        Deflate::new().strategy(Strategy::HuffmanOnly),
        Deflate::new().threshold(65),
        Deflate::new()
            .server_no_context_takeover(true)
            .client_no_context_takeover(true),
        Deflate::new().client_max_window_bits(bits(9)),
    ]
}

fn long() -> Message {
    Message::text("a message for everybody in the room, ".repeat(20) + "and an end")
}

fn send(side: &mut Side, prepared: &PreparedMessage) {
    let sent = side.connection.send_prepared(prepared);
    sent.expect("the connection is open");
    side.run();
}

fn watched(role: Role, terms: &Deflate) -> (Side, Arc<Mutex<Log>>) {
    let (extension, log) = Watched::over(terms.agreed(role));
    (running(role, Config::new(), vec![extension]), log)
}
