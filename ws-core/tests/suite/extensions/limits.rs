//! What a peer sends through extensions is limited as any message is, and what
//! they find wrong with it fails the connection.

use ws_core::{
    Cause, CloseCode, Config, Message, ProtocolError, Role, State, extension::Extension,
};

use crate::support::{
    ROLES,
    cuts::every_cut_of,
    deflate::{deflated, widest},
    extensions::{Checksum, RunLength, Watched, Xor, checked, running, xor},
    frames::{BINARY, BINARY_BEGINS, CONTINUED, ENDED, KEY, PING, TEXT, frame, header, stream},
    side::Side,
};

/// First bytes with RSV3, on which `RunLength` decodes.
const RUNS: u8 = BINARY | 0x10;
const RUNS_BEGIN: u8 = BINARY_BEGINS | 0x10;
const RUNS_CONTINUED: u8 = CONTINUED | 0x10;
const RUNS_ENDED: u8 = ENDED | 0x10;

#[test]
fn what_is_decoded_counts_and_just_the_limit_passes() {
    for role in ROLES {
        let make = || runs(role, 1000);
        let just = [&[250, b'x'].repeat(4)[..]].concat();
        let more = [&just[..], &[1, b'x']].concat();
        let table: [(&[(u8, &[u8])], bool); 6] = [
            (&[(RUNS, &just)], true),
            (&[(RUNS, &more)], false),
            (&[(RUNS_BEGIN, &just), (RUNS_ENDED, b"\0x")], true),
            (&[(RUNS_BEGIN, &just), (RUNS_ENDED, b"\x01x")], false),
            (&[(RUNS_BEGIN, &just), (RUNS_CONTINUED, b"\x01x")], false),
            (&[(RUNS_BEGIN, &just[..6]), (RUNS_ENDED, &just[..2])], true),
        ];
        for (frames, passes) in table {
            let bytes = stream(role.peer(), frames);
            every_cut_of(make, &bytes, |side| {
                if passes {
                    assert_eq!(side.messages(), [Message::binary(vec![b'x'; 1000])]);
                } else {
                    too_big(side);
                }
            });
        }
    }
}

#[test]
fn frames_that_are_decoded_and_frames_that_are_not_count_together() {
    let just = [250, b'x'].repeat(4);
    for role in ROLES {
        let table: [&[(u8, &[u8])]; 3] = [
            &[(RUNS_BEGIN, &just), (ENDED, b"x")],
            &[(RUNS_BEGIN, &just), (CONTINUED, &[b'x'; 900])],
            &[(BINARY_BEGINS, &[b'x'; 900]), (RUNS_ENDED, b"\x65x")],
        ];
        for frames in table {
            let mut side = runs(role, 1000);
            side.feed(&stream(role.peer(), frames));
            too_big(&side);
        }
        let mut side = runs(role, 1000);
        let whole = [&just[..6], &[b'x'; 249], b"\x01x"];
        side.feed_frame(RUNS_BEGIN, whole[0]);
        side.feed_frame(CONTINUED, whole[1]);
        side.feed_frame(RUNS_ENDED, whole[2]);
        assert_eq!(side.messages(), [Message::binary(vec![b'x'; 1000])]);
    }
}

#[test]
fn no_mix_of_frames_makes_the_count_overflow() {
    for role in ROLES {
        let mut side = runs(role, 1000);
        side.feed_frame(RUNS_BEGIN, &[250, b'x'].repeat(4));
        side.feed_frame(CONTINUED, &[b'x'; 900]);
        side.feed_frame(RUNS_ENDED, &[1, b'x']);
        too_big(&side);
    }
}

#[test]
fn an_extension_is_told_what_the_message_may_still_grow_by() {
    for role in ROLES {
        let (extension, log) = Watched::over(Box::new(Xor));
        let config = Config::new().max_message_bytes(1000);
        let mut side = running(role, config, vec![extension]);
        side.feed_frame(BINARY_BEGINS | 0x20, &[7; 600]);
        side.feed_frame(PING | 0x20, &[7; 100]);
        side.feed_frame(CONTINUED | 0x20, &[7; 399]);
        side.feed_frame(ENDED | 0x20, &[7; 1]);
        side.feed_frame(BINARY | 0x20, &[7; 1000]);
        // A control frame has its own 125 bytes.
        assert_eq!(log.lock().unwrap().limits, [1000, 125, 400, 1, 1000]);
        assert_eq!(side.messages().len(), 2);
        let key = role.peer().masks().then_some(KEY);
        side.feed(&header(key, BINARY | 0x20, 1 << 20));
        too_big(&side);
    }
}

