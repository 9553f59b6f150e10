//! The command line, and what it asks for.

use std::{fmt::Display, fs, path::PathBuf, time::Duration};

use clap::{CommandFactory, Parser, ValueEnum, error::ErrorKind};
use ws_actors::client::{Connector, Proxy, Tls};
use ws_core::{Config, extension::deflate::Deflate, handshake::WebSocketUrl};

/// Talks with a WebSocket server: sends the lines that you type, and shows
/// what comes.
///
/// On a terminal, the last line tells how the connection fares; Ctrl-D or
/// Ctrl-C closes it. From a pipe, each line of the input is a message and each
/// message becomes a line of the output; reports go to the standard error. The
/// end of the input closes the connection, in good order: what the server sends
/// until then is still shown.
///
/// Control characters in what the server sends are shown in a written form,
/// such as \u{1b}, and never reach the terminal.
#[derive(Parser)]
#[command(name = "client", version, after_help = AFTERWORD)]
pub(crate) struct Args {
    /// Where to connect to, such as ws://localhost:8080/chat or wss://example.com
    #[arg(value_parser = url)]
    pub(crate) url: WebSocketUrl,
    /// Send this message first; can be given several times
    #[arg(short, long = "message", value_name = "TEXT")]
    pub(crate) messages: Vec<String>,
    /// Close the connection once this many messages came; the end of the input
    /// no longer does
    #[arg(short = 'n', long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) count: Option<u64>,
    /// Go on for so long after the end of the input, for answers that take a while
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) wait: Option<Duration>,
    /// Send only what is JSON, and lay out the JSON that comes
    #[arg(long, conflicts_with = "binary")]
    pub(crate) json: bool,
    /// Send binary messages, written in hexadecimal: "48 69 0a". Those that come
    /// are always shown so
    #[arg(long)]
    pub(crate) binary: bool,
    /// Offer this subprotocol; can be given several times, the preferred one first
    #[arg(long = "subprotocol", value_name = "NAME")]
    subprotocols: Vec<String>,
    /// Add a header field to the request; can be given several times
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", value_parser = header)]
    headers: Vec<(String, String)>,
    /// Whether to offer compression (permessage-deflate)
    #[arg(long, default_value = "on", value_name = "WHEN")]
    compression: Compression,
    /// Ping the server after so long a silence, to see the round trip
    #[arg(long, default_value = "20", value_name = "SECONDS", value_parser = interval)]
    ping: Duration,
    /// Connect again when the connection is lost, or cannot be made yet
    #[arg(long)]
    pub(crate) reconnect: bool,
    /// Take any certificate of the server: whoever sits between can read and
    /// change all
    #[arg(long, conflicts_with = "ca")]
    insecure: bool,
    /// Trust the certificates in this PEM file, and no others
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Connect through a proxy: http://HOST:PORT or socks5://USER:PASSWORD@HOST:PORT
    #[arg(long, value_name = "URL", value_parser = proxy)]
    proxy: Option<Proxy>,
    /// Follow so many redirects. Header fields go along, but to another host not
    /// those that show who you are: Authorization and Cookie
    #[arg(long, default_value_t = 0, value_name = "N")]
    max_redirects: usize,
    /// How long it may take to reach the server
    #[arg(long, default_value = "10", value_name = "SECONDS", value_parser = interval)]
    connect_timeout: Duration,
    /// Largest message to accept, over all its fragments
    #[arg(long, default_value_t = 16 << 20, value_name = "BYTES")]
    max_message_bytes: usize,
    /// Show Pings, Pongs and the header fields of the response, too
    #[arg(short, long)]
    pub(crate) verbose: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Compression {
    On,
    Off,
}

impl Args {
    /// How the server is reached. What is wrong about it ends the program.
    pub(crate) fn connector(&self) -> Connector {
        let mut connector = Connector::from(self.url.clone())
            .compression((self.compression == Compression::On).then(Deflate::new))
            .proxy(self.proxy.clone())
            .max_redirects(self.max_redirects)
            .connect_timeout(self.connect_timeout)
            .subprotocols(&self.subprotocols)
            .unwrap_or_else(|error| wrong("--subprotocol", error));
        for (name, value) in &self.headers {
            connector = connector
                .header(name, value)
                .unwrap_or_else(|error| wrong("--header", error));
        }
        if self.insecure {
            return connector.tls(Tls::dangerous_without_verification());
        }
        let Some(file) = &self.ca else {
            return connector;
        };
        let shown = file.display();
        let pem = fs::read(file)
            .unwrap_or_else(|error| wrong("--ca", format_args!("cannot read {shown}: {error}")));
        let tls = Tls::with_pem(pem)
            .unwrap_or_else(|error| wrong("--ca", format_args!("{shown}: {error}")));
        connector.tls(tls)
    }

