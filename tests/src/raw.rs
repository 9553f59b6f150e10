//! A TCP connection to a server, as bytes and HTTP responses.

use std::{io, net::SocketAddr, time::Duration};

use bytes::{Buf, BytesMut};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use crate::{
    request::Request,
    sockets::is_all_read,
    wait::{until, within},
};

/// A TCP connection.
#[derive(Debug)]
pub struct Raw {
    stream: TcpStream,
    /// What came and was not looked at yet.
    pub(crate) buffer: BytesMut,
}

/// How the server ended the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "TCP knows two ways")]
pub enum End {
    /// In good order: all that it sent has arrived.
    Eof,
    /// By a reset, which may destroy what was under way.
    Reset,
}

/// A response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status line.
    pub status: String,
    /// The header fields, names in lower case, sorted.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Raw {
    /// Connects.
    pub async fn connect(address: SocketAddr) -> Self {
        let stream = within("a TCP connection", TcpStream::connect(address)).await;
        Self::over(stream.expect("the server listens"))
    }

    /// Connects with a small receive buffer, so that the server notices soon
    /// when nothing is read.
    pub async fn connect_narrow(address: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().expect("there are sockets left");
        socket
            .set_recv_buffer_size(16 * 1024)
            .expect("the size is a usual one");
        let stream = within("a TCP connection", socket.connect(address)).await;
        Self::over(stream.expect("the server listens"))
    }

    /// The other side of a connection that was accepted, or made.
    pub(crate) fn over(stream: TcpStream) -> Self {
        stream.set_nodelay(true).expect("the socket is open");
        Self {
            stream,
            buffer: BytesMut::new(),
        }
    }

    /// Sends bytes.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes)
            .await
            .expect("the server takes what is sent");
    }

    /// Sends bytes that the server may refuse by ending the connection.
    ///
    /// # Errors
    ///
    /// If it does.
    pub async fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        let sent = self.stream.write_all(bytes.as_ref());
        within("the server to take what is sent", sent).await
    }

    /// Sends the same bytes so many times, or until the server takes no more.
    pub async fn send_on(&mut self, bytes: impl AsRef<[u8]>, times: usize) {
        for _ in 0..times {
            if self.try_send(&bytes).await.is_err() {
                break;
            }
        }
    }

    /// Sends bytes one at a time; the server's threads get a turn in between.
    pub async fn send_slowly(&mut self, bytes: impl AsRef<[u8]>) {
        for byte in bytes.as_ref() {
            self.send([*byte]).await;
            tokio::time::sleep(Duration::from_micros(100)).await;
        }
    }

    /// Sends what is queued in `bytes`.
    pub(crate) async fn send_all(&mut self, bytes: &mut impl Buf) -> io::Result<()> {
        let sent = self.stream.write_all_buf(bytes);
        within("the server to take what is sent", sent).await
    }

    /// Sends some of what is queued in `bytes`.
    pub(crate) async fn send_some(&mut self, bytes: &mut impl Buf) {
        let sent = self.stream.write_buf(bytes).await;
        sent.expect("the server takes what is sent");
    }

    /// Waits until the other side, a process of this machine, has read all that
    /// was sent.
    pub(crate) async fn until_read(&self) {
        let local = self.stream.local_addr().expect("the socket is open");
        let remote = self.stream.peer_addr().expect("the socket is open");
        until("all to be read", || is_all_read(local, remote)).await;
    }

    /// Waits for more bytes.
    ///
    /// # Errors
    ///
    /// How the connection ended, if it did.
    pub async fn read(&mut self) -> Result<(), End> {
        let read = self.stream.read_buf(&mut self.buffer);
        match within("bytes of the server, or the end", read).await {
            Ok(1..) => Ok(()),
            Ok(0) => Err(End::Eof),
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Err(End::Reset),
            Err(error) => panic!("reading failed: {error}"),
        }
    }

    /// What came and was not looked at yet.
    #[must_use]
    pub fn received(&self) -> &[u8] {
        &self.buffer
    }

    /// Takes the first of the bytes that came, of which there are as many.
    pub fn take(&mut self, len: usize) -> BytesMut {
        self.buffer.split_to(len)
    }

    /// Asks for something, and waits for the answer.
    pub async fn ask(&mut self, request: &Request) -> Response {
        self.send(request.to_bytes()).await;
        self.response().await
    }

    /// Waits for a response. Without a length it has no body.
    pub async fn response(&mut self) -> Response {
        let end_of_head = loop {
            let found = self.buffer.windows(4).position(|it| it == b"\r\n\r\n");
            if let Some(found) = found {
                break found;
            }
            if let Err(end) = self.read().await {
                panic!("{end:?} instead of a response, after {:?}", self.buffer);
            }
        };
        let head = self.buffer.split_to(end_of_head + 4);
        let head = str::from_utf8(&head).expect("a head is ASCII").trim_end();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap_or_default().to_owned();
        let fields = lines.map(|line| line.split_once(':').unwrap_or((line, "")));
        let mut headers: Vec<_> = fields
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        headers.sort();
        let mut response = Response {
            status,
            headers,
            body: String::new(),
        };
        let length = response.header("content-length");
        let length = length.map_or(0, |it| it.parse().expect("the length is a number"));
        while self.buffer.len() < length {
            if let Err(end) = self.read().await {
                panic!("{end:?} within a body, after {:?}", self.buffer);
            }
        }
        let body = self.buffer.split_to(length);
        response.body = String::from_utf8_lossy(&body).into_owned();
        response
    }

    /// Whether something has come, or the end; waits for nothing.
    pub async fn has_come(&mut self) -> bool {
        let read = timeout(Duration::ZERO, self.read()).await;
        read.is_ok() || !self.buffer.is_empty()
    }

    /// Waits for the head of a response, and tells its status code; `eof` or
    /// `reset` if there is none.
    pub async fn status(&mut self) -> String {
        loop {
            if let Some(head) = self.buffer.split_first_chunk::<12>()
                && self.buffer.windows(4).any(|it| it == b"\r\n\r\n")
            {
                return String::from_utf8_lossy(&head.0[9..]).into_owned();
            }
            match self.read().await {
                Ok(()) => {}
                Err(End::Eof) => return "eof".to_owned(),
                Err(End::Reset) => return "reset".to_owned(),
            }
        }
    }

    /// Waits for the end of the connection: what came until then, and how it
    /// ended.
    pub async fn rest(&mut self) -> (Vec<u8>, End) {
        let end = loop {
            if let Err(end) = self.read().await {
                break end;
            }
        };
        (self.buffer.split().to_vec(), end)
    }

    /// Says that nothing more will be sent, and goes on reading.
    pub async fn end_sending(&mut self) {
        self.stream.shutdown().await.expect("the socket is open");
    }

    /// Ends the connection by a reset, as a crashed host does.
    pub fn reset(self) {
        self.stream.set_zero_linger().expect("the socket is open");
    }

    /// Both ends of the connection, for a peer that reads and writes at once.
    pub fn halves(&mut self) -> (impl AsyncReadExt + Unpin, impl AsyncWriteExt + Unpin) {
        self.stream.split()
    }
}

impl Response {
    /// The values of a header field, as one list; `None` if it is missing.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        let fields = self.headers.iter().filter(|(it, _)| it == name);
        let values: Vec<_> = fields.map(|(_, value)| value.as_str()).collect();
        (!values.is_empty()).then(|| values.join(", "))
    }

    /// All header fields but the date, which passes.
    #[must_use]
    pub fn lasting_headers(&self) -> Vec<(&str, &str)> {
        let fields = self.headers.iter();
        let fields = fields.map(|(name, value)| (name.as_str(), value.as_str()));
        fields.filter(|(name, _)| *name != "date").collect()
    }
}
