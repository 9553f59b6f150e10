//! What pages and games say to each other: words as JSON, and what changes in a
//! tick as bytes.
//!
//! A page sends one byte: a direction of 255 around the circle, clockwise from
//! the right, or 255 to stand still.

use bytes::{BufMut, Bytes};
use serde::{Deserialize, Serialize};

use crate::field::{Field, Place, Stroke};

/// The query of the request with which a page enters a game.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Arrival {
    pub(crate) game: String,
    pub(crate) name: String,
}

impl Arrival {
    pub(crate) fn check(mut self) -> Result<Self, &'static str> {
        self.name = self.name.trim().to_owned();
        if !(1..=16).contains(&self.name.chars().count()) {
            return Err("a name has 1 to 16 characters");
        }
        let letter = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if !(1..=24).contains(&self.game.len()) || !self.game.chars().all(letter) {
            return Err("a game has 1 to 24 letters, digits and - in its name");
        }
        Ok(self)
    }
}

/// What a page is told in words.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(crate) enum ToPage<'a> {
    /// Comes first, with [`whole`] behind it.
    You {
        slot: u8,
        width: u16,
        height: u16,
        mishaps: bool,
    },
    Players {
        players: Vec<Someone<'a>>,
    },
    /// A round is over.
    Over {
        /// Who has won, if anybody painted.
        slot: Option<u8>,
    },
    /// The game's actor panicked, and another has taken its place.
    Anew,
}

#[derive(Debug, Serialize)]
pub(crate) struct Someone<'a> {
    pub(crate) slot: u8,
    pub(crate) name: &'a str,
}

/// A direction in radians, or none.
pub(crate) fn direction(byte: u8) -> Option<f32> {
    (byte != u8::MAX).then(|| f32::from(byte) / 255.0 * std::f32::consts::TAU)
}

/// 0, and each cell's slot.
pub(crate) fn whole(field: &Field) -> Bytes {
    let mut bytes = vec![WHOLE];
    bytes.extend_from_slice(field.cells());
    bytes.into()
}

/// 1, how many ticks are left (two bytes, as all numbers below), and how many
/// brushes there are (one byte); for each its slot (one byte) and where it is, x
/// and y in 256ths of a cell; then the strokes in their order, each with its slot
/// (one byte), the number of its cells, and the cells.
pub(crate) fn tick(left: u16, brushes: &[(u8, Place)], strokes: &[Stroke]) -> Bytes {
    let mut bytes = vec![TICK];
    bytes.put_u16(left);
    bytes.put_u8(brushes.len() as u8);
    for (slot, at) in brushes {
        bytes.put_u8(*slot);
        bytes.put_u16((at.x * 256.0) as u16);
        bytes.put_u16((at.y * 256.0) as u16);
    }
    for stroke in strokes {
        bytes.put_u8(stroke.slot);
        bytes.put_u16(stroke.cells.len() as u16);
        stroke.cells.iter().for_each(|cell| bytes.put_u16(*cell));
    }
    bytes.into()
}

const WHOLE: u8 = 0;
const TICK: u8 = 1;
