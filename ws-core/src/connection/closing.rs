use crate::{ClosePayload, ProtocolError, Rsv};

use super::{Cause, Connection, State, Timeout, Transport, state::Step};

/// The end of a connection: the closing handshake (§7.1.2), failing (§7.1.7),
/// and what becomes of the transport.
impl Connection {
    pub(super) fn send_close(&mut self, rsv: Rsv, payload: ClosePayload) {
        if let Some(state) = self.state.after(Step::SendClose) {
            self.state = state;
            self.outbound.close(rsv, &payload, &mut self.chain);
            self.sent = Some(Box::new(payload));
        }
    }

    /// Begins the closing handshake because of a deadline.
    pub(super) fn close_for(&mut self, timeout: Timeout, payload: ClosePayload) {
        self.cause = Some(Cause::Timeout(timeout));
        self.deadlines.close(self.now, &self.config);
        self.send_close(Rsv::NONE, payload);
    }

    pub(super) fn receive_close(&mut self, payload: &ClosePayload) {
        let Some(state) = self.state.after(Step::ReceiveClose) else {
            return;
        };
        self.state = state;
        self.received = Some(Box::new(payload.clone()));
        self.inbound.discard();
        self.deadlines.close(self.now, &self.config);
        if state == State::RemoteClosing {
            self.cause = Some(Cause::Remote);
            if !self.config.auto_close {
                return;
            }
            self.send_close(Rsv::NONE, payload.reply());
        }
        self.finish_closing();
    }

    /// Both Close frames are through.
    pub(super) fn finish_closing(&mut self) {
        // §7.1.1: the server ends the transport, at once.
        self.end_transport(if self.role.closes_transport_first() {
            Transport::Dropping
        } else {
            Transport::Awaited
        });
    }

    pub(super) fn fail_protocol(&mut self, error: ProtocolError) {
        let code = error.close_code();
        self.fail(
            Cause::Protocol(error),
            ClosePayload::of(code, code.meaning().unwrap_or_default()),
        );
    }

    /// Fails the connection (§7.1.7): a last Close frame, then the end.
    pub(super) fn fail(&mut self, cause: Cause, payload: ClosePayload) {
        let unsent = self.sent.is_none();
        if self.end(cause) && unsent {
            self.outbound.close(Rsv::NONE, &payload, &mut self.chain);
            self.sent = Some(Box::new(payload));
        }
        self.end_transport(Transport::ShuttingDown);
    }

    /// Ends the connection without a further byte.
    pub(super) fn lose(&mut self, cause: Cause) {
        self.end(cause);
        self.outbound.shut();
        self.deadlines.end();
        self.end_transport(Transport::Dropping);
    }

    fn end(&mut self, cause: Cause) -> bool {
        let Some(state) = self.state.after(Step::End) else {
            return false;
        };
        self.state = state;
        self.cause = match self.cause.take() {
            None | Some(Cause::Local | Cause::Remote) => Some(cause),
            // What has begun for a reason ends for it, however it ends.
            reason => reason,
        };
        self.inbound.discard();
        self.deadlines.close(self.now, &self.config);
        true
    }

    fn end_transport(&mut self, next: Transport) {
        self.transport = match self.transport {
            // What the peer has ended already need not be waited for.
            Transport::Ended => Transport::Dropping,
            Transport::Gone => Transport::Gone,
            Transport::Open
            | Transport::ShuttingDown
            | Transport::Awaited
            | Transport::Dropping => next,
        };
    }
}
