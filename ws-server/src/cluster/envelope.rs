//! What crosses from node to node.
//!
//! One byte of version, who sends it and the how manieth of its publications
//! this is, as two numbers of 8 bytes; behind them a [`Body`]. A node that
//! does not know a version passes over it, so that nodes of two versions can
//! serve side by side while one replaces the other.

use bytes::{BufMut, Bytes, BytesMut};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ws_core::{CloseCode, ClosePayload, Message, Opcode, PreparedMessage, Utf8Bytes};

use crate::{
    backplane::PublicationId,
    group::{Audience, MemberId, Parcel},
};

/// A body, read from a payload.
pub(super) struct Envelope<'a> {
    pub(super) id: PublicationId,
    pub(super) body: Body<'a>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Body<'a> {
    /// A message to members.
    Message {
        whom: Whom,
        /// Only the newest with this key counts.
        latest: Option<u64>,
        opcode: u8,
        #[serde(borrow)]
        payload: Raw<'a>,
    },
    /// The connections of members are to be closed.
    Close {
        whom: Whom,
        code: u16,
        reason: &'a str,
    },
    /// Who came to a room and who left it, on one node.
    Presence {
        /// The number of the last of these that the node published of the
        /// room.
        previous: u64,
        /// It begins to list all that are there.
        fresh: bool,
        /// More of the list follows.
        more: bool,
        /// The others are to list theirs.
        ask: bool,
        process: u64,
        #[serde(borrow)]
        joined: Vec<(u64, Raw<'a>)>,
        left: Vec<u64>,
    },
    /// All nodes in a room are to list their members.
    Ask,
    /// A node is there.
    Alive {
        /// It has said nothing before.
        first: bool,
    },
    /// A node that is there, to one that says so for the first time.
    Here,
    /// A node goes, and its members with it.
    Leaving,
    /// A node was taken for dead: it has to list its members anew.
    Forgotten { node: u64 },
    /// All nodes are to tell which of these rooms have members there.
    Census { rooms: &'a str },
    /// Some that have, and how many.
    Counted {
        /// The number of the question.
        census: u64,
        #[serde(borrow)]
        rooms: Vec<(&'a str, u64)>,
        more: bool,
    },
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Whom {
    All,
    AllBut(Vec<(u64, u64)>),
    Only(Vec<(u64, u64)>),
}

/// Bytes as they are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Raw<'a>(pub(super) &'a [u8]);

/// Writes a body, with the place for who sends it left open.
pub(super) fn encode(body: &Body<'_>) -> BytesMut {
    encode_in(BytesMut::new(), body)
}

fn encode_in(mut bytes: BytesMut, body: &Body<'_>) -> BytesMut {
    bytes.put_u8(VERSION);
    bytes.put_bytes(0, HEADER - 1);
    let written = postcard::to_io(body, (&mut bytes).writer());
    written.expect("memory takes what is written, and all lengths are known");
    bytes
}

/// Says who sends it.
pub(super) fn seal(mut bytes: BytesMut, id: PublicationId) -> Bytes {
    bytes[1..9].copy_from_slice(&id.origin.to_be_bytes());
    bytes[9..HEADER].copy_from_slice(&id.number.to_be_bytes());
    bytes.freeze()
}

/// Who sends it; `None` if it is of another version, or of somebody else.
pub(super) fn sender(payload: &[u8]) -> Option<PublicationId> {
    let (header, _) = payload.split_first_chunk::<HEADER>()?;
    let [version, origin @ .., _, _, _, _, _, _, _, _] = header;
    let [_, _, _, _, _, _, _, _, _, number @ ..] = header;
    (*version == VERSION).then(|| PublicationId {
        origin: u64::from_be_bytes(*origin),
        number: u64::from_be_bytes(*number),
    })
}

impl<'a> Envelope<'a> {
    /// Reads a payload; `None` if it is of another version, or of somebody
    /// else.
    pub(super) fn open(payload: &'a [u8]) -> Option<Self> {
        let id = sender(payload)?;
        let body = postcard::from_bytes(&payload[HEADER..]).ok()?;
        Some(Self { id, body })
    }
}

/// Writes what is handed to members; `None` if it is for none on other nodes.
pub(super) fn encode_parcel(parcel: &Parcel, audience: &Audience) -> Option<BytesMut> {
    let whom = Whom::of(audience)?;
    Some(match parcel {
        Parcel::Message(message) => encode_message(whom, None, message),
        Parcel::Latest(key, message) => encode_message(whom, Some(*key), message),
        Parcel::Close(close) => encode(&Body::Close {
            whom,
            code: close.0.code().map_or(NO_CODE, CloseCode::get),
            reason: close.0.reason().as_str(),
        }),
    })
}

fn encode_message(whom: Whom, latest: Option<u64>, message: &PreparedMessage) -> BytesMut {
    let message = message.message();
    // Names are rarely many; for them it may grow.
    let bytes = BytesMut::with_capacity(HEADER + message.payload().len() + 64);
    let body = Body::Message {
        whom,
        latest,
        opcode: message.opcode().get(),
        payload: Raw(message.payload()),
    };
    encode_in(bytes, &body)
}

/// The message that a body carries, over the bytes of its payload.
pub(super) fn message(opcode: u8, part: Raw<'_>, payload: &Bytes) -> Option<Message> {
    let bytes = payload.slice_ref(part.0);
    match Opcode::new(opcode)? {
        Opcode::TEXT => Utf8Bytes::try_from(bytes).ok().map(Message::Text),
        Opcode::BINARY => Some(Message::Binary(bytes)),
        custom => {
            (custom.is_reserved() && !custom.is_control()).then_some(Message::Custom(custom, bytes))
        }
    }
}

/// What closes connections, as a body says it.
pub(super) fn close(code: u16, reason: &str) -> Option<Parcel> {
    let payload = if code == NO_CODE {
        ClosePayload::default()
    } else {
        ClosePayload::new(CloseCode::new(code), reason.to_owned()).ok()?
    };
    Some(Parcel::close(payload))
}

impl Whom {
    /// `None` if nobody on another node is meant.
    fn of(audience: &Audience) -> Option<Self> {
        let names = |list: &[MemberId]| list.iter().map(|id| (id.process(), id.get())).collect();
        match audience {
            Audience::All => Some(Self::All),
            Audience::Others(one) => Some(Self::AllBut(names(&[*one]))),
            Audience::AllBut(list) => Some(Self::AllBut(names(list))),
            Audience::Only(list) if list.is_empty() => None,
            Audience::Only(list) => Some(Self::Only(names(list))),
            // Of no room: a drain is one process' own affair.
            Audience::Part(..) => None,
        }
    }

    pub(super) fn into_audience(self) -> Audience {
        let ids = |names: Vec<(u64, u64)>| {
            let ids = names.into_iter();
            ids.map(|(process, number)| MemberId::new(process, number))
        };
        match self {
            Self::All => Audience::All,
            Self::AllBut(names) => Audience::all_but(ids(names)),
            Self::Only(names) => Audience::only(ids(names)),
        }
    }
}

impl Serialize for Raw<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Raw<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&[u8]>::deserialize(deserializer).map(Self)
    }
}

const VERSION: u8 = 1;
const HEADER: usize = 1 + 8 + 8;
/// No code is 0: a Close frame without one.
const NO_CODE: u16 = 0;

#[cfg(test)]
mod tests {
    use super::*;

    const ID: PublicationId = PublicationId {
        origin: 0x0102_0304_0506_0708,
        number: 0xfffe_fdfc_fbfa_f9f8,
    };

    fn sealed(parcel: &Parcel, audience: &Audience) -> Bytes {
        seal(
            encode_parcel(parcel, audience).expect("others are meant"),
            ID,
        )
    }

    #[test]
    fn message_arrives_as_it_was_sent() {
        let ids = [MemberId::next(), MemberId::next(), MemberId::next()];
        let messages = [
            Message::text("Grüße"),
            Message::text(""),
            Message::binary(vec![0, 255, 7]),
            Message::Custom(Opcode::new(3).unwrap(), Bytes::from_static(b"own")),
        ];
        for message in messages {
            let parcel = Parcel::Message(message.clone().into());
            let payload = sealed(&parcel, &Audience::only(ids[..2].iter().copied()));
            let envelope = Envelope::open(&payload).unwrap();
            assert_eq!(envelope.id, ID);
            let Body::Message {
                whom,
                latest,
                opcode,
                payload: part,
            } = envelope.body
            else {
                panic!("{:?}", envelope.body);
            };
            assert_eq!(latest, None);
            assert_eq!(super::message(opcode, part, &payload), Some(message));
            let audience = whom.into_audience();
            assert_eq!(ids.map(|id| audience.has(id)), [true, true, false]);
        }
    }

    #[test]
    fn nobody_elsewhere_means_nothing_to_send() {
        let parcel = Parcel::Message("hi".into());
        assert!(encode_parcel(&parcel, &Audience::only([])).is_none());
    }

    #[test]
    fn payload_of_somebody_else_is_passed_over() {
        let whole = sealed(&Parcel::Message("hi".into()), &Audience::All);
        for len in 0..whole.len() {
            assert!(Envelope::open(&whole[..len]).is_none(), "{len}");
        }
        let mut other = whole.to_vec();
        other[0] = 2;
        assert!(Envelope::open(&other).is_none());
        // Whatever is in it, nothing panics.
        for index in 0..whole.len() {
            for value in 0..=255 {
                let mut bent = whole.to_vec();
                bent[index] = value;
                let bent = Bytes::from(bent);
                if let Some(Envelope {
                    body:
                        Body::Message {
                            opcode, payload, ..
                        },
                    ..
                }) = Envelope::open(&bent)
                {
                    message(opcode, payload, &bent);
                }
            }
        }
    }

    #[test]
    fn text_that_is_no_utf_8_is_no_message() {
        let body = Body::Message {
            whom: Whom::All,
            latest: None,
            opcode: 1,
            payload: Raw(b"\xff"),
        };
        let payload = seal(encode(&body), ID);
        let Some(Envelope {
            body:
                Body::Message {
                    opcode,
                    payload: part,
                    ..
                },
            ..
        }) = Envelope::open(&payload)
        else {
            panic!("it is a body");
        };
        assert_eq!(message(opcode, part, &payload), None);
    }
}
