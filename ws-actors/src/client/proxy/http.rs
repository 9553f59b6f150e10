//! The method CONNECT (RFC 9110 §9.3.6).

use std::io;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::BytesMut;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use ws_core::handshake::{
    Response,
    http::{BodyReader, HeadReader, ResponseHead},
};

use super::{ConnectError, Credentials, Deadline, ProxyError, Stage, broken};

pub(super) async fn connect(
    stream: &mut TcpStream,
    host: &str,
    port: u16,
    credentials: Option<&Credentials>,
    deadline: Deadline,
) -> Result<(), ConnectError> {
    let asking = ask(stream, request(host, port, credentials));
    let head = deadline.within(Stage::Proxy, asking).await??;
    if head.status / 100 == 2 {
        return Ok(());
    }
    let mut body = BodyReader::new(&head);
    // What has come of the body by then is enough.
    let reading = deadline.within(Stage::Proxy, read_body(stream, &mut body));
    let _ = reading.await;
    let mut response = Response::new(head.status);
    response.headers = head.headers;
    response.body = body.into_bytes();
    Err(ProxyError::Refused(Box::new(response)).into())
}

fn request(host: &str, port: u16, credentials: Option<&Credentials>) -> String {
    let authority = match host.contains(':') {
        true => format!("[{host}]:{port}"),
        false => format!("{host}:{port}"),
    };
    let authorization = credentials.map(|Credentials { user, password }| {
        let credentials = STANDARD.encode(format!("{user}:{password}"));
        format!("Proxy-Authorization: Basic {credentials}\r\n")
    });
    let authorization = authorization.unwrap_or_default();
    format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n{authorization}\r\n")
}

/// Asks, and reads the head of the answer.
async fn ask(stream: &mut TcpStream, request: String) -> Result<ResponseHead, ConnectError> {
    stream.write_all(request.as_bytes()).await.map_err(broken)?;
    let mut reader = HeadReader::new();
    let mut input = BytesMut::new();
    let mut part = [0; 1024];
    loop {
        // What stands behind the head is the server's. So bytes are looked at
        // first, and taken only up to the head's end.
        let came = stream.peek(&mut part).await.map_err(broken)?;
        if came == 0 {
            return Err(ProxyError::Ended.into());
        }
        input.extend_from_slice(&part[..came]);
        let head = reader.response(&mut input).map_err(ProxyError::from)?;
        let taken = match &head {
            Some(_) => came - input.len(),
            None => came,
        };
        stream
            .read_exact(&mut part[..taken])
            .await
            .map_err(broken)?;
        match head {
            // Interim responses come before the answer (RFC 9110 §15.2).
            Some(head) if head.status / 100 == 1 => input.clear(),
            Some(head) => return Ok(head),
            None => {}
        }
    }
}

async fn read_body(stream: &mut TcpStream, body: &mut BodyReader) -> io::Result<()> {
    let mut input = BytesMut::new();
    while !body.read(&mut input) {
        if stream.read_buf(&mut input).await? == 0 {
            break;
        }
    }
    Ok(())
}
