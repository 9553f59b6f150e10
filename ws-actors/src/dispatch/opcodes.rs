//! Opcodes of the application's own, which handlers bring with them.

use std::{borrow::Cow, fmt};

use thiserror::Error;
use ws_core::{Opcode, Registry, RegistryError};

use crate::Slot;

/// What a kind of message says of the opcode that its frames have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct OpcodeUse {
    /// The opcode.
    pub opcode: Opcode,
    /// Whether its frames are to be data or control frames.
    pub kind: FrameKind,
    /// The name that it is to be registered with, if the message has one.
    pub name: Option<&'static str>,
    /// What it is registered with otherwise.
    pub type_name: &'static str,
}

/// Whether frames carry messages or control the connection ([RFC 6455 §5.5]).
///
/// [RFC 6455 §5.5]: https://www.rfc-editor.org/rfc/rfc6455#section-5.5
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the RFC knows no other kind")]
pub enum FrameKind {
    /// Messages of any length, in one frame or several.
    Data,
    /// Single frames of at most 125 bytes, which may go amid a message.
    Control,
}

/// Handlers contradict themselves.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HandlersError {
    /// Two handlers are registered for one kind of frame.
    #[error("two handlers are registered for {0}, one has to go")]
    Duplicate(Slot),
    /// Data is wanted in parts and whole as well.
    #[error("data comes in parts or whole: `Part` needs no handler of {0} frames beside it")]
    PartsAndMessages(Opcode),
    /// A message of one's own has the opcode of continuation frames, which have
    /// no meaning alone.
    #[error("opcode 0x0 only goes on with a message: handle `Part` for messages in parts")]
    Continuation,
    /// The opcode is not in the range of the kind of frames that is declared.
    #[error("opcode {opcode} is not one of {kind} frames: choose {} instead", .kind.range())]
    Kind {
        /// The opcode.
        opcode: Opcode,
        /// What its frames are to be.
        kind: FrameKind,
    },
    /// The opcode cannot be registered.
    #[error(transparent)]
    Opcode(#[from] RegistryError),
}

impl OpcodeUse {
    /// Whether the opcode is of the kind that is declared, and may be declared
    /// at all.
    pub(super) const fn check(&self) -> Result<(), HandlersError> {
        let Self { opcode, kind, .. } = *self;
        let own = self.name.is_some() || opcode.is_reserved();
        if own && opcode.is_control() != matches!(kind, FrameKind::Control) {
            return Err(HandlersError::Kind { opcode, kind });
        }
        Ok(())
    }
}

/// Adds what is used to what is registered, as far as it can be.
pub(super) fn register(
    mut registry: Registry,
    uses: &[OpcodeUse],
) -> (Registry, Result<(), HandlersError>) {
    let mut result = Ok(());
    for used in uses {
        if let Err(error) = add(&mut registry, used) {
            result = result.and_then(|()| Err(error.into()));
        }
    }
    (registry, result)
}

fn add(registry: &mut Registry, used: &OpcodeUse) -> Result<(), RegistryError> {
    let opcode = used.opcode;
    let name: Cow<'static, str> = match used.name {
        // It is registered as it is to be, whoever did it.
        Some(name) if registry.opcode(name) == Some(opcode) => return Ok(()),
        Some(name) => name.into(),
        None if registry.knows(opcode) => return Ok(()),
        // Types in different modules, and those that differ by a parameter.
        None if registry.opcode(used.type_name).is_some() => {
            format!("{} {opcode}", used.type_name).into()
        }
        None => used.type_name.into(),
    };
    *registry = registry.clone().with(opcode, name)?;
    Ok(())
}

impl FrameKind {
    /// The kind of frames with this opcode.
    #[must_use]
    pub const fn of(opcode: Opcode) -> Self {
        if opcode.is_control() {
            Self::Control
        } else {
            Self::Data
        }
    }

    /// The opcodes of this kind that are free.
    const fn range(self) -> &'static str {
        match self {
            Self::Data => "0x3 to 0x7",
            Self::Control => "0xb to 0xf",
        }
    }
}

impl fmt::Display for FrameKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Data => "data",
            Self::Control => "control",
        })
    }
}
