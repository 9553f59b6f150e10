//! The client: it asks for the time, then sends its letters one after another.

use std::{collections::VecDeque, io, sync::Arc};

use actix::{Actor, Handler};
use tokio::net::TcpStream;
use ws_actors::{Driver, Handlers, Io, WsContext, client::Connector};
use ws_core::{CloseCode, Outcome, handshake::WebSocketUrl};
use ws_examples::StartError;
use ws_server::FrameMessage;

use crate::{
    messages::{self, Ascii, Time},
    run_length::RunLength,
    tap::Tap,
};

/// A URL of a server that is talked to without TLS, so that frames can be seen.
pub(crate) fn url(text: &str) -> Result<WebSocketUrl, String> {
    let url = WebSocketUrl::parse(text).map_err(|error| error.to_string())?;
    if url.is_secure() {
        return Err("frames can be shown without TLS only: it has to be a ws:// URL".to_owned());
    }
    Ok(url)
}

/// What can be sent as ascii.
pub(crate) fn letters(text: &str) -> Result<String, String> {
    match text.chars().find(|letter| !letter.is_ascii()) {
        None => Ok(text.to_owned()),
        Some(letter) => Err(format!("{letter:?} is no letter of ASCII")),
    }
}

pub(crate) async fn talk(
    url: WebSocketUrl,
    texts: Vec<String>,
    plain: bool,
) -> Result<(), StartError> {
    let handlers = Handlers::<Asker>::new()
        .on::<Time>()
        .on::<Ascii>()
        .config(messages::config().map_err(io::Error::other)?);
    let mut connector = Connector::from(url.clone())
        .config(handlers.protocol())
        .compression(None);
    if !plain {
        connector = connector.extension(RunLength);
    }
    let stream = TcpStream::connect((url.host().trim_matches(['[', ']']), url.port()))
        .await
        .map_err(|error| io::Error::other(format!("cannot connect to {url}: {error}")))?;
    let tap = Tap::new(stream, &messages::registry().map_err(io::Error::other)?);
    let opened = connector.connect_over(tap).await;
    let opened = opened.map_err(io::Error::other)?;
    let asker = Asker(texts.into());
    let outcome = Driver::new(
        asker,
        opened.connection,
        Io(opened.stream),
        Arc::new(handlers),
    )
    .await;
    tell(&outcome)
}

/// What is still to be sent.
struct Asker(VecDeque<String>);

impl Asker {
    fn go_on(&mut self, ctx: &mut WsContext<Self>) {
        let done = match self.0.pop_front() {
            Some(text) => ctx.send(Ascii(text)),
            None => ctx.close(CloseCode::NORMAL, ""),
        };
        // It fails only when the connection is closing.
        done.ok();
    }
}

impl Actor for Asker {
    type Context = WsContext<Self>;

    fn started(&mut self, ctx: &mut WsContext<Self>) {
        ctx.control(Time::OPCODE, Time(None).payload()).ok();
    }
}

impl Handler<Time> for Asker {
    type Result = ();

    fn handle(&mut self, Time(time): Time, ctx: &mut WsContext<Self>) {
        if let Some(time) = time {
            println!("time: {}", httpdate::fmt_http_date(time));
            self.go_on(ctx);
        }
    }
}

impl Handler<Ascii> for Asker {
    type Result = ();

    fn handle(&mut self, Ascii(text): Ascii, ctx: &mut WsContext<Self>) {
        let letters = if text.len() == 1 { "letter" } else { "letters" };
        println!("ascii: {} ({} {letters})", text.escape_debug(), text.len());
        self.go_on(ctx);
    }
}

fn tell(outcome: &Outcome) -> Result<(), StartError> {
    if outcome.is_clean() && outcome.code() == CloseCode::NORMAL {
        return Ok(());
    }
    let text = format!("ended with {}: {:?}", outcome.code(), outcome.cause);
    Err(io::Error::other(text).into())
}
