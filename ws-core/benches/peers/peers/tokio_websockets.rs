//! tokio-websockets: asynchronous, with SIMD as it is built in, the fastest of
//! its sources of masking keys (`fastrand`, which is not fit for cryptography),
//! and no write before a burst is whole.

use std::pin::Pin;

use futures_util::{SinkExt, StreamExt};
use tokio_websockets::{
    ClientBuilder, Config, Limits, Message, Payload, ServerBuilder, WebSocketStream,
};

use super::{Cycle, Runner};
use crate::{
    app::App,
    corpus::Corpus,
    pipe::{Pipe, block_on},
    rows::{Direction, Kind, Role, Row},
};

pub(crate) fn enter(row: &Row, corpus: &Corpus, pipe: Pipe) -> Option<Box<dyn Runner>> {
    if row.deflate.is_some() {
        return None;
    }
    let config = Config::default().flush_threshold(128 * 1024);
    let limits = Limits::default();
    let socket = match row.role() {
        Role::Server => ServerBuilder::new()
            .config(config)
            .limits(limits)
            .serve(pipe),
        Role::Client => ClientBuilder::new()
            .config(config)
            .limits(limits)
            .take_over(pipe),
    };
    Some(match row.direction {
        Direction::Receive => Box::new(Receiving(socket)),
        Direction::Send => Box::new(Sending {
            socket,
            messages: Cycle::new(corpus.payloads.iter().map(|payload| {
                let payload = Payload::from(payload.clone());
                match row.kind {
                    Kind::Binary => Message::binary(payload),
                    Kind::Text | Kind::TextBytes => Message::text(payload),
                }
            })),
            burst: row.burst(),
        }),
    })
}

struct Receiving(WebSocketStream<Pipe>);

impl Runner for Receiving {
    fn run(&mut self, messages: usize, app: &mut App) {
        block_on(async {
            for _ in 0..messages {
                let message = self.0.next().await.expect("a pipe does not end");
                let message = message.expect("the corpus is messages");
                match message.as_text() {
                    Some(text) if app.wants_str() => app.text(text),
                    Some(text) => app.text_bytes(text.as_bytes()),
                    None => app.binary(message.as_payload()),
                }
            }
        });
    }
}

struct Sending {
    socket: WebSocketStream<Pipe>,
    messages: Cycle<Message>,
    burst: usize,
}

impl Runner for Sending {
    fn run(&mut self, messages: usize, _: &mut App) {
        block_on(async {
            let mut socket = Pin::new(&mut self.socket);
            for _ in 0..messages / self.burst {
                for _ in 0..self.burst {
                    let message = self.messages.next().clone();
                    socket.feed(message).await.expect("a pipe takes all");
                }
                socket.flush().await.expect("a pipe takes all");
            }
        });
    }
}
