//! Servers: plain ones, of `ws-core` alone.

use std::time::Instant;

use bytes::BytesMut;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
};
use ws_core::{
    Config,
    handshake::{Response, ServerHandshake, ServerOpening, http::RequestHead},
};

use super::{next, side::Side};

/// Reads a request.
pub(crate) async fn request(stream: &mut (impl AsyncRead + Unpin)) -> RequestHead {
    read(stream).await.1
}

async fn read(stream: &mut (impl AsyncRead + Unpin)) -> (ServerOpening, RequestHead) {
    let mut opening = ServerOpening::new(Instant::now(), Config::new());
    let mut input = BytesMut::new();
    loop {
        assert_ne!(stream.read_buf(&mut input).await.unwrap(), 0, "no request");
        let head = opening.handle_input(Instant::now(), &mut input).unwrap();
        if let Some(head) = head {
            assert!(input.is_empty(), "clients wait for the response");
            return (opening, head);
        }
    }
}

/// Opens a connection on these terms.
pub(crate) async fn open<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    terms: &ServerHandshake,
) -> (RequestHead, Side<S>) {
    let (opening, head) = read(&mut stream).await;
    let acceptance = terms.accept(head.to_request()).unwrap();
    let (response, connection) = opening.open(Instant::now(), acceptance);
    let response = response.header("X-Server", "of the tests");
    write(&mut stream, &response).await;
    (head, Side { connection, stream })
}

/// Opens a connection without any terms.
pub(crate) async fn accept<S: AsyncRead + AsyncWrite + Unpin>(stream: S) -> (RequestHead, Side<S>) {
    open(stream, &ServerHandshake::new()).await
}

/// Answers with something else.
pub(crate) async fn refuse(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    response: &Response,
) -> RequestHead {
    let head = request(&mut stream).await;
    write(&mut stream, response).await;
    head
}

pub(crate) async fn write(stream: &mut (impl AsyncWrite + Unpin), response: &Response) {
    let response = response.encode().unwrap();
    stream.write_all(&response).await.unwrap();
    stream.flush().await.unwrap();
}

/// Refuses as many connections as there are responses, one after another, and
/// opens one more if `opens`. What was asked is what it comes to.
pub(crate) async fn scripted(
    listener: TcpListener,
    responses: Vec<Response>,
    opens: bool,
) -> Vec<RequestHead> {
    let mut heads = Vec::new();
    for response in responses {
        heads.push(refuse(next(&listener).await, &response).await);
    }
    if opens {
        let (head, side) = accept(next(&listener).await).await;
        heads.push(head);
        side.echo().await;
    }
    heads
}

/// The value of a header field.
pub(crate) fn field<'a>(head: &'a RequestHead, name: &str) -> Option<&'a str> {
    let mut fields = head.headers.iter();
    let (_, value) = fields.find(|(other, _)| other.eq_ignore_ascii_case(name))?;
    Some(str::from_utf8(value).unwrap())
}
