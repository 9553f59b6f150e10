//! Attempts that are given up by who began them.

use tokio::{io::AsyncReadExt, sync::oneshot};
use ws_actors::client::Connector;

use crate::support::{listen, next, server::request};

#[tokio::test]
async fn a_dropped_attempt_leaves_no_connection() {
    let (listener, address) = listen().await;
    let connector = Connector::new(&format!("ws://{address}")).unwrap();
    let (asked, was_asked) = oneshot::channel();
    let server = tokio::spawn(async move {
        let mut stream = next(&listener).await;
        request(&mut stream).await;
        asked.send(()).unwrap();
        stream.read(&mut [0]).await.unwrap()
    });
    tokio::select! {
        opened = connector.connect() => panic!("{opened:?}"),
        asked = was_asked => asked.unwrap(),
    }
    assert_eq!(server.await.unwrap(), 0, "the server hears of it");
}
