use std::{io, net::SocketAddr, rc::Rc, time::Duration};

use tokio::{sync::Mutex, time::sleep};

use super::{
    Counts, Kind, Line, Usage, Victim,
    deflate::zeros,
    frames::{BINARY, RSV1, TEXT},
};
use crate::{raw::Raw, request::Request, wait::within};

/// A victim that serves, and who attacks it. A clone is the same.
#[derive(Debug, Clone)]
pub struct Scene {
    address: SocketAddr,
    id: u32,
    kind: Kind,
    victim: Rc<Mutex<Victim>>,
}

impl Scene {
    pub(super) fn new(victim: Victim, kind: Kind) -> Self {
        Self {
            address: victim.address(),
            id: victim.id(),
            kind,
            victim: Rc::new(Mutex::new(victim)),
        }
    }

    /// Where the victim listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Which server it is.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// What its process uses.
    ///
    /// # Errors
    ///
    /// If it has ended.
    pub fn usage(&self) -> io::Result<Usage> {
        Usage::of(self.id)
    }

    /// Lets its peak be what is resident now.
    ///
    /// # Errors
    ///
    /// If it has ended.
    pub fn forget_peak(&self) -> io::Result<()> {
        Usage::forget_peak(self.id)
    }

    /// Connects, and no more.
    pub async fn connect(&self) -> Raw {
        Raw::connect(self.address).await
    }

    /// A connection to `/echo` that compresses.
    pub async fn echo(&self) -> Line {
        self.open("/echo").await
    }

    /// A connection to one of the endpoints, that compresses.
    pub async fn open(&self, path: &str) -> Line {
        let request = Request::upgrade(path).with("Sec-WebSocket-Extensions", "permessage-deflate");
        self.open_with(&request).await
    }

    /// A connection to one of the endpoints, that does not compress.
    pub async fn open_plain(&self, path: &str) -> Line {
        self.open_with(&Request::upgrade(path)).await
    }

    /// A connection that is opened by this request.
    pub async fn open_with(&self, request: &Request) -> Line {
        Line::open(Raw::connect(self.address).await, request).await
    }

    /// What the victim holds.
    pub async fn counts(&self) -> Counts {
        let answer = self.ask("counts").await;
        serde_json::from_str(&answer).expect("the victim tells what it holds")
    }

    /// Waits until what the victim holds is as told.
    pub async fn until(&self, what: &str, mut holds: impl FnMut(&Counts) -> bool) {
        let waiting = async {
            while !holds(&self.counts().await) {
                sleep(Duration::from_millis(10)).await;
            }
        };
        within(what, waiting).await;
    }

    /// Tells the victim a line, and waits for its answer.
    pub async fn ask(&self, line: &str) -> String {
        let answer = self.victim.lock().await.ask(line).await;
        answer.expect("the victim is there")
    }

    /// Has the victim make what it makes once: its threads, their buffers, and
    /// what messages of the usual lengths take.
    pub(super) async fn warm_up(&self) {
        let mut line = self.echo().await;
        line.frame(TEXT, b"hello").await;
        assert_eq!(line.message().await, b"hello");
        line.frame(BINARY | RSV1, &zeros(256 * 1024)).await;
        line.message().await;
        line.close().await;
        let mut plain = self.connect().await;
        plain.ask(&Request::get("/count")).await;
        drop(plain);
        self.until("the first connections to be gone", |counts| {
            counts.connections == 0 && counts.actors == 0
        })
        .await;
    }

    pub(super) async fn stop(&self) -> io::Result<()> {
        self.victim.lock().await.stop().await
    }
}
