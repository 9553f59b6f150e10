//! Classes 11 and 12: answers that are odd, and bytes before and behind them.

use futures_util::FutureExt;

use super::{Site, host::frame, order::Deed, words::told};
use crate::attack::{
    Attack, MIB, Promise,
    frames::{BINARY, CLOSE, TEXT},
};

pub(super) const ATTACKS: &[Attack] = &[
    Attack::client(11, "server-answers-oddly", ODD, |it| odd(it).boxed_local()),
    Attack::client(11, "server-agrees-to-what-was-not-offered", TERMS, |it| {
        terms(it).boxed_local()
    }),
    Attack::client(11, "server-answers-in-another-protocol", OTHERS, |it| {
        others(it).boxed_local()
    }),
    Attack::client(12, "server-says-all-in-one-packet", ONE_PACKET, |it| {
        one_packet(it).boxed_local()
    }),
    Attack::client(12, "server-says-frames-before-its-answer", BEFORE, |it| {
        before(it).boxed_local()
    }),
];

const ODD: Promise = Promise::answer("24 of 24 as they should").growth(2 * MIB);
const TERMS: Promise = Promise::answer("23 of 23 as they should").growth(2 * MIB);
const OTHERS: Promise = Promise::answer("8 of 8 as they should").growth(2 * MIB);
const ONE_PACKET: Promise = Promise::answer("300 messages, Remote").growth(2 * MIB);
const BEFORE: Promise = Promise::answer("Opening(Head(Malformed").growth(2 * MIB);

/// What the client makes of this answer, in which `ACCEPT` stands for what it
/// should be. It offers `one` and `two`. Whatever opens is closed at once.
async fn made_of(site: &Site, answer: &str) -> String {
    let order = site.order().subprotocols(&["one", "two"]).deed(Deed::Close);
    let hosting = async {
        let mut host = site.host().await;
        let answer = answer.replace("ACCEPT", &host.accept());
        host.raw.try_send(answer).await.ok();
        let code = host.code().await;
        if code == "1000" {
            host.frame(CLOSE, &1000_u16.to_be_bytes()).await.ok();
        } else {
            assert!(["eof", "reset"].contains(&&*code), "{code}");
        }
    };
    site.end_of(order, hosting).await
}

async fn compare(site: &Site, table: &[(String, &str)]) -> String {
    let mut wrong = Vec::new();
    for (answer, expected) in table {
        let end = made_of(site, answer).await;
        if !end.starts_with(expected) {
            wrong.push(format!("{answer:?}: {end}"));
        }
    }
    told(table.len(), "as they should", wrong)
}

async fn odd(site: Site) -> String {
    let answer = |status: &str, upgrade: &str, connection: &str, accept: &str, more: &str| {
        format!("HTTP/1.1 {status}\r\n{upgrade}{connection}{accept}{more}\r\n")
    };
    let (ok, up) = ("101 Switching Protocols", "Upgrade: websocket\r\n");
    let (on, by) = (
        "Connection: Upgrade\r\n",
        "Sec-WebSocket-Accept: ACCEPT\r\n",
    );
    let wrong_accept = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
    let upgrade = "Opening(Response(Upgrade))";
    let connection = "Opening(Response(Connection))";
    let accept = "Opening(Response(Accept))";
    let subprotocol = "Opening(Response(Subprotocol))";
    let malformed = "Opening(Head(Malformed";
    let table = [
        (answer(ok, up, on, by, ""), "Local"),
        // A length means nothing here (RFC 9112 §6.3).
        (answer(ok, up, on, by, "Content-Length: 100\r\n"), "Local"),
        (
            answer(ok, up, on, by, "Transfer-Encoding: chunked\r\n"),
            "Local",
        ),
        (answer(ok, "", on, by, ""), upgrade),
        (answer(ok, "Upgrade: h2c\r\n", on, by, ""), upgrade),
        (
            answer(ok, "Upgrade: h2c\r\nUpgrade: websocket\r\n", on, by, ""),
            upgrade,
        ),
        (
            answer(
                ok,
                "Upgrade: websocket\r\nUpgrade: websocket\r\n",
                on,
                by,
                "",
            ),
            upgrade,
        ),
        (answer(ok, up, "", by, ""), connection),
        (answer(ok, up, "Connection: close\r\n", by, ""), connection),
        (
            answer(ok, up, "Connection: not-an-upgrade\r\n", by, ""),
            connection,
        ),
        (answer(ok, up, on, "", ""), accept),
        (answer(ok, up, on, wrong_accept, ""), accept),
        (answer(ok, up, on, "Sec-WebSocket-Accept: \r\n", ""), accept),
        (answer(ok, up, on, &by.repeat(2), ""), accept),
        (answer(ok, up, on, &[by, wrong_accept].concat(), ""), accept),
        (answer(ok, up, on, &[wrong_accept, by].concat(), ""), accept),
        (
            answer(ok, up, on, by, "Sec-WebSocket-Protocol: three\r\n"),
            subprotocol,
        ),
        (
            answer(ok, up, on, by, "Sec-WebSocket-Protocol: ONE\r\n"),
            subprotocol,
        ),
        (
            answer(ok, up, on, by, "Sec-WebSocket-Protocol: one, two\r\n"),
            subprotocol,
        ),
        (
            answer(ok, up, on, by, &"Sec-WebSocket-Protocol: one\r\n".repeat(2)),
            subprotocol,
        ),
        // A status that is not 101 opens nothing, whatever stands behind it.
        (
            answer("200 OK", up, on, by, "Content-Length: 0\r\n"),
            "Refused(200, 0 bytes)",
        ),
        (answer("1010 Odd", up, on, by, ""), malformed),
        (answer(ok, up, "Connection: Upgrade\n", by, ""), "Local"),
        (answer(ok, up, on, by, "X: a\r\n folded\r\n"), malformed),
    ];
    compare(&site, &table).await
}

