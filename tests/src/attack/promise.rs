use std::time::Duration;

/// What is promised about an attack.
///
/// Bounds are generous, as machines are busy and builds for tests are slow; what
/// grows without bound is far beyond them.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Promise {
    /// The answer: a status, a close code, or the way in which TCP ends.
    pub answer: &'static str,
    /// The answer of a stock `HttpServer`, where it is another.
    pub answer_of_stock: Option<&'static str>,
    /// How long it takes, at most.
    pub time: Duration,
    /// How much the process grows, at most, in bytes.
    pub growth: u64,
    /// The same for a stock `HttpServer`, where it is more.
    pub growth_of_stock: Option<u64>,
    /// How much the process computes, at most.
    pub cpu: Duration,
}

impl Promise {
    /// An answer, within the usual bounds: 20 s, 8 MiB, and 5 s of a core.
    #[must_use]
    pub const fn answer(answer: &'static str) -> Self {
        Self {
            answer,
            answer_of_stock: None,
            time: super::PATIENCE,
            growth: 8 * MIB,
            growth_of_stock: None,
            cpu: Duration::from_secs(5),
        }
    }

    /// Another answer of a stock `HttpServer`.
    #[must_use]
    pub const fn or_on_stock(mut self, answer: &'static str) -> Self {
        self.answer_of_stock = Some(answer);
        self
    }

    /// Another bound for growth, in bytes.
    #[must_use]
    pub const fn growth(mut self, bytes: u64) -> Self {
        self.growth = bytes;
        self
    }

    /// Another bound for growth of a stock `HttpServer`, in bytes.
    #[must_use]
    pub const fn growth_of_stock(mut self, bytes: u64) -> Self {
        self.growth_of_stock = Some(bytes);
        self
    }

    /// Another bound for time.
    #[must_use]
    pub const fn seconds(mut self, seconds: u64) -> Self {
        self.time = Duration::from_secs(seconds);
        self
    }

    /// Another bound for what is computed.
    #[must_use]
    pub const fn cpu(mut self, seconds: u64) -> Self {
        self.cpu = Duration::from_secs(seconds);
        self
    }
}

/// A mebibyte, in bytes.
pub const MIB: u64 = 1 << 20;
