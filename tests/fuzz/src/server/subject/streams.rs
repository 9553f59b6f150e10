use std::{io, panic::resume_unwind, time::Duration};

use futures_util::{StreamExt, stream};
use tokio::time::sleep;
use ws_actors::SendError;
use ws_core::Opcode;

use super::{
    super::{
        command::{Pace, Size, StreamEnd},
        ledger::source,
    },
    Context, Subject,
};

impl Subject {
    /// Streams so many parts of so many bytes.
    pub(super) fn stream(&self, parts: &[u8], pace: Pace, end: StreamEnd, ctx: &mut Context) {
        let len: usize = parts.iter().map(|&part| usize::from(part) * 8).sum();
        let size = Size { len, even: false };
        let payload = self.ledger.borrow_mut().payload(source::ACTOR, size);
        let Some(payload) = payload else {
            return;
        };
        let (tag, mut rest) = payload.bytes.split_at(payload.bytes.len() - len);
        let mut pieces = vec![tag.to_vec()];
        for &part in parts {
            let piece;
            (piece, rest) = rest.split_at(usize::from(part) * 8);
            pieces.push(piece.to_vec());
        }
        if let Pace::Slow(time) = pace {
            self.delay(time * u32::try_from(pieces.len()).expect("there are few"));
        }
        if end == StreamEnd::Hangs {
            self.delay(HANG);
        }
        let parts = stream::iter(pieces).then(move |piece| async move {
            if let Pace::Slow(time) = pace {
                sleep(time).await;
            }
            Ok::<_, io::Error>(piece)
        });
        let end_of_stream = stream::once(async move {
            match end {
                StreamEnd::Done => None,
                StreamEnd::Fails => Some(Err(io::Error::other("the source failed"))),
                StreamEnd::Panics => resume_unwind(Box::new("a source that was asked to panic")),
                StreamEnd::Hangs => {
                    sleep(HANG).await;
                    Some(Err(io::Error::other("the source gave up")))
                }
            }
        });
        let parts = parts.chain(end_of_stream.filter_map(std::future::ready));
        let result = ctx.stream(Opcode::BINARY, parts);
        let mut ledger = self.ledger.borrow_mut();
        let fails = end != StreamEnd::Done;
        if matches!(result, Err(SendError::Full { .. })) {
            ledger.refused += 1;
        } else if result.is_ok() {
            ledger.asked.failing_stream |= fails;
            ledger.accept(Opcode::BINARY, payload, true, fails);
        }
    }
}

/// For how long a stream has nothing to give. For good would be as wrong as to
/// wait for good: what is behind it may keep the actor from hearing of the end.
const HANG: Duration = Duration::from_secs(600);
