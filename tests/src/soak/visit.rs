use std::{io, net::SocketAddr, time::Duration};

use fastrand::Rng;
use tokio::time::{Instant, sleep, timeout};

use super::{
    peer::{Peer, Terms},
    session,
    tally::Tally,
};

mod broken;
mod members;
mod polite;
mod rude;

/// What a client does with its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, clap::ValueEnum)]
#[non_exhaustive]
pub enum Kind {
    /// Asks, and closes.
    Echo,
    /// The same, compressed.
    Compressed,
    /// Messages of up to 1 MiB.
    Large,
    /// One byte at a time.
    Trickle,
    /// Has the server close.
    Stop,
    /// Takes the way through the actor's mailbox.
    Letter,
    /// Speaks over handles of others, who may be gone.
    Handle,
    /// Pings, and reads none of the Pongs before the last is asked for.
    PingFlood,
    /// Joins a room, talks, leaves and closes.
    Room,
    /// An actor of ws-actors that is thrown out, and comes back.
    Session,
    /// Breaks the protocol.
    Broken,
    /// Breaks the protocol of permessage-deflate, or sends a bomb.
    BrokenDeflate,
    /// Has the actor panic.
    Panic,
    /// Has the actor panic when it hears of the end.
    PanicLater,
    /// Sends a FIN, everything else done.
    Vanish,
    /// Sends a reset.
    Reset,
    /// Is gone in the middle of a message.
    CutShort,
    /// Sends no more, and reads on.
    HalfClose,
    /// Neither sends nor reads.
    Silent,
    /// Connects, and says nothing.
    Mute,
    /// Is gone, or stays, in the middle of the opening handshake.
    HalfHandshake,
    /// Asks for what there is not.
    Refused,
    /// Asks for 2 MiB and reads none of it.
    Stall,
    /// Asks for a message without end, and reads some of it.
    Stream,
    /// Has the actor wait, and is gone, or is not.
    Wait,
    /// Has the actor drop the connection.
    Terminate,
    /// Is gone while futures of the actor run.
    Linger,
    /// Is gone from a room.
    RoomVanish,
    /// In a room whose books are kept: reads, talks, leaves.
    Member,
    /// Does not read there for a while, in which much is sent to it.
    MemberSlow,
    /// Is gone from there, in one of a dozen ways.
    MemberGone,
    /// Is gone from a room with a history, and comes back for what it missed.
    MemberBack,
    /// Is sent to from another thread.
    MemberOutside,
    /// Has a room's actor panic.
    MemberHosted,
    /// Has a thread of the server block, or the actor not listen.
    MemberBlock,
    /// Is there, behind something that passes nothing on.
    MemberSwallowed,
}

/// Where a visit takes place.
pub(super) struct Visit<'a> {
    pub(super) address: SocketAddr,
    /// How long a visit lasts, about.
    pub(super) life: Duration,
    /// How many rooms of each sort are visited.
    pub(super) rooms: usize,
    pub(super) tally: &'a Tally,
    pub(super) rng: Rng,
}

impl Kind {
    /// Whether the visitor does nothing that could have the server, or the
    /// network, fail it: any error is one of ours.
    const fn is_sure(self) -> bool {
        matches!(
            self,
            Self::Echo
                | Self::Compressed
                | Self::Large
                | Self::Trickle
                | Self::Stop
                | Self::Letter
                | Self::Handle
                | Self::PingFlood
                | Self::Room
                | Self::Session
                | Self::Broken
                | Self::BrokenDeflate
                | Self::Panic
                | Self::PanicLater
        )
    }
}

