use std::{panic::resume_unwind, time::Duration};

use actix::{ActorFutureExt, ActorStreamExt, ResponseActFuture, WrapFuture, WrapStream, fut};
use futures_util::stream;
use tokio::time::sleep;
use ws_core::CloseCode;

use super::{
    super::command::{After, Command, Kind, Size},
    Context, Subject,
};

impl Subject {
    /// Does this so much later.
    pub(super) fn then(&self, time: Duration, after: After) -> ResponseActFuture<Self, ()> {
        self.delay(time);
        let wait = async move {
            if !time.is_zero() {
                sleep(time).await;
            }
        };
        let wait = wait.into_actor(self);
        Box::pin(wait.map(move |(), this, ctx| this.after(after, ctx)))
    }

    /// Does this so many times, with so much time before each.
    pub(super) fn again(
        &self,
        time: Duration,
        times: u8,
        after: After,
    ) -> ResponseActFuture<Self, ()> {
        self.delay(time * times.into());
        let ticks = stream::unfold(times, move |left| async move {
            let left = left.checked_sub(1)?;
            sleep(time).await;
            Some(((), left))
        });
        let ticks = ticks.into_actor(self);
        let ticks = ticks.map(move |(), this, ctx| this.after(after, ctx));
        Box::pin(ticks.finish())
    }

    pub(super) fn after(&mut self, after: After, ctx: &mut Context) {
        match after {
            After::Nothing => {}
            After::Say => self.say(Kind::Text, Size { len: 3, even: true }, ctx),
            After::Panic => self.panic(),
            After::Close => self.act(Command::Close(CloseCode::NORMAL.get(), 0), ctx),
            After::Stop => self.act(Command::Stop, ctx),
        }
    }

    /// Notes that the actor, or a future of it, takes so long.
    pub(super) fn delay(&self, time: Duration) {
        self.ledger.borrow_mut().delays += time;
    }

    /// Panics without a word: the fuzzer would take it for a finding.
    pub(super) fn panic(&self) {
        self.ledger.borrow_mut().asked.panic = true;
        resume_unwind(Box::new("a handler that was asked to panic"));
    }

    /// What the handler of a frame returns.
    pub(super) fn response(&mut self) -> ResponseActFuture<Self, ()> {
        match self.response.take() {
            Some((time, after)) => self.then(time, after),
            None => Box::pin(fut::ready(())),
        }
    }
}
