//! Endpoints as parts of an actix-web app: what they can be told, and what
//! works around them.

use std::{cell::Cell, collections::HashMap};

use actix::{Actor, Handler};
use actix_web::{HttpRequest, HttpResponse, middleware::DefaultHeaders, web};
use bytes::Bytes;
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::JoinHandle,
};
use ws_actors::client::Connector;
use ws_core::handshake::FieldError;
use ws_server::{
    Binary, CloseCode, Closed, Config, ConnectionHandle, Endpoint, EndpointBuilder, EndpointError,
    Event, FrameMessage, Handlers, HandlersError, Message, Opcode, OriginError, Part, Rejection,
    Rsv, Slot, Text, UpgradeError, WsContext,
    extension::{Extension, Params, ServerChoice},
};
use ws_tests::{
    client::Client,
    probe::{Probe, Report},
    raw::{End, Raw, Response},
    request::Request,
    server::Server,
    wait::within,
};

#[test]
fn endpoint_with_two_handlers_for_a_kind_is_refused() {
    let twice = Endpoint::<Probe>::builder().on::<Text>().on::<Text>();
    assert_eq!(
        twice.build().unwrap_err().to_string(),
        "two handlers are registered for text, one has to go"
    );
    let twice_closed = Endpoint::<Probe>::builder()
        .on::<Closed>()
        .on::<Text>()
        .on::<Closed>();
    let twice = HandlersError::Duplicate(Slot::of(Opcode::CLOSE));
    assert_eq!(
        twice_closed.build().unwrap_err(),
        EndpointError::Handlers(twice)
    );
}

#[test]
fn endpoint_that_wants_data_whole_and_in_parts_is_refused() {
    let both = Endpoint::<Greeter>::builder().on::<Text>().on::<Part>();
    assert_eq!(
        both.build().unwrap_err(),
        HandlersError::PartsAndMessages(Opcode::TEXT).into()
    );
    let parts = Endpoint::<Greeter>::builder().on::<Part>();
    assert!(parts.build().is_ok());
}

#[test]
fn endpoint_with_a_subprotocol_that_is_no_token_is_refused() {
    for name in ["", "chat room", "chat,room", "chât", "chat\r\nx: y"] {
        let endpoint = Endpoint::<Probe>::builder().subprotocols(["v1", name]);
        assert_eq!(
            endpoint.build().unwrap_err(),
            EndpointError::Subprotocol(FieldError::Subprotocol(name.to_owned()))
        );
    }
}

#[test]
fn endpoint_with_subprotocols_that_contradict_each_other_is_refused() {
    type Build = fn(EndpointBuilder<Probe>) -> EndpointBuilder<Probe>;
    let table: [(Build, EndpointError); 4] = [
        (
            |it| it.subprotocols(["v1", "v2", "v1"]),
            EndpointError::DuplicateSubprotocol("v1".to_owned()),
        ),
        (
            |it| it.subprotocols(["v1"]).subprotocol("v1", Handlers::new()),
            EndpointError::DuplicateSubprotocol("v1".to_owned()),
        ),
        (|it| it.require_subprotocol(), EndpointError::NoSubprotocol),
        (
            |it| it.subprotocol("v2", Handlers::new().on::<Text>().on::<Text>()),
            EndpointError::SubprotocolHandlers {
                subprotocol: "v2".to_owned(),
                error: HandlersError::Duplicate(Slot::of(Opcode::TEXT)),
            },
        ),
    ];
    for (build, error) in table {
        assert_eq!(build(Probe::endpoint()).build().unwrap_err(), error);
    }
}

