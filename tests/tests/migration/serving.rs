//! Programs under a server.

use actix::{Actor, Addr};
use actix_web::web::{Data, ServiceConfig};
use ws_tests::server::Server;

use crate::pulse::{Pulse, SLOW};

/// What a program adds to an app.
pub(crate) type Program = fn(&mut ServiceConfig);

/// Serves a program whose heartbeat nobody feels.
pub(crate) fn serve(program: Program) -> Server {
    serve_with(SLOW, program)
}

/// Serves a program with this heartbeat.
pub(crate) fn serve_with(pulse: Pulse, program: Program) -> Server {
    Server::start(move |app| {
        app.app_data(Data::new(pulse));
        program(app);
    })
}

/// Serves a program with an actor that its connections share.
pub(crate) fn serve_beside<L: Actor>(pulse: Pulse, shared: &Addr<L>, program: Program) -> Server {
    let shared = shared.clone();
    Server::start(move |app| {
        app.app_data(Data::new(pulse));
        app.app_data(Data::new(shared.clone()));
        program(app);
    })
}
