use std::{cell::RefCell, future::pending, rc::Rc};

use ws_actors::Outbox;
use ws_core::{Opcode, PreparedMessage};

use super::super::{
    command::{Kind, Size},
    ledger::{Ledger, source},
};

/// Speaks when it is dropped.
pub(super) struct Ghost {
    outbox: Outbox,
    ledger: Rc<RefCell<Ledger>>,
}

impl Ghost {
    pub(super) const fn new(outbox: Outbox, ledger: Rc<RefCell<Ledger>>) -> Self {
        Self { outbox, ledger }
    }

    /// Is there for good.
    pub(super) async fn haunt(self) {
        pending::<()>().await;
        drop(self);
    }
}

impl Drop for Ghost {
    fn drop(&mut self) {
        // A ledger that is in use has no time for it.
        let Ok(mut ledger) = self.ledger.try_borrow_mut() else {
            return;
        };
        if let Some(payload) = ledger.payload(source::OUTBOX, Size { len: 5, even: true }) {
            let message = PreparedMessage::new(Kind::Text.message(&payload));
            let result = self.outbox.send(message);
            ledger.note(Opcode::TEXT, payload, &result);
        }
    }
}
