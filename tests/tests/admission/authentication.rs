//! The app's own middleware looks at who comes, before the upgrade.

use actix::{Actor, Handler};
use actix_web::{
    Error, HttpMessage, HttpRequest, HttpResponse,
    dev::ServiceRequest,
    web::{self, ReqData},
};
use actix_web_httpauth::{
    extractors::{
        AuthenticationError,
        bearer::{BearerAuth, Config},
    },
    middleware::HttpAuthentication,
};
use ws_server::{Endpoint, Text, WsContext};
use ws_tests::{client::Client, raw::Raw, request::Request, server::Server};

#[actix_web::test]
async fn what_middleware_found_out_reaches_the_actor() {
    let server = server();
    for (token, greeting) in [("7", "hello Ada"), ("8", "hello Ben")] {
        let request =
            Request::upgrade("/session").with("Authorization", &format!("Bearer {token}"));
        let mut raw = Raw::connect(server.address()).await;
        let response = raw.ask(&request).await;
        assert_eq!(response.status, "HTTP/1.1 101 Switching Protocols");
        let mut client = Client::over(raw);
        assert_eq!(client.text().await, greeting);
        client.send("who am I?").await;
        assert_eq!(client.text().await, greeting);
    }
}

#[actix_web::test]
async fn middleware_that_lets_nobody_in_answers_with_its_own_challenge() {
    let server = server();
    for field in [
        None,
        Some("Bearer 9"),
        Some("Bearer"),
        Some("Basic QWRhOjc="),
    ] {
        let request = Request::upgrade("/session");
        let request = match field {
            Some(field) => request.with("Authorization", field),
            None => request,
        };
        let mut raw = Raw::connect(server.address()).await;
        let response = raw.ask(&request).await;
        assert_eq!(response.status, "HTTP/1.1 401 Unauthorized", "{field:?}");
        let challenge = response.header("www-authenticate").expect("there is one");
        assert!(
            challenge.starts_with("Bearer realm=\"sessions\""),
            "{challenge}"
        );
    }
}

/// `/session` for whoever has a token.
fn server() -> Server {
    let endpoint = Endpoint::<Session>::builder().on::<Text>().build();
    let endpoint = endpoint.expect("the endpoint makes sense");
    Server::start(move |app| {
        let session = web::resource("/session")
            .wrap(HttpAuthentication::bearer(look_up))
            .route(web::get().to(connect));
        app.app_data(Config::default().realm("sessions"))
            .app_data(web::Data::new(endpoint.clone()))
            .service(session);
    })
}

#[derive(Clone)]
struct User(&'static str);

async fn look_up(
    request: ServiceRequest,
    bearer: BearerAuth,
) -> Result<ServiceRequest, (Error, ServiceRequest)> {
    let user = match bearer.token() {
        "7" => User("Ada"),
        "8" => User("Ben"),
        _ => {
            let config = request.app_data::<Config>().cloned().unwrap_or_default();
            return Err((AuthenticationError::from(config).into(), request));
        }
    };
    request.extensions_mut().insert(user);
    Ok(request)
}

async fn connect(
    request: HttpRequest,
    payload: web::Payload,
    user: ReqData<User>,
    endpoint: web::Data<Endpoint<Session>>,
) -> Result<HttpResponse, Error> {
    let session = Session(user.into_inner());
    Ok(endpoint.upgrade(&request, payload, session)?)
}

struct Session(User);

impl Session {
    fn greet(&self, ctx: &mut WsContext<Self>) {
        // It fails only when the connection is closing.
        ctx.text(format!("hello {}", self.0.0)).ok();
    }
}

impl Actor for Session {
    type Context = WsContext<Self>;

    fn started(&mut self, ctx: &mut WsContext<Self>) {
        self.greet(ctx);
    }
}

impl Handler<Text> for Session {
    type Result = ();

    fn handle(&mut self, _: Text, ctx: &mut WsContext<Self>) {
        self.greet(ctx);
    }
}
