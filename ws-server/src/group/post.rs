use std::{
    mem,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::sync::Notify;

use super::{Audience, Parcel};

/// Where other threads leave deliveries for a hub.
#[derive(Debug, Default)]
pub(super) struct Post {
    deliveries: Mutex<Vec<Delivery>>,
    bytes: AtomicUsize,
    arrived: Notify,
}

#[derive(Debug, Clone)]
pub(super) struct Delivery {
    pub(super) group: u64,
    pub(super) number: u64,
    pub(super) parcel: Parcel,
    pub(super) audience: Audience,
}

impl Post {
    pub(super) fn is_full(&self) -> bool {
        self.bytes.load(Ordering::Relaxed) >= FULL
    }

    pub(super) fn push(&self, delivery: Delivery) {
        self.bytes.fetch_add(delivery.len(), Ordering::Relaxed);
        let mut deliveries = self.lock();
        deliveries.push(delivery);
        let first = deliveries.len() == 1;
        drop(deliveries);
        if first {
            self.arrived.notify_one();
        }
    }

    /// Waits until something has come.
    pub(super) async fn arrival(&self) {
        self.arrived.notified().await;
    }

    /// Whether something has come for a group of which this is true.
    pub(super) fn has_for(&self, is_meant: impl Fn(u64) -> bool) -> bool {
        self.lock().iter().any(|delivery| is_meant(delivery.group))
    }

    /// Takes all that has come, and leaves storage for what comes next.
    pub(super) fn take(&self, storage: Vec<Delivery>) -> Vec<Delivery> {
        let deliveries = mem::replace(&mut *self.lock(), storage);
        self.bytes.store(0, Ordering::Relaxed);
        deliveries
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Delivery>> {
        self.deliveries
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Delivery {
    fn len(&self) -> usize {
        self.parcel.len() + self.audience.len() + size_of::<Self>()
    }
}

/// How many bytes may wait for a thread. It takes all of them once in a turn
/// of its loop, so this is reached only if the thread is blocked.
const FULL: usize = 16 << 20;
