//! What connections and rooms count, through the [`metrics`] facade.
//!
//! Install any recorder, such as the one for Prometheus, before the server
//! starts. Those of connections are listed [there](ws_actors::metrics); rooms
//! add these, with the label `rooms`, which
//! [`RoomsBuilder::name`](crate::RoomsBuilder::name) gives.
//!
//! | metric | kind | what |
//! | --- | --- | --- |
//! | [`ROOMS`] | gauge | rooms that have members |
//! | [`ROOM_MEMBERS`] | gauge | members of all of them |
//! | [`JOINS_REFUSED`] | counter | times that somebody could not join, by `limit`: `max_members`, `max_rooms_per_connection`, `actor_behind` |
//! | [`HISTORY`] | gauge, bytes | what rooms keep of their messages |
//! | [`BROADCASTS`] | counter | broadcasts accepted |
//! | [`BROADCASTS_REFUSED`] | counter | broadcasts refused, as a thread was blocked |
//! | [`DELIVERIES`] | counter | messages that members took |
//! | [`DELIVERIES_REFUSED`] | counter | messages that members had no room for, or came too late for |
//! | [`ROOM_RESTARTS`] | counter | actors of rooms that panicked and began anew |
//! | [`ROOM_MESSAGES_REFUSED`] | counter | messages that actors of rooms were not told, as they were too far behind |
//! | [`ROOM_MESSAGES_UNHEARD`] | counter | messages that actors of rooms were told and that waited when the last of them ended |
//!
//! A [`Cluster`](crate::Cluster) adds these, with the label `backplane`, the
//! engine's name:
//!
//! | metric | kind | what |
//! | --- | --- | --- |
//! | [`BACKPLANE_CONNECTED`] | gauge | 1 while the engine is connected |
//! | [`BACKPLANE_NODES`] | gauge | nodes that give signs of life, this one too |
//! | [`BACKPLANE_TOPICS`] | gauge | rooms whose messages are listened to |
//! | [`BACKPLANE_QUEUED_BYTES`] | gauge | bytes that wait to be published |
//! | [`BACKPLANE_LOST`] | counter | connections that were lost |
//! | [`BACKPLANE_PUBLISHED`] | counter | messages that the engine took |
//! | [`BACKPLANE_GIVEN_UP`] | counter | messages that waited too long, or were refused |
//! | [`BACKPLANE_RECEIVED`] | counter | messages that arrived |
//! | [`BACKPLANE_DOUBLES`] | counter | messages that arrived again and were dropped |
//! | [`BACKPLANE_STRANGE`] | counter | payloads of another version, or of somebody else |
//! | [`BACKPLANE_GAPS`] | counter | times that messages of a record were missing |
//!
//! Endpoints add [`REFUSED`], a counter of the requests that they did not upgrade,
//! with the labels `endpoint` and `reason`: `handshake`, `header_too_large`, `origin`,
//! `shutting_down`, `full_in_all`, `full_endpoint`, `full_address`.
//!
//! [`WsServer`](crate::WsServer) counts heads of requests that it did not wait for
//! in [`LIMITS`], with `max_head_bytes` or `client_request_timeout` as `limit`.

use metrics::{Unit, describe_counter, describe_gauge};
pub use ws_actors::metrics::*;

/// The number of requests that were not upgraded, by `reason`.
pub const REFUSED: &str = "ws_upgrades_refused_total";
/// The number of rooms that have members.
pub const ROOMS: &str = "ws_rooms";
/// The number of members of all rooms.
pub const ROOM_MEMBERS: &str = "ws_room_members";
/// The number of times that somebody could not join a room, by `limit`.
pub const JOINS_REFUSED: &str = "ws_joins_refused_total";
/// The bytes that rooms keep of their messages.
pub const HISTORY: &str = "ws_room_history_bytes";
/// The number of broadcasts accepted.
pub const BROADCASTS: &str = "ws_broadcasts_total";
/// The number of broadcasts refused, as a thread was blocked.
pub const BROADCASTS_REFUSED: &str = "ws_broadcasts_refused_total";
/// The number of messages that members took.
pub const DELIVERIES: &str = "ws_deliveries_total";
/// The number of messages that members did not take.
pub const DELIVERIES_REFUSED: &str = "ws_deliveries_refused_total";
/// The number of actors of rooms that panicked and began anew.
pub const ROOM_RESTARTS: &str = "ws_room_restarts_total";
/// The number of messages that actors of rooms were not told, as they were too
/// far behind.
pub const ROOM_MESSAGES_REFUSED: &str = "ws_room_messages_refused_total";
/// The number of messages that actors of rooms were told and that waited when
/// the last of them ended.
pub const ROOM_MESSAGES_UNHEARD: &str = "ws_room_messages_unheard_total";

