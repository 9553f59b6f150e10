//! Frames over streams, and over a transport that breaks.

use std::task::{Context, Poll};

use bytes::BytesMut;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, BufWriter, duplex},
    time::sleep,
};
use ws_actors::{Io, Transport};
use ws_core::{Cause, CloseCode, SendQueue};

use crate::support::{
    frames::{self, PING, frame, text},
    play,
    probe::Heard,
    scene::{listener, probe},
    seconds, settle,
};

#[test]
fn a_client_actor_and_a_server_actor_talk_over_a_stream() {
    play(async {
        let (near, far) = duplex(100);
        let (client, client_task) = probe(|heard, ctx| match heard {
            Heard::Started => ctx.text("x".repeat(1000)).unwrap(),
            Heard::Text(_) => ctx.close(CloseCode::new(4000), "enough").unwrap(),
            _ => {}
        })
        .client()
        .open_on(Io(near));
        let (server, server_task) = probe(|heard, ctx| {
            if let Heard::Text(text) = heard {
                ctx.text(text.to_uppercase()).unwrap();
            }
        })
        .open_on(Io(far));
        client_task.await.unwrap();
        server_task.await.unwrap();

        assert_eq!(server.texts(), ["x".repeat(1000)]);
        assert_eq!(client.texts(), ["X".repeat(1000)]);
        assert_eq!(client.cause(), Cause::Local);
        assert_eq!(server.cause(), Cause::Remote);
        assert!(client.outcome().is_clean() && server.outcome().is_clean());
        // The server ends the transport at once, so nobody waits for a deadline.
        assert_eq!(client.when(&Heard::Dropped), Some(seconds(0)));
    });
}

#[test]
fn a_client_actor_and_a_server_actor_keep_each_other_alive() {
    play(async {
        let (near, far) = duplex(100);
        let (client, client_task) = listener().client().open_on(Io(near));
        let (server, server_task) = listener().open_on(Io(far));
        sleep(seconds(24 * 3600)).await;
        assert!(!client_task.is_finished() && !server_task.is_finished());
        let pinged = [&client, &server].map(|journal| {
            let pings = journal.all().into_iter();
            pings.filter(|it| matches!(it, Heard::Ping(_))).count()
        });
        assert!(pinged[0] + pinged[1] >= 4000, "{pinged:?}");
        client_task.abort();
        sleep(seconds(60)).await;
        assert!(server_task.is_finished());
        assert_eq!(server.cause(), Cause::TransportLost);
    });
}

#[test]
fn what_is_written_to_a_stream_that_buffers_is_flushed() {
    play(async {
        let (near, mut far) = duplex(1024);
        // TLS streams hold back what they took in the same way.
        let _open = listener().open_on(Io(BufWriter::new(near)));
        far.write_all(&frame(PING, "anyone?")).await.unwrap();
        let mut pong = [0; 9];
        let read = tokio::time::timeout(seconds(10), far.read_exact(&mut pong));
        read.await.expect("the pong is held back").unwrap();
        assert_eq!(frames::read(&pong)[0].payload, b"anyone?");
    });
}

#[test]
fn bytes_of_a_transport_that_broke_never_reach_another_connection() {
    play(async {
        let (broken, broken_task) = listener().open_on(Broken);
        let scene = listener().open();
        scene.peer.send(text("mine"));
        broken_task.await.unwrap();
        settle().await;
        assert_eq!(broken.cause(), Cause::TransportLost);
        assert_eq!(scene.journal.texts(), ["mine"]);
    });
}

/// A transport that breaks amid a read.
struct Broken;

impl Transport for Broken {
    fn poll_read(
        &mut self,
        _: &mut Context<'_>,
        buffer: &mut BytesMut,
    ) -> Poll<std::io::Result<usize>> {
        buffer.extend_from_slice(&text("not for others"));
        Poll::Ready(Err(std::io::ErrorKind::ConnectionReset.into()))
    }

    fn poll_write(
        &mut self,
        _: &mut Context<'_>,
        _: &mut SendQueue,
    ) -> Poll<std::io::Result<usize>> {
        Poll::Pending
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(&mut self, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
