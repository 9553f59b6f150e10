use std::{fmt, net::IpAddr, sync::Arc, time::Duration};

use tokio::io::{AsyncRead, AsyncWrite};
use ws_core::{
    Config, Entropy,
    extension::{ClientOffer, deflate::Deflate},
    handshake::{ClientHandshake, FieldError, UrlError, WebSocketUrl},
};

#[cfg(feature = "rustls")]
use super::Tls;
use super::{ConnectError, Opened, Proxy, description::Description, redirect::Trail};

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

impl From<WebSocketUrl> for Connector {
    fn from(url: WebSocketUrl) -> Self {
        Self(Arc::new(Description::new(url)))
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Connector").field(&self.0).finish()
    }
}

/// A handshake that is never sent, and knows what may be written in one.
fn scratch() -> ClientHandshake {
    ClientHandshake::new("", Entropy::seeded(0))
}
