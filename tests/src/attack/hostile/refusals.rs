//! Class 10: refusals that do not end.

use futures_util::FutureExt;
use tokio::time::sleep;

use super::{SOON, Site};
use crate::attack::{Attack, MIB, Promise, deflate::bomb};

pub(super) const ATTACKS: &[Attack] = &[
    Attack::client(10, "server-refuses-without-end", CUT, |it| {
        refusal(it, "", b"no ".repeat(20_000)).boxed_local()
    }),
    Attack::client(10, "server-refuses-with-2-to-the-64-bytes", CUT, |it| {
        refusal(
            it,
            "Content-Length: 18446744073709551615\r\n",
            vec![0; 60_000],
        )
        .boxed_local()
    }),
    Attack::client(10, "server-refuses-in-chunks-without-end", CUT, |it| {
        refusal(it, CHUNKED, b"1\r\nx\r\n".repeat(10_000)).boxed_local()
    }),
    Attack::client(10, "server-refuses-in-a-chunk-without-end", CUT, |it| {
        let mut chunk = b"ffffffffffffffff\r\n".to_vec();
        chunk.resize(60_000, b'x');
        refusal(it, CHUNKED, chunk).boxed_local()
    }),
    Attack::client(10, "server-refuses-with-a-compressed-bomb", CUT, |it| {
        // It is not inflated: whoever wants to read it knows its own limits.
        refusal(it, "Content-Encoding: deflate\r\n", bomb(64)).boxed_local()
    }),
    Attack::client(
        9,
        "server-refuses-with-a-chunk-size-byte-by-byte",
        NOTHING,
        |it| chunk_size(it).boxed_local(),
    ),
    Attack::client(10, "server-refuses-slowly", SLOWLY, |it| {
        slow(it).boxed_local()
    }),
];

const CHUNKED: &str = "Transfer-Encoding: chunked\r\n";
const CUT: Promise = Promise::answer("Refused(500, 65536 bytes)").growth(2 * MIB);
const NOTHING: Promise = Promise::answer("Refused(500, 0 bytes)")
    .growth(2 * MIB)
    .cpu(2);
const SLOWLY: Promise = Promise::answer("some of it").growth(2 * MIB).cpu(1);

/// A body that goes on for as long as the client listens, 20 MB at most.
async fn refusal(site: Site, fields: &str, piece: Vec<u8>) -> String {
    let hosting = async {
        let mut host = site.host().await;
        let head = format!("HTTP/1.1 500 Oh\r\n{fields}\r\n");
        host.raw.try_send(head).await.ok();
        host.raw.send_on(&piece, 20_000_000 / piece.len()).await;
    };
    site.end_of(site.order(), hosting).await
}

/// A size with an extension, of which each byte comes by itself.
async fn chunk_size(site: Site) -> String {
    let hosting = async {
        let mut host = site.host().await;
        let head = format!("HTTP/1.1 500 Oh\r\n{CHUNKED}\r\n1;");
        host.raw.try_send(head).await.ok();
        host.raw.send_on("x", 200_000).await;
    };
    site.end_of(site.order(), hosting).await
}

async fn slow(site: Site) -> String {
    let hosting = async {
        let mut host = site.host().await;
        let head = "HTTP/1.1 503 Busy\r\nContent-Length: 1000\r\n\r\n";
        host.raw.try_send(head).await.ok();
        while host.raw.try_send("x").await.is_ok() {
            // Slow, but no gap is as long as the client's patience.
            sleep(SOON / 10).await;
        }
    };
    let order = site.order().patience(SOON);
    let end = site.end_of(order, hosting).await;
    let read = end
        .strip_prefix("Refused(503, ")
        .and_then(|it| it.strip_suffix(" bytes)"));
    match read.and_then(|it| it.parse::<usize>().ok()) {
        Some(1..1000) => "some of it".to_owned(),
        _ => end,
    }
}
