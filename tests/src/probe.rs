//! An actor that tells the test what it hears.

use actix::{Actor, ActorContext, Handler};
use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, ServiceConfig},
};
use bytes::Bytes;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use ws_core::Outcome;
use ws_server::{
    Binary, CloseCode, Closed, Endpoint, EndpointBuilder, Ping, Pong, Text, UpgradeError, WsContext,
};

use crate::{server::Server, tls::Authority, wait::within};

/// Echoes texts, and binary messages if its endpoint registers them. Some texts
/// are commands:
///
/// - `subprotocol` is answered with the one agreed on, or `none`
/// - `ping` is answered with a Ping, and then echoed
/// - `close` begins the closing handshake, with 4001 and a reason
/// - `stop` stops the actor
/// - `fill` is answered with a megabyte
#[derive(Debug)]
pub struct Probe(UnboundedSender<Report>);

/// What a probe hears.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "tests match all of it")]
pub enum Report {
    /// The actor runs.
    Started,
    /// A text came.
    Text(String),
    /// A binary message came, to an endpoint that registers them.
    Binary(Bytes),
    /// A Ping came, to an endpoint that registers them.
    Ping(Bytes),
    /// A Pong came, to an endpoint that registers them.
    Pong(Bytes),
    /// The connection is closed.
    Closed(Outcome),
    /// The actor has stopped.
    Stopped,
}

/// The reports of all probes of a server.
#[derive(Debug)]
pub struct Reports(UnboundedReceiver<Report>);

impl Probe {
    /// An endpoint for probes: they hear texts and the end.
    #[must_use]
    pub fn endpoint() -> EndpointBuilder<Self> {
        Endpoint::builder().on::<Text>().on::<Closed>()
    }

    /// Starts a server whose `/probe` is this endpoint.
    #[must_use]
    pub fn serve(endpoint: EndpointBuilder<Self>) -> (Server, Reports) {
        Self::serve_beside(endpoint, |_| {})
    }

    /// Starts a server over TLS, if there is a certificate authority, whose
    /// `/probe` is this endpoint.
    #[must_use]
    pub fn serve_over(
        tls: Option<&Authority>,
        endpoint: EndpointBuilder<Self>,
    ) -> (Server, Reports) {
        Self::serve_all(tls, endpoint, |_| {})
    }

    /// Starts a server whose `/probe` is this endpoint, beside what `configure`
    /// routes.
    pub fn serve_beside(
        endpoint: EndpointBuilder<Self>,
        configure: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
    ) -> (Server, Reports) {
        Self::serve_all(None, endpoint, configure)
    }

    fn serve_all(
        tls: Option<&Authority>,
        endpoint: EndpointBuilder<Self>,
        configure: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
    ) -> (Server, Reports) {
        let (reporter, reports) = unbounded_channel();
        let endpoint = endpoint.build().expect("the endpoint makes sense");
        let server = Server::start_over(tls, move |app| {
            app.app_data(web::Data::new(endpoint.clone()))
                .app_data(web::Data::new(reporter.clone()))
                .route("/probe", web::route().to(upgrade))
                .configure(&configure);
        });
        (server, Reports(reports))
    }

    /// A probe that tells nobody.
    #[must_use]
    pub fn silent() -> Self {
        Self(unbounded_channel().0)
    }

    fn report(&self, report: Report) {
        // A test that is over does not care.
        self.0.send(report).ok();
    }
}

async fn upgrade(
    request: HttpRequest,
    payload: web::Payload,
    endpoint: web::Data<Endpoint<Probe>>,
    reporter: web::Data<UnboundedSender<Report>>,
) -> Result<HttpResponse, UpgradeError> {
    let probe = Probe(UnboundedSender::clone(&reporter));
    endpoint.upgrade(&request, payload, probe)
}

impl Reports {
    /// Waits for the next report.
    pub async fn next(&mut self) -> Report {
        let report = within("a report of the actor", self.0.recv()).await;
        report.expect("the server runs")
    }

    /// Waits until a connection is closed.
    pub async fn closed(&mut self) -> Outcome {
        loop {
            if let Report::Closed(outcome) = self.next().await {
                return outcome;
            }
        }
    }
}

impl Actor for Probe {
    type Context = WsContext<Self>;

    fn started(&mut self, _: &mut WsContext<Self>) {
        self.report(Report::Started);
    }

    fn stopped(&mut self, _: &mut WsContext<Self>) {
        self.report(Report::Stopped);
    }
}

impl Handler<Text> for Probe {
    type Result = ();

    fn handle(&mut self, Text(text): Text, ctx: &mut WsContext<Self>) {
        self.report(Report::Text(text.as_str().to_owned()));
        let done = match text.as_str() {
            "subprotocol" => {
                let subprotocol = ctx.subprotocol().unwrap_or("none").to_owned();
                ctx.text(subprotocol)
            }
            "ping" => ctx.ping("are you there?").and_then(|()| ctx.text(text)),
            "close" => ctx.close(CloseCode::new(4001), "as you wish"),
            "stop" => {
                ctx.stop();
                Ok(())
            }
            "fill" => ctx.binary(vec![0; 1 << 20]),
            _ => ctx.text(text),
        };
        // It fails only when the connection is closing.
        done.ok();
    }
}

impl Handler<Binary> for Probe {
    type Result = ();

    fn handle(&mut self, Binary(bytes): Binary, ctx: &mut WsContext<Self>) {
        self.report(Report::Binary(bytes.clone()));
        // It fails only when the connection is closing.
        ctx.binary(bytes).ok();
    }
}

impl Handler<Ping> for Probe {
    type Result = ();

    fn handle(&mut self, Ping(payload): Ping, _: &mut WsContext<Self>) {
        self.report(Report::Ping(payload));
    }
}

impl Handler<Pong> for Probe {
    type Result = ();

    fn handle(&mut self, pong: Pong, _: &mut WsContext<Self>) {
        self.report(Report::Pong(pong.payload));
    }
}

impl Handler<Closed> for Probe {
    type Result = ();

    fn handle(&mut self, Closed(outcome): Closed, _: &mut WsContext<Self>) {
        self.report(Report::Closed(outcome));
    }
}
