#[cfg(feature = "getrandom")]
use std::cell::RefCell;
use std::fmt;

/// Randomness for masking keys ([RFC 6455 §5.3]) and handshake nonces (§4.1).
///
/// A client's masking keys must be unpredictable to whoever supplies the
/// payload, so the source has to be strong. Keys are drawn from a small pool
/// that is refilled in one request: many frames share one call of the source.
///
/// [RFC 6455 §5.3]: https://www.rfc-editor.org/rfc/rfc6455#section-5.3
pub struct Entropy(Source);

enum Source {
    #[cfg(feature = "getrandom")]
    System,
    Given(Pool<GIVEN>, Box<dyn FnMut(&mut [u8]) + Send>),
}

/// Bytes that were not drawn yet.
struct Pool<const SIZE: usize> {
    bytes: [u8; SIZE],
    used: usize,
}

#[cfg(feature = "getrandom")]
thread_local! {
    static SYSTEM: RefCell<Pool<1024>> = const { RefCell::new(Pool::new()) };
}

impl Entropy {
    /// Entropy from a source of yours, which fills the slice it is given.
    ///
    /// The source must be fit for cryptography.
    #[must_use]
    pub fn from_source(source: impl FnMut(&mut [u8]) + Send + 'static) -> Self {
        Self(Source::Given(Pool::new(), Box::new(source)))
    }

    /// Entropy from the operating system.
    ///
    /// # Panics
    ///
    /// When drawn from, if the operating system has no randomness to give,
    /// which no supported system does after it has booted. A client without
    /// fresh masking keys must not send (§5.3).
    #[cfg(feature = "getrandom")]
    #[must_use]
    pub const fn system() -> Self {
        Self(Source::System)
    }

    /// A reproducible sequence, for tests.
    ///
    /// It is predictable, so a client that faces a network must not use it.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        let mut state = seed;
        Self::from_source(move |bytes| {
            for chunk in bytes.chunks_mut(8) {
                // SplitMix64: an odd increment, then two rounds of mixing.
                state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                let mut word = state;
                word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                word ^= word >> 31;
                chunk.copy_from_slice(&word.to_le_bytes()[..chunk.len()]);
            }
        })
    }

    /// The next `N` bytes.
    pub(crate) fn draw<const N: usize>(&mut self) -> [u8; N] {
        match &mut self.0 {
            #[cfg(feature = "getrandom")]
            Source::System => SYSTEM.with_borrow_mut(|pool| {
                pool.draw(|bytes| {
                    getrandom::fill(bytes)
                        .expect("the operating system gives randomness once booted");
                })
            }),
            Source::Given(pool, source) => pool.draw(source),
        }
    }
}

impl<const SIZE: usize> Pool<SIZE> {
    const fn new() -> Self {
        Self {
            bytes: [0; SIZE],
            used: SIZE,
        }
    }

    fn draw<const N: usize>(&mut self, source: impl FnOnce(&mut [u8])) -> [u8; N] {
        const { assert!(N <= SIZE) };
        if SIZE - self.used < N {
            source(&mut self.bytes);
            self.used = 0;
        }
        let mut drawn = [0; N];
        let bytes = &mut self.bytes[self.used..self.used + N];
        drawn.copy_from_slice(bytes);
        // A key that has been on the wire has no business in memory.
        bytes.fill(0);
        self.used += N;
        drawn
    }
}

impl fmt::Debug for Entropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entropy").finish_non_exhaustive()
    }
}

/// How many bytes a source of the caller's is asked for at once.
const GIVEN: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeded_entropy_repeats_and_differs_by_seed() {
        let draw = |seed| Entropy::seeded(seed).draw::<16>();
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }

    #[test]
    fn seeded_entropy_is_splitmix64() {
        // The first values of the reference implementation, for a seed of 0.
        let mut entropy = Entropy::seeded(0);
        for expected in [
            0xe220_a839_7b1d_cdaf_u64,
            0x6e78_9e6a_a1b9_65f4,
            0x06c4_5d18_8009_454f,
        ] {
            assert_eq!(u64::from_le_bytes(entropy.draw()), expected);
        }
    }

    #[test]
    fn printing_tells_nothing_of_what_will_be_drawn() {
        let mut entropy = Entropy::seeded(1);
        entropy.draw::<4>();
        assert_eq!(format!("{entropy:?}"), "Entropy { .. }");
    }

    #[test]
    fn no_byte_is_drawn_twice() {
        let mut next = 0_u32;
        let mut entropy = Entropy::from_source(move |bytes| {
            for chunk in bytes.chunks_mut(4) {
                chunk.copy_from_slice(&next.to_be_bytes());
                next += 1;
            }
        });
        for expected in 0..100_u32 {
            assert_eq!(entropy.draw::<4>(), expected.to_be_bytes());
        }
    }

    #[cfg(feature = "getrandom")]
    #[test]
    fn system_entropy_varies() {
        let mut entropy = Entropy::system();
        assert_ne!(entropy.draw::<16>(), entropy.draw::<16>());
    }
}
