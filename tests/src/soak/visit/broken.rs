//! Visitors who break the protocol, and have to be told so.

use std::{cell::Cell, io};

use ws_core::CloseCode;

use super::{Terms, Visit};

impl Visit<'_> {
    pub(super) async fn broken(&mut self) -> io::Result<()> {
        let mut peer = self.calm(Terms::default()).await?;
        self.converse(&mut peer).await?;
        let (frame, code) = FAULTS[self.rng.usize(..FAULTS.len())];
        peer.raw(frame).await?;
        if self.rng.bool() {
            // What follows a fault is not looked at, and does not hide the code.
            peer.raw(&[0x55; 10_000]).await?;
        }
        peer.closed_with(&[code]).await?;
        if self.rng.bool() {
            peer.end_sending().await?;
            peer.drained().await;
        }
        Ok(())
    }

    pub(super) async fn broken_deflate(&mut self) -> io::Result<()> {
        let terms = Terms {
            compressed: true,
            ..Terms::default()
        };
        let mut peer = self.calm(terms).await?;
        if self.rng.bool() {
            // Made once, as the first message of a connection.
            let made = BOMB.take();
            let bomb = match made.is_empty() {
                true => peer.encode(vec![0; 4 << 20])?,
                false => made,
            };
            BOMB.set(bomb.clone());
            peer.raw(&bomb).await?;
            return peer.closed_with(&[CloseCode::MESSAGE_TOO_BIG]).await;
        }
        self.converse(&mut peer).await?;
        // A block of a kind that there is not.
        peer.raw(&[0xc1, 0x84, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff])
            .await?;
        let codes = [CloseCode::PROTOCOL_ERROR, CloseCode::INVALID_PAYLOAD];
        peer.closed_with(&codes).await
    }
}

thread_local! {
    /// Small on the wire, 4 MiB inflated.
    static BOMB: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Frames that no client may send, and the codes that answer them. Those that
/// are masked have a key of zeros.
pub(super) const FAULTS: [(&[u8], CloseCode); 11] = [
    // not masked
    (b"\x81\x02hi", CloseCode::PROTOCOL_ERROR),
    // text that is not UTF-8
    (b"\x81\x81\0\0\0\0\xff", CloseCode::INVALID_PAYLOAD),
    // opcode 3
    (b"\x83\x80\0\0\0\0", CloseCode::PROTOCOL_ERROR),
    // a reserved bit
    (b"\xa1\x80\0\0\0\0", CloseCode::PROTOCOL_ERROR),
    // a Ping in fragments
    (b"\x09\x80\0\0\0\0", CloseCode::PROTOCOL_ERROR),
    // a continuation of nothing
    (b"\x80\x80\0\0\0\0", CloseCode::PROTOCOL_ERROR),
    // a Ping of 126 bytes
    (b"\x89\xfe\0\x7e\0\0\0\0", CloseCode::PROTOCOL_ERROR),
    // a length in more bytes than it needs
    (b"\x82\xfe\0\x01\0\0\0\0", CloseCode::PROTOCOL_ERROR),
    // 2 MiB
    (
        b"\x82\xff\0\0\0\0\0\x20\0\0\0\0\0\0",
        CloseCode::MESSAGE_TOO_BIG,
    ),
    // half a close code
    (b"\x88\x81\0\0\0\0\x03", CloseCode::PROTOCOL_ERROR),
    // close code 1005
    (b"\x88\x82\0\0\0\0\x03\xed", CloseCode::PROTOCOL_ERROR),
];
