use std::time::Instant;

use bytes::{Buf, Bytes, BytesMut};
use ws_core::{ClosePayload, Connection, Event, Fin, Frame, Message, Opcode};

use crate::speech::{Said, Speech};

mod words;

pub(super) use self::words::Word;

/// A client that says what is right, and what is not.
#[derive(Debug)]
pub(super) struct Peer {
    /// Encodes what is right.
    speaker: Connection,
    /// Decodes what comes.
    listener: Connection,
    now: Instant,
    /// All that it sent, and how much of that has arrived.
    sent: Vec<u8>,
    carried: usize,
    /// What it said before anything was wrong.
    pub(super) said: Speech,
    /// It has sent something that is not as it should be.
    pub(super) tainted: bool,
    pub(super) closed: bool,
    numbers: u32,
}

impl Peer {
    pub(super) fn new(speaker: Connection, listener: Connection, now: Instant) -> Self {
        Self {
            speaker,
            listener,
            now,
            sent: Vec::new(),
            carried: 0,
            said: Speech::default(),
            tainted: false,
            closed: false,
            numbers: 0,
        }
    }

    fn say(&mut self, message: Message, compress: Option<bool>) {
        let (opcode, payload) = (message.opcode(), message.payload().to_vec());
        if !self.closed && self.speaker.send_with(message, compress).is_ok() {
            self.note(opcode, &payload);
        }
        self.encode();
    }

    /// A message in fragments, with a Ping between them.
    fn say_in_pieces(&mut self, payload: &[u8], size: usize, ping: bool) {
        if self.closed {
            return;
        }
        let mut pieces = payload.chunks(size.max(1)).peekable();
        let mut opcode = Opcode::BINARY;
        while let Some(piece) = pieces.next() {
            let fin = if pieces.peek().is_some() {
                Fin::More
            } else {
                Fin::Last
            };
            let frame = Frame::new(opcode, piece.to_vec()).fin(fin);
            self.speaker
                .send_frame(self.now, frame)
                .expect("the fragments are in order");
            if ping {
                self.speaker.ping("?").ok();
            }
            opcode = Opcode::CONTINUATION;
            self.encode();
        }
        if !payload.is_empty() {
            self.note(Opcode::BINARY, payload);
        }
    }

    fn control(&mut self, opcode: Opcode, payload: Vec<u8>) {
        if !self.closed {
            match opcode {
                Opcode::PING => self.speaker.ping(payload),
                Opcode::PONG => self.speaker.pong(payload),
                opcode => self.speaker.send_control(opcode, payload),
            }
            .ok();
            self.encode();
        }
    }

    pub(super) fn close(&mut self, payload: ClosePayload) {
        if !self.closed {
            self.closed = true;
            self.speaker.close(self.now, payload).ok();
            self.encode();
        }
    }

    /// Sends bytes as they are.
    fn raw(&mut self, bytes: &[u8]) {
        self.tainted |= !bytes.is_empty();
        self.sent.extend_from_slice(bytes);
    }

    /// Takes the next bytes that arrive.
    pub(super) fn carry(&mut self, bytes: usize) -> Bytes {
        let end = self.sent.len().min(self.carried.saturating_add(bytes));
        let piece = Bytes::copy_from_slice(&self.sent[self.carried..end]);
        self.carried = end;
        piece
    }

    pub(super) const fn bytes_sent(&self) -> usize {
        self.sent.len()
    }

    fn number(&mut self) -> u32 {
        self.numbers += 1;
        self.numbers
    }

    /// What the server sent, which has to be right.
    pub(super) fn listen(&mut self, received: &[u8]) -> Heard {
        let mut buffer = BytesMut::from(received);
        self.listener.handle_input(self.now, &mut buffer);
        let mut heard = Heard::default();
        while let Some(event) = self.listener.poll_event() {
            assert_eq!(heard.close, None, "{event:?} follows the Close frame");
            match event {
                Event::Frame { frame, .. } => {
                    heard.data.frame(frame.opcode, frame.fin, &frame.payload);
                }
                Event::Ping(payload) if payload.len() == crate::speech::HEARTBEAT => {}
                Event::Ping(payload) => heard.control(Opcode::PING, &payload),
                Event::Pong { payload, .. } => heard.pongs.push(payload),
                Event::Control { opcode, payload } => heard.control(opcode, &payload),
                Event::Closing(payload) => heard.close = Some(payload),
                Event::Closed(outcome) => panic!("the server sent nonsense: {outcome:?}"),
                Event::Message(_) | Event::Part(_) | _ => panic!("nobody asked for that"),
            }
        }
        heard
    }

    fn note(&mut self, opcode: Opcode, payload: &[u8]) {
        if !self.tainted {
            self.said.whole(opcode, payload);
        }
    }

    fn encode(&mut self) {
        let queue = self.speaker.transmit();
        let bytes = queue.copy_to_bytes(queue.len());
        self.sent.extend_from_slice(&bytes);
    }
}

/// What the peer heard.
#[derive(Debug, Default)]
pub(super) struct Heard {
    pub(super) data: Speech,
    pub(super) controls: Vec<Said>,
    pub(super) pongs: Vec<Bytes>,
    pub(super) close: Option<ClosePayload>,
}

impl Heard {
    fn control(&mut self, opcode: Opcode, payload: &[u8]) {
        self.controls.push(Said {
            opcode,
            payload: payload.to_vec(),
        });
    }
}
