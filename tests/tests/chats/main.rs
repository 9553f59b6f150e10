//! Three chats over one engine, and people who write down what they hear while
//! nodes and the engine are killed, stalled and started again.
//!
//! It takes 25 s for each engine; `WS_TESTS_CHATS_SECONDS` has it take longer,
//! and `WS_TESTS_CHATS_SEED` repeats what is done to whom. Like all tests of
//! engines it runs if `WS_TESTS_ENGINES` is 1.

mod diary;
mod guest;
mod nodes;
mod trouble;

use std::{
    env,
    rc::Rc,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use tokio::sync::Mutex;
use ws_tests::{
    engine::{self, Engine, Start, nats, redis},
    wait::until,
};

use self::{
    diary::Diary,
    guest::{Guest, until_people},
    nodes::Nodes,
    trouble::Trouble,
};

#[actix_web::test]
async fn chats_over_redis_lose_nothing_whatever_is_killed() {
    if engine::asked_for() {
        chats_lose_nothing(redis::persistent()).await;
    }
}

#[actix_web::test]
async fn chats_over_nats_lose_nothing_whatever_is_killed() {
    if engine::asked_for() {
        chats_lose_nothing(nats::jetstream()).await;
    }
}

async fn chats_lose_nothing(start: Start) {
    // Each of them is enough for a small machine.
    static TURN: Mutex<()> = Mutex::const_new(());
    let _turn = TURN.lock().await;

    let seed = number("WS_TESTS_CHATS_SEED").unwrap_or_else(|| fastrand::u64(..));
    let time = Duration::from_secs(number("WS_TESTS_CHATS_SECONDS").unwrap_or(25));
    eprintln!("chats over {}: WS_TESTS_CHATS_SEED={seed}", start.program);
    let begun = Instant::now();
    let mut engine = Engine::start(start).await;
    let nodes = Rc::new(Nodes::start(NODES, &engine).await);
    let diaries: Vec<_> = (0..GUESTS).map(|_| Diary::new()).collect();
    let guests = diaries.iter().enumerate().map(|(number, diary)| {
        let guest = Guest::new(number, format!("room{}", number % ROOMS), diary, &nodes);
        actix_rt::spawn(guest.stay())
    });
    let guests: Vec<_> = guests.collect();
    until("all to have come", || diaries.iter().all(Diary::is_there)).await;
    eprintln!("all have come after {:.1?}", begun.elapsed());

    let mut trouble = Trouble::new(seed, time);
    trouble.make(&mut engine, &nodes, &diaries).await;
    nodes.calm();
    let quiet = Instant::now();
    let all = || diaries.iter().all(Diary::is_there);
    until("all to be back", all).await;
    // Whoever has heard the last word of each has all.
    for room in 0..ROOMS {
        let said = || {
            let mut of_room = diaries.iter().skip(room).step_by(ROOMS);
            of_room.any(|diary| diary.has_last_word())
        };
        until("a last word to be said in each room", said).await;
    }
    diary::until_equal(&diaries, ROOMS).await;
    eprintln!(
        "all have all {:.1?} after the last trouble",
        quiet.elapsed()
    );
    for node in nodes.all() {
        for room in 0..ROOMS {
            until_people(node, room, GUESTS / ROOMS).await;
        }
    }
    eprintln!(
        "all list all {:.1?} after the last trouble",
        quiet.elapsed()
    );
    nodes.end();
    join_all(guests).await;

    let summary = diary::compare(&diaries, ROOMS);
    eprintln!("{summary}");
    eprintln!("{trouble}");
    assert!(
        summary.lines > 0 && summary.reconnects > 0,
        "nothing was tried"
    );
}

fn number(name: &str) -> Option<u64> {
    let value = env::var(name).ok()?;
    Some(value.parse().expect("it is a number"))
}

const NODES: usize = 3;
const GUESTS: usize = 300;
const ROOMS: usize = 6;
