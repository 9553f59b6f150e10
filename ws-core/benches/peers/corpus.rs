//! The messages of a row, and the bytes they come in.

use bytes::Bytes;
use flate2::{Compress, Compression, FlushCompress};

use crate::{
    rows::{Direction, Kind, Row},
    wire,
};

pub(crate) struct Corpus {
    /// Messages that differ, so that an old one is not taken for a new one.
    /// They come round and round.
    pub(crate) payloads: Vec<Bytes>,
    /// What a peer sends, whole messages that can be read in a circle. Empty
    /// for rows that send.
    pub(crate) wire: Bytes,
    /// Of compressed rows: the messages in `wire`, as they are encoded.
    pub(crate) encoded: Vec<Bytes>,
}

impl Corpus {
    pub(crate) fn new(row: &Row) -> Self {
        // As many different ones as the cache of a first level would not hold.
        let count = (64 * 1024 / row.size).clamp(2, 64);
        let payloads: Vec<Bytes> = (0..count).map(|i| payload(row, i).into()).collect();
        let mut corpus = Self {
            payloads,
            wire: Bytes::new(),
            encoded: Vec::new(),
        };
        if row.direction == Direction::Receive {
            corpus.receive(row);
        }
        corpus
    }

    fn receive(&mut self, row: &Row) {
        let rounds = (WIRE / (row.size * self.payloads.len())).max(1);
        let mut compress = row.deflate.map(|deflate| {
            (
                deflate,
                Compress::new(Compression::new(deflate.level), false),
            )
        });
        let mut wire = Vec::new();
        for index in 0..rounds * self.payloads.len() {
            let payload = &self.payloads[index % self.payloads.len()];
            let mask = row
                .masked
                .then(|| (index as u32 ^ 0x37fa_213d).to_be_bytes());
            match &mut compress {
                Some((deflate, compress)) => {
                    if !deflate.takeover {
                        compress.reset();
                    }
                    let encoded = deflated(compress, payload);
                    wire::frame(&mut wire, 0xc0 | row.opcode(), mask, &encoded);
                    self.encoded.push(encoded.into());
                }
                None => {
                    let len = row.size / row.fragments;
                    for (i, fragment) in payload.chunks(len).enumerate() {
                        let fin = if i + 1 == row.fragments { 0x80 } else { 0 };
                        let opcode = if i == 0 { row.opcode() } else { 0 };
                        wire::frame(&mut wire, fin | opcode, mask, fragment);
                    }
                }
            }
        }
        self.wire = wire.into();
    }
}

/// RFC 7692 §7.2.1: flushed, without the four bytes that all would end with.
fn deflated(compress: &mut Compress, payload: &[u8]) -> Vec<u8> {
    let mut output = Vec::with_capacity(payload.len() + 64);
    compress
        .compress_vec(payload, &mut output, FlushCompress::Sync)
        .expect("a stream that is whole goes on");
    assert!(output.ends_with(&[0, 0, 0xff, 0xff]), "there was room");
    output.truncate(output.len() - 4);
    output
}

fn payload(row: &Row, index: usize) -> Vec<u8> {
    match row.kind {
        Kind::Binary => (0..row.size)
            .map(|i| ((i * 31) ^ (index * 7) ^ (i >> 8)) as u8)
            .collect(),
        Kind::Text | Kind::TextBytes => text(row.size, index).into_bytes(),
    }
}

/// JSON as applications send it: mostly ASCII, here and there something else.
fn text(size: usize, index: usize) -> String {
    let mut text = format!("{index:02}[");
    let mut seed = index as u32 + 1;
    while text.len() < size {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (id, price) = (seed >> 12, seed >> 20);
        text += &format!("{{\"id\":{id},\"price\":{price}.25,\"side\":\"buy\",\"account\":\"");
        text += ["Zoë", "Jane", "Max", "Ada"][(seed >> 30) as usize];
        text += "\",\"open\":true},";
    }
    let mut len = size;
    while !text.is_char_boundary(len) {
        len -= 1;
    }
    text.truncate(len);
    text.extend(std::iter::repeat_n(' ', size - len));
    text
}

/// About how many bytes of payload the wire holds: more than one read, and small
/// enough for a second-level cache, as what a network card has just written is.
const WIRE: usize = 256 * 1024;
