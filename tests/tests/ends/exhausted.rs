//! A server that has no descriptor left neither ends nor spins, and its
//! connections do not notice.

use std::{net::SocketAddr, time::Duration};

use tokio::time::{Instant, sleep};
use ws_tests::{
    program::Program,
    request::Request,
    server::is_stock,
    usage::{self, Usage},
    wait::until,
    wire::Wire,
};

use crate::stage::converse;

#[actix_web::test]
async fn server_without_descriptors_lives_on_and_accepts_again_once_there_are_some() {
    let echo = &["--port", "0", "--workers", "2"];
    let mut echo = Program::start_with_descriptors(LIMIT, "echo", echo);
    let address = echo.address().await;
    let mut friend = open(address).await;
    let before = descriptors(echo.id());
    let mut crowd = exhaust(&echo, address).await;

    // Those who are in do not notice.
    let (begun, used) = (Instant::now(), cpu_time(echo.id()));
    while begun.elapsed() < WATCHED {
        converse(&mut friend).await;
        sleep(Duration::from_millis(100)).await;
    }
    let used = cpu_time(echo.id()) - used;
    assert!(used < WATCHED / 4, "it used {used:?} of {WATCHED:?}");
    // Where a connection takes two, those for whom there was one are ended one
    // after the other, and leave some.
    assert!(is_stock() || has_none_left(echo.id()));

    // As those who are in leave, those who wait come in.
    let waiting = crowd.split_off(LIMIT as usize / 2);
    drop(crowd);
    for mut wire in waiting {
        // Where a connection takes two descriptors, those for whom there was
        // one have been ended. None may be left to be accepted behind this.
        let answered = wire.answered().await;
        if !is_stock() {
            assert!(answered, "it comes in");
            wire.head().await;
            converse(&mut wire).await;
        }
    }
    until("descriptors to be free", || {
        descriptors(echo.id()) <= before
    })
    .await;
    let mut newcomer = open(address).await;
    converse(&mut newcomer).await;
    converse(&mut friend).await;

    // It ends as ever, without any left as well.
    let _crowd = exhaust(&echo, address).await;
    converse(&mut friend).await;
    echo.signal("TERM").await;
    assert_eq!(friend.closed().await.map(|it| it.get()), Some(1001));
    friend.close(1001).await;
    friend.end_sending().await;
    friend.drained().await;
    assert_eq!(echo.ended().await.status.code(), Some(0));
}

async fn open(address: SocketAddr) -> Wire {
    let mut wire = Wire::open(address, "/echo", None).await;
    converse(&mut wire).await;
    wire
}

/// Asks for more connections than there is room for.
async fn exhaust(echo: &Program, address: SocketAddr) -> Vec<Wire> {
    let mut crowd = Vec::new();
    for _ in 0..LIMIT {
        let mut wire = Wire::dial(address, None).await;
        wire.bytes(&Request::upgrade("/echo").to_bytes()).await;
        crowd.push(wire);
    }
    let id = echo.id();
    until("all descriptors to be taken", || has_none_left(id)).await;
    crowd
}

/// Whether a server has no descriptor for another connection.
fn has_none_left(id: u32) -> bool {
    // Where a connection takes two, one may be left.
    let few = usize::from(is_stock());
    // One that it was born with may be beyond its limit.
    descriptors(id) + few >= LIMIT as usize
}

fn descriptors(id: u32) -> usize {
    usage::descriptors(id).expect("the process runs")
}

fn cpu_time(id: u32) -> Duration {
    Usage::of(id).expect("the process runs").cpu
}

/// How many descriptors the server may have.
const LIMIT: u64 = 48;
/// How long it is watched while it has none left.
const WATCHED: Duration = Duration::from_secs(3);
