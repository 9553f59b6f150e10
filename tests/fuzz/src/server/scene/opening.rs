use std::{
    cell::RefCell,
    pin::Pin,
    rc::Rc,
    sync::Arc,
    task::{Context, Poll},
};

use actix_web::{
    FromRequest, HttpResponse,
    body::{BoxBody, MessageBody},
    dev,
    test::TestRequest,
    web,
};
use bytes::{Bytes, BytesMut};
use tokio::{task::LocalSet, time::Instant};
use ws_actors::{Driver, Handlers};
use ws_core::{Connection, Entropy, Role, Rsv, handshake::ClientHandshake};
use ws_server::{Drain, Endpoint, Shutdown};

use super::{
    super::{
        ledger::Ledger,
        line::{BoxedPayloadStream, PayloadStream, SharedLine, Wire},
        peer::Peer,
        setup::Setup,
        subject::Subject,
    },
    bell::Bell,
};
use crate::terms;

/// How the peer came in.
pub(super) enum Door {
    /// Its handshake is done.
    Driver {
        /// It begins with the first step that is not only the peer's.
        begin: Option<Box<Begin>>,
    },
    /// By an endpoint.
    Endpoint {
        shutdown: Shutdown,
        /// The response's body: the server's way to the peer.
        body: Option<Pin<Box<BoxBody>>>,
    },
}

pub(super) struct Begin {
    connection: Connection,
    handlers: Arc<Handlers<Subject>>,
    subject: Subject,
    wire: Wire,
    ledger: Rc<RefCell<Ledger>>,
}

impl Door {
    pub(super) fn new(
        setup: &Setup,
        local: &LocalSet,
        ledger: &Rc<RefCell<Ledger>>,
        line: &SharedLine,
    ) -> (Self, Peer) {
        let subject = Subject::new(setup, Rc::clone(ledger));
        if setup.endpoint {
            return Self::upgrade(setup, local, subject, line);
        }
        let now = Instant::now().into_std();
        let with_terms = |connection: Connection, role| match &setup.deflate {
            Some(deflate) => connection.with_extensions(terms::agreed(deflate, role)),
            None => connection,
        };
        let handlers = setup.handlers();
        let connection = Connection::server(now, handlers.protocol());
        let begin = Begin {
            connection: with_terms(connection, Role::Server),
            handlers,
            subject,
            wire: Wire(Rc::clone(line)),
            ledger: Rc::clone(ledger),
        };
        let [speaker, listener] = [(); 2].map(|()| {
            let config = setup.peers_config();
            let connection = Connection::client(now, config, Entropy::seeded(6455));
            with_terms(connection, Role::Client)
        });
        let begin = Some(Box::new(begin));
        (Self::Driver { begin }, Peer::new(speaker, listener, now))
    }

    fn upgrade(
        setup: &Setup,
        local: &LocalSet,
        subject: Subject,
        line: &SharedLine,
    ) -> (Self, Peer) {
        let shutdown = Shutdown::new();
        let builder = Endpoint::builder()
            .config(setup.config())
            .flow(setup.flow)
            .compression(setup.deflate.clone())
            .shutdown(&shutdown);
        let endpoint = setup.kinds.register(builder).build();
        let endpoint = endpoint.expect("what it handles fits together");
        // Both are the same, so that one response answers both.
        let [speaker, listener] = [(); 2].map(|()| handshake(setup));

        let mut request = TestRequest::get();
        for field in speaker.headers() {
            request = request.append_header(field);
        }
        let request = request.to_http_request();
        let stream: BoxedPayloadStream = Box::pin(PayloadStream(Rc::clone(line)));
        let mut payload = dev::Payload::from(stream);
        let payload = web::Payload::from_request(&request, &mut payload).into_inner();
        let payload = payload.expect("it is taken as it is");
        let within = local.enter();
        let response = endpoint.upgrade(&request, payload, subject);
        drop(within);
        let response = response.expect("the request is right");

        let now = Instant::now().into_std();
        let [speaker, listener] = [speaker, listener].map(|it| complete(it, &response, setup));
        let door = Self::Endpoint {
            shutdown,
            body: Some(Box::pin(response.into_body())),
        };
        (door, Peer::new(speaker, listener, now))
    }

