//! Members that read slowly, or not at all.

use std::time::Duration;

use ws_core::{CloseCode, Config, Event, Message};
use ws_server::{Endpoint, Flow};
use ws_tests::{
    client::Client,
    house::{House, LOBBY},
};

/// Without deadlines: what ends a connection is never the passing of time.
fn patient() -> Config {
    let long = Duration::from_secs(3600);
    Config::new()
        .ping_interval(None)
        .close_timeout(long)
        .write_timeout(long)
}

/// A message that soon fills the buffers of who does not read.
fn bulky(number: usize) -> String {
    format!("{number:-<32768}")
}

/// Together more than the system's own buffers hold.
const BULK: usize = 400;

#[actix_web::test]
async fn member_that_reads_too_slowly_is_closed_and_costs_the_others_nothing() {
    let endpoint = Endpoint::builder()
        .config(patient())
        .flow(Flow::new().max_queued_bytes(128 * 1024));
    let house = House::with(endpoint);
    let mut members = house.fill(4).await;
    let address = house.address();
    let mut slow = Client::connect_narrow(address, "/lobby/slow").await;
    house.until_count(LOBBY, 5).await;

    for number in 0..BULK {
        members[number % 4].send(bulky(number)).await;
        for member in &mut members {
            assert_eq!(member.text().await, bulky(number));
        }
    }

    assert_eq!(slow.text().await, "joined");
    let mut heard = 0;
    let outcome = loop {
        let event = slow.event().await;
        if let Event::Closed(outcome) = event {
            break outcome;
        }
        assert_eq!(event, Event::Message(Message::text(bulky(heard))));
        heard += 1;
    };
    assert_eq!(outcome.code(), CloseCode::TRY_AGAIN_LATER);
    let payload = outcome.received.unwrap();
    assert_eq!(payload.reason(), "peer reads too slowly");
    assert!(heard < BULK);

    house.until_count(LOBBY, 4).await;
    house.say("it is gone");
    for member in &mut members {
        assert_eq!(member.text().await, "it is gone");
    }
}

#[actix_web::test]
async fn member_that_never_reads_loses_its_place() {
    let impatient = Config::new().close_timeout(Duration::from_millis(100));
    let endpoint = Endpoint::builder()
        .config(impatient)
        .flow(Flow::new().max_queued_bytes(128 * 1024));
    let house = House::with(endpoint);
    let mut members = house.fill(2).await;
    let address = house.address();
    let _deaf = Client::connect_narrow(address, "/lobby/deaf").await;
    house.until_count(LOBBY, 3).await;
    for number in 0..BULK {
        house.say(&bulky(number));
        for member in &mut members {
            assert_eq!(member.text().await, bulky(number));
        }
    }
    house.until_count(LOBBY, 2).await;
    assert_eq!(house.names(LOBBY), ["0", "1"]);
}
