//! Heads of HTTP/1.1 messages as bytes ([RFC 9112]), for those who have no HTTP
//! library at hand.
//!
//! [RFC 9112]: https://www.rfc-editor.org/rfc/rfc9112

use std::fmt;

use bytes::{Buf, Bytes, BytesMut};
use thiserror::Error;

use super::{
    FieldError, Request,
    field::{check_field, check_target},
};

pub use super::body::BodyReader;

/// Waits for the end of a head, and reads it.
///
/// Each byte is looked at once while it arrives, and the head is parsed once,
/// when it is whole: however it is cut, reading costs the same.
#[derive(Debug, Clone)]
pub struct HeadReader {
    max_bytes: usize,
    scanned: usize,
    /// The bytes of empty lines before the head.
    skipped: usize,
    /// The interim responses before the answer.
    interim: u8,
}

/// The head of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequestHead {
    /// The method, such as `GET`.
    pub method: String,
    /// What is asked for, such as `/chat?room=7`.
    pub target: String,
    /// Whether the version is HTTP/1.1; otherwise it is HTTP/1.0.
    pub http_1_1: bool,
    /// The header fields.
    pub headers: Vec<(String, Bytes)>,
}

impl RequestHead {
    /// The head as [`ServerHandshake::accept`] takes it.
    ///
    /// [`ServerHandshake::accept`]: super::ServerHandshake::accept
    #[must_use]
    pub fn to_request(&self) -> Request<'_, impl Iterator<Item = (&str, &[u8])>> {
        let headers = self.headers.iter();
        let headers = headers.map(|(name, value)| (&**name, &**value));
        Request::new(&self.method, self.http_1_1, headers)
    }
}

/// The head of a response.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResponseHead {
    /// The status code.
    pub status: u16,
    /// The header fields.
    pub headers: Vec<(String, Bytes)>,
}

/// A head cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HeadError {
    /// The head is longer than allowed.
    #[error("head exceeds the limit of {limit} bytes")]
    TooLong {
        /// The limit, in bytes.
        limit: usize,
    },
    /// There are more header fields than allowed.
    #[error("head has more than {MAX_FIELDS} header fields")]
    TooManyFields,
    /// More interim responses come before the answer than allowed.
    #[error("more than {MAX_INTERIM} interim responses come before the answer")]
    TooManyInterim,
    /// The bytes are no head of HTTP/1.
    #[error("head is malformed: {0}")]
    Malformed(String),
}

impl HeadError {
    /// The HTTP status that a server answers with (RFC 6585 §5).
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::TooLong { .. } | Self::TooManyFields => 431,
            Self::TooManyInterim | Self::Malformed(_) => 400,
        }
    }
}

