use std::time::Duration;

/// What is waited for, and for how long.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Timeouts {
    pub(in super::super) ping: Option<Duration>,
    pub(super) pong: Duration,
    pub(super) close: Duration,
    pub(super) write: Duration,
    pub(super) message: Option<Duration>,
    pub(super) idle: Option<Duration>,
    pub(super) lifetime: Option<Duration>,
}

impl Timeouts {
    pub(super) fn read(choice: u8) -> Self {
        let seconds = Duration::from_secs;
        let pick = |shift: u8| usize::from(choice >> shift & 3);
        Self {
            ping: [Some(20), Some(1), Some(60), None][pick(0)].map(seconds),
            pong: seconds([20, 1][pick(2) & 1]),
            close: seconds([5, 1][pick(3) & 1]),
            write: seconds([30, 2][pick(4) & 1]),
            message: [Some(120), Some(3)][pick(5) & 1].map(seconds),
            idle: None,
            lifetime: (choice & 0x40 != 0).then_some(seconds(300)),
        }
    }

    /// By when a connection has ended whose peer is silent and takes nothing,
    /// and whose actor holds nothing up.
    pub(in super::super) fn silence(&self) -> Duration {
        let ping = self.ping.unwrap_or_default();
        ping + 2 * self.pong + 2 * self.write + 2 * self.close + 3 * GRACE
    }
}

/// How long an actor is waited for, a stream, and a transport that holds back
/// its last bytes.
const GRACE: Duration = Duration::from_secs(5);
