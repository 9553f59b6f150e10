use std::borrow::Cow;

use thiserror::Error;

use super::Opcode;

/// The reserved opcodes that a connection gives a meaning, by value and by name
/// ([RFC 6455 §5.8]).
///
/// Data opcodes are 0x3 to 0x7, control opcodes 0xB to 0xF. Both sides have to
/// register them: one that is not registered fails the connection with 1002.
///
/// ```
/// use ws_core::{Opcode, Registry};
///
/// let ascii = Opcode::new(0x3).unwrap();
/// let registry = Registry::new().with(ascii, "ascii")?;
/// assert_eq!(registry.name(ascii), Some("ascii"));
/// assert_eq!(registry.opcode("ascii"), Some(ascii));
/// assert!(registry.with(Opcode::TEXT, "mine").is_err()); // the RFC's own
/// # Ok::<_, ws_core::RegistryError>(())
/// ```
///
/// [RFC 6455 §5.8]: https://www.rfc-editor.org/rfc/rfc6455#section-5.8
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Registry {
    names: Vec<(Opcode, Cow<'static, str>)>,
}

/// An opcode cannot be registered.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// The RFC has given the opcode a meaning itself.
    #[error("opcode {0} is not reserved: choose 0x3 to 0x7 for data, 0xb to 0xf for control")]
    NotReserved(Opcode),
    /// Another name has the opcode.
    #[error("opcode {0} is registered as {1:?} already")]
    OpcodeTaken(Opcode, String),
    /// Another opcode has the name.
    #[error("name {1:?} is registered for opcode {0} already")]
    NameTaken(Opcode, String),
}

impl Registry {
    /// A registry without opcodes.
    #[must_use]
    pub const fn new() -> Self {
        Self { names: Vec::new() }
    }

    /// The registry with one more opcode.
    ///
    /// # Errors
    ///
    /// If the opcode is not reserved, or opcode or name are taken.
    pub fn with(
        mut self,
        opcode: Opcode,
        name: impl Into<Cow<'static, str>>,
    ) -> Result<Self, RegistryError> {
        let name = name.into();
        if !opcode.is_reserved() {
            return Err(RegistryError::NotReserved(opcode));
        }
        if let Some(taken) = self.name(opcode) {
            return Err(RegistryError::OpcodeTaken(opcode, taken.to_owned()));
        }
        if let Some(taken) = self.opcode(&name) {
            return Err(RegistryError::NameTaken(taken, name.into_owned()));
        }
        self.names.push((opcode, name));
        Ok(self)
    }

    /// Whether frames of this opcode have a meaning: the RFC's own, or one that
    /// is registered.
    #[must_use]
    pub fn knows(&self, opcode: Opcode) -> bool {
        !opcode.is_reserved() || self.name(opcode).is_some()
    }

    /// What [`knows`](Self::knows) says of each opcode, as one bit.
    pub(crate) fn bits(&self) -> u16 {
        let registered = self.names.iter().map(|(opcode, _)| 1 << opcode.get());
        registered.fold(RFC_6455, |bits, bit| bits | bit)
    }

    /// The name that a reserved opcode is registered with.
    #[must_use]
    pub fn name(&self, opcode: Opcode) -> Option<&str> {
        let mut names = self.names.iter();
        names
            .find(|(other, _)| *other == opcode)
            .map(|(_, name)| &**name)
    }

    /// The opcode that is registered with this name.
    #[must_use]
    pub fn opcode(&self, name: &str) -> Option<Opcode> {
        let mut names = self.names.iter();
        names
            .find(|(_, other)| other == name)
            .map(|(opcode, _)| *opcode)
    }
}

/// The opcodes to which the RFC has given a meaning.
const RFC_6455: u16 = 0b0000_0111_0000_0111;
