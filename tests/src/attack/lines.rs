//! Class 12: lines of a head that end in a line feed alone.

use futures_util::FutureExt;

use super::{
    Attack, Promise, Scene, answers,
    frames::{CLOSE, TEXT, frame},
};
use crate::request::Request;

pub(super) const ATTACKS: &[Attack] = &[
    Attack::server(12, "lines-that-end-in-lf-alone", TAKEN, |it| {
        lines_of_lf(it).boxed_local()
    }),
    Attack::server(12, "request-behind-an-empty-line-of-lf", TWO, |it| {
        request_behind_lf(it).boxed_local()
    }),
];

/// Whoever is asked may take a line feed alone for the end of a line (RFC 9112
/// §2.2), and both do; a proxy in front of them must not read it otherwise.
const TAKEN: Promise = Promise::answer("101, and echoed");
const TWO: Promise = Promise::answer("200, and 2 requests done");

/// In all of the head, in one line of it, and around its last line, which is
/// empty. What comes behind it are frames, from the right byte on.
async fn lines_of_lf(scene: Scene) -> String {
    let head = Request::upgrade("/echo").to_text();
    let heads = [
        head.replace("\r\n", "\n"),
        head.replacen("\r\n", "\n", 1),
        head.replace("\r\nUpgrade:", "\nUpgrade:"),
        head.replace("\r\n\r\n", "\n\n"),
        head.replace("\r\n\r\n", "\r\n\n"),
        head.replace("\r\n\r\n", "\n\r\n"),
    ];
    let frames = [frame(TEXT, b"hello"), frame(CLOSE, b"\x03\xe8")].concat();
    let mut all = Vec::new();
    for head in heads {
        let mut raw = scene.connect().await;
        raw.send([head.as_bytes(), &frames].concat()).await;
        let status = raw.status().await;
        let (rest, _) = raw.rest().await;
        let echoed = rest.ends_with(b"\x81\x05hello\x88\x02\x03\xe8");
        all.push(if echoed {
            format!("{status}, and echoed")
        } else {
            status
        });
    }
    answers(all)
}

/// Who knows no such lines sees one request with an odd field.
async fn request_behind_lf(scene: Scene) -> String {
    let before = scene.counts().await.counted;
    let first = Request::get("/count").to_text().replace("\r\n", "\n");
    let last = Request::get("/count").with("Connection", "close").to_text();
    let mut raw = scene.connect().await;
    raw.send(format!("{first}{last}")).await;
    let status = raw.status().await;
    raw.rest().await;
    let counted = scene.counts().await.counted - before;
    format!("{status}, and {counted} requests done")
}
