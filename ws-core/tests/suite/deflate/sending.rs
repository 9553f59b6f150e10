//! Which messages are compressed, and how fragments of them are (RFC 7692 §6.1).

use ws_core::{
    Config, Fin, Frame, Message, Opcode, Role, SendError,
    extension::{PartEnd, deflate::Deflate},
};

use crate::support::{
    ROLES,
    deflate::{BINARY, BINARY_BEGINS, TAIL, TEXT, TEXT_BEGINS, pair, side, widest},
    frames::{self, CONTINUED, ENDED, PING},
    inflate::Inflated,
    side::Side,
};

#[test]
fn messages_below_the_threshold_go_as_they_are() {
    for role in ROLES {
        for (terms, threshold) in [
            (Deflate::new(), 64),
            (Deflate::new().threshold(10), 10),
            (Deflate::new().threshold(0), 0),
        ] {
            for len in [0, 1, 9, 10, 63, 64, 65, 5000] {
                let mut side = side(role, &Config::new(), &terms);
                side.send("x".repeat(len));
                let first = if len < threshold { frames::TEXT } else { TEXT };
                assert_eq!(side.frames()[0].first, first, "{len} bytes");
            }
        }
    }
}

#[test]
fn the_application_decides_for_each_message_if_it_likes() {
    for role in ROLES {
        let mut pair = pair(&Config::new(), &Deflate::new());
        let long = "long enough ".repeat(100);
        let say = |side: &mut Side, text: &str, compress| {
            let sent = side.connection.send_with(text.to_owned(), compress);
            sent.unwrap();
            side.run();
        };
        let table = [
            (&*long, None, TEXT),
            (&long, Some(false), frames::TEXT),
            ("short", Some(true), TEXT),
            ("short", None, frames::TEXT),
            ("", Some(true), TEXT),
            ("short", Some(false), frames::TEXT),
            (&long, Some(true), TEXT),
            ("short", Some(true), TEXT),
        ];
        for (text, compress, _) in table {
            say(pair.side(role), text, compress);
        }
        let frames = pair.side(role).frames();
        let firsts: Vec<_> = frames.iter().map(|frame| frame.first).collect();
        assert_eq!(firsts, table.map(|(_, _, first)| first));
        // What went uncompressed did not disturb the window.
        assert!(frames[6].payload.len() < frames[0].payload.len());
        pair.exchange();
        let texts = table.map(|(text, _, _)| Message::text(text.to_owned()));
        assert_eq!(pair.side(role.peer()).messages(), texts);
    }
}

#[test]
fn a_message_that_is_not_to_be_compressed_is_not_copied() {
    let mut server = side(Role::Server, &Config::new(), &widest());
    server.room = 0;
    let payload = bytes::Bytes::from(vec![7; 100_000]);
    server
        .connection
        .send_with(payload.clone(), Some(false))
        .unwrap();
    let mut slices = [std::io::IoSlice::new(&[]); 4];
    let queue = server.connection.transmit();
    let count = bytes::Buf::chunks_vectored(queue, &mut slices);
    let mut places = slices[..count].iter().map(|slice| slice.as_ptr());
    assert!(places.any(|place| place == payload.as_ptr()));
}

#[test]
fn compression_has_no_say_without_the_extension() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        for compress in [None, Some(true), Some(false)] {
            side.connection.send_with("text", compress).unwrap();
        }
        side.run();
        let plain = |frame: &frames::Frame| frame.first == frames::TEXT && frame.payload == b"text";
        assert!(side.frames().iter().all(plain));
        side.close(ws_core::CloseCode::NORMAL, "");
        let refused = side.connection.send_with("text", Some(true));
        assert_eq!(refused, Err(SendError::Closing));
    }
}

#[test]
fn fragments_are_compressed_together_and_each_can_be_read_when_it_is_here() {
    let parts = ["the same again, ", "", "the same again, ", "and an end", ""];
    for role in ROLES {
        for (begins, first) in [(Opcode::TEXT, TEXT_BEGINS), (Opcode::BINARY, BINARY_BEGINS)] {
            let mut pair = pair(&Config::new(), &Deflate::new());
            let side = pair.side(role);
            let mut read = Inflated::default();
            let mut said = String::new();
            for (at, part) in parts.iter().enumerate() {
                let opcode = if at == 0 {
                    begins
                } else {
                    Opcode::CONTINUATION
                };
                let fin = if at + 1 == parts.len() {
                    Fin::Last
                } else {
                    Fin::More
                };
                side.send_frame(Frame::new(opcode, *part).fin(fin));
                side.connection.ping("between").unwrap();
                side.run();
                let frames = side.frames();
                let frame = &frames[2 * at];
                let rest = if at + 1 == parts.len() {
                    ENDED
                } else {
                    CONTINUED
                };
                assert_eq!(frame.first, if at == 0 { first } else { rest });
                let tail: &[u8] = if fin == Fin::Last { &TAIL } else { b"" };
                read.read(&[&frame.payload[..], tail].concat());
                said.push_str(part);
                // All of the fragment is in its frame.
                assert_eq!(read.bytes, said.as_bytes());
            }
            assert!(read.farthest >= parts[0].len());
            side.send("the message after it, which is the same again, and an end");
            pair.exchange();
            let messages = pair.side(role.peer()).messages();
            assert_eq!(messages[0].payload(), said.as_bytes());
            assert_eq!(messages.len(), 2);
        }
    }
}

