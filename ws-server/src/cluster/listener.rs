use ws_core::Message;

use crate::{
    backplane::PublicationId,
    group::{Audience, Busy, MemberId, Parcel},
};

/// A room, as seen by what joins nodes. It is told everything on one thread.
pub(crate) trait Listener: Send + Sync {
    /// Something came from another node.
    fn hear(&self, parcel: Parcel, audience: Audience);

    /// The record is read from its beginning: all behind this offset follows.
    /// If there was one before, something may be missing between.
    fn begin(&self, epoch: u64, start: u64);

    /// A message of the record.
    ///
    /// # Errors
    ///
    /// If a thread of the server is blocked: it has to come again.
    fn record(&self, recorded: Recorded) -> Result<(), Busy>;

    /// All is read that there was, up to this offset.
    fn caught_up(&self, last: u64);

    /// Members on another node have come and gone.
    fn presence(&self, joined: &[(MemberId, &[u8])], left: &[MemberId]);

    /// The number of members on this node.
    fn count(&self) -> usize;

    /// The members on this node, and what they brought along.
    fn members(&self) -> Vec<(MemberId, Vec<u8>)>;
}

/// A message of a record.
#[derive(Debug)]
pub(crate) struct Recorded {
    pub(crate) offset: u64,
    pub(crate) id: PublicationId,
    pub(crate) message: Message,
    pub(crate) audience: Audience,
    /// It is new to members, and not from before the room was opened here.
    pub(crate) live: bool,
}
