use std::{collections::VecDeque, io, net::SocketAddr, time::Duration};

use fastrand::Rng;
use tokio::time::{Instant, sleep};

use super::{
    peer::{Peer, Terms, other},
    tally::Tally,
};

/// Talks for as long as `going` says so, undisturbed, and makes sure that each of
/// its messages comes back, in order, and that its connection closes well.
pub(super) async fn witness(
    address: SocketAddr,
    tally: &Tally,
    mut rng: Rng,
    going: impl Fn() -> bool,
) -> io::Result<()> {
    let terms = Terms {
        compressed: rng.bool(),
        ..Terms::default()
    };
    tally.note_connection();
    let mut peer = Peer::open(address, "/calm", terms, &mut rng).await?;
    let mut number = 0_u64;
    while going() {
        let mut expected = VecDeque::new();
        for _ in 0..rng.u32(1..8) {
            number += 1;
            let text = format!("{number} {}", "x".repeat(rng.usize(..2000)));
            expected.push_back((text.clone(), Instant::now()));
            peer.send(text).await?;
            tally.note_sent();
        }
        while let Some((text, since)) = expected.pop_front() {
            let answer = peer.message().await?;
            if answer.payload() != text.as_bytes() {
                let answer = String::from_utf8_lossy(answer.payload());
                let answer: String = answer.chars().take(40).collect();
                return Err(other(format!("message {number} came back as {answer:?}")));
            }
            tally.note_returned();
            tally.note_round_trip(since.elapsed());
        }
        sleep(Duration::from_millis(rng.u64(..40))).await;
    }
    peer.close().await
}
