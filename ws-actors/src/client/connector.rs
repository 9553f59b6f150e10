use std::{fmt, net::IpAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};
use ws_core::{
    Config, Connection, Entropy,
    extension::{ClientOffer, Extension, NegotiationError, Params, deflate::Deflate},
    handshake::{ClientHandshake, FieldError, UrlError, WebSocketUrl},
};

use super::{
    ConnectError, Proxy, Stream, deadline::Deadline, dial::dial, opening::open, redirect::Trail,
};
#[cfg(feature = "rustls")]
use super::{Stage, Tls};

/// How a server is reached, and what is asked of it.
///
/// It connects as often as it is asked to. A clone is the same description.
///
/// ```no_run
/// use ws_actors::client::{Connector, Proxy};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let connector = Connector::new("wss://example.com/chat")?
///     .header("Authorization", "Bearer mF_9.B5f-4.1JqM")?
///     .subprotocols(["chat"])?
///     .proxy(Proxy::http("proxy.example", 3128));
/// match connector.connect().await {
///     Ok(opened) => assert_eq!(opened.connection.subprotocol(), Some("chat")),
///     Err(error) if error.is_retryable() => println!("later: {:?}", error.retry_after()),
///     Err(error) => println!("never: {error}"),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Connector(Arc<Description>);

#[derive(Clone)]
struct Description {
    url: WebSocketUrl,
    headers: Vec<(String, String)>,
    subprotocols: Vec<String>,
    extensions: Vec<Arc<dyn ClientOffer>>,
    compression: Option<Deflate>,
    config: Arc<Config>,
    proxy: Option<Proxy>,
    #[cfg(feature = "rustls")]
    tls: Option<Tls>,
    max_redirects: usize,
    connect_timeout: Duration,
    local_address: Option<IpAddr>,
}

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

impl Connector {
    /// A connector to this `ws:` or `wss:` URL.
    ///
    /// # Errors
    ///
    /// If it names no WebSocket.
    pub fn new(url: &str) -> Result<Self, UrlError> {
        WebSocketUrl::parse(url).map(Self::from)
    }

    /// Adds a header field to the request, such as `Authorization`, `Cookie` or
    /// `Origin`.
    ///
    /// # Errors
    ///
    /// If it cannot be written, or the handshake sets it itself.
    pub fn header(
        mut self,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> Result<Self, FieldError> {
        let (name, value) = (name.into(), value.into());
        scratch().header(&*name, &*value)?;
        self.description().headers.push((name, value));
        Ok(self)
    }

    /// The subprotocols to offer, the preferred one first. Default: none.
    ///
    /// # Errors
    ///
    /// If one is not a token ([RFC 6455 §4.1]).
    ///
    /// [RFC 6455 §4.1]: https://www.rfc-editor.org/rfc/rfc6455#section-4.1
    pub fn subprotocols(
        mut self,
        subprotocols: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<Self, FieldError> {
        let subprotocols: Vec<String> = subprotocols.into_iter().map(Into::into).collect();
        scratch().subprotocols(subprotocols.iter().map(|name| &**name))?;
        self.description().subprotocols = subprotocols;
        Ok(self)
    }

    /// The terms on which messages are compressed, or `None` for not at all.
    ///
    /// Default: [`Deflate::new`], with servers that agree.
    #[must_use]
    pub fn compression(mut self, terms: impl Into<Option<Deflate>>) -> Self {
        self.description().compression = terms.into();
        self
    }

    /// Offers an extension of your own, before compression. One offer serves
    /// all connections.
    #[must_use]
    pub fn extension(mut self, extension: impl ClientOffer + 'static) -> Self {
        self.description().extensions.push(Arc::new(extension));
        self
    }

    /// The limits and deadlines of the connections; safe by default.
    ///
    /// For a connection that actors handle it is
    /// [`Handlers::protocol`](crate::Handlers::protocol).
    #[must_use]
    pub fn config(mut self, config: impl Into<Arc<Config>>) -> Self {
        self.description().config = config.into();
        self
    }

    /// The proxy to connect through. Default: none, whatever the environment
    /// says.
    #[must_use]
    pub fn proxy(mut self, proxy: impl Into<Option<Proxy>>) -> Self {
        self.description().proxy = proxy.into();
        self
    }

    /// How servers of `wss:` URLs are recognised.
    ///
    /// Default: [`Tls::system`], which is read when it is first needed.
    #[cfg(feature = "rustls")]
    #[must_use]
    pub fn tls(mut self, tls: Tls) -> Self {
        self.description().tls = Some(tls);
        self
    }

    /// How many redirects to follow, one after another.
    ///
    /// Default: 0. A redirect sends what is said here to whom somebody else
    /// chose, which is to be wanted; otherwise it is
    /// [`ConnectError::Refused`], like any other response.
    ///
    /// Followed are 301, 302, 303, 307 and 308 with a `Location`, whose `http:`
    /// and `https:` count as `ws:` and `wss:`; never from `wss:` to `ws:`. The
    /// fields `Authorization`, `Cookie` and `Proxy-Authorization` are not sent
    /// once scheme, host or port have changed. All other fields are, `Origin`
    /// too: it says who asks, not whom.
    #[must_use]
    pub fn max_redirects(mut self, limit: usize) -> Self {
        self.description().max_redirects = limit;
        self
    }

    /// How long it may take to resolve the name, connect, ask the proxy and
    /// agree on TLS, all together; after a redirect, once more.
    ///
    /// Default: 10 s. A lost packet is sent again after 1, 3 and 7 s, so that a
    /// bad network is no reason to fail. The opening handshake has
    /// [`Config::handshake_timeout`] of its own.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.description().connect_timeout = timeout;
        self
    }

    /// The address of this machine to connect from. Default: as the operating
    /// system chooses. Only addresses of its family are connected to.
    #[must_use]
    pub fn local_address(mut self, address: impl Into<Option<IpAddr>>) -> Self {
        self.description().local_address = address.into();
        self
    }

    /// Where it connects to.
    #[must_use]
    pub fn url(&self) -> &WebSocketUrl {
        &self.0.url
    }

    /// Opens a connection.
    ///
    /// A future that is dropped leaves nothing open.
    ///
    /// # Errors
    ///
    /// If it cannot be opened; [`ConnectError::is_retryable`] tells whether it
    /// may be worth another try.
    pub async fn connect(&self) -> Result<Opened, ConnectError> {
        let mut trail = Trail::new(self.0.url.clone(), self.0.max_redirects);
        loop {
            let stream = self.0.reach(trail.url()).await?;
            match self.0.open(stream, &trail).await {
                Ok(opened) => return Ok(opened),
                Err(error) => trail.follow(error)?,
            }
        }
    }

    /// Opens a connection over a stream that leads to the server already, such
    /// as a Unix socket.
    ///
    /// Of the URL only host, port and target are used, for the request: TLS, if
    /// there is to be some, is the stream's. Redirects are not followed.
    ///
    /// # Errors
    ///
    /// If it cannot be opened.
    pub async fn connect_over<S>(&self, stream: S) -> Result<Opened<S>, ConnectError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let trail = Trail::new(self.0.url.clone(), 0);
        self.0.open(stream, &trail).await
    }

