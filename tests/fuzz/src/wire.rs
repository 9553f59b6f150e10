use ws_core::{Fin, Header, Opcode, Role};

/// A frame as the other side would see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) fin: Fin,
    pub(crate) opcode: Opcode,
    pub(crate) payload: Vec<u8>,
}

/// The frames that `sender` put on the wire, which must be whole and masked as
/// its role has it.
pub(crate) fn frames(sender: Role, mut bytes: &[u8]) -> Vec<Seen> {
    let mut frames = Vec::new();
    while !bytes.is_empty() {
        let header = Header::parse(bytes).expect("a header that is sent is right");
        let (header, len) = header.expect("a header that is sent is whole");
        assert_eq!(header.mask.is_some(), sender.masks());
        let end = len + usize::try_from(header.payload_len).expect("it was in memory");
        let mut payload = bytes[len..end].to_vec();
        if let Some(mut mask) = header.mask {
            mask.apply(&mut payload);
        }
        frames.push(Seen {
            fin: header.fin,
            opcode: header.opcode,
            payload,
        });
        bytes = &bytes[end..];
    }
    frames
}
