//! Reserved opcodes that have no meaning here, and those that can be given none
//! (RFC 6455 §5.2, §5.8).

use bytes::Bytes;
use ws_core::{
    Cause, CloseCode, Config, Message, Opcode, PreparedMessage, ProtocolError, Registry,
    RegistryError, SendError, State,
};

use crate::support::{
    ROLES,
    cuts::every_cut,
    frames::frame,
    opcodes::{CONTROL, DATA, all, registry},
    side::Side,
};

#[test]
fn both_fail_on_an_opcode_that_is_not_registered_though_others_are() {
    for role in ROLES {
        for opcode in DATA.into_iter().chain(CONTROL) {
            let others = DATA.into_iter().chain(CONTROL);
            let others = others.filter(|&other| other != opcode);
            let config = Config::new().opcodes(registry(others));
            let bytes = frame(role.peer(), 0x80 | opcode.get(), b"payload");
            every_cut(role, &config, &bytes, |side| {
                let error = ProtocolError::UnknownOpcode(opcode);
                assert_eq!(*side.cause(), Cause::Protocol(error));
                assert_eq!(side.sent_code(), Some(CloseCode::PROTOCOL_ERROR));
            });
        }
    }
}

#[test]
fn what_is_not_registered_is_not_sent() {
    for role in ROLES {
        let config = Config::new().opcodes(registry([DATA[0], CONTROL[0]]));
        let mut side = Side::new(role, config);
        let connection = &mut side.connection;
        for value in (0..16).filter(|value| ![0x1, 0x2, 0x3].contains(value)) {
            let opcode = Opcode::new(value).unwrap();
            let message = Message::Custom(opcode, Bytes::new());
            let refused = Err(SendError::Opcode(opcode));
            assert_eq!(connection.send_prepared(&message.clone().into()), refused);
            assert_eq!(connection.send_with(message.clone(), Some(true)), refused);
            assert_eq!(connection.send(message), refused);
        }
        for value in (0..16).filter(|value| ![0xB].contains(value)) {
            let opcode = Opcode::new(value).unwrap();
            let refused = connection.send_control(opcode, "");
            assert_eq!(refused, Err(SendError::Opcode(opcode)));
        }
        side.run();
        assert_eq!(side.sent, []);
        assert_eq!(side.connection.state(), State::Open);
    }
}

#[test]
fn text_that_is_not_utf8_is_not_sent_as_custom_data_either() {
    for role in ROLES {
        let mut side = Side::new(role, all());
        let message = Message::Custom(Opcode::TEXT, Bytes::from_static(b"\xff"));
        assert!(side.connection.send(message.clone()).is_err());
        let prepared = PreparedMessage::new(message);
        assert!(side.connection.send_prepared(&prepared).is_err());
        side.run();
        assert_eq!(side.sent, []);
    }
}

#[test]
fn a_registry_is_looked_up_both_ways() {
    let (ascii, time) = (DATA[0], CONTROL[0]);
    let registry = Registry::new().with(ascii, "ascii").unwrap();
    let registry = registry.with(time, String::from("time")).unwrap();
    assert_eq!(registry.name(ascii), Some("ascii"));
    assert_eq!(registry.opcode("time"), Some(time));
    assert_eq!(registry.name(DATA[1]), None);
    assert_eq!(registry.opcode("text"), None);
    for value in 0..16 {
        let opcode = Opcode::new(value).unwrap();
        let known = !opcode.is_reserved() || opcode == ascii || opcode == time;
        assert_eq!(registry.knows(opcode), known);
    }
}

#[test]
fn a_registry_refuses_what_has_a_meaning_already() {
    for value in [0x0, 0x1, 0x2, 0x8, 0x9, 0xA] {
        let opcode = Opcode::new(value).unwrap();
        let refused = Registry::new().with(opcode, "mine");
        assert_eq!(refused, Err(RegistryError::NotReserved(opcode)));
    }
    let ascii = || Registry::new().with(DATA[0], "ascii").unwrap();
    let taken = RegistryError::OpcodeTaken(DATA[0], "ascii".to_owned());
    assert_eq!(ascii().with(DATA[0], "other"), Err(taken.clone()));
    assert_eq!(ascii().with(DATA[0], "ascii"), Err(taken));
    let taken = RegistryError::NameTaken(DATA[0], "ascii".to_owned());
    assert_eq!(ascii().with(CONTROL[0], "ascii"), Err(taken));
}
