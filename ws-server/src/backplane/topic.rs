use std::{fmt, sync::Arc};

use sha2::{Digest, Sha256};

/// What is published and subscribed to: a room of a set of rooms.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Topic(Arc<str>);

impl Topic {
    /// The topic of a room, in the rooms of this name.
    #[must_use]
    pub fn new(rooms: &str, room: &str) -> Self {
        let mut text = String::with_capacity(rooms.len() + 1 + room.len());
        escape(rooms, &mut text);
        text.push('.');
        let beginning = text.len();
        escape(room, &mut text);
        if text.len() - beginning > LONGEST {
            // Who names a room may be anybody, and engines take only so much.
            text.truncate(beginning + LONGEST);
            text.push_str("==");
            text.extend(
                Sha256::digest(room)
                    .iter()
                    .map(|byte| format!("{byte:02x}")),
            );
        }
        Self(text.into())
    }

    /// Both names in letters that every engine takes, joined by a full stop:
    /// ASCII letters and digits, `-` and `_`; of all others the bytes, as `=`
    /// and two hexadecimal digits. Of a room with a long name it is the first
    /// 200 letters, `==` and the name's SHA-256.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the room, as it was given; of a long one, its beginning.
    #[must_use]
    pub fn room_name(&self) -> String {
        let escaped = self.0.split_once('.').map_or("", |(_, room)| room);
        let mut bytes = Vec::with_capacity(escaped.len());
        let mut rest = escaped.bytes();
        while let Some(byte) = rest.next() {
            if byte == b'=' {
                let digits = [rest.next(), rest.next()];
                let [Some(high), Some(low)] = digits.map(|it| char::from(it?).to_digit(16)) else {
                    break;
                };
                bytes.push(u8::try_from(high * 16 + low).unwrap_or_default());
            } else {
                bytes.push(byte);
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The name of the rooms, in such letters.
    #[must_use]
    pub fn rooms(&self) -> &str {
        self.0.split_once('.').map_or(&*self.0, |(rooms, _)| rooms)
    }
}

fn escape(name: &str, text: &mut String) {
    if name.is_empty() {
        // Nothing else is written so, and no engine takes nothing.
        text.push('=');
    }
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_' {
            text.push(char::from(byte));
        } else {
            text.push('=');
            for digit in [byte >> 4, byte & 15] {
                text.push(char::from(b"0123456789ABCDEF"[usize::from(digit)]));
            }
        }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// The longest name that is written out, in letters.
const LONGEST: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_any_letters_stay_apart() {
        let names = ["", "=", "a", "a.b", "a=2Eb", "ä", "*", ">", "{a}", "a b"];
        for (index, one) in names.iter().enumerate() {
            for other in &names[index + 1..] {
                assert_ne!(Topic::new("chat", one), Topic::new("chat", other));
                assert_ne!(Topic::new(one, "lobby"), Topic::new(other, "lobby"));
            }
            assert_eq!(Topic::new("chat", one).room_name(), *one);
            assert_eq!(Topic::new(one, "x").as_str().matches('.').count(), 1);
        }
        assert_eq!(Topic::new("chat", "a.b").as_str(), "chat.a=2Eb");
        let long = "ä".repeat(1000);
        let longer = format!("{long}!");
        let topics = [&long, &longer].map(|name| Topic::new("chat", name));
        assert_ne!(topics[0], topics[1]);
        assert!(topics[0].as_str().len() < 300);
        assert!(long.starts_with(topics[0].room_name().trim_end_matches('\u{fffd}')));
        assert_eq!(Topic::new("my chat", "a.b").rooms(), "my=20chat");
    }
}
