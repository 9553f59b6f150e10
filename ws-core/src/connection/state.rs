/// Where a connection stands in the closing handshake ([RFC 6455 §7.1]).
///
/// | state           | `SendClose`    | `ReceiveClose`  | `End`    |
/// |-----------------|----------------|-----------------|----------|
/// | `Open`          | `LocalClosing` | `RemoteClosing` | `Closed` |
/// | `LocalClosing`  | -              | `Closed`        | `Closed` |
/// | `RemoteClosing` | `Closed`       | -               | `Closed` |
/// | `Closed`        | -              | -               | -        |
///
/// `End` stands for a fault of the peer, a deadline that passed, or the end of
/// the transport. A dash is an input that cannot come: nothing is sent or read
/// there any more.
///
/// [RFC 6455 §7.1]: https://www.rfc-editor.org/rfc/rfc6455#section-7.1
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the RFC knows no other state")]
pub enum State {
    /// Messages flow both ways.
    Open,
    /// This side sent a Close frame; messages may still come.
    LocalClosing,
    /// The peer sent a Close frame; it waits for ours.
    RemoteClosing,
    /// Both Close frames are through, or the connection failed.
    Closed,
}

/// What moves a connection from one state to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    SendClose,
    ReceiveClose,
    End,
}

impl State {
    /// The state after `step`; `None` where the table has a dash.
    pub(super) const fn after(self, step: Step) -> Option<Self> {
        match (self, step) {
            (Self::Open, Step::SendClose) => Some(Self::LocalClosing),
            (Self::Open, Step::ReceiveClose) => Some(Self::RemoteClosing),
            (Self::LocalClosing, Step::ReceiveClose) => Some(Self::Closed),
            (Self::RemoteClosing, Step::SendClose) => Some(Self::Closed),
            (Self::Open | Self::LocalClosing | Self::RemoteClosing, Step::End) => {
                Some(Self::Closed)
            }
            (Self::LocalClosing | Self::Closed, Step::SendClose)
            | (Self::RemoteClosing | Self::Closed, Step::ReceiveClose)
            | (Self::Closed, Step::End) => None,
        }
    }
}
