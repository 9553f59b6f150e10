use std::{error::Error, sync::Arc, time::Duration};

use async_nats::{Event, ServerError};
use tokio::{sync::watch, time::timeout};

use super::ENGINE;
use crate::backplane::{BackplaneError, Inbox};

/// Whether the link is lost, and why. A clone is the same.
#[derive(Clone)]
pub(super) struct Loss {
    inbox: Inbox,
    reason: Arc<watch::Sender<Option<String>>>,
}

impl Loss {
    pub(super) fn new(inbox: Inbox) -> Self {
        Self {
            inbox,
            reason: Arc::new(watch::Sender::new(None)),
        }
    }

    pub(super) const fn inbox(&self) -> &Inbox {
        &self.inbox
    }

    /// The link is lost. The first reason counts.
    pub(super) fn happens(&self, reason: impl Into<String>) {
        let reason = reason.into();
        let first = self.reason.send_if_modified(|known| {
            let first = known.is_none();
            known.get_or_insert_with(|| reason.clone());
            first
        });
        if first {
            self.inbox.lost(lost(reason));
        }
    }

    /// What the library tells of the connection.
    pub(super) fn hear(&self, event: &Event) {
        match event {
            Event::Connected | Event::LameDuckMode | Event::Draining => {}
            Event::Disconnected | Event::Closed => self.happens("disconnected"),
            // It has thrown a message away.
            Event::SlowConsumer(_) => self.happens("messages arrive faster than they are taken"),
            Event::ServerError(ServerError::Other(text)) => self.happens(text.clone()),
            Event::ServerError(error) => self.happens(error.to_string()),
            Event::ClientError(error) => self.happens(error.to_string()),
        }
    }

    /// Awaits something unless the link is lost, or it takes longer than this.
    pub(super) async fn or<T>(
        &self,
        limit: Duration,
        future: impl Future<Output = T>,
    ) -> Result<T, BackplaneError> {
        let mut reason = self.reason.subscribe();
        tokio::select! {
            biased;
            // Whoever sends is kept by `self`.
            Ok(reason) = reason.wait_for(Option::is_some) => {
                Err(lost(reason.clone().unwrap_or_default()))
            }
            output = timeout(limit, future) => {
                output.map_err(|_| lost(format!("no answer within {limit:?}")))
            }
        }
    }
}

/// The link is lost.
pub(super) fn lost(source: impl Into<Box<dyn Error + Send + Sync>>) -> BackplaneError {
    BackplaneError::Lost {
        engine: ENGINE,
        source: source.into(),
    }
}
