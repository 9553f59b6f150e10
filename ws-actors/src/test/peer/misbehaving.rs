use actix::Actor;

use super::Peer;

/// # Misbehaving
impl<A: Actor> Peer<A> {
    /// Leaves Pings without an answer, as a peer that has died.
    pub fn ignore_pings(&mut self) {
        self.state.borrow_mut().answers_pings = false;
    }

    /// Answers the Pings that come from now on, as it does from the start.
    pub fn answer_pings(&mut self) {
        self.state.borrow_mut().answers_pings = true;
    }

    /// Reads nothing more. The transport takes no further byte: there is no
    /// buffer between the actor's side and this one.
    pub fn stop_reading(&mut self) {
        self.read_only(0);
    }

    /// Reads so many further bytes, and then nothing more.
    pub fn read_only(&mut self, bytes: usize) {
        self.state.borrow_mut().set_room(bytes);
    }

    /// Reads all there is again.
    pub fn resume_reading(&mut self) {
        self.read_only(usize::MAX);
    }

    /// From now on, what is sent arrives one byte at a time.
    pub fn trickle(&mut self) {
        self.state.borrow_mut().trickling = true;
    }

    /// From now on, what is sent arrives at once again.
    pub fn stop_trickling(&mut self) {
        self.state.borrow_mut().trickling = false;
    }

    /// Ends its sending side of the transport, and reads on.
    pub fn half_close(&mut self) {
        self.state.borrow_mut().end();
    }

    /// The transport breaks; what the actor has not read is lost.
    pub fn reset(&mut self) {
        self.state.borrow_mut().reset();
    }
}
