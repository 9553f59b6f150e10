//! Classes 9 and 10: heads that do not end.

use futures_util::FutureExt;
use tokio::time::sleep;

use super::{SOON, Site};
use crate::attack::{Attack, MIB, Promise, answers};

pub(super) const ATTACKS: &[Attack] = &[
    Attack::client(10, "server-answers-fields-without-end", TOO_LONG, |it| {
        endless(
            it,
            "HTTP/1.1 101 Switching Protocols\r\n",
            "X-Field: value\r\n",
        )
        .boxed_local()
    }),
    Attack::client(10, "server-answers-a-field-of-20-mb", TOO_LONG, |it| {
        endless(
            it,
            "HTTP/1.1 101 Switching Protocols\r\nX: ",
            "aaaaaaaaaaaaaaaa",
        )
        .boxed_local()
    }),
    Attack::client(10, "server-answers-bytes-without-a-line", TOO_LONG, |it| {
        endless(it, "", "\x16\x03\x01\x02abcdefghijkl").boxed_local()
    }),
    Attack::client(
        10,
        "server-answers-empty-lines-without-end",
        TOO_LONG,
        |it| endless(it, "", "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n").boxed_local(),
    ),
    Attack::client(
        10,
        "server-answers-interim-responses-without-end",
        INTERIM,
        |it| endless(it, "", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n").boxed_local(),
    ),
    Attack::client(10, "server-answers-101-fields", FIELDS, |it| {
        fields(it).boxed_local()
    }),
    Attack::client(9, "server-answers-20-mb-in-pieces", TOO_LONG, |it| {
        in_pieces(it).boxed_local()
    }),
    Attack::client(9, "server-answers-16-kib-of-commas", COMMAS, |it| {
        commas(it).boxed_local()
    }),
    Attack::client(9, "server-answers-a-byte-at-a-time", LATE, |it| {
        slow(it, "HTTP/1.1 101 Switching Protocols\r\n").boxed_local()
    }),
    Attack::client(9, "server-answers-interim-responses-slowly", LATE, |it| {
        slow(it, "HTTP/1.1 100\r\n\r\nHTTP/1.1 100\r\n\r\n").boxed_local()
    }),
    Attack::client(10, "a-hundred-servers-answer-nothing", HUNDRED, |it| {
        hundred(it).boxed_local()
    }),
];

const TOO_LONG: Promise =
    Promise::answer("Opening(Head(TooLong { limit: 16384 }))").growth(2 * MIB);
const INTERIM: Promise = Promise::answer("Opening(Head(TooManyInterim))").growth(2 * MIB);
const FIELDS: Promise = Promise::answer("Opening(Head(TooManyFields))").growth(2 * MIB);
const COMMAS: Promise = Promise::answer(
    "Opening(Response(Malformed(\"Sec-WebSocket-Extensions\"))), \
     Opening(Response(Accept)), Opening(Response(Malformed(\"Sec-WebSocket-Protocol\")))",
)
.growth(2 * MIB)
.cpu(1);
const LATE: Promise = Promise::answer("Timeout(Opening)").growth(2 * MIB).cpu(1);
const HUNDRED: Promise = Promise::answer("Timeout(Opening)").growth(4 * MIB);

/// Goes on for as long as the client listens, 20 MB at most.
async fn endless(site: Site, begin: &str, goes_on: &str) -> String {
    let piece = goes_on.repeat(64 * 1024 / goes_on.len());
    let hosting = async {
        let mut host = site.host().await;
        host.raw.try_send(begin).await.ok();
        host.raw.send_on(&piece, 320).await;
        host.raw.rest().await;
    };
    site.end_of(site.order(), hosting).await
}

/// As many bytes in as many pieces as fit before it is given up: nothing is
/// looked at twice.
async fn in_pieces(site: Site) -> String {
    let hosting = async {
        let mut host = site.host().await;
        host.raw.try_send("HTTP/1.1 101 \r\nX: ").await.ok();
        host.raw.send_on("\r", 20_000_000).await;
        host.raw.rest().await;
    };
    site.end_of(site.order(), hosting).await
}

async fn fields(site: Site) -> String {
    let fields: String = (0..98).map(|it| format!("X-{it}: {it}\r\n")).collect();
    opened_with(&site, &fields).await
}

/// How a client ends that is answered with these fields more.
async fn opened_with(site: &Site, fields: &str) -> String {
    let hosting = async {
        let mut host = site.host().await;
        let answer = host.answer(fields);
        host.raw.try_send(answer).await.ok();
        host.raw.rest().await;
    };
    site.end_of(site.order(), hosting).await
}

/// Lists that are long, and quotes that do not end.
async fn commas(site: Site) -> String {
    let mut ends = Vec::new();
    let quotes = format!(
        "Sec-WebSocket-Extensions: a; b=\"{}\r\n",
        "\\\"".repeat(7000)
    );
    let commas = format!(
        "Sec-WebSocket-Extensions: {}\r\nSec-WebSocket-Accept: twice\r\n",
        ", ".repeat(7900)
    );
    let names = format!("Sec-WebSocket-Protocol: {}\r\n", ",\t;".repeat(5200));
    for lines in [quotes, commas, names] {
        ends.push(opened_with(&site, &lines).await);
    }
    ends.join(", ")
}

async fn slow(site: Site, head: &str) -> String {
    let hosting = async {
        let mut host = site.host().await;
        for byte in head.bytes().cycle() {
            if host.raw.try_send([byte]).await.is_err() {
                break;
            }
            // Slow, but no gap is as long as the client's patience.
            sleep(SOON / 10).await;
        }
    };
    let order = site.order().patience(SOON);
    site.end_of(order, hosting).await
}

async fn hundred(site: Site) -> String {
    let hosting = async {
        let mut guests = Vec::new();
        for _ in 0..100 {
            guests.push(site.guest().await);
        }
        guests
    };
    let order = site.order().patience(SOON).count(100);
    let (ends, guests) = tokio::join!(site.dial(order), hosting);
    drop(guests);
    answers(ends.into_iter().map(|answer| answer.end))
}