/// Whether the backplane's engine is connected: 1 or 0.
pub const BACKPLANE_CONNECTED: &str = "ws_backplane_connected";
/// The number of nodes that give signs of life.
pub const BACKPLANE_NODES: &str = "ws_backplane_nodes";
/// The number of rooms whose messages are listened to.
pub const BACKPLANE_TOPICS: &str = "ws_backplane_topics";
/// The number of bytes that wait to be published.
pub const BACKPLANE_QUEUED_BYTES: &str = "ws_backplane_queued_bytes";
/// The number of connections to the engine that were lost.
pub const BACKPLANE_LOST: &str = "ws_backplane_links_lost_total";
/// The number of messages that the engine took.
pub const BACKPLANE_PUBLISHED: &str = "ws_backplane_published_total";
/// The number of messages that waited too long to be published, or were
/// refused.
pub const BACKPLANE_GIVEN_UP: &str = "ws_backplane_given_up_total";
/// The number of messages that arrived.
pub const BACKPLANE_RECEIVED: &str = "ws_backplane_received_total";
/// The number of messages that arrived again and were dropped.
pub const BACKPLANE_DOUBLES: &str = "ws_backplane_doubles_total";
/// The number of payloads of another version, or of somebody else.
pub const BACKPLANE_STRANGE: &str = "ws_backplane_strange_total";
/// The number of times that messages of a record were missing.
pub const BACKPLANE_GAPS: &str = "ws_backplane_gaps_total";

/// Tells the recorder what each metric means, for the pages that it makes.
pub fn describe() {
    ws_actors::metrics::describe();
    describe_counter!(REFUSED, "requests that were not upgraded, by reason");
    describe_gauge!(ROOMS, "rooms that have members");
    describe_gauge!(ROOM_MEMBERS, "members of all rooms");
    describe_counter!(JOINS_REFUSED, "joins that were refused, by limit");
    describe_gauge!(HISTORY, Unit::Bytes, "what rooms keep of their messages");
    describe_counter!(BROADCASTS, "broadcasts accepted");
    describe_counter!(
        BROADCASTS_REFUSED,
        "broadcasts refused, as a thread was blocked"
    );
    describe_counter!(DELIVERIES, "messages that members of rooms took");
    describe_counter!(
        DELIVERIES_REFUSED,
        "messages that members of rooms did not take"
    );
    describe_counter!(
        ROOM_RESTARTS,
        "actors of rooms that panicked and began anew"
    );
    describe_counter!(
        ROOM_MESSAGES_REFUSED,
        "messages that actors of rooms were not told, as they were too far behind"
    );
    describe_counter!(
        ROOM_MESSAGES_UNHEARD,
        "messages that actors of rooms were told and never heard"
    );
    describe_gauge!(BACKPLANE_CONNECTED, "1 while the backplane is connected");
    describe_gauge!(BACKPLANE_NODES, "nodes that give signs of life");
    describe_gauge!(BACKPLANE_TOPICS, "rooms whose messages are listened to");
    describe_gauge!(
        BACKPLANE_QUEUED_BYTES,
        "bytes that wait to be published on the backplane"
    );
    describe_counter!(
        BACKPLANE_LOST,
        "connections to the backplane that were lost"
    );
    describe_counter!(BACKPLANE_PUBLISHED, "messages that the backplane took");
    describe_counter!(
        BACKPLANE_GIVEN_UP,
        "messages that were not published in time, or refused"
    );
    describe_counter!(BACKPLANE_RECEIVED, "messages that the backplane brought");
    describe_counter!(
        BACKPLANE_DOUBLES,
        "messages that the backplane brought again"
    );
    describe_counter!(
        BACKPLANE_STRANGE,
        "payloads of another version, or of somebody else"
    );
    describe_counter!(
        BACKPLANE_GAPS,
        "times that messages of a record were missing"
    );
}
