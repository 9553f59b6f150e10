//! Messages that the caller keeps: they arrive as any other.

use ws_core::{
    CloseCode, Config, Fin, Frame, Message, Opcode, SendError, extension::deflate::Deflate,
};

use crate::support::{ROLES, deflate, pair::Pair};

#[test]
fn borrowed_messages_of_all_lengths_arrive() {
    let plain = || Pair::new(&Config::new());
    let compressed = || deflate::pair(&Config::new(), &Deflate::new());
    for role in ROLES {
        for mut pair in [plain(), compressed()] {
            let mut expected = Vec::new();
            for len in [0, 1, 30, 31, 125, 126, 2048, 2049, 65_535, 65_536] {
                let text = "ü".repeat(len / 2) + &"x".repeat(len % 2);
                let side = pair.side(role);
                side.connection.send_text(&text).unwrap();
                side.connection.send_binary(text.as_bytes()).unwrap();
                side.run();
                let bytes = text.clone().into_bytes();
                expected.extend([Message::text(text), Message::binary(bytes)]);
            }
            pair.exchange();
            assert_eq!(pair.side(role.peer()).messages(), expected);
        }
    }
}

#[test]
fn borrowed_messages_keep_the_order_of_others() {
    let mut pair = Pair::new(&Config::new());
    let server = &mut pair.server;
    let first = Frame::new(Opcode::TEXT, "a").fin(Fin::More);
    server.send_frame(first);
    let inside = server.connection.send_text("b");
    assert_eq!(inside, Err(SendError::MessageUnderWay));
    server.send_frame(Frame::new(Opcode::CONTINUATION, "c"));
    server.connection.send_text("d").unwrap();
    server.close(CloseCode::NORMAL, "");
    let late = server.connection.send_binary(b"e");
    assert_eq!(late, Err(SendError::Closing));
    pair.exchange();
    let expected = [Message::text("ac"), Message::text("d")];
    assert_eq!(pair.client.messages(), expected);
}
