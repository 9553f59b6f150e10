use crate::backplane::{PublicationId, Topic};

/// What keys and channels are called. All of a topic have the same part in
/// braces, so that a cluster has them in one place.
#[derive(Debug, Clone)]
pub(super) struct Names {
    prefix: String,
}

impl Names {
    pub(super) const fn new(prefix: String) -> Self {
        Self { prefix }
    }

    /// Where live messages come; and the key of the entries of the record.
    pub(super) fn of(&self, topic: &Topic) -> String {
        format!("{}:{{{topic}}}", self.prefix)
    }

    /// The key of what is known of the record.
    pub(super) fn meta(&self, topic: &Topic) -> String {
        format!("{}:{{{topic}}}:meta", self.prefix)
    }

    /// The key of what was seen of a publisher.
    pub(super) fn seen(&self, topic: &Topic, id: PublicationId) -> String {
        format!("{}:{{{topic}}}:seen:{:x}", self.prefix, id.origin)
    }
}
