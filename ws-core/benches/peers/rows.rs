//! What is measured: the rows, and how each is named.

use std::fmt;

/// One kind of work.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    pub(crate) direction: Direction,
    pub(crate) kind: Kind,
    /// The payload data of a message, in bytes.
    pub(crate) size: usize,
    /// The number of frames a message comes in.
    pub(crate) fragments: usize,
    /// Servers receive masked frames, clients send them.
    pub(crate) masked: bool,
    pub(crate) deflate: Option<Deflate>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Receive,
    Send,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Binary,
    /// Text that the application takes as a `&str`.
    Text,
    /// Text that the application takes as bytes which are known to be UTF-8, as
    /// a JSON parser does.
    TextBytes,
}

/// permessage-deflate, with windows of 15 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Deflate {
    pub(crate) level: u32,
    pub(crate) takeover: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Server,
    Client,
}

impl Row {
    pub(crate) fn name(&self) -> String {
        format!("{}/{}", self.group(), self.label())
    }

    /// The table it stands in.
    pub(crate) fn group(&self) -> String {
        let direction = match self.direction {
            Direction::Receive => "receive",
            Direction::Send => "send",
        };
        match (self.deflate, self.fragments) {
            (Some(_), _) => format!("{direction}/deflate"),
            (None, 1) => format!("{direction}/{}", self.kind),
            (None, _) => format!("{direction}/fragments"),
        }
    }

    /// What sets it apart in its group.
    pub(crate) fn label(&self) -> String {
        let masked = if self.masked { "masked" } else { "unmasked" };
        match (self.deflate, self.fragments) {
            (Some(Deflate { level, takeover }), _) => {
                let takeover = if takeover { "takeover" } else { "no takeover" };
                match self.direction {
                    Direction::Receive => format!("{takeover}/{masked}"),
                    Direction::Send => format!("level {level}/{takeover}/{masked}"),
                }
            }
            (None, 1) => format!("{}/{masked}", Size(self.size)),
            (None, fragments) => format!(
                "{}/{fragments} x {}/{masked}",
                self.kind,
                Size(self.size / fragments)
            ),
        }
    }

    /// Who does this work.
    pub(crate) const fn role(&self) -> Role {
        match (self.direction, self.masked) {
            (Direction::Receive, true) | (Direction::Send, false) => Role::Server,
            (Direction::Receive, false) | (Direction::Send, true) => Role::Client,
        }
    }

    /// How many messages are sent before they are flushed: what an application
    /// has to say in one turn, and a transport takes in one write.
    pub(crate) fn burst(&self) -> usize {
        match self.direction {
            Direction::Receive => 1,
            Direction::Send => (64 * 1024 / self.size).clamp(1, 64),
        }
    }

    /// The opcode of its messages (RFC 6455 §5.2).
    pub(crate) const fn opcode(&self) -> u8 {
        match self.kind {
            Kind::Text | Kind::TextBytes => 1,
            Kind::Binary => 2,
        }
    }
}

pub(crate) fn all() -> Vec<Row> {
    let plain = |direction, kind, size, masked| Row {
        direction,
        kind,
        size,
        fragments: 1,
        masked,
        deflate: None,
    };
    let mut rows = Vec::new();
    for kind in [Kind::Binary, Kind::Text, Kind::TextBytes] {
        for masked in [true, false] {
            for size in SIZES {
                rows.push(plain(Direction::Receive, kind, size, masked));
            }
        }
    }
    for kind in [Kind::Binary, Kind::Text] {
        rows.push(Row {
            fragments: 16,
            ..plain(Direction::Receive, kind, 16 * 1024, true)
        });
    }
    for kind in [Kind::Binary, Kind::Text] {
        for masked in [false, true] {
            for size in SIZES {
                rows.push(plain(Direction::Send, kind, size, masked));
            }
        }
    }
    for direction in [Direction::Receive, Direction::Send] {
        let masked = direction == Direction::Receive;
        let levels: &[u32] = if masked { &[6] } else { &[1, 6] };
        for takeover in [true, false] {
            for &level in levels {
                rows.push(Row {
                    deflate: Some(Deflate { level, takeover }),
                    ..plain(direction, Kind::Text, 1024, masked)
                });
            }
        }
    }
    rows
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Binary => "binary",
            Self::Text => "text",
            Self::TextBytes => "text as bytes",
        })
    }
}

struct Size(usize);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            bytes @ 0..1024 => write!(f, "{bytes} B"),
            bytes @ 1024..1_048_576 => write!(f, "{} KiB", bytes / 1024),
            bytes => write!(f, "{} MiB", bytes / 1_048_576),
        }
    }
}

const SIZES: [usize; 5] = [16, 125, 1024, 16 * 1024, 1024 * 1024];
