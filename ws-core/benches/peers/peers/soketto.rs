//! soketto: asynchronous, straight on the transport, which costs nothing here.
//!
//! It does not validate text, so its application does. It has an extension for
//! permessage-deflate, but one that brings the C library zlib into flate2, and
//! thereby into all that is built with it: ws-core would no longer be itself.

use soketto::{
    Mode,
    connection::{Builder, Receiver, Sender},
};

use super::{Cycle, Runner, checked};
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
    let mode = match row.role() {
        Role::Server => Mode::Server,
        Role::Client => Mode::Client,
    };
    let (sender, receiver) = Builder::new(pipe, mode).finish();
    Some(match row.direction {
        Direction::Receive => Box::new(Receiving {
            receiver,
            message: Vec::new(),
        }),
        Direction::Send => Box::new(Sending {
            sender,
            messages: Cycle::new(corpus.payloads.iter().map(|payload| match row.kind {
                Kind::Binary => Message::Binary(payload.to_vec()),
                Kind::Text | Kind::TextBytes => Message::Text(checked(payload).to_owned()),
            })),
            burst: row.burst(),
        }),
    })
}

enum Message {
    Text(String),
    Binary(Vec<u8>),
}

struct Receiving {
    receiver: Receiver<Pipe>,
    /// It appends messages to one buffer, which is used again.
    message: Vec<u8>,
}

impl Runner for Receiving {
    fn run(&mut self, messages: usize, app: &mut App) {
        block_on(async {
            for _ in 0..messages {
                self.message.clear();
                let data = self.receiver.receive_data(&mut self.message).await;
                if !data.expect("the corpus is messages").is_text() {
                    app.binary(&self.message);
                } else if app.wants_str() {
                    app.text(checked(&self.message));
                } else {
                    app.text_bytes(checked(&self.message).as_bytes());
                }
            }
        });
    }
}

struct Sending {
    sender: Sender<Pipe>,
    messages: Cycle<Message>,
    burst: usize,
}

impl Runner for Sending {
    fn run(&mut self, messages: usize, _: &mut App) {
        block_on(async {
            for _ in 0..messages / self.burst {
                for _ in 0..self.burst {
                    let sent = match self.messages.next() {
                        Message::Text(text) => self.sender.send_text(text).await,
                        Message::Binary(bytes) => self.sender.send_binary(bytes).await,
                    };
                    sent.expect("a pipe takes all");
                }
                self.sender.flush().await.expect("a pipe takes all");
            }
        });
    }
}
