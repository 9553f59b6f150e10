//! What an actor keeps from one connection to the next.

use std::time::Duration;

use actix::{ActorFutureExt, AsyncContext};
use ws_actors::client::Reconnect;
use ws_core::Cause;

use crate::support::{listen, next, server::accept};

use super::support::{Heard, Letter, client, close, play, seconds, start};

#[test]
fn actor_lives_on_from_one_connection_to_the_next() {
    play(async {
        let (listener, address) = listen().await;
        let client = client(address).reconnect(Reconnect::new());
        let mut connections = 0;
        let scene = start(&client, move |heard, ctx| {
            if let Heard::Connected(before) = heard {
                assert_eq!(*before, connections);
                connections += 1;
                ctx.text(format!("connection {connections}")).unwrap();
            }
        });
        for number in 1..=3 {
            let (_, mut side) = accept(next(&listener).await).await;
            assert_eq!(side.hear().await, format!("connection {number}"));
            side.say("welcome").await;
            scene.address.do_send(Letter(number));
            close(side, 1012).await;
        }
        let (_, mut side) = accept(next(&listener).await).await;
        assert_eq!(side.hear().await, "connection 4");
        close(side, 1000).await;
        let journal = scene.journal.clone();
        assert_eq!(scene.end().await, Cause::Remote);
        assert_eq!(journal.texts(), ["welcome"; 3]);
        for number in 1..=3 {
            assert!(journal.has(&Heard::Letter(number)));
        }
        // The last loss is told as any other.
        let (why, retry_in, _) = journal.losses().pop().unwrap();
        assert_eq!((&*why, retry_in), ("1000", None));
    });
}

#[test]
fn timers_and_futures_of_the_actor_go_on_while_it_is_offline() {
    play(async {
        let (listener, address) = listen().await;
        let reconnect = Reconnect::new().rule(|_| true);
        let client = client(address).reconnect(reconnect);
        let scene = start(&client, |heard, ctx| match heard {
            Heard::Connected(0) => {
                let later = actix::fut::wrap_future::<_, super::support::Caller>(
                    tokio::time::sleep(seconds(600)),
                );
                ctx.spawn(later.map(|(), _, ctx| ctx.address().do_send(Letter(1))));
            }
            Heard::Letter(1) => {
                ctx.run_later(Duration::from_secs(1), |_, ctx| {
                    ctx.address().do_send(Letter(2));
                });
            }
            Heard::Letter(2) => actix::ActorContext::stop(ctx),
            _ => {}
        });
        let (_, side) = accept(next(&listener).await).await;
        drop((side, listener));
        assert_eq!(scene.end().await, Cause::Local);
    });
}

#[test]
fn handle_sends_over_whatever_connection_there_is() {
    play(async {
        let (listener, address) = listen().await;
        let client = client(address).reconnect(Reconnect::new());
        let scene = start(&client, |_, _| {});
        scene.handle.send("before the first").unwrap();
        let (_, mut side) = accept(next(&listener).await).await;
        assert_eq!(side.hear().await, "before the first");
        scene.handle.send("over the first").unwrap();
        assert_eq!(side.hear().await, "over the first");
        close(side, 1001).await;
        scene.until(|journal| journal.losses().len() == 1).await;
        scene.handle.send("between").unwrap();
        assert!(scene.handle.is_open());
        let (_, mut side) = accept(next(&listener).await).await;
        assert_eq!(side.hear().await, "between");
        close(side, 1000).await;
        assert_eq!(scene.end().await, Cause::Remote);
    });
}
