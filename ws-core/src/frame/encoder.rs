use bytes::{Bytes, BytesMut};

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
        let mut header = Header {
            fin,
            rsv,
            ..Header::new(opcode, payload.len() as u64)
        };
        let mut buffer = [0; MAX_HEADER];
        match &mut self.entropy {
            Some(entropy) => {
                // §5.3: a fresh key for each frame
                let key = MaskingKey::new(entropy.draw());
                header.mask = Some(key);
                let len = header.write(&mut buffer);
                queue.copy(&buffer[..len]);
                if payload.len() <= COPIED {
                    key.apply_once(queue.copy(&payload));
                } else {
                    queue.push(masked(key, payload));
                }
            }
            None => {
                let len = header.write(&mut buffer);
                queue.copy(&buffer[..len]);
                queue.push(payload);
            }
        }
    }
}

/// The payload data of a long frame, masked in place if nobody else has it.
fn masked(mut key: MaskingKey, payload: Bytes) -> Bytes {
    let payload = match payload.try_into_mut() {
        Ok(mut payload) => {
            key.apply(&mut payload);
            return payload.freeze();
        }
        Err(shared) => shared,
    };
    let mut copy = BytesMut::with_capacity(payload.len());
    // Each block is masked while it is in the cache.
    for block in payload.chunks(BLOCK) {
        let start = copy.len();
        copy.extend_from_slice(block);
        key.apply(&mut copy[start..]);
    }
    copy.freeze()
}

/// In bytes.
const BLOCK: usize = 8 * 1024;
