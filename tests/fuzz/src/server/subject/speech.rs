use ws_actors::SendError;
use ws_core::{Opcode, PreparedMessage};

use super::{
    super::{
        command::{Kind, Size},
        ledger::{Payload, source},
    },
    Context, Subject,
};
use crate::speech::{HEARTBEAT, Said};

impl Subject {
    pub(super) fn say(&self, kind: Kind, size: Size, ctx: &mut Context) {
        self.give(source::ACTOR, size, kind.opcode(), |payload| match kind {
            Kind::Text => ctx.text(payload.text()),
            Kind::Binary => ctx.binary(payload.bytes.clone()),
            Kind::Data | Kind::Unknown => ctx.send(kind.message(payload)),
            Kind::Prepared => ctx.send_prepared(&PreparedMessage::new(kind.message(payload))),
        });
    }

    /// Gives the connection the next payload of this source, and notes what
    /// became of it.
    pub(super) fn give(
        &self,
        source: u8,
        size: Size,
        opcode: Opcode,
        give: impl FnOnce(&Payload) -> Result<(), SendError>,
    ) {
        let payload = self.ledger.borrow_mut().payload(source, size);
        if let Some(payload) = payload {
            // What a policy gives up may be anybody's code.
            let result = give(&payload);
            self.ledger.borrow_mut().note(opcode, payload, &result);
        }
    }

    pub(super) fn note_control(
        &self,
        opcode: Opcode,
        payload: Vec<u8>,
        result: &Result<(), SendError>,
    ) {
        // The peer cannot tell such a Ping from the heartbeat's.
        let counts = opcode != Opcode::PING || payload.len() != HEARTBEAT;
        if result.is_ok() && counts {
            let said = Said { opcode, payload };
            self.ledger.borrow_mut().controls.push(said);
        }
    }
}
