use std::time::Instant;

use bytes::BytesMut;
use ws_core::{
    Config, Entropy,
    extension::deflate::Deflate,
    handshake::{
        Answer, ClientHandshake, ClientOpening, OpeningError, Response, WebSocketUrl,
        http::{HeadError, HeadReader, ResponseHead},
    },
};

/// The head, and what stays of the input.
pub(super) fn read(
    limit: usize,
    cut: &[&[u8]],
) -> Result<Option<(ResponseHead, Vec<u8>)>, HeadError> {
    let mut reader = HeadReader::new().max_bytes(limit);
    let mut input = BytesMut::new();
    let mut head = None;
    for piece in cut {
        input.extend_from_slice(piece);
        if head.is_none() {
            head = reader.response(&mut input)?;
        }
        let waits = head.is_none() && input.len() > limit.max(1);
        assert!(!waits, "too much is waited for");
    }
    Ok(head.map(|head| (head, input.to_vec())))
}

/// What a client's opening handshake comes to.
#[derive(Debug, PartialEq)]
pub(super) enum Opened {
    /// With this subprotocol; the rest of the input is the connection's.
    Open(Option<String>, Vec<u8>),
    Refused(Response),
    Failed(OpeningError),
}

/// What a client makes of these pieces and of the stream's end.
pub(super) fn open(cut: &[&[u8]]) -> Opened {
    let now = Instant::now();
    let url = WebSocketUrl::parse("ws://server.example.com/chat").expect("a URL");
    let opening = ClientOpening::new(now, &url, handshake(), Config::new());
    let mut opening = opening.expect("our own fields can be written");
    let mut input = BytesMut::new();
    let mut pieces = cut.iter();
    let answer = loop {
        let Some(piece) = pieces.next() else {
            break opening.handle_eof();
        };
        input.extend_from_slice(piece);
        match opening.handle_input(now, &mut input) {
            Ok(None) => {}
            Ok(Some(answer)) => break Ok(answer),
            Err(error) => break Err(error),
        }
    };
    match answer {
        Ok(Answer::Open(connection)) => {
            for piece in pieces {
                input.extend_from_slice(piece);
            }
            let subprotocol = connection.subprotocol().map(str::to_owned);
            Opened::Open(subprotocol, input.to_vec())
        }
        Ok(Answer::Refused(response)) => {
            assert!(response.body.len() <= 64 * 1024, "the body is too long");
            Opened::Refused(response)
        }
        Err(error) => Opened::Failed(error),
    }
}

/// A client with the key of the RFC's example (RFC 6455 §1.3).
fn handshake() -> ClientHandshake {
    let entropy = Entropy::from_source(|bytes| {
        for chunk in bytes.chunks_mut(16) {
            chunk.copy_from_slice(&b"the sample nonce"[..chunk.len()]);
        }
    });
    let client = ClientHandshake::new("server.example.com", entropy).extension(Deflate::new());
    client.subprotocols(["chat", "superchat"]).expect("tokens")
}
