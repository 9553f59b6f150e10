//! ws-core, driven as `ws-actors` does: reads of 64 KiB into one buffer that is
//! used again, or to the place that a long frame has, events taken one by one, bursts written in one go.

use std::{
    io::{IoSlice, Write},
    time::Instant,
};

use bytes::{Buf, Bytes, BytesMut};
use ws_core::{
    Config, Connection, Entropy, Event, Message, Output, SendError, Utf8Bytes,
    extension::{
        Agreement, Params,
        deflate::{Deflate, WindowBits},
    },
};

use crate::{
    app::App,
    corpus::Corpus,
    peers::{Cycle, Runner},
    pipe::{CHUNK, Pipe},
    rows::{Direction, Kind, Role, Row},
};

pub(crate) fn enter(row: &Row, corpus: &Corpus, pipe: Pipe) -> Option<Box<dyn Runner>> {
    let connection = connection(row);
    Some(match row.direction {
        Direction::Receive => Box::new(Receiving {
            connection,
            pipe,
            buffer: BytesMut::new(),
        }),
        Direction::Send => Box::new(Sending {
            connection,
            pipe,
            messages: Cycle::new(corpus.payloads.iter().map(|payload| match row.kind {
                Kind::Binary => Kept::Binary(payload.clone()),
                Kind::Text | Kind::TextBytes => {
                    let message = Utf8Bytes::try_from(payload.clone()).expect("text");
                    Kept::Text(message.as_str().to_owned(), message)
                }
            })),
            burst: row.burst(),
        }),
    })
}

fn connection(row: &Row) -> Connection {
    let (now, config) = (Instant::now(), Config::new());
    let (connection, role) = match row.role() {
        Role::Server => (Connection::server(now, config), ws_core::Role::Server),
        Role::Client => (
            Connection::client(now, config, Entropy::system()),
            ws_core::Role::Client,
        ),
    };
    let mut agreement = Agreement::new();
    if let Some(terms) = row.deflate {
        let level = u8::try_from(terms.level).unwrap_or(u8::MAX);
        // What the peers have, who cannot be asked for less.
        let deflate = Deflate::new()
            .level(level)
            .mem_level(8)
            .server_max_window_bits(WindowBits::MAX)
            .client_max_window_bits(WindowBits::MAX)
            .server_no_context_takeover(!terms.takeover)
            .client_no_context_takeover(!terms.takeover);
        agreement
            .add(Params::new("permessage-deflate"), deflate.agreed(role))
            .expect("it is the only extension");
    }
    connection.with_extensions(agreement)
}

struct Receiving {
    connection: Connection,
    pipe: Pipe,
    buffer: BytesMut,
}

impl Receiving {
    fn read(&mut self) {
        if let Some(place) = self.connection.read_buffer() {
            self.pipe.receive(place.capacity() - place.len(), |bytes| {
                place.extend_from_slice(bytes);
            });
            self.connection.handle_read(Instant::now());
            return;
        }
        let buffer = &mut self.buffer;
        buffer.clear();
        // Use up what is left, as long as slices of the rest are held.
        if !buffer.try_reclaim(CHUNK) && buffer.capacity() < CHUNK / 8 {
            buffer.reserve(CHUNK);
        }
        self.pipe.receive(buffer.capacity(), |bytes| {
            buffer.extend_from_slice(bytes);
        });
        self.connection.handle_input(Instant::now(), buffer);
    }
}

impl Runner for Receiving {
    fn run(&mut self, messages: usize, app: &mut App) {
        let end = app.messages + messages;
        while app.messages < end {
            match self.connection.poll_event() {
                Some(Event::Message(message)) => match &message {
                    Message::Text(text) if app.wants_str() => app.text(text.as_str()),
                    Message::Text(text) => app.text_bytes(text.as_bytes()),
                    Message::Binary(_) | Message::Custom(..) | _ => app.binary(message.payload()),
                },
                Some(event) => panic!("no message, but {event:?}"),
                None => self.read(),
            }
        }
    }
}

struct Sending {
    connection: Connection,
    pipe: Pipe,
    messages: Cycle<Kept>,
    burst: usize,
}

/// What the application keeps to send it again and again.
enum Kept {
    Binary(Bytes),
    Text(String, Utf8Bytes),
}

impl Kept {
    /// By reference if it is long.
    fn send(&self, connection: &mut Connection) -> Result<(), SendError> {
        match self {
            Self::Binary(bytes) if bytes.len() <= 2048 => connection.send_binary(bytes),
            Self::Binary(bytes) => connection.send(bytes.clone()),
            Self::Text(text, _) if text.len() <= 2048 => connection.send_text(text),
            Self::Text(_, shared) => connection.send(shared.clone()),
        }
    }
}

impl Runner for Sending {
    fn run(&mut self, messages: usize, _: &mut App) {
        for _ in 0..messages / self.burst {
            for _ in 0..self.burst {
                let sent = self.messages.next().send(&mut self.connection);
                sent.expect("it is open");
            }
            let now = Instant::now();
            while let Output::Transmit(queue) = self.connection.poll_output(now) {
                let mut slices = [IoSlice::new(&[]); 64];
                let count = queue.chunks_vectored(&mut slices);
                let sent = self.pipe.write_vectored(&slices[..count]);
                queue.advance(sent.expect("a pipe takes all"));
            }
        }
    }
}
