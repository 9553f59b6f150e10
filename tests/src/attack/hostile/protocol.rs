//! Classes 13, 14 and 17: frames that break the protocol.

use futures_util::FutureExt;

use super::{
    Site,
    host::{COMPRESSED, frame},
    words::told,
};
use crate::attack::{
    Attack, MIB, Promise,
    deflate::{FINAL, compressed},
    frames::{
        BINARY, BINARY_BEGINS, CLOSE, ENDS, FIN, GOES_ON, PING, RSV1, RSV2, RSV3, TEXT,
        TEXT_BEGINS, frame as masked,
    },
};

pub(super) const ATTACKS: &[Attack] = &[
    Attack::client(14, "server-breaks-the-protocol", BROKEN, |it| {
        broken(it).boxed_local()
    }),
    Attack::client(13, "server-smuggles-messages-in-one", ONE, |it| {
        smuggles(it).boxed_local()
    }),
    Attack::client(17, "server-closes-in-every-way", CLOSES, |it| {
        closes(it).boxed_local()
    }),
    Attack::client(17, "server-speaks-on-after-its-close", AFTER, |it| {
        speaks_on(it).boxed_local()
    }),
];

const BROKEN: Promise = Promise::answer("29 of 29 as they should").growth(2 * MIB);
const ONE: Promise = Promise::answer("1 message of 12 bytes, Remote").growth(2 * MIB);
const CLOSES: Promise = Promise::answer("139 of 139 as they should").growth(2 * MIB);
const AFTER: Promise = Promise::answer("0 messages, 1000, Remote").growth(2 * MIB);

/// Bytes, and what the client answers to them, over a connection that does not
/// compress, or does.
async fn broken(site: Site) -> String {
    let plain = "";
    let two = |first: Vec<u8>, second: Vec<u8>| [first, second].concat();
    let table: Vec<(&str, Vec<u8>, &str)> = vec![
        (plain, masked(TEXT, b"masked"), "1002, MaskedFrame"),
        (plain, masked(PING, b"masked"), "1002, MaskedFrame"),
        (plain, frame(TEXT | RSV1, b"a"), "1002, ReservedBits"),
        (plain, frame(TEXT | RSV2, b"a"), "1002, ReservedBits"),
        (plain, frame(TEXT | RSV3, b"a"), "1002, ReservedBits"),
        (plain, frame(PING | RSV1, b"a"), "1002, ReservedBits"),
        (COMPRESSED, frame(TEXT | RSV2, b"a"), "1002, ReservedBits"),
        (COMPRESSED, frame(PING | RSV1, b"a"), "1002, Extension"),
        (
            COMPRESSED,
            frame(CLOSE | RSV1, &[3, 232]),
            "1002, Extension",
        ),
        (
            COMPRESSED,
            two(
                frame(TEXT_BEGINS | RSV1, &compressed(b"a")),
                frame(ENDS | RSV1, b""),
            ),
            "1002, Extension",
        ),
        (
            COMPRESSED,
            two(frame(TEXT_BEGINS, b"a"), frame(GOES_ON | RSV1, b"b")),
            "1002, Extension",
        ),
        (plain, frame(FIN | 3, b"a"), "1002, UnknownOpcode"),
        (plain, frame(FIN | 7, b"a"), "1002, UnknownOpcode"),
        (plain, frame(FIN | 11, b"a"), "1002, UnknownOpcode"),
        (plain, frame(FIN | 15, b"a"), "1002, UnknownOpcode"),
        (plain, frame(PING, &[0; 126]), "1002, ControlTooLong"),
        (plain, frame(CLOSE, &[3; 126]), "1002, ControlTooLong"),
        (plain, frame(9, b"a"), "1002, FragmentedControl"),
        (plain, frame(ENDS, b"a"), "1002, UnexpectedContinuation"),
        (plain, frame(GOES_ON, b"a"), "1002, UnexpectedContinuation"),
        (
            plain,
            two(frame(TEXT_BEGINS, b"a"), frame(TEXT, b"b")),
            "1002, ExpectedContinuation",
        ),
        (
            plain,
            two(frame(BINARY_BEGINS, b"a"), frame(BINARY, b"b")),
            "1002, ExpectedContinuation",
        ),
        (plain, frame(TEXT, b"\xff"), "1007, InvalidUtf8"),
        (plain, frame(TEXT, b"\xe2\x82"), "1007, InvalidUtf8"),
        (plain, frame(TEXT, b"\xed\xa0\x80"), "1007, InvalidUtf8"),
        // At once, and not when the message is whole.
        (plain, frame(TEXT_BEGINS, b"a\xc0"), "1007, InvalidUtf8"),
        (
            COMPRESSED,
            frame(TEXT | RSV1, &compressed(b"\xff")),
            "1007, InvalidUtf8",
        ),
        (COMPRESSED, frame(TEXT | RSV1, b"\x07"), "1007, Extension"),
        (
            COMPRESSED,
            frame(BINARY | RSV1, b"\xff\xff\xff\xff"),
            "1007, Extension",
        ),
    ];
    let mut wrong = Vec::new();
    for (number, (lines, bytes, expected)) in table.iter().enumerate() {
        let answer = said(&site, lines, bytes).await;
        if answer != *expected {
            wrong.push(format!("{number}: {answer} instead of {expected}"));
        }
    }
    told(table.len(), "as they should", wrong)
}

