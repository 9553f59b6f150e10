use bytes::{Buf, BytesMut};

use crate::{Config, Fin, MaskingKey, Opcode, ProtocolError, Role, Rsv};

use super::{FIN, Header, LEN_16, LEN_64, MASKED, MAX_HEADER};

/// Bytes to frames. Decoding resumes at any byte, and takes all input there is,
/// so that an idle connection holds no buffer.
#[derive(Debug)]
pub(crate) struct Decoder {
    role: Role,
    max_frame_bytes: usize,
    /// The reserved bits that have an owner.
    owned_rsv: Rsv,
    /// The opcodes that have a meaning, one bit each.
    known_opcodes: u16,
    /// The start of a header whose end is not here yet.
    partial: [u8; MAX_HEADER],
    partial_len: u8,
    /// The frame whose payload data is under way, and what is missing of it.
    current: Option<(Header, u64)>,
}

/// What has come of a frame: all of it, if it lay in the input as a whole.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) header: Header,
    /// Payload data, unmasked, in the storage of the input.
    pub(crate) payload: BytesMut,
    /// Whether the frame begins here.
    pub(crate) first: bool,
    /// How many bytes of the frame are not here yet.
    pub(crate) missing: u64,
}

impl Decoder {
    pub(crate) fn new(role: Role, config: &Config) -> Self {
        Self {
            role,
            max_frame_bytes: config.max_frame_bytes,
            owned_rsv: config.claimed_rsv,
            known_opcodes: config.opcodes.bits(),
            partial: [0; MAX_HEADER],
            partial_len: 0,
            current: None,
        }
    }

    /// Extensions own these bits.
    pub(crate) const fn own(&mut self, bits: Rsv) {
        self.owned_rsv = self.owned_rsv.union(bits);
    }

    /// The opcode of the next frame, if it is a text or binary message in one
    /// frame that no reserved bit changes.
    #[inline]
    pub(crate) fn whole_message_ahead(&self, input: &[u8]) -> Option<Opcode> {
        let resumed = self.partial_len != 0 || self.current.is_some();
        match input.first() {
            Some(&TEXT_MESSAGE) if !resumed => Some(Opcode::TEXT),
            Some(&BINARY_MESSAGE) if !resumed => Some(Opcode::BINARY),
            Some(_) | None => None,
        }
    }

    /// The payload data of such a message, if it is of at most so many bytes and
    /// lies in `input` as a whole. Nothing is taken otherwise, and nothing is
    /// wrong with what is taken.
    #[inline(always)]
    pub(crate) fn whole_message(&self, input: &mut BytesMut, limit: usize) -> Option<BytesMut> {
        let &[_, second, ref rest @ ..] = &input[..] else {
            return None;
        };
        let masked = self.role == Role::Server;
        if (second & MASKED != 0) != masked {
            return None;
        }
        let (len, rest) = match second & !MASKED {
            LEN_16 => {
                let (bytes, rest) = rest.split_first_chunk()?;
                let len = usize::from(u16::from_be_bytes(*bytes));
                if len < usize::from(LEN_16) {
                    return None;
                }
                (len, rest)
            }
            LEN_64 => return None,
            len => (usize::from(len), rest),
        };
        let (key, rest) = match masked {
            true => rest.split_first_chunk()?,
            false => (&[0; 4], rest),
        };
        if len > rest.len() || len > limit.min(self.max_frame_bytes) {
            return None;
        }
        let key = MaskingKey::new(*key);
        let header_len = input.len() - rest.len();
        let mut payload = input.split_to(header_len + len);
        payload.advance(header_len);
        if masked {
            key.apply_once(&mut payload);
        }
        Some(payload)
    }

    /// The next part of a frame; `None` when `input` is used up.
    ///
    /// A header is handed on as soon as it is whole, even if no payload data
    /// came with it, so that it can be judged before more is waited for.
    pub(crate) fn decode(&mut self, input: &mut BytesMut) -> Result<Option<Part>, ProtocolError> {
        if input.is_empty() {
            return Ok(None);
        }
        let (mut header, missing, first) = match self.current.take() {
            Some((header, missing)) => (header, missing, false),
            None => match self.header(input)? {
                Some(header) => (header, header.payload_len, true),
                None => return Ok(None),
            },
        };
        let here = usize::try_from(missing).map_or(input.len(), |len| len.min(input.len()));
        let mut payload = input.split_to(here);
        if let Some(key) = &mut header.mask {
            key.apply(&mut payload);
        }
        let missing = missing - here as u64;
        if missing > 0 {
            self.current = Some((header, missing));
        }
        Ok(Some(Part {
            header,
            payload,
            first,
            missing,
        }))
    }

    /// How many bytes the frame under way lacks.
    pub(crate) fn missing(&self) -> Option<u64> {
        self.current.as_ref().map(|&(_, missing)| missing)
    }

    /// These bytes of the frame under way were read elsewhere: unmasks them,
    /// and tells whether its message ends with them.
    pub(crate) fn read_elsewhere(&mut self, part: &mut [u8]) -> bool {
        let Some((header, missing)) = &mut self.current else {
            return false;
        };
        if let Some(key) = &mut header.mask {
            key.apply(part);
        }
        *missing -= part.len() as u64;
        let fin = header.fin;
        if *missing > 0 {
            return false;
        }
        self.current = None;
        fin == Fin::Last
    }

    fn header(&mut self, input: &mut BytesMut) -> Result<Option<Header>, ProtocolError> {
        if self.partial_len == 0
            && let Some((header, len)) = Header::parse(input)?
        {
            input.advance(len);
            self.check(&header)?;
            return Ok(Some(header));
        }
        // The header is cut: collect it here, where it costs no buffer.
        let held = usize::from(self.partial_len);
        let taken = input.len().min(MAX_HEADER - held);
        self.partial[held..held + taken].copy_from_slice(&input[..taken]);
        match Header::parse(&self.partial[..held + taken])? {
            Some((header, len)) => {
                input.advance(len - held);
                self.partial_len = 0;
                self.check(&header)?;
                Ok(Some(header))
            }
            None => {
                input.advance(taken);
                self.partial_len += taken as u8;
                Ok(None)
            }
        }
    }

    #[inline]
    fn check(&self, header: &Header) -> Result<(), ProtocolError> {
        // §5.2: a reserved bit or opcode that nothing negotiated gives a meaning
        let nobodys = header.rsv.without(self.owned_rsv);
        if !nobodys.is_empty() {
            return Err(ProtocolError::ReservedBits(nobodys));
        }
        if self.known_opcodes & 1 << header.opcode.get() == 0 {
            return Err(ProtocolError::UnknownOpcode(header.opcode));
        }
        // §5.1: clients mask, servers do not
        match (self.role, header.mask) {
            (Role::Server, None) => return Err(ProtocolError::UnmaskedFrame),
            (Role::Client, Some(_)) => return Err(ProtocolError::MaskedFrame),
            (Role::Server, Some(_)) | (Role::Client, None) => {}
        }
        if header.payload_len > self.max_frame_bytes as u64 {
            return Err(ProtocolError::FrameTooBig {
                len: header.payload_len,
                limit: self.max_frame_bytes,
            });
        }
        Ok(())
    }
}

/// First bytes of whole messages that no reserved bit changes.
const TEXT_MESSAGE: u8 = FIN | Opcode::TEXT.get();
const BINARY_MESSAGE: u8 = FIN | Opcode::BINARY.get();