#[test]
fn a_frame_that_is_a_whole_message_is_judged_by_its_length() {
    for role in ROLES {
        let mut side = side(role, &Config::new(), &Deflate::new());
        side.send_frame(Frame::new(Opcode::TEXT, "short"));
        side.send_frame(Frame::new(Opcode::BINARY, vec![7; 1000]));
        let firsts: Vec<_> = side.frames().iter().map(|frame| frame.first).collect();
        assert_eq!(firsts, [frames::TEXT, BINARY]);
    }
}

#[test]
fn text_is_checked_before_it_is_compressed() {
    for role in ROLES {
        let mut pair = pair(&Config::new(), &widest());
        let side = pair.side(role);
        side.send_frame(Frame::new(Opcode::TEXT, &b"gr\xc3"[..]).fin(Fin::More));
        let wrong = Frame::new(Opcode::CONTINUATION, &b"\xff"[..]);
        let refused = side.connection.send_frame(side.now, wrong);
        assert_eq!(refused, Err(SendError::InvalidUtf8));
        side.send_frame(Frame::new(Opcode::CONTINUATION, &b"\xbcezi"[..]));
        side.send("again");
        pair.exchange();
        let texts = ["grüezi", "again"].map(Message::text);
        assert_eq!(pair.side(role.peer()).messages(), texts);
    }
}

#[test]
fn random_bytes_grow_by_little() {
    for role in ROLES {
        let mut side = side(role, &Config::new(), &widest());
        let mut state = 1_u32;
        let next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        side.send(
            std::iter::repeat_with(next)
                .take(100_000)
                .collect::<Vec<u8>>(),
        );
        assert!(side.sent.len() < 100_000 + 500, "{}", side.sent.len());
        side.connection.ping("").unwrap();
        side.run();
        assert_eq!(side.frames()[1].first, PING);
    }
}

#[test]
fn the_extension_bears_the_name_it_is_agreed_on_with() {
    for role in ROLES {
        assert_eq!(Deflate::new().agreed(role).name(), "permessage-deflate");
    }
}

#[test]
fn the_extension_by_itself_encodes_and_decodes_in_parts_and_appends() {
    let mut sender = widest().agreed(Role::Client);
    let mut receiver = widest().agreed(Role::Server);
    for text in ["first", "", "first and second", ""] {
        // What stands there already is the caller's, whatever it looks like.
        let before = [0x00, 0x00, 0xff, 0xff];
        let mut encoded = before.to_vec();
        for part in text.as_bytes().chunks(3) {
            sender.encode(part, PartEnd::Part, &mut encoded);
        }
        sender.encode(b"", PartEnd::Message, &mut encoded);
        assert!(encoded.starts_with(&before), "the caller's bytes are gone");
        assert!(encoded.len() > 4, "nothing stands for {text:?}");
        let mut decoded = before.to_vec();
        for byte in &encoded[4..] {
            receiver
                .decode(&[*byte], PartEnd::Part, 100, &mut decoded)
                .unwrap();
        }
        receiver
            .decode(b"", PartEnd::Message, 100, &mut decoded)
            .unwrap();
        assert_eq!(decoded[..4], before);
        assert_eq!(decoded[4..], *text.as_bytes());
    }
}

#[test]
fn the_shared_encoding_refers_to_nothing_before_it() {
    let text = "the same again, the same again";
    let sender = widest().agreed(Role::Server);
    let shared = sender.encode_shared(Opcode::TEXT, text.as_bytes());
    let (rsv, encoded) = shared.unwrap();
    assert_eq!(rsv, sender.rsv());
    for _ in 0..2 {
        let mut receiver = widest().agreed(Role::Client);
        let mut decoded = Vec::new();
        receiver
            .decode(&encoded, PartEnd::Message, 10_000, &mut decoded)
            .unwrap();
        assert_eq!(decoded, text.as_bytes());
    }
    let key = |terms: Deflate| terms.agreed(Role::Server).shared_key();
    assert_eq!(key(widest()), key(widest()));
    assert_ne!(key(widest()), key(widest().level(1)));
}
