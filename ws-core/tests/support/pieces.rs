//! Parts of messages, however they arrived.

use ws_core::{Event, MessagePart, Opcode, Rsv, extension::PartEnd};

/// What parts say of one frame, or of its start if the rest never came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) opcode: Opcode,
    pub(crate) rsv: Rsv,
    pub(crate) payload: Vec<u8>,
    pub(crate) end: PartEnd,
}

pub(crate) fn parts(events: &[Event]) -> Vec<&MessagePart> {
    let mut parts = Vec::new();
    for event in events {
        if let Event::Part(part) = event {
            parts.push(part);
        }
    }
    parts
}

/// The parts of each frame joined.
pub(crate) fn joined(events: &[Event]) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for part in parts(events) {
        match pieces.last_mut() {
            Some(piece) if piece.end == PartEnd::Part => {
                assert_eq!((piece.opcode, piece.rsv), (part.opcode, part.rsv));
                piece.payload.extend_from_slice(&part.payload);
                piece.end = part.end;
            }
            _ => pieces.push(Piece {
                opcode: part.opcode,
                rsv: part.rsv,
                payload: part.payload.to_vec(),
                end: part.end,
            }),
        }
    }
    pieces
}
