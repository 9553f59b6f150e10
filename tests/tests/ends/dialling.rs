//! Clients whose ends are looked at, and where they connect to.

use actix_rt::Arbiter;
use ws_actors::{Handlers, client::Client};
use ws_server::{Closed, Text};
use ws_tests::{landing::Landing, tls::Authority};

use crate::{
    stage::Terms,
    subject::{Brings, Subject},
};

/// Clients on a thread of their own.
pub(crate) struct Dialling {
    pub(crate) landing: Landing,
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
        let landing = Landing::open(authority).await;
        let connector = landing.connector();
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
            landing,
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
