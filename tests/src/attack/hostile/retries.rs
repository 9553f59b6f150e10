//! Servers that make clients come back, or would have them wait for ever.

use std::{cell::Cell, time::Duration};

use futures_util::FutureExt;

use super::{
    Site,
    order::{Deed, Order, Reconnects},
    words::told,
};
use crate::attack::{Attack, MIB, Promise, frames::CLOSE};

pub(super) const ATTACKS: &[Attack] = &[
    Attack::client(18, "server-closes-at-once-for-ever", FEW, |it| {
        closes_at_once(it).boxed_local()
    }),
    Attack::client(18, "server-resets-at-once-for-ever", FEW, |it| {
        resets_at_once(it).boxed_local()
    }),
    Attack::client(10, "server-is-busy-for-ever-and-says-much", MUCH, |it| {
        says_much(it).boxed_local()
    }),
    Attack::client(11, "server-asks-to-wait-oddly", WAITS, |it| {
        waits(it).boxed_local()
    }),
    Attack::client(7, "nobody-is-there-and-much-is-said", BOUNDED, |it| {
        offline(it).boxed_local()
    }),
];

/// Delays by chance, of 1, 2, 4 s and so on at most: of a spin there were
/// thousands.
const FEW: Promise = Promise::answer("came back a few times")
    .growth(2 * MIB)
    .cpu(1);
const MUCH: Promise = Promise::answer("came back a few times")
    .growth(2 * MIB)
    .cpu(1);
const WAITS: Promise = Promise::answer("12 of 12 as they should").growth(2 * MIB);
const BOUNDED: Promise = Promise::answer("16 of 1000 messages kept")
    .growth(4 * MIB)
    .cpu(1);

/// How often the client came within some seconds.
async fn came(site: &Site, receive: impl AsyncFn(super::host::Host)) -> String {
    let order = site
        .order()
        .reconnects(Reconnects::For(Duration::from_secs(4)));
    let count = Cell::new(0);
    let hosting = async {
        loop {
            let host = site.host().await;
            count.set(count.get() + 1);
            receive(host).await;
        }
    };
    let answers = tokio::select! {
        answers = site.dial(order) => answers,
        () = hosting => unreachable!("it goes on for ever"),
    };
    match (count.get(), &*answers[0].losses) {
        (2..40, [_, ..]) => "came back a few times".to_owned(),
        (count, losses) => format!("came {count} times: {losses:?}"),
    }
}

async fn closes_at_once(site: Site) -> String {
    came(&site, async |mut host| {
        host.open().await;
        host.frame(CLOSE, &1012_u16.to_be_bytes()).await.ok();
        host.code().await;
    })
    .await
}

async fn resets_at_once(site: Site) -> String {
    came(&site, async |mut host| {
        host.open().await;
        host.raw.reset();
    })
    .await
}

async fn says_much(site: Site) -> String {
    let fields: String = (0..90)
        .map(|it| format!("X-{it}: {}\r\n", "x".repeat(150)))
        .collect();
    let answer = format!("HTTP/1.1 503 Busy\r\n{fields}\r\n{}", "x".repeat(100_000));
    came(&site, async |mut host| {
        host.raw.try_send(&answer).await.ok();
    })
    .await
}

/// What the client waits for, in seconds: up to an hour, and by chance up to 2 s
/// more.
async fn waits(site: Site) -> String {
    let table = [
        ("0", 0),
        ("100", 100),
        ("3600", 3600),
        ("3601", 3600),
        ("1000000000", 3600),
        ("18446744073709551615", 3600),
        ("99999999999999999999999999", 0),
        ("-5", 0),
        ("soon", 0),
        ("\u{ff}", 0),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 3600),
    ];
    let mut wrong = Vec::new();
    for (value, least) in table {
        let order: Order = site.order().reconnects(Reconnects::Until(1));
        let hosting = async {
            let mut host = site.host().await;
            let answer = format!("HTTP/1.1 503 Busy\r\nRetry-After: {value}\r\n\r\n");
            host.raw.try_send(answer).await.ok();
        };
        let (answers, ()) = tokio::join!(site.dial(order), hosting);
        let delay = answers[0].losses.first().and_then(|(_, delay)| *delay);
        let expected = Duration::from_secs(least)..=Duration::from_secs(least + 2);
        if !delay.is_some_and(|delay| expected.contains(&delay)) {
            wrong.push(format!("{value}: {delay:?}"));
        }
    }
    told(table.len(), "as they should", wrong)
}

async fn offline(site: Site) -> String {
    let order = Order::new("ws://127.0.0.1:1/".to_owned());
    let order = order
        .deed(Deed::SayOffline(1000))
        .reconnects(Reconnects::Until(2));
    let answers = site.dial(order).await;
    format!("{} of 1000 messages kept", answers[0].accepted)
}
