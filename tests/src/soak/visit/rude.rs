//! Visitors who leave without a word, or say none, or do not listen. Whatever
//! becomes of their connections is well, once it is over.

use std::{io, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};

use super::{Terms, Visit};
use crate::{
    request::Request,
    soak::{
        ledger::ROOMS,
        peer::{Peer, connect},
    },
};

impl Visit<'_> {
    pub(super) async fn vanish(&mut self) -> io::Result<()> {
        let mut peer = self.hasty(Terms::default()).await?;
        self.converse(&mut peer).await
    }

    pub(super) async fn reset(&mut self) -> io::Result<()> {
        let compressed = self.rng.bool();
        let terms = Terms {
            compressed,
            ..Terms::default()
        };
        let mut peer = self.hasty(terms).await?;
        self.converse(&mut peer).await?;
        if self.rng.bool() {
            peer.send("!flood").await?;
        }
        peer.reset()
    }

    pub(super) async fn cut_short(&mut self) -> io::Result<()> {
        let compressed = self.rng.bool();
        let terms = Terms {
            compressed,
            ..Terms::default()
        };
        let mut peer = self.hasty(terms).await?;
        let text = self.text(5_000..50_000);
        let bytes = peer.encode(text)?;
        peer.raw(&bytes[..self.rng.usize(1..bytes.len())]).await?;
        self.pause(1).await;
        self.leave(peer)
    }

    pub(super) async fn half_close(&mut self) -> io::Result<()> {
        let mut peer = self.hasty(Terms::default()).await?;
        self.converse(&mut peer).await?;
        if self.rng.bool() {
            peer.send("!flood").await?;
        }
        peer.end_sending().await?;
        peer.drained().await;
        Ok(())
    }

    pub(super) async fn silent(&mut self) -> io::Result<()> {
        let mut peer = self.hasty(Terms::default()).await?;
        self.converse(&mut peer).await?;
        self.pause(1).await;
        self.leave(peer)
    }

    pub(super) async fn mute(&mut self) -> io::Result<()> {
        self.tally.note_connection();
        let stream = connect(self.address, Terms::default()).await?;
        self.pause(1).await;
        if self.rng.bool() {
            stream.set_zero_linger()?;
        }
        Ok(())
    }

    pub(super) async fn half_handshake(&mut self) -> io::Result<()> {
        self.tally.note_connection();
        let mut stream = connect(self.address, Terms::default()).await?;
        let request = Request::upgrade("/hasty").to_bytes();
        let sent = self.rng.usize(..=request.len());
        stream.write_all(&request[..sent]).await?;
        if self.rng.bool() {
            self.pause(1).await;
        }
        if self.rng.bool() {
            stream.set_zero_linger()?;
        }
        Ok(())
    }

    pub(super) async fn refused(&mut self) -> io::Result<()> {
        self.tally.note_connection();
        let mut stream = connect(self.address, Terms::default()).await?;
        let upgrade = Request::upgrade("/hasty");
        let requests = [
            Request::upgrade("/nowhere"),
            Request::get("/hasty"),
            upgrade.clone().with("Sec-WebSocket-Version", "8"),
            upgrade.clone().without("Sec-WebSocket-Key"),
            upgrade.clone().method("POST").body("no"),
            upgrade.with("Origin", "http://evil.example"),
        ];
        let request = &requests[self.rng.usize(..requests.len())];
        stream.write_all(&request.to_bytes()).await?;
        stream.read_u8().await.map(drop)
    }

    pub(super) async fn stall(&mut self) -> io::Result<()> {
        let mut peer = self.hasty(NARROW).await?;
        for _ in 0..self.rng.u32(1..4) {
            peer.send("!flood").await?;
        }
        self.pause(1).await;
        self.leave(peer)
    }

    pub(super) async fn stream(&mut self) -> io::Result<()> {
        let mut peer = self.hasty(NARROW).await?;
        peer.send("!stream").await?;
        if self.rng.bool() {
            let some = Duration::from_millis(self.rng.u64(..50));
            timeout(some, peer.event()).await.ok();
        }
        self.pause(1).await;
        self.leave(peer)
    }

    pub(super) async fn wait(&mut self) -> io::Result<()> {
        let mut peer = self.hasty(Terms::default()).await?;
        let wait = self.life.as_millis() as u64 * self.rng.u64(..3);
        peer.send(format!("!wait {wait}")).await?;
        // At least one, as an answer may be waited for.
        for _ in 0..self.rng.u32(1..100) {
            peer.send(self.text(1..100)).await?;
            peer.ping().await?;
        }
        match self.rng.u8(..3) {
            0 => peer.message().await.and_then(|_| self.leave(peer)),
            1 => peer.close().await,
            _ => self.leave(peer),
        }
    }

    pub(super) async fn terminate(&mut self) -> io::Result<()> {
        let mut peer = self.hasty(Terms::default()).await?;
        self.converse(&mut peer).await?;
        peer.send("!terminate").await?;
        peer.drained().await;
        Ok(())
    }

    pub(super) async fn linger(&mut self) -> io::Result<()> {
        let mut peer = self.hasty(Terms::default()).await?;
        peer.send("!linger").await?;
        peer.message().await?;
        self.pause(1).await;
        match self.rng.u8(..4) {
            0 => peer.close().await,
            1 => {
                peer.send("!panic").await?;
                peer.drained().await;
                Ok(())
            }
            2 => {
                peer.send("!stop").await?;
                peer.closed().await.map(drop)
            }
            _ => self.leave(peer),
        }
    }

    pub(super) async fn room_vanish(&mut self) -> io::Result<()> {
        let room = ROOMS[self.rng.usize(..ROOMS.len())];
        let mut peer = self.open(&format!("/hasty/{room}"), NARROW).await?;
        peer.send(self.text(1..30)).await?;
        if self.rng.bool() {
            peer.message().await?;
        }
        self.pause(1).await;
        if self.rng.u8(..4) == 0 {
            peer.send("!panic").await?;
        }
        self.leave(peer)
    }

    /// Is gone, in one way or the other.
    fn leave(&mut self, peer: Peer) -> io::Result<()> {
        if self.rng.bool() {
            peer.reset()
        } else {
            Ok(())
        }
    }
}

const NARROW: Terms = Terms {
    compressed: false,
    narrow: true,
    slow: false,
};
