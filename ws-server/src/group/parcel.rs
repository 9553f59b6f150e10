use std::sync::Arc;

use ws_actors::{Outbox, SendError};
use ws_core::{Cause, ClosePayload, PreparedMessage};

use super::MemberId;

/// What the members of a group are given.
#[derive(Debug, Clone)]
pub(crate) enum Parcel {
    Message(PreparedMessage),
    /// A message of which only the newest with this key counts.
    Latest(u64, PreparedMessage),
    /// A Close frame behind what waits, and what the connection's end is put
    /// down to.
    Close(Arc<(ClosePayload, Cause)>),
}

impl Parcel {
    /// Hands it to a member. One that cannot take it is closing, or its policy
    /// acts; its own report says which.
    pub(super) fn hand_to(&self, outbox: &Outbox) -> Result<(), SendError> {
        match self {
            Self::Message(message) => outbox.send(message.clone()),
            Self::Latest(key, message) => outbox.send_latest(*key, message.clone()),
            Self::Close(close) => {
                let (payload, cause) = &**close;
                outbox.close_because(payload.clone(), cause.clone());
                Ok(())
            }
        }
    }

    /// What it holds in memory, in bytes.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Message(message) | Self::Latest(_, message) => message.len(),
            Self::Close(_) => 0,
        }
    }
}

/// Who of a group gets a parcel. Lists are in order.
#[derive(Debug, Clone)]
pub(crate) enum Audience {
    All,
    /// All but this one.
    Others(MemberId),
    AllBut(Arc<[MemberId]>),
    Only(Arc<[MemberId]>),
}

impl Audience {
    pub(crate) fn all_but(members: impl IntoIterator<Item = MemberId>) -> Self {
        let mut members = members.into_iter();
        let Some(first) = members.next() else {
            return Self::All;
        };
        let Some(second) = members.next() else {
            return Self::Others(first);
        };
        let mut all: Vec<_> = [first, second].into_iter().chain(members).collect();
        all.sort_unstable();
        Self::AllBut(all.into())
    }

    pub(crate) fn only(members: impl IntoIterator<Item = MemberId>) -> Self {
        let mut members: Vec<_> = members.into_iter().collect();
        members.sort_unstable();
        Self::Only(members.into())
    }

    pub(super) fn has(&self, member: MemberId) -> bool {
        match self {
            Self::All => true,
            Self::Others(one) => *one != member,
            Self::AllBut(list) => list.binary_search(&member).is_err(),
            Self::Only(list) => list.binary_search(&member).is_ok(),
        }
    }

    /// What it holds in memory, in bytes.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::All | Self::Others(_) => 0,
            Self::AllBut(list) | Self::Only(list) => size_of_val(&**list),
        }
    }
}
