use std::collections::HashMap;

use super::{
    ledger::Account,
    receipt::{Farewell, Page},
    stay::{End, Policy, Sort, Stay},
};

/// What became of messages that rooms accepted for their members: the books of
/// the server compared with what clients received.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Balance {
    /// Times that somebody was in a room.
    pub stays: u64,
    /// Of those, the ones that ended in good order: counted to the last message.
    pub settled: u64,
    /// Messages that rooms accepted.
    pub said: u64,
    /// Broadcasts that were refused, which was told their senders.
    pub refused: u64,
    /// Messages accepted, for each member that was there.
    pub accepted: u64,
    /// Those that were received.
    pub delivered: u64,
    /// Those that a policy gave up, which is counted.
    pub given_up: u64,
    /// Those in whose place a newer one came, where the newest counts.
    pub replaced: u64,
    /// Those that were on their way on a connection that was lost, whose actor
    /// was told of its end.
    pub ended: u64,
    /// Those that were on their way to who asked to leave.
    pub left: u64,
    /// Messages that connections gave up in all, what is not the rooms' among
    /// them: what each of them said, and the metrics.
    pub counted: u64,
    /// Messages that actors of rooms were told.
    pub told: u64,
    /// Of those, the ones that are counted as waiting when the last of its room's
    /// actors ended.
    pub unheard: u64,
    /// Times that somebody who came back was told that something is missing.
    pub gaps: u64,
    /// Those of which nothing is known: none, if all is well.
    pub lost: u64,
}

impl Balance {
    /// Adds what the server knows of times that are over; what clients know of
    /// them is taken out of `pages`. Tells what does not fit.
    pub(super) fn add(&mut self, stays: Vec<Stay>, pages: &mut HashMap<u64, Page>) -> Vec<String> {
        let mut wrongs = Vec::new();
        for stay in stays {
            // A client that never heard of its membership knows nothing else.
            let page = pages.remove(&stay.id).unwrap_or_default();
            let lost_before = self.lost;
            let problem = self.add_one(&stay, &page);
            if let Some(problem) = problem.or_else(|| {
                let lost = self.lost - lost_before;
                (lost > 0).then(|| format!("{lost} messages are lost"))
            }) {
                wrongs.push(format!("{problem}: {stay:?}, and the client {page:?}"));
            }
        }
        wrongs
    }

    fn add_one(&mut self, stay: &Stay, page: &Page) -> Option<String> {
        let base = page.base.unwrap_or(stay.joined);
        let last = page.last.max(base);
        self.stays += 1;
        self.counted += stay.given_up;
        self.delivered += page.count;
        self.gaps += u64::from(page.gap);
        let accepted = stay.left.saturating_sub(base);
        self.accepted += accepted;
        if last > stay.left {
            return Some(format!("it received {last}, and {} were said", stay.left));
        }
        if base > stay.joined {
            let missed = base - stay.joined;
            self.lost += missed;
            return Some(format!("its first {missed} messages are missing"));
        }
        if stay.room.sort == Sort::Latest {
            self.replaced += accepted - page.count;
            return unexpected(stay, page);
        }
        let tail = stay.left - last;
        if let Some(farewell) = &page.farewell {
            self.settled += 1;
            if let Some(problem) = unsettled(farewell, page, tail) {
                return Some(problem);
            }
        }
        if stay.policy == Policy::Close && page.holes > 0 || page.holes > stay.given_up {
            self.lost += page.holes;
        } else {
            self.given_up += page.holes;
        }
        match &stay.end {
            _ if stay.took_leave => self.left += tail,
            End::Closed(cause) if cause == SLOW => self.given_up += tail,
            End::Closed(_) | End::Panicked => self.ended += tail,
            End::Silent => self.lost += tail,
        }
        unexpected(stay, page)
    }

    /// Adds what the server says in the end of all rooms; tells what does not
    /// fit.
    pub(super) fn finish(&mut self, account: &Account) -> Vec<String> {
        let said = account.said;
        (self.said, self.refused) = (said.said, said.refused);
        let mut wrongs = Vec::new();
        let unheard = account.meters.unheard;
        (self.told, self.unheard) = (said.told, unheard);
        if said.dropped != said.untold + unheard {
            wrongs.push(format!(
                "metrics count {unheard} messages that actors of rooms did not hear: {said:?}"
            ));
        }
        let counted = account.meters.members_given_up;
        if self.counted != counted {
            wrongs.push(format!(
                "connections gave up {} messages, and metrics count {counted}",
                self.counted
            ));
        }
        wrongs
    }
}

/// What a client that was told how much was given up misses beyond that.
fn unsettled(farewell: &Farewell, page: &Page, tail: u64) -> Option<String> {
    let others = farewell.attempts.checked_sub(farewell.came);
    let Some(others) = others else {
        return Some("more came than was sent".to_owned());
    };
    let missing = others + page.holes;
    // What was on its way when it left was handed to it, and refused, or not: the
    // room's messages, and marks that it asked for behind the last that came.
    let most = missing + tail;
    let missing = missing.saturating_sub(page.asked - page.answered);
    let fits = (missing..=most).contains(&farewell.given_up);
    (!fits).then(|| {
        format!(
            "{} messages were counted as given up, and {missing} to {most} are missing",
            farewell.given_up
        )
    })
}

/// Whether a connection ended that nobody had a hand in.
fn unexpected(stay: &Stay, page: &Page) -> Option<String> {
    if !page.blameless || page.farewell.is_some() {
        return None;
    }
    match &stay.end {
        End::Closed(cause) if cause == SLOW && stay.policy == Policy::Close => None,
        End::Closed(cause) if cause == "Drain" => {
            let stayed = !stay.took_leave && stay.room.sort != Sort::Kept;
            let until = stay.at_drain.filter(|_| stayed);
            let missed = until.filter(|until| *until > page.last && stay.given_up == 0)?;
            Some(format!(
                "it did not receive what came before the drain, {missed}"
            ))
        }
        End::Closed(_) | End::Panicked | End::Silent => {
            Some("its connection ended though nobody had a hand in it".to_owned())
        }
    }
}

/// The cause of who reads too slowly.
const SLOW: &str = "SlowPeer";
