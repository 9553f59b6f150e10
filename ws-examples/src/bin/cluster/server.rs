//! The page, and where chats ask for another node.

use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
};

use actix_web::{
    App, HttpRequest, HttpResponse,
    dev::Server,
    http::header,
    web::{self, Data},
};
use serde::Deserialize;
use serde_json::json;
use ws_examples::{
    StartError, guest,
    page::{Policy, files},
};
use ws_server::{Endpoint, Json, Shutdown, UpgradeError, WsServer};

use crate::{
    args::Args,
    board::{Board, Order, Watcher},
    node::origin,
    page,
};

/// A socket for the page.
pub(crate) fn listen(args: &Args) -> Result<(TcpListener, SocketAddr), StartError> {
    let listener = TcpListener::bind((args.host, args.port))
        .map_err(|error| StartError::bind(args.host, args.port, &error))?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// A server for the page.
pub(crate) fn serve(
    listener: TcpListener,
    board: &Arc<Board>,
    nodes: &[SocketAddr],
    shutdown: &Shutdown,
) -> Result<Server, StartError> {
    let endpoint = Endpoint::<Watcher>::builder()
        .on::<Json<Order>>()
        .shutdown(shutdown)
        .build()?;
    let policy = Policy {
        frames: nodes.iter().copied().map(origin).collect(),
        ..Policy::default()
    };
    let board = Data::from(Arc::clone(board));
    let server = WsServer::new(move || {
        App::new()
            .app_data(board.clone())
            .app_data(Data::new(endpoint.clone()))
            .service(
                // A page of anybody's must not reach it under another name.
                web::scope("")
                    .guard(guest::guard(false))
                    .wrap(policy.headers())
                    .route("/feed", web::route().to(watch))
                    .route("/node", web::get().to(node))
                    .route("/chat", web::get().to(chat))
                    .configure(files(&page::FILES)),
            )
    });
    Ok(server.workers(1).listen(listener)?.run())
}

async fn watch(
    request: HttpRequest,
    payload: web::Payload,
    endpoint: Data<Endpoint<Watcher>>,
    board: Data<Board>,
) -> Result<HttpResponse, UpgradeError> {
    endpoint.upgrade(&request, payload, Watcher::new(board.into_inner()))
}

#[derive(Deserialize)]
struct Question {
    /// The origin of a node that is gone.
    not: Option<String>,
}

/// Names a node that serves, to pages of the nodes.
async fn node(
    request: HttpRequest,
    question: web::Query<Question>,
    board: Data<Board>,
) -> HttpResponse {
    let mut answer = match board.node(question.not.as_deref()) {
        Some(node) => HttpResponse::Ok().json(json!({ "node": node })),
        None => HttpResponse::ServiceUnavailable().json(json!({ "node": null })),
    };
    let headers = answer.headers_mut();
    headers.insert(header::VARY, header::HeaderValue::from_static("Origin"));
    let asker = request.headers().get(header::ORIGIN);
    let is_node = |asker: &header::HeaderValue| asker.to_str().is_ok_and(|it| board.is_node(it));
    if let Some(asker) = asker.filter(|asker| is_node(asker)) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, asker.clone());
    }
    answer
}

/// Leads to the chat on a node that serves.
async fn chat(request: HttpRequest, board: Data<Board>) -> HttpResponse {
    let Some(node) = board.node(None) else {
        return HttpResponse::ServiceUnavailable().body("no node serves now\n");
    };
    let query = request.query_string();
    let there = match query {
        "" => format!("{node}/"),
        query => format!("{node}/?{query}"),
    };
    HttpResponse::TemporaryRedirect()
        .insert_header((header::LOCATION, there))
        .finish()
}
