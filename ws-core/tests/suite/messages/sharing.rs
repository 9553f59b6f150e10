//! What connections share of a prepared message, and what a connection's own
//! messages must not refer to behind one.

use bytes::Buf;
use ws_core::{
    Config, Connection, Message, Opcode, PreparedMessage, Role, Rsv,
    extension::{Extension, ExtensionError, FrameHead, Handling, PartEnd, deflate::Deflate},
};

use crate::support::{
    deflate::{TEXT, pair},
    extensions::running,
    frames,
    side::Side,
};

#[test]
fn what_follows_a_prepared_message_refers_to_nothing_before_it() {
    let mut pair = pair(&Config::new(), &Deflate::new());
    let own = || Message::text("what this connection alone was told, again ".repeat(3));
    let other = || Message::text("something that everybody hears at once, ".repeat(5));
    let prepared = PreparedMessage::new(other());
    let server = &mut pair.server;
    server.send(own());
    send(server, &prepared);
    server.send(own());
    server.send(own());
    let lens: Vec<_> = server.frames().iter().map(|it| it.payload.len()).collect();
    assert_eq!(lens[2], lens[0]);
    assert!(lens[3] < lens[0]);
    pair.exchange();
    assert_eq!(pair.client.messages(), [own(), other(), own(), own()]);
}

#[test]
fn one_of_just_the_threshold_is_compressed() {
    for (len, first) in [(63, frames::TEXT), (64, TEXT)] {
        let mut pair = pair(&Config::new(), &Deflate::new().threshold(64));
        let message = Message::text("x".repeat(len));
        send(&mut pair.server, &PreparedMessage::new(message.clone()));
        assert_eq!(pair.server.frames()[0].first, first);
        pair.exchange();
        assert_eq!(pair.client.messages(), [message]);
    }
}

#[test]
fn plain_connections_queue_the_same_bytes_and_copy_none() {
    let prepared = PreparedMessage::new(vec![7; 70_000]);
    let mut queued = [(); 2].map(|()| {
        let mut server = Side::new(Role::Server, Config::new()).connection;
        server.send_prepared(&prepared).unwrap();
        server
    });
    let [one, other] = queued.each_mut().map(storage);
    assert_eq!(one, other);
    assert_eq!(one.1, prepared.len());
}

#[test]
fn an_extension_may_name_what_it_shares_and_let_all_pass() {
    let prepared = PreparedMessage::new("prepared");
    let mut server = running(Role::Server, Config::new(), vec![Box::new(Keyed)]);
    send(&mut server, &prepared);
    assert_eq!(server.sent, b"\x81\x08prepared");
}

#[test]
fn a_prepared_message_prints_its_kind_and_length_and_no_data() {
    let prepared = PreparedMessage::new(Message::text("a secret"));
    let printed = format!("{prepared:?}");
    assert_eq!(printed, "PreparedMessage { opcode: Opcode(text), len: 10 }");
}

/// Has a key for what connections share, and nothing to share.
#[derive(Debug)]
struct Keyed;

impl Extension for Keyed {
    fn name(&self) -> &str {
        "x-keyed"
    }

    fn rsv(&self) -> Rsv {
        Rsv::NONE
    }

    fn inbound_frame(&mut self, _: &FrameHead) -> Result<Handling, ExtensionError> {
        Ok(Handling::Pass)
    }

    fn decode(
        &mut self,
        _: &[u8],
        _: PartEnd,
        _: usize,
        _: &mut Vec<u8>,
    ) -> Result<(), ExtensionError> {
        panic!("nothing is to be decoded");
    }

    fn outbound_frame(&mut self, frame: &FrameHead) -> (Rsv, Handling) {
        assert_eq!(frame.opcode, Opcode::TEXT);
        (Rsv::NONE, Handling::Pass)
    }

    fn encode(&mut self, _: &[u8], _: PartEnd, _: &mut Vec<u8>) {
        panic!("nothing is to be encoded");
    }

    fn shared_key(&self) -> Option<u64> {
        Some(1)
    }
}

/// Where the first bytes to transmit lie, and how many there are in one piece.
fn storage(connection: &mut Connection) -> (*const u8, usize) {
    let queue = connection.transmit();
    let chunk = queue.chunk();
    (chunk.as_ptr(), chunk.len())
}

fn send(side: &mut Side, prepared: &PreparedMessage) {
    let sent = side.connection.send_prepared(prepared);
    sent.expect("the connection is open");
    side.run();
}
