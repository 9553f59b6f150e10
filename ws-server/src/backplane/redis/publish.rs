use redis::{Pipeline, RedisError, RedisResult, ServerErrorKind, Value};

use super::{
    ENGINE,
    live::Live,
    node::Node,
    record::{self, Call, Scripts},
};
use crate::backplane::{BackplaneError, Publication, Published};

/// Publishes through one server, and tells what became of each. An error
/// means that the link is lost.
pub(super) async fn publish(
    node: &Node,
    scripts: &Scripts,
    live: &Live,
    batch: &[&Publication],
) -> Result<Vec<Published>, BackplaneError> {
    let mut published = Vec::with_capacity(batch.len());
    let mut rest = batch;
    while !rest.is_empty() {
        let (some, others) = rest.split_at(portion(rest));
        published.extend(publish_portion(node, scripts, live, some).await?);
        rest = others;
    }
    Ok(published)
}

/// How many of these go in one pipeline.
fn portion(batch: &[&Publication]) -> usize {
    let mut bytes = 0;
    let fit = batch.iter().take_while(|it| {
        bytes += it.payload.len();
        bytes <= PORTION_BYTES
    });
    fit.take(PORTION).count().max(1)
}

async fn publish_portion(
    node: &Node,
    scripts: &Scripts,
    live: &Live,
    batch: &[&Publication],
) -> Result<Vec<Published>, BackplaneError> {
    let mut pipeline = Pipeline::with_capacity(batch.len());
    for it in batch {
        pipeline.add_command(match it.keep {
            Some(keep) => scripts.publish(it, keep, Call::Known),
            None => scripts.pass(it),
        });
    }
    let mut answers = node.pipeline(pipeline).await?;

    // Somebody has had the server forget its scripts. None of these was done,
    // though one behind it may have been, if others have told it meanwhile.
    let mut pipeline = Pipeline::new();
    let mut again = Vec::new();
    for (index, (it, answer)) in batch.iter().zip(&answers).enumerate() {
        if let (Some(keep), Err(error)) = (it.keep, answer)
            && Trouble::of(error) == Trouble::Forgotten
        {
            pipeline.add_command(scripts.publish(it, keep, Call::Anew));
            again.push(index);
        }
    }
    if !again.is_empty() {
        let anew = node.pipeline(pipeline).await?;
        for (index, answer) in again.into_iter().zip(anew) {
            answers[index] = answer;
        }
    }

    let mut published = Vec::with_capacity(batch.len());
    for (index, it) in batch.iter().enumerate() {
        published.push(match &answers[index] {
            Ok(answer) if it.keep.is_some() => record::position(answer)
                .ok_or_else(|| live.fail("it answers in an unknown way"))
                .map(Ok)?,
            Ok(_) => Ok(None),
            Err(error) => {
                if Trouble::of(error) == Trouble::Elsewhere && is_last(batch, &answers, index) {
                    return Err(live.fail(error.clone()));
                }
                Err(BackplaneError::Refused {
                    engine: ENGINE,
                    reason: error.to_string(),
                })
            }
        });
    }
    Ok(published)
}

/// Whether nothing behind this one was done on its topic. Otherwise it cannot
/// be published again under its number, which would pass for one seen before.
fn is_last(batch: &[&Publication], answers: &[RedisResult<Value>], index: usize) -> bool {
    let behind = batch.iter().zip(answers).skip(index + 1);
    !behind
        .filter(|(it, _)| it.topic == batch[index].topic)
        .any(|(_, answer)| answer.is_ok())
}

/// What is to be done about an error that a server answers with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    /// It has forgotten the script.
    Forgotten,
    /// Another server would take it, or this one in a moment: connecting anew
    /// finds out.
    Elsewhere,
    /// It will not take this one.
    Refused,
}

impl Trouble {
    fn of(error: &RedisError) -> Self {
        if error.kind() == ServerErrorKind::NoScript.into() {
            return Self::Forgotten;
        }
        let elsewhere = ELSEWHERE.iter().any(|kind| error.kind() == (*kind).into());
        if elsewhere || error.code() == Some("BUSY") {
            return Self::Elsewhere;
        }
        Self::Refused
    }
}

const ELSEWHERE: [ServerErrorKind; 7] = [
    ServerErrorKind::Ask,
    ServerErrorKind::BusyLoading,
    ServerErrorKind::ClusterDown,
    ServerErrorKind::MasterDown,
    ServerErrorKind::Moved,
    ServerErrorKind::ReadOnly,
    ServerErrorKind::TryAgain,
];

/// The most that goes in one pipeline, so that its answers are there long
/// before they are given up.
const PORTION: usize = 1000;

/// The same, in bytes of payloads.
const PORTION_BYTES: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use redis::{ErrorKind, make_extension_error};

    use super::*;
    use crate::backplane::{PublicationId, Topic};

    #[test]
    fn errors_tell_whether_to_go_elsewhere() {
        let is = |kind: ServerErrorKind| Trouble::of(&(ErrorKind::from(kind), "").into());
        assert_eq!(is(ServerErrorKind::NoScript), Trouble::Forgotten);
        assert_eq!(is(ServerErrorKind::ReadOnly), Trouble::Elsewhere);
        assert_eq!(is(ServerErrorKind::Moved), Trouble::Elsewhere);
        assert_eq!(is(ServerErrorKind::NoPerm), Trouble::Refused);
        let other = |code: &str| Trouble::of(&make_extension_error(code.to_owned(), None));
        assert_eq!(other("BUSY"), Trouble::Elsewhere);
        assert_eq!(other("OOM"), Trouble::Refused);
        assert_eq!(other("MISCONF"), Trouble::Refused);
    }

    /// It would be taken for one that was seen before.
    #[test]
    fn message_before_one_that_was_taken_is_not_published_again() {
        let publication = |room: &str, number| Publication {
            topic: Topic::new("chat", room),
            payload: "text".into(),
            id: PublicationId { origin: 1, number },
            keep: None,
        };
        let all = [
            publication("lobby", 1),
            publication("garden", 2),
            publication("garden", 3),
            publication("lobby", 4),
        ];
        let batch: Vec<_> = all.iter().collect();
        let busy = || Err(make_extension_error("BUSY".to_owned(), None));
        let answers = [busy(), busy(), busy(), Ok(Value::Nil)];
        let last = (0..4).map(|index| is_last(&batch, &answers, index));
        assert_eq!(last.collect::<Vec<_>>(), [false, true, true, true]);
    }
}
