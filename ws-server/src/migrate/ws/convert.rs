//! Between the types of actix-http and ours.

use std::{error::Error, io};

use actix_http::ws::OpCode;
use ws_core::{Cause, CloseCode, ClosePayload};

use super::{CloseReason, ProtocolError};

/// An end that came without a Close frame of the peer, as the old crate would
/// have told of it.
pub(super) fn end(cause: &Cause) -> Option<ProtocolError> {
    let kind = match cause {
        Cause::Protocol(error) => return Some(fault(error)),
        Cause::TransportLost => io::ErrorKind::UnexpectedEof,
        Cause::Timeout(_) => io::ErrorKind::TimedOut,
        Cause::Local
        | Cause::Remote
        | Cause::Panic
        | Cause::StreamFailed
        | Cause::Drain
        | Cause::SlowPeer
        | Cause::RateLimit
        | Cause::Rejected
        | _ => return None,
    };
    Some(ProtocolError::Io(kind.into()))
}

fn fault(error: &ws_core::ProtocolError) -> ProtocolError {
    use ws_core::ProtocolError as Fault;
    match error {
        Fault::UnmaskedFrame => ProtocolError::UnmaskedFrame,
        Fault::MaskedFrame => ProtocolError::MaskedFrame,
        Fault::UnknownOpcode(opcode) => ProtocolError::InvalidOpcode(opcode.get()),
        Fault::FragmentedControl(opcode) => {
            ProtocolError::ContinuationFragment(OpCode::from(opcode.get()))
        }
        Fault::UnexpectedContinuation => ProtocolError::ContinuationNotStarted,
        Fault::ExpectedContinuation(_) => ProtocolError::ContinuationStarted,
        Fault::LengthOverflow | Fault::FrameTooBig { .. } | Fault::MessageTooBig { .. } => {
            ProtocolError::Overflow
        }
        Fault::ReservedBits(_)
        | Fault::ControlTooLong(_)
        | Fault::NonMinimalLength(_)
        | Fault::InvalidUtf8
        | Fault::TruncatedCloseCode
        | Fault::InvalidCloseCode(_)
        | Fault::Extension { .. }
        | Fault::TooManyFragments { .. }
        | _ => invalid_data(error),
    }
}

pub(super) fn invalid_data(error: &dyn Error) -> ProtocolError {
    ProtocolError::Io(io::Error::new(
        io::ErrorKind::InvalidData,
        error.to_string(),
    ))
}

/// What a Close frame of the peer says.
pub(super) fn reason(payload: &ClosePayload) -> Option<CloseReason> {
    let reason = payload.reason().as_str();
    payload.code().map(|code| CloseReason {
        code: code.get().into(),
        description: (!reason.is_empty()).then(|| reason.to_owned()),
    })
}

/// What a Close frame of the actor says, as far as it may be said.
pub(super) fn payload(reason: Option<CloseReason>) -> ClosePayload {
    let Some(CloseReason { code, description }) = reason else {
        return ClosePayload::EMPTY;
    };
    let code = CloseCode::new(code.into());
    ClosePayload::cut(code, &description.unwrap_or_default()).unwrap_or_default()
}
