//! The actor behind a page that plays.

use actix::{Actor, Handler};
use ws_server::{ActorMembership, ActorRooms, Binary, CloseCode, Text, WsContext};

use crate::{
    arena::{Arena, Mishap, Steer},
    protocol::{self, Arrival},
};

pub(crate) struct Player {
    arrival: Arrival,
    games: ActorRooms<Arena>,
    /// What it plays, once it has entered.
    game: Option<ActorMembership<Arena>>,
}

impl Player {
    pub(crate) const fn new(arrival: Arrival, games: ActorRooms<Arena>) -> Self {
        Self {
            arrival,
            games,
            game: None,
        }
    }
}

impl Actor for Player {
    type Context = WsContext<Self>;

    fn started(&mut self, ctx: &mut WsContext<Self>) {
        let Arrival { game, name } = &self.arrival;
        match self.games.join(game.clone(), name.clone(), ctx) {
            Ok(game) => self.game = Some(game),
            Err(error) => {
                let reason = error.to_string();
                ctx.close(CloseCode::TRY_AGAIN_LATER, reason).ok();
            }
        }
    }
}

impl Handler<Binary> for Player {
    type Result = ();

    fn handle(&mut self, Binary(bytes): Binary, ctx: &mut WsContext<Self>) {
        let &[byte] = &bytes[..] else {
            let reason = "a direction is one byte";
            ctx.close(CloseCode::INVALID_PAYLOAD, reason).ok();
            return;
        };
        if let Some(game) = &self.game {
            let (who, direction) = (game.id(), protocol::direction(byte));
            // A game that is too far behind hears of the next direction.
            game.tell(Steer { who, direction }).ok();
        }
    }
}

/// Whatever a page has to say, it is not good. Heard only with `--mishaps`.
impl Handler<Text> for Player {
    type Result = ();

    fn handle(&mut self, _: Text, _: &mut WsContext<Self>) {
        if let Some(game) = &self.game {
            game.tell(Mishap).ok();
        }
    }
}
