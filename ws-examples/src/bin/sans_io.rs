//! `ws-core` alone: a server and a client on two threads, over blocking
//! sockets, without actix or tokio.
//!
//! First they open the connection by hand, over the bytes of HTTP. Then two
//! programs that agree without a handshake speak bare frames.

use std::{
    error::Error,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    thread,
    time::{Duration, Instant},
};

use bytes::BytesMut;
use clap::Parser;
use ws_core::{
    CloseCode, ClosePayload, Config, Connection, Entropy, Event,
    extension::deflate::Deflate,
    handshake::{
        Answer, ClientHandshake, ClientOpening, Response, ServerHandshake, ServerOpening,
        WebSocketUrl,
    },
};
use ws_examples::blocking::Blocking;

/// Shows the protocol without a runtime: what is sent and received is printed.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// What the client says
    #[arg(default_values = ["hello", "how are you?"])]
    words: Vec<String>,
}

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Result<()> {
    let Args { words } = Args::parse();
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let address = listener.local_addr()?;

    println!("with an opening handshake:");
    let server = thread::spawn({
        let listener = listener.try_clone()?;
        move || serve(accept_websocket(listener.accept()?.0)?)
    });
    let url = format!("ws://{address}/shout");
    talk(open_websocket(&url)?, &words)?;
    server.join().map_err(|_| "the server panicked")??;

    println!("without one:");
    let server = thread::spawn(move || {
        let connection = Connection::server(Instant::now(), Config::new());
        serve(Blocking::new(
            listener.accept()?.0,
            connection,
            BytesMut::new(),
        ))
    });
    let stream = TcpStream::connect(address)?;
    let connection = Connection::client(Instant::now(), Config::new(), Entropy::system());
    talk(Blocking::new(stream, connection, BytesMut::new()), &words)?;
    server.join().map_err(|_| "the server panicked")?
}

/// The server's side of the opening handshake: a head in, a head out.
fn accept_websocket(mut stream: TcpStream) -> Result<Blocking> {
    let mut input = BytesMut::new();
    let mut opening = ServerOpening::new(Instant::now(), Config::new());
    let head = loop {
        read_more(&mut stream, &mut input, opening.deadline())?;
        match opening.handle_input(Instant::now(), &mut input) {
            Ok(None) => {}
            Ok(Some(head)) => break head,
            Err(error) => {
                if let Some(response) = error.response() {
                    stream.write_all(&response.encode()?)?;
                }
                return Err(error.into());
            }
        }
    };
    let handshake = ServerHandshake::new().extension(Deflate::new());
    match handshake.accept(head.to_request()) {
        Ok(acceptance) => {
            let (response, connection) = opening.open(Instant::now(), acceptance);
            stream.write_all(&response.encode()?)?;
            // What is left of the input came behind the head.
            Ok(Blocking::new(stream, connection, input))
        }
        Err(error) => {
            stream.write_all(&Response::from(&error).encode()?)?;
            Err(error.into())
        }
    }
}

/// The client's side: it also hands back an answer that is none to a handshake.
fn open_websocket(url: &str) -> Result<Blocking> {
    let url = WebSocketUrl::parse(url)?;
    let mut stream = TcpStream::connect((url.host(), url.port()))?;
    let handshake = ClientHandshake::new(url.host_header(), Entropy::system());
    let handshake = handshake.extension(Deflate::new());
    let mut opening = ClientOpening::new(Instant::now(), &url, handshake, Config::new())?;
    stream.write_all(opening.request())?;
    let mut input = BytesMut::new();
    loop {
        read_more(&mut stream, &mut input, opening.deadline())?;
        match opening.handle_input(Instant::now(), &mut input)? {
            Some(Answer::Open(connection)) => return Ok(Blocking::new(stream, connection, input)),
            Some(Answer::Refused(response)) => {
                return Err(format!("refused with status {}", response.status).into());
            }
            None => {}
        }
    }
}

fn read_more(
    stream: &mut TcpStream,
    input: &mut BytesMut,
    deadline: Option<Instant>,
) -> Result<()> {
    let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
    // A timeout of zero would be none.
    stream.set_read_timeout(left.map(|left| left.max(Duration::from_millis(1))))?;
    let mut bytes = [0; 1024];
    match stream.read(&mut bytes)? {
        0 => Err("the peer closed before the handshake was done".into()),
        received => {
            input.extend_from_slice(&bytes[..received]);
            Ok(())
        }
    }
}

/// A server that shouts back what it is told.
fn serve(mut peer: Blocking) -> Result<()> {
    while let Some(event) = peer.next_event()? {
        if let Event::Message(ws_core::Message::Text(text)) = event {
            peer.connection.send(text.as_str().to_uppercase())?;
        }
    }
    Ok(())
}

/// A client that says its words, one after each answer, and then goodbye.
fn talk(mut peer: Blocking, words: &[String]) -> Result<()> {
    let mut words = words.iter();
    loop {
        match words.next() {
            Some(word) => {
                println!("  client says {word:?}");
                peer.connection.send(word.clone())?;
            }
            None => {
                let goodbye = ClosePayload::new(CloseCode::NORMAL, "goodbye")?;
                peer.connection.close(Instant::now(), goodbye)?;
            }
        }
        match peer.next_event()? {
            Some(Event::Message(answer)) => {
                println!(
                    "  server says {:?}",
                    String::from_utf8_lossy(answer.payload())
                );
            }
            Some(Event::Closed(outcome)) => {
                println!(
                    "  closed with {}, clean: {}",
                    outcome.code(),
                    outcome.is_clean()
                );
                // The server ends the stream first.
                while peer.next_event()?.is_some() {}
                return Ok(());
            }
            Some(other) => println!("  {other:?}"),
            None => return Ok(()),
        }
    }
}
