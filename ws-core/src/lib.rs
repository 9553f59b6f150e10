//! The WebSocket protocol ([RFC 6455], [RFC 7692]) without I/O: bytes, instants
//! and randomness in; bytes, events and deadlines out.
//!
//! This crate knows neither sockets nor tasks nor clocks, so it serves threads
//! and any async runtime alike, and a test can play through an hour in no time.
//!
//! # The run loop
//!
//! Tell a [`Connection`] what the world did, then do what it says. This server
//! answers every message with itself, over any stream of bytes:
//!
//! ```
//! use std::{io::{self, Read, Write}, time::Instant};
//! use bytes::{Buf, BytesMut};
//! use ws_core::{Config, Connection, Event, Output};
//!
//! fn echo(mut stream: impl Read + Write) -> io::Result<()> {
//!     let mut connection = Connection::server(Instant::now(), Config::new());
//!     let mut buffer = BytesMut::new();
//!     loop {
//!         match connection.poll_output(Instant::now()) {
//!             Output::Event(Event::Message(message)) => {
//!                 // An error says that the connection is closing: all is said.
//!                 connection.send(message).ok();
//!             }
//!             Output::Event(_) => {} // pings and closes are answered already
//!             Output::Transmit(queue) => {
//!                 let sent = stream.write(queue.chunk())?;
//!                 queue.advance(sent);
//!             }
//!             Output::Shutdown => {} // stop sending, if the stream can do that
//!             Output::Disconnect => return Ok(()),
//!             Output::Wait(_deadline) => {
//!                 // A blocking read keeps no deadline; `handle_timeout` would.
//!                 buffer.resize(4096, 0);
//!                 let received = stream.read(&mut buffer)?;
//!                 buffer.truncate(received);
//!                 match received {
//!                     0 => connection.handle_eof(Instant::now()),
//!                     _ => connection.handle_input(Instant::now(), &mut buffer),
//!                 }
//!             }
//!         }
//!     }
//! }
//! # struct Script(&'static [u8], Vec<u8>);
//! # impl Read for Script {
//! #     fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> { self.0.read(buf) }
//! # }
//! # impl Write for Script {
//! #     fn write(&mut self, buf: &[u8]) -> io::Result<usize> { self.1.write(buf) }
//! #     fn flush(&mut self) -> io::Result<()> { Ok(()) }
//! # }
//! # // "Hello" of RFC 6455 §5.7, and a Close frame
//! # let hello = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58\x88\x80\x00\x00\x00\x00";
//! # let mut script = Script(hello, Vec::new());
//! # echo(&mut script).unwrap();
//! # assert_eq!(script.1, b"\x81\x05Hello\x88\x00");
//! ```
//!
//! # A tour
//!
//! - [`Connection`] is one side of a connection: `handle_*` methods take what
//!   the world did and return nothing, since a peer's fault is no error of the
//!   caller; verbs such as [`send`](Connection::send) return a `Result`.
//!   [`Event::Closed`] comes last, once, with the whole [`Outcome`].
//! - [`handshake`] opens a connection over the heads of any HTTP library. It
//!   can also be left out, between peers that agree without it.
//!   [`handshake::ClientOpening`] and [`handshake::ServerOpening`] do without
//!   one.
//! - [`extension`] is what extensions are written with, and
//!   [`extension::deflate`] the first of them. A [`Registry`] gives reserved
//!   opcodes a meaning.
//! - Received data comes as whole messages, as parts or as single frames
//!   ([`Delivery`]); [`Connection::send_frame`] sends single ones, and a
//!   [`Joiner`] makes messages of them.
//! - [`Config`] holds the limits and deadlines, safe by default.
//! - [`ProtocolError`] is what a peer did wrong, [`SendError`] what the caller
//!   asked for in vain.
//! - [`Header`], [`MaskingKey`] and [`Validator`] are the parts below, for
//!   tools that look at single frames.
//!
//! # Features
//!
//! - `getrandom` (default): [`Entropy::system`].
//!
//! [RFC 6455]: https://www.rfc-editor.org/rfc/rfc6455
//! [RFC 7692]: https://www.rfc-editor.org/rfc/rfc7692

mod close_code;
mod config;
mod connection;
mod entropy;
mod error;
pub mod extension;
mod frame;
pub mod handshake;
mod message;
mod opcode;
mod role;
mod send_queue;
mod utf8;

pub use self::{
    close_code::CloseCode,
    config::{Config, Delivery},
    connection::{Cause, Connection, Event, Outcome, Output, State, Timeout},
    entropy::Entropy,
    error::{ProtocolError, SendError},
    frame::{ClosePayload, Fin, Frame, Header, MaskingKey, Rsv},
    message::{Joiner, Message, MessagePart, PreparedBatch, PreparedMessage},
    opcode::{Opcode, Registry, RegistryError},
    role::Role,
    send_queue::SendQueue,
    utf8::{InvalidUtf8, Utf8Bytes, Validator},
};
