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
//! | [`BROADCASTS`] | counter | broadcasts accepted |
//! | [`BROADCASTS_REFUSED`] | counter | broadcasts refused, as a thread was blocked |
//! | [`DELIVERIES`] | counter | messages that members took |
//! | [`DELIVERIES_REFUSED`] | counter | messages that members had no room for, or came too late for |
//! | [`ROOM_RESTARTS`] | counter | actors of rooms that panicked and began anew |
//!
//! Endpoints add [`REFUSED`], a counter of the requests that they did not upgrade,
//! with the labels `endpoint` and `reason`: `handshake`, `origin`, `shutting_down`,
//! `full_in_all`, `full_endpoint`, `full_address`.

use metrics::{describe_counter, describe_gauge};
pub use ws_actors::metrics::*;

/// The number of requests that were not upgraded, by `reason`.
pub const REFUSED: &str = "ws_upgrades_refused_total";
/// The number of rooms that have members.
pub const ROOMS: &str = "ws_rooms";
/// The number of members of all rooms.
pub const ROOM_MEMBERS: &str = "ws_room_members";
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

/// Tells the recorder what each metric means, for the pages that it makes.
pub fn describe() {
    ws_actors::metrics::describe();
    describe_counter!(REFUSED, "requests that were not upgraded, by reason");
    describe_gauge!(ROOMS, "rooms that have members");
    describe_gauge!(ROOM_MEMBERS, "members of all rooms");
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
}
