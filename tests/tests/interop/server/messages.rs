//! Messages, fragments, Pings and Pongs.

use ws_tests::probe::Report;

use super::{close, echo, endpoint, report, talk};
use crate::{
    each_library,
    material::{LENGTHS, bytes, text},
    peer::{Kind, Library, Seen},
};

each_library! {
    server_echoes_messages_of_all_sizes: Ws Websockets Tungstenite;
    server_puts_fragments_together: Ws Websockets Tungstenite;
    server_answers_pings_amid_a_message: Ws Websockets Tungstenite;
    server_and_client_answer_each_others_pings: Ws Websockets Tungstenite;
}

async fn server_echoes_messages_of_all_sizes(library: Library) {
    let (server, mut reports, mut peer) = talk(library, endpoint()).await;
    for length in LENGTHS {
        echo(&mut peer, &mut reports, Kind::Text, &[&text(length)]).await;
        echo(&mut peer, &mut reports, Kind::Binary, &[&bytes(length)]).await;
    }
    // Now without waiting for each other.
    for length in LENGTHS {
        peer.say(Kind::Binary, &bytes(length)).await;
    }
    for length in LENGTHS {
        peer.hears(Kind::Binary, &bytes(length)).await;
        assert!(matches!(reports.next().await, Report::Binary(it) if it == bytes(length)));
    }
    close(server, reports, peer).await;
}

async fn server_puts_fragments_together(library: Library) {
    let (server, mut reports, mut peer) = talk(library, endpoint()).await;
    for pieces in [1, 2, 7, 100] {
        // Texts are cut within characters, too.
        for length in [100, 1001, 70_001, (1 << 20) + 3] {
            let message = text(length);
            let pieces: Vec<_> = message.chunks(length.div_ceil(pieces)).collect();
            echo(&mut peer, &mut reports, Kind::Text, &pieces).await;
            echo(&mut peer, &mut reports, Kind::Binary, &pieces).await;
        }
    }
    let empty: &[&[u8]] = &[b"", b"", b""];
    echo(&mut peer, &mut reports, Kind::Text, empty).await;
    echo(&mut peer, &mut reports, Kind::Binary, empty).await;
    let some_empty: &[&[u8]] = &[b"", b"a", b"", "\u{1f980}".as_bytes(), b""];
    echo(&mut peer, &mut reports, Kind::Text, some_empty).await;
    close(server, reports, peer).await;
}

async fn server_answers_pings_amid_a_message(library: Library) {
    let (server, mut reports, mut peer) = talk(library, endpoint()).await;
    for kind in [Kind::Text, Kind::Binary] {
        let pieces: &[&[u8]] = &[b"one ", b"message ", b"in pieces"];
        peer.say_in_pieces(kind, pieces, Some(b"amid")).await;
        assert_eq!(peer.seen().await, Seen::pong(b"amid"));
        peer.hears(kind, b"one message in pieces").await;
        assert_eq!(reports.next().await, Report::Ping("amid".into()));
        assert_eq!(reports.next().await, report(kind, b"one message in pieces"));
    }
    close(server, reports, peer).await;
}

async fn server_and_client_answer_each_others_pings(library: Library) {
    let (server, mut reports, mut peer) = talk(library, endpoint()).await;
    // 125 bytes is all that a control frame holds.
    for length in [0, 1, 125] {
        let payload = bytes(length);
        peer.ping(&payload).await;
        assert_eq!(peer.seen().await, Seen::pong(&payload));
        assert_eq!(reports.next().await, Report::Ping(payload.into()));
    }
    for _ in 0..3 {
        peer.text("ping").await;
        peer.hears(Kind::Text, b"ping").await;
        // tungstenite answers when it reads again.
        peer.text("and?").await;
        peer.hears(Kind::Text, b"and?").await;
        assert_eq!(reports.next().await, Report::Text("ping".to_owned()));
        let mut others = [reports.next().await, reports.next().await];
        others.sort_by_key(|report| matches!(report, Report::Text(_)));
        assert_eq!(others[0], Report::Pong("are you there?".into()));
        assert_eq!(others[1], Report::Text("and?".to_owned()));
    }
    close(server, reports, peer).await;
}
