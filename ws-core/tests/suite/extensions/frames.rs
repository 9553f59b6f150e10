//! Each frame is shown to the extensions, with what is to be known of it.

use ws_core::{CloseCode, Config, Fin, Frame, Opcode, Rsv};

use crate::support::{
    ROLES,
    extensions::{Watched, Xor, running},
    frames::{CLOSE, CONTINUED, ENDED, PING, PONG, TEXT, TEXT_BEGINS, stream},
    seconds,
    side::Side,
};

#[test]
fn each_frame_is_shown_to_the_extension_on_its_way_in() {
    use Fin::{Last, More};
    let bits = Rsv::RSV3;
    for role in ROLES {
        let (extension, log) = Watched::over(Box::new(Xor));
        let mut side = running(role, Config::new().claim_rsv(bits), vec![extension]);
        let frames = [
            (TEXT_BEGINS | 0x30, &b"abc"[..]),
            (PING | 0x20, b""),
            (CONTINUED, b"x"),
            (PONG, b"12"),
            (ENDED | 0x10, b""),
            (CLOSE, b""),
        ];
        side.feed(&stream(role.peer(), &frames));
        let expected = [
            (Opcode::TEXT, Rsv::RSV2.union(bits), More, 3),
            (Opcode::PING, Rsv::RSV2, Last, 0),
            (Opcode::CONTINUATION, Rsv::NONE, More, 1),
            (Opcode::PONG, Rsv::NONE, Last, 2),
            (Opcode::CONTINUATION, bits, Last, 0),
            (Opcode::CLOSE, Rsv::NONE, Last, 0),
        ];
        assert_eq!(log.lock().unwrap().inbound, expected);
    }
}

#[test]
fn each_frame_that_the_application_sends_is_shown_to_the_extension() {
    use Fin::{Last, More};
    let bits = Rsv::RSV3;
    for role in ROLES {
        let (extension, log) = Watched::over(Box::new(Xor));
        let mut side = running(role, Config::new().claim_rsv(bits), vec![extension]);
        side.connection.send_with("abc", Some(true)).unwrap();
        side.connection.send_with("", Some(false)).unwrap();
        side.send(vec![7; 70_000]);
        let begins = Frame::new(Opcode::TEXT, "ab").fin(More).rsv(bits);
        side.send_frame(begins);
        side.connection.ping("1").unwrap();
        side.connection.pong("12").unwrap();
        side.send_frame(Frame::new(Opcode::CONTINUATION, "").rsv(bits));
        let expected = [
            (Opcode::TEXT, Rsv::NONE, Last, 3),
            (Opcode::TEXT, Rsv::NONE, Last, 0),
            (Opcode::BINARY, Rsv::NONE, Last, 70_000),
            (Opcode::TEXT, bits, More, 2),
            (Opcode::PING, Rsv::NONE, Last, 1),
            (Opcode::PONG, Rsv::NONE, Last, 2),
            (Opcode::CONTINUATION, bits, Last, 0),
        ];
        let log = log.lock().unwrap();
        assert_eq!(log.outbound, expected);
        assert_eq!(log.compress[..3], [Some(true), Some(false), None]);
        // The application's bits stand beside those of the extension.
        let firsts = side.frames().into_iter().map(|frame| frame.first);
        let expected = [0xA1, 0xA1, 0xA2, 0x31, 0xA9, 0xAA, 0xB0];
        assert_eq!(firsts.collect::<Vec<_>>(), expected);
    }
}

#[test]
fn each_frame_that_the_connection_sends_by_itself_is_shown_too() {
    let ends: [fn(&mut Side); 3] = [
        |side| side.close(CloseCode::NORMAL, ""),
        |side| side.feed_frame(CLOSE, b""),
        |side| side.feed_frame(TEXT, b"\xff"),
    ];
    for role in ROLES {
        for end in ends {
            let (extension, log) = Watched::over(Box::new(Xor));
            let mut side = running(role, Config::new(), vec![extension]);
            side.feed_frame(PING, b"answered");
            side.elapse(seconds(20));
            end(&mut side);
            let log = log.lock().unwrap();
            let shown = log.outbound.iter().map(|(opcode, ..)| *opcode);
            let expected = [Opcode::PONG, Opcode::PING, Opcode::CLOSE];
            assert_eq!(shown.collect::<Vec<_>>(), expected);
            let firsts = side.frames().into_iter().map(|frame| frame.first);
            assert_eq!(firsts.collect::<Vec<_>>(), [0xAA, 0xA9, 0xA8]);
        }
    }
}