impl Visit<'_> {
    /// Pays a visit of this kind, to its end.
    pub(super) async fn pay(&mut self, kind: Kind) {
        self.tally.begin();
        let began = Instant::now();
        match timeout(LIMIT, self.act(kind)).await {
            Err(_) => {
                let wrong = format!("{kind:?}: no end after {LIMIT:?}");
                self.tally.note_wrong(wrong);
            }
            Ok(Err(error)) if error.kind() == io::ErrorKind::InvalidData => {
                self.tally.note_wrong(format!("{kind:?}: {error}"));
            }
            // Everybody is shown out.
            Ok(_) if self.tally.drains.get() => {}
            Ok(Err(error)) if error.kind() == io::ErrorKind::TimedOut => self.tally.note_late(),
            Ok(Err(error)) if kind.is_sure() => {
                self.tally.note_wrong(format!("{kind:?}: {error}"));
            }
            Ok(_) => {}
        }
        self.tally.end(kind, began.elapsed());
    }

    async fn act(&mut self, kind: Kind) -> io::Result<()> {
        match kind {
            Kind::Echo => self.echo(false).await,
            Kind::Compressed => self.echo(true).await,
            Kind::Large => self.large().await,
            Kind::Trickle => self.trickle().await,
            Kind::Stop => self.stop().await,
            Kind::Letter => self.letter().await,
            Kind::Handle => self.handle().await,
            Kind::PingFlood => self.ping_flood().await,
            Kind::Room => self.room().await,
            Kind::Session => session::call(self).await,
            Kind::Broken => self.broken().await,
            Kind::BrokenDeflate => self.broken_deflate().await,
            Kind::Panic => self.panic().await,
            Kind::PanicLater => self.panic_later().await,
            Kind::Vanish => self.vanish().await,
            Kind::Reset => self.reset().await,
            Kind::CutShort => self.cut_short().await,
            Kind::HalfClose => self.half_close().await,
            Kind::Silent => self.silent().await,
            Kind::Mute => self.mute().await,
            Kind::HalfHandshake => self.half_handshake().await,
            Kind::Refused => self.refused().await,
            Kind::Stall => self.stall().await,
            Kind::Stream => self.stream().await,
            Kind::Wait => self.wait().await,
            Kind::Terminate => self.terminate().await,
            Kind::Linger => self.linger().await,
            Kind::RoomVanish => self.room_vanish().await,
            Kind::Member => self.member().await,
            Kind::MemberSlow => self.member_slow().await,
            Kind::MemberGone => self.member_gone().await,
            Kind::MemberBack => self.member_back().await,
            Kind::MemberOutside => self.member_outside().await,
            Kind::MemberHosted => self.member_hosted().await,
            Kind::MemberBlock => self.member_block().await,
            Kind::MemberSwallowed => self.member_swallowed().await,
        }
    }

    /// A connection with the deadlines that are the default.
    async fn calm(&mut self, terms: Terms) -> io::Result<Peer> {
        self.open("/calm", terms).await
    }

    /// A connection with deadlines that pass within a visit.
    async fn hasty(&mut self, terms: Terms) -> io::Result<Peer> {
        self.open("/hasty", terms).await
    }

    async fn open(&mut self, path: &str, terms: Terms) -> io::Result<Peer> {
        self.tally.note_connection();
        Peer::open(self.address, path, terms, &mut self.rng).await
    }

    /// Sends a text and expects it back.
    async fn ask(&self, peer: &mut Peer, text: String) -> io::Result<()> {
        peer.send(text.clone()).await?;
        self.tally.note_sent();
        let answer = peer.message().await?;
        if answer.payload() != text.as_bytes() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("{} other bytes came back", answer.payload().len()),
            ));
        }
        self.tally.note_returned();
        Ok(())
    }

    /// Asks a few times, with pauses.
    async fn converse(&mut self, peer: &mut Peer) -> io::Result<()> {
        let times = self.rng.u32(1..6);
        for _ in 0..times {
            let text = self.text(1..2000);
            self.ask(peer, text).await?;
            self.pause(times).await;
        }
        Ok(())
    }

    /// A text of this many words, which could be compressed.
    fn text(&mut self, words: std::ops::Range<usize>) -> String {
        let mut text = self.rng.u64(..).to_string();
        for _ in 0..self.rng.usize(words) {
            text.push_str([" to", " and", " fro"][self.rng.usize(..3)]);
        }
        text
    }

    /// Pauses for a part of the visit.
    async fn pause(&mut self, parts: u32) {
        let mean = self.life / parts.max(1);
        sleep(mean.mul_f64(self.rng.f64() * 2.0)).await;
    }
}

/// How long a visit may last: all that it waits for comes much earlier, but for
/// who sends byte by byte among thousands.
const LIMIT: Duration = Duration::from_secs(180);
