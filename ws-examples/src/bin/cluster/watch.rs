//! Looks on at a node, as its operators do.

use actix::{Actor, Handler};
use serde::Deserialize;
use ws_actors::{
    Handlers, Json, WsContext,
    client::{Client, Connector},
};

use crate::board::Figures;

/// A client of a node's page for operators.
struct Watch<F> {
    tell: F,
}

/// What that page is told.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum FromNode {
    /// What was before.
    History {},
    Now(Figures),
}

/// Tells of every second of a node for as long as it lives.
pub(crate) fn spawn(admin: &str, tell: impl Fn(Figures) + Unpin + 'static) {
    let feed = format!("{}/feed", admin.replacen("http", "ws", 1));
    let handlers = Handlers::new().on::<Json<FromNode>>();
    match Connector::new(&feed) {
        Ok(connector) => {
            Client::new(connector, handlers).start(Watch { tell });
        }
        Err(error) => eprintln!("{feed}: {error}"),
    }
}

impl<F: Fn(Figures) + Unpin + 'static> Actor for Watch<F> {
    type Context = WsContext<Self>;
}

impl<F: Fn(Figures) + Unpin + 'static> Handler<Json<FromNode>> for Watch<F> {
    type Result = ();

    fn handle(&mut self, Json(heard): Json<FromNode>, _: &mut WsContext<Self>) {
        if let FromNode::Now(figures) = heard {
            (self.tell)(figures);
        }
    }
}
