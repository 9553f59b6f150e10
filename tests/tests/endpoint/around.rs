//! What works around an endpoint: app data, extractors, middleware, origins.

use std::collections::HashMap;

use actix::{Actor, Handler};
use actix_web::{HttpRequest, HttpResponse, middleware::DefaultHeaders, web};
use ws_server::{Endpoint, Part, Text, WsContext};
use ws_tests::{
    client::Client,
    probe::Probe,
    raw::{Raw, Response},
    request::Request,
    server::Server,
};

#[actix_web::test]
async fn endpoint_lets_in_pages_of_the_origins_it_lists_and_no_others() {
    let listed = Probe::endpoint().origins(["https://app.example"]);
    let (server, _reports) = Probe::serve(listed);
    for (origin, status) in [
        ("https://app.example", "HTTP/1.1 101 Switching Protocols"),
        ("http://localhost", "HTTP/1.1 101 Switching Protocols"),
        ("http://app.example", "HTTP/1.1 403 Forbidden"),
        ("https://app.example.evil.example", "HTTP/1.1 403 Forbidden"),
    ] {
        let request = Request::upgrade("/probe").with("Origin", origin);
        let response = Raw::connect(server.address()).await.ask(&request).await;
        assert_eq!(response.status, status, "{origin}");
    }
}

#[actix_web::test]
async fn endpoint_for_any_origin_lets_in_every_page() {
    let (server, _reports) = Probe::serve(Probe::endpoint().any_origin());
    for origin in ["http://evil.example", "null"] {
        let request = Request::upgrade("/probe").with("Origin", origin);
        let response = Raw::connect(server.address()).await.ask(&request).await;
        assert_eq!(
            response.status, "HTTP/1.1 101 Switching Protocols",
            "{origin}"
        );
    }
}

#[actix_web::test]
async fn app_data_extractors_and_middleware_work_around_an_endpoint() {
    let server = greeting_server();
    let mut raw = Raw::connect(server.address()).await;
    let response = raw.ask(&Request::upgrade("/rooms/7?name=Ada")).await;
    assert_eq!(response.status, "HTTP/1.1 101 Switching Protocols");
    assert_eq!(response.header("x-served-by").as_deref(), Some("ws-tests"));
    let mut client = Client::over(raw);
    assert_eq!(client.text().await, "hello Ada, this is room 7");
}

#[actix_web::test]
async fn extractor_that_refuses_answers_with_its_own_error() {
    let server = greeting_server();
    let ask = async |path: &str| -> Response {
        let mut raw = Raw::connect(server.address()).await;
        raw.ask(&Request::upgrade(path)).await
    };
    let response = ask("/rooms/seven?name=Ada").await;
    assert_eq!(response.status, "HTTP/1.1 404 Not Found");
    let response = ask("/rooms/7").await;
    assert_eq!(response.status, "HTTP/1.1 400 Bad Request");
    assert_eq!(response.body, "who are you?");
    assert_eq!(response.header("x-served-by").as_deref(), Some("ws-tests"));
}

/// `/rooms/{number}?name=...` greets, within middleware.
fn greeting_server() -> Server {
    let endpoint = Endpoint::<Greeter>::builder().on::<Text>().build();
    let endpoint = endpoint.expect("the endpoint makes sense");
    Server::start(move |app| {
        let room = web::resource("/rooms/{number}")
            .wrap(DefaultHeaders::new().add(("x-served-by", "ws-tests")))
            .route(web::get().to(greet));
        app.app_data(web::Data::new(endpoint.clone()))
            .app_data(web::Data::new("hello".to_owned()))
            .service(room);
    })
}

async fn greet(
    request: HttpRequest,
    payload: web::Payload,
    number: web::Path<u32>,
    query: web::Query<HashMap<String, String>>,
    greeting: web::Data<String>,
    endpoint: web::Data<Endpoint<Greeter>>,
) -> actix_web::Result<HttpResponse> {
    let Some(name) = query.get("name") else {
        return Err(actix_web::error::ErrorBadRequest("who are you?"));
    };
    let greeter = Greeter(format!("{} {name}, this is room {number}", **greeting));
    Ok(endpoint.upgrade(&request, payload, greeter)?)
}

pub(crate) struct Greeter(String);

impl Actor for Greeter {
    type Context = WsContext<Self>;

    fn started(&mut self, ctx: &mut WsContext<Self>) {
        ctx.text(self.0.clone()).ok();
    }
}

impl Handler<Part> for Greeter {
    type Result = ();

    fn handle(&mut self, _: Part, _: &mut WsContext<Self>) {}
}

impl Handler<Text> for Greeter {
    type Result = ();

    fn handle(&mut self, _: Text, _: &mut WsContext<Self>) {}
}
