//! Proxies that mean harm.

use futures_util::FutureExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{SOON, Site, host::Host, order::Order, words::told};
use crate::attack::{Attack, MIB, Promise, frames::TEXT};

pub(super) const ATTACKS: &[Attack] = &[
    Attack::client(10, "proxy-answers-fields-without-end", TOO_LONG, |it| {
        endless(it, "HTTP/1.1 200 OK\r\n", "X-Field: value\r\n").boxed_local()
    }),
    Attack::client(
        10,
        "proxy-answers-empty-lines-without-end",
        TOO_LONG,
        |it| endless(it, "", "\r\n").boxed_local(),
    ),
    Attack::client(
        10,
        "proxy-answers-interim-responses-without-end",
        TOO_LONG,
        |it| endless(it, "", "HTTP/1.1 102 Processing\r\n\r\n").boxed_local(),
    ),
    Attack::client(10, "proxy-refuses-without-end", REFUSED, |it| {
        endless(it, "HTTP/1.1 407 Who?\r\n\r\n", "nobody that I know\r\n").boxed_local()
    }),
    Attack::client(9, "proxy-answers-nothing", LATE, |it| {
        nothing(it).boxed_local()
    }),
    Attack::client(12, "proxy-says-more-behind-its-answer", MORE, |it| {
        says_more(it).boxed_local()
    }),
    Attack::client(11, "proxy-answers-oddly-over-socks", SOCKS, |it| {
        odd_socks(it).boxed_local()
    }),
];

const TOO_LONG: Promise = Promise::answer("Proxy(Malformed)").growth(2 * MIB);
const REFUSED: Promise = Promise::answer("Proxy(Refused(407, 65536 bytes))").growth(2 * MIB);
const LATE: Promise = Promise::answer("Timeout(Proxy), Timeout(Proxy)")
    .growth(2 * MIB)
    .cpu(1);
/// What stands behind the proxy's head is the server's: no frame before its 101.
const MORE: Promise = Promise::answer("Opening(Head(Malformed").growth(2 * MIB);
const SOCKS: Promise = Promise::answer("14 of 14 as they should").growth(2 * MIB);

fn order(site: &Site, scheme: &str) -> Order {
    let order = Order::new("ws://server.test/".to_owned());
    order.proxy(format!("{scheme}://{}", site.address()))
}

/// Goes on for as long as the client listens, 20 MB at most.
async fn endless(site: Site, begin: &str, goes_on: &str) -> String {
    let piece = goes_on.repeat(64 * 1024 / goes_on.len());
    let hosting = async {
        let mut host = site.host().await;
        assert_eq!(host.request.target, "server.test:80");
        host.raw.try_send(begin).await.ok();
        host.raw.send_on(&piece, 320).await;
    };
    site.end_of(order(&site, "http"), hosting).await
}

async fn nothing(site: Site) -> String {
    let mut ends = Vec::new();
    for scheme in ["http", "socks5"] {
        let order = order(&site, scheme).connect_timeout(SOON);
        ends.push(site.end_of(order, site.guest()).await);
    }
    ends.join(", ")
}

async fn says_more(site: Site) -> String {
    let hosting = async {
        let mut host = site.host().await;
        let mut answer = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
        answer.extend(super::host::frame(TEXT, b"\r\n\r\n"));
        host.raw.try_send(answer).await.ok();
        let mut host = Host::over(host.raw).await;
        let open = host.answer("");
        host.raw.try_send(open).await.ok();
        host.raw.rest().await;
    };
    let end = site.end_of(order(&site, "http"), hosting).await;
    end[..end.find("(\"").unwrap_or(end.len())].to_owned()
}

/// Bytes that answer the greeting, and those that answer the request.
async fn odd_socks(site: Site) -> String {
    let long_name = [&[5, 0, 0, 3, 255][..], &[b'a'; 257]].concat();
    let odd: [(&[u8], &[u8], &str); 14] = [
        (b"HTTP/1.1 400 Bad\r\n\r\n", b"", "Proxy(Malformed)"),
        (&[4, 0], b"", "Proxy(Malformed)"),
        (&[5, 255], b"", "Proxy(Credentials)"),
        (&[5, 2], b"", "Proxy(Credentials)"),
        (&[5, 1], b"", "Proxy(Malformed)"),
        (&[5], b"", "Proxy(Ended)"),
        (&[5, 0], &[4, 0, 0, 1, 0, 0, 0, 0, 0, 0], "Proxy(Malformed)"),
        (&[5, 0], &[5, 0, 9, 1, 0, 0, 0, 0, 0, 0], "Proxy(Malformed)"),
        (&[5, 0], &[5, 0, 0, 9, 0, 0, 0, 0, 0, 0], "Proxy(Malformed)"),
        (
            &[5, 0],
            &[5, 200, 0, 1, 0, 0, 0, 0, 0, 0],
            "Proxy(Malformed)",
        ),
        (&[5, 0], &[5, 2, 0, 1, 0, 0, 0, 0, 0, 0], "Proxy(Forbidden)"),
        (&[5, 0], &[5, 0, 0, 3, 255, 1, 2, 3], "Proxy(Ended)"),
        (
            &[5, 0],
            &[5, 0, 0, 3, 4, 255, 254, 253, 252, 0, 0],
            "Proxy(Malformed)",
        ),
        // A name as long as can be; then the server says nothing.
        (&[5, 0], &long_name, "Opening(Ended)"),
    ];
    let mut wrong = Vec::new();
    for (number, (greeting, reply, expected)) in odd.iter().enumerate() {
        let hosting = async {
            let mut stream = site.guest().await;
            let mut asked = [0; 600];
            // The greeting, and the request behind it.
            let _came = stream.read(&mut asked).await;
            stream.write_all(greeting).await.ok();
            if !reply.is_empty() {
                let _came = stream.read(&mut asked).await;
                stream.write_all(reply).await.ok();
            }
            stream.shutdown().await.ok();
            while matches!(stream.read(&mut asked).await, Ok(1..)) {}
        };
        let end = site.end_of(order(&site, "socks5"), hosting).await;
        if end != *expected {
            wrong.push(format!("{number}: {end}"));
        }
    }
    told(odd.len(), "as they should", wrong)
}
