use std::{collections::BTreeMap, io};

use super::frames::{CLOSE, PING, frame};
use crate::{
    raw::{End, Raw},
    request::Request,
};

/// A WebSocket in the hands of an attacker: frames in any form, and what the
/// server says to them.
#[derive(Debug)]
pub struct Line {
    raw: Raw,
    /// A Close frame was sent.
    closing: bool,
}

/// A frame of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "the RFC knows no other part")]
pub struct Heard {
    /// Its first byte: the last-frame bit, reserved bits and the opcode.
    pub first: u8,
    /// Its payload data.
    pub payload: Vec<u8>,
}

impl Line {
    /// Sends the request of an opening handshake, and waits for 101.
    pub async fn open(mut raw: Raw, request: &Request) -> Self {
        let response = raw.ask(request).await;
        assert!(response.status.starts_with("HTTP/1.1 101 "), "{response:?}");
        Self {
            raw,
            closing: false,
        }
    }

    /// The connection below.
    pub const fn raw(&mut self) -> &mut Raw {
        &mut self.raw
    }

    /// Ends the connection by a reset.
    pub fn reset(self) {
        self.raw.reset();
    }

    /// Sends a frame with this first byte, masked.
    pub async fn frame(&mut self, first: u8, payload: &[u8]) {
        self.closing |= first == CLOSE;
        self.raw.send(frame(first, payload)).await;
    }

    /// Sends bytes, which the server may refuse by ending the connection.
    ///
    /// # Errors
    ///
    /// If it does.
    pub async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.raw.try_send(bytes).await
    }

    /// Waits for the next frame; `Err` tells how the connection ended.
    ///
    /// # Errors
    ///
    /// If it ended.
    pub async fn hear(&mut self) -> Result<Heard, End> {
        loop {
            if let Some((header, len)) = header(self.raw.received())
                && self.raw.received().len() >= header + len
            {
                let frame = self.raw.take(header + len);
                return Ok(Heard {
                    first: frame[0],
                    payload: frame[header..].to_vec(),
                });
            }
            self.raw.read().await?;
        }
    }

    /// Waits for the next message, in one frame. Only Pings may come before, as
    /// they do where the machine is slow.
    pub async fn message(&mut self) -> Vec<u8> {
        let heard = loop {
            let heard = self.hear().await.expect("a message comes before the end");
            if heard.first != PING {
                break heard;
            }
        };
        assert!(matches!(heard.first & 0xf, 1 | 2), "{heard:?}");
        heard.payload
    }

    /// What the server answers in the end: the code of its Close frame, behind
    /// which TCP ends in good order, or `eof` or `reset` without one.
    pub async fn answer(&mut self) -> String {
        let heard = loop {
            match self.hear().await {
                Ok(heard) if heard.first == CLOSE => break heard,
                Ok(_) => {}
                Err(End::Eof) => return "eof".to_owned(),
                Err(End::Reset) => return "reset".to_owned(),
            }
        };
        let code = match heard.payload.first_chunk() {
            Some(code) => u16::from_be_bytes(*code).to_string(),
            None => "1005".to_owned(),
        };
        if !self.closing {
            let code_back = &heard.payload[..heard.payload.len().min(2)];
            self.send(&frame(CLOSE, code_back)).await.ok();
        }
        match self.raw.rest().await {
            (rest, End::Eof) if rest.is_empty() => code,
            (rest, end) if rest.is_empty() => format!("{code}, {end:?}"),
            (rest, _) => format!("{code}, and {} bytes behind it", rest.len()),
        }
    }

    /// Closes with 1000, and waits until the server has as well.
    pub async fn close(mut self) {
        self.frame(CLOSE, &1000_u16.to_be_bytes()).await;
        assert_eq!(self.answer().await, "1000");
    }

    /// Whether something came that was not looked at yet; waits for nothing.
    pub async fn has_heard(&mut self) -> bool {
        self.raw.has_come().await
    }

    /// Whether the server still answers: a Ping by its Pong, behind all that was
    /// said before.
    pub async fn is_alive(&mut self) -> bool {
        if self.send(&frame(PING, b"alive?")).await.is_err() {
            return false;
        }
        loop {
            match self.hear().await {
                Ok(heard) if heard.payload == b"alive?" => return true,
                Ok(_) => {}
                Err(_) => return false,
            }
        }
    }
}

/// The lengths of a header and of its payload, once the header is here.
fn header(bytes: &[u8]) -> Option<(usize, usize)> {
    let &[_, len, ref rest @ ..] = bytes else {
        return None;
    };
    match len {
        126 => {
            let len = rest.first_chunk()?;
            Some((4, u16::from_be_bytes(*len).into()))
        }
        127 => {
            let len = rest.first_chunk()?;
            Some((10, u64::from_be_bytes(*len) as usize))
        }
        len => Some((2, len.into())),
    }
}

/// Answers of many connections as one: `1009` if all are, `1009 ×3, reset ×1`
/// if not.
#[must_use]
pub fn answers(answers: impl IntoIterator<Item = String>) -> String {
    let mut counts = BTreeMap::new();
    for answer in answers {
        *counts.entry(answer).or_insert(0) += 1;
    }
    if counts.len() == 1 {
        return counts.into_keys().collect();
    }
    let counts = counts.into_iter();
    let counts: Vec<_> = counts
        .map(|(answer, count)| format!("{answer} ×{count}"))
        .collect();
    counts.join(", ")
}
