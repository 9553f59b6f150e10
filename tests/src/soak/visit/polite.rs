//! Visitors who do nothing wrong.

use std::io;

use ws_core::{CloseCode, Event};

use super::{Terms, Visit};
use crate::soak::{ledger::ROOMS, peer::other};

impl Visit<'_> {
    pub(super) async fn echo(&mut self, compressed: bool) -> io::Result<()> {
        let terms = Terms {
            compressed,
            ..Terms::default()
        };
        let mut peer = self.calm(terms).await?;
        self.converse(&mut peer).await?;
        peer.close().await
    }

    pub(super) async fn large(&mut self) -> io::Result<()> {
        let terms = Terms {
            // Seldom: it keeps all clients waiting, in a debug build.
            compressed: self.rng.u8(..8) == 0,
            ..Terms::default()
        };
        let mut peer = self.calm(terms).await?;
        let text = "large ".repeat(self.rng.usize(20_000..170_000));
        self.ask(&mut peer, text).await?;
        self.pause(1).await;
        peer.close().await
    }

    pub(super) async fn trickle(&mut self) -> io::Result<()> {
        let terms = Terms {
            slow: true,
            ..Terms::default()
        };
        let mut peer = self.calm(terms).await?;
        let text = self.text(1..30);
        for byte in peer.encode(text.clone())? {
            peer.raw(&[byte]).await?;
            tokio::task::yield_now().await;
        }
        self.tally.note_sent();
        if peer.message().await?.payload() != text.as_bytes() {
            return Err(io::ErrorKind::InvalidData.into());
        }
        self.tally.note_returned();
        peer.close().await
    }

    pub(super) async fn stop(&mut self) -> io::Result<()> {
        let mut peer = self.calm(Terms::default()).await?;
        self.converse(&mut peer).await?;
        peer.send("!stop").await?;
        peer.closed_with(&[CloseCode::NORMAL]).await?;
        peer.ended().await
    }

    pub(super) async fn letter(&mut self) -> io::Result<()> {
        let mut peer = self.calm(Terms::default()).await?;
        for _ in 0..3 {
            peer.send("!letter").await?;
            peer.message().await?;
            self.pause(3).await;
        }
        // Letters that nobody will read.
        for _ in 0..3 {
            peer.send("!letter").await?;
        }
        peer.close().await
    }

    pub(super) async fn handle(&mut self) -> io::Result<()> {
        let mut peer = self.calm(Terms::default()).await?;
        for _ in 0..3 {
            peer.send("!handle").await?;
            self.pause(3).await;
        }
        peer.close().await
    }

    pub(super) async fn ping_flood(&mut self) -> io::Result<()> {
        let mut peer = self.calm(Terms::default()).await?;
        let pings = self.rng.u32(100..2000);
        for _ in 0..pings {
            peer.ping().await?;
        }
        // Pongs may be left out for newer Pings (§5.5.3), but not the last.
        if !matches!(peer.event().await?, Event::Pong { .. }) {
            return Err(other("no Pong came"));
        }
        self.converse(&mut peer).await?;
        peer.close().await
    }

    pub(super) async fn room(&mut self) -> io::Result<()> {
        let room = ROOMS[self.rng.usize(..ROOMS.len())];
        let mut peer = self
            .open(&format!("/calm/{room}"), Terms::default())
            .await?;
        for _ in 0..3 {
            let text = self.text(1..30);
            peer.send(text.clone()).await?;
            self.tally.note_sent();
            // Others talk, too.
            while peer.message().await?.payload() != text.as_bytes() {}
            self.tally.note_returned();
        }
        if self.rng.bool() {
            peer.send("leave").await?;
            while peer.message().await?.payload() != b"left" {}
        }
        peer.close().await
    }

    pub(super) async fn panic(&mut self) -> io::Result<()> {
        let mut peer = self.calm(Terms::default()).await?;
        self.converse(&mut peer).await?;
        peer.send("!panic").await?;
        peer.closed_with(&[CloseCode::INTERNAL_ERROR]).await?;
        peer.ended().await
    }

    pub(super) async fn panic_later(&mut self) -> io::Result<()> {
        let mut peer = self.calm(Terms::default()).await?;
        peer.send("!panic later").await?;
        self.converse(&mut peer).await?;
        peer.close().await
    }
}
