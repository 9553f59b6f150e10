use ws_core::{Cause, ProtocolError, Timeout};

/// What metrics and logs call the cause of an end.
pub(crate) const fn name(cause: &Cause) -> &'static str {
    match cause {
        Cause::Local => "local",
        Cause::Remote => "remote",
        Cause::Protocol(_) => "protocol",
        Cause::Timeout(_) => "timeout",
        Cause::TransportLost => "transport",
        Cause::Panic => "panic",
        Cause::StreamFailed => "stream",
        Cause::Drain => "drain",
        Cause::SlowPeer => "slow_peer",
        Cause::RateLimit => "rate_limit",
        Cause::Overload => "overload",
        Cause::Rejected => "rejected",
        Cause::Expired => "expired",
        _ => "other",
    }
}

/// The limit that was reached, if that was it.
pub(super) const fn limit(cause: &Cause) -> Option<&'static str> {
    match cause {
        Cause::Protocol(error) => size(error),
        Cause::Timeout(timeout) => time(*timeout),
        Cause::SlowPeer => Some("max_queued"),
        Cause::RateLimit => Some("rate_limit"),
        Cause::Overload => Some("budget"),
        Cause::Local | Cause::Remote | _ => None,
    }
}

const fn size(error: &ProtocolError) -> Option<&'static str> {
    match error {
        ProtocolError::MessageTooBig { .. } => Some("max_message_bytes"),
        ProtocolError::FrameTooBig { .. } => Some("max_frame_bytes"),
        ProtocolError::TooManyFragments { .. } => Some("max_fragments"),
        ProtocolError::ReservedBits(_) | _ => None,
    }
}

const fn time(timeout: Timeout) -> Option<&'static str> {
    match timeout {
        Timeout::Message => Some("message_timeout"),
        Timeout::Pong => Some("pong_timeout"),
        Timeout::Write => Some("write_timeout"),
        Timeout::Close => Some("close_timeout"),
        Timeout::Idle => Some("idle_timeout"),
        Timeout::Lifetime => Some("max_lifetime"),
        _ => None,
    }
}
