use std::str;

use super::InvalidUtf8;

/// Checks text that arrives in parts, and fails at the first wrong byte.
///
/// A part may end inside a character. The state lives across the fragments of
/// a message and the control frames between them ([RFC 6455 §8.1]).
///
/// ```
/// use ws_core::Validator;
///
/// let mut validator = Validator::default();
/// validator.push(b"caf\xc3").unwrap(); // the é is still on its way
/// validator.push(b"\xa9").unwrap();
/// validator.finish().unwrap();
///
/// // U+110000 does not exist: its second byte is already wrong.
/// assert!(validator.push(b"\xf4\x90").is_err());
/// ```
///
/// [RFC 6455 §8.1]: https://www.rfc-editor.org/rfc/rfc6455#section-8.1
#[derive(Debug, Clone, Default)]
pub struct Validator {
    /// The start of a character whose end is not here yet.
    pending: [u8; 4],
    pending_len: u8,
}

impl Validator {
    /// Takes the next part of the text.
    ///
    /// # Errors
    ///
    /// If no text could go on like this. The state is of no use afterwards.
    pub fn push(&mut self, part: &[u8]) -> Result<(), InvalidUtf8> {
        self.take(part, |_| {})
    }

    /// As [`push`](Self::push); appends to `text` what is whole by now.
    pub(crate) fn push_to(&mut self, part: &[u8], text: &mut String) -> Result<(), InvalidUtf8> {
        self.take(part, |whole| text.push_str(whole))
    }

    fn take(&mut self, mut part: &[u8], mut whole: impl FnMut(&str)) -> Result<(), InvalidUtf8> {
        while self.pending_len > 0 {
            let Some((&byte, rest)) = part.split_first() else {
                return Ok(());
            };
            part = rest;
            let len = usize::from(self.pending_len);
            self.pending[len] = byte;
            match str::from_utf8(&self.pending[..=len]) {
                Ok(character) => {
                    whole(character);
                    self.pending_len = 0;
                }
                Err(error) if error.error_len().is_none() => self.pending_len += 1,
                Err(_) => return Err(InvalidUtf8),
            }
        }
        let (characters, tail) = part.split_at(part.len() - cut_character(part));
        whole(simdutf8::basic::from_utf8(characters).map_err(|_| InvalidUtf8)?);
        match str::from_utf8(tail) {
            Err(error) if error.error_len().is_some() => return Err(InvalidUtf8),
            Ok(_) | Err(_) => {}
        }
        self.pending[..tail.len()].copy_from_slice(tail);
        self.pending_len = tail.len() as u8;
        Ok(())
    }

    /// Ends the text, and makes ready for the next.
    ///
    /// # Errors
    ///
    /// If the text ends inside a character.
    pub fn finish(&mut self) -> Result<(), InvalidUtf8> {
        if self.pending_len == 0 {
            Ok(())
        } else {
            self.pending_len = 0;
            Err(InvalidUtf8)
        }
    }
}

/// How many bytes at the end begin a character that needs more of them.
fn cut_character(text: &[u8]) -> usize {
    let last = text.iter().rev().take(3).zip(1..);
    for (byte, len) in last {
        match byte {
            0x00..0x80 => return 0,
            0x80..0xC0 => {}
            0xC0..0xE0 => return if len < 2 { len } else { 0 },
            0xE0..0xF0 => return if len < 3 { len } else { 0 },
            0xF0.. => return len,
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn whole(parts: &[&[u8]]) -> Result<(), InvalidUtf8> {
        let mut validator = Validator::default();
        for part in parts {
            validator.push(part)?;
        }
        validator.finish()
    }

    /// The number of bytes accepted one at a time before the first refusal.
    fn accepted(bytes: &[u8]) -> usize {
        let mut validator = Validator::default();
        bytes
            .iter()
            .take_while(|&&byte| validator.push(&[byte]).is_ok())
            .count()
    }

    #[test]
    fn fails_at_the_first_wrong_byte() {
        assert_eq!(accepted(b"\xce\xba\xed\xa0\x80"), 3); // a surrogate
        assert_eq!(accepted(b"\xf4\x90\x80\x80"), 1); // beyond U+10FFFF
        assert_eq!(accepted(b"a\xc0\xaf"), 1); // overlong
        assert_eq!(accepted(b"\xe0\x80"), 1); // overlong
        assert_eq!(accepted(b"a\x80"), 1); // a continuation byte alone
        assert_eq!(accepted(b"\xf5"), 0);
    }

    #[test]
    fn fails_at_an_end_inside_a_character() {
        assert_eq!(whole(&[b"\xe2\x82"]), Err(InvalidUtf8));
        assert_eq!(whole(&[b"\xe2", b"\x82", b"\xac"]), Ok(()));
        assert_eq!(whole(&[b"\xe2", b"", b"\x82\xac"]), Ok(()));
    }

    proptest! {
        #[test]
        fn agrees_with_std_wherever_cut(
            bytes in prop_oneof![
                any::<String>().prop_map(String::into_bytes),
                proptest::collection::vec(any::<u8>(), 0..24),
                ("\\PC{0,8}", any::<u8>(), 0..24_usize).prop_map(|(text, byte, at)| {
                    let mut bytes = text.into_bytes();
                    bytes.insert(at.min(bytes.len()), byte);
                    bytes
                }),
            ],
            cuts in proptest::collection::vec(0..32_usize, 0..4),
        ) {
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.sort_unstable();
            let mut parts = Vec::new();
            let mut from = 0;
            for cut in cuts {
                parts.push(&bytes[from..cut]);
                from = cut;
            }
            parts.push(&bytes[from..]);
            prop_assert_eq!(whole(&parts).is_ok(), str::from_utf8(&bytes).is_ok());
        }
    }
}
