//! What came of a row: medians, and how far the rounds lie apart.

use crate::{
    field::Race,
    lane::Lane,
    peers::{LIMIT, OURS, PEERS},
    rows::Row,
};

pub(crate) struct Outcome {
    pub(crate) row: Row,
    /// In nanoseconds per message, as is `ours`.
    pub(crate) limit: Quartiles,
    pub(crate) ours: Quartiles,
    pub(crate) ours_to_limit: Quartiles,
    /// In the order of the contenders; `None` for those that cannot do it.
    pub(crate) peers: Vec<Option<PeerOutcome>>,
}

pub(crate) struct PeerOutcome {
    pub(crate) cost: Quartiles,
    /// To ours, of the same round.
    pub(crate) ratio: Quartiles,
}

/// The middle of all rounds, and where its middle half lies.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quartiles {
    pub(crate) lower: f64,
    pub(crate) median: f64,
    pub(crate) upper: f64,
}

impl Outcome {
    /// # Panics
    ///
    /// If the limit or ws-core did not run.
    pub(crate) fn new(race: &Race) -> Self {
        let [limit, ours] = [LIMIT, OURS].map(|who| {
            let lane = race.lanes[who].as_ref();
            &*lane.expect("both run in every row").record.costs
        });
        let peer = |lane: &Lane| PeerOutcome {
            cost: Quartiles::of(lane.record.costs.iter().copied()),
            ratio: Quartiles::of_ratios(&lane.record.costs, ours),
        };
        Self {
            row: race.row.clone(),
            limit: Quartiles::of(limit.iter().copied()),
            ours: Quartiles::of(ours.iter().copied()),
            ours_to_limit: Quartiles::of_ratios(ours, limit),
            peers: race.lanes[PEERS..]
                .iter()
                .map(|lane| lane.as_ref().map(peer))
                .collect(),
        }
    }

    /// The best peer, counted from the first one, and its ratio to ours.
    pub(crate) fn best(&self) -> Option<(usize, Quartiles)> {
        let peers = self.peers.iter().enumerate();
        peers
            .filter_map(|(index, peer)| Some((index, peer.as_ref()?.ratio)))
            .min_by(|(_, a), (_, b)| a.median.total_cmp(&b.median))
    }
}

impl Quartiles {
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let index = (values.len().saturating_sub(1)) as f64 * share;
            values.get(index.round() as usize).copied()
        };
        Self {
            lower: at(0.25).unwrap_or(f64::NAN),
            median: at(0.5).unwrap_or(f64::NAN),
            upper: at(0.75).unwrap_or(f64::NAN),
        }
    }

    /// Round by round, so that what slowed both is not seen.
    fn of_ratios(costs: &[f64], to: &[f64]) -> Self {
        Self::of(costs.iter().zip(to).map(|(cost, to)| cost / to))
    }

    /// Half of the middle half, in percent of the median.
    pub(crate) fn spread(&self) -> f64 {
        50.0 * (self.upper - self.lower) / self.median
    }
}