#[test]
fn endpoint_with_two_owners_of_a_reserved_bit_is_refused() {
    type Build = fn(EndpointBuilder<Greeter>) -> EndpointBuilder<Greeter>;
    let claim = |bits| Config::new().claim_rsv(bits);
    let table: [(Build, Option<(Rsv, &str, &str)>); 8] = [
        (|it| it.extension(Own(Rsv::RSV2)), None),
        (|it| it.extension(Own(Rsv::RSV1)).compression(None), None),
        (
            |it| it.extension(Own(Rsv::RSV1)),
            Some((Rsv::RSV1, "x-own", "permessage-deflate")),
        ),
        (
            |it| {
                it.extension(Own(Rsv::RSV2))
                    .extension(Own(Rsv::RSV2.union(Rsv::RSV3)))
            },
            Some((Rsv::RSV2, "x-own", "x-own")),
        ),
        (
            |it| it.config(Config::new().claim_rsv(Rsv::RSV1)),
            Some((Rsv::RSV1, "Config::claim_rsv", "permessage-deflate")),
        ),
        (
            |it| {
                it.config(Config::new().claim_rsv(Rsv::RSV1))
                    .compression(None)
            },
            None,
        ),
        (
            |it| {
                let config = Config::new().claim_rsv(Rsv::RSV3);
                it.config(config).extension(Own(Rsv::RSV3))
            },
            Some((Rsv::RSV3, "Config::claim_rsv", "x-own")),
        ),
        // What only one of the subprotocols claims is claimed.
        (
            |it| {
                let config = Config::new().claim_rsv(Rsv::RSV1);
                it.subprotocol("v1", Handlers::new().config(config))
            },
            Some((Rsv::RSV1, "Config::claim_rsv", "permessage-deflate")),
        ),
    ];
    for (index, (build, clash)) in table.into_iter().enumerate() {
        let error = clash.map(|(bits, first, second)| EndpointError::ReservedBits {
            bits,
            first: first.to_owned(),
            second: second.to_owned(),
        });
        let built = build(Endpoint::builder().on::<Part>()).build();
        assert_eq!(built.err(), error, "{index}");
    }
    let clash = Endpoint::<Greeter>::builder()
        .config(claim(Rsv::RSV1))
        .build();
    assert_eq!(
        clash.unwrap_err().to_string(),
        "reserved bits 100 belong to \"Config::claim_rsv\" and to \"permessage-deflate\", one has \
         to go: `compression(None)` turns permessage-deflate off"
    );
}

/// An extension that owns these bits, and is never agreed on.
#[derive(Debug)]
struct Own(Rsv);

impl ServerChoice for Own {
    fn name(&self) -> &str {
        "x-own"
    }

    fn rsv(&self) -> Rsv {
        self.0
    }

    fn choose(&self, _: &Params, _: &[Params]) -> Option<(Params, Box<dyn Extension>)> {
        None
    }
}

#[test]
fn endpoint_with_an_opcode_that_is_not_free_is_refused() {
    let hijacks = Endpoint::<Clerk>::builder().on::<Custom<0x2, true>>();
    assert_eq!(
        hijacks.build().unwrap_err().to_string(),
        "opcode binary is not reserved: choose 0x3 to 0x7 for data, 0xb to 0xf for control"
    );
    let continues = Endpoint::<Clerk>::builder().on::<Custom<0x0, false>>();
    let error = continues.build().unwrap_err();
    assert_eq!(error, HandlersError::Continuation.into());
    let right = Endpoint::<Clerk>::builder()
        .on::<Custom<0x3, true>>()
        .on::<Custom<0xB, false>>();
    assert!(right.build().is_ok());
}

#[test]
fn endpoint_with_an_origin_that_is_none_is_refused() {
    let slash = Probe::endpoint().origins(["https://a.example", "https://b.example/"]);
    let error = slash.build().unwrap_err();
    let written = ["https://b.example/", "https://b.example"].map(str::to_owned);
    let [text, without] = written;
    assert_eq!(
        error,
        EndpointError::Origin(OriginError::Path(text, without))
    );
    let any = Probe::endpoint().origins(["nonsense"]).any_origin();
    assert!(any.build().is_ok());
}

/// A server and a client that know the opcodes by what handles them, and
/// nothing else.
#[actix_web::test]
async fn opcodes_of_handlers_are_spoken_on_both_sides() {
    let (server, mut heard) = clerks(|it| it.on::<Custom<0x3, true>>().on::<Custom<0xB, false>>());
    let handlers = Handlers::new()
        .on::<Custom<0x3, true>>()
        .on::<Custom<0xB, false>>();
    let (_session, client) = client(&server, handlers).await;
    client
        .send(Message::Custom(Opcode::new(0x3).unwrap(), "letters".into()))
        .unwrap();
    for side in ["server", "client"] {
        let data = (0x3, Rsv::NONE, "letters".to_owned());
        assert_eq!(heard.next().await, data, "{side}");
    }
    // The clerk asks back by the other one.
    assert_eq!(heard.next().await, (0xB, Rsv::NONE, "done".to_owned()));
}

