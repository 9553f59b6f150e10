use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::BytesMut;

use crate::{
    backplane::{Keep, Topic},
    group::{Audience, MemberId, Parcel},
};

use super::{
    Cluster, Listener, NotTaken, Receipt,
    desk::{Opened, Order},
    envelope,
    receipt::Answer,
};

/// A room's way to the other nodes.
#[derive(Clone)]
pub(crate) struct Line {
    cluster: Cluster,
    topic: Topic,
    keep: Option<Keep>,
    room: u64,
}

/// Something to be published.
pub(crate) struct Draft {
    body: BytesMut,
    keep: Option<Keep>,
}

impl Line {
    pub(crate) fn new(cluster: &Cluster, topic: Topic, keep: Option<Keep>) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self {
            cluster: cluster.clone(),
            topic,
            keep,
            room: NEXT.fetch_add(1, Ordering::Relaxed),
        }
    }

    /// Begins to listen to other nodes, and tells them of members if it may.
    pub(crate) fn open(&self, listener: Arc<dyn Listener>, lists: bool) {
        let opened = Opened {
            room: self.room,
            keep: self.keep,
            lists,
            listener,
        };
        let topic = self.topic.clone();
        self.cluster.desk().order(Order::Open(topic, opened));
    }

    /// Ceases to.
    pub(crate) fn close(&self) {
        self.cluster.desk().order(Order::Close {
            topic: self.topic.clone(),
            room: self.room,
        });
    }

    /// Whether such a parcel goes into the record, and reaches members on this
    /// node from there.
    pub(crate) const fn records(&self, parcel: &Parcel, audience: &Audience) -> bool {
        self.keep.is_some()
            && matches!(parcel, Parcel::Message(_))
            && matches!(
                audience,
                Audience::All | Audience::Others(_) | Audience::AllBut(_)
            )
    }

    /// Writes what tells other nodes of a parcel; nothing, if they are not
    /// concerned.
    ///
    /// To be done before members on this node are given it: what cannot be
    /// published is refused.
    pub(crate) fn write(
        &self,
        parcel: &Parcel,
        audience: &Audience,
    ) -> Result<Option<Draft>, NotTaken> {
        let Some(body) = envelope::encode_parcel(parcel, audience) else {
            return Ok(None);
        };
        self.cluster.desk().check(body.len())?;
        let keep = self.keep.filter(|_| self.records(parcel, audience));
        Ok(Some(Draft { body, keep }))
    }

    /// Has it published.
    pub(crate) fn publish(&self, draft: Draft) -> Result<(), NotTaken> {
        self.send(draft, None)
    }

    /// Has it published, and tells what becomes of it.
    pub(crate) fn publish_and_tell(&self, draft: Draft) -> Result<Receipt, NotTaken> {
        let (answer, receipt) = Receipt::new();
        self.send(draft, Some(answer))?;
        Ok(receipt)
    }

    fn send(&self, draft: Draft, answer: Option<Answer>) -> Result<(), NotTaken> {
        let Draft { body, keep } = draft;
        self.cluster.desk().publish(&self.topic, body, keep, answer)
    }

    /// Closes the connections of the members on other nodes; those that cannot
    /// be reached hear of nothing from here anyway.
    pub(crate) fn close_members(&self, close: &Parcel, audience: &Audience) {
        if let Ok(Some(draft)) = self.write(close, audience) {
            self.publish(draft).ok();
        }
    }

    /// Tells the other nodes that somebody joined, or left.
    pub(crate) fn presence(&self, member: MemberId, joined: Option<Vec<u8>>) {
        self.cluster.desk().order(Order::Presence {
            topic: self.topic.clone(),
            member,
            joined,
        });
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line")
            .field("topic", &self.topic)
            .finish_non_exhaustive()
    }
}
