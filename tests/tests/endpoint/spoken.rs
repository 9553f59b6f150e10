//! Opcodes and reserved bits of one's own.

use std::cell::Cell;

use actix::{Actor, Handler};
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::JoinHandle,
};
use ws_actors::client::Connector;
use ws_server::{
    Config, ConnectionHandle, Endpoint, EndpointBuilder, Event, FrameMessage, Handlers, Message,
    Opcode, Part, Rejection, Rsv, UpgradeError, WsContext,
};
use ws_tests::{server::Server, wait::within};

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
pub(crate) struct Clerk {
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
pub(crate) struct Custom<const OPCODE: u8, const NAMED: bool>(Bytes);

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
