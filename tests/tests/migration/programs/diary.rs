//! Does all that a context can, when asked to, and keeps a diary of its life.
//!
//! It is none of the examples: it is for what they leave out.

use std::time::Duration;

use actix::{
    Actor, ActorContext, ActorFutureExt, AsyncContext, ContextFutureSpawner, Handler, Message,
    Running, SpawnHandle, StreamHandler, WrapFuture, clock::sleep,
};
use actix_http::ws::Item;
use actix_web::{
    Error, HttpRequest, HttpResponse,
    web::{self, ServiceConfig},
};
use tokio::sync::mpsc::UnboundedSender;

use super::ws;

pub(crate) fn configure(app: &mut ServiceConfig) {
    app.route("/diary", web::get().to(start));
}

async fn start(
    req: HttpRequest,
    stream: web::Payload,
    log: web::Data<UnboundedSender<String>>,
) -> Result<HttpResponse, Error> {
    let writer = Writer {
        log: UnboundedSender::clone(&log),
        later: None,
        stays: false,
    };
    let (address, response) = ws::WsResponseBuilder::new(writer, &req, stream).start_with_addr()?;
    address.do_send(Note("a note before it began"));
    Ok(response)
}

pub(crate) struct Writer {
    log: UnboundedSender<String>,
    later: Option<SpawnHandle>,
    /// It does not stop when asked to for the first time.
    stays: bool,
}

impl Writer {
    fn note(&self, entry: impl Into<String>) {
        self.log.send(entry.into()).ok();
    }
}

#[derive(Message)]
#[rtype(result = "()")]
struct Note(&'static str);

impl Handler<Note> for Writer {
    type Result = ();

    fn handle(&mut self, Note(note): Note, _: &mut Self::Context) {
        self.note(note);
    }
}

impl Actor for Writer {
    type Context = ws::WebsocketContext<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.note(format!("started, {:?}", ctx.state()));
    }

    fn stopping(&mut self, ctx: &mut Self::Context) -> Running {
        self.note(format!("stopping, {:?}", ctx.state()));
        if std::mem::take(&mut self.stays) {
            Running::Continue
        } else {
            Running::Stop
        }
    }

    fn stopped(&mut self, ctx: &mut Self::Context) {
        self.note(format!("stopped, {:?}", ctx.state()));
    }
}

impl StreamHandler<Result<ws::Message, ws::ProtocolError>> for Writer {
    fn handle(&mut self, msg: Result<ws::Message, ws::ProtocolError>, ctx: &mut Self::Context) {
        match msg {
            Ok(ws::Message::Text(command)) => self.obey(&command, ctx),
            Ok(ws::Message::Ping(payload)) => {
                self.note(format!("ping {payload:?}"));
                ctx.pong(&payload);
            }
            Ok(other) => self.note(format!("{other:?}")),
            Err(error) => {
                self.note(error.to_string());
                ctx.stop();
            }
        }
    }

    fn started(&mut self, _: &mut Self::Context) {
        self.note("stream started");
    }

    fn finished(&mut self, ctx: &mut Self::Context) {
        self.note("stream finished");
        ctx.stop();
    }
}

impl Writer {
    fn obey(&mut self, command: &str, ctx: &mut ws::WebsocketContext<Self>) {
        match command {
            // What is asked next is heard when the wait is over.
            "wait" => sleep(Duration::from_millis(20))
                .into_actor(self)
                .map(|(), _, ctx| ctx.text("waited"))
                .wait(ctx),
            "wait long" => ctx.wait(sleep(Duration::from_secs(3600)).into_actor(self)),
            "spawn" => {
                let told = ctx.handle();
                let spawned = async {}.into_actor(self).map(move |(), _, ctx| {
                    ctx.text(format!("spawned, another: {}", ctx.handle() != told));
                });
                ctx.spawn(spawned);
            }
            "later" => {
                let later = ctx.run_later(Duration::from_secs(3600), |_, ctx| ctx.text("never"));
                self.later = Some(later);
                ctx.run_later(Duration::from_millis(1), |writer, ctx| {
                    let cancelled = writer.later.take().is_some_and(|it| ctx.cancel_future(it));
                    ctx.text(format!("cancelled: {cancelled}"));
                });
            }
            "notes" => {
                ctx.set_mailbox_capacity(3);
                let address = ctx.address();
                let sent = (0..5).filter(|_| address.try_send(Note("a note")).is_ok());
                ctx.text(format!("some were refused: {}", sent.count() < 5));
                ctx.notify(Note("a note to itself"));
            }
            "fragments" => {
                for item in [
                    Item::FirstText("in ".into()),
                    Item::Continue("frag".into()),
                    Item::Last("ments".into()),
                ] {
                    ctx.write_raw(ws::Message::Continuation(item));
                }
                ctx.write_raw(ws::Message::Nop);
                ctx.binary(vec![1]);
                ctx.ping(b"between");
            }
            "fragments without a beginning" => {
                ctx.write_raw(ws::Message::Continuation(Item::Last("end".into())));
            }
            "fragments without end" => {
                let bytes = web::Bytes::from(vec![0; 64 * 1024]);
                let first = Item::FirstBinary(bytes.clone());
                ctx.write_raw(ws::Message::Continuation(first));
                for _ in 0..300 {
                    let item = Item::Continue(bytes.clone());
                    ctx.write_raw(ws::Message::Continuation(item));
                }
            }
            "close" => {
                ctx.text("before");
                ctx.close(Some((ws::CloseCode::Policy, "as you wish").into()));
            }
            "close without" => ctx.close(None),
            "stay" => {
                self.stays = true;
                ctx.stop();
                ctx.text("not yet");
            }
            "stop" => {
                ctx.text("last");
                ctx.stop();
            }
            "terminate" => {
                ctx.text("last");
                ctx.terminate();
            }
            "panic" => panic!("as you wish"),
            "flood" => (0..100).for_each(|_| ctx.binary(vec![0; 64 * 1024])),
            "flood too much" => {
                let bytes = web::Bytes::from(vec![0; 64 * 1024]);
                (0..300).for_each(|_| ctx.binary(bytes.clone()));
            }
            "tick" => {
                ctx.run_interval(Duration::from_millis(1), |writer, _| writer.note("tick"));
            }
            other => ctx.text(other.to_owned()),
        }
    }
}
