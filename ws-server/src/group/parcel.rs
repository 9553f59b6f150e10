use std::{
    hash::{BuildHasher, RandomState},
    sync::Arc,
};

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
    /// A Close frame that is this side's own wish.
    pub(crate) fn close(payload: ClosePayload) -> Self {
        Self::Close(Arc::new((payload, Cause::Local)))
    }

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
    /// Those whose number, which chance gives them, is below this.
    Part(RandomState, u64),
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

    /// The same without these.
    pub(crate) fn without(self, members: impl Iterator<Item = MemberId>) -> Self {
        match self {
            Self::All => Self::all_but(members),
            Self::Others(one) => Self::all_but(members.chain([one])),
            Self::AllBut(list) => Self::all_but(members.chain(list.iter().copied())),
            Self::Only(list) => {
                let without: Vec<_> = members.collect();
                let left = list.iter().copied();
                Self::only(left.filter(|member| !without.contains(member)))
            }
            Self::Part(..) => self,
        }
    }

    pub(crate) fn only(members: impl IntoIterator<Item = MemberId>) -> Self {
        let mut members: Vec<_> = members.into_iter().collect();
        members.sort_unstable();
        Self::Only(members.into())
    }

    /// A part of all, between 0 and 1; with the same chance, a larger part has
    /// all that are in a smaller.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "what is out of range counts as its end"
    )]
    pub(crate) fn part(chance: &RandomState, part: f64) -> Self {
        Self::Part(chance.clone(), (part * u64::MAX as f64) as u64)
    }

    pub(crate) fn has(&self, member: MemberId) -> bool {
        match self {
            Self::All => true,
            Self::Others(one) => *one != member,
            Self::AllBut(list) => list.binary_search(&member).is_err(),
            Self::Only(list) => list.binary_search(&member).is_ok(),
            Self::Part(chance, below) => chance.hash_one(member) < *below,
        }
    }

    /// What it holds in memory, in bytes.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::All | Self::Others(_) | Self::Part(..) => 0,
            Self::AllBut(list) | Self::Only(list) => size_of_val(&**list),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn larger_part_has_all_that_are_in_a_smaller() {
        let chance = RandomState::new();
        let members: Vec<_> = (0..1000).map(|_| MemberId::next()).collect();
        let mut before: Vec<MemberId> = Vec::new();
        for tenths in 0..=10 {
            let part = Audience::part(&chance, f64::from(tenths) / 10.0);
            let now: Vec<_> = members.iter().copied().filter(|it| part.has(*it)).collect();
            assert!(before.iter().all(|it| part.has(*it)));
            let expected = usize::try_from(tenths).unwrap() * 100;
            // A thousand tosses: this far off is as good as impossible.
            assert!(
                now.len().abs_diff(expected) < 100,
                "{tenths}: {}",
                now.len()
            );
            before = now;
        }
        assert_eq!(before.len(), members.len());
    }

    #[test]
    fn lists_are_in_order_whatever_was_given() {
        let ids: Vec<_> = (0..4).map(|_| MemberId::next()).collect();
        let but = Audience::all_but([ids[2], ids[0], ids[3]]);
        let only = Audience::only([ids[2], ids[0], ids[3]]);
        for (index, id) in ids.iter().enumerate() {
            assert_eq!(but.has(*id), index == 1);
            assert_eq!(only.has(*id), index != 1);
        }
        assert!(Audience::all_but([]).has(ids[0]));
        assert!(!Audience::only([]).has(ids[0]));
        assert!(!Audience::all_but([ids[0]]).has(ids[0]));
    }
}
