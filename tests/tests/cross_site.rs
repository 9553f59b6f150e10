//! Pages of other sites in Chromium: a browser lets any of them try, with the
//! visitor's cookies, and it is the server that has to refuse.
//!
//! This runs if `WS_TESTS_BROWSER` is 1, as `tests/run` sets it; it needs
//! Chromium and its chromedriver.

use std::net::SocketAddr;

use actix_web::web::{self, ServiceConfig};
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use ws_server::EndpointBuilder;
use ws_tests::{
    chromedriver::in_browsers,
    page::Page,
    probe::{Probe, Report, Reports},
    server::Server,
};

#[actix_web::test]
async fn pages_of_other_sites_are_refused_unless_they_are_allowed() {
    in_browsers(["a visitor"], |[page]| visit(page)).await;
}

/// Where pages are, and how a browser calls these places.
struct Sites {
    /// The server with the endpoint; its own pages may connect.
    own: Server,
    /// Another, which a browser knows by several names.
    other: SocketAddr,
    reports: Reports,
    counts: Snapshotter,
}

async fn visit(page: Page) {
    let recorder = DebuggingRecorder::new();
    let counts = recorder.snapshotter();
    recorder.install().expect("there is no other");
    let other = Server::start(serve_page);
    let port = other.address().port();
    let begin = |endpoint: EndpointBuilder<Probe>, counts| {
        let (own, reports) = Probe::serve_beside(endpoint, serve_page);
        Sites {
            own,
            other: other.address(),
            reports,
            counts,
        }
    };

    let mut sites = begin(Probe::endpoint(), counts.clone());
    let own = sites.own.address();
    sites.pass(&page, &format!("http://{own}/")).await;
    for foreign in [
        // The same host, and the same machine by another name.
        format!("http://{}/", sites.other),
        format!("http://localhost:{port}/"),
        format!("http://evil.localhost:{port}/"),
        // A page of the server itself, which it has put in a sandbox.
        format!("http://{own}/?sandbox"),
        format!("http://localhost:{port}/?sandbox"),
        // A page of nobody.
        format!("data:text/html,{PAGE}"),
    ] {
        sites.refuse(&page, &foreign).await;
    }
    sites.pass(&page, &format!("http://{own}/")).await;

    let allowed = [
        format!("http://localhost:{port}"),
        format!("http://*.friend.localhost:{port}"),
    ];
    let mut sites = begin(Probe::endpoint().origins(allowed), counts);
    for friendly in ["localhost", "app.friend.localhost", "a.b.friend.localhost"] {
        sites
            .pass(&page, &format!("http://{friendly}:{port}/"))
            .await;
    }
    let own_port = sites.own.address().port();
    for foreign in [
        format!("http://{}/", sites.other),
        format!("http://evil.localhost:{port}/"),
        format!("http://friend.localhost:{port}/"),
        format!("http://evilfriend.localhost:{port}/"),
        // The allowed host, on a port that is not.
        format!("http://localhost:{own_port}/"),
        format!("http://localhost:{port}/?sandbox"),
        format!("data:text/html,{PAGE}"),
    ] {
        sites.refuse(&page, &foreign).await;
    }
}

fn serve_page(app: &mut ServiceConfig) {
    app.route("/", web::get().to(async || web::Html::new(PAGE)));
}

impl Sites {
    /// Goes to a page which may connect, and does.
    async fn pass(&mut self, page: &Page, url: &str) {
        self.go(page, url).await;
        page.until_texts("#seen li", &["open", "closed 1000 true"])
            .await;
        assert_eq!(page.errors().await, [""; 0], "{url}");
        assert_eq!(self.reports.next().await, Report::Started, "{url}");
        assert!(self.reports.closed().await.is_clean(), "{url}");
        assert_eq!(self.reports.next().await, Report::Stopped);
        assert_eq!(self.refused(), 0, "{url}");
    }

    /// Goes to a page which may not connect, though it tries.
    async fn refuse(&self, page: &Page, url: &str) {
        self.go(page, url).await;
        page.until_texts("#seen li", &["error", "closed 1006 false"])
            .await;
        // A frame in a sandbox has a console of its own.
        if !url.ends_with("?sandbox") {
            let why = "Unexpected response code: 403";
            let errors = page.errors().await;
            assert!(
                errors.len() == 1 && errors[0].contains(why),
                "{url}: {errors:?}"
            );
        }
        assert_eq!(self.refused(), 1, "{url}");
    }

    async fn go(&self, page: &Page, url: &str) {
        // The page finds there where to connect to.
        page.go(&format!("{url}#{}", self.own.address())).await;
    }

    /// How many requests were refused for their origin since this was asked
    /// last.
    fn refused(&self) -> u64 {
        let snapshot = self.counts.snapshot().into_vec();
        let counted = snapshot.into_iter().filter_map(|(key, _, _, value)| {
            let of_origin = key.key().labels().any(|it| it.value() == "origin");
            let refused = key.key().name() == ws_server::metrics::REFUSED && of_origin;
            match value {
                DebugValue::Counter(count) if refused => Some(count),
                DebugValue::Counter(_) | DebugValue::Gauge(_) | DebugValue::Histogram(_) => None,
            }
        });
        counted.sum()
    }
}

/// Connects to the server that its address names, or has a frame in a sandbox do
/// so, and writes down what it sees.
const PAGE: &str = r#"<!doctype html>
<title>A page that connects</title>
<link rel="icon" href="data:,">
<ol id="seen"></ol>
<script>
function note(text) {
  const item = document.createElement("li");
  item.textContent = text;
  document.querySelector("ol").append(item);
  if (parent !== window) parent.postMessage(text, "*");
}
addEventListener("message", (event) => note(event.data));
const server = location.href.split("\u0023")[1];
if (location.search === "?sandbox") {
  const frame = document.createElement("iframe");
  frame.sandbox = "allow-scripts";
  frame.src = "/\u0023" + server;
  document.body.append(frame);
} else {
  const socket = new WebSocket("ws://" + server + "/probe");
  socket.onopen = () => { note("open"); socket.close(1000); };
  socket.onerror = () => note("error");
  socket.onclose = ({ code, wasClean }) => note("closed " + code + " " + wasClean);
}
</script>
"#;
