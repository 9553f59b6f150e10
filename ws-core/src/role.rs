/// The side of a connection that an endpoint plays.
///
/// The roles differ in two things only: a client masks what it sends and a
/// server does not ([RFC 6455 §5.1]), and the server is the first to close the
/// transport ([§7.1.1]).
///
/// [RFC 6455 §5.1]: https://www.rfc-editor.org/rfc/rfc6455#section-5.1
/// [§7.1.1]: https://www.rfc-editor.org/rfc/rfc6455#section-7.1.1
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the RFC knows two roles")]
pub enum Role {
    /// The endpoint that opened the connection.
    Client,
    /// The endpoint that accepted it.
    Server,
}

impl Role {
    /// Whether frames sent by this role are masked (§5.1).
    #[must_use]
    pub const fn masks(self) -> bool {
        matches!(self, Self::Client)
    }

    /// The role of the peer.
    #[must_use]
    pub const fn peer(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }

    /// Whether this role closes the transport as soon as both Close frames are
    /// through; the other one waits for it to happen (§7.1.1).
    #[must_use]
    pub const fn closes_transport_first(self) -> bool {
        matches!(self, Self::Server)
    }
}
