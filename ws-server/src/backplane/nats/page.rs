use std::{
    pin::Pin,
    time::{Duration, SystemTime},
};

use async_nats::{
    datetime::{self, DateTime},
    jetstream::{
        self, ErrorCode,
        consumer::{AckPolicy, Consumer, DeliverPolicy, pull},
        stream::{ConsumerErrorKind, LastRawMessageErrorKind},
    },
};
use bytes::Bytes;
use futures_core::Stream;
use tokio::time::{Instant, sleep};

use super::{
    link::NatsLink,
    loss::lost,
    publish::{mark, too_long},
    record::{PAUSE, Record, passes},
};
use crate::backplane::{BackplaneError, Keep, Page, Topic};

/// What is asked of a record.
struct Question<'a> {
    link: &'a NatsLink,
    record: &'a Record,
    subject: String,
    /// What came before this is left out.
    since: Option<DateTime>,
    after: Option<u64>,
    limit: usize,
}

/// What is kept of a topic.
///
/// Whether there is anything new is one question to the server that leads the
/// record, and the answer to most of those that many rooms ask after a
/// reconnect. What is new comes through a consumer made for the moment.
pub(super) async fn read(
    link: &NatsLink,
    topic: &Topic,
    keep: Keep,
    after: Option<u64>,
    limit: usize,
) -> Result<Page, BackplaneError> {
    let end = Instant::now() + link.patience;
    loop {
        let record = link
            .until_lost(link.records.get(topic.rooms(), keep))
            .await??;
        let question = Question {
            link,
            record: &record,
            subject: link
                .subjects
                .recorded(topic, record.epoch)
                .ok_or_else(too_long)?,
            since: keep.age.and_then(since),
            after,
            limit: limit.max(1),
        };
        if let Some(page) = question.answer().await? {
            return Ok(page);
        }
        link.records.forget(&record).await;
        if Instant::now() > end {
            return Err(lost("nobody answers for what is recorded"));
        }
        sleep(PAUSE).await;
    }
}

/// When something of this age was recorded. Nothing is so old that there is no
/// such time.
fn since(age: Duration) -> Option<DateTime> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let since = now.ok()?.checked_sub(age)?;
    datetime::from_nanos(i128::try_from(since.as_nanos()).ok()?).ok()
}

impl Question<'_> {
    /// None if the stream is gone, or a cluster is finding a leader.
    async fn answer(&self) -> Result<Option<Page>, BackplaneError> {
        let Some(last) = self.last().await? else {
            return Ok(None);
        };
        let Some((last, time)) = last else {
            let subject = self.subject.clone();
            let marked = mark(self.link, self.record, subject).await?;
            return Ok(marked.map(|mark| {
                let entries = match self.after {
                    Some(after) if after >= mark => Vec::new(),
                    Some(_) | None => vec![(mark, Bytes::new())],
                };
                self.page(mark, mark, entries, false)
            }));
        };
        // It is a message of this room that is kept, with nothing behind it;
        // or all that is kept is too old.
        let nothing_new = self.after.is_some_and(|after| after >= last);
        if nothing_new || self.is_old(time) {
            return Ok(Some(self.page(last, last, Vec::new(), false)));
        }
        self.entries(last).await
    }

    /// The newest message and its time, if there is one; or that nobody
    /// answers.
    async fn last(&self) -> Result<Option<Option<(u64, DateTime)>>, BackplaneError> {
        let stream = self.link.context.get_stream_no_info(&self.record.stream);
        let stream = self.link.or(stream).await?.map_err(lost)?;
        // This one is asked of the leader: a replica may know less.
        let last = stream.get_last_raw_message_by_subject(&self.subject);
        match self.link.or(last).await? {
            Ok(last) => Ok(Some(Some((last.sequence, last.time)))),
            Err(error) => match error.kind() {
                LastRawMessageErrorKind::NoMessageFound => Ok(Some(None)),
                LastRawMessageErrorKind::JetStream(error) if is_gone(&error) => Ok(None),
                LastRawMessageErrorKind::JetStream(_)
                | LastRawMessageErrorKind::InvalidSubject
                | LastRawMessageErrorKind::Other => Err(lost(error)),
            },
        }
    }

    /// The oldest that were asked for. The offset that they are asked behind is
    /// looked for as well: if it is there, then so is all that came after.
    async fn entries(&self, last: u64) -> Result<Option<Page>, BackplaneError> {
        let Some(consumer) = self.consumer().await? else {
            return Ok(None);
        };
        let mut page = self.page(0, last, Vec::new(), false);
        let mut start = None;
        loop {
            let room = self.limit - page.entries.len();
            let fetching = consumer.fetch().max_messages(room + 1).messages();
            let mut batch = self.link.or(fetching).await?.map_err(lost)?;
            let mut pending = 0;
            let mut fetched = false;
            while let Some(message) = {
                let next = std::future::poll_fn(|context| Pin::new(&mut batch).poll_next(context));
                self.link.or(next).await?
            } {
                let message = message.map_err(lost)?;
                let info = message.info().map_err(lost)?;
                let offset = info.stream_sequence;
                pending = info.pending;
                fetched = true;
                if self.is_old(info.published) {
                    // As if it had been removed; what is asked for comes behind it.
                    start = Some(offset.max(self.after.unwrap_or(0)));
                } else if self.after == Some(offset) {
                    start = Some(offset);
                } else if page.entries.len() < self.limit {
                    start.get_or_insert(offset);
                    page.last = page.last.max(offset);
                    page.entries.push((offset, message.message.payload));
                } else {
                    page.more = true;
                }
                if pending == 0 {
                    break;
                }
            }
            page.more |= pending > 0;
            if !fetched || !page.more || page.entries.len() == self.limit {
                break;
            }
            page.more = false;
        }
        // Nobody waits for it: it would go by itself.
        let name = &consumer.cached_info().name;
        let delete = format!("$JS.API.CONSUMER.DELETE.{}.{name}", self.record.stream);
        let deleting = self.link.client.publish(delete, Bytes::new());
        self.link.or(deleting).await?.map_err(lost)?;
        page.start = start.unwrap_or(page.last);
        Ok(Some(page))
    }

    async fn consumer(&self) -> Result<Option<Consumer<pull::Config>>, BackplaneError> {
        let config = pull::Config {
            name: Some(self.link.client.new_inbox().replace('.', "-")),
            deliver_policy: match self.after {
                Some(after) if after > 0 => DeliverPolicy::ByStartSequence {
                    start_sequence: after,
                },
                Some(_) | None => DeliverPolicy::All,
            },
            ack_policy: AckPolicy::None,
            filter_subject: self.subject.clone(),
            inactive_threshold: INACTIVE,
            num_replicas: 1,
            memory_storage: true,
            ..pull::Config::default()
        };
        let creating = self
            .link
            .context
            .create_consumer_on_stream(config, &self.record.stream);
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

    fn is_old(&self, time: DateTime) -> bool {
        self.since.is_some_and(|since| time < since)
    }

    fn page(&self, start: u64, last: u64, entries: Vec<(u64, Bytes)>, more: bool) -> Page {
        Page {
            epoch: self.record.epoch,
            start,
            last,
            entries,
            more,
        }
    }
}

fn is_gone(error: &jetstream::Error) -> bool {
    error.error_code() == ErrorCode::STREAM_NOT_FOUND || passes(error.error_code())
}

/// When the server removes a consumer that nobody has removed.
const INACTIVE: Duration = Duration::from_secs(10);
