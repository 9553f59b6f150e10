//! Ends that a peer brings upon itself: it breaks the protocol, or a limit.

use ws_actors::RateLimit;
use ws_core::{Cause, CloseCode, ProtocolError};
use ws_server::{Budget, Flow};
use ws_tests::{
    raw::End,
    wire::{CLOSE, TEXT, TEXT_BEGINS},
};

use crate::{
    closes::answer,
    scene::{Expected, Scene, on_all_paths},
    stage::{Side, Terms},
};

#[actix_web::test]
async fn fault_of_the_peer_is_answered_with_its_code_at_once() {
    type Fault = fn(&Scene) -> Vec<u8>;
    let faults: [(&str, u16, Fault); 8] = [
        ("reserved bits", 1002, |it| it.wire.frame_bytes(0xf1, b"")),
        ("an opcode that nobody knows", 1002, |it| {
            it.wire.frame_bytes(0x83, b"")
        }),
        ("a wrong mask bit", 1002, |it| match it.side() {
            Side::Server => vec![0x81, 0],
            Side::Client => vec![0x81, 0x80, 0, 0, 0, 0],
        }),
        ("a Close of one byte", 1002, |it| {
            it.wire.frame_bytes(CLOSE, b"x")
        }),
        ("a Close with 1006", 1002, |it| {
            it.wire.frame_bytes(CLOSE, &1006_u16.to_be_bytes())
        }),
        ("a text that is none", 1007, |it| {
            it.wire.frame_bytes(TEXT, b"\xff")
        }),
        ("a message too big", 1009, |it| {
            it.wire.frame_bytes(TEXT, &[b'x'; 101])
        }),
        ("too many fragments", 1008, |it| {
            let mut bytes = it.wire.frame_bytes(TEXT_BEGINS, b"a");
            for _ in 0..10 {
                bytes.extend(it.wire.frame_bytes(0x00, b"b"));
            }
            bytes
        }),
    ];
    let terms = || {
        let terms = Terms::default();
        Terms {
            config: terms.config.max_message_bytes(100).max_fragments(10),
            ..terms
        }
    };
    for (name, code, fault) in faults {
        println!("{name}");
        on_all_paths(terms, |mut scene| async move {
            let bytes = fault(&scene);
            scene.wire.bytes(&bytes).await;
            assert_eq!(scene.wire.closed().await, Some(CloseCode::new(code)));
            // Whoever fails a connection need not wait for the other side.
            assert_eq!(scene.wire.ended().await, End::Eof);
            let stage = &mut scene.stage;
            let (outcome, _) = stage.closed().await;
            let Cause::Protocol(error) = &outcome.cause else {
                panic!("{outcome:?}");
            };
            assert_eq!(ProtocolError::close_code(error).get(), code, "{error}");
            assert_eq!(
                outcome.sent.and_then(|it| it.code()).map(CloseCode::get),
                Some(code)
            );
            assert_eq!(outcome.received, None);
            drop(scene.wire);
            scene.stage.is_left_empty(&outcome.cause).await;
        })
        .await;
    }
}

#[actix_web::test]
async fn peer_that_says_or_takes_too_much_or_too_little_is_closed() {
    let limit = RateLimit::new().messages(1, 2).closes();
    let limited = Terms {
        flow: Terms::default().flow.rate_limit(limit),
        ..Terms::default()
    };
    on_all_paths(
        || limited.clone(),
        |mut scene| async move {
            for _ in 0..5 {
                scene.wire.send(TEXT, "hello").await;
            }
            answer(&mut scene, 1008).await;
            scene.see_end().await;
            let expected = Expected::new(Cause::RateLimit, Some(1008), Some(1008));
            scene.ends(&expected).await;
        },
    )
    .await;

    on_all_paths(Terms::default, |mut scene| async move {
        scene.tell(|_, ctx| {
            // More than the outbox and the system's buffers take.
            while ctx.binary(vec![0; 1 << 20]).is_ok() {}
        });
        answer(&mut scene, 1013).await;
        scene.see_end().await;
        let expected = Expected::new(Cause::SlowPeer, Some(1013), Some(1013));
        scene.ends(&expected).await;
    })
    .await;
}

#[actix_web::test]
async fn peer_that_has_more_held_than_its_share_is_closed() {
    let terms = || Terms {
        budget: Budget::new(100_000),
        flow: Flow::new().max_queued_bytes(64 << 20),
        ..Terms::default()
    };
    on_all_paths(terms, |mut scene| async move {
        let bytes = scene.wire.frame_bytes(TEXT_BEGINS, &[b'x'; 120_000]);
        scene.wire.bytes(&bytes).await;
        let code = scene.wire.closed().await;
        assert_eq!(code, Some(CloseCode::TRY_AGAIN_LATER));
        assert_eq!(scene.wire.ended().await, End::Eof);
        let expected = Expected::new(Cause::Overload, Some(1013), None);
        scene.ends(&expected).await;
    })
    .await;
    on_all_paths(terms, |mut scene| async move {
        scene.tell(|_, ctx| {
            for _ in 0..16 {
                ctx.binary(vec![0; 1 << 20]).expect("there is room");
            }
        });
        scene.wire.drained().await;
        scene
            .ends(&Expected::new(Cause::Overload, None, None))
            .await;
    })
    .await;
}
