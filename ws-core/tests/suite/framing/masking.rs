//! Masking (RFC 6455 §5.1, §5.3): a client masks, a server does not, and each
//! fails the other that does it differently.

use ws_core::{Cause, Config, ProtocolError, Role};

use crate::support::{
    cuts::every_cut,
    frames::{BINARY, BINARY_BEGINS, CLOSE, KEY, PING, PONG, TEXT, with_key},
    side::Side,
};

#[test]
fn client_masks_each_frame_with_a_key_of_its_own() {
    let mut client = Side::new(Role::Client, Config::new());
    for _ in 0..100 {
        client.send("the same every time");
    }
    client.feed_frame(PING, b"");
    let frames = client.frames();
    let mut keys: Vec<_> = frames.into_iter().filter_map(|frame| frame.key).collect();
    assert_eq!(keys.len(), 101);
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), 101);
}

#[test]
fn server_never_masks() {
    let mut server = Side::new(Role::Server, Config::new());
    server.send("text");
    server.connection.ping("ping").unwrap();
    server.feed_frame(PING, b"ping");
    server.feed_frame(CLOSE, b"");
    let frames = server.frames();
    assert_eq!(frames.len(), 4);
    assert!(frames.iter().all(|frame| frame.key.is_none()));
}

#[test]
fn server_fails_on_unmasked_frame() {
    for first in [TEXT, BINARY, BINARY_BEGINS, PING, PONG, CLOSE] {
        for payload in [&b""[..], b"\x03\xe8"] {
            let bytes = with_key(None, first, payload);
            fails_with(Role::Server, &bytes, &ProtocolError::UnmaskedFrame);
        }
    }
}

#[test]
fn client_fails_on_masked_frame() {
    for first in [TEXT, BINARY, BINARY_BEGINS, PING, PONG, CLOSE] {
        for payload in [&b""[..], b"\x03\xe8"] {
            let bytes = with_key(Some(KEY), first, payload);
            fails_with(Role::Client, &bytes, &ProtocolError::MaskedFrame);
            let zeros = with_key(Some([0; 4]), first, payload);
            fails_with(Role::Client, &zeros, &ProtocolError::MaskedFrame);
        }
    }
}

fn fails_with(role: Role, bytes: &[u8], error: &ProtocolError) {
    every_cut(role, &Config::new(), bytes, |side| {
        assert_eq!(side.events.len(), 1);
        assert_eq!(*side.cause(), Cause::Protocol(error.clone()));
        assert_eq!(side.sent_code(), Some(error.close_code()));
    });
}
