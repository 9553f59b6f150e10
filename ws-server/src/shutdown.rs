use std::{
    fmt, io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use actix_web::dev::Server;
use tokio::{
    signal::unix::{SignalKind, signal},
    time::{Instant, sleep, timeout, timeout_at},
};
use ws_actors::Outbox;
use ws_core::{Cause, CloseCode, ClosePayload};

use crate::group::{Audience, Group, MemberId, Parcel, Seat};

/// Ends all connections of the endpoints it is given to, in good order.
///
/// New requests are answered with 503, and every connection is closed with
/// 1001 behind what is queued for it. A clone is the same shutdown.
#[derive(Clone)]
pub struct Shutdown(Arc<Inner>);

struct Inner {
    begun: AtomicBool,
    connections: Arc<Group>,
}

impl Shutdown {
    /// A shutdown that has not begun.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(Inner {
            begun: AtomicBool::new(false),
            connections: Group::new(Arc::new(())),
        }))
    }

    /// Whether new requests are refused.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.0.begun.load(Ordering::Relaxed)
    }

    /// The number of open connections.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.0.connections.len()
    }

    /// Closes all connections with 1001, and waits until they are gone, or for
    /// `limit` at most.
    pub async fn close_all(&self, limit: Duration) {
        self.0.begun.store(true, Ordering::Relaxed);
        let deadline = Instant::now() + limit;
        let payload = ClosePayload::new(CloseCode::GOING_AWAY, "server is shutting down");
        let close = Parcel::Close(Arc::new((payload.unwrap_or_default(), Cause::Drain)));
        let gone = async {
            while self.connections() > 0 {
                // Again, for connections that were about to begin.
                self.0.connections.deliver_always(&close, &Audience::All);
                sleep(POLL).await;
            }
        };
        timeout_at(deadline, gone).await.ok();
    }

    /// Runs an actix-web server until SIGTERM or SIGINT, then closes all
    /// connections and stops it.
    ///
    /// Signals are heeded from this call on; the rest happens when the future
    /// is awaited. The server must have been told
    /// [`HttpServer::disable_signals`]. The process is ready to exit within
    /// 10 s of the signal.
    ///
    /// [`HttpServer::disable_signals`]: actix_web::HttpServer::disable_signals
    ///
    /// # Errors
    ///
    /// If signals cannot be listened for; and the future's, if the server fails.
    ///
    /// # Panics
    ///
    /// Outside of an actix or tokio runtime.
    pub fn run(&self, server: Server) -> io::Result<impl Future<Output = io::Result<()>> + use<>> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let shutdown = self.clone();
        Ok(async move {
            let handle = server.handle();
            let mut server = actix_rt::spawn(server);
            tokio::select! {
                result = &mut server => return result.map_err(io::Error::other)?,
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            shutdown.close_all(LIMIT).await;
            let stopped = async {
                handle.stop(true).await;
                server.await.map_err(io::Error::other)?
            };
            // Whoever is not done by now is not waited for.
            timeout(STOP, stopped).await.unwrap_or(Ok(()))
        })
    }

    pub(crate) fn seat(&self, outbox: Outbox) -> Seat {
        self.0.connections.join(MemberId::next(), outbox)
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

/// How long connections have for their closing handshake: longer than the
/// default close timeout, shorter than what process managers allow.
const LIMIT: Duration = Duration::from_secs(8);
/// How long requests of plain HTTP have after that.
const STOP: Duration = Duration::from_millis(1500);
/// How often it is looked whether all are gone.
const POLL: Duration = Duration::from_millis(20);
