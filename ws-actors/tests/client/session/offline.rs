//! What becomes of messages while there is no connection.

use std::{cell::RefCell, rc::Rc};

use ws_actors::{
    Flow, Overflow, SendError,
    client::{Offline, Reconnect},
};
use ws_core::Cause;

use crate::support::{listen, next, server::accept};

use super::support::{
    Caller, Heard, Letter, assert_offline, client, client_with, close, play, start,
};

#[test]
fn messages_are_kept_and_leave_in_order_behind_what_connected_says() {
    play(async {
        let (listener, address) = listen().await;
        let client = client(address).reconnect(Reconnect::new());
        let scene = start(&client, |heard, ctx| match heard {
            Heard::Connected(before) => {
                ctx.text(format!("hello {before}")).unwrap();
                ctx.text("it is me").unwrap();
            }
            Heard::Disconnected(..) => {
                for number in 0..3 {
                    ctx.text(format!("kept {number}")).unwrap();
                }
            }
            _ => {}
        });
        let (_, mut side) = accept(next(&listener).await).await;
        assert_eq!(side.hear().await, "hello 0");
        assert_eq!(side.hear().await, "it is me");
        close(side, 1012).await;
        let (_, mut side) = accept(next(&listener).await).await;
        for expected in ["hello 1", "it is me", "kept 0", "kept 1", "kept 2"] {
            assert_eq!(side.hear().await, expected);
        }
        close(side, 1000).await;
        assert_eq!(scene.end().await, Cause::Remote);
    });
}

#[test]
fn much_that_connected_says_leaves_where_the_actor_waits_for_its_peer() {
    play(async {
        let (listener, address) = listen().await;
        let flow = Flow::new().overflow(Overflow::Wait);
        let client = client_with(address, Caller::handlers().flow(flow));
        let scene = start(&client.reconnect(Reconnect::new()), |heard, ctx| {
            if let Heard::Connected(_) = heard {
                for number in 0..8 {
                    ctx.text(format!("{number:60000}")).unwrap();
                }
            }
        });
        let (_, mut side) = accept(next(&listener).await).await;
        for number in 0..8 {
            assert_eq!(side.hear().await.trim(), number.to_string());
        }
        close(side, 1000).await;
        assert_eq!(scene.end().await, Cause::Remote);
    });
}

#[test]
fn messages_are_refused_where_that_is_wanted() {
    play(async {
        let (listener, address) = listen().await;
        let client = client(address)
            .reconnect(Reconnect::new())
            .while_offline(Offline::Refuse);
        let scene = start(&client, |heard, ctx| match heard {
            Heard::Disconnected(..) => assert_offline(ctx.text("lost")),
            Heard::Connected(_) => ctx.text("hello").unwrap(),
            _ => {}
        });
        let (_, mut side) = accept(next(&listener).await).await;
        assert_eq!(side.hear().await, "hello");
        close(side, 1012).await;
        let (_, mut side) = accept(next(&listener).await).await;
        assert_eq!(side.hear().await, "hello");
        side.say("anything else?").await;
        close(side, 1000).await;
        assert_eq!(scene.end().await, Cause::Remote);
    });
}

#[test]
fn what_is_kept_is_bounded_and_the_rest_is_refused() {
    play(async {
        let (listener, address) = listen().await;
        let flow = Flow::new().max_queued_bytes(100);
        let client = client_with(address, Caller::handlers().flow(flow));
        let client = client.reconnect(Reconnect::new());
        let errors = Rc::new(RefCell::new(Vec::new()));
        let scene = start(&client, {
            let errors = Rc::clone(&errors);
            move |heard, ctx| {
                if let Heard::Disconnected(..) = heard {
                    for number in 10..40 {
                        let sent = ctx.text(format!("message {number}"));
                        errors.borrow_mut().extend(sent.err());
                    }
                }
            }
        });
        let (_, side) = accept(next(&listener).await).await;
        close(side, 1012).await;
        let (_, mut side) = accept(next(&listener).await).await;
        for number in 10..20 {
            assert_eq!(side.hear().await, format!("message {number}"));
        }
        close(side, 1000).await;
        assert_eq!(scene.end().await, Cause::Remote);
        // The second loss has refused some as well, and closed nothing.
        let errors = errors.borrow();
        assert!(errors.len() >= 20);
        let full = |error: &SendError| matches!(error, SendError::Full { limit: 100, .. });
        assert!(errors.iter().all(full), "{errors:?}");
    });
}

#[test]
fn the_newest_of_a_key_takes_its_place_though_all_is_full() {
    play(async {
        let (listener, address) = listen().await;
        let flow = Flow::new().max_queued_messages(2);
        let client = client_with(address, Caller::handlers().flow(flow));
        let client = client.reconnect(Reconnect::new());
        let scene = start(&client, |heard, ctx| {
            if let Heard::Letter(number) = heard {
                let key = u64::from(number % 2);
                ctx.send_latest(key, number.to_string()).unwrap();
            }
        });
        for number in 0..10 {
            scene.address.do_send(Letter(number));
        }
        scene.until(|journal| journal.has(&Heard::Letter(9))).await;
        let (_, mut side) = accept(next(&listener).await).await;
        assert_eq!(side.hear().await, "8");
        assert_eq!(side.hear().await, "9");
        close(side, 1000).await;
        assert_eq!(scene.end().await, Cause::Remote);
    });
}

#[test]
fn the_oldest_that_are_kept_give_way_where_that_is_wanted() {
    play(async {
        let (listener, address) = listen().await;
        let flow = Flow::new()
            .max_queued_messages(3)
            .overflow(Overflow::DropOldest);
        let client = client_with(address, Caller::handlers().flow(flow));
        let client = client.reconnect(Reconnect::new());
        let scene = start(&client, |heard, ctx| {
            if let Heard::Letter(number) = heard {
                ctx.text(number.to_string()).unwrap();
            }
        });
        for number in 0..10 {
            scene.address.do_send(Letter(number));
        }
        scene.until(|journal| journal.has(&Heard::Letter(9))).await;
        let (_, mut side) = accept(next(&listener).await).await;
        for number in 7..10 {
            assert_eq!(side.hear().await, number.to_string());
        }
        close(side, 1000).await;
        assert_eq!(scene.end().await, Cause::Remote);
    });
}
