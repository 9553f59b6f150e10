use bytes::BytesMut;
use ws_core::handshake::http::{HeadError, HeadReader};

/// A header section.
pub(crate) type Head = Vec<(&'static str, &'static str)>;

/// A request as it should be (§1.3).
pub(crate) fn request() -> Head {
    vec![
        ("Host", "server.example.com"),
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("Sec-WebSocket-Version", "13"),
    ]
}

/// The response to it as it should be (§1.3).
pub(crate) fn response() -> Head {
    vec![
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
    ]
}

/// The head with these fields instead of its own of the same names.
pub(crate) fn with(mut head: Head, fields: &[(&'static str, &'static str)]) -> Head {
    let replaced = |name: &str| fields.iter().any(|(it, _)| it.eq_ignore_ascii_case(name));
    head.retain(|(name, _)| !replaced(name));
    head.extend(fields);
    head
}

/// The fields as values of any bytes.
pub(crate) fn fields(head: &Head) -> impl Iterator<Item = (&'static str, &'static [u8])> {
    head.iter().map(|(name, value)| (*name, value.as_bytes()))
}

/// Reads a head that arrives in parts: the first that comes of it, and the rest.
pub(crate) fn read<T>(
    parts: &[&[u8]],
    mut read: impl FnMut(&mut HeadReader, &mut BytesMut) -> Result<Option<T>, HeadError>,
) -> (Result<T, HeadError>, Vec<u8>) {
    let mut reader = HeadReader::new();
    let mut input = BytesMut::new();
    let mut told = None;
    for part in parts {
        input.extend_from_slice(part);
        if told.is_none() {
            told = read(&mut reader, &mut input).transpose();
        }
    }
    (told.expect("the head is whole"), input.to_vec())
}
