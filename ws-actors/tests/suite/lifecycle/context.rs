//! The context is that of an actix actor.

use actix::{Actor, ActorContext, ActorState, AsyncContext};

use crate::support::{
    frames::text,
    play,
    probe::{Heard, Probe, delay},
    scene::probe,
    seconds,
};

#[test]
fn the_state_is_that_of_an_actix_actor() {
    play(async {
        let scene = probe(|heard, ctx| {
            let expected = match heard {
                Heard::Started => ActorState::Started,
                Heard::Text(_) | Heard::Closed(_) => ActorState::Running,
                Heard::Stopping => ActorState::Stopping,
                Heard::Stopped => ActorState::Stopped,
                _ => panic!("{heard:?}"),
            };
            assert_eq!(ctx.state(), expected, "{heard:?}");
            assert_eq!(ctx.waiting(), expected.stopping(), "{heard:?}");
            if heard.is_text("wait") {
                ctx.wait(delay(seconds(1)));
                assert!(ctx.waiting());
            }
        })
        .open();
        scene.peer.send(text("hello"));
        scene.peer.send(text("wait"));
        scene.peer.send(text("hello again"));
        scene.peer.end();
        let (_, journal) = scene.end().await;
        assert_eq!(journal.texts().len(), 3);
        assert!(journal.has(&Heard::Stopped));
    });
}

// The context is that of an ordinary actor.
const _: fn() = || {
    fn needs_async_context<A: Actor<Context: AsyncContext<A>>>() {}
    needs_async_context::<Probe>();
};
