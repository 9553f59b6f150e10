use bytes::Bytes;

use crate::{Entropy, Fin, Opcode, Rsv, send_queue::SendQueue};

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
        let mut header = Header {
            fin,
            rsv,
            ..Header::new(opcode, payload.len() as u64)
        };
        let mut buffer = [0; MAX_HEADER];
        match &mut self.entropy {
            Some(entropy) => {
                // §5.3: a fresh key for each frame
                let mut key = MaskingKey::new(entropy.draw());
                header.mask = Some(key);
                let len = header.write(&mut buffer);
                queue.copy(&buffer[..len]);
                key.apply(queue.copy(&payload));
            }
            None => {
                let len = header.write(&mut buffer);
                queue.copy(&buffer[..len]);
                queue.push(payload);
            }
        }
    }
}
