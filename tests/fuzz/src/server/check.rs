use std::time::Duration;

use ws_core::{Cause, CloseCode, Header, Opcode, Outcome};

use super::{
    ledger::{Ledger, read_tag, source},
    peer::Heard,
    scene::Scene,
};
use crate::speech::Said;

/// What holds at the end, whatever has happened.
pub(super) fn all(scene: &mut Scene<'_>) {
    let received = scene.line.borrow().received.clone();
    frames(&received);
    let heard = scene.peer.listen(&received);
    let ledger = scene.ledger.borrow();
    told(scene, &ledger);
    for outcome in ledger.closed.iter().chain(&ledger.outcome) {
        fits(scene, &ledger, outcome);
        if let Some(close) = &heard.close {
            let sent = outcome.sent.as_ref();
            assert_eq!(sent, Some(close), "another Close frame leaves");
        }
    }
    heard_in_order(scene, &ledger);
    said_in_order(&ledger, &heard);
    if heard.close.is_some() {
        nothing_lost(&ledger, &heard);
    }
}

/// What leaves are frames without a mask, none behind a Close frame.
fn frames(mut bytes: &[u8]) {
    let mut closed = false;
    while !bytes.is_empty() {
        assert!(!closed, "bytes follow the Close frame");
        let header = Header::parse(bytes).expect("a header that is sent is right");
        // The transport may have broken anywhere.
        let Some((header, len)) = header else {
            return;
        };
        assert_eq!(header.mask, None, "a server masks a frame");
        closed = header.opcode == Opcode::CLOSE;
        let len = len + usize::try_from(header.payload_len).expect("it was in memory");
        bytes = bytes.get(len..).unwrap_or_default();
    }
}

/// The actor hears of the end once, and stops.
fn told(scene: &Scene<'_>, ledger: &Ledger) {
    assert!(ledger.closed.len() <= 1, "the end is told twice");
    let first = ledger.closed.first();
    if let (Some(told), Some(outcome)) = (first, &ledger.outcome) {
        assert_eq!(told, outcome, "two ends are told");
    }
    if ledger.started && !ledger.asked.panic {
        assert!(first.is_some(), "the end is not told");
        assert!(ledger.stopped, "the actor has not stopped");
    }
    assert!(ledger.started || scene.abandoned, "the actor never started");
    if let Some(outbox) = &ledger.outbox {
        assert!(outbox.is_closed(), "messages are taken behind the end");
        assert_eq!(outbox.queued_bytes(), 0, "messages wait behind the end");
    }
    if let Some(handle) = &ledger.handle {
        assert!(!handle.is_open(), "messages are taken behind the end");
        assert_eq!(handle.queued_bytes(), 0, "messages wait behind the end");
    }
}

/// The cause is something that has happened.
fn fits(scene: &Scene<'_>, ledger: &Ledger, outcome: &Outcome) {
    let (asked, setup, peer) = (&ledger.asked, scene.setup, &scene.peer);
    let overflow_closes = matches!(setup.limits.overflow, ws_actors::Overflow::Close(_));
    let fits = match &outcome.cause {
        Cause::Local => asked.end || asked.panic || setup.kinds.closing || scene.abandoned,
        Cause::Remote => outcome.received.is_some(),
        Cause::Protocol(error) => {
            let code = error.close_code();
            peer.tainted
                || [CloseCode::MESSAGE_TOO_BIG, CloseCode::POLICY_VIOLATION].contains(&code)
        }
        Cause::Timeout(_) => scene.elapsed() >= Duration::from_secs(1),
        Cause::TransportLost => scene.lost || scene.abandoned,
        Cause::Panic => asked.panic,
        Cause::StreamFailed => asked.failing_stream,
        Cause::Drain => asked.drain,
        Cause::SlowPeer => overflow_closes,
        Cause::RateLimit => setup.limits.rate.is_some(),
        Cause::Rejected => peer.tainted,
        Cause::Expired => asked.expire,
        Cause::Overload | _ => panic!("nobody knows {:?}", outcome.cause),
    };
    assert!(fits, "it did not end so: {outcome:?}");
    if outcome.received.is_some() {
        assert!(peer.closed || peer.tainted, "a Close frame was made up");
    }
}

/// The actor hears what the peer said, in order, and at a clean end all of it.
fn heard_in_order(scene: &Scene<'_>, ledger: &Ledger) {
    let (heard, said) = (&ledger.heard.said, &scene.peer.said.said);
    for (heard, said) in heard.iter().zip(said) {
        assert!(heard == said, "heard {heard:?} instead of {said:?}");
    }
    if !scene.peer.tainted {
        assert!(heard.len() <= said.len(), "more is heard than was said");
    }
    let closed_by_peer = |outcome: &Outcome| outcome.cause == Cause::Remote;
    let all = ledger.closed.first().is_some_and(closed_by_peer)
        && !scene.abandoned
        && !(ledger.asked.end || ledger.asked.panic || ledger.asked.expire || ledger.asked.drain);
    if all {
        assert!(
            heard.len() >= said.len(),
            "the Close frame overtook what was said"
        );
    }
}

/// What each source said leaves in its order, once, and as it was said.
fn said_in_order(ledger: &Ledger, heard: &Heard) {
    let mut last = std::collections::BTreeMap::new();
    for said in &heard.data.said {
        let (source, number) = read_tag(&said.payload);
        let given = ledger.accepted.get(&source).and_then(|it| it.get(&number));
        let Some(given) = given else {
            panic!("nobody said {}{number}", char::from(source));
        };
        assert!(
            given.said == *said,
            "{} became {}",
            show(&given.said),
            show(said)
        );
        assert!(!given.fails, "a stream that fails came to its end");
        let before = last.insert(source, number);
        assert!(
            before < Some(number),
            "{} comes behind {before:?}",
            show(said)
        );
    }
    let controls = &heard.controls;
    assert!(
        ledger.controls.starts_with(controls),
        "control frames: {controls:?}"
    );
}

/// All that was accepted has left in front of the Close frame, or is counted as
/// given up.
fn nothing_lost(ledger: &Ledger, heard: &Heard) {
    assert_eq!(ledger.controls, heard.controls, "a control frame is lost");
    let Some(outbox) = &ledger.outbox else {
        return;
    };
    let delivered = |streamed: bool, keyed: bool| {
        let counts = heard.data.said.iter().filter(|said| {
            let (source, number) = read_tag(&said.payload);
            let given = &ledger.accepted[&source][&number];
            given.streamed == streamed && source::is_keyed(source) == keyed
        });
        counts.count() as u64
    };
    let accepted = |streamed: bool, keyed: bool| {
        let sources = ledger.accepted.iter();
        let counts = sources.filter(|(source, _)| source::is_keyed(**source) == keyed);
        let given = counts.flat_map(|(_, given)| given.values());
        given.filter(|given| given.streamed == streamed).count() as u64
    };
    let lost = |streamed, keyed| accepted(streamed, keyed) - delivered(streamed, keyed);
    let given_up = outbox.given_up();
    assert!(given_up >= ledger.refused, "a refusal is not counted");
    let reported = given_up - ledger.refused;
    // Whatever a newer message took the place of is not given up, and the end
    // of a stream has its own cause.
    let least = lost(false, false);
    let most = least + lost(false, true) + lost(true, false);
    assert!(
        least <= reported && reported <= most,
        "{least} to {most} messages are lost, {reported} are counted"
    );
}

fn show(said: &Said) -> String {
    let start = &said.payload[..said.payload.len().min(20)];
    let start = String::from_utf8_lossy(start);
    format!("{} {start:?} of {} bytes", said.opcode, said.payload.len())
}