/// The connector does not offer permessage-deflate where the application has its
/// bit.
#[actix_web::test]
async fn reserved_bits_that_both_sides_claim_are_read_and_set() {
    let claim = || Config::new().claim_rsv(Rsv::RSV1.union(Rsv::RSV3));
    let (server, mut heard) = clerks(move |it| it.on::<Part>().config(claim()).compression(None));
    let handlers = Handlers::new().on::<Part>().config(claim());
    let (_session, client) = client(&server, handlers).await;
    client.send("mark this").unwrap();
    let plain = (0x1, Rsv::NONE, "mark this".to_owned());
    assert_eq!(heard.next().await, plain);
    let marked = Rsv::RSV1.union(Rsv::RSV3);
    assert_eq!(heard.next().await, (0x1, marked, "marked".to_owned()));
}

/// A clerk's server on this endpoint, and what all clerks hear.
fn clerks(build: impl Fn(EndpointBuilder<Clerk>) -> EndpointBuilder<Clerk>) -> (Server, Heard) {
    let (sender, receiver) = unbounded_channel();
    HEARD.set(Some(sender.clone()));
    let endpoint = build(Endpoint::builder()).build();
    let endpoint = endpoint.expect("the endpoint makes sense");
    let server = Server::start(move |app| {
        app.app_data(web::Data::new(endpoint.clone()))
            .app_data(web::Data::new(sender.clone()))
            .route("/", web::get().to(clerk));
    });
    (server, Heard(receiver))
}

async fn clerk(
    request: HttpRequest,
    payload: web::Payload,
    endpoint: web::Data<Endpoint<Clerk>>,
    heard: web::Data<UnboundedSender<HeardFrame>>,
) -> Result<HttpResponse, UpgradeError> {
    let heard = UnboundedSender::clone(&heard);
    endpoint.upgrade(
        &request,
        payload,
        Clerk {
            heard,
            serves: true,
        },
    )
}

/// A clerk that is a client: its task, and a way to speak.
async fn client(server: &Server, handlers: Handlers<Clerk>) -> (JoinHandle<()>, ConnectionHandle) {
    let url = format!("ws://{}/", server.address());
    let connector = Connector::new(&url).expect("that is a URL");
    let heard = HEARD.take().expect("the server was started before");
    let clerk = Clerk {
        heard,
        serves: false,
    };
    let session = ws_actors::client::Client::new(connector, handlers)
        .connect(clerk)
        .await;
    let session = session.expect("the server lets it in");
    let handle = session.handle();
    let task = actix_rt::spawn(async move {
        session.await;
    });
    (task, handle)
}

/// An opcode, the reserved bits, and the payload.
type HeardFrame = (u8, Rsv, String);

struct Heard(UnboundedReceiver<HeardFrame>);

impl Heard {
    async fn next(&mut self) -> HeardFrame {
        let heard = within("a clerk to hear something", self.0.recv()).await;
        heard.expect("the server runs")
    }
}

thread_local! {
    /// For the client of a test, which runs on the test's thread.
    static HEARD: Cell<Option<UnboundedSender<HeardFrame>>> = const { Cell::new(None) };
}

/// Tells what it hears, and answers if it serves.
struct Clerk {
    heard: UnboundedSender<HeardFrame>,
    serves: bool,
}

impl Clerk {
    fn hear(&self, opcode: Opcode, rsv: Rsv, payload: &[u8]) {
        let payload = String::from_utf8_lossy(payload).into_owned();
        // A test that is over does not care.
        self.heard.send((opcode.get(), rsv, payload)).ok();
    }
}

impl Actor for Clerk {
    type Context = WsContext<Self>;
}

/// A frame of this opcode, with a name if it is to be one of one's own.
struct Custom<const OPCODE: u8, const NAMED: bool>(Bytes);

impl<const OPCODE: u8, const NAMED: bool> actix::Message for Custom<OPCODE, NAMED> {
    type Result = ();
}

impl<const OPCODE: u8, const NAMED: bool> FrameMessage for Custom<OPCODE, NAMED> {
    const OPCODE: Opcode = Opcode::new(OPCODE).unwrap();
    const NAME: Option<&'static str> = if NAMED { Some("custom") } else { None };

    #[expect(clippy::wildcard_enum_match_arm, reason = "it is made of two kinds")]
    fn from_event(event: Event) -> Result<Self, Rejection> {
        match event {
            Event::Message(message) => Ok(Self(message.into_payload())),
            Event::Control { payload, .. } => Ok(Self(payload)),
            _ => Err(Rejection::unsupported()),
        }
    }
}

impl<const OPCODE: u8, const NAMED: bool> Handler<Custom<OPCODE, NAMED>> for Clerk {
    type Result = ();

