//! What came of a run: medians, and how far the rounds lie apart.

use std::{fs, io, path::Path};

use serde::{Deserialize, Serialize};

use crate::{rows::Row, servers::Server};

/// All that a run has measured, as it is kept in a file.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) machine: String,
    pub(crate) rows: Vec<RowSamples>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct RowSamples {
    pub(crate) row: Row,
    pub(crate) servers: Vec<ServerSamples>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ServerSamples {
    pub(crate) server: Server,
    /// One for each round.
    pub(crate) samples: Vec<Sample>,
}

/// One server in one row of one round.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Sample {
    /// CPU time of the server per message, delivery or handshake.
    pub(crate) nanoseconds: f64,
    /// How many of them there were in a second.
    pub(crate) per_second: f64,
    /// How often a thread of the server went to sleep, per message.
    pub(crate) sleeps: f64,
}

/// The middle of all rounds, and where its middle half lies.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quartiles {
    pub(crate) lower: f64,
    pub(crate) median: f64,
    pub(crate) upper: f64,
}

impl Run {
    pub(crate) fn read(file: &Path) -> io::Result<Self> {
        let named = |error| io::Error::other(format!("{}: {error}", file.display()));
        let text = fs::read_to_string(file).map_err(|error| named(error.to_string()))?;
        serde_json::from_str(&text).map_err(|error| named(error.to_string()))
    }

    pub(crate) fn write(&self, file: &Path) -> io::Result<()> {
        let named = |error| io::Error::other(format!("{}: {error}", file.display()));
        fs::write(file, serde_json::to_string_pretty(self)? + "\n").map_err(named)
    }
}

impl RowSamples {
    pub(crate) fn of(&self, server: Server) -> Option<&ServerSamples> {
        let mut servers = self.servers.iter();
        servers.find(|it| it.server == server && !it.samples.is_empty())
    }

    /// One server's cost as a multiple of another's, round by round, so that
    /// what slowed both is not seen.
    pub(crate) fn ratio(&self, server: Server, to: Server) -> Option<Quartiles> {
        let (server, to) = (self.of(server)?, self.of(to)?);
        let pairs = server.samples.iter().zip(&to.samples);
        Some(Quartiles::of(
            pairs.map(|(a, b)| a.nanoseconds / b.nanoseconds),
        ))
    }

    /// The peer that costs least.
    pub(crate) fn best_peer(&self) -> Option<Server> {
        let peers = self.servers.iter().filter(|it| it.server.is_peer());
        let peers = peers.filter(|it| !it.samples.is_empty());
        let best = peers.min_by(|a, b| a.cost().median.total_cmp(&b.cost().median));
        best.map(|it| it.server)
    }

    /// Ours as a multiple of what its goal speaks of, and whether it reached it.
    pub(crate) fn verdict(&self) -> Option<(Quartiles, bool)> {
        let goal = self.row.goal();
        let ratio = self.ratio(Server::Ours, goal.of)?;
        Some((ratio, ratio.median <= goal.ratio))
    }
}

impl ServerSamples {
    pub(crate) fn cost(&self) -> Quartiles {
        Quartiles::of(self.samples.iter().map(|it| it.nanoseconds))
    }

    pub(crate) fn per_second(&self) -> Quartiles {
        Quartiles::of(self.samples.iter().map(|it| it.per_second))
    }

    pub(crate) fn sleeps(&self) -> Quartiles {
        Quartiles::of(self.samples.iter().map(|it| it.sleeps))
    }
}

impl Quartiles {
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let place = values.len().saturating_sub(1) as f64 * share;
            let below = *values.get(place.floor() as usize)?;
            let above = *values.get(place.ceil() as usize)?;
            Some(below + (above - below) * place.fract())
        };
        Self {
            lower: at(0.25).unwrap_or(f64::NAN),
            median: at(0.5).unwrap_or(f64::NAN),
            upper: at(0.75).unwrap_or(f64::NAN),
        }
    }

    /// Half of the middle half, in percent of the median.
    pub(crate) fn spread(&self) -> f64 {
        50.0 * (self.upper - self.lower) / self.median
    }
}
