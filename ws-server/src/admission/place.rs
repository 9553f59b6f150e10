use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use super::{Inner, network::Network};

/// The limit of one endpoint, and how many connections it has.
#[derive(Debug)]
pub(crate) struct Cap {
    pub(super) limit: usize,
    pub(super) count: Count,
}

impl Cap {
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        let count = Count::default();
        Arc::new(Self { limit, count })
    }
}

/// The place of one connection, given up when dropped.
pub(crate) struct Place {
    pub(super) admission: Arc<Inner>,
    pub(super) endpoint: Option<Arc<Cap>>,
    pub(super) network: Option<Network>,
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(network) = self.network {
            self.admission.networks.leave(network);
        }
        if let Some(cap) = &self.endpoint {
            cap.count.leave();
        }
        self.admission.all.leave();
    }
}

#[derive(Debug, Default)]
pub(super) struct Count(AtomicUsize);

impl Count {
    pub(super) fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// Counts one more, unless there are so many already.
    pub(super) fn enter(&self, limit: Option<usize>) -> bool {
        let limit = limit.unwrap_or(usize::MAX);
        let one_more = |count| (count < limit).then_some(count + 1);
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more)
            .is_ok()
    }

    pub(super) fn leave(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
