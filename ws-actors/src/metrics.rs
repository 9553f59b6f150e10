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
//! | [`CONNECTIONS_BEHIND`] | gauge | connections that do not keep up: more than 64 KiB wait |
//! | [`QUEUE_HIGH_WATER`] | histogram, bytes | the most that waited for a peer, once it is gone |
//! | [`COMPRESSION_RATIO`] | histogram | bytes of transport for a byte of payload, where an extension is agreed on, by `direction` |
//!
//! A connection adds up in fields of its own and hands on what has changed once
//! in a wake-up, whatever number of messages that was.

use std::{mem, time::Duration};

use metrics::{
    Counter, Gauge, Histogram, Unit, counter, describe_counter, describe_gauge, describe_histogram,
    gauge, histogram,
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
    describe_gauge!(CONNECTIONS_BEHIND, "connections that do not keep up");
    describe_histogram!(QUEUE_HIGH_WATER, Unit::Bytes, "most that waited for a peer");
    describe_histogram!(
        COMPRESSION_RATIO,
        "bytes of transport for a byte of payload"
    );
}

/// The metrics of one endpoint, looked up once.
#[derive(Debug)]
pub(crate) struct Meters {
    endpoint: String,
    open: Gauge,
    opened: Counter,
    duration: Histogram,
    messages_received: Counter,
    messages_sent: Counter,
    payload_received: Counter,
    payload_sent: Counter,
    bytes_received: Counter,
    bytes_sent: Counter,
    given_up: Counter,
    round_trip: Histogram,
    queued: Gauge,
    behind: Gauge,
    high_water: Histogram,
    ratio_received: Histogram,
    ratio_sent: Histogram,
}

/// What a connection has counted since it was told, and some of it all along.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) received: Traffic,
    pub(crate) sent: Traffic,
    /// The most bytes that waited.
    pub(crate) high_water: usize,
    /// The newest that was measured.
    pub(crate) round_trip: Option<Duration>,
    /// What was given up and told.
    given_up: u64,
    /// What waited when it was told.
    waiting: Waiting,
    /// What was received and sent in all, where it is wanted.
    totals: Option<Box<[Traffic; 2]>>,
}

/// What waits for a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Waiting {
    pub(crate) bytes: usize,
    /// It is more than the peer keeps up with.
    pub(crate) behind: bool,
}

/// What went in one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Traffic {
    pub(crate) messages: u64,
    pub(crate) payload: u64,
    pub(crate) bytes: u64,
}

impl Meters {
    pub(crate) fn new(endpoint: &str) -> Self {
        let name = endpoint.to_owned();
        Self {
            open: gauge!(CONNECTIONS_OPEN, "endpoint" => name.clone()),
            opened: counter!(CONNECTIONS, "endpoint" => name.clone()),
            duration: histogram!(DURATION, "endpoint" => name.clone()),
            messages_received: counter!(MESSAGES_RECEIVED, "endpoint" => name.clone()),
            messages_sent: counter!(MESSAGES_SENT, "endpoint" => name.clone()),
            payload_received: counter!(PAYLOAD_RECEIVED, "endpoint" => name.clone()),
            payload_sent: counter!(PAYLOAD_SENT, "endpoint" => name.clone()),
            bytes_received: counter!(BYTES_RECEIVED, "endpoint" => name.clone()),
            bytes_sent: counter!(BYTES_SENT, "endpoint" => name.clone()),
            given_up: counter!(MESSAGES_GIVEN_UP, "endpoint" => name.clone()),
            round_trip: histogram!(ROUND_TRIP, "endpoint" => name.clone()),
            queued: gauge!(QUEUED, "endpoint" => name.clone()),
            behind: gauge!(CONNECTIONS_BEHIND, "endpoint" => name.clone()),
            high_water: histogram!(QUEUE_HIGH_WATER, "endpoint" => name.clone()),
            ratio_received: histogram!(
                COMPRESSION_RATIO, "endpoint" => name.clone(), "direction" => "received"
            ),
            ratio_sent: histogram!(
                COMPRESSION_RATIO, "endpoint" => name.clone(), "direction" => "sent"
            ),
            endpoint: name,
        }
    }

    pub(crate) fn opened(&self) {
        self.open.increment(1.0);
        self.opened.increment(1);
    }

    pub(crate) fn closed(&self, cause: &'static str, seconds: f64, tally: &Tally) {
        self.open.decrement(1.0);
        let endpoint = self.endpoint.clone();
        counter!(CLOSED, "endpoint" => endpoint, "cause" => cause).increment(1);
        self.duration.record(seconds);
        self.high_water.record(tally.high_water as f64);
        let Some(totals) = &tally.totals else {
            return;
        };
        for (ratio, traffic) in [&self.ratio_received, &self.ratio_sent]
            .into_iter()
            .zip(**totals)
        {
            if traffic.payload > 0 {
                ratio.record(traffic.bytes as f64 / traffic.payload as f64);
            }
        }
    }
}

impl Tally {
    /// A tally that knows what there was in all, if extensions change that.
    pub(crate) fn new(extended: bool) -> Self {
        Self {
            totals: extended.then(Box::default),
            ..Self::default()
        }
    }

    /// The tally of the next connection of a client.
    #[cfg(feature = "client")]
    pub(crate) fn next(&self, extended: bool) -> Self {
        Self {
            waiting: self.waiting,
            ..Self::new(extended)
        }
    }

    /// Hands on what has changed since it did so last.
    pub(crate) fn tell(&mut self, meters: &Meters, given_up: u64, waiting: Waiting) {
        let received = mem::take(&mut self.received);
        if received != Traffic::default() {
            meters.messages_received.increment(received.messages);
            meters.payload_received.increment(received.payload);
            meters.bytes_received.increment(received.bytes);
        }
        let sent = mem::take(&mut self.sent);
        if sent != Traffic::default() {
            meters.messages_sent.increment(sent.messages);
            meters.payload_sent.increment(sent.payload);
            meters.bytes_sent.increment(sent.bytes);
        }
        if let Some(totals) = &mut self.totals {
            totals[0].add(received);
            totals[1].add(sent);
        }
        if let Some(round_trip) = self.round_trip.take() {
            meters.round_trip.record(round_trip);
        }
        if given_up != self.given_up {
            meters.given_up.increment(given_up - self.given_up);
            self.given_up = given_up;
        }
        if waiting != self.waiting {
            // Others add to the same gauges.
            let more = waiting.bytes as f64 - self.waiting.bytes as f64;
            meters.queued.increment(more);
            let behind = f64::from(waiting.behind) - f64::from(self.waiting.behind);
            meters.behind.increment(behind);
            self.waiting = waiting;
        }
    }
}

impl Traffic {
    const fn add(&mut self, other: Self) {
        self.messages += other.messages;
        self.payload += other.payload;
        self.bytes += other.bytes;
    }

    pub(crate) const fn count(&mut self, payload: usize) {
        self.messages += 1;
        self.payload += payload as u64;
    }
}
