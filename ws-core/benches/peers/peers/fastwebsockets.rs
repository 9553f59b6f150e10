//! fastwebsockets: asynchronous, with `simd` and vectored writes as by default,
//! and its collector, which makes whole messages of frames. Each frame it sends
//! is a write of its own.

use bytes::Bytes;
use fastwebsockets::{FragmentCollector, Frame, OpCode, Payload, Role, WebSocket};

use super::{Cycle, Runner, checked};
use crate::{
    app::App,
    corpus::Corpus,
    pipe::{Pipe, block_on},
    rows::{self, Direction, Row},
};

pub(crate) fn enter(row: &Row, corpus: &Corpus, pipe: Pipe) -> Option<Box<dyn Runner>> {
    if row.deflate.is_some() {
        return None;
    }
    let role = match row.role() {
        rows::Role::Server => Role::Server,
        rows::Role::Client => Role::Client,
    };
    let socket = WebSocket::after_handshake(pipe, role);
    Some(match row.direction {
        Direction::Receive => Box::new(Receiving(FragmentCollector::new(socket))),
        Direction::Send => Box::new(Sending {
            socket,
            text: row.opcode() == 1,
            messages: Cycle::new(corpus.payloads.iter().cloned()),
            burst: row.burst(),
        }),
    })
}

struct Receiving(FragmentCollector<Pipe>);

impl Runner for Receiving {
    fn run(&mut self, messages: usize, app: &mut App) {
        block_on(async {
            for _ in 0..messages {
                let frame = self.0.read_frame().await.expect("the corpus is messages");
                if frame.opcode != OpCode::Text {
                    app.binary(&frame.payload);
                } else if app.wants_str() {
                    app.text(checked(&frame.payload));
                } else {
                    app.text_bytes(&frame.payload);
                }
            }
        });
    }
}

struct Sending {
    socket: WebSocket<Pipe>,
    text: bool,
    messages: Cycle<Bytes>,
    burst: usize,
}

impl Runner for Sending {
    fn run(&mut self, messages: usize, _: &mut App) {
        block_on(async {
            for _ in 0..messages / self.burst {
                for _ in 0..self.burst {
                    let payload = Payload::Borrowed(self.messages.next());
                    let frame = match self.text {
                        true => Frame::text(payload),
                        false => Frame::binary(payload),
                    };
                    let written = self.socket.write_frame(frame).await;
                    written.expect("a pipe takes all");
                }
                self.socket.flush().await.expect("a pipe takes all");
            }
        });
    }
}
