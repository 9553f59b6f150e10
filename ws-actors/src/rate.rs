use std::time::{Duration, Instant};

/// How fast a peer may send, on average and in bursts.
///
/// ```
/// use ws_actors::RateLimit;
///
/// // 10 messages a second, 50 at once after a pause; 64 KB/s, 1 MB at once
/// let limit = RateLimit::new()
///     .messages(10, 50)
///     .bytes(64_000, 1_000_000);
/// ```
///
/// A peer that is faster is read from more slowly, and TCP tells it so. Frames
/// of all kinds count as messages here, as handling a Ping is work too, and all
/// bytes of the transport count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RateLimit {
    messages: Option<Rate>,
    bytes: Option<Rate>,
    closes: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rate {
    per_second: u32,
    burst: u32,
}

impl RateLimit {
    /// No limit yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            messages: None,
            bytes: None,
            closes: false,
        }
    }

    /// How many messages may come in a second, and how many at once after a
    /// pause. Default: any number.
    #[must_use]
    pub const fn messages(mut self, per_second: u32, burst: u32) -> Self {
        self.messages = Some(Rate { per_second, burst });
        self
    }

    /// How many bytes may come in a second, and how many at once after a pause.
    /// Default: any number.
    #[must_use]
    pub const fn bytes(mut self, per_second: u32, burst: u32) -> Self {
        self.bytes = Some(Rate { per_second, burst });
        self
    }

    /// Closes the connection of a peer that is faster with 1008, instead of
    /// slowing it down.
    #[must_use]
    pub const fn closes(mut self) -> Self {
        self.closes = true;
        self
    }
}

/// What a peer has used of its [`RateLimit`].
#[derive(Debug)]
pub(crate) struct Meter {
    messages: Option<Bucket>,
    bytes: Option<Bucket>,
    pub(crate) closes: bool,
}

impl Meter {
    pub(crate) fn new(limit: RateLimit, now: Instant) -> Self {
        Self {
            messages: limit.messages.map(|rate| Bucket::new(rate, now)),
            bytes: limit.bytes.map(|rate| Bucket::new(rate, now)),
            closes: limit.closes,
        }
    }

    pub(crate) fn count_message(&mut self, now: Instant) {
        if let Some(bucket) = &mut self.messages {
            bucket.take(now, 1);
        }
    }

    pub(crate) fn count_bytes(&mut self, now: Instant, bytes: usize) {
        if let Some(bucket) = &mut self.bytes {
            bucket.take(now, bytes);
        }
    }

    /// Until when nothing more may come, if the peer was too fast.
    pub(crate) fn spent_until(&self, now: Instant) -> Option<Instant> {
        // Who is closed has taken a token that was not there; who is slowed down
        // waits until there is one. How many bytes come nobody knows before.
        let messages = self.messages.as_ref().map(|bucket| match self.closes {
            true => bucket.free_at(),
            false => bucket.free_at() + bucket.rate.time_for(1),
        });
        let bytes = self.bytes.as_ref().map(Bucket::free_at);
        let free = messages.max(bytes)?;
        (free > now).then_some(free)
    }
}

/// A bucket of tokens, kept as the instant at which it is full again: one value
/// to store, and nothing to do as time passes.
#[derive(Debug)]
struct Bucket {
    rate: Rate,
    full_at: Instant,
}

impl Bucket {
    const fn new(rate: Rate, now: Instant) -> Self {
        Self { rate, full_at: now }
    }

    fn take(&mut self, now: Instant, tokens: usize) {
        self.full_at = self.full_at.max(now) + self.rate.time_for(tokens as u64);
    }

    /// When it is no longer overdrawn.
    fn free_at(&self) -> Instant {
        let whole = self.rate.time_for(u64::from(self.rate.burst));
        self.full_at.checked_sub(whole).unwrap_or(self.full_at)
    }
}

impl Rate {
    /// How long so many tokens take to come.
    fn time_for(self, tokens: u64) -> Duration {
        let per_second = u128::from(self.per_second.max(1));
        let nanos = u128::from(tokens) * 1_000_000_000 / per_second;
        // No more than a month, so that no instant overflows.
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)).min(LONGEST)
    }
}

const LONGEST: Duration = Duration::from_secs(30 * 24 * 3600);

#[cfg(test)]
mod tests {
    use super::*;

    fn meter(limit: RateLimit) -> (Meter, Instant) {
        let now = Instant::now();
        (Meter::new(limit, now), now)
    }

    #[test]
    fn a_burst_passes_and_what_follows_waits_for_its_time() {
        let (mut meter, now) = meter(RateLimit::new().messages(10, 5));
        for _ in 0..5 {
            assert_eq!(meter.spent_until(now), None);
            meter.count_message(now);
        }
        let free = now + Duration::from_millis(100);
        assert_eq!(meter.spent_until(now), Some(free));
        assert_eq!(meter.spent_until(free), None);
    }

    #[test]
    fn a_pause_fills_the_bucket_to_the_burst_and_no_further() {
        let (mut meter, now) = meter(RateLimit::new().bytes(1000, 2000));
        meter.count_bytes(now, 2000);
        let later = now + Duration::from_secs(3600);
        meter.count_bytes(later, 2001);
        let free = later + Duration::from_millis(1);
        assert_eq!(meter.spent_until(later), Some(free));
    }

    #[test]
    fn the_stricter_limit_counts() {
        let (mut meter, now) = meter(RateLimit::new().messages(1, 1).bytes(10, 1000));
        meter.count_bytes(now, 1010);
        assert_eq!(meter.spent_until(now), Some(now + Duration::from_secs(1)));
        meter.count_message(now);
        meter.count_message(now);
        meter.count_message(now);
        assert_eq!(meter.spent_until(now), Some(now + Duration::from_secs(3)));
    }

    #[test]
    fn who_is_closed_for_it_has_sent_one_too_many() {
        let (mut meter, now) = meter(RateLimit::new().messages(10, 5).closes());
        for _ in 0..5 {
            meter.count_message(now);
            assert_eq!(meter.spent_until(now), None);
        }
        meter.count_message(now);
        assert!(meter.spent_until(now).is_some());
    }

    #[test]
    fn no_rate_makes_an_instant_that_cannot_be() {
        let (mut meter, now) = meter(RateLimit::new().messages(0, u32::MAX).bytes(0, 0));
        meter.count_bytes(now, usize::MAX);
        meter.count_message(now);
        assert!(meter.spent_until(now).is_some());
    }
}
