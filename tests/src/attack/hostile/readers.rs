//! Classes 7 and 8: servers that do not read.

use std::time::Duration;

use futures_util::FutureExt;
use tokio::time::timeout;

use super::{
    SOON, Site,
    host::{Host, frame},
    order::Deed,
};
use crate::attack::{
    Attack, MIB, Promise,
    frames::{CLOSE, PING, PONG},
};

pub(super) const ATTACKS: &[Attack] = &[
    Attack::client(7, "server-never-reads", BEHIND, |it| {
        never_reads(it, Deed::Flood).boxed_local()
    }),
    Attack::client(7, "server-never-reads-whom-the-client-awaits", LATE, |it| {
        never_reads(it, Deed::FloodAndWait).boxed_local()
    }),
    Attack::client(7, "server-asks-for-echoes-and-never-reads", ECHOES, |it| {
        asks_for_echoes(it).boxed_local()
    }),
    Attack::client(8, "server-pings-and-never-reads", PINGS, |it| {
        pings(it).boxed_local()
    }),
    Attack::client(8, "server-pings-as-fast-as-it-can", PINGS_READ, |it| {
        pings_and_reads(it).boxed_local()
    }),
];

/// What may wait is 1 MiB, and twice as much while it is made.
const BEHIND: Promise = Promise::answer("SlowPeer").growth(6 * MIB);
const LATE: Promise = Promise::answer("Timeout(Write)").growth(4 * MIB);
const ECHOES: Promise = Promise::answer("Timeout(Write)").growth(4 * MIB);
const PINGS: Promise = Promise::answer("the last of 200000 answered, 1000, Remote").growth(4 * MIB);
const PINGS_READ: Promise =
    Promise::answer("the last of 50000 answered, 1000, Remote").growth(4 * MIB);

async fn never_reads(site: Site, deed: Deed) -> String {
    let order = site.order().patience(SOON).plain().deed(deed);
    let hosting = async {
        let mut host = site.host().await;
        host.open().await;
        host
    };
    site.end_of(order, hosting).await
}

async fn asks_for_echoes(site: Site) -> String {
    let order = site.order().patience(SOON).plain().deed(Deed::Echo);
    let hosting = async {
        let mut host = site.host().await;
        host.open().await;
        let asks = frame(0x82, &[7; 64 * 1024]);
        // The client stops to read, and the last one does not go through.
        let asking = async { while host.raw.try_send(&asks).await.is_ok() {} };
        timeout(Duration::from_secs(8), asking).await.ok();
        host
    };
    site.end_of(order, hosting).await
}

/// The client's messages fill the way to the server, so that no Pong leaves.
async fn pings(site: Site) -> String {
    let order = site.order().plain().deed(Deed::FloodAndWait);
    site.against(order, async |mut host| {
        host.open().await;
        host.hear().await.expect("the client begins");
        let number = |number: u32| frame(PING, &[&number.to_be_bytes()[..], &[7; 100]].concat());
        for thousand in 0..200 {
            let pings: Vec<u8> = (0..1000)
                .flat_map(|it| number(thousand * 1000 + it))
                .collect();
            host.raw.send(pings).await;
        }
        let (said, pongs) = said_in_the_end(&mut host, 200_000).await;
        assert!(pongs < 20_000, "the way was not full: {pongs} pongs came");
        said
    })
    .await
}

async fn pings_and_reads(site: Site) -> String {
    site.against(site.order(), async |mut host| {
        host.open().await;
        for hundred in 0..500_u32 {
            let pings = (0..100).flat_map(|it| frame(PING, &(hundred * 100 + it).to_be_bytes()));
            host.raw.send(pings.collect::<Vec<u8>>()).await;
            if hundred % 10 == 0 {
                host.hear().await.expect("a pong");
            }
        }
        said_in_the_end(&mut host, 50_000).await.0
    })
    .await
}

/// Reads until the newest Ping is answered, and closes; how that went, and the
/// number of Pongs.
async fn said_in_the_end(host: &mut Host, pings: u32) -> (String, usize) {
    let mut pongs = 0;
    loop {
        let heard = host.hear().await.expect("the last pong comes");
        pongs += usize::from(heard.first == PONG);
        if heard.first == PONG && heard.payload.starts_with(&(pings - 1).to_be_bytes()) {
            break;
        }
    }
    host.frame(CLOSE, &1000_u16.to_be_bytes()).await.ok();
    let code = host.code().await;
    (format!("the last of {pings} answered, {code}"), pongs)
}
