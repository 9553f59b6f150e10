use arbitrary::Unstructured;

/// What an input says before its bytes begin.
///
/// Bytes are taken from the front, one for each setting, and are zero when
/// there are no more: `Unstructured` would take lengths from the other end,
/// where a change to one moves them all.
pub(crate) trait Settings<'a> {
    fn byte(&mut self) -> u8;

    /// The next byte as a choice of one of these.
    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T;

    /// A number of sizes, then the sizes: how to cut what follows.
    fn sizes(&mut self) -> Vec<usize>;

    /// A length, then so many bytes.
    fn short_bytes(&mut self) -> &'a [u8];
}

impl<'a> Settings<'a> for Unstructured<'a> {
    fn byte(&mut self) -> u8 {
        self.arbitrary().unwrap_or_default()
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::from(self.byte()) % choices.len()]
    }

    fn sizes(&mut self) -> Vec<usize> {
        let count = self.byte() % 16;
        (0..count).map(|_| self.byte().into()).collect()
    }

    fn short_bytes(&mut self) -> &'a [u8] {
        let len = usize::from(self.byte()).min(self.len());
        self.bytes(len).unwrap_or_default()
    }
}

/// `bytes` in pieces of these sizes, again and again; whole if there is none.
pub(crate) fn pieces<'a>(mut bytes: &'a [u8], sizes: &[usize]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    if sizes.iter().any(|&size| size > 0) {
        for &size in sizes.iter().cycle() {
            if bytes.len() <= size {
                break;
            }
            let (piece, rest) = bytes.split_at(size);
            pieces.push(piece);
            bytes = rest;
        }
    }
    pieces.push(bytes);
    pieces
}

/// The three ways to cut that a target compares: whole, as the input says, and
/// byte by byte unless that takes long.
pub(crate) fn cuts<'a>(bytes: &'a [u8], sizes: &[usize]) -> Vec<Vec<&'a [u8]>> {
    let mut cuts = vec![vec![bytes], pieces(bytes, sizes)];
    if bytes.len() <= 1024 {
        cuts.push(bytes.chunks(1).collect());
    }
    cuts
}

/// Bytes that do not compress: the one with this number.
pub(crate) fn scattered(i: usize) -> u8 {
    (i.wrapping_mul(0x9e37_79b9).rotate_right(13) ^ i.wrapping_mul(0x85eb_ca6b) >> 7) as u8
}
