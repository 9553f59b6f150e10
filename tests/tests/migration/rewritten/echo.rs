//! Echo without an actor, in the old world: three loops, one with a heartbeat
//! and one that collects fragments. Here the endpoint does both.

use actix::{Actor, Handler};
use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, ServiceConfig},
};
use ws_server::{Binary, Config, Endpoint, Text, UpgradeError, WsContext};

use crate::pulse::Pulse;

pub(crate) fn configure(app: &mut ServiceConfig, pulse: Pulse) {
    let config = Config::new()
        .ping_interval(Some(pulse.every))
        .pong_timeout(pulse.patience);
    let endpoint = Endpoint::<Echo>::builder()
        .on::<Text>()
        .on::<Binary>()
        .config(config)
        .build()
        .expect("nothing in it contradicts");
    app.app_data(web::Data::new(endpoint));
    app.route("/echo", web::get().to(echo));
}

async fn echo(
    request: HttpRequest,
    payload: web::Payload,
    endpoint: web::Data<Endpoint<Echo>>,
) -> Result<HttpResponse, UpgradeError> {
    endpoint.upgrade(&request, payload, Echo)
}

pub(crate) struct Echo;

impl Actor for Echo {
    type Context = WsContext<Self>;
}

impl Handler<Text> for Echo {
    type Result = ();

    fn handle(&mut self, Text(text): Text, ctx: &mut WsContext<Self>) {
        ctx.text(text).ok();
    }
}

impl Handler<Binary> for Echo {
    type Result = ();

    fn handle(&mut self, Binary(bytes): Binary, ctx: &mut WsContext<Self>) {
        ctx.binary(bytes).ok();
    }
}
