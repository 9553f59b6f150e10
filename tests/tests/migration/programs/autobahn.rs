//! Echo for a conformance suite: a message comes back whole, in whatever
//! fragments it came.

use actix::{Actor, ActorContext, StreamHandler};
use actix_http::ws::Item;
use actix_web::{
    Error, HttpRequest, HttpResponse,
    web::{self, BytesMut, ServiceConfig},
};

use super::ws;

pub(crate) fn configure(app: &mut ServiceConfig) {
    app.route("/autobahn", web::get().to(start));
}

async fn start(req: HttpRequest, stream: web::Payload) -> Result<HttpResponse, Error> {
    ws::WsResponseBuilder::new(Parrot::default(), &req, stream)
        .protocols(&["echo.v1", "echo.v2"])
        .frame_size(1 << 20)
        .start()
}

#[derive(Default)]
pub(crate) struct Parrot {
    /// The message that comes in fragments.
    begun: BytesMut,
    is_text: bool,
}

impl Parrot {
    fn begin(&mut self, is_text: bool, payload: &[u8]) {
        self.is_text = is_text;
        self.begun.extend_from_slice(payload);
    }

    fn end(&mut self, payload: &[u8], ctx: &mut ws::WebsocketContext<Self>) {
        self.begun.extend_from_slice(payload);
        let message = std::mem::take(&mut self.begun).freeze();
        if !self.is_text {
            return ctx.binary(message);
        }
        match String::from_utf8(message.into()) {
            Ok(text) => ctx.text(text),
            Err(_) => leave(Some(ws::CloseCode::Invalid.into()), ctx),
        }
    }
}

fn leave(reason: Option<ws::CloseReason>, ctx: &mut ws::WebsocketContext<Parrot>) {
    ctx.close(reason);
    ctx.stop();
}

impl Actor for Parrot {
    type Context = ws::WebsocketContext<Self>;
}

impl StreamHandler<Result<ws::Message, ws::ProtocolError>> for Parrot {
    fn handle(&mut self, msg: Result<ws::Message, ws::ProtocolError>, ctx: &mut Self::Context) {
        match msg {
            Ok(ws::Message::Text(text)) => ctx.text(text),
            Ok(ws::Message::Binary(bytes)) => ctx.binary(bytes),
            Ok(ws::Message::Ping(payload)) => ctx.pong(&payload),
            Ok(ws::Message::Continuation(item)) => match item {
                Item::FirstText(payload) => self.begin(true, &payload),
                Item::FirstBinary(payload) => self.begin(false, &payload),
                Item::Continue(payload) => self.begun.extend_from_slice(&payload),
                Item::Last(payload) => self.end(&payload, ctx),
            },
            Ok(ws::Message::Close(reason)) => leave(reason, ctx),
            Ok(ws::Message::Pong(_) | ws::Message::Nop) => {}
            Err(_) => leave(Some(ws::CloseCode::Protocol.into()), ctx),
        }
    }
}
