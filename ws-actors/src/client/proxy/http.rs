//! The method CONNECT (RFC 9110 §9.3.6).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::BytesMut;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
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
    let response = refusal(stream, head, deadline).await;
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
        let head = reader.answer(&mut input).map_err(ProxyError::from)?;
        let taken = match &head {
            Some(_) => came - input.len(),
            None => came,
        };
        stream
            .read_exact(&mut part[..taken])
            .await
            .map_err(broken)?;
        if let Some(head) = head {
            return Ok(head);
        }
    }
}

/// The response with this head, and what comes of its body in time.
async fn refusal(
    stream: &mut (impl AsyncRead + Unpin),
    head: ResponseHead,
    deadline: Deadline,
) -> Response {
    let mut body = BodyReader::new(&head);
    let reading = async {
        let mut input = BytesMut::new();
        while !body.read(&mut input) {
            if !matches!(stream.read_buf(&mut input).await, Ok(1..)) {
                break;
            }
        }
    };
    // A body that breaks off is no news beside a refusal.
    deadline.within(Stage::Proxy, reading).await.ok();
    let mut response = Response::new(head.status);
    response.headers = head.headers;
    response.body = body.into_bytes();
    response
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::{io::duplex, time::Instant};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn of_a_slow_body_comes_what_came_in_time() {
        let mut head = BytesMut::from("HTTP/1.1 403 \r\nContent-Length: 99\r\n\r\n");
        let head = HeadReader::new().response(&mut head).unwrap().unwrap();
        let (mut proxy, mut stream) = duplex(64);
        proxy.write_all(b"no").await.unwrap();
        let (start, limit) = (Instant::now(), Duration::from_secs(7));
        let response = refusal(&mut stream, head, Deadline::after(limit)).await;
        assert_eq!(start.elapsed(), limit);
        assert_eq!((response.status, &response.body[..]), (403, &b"no"[..]));
        assert!(response.field("Content-Length").is_some());
    }
}
