//! The actor of a game.

use std::{collections::BTreeMap, f32::consts::TAU, time::Duration};

use actix::{Actor, AsyncContext, Handler, Message};
use ws_server::{MemberId, PreparedMessage, Presence, RoomActor, RoomContext};

use crate::{
    field::{Field, Place},
    protocol::{self, Someone, ToPage},
};

/// A game: a field, and those who paint it, round after round.
pub(crate) struct Arena {
    name: String,
    mishaps: bool,
    field: Field,
    brushes: BTreeMap<MemberId, Brush>,
    /// Ticks until the round is over; below 0, the next has to begin.
    left: i32,
}

struct Brush {
    slot: u8,
    name: String,
    at: Place,
    /// In radians; `None` stands still.
    direction: Option<f32>,
}

/// A player wants to go elsewhere.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Steer {
    pub(crate) who: MemberId,
    pub(crate) direction: Option<f32>,
}

/// Something goes wrong.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Mishap;

impl Arena {
    /// How many can play one game.
    pub(crate) const PLAYERS: usize = Field::SLOTS;

    pub(crate) fn new(name: &str, mishaps: bool) -> Self {
        Self {
            name: name.to_owned(),
            mishaps,
            field: Field::new(),
            brushes: BTreeMap::new(),
            left: ROUND,
        }
    }

    fn tick(&mut self, ctx: &RoomContext<Self>) {
        self.left -= 1;
        if self.left < -PAUSE {
            self.left = ROUND;
            self.field = Field::new();
            tell(ctx, protocol::whole(&self.field));
        }
        for brush in self.brushes.values_mut() {
            if let Some(direction) = brush.direction {
                brush.at = brush.at.moved(direction, STEP);
            }
            if self.left > 0 {
                self.field.paint(brush.slot, brush.at);
            }
        }
        let brushes = self.brushes.values();
        let brushes: Vec<_> = brushes.map(|brush| (brush.slot, brush.at)).collect();
        let left = u16::try_from(self.left).unwrap_or_default();
        let strokes = self.field.take_strokes();
        tell(ctx, protocol::tick(left, &brushes, &strokes));
        if self.left == 0 {
            let slot = self.field.leader().map(|(slot, _)| slot);
            tell(ctx, text(&ToPage::Over { slot }));
        }
    }

    fn welcome(&mut self, who: MemberId, name: String, ctx: &RoomContext<Self>) {
        let taken = |slot: &u8| self.brushes.values().any(|brush| brush.slot == *slot);
        // There are as many as there may be members.
        let Some(slot) = (1..=Self::PLAYERS as u8).find(|slot| !taken(slot)) else {
            return;
        };
        // Around the middle, and towards it.
        let place = f32::from(slot) * (TAU / Self::PLAYERS as f32) * 3.0;
        let (width, height) = (Field::WIDTH, Field::HEIGHT);
        let middle = Place {
            x: f32::from(width) / 2.0,
            y: f32::from(height) / 2.0,
        };
        let brush = Brush {
            slot,
            name,
            at: middle.moved(place, f32::from(height) / 2.5),
            direction: Some(place + TAU / 2.0),
        };
        self.brushes.insert(who, brush);
        let mishaps = self.mishaps;
        let you = text(&ToPage::You {
            slot,
            width,
            height,
            mishaps,
        });
        for message in [you, protocol::whole(&self.field).into()] {
            // Whoever is gone again needs nothing.
            ctx.room().send_to([who], message).ok();
        }
    }

    fn tell_players(&self, ctx: &RoomContext<Self>) {
        let players = self.brushes.values().map(|brush| Someone {
            slot: brush.slot,
            name: &brush.name,
        });
        let players = players.collect();
        tell(ctx, text(&ToPage::Players { players }));
    }
}

impl Actor for Arena {
    type Context = RoomContext<Self>;

    fn started(&mut self, ctx: &mut RoomContext<Self>) {
        println!("game {} begins", self.name);
        ctx.run_interval(TICK, |arena, ctx| arena.tick(ctx));
    }

    fn stopped(&mut self, _: &mut RoomContext<Self>) {
        println!("game {} ends", self.name);
    }
}

impl RoomActor for Arena {
    type Key = String;
    type Data = String;

    fn restarted(&mut self, ctx: &mut RoomContext<Self>) {
        tell(ctx, text(&ToPage::Anew));
    }
}

impl Handler<Presence<String>> for Arena {
    type Result = ();

    fn handle(&mut self, presence: Presence<String>, ctx: &mut RoomContext<Self>) {
        match presence {
            Presence::Joined(member) => self.welcome(member.id(), member.data().clone(), ctx),
            Presence::Left(member) => {
                if let Some(brush) = self.brushes.remove(&member.id()) {
                    self.field.wipe(brush.slot);
                }
            }
        }
        self.tell_players(ctx);
    }
}

impl Handler<Steer> for Arena {
    type Result = ();

    fn handle(&mut self, Steer { who, direction }: Steer, _: &mut RoomContext<Self>) {
        if let Some(brush) = self.brushes.get_mut(&who) {
            brush.direction = direction;
        }
    }
}

impl Handler<Mishap> for Arena {
    type Result = ();

    fn handle(&mut self, _: Mishap, _: &mut RoomContext<Self>) {
        panic!("somebody wanted to see this");
    }
}

/// Tells all who play.
fn tell(ctx: &RoomContext<Arena>, message: impl Into<PreparedMessage>) {
    // It fails only if a thread of the server is blocked.
    if let Err(error) = ctx.room().broadcast(message) {
        eprintln!("game {}: {error}", ctx.room().key());
    }
}

fn text(words: &ToPage<'_>) -> PreparedMessage {
    let text = serde_json::to_string(words).expect("it is made of numbers and text");
    text.into()
}

const TICK: Duration = Duration::from_millis(50);
/// How far a brush goes in a tick, in cells.
const STEP: f32 = 1.1;
/// How long a round is, and the time between two, in ticks.
const ROUND: i32 = 60 * 20;
const PAUSE: i32 = 5 * 20;
