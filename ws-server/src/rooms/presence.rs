use std::{fmt, ops::Deref, sync::Arc};

use actix::Message;

use crate::group::MemberId;

/// A member of a room, and what it brought along.
pub struct Member<D> {
    id: MemberId,
    here: bool,
    data: Arc<D>,
}

impl<D> Member<D> {
    /// One whose connection is on this node.
    pub(super) fn new(id: MemberId, data: D) -> Self {
        let data = Arc::new(data);
        Self {
            id,
            here: true,
            data,
        }
    }

    pub(super) fn elsewhere(id: MemberId, data: D) -> Self {
        Self {
            here: false,
            ..Self::new(id, data)
        }
    }

    /// Whether its connection is on this node.
    #[must_use]
    pub const fn is_here(&self) -> bool {
        self.here
    }

    /// Its name among all members of all rooms.
    #[must_use]
    pub const fn id(&self) -> MemberId {
        self.id
    }

    /// What it brought along.
    #[must_use]
    pub fn data(&self) -> &D {
        &self.data
    }
}

impl<D> Clone for Member<D> {
    fn clone(&self) -> Self {
        Self {
            id: self.id,
            here: self.here,
            data: Arc::clone(&self.data),
        }
    }
}

impl<D: fmt::Debug> fmt::Debug for Member<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Member")
            .field("id", &self.id)
            .field("data", &self.data)
            .finish()
    }
}

/// The members that a room had when this was made, those of one node in the
/// order in which they joined.
pub struct Members<D>(Arc<Vec<Member<D>>>);

impl<D> Members<D> {
    /// Who looks at an earlier state keeps it.
    pub(super) fn insert(&mut self, member: Member<D>) {
        let members = Arc::make_mut(&mut self.0);
        // An id is nearly always the highest so far.
        let place = members.partition_point(|other| other.id < member.id);
        members.insert(place, member);
    }

    /// Many at once; those that are there are not inserted again.
    pub(super) fn change(&mut self, joined: Vec<Member<D>>, left: &[Member<D>]) {
        let members = Arc::make_mut(&mut self.0);
        members.extend(joined);
        members.sort_by_key(Member::id);
        members.dedup_by_key(|member| member.id);
        if !left.is_empty() {
            let mut left: Vec<_> = left.iter().map(Member::id).collect();
            left.sort_unstable();
            members.retain(|member| left.binary_search(&member.id).is_err());
        }
    }

    /// The member of this name.
    #[must_use]
    pub fn find(&self, id: MemberId) -> Option<&Member<D>> {
        let index = self.0.binary_search_by_key(&id, Member::id).ok()?;
        self.0.get(index)
    }

    pub(super) fn remove(&mut self, id: MemberId) -> Option<Member<D>> {
        let members = Arc::make_mut(&mut self.0);
        let index = members.binary_search_by_key(&id, Member::id);
        index.ok().map(|index| members.remove(index))
    }
}

impl<D> Deref for Members<D> {
    type Target = [Member<D>];

    fn deref(&self) -> &[Member<D>] {
        &self.0
    }
}

impl<'a, D> IntoIterator for &'a Members<D> {
    type Item = &'a Member<D>;
    type IntoIter = std::slice::Iter<'a, Member<D>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<D> Default for Members<D> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<D> Clone for Members<D> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<D: fmt::Debug> fmt::Debug for Members<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&**self).finish()
    }
}

/// Somebody came, or went.
#[derive(Message)]
#[rtype(result = "()")]
#[expect(clippy::exhaustive_enums, reason = "there is no third way")]
pub enum Presence<D> {
    /// A member has joined.
    Joined(Member<D>),
    /// A member has left, or its connection is gone.
    Left(Member<D>),
}

impl<D> Presence<D> {
    pub(super) const fn is_joining(&self) -> bool {
        matches!(self, Self::Joined(_))
    }

    /// Who it is.
    #[must_use]
    pub const fn member(&self) -> &Member<D> {
        match self {
            Self::Joined(member) | Self::Left(member) => member,
        }
    }
}

impl<D> Clone for Presence<D> {
    fn clone(&self) -> Self {
        match self {
            Self::Joined(member) => Self::Joined(member.clone()),
            Self::Left(member) => Self::Left(member.clone()),
        }
    }
}

impl<D: fmt::Debug> fmt::Debug for Presence<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Joined(member) => f.debug_tuple("Joined").field(member).finish(),
            Self::Left(member) => f.debug_tuple("Left").field(member).finish(),
        }
    }
}
