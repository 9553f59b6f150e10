use std::time::{Duration, SystemTime};

use async_nats::{
    datetime::{self, DateTime},
    jetstream::{
        self, ErrorCode,
        message::StreamMessage,
        stream::{LastRawMessageErrorKind, RawMessageError, Stream},
    },
};
use bytes::Bytes;
use tokio::time::{Instant, sleep};

use self::found::Found;
use super::{
    link::NatsLink,
    loss::lost,
    publish::{mark, too_long},
    record::{PAUSE, Record, passes},
};
use crate::backplane::{BackplaneError, Keep, Page, Topic};

mod consumer;
mod found;

/// What is asked of a record.
struct Question<'a> {
    link: &'a NatsLink,
    record: &'a Record,
    stream: Stream<()>,
    subject: String,
    /// What came before this is left out.
    since: Option<DateTime>,
    after: Option<u64>,
    limit: usize,
}

/// What is asked for, or none if the stream is gone or has no leader.
type Asked<T> = Result<Option<T>, BackplaneError>;

/// What is kept of a topic.
///
/// Whether there is anything new is one question to the server that leads the
/// record, and the answer to most of those that many rooms ask after a
/// reconnect. A few messages are asked for one by one, which costs a server
/// 2.9 less than a consumer; more come through a consumer for the moment.
pub(super) async fn read(
    link: &NatsLink,
    topic: &Topic,
    keep: Keep,
    after: Option<u64>,
    limit: usize,
) -> Result<Page, BackplaneError> {
    let end = Instant::now() + link.patience;
    loop {
        let record = link.until_lost(link.records.get(topic.rooms(), keep));
        let record = record.await??;
        let subject = link.subjects.recorded(topic, record.epoch);
        let stream = link.context.get_stream_no_info(&record.stream);
        let question = Question {
            link,
            record: &record,
            stream: link.or(stream).await?.map_err(lost)?,
            subject: subject.ok_or_else(too_long)?,
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
    async fn answer(&self) -> Asked<Page> {
        let mut newest = self.newest().await?;
        if matches!(&newest, Err(error) if is_nothing(error)) {
            // So that there is a position, from which it can be told later if
            // any is missing.
            mark(self.link, self.subject.clone()).await?;
            newest = self.newest().await?;
        }
        let newest = match newest {
            Ok(newest) => newest,
            Err(error) => return unanswered(error),
        };
        let last = newest.sequence;
        // All that is kept is too old, or what is asked for comes behind it.
        if self.is_old(newest.time) || self.after.is_some_and(|after| after >= last) {
            return Ok(Some(self.page(last, last, Vec::new(), false)));
        }
        let mut found = Found::new(self, last);
        // The offset that they are asked behind is looked for as well.
        let mut next = self.after.unwrap_or(0).max(1);
        for _ in 0..ONE_BY_ONE {
            if next >= last {
                found.take(last, newest.time, newest.payload);
                return Ok(Some(found.page()));
            }
            let message = match self.one(next).await {
                Ok(message) => message,
                Err(error) => return unanswered(error?),
            };
            next = message.sequence + 1;
            found.take(message.sequence, message.time, message.payload);
            if found.is_complete() {
                return Ok(Some(found.page()));
            }
        }
        self.consume(next, found).await
    }

    async fn newest(&self) -> Result<Result<StreamMessage, RawMessageError>, BackplaneError> {
        let newest = self.stream.get_last_raw_message_by_subject(&self.subject);
        self.link.or(newest).await
    }

    /// The first message from this offset on.
    async fn one(
        &self,
        from: u64,
    ) -> Result<StreamMessage, Result<RawMessageError, BackplaneError>> {
        let message = self.stream.raw_message_builder().sequence(from);
        let message = message.next_by_subject(&self.subject).send();
        self.link.or(message).await.map_err(Err)?.map_err(Ok)
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

fn unanswered<T>(error: RawMessageError) -> Asked<T> {
    match error.kind() {
        LastRawMessageErrorKind::JetStream(error) if is_gone(&error) => Ok(None),
        // Somebody has just removed what was there.
        LastRawMessageErrorKind::NoMessageFound => Ok(None),
        LastRawMessageErrorKind::JetStream(_)
        | LastRawMessageErrorKind::InvalidSubject
        | LastRawMessageErrorKind::Other => Err(lost(error)),
    }
}

fn is_nothing(error: &RawMessageError) -> bool {
    error.kind() == LastRawMessageErrorKind::NoMessageFound
}

fn is_gone(error: &jetstream::Error) -> bool {
    error.error_code() == ErrorCode::STREAM_NOT_FOUND || passes(error.error_code())
}

/// How many messages are asked for one by one before a consumer is made, which
/// costs as much as some five of them.
const ONE_BY_ONE: usize = 8;
