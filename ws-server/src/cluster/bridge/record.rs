use std::{collections::VecDeque, mem};

use bytes::Bytes;
use tokio::time::Instant;

use crate::{
    backplane::{Keep, Page, Place},
    cluster::{
        Listener, Recorded,
        envelope::{self, Body, Envelope},
        meters::Meters,
    },
    group::Busy,
};

use super::RETRY;

/// How far a room has followed its record.
pub(super) struct Course {
    pub(super) keep: Keep,
    /// What the room has, once it has begun.
    epoch: Option<u64>,
    at: u64,
    /// The room knows nothing of the record yet.
    opening: bool,
    stage: Stage,
}

enum Stage {
    /// Nothing arrives.
    Cut,
    /// It has to be read what there is, not before this.
    Due(Instant),
    Reading(VecDeque<(Place, Bytes)>),
    Following,
}

impl Course {
    pub(super) const fn new(keep: Keep) -> Self {
        Self {
            keep,
            epoch: None,
            at: 0,
            opening: true,
            stage: Stage::Cut,
        }
    }

    /// Whether the room knows nothing of the record yet.
    pub(super) const fn is_opening(&self) -> bool {
        self.opening
    }

    pub(super) fn subscribed(&mut self, now: Instant) {
        self.stage = Stage::Due(now);
    }

    pub(super) fn interrupt(&mut self) {
        self.stage = Stage::Cut;
    }

    /// When it has to be read.
    pub(super) const fn due(&self) -> Option<Instant> {
        match &self.stage {
            Stage::Due(at) => Some(*at),
            Stage::Cut | Stage::Reading(_) | Stage::Following => None,
        }
    }

    /// Begins to read; tells behind which offset.
    pub(super) fn begin(&mut self) -> Option<u64> {
        self.stage = Stage::Reading(VecDeque::new());
        self.epoch.map(|_| self.at)
    }

    /// A message of the record arrives.
    pub(super) fn take(
        &mut self,
        place: Place,
        payload: Bytes,
        listener: &dyn Listener,
        meters: &Meters,
        now: Instant,
    ) {
        match &mut self.stage {
            // It is in what will be read.
            Stage::Cut | Stage::Due(_) => {}
            Stage::Reading(held) => {
                if held.len() < HELD {
                    held.push_back((place, payload));
                }
            }
            Stage::Following => self.follow(place, &payload, listener, meters, now),
        }
    }

    fn follow(
        &mut self,
        place: Place,
        payload: &Bytes,
        listener: &dyn Listener,
        meters: &Meters,
        now: Instant,
    ) {
        let same = self.epoch == Some(place.position.epoch);
        if same && place.position.offset <= self.at && place.previous > 0 {
            // It was in what was read.
            return;
        }
        if same && place.previous == self.at {
            let offset = place.position.offset;
            match deliver(offset, payload, true, listener, meters) {
                Ok(()) => self.at = offset,
                Err(Busy) => self.stage = Stage::Due(now + RETRY),
            }
        } else {
            // Something is missing between, or the record is another.
            self.stage = Stage::Due(now);
        }
    }

    /// What was read has come; tells whether the room has all of it now.
    pub(super) fn read(
        &mut self,
        page: Page,
        listener: &dyn Listener,
        meters: &Meters,
        now: Instant,
    ) -> bool {
        let Stage::Reading(held) = mem::replace(&mut self.stage, Stage::Due(now)) else {
            return false;
        };
        let same = self.epoch == Some(page.epoch);
        if !same || page.start > self.at {
            if self.epoch.is_some() {
                meters.gap();
                tracing::warn!("messages of a room's record are missing");
            }
            listener.begin(page.epoch, page.start);
            self.epoch = Some(page.epoch);
            // The oldest may be kept itself.
            let oldest = page.entries.first().map_or(u64::MAX, |entry| entry.0 - 1);
            self.at = page.start.min(oldest);
        }
        for (offset, payload) in &page.entries {
            if *offset <= self.at {
                continue;
            }
            if deliver(*offset, payload, !self.opening, listener, meters).is_err() {
                self.stage = Stage::Due(now + RETRY);
                return false;
            }
            self.at = *offset;
        }
        if page.more {
            return false;
        }
        self.at = self.at.max(page.last);
        self.opening = false;
        self.stage = Stage::Following;
        listener.caught_up(self.at);
        let complete = held.len() < HELD;
        for (place, payload) in held {
            self.take(place, payload, listener, meters, now);
        }
        if !complete {
            self.stage = Stage::Due(now);
        }
        true
    }
}

fn deliver(
    offset: u64,
    payload: &Bytes,
    live: bool,
    listener: &dyn Listener,
    meters: &Meters,
) -> Result<(), Busy> {
    // The engine's own.
    if payload.is_empty() {
        return Ok(());
    }
    let Some(Envelope { id, body }) = Envelope::open(payload) else {
        meters.strange();
        return Ok(());
    };
    let Body::Message {
        whom,
        opcode,
        payload: part,
        ..
    } = body
    else {
        meters.strange();
        return Ok(());
    };
    let Some(message) = envelope::message(opcode, part, payload) else {
        meters.strange();
        return Ok(());
    };
    listener.record(Recorded {
        offset,
        id,
        message,
        audience: whom.into_audience(),
        live,
    })
}

/// How many messages are held while it is read what was before them; more, and
/// it is read again.
const HELD: usize = 1000;