    fn description(&mut self) -> &mut Description {
        Arc::make_mut(&mut self.0)
    }
}

impl Description {
    /// A stream of bytes to the server of this URL.
    async fn reach(&self, url: &WebSocketUrl) -> Result<Stream, ConnectError> {
        let deadline = Deadline::after(self.connect_timeout);
        #[cfg(not(feature = "rustls"))]
        if url.is_secure() {
            return Err(ConnectError::TlsUnavailable);
        }
        #[cfg(feature = "rustls")]
        let tls = match (url.is_secure(), &self.tls) {
            (false, _) => None,
            (true, Some(tls)) => Some(tls.clone()),
            (true, None) => {
                let reading = Tls::system_unblocked();
                Some(deadline.within(Stage::Tls, reading).await??)
            }
        };
        let (host, port) = match &self.proxy {
            Some(proxy) => (proxy.host(), proxy.port()),
            None => (url.host(), url.port()),
        };
        let mut tcp = dial(host, port, self.local_address, deadline).await?;
        if let Some(proxy) = &self.proxy {
            tcp = proxy.ask(tcp, url.host(), url.port(), deadline).await?;
        }
        #[cfg(feature = "rustls")]
        if let Some(tls) = tls {
            let agreeing = tls.connect(tcp, url.host());
            return Ok(Stream::tls(deadline.within(Stage::Tls, agreeing).await??));
        }
        Ok(Stream::tcp(tcp))
    }

    /// Asks whom the trail has led to for a connection.
    async fn open<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
        trail: &Trail,
    ) -> Result<Opened<S>, ConnectError> {
        let url = trail.url();
        let mut handshake = ClientHandshake::new(url.host_header(), Entropy::system())
            .subprotocols(&self.subprotocols)?;
        for (name, value) in &self.headers {
            if trail.shows(name) {
                handshake = handshake.header(name, value)?;
            }
        }
        for extension in &self.extensions {
            handshake = handshake.extension(Shared(Arc::clone(extension)));
        }
        if let Some(deflate) = &self.compression {
            handshake = handshake.extension(deflate.clone());
        }
        open(stream, url.clone(), handshake, Arc::clone(&self.config)).await
    }
}

impl From<WebSocketUrl> for Connector {
    fn from(url: WebSocketUrl) -> Self {
        Self(Arc::new(Description {
            url,
            headers: Vec::new(),
            subprotocols: Vec::new(),
            extensions: Vec::new(),
            compression: Some(Deflate::new()),
            config: Arc::default(),
            proxy: None,
            #[cfg(feature = "rustls")]
            tls: None,
            max_redirects: 0,
            connect_timeout: Duration::from_secs(10),
            local_address: None,
        }))
    }
}

impl fmt::Debug for Connector {
    /// Without the values of header fields, which may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<_> = self.0.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("Connector")
            .field("url", &self.0.url)
            .field("headers", &headers)
            .field("subprotocols", &self.0.subprotocols)
            .field("extensions", &self.0.extensions)
            .field("compression", &self.0.compression)
            .field("proxy", &self.0.proxy)
            .field("max_redirects", &self.0.max_redirects)
            .field("connect_timeout", &self.0.connect_timeout)
            .field("local_address", &self.0.local_address)
            .finish_non_exhaustive()
    }
}

/// An offer that is made again for each connection.
#[derive(Debug)]
struct Shared(Arc<dyn ClientOffer>);

impl ClientOffer for Shared {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn offers(&self) -> Vec<Params> {
        self.0.offers()
    }

    fn agree(
        &self,
        answer: &Params,
        accepted: &[Params],
    ) -> Result<Box<dyn Extension>, NegotiationError> {
        self.0.agree(answer, accepted)
    }
}

/// A handshake that is never sent, and knows what may be written in one.
fn scratch() -> ClientHandshake {
    ClientHandshake::new("", Entropy::seeded(0))
}
