use arbitrary::{Arbitrary, Result, Unstructured};
use ws_core::{Fin, Opcode, Role, Rsv};

use crate::input::Settings;

/// Who does a step.
#[derive(Debug, Clone, Copy)]
pub(super) struct By(pub(super) Role);

/// Something that an application, a driver or the link does.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Text(String),
    Binary(Vec<u8>),
    Custom(Opcode, Vec<u8>),
    /// So many bytes that compress well, or do not.
    Long {
        len: usize,
        even: bool,
        compress: Option<bool>,
    },
    /// A message that any side may send `Again`.
    Prepared(Vec<u8>),
    Again,
    Frame {
        fin: Fin,
        rsv: Rsv,
        opcode: Opcode,
        payload: Vec<u8>,
    },
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Control(Opcode, Vec<u8>),
    Close {
        code: Option<u16>,
        reason: String,
    },
    /// The application answers what it has not answered.
    Reply,
    Pause,
    Resume,
    /// So many bytes more fit into the transport.
    Room(usize),
    /// So many bytes reach the other side.
    Carry(usize),
    /// Time passes in milliseconds, each deadline dealt with when it comes.
    Elapse(u64),
    /// Time passes while the driver sleeps.
    Oversleep(u64),
    /// The alarm rings, too early perhaps.
    Alarm,
    /// This side's end of the transport sees it break.
    Lose,
    /// The link goes dead, and nobody is told.
    Cut,
}

impl<'a> Arbitrary<'a> for By {
    fn arbitrary(input: &mut Unstructured<'a>) -> Result<Self> {
        // Of the step's own byte.
        let server = input.peek_bytes(1).is_some_and(|byte| byte[0] & 0x80 != 0);
        Ok(Self(if server { Role::Server } else { Role::Client }))
    }
}

impl<'a> Arbitrary<'a> for Step {
    fn arbitrary(input: &mut Unstructured<'a>) -> Result<Self> {
        Ok(match input.byte() & 0x1F {
            0 => Self::Text(text(input)),
            1 => Self::Binary(input.short_bytes().to_vec()),
            2 => Self::Custom(opcode(input.byte()), input.short_bytes().to_vec()),
            3 => {
                let flags = input.byte();
                Self::Long {
                    len: usize::from(u16::arbitrary(input)?) % (1 << 14),
                    even: flags & 1 != 0,
                    compress: [None, Some(true), Some(false)][usize::from(flags >> 1) % 3],
                }
            }
            4 => Self::Prepared(input.short_bytes().to_vec()),
            5 => Self::Again,
            // Frames make the most of the states.
            6 | 7 | 0x1E | 0x1F => {
                let first = input.byte();
                Self::Frame {
                    fin: if first & 0x80 == 0 {
                        Fin::More
                    } else {
                        Fin::Last
                    },
                    rsv: match first & 0x70 {
                        0x10 => Rsv::RSV3,
                        0x70 => Rsv::RSV1,
                        _ => Rsv::NONE,
                    },
                    opcode: opcode(first),
                    payload: input.short_bytes().to_vec(),
                }
            }
            8 => Self::Ping(input.short_bytes().to_vec()),
            9 => Self::Pong(input.short_bytes().to_vec()),
            10 => Self::Control(opcode(input.byte()), input.short_bytes().to_vec()),
            11 => Self::Close {
                code: Some(u16::from_be_bytes([input.byte(), input.byte()])),
                reason: text(input),
            },
            12 => Self::Close {
                code: None,
                reason: String::new(),
            },
            13 => Self::Reply,
            14 => Self::Pause,
            15 => Self::Resume,
            16 => Self::Room(input.byte().into()),
            17 => Self::Room(u16::arbitrary(input)?.into()),
            18 => Self::Room(usize::MAX),
            19 => Self::Carry(input.byte().into()),
            20 => Self::Carry(u16::arbitrary(input)?.into()),
            21..=24 => Self::Carry(usize::MAX),
            25 => Self::Elapse(u64::from(input.byte()) * 10),
            26 => Self::Elapse(u64::from(input.byte()) * 500),
            27 => Self::Oversleep(u64::from(input.byte()) * 500),
            28 => match input.byte() {
                0 => Self::Lose,
                1 => Self::Cut,
                _ => Self::Alarm,
            },
            _ => Self::Alarm,
        })
    }
}

fn opcode(byte: u8) -> Opcode {
    Opcode::new(byte & 15).expect("four bits")
}

fn text(input: &mut Unstructured<'_>) -> String {
    String::from_utf8_lossy(input.short_bytes()).into_owned()
}
