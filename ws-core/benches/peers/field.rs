//! Taking turns: who enters a row, and when each of them runs.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::{
    corpus::Corpus,
    lane::Lane,
    outcome::Outcome,
    peers::{CONTENDERS, LIMIT},
    rows::Row,
};

/// All rows with all who run in them.
pub(crate) struct Field(Vec<Race>);

/// One row.
pub(crate) struct Race {
    pub(crate) row: Row,
    corpus: Corpus,
    /// One place for each contender.
    pub(crate) lanes: Vec<Option<Lane>>,
}

impl Field {
    /// Lets them enter, and checks that they do it right.
    pub(crate) fn new(rows: &[Row], only: Option<&str>) -> Self {
        Self(rows.iter().map(|row| Race::new(row, only)).collect())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many contenders run in at least one row.
    pub(crate) fn len(&self) -> usize {
        (0..CONTENDERS.len())
            .filter(|&who| self.0.iter().any(|race| race.lanes[who].is_some()))
            .count()
    }

    pub(crate) fn races(&self) -> &[Race] {
        &self.0
    }

    /// Times all of them, for as many rounds.
    pub(crate) fn run(&mut self, rounds: usize, slice: Duration) {
        // Drawn only where somebody can see it.
        let bar = ProgressBar::new((rounds * self.0.len()) as u64).with_style(
            ProgressStyle::with_template("{wide_bar} {percent}%, {eta} left: {msg}")
                .unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        for race in &mut self.0 {
            bar.set_message(format!("calibrating {}", race.row.name()));
            for lane in race.lanes.iter_mut().flatten() {
                lane.calibrate(&race.row, slice);
            }
        }
        for round in 0..rounds {
            for (number, race) in self.0.iter_mut().enumerate() {
                bar.set_message(race.row.name());
                let first = (round + number) % CONTENDERS.len();
                if round % STAY == STAY - 1 {
                    race.enter_anew(first);
                }
                for who in (first..CONTENDERS.len()).chain(0..first) {
                    if let Some(lane) = &mut race.lanes[who] {
                        lane.sample(&race.row);
                    }
                }
                bar.inc(1);
            }
        }
        bar.finish_and_clear();
    }

    pub(crate) fn outcomes(&self) -> Vec<Outcome> {
        self.0.iter().map(Outcome::new).collect()
    }
}

impl Race {
    fn new(row: &Row, only: Option<&str>) -> Self {
        let corpus = Corpus::new(row);
        let lanes = CONTENDERS.iter().enumerate().map(|(who, contender)| {
            if only.is_some_and(|name| name != contender.name) {
                return None;
            }
            let mut lane = Lane::new(row, &corpus, contender)?;
            // The limit hands out nothing that could be right.
            if who != LIMIT {
                lane.check(row, &corpus, contender.name);
            }
            Some(lane)
        });
        Self {
            row: row.clone(),
            lanes: lanes.collect(),
            corpus,
        }
    }

    /// New connections for all, which lie elsewhere in memory: where buffers
    /// happen to lie can cost more than what is done with them.
    fn enter_anew(&mut self, first: usize) {
        let kept: Vec<_> = self.lanes.drain(..).map(|it| it.map(Lane::leave)).collect();
        self.lanes.resize_with(CONTENDERS.len(), || None);
        for who in (first..CONTENDERS.len()).chain(0..first) {
            if let Some(kept) = &kept[who] {
                let lane = Lane::new(&self.row, &self.corpus, &CONTENDERS[who]);
                self.lanes[who] = lane.map(|lane| lane.go_on(kept));
            }
        }
    }
}

/// For how many rounds a connection is used.
const STAY: usize = 8;
