//! epoll, as directly as safe code has it.

use std::{io, os::fd::AsFd, time::Duration};

use rustix::{
    buffer::spare_capacity,
    event::{Timespec, epoll},
    fd::OwnedFd,
};

/// Tells which sockets have become readable or writable since they were last
/// looked at (edge-triggered).
pub struct Poller {
    epoll: OwnedFd,
    events: Vec<epoll::Event>,
}

/// What has become of a socket.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Readiness {
    /// The number it was added with.
    pub token: usize,
    /// There is something to read, an end of the stream among it.
    pub readable: bool,
    /// There is room to write.
    pub writable: bool,
}

impl Poller {
    /// A poller of no sockets.
    ///
    /// # Errors
    ///
    /// When the system has no descriptor left.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            epoll: epoll::create(epoll::CreateFlags::CLOEXEC)?,
            events: Vec::with_capacity(1024),
        })
    }

    /// Watches one more socket, until it is closed.
    ///
    /// # Errors
    ///
    /// When the system refuses.
    pub fn add(&self, socket: impl AsFd, token: usize) -> io::Result<()> {
        let data = epoll::EventData::new_u64(token as u64);
        let flags = epoll::EventFlags::IN | epoll::EventFlags::OUT | epoll::EventFlags::ET;
        Ok(epoll::add(&self.epoll, socket, data, flags)?)
    }

    /// Waits until something happens, for at most so long if a limit is given.
    ///
    /// # Errors
    ///
    /// When the system refuses.
    pub fn wait(
        &mut self,
        limit: Option<Duration>,
    ) -> io::Result<impl Iterator<Item = Readiness> + use<'_>> {
        let limit = limit.map(|limit| Timespec {
            tv_sec: limit.as_secs().cast_signed(),
            tv_nsec: limit.subsec_nanos().into(),
        });
        self.events.clear();
        match epoll::wait(
            &self.epoll,
            spare_capacity(&mut self.events),
            limit.as_ref(),
        ) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(self.events.iter().map(|event| {
            let (flags, data) = (event.flags, event.data);
            let ended = epoll::EventFlags::HUP | epoll::EventFlags::ERR;
            Readiness {
                token: data.u64() as usize,
                readable: flags.intersects(epoll::EventFlags::IN | ended),
                writable: flags.intersects(epoll::EventFlags::OUT | ended),
            }
        }))
    }
}
