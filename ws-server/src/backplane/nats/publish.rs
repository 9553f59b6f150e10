use std::collections::VecDeque;

use async_nats::{
    HeaderMap,
    jetstream::{
        self, ErrorCode,
        context::{PublishAckFuture, PublishError, PublishErrorKind},
        message::PublishMessage,
        publish::PublishAck,
    },
};
use tokio::time::{Instant, sleep};

use super::{
    link::NatsLink,
    loss::lost,
    record::{PAUSE, Record, passes, refused},
};
use crate::backplane::{BackplaneError, Keep, Position, Publication, Published};

/// What is on its way to the record.
struct Sent {
    index: usize,
    record: Record,
    acknowledged: PublishAckFuture,
}

/// What the record has answered.
enum Answer {
    Taken(Published),
    /// The stream is gone, or a cluster is finding a leader.
    Nobody,
}

/// Publishes a batch. Answers are awaited when it has left, or so much of it
/// as a server takes at a time.
pub(super) async fn publish(
    link: &NatsLink,
    batch: &[Publication],
) -> Result<Vec<Published>, BackplaneError> {
    let mut published: Vec<Published> = batch.iter().map(|_| Ok(None)).collect();
    let mut left: Vec<usize> = (0..batch.len()).collect();
    let mut unrecorded = false;
    let end = Instant::now() + link.patience;
    loop {
        let mut sent = VecDeque::new();
        let mut again = Vec::new();
        for index in left {
            let Publication { topic, keep, .. } = &batch[index];
            // What is not recorded would overtake what is.
            let overtakes = |sent: &Sent| keep.is_none() && batch[sent.index].topic == *topic;
            while sent.len() >= WINDOW || sent.iter().any(overtakes) {
                settle(link, &mut sent, &mut published, &mut again).await?;
            }
            match send(link, index, &batch[index]).await {
                Ok(Some(recorded)) => sent.push_back(recorded),
                Ok(None) => unrecorded = true,
                Err(error) => published[index] = Err(of_one(error)?),
            }
        }
        if std::mem::take(&mut unrecorded) {
            link.round_trip().await?;
        }
        while !sent.is_empty() {
            settle(link, &mut sent, &mut published, &mut again).await?;
        }
        if again.is_empty() {
            return Ok(published);
        }
        if Instant::now() > end {
            return Err(lost("nobody records what is published"));
        }
        sleep(PAUSE).await;
        left = again;
    }
}

/// Awaits the answer to the one that was sent first. If nobody answers, it has
/// to be sent again.
async fn settle(
    link: &NatsLink,
    sent: &mut VecDeque<Sent>,
    published: &mut [Published],
    again: &mut Vec<usize>,
) -> Result<(), BackplaneError> {
    let Some(first) = sent.pop_front() else {
        return Ok(());
    };
    match answer(link, &first.record, first.acknowledged).await? {
        Answer::Taken(taken) => published[first.index] = taken,
        Answer::Nobody => {
            link.records.forget(&first.record).await;
            again.push(first.index);
        }
    }
    Ok(())
}

/// Publishes a message that is nobody's, unless there is one on this subject.
///
/// Of those who do it at once the server takes one: with two, a member that was
/// told of the first would miss something in the eyes of who begins behind the
/// second.
pub(super) async fn mark(link: &NatsLink, subject: String) -> Result<(), BackplaneError> {
    let mark = PublishMessage::build().expected_last_subject_sequence(0);
    let sending = link.context.send_publish(subject, mark);
    let acknowledged = link.or(sending).await?.map_err(lost)?;
    let Err(error) = link.or(acknowledged.into_future()).await? else {
        return Ok(());
    };
    if of_server(&error).is_some_and(is_not_first) {
        return Ok(());
    }
    match failed(error)? {
        Answer::Taken(taken) => taken.map(drop),
        // Whoever looks for it next finds that out too.
        Answer::Nobody => Ok(()),
    }
}

