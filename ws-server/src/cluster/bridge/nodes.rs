use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use tokio::time::Instant;

use crate::backplane::Topic;

use super::super::desk::Desk;

/// The other nodes, and when each was last heard of.
pub(super) struct Nodes {
    desk: Arc<Desk>,
    topic: Topic,
    private: Topic,
    silence: Duration,
    heard: HashMap<u64, Instant>,
    /// Those that were silent for too long: if one is heard again, it has to
    /// list its members anew.
    lost: VecDeque<u64>,
    next_beat: Instant,
    said: bool,
}

impl Nodes {
    pub(super) fn new(desk: Arc<Desk>, silence: Duration, now: Instant) -> Self {
        Self {
            topic: Topic::of_nodes("all"),
            private: private(desk.origin),
            silence,
            heard: HashMap::new(),
            lost: VecDeque::new(),
            next_beat: now,
            said: false,
            desk,
        }
    }

    /// Where nodes give signs of life.
    pub(super) const fn topic(&self) -> &Topic {
        &self.topic
    }

    /// Where other nodes answer this one.
    pub(super) const fn private(&self) -> &Topic {
        &self.private
    }

    /// The nodes that are known.
    pub(super) fn known(&self) -> HashSet<u64> {
        self.heard.keys().copied().collect()
    }

    /// A node lives; tells whether it was known.
    pub(super) fn heard(&mut self, node: u64, now: Instant) -> bool {
        let known = self.heard.insert(node, now).is_some();
        if !known {
            tracing::debug!(node = format_args!("{node:x}"), "a node is there");
            self.count();
        }
        known
    }

    /// Whether it has to list its members anew, as it was taken for dead.
    /// Tells so once.
    pub(super) fn found(&mut self, node: u64) -> bool {
        let place = self.lost.iter().position(|lost| *lost == node);
        place.and_then(|place| self.lost.remove(place)).is_some()
    }

    pub(super) fn forget(&mut self, node: u64) {
        self.heard.remove(&node);
        self.count();
    }

    /// Forgets those that were silent for too long, and tells which.
    pub(super) fn silent(&mut self, now: Instant) -> Vec<u64> {
        let silence = self.silence;
        let dead = |heard: &Instant| now.duration_since(*heard) >= silence;
        let silent = self.heard.iter().filter(|(_, heard)| dead(heard));
        let silent: Vec<_> = silent.map(|(node, _)| *node).collect();
        for node in &silent {
            self.forget(*node);
            self.lost.push_back(*node);
        }
        let many = self.lost.len().saturating_sub(LOST);
        self.lost.drain(..many);
        silent
    }

    /// This thread was held up, and with it what the others have said since:
    /// they have as long as they would have had.
    pub(super) fn overslept(&mut self, late: Duration, now: Instant) {
        for heard in self.heard.values_mut() {
            *heard = now.min(*heard + late);
        }
    }

    /// A sign of life is due at once.
    pub(super) fn linked(&mut self, now: Instant) {
        self.next_beat = now;
    }

    /// Whether a sign of life is due, and whether it is the first.
    pub(super) fn beat(&mut self, now: Instant) -> Option<bool> {
        if now < self.next_beat {
            return None;
        }
        self.next_beat = now + self.silence / 3;
        let first = !self.said;
        self.said = true;
        Some(first)
    }

    pub(super) fn next_instant(&self, linked: bool) -> Option<Instant> {
        let dead = self.heard.values().min().map(|heard| *heard + self.silence);
        let beat = linked.then_some(self.next_beat);
        dead.into_iter().chain(beat).min()
    }

    fn count(&self) {
        self.desk.meters.nodes(self.heard.len() + 1);
    }
}

/// Where a node is answered.
pub(super) fn private(node: u64) -> Topic {
    Topic::of_nodes(&format!("{node:x}"))
}

/// How many nodes are remembered that were taken for dead.
const LOST: usize = 1000;

#[cfg(test)]
mod tests {
    use super::{super::super::meters::Meters, *};

    const SILENCE: Duration = Duration::from_secs(6);

    fn nodes(now: Instant) -> Nodes {
        let desk = Desk::new(1, 1 << 20, Meters::new("memory"));
        Nodes::new(Arc::new(desk), SILENCE, now)
    }

    #[test]
    fn node_that_was_taken_for_dead_is_found_once() {
        let now = Instant::now();
        let mut nodes = nodes(now);
        nodes.heard(7, now);
        assert!(!nodes.found(7));
        assert_eq!(nodes.silent(now + SILENCE), [7]);
        // Whatever it says first.
        nodes.heard(7, now + SILENCE);
        assert!(nodes.found(7));
        assert!(!nodes.found(7));
    }

    #[test]
    fn others_are_not_dead_because_this_thread_was_held_up() {
        let now = Instant::now();
        let mut nodes = nodes(now);
        nodes.heard(7, now);
        nodes.overslept(SILENCE * 2, now + SILENCE * 2);
        assert!(nodes.silent(now + SILENCE * 2).is_empty());
        assert_eq!(nodes.silent(now + SILENCE * 3), [7]);
    }
}
