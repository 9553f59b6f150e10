use ws_actors::{Flow, Overflow, RateLimit};
use ws_core::CloseCode;

/// What a message may be, and what may wait.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Limits {
    pub(in super::super) message: usize,
    pub(super) frame: usize,
    pub(super) fragments: usize,
    pub(in super::super) queued: usize,
    pub(in super::super) overflow: Overflow,
    pub(in super::super) rate: Option<RateLimit>,
}

impl Limits {
    pub(super) fn read(sizes: u8, flow: u8, more: u8) -> Self {
        let pick = |shift: u8| usize::from(sizes >> shift & 3);
        Self {
            message: [1 << 20, 1 << 14, 1 << 10, 1 << 6][pick(0)],
            frame: [usize::MAX, 1 << 10, usize::MAX, 100][pick(2)],
            fragments: [1 << 14, 3, 50, 0][pick(4)],
            queued: [1 << 20, 1 << 12, 1 << 16, 100][usize::from(flow & 3)],
            overflow: match flow >> 2 & 3 {
                0 => Overflow::Close(CloseCode::TRY_AGAIN_LATER),
                1 => Overflow::DropNewest,
                2 => Overflow::DropOldest,
                _ => Overflow::Wait,
            },
            rate: match more >> 4 & 3 {
                0 => None,
                1 => Some(RateLimit::new().messages(10, 20)),
                2 => Some(RateLimit::new().bytes(10_000, 5_000)),
                _ => Some(RateLimit::new().messages(10, 20).closes()),
            },
        }
    }

    pub(super) fn flow(&self, choice: u8) -> Flow {
        let choice = usize::from(choice);
        let flow = Flow::new()
            .max_queued_bytes(self.queued)
            .max_queued_messages([1 << 14, 4, 100, 1][choice])
            .fragment_bytes([usize::MAX, 1000, 7, usize::MAX][choice])
            .max_responses([16, 1, 2, 16][choice])
            .overflow(self.overflow);
        match self.rate {
            Some(rate) => flow.rate_limit(rate),
            None => flow,
        }
    }
}
