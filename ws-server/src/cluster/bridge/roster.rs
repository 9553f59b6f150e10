use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use tokio::time::Instant;

use crate::group::MemberId;

/// Who is in a room on other nodes.
#[derive(Default)]
pub(super) struct Roster {
    nodes: HashMap<u64, Company>,
    /// Who has sent messages that are not of the record: the number of the
    /// last, and when it came. A node need not have members for that, and what
    /// it sends again may come after it was taken for dead.
    heard: HashMap<u64, (u64, Instant)>,
}

/// The members on one node.
#[derive(Default)]
struct Company {
    /// The number of the last change that is in.
    version: u64,
    members: HashSet<MemberId>,
    /// While all are being listed: those that have not been so far.
    unlisted: Option<HashSet<MemberId>>,
    /// It may have gone unnoticed, and has to list its members anew.
    doubted: bool,
}

/// What a node says of its members.
pub(super) struct Change<'a> {
    pub(super) number: u64,
    pub(super) previous: u64,
    pub(super) fresh: bool,
    pub(super) more: bool,
    pub(super) joined: Vec<(MemberId, &'a [u8])>,
    pub(super) left: Vec<MemberId>,
}

/// What has come of it.
#[derive(Default)]
pub(super) struct Changed<'a> {
    pub(super) joined: Vec<(MemberId, &'a [u8])>,
    pub(super) left: Vec<MemberId>,
    /// Something was missed: all have to be listed.
    pub(super) missed: bool,
}

impl Roster {
    pub(super) fn apply<'a>(&mut self, node: u64, change: Change<'a>) -> Changed<'a> {
        let company = self.nodes.entry(node).or_default();
        if change.number <= company.version {
            // It came before.
            return Changed::default();
        }
        if change.fresh {
            company.unlisted = Some(company.members.clone());
            company.doubted = false;
        } else if change.previous != company.version {
            return Changed {
                missed: true,
                ..Changed::default()
            };
        }
        company.version = change.number;
        let mut changed = Changed::default();
        for (id, data) in change.joined {
            if let Some(unlisted) = &mut company.unlisted {
                unlisted.remove(&id);
            }
            if company.members.insert(id) {
                changed.joined.push((id, data));
            }
        }
        for id in change.left {
            if company.members.remove(&id) {
                changed.left.push(id);
            }
        }
        if !change.more
            && let Some(unlisted) = company.unlisted.take()
        {
            for id in unlisted {
                if company.members.remove(&id) {
                    changed.left.push(id);
                }
            }
        }
        changed
    }

    /// Whether a message is not one that came before.
    pub(super) fn is_new(&mut self, sender: u64, number: u64, now: Instant) -> bool {
        if self.heard.len() >= SENDERS && !self.heard.contains_key(&sender) {
            self.heard
                .retain(|_, (_, at)| now.duration_since(*at) < REPEATED);
            if self.heard.len() > SENDERS / 2 {
                // Rather a message twice than memory without bound.
                self.heard.clear();
            }
        }
        let (newest, at) = self.heard.entry(sender).or_insert((0, now));
        let new = number > *newest;
        (*newest, *at) = (number.max(*newest), now);
        new
    }

    /// Forgets a node, and tells who was there.
    pub(super) fn lose(&mut self, node: u64) -> Vec<MemberId> {
        let company = self.nodes.remove(&node);
        company.map_or_else(Vec::new, |it| it.members.into_iter().collect())
    }

    /// After a loss, all have to be listed anew; tells whether there are any.
    pub(super) fn doubt(&mut self) -> bool {
        for company in self.nodes.values_mut() {
            company.doubted = true;
        }
        !self.nodes.is_empty()
    }

    /// Forgets the nodes that were not listed anew, and tells who was there.
    pub(super) fn drop_doubted(&mut self) -> Vec<MemberId> {
        let doubted = self.nodes.extract_if(|_, company| company.doubted);
        doubted.flat_map(|(_, company)| company.members).collect()
    }
}

/// Of so many senders, those of long ago are forgotten.
const SENDERS: usize = 1000;
/// How long after it something may be sent again by who has no answer.
const REPEATED: Duration = Duration::from_secs(120);

#[cfg(test)]
mod tests {
    use super::*;

    const NODE: u64 = 7;

    fn ids(count: usize) -> Vec<MemberId> {
        (0..count).map(|_| MemberId::next()).collect()
    }

    fn change<'a>(
        number: u64,
        previous: u64,
        joined: &[MemberId],
        left: &[MemberId],
    ) -> Change<'a> {
        Change {
            number,
            previous,
            fresh: false,
            more: false,
            joined: joined.iter().map(|id| (*id, &b""[..])).collect(),
            left: left.to_vec(),
        }
    }

    fn joined(changed: &Changed<'_>) -> Vec<MemberId> {
        changed.joined.iter().map(|(id, _)| *id).collect()
    }

    #[test]
    fn changes_count_once_and_in_their_order() {
        let ids = ids(2);
        let mut roster = Roster::default();
        let list = Change {
            fresh: true,
            ..change(3, 0, &ids[..1], &[])
        };
        assert_eq!(joined(&roster.apply(NODE, list)), &ids[..1]);
        assert_eq!(
            joined(&roster.apply(NODE, change(5, 3, &ids[1..], &[]))),
            &ids[1..]
        );
        // Again, as its answer was lost.
        assert!(joined(&roster.apply(NODE, change(5, 3, &ids[1..], &[]))).is_empty());
        assert_eq!(
            roster.apply(NODE, change(9, 5, &[], &ids[..1])).left,
            &ids[..1]
        );
        assert_eq!(roster.lose(NODE), &ids[1..]);
    }

    #[test]
    fn missed_change_is_noticed_and_a_list_makes_it_good() {
        let ids = ids(3);
        let mut roster = Roster::default();
        let list = Change {
            fresh: true,
            ..change(1, 0, &ids[..2], &[])
        };
        roster.apply(NODE, list);
        assert!(roster.apply(NODE, change(4, 3, &ids[2..], &[])).missed);
        let first = Change {
            fresh: true,
            more: true,
            ..change(5, 3, &ids[2..], &[])
        };
        assert_eq!(joined(&roster.apply(NODE, first)), &ids[2..]);
        let changed = roster.apply(NODE, change(6, 5, &ids[1..2], &[]));
        assert!(joined(&changed).is_empty());
        assert_eq!(changed.left, &ids[..1]);
    }

    #[test]
    fn message_that_comes_twice_is_new_once() {
        let now = Instant::now();
        let mut roster = Roster::default();
        // Nobody is there on its node.
        assert!(roster.is_new(NODE, 1, now));
        assert!(!roster.is_new(NODE, 1, now));
        assert!(roster.is_new(NODE + 1, 1, now));
        assert!(roster.is_new(NODE, 3, now));
        roster.lose(NODE);
        assert!(!roster.is_new(NODE, 3, now), "it was only taken for dead");
        assert!(roster.is_new(NODE, 4, now));
    }

    #[test]
    fn senders_do_not_fill_the_memory() {
        let now = Instant::now();
        let mut roster = Roster::default();
        for sender in 0..100_000 {
            assert!(roster.is_new(sender, 1, now));
            assert!(roster.heard.len() <= SENDERS);
        }
    }
}
