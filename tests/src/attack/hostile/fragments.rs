//! Classes 3 to 6: fragments, single bytes, and lengths that are only said.

use futures_util::FutureExt;

use super::{
    SOON, Site,
    host::{announced, frame},
    order::Deed,
};
use crate::attack::{
    Attack, MIB, Promise, answers,
    deflate::compressed,
    frames::{BINARY, BINARY_BEGINS, CLOSE, ENDS, FIN, GOES_ON, PING, RSV1},
};

pub(super) const ATTACKS: &[Attack] = &[
    Attack::client(3, "server-sends-fragments-without-end", TOO_BIG, |it| {
        fragments(it, BINARY_BEGINS, vec![0; 4096]).boxed_local()
    }),
    Attack::client(
        4,
        "server-sends-empty-fragments-without-end",
        TOO_MANY,
        |it| fragments(it, BINARY_BEGINS, Vec::new()).boxed_local(),
    ),
    Attack::client(4, "server-sends-fragments-of-a-byte", TOO_MANY, |it| {
        fragments(it, BINARY_BEGINS, vec![7]).boxed_local()
    }),
    Attack::client(
        4,
        "server-sends-empty-compressed-fragments",
        TOO_MANY,
        |it| fragments(it, BINARY_BEGINS | RSV1, Vec::new()).boxed_local(),
    ),
    Attack::client(5, "server-sends-byte-by-byte", WHOLE, |it| {
        byte_by_byte(it).boxed_local()
    }),
    Attack::client(6, "server-announces-2-to-the-63-less-1", TOO_BIG, |it| {
        announces(it, u64::MAX >> 1).boxed_local()
    }),
    Attack::client(6, "server-announces-the-top-bit", OVERFLOW, |it| {
        announces(it, 1 << 63).boxed_local()
    }),
    Attack::client(6, "server-announces-2-gib", TOO_BIG, |it| {
        announces(it, 1 << 31).boxed_local()
    }),
    Attack::client(
        6,
        "server-announces-a-length-in-too-many-bytes",
        MINIMAL,
        |it| says(it, [&[BINARY, 126, 0, 5][..], b"hello"].concat()).boxed_local(),
    ),
    Attack::client(6, "server-announces-and-says-nothing", LATE, |it| {
        says_nothing(it).boxed_local()
    }),
];

const TOO_BIG: Promise = Promise::answer("1009, MessageTooBig");
const TOO_MANY: Promise = Promise::answer("1008, TooManyFragments");
const WHOLE: Promise = Promise::answer("1 message of 65536 bytes").cpu(10);
const OVERFLOW: Promise = Promise::answer("1002, LengthOverflow");
const MINIMAL: Promise = Promise::answer("1002, NonMinimalLength");
/// A MiB for each of a hundred would be a hundred.
const LATE: Promise = Promise::answer("1008, Timeout(Message)").growth(6 * MIB);

async fn fragments(site: Site, mut first: u8, piece: Vec<u8>) -> String {
    site.against(site.order(), async |mut host| {
        host.open_compressed().await;
        let pings = frame(PING, b"still there");
        for number in 0..100_000 {
            let mut bytes = frame(first, &piece);
            if number % 1000 == 0 {
                bytes.extend_from_slice(&pings);
            }
            if host.raw.try_send(bytes).await.is_err() {
                break;
            }
            first = GOES_ON;
        }
        host.last_code().await
    })
    .await
}

async fn byte_by_byte(site: Site) -> String {
    let hosting = async {
        let mut host = site.host().await;
        host.open_compressed().await;
        let message: Vec<u8> = (0..64 * 1024).map(|_| fastrand::u8(..)).collect();
        let mut bytes = Vec::new();
        let parts = compressed(&message);
        let (begin, end) = parts.split_at(parts.len() / 2);
        bytes.extend(frame(BINARY_BEGINS | RSV1, begin));
        bytes.extend(frame(ENDS, end));
        bytes.extend(frame(CLOSE, &[]));
        for byte in bytes {
            host.raw.send([byte]).await;
        }
        host.last_code().await
    };
    let (answers, _) = tokio::join!(site.dial(site.order()), hosting);
    let answer = &answers[0];
    format!("{} message of {} bytes", answer.messages, answer.bytes)
}

async fn announces(site: Site, len: u64) -> String {
    let bytes = if len > u64::MAX >> 1 {
        let mut header = vec![BINARY, 127];
        header.extend_from_slice(&len.to_be_bytes());
        header
    } else {
        announced(BINARY, len)
    };
    says(site, bytes).await
}

async fn says(site: Site, bytes: Vec<u8>) -> String {
    site.against(site.order(), async |mut host| {
        host.open().await;
        host.raw.try_send(&bytes).await.ok();
        host.last_code().await
    })
    .await
}

async fn says_nothing(site: Site) -> String {
    let order = site.order().patience(SOON).deed(Deed::Listen).count(100);
    let hosting = async {
        let mut hosts = Vec::new();
        for _ in 0..100 {
            let mut host = site.host().await;
            host.open().await;
            host.raw.send(announced(FIN | 2, MIB)).await;
            host.raw.send([0]).await;
            hosts.push(host);
        }
        let mut codes = Vec::new();
        for host in hosts {
            codes.push(host.last_code().await);
        }
        answers(codes)
    };
    let (ends, codes) = tokio::join!(site.dial(order), hosting);
    let ends = answers(ends.into_iter().map(|answer| answer.end));
    format!("{codes}, {ends}")
}
