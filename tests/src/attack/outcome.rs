use std::{
    io,
    time::{Duration, Instant},
};

use futures_util::future::LocalBoxFuture;

use super::{Echoes, Kind, Promise, Victim};
use crate::usage::Usage;

/// What an attack led to.
#[derive(Debug, Clone)]
#[expect(clippy::exhaustive_structs, reason = "each kind of victim fills it in")]
pub struct Outcome {
    /// What the victim answered.
    pub answer: String,
    /// How long it took.
    pub time: Duration,
    /// How much the resident memory of its process grew, at the highest, in
    /// bytes.
    pub growth: u64,
    /// How much its process computed meanwhile, the witness' share included.
    pub cpu: Duration,
    /// What the witness got; `None` if there was none.
    pub echoes: Option<Echoes>,
    /// What is not as promised: nothing, if all is well.
    pub wrongs: Vec<String>,
}

impl Outcome {
    /// Does the deed, which returns the answer, to a victim that is warm, and has
    /// it end. `dismiss` asks the witness what it got.
    ///
    /// # Errors
    ///
    /// If the victim does not run to begin with.
    pub(super) async fn of(
        victim: &Victim,
        deed: LocalBoxFuture<'static, String>,
        dismiss: impl Future<Output = Result<Echoes, String>>,
    ) -> io::Result<Self> {
        let before = victim.usage()?;
        victim.forget_peak()?;
        let began = Instant::now();
        let done = actix_rt::spawn(deed).await;
        let time = began.elapsed();
        let mut wrongs = Vec::new();
        let answer = done.unwrap_or_else(|panic| {
            wrongs.push(format!("the attack did not go as planned: {panic}"));
            "none".to_owned()
        });
        let echoes = dismiss.await.unwrap_or_else(|wrong| {
            wrongs.push(format!("the witness was disturbed: {wrong}"));
            Echoes::default()
        });
        // A victim that is no more has no memory either.
        let usage = match victim.usage() {
            Ok(after) => after.since(&before),
            Err(error) => {
                wrongs.push(format!("the victim is gone: {error}"));
                Usage::default()
            }
        };
        if let Err(error) = victim.stop().await {
            wrongs.push(format!("the victim did not end well: {error}"));
        }
        Ok(Self {
            answer,
            time,
            growth: usage.peak,
            cpu: usage.cpu,
            echoes: Some(echoes),
            wrongs,
        })
    }

    /// Adds what is not as promised.
    #[must_use]
    pub fn judged_by(mut self, promise: &Promise, kind: Kind) -> Self {
        let stock = kind == Kind::Stock;
        let answer = promise.answer_of_stock.filter(|_| stock);
        let answer = answer.unwrap_or(promise.answer);
        let growth = promise.growth_of_stock.filter(|_| stock);
        let growth = growth.unwrap_or(promise.growth);
        if self.answer != answer {
            let wrong = format!("the answer is {:?} instead of {answer:?}", self.answer);
            self.wrongs.push(wrong);
        }
        if self.time > promise.time {
            let wrong = format!("it took {:.1?}, more than {:?}", self.time, promise.time);
            self.wrongs.push(wrong);
        }
        if self.growth > growth {
            let wrong = format!(
                "the victim grew by {} bytes, more than {growth}",
                self.growth
            );
            self.wrongs.push(wrong);
        }
        if self.cpu > promise.cpu {
            let wrong = format!(
                "the victim computed for {:.1?}, more than {:?}",
                self.cpu, promise.cpu
            );
            self.wrongs.push(wrong);
        }
        if self.echoes.as_ref().is_some_and(|echoes| echoes.count == 0) {
            self.wrongs.push("the witness got no echo".to_owned());
        }
        self
    }
}
