//! DEFLATE read bit by bit (RFC 1951), by no library, so that the distances can
//! be looked at.

/// What deflated bytes stand for.
#[derive(Debug, Default)]
pub(crate) struct Inflated {
    pub(crate) bytes: Vec<u8>,
    /// The longest distance of a reference back, in bytes.
    pub(crate) farthest: usize,
    /// The types of the blocks, in order.
    pub(crate) blocks: Vec<usize>,
}

impl Inflated {
    /// Reads whole blocks, which may refer to what was read before.
    ///
    /// # Panics
    ///
    /// If the blocks are not of the format, or not whole.
    pub(crate) fn read(&mut self, deflated: &[u8]) {
        let mut bits = Bits {
            bytes: deflated,
            at: 0,
        };
        while bits.at.div_ceil(8) < deflated.len() {
            let last = bits.take(1);
            let kind = bits.take(2);
            self.blocks.push(kind);
            match kind {
                0 => self.stored(&mut bits),
                1 => {
                    let mut lens = [8; 288];
                    lens[144..256].fill(9);
                    lens[256..280].fill(7);
                    self.coded(&mut bits, &Code::new(&lens), &Code::new(&[5; 30]));
                }
                2 => {
                    let (literals, distances) = tables(&mut bits);
                    self.coded(&mut bits, &literals, &distances);
                }
                _ => panic!("no block has the type {kind}"),
            }
            if last == 1 {
                bits.align();
            }
        }
    }

    fn stored(&mut self, bits: &mut Bits<'_>) {
        bits.align();
        let len = bits.take(16);
        assert_eq!(len ^ bits.take(16), 0xFFFF);
        for _ in 0..len {
            self.bytes.push(bits.take(8) as u8);
        }
    }

    fn coded(&mut self, bits: &mut Bits<'_>, literals: &Code, distances: &Code) {
        loop {
            let symbol = literals.next(bits);
            match symbol {
                0..256 => self.bytes.push(symbol as u8),
                256 => return,
                _ => {
                    let (base, extra) = LENGTHS[symbol - 257];
                    let len = base + bits.take(extra);
                    let (base, extra) = DISTANCES[distances.next(bits)];
                    let distance = base + bits.take(extra);
                    self.farthest = self.farthest.max(distance);
                    for _ in 0..len {
                        self.bytes.push(self.bytes[self.bytes.len() - distance]);
                    }
                }
            }
        }
    }
}

/// The codes of a block that brings its own (§3.2.7).
fn tables(bits: &mut Bits<'_>) -> (Code, Code) {
    let literals = 257 + bits.take(5);
    let distances = 1 + bits.take(5);
    let mut lens = [0; 19];
    for place in 0..4 + bits.take(4) {
        lens[ORDER[place]] = bits.take(3);
    }
    let code = Code::new(&lens);
    let mut lens: Vec<usize> = Vec::new();
    while lens.len() < literals + distances {
        let (len, times) = match code.next(bits) {
            16 => (lens[lens.len() - 1], 3 + bits.take(2)),
            17 => (0, 3 + bits.take(3)),
            18 => (0, 11 + bits.take(7)),
            len => (len, 1),
        };
        lens.extend(vec![len; times]);
    }
    assert_eq!(lens.len(), literals + distances);
    (Code::new(&lens[..literals]), Code::new(&lens[literals..]))
}

struct Bits<'a> {
    bytes: &'a [u8],
    /// How many bits are read.
    at: usize,
}

impl Bits<'_> {
    /// So many bits, the first one the lowest.
    fn take(&mut self, count: usize) -> usize {
        (0..count).fold(0, |value, place| {
            let bit = self.bytes[self.at / 8] >> (self.at % 8) & 1;
            self.at += 1;
            value | usize::from(bit) << place
        })
    }

    fn align(&mut self) {
        self.at = self.at.next_multiple_of(8);
    }
}

/// A Huffman code, by the lengths of its words (§3.2.2).
struct Code {
    counts: [usize; 16],
    symbols: Vec<usize>,
}

impl Code {
    fn new(lens: &[usize]) -> Self {
        let mut counts = [0; 16];
        let mut symbols: Vec<_> = (0..lens.len()).filter(|&it| lens[it] != 0).collect();
        symbols.sort_by_key(|&symbol| lens[symbol]);
        for &symbol in &symbols {
            counts[lens[symbol]] += 1;
        }
        Self { counts, symbols }
    }

    fn next(&self, bits: &mut Bits<'_>) -> usize {
        let (mut word, mut first, mut before) = (0, 0, 0);
        for count in &self.counts[1..] {
            word |= bits.take(1);
            if word < first + count {
                return self.symbols[before + word - first];
            }
            before += count;
            first = (first + count) << 1;
            word <<= 1;
        }
        panic!("no word of the code");
    }
}

const ORDER: [usize; 19] = [
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
];

/// The least value of each code, and how many bits are added to it (§3.2.5).
const LENGTHS: [(usize, usize); 29] = {
    let mut codes = steps(3, 4);
    codes[28] = (258, 0);
    codes
};
const DISTANCES: [(usize, usize); 30] = steps(1, 2);

/// Twice `in_step` codes without a further bit, then `in_step` with each number.
const fn steps<const N: usize>(mut base: usize, in_step: usize) -> [(usize, usize); N] {
    let mut codes = [(0, 0); N];
    let mut at = 0;
    while at < N {
        let extra = (at / in_step).saturating_sub(1);
        codes[at] = (base, extra);
        base += 1 << extra;
        at += 1;
    }
    codes
}
