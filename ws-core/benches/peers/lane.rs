//! A contender on a row: checked first, then timed.

use std::time::Duration;

use cpu_time::ThreadTime;

use crate::{
    app::App,
    corpus::Corpus,
    peers::{Contender, Runner},
    pipe::Pipe,
    rows::{Direction, Row},
    wire,
};

/// One contender on one row.
pub(crate) struct Lane {
    runner: Box<dyn Runner>,
    pipe: Pipe,
    app: App,
    pub(crate) record: Record,
}

/// What outlives a connection.
#[derive(Clone)]
pub(crate) struct Record {
    /// How many messages fill a slice.
    messages: usize,
    /// Nanoseconds per message, one value for each round.
    pub(crate) costs: Vec<f64>,
}

impl Lane {
    /// Makes a contender ready, if it can do this row.
    pub(crate) fn new(row: &Row, corpus: &Corpus, contender: &Contender) -> Option<Self> {
        let pipe = Pipe::new(corpus.wire.clone());
        let runner = (contender.enter)(row, corpus, pipe.clone())?;
        Some(Self {
            runner,
            pipe,
            app: App::new(row),
            record: Record {
                messages: row.burst(),
                costs: Vec::new(),
            },
        })
    }

    pub(crate) fn leave(self) -> Record {
        self.record
    }

    pub(crate) fn go_on(mut self, record: &Record) -> Self {
        self.record = record.clone();
        self
    }

    /// # Panics
    ///
    /// If a message is not received or sent as it should be.
    pub(crate) fn check(&mut self, row: &Row, corpus: &Corpus, name: &str) {
        let context = format!("{name} does {} right", row.name());
        let count = (3 * corpus.payloads.len()).next_multiple_of(row.burst());
        if row.direction == Direction::Receive {
            self.app.expect(Some(corpus.payloads.clone()));
            self.runner.run(count, &mut self.app);
            self.app.expect(None);
            assert_eq!(self.app.messages, count, "{context}");
        } else {
            self.pipe.keep();
            self.runner.run(count, &mut self.app);
            let messages = wire::messages(&self.pipe.take_kept());
            assert_eq!(messages.len(), count, "{context}");
            for (message, payload) in messages.iter().zip(corpus.payloads.iter().cycle()) {
                assert_eq!(message.opcode, row.opcode(), "{context}");
                assert_eq!(message.masked, row.masked, "{context}");
                assert_eq!(message.compressed, row.deflate.is_some(), "{context}");
                assert!(message.payload == *payload, "{context}");
            }
        }
    }

    /// Finds out how many messages fill a slice.
    pub(crate) fn calibrate(&mut self, row: &Row, slice: Duration) {
        loop {
            let spent = self.time(row);
            if spent * 4 >= slice {
                let share = slice.as_secs_f64() / spent.as_secs_f64();
                let messages = (self.record.messages as f64 * share).ceil() as usize;
                self.record.messages = messages.max(1).next_multiple_of(row.burst());
                return;
            }
            self.record.messages *= 2;
        }
    }

    /// Runs for a slice, and notes what it cost.
    pub(crate) fn sample(&mut self, row: &Row) {
        // The one before had the caches to itself.
        let burst = row.burst();
        let warm = (self.record.messages / 8).next_multiple_of(burst);
        self.runner.run(warm, &mut self.app);
        let spent = self.time(row);
        self.record
            .costs
            .push(spent.as_nanos() as f64 / self.record.messages as f64);
    }

    fn time(&mut self, row: &Row) -> Duration {
        let (messages, bytes) = (self.app.messages, self.app.bytes);
        let written = self.pipe.written();
        let start = ThreadTime::now();
        self.runner.run(self.record.messages, &mut self.app);
        let spent = start.elapsed();
        // Cheap, and proof that the work was not skipped.
        let written = self.pipe.written() - written;
        if self.app.messages > messages {
            assert_eq!(
                self.app.messages - messages,
                self.record.messages,
                "all were received"
            );
            let bytes = self.app.bytes - bytes;
            let exact = row.direction == Direction::Receive || row.deflate.is_none();
            assert!(
                !exact || bytes == self.record.messages * row.size,
                "as long as they are"
            );
        } else {
            let least = if row.deflate.is_some() {
                2
            } else {
                row.size + 2
            };
            assert!(written >= self.record.messages * least, "all were sent");
        }
        spent
    }
}
