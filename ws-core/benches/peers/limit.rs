//! The limit: what nobody can do without, and nothing else.
//!
//! A payload has to come from the network, or to get there: one copy. Masking
//! is one XOR pass over it. For compressed rows it is zlib-rs alone, without
//! any frame around it.

use bytes::Bytes;
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};

use crate::{
    app::App,
    corpus::Corpus,
    peers::{Cycle, Runner},
    pipe::{CHUNK, Pipe},
    rows::{Direction, Row},
};

pub(crate) fn enter(row: &Row, corpus: &Corpus, _: Pipe) -> Option<Box<dyn Runner>> {
    Some(match (row.deflate, row.direction) {
        (Some(deflate), Direction::Receive) => Box::new(Inflating {
            inflate: Decompress::new(false),
            takeover: deflate.takeover,
            messages: Cycle::new(corpus.encoded.clone()),
            output: Vec::with_capacity(row.size + 64),
        }),
        (Some(deflate), Direction::Send) => Box::new(Deflating {
            deflate: Compress::new(Compression::new(deflate.level), false),
            takeover: deflate.takeover,
            messages: Cycle::new(corpus.payloads.clone()),
            output: Vec::with_capacity(row.size + 64),
        }),
        (None, _) => Box::new(Copying::new(row, corpus)),
    })
}

struct Copying {
    messages: Cycle<Bytes>,
    to: Vec<u8>,
    /// Where in `to` the next message goes, and where the first of all did.
    at: usize,
    start: usize,
    /// How much of `to` is used, in bytes.
    room: usize,
    masked: bool,
}

impl Copying {
    fn new(row: &Row, corpus: &Corpus) -> Self {
        let (messages, room) = match row.direction {
            // The transport takes all in one place.
            Direction::Send => (corpus.payloads.clone(), CHUNK),
            // Wherever in the wire: a copy does not care for headers. But a
            // message is to lie in one piece.
            Direction::Receive => {
                let count = corpus.wire.len() / row.size;
                let pieces =
                    (0..count).map(|i| corpus.wire.slice(i * row.size..(i + 1) * row.size));
                (pieces.collect(), CHUNK.max(row.size))
            }
        };
        Self {
            messages: Cycle::new(messages),
            to: vec![0; room + PAGE],
            at: room,
            start: 0,
            room,
            masked: row.masked,
        }
    }
}

impl Runner for Copying {
    fn run(&mut self, messages: usize, app: &mut App) {
        for number in 0..messages {
            let message = self.messages.next();
            // What does not fit the cache is masked while it is there.
            for from in message.chunks(CHUNK) {
                if self.at + from.len() > self.start + self.room {
                    // Half a page from where it comes: at the same place of
                    // another page, loads would wait for the stores before.
                    let apart = from.as_ptr().addr() + PAGE / 2;
                    self.start = apart.wrapping_sub(self.to.as_ptr().addr()) % PAGE;
                    self.at = self.start;
                }
                let to = &mut self.to[self.at..self.at + from.len()];
                self.at += from.len();
                to.copy_from_slice(from);
                if self.masked {
                    xor(number as u32, to);
                }
            }
            hand_over(app, message);
        }
    }
}

struct Inflating {
    inflate: Decompress,
    takeover: bool,
    messages: Cycle<Bytes>,
    output: Vec<u8>,
}

impl Runner for Inflating {
    fn run(&mut self, messages: usize, app: &mut App) {
        for _ in 0..messages {
            if !self.takeover {
                self.inflate.reset(false);
            }
            self.output.clear();
            for part in [self.messages.next(), &TAIL[..]] {
                self.inflate
                    .decompress_vec(part, &mut self.output, FlushDecompress::Sync)
                    .expect("the corpus is a stream");
            }
            hand_over(app, &self.output);
        }
    }
}

struct Deflating {
    deflate: Compress,
    takeover: bool,
    messages: Cycle<Bytes>,
    output: Vec<u8>,
}

impl Runner for Deflating {
    fn run(&mut self, messages: usize, app: &mut App) {
        for _ in 0..messages {
            if !self.takeover {
                self.deflate.reset();
            }
            self.output.clear();
            self.deflate
                .compress_vec(self.messages.next(), &mut self.output, FlushCompress::Sync)
                .expect("a stream that is whole goes on");
            hand_over(app, &self.output);
        }
    }
}

fn hand_over(app: &mut App, payload: &[u8]) {
    // Not checked, so its kind is of no matter.
    app.binary(payload);
}

/// Masks a payload, with the widest vectors of this machine if that pays.
fn xor(key: u32, payload: &mut [u8]) {
    if payload.len() < 512 {
        xor_words(key, payload);
    } else {
        pulp::Arch::new().dispatch(Xor { key, payload });
    }
}

struct Xor<'a> {
    key: u32,
    payload: &'a mut [u8],
}

impl pulp::WithSimd for Xor<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        xor_words(self.key, self.payload);
    }
}

#[inline(always)]
fn xor_words(key: u32, payload: &mut [u8]) {
    let (words, rest) = payload.as_chunks_mut::<4>();
    for word in words {
        *word = (u32::from_ne_bytes(*word) ^ key).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(key.to_ne_bytes()) {
        *byte ^= key;
    }
}

/// The distance at which processors take two addresses for one, in bytes.
const PAGE: usize = 4096;
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];
