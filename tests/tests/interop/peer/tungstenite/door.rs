use std::{io, sync::Arc};

use actix_rt::task::JoinHandle;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
};
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::{
    accept_hdr_async,
    tungstenite::{
        Error,
        handshake::server::{ErrorResponse, Request, Response},
        http::{
            HeaderName, HeaderValue,
            header::{AUTHORIZATION, LOCATION, SEC_WEBSOCKET_PROTOCOL, WWW_AUTHENTICATE},
        },
    },
};
use ws_tests::{tls::Authority, wait::within};

use super::{Open, Seen, Serving, Stream, opened_as};

/// Lets clients in, one after the other, whether the test waits for one or not.
#[derive(Debug)]
pub(super) struct Door {
    port: u16,
    opened: UnboundedReceiver<(Open, Seen)>,
    task: JoinHandle<()>,
}

impl Door {
    pub(super) async fn open(serving: Serving<'_>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", serving.port)).await;
        let listener = listener.expect("the port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let tls = serving.tls.map(Authority::server);
        let tls = tls.map(|config| TlsAcceptor::from(Arc::new(config)));
        let choice = Choice {
            known: owned(serving.subprotocols),
            insists_on: serving.insists_on.map(str::to_owned),
        };
        let (sender, opened) = unbounded_channel();
        let task = actix_rt::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.expect("the listener works");
                // Who did not get in tells the test itself.
                if let Ok(entered) = enter(stream, tls.as_ref(), &choice).await {
                    sender.send(entered).ok();
                }
            }
        });
        Self { port, opened, task }
    }

    pub(super) const fn port(&self) -> u16 {
        self.port
    }

    /// Waits for the next client.
    pub(super) async fn next(&mut self) -> (Open, Seen) {
        let next = within("a client of tungstenite", self.opened.recv()).await;
        next.expect("its task goes on until it is aborted")
    }

    /// Waits until nobody listens any more.
    pub(super) async fn shut(mut self) {
        self.task.abort();
        let stopped = within("the listener to close", &mut self.task).await;
        assert!(stopped.is_err_and(|error| error.is_cancelled()));
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// How a subprotocol is chosen.
struct Choice {
    known: Vec<String>,
    insists_on: Option<String>,
}

impl Choice {
    fn among(&self, offered: &str) -> Option<&String> {
        let is_offered = |known: &&String| offered.split(", ").any(|it| it == **known);
        let insists_on = self.insists_on.as_ref();
        insists_on.or_else(|| self.known.iter().find(is_offered))
    }
}

#[expect(clippy::result_large_err, reason = "tungstenite asks for it")]
async fn enter(
    stream: TcpStream,
    tls: Option<&TlsAcceptor>,
    choice: &Choice,
) -> Result<(Open, Seen), Error> {
    stream.set_nodelay(true)?;
    let stream: Box<dyn Stream> = match tls {
        None => Box::new(stream),
        Some(tls) => Box::new(tls.accept(stream).await?),
    };
    let mut open = None;
    let stream = accept_hdr_async(stream, |request: &Request, response| {
        let response = answer(request, response, choice)?;
        open = Some(opened_as(response.headers()));
        Ok(response)
    });
    let stream = stream.await?;
    let unasked = || Error::Io(io::Error::other("it opened without being asked"));
    Ok((stream, open.ok_or_else(unasked)?))
}

#[expect(clippy::result_large_err, reason = "tungstenite asks for it")]
fn answer(
    request: &Request,
    mut response: Response,
    choice: &Choice,
) -> Result<Response, ErrorResponse> {
    match request.uri().path() {
        "/moved" => return Err(refusal(302, "over there", (LOCATION, "/probe"))),
        "/secret" if !request.headers().contains_key(AUTHORIZATION) => {
            return Err(refusal(401, "who are you?", (WWW_AUTHENTICATE, "Basic")));
        }
        _ => {}
    }
    let offered = request.headers().get(SEC_WEBSOCKET_PROTOCOL);
    let offered = offered.map_or("", |value| value.to_str().expect("it is ASCII"));
    if let Some(subprotocol) = choice.among(offered) {
        let value = HeaderValue::from_str(subprotocol).expect("it is a token");
        response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, value);
    }
    Ok(response)
}

/// A response whose body goes on until the connection ends.
fn refusal(status: u16, body: &str, (name, value): (HeaderName, &'static str)) -> ErrorResponse {
    let mut response = ErrorResponse::new(Some(body.to_owned()));
    *response.status_mut() = status.try_into().expect("it is a status");
    let value = HeaderValue::from_static(value);
    response.headers_mut().insert(name, value);
    response
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}
