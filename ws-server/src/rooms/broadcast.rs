//! What is sent to a room by its key, whether it has members on this node or not.

use std::hash::Hash;

use ws_actors::SendError;
use ws_core::{CloseCode, ClosePayload, PreparedMessage, Utf8Bytes};

use crate::{
    cluster::{Line, Receipt},
    group::{Audience, MemberId, Parcel},
};

use super::{BroadcastError, Rooms};

impl<K: Clone + Eq + Hash, D> Rooms<K, D> {
    /// Sends a message to all members of a room.
    ///
    /// # Errors
    ///
    /// As for [`Room::broadcast`](super::Room::broadcast). A room without members is no error.
    pub fn broadcast(
        &self,
        key: &K,
        message: impl Into<PreparedMessage>,
    ) -> Result<(), BroadcastError> {
        match self.get(key) {
            Some(room) => room.broadcast(message),
            None => self.send_away(key, message, &Audience::All),
        }
    }

    /// Sends a message to all members of a room, and tells what becomes of it,
    /// as [`Room::publish`](super::Room::publish) does.
    ///
    /// # Errors
    ///
    /// As for [`Room::broadcast`](super::Room::broadcast).
    pub fn publish(
        &self,
        key: &K,
        message: impl Into<PreparedMessage>,
    ) -> Result<Receipt, BroadcastError> {
        match (self.get(key), self.line(key)) {
            (Some(room), _) => room.publish(message),
            (None, None) => Ok(Receipt::done()),
            (None, Some(line)) => {
                let parcel = Parcel::Message(message.into());
                let draft = line.write(&parcel, &Audience::All)?;
                let sent = draft.map(|draft| line.publish_and_tell(draft));
                Ok(sent.transpose()?.unwrap_or_else(Receipt::done))
            }
        }
    }

    /// Sends a message to all members of a room but these.
    ///
    /// # Errors
    ///
    /// As for [`Room::broadcast`](super::Room::broadcast).
    pub fn broadcast_except(
        &self,
        key: &K,
        message: impl Into<PreparedMessage>,
        members: impl IntoIterator<Item = MemberId>,
    ) -> Result<(), BroadcastError> {
        match self.get(key) {
            Some(room) => room.broadcast_except(message, members),
            None => self.send_away(key, message, &Audience::all_but(members)),
        }
    }

    /// Sends a message to the members of a room of whom this is true, as far
    /// as this node knows them: all, if one of them is here.
    ///
    /// # Errors
    ///
    /// As for [`Room::broadcast`](super::Room::broadcast).
    pub fn broadcast_where(
        &self,
        key: &K,
        message: impl Into<PreparedMessage>,
        choose: impl FnMut(MemberId, &D) -> bool,
    ) -> Result<(), BroadcastError> {
        let room = self.get(key);
        room.map_or(Ok(()), |room| room.broadcast_where(message, choose))
    }

    /// Closes the connections of all members of a room, behind what was
    /// broadcast.
    ///
    /// # Errors
    ///
    /// If the code must not be sent, or the reason is longer than 123 bytes.
    pub fn close(
        &self,
        key: &K,
        code: CloseCode,
        reason: impl Into<Utf8Bytes>,
    ) -> Result<(), SendError> {
        if let Some(room) = self.get(key) {
            return room.close(code, reason);
        }
        let payload = ClosePayload::new(code, reason)?;
        if let Some(line) = self.line(key) {
            line.close_members(&Parcel::close(payload), &Audience::All);
        }
        Ok(())
    }

    /// The way to the members of a room that has none here.
    fn line(&self, key: &K) -> Option<Line> {
        let terms = &self.0.terms;
        Some(terms.reach.as_ref()?.line(&terms.name, key))
    }

    fn send_away(
        &self,
        key: &K,
        message: impl Into<PreparedMessage>,
        audience: &Audience,
    ) -> Result<(), BroadcastError> {
        let Some(line) = self.line(key) else {
            return Ok(());
        };
        let draft = line.write(&Parcel::Message(message.into()), audience)?;
        Ok(draft.map_or(Ok(()), |draft| line.publish(draft))?)
    }
}
