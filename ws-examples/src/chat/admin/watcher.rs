//! The actor behind a page that looks on.

use std::sync::Arc;

use actix::Actor;
use ws_server::{Membership, WsContext};

use super::board::Board;

/// Where those who look on are.
pub(crate) type Place = Membership<()>;

/// Somebody who looks on, and has nothing to say.
pub(crate) struct Watcher {
    board: Arc<Board>,
    place: Option<Place>,
}

impl Watcher {
    pub(crate) const fn new(board: Arc<Board>) -> Self {
        Self { board, place: None }
    }
}

impl Actor for Watcher {
    type Context = WsContext<Self>;

    fn started(&mut self, ctx: &mut WsContext<Self>) {
        self.place = self.board.welcome(ctx).ok();
    }
}
