//! How a client's actor ends.

use std::time::Duration;

use actix::ActorContext;
use ws_actors::client::{Client, ConnectError, Connector, Reconnect};
use ws_core::{Cause, CloseCode, handshake::Response};

use crate::support::{
    listen, next,
    server::{accept, refuse},
};

use super::support::{Caller, Heard, Letter, client, close, nobody, play, start};

#[test]
fn without_reconnect_the_first_loss_is_the_last() {
    play(async {
        let (listener, address) = listen().await;
        let scene = start(&client(address), |_, _| {});
        let (_, side) = accept(next(&listener).await).await;
        close(side, 1012).await;
        let journal = scene.journal.clone();
        assert_eq!(scene.end().await, Cause::Remote);
        assert_eq!(journal.losses(), []);
        assert!(journal.has(&Heard::Connected(0)));
    });
}

#[test]
fn without_reconnect_a_first_failure_is_told_and_the_last() {
    play(async {
        let scene = start(&client(nobody().await), |_, _| {});
        let journal = scene.journal.clone();
        assert_eq!(scene.end().await, Cause::TransportLost);
        let losses = journal.losses();
        assert_eq!(losses.len(), 1);
        assert_eq!((&*losses[0].0, losses[0].1), ("failed", None));
    });
}

#[test]
fn an_actor_whose_first_attempt_fails_at_once_is_started_before_it_hears_of_it() {
    play(async {
        let connector = Connector::new(&format!("ws://{}/", nobody().await)).unwrap();
        let connector = connector.connect_timeout(Duration::ZERO);
        let scene = start(&Client::new(connector, Caller::handlers()), |_, _| {});
        let journal = scene.journal.clone();
        scene.end().await;
        assert_eq!(journal.all()[0], Heard::Started);
        assert_eq!(journal.losses().len(), 1);
    });
}

#[test]
fn handlers_that_contradict_themselves_never_connect() {
    play(async {
        let (_listener, address) = listen().await;
        let connector = || Connector::new(&format!("ws://{address}/")).unwrap();
        let handlers = || Caller::handlers().on::<ws_actors::Text>();
        let client = Client::new(connector(), handlers()).reconnect(Reconnect::new());
        let journal = {
            let scene = start(&client, |_, _| {});
            let journal = scene.journal.clone();
            scene.end().await;
            journal
        };
        let losses = journal.losses();
        assert_eq!(losses.len(), 1);
        assert_eq!((&*losses[0].0, losses[0].1), ("failed", None));
    });
}

#[test]
fn what_the_client_closes_itself_stays_closed() {
    type Leave = fn(&mut ws_actors::WsContext<Caller>);
    let ways: [(Leave, bool); 3] = [
        (|ctx| ctx.close(CloseCode::NORMAL, "bye").unwrap(), true),
        (|ctx| ctx.stop(), true),
        (|ctx| ctx.terminate(), false),
    ];
    for (leave, closes) in ways {
        play(async {
            let (listener, address) = listen().await;
            let client = client(address).reconnect(Reconnect::new().rule(|_| true));
            let scene = start(&client, move |heard, ctx| {
                if let Heard::Text(_) = heard {
                    leave(ctx);
                }
            });
            let (_, mut side) = accept(next(&listener).await).await;
            side.say("leave!").await;
            if closes {
                let mut rest = bytes::BytesMut::new();
                tokio::io::AsyncReadExt::read_buf(&mut side.stream, &mut rest)
                    .await
                    .unwrap();
                assert_eq!(rest[0], 0x88);
            }
            drop(side);
            let journal = scene.journal.clone();
            let cause = scene.end().await;
            assert_eq!(journal.losses(), []);
            let lost = closes && cause == Cause::TransportLost;
            assert!(lost || cause == Cause::Local, "{cause:?}");
        });
    }
}

#[test]
fn a_client_that_is_offline_can_be_closed_and_stopped() {
    type Leave = fn(&mut ws_actors::WsContext<Caller>);
    let ways: [Leave; 3] = [
        |ctx| ctx.close(CloseCode::NORMAL, "bye").unwrap(),
        |ctx| ctx.stop(),
        |ctx| ctx.terminate(),
    ];
    for leave in ways {
        play(async {
            let client = client(nobody().await).reconnect(Reconnect::new());
            let scene = start(&client, move |heard, ctx| {
                if let Heard::Letter(_) = heard {
                    leave(ctx);
                }
            });
            scene.until(|journal| journal.losses().len() == 3).await;
            scene.address.do_send(Letter(0));
            assert_eq!(scene.end().await, Cause::Local);
        });
    }
    play(async {
        let client = client(nobody().await).reconnect(Reconnect::new());
        let scene = start(&client, |_, _| {});
        scene.until(|journal| journal.losses().len() == 3).await;
        scene.handle.close(CloseCode::NORMAL, "bye").unwrap();
        assert_eq!(scene.end().await, Cause::Local);
    });
}

#[test]
fn who_connects_first_is_told_why_it_failed() {
    play(async {
        let (listener, address) = listen().await;
        let client = client(address).reconnect(Reconnect::new());
        let (caller, ()) = tokio::join!(client.connect(Caller::new(|_, _| {})), async {
            let refusal = Response::new(403).body("not you");
            refuse(next(&listener).await, &refusal).await;
        });
        match caller {
            Err(ConnectError::Refused(response)) => {
                assert_eq!(
                    (response.status, &response.body[..]),
                    (403, &b"not you"[..])
                );
            }
            other => panic!("{other:?}"),
        }
        let caller = Caller::new(|_, _| {});
        let journal = caller.journal();
        let (session, (_, side)) = tokio::join!(client.connect(caller), async {
            accept(next(&listener).await).await
        });
        let task = tokio::task::spawn_local(session.unwrap());
        close(side, 1000).await;
        assert_eq!(task.await.unwrap().cause, Cause::Remote);
        assert_eq!(journal.end(), Cause::Remote);
    });
}

#[test]
fn an_actor_that_panics_ends_its_client() {
    for offline in [false, true] {
        play(async {
            let (listener, address) = listen().await;
            let client = client(address).reconnect(Reconnect::new());
            let scene = start(&client, |heard, _| {
                if let Heard::Letter(_) = heard {
                    panic!("on purpose");
                }
            });
            let (_, side) = accept(next(&listener).await).await;
            scene.until(|it| it.has(&Heard::Connected(0))).await;
            if offline {
                drop((side, listener));
                scene.until(|journal| journal.losses().len() == 2).await;
                scene.address.do_send(Letter(0));
            } else {
                scene.address.do_send(Letter(0));
                let mut side = side;
                let mut rest = bytes::BytesMut::new();
                tokio::io::AsyncReadExt::read_buf(&mut side.stream, &mut rest)
                    .await
                    .unwrap();
                assert_eq!(rest[0], 0x88);
            }
            let handle = scene.handle.clone();
            scene.until(move |_| !handle.is_open()).await;
            assert!(!scene.address.connected());
        });
    }
}
