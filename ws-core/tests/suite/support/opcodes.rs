//! Reserved opcodes with a meaning.

use ws_core::{Config, Opcode, Registry};

pub(crate) const DATA: [Opcode; 5] = opcodes(0x3);
pub(crate) const CONTROL: [Opcode; 5] = opcodes(0xB);

const fn opcodes(first: u8) -> [Opcode; 5] {
    let mut opcodes = [Opcode::TEXT; 5];
    let mut at = 0;
    while at < 5 {
        opcodes[at] = Opcode::new(first + at as u8).expect("four bits hold it");
        at += 1;
    }
    opcodes
}

pub(crate) fn registry(opcodes: impl IntoIterator<Item = Opcode>) -> Registry {
    let opcodes = opcodes.into_iter();
    opcodes.fold(Registry::new(), |registry, opcode| {
        let registered = registry.with(opcode, opcode.to_string());
        registered.expect("each is reserved, and registered once")
    })
}

/// A connection on which all of them have one.
pub(crate) fn all() -> Config {
    Config::new().opcodes(registry(DATA.into_iter().chain(CONTROL)))
}
