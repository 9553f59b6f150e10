//! Connections that agreed on extensions.

use ws_actors::test::{self, Fin, Frame, Opcode, Role, Rsv};
use ws_core::extension::{
    Extension, ExtensionError, FrameHead, Handling, PartEnd, deflate::Deflate,
};

use crate::support::{Puppet, failure, handlers, server};

#[test]
fn compressed_messages_are_shown_as_they_were_before() {
    test::run(async {
        let mut client = server().compression(&Deflate::new()).connect();
        let text = "over and ".repeat(100);
        for _ in 0..3 {
            client.send_text(text.clone());
            let frame = client.expect_frame().await;
            assert_eq!(frame.header.rsv, Rsv::RSV1);
            assert!(frame.header.payload_len < 100);
            assert_eq!(frame.payload, text);
        }
        client.send_text("short");
        let frame = client.expect_frame().await;
        assert_eq!(frame.header.rsv, Rsv::NONE);
        client.close().await;
    });
}

#[test]
fn a_client_and_its_peer_compress() {
    test::run(async {
        let terms = Deflate::new().threshold(0);
        let setup = test::client(Puppet::default(), handlers()).compression(&terms);
        let mut server = setup.connect();
        server.send_text("hello");
        let frame = server.expect_frame().await;
        assert_eq!(frame.header.rsv, Rsv::RSV1);
        assert_eq!(frame.payload, "hello");
        // No extension sees a frame that is sent as it is.
        server.send_frame(Frame::new(Opcode::TEXT, "plain"));
        server.expect_text("plain").await;
        server.send_frame(Frame::new(Opcode::TEXT, "no deflate").rsv(Rsv::RSV1));
        server.expect_close(1007).await;
    });
}

/// Owns RSV3, and sets it on a text although it should not be there twice.
#[derive(Debug)]
struct Marked {
    role: Role,
}

impl Extension for Marked {
    fn name(&self) -> &str {
        "x-marked"
    }

    fn rsv(&self) -> Rsv {
        Rsv::RSV3
    }

    fn inbound_frame(&mut self, frame: &FrameHead) -> Result<Handling, ExtensionError> {
        if self.role == Role::Client && !frame.rsv.contains(Rsv::RSV3) {
            return Err(ExtensionError::protocol("frame without its mark"));
        }
        Ok(Handling::Pass)
    }

    fn decode(
        &mut self,
        _: &[u8],
        _: PartEnd,
        _: usize,
        _: &mut Vec<u8>,
    ) -> Result<(), ExtensionError> {
        Ok(())
    }

    fn outbound_frame(&mut self, frame: &FrameHead) -> (Rsv, Handling) {
        // A server that forgets it on control frames.
        match frame.opcode.is_control() {
            true => (Rsv::NONE, Handling::Pass),
            false => (Rsv::RSV3, Handling::Pass),
        }
    }

    fn encode(&mut self, _: &[u8], _: PartEnd, _: &mut Vec<u8>) {}
}

#[test]
fn an_extension_runs_on_both_sides() {
    let make = |role| -> Box<dyn Extension> { Box::new(Marked { role }) };
    test::run(async {
        let mut client = server().extension(make).connect();
        client.send_text("hi");
        let frame = client.expect_frame().await;
        assert_eq!(frame.header.rsv, Rsv::RSV3);
        assert_eq!(format!("{frame:?}"), "text \"hi\", reserved bits 001");
    });
    let message = failure(async {
        let mut client = server().extension(make).connect();
        client.send_ping("hi");
        client.expect_pong("hi").await;
    });
    assert!(
        message.ends_with(
            "expected pong \"hi\", but the actor's side broke the protocol: frame without its mark"
        ),
        "{message}"
    );
}

#[test]
#[should_panic(expected = "each extension owns reserved bits of its own")]
fn two_extensions_cannot_own_one_bit() {
    let terms = Deflate::new();
    let _ = server().compression(&terms).compression(&terms);
}

#[test]
fn fragments_are_told_apart() {
    test::run(async {
        let mut client = server().connect();
        client.send_frame(Frame::new(Opcode::BINARY, "a").fin(Fin::More));
        client.send_frame(Frame::new(Opcode::CONTINUATION, "b").fin(Fin::More));
        client.send_frame(Frame::new(Opcode::CONTINUATION, "c"));
        client.expect_binary(b"abc").await;
    });
}
