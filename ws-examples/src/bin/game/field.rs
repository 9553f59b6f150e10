//! The field: whose paint lies where.

/// Cells in rows, each with the slot of whoever painted it last; 0 is nobody.
pub(crate) struct Field {
    cells: Vec<u8>,
    /// What was painted since this was last taken, in its order.
    strokes: Vec<Stroke>,
}

/// Cells that one slot has painted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stroke {
    pub(crate) slot: u8,
    pub(crate) cells: Vec<u16>,
}

/// A place, in cells from the upper left corner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Place {
    pub(crate) x: f32,
    pub(crate) y: f32,
}

impl Field {
    pub(crate) const WIDTH: u16 = 128;
    pub(crate) const HEIGHT: u16 = 72;

    pub(crate) fn new() -> Self {
        let cells = usize::from(Self::WIDTH) * usize::from(Self::HEIGHT);
        Self {
            cells: vec![0; cells],
            strokes: Vec::new(),
        }
    }

    pub(crate) fn cells(&self) -> &[u8] {
        &self.cells
    }

    /// Paints what a brush at this place touches.
    pub(crate) fn paint(&mut self, slot: u8, at: Place) {
        let mut stroke = Vec::new();
        for y in around(at.y, Self::HEIGHT) {
            for x in around(at.x, Self::WIDTH) {
                let (dx, dy) = (f32::from(x) + 0.5 - at.x, f32::from(y) + 0.5 - at.y);
                let cell = y * Self::WIDTH + x;
                if dx.hypot(dy) <= REACH && self.cells[usize::from(cell)] != slot {
                    self.cells[usize::from(cell)] = slot;
                    stroke.push(cell);
                }
            }
        }
        self.note(slot, stroke);
    }

    /// Wipes away what a slot has painted.
    pub(crate) fn wipe(&mut self, slot: u8) {
        let mut wiped = Vec::new();
        for (index, cell) in (0..).zip(&mut self.cells) {
            if *cell == slot {
                *cell = 0;
                wiped.push(index);
            }
        }
        self.note(0, wiped);
    }

    /// The slot that has painted most, and how many cells.
    pub(crate) fn leader(&self) -> Option<(u8, usize)> {
        let count = |slot| self.cells.iter().filter(|cell| **cell == slot).count();
        let counts = (1..=u8::MAX).map(|slot| (slot, count(slot)));
        let leader = counts.take(Self::SLOTS).max_by_key(|(_, count)| *count);
        leader.filter(|(_, count)| *count > 0)
    }

    pub(crate) fn take_strokes(&mut self) -> Vec<Stroke> {
        std::mem::take(&mut self.strokes)
    }

    /// How many slots there are at most.
    pub(crate) const SLOTS: usize = 8;

    fn note(&mut self, slot: u8, cells: Vec<u16>) {
        if !cells.is_empty() {
            self.strokes.push(Stroke { slot, cells });
        }
    }
}

impl Place {
    /// So far on in this direction, in radians, but not out of the field.
    pub(crate) fn moved(self, direction: f32, by: f32) -> Self {
        let (width, height) = (f32::from(Field::WIDTH), f32::from(Field::HEIGHT));
        Self {
            x: (self.x + direction.cos() * by).clamp(EDGE, width - EDGE),
            y: (self.y + direction.sin() * by).clamp(EDGE, height - EDGE),
        }
    }
}

/// The cells that a brush at this coordinate may touch.
fn around(at: f32, size: u16) -> std::ops::Range<u16> {
    let (first, last) = ((at - REACH).floor().max(0.0), (at + REACH).ceil());
    // A cast of a number that is too large gives the largest.
    first as u16..size.min(last as u16)
}

/// How far a brush reaches.
const REACH: f32 = 2.8;
/// How near to the edge it comes, so that it can be seen.
const EDGE: f32 = 1.8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_brush_paints_what_it_touches_once() {
        let mut field = Field::new();
        let at = Place { x: 64.0, y: 36.0 };
        field.paint(1, at);
        field.paint(1, at);
        let strokes = field.take_strokes();
        let [stroke] = &strokes[..] else {
            panic!("{strokes:?}");
        };
        let painted = field.cells().iter().filter(|cell| **cell == 1).count();
        assert_eq!(stroke.cells.len(), painted);
        assert_eq!(field.leader(), Some((1, painted)));

        field.paint(2, at);
        assert_eq!(field.leader(), Some((2, painted)));
        field.wipe(2);
        assert_eq!(field.leader(), None);
        let slots: Vec<_> = field.take_strokes().iter().map(|it| it.slot).collect();
        assert_eq!(slots, [2, 0]);
    }

    #[test]
    fn nothing_leaves_the_field() {
        let mut field = Field::new();
        for direction in 0..=u8::MAX {
            let mut at = Place { x: 1.0, y: 71.0 };
            for _ in 0..200 {
                at = at.moved(f32::from(direction) / 40.0, 1.0);
                field.paint(1, at);
            }
        }
    }
}
