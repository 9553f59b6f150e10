//! Messages, fragments, Pings and Pongs.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::stream;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use ws_core::Opcode;

use super::{call::Call, caller::Heard, close, exchange, serve, talk};
use crate::{
    each_library,
    material::{LENGTHS, bytes, text},
    peer::{Kind, Library, Peer, Seen},
};

each_library! {
    client_and_server_tell_each_other_messages_of_all_sizes: Ws Websockets Tungstenite;
    client_puts_fragments_together: Ws Websockets Tungstenite;
    server_puts_a_stream_of_the_client_together: Ws Websockets Tungstenite;
    client_answers_pings_amid_messages: Ws Websockets Tungstenite;
    client_and_server_answer_each_others_pings: Ws Websockets Tungstenite;
}

async fn client_and_server_tell_each_other_messages_of_all_sizes(library: Library) {
    let (server, mut peer) = serve(library).await;
    let mut call = talk(server, &mut peer).await;
    for length in LENGTHS {
        exchange(&mut call, &mut peer, Kind::Text, &text(length)).await;
        exchange(&mut call, &mut peer, Kind::Binary, &bytes(length)).await;
    }
    // Now without waiting for each other.
    for length in LENGTHS {
        call.say(Kind::Binary, &bytes(length)).await;
        peer.say(Kind::Binary, &bytes(length)).await;
    }
    for length in LENGTHS {
        peer.hears(Kind::Binary, &bytes(length)).await;
        call.hears(Kind::Binary, &bytes(length)).await;
    }
    close(call, &mut peer).await;
    peer.ended().await;
}

async fn client_puts_fragments_together(library: Library) {
    let (server, mut peer) = serve(library).await;
    let mut call = talk(server, &mut peer).await;
    for pieces in [2, 7, 100] {
        // Texts are cut within characters, too.
        for length in [1001, 70_001] {
            let message = text(length);
            let pieces: Vec<_> = message.chunks(length.div_ceil(pieces)).collect();
            for kind in [Kind::Text, Kind::Binary] {
                peer.say_in_pieces(kind, &pieces, None).await;
                call.hears(kind, &message).await;
            }
        }
    }
    let some_empty: &[&[u8]] = &[b"", b"a", b"", "\u{1f980}".as_bytes(), b""];
    peer.say_in_pieces(Kind::Text, some_empty, None).await;
    call.hears(Kind::Text, "a\u{1f980}".as_bytes()).await;
    close(call, &mut peer).await;
    peer.ended().await;
}

async fn server_puts_a_stream_of_the_client_together(library: Library) {
    let (server, mut peer) = serve(library).await;
    let call = talk(server, &mut peer).await;
    for length in [0, 1, 1001, 200_001] {
        let message = text(length);
        for (kind, size) in [(Kind::Text, 997), (Kind::Binary, 70_001)] {
            let parts = stream(&call, kind).await;
            for part in message.chunks(size) {
                parts
                    .send(Bytes::copy_from_slice(part))
                    .expect("the stream is read");
            }
            drop(parts);
            // What is said meanwhile waits for its end.
            call.say(Kind::Text, b"done").await;
            peer.hears(kind, &message).await;
            peer.hears(Kind::Text, b"done").await;
        }
    }
    close(call, &mut peer).await;
    peer.ended().await;
}

async fn client_answers_pings_amid_messages(library: Library) {
    let (server, mut peer) = serve(library).await;
    let mut call = talk(server, &mut peer).await;
    for kind in [Kind::Text, Kind::Binary] {
        let pieces: &[&[u8]] = &[b"one ", b"message ", b"in pieces"];
        peer.say_in_pieces(kind, pieces, Some(b"amid")).await;
        assert_eq!(peer.seen().await, Seen::pong(b"amid"));
        assert!(matches!(call.heard().await, Heard::Ping(it) if it == "amid"));
        call.hears(kind, b"one message in pieces").await;

        let parts = stream(&call, kind).await;
        parts
            .send("one message ".into())
            .expect("the stream is read");
        ping(&mut call, &mut peer, b"during the stream").await;
        call.act(|ctx| ctx.ping("and back")).await;
        parts
            .send("as a stream".into())
            .expect("the stream is read");
        drop(parts);
        peer.hears(kind, b"one message as a stream").await;
        pong(&mut call, &mut peer, b"and back").await;
    }
    close(call, &mut peer).await;
    peer.ended().await;
}

async fn client_and_server_answer_each_others_pings(library: Library) {
    let (server, mut peer) = serve(library).await;
    let mut call = talk(server, &mut peer).await;
    // 125 bytes is all that a control frame holds.
    for length in [0, 1, 125] {
        let payload = bytes(length);
        ping(&mut call, &mut peer, &payload).await;
        let pinged = payload.clone();
        call.act(move |ctx| ctx.ping(pinged)).await;
        pong(&mut call, &mut peer, &payload).await;
    }
    close(call, &mut peer).await;
    peer.ended().await;
}

/// Has the server ping.
async fn ping(call: &mut Call, peer: &mut Peer, payload: &[u8]) {
    peer.ping(payload).await;
    assert_eq!(peer.seen().await, Seen::pong(payload));
    let heard = call.heard().await;
    assert!(
        matches!(&heard, Heard::Ping(it) if it == payload),
        "{heard:?}"
    );
}

/// Waits until the client has heard that its Ping was answered.
async fn pong(call: &mut Call, peer: &mut Peer, payload: &[u8]) {
    // tungstenite answers when it reads again.
    call.say(Kind::Text, b"and?").await;
    peer.hears(Kind::Text, b"and?").await;
    let heard = call.heard().await;
    assert!(
        matches!(&heard, Heard::Pong(it) if it == payload),
        "{heard:?}"
    );
}

/// Has the actor send a message whose parts the test gives.
async fn stream(call: &Call, kind: Kind) -> UnboundedSender<Bytes> {
    let (sender, receiver) = unbounded_channel();
    let opcode = match kind {
        Kind::Text => Opcode::TEXT,
        Kind::Binary => Opcode::BINARY,
    };
    call.act(move |ctx| {
        let parts = stream::unfold(receiver, |mut receiver| async {
            let part: Bytes = receiver.recv().await?;
            Some((Ok::<_, Infallible>(part), receiver))
        });
        ctx.stream(opcode, parts)
    })
    .await;
    sender
}