    pub(crate) const fn config(&self) -> Config {
        Config::new()
            .ping_interval(Some(self.ping))
            .max_message_bytes(self.max_message_bytes)
    }
}

/// Ends the program, as clap does for what it finds itself.
fn wrong(option: &str, error: impl Display) -> ! {
    let text = format!("invalid value for '{option}': {error}");
    Args::command()
        .error(ErrorKind::ValueValidation, text)
        .exit()
}

fn url(text: &str) -> Result<WebSocketUrl, String> {
    WebSocketUrl::parse(text).map_err(|error| match meant(text) {
        Some(meant) => format!("{error}; did you mean {meant} ?"),
        None => error.to_string(),
    })
}

/// A URL that would have done, if only the scheme is wrong.
fn meant(text: &str) -> Option<String> {
    let meant = match text.split_once("://") {
        Some((scheme, rest)) => match scheme.to_ascii_lowercase().as_str() {
            "http" => format!("ws://{rest}"),
            "https" => format!("wss://{rest}"),
            _ => return None,
        },
        None => format!("ws://{text}"),
    };
    WebSocketUrl::parse(&meant).is_ok().then_some(meant)
}

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text
        .split_once(':')
        .ok_or("a header field has a colon behind its name: 'Authorization: Bearer abc'")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

fn proxy(text: &str) -> Result<Proxy, String> {
    Proxy::parse(text).map_err(|error| error.to_string())
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| NO_SECONDS.to_owned())?;
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|duration| *duration <= LONGEST)
        .ok_or_else(|| NO_SECONDS.to_owned())
}

fn interval(text: &str) -> Result<Duration, String> {
    match seconds(text)? {
        Duration::ZERO => Err("it has to be more than 0".to_owned()),
        interval => Ok(interval),
    }
}

const NO_SECONDS: &str = "it has to be a number of seconds up to 86400, such as 5 or 0.5";
const LONGEST: Duration = Duration::from_secs(86400);

const AFTERWORD: &str = r#"Exit status:
  0  the connection was opened, and closed in good order with 1000
  1  it could not be opened, or ended otherwise, or a line could not be sent
  2  the command line is wrong

Examples:
  client ws://localhost:8080/echo
  echo hi | client ws://localhost:8080/echo
  client --message hi --count 1 ws://localhost:8080/echo </dev/null
  client --json --subprotocol prices.v2 --subprotocol prices wss://example.com/feed
  echo '48 69' | client --binary --wait 0.5 ws://localhost:8080/echo
  client --header 'Authorization: Bearer abc' --max-redirects 3 wss://example.com
  client --reconnect --ping 5 --verbose --max-message-bytes 1000000 wss://example.com
  client --ca ca.pem --compression off wss://staging.example:8443
  client --insecure --connect-timeout 2.5 wss://localhost:8443
  client --proxy http://me:secret@proxy.example:3128 wss://example.com"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_makes_sense() {
        Args::command().debug_assert();
    }

    #[test]
    fn urls_of_another_scheme_get_a_hint() {
        for (given, hint) in [
            ("http://a.example/b", "did you mean ws://a.example/b ?"),
            ("HTTPS://a.example", "did you mean wss://a.example ?"),
            ("localhost:8080/b", "did you mean ws://localhost:8080/b ?"),
            ("127.0.0.1:8080", "did you mean ws://127.0.0.1:8080 ?"),
            ("ftp://a.example", "begins with ws:// or wss://"),
            ("ws://a.example#b", "%23"),
        ] {
            let error = url(given).unwrap_err();
            assert!(error.contains(hint), "{given}: {error}");
        }
    }

    #[test]
    fn durations_are_finite_numbers_of_seconds() {
        assert_eq!(interval("0.25"), Ok(Duration::from_millis(250)));
        assert_eq!(seconds("0"), Ok(Duration::ZERO));
        for wrong in ["", "x", "-1", "NaN", "inf", "1e9", "0"] {
            assert!(interval(wrong).is_err(), "{wrong}");
        }
    }
}
