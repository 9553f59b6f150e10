//! Parts of messages, however they arrived.

use ws_core::{Event, Fin, Message, MessagePart, Opcode, Rsv, extension::PartEnd};

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

/// The messages, of text and of bytes, of which parts or frames were told.
pub(crate) fn whole(events: &[Event]) -> Vec<Message> {
    let mut pieces = joined(events);
    for event in events {
        if let Event::Frame { frame, .. } = event {
            let end = match frame.fin {
                Fin::Last => PartEnd::Message,
                Fin::More => PartEnd::Frame,
            };
            pieces.push(Piece {
                opcode: frame.opcode,
                rsv: frame.rsv,
                payload: frame.payload.to_vec(),
                end,
            });
        }
    }
    let mut messages = Vec::new();
    let mut begun: Option<(Opcode, Vec<u8>)> = None;
    for piece in pieces {
        let (_, payload) = begun.get_or_insert((piece.opcode, Vec::new()));
        payload.extend(piece.payload);
        if piece.end == PartEnd::Message
            && let Some((opcode, payload)) = begun.take()
        {
            messages.push(if opcode == Opcode::TEXT {
                let text = String::from_utf8(payload);
                Message::text(text.expect("text is UTF-8"))
            } else {
                Message::binary(payload)
            });
        }
    }
    messages
}
