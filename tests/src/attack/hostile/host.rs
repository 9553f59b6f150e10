//! A server in the hands of an attacker.

use std::io;

use bytes::{Buf, BytesMut};
use tokio::{io::AsyncWriteExt, net::TcpStream};
use ws_core::handshake::{
    ServerHandshake,
    http::{HeadReader, RequestHead},
};

use crate::{
    attack::frames::CLOSE,
    raw::{End, Raw},
};

/// A client that has asked for a WebSocket.
#[derive(Debug)]
pub(super) struct Host {
    pub(super) raw: Raw,
    pub(super) request: RequestHead,
}

/// A frame of the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heard {
    /// Its first byte: the last-frame bit, reserved bits and the opcode.
    pub(super) first: u8,
    pub(super) key: [u8; 4],
    pub(super) payload: Vec<u8>,
}

impl Host {
    /// Reads the request of who has connected.
    pub(super) async fn asked(stream: TcpStream) -> Self {
        Self::over(Raw::over(stream)).await
    }

    /// Reads the next request of who is connected already.
    pub(super) async fn over(mut raw: Raw) -> Self {
        let mut reader = HeadReader::new();
        let mut head = BytesMut::new();
        loop {
            let read = reader.request(&mut head).expect("a client writes heads");
            if let Some(request) = read {
                assert!(head.is_empty(), "it says more than asked: {head:?}");
                return Self { raw, request };
            }
            raw.read().await.expect("a client asks");
            let came = raw.received().len();
            head.extend_from_slice(&raw.take(came));
        }
    }

    /// A field of the request.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.request.headers.iter();
        let (_, value) = fields.find(|(other, _)| other.eq_ignore_ascii_case(name))?;
        str::from_utf8(value).ok()
    }

    /// What answers the key.
    pub(super) fn accept(&self) -> String {
        let acceptance = ServerHandshake::new().accept(self.request.to_request());
        let acceptance = acceptance.expect("a client asks well");
        let mut headers = acceptance.headers();
        let found = headers.find(|(name, _)| *name == "Sec-WebSocket-Accept");
        found.expect("there is an answer").1.to_owned()
    }

    /// The head of a good answer, with these lines behind it.
    pub(super) fn answer(&self, lines: &str) -> String {
        let accept = self.accept();
        format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {accept}\r\n{lines}\r\n"
        )
    }

    /// Opens the connection without extensions.
    pub(super) async fn open(&mut self) {
        let answer = self.answer("");
        self.raw.send(answer).await;
    }

    /// Opens the connection with compression, on the terms that were offered.
    pub(super) async fn open_compressed(&mut self) {
        let answer = self.answer(COMPRESSED);
        self.raw.send(answer).await;
    }

    /// Sends a frame.
    ///
    /// # Errors
    ///
    /// If the client does not take it.
    pub(super) async fn frame(&mut self, first: u8, payload: &[u8]) -> io::Result<()> {
        self.raw.try_send(frame(first, payload)).await
    }

    /// Waits for the next frame.
    ///
    /// # Errors
    ///
    /// How the connection ended, if it did.
    pub(super) async fn hear(&mut self) -> Result<Heard, End> {
        loop {
            if let Some((header, len)) = header(self.raw.received())
                && self.raw.received().len() >= header + len
            {
                let mut frame = self.raw.take(header + len);
                let first = frame[0];
                assert!(frame[1] & 0x80 != 0, "a client masks");
                frame.advance(header - 4);
                let key = [frame[0], frame[1], frame[2], frame[3]];
                let payload = frame[4..].iter().zip(key.iter().cycle());
                return Ok(Heard {
                    first,
                    key,
                    payload: payload.map(|(byte, key)| byte ^ key).collect(),
                });
            }
            self.raw.read().await?;
        }
    }

    /// The code of the client's Close frame, or how it ended without one. What
    /// comes before is passed over.
    pub(super) async fn code(&mut self) -> String {
        loop {
            match self.hear().await {
                Ok(heard) if heard.first == CLOSE => {
                    return match heard.payload.first_chunk() {
                        Some(code) => u16::from_be_bytes(*code).to_string(),
                        None => "1005".to_owned(),
                    };
                }
                Ok(_) => {}
                Err(End::Eof) => return "eof".to_owned(),
                Err(End::Reset) => return "reset".to_owned(),
            }
        }
    }

    /// The same, and ends TCP, and waits until the client has said its last byte.
    pub(super) async fn last_code(mut self) -> String {
        let code = self.code().await;
        if ["eof", "reset"].contains(&&*code) {
            return code;
        }
        // The client may have ended it already.
        self.raw.halves().1.shutdown().await.ok();
        match self.raw.rest().await {
            (rest, _) if rest.is_empty() => code,
            (rest, _) => format!("{code}, and {} bytes behind it", rest.len()),
        }
    }
}

/// A frame, not masked.
pub(super) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = announced(first, payload.len() as u64);
    frame.extend_from_slice(payload);
    frame
}

/// The header of a frame that announces so many bytes, in the shortest form.
pub(super) fn announced(first: u8, len: u64) -> Vec<u8> {
    let mut header = vec![first];
    if let Ok(len) = u8::try_from(len)
        && len < 126
    {
        header.push(len);
    } else if let Ok(len) = u16::try_from(len) {
        header.push(126);
        header.extend_from_slice(&len.to_be_bytes());
    } else {
        header.push(127);
        header.extend_from_slice(&len.to_be_bytes());
    }
    header
}

/// The lengths of a masked frame's header and of its payload, once the header
/// is here.
fn header(bytes: &[u8]) -> Option<(usize, usize)> {
    let &[_, len, ref rest @ ..] = bytes else {
        return None;
    };
    let (header, len) = match len & 0x7f {
        126 => (8, u64::from(u16::from_be_bytes(*rest.first_chunk()?))),
        127 => (14, u64::from_be_bytes(*rest.first_chunk()?)),
        len => (6, u64::from(len)),
    };
    let whole = bytes.len() >= header;
    whole.then(|| (header, usize::try_from(len).unwrap_or(usize::MAX)))
}

/// The line that agrees to compression.
pub(super) const COMPRESSED: &str = "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=12; client_max_window_bits=12\r\n";