fn is_not_first(error: &jetstream::Error) -> bool {
    matches!(
        error.error_code(),
        ErrorCode::STREAM_WRONG_LAST_SEQUENCE | ErrorCode::STREAM_WRONG_LAST_SEQUENCE_CONSTANT
    )
}

/// Sends one, and says if an answer will come.
async fn send(
    link: &NatsLink,
    index: usize,
    publication: &Publication,
) -> Result<Option<Sent>, BackplaneError> {
    let Publication {
        topic,
        payload,
        id,
        keep,
    } = publication;
    let limit = link.client.max_payload();
    let length = payload.len() + keep.map_or(0, |_| HEADERS);
    if length > limit {
        return Err(refused(format!(
            "{length} bytes exceed the server's max_payload of {limit} bytes; raise it there"
        )));
    }
    match *keep {
        None => {
            let subject = link.subjects.live(topic).ok_or_else(too_long)?;
            let sending = link.client.publish(subject, payload.clone());
            link.or(sending).await?.map_err(lost)?;
            Ok(None)
        }
        Some(keep) => {
            let record = record(link, topic.rooms(), keep).await?;
            let subject = link.subjects.recorded(topic, record.epoch);
            let mut headers = HeaderMap::new();
            headers.insert("Nats-Msg-Id", format!("{:x}-{:x}", id.origin, id.number));
            let sending = link.context.publish_with_headers(
                subject.ok_or_else(too_long)?,
                headers,
                payload.clone(),
            );
            Ok(Some(Sent {
                index,
                acknowledged: link.or(sending).await?.map_err(lost)?,
                record,
            }))
        }
    }
}

async fn record(link: &NatsLink, rooms: &str, keep: Keep) -> Result<Record, BackplaneError> {
    // It has limits of its own, and gives its reasons.
    link.until_lost(link.records.get(rooms, keep)).await?
}

async fn answer(
    link: &NatsLink,
    record: &Record,
    acknowledged: PublishAckFuture,
) -> Result<Answer, BackplaneError> {
    match link.or(acknowledged.into_future()).await? {
        Ok(PublishAck {
            sequence,
            duplicate,
            ..
        }) => {
            // Of one that is still on its way through a cluster, there is no position.
            let known = sequence > 0 || !duplicate;
            let position = Position {
                epoch: record.epoch,
                offset: sequence,
            };
            Ok(Answer::Taken(Ok(known.then_some(position))))
        }
        Err(error) => failed(error),
    }
}

fn failed(error: PublishError) -> Result<Answer, BackplaneError> {
    if error.kind() == PublishErrorKind::StreamNotFound {
        return Ok(Answer::Nobody);
    }
    match of_server(&error) {
        Some(says) if passes(says.error_code()) => Ok(Answer::Nobody),
        Some(says) => Ok(Answer::Taken(Err(refused(format!(
            "JetStream says: {says}"
        ))))),
        None => Err(lost(error)),
    }
}

/// What the server says of it, if it has answered.
fn of_server(error: &PublishError) -> Option<&jetstream::Error> {
    std::error::Error::source(error)?.downcast_ref()
}

/// What concerns one message, and not the link.
fn of_one(error: BackplaneError) -> Result<BackplaneError, BackplaneError> {
    match error {
        BackplaneError::Refused { .. } | BackplaneError::Unsupported { .. } => Ok(error),
        BackplaneError::InvalidUrl { .. }
        | BackplaneError::Unreachable { .. }
        | BackplaneError::Lost { .. } => Err(error),
    }
}

pub(super) fn too_long() -> BackplaneError {
    refused("the name of the room is too long for a subject".to_owned())
}

/// What goes along with a recorded message, in bytes, with room to spare.
const HEADERS: usize = 128;

/// How many may be without an answer. A server of 2.11 or newer keeps 10,000
/// per stream waiting, of all nodes together, and refuses more.
const WINDOW: usize = 512;
