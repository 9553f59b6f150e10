//! A server for the actors whose ends are looked at.

use actix_web::web;
use ws_server::{Admission, Closed, Endpoint, Rooms, Shutdown, Text};
use ws_tests::{server::Server, tls::Authority, wait::until};

use crate::{
    stage::Terms,
    subject::{Brings, Held, Subject, upgrade},
};

/// A server, and all that keeps account of its connections.
pub(crate) struct House {
    pub(crate) server: Server,
    pub(crate) admission: Admission,
    pub(crate) shutdown: Shutdown,
    pub(crate) rooms: Rooms<(), Held>,
}

impl House {
    pub(crate) fn open(
        name: String,
        authority: Option<&Authority>,
        terms: Terms,
        mut brings: Brings,
    ) -> Self {
        let (admission, shutdown) = (Admission::new(), Shutdown::new());
        let rooms = Rooms::new();
        brings.rooms = Some(Rooms::clone(&rooms));
        let endpoint = Endpoint::<Subject>::builder()
            .on::<Text>()
            .on::<Closed>()
            .name(name)
            .config(terms.config)
            .flow(terms.flow)
            .budget(&terms.budget)
            .admission(&admission)
            .shutdown(&shutdown)
            .build();
        let endpoint = endpoint.expect("the endpoint makes sense");
        let server = Server::start_over(authority, move |app| {
            app.app_data(web::Data::new(endpoint.clone()))
                .app_data(web::Data::new(brings.clone()))
                .route("/", web::get().to(upgrade));
        });
        Self {
            server,
            admission,
            shutdown,
            rooms,
        }
    }

    /// Waits until all have left.
    pub(crate) async fn is_empty(&self) {
        until("the room to be empty", || self.rooms.list().is_empty()).await;
        until("all places to be free", || {
            self.admission.connections() == 0 && self.shutdown.connections() == 0
        })
        .await;
        self.server.until_sockets(0).await;
    }
}
