//! Actors that are the client.

use std::rc::Rc;

use ws_actors::test::{self, Frame, Opcode, Role};
use ws_core::{Cause, ProtocolError};

use crate::support::{Puppet, handlers, seconds, server, tell};

#[test]
fn a_client_masks_and_its_peer_does_not() {
    test::run(async {
        let mut server = test::client(Puppet::default(), handlers()).connect();
        assert_eq!(server.role(), Role::Server);
        let frame = Frame::new(Opcode::TEXT, "hi");
        assert_eq!(server.encode(&frame), b"\x81\x02hi");
        server.send_frame(frame);
        let frame = server.expect_frame().await;
        assert!(frame.header.mask.is_some());
        assert_eq!(frame.payload, "hi");
        server.send_text("hello");
        server.expect_text("hello").await;
    });
}

#[test]
fn a_client_is_closed_by_its_peer() {
    test::run(async {
        let mut server = test::client(Puppet::default(), handlers()).connect();
        server.close().await;
        assert_eq!(server.elapsed(), seconds(0));
        assert!(server.is_over());
    });
}

#[test]
fn a_client_closes_and_waits_for_its_peer_to_end_the_transport() {
    test::run(async {
        let mut server = test::client(Puppet::default(), handlers()).connect();
        tell(&server, |ctx| ctx.close(1001.into(), "").unwrap());
        server.expect_close(1001).await;
        server.send_close(1001, "");
        server.expect_nothing(seconds(4)).await;
        assert!(!server.is_over());
        server.expect_end().await;
        assert_eq!(server.elapsed(), seconds(4));
    });
}

#[test]
fn a_client_fails_on_masked_frames() {
    test::run(async {
        let masked = server().connect().encode(&Frame::new(Opcode::TEXT, "hi"));
        let puppet = Puppet::default();
        let outcome = Rc::clone(&puppet.outcome);
        let mut server = test::client(puppet, handlers()).connect();
        server.send_raw(masked);
        server.expect_close(1002).await;
        server.expect_end().await;
        let cause = outcome.take().unwrap().cause;
        assert_eq!(cause, Cause::Protocol(ProtocolError::MaskedFrame));
    });
}

#[test]
fn a_client_pings_its_peer() {
    test::run(async {
        let mut server = test::client(Puppet::default(), handlers()).connect();
        server.expect_ping().await;
        server.expect_nothing(seconds(3600)).await;
    });
}