async fn terms(site: Site) -> String {
    let with = |terms: &str| {
        format!(
            "HTTP/1.1 101 \r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: ACCEPT\r\nSec-WebSocket-Extensions: {terms}\r\n\r\n"
        )
    };
    let refused = "Opening(Response(Extension(Parameters(";
    let not_offered = "Opening(Response(Extension(NotOffered(";
    let malformed = "Opening(Response(Malformed(\"Sec-WebSocket-Extensions\")))";
    let deflate = |terms: &str| with(&format!("permessage-deflate; {terms}"));
    let table = [
        (
            with("permessage-deflate; server_max_window_bits=12"),
            "Local",
        ),
        (
            with("permessage-deflate; server_max_window_bits=8; client_max_window_bits=8"),
            "Local",
        ),
        // Without a number it is 15 bits, which is more than was offered.
        (with("permessage-deflate"), refused),
        (deflate("server_max_window_bits=15"), refused),
        (deflate("server_max_window_bits=13"), refused),
        (deflate("server_max_window_bits=7"), refused),
        (deflate("server_max_window_bits=16"), refused),
        (deflate("server_max_window_bits=0"), refused),
        (deflate("server_max_window_bits=-1"), refused),
        (deflate("server_max_window_bits=08"), refused),
        (
            deflate("server_max_window_bits=99999999999999999999"),
            refused,
        ),
        (deflate("server_max_window_bits"), refused),
        (
            deflate("server_max_window_bits=12; server_max_window_bits=12"),
            refused,
        ),
        (
            deflate("server_max_window_bits=12; client_max_window_bits"),
            refused,
        ),
        (
            deflate("server_max_window_bits=12; client_max_window_bits=16"),
            refused,
        ),
        (
            deflate("server_max_window_bits=12; server_no_context_takeover=1"),
            refused,
        ),
        (deflate("server_max_window_bits=12; constructor"), refused),
        (
            with(
                "permessage-deflate; server_max_window_bits=12, permessage-deflate; server_max_window_bits=12",
            ),
            refused,
        ),
        (with("constructor"), not_offered),
        (with("x-webkit-deflate-frame"), not_offered),
        (
            with("permessage-deflate; server_max_window_bits=\"12"),
            malformed,
        ),
        (
            with("permessage-deflate; server_max_window_bits="),
            malformed,
        ),
        (with(";"), malformed),
    ];
    compare(&site, &table).await
}

async fn others(site: Site) -> String {
    let malformed = "Opening(Head(Malformed";
    let table = [
        ("HTTP/2 101 \r\n\r\n".to_owned(), malformed),
        (
            "HTTP/1.1 101\nUpgrade: websocket\n\n\r\n\r\n".to_owned(),
            malformed,
        ),
        ("SSH-2.0-OpenSSH_9.6\r\n\r\n".to_owned(), malformed),
        ("220 mail.example ESMTP\r\n\r\n".to_owned(), malformed),
        ("\0\0\u{12}\u{4}\0\0\0\0\0\r\n\r\n".to_owned(), malformed),
        ("HTTP/1.1 101 \r\nX: a\0b\r\n\r\n".to_owned(), malformed),
        ("HTTP/1.1 101 \r\nX : a\r\n\r\n".to_owned(), malformed),
        ("GET / HTTP/1.1\r\n\r\n".to_owned(), malformed),
    ];
    compare(&site, &table).await
}

/// The answer, three hundred messages and the Close frame at once.
async fn one_packet(site: Site) -> String {
    let hosting = async {
        let mut host = site.host().await;
        let mut bytes = host.answer("").into_bytes();
        for number in 0..300 {
            let first = if number % 2 == 0 { TEXT } else { BINARY };
            bytes.extend(frame(first, format!("{number}").as_bytes()));
        }
        bytes.extend(frame(CLOSE, &1001_u16.to_be_bytes()));
        host.raw.send(bytes).await;
        host.last_code().await
    };
    let (answers, code) = tokio::join!(site.dial(site.order()), hosting);
    assert_eq!(code, "1001");
    format!("{} messages, {}", answers[0].messages, answers[0].end)
}

async fn before(site: Site) -> String {
    let hosting = async {
        let mut host = site.host().await;
        let mut bytes = frame(TEXT, b"early");
        bytes.extend(host.answer("").into_bytes());
        host.raw.try_send(bytes).await.ok();
        host.raw.rest().await;
    };
    let end = site.end_of(site.order(), hosting).await;
    end[..end.find("(\"").unwrap_or(end.len())].to_owned()
}
