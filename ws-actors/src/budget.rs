use std::{
    fmt,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
};

/// How many bytes connections may make this process hold, all together.
///
/// Each connection has limits of its own, and thousands that all go to them take
/// thousands of MiB: a message that never comes to its end, which compression
/// lets a peer send for a thousandth of what it takes here; answers that are
/// asked for and not read. So what is held is added up. As long as it is more
/// than the budget, a connection that takes more than its share, the budget
/// divided by the number of connections, is closed with 1013, or dropped if its
/// peer does not read ([`Cause::Overload`](ws_core::Cause::Overload)). Whoever holds
/// little notices nothing.
///
/// What counts is what has come of messages and was not handed to the actor, and
/// what waits for the peer, but for messages that wait in the outbox and are
/// shared with others, as those of rooms are. A clone is the same budget.
///
/// # Default
///
/// All connections of the process share [one](Self::process) of 1 GiB: a
/// thousand messages of the largest size at a time.
///
/// ```
/// use ws_actors::Budget;
///
/// let budget = Budget::new(64 << 20);
/// assert_eq!(budget.held_bytes(), 0);
/// ```
#[derive(Clone)]
pub struct Budget(Arc<Inner>);

struct Inner {
    limit: usize,
    held: AtomicUsize,
    connections: AtomicUsize,
}

impl Budget {
    /// A budget of so many bytes.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self(Arc::new(Inner {
            limit,
            held: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
        }))
    }

    /// That of all connections of this process that have no other: 1 GiB.
    #[must_use]
    pub fn process() -> Self {
        static PROCESS: LazyLock<Budget> = LazyLock::new(|| Budget::new(1 << 30));
        PROCESS.clone()
    }

    /// The bytes that its connections hold now.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.0.held.load(Ordering::Relaxed)
    }

    /// The number of its connections.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.0.connections.load(Ordering::Relaxed)
    }
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Budget")
            .field("limit", &self.0.limit)
            .field("held_bytes", &self.held_bytes())
            .field("connections", &self.connections())
            .finish()
    }
}

/// What one connection holds, given back when dropped.
#[derive(Debug)]
pub(crate) struct Share {
    budget: Budget,
    held: usize,
}

impl Share {
    pub(crate) fn new(budget: Budget) -> Self {
        budget.0.connections.fetch_add(1, Ordering::Relaxed);
        Self { budget, held: 0 }
    }

    /// The connection holds so many bytes now; false if that is more than it may.
    #[inline]
    pub(crate) fn hold(&mut self, bytes: usize) -> bool {
        // Most hold nothing, whenever they are asked.
        bytes == self.held || self.change(bytes)
    }

    fn change(&mut self, bytes: usize) -> bool {
        let Inner {
            limit,
            held,
            connections,
        } = &*self.budget.0;
        let before = std::mem::replace(&mut self.held, bytes);
        let Some(more) = bytes.checked_sub(before) else {
            held.fetch_sub(before - bytes, Ordering::Relaxed);
            return true;
        };
        let all = held.fetch_add(more, Ordering::Relaxed) + more;
        all <= *limit || bytes <= limit / connections.load(Ordering::Relaxed).max(1)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.hold(0);
        self.budget.0.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_takes_more_than_its_share_is_told_so_once_all_is_taken() {
        let budget = Budget::new(100);
        let [mut ada, mut ben, mut cyd] = [0; 3].map(|_| Share::new(budget.clone()));
        assert!(ada.hold(60), "nobody else takes anything");
        assert!(ben.hold(33));
        assert!(cyd.hold(10), "it has a share, though all is taken");
        assert!(!ada.hold(61));
        assert!(ada.hold(50), "it gives back");
        assert!(ada.hold(57));
        assert!(!ben.hold(34));
        drop((ada, ben));
        assert_eq!((budget.held_bytes(), budget.connections()), (10, 1));
        assert!(cyd.hold(100));
        drop(cyd);
        assert_eq!((budget.held_bytes(), budget.connections()), (0, 0));
    }
}
