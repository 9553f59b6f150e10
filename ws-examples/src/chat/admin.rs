//! What operators look at: a live page and metrics, on a listener of its own,
//! so that the chat's port never serves them.

mod board;
mod figures;
mod page;
mod sample;
mod watcher;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use actix_web::{
    App, HttpRequest, HttpResponse,
    dev::Server,
    http::header,
    rt,
    web::{self, Data},
};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use metrics_util::layers::FanoutBuilder;
use tokio::time::{MissedTickBehavior, interval};
use ws_server::{Endpoint, Shutdown, UpgradeError, WsServer, metrics as names};

use self::{board::Board, figures::Figures, sample::Sampler, watcher::Watcher};
use crate::{
    StartError,
    chat::rooms::ChatRooms,
    guest,
    page::{files, headers},
};

pub(crate) use self::figures::Watched;

/// Counts what happens from now on, and shows it.
pub(crate) struct Admin {
    address: SocketAddr,
    for_anyone: bool,
    figures: Figures,
    prometheus: PrometheusHandle,
}

impl Admin {
    /// Begins to count. Rooms and connections from before this are not seen.
    pub(crate) fn new(address: SocketAddr, for_anyone: bool) -> Result<Self, StartError> {
        if !for_anyone && !address.ip().is_loopback() {
            let text = format!(
                "other machines could look at --admin {address}, and nobody is asked who they \
                 are: choose an address of this machine alone, such as 127.0.0.1:8081, or add \
                 --admin-for-anyone"
            );
            return Err(io::Error::other(text).into());
        }
        let figures = Figures::default();
        let exporter = exporter().map_err(io::Error::other)?;
        let prometheus = exporter.handle();
        let both = FanoutBuilder::default()
            .add_recorder(exporter)
            .add_recorder(figures.clone())
            .build();
        metrics::set_global_recorder(both).map_err(|error| io::Error::other(error.to_string()))?;
        names::describe();
        Ok(Self {
            address,
            for_anyone,
            figures,
            prometheus,
        })
    }

    /// A server for the page and the metrics, and where it listens.
    pub(crate) fn serve(
        self,
        rooms: ChatRooms,
        shutdown: &Shutdown,
    ) -> Result<(SocketAddr, Server), StartError> {
        let board = Arc::new(Board::new());
        let endpoint = Endpoint::<Watcher>::builder().shutdown(shutdown).build()?;
        let (page, prometheus) = (Arc::clone(&board), self.prometheus.clone());
        let for_anyone = self.for_anyone;
        let server = WsServer::new(move || {
            let guests = guest::guard(for_anyone);
            App::new()
                .app_data(Data::from(Arc::clone(&page)))
                .app_data(Data::new(endpoint.clone()))
                .app_data(Data::new(prometheus.clone()))
                .service(
                    web::scope("")
                        .guard(guests)
                        .wrap(headers())
                        .route("/", web::get().to(lead))
                        .route("/admin/feed", web::route().to(watch))
                        .route("/metrics", web::get().to(render))
                        .configure(files(&page::FILES)),
                )
        })
        .workers(1)
        .bind(self.address)
        .map_err(|error| StartError::bind_admin(self.address, &error))?;
        let address = server.addrs()[0];
        let sampler = Sampler::new(self.figures, rooms);
        rt::spawn(feed(sampler, board, self.prometheus));
        Ok((address, server.run()))
    }
}

/// Makes a sample a second, for those who look on and those who come later.
async fn feed(mut sampler: Sampler, board: Arc<Board>, prometheus: PrometheusHandle) {
    let mut seconds = interval(Duration::from_secs(1));
    seconds.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        seconds.tick().await;
        board.put(sampler.take());
        // Histograms are kept as they come until they are asked for.
        prometheus.run_upkeep();
    }
}

async fn lead() -> HttpResponse {
    HttpResponse::Found()
        .insert_header((header::LOCATION, "/admin"))
        .finish()
}

async fn watch(
    request: HttpRequest,
    payload: web::Payload,
    endpoint: Data<Endpoint<Watcher>>,
    board: Data<Board>,
) -> Result<HttpResponse, UpgradeError> {
    endpoint.upgrade(&request, payload, Watcher::new(board.into_inner()))
}

async fn render(prometheus: Data<PrometheusHandle>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .body(prometheus.render())
}

/// Histograms that can be added up, with limits that suit what they measure.
fn exporter() -> Result<metrics_exporter_prometheus::PrometheusRecorder, impl std::error::Error> {
    let limits: [(&str, &[f64]); 4] = [
        (
            names::DURATION,
            &[1.0, 10.0, 60.0, 600.0, 3600.0, 21600.0, 86400.0],
        ),
        (
            names::ROUND_TRIP,
            &[0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0],
        ),
        (
            names::QUEUE_HIGH_WATER,
            &[1024.0, 8192.0, 65536.0, 262_144.0, 1_048_576.0],
        ),
        (names::COMPRESSION_RATIO, &[0.1, 0.25, 0.5, 0.75, 1.0, 1.5]),
    ];
    limits
        .into_iter()
        .try_fold(PrometheusBuilder::new(), |builder, (name, limits)| {
            builder.set_buckets_for_metric(Matcher::Full(name.to_owned()), limits)
        })
        .map(PrometheusBuilder::build_recorder)
}
