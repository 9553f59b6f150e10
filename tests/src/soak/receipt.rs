use super::{
    stay::{KEYS, POUR, Policy, RoomName, Sort, body, key, newest, part},
    tally::Tally,
};

/// What a member of a room received: its page of the ledger, handed in when it
/// is dropped.
pub(super) struct Receipt<'a> {
    tally: &'a Tally,
    pub(super) id: u64,
    pub(super) page: Page,
}

/// What a member of a room received.
#[derive(Debug, Clone, Default)]
pub(super) struct Page {
    /// Only the room or the server may end this: whatever else does is wrong.
    pub(super) blameless: bool,
    pub(super) sort: Option<Sort>,
    pub(super) policy: Option<Policy>,
    /// The number behind which the room's messages are for it, once known.
    pub(super) base: Option<u64>,
    /// The room's last that it knows of.
    pub(super) last: u64,
    /// How many of the room's messages came, and how many behind `base` did not,
    /// though later ones did.
    pub(super) count: u64,
    pub(super) holes: u64,
    /// The last of each key that came.
    pub(super) newest: [u64; KEYS],
    /// How many other messages came.
    pub(super) others: u64,
    poured: u64,
    outside: u64,
    /// What it had before it came back: the number and the position.
    pub(super) before: Option<(u64, String)>,
    /// Where it is in the room's record.
    pub(super) position: Option<String>,
    /// The record's report came.
    pub(super) reported: bool,
    /// It was told that something is missing.
    pub(super) gap: bool,
    /// How often it asked for a mark, and the number of the last that came.
    pub(super) asked: u64,
    pub(super) answered: u64,
    /// How far the room was at the last of them.
    pub(super) mark: u64,
    pub(super) farewell: Option<Farewell>,
}

/// What the server says who has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Farewell {
    /// How much was said in the room.
    pub(super) said: u64,
    /// How many messages for the member were given up or refused.
    pub(super) given_up: u64,
    /// How many messages that are not the room's were sent to it.
    pub(super) attempts: u64,
    /// How many of them came.
    pub(super) came: u64,
}

impl<'a> Receipt<'a> {
    pub(super) fn new(tally: &'a Tally, id: u64, room: RoomName, policy: Policy) -> Self {
        let page = Page {
            sort: Some(room.sort),
            policy: Some(policy),
            ..Page::default()
        };
        Self { tally, id, page }
    }

    /// Notes a message; says what is wrong with it.
    pub(super) fn note(&mut self, message: &[u8]) -> Result<(), String> {
        let text = str::from_utf8(message).map_err(|_| "it is no text")?;
        let noted = self.page.note(text);
        noted.ok_or_else(|| {
            let start: String = text.chars().take(60).collect();
            format!(
                "member {:x} does not expect {start:?}, after {:?}",
                self.id, self.page
            )
        })
    }
}

impl Drop for Receipt<'_> {
    fn drop(&mut self) {
        self.tally
            .note_page(self.id, std::mem::take(&mut self.page));
    }
}

impl Page {
    /// Notes a message; `None` if it is not what may come now.
    fn note(&mut self, text: &str) -> Option<()> {
        let (kind, rest) = text.split_once(' ')?;
        if kind == "b" {
            return self.note_said(rest);
        }
        if kind == "k" {
            let (position, said) = rest.split_once(' ')?;
            self.position = Some(position.to_owned());
            return self.note_said(said.strip_prefix("b ")?);
        }
        self.others += 1;
        match kind {
            "j" => {
                let joined = rest.parse().ok()?;
                if self.sort != Some(Sort::Kept) {
                    (self.base, self.last) = (Some(joined), joined);
                }
                (self.others == 1).then_some(())
            }
            "r" => {
                let (_, complete) = rest.split_once(' ')?;
                self.gap |= complete != "1";
                self.reported = true;
                if let (Some((last, _)), false) = (&self.before, self.gap) {
                    (self.base, self.last) = (Some(*last), *last);
                }
                Some(())
            }
            "m" => {
                let (said, number) = rest.split_once(' ')?;
                let number = number.parse().ok()?;
                if number <= self.answered || number > self.asked {
                    return None;
                }
                self.answered = number;
                self.note_mark(said.parse().ok()?)
            }
            "d" => note_in_order(rest, &mut self.poured, POUR),
            "o" => note_in_order(rest, &mut self.outside, 100),
            "l" => {
                let mut numbers = rest.split(' ').map(str::parse);
                let mut next = || numbers.next()?.ok();
                self.farewell = Some(Farewell {
                    said: next()?,
                    given_up: next()?,
                    attempts: next()?,
                    came: self.others - 1,
                });
                Some(())
            }
            _ => None,
        }
    }

    /// One of the room's messages: each comes once, in order.
    fn note_said(&mut self, said: &str) -> Option<()> {
        let (number, text) = said.split_once(' ')?;
        let number: u64 = number.parse().ok()?;
        if text != body(number) || self.farewell.is_some() {
            return None;
        }
        if self.sort == Some(Sort::Latest) {
            let newest = &mut self.newest[key(number) as usize];
            if number <= (*newest).max(self.base?) {
                return None;
            }
            *newest = number;
            self.last = self.last.max(number);
        } else {
            // A record begins where it is read.
            let base = *self.base.get_or_insert(number - 1);
            let last = self.last.max(base);
            let before = self.before.as_ref().map_or(0, |(number, _)| *number);
            if number <= last || number <= before {
                return None;
            }
            self.holes += number - last - 1;
            self.last = number;
        }
        self.count += 1;
        Some(())
    }

    /// All that was said up to here came or never will.
    fn note_mark(&mut self, said: u64) -> Option<()> {
        self.mark = said;
        match self.sort? {
            // It comes ahead of what is still on its way.
            Sort::Kept => {}
            Sort::Latest => {
                self.last = self.last.max(said);
                let Some(base) = self.base else {
                    return Some(());
                };
                let policy = self.policy?;
                for key in 0..KEYS as u64 {
                    let newest = newest(key, said);
                    let came = self.newest[key as usize] >= newest || newest <= base;
                    if policy == Policy::Close && !came {
                        return None;
                    }
                }
            }
            Sort::Plain | Sort::Hosted => {
                self.holes += said.saturating_sub(self.last);
                self.last = self.last.max(said);
            }
        }
        Some(())
    }

    /// Whether the last mark is behind all that was said by then.
    pub(super) fn is_settled(&self) -> bool {
        let complete = self.sort != Some(Sort::Kept) || self.reported && self.last >= self.mark;
        self.answered > 0 && complete
    }
}

fn note_in_order(rest: &str, last: &mut u64, len: usize) -> Option<()> {
    let (number, text) = rest.split_once(' ')?;
    let number = number.parse().ok()?;
    let right = number > *last && text == part(number, len);
    *last = number;
    right.then_some(())
}
