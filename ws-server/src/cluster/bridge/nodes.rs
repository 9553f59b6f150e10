use std::{
    collections::{HashMap, HashSet},
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
    next_beat: Instant,
    said: bool,
}

impl Nodes {
    pub(super) fn new(desk: Arc<Desk>, silence: Duration, now: Instant) -> Self {
        Self {
            // No rooms are called so, as theirs have a name.
            topic: Topic::new("", "nodes"),
            private: private(desk.origin),
            silence,
            heard: HashMap::new(),
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

    /// Nobody has been silent.
    pub(super) fn forgive(&mut self, now: Instant) {
        for heard in self.heard.values_mut() {
            *heard = now;
        }
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
        }
        silent
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
    Topic::new("", &format!("{node:x}"))
}

/// Whether a topic is of nodes, and of no room.
pub(super) fn is_theirs(topic: &Topic) -> bool {
    topic.rooms() == Topic::new("", "").rooms()
}
