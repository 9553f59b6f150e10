//! The actor that most of these tests tell what to do.

use actix::{ActorContext, AsyncContext};
use ws_core::CloseCode;

use crate::support::{
    probe::forever,
    scene::{Setup, probe},
};

/// Does what texts tell it.
pub(super) fn obedient() -> Setup {
    probe(|heard, ctx| {
        if heard.is_text("close") {
            ctx.close(CloseCode::new(4000), "").unwrap();
        } else if heard.is_text("stop") {
            ctx.stop();
        } else if heard.is_text("terminate") {
            ctx.text("never sent").unwrap();
            ctx.terminate();
        } else if heard.is_text("wait") {
            ctx.wait(forever());
        }
    })
}