    /// What comes behind a request was read by HTTP; the rest is given back.
    pub(super) fn first_input(&mut self, bytes: Bytes) -> Bytes {
        let Self::Driver { begin: Some(begin) } = self else {
            return bytes;
        };
        let mut input = BytesMut::from(bytes);
        let now = Instant::now().into_std();
        begin.connection.handle_input(now, &mut input);
        Bytes::new()
    }

    /// Begins with the connection, if that has not begun.
    pub(super) fn open(&mut self, local: &LocalSet, bell: &Bell) {
        let Self::Driver { begin } = self else {
            return;
        };
        let Some(begin) = begin.take() else {
            return;
        };
        let Begin {
            connection,
            handlers,
            subject,
            wire,
            ledger,
        } = *begin;
        let driver = Driver::new(subject, connection, wire, handlers);
        local.spawn_local(async move {
            let outcome = driver.await;
            ledger.borrow_mut().outcome = Some(outcome);
        });
        bell.ring();
    }

    /// Takes what the server sends by a body, as far as there is room.
    pub(super) fn read_body(&mut self, cx: &mut Context<'_>, line: &SharedLine) {
        let Self::Endpoint { body: place, .. } = self else {
            return;
        };
        while let Some(body) = place
            && line.borrow().room > 0
        {
            match body.as_mut().poll_next(cx) {
                Poll::Ready(Some(chunk)) => {
                    let chunk = chunk.expect("it cannot fail");
                    let mut line = line.borrow_mut();
                    if line.room != usize::MAX {
                        line.room = line.room.saturating_sub(chunk.len());
                    }
                    line.received.extend_from_slice(&chunk);
                }
                Poll::Ready(None) => {
                    line.borrow_mut().shut_down = true;
                    *place = None;
                }
                Poll::Pending => return,
            }
        }
    }

    /// The way to the peer is gone.
    pub(super) fn lose_body(&mut self) {
        if let Self::Endpoint { body, .. } = self {
            *body = None;
        }
    }

    /// So is the server's thread.
    pub(super) fn abandon(&mut self) {
        self.lose_body();
        if let Self::Driver { begin } = self {
            *begin = None;
        }
    }

    /// Tells all connections of the server to close, if it can.
    pub(super) fn drain(&self, local: &LocalSet) -> bool {
        let Self::Endpoint { shutdown, .. } = self else {
            return false;
        };
        let shutdown = shutdown.clone();
        local.spawn_local(async move { shutdown.drain(&Drain::new()).await });
        true
    }

    pub(super) fn is_over(&self, ledger: &RefCell<Ledger>) -> bool {
        match self {
            Self::Driver { .. } => ledger.borrow().outcome.is_some(),
            Self::Endpoint { shutdown, .. } => shutdown.connections() == 0,
        }
    }
}

fn handshake(setup: &Setup) -> ClientHandshake {
    let handshake = ClientHandshake::new("localhost", Entropy::seeded(6455));
    let handshake = match &setup.deflate {
        Some(deflate) => handshake.extension(deflate.clone()),
        None => handshake,
    };
    if setup.claims_rsv() {
        handshake.claim_rsv(Rsv::RSV3)
    } else {
        handshake
    }
}

fn complete(handshake: ClientHandshake, response: &HttpResponse, setup: &Setup) -> Connection {
    let headers = response.headers().iter();
    let headers = headers.map(|(name, value)| (name.as_str(), value.as_bytes()));
    // Which fields belong to the connection, the server adds.
    let upgrade = [("connection", &b"upgrade"[..]), ("upgrade", b"websocket")];
    let headers: Vec<_> = headers
        .filter(|(name, _)| !["connection", "upgrade"].contains(name))
        .chain(upgrade)
        .collect();
    let now = Instant::now().into_std();
    let connection = handshake.complete(
        response.status().as_u16(),
        headers,
        now,
        setup.peers_config(),
    );
    connection.expect("the response is right")
}
