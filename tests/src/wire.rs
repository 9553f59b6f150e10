//! The peer's side of a connection, frame by frame, over TCP or TLS.

use std::{io, net::SocketAddr, sync::Arc, time::Instant};

use crate::{raw::End, request::Request, tls::Authority, wait::within};
use bytes::{Buf, BytesMut};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
};
use tokio_rustls::{TlsAcceptor, TlsConnector, TlsStream};
use ws_core::{
    CloseCode, Config,
    handshake::{ServerHandshake, ServerOpening},
};

/// Says what the test says, and answers nothing by itself.
#[derive(Debug)]
pub struct Wire {
    link: Link,
    /// As clients do.
    masks: bool,
    input: BytesMut,
}

#[derive(Debug)]
enum Link {
    Tcp(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A frame that came.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Seen {
    /// FIN, the reserved bits, and the opcode.
    pub first: u8,
    /// The payload data, unmasked.
    pub payload: Vec<u8>,
}

/// The first byte of a text in one frame.
pub const TEXT: u8 = 0x81;
/// The first byte of a binary message in one frame.
pub const BINARY: u8 = 0x82;
/// The first byte of the first of several fragments.
pub const TEXT_BEGINS: u8 = 0x01;
/// The first byte of a Close frame.
pub const CLOSE: u8 = 0x88;

impl Wire {
    /// Connects, with a small receive buffer, so that it is soon noticed when
    /// nothing is read.
    pub async fn dial(address: SocketAddr, tls: Option<&Authority>) -> Self {
        let socket = TcpSocket::new_v4().expect("there are sockets left");
        socket
            .set_recv_buffer_size(16 * 1024)
            .expect("the size is a usual one");
        let tcp = within("a TCP connection", socket.connect(address)).await;
        let tcp = tcp.expect("the server listens");
        tcp.set_nodelay(true).expect("the socket is open");
        let link = match tls {
            None => Link::Tcp(tcp),
            Some(authority) => {
                let connector = TlsConnector::from(Arc::new(authority.client()));
                let name = "localhost".try_into().expect("it is a name");
                let tls = within("TLS", connector.connect(name, tcp)).await;
                Link::Tls(Box::new(tls.expect("TLS is agreed on").into()))
            }
        };
        Self::new(link, true)
    }

    /// Connects to a server and shakes hands.
    pub async fn open(address: SocketAddr, path: &str, tls: Option<&Authority>) -> Self {
        let mut wire = Self::dial(address, tls).await;
        wire.bytes(&Request::upgrade(path).to_bytes()).await;
        let head = wire.head().await;
        assert!(head.starts_with(b"HTTP/1.1 101 "), "{head:?}");
        wire
    }

    /// Waits for a client, and no more than that.
    pub async fn meet(listener: &TcpListener, tls: Option<&Authority>) -> Self {
        let (tcp, _) = within("a client", listener.accept())
            .await
            .expect("it listens");
        tcp.set_nodelay(true).expect("the socket is open");
        let link = match tls {
            None => Link::Tcp(tcp),
            Some(authority) => {
                let acceptor = TlsAcceptor::from(Arc::new(authority.server()));
                let tls = within("TLS", acceptor.accept(tcp)).await;
                Link::Tls(Box::new(tls.expect("TLS is agreed on").into()))
            }
        };
        Self::new(link, false)
    }

    /// Answers the request of a client.
    pub async fn answer(mut self) -> Self {
        let now = Instant::now();
        let mut opening = ServerOpening::new(now, Config::new());
        let head = loop {
            let head = opening.handle_input(now, &mut self.input);
            if let Some(head) = head.expect("clients ask as they should") {
                break head;
            }
            self.read().await.expect("a request comes first");
        };
        let acceptance = ServerHandshake::new().accept(head.to_request());
        let response = acceptance.expect("clients ask as they should").response();
        let bytes = response.encode().expect("it can be written");
        self.bytes(&bytes).await;
        self
    }

    fn new(link: Link, masks: bool) -> Self {
        Self {
            link,
            masks,
            input: BytesMut::new(),
        }
    }

    /// Sends bytes as they are.
    pub async fn bytes(&mut self, bytes: &[u8]) {
        let sent = async {
            self.stream().write_all(bytes).await?;
            self.stream().flush().await
        };
        let sent = within("the other side to take what is sent", sent).await;
        sent.expect("the other side takes what is sent");
    }

    /// Sends a frame whose first byte is this.
    pub async fn send(&mut self, first: u8, payload: impl AsRef<[u8]>) {
        let bytes = self.frame_bytes(first, payload.as_ref());
        self.bytes(&bytes).await;
    }

    /// A frame as it is sent.
    #[must_use]
    pub fn frame_bytes(&self, first: u8, payload: &[u8]) -> Vec<u8> {
        let mask = if self.masks { 0x80 } else { 0 };
        let mut bytes = vec![first];
        match u8::try_from(payload.len()) {
            Ok(len @ ..126) => bytes.push(mask | len),
            _ => {
                bytes.push(mask | 127);
                bytes.extend((payload.len() as u64).to_be_bytes());
            }
        }
        if self.masks {
            // Which leaves the payload as it is.
            bytes.extend([0; 4]);
        }
        bytes.extend(payload);
        bytes
    }

    /// Sends a Close frame.
    pub async fn close(&mut self, code: u16) {
        self.send(CLOSE, code.to_be_bytes()).await;
    }

    /// Waits for the next frame.
    ///
    /// # Errors
    ///
    /// How the connection ended, if it did.
    pub async fn frame(&mut self) -> Result<Seen, End> {
        loop {
            if let Some(frame) = self.take_frame() {
                return Ok(frame);
            }
            self.read().await?;
        }
    }

    fn take_frame(&mut self) -> Option<Seen> {
        let mut rest = &self.input[..];
        let (first, second) = (rest.try_get_u8().ok()?, rest.try_get_u8().ok()?);
        let len = match second & 0x7f {
            126 => rest.try_get_u16().ok()?.into(),
            127 => rest.try_get_u64().ok()? as usize,
            len => len.into(),
        };
        let key = match second & 0x80 {
            0 => 0,
            _ => rest.try_get_u32().ok()?,
        };
        let payload = rest.get(..len)?;
        let key = key.to_be_bytes();
        let bytes = payload.iter().zip(key.iter().cycle());
        let payload = bytes.map(|(byte, key)| byte ^ key).collect();
        let taken = self.input.len() - rest.len() + len;
        self.input.advance(taken);
        Some(Seen { first, payload })
    }

    /// Waits for the text that answers what was said.
    pub async fn text(&mut self) -> String {
        let frame = self.frame().await.expect("a text comes before the end");
        assert_eq!(frame.first, TEXT, "{frame:?}");
        String::from_utf8(frame.payload).expect("a text is UTF-8")
    }

    /// Waits for the Close frame, whatever comes before: its code, if it has one.
    pub async fn closed(&mut self) -> Option<CloseCode> {
        loop {
            let frame = self.frame().await.expect("a Close frame comes first");
            if frame.first == CLOSE {
                let code = frame
                    .payload
                    .first_chunk()
                    .map(|it| u16::from_be_bytes(*it));
                return code.map(CloseCode::new);
            }
        }
    }

    /// Waits until something comes; false if that is the end.
    pub async fn answered(&mut self) -> bool {
        !self.input.is_empty() || self.read().await.is_ok()
    }

    /// Waits for the head of a response.
    pub async fn head(&mut self) -> Vec<u8> {
        loop {
            let found = self.input.windows(4).position(|it| it == b"\r\n\r\n");
            if let Some(end) = found {
                return self.input.split_to(end + 4).to_vec();
            }
            self.read().await.expect("a response comes first");
        }
    }

    /// Waits for the end of the connection, before which nothing more comes.
    pub async fn ended(&mut self) -> End {
        assert_eq!(self.input[..], b""[..], "nothing comes before the end");
        let end = self.read().await;
        end.expect_err("nothing comes before the end")
    }

    /// Waits for the end of the connection, whatever comes before.
    pub async fn drained(&mut self) -> End {
        loop {
            if let Err(end) = self.read().await {
                return end;
            }
            self.input.clear();
        }
    }

    async fn read(&mut self) -> Result<(), End> {
        let read = within("bytes, or the end", async {
            match &mut self.link {
                Link::Tcp(tcp) => tcp.read_buf(&mut self.input).await,
                Link::Tls(tls) => match tls.read_buf(&mut self.input).await {
                    Ok(read @ 1..) => Ok(read),
                    // TLS has ended: wait for the TCP connection below.
                    Ok(0) => below(tls).read(&mut [0]).await,
                    Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(0),
                    Err(error) => Err(error),
                },
            }
        });
        match read.await {
            Ok(1..) => Ok(()),
            Ok(0) => Err(End::Eof),
            Err(_) => Err(End::Reset),
        }
    }

    /// Says that nothing more will be sent, and can go on reading.
    pub async fn end_sending(&mut self) {
        // The other side may be gone.
        self.stream().shutdown().await.ok();
    }

    /// Ends the connection by a reset.
    pub fn reset(self) {
        let linger = self.tcp().set_zero_linger();
        linger.expect("the socket is open");
    }

    /// The TCP connection, of which this side knows nothing more.
    pub fn into_socket(self) -> std::net::TcpStream {
        let Link::Tcp(tcp) = self.link else {
            panic!("only plain TCP can be given away");
        };
        let socket = tcp.into_std().expect("the socket is open");
        let blocking = socket.set_nonblocking(false);
        blocking.expect("the socket is open");
        socket
    }

    fn tcp(&self) -> &TcpStream {
        match &self.link {
            Link::Tcp(tcp) => tcp,
            Link::Tls(tls) => tls.get_ref().0,
        }
    }

    fn stream(&mut self) -> &mut (dyn Stream + Unpin) {
        match &mut self.link {
            Link::Tcp(tcp) => tcp,
            Link::Tls(tls) => tls,
        }
    }
}

fn below(tls: &mut TlsStream<TcpStream>) -> &mut TcpStream {
    match tls {
        TlsStream::Client(tls) => tls.get_mut().0,
        TlsStream::Server(tls) => tls.get_mut().0,
    }
}

trait Stream: AsyncRead + AsyncWrite {}

impl<S: AsyncRead + AsyncWrite> Stream for S {}
