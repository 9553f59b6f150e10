//! How long those who were let in may stay.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use actix::{Actor, Handler};
use actix_web::{HttpRequest, HttpResponse, web};
use tokio::sync::{
    Notify,
    mpsc::{UnboundedSender, unbounded_channel},
};
use ws_server::{
    Cause, CloseCode, Closed, Credential, Credentials, Endpoint, Text, UpgradeError, WsContext,
};
use ws_tests::{
    client::Client,
    raw::{End, Raw},
    request::Request,
    server::Server,
    wait::{until, within},
};

#[actix_web::test]
async fn connection_whose_credential_ends_is_closed_with_4401() {
    let scene = Scene::open();
    let mut client = scene.enter("ada").await;
    client.send("soon").await;
    assert_is_told(&mut client, 4401, "credential expired").await;
    assert_eq!(client.ended().await, End::Eof);
    let mut client = scene.enter("ada").await;
    client.send("soon, in other words").await;
    assert_is_told(&mut client, 4003, "come in person").await;
    let causes = scene.causes(2).await;
    assert_eq!(causes, [Cause::Expired, Cause::Expired]);
}

#[actix_web::test]
async fn deadlines_of_a_key_are_moved_from_any_thread() {
    let scene = Scene::open();
    let mut clients = Vec::new();
    for _ in 0..4 {
        let mut client = scene.enter("ada").await;
        client.send("hello").await;
        assert_eq!(client.text().await, "hello");
        clients.push(client);
    }
    let later = Instant::now() + Duration::from_secs(3600);
    assert_eq!(
        scene.elsewhere(move |users| users.expire_at("ada", later)),
        4
    );
    for client in &mut clients {
        client.send("still here").await;
        assert_eq!(client.text().await, "still here");
    }
    let now = Instant::now();
    assert_eq!(scene.elsewhere(move |users| users.expire_at("ada", now)), 4);
    // What has come to its end is not taken back.
    scene.elsewhere(|users| users.expire_at("ada", None));
    for client in &mut clients {
        assert_is_told(client, 4401, "credential expired").await;
    }
    scene.until_count("ada", 0).await;
}

/// The server's threads get connections in turns, so that those of each user are
/// on both.
#[actix_web::test]
async fn all_connections_of_a_user_are_revoked_at_once_and_no_others() {
    let scene = Scene::open();
    let (mut revoked, mut kept) = (Vec::new(), Vec::new());
    for _ in 0..8 {
        revoked.push(scene.enter("ada").await);
        kept.push(scene.enter("ben").await);
        kept.push(scene.enter("eve").await);
    }
    for (user, count) in [("ada", 8), ("ben", 8), ("eve", 8), ("nobody", 0)] {
        assert_eq!(scene.users.count(user), count, "{user}");
    }
    assert_eq!(scene.users.keys(), 3);
    assert_eq!(scene.elsewhere(|users| users.revoke("nobody")), 0);
    assert_eq!(scene.elsewhere(|users| users.revoke("ada")), 8);
    for client in &mut revoked {
        assert_is_told(client, 4401, "credential expired").await;
    }
    for client in &mut kept {
        client.send("still here").await;
        assert_eq!(client.text().await, "still here");
    }
    scene.until_count("ada", 0).await;
    assert_eq!(scene.users.keys(), 2);
    // The user may come again, as far as this is concerned.
    let mut again = scene.enter("ada").await;
    again.send("hello").await;
    assert_eq!(again.text().await, "hello");
    drop((again, kept));
    until("nobody to be left", || scene.users.keys() == 0).await;
}

#[actix_web::test]
async fn who_is_revoked_on_the_way_in_does_not_get_through() {
    let scene = Scene::open();
    let mut raw = Raw::connect(scene.server.address()).await;
    raw.send(Request::upgrade("/slow/ada").to_bytes()).await;
    scene.until_count("ada", 1).await;
    assert_eq!(scene.elsewhere(|users| users.revoke("ada")), 1);
    // Nobody moves what is over.
    let later = Instant::now() + Duration::from_secs(3600);
    scene.users.expire_at("ada", later);
    scene.go_on.notify_one();
    let response = raw.response().await;
    assert_eq!(response.status, "HTTP/1.1 101 Switching Protocols");
    let mut client = Client::over(raw);
    client.queue("too late");
    assert_eq!(client.text().await, "hello ada");
    assert_is_told(&mut client, 4401, "credential expired").await;
    assert_eq!(scene.causes(1).await, [Cause::Expired]);
    scene.until_count("ada", 0).await;
}

#[actix_web::test]
async fn who_is_refused_holds_no_credential() {
    let scene = Scene::open();
    let request = Request::upgrade("/ada").with("Origin", "http://evil.example");
    let mut raw = Raw::connect(scene.server.address()).await;
    let response = raw.ask(&request).await;
    assert_eq!(response.status, "HTTP/1.1 403 Forbidden");
    assert_eq!(scene.users.keys(), 0);
}

