use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::{ConnectError, Stage};

/// When all stages up to the opening handshake have to be done.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline {
    limit: Duration,
    /// `None` if it is too far away to be written.
    at: Option<Instant>,
}

impl Deadline {
    pub(super) fn after(limit: Duration) -> Self {
        Self {
            limit,
            at: Instant::now().checked_add(limit),
        }
    }

    /// What the future comes to, unless it comes too late.
    pub(super) async fn within<T>(
        self,
        stage: Stage,
        future: impl Future<Output = T>,
    ) -> Result<T, ConnectError> {
        match self.at {
            Some(at) => timeout_at(at, future).await.map_err(|_| self.missed(stage)),
            None => Ok(future.await),
        }
    }

    const fn missed(self, stage: Stage) -> ConnectError {
        ConnectError::Timeout {
            stage,
            limit: self.limit,
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::sleep;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn stages_share_the_time() {
        let (start, limit) = (Instant::now(), Duration::from_secs(3));
        let deadline = Deadline::after(limit);
        let resolved = sleep(Duration::from_secs(2));
        assert!(deadline.within(Stage::Resolve, resolved).await.is_ok());
        let connected = sleep(Duration::from_secs(2));
        let error = deadline.within(Stage::Connect, connected).await;
        let Err(ConnectError::Timeout { stage, limit: told }) = error else {
            panic!("{error:?}");
        };
        assert_eq!((stage, told), (Stage::Connect, limit));
        assert_eq!(start.elapsed(), limit);
    }
}
