//! Class 10: TLS handshakes that stall, of which the server has no request to
//! answer yet.

use std::{cell::Cell, net::SocketAddr, sync::Arc, time::Duration};

use futures_util::{FutureExt, future::join_all};
use tokio::time::sleep;
use tokio_rustls::rustls::ClientConnection;

use super::{Attack, MIB, Promise, Scene, answers, scene::server_name};
use crate::raw::Raw;

pub(super) const ATTACKS: &[Attack] = &[
    Attack::server(10, "stalled-tls-handshakes", STALLED, |it| {
        stalled(it).boxed_local()
    }),
    Attack::server(10, "tls-handshakes-byte-by-byte", ENDED, |it| {
        byte_by_byte(it).boxed_local()
    }),
];

/// A stock server has 256 handshakes under way, and lets nobody in meanwhile.
const STALLED: Promise = Promise::answer("ended without a word, others let in meanwhile")
    .or_on_stock("ended without a word, others let in behind them")
    .growth(8 * MIB)
    .seconds(15)
    .cpu(2);
/// Both give one up after 3 s.
const ENDED: Promise = Promise::answer("ended without a word")
    .growth(8 * MIB)
    .seconds(15)
    .cpu(2);

/// Nothing is sent, or some of the first message, and nothing more.
async fn stalled(scene: Scene) -> String {
    let (address, hello) = hello(&scene).await;
    let all = (0..300_usize).map(async |number| {
        let mut raw = Raw::connect(address).await;
        raw.send(&hello[..number % hello.len()]).await;
        raw
    });
    let all = join_all(all).await;
    let none_has_ended = Cell::new(true);
    let all = all.into_iter().map(async |raw| {
        let end = ended(raw).await;
        none_has_ended.set(false);
        end
    });
    let another = async {
        scene.connect_tls(&[]).await;
        none_has_ended.get()
    };
    let (is_first, ends) = tokio::join!(another, join_all(all));
    let when = if is_first { "meanwhile" } else { "behind them" };
    format!("{}, others let in {when}", answers(ends))
}

/// Each byte comes soon, and the last one far too late.
async fn byte_by_byte(scene: Scene) -> String {
    let (address, hello) = hello(&scene).await;
    let all = (0..20).map(async |_| {
        let mut raw = Raw::connect(address).await;
        for byte in &hello {
            // So that all of it would take four times as long as it may.
            sleep(Duration::from_secs(12) / hello.len() as u32).await;
            if raw.has_come().await || raw.try_send([*byte]).await.is_err() {
                return ended(raw).await;
            }
        }
        "taken".to_owned()
    });
    answers(join_all(all).await)
}

/// Where TLS is spoken, and the first message of a client.
async fn hello(scene: &Scene) -> (SocketAddr, Vec<u8>) {
    let (address, config) = scene.tls().await;
    let connection = ClientConnection::new(Arc::new(config), server_name());
    let mut connection = connection.expect("the configuration is whole");
    let mut hello = Vec::new();
    let written = connection.write_tls(&mut hello);
    written.expect("there is room in memory");
    (address, hello)
}

/// Waits for the end, whichever it is: what came last may not have been read.
async fn ended(mut raw: Raw) -> String {
    match raw.rest().await {
        (said, _) if said.is_empty() => "ended without a word".to_owned(),
        (said, _) => format!("{} bytes", said.len()),
    }
}
