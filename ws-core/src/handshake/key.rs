use base64::{Engine, engine::general_purpose::STANDARD};
use sha1::{Digest, Sha1};

use crate::Entropy;

/// The value of `Sec-WebSocket-Key`: 16 bytes, base64-encoded (§4.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key(String);

impl Key {
    pub(super) fn generate(entropy: &mut Entropy) -> Self {
        Self(STANDARD.encode(entropy.draw::<16>()))
    }

    pub(super) fn parse(value: &str) -> Option<Self> {
        let bytes = STANDARD.decode(value).ok()?;
        (bytes.len() == 16).then(|| Self(value.to_owned()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The value of `Sec-WebSocket-Accept` that answers this key (§4.2.2).
    pub(super) fn accept(&self) -> String {
        let digest = Sha1::new()
            .chain_update(&self.0)
            .chain_update(GUID)
            .finalize();
        STANDARD.encode(digest)
    }
}

/// §1.3: a value that no server would use by accident.
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_the_key_of_the_rfc() {
        // §1.3
        let key = Key::parse("dGhlIHNhbXBsZSBub25jZQ==").unwrap();
        assert_eq!(key.accept(), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn a_key_is_sixteen_bytes() {
        assert!(Key::parse("").is_none());
        assert!(Key::parse("c2hvcnQ=").is_none());
        assert!(Key::parse("not base64 at all, is it").is_none());
        let key = Key::generate(&mut Entropy::seeded(7));
        assert_eq!(Key::parse(key.as_str()), Some(key));
    }
}