    fn handle(&mut self, Custom(payload): Custom<OPCODE, NAMED>, ctx: &mut WsContext<Self>) {
        let opcode = Custom::<OPCODE, NAMED>::OPCODE;
        self.hear(opcode, Rsv::NONE, &payload);
        if self.serves && !opcode.is_control() {
            ctx.send(Message::Custom(opcode, payload)).ok();
            ctx.control(Custom::<0xB, false>::OPCODE, "done").ok();
        }
    }
}

impl Handler<Part> for Clerk {
    type Result = ();

    fn handle(&mut self, part: Part, ctx: &mut WsContext<Self>) {
        self.hear(part.opcode, part.rsv, &part.payload);
        if self.serves {
            let both = Rsv::RSV1.union(Rsv::RSV3);
            ctx.send_marked(both, "marked").ok();
        }
    }
}

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
async fn actor_sees_the_subprotocol_that_the_server_prefers() {
    let (server, _reports) = Probe::serve(Probe::endpoint().subprotocols(["v2", "v1"]));
    for (offered, chosen) in [
        (&["v1", "v2"][..], Some("v2")),
        (&["v0", "v1"], Some("v1")),
        (&["v0"], None),
        (&["V1"], None),
        (&[], None),
    ] {
        let mut client = Client::offer(server.address(), "/probe", offered).await;
        assert_eq!(client.subprotocol(), chosen, "{offered:?}");
        client.send("subprotocol").await;
        assert_eq!(client.text().await, chosen.unwrap_or("none"), "{offered:?}");
    }
}

#[actix_web::test]
async fn each_subprotocol_has_the_handlers_that_were_given_for_it() {
    let endpoint = Probe::endpoint()
        .subprotocols(["text.v2"])
        .subprotocol("binary", Handlers::new().on::<Binary>().on::<Closed>())
        .subprotocols(["text.v1"])
        .config(Config::new().max_message_bytes(10));
    let (server, mut reports) = Probe::serve(endpoint);
    for (offered, agreed, takes_text) in [
        (&["text.v1", "binary", "text.v2"][..], Some("text.v2"), true),
        (&["text.v1", "binary"], Some("binary"), false),
        (&["text.v1"], Some("text.v1"), true),
        (&[], None, true),
    ] {
        let mut client = Client::offer(server.address(), "/probe", offered).await;
        assert_eq!(client.subprotocol(), agreed);
        assert_eq!(reports.next().await, Report::Started);
        if takes_text {
            client.send("hello").await;
            assert_eq!(client.text().await, "hello");
            client.send(vec![0; 3]).await;
        } else {
            client.send(vec![0; 3]).await;
            let event = client.event().await;
            assert_eq!(event, Event::Message(Message::binary(vec![0; 3])));
            client.send("hello").await;
        }
        assert_eq!(client.closed().await.code(), CloseCode::UNSUPPORTED_DATA);
        reports.closed().await;
        assert_eq!(reports.next().await, Report::Stopped);
    }
    // What the endpoint says for all holds for those handlers, too.
    let mut client = Client::offer(server.address(), "/probe", &["binary"]).await;
    client.send(vec![0; 11]).await;
    assert_eq!(client.closed().await.code(), CloseCode::MESSAGE_TOO_BIG);
}

#[actix_web::test]
async fn endpoint_that_requires_a_subprotocol_refuses_all_others_with_400() {
    let endpoint = Probe::endpoint()
        .subprotocols(["v2"])
        .subprotocol("v1", Handlers::new().on::<Text>())
        .require_subprotocol();
    let (server, _reports) = Probe::serve(endpoint);
    let let_in = "HTTP/1.1 101 Switching Protocols";
    for (offered, status, body) in [
        (Some("v1"), let_in, ""),
        (Some("v3, v2"), let_in, ""),
        (Some("v3"), "HTTP/1.1 400 Bad Request", NOT_SPOKEN),
        (None, "HTTP/1.1 400 Bad Request", NOT_SPOKEN),
    ] {
        let request = Request::upgrade("/probe");
        let request = match offered {
            Some(offered) => request.with("Sec-WebSocket-Protocol", offered),
            None => request,
        };
        let mut raw = Raw::connect(server.address()).await;
        let response = raw.ask(&request).await;
        assert_eq!(response.status, status, "{offered:?}");
        assert_eq!(response.body, body, "{offered:?}");
        if status != let_in {
            let (rest, end) = raw.rest().await;
            assert_eq!((&rest[..], end), (&b""[..], End::Eof), "{offered:?}");
        }
    }
}

const NOT_SPOKEN: &str = "none of the subprotocols spoken here is in `Sec-WebSocket-Protocol`\n";

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

struct Greeter(String);

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
