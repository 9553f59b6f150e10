//! The same messages between this crate and yawc, compressed and not: each
//! reads what the other writes (RFC 6455 §5, RFC 7692).

use std::{
    cell::RefCell,
    io,
    pin::{Pin, pin},
    rc::Rc,
    task::{Context, Poll, Waker},
};

use bytes::{Buf, BytesMut};
use futures_util::SinkExt;
use proptest::{collection::vec, prelude::*, sample::select};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use ws_core::{Config, Message, Role, extension::deflate::Deflate};
use yawc::{CompressionLevel, Frame, OpCode, Options, WebSocket};

use crate::support::{
    ROLES,
    compressed::{Said, said},
    deflate::{bits, side},
    side::Side,
    streams::{Step, messages_in_fragments},
};

proptest! {
    #![proptest_config(crate::support::cases(128))]

    #[test]
    fn both_read_the_same_fragmented_messages(
        role in select(&ROLES[..]),
        said in vec(messages_in_fragments(), 0..8),
    ) {
        let bytes: Vec<u8> = said.iter().flat_map(|step| step.write(role.peer())).collect();
        let expected: Vec<_> = said.iter().filter_map(Step::message).collect();
        prop_assert_eq!(&Theirs::new(role, None).read(&bytes), &expected);
        let mut ours = Side::new(role, Config::new());
        ours.feed(&bytes);
        prop_assert_eq!(ours.messages(), expected);
    }

    #[test]
    fn each_reads_what_the_other_compresses(
        role in select(&ROLES[..]),
        terms in terms(),
        said in vec(said(), 0..8),
    ) {
        let expected: Vec<_> = said.iter().map(Said::message).cloned().collect();
        let mut ours = side(role, &Config::new(), &terms.ours());
        let mut theirs = Theirs::new(role.peer(), Some(terms));
        for said in &said {
            said.send(&mut ours);
        }
        prop_assert_eq!(&theirs.read(&ours.sent), &expected);
        // yawc 0.5 compresses an empty message for ever.
        let written: Vec<_> = expected.into_iter().filter(|it| !it.payload().is_empty()).collect();
        ours.feed(&theirs.write(&written));
        prop_assert_eq!(ours.messages(), written);
    }
}

/// What permessage-deflate can be agreed on with them.
#[derive(Debug, Clone, Copy)]
struct Terms {
    server_bits: u8,
    client_bits: u8,
    server_takeover: bool,
    client_takeover: bool,
}

fn terms() -> impl Strategy<Value = Terms> {
    let any = (9..=15_u8, 9..=15_u8, any::<bool>(), any::<bool>());
    any.prop_map(
        |(server_bits, client_bits, server_takeover, client_takeover)| Terms {
            server_bits,
            client_bits,
            server_takeover,
            client_takeover,
        },
    )
}

impl Terms {
    fn ours(self) -> Deflate {
        Deflate::new()
            .server_max_window_bits(bits(self.server_bits))
            .client_max_window_bits(bits(self.client_bits))
            .server_no_context_takeover(!self.server_takeover)
            .client_no_context_takeover(!self.client_takeover)
    }

    /// As a field of the handshake has them.
    fn agreed(self) -> String {
        let mut params = format!(
            "permessage-deflate; server_max_window_bits={}; client_max_window_bits={}",
            self.server_bits, self.client_bits
        );
        for (takeover, param) in [
            (self.server_takeover, "; server_no_context_takeover"),
            (self.client_takeover, "; client_no_context_takeover"),
        ] {
            params += if takeover { "" } else { param };
        }
        params
    }
}

/// Their side of a connection.
struct Theirs {
    socket: WebSocket<Wire>,
    wire: Wire,
}

impl Theirs {
    fn new(role: Role, terms: Option<Terms>) -> Self {
        let wire = Wire::default();
        let mut options = Options::default().with_utf8();
        if let Some(terms) = terms {
            options = options.with_compression_level(CompressionLevel::default());
            if !terms.server_takeover {
                options = options.server_no_context_takeover();
            }
            if !terms.client_takeover {
                options = options.client_no_context_takeover();
            }
        }
        let role = match role {
            Role::Server => yawc::Role::Server,
            Role::Client => yawc::Role::Client,
        };
        let agreed = terms.map(Terms::agreed);
        let socket =
            WebSocket::from_stream_with_extensions(wire.clone(), role, agreed.as_deref(), options);
        Self {
            socket: socket.expect("they know these terms"),
            wire,
        }
    }

    /// The messages that they read of these bytes.
    fn read(&mut self, bytes: &[u8]) -> Vec<Message> {
        self.wire.0.borrow_mut().input.extend_from_slice(bytes);
        let mut messages = Vec::new();
        // They wait, with nothing left to read.
        while let Some(frame) = ready(self.socket.next_frame()) {
            let frame = frame.expect("what was sent is right");
            let payload = frame.payload().to_vec();
            match frame.opcode() {
                OpCode::Text => {
                    let text = String::from_utf8(payload);
                    messages.push(Message::text(text.expect("they looked at it")));
                }
                OpCode::Binary => messages.push(Message::binary(payload)),
                OpCode::Continuation | OpCode::Close | OpCode::Ping | OpCode::Pong => {}
            }
        }
        messages
    }

    /// The bytes with which they send these messages, since their last.
    fn write(&mut self, messages: &[Message]) -> BytesMut {
        self.wire.0.borrow_mut().output.clear();
        for message in messages {
            let payload = message.payload().to_vec();
            let frame = if matches!(message, Message::Text(_)) {
                Frame::text(payload)
            } else {
                Frame::binary(payload)
            };
            let sent = ready(self.socket.send(frame)).expect("memory takes all");
            sent.expect("the connection is open");
        }
        self.wire.0.borrow_mut().output.split()
    }
}

/// What is there at once.
fn ready<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

/// A stream in memory, which waits at its end.
#[derive(Clone, Default)]
struct Wire(Rc<RefCell<Ends>>);

#[derive(Default)]
struct Ends {
    input: BytesMut,
    output: BytesMut,
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let input = &mut self.0.borrow_mut().input;
        if input.is_empty() {
            return Poll::Pending;
        }
        let len = input.len().min(buffer.remaining());
        buffer.put_slice(&input[..len]);
        input.advance(len);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.borrow_mut().output.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
