use flate2::{Decompress, FlushDecompress, Status};

/// What plain zlib makes of a message (RFC 7692 §7.2.2).
#[derive(Debug, PartialEq)]
pub(crate) enum Inflated {
    Whole(Vec<u8>),
    /// The input stands for more than this much.
    More(Vec<u8>),
    /// It is no DEFLATE, or ends inside a block; this came before.
    Corrupt(Vec<u8>),
}

/// Inflates one message without a window before it, with all input and all
/// output at hand: nothing of how ws-core cuts them can matter here.
pub(crate) fn inflate(payload: &[u8], most: usize) -> Inflated {
    // Room for a byte too many, which shows that there is more.
    let mut output = vec![0; most + 1];
    let mut len = 0;
    let mut stream = Decompress::new(false);
    let mut rest = payload;
    let mut tail = false;
    let mut whole = 0;
    // After a final block another stream begins (§7.2.3.4).
    let mut fresh = false;
    loop {
        if rest.is_empty() {
            if tail || fresh {
                output.truncate(len);
                return if len == whole || !tail {
                    Inflated::Whole(output)
                } else {
                    Inflated::Corrupt(output)
                };
            }
            rest = &[0, 0, 0xff, 0xff];
            tail = true;
            whole = len;
        }
        let (read, written) = (stream.total_in(), stream.total_out());
        let status = stream.decompress(rest, &mut output[len..], FlushDecompress::Sync);
        let read = (stream.total_in() - read) as usize;
        len += (stream.total_out() - written) as usize;
        rest = &rest[read..];
        if len > most {
            output.truncate(len);
            return Inflated::More(output);
        }
        match status {
            Ok(Status::StreamEnd) => {
                stream = Decompress::new(false);
                fresh = true;
            }
            Ok(Status::Ok | Status::BufError) if read > 0 => fresh = false,
            Ok(Status::Ok | Status::BufError) | Err(_) => {
                output.truncate(len);
                return Inflated::Corrupt(output);
            }
        }
    }
}
