use std::{
    fmt,
    hash::RandomState,
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use actix_web::{HttpResponse, dev::Server, http::header};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    time::{Instant, sleep, timeout, timeout_at},
};
use ws_actors::Outbox;
use ws_core::Cause;

use crate::group::{Audience, Group, MemberId, Parcel, Seat};

mod drain;

pub use self::drain::Drain;

/// Ends all connections of the endpoints it is given to, in good order.
///
/// New requests are answered with 503, and every connection is closed behind
/// what is queued for it, as a [`Drain`] says. A clone is the same shutdown.
#[derive(Clone)]
pub struct Shutdown(Arc<Inner>);

struct Inner {
    begun: AtomicBool,
    connections: Arc<Group>,
    /// Connections that were accepted and are not open yet.
    coming: AtomicUsize,
}

impl Shutdown {
    /// A shutdown that has not begun.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(Inner {
            begun: AtomicBool::new(false),
            connections: Group::new(Arc::new(())),
            coming: AtomicUsize::new(0),
        }))
    }

    /// Whether new requests are refused.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.0.begun.load(Ordering::SeqCst)
    }

    /// The number of open connections.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.0.connections.len()
    }

    /// The answer to a load balancer that asks whether to send clients here: 200,
    /// or 503 once this has begun.
    ///
    /// ```
    /// use actix_web::{App, web};
    /// use ws_server::Shutdown;
    ///
    /// let shutdown = Shutdown::new();
    /// let app = App::new().route(
    ///     "/ready",
    ///     web::get().to(move || std::future::ready(shutdown.readiness())),
    /// );
    /// ```
    #[must_use]
    pub fn readiness(&self) -> HttpResponse {
        let (mut response, text) = if self.has_begun() {
            (HttpResponse::ServiceUnavailable(), "shutting down\n")
        } else {
            (HttpResponse::Ok(), "ready\n")
        };
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        response.body(text)
    }

    /// Closes all connections, and waits until they are gone or the drain's limit
    /// is reached. Tells how many are left.
    pub async fn drain(&self, drain: &Drain) -> usize {
        self.0.begun.store(true, Ordering::SeqCst);
        sleep(drain.notice).await;
        let begin = Instant::now();
        let spread = drain.spread_over(self.connections());
        let close = Parcel::Close(Arc::new((drain.payload.clone(), Cause::Drain)));
        let chance = RandomState::new();
        let gone = async {
            // In this order: who is coming is seated before it counts no more.
            while self.0.coming.load(Ordering::SeqCst) > 0 || self.connections() > 0 {
                let due = begin.elapsed() + BATCH;
                // Also in the end again and again, for connections that were
                // about to begin.
                let audience = if due < spread {
                    Audience::part(&chance, due.as_secs_f64() / spread.as_secs_f64())
                } else {
                    Audience::All
                };
                self.0.connections.deliver_always(&close, &audience);
                sleep(BATCH).await;
            }
        };
        timeout_at(begin + drain.limit, gone).await.ok();
        self.connections() + self.0.coming.load(Ordering::SeqCst)
    }

    /// Runs an actix-web server until SIGTERM or SIGINT, then drains and stops
    /// it, in 10 s at most.
    ///
    /// As [`run_with`](Self::run_with) the defaults of [`Drain`].
    ///
    /// # Errors
    ///
    /// If signals cannot be listened for; and the future's, if the server fails.
    ///
    /// # Panics
    ///
    /// Outside of an actix or tokio runtime.
    pub fn run(&self, server: Server) -> io::Result<impl Future<Output = io::Result<()>> + use<>> {
        self.run_with(server, Drain::new())
    }

    /// Runs an actix-web server until SIGTERM or SIGINT, then drains and stops
    /// it.
    ///
    /// Signals are heeded from this call on; the rest happens when the future
    /// is awaited. A second signal ends the drain at once. A
    /// [`HttpServer`](actix_web::HttpServer) must have been told
    /// [`disable_signals`](actix_web::HttpServer::disable_signals). The process
    /// is ready to exit 1.5 s after the drain at the latest.
    ///
    /// # Errors
    ///
    /// If signals cannot be listened for; and the future's, if the server fails.
    ///
    /// # Panics
    ///
    /// Outside of an actix or tokio runtime.
    pub fn run_with(
        &self,
        server: Server,
        drain: Drain,
    ) -> io::Result<impl Future<Output = io::Result<()>> + use<>> {
        let mut signals = Signals {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        };
        let shutdown = self.clone();
        Ok(async move {
            let handle = server.handle();
            let mut server = actix_rt::spawn(server);
            tokio::select! {
                result = &mut server => return result.map_err(io::Error::other)?,
                () = signals.next() => {}
            }
            tokio::select! {
                left = shutdown.drain(&drain) => if left > 0 {
                    tracing::warn!(left, "connections did not close in time");
                },
                () = signals.next() => {
                    let left = shutdown.connections();
                    tracing::warn!(left, "told to stop again: connections are given up");
                }
            }
            let stopped = async {
                handle.stop(true).await;
                server.await.map_err(io::Error::other)?
            };
            // Whoever is not done by now is not waited for.
            timeout(STOP, stopped).await.unwrap_or(Ok(()))
        })
    }

    /// Announces a connection, unless this has begun.
    pub(crate) fn announce(&self) -> Option<Coming> {
        // The drain is told before it is asked: so none slips in between, which
        // would be neither refused nor closed.
        self.0.coming.fetch_add(1, Ordering::SeqCst);
        let coming = Coming(self.clone());
        (!self.has_begun()).then_some(coming)
    }
}

/// A connection that was accepted and is not open yet.
pub(crate) struct Coming(Shutdown);

impl Coming {
    /// It is open.
    pub(crate) fn seat(self, outbox: Outbox) -> Seat {
        self.0.0.connections.join(MemberId::next(), outbox)
    }
}

impl Drop for Coming {
    fn drop(&mut self) {
        self.0.0.coming.fetch_sub(1, Ordering::SeqCst);
    }
}

/// What tells a process to end.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

impl Default for Shutdown {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Shutdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shutdown")
            .field("begun", &self.has_begun())
            .field("connections", &self.connections())
            .finish()
    }
}

/// How often a batch is closed.
const BATCH: Duration = Duration::from_millis(20);
/// How long requests of plain HTTP have after the drain.
const STOP: Duration = Duration::from_millis(1500);
