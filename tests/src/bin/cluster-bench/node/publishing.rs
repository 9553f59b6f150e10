use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream::FuturesUnordered};

use super::Halls;
use crate::{
    orders::Published,
    samples::{Failure, quantile},
};

/// Publishes to a room without members, so many messages at a time.
pub(super) async fn publish(
    rooms: &Halls,
    bytes: usize,
    at_a_time: usize,
    span: Duration,
) -> Result<Published, Failure> {
    let (room, text) = ("empty".to_owned(), "a".repeat(bytes));
    let begin = Instant::now();
    let mut under_way = FuturesUnordered::new();
    let mut times = Vec::new();
    let mut messages = 0;
    loop {
        while under_way.len() < at_a_time && begin.elapsed() < span {
            let since = Instant::now();
            let receipt = rooms.publish(&room, text.clone())?;
            under_way.push(async move { (receipt.await, since) });
        }
        let Some((published, since)) = under_way.next().await else {
            break;
        };
        published?;
        messages += 1;
        // Of many at a time, most of it is waiting for each other.
        if at_a_time == 1 {
            times.push(since.elapsed().as_secs_f64() * 1e6);
        }
    }
    Ok(Published {
        messages,
        seconds: begin.elapsed().as_secs_f64(),
        median: quantile(&mut times, 0.5),
        p99: quantile(&mut times, 0.99),
    })
}
