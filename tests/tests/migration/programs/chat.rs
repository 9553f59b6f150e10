//! A chat: a lobby that knows who is in which room, and an actor for each
//! connection that talks to it.

use std::{collections::BTreeMap, time::Instant};

use actix::{
    Actor, ActorContext, ActorFutureExt, Addr, AsyncContext, Context, ContextFutureSpawner,
    Handler, Message, MessageResult, Recipient, Running, StreamHandler, WrapFuture, fut::ready,
};
use actix_web::{
    Error, HttpRequest, HttpResponse,
    web::{self, ServiceConfig},
};

use super::ws;
use crate::pulse::Pulse;

pub(crate) fn configure(app: &mut ServiceConfig) {
    app.route("/chat", web::get().to(enter));
}

async fn enter(
    req: HttpRequest,
    stream: web::Payload,
    lobby: web::Data<Addr<Lobby>>,
    pulse: web::Data<Pulse>,
) -> Result<HttpResponse, Error> {
    let guest = Guest {
        id: 0,
        lobby: Addr::clone(&lobby),
        pulse: **pulse,
        heard: Instant::now(),
    };
    ws::start(guest, &req, stream)
}

/// Knows everybody.
#[derive(Default)]
pub(crate) struct Lobby {
    latest: usize,
    guests: BTreeMap<usize, Entry>,
}

struct Entry {
    name: String,
    room: String,
    address: Recipient<Line>,
}

/// What a guest is told.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Line(pub(crate) String);

/// Somebody has come; the answer is a number for them.
#[derive(Message)]
#[rtype(result = "usize")]
pub(crate) struct Come(pub(crate) Recipient<Line>);

#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Gone(pub(crate) usize);

/// What somebody typed.
#[derive(Message)]
#[rtype(result = "Option<String>")]
pub(crate) struct Typed {
    pub(crate) id: usize,
    pub(crate) line: String,
}

impl Actor for Lobby {
    type Context = Context<Self>;
}

impl Handler<Come> for Lobby {
    type Result = usize;

    fn handle(&mut self, Come(address): Come, _: &mut Self::Context) -> usize {
        self.latest += 1;
        let entry = Entry {
            name: "nobody".to_owned(),
            room: "main".to_owned(),
            address,
        };
        self.guests.insert(self.latest, entry);
        self.latest
    }
}

impl Handler<Gone> for Lobby {
    type Result = ();

    fn handle(&mut self, Gone(id): Gone, _: &mut Self::Context) {
        self.guests.remove(&id);
    }
}

impl Handler<Typed> for Lobby {
    type Result = MessageResult<Typed>;

    fn handle(&mut self, Typed { id, line }: Typed, _: &mut Self::Context) -> MessageResult<Typed> {
        let Some(own) = self.guests.get_mut(&id) else {
            return MessageResult(None);
        };
        let (command, rest) = line.split_once(' ').unwrap_or((&line, ""));
        MessageResult(match command {
            "/name" => {
                rest.clone_into(&mut own.name);
                Some(format!("you are {rest}"))
            }
            "/join" => {
                rest.clone_into(&mut own.room);
                Some(format!("you are in {rest}"))
            }
            "/who" => {
                let room = own.room.clone();
                let others = self.guests.values().filter(|it| it.room == room);
                let mut names: Vec<_> = others.map(|it| &*it.name).collect();
                names.sort_unstable();
                Some(names.join(", "))
            }
            _ => {
                let (room, said) = (own.room.clone(), format!("{}: {line}", own.name));
                let others = self.guests.iter();
                for (_, other) in others.filter(|(it, other)| **it != id && other.room == room) {
                    other.address.do_send(Line(said.clone()));
                }
                None
            }
        })
    }
}

/// A connection.
pub(crate) struct Guest {
    id: usize,
    lobby: Addr<Lobby>,
    pulse: Pulse,
    heard: Instant,
}

impl Actor for Guest {
    type Context = ws::WebsocketContext<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.run_interval(self.pulse.every, |guest, ctx| {
            if guest.heard.elapsed() > guest.pulse.patience {
                ctx.stop();
            } else {
                ctx.ping(b"");
            }
        });
        // nothing is heard before the lobby knows of us
        self.lobby
            .send(Come(ctx.address().recipient()))
            .into_actor(self)
            .then(|id, guest, ctx| {
                match id {
                    Ok(id) => guest.id = id,
                    Err(_) => ctx.stop(),
                }
                ready(())
            })
            .wait(ctx);
    }

    fn stopping(&mut self, _: &mut Self::Context) -> Running {
        self.lobby.do_send(Gone(self.id));
        Running::Stop
    }
}

impl Handler<Line> for Guest {
    type Result = ();

    fn handle(&mut self, Line(line): Line, ctx: &mut Self::Context) {
        ctx.text(line);
    }
}

impl StreamHandler<Result<ws::Message, ws::ProtocolError>> for Guest {
    fn handle(&mut self, msg: Result<ws::Message, ws::ProtocolError>, ctx: &mut Self::Context) {
        let Ok(msg) = msg else {
            return ctx.stop();
        };
        self.heard = Instant::now();
        match msg {
            ws::Message::Ping(payload) => ctx.pong(&payload),
            ws::Message::Pong(_) => {}
            ws::Message::Text(line) => {
                let line = line.trim().to_owned();
                self.lobby
                    .send(Typed { id: self.id, line })
                    .into_actor(self)
                    .then(|answer, _, ctx| {
                        if let Ok(Some(answer)) = answer {
                            ctx.text(answer);
                        }
                        ready(())
                    })
                    .wait(ctx);
            }
            ws::Message::Binary(_) => ctx.text("only words are understood"),
            ws::Message::Close(reason) => {
                ctx.close(reason);
                ctx.stop();
            }
            ws::Message::Continuation(_) => ctx.stop(),
            ws::Message::Nop => {}
        }
    }
}
