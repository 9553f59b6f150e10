use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
    fmt,
    rc::Rc,
    time::{Duration, Instant},
};

use ws_server::backplane::Position;
use ws_tests::wait::until;

/// What somebody has heard. A clone is the same.
#[derive(Clone)]
pub(crate) struct Diary(Rc<RefCell<Pages>>);

#[derive(Default)]
struct Pages {
    heard: Vec<(Position, String)>,
    /// Where the room was when it had nothing to say.
    position: Option<Position>,
    there: bool,
    last_word: bool,
    gaps: usize,
    own: usize,
    unsaid: usize,
    cuts: usize,
    cut: Option<Instant>,
    slowest: Duration,
}

/// What all have heard together.
pub(crate) struct Summary {
    pub(crate) lines: usize,
    deliveries: usize,
    pub(crate) reconnects: usize,
    unsaid: usize,
    own: usize,
    slowest: Duration,
}

impl Diary {
    pub(crate) fn new() -> Self {
        Self(Rc::default())
    }

    /// What it says when it comes back.
    pub(crate) fn position(&self) -> Option<Position> {
        let pages = self.0.borrow();
        pages.heard.last().map(|heard| heard.0).or(pages.position)
    }

    pub(crate) fn recovered(&self, position: Position, messages: u64, complete: bool) {
        let mut pages = self.0.borrow_mut();
        if !complete {
            pages.gaps += 1;
            let at = pages.heard.last();
            eprintln!("a gap is told at {position}, {messages} follow, and {at:?} was heard");
        }
        if messages == 0 && pages.heard.is_empty() {
            pages.position = Some(position);
        }
        pages.there = true;
        if let Some(cut) = pages.cut.take() {
            pages.slowest = pages.slowest.max(cut.elapsed());
        }
    }

    pub(crate) fn heard(&self, position: Position, line: String, own: bool) {
        let mut pages = self.0.borrow_mut();
        pages.last_word |= line.ends_with(" last");
        pages.own += usize::from(own);
        pages.heard.push((position, line));
    }

    pub(crate) fn unsaid(&self) {
        self.0.borrow_mut().unsaid += 1;
    }

    pub(crate) fn cut(&self) {
        let mut pages = self.0.borrow_mut();
        pages.cuts += 1;
        pages.there = false;
        pages.cut.get_or_insert_with(Instant::now);
    }

    /// It is in the room, and has been told where that is.
    pub(crate) fn is_there(&self) -> bool {
        self.0.borrow().there
    }

    pub(crate) fn has_last_word(&self) -> bool {
        self.0.borrow().last_word
    }

    pub(crate) fn deliveries(&self) -> usize {
        self.0.borrow().heard.len()
    }
}

/// Waits until all who are in a room have heard the same last line.
pub(crate) async fn until_equal(diaries: &[Diary], rooms: usize) {
    let last = |diary: &Diary| {
        let pages = diary.0.borrow();
        pages
            .heard
            .last()
            .map(|(position, _)| (position.epoch, position.offset))
    };
    let equal = || {
        (0..rooms).all(|room| {
            let mut of_room = diaries.iter().skip(room).step_by(rooms).map(last);
            let first = of_room.next();
            of_room.all(|other| Some(other) == first)
        })
    };
    until("all to have heard the same", equal).await;
}

/// Holds all diaries beside each other.
pub(crate) fn compare(diaries: &[Diary], rooms: usize) -> Summary {
    let mut summary = Summary {
        lines: 0,
        deliveries: 0,
        reconnects: 0,
        unsaid: 0,
        own: 0,
        slowest: Duration::ZERO,
    };
    for room in 0..rooms {
        let of_room: Vec<_> = (diaries.iter().enumerate())
            .skip(room)
            .step_by(rooms)
            .map(|(number, diary)| (number, diary.0.borrow()))
            .collect();
        let mut record = BTreeMap::new();
        let mut epoch = None;
        for (number, pages) in &of_room {
            assert_eq!(pages.gaps, 0, "guest {number} was told of a gap");
            for (position, line) in &pages.heard {
                let its = *epoch.get_or_insert(position.epoch);
                assert_eq!(its, position.epoch, "the record has begun anew");
                let other = record.entry(position.offset).or_insert(line);
                assert_eq!(*other, line, "two lines at {position}, says guest {number}");
            }
        }
        let mut places = HashMap::new();
        for (offset, line) in &record {
            if let Some(before) = places.insert(*line, *offset) {
                panic!("{line:?} is at {before:x} and at {offset:x}");
            }
        }
        for (number, pages) in &of_room {
            let Some((first, _)) = pages.heard.first() else {
                panic!("guest {number} has heard nothing");
            };
            let heard = pages.heard.iter().map(|(position, _)| position.offset);
            let all = record.range(first.offset..).map(|(offset, _)| *offset);
            let differ = heard.zip(all).find(|(heard, all)| heard != all);
            if let Some((heard, all)) = differ {
                panic!("guest {number} of room {room} heard {heard:x} when {all:x} was due");
            }
            let due = record.range(first.offset..).count();
            assert_eq!(pages.heard.len(), due, "lines that guest {number} heard");
            summary.deliveries += pages.heard.len();
            summary.reconnects += pages.cuts;
            summary.unsaid += pages.unsaid;
            summary.own += pages.own;
            summary.slowest = summary.slowest.max(pages.slowest);
        }
        summary.lines += record.len();
    }
    summary
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "lines          {:>8}", self.lines)?;
        writeln!(f, "deliveries     {:>8}", self.deliveries)?;
        writeln!(f, "own heard      {:>8}", self.own)?;
        writeln!(f, "unsaid         {:>8}", self.unsaid)?;
        writeln!(f, "reconnects     {:>8}", self.reconnects)?;
        write!(f, "slowest return {:>8.1?}", self.slowest)
    }
}
