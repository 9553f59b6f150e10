//! Servers that mean harm, and the client that meets them.
//!
//! The client is an actor of `ws_actors::client` in a process of its own, on one
//! thread. Its witness is another connection of that process, to a server that
//! does as it should.

use std::{io, path::Path, time::Duration};

use actix::{Actor, Handler};
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::future::LocalBoxFuture;
use ws_server::{Endpoint, Text, UpgradeError, WsContext};

use super::{Attack, Kind, Outcome, Promise, Victim, deflate::zeros, frames};
use crate::server::Server;

mod client;
mod guest;
mod host;
mod order;
mod site;
mod talk;
mod words;

mod answers;
mod bombs;
mod ends;
mod fragments;
mod heads;
mod injections;
mod keys;
mod protocol;
mod proxies;
mod readers;
mod redirects;
mod refusals;
mod retries;
mod secure;

pub use self::client::dial;
pub(in crate::attack) use self::site::Site;

/// Does it to the client that `program --dial` is.
pub(in crate::attack) async fn attack_client(
    promise: Promise,
    deed: fn(Site) -> LocalBoxFuture<'static, String>,
    program: &Path,
) -> io::Result<Outcome> {
    // Which server it is does not matter to it.
    let victim = Victim::start(program, "--dial", Kind::Own).await?;
    let site = Site::new(victim.clone()).await?;
    let echo = echo();
    warm_up(&site).await;
    site.watch(echo.address()).await;
    let dismiss = async { site.dismiss().await.map_err(|error| error.to_string()) };
    let outcome = Outcome::of(&victim, deed(site.clone()), dismiss).await?;
    Ok(outcome.judged_by(&promise, Kind::Own))
}

/// Has the client make what it makes once.
async fn warm_up(site: &Site) {
    let order = site.order().deed(order::Deed::Echo);
    let answer = site
        .against(order, async |mut host| {
            host.open_compressed().await;
            let binary = frames::BINARY | frames::RSV1;
            host.frame(binary, &zeros(256 * 1024)).await.ok();
            host.frame(frames::TEXT, b"hello").await.ok();
            host.hear().await.expect("the first echo");
            host.hear().await.expect("the second echo");
            host.frame(frames::CLOSE, &[]).await.ok();
            host.last_code().await
        })
        .await;
    assert_eq!(answer, "1005, Remote");
}

/// Sends back what the witness says.
fn echo() -> Server {
    let endpoint = Endpoint::<Echo>::builder().on::<Text>().build();
    let endpoint = endpoint.expect("its handlers go together");
    Server::start(move |app| {
        app.app_data(web::Data::new(endpoint.clone()))
            .route("/", web::get().to(enter));
    })
}

struct Echo;

impl Actor for Echo {
    type Context = WsContext<Self>;
}

impl Handler<Text> for Echo {
    type Result = ();

    fn handle(&mut self, Text(text): Text, ctx: &mut WsContext<Self>) {
        ctx.text(text).ok();
    }
}

async fn enter(
    request: HttpRequest,
    payload: web::Payload,
    endpoint: web::Data<Endpoint<Echo>>,
) -> Result<HttpResponse, UpgradeError> {
    endpoint.upgrade(&request, payload, Echo)
}

/// A deadline that is there soon, for attacks on deadlines.
const SOON: Duration = Duration::from_secs(1);

pub(in crate::attack) const LISTS: &[&[Attack]] = &[
    bombs::ATTACKS,
    fragments::ATTACKS,
    readers::ATTACKS,
    heads::ATTACKS,
    refusals::ATTACKS,
    redirects::ATTACKS,
    proxies::ATTACKS,
    answers::ATTACKS,
    injections::ATTACKS,
    protocol::ATTACKS,
    keys::ATTACKS,
    ends::ATTACKS,
    secure::ATTACKS,
    retries::ATTACKS,
];
