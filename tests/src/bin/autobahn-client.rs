//! The client that the Autobahn suite tests: `ws-core` over blocking sockets.
//!
//! `tests/autobahn/run client 'target/release/autobahn-client {url} {agent}'`

use std::{
    error::Error,
    io::{Read, Write},
    net::TcpStream,
    time::Instant,
};

use bytes::BytesMut;
use ws_core::{
    Config, Entropy, Event, Message,
    extension::deflate::{Deflate, WindowBits},
    handshake::{Answer, ClientHandshake, ClientOpening, WebSocketUrl},
};
use ws_examples::blocking::Blocking;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(url), Some(agent)) = (arguments.next(), arguments.next()) else {
        return Err("usage: autobahn-client URL AGENT".into());
    };
    let mut cases = 0;
    converse(&format!("{url}/getCaseCount"), |message, _| {
        cases = String::from_utf8_lossy(message.payload()).parse()?;
        Ok(())
    })?;
    for case in 1..=cases {
        let url = format!("{url}/runCase?case={case}&agent={agent}");
        // Some cases end in an error; the suite judges them.
        if let Err(error) = converse(&url, |message, peer| Ok(peer.connection.send(message)?)) {
            eprintln!("case {case}: {error}");
        }
    }
    converse(&format!("{url}/updateReports?agent={agent}"), |_, _| Ok(()))
}

/// Connects, and lets `answer` hear each message until the connection ends.
fn converse(url: &str, mut answer: impl FnMut(Message, &mut Blocking) -> Result<()>) -> Result<()> {
    let url = WebSocketUrl::parse(url)?;
    let config = Config::new()
        .max_message_bytes(16 << 20)
        .max_fragments(1 << 16);
    let deflate = Deflate::new()
        .server_max_window_bits(WindowBits::MAX)
        .client_max_window_bits(WindowBits::MAX);
    let handshake = ClientHandshake::new(url.host_header(), Entropy::system()).extension(deflate);
    let mut opening = ClientOpening::new(Instant::now(), &url, handshake, config)?;
    let mut stream = TcpStream::connect((url.host(), url.port()))?;
    stream.set_nodelay(true)?;
    stream.write_all(opening.request())?;
    let mut input = BytesMut::new();
    let connection = loop {
        let mut bytes = [0; 4096];
        let received = stream.read(&mut bytes)?;
        input.extend_from_slice(&bytes[..received]);
        let opened = match received {
            0 => Some(opening.handle_eof()?),
            _ => opening.handle_input(Instant::now(), &mut input)?,
        };
        match opened {
            Some(Answer::Open(connection)) => break connection,
            Some(Answer::Refused(response)) => {
                return Err(format!("refused with status {}", response.status).into());
            }
            None => {}
        }
    };
    let mut peer = Blocking::new(stream, connection, input);
    while let Some(event) = peer.next_event()? {
        if let Event::Message(message) = event {
            answer(message, &mut peer)?;
        }
    }
    Ok(())
}
