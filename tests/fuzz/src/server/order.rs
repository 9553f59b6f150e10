use std::{cell::RefCell, time::Duration};

use arbitrary::Unstructured;
use tokio::time::Instant;
use ws_core::{CloseCode, ClosePayload, Message, Opcode, PreparedBatch, PreparedMessage};

use super::{
    command::{Kind, Size},
    ledger::{Ledger, source},
};
use crate::input::Settings;

/// What others ask of a connection.
#[derive(Debug, Clone)]
pub(super) enum Order {
    Send(Kind, Size),
    Latest(u8, Size),
    /// Several messages at once; the outbox only.
    Batch(u8, Size),
    Close(u16),
    /// The handle only.
    Stop,
    Expire(u64),
    ExpireNever,
}

impl Order {
    pub(super) fn read(input: &mut Unstructured<'_>) -> Self {
        match input.byte() & 7 {
            0 => Self::Send(Kind::Text, Size::short(input)),
            1 => Self::Send(Kind::read(input), Size::long(input)),
            2 => Self::Latest(input.byte(), Size::long(input)),
            3 => Self::Batch(input.byte() % 16, Size::short(input)),
            4 => Self::Close(u16::from_be_bytes([input.byte(), input.byte()])),
            5 => Self::Stop,
            6 => Self::Expire(u64::from(input.byte()) * 80),
            _ => Self::ExpireNever,
        }
    }

    /// Asks it of the handle for any thread, if the actor gave one.
    pub(super) fn by_handle(self, ledger: &RefCell<Ledger>) {
        let mut ledger = ledger.borrow_mut();
        let Some(handle) = ledger.handle.clone() else {
            return;
        };
        match self {
            Self::Send(kind, size) => {
                let Some(payload) = ledger.payload(source::HANDLE, size) else {
                    return;
                };
                let message = kind.message(&payload);
                let result = match kind {
                    Kind::Prepared => handle.send_prepared(&PreparedMessage::new(message)),
                    Kind::Text | Kind::Binary | Kind::Data | Kind::Unknown => handle.send(message),
                };
                ledger.note(kind.opcode(), payload, &result);
            }
            Self::Latest(key, size) => {
                let (source, key) = source::keyed(source::HANDLE, key);
                if let Some(payload) = ledger.payload(source, size) {
                    let result = handle.send_latest(key, Message::binary(payload.bytes.clone()));
                    ledger.note(Opcode::BINARY, payload, &result);
                }
            }
            Self::Batch(..) => {}
            Self::Close(code) => {
                let closed = handle.close(CloseCode::new(code), "by the handle");
                ledger.asked.end |= closed.is_ok();
            }
            Self::Stop => {
                ledger.asked.end = true;
                handle.stop();
            }
            Self::Expire(time) => {
                ledger.asked.expire = true;
                let time = Instant::now() + Duration::from_millis(time);
                handle.expire_at(time.into_std());
            }
            Self::ExpireNever => handle.expire_at(None),
        }
    }

    /// Asks it of the outbox, which may run code of anybody: the ledger is free
    /// meanwhile.
    pub(super) fn by_outbox(self, ledger: &RefCell<Ledger>) {
        let Some(outbox) = ledger.borrow().outbox.clone() else {
            return;
        };
        match self {
            Self::Send(kind, size) => {
                let payload = ledger.borrow_mut().payload(source::OUTBOX, size);
                if let Some(payload) = payload {
                    let result = outbox.send(PreparedMessage::new(kind.message(&payload)));
                    ledger.borrow_mut().note(kind.opcode(), payload, &result);
                }
            }
            Self::Latest(key, size) => {
                let (source, key) = source::keyed(source::OUTBOX, key);
                let payload = ledger.borrow_mut().payload(source, size);
                if let Some(payload) = payload {
                    let message = Message::binary(payload.bytes.clone());
                    let result = outbox.send_latest(key, PreparedMessage::new(message));
                    ledger.borrow_mut().note(Opcode::BINARY, payload, &result);
                }
            }
            Self::Batch(count, size) => {
                let payloads: Vec<_> = (0..count)
                    .map_while(|_| ledger.borrow_mut().payload(source::OUTBOX, size))
                    .collect();
                let messages = payloads
                    .iter()
                    .map(|payload| PreparedMessage::new(Message::binary(payload.bytes.clone())));
                let batch = PreparedBatch::new(messages.collect());
                let was_closed = outbox.is_closed();
                let taken = outbox.send_batch(&batch);
                // All are of one length, so that the first ones are taken.
                let is_closed = outbox.is_closed();
                let mut ledger = ledger.borrow_mut();
                ledger.note_batch(payloads, taken, was_closed, is_closed);
            }
            Self::Close(code) => {
                if let Ok(payload) = ClosePayload::new(CloseCode::new(code), "by the outbox") {
                    outbox.close(payload);
                    ledger.borrow_mut().asked.end = true;
                }
            }
            Self::Stop | Self::Expire(_) | Self::ExpireNever => {}
        }
    }
}
