//! Members of rooms whose books are kept. Whatever the network does to them is
//! judged by the books; what they report themselves is a message that must not
//! have come.

use std::{io, time::Duration};

use tokio::time::{Instant, timeout, timeout_at};
use ws_core::Event;

use super::{Terms, Visit, broken::FAULTS};
use crate::soak::{
    peer::Peer,
    receipt::Receipt,
    stay::{Policy, RoomName, Sort},
    swallow::Swallow,
};

/// Whom somebody is about to visit, and how.
#[derive(Clone)]
struct Errand {
    room: RoomName,
    policy: Policy,
    pace: &'static str,
    terms: Terms,
    blameless: bool,
    /// What it has of the room from before: the last number and its position.
    before: Option<(u64, String)>,
}

impl<'a> Visit<'a> {
    /// Reads all, talks, and leaves.
    pub(super) async fn member(&mut self) -> io::Result<()> {
        let errand = self.errand(true);
        let (mut peer, mut receipt) = self.join(&errand).await?;
        self.talk(&mut peer, &mut receipt).await?;
        settle(peer, receipt).await
    }

    /// Does not read for a while in which much is sent to it.
    pub(super) async fn member_slow(&mut self) -> io::Result<()> {
        let mut errand = self.errand(false);
        errand.terms.narrow = true;
        let (mut peer, mut receipt) = self.join(&errand).await?;
        for _ in 0..self.rng.u32(1..4) {
            peer.send(format!("pour {}", self.rng.u32(20..100))).await?;
            peer.send("say").await?;
            self.pause(2).await;
            if self.rng.bool() {
                listen(&mut peer, &mut receipt, Duration::from_millis(20)).await?;
            }
        }
        settle(peer, receipt).await
    }

    /// Its connection ends in one way or the other.
    pub(super) async fn member_gone(&mut self) -> io::Result<()> {
        let mut errand = self.errand(false);
        errand.pace = "hasty";
        errand.terms.narrow = self.rng.bool();
        let (mut peer, mut receipt) = self.join(&errand).await?;
        self.talk(&mut peer, &mut receipt).await?;
        match self.rng.u8(..3) {
            0 => peer.send("burst 20").await?,
            1 => peer.send("pour 60").await?,
            _ => {}
        }
        self.part(peer, &mut receipt).await
    }

    /// Comes back again and again, and wants what it missed.
    pub(super) async fn member_back(&mut self) -> io::Result<()> {
        let mut errand = self.errand(false);
        errand.room.sort = Sort::Kept;
        errand.policy = Policy::Close;
        for _ in 0..self.rng.u32(1..4) {
            let (mut peer, mut receipt) = self.join(&errand).await?;
            peer.send("say").await?;
            self.talk(&mut peer, &mut receipt).await?;
            let parted = self.part(peer, &mut receipt).await;
            let page = &receipt.page;
            if let (Some(position), true) = (&page.position, page.count > 0) {
                errand.before = Some((page.last, position.clone()));
            }
            if parted.is_err_and(|error| error.kind() == io::ErrorKind::InvalidData) {
                return Err(io::ErrorKind::InvalidData.into());
            }
            drop(receipt);
            self.pause(2).await;
        }
        let (mut peer, mut receipt) = self.join(&errand).await?;
        self.talk(&mut peer, &mut receipt).await?;
        settle(peer, receipt).await
    }

    /// Is sent to from another thread.
    pub(super) async fn member_outside(&mut self) -> io::Result<()> {
        let errand = self.errand(true);
        let (mut peer, mut receipt) = self.join(&errand).await?;
        peer.send(format!("outside {}", self.rng.u32(1..200)))
            .await?;
        self.talk(&mut peer, &mut receipt).await?;
        settle(peer, receipt).await
    }

    /// Is in a room with an actor, which panics now and then.
    pub(super) async fn member_hosted(&mut self) -> io::Result<()> {
        let mut errand = self.errand(true);
        errand.room.sort = Sort::Hosted;
        let (mut peer, mut receipt) = self.join(&errand).await?;
        self.talk(&mut peer, &mut receipt).await?;
        // Seldom: one that panics again and again is waited for ever longer.
        if self.rng.u8(..16) == 0 {
            peer.send("fault").await?;
        }
        self.talk(&mut peer, &mut receipt).await?;
        settle(peer, receipt).await
    }

    /// Has the server's thread block, or its actor not listen.
    pub(super) async fn member_block(&mut self) -> io::Result<()> {
        let errand = self.errand(true);
        let (mut peer, mut receipt) = self.join(&errand).await?;
        self.talk(&mut peer, &mut receipt).await?;
        let milliseconds = self.rng.u32(..100);
        let verb = if self.rng.u8(..4) == 0 {
            "block"
        } else {
            "deaf"
        };
        peer.send(format!("{verb} {milliseconds}")).await?;
        self.talk(&mut peer, &mut receipt).await?;
        settle(peer, receipt).await
    }

    /// Is there still, behind something that passes nothing on.
    pub(super) async fn member_swallowed(&mut self) -> io::Result<()> {
        let mut errand = self.errand(false);
        errand.pace = "hasty";
        let swallow = Swallow::start(self.address).await?;
        let server = std::mem::replace(&mut self.address, swallow.address());
        let joined = self.join(&errand).await;
        self.address = server;
        let (mut peer, mut receipt) = joined?;
        self.talk(&mut peer, &mut receipt).await?;
        swallow.swallow();
        peer.send("say").await?;
        listen(&mut peer, &mut receipt, self.life).await?;
        Ok(())
    }