impl HeadReader {
    /// A reader that accepts heads of at most 16 KiB and 100 header fields,
    /// as much as common servers do.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            max_bytes: 16 * 1024,
            scanned: 0,
            skipped: 0,
            interim: 0,
        }
    }

    /// The longest head to accept, in bytes. Empty lines before it may be as
    /// many bytes.
    #[must_use]
    pub const fn max_bytes(mut self, limit: usize) -> Self {
        self.max_bytes = limit;
        self
    }

    /// Takes a request's head off the front of `input`; `None` if it needs more
    /// bytes. What follows the head stays: it belongs to the connection.
    ///
    /// # Errors
    ///
    /// If the head is too long or malformed.
    pub fn request(&mut self, input: &mut BytesMut) -> Result<Option<RequestHead>, HeadError> {
        let Some(head) = self.head(input)? else {
            return Ok(None);
        };
        let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
        let mut request = httparse::Request::new(&mut fields);
        check_whole(request.parse(&head)?, &head)?;
        Ok(Some(RequestHead {
            method: request.method.unwrap_or_default().to_owned(),
            target: request.path.unwrap_or_default().to_owned(),
            http_1_1: request.version == Some(1),
            headers: headers(request.headers, &head),
        }))
    }

    /// Takes a response's head off the front of `input`; `None` if it needs
    /// more bytes. What follows the head stays.
    ///
    /// # Errors
    ///
    /// If the head is too long or malformed.
    pub fn response(&mut self, input: &mut BytesMut) -> Result<Option<ResponseHead>, HeadError> {
        let Some(head) = self.head(input)? else {
            return Ok(None);
        };
        let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
        let mut response = httparse::Response::new(&mut fields);
        check_whole(response.parse(&head)?, &head)?;
        Ok(Some(ResponseHead {
            status: response.code.unwrap_or_default(),
            headers: headers(response.headers, &head),
        }))
    }

    /// Takes the head of the answer to a request off the front of `input`, and
    /// the interim responses before it ([RFC 9110 §15.2]); `None` if it needs
    /// more bytes. What follows the head stays.
    ///
    /// A response 101 is an answer. Of interim ones there may be 16: more are no
    /// news, and would keep a client busy for as long as the server likes.
    ///
    /// [RFC 9110 §15.2]: https://www.rfc-editor.org/rfc/rfc9110#section-15.2
    ///
    /// # Errors
    ///
    /// If a head is too long or malformed, or no answer comes.
    pub fn answer(&mut self, input: &mut BytesMut) -> Result<Option<ResponseHead>, HeadError> {
        while let Some(head) = self.response(input)? {
            if head.status == 101 || head.status / 100 != 1 {
                self.interim = 0;
                return Ok(Some(head));
            }
            if self.interim == MAX_INTERIM {
                return Err(HeadError::TooManyInterim);
            }
            self.interim += 1;
        }
        Ok(None)
    }

    fn head(&mut self, input: &mut BytesMut) -> Result<Option<Bytes>, HeadError> {
        // Empty lines before a head are passed over (RFC 9112 §2.2).
        while self.scanned == 0 && input.starts_with(b"\r\n") {
            input.advance(2);
            self.skipped += 2;
            if self.skipped > self.max_bytes {
                return Err(self.too_long());
            }
        }
        if self.scanned == 0 && input[..] == b"\r"[..] {
            return Ok(None);
        }
        let from = self.scanned.saturating_sub(END.len() - 1);
        let found = input[from..]
            .windows(END.len())
            .position(|window| window == END);
        let len = found.map_or(input.len(), |at| from + at + END.len());
        if len > self.max_bytes {
            return Err(self.too_long());
        }
        self.scanned = len;
        if found.is_none() {
            return Ok(None);
        }
        (self.scanned, self.skipped) = (0, 0);
        Ok(Some(input.split_to(len).freeze()))
    }

    const fn too_long(&self) -> HeadError {
        HeadError::TooLong {
            limit: self.max_bytes,
        }
    }
}

impl Default for HeadReader {
    fn default() -> Self {
        Self::new()
    }
}

/// Writes the head of a GET request.
///
/// # Errors
///
/// If the target or a field would not end where it should.
pub fn write_request<'a>(
    target: &str,
    headers: impl IntoIterator<Item = (&'a str, impl AsRef<[u8]>)>,
) -> Result<Bytes, FieldError> {
    check_target(target)?;
    write_head(format_args!("GET {target} HTTP/1.1"), headers)
}

/// Writes the head of a response.
///
/// # Errors
///
/// If a field would not end where it should.
pub fn write_response<'a>(
    status: u16,
    headers: impl IntoIterator<Item = (&'a str, impl AsRef<[u8]>)>,
) -> Result<Bytes, FieldError> {
    let reason = reason(status);
    write_head(format_args!("HTTP/1.1 {status} {reason}"), headers)
}

fn write_head<'a>(
    start: fmt::Arguments<'_>,
    headers: impl IntoIterator<Item = (&'a str, impl AsRef<[u8]>)>,
) -> Result<Bytes, FieldError> {
    let mut head = format!("{start}\r\n").into_bytes();
    for (name, value) in headers {
        let value = value.as_ref();
        check_field(name, value)?;
        head.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
    }
    head.extend(b"\r\n");
    Ok(head.into())
}

/// What a status means, for people; programs do not read it (RFC 9112 §4).
const fn reason(status: u16) -> &'static str {
    match status {
        101 => "Switching Protocols",
        200 => "OK",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        426 => "Upgrade Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "",
    }
}

/// A head that is over before its last byte ends in bare line feeds: the peer
/// and others on the way may disagree on what follows.
fn check_whole(parsed: httparse::Status<usize>, head: &[u8]) -> Result<(), HeadError> {
    if parsed == httparse::Status::Complete(head.len()) {
        Ok(())
    } else {
        Err(HeadError::Malformed("a line ends without CR".to_owned()))
    }
}

fn headers(fields: &[httparse::Header<'_>], head: &Bytes) -> Vec<(String, Bytes)> {
    let fields = fields.iter();
    fields
        .map(|field| (field.name.to_owned(), head.slice_ref(field.value)))
        .collect()
}

impl From<httparse::Error> for HeadError {
    fn from(error: httparse::Error) -> Self {
        if error == httparse::Error::TooManyHeaders {
            Self::TooManyFields
        } else {
            Self::Malformed(error.to_string())
        }
    }
}

const MAX_FIELDS: usize = 100;
const MAX_INTERIM: u8 = 16;
const END: &[u8] = b"\r\n\r\n";
