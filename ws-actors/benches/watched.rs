//! What it costs to be watched: the CPU time of a message that an actor echoes,
//! in memory, without anybody who counts, with a recorder of metrics, and with a
//! subscriber of spans beside it.
//!
//! `cargo bench -p ws-actors --bench watched`

use std::{
    cell::Cell,
    future::{Future, poll_fn},
    io,
    pin::Pin,
    rc::Rc,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use actix::{Actor, Handler};
use bytes::{Buf, BytesMut};
use cpu_time::ThreadTime;
use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use tracing::{
    Event, Subscriber,
    span::{Attributes, Id, Record},
};
use ws_actors::{Binary, Driver, Handlers, Transport, WsContext};
use ws_core::{Connection, SendQueue};

struct Echo;

impl Actor for Echo {
    type Context = WsContext<Self>;
}

impl Handler<Binary> for Echo {
    type Result = ();

    fn handle(&mut self, Binary(bytes): Binary, ctx: &mut Self::Context) {
        ctx.binary(bytes).ok();
    }
}

/// A peer that always has the same messages to send, and reads all.
struct Peer {
    batch: Vec<u8>,
    reads: Rc<Cell<u32>>,
}

impl Transport for Peer {
    fn poll_read(&mut self, _: &mut Context<'_>, buffer: &mut BytesMut) -> Poll<io::Result<usize>> {
        if self.reads.get() == 0 {
            return Poll::Pending;
        }
        self.reads.set(self.reads.get() - 1);
        buffer.extend_from_slice(&self.batch);
        Poll::Ready(Ok(self.batch.len()))
    }

    fn poll_write(
        &mut self,
        _: &mut Context<'_>,
        queue: &mut SendQueue,
    ) -> Poll<io::Result<usize>> {
        let taken = queue.len();
        queue.advance(taken);
        Poll::Ready(Ok(taken))
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// A recorder that does what any has to do: it adds.
struct Adder;

impl Recorder for Adder {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(Arc::new(std::sync::atomic::AtomicU64::new(0)))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(Arc::new(std::sync::atomic::AtomicU64::new(0)))
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

/// A subscriber that wants all there is, and forgets it.
struct Listener;

impl Subscriber for Listener {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

fn main() {
    // `cargo bench` says so; `cargo test` only wants to see that it runs.
    let test = !std::env::args().any(|argument| argument == "--bench");
    let rounds = if test { 1 } else { 25 };
    println!("nanoseconds of CPU for each message of 125 bytes, medians of {rounds} rounds\n");
    println!("messages a wake-up    unwatched    metrics    metrics and spans");
    for depth in [1, 16] {
        let mut columns = [const { Vec::new() }; 3];
        for _ in 0..rounds {
            columns[0].push(measure(depth, test));
            metrics::with_local_recorder(&Adder, || columns[1].push(measure(depth, test)));
            tracing::subscriber::with_default(Listener, || {
                metrics::with_local_recorder(&Adder, || columns[2].push(measure(depth, test)));
            });
        }
        let [unwatched, counted, logged] = columns.map(median);
        println!("{depth:>18} {unwatched:>12.1} {counted:>10.1} {logged:>20.1}");
    }
}

/// The CPU time of a message, in nanoseconds.
fn measure(depth: usize, test: bool) -> f64 {
    let wakes: u32 = if test { 10 } else { 100_000 };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime without I/O needs nothing");
    runtime.block_on(async {
        let handlers = Arc::new(Handlers::new().on::<Binary>());
        let connection = Connection::server(Instant::now(), handlers.protocol());
        // A masking key of zeros changes nothing.
        let mut frame = vec![0x82, 0x80 | 125, 0, 0, 0, 0];
        frame.resize(frame.len() + 125, b'x');
        let reads = Rc::new(Cell::new(0));
        let peer = Peer {
            batch: frame.repeat(depth),
            reads: Rc::clone(&reads),
        };
        let mut driver = Box::pin(Driver::new(Echo, connection, peer, handlers));
        let start = ThreadTime::now();
        for _ in 0..wakes {
            reads.set(1);
            poll_fn(|cx| {
                let polled = Pin::new(&mut driver).poll(cx);
                assert!(polled.is_pending(), "the connection has ended");
                Poll::Ready(())
            })
            .await;
        }
        let messages = f64::from(wakes) * depth as f64;
        start.elapsed().as_nanos() as f64 / messages
    })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
