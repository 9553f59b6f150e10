//! Members that stall, vanish and panic among others that do none of it.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use ws_core::{CloseCode, Config, Event};
use ws_server::{Endpoint, Flow};
use ws_tests::{
    client::Client,
    house::{House, LOBBY},
};

#[actix_web::test]
async fn others_keep_order_and_lose_nothing() {
    let endpoint = Endpoint::builder()
        .config(Config::new().close_timeout(Duration::from_millis(100)))
        .flow(Flow::new().max_queued_bytes(256 * 1024));
    let house = House::with(endpoint);
    let members = house.fill(6).await;
    // More than the system's own buffers hold, in all.
    let bulk = "-".repeat(32 * 1024);
    let stop = Arc::default();
    let counting = house.count_aloud(&stop);
    let listening: Vec<_> = members
        .into_iter()
        .map(|mut member| {
            let counted = Arc::clone(&stop);
            actix_rt::spawn(async move {
                let mut heard = 0;
                // Bulk of those who stall comes between the numbers.
                while heard == 0 || !counted.load(Ordering::SeqCst) {
                    let text = member.text().await;
                    if let Ok(number) = text.parse::<u64>() {
                        assert_eq!(number, heard + 1);
                        heard = number;
                    }
                }
                (member, heard)
            })
        })
        .collect();

    let mut pilot = house.enter(LOBBY, "pilot").await;
    let path = format!("/{LOBBY}/deaf");
    let mut deaf = Vec::new();
    for _ in 0..3 {
        deaf.push(Client::connect_narrow(house.address(), &path).await);
    }
    for _ in 0..8 {
        house.enter(LOBBY, "vanishes").await.vanish();
        house.enter(LOBBY, "resets").await.reset();
        let mut panics = house.enter(LOBBY, "panics").await;
        panics.send("panic").await;
        let outcome = loop {
            if let Event::Closed(outcome) = panics.event().await {
                break outcome;
            }
        };
        assert_eq!(outcome.code(), CloseCode::INTERNAL_ERROR);
        for _ in 0..50 {
            house.say(&bulk);
            while pilot.text().await != bulk {}
        }
    }
    house.until_count(LOBBY, 7).await;
    stop.store(true, Ordering::SeqCst);
    counting.join().expect("the count goes on");
    // What was said last tells that nothing is missing.
    house.say(&(house.counted() + 1).to_string());
    for listener in listening {
        let (mut member, mut heard) = listener.await.expect("nobody is out of order");
        while heard <= house.counted() {
            if let Ok(number) = member.text().await.parse::<u64>() {
                assert_eq!(number, heard + 1);
                heard = number;
            }
        }
    }
}
