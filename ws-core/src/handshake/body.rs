use bytes::{Buf, Bytes, BytesMut};

use super::http::ResponseHead;

/// Reads the body of a response that refuses, up to 64 KiB of it ([RFC 9112 §6]).
///
/// [`ClientOpening`](super::ClientOpening) has one inside; this is for other
/// responses, such as a proxy's.
///
/// ```
/// use bytes::BytesMut;
/// use ws_core::handshake::http::{BodyReader, HeadReader};
///
/// let mut input = BytesMut::from("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
/// let head = HeadReader::new().response(&mut input)?.expect("it is whole");
/// let mut body = BodyReader::new(&head);
/// while !body.read(&mut input) {
///     // append more to `input`; the stream's end is the body's, too
/// }
/// assert_eq!(&body.into_bytes()[..], b"no");
/// # Ok::<_, ws_core::handshake::http::HeadError>(())
/// ```
///
/// [RFC 9112 §6]: https://www.rfc-editor.org/rfc/rfc9112#section-6
#[derive(Debug)]
pub struct BodyReader {
    framing: Framing,
    body: BytesMut,
}

#[derive(Debug, Clone, Copy)]
enum Framing {
    /// So many bytes are missing.
    Length(u64),
    /// So many bytes of the chunk are missing, with the line break behind it.
    Chunk(u64),
    /// The size of the next chunk is to come.
    ChunkSize,
    /// The stream's end is the body's.
    ToEnd,
}

impl BodyReader {
    /// A reader of the body behind this head.
    #[must_use]
    pub fn new(head: &ResponseHead) -> Self {
        let field = |wanted: &str| {
            let mut fields = head.headers.iter();
            let (_, value) = fields.find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
            std::str::from_utf8(value).ok().map(str::trim)
        };
        let length = field("Content-Length").and_then(|length| length.parse().ok());
        let coding = field("Transfer-Encoding").and_then(|codings| codings.rsplit(',').next());
        let framing = match (head.status, coding, length) {
            (204 | 304, _, _) => Framing::Length(0),
            (_, Some(last), _) if last.trim().eq_ignore_ascii_case("chunked") => Framing::ChunkSize,
            (_, None, Some(length)) => Framing::Length(length),
            (_, Some(_), _) | (_, None, None) => Framing::ToEnd,
        };
        Self {
            framing,
            body: BytesMut::new(),
        }
    }

    /// Takes what there is of the body; true when it is whole, or as long as
    /// it may be.
    pub fn read(&mut self, input: &mut BytesMut) -> bool {
        loop {
            if self.body.len() >= LIMIT {
                return true;
            }
            match self.framing {
                Framing::Length(0) => return true,
                Framing::Length(missing) => {
                    let taken = self.take(input, missing);
                    self.framing = Framing::Length(missing - taken);
                    if taken == 0 {
                        return false;
                    }
                }
                Framing::ToEnd => {
                    self.take(input, u64::MAX);
                    return self.body.len() >= LIMIT;
                }
                Framing::Chunk(2) => {
                    if input.len() < 2 {
                        return false;
                    }
                    input.advance(2);
                    self.framing = Framing::ChunkSize;
                }
                Framing::Chunk(missing) => {
                    let taken = self.take(input, missing - 2);
                    self.framing = Framing::Chunk(missing - taken);
                    if taken == 0 {
                        return false;
                    }
                }
                Framing::ChunkSize => match httparse::parse_chunk_size(input) {
                    Ok(httparse::Status::Complete((_, 0))) | Err(_) => return true,
                    Ok(httparse::Status::Complete((len, size))) => {
                        input.advance(len);
                        self.framing = Framing::Chunk(size.saturating_add(2));
                    }
                    // It is read from its beginning each time something comes.
                    Ok(httparse::Status::Partial) => return input.len() > SIZE_LIMIT,
                },
            }
        }
    }

    /// What came of the body.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.body.freeze()
    }

    fn take(&mut self, input: &mut BytesMut, at_most: u64) -> u64 {
        let room = LIMIT - self.body.len();
        let at_most = usize::try_from(at_most).unwrap_or(usize::MAX);
        let taken = input.len().min(at_most).min(room);
        self.body.extend_from_slice(&input[..taken]);
        input.advance(taken);
        taken as u64
    }
}

/// As much of a body as tells why a request is refused, in bytes.
const LIMIT: usize = 64 * 1024;
/// The longest size of a chunk, in bytes, with the extensions that some add.
const SIZE_LIMIT: usize = 1024;