/// What the client answers these bytes with.
async fn said(site: &Site, lines: &str, bytes: &[u8]) -> String {
    site.against(site.order(), async |mut host| {
        let answer = host.answer(lines);
        host.raw.send(answer).await;
        host.raw.try_send(bytes).await.ok();
        host.last_code().await
    })
    .await
}

/// Bytes behind a final block, and a whole frame among them, are one message or
/// none: never two.
async fn smuggles(site: Site) -> String {
    let hosting = async {
        let mut host = site.host().await;
        host.open_compressed().await;
        let mut message = compressed(b"first ");
        message.extend([0, 0, 0xff, 0xff]);
        message.extend(FINAL);
        message.extend(compressed(b"second"));
        host.frame(TEXT | RSV1, &message).await.ok();
        host.frame(CLOSE, &[]).await.ok();
        host.last_code().await
    };
    let (answers, _) = tokio::join!(site.dial(site.order()), hosting);
    let answer = &answers[0];
    format!(
        "{} message of {} bytes, {}",
        answer.messages, answer.bytes, answer.end
    )
}

/// The code comes back, whatever the reason; what must not be sent is a fault.
async fn closes(site: Site) -> String {
    let mut table: Vec<(Vec<u8>, String)> = vec![
        (vec![], "1005, Remote".to_owned()),
        (vec![3], "1002, TruncatedCloseCode".to_owned()),
    ];
    for len in 0..=123 {
        let payload = [&1000_u16.to_be_bytes()[..], &vec![b'x'; len]].concat();
        table.push((payload, "1000, Remote".to_owned()));
    }
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535_u16] {
        let wrong = "1002, InvalidCloseCode".to_owned();
        table.push((code.to_be_bytes().to_vec(), wrong));
    }
    for code in [3000, 4999_u16] {
        table.push((code.to_be_bytes().to_vec(), format!("{code}, Remote")));
    }
    table.push((vec![3, 232, 0xff], "1007, InvalidUtf8".to_owned()));
    let mut wrong = Vec::new();
    for (payload, expected) in &table {
        let answer = site
            .against(site.order(), async |mut host| {
                host.open().await;
                host.frame(CLOSE, payload).await.ok();
                let code = host.last_code().await;
                // What was not said must not come back.
                assert!(code.len() <= 4, "{code}");
                code
            })
            .await;
        if answer != *expected {
            wrong.push(format!("{payload:?}: {answer}"));
        }
    }
    told(table.len(), "as they should", wrong)
}

async fn speaks_on(site: Site) -> String {
    let hosting = async {
        let mut host = site.host().await;
        host.open().await;
        let mut bytes = frame(CLOSE, &1000_u16.to_be_bytes());
        for _ in 0..1000 {
            bytes.extend(frame(TEXT, b"one more thing"));
            bytes.extend(frame(PING, b"one more ping"));
        }
        host.raw.try_send(bytes).await.ok();
        host.last_code().await
    };
    let (answers, code) = tokio::join!(site.dial(site.order()), hosting);
    format!(
        "{} messages, {code}, {}",
        answers[0].messages, answers[0].end
    )
}
