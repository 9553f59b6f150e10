//! The server: it acknowledges what it has stored.

use std::{
    io,
    net::IpAddr,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use actix::{Actor, Handler};
use actix_web::{App, HttpRequest, HttpResponse, web};
use ws_examples::StartError;
use ws_server::{CloseCode, Endpoint, Shutdown, Text, UpgradeError, WsContext, WsServer};

use crate::store::Store;

pub(crate) async fn serve(host: IpAddr, port: u16, file: &Path) -> Result<(), StartError> {
    let store = Store::open(file).map_err(|error| {
        let text = format!("cannot store to {}: {error}", file.display());
        io::Error::new(error.kind(), text)
    })?;
    let stored = store.last();
    let store = Arc::new(Mutex::new(store));
    let shutdown = Shutdown::new();
    let endpoint = Endpoint::<Keeper>::builder()
        .on::<Text>()
        .shutdown(&shutdown)
        .build()?;
    let server = WsServer::new(move || {
        App::new()
            .app_data(web::Data::new(endpoint.clone()))
            .app_data(web::Data::from(Arc::clone(&store)))
            .route("/", web::route().to(upgrade))
    })
    .workers(1)
    .bind((host, port))
    .map_err(|error| StartError::bind(host, port, &error))?;
    let addresses = server.addrs().to_vec();
    let running = shutdown.run(server.run())?;
    for address in addresses {
        println!("listening on ws://{address} with {stored} messages stored");
    }
    Ok(running.await?)
}

async fn upgrade(
    request: HttpRequest,
    payload: web::Payload,
    endpoint: web::Data<Endpoint<Keeper>>,
    store: web::Data<Mutex<Store>>,
) -> Result<HttpResponse, UpgradeError> {
    endpoint.upgrade(&request, payload, Keeper(store.into_inner()))
}

/// Stores what one sender sends. Senders come one after the other: an old
/// connection may linger while the next one is used already.
struct Keeper(Arc<Mutex<Store>>);

impl Actor for Keeper {
    type Context = WsContext<Self>;
}

impl Handler<Text> for Keeper {
    type Result = ();

    fn handle(&mut self, Text(text): Text, ctx: &mut WsContext<Self>) {
        let mut store = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // An error is told before the connection closes, so that nothing behind
        // a message that was not stored is.
        let done = match store.keep(text.as_str()) {
            Ok(number) => ctx.text(number.to_string()),
            Err(error) => {
                eprintln!("not stored: {error}");
                ctx.close(CloseCode::INTERNAL_ERROR, "message was not stored")
            }
        };
        // It fails only when the connection is closing: the sender asks again.
        done.ok();
    }
}
