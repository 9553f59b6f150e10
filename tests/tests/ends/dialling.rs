//! Clients whose ends are looked at, and where they connect to.

use std::fs;

use actix_rt::Arbiter;
use tokio::net::TcpListener;
use ws_actors::{
    Handlers,
    client::{Client, Connector, Tls},
};
use ws_server::{Closed, Text};
use ws_tests::tls::Authority;

use crate::{
    stage::Terms,
    subject::{Brings, Subject},
};

/// Clients on a thread of their own.
pub(crate) struct Dialling {
    pub(crate) listener: TcpListener,
    arbiter: Arbiter,
    start: Box<dyn Fn(&Arbiter)>,
}

impl Dialling {
    pub(crate) async fn begin(
        name: String,
        authority: Option<&Authority>,
        terms: Terms,
        brings: Brings,
    ) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await;
        let listener = listener.expect("there are ports left");
        let address = listener.local_addr().expect("it is bound");
        let scheme = if authority.is_some() { "wss" } else { "ws" };
        let connector = Connector::new(&format!("{scheme}://{address}/"));
        let mut connector = connector.expect("it is a URL").compression(None);
        if let Some(authority) = authority {
            let pem = fs::read(authority.file()).expect("the file is there");
            let tls = Tls::with_pem(pem).expect("it is a certificate");
            connector = connector.tls(tls);
        }
        let start = move |arbiter: &Arbiter| {
            let handlers = Handlers::<Subject>::new()
                .on::<Text>()
                .on::<Closed>()
                .name(name.clone())
                .config(terms.config.clone())
                .flow(terms.flow)
                .budget(&terms.budget);
            let client = Client::new(connector.clone(), handlers);
            let brings = brings.clone();
            let started = arbiter.spawn_fn(move || {
                client.start(Subject::new(brings));
            });
            assert!(started, "the thread lives");
        };
        Self {
            listener,
            arbiter: Arbiter::new(),
            start: Box::new(start),
        }
    }

    /// Has a client begin to connect.
    pub(crate) fn start(&self) {
        (self.start)(&self.arbiter);
    }

    pub(crate) fn stop_at_once(&self) {
        assert!(self.arbiter.stop(), "its thread has ended");
    }
}

impl Drop for Dialling {
    fn drop(&mut self) {
        self.arbiter.stop();
    }
}
