use bytes::Bytes;

use crate::{
    Entropy, Fin, Opcode, Rsv,
    send_queue::{COPIED, SendQueue},
};

use super::{Header, MAX_HEADER, MaskingKey};

/// Frames to bytes: masked if there is entropy to mask with, which only a
/// client has.
#[derive(Debug)]
pub(crate) struct Encoder {
    entropy: Option<Box<Entropy>>,
}

impl Encoder {
    pub(crate) const fn masked(entropy: Box<Entropy>) -> Self {
        Self {
            entropy: Some(entropy),
        }
    }

    pub(crate) const fn unmasked() -> Self {
        Self { entropy: None }
    }

    pub(crate) const fn masks(&self) -> bool {
        self.entropy.is_some()
    }

    pub(crate) fn encode(
        &mut self,
        fin: Fin,
        rsv: Rsv,
        opcode: Opcode,
        payload: Bytes,
        queue: &mut SendQueue,
    ) {
        if payload.len() <= COPIED {
            self.copy(fin, rsv, opcode, &payload, queue);
            return;
        }
        let header = self.header(fin, rsv, opcode, payload.len());
        let mut buffer = [0; MAX_HEADER];
        let written = header.write(&mut buffer);
        queue.copy(&buffer[..written], &[]);
        queue.push(match header.mask {
            Some(key) => masked(key, payload),
            None => payload,
        });
    }

    /// A frame with a payload that is short enough to be copied.
    #[inline]
    pub(crate) fn copy(
        &mut self,
        fin: Fin,
        rsv: Rsv,
        opcode: Opcode,
        payload: &[u8],
        queue: &mut SendQueue,
    ) {
        let header = self.header(fin, rsv, opcode, payload.len());
        let mut buffer = [0; MAX_HEADER];
        let written = header.write(&mut buffer);
        let copy = queue.copy(&buffer[..written], payload);
        if let Some(key) = header.mask {
            key.apply_once(copy);
        }
    }

    #[inline]
    fn header(&mut self, fin: Fin, rsv: Rsv, opcode: Opcode, payload_len: usize) -> Header {
        Header {
            fin,
            rsv,
            // §5.3: a fresh key for each frame
            mask: self.entropy.as_mut().map(|it| MaskingKey::new(it.draw())),
            ..Header::new(opcode, payload_len as u64)
        }
    }
}

/// The payload data of a long frame, masked in place if nobody else has it.
fn masked(key: MaskingKey, payload: Bytes) -> Bytes {
    match payload.try_into_mut() {
        Ok(mut payload) => {
            key.apply_once(&mut payload);
            payload.freeze()
        }
        Err(shared) => key.masked(&shared).freeze(),
    }
}
