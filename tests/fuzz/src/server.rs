//! A whole connection of a server: transport, protocol and actor, in memory and
//! on a paused clock, with a peer that does anything. Whatever comes, what
//! leaves is right, nothing that was accepted is lost without a word, what
//! waits is bounded, the actor hears of the end once, and the end comes.
//!
//! Settings: three bytes of flags, limits, timeouts, flow, and four of
//! compression terms. Then come [`Step`]s, each a byte that names it and what
//! it takes. The connection runs as under `WsServer`, on a transport of its
//! own, or as under any `HttpServer`: by an endpoint, a request and a body.

use arbitrary::{Arbitrary, Unstructured};

use crate::memory;

mod check;
mod command;
mod ledger;
mod line;
mod order;
mod peer;
mod scene;
mod setup;
mod step;
mod subject;

use self::{scene::Scene, setup::Setup, step::Step};

/// Plays the input's steps, and then brings the connection to its end.
pub fn run(data: &[u8]) {
    let (setup, steps) = read(data);
    // Once for all: what a thread keeps is not this connection's.
    warm_up();
    let mut said = 0;
    let peak = memory::peak_of(|| said = play(&setup, steps));
    let base = if setup.deflate.is_some() {
        DEFLATE
    } else {
        BASE
    };
    let allowed = base + TIMES * (data.len() + said);
    assert!(
        peak <= allowed,
        "{peak} bytes are held, {allowed} are allowed for {said} that were said"
    );
}

/// What an input means, for people.
#[must_use]
pub fn describe(data: &[u8]) -> String {
    let (setup, steps) = read(data);
    format!("{setup:#?}\n{steps:#?}")
}

/// Plays the steps, and tells how many bytes were said on the way.
fn play(setup: &Setup, steps: Vec<Step>) -> usize {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a thread has room for a runtime");
    runtime.block_on(async {
        let mut scene = Scene::new(setup);
        for step in steps {
            scene.step(step).await;
        }
        scene.settle().await;
        check::all(&mut scene);
        scene.bytes_said()
    })
}

fn read(data: &[u8]) -> (Setup, Vec<Step>) {
    let mut input = Unstructured::new(data);
    let setup = Setup::read(&mut input);
    let mut steps = Vec::new();
    while !input.is_empty() {
        let Ok(step) = Arbitrary::arbitrary(&mut input) else {
            break;
        };
        steps.push(step);
    }
    (setup, steps)
}

fn warm_up() {
    thread_local!(static WARM: std::cell::Cell<bool> = const { std::cell::Cell::new(false) });
    if !WARM.replace(true) {
        for endpoint in [0, 2] {
            let (setup, _) = read(&[endpoint]);
            play(&setup, vec![Step::say("warm")]);
        }
    }
}

/// A connection, its runtime and all that is around it, in bytes.
const BASE: usize = 256 * 1024;
/// The same with zlib's windows and tables, of three connections.
const DEFLATE: usize = 2 << 20;
/// How often a byte may be held: by the peer, by both ledgers, on the wire, in
/// buffers that grow by doubling.
const TIMES: usize = 16;
