//! Class 18: connections that end abruptly, or do not.

use std::time::Duration;

use futures_util::FutureExt;
use tokio::time::timeout;

use super::{
    SOON, Site,
    host::{Host, announced, frame},
    order::Deed,
};
use crate::{
    attack::{
        Attack, MIB, Promise,
        deflate::compressed,
        frames::{BINARY, BINARY_BEGINS, CLOSE, RSV1, TEXT},
    },
    wait::until,
};

pub(super) const ATTACKS: &[Attack] = &[
    Attack::client(18, "server-resets-in-each-phase", RESET, |it| {
        cut(it, Ending::Reset).boxed_local()
    }),
    Attack::client(18, "server-ends-in-each-phase", ENDED, |it| {
        cut(it, Ending::Eof).boxed_local()
    }),
    Attack::client(18, "server-never-ends-tcp-after-its-close", DROPPED, |it| {
        never_ends(it, false).boxed_local()
    }),
    Attack::client(18, "server-speaks-for-ever-after-a-failure", FAILED, |it| {
        never_ends(it, true).boxed_local()
    }),
    Attack::client(18, "server-never-answers-a-close", UNANSWERED, |it| {
        never_answers(it).boxed_local()
    }),
    Attack::client(18, "server-falls-silent", SILENT, |it| {
        silent(it).boxed_local()
    }),
    Attack::client(18, "server-comes-and-goes-500-times", NOTHING, |it| {
        comes_and_goes(it).boxed_local()
    }),
];

const RESET: Promise = Promise::answer(
    "Broken(Opening, ConnectionReset), Broken(Opening, ConnectionReset), TransportLost, \
     TransportLost, TransportLost, TransportLost",
)
.growth(2 * MIB);
const ENDED: Promise = Promise::answer(
    "Opening(Ended), Opening(Ended), TransportLost, TransportLost, TransportLost, TransportLost",
)
.growth(2 * MIB);
const DROPPED: Promise = Promise::answer("1000, Remote, TCP ended").growth(2 * MIB);
const FAILED: Promise = Promise::answer("1002, MaskedFrame, TCP ended").growth(2 * MIB);
const UNANSWERED: Promise = Promise::answer("1000, Timeout(Close)").growth(2 * MIB);
const SILENT: Promise = Promise::answer("1011, Timeout(Pong)")
    .growth(2 * MIB)
    .cpu(1);
const NOTHING: Promise = Promise::answer("nothing is left").growth(3 * MIB).cpu(10);

#[derive(Clone, Copy)]
enum Ending {
    Reset,
    Eof,
}

impl Ending {
    async fn end(self, mut host: Host) {
        match self {
            Self::Reset => host.raw.reset(),
            Self::Eof => {
                host.raw.end_sending().await;
                host.raw.rest().await;
            }
        }
    }
}

/// Before the answer, amid it, behind it, amid a header, amid a frame, amid a
/// compressed message.
async fn cut(site: Site, ending: Ending) -> String {
    let mut ends = Vec::new();
    for phase in 0..6 {
        let hosting = async {
            let mut host = site.host().await;
            if phase == 1 {
                host.raw.send("HTTP/1.1 101 Switch").await;
            } else if phase == 5 {
                host.open_compressed().await;
                host.frame(BINARY_BEGINS | RSV1, &compressed(&[7; 9000]))
                    .await
                    .ok();
            } else if phase > 1 {
                host.open().await;
            }
            match phase {
                3 => host.raw.send([BINARY, 127, 0]).await,
                4 => {
                    host.raw
                        .send([announced(BINARY, 9000), vec![0; 500]].concat())
                        .await
                }
                _ => {}
            }
            // A reset destroys what was not read.
            host.raw.until_read().await;
            ending.end(host).await;
        };
        ends.push(site.end_of(site.order(), hosting).await);
    }
    ends.join(", ")
}

/// The closing handshake is done, or the connection failed, and TCP stays.
async fn never_ends(site: Site, speaks: bool) -> String {
    let order = site.order().patience(SOON);
    site.against(order, async |mut host| {
        host.open().await;
        if speaks {
            let masked = crate::attack::frames::frame(TEXT, b"no server masks");
            host.raw.try_send(masked).await.ok();
        } else {
            host.frame(CLOSE, &1000_u16.to_be_bytes()).await.ok();
        }
        let code = host.code().await;
        let piece = frame(BINARY, &[0; 1024]);
        let waiting = async {
            while speaks && host.raw.try_send(&piece).await.is_ok() {}
            host.raw.rest().await;
        };
        let ended = timeout(Duration::from_secs(15), waiting).await;
        assert!(ended.is_ok(), "TCP goes on");
        code
    })
    .await
        + ", TCP ended"
}

async fn never_answers(site: Site) -> String {
    let order = site.order().patience(SOON).deed(Deed::Close);
    site.against(order, async |mut host| {
        host.open().await;
        let code = host.code().await;
        host.raw.rest().await;
        code
    })
    .await
}

/// Half open: it is there, and says nothing.
async fn silent(site: Site) -> String {
    let order = site.order().patience(SOON);
    site.against(order, async |mut host| {
        host.open().await;
        let code = host.code().await;
        host.raw.rest().await;
        code
    })
    .await
}

async fn comes_and_goes(site: Site) -> String {
    let before = site.victim().usage().expect("it runs").descriptors;
    let rounds = 10;
    for round in 0..rounds {
        let hosting = async {
            for number in 0..50 {
                let mut host = site.host().await;
                if number % 4 > 0 {
                    host.open_compressed().await;
                }
                if number % 4 > 1 {
                    host.frame(BINARY | RSV1, &compressed(&[7; 9000]))
                        .await
                        .ok();
                }
                match (round + number) % 2 {
                    0 => host.raw.reset(),
                    _ => drop(host),
                }
            }
        };
        tokio::join!(site.dial(site.order().count(50)), hosting);
    }
    let left = || site.victim().usage().expect("it runs").descriptors;
    until("its descriptors to be closed", || left() <= before).await;
    "nothing is left".to_owned()
}
