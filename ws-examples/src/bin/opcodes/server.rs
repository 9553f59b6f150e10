//! The server: one actor that hears both opcodes, beside an ordinary route.

use std::{io, net::IpAddr, time::SystemTime};

use actix::{Actor, Handler};
use actix_web::{App, HttpRequest, HttpResponse, web};
use ws_examples::StartError;
use ws_server::{Endpoint, FrameMessage, Shutdown, UpgradeError, WsContext, WsServer};

use crate::{
    messages::{self, Ascii, Time},
    run_length::RunLength,
};

pub(crate) async fn serve(host: IpAddr, port: u16) -> Result<(), StartError> {
    let shutdown = Shutdown::new();
    let endpoint = Endpoint::<Desk>::builder()
        .on::<Time>()
        .on::<Ascii>()
        .config(messages::config().map_err(io::Error::other)?)
        // Both own RSV1, so only one of them can be at work on a connection.
        .extension(RunLength)
        .compression(None)
        .shutdown(&shutdown)
        .build()?;
    let server = WsServer::new(move || {
        App::new()
            .app_data(web::Data::new(endpoint.clone()))
            .route("/", web::route().to(upgrade))
            .route("/time", web::get().to(time))
    })
    .workers(1)
    .bind((host, port))
    .map_err(|error| StartError::bind(host, port, &error))?;
    let addresses = server.addrs().to_vec();
    let running = shutdown.run(server.run())?;
    for address in addresses {
        println!("listening on ws://{address}/ beside http://{address}/time");
    }
    Ok(running.await?)
}

async fn upgrade(
    request: HttpRequest,
    payload: web::Payload,
    endpoint: web::Data<Endpoint<Desk>>,
) -> Result<HttpResponse, UpgradeError> {
    endpoint.upgrade(&request, payload, Desk)
}

/// The same for those who speak HTTP only.
async fn time() -> String {
    httpdate::fmt_http_date(SystemTime::now())
}

/// Tells the time, and sends letters back as capitals.
struct Desk;

impl Actor for Desk {
    type Context = WsContext<Self>;
}

impl Handler<Time> for Desk {
    type Result = ();

    fn handle(&mut self, _: Time, ctx: &mut WsContext<Self>) {
        let now = Time(Some(SystemTime::now()));
        // It fails only when the connection is closing.
        ctx.control(Time::OPCODE, now.payload()).ok();
    }
}

impl Handler<Ascii> for Desk {
    type Result = ();

    fn handle(&mut self, Ascii(text): Ascii, ctx: &mut WsContext<Self>) {
        ctx.send(Ascii(text.to_ascii_uppercase())).ok();
    }
}
