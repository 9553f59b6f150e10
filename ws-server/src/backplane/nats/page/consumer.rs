use std::{pin::Pin, time::Duration};

use async_nats::jetstream::{
    consumer::{AckPolicy, Consumer, DeliverPolicy, pull},
    stream::ConsumerErrorKind,
};
use bytes::Bytes;
use futures_core::Stream;

use super::{Asked, Found, Question, is_gone, lost};
use crate::backplane::Page;

impl Question<'_> {
    /// Finds the rest through a consumer that is made for it.
    pub(super) async fn consume(&self, from: u64, mut found: Found<'_>) -> Asked<Page> {
        let Some(consumer) = self.consumer(from).await? else {
            return Ok(None);
        };
        while !found.is_complete() {
            let fetching = consumer.fetch().max_messages(found.room()).messages();
            let mut batch = self.link.or(fetching).await?.map_err(lost)?;
            let mut nothing = true;
            while let Some(message) = {
                let next = std::future::poll_fn(|context| Pin::new(&mut batch).poll_next(context));
                self.link.or(next).await?
            } {
                let message = message.map_err(lost)?;
                let info = message.info().map_err(lost)?;
                let (offset, time) = (info.stream_sequence, info.published);
                found.take(offset, time, message.message.payload);
                nothing = false;
                if found.is_complete() {
                    break;
                }
            }
            if nothing {
                // Somebody has just removed what was there.
                return Ok(None);
            }
        }
        // Nobody waits for it: it would go by itself.
        let name = &consumer.cached_info().name;
        let delete = format!("$JS.API.CONSUMER.DELETE.{}.{name}", self.record.stream);
        let deleting = self.link.client.publish(delete, Bytes::new());
        self.link.or(deleting).await?.map_err(lost)?;
        Ok(Some(found.page()))
    }

    async fn consumer(&self, from: u64) -> Asked<Consumer<pull::Config>> {
        let config = pull::Config {
            name: Some(self.link.client.new_inbox().replace('.', "-")),
            deliver_policy: DeliverPolicy::ByStartSequence {
                start_sequence: from,
            },
            ack_policy: AckPolicy::None,
            filter_subject: self.subject.clone(),
            inactive_threshold: INACTIVE,
            num_replicas: 1,
            memory_storage: true,
            ..pull::Config::default()
        };
        let creating = self.stream.create_consumer(config);
        match self.link.or(creating).await? {
            Ok(consumer) => Ok(Some(consumer)),
            Err(error) => match error.kind() {
                ConsumerErrorKind::JetStream(error) if is_gone(&error) => Ok(None),
                ConsumerErrorKind::JetStream(_)
                | ConsumerErrorKind::TimedOut
                | ConsumerErrorKind::Request
                | ConsumerErrorKind::InvalidConsumerType
                | ConsumerErrorKind::InvalidName
                | ConsumerErrorKind::Other => Err(lost(error)),
            },
        }
    }
}

/// When the server removes a consumer that nobody has removed.
const INACTIVE: Duration = Duration::from_secs(10);
