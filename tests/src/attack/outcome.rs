use std::time::Duration;

use super::{Echoes, Kind, Promise};

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
