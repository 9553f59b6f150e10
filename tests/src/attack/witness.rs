use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use tokio::{sync::oneshot, time::sleep};

use crate::{client::Client, wait::within};

/// A connection that nobody attacks: it sends messages as long as the attack
/// lasts, and has each sent back, in order. It lives on a thread of its own.
#[derive(Debug)]
pub struct Witness {
    over: Arc<AtomicBool>,
    thread: JoinHandle<Echoes>,
}

/// What a witness got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Echoes {
    /// How many messages came back: all.
    pub count: usize,
    /// The median of their round trips.
    pub median: Duration,
    /// The 99th percentile of them.
    pub p99: Duration,
    /// The longest of them.
    pub longest: Duration,
}

impl Witness {
    /// Connects to `/echo`, and begins; waits until it has.
    pub async fn watch(address: SocketAddr) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&over);
        let (begun, begins) = oneshot::channel();
        let thread = thread::spawn(move || {
            let runtime = actix_rt::Runtime::new().expect("there are descriptors left");
            runtime.block_on(async {
                let client = Client::connect(address, "/echo").await;
                // Nobody waits any more if that took too long.
                begun.send(()).ok();
                talk(client, &told).await
            })
        });
        within("the witness to connect", begins).await.ok();
        Self { over, thread }
    }

    /// Lets it say its last message and close its connection.
    ///
    /// # Errors
    ///
    /// If a message did not come back, or the connection did not close well.
    pub fn dismiss(self) -> Result<Echoes, String> {
        self.over.store(true, Ordering::SeqCst);
        self.thread
            .join()
            .map_err(|panic| match panic.downcast::<String>() {
                Ok(text) => *text,
                Err(_) => "it panicked".to_owned(),
            })
    }
}

async fn talk(mut client: Client, over: &AtomicBool) -> Echoes {
    let mut round_trips = Vec::new();
    // The last one is said when the attack is over, and tells what is left of it.
    let mut last = false;
    while !last {
        last = over.load(Ordering::SeqCst);
        let number = round_trips.len();
        let text = format!("{number} {}", "x".repeat(number % 1000));
        let began = Instant::now();
        client.send(text.clone()).await;
        assert_eq!(client.text().await, text);
        round_trips.push(began.elapsed());
        sleep(PAUSE).await;
    }
    client.close(1000, "").await;
    let outcome = client.closed().await;
    assert_eq!(outcome.code().get(), 1000, "{outcome:?}");
    round_trips.sort_unstable();
    let at = |percent: usize| round_trips[round_trips.len() * percent / 100];
    Echoes {
        count: round_trips.len(),
        median: at(50),
        p99: at(99),
        longest: round_trips[round_trips.len() - 1],
    }
}

/// Between two messages: a pace at which it is no load of its own.
const PAUSE: Duration = Duration::from_millis(1);
