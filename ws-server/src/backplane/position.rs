use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

use crate::pair;

/// Where a message stands among the recorded ones of its room.
///
/// It is written as two hexadecimal numbers, `EPOCH-OFFSET`, also for serde.
/// Positions of one epoch compare as their offsets do; an epoch ends when the
/// engine has lost its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "engines of others make it")]
pub struct Position {
    /// Names the record, by chance or by the time it was begun.
    pub epoch: u64,
    /// Grows from message to message, not always by one.
    pub offset: u64,
}

/// A text is no position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a position: it is written as two hexadecimal numbers with a hyphen between")]
#[non_exhaustive]
pub struct InvalidPosition;

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}-{:x}", self.epoch, self.offset)
    }
}

impl FromStr for Position {
    type Err = InvalidPosition;

    fn from_str(text: &str) -> Result<Self, InvalidPosition> {
        let (epoch, offset) = pair::parse(text).ok_or(InvalidPosition)?;
        Ok(Self { epoch, offset })
    }
}

impl Serialize for Position {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Position {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn position_is_read_as_it_is_written() {
        for (epoch, offset) in [(0, 0), (1, 2), (u64::MAX, u64::MAX), (0xabc, 0x10)] {
            let position = Position { epoch, offset };
            assert_eq!(position.to_string().parse(), Ok(position));
        }
    }

    #[test]
    fn what_is_no_position_is_refused() {
        for text in [
            "",
            "-",
            "1",
            "1-",
            "-1",
            "1-2-3",
            "g-1",
            "+1-1",
            "1-+1",
            "1-1ffffffffffffffff",
        ] {
            assert_eq!(text.parse::<Position>(), Err(InvalidPosition), "{text}");
        }
    }
}
