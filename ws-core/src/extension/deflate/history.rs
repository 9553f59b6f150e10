use std::fmt;

/// The last bytes of a stream, as many as a window holds.
pub(super) struct History {
    /// Once it is full, a circle.
    bytes: Vec<u8>,
    /// Where the circle begins.
    start: usize,
    most: usize,
}

impl History {
    /// Keeps so many bytes.
    pub(super) const fn new(most: usize) -> Self {
        Self {
            bytes: Vec::new(),
            start: 0,
            most,
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        let bytes = &bytes[bytes.len().saturating_sub(self.most)..];
        let (filling, bytes) = bytes.split_at(bytes.len().min(self.most - self.bytes.len()));
        // To the byte: connections hold it while they are idle.
        self.bytes.reserve_exact(filling.len());
        self.bytes.extend_from_slice(filling);
        let (to_end, around) = bytes.split_at(bytes.len().min(self.most - self.start));
        self.bytes[self.start..][..to_end.len()].copy_from_slice(to_end);
        self.bytes[..around.len()].copy_from_slice(around);
        if !bytes.is_empty() {
            self.start = (self.start + bytes.len()) % self.most;
        }
    }

    pub(super) fn forget(&mut self) {
        *self = Self::new(self.most);
    }

    /// The bytes in their order.
    pub(super) fn parts(&self) -> impl Iterator<Item = &[u8]> {
        let (around, first) = self.bytes.split_at(self.start);
        [first, around].into_iter().filter(|part| !part.is_empty())
    }
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.bytes.len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    proptest! {
        #[test]
        fn it_is_the_end_of_all_that_came(
            most in 0..50_usize,
            parts in vec(vec(any::<u8>(), 0..120), 0..20),
        ) {
            let mut history = History::new(most);
            let mut all = Vec::new();
            for part in parts {
                history.push(&part);
                all.extend(part);
                let kept: Vec<u8> = history.parts().flatten().copied().collect();
                prop_assert_eq!(kept, &all[all.len().saturating_sub(most)..]);
                prop_assert!(history.bytes.capacity() <= most);
            }
        }
    }
}
