use bytes::BytesMut;

/// The 32-bit key that the payload data of a client's frame is XORed with
/// ([RFC 6455 §5.3]).
///
/// Masking twice with one key gives back the original. The key remembers how
/// far it has come, so payload data may be masked in parts.
///
/// [RFC 6455 §5.3]: https://www.rfc-editor.org/rfc/rfc6455#section-5.3
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaskingKey([u8; 4]);

impl MaskingKey {
    /// The key of these four bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 4]) -> Self {
        Self(bytes)
    }

    /// The four bytes, the one for the next byte of payload data first.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 4] {
        self.0
    }

    /// Masks or unmasks the next part of the payload data in place.
    pub fn apply(&mut self, part: &mut [u8]) {
        self.apply_once(part);
        *self = self.behind(part.len());
    }

    /// The key for what comes behind so many bytes.
    const fn behind(self, count: usize) -> Self {
        let key = u32::from_le_bytes(self.0);
        Self(key.rotate_right(8 * (count as u32 % 4)).to_le_bytes())
    }

    /// As [`apply`](Self::apply), for payload data as a whole.
    #[inline]
    pub(crate) fn apply_once(self, part: &mut [u8]) {
        let key = self.0;
        if part.len() < WIDE {
            apply(key, part);
        } else {
            // Vectors that lie across two cache lines take twice the time.
            let (head, part) = part.split_at_mut(part.as_ptr().align_offset(LINE).min(LINE));
            apply(key, head);
            let key = self.behind(head.len()).0;
            // The same code, compiled for the widest vectors of this machine.
            pulp::Arch::new().dispatch(Wide { key, part });
        }
    }

    /// A masked copy of payload data as a whole.
    pub(crate) fn masked(mut self, payload: &[u8]) -> BytesMut {
        let mut masked = BytesMut::with_capacity(payload.len());
        // Each block is masked while it is in the cache.
        for block in payload.chunks(BLOCK) {
            let start = masked.len();
            masked.extend_from_slice(block);
            self.apply(&mut masked[start..]);
        }
        masked
    }
}

struct Wide<'a> {
    key: [u8; 4],
    part: &'a mut [u8],
}

impl pulp::WithSimd for Wide<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        apply(self.key, self.part);
    }
}

#[inline(always)]
fn apply(key: [u8; 4], part: &mut [u8]) {
    let word = u64::from_ne_bytes(repeated(key));
    // The compiler turns whole words into vector instructions.
    let (words, tail) = part.as_chunks_mut::<8>();
    for bytes in words {
        *bytes = (u64::from_ne_bytes(*bytes) ^ word).to_ne_bytes();
    }
    for (byte, key) in tail.iter_mut().zip(repeated(key)) {
        *byte ^= key;
    }
}

/// The key twice: the RFC's octet `i` of the payload meets octet `i mod 4` of it.
const fn repeated([a, b, c, d]: [u8; 4]) -> [u8; 8] {
    [a, b, c, d, a, b, c, d]
}

/// From this length on, in bytes, wide vectors make up for choosing them.
const WIDE: usize = 768;
/// A line of the cache, in bytes.
const LINE: usize = 64;
/// In bytes.
const BLOCK: usize = 8 * 1024;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn masks_the_example_of_the_rfc() {
        // §5.7: a single-frame masked text message
        let mut payload = *b"Hello";
        MaskingKey::new([0x37, 0xfa, 0x21, 0x3d]).apply(&mut payload);
        assert_eq!(payload, [0x7f, 0x9f, 0x4d, 0x51, 0x58]);
    }

    proptest! {
        #[test]
        fn masks_octet_by_octet_wherever_cut(
            key in any::<[u8; 4]>(),
            payload in proptest::collection::vec(any::<u8>(), 0..20_000),
            cut in 0..20_000_usize,
        ) {
            let expected: Vec<u8> = payload
                .iter()
                .enumerate()
                .map(|(i, byte)| byte ^ key[i % 4])
                .collect();
            let mut masked = payload.clone();
            let (head, tail) = masked.split_at_mut(cut.min(payload.len()));
            let mut mask = MaskingKey::new(key);
            mask.apply(head);
            mask.apply(tail);
            prop_assert_eq!(&masked, &expected);
            prop_assert_eq!(MaskingKey::new(key).masked(&payload), expected);
        }
    }
}
