//! yawc: asynchronous, with the buffers its own benchmark has (128 KiB to read,
//! 64 KiB to write before the transport is asked), SIMD for UTF-8, and zlib-rs.

use futures_util::SinkExt;
use yawc::{CompressionLevel, Frame, OpCode, Options, Role, WebSocket};

use super::{Cycle, Runner, checked};
use crate::{
    app::App,
    corpus::Corpus,
    pipe::{Pipe, block_on},
    rows::{self, Direction, Kind, Row},
};

pub(crate) fn enter(row: &Row, corpus: &Corpus, pipe: Pipe) -> Option<Box<dyn Runner>> {
    let role = match row.role() {
        rows::Role::Server => Role::Server,
        rows::Role::Client => Role::Client,
    };
    let mut options = Options::default()
        .with_limits(4 << 20, 8 << 20)
        .with_read_buffer_capacity(128 * 1024)
        .with_write_buffer_capacity(128 * 1024)
        .with_backpressure_boundary(64 * 1024)
        .with_utf8();
    let mut extensions = None;
    if let Some(terms) = row.deflate {
        options = options.with_compression_level(CompressionLevel::new(terms.level));
        extensions = Some(if terms.takeover {
            "permessage-deflate"
        } else {
            options = options
                .server_no_context_takeover()
                .client_no_context_takeover();
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
        });
    }
    let socket = WebSocket::from_stream_with_extensions(pipe, role, extensions, options);
    let socket = socket.expect("these are terms of its own");
    Some(match row.direction {
        Direction::Receive => Box::new(Receiving(socket)),
        Direction::Send => Box::new(Sending {
            socket,
            messages: Cycle::new(corpus.payloads.iter().map(|payload| match row.kind {
                Kind::Binary => Frame::binary(payload.clone()),
                Kind::Text | Kind::TextBytes => Frame::text(payload.clone()),
            })),
            burst: row.burst(),
        }),
    })
}

struct Receiving(WebSocket<Pipe>);

impl Runner for Receiving {
    fn run(&mut self, messages: usize, app: &mut App) {
        block_on(async {
            for _ in 0..messages {
                let frame = self.0.next_frame().await.expect("the corpus is messages");
                if frame.opcode() != OpCode::Text {
                    app.binary(frame.payload());
                } else if app.wants_str() {
                    // Faster than its own `as_str`.
                    app.text(checked(frame.payload()));
                } else {
                    app.text_bytes(frame.payload());
                }
            }
        });
    }
}

struct Sending {
    socket: WebSocket<Pipe>,
    messages: Cycle<Frame>,
    burst: usize,
}

impl Runner for Sending {
    fn run(&mut self, messages: usize, _: &mut App) {
        block_on(async {
            for _ in 0..messages / self.burst {
                for _ in 0..self.burst {
                    let frame = self.messages.next().clone();
                    self.socket.feed(frame).await.expect("a pipe takes all");
                }
                self.socket.flush().await.expect("a pipe takes all");
            }
        });
    }
}
