use std::cell::Cell;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Shows on standard error how it goes: as a bar on a terminal, in lines
/// elsewhere.
pub(crate) struct Progress {
    bar: ProgressBar,
    /// Between lines: so many tenths are done.
    told: Cell<u64>,
}

impl Progress {
    /// Of so many steps.
    pub(crate) fn new(what: &str, steps: usize) -> Self {
        let bar = ProgressBar::with_draw_target(Some(steps as u64), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{elapsed_precise} {wide_bar} {eta} left: {msg}");
        bar.set_style(style.expect("the template is well formed"));
        bar.set_message(what.to_owned());
        if bar.is_hidden() {
            eprintln!("{what}");
        }
        Self {
            bar,
            told: Cell::new(0),
        }
    }

    /// A step begins.
    pub(crate) fn show(&self, what: &str) {
        self.bar.set_message(what.to_owned());
    }

    /// A step is done.
    pub(crate) fn step(&self) {
        self.bar.inc(1);
        let (at, of) = (self.bar.position(), self.bar.length().unwrap_or(1));
        let tenths = at * 10 / of.max(1);
        if self.bar.is_hidden() && tenths > self.told.replace(tenths) {
            let seconds = self.bar.elapsed().as_secs();
            eprintln!("{seconds:>4} s  {at} of {of}: {}", self.bar.message());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
