//! Gives back what it hears, pings on a timer of its own, and leaves who stays
//! silent.

use std::time::Instant;

use actix::{Actor, ActorContext, AsyncContext, StreamHandler};
use actix_web::{
    Error, HttpRequest, HttpResponse,
    web::{self, ServiceConfig},
};

use super::ws;
use crate::pulse::Pulse;

pub(crate) fn configure(app: &mut ServiceConfig) {
    app.route("/echo", web::get().to(echo));
}

async fn echo(
    req: HttpRequest,
    stream: web::Payload,
    pulse: web::Data<Pulse>,
) -> Result<HttpResponse, Error> {
    let pulse = **pulse;
    let heard = Instant::now();
    ws::start(Echo { pulse, heard }, &req, stream)
}

pub(crate) struct Echo {
    pulse: Pulse,
    /// When the client last gave a sign of life.
    heard: Instant,
}

impl Actor for Echo {
    type Context = ws::WebsocketContext<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.run_interval(self.pulse.every, |echo, ctx| {
            if echo.heard.elapsed() > echo.pulse.patience {
                ctx.stop();
            } else {
                ctx.ping(b"there?");
            }
        });
    }
}

impl StreamHandler<Result<ws::Message, ws::ProtocolError>> for Echo {
    fn handle(&mut self, msg: Result<ws::Message, ws::ProtocolError>, ctx: &mut Self::Context) {
        self.heard = Instant::now();
        match msg {
            Ok(ws::Message::Ping(payload)) => ctx.pong(&payload),
            Ok(ws::Message::Text(text)) => ctx.text(text),
            Ok(ws::Message::Binary(bytes)) => ctx.binary(bytes),
            Ok(ws::Message::Close(reason)) => {
                ctx.close(reason);
                ctx.stop();
            }
            Ok(ws::Message::Pong(_) | ws::Message::Nop | ws::Message::Continuation(_)) => {}
            Err(_) => ctx.stop(),
        }
    }
}
