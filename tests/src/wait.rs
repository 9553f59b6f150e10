//! Waiting, never for ever.

use std::{fmt::Display, time::Duration};

use tokio::time::{sleep, timeout};

/// Longer than anything takes on a busy machine. It is no assertion about
/// speed: it ends a test that would hang.
pub const LIMIT: Duration = Duration::from_secs(30);

/// Awaits `future`.
pub async fn within<T>(what: impl Display, future: impl Future<Output = T>) -> T {
    match timeout(LIMIT, future).await {
        Ok(output) => output,
        Err(_) => panic!("waited {LIMIT:?} in vain for {what}"),
    }
}

/// Waits until `condition` holds.
pub async fn until(what: impl Display, mut condition: impl FnMut() -> bool) {
    let holds = async {
        while !condition() {
            sleep(Duration::from_millis(2)).await;
        }
    };
    within(what, holds).await;
}
