//! tungstenite: blocking, with its default write buffer of 128 KiB, and a read
//! buffer as large as one read.

use bytes::Bytes;
use tungstenite::{
    Message, Utf8Bytes, WebSocket,
    protocol::{Role, WebSocketConfig},
};

use super::{Cycle, Runner};
use crate::{
    app::App,
    corpus::Corpus,
    pipe::{CHUNK, Pipe},
    rows::{self, Direction, Kind, Row},
};

pub(crate) fn enter(row: &Row, corpus: &Corpus, pipe: Pipe) -> Option<Box<dyn Runner>> {
    if row.deflate.is_some() {
        return None;
    }
    let role = match row.role() {
        rows::Role::Server => Role::Server,
        rows::Role::Client => Role::Client,
    };
    // It clears as much as it may read, so more would only cost.
    let config = WebSocketConfig::default().read_buffer_size(CHUNK);
    let socket = WebSocket::from_raw_socket(pipe, role, Some(config));
    Some(match row.direction {
        Direction::Receive => Box::new(Receiving(socket)),
        Direction::Send => Box::new(Sending {
            socket,
            messages: Cycle::new(corpus.payloads.iter().map(|payload| message(row, payload))),
            burst: row.burst(),
        }),
    })
}

fn message(row: &Row, payload: &Bytes) -> Message {
    match row.kind {
        Kind::Binary => Message::Binary(payload.clone()),
        Kind::Text | Kind::TextBytes => {
            Message::Text(Utf8Bytes::try_from(payload.clone()).expect("text"))
        }
    }
}

struct Receiving(WebSocket<Pipe>);

impl Runner for Receiving {
    fn run(&mut self, messages: usize, app: &mut App) {
        for _ in 0..messages {
            match self.0.read().expect("the corpus is messages") {
                Message::Text(text) if app.wants_str() => app.text(text.as_str()),
                Message::Text(text) => app.text_bytes(text.as_str().as_bytes()),
                Message::Binary(bytes) => app.binary(&bytes),
                Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => {
                    unreachable!("the corpus is messages");
                }
            }
        }
    }
}

struct Sending {
    socket: WebSocket<Pipe>,
    messages: Cycle<Message>,
    burst: usize,
}

impl Runner for Sending {
    fn run(&mut self, messages: usize, _: &mut App) {
        for _ in 0..messages / self.burst {
            for _ in 0..self.burst {
                let message = self.messages.next().clone();
                self.socket.write(message).expect("a pipe takes all");
            }
            self.socket.flush().expect("a pipe takes all");
        }
    }
}
