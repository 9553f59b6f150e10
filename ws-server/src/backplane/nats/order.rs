use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

use crate::backplane::{Arrival, Place, Position};

/// Brings recorded messages of a topic in order. Of those that several nodes
/// publish at once, a server alone numbers one first and sends on the other.
#[derive(Default)]
pub(super) struct Order {
    at: Option<Position>,
    /// Those before which one has not come yet, in order.
    held: VecDeque<(Place, Arrival)>,
    until: Option<Instant>,
}

impl Order {
    /// Takes what arrives, and gives it back if it is its turn.
    pub(super) fn take(&mut self, arrival: Arrival, now: Instant) -> Option<Arrival> {
        let Some(place) = arrival.place else {
            return Some(arrival);
        };
        if self.follows(place) {
            self.pass(place, now);
            return Some(arrival);
        }
        let offset = place.position.offset;
        let index = self
            .held
            .partition_point(|(held, _)| held.position.offset < offset);
        self.held.insert(index, (place, arrival));
        self.until.get_or_insert(now + PATIENCE);
        None
    }

    /// Gives what was held, if it is its turn by now, or if the one before it
    /// is awaited no longer.
    pub(super) fn next(&mut self, now: Instant) -> Option<Arrival> {
        let (place, _) = self.held.front()?;
        let late = self.held.len() > MOST || self.until.is_some_and(|until| until <= now);
        if !late && !self.follows(*place) {
            return None;
        }
        let (place, arrival) = self.held.pop_front()?;
        self.pass(place, now);
        Some(arrival)
    }

    /// Until when the one before is awaited, if one is.
    pub(super) const fn until(&self) -> Option<Instant> {
        self.until
    }

    fn follows(&self, place: Place) -> bool {
        self.at.map_or(place.previous == 0, |at| {
            at.epoch != place.position.epoch || place.previous <= at.offset
        })
    }

    fn pass(&mut self, place: Place, now: Instant) {
        let passed =
            |at: &Position| at.epoch == place.position.epoch && at.offset > place.position.offset;
        self.at = self.at.filter(passed).or(Some(place.position));
        self.until = (!self.held.is_empty()).then(|| now + PATIENCE);
    }
}

/// How long the one before is awaited. It comes at once, or not at all.
const PATIENCE: Duration = Duration::from_millis(20);

/// How many are held at most.
const MOST: usize = 64;

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::backplane::Topic;

    fn arrival(epoch: u64, offset: u64, previous: u64) -> Arrival {
        let position = Position { epoch, offset };
        Arrival {
            topic: Topic::new("chat", "lobby"),
            payload: Bytes::new(),
            place: Some(Place { position, previous }),
        }
    }

    /// Takes one, and gives the offsets of all whose turn it is.
    fn take(order: &mut Order, arrival: Arrival, now: Instant) -> Vec<u64> {
        let mut ready: Vec<_> = order.take(arrival, now).into_iter().collect();
        ready.extend(std::iter::from_fn(|| order.next(now)));
        let offset = |arrival: Arrival| arrival.place.map_or(0, |place| place.position.offset);
        ready.into_iter().map(offset).collect()
    }

    #[test]
    fn messages_that_overtake_are_held_until_the_others_have_come() {
        let now = Instant::now();
        let mut order = Order::default();
        let mut take = |arrival| take(&mut order, arrival, now);
        assert_eq!(take(arrival(1, 3, 0)), [3]);
        assert!(take(arrival(1, 9, 7)).is_empty());
        assert!(take(arrival(1, 7, 4)).is_empty());
        let unrecorded = Arrival {
            place: None,
            ..arrival(1, 0, 0)
        };
        assert_eq!(take(unrecorded), [0]);
        assert_eq!(take(arrival(1, 4, 3)), [4, 7, 9]);
        assert_eq!(take(arrival(1, 10, 9)), [10]);
        // One that is told a second time, and one of another record.
        assert_eq!(take(arrival(1, 9, 7)), [9]);
        assert_eq!(take(arrival(1, 12, 10)), [12]);
        assert_eq!(take(arrival(2, 5, 4)), [5]);
        assert!(order.until().is_none());
    }

    #[test]
    fn what_does_not_come_is_not_awaited_for_long() {
        let now = Instant::now();
        let mut order = Order::default();
        assert!(take(&mut order, arrival(1, 5, 4), now).is_empty());
        assert!(take(&mut order, arrival(1, 7, 6), now).is_empty());
        let later = order.until().unwrap();
        assert_eq!(order.next(later), Some(arrival(1, 5, 4)));
        assert_eq!(order.next(later), None);
        let later = order.until().unwrap();
        assert_eq!(order.next(later), Some(arrival(1, 7, 6)));
        assert!(order.until().is_none());
    }

    #[test]
    fn not_many_are_held() {
        let now = Instant::now();
        let mut order = Order::default();
        for number in 0..u64::try_from(MOST).unwrap() {
            let offset = 10 + 2 * number;
            assert!(take(&mut order, arrival(1, offset, offset - 1), now).is_empty());
        }
        assert_eq!(take(&mut order, arrival(1, 1000, 999), now), [10]);
    }
}
