use bytes::Bytes;

use crate::{Header, ProtocolError, Rsv};

use super::{Agreement, Extension, ExtensionError, FrameHead, Handling, PartEnd};

/// The extensions of a connection, one behind the other.
#[derive(Debug, Default)]
pub(crate) struct Chain {
    /// In the order agreed on, which is the one they are sent through.
    links: Vec<Link>,
}

#[derive(Debug)]
struct Link {
    extension: Box<dyn Extension>,
    /// What it does with the inbound frame under way.
    inbound: Handling,
}

impl Chain {
    pub(crate) fn new(agreement: Agreement) -> Self {
        let extensions = agreement.into_extensions().into_iter();
        let links = extensions.map(|extension| Link {
            extension,
            inbound: Handling::Pass,
        });
        Self {
            links: links.collect(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.links.is_empty()
    }

    /// The reserved bits that have an owner here.
    pub(crate) fn rsv(&self) -> Rsv {
        let bits = self.links.iter().map(|link| link.extension.rsv());
        bits.fold(Rsv::NONE, Rsv::union)
    }

    /// Shows the header of an inbound frame; tells whether its payload data has
    /// to go through [`decode`](Self::decode).
    pub(crate) fn inbound_frame(&mut self, header: &Header) -> Result<Handling, ProtocolError> {
        let head = FrameHead {
            fin: header.fin,
            rsv: header.rsv,
            opcode: header.opcode,
            payload_len: header.payload_len,
            compress: None,
        };
        let mut handling = Handling::Pass;
        for link in self.links.iter_mut().rev() {
            link.inbound = link
                .extension
                .inbound_frame(&head)
                .map_err(|error| error.into_protocol(0))?;
            if link.inbound == Handling::Transform {
                handling = Handling::Transform;
            }
        }
        Ok(handling)
    }

    /// Appends what a part of the inbound frame stands for, at most `limit` bytes.
    pub(crate) fn decode(
        &mut self,
        part: &[u8],
        end: PartEnd,
        limit: usize,
        output: &mut Vec<u8>,
    ) -> Result<(), ExtensionError> {
        let links = self.links.iter_mut().rev();
        let mut links = links
            .filter(|link| link.inbound == Handling::Transform)
            .peekable();
        let mut between: Option<Vec<u8>> = None;
        while let Some(link) = links.next() {
            let part = between.as_deref().unwrap_or(part);
            if links.peek().is_none() {
                return link.extension.decode(part, end, limit, output);
            }
            let mut decoded = Vec::new();
            link.extension
                .decode(part, end, encoded(limit), &mut decoded)?;
            between = Some(decoded);
        }
        Ok(())
    }

    /// What stands for a whole outbound frame: the bits to set, and its payload.
    pub(crate) fn encode(
        &mut self,
        head: &FrameHead,
        payload: Bytes,
        end: PartEnd,
    ) -> (Rsv, Bytes) {
        let mut head = *head;
        let mut payload = payload;
        for link in &mut self.links {
            let (rsv, handling) = link.extension.outbound_frame(&head);
            head.rsv = head.rsv.union(rsv);
            if handling == Handling::Transform {
                let mut encoded = Vec::new();
                link.extension.encode(&payload, end, &mut encoded);
                payload = encoded.into();
                head.payload_len = payload.len() as u64;
            }
        }
        (head.rsv, payload)
    }

    /// The connection is idle.
    pub(crate) fn idle(&mut self) {
        for link in &mut self.links {
            link.extension.idle();
        }
    }

    /// The extension whose encoding of a message many connections can share,
    /// and what decides it: there may be one if it is the only extension.
    pub(crate) fn shared(&mut self) -> Option<(&mut dyn Extension, u64)> {
        let [link] = &mut self.links[..] else {
            return None;
        };
        let key = link.extension.shared_key()?;
        Some((&mut *link.extension, key))
    }
}

/// How long what stands for at most `limit` bytes may be: encodings make some
/// data longer.
pub(crate) const fn encoded(limit: usize) -> usize {
    limit.saturating_add(limit / 8).saturating_add(1024)
}

impl ExtensionError {
    /// The fault, in a message that is limited to so many bytes.
    pub(crate) fn into_protocol(self, limit: usize) -> ProtocolError {
        match self {
            Self::TooBig => ProtocolError::MessageTooBig {
                len: (limit as u64).saturating_add(1),
                limit,
            },
            Self::Fault { code, reason } => ProtocolError::Extension { code, reason },
        }
    }
}