    /// Anything that a member may want.
    fn errand(&mut self, blameless: bool) -> Errand {
        let sort = Sort::ALL[self.rng.usize(..Sort::ALL.len())];
        let policy = match sort {
            Sort::Kept => Policy::Close,
            Sort::Plain | Sort::Latest | Sort::Hosted => {
                Policy::ALL[self.rng.usize(..Policy::ALL.len())]
            }
        };
        Errand {
            room: RoomName {
                sort,
                number: self.rng.usize(..self.rooms),
            },
            policy,
            pace: "calm",
            terms: Terms {
                compressed: self.rng.bool(),
                ..Terms::default()
            },
            blameless,
            before: None,
        }
    }

    async fn join(&mut self, errand: &Errand) -> io::Result<(Peer, Receipt<'a>)> {
        let Errand { room, policy, .. } = *errand;
        let id = self.rng.u64(..);
        let mut receipt = Receipt::new(self.tally, id, room, policy);
        receipt.page.before.clone_from(&errand.before);
        let since = match &errand.before {
            Some((_, position)) => format!("?since={position}"),
            None => String::new(),
        };
        let path = format!(
            "/{}/{}/{}/{}/{id}{since}",
            errand.pace,
            policy.name(),
            room.sort.name(),
            room.number
        );
        let mut peer = self.open(&path, errand.terms).await?;
        receipt.page.blameless = errand.blameless;
        while receipt.page.others == 0 {
            let greeting = peer.message().await?;
            note(&mut receipt, greeting.payload())?;
        }
        Ok((peer, receipt))
    }

    /// Says something now and then, and reads.
    async fn talk(&mut self, peer: &mut Peer, receipt: &mut Receipt<'_>) -> io::Result<()> {
        for _ in 0..2 {
            for _ in 0..self.rng.u32(..3) {
                peer.send("say").await?;
            }
            if self.rng.u8(..24) == 0 {
                peer.send(format!("burst {}", self.rng.u32(5..60))).await?;
            }
            let pause = (self.life / 4).mul_f64(self.rng.f64() * 2.0);
            listen(peer, receipt, pause).await?;
        }
        Ok(())
    }

    /// Has the connection end.
    async fn part(&mut self, mut peer: Peer, receipt: &mut Receipt<'_>) -> io::Result<()> {
        let command = match self.rng.u8(..13) {
            0 => return peer.reset(),
            1 => return Ok(()),
            2 => {
                let bytes = peer.encode("say".repeat(1000))?;
                return peer.raw(&bytes[..self.rng.usize(1..bytes.len())]).await;
            }
            3 => {
                let (frame, _) = FAULTS[self.rng.usize(..FAULTS.len())];
                peer.raw(frame).await?;
                ""
            }
            4 => {
                peer.end_sending().await?;
                ""
            }
            5 => {
                // Neither reads nor answers, until it is given up or longer.
                self.pause(1).await;
                return peer.reset();
            }
            6 | 7 => return peer.close().await,
            8 => {
                // Both sides, at once.
                peer.send("stop").await?;
                return peer.close().await;
            }
            9 => "panic",
            10 => "terminate",
            11 => "expire 20",
            _ => "stop",
        };
        if !command.is_empty() {
            peer.send(command).await?;
        }
        listen(&mut peer, receipt, LONG).await
    }
}

/// Leaves when all that was said has come, and closes.
async fn settle(mut peer: Peer, mut receipt: Receipt<'_>) -> io::Result<()> {
    while !receipt.page.is_settled() {
        let answered = receipt.page.answered;
        receipt.page.asked += 1;
        peer.send(format!("? {}", receipt.page.asked)).await?;
        let patience = Instant::now() + ANSWER;
        while receipt.page.answered == answered || !receipt.page.is_settled() {
            let Ok(event) = timeout_at(patience, peer.event()).await else {
                // The answer may have been given up, too.
                break;
            };
            hear(&mut receipt, &event?)?;
        }
    }
    peer.send("leave").await?;
    while receipt.page.farewell.is_none() {
        let event = peer.event().await?;
        hear(&mut receipt, &event)?;
    }
    peer.close().await
}

/// Reads for a while.
async fn listen(peer: &mut Peer, receipt: &mut Receipt<'_>, pause: Duration) -> io::Result<()> {
    let heard = async {
        loop {
            let event = peer.event().await?;
            hear(receipt, &event)?;
        }
    };
    timeout(pause, heard).await.unwrap_or(Ok(()))
}

fn hear(receipt: &mut Receipt<'_>, event: &Event) -> io::Result<()> {
    if let Event::Message(message) = event {
        return note(receipt, message.payload());
    }
    if matches!(event, Event::Closed(_)) {
        return Err(io::ErrorKind::ConnectionAborted.into());
    }
    Ok(())
}

fn note(receipt: &mut Receipt<'_>, message: &[u8]) -> io::Result<()> {
    let noted = receipt.note(message);
    noted.map_err(|wrong| io::Error::new(io::ErrorKind::InvalidData, wrong))
}

/// As long as a connection may take to end.
const LONG: Duration = Duration::from_secs(20);
/// How long an answer may take before it is asked for again.
const ANSWER: Duration = Duration::from_secs(3);
