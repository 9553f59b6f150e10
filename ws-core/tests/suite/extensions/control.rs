//! Control frames go through extensions too, also when they arrive in parts.

use ws_core::{Cause, Config, Event, Fin, Opcode, ProtocolError, Rsv, extension::PartEnd};

use crate::support::{
    ROLES,
    cuts::every_cut_of,
    extensions::{RunLength, Watched, Xor, running, xor},
    frames::{PING, frame},
};

#[test]
fn an_extension_sees_the_header_of_a_control_frame_once_and_hears_of_its_end() {
    for role in ROLES {
        let bytes = frame(role.peer(), PING | 0x20, &xor(b"ping"));
        for at in 1..bytes.len() {
            let (extension, log) = Watched::over(Box::new(Xor));
            let mut side = running(role, Config::new(), vec![extension]);
            side.feed(&bytes[..at]);
            side.feed(&bytes[at..]);
            let header = (Opcode::PING, Rsv::RSV2, Fin::Last, 4);
            let log = log.lock().unwrap();
            assert_eq!(log.inbound, [header]);
            let (last, before) = log.ends.split_last().expect("there is a payload");
            assert_eq!(*last, PartEnd::Message);
            assert!(before.iter().all(|end| *end == PartEnd::Part));
            assert_eq!(side.events, [Event::Ping("ping".into())]);
        }
    }
}

#[test]
fn what_the_parts_of_a_control_frame_stand_for_counts_together() {
    for role in ROLES {
        for (last, fits) in [(25, true), (26, false)] {
            // A Pong whose two halves stand for so many bytes
            let bytes = frame(role.peer(), 0x9A, &[100, b'x', last, b'x']);
            let make = || {
                let extension = Box::new(RunLength::default());
                running(role, Config::new(), vec![extension])
            };
            every_cut_of(make, &bytes, |side| {
                if fits {
                    let pong = Event::Pong {
                        payload: vec![b'x'; 125].into(),
                        round_trip: None,
                    };
                    assert_eq!(side.events, [pong]);
                } else {
                    let error = ProtocolError::MessageTooBig {
                        len: 126,
                        limit: 125,
                    };
                    assert_eq!(*side.cause(), Cause::Protocol(error));
                }
            });
        }
    }
}
