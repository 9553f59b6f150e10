use ws_actors::{Binary, Closed, Closing, Handlers, Part, Ping, Pong, Text, Writable};
use ws_core::Opcode;

use super::super::subject::{Bell, Data, Subject};

/// What the actor handles.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Kinds {
    pub(in super::super) parts: bool,
    pub(in super::super) ping: bool,
    pub(in super::super) pong: bool,
    pub(in super::super) closing: bool,
    pub(in super::super) writable: bool,
    pub(in super::super) custom: bool,
    pub(in super::super) rsv: bool,
}

impl Kinds {
    pub(super) const fn read(choice: u8) -> Self {
        Self {
            parts: choice & 0x01 != 0,
            ping: choice & 0x02 != 0,
            pong: choice & 0x04 != 0,
            closing: choice & 0x08 != 0,
            writable: choice & 0x10 != 0,
            custom: choice & 0x20 != 0,
            rsv: choice & 0x40 != 0,
        }
    }

    pub(in super::super) fn register<R: Register>(self, to: R) -> R {
        let mut to = to.on::<Closed>();
        to = if self.parts {
            to.on::<Part>()
        } else {
            to.on::<Text>().on::<Binary>()
        };
        if self.ping {
            to = to.on::<Ping>();
        }
        if self.pong {
            to = to.on::<Pong>();
        }
        if self.closing {
            to = to.on::<Closing>();
        }
        if self.writable {
            to = to.on::<Writable>();
        }
        if self.custom {
            to = to.on::<Bell>();
            if !self.parts {
                to = to.on::<Data>();
            }
        }
        to
    }
}

/// What messages are registered with: handlers, or an endpoint that is built.
pub(in super::super) trait Register: Sized {
    fn on<M>(self) -> Self
    where
        M: ws_actors::Notice,
        Subject: actix::Handler<M>;
}

impl Register for Handlers<Subject> {
    fn on<M>(self) -> Self
    where
        M: ws_actors::Notice,
        Subject: actix::Handler<M>,
    {
        Self::on::<M>(self)
    }
}

impl Register for ws_server::EndpointBuilder<Subject> {
    fn on<M>(self) -> Self
    where
        M: ws_actors::Notice,
        Subject: actix::Handler<M>,
    {
        Self::on::<M>(self)
    }
}

pub(in super::super) const DATA: Opcode = Opcode::new(0x3).expect("four bits");
pub(in super::super) const CONTROL: Opcode = Opcode::new(0xB).expect("four bits");
/// Nobody registers it.
pub(in super::super) const UNKNOWN: Opcode = Opcode::new(0x4).expect("four bits");
