use std::{fmt, time::Duration};

use ws_tests::attack::{Attack, MIB, Outcome};

/// What attacks led to, as Markdown.
pub(crate) struct Table {
    victim: &'static str,
    rows: Vec<[String; COLUMNS]>,
}

impl Table {
    pub(crate) const fn new(victim: &'static str) -> Self {
        Self {
            victim,
            rows: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, attack: &Attack, outcome: &Outcome) {
        let echo = |time: fn(&ws_tests::attack::Echoes) -> Duration| {
            let echoes = outcome.echoes.as_ref();
            echoes.map_or_else(|| "-".to_owned(), |echoes| milliseconds(time(echoes)))
        };
        self.rows.push([
            attack.class.to_string(),
            attack.name.replace('-', " "),
            outcome.answer.clone(),
            milliseconds(outcome.time),
            milliseconds(outcome.cpu),
            format!("{:.1}", outcome.growth as f64 / MIB as f64),
            echo(|echoes| echoes.median),
            echo(|echoes| echoes.p99),
        ]);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}:\n", self.victim)?;
        writeln!(f, "| {} |", HEADLINE.join(" | "))?;
        writeln!(f, "|{}", " --- |".repeat(COLUMNS))?;
        for row in &self.rows {
            writeln!(f, "| {} |", row.join(" | "))?;
        }
        Ok(())
    }
}

fn milliseconds(time: Duration) -> String {
    let milliseconds = time.as_secs_f64() * 1e3;
    format!("{milliseconds:.*}", usize::from(milliseconds < 10.0))
}

const COLUMNS: usize = 8;
const HEADLINE: [&str; COLUMNS] = [
    "class",
    "attack",
    "answer",
    "time, ms",
    "CPU, ms",
    "growth, MiB",
    "undisturbed p50, ms",
    "p99, ms",
];
