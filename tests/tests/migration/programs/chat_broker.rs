//! The chat over a broker: connections do not know who listens to what they
//! say, and the hall, a service of the system, not who says it.

use std::collections::BTreeMap;

use actix::{
    Actor, ActorContext, ActorFutureExt, AsyncContext, Context, ContextFutureSpawner, Handler,
    Message, MessageResult, Recipient, Running, StreamHandler, Supervised, SystemService,
    WrapFuture, fut::ready,
};
use actix_broker::{BrokerIssue, BrokerSubscribe};
use actix_web::{
    Error, HttpRequest, HttpResponse,
    web::{self, ServiceConfig},
};

use super::ws;

pub(crate) fn configure(app: &mut ServiceConfig) {
    app.route("/chat", web::get().to(enter));
}

async fn enter(req: HttpRequest, stream: web::Payload) -> Result<HttpResponse, Error> {
    let guest = Guest {
        id: 0,
        name: "nobody".to_owned(),
        room: String::new(),
    };
    let (_, response) = ws::WsResponseBuilder::new(guest, &req, stream).start_with_addr()?;
    Ok(response)
}

/// Knows who is in which room.
#[derive(Default)]
pub(crate) struct Hall {
    latest: usize,
    rooms: BTreeMap<String, BTreeMap<usize, (String, Recipient<Line>)>>,
}

#[derive(Clone, Message)]
#[rtype(result = "()")]
struct Line(String);

/// Somebody comes into a room; the answer is a number for them.
#[derive(Clone, Message)]
#[rtype(result = "usize")]
struct Come {
    room: String,
    name: String,
    address: Recipient<Line>,
}

#[derive(Clone, Message)]
#[rtype(result = "String")]
struct Who(String);

/// Issued when somebody leaves a room.
#[derive(Clone, Message)]
#[rtype(result = "()")]
struct Left {
    room: String,
    id: usize,
}

/// Issued when somebody speaks.
#[derive(Clone, Message)]
#[rtype(result = "()")]
struct Said {
    room: String,
    id: usize,
    line: String,
}

/// Issued when the hall hears the word for it: to whoever is anywhere.
#[derive(Clone, Message)]
#[rtype(result = "()")]
struct ToAll(String);

impl Actor for Hall {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.subscribe_system_async::<Left>(ctx);
        self.subscribe_system_async::<Said>(ctx);
    }
}

impl Supervised for Hall {}
impl SystemService for Hall {}

impl Handler<Come> for Hall {
    type Result = usize;

    fn handle(&mut self, come: Come, _: &mut Self::Context) -> usize {
        self.latest += 1;
        let room = self.rooms.entry(come.room).or_default();
        room.insert(self.latest, (come.name, come.address));
        self.latest
    }
}

impl Handler<Who> for Hall {
    type Result = MessageResult<Who>;

    fn handle(&mut self, Who(room): Who, _: &mut Self::Context) -> MessageResult<Who> {
        let guests = self.rooms.get(&room).into_iter().flatten();
        let mut names: Vec<_> = guests.map(|(_, (name, _))| &**name).collect();
        names.sort_unstable();
        MessageResult(names.join(", "))
    }
}

impl Handler<Left> for Hall {
    type Result = ();

    fn handle(&mut self, Left { room, id }: Left, _: &mut Self::Context) {
        if let Some(room) = self.rooms.get_mut(&room) {
            room.remove(&id);
        }
    }
}

impl Handler<Said> for Hall {
    type Result = ();

    fn handle(&mut self, Said { room, id, line }: Said, _: &mut Self::Context) {
        if let Some(news) = line.split_once(": !") {
            return self.issue_system_async(ToAll(news.1.to_owned()));
        }
        let guests = self.rooms.get(&room).into_iter().flatten();
        for (_, (_, address)) in guests.filter(|(it, _)| **it != id) {
            address.do_send(Line(line.clone()));
        }
    }
}

/// A connection.
pub(crate) struct Guest {
    id: usize,
    name: String,
    room: String,
}

impl Guest {
    /// Comes into a room under its name, and says so when that is done.
    fn come(&mut self, room: &str, answer: Option<String>, ctx: &mut ws::WebsocketContext<Self>) {
        if self.id > 0 {
            // as the broker is asked to go first, the hall hears of it first
            self.issue_system_sync(self.left(), ctx);
        }
        room.clone_into(&mut self.room);
        let come = Come {
            room: self.room.clone(),
            name: self.name.clone(),
            address: ctx.address().recipient(),
        };
        Hall::from_registry()
            .send(come)
            .into_actor(self)
            .then(move |id, guest, ctx| {
                match id {
                    Ok(id) => guest.id = id,
                    Err(_) => ctx.stop(),
                }
                if let Some(answer) = answer {
                    ctx.text(answer);
                }
                ready(())
            })
            .wait(ctx);
    }

    fn left(&self) -> Left {
        Left {
            room: self.room.clone(),
            id: self.id,
        }
    }

    fn hear(&mut self, line: &str, ctx: &mut ws::WebsocketContext<Self>) {
        let (command, rest) = line.split_once(' ').unwrap_or((line, ""));
        match command {
            "/name" => {
                rest.clone_into(&mut self.name);
                let room = self.room.clone();
                self.come(&room, Some(format!("you are {rest}")), ctx);
            }
            "/join" => self.come(rest, Some(format!("you are in {rest}")), ctx),
            "/who" => Hall::from_registry()
                .send(Who(self.room.clone()))
                .into_actor(self)
                .then(|names, _, ctx| {
                    ctx.text(names.unwrap_or_default());
                    ready(())
                })
                .wait(ctx),
            _ => self.issue_system_async(Said {
                room: self.room.clone(),
                id: self.id,
                line: format!("{}: {line}", self.name),
            }),
        }
    }
}

impl Actor for Guest {
    type Context = ws::WebsocketContext<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.subscribe_system_sync::<ToAll>(ctx);
        self.come("main", None, ctx);
    }

    fn stopping(&mut self, _: &mut Self::Context) -> Running {
        self.issue_system_async(self.left());
        Running::Stop
    }
}

impl Handler<Line> for Guest {
    type Result = ();

    fn handle(&mut self, Line(line): Line, ctx: &mut Self::Context) {
        ctx.text(line);
    }
}

impl Handler<ToAll> for Guest {
    type Result = ();

    fn handle(&mut self, ToAll(news): ToAll, ctx: &mut Self::Context) {
        ctx.text(news);
    }
}

impl StreamHandler<Result<ws::Message, ws::ProtocolError>> for Guest {
    fn handle(&mut self, msg: Result<ws::Message, ws::ProtocolError>, ctx: &mut Self::Context) {
        match msg {
            Ok(ws::Message::Text(line)) => self.hear(line.trim(), ctx),
            Ok(ws::Message::Ping(payload)) => ctx.pong(&payload),
            Ok(ws::Message::Close(reason)) => {
                ctx.close(reason);
                ctx.stop();
            }
            Ok(_) => {}
            Err(_) => ctx.stop(),
        }
    }
}