async fn assert_is_told(client: &mut Client, code: u16, reason: &str) {
    let outcome = client.closed().await;
    assert_eq!(outcome.code(), CloseCode::new(code));
    let payload = outcome.received.expect("a Close frame came");
    assert_eq!(payload.reason(), reason);
}

/// A server with `/{user}`, and `/slow/{user}`, which takes its time.
struct Scene {
    server: Server,
    users: Credentials<String>,
    go_on: Arc<Notify>,
    ends: tokio::sync::Mutex<tokio::sync::mpsc::UnboundedReceiver<Cause>>,
}

impl Scene {
    fn open() -> Self {
        let users = Credentials::new();
        let (sender, ends) = unbounded_channel();
        let go_on = Arc::new(Notify::new());
        let endpoint = Endpoint::<Session>::builder().on::<Text>().on::<Closed>();
        let endpoint = endpoint.build().expect("the endpoint makes sense");
        let (registry, gate) = (users.clone(), Arc::clone(&go_on));
        let server = Server::start(move |app| {
            app.app_data(web::Data::new(endpoint.clone()))
                .app_data(web::Data::new(registry.clone()))
                .app_data(web::Data::new(sender.clone()))
                .app_data(web::Data::from(Arc::clone(&gate)))
                .route("/slow/{user}", web::get().to(connect_slowly))
                .route("/{user}", web::get().to(connect));
        });
        Self {
            server,
            users,
            go_on,
            ends: ends.into(),
        }
    }

    /// Connects, and waits until the actor runs.
    async fn enter(&self, user: &str) -> Client {
        let path = format!("/{user}");
        let mut client = Client::connect(self.server.address(), &path).await;
        assert_eq!(client.text().await, format!("hello {user}"));
        client
    }

    /// Does something on a thread that knows of no connection.
    fn elsewhere<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Credentials<String>) -> T + Send + 'static,
    ) -> T {
        let users = self.users.clone();
        let thread = thread::spawn(move || act(&users));
        thread.join().expect("nothing panics there")
    }

    async fn until_count(&self, user: &str, count: usize) {
        let what = format!("{user} to have {count} connections");
        until(what, || self.users.count(user) == count).await;
    }

    /// Why the next connections ended.
    async fn causes(&self, count: usize) -> Vec<Cause> {
        let mut ends = self.ends.lock().await;
        let mut causes = Vec::new();
        while causes.len() < count {
            let end = within("a connection to end", ends.recv()).await;
            causes.push(end.expect("the server runs"));
        }
        causes
    }
}

async fn connect(
    request: HttpRequest,
    payload: web::Payload,
    user: web::Path<String>,
    endpoint: web::Data<Endpoint<Session>>,
    users: web::Data<Credentials<String>>,
    ends: web::Data<UnboundedSender<Cause>>,
) -> Result<HttpResponse, UpgradeError> {
    let user = users.hold(user.into_inner());
    let ends = UnboundedSender::clone(&ends);
    endpoint.upgrade(&request, payload, Session { user, ends })
}

async fn connect_slowly(
    request: HttpRequest,
    payload: web::Payload,
    user: web::Path<String>,
    app: (
        web::Data<Endpoint<Session>>,
        web::Data<Credentials<String>>,
        web::Data<UnboundedSender<Cause>>,
        web::Data<Notify>,
    ),
) -> Result<HttpResponse, UpgradeError> {
    let (endpoint, users, ends, go_on) = app;
    let user = users.hold(user.into_inner());
    let ends = UnboundedSender::clone(&ends);
    go_on.notified().await;
    endpoint.upgrade(&request, payload, Session { user, ends })
}

/// Echoes, and ends soon if it is told so.
struct Session {
    user: Credential<String>,
    ends: UnboundedSender<Cause>,
}

impl Actor for Session {
    type Context = WsContext<Self>;

    fn started(&mut self, ctx: &mut WsContext<Self>) {
        // It fails when the connection is closing, as it may be in a moment.
        ctx.text(format!("hello {}", self.user.key())).ok();
        self.user.attach(ctx);
    }
}

impl Handler<Text> for Session {
    type Result = ();

    fn handle(&mut self, Text(text): Text, ctx: &mut WsContext<Self>) {
        match text.as_str() {
            "soon" => ctx.expire_at(Instant::now() + Duration::from_millis(20)),
            "soon, in other words" => {
                let other = ctx.expire_with(CloseCode::new(4003), "come in person");
                other.expect("the reason is short");
                ctx.expire_at(Instant::now() + Duration::from_millis(20));
            }
            // It fails only when the connection is closing.
            _ => ctx.text(text).unwrap_or_default(),
        }
    }
}

impl Handler<Closed> for Session {
    type Result = ();

    fn handle(&mut self, Closed(outcome): Closed, _: &mut WsContext<Self>) {
        // A test that is over does not care.
        self.ends.send(outcome.cause).ok();
    }
}
