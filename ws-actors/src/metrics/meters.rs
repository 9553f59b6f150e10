use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};
use ws_core::Cause;

use super::{
    BYTES_RECEIVED, BYTES_SENT, CLOSED, COMPRESSION_RATIO, CONNECTIONS, CONNECTIONS_BEHIND,
    CONNECTIONS_OPEN, DURATION, HELD, LIMITS, MESSAGES_GIVEN_UP, MESSAGES_RECEIVED, MESSAGES_SENT,
    PAYLOAD_RECEIVED, PAYLOAD_SENT, QUEUE_HIGH_WATER, QUEUED, ROUND_TRIP, Tally, causes,
};

/// The metrics of one endpoint, looked up once.
#[derive(Debug)]
pub(crate) struct Meters {
    endpoint: String,
    open: Gauge,
    opened: Counter,
    duration: Histogram,
    pub(super) messages_received: Counter,
    pub(super) messages_sent: Counter,
    pub(super) payload_received: Counter,
    pub(super) payload_sent: Counter,
    pub(super) bytes_received: Counter,
    pub(super) bytes_sent: Counter,
    pub(super) given_up: Counter,
    pub(super) round_trip: Histogram,
    pub(super) queued: Gauge,
    pub(super) held: Gauge,
    pub(super) behind: Gauge,
    high_water: Histogram,
    ratio_received: Histogram,
    ratio_sent: Histogram,
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
            held: gauge!(HELD, "endpoint" => name.clone()),
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

    pub(crate) fn closed(&self, cause: &Cause, seconds: f64, tally: &Tally) {
        self.open.decrement(1.0);
        let endpoint = self.endpoint.clone();
        counter!(CLOSED, "endpoint" => endpoint, "cause" => causes::name(cause)).increment(1);
        if let Some(limit) = causes::limit(cause) {
            self.reached(limit, 1);
        }
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

    /// A limit was reached so many times.
    pub(super) fn reached(&self, limit: &'static str, times: u64) {
        let endpoint = self.endpoint.clone();
        counter!(LIMITS, "endpoint" => endpoint, "limit" => limit).increment(times);
    }
}
