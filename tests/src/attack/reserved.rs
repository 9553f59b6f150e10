//! Class 14: bits, opcodes and frames that nothing gives a meaning.

use futures_util::{FutureExt, future::join_all};

use super::{
    Attack, Promise, Scene, answers,
    deflate::compressed,
    frames::{
        BINARY, BINARY_BEGINS, CLOSE, ENDS, FIN, GOES_ON, PING, PONG, RSV1, RSV2, RSV3, TEXT,
        TEXT_BEGINS, frame,
    },
};

pub(super) const ATTACKS: &[Attack] = &[
    Attack::server(14, "compressed-though-not-agreed-on", WRONG, |it| {
        not_agreed_on(it).boxed_local()
    }),
    Attack::server(14, "compressed-control-frames", WRONG, |it| {
        let frames = [PING, PONG, CLOSE].map(|first| frame(first | RSV1, b"\x03\xe8"));
        each(it, frames.into()).boxed_local()
    }),
    Attack::server(14, "compressed-continuation", WRONG, |it| {
        let whole = [frame(TEXT_BEGINS, b"a"), frame(ENDS | RSV1, b"b")].concat();
        let begun = [
            frame(BINARY_BEGINS | RSV1, &compressed(b"a")),
            frame(GOES_ON | RSV1, b"b"),
        ];
        each(it, vec![whole, begun.concat()]).boxed_local()
    }),
    Attack::server(14, "reserved-bits", WRONG, |it| {
        let firsts = [TEXT, BINARY, BINARY_BEGINS, PING, CLOSE];
        let frames = [RSV2, RSV3, RSV2 | RSV3, RSV1 | RSV2].into_iter();
        let frames = frames.flat_map(|bits| firsts.map(|first| frame(first | bits, b"\x03\xe8")));
        each(it, frames.collect()).boxed_local()
    }),
    Attack::server(14, "reserved-opcodes", WRONG, |it| {
        let opcodes = [3, 4, 5, 6, 7, 0xb, 0xc, 0xd, 0xe, 0xf];
        each(it, opcodes.map(|it| frame(FIN | it, b"?")).into()).boxed_local()
    }),
    Attack::server(14, "control-frames-malformed", WRONG, |it| {
        let frames = [
            frame(PING, &[0; 126]),
            frame(PONG, &[0; 126]),
            frame(CLOSE, &[3; 126]),
            frame(PING & !FIN, b"half"),
            frame(CLOSE & !FIN, b""),
            frame(CLOSE, b"\x03"),
            frame(CLOSE, &1005_u16.to_be_bytes()),
            frame(CLOSE, &1006_u16.to_be_bytes()),
            frame(CLOSE, &0_u16.to_be_bytes()),
            frame(CLOSE, &65535_u16.to_be_bytes()),
        ];
        each(it, frames.into()).boxed_local()
    }),
    Attack::server(14, "frames-out-of-order-or-unmasked", WRONG, |it| {
        let interleaved = [frame(TEXT_BEGINS, b"a"), frame(TEXT, b"b")].concat();
        let frames = [
            frame(ENDS, b"of nothing"),
            frame(GOES_ON, b"of nothing"),
            interleaved,
            b"\x81\x05hello".to_vec(),
            b"GET /count HTTP/1.1\r\nHost: a\r\n\r\n".to_vec(),
        ];
        each(it, frames.into()).boxed_local()
    }),
];

const WRONG: Promise = Promise::answer("1002");

async fn not_agreed_on(scene: Scene) -> String {
    let mut line = scene.open_plain("/echo").await;
    line.frame(TEXT | RSV1, &compressed(b"hello")).await;
    line.answer().await
}

/// Each on a connection of its own.
async fn each(scene: Scene, attempts: Vec<Vec<u8>>) -> String {
    let all = attempts.iter().map(async |bytes| {
        let mut line = scene.echo().await;
        line.send(bytes).await.expect("it is short");
        line.answer().await
    });
    answers(join_all(all).await)
}
