//! What connections count, through the [`metrics`] facade.
//!
//! Install any recorder, such as the one for Prometheus, before the first
//! connection. Without one nothing is counted. Each metric has the label
//! `endpoint`, which [`Handlers::name`](crate::Handlers::name) gives.
//!
//! | metric | kind | what |
//! | --- | --- | --- |
//! | [`CONNECTIONS_OPEN`] | gauge | connections that are open |
//! | [`CONNECTIONS`] | counter | connections opened |
//! | [`CLOSED`] | counter | connections closed, by `cause` |
//! | [`DURATION`] | histogram, seconds | how long a connection lasted |
//! | [`MESSAGES_RECEIVED`], [`MESSAGES_SENT`] | counter | frames heard of, messages sent |
//! | [`PAYLOAD_RECEIVED`], [`PAYLOAD_SENT`] | counter, bytes | what was said in them |
//! | [`BYTES_RECEIVED`], [`BYTES_SENT`] | counter, bytes | what went over the transport |
//! | [`MESSAGES_GIVEN_UP`] | counter | messages given up: for want of room, of a kind that the connection does not know, or as it ended |
//! | [`ROUND_TRIP`] | histogram, seconds | from a Ping of the heartbeat to its Pong |
//! | [`QUEUED`] | gauge, bytes | what waits for peers |
//! | [`HELD`] | gauge, bytes | what has come of messages that are not complete, or was not looked at |
//! | [`CONNECTIONS_BEHIND`] | gauge | connections that do not keep up: more than 64 KiB wait |
//! | [`QUEUE_HIGH_WATER`] | histogram, bytes | the most that waited for a peer, once it is gone |
//! | [`COMPRESSION_RATIO`] | histogram | bytes of transport for a byte of payload, where an extension is agreed on, by `direction` |
//! | [`LIMITS`] | counter | times that a limit was reached, by `limit` |
//!
//! `limit` is the name of the setting, and what happens then is said there:
//!
//! - The connection closes at `max_message_bytes` (the inflated ones),
//!   `max_frame_bytes`, `max_fragments`, `message_timeout`, `pong_timeout`,
//!   `write_timeout`, `close_timeout`, `idle_timeout` and `max_lifetime` of
//!   [`Config`](ws_core::Config), at `max_queued` (bytes or messages) of
//!   [`Flow`](crate::Flow) if its policy is to close, and at `budget`, the
//!   [`Budget`](crate::Budget).
//! - At `rate_limit` of [`Flow`](crate::Flow) it closes or is read from more slowly,
//!   and at its `max_responses` frames wait.
//! - `pings` were not answered, as a newer one came before their Pong could leave.
//!
//! A connection adds up in fields of its own and hands on what has changed once
//! in a wake-up, whatever number of messages that was.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

mod causes;
mod meters;
mod tally;

pub(crate) use self::{
    causes::name as cause_name,
    meters::Meters,
    tally::{GivenUp, Tally, Waiting},
};

/// The number of connections that are open.
pub const CONNECTIONS_OPEN: &str = "ws_connections_open";
/// The number of connections opened.
pub const CONNECTIONS: &str = "ws_connections_total";
/// The number of connections closed, by `cause`.
pub const CLOSED: &str = "ws_closed_total";
/// How long connections lasted, in seconds.
pub const DURATION: &str = "ws_connection_seconds";
/// The number of messages and control frames received.
pub const MESSAGES_RECEIVED: &str = "ws_messages_received_total";
/// The number of messages sent.
pub const MESSAGES_SENT: &str = "ws_messages_sent_total";
/// The bytes of messages received, as the actor got them.
pub const PAYLOAD_RECEIVED: &str = "ws_payload_received_bytes_total";
/// The bytes of messages sent, as the actor gave them.
pub const PAYLOAD_SENT: &str = "ws_payload_sent_bytes_total";
/// The bytes that came over transports.
pub const BYTES_RECEIVED: &str = "ws_received_bytes_total";
/// The bytes that left over transports.
pub const BYTES_SENT: &str = "ws_sent_bytes_total";
/// The number of messages that were refused or given up: for want of room, as
/// the connection does not know their kind, or as it ended before they left.
pub const MESSAGES_GIVEN_UP: &str = "ws_messages_given_up_total";
/// The time from a Ping of the heartbeat to its Pong, in seconds.
pub const ROUND_TRIP: &str = "ws_round_trip_seconds";
/// The bytes that wait for peers.
pub const QUEUED: &str = "ws_queued_bytes";
/// The bytes that came and are held: of messages that are not complete, or not looked
/// at yet.
pub const HELD: &str = "ws_held_bytes";
/// The number of times that a limit was reached, by `limit`.
pub const LIMITS: &str = "ws_limits_reached_total";
/// The number of connections that do not keep up with what is sent, as
/// [`WsContext::is_congested`](crate::WsContext::is_congested) tells.
pub const CONNECTIONS_BEHIND: &str = "ws_connections_behind";
/// The most bytes that waited for a peer.
pub const QUEUE_HIGH_WATER: &str = "ws_queue_high_water_bytes";
/// The bytes of transport for each byte of payload, by `direction`.
pub const COMPRESSION_RATIO: &str = "ws_compression_ratio";

/// Tells the recorder what each metric means, for the pages that it makes.
pub fn describe() {
    describe_gauge!(CONNECTIONS_OPEN, "WebSocket connections that are open");
    describe_counter!(CONNECTIONS, "WebSocket connections opened");
    describe_counter!(CLOSED, "WebSocket connections closed, by cause");
    describe_histogram!(DURATION, Unit::Seconds, "how long connections lasted");
    describe_counter!(MESSAGES_RECEIVED, "messages and control frames received");
    describe_counter!(MESSAGES_SENT, "messages sent");
    describe_counter!(PAYLOAD_RECEIVED, Unit::Bytes, "payload received");
    describe_counter!(PAYLOAD_SENT, Unit::Bytes, "payload sent");
    describe_counter!(BYTES_RECEIVED, Unit::Bytes, "bytes received");
    describe_counter!(BYTES_SENT, Unit::Bytes, "bytes sent");
    describe_counter!(MESSAGES_GIVEN_UP, "messages given up");
    describe_histogram!(ROUND_TRIP, Unit::Seconds, "from a Ping to its Pong");
    describe_gauge!(QUEUED, Unit::Bytes, "what waits for peers");
    describe_gauge!(HELD, Unit::Bytes, "what has come of unfinished messages");
    describe_counter!(LIMITS, "times that a limit was reached, by limit");
    describe_gauge!(CONNECTIONS_BEHIND, "connections that do not keep up");
    describe_histogram!(QUEUE_HIGH_WATER, Unit::Bytes, "most that waited for a peer");
    describe_histogram!(
        COMPRESSION_RATIO,
        "bytes of transport for a byte of payload"
    );
}
