use std::{
    fmt,
    hash::{BuildHasher, RandomState},
    str::FromStr,
    sync::OnceLock,
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

use crate::pair;

use super::next_id;

/// Names a member of a room among those of all processes.
///
/// It is written as two hexadecimal numbers with a hyphen between, also for
/// serde: JavaScript cannot hold such numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberId {
    number: u64,
    /// Chosen by chance when the process began.
    process: u64,
}

/// A text does not name a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a member's id: it is written as two hexadecimal numbers with a hyphen between")]
#[non_exhaustive]
pub struct InvalidMemberId;

impl MemberId {
    pub(crate) fn next() -> Self {
        Self::new(process(), next_id())
    }

    pub(crate) const fn new(process: u64, number: u64) -> Self {
        Self { number, process }
    }

    /// The number, which no other member of its process has had.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.number
    }

    pub(crate) const fn process(self) -> u64 {
        self.process
    }
}

fn process() -> u64 {
    static PROCESS: OnceLock<u64> = OnceLock::new();
    *PROCESS.get_or_init(|| RandomState::new().hash_one(0))
}

impl fmt::Display for MemberId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}-{:x}", self.number, self.process)
    }
}

impl FromStr for MemberId {
    type Err = InvalidMemberId;

    fn from_str(text: &str) -> Result<Self, InvalidMemberId> {
        let (number, process) = pair::parse(text).ok_or(InvalidMemberId)?;
        Ok(Self::new(process, number))
    }
}

impl Serialize for MemberId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for MemberId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_is_read_as_it_is_written() {
        let id = MemberId::next();
        assert_eq!(id.to_string().parse(), Ok(id));
        for text in ["", "-", "1", "1-", "x-1", "+1-1", "1-2-3"] {
            assert_eq!(text.parse::<MemberId>(), Err(InvalidMemberId), "{text}");
        }
    }
}
