use crate::{
    cluster::{Listener, Recorded},
    group::{Audience, Busy, MemberId, Parcel},
};

use super::{
    super::{Member, Presence, Recovery, reach::Codec},
    Room,
};

/// What other nodes, and the record, have for a room.
impl<K, D> Listener for Room<K, D>
where
    K: Send + Sync,
    D: Send + Sync,
{
    fn hear(&self, parcel: Parcel, audience: Audience) {
        if let Parcel::Close(_) = parcel {
            self.0.group.deliver_always(&parcel, &audience);
        } else {
            let delivered = self.0.group.deliver(&parcel, &audience);
            self.meters().broadcast(delivered.is_ok());
        }
    }

    fn begin(&self, epoch: u64, start: u64) {
        let gap = self
            .lock()
            .log
            .as_mut()
            .and_then(|log| log.begin(epoch, start));
        if let Some(report) = gap.and_then(|gap| self.reported(&gap)) {
            let parcel = Parcel::Message(report);
            self.0.group.deliver_always(&parcel, &Audience::All);
        }
    }

    fn record(&self, recorded: Recorded) -> Result<(), Busy> {
        let Recorded {
            offset,
            id,
            message,
            audience,
            live,
        } = recorded;
        let history = self
            .0
            .rooms
            .0
            .terms
            .reach
            .as_ref()
            .and_then(|it| it.history.as_ref());
        let place = self.lock().log.as_ref().map(|log| log.place(offset));
        let (Some(history), Some(position)) = (history, place) else {
            return Ok(());
        };
        // Made while nothing is locked, as it is the application's code.
        let message = history.stamped(position, message);
        let mut state = self.lock();
        let Some(log) = &mut state.log else {
            return Ok(());
        };
        if live && !log.is_known(id) {
            let audience = log.audience(offset, audience);
            let parcel = Parcel::Message(message.clone());
            self.0.group.deliver(&parcel, &audience)?;
        }
        log.push(offset, id, message);
        Ok(())
    }

    fn caught_up(&self, last: u64) {
        let waiting = self.lock().log.as_mut().map(|log| log.finish(last));
        for (member, since) in waiting.into_iter().flatten() {
            let recovery = self.lock().log.as_mut().and_then(|log| log.recovery(since));
            let report = recovery.and_then(|recovery: Recovery| self.reported(&recovery));
            if let Some(log) = &mut self.lock().log {
                self.hand(log, member, since, report);
            }
        }
    }

    fn presence(&self, joined: &[(MemberId, &[u8])], left: &[MemberId]) {
        let Some(codec) = self.codec() else {
            return;
        };
        // Read and announced while nothing is locked: it is the application's
        // code.
        let read = joined.iter().filter_map(|(id, data)| {
            let data = (codec.read)(data);
            if data.is_none() {
                tracing::warn!(member = %id, "what a member on another node brought along cannot be read");
            }
            Some(Member::elsewhere(*id, data?))
        });
        let joined: Vec<_> = read.collect();
        let members = self.members();
        let known = left.iter().filter_map(|id| members.find(*id));
        let left: Vec<_> = known.filter(|it| !it.is_here()).cloned().collect();
        drop(members);
        let came = joined.iter().cloned().map(Presence::Joined);
        let went = left.iter().cloned().map(Presence::Left);
        let news: Vec<_> = came.chain(went).collect();
        let terms = &self.0.rooms.0.terms;
        let announcements = news.iter();
        let announcements = announcements.filter_map(|it| terms.announcement(&self.0.key, it));
        let announcements: Vec<_> = announcements.collect();
        let mut state = self.lock();
        if state.gone {
            return;
        }
        state.members.change(joined, &left);
        self.note(&mut state, news);
        for announcement in announcements {
            let parcel = Parcel::Message(announcement);
            self.0.group.deliver_always(&parcel, &Audience::All);
        }
    }

    fn count(&self) -> usize {
        self.count_here()
    }

    fn members(&self) -> Vec<(MemberId, Vec<u8>)> {
        let Some(codec) = self.codec() else {
            return Vec::new();
        };
        let members = self.members();
        let here = members.iter().filter(|member| member.is_here());
        here.filter_map(|member| Some((member.id(), (codec.write)(member.data())?)))
            .collect()
    }
}

impl<K, D> Room<K, D> {
    pub(super) fn codec(&self) -> Option<&Codec<D>> {
        self.0.rooms.0.terms.reach.as_ref()?.codec.as_ref()
    }

    /// What somebody brought along, for other nodes.
    pub(super) fn write_data(&self, data: &D) -> Option<Vec<u8>> {
        let written = (self.codec()?.write)(data);
        if written.is_none() {
            tracing::error!(
                "what a member brought along cannot be written: other nodes do not list it"
            );
        }
        written
    }
}
