//! A server that does what it is told.

use std::future::ready;

use actix::{Actor, Handler};
use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use ws_server::{Binary, CloseCode, Deflate, Endpoint, Text, UpgradeError, WsContext};
use ws_tests::server::Server;

/// Echoes, but for a text that begins with `close `: it closes the connection,
/// with 4001 and the rest as the reason.
struct Obedient;

/// Serves
///
/// - `/echo`, which agrees on subprotocol `b` and on compression,
/// - `/status/N`, which refuses with this status,
/// - `/moved`, which redirects to `/echo`,
/// - `/secret`, which wants the header field `X-Key: open sesame`.
pub(crate) fn start() -> Server {
    let endpoint = Endpoint::<Obedient>::builder()
        .on::<Text>()
        .on::<Binary>()
        .subprotocols(["b"])
        .compression(Deflate::new())
        .build()
        .unwrap();
    Server::start(move |app| {
        app.app_data(web::Data::new(endpoint.clone()))
            .route("/echo", web::route().to(upgrade))
            .route("/secret", web::route().to(secret))
            .route("/status/{status}", web::route().to(refuse))
            .route(
                "/moved",
                web::route().to(|| {
                    let mut response = HttpResponse::Found();
                    ready(response.insert_header(("Location", "/echo")).finish())
                }),
            );
    })
}

/// The URL of a path of it.
pub(crate) fn url(server: &Server, path: &str) -> String {
    format!("ws://{}{path}", server.address())
}

async fn upgrade(
    request: HttpRequest,
    payload: web::Payload,
    endpoint: web::Data<Endpoint<Obedient>>,
) -> Result<HttpResponse, UpgradeError> {
    endpoint.upgrade(&request, payload, Obedient)
}

async fn secret(
    request: HttpRequest,
    payload: web::Payload,
    endpoint: web::Data<Endpoint<Obedient>>,
) -> Result<HttpResponse, UpgradeError> {
    match request.headers().get("X-Key") {
        Some(key) if key == "open sesame" => endpoint.upgrade(&request, payload, Obedient),
        _ => Ok(HttpResponse::Unauthorized().body("who is there?")),
    }
}

async fn refuse(status: web::Path<u16>) -> HttpResponse {
    let status = StatusCode::from_u16(*status).unwrap();
    HttpResponse::build(status).body("go\x1b[2Jaway\nor stay")
}

impl Actor for Obedient {
    type Context = WsContext<Self>;
}

impl Handler<Text> for Obedient {
    type Result = ();

    fn handle(&mut self, Text(text): Text, ctx: &mut WsContext<Self>) {
        let reason = text.as_str().strip_prefix("close ").map(str::to_owned);
        let done = match reason {
            Some(reason) => ctx.close(CloseCode::new(4001), reason),
            None => ctx.text(text),
        };
        // It fails only when the connection is closing.
        done.ok();
    }
}

impl Handler<Binary> for Obedient {
    type Result = ();

    fn handle(&mut self, Binary(bytes): Binary, ctx: &mut WsContext<Self>) {
        ctx.binary(bytes).ok();
    }
}
