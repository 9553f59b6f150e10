//! Reserved opcodes with a meaning, and an extension of one's own, on both
//! sides of a connection.
//!
//! `time` (control, 0xB) asks for the time and answers with it; `ascii` (data,
//! 0x3) carries letters; `x-run-length` shortens what repeats itself.

mod run_length;

use std::{
    error::Error,
    net::{TcpListener, TcpStream},
    thread,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use bytes::{Bytes, BytesMut};
use clap::Parser;
use ws_core::{
    CloseCode, ClosePayload, Config, Connection, Entropy, Event, Message, Opcode, Registry,
    handshake::{ClientHandshake, Request, ServerHandshake},
};
use ws_examples::blocking::Blocking;

use self::run_length::RunLength;

/// Speaks two opcodes and an extension of its own, and prints what is said.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// What to draw a line of
    #[arg(default_value = "-")]
    letter: char,
    /// How long to draw it
    #[arg(long, default_value_t = 60, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=10_000))]
    length: u16,
}

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const TIME: &str = "time";
const ASCII: &str = "ascii";

/// What both sides know.
fn config() -> Result<(Config, Opcode, Opcode)> {
    let registry = [(0xB, TIME), (0x3, ASCII)].into_iter().try_fold(
        Registry::new(),
        |registry, (value, name)| {
            let opcode = Opcode::new(value).ok_or("an opcode has four bits")?;
            Ok::<_, Box<dyn Error + Send + Sync>>(registry.with(opcode, name)?)
        },
    )?;
    let opcode = |name| registry.opcode(name).ok_or("it is registered");
    let (time, ascii) = (opcode(TIME)?, opcode(ASCII)?);
    Ok((Config::new().opcodes(registry), time, ascii))
}

fn main() -> Result<()> {
    let args = Args::parse();
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let address = listener.local_addr()?;
    let (client, server) = handshake()?;
    let server = thread::spawn(move || serve(listener.accept()?.0, server));
    talk(TcpStream::connect(address)?, client, &args)?;
    server.join().map_err(|_| "the server panicked")?
}

/// Both sides of the opening handshake, whose heads may travel in any way.
fn handshake() -> Result<(Connection, Connection)> {
    let (config, ..) = config()?;
    let now = Instant::now();
    let client = ClientHandshake::new("localhost", Entropy::system()).extension(RunLength);
    let server = ServerHandshake::new().extension(RunLength);
    let request: Vec<_> = client.headers().collect();
    let request = request
        .iter()
        .map(|(name, value)| (*name, value.as_bytes()));
    let acceptance = server.accept(Request::get(request))?;
    println!("agreed on {}", acceptance.extensions()[0]);
    let response = acceptance
        .headers()
        .map(|(name, value)| (name, value.as_bytes()));
    let client = client.complete(101, response, now, config.clone())?;
    Ok((client, acceptance.into_connection(now, config)))
}

/// Answers `time` with the time, and sends letters back.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "whatever else comes is only printed"
)]
fn serve(stream: TcpStream, connection: Connection) -> Result<()> {
    let (_, time, ascii) = config()?;
    let mut peer = Blocking::new(stream, connection, BytesMut::new());
    while let Some(event) = peer.next_event()? {
        match event {
            Event::Control { opcode, .. } if opcode == time => {
                let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
                peer.connection.send_control(time, now.to_string())?;
            }
            Event::Message(Message::Custom(opcode, letters)) if opcode == ascii => {
                peer.connection.send(Message::Custom(ascii, letters))?;
            }
            other => println!("server: {other:?}"),
        }
    }
    Ok(())
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "whatever else comes is only printed"
)]
fn talk(stream: TcpStream, connection: Connection, args: &Args) -> Result<()> {
    let (_, time, ascii) = config()?;
    let mut peer = Blocking::new(stream, connection, BytesMut::new());
    let line = args.letter.to_string().repeat(args.length.into());
    peer.connection.send_control(time, Bytes::new())?;
    peer.connection.send(Message::Custom(ascii, line.into()))?;
    println!(
        "{} bytes are queued for the server",
        peer.connection.queued_bytes()
    );
    while let Some(event) = peer.next_event()? {
        match event {
            Event::Control { payload, .. } => {
                println!("{TIME}: {} s since 1970", String::from_utf8_lossy(&payload));
            }
            Event::Message(message) => {
                println!("{ASCII}: {}", String::from_utf8_lossy(message.payload()));
                let goodbye = ClosePayload::new(CloseCode::NORMAL, "")?;
                peer.connection.close(Instant::now(), goodbye)?;
            }
            Event::Closed(outcome) => println!("closed with {}", outcome.code()),
            other => println!("client: {other:?}"),
        }
    }
    Ok(())
}
