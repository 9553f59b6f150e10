//! Compressed messages that stand for more than they should.

use flate2::{Compress, Compression, FlushCompress};

/// What stands for this many zeros, as permessage-deflate sends a message.
pub(super) fn zeros(len: usize) -> Vec<u8> {
    compressed(&vec![0; len])
}

/// A message, compressed (RFC 7692 §7.2.1).
pub(super) fn compressed(message: &[u8]) -> Vec<u8> {
    let mut output = flushed(message);
    // The empty stored block at the end is not sent.
    output.truncate(output.len() - 4);
    output
}

/// The same with the empty stored block that ends it on a byte.
fn flushed(message: &[u8]) -> Vec<u8> {
    let mut compress = Compress::new(Compression::best(), false);
    let mut output = Vec::with_capacity(message.len() + 1024);
    compress
        .compress_vec(message, &mut output, FlushCompress::Sync)
        .expect("there is room");
    output
}

/// What stands for about so many mebibytes of zeros: one bit for 516 of them.
pub(super) fn bomb(mebibytes: usize) -> Vec<u8> {
    let one = zeros(1 << 20);
    // Each byte of its middle is the same four times: 258 zeros more.
    let middle = one.len() / 2;
    let mut bomb = one[..middle].to_vec();
    bomb.resize(
        middle + (mebibytes - 1) * ((1 << 20) / (4 * 258)),
        one[middle],
    );
    bomb.extend_from_slice(&one[middle..]);
    bomb
}

/// What stands for as many zeros in blocks that can be repeated: between them is
/// a whole number of bytes.
pub(super) fn block_of_zeros(len: usize) -> Vec<u8> {
    flushed(&vec![0; len])
}

/// A stored block that is not the last: nothing is compressed in it.
pub(super) fn stored(bytes: &[u8]) -> Vec<u8> {
    let len = u16::try_from(bytes.len()).expect("a stored block is short");
    let mut block = vec![0];
    block.extend_from_slice(&len.to_le_bytes());
    block.extend_from_slice(&(!len).to_le_bytes());
    block.extend_from_slice(bytes);
    block
}

/// The last block of a stream, with nothing in it.
pub(super) const FINAL: [u8; 2] = [0x03, 0x00];

#[cfg(test)]
mod tests {
    use flate2::{Decompress, FlushDecompress};

    use super::*;

    #[test]
    fn a_bomb_stands_for_what_it_says() {
        let bomb = bomb(8);
        assert!(bomb.len() < 10 * 1024);
        let mut output = Vec::with_capacity(9 << 20);
        Decompress::new(false)
            .decompress_vec(&bomb, &mut output, FlushDecompress::Sync)
            .unwrap();
        assert!(output.len() > 7 << 20, "{}", output.len());
        assert!(output.iter().all(|byte| *byte == 0));
    }
}
