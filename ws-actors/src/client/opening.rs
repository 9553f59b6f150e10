//! The opening handshake over a stream (RFC 6455 §4.1).

use std::{io, sync::Arc};

use bytes::{Bytes, BytesMut};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    time::{Instant, timeout_at},
};
use ws_core::{
    Config, Connection, Entropy,
    handshake::{Answer, ClientHandshake, ClientOpening, OpeningError, WebSocketUrl},
};

use super::{ConnectError, Stage, Stream};

/// An open connection, and what it runs on.
#[derive(Debug)]
#[non_exhaustive]
pub struct Opened<S = Stream> {
    /// The connection. Bytes that came right behind the response are in it.
    pub connection: Connection,
    /// The stream of bytes to the server.
    pub stream: S,
    /// The header fields of the response.
    pub headers: Vec<(String, Bytes)>,
    /// The URL that was connected to: where redirects led, if there were any.
    pub url: WebSocketUrl,
}

/// Opens a connection. Bytes that came behind the response are given to it.
pub(super) async fn open<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    url: WebSocketUrl,
    handshake: ClientHandshake,
    config: Arc<Config>,
) -> Result<Opened<S>, ConnectError> {
    let now = Instant::now().into_std();
    let mut opening = ClientOpening::new(now, &url, handshake, config)?;
    let mut input = BytesMut::new();
    let answer = match exchange(&mut stream, &mut opening, &mut input).await {
        Ok(answer) => answer,
        // Of a refusal whose body does not end, what came of it is enough.
        Err(error) => opening.handle_eof().map_err(|_| error)?,
    };
    match answer {
        Answer::Refused(response) => Err(ConnectError::Refused(Box::new(response))),
        Answer::Open(connection) => {
            let mut connection = connection.with_jitter(&mut Entropy::system());
            connection.handle_input(Instant::now().into_std(), &mut input);
            Ok(Opened {
                connection,
                stream,
                headers: opening.headers().to_vec(),
                url,
            })
        }
    }
}

/// Sends the request, and reads until it is answered.
async fn exchange(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    opening: &mut ClientOpening,
    input: &mut BytesMut,
) -> Result<Answer, ConnectError> {
    let deadline = opening.deadline().map(Instant::from_std);
    let mut written = within(deadline, write(stream, opening.request())).await;
    loop {
        opening.handle_timeout(Instant::now().into_std())?;
        input.reserve(READ);
        let Some(read) = within(deadline, stream.read_buf(input)).await else {
            continue;
        };
        match (read, written) {
            // A server that refuses early need not read all of the request: what
            // it says is looked at first.
            (Err(error), _) | (Ok(0), Some(Err(error))) => return Err(broken(error)),
            (Ok(0), _) => return Err(OpeningError::Ended.into()),
            (Ok(_), before) => written = before,
        }
        if let Some(answer) = opening.handle_input(Instant::now().into_std(), input)? {
            return Ok(answer);
        }
    }
}

async fn write(stream: &mut (impl AsyncWrite + Unpin), request: &[u8]) -> io::Result<()> {
    stream.write_all(request).await?;
    stream.flush().await
}

/// `None` if it comes too late.
async fn within<T>(deadline: Option<Instant>, future: impl Future<Output = T>) -> Option<T> {
    match deadline {
        Some(deadline) => timeout_at(deadline, future).await.ok(),
        None => Some(future.await),
    }
}

const fn broken(source: io::Error) -> ConnectError {
    ConnectError::Broken {
        stage: Stage::Opening,
        source,
    }
}

/// Room to read into, in bytes: most responses come whole.
const READ: usize = 2048;