#[test]
fn a_message_of_just_the_limit_passes_through_several_extensions() {
    let mut state = 1_u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    // On its way through the extensions it is longer than at its ends.
    let noise: Vec<u8> = std::iter::repeat_with(next).take(1000).collect();
    let config = Config::new().max_message_bytes(1000);
    for role in ROLES {
        for payload in [&noise[..], &[7; 1000]] {
            let inside: Vec<Box<dyn Extension>> =
                vec![Box::new(Checksum::default()), widest().agreed(role)];
            let mut side = running(role, config.clone(), inside);
            side.feed_frame(BINARY | 0x40, &deflated(&checked(payload)));
            assert_eq!(side.messages(), [Message::binary(payload.to_vec())]);

            let outside: Vec<Box<dyn Extension>> =
                vec![widest().agreed(role), Box::new(Checksum::default())];
            let mut side = running(role, config.clone(), outside);
            side.feed_frame(BINARY | 0x40, &checked(&deflated(payload)));
            assert_eq!(side.messages(), [Message::binary(payload.to_vec())]);
        }
    }
}

#[test]
fn bytes_that_stand_for_nothing_count_once_they_outweigh_the_limit() {
    for role in ROLES {
        let nothing = [0, b'x'].repeat(8000);
        for (frames, passes) in [
            (&[9998][..], true),
            (&[16_000], false),
            (&[9998, 6000], false),
        ] {
            let mut side = runs(role, 8000);
            let mut first = RUNS_BEGIN;
            for &len in frames {
                side.feed_frame(first, &nothing[..len]);
                first = RUNS_CONTINUED;
            }
            if passes {
                side.feed_frame(RUNS_ENDED, b"\x01x");
                assert_eq!(side.messages(), [Message::binary("x")]);
            } else {
                too_big(&side);
            }
        }
    }
}

#[test]
fn a_bomb_is_stopped_between_the_extensions() {
    for role in ROLES {
        let (inner, log) = Watched::over(Box::new(Xor));
        let mut side = running(role, Config::new(), vec![inner, widest().agreed(role)]);
        side.feed_frame(BINARY | 0x60, &deflated(&vec![7; 20 << 20]));
        too_big(&side);
        assert!(log.lock().unwrap().decoded <= 1 << 20);
        assert_eq!(side.events.len(), 1);
    }
}

#[test]
fn a_fault_that_an_extension_finds_has_its_own_code() {
    for role in ROLES {
        let make = || running(role, Config::new(), vec![Box::new(Checksum::default())]);
        let mut wrong = checked(b"Hello");
        wrong[2] ^= 1;
        let good = checked(b"");
        let table: [&[(u8, &[u8])]; 3] = [
            &[(TEXT, &wrong)],
            &[(TEXT, b"x")],
            &[(BINARY_BEGINS, &good), (ENDED, &wrong)],
        ];
        for frames in table {
            let bytes = stream(role.peer(), frames);
            every_cut_of(make, &bytes, |side| {
                let error = ProtocolError::Extension {
                    code: CloseCode::INVALID_PAYLOAD,
                    reason: "checksum does not match",
                };
                assert_eq!(*side.cause(), Cause::Protocol(error));
                assert_eq!(side.sent_code(), Some(CloseCode::INVALID_PAYLOAD));
            });
        }
        let bytes = frame(role.peer(), PING | 0x10, b"");
        every_cut_of(
            || runs(role, 1000),
            &bytes,
            |side| {
                let error = ProtocolError::Extension {
                    code: CloseCode::PROTOCOL_ERROR,
                    reason: "no ping is that long",
                };
                assert_eq!(error.to_string(), "no ping is that long");
                assert_eq!(*side.cause(), Cause::Protocol(error));
            },
        );
    }
}

#[test]
fn a_control_frame_stays_one_when_it_is_decoded() {
    for role in ROLES {
        for (len, fits) in [(125, true), (126, false)] {
            let mut side = runs(role, 1000);
            // A Pong that stands for so many bytes
            side.feed_frame(0x9A, &[len, b'x']);
            assert_eq!(side.connection.state() == State::Open, fits);
            assert_eq!(side.events.len(), 1);
        }
    }
}

#[test]
fn text_is_checked_once_it_is_decoded() {
    for role in ROLES {
        let make = || running(role, Config::new(), vec![Box::new(Xor)]);
        let bytes = frame(role.peer(), TEXT | 0x20, &xor(b"good\xff"));
        every_cut_of(make, &bytes, |side| {
            assert_eq!(*side.cause(), Cause::Protocol(ProtocolError::InvalidUtf8));
        });
        let bytes = frame(role.peer(), TEXT | 0x20, &xor("grüezi".as_bytes()));
        every_cut_of(make, &bytes, |side| {
            assert_eq!(side.messages(), [Message::text("grüezi")]);
        });
    }
}

/// A side on which frames with RSV3 stand for runs of bytes.
fn runs(role: Role, limit: usize) -> Side {
    let config = Config::new().max_message_bytes(limit);
    running(role, config, vec![Box::new(RunLength::default())])
}

fn too_big(side: &Side) {
    assert!(side.is_closed(), "{:?}", side.messages());
    let failed = matches!(
        side.cause(),
        Cause::Protocol(ProtocolError::MessageTooBig { .. })
    );
    assert!(failed, "{:?}", side.cause());
    assert_eq!(side.sent_code(), Some(CloseCode::MESSAGE_TOO_BIG));
}
